/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/canon.h"
#include "common/canon_check.h"

static const struct one {
	const char *text;
	enum canon_fault want;
} ones[] = {
	{ "{}", CANON_GOOD },
	{ "{\"a\":1}", CANON_GOOD },
	{ "{\"a\":-1,\"b\":[1,\"x\",{\"c\":null}],\"c\":{\"d\":true,\"e\":false}}", CANON_GOOD },
	{ "{\"a\":\"Nguyễn Thị Ánh Nguyệt, Đắk Lắk\"}", CANON_GOOD },
	{ "{\"a\":\"\\\" \\\\ \\b \\f \\n \\r \\t \\u0001 \\u001f / \xF0\x9F\x98\x80\"}", CANON_GOOD },
	{ "{\"a\":9007199254740991,\"b\":-9007199254740991,\"c\":0}", CANON_GOOD },
	{ "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{}}}}}}}}", CANON_GOOD },
	{ "", CANON_SYNTAX },
	{ "[]", CANON_SYNTAX },
	{ "{\"a\":1} ", CANON_SYNTAX },
	{ "{\"a\":1}\n", CANON_SYNTAX },
	{ " {\"a\":1}", CANON_SYNTAX },
	{ "{\"a\": 1}", CANON_SYNTAX },
	{ "{\"a\":1,}", CANON_SYNTAX },
	{ "{\"a\":1", CANON_SYNTAX },
	{ "{\"a\":}", CANON_SYNTAX },
	{ "{\"a\":tru}", CANON_SYNTAX },
	{ "{\"a\":\"x}", CANON_SYNTAX },
	{ "{\"a\":\"\t\"}", CANON_SYNTAX },
	{ "{\"a\":[1,]}", CANON_SYNTAX },
	{ "{\"a\" :1}", CANON_SYNTAX },
	{ "{\"a\\u0062\":1}", CANON_KEY },
	{ "{\"\":1}", CANON_KEY },
	{ "{\"đ\":1}", CANON_KEY },
	{ "{\"b\":1,\"a\":1}", CANON_ORDER },
	{ "{\"a\":1,\"a\":1}", CANON_ORDER },
	{ "{\"ab\":1,\"a\":1}", CANON_ORDER },
	{ "{\"a\":[{\"c\":1,\"b\":1}]}", CANON_ORDER },
	{ "{\"a\":\"\\/\"}", CANON_ESCAPE },
	{ "{\"a\":\"\\u0041\"}", CANON_ESCAPE },
	{ "{\"a\":\"\\u000a\"}", CANON_ESCAPE },
	{ "{\"a\":\"\\u001F\"}", CANON_ESCAPE },
	{ "{\"a\":\"\\u0000\"}", CANON_ESCAPE },
	{ "{\"a\":\"\\u1ed9\"}", CANON_ESCAPE },
	{ "{\"a\":\"\\x\"}", CANON_ESCAPE },
	{ "{\"a\":01}", CANON_NUMBER },
	{ "{\"a\":-0}", CANON_NUMBER },
	{ "{\"a\":-}", CANON_NUMBER },
	{ "{\"a\":1.0}", CANON_NUMBER },
	{ "{\"a\":1e3}", CANON_NUMBER },
	{ "{\"a\":9007199254740992}", CANON_NUMBER },
	{ "{\"a\":99999999999999999999}", CANON_NUMBER },
	{ "{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":{\"h\":{}}}}}}}}}", CANON_DEEP },
	{ "{\"a\":[[[[[[[[]]]]]]]]}", CANON_DEEP },
	{ "{\"a\":\"\xFF\"}", CANON_UTF8 },
	{ "{\"a\":\"\xC0\xAF\"}", CANON_UTF8 },     /* overlong */
	{ "{\"a\":\"\xE0\x9F\xBF\"}", CANON_UTF8 },
	{ "{\"a\":\"\xED\xA0\x80\"}", CANON_UTF8 }, /* a surrogate */
	{ "{\"a\":\"\xF4\x90\x80\x80\"}", CANON_UTF8 },
	{ "{\"a\":\"\xE1\xBB\"}", CANON_UTF8 },
	{ "{\"a\":\"e\xCC\x81\"}", CANON_FORM_C },  /* e and an accent of its own */
	{ "{\"a\":\"\xE2\x84\xAB\"}", CANON_FORM_C }, /* the angstrom sign is a letter's */
};

static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(ones) / sizeof(*ones); i++) {
		struct canon_view v;
		size_t at;
		/* without a byte behind it that could be read */
		char *copy = xmalloc(strlen(ones[i].text) + 1);
		enum canon_fault got;

		memcpy(copy, ones[i].text, strlen(ones[i].text));
		got = canon_check(&v, copy, strlen(ones[i].text), &at);
		if (got != ones[i].want)
			fail_msg("%s: %d instead of %d", ones[i].text, got, ones[i].want);
		assert_true(at <= strlen(ones[i].text));
		free(copy);
	}
}

static void
test_view(void **state)
{
	static const char text[] = "{\"actor\":{\"mech\":\"peer\",\"name\":\"lan\"},\"n\":12,\"x\":[{\"y\":1}],\"z\":\"a\\nb\"}";
	AUTO(buf) plain = BUF_INIT;
	struct canon_view v;

	(void)state;
	assert_int_equal(canon_check(&v, text, strlen(text), NULL), CANON_GOOD);
	assert_int_equal(v.count, 6); /* what stands in lists is not there */
	assert_int_equal(v.member[0].kind, CANON_OBJECT);
	assert_int_equal(v.member[2].depth, 2);
	assert_memory_equal(v.member[2].value, "lan", v.member[2].len);
	assert_int_equal(v.member[3].integer, 12);
	assert_memory_equal(v.member[4].value, "[{\"y\":1}]", v.member[4].len);
	canon_unescape(v.member[5].value, v.member[5].len, &plain);
	assert_string_equal(plain.data, "a\nb");
}

/* What the writer writes is what the checker takes, and comes back the same. */
static void
test_writer(void **state)
{
	(void)state;
	for (int c = 1; c < 0x250; c++) {
		char s[8] = { 0 };
		AUTO(buf) out = BUF_INIT;
		AUTO(buf) back = BUF_INIT;
		struct canon w;
		struct canon_view v;

		if (c < 0x80)
			s[0] = (char)c;
		else
			s[0] = (char)(0xC0 | c >> 6), s[1] = (char)(0x80 | (c & 0x3F));
		canon_begin(&w, &out);
		canon_str(&w, "k", s);
		canon_end(&w);
		assert_int_equal(canon_check(&v, out.data, out.len, NULL), CANON_GOOD);
		canon_unescape(v.member[0].value, v.member[0].len, &back);
		assert_string_equal(back.data, s);
	}
}

static void
test_many(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct canon_view v;

	(void)state;
	for (int i = 0; i <= CANON_MEMBERS; i++)
		buf_printf(&b, "%c\"k%03d\":1", i ? ',' : '{', i);
	buf_char(&b, '}');
	assert_int_equal(canon_check(&v, b.data, b.len, NULL), CANON_MANY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_view),
		cmocka_unit_test(test_writer),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
