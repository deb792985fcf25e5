# SPDX-License-Identifier: BSD-2-Clause
"""Each rule of doc/audit-format.md violated once, by somebody who has the log's key."""
import datetime
import hashlib
import json
import random
import subprocess

import judges
import pytest
from judges import INCOMPLETE, SOUND, TAMPERED, USAGE

import attacks
import maker

SEED = 20261125
RULES = {}


@pytest.fixture(scope="module")
def log():
    """Nobody witnessed it, so that the rules alone decide."""
    return attacks.genuine(SEED, 900, events=attacks.RICH, witnesses=0)


def breach(rule, title):
    """Of a function (log) that changes records and says which is the first bad one."""
    def add(change):
        assert title not in RULES
        RULES[title] = (rule, change)
        return change
    return add


def late(log, ev, **keys):
    return log.find(ev, after=300, **keys)


def other_time(rec, seconds):
    t = datetime.datetime.fromisoformat(rec["t"][:-1]) + datetime.timedelta(seconds=seconds)
    return t.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def key(rule, title, ev, name, value, **keys):
    """A record of an event with another value of one key (None: without it)."""
    @breach(rule, title)
    def change(log):
        rec = late(log, ev, **keys)
        if value is None:
            del rec[name]
        else:
            rec[name] = value(rec) if callable(value) else value
        return rec["seq"]


# --- form
key("form", "another version", "item", "v", 2)
key("form", "an unknown event", "auth.ok", "ev", "auth.maybe")
key("form", "a number that is text", "item", "row", "1")
key("form", "a truth for a number", "item", "row", True)
key("form", "a negative number", "item", "row", -1)
key("form", "a hash in large letters", "item", "plan", lambda r: r["plan"].upper() + "")
key("form", "no actor", "read", "actor", None)
key("form", "no boot", "read", "boot", None)
key("form", "an intent without a plan", "intent", "plan", None)
key("form", "a time without microseconds", "read", "t", lambda r: r["t"][:19] + "Z")
key("form", "a day that is none", "read", "t", lambda r: r["t"].replace(r["t"][:10], "2026-02-30"))
key("form", "a commitment that is no hash", "read", "pii", {"path": "x"})


def bytes_of(title, change):
    @breach("form", title)
    def run(log):
        rec = late(log, "read")
        log.raw[rec["seq"]] = change(maker.canonical(rec), rec)
        return rec["seq"]


bytes_of("another place", lambda raw, rec: raw.replace(b'"seq":%d' % rec["seq"], b'"seq":%d' % (rec["seq"] + 1)))
bytes_of("white space", lambda raw, rec: raw.replace(b",", b", ", 1))
bytes_of("keys in another order", lambda raw, rec: json.dumps(
    dict(reversed(rec.items())), ensure_ascii=False, separators=(",", ":")).encode())
bytes_of("a key twice", lambda raw, rec: raw[:-1] + b',"v":1}')
bytes_of("an escape that is not needed", lambda raw, rec: raw.replace(b'"hoa"', b'"\\u0068oa"'))
bytes_of("a slash escaped", lambda raw, rec: raw.replace(b'"mailbox_show"', b'"mailbox\\/show"'))
bytes_of("a number with a point", lambda raw, rec: raw.replace(b'"v":1', b'"v":1.0'))
bytes_of("a number that is too large", lambda raw, rec: raw.replace(b'"v":1}', b'"v":9007199254740993}'))
bytes_of("minus nought", lambda raw, rec: raw.replace(b'"v":1}', b'"v":-0}'))
bytes_of("not UTF-8", lambda raw, rec: raw.replace(b"mailbox_show", b"mailbox\xff_show"))
bytes_of("half a character", lambda raw, rec: raw.replace(b"mailbox_show", b"\\ud800"))
bytes_of("not in normal form C", lambda raw, rec: raw.replace(b"mailbox_show", "ho\u0300a".encode()))
bytes_of("a line behind it", lambda raw, rec: raw + b"\n")
bytes_of("nothing", lambda raw, rec: b"")
bytes_of("no object", lambda raw, rec: b'["v"]')
bytes_of("too long", lambda raw, rec: raw.replace(b"mailbox_show", b"m" * 16384))
bytes_of("too deep", lambda raw, rec: b"[" * 8000 + b"]" * 8000)


# --- 1 and 2
@breach("1", "earlier than the record before")
def _(log):
    rec = late(log, "read")
    rec["t"] = other_time(log.records[rec["seq"] - 2], -0.000001)
    return rec["seq"]


@breach("1", "the machine's count falls")
def _(log):
    rec = next(r for r in log.records[300:] if r["boot"] == log.records[r["seq"] - 2]["boot"])
    rec["mono"] = log.records[rec["seq"] - 2]["mono"] - 1
    return rec["seq"]


@breach("2", "no genesis")
def _(log):
    log.drop({1})
    return 1


@breach("2", "genesis twice")
def _(log):
    log.insert(500, log.records[0] | {k: None for k in log.records[499] if k not in log.records[0]} |
               {k: log.records[499][k] for k in ("t", "boot", "mono")})
    return 501


# --- 3
@breach("3", "an outcome twice")
def _(log):
    rec = late(log, "outcome")
    log.insert(rec["seq"], {})
    return rec["seq"] + 1


key("3", "an outcome of no intent", "outcome", "intent", 1)
key("3", "an outcome of the future", "outcome", "intent", lambda r: r["seq"] + 1)
key("3", "an outcome with another opid", "outcome", "opid", "other")
key("3", "an outcome of another operation", "outcome", "op", "purge", op="create")
key("3", "an outcome of another row", "outcome", "row", 77)
key("3", "an outcome of another letter", "outcome", "req", lambda r: r["req"] + 1)
key("3", "an outcome about somebody else", "outcome", "subj", "other")
key("3", "a hold of no intent", "hold", "intent", 2)


# --- 4
key("4", "an intent with another opid", "intent", "opid", "other")
key("4", "an intent of another round", "intent", "round", 7)
key("4", "an intent about somebody else", "intent", "subj", "other")
key("4", "an intent about nobody", "intent", "subj", None)


@breach("4", "a plan with another digest")
def _(log):
    rec = next(r for r in log.all("plan") if r["seq"] > 300 and "digest" in r)
    rec["digest"] = maker.sha256(b"x")
    return rec["seq"]


@breach("4", "a plan that counts otherwise")
def _(log):
    rec = next(r for r in log.all("plan") if r["seq"] > 300 and "digest" in r)
    rec["count"] += 1
    return rec["seq"]


key("4", "an approval of another digest", "approve", "digest", maker.sha256(b"x"))
key("4", "an approval of another round", "approve", "round", 5)


@breach("4", "an approval of an older round")
def _(log):
    rec = next(r for r in log.all("approve") if r["round"] == 2)
    old = next(r for r in log.all("approve") if r["req"] == rec["req"])
    rec["digest"], rec["round"] = old["digest"], 1
    return rec["seq"]


@breach("4", "no approval")
def _(log):
    rec = next(r for r in log.all("approve") if r["seq"] > 300 and "needs" not in r)
    intent = log.find("intent", after=rec["seq"], req=rec["req"])
    log.drop({rec["seq"]})
    return intent["seq"]


@breach("4", "a mailbox without a letter")
def _(log):
    rec = late(log, "request")
    item = log.find("item", after=rec["seq"], req=rec["req"])
    log.drop({rec["seq"]})
    return item["seq"]


@breach("4", "another line of an item")
def _(log):
    plan = next(r for r in log.all("plan") if r["seq"] > 300 and "digest" in r)
    item = next(r for r in reversed(log.records[:plan["seq"]]) if r["ev"] == "item" and "plan" in r)
    item["plan"] = maker.sha256(b"y")
    return plan["seq"]


# --- 5 and 6
@breach("5", "who asked approves")
def _(log):
    rec = late(log, "approve")
    rec["actor"]["name"] = log.find("request", req=rec["req"])["actor"]["name"]
    return rec["seq"]


@breach("5", "who named approves")
def _(log):
    name = next(r for r in log.all("name"))
    rec = log.find("approve", after=name["seq"], req=name["req"])
    name["actor"]["name"] = rec["actor"]["name"]
    return rec["seq"]


@breach("4", "the same person twice where two are needed")
def _(log):
    rec = log.find("approve", result="first of two")
    second = log.find("approve", after=rec["seq"], req=rec["req"])
    second["actor"] = rec["actor"]
    return log.find("intent", after=second["seq"], req=rec["req"])["seq"]


@breach("6", "an older letter writes after a close")
def _(log):
    """All that planned the restore changes places in time with the letter of the close."""
    done = next(r for r in log.all("outcome") if r["op"] == "restore" and r["result"] == "done")
    restore = log.records[done["intent"] - 1]
    request = log.find("request", req=restore["req"])
    close = next(r for r in reversed(log.records[:request["seq"]]) if r["ev"] == "outcome" and
                 r["op"] == "close" and r["subj"] == restore["subj"] and r["result"] == "done")
    of_close = log.find("request", req=close["req"])
    planned = [r for r in log.records[:done["seq"]] if r.get("req") == restore["req"] and
               r["ev"] in ("request", "item", "name", "plan", "approve")]
    for r in planned:
        for k in ("t", "boot", "mono"):
            r[k] = of_close[k]
    order = [r for r in log.records if r not in planned]
    at = order.index(of_close)
    order[at:at] = planned
    numbers = {}
    for r in order:  # requests are numbered as they come
        if "req" in r and r["ev"] != "drift":
            numbers.setdefault(r["req"], len(numbers) + 1)
    for r in order:
        if r.get("req") in numbers:
            r["req"] = numbers[r["req"]]
    sizes = log.renumber(order)
    log.resign(1, sizes)
    return done["seq"]


# --- 7
def opening(title, change):
    @breach("7", title)
    def run(log):
        where = next(k for k in log.never_erased() if k[0] > 300)
        change(log.openings, where, *log.openings[where])
        return where[0]


opening("another value", lambda o, k, salt, value: o.update({k: (salt, value + "x")}))
opening("another salt", lambda o, k, salt, value: o.update({k: (salt[::-1], value)}))
opening("no opening", lambda o, k, salt, value: o.pop(k))
opening("an opening of another field", lambda o, k, salt, value: o.update({(k[0], "zz"): (salt, value)}))


@breach("7", "an opening of a record that has no commitments")
def _(log):
    seq = late(log, "auth.ok")["seq"]
    log.openings[seq, "x"] = (bytes(32), "x")
    return seq


@breach("7", "an erasure that names what it may not")
def _(log):
    rec = next(r for r in log.all("erase") if "also" in r)
    rec["also"] = sorted(rec["also"] + [log.find("item")["seq"]])
    return rec["seq"]


@breach("7", "an erasure that names a later record")
def _(log):
    rec = log.find("erase")
    rec["also"] = [log.find("request", after=rec["seq"])["seq"]]
    return rec["seq"]


@breach("7", "openings that were erased, without the record")
def _(log):
    rec = next(r for r in log.all("erase") if any(e == r["seq"] for e, _, _ in log.gone))
    first = min(k[0] for e, k, _ in log.gone if e == rec["seq"])
    rec["subj"] = "other"
    return first


# --- 8
key("8", "a copy was given out of another log", "export", "root", "0" * 64)


# --- 9
@breach("9", "a key that the policy does not know")
def _(log):
    log.records[0]["key"] = maker.Signer("hopthu.example.gov.vn/1", 1, bytes(32)).vkey
    return 1


@pytest.mark.parametrize("title", RULES)
def test_rule(log, title, tmp_path):
    rule, change = RULES[title]
    log = log.clone()
    first = change(log)
    log.resign(1)
    log.write(tmp_path / "copy")
    for verdict in judges.both(tmp_path / "copy", log.page):
        assert (verdict.status, verdict.first) == (TAMPERED, first), verdict
    python = judges.by_python(tmp_path / "copy", log.page).report
    assert rule in [f["rule"] for f in python["faults"] if f["seq"] == first], python["faults"]


def test_genuine(log, tmp_path):
    """The log that the others are made of has nothing wrong, and its notices are what happened."""
    log.write(tmp_path / "copy")
    for verdict in judges.both(tmp_path / "copy", log.page):
        assert verdict.status == SOUND, verdict
        told = {seq for seq, _ in verdict.told}
        for ev in ("erase", "export"):
            assert {r["seq"] for r in log.all(ev)} <= told, ev


# --- witnesses, held checkpoints, policies -----------------------------------------------------------

@pytest.fixture(scope="module")
def seen():
    """A log that two witnesses saw, with an incarnation."""
    return attacks.genuine(SEED, 900, incarnations=1)


def check(log, tmp_path, policy=None, held=(), want=SOUND, first=None, text=None):
    if not (tmp_path / "copy").exists():
        log.write(tmp_path / "copy")
    got = judges.both(tmp_path / "copy", policy or log.policy, held)
    for verdict in got:
        assert verdict.status == want, verdict
        assert verdict.first == first, verdict
    return got


def test_witnessed(seen, tmp_path):
    check(seen, tmp_path)


def test_every_checkpoint_held(seen, tmp_path):
    check(seen, tmp_path, held=seen.notes)


def test_three_lines_held(seen, tmp_path):
    check(seen, tmp_path, held=[n.split("\n\n")[0] + "\n" for n in seen.notes[-3:]])


def test_typed_from_paper(seen, tmp_path):
    """Blanks, line ends and groups of digits as they come; up to four wrong letters are no forgery."""
    origin, size, root = seen.notes[-2].split("\n")[:3]
    digits = maker.base64.b64decode(root).hex()
    groups = " ".join(digits[i:i + 4] for i in range(0, 64, 4))
    for text in ("%s\r\n %s \r\n%s" % (origin, size, root), "%s\n%s\n%s\n" % (origin, size, groups),
                 "%s\n%s\n%s\n%s\n" % (origin, size, groups[:40], groups[40:].upper())):
        check(seen, tmp_path, held=[text])
    other = digits.translate(str.maketrans("0123456789abcdef", "123456789abcdef0"))
    for n in (1, 4):
        check(seen, tmp_path, held=["%s\n%s\n%s\n" % (origin, size, other[:n] + digits[n:])], want=INCOMPLETE)
    check(seen, tmp_path, held=["%s\n%s\n%s\n" % (origin, size, other[:5] + digits[5:])], want=TAMPERED,
          first=strong_before(seen, int(size)) + 1)


def test_held_root_differs(seen, tmp_path):
    lines = seen.notes[-2].split("\n")
    held = "\n".join([lines[0], lines[1], maker.base64.b64encode(bytes(32)).decode()]) + "\n"
    check(seen, tmp_path, held=[seen.notes[-4], held], want=TAMPERED,
          first=strong_before(seen, attacks.size_of(held)) + 1)


def strong_before(log, size):
    """The last checkpoint before a size that a witness signed."""
    return max(attacks.size_of(n) for n in log.notes if attacks.size_of(n) < size and
               ("w1." in n or "w2." in n))


def test_held_of_more_records(seen, tmp_path):
    lines = seen.notes[-1].split("\n")
    held = "\n".join([lines[0], "%d" % (seen.size + 5), lines[2]]) + "\n"
    check(seen, tmp_path, held=[held], want=TAMPERED, first=seen.size + 1)


def test_held_of_another_log(seen, tmp_path):
    lines = seen.notes[-1].split("\n")
    check(seen, tmp_path, held=["other.example/1\n%s\n%s\n" % (lines[1], lines[2])], want=TAMPERED, first=1)


def test_held_signed_by_another_key(seen, tmp_path):
    thief = maker.Signer(seen.notes[0].split("\n")[0], 1, bytes(32))
    text = seen.notes[0].split("\n\n")[0] + "\n"
    check(seen, tmp_path, held=[text + "\n" + thief.line(thief.sign(text))], want=TAMPERED, first=1)


def test_held_of_the_lost_history(seen, tmp_path):
    rec = seen.find("incarnation")
    old = seen.signers[rec["old"]]
    text = maker.checkpoint_text(old.name, rec["seq"] + 3, bytes(range(32)))
    check(seen, tmp_path, held=[text + "\n" + old.line(old.sign(text))], want=INCOMPLETE, first=rec["seq"])


def test_incarnation_lies(seen, tmp_path):
    for name, value in (("old", "other.example/1"), ("target", "other.example/9")):
        log = seen.clone()
        rec = log.find("incarnation")
        rec[name] = value
        log.signers[value] = next(s for s in log.signers.values() if s.vkey == rec["key"])
        log.resign(rec["seq"])
        log.write(tmp_path / name)
        for verdict in judges.both(tmp_path / name, log.page):
            assert (verdict.status, verdict.first) == (TAMPERED, rec["seq"]), verdict


def test_incarnation_of_another_root(seen, tmp_path):
    """What it goes on from, where that is no more than what stands before it."""
    log = seen.clone()
    rec = log.find("incarnation")
    rec["size"], rec["root"] = rec["seq"] - 1, "0" * 64
    log.resign(rec["seq"])
    log.write(tmp_path / "copy")
    for verdict in judges.both(tmp_path / "copy", log.page):
        assert (verdict.status, verdict.first) == (TAMPERED, rec["seq"]), verdict


def test_export_tells_of_what_was_rewritten(log, tmp_path):
    """Who rewrites what an export counts, and forgets that record, is not believed up to there: the auditor's
    paper says no more than that something up to it is not what it was."""
    export = log.find("export", after=300)
    held = next(n for n in log.notes if attacks.size_of(n) >= export["seq"])
    changed = log.clone()
    rec = next(r for r in changed.records if r["seq"] > export["size"] // 2 and r["ev"] != "anchor")
    rec["actor"] = {**rec["actor"], "src": "uid:0"}
    changed.resign(rec["seq"])
    changed.write(tmp_path / "copy")
    for verdict in judges.both(tmp_path / "copy", log.page):
        assert (verdict.status, verdict.first) == (TAMPERED, export["seq"]), verdict
    for verdict in judges.both(tmp_path / "copy", log.page, [held]):
        assert (verdict.status, verdict.first) == (TAMPERED, 1), verdict


def test_quorum(seen, tmp_path):
    """Both witnesses are asked for, and a third who never signed."""
    third = maker.Signer("w3.auditor.example", maker.WITNESS, bytes(32))
    keys = seen.policy.split("group")[0] + "witness w3 %s\n" % third.vkey
    check(seen, tmp_path, keys + "group g 2 w1 w2 w3\nquorum g\n")
    check(seen, tmp_path, keys + "group g any w3 w1\nquorum g\n")
    check(seen, tmp_path, keys + "group a any w2 w3\ngroup b all w1 a\nquorum b\n")
    check(seen, tmp_path, keys + "group g all w1 w2 w3\nquorum g\n", want=INCOMPLETE)
    check(seen, tmp_path, keys + "quorum w3\n", want=INCOMPLETE)
    check(seen, tmp_path, keys + "quorum none\n")


@pytest.mark.parametrize("text", [
    "", "quorum none", "log x\n", "witness w1 %(w)s\nwitness w2 %(w)s\n", "log %(w)s\n", "witness w %(l)s\n",
    "quorum w9\n", "group g 3 w1 w2\n", "group g 0 w1\n", "group none any w1\n", "witness none %(w)s\n",
    "group g any w1\ngroup h any w1\n", "what is this\n", "group g any g\n", "log %(l)s\n"])
def test_policy_that_is_none(seen, tmp_path, text):
    """A policy of the auditor's own that is wrong is a wrong command."""
    base = seen.policy.split("group")[0]
    keys = {"w": maker.Signer("x", maker.WITNESS, bytes(32)).vkey, "l": base.split()[1]}
    policy = text % keys if text in ("", "quorum none") and not text else base + text % keys + \
        ("" if text == "quorum none" else "quorum none\n")
    if text == "quorum none":
        policy = base + "quorum none\nquorum none\n"
    seen.write(tmp_path / "copy")
    for status in judges.statuses(tmp_path / "copy", policy):
        assert status == USAGE, policy


def test_unknown_signatures_are_passed_over(seen, tmp_path):
    """As signed-note says; a wrong one of a known key is a fault."""
    log, other = seen.clone(), maker.Signer("other.example", maker.WITNESS, bytes(32))
    text = log.notes[-1].split("\n\n")[0] + "\n"
    for n in range(16):
        log.notes[-1] += other.line(other.sign(text, 1 + n))
    check(log, tmp_path)
    log.notes[-1] += log.witnesses[0].line(log.witnesses[0].sign("another text\n", 5))
    log.write(tmp_path / "wrong")
    for verdict in judges.both(tmp_path / "wrong", log.policy):
        assert verdict.status == TAMPERED, verdict


def test_anchor_lies(seen, tmp_path):
    """Another time, root, size or line than the witness signed."""
    for name, value in (("at", 5), ("root", "0" * 64), ("size", 1), ("sig", "AAAA")):
        log = seen.clone()
        rec = log.all("anchor")[-1]
        assert rec[name] != value
        rec[name] = value
        log.resign(rec["seq"])
        log.write(tmp_path / name)
        for verdict in judges.both(tmp_path / name, log.policy):
            assert (verdict.status, verdict.first) == (TAMPERED, rec["seq"]), verdict


# --- parts, proofs, two copies, the command ---------------------------------------------------------

@pytest.mark.parametrize("first, last", [(1, 10), (5, 5), (250, 600), (257, 512), (300, 900), (900, 900)])
def test_part(seen, tmp_path, first, last):
    seen.write(tmp_path / "copy", first=first, last=last)
    check(seen, tmp_path)


def test_part_with_a_wrong_record(seen, tmp_path):
    seen.write(tmp_path / "copy", first=300, last=600)
    path, at = attacks.bundle_of(tmp_path / "copy", 400)
    attacks.flip(path, at + 9)
    check(seen, tmp_path, want=TAMPERED, first=400)


def test_two_copies(seen, tmp_path):
    """An older and a newer copy; then one that was forked off."""
    genuine, fork, old = (attacks.genuine(SEED, 900) for _ in range(3))
    genuine.write(tmp_path / "new")
    attacks.truncate(old, old.sizes()[-4])
    old.write(tmp_path / "old")
    for verdict in judges.both(tmp_path / "new", genuine.page, compare=tmp_path / "old"):
        assert verdict.status == SOUND, verdict
    rec = fork.find("read", after=400)
    rec["route"] = "mailbox_list"
    fork.cover(rec["seq"])
    fork.pad()
    fork.resign(rec["seq"])
    fork.write(tmp_path / "fork")
    for verdict in judges.both(tmp_path / "fork", fork.page):
        assert verdict.status == SOUND, verdict
    changed = next(i for i, (a, b) in enumerate(zip(genuine.bytes(), fork.bytes()), 1) if a != b)
    for verdict in judges.both(tmp_path / "new", fork.page, compare=tmp_path / "fork"):
        assert (verdict.status, verdict.first) == (TAMPERED, changed), verdict


def proof_of(log, seq, note=None, openings=None):
    """c2sp.org/tlog-proof of one record, made by the text of RFC 6962 section 2.1.1."""
    leaves = [maker.hashlib.sha256(b"\0" + r).digest() for r in log.bytes()]

    def mth(some):
        edge = maker.Edge()
        for h in some:
            edge.add(h)
        return edge.root()

    def path(m, some):
        if len(some) == 1:
            return []
        k = 1 << (len(some) - 1).bit_length() - 1
        if m < k:
            return path(m, some[:k]) + [mth(some[k:])]
        return path(m - k, some[k:]) + [mth(some[:k])]

    if openings is None:
        openings = [{"field": f, "salt": salt.hex(), "value": v}
                    for (s, f), (salt, v) in sorted(log.openings.items()) if s == seq]
    extra = maker.canonical({"openings": openings, "record": log.bytes()[seq - 1].decode()})
    lines = ["c2sp.org/tlog-proof@v1", "extra " + maker.base64.b64encode(extra).decode(),
             "index %d" % (seq - 1)] + [maker.base64.b64encode(h).decode() for h in path(seq - 1, leaves)]
    return "\n".join(lines) + "\n\n" + (note or log.notes[-1])


def test_proof(seen, tmp_path):
    rng, path = random.Random(SEED), tmp_path / "x.tlog-proof"
    for seq in [1, 2, 256, 257, 512, 899, 900] + rng.sample(range(1, 900), 10):
        path.write_text(proof_of(seen, seq))
        assert judges.proof_statuses(path, seen.policy) == [SOUND] * 2
    seq = next(k[0] for k in sorted(seen.openings) if k[1] == "signer")
    good = proof_of(seen, seq)
    salt, value = seen.openings[seq, "signer"]
    bad = [good.replace("index %d" % (seq - 1), "index %d" % seq), good.replace("@v1", "@v2"),
           proof_of(seen, seq, openings=[{"field": "signer", "salt": salt.hex(), "value": value + "!"}]),
           proof_of(seen, seq, note=seen.notes[-2]), "\n".join(good.split("\n")[:3]) + "\n" +
           "\n".join(good.split("\n")[4:]), good.replace("\nindex", "\n\nindex"), ""]
    for text in bad:
        path.write_text(text)
        assert judges.proof_statuses(path, seen.policy) == [TAMPERED] * 2, text


def receipt_of(log, seq, size=None):
    leaf = hashlib.sha256(b"\0" + log.bytes()[seq - 1]).hexdigest()
    return "%d-%s" % (seq, leaf[:16]) + ("@%d" % size if size else "")


def other_digits(receipt, count):
    """Another digit at so many places."""
    seq, rest = receipt.split("-", 1)
    return seq + "-" + "".join(c if i >= count else "5" if c != "5" else "6" for i, c in enumerate(rest))


def as_typed(receipt):
    seq, rest = receipt.split("-", 1)
    return "%s - %s" % (seq, rest.split("@")[0].upper().replace("0", "o").replace("1", "l"))


def check_receipts(log, tmp_path, receipts, want, first=None):
    if not (tmp_path / "copy").exists():
        log.write(tmp_path / "copy")
    for verdict in judges.both(tmp_path / "copy", log.page, receipts=receipts):
        assert (verdict.status, verdict.first) == (want, first), (receipts, str(verdict))


def test_receipts(log, tmp_path):
    size, right = log.size, receipt_of(log, 300, log.size)
    for seq in (1, 2, 256, 257, size):
        for counted in (None, seq, size):
            check_receipts(log, tmp_path, [receipt_of(log, seq, counted)], SOUND)
    check_receipts(log, tmp_path, [as_typed(receipt_of(log, seq)) for seq in range(1, 40)], SOUND)
    check_receipts(log, tmp_path, [receipt_of(log, 7), other_digits(right, 2)], INCOMPLETE)
    check_receipts(log, tmp_path, [receipt_of(log, 7), other_digits(right, 3)], TAMPERED, 300)
    check_receipts(log, tmp_path, [right.replace("300-", "30-")], INCOMPLETE)  # a digit is missing
    check_receipts(log, tmp_path, [receipt_of(log, 300, size + 1)], TAMPERED, size + 1)
    check_receipts(log, tmp_path, ["%d-%s" % (size + 5, "ab" * 8)], TAMPERED, size + 1)


def test_receipt_of_what_was_rewritten(log, tmp_path):
    """Who holds nothing but an officer's paper: the record that it is about is another one now."""
    seq = log.find("outcome", after=300)["seq"]
    paper, changed = receipt_of(log, seq, log.size), log.clone()
    changed.records[seq - 1]["actor"] = {**changed.records[seq - 1]["actor"], "src": "uid:0"}
    for export in changed.all("export"):
        export.pop("root")
    changed.resign(1)
    check_receipts(changed, tmp_path, [], SOUND)
    check_receipts(changed, tmp_path, [paper], TAMPERED, seq)


def test_receipts_of_a_lost_history(seen, tmp_path):
    back = seen.find("incarnation")["seq"]
    check_receipts(seen, tmp_path, [receipt_of(seen, back - 1, back - 1), receipt_of(seen, back + 1)], SOUND)
    for text in ("%d-%s@%d" % (back, "ab" * 8, back), "%d-%s" % (seen.size + 9, "ab" * 8)):
        check_receipts(seen, tmp_path, [text], INCOMPLETE, back)
    check_receipts(seen, tmp_path, ["%d-%s@%d" % (back - 1, "ab" * 8, back - 1)], TAMPERED, back - 1)


def test_receipts_and_proofs(seen, tmp_path):
    path = tmp_path / "x.tlog-proof"
    path.write_text(proof_of(seen, 300))
    right = receipt_of(seen, 300, 400)
    for receipt, want in ((right, SOUND), (other_digits(right, 1), INCOMPLETE), (other_digits(right, 8), TAMPERED),
                          (receipt_of(seen, 301), INCOMPLETE), ("x", USAGE), ("300-12", USAGE), ("", USAGE),
                          ("0-" + "a" * 16, USAGE), (right + "9" * 20, USAGE),
                          (right.split("@")[0] + "@299", USAGE)):
        assert judges.proof_statuses(path, seen.policy, [receipt]) == [want] * 2, receipt


def test_unfinished_and_missing(log, tmp_path):
    for n, name in enumerate(["checkpoint", "checkpoints.ndjson", "openings.ndjson", "export.json"]):
        log.write(tmp_path / str(n))
        (tmp_path / str(n) / name).unlink()
        for verdict in judges.both(tmp_path / str(n), log.page):
            if name == "openings.ndjson":
                assert verdict.status in (INCOMPLETE, TAMPERED), verdict
            else:
                assert verdict.status == INCOMPLETE, verdict


def test_command(log, tmp_path):
    log.write(tmp_path / "copy")

    def run(*args):
        return subprocess.run([str(judges.PYTHON_VERIFY), *map(str, args)], capture_output=True, text=True)

    r = run(tmp_path / "copy")
    assert r.returncode == SOUND and "they came with the copy" in r.stdout, r.stdout
    assert "records 1 to 900" in r.stdout
    r = run(tmp_path / "copy", "-o", "json")
    assert json.loads(r.stdout)["proved"]["size"] == 900
    for args in ([], [tmp_path / "not there"], [tmp_path / "copy", "--what"], ["--proof", "x"],
                 [tmp_path / "copy", "--checkpoint", tmp_path / "none"]):
        assert run(*args).returncode == USAGE, args


def test_empty_files(log, tmp_path):
    """A file that holds nothing is not a file that is right."""
    for name in ("checkpoint", "checkpoints.ndjson", "openings.ndjson", "export.json", "tile/0/000",
                 "tile/entries/000"):
        log.write(tmp_path / name.replace("/", "."))
        (tmp_path / name.replace("/", ".") / name).write_bytes(b"")
        for verdict in judges.both(tmp_path / name.replace("/", "."), log.page):
            assert verdict.status == TAMPERED, (name, verdict)


def test_three_levels_of_tiles(tmp_path):
    """70,000 records: tiles of three levels, as the example of c2sp.org/tlog-tiles."""
    m = maker.Maker(SEED, 70000).live()
    folder = m.write(tmp_path / "copy")
    assert sorted(p.name for p in (folder / "tile").iterdir()) == ["0", "1", "2", "entries"]
    assert (folder / "tile/1/001.p/17").exists() and (folder / "tile/2/000.p/1").exists()
    for verdict in judges.both(folder, m.policy()):
        assert verdict.status == SOUND, verdict
    attacks.flip(folder / "tile/1/001.p/17", 32 * 3)
    for verdict in judges.both(folder, m.policy()):
        assert (verdict.status, verdict.first) == (TAMPERED, 65536 + 3 * 256 + 1), verdict
