# SPDX-License-Identifier: BSD-2-Clause
"""Whatever comes through the door: one clear error or rightly accepted, and bounded memory."""
import csv
import io
import json
import os
import random
import re
import socket
import threading
import time
import unicodedata

import pytest

import people
from door import connect
from hopthu import EX_DATA, SANITIZED, wait_for

MB = 1024  # of /proc/PID/status, in kB
HIGH = 160 * MB  # what the whole file may cost; the longest letter allowed is held in memory


@pytest.fixture(autouse=True)
def still_up(world):
    """After every test the daemon answers, is the same process, and has not grown."""
    pid = world.daemon.pid
    yield
    assert world.daemon.pid == pid and world.status()["pid"] == pid
    if not SANITIZED:
        assert world.daemon.status("VmHWM") < HIGH


def post(world, data, ctype="text/csv", user="lan", **head):
    return world.door(user).ask("POST", "/v1/requests", world.head(dry_run=1, **head), data, ctype)


def accepted(world, data, rows, **head):
    r = post(world, data, **head)
    assert r.status == 200, r
    assert r.json["item_count"] == rows
    return r.json


def refused(world, data, *words, status=(400,), **head):
    r = post(world, data, **head)
    assert r.status in status, r
    assert r.json["error"] and "\n" not in r.json["error"]
    text = json.dumps(r.json, ensure_ascii=False).lower()
    for w in words:
        assert w.lower() in text, (w, text[:1500])
    return r.json


NAMES = ["Đặng Thị Ánh Nguyệt", "Nguyễn Văn Ước"]
TEXT = "op,full_name,ref\n" + "".join("create,%s,%d\n" % (n, i) for i, n in enumerate(NAMES))


@pytest.mark.parametrize("encode", [
    pytest.param(lambda t: t.encode(), id="utf-8"),
    pytest.param(lambda t: t.encode("utf-8-sig"), id="utf-8-bom"),
    pytest.param(lambda t: b"\xff\xfe" + t.encode("utf-16-le"), id="utf-16-le"),
    pytest.param(lambda t: b"\xfe\xff" + t.encode("utf-16-be"), id="utf-16-be"),
    pytest.param(lambda t: t.replace("\n", "\r\n").encode(), id="crlf"),
    pytest.param(lambda t: t.replace(",", ";").encode(), id="semicolon"),
    pytest.param(lambda t: t.replace(",", "\t").encode(), id="tab"),
    pytest.param(lambda t: t.rstrip("\n").encode(), id="no-last-newline"),
    pytest.param(lambda t: (t + "\n\n").encode(), id="empty-lines"),
    pytest.param(lambda t: t.replace("op,full_name,ref", "Op, FULL_NAME ,ref").encode(),
                 id="header-case"),
    pytest.param(lambda t: unicodedata.normalize("NFD", t).encode(), id="nfd"),
    pytest.param(lambda t: t.replace("Thị Ánh", "Thị\u00a0 Ánh").encode(), id="nbsp"),
    pytest.param(lambda t: ('"' + t.replace(",", '","').rstrip("\n").replace("\n", '"\n"') +
                            '"\n').encode(), id="quoted"),
])
def test_spellings_of_one_letter(world, encode):
    got = accepted(world, encode(TEXT), 2)
    assert [i["full_name"] for i in got["items"]] == NAMES
    assert [i["address"].split("@")[0].rstrip("0123456789") for i in got["items"]] == [
        "nguyetdta", "uocnv"]


def test_windows_1258(world):
    # the code page has base letters with some marks and combining tone marks after them
    name = "Đặng Thị Ánh Nguyệt"
    parts = []
    for c in name:
        try:
            parts.append(c.encode("cp1258"))
        except UnicodeEncodeError:
            d = unicodedata.normalize("NFD", c)
            for n in range(len(d) - 1, 0, -1):
                base = unicodedata.normalize("NFC", d[:n])
                try:
                    parts.append(base.encode("cp1258") + d[n:].encode("cp1258"))
                    break
                except UnicodeEncodeError:
                    # another order of the marks: circumflex with the letter, tone after it
                    marks = sorted(d[1:], key=lambda m: m != "\u0302" and m != "\u0306")
                    base = unicodedata.normalize("NFC", d[0] + marks[0])
                    parts.append(base.encode("cp1258") + "".join(marks[1:]).encode("cp1258"))
                    break
    data = b"op,full_name\ncreate," + b"".join(parts) + b"\n"
    got = accepted(world, data, 1, encoding="windows-1258")
    assert got["items"][0]["full_name"] == name
    # and by itself, which is told
    by_itself = accepted(world, data, 1)
    assert by_itself["items"][0]["full_name"] == name
    assert by_itself["digest"] == got["digest"]
    assert "windows-1258" in by_itself["notes"][0]["message"]
    refused(world, data, "utf-8", encoding="utf-8")
    refused(world, data, "klingon", encoding="klingon")


def test_newline_in_a_quoted_cell(world):
    data = TEXT + 'create,"Trần\nVăn Xuống",9\n' + "create,Lê Sau,10\nfly,Lê Sai,11\n"
    got = refused(world, data.encode(), "fly")
    bad = [e for e in got["errors"] if e["value"] == "fly"][0]
    assert (bad["row"], bad["line"], bad["column"]) == (5, 7, "op")


def test_nfd_and_nfc_are_one_person(world):
    rows = [{"op": "create", "full_name": form, "birth_year": "1980", "unit": "Văn phòng"}
            for form in (NAMES[0], unicodedata.normalize("NFD", NAMES[0]))]
    refused(world, people.letter_csv(rows), "2")


def test_two_rows_for_one_person(world):
    row = people.create(5)
    refused(world, people.letter_csv([row, people.create(6), row]), "3", "1")


def test_same_ref_twice(world):
    refused(world, people.letter_csv([people.create(5, ref="a"), people.create(6, ref="a")]), "ref")


def test_two_orders_for_one_mailbox(world):
    address = world.run([people.create(7)])["items"][0]["address"]
    rows = [{"op": op, "address": address, "reason": "x"} for op in ("suspend", "close")]
    refused(world, people.letter_csv(rows), address)


def test_declared_count(world):
    data = people.letter_csv([people.create(5), people.create(6)])
    accepted(world, data, 2, declared=2)
    refused(world, data, "3", "2", declared=3)
    refused(world, data, status=(400,), declared="abc")
    refused(world, data, status=(400,), declared=-1)
    path = world.letter_file(data)
    world.ctl("request", "submit", path, "--agency", "snv", "--letter", "dc/1", "--date",
              "2026-03-02", "--signer", "x", "--reason", "x", "--declared", "3", "-n", user="lan",
              status=EX_DATA)


@pytest.mark.parametrize("row, words", [
    ({"effective": "2026-02-30"}, ["effective", "2026-02-30"]),
    ({"effective": "31/13/2026"}, ["effective", "31/13/2026"]),
    ({"effective": "31/12/26"}, ["effective", "31/12/26"]),
    ({"effective": "46112"}, ["effective", "46112", "2026-03-31"]),
    ({"effective": "2026-13-01"}, ["effective"]),
    ({"effective": "0000-00-00"}, ["effective"]),
    ({"effective": "99999-01-01"}, ["effective"]),
    ({"basis_date": "2025-02-29"}, ["basis_date", "2025-02-29"]),
    ({"birth_year": "19"}, ["birth_year"]), ({"birth_year": "-5"}, ["birth_year"]),
    ({"birth_year": "2199"}, ["birth_year"]), ({"birth_year": "1e3"}, ["birth_year"]),
    ({"op": "delete"}, ["op", "delete"]), ({"op": ""}, ["op"]), ({"op": "agency-add"}, ["op"]),
    ({"op": "creat"}, ["creat", "create"]),
    ({"quota": "-1"}, ["quota"]), ({"quota": "99999999999999999999"}, ["quota"]),
    ({"quota": "9007199254740993"}, ["quota"]), ({"quota": "1.5x"}, ["quota"]),
    ({"full_name": ""}, ["full_name"]), ({"full_name": "   "}, ["full_name"]),
    ({"full_name": "Ông 王 Hai"}, ["full_name", "王"]),
    ({"full_name": "=cmd|' /C calc'!A0"}, ["full_name"]),
    ({"full_name": "Nguyễn\u202eVăn An"}, ["full_name", "202e"]),
    ({"full_name": "Nguyễn\u0007An"}, ["full_name", "0007"]),
    ({"full_name": "A" * 5000}, ["full_name"]),
    ({"title": "x" * 20000}, ["title"]),
    ({"address": "a b@binhduong.gov.vn"}, ["address"]),
    ({"address": "x@example.com"}, ["address"]),
    ({"address": "../../etc/passwd"}, ["address"]),
    ({"address": "*)(uid=*"}, ["address"]),
    ({"address": "a,ou=x"}, ["address"]),
    ({"address": "hopthu-warmup"}, ["address"]),
    ({"phone": "gọi tôi"}, ["phone"]),
])
def test_bad_cells(world, row, words):
    """Row, line, column, value, and what would be right."""
    rows = [people.create(8), dict(people.create(9), **row)]
    got = refused(world, people.letter_csv(rows), *words)
    e = got["errors"][0]
    assert (e["row"], e["line"], e["column"]) == (2, 3, list(row)[0])
    value = list(row.values())[0]
    assert value[:10] in e["value"] or not value.strip() or not value.isprintable()
    assert e["message"] and e["message"] != e["value"]


def test_formula_cells(world):
    """Refused where they stand; what must begin with a plus is written so that a spreadsheet takes it
    for text."""
    value = "=cmd|' /C calc'!A0"
    got = refused(world, people.letter_csv([people.create(12, title=value, unit="@SUM(1)")]), value,
                  "title", "unit", "@SUM(1)")
    assert len(got["errors"]) == 2
    for cell in ("+1+1", "-2+3", "\t=1", "\uff1d1+1"):
        refused(world, people.letter_csv([people.create(12, title="x"), people.create(
            14, title=cell)]), "title") if cell != "\t=1" else None
    r = world.run([people.create(12, phone="+1 202 555 0112", ref="f1")])
    address = r["items"][0]["address"]
    assert world.mailbox(address)["phone"] == "+12025550112"
    out = world.ctl("mailbox", "list", "-o", "csv", user="hoa").stdout
    assert address in out
    for line in csv.reader(io.StringIO(out)):
        for cell in line:
            assert not cell.startswith(("=", "@", "+", "-", "\t", "\r")), line


def test_hostile_text_is_literal(world):
    """LDAP, SQL, shell and terminal metacharacters in every free field."""
    nasty = "*)(uid=*))(|(a=\\2a'; DROP TABLE audit;-- $(id) `id` %s%n <b>\"x\""
    r = world.run([people.create(13, title=nasty, unit=nasty[::-1], rank=nasty[:50],
                                 basis_no="'\"\\", ref="'\"\\")], reason=nasty, signer=nasty,
                  letter="13/" + nasty[:40])
    login = r["items"][0]["address"].split("@")[0]
    e = world.person(login)
    assert e["title"] == [nasty.encode()] and e["ou"] == [nasty[::-1].encode()]
    assert world.show(r["id"])["reason"] == nasty
    got = world.door("hoa").get("/v1/mailboxes", q="*)(uid=*")
    assert login not in [m["login"] for m in got["mailboxes"]] or "*)(uid=*" in nasty
    for q in ("%", "_", "'", "\\", "\u0111"):
        assert world.door("hoa").ask("GET", "/v1/mailboxes", {"q": q}).status == 200
    out = world.ctl("mailbox", "show", login, user="hoa").stdout
    assert "\x1b" not in out


NOISE = random.Random(20261125).randbytes(3000)  # the names of tests are the same in each run


@pytest.mark.parametrize("data, words", [
    (b"", []), (b"\n\n\n", []), (b"op,full_name\n", []), (b"\xef\xbb\xbf", []),
    (b"full_name\nLan\n", ["op"]), (b"op,full_name,colour\ncreate,Le Lan,red\n", ["colour"]),
    (b"op,fulname\ncreate,Le Lan\n", ["fulname", "full_name"]),
    (b"op,full_name,op\ncreate,Le Lan,close\n", ["op"]),
    (b"op,full_name\ncreate,Le\0Lan\n", []), (b"op,full_name\n\0\0\0\0,\0\n", []),
    (b"op,full_name\ncreate,L\xe9 Lan\n", ["utf-8"]), (b"op,full_name\ncreate,L\xc0\x80\n", []),
    (b"op,full_name\ncreate,L\xed\xa0\x80n\n", []), (b"\xff\xfeo\0p", []),
    (b"\xff\xfe" + "op,full_name\ncreate,x\ud800y\n".encode("utf-16-le", "surrogatepass"), []),
    (b"op,full_name\ncreate,\"Le Lan\n", []), (b"op,full_name\ncreate,Le Lan,extra\n", []),
    (b"op,full_name\ncreate\n", []), (b"PK\x03\x04" + NOISE[:500], []),
    (NOISE, []), (b",,,,\n,,,,\n", []),
], ids=lambda v: None)
def test_bad_files(world, data, words):
    refused(world, data, *words)


def test_100_000_columns(world):
    refused(world, b"op," + b",".join(b"c%d" % n for n in range(100000)) + b"\ncreate\n")
    refused(world, b"op,full_name\ncreate,Le Lan" + b"," * 100000 + b"\n")
    refused(world, b"op" + b"," * 100000 + b"\n")


def test_200_000_rows(world):
    """Too many rows are refused as a whole; the door stays quick meanwhile."""
    from hopthu import Probe
    data = b"op,full_name,ref\n" + b"".join(
        b"create,%s,%d\n" % (people.name(n).encode(), n) for n in range(200000))
    with Probe(world, "/v1/whoami") as probe:
        r = post(world, data)
    assert r.status in (200, 400, 413), r
    if r.status != 200:
        assert r.json["error"], r
    if not SANITIZED:
        probe.check()


def test_many_errors_are_bounded(world):
    data = b"op,full_name\n" + b"fly,=\x07\n" * 50000
    r = post(world, data)
    assert r.status == 400 and len(r.json["errors"]) <= 1000 and len(r.body) < 1 << 20


def raw(world, data, timeout=15, half_close=False):
    """Bytes to the door, everything that comes back."""
    s = connect(str(world.socket), world.admin_uid, timeout)
    try:
        try:
            s.sendall(data)
            if half_close:
                s.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        out = b""
        while True:
            try:
                got = s.recv(65536)
            except (ConnectionResetError, socket.timeout):
                return out
            if not got:
                return out
            out += got
    finally:
        s.close()


def status_of(reply):
    return int(reply.split(b" ", 2)[1]) if reply.startswith(b"HTTP/") else None


def test_a_line_of_1_gb(world):
    """Said by its length it is refused before it is read; sent anyway it is cut off."""
    before = world.daemon.status("VmHWM")
    head = (b"POST /v1/requests?agency=snv HTTP/1.1\r\nHost: h\r\nContent-Type: text/csv\r\n"
            b"Content-Length: 1073741824\r\n\r\n")
    began = time.monotonic()
    s = connect(str(world.socket), world.admin_uid, 15)
    sent = 0
    try:
        s.sendall(head)
        block = b"x" * (1 << 20)
        while sent < 1 << 30:
            s.sendall(block)
            sent += len(block)
    except OSError:
        pass
    try:
        reply = s.recv(65536)
    except OSError:
        reply = b""
    s.close()
    assert sent < 1 << 30 or status_of(reply) == 413, (sent, reply)
    assert status_of(reply) in (413, None), reply
    assert time.monotonic() - began < 15
    if not SANITIZED:
        assert world.daemon.status("VmHWM") - before < 64 * MB


def test_a_client_that_sends_too_much_learns_why(world):
    """hopthuctl with a file beyond the limit: an error that says so, not a broken pipe."""
    path = world.dir / "big.csv"
    with open(path, "wb") as f:
        f.write(b"op,full_name\n")
        f.write(b"create," + b"x" * (200 << 20) + b"\n")
    r = world.ctl("request", "submit", path, "--agency", "snv", "--letter", "big", "--date",
                  "2026-03-02", "--signer", "x", "--reason", "x", user="lan", status=EX_DATA)
    path.unlink()
    assert r.stderr.strip()


HEAD = b"GET /v1/whoami HTTP/1.1\r\nHost: h\r\n"


@pytest.mark.parametrize("data", [
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: identity\r\nContent-Length: 2\r\n\r\n{}",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
], ids=["chunked", "gzip", "identity", "both", "space"])
def test_transfer_encoding_is_refused(world, data):
    """And what follows on the connection is not taken for another request."""
    reply = raw(world, data + b"GET /v1/smuggled HTTP/1.1\r\nHost: h\r\n\r\n", timeout=3)
    assert status_of(reply) in (400, 411, 501, None), reply
    assert len(re.findall(rb"^HTTP/1.1 \d", reply, re.M)) <= 1, reply
    if b"space" not in data:
        assert b'"error"' in reply or status_of(reply) is None


@pytest.mark.parametrize("data", [
    HEAD + b"X: " + b"a" * 100000 + b"\r\n\r\n",
    HEAD + b"".join(b"X%d: y\r\n" % n for n in range(20000)) + b"\r\n",
    b"GET /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n",
    b"GET /v1/mailboxes?q=" + b"%41" * 100000 + b" HTTP/1.1\r\nHost: h\r\n\r\n",
    b"A" * 1000000,
], ids=["long-header", "many-headers", "long-path", "long-query", "no-line"])
def test_header_bombs(world, data):
    reply = raw(world, data, timeout=8)
    assert status_of(reply) in (400, 413, 414, 431, None), reply[:300]


@pytest.mark.parametrize("data", [
    b"\x16\x03\x01\x02\0\x01\0", b"\0" * 100, b"GET\r\n\r\n", b"GET /v1/whoami\r\n\r\n",
    b"GET /v1/whoami HTTP/9.9\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"GET http://[::1/ HTTP/1.1\r\nHost: h\r\n\r\n", b"GET /v1/%zz HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/mailboxes/%00 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/mailboxes/..%2f..%2fetc HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/../v1/whoami HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/audit?after=-1&limit=-5 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/audit?limit=99999999999999999999 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/mailboxes?limit=abc HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/mailboxes?q=%ff%fe HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/mailboxes?q=%00 HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET /v1/requests?state=' HTTP/1.1\r\nHost: h\r\n\r\n",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nContent-Length: -1\r\n\r\n",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 6\r\n\r\nhello",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nContent-Length: 0x10\r\n\r\n0123456789abcdef",
    b"POST /v1/requests HTTP/1.1\r\nHost: h\r\nContent-Length: 99999999999999999999999\r\n\r\n",
    b"CONNECT h:1 HTTP/1.1\r\n\r\n", b"TRACE / HTTP/1.1\r\n\r\n",
    b"GET /v1/whoami HTTP/1.1\nHost: h\n\n",
    HEAD + b" folded: x\r\n\r\n", HEAD + b"No colon\r\n\r\n", HEAD + b": empty\r\n\r\n",
    HEAD + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
])
def test_odd_http(world, data):
    reply = raw(world, data, timeout=2, half_close=True)
    assert status_of(reply) is None or 200 <= status_of(reply) < 502, reply[:300]
    assert status_of(reply) != 500, reply[:300]


def deep(n):
    return b'{"items":' + b"[" * n + b"]" * n + b"}"


JSON_LETTER = {"agency": "snv", "letter": "J/1", "date": "2026-03-02", "signer": "x", "reason": "x"}


@pytest.mark.parametrize("body, words", [
    (deep(10000), []), (b"[" * 1000000, []), (b'{"a":' * 50000, []),
    (b'{"items":[{"op":"create","op":"close","full_name":"Le Lan"}]}', []),
    (b'{"items":[{"op":"create","full_name":"Le Lan","quota":9007199254740993}]}', []),
    (b'{"items":[{"op":"create","full_name":"Le Lan","quota":1e400}]}', []),
    (b'{"items":[{"op":"create","full_name":"Le Lan","quota":99999999999999999999999}]}', []),
    (b'{"declared":9007199254740993,"items":[{"op":"create","full_name":"Le Lan"}]}', []),
    (b'{"items":[{"op":"create","full_name":"L\xff"}]}', []),
    (b'{"items":[{"op":"create","full_name":"L\\u0000n"}]}', []),
    (b'{"items":[{"op":"create","full_name":"L\\ud800n"}]}', []),
    (b'{"items":[{"op":"create","full_name":"Le Lan","x":1}]}', ["x"]),
    (b'{"items":[{"op":"create","full_name":["Le"]}]}', ["full_name"]),
    (b'{"items":[{"op":1,"full_name":"Le Lan"}]}', ["op"]),
    (b'{"items":{}}', ["items"]), (b'{"items":[]}', []), (b'{"items":[1]}', []), (b"[]", []),
    (b"null", []), (b'"x"', []), (b"", []), (b"{", []), (b"{}}", []), (b'{"items":[{}]}', ["op"]),
    (b'\xef\xbb\xbf{"items":[]}', []), (b"\0", []), (b'{"a":NaN}', []),
    (b'{"items":[' + b'{"op":"fly"},' * 30000 + b'{"op":"fly"}]}', ["fly"]),
], ids=lambda v: None)
def test_bad_json(world, body, words):
    refused(world, body, *words, ctype="application/json")


def test_bad_json_elsewhere(world):
    """Every route with a body: no 500, one sentence."""
    r = world.submit([people.create(60)])
    paths = ["/v1/requests/%d/%s" % (r["id"], v) for v in ("approve", "refuse", "cancel", "retry")]
    for path, user in [(p, {"cancel": "lan", "retry": "tuan"}.get(p.rsplit("/")[-1], "minh"))
                       for p in paths] + [("/v1/agencies", "admin"), ("/v1/operators", "admin"),
                                          ("/v1/operators/lan/passwd", "admin")]:
        bodies = [deep(10000), b"[]", b"{", b'{"digest":"\xff"}', b'{"reason":{}}',
                  b'{"code":"a","code":"b"}', b"x" * 200000, b"\0" * 10]
        if not path.endswith("cancel"):  # which needs no reason
            bodies += [b"", b'{"digest":1}', b'{"name":null,"roles":"admin"}',
                       b'{"digest":"' + b"a" * 100000 + b'"}']
        for body in bodies:
            got = world.door(user).ask("POST", path, None, body, "application/json")
            assert got.status in (400, 403, 404, 409, 413), (path, body[:40], got)
            assert got.json["error"]
    assert world.show(r["id"])["state"] == "planned"


def test_bad_heads(world):
    data = people.letter_csv([people.create(61)])
    for more in ({"date": "2026-02-30"}, {"date": "hôm qua"}, {"letter": ""}, {"signer": ""},
                 {"reason": ""}, {"agency": ""}, {"agency": "khongco"}, {"letter": "x" * 5000},
                 {"signer": "a\x07b"}, {"reason": "\u202e"}, {"reason": "x" * 20000}):
        head = dict(world.head(), dry_run=1)
        head.update(more)
        r = world.door("tuan").ask("POST", "/v1/requests", head, data, "text/csv")
        assert r.status in (400, 404, 414, 431), (more, r)
        assert r.headers["Content-Type"].startswith("application/json"), (more, r)
        assert r.json["error"]
    r = world.door("tuan").ask("POST", "/v1/requests", {"dry_run": 1}, data, "text/csv")
    assert r.status == 400 and r.json["class"] in ("usage", "data")
    r = world.door("tuan").ask("POST", "/v1/requests", world.head(dry_run=1), data,
                               "application/x-tar")
    assert r.status in (400, 415), r


def test_pipelined_requests(world):
    reply = raw(world, (HEAD + b"\r\n") * 20 + b"GET /v1/whoami HTTP/1.0\r\n\r\n", timeout=3)
    assert reply.count(b'"admin"') >= 20


def test_slow_clients(make_world):
    """A byte a second is cut off at the limit of one whole request, and disturbs nobody."""
    from hopthu import Probe
    w = make_world(operators=False, conf={"limits.request_timeout_ms": 1500,
                                          "limits.idle_timeout_ms": 1500})
    slow = [connect(str(w.socket), w.admin_uid, 10) for _ in range(40)]
    began = time.monotonic()
    with Probe(w) as probe:
        open_ = set(slow)
        for byte in (HEAD * 10):
            for s in list(open_):
                try:
                    s.send(bytes([byte]))
                except OSError:
                    open_.discard(s)
            if not open_ or time.monotonic() - began > 10:
                break
            time.sleep(0.1)
    took = time.monotonic() - began
    for s in slow:
        s.close()
    assert not open_ and took < 8, "%d slow clients still there after %.1f s" % (len(open_), took)
    probe.check()


def test_idle_connections_are_closed(make_world):
    w = make_world(operators=False, conf={"limits.idle_timeout_ms": 1000})
    with w.new_door() as d:
        d.get("/v1/whoami")
        d.http.sock.settimeout(6)
        assert d.http.sock.recv(100) == b""


def test_too_many_connections(make_world):
    w = make_world(operators=False, conf={"limits.connections": 30,
                                          "limits.connections_per_uid": 20})
    held = []
    try:
        for _ in range(60):
            s = connect(str(w.socket), w.admin_uid, 3)
            held.append(s)
        alive = 0
        for s in held:
            try:
                s.sendall(HEAD + b"\r\n")
                alive += s.recv(20).startswith(b"HTTP/1.1 200")
            except OSError:
                pass
        assert 1 <= alive <= 20, alive
    finally:
        for s in held:
            s.close()
    wait_for(lambda: w.status()["pid"], "the door to answer again", 5)


def test_clients_that_vanish(world):
    """In the middle of a head, of a body, and before the answer."""
    body = people.letter_csv([people.create(n) for n in range(70, 170)])
    head = (b"POST /v1/requests?agency=snv&letter=V%d&date=2026-03-02&signer=x&reason=x HTTP/1.1\r\n"
            b"Host: h\r\nContent-Type: text/csv\r\nContent-Length: %d\r\n\r\n")
    for n in range(60):
        whole = head % (n, len(body)) + body
        s = connect(str(world.socket), world.admin_uid, 5)
        s.sendall(whole[:len(whole) * n // 59])
        s.close()
    for n in range(30):
        s = connect(str(world.socket), world.admin_uid, 5)
        s.sendall(b"GET /v1/mailboxes?limit=1000 HTTP/1.1\r\nHost: h\r\n\r\n")
        s.close()
    world.settle()


def test_a_client_that_vanishes_has_all_or_nothing(world):
    """A submitter who does not wait for the answer: the letter is there whole, or not at all."""
    d = world.new_door("lan")
    d.open()
    body = people.letter_csv([people.create(n, ref="van%d" % n) for n in range(170, 190)])
    d.http.request("POST", "/v1/requests?agency=snv&letter=VAN&date=2026-03-02&signer=x&reason=x",
                   body, {"Content-Type": "text/csv"})
    d.close()
    r = world.submit(body, letter="VAN", expect=(200, 201))
    assert r["item_count"] == 20
    shown = [x for x in world.door("lan").get("/v1/requests", limit=100)["requests"]
             if x["letter"] == "VAN"]
    assert len(shown) == 1 and shown[0]["item_count"] == 20


def test_a_wait_that_nobody_waits_for(world):
    """Long polls whose clients went away; the daemon lets go of them."""
    r = world.submit([people.create(191)])
    for _ in range(30):
        s = connect(str(world.socket), world.admin_uid, 5)
        s.sendall(b"GET /v1/requests/%d/wait?timeout=60 HTTP/1.1\r\nHost: h\r\n\r\n" % r["id"])
        s.close()
    world.approve(r)
    assert world.wait(r["id"])["state"] == "done"


def test_a_slow_reader(world):
    """Somebody asks for much and does not read it; others are served."""
    from hopthu import Probe
    s = connect(str(world.socket), world.admin_uid, 5)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    with Probe(world, "/v1/whoami") as probe:
        s.sendall(b"GET /v1/audit?limit=1000 HTTP/1.1\r\nHost: h\r\n\r\n" * 50)
        time.sleep(1)
    s.close()
    probe.check()


def test_everything_at_once(world):
    """Garbage from many threads; honest work goes on."""
    stop = threading.Event()

    def noise(n):
        while not stop.is_set():
            try:
                raw(world, os.urandom(50 + n * 100) + b"\r\n\r\n", timeout=1, half_close=True)
            except OSError:
                pass

    threads = [threading.Thread(target=noise, args=(n,), daemon=True) for n in range(4)]
    for t in threads:
        t.start()
    try:
        world.run([people.create(n) for n in range(200, 220)])
    finally:
        stop.set()
        for t in threads:
            t.join(5)
