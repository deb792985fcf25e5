/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/policy_try.h"

#define SHIPPED SRCDIR "/etc/policy"

static struct policies *shipped;
static char dir[] = "/tmp/test_policy.XXXXXX";

static int
setup(void **state)
{
	(void)state;
	shipped = load_shipped();
	return mkdtemp(dir) ? 0 : -1;
}

static int
teardown(void **state)
{
	(void)state;
	policies_free(shipped);
	return rmdir(dir);
}

static const struct policy *
of(const char *domain)
{
	return policies_find(shipped, domain, "2026-11-23");
}

static void
list_is(const char *const *list, const char *expected)
{
	AUTO(buf) b = BUF_INIT;

	for (; *list; list++)
		buf_printf(&b, "%s%s", b.len ? " " : "", *list);
	assert_string_equal(b.data, expected);
}

/* --- what a file may say --- */

static void
refused(const char *text, const char *expected)
{
	AUTO(str) copy = xstrdup(text);
	AUTO(buf) wrong = BUF_INIT;
	struct policy *p = policies_parse("f", copy, &wrong);

	if (p)
		fail_msg("taken: %s", text);
	if (!strstr(wrong.data, expected))
		fail_msg("for %s\n  expected ...%s...\n  got %s", text, expected, wrong.data);
	assert_int_equal(wrong.data[wrong.len - 1], '\n');
}

static void
test_file(void **state)
{
	struct policy *p = parse("# một\n" HEAD "rule \"naming.person\" {\n\tvalue = {\"{given}\",\n\t\"{full}{seq}\"}\n"
				 "\tlegal_basis = \"Điều 5\"\n\tnote = \"ghi  chú\"\n}\n"
				 "rule 'deadline.create' { value = \"5 working days\" legal_basis = 'Điều 6' }\n");

	(void)state;
	assert_string_equal(policy_domain(p), "x.gov.vn");
	assert_string_equal(policy_valid_from(p), "2026-01-01");
	assert_string_equal(policy_document(p), "QĐ 1");
	assert_string_equal(policy_file(p), "f");
	list_is(policy_list(p, RULE_NAMING_PERSON), "{given} {full}{seq}");
	assert_string_equal(policy_basis(p, RULE_NAMING_PERSON), "Điều 5");
	assert_string_equal(policy_note(p, RULE_NAMING_PERSON), "ghi chú");
	assert_int_equal(policy_line(p, RULE_NAMING_PERSON), 6);
	assert_int_equal(policy_line(p, RULE_DEADLINE_CREATE), 11);
	term_is(policy_term(p, RULE_DEADLINE_CREATE), "5 working days");
	/* the others are at their defaults */
	term_is(policy_term(p, RULE_DEADLINE_CLOSE), "3 working days");
	assert_string_equal(policy_basis(p, RULE_DEADLINE_CLOSE), "");
	assert_int_equal(policy_line(p, RULE_DEADLINE_CLOSE), 0);
	policy_free(p);
}

static void
test_mistakes(void **state)
{
	static const char *const cases[][2] = {
		{ "", "f: domain is missing: domain = \"ninhbinh.gov.vn\"\n" },
		{ "domain = \"x.vn\"", "f: valid_from is missing" },
		{ HEAD "domain = \"y.vn\"", "f:4: domain is given a second time (first on line 1)\n" },
		{ "domain = \"X.vn\"", "f:1: \"X.vn\" is not possible for domain" },
		{ "domain = \"vn\"", "f:1: \"vn\" is not possible for domain" },
		{ "\nvalid_from = \"2026-02-30\"", "f:2: \"2026-02-30\" is not possible for valid_from" },
		{ "document = \"\"", "f:1: document is empty" },
		{ "domian = \"x.vn\"", "f:1: unknown key domian; did you mean domain?" },
		{ "rules \"a\" { }", "f:1: unknown key rules; did you mean the section rule \"deadline.create\" { ... }?" },
		{ "rule { value = \"x\" }", "f:1: " },
		{ "value = \"x\"", "f:1: unknown key value; value belongs inside rule { ... }" },
		{ "rule \"a\" {\n vlaue = \"x\" }", "f:2: unknown key vlaue in section rule; did you mean value?" },
		{ "rule \"a\" {\n value = \"x\" \n rule \"b\" { value = \"x\" }\n", "f:1: a string, comment or section begins here" },
		{ HEAD "rule \"deadline.creat\" { value = \"x\" legal_basis = \"y\" }",
		  "f:4: unknown rule \"deadline.creat\"; did you mean \"deadline.create\"?\n" },
		{ HEAD "rule \"grace.xyzzy\" { value = \"x\" legal_basis = \"y\" }",
		  "f:4: unknown rule \"grace.xyzzy\"; of these there are grace.staff, grace.division_head" },
		{ HEAD "rule \"zzz\" { value = \"x\" legal_basis = \"y\" }", "hopthu-policy(5) lists all" },
		{ HEAD "rule \"fuse.count\" { value = \"5\" legal_basis = \"y\" }\n"
		       "rule \"fuse.count\" { value = \"5\" legal_basis = \"y\" }",
		  "f:5: \"fuse.count\" is given a second time\n" },
		{ HEAD "rule \"fuse.count\" { legal_basis = \"y\" }", "f:4: rule \"fuse.count\" has no value\n" },
		{ HEAD "rule \"fuse.count\" { value = {} legal_basis = \"y\" }", "f:4: rule \"fuse.count\" has no value\n" },
		{ HEAD "rule \"fuse.count\" { value = \"5\" }", "f:4: rule \"fuse.count\" has no legal_basis" },
		{ HEAD "rule \"fuse.count\" { }", "f:4: rule \"fuse.count\" has no value\nf:4: rule \"fuse.count\" has no" },
		{ HEAD "rule \"fuse.count\" { value = \"5\" legal_basis = \"Không quy định;\" }",
		  "f:4: rule \"fuse.count\": behind \"không quy định\" must stand why" },
		{ HEAD "rule \"fuse.count\" { value = \"5\" legal_basis = \"y\"\nlegal_basis = \"z\" }",
		  "f:5: legal_basis of rule \"fuse.count\" is given a second time" },
		{ HEAD "rule \"fuse.count\" { value = {\"5\", \"6\"} legal_basis = \"y\" }",
		  "f:4: fuse.count: fuse.count takes one value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		refused(cases[i][0], cases[i][1]);
	/* every mistake, not only the first */
	refused(HEAD "rule \"fuse.count\" { value = \"0\" legal_basis = \"y\" }\n\nrule \"fuse.percent\" { value = \"101\" "
		     "legal_basis = \"y\" }\n",
		"f:4: fuse.count: \"0\" is not possible; it must be a whole number from 1 to 1000000\n"
		"f:6: fuse.percent: \"101\" is not possible; it must be a whole number from 1 to 100\n");
}

static void
test_values(void **state)
{
	static const struct {
		const char *rule, *value;
		const char *right; /* NULL: it is possible */
	} cases[] = {
		{ "deadline.create", "3 working days", NULL },
		{ "deadline.create", "1 working day", NULL },
		{ "deadline.create", "48 hours", NULL },
		{ "deadline.create", "never", NULL },
		{ "deadline.create", "0 days", NULL },
		{ "deadline.create", "3", "as \"3 working days\"" },
		{ "deadline.create", "3  days", NULL }, /* white space is made one space */
		{ "deadline.create", "-3 days", "as \"3 working days\"" },
		{ "deadline.create", "10000 days", "as \"3 working days\"" },
		{ "deadline.create", "3 weeks", "as \"3 working days\"" },
		{ "deadline.create", "99999999999999999999 days", "as \"3 working days\"" },
		{ "retention.log", "11 months", "\"11 months\" is too short; it must be at least 12 months" },
		{ "retention.log", "1 year", NULL },
		{ "retention.log", "never", NULL },
		{ "password.max_age", "0 days", "\"0 days\" is too short; it must be at least 1 hour" },
		{ "password.max_age", "0 hours", "must be at least 1 hour" },
		{ "password.max_age", "1 hour", NULL },
		{ "password.max_age", "never", NULL },
		{ "inactivity.lock", "0 days", "must be at least 1 hour" },
		{ "password.initial_lock", "0 months", "must be at least 1 hour" },
		{ "grace.staff", "0 days", NULL },
		{ "alias.period", "0 days", NULL },
		{ "request.phone", "none", NULL },
		{ "request.roles", "none", "one of requester" },
		{ "quota.person", "2G", NULL },
		{ "quota.person", "2", "as \"2G\"" },
		{ "quota.person", "0G", "as \"2G\"" },
		{ "quota.person", "2GB", "as \"2G\"" },
		{ "quota.person", "2g", "as \"2G\"" },
		{ "quota.person", "1000000T", "at most 1024T" },
		{ "password.classes", "4", NULL },
		{ "password.classes", "5", "from 1 to 4" },
		{ "password.classes", "4.0", "from 1 to 4" },
		{ "naming.follows_agency", "yes", NULL },
		{ "naming.follows_agency", "true", "yes or no" },
		{ "naming.after_merger", "kepe", "one of keep, convert (did you mean keep?)" },
		{ "deadline.day_ends", "17:00", NULL },
		{ "deadline.day_ends", "24:00", "a time such as \"17:00\"" },
		{ "deadline.day_ends", "7:00", "a time such as \"17:00\"" },
		{ "calendar", "vn", NULL },
		{ "calendar", "../vn", "as \"vn\"" },
		{ "request.channels", "fax", "one of document, dms, mail, phone, web" },
		{ "forwarding.whitelist", "gov.vn", NULL },
		{ "forwarding.whitelist", "*.gov.vn", "a domain such as" },
		{ "naming.person", "{given", "naming.person: " },
		{ "naming.person", "given}", "naming.person: " },
		{ "naming.person", "{{given}}", "naming.person: " },
		{ "naming.person", "{family:1}{id:3}.{agency}", NULL },
		{ "request.by", "a\xe2\x80\xae" "b", "U+202E" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		AUTO(str) text = xasprintf(HEAD "rule \"%s\" { value = \"%s\" legal_basis = \"Điều 1\" }",
					   cases[i].rule, cases[i].value);

		if (cases[i].right)
			refused(text, cases[i].right);
		else
			policy_free(parse(text));
	}
	refused(HEAD "rule \"request.phone\" { value = {\"reset\", \"none\"} legal_basis = \"y\" }",
		"request.phone: \"none\" must stand alone");
	refused(HEAD "rule \"naming.person\" { value = {\"{full}\", \"{full}\"} legal_basis = \"y\" }",
		"stands in the list twice");
}

/* A list that says that nothing is in it: not the same as a rule that is not there. */
static void
test_none(void **state)
{
	struct policy *p = parse(HEAD "rule \"request.phone\" { value = \"none\" legal_basis = \"Điều 6\" }");
	AUTO(buf) b = BUF_INIT;

	(void)state;
	list_is(policy_list(p, RULE_REQUEST_PHONE), "");
	assert_true(policy_has(p, RULE_REQUEST_PHONE));
	policy_value_text(p, RULE_REQUEST_PHONE, &b);
	assert_string_equal(b.data, "none");
	policy_free(p);
}

/* The manual says of every rule who keeps to it, as the table has it. */
static void
test_manual(void **state)
{
	FILE *f = fopen(SRCDIR "/man/hopthu-policy.5", "re");
	char text[65536];
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	(void)state;
	fclose(f);
	text[n] = '\0';
	for (int k = 0; k < RULE_COUNT; k++) {
		AUTO(str) item = xasprintf("\n.It Ic %s\n", policy_key_table[k].name);
		AUTO(str) use = xstrdup(policy_use_word(policy_key_table[k].use));
		AUTO(str) line = NULL;
		const char *at = strstr(text, item), *end;

		assert_non_null(at);
		end = strstr(at + 1, "\n.It Ic ");
		*use -= 'a' - 'A';
		line = xasprintf("\n.Em %s .\n", use);
		if (!strstr(at, line) || (end && strstr(at, line) > end))
			fail_msg("hopthu-policy(5) does not say \"%s\" of %s", use, policy_key_table[k].name);
	}
}

/* --- what holds --- */

static void
test_builtin(void **state)
{
	struct policy *p = policy_builtin();

	(void)state;
	list_is(policy_naming(p, KIND_PERSON, "department"), "{given}{initials} {given}{initials}{seq}");
	list_is(policy_naming(p, KIND_AGENCY, "department"), "{agency}");
	list_is(policy_naming(p, KIND_AGENCY, "commune"), "{agency}");
	list_is(policy_naming(p, KIND_UNIT, "department"), "{unit}.{agency}");
	assert_int_equal(policy_quota(p, KIND_PERSON, RANK_DEPARTMENT_HEAD), 0);
	assert_int_equal(policy_quota_least(p, KIND_AGENCY), 0);
	for (int op = 0; op < OP_COUNT; op++)
		term_is(policy_deadline(p, (enum op)op), op <= OP_REVERT ? "3 working days" : "never");
	term_is(policy_term(p, RULE_DEADLINE_RESET), "2 hours");
	term_is(policy_term(p, RULE_ALIAS_PERIOD), "6 months");
	term_is(policy_term(p, RULE_REUSE_AFTER), "never");
	assert_int_equal(policy_number(p, RULE_FUSE_COUNT), 50);
	assert_int_equal(policy_number(p, RULE_FUSE_PERCENT), 20);
	assert_int_equal(policy_number(p, RULE_LOCK_OUTBOUND_RATE), -1);
	assert_string_equal(policy_text(p, RULE_CALENDAR), "vn");
	assert_string_equal(policy_domain(p), "*");
	for (int r = RANK_STAFF; r <= RANK_DEPARTMENT_HEAD; r++)
		for (int b = -1; b < BASIS_COUNT; b++)
			term_is(policy_grace(p, (enum policy_rank)r, b), "3 months");
	policy_free(p);
}

/* default.conf says what is built in, nothing else; and it names every rule there is. */
static void
test_default_file(void **state)
{
	const struct policy *file = policies_find(shipped, "other.gov.vn", "2026-11-23");
	struct policy *builtin = policy_builtin();
	FILE *f = fopen(SHIPPED "/default.conf", "re");
	char text[65536];
	size_t n = fread(text, 1, sizeof(text) - 1, f);

	(void)state;
	fclose(f);
	text[n] = '\0';
	assert_string_equal(policy_domain(file), "*");
	for (int k = 0; k < RULE_COUNT; k++) {
		AUTO(buf) a = BUF_INIT;
		AUTO(buf) b = BUF_INIT;
		AUTO(str) line = xasprintf("rule \"%s\" {", policy_key_table[k].name);

		policy_value_text(file, (enum policy_key)k, &a);
		policy_value_text(builtin, (enum policy_key)k, &b);
		if (strcmp(a.data, b.data) != 0)
			fail_msg("%s: default.conf says \"%s\", built in is \"%s\"", policy_key_table[k].name,
				 a.data, b.data);
		assert_int_equal(policy_has(file, (enum policy_key)k), policy_line(file, (enum policy_key)k) != 0);
		if (!strstr(text, line))
			fail_msg("default.conf does not name %s", policy_key_table[k].name);
	}
	policy_free(builtin);
}

static void
test_shipped(void **state)
{
	const struct policy *nb = of("ninhbinh.gov.vn"), *dt = of("dongthap.gov.vn"), *na = of("nghean.gov.vn"),
			    *bn = of("bacninh.gov.vn");

	(void)state;
	list_is(policy_naming(nb, KIND_PERSON, ""), "{given}{initials}.{agency}");
	list_is(policy_naming(dt, KIND_PERSON, ""),
		"{full} {full}{yob} {family:1}{middle}{given} {family:1}{middle:1}{given} "
		"{family:1}{middle:1}{given}{yob} {family:1}{middle:1}{given}{mob}{yob}");
	list_is(policy_naming(na, KIND_PERSON, ""), "{given}{initials} {given}{initials}{seq}");
	list_is(policy_naming(bn, KIND_PERSON, ""), "{given}{initials}{id:3} {given}{initials}{id:4}");
	list_is(policy_naming(dt, KIND_UNIT, ""), "{agency}.{unit}");
	list_is(policy_naming(bn, KIND_UNIT, ""), "{unit}.{agency}");
	assert_true(policy_flag(nb, RULE_NAMING_FOLLOWS_AGENCY));
	assert_false(policy_flag(dt, RULE_NAMING_FOLLOWS_AGENCY));
	term_is(policy_deadline(nb, OP_CREATE), "3 working days");
	term_is(policy_deadline(dt, OP_RESTORE), "5 working days");
	term_is(policy_deadline(na, OP_CLOSE), "3 working days");
	term_is(policy_deadline(bn, OP_CLOSE), "2 working days");
	term_is(policy_term(bn, RULE_DEADLINE_RESET), "2 hours");
	term_is(policy_term(nb, RULE_DEADLINE_RESET), "3 working days");
	term_is(policy_term(dt, RULE_DEADLINE_RESET), "5 working days");
	term_is(policy_term(na, RULE_DEADLINE_RESET), "3 working days");
	assert_non_null(strstr(policy_note(dt, RULE_DEADLINE_RESET), "mẫu 03"));
	list_is(policy_list(nb, RULE_REQUEST_PHONE), "");
	list_is(policy_list(dt, RULE_REQUEST_PHONE), "");
	list_is(policy_list(na, RULE_REQUEST_PHONE), "");
	list_is(policy_list(bn, RULE_REQUEST_PHONE), "reset");
	term_is(policy_term(bn, RULE_FILING_LIMIT), "15 days");
	term_is(policy_term(na, RULE_FILING_LIMIT), "never"); /* its 5 days begin with the lock */
	assert_non_null(strstr(policy_note(bn, RULE_ATTACHMENT_MAX), "tệp thực thi"));
	assert_int_equal(policy_number(nb, RULE_PASSWORD_MAX_FAILURES), 13); /* more than 12 */
	term_is(policy_term(dt, RULE_INACTIVITY_LOCK), "45 days");
	term_is(policy_term(na, RULE_INACTIVITY_LOCK), "6 months");
	term_is(policy_term(bn, RULE_INACTIVITY_LOCK), "3 months");
	term_is(policy_term(dt, RULE_LOCK_REVOKE), "30 days");
	term_is(policy_term(na, RULE_LOCK_REVOKE), "6 months");
	term_is(policy_term(nb, RULE_PASSWORD_INITIAL_LOCK), "1 month");
	term_is(policy_term(dt, RULE_PASSWORD_INITIAL_LOCK), "5 days");
	assert_int_equal(policy_quota(nb, KIND_PERSON, RANK_STAFF), INT64_C(2) << 30);
	assert_int_equal(policy_quota(dt, KIND_PERSON, RANK_STAFF), INT64_C(500) << 20);
	assert_int_equal(policy_quota(na, KIND_AGENCY, RANK_STAFF), INT64_C(10) << 30);
	assert_int_equal(policy_quota(bn, KIND_PERSON, RANK_STAFF), 0);
	assert_int_equal(policy_quota_least(dt, KIND_UNIT), INT64_C(2) << 30);
	assert_int_equal(policy_number(nb, RULE_PASSWORD_LENGTH), 9);
	assert_int_equal(policy_number(bn, RULE_PASSWORD_LENGTH_ADMIN), 10);
	assert_int_equal(policy_number(nb, RULE_LOCK_OUTBOUND_RATE), 250);
	assert_int_equal(policy_number(nb, RULE_ATTACHMENT_MAX), INT64_C(30) << 20);
	list_is(policy_list(dt, RULE_ELIGIBILITY_EXCLUDED), "school health");
	term_is(policy_grace(nb, RANK_DEPARTMENT_HEAD, BASIS_RETIREMENT), "3 months");
	/* whatever it says rests on something */
	for (size_t i = 0; policies_at(shipped, i); i++)
		for (int k = 0; k < RULE_COUNT; k++)
			assert_true(!policy_line(policies_at(shipped, i), (enum policy_key)k) ||
				    *policy_basis(policies_at(shipped, i), (enum policy_key)k));
}

static void
test_in_force(void **state)
{
	size_t n = 0;

	(void)state;
	assert_string_equal(policy_domain(policies_find(shipped, "ninhbinh.gov.vn", "2025-12-10")), "ninhbinh.gov.vn");
	assert_string_equal(policy_domain(policies_find(shipped, "ninhbinh.gov.vn", "2025-12-09")), "*");
	assert_string_equal(policy_file(policies_find(shipped, "ninhbinh.gov.vn", "2024-12-31")), "");
	assert_string_equal(policy_domain(policies_find(shipped, "khac.gov.vn", "2026-01-01")), "*");
	assert_true(policies_serve(shipped, "nghean.gov.vn"));
	assert_false(policies_serve(shipped, "*"));
	assert_false(policies_serve(shipped, "khac.gov.vn"));
	while (policies_domain(shipped, n))
		n++;
	assert_int_equal(n, 4);
	assert_string_equal(policies_domain(shipped, 0), "bacninh.gov.vn");
}

static void
test_unknown_years(void **state)
{
	struct policies *none = policies_load(dir, &(struct err)ERR_INIT);
	AUTO(buf) b = BUF_INIT;

	(void)state;
	policies_unknown_years(shipped, 2025, 2027, &b);
	assert_string_equal(b.data, "");
	policies_unknown_years(shipped, 2027, 2028, &b);
	assert_string_equal(b.data, "the calendar \"vn\" has no file for the year 2028: only Saturdays and Sundays "
				    "are free in it, no holidays\n");
	buf_clear(&b);
	policies_unknown_years(none, 2026, 2027, &b); /* what is built in asks for vn too */
	assert_non_null(strstr(b.data, "for the year 2026:"));
	assert_non_null(strstr(b.data, "for the year 2027:"));
	policies_free(none);
}

static void
test_ppolicy(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	policy_ppolicy(of("ninhbinh.gov.vn"), "cn=users,ou=policies,dc=x", &b);
	assert_string_equal(b.data, "dn: cn=users,ou=policies,dc=x\nchangetype: modify\n"
				    "replace: pwdMinLength\npwdMinLength: 9\n-\n"
				    "replace: pwdMaxAge\npwdMaxAge: 15552000\n-\n"
				    "replace: pwdInHistory\npwdInHistory: 3\n-\n"
				    "replace: pwdMaxFailure\npwdMaxFailure: 13\n-\n"
				    "replace: pwdLockout\npwdLockout: TRUE\n-\n"
				    "replace: pwdMustChange\npwdMustChange: TRUE\n-\n");
}

/* --- folders --- */

static void
put(const char *name, const char *text)
{
	AUTO(str) path = xasprintf("%s/%s", dir, name);
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static void
drop(const char *name)
{
	AUTO(str) path = xasprintf("%s/%s", dir, name);

	assert_int_equal(unlink(path), 0);
}

static void
test_versions(void **state)
{
	struct err e = ERR_INIT;
	struct policies *p;
	uint8_t before[DIGEST_LEN];

	(void)state;
	put("b.conf", "domain = \"x.vn\" valid_from = \"2026-01-01\" document = \"1\"\n");
	put("a.conf", "domain = \"x.vn\" valid_from = \"2027-01-01\" document = \"2\"\n");
	put("ignored.conf~", "nonsense");
	p = policies_load(dir, &e);
	assert_non_null(p);
	assert_false(policies_missing(p));
	assert_string_equal(policy_document(policies_find(p, "x.vn", "2025-12-31")), "hopthu");
	assert_string_equal(policy_document(policies_find(p, "x.vn", "2026-12-31")), "1");
	assert_string_equal(policy_document(policies_find(p, "x.vn", "2027-01-01")), "2");
	assert_string_equal(policies_domain(p, 0), "x.vn");
	assert_null(policies_domain(p, 1));
	memcpy(before, policies_digest(p), sizeof(before));
	policies_free(p);
	put("a.conf", "domain = \"x.vn\" valid_from = \"2027-01-01\" document = \"2\" \n"); /* a space more */
	p = policies_load(dir, &e);
	assert_memory_not_equal(before, policies_digest(p), sizeof(before));
	policies_free(p);
	put("a.conf", "domain = \"x.vn\" valid_from = \"2026-01-01\" document = \"2\"\n");
	assert_null(policies_load(dir, &e));
	assert_non_null(strstr(e.msg, "it is for x.vn from 2026-01-01, and so is "));
	put("a.conf", "domain = \"y.vn\" valid_from = \"2026-01-01\" document = \"2\"\n"
		      "rule \"calendar\" { value = \"la\" legal_basis = \"x\" }");
	assert_null(policies_load(dir, &e));
	assert_non_null(strstr(e.msg, "a.conf:2: there is no calendar \"la\""));
	drop("a.conf");
	drop("b.conf");
	drop("ignored.conf~");
}

static void
test_missing(void **state)
{
	struct err e = ERR_INIT;
	struct policies *p = policies_load("/nowhere/at/all", &e);

	(void)state;
	assert_non_null(p);
	assert_true(policies_missing(p));
	assert_null(policies_domain(p, 0));
	assert_string_equal(policy_document(policies_find(p, "x.vn", "2026-01-01")), "hopthu");
	policies_free(p);
	assert_null(policies_load(SHIPPED "/default.conf", &e)); /* no folder */
	assert_int_equal(e.class, ERR_CONFIG);
}

/* What does not fit into an error ends with a whole line. */
static void
test_many_mistakes(void **state)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) wrong = BUF_INIT;
	struct err e = ERR_INIT;
	size_t lines = 0;

	(void)state;
	buf_str(&text, HEAD);
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "rule \"no.such.rule.%d\" { value = \"a\" legal_basis = \"b\" }\n", i);
	put("a.conf", text.data);
	assert_null(policies_load(dir, &e));
	assert_true(strlen(e.msg) > 500);
	assert_int_equal(e.msg[strlen(e.msg) - 1], 'e'); /* "... that there are" */
	assert_null(policies_load_all(dir, &wrong));
	for (const char *p = wrong.data; *p; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 100);
	drop("a.conf");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_file),	     cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_values),	     cmocka_unit_test(test_none),	     cmocka_unit_test(test_manual),
		cmocka_unit_test(test_unknown_years),
		cmocka_unit_test(test_builtin),	     cmocka_unit_test(test_default_file),
		cmocka_unit_test(test_shipped),	     cmocka_unit_test(test_in_force),
		cmocka_unit_test(test_ppolicy),	     cmocka_unit_test(test_versions),
		cmocka_unit_test(test_missing),	     cmocka_unit_test(test_many_mistakes),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
