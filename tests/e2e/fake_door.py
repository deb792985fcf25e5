# SPDX-License-Identifier: BSD-2-Clause
"""A small door for the tests of hopthuctl that need no hopthud, and ways to run hopthuctl."""
import base64
import fcntl
import hashlib
import hmac
import json
import os
import pathlib
import pty
import re
import secrets
import select
import socketserver
import struct
import subprocess
import termios
import threading
import time
import urllib.parse

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HOPTHU_BUILD") or TOP / "build").resolve()
CTL = BUILD / "hopthuctl"
DIGEST = "ab" * 32
PASSWORD = "mật khẩu rất dài"


def b64(data):
    return base64.b64encode(data).decode()


class Handler(socketserver.StreamRequestHandler):
    """One connection: HTTP/1.1, kept alive; identity sticks to it as RFC 7804 is used here."""

    def one(self):
        line = self.rfile.readline()
        if not line:
            return False
        method, target, _ = line.decode().split(" ")
        headers = {}
        while True:
            h = self.rfile.readline().decode().rstrip("\r\n")
            if not h:
                break
            k, _, v = h.partition(": ")
            headers[k.lower()] = v
        body = self.rfile.read(int(headers.get("content-length", 0)))
        path, _, query = target.partition("?")
        self.server.seen.append((method, path, dict(urllib.parse.parse_qsl(query)), body, headers))
        status, answer, more = self.answer(method, path, query, body, headers)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        head = "HTTP/1.1 %d X\r\nContent-Type: application/json\r\nContent-Length: %d\r\n" % (
            status, len(data))
        for k, v in more.items():
            head += "%s: %s\r\n" % (k, v)
        self.wfile.write(head.encode() + b"\r\n" + data)
        return more.get("Connection") != "close"

    def answer(self, method, path, query, body, headers):
        if self.server.scram:
            refused = self.scram(headers)
            if refused:
                return refused
        route = self.server.routes.get((method, path))
        if route is None:
            return 404, {"error": "there is no %s" % path, "class": "notfound"}, {}
        got = route(dict(urllib.parse.parse_qsl(query)), body) if callable(route) else route
        status, answer, more = (got + ({},))[:3] if isinstance(got, tuple) else (200, got, {})
        return status, answer, {**more, **self.info}

    def scram(self, headers):
        """None when the request may go on; the server's half of RFC 5802 in a few lines."""
        self.info = {}
        auth = headers.get("authorization")
        if not auth:
            if getattr(self, "user", None):
                return None
            return 401, {"error": "who are you?", "class": "auth"}, {
                "WWW-Authenticate": 'SCRAM-SHA-256 realm="hopthu"'}
        scheme, _, params = auth.partition(" ")
        assert scheme == "SCRAM-SHA-256"
        p = dict(x.strip().split("=", 1) for x in params.split(","))
        data = base64.b64decode(p["data"]).decode()
        if "sid" not in p:
            assert p["realm"] == '"hopthu"' and data.startswith("n,,")
            self.bare = data[3:]
            f = dict(x.split("=", 1) for x in self.bare.split(","))
            self.claimed, self.nonce = f["n"], f["r"] + secrets.token_hex(8)
            self.salt = b"0123456789abcdef"
            self.first = "r=%s,s=%s,i=4096" % (self.nonce, b64(self.salt))
            return 401, {"error": "go on", "class": "auth"}, {
                "WWW-Authenticate": "SCRAM-SHA-256 sid=s1,data=%s" % b64(self.first.encode())}
        assert p["sid"] == "s1"
        salted = hashlib.pbkdf2_hmac("sha256", self.server.password.encode(), self.salt, 4096)
        without, _, proof = data.rpartition(",p=")
        assert without == "c=biws,r=" + self.nonce
        message = ",".join([self.bare, self.first, without]).encode()
        client = hmac.digest(salted, b"Client Key", "sha256")
        signature = hmac.digest(hashlib.sha256(client).digest(), message, "sha256")
        if base64.b64decode(proof) != bytes(a ^ b for a, b in zip(client, signature)):
            return 401, {"error": "wrong name or password", "class": "auth"}, {}
        self.user = self.claimed
        final = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), message, "sha256")
        if self.server.impostor:
            final = bytes(32)
        self.info = {"Authentication-Info": "sid=s1,data=%s" % b64(b"v=" + b64(final).encode())}
        return None

    def handle(self):
        self.info = {}
        try:
            while self.one():
                pass
        except (ConnectionError, BrokenPipeError):
            pass


class FakeDoor(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 50

    def __init__(self, path, routes=None, handler=Handler):
        super().__init__(str(path), handler)
        self.path, self.routes, self.seen = str(path), dict(routes or {}), []
        self.scram, self.impostor, self.password = False, False, PASSWORD
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.shutdown()
        self.server_close()
        pathlib.Path(self.path).unlink(missing_ok=True)


def environment(**more):
    keep = {k: v for k, v in os.environ.items() if not k.startswith("HOPTHU_") and k != "NO_COLOR"}
    return {**keep, "LC_ALL": "C.UTF-8", "TZ": "Asia/Ho_Chi_Minh",
            **more}


def ctl(door, *args, status=0, stdin="", env=None):
    r = subprocess.run([str(CTL), "--socket", getattr(door, "path", str(door)), *map(str, args)],
                       input=stdin, capture_output=True, text=True, timeout=60, check=False,
                       env=environment(**(env or {})))
    assert status is None or r.returncode == status, (args, r)
    return r


def on_terminal(door, *args, env=None, keys=(), columns=80):
    """Runs on a pty, one of keys at each prompt; what it printed and the exit status."""
    fd, slave = pty.openpty()
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    p = subprocess.Popen(["setsid", "-c", CTL, "--socket", door.path, *args], stdin=slave, stdout=slave,
                         stderr=slave, env=environment(**{"TERM": "xterm", **(env or {})}))
    os.close(slave)
    keys, out, seen, end = list(keys), b"", 0, time.monotonic() + 15
    while time.monotonic() < end:
        if select.select([fd], [], [], 0.1)[0]:
            try:
                part = os.read(fd, 65536)
            except OSError:
                break
            out += part
        if keys and re.search(rb"(: |\] )$", out[seen:]):
            seen = len(out)
            time.sleep(0.05)
            os.write(fd, keys.pop(0))
    else:
        p.kill()
    status = p.wait()
    os.close(fd)
    return out.decode(), status


def item(row, **more):
    return {"row": row, "op": "create", "address": "a%d@x.vn" % row, "state": "planned", "error": "",
            "ref": "r%d" % row, "full_name": "Đặng Thị Ánh Nguyệt %d" % row, "effective": "",
            "updated_at": "2026-11-23T16:55:01.123456Z", **more}


def letter(n=2, **more):
    return {"id": 7, "state": "planned", "digest": DIGEST, "agency": "snv", "letter": "1/SNV",
            "date": "2026-11-20", "signer": "An", "reason": "vì", "submitter": "lan",
            "submitted_at": "2026-11-23T16:55:01Z", "approver": None, "approved_at": None,
            "item_count": n, "counts": {"planned": n}, "items": [item(i + 1) for i in range(min(n, 1000))],
            "next_offset": 1001 if n >= 1000 else None, **more}


def paged(n):
    def show(q, _):
        at, limit = max(int(q.get("offset", 0)), 1), min(int(q.get("limit", 1000)), 1000)
        rows = [item(i) for i in range(at, min(n + 1, at + limit))]
        return letter(n, items=rows, next_offset=at + limit if len(rows) == limit else None)
    return show


LETTER = ["--agency", "snv", "--letter", "1/SNV & Co", "--date", "2026-11-20", "--signer", "Nguyễn An",
          "--reason", "vì"]


def secret(tmp_path, text=PASSWORD + "\n", mode=0o600, name="pw"):
    f = tmp_path / name
    f.touch(0o600)
    f.write_text(text)
    f.chmod(mode)
    return f
