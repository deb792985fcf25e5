#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes naming.tsv: for names of all the peoples of Viet Nam the addresses that four regulations
of 2025 ask for, in the order in which they are tried.

    make_naming.py > naming.tsv

Shares nothing with hopthu: the rules stand here as sentences of Python and not as templates, and
Unicode is Python's own.  `?column` = a fact lacks that the letter has in this column, `-` = what
comes out is no address.  A likeness to anybody is chance.
"""
import sys
import unicodedata

# name | year of birth | month | end of the citizen's ID | agency.  `NFD` before a name: decomposed.
PEOPLE = """
Đặng Thị Ánh Nguyệt|1990|2|417|skhcn
Nguyễn Văn An|1985|12|0042|snv
Nguyễn Thị An|1985|01|0043|snv
Trần Quốc Bảo|1979|7|815|stc
Lê Hoàng Bảo Trâm|1996|11|3306|sgddt
Phạm Minh Đức|1988|09|271|sct
Huỳnh Thị Mỹ Duyên|1992|3|9001|syt
Võ Đình Điệp|1968|10|118|sxd
Phan Thị Kiều Oanh|1999|6|777|stp
Bùi Quang Huy|1983||045|snv
Đỗ Hữu Lộc||5|4521|stnmt
Hồ Ngọc Phượng|1991|8||svhttdl
Ngô Tấn Phúc||||sngv
Dương Thùy Dương|1994|4|222|vpubnd
Lý Thái Tú|1977|02|33|skhcn
Hoàng Anh|1986|1|6070|stttt
Vũ Vũ|1990|12|001|snv
Đinh Thị Thu Thủy|1989|10|1234|snnptnt
Đoàn Trương Ý Nhi|2001|9|508|thuanan
Mai Ái Như Uyên|1998|7|9999|dian
Trương Nguyễn Thị Đoan Trang|1987|05|640|phugiao
Trịnh Công Ưng|1972|3|8080|sldtbxh
Đào Xuân Ơn|1969|11|111|stc
Cao Thị Yến|1993|2|0900|bencat
Tô Tuấn Tú|1984|6|314|ubnd.dautieng
Ông Thị Ngọc Ánh|1995|8|2718|phong.snv
Ưng Hoàng Phúc|1981|12|606|sct
Âu Dương Thị Ý|1990|1|161|skhcn
Tôn Nữ Thị Ninh|1966|10|4040|sngv
Công Tằng Tôn Nữ Thị Hoàng Anh|1970|4|505|svhttdl
Nguyễn Phước Vĩnh Thụy Bảo Long Hoàng Anh|1991|6|7070|vpubnd
Nguyễn Trường Nghiêng Thượng Chương Phượng Nghĩa Khuynh Trường|1990|2|417|skhcn
Nguyễn Trường Nghiêng Thượng Chương Phượng Nghĩa Khuynh Trường Thương Nguyệt|1990|2|4170|skhcn
Lê A|1980|3|212|snv
Lê Ý|1982|9|1000|snv
Ơ|1990|5|505|skhcn
Đ|1991|06|6061|skhcn
Út|1960|1|717|dautieng
Bình||||tanuyen
NGUYỄN THỊ ÁNH HỒNG|1990|10|123|snv
ĐỖ ĐÌNH ĐẠT|1975|11|4567|stc
lê thị bích liên|1997|12|890|sct
nGUYỄN đÌNH tHỊNH|1984|7|1357|sxd
  Trần   Thị  Hằng |1986|8|246|syt
Phạm\u00A0Văn\u00A0Hùng|1978|9|8642|stp
Lâm\u2003Quốc\u3000Khánh|1992|10|975|syt
Đặng \u00A0 Hữu\u202FKiệt|1990|11|531|snv
NFD Nguyễn Đức Trọng|1988|12|0808|skhcn
NFD ĐẶNG THỊ THÚY HẰNG|1993|1|707|sgddt
NFD H'Ngăm Ênuôl|1990|2|606|sngv
H'Hen Niê|1992|5|303|svhttdl
H\u2019Bia Êban|1995|6|9191|sgddt
H\u02BCLinh Mlô|1998|7|818|syt
K'Bôi|1981|3|717|snv
K\u2018Brếp|1979|4|6161|snv
K\u00B4Thủy|1996|5|515|snv
Ka Să Hà Ơi|1987|8|4141|stttt
Y-Bih Aleo|1970|9|313|ubnd
Y\u2011Moan Ênuôl|1973|10|2121|svhttdl
Y\u2010Nguê Buôn Krông|1985|11|112|skhcn
Y\u2013Blăm Niê Kđăm|1990|12|1313|skhcn
Y Thương|1994|1|414|snv
Rơ Châm H'Bơ|1991|2|5151|syt
Ksor H`Nhan|1989|3|616|sgddt
Siu Rô Y Lâm|1983|4|7171|stc
Rah Lan Pớt|1976|5|818|sct
Nay Đoan|1988|6|9292|stp
Kpă H'Yui|1999|7|101|dian
Rơ Ô H\u2019Brông|1997|8|2020|thuanan
A Blong|1974|9|303|snnptnt
Đinh Y Nút|1982|10|4004|snv
Giàng A Páo|1986|11|505|snv
Vừ A Dính|1990|12|6006|snv
Sùng Thị Máy|1993|1|707|syt
Lầu Bá Chùa|1971|2|8008|snv
Lò Văn Ún|1969|3|909|snv
Cà Thị Ỏn|1995|4|1010|sgddt
Quàng Văn Khum|1984|5|212|sxd
Nông Thị Dền|1987|6|3232|stc
Triệu Mùi Pham|1992|7|434|syt
Phùng Chòi Khé|1980|8|5454|snv
Bùi Thị Ẻn|1998|9|656|sgddt
Thạch Sa Rây|1978|10|7676|svhttdl
Chau Kim Sơn|1985|11|878|snv
Danh Út|1966|12|9898|snv
Kim Sóc Kha|1991|1|090|stp
Neáng Sóc Ry|1994|2|1212|sct
Chế Thị Mỹ Lan|1989|3|343|skhcn
Bá Trung Thụ|1977|4|5656|snv
Chamaléa Thị Ỷ|1990|5|787|syt
Pi Năng Tắc|1968|6|9090|snv
Touneh Hàn Liêm|1983|7|121|sgddt
Ma Bio|1996|8|3434|snv
Điểu Ong|1973|9|565|phugiao
Điểu Thị Ăn|1999|10|7878|phugiao
Bhling Mia|1988|11|909|snnptnt
Zơ Râm Nhất|1981|12|0101|snv
Alăng Bhuốch|1975|1|232|snv
Hồ Kan Lịch|1967|2|4545|svhttdl
Hồ Thị Păh|1997|3|676|snv
Pờ Xá Xuy|1986|4|8989|snv
Hù Cố Xuân|1992|5|010|snv
Lò Dỉ Pao|1979|6|2323|snv
Thao Lợi|1990|7|454|snv
Củng Phủ Hảo|1984|8|6767|snv
Tsằn A Sập|1970|9|898|snv
Quách Lý Bảo Trân|1998|10|1919|sngv
"""

APOSTROPHES = "'`\u00B4\u2018\u2019\u02BC"


def fold(word):
    out = ""
    for char in unicodedata.normalize("NFD", word).lower():
        if char == "đ":
            out += "d"
        elif char in APOSTROPHES or unicodedata.category(char) == "Pd" or unicodedata.combining(char):
            continue
        else:
            out += char
    if not out.isascii() or not out.isalnum():
        raise ValueError("%r does not fold" % word)
    return out


class Lacks(Exception):
    """A fact that the letter does not have."""


class Person:
    def __init__(self, name, year, month, tail, agency):
        words = [fold(word) for word in name.split()]
        self.year_text, self.month_text, self.tail = year, month, tail
        self.agency = agency
        self.given = words[-1]
        self.before = words[:-1]
        self.family = self.before[:1]
        self.middle = self.before[1:]
        self.all = "".join(words)

    @property
    def initials(self):
        return "".join(word[0] for word in self.before)

    @property
    def year(self):
        if not self.year_text:
            raise Lacks("birth_year")
        return self.year_text

    @property
    def month(self):
        if not self.month_text:
            raise Lacks("birth_month")
        return "%02d" % int(self.month_text)

    def digits(self, count):
        if len(self.tail) < count:
            raise Lacks("id_tail")
        return self.tail[-count:]

    @property
    def short(self):
        """First letters of the family name, all of the rest."""
        return "".join(word[0] for word in self.family) + "".join(self.middle) + self.given


# Ninh Bình 162/2025 article 5.3: given name, first letters of the others, agency.
def ninh_binh(p):
    yield lambda: p.given + p.initials + "." + p.agency


# Đồng Tháp 143/2025 article 6.3, in its order.
def dong_thap(p):
    yield lambda: p.all
    yield lambda: p.all + p.year
    yield lambda: p.short
    yield lambda: p.initials + p.given
    yield lambda: p.initials + p.given + p.year
    yield lambda: p.initials + p.given + p.month + p.year


# Nghệ An 99/2025 article 5.2: a number after the name, for the one who comes later.
def nghe_an(p):
    yield lambda: p.given + p.initials
    for number in (1, 2, 10):
        yield lambda number=number: "%s%s%d" % (p.given, p.initials, number)


# Bắc Ninh 79/2025 article 5.2: the last three digits of the citizen's ID, then the last four.
def bac_ninh(p):
    yield lambda: p.given + p.initials + p.digits(3)
    yield lambda: p.given + p.initials + p.digits(4)


RULES = {"ninh-binh": ninh_binh, "dong-thap": dong_thap, "nghe-an": nghe_an, "bac-ninh": bac_ninh}


def fate(candidate):
    try:
        local = candidate()
    except Lacks as lack:
        return "?%s" % lack
    return local if len(local) <= 64 else "-"


def people():
    for line in PEOPLE.strip("\n").split("\n"):
        name, *facts = line.split("|")
        if name.startswith("NFD "):
            name = unicodedata.normalize("NFD", name[4:])
        yield [name] + facts


def main():
    out = open(sys.stdout.fileno(), "w", encoding="utf-8", newline="\n")
    print("regulation\tname\tbirth_year\tbirth_month\tid_tail\tagency\tcandidates", file=out)
    for regulation, rule in RULES.items():
        for row in people():
            print(regulation, *row, " ".join(map(fate, rule(Person(*row)))), sep="\t", file=out)


if __name__ == "__main__":
    main()
