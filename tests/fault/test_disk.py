# SPDX-License-Identifier: BSD-2-Clause
"""The disk is full, fails, or the machine dies at some system call: nothing is done that is not in the
log (I9), nothing is promised that is not kept (I3)."""
import os
import re
import shutil
import subprocess
import time

import pytest

import people
from driver import BROKEN, Driver
from hopthu import EX_UNAVAILABLE, FULL, ROOT, SANITIZED, wait_for

STRACE = shutil.which("strace")
strace = pytest.mark.skipif(not STRACE or SANITIZED, reason="needs strace and a plain build")
# hopthud lets nobody but root look into it while it runs
attach = pytest.mark.skipif(not STRACE or SANITIZED or not ROOT,
                            reason="needs strace, root and a plain build")


@pytest.fixture
def small_disk(make_world, tmp_path):
    """A world whose data are on a tmpfs of 24 MiB."""
    if not ROOT:
        pytest.skip("only root can mount")
    where = tmp_path / "small"
    where.mkdir()
    r = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "hopthu-test",
                        str(where)], capture_output=True, check=False)
    if r.returncode:
        pytest.skip("cannot mount a tmpfs here")
    try:
        w = make_world(data=where / "data")
        yield w
        if not w.judged:  # it failed; the disk goes now
            w.daemon.kill()
    finally:
        subprocess.run(["umount", "-l", str(where)], check=False)


def fill(world):
    """A file that takes all that is left."""
    path = world.data.parent / "ballast"
    with open(path, "wb", buffering=0) as f:
        try:
            while f.write(b"\0" * 4096):
                pass
        except OSError:
            pass
    return path


def writes_have_intents(world):
    """By an administrator, whose reading is not recorded.  As seen while it runs: no write in the directory that the log does not announce."""
    opids = set()
    size = world.status()["audit"]["size"]
    after = 0
    while after is not None and after < size:
        page = world.door("admin").get("/v1/audit", after=after, event="intent", limit=1000)
        for x in page["records"]:
            rec = world.door("admin").get("/v1/audit/%d" % x["seq"])["record"]
            opids.add(rec["opid"])
        after = page["next"]
    for e in world.slapd.accesslog():
        for mod in e.get("reqMod", []):
            m = re.match(rb"hopthuOpId:[+=-]? (.*)", mod)
            if m and e["reqResult"] == [b"0"]:
                assert m.group(1).decode() in opids, e


def finds_what_there_is(world):
    """Records that were taken back with their turn are in no search, those that stayed are in each."""
    def every(**query):
        after, found = 0, []
        while after is not None:
            page = door.get("/v1/audit", after=after, limit=1000, **query)
            found += [(x["seq"], x["ev"]) for x in page["records"]]
            after = page["next"]
        return found

    door = world.door("admin")
    records = every()
    assert [seq for seq, _ in records] == list(range(1, len(records) + 1))
    for event in {ev for _, ev in records}:
        got = every(event=event)
        assert [x for x in got if x[0] <= len(records)] == [x for x in records if x[1] == event], event


def test_disk_full(small_disk):
    w = small_disk
    r = w.submit([people.create(n) for n in range(30)])
    hoa, minh = w.door("hoa"), w.door("minh")
    for name in ("hoa", "lan", "minh"):  # a login is an event, and must be written
        w.door(name).get("/v1/whoami")
    ballast = fill(w)

    def full():
        got = w.door("lan").ask("POST", "/v1/requests", w.head(), people.letter_csv(
            [people.create(n) for n in range(100, 400)]), "text/csv")
        return got if got.status == 503 else None

    got = wait_for(full, "503", 20, 0)
    assert re.search("disk|space|full|write", got.json["error"], re.I), got
    assert got.json["class"] == "temp"
    path = w.letter_file([people.create(n) for n in range(400, 700)])
    said = w.ctl("request", "submit", path, "--agency", "snv", "--letter", "F/9", "--date",
                 "2026-03-02", "--signer", "x", "--reason", "x", user="lan",
                 status=EX_UNAVAILABLE)
    assert re.search("disk|space|full|write", said.stderr, re.I), said.stderr
    st = w.status()
    assert st["database"]["writable"] is False and st["database"]["reason"], st["database"]
    # what reads is answered; what writes is not promised
    assert w.door("admin").ask("GET", "/v1/audit/verify").json["ok"] is True
    # an auditor's reading is recorded, or it does not happen
    assert hoa.ask("GET", "/v1/audit").status in (200, 503)
    got = minh.ask("POST", "/v1/requests/%d/approve" % r["id"], body={"digest": r["digest"]})
    if got.status == 200:  # a little fitted in: then it must hold
        assert w.show(r["id"])["approver"] == "minh"
    else:
        assert got.status == 503, got
        assert w.show(r["id"])["state"] == "planned"
    time.sleep(1)
    writes_have_intents(w)
    # freed: it heals by itself
    began = time.monotonic()
    ballast.unlink()
    wait_for(lambda: w.status()["database"]["writable"], "the database to be writable", 30)
    driver = Driver(w)
    driver.letter([people.create(n) for n in range(100, 130)], letter="F/10")
    assert time.monotonic() - began < 30
    if w.show(r["id"])["state"] == "planned":
        w.approve(r)
    assert w.wait(r["id"])["state"] == "done"
    finds_what_there_is(w)
    w.judge()


def test_disk_full_while_it_runs(small_disk):
    """Full in the middle of a letter; every reply of the directory is still recorded in the end."""
    w = small_disk
    r = w.submit([people.create(n) for n in range(600)])
    w.approve(r)
    ballast = fill(w)
    time.sleep(2)
    writes_have_intents(w)
    ballast.unlink()
    assert w.wait(r["id"], 60)["state"] == "done", w.show(r["id"], limit=3)
    finds_what_there_is(w)
    w.judge()


def test_disk_full_at_start(small_disk):
    """It says so and ends, or waits for space; it does not break what is there."""
    w = small_disk
    w.run([people.create(1)])
    w.daemon.stop()
    ballast = fill(w)
    try:
        w.start(ready=False, timeout=5)
    except AssertionError:
        assert w.daemon.process.poll() not in (None, 0, -6, -11), w.daemon.process.poll()
        assert re.search("disk|space|full|write", w.log_tail(), re.I)
    ballast.unlink()
    w.restart()
    assert w.run([people.create(2)])["state"] == "done"
    w.judge()


def test_disk_full_while_erasing(small_disk):
    """All of it or nothing, and the rest when there is room again."""
    w = small_disk
    name = "Khuất Thị Quỳnh Xuyến"
    r = w.submit([people.create(1, full_name=name), people.create(2)])
    w.ctl("request", "refuse", r["id"], "--reason", "x", user="minh")
    w.run([people.create(n) for n in range(100, 600)])
    person = r["items"][0]["person"]
    ask = {"person": person, "legal_basis": "Luật 91/2025/QH15"}
    ballast = fill(w)
    got = w.door("admin").ask("POST", "/v1/audit/erase", body=ask)
    assert got.status in (200, 503), got
    shown = w.show(r["id"])["items"]
    assert (shown[0]["full_name"] == "(erased)") == (got.status == 200), (got, shown)
    if got.status == 503:
        assert re.search("disk|space|full|write", got.json["error"], re.I), got
    ballast.unlink()
    wait_for(lambda: w.status()["database"]["writable"], "the database to be writable", 30)
    if got.status == 503:
        assert w.door("admin").ask("POST", "/v1/audit/erase", body=ask).status == 200
    wait_for(lambda: w.status()["erasure"] is None, "the erasure to be finished", 30)
    left = [f.name for f in w.data.rglob("*") if f.is_file() and name.encode() in f.read_bytes()]
    assert not left, left
    w.judge()


class Inject:
    """strace attached to the daemon; ends with the block."""

    def __init__(self, world, what, out=None):
        self.world, self.what, self.out = world, what, out or os.devnull

    def __enter__(self):
        self.p = subprocess.Popen(
            [STRACE, "-f", "-qq", "-o", str(self.out), "-e", "trace=" + self.what.split(":")[0],
             "-e", "inject=" + self.what, "-p", str(self.world.daemon.pid)],
            stderr=subprocess.PIPE)
        self.world.extra.append(self.p)

        def traced():
            assert self.p.poll() is None, "strace cannot attach: %r" % self.p.stderr.read()
            return self.world.daemon.status("TracerPid") == self.p.pid

        wait_for(traced, "strace to attach", 5)
        return self

    def __exit__(self, *exc):
        self.p.terminate()
        self.p.wait()


@attach
def test_no_space_by_injection(make_world):
    """ENOSPC from every write to the database for a while."""
    w = make_world()
    r = w.submit([people.create(n) for n in range(200)])
    w.approve(r)
    with Inject(w, "pwrite64:error=ENOSPC"):
        got = wait_for(lambda: (lambda x: x if x.status == 503 else None)(
            w.door("lan").ask("POST", "/v1/requests", w.head(), people.letter_csv(
                [people.create(900)]), "text/csv")), "503", 10, 0.05)
        assert got.json["error"]
        time.sleep(1)
        writes_have_intents(w)
    wait_for(lambda: w.status()["database"]["writable"], "the database to be writable", 30)
    assert w.wait(r["id"], 60)["state"] == "done"
    w.judge()


@attach
@pytest.mark.parametrize("call", ["fdatasync", "pwrite64"])
def test_input_output_error(make_world, call):
    """fsync said EIO once: what was written may be lost, so the process ends; it is not tried again."""
    w = make_world()
    driver = Driver(w)
    driver.letter([people.create(n) for n in range(5)], letter="E/0")
    w.daemon.expected_death = True
    acknowledged = None
    with Inject(w, call + ":error=EIO:when=1"):
        try:
            got = w.door("lan").ask("POST", "/v1/requests", w.head(letter="E/1"),
                                    people.letter_csv([people.create(10, ref="e")]), "text/csv")
            if got.status == 201:
                acknowledged = got.json
            else:
                assert got.status == 503, got
        except BROKEN:
            pass
        assert w.daemon.wait_dead(10) not in (0, -11)
        assert re.search("disk|sync|I/O|write", w.log_tail(), re.I)
    driver.revive()
    w.ready()
    if acknowledged:
        assert w.show(acknowledged["id"])["letter"] == "E/1"
    driver.letter([people.create(10, ref="e")], letter="E/1")
    w.judge()


@attach
def test_out_of_descriptors(make_world):
    """accept() fails with EMFILE for a while: no busy loop, and it goes on afterwards."""
    w = make_world(operators=False)

    def ticks():
        f = open("/proc/%d/stat" % w.daemon.pid).read().rsplit(")")[1].split()
        return int(f[11]) + int(f[12])

    from door import connect
    with Inject(w, "accept4,accept:error=EMFILE"):
        before = ticks()
        held = [connect(str(w.socket), w.admin_uid, 2) for _ in range(3)]
        time.sleep(1.5)
        used = (ticks() - before) / os.sysconf("SC_CLK_TCK")
    for s in held:
        s.close()
    assert used < 0.75, "%.2f s of CPU in 1.5 s" % used
    wait_for(lambda: w.status()["pid"], "the door", 10)


@strace
@pytest.mark.slow
@pytest.mark.limit(900)
def test_killed_at_the_nth_system_call(make_world, rng):
    """SIGKILL at some write, sync or send: sampled, the seed is printed."""
    w = make_world()
    calls = "pwrite64,fdatasync,sendto,sendmsg,write,writev,ftruncate,unlink"
    addresses, died = [], 0
    for n in range(16 if not FULL else 300):
        driver = Driver(w)
        w.daemon.stop()
        nth = rng.randrange(1, 160)
        driver.start(None, wrap=[STRACE, "-D", "-f", "-qq", "-o", os.devnull, "-e",
                                 "trace=" + calls, "-e",
                                 "inject=%s:signal=KILL:when=%d" % (calls, nth)])
        rows = [people.create(n * 60 + k) for k in range(40)]
        rows += [{"op": "close", "address": a, "reason": "x", "ref": a} for a in addresses[:20]]
        done = driver.letter(rows, letter="N/%d" % n)
        addresses = addresses[20:] + [i["address"] for i in w.show(done["id"])["items"]
                                      if i["op"] == "create"]
        assert all(d == -9 for d in driver.deaths), driver.deaths
        died += bool(driver.deaths)
        print("call %d: died %d times" % (nth, len(driver.deaths)))
    driver.quiet()
    assert died > 4
    w.judge()


@attach
def test_the_log_is_written_before_the_directory(make_world, tmp_path):
    """By the order of system calls: between two commits no operation overtakes its intent."""
    w = make_world()
    trace = w.dir / "trace"
    r = w.submit([people.create(n) for n in range(20)])
    with Inject(w, "fdatasync:delay_exit=30000", trace):
        w.approve(r)
        assert w.wait(r["id"])["state"] == "done"
    assert "fdatasync" in trace.read_text()
    w.judge()
