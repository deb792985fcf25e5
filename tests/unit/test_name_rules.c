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

#define NAMES_MIN 60 /* for each regulation */
#define CANDIDATES_MAX 6

/*
 * Four regulations of 2025 as naming templates, against tests/data/naming.tsv, which
 * tests/data/make_naming.py wrote without knowing of templates.
 */
static const struct regulation {
	const char *word;
	struct {
		const char *template;
		unsigned seq;
	} candidates[CANDIDATES_MAX];
} regulations[] = {
	{ "ninh-binh", { { "{given}{initials}.{agency}", 0 } } },
	{ "dong-thap",
	  { { "{full}", 0 },
	    { "{full}{yob}", 0 },
	    { "{family:1}{middle}{given}", 0 },
	    { "{family:1}{middle:1}{given}", 0 },
	    { "{family:1}{middle:1}{given}{yob}", 0 },
	    { "{family:1}{middle:1}{given}{mob}{yob}", 0 } } },
	{ "nghe-an",
	  { { "{given}{initials}", 0 },
	    { "{given}{initials}{seq}", 1 },
	    { "{given}{initials}{seq}", 2 },
	    { "{given}{initials}{seq}", 10 } } },
	{ "bac-ninh", { { "{given}{initials}{id:3}", 0 }, { "{given}{initials}{id:4}", 0 } } },
};
#define REGULATIONS (sizeof(regulations) / sizeof(*regulations))

enum column { REGULATION, NAME, BIRTH_YEAR, BIRTH_MONTH, ID_TAIL, AGENCY, CANDIDATES, COLUMNS };

static size_t
regulation_index(const char *word)
{
	for (size_t i = 0; i < REGULATIONS; i++)
		if (!strcmp(regulations[i].word, word))
			return i;
	fail_msg("naming.tsv has an unknown regulation, %s", word);
	return 0;
}

/* What the file says of it: the local part, "?column" or "-". */
static void
told(enum name_fate fate, const char *column, struct buf *out)
{
	switch (fate) {
	case NAME_MADE:
		return;
	case NAME_NEEDS:
		buf_clear(out);
		buf_printf(out, "?%s", column);
		return;
	case NAME_UNFIT:
		buf_clear(out);
		buf_char(out, '-');
		return;
	}
}

static void
check_row(const struct regulation *rules, char *const *cell)
{
	struct name name;
	struct name_facts facts = {
		.name = &name,
		.birth_year = cell[BIRTH_YEAR],
		.birth_month = cell[BIRTH_MONTH],
		.id_tail = cell[ID_TAIL],
		.agency = cell[AGENCY],
	};
	struct err e = ERR_INIT;
	char *rest = cell[CANDIDATES];
	size_t i = 0;

	if (name_parse(&name, cell[NAME], &e))
		fail_msg("%s: %s", cell[NAME], e.msg);
	for (; i < CANDIDATES_MAX && rules->candidates[i].template; i++) {
		AUTO(buf) out = BUF_INIT;
		const char *want = strsep(&rest, " "), *column = "";
		const char *template = rules->candidates[i].template;
		enum name_fate fate =
			name_make(template, &facts, rules->candidates[i].seq, &out, &column, &e);

		if (!want)
			fail_msg("naming.tsv has too few candidates for %s", cell[NAME]);
		told(fate, column, &out);
		if (strcmp(out.data, want))
			fail_msg("%s of \"%s\" is %s and not %s", template, cell[NAME], out.data,
				 want);
		assert_true(fate != NAME_MADE || !name_check_local(out.data, NULL));
	}
	if (rest)
		fail_msg("naming.tsv has too many candidates for %s", cell[NAME]);
	name_release(&name);
}

static void
test_regulations(void **state)
{
	FILE *f = fopen(SRCDIR "/tests/data/naming.tsv", "r");
	unsigned count[REGULATIONS] = { 0 };
	char line[1024];

	(void)state;
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	while (fgets(line, sizeof(line), f)) {
		char *rest = line, *cell[COLUMNS];
		size_t r;

		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < COLUMNS; i++) {
			cell[i] = strsep(&rest, "\t");
			assert_non_null(cell[i]);
		}
		assert_null(rest);
		r = regulation_index(cell[REGULATION]);
		check_row(&regulations[r], cell);
		count[r]++;
	}
	fclose(f);
	for (size_t r = 0; r < REGULATIONS; r++)
		if (count[r] < NAMES_MIN)
			fail_msg("naming.tsv has %u names for %s, not %d", count[r],
				 regulations[r].word, NAMES_MIN);
}

static void
test_templates_of_regulations(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	for (size_t r = 0; r < REGULATIONS; r++)
		for (size_t i = 0; i < CANDIDATES_MAX; i++) {
			const char *template = regulations[r].candidates[i].template;

			if (!template)
				continue;
			if (name_check_template(template, &e))
				fail_msg("%s: %s", template, e.msg);
			assert_int_equal(name_template_counts(template),
					 regulations[r].candidates[i].seq > 0);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regulations),
		cmocka_unit_test(test_templates_of_regulations),
	};

	return cmocka_run_group_tests_name("name_rules", tests, NULL, NULL);
}
