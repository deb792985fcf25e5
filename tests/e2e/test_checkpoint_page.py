# SPDX-License-Identifier: BSD-2-Clause
"""hopthuctl audit checkpoint: the note, the sheet to print, the message."""
import email
import email.policy
import html.parser
import json
import re

import pytest

import people
import qr
from hopthu import EX_NOTFOUND, EX_USAGE
from notes import Key, Note


@pytest.fixture(scope="module", autouse=True)
def some_records(world):
    world.run([people.create(n) for n in range(3)])


def log_key(world):
    return Key.read((world.data / "keys" / "log.vkey").read_text())


def test_note(world):
    first = world.ctl("audit", "checkpoint", "--new").stdout
    note = Note(first)
    assert note.check(log_key(world)) is True
    assert world.ctl("audit", "checkpoint").stdout == first
    assert world.ctl("audit", "checkpoint", "--size", note.size, user="hoa").stdout == first
    assert json.loads(world.ctl("audit", "checkpoint", "--size", note.size, "-o", "json").stdout)[
        "note"] == first
    newer = Note(world.ctl("audit", "checkpoint", "--new", user="minh").stdout)
    assert newer.size > note.size
    assert world.ctl("audit", "checkpoint", "--size", note.size).stdout == first


def test_refused(world):
    world.ctl("audit", "checkpoint", "--size", 999999, status=EX_NOTFOUND)
    world.ctl("audit", "checkpoint", "--size", 0, status=EX_USAGE)
    world.ctl("audit", "checkpoint", "--size", "x", status=EX_USAGE)
    world.ctl("audit", "checkpoint", "--size", 1, "--new", status=EX_USAGE)
    world.ctl("audit", "checkpoint", "--page", "--mail", "a@b", status=EX_USAGE)
    for address in ("", "a", "a@", "@b", "a b@c", "a@b\nBcc: x@y", "a@b,c@d", "<a@b>", "-f@b", "a@b@c",
                    "ă@b"):
        world.ctl("audit", "checkpoint", "--mail", address, status=EX_USAGE)
    for name in ("lan", "hoa"):  # a requester and an auditor read, and no more
        world.ctl("audit", "checkpoint", "--new", user=name, status=77)
        world.ctl("audit", "checkpoint", user=name)


class Page(html.parser.HTMLParser):
    """Balanced, and its text."""

    void = {"meta", "br"}

    def __init__(self, text):
        super().__init__()
        self.open, self.text = [], ""
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        if tag not in self.void:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data + " "


def test_page(world):
    note_text = world.ctl("audit", "checkpoint", "--new").stdout
    note = Note(note_text)
    text = world.ctl("audit", "checkpoint", "--page").stdout
    page = Page(text).text
    for part in (note.origin, "log %s\n" % log_key(world).vkey(), "quorum none\n", note_text.split("\n")[2], note_text, "Chữ ký",
                 "Signature"):
        assert part in page, part
    hexed = note.root.hex()
    assert re.search(r"\s+".join(re.findall("....", hexed)), page), page
    assert "@page{size:A4" in text
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), "it needs nothing from elsewhere"
    assert qr.decode(re.search(r"<svg.*?</svg>", text, re.S).group(0)) == note.body


def test_mail(world):
    note_text = world.ctl("audit", "checkpoint", "--new").stdout
    raw = world.ctl("audit", "checkpoint", "--mail", "kiem.toan@example.gov.vn").stdout
    # Python's text mode has made one of CR LF
    m = email.message_from_string(raw, policy=email.policy.default)
    assert m["To"] == "kiem.toan@example.gov.vn" and not m.defects
    assert str(Note(note_text).size) in m["Subject"] and m["Date"].datetime.year >= 2025
    assert m.get_content_type() == "text/plain"
    body = m.get_payload()
    assert note_text in body and log_key(world).vkey() in body
    assert max(len(line) for line in raw.split("\n")) <= 998
