# SPDX-License-Identifier: BSD-2-Clause
"""Signed notes, checkpoints, cosignatures and Merkle proofs, written from the C2SP pages and RFC 6962
alone; no code is shared with hopthud."""
import base64
import hashlib

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

LOG, COSIGNATURE = 1, 4
RAW = (serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class Key:
    """A vkey; with private, a key that signs."""

    def __init__(self, name, public, kind, private=None):
        self.name, self.public, self.kind, self.private = name, public, kind, private
        self.id = hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()[:4]

    @classmethod
    def make(cls, name, kind):
        private = Ed25519PrivateKey.generate()
        return cls(name, private.public_key().public_bytes(*RAW), kind, private)

    @classmethod
    def read(cls, vkey):
        name, ident, rest = vkey.strip().split("+", 2)
        raw = base64.b64decode(rest, validate=True)
        key = cls(name, raw[1:], raw[0])
        assert key.id.hex() == ident and len(raw) == 33, vkey
        return key

    def vkey(self):
        return "%s+%s+%s" % (self.name, self.id.hex(),
                             base64.b64encode(bytes([self.kind]) + self.public).decode())

    def line(self, signature):
        return "\u2014 %s %s\n" % (self.name, base64.b64encode(self.id + signature).decode())

    def cosign(self, text, at):
        message = b"cosignature/v1\ntime %d\n" % at + text
        return self.line(at.to_bytes(8, "big") + self.private.sign(message))

    def sign(self, text):
        return self.line(self.private.sign(text))

    def check(self, text, line):
        """True, False, or None when the line is not by this key; of a cosignature its time."""
        dash, name, b64 = line.rstrip("\n").split(" ")
        raw = base64.b64decode(b64, validate=True)
        assert dash == "\u2014"
        if name != self.name or raw[:4] != self.id:
            return None
        signature, at = raw[4:], True
        if self.kind == COSIGNATURE:
            at = int.from_bytes(signature[:8], "big")
            text, signature = b"cosignature/v1\ntime %d\n" % at + text, signature[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text)
            return at
        except InvalidSignature:
            return False


class Note:
    def __init__(self, text):
        data = text if isinstance(text, str) else text.decode()
        at = data.rindex("\n\n")
        self.body = data[:at + 1].encode()
        self.lines = [line + "\n" for line in data[at + 2:].splitlines()]
        origin, size, root = data[:at].split("\n")
        assert str(int(size)) == size
        self.origin, self.size = origin, int(size)
        self.root = base64.b64decode(root, validate=True)

    def check(self, key):
        """As Key.check, for the one line of this key."""
        got = [g for g in (key.check(self.body, line) for line in self.lines) if g is not None]
        assert len(got) <= 1, self.lines
        return got[0] if got else None


def leaf(record):
    return hashlib.sha256(b"\0" + record).digest()


def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


def root_of(leaves):
    """RFC 6962 section 2.1."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    level = list(leaves)
    while len(level) > 1:  # the odd one goes up unchanged: the same tree, without recursion
        up = [node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = up + level[len(level) - len(level) % 2:]
    return level[0]


def consistent(m, n, old, new, proof):
    """RFC 9162 section 2.1.4.2, with the rule for m = 0 and m = n."""
    if m == n:
        return not proof and old == new
    if m == 0:
        return not proof
    if not proof:
        return False
    path = ([old] if m & (m - 1) == 0 else []) + proof
    fn, sn = m - 1, n - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = path[0]
    for c in path[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while fn & 1 == 0 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old and sr == new
