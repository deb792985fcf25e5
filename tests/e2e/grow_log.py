#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes records into the database of a hopthud that does not run, as it would have itself.

    grow_log.py hopthu.db COUNT
"""
import datetime
import hashlib
import hmac
import json
import secrets
import sqlite3
import sys

sys.dont_write_bytecode = True


def sha(data):
    return hashlib.sha256(data).digest()


def canonical(rec):
    return json.dumps(rec, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


class Tree:
    """The right edge, as the table `frontier` keeps it: the largest subtree first."""

    def __init__(self, size, packed):
        self.size, self.edge = size, []
        for level in range(63, -1, -1):
            if size >> level & 1:
                self.edge.append((level, packed[:32]))
                packed = packed[32:]

    def add(self, leaf):
        """Roots of the subtrees of 256^i records that are complete now: [(i, n, root)]."""
        level, h, done = 0, leaf, []
        while self.edge and self.edge[-1][0] == level:
            h = sha(b"\1" + self.edge.pop()[1] + h)
            level += 1
            if level % 8 == 0:
                done.append((level // 8, self.size >> level, h))
        self.edge.append((level, h))
        self.size += 1
        return done

    def packed(self):
        return b"".join(h for _, h in self.edge)


def outcome(seq, t, boot):
    """A record as an item leaves behind, and the opening of what is personal in it."""
    salt, value = secrets.token_bytes(32), "Người dùng thử số %d, Phòng Tổ chức" % seq
    commitment = hmac.new(salt, b"hopthu/pii/1\0full_name\0" + value.encode(), hashlib.sha256)
    rec = {"actor": {"mech": "daemon", "name": "hopthud", "src": ""}, "as": "minh", "boot": boot,
           "ev": "item", "mono": 1000 + seq, "op": "create",
           "opid": "%08x-0000-7000-8000-%012x" % (seq, seq),
           "pii": {"full_name": commitment.hexdigest()},
           "plan": secrets.token_hex(32), "policy": "9" * 64, "req": 1 + seq // 1000, "result": "done",
           "round": 1, "row": 1 + seq % 1000, "seq": seq, "subj": "%032x" % seq, "t": t, "v": 1}
    return canonical(rec), salt, value


def short(seq, t, boot):
    """The least that a record can be: for a log of very many."""
    return canonical({"boot": boot, "ev": "heartbeat", "seq": seq, "t": t, "v": 1}), None, None


def grow(file, count, make=outcome):
    """Bytes of records written."""
    db = sqlite3.connect(file)
    size, packed = db.execute("SELECT size, hashes FROM frontier").fetchone()
    last = json.loads(db.execute("SELECT rec FROM audit WHERE seq = ?", (size,)).fetchone()[0])
    t = datetime.datetime.fromisoformat(last["t"].replace("Z", "+00:00"))
    tree, total = Tree(size, packed), 0
    for seq in range(size + 1, size + count + 1):
        rec, salt, value = make(seq, t.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), last["boot"])
        leaf = sha(b"\0" + rec)
        total += len(rec)
        db.execute("INSERT INTO audit VALUES (?, ?, ?)", (seq, rec, leaf))
        if salt:
            db.execute("INSERT INTO opening VALUES (?, 'full_name', ?, ?)", (seq, salt, value))
        db.executemany("INSERT INTO subtree VALUES (?, ?, ?)", tree.add(leaf))
    db.execute("UPDATE frontier SET size = ?, hashes = ?", (tree.size, tree.packed()))
    db.commit()
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return total


if __name__ == "__main__":
    print(grow(sys.argv[1], int(sys.argv[2])))
