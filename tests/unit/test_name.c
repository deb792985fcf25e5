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

/* name_make with no fact but the name; -1 for everything that is not made. */
static int
apply(const char *template, const struct name *n, unsigned seq, struct buf *out, struct err *e)
{
	struct name_facts facts = { .name = n };

	return name_make(template, &facts, seq, out, NULL, e) == NAME_MADE ? 0 : -1;
}

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
	/* first letters of every word */
	{ "Lê Hoàng Bảo Trâm", "{family:1}{middle:1}{given}", 0, "lhbtram" },
	{ "Lê Hoàng Bảo Trâm", "{full:1}.{given:1}", 0, "lhbt.t" },
	{ "Lê Trâm", "{family:1}{middle:1}{given}", 0, "ltram" },
	{ "Trâm", "{family:1}{middle:1}{given}", 0, "tram" },
	{ "Y-Bih Aleo", "{full:1}", 0, "ya" },
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
	{ "H\u2032Bia Y\u2212Êban", "{full}", 0, "hbiayeban" },
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

		if (name_parse(&n, x->name, &e) || apply(x->template, &n, x->seq, &out, &e))
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
	refuses("Nguye\u0302\u0303n V\u0430n", "\"\u0430\" (U+0430)"); /* decomposed */
	refuses("Y \u0180lik", "\"\u0180\" (U+0180)"); /* b with stroke: is not guessed */
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
	assert_int_equal(apply("{full}", &n, 0, &out, &e), -1);
	assert_int_equal(e.class, ERR_USAGE);
	assert_non_null(strstr(e.msg, "64"));
	assert_int_equal(apply("{family}", &n, 0, &out, &e), -1);
	assert_non_null(strstr(e.msg, "empty"));
	assert_int_equal(apply("{family}.{given}", &n, 0, &out, &e), -1);
	assert_int_equal(apply("{nobody}", &n, 0, &out, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
	assert_string_equal(out.data, "before"); /* untouched on failure */
	name_release(&n);
	assert_int_equal(name_parse(&n, "An", &e), 0);
	assert_int_equal(apply("{family}.{given}", &n, 0, &out, &e), -1);
	assert_non_null(strstr(e.msg, "dot"));
	assert_int_equal(apply("{given}", &n, 0, &out, &e), 0);
	assert_string_equal(out.data, "an"); /* replaced */
	name_release(&n);
}

static const struct {
	const char *template, *year, *month, *tail, *unit, *agency;
	unsigned seq;
	enum name_fate fate;
	const char *want; /* local part, column, or words of the error */
} facts_examples[] = {
	{ "{given}{yob}", "1990", "", "", "", "", 0, NAME_MADE, "nguyet1990" },
	{ "{given}{mob}{yob}", "1990", "2", "", "", "", 0, NAME_MADE, "nguyet021990" },
	{ "{given}{mob}", "", "02", "", "", "", 0, NAME_MADE, "nguyet02" },
	{ "{given}{mob}", "", "12", "", "", "", 0, NAME_MADE, "nguyet12" },
	{ "{given}{id:3}", "", "", "417", "", "", 0, NAME_MADE, "nguyet417" },
	{ "{given}{id:3}", "", "", "6417", "", "", 0, NAME_MADE, "nguyet417" },
	{ "{given}{id:4}", "", "", "0417", "", "", 0, NAME_MADE, "nguyet0417" },
	{ "{given}{id:1}{seq}", "", "", "0417", "", "", 2, NAME_MADE, "nguyet72" },
	{ "{given}.{agency}", "", "", "", "", "phong.snv", 0, NAME_MADE, "nguyet.phong.snv" },
	{ "{given}.{agency:1}", "", "", "", "", "snv", 0, NAME_MADE, "nguyet.s" },
	/* units, as official names are written */
	{ "{unit}.{agency}", "", "", "", "Văn phòng", "snv", 0, NAME_MADE, "vanphong.snv" },
	{ "{agency}.{unit:1}", "", "", "", "Phòng Tổ chức  cán bộ", "snv", 0, NAME_MADE,
	  "snv.ptccb" },
	{ "{unit:1}", "", "", "", "Phòng Hành chính - Tổng hợp", "", 0, NAME_MADE, "phcth" },
	{ "{unit:1}", "", "", "", "Phòng Kế hoạch,Tài chính (2)", "", 0, NAME_MADE, "pkhtc2" },
	{ "{unit}", "", "", "", "\u00A0TTYT \u2013 H\u2019Hen", "", 0, NAME_MADE, "ttythhen" },
	/* what lacks */
	{ "{given}{yob}", "", "2", "", "", "", 0, NAME_NEEDS, "birth_year" },
	{ "{given}{mob}{yob}", "1990", "", "", "", "", 0, NAME_NEEDS, "birth_month" },
	{ "{given}{id:3}", "", "", "", "", "", 0, NAME_NEEDS, "id_tail" },
	{ "{given}{id:4}", "", "", "417", "", "", 0, NAME_NEEDS, "id_tail" },
	{ "{unit}.{agency}", "", "", "", "", "snv", 0, NAME_NEEDS, "unit" },
	/* what cannot be */
	{ "{given}{yob}", "90", "", "", "", "", 0, NAME_UNFIT, "\"90\" is not a number of four" },
	{ "{given}{yob}", "199O", "", "", "", "", 0, NAME_UNFIT, "199O" },
	{ "{given}{mob}", "", "13", "", "", "", 0, NAME_UNFIT, "\"13\" is not a number from 1" },
	{ "{given}{mob}", "", "0", "", "", "", 0, NAME_UNFIT, "\"0\"" },
	{ "{given}{mob}", "", "00", "", "", "", 0, NAME_UNFIT, "\"00\"" },
	{ "{given}{mob}", "", "002", "", "", "", 0, NAME_UNFIT, "\"002\"" },
	{ "{given}{mob}", "", "1/", "", "", "", 0, NAME_UNFIT, "\"1/\"" },
	{ "{given}{id:3}", "", "", "4l7", "", "", 0, NAME_UNFIT, "not digits alone" },
	{ "{unit}", "", "", "", "Văn ph\u043Eng", "", 0, NAME_UNFIT, "\"\u043E\" (U+043E) in the unit" },
	{ "{unit}", "", "", "", " - , ", "", 0, NAME_UNFIT, "no letter" },
	{ "{unit}", "", "", "", "Ph\xF2ng", "", 0, NAME_UNFIT, "UTF-8" },
	{ "{given}.{agency}", "", "", "", "", "", 0, NAME_UNFIT, "code of an agency" },
	{ "{given}.{agency}", "", "", "", "", "SNV", 0, NAME_UNFIT, "\"S\"" },
	{ "{given}.{agency}", "", "", "", "", ".snv", 0, NAME_UNFIT, "dot" },
	{ "{full}{full}{full}{full}", "", "", "", "", "", 0, NAME_MADE,
	  "dangthianhnguyetdangthianhnguyetdangthianhnguyetdangthianhnguyet" },
	{ "{full}{full}{full}{full}{seq}", "", "", "", "", "", 1, NAME_UNFIT, "65 characters" },
	{ "{given}{nobody}", "", "", "", "", "", 0, NAME_UNFIT, "{nobody}" },
	{ "{given}{id:7}", "", "", "4170417", "", "", 0, NAME_UNFIT, "{id:7}" },
	{ "{given", "", "", "", "", "", 0, NAME_UNFIT, "closing" },
	{ "{given}{", "", "", "", "", "", 0, NAME_UNFIT, "closing" },
	{ "{given}_", "", "", "", "", "", 0, NAME_UNFIT, "\"_\"" },
};

static void
test_facts(void **state)
{
	struct name n;

	(void)state;
	assert_int_equal(name_parse(&n, "Đặng Thị Ánh Nguyệt", NULL), 0);
	for (size_t i = 0; i < sizeof(facts_examples) / sizeof(*facts_examples); i++) {
		__auto_type x = &facts_examples[i];
		struct name_facts f = { &n, x->year, x->month, x->tail, x->unit, x->agency };
		struct err e = ERR_INIT;
		const char *column = "untouched";
		AUTO(buf) out = BUF_INIT;

		buf_str(&out, "before");
		if (name_make(x->template, &f, x->seq, &out, &column, &e) != x->fate)
			fail_msg("%zu: %s gives %s: %s", i, x->template, out.data, e.msg);
		assert_int_equal(name_make(x->template, &f, x->seq, &out, NULL, NULL), x->fate);
		assert_string_equal(out.data, x->fate == NAME_MADE ? x->want : "before");
		assert_string_equal(column, x->fate == NAME_NEEDS ? x->want : "untouched");
		if (x->fate == NAME_MADE)
			assert_int_equal(e.class, ERR_NONE);
		else if (!strstr(e.msg, x->want) || !strstr(e.msg, x->template))
			fail_msg("%s: no \"%s\" in: %s", x->template, x->want, e.msg);
	}
	name_release(&n);
}

static void
test_without_name(void **state)
{
	struct name_facts f = { .unit = "Thanh tra", .agency = "snv" };
	struct err e = ERR_INIT;
	const char *column = NULL;
	AUTO(buf) out = BUF_INIT;

	(void)state;
	assert_int_equal(name_make("{unit}.{agency}", &f, 0, &out, &column, &e), NAME_MADE);
	assert_string_equal(out.data, "thanhtra.snv");
	assert_null(column);
	assert_int_equal(name_make("{unit}{initials}", &f, 0, &out, &column, &e), NAME_NEEDS);
	assert_string_equal(column, "full_name");
	assert_string_equal(e.msg, "the naming template {unit}{initials} needs the full name: fill "
				   "in the column full_name");
	f.agency = NULL;
	assert_int_equal(name_make("{agency}", &f, 0, &out, &column, &e), NAME_UNFIT);
	assert_string_equal(e.msg,
			    "the naming template {agency} makes no address: it needs the code of "
			    "an agency");
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
	/* the known ones, all of them */
	bad_template("{x}", "there are {given} {family} {middle} {initials} {full} {yob} {mob} "
			    "{id:N} {seq} {unit} {agency}");
	bad_template("{agenci}", "{agency}?");
	bad_template("{famly:1}", "{family}?");
}

/* What may stand after the colon. */
static void
test_numbers(void **state)
{
	static const char *const good[] = {
		"{family:1}{middle:1}{given:1}", "{full:1}", "{unit:1}{agency:1}", "{unit}.{agency}",
		"{agency}", "{id:1}", "{given}{id:3}", "{given}{id:4}", "{yob}{mob}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++)
		assert_int_equal(name_check_template(good[i], NULL), 0);
	bad_template("{given}{initials:1}", "{initials:1} in the naming template: {initials} has");
	bad_template("{given}{seq:1}", "{seq:1}");
	bad_template("{given}{yob:2}", "{yob:2}");
	bad_template("{given}{mob:1}", "{mob:1}");
	bad_template("{given}{id}", "{id} in the naming template does not say how many");
	bad_template("{given}{id:}", "{id:1} to {id:4}");
	bad_template("{given}{id:0}", "{id:1} to {id:4}");
	bad_template("{given}{id:5}", "{id:1} to {id:4}");
	bad_template("{given}{id:9}", "{id:1} to {id:4}");
	bad_template("{given}{id:03}", "{id:1} to {id:4}");
	bad_template("{given}{id:33}", "{id:1} to {id:4}");
	bad_template("{given}{id:N}", "{id:1} to {id:4}");
	bad_template("{given}{id:3", "closing");
	bad_template("{family:2}", "write {family}, or {family:1}");
	bad_template("{family:}", "write {family}, or {family:1}");
	bad_template("{family:1:1}", "write {family}, or {family:1}");
	bad_template("{family: 1}", "write {family}, or {family:1}");
	bad_template("{:1}", "there are");
	bad_template("{given}..{agency}", "dot");
	bad_template(".{agency}", "dot");
	bad_template("{agency}.", "dot");
}

static void
test_counts(void **state)
{
	(void)state;
	assert_true(name_template_counts("{given}{initials}{seq}"));
	assert_false(name_template_counts("{given}{initials}"));
	assert_false(name_template_counts("seq{given}"));
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
	bad_local("l\u0430n", "\"\u0430\" (U+0430)");
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
		    apply("{given}{initials}{seq}", &n, 7, &out, &e) ||
		    apply("{full}", &n, 0, &out, &e))
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
		cmocka_unit_test(test_all_names),     cmocka_unit_test(test_facts),
		cmocka_unit_test(test_without_name),  cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_counts),
	};

	return cmocka_run_group_tests_name("name", tests, NULL, NULL);
}
