/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/text.h"

#define NFD_NGUYEN "Nguye\u0302\u0303n"

static void
cleans(const char *in, const char *want)
{
	struct err e = ERR_INIT;
	AUTO(str) got = text_clean(in, strlen(in), &e);

	assert_string_equal(e.msg, "");
	assert_non_null(got);
	assert_string_equal(got, want);
	assert_true(!strcmp(in, want) || !text_is_clean(in, strlen(in)));
}

static void
test_clean(void **state)
{
	(void)state;
	cleans("", "");
	cleans("   ", "");
	cleans("An", "An");
	cleans(" Nguyễn  Văn\tAn\r\n", "Nguyễn Văn An");
	cleans("Nguyễn\u00A0Văn\u3000An\u2028", "Nguyễn Văn An");
	cleans(NFD_NGUYEN " A\u0309nh", "Nguyễn Ảnh");
	cleans("Đặng Thị Ánh Nguyệt", "Đặng Thị Ánh Nguyệt");
	cleans("Thu\u031B\u0323", "Thự");
	cleans("H’Hen “Niê” – …", "H’Hen “Niê” – …");
	cleans("\u212Bngström", "Ångström");
}

static void
refuses(const char *in, size_t n, const char *words)
{
	struct err e = ERR_INIT;

	assert_false(text_is_clean(in, n));
	assert_null(text_clean(in, n, &e));
	assert_int_equal(e.class, ERR_USAGE);
	if (!strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
}

static void
test_clean_refuses(void **state)
{
	(void)state;
	refuses("a\x01", 2, "character 2 is U+0001, a control");
	refuses("a\0b", 3, "U+0000");
	refuses("\x7F", 1, "U+007F");
	refuses("Ng\xC2\x80", 4, "character 3 is U+0080");
	refuses("Ă\u202Eb", 6, "character 2 is U+202E");
	refuses("a\u2066b", 5, "U+2066");
	refuses("a\u200Bb", 5, "U+200B");
	refuses("a\u00ADb", 4, "U+00AD");
	refuses("\uFEFFa", 4, "U+FEFF");
	refuses("a\uFFFD", 4, "lost a letter");
	refuses("Nguy\xE1n", 6, "byte 0xE1 after 4 characters");
	refuses("\xC0\xAF", 2, "not UTF-8");
	refuses("\xED\xA0\x80", 3, "not UTF-8");
	refuses("\xF4\x90\x80\x80", 4, "not UTF-8");
	refuses("\xE1\xBB", 2, "not UTF-8");
	refuses("\xC4", 1, "not UTF-8");
}

/* Every character that text_is_clean lets through must be one that text_clean keeps. */
static void
test_quick_is_right(void **state)
{
	(void)state;
	for (unsigned uc = 1; uc < 0x3000; uc++) {
		char s[8];
		size_t n = 0;
		struct err e = ERR_INIT;
		char *clean;

		if (uc < 0x80) {
			s[n++] = (char)uc;
		} else if (uc < 0x800) {
			s[n++] = (char)(0xC0 | uc >> 6);
			s[n++] = (char)(0x80 | (uc & 0x3F));
		} else {
			s[n++] = (char)(0xE0 | uc >> 12);
			s[n++] = (char)(0x80 | (uc >> 6 & 0x3F));
			s[n++] = (char)(0x80 | (uc & 0x3F));
		}
		s[n] = '\0';
		if (!text_is_clean(s, n))
			continue;
		/* a byte that is never clean sends the whole through the long way */
		s[n] = '\n';
		clean = text_clean(s, n + 1, &e);
		s[n] = '\0';
		assert_non_null(clean);
		assert_string_equal(clean, s);
		free(clean);
	}
}

static void
test_nfc(void **state)
{
	AUTO(str) a = text_nfc(NFD_NGUYEN);
	AUTO(str) b = text_nfc("");

	(void)state;
	assert_string_equal(a, "Nguyễn");
	assert_string_equal(b, "");
	assert_null(text_nfc("\xFF"));
}

static void
folds(const char *in, const char *want)
{
	AUTO(str) got = text_fold(in);

	assert_string_equal(got, want);
}

static void
test_fold(void **state)
{
	(void)state;
	folds("", "");
	folds("Đặng Thị", "dang thi");
	folds("ĐẶNG THỊ ÁNH NGUYỆT", "dang thi anh nguyet");
	folds("Ưu Ơi Ỷ Ỹ Ữ", "uu oi y y u");
	folds(NFD_NGUYEN, "nguyen");
	folds("Y-Bih Alê'o", "y-bih ale'o");
	folds("Êban Să", "eban sa");
	folds("\u212A", "k");              /* Kelvin sign */
	folds("\u0410\u0411", "\u0430\u0431"); /* Cyrillic stays Cyrillic */
	folds("\u00D0 \u00F8 \u0180", "\u00F0 \u00F8 \u0180");
	folds("Nguy\u1EC5n 王 Đ", "nguyen 王 d");
	assert_null(text_fold("\xE1"));
}

static void
test_lower(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	text_lower("NGUYỄN Đức 王X", &b);
	assert_string_equal(b.data, "nguyễn đức 王x");
}

static void
test_invalid(void **state)
{
	(void)state;
	assert_int_equal(text_invalid("", 0), -1);
	assert_int_equal(text_invalid("Nguyễn\0x", 10), -1);
	assert_int_equal(text_invalid("ab\xFF", 3), 2);
	assert_int_equal(text_invalid("ab\xE1\xBB", 4), 2);
	assert_int_equal(text_length("Nguyễn", strlen("Nguyễn")), 6);
	assert_int_equal(text_width("Nguyễn"), 6);
	assert_int_equal(text_width("王"), 2);
	assert_int_equal(text_width(NFD_NGUYEN), 6);
}

static void
test_show(void **state)
{
	char c[32];
	AUTO(buf) b = BUF_INIT;

	(void)state;
	text_show_char("xyz", c, sizeof(c));
	assert_string_equal(c, "\"x\" (U+0078)");
	text_show_char("ễn", c, sizeof(c));
	assert_string_equal(c, "\"ễ\" (U+1EC5)");
	text_show_char("\u202E", c, sizeof(c));
	assert_string_equal(c, "U+202E");
	text_show_char("\u0323", c, sizeof(c));
	assert_string_equal(c, "\"\u25CC\u0323\" (U+0323)");
	text_show_char("\xFFz", c, sizeof(c));
	assert_string_equal(c, "byte 0xFF");
	text_show_char("", c, sizeof(c));
	assert_string_equal(c, "the end");

	text_show("ễn\x1B[1m\u202E\xFF", strlen("ễn\x1B[1m\u202E\xFF"), 20, &b);
	assert_string_equal(b.data, "ễn\\x1B[1m\\u202E\\xFF");
	buf_clear(&b);
	text_show("Nguyễn Văn", strlen("Nguyễn Văn"), 6, &b);
	assert_string_equal(b.data, "Nguyễn…");
	buf_clear(&b);
	text_show("Nguyễn", strlen("Nguyễn"), 6, &b);
	assert_string_equal(b.data, "Nguyễn");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clean),	       cmocka_unit_test(test_clean_refuses),
		cmocka_unit_test(test_quick_is_right), cmocka_unit_test(test_nfc),
		cmocka_unit_test(test_fold),	       cmocka_unit_test(test_lower),
		cmocka_unit_test(test_invalid),	       cmocka_unit_test(test_show),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
