/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/api/policy_json.h"

json_t *
policy_head_json(const struct policy *p)
{
	AUTO(buf) hex = BUF_INIT;

	buf_hex(&hex, policy_digest(p), DIGEST_LEN);
	return json_pack("{s:s,s:s,s:s,s:s,s:s}", "domain", policy_domain(p), "document",
			 policy_document(p), "valid_from", policy_valid_from(p), "file",
			 policy_file(p), "digest", hex.data);
}

static json_t *
value_json(const struct policy *p, enum policy_key k)
{
	AUTO(buf) text = BUF_INIT;

	policy_value_text(p, k, &text);
	return json_string(text.data);
}

json_t *
policy_rules_json(const struct policy *p)
{
	json_t *list = json_array();

	for (int i = 0; i < RULE_COUNT; i++) {
		enum policy_key k = (enum policy_key)i;

		if (!policy_has(p, k))
			continue;
		json_array_append_new(list,
				      json_pack("{s:s,s:o,s:s,s:s,s:s,s:i,s:b,s:s}", "rule",
						policy_key_table[k].name, "value", value_json(p, k),
						"use", policy_use_word(policy_key_table[k].use),
						"legal_basis", policy_basis(p, k), "note",
						policy_note(p, k), "line", (int)policy_line(p, k),
						"default", policy_line(p, k) == 0, "help",
						policy_key_table[k].help));
	}
	return list;
}

json_t *
policy_changes_json(const struct policy *before, const struct policy *after)
{
	json_t *list = json_array();

	for (int i = 0; i < RULE_COUNT; i++) {
		enum policy_key k = (enum policy_key)i;
		AUTO(buf) a = BUF_INIT;
		AUTO(buf) b = BUF_INIT;

		policy_value_text(before, k, &a);
		policy_value_text(after, k, &b);
		if (!strcmp(a.data, b.data))
			continue;
		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s,s:s,s:s}", "rule",
						policy_key_table[k].name, "before", a.data, "after",
						b.data, "before_basis", policy_basis(before, k),
						"legal_basis", policy_basis(after, k)));
	}
	return list;
}

/* --- limits of a mailbox ---------------------------------------------------------------------- */

/* 2147483648 -> "2G"; what is no whole number of K stays a number of bytes. */
static void
size_text(int64_t n, struct buf *out)
{
	static const char units[] = "KMGT";
	int i = 0;

	if (n <= 0 || n % 1024) {
		buf_printf(out, "%" PRId64 " bytes", n);
		return;
	}
	for (n /= 1024; i < 3 && n % 1024 == 0; i++)
		n /= 1024;
	buf_printf(out, "%" PRId64 "%c", n, units[i]);
}

/* What begins and ends with a term: today, and the day on which it is over. */
static const struct {
	const char *family, *begins, *ends;
} spans[] = {
	{ "deadline.", "for a letter that comes on", "until" },
	{ "filing.", "for a decision of", "a letter is in time until" },
	{ "grace.", "closed on", "its data stay until" },
	{ "alias.", "renamed on", "the old address receives until" },
	{ "inactivity.", "no login since", "to be suspended on" },
	{ "password.", "first password given on", "to be changed by" },
	{ "lock.", "suspended on", "to be closed on" },
	{ "", "begun on", "until" },
};

/* Working days were counted; in a year without a file no holiday is among them. */
static void
doubt(struct policy_term t, const struct policy_subject *s, struct date to, struct buf *out)
{
	for (int year = s->today.year; t.unit == POLICY_WORKING_DAYS && year <= to.year; year++)
		if (!calendar_knows(s->calendar, year))
			buf_printf(out, " (the holidays of %d are not known)", year);
}

static void
until(enum policy_key k, struct policy_term t, const struct policy_subject *s, struct buf *out)
{
	char from[DATE_TEXT], to[DATE_TEXT];
	struct date end = policy_due_date(t, s->calendar, s->today);
	const char *name = policy_key_table[k].name;
	size_t i = 0;

	if (t.count < 0)
		return; /* "never" says it all */
	if (t.unit == POLICY_HOURS) {
		buf_str(out, "within ");
		policy_term_text(t, out);
		return;
	}
	while (strncmp(name, spans[i].family, strlen(spans[i].family)) != 0)
		i++;
	date_text(s->today, from);
	date_text(end, to);
	buf_printf(out, "%s %s: %s %s", spans[i].begins, from, spans[i].ends, to);
	doubt(t, s, end, out);
}

static void
mean_quota(const struct policy *p, enum policy_key k, const struct policy_subject *s,
	   struct buf *out)
{
	int64_t n = policy_number(p, k);

	buf_str(out, "a new one has ");
	if (n < 0)
		buf_str(out, "what the mail server gives everybody");
	else
		size_text(n, out);
	if (!s->exists)
		return;
	buf_str(out, "; this one has ");
	if (s->quota > 0)
		size_text(s->quota, out);
	else
		buf_str(out, "what the mail server gives everybody");
}

/* What the directory reckons with, to the second. */
static void
mean_max_age(const struct policy *p, const struct policy_subject *s, struct buf *out)
{
	struct policy_password w;
	char from[DATE_TEXT], to[DATE_TEXT];
	long days;

	policy_password(p, &w);
	days = (long)(w.max_age / 86400);
	if (!w.max_age)
		return;
	if (!days) {
		buf_printf(out, "within %" PRId64 " hours", w.max_age / 3600);
		return;
	}
	date_text(s->today, from);
	date_text(date_add_days(s->today, days), to);
	buf_printf(out, "a password of %s: to be changed by %s, after %ld days", from, to, days);
}

/* Of a closed mailbox it is decided: by the policy that was in force then. */
static void
mean_grace(const struct policy *p, enum policy_key k, const struct policy_subject *s,
	   struct buf *out)
{
	if (s->purged)
		buf_str(out, "this one is purged: its data are gone");
	else if (*s->purge_due)
		buf_printf(out, "this one is closed: its data stay until %s", s->purge_due);
	else
		until(k, policy_term(p, k), s, out);
}

static void
mean_calendar(const struct policy_subject *s, struct buf *out)
{
	for (int year = s->today.year; year <= s->today.year + 1; year++)
		buf_printf(out, "%s%d: %s", out->len ? "; " : "", year,
			   calendar_knows(s->calendar, year) ?
				   calendar_source(s->calendar, year) :
				   "no file, only Saturdays and Sundays are free");
}

/* Who does it, where that is not hopthud. */
static void
mean_use(enum policy_key k, const struct policy_subject *s, struct buf *out)
{
	switch (policy_key_table[k].use) {
	case POLICY_ENFORCED:
	case POLICY_TOLD:
		break;
	case POLICY_DIRECTORY:
		buf_str(out, s->own_domain ?
				     "; the directory keeps to it" :
				     "; not enforced: the directory has the password rules of "
				     "hopthud's own domain, for all mailboxes");
		break;
	case POLICY_RECORDED:
		buf_str(out, "; not enforced by hopthud");
		break;
	}
}

/* What the value comes to, for this mailbox. */
static void
mean(const struct policy *p, enum policy_key k, const struct policy_subject *s, struct buf *out)
{
	enum policy_type type = policy_key_table[k].type;

	if (k == policy_quota_rule(p, s->kind, s->rank))
		mean_quota(p, k, s, out);
	else if (k == RULE_PASSWORD_MAX_AGE)
		mean_max_age(p, s, out);
	else if (k == RULE_CALENDAR)
		mean_calendar(s, out);
	else if (k >= RULE_GRACE_STAFF && k <= RULE_GRACE_DISSOLUTION)
		mean_grace(p, k, s, out);
	else if (type == POLICY_TERM && policy_has(p, k))
		until(k, policy_term(p, k), s, out);
	else if (type == POLICY_SIZE && policy_has(p, k))
		buf_printf(out, "%" PRId64 " bytes", policy_number(p, k));
	if (!out->len) /* without its full stop: more may follow */
		buf_printf(out, "%.*s", (int)strlen(policy_key_table[k].help) - 1,
			   policy_key_table[k].help);
	mean_use(k, s, out);
}

static json_t *
limit_json(const struct policy *p, enum policy_key k, const struct policy_subject *s)
{
	AUTO(buf) means = BUF_INIT;
	bool given = policy_line(p, k) != 0;

	mean(p, k, s, &means);
	return json_pack("{s:s,s:o,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:i,s:s}", "rule",
			 policy_key_table[k].name, "value", value_json(p, k), "means", means.data,
			 "use", policy_use_word(policy_key_table[k].use),
			 "legal_basis", given ? policy_basis(p, k) : "built in", "note",
			 policy_note(p, k), "document", given ? policy_document(p) : "",
			 "valid_from", given ? policy_valid_from(p) : "", "file",
			 given ? policy_file(p) : "", "line", (int)policy_line(p, k), "help",
			 policy_key_table[k].help);
}

/* Rules of which one holds for a mailbox and the others are of other kinds, ranks or leaves. */
static bool
is_chosen(enum policy_key k)
{
	static const char *const families[] = { "naming.", "quota.",       "grace.",
						"rank.",   "eligibility.", "report.",
						"review.", "backup.",      NULL };

	if (k == RULE_NAMING_FOLLOWS_AGENCY)
		return false;
	for (int i = 0; families[i]; i++)
		if (!strncmp(policy_key_table[k].name, families[i], strlen(families[i])))
			return true;
	return false;
}

/* Does the rule hold for this mailbox? */
static bool
holds(const struct policy *p, enum policy_key k, const struct policy_subject *s)
{
	bool person = s->kind == KIND_PERSON;

	if (k == policy_naming_rule(s->kind, s->agency_kind) ||
	    k == policy_quota_rule(p, s->kind, s->rank))
		return true;
	if (k == policy_quota_least_rule(s->kind))
		return policy_has(p, k);
	if (k == policy_grace_rule(p, s->rank, -1))
		return true;
	if (k >= RULE_GRACE_RETIREMENT &&
	    k <= RULE_GRACE_DISSOLUTION) /* a kind of leave has its own */
		return policy_has(p, k) && (person || k >= RULE_GRACE_MERGER);
	if (k == RULE_ELIGIBILITY_CONTRACT || k == RULE_ELIGIBILITY_EXCLUDED)
		return person && policy_has(p, k);
	return !is_chosen(k) && policy_has(p, k);
}

json_t *
policy_limits_json(const struct policy *p, const struct policy_subject *s)
{
	json_t *list = json_array();

	for (int k = 0; k < RULE_COUNT; k++)
		if (holds(p, (enum policy_key)k, s))
			json_array_append_new(list, limit_json(p, (enum policy_key)k, s));
	return list;
}
