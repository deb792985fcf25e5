/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>
#include <uniwidth.h>

#include "common/text.h"

#define U8(s) ((const uint8_t *)(s))
#define REPLACEMENT 0xFFFD

/*
 * The letters of Vietnamese and of the languages around it: U+00A1-U+02FF and U+1EA0-U+1EF9.  All
 * of them are NFC_Quick_Check=Yes with combining class 0 (DerivedNormalizationProps.txt), so text
 * made of these and of ASCII alone is in NFC.  Returns the length of the character at s, 0 when it
 * is not one of them (or when that is not known without libunistring).
 */
static inline size_t
plain_letter(const uint8_t *s, size_t n)
{
	if (n >= 2 && s[0] >= 0xC2 && s[0] <= 0xCB && (s[1] & 0xC0) == 0x80) {
		/* not the C1 controls, the no-break space and the soft hyphen */
		if (s[0] == 0xC2 && (s[1] <= 0xA0 || s[1] == 0xAD))
			return 0;
		return 2;
	}
	if (n >= 3 && s[0] == 0xE1 &&
	    ((s[1] == 0xBA && s[2] >= 0xA0 && s[2] <= 0xBF) ||
	     (s[1] == 0xBB && s[2] >= 0x80 && s[2] <= 0xB9)))
		return 3;
	return 0;
}

bool
text_is_clean(const char *text, size_t n)
{
	const uint8_t *s = U8(text), *end = s + n;
	bool space = true;

	while (s < end) {
		if (*s > 0x20 && *s < 0x7F) {
			space = false;
			s++;
		} else if (*s == ' ' && !space) {
			space = true;
			s++;
		} else {
			size_t k = plain_letter(s, (size_t)(end - s));

			if (!k)
				return false;
			space = false;
			s += k;
		}
	}
	return !space || n == 0;
}

long
text_invalid(const char *s, size_t n)
{
	const uint8_t *bad = u8_check(U8(s), n);

	return bad ? (long)(bad - U8(s)) : -1;
}

bool
text_has_space(const char *s, size_t n)
{
	ucs4_t uc;

	for (size_t i = 0; i < n; i += (size_t)u8_mbtouc(&uc, U8(s) + i, n - i))
		if (u8_mbtouc(&uc, U8(s) + i, n - i) && uc_is_property_white_space(uc))
			return true;
	return false;
}

size_t
text_length(const char *s, size_t n)
{
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xC0) != 0x80;
	return count;
}

/* s must be valid UTF-8.  Caller frees. */
static char *
normalized(uninorm_t form, const char *s, size_t n)
{
	size_t len = 0;
	uint8_t *out = n ? u8_normalize(form, U8(s), n, NULL, &len) : NULL;
	char *result;

	BUG_ON(n && !out);
	result = xmalloc(len + 1);
	if (len)
		memcpy(result, out, len);
	result[len] = '\0';
	free(out);
	return result;
}

/* What is wrong with a character in a value that people write; NULL when nothing is. */
static const char *
fault(ucs4_t uc)
{
	if (uc == REPLACEMENT)
		return "which a program put where it lost a letter: type that letter again";
	if (uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_Cc))
		return "a control character: delete it";
	if (uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_Cf) ||
	    uc_is_property_default_ignorable_code_point(uc) ||
	    uc_is_property_not_a_character(uc))
		return "a character that cannot be seen: delete it";
	return NULL;
}

/* One space for any white space, none at the ends; -1 at a character that may not be there. */
static int
squeeze(const char *s, size_t n, struct buf *out, struct err *e)
{
	size_t number = 1;
	bool space = false;

	for (size_t i = 0; i < n; number++) {
		ucs4_t uc;
		int k = u8_mbtouc(&uc, U8(s) + i, n - i);

		if (uc_is_property_white_space(uc)) {
			space = out->len > 0;
		} else if (fault(uc)) {
			return err_set(e, ERR_USAGE, "character %zu is U+%04X, %s", number,
				       (unsigned)uc, fault(uc));
		} else {
			if (space)
				buf_char(out, ' ');
			space = false;
			buf_add(out, s + i, (size_t)k);
		}
		i += (size_t)k;
	}
	return 0;
}

char *
text_clean(const char *s, size_t n, struct err *e)
{
	AUTO(buf) out = BUF_INIT;
	long bad;

	if (text_is_clean(s, n))
		return xstrndup(s, n);
	bad = text_invalid(s, n);
	if (bad >= 0) {
		err_set(e, ERR_USAGE, "byte 0x%02X after %zu characters is not UTF-8",
			(unsigned char)s[bad], text_length(s, (size_t)bad));
		return NULL;
	}
	if (squeeze(s, n, &out, e))
		return NULL;
	return normalized(UNINORM_NFC, out.data, out.len);
}

char *
text_nfc(const char *s)
{
	size_t n = strlen(s);

	if (text_invalid(s, n) >= 0)
		return NULL;
	return normalized(UNINORM_NFC, s, n);
}

bool
text_is_nfc(const char *text, size_t n)
{
	const uint8_t *s = U8(text), *end = s + n;
	size_t len = 0;
	uint8_t *form;
	bool same;

	while (s < end) {
		size_t k = *s < 0x80 ? 1 : plain_letter(s, (size_t)(end - s));

		if (!k)
			break;
		s += k;
	}
	if (s == end)
		return true;
	form = u8_normalize(UNINORM_NFC, U8(text), n, NULL, &len);
	same = form && len == n && !memcmp(form, text, n);
	free(form);
	return same;
}

/*
 * The base letter, in lower case, of every character below U+1F00 that comes down to one ASCII
 * letter when its marks are dropped; 0 for all others.  Filled at first use from libunistring.
 */
#define FOLD_MAX 0x1F00
static uint8_t fold_table[FOLD_MAX];

static bool
dropped(ucs4_t uc)
{
	return uc >= 0x300 && uc <= 0x36F;
}

static uint8_t
base_letter(ucs4_t uc)
{
	ucs4_t part[UC_DECOMPOSITION_MAX_LENGTH];
	int n;

	while ((n = uc_canonical_decomposition(uc, part)) > 0) {
		for (int i = 1; i < n; i++)
			if (!dropped(part[i]))
				return 0;
		uc = part[0];
	}
	if (uc == 0x110 || uc == 0x111)
		return 'd';
	uc = uc_tolower(uc);
	return uc < 0x80 ? (uint8_t)uc : 0;
}

static void
fold_prepare(void)
{
	static bool done;

	if (done)
		return;
	for (ucs4_t uc = 1; uc < FOLD_MAX; uc++)
		fold_table[uc] = base_letter(uc);
	done = true;
}

/* false: there is a character in it that the table does not know */
static bool
fold_quick(const char *s, size_t n, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		ucs4_t uc;

		i += (size_t)u8_mbtouc(&uc, U8(s) + i, n - i);
		if (dropped(uc))
			continue;
		if (uc >= FOLD_MAX || !fold_table[uc])
			return false;
		buf_char(out, (char)fold_table[uc]);
	}
	return true;
}

static void
add_char(ucs4_t uc, struct buf *out)
{
	uint8_t bytes[6];
	int n = u8_uctomb(bytes, uc, sizeof(bytes));

	BUG_ON(n <= 0);
	buf_add(out, bytes, (size_t)n);
}

char *
text_fold(const char *s)
{
	size_t n = strlen(s);
	struct buf out = BUF_INIT;
	char *nfd;

	if (text_invalid(s, n) >= 0)
		return NULL;
	fold_prepare();
	if (fold_quick(s, n, &out))
		return buf_steal(&out);
	buf_clear(&out);
	nfd = normalized(UNINORM_NFD, s, n);
	n = strlen(nfd);
	for (size_t i = 0; i < n;) {
		ucs4_t uc;

		i += (size_t)u8_mbtouc(&uc, U8(nfd) + i, n - i);
		if (!dropped(uc))
			add_char(uc == 0x110 || uc == 0x111 ? 'd' : uc_tolower(uc), &out);
	}
	free(nfd);
	return buf_steal(&out);
}

void
text_lower(const char *s, struct buf *out)
{
	size_t n = strlen(s);

	for (size_t i = 0; i < n;) {
		ucs4_t uc;

		i += (size_t)u8_mbtouc(&uc, U8(s) + i, n - i);
		if (uc < 0x80)
			buf_char(out, (char)(uc >= 'A' && uc <= 'Z' ? uc + 32 : uc));
		else
			add_char(uc_tolower(uc), out);
	}
}

/* As it is, when a terminal can show it in its place. */
static bool
printable(ucs4_t uc)
{
	return uc_is_print(uc) && !fault(uc) &&
	       !uc_is_general_category_withtable(uc, UC_CATEGORY_MASK_Zl | UC_CATEGORY_MASK_Zp);
}

void
text_show_char(const char *s, char *out, size_t size)
{
	size_t n = strnlen(s, 4);
	ucs4_t uc;
	int k = n ? u8_mbtoucr(&uc, U8(s), n) : 0;

	if (!n)
		snprintf(out, size, "the end");
	else if (k <= 0)
		snprintf(out, size, "byte 0x%02X", (unsigned char)*s);
	else if (!printable(uc))
		snprintf(out, size, "U+%04X", (unsigned)uc);
	else if (uc_combining_class(uc))
		snprintf(out, size, "\"\u25CC%.*s\" (U+%04X)", k, s, (unsigned)uc);
	else
		snprintf(out, size, "\"%.*s\" (U+%04X)", k, s, (unsigned)uc);
}

void
text_show(const char *s, size_t n, unsigned max, struct buf *out)
{
	for (size_t i = 0; i < n;) {
		ucs4_t uc;
		int k = u8_mbtoucr(&uc, U8(s) + i, n - i);

		if (!max--) {
			buf_str(out, "…");
			return;
		}
		if (k <= 0) {
			buf_printf(out, "\\x%02X", (unsigned char)s[i]);
			k = 1;
		} else if (printable(uc)) {
			buf_add(out, s + i, (size_t)k);
		} else {
			buf_printf(out, uc < 0x80 ? "\\x%02X" : "\\u%04X", (unsigned)uc);
		}
		i += (size_t)k;
	}
}

int
text_width(const char *s)
{
	return u8_strwidth(U8(s), "UTF-8");
}
