# SPDX-License-Identifier: BSD-2-Clause
"""A log built in memory by RFC 6962's own definitions, and hopthu-witness as a process to show it to."""
import base64
import hashlib
import http.client
import os
import signal
import socket
import ssl
import subprocess
import time

from hopthu import BUILD, wait_for
from notes import COSIGNATURE, LOG, Key, Note, leaf, node

WITNESS = BUILD / "hopthu-witness"
DASH = "\u2014 "


def split(n):
    return 1 << (n - 1).bit_length() - 1


class Log:
    def __init__(self, name="hopthu.test.gov.vn/1", key=None, leaves=()):
        self.key = key or Key.make(name, LOG)
        self.name, self.leaves, self.memo = self.key.name, list(leaves), {}

    def grow(self, n):
        for _ in range(n):
            self.leaves.append(leaf(os.urandom(24)))
        return self

    def fork(self, at, more):
        """Another history with the same key: its first `at` records are this one's."""
        return Log(key=self.key, leaves=self.leaves[:at]).grow(more)

    def mth(self, a, b):
        if (a, b) not in self.memo:
            if b - a == 1:
                return self.leaves[a]
            k = split(b - a)
            self.memo[a, b] = node(self.mth(a, a + k), self.mth(a + k, b))
        return self.memo[a, b]

    def root(self, size):
        return self.mth(0, size) if size else hashlib.sha256(b"").digest()

    def proof(self, old, size):
        def sub(m, a, b, whole):
            if m == b - a:
                return [] if whole else [self.mth(a, b)]
            k = split(b - a)
            if m <= k:
                return sub(m, a, a + k, whole) + [self.mth(a + k, b)]
            return sub(m - k, a + k, b, False) + [self.mth(a, a + k)]
        return sub(old, 0, size, True) if 0 < old < size else []

    def text(self, size, root=None, origin=None, extra=""):
        return ("%s\n%d\n%s\n%s" % (origin or self.name, size, base64.b64encode(
            root or self.root(size)).decode(), extra)).encode()

    def note(self, size, sign=None, **kw):
        text = self.text(size, **kw)
        return text + b"\n" + (sign or self.key).sign(text).encode()

    def request(self, old, size, proof=None, note=None, **kw):
        lines = self.proof(old, size) if proof is None else proof
        return (b"old %d\n" % old + b"".join(base64.b64encode(h) + b"\n" for h in lines) + b"\n" +
                (note or self.note(size, **kw)))


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path, timeout=20):
        super().__init__("localhost", timeout=timeout)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Program:
    """hopthu-witness with a state directory of its own."""

    def __init__(self, folder, name="witness.test", make=True):
        self.dir, self.state, self.socket = folder, folder / "state", folder / "w.sock"
        self.log, self.process, self.port = folder / "stderr", None, None
        if make:
            got = self.run("--init", "--name", name)
            assert got.returncode == 0, got.stderr
            self.key = Key.read(got.stdout)
            assert self.key.kind == COSIGNATURE and self.key.name == name

    def run(self, *args, check=None, env=None):
        got = subprocess.run([WITNESS, "--state", self.state, *args], text=True, timeout=60, env=env,
                             stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert "Sanitizer" not in got.stderr and "runtime error" not in got.stderr, got.stderr
        assert check is None or got.returncode == check, (got.returncode, got.stdout, got.stderr)
        return got

    def trust(self, log, check=0):
        return self.run("--trust", log.key.vkey(), check=check)

    def start(self, *more, before=(), listen=None, unix=True):
        args = ["--socket", self.socket] if unix else []
        if listen:
            with socket.create_server(("127.0.0.1", 0)) as s:
                self.port = s.getsockname()[1]
            args += ["--listen", "127.0.0.1:%d" % self.port, "--cert", listen[0], "--key", listen[1]]
        with open(self.log, "ab") as out:
            out.write(b"---- start\n")
            out.flush()
            self.process = subprocess.Popen([*before, WITNESS, "--state", self.state, *args, *more],
                                            stderr=out, stdout=out)
        wait_for(lambda: " follows " in self.said() or self.process.poll() is not None, "the start")
        return self

    def said(self):
        return self.log.read_text().rpartition("---- start\n")[2]

    def stop(self, how=signal.SIGTERM):
        process, self.process = self.process, None
        if process is None:
            return None
        process.send_signal(how)
        rc = process.wait(timeout=20)
        text = self.log.read_text()
        assert "Sanitizer" not in text and "runtime error" not in text and "BUG" not in text, text
        return rc

    def connection(self, timeout=20):
        return UnixConnection(self.socket, timeout)

    def https(self, ca, timeout=20):
        context = ssl.create_default_context(cafile=str(ca))
        return http.client.HTTPSConnection("localhost", self.port, timeout=timeout, context=context)

    def ask(self, method, path, body=None, connection=None):
        c = connection or self.connection()
        try:
            c.request(method, path, body, {"Content-Type": "text/plain"} if body else {})
            r = c.getresponse()
            return r.status, r.getheader("Content-Type"), r.read()
        finally:
            if connection is None:
                c.close()

    def add(self, body, connection=None):
        return self.ask("POST", "/add-checkpoint", body, connection)

    def confirmed(self, log, size, body=None, old=None, connection=None):
        """Asks for a confirmation, which must come and be right; its time."""
        before = int(time.time())
        status, kind, answer = self.add(body or log.request(self.size(log) if old is None else old, size),
                                        connection)
        assert (status, kind) == (200, "text/plain; charset=utf-8"), (status, answer)
        lines = answer.decode().splitlines(True)
        assert len(lines) == 1
        at = self.key.check(log.text(size), lines[0])
        assert at and before <= at <= int(time.time()) + 301
        return at

    def size(self, log):
        """As a client without knowledge finds out: by a request from 0."""
        status, kind, answer = self.add(log.request(0, len(log.leaves) or 1) if log.leaves else b"")
        if status == 200:
            return len(log.leaves)
        assert (status, kind) == (409, "text/x.tlog.size"), (status, answer)
        return int(answer)

    def latest(self, log):
        """What GET gives, judged: both signatures."""
        path = "/%s/checkpoint" % hashlib.sha256(log.name.encode()).hexdigest()
        status, _, body = self.ask("GET", path)
        if status == 404:
            return None
        assert status == 200, body
        note = Note(body)
        assert note.check(log.key) is True and note.check(self.key)
        return note

    def state_file(self, log):
        return self.state / "state" / hashlib.sha256(log.name.encode()).hexdigest()

    def kept(self, suffix=".request"):
        return sorted((self.state / "refused").glob("*" + suffix))
