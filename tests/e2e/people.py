# SPDX-License-Identifier: BSD-2-Clause
"""Invented people and letters about them."""
import csv
import io
import pathlib
import sys
import unicodedata

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "data"))

from make_letter import COLUMNS, read_names  # noqa: E402

NAMES = read_names(str(pathlib.Path(__file__).resolve().parents[1] / "data" / "names.tsv"))
FAMILY, MIDDLE, GIVEN = (list(dict.fromkeys(NAMES[p][0])) for p in ("family", "middle", "given"))
TITLES = ["Chuyên viên", "Phó trưởng phòng", "Trưởng phòng", "Văn thư", "Kế toán viên"]
UNITS = ["Văn phòng", "Phòng Tổ chức cán bộ", "Thanh tra", "Phòng Kế hoạch, Tài chính"]


def name(n):
    """The n-th name of a fixed order in which one login seldom comes twice soon."""
    g = GIVEN[n % len(GIVEN)]
    m = MIDDLE[(n // len(GIVEN) + n) % len(MIDDLE)]
    f = FAMILY[(n // 7 + n * 5 + n // (len(GIVEN) * len(MIDDLE))) % len(FAMILY)]
    more = n // (len(GIVEN) * 150)  # beyond some thousand people another word in the middle
    return " ".join(w for w in (f, GIVEN[more % len(GIVEN)] if more else "", m, g) if w)


def create(n, **more):
    """A row that asks for a new mailbox for the n-th person."""
    row = {"op": "create", "full_name": name(n), "birth_year": str(1960 + n % 40),
           "title": TITLES[n % len(TITLES)], "unit": UNITS[n % len(UNITS)],
           "phone": "0274%07d" % (3800000 + n), "ref": "r%05d" % n}
    row.update(more)
    return row


def fold(text):
    """The folding of the naming policy, written a second time."""
    text = unicodedata.normalize("NFD", unicodedata.normalize("NFC", text))
    text = "".join(c for c in text if not 0x300 <= ord(c) <= 0x36F)
    return text.replace("đ", "d").replace("Đ", "D").lower()


def login(full_name, seq=0):
    """{given}{initials} and, from the second person on, {seq}."""
    words = fold(full_name).split()
    return words[-1] + "".join(w[0] for w in words[:-1]) + (str(seq) if seq else "")


def letter_csv(rows, columns=None, delimiter=",", eol="\n"):
    """Bytes of a letter; the columns are those the rows use unless they are given."""
    if columns is None:
        columns = [c for c in COLUMNS if any(c in r for r in rows)]
    out = io.StringIO()
    w = csv.writer(out, delimiter=delimiter, lineterminator=eol)
    w.writerow(columns)
    for r in rows:
        w.writerow([r.get(c, "") for c in columns])
    return out.getvalue().encode()
