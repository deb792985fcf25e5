# SPDX-License-Identifier: BSD-2-Clause
"""hopthu-verify as an auditor uses it: with a copy, a page and nothing else."""
import base64
import calendar
import json
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import copies
import judges
import maker
from copies import INCOMPLETE, SOUND, TAMPERED, USAGE, verify
from hopthu import BUILD

NOW = 1_790_000_000


class Made:
    """A genuine log of maker.py and its copy."""

    def __init__(self, folder, seed=7, size=700, **kw):
        self.dir = pathlib.Path(folder)
        args = ["--seed", str(seed), "--size", str(size)]
        for k, v in kw.items():
            args += ["--" + k, str(v)]
        subprocess.run(["/usr/bin/python3", maker.__file__, str(self.dir), *args], check=True,
                       capture_output=True)
        self.log, self.policy, self.held = self.dir / "log", self.dir / "policy", self.dir / "held"

    def verify(self, *args, **kw):
        return verify("--policy", self.policy, "-c", self.held, *args, self.log, **kw)

    def doctored(self, name):
        copy = self.dir / name
        shutil.copytree(self.log, copy, symlinks=True)
        return copy

    def size(self):
        return int((self.log / "checkpoint").read_text().split("\n")[1])


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Made(tmp_path_factory.mktemp("made") / "m")


def text(*args, lang=None, env=None):
    """(status, standard output)"""
    r = subprocess.run([str(BUILD / "hopthu-verify"), *(["-l", lang] if lang else []), *map(str, args)],
                       capture_output=True, text=True, timeout=60, check=False,
                       env=dict(os.environ, **(env or {})))
    return r.returncode, r.stdout + r.stderr


def codes(found, what="faults"):
    return [f["code"] for f in found[what]]


# --- sound -----------------------------------------------------------------------------------------

def test_sound(made):
    status, found = made.verify()
    assert status == SOUND and found["verdict"] == "sound", found
    assert found["size"] == made.size() and found["origin"].startswith("hopthu.example.gov.vn/")
    assert found["root"] == (made.log / "checkpoint").read_text().split("\n")[2]
    assert {c["witness"] for c in found["confirmed"]} == {"w1.auditor.example", "w2.auditor.example"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", c["time"]) for c in found["confirmed"])
    assert found["not_proven"] == {"keys": False, "part": False, "records": 0, "rules": False,
                                   "since": None}
    assert found["counts"]["done"] and found["first"] is None


def test_both_languages(made):
    status, out = text("--policy", made.policy, made.log, lang="en")
    assert status == SOUND and out.startswith("SOUND:") and "confirmed   w1.auditor.example" in out
    assert "NOT proven" not in out
    status, out = text("--policy", made.policy, made.log, lang="vi")
    assert status == SOUND and out.startswith("NGUYÊN VẸN:") and "xác nhận    w1.auditor.example" in out
    env = {"LC_ALL": "", "LC_MESSAGES": "", "LANG": "vi_VN.UTF-8"}
    assert text(made.log, env=env)[1].startswith("NGUYÊN VẸN:")
    assert text(made.log, env=dict(env, LC_ALL="C"))[1].startswith("SOUND:")


def test_keys_of_the_copy_are_said_loudly(made):
    status, out = text(made.log, lang="en")
    assert status == SOUND and "WHOSE KEYS THESE ARE" in out
    for line in (made.log / "policy").read_text().split("\n"):
        if line.startswith("log "):
            assert line.split()[1] in out
    assert verify(made.log)[1]["not_proven"]["keys"] is True


def test_tail_that_nobody_confirmed(made, tmp_path):
    """A copy whose last checkpoint has the log's signature only."""
    copy = made.doctored("tail")
    lines = [json.loads(l) for l in (copy / "checkpoints.ndjson").read_text().splitlines()]
    lines[-1]["note"] = "".join(l for l in lines[-1]["note"].splitlines(True) if "auditor" not in l)
    sizes = [int(l["note"].split("\n")[1]) for l in lines]
    (copy / "checkpoint").write_text(lines[-1]["note"])
    (copy / "checkpoints.ndjson").write_bytes(b"".join(maker.canonical(l) + b"\n" for l in lines))
    status, found = verify("--policy", made.policy, copy)
    assert status == SOUND, found
    assert found["confirmed_size"] == sizes[-2]
    assert found["not_proven"]["records"] == sizes[-1] - sizes[-2]
    first = made_records(made)[sizes[-2]]
    assert found["not_proven"]["since"] == json.loads(first)["t"]
    status, found = verify("--hashes", "--policy", made.policy, copy)
    assert status == SOUND and found["not_proven"]["since"] == json.loads(first)["t"]
    out = text("--policy", made.policy, copy, lang="en")[1]
    assert "%d records after record %d, since " % (sizes[-1] - sizes[-2], sizes[-2]) in out


def made_records(m):
    records = []
    for f in sorted((m.log / "tile" / "entries").rglob("*")):
        data = f.read_bytes() if f.is_file() else b""
        while data:
            n = int.from_bytes(data[:2], "big")
            records.append(data[2:2 + n])
            data = data[2 + n:]
    return records


# --- checkpoints that the auditor holds ------------------------------------------------------------

@pytest.mark.parametrize("form", ["{o}\n{s}\n{r}\n", "{o}\r\n{s}\r\n{r}\r\n", "\n  {o}  \n\n {s} \n\t{r}",
                                  "{o}\n{spaced}\n{r1} {r2}\n", "\ufeff{o}\n{s}\n{r}"])
def test_paper(made, tmp_path, form):
    """Typed from a page: blanks and line ends do not matter."""
    o, s, r = made.held.read_text().split("\n")[:3]
    paper = tmp_path / "paper"
    paper.write_text(form.format(o=o, s=s, r=r, spaced=" ".join(s), r1=r[:20], r2=r[20:]))
    status, found = verify("--policy", made.policy, "--checkpoint", paper, made.log)
    assert status == SOUND, found


@pytest.mark.parametrize("form", ["{o}\n{s}\n{groups}\n", "{o}\n{s}\n{two}\n", "{o}\n{s}\n{capitals}\n",
                                  "{o}\n{s}\n{letters}\n", "{o}\n{s}\n{bare}\n", "{o}\n{s}\n{r}\n\n\u2014 a line cut off"])
def test_root_as_the_sheet_shows_it(made, tmp_path, form):
    """64 digits in groups, on two lines, with O and l for 0 and 1; or base 64 without its last sign."""
    o, s, r = made.held.read_text().split("\n")[:3]
    h = base64.b64decode(r).hex()
    g = [h[i:i + 4] for i in range(0, 64, 4)]
    paper = tmp_path / "paper"
    paper.write_text(form.format(o=o, s=s, r=r, groups=" ".join(g), two=" ".join(g[:8]) + "\n" + " ".join(g[8:]),
                                 capitals=" ".join(g).upper(), bare=r.rstrip("="),
                                 letters=" ".join(g).replace("0", "O").replace("1", "l")))
    status, found = verify("--policy", made.policy, "--checkpoint", paper, made.log)
    assert status == SOUND, found


def other(c):
    return "A" if c != "A" else "B"


@pytest.mark.parametrize("places,want", [((0,), INCOMPLETE), ((3, 9, 20, 41), INCOMPLETE),
                                         ((3, 9, 20, 30, 41), TAMPERED)])
def test_root_that_is_typed_wrong(made, tmp_path, places, want):
    """Nobody makes a log whose root is that near to another's: it is no alarm."""
    o, s, r = made.held.read_text().split("\n")[:3]
    wrong = "".join(other(c) if i in places else c for i, c in enumerate(r))
    paper = tmp_path / "paper"
    paper.write_text("%s\n%s\n%s\n" % (o, s, wrong))
    status, found = verify("--policy", made.policy, "--checkpoint", paper, made.log)
    assert status == want, found
    assert judges.by_python(made.log, made.policy.read_text(), [paper.read_text()]).status == want
    if want == INCOMPLETE:
        assert [m["code"] for m in found["missing"]] == ["paper-typed"]
        assert "%d: %s/%s" % (places[0] + 1, wrong[places[0]], r[places[0]]) in found["missing"][0]["text"]
        assert found["not_proven"]["records"] == verify("--policy", made.policy, made.log)[1]["not_proven"]["records"]
    # with the log's signature below it the same root is a forgery, or the sheet is damaged: no mistake
    note = made.held.read_text().replace(r, wrong)
    paper.write_text(note)
    assert verify("--policy", made.policy, "--checkpoint", paper, made.log)[0] == TAMPERED


def test_root_typed_as_digits_and_wrong(made, tmp_path):
    o, s, r = made.held.read_text().split("\n")[:3]
    h = base64.b64decode(r).hex()
    paper = tmp_path / "paper"
    paper.write_text("%s\n%s\n%s\n" % (o, s, h[:7] + ("0" if h[7] != "0" else "1") + h[8:]))
    status, found = verify("--policy", made.policy, "--checkpoint", paper, made.log)
    assert status == INCOMPLETE and "8: " in found["missing"][0]["text"]


def test_policy_as_an_editor_leaves_it(made, tmp_path):
    policy = tmp_path / "policy"
    policy.write_bytes(b"\xef\xbb\xbf" + made.policy.read_bytes().replace(b"\n", b"\r\n")[:-2])
    status, found = verify("--policy", policy, made.log)
    assert status == verify("--policy", made.policy, made.log)[0], found


def test_policy_in_lines_as_short_as_a_sheet(made, tmp_path):
    """A key that did not fit goes on in the next line; a comment does not swallow what follows it."""
    policy = tmp_path / "policy"
    want = verify("--policy", made.policy, made.log)
    for width in (40, 57, 66):
        lines = []
        for line in made.policy.read_text().splitlines():
            words = line.split(" ")
            lines += [" ".join(words[:-1])] if len(words[-1]) > width else []
            rest = words[-1] if len(words[-1]) > width else line
            lines += [rest[i:i + width] for i in range(0, len(rest), width)]
        policy.write_text("\n".join(lines) + "\n")
        status, found = verify("--policy", policy, made.log)
        assert (status, found["confirmed"]) == (want[0], want[1]["confirmed"]), (width, lines)
    policy.write_text("# mine\nwittness x\n" + made.policy.read_text())
    assert verify("--policy", policy, made.log)[0] == USAGE


def test_wrong_options_are_named(made):
    for args, says in ((["--bogus", made.log], "no option --bogus"), ([made.log, "-p"], "-p lacks its value"),
                       (["-p", "/nowhere", made.log], "/nowhere: No such file")):
        p = subprocess.run([judges.HOPTHU_VERIFY, *args], capture_output=True, text=True)
        assert p.returncode == USAGE and says in p.stderr, p.stderr


def test_paper_of_another_history(made, tmp_path):
    o, s, r = made.held.read_text().split("\n")[:3]
    paper = tmp_path / "paper"
    paper.write_text("%s\n%s\n%s\n" % (o, s, base64.b64encode(b"x" * 32).decode()))
    status, found = verify("--policy", made.policy, "-c", paper, made.log)
    assert status == TAMPERED and codes(found) == ["paper-root"]
    paper.write_text("%s\n%d\n%s\n" % (o, made.size() + 5, r))
    status, found = verify("--policy", made.policy, "-c", paper, made.log)
    assert status == TAMPERED and codes(found) == ["paper-short"]
    assert found["first"] == made.size() + 1
    assert "truncated" in text("--policy", made.policy, "-c", paper, made.log, lang="en")[1]
    paper.write_text("other.example/1\n%s\n%s\n" % (s, r))
    status, found = verify("--policy", made.policy, "-c", paper, made.log)
    assert status == TAMPERED and codes(found) == ["paper-origin"]


def test_paper_that_is_none(made, tmp_path):
    paper = tmp_path / "paper"
    for wrong in ("", "hopthu\n12\n", "hopthu\n12\n%s\n" % ("g" * 64), "hopthu\n12\n%s=\n" % ("A" * 42),
                  "\ufeffhopthu\n12\n%s\n" % ("A" * 41), "hopthu\n12x\n%s\n" % ("A" * 44), "a\n1\nnot base 64\n"):
        paper.write_text(wrong)
        assert verify("-c", paper, made.log)[0] == USAGE
    assert verify("-c", tmp_path / "nowhere", made.log)[0] == USAGE


# --- tampered --------------------------------------------------------------------------------------

def flip(path, at, bit=1):
    data = bytearray(path.read_bytes())
    data[at] ^= bit
    path.write_bytes(data)


def test_flipped_record(made):
    copy = made.doctored("flipped")
    first = copy / "tile" / "entries" / "001"
    data = first.read_bytes()
    at, n = 0, 257
    while n < 300:
        at, n = at + 2 + int.from_bytes(data[at:at + 2], "big"), n + 1
    flip(first, at + 40)
    status, found = verify("--policy", made.policy, copy)
    assert status == TAMPERED and found["first"] == 300 and codes(found)[0] == "leaf"
    out = text("--policy", made.policy, copy, lang="vi")[1]
    assert out.startswith("ĐÃ BỊ SỬA, từ bản ghi 300:")


def test_every_file(made):
    """A bit of each file that is evidence."""
    for path in sorted(made.log.rglob("*")):
        name = str(path.relative_to(made.log))
        if not path.is_file() or name in ("policy", "README.txt"):
            continue
        copy = made.doctored("one")
        size = path.stat().st_size
        for at in sorted({0, size // 2, size - 1}):
            flip(copy / name, at)
            status, found = verify("--policy", made.policy, copy)
            assert status == TAMPERED, (name, at, found)
            flip(copy / name, at)
        assert verify("--policy", made.policy, copy)[0] == SOUND
        (copy / name).unlink()
        status, found = verify("--policy", made.policy, copy)
        assert status == INCOMPLETE, (name, found)
        assert any(name in f["text"] for f in found["missing"]) or name == "checkpoint", found
        shutil.rmtree(copy)


def test_foreign_key(made, tmp_path):
    other = Made(tmp_path / "other", seed=8, size=300)
    status, found = verify("--policy", other.policy, made.log)
    assert status == TAMPERED and "key-untrusted" in codes(found)


def test_surplus(made):
    copy = made.doctored("surplus")
    (copy / "tile" / "0" / "099").write_bytes(b"x")
    (copy / "notes.txt").write_text("my own")
    status, found = verify("--policy", made.policy, copy)
    assert status == TAMPERED and codes(found) == ["file-surplus"]
    (copy / "tile" / "0" / "099").unlink()
    status, found = verify("--policy", made.policy, copy)
    assert status == SOUND and codes(found, "told").count("file-strange") == 1


def test_end_of_line_behind_the_object(made):
    """One byte more is another file, also where an editor puts it."""
    copy = made.doctored("line")
    (copy / "export.json").write_bytes((copy / "export.json").read_bytes() + b"\n")
    status, found = verify("--policy", made.policy, copy)
    assert status == TAMPERED and codes(found) == ["export-form"]


@pytest.mark.parametrize("name", ["checkpoint", "checkpoints.ndjson", "openings.ndjson", "export.json",
                                  "tile/entries/001", "tile/0/000", "tile/0"])
def test_files_that_are_none(made, name):
    """Links, pipes, folders, devices: nothing hangs, nothing is followed."""
    for make in ("link", "pipe", "folder", "huge"):
        copy = made.doctored("odd")
        victim = copy / name
        kept = made.dir / "kept"
        shutil.move(victim, kept)
        if make == "link":
            victim.symlink_to(kept)
        elif make == "pipe":
            os.mkfifo(victim)
        elif make == "folder" and name != "tile/0":
            victim.mkdir()
        else:
            with open(victim, "wb") as f:
                f.truncate(1 << 40)
        status, found = verify("--policy", made.policy, copy)
        assert status in (TAMPERED, INCOMPLETE), (make, found)
        if make in ("link", "pipe"):
            assert status == TAMPERED and "file-kind" in codes(found), (make, found)
        shutil.rmtree(copy)
        shutil.rmtree(kept) if kept.is_dir() else kept.unlink()


# --- incomplete ------------------------------------------------------------------------------------

def test_copy_that_was_not_finished(made):
    copy = made.doctored("unfinished")
    (copy / "checkpoint").unlink()
    status, found = verify(copy)
    assert status == INCOMPLETE and codes(found, "missing") == ["no-checkpoint"]
    assert text(copy, lang="en")[1].startswith("INCOMPLETE: there is no checkpoint")


def test_age(made):
    newest = max(c["time"] for c in made.verify()[1]["confirmed"])
    hours = (time.time() - calendar.timegm(time.strptime(newest, "%Y-%m-%dT%H:%M:%SZ"))) / 3600
    assert hours > 1, "the clock of this machine is wrong, or that of tests/audit/maker.py"
    status, found = made.verify("--max-age", str(int(hours) - 1))
    assert status == INCOMPLETE and codes(found, "missing") == ["age"]
    assert made.verify("--max-age", str(int(hours) + 1))[0] == SOUND


def test_quorum(made, tmp_path):
    policy = made.policy.read_text()
    strange = maker.Signer("w9.auditor.example", maker.WITNESS, b"9" * 32)
    policy = re.sub("quorum .*", "witness w9 %s\nquorum w9" % strange.vkey, policy)
    (tmp_path / "p").write_text(policy)
    status, found = verify("--policy", tmp_path / "p", made.log)
    assert status == INCOMPLETE and codes(found, "missing") == ["quorum"]


# --- parts, pairs, proofs --------------------------------------------------------------------------

def test_part(tmp_path):
    part = Made(tmp_path / "part", size=900, first=300, last=600)
    status, found = part.verify()
    assert status == SOUND, found
    assert found["records"] == {"first": 300, "last": 600} and found["not_proven"]["part"]
    assert "outside of 300 to 600" in text("--policy", part.policy, part.log, lang="en")[1]


def test_compare(made, tmp_path):
    longer = Made(tmp_path / "longer", size=760)
    shorter = Made(tmp_path / "shorter", size=300)
    fork = Made(tmp_path / "fork", seed=9, size=300)
    # of one seed: one life, which ends sooner or later
    a, b = made_records(longer), made_records(shorter)
    status, found = verify("--compare", longer.log, shorter.log)
    if a[:len(b)] == b:
        assert status == SOUND, found
    status, found = verify("--compare", made.log, made.log)
    assert status == SOUND and len(found["copies"]) == 2
    status, found = verify("--compare", longer.log, fork.log)
    differs = 1 + next(i for i, (x, y) in enumerate(zip(a, made_records(fork))) if x != y)
    assert status == TAMPERED and found["first"] == differs
    assert codes(found) in (["fork"], ["fork-origin"])
    # one that is bad by itself is not called sound for the other's sake
    bad = tmp_path / "bad"
    shutil.copytree(made.log, bad)
    lines = (bad / "openings.ndjson").read_text().splitlines(keepends=True)
    lines[3] = lines[3].replace('"value":"', '"value":"x')
    (bad / "openings.ndjson").write_text("".join(lines))
    status, found = verify("--compare", made.log, bad)
    assert status == TAMPERED and found["verdict"] == "tampered" and found["exit"] == TAMPERED
    assert codes(found) == ["one-bad"] and found["first"] == json.loads(lines[3])["seq"]
    assert "TAMPERED" in text("--compare", made.log, bad, lang="en")[1].splitlines()[0]


def proof(records, n, note, openings=()):
    """The .tlog-proof of record n (c2sp.org/tlog-proof)."""
    def path(leaves, at):
        if len(leaves) == 1:
            return []
        k = 1
        while k * 2 < len(leaves):
            k *= 2
        if at < k:
            return path(leaves[:k], at) + [maker.root_of_leaves(leaves[k:])]
        return path(leaves[k:], at - k) + [maker.root_of_leaves(leaves[:k])]
    import hashlib
    leaves = [hashlib.sha256(b"\0" + r).digest() for r in records]
    extra = maker.canonical({"openings": list(openings), "record": records[n - 1].decode()})
    return "c2sp.org/tlog-proof@v1\nextra %s\nindex %d\n%s\n%s" % (
        base64.b64encode(extra).decode(), n - 1,
        "".join(base64.b64encode(h).decode() + "\n" for h in path(leaves, n - 1)), note)


def test_proof(made, tmp_path):
    records, note = made_records(made), (made.log / "checkpoint").read_text()
    n = next(i for i, r in enumerate(records, 1) if '"ev":"request"' in r.decode() and any(
        json.loads(l)["seq"] == i for l in open(made.log / "openings.ndjson", encoding="utf-8")))
    opened = [json.loads(l) for l in open(made.log / "openings.ndjson", encoding="utf-8")]
    opened = [{k: o[k] for k in ("field", "salt", "value")} for o in opened if o["seq"] == n]
    f = tmp_path / "x.tlog-proof"
    f.write_text(proof(records, n, note, opened))
    status, found = verify("--policy", made.policy, "--proof", f)
    assert status == SOUND and found["record"] == n and found["bytes"] == records[n - 1].decode(), found
    out = text("--policy", made.policy, "--proof", f, lang="vi")[1]
    assert opened[0]["value"] in out and "NGUYÊN VẸN" in out
    # nobody's key, and the page instead of one
    assert verify("--proof", f)[0] == INCOMPLETE
    paper = tmp_path / "paper"
    paper.write_text("\n".join(note.split("\n")[:3]))
    assert verify("--proof", f, "-c", paper)[0] == SOUND
    # another record, opening, place
    other = list(records)
    other[n - 1] = records[n - 1].replace(b'"v":1', b'"v":1 ')
    for wrong in (proof(records, n, note, opened).replace("index %d" % (n - 1), "index %d" % n),
                  proof(records, n, note, [dict(opened[0], value="x")]),
                  proof(records, n, note, opened)[:-30], "", "c2sp.org/tlog-proof@v1\n",
                  proof(records, n, note.replace("\n%d\n" % made.size(), "\n%d\n" % (made.size() - 1)))):
        f.write_text(wrong)
        status, found = verify("--policy", made.policy, "--proof", f)
        assert status == TAMPERED, wrong[:80]


# --- the command line ------------------------------------------------------------------------------

@pytest.mark.parametrize("args", [[], ["a", "b"], ["--compare", "a"], ["--nonsense", "a"], ["--lang", "fr", "a"],
                                  ["-o", "xml", "a"], ["--max-age", "x", "a"], ["--proof", "a", "b"],
                                  ["--policy", "nowhere", "a"], ["nowhere"]])
def test_usage(args):
    status, out = text(*args)
    assert status == USAGE and out.startswith("hopthu-verify: ") and out.count("\n") == 1, out


def test_help():
    status, out = text("--help")
    assert status == 0 and "--checkpoint FILE" in out
    assert text("--version")[0] == 0


def test_since(made):
    whole, late = made.verify()[1], made.verify("--since", str(made.size()))[1]
    assert sum(late["said"].values()) < sum(whole["said"].values())


def test_hashes(made):
    status, found = made.verify("--hashes")
    assert status == SOUND and found["not_proven"]["rules"] and "counts" not in found
    assert {c["witness"] for c in found["confirmed"]} == {"w1.auditor.example", "w2.auditor.example"}
    copy = made.doctored("quick")
    flip(copy / "tile" / "entries" / "000", 700)
    assert verify("--hashes", copy)[0] == TAMPERED


def test_no_terminal_tricks(made):
    """What stands in a copy is shown and never sent to a terminal as it is."""
    copy = made.doctored("tricks")
    (copy / "a\x1b[2Jb").write_text("x")
    out = text(copy)[1]
    assert "\x1b" not in out and "\\x1B" in out


def test_real_log(fresh):
    """A log of hopthud's own: every rule holds, and what hopthud did is counted."""
    import people
    r = fresh.run([people.create(n) for n in range(3)])
    fresh.judge()
    log = copies.Log(fresh.dir / "copy" / "hopthu.db", fresh.data / "keys" / "log.key")
    status, found = verify(log.write(fresh.dir / "again"))
    assert status == SOUND and r["id"], found
    assert found["counts"]["letters"] == 1 and found["counts"]["done"] >= 3
    assert found["counts"]["failed"] == 0
