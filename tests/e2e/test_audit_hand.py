# SPDX-License-Identifier: BSD-2-Clause
"""The recipe "By hand" of doc/audit-format.md, run as it stands there, and the twelve doctored copies."""
import os
import random
import re
import subprocess

import hopthu
import judges
import pytest
from judges import SOUND, TAMPERED

import attacks
import doctored
import maker
import people

PAGE = hopthu.TOP / "doc" / "audit-format.md"
SAID = ["four records are in the tile", "the root is right", "Signature Verified Successfully"]


def recipe():
    """The indented lines of the section, in order."""
    section = PAGE.read_text("utf-8").split("\n## By hand\n")[1]
    return "".join(line[4:] + "\n" for line in section.split("\n") if re.match("    |$", line))


def by_hand(folder, key):
    r = subprocess.run(["bash", "-c", recipe()], capture_output=True, text=True, timeout=60, check=False,
                       env={**os.environ, "COPY": str(folder), "KEY": key, "LC_ALL": "C.UTF-8"})
    return [line for line in r.stdout.splitlines() if line in SAID], r


@pytest.mark.parametrize("size", [4, 5, 256, 300])
def test_by_hand(tmp_path, size):
    m = maker.Maker(9, size).live()
    assert not m.old_logs
    said, r = by_hand(m.write(tmp_path / "copy"), m.log.vkey)
    assert said == SAID and r.returncode == 0, r.stdout + r.stderr


def test_by_hand_sees_what_is_wrong(tmp_path):
    log = attacks.Log(maker.Maker(9, 40).live())
    key = log.page.split()[1]
    log.write(tmp_path / "record")
    path, at = attacks.bundle_of(tmp_path / "record", 3)
    attacks.flip(path, at + 20)
    assert by_hand(tmp_path / "record", key)[0] == SAID[1:]
    log.write(tmp_path / "leaf")
    attacks.flip(attacks.tile_of(tmp_path / "leaf", 0, 0), 32 * 20)
    assert by_hand(tmp_path / "leaf", key)[0] == [SAID[0], SAID[2]]
    log.write(tmp_path / "key")
    said, r = by_hand(tmp_path / "key", maker.Signer(log.notes[0].split("\n")[0], 1, bytes(32)).vkey)
    assert said == SAID[:2] and r.returncode != 0


# --- twelve doctored copies --------------------------------------------------------------------------

HOW = {"hash": {"hash"}, "opening": {"7"}, "key": {"9"}, "held": {"held", "root"}, "time": {"1"},
       "approval": {"5"}, "outcome": {"3"}}


def judge_doctored(log, out, rng):
    """Only the policy and yesterday's checkpoint tell which copies were doctored, how, and from where on."""
    answers = doctored.make(log, out, log.paper, rng)
    assert len(answers) == 13 and sorted(p.name for p in out.iterdir() if p.is_dir()) == sorted(answers)
    policy, held = (out / "policy").read_text(), (out / "yesterday").read_text()
    for name, (how, pos) in answers.items():
        for v in judges.both(out / name, policy, [held]):
            assert v.status == (SOUND if how == "genuine" else TAMPERED), (name, how, str(v))
            if how == "genuine":
                continue
            rules = {f["rule"] for f in v.report["faults"] if f["seq"] == v.first}
            assert rules & HOW[how], (name, how, v.report["faults"])
            if how == "held":  # one root is known: which records before it are not genuine is not
                assert 1 <= v.first <= pos, (name, str(v))
            else:
                assert v.first == pos, (name, how, str(v))


def test_twelve_doctored(tmp_path, rng):
    log = attacks.genuine(rng.randrange(1 << 32), 1500, events=attacks.RICH)
    judge_doctored(log, tmp_path / "copies", rng)


@pytest.fixture(scope="module")
def run(world):
    """Three days of a province, shortened: letters, somebody leaves and comes back, an auditor looks."""
    def day(n):
        for letter in range(7):
            world.run([people.create(n * 100 + letter * 10 + i) for i in range(9)])
        one = people.login(people.name(n * 100)) + "@" + hopthu.DOMAIN
        for op in ("close", "restore"):
            world.run([{"op": op, "address": one, "ref": "x%d%s" % (n, op)}])
        for _ in range(3):
            world.door("hoa").get("/v1/mailboxes/" + one)
        world.ctl("audit", "checkpoint", user="hoa")

    for n in range(3):
        day(n)
    return world


def copy_of(world, folder):
    world.ctl("audit", "export", folder, user="hoa")
    keys = world.data / "keys"
    return attacks.Log.of_copy(folder, [doctored.read_key(keys / "log.key")]), \
        (keys / "log.vkey").read_text().strip()


def test_real_run_by_hand(run, tmp_path):
    _, vkey = copy_of(run, tmp_path / "copy")
    said, r = by_hand(tmp_path / "copy", vkey)
    assert said == SAID and r.returncode == 0, r.stdout + r.stderr


def test_real_run_doctored(run, tmp_path, rng):
    """The same with the log of a hopthud, whose key is stolen."""
    log, _ = copy_of(run, tmp_path / "copy")
    assert log.size > 600
    judge_doctored(log, tmp_path / "copies", rng)


def test_real_run_attacked(run, tmp_path):
    """Each attack that needs nothing but what every log has."""
    log, _ = copy_of(run, tmp_path / "copy")
    for n, title in enumerate(["one bit of a record", "one bit of a leaf", "a tile is missing",
                               "openings are swapped between two persons", "an approval by who asked",
                               "an intent without an approval", "another plan than was approved",
                               "bytes that are not canonical, with the right hash"]):
        folder = tmp_path / str(n)
        pos = attacks.play(log, title, folder, n)
        for v in judges.both(folder, log.page):
            assert (v.status, v.first) == (attacks.ATTACKS[title].verdicts["export"], pos), (title, str(v))


def test_doctored_program(tmp_path):
    """The program makes the same from a folder and a key file."""
    m = maker.Maker(4, 1500).live()
    m.write(tmp_path / "log")
    text = "PRIVATE+KEY+%s+%s+%s\n" % (m.log.name, m.log.id.hex(), maker.base64.b64encode(
        b"\1" + m.log.seed).decode())
    (tmp_path / "log.key").write_text(text)
    subprocess.run([str(hopthu.TOP / "tests/audit/doctored.py"), str(tmp_path / "log"), str(tmp_path / "out"),
                    "--key", str(tmp_path / "log.key"), "--seed", "5"], check=True, timeout=60,
                   stdout=subprocess.DEVNULL)
    again = doctored.make(attacks.Log(m), tmp_path / "again", attacks.Log(m).paper, random.Random(5))
    assert (tmp_path / "out" / "answers").read_bytes() == maker.canonical(again)
