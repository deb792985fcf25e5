# SPDX-License-Identifier: BSD-2-Clause
"""Reads an exported folder and a proof by what doc/audit-format.md says, and by nothing of hopthu."""
import base64
import hashlib
import hmac
import json
import pathlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

WIDTH = 256


class Wrong(AssertionError):
    """The copy is not what it should be."""


def need(true, what):
    if not true:
        raise Wrong(what)


def sha(data):
    return hashlib.sha256(data).digest()


def leaf(record):
    return sha(b"\0" + record)


def node(left, right):
    return sha(b"\1" + left + right)


def root(hashes):
    """RFC 6962 section 2.1, as it stands there; of hashes of any one level."""
    if not hashes:
        return sha(b"")
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while k * 2 < len(hashes):
        k *= 2
    return node(root(hashes[:k]), root(hashes[k:]))


def inclusion(index, size, path, h):
    """RFC 9162 section 2.1.3.2: the root that a path leads to."""
    fn, sn = index, size - 1
    for p in path:
        need(sn, "the path is too long")
        if fn & 1 or fn == sn:
            h = node(p, h)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            h = node(h, p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0, "the path is too short")
    return h


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


class Key:
    def __init__(self, vkey):
        self.vkey = vkey
        self.name, self.id, key = vkey.split("+", 2)
        raw = base64.b64decode(key, validate=True)
        self.kind, self.raw = raw[0], raw[1:]
        need(len(self.raw) == 32, "the key %s is not of Ed25519" % vkey)
        need(sha(self.name.encode() + b"\n" + raw)[:4].hex() == self.id, "the id of key " + vkey)


class Note:
    """A signed note: text, origin, size, root, signatures."""

    def __init__(self, text):
        body, _, tail = text.rpartition("\n\n")
        self.text = body + "\n"
        self.origin, size, r = body.split("\n")
        self.size, self.root = int(size), base64.b64decode(r, validate=True)
        self.lines = []
        need(tail.endswith("\n"), "the note's last line has no end")
        for line in tail[:-1].split("\n"):
            dash, name, sig = line.split(" ")
            need(dash == "—", "the signature line %r" % line)
            self.lines.append((name, base64.b64decode(sig, validate=True)))

    def signed_by(self, key):
        """True, or False when there is no line of this key; a wrong one fails."""
        for name, sig in self.lines:
            if name != key.name or sig[:4].hex() != key.id:
                continue
            text, sig = self.text, sig[4:]
            if key.kind == 4:
                text = "cosignature/v1\ntime %d\n%s" % (int.from_bytes(sig[:8], "big"), text)
                sig = sig[8:]
            try:
                Ed25519PublicKey.from_public_bytes(key.raw).verify(sig, text.encode())
            except InvalidSignature:
                raise Wrong("the signature of %s is not right" % name) from None
            return True
        return False


def commitment(salt, field, value):
    return hmac.new(bytes.fromhex(salt), b"hopthu/pii/1\0" + field.encode() + b"\0" + value.encode(),
                    hashlib.sha256).hexdigest()


def tile_name(level, n, width):
    digits = ["%03d" % (n % 1000)]
    while n >= 1000:
        n //= 1000
        digits.insert(0, "x%03d" % (n % 1000))
    return "tile/%s/%s%s" % (level, "/".join(digits), ".p/%d" % width if width < WIDTH else "")


class Copy:
    """A finished folder, checked as it is read; every fault raises Wrong."""

    def __init__(self, folder, openings_complete=True):
        self.dir = pathlib.Path(folder)
        self.note = Note(self.read("checkpoint").decode())
        self.size = self.note.size
        self.range = json.loads(self.read("export.json"))
        need(canonical(self.range).encode() == self.read("export.json"), "export.json's form")
        need(self.range["size"] == self.size and self.range["v"] == 1 and
             self.range["root"] == self.note.root.hex(), "export.json and checkpoint differ")
        self.expected = {"checkpoint", "export.json", "policy", "README.txt", "checkpoints.ndjson",
                         "openings.ndjson"}
        self.policy()
        self.tiles()
        self.entries()
        self.check_openings(openings_complete)
        self.checkpoints()
        there = {str(p.relative_to(self.dir)) for p in self.dir.rglob("*") if p.is_file()}
        need(there == self.expected, "files: %s" % sorted(there ^ self.expected)[:10])

    def read(self, name):
        return (self.dir / name).read_bytes()

    def tile(self, level, n, width):
        name = tile_name(level, n, width)
        self.expected.add(name)
        return self.read(name)

    def policy(self):
        self.logs, self.witnesses, self.quorum = [], {}, None
        for line in self.read("policy").decode().splitlines():
            words = line.split()
            if words[:1] == ["log"]:
                self.logs.append(Key(words[1]))
            elif words[:1] == ["witness"]:
                need(len(words) == 3, "an address of a witness stands in the copy")
                self.witnesses[words[1]] = Key(words[2])
            elif words[:1] == ["quorum"]:
                self.quorum = words[1]
        need(self.logs and self.quorum, "the policy lacks a log or the quorum")
        need(self.signed(self.note), "the checkpoint is not signed by the log")

    def signed(self, note):
        return any(note.signed_by(k) for k in self.logs if k.name == note.origin)

    def level(self, level, count):
        hashes = []
        for n in range((count + WIDTH - 1) // WIDTH):
            width = min(WIDTH, count - n * WIDTH)
            data = self.tile(level, n, width)
            need(len(data) == width * 32, tile_name(level, n, width) + " has another length")
            hashes += [data[i:i + 32] for i in range(0, len(data), 32)]
        return hashes

    def tiles(self):
        self.leaves = below = self.level(0, self.size)
        level, count = 1, self.size // WIDTH
        while count:
            here = self.level(level, count)
            need(here == [root(below[i * WIDTH:(i + 1) * WIDTH]) for i in range(count)],
                 "level %d of the tiles" % level)
            level, count, below = level + 1, count // WIDTH, here
        need(root(self.leaves) == self.note.root, "the root of the leaves")

    def entries(self):
        self.records = {}
        first, last = self.range["first"], self.range["last"]
        need(1 <= first <= last <= self.size, "the range")
        for n in range((first - 1) // WIDTH, (last - 1) // WIDTH + 1):
            width = min(WIDTH, self.size - n * WIDTH)
            data, at = self.tile("entries", n, width), 0
            for i in range(width):
                length = int.from_bytes(data[at:at + 2], "big")
                rec = data[at + 2:at + 2 + length]
                at += 2 + length
                seq = n * WIDTH + i + 1
                need(leaf(rec) == self.leaves[seq - 1], "record %d is not what was hashed" % seq)
                self.records[seq] = json.loads(rec)
                need(canonical(self.records[seq]).encode() == rec, "record %d's form" % seq)
                need(self.records[seq]["seq"] == seq, "record %d says another number" % seq)
            need(at == len(data), "more than the records stands in tile %d" % n)

    def check_openings(self, complete):
        self.openings, last = {}, (0, "")
        for line in self.read("openings.ndjson").decode().splitlines():
            o = json.loads(line)
            need(canonical(o) == line and set(o) == {"field", "salt", "seq", "value"},
                 "an opening's form")
            need((o["seq"], o["field"]) > last, "the order of openings")
            last = (o["seq"], o["field"])
            need(self.range["first"] <= o["seq"] <= self.range["last"], "an opening of another part")
            need(commitment(o["salt"], o["field"], o["value"]) ==
                 self.records[o["seq"]]["pii"][o["field"]], "an opening of record %d" % o["seq"])
            self.openings[last] = o["value"]
        for seq, rec in self.records.items():
            if complete and self.range["first"] <= seq <= self.range["last"]:
                for field in rec.get("pii", {}):
                    need((seq, field) in self.openings, "no opening of %d %s" % (seq, field))

    def checkpoints(self):
        self.notes, last = [], 0
        for line in self.read("checkpoints.ndjson").decode().splitlines():
            note = json.loads(line)
            need(canonical(note) == line and set(note) == {"note"}, "a checkpoint's form")
            n = Note(note["note"])
            need(last < n.size <= self.size, "the order of checkpoints")
            last = n.size
            need(self.signed(n), "the checkpoint of %d is not signed by the log" % n.size)
            need(root(self.leaves[:n.size]) == n.root, "the root of %d records" % n.size)
            self.notes.append(n)
        need(last == self.size and note["note"].encode() == self.read("checkpoint"),
             "the last checkpoint is not among them")


class Proof:
    """A .tlog-proof, checked against keys as in a Copy's policy."""

    def __init__(self, text, logs):
        head, empty, tail = text.partition("\n\n")
        need(empty, "the proof has no empty line")
        lines = head.split("\n")
        need(lines[0] == "c2sp.org/tlog-proof@v1" and lines[1].startswith("extra "), "its first lines")
        extra = base64.b64decode(lines[1][6:], validate=True).decode()
        self.extra = json.loads(extra)
        need(canonical(self.extra) == extra and set(self.extra) == {"openings", "record"}, "extra")
        need(lines[2].startswith("index "), "its index")
        self.index = int(lines[2][6:])
        need(lines[2] == "index %d" % self.index, "its index")
        self.note = Note(tail)
        need(any(self.note.signed_by(k) for k in logs if k.name == self.note.origin), "its signature")
        record = self.extra["record"].encode()
        path = [base64.b64decode(p, validate=True) for p in lines[3:]]
        need(inclusion(self.index, self.note.size, path, leaf(record)) == self.note.root, "its path")
        self.record = json.loads(record)
        need(self.record["seq"] == self.index + 1, "its number")
        self.openings = {}
        for o in self.extra["openings"]:
            need(commitment(o["salt"], o["field"], o["value"]) == self.record["pii"][o["field"]],
                 "an opening")
            self.openings[o["field"]] = o["value"]
