# SPDX-License-Identifier: BSD-2-Clause
"""hopthu-witness: every status of c2sp.org/tlog-witness, what it keeps, what it refuses to forget."""
import base64
import concurrent.futures
import hashlib
import http.client
import os
import random
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

import pytest

import people
from hopthu import EX_CONFIG, EX_CONFLICT, EX_DATA, EX_NOPERM, EX_NOTFOUND, EX_UNAVAILABLE, \
    EX_USAGE, EX_VERIFY, ROOT, wait_for
from notes import COSIGNATURE, LOG, Key, Note
from tlog import WITNESS, Log, Program


@pytest.fixture
def program(tmp_path):
    p = Program(tmp_path)
    yield p
    p.stop(signal.SIGKILL)


@pytest.fixture
def log():
    return Log().grow(300)


@pytest.fixture
def served(program, log):
    program.trust(log)
    return program.start()


def refused(got, status):
    assert got[0] == status and got[2].endswith(b"\n") and "\u2014".encode() not in got[2], got
    return got[2].decode()


def test_growth(served, log):
    """Every step of a growing log, also the same size again; the monitor's view follows."""
    assert served.latest(log) is None
    size, last = 0, 0
    for step in (1, 1, 0, 1, 4, 0, 57, 128, 1, 63):
        at = served.confirmed(log, size + step, old=size)
        size += step
        assert at >= last
        last = at
        note = served.latest(log)
        assert (note.size, note.root) == (size, log.root(size))
    log.grow(70000)
    served.confirmed(log, 70000, old=size)
    served.confirmed(log, 70300, old=70000)
    assert served.kept() == []
    shown = served.run("--show", check=0).stdout
    assert log.key.vkey() in shown and "size 70300" in shown
    assert base64.b64encode(log.root(70300)).decode() in shown


def test_several_logs(program):
    logs = [Log("log%d.example/%d" % (n, n)).grow(40) for n in range(5)]
    for one in logs:
        program.trust(one)
    program.start()
    for size in (3, 17, 40):
        for one in logs:
            program.confirmed(one, size, old={3: 0, 17: 3, 40: 17}[size])
    for one in logs:
        assert program.latest(one).size == 40


def test_extension_lines_and_other_signatures(served, log):
    other = Key.make("other.example", COSIGNATURE)
    text = log.text(5, extra="an extension\n")
    note = (text + b"\n" + other.cosign(text, 7).encode() + log.key.sign(text).encode() +
            Key.make(log.name, LOG).sign(text).encode())  # the log's name, another key: unknown
    status, _, answer = served.add(log.request(0, 5, note=note))
    assert status == 200 and served.key.check(text, answer.decode())
    body = served.ask("GET", "/%s/checkpoint" % hashlib.sha256(log.name.encode()).hexdigest())[2]
    assert body.startswith(text + b"\n") and b"other.example" not in body and body.count(b"\n") == 7


def test_empty_tree(served, log):
    assert "empty" in refused(served.add(log.request(0, 0, root=b"\1" * 32)), 422)
    refused(served.add(log.request(0, 0, proof=[b"\1" * 32])), 422)
    status, _, answer = served.add(log.request(0, 0))
    assert status == 200 and served.key.check(log.text(0), answer.decode())
    assert served.latest(log).size == 0
    assert served.confirmed(log, 9, old=0)


BAD_BODIES = {
    "empty": lambda g: b"",
    "nothing": lambda g: b"\n\n\n",
    "no old": lambda g: g[4:],
    "leading zero": lambda g: g.replace(b"old 0\n", b"old 00\n"),
    "sign": lambda g: g.replace(b"old 0\n", b"old +0\n"),
    "two spaces": lambda g: g.replace(b"old 0\n", b"old  0\n"),
    "crlf": lambda g: g.replace(b"\n", b"\r\n"),
    "too large": lambda g: g.replace(b"old 0\n", b"old 9223372036854775808\n"),
    "no empty line": lambda g: g.replace(b"old 0\n\n", b"old 0\n"),
    "short hash": lambda g: g.replace(b"old 0\n", b"old 0\nAAAA\n"),
    "64 hashes": lambda g: g.replace(b"old 0\n", b"old 0\n" + b"A" * 43 + b"=\n" * 1 +
                                     (b"A" * 43 + b"=\n") * 63),
    "hash not canonical": lambda g: g.replace(b"old 0\n", b"old 0\n" + b"A" * 42 + b"B=\n"),
    "no signature": lambda g: g[:g.rindex(b"\n\n") + 1],
    "no line end": lambda g: g[:-1],
    "a tail": lambda g: g + b"x",
    "not utf-8": lambda g: g.replace(b"\n300\n", b"\n300\n\xff"),
    "a NUL": lambda g: g.replace(b"\n300\n", b"\n300\n\0"),
    "size with a zero": lambda g: g.replace(b"\n300\n", b"\n0300\n"),
    "negative": lambda g: g.replace(b"\n300\n", b"\n-300\n"),
    "origin alone": lambda g: b"old 0\n\n" + g.split(b"\n")[2] + b"\n\n" + g.split(b"\n\n")[-1],
}


@pytest.mark.parametrize("name", BAD_BODIES)
def test_malformed(served, log, name):
    good = log.request(0, 300)
    bad = BAD_BODIES[name](good)
    assert bad != good
    refused(served.add(bad), 400)
    assert served.kept() == [] and served.confirmed(log, 300, old=0)


def test_old_above_size(served, log):
    served.confirmed(log, 200, old=0)
    refused(served.add(log.request(200, 100, proof=[])), 400)
    assert served.latest(log).size == 200


def test_unknown_and_unsigned(served, log):
    stranger = Log("stranger.example").grow(3)
    assert "stranger.example" in refused(served.add(stranger.request(0, 3)), 404)
    thief = Key.make(log.name, LOG)
    refused(served.add(log.request(0, 9, sign=thief)), 403)
    # the log's name and id with a signature of another text: malformed for a known key
    refused(served.add(log.request(0, 9, note=log.text(9) + b"\n" + log.key.sign(b"x\n").encode())), 403)
    # a good one beside a bad one of the same key
    text = log.text(9)
    both = text + b"\n" + log.key.sign(text).encode() + log.key.sign(b"x\n").encode()
    refused(served.add(log.request(0, 9, note=both)), 403)
    # signed by the log, but in another log's name
    refused(served.add(log.request(0, 9, origin="stranger.example")), 404)
    assert served.latest(log) is None and served.kept() == []


def test_conflict(served, log):
    served.confirmed(log, 100, old=0)
    for old in (0, 50, 99, 101, 150):
        status, kind, body = served.add(log.request(old, 200))
        assert (status, kind, body) == (409, "text/x.tlog.size", b"100\n")
    assert served.kept() == []
    served.confirmed(log, 200, old=100)


def test_proofs(served, log):
    """No proof but the right one: missing, cut, mixed up, too long, of other sizes, with a bit changed."""
    served.confirmed(log, 100, old=0)
    right = log.proof(100, 300)
    wrong = [[], right[:-1], right[1:], right[::-1], right + right[:1], log.proof(99, 300),
             log.proof(100, 299), log.proof(101, 300)]
    for n in range(len(right)):
        wrong.append(right[:n] + [bytes([right[n][0] ^ 1]) + right[n][1:]] + right[n + 1:])
    for proof in wrong:
        assert "does not lead" in refused(served.add(log.request(100, 300, proof=proof)), 422)
    assert len(served.kept()) == len(wrong) == len(served.kept(".seen"))
    refused(served.add(log.request(100, 100, proof=right)), 422)
    assert served.latest(log).size == 100
    served.confirmed(log, 300, old=100)


def test_fork(served, log):
    """Two roots for one size, and a history that goes another way: refused, kept whole, and said."""
    served.confirmed(log, 100, old=0)
    for fork in (log.fork(50, 100), log.fork(99, 201), log.fork(0, 300)):
        same, longer = fork.request(100, 100), fork.request(100, 150)
        assert "two roots for 100" in refused(served.add(same), 422)
        refused(served.add(longer), 422)
        for body in (same, longer):
            files = [f for f in served.kept() if f.read_bytes() == body]
            assert len(files) == 1
            seen = Note(files[0].with_suffix(".seen").read_text())
            assert seen.check(log.key) is True and (seen.size, seen.root) == (100, log.root(100))
            assert hashlib.sha256(log.name.encode()).hexdigest() in files[0].name
            assert str(files[0]) in served.said()
    assert served.said().count("REFUSED " + log.name) == 6
    served.add(same)
    assert len(served.kept()) == 6 and "kept already" in served.said()
    served.confirmed(log, 150, old=100)


def test_rewind(served, log):
    """A log that was cut or restored shows less than before, and goes on from there."""
    served.confirmed(log, 200, old=0)
    status, _, body = served.add(log.request(0, 120))
    assert (status, body) == (409, b"200\n")
    assert [f.read_bytes() for f in served.kept()] == [log.request(0, 120)]
    restored = log.fork(120, 180)
    assert served.add(restored.request(120, 300))[2] == b"200\n"
    refused(served.add(restored.request(200, 300)), 422)
    assert served.add(restored.request(0, 200))[2] == b"200\n"  # the same size, another root
    assert len(served.kept()) == 3
    served.confirmed(log, 300, old=200)


def test_evidence_is_bounded(served, log):
    served.confirmed(log, 100, old=0)
    c = served.connection()
    for n in range(300):
        assert served.add(log.request(100, 100, root=hashlib.sha256(b"%d" % n).digest()), c)[0] == 422
    assert len(served.kept()) == 256
    assert served.said().count("REFUSED") <= 120  # 60 a minute


def test_restart_keeps_everything(served, log):
    served.confirmed(log, 250, old=0)
    assert served.stop() == 0
    assert not served.socket.exists()
    served.start()
    assert served.latest(log).size == 250
    refused(served.add(log.fork(10, 290).request(250, 300)), 422)
    served.confirmed(log, 300, old=250)


# --- state that is lost or damaged ---

DAMAGE = {
    "missing": lambda f, other: f.unlink(),
    "empty": lambda f, other: f.write_bytes(b""),
    "cut": lambda f, other: f.write_bytes(f.read_bytes()[:-20]),
    "text changed": lambda f, other: f.write_bytes(f.read_bytes().replace(b"\n200\n", b"\n100\n")),
    "another log's": lambda f, other: f.write_bytes(other),
    "not ours": lambda f, other: f.write_bytes(b"\n".join(f.read_bytes().split(b"\n")[:-2]) + b"\n"),
    "a folder": lambda f, other: (f.unlink(), f.mkdir()),
    "a link": lambda f, other: (f.rename(f.parents[1] / "x"), f.symlink_to(f.parents[1] / "x")),
    "huge": lambda f, other: f.write_bytes(b"x" * 100000),
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_state(program, log, kind):
    """What it saw is gone: it says so and confirms nothing of this log; the other one goes on."""
    other = Log("other.example").grow(20)
    program.trust(log)
    program.trust(other)
    program.start()
    program.confirmed(log, 200, old=0)
    program.confirmed(other, 5, old=0)
    DAMAGE[kind](program.state_file(log), program.state_file(other).read_bytes())
    for _ in range(2):
        for old in (0, 200):
            assert "lost or damaged" in refused(program.add(log.request(old, 300)), 503)
        assert program.ask("GET", program.state_file(log).name.join(("/", "/checkpoint")))[0] == 503
        status, _, body = program.ask("GET", "/healthz")
        assert status == 503 and log.name.encode() in body
        size = program.latest(other).size
        program.confirmed(other, size + 3, old=size)
        program.stop()
        shown = program.run("--show", check=EX_CONFIG)
        assert "DAMAGED" in shown.stdout and log.name in shown.stderr
        # following it again is no way to begin from nothing
        assert "lost or damaged" in program.trust(log, check=EX_CONFIG).stderr
        program.start()
        assert "lost or damaged" in program.said()


def test_lost_list(program, log):
    """Without its list of logs it does not start; the log's key brings the line back, and the state stays."""
    program.trust(log)
    program.start()
    program.confirmed(log, 200, old=0)
    program.stop()
    (program.state / "logs").write_bytes(b"")
    program.start()
    assert program.process.wait(10) == EX_CONFIG and "logs" in program.said()
    program.process = None
    got = program.run("--trust", Key.make(log.name, LOG).vkey(), check=EX_CONFIG)
    assert "signature is not right" in got.stderr
    program.trust(log)
    program.start()
    assert program.latest(log).size == 200
    refused(program.add(log.fork(3, 297).request(200, 300)), 422)


def test_keys_and_directories(program, log, tmp_path):
    assert "already" in program.run("--init", "--name", "again", check=EX_CONFLICT).stderr
    program.trust(log)
    assert "already" in program.trust(log).stderr
    got = program.run("--trust", Key.make(log.name, LOG).vkey(), check=EX_CONFLICT)
    assert "another key" in got.stderr
    for bad in ("x", log.key.vkey() + "\n", log.key.vkey()[:-4] + "AAA=", program.key.vkey()):
        program.run("--trust", bad, check=EX_USAGE)
    (program.state / "key").chmod(0o640)
    assert "chmod" in program.run("--show", check=EX_CONFIG).stderr
    (program.state / "key").chmod(0o600)
    program.state.chmod(0o770)
    program.run("--show", check=EX_CONFIG)
    program.state.chmod(0o700)
    secret = (program.state / "key").read_text()
    # another key over an old state: nothing that was signed before can be trusted
    program.start()
    program.confirmed(log, 10, old=0)
    program.stop()
    (program.state / "key").unlink()
    program.run("--show", check=EX_CONFIG)
    assert "empty directory" in program.run("--init", "--name", "again", check=EX_CONFLICT).stderr
    (program.state / "key").write_text(secret[:30])
    got = program.run("--show", check=EX_CONFIG)
    assert secret[30:50] not in got.stderr and secret[13:30] not in got.stderr
    nobody = Program(tmp_path / "none", make=False)
    nobody.run("--show", check=EX_CONFIG)
    nobody.dir.mkdir()
    for name in ("", "a b", "a+b", "a\u00a0b", "x" * 256):
        nobody.run("--init", "--name", name, check=EX_USAGE)
        assert not nobody.state.exists()


def test_arguments(program):
    for args in ((), ("--init",), ("--show", "--answer", "x"), ("--name", "x", "--show"), ("-o", "x", "--show"),
                 ("--listen", "localhost:1"), ("--cert", "x", "--socket", "y"), ("word",), ("--nothing",),
                 ("--socket", "x", "--show"), ("--socket", "x", "--socket-mode", "9"),
                 ("--socket", "x", "--socket-mode", "")):
        program.run(*args, check=EX_USAGE)
    program.run("--socket", "/nowhere/at/all", check=EX_CONFIG)
    program.run("--socket", "x" * 200, check=EX_CONFIG)
    program.run("--socket", program.socket, "--socket-group", "no-such-group", check=EX_CONFIG)
    assert program.run("--version", check=0).stdout.startswith("hopthu-witness ")
    assert "--trust" in program.run("--help", check=0).stdout


def test_one_at_a_time(served, log, tmp_path):
    assert "another hopthu-witness" in served.run("--socket", tmp_path / "b", check=EX_CONFLICT).stderr
    assert "another hopthu-witness" in served.trust(log, check=EX_CONFLICT).stderr
    served.run("--show", check=0)
    other = Program(tmp_path / "other", make=False)
    other.dir.mkdir()
    other.run("--init", "--name", "b", check=0)
    got = other.run("--socket", served.socket, check=EX_CONFLICT)
    assert "listens" in got.stderr
    served.stop(signal.SIGKILL)
    assert served.socket.exists()
    served.start()  # over the socket that the dead one left
    served.confirmed(log, 1, old=0)
    (tmp_path / "file").write_text("x")
    got = other.run("--socket", tmp_path / "file", check=EX_CONFIG)
    assert (tmp_path / "file").read_text() == "x"


def test_socket_mode(program, log):
    program.trust(log)
    program.start("--socket-mode", "0600")
    assert program.socket.stat().st_mode & 0o777 == 0o600
    program.stop()
    program.start()
    assert program.socket.stat().st_mode & 0o777 == 0o660


# --- the clock ---

def put_state(program, log, size, at):
    """What this witness itself would have written at that time."""
    raw = base64.b64decode((program.state / "key").read_text().strip().split("+", 4)[4])
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    key = Key(program.key.name, program.key.public, COSIGNATURE,
              Ed25519PrivateKey.from_private_bytes(raw[1:]))
    program.state_file(log).write_bytes(log.note(size) + key.cosign(log.text(size), at).encode())


def test_clock_goes_back(served, log):
    ahead = int(time.time()) + 200
    put_state(served, log, 50, ahead)
    assert served.confirmed(log, 60, old=50) == ahead
    put_state(served, log, 50, int(time.time()) + 1000)
    assert "clock" in refused(served.add(log.request(50, 60)), 503)
    assert "clock" in served.said() and served.latest(log).size == 50


# --- the network ---

def test_http_faults(served, log):
    good = log.request(0, 10)
    assert served.ask("GET", "/add-checkpoint")[0] == 405
    assert served.ask("PUT", "/add-checkpoint", good)[0] == 405
    assert served.ask("POST", "/healthz", b"x")[0] == 405
    assert served.ask("GET", "/healthz")[::2] == (200, b"ok\n")
    for path in ("/", "/nothing", "/checkpoint", "/%s/checkpoint" % ("0" * 63), "/add-checkpoint/",
                 "/add-checkpoint?x=1", "/../add-checkpoint", "/%s/checkpoint" % ("0" * 64),
                 "/%s/checkpoint/x" % served.state_file(log).name,
                 "/%s/checkpoint" % served.state_file(log).name.upper()):
        assert served.ask("GET", path)[0] == 404, path
    assert served.add(b"x" * 70000)[0] == 413
    for raw, want in ((b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                       b"%x\r\n%s\r\n0\r\n\r\n" % (len(good), good), b"411"),
                      (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n"
                       b"Content-Length: %d\r\n\r\n%s" % (len(good), good), b"400"),
                      (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\n\r\n", b"411"),
                      (b"POST /add-checkpoint HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", b"400"),
                      (b"GET /healthz HTTP/1.1\r\nX: " + b"y" * 9000 + b"\r\n\r\n", b"400"),
                      (b"nonsense\r\n\r\n", b"400"), (os.urandom(500) + b"\r\n\r\n", b"400"),
                      (b"\x16\x03\x01\x02\x00\x01\x00\r\n\r\n", b"400")):
        with socket.socket(socket.AF_UNIX) as s:
            s.settimeout(10)
            s.connect(str(served.socket))
            s.sendall(raw)
            first = s.recv(100)
            assert first.split(b" ")[1:2] == [want], (raw[:60], first)
    assert served.latest(log) is None
    c = served.connection()  # kept alive, and several requests in one go
    for size in range(1, 20):
        served.confirmed(log, size, old=size - 1, connection=c)
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(str(served.socket))
        s.sendall(b"GET /healthz HTTP/1.1\r\n\r\n" * 3)
        s.settimeout(10)
        got = b""
        while got.count(b"ok\n") < 3:
            got += s.recv(4096)


def test_slow_clients(served, log):
    """Who sends a byte a second is cut off after 10 s, and keeps nobody from being served."""
    slow = []
    for n in range(200):
        s = socket.socket(socket.AF_UNIX)
        s.connect(str(served.socket))
        if n % 2:
            s.sendall(b"POST /add-checkpoint HTTP/1.1\r\nContent-Le")
        slow.append(s)
        if n % 50 == 49:  # accepted meanwhile, or the queue of the socket is full
            served.confirmed(log, n + 1, old=n + 1 - 50 if n > 49 else 0)
    begin, alive = time.monotonic(), set(range(200))
    while alive and time.monotonic() - begin < 25:
        for n in list(alive):
            try:
                slow[n].setblocking(False)
                if n % 2:
                    slow[n].send(b"n")
                if slow[n].recv(100) == b"":
                    alive.discard(n)
            except BlockingIOError:
                pass
            except OSError:
                alive.discard(n)
        time.sleep(0.5)
    assert not alive
    for s in slow:
        s.close()
    served.confirmed(log, 300, old=200)


def test_64_clients(served, log):
    """64 at once want the same step: one after the other is confirmed or told the size, never two histories."""
    fork = log.fork(20, 280)
    served.confirmed(log, 20, old=0)
    barrier = threading.Barrier(64)
    given = []

    def client(n):
        mine = fork if n % 2 else log
        barrier.wait()
        for size in range(30, 300, 10):
            status, _, answer = served.add(mine.request(size - 10, size))
            if status == 200:
                assert served.key.check(mine.text(size), answer.decode())
                given.append((size, mine.root(size)))
            else:
                assert status in (409, 422), (status, answer)

    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        for job in [pool.submit(client, n) for n in range(64)]:
            job.result()
    assert given
    winners = {one for one in (log, fork) if any(one.root(size) == root for size, root in given)}
    assert len(winners) == 1
    one = winners.pop()
    assert all(one.root(size) == root for size, root in given)
    assert served.latest(log).size == max(size for size, _ in given)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    folder = tmp_path_factory.mktemp("tls")
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    key.chmod(0o640)
    return cert, key


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of the old versions that must be refused
def test_https(program, log, certificate):
    cert, key = certificate
    program.trust(log)
    program.start(listen=(cert, key))
    c = program.https(cert)
    for size in (5, 6, 100):
        program.confirmed(log, size, old={5: 0, 6: 5, 100: 6}[size], connection=c)
    program.confirmed(log, 120, old=100)  # the socket beside it
    assert program.ask("GET", "/healthz", connection=program.https(cert))[0] == 200
    refused(program.add(log.fork(3, 297).request(120, 300), program.https(cert)), 422)
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        got = list(pool.map(lambda n: program.add(log.request(120, 300), program.https(cert))[0], range(64)))
    assert got.count(200) == 1 and got.count(409) == 63
    old = ssl.create_default_context(cafile=str(cert))
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        old.wrap_socket(socket.create_connection(("127.0.0.1", program.port)), server_hostname="localhost")
    # garbage instead of a handshake, handshakes that never end
    waiting = []
    for _ in range(150):
        waiting.append(socket.create_connection(("127.0.0.1", program.port)))
        waiting[-1].sendall(b"\x16\x03\x01\x02\x00")
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", program.port)) as s:
            s.sendall(os.urandom(100))
    assert program.ask("GET", "/healthz", connection=program.https(cert))[0] == 200
    begin = time.monotonic()
    for s in waiting:
        s.settimeout(20)
        try:
            while s.recv(1000):
                pass
        except OSError:
            pass
        s.close()
    assert time.monotonic() - begin < 16
    assert program.latest(log).size == 300


def test_https_certificate_again(program, log, certificate, tmp_path):
    cert, key = tmp_path / "c.pem", tmp_path / "k.pem"
    shutil.copy(certificate[0], cert)
    shutil.copy(certificate[1], key)
    program.trust(log)
    program.start(listen=(cert, key), unix=False)
    c = program.https(cert)
    assert program.ask("GET", "/healthz", connection=c)[0] == 200
    cert.write_text("nonsense")
    program.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "used on" in program.said(), "the refusal of a certificate")
    assert program.ask("GET", "/healthz", connection=program.https(certificate[0]))[0] == 200
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                    "-nodes", "-keyout", key, "-out", cert, "-days", "2", "-subj", "/CN=localhost",
                    "-addext", "subjectAltName=DNS:localhost"], check=True, capture_output=True)
    key.chmod(0o600)
    program.process.send_signal(signal.SIGHUP)
    wait_for(lambda: "read again" in program.said(), "the new certificate")
    assert program.ask("GET", "/healthz", connection=program.https(cert))[0] == 200
    with pytest.raises(ssl.SSLError):
        program.ask("GET", "/healthz", connection=program.https(certificate[0]))
    assert program.ask("GET", "/healthz", connection=c)[0] == 200
    program.stop()
    key.chmod(0o644)
    args = ("--listen", "127.0.0.1:0", "--cert", cert, "--key", key)
    assert "chmod" in program.run(*args, check=EX_CONFIG).stderr
    key.chmod(0o600)
    cert.chmod(0o600)
    assert "cannot be used" in program.run(*args[:4], "--key", cert, check=EX_CONFIG).stderr
    for bad in ("127.0.0.1", ":443", "127.0.0.1:x", "127.0.0.1:99999", "192.0.2.1:443", "no.such.host.invalid:1"):
        program.run("--listen", bad, *args[2:], check=EX_CONFIG)


# --- carried files ---

def test_carried(program, log, tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    program.trust(log)

    def answer(body, status, check):
        (folder / "request").write_bytes(body)
        said = program.run("--answer", folder, check=check).stderr
        assert ("confirmed; the answer goes back" in said) == (status == 200) and said.count("\n") <= 2, said
        first, _, rest = (folder / "response").read_bytes().partition(b"\n")
        assert first == b"%d" % status
        return rest

    assert program.key.check(log.text(5), answer(log.request(0, 5), 200, 0).decode())
    assert answer(log.request(0, 9), 409, EX_CONFLICT) == b"5\n"
    assert program.key.check(log.text(9), answer(log.request(5, 9), 200, 0).decode())
    answer(log.fork(2, 30).request(9, 20), 422, EX_VERIFY)
    answer(log.request(9, 20, sign=Key.make(log.name, LOG)), 403, EX_NOPERM)
    answer(Log("other.example").grow(1).request(0, 1), 404, EX_NOTFOUND)
    answer(b"nonsense", 400, EX_DATA)
    assert len(program.kept()) == 1
    (tmp_path / "in").write_bytes(log.request(9, 20))
    program.run("--answer", tmp_path / "in", "-o", tmp_path / "out", check=0)
    assert (tmp_path / "out").read_bytes().startswith(b"200\n")
    (tmp_path / "in").write_bytes(log.request(20, 30))
    assert program.run("--answer", tmp_path / "in", check=0).stdout.startswith("200\n\u2014 witness.test ")
    program.run("--answer", tmp_path / "nothing", check=EX_USAGE)
    (tmp_path / "in").write_bytes(b"x" * 70000)
    program.run("--answer", tmp_path / "in", check=EX_USAGE)
    program.state_file(log).unlink()
    answer(log.request(30, 40), 503, EX_UNAVAILABLE)
    assert not list(folder.glob(".*"))


# --- a disk that fails, and kill -9 at every step ---

def inject(step, what):
    """strace that lets a step of a state's writing go wrong; before it there is none of its kind.  -D: what is
    stopped is the witness, which would live on after its tracer."""
    name, _, when = step.partition(":")
    return ["strace", "-D", "-f", "-o", "/dev/null", "-e", "trace=%s" % name,
            "-e", "inject=%s:%s:when=%s" % (name, what, when)]


@pytest.mark.parametrize("what", ["error=ENOSPC", "error=EIO", "signal=SIGKILL"])
@pytest.mark.parametrize("step", ["fsync:1", "fsync:2", "renameat:1"])
def test_step_fails(program, log, step, what):
    """Nothing leaves before it is durable.  An fsync of the file, the rename, the fsync of the folder fail, or
    the witness dies there: no signature was given, and what it knows afterwards is the old or the new."""
    program.trust(log)
    program.start()
    program.confirmed(log, 10, old=0)
    program.stop()
    program.start(before=inject(step, what))
    if what.startswith("signal"):
        with pytest.raises((http.client.HTTPException, OSError)):
            program.add(log.request(10, 20))
        program.process.wait(20)
        program.process = None
        program.start()
    else:
        assert "cannot be" in refused(program.add(log.request(10, 20)), 503)
    size = program.latest(log).size
    assert size == (20 if step == "fsync:2" else 10)
    fork = log.fork(5, 295)
    for old in (10, 20):
        got = program.add(fork.request(old, 30))
        assert got[0] == (422 if old == size else 409)
    program.confirmed(log, 30, old=size)
    assert not [f for f in program.state_file(log).parent.iterdir() if f.name.startswith(".")]


def test_full_disk(tmp_path, log):
    if not ROOT:
        pytest.skip("only root can mount")
    where = tmp_path / "small"
    where.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=256k,nr_inodes=100,mode=0700", "hopthu-test", where],
                      capture_output=True).returncode:
        pytest.skip("cannot mount a tmpfs here")
    program = Program(where)
    program.log = tmp_path / "stderr"
    program.socket = tmp_path / "w.sock"
    try:
        program.trust(log)
        program.start()
        program.confirmed(log, 10, old=0)
        with open(where / "fill", "wb", buffering=0) as f:
            with pytest.raises(OSError):
                while True:
                    f.write(b"x" * 4096)
        assert "nothing is confirmed" in refused(program.add(log.request(10, 20)), 503)
        assert "No space" in program.said()
        refused(program.add(log.fork(3, 50).request(10, 20)), 422)  # not kept, refused all the same
        assert "could not be kept" in program.said()
        assert program.latest(log).size == 10
        (where / "fill").unlink()
        program.confirmed(log, 20, old=10)
        program.stop()
    finally:
        program.stop(signal.SIGKILL)
        subprocess.run(["umount", "-l", where], check=False)


@pytest.mark.limit(600)
def test_random_kills(program, log, rng):
    """Killed at any moment while several ask: no two signatures it ever gave contradict each other."""
    log.grow(3000)
    fork = log.fork(1, 3300)
    program.trust(log)
    given, lock = [], threading.Lock()

    def client(one, seed):
        mine = random.Random(seed)
        size = 0
        while not stopped.is_set():
            new = min(size + mine.randrange(1, 4), 3300)
            try:
                status, _, answer = program.add(one.request(size, new))
            except (OSError, http.client.HTTPException):
                time.sleep(0.002)
                continue
            if status == 200:
                assert program.key.check(one.text(new), answer.decode())
                with lock:
                    given.append((new, one))
                size = new
            elif status == 409:
                size = int(answer)
            elif status == 422:
                size = mine.randrange(0, 3000)
                time.sleep(0.01)

    rounds = int(os.environ.get("HOPTHU_KILLS", "60"))
    for n in range(rounds):
        program.start()
        stopped = threading.Event()
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            jobs = [pool.submit(client, one, rng.random()) for one in (log, log, log, fork)]
            time.sleep(rng.uniform(0.002, 0.08))
            program.stop(signal.SIGKILL)
            stopped.set()
            for job in jobs:
                job.result()
    program.start()
    last = program.latest(log)
    winners = {id(one) for _, one in given}
    assert given and len(winners) == 1, "both histories were confirmed"
    one = given[0][1]
    assert last.root == one.root(last.size) and last.size >= max(size for size, _ in given)
    loser = fork if one is log else log
    assert program.add(loser.request(last.size, min(last.size + 10, 3300)))[0] == 422
    print("%d kills, %d signatures, size %d" % (rounds, len(given), last.size))


# --- with hopthud itself ---

def test_with_hopthud(make_world, tmp_path):
    """The real daemon and the real witness: confirmed, anchored, and a database that was put back refused."""
    from test_checkpoint import FAST, backup, evidence, new, point, restore, stopped, vkey
    w = make_world(conf=FAST)
    program = Program(w.dir / "witness", make=False)
    program.dir.mkdir()
    program.dir.chmod(0o755)
    program.key = Key.read(program.run("--init", "--name", "witness.test", check=0).stdout)
    program.run("--trust", vkey(w).strip(), check=0)
    program.start("--socket-mode", "0666")
    try:
        w.policy = w.dir / "policy"
        w.policy.write_text("log %s\nwitness here %s unix:%s\nquorum here\n" % (
            vkey(w).strip(), program.key.vkey(), program.socket))
        w.write_conf(**{"evidence.policy_file": str(w.policy)})
        w.daemon.stop()
        w.start()
        w.run([people.create(1)])
        size = new(w)["size"]
        wait_for(lambda: evidence(w)["quorum"] and (evidence(w)["confirmed"] or 0) >= size, "a signature", 15)
        note = Note(point(w, size)["note"])
        assert note.check(program.key) and note.check(Key.read(vkey(w))) is True
        backup(w, w.dir / "backup")
        w.run([people.create(n) for n in range(2, 6)])
        size = new(w)["size"]
        wait_for(lambda: (evidence(w)["confirmed"] or 0) >= size, "a signature", 15)
        program.stop(signal.SIGKILL)  # away, and back: nothing but a lag
        newer = new(w)["size"]
        program.start("--socket-mode", "0666")
        wait_for(lambda: (evidence(w)["confirmed"] or 0) >= newer, "a signature", 15)
        restore(w, w.dir / "backup")
        w.start()
        stopped(w)
        assert "REFUSED" in program.said() and program.kept()
        shown = re.search(r"\n\tsize (\d+)\n", program.run("--show", check=0).stdout)
        assert int(shown[1]) >= newer
        w.foreign |= {people.login(people.name(n)) for n in range(2, 6)}
        w.judged = True
    finally:
        program.stop(signal.SIGKILL)
