# SPDX-License-Identifier: BSD-2-Clause
"""The judge itself: it is silent about a healthy run and names every doctored piece of evidence."""
import copy
import shutil

import pytest

import checker
import people
from hopthu import BASE, DOMAIN


@pytest.fixture(scope="module")
def evidence(world):
    """A short life: create, suspend, close, an update; then everything a judge reads."""
    made = world.run([people.create(n) for n in range(4)])
    a = [i["address"] for i in made["items"]]
    world.run([{"op": "suspend", "address": a[0], "reason": "x", "ref": "1"},
               {"op": "close", "address": a[1], "reason": "x", "ref": "2"},
               {"op": "update", "address": a[2], "title": "Mới", "ref": "3"}])
    world.run([{"op": "resume", "address": a[0], "reason": "x", "ref": "4"}])
    world.settle()
    world.door("admin").post("/v1/audit/checkpoint", {})
    verify = world.door("admin").get("/v1/audit/verify")
    boxes = world.all_mailboxes()
    assert world.daemon.stop() == 0
    world.judged = True
    folder = world.dir / "evidence"
    folder.mkdir()
    for f in world.data.glob("hopthu.db*"):
        shutil.copy(f, folder)
    judge = checker.Judge(folder / "hopthu.db", world.slapd, BASE, DOMAIN)
    return judge, verify, boxes


def letter_write(j, kind="modify"):
    """Some write that a letter asked for."""
    return next(w for w in j.writes if w.opid and w.type == kind and w.dn.startswith("uid=") and
                "warmup" not in w.dn)


def flip_record(j):
    seq, rec, leaf = j.audit[7]
    j.audit[7] = (seq, rec.replace(b'"v":1', b'"v":2'), leaf)


def swap_records(j):
    j.audit[5], j.audit[6] = ((6, *j.audit[6][1:]), (7, *j.audit[5][1:]))


def cut_tail(j):
    del j.audit[-2:]


def spaces_in_a_record(j):
    seq, rec, _ = j.audit[4]
    rec = rec.replace(b'":', b'": ', 1)
    j.audit[4] = (seq, rec, checker.leaf_hash(rec))


def other_frontier(j):
    j.frontier[0]["hashes"] = bytes(len(j.frontier[0]["hashes"]))


def other_opening(j):
    j.openings[3]["value"] += "x"


def write_twice(j):
    w = copy.copy(letter_write(j))
    j.writes.append(w)


def added_twice(j):
    j.writes.append(copy.copy(letter_write(j, "add")))


def write_missing(j):
    j.writes.remove(letter_write(j))


def write_by_nobody(j):
    w = copy.copy(letter_write(j, "add"))
    w.opid = "00000000-0000-4000-8000-000000000000"
    j.writes.append(w)


def write_before_intent(j):
    letter_write(j).at -= 10 ** 9


def write_by_hopthud_itself(j):
    letter_write(j).who = "cn=hopthud,ou=services," + BASE


def write_of_another_entry(j):
    w = letter_write(j)
    w.dn = w.dn.replace("uid=", "uid=x")


def undone_item_with_effect(j):
    next(i for i in j.items if i["op"] == "close")["state"] = "failed"


def record_of(j, ev):
    """Position of the last record of this kind."""
    return max(n for n, (_, rec, _) in enumerate(j.audit) if b'"ev":"%s"' % ev in rec)


def without_outcome(j):
    n = record_of(j, b"outcome")
    seq, rec, _ = j.audit[n]
    rec = rec.replace(b'"ev":"outcome"', b'"ev":"read"')
    j.audit[n] = (seq, rec, checker.leaf_hash(rec))


def two_outcomes(j):
    n = record_of(j, b"outcome")
    j.audit.append((len(j.audit) + 1,) + j.audit[n][1:])


def mailbox_differs(j):
    next(iter(j.mailboxes.values()))["title"] = "khác"


def entry_differs(j):
    e = next(e for u, e in j.people.items() if u != "hopthu-warmup")
    e["telephoneNumber"] = [b"1"]


def entry_not_locked(j):
    e = next(e for e in j.people.values() if e["hopthuStatus"] == [b"closed"])
    del e["pwdAccountLockedTime"]


def entry_unknown(j):
    j.people["la"] = {"uid": [b"la"]}


def entry_gone(j):
    del j.people[next(u for u in j.people if u != "hopthu-warmup")]


def status_not_in_log(j):
    m = next(m for m in j.mailboxes.values() if m["status"] == "closed")
    m["status"] = "active"


def own_approval(j):
    for r in j.requests.values():
        r["submitter"] = "minh"


def two_were_needed(j):
    """A letter over the fuse that one person allowed."""
    done = {i["request"] for i in j.items if i["state"] == "done"}
    r = next(r for r in j.requests.values() if r["kind"] == "letter" and r["id"] in done)
    r["needs"] = 2
    said = b'"ev":"approve"', b'"req":%d,' % r["id"]
    got = [rec for _, rec, _ in j.audit if all(word in rec for word in said)]
    assert len(got) == 1, got
    return got[0]


def one_said_it_twice(j):
    rec = two_were_needed(j)
    j.audit.append((len(j.audit) + 1, rec, checker.leaf_hash(rec)))


def creator_differs(j):
    e = next(e for u, e in j.people.items() if u != "hopthu-warmup")
    e["creatorsName"] = [b"cn=hopthud,ou=services," + BASE.encode()]


def unfinished_item(j):
    j.items[-1]["state"] = "running"


def password_write(j):
    return next(w for w in j.writes if w.dn.startswith("cn=default,"))


def lockout_written(j):
    password_write(j).attributes.add("pwdLockout")


def rules_without_an_order(j):
    w = copy.copy(password_write(j))
    w.opid = None
    j.writes.append(w)


def rules_as_an_operator(j):
    password_write(j).who = "cn=minh,ou=operators," + BASE


def rules_in_another_entry(j):
    password_write(j).dn = "cn=services,ou=policies," + BASE


def rules_by_an_operators_order(j):
    item = next(i for i in j.items if i["op"] == "password-policy")
    j.requests[item["request"]]["submitter"] = "minh"


def rules_differ(j):
    j.password_policy["pwdMinLength"] = [b"1"]


def other_root(j):
    j.checkpoints[-1]["root"] = bytes(32)


def other_signature(j):
    note = j.checkpoints[-1]["note"]
    j.checkpoints[-1]["note"] = note[:-5] + ("A" if note[-5] != "A" else "B") + note[-4:]


def root_of_another_size(j):
    j.checkpoints[-1]["size"] -= 1


def checkpoint_of_more(j):
    j.checkpoints[-1]["size"] += 10000


def anchor_without_checkpoint(j):
    rec = checker.canonical({"ev": "anchor", "seq": len(j.audit) + 1, "size": 5, "root": "00" * 32,
                             "witness": "w", "sig": "x", "at": 1, "t": "2999-01-01T00:00:00.000000Z"})
    j.audit.append((len(j.audit) + 1, rec, checker.leaf_hash(rec)))


def cosignature_without_anchor(j):
    j.cosignatures.append({"size": 5, "witness": "w", "line": "\u2014 w x\n", "at": 1})


@pytest.mark.parametrize("spoil, invariant", [
    (other_root, "I5"), (other_signature, "I5"), (root_of_another_size, "I5"), (checkpoint_of_more, "I5"),
    (anchor_without_checkpoint, "I5"), (cosignature_without_anchor, "I7"),
    (flip_record, "I5"), (swap_records, "I5"), (cut_tail, "I5"), (spaces_in_a_record, "I5"),
    (other_frontier, "I5"), (other_opening, "I5"), (write_twice, "I1"), (added_twice, "I1"),
    (write_missing, "I1"), (write_by_nobody, "I1"), (write_before_intent, "I2"),
    (write_by_hopthud_itself, "I12"), (write_of_another_entry, "I1"),
    (undone_item_with_effect, "I1"), (without_outcome, "I4"), (two_outcomes, "I4"),
    (mailbox_differs, "I7"), (entry_differs, "I7"), (entry_not_locked, "I7"),
    (entry_unknown, "I7"), (entry_gone, "I7"), (status_not_in_log, "I7"), (own_approval, "I12"),
    (two_were_needed, "I2"), (one_said_it_twice, "I2"), (creator_differs, "I12"),
    (unfinished_item, "I4"), (lockout_written, "I1"), (rules_without_an_order, "I1"),
    (rules_as_an_operator, "I12"), (rules_in_another_entry, "I1"),
    (rules_by_an_operators_order, "I12"), (rules_differ, "I7"),
], ids=lambda v: getattr(v, "__name__", v))
def test_the_judge_sees(evidence, spoil, invariant):
    judge, verify, boxes = evidence
    j = copy.deepcopy(judge)
    spoil(j)
    complaints = j.run(verify=verify, mailboxes=boxes)
    assert any(c.startswith(invariant + ":") for c in complaints), complaints


def test_the_judge_is_silent(evidence):
    judge, verify, boxes = evidence
    assert copy.deepcopy(judge).run(verify=verify, mailboxes=boxes) == []


def test_trees_of_rfc_6962():
    """Roots of the test vectors of the reference implementation."""
    leaves = [checker.leaf_hash(bytes.fromhex(h)) for h in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f")]
    roots = {1: "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
             2: "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
             8: "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"}
    for n, root in roots.items():
        assert checker.tree_root(leaves[:n]).hex() == root
