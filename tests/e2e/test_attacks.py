# SPDX-License-Identifier: BSD-2-Clause
"""What is done to copies of the log, who notices, and from which record on; both verifiers agree.

Three kinds of holders: with only the copy and the log's key from the printed page, with one old checkpoint
on paper besides, and with the witnesses' keys and the last checkpoint that they signed.
"""
import pathlib
import random
import shutil
import time

import hopthu
import judges
import pytest
from judges import INCOMPLETE, SOUND, TAMPERED

import attacks
import c2sp
import maker
import mutate

SEED = 41


@pytest.fixture(scope="module")
def log():
    return attacks.genuine(SEED, 1500, events=attacks.RICH)


def holder(log, kind):
    """Policy and checkpoints of a kind of holder."""
    return {"export": (log.page, []), "paper": (log.page, [log.paper]),
            "witness": (log.policy, [log.last])}[kind]


@pytest.mark.parametrize("title", attacks.ATTACKS)
def test_attack(log, title, tmp_path):
    attack = attacks.ATTACKS[title]
    pos = attacks.play(log, title, tmp_path / "copy", SEED)
    for kind in attacks.HOLDERS:
        got = judges.both(tmp_path / "copy", *holder(log, kind))
        for v in got:
            assert v.status == attack.verdicts[kind], "%s: %s" % (kind, v)
        assert len({v.first for v in got}) == 1, [str(v) for v in got]
        first = got[0].first
        if first is not None and pos is not None:
            assert first <= pos, "%s: a record after the first that was changed is named" % kind
        if got[0].status == attack.verdicts["export"] != SOUND and pos is not None:
            assert first == pos, "%s: %s" % (kind, got[0])
        if got[0].status == SOUND:
            assert first is None
            if attack.told:
                assert all(pos in [seq for seq, _ in v.told] for v in got), [v.told for v in got]


def test_genuine_for_all(log, tmp_path):
    log.write(tmp_path / "copy")
    for kind in attacks.HOLDERS:
        for v in judges.both(tmp_path / "copy", *holder(log, kind)):
            assert v.status == SOUND, v


def test_fork(log, tmp_path):
    """Two auditors get two histories: each alone is sound, both together are not."""
    log.write(tmp_path / "one")
    pos = attacks.play(log, "a record is written anew and all is signed again", tmp_path / "two", SEED)
    for name in ("one", "two"):
        for v in judges.both(tmp_path / name, log.page):
            assert v.status == SOUND, v
    for v in judges.both(tmp_path / "one", log.page, compare=tmp_path / "two"):
        assert (v.status, v.first) == (TAMPERED, pos), v


def hours_ago(note, log):
    """The latest time that a witness says in a checkpoint."""
    signed = c2sp.Checkpoint(note)
    return (time.time() - max(c2sp.Policy(log.policy.encode()).witnesses_of(signed).values())) / 3600


def test_a_cut_off_end_is_old(log, tmp_path):
    """With nothing but the copy: the last thing that a witness signed is longer ago than it may be."""
    attacks.play(log, "the end is cut off, with a genuine older checkpoint", tmp_path / "copy", SEED)
    log.write(tmp_path / "whole")
    cut, whole = [hours_ago((tmp_path / name / "checkpoint").read_text(), log) for name in ("copy", "whole")]
    assert cut - whole > 2, "seed: %f" % (cut - whole)
    age = int(whole) + 1
    for v in judges.both(tmp_path / "whole", log.policy, max_age=age):
        assert v.status == SOUND, v
    for v in judges.both(tmp_path / "copy", log.policy, max_age=age):
        assert (v.status, v.first) == (INCOMPLETE, None), v
    for v in judges.both(tmp_path / "whole", log.page, max_age=age):  # who knows no witness knows no age
        assert v.status == INCOMPLETE, v


def test_what_is_not_proved_is_not_claimed(log, tmp_path):
    """Of a cut off end, who holds nothing newer is told which records nobody confirmed, no more."""
    attacks.play(log, "the end is cut off, with a genuine older checkpoint", tmp_path / "copy", SEED)
    report = judges.by_python(tmp_path / "copy", log.page).report
    assert report["verdict"] == "sound" and report["proved"]["confirmed"] == 0
    assert any("no witness confirmed" in text for text in report["unproved"]), report["unproved"]


# --- chance ----------------------------------------------------------------------------------------

def some_log(rng):
    size = rng.choice([1, 2, rng.randint(3, 40), rng.randint(40, 300), rng.randint(254, 258),
                       rng.randint(300, 900)])
    return maker.Maker(rng.randrange(1 << 32), size, quorum=rng.choice(["both", "any"])).live()


@pytest.mark.limit(7200 if hopthu.FULL else 120)
def test_no_false_alarm(tmp_path, rng):
    """Genuine copies, whole and in parts, of all sizes: both verifiers call every one sound."""
    count, began = 1000 if hopthu.FULL else 40, time.monotonic()
    for n in range(count):
        m, folder = some_log(rng), tmp_path / "copy"
        size = len(m.records)
        first = rng.randint(1, size) if n % 4 == 3 else 1
        m.write(folder, first, rng.randint(first, size) if n % 4 == 3 else size)
        held = rng.sample(m.notes, 1) if n % 2 else []
        held = [h for h in held if not m.old_logs]  # one of a history given up is told
        for v in judges.both(folder, m.policy(), held):
            assert v.status == SOUND, v
        shutil.rmtree(folder)
    print("%d genuine copies: %.1f s" % (count, time.monotonic() - began))


@pytest.mark.limit(7200 if hopthu.FULL else 120)
def test_every_mutation_is_noticed(tmp_path, rng):
    """A change by chance to what is evidence: not sound, or something is told that was not before."""
    count, began, agreed, folder = 10000 if hopthu.FULL else 300, time.monotonic(), 0, tmp_path / "copy"
    by = {}
    for n in range(count):
        if n % 20 == 0:
            shutil.rmtree(folder, ignore_errors=True)
            m = some_log(rng)
            files = mutate.read(m.write(folder))
            held = [m.notes[-1]]
            before = [v.told for v in judges.both(folder, m.policy(), held)]
        what, changed = mutate.mutate(files, rng)
        mutate.write(folder, files, changed)
        got = judges.both(folder, m.policy(), held)
        for v, told in zip(got, before):
            if v.status == SOUND and v.told == told:
                kept = pathlib.Path(hopthu.tempfile.mkdtemp(prefix="unnoticed"))
                shutil.copytree(folder, kept / "copy")
                (kept / "policy").write_text(m.policy())
                raise AssertionError("not noticed: %s; kept in %s" % (what, kept))
        assert len({v.status for v in got}) == 1, "%s: %s" % (what, [str(v) for v in got])
        agreed += len({v.first for v in got}) == 1
        by[got[0].status] = by.get(got[0].status, 0) + 1
        mutate.write(folder, changed, files)
    assert agreed > 0.95 * count, "they named another first record %d times" % (count - agreed)
    print("%d mutations %s: %.1f s; the same first record %d times" % (
        count, by, time.monotonic() - began, agreed))
