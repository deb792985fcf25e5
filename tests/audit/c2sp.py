# SPDX-License-Identifier: BSD-2-Clause
"""Canonical JSON, trees, keys, checkpoints and policies: RFC 8785, RFC 6962 and c2sp.org."""
import base64
import binascii
import hashlib
import json
import re
import unicodedata

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG, WITNESS = 1, 4           # kinds of keys, signed-note "Signature types"
HEX64 = re.compile(r"[0-9a-f]{64}")


class Bad(Exception):
    """Bytes that are not what they should be; the text says how."""


# --- canonical JSON (RFC 8785), hashes and the tree (RFC 6962) -------------------------------------

def _pairs(pairs):
    if len(dict(pairs)) != len(pairs):
        raise Bad("has a key twice")
    return dict(pairs)


def _no_float(text):
    raise Bad("has a number that is no integer: %s" % text)


def _integer(text):
    if len(text) > 17 or abs(int(text)) > 2 ** 53 - 1:
        raise Bad("has a number that is too large: %.20s" % text)
    return int(text)


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True,
                      separators=(",", ":")).encode("utf-8")


def read_json(raw):
    """The value of bytes that are one object in canonical form, and nothing else."""
    try:
        text = raw.decode("utf-8")
        value = json.loads(text, object_pairs_hook=_pairs, parse_float=_no_float,
                           parse_constant=_no_float, parse_int=_integer)
        same = canonical(value) == raw
    except (ValueError, RecursionError) as e:
        raise Bad("is no JSON: %s" % e) from None
    if not isinstance(value, dict) or not same:
        raise Bad("is not in the canonical form of RFC 8785")
    if not unicodedata.is_normalized("NFC", text):
        raise Bad("is not in Unicode's normal form C")
    return value


def leaf_hash(record):
    return hashlib.sha256(b"\0" + record).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """levels[k] holds, 32 bytes each, the roots of all whole subtrees of 2^k leaves."""

    def __init__(self, leaves):
        self.size = len(leaves) // 32
        self.levels = [bytes(leaves)]
        while len(self.levels[-1]) >= 64:
            below, level = self.levels[-1], bytearray()
            for at in range(0, len(below) - 63, 64):
                level += hashlib.sha256(b"\1" + below[at:at + 64]).digest()
            self.levels.append(bytes(level))

    def hash(self, level, n):
        return self.levels[level][32 * n:32 * n + 32]

    def root(self, size):
        """Root of the first `size` leaves: whole subtrees from the right, the smallest first."""
        root = None
        for level in range(size.bit_length()):
            if size >> level & 1:
                left = self.hash(level, (size >> level) - 1)
                root = left if root is None else node_hash(left, root)
        return hashlib.sha256(b"").digest() if root is None else root


def root_by_path(leaf, index, size, path):
    """RFC 6962 section 2.1.1: the root that a leaf and its inclusion proof lead to."""
    node, last, root = index, size - 1, leaf
    for sibling in path:
        if last == 0:
            raise Bad("has too many hashes")
        if node & 1 or node == last:
            root = node_hash(sibling, root)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        node, last = node >> 1, last >> 1
    if last:
        raise Bad("has too few hashes")
    return root


# --- signed notes, keys and checkpoints (C2SP signed-note, tlog-checkpoint, tlog-cosignature) ------

def read_base64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise Bad("%.20s... is no base 64" % text) from None
    if base64.b64encode(data).decode() != text:  # bits that say nothing must be 0
        raise Bad("%.20s... is not the base 64 of its bytes" % text)
    return data


def good_name(name):
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name)


class Key:
    """A verifier key: name+id+base64(kind, public key)."""

    def __init__(self, vkey):
        name, _, rest = vkey.partition("+")
        ident, _, text = rest.partition("+")
        data = read_base64(text)
        if not good_name(name) or len(data) != 33 or data[0] not in (LOG, WITNESS):
            raise Bad("%.60s is no Ed25519 key of a log or a witness" % vkey)
        self.name, self.kind, self.public = name, data[0], data[1:]
        self.id = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
        if ident != self.id.hex():
            raise Bad("the id of the key %.60s is not that of its bytes" % vkey)

    def __eq__(self, other):
        return (self.name, self.kind, self.public) == (other.name, other.kind, other.public)

    def verify(self, text, signature):
        """Whether the bytes after the key's id are its signature; a witness's time, else 0."""
        time, message = 0, text.encode()
        if self.kind == WITNESS:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            message = b"cosignature/v1\ntime %d\n" % time + message
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
        except (InvalidSignature, ValueError):
            return None
        return time if time < 2 ** 63 else None


class Checkpoint:
    """Origin, size and root, and the signature lines below them."""

    def __init__(self, text):
        """Of three lines, or of three lines and a signed note's signatures."""
        if any(c < " " and c != "\n" for c in text) or not text.endswith("\n"):
            raise Bad("has other characters than lines of text")
        body, blank, lines = text.rpartition("\n\n")
        self.note, self.as_hex = text, False
        self.text = body + "\n" if blank else text
        self.signatures = [self._signature(s) for s in lines.split("\n")[:-1]] if blank else []
        if blank and not self.signatures:
            raise Bad("has no signature")
        parts = self.text.split("\n")
        if len(parts) != 4 or not good_name(parts[0]) or not re.fullmatch("[1-9][0-9]{0,15}", parts[1]):
            raise Bad("is not origin, size and root, a line each")
        self.origin, self.size, self.root = parts[0], int(parts[1]), read_base64(parts[2])
        if len(self.root) != 32:
            raise Bad("has a root that is no SHA-256")

    @staticmethod
    def _signature(line):
        words = line.split(" ")
        if len(words) != 3 or words[0] != "\u2014" or not good_name(words[1]):
            raise Bad("has a signature line of another form")
        data = read_base64(words[2])
        if len(data) < 5:
            raise Bad("has a signature that is too short")
        return words[1], data[:4], data[4:], words[2]

    def signed_by(self, key):
        """The time in this key's signature (0: a log's); None when there is none of this key."""
        time = None
        for name, ident, signature, _ in self.signatures:
            if (name, ident) == (key.name, key.id):
                time = key.verify(self.text, signature)
                if time is None:
                    raise Bad("has a wrong signature of %s" % key.name)
        return time


class Policy:
    """Keys and quorum of c2sp.org/tlog-policy."""

    def __init__(self, raw):
        self.logs, self.witnesses, self.groups, self.quorum = [], {}, {}, None
        self.free = set()
        for number, line in enumerate(raw.decode("utf-8", "surrogateescape").split("\n"), 1):
            words = line.replace("\t", " ").split(" ")
            words = [w for w in words if w]
            if words and not words[0].startswith("#"):
                try:
                    self._line(words)
                except (Bad, IndexError, ValueError) as e:
                    raise Bad("line %d of the policy: %s" % (number, e or "is too short")) from None
        if self.quorum is None:
            raise Bad("the policy names no quorum")

    def _line(self, words):
        kind, name = words[0], words[1]
        if kind == "log" and len(words) <= 3:
            self.logs.append(self._key(name, LOG))
        elif kind == "witness" and len(words) in (3, 4):
            self._define(name)
            self.witnesses[name] = self._key(words[2], WITNESS)
        elif kind == "group":
            self._group(name, words[2], words[3:])
        elif kind == "quorum" and len(words) == 2 and self.quorum is None:
            if name != "none" and name not in self.witnesses and name not in self.groups:
                raise Bad("%s is neither a witness nor a group" % name)
            self.quorum = name
        else:
            raise Bad("is not understood")

    def _key(self, vkey, kind):
        key = Key(vkey)
        known = self.logs + list(self.witnesses.values())
        if key.kind != kind or any(key.public == k.public for k in known):
            raise Bad("%s is of the wrong kind or stands there twice" % key.name)
        return key

    def _define(self, name):
        if name == "none" or name in self.witnesses or name in self.groups:
            raise Bad("the name %s stands there twice" % name)
        self.free.add(name)

    def _group(self, name, count, members):
        if not members or not set(members) <= self.free or len(set(members)) != len(members):
            raise Bad("a member of %s is not known or stands in two groups" % name)
        need = {"any": 1, "all": len(members)}.get(count) or int(count)
        if not 1 <= need <= len(members):
            raise Bad("%s cannot have %d of its members" % (name, need))
        self._define(name)
        self.free -= set(members)
        self.groups[name] = (need, members)

    def reached(self, confirmed, name=None):
        """Whether witnesses of these names are enough; where none is asked for, one is."""
        name = name or self.quorum
        if name == "none":
            return bool(confirmed)
        if name in self.witnesses:
            return name in confirmed
        need, members = self.groups[name]
        return sum(self.reached(confirmed, m) for m in members) >= need

    def witnesses_of(self, checkpoint):
        """{name in the policy: time} of the witnesses that signed; Bad when one is wrong."""
        times = {n: checkpoint.signed_by(k) for n, k in self.witnesses.items()}
        return {n: t for n, t in times.items() if t is not None}

    def witness(self, name, ident):
        return next((k for k in self.witnesses.values() if (k.name, k.id) == (name, ident)), None)
