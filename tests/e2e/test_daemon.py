# SPDX-License-Identifier: BSD-2-Clause
"""hopthud as a program: start, stop, configuration, one at a time, small."""
import hashlib
import os
import shutil
import signal
import sqlite3
import stat
import subprocess
import time

import pytest

import people
from door import Door
from hopthu import EX_CONFIG, EX_CONFLICT, HOPTHUCTL, HOPTHUD, Probe, ROOT, SANITIZED, World, wait_for, \
    write_policy


def digest(folder):
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in folder.iterdir()
            if f.is_file()}


def one_sentence(text):
    lines = [x for x in text.splitlines() if x.strip()]
    assert lines, "nothing was said"
    return lines


def test_second_daemon(world):
    """The same database: 73 and one clear sentence; the first does not notice."""
    r = world.hopthud()
    assert r.returncode == EX_CONFLICT, (r.returncode, r.stderr)
    said = one_sentence(r.stderr)
    assert str(world.db) in " ".join(said) and len(said) <= 2, said
    assert world.run([people.create(1)])["state"] == "done"
    # the same socket with another database must not steal it either
    other = world.dir / "other.conf"
    text = world.conf_file.read_text().replace(str(world.data), str(world.dir / "data2"))
    other.write_text(text)
    (world.dir / "data2").mkdir(mode=0o700)
    made = subprocess.run([str(HOPTHUD), "-c", str(other), "--init", "--admin", "x", "--admin-uid",
                           "4242"], capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    try:
        r = subprocess.run([str(HOPTHUD), "-c", str(other)], capture_output=True, text=True,
                           timeout=10, check=False)
    except subprocess.TimeoutExpired:
        pytest.fail("a second hopthud took the socket of one that runs")
    assert r.returncode == EX_CONFLICT and str(world.socket) in r.stderr, r
    assert world.door("admin").get("/v1/whoami")["name"] == "admin"


def test_a_socket_left_behind_is_no_obstacle(make_world):
    w = make_world(operators=False)
    w.daemon.kill()
    assert w.socket.exists()
    w.start()
    assert stat.S_IMODE(w.socket.stat().st_mode) == 0o666


def test_newer_database_is_untouched(make_world):
    """A database of a later version: refused, not a byte of it changed."""
    w = make_world(operators=False)
    assert w.daemon.stop() == 0
    w.judged = True
    con = sqlite3.connect(w.db)
    con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    version = con.execute("PRAGMA user_version").fetchone()[0]
    con.execute("PRAGMA user_version = %d" % (version + 1))
    con.commit()
    con.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    con.close()
    for f in w.data.glob("hopthu.db-*"):
        f.unlink()
    before = digest(w.data)
    r = w.hopthud()
    assert r.returncode == EX_CONFIG, (r.returncode, r.stderr)
    assert str(w.db) in r.stderr and ("newer" in r.stderr or str(version + 1) in r.stderr)
    assert digest(w.data) == before


def test_init_does_not_overwrite(world):
    before = digest(world.data / "keys")
    r = world.hopthud("--init", "--admin", "other", "--admin-uid", "4243")
    assert r.returncode in (EX_CONFLICT, EX_CONFIG), (r.returncode, r.stderr)
    assert str(world.data) in r.stderr
    assert digest(world.data / "keys") == before
    assert world.door("admin").get("/v1/whoami")["name"] == "admin"


def test_what_init_makes(world):
    for f in [world.data, *world.data.rglob("*")]:
        mode = stat.S_IMODE(f.stat().st_mode)
        assert not mode & 0o077, "%s has mode %o" % (f, mode)
    assert list((world.data / "keys").iterdir())


def test_no_database(make_world):
    w = make_world(slapd=False, uri="ldapi://%2Fnonexistent%2Fldapi")
    w.judged = True
    shutil.rmtree(w.data)
    r = w.hopthud()
    assert r.returncode in (EX_CONFIG, EX_CONFLICT) and "--init" in r.stderr, r
    w.data.mkdir(mode=0o700)
    w.db.write_bytes(b"this is no database" * 1000)
    before = digest(w.data)
    r = w.hopthud()
    assert r.returncode == EX_CONFIG and str(w.db) in r.stderr, r
    assert digest(w.data) == before


@pytest.mark.parametrize("where", ["rec", "leaf", "frontier", "gone", "swapped"])
def test_a_log_that_was_tampered_with(make_world, where):
    """Changed behind hopthud's back: it does not go on writing, or verify says which record."""
    w = make_world()
    w.run([people.create(1)])
    assert w.daemon.stop() == 0
    w.judged = True
    con = sqlite3.connect(w.db)
    con.executescript({
        "rec": "UPDATE audit SET rec = CAST(rec || ' ' AS BLOB) WHERE seq = 6;",
        "leaf": "UPDATE audit SET leaf = zeroblob(32) WHERE seq = 6;",
        "frontier": "UPDATE frontier SET hashes = zeroblob(length(hashes));",
        "gone": "DELETE FROM audit WHERE seq = 6;",
        "swapped": "UPDATE audit SET seq = -1 WHERE seq = 6; UPDATE audit SET seq = 6 WHERE seq = 7;"
                   "UPDATE audit SET seq = 7 WHERE seq = -1;",
    }[where])
    con.commit()
    con.close()
    try:
        w.start(ready=False)
    except AssertionError:
        code = w.daemon.process.returncode
        assert code == EX_CONFIG, code
        assert "audit" in w.log_tail() or "log" in w.log_tail()
        return
    r = w.ctl("audit", "verify", "-o", "json", status=None)
    assert r.returncode == 76, (r.returncode, r.stdout, r.stderr)
    import json
    got = json.loads(r.stdout)
    assert got["ok"] is False and got["error"]
    if where not in ("frontier",):
        assert got["first_bad"] in (5, 6, 7), got
    w.daemon.kill()


def test_configuration_is_checked(world, tmp_path):
    assert world.hopthud("-t").returncode == 0
    good = world.conf_file.read_text()
    bad = tmp_path / "bad.conf"

    def check(text, *words):
        bad.write_text(text)
        r = subprocess.run([str(HOPTHUD), "-c", str(bad), "-t"], capture_output=True, text=True,
                           timeout=20, check=False)
        assert r.returncode == EX_CONFIG, (r.returncode, r.stdout, r.stderr)
        for word in (str(bad),) + words:
            assert word in r.stderr, (word, r.stderr)
        r = subprocess.run([str(HOPTHUD), "-c", str(bad)], capture_output=True, text=True,
                           timeout=20, check=False)
        assert r.returncode == EX_CONFIG

    lines = good.count("\n")
    check(good + 'domian = "x.vn"\n', "domian", "domain", ":%d" % (lines + 1))
    check(good.replace("retry_min_ms = 50", 'retry_min_ms = "soon"'), "retry_min_ms")
    check(good.replace("retry_min_ms = 50", "retry_min_ms = -5"), "retry_min_ms")
    check(good.replace("retry_min_ms = 50", "retry_mim_ms = 50"), "retry_mim_ms", "retry_min_ms")
    check(good.replace('uri = "ldapi', 'uri = "http'), "uri")
    check(good.replace('"0666"', '"0888"'), "socket_mode")
    check(good + "limits {\n", "")
    check("", "domain")
    check("\0\0\0")
    check(good + 'log_level = "loud"\n', "loud", "info")
    r = subprocess.run([str(HOPTHUD), "-c", str(tmp_path / "none"), "-t"], capture_output=True,
                       text=True, check=False)
    assert r.returncode == EX_CONFIG and "none" in r.stderr


def test_what_differs_from_the_defaults(world):
    out = world.hopthud("-n").stdout
    for word in ("directory.retry_min_ms = 50", "domain = ", "socket_mode", "directory.uri"):
        assert word in out, out
    assert "log_level" not in out and "window" not in out
    r = world.hopthud("-x")
    assert r.returncode == 64 and r.stderr
    assert "hopthud" in world.hopthud("--version").stdout
    assert "-t" in world.hopthud("--help").stdout


def test_secrets_only_from_closed_files(make_world):
    """A password file that others can read is refused."""
    w = make_world(slapd=False, uri="ldapi://%2Fnonexistent%2Fldapi")
    w.judged = True
    pw = w.dir / "pw"
    pw.write_text("canary-bind-7Xq9\n")
    w.write_conf(**{"directory.bind": "simple", "directory.bind_dn": "cn=x,dc=y",
                    "directory.password_file": str(pw)})
    pw.chmod(0o644)
    r = w.hopthud("-t")
    assert r.returncode == EX_CONFIG and str(pw) in r.stderr and "canary" not in r.stderr, r
    pw.chmod(0o600)
    assert w.hopthud("-t").returncode == 0
    assert "canary" not in w.hopthud("-n").stdout
    keys = w.data / "keys"
    keys.chmod(0o755)
    try:
        r = w.hopthud(timeout=5)
    except subprocess.TimeoutExpired:
        pytest.fail("hopthud runs with keys that everybody may read")
    assert r.returncode == EX_CONFIG and str(keys) in r.stderr, (r.returncode, r.stderr)
    keys.chmod(0o700)


def test_reload(make_world):
    """SIGHUP takes what can change, keeps what cannot, and drops no request."""
    w = make_world()
    pid = w.daemon.pid
    with Door(w.socket, uid=w.admin_uid) as d, Probe(w, every=0) as probe:
        assert d.get("/v1/whoami")
        r = w.submit([people.create(n) for n in range(60)])
        w.approve(r)
        for n in range(5):
            w.write_conf(**{"directory.retry_max_ms": 1000 + n})
            w.daemon.signal(signal.SIGHUP)
            time.sleep(0.05)
            assert d.get("/v1/whoami")["name"] == "admin"
        assert w.wait(r["id"])["state"] == "done"
    probe.check(0.1 if not SANITIZED else 1)
    configs = [x for x in w.door("hoa").get("/v1/audit", event="config", limit=100)["records"]]
    assert len(configs) >= 2
    # a broken file changes nothing and is told
    good = w.conf_file.read_text()
    w.conf_file.write_text(good + "nonsense = 1\n")
    w.daemon.signal(signal.SIGHUP)
    wait_for(lambda: "nonsense" in w.log_tail(), "the complaint in the log")
    assert w.status()["pid"] == pid
    # what needs a restart is told too
    w.conf_file.write_text(good.replace('domain = "binhduong.gov.vn"', 'domain = "other.gov.vn"'))
    w.daemon.signal(signal.SIGHUP)
    wait_for(lambda: "restart" in w.log_tail() and "domain" in w.log_tail(), "the log to say so")
    w.conf_file.write_text(good)
    assert w.run([people.create(100)])["items"][0]["address"].endswith("@binhduong.gov.vn")
    assert w.run([people.create(101)])["state"] == "done"


def test_naming_follows_the_policy(make_world, tmp_path):
    folder = write_policy(tmp_path / "policy",
                          naming__person=["{given}.{family}", "{given}.{family}{seq}"])
    w = make_world(conf={"policy_dir": str(folder)})
    r = w.submit([{"op": "create", "full_name": "Trần Văn Út", "birth_year": y, "ref": y}
                  for y in ("1980", "1981", "1982")])
    assert [i["address"].split("@")[0] for i in r["items"]] == ["ut.tran", "ut.tran1", "ut.tran2"]
    w.approve(r)
    assert w.wait(r["id"])["state"] == "done"


def test_sigterm_drains(make_world):
    """In the middle of a letter: what is in flight ends, a stop record is written, 0 is returned."""
    w = make_world()
    r = w.submit([people.create(n) for n in range(400)])
    w.approve(r)
    wait_for(lambda: w.show(r["id"], limit=1)["counts"].get("done", 0) > 5, "the letter to run")
    began = time.monotonic()
    assert w.daemon.stop() == 0
    assert time.monotonic() - began < 5
    assert not w.socket.exists()
    con = sqlite3.connect("file:%s?mode=ro" % w.db, uri=True)
    last = con.execute("SELECT rec FROM audit ORDER BY seq DESC LIMIT 1").fetchone()[0]
    flying = con.execute("SELECT count(*) FROM item WHERE state IN ('running', 'unknown')"
                         ).fetchone()[0]
    con.close()
    assert b'"ev":"stop"' in bytes(last) and flying == 0
    w.start()
    assert w.wait(r["id"])["state"] == "done"


def test_sigterm_with_a_dead_directory(make_world):
    """It ends in bounded time though a reply will never come; the rest is resolved later."""
    w = make_world()
    r = w.submit([people.create(n) for n in range(300)])
    w.approve(r)
    wait_for(lambda: w.show(r["id"], limit=1)["counts"].get("done", 0) > 5, "the letter to run")
    w.slapd.freeze()
    began = time.monotonic()
    assert w.daemon.stop(30) == 0
    assert time.monotonic() - began < 20
    w.slapd.thaw()
    w.start()
    assert w.wait(r["id"], 60)["state"] == "done"


def test_sigint_and_sigpipe(make_world):
    w = make_world(operators=False)
    w.daemon.signal(signal.SIGPIPE)
    time.sleep(0.1)
    assert w.status()["pid"] == w.daemon.pid
    w.daemon.expected_death = True
    w.daemon.signal(signal.SIGINT)
    assert w.daemon.process.wait(10) == 0


def test_a_crash_is_evident(make_world):
    """After a kill -9 there is a start without a stop before it."""
    w = make_world(operators=False)
    w.daemon.stop()
    w.start()
    w.daemon.kill()
    w.start()
    evs = [x["ev"] for x in w.door("admin").get("/v1/audit", limit=1000)["records"]]
    seen = [e for e in evs if e in ("start", "stop")]
    assert seen == ["start", "stop", "start", "start"]
    assert evs[0] == "genesis"


@pytest.mark.skipif(SANITIZED, reason="sanitizers take memory")
def test_idle_memory(make_world):
    w = make_world()
    w.run([people.create(n) for n in range(50)])
    w.drop_doors()
    assert w.daemon.stop() == 0
    w.start()
    time.sleep(1)
    rss = w.daemon.status("VmRSS")
    assert rss <= 16 * 1024, "%d kB idle" % rss
    assert abs(w.status()["memory_kb"] - rss) < 4096


@pytest.mark.skipif(SANITIZED, reason="sanitizers link what they like")
def test_what_hopthuctl_links():
    out = subprocess.run(["ldd", str(HOPTHUCTL)], capture_output=True, text=True,
                         check=True).stdout
    for lib in ("libldap", "liblber", "libsqlite3"):
        assert lib not in out


def test_notify(make_world, tmp_path):
    """READY, a status line, the watchdog, STOPPING, as systemd wants them."""
    import socket
    w = make_world(operators=False)
    w.daemon.stop()
    path = str(tmp_path / "n")
    if len(path) > 100:
        path = str(w.dir / "n")
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    s.settimeout(5)
    w.start(env={"NOTIFY_SOCKET": path, "WATCHDOG_USEC": "600000"})
    seen = []
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            seen.append(s.recv(4096).decode())
        except socket.timeout:
            break
    told = "\n".join(seen)
    assert "READY=1" in told and "STATUS=" in told
    assert told.count("WATCHDOG=1") >= 3, told
    w.daemon.stop()
    end = time.monotonic() + 2
    while time.monotonic() < end and "STOPPING=1" not in told:
        told += s.recv(4096).decode()
    assert "STOPPING=1" in told
    s.close()


def test_loop_is_never_long(make_world):
    """A letter of 5,000 rows comes in, is planned, listed and verified: no turn over 100 ms."""
    w = make_world()
    w.status()  # which begins the measurement anew
    with Probe(w, "/v1/whoami") as probe:
        r = w.submit([people.create(n) for n in range(5000)])
        assert r["item_count"] == 5000 and len(r["items"]) == 1000
        w.door("minh").get("/v1/requests/%d/plan" % r["id"], limit=1000)
        w.show(r["id"], limit=1000)
        w.door("hoa").get("/v1/audit/verify")
        w.door("lan").post("/v1/requests/%d/cancel" % r["id"], {"reason": "chỉ thử"})
    if not SANITIZED:
        assert w.status()["longest_turn_ms"] <= 100
        probe.check()


@pytest.mark.skipif(not ROOT, reason="hopthud lets nobody but root look into it")
def test_nothing_is_left_open(make_world):
    """A thousand connections later there are no more descriptors than before."""
    w = make_world()
    fds = "/proc/%d/fd" % w.daemon.pid

    def count():
        return len(os.listdir(fds))

    w.drop_doors()
    time.sleep(0.2)
    before = count()
    for n in range(1000):
        with Door(w.socket, uid=w.admin_uid) as d:
            if n % 3:
                d.get("/v1/status")
            else:
                d.open()
    wait_for(lambda: count() <= before + 2, "the descriptors to be closed", 5)


def test_worlds_are_many():
    """Fixture check: nothing of an earlier test runs any more."""
    assert len(World.live) <= 2
