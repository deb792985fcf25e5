# SPDX-License-Identifier: BSD-2-Clause
"""hopthud with the real hopthu-witness: confirmation, carried files, and a database from a backup that
must never go on in silence."""
import html
import re
import shutil
import signal
import subprocess
import time

import pytest

import people
from hopthu import BUILD, EX_USAGE, EX_VERIFY, free_text, wait_for
from notes import Key, Note

WITNESS = BUILD / "hopthu-witness"
FAST = {"evidence.checkpoint_seconds": 1, "evidence.witness_retry_min_ms": 50,
        "evidence.witness_retry_max_ms": 200}


class Witness:
    """A hopthu-witness in a folder of its own."""

    def __init__(self, folder, name="witness.test/1"):
        self.state, self.socket, self.log = folder / "wstate", folder / "w", folder / "witness.log"
        self.process = None
        self.vkey = self.run("--init", "--name", name).stdout.strip().splitlines()[-1]
        self.key = Key.read(self.vkey)

    def run(self, *args, status=0):
        r = subprocess.run([str(WITNESS), "-s", str(self.state), *map(str, args)], text=True,
                           capture_output=True, timeout=30, check=False)
        assert status is None or r.returncode == status, r
        return r

    def trust(self, vkey):
        running = self.process is not None
        self.kill()
        self.run("--trust", vkey)
        if running:
            self.start()

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                [str(WITNESS), "-s", str(self.state), "--socket", str(self.socket), "--socket-mode",
                 "0666"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_for(lambda: self.socket.exists() or self.process.poll() is not None, "the witness", 10)
        assert self.process.poll() is None, free_text(self.log)
        return self

    def kill(self):
        if self.process:
            self.process.kill()
            self.process.wait(10)
        self.process = None
        self.socket.unlink(missing_ok=True)

    def known(self):
        """The newest checkpoint it confirmed, as it stands in its state."""
        notes = [f.read_text() for f in (self.state / "state").iterdir()]
        return max((n for n in notes if "\n\n" in n), key=lambda n: Note(n).size)


def vkey(w):
    return (w.data / "keys" / "log.vkey").read_text().strip()


def evidence(w):
    return w.status()["evidence"]


def new(w):
    return w.door("admin").post("/v1/audit/checkpoint", {})


def confirmed(w, size, timeout=15):
    wait_for(lambda: (evidence(w)["confirmed"] or 0) >= size, "a cosignature", timeout)


@pytest.fixture
def watched(make_world):
    def make(url=None):
        w = make_world(conf=dict(FAST))
        one = Witness(w.dir)
        w.extra.append(one)
        one.trust(vkey(w))
        one.start()
        policy = w.dir / "policy"
        policy.write_text("log %s\nwitness one %s %s\nquorum one\n" % (
            vkey(w), one.vkey, url(w) if url else "unix:%s" % one.socket))
        w.write_conf(**{"evidence.policy_file": str(policy)})
        w.daemon.stop()
        w.start()
        return w, one

    return make


def test_confirmed(watched):
    w, one = watched()
    w.run([people.create(n) for n in range(20)])
    got = new(w)
    confirmed(w, got["size"])
    note = Note(w.ctl("audit", "checkpoint", "--size", got["size"]).stdout)
    assert note.check(one.key) and note.check(Key.read(vkey(w)))
    anchors = wait_for(lambda: w.door().get("/v1/audit", event="anchor")["records"], "an anchor", 10)
    assert re.search(r"confirmed by %s: the first \d+ records" % re.escape(one.key.name), anchors[-1]["summary"])
    printed = w.ctl("audit", "checkpoint", "--new", "--page")  # a sheet has the witness on it at once
    assert "\u2014 %s " % one.key.name in printed.stdout and not printed.stderr
    assert "witness one %s\nquorum one\n" % one.vkey in html.unescape(printed.stdout)
    one.kill()  # away, then back: it gets a proof that leads from what it knew
    for n in range(20, 26):
        w.run([people.create(n)])
        new(w)
    assert evidence(w)["witnesses"][0]["error"]
    since = time.monotonic()
    assert "not enough witnesses" in w.ctl("audit", "checkpoint", "--new").stderr
    assert time.monotonic() - since < 3, "nobody waits for a witness that is known to be away"
    one.start()
    confirmed(w, new(w)["size"])
    w.judge()


def test_carried(watched):
    def folder(w):
        (w.dir / "drop").mkdir()
        return "file:%s" % (w.dir / "drop")

    w, one = watched(folder)
    one.kill()
    drop = w.dir / "drop"
    for turn in range(3):
        w.run([people.create(turn)])
        size = new(w)["size"]
        wait_for((drop / "request").exists, "a request", 10)
        one.run("--answer", drop)
        wait_for(lambda: not (drop / "response").exists(), "the answer to be taken", 10)
    one.run("--answer", drop, status=None)
    confirmed(w, size)
    w.judge()


def test_restored_from_a_backup(watched):
    w, one = watched()
    w.run([people.create(1)])
    confirmed(w, new(w)["size"])
    old = one.known()
    w.daemon.stop()
    shutil.copytree(w.data, w.dir / "backup")
    w.start()
    w.run([people.create(n) for n in range(2, 5)])  # too few for the drift's brake
    size = new(w)["size"]
    confirmed(w, size)
    # an older copy comes back, and nothing else changes
    w.daemon.stop()
    shutil.rmtree(w.data)
    shutil.copytree(w.dir / "backup", w.data)
    w.start()
    text = wait_for(lambda: evidence(w)["incident"], "the incident", 15)
    assert re.search(r"\b%d records" % Note(one.known()).size, text)
    w.ctl("status", status=EX_VERIFY)
    before = w.status()["audit"]["size"]
    assert w.door("lan").ask("POST", "/v1/requests", w.head(), people.letter_csv(
        [people.create(60)]), "text/csv").status == 503
    time.sleep(1.5)
    assert w.status()["audit"]["size"] == before
    # it goes on under another origin, when the witness was told the key
    w.daemon.stop()
    known = w.dir / "known"
    other = "other.example/1\n900\n%s\n\n\u2014 other.example/1 %s\n" % ("A" * 43 + "=", "A" * 92)
    for wrong, says in ((other, "is of the log other.example/1"), (one.known().replace("\n%d\n" % Note(
            one.known()).size, "\n999\n"), "not signed by this log's key"), ("", "is no checkpoint")):
        known.write_text(wrong)
        got = w.hopthud("--incarnation", "--reason", "x", "--known", str(known))
        assert got.returncode == EX_USAGE and says in got.stderr, got
    # what people have: all that a witness keeps, or mails as they were saved, the newest not the last
    mail = "To: a@b.vn\r\nSubject: hopthu checkpoint\r\n\r\nlog %s\r\n\r\n" % vkey(w)
    known.write_text(mail + one.known().replace("\n", "\r\n") + "\r\n" + other + mail + old.rstrip("\n"))
    got = w.hopthud("--incarnation", "--reason", "phục hồi", "--known", str(known))
    assert "%d records that" % (Note(one.known()).size - before) in got.stdout, got
    assert got.returncode == 0, got
    one.trust(vkey(w))
    policy = w.dir / "policy"
    policy.write_text(policy.read_text() + "log %s\n" % vkey(w))
    w.start()
    assert evidence(w)["origin"] == "hopthu.test/2"
    confirmed(w, new(w)["size"])
    w.foreign |= {people.login(people.name(n)) for n in range(2, 5)}
    assert w.run([people.create(50)])["state"] == "done"
    w.daemon.stop()
    w.judged = True


def test_an_older_copy_does_nothing(watched):
    """What was approved in yesterday's database and done since is not begun again: hopthud waits for the
    first word of its witness."""
    w, one = watched()
    w.run([people.create(1)])
    confirmed(w, new(w)["size"])
    w.slapd.stop()
    r = w.submit([people.create(2)])
    w.approve(r)
    w.daemon.stop()
    shutil.copytree(w.data, w.dir / "backup")
    w.slapd.start()
    w.start()
    assert w.wait(r["id"])["state"] == "done"
    confirmed(w, new(w)["size"])
    w.daemon.stop()
    shutil.rmtree(w.data)
    shutil.copytree(w.dir / "backup", w.data)
    one.process.send_signal(signal.SIGSTOP)
    try:
        w.start()
        wait_for(lambda: w.status()["directory"]["state"] == "ready", "the directory", 10)
        time.sleep(0.5)
        assert "waits some seconds for its witnesses" in w.show(r["id"])["waiting_for"]
    finally:
        one.process.send_signal(signal.SIGCONT)
    wait_for(lambda: evidence(w)["incident"], "the incident", 15)
    begun = w.door("admin").get("/v1/audit", event="start")["records"][-1]["seq"]
    assert all(i["seq"] < begun for i in w.door("admin").get("/v1/audit", event="intent")["records"])
    w.daemon.stop()
    w.judged = True


def test_silent_witness_is_not_waited_for_long(watched):
    w, one = watched()
    w.daemon.stop()
    one.process.send_signal(signal.SIGSTOP)
    try:
        w.start()
        assert w.run([people.create(1)])["state"] == "done"
    finally:
        one.process.send_signal(signal.SIGCONT)


def test_another_history_of_the_same_length(watched):
    """Restored and grown past what the witness knows, while it was away: refused all the same."""
    w, one = watched()
    confirmed(w, new(w)["size"])
    w.daemon.stop()
    shutil.copytree(w.data, w.dir / "backup")
    w.start()
    w.run([people.create(n) for n in range(2, 6)])
    confirmed(w, new(w)["size"])
    one.kill()
    w.daemon.stop()
    shutil.rmtree(w.data)
    shutil.copytree(w.dir / "backup", w.data)
    w.start()
    w.foreign |= {people.login(people.name(n)) for n in range(2, 6)}
    w.run([people.create(n) for n in range(70, 90)])
    new(w)
    assert not evidence(w)["incident"]
    one.start()
    text = wait_for(lambda: evidence(w)["incident"], "the incident", 15)
    assert "refused" in text
    assert list((one.state / "refused").iterdir()), "the witness keeps what it refused"
    w.daemon.stop()
    w.judged = True
