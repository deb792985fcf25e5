# SPDX-License-Identifier: BSD-2-Clause
"""hopthuctl and spreadsheets: forms, filled forms, checks, and answers to letters."""
import csv
import datetime
import hashlib
import io
import json
import os
import re
import subprocess
import zipfile

import openpyxl
import pytest

import people
from fake_door import CTL, LETTER, TOP, FakeDoor, ctl, environment, letter, on_terminal

DATA = TOP / "tests" / "data"
HEADERS = {
    "op": "Thao tác", "full_name": "Họ và tên", "kind": "Loại hộp thư", "birth_year": "Năm sinh",
    "birth_month": "Tháng sinh", "id_tail": "Số cuối CCCD", "title": "Chức vụ", "unit": "Phòng ban",
    "phone": "Điện thoại", "rank": "Ngạch", "quota": "Dung lượng", "address": "Hộp thư",
    "new_address": "Địa chỉ mới", "custodian": "Người quản lý", "effective": "Ngày hiệu lực",
    "basis_no": "Số quyết định", "basis_date": "Ngày quyết định", "basis_kind": "Căn cứ",
    "reason": "Lý do", "ref": "Mã"}
OPS = {"create": "Cấp mới", "update": "Cập nhật", "suspend": "Tạm khóa", "resume": "Mở khóa",
       "close": "Thu hồi", "restore": "Khôi phục", "rename": "Đổi địa chỉ", "transfer": "Điều chuyển"}
KINDS = {"person": "Cá nhân", "agency": "Cơ quan", "unit": "Đơn vị", "position": "Chức danh",
         "shared": "Dùng chung"}
BASES = {"recruitment": "Tuyển dụng", "reception": "Tiếp nhận", "contract": "Hợp đồng",
         "appointment": "Bổ nhiệm", "transfer": "Điều động", "secondment": "Biệt phái", "leave": "Nghỉ dài hạn",
         "retirement": "Nghỉ hưu", "resignation": "Thôi việc",
         "departure": "Chuyển công tác ngoài tỉnh", "dismissal": "Kỷ luật", "death": "Từ trần",
         "creation": "Thành lập", "merger": "Sáp nhập", "dissolution": "Giải thể", "incident": "Sự cố",
         "other": "Khác"}
CHOICES = {"op": OPS, "kind": KINDS, "basis_kind": BASES}
RESULTS = ["Kết quả: địa chỉ", "Kết quả: trạng thái", "Kết quả: lý do", "Kết quả: biên nhận"]


@pytest.fixture
def door(tmp_path):
    d = FakeDoor(tmp_path / "s")
    d.routes["POST", "/v1/requests"] = letter(id=None, digest=None)
    yield d
    d.close()


def raw(door, *args, status=0, **kw):
    """Standard output as bytes, and what was said."""
    r = subprocess.run([CTL, "--socket", getattr(door, "path", door), *map(str, args)], capture_output=True,
                       env=environment(**kw.pop("env", {})), check=False, timeout=60, **kw)
    assert r.returncode == status, r
    return r.stdout, r.stderr.decode()


def form(tmp_path, op="create"):
    path = tmp_path / (op + ".xlsx")
    path.write_bytes(raw("/none", "template", op, "-o", "xlsx")[0])
    return path


def sent(door):
    """The rows that were sent last, by column."""
    _, _, _, body, headers = door.seen[-1]
    assert headers["content-type"] == "text/csv"
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))


def book(path, *rows, sheet="Danh sách"):
    w = openpyxl.Workbook()
    w.active.title = sheet
    for r in rows:
        w.active.append(r)
    w.save(path)
    return path


# --- forms ------------------------------------------------------------------------------------------

@pytest.mark.parametrize("op", OPS)
def test_form(op, tmp_path):
    w = openpyxl.load_workbook(form(tmp_path, op))
    assert w.sheetnames == ["Danh sách", "Hướng dẫn"] and w.active.title == "Danh sách"
    sheet, more = w.worksheets
    plain = list(csv.DictReader(io.StringIO(ctl("/none", "template", op).stdout)))
    columns = list(plain[0])
    assert [c.value for c in sheet[1]] == [HEADERS[c] for c in columns]
    assert sheet.max_row == 2 and sheet.freeze_panes == "A2"
    lists = {str(v.sqref): v.formula1.strip('"').split(",") for v in sheet.data_validations.dataValidation}
    explained = {r[0].value: r[1].value for r in more.iter_rows()}
    for n, (name, head, example) in enumerate(zip(columns, sheet[1], sheet[2])):
        assert len(head.comment.text) > 10, name
        assert explained[head.value] == head.comment.text
        width = sheet.column_dimensions[head.column_letter]
        assert width.number_format == "@" and width.width > 5, name  # a leading zero stays
        assert example.value is None or example.number_format == "@", name
        where = "%s2:%s10001" % (head.column_letter, head.column_letter)
        assert lists.get(where) == (list(CHOICES[name].values()) if name in CHOICES else None), name
        want = plain[0][name]
        if name in CHOICES:
            want = CHOICES[name].get(want, want)
        elif name == "basis_date" and want:
            want = datetime.date.fromisoformat(want).strftime("%d/%m/%Y")
        assert (example.value or "") == want, (n, name)
    assert any("hopthuctl request submit" in (v or "") for v in explained.values())
    said = raw("/none", "template", op, "-o", "xlsx")[1]
    assert "FILE.xlsx" in said


def test_form_leaves_nothing_behind(tmp_path):
    own = tmp_path / "tmp"
    own.mkdir()
    raw("/none", "template", "create", "-o", "xlsx", env={"TMPDIR": str(own)})
    assert list(own.iterdir()) == []


def test_form_not_on_a_terminal(door):
    out, status = on_terminal(door, "template", "create", "-o", "xlsx")
    assert status == 64 and "template create -o xlsx > letter.xlsx" in out and "PK" not in out
    out, status = on_terminal(door, "request", "answer", "7", "-o", "xlsx")
    assert status == 64 and "request answer 7 -o xlsx >" in out


def test_full_disk_is_noticed():
    with open("/dev/full", "wb") as full:
        r = subprocess.run([CTL, "template", "create", "-o", "xlsx"], stdout=full, stderr=subprocess.PIPE,
                           env=environment(), check=False)
    assert r.returncode == 1 and b"cannot write the output" in r.stderr


def test_formats_where_they_are(door):
    r = ctl(door, "request", "list", "-o", "xlsx", status=64)
    assert "`request answer`" in r.stderr and "`template`" in r.stderr
    assert "`request answer` only" in ctl(door, "template", "create", "-o", "text", status=64).stderr
    assert "-o xlsx is for" in ctl(door, "-o", "xlsx", status=64).stderr
    assert "did you mean xlsx" in ctl(door, "template", "create", "-o", "xlxs", status=64).stderr

    def complete(*w):
        return subprocess.run([CTL, "complete", *w], env=environment(), capture_output=True, text=True,
                              check=True).stdout.split()
    assert complete("template", "create", "-o", "x") == ["xlsx"]
    assert complete("request", "answer", "7", "-o", "") == ["table", "csv", "json", "jsonl", "text", "xlsx"]
    assert complete("status", "-o", "") == ["table", "csv", "json", "jsonl"]
    assert complete("request", "submit", "--channel", "p") == ["phone"]
    for noun, verb in (("template", "create"), ("request", "answer")):
        assert re.search("With -o also: .*xlsx", ctl("/none", "help", noun, verb).stdout)
    assert "also" not in ctl("/none", "help", "request", "list").stdout
    assert "CSV" in ctl("/none", "help", "template", "create").stdout


# --- filled forms -----------------------------------------------------------------------------------

def test_form_is_submitted(door, tmp_path):
    path = form(tmp_path)
    ctl(door, "request", "submit", path, *LETTER, "-n")
    row, = sent(door)
    assert row == {**{HEADERS[c]: "" for c in ("birth_month", "id_tail", "rank", "quota", "custodian")},
                   "Thao tác": "Cấp mới", "Họ và tên": "Đặng Thị Ánh Nguyệt", "Loại hộp thư": "Cá nhân",
                   "Năm sinh": "1990", "Chức vụ": "Chuyên viên", "Phòng ban": "Phòng Tổ chức",
                   "Điện thoại": "0274 3822 825", "Số quyết định": "11/QĐ-SNV",
                   "Ngày quyết định": "20/11/2026", "Căn cứ": "Tuyển dụng", "Mã": "NV-0417"}
    assert b',"",' not in door.seen[-1][3]
    lying = tmp_path / "lying.csv"  # by what is in it, not by its name; and from standard input
    lying.write_bytes(path.read_bytes())
    ctl(door, "request", "check", lying)
    assert sent(door) == [row]
    raw(door, "request", "submit", "-", input=path.read_bytes())
    assert sent(door) == [row]


def test_a_clerks_own_file(door, tmp_path):
    """Real dates, a phone that is a number, rows left empty, formulas, a second sheet."""
    path = tmp_path / "thư.xlsx"
    w = openpyxl.Workbook()
    w.active.append(["Thao tác", "Họ và tên", "Điện thoại", "Ngày hiệu lực", "Ngày quyết định", "Năm sinh", "Phòng ban",
                     "Lý do"])
    w.active.append(["Cấp mới", "Nguyễn Văn An", 912345678, datetime.date(2026, 11, 3),
                     datetime.datetime(2026, 3, 11, 23, 59), 1990, "Tổ \"1\", khu; 2", "a\r\nb"])
    w.active["D2"].number_format = "dd/mm/yyyy"
    w.active["E2"].number_format = "[$-42A]dd mmmm yyyy"
    w.active.append([])
    w.active.append([None, " "])
    w.active.append(["Cấp mới", '="Trần "&"Bình"', "0912 345 678", "03/11/2026", None, 1.5])
    w.create_sheet("Khác").append(["không", "đọc"])
    w.save(path)
    ctl(door, "request", "submit", path)
    body = door.seen[-1][3].decode()
    rows = [r for r in csv.reader(io.StringIO(body, newline=""))]
    assert rows[1] == ["Cấp mới", "Nguyễn Văn An", "912345678", "2026-11-03", "2026-03-11", "1990",
                       "Tổ \"1\", khu; 2", rows[1][7]]
    assert re.fullmatch(r"a\s+b", rows[1][7])
    assert not any("".join(r).strip() for r in rows[2:4])  # lines count as the sheet's rows do
    assert rows[4][:6] == ["Cấp mới", "", "0912 345 678", "03/11/2026", "", "1.5"]
    assert "không" not in body


def test_value_of_a_formula(door, tmp_path):
    """As Excel saves it: the formula and what it came to."""
    path, new = book(tmp_path / "a.xlsx", ["op", "full_name"], ["create", "=1+1"]), tmp_path / "b.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(new, "w", zipfile.ZIP_DEFLATED) as z:
        for name in old.namelist():
            text = old.read(name)
            if name.endswith("sheet1.xml"):
                text, n = re.subn(b'<c r="B2"[^>]*><f>1\\+1</f><v ?/?>(</v>)?</c>',
                                  '<c r="B2" t="str"><f>A1&amp;"x"</f><v>Lê Thị Bé</v></c>'.encode(), text)
                assert n == 1, text
            z.writestr(name, text)
    ctl(door, "request", "submit", new)
    assert sent(door) == [{"op": "create", "full_name": "Lê Thị Bé"}]


@pytest.mark.parametrize("content, says", [
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "save it as .xlsx"),
    (b"PK\3\4 [Content_Types].xml xl/workbook.xml", "cannot read"),
    (b"PK\3\4mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "no .xlsx"),
    (b"PK\3\4 [Content_Types].xml word/document.xml", "no .xlsx"),
])
def test_what_is_no_xlsx(door, tmp_path, content, says):
    path = tmp_path / "l.xlsx"
    path.write_bytes(content)
    r = ctl(door, "request", "submit", path, status=65)
    assert says in r.stderr and "l.xlsx" in r.stderr and door.seen == []
    assert len(r.stderr.splitlines()) == 1, r.stderr


def test_empty_sheet(door, tmp_path):
    r = ctl(door, "request", "submit", book(tmp_path / "e.xlsx"), status=65)
    assert "empty" in r.stderr and "template create" in r.stderr and door.seen == []


def test_encoding_of_a_spreadsheet(door, tmp_path):
    """Its text may have been typed in an old font, or look so."""
    path = book(tmp_path / "f.xlsx", ["op", "full_name"], ["create", "Vuõ Bích Huy"])
    ctl(door, "request", "submit", path, "--encoding", "vni")
    assert door.seen[-1][2]["encoding"] == "vni" and sent(door)[0]["full_name"] == "Vuõ Bích Huy"


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
def test_hidden_sheet_is_not_read(door, tmp_path, state):
    w = openpyxl.Workbook()
    w.active.title = "Thu hồi"
    w.active.append(["op", "address"])
    w.active.append(["close", "haint"])
    seen, more = w.create_sheet("Cấp mới"), w.create_sheet("Nữa")
    seen.append(["op", "full_name", "reason"])
    seen.append(["create", "Nguyễn Văn An", 'a\n-------- 3 - "Nữa"\nb'])
    seen.append([])
    seen.append(["create", "Lê Thị Bé", "-------- 4 - x"])
    more.append(["op"])
    w.active.sheet_state = state
    w.active = 1
    w.save(tmp_path / "h.xlsx")
    ctl(door, "request", "submit", tmp_path / "h.xlsx")
    assert [(r["op"], r["full_name"]) for r in sent(door)] == [("create", "Nguyễn Văn An"), ("create", "Lê Thị Bé")]
    assert sent(door)[0]["reason"] == 'a\n-------- 3 - "Nữa"\nb' and b"haint" not in door.seen[-1][3]


def test_sheet_names_with_quotation_marks(door, tmp_path):
    w = openpyxl.Workbook()
    w.active.title = 'Cấp 1"'
    w.active.append(["op", "full_name"])
    w.active.append(["create", 'Nguyễn Văn An'])
    w.create_sheet('2"').append(["op", "address"])
    w.save(tmp_path / "q.xlsx")
    ctl(door, "request", "submit", tmp_path / "q.xlsx")
    assert [(r["op"], r["full_name"]) for r in sent(door)] == [("create", "Nguyễn Văn An")]


def test_second_sheet_that_cannot_be_read(door, tmp_path):
    path = tmp_path / "c.xlsx"
    w = openpyxl.Workbook()
    w.active.append(["op"])
    w.active.append(["create"])
    w.create_chartsheet("Biểu đồ")
    w.create_sheet("Lớn").append(["x" * 30000] * 3000)
    w.save(path)
    ctl(door, "request", "submit", path)
    assert sent(door) == [{"op": "create"}]


def program(tmp_path, text):
    """An xlsx2csv of our own, alone in PATH."""
    folder = tmp_path / "bin"
    folder.mkdir(exist_ok=True)
    path = folder / "xlsx2csv"
    path.write_text("#!/usr/bin/python3\nimport os, sys, time\n" + text)
    path.chmod(0o755)
    return {"PATH": str(folder)}


def test_without_xlsx2csv(door, tmp_path):
    env = {"PATH": str(tmp_path)}
    r = ctl(door, "request", "submit", form(tmp_path), status=78, env=env)
    assert "apt-get install xlsx2csv" in r.stderr and "CSV UTF-8" in r.stderr
    got = json.loads(ctl(door, "request", "check", form(tmp_path), "--json", status=78, env=env).stdout)
    assert got["class"] == "config" and door.seen == []


@pytest.mark.parametrize("text, says, options", [
    ("bytearray(2 << 30)", "time or memory", []),
    ("sys.exit('first\\nlast words')", "(last words)", []),
    ("os.kill(os.getpid(), 9)", "time or memory", []),
    ("os.close(1); os.close(2); time.sleep(60)", "", ["--timeout", "1"]),
    ("time.sleep(60)", "within 1 s", ["--timeout", "1"]),
    ("while True: pass", "", ["--timeout", "1"]),
    ("while True: print('x' * 65536)", "MiB of text", []),
    ("f = open(sys.argv[0] + '.out', 'w'); f.write('x'); f.flush()", "File too large", []),
    ("open('/nowhere/never', 'w')", "No such file", []),
])
def test_reader_is_kept_short(door, tmp_path, text, says, options):
    """What runs on a stranger's file gets no more time, memory and disk than a letter can need."""
    path = form(tmp_path)
    env = program(tmp_path, text)
    before = os.times().elapsed
    r = ctl(door, "request", "submit", path, *options, status=65, env=env)
    assert says in r.stderr and "Traceback" not in r.stderr and door.seen == []
    assert os.times().elapsed - before < 20


def test_reader_sees_little(door, tmp_path):
    env = program(tmp_path, "import json; print('op'); print(json.dumps([dict(os.environ), sys.stdin.read(), "
                            "sorted(map(int, os.listdir('/proc/self/fd')))]).replace('\"', '\"\"').join('\"\"'))")
    ctl(door, "request", "submit", form(tmp_path), env={**env, "SECRET": "x", "HOME": "/x"})
    seen, read, fds = json.loads(sent(door)[0]["op"])
    assert "SECRET" not in seen and "HOME" not in seen and read == ""
    assert len(fds) == 5, fds  # three, the file, and the folder that is being listed


def test_bomb(door, tmp_path):
    """80 MB of text in a small file."""
    path = book(tmp_path / "b.xlsx", *[["a" * 8000]] * 10000)
    assert path.stat().st_size < 1 << 20
    r = ctl(door, "request", "submit", path, status=65)
    assert "MiB" in r.stderr and door.seen == []


# --- check ------------------------------------------------------------------------------------------

ERRORS = [{"row": 7, "line": 8, "column": "birth_year", "value": "19x0", "message": "write four digits"},
          {"row": 0, "line": 2, "column": "", "value": "", "message": "=broken"}]
NOTES = [{"row": 3, "line": 4, "column": "phone", "value": "912345678", "message": "a leading 0 was added"}]


def test_check(door):
    door.routes["POST", "/v1/requests"] = letter(3, id=None, digest=None, notes=NOTES)
    r = ctl(door, "request", "check", "-", "--agency", "snv", "--domain", "x.vn", stdin="op\n")
    assert door.seen[-1][2] == {"agency": "snv", "domain": "x.vn", "check": "1", "dry_run": "1"}
    assert r.stdout == "" and r.stderr.splitlines() == [
        'note: row 3 (line 4), phone "912345678": a leading 0 was added',
        "standard input: 3 rows, nothing is wrong; nothing was kept"]
    assert json.loads(ctl(door, "request", "check", "-", "--json", stdin="op\n").stdout) == {
        "errors": [], "notes": NOTES}
    assert ctl(door, "request", "check", "-", "-o", "csv", stdin="op\n").stdout == "row,line,column,value,message\n"
    ctl(door, "request", "check", "-", "-n", stdin="op\n", status=64)


@pytest.mark.parametrize("http", [400, 200])
def test_check_finds(door, http):
    error = "the letter has 2 errors; nothing was kept"
    door.routes["POST", "/v1/requests"] = (http, {"error": error, "class": "data", "errors": ERRORS,
                                                  "notes": NOTES})
    r = ctl(door, "request", "check", "-", stdin="op\n", status=65)
    assert [x.split(maxsplit=4) for x in r.stdout.splitlines()] == [
        ["ROW", "LINE", "COLUMN", "VALUE", "MESSAGE"],
        ["7", "8", "birth_year", "19x0", "write four digits"], ["0", "2", "=broken"]]
    assert r.stderr.splitlines() == [
        'note: row 3 (line 4), phone "912345678": a leading 0 was added', "hopthuctl: " + error]
    got = json.loads(ctl(door, "request", "check", "-", "--json", stdin="op\n", status=65).stdout)
    assert got == {"error": error, "errors": ERRORS, "notes": NOTES}
    lines = ctl(door, "request", "check", "-", "-o", "jsonl", stdin="op\n", status=65).stdout.splitlines()
    assert [json.loads(x) for x in lines] == ERRORS
    rows = list(csv.DictReader(io.StringIO(
        ctl(door, "request", "check", "-", "-o", "csv", stdin="op\n", status=65).stdout)))
    assert rows[0]["column"] == "birth_year" and rows[1]["message"] == "'=broken"


def test_check_refused(door):
    door.routes["POST", "/v1/requests"] = (403, {"error": "you may not", "class": "denied"})
    r = ctl(door, "request", "check", "-", stdin="op\n", status=77)
    assert "you may not" in r.stderr and r.stdout == ""
    door.close()
    ctl(door, "request", "check", "-", stdin="op\n", status=69)


def test_notes_of_submit(door):
    door.routes["POST", "/v1/requests"] = (201, letter(notes=NOTES))
    assert "note: row 3 (line 4), phone" in ctl(door, "request", "submit", "-", stdin="op\n").stderr
    door.routes["POST", "/v1/requests"] = (400, {"error": "x", "class": "data", "errors": ERRORS, "notes": NOTES})
    assert "note: row 3" in ctl(door, "request", "submit", "-", stdin="op\n", status=65).stderr


# --- what a letter says about itself ------------------------------------------------------------------

HEAD = {"domain": "x.vn", "signer_title": "Giám đốc & Co", "requester": "Lê Thị Bé",
        "requester_phone": "+84 274", "channel": "phone", "contact": "Văn thư"}
HEAD_OPTIONS = [w for k, v in HEAD.items() for w in ("--" + k.replace("_", "-"), v)]


def test_head(door, tmp_path):
    scan = tmp_path / "quét.pdf"
    scan.write_bytes(b"%PDF" * 50000)
    want = dict(HEAD, attachment=hashlib.sha256(scan.read_bytes()).hexdigest())
    ctl(door, "request", "submit", "-", *HEAD_OPTIONS, "--attachment", scan, stdin="op\n")
    assert door.seen[-1][2] == want and "pdf" not in str(door.seen[-1][2])
    door.routes["GET", "/v1/mailboxes/a"] = {"address": "a@x.vn", "agency": "snv"}
    ctl(door, "mailbox", "close", "a", "--reason", "r", "--signer", "An", *HEAD_OPTIONS, "--attachment", scan)
    body = json.loads(door.seen[-1][3])
    assert {k: body[k] for k in want} == want
    assert "did you mean phone" in ctl(door, "request", "submit", "-", "--channel", "phon", status=64).stderr
    assert "document, dms, mail" in ctl(door, "mailbox", "close", "a", "--reason", "r", "--signer", "An",
                                        "--channel", "pigeon", status=64).stderr
    ctl(door, "request", "submit", "-", "--attachment", tmp_path / "no", stdin="op\n", status=64)
    ctl(door, "request", "submit", "-", "--attachment", tmp_path, stdin="op\n", status=64)
    (tmp_path / "empty").touch()
    assert "empty" in ctl(door, "request", "check", "-", "--attachment", tmp_path / "empty", stdin="op\n",
                          status=64).stderr


@pytest.mark.parametrize("verb, more, agency, item", [
    ("restore", [], "snv", {}),
    ("purge", [], "snv", {}),
    ("rename", ["--new-address", "b@x.vn"], "snv", {"new_address": "b@x.vn"}),
    ("transfer", ["--agency", "stc"], "stc", {}),
])
def test_orders(door, verb, more, agency, item):
    door.routes["GET", "/v1/mailboxes/a"] = {"address": "a@x.vn", "agency": "snv"}
    ctl(door, "mailbox", verb, "a", "--reason", "vì", "--signer", "An", *more)
    body = json.loads(door.seen[-1][3])
    assert body["agency"] == agency and body["items"] == [{"op": verb, "address": "a@x.vn", **item}]
    if more:
        r = ctl(door, "mailbox", verb, "a", "--reason", "vì", "--signer", "An", status=64)
        assert more[0] in r.stderr
    else:
        ctl(door, "mailbox", verb, "a", "--reason", "vì", "--agency", "stc", status=64)


# --- answers ------------------------------------------------------------------------------------------

INPUTS = [
    {"op": "create", "full_name": "Đặng Thị Ánh Nguyệt", "kind": "person", "birth_year": "1990",
     "title": "Chuyên viên", "unit": 'Tổ "1", khu; 2', "phone": "+84 274 3822-825", "basis_kind": "recruitment",
     "ref": "NV-1"},
    {"op": "update", "address": "anv@x.vn", "title": "-", "phone": "0912345678", "ref": "NV-2"},
    {"op": "transfer", "address": "binhlt@x.vn", "basis_kind": "leave", "effective": "2026-12-01", "ref": "NV-3"},
    {"op": "create", "full_name": "Lê Công Tân", "kind": "shared", "ref": "NV-4"},
    {"op": "close", "address": "cu@x.vn", "reason": "=1+1 từ trước", "ref": "NV-5"},
]
ENDS = [("nguyetdta@x.vn", "done", ""), ("anv@x.vn", "failed", '=HYPERLINK("http://x"), "y"'),
        ("binhlt@x.vn", "scheduled", ""), ("", "name-needed", "every address that the policy gives is taken (congtl: active, request 3): propose"),
        ("cu@x.vn", "lost", "\x1b[2J")]
STATES = ["Đã thực hiện", "Không thực hiện được", "Chờ đến ngày hiệu lực", "Chờ đặt địa chỉ", "lost"]
FAULT = "Lỗi kỹ thuật, đề nghị liên hệ đơn vị vận hành: "
RECEIPTS = ["1234-0f3a9c21b7d4e688@1280", "", "", "", ""]
REASONS = ["", FAULT + '=HYPERLINK("http://x"), "y"', "",
           "Mọi địa chỉ đặt theo quy chế đã có người dùng; đề nghị cơ quan chọn một địa chỉ khác",
           FAULT + "\x1b[2J"]
ANSWER = {"id": 7, "agency": "snv", "agency_name": "Sở Nội vụ", "letter": "12/SNV-VP", "date": "2026-11-20",
          "domain": "x.vn", "signer": "Nguyễn Văn An", "state": "running",
          "submitted_at": "2026-11-23T16:55:01Z", "ended_at": None, "due_at": "2026-11-26T10:00:00Z",
          "items": [{"row": n + 1, "input": i, "address": a, "state": s, "error": e, "receipt": r}
                    for n, (i, (a, s, e), r) in enumerate(zip(INPUTS, ENDS, RECEIPTS))],
          "next_offset": None}
ROUTE = "GET", "/v1/requests/7/answer"


def test_answer_text(door):
    door.routes[ROUTE] = ANSWER
    out = ctl(door, "request", "answer", "7").stdout
    assert out == (DATA / "answer.txt").read_text()
    assert ctl(door, "request", "answer", "7", "-o", "text").stdout == out
    assert door.seen[-1][2] == {"offset": "0", "limit": "1000"}


@pytest.mark.parametrize("state, word", [
    ("done", "Đã thực hiện"), ("failed", "Không thực hiện được"), ("refused", "Bị từ chối"),
    ("cancelled", "Đã rút"), ("planned", "Đang chờ duyệt"), ("name-needed", "Chờ đặt địa chỉ"),
    ("approved", "Đã duyệt, chờ thực hiện"), ("scheduled", "Chờ đến ngày hiệu lực"),
    ("running", "Đang thực hiện"), ("unknown", "Đang kiểm tra lại"), ("held", "Đang chờ xử lý"),
    ("checked", "Đang lập lại kế hoạch"), ("received", "Đang tiếp nhận")])
def test_every_state_has_its_words(door, state, word):
    door.routes[ROUTE] = dict(ANSWER, state=state, items=[dict(ANSWER["items"][0], state=state)])
    out = ctl(door, "request", "answer", "7").stdout
    assert "Tình trạng: %s\n" % word in out and "  %s: 1\n" % word in out


def test_answer_csv(door, tmp_path):
    door.routes[ROUTE] = ANSWER
    out = raw(door, "request", "answer", "7", "-o", "csv")[0]
    assert out == (DATA / "answer.csv").read_bytes()
    assert raw(door, "request", "answer", "7", "-o", "csv", "--excel")[0] == b"\xef\xbb\xbf" + out
    rows = list(csv.DictReader(io.StringIO(out.decode(), newline="")))
    source = (TOP / "daemon" / "policy" / "letter.h").read_text()
    names = re.findall(r'^\tX\([a-z_]+, "([a-z_]+)", \d+\)', source, re.M)
    assert list(rows[0]) == [*HEADERS.values(), *RESULTS] and list(HEADERS) == names
    for row, given in zip(rows[:4], INPUTS):  # what the letter said comes back as it was
        got = {c: row[h] for c, h in HEADERS.items() if row[h]}
        assert got == {c: CHOICES.get(c, {}).get(v, v) for c, v in given.items()}
    assert rows[4][HEADERS["reason"]] == "'=1+1 từ trước"  # kept from before this was refused
    assert [r[RESULTS[0]] for r in rows] == [a for a, _, _ in ENDS]
    assert [r[RESULTS[1]] for r in rows] == STATES
    assert [r[RESULTS[2]] for r in rows] == REASONS
    assert [r[RESULTS[3]] for r in rows] == RECEIPTS


@pytest.mark.parametrize("state", ["refused", "cancelled"])
def test_answer_in_the_words_of_who_refused(door, state):
    item = dict(ANSWER["items"][0], state=state, error="không đủ căn cứ")
    door.routes[ROUTE] = dict(ANSWER, state=state, items=[item])
    for form in ("text", "csv"):
        out = ctl(door, "request", "answer", "7", "-o", form).stdout
        assert "không đủ căn cứ" in out and "Lỗi" not in out


def test_answer_xlsx(door, tmp_path):
    door.routes[ROUTE] = ANSWER
    own = tmp_path / "tmp"
    own.mkdir()
    path = tmp_path / "a.xlsx"
    path.write_bytes(raw(door, "request", "answer", "7", "-o", "xlsx", env={"TMPDIR": str(own)})[0])
    assert list(own.iterdir()) == []
    sheet = openpyxl.load_workbook(path).active
    head = [c.value for c in sheet[1]]
    assert head == [*HEADERS.values(), *RESULTS]
    assert sheet.freeze_panes == "A2" and sheet.auto_filter.ref == "A1:X6"
    for line, given, (address, _, _), reason in zip(sheet.iter_rows(min_row=2), INPUTS, ENDS, REASONS):
        for cell in line:
            assert cell.data_type != "f" and (cell.value is None or cell.data_type in ("s", "inlineStr"))
        got = {c: v.value for c, v in zip(HEADERS, line) if v.value is not None}
        assert got == {c: CHOICES.get(c, {}).get(v, v) for c, v in given.items()}
        assert (line[20].value or "") == address
        assert (line[22].value or "").replace("_x001B_", "\x1b") == reason
    assert [line[23].value or "" for line in sheet.iter_rows(min_row=2)] == RECEIPTS
    assert [sheet.cell(r, 22).value for r in range(2, 7)] == STATES
    # and it goes back as it came
    ctl(door, "request", "submit", path)
    rows = sent(door)
    assert rows[0]["Điện thoại"] == "+84 274 3822-825" and rows[1]["Chức vụ"] == "-"
    assert rows[1]["Điện thoại"] == "0912345678" and rows[0]["Phòng ban"] == 'Tổ "1", khu; 2'


def test_answer_json(door):
    door.routes[ROUTE] = ANSWER
    assert json.loads(ctl(door, "request", "answer", "7", "--json").stdout) == ANSWER
    lines = ctl(door, "request", "answer", "7", "-o", "jsonl").stdout.splitlines()
    assert [json.loads(x) for x in lines] == ANSWER["items"]


@pytest.mark.parametrize("n", [0, 1000, 2500])
def test_answer_pages(door, n):
    def page(q, _):
        at, limit = int(q["offset"]), int(q["limit"])
        rows = [dict(ANSWER["items"][0], row=r) for r in range(max(at, 1), min(n, max(at, 1) + limit - 1) + 1)]
        return dict(ANSWER, items=rows, next_offset=rows[-1]["row"] + 1 if len(rows) == limit else None)
    door.routes[ROUTE] = page
    got = json.loads(ctl(door, "request", "answer", "7", "--json").stdout)
    assert [i["row"] for i in got["items"]] == list(range(1, n + 1)) and got["next_offset"] is None
    assert len(ctl(door, "request", "answer", "7", "-o", "csv").stdout.splitlines()) == n + 1
    assert "Tổng số: %d dòng" % n in ctl(door, "request", "answer", "7").stdout
    w = openpyxl.load_workbook(io.BytesIO(raw(door, "request", "answer", "7", "-o", "xlsx")[0]))
    assert w.active.max_row == n + 1


@pytest.mark.parametrize("form_of", ["text", "csv", "json", "jsonl", "xlsx"])
def test_no_answer(door, form_of):
    r = ctl(door, "request", "answer", "7", "-o", form_of, status=2)
    assert "there is no" in r.stderr and (form_of in ("json", "jsonl") or r.stdout == "")


# --- with hopthud ---------------------------------------------------------------------------------------

def test_answer_of_hopthud(world):
    made = world.run([people.create(950), people.create(951)])
    got = world.ctl_json("request", "answer", made["id"], user="lan")
    assert got["agency"] == "snv" and got["agency_name"] and got["state"] == "done" and got["submitted_at"]
    for item, given, shown in zip(got["items"], (people.create(950), people.create(951)), made["items"]):
        assert {k: item["input"][k] for k in given if given[k]} == {k: v for k, v in given.items() if v}
        assert (item["address"], item["state"], item["error"]) == (shown["address"], "done", "")
    text = world.ctl("request", "answer", made["id"], user="lan").stdout
    assert text.startswith("Trả lời văn bản số") and made["items"][0]["address"] in text
    assert got["items"] == [json.loads(x) for x in world.ctl(
        "request", "answer", made["id"], "-o", "jsonl", user="lan").stdout.splitlines()]
    assert "Đã thực hiện: 2" in text and "password" not in json.dumps(got).lower()


HEAD_OF_LETTER = ["--agency", "snv", "--date", "2026-03-02", "--signer", "An", "--reason", "r"]


def test_machine_headers_in_a_spreadsheet(world, tmp_path):
    path = book(tmp_path / "m.xlsx", ["op", "full_name", "basis_date"],
                ["create", people.name(952), datetime.date(2026, 3, 1)])
    path = world.letter_file(path.read_bytes(), "m.xlsx")
    r = world.ctl("request", "submit", path, *HEAD_OF_LETTER, "--letter", "952/SNV", "-o", "json", user="lan")
    made = json.loads(r.stdout)
    assert made["items"][0]["input"]["basis_date"] == "2026-03-01"
    got = world.ctl_json("request", "answer", made["id"], user="lan")
    assert got["items"][0]["state"] == got["state"] == "planned" and got["ended_at"] is None


def test_title_above_the_header(world, tmp_path):
    w = openpyxl.Workbook()
    w.active.append(["DANH SÁCH ĐỀ NGHỊ CẤP HỘP THƯ"])
    w.active.merge_cells("A1:C1")
    w.active.append(["op", "full_name"])
    w.active.append(["create", people.name(953)])
    w.save(tmp_path / "t.xlsx")
    path = world.letter_file((tmp_path / "t.xlsx").read_bytes(), "t.xlsx")
    r = world.ctl("request", "submit", path, *HEAD_OF_LETTER, "--letter", "953/SNV", user="lan", status=65)
    assert "the first line must name the columns" in r.stderr


@pytest.mark.parametrize("op", OPS)
def test_form_is_taken(world, tmp_path, op):
    """The form itself: its example is seen; with another ref, whatever is wrong, it is not the form."""
    w = openpyxl.load_workbook(form(tmp_path, op))
    path = world.letter_file(form(tmp_path, op).read_bytes(), "form.xlsx")
    r = world.ctl("request", "check", path, "-o", "json", user="lan", status=65)
    error, = json.loads(r.stdout)["errors"]
    assert error["column"] == "ref" and "example row of the form" in error["message"]
    for cell in w.active[1]:
        if cell.value == HEADERS["ref"]:
            w.active.cell(2, cell.column, "CB-" + op)
    w.save(tmp_path / "own.xlsx")
    path = world.letter_file((tmp_path / "own.xlsx").read_bytes(), "own.xlsx")
    r = world.ctl("request", "submit", path, *HEAD_OF_LETTER, "--letter", "960/SNV", "-n", "-o", "json", user="lan",
                  status=None)
    errors = json.loads(r.stdout).get("errors", [])
    assert {e["column"] for e in errors} <= {"address"}, errors  # there is no such mailbox
    assert r.returncode == (65 if op != "create" else 0)


@pytest.mark.parametrize("form_of", ["csv", "xlsx"])
def test_answer_is_submitted_again(world, form_of):
    made = world.run([people.create(954, ref="AN-" + form_of, phone="+84 274 3822 825")])
    out = raw(world.socket, "request", "answer", made["id"], "-o", form_of)[0]
    path = world.letter_file(out, "answer." + form_of)
    again = ["request", "submit", path, *HEAD_OF_LETTER, "--letter"]
    r = world.ctl(*again, made["letter"], user="lan")
    assert "every row was submitted before" in r.stderr
    r = world.ctl(*again, "954/" + form_of, "-o", "json", user="lan")  # another letter, the same row
    assert json.loads(r.stdout)["items"][0]["input"] == made["items"][0]["input"]
