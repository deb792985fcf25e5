# SPDX-License-Identifier: BSD-2-Clause
"""Stands between hopthud and slapd on a Unix socket and spoils what passes, message by message."""
import os
import socket
import threading
import time
import urllib.parse

BIND, BIND_REPLY, SEARCH, SEARCH_ENTRY, SEARCH_DONE = 0x60, 0x61, 0x63, 0x64, 0x65
MODIFY, MODIFY_REPLY, ADD, ADD_REPLY, NOTICE = 0x66, 0x67, 0x68, 0x69, 0x78
WRITES, WRITE_REPLIES = (MODIFY, ADD), (MODIFY_REPLY, ADD_REPLY)


def ber_length(data, at):
    """(length, position behind it) of the length octets at a position; None when not all there."""
    if at >= len(data):
        return None
    n = data[at]
    if n < 0x80:
        return n, at + 1
    n &= 0x7F
    if at + 1 + n > len(data):
        return None
    return int.from_bytes(data[at + 1:at + 1 + n], "big"), at + 1 + n


def messages(buffer):
    """Takes the whole messages off the front of a bytearray."""
    out = []
    while True:
        got = ber_length(buffer, 1) if buffer else None
        if got is None or len(buffer) < got[0] + got[1]:
            return out
        end = got[0] + got[1]
        out.append(bytes(buffer[:end]))
        del buffer[:end]


def parts(message):
    """(message id, tag of the operation, position of its content)."""
    _, at = ber_length(message, 1)
    n, at = ber_length(message, at + 1)
    mid = int.from_bytes(message[at:at + n], "big")
    at += n
    tag = message[at]
    _, content = ber_length(message, at + 1)
    return mid, tag, content


def with_result(message, code):
    """The same reply with another result code (below 128: the length stays)."""
    _, _, at = parts(message)
    assert message[at] == 0x0A and message[at + 1] == 1
    return message[:at + 2] + bytes([code]) + message[at + 3:]


class Proxy:
    """Settings may be changed while it runs; they are looked at for every message.

    delay       seconds before each reply
    hook        hook(tag, message, to_server) -> bytes to pass on, b"" to swallow, None to cut
    blackhole   nothing passes any more, the connections stay
    refuse      new connections are closed at once
    """

    def __init__(self, folder, target_uri):
        self.path = os.path.join(str(folder), "p")
        self.target = urllib.parse.unquote(target_uri.split("//", 1)[1])
        self.uri = "ldapi://" + urllib.parse.quote(self.path, safe="")
        self.delay, self.hook, self.blackhole, self.refuse = 0, None, False, False
        self.seen = []  # tags of what hopthud sent
        self.pairs, self.lock = [], threading.Lock()
        self.listen()

    def listen(self):
        self.server = socket.socket(socket.AF_UNIX)
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.server.bind(self.path)
        os.chmod(self.path, 0o777)
        self.server.listen(64)
        threading.Thread(target=self._accept, args=(self.server,), daemon=True).start()

    def _accept(self, server):
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            if self.refuse:
                client.close()
                continue
            upstream = socket.socket(socket.AF_UNIX)
            try:
                upstream.connect(self.target)
            except OSError:
                client.close()
                upstream.close()
                continue
            with self.lock:
                self.pairs.append((client, upstream))
            for args in ((client, upstream, True), (upstream, client, False)):
                threading.Thread(target=self._pump, args=args, daemon=True).start()

    def _pump(self, source, sink, to_server):
        buffer = bytearray()
        try:
            while True:
                got = source.recv(65536)
                if not got:
                    break
                buffer += got
                for m in messages(buffer):
                    if not self._pass(m, sink, to_server):
                        return
        except OSError:
            pass
        finally:
            for s in (source, sink):
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _pass(self, message, sink, to_server):
        tag = parts(message)[1]
        if to_server:
            self.seen.append(tag)
        elif self.delay:
            time.sleep(self.delay)
        while self.blackhole:
            time.sleep(0.05)
        if self.hook:
            message = self.hook(tag, message, to_server)
            if message is None:
                return False
        if message:
            sink.sendall(message)
        return True

    def cut(self):
        """Every connection is closed now."""
        with self.lock:
            pairs, self.pairs = self.pairs, []
        for pair in pairs:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                s.close()

    def kill(self):
        self.blackhole = False
        try:
            self.server.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.server.close()
        self.cut()
