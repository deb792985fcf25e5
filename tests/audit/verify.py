#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Says whether a copy of hopthu's log is sound, and from which record on it is not.

    verify.py DIR [--policy FILE] [--checkpoint FILE]... [--receipt TEXT]... [--max-age HOURS]
              [--compare DIR] [-o json]
    verify.py --proof FILE --policy FILE [--receipt TEXT]... [-o json]

Written from doc/audit-format.md alone and apart from hopthu-verify, so that a mistake in one of them
shows in the other.  Needs Python 3 and its package "cryptography", no network, and writes nothing.

--policy       keys of the log and the witnesses, from the page that was printed when the log began
--checkpoint   a checkpoint that you hold: three lines of a printed page, or a whole signed note
--receipt      a receipt from paper
--max-age      the newest checkpoint that the quorum confirmed may be so old

Exit status: 0 sound, 76 tampered, 75 incomplete, 64 the command was wrong.
"""
import argparse
import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import sys
import time

from c2sp import (HEX64, Bad, Checkpoint, Policy, leaf_hash, read_base64, read_json, root_by_path)
from folder import Copy, Openings
from rules import BRACKET, Rules, read_record, read_time

SOUND, USAGE, INCOMPLETE, TAMPERED = 0, 64, 75, 76


# --- what is found ---------------------------------------------------------------------------------

class Report:
    def __init__(self):
        self.faults, self.missing, self.told, self.unproved = [], [], [], []
        self.proved, self.finished = {}, False

    def fault(self, seq, rule, text):
        """seq None: it can be seen at no record."""
        self.faults.append((seq, rule, text))

    def miss(self, seq, text):
        self.missing.append((seq, "missing", text))

    def tell(self, seq, text):
        self.told.append((seq, text))

    def status(self):
        if self.faults:
            return TAMPERED
        return SOUND if self.finished and not self.missing else INCOMPLETE

    def first(self):
        seqs = [f[0] for f in self.faults or self.missing if f[0] is not None]
        return min(seqs) if seqs else None

    def object(self):
        def items(found):
            return [{"seq": s, "rule": r, "text": t} for s, r, t in found]
        return {"verdict": {SOUND: "sound", INCOMPLETE: "incomplete",
                            TAMPERED: "tampered"}[self.status()],
                "first": self.first(), "faults": items(self.faults), "missing": items(self.missing),
                "told": [{"seq": s, "text": t} for s, t in self.told],
                "unproved": self.unproved, "proved": self.proved}

    def print(self, limit=40):
        def lines(title, found):
            for seq, text in found[:limit]:
                print("%s%s: %s" % (title, "" if seq is None else " at record %d" % seq, text))
            if len(found) > limit:
                print("%s: %d more" % (title, len(found) - limit))

        def order(found):
            return sorted(((s, "%s (%s)" % (t, r)) for s, r, t in found),
                          key=lambda f: (f[0] is None, f[0] or 0))
        lines("wrong", order(self.faults))
        lines("missing", order(self.missing))
        lines("to know", self.told)
        for name, value in self.proved.items():
            print("proved: %s %s" % (name, value))
        for text in self.unproved:
            print("not proved: %s" % text)
        first = self.first()
        print(self.object()["verdict"].upper() +
              ("" if first is None else ", the first bad record is %d" % first))


# --- a whole copy ----------------------------------------------------------------------------------

def check_records(copy, policy, report):
    """Every record; ends the rules at the first that is not what it should be."""
    rules, openings, ended = Rules(report, policy, copy), Openings(copy, report), False
    for seq, raw, right in copy.records():
        try:
            if raw is None:
                ended = True
                continue
            rec = read_record(raw, seq)
            rules.seq = seq
            read_time(rec["t"])
        except Bad as e:
            report.fault(seq, "form", "the record %s" % e)
            ended = True
            continue
        ended = ended or not right
        if not ended and copy.first <= seq <= copy.last:
            rules.openings(seq, rec, openings.take(seq), openings.broken)
            rules.take(seq, rec)
    if not ended:
        rules.seq = copy.last + 1
        openings.take(2 ** 53)
        rules.end()
    else:
        report.unproved.append("the rules after the first record that is wrong or missing")
    return rules


def check_signatures(rules, checkpoint, what):
    """Times of the witnesses that signed; the log's key must have."""
    try:
        key = rules.key_at(checkpoint.size, checkpoint.origin)
        if key is None or checkpoint.signed_by(key) is None:
            raise Bad("is not signed by the log's key at that size")
        known = [(k.name, k.id) for k in [key] + list(rules.policy.witnesses.values())]
        for name, ident, _, _ in checkpoint.signatures:
            if (name, ident) not in known:
                rules.report.tell(None, "%s has a signature of %s, whom the policy does not name" %
                                  (what, name))
        return rules.policy.witnesses_of(checkpoint)
    except Bad as e:
        rules.report.fault(None, "8", "%s %s" % (what, e))
        return {}


def check_held(rules, held, roots):
    """A checkpoint that the auditor holds against the copy."""
    copy, report, what = rules.copy, rules.report, "the checkpoint you hold, for %d" % held.size
    keys = {key.name: first for first, key in rules.epochs}
    later = [first for first, _ in rules.epochs if first > keys.get(held.origin, 2 ** 53)]
    if later and held.size >= later[0]:
        report.miss(later[0], "%s, is of the history that was given up here" % what)
        return
    if held.size > copy.size:
        report.fault(copy.size + 1, "held", "%s records: the copy ends before" % what)
        return
    key = rules.key_at(held.size, held.origin)
    if key is None:
        report.fault(1, "held", "%s, is of another log: %s" % (what, held.origin))
        return
    try:
        if held.signatures and held.signed_by(key) is None:
            raise Bad("is not signed by the key that this copy speaks of")
    except Bad as e:
        report.fault(1, "held", "%s, %s" % (what, e))
        return
    if copy.tree and mistyped(held, copy.tree.root(held.size)):
        report.miss(None, "%s, is typed wrong: its root is that of this copy but for a few letters" % what)
        return
    roots.append((held.size, held.root, True, what))


def mistyped(held, root):
    """Whether three lines were typed with the root's letters right but for one to four of them."""
    form = bytes.hex if held.as_hex else base64.b64encode
    return not held.signatures and 0 < sum(a != b for a, b in zip(form(held.root), form(root))) <= 4


def check_roots(copy, report, roots):
    """Each root fits; the size of the largest that does and that others than the log stand behind.

    A root that does not fit is named by what is wrong by itself between the last that does and it.
    """
    roots = sorted(r for r in roots if copy.tree and r[0] <= copy.size)
    seen = [seq for seq, _, _ in report.faults if seq is not None]
    fits = [(size, strong) for size, root, strong, _ in roots if copy.tree.root(size) == root]
    for size, root, strong, what in roots:
        if copy.tree.root(size) != root:
            before = max([0] + [s for s, k in fits if s < size and (k or not strong)])
            shown = [n for n in seen if before < n <= size]
            report.fault(min(shown) if shown else before + 1, "root",
                         "%s records has another root than records %d to %d have" %
                         (what, before + 1, size))
    return max([0] + [size for size, strong in fits if strong])


class Receipt:
    """As it is typed: blanks do no harm, and of its digits none can be a letter that looks like one."""

    def __init__(self, typed):
        m = re.fullmatch(r"([1-9][0-9]{0,15})-([0-9a-fA-FoOlIi]{16})(@([1-9][0-9]{0,15}))?",
                         typed.replace(" ", ""), re.ASCII)
        if not m:
            raise Bad("%s is no receipt" % typed)
        self.text, self.seq, self.size = m[0], int(m[1]), int(m[4] or 0)
        self.digits = re.sub("[li]", "1", m[2].lower().replace("o", "0"))
        if self.size and self.size < self.seq:
            raise Bad("%s is no receipt" % typed)

    def wrong(self, leaf):
        return sum(a != b for a, b in zip(self.digits, leaf.hex()))


def check_receipts(copy, rules, receipts, report):
    back = rules.epochs[-1][0] if len(rules.epochs) > 1 else None
    for r in receipts if copy.tree else []:
        counted, here = max(r.seq, r.size), r.seq <= copy.size
        wrong = r.wrong(copy.tree.hash(0, r.seq - 1)) if here else None
        if wrong == 0 and counted <= copy.size:
            continue
        other = 0 if wrong == 0 else next((i + 1 for i in range(copy.size)
                                           if not r.wrong(copy.tree.hash(0, i))), 0)
        if other:
            report.miss(None, "the number in the receipt %s is typed wrong: it is of record %d" %
                        (r.text, other))
        elif back and counted >= back:
            report.miss(back, "the receipt %s is of the history that was given up here" % r.text)
        elif counted > copy.size:
            report.fault(copy.size + 1, "held", "the receipt %s was given when there were more records" % r.text)
        elif wrong <= 2:
            report.miss(None, "the receipt %s is typed wrong" % r.text)
        else:
            report.fault(r.seq, "held", "the receipt %s was given for another record" % r.text)


def check_age(confirmed, hours, report):
    """confirmed: the newest checkpoint that the quorum confirmed, and {witness: time}."""
    if confirmed is None:
        report.miss(None, "how old the copy is, is not known: no witness says so")
    elif time.time() - max(confirmed[1].values()) > hours * 3600:
        report.miss(None, "the newest confirmed checkpoint is older than %d hours" % hours)


def check_copy(folder, policy_raw, held, report, max_age=None, receipts=()):
    """Everything about one folder; its Copy."""
    copy = Copy(folder, report)
    if policy_raw is None:
        policy_raw = copy.read("policy")
        report.unproved.append("that the keys are the log's and the witnesses': they came with the copy")
    if policy_raw is None or copy.head is None:
        return copy
    try:
        policy = Policy(policy_raw)
    except Bad as e:
        report.fault(None, "policy", str(e))
        return copy
    rules = check_records(copy, policy, report)
    copy.end()
    roots, confirmed = [], None
    if not copy.checkpoints:
        copy.checkpoints = [copy.head]
    for c in copy.checkpoints:
        what = "the checkpoint for %d" % c.size
        times = check_signatures(rules, c, what)
        roots.append((c.size, c.root, bool(times), what))
        if policy.reached(times):
            confirmed = (c, times)
        for name, at in times.items():
            if rules.time_at.get(c.size, 0) > at + BRACKET:
                report.tell(c.size, "its clock is ahead of the time at which %s confirmed it" % name)
    roots += [(size, root, True, what + ", for %d" % size) for size, root, what in rules.roots]
    for h in held:
        check_held(rules, h, roots)
    if max_age is not None:
        check_age(confirmed, max_age, report)
    good = check_roots(copy, report, roots)
    for seq, size, root in rules.said if copy.tree else []:
        if copy.tree.root(size) != root:
            report.fault(seq, "8", "says another root for %d records than they have" % size)
    check_receipts(copy, rules, receipts, report)
    conclude(copy, rules, confirmed, good, held)
    return copy


def conclude(copy, rules, confirmed, good, held):
    report, policy = rules.report, rules.policy
    report.finished = True
    if confirmed is None and policy.quorum != "none":
        report.miss(None, "no checkpoint was confirmed by the quorum of the policy")
    sure = max([0] + ([confirmed[0].size] if confirmed else []) +
               [h.size for h in held if good and h.size <= good])
    if sure < copy.size:
        report.unproved.append("records %d to %d: no witness confirmed them, and you hold no checkpoint"
                               " of them" % (sure + 1, copy.size))
    if copy.part:
        report.unproved.append("rules 2 to 6, and what lies outside: this copy holds records %d to %d" %
                               (copy.first, copy.last))
    if report.status() == SOUND:
        report.proved = {"origin": copy.head.origin, "size": copy.size, "root": copy.head.root.hex(),
                         "records": "%d to %d" % (copy.first, copy.last),
                         "openings": rules.counted, "erased": rules.erased, "confirmed": sure}
        if confirmed:
            report.proved["witnesses"] = {
                name: datetime.datetime.fromtimestamp(t, datetime.timezone.utc).isoformat()
                for name, t in sorted(confirmed[1].items())}


def compare(one, two, report):
    """Two copies of one log lead from one to the other."""
    if not (one.head and two.head and one.tree and two.tree):
        report.unproved.append("that one copy goes on from the other: a part of one is missing")
        return
    size = min(one.size, two.size)
    if one.tree.root(size) == two.tree.root(size):
        report.proved["common"] = size
        return
    seq = 1 + next(i for i in range(size) if one.tree.hash(0, i) != two.tree.hash(0, i))
    report.fault(seq, "compare", "the two copies tell different histories from here on")


# --- one record alone (C2SP tlog-proof) ------------------------------------------------------------

def check_proof(raw, policy, held, report, receipts=()):
    head, _, note = raw.decode("utf-8").partition("\n\n")
    words = head.split("\n")
    if len(words) < 3 or words[0] != "c2sp.org/tlog-proof@v1" or not words[1].startswith("extra "):
        raise Bad("is no proof of a record")
    if not re.fullmatch("index (0|[1-9][0-9]{0,15})", words[2]):
        raise Bad("has no index")
    extra, index = read_json(read_base64(words[1][6:])), int(words[2][6:])
    path = [read_base64(w) for w in words[3:]]
    checkpoint = Checkpoint(note)
    key = next((k for k in policy.logs if k.name == checkpoint.origin), None)
    if key is None or checkpoint.signed_by(key) is None:
        raise Bad("is not signed by a log of the policy")
    if set(extra) != {"openings", "record"} or not isinstance(extra["record"], str):
        raise Bad("holds no record")
    record = extra["record"].encode()
    if index >= checkpoint.size or any(len(h) != 32 for h in path):
        raise Bad("is of a record that the checkpoint does not count")
    if root_by_path(leaf_hash(record), index, checkpoint.size, path) != checkpoint.root:
        raise Bad("does not lead from the record to the root")
    rec = read_record(record, index + 1)
    erased = check_proof_openings(rec, extra["openings"])
    for h in held:
        if (h.size, h.origin) != (checkpoint.size, checkpoint.origin):
            continue
        if mistyped(h, checkpoint.root):
            report.miss(None, "the root of the checkpoint that you hold is typed wrong")
        elif h.root != checkpoint.root:
            raise Bad("has another root than the checkpoint you hold")
    for r in receipts:
        wrong = r.wrong(leaf_hash(record))
        if r.seq != index + 1:
            report.miss(None, "the receipt %s is of another record" % r.text)
        elif 0 < wrong <= 2:
            report.miss(None, "the receipt %s is typed wrong" % r.text)
        elif wrong:
            raise Bad("is of another record than the receipt %s was given for" % r.text)
    times = policy.witnesses_of(checkpoint)
    report.finished = True
    if policy.quorum != "none" and not policy.reached(times):
        report.miss(None, "the checkpoint is not confirmed by the quorum of the policy")
    report.proved = {"origin": checkpoint.origin, "record": index + 1, "size": checkpoint.size,
                     "witnesses": sorted(times), "without opening": erased}


def check_proof_openings(rec, openings):
    """Fields of the record that no opening opens."""
    left = dict(rec.get("pii", {}))
    for o in openings if isinstance(openings, list) else [None]:
        if (not isinstance(o, dict) or set(o) != {"field", "salt", "value"}
                or not all(isinstance(v, str) for v in o.values()) or not HEX64.fullmatch(o["salt"])):
            raise Bad("has an opening of another form")
        text = b"hopthu/pii/1\0" + o["field"].encode() + b"\0" + o["value"].encode()
        made = hmac.new(bytes.fromhex(o["salt"]), text, hashlib.sha256).hexdigest()
        if left.pop(o["field"], None) != made:
            raise Bad("has an opening of %s that is not that of the record" % o["field"])
    return sorted(left)


# --- the command -----------------------------------------------------------------------------------

class Parser(argparse.ArgumentParser):
    def error(self, message):
        print("verify.py: %s" % message, file=sys.stderr)
        sys.exit(USAGE)


def read_held(text):
    """A signed note as it is; three lines with blanks and line ends as they were typed, the root also in hex."""
    if "\u2014" in text:
        return Checkpoint(text)
    lines = ["".join(line.split()) for line in text.splitlines() if line.strip()]
    as_hex = len(lines) > 2 and re.fullmatch("[0-9a-fA-F]{64}", "".join(lines[2:])) is not None
    if as_hex:
        lines[2:] = [base64.b64encode(bytes.fromhex("".join(lines[2:]))).decode()]
    held = Checkpoint("".join(line + "\n" for line in lines))
    held.as_hex = as_hex
    return held


def arguments(argv):
    p = Parser(description=__doc__.split("\n")[0])
    p.add_argument("dir", nargs="?", metavar="DIR")
    p.add_argument("--policy", metavar="FILE")
    p.add_argument("--checkpoint", metavar="FILE", action="append", default=[])
    p.add_argument("--receipt", metavar="TEXT", action="append", default=[])
    p.add_argument("--max-age", metavar="HOURS", type=int)
    p.add_argument("--compare", metavar="DIR")
    p.add_argument("--proof", metavar="FILE")
    p.add_argument("-o", dest="form", choices=["text", "json"], default="text")
    a = p.parse_args(argv)
    if (a.dir is None) == (a.proof is None) or (a.compare and not a.dir):
        p.error("wants a folder, or --proof and a file")
    if a.proof and not a.policy:
        p.error("a proof holds no keys: --policy says which are right")
    for folder in (a.dir, a.compare):
        if folder and not os.path.isdir(folder):
            p.error("%s is no folder" % folder)
    return p, a


def main(argv):
    p, a = arguments(argv)
    report, policy = Report(), None
    try:
        if a.policy:
            with open(a.policy, "rb") as f:
                policy = f.read()
            Policy(policy)
        held, receipts = [], [Receipt(text) for text in a.receipt]
        for name in a.checkpoint:
            with open(name, "rb") as f:
                held.append(read_held(f.read().decode("utf-8")))
    except (OSError, UnicodeDecodeError, Bad) as e:
        p.error("%s: %s" % (" or ".join([a.policy or ""] + a.checkpoint).strip(" or"), e))
    if a.proof:
        try:
            with open(a.proof, "rb") as f:
                check_proof(f.read(), Policy(policy), held, report, receipts)
        except OSError as e:
            p.error(str(e))
        except (Bad, UnicodeDecodeError) as e:
            report.fault(None, "proof", "the proof %s" % e)
    else:
        copy = check_copy(a.dir, policy, held, report, a.max_age, receipts)
        if a.compare:
            other = check_copy(a.compare, policy, held, report, a.max_age, receipts)
            compare(copy, other, report)
    if a.form == "json":
        print(json.dumps(report.object(), ensure_ascii=False, indent=1))
    else:
        report.print()
    return report.status()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
