# SPDX-License-Identifier: BSD-2-Clause
"""A private directory and a private hopthud in a temporary folder, and hopthuctl to talk to them.

HOPTHU_PEER=1 lets operators be known by a uid each instead of a password (root only).
HOPTHU_BUILD names the build tree (default: build/ beside tests/); HOPTHU_FULL=1 asks for the full
counts; HOPTHU_TEST_DIR is where the temporary folders go (a short path: sockets live in it).
"""
import atexit
import ctypes
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

import people
from door import Door, DoorError, verifier

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("HOPTHU_BUILD") or TOP / "build").resolve()
FULL = os.environ.get("HOPTHU_FULL") == "1"
ROOT = os.geteuid() == 0
PEER = os.environ.get("HOPTHU_PEER") == "1"
HOPTHUD = BUILD / "hopthud"
HOPTHUCTL = BUILD / "hopthuctl"
SLAPD_SCRIPT = TOP / "scripts" / "slapd"
BASE = "dc=binhduong,dc=gov,dc=vn"
DOMAIN = "binhduong.gov.vn"

# Words that may stand in no log of a healthy run.
FORBIDDEN = re.compile(r"BUG\b|AddressSanitizer|runtime error:|LeakSanitizer")

# exit statuses of hopthuctl and hopthud (sysexits.h and ours)
EX_PART, EX_NOTFOUND, EX_USAGE, EX_DATA, EX_UNAVAILABLE = 1, 2, 64, 65, 69
EX_CONFLICT, EX_LATER, EX_VERIFY, EX_NOPERM, EX_CONFIG = 73, 75, 76, 77, 78

# name: (full name, roles, agency).  The first admin is made by --init and known by our own uid.
OPERATORS = {
    "lan": ("Nguyễn Thị Lan", ["requester"], "snv"),
    "minh": ("Trần Quang Minh", ["approver"], None),
    "thu": ("Lê Thị Thu", ["approver"], None),  # the second, where two are needed
    "tuan": ("Lê Anh Tuấn", ["technician"], None),
    "hoa": ("Phạm Thị Hoa", ["auditor"], None),
}
AGENCIES = [("snv", "Sở Nội vụ", "department"), ("skhcn", "Sở Khoa học và Công nghệ", "department")]
PASSWORDS = {name: "canary-%s-7Xq9" % name for name in OPERATORS}
SANITIZED = b"__asan_init" in HOPTHUD.read_bytes() if HOPTHUD.exists() else False


class Timeout(AssertionError):
    """Something did not happen in time."""


def wait_for(probe, what, timeout=15, every=0.02):
    """Calls probe until it answers something true; that answer."""
    end = time.monotonic() + timeout
    while True:
        got = probe()
        if got:
            return got
        if time.monotonic() > end:
            raise Timeout("waited %g s for %s" % (timeout, what))
        time.sleep(every)


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


def free_text(path):
    """A file's text; nothing when there is none."""
    try:
        return pathlib.Path(path).read_text("utf-8", "replace")
    except FileNotFoundError:
        return ""


POLICY = """domain = "%s"
valid_from = "%s"
document = "Quy chế thử"
"""
RULE = 'rule "%s" { value = %s legal_basis = "thử" }\n'


def write_policy(folder, domain=DOMAIN, valid_from="2020-01-01", file=None, **rules):
    """A policy file whose rules are given; dots of their names as two underscores."""
    folder.mkdir(exist_ok=True)
    text = POLICY % (domain, valid_from)
    for name, value in rules.items():
        if isinstance(value, list):
            value = "{%s}" % ", ".join('"%s"' % v for v in value)
        else:
            value = '"%s"' % value
        text += RULE % (name.replace("__", "."), value)
    (folder / ("%s.conf" % (file or domain))).write_text(text)
    folder.chmod(0o755)
    return folder


NO_HASH, ANYTHING = "^[^#]*$", "^.*$"  # for refuse_titles


def refuse_titles(w, pattern):
    """slapd takes only titles of this form from now on."""
    password = (w.slapd.dir / "config.password").read_text()
    import ldap3
    server = ldap3.Server((w.slapd.dir / "uri").read_text().strip(), get_info=ldap3.NONE)
    c = ldap3.Connection(server, "cn=admin,cn=config", password, auto_bind=True)
    rule = "title regex " + pattern
    c.search("cn=config", "(objectClass=olcConstraintConfig)")
    if c.response:
        c.modify(c.response[0]["dn"], {"olcConstraintAttribute": [(ldap3.MODIFY_REPLACE, [rule])]})
    else:
        c.modify("cn=module{0},cn=config", {"olcModuleLoad": [(ldap3.MODIFY_ADD, ["constraint"])]})
        assert c.result["result"] == 0, c.result
        c.search("cn=config", "(&(objectClass=olcMdbConfig)(olcSuffix=%s))" % BASE)
        c.add("olcOverlay=constraint," + c.response[0]["dn"],
              ["olcOverlayConfig", "olcConstraintConfig"],
              {"olcOverlay": "constraint", "olcConstraintAttribute": rule})
    assert c.result["result"] == 0, c.result
    c.unbind()


class Daemon:
    """hopthud in the foreground, its standard error in a file."""

    def __init__(self, conf, log, env=None, wrap=(), args=()):
        self.log = pathlib.Path(log)
        self.expected_death = False
        full = dict(os.environ, LC_ALL="C.UTF-8", **(env or {}))
        full.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0")
        full.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        with open(self.log, "ab") as err:
            self.process = subprocess.Popen(
                [*map(str, wrap), str(HOPTHUD), "-c", str(conf), *args], stdin=subprocess.DEVNULL,
                stdout=err, stderr=err, env=full, preexec_fn=_die_with_parent)

    @property
    def pid(self):
        return self.process.pid

    def alive(self):
        return self.process.poll() is None

    def signal(self, sig):
        if self.alive():
            self.process.send_signal(sig)

    def kill(self):
        """kill -9, and the end of it."""
        self.expected_death = True
        self.signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self, timeout=20):
        """SIGTERM; the exit status."""
        self.expected_death = True
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)
            raise Timeout("hopthud did not end within %g s of SIGTERM" % timeout) from None

    def wait_dead(self, timeout=20):
        """It ends by itself (a failpoint); the status."""
        self.expected_death = True
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise Timeout("hopthud did not die within %g s" % timeout) from None

    def status(self, key):
        """A number of /proc/PID/status, in kB where it has a unit."""
        text = pathlib.Path("/proc/%d/status" % self.pid).read_text()
        return int(re.search(r"^%s:\s+(\d+)" % key, text, re.M).group(1))


class Slapd:
    """A private slapd, made and driven by scripts/slapd."""

    def __init__(self, folder):
        self.dir = pathlib.Path(folder)
        self.kills = 0  # slapd's log of writes may lack the last of them

    def _run(self, verb):
        r = subprocess.run([str(SLAPD_SCRIPT), verb, str(self.dir)], capture_output=True,
                           text=True, timeout=60, check=False)
        if r.returncode:
            raise AssertionError("scripts/slapd %s: exit %d\n%s%s" % (
                verb, r.returncode, r.stdout, r.stderr))
        return r.stdout.strip()

    def setup(self):
        self._run("setup")

    def start(self):
        self._run("start")

    def stop(self):
        self._run("stop")

    def restart(self):
        self._run("restart")

    def kill(self):
        self.kills += 1
        self._run("kill")

    def clean(self):
        self._run("clean")

    @property
    def uri(self):
        return self._run("uri")

    @property
    def pid(self):
        return int((self.dir / "slapd.pid").read_text())

    def freeze(self):
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.pid, signal.SIGCONT)

    # --- by OpenLDAP's own tools, as the directory's administrator ---
    def tool(self, name, *args, ldif=None, check=True):
        """ldapadd, ldapmodify, ldapdelete, ldapsearch with the rights of the root DN."""
        cmd = [name, "-H", self.uri, "-x", "-D", self.root_dn, "-y", str(self.root_password_file),
               *args]
        r = subprocess.run(cmd, input=ldif, capture_output=True, text=True, timeout=60,
                           check=False)
        if check and r.returncode:
            raise AssertionError("%s: %d %s%s" % (name, r.returncode, r.stdout, r.stderr))
        return r

    root_dn = "cn=admin," + BASE

    @property
    def root_password_file(self):
        return self.dir / "admin.password"

    def modify(self, ldif):
        return self.tool("ldapmodify", ldif=ldif)

    def add(self, ldif):
        return self.tool("ldapadd", ldif=ldif)

    def connect(self, who="admin"):
        """ldap3 over ldapi: "admin" is the root DN, others stand under ou=services."""
        import ldap3
        dn = self.root_dn if who == "admin" else "cn=%s,ou=services,%s" % (who, BASE)
        server = ldap3.Server((self.dir / "uri").read_text().strip(), get_info=ldap3.NONE)
        return ldap3.Connection(server, dn, (self.dir / (who + ".password")).read_text(),
                                auto_bind=True, receive_timeout=60)

    def entries(self, base, scope="one", attrs=("*", "+"), filt="(objectClass=*)", who="admin"):
        """{dn: {attribute: [bytes]}} by ldap3 over ldapi."""
        import ldap3
        conn = self.connect(who)
        try:
            where = {"one": ldap3.LEVEL, "sub": ldap3.SUBTREE, "base": ldap3.BASE}[scope]
            conn.search(base, filt, where, attributes=list(attrs))
            if conn.result["result"] not in (0, 32):
                raise AssertionError("search of %s: %r" % (base, conn.result))
            return {e["dn"]: {k.split(";")[0]: v for k, v in e["raw_attributes"].items()}
                    for e in conn.response or [] if e["type"] == "searchResEntry"}
        finally:
            conn.unbind()

    def entry(self, dn):
        """One entry by ldap3, {} when there is none."""
        return next(iter(self.entries(dn, "base").values()), {})

    def accesslog(self):
        """Every write the directory knows of, in order: [{attribute: [bytes]}]."""
        got = self.entries("cn=accesslog", filt="(objectClass=auditWriteObject)", who="reader")
        return [got[dn] for dn in sorted(got, key=lambda d: got[d]["reqStart"][0])]


class World:
    """One temporary folder with a directory, a daemon and its operators."""

    live = []

    def __init__(self, conf=None, slapd=True, operators=True, uri=None, admin_uid=None, data=None):
        where = os.environ.get("HOPTHU_TEST_DIR") or tempfile.gettempdir()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="hp", dir=where))
        self.dir.chmod(0o755)
        self.data = pathlib.Path(data) if data else self.dir / "data"
        self.data.mkdir(mode=0o700, exist_ok=True)
        self.socket = self.dir / "s"
        self.conf_file = self.dir / "hopthud.conf"
        self.db = self.data / "hopthu.db"
        self.log = self.dir / "hopthud.log"
        self.log_seen = 0
        self.letters = 0
        self.daemon = None
        self.extra = []          # other processes and proxies: anything with kill()
        self.foreign = set()     # logins the test itself wrote into the directory
        self.doors = {}
        self.uids = {}
        self.judged = False
        self.settings = conf or {}
        self.admin_uid = os.geteuid() if admin_uid is None else admin_uid
        World.live.append(self)
        self.slapd = Slapd(self.dir / "d")
        try:
            if slapd:
                self.slapd.setup()
                self.slapd.start()
            self.uri = uri or self.slapd.uri
            self.write_conf()
            self.init()
            if slapd:
                self.start()
                if operators:
                    self.add_operators()
        except BaseException:
            self.close()
            raise

    # --- set-up ---
    def write_conf(self, **more):
        """hopthud.conf from the defaults of tests and what the test asked for."""
        self.settings.update(more)
        top = {"instance": "hopthu.test/1", "domain": DOMAIN, "database": str(self.db),
               "key_dir": str(self.data / "keys"), "socket": str(self.socket),
               "socket_mode": "0666", "policy_dir": str(TOP / "etc" / "policy")}
        sections = {"directory": {"uri": self.uri, "base": BASE, "retry_min_ms": 50,
                                  "retry_max_ms": 1000, "operation_timeout_ms": 3000,
                                  "connect_timeout_ms": 2000}, "limits": {},
                    "evidence": {"reserve_mb": 1}}
        for key, value in self.settings.items():
            section, _, name = key.rpartition(".")
            (sections[section] if section else top)[name] = value

        def line(k, v):
            return "%s = %s\n" % (k, v if isinstance(v, int) else '"%s"' % v)

        text = "".join(line(k, v) for k, v in top.items())
        for name, keys in sections.items():
            text += "%s {\n%s}\n" % (name, "".join("\t" + line(k, v) for k, v in keys.items()))
        self.conf_file.write_text(text)

    def hopthud(self, *args, env=None, timeout=60):
        """A run of hopthud that ends by itself."""
        return subprocess.run([str(HOPTHUD), "-c", str(self.conf_file), *args], text=True,
                              capture_output=True, timeout=timeout, check=False,
                              env=dict(os.environ, LC_ALL="C.UTF-8", **(env or {})))

    def init(self):
        r = self.hopthud("--init", "--admin", "admin", "--admin-uid", str(self.admin_uid))
        assert r.returncode == 0, "hopthud --init: %d %s%s" % (r.returncode, r.stdout, r.stderr)

    def add_operators(self):
        door = self.door("admin")
        for code, name, kind in AGENCIES:
            door.post("/v1/agencies", {"code": code, "name": name, "kind": kind})
        for name in OPERATORS:
            self.add_operator(name, *OPERATORS[name])
        self.settle()

    def add_operator(self, name, full_name, roles, agency=None, uid=None, password=True):
        body = {"name": name, "full_name": full_name, "roles": roles}
        if agency:
            body["agency"] = agency
        if uid is not None:
            body["uid"] = uid
        if uid is None and PEER:
            self.uids[name] = body["uid"] = 54100 + len(self.uids)
        if password:
            PASSWORDS.setdefault(name, "canary-%s-7Xq9" % name)
            body["scram"] = verifier(PASSWORDS[name])
        return self.door("admin").post("/v1/operators", body)

    # --- the daemon ---
    def start(self, failpoint=None, env=None, wrap=(), ready=True, timeout=30):
        """Starts hopthud; returns when the door answers and, if asked, the directory is ready."""
        env = dict(env or {})
        if failpoint:
            env["HOPTHU_FAILPOINT"] = failpoint
        self.drop_doors()
        self.daemon = Daemon(self.conf_file, self.log, env, wrap)

        def answers():
            if not self.daemon.alive():
                self.daemon.expected_death = True
                raise AssertionError("hopthud ended with %s:\n%s" % (
                    self.daemon.process.returncode, self.log_tail()))
            try:
                with Door(self.socket) as d:
                    st = d.get("/v1/status")
            except (OSError, DoorError):
                return False
            return not ready or st["directory"]["state"] == "ready"

        wait_for(answers, "hopthud to answer" + (" and the directory to be ready" if ready else ""),
                 timeout)
        return self.daemon

    def restart(self, **kw):
        """kill -9 if it still runs, then start again."""
        if self.daemon and self.daemon.alive():
            self.daemon.kill()
        return self.start(**kw)

    def drop_doors(self):
        for d in self.doors.values():
            d.close()
        self.doors.clear()

    def log_tail(self, n=40):
        return "\n".join(free_text(self.log).splitlines()[-n:])

    # --- talking to it ---
    def door(self, name="admin"):
        """A door as this operator, kept open."""
        if name not in self.doors:
            self.doors[name] = self.new_door(name)
        return self.doors[name]

    def new_door(self, name="admin", **kw):
        if name == "admin":
            return Door(self.socket, uid=self.admin_uid, **kw)
        if name in self.uids:
            return Door(self.socket, uid=self.uids[name], **kw)
        return Door(self.socket, name, PASSWORDS[name], **kw)

    def password_file(self, name):
        path = self.dir / (name + ".pw")
        if not path.exists():
            path.touch(0o600)
            path.write_text(PASSWORDS[name] + "\n")
        return path

    def ctl(self, *args, user=None, status=0, stdin=None, env=None, uid=None, timeout=90):
        """hopthuctl; status: the exit status wanted (None: any)."""
        cmd = [str(HOPTHUCTL), *map(str, args)]
        if user in self.uids:
            uid = self.uids[user]
        elif user and user != "admin":
            cmd += ["--user", user, "--password-file", str(self.password_file(user))]
        full = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "HOPTHU_"))}
        full.update({"HOPTHU_SOCKET": str(self.socket), "NO_COLOR": "1", "LC_ALL": "C.UTF-8",
                     "HOME": str(self.dir)}, **(env or {}))
        began = time.monotonic()
        r = subprocess.run(cmd, input=stdin, capture_output=True, text=True, timeout=timeout,
                           env=full, cwd="/", check=False, **({} if uid is None else
                                                              {"user": uid, "extra_groups": []}))
        r.took = time.monotonic() - began
        assert not FORBIDDEN.search(r.stderr), r.stderr
        if status is not None:
            assert r.returncode == status, "%s: exit %d, not %d\n--- stdout\n%s\n--- stderr\n%s" % (
                " ".join(cmd[1:]), r.returncode, status, r.stdout[-3000:], r.stderr[-3000:])
        return r

    def ctl_json(self, *args, **kw):
        return json.loads(self.ctl(*args, "-o", "json", **kw).stdout)

    def next_letter(self):
        self.letters += 1
        return "%d/SNV-VP" % self.letters

    def head(self, **more):
        """What every letter says of itself."""
        head = {"agency": "snv", "letter": more.get("letter") or self.next_letter(),
                "date": "2026-03-02", "signer": "Nguyễn Văn Sáu", "reason": "tuyển dụng đợt 1"}
        head.update(more)
        return head

    def letter_file(self, rows, name="letter.csv"):
        path = self.dir / name
        path.write_bytes(rows if isinstance(rows, bytes) else people.letter_csv(rows))
        path.chmod(0o644)
        return path

    def submit(self, rows, user="lan", expect=(200, 201), **head):
        """A letter through the raw door; the request object."""
        data = rows if isinstance(rows, bytes) else people.letter_csv(rows)
        return self.door(user).submit(data, expect=expect, **self.head(**head))

    def approve(self, request, user="minh", expect=(200,)):
        return self.door(user).post("/v1/requests/%d/approve" % request["id"],
                                    {"digest": request["digest"]}, expect=expect)

    def wait(self, rid, timeout=30):
        """Long poll until the letter has ended or is held; the object without items."""
        end = time.monotonic() + timeout
        while True:
            left = end - time.monotonic()
            got = self.door("admin").get("/v1/requests/%d/wait" % rid,
                                         timeout=max(1, min(20, int(left))))
            if got["state"] in ("done", "failed", "refused", "cancelled", "held"):
                return got
            if left <= 0:
                raise Timeout("request %d is still %s after %g s: %s" % (
                    rid, got["state"], timeout, got.get("waiting_for")))

    def wait_or_back(self, rid, timeout=30):
        """As wait, but a letter that came back for approval ends the wait too."""
        def moved():
            got = self.show(rid)
            return got if got["state"] not in ("approved", "running", "received") else None

        return wait_for(moved, "request %d to end or to come back" % rid, timeout, 0.05)

    def show(self, rid, **query):
        return self.door("admin").get("/v1/requests/%d" % rid, **query)

    def run(self, rows, state="done", user="lan", timeout=30, **head):
        """Submit, approve, wait; the object with its items."""
        r = self.submit(rows, user=user, **head)
        self.approve(r)
        if r["needs"] > 1:
            self.approve(r, user="thu")
        ended = self.wait(r["id"], timeout)
        assert ended["state"] == state, self.show(r["id"])
        return self.show(r["id"])

    def status(self):
        with Door(self.socket, uid=self.admin_uid) as d:
            return d.get("/v1/status")

    def settle(self, timeout=30):
        """Nothing is on its way to the directory any more; what waits for its day may wait."""
        same = []

        def quiet():
            queue = self.status()["queue"]
            items = queue["items"]
            if queue["jobs"] or items.get("running") or items.get("unknown"):
                same.clear()
                return False
            if same and same[-1] != items:
                same.clear()
            same.append(items)
            return not items.get("approved") or len(same) > 8

        wait_for(quiet, "the queue to be empty", timeout)

    def ready(self, timeout=30):
        wait_for(lambda: self.status()["directory"]["state"] == "ready", "a ready directory",
                 timeout)

    def watched(self, timeout=3):
        """hopthud hears of every change of the directory; False when it cannot just now."""
        try:
            return wait_for(lambda: self.status()["watch"]["state"] == "watching", "the watch", timeout)
        except Timeout:
            return False

    def drifts(self, state="open"):
        return self.door("admin").get("/v1/drift", state=state, limit=200)["drifts"]

    def mailbox(self, address):
        return self.door("admin").get("/v1/mailboxes/" + address)

    def person(self, login):
        """What the directory has for a login."""
        return self.slapd.entry("uid=%s,ou=people,%s" % (login, BASE))

    # --- the end ---
    def judge(self, **kw):
        """Stops hopthud and hands everything to the checker, and its log to hopthu-verify; starts nothing
        again."""
        import checker
        import copies
        if self.daemon and self.daemon.alive():
            if kw.get("ended", True):
                self.settle()
            kw.setdefault("watched", self.watched())
            root = self.door("admin").get("/v1/audit/verify")
            boxes = self.all_mailboxes()
            code = self.daemon.stop()
            assert code == 0, "hopthud ended with %d on SIGTERM\n%s" % (code, self.log_tail())
        else:
            root, boxes = None, None
        self.judged = True
        copy = self.dir / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for f in self.data.glob("hopthu.db*"):
            shutil.copy(f, copy)
        judge = checker.Judge(copy / "hopthu.db", self.slapd, BASE, DOMAIN, foreign=self.foreign)
        complaints = judge.run(verify=root, mailboxes=boxes, **kw)
        complaints += copies.judge(copy / "hopthu.db", self.data / "keys" / "log.key", copy / "log")
        assert not complaints, "the checker says:\n  " + "\n  ".join(complaints[:40])
        return judge

    def all_mailboxes(self):
        boxes, after = [], None
        while True:
            page = self.door("admin").get("/v1/mailboxes", limit=1000, after=after)
            boxes += page["mailboxes"]
            after = page["next"]
            if after is None:
                return boxes

    def check_log(self):
        """Fails on words that stand in no log of a healthy run, and on a daemon that died."""
        text = free_text(self.log)
        fresh, self.log_seen = text[self.log_seen:], len(text)
        bad = [line for line in fresh.splitlines() if FORBIDDEN.search(line)]
        assert not bad, "in %s:\n%s" % (self.log, "\n".join(bad[:20]))
        if self.daemon and not self.daemon.expected_death:
            assert self.daemon.alive(), "hopthud ended with %s:\n%s" % (
                self.daemon.process.returncode, self.log_tail())

    def close(self):
        if self in World.live:
            World.live.remove(self)
        self.drop_doors()
        if self.daemon and self.daemon.alive():
            self.daemon.signal(signal.SIGCONT)
            self.daemon.kill()
        for e in self.extra:
            try:
                e.kill()
            except (OSError, subprocess.SubprocessError):
                pass
        if (self.dir / "d").exists():
            try:
                self.slapd.thaw()
            except (OSError, ValueError):
                pass
            for verb in (self.slapd.kill, self.slapd.clean):
                try:
                    verb()
                except (AssertionError, subprocess.SubprocessError):
                    pass
        if not os.environ.get("HOPTHU_KEEP"):
            shutil.rmtree(self.dir, ignore_errors=True)


@atexit.register
def _end_all():
    for w in list(World.live):
        w.close()


class Probe:
    """Asks the door without pause, from a process of its own, and keeps the times."""

    def __init__(self, world, path="/v1/status", every=0.01):
        self.world = world
        self.command = [sys.executable, str(pathlib.Path(__file__).with_name("probe.py")),
                        str(world.socket), path, str(every)]
        self.times, self.failures = [], []

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.PIPE, text=True,
                                        stdout=subprocess.PIPE, preexec_fn=_die_with_parent)
        self.world.extra.append(self.process)
        assert self.process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *exc):
        out, _ = self.process.communicate(timeout=30)
        got = json.loads(out)
        self.times, self.failures = got["times"], got["failures"]

    def check(self, limit=0.1):
        assert self.times, "the probe never ran"
        assert not self.failures, self.failures[:3]
        slow = [t for t in self.times if t > limit]
        assert not slow, "%d of %d answers took over %g s (worst %.3f s)" % (
            len(slow), len(self.times), limit, max(slow))
