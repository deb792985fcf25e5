/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/policy/letter_typed.h"

const char *const letter_font_words[LETTER_FONTS] = { "", "windows-1258", "tcvn3", "vni",
							"viscii" };
const char *const letter_font_names[LETTER_FONTS] = { "", "windows-1258", "TCVN3 (ABC)",
						      "VNI-Windows", "VISCII" };

#define NOTHING 0xFFFD

/* --- Windows-1258 ----------------------------------------------------------------------------- */
/* Where it differs from Windows-1252. */
static char32_t
cp1258(char32_t c)
{
	static const struct {
		unsigned char byte;
		char32_t c;
	} other[] = { { 0xC3, 0x102 }, { 0xCC, 0x300 }, { 0xD0, 0x110 }, { 0xD2, 0x309 },
		      { 0xD5, 0x1A0 }, { 0xDD, 0x1AF }, { 0xDE, 0x303 }, { 0xE3, 0x103 },
		      { 0xEC, 0x301 }, { 0xF0, 0x111 }, { 0xF2, 0x323 }, { 0xF5, 0x1A1 },
		      { 0xFD, 0x1B0 }, { 0xFE, 0x20AB } };

	for (size_t i = 0; i < sizeof(other) / sizeof(*other); i++)
		if (other[i].byte == c)
			return other[i].c;
	return c;
}

/* --- TCVN3 ------------------------------------------------------------------------------------ */
/* From 0xA1 on.  The combining marks of the standard (0xB0 to 0xB4) are in no ABC font. */
static const char32_t tcvn3[] = U"ĂÂÊÔƠƯĐăâêôơưđẰ"
				U"\xB0\xB1\xB2\xB3\xB4"
				U"àảãáạẲằẳẵắẴẮẦẨẪẤỀặầẩẫấậèỂẻẽéẹềểễếệìỉỄẾỒĩíị"
				U"òỔỏõóọồổỗốộờởỡớợùỖủũúụừửữứựỳỷỹýỵỐ";
_Static_assert(sizeof(tcvn3) / sizeof(*tcvn3) == 0x100 - 0xA1 + 1, "a letter for each byte");

/* --- VISCII ----------------------------------------------------------------------------------- */
/* From 0x80 on.  The six letters below 0x20 are rare capitals, and no letters to anything else here. */
static const char32_t viscii[] = U"ẠẮẰẶẤẦẨẬẼẸẾỀỂỄỆỐỒỔỖỘỢỚỜỞỊỎỌỈỦŨỤỲ"
				U"ÕắằặấầẩậẽẹếềểễệốồổỗỠƠộờởịỰỨỪỬơớƯ"
				U"ÀÁÂÃẢĂẳẵÈÉÊẺÌÍĨỳĐứÒÓÔạỷừửÙÚỹỵÝỡư"
				U"àáâãảăữẫèéêẻìíĩỉđựòóôõỏọụùúũủýợỮ";
_Static_assert(sizeof(viscii) / sizeof(*viscii) == 0x80 + 1, "a letter for each byte");

/* --- VNI-Windows ------------------------------------------------------------------------------ */
/* Letters that are one byte, in lower case. */
static const struct {
	unsigned char byte;
	struct viet v;
} vni_letters[] = {
	{ 0xF1, { 'd', '-', 0, false } },	   { 0xF4, { 'o', '+', 0, false } },
	{ 0xF6, { 'u', '+', 0, false } },	   { 0xED, { 'i', 0, TONE_ACUTE, false } },
	{ 0xEC, { 'i', 0, TONE_GRAVE, false } }, { 0xE6, { 'i', 0, TONE_HOOK, false } },
	{ 0xF3, { 'i', 0, TONE_TILDE, false } }, { 0xF2, { 'i', 0, TONE_DOT, false } },
	{ 0xEE, { 'y', 0, TONE_DOT, false } },
};

/* Signs after a letter, in lower case. */
static const struct {
	unsigned char byte;
	char mark, tone;
} vni_signs[] = {
	{ 0xF9, 0, TONE_ACUTE },   { 0xF8, 0, TONE_GRAVE },   { 0xFB, 0, TONE_HOOK },
	{ 0xF5, 0, TONE_TILDE },   { 0xEF, 0, TONE_DOT },     { 0xE2, '^', TONE_NONE },
	{ 0xE1, '^', TONE_ACUTE }, { 0xE0, '^', TONE_GRAVE }, { 0xE5, '^', TONE_HOOK },
	{ 0xE3, '^', TONE_TILDE }, { 0xE4, '^', TONE_DOT },   { 0xEA, '(', TONE_NONE },
	{ 0xE9, '(', TONE_ACUTE }, { 0xE8, '(', TONE_GRAVE }, { 0xFA, '(', TONE_HOOK },
	{ 0xFC, '(', TONE_TILDE }, { 0xEB, '(', TONE_DOT },
};

static char32_t
vni_lower(char32_t c)
{
	return c >= 0xC0 && c <= 0xDE ? c + 32 : c;
}

/* The letter that begins at c: a plain one, or one of VNI's own. */
static struct viet
vni_letter(char32_t c)
{
	char32_t low = vni_lower(c);

	if (c < 0x80)
		return viet_letter(c);
	for (size_t i = 0; i < sizeof(vni_letters) / sizeof(*vni_letters); i++)
		if (vni_letters[i].byte == low) {
			struct viet v = vni_letters[i].v;

			v.upper = low != c;
			return v;
		}
	return (struct viet){ 0, 0, 0, false };
}

/* Puts the sign onto the letter; false: it cannot be there. */
static bool
vni_sign(char32_t c, struct viet *v)
{
	char32_t low = vni_lower(c);

	for (size_t i = 0; i < sizeof(vni_signs) / sizeof(*vni_signs); i++)
		if (vni_signs[i].byte == low) {
			struct viet with = *v;

			if (v->tone || v->base == 'i' || (v->mark && vni_signs[i].mark))
				return false;
			with.mark = vni_signs[i].mark ? vni_signs[i].mark : v->mark;
			with.tone = vni_signs[i].tone;
			if (!viet_join(with))
				return false;
			*v = with;
			return true;
		}
	return false;
}

static size_t
read_vni(bool strict, const char32_t *in, size_t n, char32_t *out)
{
	size_t k = 0;

	for (size_t i = 0; i < n; i++) {
		struct viet v = vni_letter(in[i]);

		if (!v.base || (v.base == 'd' && !v.mark)) {
			out[k++] = strict && in[i] > 0xA0 ? NOTHING : in[i];
			continue;
		}
		if (i + 1 < n && in[i + 1] >= 0xC0 && in[i + 1] <= 0xFF && vni_sign(in[i + 1], &v))
			i++;
		out[k++] = viet_join(v);
	}
	return k;
}

static char32_t
read_tcvn3(bool strict, char32_t c)
{
	if (strict && c >= 0xB0 && c <= 0xB4)
		return NOTHING;
	return c >= 0xA1 && c <= 0xFF ? tcvn3[c - 0xA1] : c;
}

size_t
letter_font_read(enum letter_font font, bool strict, const char32_t *in, size_t n, char32_t *out)
{
	switch (font) {
	case LETTER_FONT_VNI:
		return read_vni(strict, in, n, out);
	case LETTER_FONT_TCVN3:
		for (size_t i = 0; i < n; i++)
			out[i] = read_tcvn3(strict, in[i]);
		return n;
	case LETTER_FONT_CP1258:
		for (size_t i = 0; i < n; i++)
			out[i] = cp1258(in[i]);
		return n;
	case LETTER_FONT_VISCII:
		for (size_t i = 0; i < n; i++)
			out[i] = in[i] >= 0x80 && in[i] <= 0xFF ? viscii[in[i] - 0x80] : in[i];
		return n;
	case LETTER_FONT_NONE:
	case LETTER_FONTS:
		break;
	}
	memmove(out, in, n * sizeof(*in));
	return n;
}

/* --- lines ------------------------------------------------------------------------------------ */
/* What Windows-1252 has between 0x80 and 0x9F are signs, and € ƒ Š Œ Ž š œ ž Ÿ: no letters of
 * Vietnamese, and in no font here.  So only real letters say that a cell is Unicode. */
bool
letter_font_beyond(char32_t c)
{
	return c == 0x102 || c == 0x103 || c == 0x110 || c == 0x111 || c == 0x1A0 || c == 0x1A1 ||
	       c == 0x1AF || c == 0x1B0 || c == 0x128 || c == 0x129 || c == 0x168 || c == 0x169 ||
	       (c >= 0x300 && c < 0x370) || (c >= 0x1EA0 && c <= 0x1EF9);
}

bool
letter_font_unicode(const char *line, size_t n)
{
	char32_t c;

	for (size_t i = 0; i < n;) {
		i += viet_get(line + i, &c);
		if (letter_font_beyond(c))
			return true;
	}
	return false;
}

/* Two capitals side by side, and no small letter of ASCII. */
static bool
in_capitals(const char32_t *c, size_t n)
{
	bool pair = false;

	for (size_t i = 0; i < n; i++) {
		if (c[i] >= 'a' && c[i] <= 'z')
			return false;
		pair |= i && c[i] >= 'A' && c[i] <= 'Z' && c[i - 1] >= 'A' && c[i - 1] <= 'Z';
	}
	return pair;
}

static void
read_cell(enum letter_font font, bool careful, char32_t *c, size_t n, struct buf *out)
{
	bool capitals = font == LETTER_FONT_TCVN3 && in_capitals(c, n);
	bool unicode = false;

	for (size_t i = 0; i < n && !unicode; i++)
		unicode = letter_font_beyond(c[i]);
	if (careful && !unicode) {
		struct letter_typed count = letter_typed_count(font, c, n);

		unicode = count.only <= count.both;
	}
	if (!unicode)
		n = letter_font_read(font, false, c, n, c);
	for (size_t i = 0; i < n; i++)
		viet_put(out, capitals && !unicode ? viet_upper(c[i]) : c[i]);
}

void
letter_font_line(enum letter_font font, bool careful, const char *line, size_t n, struct buf *out)
{
	char32_t cell[512]; /* a longer one is read in pieces: at a space, or where it happens */
	size_t k = 0;

	for (size_t i = 0; i < n;) {
		i += viet_get(line + i, &cell[k++]);
		if ((cell[k - 1] < 0x80 && strchr(",;\t\"\r\n", (int)cell[k - 1])) ||
		    (k > 400 && cell[k - 1] == ' ') || k == sizeof(cell) / sizeof(*cell)) {
			read_cell(font, careful, cell, k, out);
			k = 0;
		}
	}
	read_cell(font, careful, cell, k, out);
}
