#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Makes twelve doctored copies of a log from one that is genuine.

    doctored.py COPY OUT --key FILE... [--yesterday SIZE]

COPY is what `hopthuctl audit export` made, FILE the stolen key of the log (keys/log.key).  In OUT are
then thirteen folders, a to m, the genuine one among them, in an order of chance; `policy`, the page that
was printed when the log began; `yesterday`, the checkpoint that was printed yesterday; and `answers`:
which copies were doctored, how, and from which record on.  Who is to find that out does not get `answers`.
"""
import argparse
import base64
import json
import pathlib
import random
import string
import sys

import attacks
import maker

WAYS = []


def way(how):
    """Of a function (log, folder, yesterday, rng), which writes the folder and gives the first record."""
    def add(run):
        WAYS.append((how, run))
        return run
    return add


def by_attack(how, title):
    way(how)(lambda log, folder, yesterday, rng: attacks.ATTACKS[title].run(log, folder, rng))


def signed(how):
    """Of a function (log, yesterday, rng): the thief has the key and changes what came after yesterday."""
    def add(change):
        @way(how)
        def run(log, folder, yesterday, rng):
            pos = change(log, yesterday, rng)
            log.pad()
            log.resign(pos)
            log.write(folder)
            return pos
        return change
    return add


def some(log, after):
    """The first record later than `after` that stays when anchors are removed."""
    return next(r for r in log.records if r["seq"] > after and r["ev"] != "anchor")


by_attack("hash", "one bit of a record")
by_attack("hash", "two records are swapped")
by_attack("hash", "a record is deleted")
by_attack("opening", "one bit of an opening")
by_attack("opening", "an opening is gone, and no record says so")
by_attack("key", "the log's key is another")


@way("held")
def _(log, folder, yesterday, rng):
    """Yesterday's records are written anew; all is signed again."""
    rec = some(log, yesterday // 4)
    assert rec["seq"] <= yesterday
    rec["actor"] = {**rec["actor"], "src": "uid:0"}
    log.cover(rec["seq"])
    log.pad()
    log.resign(rec["seq"])
    log.write(folder)
    return rec["seq"]


@way("held")
def _(log, folder, yesterday, rng):
    """The end is cut off, with a checkpoint of the day before."""
    size = max(s for s in log.sizes() if s < yesterday)
    attacks.truncate(log, size)
    log.write(folder)
    return size + 1


@way("held")
def _(log, folder, yesterday, rng):
    """A backup of the day before, with which the log went on as if nothing was."""
    size, full = max(s for s in log.sizes() if s < yesterday), log.size
    attacks.truncate(log, size)
    log.pad(full + 3)
    log.resign(size + 1, [full + 3])
    log.write(folder)
    return size + 1


@signed("time")
def _(log, yesterday, rng):
    rec = some(log, yesterday)
    log.cover(rec["seq"])
    rec["t"] = log.records[0]["t"]
    return rec["seq"]


@signed("approval")
def _(log, yesterday, rng):
    """Who asked approves."""
    rec = log.find("approve", after=yesterday)
    log.cover(rec["seq"])
    rec["actor"] = log.find("request", req=rec["req"])["actor"]
    return rec["seq"]


@signed("outcome")
def _(log, yesterday, rng):
    """What was done is said twice."""
    rec = log.find("outcome", after=yesterday)
    log.cover(rec["seq"])
    log.insert(rec["seq"], {})
    return rec["seq"] + 1


def read_key(path):
    """A key of the form PRIVATE+KEY+name+id+base64(kind, seed)."""
    _, _, name, _, text = pathlib.Path(path).read_text().strip().split("+", 4)
    data = base64.b64decode(text)
    return maker.Signer(name, data[0], data[1:])


def make(log, out, yesterday, rng):
    """Writes everything into a folder; what `answers` holds: {letter: (how, first record)}."""
    out.mkdir(parents=True)
    names = rng.sample(string.ascii_lowercase[:len(WAYS) + 1], len(WAYS) + 1)
    answers = {names[0]: ("genuine", None)}
    log.write(out / names[0])
    for name, (how, run) in zip(names[1:], WAYS):
        answers[name] = (how, run(log.clone(), out / name, attacks.size_of(yesterday), rng))
    maker.put(out, "policy", log.page.encode())
    maker.put(out, "yesterday", yesterday.encode())
    maker.put(out, "answers", maker.canonical(answers))
    return answers


def main():
    p = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    p.add_argument("copy", type=pathlib.Path)
    p.add_argument("out", type=pathlib.Path)
    p.add_argument("--key", action="append", required=True)
    p.add_argument("--yesterday", type=int, help="size of the checkpoint that was printed")
    p.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    a = p.parse_args()
    log = attacks.Log.of_copy(a.copy, [read_key(k) for k in a.key])
    held = log.paper if a.yesterday is None else log.notes[log.sizes().index(a.yesterday)]
    print("seed %d" % a.seed)
    make(log, a.out, held, random.Random(a.seed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
