/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/policy/letter_font.h"

/* Vowels without tone and with grave, hook, tilde, acute and dot; all lower case. */
static const struct {
	char base, mark;
	char32_t toned[6];
} vowels[] = {
	{ 'a', 0, U"aàảãáạ" }, { 'a', '(', U"ăằẳẵắặ" }, { 'a', '^', U"âầẩẫấậ" },
	{ 'e', 0, U"eèẻẽéẹ" }, { 'e', '^', U"êềểễếệ" }, { 'i', 0, U"iìỉĩíị" },
	{ 'o', 0, U"oòỏõóọ" }, { 'o', '^', U"ôồổỗốộ" }, { 'o', '+', U"ơờởỡớợ" },
	{ 'u', 0, U"uùủũúụ" }, { 'u', '+', U"ưừửữứự" }, { 'y', 0, U"yỳỷỹýỵ" },
};
#define VOWELS (sizeof(vowels) / sizeof(*vowels))

/* The letters above lie in pairs: in Latin-1 32 apart, beyond it side by side. */
static char32_t
lower(char32_t c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xC0 && c <= 0xDE && c != 0xD7))
		return c + 32;
	if (c == 0x1AF) /* Ư: the only pair that begins with an odd number */
		return 0x1B0;
	if ((c >= 0x100 && c < 0x1AF) || (c >= 0x1EA0 && c <= 0x1EF9))
		return c | 1;
	return c;
}

char32_t
viet_upper(char32_t c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 0xE0 && c <= 0xFE && c != 0xF7))
		return c - 32;
	if (c == 0x1B0)
		return 0x1AF;
	if ((c >= 0x100 && c < 0x1AF) || (c >= 0x1EA0 && c <= 0x1EF9))
		return c & ~1u;
	return c;
}

struct viet
viet_letter(char32_t c)
{
	struct viet v = { 0, 0, 0, false };
	char32_t low = lower(c);

	v.upper = low != c;
	if (low >= 'a' && low <= 'z') {
		v.base = (char)low;
		return v;
	}
	if (low == 0x111)
		return (struct viet){ 'd', '-', 0, v.upper };
	for (size_t i = 0; i < VOWELS && low >= 0xE0; i++)
		for (char tone = 0; tone < 6; tone++)
			if (vowels[i].toned[(int)tone] == low)
				return (struct viet){ vowels[i].base, vowels[i].mark, tone, v.upper };
	return v;
}

char32_t
viet_join(struct viet v)
{
	char32_t c = 0;

	if (v.base == 'd' && v.mark == '-')
		c = 0x111;
	else if (!v.mark && !v.tone)
		c = (char32_t)v.base;
	for (size_t i = 0; i < VOWELS && !c; i++)
		if (vowels[i].base == v.base && vowels[i].mark == v.mark)
			c = vowels[i].toned[(int)v.tone];
	return v.upper ? viet_upper(c) : c;
}

char
viet_tone(char32_t c)
{
	switch (c) {
	case 0x300:
		return TONE_GRAVE;
	case 0x309:
		return TONE_HOOK;
	case 0x303:
		return TONE_TILDE;
	case 0x301:
		return TONE_ACUTE;
	case 0x323:
		return TONE_DOT;
	}
	return TONE_NONE;
}

char
viet_mark(char32_t c)
{
	switch (c) {
	case 0x302:
		return '^';
	case 0x306:
		return '(';
	case 0x31B:
		return '+';
	}
	return 0;
}

size_t
viet_get(const char *s, char32_t *c)
{
	const unsigned char *u = (const unsigned char *)s;

	if (*u < 0x80) {
		*c = *u;
		return 1;
	}
	if (*u < 0xE0) {
		*c = (char32_t)(u[0] & 0x1F) << 6 | (u[1] & 0x3F);
		return 2;
	}
	if (*u < 0xF0) {
		*c = (char32_t)(u[0] & 0x0F) << 12 | (char32_t)(u[1] & 0x3F) << 6 | (u[2] & 0x3F);
		return 3;
	}
	*c = (char32_t)(u[0] & 0x07) << 18 | (char32_t)(u[1] & 0x3F) << 12 |
	     (char32_t)(u[2] & 0x3F) << 6 | (u[3] & 0x3F);
	return 4;
}

void
viet_put(struct buf *out, char32_t c)
{
	if (c < 0x80) {
		buf_char(out, (char)c);
	} else if (c < 0x800) {
		buf_char(out, (char)(0xC0 | c >> 6));
		buf_char(out, (char)(0x80 | (c & 0x3F)));
	} else {
		if (c < 0x10000) {
			buf_char(out, (char)(0xE0 | c >> 12));
		} else {
			buf_char(out, (char)(0xF0 | c >> 18));
			buf_char(out, (char)(0x80 | (c >> 12 & 0x3F)));
		}
		buf_char(out, (char)(0x80 | (c >> 6 & 0x3F)));
		buf_char(out, (char)(0x80 | (c & 0x3F)));
	}
}
