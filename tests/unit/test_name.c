/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/policy/name.h"

#ifndef SRCDIR
#define SRCDIR "."
#endif

struct example {
	const char *name, *template;
	unsigned seq;
	const char *want;
};

static const struct example examples[] = {
	/* one name through the usual templates */
	{ "Đặng Thị Ánh Nguyệt", "{given}{initials}.skhcn", 0, "nguyetdta.skhcn" },
	{ "Đặng Thị Ánh Nguyệt", "{full}", 0, "dangthianhnguyet" },
	{ "Đặng Thị Ánh Nguyệt", "{given}{initials}", 0, "nguyetdta" },
	{ "Đặng Thị Ánh Nguyệt", "{given}{initials}{seq}", 1, "nguyetdta1" },
	{ "Đặng Thị Ánh Nguyệt", "{given}{initials}{seq}", 0, "nguyetdta" },
	/* parts */
	{ "Đặng Thị Ánh Nguyệt", "{family}.{middle}.{given}", 0, "dang.thianh.nguyet" },
	{ "Nguyễn An", "{given}{middle}{initials}", 0, "ann" },
	{ "An", "{given}{family}{initials}{middle}", 0, "an" },
	{ "Lê Hoàng Bảo Trâm", "{initials}", 0, "lhb" },
	{ "Nguyễn Văn An", "{given}{initials}{seq}", 4294967295u, "annv4294967295" },
	/* spellings */
	{ "  đặng   thị\tánh  NGUYỆT ", "{given}{initials}", 0, "nguyetdta" },
	{ "Nguye\u0302\u0303n Va\u0306n \u0110ư\u0301c", "{full}", 0, "nguyenvanduc" },
	{ "Trần\u00A0Bình", "{given}{initials}", 0, "binht" },
	{ "Nguyễn Văn An 2", "{full}", 0, "nguyenvanan2" },
	/* other peoples of Viet Nam; apostrophes and hyphens in all their forms */
	{ "Y-Bih Aleo", "{given}{initials}", 0, "aleoy" },
	{ "H'Hen Niê", "{given}{initials}", 0, "nieh" },
	{ "H\u2019Hen Niê", "{full}", 0, "hhennie" },
	{ "H\u2018Bia Êban", "{full}", 0, "hbiaeban" },
	{ "H\u02BCBia Êban", "{given}{initials}", 0, "ebanh" },
	{ "K'Bôi", "{given}{initials}", 0, "kboi" },
	{ "Y\u2011Moan Ênuôl", "{full}", 0, "ymoanenuol" },
	{ "Ka Să Hà Ơi", "{given}{initials}", 0, "oiksh" },
	{ "Giàng A Páo", "{given}{initials}", 0, "paoga" },
	{ "Vừ A Dính", "{given}{initials}", 0, "dinhva" },
	{ "Chamaléa Thị Ỷ", "{given}{initials}", 0, "yct" },
	{ "Âu Dương Thị Ý", "{given}{initials}", 0, "yadt" },
};

static void
test_examples(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		const struct example *x = &examples[i];
		AUTO(buf) out = BUF_INIT;
		struct err e = ERR_INIT;
		struct name n;

		if (name_parse(&n, x->name, &e) || name_apply(x->template, &n, x->seq, &out, &e))
			fail_msg("%s: %s", x->name, e.msg);
		assert_string_equal(out.data, x->want);
		assert_int_equal(name_check_template(x->template, &e), 0);
		name_release(&n);
	}
}

static void
test_parts(void **state)
{
	struct name n;

	(void)state;
	assert_int_equal(name_parse(&n, " Nguye\u0302\u0303n  Thị H\u2019Ánh ", NULL), 0);
	assert_string_equal(n.full, "Nguyễn Thị H\u2019Ánh");
	assert_string_equal(n.family, "Nguyễn");
	assert_string_equal(n.given, "H\u2019Ánh");
	assert_string_equal(n.folded, "nguyen thi hanh");
	name_release(&n);
	assert_int_equal(name_parse(&n, "Út", NULL), 0);
	assert_string_equal(n.family, "");
	assert_string_equal(n.given, "Út");
	name_release(&n);
}

static void
refuses(const char *name, const char *words)
{
	struct err e = ERR_INIT;
	struct name n = { 0 };

	assert_int_equal(name_parse(&n, name, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_null(n.full);
	if (!strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
}

static void
test_refused_names(void **state)
{
	char much[200];

	(void)state;
	refuses("", "empty");
	refuses(" \u00A0 ", "empty");
	refuses("Nguyễn V\u0430n An", "\"\u0430\" (U+0430)"); /* Cyrillic a */
	refuses("Nguyễn V\u0410N An", "\"\u0410\" (U+0410)"); /* as it was written */
	refuses("\u039Fng A", "U+039F");                      /* Greek O */
	refuses("\u00D0ặng Thị", "\"\u00D0\" (U+00D0)");      /* Eth for D with stroke */
	refuses("Ông 王 Hai", "王");
	refuses("Nguyễn V. An", "\".\" (U+002E)");
	refuses("Nguyễn Văn An (B)", "\"(\"");
	refuses("Nguyễn/An", "\"/\"");
	refuses("An@x", "\"@\"");
	refuses("Nguyễn \uFF21n", "U+FF21"); /* full-width A */
	refuses("Nguyễn\u202EAn", "U+202E");
	refuses("Nguyễn\x07", "U+0007");
	refuses("Nguyễn - An", "no letter");
	refuses("' An", "no letter");
	refuses("An -", "no letter");
	refuses("-", "no letter");
	refuses("Nguy\xE1n", "not UTF-8");
	memset(much, 'a', sizeof(much));
	much[129] = '\0';
	refuses(much, "longer than 128");
}

static void
test_apply_refuses(void **state)
{
	struct err e = ERR_INIT;
	AUTO(buf) out = BUF_INIT;
	struct name n;
	char much[129];

	(void)state;
	buf_str(&out, "before");
	memset(much, 'a', sizeof(much));
	much[128] = '\0';
	assert_int_equal(name_parse(&n, much, &e), 0);
	assert_int_equal(name_apply("{full}", &n, 0, &out, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_non_null(strstr(e.msg, "64"));
	assert_int_equal(name_apply("{family}", &n, 0, &out, &e), -1);
	assert_non_null(strstr(e.msg, "empty"));
	assert_int_equal(name_apply("{family}.{given}", &n, 0, &out, &e), -1);
	assert_int_equal(name_apply("{nobody}", &n, 0, &out, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	assert_string_equal(out.data, "before"); /* untouched on failure */
	name_release(&n);
	assert_int_equal(name_parse(&n, "An", &e), 0);
	assert_int_equal(name_apply("{family}.{given}", &n, 0, &out, &e), -1);
	assert_non_null(strstr(e.msg, "dot"));
	assert_int_equal(name_apply("{given}", &n, 0, &out, &e), 0);
	assert_string_equal(out.data, "an"); /* replaced */
	name_release(&n);
}

static void
bad_template(const char *template, const char *words)
{
	struct err e = ERR_INIT;

	assert_int_equal(name_check_template(template, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	if (!strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
}

static void
test_templates(void **state)
{
	(void)state;
	assert_int_equal(name_check_template("{given}.{family}{initials}{seq}", NULL), 0);
	bad_template("{giben}", "{given}?");
	bad_template("{}", "{given} {family}");
	bad_template("{unknown}", "{middle}");
	bad_template("{given", "closing");
	bad_template("{", "closing");
	bad_template("given}", "\"}\"");
	bad_template("{given}_{seq}", "\"_\"");
	bad_template("{Given}", "{given}?");
	bad_template("{given}Ă", "Ă");
	bad_template("", "nothing of the person");
	bad_template("abc{seq}", "nothing of the person");
}

static void
bad_local(const char *local, const char *words)
{
	struct err e = ERR_INIT;

	assert_int_equal(name_check_local(local, &e), -1);
	if (!strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
}

static void
test_local(void **state)
{
	char much[66];

	(void)state;
	assert_int_equal(name_check_local("nguyetdta.skhcn1", NULL), 0);
	assert_int_equal(name_check_local("a", NULL), 0);
	memset(much, 'a', sizeof(much));
	much[64] = '\0';
	assert_int_equal(name_check_local(much, NULL), 0);
	much[64] = 'a';
	much[65] = '\0';
	bad_local(much, "65");
	bad_local("", "empty");
	bad_local("Lan", "\"L\"");
	bad_local("lan anh", "\" \"");
	bad_local("lan_anh", "\"_\"");
	bad_local("đan", "\"đ\"");
	bad_local(".lan", "dot");
	bad_local("lan.", "dot");
	bad_local("lan..anh", "dot");
	bad_local("../x", "\"/\"");
	bad_local("*)(uid=*", "\"*\"");
}

/* Every name that can be put together from the table, and those of other peoples. */
static void
test_all_names(void **state)
{
	FILE *f = fopen(SRCDIR "/tests/data/names.tsv", "r");
	char line[256];
	unsigned count = 0;

	(void)state;
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f)) {
		char *text = strchr(line, '\t') + 1;
		char *end = strchr(text, '\t');
		AUTO(buf) out = BUF_INIT;
		struct err e = ERR_INIT;
		struct name n;

		*end = '\0';
		if (!*text) /* people without a middle name */
			continue;
		if (name_parse(&n, text, &e) ||
		    name_apply("{given}{initials}{seq}", &n, 7, &out, &e) ||
		    name_apply("{full}", &n, 0, &out, &e))
			fail_msg("%s: %s", text, e.msg);
		name_release(&n);
		count++;
	}
	fclose(f);
	assert_true(count > 150);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_examples),      cmocka_unit_test(test_parts),
		cmocka_unit_test(test_refused_names), cmocka_unit_test(test_apply_refuses),
		cmocka_unit_test(test_templates),     cmocka_unit_test(test_local),
		cmocka_unit_test(test_all_names),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
