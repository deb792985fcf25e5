/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/text.h"
#include "daemon/policy/name.h"

/* name_make with no fact but the name; -1 for everything that is not made. */
static int
apply(const char *template, const struct name *n, unsigned seq, struct buf *out, struct err *e)
{
	struct name_facts facts = { .name = n };

	return name_make(template, &facts, seq, out, NULL, e) == NAME_MADE ? 0 : -1;
}

static const struct {
	const char *a, *b;
	enum name_alike alike;
} alike_examples[] = {
	{ "lananh", "lananh", NAME_DIFFERENT },
	{ "lananh", "lananhh", NAME_DIFFERENT },
	{ "lan", "ian", NAME_CONFUSABLE },
	{ "lan", "1an", NAME_CONFUSABLE },
	{ "an1", "ani", NAME_CONFUSABLE },
	{ "hoan0", "h0ano", NAME_CONFUSABLE },
	{ "minh", "rninh", NAME_CONFUSABLE },
	{ "vvy", "wy", NAME_CONFUSABLE },
	{ "lan.anh", "lananh", NAME_CONFUSABLE },
	{ "l.an", "la.n", NAME_CONFUSABLE },
	{ "r.nai", "mal", NAME_CONFUSABLE },
	{ "nguyenbinhan", "nguyenanbinh", NAME_TRANSPOSED },
	{ "binhanh", "anhbinh", NAME_TRANSPOSED },
	{ "binhnguyen.snv", "nguyenbinh.snv", NAME_TRANSPOSED },
	{ "thanhmai1990", "maithanh1990", NAME_TRANSPOSED },
	{ "hoa.binhan", "hoaan.binh", NAME_TRANSPOSED },
	{ "ananbinh", "anbinhan", NAME_TRANSPOSED },
	{ "abacxyz", "acabxyz", NAME_TRANSPOSED }, /* they begin with the same letter */
	{ "binhan", "anbinh", NAME_DIFFERENT },    /* six letters */
	{ "binh.an", "an.binh", NAME_DIFFERENT },
	{ "nguyenan", "nguyenna", NAME_DIFFERENT }, /* letters, not syllables */
	{ "nguyetdta", "nguyetdat", NAME_DIFFERENT },
	{ "nguyetdta12", "nguyetdta21", NAME_DIFFERENT },
	{ "nguyet1234", "nguyet3412", NAME_DIFFERENT }, /* digits */
	{ "anbinhchi", "chibinhan", NAME_DIFFERENT },   /* no neighbours */
	{ "", "a", NAME_DIFFERENT },
	{ "", "", NAME_DIFFERENT },
};

static void
check_alike(const char *a, const char *b, enum name_alike want)
{
	AUTO(buf) one = BUF_INIT;
	AUTO(buf) two = BUF_INIT;
	enum name_alike alike = name_alike(a, b);

	if (alike != want || name_alike(b, a) != want)
		fail_msg("%s, %s: %d, %d and not %d", a, b, alike, name_alike(b, a), want);
	buf_str(&one, "before");
	name_shape(a, &one);
	name_shape(b, &two);
	if (want != NAME_DIFFERENT)
		assert_string_equal(one.data, two.data);
}

static void
test_alike(void **state)
{
	AUTO(buf) shape = BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(alike_examples) / sizeof(*alike_examples); i++)
		check_alike(alike_examples[i].a, alike_examples[i].b, alike_examples[i].alike);
	name_shape("minh.wi10", &shape);
	assert_string_equal(shape.data, "hlllnnorvv");
	name_shape("anh", &shape);
	assert_string_equal(shape.data, "ahn");
	name_shape("ann", &shape);
	assert_string_equal(shape.data, "ann");
}

/* Properties, of what a generator with a fixed seed invents. */
static unsigned
random_below(unsigned n)
{
	static uint64_t x = 20251210;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return (unsigned)(x >> 33) % n;
}

static const char *
random_of(const char *const *list)
{
	unsigned n = 0;

	while (list[n])
		n++;
	return list[random_below(n)];
}

static void
random_name(struct buf *out)
{
	static const char *const words[] = {
		"Nguyễn",
		"TRẦN",
		"lê",
		"Đặng",
		"Ưng",
		"Thị",
		"Văn",
		"Y-Bih",
		"H'Hen",
		"Êban",
		"Ơi",
		"Ý",
		"A",
		"Đ",
		"Bình",
		"Nguyệt",
		"Nghiêng",
		"Minh",
		"Vy",
		"Wăn",
		"Linh",
		"Oanh",
		"\u0110\u1EE9c",
		"Tha\u0309o",
		"K\u2019Bo\u0302i",
		NULL,
	};
	static const char *const spaces[] = { " ", "  ", "\t", "\u00A0", "\u2003", "\u3000", NULL };

	buf_clear(out);
	for (unsigned i = 1 + random_below(8); i; i--) {
		if (out->len || !random_below(9))
			buf_str(out, random_of(spaces));
		buf_str(out, random_of(words));
	}
}

static void
random_template(struct buf *out)
{
	static const char *const pieces[] = {
		"{given}",   "{family}",   "{middle}",   "{initials}", "{full}",   "{yob}",
		"{mob}",     "{id:3}",     "{id:4}",     "{seq}",      "{unit}",   "{agency}",
		"{given:1}", "{family:1}", "{middle:1}", "{full:1}",   "{unit:1}", ".",
		"a",         "0",          NULL,
	};

	buf_clear(out);
	for (unsigned i = 1 + random_below(5); i; i--)
		buf_str(out, random_of(pieces));
}

#define ROUNDS 20000

static void
test_made_is_local(void **state)
{
	static const char *const years[] = { "", "1990", "90", NULL };
	static const char *const months[] = { "", "2", "12", "13", NULL };
	static const char *const tails[] = { "", "417", "6417", "x", NULL };
	static const char *const units[] = { "", "Phòng Hành chính - Tổng hợp", "-", NULL };
	static const char *const agencies[] = { "", "snv", "phong.snv", "a..b", NULL };
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) template = BUF_INIT;
	unsigned fates[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		AUTO(buf) out = BUF_INIT;
		struct err e = ERR_INIT;
		const char *column = NULL;
		struct name_facts f = { NULL,
					random_of(years),
					random_of(months),
					random_of(tails),
					random_of(units),
					random_of(agencies) };
		struct name n;
		enum name_fate fate;

		random_name(&text);
		random_template(&template);
		if (name_parse(&n, text.data, &e))
			fail_msg("%s: %s", text.data, e.msg);
		f.name = random_below(20) ? &n : NULL;
		fate = name_make(template.data, &f, random_below(3), &out, &column, &e);
		fates[fate]++;
		if (fate == NAME_MADE && name_check_local(out.data, &e))
			fail_msg("%s of \"%s\": %s", template.data, text.data, e.msg);
		assert_true((fate == NAME_MADE) == (out.len > 0));
		assert_true((fate == NAME_MADE) == (e.class == ERR_NONE));
		assert_true((fate == NAME_NEEDS) == (column != NULL));
		name_release(&n);
	}
	for (int i = 0; i < 3; i++)
		assert_true(fates[i] > ROUNDS / 20);
}

/* Also of letters that are no Vietnamese ones. */
static void
test_fold_is_idempotent(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		char text[64];
		size_t n = 0;

		for (unsigned k = random_below(12); k; k--) {
			unsigned c = random_below(4) ? 0x20 + random_below(0x1EE0)
						     : 0x1E00 + random_below(0x300);

			if (c >= 0x800) {
				text[n++] = (char)(0xE0 | c >> 12);
				text[n++] = (char)(0x80 | (c >> 6 & 0x3F));
			} else {
				text[n++] = (char)(0xC0 | c >> 6);
			}
			text[n++] = (char)(0x80 | (c & 0x3F));
			if (c < 0x80) {
				n -= 2;
				text[n++] = (char)c;
			}
		}
		text[n] = '\0';
		{
			AUTO(str) once = text_fold(text);
			AUTO(str) twice = once ? text_fold(once) : NULL;

			assert_non_null(twice);
			assert_string_equal(once, twice);
		}
	}
}

/* Changes one local part into another that reads the same, or nearly. */
static void
random_alike(const char *from, struct buf *out)
{
	static const char *const same[][2] = {
		{ "l", "1" },  { "i", "l" },  { "1", "i" },  { "o", "0" },  { "0", "o" },
		{ "rn", "m" }, { "m", "rn" }, { "vv", "w" }, { "w", "vv" }, { ".", "" },
	};

	buf_clear(out);
	for (const char *p = from; *p;) {
		const char *const *change = same[random_below(sizeof(same) / sizeof(*same))];
		size_t n = strlen(change[0]);

		if (!strncmp(p, change[0], n)) {
			buf_str(out, change[1]);
			p += n;
		} else {
			buf_char(out, *p++);
		}
	}
}

static void
test_alike_properties(void **state)
{
	static const char *const parts[] = { "an",  "binh",   "minh", "loi", "vvan",
					     "hoa", "nguyen", "anan", "rn",  "w",
					     "1",   "0",      ".",    "x",   NULL };
	unsigned found[3] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		const char *part[4];
		AUTO(buf) a = BUF_INIT;
		AUTO(buf) b = BUF_INIT;

		for (int k = 0; k < 4; k++)
			part[k] = random_of(parts);
		buf_printf(&a, "%s%s%s%s", part[0], part[1], part[2], part[3]);
		if (random_below(2))
			random_alike(a.data, &b);
		else
			buf_printf(&b, "%s%s%s%s", part[0], part[2], part[1], part[3]);
		found[name_alike(a.data, b.data)]++;
		check_alike(a.data, b.data, name_alike(a.data, b.data));
	}
	for (int i = 0; i < 3; i++)
		assert_true(found[i] > ROUNDS / 20);
}

/* What reads the same is always told. */
static void
test_alike_is_found(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) a = BUF_INIT;
	AUTO(buf) b = BUF_INIT;
	unsigned changed = 0;

	(void)state;
	for (unsigned i = 0; i < ROUNDS; i++) {
		struct name n;

		random_name(&text);
		assert_int_equal(name_parse(&n, text.data, NULL), 0);
		if (!apply("{given}{initials}.loi10{seq}", &n, i % 3, &a, NULL)) {
			random_alike(a.data, &b);
			changed += strcmp(a.data, b.data) != 0;
			check_alike(a.data, b.data,
				    strcmp(a.data, b.data) ? NAME_CONFUSABLE : NAME_DIFFERENT);
		}
		name_release(&n);
	}
	assert_true(changed > ROUNDS / 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alike),
		cmocka_unit_test(test_made_is_local),
		cmocka_unit_test(test_fold_is_idempotent),
		cmocka_unit_test(test_alike_properties),
		cmocka_unit_test(test_alike_is_found),
	};

	return cmocka_run_group_tests_name("name_properties", tests, NULL, NULL);
}
