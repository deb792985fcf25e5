/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/policy_try.h"

/* Which rule holds for whom, and what it comes to. */

static struct policies *shipped;

static int
setup(void **state)
{
	(void)state;
	shipped = load_shipped();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	policies_free(shipped);
	return 0;
}

static void
test_ranks(void **state)
{
	const struct policy *p = policies_builtin(shipped);
	static const struct {
		const char *rank, *title;
		enum policy_rank expected;
	} cases[] = {
		{ "", "Chuyên viên", RANK_STAFF },
		{ "", "", RANK_STAFF },
		{ "", "Trưởng phòng", RANK_DIVISION_HEAD },
		{ "", "TRƯỞNG PHÒNG Tổ chức", RANK_DIVISION_HEAD },
		{ "", "Truong phong", RANK_DIVISION_HEAD },
		{ "", "Trưởng phòng\xcc\x80", RANK_DIVISION_HEAD },
		{ "division-head", "", RANK_DIVISION_HEAD },
		{ "department-head", "Trưởng phòng", RANK_DEPARTMENT_HEAD },
		{ "division-head", "Giám đốc Sở", RANK_DIVISION_HEAD }, /* the rank, where it says one */
		{ "Chuyên viên chính", "Trưởng phòng", RANK_DIVISION_HEAD },
		/* whoever helps or stands in for a head is none */
		{ "", "PHÓ TRƯỞNG PHÒNG Tổ chức", RANK_STAFF },
		{ "", "Phó Giám đốc Sở Nội vụ", RANK_STAFF },
		{ "", "Phó Chủ tịch UBND xã", RANK_STAFF },
		{ "", "Phó Chánh Văn phòng", RANK_STAFF },
		{ "", "Thư ký Chủ tịch UBND tỉnh", RANK_STAFF },
		{ "", "Trợ lý Giám đốc", RANK_STAFF },
		{ "", "Nhân viên văn phòng Giám đốc Sở", RANK_STAFF },
		{ "", "Nguyên Giám đốc Sở", RANK_STAFF },
		/* who acts as one is one */
		{ "", "Quyền Giám đốc Sở Nội vụ", RANK_DEPARTMENT_HEAD },
		{ "", "Q. Trưởng phòng", RANK_DIVISION_HEAD },
		{ "", "Quyền lợi", RANK_STAFF },
		/* the longest that fits */
		{ "", "Giám đốc", RANK_DEPARTMENT_HEAD },
		{ "", "Giám đốc Sở Nội vụ", RANK_DEPARTMENT_HEAD },
		{ "", "Giám đốc Trung tâm Y tế", RANK_DIVISION_HEAD },
		{ "", "Chánh Văn phòng", RANK_DIVISION_HEAD },
		{ "", "Chánh Văn phòng Sở", RANK_DIVISION_HEAD },
		{ "", "Chánh Văn phòng UBND tỉnh", RANK_DEPARTMENT_HEAD },
		/* several titles */
		{ "", "Tỉnh ủy viên, Giám đốc Sở Tài chính", RANK_DEPARTMENT_HEAD },
		{ "", "Phó Giám đốc Sở, Trưởng ban Thi đua", RANK_DIVISION_HEAD },
		{ "", "Trưởng phòng kiêm Chánh Thanh tra tỉnh", RANK_DEPARTMENT_HEAD },
		{ "", "Bí thư Đảng ủy - Chủ tịch HĐND", RANK_DEPARTMENT_HEAD },
		{ "", "Kiêm", RANK_STAFF },
		{ "", "a kiêm", RANK_STAFF },
		{ "", ", ; /", RANK_STAFF },
		{ "", "Chủ tịch UBND xã", RANK_DEPARTMENT_HEAD },
		{ "", "Chủ tịch Công đoàn", RANK_STAFF },
		{ "", "Trưởng bản", RANK_DIVISION_HEAD }, /* folded, it is "truong ban" */
		{ "", "Trưởng bang", RANK_STAFF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (policy_rank(p, KIND_PERSON, cases[i].rank, cases[i].title) != cases[i].expected)
			fail_msg("\"%s\" \"%s\" is not %s", cases[i].rank, cases[i].title,
				 policy_rank_word(cases[i].expected));
		for (int k = KIND_PERSON + 1; k < KIND_COUNT; k++)
			assert_int_equal(policy_rank(p, (enum kind)k, cases[i].rank, cases[i].title), RANK_STAFF);
	}
}

/* Kinds of agencies as people write them. */
static void
test_kinds(void **state)
{
	struct policy *p = parse(HEAD "rule \"eligibility.excluded\" { value = {\"school\", \"Y tế\"} "
				      "legal_basis = \"y\" }");

	(void)state;
	assert_true(policy_excludes(p, "school"));
	assert_true(policy_excludes(p, "School"));
	assert_true(policy_excludes(p, "y tế"));
	assert_false(policy_excludes(p, "schools"));
	assert_false(policy_excludes(p, ""));
	assert_false(policy_excludes(policies_builtin(shipped), "school"));
	assert_int_equal(policy_naming_rule(KIND_AGENCY, "Commune"), RULE_NAMING_COMMUNE);
	assert_int_equal(policy_naming_rule(KIND_AGENCY, "department"), RULE_NAMING_AGENCY);
	policy_free(p);
}

static void
test_grace(void **state)
{
	struct policy *p = parse(HEAD "rule \"grace.staff\" { value = \"6 months\" legal_basis = \"a\" }\n"
				      "rule \"grace.department_head\" { value = \"12 months\" legal_basis = \"a\" }\n"
				      "rule \"grace.death\" { value = \"10 days\" legal_basis = \"a\" }\n");

	(void)state;
	term_is(policy_grace(p, RANK_STAFF, -1), "6 months");
	/* division_head is at its default of 3 months: less than for staff */
	term_is(policy_grace(p, RANK_DIVISION_HEAD, BASIS_RETIREMENT), "6 months");
	assert_int_equal(policy_grace_rule(p, RANK_DIVISION_HEAD, -1), RULE_GRACE_STAFF);
	term_is(policy_grace(p, RANK_DEPARTMENT_HEAD, BASIS_RESIGNATION), "12 months");
	term_is(policy_grace(p, RANK_DEPARTMENT_HEAD, BASIS_DEATH), "10 days");
	term_is(policy_grace(p, RANK_STAFF, BASIS_LEAVE), "6 months");
	policy_free(p);
}

static void
test_quota_by_rank(void **state)
{
	struct policy *p = parse(HEAD "rule \"quota.person\" { value = \"1G\" legal_basis = \"a\" }\n"
				      "rule \"quota.person.division_head\" { value = \"5G\" legal_basis = \"a\" }\n"
				      "rule \"quota.shared\" { value = \"3G\" legal_basis = \"a\" }\n");

	(void)state;
	assert_int_equal(policy_quota(p, KIND_PERSON, RANK_STAFF), INT64_C(1) << 30);
	assert_int_equal(policy_quota(p, KIND_PERSON, RANK_DIVISION_HEAD), INT64_C(5) << 30);
	assert_int_equal(policy_quota(p, KIND_PERSON, RANK_DEPARTMENT_HEAD), INT64_C(5) << 30);
	assert_int_equal(policy_quota(p, KIND_SHARED, RANK_DEPARTMENT_HEAD), INT64_C(3) << 30);
	assert_int_equal(policy_quota(p, KIND_UNIT, RANK_STAFF), 0);
	policy_free(p);
}

static void
test_due(void **state)
{
	static const struct {
		struct policy_term term;
		const char *due;
	} cases[] = {
		{ { 3, POLICY_WORKING_DAYS }, "2026-11-26" }, /* the 24th is free */
		{ { 2, POLICY_DAYS }, "2026-11-22" },	      { { 2, POLICY_HOURS }, "2026-11-21" },
		{ { 49, POLICY_HOURS }, "2026-11-23" },       { { 0, POLICY_HOURS }, "2026-11-20" },
		{ { 48, POLICY_HOURS }, "2026-11-22" },	      { { 3, POLICY_MONTHS }, "2027-02-20" },
		{ { 1, POLICY_YEARS }, "2027-11-20" },
	};
	const struct calendar *c = policies_calendar(shipped, "vn");
	struct policy_term never = { -1, POLICY_DAYS };
	struct date from = { 2026, 11, 20 };
	char text[DATE_TEXT];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		date_text(policy_due_date(cases[i].term, c, from), text);
		assert_string_equal(text, cases[i].due);
	}
	assert_int_equal(policy_due_date(never, c, from).year, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranks),	     cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_grace),	     cmocka_unit_test(test_quota_by_rank),
		cmocka_unit_test(test_due),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
