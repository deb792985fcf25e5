# SPDX-License-Identifier: BSD-2-Clause
"""The rules that records obey: doc/audit-format.md, "What a verifier checks"."""
import base64
import datetime
import hashlib
import hmac
import re

from c2sp import HEX64, LOG, Bad, Key, read_base64, read_json

RECORD_MAX = 16384            # bytes
CLOCK_STEP = 2.0              # seconds that the clock may differ from the machine's own count
BRACKET = 300                 # seconds that our clock may differ from a witness's
SILENCE = 26 * 3600           # seconds without any record

EVENTS = set("genesis start stop config heartbeat auth.ok auth.fail operator agency request item name"
             " plan approve refuse cancel retry intent resolve outcome hold drift accept read anchor"
             " export erase incarnation".split())
# What the rules read in a record of an event: without it the record has no form.
NEEDS = {
    "genesis": "cfg key", "start": "cfg", "request": "req",
    "item": "req row round op", "name": "req row round op opid plan", "plan": "req",
    "approve": "req round digest", "refuse": "req", "cancel": "req", "retry": "req",
    "intent": "req row round op opid plan as", "resolve": "intent req row round op opid plan as",
    "outcome": "intent req row op opid result", "hold": "intent req row op opid", "anchor": "witness size root at sig",
    "incarnation": "old key target", "erase": "subj basis count",
}
INTEGERS = set("v seq mono req row round intent count size at needs late first drift".split())
TEXTS = set("t boot ev op opid subj result witness sig key old target basis as".split())
HASHES = set("cfg digest plan policy root attachment".split())
ABOUT = set("item name plan approve refuse cancel retry intent".split())   # rule 4, its end
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


def read_record(raw, seq):
    """A record's object; Bad when it has no form."""
    if len(raw) > RECORD_MAX:
        raise Bad("is longer than %d bytes" % RECORD_MAX)
    rec = read_json(raw)
    ev = rec.get("ev")
    if rec.get("v") != 1 or not isinstance(ev, str) or ev not in EVENTS:
        raise Bad("is of no event that version 1 knows")
    for key in ("seq t boot mono actor " + NEEDS.get(ev, "")).split():
        if key not in rec:
            raise Bad("has no %s" % key)
    for key, value in rec.items():
        if key in INTEGERS and (type(value) is not int or value < 0):
            raise Bad("has a %s that is no number" % key)
        if key in TEXTS | HASHES and not isinstance(value, str):
            raise Bad("has a %s that is no text" % key)
        if key in HASHES and not HEX64.fullmatch(value):
            raise Bad("has a %s that is no SHA-256" % key)
    if not isinstance(rec["actor"], dict) or not isinstance(rec["actor"].get("name"), str):
        raise Bad("names no actor")
    pii = rec.get("pii", {})
    if not isinstance(pii, dict) or not all(isinstance(c, str) and HEX64.fullmatch(c)
                                            for c in pii.values()):
        raise Bad("has a commitment that is none")
    if rec["seq"] != seq:
        raise Bad("says it is record %d" % rec["seq"])
    return rec


def read_time(text):
    try:
        if not TIME.fullmatch(text):
            raise ValueError
        when = datetime.datetime.fromisoformat(text[:-1] + "+00:00")
    except ValueError:
        raise Bad("has a time of another form: %.40s" % text) from None
    return when.timestamp()


class Rules:
    """Rules 1 to 7, 9 and 10, and the anchors of 8: one record after another."""

    def __init__(self, report, policy, copy):
        self.report, self.policy, self.copy = report, policy, copy
        self.noted = {c.size: c for c in copy.checkpoints}
        self.roots = []              # (size, root, text) that a witness stands behind, in anchors
        self.said = []               # (seq, size, root) that a record says and nobody stands behind
        self.epochs = []             # (first record, key): which key signs from there on
        self.time, self.boots = 0.0, {}
        self.time_at = {}            # size of a checkpoint: time of its last record
        self.anchored, self.behind = 0, []
        self.running, self.cfg, self.policies = False, None, set()
        self.requests, self.namers, self.approver = {}, {}, {}   # req: who
        self.last_req, self.left, self.ended = 0, {}, set()   # left: req: rows that are not done
        self.newest = {}             # (req, row): seq, what is the same later, and round of its item
        self.waiting = {}            # req: {row: line} of what is planned and not begun
        self.plans, self.plan_of = {}, {}   # the newest with lines of a req, of a (req, row)
        self.round = {}              # req: of its newest plan record
        self.waits = set()           # req of which an approval or a plan is waited for
        self.intents, self.begun, self.closed = {}, set(), {}
        self.uncovered, self.by_subject, self.coverable = {}, {}, set()
        self.erased = self.counted = 0

    def fault(self, rule, text):
        self.report.fault(self.seq, rule, text)

    def tell(self, text):
        self.report.tell(self.seq, text)

    def take(self, seq, rec):
        self.seq, self.rec = seq, rec
        self._clock(rec)
        if seq in self.noted:
            self.time_at[seq] = self.time
        if rec.get("policy") not in self.policies | {None}:
            if self.policies:
                self.tell("a policy that was not seen before: %s" % rec["policy"])
            self.policies.add(rec["policy"])
        if self.copy.part and rec["ev"] not in ("anchor", "erase"):
            return
        if (rec["ev"] == "genesis") != (seq == 1) and not self.copy.part:
            self.fault("2", "genesis is the first record and no other")
        self._about(rec)
        handler = getattr(self, "_" + rec["ev"].replace(".", "_"), None)
        if handler:
            handler(rec)

    def _clock(self, rec):
        time, mono = read_time(rec["t"]), rec["mono"] / 1000
        if self.time and time < self.time:
            self.fault("1", "is earlier than the record before")
        if self.time and time - self.time > SILENCE:
            self.tell("no record for %d hours before it" % ((time - self.time) / 3600))
        before, offset = self.boots.get(rec["boot"], (mono, time - mono))
        if mono < before:
            self.fault("1", "the machine's own count of time falls")
        if abs(time - mono - offset) > CLOCK_STEP:
            self.tell("the clock was set by %+.0f s" % (time - mono - offset))
            offset = time - mono
        self.boots[rec["boot"]] = (mono, offset)
        self.time = max(time, self.time)
        if time + BRACKET < self.anchored:
            self.behind.append(self.seq)

    # --- the daemon's own life ---
    def _genesis(self, rec):
        self._new_key(rec)

    def _start(self, rec):
        if self.running:
            self.tell("start without a stop before it: a crash")
        self.running = True
        self._config(rec)

    def _stop(self, _):
        self.running = False

    def _config(self, rec):
        if "cfg" not in rec:
            if "result" not in rec:
                raise Bad("has neither cfg nor result")
            return
        if self.cfg not in (None, rec["cfg"]):
            self.tell("another configuration: %s" % rec["cfg"])
        self.cfg = rec["cfg"]

    def _drift(self, rec):
        self.tell("drift: the directory was changed by somebody else")

    def _export(self, rec):
        self.tell("a copy of the log was given out by %s" % rec["actor"]["name"])
        self._says_root(rec)

    def _new_key(self, rec):
        try:
            key = Key(rec["key"])
            if key.kind != LOG or key not in self.policy.logs:
                raise Bad("the log's key %s is not in the policy" % rec["key"])
            self.epochs.append((self.seq, key))
        except Bad as e:
            self.fault("9", str(e))

    def _incarnation(self, rec):
        self.tell("the log goes on from an older copy of itself, as %s" % rec["target"])
        if self.epochs and rec["old"] != self.epochs[-1][1].name:
            self.fault("9", "the origin until then was not %s" % rec["old"])
        if rec["key"].partition("+")[0] != rec["target"]:
            self.fault("9", "the new origin is not the name of its key")
        self._says_root(rec)
        self._new_key(rec)

    def _says_root(self, rec):
        """What an export or incarnation says of the log before it."""
        if "root" in rec and 1 <= rec.get("size", 0) < self.seq:
            self.said.append((self.seq, rec["size"], bytes.fromhex(rec["root"])))

    # --- letters, their plans and who approved them ---
    def _about(self, rec):
        """Nothing more is decided of what was refused or taken back, or of which all is done."""
        if rec["ev"] in ABOUT and (rec["req"] in self.ended or self.left.get(rec["req"]) == set()):
            self.fault("4", "request %d has ended already" % rec["req"])

    def _new_number(self, req):
        if req <= self.last_req:
            self.fault("4", "request %d is not counted on from %d" % (req, self.last_req))
        self.last_req = max(req, self.last_req)

    def _request(self, rec):
        self._new_number(rec["req"])
        self.requests[rec["req"]] = rec["actor"]["name"]

    def _refuse(self, rec):
        self.ended.add(rec["req"])

    _cancel = _refuse

    def _item(self, rec):
        req, row = rec["req"], rec["row"]
        if req not in self.requests:
            self._new_number(req)   # an order: it has one item, and nobody approves it
            self.approver[req] = rec["actor"]["name"]
            if not rec["op"].startswith(("agency-", "operator-")) and rec["op"] != "password-policy":
                self.fault("4", "%s without a letter" % rec["op"])
        self.left.setdefault(req, set()).add(row)
        waiting = self.waiting.setdefault(req, {})
        waiting.pop(row, None)
        if "plan" in rec:
            waiting[row] = rec["plan"]
            self.newest[req, row] = (self.seq, self._same(rec), rec["round"])

    @staticmethod
    def _same(rec):
        """What is the same in an item and in what becomes of it."""
        return {k: rec.get(k) for k in ("op", "opid", "plan", "subj")}

    def _name(self, rec):
        self.namers.setdefault(rec["req"], set()).add(rec["actor"]["name"])
        self._item(rec)

    def _plan(self, rec):
        req = rec["req"]
        self.round[req] = rec.get("round", self.round.get(req))
        if "digest" not in rec and "target" in rec:   # an approver was revoked
            if req in self.plans:
                self.plans[req]["by"].discard(rec["target"])
            self.waits.add(req)
        elif "digest" not in rec:
            self.waits.add(req)
        elif not rec.get("count"):
            self.waits.discard(req)
        else:
            self._new_plan(rec)
            self.waits.add(req)

    def _new_plan(self, rec):
        lines = dict(self.waiting.get(rec["req"], {}))
        text = "hopthu-plan/2 %d\n" % len(lines) + "".join(
            "%d %s\n" % line for line in sorted(lines.items()))
        if hashlib.sha256(text.encode()).hexdigest() != rec["digest"] or rec["count"] != len(lines):
            self.fault("4", "the plan digest is not that of the items of request %d" % rec["req"])
        plan = {"digest": rec["digest"], "round": rec.get("round"), "lines": lines, "by": set(),
                "needs": rec.get("needs", 1), "approved": False}
        self.plans[rec["req"]] = plan
        for row in lines:
            self.plan_of[rec["req"], row] = plan

    def _approve(self, rec):
        who, req = rec["actor"]["name"], rec["req"]
        plan = self.plans.get(req)
        if not plan or (rec["digest"], rec["round"]) != (plan["digest"], self.round[req]):
            self.fault("4", "the approval names another digest than the plan has")
        elif who in self.namers.get(req, ()) or who == self.requests.get(req):
            self.fault("5", "%s approves what %s asked for" % (who, who))
        else:
            self.approver[req] = who
            plan["by"].add(who)
            if len(plan["by"]) >= plan["needs"]:
                plan["approved"] = True
                self.waits.discard(req)

    def _allowed(self, rec):
        """What is begun, or taken up again, is what was planned and approved."""
        req, row = rec["req"], rec["row"]
        _, same, round_ = self.newest.get((req, row), (0, None, None))
        plan = self.plan_of.get((req, row))
        if same != self._same(rec) or rec["round"] != (plan["round"] if plan else round_):
            self.fault("4", "it is not what was planned for row %d of request %d" % (row, req))
        if req in self.requests and (not plan or not plan["approved"] or req in self.waits or
                                     plan["lines"].get(row) != rec["plan"]):
            self.fault("4", "nobody approved row %d of request %d, or too few" % (row, req))
        if rec["as"] != self.approver.get(req):
            self.fault("4", "it is done in the name of %s, who did not approve it" % rec["as"])

    def _intent(self, rec):
        req, row = rec["req"], rec["row"]
        self._allowed(rec)
        if (req, row) in self.begun:
            self.fault("4", "row %d of request %d is begun already" % (row, req))
        self.waiting.get(req, {}).pop(row, None)
        self.begun.add((req, row))
        self.intents[self.seq] = {k: rec.get(k) for k in ("req", "row", "op", "opid", "subj")}

    def _of_intent(self, rec):
        """Whether a record names an open intent; if not, it is a fault."""
        right = self.intents.get(rec["intent"]) == {k: rec.get(k) for k in
                                                    ("req", "row", "op", "opid", "subj")}
        if not right:
            self.fault("3", "names record %d, which is no open intent of it" % rec["intent"])
        return right

    _hold = _of_intent

    def _resolve(self, rec):
        if self._of_intent(rec):
            self._allowed(rec)

    def _outcome(self, rec):
        req, row = rec["req"], rec["row"]
        if rec["result"] not in ("done", "failed", "moved", "given up"):
            self.fault("3", "no outcome is %s" % rec["result"])
        if not self._of_intent(rec):
            return
        del self.intents[rec["intent"]]
        self.begun.discard((req, row))
        if rec["result"] != "done":
            return
        self.left.get(req, set()).discard(row)
        item, subj = self.newest.get((req, row), (0,))[0], rec.get("subj")
        if subj is not None:
            if item <= self.closed.pop(subj, 0):
                self.fault("6", "a mailbox is changed by what was planned before it was closed")
            if rec["op"] in ("close", "purge"):
                self.closed[subj] = item

    # --- personal values ---
    def openings(self, seq, rec, openings, unknown):
        """Rule 7: {field: line} of this record; unknown: others of it may have stood there."""
        pii = rec.get("pii", {})
        for field, line in openings.items():
            salt, value = bytes.fromhex(line["salt"]), line["value"]
            text = b"hopthu/pii/1\0" + field.encode() + b"\0" + value.encode()
            if pii.get(field) != hmac.new(salt, text, hashlib.sha256).hexdigest():
                self.fault("7", "the opening of %s is not that of its commitment" % field)
        self.counted += len(openings)
        if set(pii) - set(openings) and not unknown:
            self.uncovered[seq] = sorted(set(pii) - set(openings))
            self.by_subject.setdefault(rec.get("subj"), []).append(seq)
        if rec["ev"] in ("request", "refuse", "cancel", "retry", "read") and "subj" not in rec:
            self.coverable.add(seq)

    def _erase(self, rec):
        self.tell("openings were erased on the basis of %s" % rec["basis"])
        also = rec.get("also", [])
        right = isinstance(also, list) and all(type(n) is int for n in also)
        if not right or sorted(set(also)) != also:
            return self.fault("7", "also is no ascending list of records")
        for seq in also:
            if seq >= self.copy.first and seq not in self.coverable:
                self.fault("7", "record %d is none that can be erased so" % seq)
        for seq in self.by_subject.pop(rec["subj"], []) + also:
            self.erased += len(self.uncovered.pop(seq, ()))

    # --- witnesses ---
    def _anchor(self, rec):
        try:
            line = read_base64(rec["sig"])
            size, root = rec["size"], rec["root"]
            if not 1 <= size < self.seq:
                raise Bad("it confirms records that are not before it")
            text = "%s\n%d\n%s\n" % (self.origin(size), size,
                                     base64.b64encode(bytes.fromhex(root)).decode())
            if self.noted and not self._stands_in(self.noted.get(size), rec, text):
                raise Bad("its line does not stand in checkpoints.ndjson")
            key = self.policy.witness(rec["witness"], line[:4])
            if key is None:
                return self.tell("the policy does not name the witness %s" % rec["witness"])
            if key.verify(text, line[4:]) != rec["at"]:
                raise Bad("the signature of %s is wrong" % rec["witness"])
        except Bad as e:
            return self.fault("8", "anchor: %s" % e)
        self.roots.append((size, bytes.fromhex(root), "the anchor in record %d" % self.seq))
        self.anchored = max(self.anchored, rec["at"])

    @staticmethod
    def _stands_in(note, rec, text):
        return note is not None and note.text == text and any(
            (s[0], s[3]) == (rec["witness"], rec["sig"]) for s in note.signatures)

    def key_at(self, size, origin):
        """The log's key in force when it had so many records; None when the origin was another."""
        keys = [key for first, key in self.epochs if first <= size]
        if self.copy.part or not self.epochs:
            return next((k for k in self.policy.logs if k.name == origin), None)
        return keys[-1] if keys and keys[-1].name == origin else None

    def origin(self, size):
        if self.copy.part or not self.epochs:
            return next((c.origin for c in self.copy.checkpoints if c.size == size), "")
        return [key for first, key in self.epochs if first <= size][-1].name

    def end(self):
        if self.behind:
            self.report.tell(self.behind[0], "its clock, and that of %d records in all, is behind the"
                             " time at which a witness confirmed records before it" % len(self.behind))
        for seq in self.intents:
            self.report.tell(seq, "the intent has no outcome yet")
        for seq, fields in self.uncovered.items():
            if not self.copy.part:
                self.report.fault(seq, "7", "no opening of %s, and no record erases it" %
                                  ", ".join(fields))
            else:
                self.report.tell(seq, "no opening of %s in this part" % ", ".join(fields))
