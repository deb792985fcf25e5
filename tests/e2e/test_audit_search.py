# SPDX-License-Identifier: BSD-2-Clause
"""The auditor's door: what a search finds is what reading every record finds; following misses nothing."""
import json
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
import unicodedata
import urllib.parse

import pytest

import people
from hopthu import DOMAIN, EX_NOPERM, EX_NOTFOUND, EX_USAGE, HOPTHUCTL, World, wait_for, write_policy

EVENTS = ("request", "item", "plan", "approve", "refuse", "cancel", "intent", "outcome", "operator",
          "agency", "auth.ok", "read")


# --- a second opinion, from a copy of the database alone ---
class Copy:
    """Every record, read by Python."""

    def __init__(self, world):
        folder = world.dir / "look"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for f in world.data.glob("hopthu.db*"):
            shutil.copy(f, folder)
        db = sqlite3.connect(folder / "hopthu.db")
        self.records = [json.loads(rec) for rec, in db.execute("SELECT rec FROM audit ORDER BY seq")]
        assert [r["seq"] for r in self.records] == list(range(1, len(self.records) + 1))
        self.requests = {i: (agency, letter) for i, agency, letter in db.execute(
            "SELECT id, agency, letter FROM request")}
        self.orders = {i: (op, login) for i, op, login in db.execute(
            "SELECT r.id, i.op, i.login FROM request r JOIN item i ON i.request = r.id "
            "WHERE r.kind = 'order'")}
        self.items = list(db.execute("SELECT login, address, person, full_name FROM item"))
        self.addresses = {local: (login, domain) for local, login, domain in db.execute(
            "SELECT local, login, domain FROM address")}
        db.close()

    def operators(self, r):
        who = {r["actor"]["name"], r.get("as")}
        if r["ev"] == "operator":
            who.add(r["target"])
        op, login = self.orders.get(r.get("req"), ("", ""))
        return who | ({login} if op.startswith("operator-") else set())

    def agencies(self, r):
        op, login = self.orders.get(r.get("req"), ("", ""))
        return {r.get("agency"), self.requests.get(r.get("req"), ("", ""))[0],
                login if op == "agency-add" else ""}

    def subjects(self, text):
        """Who is meant by a reference, an address, a login, a name."""
        local = text.lower().partition("@")[0]
        logins = {local, self.addresses.get(local, ("", ""))[0]}
        exact = unicodedata.normalize("NFC", text).lower()
        return {p for login, _, p, name in self.items if p and (
            text == p or login in logins or exact == name.lower() or
            people.fold(text) == exact == people.fold(name))}

    def matches(self, r, q):
        t = r["t"]
        return (("event" not in q or r["ev"] == q["event"]) and ("op" not in q or r.get("op") == q["op"]) and
                ("result" not in q or r.get("result") == q["result"]) and
                ("operator" not in q or q["operator"] in self.operators(r)) and
                ("agency" not in q or q["agency"] in self.agencies(r)) and
                ("letter" not in q or self.requests.get(r.get("req"), ("", ""))[1] == q["letter"]) and
                ("request" not in q or r.get("req") == q["request"]) and
                ("since" not in q or t >= q["since"]) and ("until" not in q or t < q["until"]) and
                all(key not in q or r.get("subj") in self.subjects(q[key]) for key in ("person", "address")))

    def find(self, q):
        """Numbers, the newest first."""
        return [r["seq"] for r in self.records if self.matches(r, q)][::-1]


def search(door, q, limit=100, order=None):
    """Every page; the records."""
    found, more = [], {}
    while True:
        page = door.get("/v1/audit/search", **q, limit=limit, order=order, **more)
        found += page["records"]
        if page["next"] is None:
            return found
        assert len(page["records"]) == limit
        more = {"cursor": page["next"], "reading": page["reading"]}


def seqs(records, upto=10**9):
    return [r["seq"] for r in records if r["seq"] <= upto]


@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """A province in which things happened: agencies, letters that were allowed by one, by two, refused,
    taken back; mailboxes made, closed, renamed, moved; operators that came and went."""
    folder = write_policy(tmp_path_factory.mktemp("p") / "policy", fuse__least="3", fuse__percent="1")
    w = World(conf={"policy_dir": str(folder)})
    door = w.door("admin")
    door.post("/v1/agencies", {"code": "syt", "name": "Sở Y tế", "kind": "department"})
    w.add_operator("lien", "Võ Thị Liên", ["requester"], "skhcn")
    w.add_operator("gone", "Hồ Đi", ["approver"])
    w.settle()
    made = w.run([people.create(n) for n in range(12)])
    other = w.run([people.create(n) for n in range(20, 26)], user="lien", agency="skhcn", letter="7/CV")
    w.run([people.create(n) for n in range(30, 32)], user="tuan", agency="syt", letter="7/CV")
    w.addresses = [i["address"] for i in made["items"]]
    w.second = [i["address"] for i in other["items"]]
    two = w.submit([{"op": "close", "address": a, "basis_kind": "retirement"} for a in w.addresses[:5]])
    assert two["needs"] == 2
    w.approve(two)
    w.approve(two, user="thu")
    w.wait(two["id"])
    w.two = two["id"]
    w.run([{"op": "rename", "address": w.addresses[6], "new_address": "moi.ten@" + DOMAIN}])
    w.run([{"op": "suspend", "address": w.addresses[7], "reason": "nghỉ phép"}])
    w.run([{"op": "transfer", "address": w.second[0], "agency": "snv"}])
    no = w.submit([people.create(40)])
    w.door("minh").post("/v1/requests/%d/refuse" % no["id"], {"reason": "thiếu căn cứ"})
    back = w.submit([people.create(41)])
    w.door("lan").post("/v1/requests/%d/cancel" % back["id"], {"reason": "nhầm"})
    door.post("/v1/operators/gone/revoke", {"reason": "nghỉ việc"})
    w.settle()
    yield w
    w.judge()
    w.close()


def values(w, copy):
    """What may be asked of each, with what there is none of."""
    times = [copy.records[i]["t"] for i in range(0, len(copy.records), 11)]
    someone = [p for _, _, p, _ in copy.items if p]
    return {"event": EVENTS, "op": ("create", "close", "rename", "suspend", "transfer", "operator-add"),
            "result": ("done", "first of two"), "letter": ("1/SNV-VP", "2/SNV-VP", "7/CV"),
            "operator": ("lan", "lien", "minh", "thu", "tuan", "gone", "admin", "hopthud", "hoa"),
            "agency": ("snv", "skhcn", "syt"), "request": tuple(copy.requests),
            "since": times, "until": times,
            "person": someone + w.addresses + [people.name(n) for n in (0, 3, 20, 40)],
            "address": w.addresses + ["moi.ten", w.addresses[6].partition("@")[0]] + w.second}


def test_every_filter_and_combination(busy):
    door, copy = busy.door("hoa"), Copy(busy)
    size = len(copy.records)
    known = values(busy, copy)
    seed = random.randrange(10**6)
    rng = random.Random(seed)
    print("seed", seed)
    queries = [{key: v} for key, vs in known.items() for v in rng.sample(vs, min(len(vs), 9))]
    for _ in range(250):
        keys = rng.sample(sorted(known), rng.randrange(2, 5))
        queries.append({k: rng.choice(known[k]) for k in keys})
    hits = 0
    for q in queries:
        want = copy.find(q)
        if "letter" in q and "agency" in q and not want:
            continue  # no such letter of that agency: said, see below
        got = search(door, q, limit=rng.choice((3, 10, 100)))
        assert seqs(got, size) == want, (seed, q)
        got = search(door, q, limit=rng.choice((3, 10, 100)), order="oldest")
        assert seqs(got, size) == want[::-1], (seed, q)
        hits += bool(want)
    assert hits > len(queries) // 3


def test_a_hit_tells_the_whole_story(busy):
    door = busy.door("hoa")
    hit = search(door, {"request": busy.two, "event": "outcome"})[-1]
    assert hit["requested_by"] == "lan" and hit["approved_by"] == ["minh", "thu"]
    assert (hit["actor"], hit["as"], hit["op"], hit["outcome"]) == ("hopthud", "thu", "close", "done")
    assert hit["before"]["hopthuStatus"] == ["active"] and hit["after"]["hopthuStatus"] == ["closed"]
    assert hit["address"] in busy.addresses[:5] and hit["agency"] == "snv"
    assert hit["letter"] == busy.show(busy.two)["letter"]
    item = search(door, {"person": people.name(40), "event": "item"})[0]
    assert item["outcome"] == "refused" and item["approved_by"] == [] and item["full_name"] == people.name(40)
    order = search(door, {"operator": "gone", "op": "operator-revoke", "event": "outcome"})[0]
    assert order["requested_by"] == "admin" and order["approved_by"] == ["admin"]
    out = busy.ctl("audit", "search", "--request", busy.two, "--event", "outcome", user="hoa").stdout
    for word in ("hopthud for thu", "minh,thu", "%d/" % busy.two, "hopthuStatus: active -> closed", "done"):
        assert word in out, out
    rows = busy.ctl("audit", "search", "--request", busy.two, "--event", "approve", "-o", "csv", user="hoa")
    assert '"minh,thu"' in rows.stdout and rows.stdout.count("\n") == 3


def test_pages_while_records_come(busy):
    """Neither a gap nor one twice; the newest first ends where the log ended when it was asked."""
    door, stop = busy.door("hoa"), threading.Event()
    other = busy.new_door("tuan")

    def append():
        while not stop.is_set():
            other.close()
            other.open()  # a login is a record

    thread = threading.Thread(target=append)
    thread.start()
    try:
        for order in (None, "oldest"):
            found, more, size = [], {}, None
            while True:
                page = door.get("/v1/audit/search", limit=7, order=order, **more)
                size = size or page["size"]
                found += seqs(page["records"])
                if page["next"] is None or (order and found[-1] > size):
                    break
                more = {"cursor": page["next"], "reading": page["reading"]}
            if order:
                assert found == list(range(1, found[-1] + 1)) and found[-1] > size
            else:
                assert found == list(range(size, 0, -1))
    finally:
        stop.set()
        thread.join()
        other.close()


def reads(w, route):
    return len(search(w.door("admin"), {"operator": "hoa", "event": "read"})) if route is None else sum(
        1 for h in search(w.door("admin"), {"operator": "hoa", "event": "read"})
        if h["summary"].startswith("read " + route))


def test_one_reading_is_one_record(busy):
    door = busy.door("hoa")
    before = reads(busy, "audit_search")
    assert len(search(door, {"event": "item"}, limit=2)) > 10
    assert reads(busy, "audit_search") == before + 1
    page = door.get("/v1/audit/search", event="item", limit=2)
    word = page["reading"]
    # the word is good for this search and this auditor alone, and nobody else can make one
    for q in ({"event": "intent", "reading": word}, {"event": "item", "reading": word[:-1] + "g"},
              {"event": "item", "reading": "9" + word}, {"event": "item", "reading": ""},
              {"event": "item", "reading": "0-" + "0" * 64}, {"event": "item", "person": "x", "reading": word}):
        n = reads(busy, "audit_search")
        door.ask("GET", "/v1/audit/search", dict(q, cursor=page["next"]))
        assert reads(busy, "audit_search") == n + 1, q
    n = reads(busy, "audit_list")
    got = [json.loads(x) for x in busy.ctl("audit", "list", "-o", "jsonl", user="hoa").stdout.splitlines()]
    assert seqs(got)[:100] == list(range(1, 101)) and reads(busy, "audit_list") == n + 1
    n = reads(busy, "audit_search")
    busy.ctl("audit", "search", "--event", "item", user="hoa")
    assert reads(busy, "audit_search") == n + 1
    # a search for one person is among what is told to the person
    ref = busy.mailbox(busy.addresses[0])["person"]
    door.get("/v1/audit/search", person=people.name(0))
    told = search(busy.door("admin"), {"person": ref, "event": "read"})[0]
    assert told["actor"] == "hoa" and "person=" + people.name(0) in told["summary"]


def test_names_with_and_without_tone_marks(busy):
    door, name = busy.door("hoa"), people.name(3)
    want = seqs(search(door, {"person": name}))
    size = max(want)
    for text in (people.fold(name), people.fold(name).upper(), unicodedata.normalize("NFD", name), name.upper(),
                 "  %s " % name.replace(" ", "  ")):
        assert seqs(search(door, {"person": text}), size) == want, text
    wrong = name.replace(name[-1], "ọ")
    r = door.ask("GET", "/v1/audit/search", {"person": wrong if people.fold(wrong) != people.fold(name) or
                                             wrong != name else name + "x"})
    assert r.status == 404 and "knows nobody" in r.json["error"]


def test_addresses_old_and_without_domain(busy):
    door, old = busy.door("hoa"), busy.addresses[6]
    local = old.partition("@")[0]
    want = seqs(search(door, {"address": "moi.ten@" + DOMAIN}))
    assert {"create", "rename"} == {h.get("op") for h in search(door, {"address": old, "event": "outcome"})}
    for a in (old, local, local.upper(), "moi.ten"):
        assert seqs(search(door, {"address": a}), max(want)) == want
    r = door.ask("GET", "/v1/audit/search", {"address": local + "@khac.gov.vn"})
    assert r.status == 404 and old in r.json["error"]


@pytest.mark.parametrize("bad", ["' OR 1=1 --", "%", "_", "a\nb", "\x1b[31m", "'; DROP TABLE audit; --", "*",
                                 "x" * 3000, "\u202e", "e:item", "\"", "\\", "ⓐ", "-1", "@", "@@", "a@b@c"])
def test_characters_that_mean_something_elsewhere(busy, bad):
    door = busy.door("hoa")
    for key in ("person", "address", "operator", "agency", "letter", "request", "event", "op", "result",
                "since", "until"):
        r = door.ask("GET", "/v1/audit/search", {key: bad})
        assert r.status in (400, 404, 431) and r.json["error"], (key, r)
    assert door.get("/v1/audit/search", cursor=bad, limit=bad, reading=bad)["records"]


def test_unknown_words_get_the_nearest(busy):
    for args, word, status in ((["--operator", "lam"], "did you mean lan?", EX_NOTFOUND),
                               (["--agency", "snw"], "did you mean snv?", EX_NOTFOUND),
                               (["--result", "dome"], "did you mean done?", EX_NOTFOUND),
                               (["--event", "aprove"], "did you mean approve?", EX_USAGE),
                               (["--operation", "colse"], "did you mean close?", EX_USAGE),
                               (["--letter", "999/X"], "no letter", EX_NOTFOUND),
                               (["--letter", "7/CV", "--agency", "snv"], "no letter", EX_NOTFOUND),
                               (["--request", "99999"], "no request 99999", EX_NOTFOUND),
                               (["--person", "Không Có Ai"], "knows nobody", EX_NOTFOUND),
                               (["--since", "31/02/2026"], "no day 31/02/2026", EX_USAGE),
                               (["--since", "2026-01-02", "--until", "2026-01-01"], "before", EX_USAGE),
                               (["--operatr", "lan"], "did you mean --operator?", EX_USAGE)):
        r = busy.ctl("audit", "search", *args, user="hoa", status=status)
        assert word in r.stderr and r.stdout == "", (args, r.stderr)
    r = busy.ctl("audit", "search", "--operator", "lan", "--event", "genesis", user="hoa", status=0)
    assert r.stdout.count("\n") == 1  # the head of the table alone
    assert "nothing fits all of that" in r.stderr and "leave --event out" not in r.stderr
    address = busy.door("admin").get("/v1/mailboxes", limit=1)["mailboxes"][0]["address"]
    r = busy.ctl("audit", "search", "--address", address, "--event", "approve", user="hoa", status=0)
    assert "leave --event out" in r.stderr  # an approval is of a letter: no person stands in it


def test_periods_as_people_write_them(busy):
    copy = Copy(busy)
    day = {"TZ": "Asia/Ho_Chi_Minh"}
    today = time.strftime("%d/%m/%Y", time.gmtime(time.time() + 7 * 3600))
    got = busy.ctl("audit", "search", "--since", today, "--until", today, "-o", "jsonl", user="hoa", env=day)
    assert len(got.stdout.splitlines()) >= len(copy.records)
    middle = copy.records[len(copy.records) // 2]["t"]
    got = busy.ctl("audit", "search", "--until", middle, "--oldest-first", "-o", "jsonl", user="hoa", env=day)
    assert seqs(map(json.loads, got.stdout.splitlines())) == [
        r["seq"] for r in copy.records if r["t"] <= middle]
    assert busy.ctl("audit", "search", "--until", "2020-01-01", user="hoa").stdout.count("\n") == 1


def test_limit_and_cursor(busy):
    def page(*more):
        r = busy.ctl("audit", "search", "--event", "item", "--limit", "4", "-o", "jsonl", *more, user="hoa")
        return seqs(map(json.loads, r.stdout.splitlines())), r.stderr

    first, said = page()
    assert "--cursor %d" % first[-1] in said
    second, _ = page("--cursor", first[-1])
    assert first + second == Copy(busy).find({"event": "item"})[:8]


def test_who_may(busy):
    for user in ("lan", "minh", "tuan"):
        for route in ("search", "tail"):
            assert busy.door(user).ask("GET", "/v1/audit/" + route).status == 403
    assert "auditor" in busy.ctl("audit", "search", user="minh", status=EX_NOPERM).stderr
    busy.add_operator("hep", "Lê Hẹp", ["auditor"], "snv")
    r = busy.door("hep").ask("GET", "/v1/audit/search", {"agency": "snv"})
    assert r.status == 403 and "everybody's" in r.json["error"]


def test_list_finds_by_the_index_too(busy):
    copy = Copy(busy)
    for q in ({"event": "approve"}, {"request": busy.two}, {"request": busy.two, "event": "intent"}):
        got = busy.door("minh").get("/v1/audit", **q, limit=1000)["records"]
        assert seqs(got, len(copy.records)) == copy.find(q)[::-1]
        args = [x for k, v in q.items() for x in ("--" + k, v)]
        got = busy.ctl("audit", "list", *args, "-n", "3", "-o", "jsonl", user="minh").stdout.splitlines()
        assert seqs(map(json.loads, got), len(copy.records)) == copy.find(q)[:3][::-1]
    # what is not for everybody who may list stays that
    assert len(busy.door("minh").get("/v1/audit", person=people.name(0), limit=1000)["records"]) > 100


# --- more than the index has in memory ---
def test_more_than_a_block(make_world):
    """Killed while the first block fills: nothing is missing in it, nothing is in it twice."""
    w = make_world()
    r = w.submit([people.create(n) for n in range(1500)])
    w.approve(r)
    wait_for(lambda: newest(w) > 3000, "3000 records")
    w.restart()
    assert w.wait(r["id"], 60)["state"] == "done"
    copy, door = Copy(w), w.door("hoa")
    assert len(copy.records) > 4096
    for q in ({"event": "outcome"}, {"operator": "minh", "op": "create"}, {"agency": "snv", "event": "intent"},
              {"person": people.name(700)}, {"request": r["id"], "event": "approve"}, {"event": "start"}):
        assert seqs(search(door, q, limit=1000), len(copy.records)) == copy.find(q), q
    w.judge()


# --- an index that is not there ---
def test_index_is_made_again(make_world):
    w = make_world()
    w.run([people.create(n) for n in range(5)])
    copy = Copy(w)
    assert w.daemon.stop() == 0
    db = sqlite3.connect(w.db)
    db.executescript("DELETE FROM audit_index; DELETE FROM person_name; "
                     "DELETE FROM meta WHERE key = 'names_until'")
    db.close()
    w.start()
    door = w.door("hoa")
    for q in ({"event": "intent"}, {"operator": "minh"}, {"person": people.name(2)}):
        assert seqs(search(door, q), len(copy.records)) == copy.find(q), q


def test_erased_values_are_found_by_reference_alone(make_world, tmp_path):
    name = "Khuất Thị Quỳnh Xuyến"
    folder = write_policy(tmp_path / "policy", grace__staff="0 days", grace__division_head="0 days",
                          grace__department_head="0 days")
    w = make_world(conf={"policy_dir": str(folder)})
    door = w.door("hoa")
    address = w.run([people.create(1, full_name=name), people.create(2)])["items"][0]["address"]
    person = w.mailbox(address)["person"]
    w.run([{"op": "close", "address": address, "basis_kind": "retirement"}])
    w.run([{"op": "purge", "address": address}])
    assert len(search(door, {"person": people.fold(name)})) > 6
    w.ctl("audit", "erase", "--person", person, "--legal-basis", "Luật 91/2025/QH15", "--yes")
    for f in w.data.glob("hopthu.db*"):
        raw = f.read_bytes()
        for form in (name, people.fold(name), name.lower()):
            assert form.encode() not in raw, (f, form)
    hits = search(door, {"person": person})
    rows = [h for h in hits if h["ev"] in ("item", "intent", "outcome")]
    assert len(rows) == 9
    for h in rows:
        assert (h["address"], h["full_name"], h["after"]) == ("(erased)",) * 3, h
        assert h["requested_by"] == "lan" and h["approved_by"] == ["minh"] and h["outcome"] == "done"
    text = json.dumps(hits, ensure_ascii=False)
    assert name not in text and address not in text
    assert "(erased)" in w.ctl("audit", "search", "--person", person, user="hoa").stdout
    for q in ({"person": name}, {"person": people.fold(name)}, {"address": address}):
        assert door.ask("GET", "/v1/audit/search", q).status == 404, q


# --- following ---
class Follower:
    """hopthuctl audit tail -f in the background; its lines as they come."""

    def __init__(self, w, *args):
        self.process = subprocess.Popen(
            [str(HOPTHUCTL), "--user", "hoa", "--password-file", str(w.password_file("hoa")), "audit", "tail",
             "-f", "-o", "jsonl", *args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={"HOPTHU_SOCKET": str(w.socket), "LC_ALL": "C.UTF-8"})
        w.extra.append(self.process)
        self.records, self.said = [], []
        self.threads = [threading.Thread(target=self.read), threading.Thread(target=self.listen)]
        for t in self.threads:
            t.start()

    def read(self):
        for line in self.process.stdout:
            self.records.append(json.loads(line))

    def listen(self):
        self.said += self.process.stderr

    def has(self, seq, timeout=15):
        wait_for(lambda: self.records and self.records[-1]["seq"] >= seq, "record %d" % seq, timeout)

    def end(self, sig=signal.SIGINT):
        if sig:
            self.process.send_signal(sig)
        status = self.process.wait(20)
        for t in self.threads:
            t.join()
        self.process.stdout.close()
        self.process.stderr.close()
        return status


def newest(w):
    return w.door("admin").get("/v1/audit", last=1, limit=1)["records"][-1]["seq"]


def test_follow_across_kill(make_world):
    w = make_world()
    all_, done = Follower(w, "-n", "0"), Follower(w, "-n0", "--event", "outcome", "--agency", "snv")
    wait_for(lambda: reads(w, "audit_tail") == 2, "two that follow")
    began = newest(w)
    for n in range(4):
        made = w.submit([people.create(10 * n + k) for k in range(7)])
        w.approve(made)
        w.wait(made["id"])
        if n == 1:
            w.restart()
    w.settle()
    last = newest(w)
    all_.has(last)
    wait_for(lambda: len(done.records) == 28, "28 outcomes", 15)
    assert all_.end() == 130 and done.end() == 130
    got = seqs(all_.records)
    assert got == list(range(got[0], got[-1] + 1)) and got[0] <= began + 1 and got[-1] >= last
    assert {(r["ev"], r["outcome"]) for r in done.records} == {("outcome", "done")}
    copy = Copy(w)
    assert seqs(done.records) == [
        s for s in copy.find({"event": "outcome", "agency": "snv"})[::-1] if s > began]
    # one record for each, and one more after the restart, when who they are was to be shown again
    assert reads(w, "audit_tail") == 4
    assert any("answers again" in line for line in all_.said), all_.said
    w.judge()


def test_tail_ends_by_itself(make_world):
    w = make_world()
    size = newest(w)
    got = w.ctl("audit", "tail", "-n", "4", "-o", "jsonl", user="hoa").stdout.splitlines()
    assert len(got) == 4 and seqs(map(json.loads, got))[-1] > size
    assert w.ctl("audit", "tail", "-n", "0", user="hoa").stdout.count("\n") == 1
    many = seqs(map(json.loads, w.ctl("audit", "tail", "-n", "100000", "-o", "jsonl",
                                      user="hoa").stdout.splitlines()))
    assert many == list(range(1, many[-1] + 1))
    r = w.ctl("audit", "tail", "-f", "--timeout", "1", user="hoa", status=0)
    assert 0.9 < r.took < 10 and "hoa" in r.stdout
    assert "jsonl" in w.ctl("audit", "tail", "-f", "-o", "json", user="hoa", status=EX_USAGE).stderr
    before = reads(w, "audit_tail")
    f = Follower(w, "--event", "intent")
    wait_for(lambda: reads(w, "audit_tail") > before, "one that follows")
    assert w.daemon.stop() == 0  # nobody who follows keeps the door open
    time.sleep(1)
    assert f.end(signal.SIGTERM) == -signal.SIGTERM, f.said


def test_many_follow(make_world):
    """A hundred wait: they cost nothing while nothing comes, and all hear of what does."""
    w = make_world(conf={"limits.connections": 300, "limits.connections_per_uid": 300})
    doors = [w.new_door("hoa") for _ in range(100)]
    for d in doors:
        d.open()
    page = doors[0].get("/v1/audit/tail", last=1, event="approve", limit=1)
    after, answers = page["next"], []
    path = "/v1/audit/tail?" + urllib.parse.urlencode({
        "event": "approve", "after": after, "timeout": 50, "limit": 5, "reading": page["reading"]})

    def follow(door):
        answers.append(door.ask("GET", path).json)

    threads = [threading.Thread(target=follow, args=(d,)) for d in doors]
    for t in threads:
        t.start()
    time.sleep(1)
    w.status()
    cpu = sum(map(int, open("/proc/%d/stat" % w.daemon.pid).read().rsplit(")", 1)[1].split()[11:13]))
    time.sleep(2)
    idle = sum(map(int, open("/proc/%d/stat" % w.daemon.pid).read().rsplit(")", 1)[1].split()[11:13])) - cpu
    assert idle < 20 and not answers, "%d ticks while nothing came" % idle
    made = w.submit([people.create(n) for n in range(50)])
    began = time.monotonic()
    w.approve(made)
    for t in threads:
        t.join(20)
    assert time.monotonic() - began < 5 and len(answers) == 100
    first = {a["records"][0]["seq"] for a in answers}
    assert len(first) == 1 and all(a["records"][0]["actor"] == "minh" for a in answers)
    assert w.status()["longest_turn_ms"] <= 100
    for d in doors:
        d.close()
    assert w.wait(made["id"])["state"] == "done"
    w.judge()
