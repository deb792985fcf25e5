/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/flow/policies.h"

static struct policies *shipped;
static const struct calendar *vn;

static int
setup(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	shipped = policies_load(SRCDIR "/etc/policy", &e);
	if (!shipped)
		fail_msg("%s", e.msg);
	vn = policies_calendar(shipped, "vn");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	policies_free(shipped);
	return 0;
}

static struct date
day(const char *iso)
{
	struct date d;

	if (!date_parse(iso, &d))
		fail_msg("%s is no day", iso);
	return d;
}

static void
is_day(struct date d, const char *expected)
{
	char text[DATE_TEXT];

	date_text(d, text);
	assert_string_equal(text, expected);
}

/* --- days --- */

static void
test_date_parse(void **state)
{
	static const char *const wrong[] = { "", "2026", "2026-1-1", "2026-13-01", "2026-00-10", "2026-02-29",
					     "2100-02-29", "2026-04-31", "0000-01-01", "2026-01-00", "2026/01/01",
					     "2026-01-01 ", "+026-01-01", "2026-01-0x" };
	struct date d = { 7, 7, 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++)
		if (date_parse(wrong[i], &d))
			fail_msg("\"%s\" was taken", wrong[i]);
	assert_int_equal(d.year, 7);
	is_day(day("2024-02-29"), "2024-02-29");
	is_day(day("2000-02-29"), "2000-02-29");
	is_day(day("0001-01-01"), "0001-01-01");
	is_day(day("9999-12-31"), "9999-12-31");
}

/* Every day of four centuries, counted without the formulas. */
static void
test_date_number(void **state)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	struct date d = { 1900, 1, 1 };
	long n = -25567;   /* of 1900-01-01, by Python's datetime */
	int weekday = 1;   /* it was a Monday */

	(void)state;
	while (d.year < 2300) {
		bool leap = d.year % 4 == 0 && (d.year % 100 || d.year % 400 == 0);

		assert_true(date_is_real(d));
		assert_int_equal(date_number(d), n);
		assert_int_equal(date_compare(date_from_number(n), d), 0);
		assert_int_equal(date_weekday(d), weekday);
		n++;
		weekday = (weekday + 1) % 7;
		if (++d.day > lengths[d.month - 1] + (d.month == 2 && leap)) {
			d.day = 1;
			if (++d.month > 12) {
				d.month = 1;
				d.year++;
			}
		}
	}
	assert_int_equal(date_number(day("0001-01-01")), -719162);
	assert_int_equal(date_weekday(day("0001-01-01")), 1);
}

static void
test_date_add(void **state)
{
	(void)state;
	is_day(date_add_months(day("2026-01-31"), 1), "2026-02-28");
	is_day(date_add_months(day("2024-01-31"), 1), "2024-02-29");
	is_day(date_add_months(day("2026-11-30"), 3), "2027-02-28");
	is_day(date_add_months(day("2026-01-15"), -13), "2024-12-15");
	is_day(date_add_years(day("2024-02-29"), 1), "2025-02-28");
	is_day(date_add_years(day("2024-02-29"), 4), "2028-02-29");
	is_day(date_add_days(day("2026-12-31"), 1), "2027-01-01");
	is_day(date_add_days(day("2026-03-01"), -1), "2026-02-28");
	/* there is nothing beyond four digits */
	is_day(date_add_days(day("9999-12-31"), 1), "9999-12-31");
	is_day(date_add_months(day("2026-01-01"), 1L << 40), "9999-12-31");
	is_day(date_add_years(day("2026-01-01"), -(1L << 40)), "0001-01-01");
	is_day(date_add_days(day("2026-01-01"), -(1L << 40)), "0001-01-01");
	assert_true(date_compare(day("2026-02-01"), day("2026-01-31")) > 0);
	assert_true(date_compare(day("2025-12-31"), day("2026-01-01")) < 0);
}

/* --- the shipped years --- */

static void
check_days(const char *const *days, bool work)
{
	for (; *days; days++)
		if (calendar_works(vn, day(*days)) != work)
			fail_msg("%s is %s working day", *days, work ? "no" : "a");
}

static void
test_shipped(void **state)
{
	static const char *const free_days[] = {
		"2025-01-01", "2025-01-27", "2025-01-31", "2025-02-01", "2025-02-02", "2025-04-07", "2025-04-30",
		"2025-05-01", "2025-05-02", "2025-05-03", "2025-09-01", "2025-09-02", "2026-01-01", "2026-01-02",
		"2026-02-14", "2026-02-16", "2026-02-20", "2026-02-22", "2026-04-27", "2026-04-30", "2026-05-01",
		"2026-08-31", "2026-09-01", "2026-09-02", "2026-11-24", "2027-01-01", "2027-02-05", "2027-02-11",
		"2027-04-16", "2027-04-30", "2027-05-03", "2027-09-02", "2027-11-24", NULL
	};
	static const char *const worked[] = { "2025-01-24", "2025-02-03", "2025-04-26", "2025-05-05", "2025-08-29",
					      "2025-09-03", "2025-11-24", "2026-01-10", "2026-02-13", "2026-02-23",
					      "2026-08-22", "2026-09-03", "2026-11-23", "2027-02-04", "2027-02-12",
					      NULL };

	(void)state;
	check_days(free_days, false);
	check_days(worked, true);
	for (int y = 2025; y <= 2027; y++) {
		assert_true(calendar_knows(vn, y));
		assert_true(*calendar_source(vn, y));
	}
}

static void
test_unknown_year(void **state)
{
	(void)state;
	assert_false(calendar_knows(vn, 2031));
	assert_string_equal(calendar_source(vn, 2031), "");
	assert_true(calendar_works(vn, day("2031-01-01")));
	assert_false(calendar_works(vn, day("2031-01-04")));
	assert_false(calendar_works(vn, day("2031-01-05")));
	/* a calendar of which there is no file */
	assert_false(calendar_knows(policies_calendar(shipped, "xx"), 2026));
	assert_true(calendar_works(policies_calendar(shipped, "xx"), day("2026-01-01")));
	assert_true(calendar_works(NULL, day("2026-01-01")));
	is_day(calendar_add(NULL, day("2026-01-02"), 1), "2026-01-05");
}

static void
test_add(void **state)
{
	static const struct {
		const char *from;
		long days;
		const char *to;
	} cases[] = {
		{ "2026-11-19", 1, "2026-11-20" }, { "2026-11-20", 1, "2026-11-23" },
		{ "2026-11-20", 2, "2026-11-25" }, /* the 24th is free */
		{ "2026-11-21", 1, "2026-11-23" }, { "2026-02-13", 3, "2026-02-25" },
		{ "2026-01-09", 1, "2026-01-10" }, /* a Saturday that is worked */
		{ "2026-08-21", 1, "2026-08-22" }, { "2026-08-28", 3, "2026-09-07" },
		{ "2026-12-31", 1, "2027-01-04" }, { "2026-11-24", 0, "2026-11-25" },
		{ "2026-11-23", 0, "2026-11-23" }, { "2027-12-31", 1, "2028-01-03" },
		{ "9999-12-31", 5, "9999-12-31" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		is_day(calendar_add(vn, day(cases[i].from), cases[i].days), cases[i].to);
}

/* --- mistakes of a file --- */

static void
refused(const struct policy_entry *entries, size_t n, const char *expected)
{
	struct calendar *c = calendar_new("x");
	AUTO(buf) wrong = BUF_INIT;

	if (!calendar_take(c, "f", entries, n, &wrong))
		fail_msg("taken; expected %s", expected);
	if (!strstr(wrong.data, expected))
		fail_msg("expected ...%s...\ngot %s", expected, wrong.data);
	assert_false(calendar_knows(c, 2026)); /* nothing of it stays */
	calendar_free(c);
}

#define LIST(...) (const char *const[]){ __VA_ARGS__, NULL }
#define REFUSED(expected, ...) \
	do { \
		const struct policy_entry en[] = { __VA_ARGS__ }; \
		refused(en, sizeof(en) / sizeof(*en), expected); \
	} while (0)

static void
test_mistakes(void **state)
{
	const struct policy_entry name = { NULL, "calendar", LIST("x"), 1 }, year = { NULL, "year", LIST("2026"), 2 },
				  source = { NULL, "source", LIST("s"), 3 },
				  weekend = { NULL, "weekend", LIST("sunday"), 4 },
				  holidays = { NULL, "holidays", LIST("2026-01-01 a"), 5 };

	(void)state;
	REFUSED("f: holidays is missing\n", name, year, source, weekend);
	REFUSED("f: year is missing\n", name, source, weekend, holidays);
	REFUSED("f:7: year is given a second time (first on line 2)\n", name, year, source, weekend, holidays,
		{ NULL, "year", LIST("2027"), 7 });
	REFUSED("f:2: \"26\" is not possible for year", name, { NULL, "year", LIST("26"), 2 }, source, weekend, holidays);
	REFUSED("f:4: \"sun\" is not possible for weekend", name, year, source, { NULL, "weekend", LIST("sun"), 4 }, holidays);
	REFUSED("f:4: a week must have a working day", name, year, source, holidays,
		{ NULL, "weekend", LIST("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"), 4 });
	REFUSED("f:5: \"2026-02-30 x\" is not possible for holidays", name, year, source, weekend,
		{ NULL, "holidays", LIST("2026-02-30 x"), 5 });
	REFUSED("f:5: \"2026-01-01\" is not possible for holidays", name, year, source, weekend,
		{ NULL, "holidays", LIST("2026-01-01"), 5 });
	REFUSED("f:5: 2025-01-01 is not in the year 2026", name, year, source, weekend,
		{ NULL, "holidays", LIST("2025-01-01 x"), 5 });
	REFUSED("f:6: 2026-01-01 is given twice", name, year, source, weekend, holidays,
		{ NULL, "working", LIST("2026-01-01 b"), 6 });
	REFUSED("f:6: unknown key free", name, year, source, weekend, holidays, { NULL, "free", LIST("b"), 6 });
}

static void
test_year_twice(void **state)
{
	const struct policy_entry en[] = { { NULL, "calendar", LIST("x"), 1 }, { NULL, "year", LIST("2026"), 2 },
					   { NULL, "source", LIST("s"), 3 }, { NULL, "weekend", LIST("sunday"), 4 },
					   { NULL, "holidays", LIST("2026-01-01 a"), 5 } };
	struct calendar *c = calendar_new("x");
	AUTO(buf) wrong = BUF_INIT;

	(void)state;
	assert_int_equal(calendar_take(c, "one", en, 5, &wrong), 0);
	assert_int_equal(calendar_take(c, "two", en, 5, &wrong), -1);
	assert_string_equal(wrong.data, "two:2: the calendar x has the year 2026 already, from one\n");
	/* a week of six days: Saturday is worked */
	assert_true(calendar_works(c, day("2026-01-03")));
	assert_false(calendar_works(c, day("2026-01-04")));
	calendar_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_date_parse), cmocka_unit_test(test_date_number),
		cmocka_unit_test(test_date_add),   cmocka_unit_test(test_shipped),
		cmocka_unit_test(test_unknown_year), cmocka_unit_test(test_add),
		cmocka_unit_test(test_mistakes),   cmocka_unit_test(test_year_twice),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
