# SPDX-License-Identifier: BSD-2-Clause
"""Copies of the log and proofs from it, read by copy_of_log.py, which shares nothing with hopthu."""
import datetime
import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

import people
from copy_of_log import Copy, Proof, leaf
from hopthu import BUILD, EX_CONFLICT, EX_NOPERM, EX_NOTFOUND, EX_PART, EX_UNAVAILABLE, EX_USAGE, \
    EX_VERIFY, HOPTHUCTL, SANITIZED, TOP, Probe, wait_for, write_policy
from witness import Witness, policy


def fill(world, letters, rows=20, start=0):
    for n in range(letters):
        world.run([people.create(start + n * rows + i) for i in range(rows)])


def export(world, folder, *more, status=0, user="hoa", **kw):
    return world.ctl("audit", "export", folder, *more, user=user, status=status, **kw)


def verifiers(*args, status=0):
    """hopthu-verify, and tests/audit/verify.py, written from the page about the log by somebody else."""
    for program in ([str(BUILD / "hopthu-verify")],
                    [sys.executable, str(TOP / "tests" / "audit" / "verify.py")]):
        r = subprocess.run([*program, *map(str, args)], capture_output=True, text=True, check=False)
        assert r.returncode == status, "%s: %d\n%s%s" % (program[-1], r.returncode, r.stdout, r.stderr)


def records(world):
    return world.status()["audit"]["size"]


@pytest.fixture(scope="module")
def filled(world):
    """Some hundred records of every kind that a day brings."""
    fill(world, 6, 40)
    rid = world.submit([people.create(n) for n in range(900, 903)])["id"]
    world.ctl("request", "refuse", rid, "--reason", "thiếu chữ ký", user="minh")
    return world


def test_whole(filled, tmp_path):
    """Every tile, record, opening, root and signature; and the export itself is a record."""
    out = json.loads(export(filled, tmp_path / "c", "-o", "json").stdout)
    c = Copy(tmp_path / "c")
    assert (c.range["first"], c.range["last"]) == (1, c.size) and c.size > 600
    assert out["size"] == c.size and out["root"] == c.note.root.hex()
    assert c.records[1]["ev"] == "genesis" and c.records[1]["key"] == c.logs[0].vkey
    rec = filled.door("hoa").get("/v1/audit/%d" % out["export"])["record"]
    assert rec["ev"] == "export" and rec["actor"]["name"] == "hoa"
    assert (rec["first"], rec["count"], rec["size"]) == (1, c.size, c.size)
    assert rec["root"] == c.note.root.hex()
    evs = {r["ev"] for r in c.records.values()}
    assert {"genesis", "start", "request", "item", "plan", "approve", "refuse", "intent",
            "outcome"} <= evs
    assert oct((tmp_path / "c" / "openings.ndjson").stat().st_mode & 0o77) == "0o0"
    verifiers(tmp_path / "c")
    readme = (tmp_path / "c" / "README.txt").read_text()
    assert "hopthu-verify" in readme and "BẢN SAO" in readme and os.uname().nodename not in readme


def test_readme_by_hand(filled, tmp_path):
    """The commands in README.txt do what it says they do."""
    export(filled, tmp_path / "c")
    text = (tmp_path / "c" / "README.txt").read_text().split("Or by hand")[1].split("Whom to ask")[0]
    script = "\n".join(line.strip() for line in text.splitlines()[1:])
    r = subprocess.run(["sh", "-e", "-c", script], cwd=tmp_path / "c", capture_output=True, text=True,
                       check=False)
    assert r.returncode == 0, r.stderr
    lines = r.stdout.splitlines()
    assert lines[0].split()[0] == lines[1] and len(lines[1]) == 64
    assert "Signature Verified Successfully" in lines[2]
    Copy(tmp_path / "c")


def test_part(filled, tmp_path):
    """All hashes, but only the records and openings that were asked for."""
    size = records(filled)
    export(filled, tmp_path / "n", "--from", "300", "--to", "310")
    c = Copy(tmp_path / "n")
    assert c.range["first"] == 300 and c.range["last"] == 310 and c.size >= size
    assert min(c.records) == 257 and max(c.records) == 512
    assert {s for s, _ in c.openings} <= set(range(300, 311))
    verifiers(tmp_path / "n")
    t = c.records[305]["t"]
    export(filled, tmp_path / "t", "--from", t, "--to", t)
    c = Copy(tmp_path / "t")
    assert c.records[c.range["first"]]["t"] == c.records[c.range["last"]]["t"] == t
    assert c.range["first"] <= 305 <= c.range["last"]
    if c.range["first"] - 1 in c.records:
        assert c.records[c.range["first"] - 1]["t"] < t
    today = time.strftime("%Y-%m-%d")
    export(filled, tmp_path / "d", "--from", today, "--to", today)
    assert Copy(tmp_path / "d").range["first"] == 1
    export(filled, tmp_path / "l", "--to", t[:19] + "+00:00", "--from", "1")
    for bad, status, text in (
            (("--from", "x"), EX_USAGE, "is no day and no time"),
            (("--from", "99999999"), EX_USAGE, "the log ends at"),
            (("--from", "2999-01-01"), EX_USAGE, "there is no record from 2999-01-01"),
            (("--from", "9", "--to", "8"), EX_USAGE, "there is no record from 9 to 8"),
            (("--from", "2026-02-30"), EX_USAGE, "there is no day 30/02/2026")):
        assert text in export(filled, tmp_path / "bad", *bad, status=status).stderr


def test_update(fresh, tmp_path):
    """A finished copy grows; its old files are not read again, and nothing of the old size stays."""
    w, d = fresh, tmp_path / "c"
    fill(w, 1, 10)
    export(w, d)
    old = Copy(d)
    fill(w, 4, 40, 100)
    out = json.loads(export(w, d, "-o", "json").stdout)
    new = Copy(d)
    assert out["had"] == old.size < new.size and new.leaves[:old.size] == old.leaves
    rec = w.door("hoa").get("/v1/audit/%d" % out["export"])["record"]
    assert rec["count"] == new.size
    export(w, d)  # and once more, when hardly anything is new
    assert Copy(d).size > new.size
    verifiers(d)
    # a part may grow as well, at its open end only
    p = tmp_path / "p"
    export(w, p, "--from", "257")
    first = Copy(p)
    fill(w, 1, 20, 400)
    export(w, p, "--from", "257")
    assert Copy(p).range["last"] > first.range["last"]
    assert "name another folder" in export(w, p, status=EX_CONFLICT).stderr
    assert Copy(p).range["first"] == 257


def test_update_after_an_erasure(make_world, tmp_path):
    """A copy that is brought up to date has nothing any more of whom the law had erased meanwhile."""
    rules = write_policy(tmp_path / "policy", grace__staff="0 days", fuse__least="100000")
    w, d = make_world(conf={"policy_dir": str(rules)}), tmp_path / "c"
    name = "Khuất Thị Quỳnh Xuyến"
    address = w.run([dict(people.create(1), full_name=name), people.create(2)])["items"][0]["address"]
    person = w.mailbox(address)["person"]
    for op in ("close", "purge"):
        w.run([{"op": op, "address": address, "basis_kind": "retirement"}])
    export(w, d)
    begun = w.door("hoa").post("/v1/audit/export", {})
    mine = {o for o in Copy(d).openings if Copy(d).records[o[0]].get("subj") == person}
    assert mine and name in (d / "openings.ndjson").read_text()
    w.ctl("audit", "erase", "--person", person, "--legal-basis", "Luật 91/2025/QH15", "--yes")
    r = w.door("hoa").ask("GET", "/v1/audit/openings", {"export": begun["export"]})
    assert r.status == 409 and "values were erased" in r.json["error"], "it would look as if somebody had taken them out"
    export(w, d)
    c = Copy(d, openings_complete=False)
    assert not mine & set(c.openings) and any(r["ev"] == "erase" for r in c.records.values())
    assert name not in (d / "openings.ndjson").read_text()
    verifiers(d)


def test_erasure_meanwhile(make_world, tmp_path):
    """What is erased while a copy is made would look taken out: the copy is not finished before it has
    the record of that."""
    rules = write_policy(tmp_path / "policy", grace__staff="0 days", fuse__least="100000")
    w, d = make_world(conf={"policy_dir": str(rules)}), tmp_path / "c"
    address = w.run([people.create(1)])["items"][0]["address"]
    person = w.mailbox(address)["person"]
    for op in ("close", "purge"):
        w.run([{"op": op, "address": address, "basis_kind": "retirement"}])
    fill(w, 8, 60, 100)
    p = subprocess.Popen([str(HOPTHUCTL), "--user", "hoa", "--password-file", str(w.password_file("hoa")),
                          "audit", "export", str(d)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env={"HOPTHU_SOCKET": str(w.socket), "LC_ALL": "C.UTF-8"}, text=True)
    w.extra.append(p)
    wait_for(lambda: (d / "tile").exists() or p.poll() is not None, "the copy to begin", every=0.0005)
    p.send_signal(signal.SIGSTOP)
    assert p.poll() is None, "the copy was finished before it could be stopped: make the log longer"
    w.ctl("audit", "erase", "--person", person, "--legal-basis", "Luật 91/2025/QH15", "--yes")
    p.send_signal(signal.SIGCONT)
    said = p.communicate(timeout=60)[1]
    assert p.returncode == EX_CONFLICT and "values were erased" in said, (p.returncode, said)
    assert not (d / "checkpoint").exists()
    export(w, d)
    verifiers(d)


def test_altered(filled, tmp_path):
    """What was changed in a copy is noticed when it is to grow, and the copy is left as it is."""
    export(filled, tmp_path / "c")
    size = Copy(tmp_path / "c").size
    part = size % 256

    def attempt(name, change):
        d = tmp_path / name
        shutil.copytree(tmp_path / "c", d)
        change(d)
        before = {p: p.read_bytes() for p in d.rglob("*") if p.is_file()}
        r = export(filled, d, status=EX_VERIFY)
        assert before == {p: p.read_bytes() for p in d.rglob("*") if p.is_file()}
        return r.stderr

    def flip(name, at):
        def change(d):
            data = bytearray((d / name).read_bytes())
            data[at] ^= 1
            (d / name).write_bytes(data)
        return change

    assert "altered" in attempt("entry", flip("tile/entries/000", 100))
    assert "altered" in attempt("last", flip("tile/entries/%03d.p/%d" % (size // 256, part), 100))
    assert "altered" in attempt("tile", flip("tile/0/001", 100))
    assert "missing or not whole" in attempt("gone", lambda d: (d / "tile/entries/001").unlink())
    assert "missing or not whole" in attempt("length", flip("tile/entries/001", 0))
    assert "altered" in attempt("root", lambda d: (d / "checkpoint").write_text(re.sub(
        "(?m)^([A-Za-z0-9+/]{43}=)$", "A" * 43 + "=", (d / "checkpoint").read_text(), count=1)))
    assert "is damaged" in attempt("note", lambda d: (d / "checkpoint").write_text("x"))
    assert "export.json" in attempt("range", lambda d: (d / "export.json").write_text("{}"))


def test_rewritten(fresh, tmp_path):
    """A log that was rewritten under the same key: yesterday's copy shows it before it is touched."""
    w, d = fresh, tmp_path / "c"
    w.daemon.stop()
    shutil.copytree(w.data, tmp_path / "before")
    w.start()
    fill(w, 1, 10)
    export(w, d)
    Copy(d)
    w.judge()
    w.daemon.stop()
    shutil.rmtree(w.data)
    shutil.copytree(tmp_path / "before", w.data)
    w.foreign |= {people.login(people.create(n)["full_name"]) for n in range(10)}
    w.start()
    r = export(w, d, status=EX_CONFLICT)
    assert "the copy has" in r.stderr and "not of the same log, or the log went back" in r.stderr
    for n in range(60):
        w.door("hoa").get("/v1/audit?limit=1")
    r = export(w, d, status=EX_VERIFY)
    assert "is not what it was when the copy" in r.stderr and "evidence" in r.stderr
    assert Copy(d)
    w.judged = True  # the directory knows mailboxes that this log does not


def test_foreign_folder(filled, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    r = export(filled, tmp_path, status=EX_CONFLICT)
    assert "notes.txt" in r.stderr and "no part of a copy of the log" in r.stderr
    assert sorted(os.listdir(tmp_path)) == ["notes.txt"]
    (tmp_path / "file").write_text("x")
    assert "cannot open the folder" in export(filled, tmp_path / "file", status=EX_USAGE).stderr
    assert "cannot make the folder" in export(filled, tmp_path / "a" / "b", status=EX_USAGE).stderr
    assert "fewest" not in filled.ctl("audit", "export", user="hoa", status=EX_USAGE).stderr


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.ndjson.part", "tile.part", "tile", "policy",
                                  "tile/0/000.p", "tile/entries"])
def test_links_in_the_folder(filled, tmp_path, name):
    """A folder that others had: nothing is written through a link, and a pipe holds nobody up."""
    d, mine = tmp_path / "c", tmp_path / "mine"
    (d / name).parent.mkdir(parents=True)
    mine.mkdir() if name.startswith("tile") and "." not in name else mine.write_text("mine")
    (d / name).symlink_to(mine)
    r = export(filled, d, status=EX_VERIFY)
    assert "not what an export makes" in r.stderr, r
    assert list(mine.iterdir()) == [] if mine.is_dir() else mine.read_text() == "mine"
    (d / name).unlink()
    os.mkfifo(d / name)
    assert "not what an export makes" in export(filled, d, status=EX_VERIFY).stderr
    (d / name).unlink()
    export(filled, d)
    Copy(d)


def test_who(filled, tmp_path):
    """Auditors and admins; an export belongs to who made it, and gives no more than it says."""
    for user in ("lan", "minh", "tuan"):
        export(filled, tmp_path / user, user=user, status=EX_NOPERM)
        assert not (tmp_path / user).exists()
    (tmp_path / "mine").mkdir()
    export(filled, tmp_path / "mine", user="lan", status=EX_NOPERM)
    assert (tmp_path / "mine").is_dir()
    export(filled, tmp_path / "admin", user=None)
    hoa, admin, lan = filled.door("hoa"), filled.door(), filled.door("lan")
    x = hoa.post("/v1/audit/export", {"from": 300, "to": 310})
    assert x["from"] == 257 and x["to"] == 512
    n = records(filled)

    def get(door, what, query):
        return door.ask("GET", "/v1/audit/%s%s" % (what, query))

    for what in ("entries", "leaves", "openings", "checkpoints"):
        this = "?export=%d" % x["export"]
        assert get(hoa, what, this).status == 200
        assert get(admin, what, this).status == 403
        assert "no export of" in get(admin, what, this).json["error"]
        assert get(lan, what, this).status == 403
        assert get(hoa, what, "").status == 400
        assert get(hoa, what, "?export=1").status == 403
    for beyond in ("from=1", "to=513", "from=256&to=300"):
        query = "?export=%d&%s" % (x["export"], beyond)
        assert "gives out 257 to 512" in get(hoa, "entries", query).json["error"]
        assert get(hoa, "openings", query).status == 403
    # what rests on an export is not recorded once more, each piece of it
    assert records(filled) - n < 12
    for body in ({"from": []}, {"to": 1.5}, {"from": True}, {"before": -1}, {"to": {"a": 1}}):
        assert hoa.ask("POST", "/v1/audit/export", body=body).status == 400, body
    assert hoa.ask("POST", "/v1/audit/export", body={"before": 10 ** 9}).status == 409


def test_witnessed(fresh, tmp_path):
    """Confirmed checkpoints come with their cosignatures, proofs are made from them, and a record's
    time lies between two times of the witness's clock."""
    w = fresh
    vkey = (w.data / "keys" / "log.vkey").read_text()
    witness = Witness(w.dir / "w0", vkey, "witness.test").start()
    w.extra.append(witness)
    (w.dir / "witnesses").write_text(policy(vkey, witness))
    w.daemon.stop()
    w.write_conf(**{"evidence.policy_file": str(w.dir / "witnesses"), "evidence.checkpoint_seconds": 1,
                    "evidence.witness_retry_min_ms": 50, "evidence.witness_retry_max_ms": 200})
    w.start()
    fill(w, 1, 10)
    began = int(time.time())
    export(w, tmp_path / "c")  # waits for the witness, which has never seen this checkpoint
    c = Copy(tmp_path / "c")
    assert c.quorum == "everybody" and witness.url not in (tmp_path / "c" / "policy").read_text()
    assert c.note.signed_by(c.witnesses["w0"]) and witness.size >= c.size
    verifiers(tmp_path / "c")
    time.sleep(1.1)
    shown = w.run([people.create(50)])
    seq = int(w.ctl_json("request", "answer", shown["id"], user="lan")["items"][0]["receipt"]
              .partition("-")[0])
    witness.mode = (503, "")  # out of order: the newest checkpoint is confirmed by nobody
    fill(w, 1, 10, 100)
    confirmed = witness.size
    p = Proof(w.ctl("audit", "prove", c.size - 1, user="minh").stdout, c.logs)
    assert p.note.size == confirmed and p.note.signed_by(c.witnesses["w0"])
    if seq > confirmed:
        p = Proof(w.ctl("audit", "prove", seq, user="minh").stdout, c.logs)
        assert not p.note.signed_by(c.witnesses["w0"])
    export(w, tmp_path / "u", timeout=30)
    u = Copy(tmp_path / "u")
    assert not u.note.signed_by(u.witnesses["w0"]) and u.size > confirmed
    assert any(r["ev"] == "anchor" for r in u.records.values())
    verifiers(tmp_path / "u")
    witness.mode = "right"
    wait_for(lambda: witness.size >= seq, "the witness to confirm the record")
    j = wait_for(lambda: (lambda i: i if i["confirmed"] else None)(
        w.ctl_json("audit", "show", seq, user="minh")["inclusion"]), "its cosignature to be kept")
    assert j["confirmed"][0]["witness"] == "witness.test" and j["confirmed"][0]["size"] >= seq
    times = [datetime.datetime.fromisoformat(j[k].replace("Z", "+00:00")).timestamp()
             for k in ("not_before", "not_after")]
    at = datetime.datetime.fromisoformat(
        w.door("minh").get("/v1/audit/%d" % seq)["record"]["t"].replace("Z", "+00:00")).timestamp()
    assert began - 60 <= times[0] <= at <= times[1] + 1
    anchor = w.door("minh").get("/v1/audit/%d" % j["anchor"])["record"]
    assert anchor["ev"] == "anchor" and anchor["at"] == times[0] and j["anchor"] < seq
    text = w.ctl("audit", "show", seq, user="minh").stdout
    assert re.search(r"confirmed by\n +witness.test +20", text) and "not before" in text


def test_while_nothing_is_written(fresh, tmp_path):
    """A witness contradicts the log: copies and proofs are to be had all the more, unrecorded."""
    w = fresh
    fill(w, 1, 10)
    w.add_operator("giang", "Lê Thị Giang", ["auditor"], agency="snv")
    export(w, tmp_path / "before")
    w.daemon.stop()
    db = sqlite3.connect(w.db)
    db.execute("INSERT INTO meta VALUES ('incident', 'a witness refused, for a test')")
    db.commit()
    db.close()
    w.start()
    size = records(w)
    r = export(w, tmp_path / "c")
    assert "is not recorded" in r.stderr and "recorded as" not in r.stdout
    c = Copy(tmp_path / "c")
    assert c.size <= size == records(w)
    Proof(w.ctl("audit", "prove", 5, user="minh").stdout, c.logs)
    r = w.ctl("audit", "prove", size, user="minh", status=None)
    assert r.returncode in (0, EX_UNAVAILABLE)
    export(w, tmp_path / "x", user="lan", status=EX_NOPERM)
    assert w.door("tuan").ask("GET", "/v1/audit/entries?export=0").status == 403
    for what in ("entries", "leaves", "openings", "checkpoints"):
        assert w.door("hoa").ask("GET", "/v1/audit/%s?export=0" % what).status == 200
        assert "log is everybody's" in w.door("giang").ask("GET", "/v1/audit/%s?export=0" % what).json["error"]
    assert w.door("lan").ask("POST", "/v1/requests", body={}).status == 503
    w.judged = True  # it is not in order, and shall not be


# --- proofs ---------------------------------------------------------------------------------------


def test_proof_of_every_kind(filled, tmp_path):
    """One record of each event that there is, verified by itself."""
    export(filled, tmp_path / "c")
    c = Copy(tmp_path / "c")
    kinds = {}
    for seq, rec in c.records.items():
        kinds.setdefault(rec["ev"], seq)
    kinds["last"] = c.size
    for seq in sorted(kinds.values()):
        r = filled.ctl("audit", "prove", seq, user="minh")
        p = Proof(r.stdout, c.logs)
        assert p.index == seq - 1 and p.record == c.records[seq]
        assert set(p.openings) == set(c.records[seq].get("pii", {}))
        assert "record %d (%s)" % (seq, p.record["ev"]) in r.stderr
        (tmp_path / "p").write_text(r.stdout)
        verifiers("--proof", tmp_path / "p", "--policy", tmp_path / "c" / "policy")
    newest = records(filled)
    p = Proof(filled.ctl("audit", "prove", newest, user="minh").stdout, c.logs)
    assert p.note.size >= newest  # a checkpoint was made for it
    bad = filled.ctl("audit", "prove", 10 ** 7, user="minh", status=EX_NOTFOUND)
    assert "there is no record 10000000" in bad.stderr
    assert "number of a record" in filled.ctl("audit", "prove", "x", user="minh",
                                              status=EX_USAGE).stderr
    filled.ctl("audit", "prove", 5, user="lan", status=EX_NOPERM)


@pytest.mark.skipif(not os.environ.get("HOPTHU_NODE_MODULES"), reason="HOPTHU_NODE_MODULES does not name "
                    "a folder where `npm install @sigstore/verify` was run, with its node_modules")
def test_proof_by_sigstore(filled, tmp_path):
    """Code of others for another log verifies our notes and proofs, and refuses what was changed."""
    export(filled, tmp_path / "c")
    c = Copy(tmp_path / "c")
    files = []
    for seq in {1, 2, 255, 256, 257, c.size // 2, c.size - 1, c.size}:
        files.append(tmp_path / ("%d.tlog-proof" % seq))
        files[-1].write_text(filled.ctl("audit", "prove", seq, user="minh").stdout)

    def sigstore(*paths):
        return subprocess.run(["node", str(TOP / "tests" / "audit" / "sigstore.cjs"),
                               os.environ["HOPTHU_NODE_MODULES"], c.logs[0].vkey, *map(str, paths)],
                              capture_output=True, text=True, check=False)

    r = sigstore(*files)
    assert r.returncode == 0 and len(r.stdout.splitlines()) == len(files), r.stderr
    text = files[3].read_text()
    lines = text.split("\n")
    for n, (old, new) in enumerate((("\nindex ", "\nindex 1"), (lines[3], "A" * 43 + "="),
                                    (lines[1], lines[1][:60] + ("B" if lines[1][60] == "A" else "A") +
                                     lines[1][61:]), ("\n\n", "\n\nx"))):
        bad = tmp_path / ("bad%d" % n)
        bad.write_text(text.replace(old, new, 1))
        assert sigstore(bad).returncode != 0, old


def test_proof_of_a_row(filled, tmp_path):
    """By letter and row, for who may see the letter; the receipt in the answer leads to it."""
    export(filled, tmp_path / "c")
    logs = Copy(tmp_path / "c").logs
    shown = filled.run([people.create(910), people.create(911)])
    answer = filled.ctl_json("request", "answer", shown["id"], user="lan")
    for item in answer["items"]:
        seq, digits, size = re.fullmatch(r"(\d+)-([0-9a-f]{16})(?:@(\d+))?", item["receipt"]).groups()
        r = filled.ctl("audit", "prove", "%d/%d" % (shown["id"], item["row"]), user="lan")
        p = Proof(r.stdout, logs)
        assert p.record["ev"] == "outcome" and p.record["result"] == "done"
        assert (p.record["req"], p.record["row"]) == (shown["id"], item["row"])
        assert p.index + 1 == int(seq) and p.note.size >= int(size or 0)
        assert leaf(p.extra["record"].encode()).hex()[:16] == digits
        for event in ("item", "intent", "outcome"):
            r = filled.ctl("audit", "prove", "%d/%d" % (shown["id"], item["row"]), "--event", event,
                           user="lan")
            assert Proof(r.stdout, logs).record["ev"] == event and "(%s)" % event in r.stderr
    # by now a checkpoint counts them, and every form of the answer has it
    again = filled.ctl_json("request", "answer", shown["id"], user="lan")["items"]
    assert all(re.search(r"@\d+$", i["receipt"]) for i in again)
    csv = filled.ctl("request", "answer", shown["id"], "-o", "csv", user="lan").stdout
    text = filled.ctl("request", "answer", shown["id"], user="lan").stdout
    for i in again:
        assert i["receipt"].partition("@")[0] in csv and i["receipt"].partition("@")[0] in text
    box = filled.ctl_json("mailbox", "show", again[0]["address"], user="lan")
    assert box["history"][0]["receipt"].startswith(again[0]["receipt"].partition("@")[0])
    # who reads a proof reads about a person, and an auditor's reading is recorded with whom
    person = p.record["subj"]
    for what in ("%d/%d" % (shown["id"], item["row"]), seq):
        n = records(filled)
        filled.ctl("audit", "prove", what, user="hoa")
        read = [filled.door("minh").get("/v1/audit/%d" % s)["record"] for s in range(n + 1, n + 4)
                if s <= records(filled)]
        assert any(r["ev"] == "read" and r.get("subj") == person for r in read), (what, read)
    for bad, status in (("%d/9" % shown["id"], EX_NOTFOUND), ("99999/1", EX_NOTFOUND),
                        ("1/x", EX_USAGE), ("1/0", EX_USAGE), ("/1", EX_USAGE)):
        filled.ctl("audit", "prove", bad, user="lan", status=status)
    r = filled.ctl("audit", "prove", "%d/2" % shown["id"], "--event", "approve", user="minh")
    assert "(approve)" in r.stderr, "who allowed a row's letter can be proved of the row"
    r = filled.ctl("audit", "prove", "%d/1" % shown["id"], "--event", "refuse", user="minh", status=EX_NOTFOUND)
    assert "no refuse record about request" in r.stderr
    r = filled.ctl("audit", "prove", "%d/1" % shown["id"], "--event", "drift", user="lan",
                   status=EX_NOTFOUND)
    assert "no drift record" in r.stderr
    assert "--event is for" in filled.ctl("audit", "prove", 5, "--event", "item", user="minh",
                                          status=EX_USAGE).stderr


def test_proof_after_refusal(filled):
    """A row that was never begun has no outcome; its last record is proved all the same."""
    rid = filled.submit([people.create(920)])["id"]
    r = filled.ctl("audit", "prove", "%d/1" % rid, user="lan")
    assert "(item)" in r.stderr
    filled.ctl("request", "refuse", rid, "--reason", "thử", user="minh")
    item = filled.ctl_json("request", "answer", rid, user="lan")["items"][0]
    assert item["receipt"] == ""


def test_show_says_inclusion(filled):
    shown = filled.run([people.create(930)])
    seq = int(filled.ctl_json("request", "answer", shown["id"], user="lan")["items"][0]["receipt"]
              .partition("-")[0])
    filled.ctl("audit", "prove", seq, user="minh")
    j = filled.ctl_json("audit", "show", seq, user="minh")["inclusion"]
    assert j["size"] >= seq and j["signed_at"] and j["confirmed"] == []
    assert j["not_before"] is None and j["not_after"] is None
    text = filled.ctl("audit", "show", seq, user="minh").stdout
    assert re.search(r"counted by\s+%d" % j["size"], text)


# --- a large log, and what happens in the middle of copying it ------------------------------------


def slow_export(world, folder, user="hoa"):
    """hopthuctl as a process of its own, and a way to stop it in the middle."""
    cmd = [str(HOPTHUCTL), "audit", "export", str(folder), "--socket", str(world.socket), "--user",
           user, "--password-file", str(world.password_file(user))]
    return subprocess.Popen(cmd, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, LC_ALL="C.UTF-8"))


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A world whose log has 60,000 records more, written as hopthud would have."""
    import grow_log
    import hopthu
    w = hopthu.World()
    w.daemon.stop()
    grow_log.grow(w.db, 60000)
    w.start()
    yield w
    w.judged = True  # the checker reads a log of letters, not of what was put into it here
    w.check_log()
    w.close()


def in_the_middle(folder, least=20):
    wait_for(lambda: len(list((folder / "tile/entries").glob("*"))) > least
             if (folder / "tile/entries").exists() else False, "some tiles", every=0.001)


def test_killed_ctl(large, tmp_path):
    """kill -9 of hopthuctl: nothing looks finished, and the same command goes on."""
    d = tmp_path / "c"
    for n in (10, 60, 120):
        p = slow_export(large, d)
        in_the_middle(d, n)
        p.kill()
        p.wait()
        assert not (d / "checkpoint").exists()
    got = len(list((d / "tile/entries").glob("*")))
    out = json.loads(export(large, d, "-o", "json").stdout)
    assert out["had"] >= (got - 1) * 256 > 0
    assert Copy(d).size > 60000


def test_stopped_daemon(large, tmp_path):
    """kill -9 and a restart of hopthud in the middle of it: hopthuctl waits and goes on."""
    d = tmp_path / "c"
    p = slow_export(large, d)
    in_the_middle(d, 10)
    p.send_signal(signal.SIGSTOP)
    large.daemon.kill()
    large.start()
    p.send_signal(signal.SIGCONT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 0, err
    Copy(d)
    p = slow_export(large, tmp_path / "e")
    in_the_middle(tmp_path / "e", 10)
    p.send_signal(signal.SIGSTOP)
    assert large.daemon.stop(timeout=5) == 0  # a copy that nobody reads does not hold it up
    large.start()
    p.send_signal(signal.SIGCONT)
    out, err = p.communicate(timeout=60)
    assert p.returncode == 0, err
    Copy(tmp_path / "e")


def test_vanished_daemon(large, tmp_path):
    """hopthud does not come back: a sentence, no checkpoint, and later it goes on."""
    d = tmp_path / "c"
    p = slow_export(large, d)
    in_the_middle(d, 10)
    p.send_signal(signal.SIGSTOP)
    large.daemon.kill()
    large.start()
    large.daemon.signal(signal.SIGSTOP)
    p.send_signal(signal.SIGCONT)
    time.sleep(1)
    p.terminate()
    p.communicate()
    large.daemon.signal(signal.SIGCONT)
    assert not (d / "checkpoint").exists()
    export(large, d)
    Copy(d)


def test_one_folder_one_writer(large, tmp_path):
    d = tmp_path / "c"
    p = slow_export(large, d)
    in_the_middle(d, 5)
    p.send_signal(signal.SIGSTOP)
    assert "another `audit export` writes into" in export(large, d, status=EX_CONFLICT).stderr
    p.send_signal(signal.SIGCONT)
    assert p.wait(60) == 0
    Copy(d)


def test_slow_reader_memory(large, tmp_path):
    """A client that does not read costs a piece, not the log."""
    before = large.daemon.status("VmRSS")
    stopped = []
    for n in range(4):
        p = slow_export(large, tmp_path / str(n))
        in_the_middle(tmp_path / str(n), 3)
        p.send_signal(signal.SIGSTOP)
        stopped.append(p)
    time.sleep(1)
    if not SANITIZED:
        assert large.daemon.status("VmRSS") - before < 4096
    for p in stopped:
        p.send_signal(signal.SIGCONT)
    for p in stopped:
        assert p.wait(90) == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_full_disk(large, tmp_path):
    """No room: a sentence, no checkpoint; with more room the same command goes on."""
    d = tmp_path / "small"
    d.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", str(d)], check=False,
                      capture_output=True).returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        r = export(large, d / "c", status=EX_PART)
        assert "No space left on device" in r.stderr and "the same command goes on" in r.stderr
        assert not (d / "c/checkpoint").exists()
        subprocess.run(["mount", "-o", "remount,size=256m", str(d)], check=True)
        out = json.loads(export(large, d / "c", "-o", "json").stdout)
        assert out["had"] > 1000
        Copy(d / "c")
    finally:
        subprocess.run(["umount", "-l", str(d)], check=False)


def test_door_meanwhile(large, tmp_path):
    """Two exports at once, letters are submitted, and the door answers as ever."""
    with Probe(large) as probe:
        two = [slow_export(large, tmp_path / n) for n in ("a", "b")]
        n = 0
        while any(p.poll() is None for p in two):
            large.run([people.create(5000 + n)])
            n += 1
        assert n and all(p.returncode == 0 for p in two)
    probe.check(limit=1 if SANITIZED else 0.1)
    a, b = Copy(tmp_path / "a"), Copy(tmp_path / "b")
    assert a.leaves[:min(a.size, b.size)] == b.leaves[:min(a.size, b.size)]
