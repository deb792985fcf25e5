/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/flow/policies.h"
#include "daemon/flow/rules.h"

/* --- which policy ----------------------------------------------------------------------------- */

bool
flow_serves(const struct flow *f, const char *domain)
{
	return !strcmp(domain, f->conf->domain) || policies_serve(f->policies, domain);
}

static void
take_policy(struct flow *f, struct rules *r)
{
	AUTO(buf) hex = BUF_INIT;

	r->policy = policies_find(f->policies, r->domain, r->today_text);
	r->calendar = policies_calendar(f->policies, policy_text(r->policy, RULE_CALENDAR));
	buf_hex(&hex, policy_digest(r->policy), DIGEST_LEN);
	snprintf(r->digest, sizeof(r->digest), "%s", hex.data);
}

int
rules_for_domain(struct flow *f, const char *domain, struct rules *r, struct arena *a,
		 struct err *e)
{
	memset(r, 0, sizeof(*r));
	r->now = (int64_t)(clock_wall_us() / 1000000);
	clock_day(r->now, &r->today);
	date_text(r->today, r->today_text);
	r->domain = arena_strdup(a, domain && *domain ? domain : f->conf->domain);
	if (!flow_serves(f, r->domain))
		return err_set(e, ERR_USAGE, "no mailboxes of the domain %s are kept here: `hopthuctl "
			       "policy list` shows which are", r->domain);
	r->agency = (struct agency){ "", "", "", "" };
	take_policy(f, r);
	return 0;
}

int
rules_find(struct flow *f, const char *agency, const char *domain, struct rules *r,
	   struct arena *a, struct err *e)
{
	if (rules_for_domain(f, domain, r, a, e))
		return -1;
	if (store_agency(f->store, agency, &r->agency, a))
		return 0;
	return err_set(e, ERR_USAGE, "there is no agency \"%s\": `hopthuctl agency list` shows them",
		       agency);
}

bool
rules_still(struct flow *f, struct rules *r)
{
	char before[sizeof(r->digest)];

	memcpy(before, r->digest, sizeof(before));
	take_policy(f, r);
	return !strcmp(before, r->digest);
}

/* --- who, and by which way --------------------------------------------------------------------- */

static bool
in_list(const char *const *list, const char *word)
{
	for (; *list; list++)
		if (!strcmp(*list, word))
			return true;
	return false;
}

int
rules_check_role(struct flow *f, const struct rules *r, enum policy_key list, const char *operator,
		 struct err *e)
{
	const char *const *words = policy_list(r->policy, list);
	AUTO(arena) a = arena_new();
	AUTO(buf) wanted = BUF_INIT;
	struct operator o;

	if (!store_operator(f->store, operator, &o, a))
		return 0; /* hopthud itself */
	for (const char *const *w = words; *w; w++) {
		int role = roles_from(*w, NULL);

		if (role > 0 && o.roles & role)
			return 0;
		buf_printf(&wanted, "%s%s", w == words ? "" : " or ", *w);
	}
	return err_set(e, ERR_DENIED, "by %s this takes the role %s, which %s does not have",
		       policy_document(r->policy), wanted.data, operator);
}

int
rules_check_eligible(const struct rules *r, struct err *e)
{
	if (!policy_excludes(r->policy, r->agency.kind))
		return 0;
	return err_set(e, ERR_USAGE, "agencies of the kind %s get no mailboxes by %s (%s)",
		       r->agency.kind, policy_document(r->policy),
		       policy_basis(r->policy, RULE_ELIGIBILITY_EXCLUDED));
}

bool
rules_by_phone(const struct rules *r, enum op op)
{
	return in_list(policy_list(r->policy, RULE_REQUEST_PHONE), op_word((int)op));
}

bool
rules_channel_usual(const struct rules *r, const char *channel)
{
	if (channel_from(channel) == CHANNEL_PHONE)
		return *policy_list(r->policy, RULE_REQUEST_PHONE) != NULL;
	return in_list(policy_list(r->policy, RULE_REQUEST_CHANNELS), channel);
}

/* --- terms ------------------------------------------------------------------------------------ */

/* The policy's hour at which a working day ends, of that day. */
static int64_t
end_of_day(const struct rules *r, struct date d)
{
	int hour = 17, minute = 0;
	struct tm tm = { .tm_year = d.year - 1900, .tm_mon = d.month - 1, .tm_mday = d.day,
			 .tm_isdst = -1 };

	(void)sscanf(policy_text(r->policy, RULE_DEADLINE_DAY_ENDS), "%2d:%2d", &hour, &minute);
	tm.tm_hour = hour;
	tm.tm_min = minute;
	return (int64_t)mktime(&tm);
}

int64_t
rules_due(const struct rules *r, enum op op, int64_t effective)
{
	struct policy_term t = policy_deadline(r->policy, op);
	int64_t due, first;
	struct date day;

	if (t.count < 0)
		return 0;
	if (t.unit == POLICY_HOURS)
		due = r->now + t.count * 3600;
	else
		due = end_of_day(r, policy_due_date(t, r->calendar, r->today));
	if (effective <= r->now)
		return due;
	clock_day(effective, &day); /* what is wanted for a later day is due on that day */
	first = end_of_day(r, day);
	return first > due ? first : due;
}

const char *
rules_purge_due(const struct rules *r, const struct mailbox *m, const char *basis_kind,
		int64_t effective, struct arena *a)
{
	enum policy_rank rank = policy_rank(r->policy, (enum kind)kind_from(m->kind), m->rank,
					    m->title);
	struct policy_term t = policy_grace(r->policy, rank, *basis_kind ? basis_from(basis_kind) : -1);
	struct date from = r->today;
	char text[11];

	if (effective > r->now)
		clock_day(effective, &from);
	if (t.count < 0)
		return "9999-12-31";
	date_text(policy_due_date(t, r->calendar, from), text);
	return arena_strdup(a, text);
}

int
rules_late(const struct rules *r, const char *letter_date, const char *basis_date, bool *too_late)
{
	struct policy_term t = policy_term(r->policy, RULE_FILING_LIMIT);
	struct date decided, written;

	*too_late = false;
	if (!date_parse(basis_date, &decided) || !date_parse(letter_date, &written) ||
	    date_compare(written, decided) <= 0)
		return 0;
	*too_late = t.count >= 0 &&
		    date_compare(written, policy_due_date(t, r->calendar, decided)) > 0;
	return (int)(date_number(written) - date_number(decided));
}

int
rules_check_quota(const struct rules *r, const struct mailbox *m, int64_t quota, struct err *e)
{
	int64_t least = policy_quota_least(r->policy, (enum kind)kind_from(m->kind));

	if (quota <= 0 || quota >= least)
		return 0;
	return err_set(e, ERR_USAGE, "a mailbox of a %s has at least %" PRId64 " MiB by %s: ask for "
		       "that or more, or leave the cell empty", m->kind, least >> 20,
		       policy_document(r->policy));
}

/* --- the fuse --------------------------------------------------------------------------------- */

void
fuse_add(struct fuse *u, const char *agency, int64_t count)
{
	struct fuse_agency *g;

	u->total += count;
	for (g = u->agencies; g && strcmp(g->code, agency); g = g->next)
		;
	if (!g) {
		g = xcalloc(1, sizeof(*g) + strlen(agency) + 1);
		memcpy(g->code, agency, strlen(agency));
		g->next = u->agencies;
		u->agencies = g;
	}
	g->count += count;
}

bool
fuse_counts(enum op op)
{
	return op == OP_SUSPEND || op == OP_CLOSE || op == OP_PURGE || op == OP_RENAME ||
	       op == OP_TRANSFER;
}

void
fuse_count(struct fuse *u, enum op op, const char *agency)
{
	if (fuse_counts(op))
		fuse_add(u, agency, 1);
}

/*
 * The share is of what hopthu itself counts, row by row, as it changes.  If that cannot be read the
 * share is not known, and what is not known is taken for all of them.
 */
static bool
too_large_a_share(struct flow *f, const struct rules *r, const struct fuse_agency *g,
		  struct buf *why)
{
	int64_t percent = policy_number(r->policy, RULE_FUSE_PERCENT), n[STATUS_COUNT], all = 0;

	if (percent < 0 || g->count < policy_number(r->policy, RULE_FUSE_LEAST))
		return false;
	if (store_mailbox_counts(f->store, g->code, n, NULL) == 0)
		all = n[STATUS_ACTIVE] + n[STATUS_SUSPENDED];
	if (g->count * 100 <= percent * all)
		return false;
	buf_printf(why, "it takes away or moves %" PRId64 " of %" PRId64 " mailboxes of agency %s, more "
		   "than %" PRId64 " %%", g->count, all, g->code, percent);
	return true;
}

int
fuse_needs(struct flow *f, const struct rules *r, const struct fuse *u, struct buf *why)
{
	int64_t most = policy_number(r->policy, RULE_FUSE_COUNT);

	if (most >= 0 && u->total > most) {
		buf_printf(why, "it takes away or moves %" PRId64 " mailboxes, more than %" PRId64,
			   u->total, most);
		return 2;
	}
	for (const struct fuse_agency *g = u->agencies; g; g = g->next)
		if (too_large_a_share(f, r, g, why))
			return 2;
	return 1;
}

void
fuse_release(struct fuse *u)
{
	while (u->agencies) {
		struct fuse_agency *g = u->agencies;

		u->agencies = g->next;
		free(g);
	}
	u->total = 0;
}
