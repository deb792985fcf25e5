# SPDX-License-Identifier: BSD-2-Clause
"""kill -9 at every named failpoint in the life of every operation; then the checker."""
import re

import pytest

import people
from driver import Driver
from hopthu import BASE, DOMAIN, FULL, TOP, wait_for

NAMES = re.findall(r'X\([A-Z_]+, "([a-z-]+)"\)',
                   (TOP / "daemon" / "base" / "failpoint.h").read_text())
OPS = ["create", "update", "suspend", "resume", "close", "agency-add", "operator-add",
       "operator-revoke"]
# Hits until the kill: commits happen also at the start and for logins.
HITS = {"commit-before": (1, 3, 5, 6, 7, 8), "commit-after": (1, 3, 5, 6, 7, 8)}
# A letter's own failpoints are not in the life of an administrator's order.
LETTER_ONLY = {"intake-slice", "request-planned", "approve-committed"}


def test_the_list_is_read():
    assert len(NAMES) >= 10 and "intent-committed" in NAMES


def prepare(world):
    """Mailboxes for the operations to work on."""
    made = world.run([people.create(n) for n in range(4)])
    address = dict(zip(("update", "suspend", "resume", "close"),
                       (i["address"] for i in made["items"])))
    world.run([{"op": "suspend", "address": address["resume"], "reason": "x", "ref": "s"}])
    world.add_operator("cu", "Người Cũ", ["auditor"])
    world.settle()
    return address


def perform(driver, op, address):
    """One operation to its end."""
    if op == "create":
        driver.letter([people.create(100, ref="c")], letter="L/create")
    elif op == "update":
        driver.letter([{"op": op, "address": address[op], "title": "Mới", "ref": "u"}],
                      letter="L/update")
    elif op in ("suspend", "resume", "close"):
        driver.letter([{"op": op, "address": address[op], "reason": "x", "ref": op}],
                      letter="L/" + op)
    elif op == "agency-add":
        driver.order("/v1/agencies", {"code": "stc", "name": "Sở Tài chính", "kind": "department"})
    elif op == "operator-add":
        driver.order("/v1/operators", {"name": "moi", "full_name": "Người Mới",
                                       "roles": ["auditor"]})
    else:
        driver.order("/v1/operators/cu/revoke", {"reason": "nghỉ việc"})
    driver.quiet()


def judge_effects(world, address):
    """Each operation has happened, as a person would look."""
    def e(op):
        return world.person(address[op].split("@")[0])

    assert e("update")["title"] == ["Mới".encode()]
    assert e("suspend")["hopthuStatus"] == [b"suspended"]
    assert e("resume")["hopthuStatus"] == [b"active"]
    assert e("close")["hopthuStatus"] == [b"closed"]
    assert world.person(people.login(people.name(100)))["mail"] == [
        (people.login(people.name(100)) + "@" + DOMAIN).encode()]
    assert world.slapd.entry("ou=stc,ou=agencies," + BASE)
    assert world.slapd.entry("cn=moi,ou=operators," + BASE)["hopthuRole"] == [b"auditor"]
    assert "hopthuRole" not in world.slapd.entry("cn=cu,ou=operators," + BASE)


@pytest.mark.parametrize("name", NAMES)
def test_kill_at(make_world, name):
    w = make_world()
    address = prepare(w)
    hits = {}
    for n, op in enumerate(OPS):
        wanted = HITS.get(name, (1,))
        for nth in wanted if FULL else wanted[n % len(wanted):][:1]:
            if hits.get(op):
                break
            w.daemon.stop()
            driver = Driver(w)
            if name == "resolve-read":  # needs a reply that was lost
                w.start(failpoint="op-sent:1:kill")
                before = len(driver.deaths)
                die_then(driver, w, "resolve-read:1:kill", lambda: perform(driver, op, address))
                hits[op] = len(driver.deaths) - before >= 2
                continue
            w.start(failpoint="%s:%d:kill" % (name, nth), ready=False)
            try:
                wait_for(lambda: not w.daemon.alive() or w.status()["directory"]["state"] ==
                         "ready", "the directory")
            except OSError:
                pass
            w.daemon.expected_death = True
            perform(driver, op, address)
            assert all(d == -9 for d in driver.deaths), driver.deaths
            hits[op] = bool(driver.deaths)
    judge_effects(w, address)
    w.judge()
    missed = {op for op in OPS if not hits[op]}
    if name in LETTER_ONLY:
        missed -= {"agency-add", "operator-add", "operator-revoke"}
    if name in HITS and not FULL:  # the place moves with the number of commits
        assert len(missed) <= 3, "%s was reached only by %s" % (name, hits)
    else:
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
    w.start(failpoint="%s:%d:kill" % (name, nth), ready=False)
    w.daemon.expected_death = True
    driver = Driver(w)
    driver.letter([people.create(n) for n in range(80)], letter="M/1")
    assert driver.deaths == [-9] or name.startswith("commit")
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
    import os
    import signal
    import time
    w = make_world()
    w.daemon.stop()
    w.start(failpoint="op-sent:3:pause")
    r = w.submit([people.create(n) for n in range(20)])
    w.approve(r)
    time.sleep(4)
    os.kill(w.daemon.pid, signal.SIGCONT)
    w.drop_doors()
    assert w.wait(r["id"])["state"] == "done"
    w.judge()


def test_unknown_failpoint(make_world):
    """A typo in a test must not pass for a fault that was survived."""
    w = make_world(operators=False)
    w.daemon.stop()
    w.judged = True
    r = w.hopthud(env={"HOPTHU_FAILPOINT": "no-such-place"}, timeout=10)
    assert r.returncode == 64 and "no-such-place" in r.stderr
