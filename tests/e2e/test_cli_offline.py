# SPDX-License-Identifier: BSD-2-Clause
"""hopthuctl against a small door written here: what it asks, prints and exits with."""
import base64
import csv
import fcntl
import hashlib
import hmac
import io
import json
import os
import pathlib
import pty
import re
import secrets
import select
import socket
import socketserver
import struct
import subprocess
import termios
import threading
import time
import unicodedata
import urllib.parse

import pytest

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


@pytest.fixture
def door(tmp_path):
    d = FakeDoor(tmp_path / "s")
    yield d
    d.close()


def environment(**more):
    keep = {k: v for k, v in os.environ.items() if not k.startswith("HOPTHU_") and k != "NO_COLOR"}
    return {**keep, "LC_ALL": "C.UTF-8", "TZ": "Asia/Ho_Chi_Minh", "ASAN_OPTIONS": "detect_leaks=0",
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
            "next_offset": 1000 if n > 1000 else None, **more}


def paged(n):
    def show(q, _):
        at, limit = int(q.get("offset", 0)), min(int(q.get("limit", 1000)), 1000)
        rows = [item(i + 1) for i in range(at, min(n, at + limit))]
        end = at + len(rows)
        return letter(n, items=rows, next_offset=end if end < n else None)
    return show


LETTER = ["--agency", "snv", "--letter", "1/SNV & Co", "--date", "2026-11-20", "--signer", "Nguyễn An",
          "--reason", "vì"]


# --- the command line -------------------------------------------------------------------------------

@pytest.mark.parametrize("args, hint", [
    (["requst"], "hopthuctl request"), (["request", "submti"], "hopthuctl request submit"),
    (["submit", "x"], "hopthuctl request submit"), (["request", "list", "--agenci", "x"], "--agency"),
    (["request", "list", "--agency"], "--agency CODE"), (["request", "show"], "ID"),
    (["request", "show", "1", "2"], '"2"'), (["request", "show", "x"], '"x"'),
    (["mailbox", "list", "--digest", "x"], "--digest"), (["status", "-o", "jsn"], "json"),
    (["request", "list", "--state", "plannd"], "planned"), (["status", "-z"], "-z"),
    (["operator", "add", "a", "--role", "approvr"], "approver"), (["zzzzzz"], "help"),
    (["audit", "list", "--event", "aprove"], "approve"), (["status", "--json=1"], "--json"),
    (["request", "refuse", "1"], "--reason"), (["mailbox", "close", "a"], "--reason"),
    (["status", "--timeout", "-3"], "-3"), (["status", "--password-file", "x"], "--user"),
    (["help", "requst"], "request"), (["request", "approve", "7", "--digest", "abc"], "64"),
])
def test_usage(door, args, hint):
    r = ctl(door, *args, status=64)
    assert r.stdout == "" and hint in r.stderr and r.stderr.startswith("hopthuctl: ")
    assert door.seen == []


def test_options_stand_anywhere(door):
    door.routes["GET", "/v1/requests/7"] = letter()
    want = ctl(door, "request", "show", "7", "-o", "json").stdout
    for args in (["-ojson", "request", "show", "7"], ["request", "--json", "show", "7"],
                 ["request", "show", "--output=json", "7"], ["-o", "json", "request", "show", "--", "7"]):
        assert ctl(door, *args).stdout == want


def test_away(tmp_path):
    gone = tmp_path / "gone"
    r = ctl(gone, "status", status=69)
    assert str(gone) in r.stderr and "systemctl start hopthud" in r.stderr
    out = json.loads(ctl(gone, "status", "-o", "json", status=69).stdout)
    assert out["class"] == "temp" and str(gone) in out["error"]
    dead = socket.socket(socket.AF_UNIX)
    dead.bind(str(gone))
    dead.close()
    assert "nobody answers" in ctl(gone, "request", "list", status=69).stderr
    assert "request" in ctl(gone, status=69).stderr
    ctl(tmp_path / ("x" * 120), "status", status=64)


def test_environment_names_the_socket(door):
    door.routes["GET", "/v1/whoami"] = {"name": "lan", "roles": [], "agency": None, "mech": "peer"}
    r = subprocess.run([CTL, "whoami"], env=environment(HOPTHU_SOCKET=door.path), capture_output=True,
                       text=True, check=True)
    assert "lan" in r.stdout


def test_silent_door_times_out(tmp_path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(str(tmp_path / "s"))
    s.listen()
    began = time.monotonic()
    r = ctl(tmp_path / "s", "status", "--timeout", "1", status=69)
    assert 0.9 < time.monotonic() - began < 5 and "1 s" in r.stderr
    s.close()


@pytest.mark.parametrize("answer", [b"SSH-2.0-x\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{",
                                    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", b"",
                                    b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n\xff{}"])
def test_garbage_is_an_error(tmp_path, answer):
    class Garbage(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(4096)
            self.request.sendall(answer)
    d = FakeDoor(tmp_path / "s", handler=Garbage)
    assert ctl(d, "status", status=None).returncode in (69, 70)
    d.close()


def test_other_framings(tmp_path):
    """100 Continue, chunks, and a body that ends with the connection."""
    body = b'{"name": "lan", "roles": ["auditor"], "agency": null, "mech": "peer"}'
    for head in (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body), b"HTTP/1.0 200 OK\r\n\r\n" + body):
        class Canned(socketserver.BaseRequestHandler):
            def handle(self, head=head):
                self.request.recv(4096)
                for i in range(0, len(head), 7):
                    self.request.sendall(head[i:i + 7])
        d = FakeDoor(tmp_path / "s", handler=Canned)
        assert "auditor" in ctl(d, "whoami").stdout
        d.close()


@pytest.mark.parametrize("http, cls, want", [
    (400, "data", 65), (400, "usage", 64), (401, "auth", 77), (403, "denied", 77), (404, "notfound", 2),
    (405, "usage", 64), (409, "conflict", 73), (411, "data", 65), (413, "data", 65), (431, "usage", 64),
    (500, "perm", 70), (503, "temp", 69), (500, "config", 78)])
def test_exit_status(door, http, cls, want):
    error = {"error": "so ist es", "class": cls}
    door.routes["GET", "/v1/requests/7"] = (http, error)
    assert ctl(door, "request", "show", "7", status=want).stderr == "hopthuctl: so ist es\n"
    assert json.loads(ctl(door, "request", "show", "7", "-o", "json", status=want).stdout) == error


def test_error_without_json(door):
    door.routes["GET", "/v1/status"] = (413, b"<html>no</html>")
    assert "split" in ctl(door, "status", status=65).stderr


# --- letters ----------------------------------------------------------------------------------------

def test_submit(door, tmp_path):
    file = tmp_path / "thư.csv"
    file.write_text("op,full_name\ncreate,Đặng Thị\n")
    door.routes["POST", "/v1/requests"] = (201, letter())
    r = ctl(door, "request", "submit", file, *LETTER, "--declared", "2")
    method, path, query, body, headers = door.seen[-1]
    assert (method, path, body) == ("POST", "/v1/requests", file.read_bytes())
    assert query == {"agency": "snv", "letter": "1/SNV & Co", "date": "2026-11-20",
                     "signer": "Nguyễn An", "reason": "vì", "declared": "2"}
    assert headers["content-type"] == "text/csv"
    for word in ("7", "planned", DIGEST, "a1@x.vn", "a2@x.vn",
                 "hopthuctl request approve 7 --digest " + DIGEST):
        assert word in r.stdout
    got = json.loads(ctl(door, "request", "submit", file, *LETTER, "-o", "json").stdout)
    assert got["id"] == 7 and got["items"][1]["address"] == "a2@x.vn"


def test_submit_from_stdin_and_json(door, tmp_path):
    door.routes["POST", "/v1/requests"] = (201, letter())
    for text, kind in (("op\ncreate\n", "text/csv"), (' \n{"items":[]}', "application/json")):
        ctl(door, "request", "submit", "-", stdin=text)
        assert (door.seen[-1][3].decode(), door.seen[-1][4]["content-type"]) == (text, kind)
    (tmp_path / "l.JSON").write_text("{}")
    ctl(door, "request", "submit", tmp_path / "l.JSON", "--encoding", "windows-1258")
    assert door.seen[-1][4]["content-type"] == "application/json"
    assert door.seen[-1][2] == {"encoding": "windows-1258"}


def test_submit_dry_run(door):
    door.routes["POST", "/v1/requests"] = letter(id=None, digest=None)
    r = ctl(door, "request", "submit", "-", "-n", stdin="op\n")
    assert door.seen[-1][2] == {"dry_run": "1"}
    assert "nothing was kept" in r.stderr and "approve" not in r.stdout


def test_row_errors(door):
    errors = [{"row": 7, "line": 8, "column": "birth_year", "value": "19x0", "message": "write four digits"},
              {"row": 3, "line": 0, "column": "op", "value": "", "message": "empty"},
              {"row": 0, "line": 2, "column": "", "value": "", "message": "broken"},
              {"row": 0, "line": 0, "column": "", "value": "", "message": "no rows\x1b[31m"}]
    body = {"error": "the letter has 4 errors; nothing was kept", "class": "data", "errors": errors}
    door.routes["POST", "/v1/requests"] = (400, body)
    r = ctl(door, "request", "submit", "-", "-o", "json", stdin="x", status=65)
    assert json.loads(r.stdout) == body
    assert r.stderr.splitlines() == [
        'row 7 (line 8), birth_year "19x0": write four digits', "row 3, op: empty", "line 2: broken",
        "the file: no rows<U+001B>[31m", "hopthuctl: the letter has 4 errors; nothing was kept"]


def test_too_large_is_not_sent(door, tmp_path):
    big = tmp_path / "big.csv"
    with open(big, "wb") as f:
        f.truncate((16 << 20) + 1)
    r = ctl(door, "request", "submit", big, status=65)
    assert "16 MiB" in r.stderr and "split" in r.stderr and door.seen == []
    with open(big) as f:
        r = subprocess.run([CTL, "--socket", door.path, "request", "submit", "-"], stdin=f, check=False,
                           capture_output=True, text=True, env=environment())
    assert r.returncode == 65 and "split" in r.stderr and door.seen == []
    empty = tmp_path / "empty.csv"
    empty.touch()
    ctl(door, "request", "submit", empty, status=65)
    ctl(door, "request", "submit", tmp_path, status=65)
    assert "no.csv" in ctl(door, "request", "submit", tmp_path / "no.csv", status=64).stderr


@pytest.mark.parametrize("linger", [0, 0.3])
def test_early_answer_is_heard(tmp_path, linger):
    """The door answers and closes without having read the body: no EPIPE, the answer is told."""
    class Early(socketserver.BaseRequestHandler):
        def handle(self):
            self.request.recv(100)
            body = b'{"error": "the letter is too large: 1 MiB at most", "class": "data"}'
            self.request.sendall(b"HTTP/1.1 413 X\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
                                 % (len(body), body))
            time.sleep(linger)
    d = FakeDoor(tmp_path / "s", handler=Early)
    (tmp_path / "b.csv").write_bytes(b"x" * (12 << 20))
    for _ in range(5):
        r = ctl(d, "request", "submit", tmp_path / "b.csv", status=65)
        assert "1 MiB at most" in r.stderr
    d.close()


@pytest.mark.parametrize("n", [1, 1000, 1001, 2500])
def test_all_items_are_fetched(door, n):
    door.routes["POST", "/v1/requests"] = (201, letter(n))
    door.routes["GET", "/v1/requests/7"] = paged(n)
    for args in (["submit", "-"], ["show", "7"]):
        got = json.loads(ctl(door, "request", *args, "-o", "json", stdin="x").stdout)
        assert [i["row"] for i in got["items"]] == list(range(1, n + 1))
        assert got["next_offset"] is None
    lines = ctl(door, "request", "show", "7", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(x)["row"] for x in lines] == list(range(1, n + 1))
    rows = list(csv.DictReader(io.StringIO(ctl(door, "request", "show", "7", "-o", "csv").stdout)))
    assert len(rows) == n and rows[-1]["address"] == "a%d@x.vn" % n
    assert rows[0]["updated_at"] == "2026-11-23T16:55:01.123456Z"
    table = ctl(door, "request", "show", "7").stdout
    assert "a%d@x.vn" % n in table and "2026-11-23 23:55" in table


def test_list_pages(door):
    def requests(q, _):
        start = int(q.get("before", 2501))
        rows = [letter(id=i) for i in range(start - 1, max(0, start - 1 - int(q["limit"])), -1)]
        return {"requests": rows, "next": rows[-1]["id"] if rows and rows[-1]["id"] > 1 else None}
    door.routes["GET", "/v1/requests"] = requests
    got = json.loads(ctl(door, "request", "list", "--state", "open", "--mine", "-o", "json").stdout)
    assert [r["id"] for r in got["requests"]] == list(range(2500, 0, -1))
    assert door.seen[0][2] == {"state": "open", "mine": "1", "limit": "1000"}
    lines = ctl(door, "request", "list", "--limit", "3", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(x)["id"] for x in lines] == [2500, 2499, 2498]
    door.routes["GET", "/v1/requests"] = {"requests": [], "next": None}
    assert json.loads(ctl(door, "request", "list", "--json").stdout) == {"requests": []}
    assert "no letters" in ctl(door, "request", "list").stderr


def plan(rid=7, n=2, digest=None):
    items, text = [], "hopthu-plan/1 %d %d\n" % (rid, n)
    for i in range(1, n + 1):
        line = json.dumps({"address": "a%d@x.vn" % i, "after": {"cn": ["Đặng"], "mail": ["a%d@x.vn" % i]},
                           "agency": "snv", "before": {"cn": ["Dang"]}, "op": "update", "row": i},
                          sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sha = hashlib.sha256(line.encode()).hexdigest()
        items.append({"row": i, "op": "update", "address": "a%d@x.vn" % i, "line": line, "sha256": sha})
        text += "%d %s\n" % (i, sha)
    digest = digest or hashlib.sha256(text.encode()).hexdigest()

    def page(q, _):
        at = int(q.get("offset", 0))
        end = min(n, at + int(q["limit"]))
        return {"id": rid, "digest": digest, "items": items[at:end], "next_offset": end if end < n else None}
    return page, items, digest


def test_plan(door):
    door.routes["GET", "/v1/requests/7/plan"], items, digest = plan(n=2300)
    out = ctl(door, "request", "plan", "7", "-o", "jsonl").stdout
    assert out.splitlines() == [i["line"] for i in items]
    got = json.loads(ctl(door, "request", "plan", "7", "-o", "json").stdout)
    assert got["items"] == items and got["digest"] == digest and got["id"] == 7
    table = ctl(door, "request", "plan", "7").stdout
    assert "row 2300  update  a2300@x.vn" in table and "Dang -> Đặng" in table and digest in table
    rows = list(csv.DictReader(io.StringIO(ctl(door, "request", "plan", "7", "-o", "csv").stdout)))
    assert rows[9]["line"] == items[9]["line"]


def test_plan_that_is_not_what_it_says(door):
    door.routes["GET", "/v1/requests/7/plan"], items, _ = plan(digest="0" * 64)
    assert "approve nothing" in ctl(door, "request", "plan", "7", status=76).stderr
    door.routes["GET", "/v1/requests/7/plan"], items, _ = plan()
    items[1]["sha256"] = "0" * 64
    assert "row 2" in ctl(door, "request", "plan", "7", status=76).stderr


def test_approve(door):
    door.routes["POST", "/v1/requests/7/approve"] = letter(state="approved")
    door.routes["GET", "/v1/requests/7"] = letter()
    ctl(door, "request", "approve", "7", "--digest", DIGEST, "--reason", "đúng")
    assert json.loads(door.seen[-1][3]) == {"digest": DIGEST, "reason": "đúng"}
    got = json.loads(ctl(door, "request", "approve", "7", "--digest", DIGEST, "-o", "json").stdout)
    assert got["state"] == "approved" and len(got["items"]) == 2
    r = ctl(door, "request", "approve", "7", status=64)
    assert "--digest " + DIGEST in r.stderr
    before = len(door.seen)
    r = ctl(door, "request", "approve", "7", "--digest", DIGEST, "-n")
    assert len(door.seen) == before and "nothing was changed" in r.stderr
    got = json.loads(ctl(door, "request", "approve", "7", "--digest", DIGEST, "-n", "--json").stdout)
    assert got["dry_run"] is True and got["body"]["digest"] == DIGEST and len(door.seen) == before


@pytest.mark.parametrize("key, status", [(b"y\n", 0), (b"n\n", 1), (b"\n", 1)])
def test_approve_on_a_terminal(door, key, status):
    door.routes["GET", "/v1/requests/7/plan"], _, digest = plan()
    door.routes["POST", "/v1/requests/7/approve"] = letter(state="approved")
    out, got = on_terminal(door, "request", "approve", "7", keys=[key])
    assert got == status, out
    assert "Dang -> Đặng" in out and "Approve request 7?" in out
    posts = [json.loads(s[3]) for s in door.seen if s[0] == "POST"]
    assert posts == ([{"digest": digest}] if status == 0 else [])


@pytest.mark.parametrize("verb", ["refuse", "cancel", "retry"])
def test_other_acts(door, verb):
    door.routes["POST", "/v1/requests/7/" + verb] = letter(state="refused")
    ctl(door, "request", verb, "7", "--reason", "sai \"tên\"")
    assert json.loads(door.seen[-1][3]) == {"reason": "sai \"tên\""}
    n = len(door.seen)
    ctl(door, "request", verb, "7", "--reason", "x", "--dry-run")
    assert len(door.seen) == n


@pytest.mark.parametrize("state, counts, want", [
    ("done", {"done": 2}, 0), ("failed", {"done": 1, "failed": 1}, 1), ("done", {"done": 1, "failed": 1}, 1),
    ("refused", {"refused": 2}, 1), ("cancelled", {"cancelled": 2}, 1),
    ("approved", {"done": 1, "held": 1}, 75)])
def test_wait(door, state, counts, want):
    ended = letter(state=state, counts=counts, refusal="thiếu" if state == "refused" else None)
    rows = ended.pop("items")
    if want and state != "refused":
        rows[1].update(state=[k for k in counts if k != "done"][0], error="the entry is there already")
    answers = [letter(state="approved", counts={"approved": 2}, items=None), ended]
    door.routes["GET", "/v1/requests/7/wait"] = lambda q, b: answers.pop(0) if len(answers) > 1 else answers[0]
    door.routes["GET", "/v1/requests/7"] = dict(ended, items=rows)
    r = ctl(door, "request", "wait", "7", "-o", "json", status=want)
    assert json.loads(r.stdout)["state"] == state
    if "failed" in counts:
        assert "row 2, create a2@x.vn: failed: the entry is there already" in r.stderr
    if state == "refused":
        assert "thiếu" in r.stderr
    assert "\r" not in r.stderr


def test_wait_until_timeout(door):
    door.routes["GET", "/v1/requests/7/wait"] = letter(
        state="approved", items=None, waiting_for="the directory cannot be reached; next try in 3 s")
    began = time.monotonic()
    r = ctl(door, "request", "wait", "7", "--timeout", "2", status=75)
    assert 1.5 < time.monotonic() - began < 5 and "next try in 3 s" in r.stderr
    assert int(door.seen[0][2]["timeout"]) <= 2 and len(door.seen) < 60


def test_wait_lives_through_a_restart(tmp_path):
    """The door dies in the middle of a wait, and another one stands in its place a second later."""
    def dies(q, b):
        if len(first.seen) > 1:
            raise ConnectionError
        return letter(state="approved", items=None, counts={})
    first = FakeDoor(tmp_path / "s", {("GET", "/v1/requests/7/wait"): dies})
    got = []
    t = threading.Thread(target=lambda: got.append(ctl(first, "request", "wait", "7", status=None)))
    t.start()
    while len(first.seen) < 2:
        time.sleep(0.02)
    first.close()
    time.sleep(0.7)
    second = FakeDoor(tmp_path / "s", {("GET", "/v1/requests/7/wait"): letter(
        state="done", items=None, counts={"done": 2})})
    t.join(20)
    assert got and got[0].returncode == 0, got
    second.close()


# --- the other nouns --------------------------------------------------------------------------------

MAILBOX = {"address": "nguyetdta@x.vn", "login": "nguyetdta", "full_name": "Đặng Thị Ánh Nguyệt",
           "agency": "snv", "kind": "person", "status": "active", "login_allowed": True,
           "delivery_allowed": True, "title": "=cmd()", "unit": "Phòng 1", "phone": "+84 274", "rank": "",
           "quota": 2147483648, "person": "p", "request": 7, "updated_at": "2026-11-23T16:55:01Z",
           "history": [{"request": 7, "op": "create", "state": "done", "letter": "1/SNV",
                        "requested_by": "lan", "approved_by": "minh", "at": "2026-11-23T16:55:01Z"}]}


def test_mailbox_show(door):
    door.routes["GET", "/v1/mailboxes/nguyetdta%40x.vn"] = MAILBOX
    assert json.loads(ctl(door, "mailbox", "show", "nguyetdta@x.vn", "--json").stdout) == MAILBOX
    out = ctl(door, "mailbox", "show", "nguyetdta@x.vn").stdout
    assert "lan" in out and "minh" in out and "2026-11-23 23:55" in out
    assert "%2F" in (ctl(door, "mailbox", "show", "../status", status=2) and door.seen[-1][1])


def test_csv_is_no_formula(door):
    door.routes["GET", "/v1/mailboxes"] = {"mailboxes": [
        dict(MAILBOX, title=t) for t in ("=1", "+1", "-1", "@x", "\tx", "\rx", "\uff1d1", 'a"b', "x=1", "a;=b")],
        "next": None}
    out = subprocess.run([CTL, "--socket", door.path, "mailbox", "list", "-o", "csv"], check=True,
                         capture_output=True, env=environment()).stdout.decode()
    rows = list(csv.DictReader(io.StringIO(out, newline="")))
    assert [r["title"] for r in rows] == ["'=1", "'+1", "'-1", "'@x", "'\tx", "'\rx", "'\uff1d1", 'a"b',
                                          "x=1", "a;=b"]
    assert rows[0]["quota"] == "2147483648" and rows[0]["login_allowed"] == "true"
    assert rows[0]["phone"] == "'+84 274" and rows[0]["updated_at"] == "2026-11-23T16:55:01Z"
    exact = ctl(door, "mailbox", "list", "-o", "jsonl").stdout.splitlines()
    assert json.loads(exact[0])["title"] == "=1"


def test_table_obeys_no_cell(door):
    door.routes["GET", "/v1/mailboxes"] = {"mailboxes": [dict(MAILBOX, title="\x1b[2J\x9b\u202ex\n")],
                                           "next": None}
    out = ctl(door, "mailbox", "list").stdout
    assert len(out.splitlines()) == 2 and not set(out) & {"\x1b", "\x9b", "\u202e"}
    assert "<U+001B>[2J<U+009B><U+202E>x<U+000A>" in out


def test_colour_and_width(door):
    door.routes["GET", "/v1/mailboxes"] = {"mailboxes": [dict(MAILBOX, full_name="Nguyễn " * 20)] * 2,
                                           "next": None}
    out, status = on_terminal(door, "mailbox", "list", columns=110)
    assert status == 0 and "\x1b[" in out
    for env in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        plain, _ = on_terminal(door, "mailbox", "list", env=env, columns=110)
        assert "\x1b" not in plain and "…" in plain
        assert max(len(x) for x in plain.splitlines()) <= 110, plain
    assert "\x1b" not in ctl(door, "mailbox", "list").stdout
    assert "Nguyễn " * 19 in ctl(door, "mailbox", "list").stdout
    on, _ = on_terminal(door, "mailbox", "list", env={"NO_COLOR": ""}, columns=110)
    assert "\x1b[" in on


@pytest.mark.parametrize("verb", ["suspend", "resume", "close"])
def test_order(door, verb):
    door.routes["GET", "/v1/mailboxes/nguyetdta"] = MAILBOX
    door.routes["GET", "/v1/whoami"] = {"name": "lan", "roles": ["technician"]}
    door.routes["POST", "/v1/requests"] = (201, letter(1))
    r = ctl(door, "mailbox", verb, "nguyetdta", "--reason", "nghỉ hưu", "-o", "json")
    body = json.loads(door.seen[-1][3])
    assert re.fullmatch(r"ctl-\d{8}T\d{6}-[a-z]{3}", body.pop("letter"))
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", body.pop("date"))
    assert body == {"agency": "snv", "signer": "lan", "reason": "nghỉ hưu",
                    "items": [{"op": verb, "address": "nguyetdta@x.vn"}]}
    assert json.loads(r.stdout)["id"] == 7 and "approval" in r.stderr
    door.routes["POST", "/v1/requests"] = letter(1, id=None, digest=None)
    ctl(door, "mailbox", verb, "nguyetdta", "--reason", "x", "--letter", "5/A", "--signer", "An", "--date",
        "2026-01-02", "--effective", "2026-02-03", "-n")
    assert door.seen[-1][2] == {"dry_run": "1"}
    body = json.loads(door.seen[-1][3])
    assert (body["letter"], body["signer"], body["date"]) == ("5/A", "An", "2026-01-02")
    assert body["items"][0]["effective"] == "2026-02-03"


def test_order_waits(door):
    door.routes["GET", "/v1/mailboxes/a"] = MAILBOX
    door.routes["GET", "/v1/whoami"] = {"name": "lan"}
    door.routes["POST", "/v1/requests"] = (201, letter(1))
    door.routes["GET", "/v1/requests/7"] = letter(1)
    door.routes["GET", "/v1/requests/7/wait"] = letter(1, items=None)
    r = ctl(door, "mailbox", "close", "a", "--reason", "x", "--wait", "--timeout", "1", "-o", "json", status=75)
    assert json.loads(r.stdout)["items"][0]["address"] == "a1@x.vn" and DIGEST in r.stderr


def test_agency(door):
    door.routes["POST", "/v1/agencies"] = lambda q, b: (201, json.loads(b))
    door.routes["GET", "/v1/agencies"] = {"agencies": [{"code": "snv", "name": "Sở Nội vụ", "kind": "x",
                                                        "parent": "ubnd"}]}
    door.routes["GET", "/v1/agencies/snv"] = {"code": "snv", "name": "Sở", "mailboxes": {"active": 3}}
    ctl(door, "agency", "add", "snv", "--name", "Sở Nội vụ", "--parent", "ubnd")
    assert json.loads(door.seen[-1][3]) == {"code": "snv", "name": "Sở Nội vụ", "parent": "ubnd"}
    assert "Sở Nội vụ" in ctl(door, "agency", "list").stdout
    assert "3 active" in ctl(door, "agency", "show", "snv").stdout
    door.routes["POST", "/v1/agencies"] = (409, {"error": "snv is there already", "class": "conflict"})
    ctl(door, "agency", "add", "snv", "--name", "x", status=73)
    n = len(door.seen)
    ctl(door, "agency", "add", "snv", "--name", "x", "-n")
    assert len(door.seen) == n


def check_verifier(text, password):
    m = re.fullmatch(r"SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)", text)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(m[2]), int(m[1]))
    client = hmac.digest(salted, b"Client Key", "sha256")
    return (base64.b64decode(m[3]) == hashlib.sha256(client).digest() and
            base64.b64decode(m[4]) == hmac.digest(salted, b"Server Key", "sha256"))


def secret(tmp_path, text=PASSWORD + "\n", mode=0o600, name="pw"):
    f = tmp_path / name
    f.touch(0o600)
    f.write_text(text)
    f.chmod(mode)
    return f


def test_operator(door, tmp_path):
    door.routes["POST", "/v1/operators"] = lambda q, b: (201, {**json.loads(b), "scram": None})
    door.routes["POST", "/v1/operators/lan/passwd"] = {"name": "lan"}
    door.routes["POST", "/v1/operators/lan/revoke"] = {"name": "lan"}
    new = secret(tmp_path)
    r = ctl(door, "operator", "add", "lan", "--role", "approver,technician", "--agency", "snv", "--uid", "1001",
            "--full-name", "Trần Lan", "--new-password-file", new)
    body = json.loads(door.seen[-1][3])
    assert check_verifier(body.pop("scram"), PASSWORD)
    assert body == {"name": "lan", "full_name": "Trần Lan", "roles": ["approver", "technician"],
                    "agency": "snv", "uid": 1001}
    assert PASSWORD not in r.stdout + r.stderr
    ctl(door, "operator", "passwd", "lan", "--new-password-file", new)
    assert check_verifier(json.loads(door.seen[-1][3])["scram"], PASSWORD)
    # another input method, the same letters
    ctl(door, "operator", "passwd", "lan", "--new-password-file",
        secret(tmp_path, unicodedata.normalize("NFD", PASSWORD), name="nfd"))
    assert check_verifier(json.loads(door.seen[-1][3])["scram"], PASSWORD)
    assert "passwd" in ctl(door, "operator", "add", "x", "--role", "auditor").stderr
    n = len(door.seen)
    for args in (["passwd", "lan"], ["revoke", "lan", "--reason", "x"],
                 ["add", "lan", "--role", "admin", "--new-password-file", new]):
        r = ctl(door, "operator", *args, "-n", "-o", "json")
        assert "SCRAM-SHA-256$" not in r.stdout
    assert len(door.seen) == n
    ctl(door, "operator", "revoke", "lan", "--reason", "nghỉ")
    assert json.loads(door.seen[-1][3]) == {"reason": "nghỉ"}


def test_passwd_asks_twice_without_echo(door):
    door.routes["POST", "/v1/operators/lan/passwd"] = {"name": "lan"}
    out, status = on_terminal(door, "operator", "passwd", "lan", keys=[b"secret 1\n"] * 2)
    assert status == 0 and check_verifier(json.loads(door.seen[-1][3])["scram"], "secret 1")
    assert "secret 1" not in out
    n = len(door.seen)
    out, status = on_terminal(door, "operator", "passwd", "lan", keys=[b"secret 1\n", b"secret 2\n"])
    assert status == 64 and "not the same" in out and len(door.seen) == n
    r = subprocess.run([CTL, "--socket", door.path, "operator", "passwd", "lan"], stdin=subprocess.DEVNULL,
                       capture_output=True, text=True, env=environment(), start_new_session=True, check=False)
    assert r.returncode == 64 and "--new-password-file" in r.stderr


def test_audit(door):
    records = [{"seq": i, "t": "2026-11-23T16:55:01Z", "ev": "intent", "actor": "lan", "request": 7, "row": 1,
                "summary": "sẽ tạo"} for i in range(1, 2101)]

    def audit(q, _):
        if "last" in q:
            return {"records": records[-int(q["limit"]):][::-1], "next": None}
        rows = records[int(q.get("after", 0)):][:int(q["limit"])]
        return {"records": rows, "next": rows[-1]["seq"] if rows and rows[-1]["seq"] < 2100 else None}
    door.routes["GET", "/v1/audit"] = audit
    got = [json.loads(x)["seq"] for x in ctl(door, "audit", "list", "-o", "jsonl").stdout.splitlines()]
    assert got == list(range(1, 2101))
    got = json.loads(ctl(door, "audit", "list", "--request", "7", "--event", "intent", "--after", "2090",
                         "-o", "json").stdout)
    assert [r["seq"] for r in got["records"]] == list(range(2091, 2101))
    assert door.seen[-1][2] == {"request": "7", "event": "intent", "after": "2090", "limit": "1000"}
    got = json.loads(ctl(door, "audit", "list", "--last", "3", "-o", "json").stdout)
    assert [r["seq"] for r in got["records"]] == [2098, 2099, 2100]
    assert "sẽ tạo" in ctl(door, "audit", "list", "--last", "1").stdout


def test_audit_show(door):
    story = {"letter": "1/SNV", "agency": "snv", "signer": "An", "requested_by": "lan", "approved_by": "minh",
             "approved_at": "2026-11-23T16:55:01Z", "digest": DIGEST, "before": {"status": ["active"]},
             "after": {"status": ["closed"]}}
    record = {"seq": 5, "record": {"ev": "intent", "t": "2026-11-23T16:55:01Z"}, "text": "{}", "leaf": "00",
              "openings": {}, "summary": "lan: close", "story": story}
    door.routes["GET", "/v1/audit/5"] = record
    out = ctl(door, "audit", "show", "5").stdout
    for word in ("lan", "minh", "1/SNV", "active", "closed", DIGEST):
        assert word in out
    assert json.loads(ctl(door, "audit", "show", "5", "--json").stdout) == record


def test_audit_verify(door):
    door.routes["GET", "/v1/audit/verify"] = {"ok": True, "size": 9, "root": "00", "took_ms": 1}
    ctl(door, "audit", "verify")
    door.routes["GET", "/v1/audit/verify"] = {"ok": False, "size": 9, "first_bad": 4, "error": "leaf differs"}
    r = ctl(door, "audit", "verify", "-o", "json", status=76)
    assert json.loads(r.stdout)["first_bad"] == 4 and "record 4" in r.stderr and "leaf differs" in r.stderr


STATUS = {"version": "0.1.0", "pid": 5, "uptime_s": 100, "directory": {
    "state": "down", "reason": "slapd hung up", "next_try_ms": 2500, "in_flight": 0, "fault": ""},
    "queue": {"items": {"held": 2, "done": 5}, "oldest_pending_s": 3}, "audit": {"size": 9, "root": "00"},
    "database": {"writable": False, "reason": "disk full"}, "mailboxes": {"active": 5}, "memory_kb": 9000,
    "longest_turn_ms": 4}


def test_status(door):
    door.routes["GET", "/v1/status"] = STATUS
    r = ctl(door, "status")
    for word in ("slapd hung up", "disk full", "2 held", "next try in 3 s"):
        assert word in r.stderr
    assert "5 active" in r.stdout
    assert json.loads(ctl(door, "status", "--json").stdout) == STATUS


@pytest.mark.parametrize("op", ["create", "update", "suspend", "resume", "close"])
def test_template(op):
    rows = list(csv.DictReader(io.StringIO(ctl("/none", "template", op).stdout)))
    assert len(rows) == 1 and rows[0]["op"] == op
    assert ctl("/none", "template", op, "--excel").stdout.startswith("\ufeffop,")
    got = json.loads(ctl("/none", "template", op, "-o", "json").stdout)
    assert got["items"][0]["op"] == op and got["agency"]


def test_home(door):
    def asks(roles):
        return {"name": "minh", "roles": roles, "agency": None, "mech": "peer"}
    door.routes["GET", "/v1/whoami"] = asks(["approver"])
    door.routes["GET", "/v1/requests"] = {"requests": [letter(id=8), letter(id=9, submitter="minh")], "next": None}
    out = ctl(door).stdout
    assert "hopthuctl request approve 8" in out and "approve 9" not in out
    door.routes["GET", "/v1/requests"] = {"requests": [], "next": None}
    door.routes["GET", "/v1/agencies"] = {"agencies": []}
    door.routes["GET", "/v1/operators"] = {"operators": [{"name": "minh"}]}
    door.routes["GET", "/v1/whoami"] = asks(["admin"])
    out = ctl(door).stdout
    assert "agency add" in out and "operator add" in out
    door.routes["GET", "/v1/whoami"] = asks(["technician"])
    assert "template create" in ctl(door).stdout
    door.routes["GET", "/v1/whoami"] = (401, {"error": "uid 5 is no operator", "class": "auth"})
    assert "--user NAME" in ctl(door, status=77).stderr


# --- identity ---------------------------------------------------------------------------------------

def test_scram(door, tmp_path):
    door.scram = True
    door.routes["GET", "/v1/whoami"] = {"name": "lan", "roles": [], "mech": "scram"}
    door.routes["GET", "/v1/requests/7"] = paged(2500)
    pw = secret(tmp_path)
    got = json.loads(ctl(door, "--user", "lan", "--password-file", pw, "request", "show", "7", "-o", "json").stdout)
    assert len(got["items"]) == 2500
    assert [s[1] for s in door.seen[:2]] == ["/v1/whoami"] * 2
    assert [("authorization" in s[4]) for s in door.seen] == [True, True] + [False] * (len(door.seen) - 2)
    wrong = secret(tmp_path, "falsch\n", name="wrong")
    r = ctl(door, "--user", "lan", "--password-file", wrong, "status", status=77)
    assert "wrong name or password" in r.stderr and "falsch" not in r.stderr
    ctl(door, "status", status=77)


def test_scram_after_a_closed_connection(door, tmp_path):
    """A new connection is a new identity: the exchange is made again."""
    door.scram = True
    door.routes["GET", "/v1/whoami"] = {"name": "lan"}
    door.routes["GET", "/v1/requests/7"] = lambda q, b: (200, paged(2500)(q, b), {"Connection": "close"})
    got = json.loads(ctl(door, "--user", "lan", "--password-file", secret(tmp_path), "request", "show", "7",
                         "-o", "json").stdout)
    assert len(got["items"]) == 2500
    assert [s[1] for s in door.seen].count("/v1/whoami") == 6


def test_impostor(door, tmp_path):
    door.scram = door.impostor = True
    door.routes["GET", "/v1/whoami"] = {"name": "lan"}
    door.routes["GET", "/v1/status"] = STATUS
    r = ctl(door, "--user", "lan", "--password-file", secret(tmp_path), "status", status=77)
    assert "did not prove" in r.stderr
    assert all(s[1] == "/v1/whoami" for s in door.seen)
    door.scram = False  # and one that asks for no proof at all
    r = ctl(door, "--user", "lan", "--password-file", secret(tmp_path), "status", status=77)
    assert all(s[1] == "/v1/whoami" for s in door.seen)


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604, 0o620, 0o660])
def test_password_file_that_others_may_use(door, tmp_path, mode):
    pw = secret(tmp_path, mode=mode)
    for args in (["--user", "lan", "--password-file", pw, "status"],
                 ["operator", "passwd", "lan", "--new-password-file", pw]):
        r = ctl(door, *args, status=78)
        assert str(pw) in r.stderr and "chmod 600" in r.stderr
    assert door.seen == []


def test_bad_password_files(door, tmp_path):
    for text in ("", "\n", "a\0b\n"):
        ctl(door, "--user", "lan", "--password-file", secret(tmp_path, text), "status", status=64)
    ctl(door, "--user", "lan", "--password-file", tmp_path / "no", "status", status=78)
    ctl(door, "--user", "lan", "--password-file", tmp_path, "status", status=78)
    assert door.seen == []


def test_password_is_asked_on_the_terminal(door):
    door.scram = True
    door.routes["GET", "/v1/whoami"] = {"name": "lan", "roles": ["auditor"]}
    out, status = on_terminal(door, "--user", "lan", "whoami", keys=[PASSWORD.encode() + b"\n"])
    assert status == 0 and "auditor" in out and PASSWORD not in out and "Password of lan" in out


def test_no_password_in_any_argument_list(door, tmp_path):
    """While it runs, neither its arguments nor its environment name the password."""
    door.scram = True
    busy = threading.Event()

    def slow(q, b):
        busy.set()
        time.sleep(0.5)
        return {"name": "lan"}
    door.routes["GET", "/v1/whoami"] = slow
    p = subprocess.Popen([CTL, "--socket", door.path, "--user", "lan", "--password-file", secret(tmp_path),
                          "whoami"], stdout=subprocess.PIPE, env=environment())
    assert busy.wait(10)
    proc = pathlib.Path("/proc/%d" % p.pid)
    for name in ("cmdline", "environ"):
        assert PASSWORD.encode() not in (proc / name).read_bytes()
    p.communicate()
    assert p.returncode == 0


# --- the program itself -----------------------------------------------------------------------------

def test_links_neither_ldap_nor_sqlite():
    out = subprocess.run(["ldd", CTL], capture_output=True, text=True, check=True).stdout
    assert not re.search(r"ldap|lber|sqlite|event|confuse|systemd", out), out


def test_help_knows_everything():
    text = ctl("/none", "help", "--all").stdout
    man = (TOP / "man" / "hopthuctl.1").read_text()
    generated = ctl("/none", "help", "--man").stdout
    between = man.split('.\\" begin of what `hopthuctl help --man` prints\n')[1].split(
        '.\\" end of what `hopthuctl help --man` prints\n')[0]
    assert between == generated, "man/hopthuctl.1 is not what `hopthuctl help --man` prints"
    source = (TOP / "tools" / "command.h").read_text()
    options = re.findall(r'^\tX\([A-Z_]+, "([a-z-]+)"', source, re.M)
    commands = re.findall(r'^\tX\("([a-z]+)", "([a-z]*)"', source, re.M)
    assert len(options) > 30 and len(commands) > 30
    plain = man.replace("\\-", "-")
    for o in options:
        assert "--%s" % o in text and "--%s" % o in plain, o
    for noun, verb in commands:
        name = ("hopthuctl %s %s" % (noun, verb)).strip()
        assert name in text and name in plain, name
        one = ctl("/none", *filter(None, ["help", noun, verb])).stdout
        assert one.startswith(name)
        assert ctl("/none", *filter(None, [noun, verb]), "--help").stdout == one
        assert verb in ctl("/none", noun).stdout if verb else True
    for code in (0, 1, 2, 64, 65, 69, 70, 73, 75, 76, 77, 78, 130):
        assert re.search(r"^ +%d  " % code, text, re.M)


def test_man_page_is_clean():
    r = subprocess.run(["groff", "-man", "-ww", "-Tutf8", "-z", TOP / "man" / "hopthuctl.1"],
                       capture_output=True, text=True, check=True)
    assert r.stderr == ""


def test_completion(door):
    def words(*w):
        return ctl(door, *w).stdout.splitlines()

    def complete(*w):
        r = subprocess.run([CTL, "complete", *w], env=environment(HOPTHU_SOCKET=door.path),
                           capture_output=True, text=True, check=True)
        assert r.stderr == ""
        return r.stdout.splitlines()
    door.routes["GET", "/v1/requests"] = {"requests": [{"id": 7}, {"id": 71}, {"id": 8}]}
    door.routes["GET", "/v1/agencies"] = {"agencies": [{"code": "snv"}, {"code": "stc"}]}
    door.routes["GET", "/v1/mailboxes"] = {"mailboxes": [{"address": "an@x.vn"}, {"address": "b@x.vn"}]}
    assert complete("re") == ["request"] and "show" in complete("request", "")
    assert complete("request", "show", "7") == ["7", "71"]
    assert complete("request", "show", "7", "") == []
    assert complete("request", "submit", "--agency", "s") == ["snv", "stc"]
    assert complete("mailbox", "close", "a") == ["an@x.vn"] and door.seen[-1][2]["q"] == "a"
    assert complete("-o", "j") == ["json", "jsonl"] and complete("status", "--us") == ["--user"]
    assert complete("request", "list", "--state", "pl") == ["planned"]
    assert "--digest" in complete("request", "approve", "--") and "--digest" not in complete("agency", "list", "--")
    door.close()
    assert complete("request", "show", "") == []
    script = TOP / "etc" / "completion" / "hopthuctl"
    r = subprocess.run(["bash", "-c", '. "$1"; PATH="$2:$PATH"; COMP_WORDS=(hopthuctl requ); COMP_CWORD=1; '
                        '_hopthuctl; echo "${COMPREPLY[@]}"', "-", script, BUILD], capture_output=True,
                       text=True, check=True, env=environment())
    assert r.stdout == "request\n"


def test_text_must_be_utf8(door):
    r = subprocess.run([CTL, "--socket", door.path, "request", "refuse", "7", "--reason", b"\xff"],
                       capture_output=True, env=environment(), check=False)
    assert r.returncode == 64 and b"UTF-8" in r.stderr and door.seen == []


def test_full_disk_is_noticed(door):
    door.routes["GET", "/v1/requests/7"] = letter()
    with open("/dev/full", "w") as full:
        r = subprocess.run([CTL, "--socket", door.path, "request", "show", "7"], stdout=full, check=False,
                           stderr=subprocess.PIPE, text=True, env=environment())
    assert r.returncode == 1 and "cannot write" in r.stderr


def test_interrupted(tmp_path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(str(tmp_path / "s"))
    s.listen()
    p = subprocess.Popen([CTL, "--socket", tmp_path / "s", "status"], env=environment())
    s.accept()
    p.send_signal(2)
    assert p.wait(10) == 130
    s.close()


def test_round_trip_is_short(door):
    """Start, ask, print, end: well under 10 ms here, with a margin for a busy machine."""
    door.routes["GET", "/v1/status"] = STATUS
    times = []
    for _ in range(20):
        began = time.monotonic()
        ctl(door, "status")
        times.append(time.monotonic() - began)
    assert sorted(times)[10] < 0.05, times
