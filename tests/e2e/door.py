# SPDX-License-Identifier: BSD-2-Clause
"""A client of the door that shares nothing with hopthuctl: HTTP/1.1 on a Unix socket, RFC 7804."""
import base64
import ctypes
import hashlib
import hmac
import http.client
import json
import os
import re
import secrets
import socket
import threading
import time
import urllib.parse

SYS_SETRESUID = 117  # x86_64
if os.uname().machine == "aarch64":
    SYS_SETRESUID = 147


def connect(path, uid=None, timeout=30):
    """A connected socket; as another uid (root only): SO_PEERCRED is taken from this thread."""
    s = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    s.settimeout(timeout)
    if uid is None or uid == os.geteuid():
        s.connect(path)
        return s
    libc = ctypes.CDLL(None, use_errno=True)
    failure = []

    def in_thread():
        if libc.syscall(SYS_SETRESUID, -1, uid, -1):
            failure.append(OSError(ctypes.get_errno(), "setresuid"))
            return
        try:
            s.connect(path)
        except OSError as e:
            failure.append(e)

    t = threading.Thread(target=in_thread)  # its identity ends with it
    t.start()
    t.join()
    if failure:
        raise failure[0]
    return s


class Reply:
    """Status, headers and parsed body of an answer."""

    def __init__(self, status, headers, body, took):
        self.status, self.headers, self.body, self.took = status, headers, body, took

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return "<%d %s>" % (self.status, self.body[:600].decode("utf-8", "replace"))


class DoorError(AssertionError):
    """An answer that was not the one asked for."""

    def __init__(self, what, reply):
        super().__init__("%s: %r" % (what, reply))
        self.reply = reply


class _Http(http.client.HTTPConnection):
    def __init__(self, sock):
        super().__init__("hopthu")
        self.sock = sock
        self.auto_open = 0


def b64(data):
    return base64.b64encode(data).decode()


class Scram:
    """Client side of SCRAM-SHA-256 (RFC 5802, RFC 7677), written from the RFCs."""

    def __init__(self, user, password, nonce=None):
        self.password = password.encode()
        self.nonce = nonce or secrets.token_urlsafe(18)
        user = user.replace("=", "=3D").replace(",", "=2C")
        self.bare = "n=%s,r=%s" % (user, self.nonce)
        self.first = ("n,," + self.bare).encode()

    def final(self, server_first):
        text = server_first.decode()
        parts = dict(p.split("=", 1) for p in text.split(","))
        assert parts["r"].startswith(self.nonce) and len(parts["r"]) > len(self.nonce), text
        self.iterations = int(parts["i"])
        salted = hashlib.pbkdf2_hmac("sha256", self.password, base64.b64decode(parts["s"]),
                                     self.iterations)
        client_key = hmac.digest(salted, b"Client Key", "sha256")
        without_proof = "c=biws,r=" + parts["r"]
        message = ",".join([self.bare, text, without_proof]).encode()
        signature = hmac.digest(hashlib.sha256(client_key).digest(), message, "sha256")
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        server_key = hmac.digest(salted, b"Server Key", "sha256")
        self.expected = "v=" + b64(hmac.digest(server_key, message, "sha256"))
        return (without_proof + ",p=" + b64(proof)).encode()

    def check(self, server_final):
        assert server_final.decode() == self.expected, "the server does not know the password"


def verifier(password, iterations=4096):
    """What the store keeps of a password (RFC 5803)."""
    salt = secrets.token_bytes(16)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
    stored = hashlib.sha256(hmac.digest(salted, b"Client Key", "sha256")).digest()
    server = hmac.digest(salted, b"Server Key", "sha256")
    return "SCRAM-SHA-256$%d:%s$%s:%s" % (iterations, b64(salt), b64(stored), b64(server))


def auth_params(header):
    """sid and data out of a WWW-Authenticate, Authentication-Info or Authorization header."""
    return dict(re.findall(r'(\w+)="?([^",\s]+)"?', header or ""))


class Door:
    """One connection, and the identity that stays with it."""

    def __init__(self, path, user=None, password=None, uid=None, timeout=30):
        self.path, self.user, self.password = str(path), user, password
        self.uid, self.timeout = uid, timeout
        self.http = None

    def close(self):
        if self.http:
            self.http.close()
            self.http = None

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        self.close()

    def open(self):
        self.close()
        self.http = _Http(connect(self.path, self.uid, self.timeout))
        if self.user is not None:
            reply = self.login(self.user, self.password)
            if reply.status != 200:
                self.close()
                raise DoorError("login of " + self.user, reply)

    def raw(self, method, path, body=None, headers=None):
        """One exchange on the connection as it is."""
        began = time.monotonic()
        try:
            self.http.request(method, path, body, headers or {})
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have said why before it closed
        r = self.http.getresponse()
        data = r.read()
        reply = Reply(r.status, r.headers, data, time.monotonic() - began)
        if r.will_close:
            self.close()
        return reply

    def login(self, user, password, path="/v1/whoami", mangle=None):
        """The exchange of RFC 7804; the last reply, whatever it is.  mangle: changes the proof."""
        scram = Scram(user, password)
        r = self.raw("GET", path, headers={
            "Authorization": 'SCRAM-SHA-256 realm="hopthu",data=' + b64(scram.first)})
        got = auth_params(r.headers.get("WWW-Authenticate"))
        if r.status != 401 or "sid" not in got or "data" not in got:
            return r
        if not self.http:
            self.http = _Http(connect(self.path, self.uid, self.timeout))
        final = scram.final(base64.b64decode(got["data"]))
        if mangle:
            final = mangle(final)
        r = self.raw("GET", path, headers={
            "Authorization": "SCRAM-SHA-256 sid=%s,data=%s" % (got["sid"], b64(final))})
        if r.status == 200:
            info = auth_params(r.headers.get("Authentication-Info"))
            scram.check(base64.b64decode(info["data"]))
        return r

    def ask(self, method, path, query=None, body=None, ctype=None):
        """A request with this door's identity; opens the connection when there is none."""
        if query:
            path += "?" + urllib.parse.urlencode({k: v for k, v in query.items() if v is not None})
        headers = {}
        if isinstance(body, (dict, list)):
            body, ctype = json.dumps(body).encode(), ctype or "application/json"
        if ctype:
            headers["Content-Type"] = ctype
        if self.http:
            try:
                return self.raw(method, path, body, headers)
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError,
                    http.client.CannotSendRequest):
                if method != "GET":
                    self.close()
                    raise
        self.open()
        return self.raw(method, path, body, headers)

    def get(self, path, **query):
        r = self.ask("GET", path, query)
        if r.status != 200:
            raise DoorError("GET %s" % path, r)
        return r.json

    def post(self, path, body=None, expect=(200, 201), **query):
        r = self.ask("POST", path, query, body if body is not None else {})
        if r.status not in expect:
            raise DoorError("POST %s" % path, r)
        return r.json

    def submit(self, data, ctype="text/csv", expect=(200, 201), **head):
        r = self.ask("POST", "/v1/requests", head, data, ctype)
        if r.status not in expect:
            raise DoorError("POST /v1/requests", r)
        return r.json
