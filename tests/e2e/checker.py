# SPDX-License-Identifier: BSD-2-Clause
"""The judge.  It shares no code with hopthud: a copy of the database, slapd's accesslog and the
entries go in, a list of complaints comes out.  The numbers are the invariants of ARCHITECTURE.md.

    checker.py DATABASE SLAPD_FOLDER [BASE [DOMAIN]]
"""
import base64
import collections
import datetime
import hashlib
import json
import re
import sqlite3
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

MAX_SAFE = 2 ** 53 - 1
LOCKED = b"000001010000Z"
LETTER_OPS = ("create", "update", "suspend", "resume", "close", "restore", "purge", "rename",
              "transfer", "revert")
ENDED = ("done", "failed", "refused", "cancelled")
# What hopthud may write in the default password policy, besides what slapd itself adds.
PASSWORD_RULES = {"pwdInHistory", "pwdMaxAge", "pwdMaxFailure", "pwdMinLength", "pwdMustChange"}
OPERATIONAL = {"entryCSN", "modifiersName", "modifyTimestamp"}
# What slapd writes by itself when somebody logs in, or fails to.
SLAPDS_OWN = OPERATIONAL | {"pwdFailureTime", "pwdAccountLockedTime", "pwdGraceUseTime",
                            "pwdLastSuccess", "authTimestamp"}
SWITCHES = ("hopthuStatus", "hopthuLogin", "hopthuDelivery")
FINAL = {"create": ("active", True, True), "suspend": ("suspended", False, True),
         "resume": ("active", True, True), "close": ("closed", False, False),
         "restore": ("active", True, True), "purge": ("purged", False, False)}

# column of the database: attribute of the entry
ATTRIBUTES = {"login": "uid", "address": "mail", "person": "hopthuPersonRef", "full_name": "cn",
              "agency": "hopthuAgency", "kind": "hopthuKind", "status": "hopthuStatus",
              "title": "title", "unit": "ou", "phone": "telephoneNumber", "rank": "hopthuRank",
              "opid": "hopthuOpId", "entry_uuid": "entryUUID", "custodian": "hopthuCustodian"}


def leaf_hash(record):
    return hashlib.sha256(b"\0" + record).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def tree_root(leaves):
    """RFC 6962 section 2.1, by its own words."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return node_hash(tree_root(leaves[:k]), tree_root(leaves[k:]))


def tree_frontier(leaves):
    """Roots of the complete subtrees, from the largest to the smallest."""
    out, at = [], 0
    for bit in reversed(range(64)):
        if len(leaves) >> bit & 1:
            out.append(tree_root(leaves[at:at + (1 << bit)]))
            at += 1 << bit
    return b"".join(out)


def canonical(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def no_duplicates(pairs):
    keys = [k for k, _ in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("duplicate key")
    return dict(pairs)


def generalized_time(value):
    """20261123165501.000042Z as microseconds since 1970."""
    m = re.fullmatch(r"(\d{14})(?:\.(\d{1,6})\d*)?Z", value.decode())
    t = datetime.datetime.strptime(m.group(1), "%Y%m%d%H%M%S")
    t = t.replace(tzinfo=datetime.timezone.utc)
    return int(t.timestamp()) * 1000000 + int((m.group(2) or "0").ljust(6, "0"))


def first(entry, name):
    values = entry.get(name) or [b""]
    return values[0]


def record_time(text):
    """RFC 3339 in UTC with microseconds, as microseconds since 1970."""
    t = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ")
    t = t.replace(tzinfo=datetime.timezone.utc)
    return int(t.timestamp()) * 1000000 + t.microsecond


class Write:
    """One line of the accesslog."""

    def __init__(self, entry):
        self.dn = first(entry, "reqDN").decode().lower()
        self.type = first(entry, "reqType").decode()
        self.result = int(first(entry, "reqResult") or b"-1")
        self.who = first(entry, "reqAuthzID").decode().lower()
        self.uuid = first(entry, "reqEntryUUID")
        self.session = first(entry, "reqSession")
        # reqStart has whole seconds and a counter; the entry's CSN has the true time.
        self.at = generalized_time(first(entry, "reqStart"))
        self.opid = None
        self.attributes = {m.split(b":")[0].decode() for m in entry.get("reqMod", [])}
        self.at_login = self.type == "modify" and bool(self.attributes) and \
            self.attributes <= SLAPDS_OWN and not any(
                b"0000" in m for m in entry["reqMod"] if m.startswith(b"pwdAccountLockedTime"))
        for mod in entry.get("reqMod", []):
            m = re.match(rb"entryCSN:[+=-]? (\d+\.\d+Z)#", mod)
            if m:
                self.at = generalized_time(m.group(1))
            m = re.match(rb"hopthuOpId:[+=-]? (.*)", mod)
            if m:
                self.opid = m.group(1).decode()

    def __repr__(self):
        return "%s of %s by %s at %d" % (self.type, self.dn, self.who, self.at)


class Judge:
    """Reads everything once; run() says what is wrong."""

    def __init__(self, db, slapd, base, domain, foreign=()):
        self.base, self.domain = base.lower(), domain
        self.foreign = {f.lower() for f in foreign}
        self.complaints = []
        con = sqlite3.connect("file:%s" % db, uri=True)
        con.row_factory = sqlite3.Row
        rows = lambda q: [dict(r) for r in con.execute(q)]
        self.integrity = con.execute("PRAGMA integrity_check").fetchone()[0]
        self.audit = [(r[0], bytes(r[1]), bytes(r[2])) for r in
                      con.execute("SELECT seq, rec, leaf FROM audit ORDER BY seq")]
        self.frontier = rows("SELECT * FROM frontier")
        self.openings = rows("SELECT * FROM opening")
        self.items = rows("SELECT * FROM item ORDER BY id")
        self.requests = {r["id"]: r for r in rows("SELECT * FROM request")}
        self.mailboxes = {r["login"]: r for r in rows("SELECT * FROM mailbox")}
        self.addresses = {r["local"]: r for r in rows("SELECT * FROM address")}
        self.operators = {r["name"]: r for r in rows("SELECT * FROM operator")}
        self.agencies = {r["code"]: r for r in rows("SELECT * FROM agency")}
        self.meta = {r["key"]: r["value"] for r in rows("SELECT * FROM meta")}
        self.checkpoints = rows("SELECT * FROM checkpoint ORDER BY size")
        self.cosignatures = rows("SELECT * FROM cosignature ORDER BY size, witness")
        self.index = rows("SELECT * FROM audit_index")
        con.close()
        self.writes = [Write(e) for e in slapd.accesslog()]
        self.people = {first(e, "uid").decode().lower(): e for e in
                       slapd.entries("ou=people," + base).values()}
        self.units = {first(e, "ou").decode(): e for e in
                      slapd.entries("ou=agencies," + base).values()}
        self.password_policy = next(iter(
            slapd.entries("cn=default,ou=policies," + base, "base").values()), {})
        self.uuids = {first(e, "entryUUID") for where in ("people", "agencies", "operators") for e in
                      slapd.entries("ou=%s,%s" % (where, base), attrs=["entryUUID"]).values()}
        self.deleted = {w.dn for w in self.writes if w.type == "delete" and w.result == 0}
        self.operator_entries = {first(e, "cn").decode(): e for e in
                                 slapd.entries("ou=operators," + base).values()}
        self.records = []
        self.slapd_kills = getattr(slapd, "kills", 0)
        self.drifts = []  # (record, DN in small letters, before, after)
        self.drifted = collections.defaultdict(set)  # login: attributes that others changed

    def complain(self, invariant, text, *args):
        self.complaints.append("%s: %s" % (invariant, text % args))

    def run(self, verify=None, mailboxes=None, ended=True, watched=False):
        """ended: every letter must have come to an end (or wait for a person); watched: hopthud heard
        of every change when it was stopped."""
        self.check_log(verify)
        self.read_drifts()
        if watched:
            self.check_drifts()
        self.check_items(ended)
        self.check_plans()
        self.check_approvals()
        self.check_effects()
        self.check_password_policy()
        self.check_intents(ended)
        self.check_three_ways(mailboxes)
        self.check_persons()
        return self.complaints

    # --- I5, I6 ---
    def check_log(self, verify):
        if self.integrity != "ok":
            self.complain("I5", "the database is damaged: %s", self.integrity)
        last_t = ""
        for at, (seq, rec, leaf) in enumerate(self.audit, 1):
            if seq != at:
                self.complain("I5", "record %d stands where %d should", seq, at)
            if leaf_hash(rec) != leaf:
                self.complain("I5", "leaf of record %d is not its hash", seq)
            try:
                value = json.loads(rec.decode("utf-8"), object_pairs_hook=no_duplicates)
            except ValueError as e:
                self.complain("I5", "record %d is no JSON (%s)", seq, e)
                continue
            if canonical(value) != rec:
                self.complain("I5", "record %d is not canonical: %r", seq, rec[:200])
            self.check_numbers(seq, value)
            if value.get("seq") != seq:
                self.complain("I5", "record %d says it is %r", seq, value.get("seq"))
            if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", value.get("t", "")):
                self.complain("I5", "record %d has the time %r", seq, value.get("t"))
            elif value["t"] < last_t:
                self.complain("I5", "record %d is older than the one before", seq)
            last_t = value.get("t", last_t)
            self.records.append(value)
        if not self.records or self.records[0].get("ev") != "genesis":
            self.complain("I5", "the log does not begin with genesis")
        leaves = [leaf for _, _, leaf in self.audit]
        if len(self.frontier) != 1:
            self.complain("I6", "%d frontier rows", len(self.frontier))
        elif (self.frontier[0]["size"] != len(leaves) or
              bytes(self.frontier[0]["hashes"]) != tree_frontier(leaves)):
            self.complain("I5", "the stored frontier (size %d) is not that of the %d records",
                          self.frontier[0]["size"], len(leaves))
        if verify is not None:
            if not verify.get("ok"):
                self.complain("I5", "audit verify says %r", verify)
            elif verify["root"] != tree_root(leaves[:verify["size"]]).hex():
                self.complain("I6", "audit verify has another root for size %d", verify["size"])
        self.check_openings()
        self.check_checkpoints(leaves)
        self.check_index()

    # --- what searches go by: blocks of 4,096 records, a set for each word of a kind ---
    def check_index(self):
        """No evidence, but who searches believes it: it says what the records say, of every full block."""
        want = collections.defaultdict(set)
        for r in self.records:
            block, at = divmod(r["seq"] - 1, 4096)
            for term in ("e:" + r["ev"], "p:" + r.get("op", ""), "r:" + r.get("result", "")):
                if block < len(self.records) // 4096 and len(term) > 2:
                    want[term, block].add(at)
        for row in self.index:
            bits = bytes(row["bits"])
            if len(bits) == 512:
                got = {i for i in range(4096) if bits[i // 8] >> i % 8 & 1}
            else:
                got = {bits[i] << 8 | bits[i + 1] for i in range(0, len(bits), 2)}
            if row["term"][:2] in ("e:", "p:", "r:") and want.pop((row["term"], row["block"]), None) != got:
                self.complain("search", "the index of %s in block %d is not what the records say",
                              row["term"], row["block"])
        for term, block in want:
            self.complain("search", "the index lacks %s of block %d", term, block)

    # --- every checkpoint ever signed, by the C2SP pages; see also notes.py, by which tests look ---
    def log_keys(self):
        """[(records from which on it signs, origin, public key)], as the log itself says."""
        keys = []
        for r in self.records:
            if r.get("ev") in ("genesis", "incarnation"):
                name, ident, rest = r["key"].split("+", 2)
                raw = base64.b64decode(rest, validate=True)
                made = hashlib.sha256(name.encode() + b"\n" + raw).digest()[:4].hex()
                if raw[0] != 1 or len(raw) != 33 or made != ident or r.get("target") != name:
                    self.complain("I5", "record %d names the key %r", r["seq"], r["key"])
                keys.append((r["seq"], name, raw[1:]))
        return keys

    def check_checkpoints(self, leaves):
        keys, roots, texts = self.log_keys(), {}, {}
        if keys and "%s+" % keys[-1][1] != self.meta.get("vkey", "")[:len(keys[-1][1]) + 1]:
            self.complain("I5", "the key in force is not the one that the log names last")
        for c in self.checkpoints:
            size, root = c["size"], bytes(c["root"])
            key = next((k for k in reversed(keys) if k[0] <= size), None)
            text = texts[size] = self.check_note(c, key)
            if size > len(leaves):
                self.complain("I5", "a checkpoint counts %d records, there are %d", size, len(leaves))
            elif tree_root(leaves[:size]) != root:
                self.complain("I5", "the checkpoint of %d records has another root", size)
            if roots.setdefault(size, root) != root:
                self.complain("I6", "two roots for %d records", size)
            if text is not None and text != "%s\n%d\n%s\n" % (
                    key[1], size, base64.b64encode(root).decode()):
                self.complain("I6", "the note of %d records says %r", size, text)
        self.check_anchors(texts)

    def check_note(self, c, key):
        """The text of a note that is signed by this key alone, or None."""
        m = re.fullmatch("((?:.+\n){3})\n\u2014 (\\S+) (\\S+)\n", c["note"])
        if not m or not key:
            self.complain("I5", "the checkpoint of %d records is no note", c["size"])
            return None
        raw = base64.b64decode(m.group(3), validate=True)
        ident = hashlib.sha256(key[1].encode() + b"\n\1" + key[2]).digest()[:4]
        try:
            Ed25519PublicKey.from_public_bytes(key[2]).verify(raw[4:], m.group(1).encode())
            good = m.group(2) == key[1] and raw[:4] == ident
        except InvalidSignature:
            good = False
        if not good:
            self.complain("I5", "the checkpoint of %d records is not signed by its key", c["size"])
        return m.group(1)

    def check_anchors(self, texts):
        """An anchor for each cosignature and none besides; each of a checkpoint that there is."""
        said = collections.Counter((r["size"], r["witness"], r["sig"], r["at"]) for r in self.records
                                   if r.get("ev") == "anchor")
        kept = collections.Counter((c["size"], c["witness"], c["line"].split()[2], c["at"])
                                   for c in self.cosignatures)
        if said != kept:
            self.complain("I7", "anchors and cosignatures are not the same: %s", (said - kept) +
                          (kept - said))
        for r in self.records:
            if r.get("ev") == "anchor" and texts.get(r["size"], "").split("\n")[2:3] != [
                    base64.b64encode(bytes.fromhex(r["root"])).decode()]:
                self.complain("I5", "the anchor in record %d is of no checkpoint", r["seq"])

    def check_numbers(self, seq, value):
        if isinstance(value, dict):
            for v in value.values():
                self.check_numbers(seq, v)
        elif isinstance(value, list):
            for v in value:
                self.check_numbers(seq, v)
        elif isinstance(value, float) or (isinstance(value, int) and abs(value) > MAX_SAFE):
            self.complain("I5", "record %d has the number %r", seq, value)

    def check_openings(self):
        """Every opening opens a commitment of its record: HMAC-SHA256(salt, domain field 0 value)."""
        import hmac
        records = {r.get("seq"): r for r in self.records}
        self.check_erasures(records)
        for o in self.openings:
            made = hmac.digest(bytes(o["salt"]), b"hopthu/pii/1\0" + o["field"].encode() + b"\0" +
                               o["value"].encode(), "sha256").hex()
            pii = (records.get(o["seq"]) or {}).get("pii") or {}
            if pii.get(o["field"]) != made:
                self.complain("I5", "opening %s of record %d does not open it", o["field"],
                              o["seq"])

    def check_erasures(self, records):
        """A commitment without an opening is one that a later erasure covers."""
        have = {(o["seq"], o["field"]) for o in self.openings}
        last, also = {}, {}
        for r in self.records:
            if r.get("ev") != "erase":
                continue
            last[r.get("subj")] = r["seq"]
            if not r.get("subj") or not r.get("basis"):
                self.complain("I5", "the erasure %d does not say whose, or by which law", r["seq"])
            for seq in r.get("also", []):
                also[seq] = r["seq"]
                named = records.get(seq, {})
                if seq >= r["seq"] or "subj" in named or named.get("ev") not in (
                        "request", "refuse", "cancel", "retry", "read"):
                    self.complain("I5", "the erasure %d may not cover record %d", r["seq"], seq)
        self.erased_persons = set(last)
        for seq, r in records.items():
            for field in r.get("pii", {}):
                if (seq, field) not in have and seq > last.get(r.get("subj"), 0) and \
                        seq > also.get(seq, 0):
                    self.complain("I5", "%s of record %d is without opening, and no erasure covers it",
                                  field, seq)

    def is_erased(self, item):
        """Its person's values are gone, and the log says that they were erased."""
        if item["plan"]:
            return False
        if item["person"] not in self.erased_persons:
            self.complain("I7", "item %d has no plan, and no erase record is about its person",
                          item["id"])
        if (item["login"], item["address"], item["full_name"], item["ref"]) != (
                item["person"], "(erased)", "(erased)", ""):
            self.complain("I7", "item %d is erased, and still says %r", item["id"], item)
        return True

    def opening(self, seq, field):
        for o in self.openings_by_seq().get(seq, ()):
            if o["field"] == field:
                return o["value"]
        return None

    def openings_by_seq(self):
        if not hasattr(self, "_by_seq"):
            self._by_seq = collections.defaultdict(list)
            for o in self.openings:
                self._by_seq[o["seq"]].append(o)
        return self._by_seq

    # --- I7: what others changed ---
    def read_drifts(self):
        for r in self.records:
            if r.get("ev") != "drift" or r.get("result") not in ("changed", "added", "deleted",
                                                                  "renamed"):
                continue
            dn = (self.opening(r["seq"], "entry") or "").lower()
            before, after = (json.loads(self.opening(r["seq"], field) or "{}")
                             for field in ("before", "after"))
            self.drifts.append((r, dn, before, after))
            m = re.match(r"uid=([^,]*),", dn)
            if m:
                self.drifted[m.group(1)] |= set(r["attributes"]) | {r["result"]}

    def by_hopthud(self, w):
        """Nobody else has these names."""
        return w.who.endswith(",ou=operators," + self.base) or \
            w.who == "cn=hopthud,ou=services," + self.base

    def ours(self, w):
        return w.opid and (w.opid in self.opids_told or w.opid in self.opids_kept) and \
            self.by_hopthud(w)

    def check_drifts(self):
        """A write that no intent explains has a record: of that entry, and not from before it."""
        self.opids_kept = {i["opid"] for i in self.items}
        self.opids_told = {r["opid"] for r in self.records if r.get("opid")}
        starts = [record_time(r["t"]) for r in self.records if r.get("ev") == "start"]
        newest = collections.defaultdict(int)
        for r, _, _, _ in self.drifts:
            uuid = (r.get("ldap") or {}).get("uuid", "").encode()
            newest[uuid] = max(newest[uuid], record_time(r["t"]))
        for w in self.writes:
            if (w.result != 0 or not w.dn.endswith(self.base) or not starts or
                    w.at < min(starts) + 1000000 or self.ours(w) or self.phantom(w) or w.at_login):
                continue
            if w.type == "modify" and not w.attributes and w.who == w.dn:
                continue  # the holder's own password
            if newest[w.uuid] < w.at - 2000000:
                self.complain("I7", "nobody asked for %r, and there is no drift record of it", w)

    # --- states ---
    def check_items(self, ended):
        per_request = collections.defaultdict(list)
        for i in self.items:
            per_request[i["request"]].append(i)
            if ended and i["state"] in ("running", "unknown", "received"):
                self.complain("I4", "item %d of request %d is still %s", i["row"], i["request"],
                              i["state"])
        for rid, r in self.requests.items():
            items = per_request[rid]
            # one that was interrupted while it came in was never promised, and is taken back
            cut = r["state"] in ("received", "cancelled") and len(items) < r["items"]
            if len(items) != r["items"] and not cut:
                self.complain("I7", "request %d says %d items and has %d", rid, r["items"],
                              len(items))
            if r["state"] in ("done", "failed"):
                left = [i["row"] for i in items if i["state"] not in ENDED]
                if left:
                    self.complain("I7", "request %d is %s, rows %s are not", rid, r["state"], left)

    # --- plans ---
    def check_plans(self):
        """What was approved is what is kept: line, hash, digest, and a salt nobody can guess."""
        import hmac
        key = bytes.fromhex(self.meta.get("plan_key", ""))
        by_request = collections.defaultdict(list)
        for i in self.items:
            by_request[i["request"]].append(i)
            if self.is_erased(i):
                continue
            line = i["plan"].encode()
            if hashlib.sha256(line).digest() != bytes(i["plan_sha"]):
                self.complain("I7", "item %d: the hash of its plan is not its plan's", i["id"])
            at = line.rindex(b',"salt":')
            made = hmac.digest(key, b"hopthu/pii/1\0plan\0" + line[:at], "sha256")[:16].hex()
            if json.loads(line).get("salt") != made:
                self.complain("I7", "item %d: the salt of its plan is not of this database",
                              i["id"])
        for rid, r in self.requests.items():
            items = sorted(by_request[rid], key=lambda i: i["row"])
            if r["round"] != 1 or not r["digest"] or len(items) != r["items"] or \
                    any(i["round"] != 1 or i["state"] == "checked" for i in items):
                continue
            text = "hopthu-plan/2 %d\n" % len(items)
            text += "".join("%d %s\n" % (i["row"], bytes(i["plan_sha"]).hex()) for i in items)
            if hashlib.sha256(text.encode()).hexdigest() != r["digest"]:
                self.complain("I7", "request %d: its digest is not its plan's", rid)

    # --- I2 ---
    def check_approvals(self):
        """A letter over the fuse that did anything: two people said so, and neither asked for it."""
        said = collections.defaultdict(list)
        for rec in self.records:
            if rec.get("ev") == "approve":
                said[rec["req"], rec.get("round")].append(rec["actor"]["name"])
        done = {i["request"] for i in self.items if i["state"] == "done"}
        for rid, r in self.requests.items():
            if r["kind"] != "letter" or rid not in done:
                continue
            own = {r["submitter"]} | set(r["namers"].strip(",").split(","))
            rounds = [names for (req, _), names in said.items() if req == rid]
            if not any(len(set(names)) >= r["needs"] and not own & set(names) for names in rounds):
                self.complain("I2", "request %d needed %d approvers and had %s", rid, r["needs"],
                              rounds)

    # --- I1 ---
    def check_effects(self):
        by_opid = collections.defaultdict(list)
        for w in self.writes:
            if w.result == 0 and w.opid and not self.phantom(w) and self.by_hopthud(w):
                by_opid[w.opid].append(w)
        for opid, got in by_opid.items():
            by_opid[opid] = self.without_abandoned(got)
        opids = collections.Counter(i["opid"] for i in self.items if i["opid"])
        for opid, n in opids.items():
            if n > 1:
                self.complain("I1", "%d items share the operation id %s", n, opid)
        for i in self.items:
            got = by_opid.pop(i["opid"], []) if i["opid"] else []
            what = "item %d (%s %s, %s)" % (i["id"], i["op"], i["address"], i["state"])
            if i["state"] == "done":
                if not got and self.lost_by_slapd(i):
                    continue
                if len(got) != 1:
                    self.complain("I1", "%s has %d writes in the accesslog: %s", what, len(got),
                                  got)
                    continue
                wanted = "add" if i["op"] in ("create", "agency-add", "operator-add") else "modify"
                if got[0].type != wanted:
                    self.complain("I1", "%s was done by %r", what, got[0])
                if i["op"] in LETTER_OPS and i["plan"] and \
                        got[0].dn != self.person_dn(i["login"]):
                    self.complain("I1", "%s was done to %s", what, got[0].dn)
            elif got and i["state"] not in ("running", "unknown", "held"):
                self.complain("I1", "%s has writes in the accesslog: %s", what, got)
        earlier = set()
        for i in self.records:
            earlier |= set(self.words(i))
        for opid, got in by_opid.items():
            if not self.is_foreign(got[0].dn) and opid not in earlier:
                self.complain("I1", "a write that no item asked for: %r (%s)", got[0], opid)
        for w in self.writes:
            if (w.result == 0 and not w.opid and w.dn.endswith(",ou=people," + self.base) and
                    w.who == "cn=hopthud,ou=services," + self.base):
                self.complain("I1", "hopthud wrote without an operation id: %r", w)

    def check_password_policy(self):
        """hopthud writes the rules there, in its own name, one order after the other; nothing else, and
        nobody in an operator's."""
        dn = ("cn=default,ou=policies," + self.base).lower()
        hopthud = "cn=hopthud,ou=services," + self.base
        items = [i for i in self.items if i["op"] == "password-policy"]
        by_opid = {i["opid"]: i for i in items}
        last = None
        for w in self.writes:
            if w.result != 0 or (w.dn != dn and w.opid not in by_opid):
                continue
            last = w
            if w.who.endswith(",ou=operators," + self.base):
                self.complain("I12", "the password policy was written as an operator: %r", w)
            if w.who != hopthud and w.opid not in by_opid:
                continue  # somebody by hand, with other rights
            if w.opid not in by_opid or w.dn != dn or w.who != hopthud or w.type != "modify":
                self.complain("I1", "no order asked for %r (%s)", w, w.opid)
            if w.attributes - OPERATIONAL != PASSWORD_RULES | {"hopthuOpId"}:
                self.complain("I1", "%r wrote %s", w, sorted(w.attributes))
        for i in items:
            r = self.requests[i["request"]]
            if (r["kind"], r["submitter"], r["approver"]) != ("order", "hopthud", "hopthud"):
                self.complain("I12", "request %d is no order of hopthud's own", r["id"])
            if set(json.loads(i["plan"])["after"]) != PASSWORD_RULES:
                self.complain("I7", "the plan of request %d writes something else", r["id"])
        if len([i for i in items if i["state"] not in ENDED]) > 1:
            self.complain("I1", "more than one order for the password policy is open")
        done = by_opid.get(last.opid) if last else None
        if done:
            for name, values in json.loads(done["plan"])["after"].items():
                if [v.decode() for v in self.password_policy.get(name, [])] != values:
                    self.complain("I7", "%s is %r, the last order wrote %r", name,
                                  self.password_policy.get(name), values)

    def phantom(self, write):
        """An operation whose connection died before slapd came to it is abandoned, has no effect, and
        slapd 2.5.13 logs it with result 0 all the same.  An add that had one left an entry with its
        entryUUID (or one that somebody deleted)."""
        return (write.type == "add" and write.uuid not in self.uuids and
                write.dn not in self.deleted)

    @staticmethod
    def without_abandoned(writes):
        """Of modifications with one operation id on several connections only the last can have had an
        effect: each asserts that the entry does not have that id yet."""
        kept = []
        for w in writes:
            if kept and w.type == "modify" and kept[-1].session != w.session:
                kept.pop()
            kept.append(w)
        return kept

    def lost_by_slapd(self, item):
        """slapd writes its log in a transaction of its own, after the entry's: a kill -9 of slapd may
        come between.  Then the entry itself must show the operation; a window's worth at most."""
        self.excused = getattr(self, "excused", 0) + 1
        entry = (self.password_policy if item["op"] == "password-policy" else
                 self.people.get(item["login"])) or {}
        later = [i for i in self.items if i["login"] == item["login"] and i["id"] > item["id"] and
                 i["state"] == "done"]
        shows = first(entry, "hopthuOpId").decode() == item["opid"] or (entry and later)
        return shows and self.excused <= 16 * self.slapd_kills

    def words(self, value):
        """Every string in a record."""
        if isinstance(value, str):
            yield value
        elif isinstance(value, dict):
            for v in value.values():
                yield from self.words(v)
        elif isinstance(value, list):
            for v in value:
                yield from self.words(v)

    def person_dn(self, login):
        return ("uid=%s,ou=people,%s" % (login, self.base)).lower()

    def is_foreign(self, dn):
        m = re.match(r"uid=([^,]*),", dn)
        return bool(m) and m.group(1) in self.foreign

    # --- I2, I4 ---
    def check_intents(self, ended):
        intents, closed = {}, {}
        for r in self.records:
            if r.get("ev") == "intent":
                intents[r["seq"]] = r
            elif r.get("ev") == "outcome":
                closed.setdefault(self.closes(r), []).append(r)
        by_op = collections.defaultdict(list)
        for r in intents.values():
            by_op[r.get("opid")].append(r)
        held = {i["intent"] for i in self.items if i["state"] == "held"}
        for seq, r in intents.items():
            n = len(closed.get(seq, ()))
            if n > 1 or (n == 0 and ended and seq not in held):
                self.complain("I4", "intent %d (%s) has %d outcomes", seq, r.get("opid"), n)
        for seq in closed:
            if seq not in intents:
                self.complain("I4", "outcome %r closes no intent", closed[seq][0].get("seq"))
        for w in self.writes:
            if w.result != 0 or not w.opid or w.dn.startswith("uid=hopthu-warmup,"):
                continue
            if self.is_foreign(w.dn):
                continue
            before = [r for r in by_op.get(w.opid, ()) if record_time(r["t"]) <= w.at]
            if not before:
                self.complain("I2", "no intent before %r (%s, intents at %s)", w, w.opid,
                              [r["t"] for r in by_op.get(w.opid, ())])

    def closes(self, outcome):
        return outcome.get("intent")

    # --- I7 ---
    def check_three_ways(self, api):
        for login, m in self.mailboxes.items():
            if login in self.foreign or self.is_erased_mailbox(m):
                continue
            e = self.people.get(login)
            if e is None:
                if not self.drifted[login] & {"deleted", "renamed"} and not any(
                        self.person_dn(login) in d[2].get("dn", ()) for d in self.drifts):
                    self.complain("I7", "mailbox %s is not in the directory", login)
                continue
            self.compare(login, m, e)
        for login in self.people:
            if login not in self.mailboxes and login not in self.foreign and \
                    login != "hopthu-warmup" and not self.was_somebodys(login) and \
                    not self.drifted[login] & {"added", "renamed"}:
                self.complain("I7", "entry %s is not in the database", login)
        if api is not None:
            have = {m["login"]: m for m in api}
            if set(have) != set(self.mailboxes):
                self.complain("I7", "the door lists other mailboxes: %s",
                              sorted(set(have) ^ set(self.mailboxes))[:10])
            for login, m in have.items():
                row = self.mailboxes.get(login)
                for key in ("address", "full_name", "status", "agency", "title", "unit", "phone",
                            "rank", "person", "kind"):
                    if row and (m.get(key) or "") != row[key]:
                        self.complain("I7", "door and database differ in %s of %s", key, login)
        self.check_fold()
        self.check_units()

    def is_erased_mailbox(self, m):
        return m["login"] == m["person"] and m["person"] in self.erased_persons and \
            m["status"] == "purged" and m["address"] == m["full_name"] == "(erased)"

    def was_somebodys(self, login):
        """The entry of a purged mailbox stays in the directory when its holder's values are erased."""
        a = self.addresses.get(login, {})
        return (a.get("state"), a.get("person"), a.get("request"), a.get("domain")) == (
            "tombstone", "", 0, "") and first(self.people[login], "hopthuStatus") == b"purged"

    def compare(self, login, row, entry):
        for column, attribute in ATTRIBUTES.items():
            values = [v.decode("utf-8", "replace") for v in entry.get(attribute, [])]
            wanted = [row[column]] if row[column] != "" else []
            if values != wanted:
                self.complain("I7", "%s: %s is %r in the directory, %r in the database", login,
                              attribute, values, wanted)
        for column, attribute in (("login_allowed", "hopthuLogin"),
                                  ("delivery_allowed", "hopthuDelivery")):
            if first(entry, attribute) != (b"TRUE" if row[column] else b"FALSE"):
                self.complain("I7", "%s: %s is %r, %r in the database", login, attribute,
                              first(entry, attribute), row[column])
        aliases = sorted(v.decode() for v in entry.get("hopthuAlias", []))
        if aliases != [a for a in row["aliases"].split("\n") if a]:
            self.complain("I7", "%s: hopthuAlias is %r, %r in the database", login, aliases,
                          row["aliases"])
        due = first(entry, "hopthuPurgeDue").decode()
        if due[:8] != row["purge_due"].replace("-", ""):
            self.complain("I7", "%s: hopthuPurgeDue is %r, %r in the database", login, due,
                          row["purge_due"])
        quota = first(entry, "hopthuQuota").decode()
        if quota != (str(row["quota"]) if row["quota"] else ""):
            self.complain("I7", "%s: hopthuQuota is %r, %r in the database", login, quota,
                          row["quota"])
        locked = first(entry, "pwdAccountLockedTime")
        if self.drifted[login] & {"hopthuLogin", "pwdAccountLockedTime"}:
            locked = b"" if row["login_allowed"] else LOCKED  # as somebody left it
        if row["login_allowed"] and locked:
            self.complain("I7", "%s may log in and is locked", login)
        if not row["login_allowed"] and locked != LOCKED:
            self.complain("I7", "%s may not log in and is not locked (%r)", login, locked)
        names = (row["full_name"].split() or [""])
        given, family = names[-1], names[0]
        for attribute, wanted in (("givenName", given), ("sn", family),
                                  ("displayName", row["full_name"])):
            if self.drifted[login] & {attribute, "cn"}:
                continue
            if first(entry, attribute).decode() != wanted:
                self.complain("I7", "%s: %s is %r, not %r", login, attribute,
                              first(entry, attribute).decode(), wanted)

    def check_fold(self):
        """The log, read from its beginning, gives the state of every mailbox."""
        ops = {i["opid"]: i for i in self.items if i["opid"]}
        state, last = {}, {}
        intents = {r["seq"]: r for r in self.records if r.get("ev") == "intent"}
        drifts = {d[0]["seq"]: d for d in self.drifts}
        for r in self.records:
            if r["seq"] in drifts:
                self.fold_drift(drifts[r["seq"]], state, last)
            if r.get("ev") != "outcome" or not self.succeeded(r):
                continue
            item = ops.get((intents.get(self.closes(r)) or {}).get("opid"))
            if not item or item["op"] not in LETTER_OPS:
                continue
            last[item["login"]] = item["opid"]
            if item["op"] in FINAL:
                state[item["login"]] = FINAL[item["op"]]
            if item["op"] == "revert":
                self.fold_values(item["login"], json.loads(item["plan"])["after"], state)
        for login, m in self.mailboxes.items():
            now = (m["status"], bool(m["login_allowed"]), bool(m["delivery_allowed"]))
            if state.get(login) != now:
                self.complain("I7", "%s is %s in the database, %s in the log", login, now,
                              state.get(login))
            if last.get(login) != m["opid"]:
                self.complain("I7", "%s was last written by %s, by %s in the log", login,
                              m["opid"], last.get(login))
        for login in set(state) - set(self.mailboxes):
            self.complain("I7", "%s is in the log, not in the database", login)

    def fold_values(self, login, values, state):
        if login not in state:
            return
        now = list(state[login])
        for at, attribute in enumerate(SWITCHES):
            if attribute in values:
                value = (values[attribute] or [""])[0]
                now[at] = value == "TRUE" if at else value
        state[login] = tuple(now)

    def fold_drift(self, drift, state, last):
        record, dn, _, after = drift
        m = re.match(r"uid=([^,]*),ou=people,", dn)
        if not m or record["result"] == "deleted" or m.group(1) not in last:
            return
        self.fold_values(m.group(1), after, state)
        if "hopthuOpId" in after:
            last[m.group(1)] = (after["hopthuOpId"] or [""])[0]

    def succeeded(self, outcome):
        return outcome.get("result") == "done"

    def check_units(self):
        done = {(i["op"], i["login"] or i["address"]): i for i in self.items
                if i["state"] == "done"}
        for op, have, where in (("agency-add", self.units, "ou=agencies"),
                                ("operator-add", self.operator_entries, "ou=operators")):
            for what, word in done:
                if what == op and word and word not in have:
                    self.complain("I7", "%s is not under %s", word, where)

    # --- I12 ---
    def check_persons(self):
        """Every write of a letter is in the name of who approved that round, who is not its sender."""
        writes = collections.defaultdict(list)
        for w in self.writes:
            if w.result == 0 and w.opid:
                writes[w.opid].append(w)
        approver, by_opid = {}, {}
        for r in self.records:
            if r.get("ev") == "approve":
                approver[r["req"]] = r["actor"]["name"]
            elif r.get("ev") == "intent":
                by_opid.setdefault(r["opid"], approver.get(r["req"]))
                if r["req"] in approver and r["as"] != approver[r["req"]]:
                    self.complain("I12", "intent %d is in the name of %s, approved by %s",
                                  r["seq"], r["as"], approver[r["req"]])
        for i in self.items:
            r = self.requests.get(i["request"])
            if i["op"] not in LETTER_OPS or i["state"] != "done" or not r:
                continue
            who = by_opid.get(i["opid"])
            if not who or who == r["submitter"]:
                self.complain("I12", "request %d: asked by %r, approved by %r", r["id"],
                              r["submitter"], who)
                continue
            wanted = ("cn=%s,ou=operators,%s" % (who, self.base)).lower()
            for w in writes.get(i["opid"], ()):
                if w.who not in (wanted, "dn:" + wanted):
                    self.complain("I12", "%r names %s, not %s", w, w.who, wanted)
            e = self.people.get(i["login"])
            if i["op"] == "create" and e and i["login"] not in self.foreign and \
                    first(e, "creatorsName").decode().lower() != wanted:
                self.complain("I12", "creatorsName of %s is %r", i["login"],
                              first(e, "creatorsName"))


def main(argv):
    if len(argv) < 3:
        print(__doc__, file=sys.stderr)
        return 64
    from hopthu import BASE, DOMAIN, Slapd
    base = argv[3] if len(argv) > 3 else BASE
    domain = argv[4] if len(argv) > 4 else DOMAIN
    judge = Judge(argv[1], Slapd(argv[2]), base, domain)
    complaints = judge.run()
    for c in complaints:
        print(c)
    print("%d records, %d items, %d mailboxes, %d writes: %d complaints" % (
        len(judge.audit), len(judge.items), len(judge.mailboxes), len(judge.writes),
        len(complaints)), file=sys.stderr)
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv))
