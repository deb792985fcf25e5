# SPDX-License-Identifier: BSD-2-Clause
"""Invented people and letters about them."""
import csv
import io
import unicodedata

FAMILY = ("Nguyễn Trần Lê Phạm Huỳnh Võ Phan Đặng Bùi Đỗ Hồ Ngô Dương Lý Hoàng Vũ Đinh Đoàn Lâm Mai "
          "Trương Trịnh Đào Cao Châu Lương Tô Thái Thạch Ông Ưng Âu").split()
MIDDLE = ["Văn", "Thị", "Hữu", "Đức", "Minh", "Ngọc", "Thanh", "Quang", "Hoàng", "Xuân", "Quốc",
          "Công", "Thị Thanh", "Thị Ngọc", "Thị Mỹ", "Thị Ánh", "Hoàng Bảo", "", "Như", "Ái", "Tấn",
          "Đình", "Trung", "Nguyễn Thị Đoan"]
GIVEN = ("An Anh Ánh Bảo Bình Châu Chi Chiến Cường Danh Dung Dũng Duy Duyên Đạt Điệp Đông Đức Giang "
         "Hà Hải Hạnh Hằng Hiền Hiếu Hòa Hồng Huệ Hùng Huy Hưng Hương Khánh Khoa Khôi Kiên Kiệt Lan "
         "Liên Linh Loan Long Lộc Lợi Luân Mạnh Nam Nga Ngân Nghĩa Nguyên Nguyệt Nhân Nhi Nhung Oanh "
         "Phát Phong Phú Phúc Phương Quân Quý Quyên Quỳnh Sang Sơn Tài Tâm Thảo Thắng Thịnh Thơ Thu "
         "Thuận Thủy Thúy Tiên Tiến Toàn Trang Trí Trinh Trung Tuấn Tùng Tuyết Uyên Vân Vinh Yến"
         ).split()
TITLES = ["Chuyên viên", "Phó trưởng phòng", "Trưởng phòng", "Văn thư", "Kế toán viên"]
UNITS = ["Văn phòng", "Phòng Tổ chức cán bộ", "Thanh tra", "Phòng Kế hoạch, Tài chính"]

COLUMNS = ("op full_name birth_year title unit phone rank quota address effective basis_no "
           "basis_date basis_kind reason ref").split()


def name(n):
    """The n-th name of a fixed order in which one login seldom comes twice soon."""
    g = GIVEN[n % len(GIVEN)]
    m = MIDDLE[(n // len(GIVEN) + n) % len(MIDDLE)]
    f = FAMILY[(n // 7 + n * 5 + n // (len(GIVEN) * len(MIDDLE))) % len(FAMILY)]
    return " ".join(w for w in (f, m, g) if w)


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
