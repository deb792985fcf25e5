# SPDX-License-Identifier: BSD-2-Clause
"""A letter of 2,000 people, kill -9 ten times on the way, slapd restarted twice: each mailbox once."""
import threading
import time

import pytest

import people
from driver import Driver
from hopthu import BASE, FULL, SANITIZED, wait_for

PEOPLE = 2000 if not SANITIZED or FULL else 500
KILLS = 10


@pytest.mark.slow
@pytest.mark.limit(600)
@pytest.mark.parametrize("round_", range(10 if FULL else 1))
def test_two_thousand_people(make_world, rng, round_):
    w = make_world()
    driver = Driver(w)
    killed = {"n": 0, "slapd": 0}
    over = threading.Event()

    def killer():
        """Kills whatever daemon runs, at moments chosen by chance."""
        last = None
        while killed["n"] < KILLS and not over.is_set():
            d = w.daemon
            if d is last or not d.alive():
                time.sleep(0.002)
                continue
            time.sleep(rng.choice((0.02, 0.1, 0.3)) * rng.random() + 0.01)
            d.expected_death = True
            d.process.kill()
            d.process.wait()
            last = d
            killed["n"] += 1
            if killed["n"] in (4, 8):
                if rng.random() < 0.5:
                    w.slapd.kill()
                    w.slapd.start()
                else:
                    w.slapd.restart()
                killed["slapd"] += 1

    thread = threading.Thread(target=killer, daemon=True)
    thread.start()
    try:
        rows = [people.create(n) for n in range(PEOPLE)]
        shown = driver.letter(rows, letter="2000/SNV", timeout=240)
    finally:
        over.set()
        thread.join(30)
    print("killed %(n)d times, slapd restarted %(slapd)d times" % killed)
    assert shown["counts"] == {"done": PEOPLE} or shown["counts"]["done"] == PEOPLE
    assert killed["n"] == KILLS and killed["slapd"] == 2
    entries = w.slapd.entries("ou=people," + BASE, attrs=("uid", "cn", "mail"),
                              filt="(hopthuStatus=active)", who="reader")
    assert len(entries) == PEOPLE
    names = sorted(e["cn"][0].decode() for e in entries.values())
    assert names == sorted(r["full_name"] for r in rows)
    assert len({e["mail"][0] for e in entries.values()}) == PEOPLE
    verified = w.ctl_json("audit", "verify", user="hoa")
    assert verified["ok"] is True
    w.judge()


@pytest.mark.slow
def test_many_small_letters(make_world, rng):
    """Letters of every operation from several clients while the daemon is killed."""
    w = make_world()
    base = w.run([people.create(n) for n in range(60)])
    addresses = [i["address"] for i in base["items"]]
    kills = 4 if not FULL else 40
    over = threading.Event()
    errors = []

    class Shared(Driver):
        """Only the main thread starts daemons."""
        def revive(self, **kw):
            time.sleep(0.05)

    def client(which):
        try:
            for n, address in list(enumerate(addresses))[which::3]:
                op = ("suspend", "close", "update")[which]
                row = {"op": op, "address": address, "reason": "x", "ref": "%s%d" % (op, n)}
                if op == "update":
                    row["title"] = "Chức vụ %d" % n
                shared.letter([row], letter="S/%s/%d" % (op, n), timeout=60)
        except BaseException as e:
            errors.append(e)

    # doors are per thread here: a connection is no good to two of them
    doors = threading.local()

    def door(name="admin"):
        if not hasattr(doors, "own"):
            doors.own = {}
        if name not in doors.own:
            doors.own[name] = w.new_door(name)
        return doors.own[name]

    w.door = door
    shared = Shared(w)
    threads = [threading.Thread(target=client, args=(n,), daemon=True) for n in range(3)]
    for t in threads:
        t.start()
    for _ in range(kills):
        time.sleep(0.1 + rng.random() * 0.4)
        w.daemon.kill()
        w.start(ready=False)
    for t in threads:
        t.join(90)
    over.set()
    assert not errors, errors[0]
    assert not any(t.is_alive() for t in threads)
    del w.door
    w.settle()
    for n, address in enumerate(addresses):
        m = w.mailbox(address)
        assert m["status"] == ("suspended", "closed", "active")[n % 3]
    w.judge()


def test_killed_while_starting(make_world, rng):
    """Again and again before it is ready."""
    w = make_world()
    r = w.submit([people.create(n) for n in range(100)])
    w.approve(r)
    for _ in range(12 if not FULL else 100):
        w.daemon.kill()
        from hopthu import Daemon
        w.drop_doors()
        w.daemon = Daemon(w.conf_file, w.log)
        w.daemon.expected_death = True
        time.sleep(rng.random() * 0.08)
    w.daemon.kill()
    w.start()
    assert w.wait(r["id"])["state"] == "done"
    wait_for(lambda: w.status()["directory"]["state"] == "ready", "the directory")
    w.judge()
