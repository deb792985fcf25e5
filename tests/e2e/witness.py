# SPDX-License-Identifier: BSD-2-Clause
"""A small witness (c2sp.org/tlog-witness) for tests, and everything a bad one can do.

It holds, like any, the last checkpoint it cosigned.  mode: "right"; "garbage", "huge", "slow",
"wrong-key", "bad-signature", "nothing", "close"; a number: that status."""
import base64
import pathlib
import socket
import ssl
import threading
import time

from notes import COSIGNATURE, Key, Note, consistent


class Witness:
    def __init__(self, path, log, name="witness.test", tls=None, port=0):
        self.path, self.log, self.mode = pathlib.Path(path), Key.read(log), "right"
        self.key = Key.make(name, COSIGNATURE)
        self.size, self.root, self.last = 0, None, None
        self.asked, self.statuses, self.clock = 0, [], 0
        self.tls, self.listener, self.port = tls, None, port
        self.lock = threading.Lock()

    @property
    def url(self):
        if self.tls:
            return "https://localhost:%d/w" % self.port
        return "unix:%s" % self.path

    def start(self):
        if self.tls:
            self.listener = socket.create_server(("127.0.0.1", self.port))
            self.port = self.listener.getsockname()[1]
        else:
            self.path.unlink(missing_ok=True)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(self.path))
            self.path.chmod(0o777)
            self.listener.listen(16)
        threading.Thread(target=self.serve, args=(self.listener,), daemon=True).start()
        return self

    def kill(self):
        listener, self.listener = self.listener, None
        if listener:
            try:
                listener.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            listener.close()
        if not self.tls:
            self.path.unlink(missing_ok=True)

    def serve(self, listener):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=self.talk, args=(connection,), daemon=True).start()

    def talk(self, connection):
        try:
            if self.tls:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(*self.tls)
                connection = context.wrap_socket(connection, server_side=True)
            with connection:
                self.answer(connection, self.read(connection))
        except (OSError, ValueError):
            pass

    def read(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                raise OSError("gone")
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        first = head.split(b"\r\n")[0].decode()
        assert first == "POST %s/add-checkpoint HTTP/1.1" % ("/w" if self.tls else ""), first
        fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
        while len(body) < int(fields[b"content-length"]):
            body += connection.recv(65536)
        return body

    def answer(self, connection, body):
        mode = self.mode
        if mode in ("nothing", "slow"):
            self.asked += 1
            if mode == "slow":
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx")
            time.sleep(10)
            return
        with self.lock:
            self.asked += 1
            if mode == "garbage":
                connection.sendall(b"\x00\xffnonsense\r\n\r\n" * 50)
            elif mode == "huge":
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                for _ in range(1000):
                    connection.sendall(b"x" * 65536)
            elif mode == "headers":
                connection.sendall(b"HTTP/1.1 200 OK\r\n")
                for _ in range(100000):
                    connection.sendall(b"X: y\r\n" * 100)
            elif mode == "close":
                return
            elif isinstance(mode, tuple):
                self.send(connection, *mode)
            else:
                self.send(connection, *self.judge(body))

    def send(self, connection, status, text):
        self.statuses.append(status)
        connection.sendall(b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (
            status, len(text.encode())) + text.encode())

    def judge(self, body):
        head, _, note_text = body.decode().partition("\n\n")
        lines = head.split("\n")
        old = int(lines[0].removeprefix("old "))
        proof = [base64.b64decode(line, validate=True) for line in lines[1:]]
        note = Note(note_text)
        if note.origin != self.log.name:
            return 404, ""
        if note.check(self.log) is not True:
            return 403, ""
        if old > note.size:
            return 400, ""
        if old != self.size:
            return 409, "%d\n" % self.size
        if old and not consistent(old, note.size, self.root, note.root, proof):
            return 422, ""
        if not old and proof:
            return 422, ""
        if self.mode == "wrong-key":
            return 200, Key.make(self.key.name, COSIGNATURE).cosign(note.body, int(time.time()))
        line = self.key.cosign(note.body, int(time.time()) + self.clock)
        if self.mode == "far-time":
            return 200, self.key.cosign(note.body, 2 ** 53 - 1)
        if self.mode == "bad-signature":
            return 200, self.key.cosign(note.body + b"x", 1)
        self.size, self.root, self.last = note.size, note.root, note_text
        return 200, line


def policy(log, *witnesses, quorum="all"):
    text = "log %s\n" % log.strip()
    for n, w in enumerate(witnesses):
        text += "witness w%d %s %s\n" % (n, w.key.vkey(), w.url)
    if witnesses:
        text += "group everybody %s %s\nquorum everybody\n" % (
            quorum, " ".join("w%d" % n for n in range(len(witnesses))))
    return text if witnesses else text + "quorum none\n"
