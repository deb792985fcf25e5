# SPDX-License-Identifier: BSD-2-Clause
"""Terms: when a letter is due, what needs two people, when a closed mailbox goes and its address may
be given again."""
import calendar
import contextlib
import datetime
import json
import os
import signal
import sqlite3
import time
import zoneinfo

import pytest

import hopthu
import people
from hopthu import ANYTHING, BASE, DOMAIN, EX_CONFLICT, EX_LATER, EX_PART, NO_HASH, refuse_titles, \
    wait_for, write_policy

ZONE = zoneinfo.ZoneInfo("Asia/Ho_Chi_Minh")
ENDS = datetime.time(16, 30)


@contextlib.contextmanager
def local_time(name):
    old = os.environ.get("TZ")
    os.environ["TZ"] = name
    try:
        yield
    finally:
        del os.environ["TZ"]
        if old is not None:
            os.environ["TZ"] = old


def row(name, **more):
    return dict({"op": "create", "full_name": name, "ref": name}, **more)


# --- the calendar, a second time --------------------------------------------------------------------

class Days:
    """Saturdays and Sundays are free; the next Monday, the second Wednesday and the first of January
    too; the next Saturday is worked for it."""

    def __init__(self):
        today = datetime.datetime.now(ZONE).date()

        def following(weekday, weeks=0):
            return today + datetime.timedelta(days=(weekday - today.weekday() - 1) % 7 + 1 + 7 * weeks)

        self.holidays = {following(0), following(2, 1)} | {
            datetime.date(today.year + n, 1, 1) for n in (0, 1)}
        self.working = {following(5)} - self.holidays
        self.today = today

    def works(self, d):
        return d in self.working or (d.weekday() < 5 and d not in self.holidays)

    def add(self, d, n):
        while n:
            d += datetime.timedelta(days=1)
            n -= self.works(d)
        return d

    def write(self, folder):
        folder.mkdir()
        for year in (self.today.year, self.today.year + 1):
            text = 'calendar = "thu"\nyear = %d\nsource = "thử"\nweekend = {"saturday", "sunday"}\n' % year
            for key, days in (("holidays", self.holidays), ("working", self.working)):
                some = ['"%s thử"' % d for d in sorted(days) if d.year == year]
                if some:
                    text += "%s = {%s}\n" % (key, ", ".join(some))
            (folder / ("thu-%d.conf" % year)).write_text(text)
        folder.chmod(0o755)


TERMS = {"create": "2 working days", "update": "6 working days", "suspend": "12 working days",
         "resume": "2 hours", "close": "10 days", "restore": "1 month", "rename": "never",
         "transfer": "30 hours"}


@pytest.fixture(scope="module")
def dated(tmp_path_factory):
    days = Days()
    folder = write_policy(tmp_path_factory.mktemp("p") / "policy", calendar="thu",
                          deadline__day_ends="16:30", grace__staff="0 days",
                          **{"deadline__" + op: term for op, term in TERMS.items()})
    days.write(folder / "calendar")
    with local_time("Asia/Ho_Chi_Minh"):
        w = hopthu.World(conf={"policy_dir": str(folder)})
        w.days = days
        try:
            w.add_operator("nga", "Đỗ Thị Nga", ["requester"], "skhcn")
            w.settle()
            yield w
            w.judge()
        finally:
            w.close()


def when(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))


def expected(days, op, submitted, effective=None):
    """When a row of this operation is due, by the words of the policy."""
    at = submitted.astimezone(ZONE)
    number, _, unit = TERMS[op].partition(" ")
    if number == "never":
        return None

    def end(d):
        return datetime.datetime.combine(d, ENDS, ZONE)

    n = int(number)
    if unit == "hours":
        due = submitted.replace(microsecond=0) + datetime.timedelta(hours=n)
    elif unit == "working days":
        due = end(days.add(at.date(), n))
    elif unit == "days":
        due = end(at.date() + datetime.timedelta(days=n))
    else:
        month = at.month - 1 + n
        year, month = at.year + month // 12, month % 12 + 1
        due = end(datetime.date(year, month, min(at.day, calendar.monthrange(year, month)[1])))
    return max(due, end(effective)) if effective else due


def test_due(dated):
    w, days = dated, dated.days
    a, b, c, d = [i["address"] for i in w.run([row("Hạn %s" % x) for x in "ABCD"])["items"]]
    w.run([{"op": "suspend", "address": b}])
    w.run([{"op": "close", "address": c}])
    spans = [(row("Hạn E"), "create"), ({"op": "update", "address": a, "title": "x"}, "update"),
             ({"op": "suspend", "address": a}, "suspend"), ({"op": "resume", "address": b}, "resume"),
             ({"op": "close", "address": a}, "close"), ({"op": "restore", "address": c}, "restore"),
             ({"op": "rename", "address": a, "new_address": "han.a"}, "rename")]
    later = days.today + datetime.timedelta(days=45)
    sooner = days.today + datetime.timedelta(days=1)
    seen = []
    for asked, op in spans:
        for effective in (None, later, sooner):
            more = {"effective": effective.isoformat()} if effective else {}
            if op == "rename":
                more["new_address"] = "han.a%d" % len(seen)
            if op == "create" and effective:
                more["ref"] = more["full_name"] = "Hạn %s" % ("L" if effective == later else "S")
            dry = w.submit([dict(asked, **more)], dry_run="1")
            r = w.submit([dict(asked, **more)])
            want = expected(days, op, when(r["submitted_at"]), effective)
            got = when(r["due_at"]) if r["due_at"] else None
            assert got == want, (op, effective, got, want)
            if got and op not in ("resume",):
                assert when(dry["due_at"]) == want
            seen.append(r["id"])
    # of several rows the first to be due
    r = w.submit([row("Hạn F"), {"op": "resume", "address": b}, {"op": "suspend", "address": d}])
    assert when(r["due_at"]) == expected(days, "resume", when(r["submitted_at"]))
    seen.append(r["id"])
    shown = w.ctl("request", "show", r["id"], user="lan").stdout
    assert when(r["due_at"]).astimezone(ZONE).strftime("%Y-%m-%d") in shown
    check_order(w, seen)
    for rid in seen:
        w.ctl("request", "cancel", rid, user="lan")


def check_order(w, ids):
    """Open letters by their terms, without a term last, and the same page by page."""
    listed = w.ctl_json("request", "list", "--state", "open", "--agency", "snv", user="hoa")["requests"]
    assert sorted(x["id"] for x in listed) == sorted(ids)
    far = "9999"
    keys = [(x["due_at"] or far, x["id"]) for x in listed]
    assert keys == sorted(keys) and keys[-1][0] == far
    paged, before = [], None
    while True:
        page = w.door("hoa").get("/v1/requests", state="open", limit=2, before=before)
        paged += [x["id"] for x in page["requests"]]
        before = page["next"]
        if before is None:
            break
    assert paged == [x["id"] for x in listed]


def set_due(w, **by_id):
    """Into the database of a stopped daemon; the log is not touched."""
    assert w.daemon.stop() == 0
    con = sqlite3.connect(w.db)
    for rid, due in by_id.items():
        con.execute("UPDATE request SET due_at = ? WHERE id = ?", (int(due), int(rid[1:])))
    con.commit()
    con.close()
    w.start()


def test_overdue(dated):
    w = dated
    now = time.time()
    assert w.ctl("status", user="hoa").returncode == 0
    done = w.run([row("Trễ A")])
    late = w.submit([row("Trễ B")])
    very = w.submit([row("Trễ C", effective="2099-01-01")])
    w.approve(very)
    fine = w.submit([row("Trễ D")])
    taken_back = w.submit([row("Trễ E")])
    w.ctl("request", "cancel", taken_back["id"], user="lan")
    refused = w.submit([row("Trễ F")])
    w.ctl("request", "refuse", refused["id"], "--reason", "x", user="minh")
    order = w.door("admin").get("/v1/requests/1")
    assert order["kind"] == "order" and order["due_at"] is None
    set_due(w, **{"_%d" % r["id"]: due for r, due in (
        (done, now - 9000), (late, now - 60), (very, now - 7200), (taken_back, now - 9000),
        (refused, now - 9000), (fine, now + 60))})
    queue = w.status()["queue"]
    assert queue["overdue"] == 2
    assert abs(when(queue["overdue_since"]).timestamp() - (now - 7200)) < 2
    r = w.ctl("status", user="hoa", status=EX_PART)
    assert "2 letters should have been done" in r.stderr and "letters overdue" in r.stdout
    assert w.ctl_json("status", user="hoa", status=EX_PART)["queue"]["overdue"] == 2
    assert w.ctl("status", user="lan", status=EX_PART)
    assert w.ctl_json("status", user="nga")["queue"]["overdue"] == 0  # another agency's are not hers
    listed = {x["id"]: x for x in w.door("hoa").get("/v1/requests", limit=100)["requests"]}
    assert {i for i, x in listed.items() if x["overdue"]} == {late["id"], very["id"]}
    assert [x["id"] for x in w.door("hoa").get("/v1/requests", state="open")["requests"]] == [
        very["id"], late["id"], fine["id"]]
    w.approve(late)
    assert w.wait(late["id"])["state"] == "done"
    w.ctl("request", "cancel", very["id"], user="lan")
    assert w.ctl("status", user="hoa").returncode == 0
    w.ctl("request", "cancel", fine["id"], user="lan")


# --- the fuse ---------------------------------------------------------------------------------------

@pytest.fixture
def fused(make_world, tmp_path):
    w = make_world(conf={"policy_dir": str(write_policy(
        tmp_path / "policy", fuse__count="1000", fuse__percent="20", fuse__least="5"))})
    w.add_operator("hung", "Phạm Văn Hùng", ["approver"])
    w.add_operator("nga", "Đỗ Thị Nga", ["requester"], "skhcn")
    w.settle()
    return w


def staff(w, n, start=0, **more):
    return [i["address"] for i in w.run([people.create(start + k) for k in range(n)], **more)["items"]]


def order(addresses, op="suspend"):
    return [{"op": op, "address": a} for a in addresses]


def test_percent_of_an_agency(fused):
    w = fused
    boxes = staff(w, 20)
    w.door("admin").post("/v1/agencies", {"code": "stc", "name": "Sở Tài chính", "kind": "department"})
    few = [i["address"] for i in w.run([people.create(100 + k) for k in range(6)], user="tuan",
                                       agency="stc")["items"]]
    w.settle()

    def needs(rows, user="lan", **head):
        dry = w.submit(rows, user=user, dry_run="1", **dict(head, letter="dry"))
        r = w.submit(rows, user=user, **head)
        assert dry["needs"] == r["needs"]
        told = [n for n in r["notes"] or [] if "two people" in n["message"]]
        assert len(told) == (r["needs"] == 2)
        w.ctl("request", "cancel", r["id"], user=user)
        return r["needs"]

    for n in range(1, 9):
        # more than 20 % of 20, from five on
        assert needs(order(boxes[:n])) == (2 if n * 100 > 20 * 20 and n >= 5 else 1), n
    for op in ("close", "rename"):
        rows = order(boxes[:5], op)
        for k, r in enumerate(rows if op == "rename" else ()):
            r["new_address"] = "ten.moi%d" % k
        assert needs(rows) == 2
    assert needs([{"op": "update", "address": a, "title": "Khác"} for a in boxes]) == 1
    assert needs([people.create(200 + k) for k in range(50)]) == 1
    # another agency's receive: the share is of the one that loses them
    assert needs(order(boxes[:5], "transfer"), "nga", agency="skhcn") == 2
    assert needs(order(boxes[:4], "transfer"), "nga", agency="skhcn") == 1
    # of few mailboxes all but one may go
    assert needs(order(few[:4], "close"), "tuan", agency="stc") == 1
    assert needs(order(few[:5], "close"), "tuan", agency="stc") == 2
    # what is closed counts no more: 5 of 15 and not of 20
    w.run(order(boxes[:4], "close"))
    w.run(order(boxes[4:5], "suspend"))
    # 16 left, the suspended one among them
    assert needs(order(boxes[5:9])) == 1
    assert needs(order(boxes[5:10])) == 2


def test_rows_asked_again_count_once(make_world, tmp_path):
    """Rows that failed are corrected under the same number: that moves nobody twice."""
    w = make_world(conf={"policy_dir": str(write_policy(tmp_path / "policy", fuse__count="3"))})
    made = [i["address"] for i in w.run([people.create(n) for n in range(6)])["items"]]
    rows = [{"op": "transfer", "address": a, "ref": a, "title": "#"} for a in made[:3]]
    refuse_titles(w, NO_HASH)
    r = w.submit(rows, user="tuan", agency="skhcn", letter="f1")
    assert r["needs"] == 1
    w.approve(r)
    assert w.wait(r["id"])["state"] == "failed"
    refuse_titles(w, ANYTHING)
    rows = [dict(x, title="Chuyên viên") for x in rows]
    again = w.submit(rows, user="tuan", agency="skhcn", letter="f1")
    assert again["needs"] == 1, again["notes"]
    more = w.submit([{"op": "transfer", "address": made[3], "ref": "m"}], user="tuan",
                    agency="skhcn", letter="f1")
    assert more["needs"] == 2


def test_parts_of_a_letter_count_together(make_world, tmp_path):
    """What is over the fuse as one letter is so in two parts, too."""
    w = make_world(conf={"policy_dir": str(write_policy(
        tmp_path / "policy", fuse__count="4", fuse__percent="100"))})
    boxes = staff(w, 12)

    def part(rows, **head):
        r = w.submit(rows, letter=head.pop("letter", "9/SNV"), **head)
        told = [n["message"] for n in r["notes"] or [] if "two people" in n["message"]]
        assert len(told) == (r["needs"] == 2), r
        return r

    first = part(order(boxes[:3]))
    assert first["needs"] == 1
    w.approve(first)
    assert w.wait(first["id"])["state"] == "done"
    # 3 and 1; creates and updates count for nothing; then 3 and 2
    r = part(order(boxes[3:4], "close") + [people.create(50), {"op": "update", "address": boxes[4],
                                                               "title": "Khác"}])
    assert r["needs"] == 1
    w.ctl("request", "cancel", r["id"], user="lan")  # what was taken back counts no more
    second = part(order(boxes[3:5], "close"))
    assert second["needs"] == 2
    # the same rows in a letter of another number, or of another year, are its own
    for head in ({"letter": "10/SNV"}, {"date": "2025-03-02"}):
        r = part(order(boxes[5:7], "close"), **head)
        assert r["needs"] == 1, head
        w.ctl("request", "cancel", r["id"], user="lan")
    w.approve(second)
    w.settle()
    assert w.show(second["id"])["state"] == "planned"
    assert w.person(boxes[3].partition("@")[0])["hopthuStatus"] == [b"active"]
    assert w.door("minh").ask("POST", "/v1/requests/%d/approve" % second["id"], body={
        "digest": second["digest"]}).status == 403
    w.approve(second, "thu")
    assert w.wait(second["id"])["state"] == "done"
    assert w.person(boxes[3].partition("@")[0])["hopthuStatus"] == [b"closed"]


def first_of_two(w, boxes, op="suspend"):
    r = w.submit(order(boxes, op))
    assert r["needs"] == 2
    w.ctl("request", "approve", r["id"], "--yes", user="minh", status=EX_LATER)
    shown = w.show(r["id"])
    assert (shown["state"], shown["first_approver"]) == ("planned", "minh")
    return r


def test_first_approver_revoked(fused):
    w = fused
    boxes = staff(w, 10)
    r = first_of_two(w, boxes)
    w.restart()
    assert w.show(r["id"])["first_approver"] == "minh"
    w.door("admin").post("/v1/operators/minh/revoke", {"reason": "nghỉ việc"})
    shown = w.show(r["id"])
    assert (shown["state"], shown["first_approver"], shown["approver"]) == ("planned", "", "")
    w.approve(r, "hung")
    assert w.show(r["id"])["state"] == "planned"
    w.settle()
    assert w.person(boxes[0].partition("@")[0])["hopthuStatus"] == [b"active"]
    w.add_operator("bay", "Lê Bảy", ["approver"])
    w.settle()
    w.approve(r, "bay")
    assert w.wait(r["id"])["state"] == "done"


@pytest.mark.parametrize("who", ["minh", "hung"])
def test_either_approver_revoked_before_it_runs(fused, who):
    w = fused
    r = first_of_two(w, staff(w, 10))
    w.slapd.stop()
    wait_for(lambda: w.status()["directory"]["state"] != "ready", "the directory to be away")
    w.approve(r, "hung")
    assert w.show(r["id"])["state"] == "approved"
    w.door("admin").post("/v1/operators/%s/revoke" % who, {"reason": "nghỉ việc"})
    shown = w.show(r["id"])
    assert (shown["state"], shown["first_approver"], shown["approver"]) == ("planned", "", "")
    w.slapd.start()
    w.ready()
    w.settle()
    assert w.show(r["id"])["state"] == "planned"
    w.ctl("request", "cancel", r["id"], user="lan")


def test_refused_after_the_first_approval(fused):
    w = fused
    boxes = staff(w, 10)
    for user in ("hung", "minh"):  # the second says no, or the first has thought again
        r = first_of_two(w, boxes)
        w.ctl("request", "refuse", r["id"], "--reason", "nhầm cơ quan", user=user)
        assert w.show(r["id"])["state"] == "refused"
        w.ctl("request", "approve", r["id"], "--digest", r["digest"], user="hung", status=EX_CONFLICT)
    assert w.person(boxes[0].partition("@")[0])["hopthuStatus"] == [b"active"]


def test_planned_again_needs_both_again(fused):
    w = fused
    boxes = staff(w, 10)
    r = first_of_two(w, boxes)
    login = boxes[3].partition("@")[0]
    w.foreign.add(login)  # what the test itself writes there is not hopthu's
    w.slapd.modify("dn: uid=%s,ou=people,%s\nchangetype: modify\nreplace: title\ntitle: Khac\n"
                   "-\nreplace: hopthuOpId\nhopthuOpId: 01890000-0000-7000-8000-000000000000\n" % (
                       login, BASE))
    w.approve(r, "hung")
    wait_for(lambda: w.show(r["id"])["round"] == 2, "the letter to come back")
    w.settle()
    back = w.show(r["id"])
    assert (back["state"], back["needs"], back["first_approver"], back["approver"]) == (
        "planned", 2, "", ""), back
    assert back["counts"] == {"done": 9, "planned": 1}
    again = {"id": r["id"], "digest": back["digest"]}
    w.approve(again, "hung")
    assert w.show(r["id"])["state"] == "planned"
    assert w.door("hung").ask("POST", "/v1/requests/%d/approve" % r["id"], body={
        "digest": back["digest"]}).status == 403
    w.approve(again, "minh")
    assert w.wait(r["id"])["state"] == "done"
    assert w.person(login)["hopthuStatus"] == [b"suspended"]


# --- closed, purged, given again --------------------------------------------------------------------

@pytest.fixture
def ending(make_world, tmp_path):
    folder = write_policy(tmp_path / "policy", grace__staff="0 days", grace__division_head="0 days",
                          grace__department_head="0 days", grace__dismissal="2 years",
                          fuse__least="1000")
    w = make_world(conf={"policy_dir": str(folder)})
    w.folder = folder
    return w


def test_purge(ending):
    w = ending
    made = w.run([row("Trịnh Thị Mận", phone="0274999888", title="Kế toán")])["items"][0]["address"]
    new = "man.trinh@" + DOMAIN
    w.run([{"op": "rename", "address": made, "new_address": new}])
    r = w.submit([{"op": "purge", "address": new}], expect=(400,))
    assert "close it first" in r["errors"][0]["message"]
    # dismissed: the rule for the kind of leave is longer
    kept = w.run([row("Trịnh Thị Táo")])["items"][0]["address"]
    w.run([{"op": "close", "address": kept, "basis_kind": "dismissal"}])
    due = w.mailbox(kept)["purge_due"]
    today = datetime.date.today()
    assert due[:4] == str(today.year + 2)
    r = w.submit([{"op": "purge", "address": kept}], expect=(400,))
    assert due in r["errors"][0]["message"]
    w.run([{"op": "close", "address": new, "basis_kind": "retirement"}])
    assert w.mailbox(new)["purge_due"] == today.isoformat()
    r = w.run([{"op": "purge", "address": new}])
    login = made.partition("@")[0]
    e = w.person(login)
    assert e["hopthuStatus"] == [b"purged"] and e["cn"] == [login.encode()]
    for gone in ("title", "telephoneNumber", "hopthuAlias", "hopthuPurgeDue", "ou", "hopthuQuota"):
        assert gone not in e, gone
    for a in (made, new):
        known = w.ctl_json("address", "show", a, user="hoa")
        assert known["state"] == "tombstone" and known["ended_at"] and known["request"] == r["id"]
    # neither is given again
    again = w.submit([row("Trịnh Thị Mận", ref="2")])
    assert again["items"][0]["address"] == people.login("Trịnh Thị Mận", 1) + "@" + DOMAIN
    w.ctl("request", "cancel", again["id"], user="lan")
    for a in (made, new):
        r = w.submit([row("Ai Đó", ref="3", address=a)], expect=(400, 409))
        assert "purged" in json.dumps(r) and "not given again" in json.dumps(r), r
    # what was is still told
    for op in ("restore", "update", "close", "purge"):
        r = w.submit([{"op": op, "address": login, "title": "x"}], expect=(400,))
        assert "purged" in json.dumps(r), r
    m = w.mailbox(login)
    assert m["status"] == "purged"
    assert [h["op"] for h in m["history"]] == ["purge", "close", "rename", "create"]
    first = w.door("hoa").get("/v1/audit", request=m["history"][-1]["request"], event="item")
    shown = w.door("hoa").get("/v1/audit/%d" % first["records"][0]["seq"])
    assert shown["openings"]["full_name"] == "Trịnh Thị Mận"
    assert w.ctl("request", "undo", m["history"][0]["request"], "--reason", "x", user="tuan",
                 status=EX_CONFLICT)


def set_reuse(w, term):
    write_policy(w.folder, grace__staff="0 days", reuse__after=term, fuse__least="1000")
    w.daemon.signal(signal.SIGHUP)
    wait_for(lambda: [r for r in w.ctl_json("policy", "show", DOMAIN)["rules"]
                      if (r["rule"], r["value"]) == ("reuse.after", term)], "the new policy")


def test_given_again_after_the_term(ending):
    """The further address of a purged mailbox; its login names an entry that stays in the directory."""
    w = ending
    login = people.login("Mạc Thị Bưởi")
    old = "%s@%s" % (login, DOMAIN)
    free = "buoi.mac@" + DOMAIN
    w.run([row("Mạc Thị Bưởi")])
    w.run([{"op": "rename", "address": old, "new_address": free}])
    w.run([{"op": "close", "address": free}])
    w.run([{"op": "purge", "address": free}])
    asked = row("Mạc Thị Bưởi", address=free)
    set_reuse(w, "5 years")
    assert "not given again" in w.submit([dict(asked, ref="1")], expect=(400,))["errors"][0]["message"]
    set_reuse(w, "0 days")
    t = w.ctl_json("name", "try", "Mạc Thị Bưởi", user="lan")
    assert [(c["local"], c["fate"]) for c in t["candidates"][:2]] == [
        (login, "taken"), (login + "1", "free")]
    for n, verb, user in ((2, "cancel", "lan"), (3, "refuse", "minh")):
        r = w.submit([dict(asked, ref=str(n))])
        assert r["items"][0]["address"] == free
        # taken back: it is a tombstone as before
        w.ctl("request", verb, r["id"], "--reason", "x", user=user)
        assert w.ctl_json("address", "show", free, user="hoa")["state"] == "tombstone"
    w.run([dict(asked, ref="4")])
    assert w.ctl_json("address", "show", free, user="hoa")["state"] == "active"
    m = w.mailbox(free)
    assert (m["login"], m["status"], m["full_name"]) == ("buoi.mac", "active", "Mạc Thị Bưởi")
    e = w.person("buoi.mac")
    assert e["mail"] == [free.encode()] and e["hopthuStatus"] == [b"active"]
    # the first holder is still told apart
    assert w.mailbox(login)["status"] == "purged"
    assert w.person(login)["hopthuStatus"] == [b"purged"]
