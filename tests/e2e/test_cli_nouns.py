# SPDX-License-Identifier: BSD-2-Clause
"""hopthuctl against a small door: mailboxes, agencies, operators, the log, and who one is."""
import base64
import csv
import hashlib
import hmac
import io
import json
import pathlib
import re
import subprocess
import threading
import time
import unicodedata

import pytest

from fake_door import (CTL, DIGEST, PASSWORD, FakeDoor, ctl, environment, letter, on_terminal,
                       paged, secret)


@pytest.fixture
def door(tmp_path):
    d = FakeDoor(tmp_path / "s")
    yield d
    d.close()


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
    assert body == {"agency": "snv", "domain": "x.vn", "signer": "lan", "reason": "nghỉ hưu",
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
            rows = records[:int(q.get("before", 2101)) - 1][-int(q["limit"]):]
            return {"records": rows, "next": None,
                    "earlier": rows[0]["seq"] if rows[0]["seq"] > 1 else None, "reading": "w"}
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
    got = json.loads(ctl(door, "audit", "list", "--last", "3", "--event", "intent", "--json").stdout)
    assert [r["seq"] for r in got["records"]] == [2098, 2099, 2100]
    got = [json.loads(x)["seq"] for x in ctl(door, "audit", "list", "-n", "1500", "-o",
                                             "jsonl").stdout.splitlines()]
    assert got == list(range(601, 2101))
    assert door.seen[-1][2] == {"last": "1", "limit": "500", "before": "1101", "reading": "w"}
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


def test_audit_show_says_who_and_opens_values(door):
    record = {"seq": 9, "record": {"ev": "drift", "t": "2026-11-23T16:55:01Z", "as": "minh", "actor": {
        "name": "hopthud", "mech": "daemon", "src": ""}}, "text": "{}", "leaf": "00", "story": None,
        "openings": {"found": "title: Trưởng phòng\x1b", "logins": None}, "summary": "changed by others"}
    door.routes["GET", "/v1/audit/9"] = record
    out = ctl(door, "audit", "show", "9").stdout
    for line in ("event +drift", "who +hopthud", "known by +daemon", "in the name of +minh",
                 r" +found +title: Trưởng phòng<U\+001B>", r" +logins +\(erased\)"):
        assert re.search("^%s$" % line, out, re.M), (line, out)
    record["record"] = {"ev": "auth.ok", "actor": {"name": "lan", "mech": "peer", "src": "uid:1000"}}
    record["openings"] = {}
    out = ctl(door, "audit", "show", "9").stdout
    assert "lan" in out and "uid:1000" in out and "commitments" not in out


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
    door.routes["GET", "/v1/status"] = STATUS
    out = ctl(door).stdout
    for words in ("The directory is away (down: slapd hung up)", "next try in 3 s", "disk full"):
        assert words in out
    door.routes["GET", "/v1/status"] = dict(STATUS, directory={
        "state": "down", "reason": "x", "next_try_ms": 1, "fault": "the schema is not there"},
        database={"writable": True, "reason": ""})
    out = ctl(door).stdout
    assert "mends it: the schema is not there" in out and "database" not in out
    door.routes["GET", "/v1/whoami"] = (401, {"error": "uid 5 is no operator", "class": "auth"})
    assert "--user NAME" in ctl(door, status=77).stderr


@pytest.mark.parametrize("role, wants, not_wants", [
    ("technician", ["2 changes that others made", "drift list", "drift revert"], ["drift accept", "release"]),
    ("approver", ["2 changes", "drift accept"], ["drift revert", "release"]),
    ("admin", ["2 changes", "drift accept", "drift release"], ["nothing waits"]),
    ("requester", [], ["changes that", "drift list"])])
def test_home_tells_of_changes_by_others(door, role, wants, not_wants):
    door.routes["GET", "/v1/whoami"] = {"name": "an", "roles": [role]}
    door.routes["GET", "/v1/requests"] = {"requests": [], "next": None}
    door.routes["GET", "/v1/status"] = dict(STATUS, watch={"state": "watching", "open": 2, "held": "too many"})
    out = ctl(door).stdout.split("everything else:")[0]
    assert all(w in out for w in wants) and not any(w in out for w in not_wants), out


@pytest.mark.parametrize("roles, wants, not_wants", [
    (["requester"], ["show 1", "failed lately", "show 3", "thiếu chữ ký"], ["show 2", "show 4", "show 5"]),
    (["technician"], ["show 1", "show 2", "show 3", "show 5", "held"], ["show 4", "approve"]),
    (["approver"], ["approve 6"], ["show", "failed", "refused"])])
def test_home_tells_of_letters_that_went_wrong(door, roles, wants, not_wants):
    """1 of ours failed, 2 of others failed, 3 of ours refused, 4 failed long ago, 5 held, 6 planned."""
    now = time.strftime("%Y-%m-%dT%H:%M:%S.000000Z", time.gmtime())
    rows = [letter(id=1, state="failed", submitter="an", ended_at=now),
            letter(id=2, state="failed", ended_at=now),
            letter(id=3, state="refused", submitter="an", ended_at=now, refusal="thiếu chữ ký"),
            letter(id=4, state="failed", submitter="an", ended_at="2020-01-01T00:00:00.000000Z"),
            letter(id=5, state="held"), letter(id=6)]

    def requests(q, _):
        if q["state"] == "held" and "before" not in q:
            return {"requests": [], "next": 50}  # filtered: what is wanted is on the next page
        return {"requests": [r for r in rows if r["state"] == q["state"] and
                             ("mine" not in q or r["submitter"] == "an")], "next": None}
    door.routes["GET", "/v1/whoami"] = {"name": "an", "roles": roles}
    door.routes["GET", "/v1/requests"] = requests
    out = ctl(door).stdout.split("everything else:")[0]
    for w in wants:
        assert w in out, out
    for w in not_wants:
        assert w not in out, out


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
