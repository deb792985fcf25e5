#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes genuine copies of invented logs, from doc/audit-format.md alone.

    maker.py DIR [--seed N] [--size N] [--first N] [--last N]

DIR/log becomes the copy, DIR/policy the page with the keys, DIR/held the checkpoint before the last
one, as somebody would hold it on paper, and DIR/keys the secret keys, for those who play the thief.
"""
import argparse
import base64
import hashlib
import hmac
import json
import pathlib
import random
import shutil
import time
import uuid

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

LOG, WITNESS = 1, 4
FAMILY = "Nguyễn Trần Lê Phạm Hoàng Huỳnh Phan Vũ Võ Đặng Bùi Đỗ Hồ Ngô Dương Lý".split()
MIDDLE = "Văn Thị Hữu Đức Minh Thanh Ngọc Quang Xuân Thu".split()
GIVEN = "Nguyệt Hòa Lan Tuấn Dũng Hương Sơn Ánh Bình Châu Khánh Vinh Yến Oanh".split()
ASKS, APPROVES = ["lan", "mai", "phong"], ["minh", "thu", "quyen"]
CHANGES = "update suspend resume rename transfer".split()


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sha256(data):
    return hashlib.sha256(data).hexdigest()


class Signer:
    """A key pair of a log or a witness."""

    def __init__(self, name, kind, seed):
        self.name, self.kind, self.seed = name, kind, seed
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        public = bytes([kind]) + self.key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
        self.vkey = "%s+%s+%s" % (name, self.id.hex(), base64.b64encode(public).decode())

    def __deepcopy__(self, _):
        return self

    def sign(self, text, seconds=0):
        """The base 64 of a signature line; seconds is the time of a witness."""
        if self.kind == WITNESS:
            stamp = seconds.to_bytes(8, "big")
            text = "cosignature/v1\ntime %d\n%s" % (seconds, text)
        else:
            stamp = b""
        return base64.b64encode(self.id + stamp + self.key.sign(text.encode())).decode()

    def line(self, sig):
        return "\u2014 %s %s\n" % (self.name, sig)


def checkpoint_text(origin, size, root):
    return "%s\n%d\n%s\n" % (origin, size, base64.b64encode(root).decode())


class Edge:
    """The right edge of the tree: roots of whole subtrees, the largest first."""

    def __init__(self):
        self.subtrees = []  # (leaves, root)

    def add(self, leaf):
        self.subtrees.append((1, leaf))
        while len(self.subtrees) > 1 and self.subtrees[-1][0] == self.subtrees[-2][0]:
            (n, right), (_, left) = self.subtrees.pop(), self.subtrees.pop()
            self.subtrees.append((2 * n, hashlib.sha256(b"\1" + left + right).digest()))

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1][1]
        for _, left in reversed(self.subtrees[:-1]):
            root = hashlib.sha256(b"\1" + left + root).digest()
        return root


def root_of_leaves(leaves):
    edge = Edge()
    for leaf in leaves:
        edge.add(leaf)
    return edge.root()


def root_of(records):
    return root_of_leaves(hashlib.sha256(b"\0" + r).digest() for r in records)


# --- a copy's folder -------------------------------------------------------------------------------

def tile_path(level, n, width):
    digits = "%03d" % n if n < 1000 else "%0*d" % (-(-len(str(n)) // 3) * 3, n)
    parts = [digits[i:i + 3] for i in range(0, len(digits), 3)]
    parts[:-1] = ["x" + p for p in parts[:-1]]
    return "tile/%s/%s%s" % (level, "/".join(parts), "" if width == 256 else ".p/%d" % width)


def put(folder, path, data):
    path = folder / path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def write_tiles(folder, records):
    """Every level of hashes of a log's records."""
    hashes = [hashlib.sha256(b"\0" + r).digest() for r in records]
    level = 0
    while hashes:
        up = []
        for n in range(0, len(hashes), 256):
            tile = hashes[n:n + 256]
            put(folder, tile_path(level, n // 256, len(tile)), b"".join(tile))
            if len(tile) == 256:
                edge = Edge()
                for h in tile:
                    edge.add(h)
                up.append(edge.root())
        hashes, level = up, level + 1


def write_entries(folder, records, first=1, last=None):
    last = last or len(records)
    for n in range(0, len(records), 256):
        some = records[n:n + 256]
        if n < last and n + len(some) >= first:
            put(folder, tile_path("entries", n // 256, len(some)),
                b"".join(len(r).to_bytes(2, "big") + r for r in some))


def write_copy(folder, records, openings, notes, policy, first=1, last=None):
    """records: bytes; openings: {(seq, field): (salt, value)}; notes: the checkpoints."""
    folder = pathlib.Path(folder)
    last = last or len(records)
    folder.mkdir(parents=True)
    write_tiles(folder, records)
    write_entries(folder, records, first, last)
    lines = [canonical({"field": f, "salt": salt.hex(), "seq": n, "value": value}) + b"\n"
             for (n, f), (salt, value) in sorted(openings.items()) if first <= n <= last]
    put(folder, "openings.ndjson", b"".join(lines))
    put(folder, "checkpoints.ndjson", b"".join(canonical({"note": n}) + b"\n" for n in notes))
    put(folder, "policy", policy.encode())
    put(folder, "export.json", canonical({
        "first": first, "last": last, "root": root_of(records).hex(), "size": len(records), "v": 1}))
    put(folder, "README.txt", "Bản sao nhật ký. Xem doc/audit-format.md.\n".encode())
    put(folder, "checkpoint", notes[-1].encode())


# --- a log's life ----------------------------------------------------------------------------------

class Full(Exception):
    """The log has as many records as were asked for."""


class Maker:
    def __init__(self, seed, size, witnesses=2, quorum="both"):
        self.rng = random.Random(seed)
        self.size, self.records, self.openings, self.notes = size, [], {}, []
        self.origin_number, self.old_logs = 1, []
        self.log = Signer("hopthu.example.gov.vn/1", LOG, self.rng.randbytes(32))
        self.witnesses = [Signer("w%d.auditor.example" % i, WITNESS, self.rng.randbytes(32))
                          for i in range(1, witnesses + 1)]
        self.quorum, self.edge = quorum, Edge()
        self.now, self.mono = 1_700_000_000_000_000, self.rng.randrange(10 ** 9)  # microseconds
        self.boot = self.uuid()
        self.req, self.subjects, self.cfg = 0, {}, self.hash()
        self.policy_digest, self.running, self.anchors = self.hash(), False, []
        self.alive, self.closed, self.fields, self.gone = [], [], {}, []
        self.letters, self.reasons, self.parked = {}, {}, []

    def policy(self):
        text = "".join("log %s\n" % k.vkey for k in [*self.old_logs, self.log])
        text += "".join("witness w%d %s\n" % (i, w.vkey) for i, w in enumerate(self.witnesses, 1))
        names = " ".join("w%d" % i for i in range(1, len(self.witnesses) + 1))
        if not self.witnesses or self.quorum == "none":
            return text + "quorum none\n"
        return text + "group both %s %s\nquorum both\n" % ("any" if self.quorum == "any" else "all", names)

    # --- chance ---
    def uuid(self):
        return str(uuid.UUID(bytes=self.rng.randbytes(16), version=4))

    def hash(self):
        return self.rng.randbytes(32).hex()

    def name(self):
        r = self.rng
        return " ".join([r.choice(FAMILY), r.choice(MIDDLE), r.choice(GIVEN)])

    def maybe(self, p):
        return self.rng.random() < p

    def pass_time(self, seconds):
        step = int(seconds * 1e6)
        self.now, self.mono = self.now + step, self.mono + step

    # --- records ---
    def append(self, ev, who="hopthud", pii=None, **keys):
        """One more record; its seq."""
        if len(self.records) >= self.size:
            raise Full
        self.pass_time(self.rng.expovariate(1 / 0.02))
        seq = len(self.records) + 1
        mech, src = ("daemon", "") if who == "hopthud" else ("scram", "uid:1000")
        rec = {"v": 1, "seq": seq, "ev": ev, "boot": self.boot, "mono": self.mono // 1000,
               "t": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(self.now // 10 ** 6)) +
               ".%06dZ" % (self.now % 10 ** 6),
               "actor": {"name": who, "mech": mech, "src": src}, **keys}
        if pii:
            rec["pii"] = {}
            for field, value in pii.items():
                salt = self.rng.randbytes(32)
                rec["pii"][field] = hmac.new(salt, b"hopthu/pii/1\0" + field.encode() + b"\0" +
                                             value.encode(), hashlib.sha256).hexdigest()
                self.openings[seq, field] = (salt, value)
            self.fields.setdefault(keys.get("subj"), []).append(seq)
        raw = canonical(rec)
        self.records.append(raw)
        self.edge.add(hashlib.sha256(b"\0" + raw).digest())
        return seq

    def seal(self):
        """A checkpoint, its cosignatures, and the anchors of those that came."""
        size, root = len(self.records), self.edge.root()
        if not size or (self.notes and int(self.notes[-1].split("\n")[1]) == size):
            return
        text = checkpoint_text(self.log.name, size, root)
        note = text + "\n" + self.log.line(self.log.sign(text))
        self.pass_time(2)
        for w in self.witnesses:
            if self.maybe(0.9) or size == self.size:
                at = self.now // 10 ** 6
                sig = w.sign(text, at)
                note += w.line(sig)
                self.anchors.append({"witness": w.name, "size": size, "root": root.hex(), "at": at,
                                     "sig": sig})
        self.notes.append(note)

    def put_anchors(self):
        while self.anchors:
            self.append("anchor", **self.anchors[0])
            self.anchors.pop(0)

    # --- the daemon ---
    def genesis(self):
        self.append("genesis", cfg=self.cfg, key=self.log.vkey, target=self.log.name)
        self.cfg = self.hash()
        self.order("operator-add", "hopthud", "admin")
        self.start()

    def start(self):
        self.append("start", bin="0.1.0", cfg=self.cfg)
        self.running = True

    def restart(self):
        self.append("stop")
        if self.maybe(0.3):
            self.boot, self.mono = self.uuid(), self.rng.randrange(10 ** 8)
        if self.maybe(0.3):
            self.cfg = self.hash()
        self.pass_time(30)
        self.start()

    def crash(self):
        if self.maybe(0.5):
            self.boot, self.mono = self.uuid(), self.rng.randrange(10 ** 8)
        self.pass_time(5)
        self.start()

    def quiet_day(self):
        self.pass_time(self.rng.choice([3600, 86400, 200000]))
        self.append("heartbeat")

    def incarnation(self):
        """The database was restored: what came after a checkpoint is lost, also to us."""
        if len(self.old_logs) == 9:
            return
        self.append("stop")
        old, self.origin_number = self.log, self.origin_number + 1
        new = Signer("hopthu.example.gov.vn/%d" % self.origin_number, LOG, self.rng.randbytes(32))
        known = {"size": len(self.records) + 40, "root": self.hash()} if self.maybe(0.5) else {"size": 0}
        self.append("incarnation", old=old.name, key=new.vkey, target=new.name,
                    pii={"reason": "đĩa hỏng, khôi phục từ bản sao lưu"}, **known)
        self.old_logs.append(old)
        self.log = new
        self.start()

    # --- letters ---
    def order(self, op, who, target):
        """What an administrator orders: no letter, nobody approves."""
        self.req += 1
        plan = {"op": op, "opid": self.uuid(), "plan": self.hash(), "req": self.req, "round": 1, "row": 1}
        self.append("operator" if op.startswith("operator") else "agency", who, target=target,
                    pii={"full_name": self.name()}, result="added")
        self.append("item", who, target=target, **plan)
        self.execute(plan, who)

    def item(self, who, plan, ev="item"):
        pii = {"full_name": self.name(), "address": "%s@binhduong.gov.vn" % self.uuid()[:8],
               "input": "%s,tạo mới" % self.name()}
        self.append(ev, who, pii=pii, policy=self.policy_digest, **plan)

    def plan_row(self, row, op, round_=1, subj=None):
        return {"op": op, "opid": self.uuid(), "plan": self.hash(), "req": self.req, "round": round_,
                "row": row, "subj": subj or self.uuid()}

    def pick(self, op):
        """The person an operation is about."""
        if op == "create":
            return self.uuid()
        where = self.closed if op == "restore" else self.alive
        return where.pop(self.rng.randrange(len(where)))

    def letter(self):
        r = self.rng
        self.req += 1
        req, who = self.req, r.choice(ASKS)
        ops = []
        for _ in range(r.choice([1, 1, 2, 3, 8])):
            ops.append("create")
            if len(self.alive) > 12:
                ops[-1] = r.choice(["create", "close"] + CHANGES)
            if len(self.closed) > 9 and self.maybe(0.4):
                ops[-1] = "restore"
        self.append("request", who, req=req, agency="snv", channel="dms", count=len(ops),
                    domain="binhduong.gov.vn", letter="%d/SNV-VP" % req, letter_date="2026-03-02",
                    policy=self.policy_digest, pii={"reason": "tuyển dụng", "signer": self.name()})
        self.reasons[req] = len(self.records)
        rows = [self.plan_row(n, op, subj=self.pick(op)) for n, op in enumerate(ops, 1)]
        self.letters[req] = [row["subj"] for row in rows]
        self.items(who, rows)
        plan = self.tell_plan(who, rows, needs=2 if len(rows) > 4 else 1)
        if self.maybe(0.06):
            self.append(r.choice(["refuse", "cancel"]), r.choice(APPROVES), req=req,
                        pii={"reason": "sai mẫu"})
            return
        self.run(who, self.approve(plan), rows)

    def items(self, who, rows):
        late = [row for row in rows if row["op"] == "create" and self.maybe(0.08)]
        for row in rows:
            if row in late:
                self.append("item", who, result="name-needed", policy=self.policy_digest,
                            pii={"candidates": "nguyetdta", "full_name": self.name(), "input": "x"},
                            **{k: v for k, v in row.items() if k != "plan"})
            else:
                self.item(who, row)
        if late:
            self.append("plan", who, req=self.req, round=1, result="name-needed", count=len(rows),
                        policy=self.policy_digest)
        for row in late:
            self.append("name", who, pii={"address": "ten@binhduong.gov.vn"},
                        policy=self.policy_digest, **row)

    def tell_plan(self, who, rows, needs=1):
        text = "hopthu-plan/2 %d\n" % len(rows) + "".join(
            "%d %s\n" % line for line in sorted((row["row"], row["plan"]) for row in rows))
        plan = {"req": rows[0]["req"], "round": max(row["round"] for row in rows), "count": len(rows),
                "digest": sha256(text.encode()), "policy": self.policy_digest}
        if needs > 1:
            plan["needs"] = needs
        self.append("plan", who, **plan)
        return plan

    def approve(self, plan):
        people = self.rng.sample(APPROVES, plan.get("needs", 1))
        if len(people) > 1:
            self.append("approve", people.pop(), result="first of two", **plan)
        last = people.pop()
        self.append("approve", last, **plan)
        return last

    def run(self, who, by, rows):
        """Intents and outcomes in an order of their own; what moved or failed once more."""
        again, running = [], []
        for row in rows:
            running.append((self.intent(row, by), row))
            if self.maybe(0.5):
                self.finish(running, again, by)
        while running:
            self.finish(running, again, by)
        if again:
            if any(how == "failed" for how, _ in again):
                self.append("retry", "tuan", req=rows[0]["req"], count=len(again), pii={"reason": "thử lại"})
            rows = [self.plan_row(old["row"], old["op"], old["round"] + 1, old["subj"]) for _, old in again]
            for row in rows:
                row["req"] = again[0][1]["req"]
                self.item(who, row)
            self.run(who, self.approve(self.tell_plan(who, rows)), rows)

    def finish(self, running, again, by):
        r = self.rng
        intent, row = running.pop(r.randrange(len(running)))
        if self.maybe(0.02):
            self.crash()
            for seq, other in [*running, (intent, row)]:
                self.append("resolve", intent=seq, result="taken up again", **self.begun(other, by))
        what = r.choices(["done", "moved", "failed", "hold"], [90, 4, 4, 2])[0]
        if what == "hold":
            self.append("hold", intent=intent, pii={"message": "80"}, **self.ended(row, by))
            if self.maybe(0.5):
                self.parked.append((intent, row, by))
                return
            what = "done"
        self.outcome(intent, row, what, by)
        if what == "moved":
            self.append("drift", pii={"found": "title: Chuyên viên"}, req=row["req"], row=row["row"],
                        subj=row["subj"])
        if what in ("moved", "failed"):
            again.append((what, row))
        elif row["op"] == "close":
            self.closed.append(row["subj"])
        else:
            self.alive.append(row["subj"])

    @staticmethod
    def begun(row, by):
        return {**{k: row[k] for k in ("op", "opid", "plan", "req", "round", "row")}, "as": by,
                **({"subj": row["subj"]} if "subj" in row else {})}

    @classmethod
    def ended(cls, row, by):
        return {k: v for k, v in cls.begun(row, by).items() if k not in ("plan", "round")}

    def intent(self, row, by):
        return self.append("intent", **self.begun(row, by))

    def outcome(self, intent, row, result, by):
        ldap = {"rc": {"done": 0, "moved": 122, "failed": 19}[result]}
        pii = {"message": "constraint violation"} if result == "failed" else None
        self.append("outcome", pii=pii, intent=intent, ldap=ldap, result=result, **self.ended(row, by))

    def execute(self, row, by):
        self.outcome(self.intent(row, by), row, "done", by)

    def release(self):
        """What was held is done after all."""
        if self.parked:
            intent, row, by = self.parked[0]
            self.outcome(intent, row, "done", by)
            self.parked.pop(0)

    # --- auditors and persons ---
    def read(self):
        self.append("auth.ok", "hoa")
        self.append("read", "hoa", route="mailbox_show", pii={"path": "/v1/mailboxes/%s" % self.uuid()[:6]})

    def erase(self):
        subjects = [s for s in self.fields if s]
        if not subjects:
            return
        subj = self.rng.choice(subjects)
        alone = [req for req, people in self.letters.items() if people == [subj]]
        also = sorted(self.reasons[req] for req in alone)
        seqs = self.fields[subj] + also
        gone = [k for k in self.openings if k[0] in seqs and k[1] != "signer"]
        self.append("erase", "admin", subj=subj, basis="Luật 91/2025/QH15, Điều 14", count=len(gone),
                    **({"also": also} if also else {}))
        self.fields.pop(subj)
        self.gone += [(len(self.records), k, self.openings.pop(k)) for k in gone]

    def live(self):
        """Until the log has its size."""
        things = [(self.letter, 60), (self.read, 8), (self.quiet_day, 4), (self.restart, 3),
                  (lambda: self.order("operator-add", "admin", "op%d" % self.req), 3),
                  (lambda: self.order("agency-add", "admin", "Sở %d" % self.req), 2),
                  (self.erase, 4), (self.release, 3), (self.accept, 2), (self.config, 2),
                  (self.give_out, 1), (self.incarnation, 0.4), (self.step_clock, 1)]
        work, weights = zip(*things)
        try:
            self.genesis()
            while True:
                self.rng.choices(work, weights)[0]()
                if self.maybe(0.15) or len(self.records) - self.sealed() >= 256:
                    self.seal()
                    self.put_anchors()
        except Full:
            self.seal()
        return self

    def sealed(self):
        return int(self.notes[-1].split("\n")[1]) if self.notes else 0

    def accept(self):
        n = self.append("drift", count=2, result="foreign", pii={"logins": "root2"})
        self.append("accept", "tuan", drift=n)

    def config(self):
        self.cfg, self.policy_digest = self.hash(), self.hash()
        self.append("config", bin="0.1.0", cfg=self.cfg)

    def give_out(self):
        self.seal()
        self.append("export", "hoa", first=1, size=self.sealed(), root=self.edge.root().hex())

    def step_clock(self):
        self.now += 7 * 10 ** 6
        self.append("auth.fail", count=3)

    def write(self, folder, first=1, last=None):
        write_copy(folder, self.records, self.openings, self.notes, self.policy(), first, last)
        return pathlib.Path(folder)


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("dir")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    p.add_argument("--size", type=int, default=700)
    p.add_argument("--first", type=int, default=1)
    p.add_argument("--last", type=int)
    a = p.parse_args()
    print("seed %d" % a.seed)
    m, folder = Maker(a.seed, a.size).live(), pathlib.Path(a.dir)
    shutil.rmtree(folder / "log", ignore_errors=True)
    m.write(folder / "log", a.first, a.last)
    put(folder, "policy", m.policy().encode())
    put(folder, "held", m.notes[-2 if len(m.notes) > 1 else -1].encode())
    put(folder, "keys", canonical({k.vkey: k.seed.hex() for k in [*m.old_logs, m.log, *m.witnesses]}))


if __name__ == "__main__":
    main()
