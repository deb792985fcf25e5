# SPDX-License-Identifier: BSD-2-Clause
"""hopthuctl against a small door: its command line, letters, and the program itself."""
import csv
import hashlib
import io
import json
import os
import re
import socket
import socketserver
import subprocess
import threading
import time

import pytest

from fake_door import (BUILD, CTL, DIGEST, LETTER, TOP, FakeDoor, ctl, environment, letter,
                       on_terminal, paged)


@pytest.fixture
def door(tmp_path):
    d = FakeDoor(tmp_path / "s")
    yield d
    d.close()


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
    (["audit", "prove", "217", "-o", "217.tlog-proof"], "hopthuctl audit prove 217 > 217.tlog-proof"),
    (["audit", "erase", "an"], "hopthuctl help audit erase"), (["audit", "subject", "Lê An"], "audit search --person"),
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
    assert str(gone) in r.stderr and "--socket names it" in r.stderr and "systemctl" not in r.stderr
    r = subprocess.run([CTL, "status"], env=environment(HOPTHU_SOCKET=str(gone)), capture_output=True,
                       text=True, check=False)
    assert r.returncode == 69 and "HOPTHU_SOCKET names this socket" in r.stderr and "systemctl" not in r.stderr
    default = "/run/hopthu/hopthud.sock"
    if not os.path.exists(default):
        assert "systemctl start hopthud" in ctl(default, "status", status=69).stderr
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
        f.truncate((64 << 20) + 1)
    r = ctl(door, "request", "submit", big, status=65)
    assert "64 MiB" in r.stderr and "split" in r.stderr and door.seen == []
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
    items, text = [], "hopthu-plan/2 %d\n" % n
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


def test_plan_says_on_what_it_rests(door):
    page, items, _ = plan()
    items[0]["input"] = {"basis_no": "12/QĐ-SNV", "basis_date": "2026-11-20", "basis_kind": "nghỉ hưu",
                         "reason": "đến tuổi\x1b", "birth_year": "1966", "title": "x"}
    door.routes["GET", "/v1/requests/7/plan"] = page
    out = ctl(door, "request", "plan", "7").stdout
    first, second = out.split("row 2 ")
    for name, value in items[0]["input"].items():
        if name != "title":
            assert re.search("^ +%s +%s" % (name, value.replace("\x1b", "<U\\+001B>")), first, re.M), out
    assert "basis" not in second and "title" not in out


def test_digest_by_hand(door):
    """The lines of the manual page compute the digest that hopthud names."""
    page, _, digest = plan(n=12)
    door.routes["GET", "/v1/requests/7/plan"] = page
    man = (TOP / "man" / "hopthuctl.1").read_text()
    script = man.split('.\\" digest by hand\n.nf\n')[1].split("\n.fi\n")[0]
    script = script.replace("\\-", "-").replace("\\e", "\\").replace("\\(aq", "'").replace("\\&", "")
    r = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=True, env=environment(
        HOPTHU_SOCKET=door.path, PATH="%s:%s" % (BUILD, os.environ["PATH"])))
    assert r.stdout.split()[0] == digest


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
    door.routes["GET", "/v1/whoami"] = {"name": "minh", "roles": ["approver"]}
    before = len(door.seen)
    r = ctl(door, "request", "approve", "7", "--digest", DIGEST, "-n")
    assert "would be approved: 2 rows" in r.stderr and "nothing was changed" in r.stderr
    got = json.loads(ctl(door, "request", "approve", "7", "--digest", DIGEST, "-n", "--json").stdout)
    assert got["dry_run"] is True and got["body"]["digest"] == DIGEST
    assert {s[0] for s in door.seen[before:]} == {"GET"}


@pytest.mark.parametrize("verb, more, roles, status, says", [
    ("approve", {}, "approver", 0, "would be approved: 2 rows"),
    ("approve", {"digest": "cd" * 32}, "approver", 73, "request plan 7"),
    ("approve", {"state": "done"}, "approver", 73, "is done"),
    ("approve", {"kind": "order"}, "approver", 73, "cannot be approved"),
    ("approve", {"submitter": "minh"}, "approver", 77, "somebody else"),
    ("approve", {}, "requester", 77, "role approver"),
    ("refuse", {}, "approver", 0, "would be refused"),
    ("refuse", {"submitter": "minh"}, "approver", 77, "somebody else"),
    ("refuse", {"state": "refused"}, "approver", 73, "is refused"),
    ("cancel", {}, "requester", 0, "2 of its 2 rows are not done"),
    ("cancel", {"state": "scheduled", "counts": {"scheduled": 2}}, "technician", 0, "would be cancelled"),
    ("cancel", {"state": "running", "counts": {"done": 1, "scheduled": 1}}, "requester", 0, "1 of its 2"),
    ("cancel", {"state": "running", "counts": {"running": 1, "approved": 1}}, "requester", 73, "is running"),
    ("cancel", {"state": "held", "counts": {"held": 2}}, "requester", 73, "is held"),
    ("cancel", {"state": "done", "counts": {"done": 2}}, "requester", 73, "is done"),
    ("cancel", {}, "auditor", 77, "role requester,technician"),
    ("retry", {"state": "failed", "counts": {"failed": 1, "held": 1}}, "technician", 0, "1 failed and 1 held"),
    ("retry", {"state": "done", "counts": {"done": 2}}, "technician", 73, "no failed or held"),
    ("retry", {}, "technician", 73, "is planned")])
def test_dry_decisions(door, verb, more, roles, status, says):
    """-n asks what hopthud would ask, as far as reading answers, and sends nothing."""
    door.routes["GET", "/v1/whoami"] = {"name": "minh", "roles": [roles]}
    door.routes["GET", "/v1/requests/7"] = letter(**more)
    args = [verb, "7", "--reason", "x", "-n"] + (["--digest", DIGEST] if verb == "approve" else [])
    r = ctl(door, "request", *args, status=status)
    assert says in r.stderr and ("nothing was changed" in r.stderr) == (status == 0)
    out = json.loads(ctl(door, "request", *args, "--json", status=status).stdout)
    assert out["dry_run"] if status == 0 else out["class"] in ("conflict", "denied")
    ctl(door, "request", verb, "8", *args[2:], status=2)
    assert {s[0] for s in door.seen} == {"GET"}


def test_refused_and_cancelled(door):
    door.routes["GET", "/v1/requests/7"] = letter(
        state="refused", approver="", refused_by="minh", refusal="thiếu chữ ký", items=[])
    out = ctl(door, "request", "show", "7").stdout
    assert re.search("^refused by +minh$", out, re.M) and re.search("^because +thiếu chữ ký$", out, re.M)
    assert "approved" not in out
    door.routes["GET", "/v1/requests/7"] = letter(
        state="cancelled", approver="minh", refusal="nhầm", items=[])
    out = ctl(door, "request", "show", "7").stdout
    assert re.search("^because +nhầm$", out, re.M) and "refused" not in out


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


@pytest.mark.parametrize("state, counts, want", [
    ("done", {"done": 2}, 0), ("failed", {"done": 1, "failed": 1}, 1), ("done", {"done": 1, "failed": 1}, 1),
    ("refused", {"refused": 2}, 1), ("cancelled", {"cancelled": 2}, 1),
    ("held", {"done": 1, "held": 1}, 75)])
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


@pytest.mark.parametrize("poll", [1, 2])
@pytest.mark.parametrize("way", ["dies", "is stopping"])
def test_wait_lives_through_a_restart(tmp_path, poll, way):
    """The door goes in the middle of a wait, and another one stands in its place a second later."""
    def dies(q, b):
        if len(first.seen) >= poll:
            if way == "dies":
                raise ConnectionError
            return 503, {"error": "hopthud is stopping", "class": "temp"}, {"Connection": "close"}
        return letter(state="approved", items=None, counts={})
    first = FakeDoor(tmp_path / "s", {("GET", "/v1/requests/7/wait"): dies})
    got = []
    t = threading.Thread(target=lambda: got.append(ctl(first, "request", "wait", "7", status=None)))
    t.start()
    while len(first.seen) < poll:
        time.sleep(0.02)
    first.close()
    time.sleep(0.7)
    second = FakeDoor(tmp_path / "s", {("GET", "/v1/requests/7/wait"): letter(
        state="done", items=None, counts={"done": 2})})
    t.join(20)
    assert got and got[0].returncode == 0, got
    second.close()


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
    r = subprocess.run(["groff", "-Kutf8", "-man", "-ww", "-Tutf8", "-z", TOP / "man" / "hopthuctl.1"],
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
    door.routes["GET", "/v1/whoami"] = {"name": "lan", "roles": [], "agency": None, "mech": "peer"}
    times = []
    for _ in range(20):
        began = time.monotonic()
        ctl(door, "whoami")
        times.append(time.monotonic() - began)
    assert sorted(times)[10] < 0.05, times
