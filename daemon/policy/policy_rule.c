/* SPDX-License-Identifier: BSD-2-Clause */
/* Which rule holds for a mailbox, and what it comes to. */
#include <string.h>

#include "common/text.h"
#include "daemon/policy/policy_private.h"

static bool
is_word_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80);
}

/* Do they begin with these words?  Whole ones: "truong bang" does not begin with "truong ban". */
static bool
begins(const char *text, const char *words)
{
	size_t n = strlen(words);

	return n && !strncmp(text, words, n) && !is_word_char(text[n]);
}

/* Behind what parts one title from the next, or the end. */
static const char *
next_title(const char *text)
{
	while (*text && !strchr(",;/", *text) && strncmp(text, " kiem ", 6) && strncmp(text, " - ", 3))
		text++;
	if (*text == ' ')
		return strchr(text + 1, ' ');
	return *text ? text + 1 : text;
}

/* Who acts as the head is one. */
static const char *
begin_of_title(const char *text)
{
	text += strspn(text, " ");
	if (begins(text, "quyen"))
		text += strlen("quyen");
	else if (!strncmp(text, "q.", 2))
		text += 2;
	return text + strspn(text, " ");
}

/* How much of a title, the longest there is, the words of a list cover; 0: none fit. */
static size_t
covered(const char *folded, const struct rule *r)
{
	size_t best = 0;

	for (const char *t = folded; *t; t = next_title(t))
		for (size_t i = 0; r->folded && r->folded[i]; i++)
			if (begins(begin_of_title(t), r->folded[i]) && strlen(r->folded[i]) > best)
				best = strlen(r->folded[i]);
	return best;
}

/* false: neither list has it. */
static bool
rank_of(const struct policy *p, const char *text, enum policy_rank *rank)
{
	AUTO(str) folded = text_fold(text);
	size_t division, department;

	if (!folded)
		return false;
	division = covered(folded, &p->rules[RULE_RANK_DIVISION_HEAD]);
	department = covered(folded, &p->rules[RULE_RANK_DEPARTMENT_HEAD]);
	*rank = department >= division ? RANK_DEPARTMENT_HEAD : RANK_DIVISION_HEAD;
	return department || division;
}

enum policy_rank
policy_rank(const struct policy *p, enum kind kind, const char *rank, const char *title)
{
	enum policy_rank r;

	if (kind == KIND_PERSON && (rank_of(p, rank, &r) || rank_of(p, title, &r)))
		return r;
	return RANK_STAFF;
}

const char *
policy_rank_word(enum policy_rank r)
{
	static const char *const words[] = { "staff", "division-head", "department-head" };

	return words[r];
}

/* Kinds of agencies are words that people write. */
static bool
is_commune(const char *agency_kind)
{
	AUTO(str) folded = text_fold(agency_kind);

	return folded && !strcmp(folded, "commune");
}

bool
policy_excludes(const struct policy *p, const char *agency_kind)
{
	const struct rule *r = &p->rules[RULE_ELIGIBILITY_EXCLUDED];
	AUTO(str) folded = text_fold(agency_kind);

	return folded && r->folded && policy_word(folded, r->folded) >= 0;
}

enum policy_key
policy_naming_rule(enum kind kind, const char *agency_kind)
{
	switch (kind) {
	case KIND_PERSON:
		return RULE_NAMING_PERSON;
	case KIND_AGENCY:
		return is_commune(agency_kind) ? RULE_NAMING_COMMUNE : RULE_NAMING_AGENCY;
	case KIND_UNIT:
		return RULE_NAMING_UNIT;
	case KIND_POSITION:
		return RULE_NAMING_POSITION;
	case KIND_SHARED:
		return RULE_NAMING_SHARED;
	case KIND_COUNT:
		break;
	}
	return RULE_NAMING_PERSON;
}

const char *const *
policy_naming(const struct policy *p, enum kind kind, const char *agency_kind)
{
	return policy_list(p, policy_naming_rule(kind, agency_kind));
}

enum policy_key
policy_quota_rule(const struct policy *p, enum kind kind, enum policy_rank rank)
{
	static const enum policy_key by_kind[KIND_COUNT] = {
		[KIND_PERSON] = RULE_QUOTA_PERSON, [KIND_AGENCY] = RULE_QUOTA_AGENCY,
		[KIND_UNIT] = RULE_QUOTA_UNIT,     [KIND_POSITION] = RULE_QUOTA_POSITION,
		[KIND_SHARED] = RULE_QUOTA_SHARED,
	};
	/* a department's head whose own rank has no rule has at least what a division's has */
	if (kind == KIND_PERSON && rank == RANK_DEPARTMENT_HEAD &&
	    policy_has(p, RULE_QUOTA_DEPARTMENT_HEAD))
		return RULE_QUOTA_DEPARTMENT_HEAD;
	if (kind == KIND_PERSON && rank != RANK_STAFF && policy_has(p, RULE_QUOTA_DIVISION_HEAD))
		return RULE_QUOTA_DIVISION_HEAD;
	return by_kind[kind];
}

int64_t
policy_quota(const struct policy *p, enum kind kind, enum policy_rank rank)
{
	int64_t n = policy_number(p, policy_quota_rule(p, kind, rank));

	return n < 0 ? 0 : n;
}

enum policy_key
policy_quota_least_rule(enum kind kind)
{
	return kind == KIND_PERSON ? RULE_QUOTA_LEAST_PERSON : RULE_QUOTA_LEAST_AGENCY;
}

int64_t
policy_quota_least(const struct policy *p, enum kind kind)
{
	int64_t n = policy_number(p, policy_quota_least_rule(kind));

	return n < 0 ? 0 : n;
}

enum policy_key
policy_deadline_rule(enum op op)
{
	switch (op) {
	case OP_CREATE:
		return RULE_DEADLINE_CREATE;
	case OP_UPDATE:
	case OP_REVERT:
		return RULE_DEADLINE_UPDATE;
	case OP_SUSPEND:
		return RULE_DEADLINE_SUSPEND;
	case OP_RESUME:
		return RULE_DEADLINE_RESUME;
	case OP_CLOSE:
		return RULE_DEADLINE_CLOSE;
	case OP_RESTORE:
		return RULE_DEADLINE_RESTORE;
	case OP_PURGE:
		return RULE_DEADLINE_PURGE;
	case OP_RENAME:
		return RULE_DEADLINE_RENAME;
	case OP_TRANSFER:
		return RULE_DEADLINE_TRANSFER;
	case OP_AGENCY_ADD:
	case OP_OPERATOR_ADD:
	case OP_OPERATOR_REVOKE:
	case OP_PASSWORD_POLICY:
	case OP_COUNT:
		break; /* an administrator's orders have no term */
	}
	return RULE_COUNT;
}

struct policy_term
policy_deadline(const struct policy *p, enum op op)
{
	enum policy_key k = policy_deadline_rule(op);
	struct policy_term none = { -1, POLICY_DAYS };

	return k == RULE_COUNT ? none : policy_term(p, k);
}

/* The rule for a kind of leave; RULE_COUNT: there can be none. */
static enum policy_key
leave_rule(int basis)
{
	static const struct {
		enum basis basis;
		enum policy_key rule;
	} leaves[] = {
		{ BASIS_RETIREMENT, RULE_GRACE_RETIREMENT },
		{ BASIS_RESIGNATION, RULE_GRACE_RESIGNATION },
		{ BASIS_DEPARTURE, RULE_GRACE_DEPARTURE },
		{ BASIS_DISMISSAL, RULE_GRACE_DISMISSAL },
		{ BASIS_DEATH, RULE_GRACE_DEATH },
		{ BASIS_MERGER, RULE_GRACE_MERGER },
		{ BASIS_DISSOLUTION, RULE_GRACE_DISSOLUTION },
	};

	for (size_t i = 0; i < sizeof(leaves) / sizeof(*leaves); i++)
		if ((int)leaves[i].basis == basis)
			return leaves[i].rule;
	return RULE_COUNT;
}

enum policy_key
policy_grace_rule(const struct policy *p, enum policy_rank rank, int basis)
{
	static const enum policy_key by_rank[] = { RULE_GRACE_STAFF, RULE_GRACE_DIVISION_HEAD,
						   RULE_GRACE_DEPARTMENT_HEAD };
	enum policy_key k = leave_rule(basis), best;

	if (k != RULE_COUNT && policy_has(p, k))
		return k;
	best = by_rank[rank];
	for (int r = (int)rank - 1; r >= 0; r--)
		if (policy_term_hours(policy_term(p, by_rank[r])) >
		    policy_term_hours(policy_term(p, best)))
			best = by_rank[r];
	return best;
}

struct policy_term
policy_grace(const struct policy *p, enum policy_rank rank, int basis)
{
	return policy_term(p, policy_grace_rule(p, rank, basis));
}

struct date
policy_due_date(struct policy_term t, const struct calendar *c, struct date from)
{
	struct date never = { 0, 0, 0 };

	if (t.count < 0)
		return never;
	switch (t.unit) {
	case POLICY_HOURS:
		return date_add_days(from, (t.count + 23) / 24);
	case POLICY_DAYS:
		return date_add_days(from, t.count);
	case POLICY_WORKING_DAYS:
		return calendar_add(c, from, t.count);
	case POLICY_MONTHS:
		return date_add_months(from, t.count);
	case POLICY_YEARS:
		return date_add_years(from, t.count);
	}
	return never;
}
