# SPDX-License-Identifier: BSD-2-Clause
"""Checkpoints: signed after the commit, one root for a size, confirmed by witnesses; what happens when
one refuses, and when the database is older than the log."""
import http.client
import re
import shutil
import signal
import sqlite3
import subprocess
import time

import pytest

import people
from door import DoorError
from hopthu import DOMAIN, EX_CONFIG, EX_VERIFY, ROOT, World, free_text, wait_for
from notes import Key, Note, leaf, root_of
from witness import Witness, policy

FAST = {"evidence.checkpoint_seconds": 1, "evidence.witness_retry_min_ms": 50,
        "evidence.witness_retry_max_ms": 200, "evidence.witness_timeout_ms": 700}


def database(w, query, *args):
    """Rows of a copy: hopthud lets nobody else look into its own."""
    copy = w.dir / "look"
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir()
    for f in sorted(w.data.glob("hopthu.db*")):
        if not f.name.endswith((".reserve", "-shm")):
            shutil.copy(f, copy)
    con = sqlite3.connect(copy / "hopthu.db")
    try:
        return con.execute(query, args).fetchall()
    finally:
        con.close()


def vkey(w):
    return (w.data / "keys" / "log.vkey").read_text().strip()


def check_points(w):
    """Every stored checkpoint: right root, right signature, all of one history."""
    leaves = [leaf(bytes(r[0])) for r in database(w, "SELECT rec FROM audit ORDER BY seq")]
    key, seen = Key.read(vkey(w)), {}
    for size, root, text in database(w, "SELECT size, root, note FROM checkpoint ORDER BY size"):
        note = Note(text)
        assert note.size == size and note.root == bytes(root) == root_of(leaves[:size])
        assert note.check(key) is True and note.origin == key.name
        assert seen.setdefault(size, note.root) == note.root
    return sorted(seen)


def evidence(w):
    return w.status()["evidence"]


def new(w):
    return w.door("admin").post("/v1/audit/checkpoint", {})


def point(w, size=0):
    return w.door("admin").get("/v1/audit/checkpoint", **({"size": size} if size else {}))


@pytest.fixture
def watched(make_world):
    """A world with a witness; its daemon has been started again with the policy."""
    made = []

    def make(conf=None, count=1, tls=None, start=True):
        w = make_world(conf=dict(FAST, **(conf or {})))
        ws = [Witness(w.dir / ("w%d" % n), vkey(w), "witness%d.test" % n, tls) for n in range(count)]
        for one in ws:
            one.start()
        w.extra += ws
        w.policy = w.dir / "policy"
        w.policy.write_text(policy(vkey(w), *ws))
        w.write_conf(**{"evidence.policy_file": str(w.policy)})
        if start:
            w.daemon.stop()
            w.start()
        made.append(w)
        return w, ws

    return make


# --- checkpoints alone ------------------------------------------------------------------------------

def test_on_demand_and_by_time(make_world):
    w = make_world(conf=dict(FAST, **{"evidence.checkpoint_seconds": 2}))
    got = new(w)
    assert got["size"] == w.status()["audit"]["size"]
    assert Note(got["note"]).check(Key.read(vkey(w))) is True
    assert new(w)["note"] == got["note"], "nothing new: the same one"
    w.run([people.create(n) for n in range(3)])
    size = w.status()["audit"]["size"]
    wait_for(lambda: evidence(w)["checkpoint"]["size"] >= size, "a checkpoint by time", 8)
    assert point(w, got["size"])["note"] == got["note"]
    assert w.door("admin").ask("GET", "/v1/audit/checkpoint?size=3").status == 404
    e = evidence(w)
    assert e["witnesses"] == [] and e["confirmed"] is None and e["incident"] is None
    said = w.ctl("status")
    assert "nobody outside confirms" in said.stdout, said.stdout
    assert re.search(r"checkpoint hopthu\.test/1 %d [A-Za-z0-9+/]{43}=" % got["size"],
                     free_text(w.log))
    assert len(check_points(w)) >= 2
    w.judge()


def test_by_number(make_world):
    w = make_world(conf={"evidence.checkpoint_seconds": 3600, "evidence.checkpoint_records": 50})
    w.run([people.create(n) for n in range(120)], timeout=60)
    size = w.status()["audit"]["size"]
    assert size - evidence(w)["checkpoint"]["size"] <= 50
    sizes = check_points(w)
    assert len(sizes) >= 3
    w.judge()


def test_idle_log_stays_silent(watched):
    """Anchors alone never cause a checkpoint: a log at rest comes to rest."""
    w, (one,) = watched()
    w.run([people.create(1)])
    time.sleep(2.5)
    wait_for(lambda: evidence(w)["unsealed"] <= 1, "rest", 10)
    before, asked = w.status()["audit"]["size"], one.asked
    time.sleep(3.5)
    assert w.status()["audit"]["size"] == before
    assert one.asked == asked
    w.judge()


@pytest.mark.parametrize("name", ["checkpoint-written", "checkpoint-committed", "commit-before",
                                  "commit-after"])
def test_killed_around_a_checkpoint(make_world, name):
    """Never two roots for a size, whichever side of the commit it dies on."""
    w = make_world(conf={"evidence.checkpoint_seconds": 1})
    seen = {}

    def remember():
        for size, root, _ in database(w, "SELECT size, root, note FROM checkpoint"):
            assert seen.setdefault(size, bytes(root)) == bytes(root)

    for turn in range(4):
        w.daemon.stop()
        try:
            w.start(failpoint="%s:%d" % (name, turn + 2 if name.startswith("commit") else 1))
        except AssertionError:  # already at the start
            assert not w.daemon.alive()
        deadline = time.monotonic() + 10
        while w.daemon.alive() and time.monotonic() < deadline:
            try:
                w.submit([people.create(turn * 100 + n) for n in range(3)])
            except (OSError, AssertionError, DoorError, http.client.HTTPException):
                pass  # it died on the way
            time.sleep(0.3)
        assert not w.daemon.alive(), "the failpoint %s was not met" % name
        w.daemon.wait_dead()
        remember()
        w.start()
        new(w)
        remember()
    check_points(w)
    w.judge(ended=False)


# --- witnesses --------------------------------------------------------------------------------------

def test_confirmed(watched):
    w, ws = watched(count=2)
    w.run([people.create(n) for n in range(5)])
    got = new(w)
    size = got["size"]
    wait_for(lambda: (evidence(w)["confirmed"] or 0) >= size, "two cosignatures", 10)
    note = Note(point(w, size)["note"])
    for one in ws:
        assert note.check(one.key) > 1700000000
    e = evidence(w)
    assert e["quorum"] is True and [x["error"] for x in e["witnesses"]] == ["", ""]
    anchors = [x for x in w.door("admin").get("/v1/audit", event="anchor", limit=1000)["records"]]
    recs = [w.door("admin").get("/v1/audit/%d" % a["seq"])["record"] for a in anchors]
    mine = [r for r in recs if r["size"] == size]
    assert sorted(r["witness"] for r in mine) == sorted(one.key.name for one in ws)
    for r in mine:
        key = next(one.key for one in ws if one.key.name == r["witness"])
        assert key.check(note.body, "\u2014 %s %s\n" % (r["witness"], r["sig"])) == r["at"]
        assert r["root"] == note.root.hex()
    said = w.ctl("status").stdout
    assert "witness0.test" in said and "witness1.test" in said
    w.judge()


def test_away_and_back(watched):
    """A witness that is away makes lag and nothing else; then it gets one right proof."""
    w, (one,) = watched()
    wait_for(lambda: evidence(w)["confirmed"], "the first cosignature", 10)
    was = one.size
    one.kill()
    for n in range(6):
        w.run([people.create(n)])
        new(w)
    e = evidence(w)
    assert e["witnesses"][0]["error"] and e["witnesses"][0]["lag_records"] > 0
    assert not e["quorum"] and not e["incident"]
    said = w.ctl("status")
    assert "witness0.test" in said.stderr and said.returncode == 0
    one.start()
    wait_for(lambda: evidence(w)["quorum"], "the witness to catch up", 10)
    assert one.size > was and 422 not in one.statuses
    w.judge()


def test_forgetful_witness(watched):
    """409 with a smaller size: asked again from there."""
    w, (one,) = watched()
    wait_for(lambda: evidence(w)["confirmed"], "the first cosignature", 10)
    with one.lock:
        one.size, one.root = 0, None
    w.run([people.create(1)])
    size = new(w)["size"]
    wait_for(lambda: (evidence(w)["confirmed"] or 0) >= size, "it to be asked again", 10)
    assert 409 in one.statuses and not evidence(w)["incident"]
    w.judge()


@pytest.mark.parametrize("mode", ["garbage", "huge", "headers", "slow", "nothing", "close", "wrong-key",
                                  "bad-signature", "far-time", (500, "no"), (404, ""), (403, ""), (409, "x\n"),
                                  (409, ""), (409, "-1\n"), (409, "99999999999999999999999\n"),
                                  (200, ""), (200, "\u2014 witness0.test AAAA\n"), (409, "0\n")])
def test_hostile_answers(watched, mode):
    w, (one,) = watched(start=False)
    one.mode = mode
    w.daemon.stop()
    w.start()
    new(w)
    wait_for(lambda: evidence(w)["witnesses"][0]["error"], "a warning", 10)
    began = time.monotonic()
    assert w.run([people.create(1)])["state"] == "done"
    assert time.monotonic() - began < 10
    e = evidence(w)
    assert not e["incident"] and not e["quorum"] and e["witnesses"][0]["size"] == 0
    assert database(w, "SELECT count(*) FROM cosignature") == [(0,)]
    one.mode = "right"
    wait_for(lambda: evidence(w)["quorum"] or new(w) and False, "it to be believed again", 15, 0.3)
    w.judge()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    where = tmp_path_factory.mktemp("tls")

    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=where, check=True, capture_output=True)

    for ca in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", ca + ".key", "-out",
                ca + ".pem", "-days", "2", "-subj", "/CN=" + ca)
    for name, host in (("right", "localhost"), ("wrong", "elsewhere.test")):
        (where / (name + ".ext")).write_text("subjectAltName=DNS:%s\n" % host)
        openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", name + ".key", "-out",
                name + ".csr", "-subj", "/CN=" + host)
        openssl("x509", "-req", "-in", name + ".csr", "-CA", "ca.pem", "-CAkey", "ca.key",
                "-CAcreateserial", "-out", name + ".pem", "-days", "2", "-extfile", name + ".ext")
    return where


@pytest.mark.parametrize("name, ca, right", [("right", "ca", True), ("right", "other", False),
                                             ("wrong", "ca", False)])
def test_https(watched, certificates, name, ca, right):
    pair = [str(certificates / (name + end)) for end in (".pem", ".key")]
    w, (one,) = watched({"evidence.witness_ca_file": str(certificates / (ca + ".pem"))}, tls=pair)
    size = new(w)["size"]
    if right:
        wait_for(lambda: (evidence(w)["confirmed"] or 0) >= size, "a cosignature", 10)
    else:
        said = wait_for(lambda: evidence(w)["witnesses"][0]["error"], "a warning", 10)
        assert "certificate" in said, said
        assert one.asked == 0
    w.judge()


def test_carried_files(watched):
    """file: a request waits, across a restart too; its answer is taken."""
    w, (one,) = watched(start=False)
    folder = w.dir / "drop"
    folder.mkdir()
    w.policy.write_text(w.policy.read_text().replace(one.url, "file:%s" % folder))
    w.daemon.stop()
    w.start()
    new(w)
    request = folder / "request"
    wait_for(request.exists, "a request", 10)
    first = request.read_bytes()
    w.run([people.create(1)])
    w.daemon.stop()
    w.start()
    new(w)
    assert request.read_bytes() == first, "somebody may be on the way with it"
    status, body = one.judge(first)
    assert status == 200
    (folder / "part").write_text("%d\n%s" % (status, body))
    (folder / "part").rename(folder / "response")
    wait_for(lambda: evidence(w)["confirmed"] == one.size, "the answer to be taken", 15)
    wait_for(lambda: request.exists() and request.read_bytes() != first, "the next request", 10)
    status, body = one.judge(request.read_bytes())
    assert status == 200
    with (folder / "response").open("w") as f:  # slowly, as from a stick
        for part in ("%d\n" % status, body[:20], body[20:]):
            f.write(part)
            f.flush()
            time.sleep(1.5)
    wait_for(lambda: evidence(w)["confirmed"] == one.size, "the next answer", 15)
    w.judge()


def test_answer_to_the_origin_before(watched):
    """What is carried back about the origin that an incarnation ended is no incident of the new one."""
    w, (one,) = watched(start=False)
    folder = w.dir / "drop"
    folder.mkdir()
    w.policy.write_text(w.policy.read_text().replace(one.url, "file:%s" % folder))
    w.daemon.stop()
    w.start()
    new(w)
    request = folder / "request"
    wait_for(request.exists, "a request", 10)
    w.daemon.stop()
    assert w.hopthud("--incarnation", "--reason", "thử").returncode == 0
    w.start()
    for answer in ("422\nno\n", "409\n1000000\n", "200\n%s" % one.judge(request.read_bytes())[1]):
        first = request.read_bytes()
        assert b"\n\nhopthu.test/1\n" in first
        (folder / "part").write_text(answer)
        (folder / "part").rename(folder / "response")
        wait_for(lambda: not (folder / "response").exists(), "the answer to be taken", 15)
        new(w)
        wait_for(lambda: request.exists() and b"\n\nhopthu.test/2\n" in request.read_bytes(),
                 "another question", 10)
        assert not evidence(w)["incident"]
        w.daemon.stop()
        request.write_bytes(first)
        w.start()
    assert database(w, "SELECT count(*) FROM cosignature") == [(0,)]
    w.daemon.stop()
    w.judged = True


def test_reload(watched):
    """Another policy file by SIGHUP: a witness more, on record, and a broken file changes nothing."""
    w, (one,) = watched()
    wait_for(lambda: evidence(w)["confirmed"], "the first cosignature", 10)
    w.policy.write_text("nonsense\n")
    w.daemon.signal(signal.SIGHUP)
    wait_for(lambda: "not reloaded" in free_text(w.log), "a complaint", 5)
    assert [x["name"] for x in evidence(w)["witnesses"]] == [one.key.name]
    two = Witness(w.dir / "w2", vkey(w), "second.test").start()
    w.extra.append(two)
    w.policy.write_text(policy(vkey(w), one, two))
    w.daemon.signal(signal.SIGHUP)
    wait_for(lambda: two.size, "the second to be asked", 10)
    wait_for(lambda: evidence(w)["quorum"], "both", 10)
    recs = database(w, "SELECT rec FROM audit WHERE instr(rec, CAST('\"ev\":\"config\"' AS BLOB)) "
                       "OR instr(rec, CAST('\"ev\":\"start\"' AS BLOB)) ORDER BY seq")
    digests = [re.search(rb'"cfg":"(\w+)"', bytes(r[0])).group(1) for r in recs]
    assert digests[-1] != digests[-2], "the same path, other bytes"
    w.judge()


# --- refusals ---------------------------------------------------------------------------------------

def stopped(w, waiting=None):
    """Everything says so, and nothing changes."""
    text = wait_for(lambda: evidence(w)["incident"], "the incident", 15)
    said = w.ctl("status", status=EX_VERIFY)
    assert "INCIDENT" in said.stderr and text in said.stderr, said.stderr
    assert "INCIDENT" in free_text(w.log)
    size = w.status()["audit"]["size"]
    got = w.door("lan").ask("POST", "/v1/requests", w.head(), people.letter_csv([people.create(77)]),
                            "text/csv")
    assert got.status == 503 and got.json["error"] == text, got
    for path in ("/v1/agencies", "/v1/operators", "/v1/audit/checkpoint"):
        assert w.door("admin").ask("POST", path, body={}).status == 503
    # reading goes on, also by somebody who logs in or whose reading would be recorded
    w.drop_doors()
    assert w.door("hoa").get("/v1/audit", limit=5)["records"]
    assert w.door("admin").get("/v1/audit/verify")["ok"]
    assert "INCIDENT" in w.ctl().stdout
    assert w.status()["audit"]["size"] == size
    if waiting:
        time.sleep(1)
        assert w.show(waiting)["state"] == "approved"
    return text


@pytest.mark.parametrize("mode", [(422, ""), (409, "1000000\n")])
def test_refused(watched, mode):
    w, (one,) = watched()
    wait_for(lambda: evidence(w)["confirmed"], "the first cosignature", 10)
    w.slapd.stop()
    r = w.submit([people.create(5)])
    w.approve(r)
    one.mode = mode
    new(w)
    text = wait_for(lambda: evidence(w)["incident"], "the incident", 15)
    assert "witness0.test" in text
    w.slapd.start()
    w.ready()
    stopped(w, waiting=r["id"])
    assert w.daemon.stop() == 0
    one.mode = "right"
    w.start()  # remembered
    assert stopped(w, waiting=r["id"]) == text
    w.daemon.stop()
    assert w.hopthud("--incident-over").returncode == 64
    got = w.hopthud("--incident-over", "--reason", "nhân chứng cấu hình sai")
    assert got.returncode == 0 and text in got.stdout, got
    assert w.hopthud("--incident-over", "--reason", "x").returncode == 73
    w.start()
    assert w.wait(r["id"])["state"] == "done"
    assert evidence(w)["incident"] is None
    w.judge()


def backup(w, where):
    w.daemon.stop()
    shutil.rmtree(where, ignore_errors=True)
    shutil.copytree(w.data, where)
    w.start()


def restore(w, where):
    w.daemon.stop()
    shutil.rmtree(w.data)
    shutil.copytree(where, w.data)


def test_restored_from_a_backup(watched):
    """An older copy never goes on in silence; an incarnation does, and says so."""
    w, (one,) = watched()
    w.run([people.create(1)])
    new(w)
    wait_for(lambda: evidence(w)["quorum"], "a cosignature", 10)
    wait_for(lambda: database(w, "SELECT 1 FROM meta WHERE key = 'watch_cookie'"), "the watch", 15, 0.2)
    backup(w, w.dir / "backup")
    w.run([people.create(n) for n in range(2, 12)])
    size = new(w)["size"]
    wait_for(lambda: (evidence(w)["confirmed"] or 0) >= size, "a cosignature", 10)
    known = w.dir / "known"
    known.write_text(point(w, size)["note"])
    old = vkey(w)
    restore(w, w.dir / "backup")
    w.start()
    text = stopped(w)
    assert str(one.size) in text
    # the witness's newest checkpoint
    w.daemon.stop()
    (w.dir / "bad").write_text(known.read_text().replace("\n%d\n" % size, "\n%d\n" % (size + 1)))
    for file in (w.dir / "bad", w.dir / "none", w.conf_file):
        got = w.hopthud("--incarnation", "--reason", "x", "--known", str(file))
        assert got.returncode == 64, got
    got = w.hopthud("--incarnation", "--reason", "đĩa hỏng, phục hồi", "--known", str(known))
    assert got.returncode == 0, got
    assert "hopthu.test/2" in got.stdout and "records that hopthu.test/1 had" in got.stdout
    fresh = vkey(w)
    assert fresh != old and fresh in got.stdout
    w.start()
    assert evidence(w)["origin"] == "hopthu.test/2" and not evidence(w)["incident"]
    rec = [r for r in w.door("admin").get("/v1/audit", event="incarnation")["records"]]
    rec = w.door("admin").get("/v1/audit/%d" % rec[0]["seq"])
    assert rec["record"]["old"] == "hopthu.test/1" and rec["record"]["target"] == "hopthu.test/2"
    assert rec["record"]["key"] == fresh and rec["record"]["size"] == size
    assert rec["record"]["root"] == Note(known.read_text()).root.hex()
    assert rec["openings"]["reason"] == "đĩa hỏng, phục hồi"
    # a witness that was told goes on, from nothing
    with one.lock:
        one.log, one.size, one.root = Key.read(fresh), 0, None
    got = new(w)
    assert Note(got["note"]).origin == "hopthu.test/2"
    wait_for(lambda: (evidence(w)["confirmed"] or 0) >= got["size"], "a cosignature", 15)
    w.daemon.stop()
    w.start()  # the tail of two origins is right
    # the directory knows of people that this database does not: that is drift, and the brake holds
    w.foreign |= {people.login(people.name(n)) for n in range(2, 12)}
    wait_for(lambda: "drift release" in free_text(w.log), "the brake", 15)
    w.door("admin").post("/v1/drift/release", {"reason": "phục hồi"})
    assert w.run([people.create(50)])["state"] == "done"
    w.daemon.stop()
    w.judged = True


def test_incarnation_cut_short(make_world):
    """Killed between the record and the key's place: the next start finds the key."""
    w = make_world()
    w.daemon.stop()
    keys = w.data / "keys"
    old = (keys / "log.key").read_bytes()
    public = (keys / "log.vkey").read_bytes()
    assert w.hopthud("--incarnation", "--reason", "thử").returncode == 0
    (keys / "log.vkey").write_bytes(public)
    (keys / "log.key").rename(keys / "log.key.new")
    (keys / "log.key").write_bytes(old)
    (keys / "log.key").chmod(0o600)
    w.start()
    assert Note(new(w)["note"]).origin == "hopthu.test/2"
    assert not (keys / "log.key.new").exists()
    assert Key.read(vkey(w)).name == "hopthu.test/2"
    w.judge()


# --- at the start -----------------------------------------------------------------------------------

def refuses(w, what):
    got = w.hopthud(timeout=20)
    assert got.returncode == EX_CONFIG, got
    assert re.search(what, got.stderr), got.stderr
    return got


def change(w, statement, *args):
    con = sqlite3.connect(w.db)
    con.execute(statement, args)
    con.commit()
    con.close()


def test_damaged_tail(make_world):
    w = make_world(conf={"evidence.checkpoint_records": 40})
    w.run([people.create(n) for n in range(300)], timeout=60)
    new(w)
    w.run([people.create(n) for n in range(300, 310)])
    w.judge()
    keep = w.dir / "keep"
    shutil.copytree(w.data, keep)
    size = sqlite3.connect(w.db).execute("SELECT max(seq) FROM audit").fetchone()[0]
    tile = (size // 256 - 1)
    cases = [
        ("UPDATE audit SET rec = CAST(replace(CAST(rec AS TEXT), '\"v\":1', '\"v\":2') AS BLOB) "
         "WHERE seq = ?", size - 3,
         "record %d is not what was hashed" % (size - 3)),
        ("UPDATE audit SET leaf = randomblob(32) WHERE seq = ?", size - 100,
         "record %d is not what was hashed" % (size - 100)),
        ("DELETE FROM audit WHERE seq = ?", size - 5, "record %d is missing" % (size - 5)),
        ("DELETE FROM audit WHERE seq = ?", size, "damaged"),
        ("UPDATE subtree SET hash = randomblob(32) WHERE level = 1 AND n = ?", tile,
         "records %d to %d" % (tile * 256 + 1, tile * 256 + 256)),
        ("UPDATE subtree SET hash = randomblob(32) WHERE level = 1 AND n = ?", 0, "do not give the root"),
        ("UPDATE frontier SET hashes = randomblob(length(hashes)) WHERE id = ?", 1, "root"),
        ("UPDATE checkpoint SET root = randomblob(32) WHERE size = (SELECT max(size) FROM checkpoint) "
         "AND ? = 1", 1, "checkpoint"),
        ("UPDATE checkpoint SET note = replace(note, 'A', 'B') WHERE size = (SELECT max(size) FROM "
         "checkpoint) AND ? = 1", 1, "checkpoint"),
        ("UPDATE checkpoint SET size = size + 1000000 WHERE size = (SELECT max(size) FROM checkpoint) "
         "AND ? = 1", 1, "ends before"),
    ]
    for statement, arg, what in cases:
        shutil.rmtree(w.data)
        shutil.copytree(keep, w.data)
        change(w, statement, arg)
        refuses(w, what)


def test_another_key(make_world):
    w = make_world()
    w.daemon.stop()
    w.judged = True
    other = World(slapd=False, operators=False, uri=w.uri)
    try:
        shutil.copy(other.data / "keys" / "log.key", w.data / "keys" / "log.key")
    finally:
        other.close()
    refuses(w, "log.key is not the key of the log")
    (w.data / "keys" / "log.key").write_text("nonsense\n")
    refuses(w, "cannot be used")
    (w.data / "keys" / "log.key").unlink()
    refuses(w, "log.key")


def test_bad_policy(make_world):
    w = make_world()
    w.daemon.stop()
    w.judged = True
    file = w.dir / "policy"
    one = Witness(w.dir / "w", vkey(w))
    for text, what in (("", "quorum"), ("quorum nobody\n", "policy:1"),
                       (policy(vkey(w), one).replace("unix:", "gopher:"), "unix:/, https:// or file:/"),
                       (policy(vkey(w), one).replace("unix:", "unix:./"), "absolute")):
        file.write_text(text)
        w.write_conf(**{"evidence.policy_file": str(file)})
        refuses(w, what)
        got = w.hopthud("-t")
        assert got.returncode == EX_CONFIG and re.search(what, got.stderr), got


# --- no room ----------------------------------------------------------------------------------------

def test_reserve(make_world, tmp_path):
    """8 MB of disk: full, what is on its way is recorded, nothing new begins, and it heals."""
    if not ROOT:
        pytest.skip("only root can mount")
    where = tmp_path / "small"
    where.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=0700", "hopthu-test", str(where)],
                      capture_output=True, check=False).returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        w = make_world(data=where / "data", conf={"evidence.reserve_mb": 2})
        reserve = w.data / "hopthu.db.reserve"
        assert reserve.stat().st_size == 2 << 20 and reserve.stat().st_blocks * 512 >= 2 << 20
        r = w.submit([people.create(n) for n in range(40)])
        ballast = where / "ballast"
        with open(ballast, "wb", buffering=0) as f:
            try:
                while f.write(b"\0" * 4096):
                    pass
            except OSError:
                pass

        def full():
            got = w.door("lan").ask("POST", "/v1/requests", w.head(), people.letter_csv(
                [people.create(n) for n in range(100, 200)]), "text/csv")
            return got if got.status == 503 else None

        got = wait_for(full, "503", 20, 0)
        assert re.search("full", got.json["error"]), got
        wait_for(lambda: not reserve.exists(), "the reserve to be given up", 5)
        st = w.status()["database"]
        assert st["writable"] is False and "full" in st["reason"], st
        time.sleep(2)
        assert w.status()["database"]["writable"] is False, "it does not flap"
        assert w.door("minh").ask("POST", "/v1/requests/%d/approve" % r["id"],
                                  body={"digest": r["digest"]}).status == 503
        size = w.status()["audit"]["size"]
        assert w.daemon.stop() == 0
        last = database(w, "SELECT rec FROM audit ORDER BY seq DESC LIMIT 1")[0][0]
        assert b'"ev":"stop"' in bytes(last), "the stop fits into the reserve"
        ballast.unlink()
        w.start()
        wait_for(reserve.exists, "a new reserve", 5)
        assert w.status()["audit"]["size"] > size
        if w.show(r["id"])["state"] == "planned":
            w.approve(r)
        assert w.wait(r["id"])["state"] == "done"
        w.judge()
    finally:
        subprocess.run(["umount", "-l", str(where)], check=False)
