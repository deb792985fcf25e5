# SPDX-License-Identifier: BSD-2-Clause
"""What somebody with root and the stolen key of the log can do to a copy, and who notices.

ATTACKS: {title: Attack}.  An attack changes a Log (or a written folder) and says what each holder must
see: with only the export (and the log's key from the printed page), with one old checkpoint on paper
besides, and with the last checkpoint that the witnesses signed.
"""
import base64
import copy
import json
import pathlib
import random

import maker
from maker import canonical

SOUND, INCOMPLETE, TAMPERED = 0, 75, 76
HOLDERS = ("export", "paper", "witness")


class Log:
    """A log in memory, and all that is needed to sign it again."""

    def __init__(self, made):
        self.records = [json.loads(r) for r in made.records]
        self.raw = {}            # seq: bytes that are not the canonical form of their record
        self.openings, self.notes, self.gone = dict(made.openings), list(made.notes), list(made.gone)
        self.signers = {k.name: k for k in [*made.old_logs, made.log]}
        self.witnesses, self.policy = made.witnesses, made.policy()
        self.page = "".join("log %s\n" % k.vkey for k in self.signers.values()) + "quorum none\n"
        self.size = len(self.records)
        sizes = self.sizes()
        self.paper = self.notes[sizes.index(min(sizes, key=lambda s: abs(s - 0.6 * self.size)))]
        self.last = self.notes[-1]

    @classmethod
    def of_copy(cls, folder, signers, witnesses=()):
        """Of the folder of a copy and the stolen keys of its log."""
        class Made:
            records, openings, gone = [], {}, []
            old_logs, log, notes = signers[:-1], signers[-1], []

            @staticmethod
            def policy():
                return (folder / "policy").read_text()

        Made.witnesses = list(witnesses)
        for line in (folder / "checkpoints.ndjson").read_text().splitlines():
            Made.notes.append(json.loads(line)["note"])
        for line in (folder / "openings.ndjson").read_text().splitlines():
            o = json.loads(line)
            Made.openings[o["seq"], o["field"]] = (bytes.fromhex(o["salt"]), o["value"])
        for n in range(-(-size_of(Made.notes[-1]) // 256)):
            data, at = bundle_of(folder, 256 * n + 1)[0].read_bytes(), 0
            while at < len(data):
                length = int.from_bytes(data[at:at + 2], "big")
                Made.records.append(data[at + 2:at + 2 + length])
                at += 2 + length
        return cls(Made)

    def clone(self):
        return copy.deepcopy(self)

    def sizes(self):
        return [size_of(n) for n in self.notes]

    def bytes(self):
        return [self.raw[r["seq"]] if r["seq"] in self.raw else canonical(r) for r in self.records]

    def write(self, folder, **kw):
        maker.write_copy(folder, self.bytes(), self.openings, self.notes, self.policy, **kw)

    def find(self, ev, after=0, **keys):
        """The first record of an event later than `after`; keys: values it has."""
        return next(r for r in self.records if r["ev"] == ev and r["seq"] > after and
                    all(r.get(k) == v for k, v in keys.items()))

    def all(self, ev):
        return [r for r in self.records if r["ev"] == ev]

    def never_erased(self):
        """Openings of letters' signers that no erasure speaks of."""
        also = {n for r in self.all("erase") for n in r.get("also", [])}
        return [k for k in sorted(self.openings) if k[1] == "signer" and k[0] not in also]

    # --- what the thief does ---
    def renumber(self, records):
        """These records from now on, in this order; what refers to others follows."""
        new = {r["seq"]: n for n, r in enumerate(records, 1)}
        old_sizes = self.sizes()
        sizes = {s: len([r for r in records if r["seq"] <= s]) for s in old_sizes}
        for n, r in enumerate(records, 1):
            for key in ("intent", "drift"):
                if key in r:
                    r[key] = new.get(r[key], r[key])
            if "also" in r:
                r["also"] = [new[s] for s in r["also"] if s in new]
        self.openings = {(new[s], f): v for (s, f), v in self.openings.items() if s in new}
        for n, r in enumerate(records, 1):
            r["seq"] = n
        self.records = records
        return sorted(set(sizes.values()) | {len(records)})

    def drop(self, seqs):
        return self.resign(min(seqs), self.renumber([r for r in self.records if r["seq"] not in seqs]))

    def insert(self, after, rec):
        """A record behind another; its number is made up first, then all are counted again."""
        rec = {**self.records[after - 1], **rec, "seq": 10 ** 9}
        for key in [k for k in rec if rec[k] is None]:
            del rec[key]
        records = self.records[:after] + [rec] + self.records[after:]
        sizes = self.renumber(records)
        return self.resign(after + 1, sizes)

    def cover(self, pos):
        """Removes what witnesses said about records from pos on: their anchors would betray it."""
        gone = {r["seq"] for r in self.all("anchor") if r["size"] >= pos}
        if gone:
            self.drop(gone)

    def pad(self, size=0):
        """Records that say little, until there are as many as there were."""
        last = self.records[-1]
        while len(self.records) < max(size, self.size):
            self.records.append({k: last[k] for k in ("v", "t", "boot", "mono", "actor")} |
                                {"seq": len(self.records) + 1, "ev": "auth.fail", "count": 1})

    def resign(self, pos, sizes=None):
        """Signs each checkpoint again that counts record pos; the witnesses' lines are lost."""
        keep = [n for n in self.notes if size_of(n) < pos]
        sizes = [s for s in sizes or self.sizes() if s >= pos and s <= len(self.records)]
        if len(self.records) not in sizes:
            sizes.append(len(self.records))
        raw, edge, notes = self.bytes(), maker.Edge(), []
        origin = None
        for n, (r, b) in enumerate(zip(self.records, raw), 1):
            edge.add(maker.hashlib.sha256(b"\0" + b).digest())
            origin = r["target"] if r["ev"] in ("genesis", "incarnation") else origin
            if n in sizes:
                key = self.signers.get(origin) or next(iter(self.signers.values()))
                text = maker.checkpoint_text(key.name, n, edge.root())
                notes.append(text + "\n" + key.line(key.sign(text)))
        self.notes = keep + notes
        return self


def size_of(note):
    return int(note.split("\n")[1])


def genuine(seed, size, incarnations=0, events=(), **kw):
    """A log of the first seed from here on in which these events are, and so many incarnations."""
    while True:
        made = maker.Maker(seed, size, **kw).live()
        log = Log(made)
        if len(made.old_logs) == incarnations and all(any(want(r) for r in log.records) for want in events):
            return log
        seed += 1


RICH = (lambda r: r["ev"] == "erase" and "also" in r, lambda r: r["ev"] == "hold" and r["seq"] > 300,
        lambda r: r["ev"] == "name", lambda r: r.get("result") == "first of two" and r["seq"] > 100,
        lambda r: r["ev"] == "outcome" and r["op"] == "restore" and r["result"] == "done",
        lambda r: r["ev"] == "approve" and r["round"] == 2, lambda r: r["ev"] == "export",
        lambda r: r["ev"] == "outcome" and r["op"] == "create" and r["seq"] > 300)


class Attack:
    def __init__(self, run, verdicts, told):
        self.run, self.verdicts, self.told = run, dict(zip(HOLDERS, verdicts)), told


ATTACKS = {}


def attack(title, export=TAMPERED, paper=TAMPERED, witness=TAMPERED, told=False):
    """Of a function (log, folder, rng): writes the folder; gives the number of the first record that is
    not what it was (None: none is).  told: whoever cannot prove it is told of that record all the same."""
    def add(run):
        ATTACKS[title] = Attack(run, (export, paper, witness), told)
        return run
    return add


def forged(title, **kw):
    """An attack on the log alone, which is then signed again with the stolen key: (log, rng) -> pos."""
    def add(change):
        @attack(title, **kw)
        def run(log, folder, rng):
            pos = change(log, rng)
            log.pad()
            log.resign(pos)
            log.write(folder)
            return pos
        return change
    return add


def flip(path, at, bit=0):
    data = bytearray(path.read_bytes())
    data[at] ^= 1 << bit
    path.write_bytes(data)


def bundle_of(folder, seq):
    """The file a record is in, and where its length begins."""
    n = (seq - 1) // 256
    path = next(p for p in folder.glob("tile/entries/%03d*" % n) if p.is_file()) if list(
        folder.glob("tile/entries/%03d" % n)) else next(folder.glob("tile/entries/%03d.p/*" % n))
    data, at = path.read_bytes(), 0
    for _ in range((seq - 1) % 256):
        at += 2 + int.from_bytes(data[at:at + 2], "big")
    return path, at


def tile_of(folder, level, n):
    full = folder / maker.tile_path(level, n, 256)
    return full if full.exists() else next((folder / (maker.tile_path(level, n, 256) + ".p")).iterdir())


# --- without a key ---------------------------------------------------------------------------------

@attack("one bit of a record")
def _(log, folder, rng):
    log.write(folder)
    seq = rng.randint(1, log.size)
    path, at = bundle_of(folder, seq)
    flip(path, at + 2 + rng.randrange(len(log.bytes()[seq - 1])), rng.randrange(8))
    return seq


@attack("one bit of a leaf")
def _(log, folder, rng):
    log.write(folder)
    seq = rng.randint(1, log.size)
    flip(tile_of(folder, 0, (seq - 1) // 256), 32 * ((seq - 1) % 256) + rng.randrange(32), rng.randrange(8))
    return seq


@attack("one bit of a higher tile")
def _(log, folder, rng):
    log.write(folder)
    n = rng.randrange(log.size // 256)
    flip(tile_of(folder, 1, 0), 32 * n + rng.randrange(32), rng.randrange(8))
    return 256 * n + 1


@attack("one bit of the checkpoint's root")
def _(log, folder, rng):
    log.write(folder)
    text = (folder / "checkpoint").read_bytes().split(b"\n")
    flip(folder / "checkpoint", len(text[0]) + len(text[1]) + 2 + rng.randrange(40), 0)
    return None


@attack("one bit of an opening")
def _(log, folder, rng):
    log.write(folder)
    lines = (folder / "openings.ndjson").read_bytes().split(b"\n")
    n = rng.randrange(len(lines) - 1)
    at = sum(len(x) + 1 for x in lines[:n]) + lines[n].index(b'"salt":"') + 8 + rng.randrange(64)
    data = bytearray((folder / "openings.ndjson").read_bytes())
    data[at] = ord("0") if data[at] != ord("0") else ord("1")
    (folder / "openings.ndjson").write_bytes(data)
    return json.loads(lines[n])["seq"]


def reordered(title, change):
    """The bundle holds other records than the tile knows, which are whole otherwise."""
    @attack(title)
    def run(log, folder, rng):
        log.write(folder)
        seq = rng.randint(2, 255)
        records = log.bytes()[:256]
        change(records, seq - 1)
        maker.put(folder, "tile/entries/000", b"".join(len(r).to_bytes(2, "big") + r for r in records))
        return seq
    return run


def _swap(records, i):
    records[i], records[i - 1] = records[i - 1], records[i]


reordered("a record is deleted", lambda records, i: records.pop(i))
reordered("a record is there twice", lambda records, i: records.insert(i, records[i - 1]))
reordered("a record is inserted", lambda records, i: records.insert(i, b'{"v":1}'))


@attack("two records are swapped")
def _(log, folder, rng):
    log.write(folder)
    seq = rng.randint(2, 255)
    records = log.bytes()[:256]
    _swap(records, seq - 1)
    maker.put(folder, "tile/entries/000", b"".join(len(r).to_bytes(2, "big") + r for r in records))
    return seq - 1


@attack("a tile is missing", INCOMPLETE, INCOMPLETE, INCOMPLETE)
def _(log, folder, rng):
    log.write(folder)
    n = rng.randrange(log.size // 256)
    (folder / maker.tile_path(rng.choice([0, "entries"]), n, 256)).unlink()
    return 256 * n + 1


@attack("a tile too many")
def _(log, folder, rng):
    log.write(folder)
    maker.put(folder, maker.tile_path(0, log.size // 256 + 1, 256), bytes(8192))
    return None


@attack("a partial tile of another width")
def _(log, folder, rng):
    log.write(folder)
    tile = tile_of(folder, 0, log.size // 256)
    tile.with_name(str(int(tile.name) - 1)).write_bytes(tile.read_bytes()[:-32])
    return None


@attack("a symbolic link instead of a file")
def _(log, folder, rng):
    log.write(folder)
    tile = folder / maker.tile_path(0, 0, 256)
    outside = folder.with_name(folder.name + ".outside")
    tile.rename(outside)
    tile.symlink_to(outside)
    return None


@attack("openings are swapped between two persons")
def _(log, folder, rng):
    names = [k for k in log.openings if k[1] == "full_name"]
    one, two = sorted(rng.sample(names, 2))
    log.openings[one], log.openings[two] = log.openings[two], log.openings[one]
    log.write(folder)
    return one[0]


@attack("an opening is gone, and no record says so")
def _(log, folder, rng):
    gone = rng.choice(log.never_erased())
    del log.openings[gone]
    log.write(folder)
    return gone[0]


@attack("the log's key is another")
def _(log, folder, rng):
    thief = maker.Signer(log.records[0]["target"], maker.LOG, rng.randbytes(32))
    log.signers = {thief.name: thief}
    log.records[0]["key"] = thief.vkey
    log.policy = "log %s\nquorum none\n" % thief.vkey
    log.cover(1)
    log.pad()
    log.resign(1)
    log.write(folder)
    return 1


# --- with the stolen key: what only a holder of something older can tell ---------------------------

@forged("a record is written anew and all is signed again", export=SOUND)
def _(log, rng):
    rec = log.find("read", after=log.size // 10)
    rec["route"] = "mailbox_list"
    log.cover(rec["seq"])
    return rec["seq"]


@attack("the end is cut off, with a genuine older checkpoint", export=SOUND)
def _(log, folder, rng):
    size = max(s for s in log.sizes() if s < size_of(log.paper))
    truncate(log, size)
    log.write(folder)
    return size + 1


def truncate(log, size):
    """As it was when it had so many records; what was erased later had openings still."""
    log.records = log.records[:size]
    log.openings.update({k: v for erased, k, v in log.gone if erased > size})
    log.openings = {k: v for k, v in log.openings.items() if k[0] <= size}
    log.notes = [n for n in log.notes if size_of(n) <= size]


@attack("the end is cut off and the log goes on otherwise", export=SOUND)
def _(log, folder, rng):
    """Also what a backup does that is restored in silence."""
    size = max(s for s in log.sizes() if s < size_of(log.paper))
    truncate(log, size)
    log.pad(log.size + 20)
    log.resign(size + 1, [size_of(log.paper), log.size])
    log.write(folder)
    return size + 1


@forged("a record is dated back", told=False)
def _(log, rng):
    rec = log.records[rng.randrange(log.size // 2, log.size)]
    log.cover(rec["seq"])
    rec["t"] = log.records[0]["t"]
    return rec["seq"]


@attack("records are dated back to before a witness's time", export=SOUND, told=True)
def _(log, folder, rng):
    before = max(s for s in log.sizes() if s < size_of(log.paper))
    pos = max(r["seq"] for r in log.all("anchor") if r["size"] <= before and r["seq"] <= before)
    log.cover(before)
    at = log.records[pos - 1]["at"]
    early = maker.time.strftime("%Y-%m-%dT%H:%M:%S", maker.time.gmtime(at - 7200)) + ".000000Z"
    first = next(r["seq"] for r in log.records if r["t"] > early)
    for r in log.records[first - 1:]:
        r["t"] = early
    log.resign(first, log.sizes())
    # the anchors that stay must fit the tree that was written anew
    log.cover(first)
    log.pad()
    log.resign(first)
    log.write(folder)
    return first


@forged("bytes that are not canonical, with the right hash")
def _(log, rng):
    rec = rng.choice(log.records)
    log.cover(rec["seq"])
    log.raw[rec["seq"]] = json.dumps(rec, ensure_ascii=False, sort_keys=True).encode()
    return rec["seq"]


@forged("an approval by who asked")
def _(log, rng):
    request = log.find("request", after=log.size // 4)
    rec = log.find("approve", req=request["req"])
    log.cover(rec["seq"])
    rec["actor"] = request["actor"]
    return rec["seq"]


@forged("an outcome without an intent")
def _(log, rng):
    rec = log.find("outcome", after=log.size // 3)
    log.cover(rec["seq"])
    log.insert(rec["seq"], {})
    return rec["seq"] + 1


@forged("an intent without an approval")
def _(log, rng):
    rec = next(r for r in log.all("approve") if r["seq"] > log.size // 3 and r["round"] == 1 and
               "needs" not in r)
    intent = log.find("intent", after=rec["seq"], req=rec["req"])
    log.cover(rec["seq"])
    log.drop({rec["seq"]})
    return intent["seq"]


@forged("one approver where two are needed")
def _(log, rng):
    rec = log.find("approve", result="first of two")
    second = log.find("approve", after=rec["seq"], req=rec["req"])
    intent = log.find("intent", after=second["seq"], req=rec["req"])
    log.cover(rec["seq"])
    second["actor"] = rec["actor"]
    return intent["seq"]


@forged("another plan than was approved")
def _(log, rng):
    intent = next(r for r in log.all("intent") if r["seq"] > log.size // 3 and r["op"] == "create")
    item = next(r for r in reversed(log.records) if r["seq"] < intent["seq"] and
                r["ev"] in ("item", "name") and (r["req"], r["row"]) == (intent["req"], intent["row"]))
    plan = log.find("plan", after=item["seq"], req=intent["req"])
    log.cover(item["seq"])
    item["plan"] = intent["plan"] = maker.sha256(b"another")
    return plan["seq"]


@forged("a write after the mailbox was closed")
def _(log, rng):
    """What an older letter planned is done after a newer one closed the mailbox."""
    for close in log.all("outcome"):
        if close["op"] != "close" or close["result"] != "done" or close["seq"] < log.size // 5:
            continue
        older = next((r for r in log.all("outcome") if r.get("subj") == close["subj"] and
                      r["result"] == "done" and r["seq"] < close["seq"]), None)
        same = [r for r in log.records if older and r.get("req") == older["req"]]
        if older and len([r for r in same if r["ev"] in ("item", "name", "outcome", "resolve")]) == 2:
            break
    else:
        raise AssertionError("no mailbox of a letter of one row was closed")
    intent = log.records[older["intent"] - 1]
    pos = intent["seq"]
    log.cover(pos)
    records = [r for r in log.records if r not in (intent, older)]
    at = records.index(close) + 1
    for r in (intent, older):
        r.update({k: close[k] for k in ("t", "boot", "mono")})
    records[at:at] = [intent, older]
    log.resign(pos, log.renumber(records))
    return older["seq"]


@forged("a forged anchor", export=SOUND, paper=SOUND)
def _(log, rng):
    """Who does not know the witnesses' keys is told so, and takes no anchor for proved."""
    rec = rng.choice([r for r in log.all("anchor") if r["seq"] > size_of(log.paper)])
    log.cover(rec["seq"])
    forger = maker.Signer(rec["witness"], maker.WITNESS, rng.randbytes(32))
    note = next(n for n in log.notes if size_of(n) == rec["size"])
    sig = base64.b64decode(forger.sign(note.split("\n\n")[0] + "\n", rec["at"] - 3600))
    genuine = next(w for w in log.witnesses if w.name == rec["witness"])
    rec["at"] -= 3600
    old, rec["sig"] = rec["sig"], base64.b64encode(genuine.id + sig[4:]).decode()
    log.notes[log.notes.index(note)] = note.replace(old, rec["sig"])
    return rec["seq"]


def play(log, title, folder, seed):
    """Writes the folder of an attack; the record that was changed first."""
    return ATTACKS[title].run(log.clone(), pathlib.Path(folder), random.Random("thief %d" % seed))
