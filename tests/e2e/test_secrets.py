# SPDX-License-Identifier: BSD-2-Clause
"""No secret in any file, log or argument list (I11)."""
import os
import pathlib
import re
import resource
import signal
import subprocess

import pytest

import people
from door import Door
from hopthu import PASSWORDS, ROOT, SANITIZED, free_text

CANARY = re.compile(rb"canary-[a-z0-9]+-7Xq9")
WRONG = b"canary-typo-7Xq9"
INPUTS = re.compile(r"\.(pw|new)$")  # password files that the test itself wrote


def test_no_password_anywhere(make_world):
    """Passwords and what proves them go through everything; afterwards every byte is searched."""
    w = make_world(conf={"log_level": "debug"})
    w.run([people.create(n) for n in range(5)])
    for name in ("lan", "minh", "tuan", "hoa"):
        w.ctl("whoami", user=name)
        w.ctl("status", user=name)
        with Door(w.socket, uid=w.admin_uid) as d:
            d.open()
            assert d.login(name, WRONG.decode()).status == 401
    new = w.dir / "second.new"
    new.touch(0o600)
    new.write_text("canary-second-7Xq9\n")
    w.ctl("operator", "passwd", "tuan", "--new-password-file", new, user="tuan")
    w.ctl("operator", "add", "moi", "--full-name", "Mới", "--role", "auditor",
          "--new-password-file", new)
    core = w.dir / ("core.%d" % w.daemon.pid)
    image = _have("gcore") and ROOT and not SANITIZED  # whose memory is terabytes
    if image:  # what a crash would leave; of what is sent in clear by mistake it may know
        subprocess.run(["gcore", "-o", str(w.dir / "core"), str(w.daemon.pid)], check=False,
                       capture_output=True, preexec_fn=lambda: resource.setrlimit(
                           resource.RLIMIT_FSIZE, (1 << 30, 1 << 30)))
    # a password by mistake where a verifier belongs, in a name, in a path
    w.door("admin").ask("POST", "/v1/operators/hoa/passwd", body={"scram": "canary-plain-7Xq9"})
    w.door("admin").ask("POST", "/v1/operators", body={
        "name": "x9", "full_name": "x", "roles": ["auditor"], "password": "canary-extra-7Xq9"})
    w.settle()
    w.slapd.kill()
    w.slapd.start()
    w.ready()
    for name in ("cmdline", "environ") if ROOT else ("cmdline",):
        assert not CANARY.search(pathlib.Path("/proc/%d/%s" % (w.daemon.pid, name)).read_bytes())
    w.judge()
    w.slapd.stop()
    searched = 0
    for folder in (w.dir,):
        for f in folder.rglob("*"):
            if not f.is_file() or INPUTS.search(f.name):
                continue
            found = CANARY.search(f.read_bytes())
            assert not found, "%s in %s" % (found.group(0), f)
            searched += 1
    assert searched > 10 and (core.exists() or not image)
    # the log speaks of the attempts all the same
    assert "lan" in free_text(w.log)


def _have(program):
    return any(os.access(os.path.join(p, program), os.X_OK)
               for p in os.environ.get("PATH", "").split(":"))


def test_verifiers_are_not_told(make_world):
    """Not even the verifier leaves by the door, the log or the audit log."""
    w = make_world()
    texts = [w.door("admin").ask("GET", "/v1/operators").body]
    size = w.status()["audit"]["size"]
    for seq in range(1, size + 1):
        texts.append(w.door("hoa").ask("GET", "/v1/audit/%d" % seq).body)
    texts.append(free_text(w.log).encode())
    for t in texts:
        assert b"SCRAM-SHA-256$" not in t and b"scram\"" not in t.replace(b'mech":"scram"', b"")


def test_no_core_is_dumped(make_world):
    """A crash leaves no image of memory behind."""
    if SANITIZED:
        pytest.skip("sanitizers decide on cores themselves")
    w = make_world(operators=False)
    w.judged = True
    most = resource.prlimit(w.daemon.pid, resource.RLIMIT_CORE)[1]
    resource.prlimit(w.daemon.pid, resource.RLIMIT_CORE, (most, most))
    w.daemon.expected_death = True
    w.daemon.signal(signal.SIGABRT)
    _, status = os.waitpid(w.daemon.pid, 0)
    w.daemon.process.returncode = -signal.SIGABRT
    assert os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)


def test_passwords_are_not_arguments(world):
    """hopthuctl has no option that takes a password itself."""
    text = world.ctl("help", "--all", status=None).stdout
    assert "--password-file" in text
    assert not re.search(r"--password(?!-file)", text)
    assert all(p not in text for p in PASSWORDS.values())
