#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Writes one letter in every code that Excel in Viet Nam may save it in, into tests/data/encodings.

    make_encodings.py [FOLDER]

The tables are written down here anew, so that they check those of the reader.  "typed" is text of an
old font that a program took for Latin letters and saved as Unicode.  The same bytes every time.
"""
import csv
import io
import os
import sys
import unicodedata

HERE = os.path.dirname(os.path.abspath(__file__))
HEADER = ["STT", "Thao tác", "Họ và tên (*)", "Ngày sinh", "Chức vụ", "Phòng ban", "Số điện thoại",
          "Căn cứ", "Ngày quyết định", "Ghi chú", "Mã nhân viên"]
# Every vowel with every tone.  The ABC fonts have no capitals with tones, and names get them again; other
# cells begin only with those that these fonts have.
ROWS = [
    ["Nguyễn Văn Tĩnh", "Phó Trưởng phòng", "Phòng Kế hoạch, Tài chính", "bổ nhiệm", "ngã rẽ; về"],
    ["Trần Thị Thùy Dương", "Chuyên viên", "Văn phòng", "tiếp nhận", "nhà trẻ, lẻ bạn bè hẹn"],
    ["Lê Đức Thịnh", "Kế toán viên", "Thanh tra", "tuyển dụng", "thẳng, sẵn, nặng, nhắm, lằng"],
    ["Đặng Quỳnh Như", "Văn thư", "Phòng Tổ chức cán bộ", "điều động", "cẩn, ẫm, ậm, ầm, ấm, âm"],
    ["Phạm Hữu Nghĩa", "Lưu trữ", "Văn phòng", "luân chuyển", "để, ễnh, ệch, ề, ế, ê"],
    ["Huỳnh Mỹ Kỳ", "Chuyên viên chính", "Thanh tra", "biệt phái", "kỷ, kỵ, ký, ỷ lại, tý, tỵ"],
    ["Võ Hoàng Sơn", "Giám đốc", "Ban Giám đốc", "nghỉ hưu", "lò, lỏ, lõ, ló, lọ, sọt"],
    ["Bùi Thị Mười", "Thủ quỹ", "Văn phòng", "thôi việc", "ồn, ổn, ỗn, ốn, ộn, ôn"],
    ["Đỗ Ngọc Cường", "Lái xe", "Văn phòng", "hợp đồng", "ờ, ở, ỡ, ớ, ợ, ơ"],
    ["Hồ Xuân Hưởng", "Phó Giám đốc", "Ban Giám đốc", "nghỉ thai sản", "ù, ủ, ũ, ú, ụ"],
    ["Ngô Thừa Ân", "Chuyên viên", "Phòng Cải cách", "ốm", "ừ, ử, ữ, ứ, ự, ư, cứng, sững"],
    ["Phan Hoài Ơn", "Chuyên viên", "Phòng Cải cách", "sáp nhập", "ì, ỉ, ĩ, í, ị; phòng bị, mình"],
    ["Trương Vĩnh Ưng", "Chuyên viên", "Thanh tra", "từ trần", "từ chối, chữ ký, mở, đợi, sử dụng"],
    ["Đặng Thị Ánh Nguyệt", "Chuyên viên", "Thanh tra", "tiếp nhận", "đã có"],
    ["Ông Út Ứng", "Chuyên viên", "Văn phòng", "tiếp nhận", "cả họ và tên"],
    ["Trần Ứng Ích Ổn", "Chuyên viên", "Văn phòng", "tiếp nhận", "nguyên quán"],
    ["Hoàng Minh Đạo", "Chuyên viên", "Thanh tra", "giải thể", "mèo, khẽ, xẻng, chẹt, kẻ, gié"],
]

CAPITALS = [["NGUYỄN THỊ ÁNH", "Á"], ["Ánh Ngọc Ẩn", "Ổn Định"], ["ĐẶNG ỨNG Ý", "Ế"],
            ["LÊ HỮU PHƯỚC", "Ở"], ["Ông Ích Khiêm", "Ùn"], ["Ỷ Lan", "Ắt"], ["Tạ Út", "Ạ"]]

TCVN3 = {}
for letters, codes in (
        ("àáảãạ", "µ¸¶·¹"), ("ăằắẳẵặ", "¨»¾¼½Æ"), ("âầấẩẫậ", "©ÇÊÈÉË"), ("èéẻẽẹ", "ÌÐÎÏÑ"),
        ("êềếểễệ", "ªÒÕÓÔÖ"), ("ìíỉĩị", "×ÝØÜÞ"), ("òóỏõọ", "ßãáâä"), ("ôồốổỗộ", "«åèæçé"),
        ("ơờớởỡợ", "¬êíëìî"), ("ùúủũụ", "ïóñòô"), ("ưừứửữự", "\xadõøö÷ù"), ("ỳýỷỹỵ", "úýûüþ"),
        ("đĂÂÊÔƠƯĐ", "®¡¢£¤¥¦§")):
    TCVN3.update(zip(letters, codes, strict=True))

# Signs of VNI by what they put onto the letter: combining marks of the decomposition.
VNI_SIGN = {"\u0301": "ù", "\u0300": "ø", "\u0309": "û", "\u0303": "õ", "\u0323": "ï",
            "\u0302": "â", "\u0302\u0301": "á", "\u0302\u0300": "à", "\u0302\u0309": "å",
            "\u0302\u0303": "ã", "\u0323\u0302": "ä", "\u0306": "ê", "\u0306\u0301": "é",
            "\u0306\u0300": "è", "\u0306\u0309": "ú", "\u0306\u0303": "ü", "\u0323\u0306": "ë"}
VNI_LETTER = {"đ": "ñ", "ơ": "ô", "ư": "ö", "í": "í", "ì": "ì", "ỉ": "æ", "ĩ": "ó", "ị": "ò",
              "ỵ": "î"}


def tcvn3(text):
    """What has no capital has the code of the small letter, which a capital font shows large."""
    return "".join(TCVN3.get(c, TCVN3.get(c.lower(), c)) for c in text)


def vni_char(c):
    low = c.lower()
    if ord(c) < 128:
        return c
    if low in VNI_LETTER:
        return VNI_LETTER[low].upper() if c != low else VNI_LETTER[low]
    marks = unicodedata.normalize("NFD", low)
    base, marks = marks[0], marks[1:]
    if "\u031b" in marks:
        base = {"o": "ô", "u": "ö"}[base]
        marks = marks.replace("\u031b", "")
    sign = VNI_SIGN[marks]
    return (base + sign).upper() if c != low else base + sign


def vni(text):
    return "".join(map(vni_char, text))


def cp1258(text):
    out = b""
    for c in text:
        try:
            out += c.encode("cp1258")
        except UnicodeEncodeError:
            parts = unicodedata.normalize("NFD", c)
            tone = next(m for m in parts if m in "\u0301\u0300\u0309\u0303\u0323")
            rest = unicodedata.normalize("NFC", parts.replace(tone, ""))
            out += (rest + tone).encode("cp1258")
    return out


# RFC 1456; six capitals lie below the space, and 0x80 to 0xFF has the rest.
VISCII = {"Ẳ": 0x02, "Ẵ": 0x05, "Ẫ": 0x06, "Ỷ": 0x14, "Ỹ": 0x19, "Ỵ": 0x1E}
VISCII.update((c, 0x80 + i) for i, c in enumerate(
    "ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
    "ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
    "ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
    "àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ"))


def viscii(text):
    return bytes(VISCII.get(c) or ord(c) for c in text)


def letter(separator, header, rows):
    f = io.StringIO()
    w = csv.writer(f, delimiter=separator, lineterminator="\r\n")
    w.writerow(header)
    w.writerows(rows)
    return f.getvalue()


def whole(separator):
    rows = []
    for i, (name, title, unit, basis, note) in enumerate(ROWS):
        rows.append([str(i + 1), "cấp mới", name, f"{i + 1:02}/{i % 12 + 1}/{1970 + i}", title, unit,
                     f"0912 345 {600 + i}", basis, f"{i + 1}/3/2026", note, f"NV-{i + 1}"])
    return letter(separator, HEADER, rows)


def main():
    folder = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "encodings")
    os.makedirs(folder, exist_ok=True)
    files = {}
    for name, separator in (("comma", ","), ("semicolon", ";"), ("tab", "\t")):
        text = whole(separator)
        files[f"letter-utf8-{name}.csv"] = text.encode()
        files[f"letter-utf8bom-{name}.csv"] = b"\xef\xbb\xbf" + text.encode()
        files[f"letter-utf16le-{name}.csv"] = b"\xff\xfe" + text.encode("utf-16-le")
        files[f"letter-cp1258-{name}.csv"] = cp1258(text)
        files[f"letter-tcvn3-{name}.csv"] = tcvn3(text).encode("latin-1")
        files[f"letter-viscii-{name}.csv"] = viscii(text)
        files[f"letter-vni-{name}.csv"] = vni(text).encode("latin-1")
    text = whole(";")
    files["letter-utf16be.csv"] = b"\xfe\xff" + text.encode("utf-16-be")
    files["letter-utf16le-bare.csv"] = text.encode("utf-16-le")
    files["letter-utf16be-bare.csv"] = text.encode("utf-16-be")
    files["letter-nfd.csv"] = unicodedata.normalize("NFD", text).encode()
    files["letter-tcvn3-typed.csv"] = tcvn3(text).encode()
    files["letter-tcvn3-typed-utf16le.csv"] = b"\xff\xfe" + tcvn3(text).encode("utf-16-le")
    files["letter-vni-typed.csv"] = vni(text).encode()
    files["letter-vni-typed-utf16le.csv"] = vni(text).encode("utf-16-le")
    files["letter-cp1258-typed.csv"] = cp1258(text).decode("cp1252").encode()
    # a template in Unicode, filled in with an old font
    head, rows = text.split("\r\n", 1)
    files["letter-tcvn3-below-unicode.csv"] = (head + "\r\n" + tcvn3(rows)).encode()
    files["letter-vni-below-unicode.csv"] = (head + "\r\n" + vni(rows)).encode()
    text = letter(";", ["op", "full_name", "reason"], [["create", *row] for row in CAPITALS])
    files["capitals-utf8.csv"] = text.encode()
    files["capitals-cp1258.csv"] = cp1258(text)
    files["capitals-viscii.csv"] = viscii(text)
    files["capitals-vni.csv"] = vni(text).encode("latin-1")
    files["capitals-vni-typed.csv"] = vni(text).encode()
    rows = [["create", row[0]] for row in CAPITALS if row[0].isupper()]
    text = letter(";", ["op", "full_name"], rows)
    files["allcaps-utf8.csv"] = text.encode()
    files["allcaps-tcvn3.csv"] = tcvn3(text).encode("latin-1")
    files["allcaps-tcvn3-typed.csv"] = tcvn3(text).encode()
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as f:
            f.write(data)


if __name__ == "__main__":
    main()
