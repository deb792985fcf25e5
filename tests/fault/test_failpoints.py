# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 at every named failpoint in the life of every operation; then the checker."""
import os
import re
import signal
import threading

import pytest

import people
from driver import Driver
from hopthu import BASE, DOMAIN, FULL, TOP

NAMES = re.findall(r'X\([A-Z_]+, "([a-z-]+)"\)',
                   (TOP / "daemon" / "base" / "failpoint.h").read_text())
# Those of an erasure are in the life of no operation: tests/e2e/test_erase.py kills there.
NAMES = [n for n in NAMES if not n.startswith("erase-")]
# Those of checkpoints are not in the life of an operation: e2e/test_checkpoint.py.
NAMES = [n for n in NAMES if not n.startswith("checkpoint-")]
OPS = ["create", "update", "suspend", "resume", "close", "agency-add", "operator-add",
       "operator-revoke"]
# Hits until the kill: commits happen also at the start and for logins.
HITS = {"commit-before": (1, 3, 5, 6, 7, 8), "commit-after": (1, 3, 5, 6, 7, 8)}
# A letter's own failpoints are not in the life of an administrator's order.
LETTER_ONLY = {"intake-slice", "request-planned", "approve-committed"}


def test_the_list_is_read():
    assert len(NAMES) >= 10 and "intent-committed" in NAMES


ROUNDS = 6  # the most often that one operation is tried


def prepare(world):
    """Mailboxes for the operations to work on, one for each round."""
    ops = ("update", "suspend", "resume", "close")
    made = world.run([people.create(n) for n in range(len(ops) * ROUNDS)])
    every = [i["address"] for i in made["items"]]
    address = {op: every[n * ROUNDS:][:ROUNDS] for n, op in enumerate(ops)}
    world.run([{"op": "suspend", "address": a, "reason": "x", "ref": a}
               for a in address["resume"]])
    for n in range(ROUNDS):
        world.add_operator("cu%d" % n, "Người Cũ", ["auditor"])
    world.settle()
    return address


def perform(driver, op, address, n):
    """One operation to its end."""
    letter = "L/%s/%d" % (op, n)
    if op == "create":
        driver.letter([people.create(100 + n, ref="c")], letter=letter)
    elif op == "update":
        driver.letter([{"op": op, "address": address[op][n], "title": "Mới", "ref": "u"}],
                      letter=letter)
    elif op in ("suspend", "resume", "close"):
        driver.letter([{"op": op, "address": address[op][n], "reason": "x", "ref": op}],
                      letter=letter)
    elif op == "agency-add":
        driver.order("/v1/agencies", {"code": "stc%d" % n, "name": "Sở Tài chính",
                                      "kind": "department"})
    elif op == "operator-add":
        driver.order("/v1/operators", {"name": "moi%d" % n, "full_name": "Người Mới",
                                       "roles": ["auditor"]})
    else:
        driver.order("/v1/operators/cu%d/revoke" % n, {"reason": "nghỉ việc"})
    driver.quiet()


def judge_effects(world, address, rounds):
    """Each operation has happened, as a person would look."""
    for n in range(rounds):
        def e(op):
            return world.person(address[op][n].split("@")[0])

        assert e("update")["title"] == ["Mới".encode()]
        assert e("suspend")["hopthuStatus"] == [b"suspended"]
        assert e("resume")["hopthuStatus"] == [b"active"]
        assert e("close")["hopthuStatus"] == [b"closed"]
        login = people.login(people.name(100 + n))
        assert world.person(login)["mail"] == [(login + "@" + DOMAIN).encode()]
        assert world.slapd.entry("ou=stc%d,ou=agencies,%s" % (n, BASE))
        made = world.slapd.entry("cn=moi%d,ou=operators,%s" % (n, BASE))
        assert made["hopthuRole"] == [b"auditor"]
        assert "hopthuRole" not in world.slapd.entry("cn=cu%d,ou=operators,%s" % (n, BASE))


@pytest.mark.parametrize("name", NAMES)
def test_kill_at(make_world, name):
    w = make_world()
    address = prepare(w)
    hits = {}
    for op in OPS:
        wanted = HITS.get(name, (1,))
        for n, nth in enumerate(wanted):
            w.daemon.stop()
            driver = Driver(w)
            if name == "resolve-read":  # needs a reply that was lost
                w.start(failpoint="op-sent:1:kill")
                before = len(driver.deaths)
                die_then(driver, w, "resolve-read:1:kill", lambda: perform(driver, op, address, n))
                hits[op] = len(driver.deaths) - before >= 2
                continue
            driver.start("%s:%d:kill" % (name, nth))
            perform(driver, op, address, n)
            assert all(d == -9 for d in driver.deaths), driver.deaths
            hits[op] = hits.get(op, 0) + len(driver.deaths)
    judge_effects(w, address, len(HITS.get(name, (1,))))
    w.judge()
    missed = {op for op in OPS if not hits[op]}
    if name in LETTER_ONLY:
        missed -= {"agency-add", "operator-add", "operator-revoke"}
    assert not missed, "%s was never reached by %s" % (name, sorted(missed))


def die_then(driver, world, failpoint, work):
    """The first revival gets another failpoint."""
    revive = driver.revive
    armed = [failpoint]

    def once(**kw):
        if not world.daemon.alive() and armed:
            kw["failpoint"] = armed.pop()
        revive(**kw)

    driver.revive = once
    world.daemon.expected_death = True
    work()


@pytest.mark.parametrize("name", ["op-sent", "reply-received", "outcome-written",
                                  "intent-committed", "commit-before", "commit-after"])
@pytest.mark.parametrize("nth", [2, 9, 23] + ([31, 47, 64] if FULL else []))
def test_kill_in_the_middle_of_a_letter(make_world, name, nth):
    """With a window of operations in flight."""
    w = make_world()
    w.daemon.stop()
    driver = Driver(w)
    driver.start("%s:%d:kill" % (name, nth))
    driver.letter([people.create(n) for n in range(80)], letter="M/1")
    if name.startswith("commit") and not driver.deaths:
        w.daemon.stop()  # so many commits there may be at the stop alone, or not at all
        driver.revive()
    assert driver.deaths in ([-9], [0] if name.startswith("commit") else [-9])
    w.judge()


@pytest.mark.parametrize("name", ["commit-before", "outcome-written"])
def test_failing_instead_of_dying(make_world, name):
    """The same places answering "failed" once: nothing is lost, nothing is done twice."""
    w = make_world()
    w.daemon.stop()
    w.start(failpoint="%s:5:fail" % name)
    driver = Driver(w)
    driver.letter([people.create(n) for n in range(30)], letter="F/1")
    assert not driver.deaths
    w.judge()


def test_frozen_daemon(make_world):
    """SIGSTOP between intent and reply for longer than every deadline."""
    w = make_world()
    w.daemon.stop()
    w.start(failpoint="op-sent:3:pause")
    r = w.submit([people.create(n) for n in range(20)])
    waker = threading.Timer(4, os.kill, (w.daemon.pid, signal.SIGCONT))
    waker.start()  # it may stop before it answers
    w.approve(r)
    waker.join()
    assert w.wait(r["id"])["state"] == "done"
    w.judge()


def test_unknown_failpoint(make_world):
    """A typo in a test must not pass for a fault that was survived."""
    w = make_world(operators=False)
    w.daemon.stop()
    w.judged = True
    r = w.hopthud(env={"HOPTHU_FAILPOINT": "no-such-place"}, timeout=10)
    assert r.returncode == 64 and "no-such-place" in r.stderr
