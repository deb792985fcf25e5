/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "daemon/flow/choose_dry.h"
#include "daemon/flow/rules.h"

#define SEQ_MAX 99999
#define ALIKE_MAX 32 /* of one shape that are looked at */

/* --- is it free ------------------------------------------------------------------------------- */

/*
 * A tombstone may be given again only where the policy says after how long; and not the one that is
 * the name of a purged mailbox's entry, which stands in the directory for good.
 */
static bool
reusable(struct flow *f, const struct policy *p, const struct address *a, struct arena *arena)
{
	struct mailbox entry;
	struct policy_term t = policy_term(p, RULE_REUSE_AFTER);
	struct date ended, today;

	if (a->state != ADDRESS_TOMBSTONE || t.count < 0 || !a->ended_at)
		return false;
	if (store_mailbox(f->store, a->local, &entry, arena))
		return false;
	clock_day(a->ended_at, &ended);
	today = clock_today();
	return date_compare(policy_due_date(t, NULL, ended), today) <= 0;
}

/* What was promised to a row that failed is still the row's when it is asked again. */
static bool
promised_before(const struct item *again, const struct address *a)
{
	size_t n = strlen(a->local);

	return again && a->request == again->request && !strncmp(again->address, a->local, n) &&
	       again->address[n] == '@';
}

/* 1: free for the holder; 0: *taken says by what (local "" when by a row of this dry run). */
static bool
is_free(struct flow *f, const struct choose_ask *ask, const char *local, struct address *taken,
	struct arena *a)
{
	const char *holder = ask->holder;

	*taken = (struct address){ .local = "" };
	if (ask->dry && choose_dry_has(ask->dry, local))
		return false;
	if (!store_find_address(f->store, local, taken, a))
		return true;
	switch (taken->state) {
	case ADDRESS_FREE:
		return true;
	case ADDRESS_FOREIGN:
		return false;
	case ADDRESS_RESERVED:
		return promised_before(ask->again, taken);
	case ADDRESS_ACTIVE:
		return ask->keeps && !strcmp(holder, taken->login);
	case ADDRESS_ALIAS:
		return holder && !strcmp(holder, taken->login);
	case ADDRESS_TOMBSTONE:
		return reusable(f, ask->policy, taken, a);
	}
	return false;
}

void
choose_tell(const struct address *a, struct buf *out)
{
	buf_printf(out, "%s%s%s ", a->local, *a->domain ? "@" : "", a->domain);
	switch (a->state) {
	case ADDRESS_FREE:
		buf_str(out, "is free");
		break;
	case ADDRESS_RESERVED:
		buf_printf(out, "is promised by request %" PRId64, a->request);
		break;
	case ADDRESS_ACTIVE:
		buf_printf(out, "was given out by request %" PRId64
			   ", and an address is never given twice", a->request);
		break;
	case ADDRESS_ALIAS:
		buf_printf(out, "is a further address of the mailbox %s", a->login);
		break;
	case ADDRESS_FOREIGN:
		buf_str(out, "is in the directory, but not by hopthu");
		break;
	case ADDRESS_TOMBSTONE:
		if (!a->request) {
			buf_str(out, "was given out once, the data of its holder were erased: it is not "
				"given again");
			break;
		}
		buf_printf(out, "was given out once and purged by request %" PRId64
			   ": it is not given again", a->request);
		break;
	}
}

int
choose_check_free(struct flow *f, const struct choose_ask *ask, const char *local, struct err *e)
{
	AUTO(arena) a = arena_new();
	AUTO(buf) text = BUF_INIT;
	struct address taken;

	if (is_free(f, ask, local, &taken, a))
		return 0;
	if (!*taken.local)
		return err_set(e, ERR_CONFLICT, "%s is promised by another row of this letter", local);
	choose_tell(&taken, &text);
	return err_set(e, ERR_CONFLICT, "%s", text.data);
}

int
choose_check_kind(struct flow *f, enum kind kind, const char *agency, const char *local,
		  struct err *e)
{
	static const char *const services[] = { "abuse", "admin", "administrator", "hostmaster",
						"info", "mailer-daemon", "noc", "postmaster", "root",
						"security", "support", "webmaster" };
	AUTO(arena) a = arena_new();
	struct agency other;

	for (size_t n = 0; kind == KIND_PERSON && n < sizeof(services) / sizeof(*services); n++)
		if (!strcmp(local, services[n]))
			return err_set(e, ERR_USAGE, "%s is the address of a service, not of a person "
				       "(RFC 2142): ask for it with kind shared", local);
	if (!store_agency(f->store, local, &other, a) ||
	    (kind == KIND_AGENCY && !strcmp(other.code, agency)))
		return 0;
	return err_set(e, ERR_USAGE, "%s is the code of the agency %s: it is kept for the agency's own "
		       "mailbox", local, *other.name ? other.name : other.code);
}

/* --- candidates ------------------------------------------------------------------------------- */

struct search {
	struct flow *flow;
	const struct choose_ask *ask;
	choose_each *each;
	void *arg;
	bool all;
	struct buf local;
	char *found;
};

static void
tell(struct search *s, const char *template, unsigned seq, enum choose_fate fate,
     const struct address *by, const char *column, const char *why)
{
	struct choose_trial t = { .template = template, .seq = seq, .fate = fate, .by = by,
				  .column = column, .why = why };

	t.local = fate == CHOOSE_FREE || fate == CHOOSE_TAKEN ? s->local.data : "";
	if (s->each)
		s->each(s->arg, &t);
}

/* One candidate. */
static enum choose_fate
try_one(struct search *s, const char *template, unsigned seq, const char **column, struct err *e)
{
	const struct choose_ask *ask = s->ask;
	AUTO(arena) a = arena_new();
	struct err why = ERR_INIT;
	enum choose_fate fate;
	struct address by;

	switch (name_make(template, &ask->facts, seq, &s->local, column, e)) {
	case NAME_MADE:
		break;
	case NAME_NEEDS:
		tell(s, template, seq, CHOOSE_LACKS, NULL, *column, e->msg);
		return CHOOSE_LACKS;
	case NAME_UNFIT:
		tell(s, template, seq, CHOOSE_UNFIT, NULL, NULL, e->msg);
		return CHOOSE_UNFIT;
	}
	if (is_free(s->flow, ask, s->local.data, &by, a)) {
		bool kept = choose_check_kind(s->flow, ask->kind, ask->facts.agency, s->local.data, &why);

		fate = kept ? CHOOSE_TAKEN : CHOOSE_FREE;
		tell(s, template, seq, fate, NULL, NULL, kept ? why.msg : NULL);
		return fate;
	}
	tell(s, template, seq, CHOOSE_TAKEN, *by.local ? &by : NULL, NULL, NULL);
	return CHOOSE_TAKEN;
}

/*
 * A template that counts: from where the last search of this name ended, so that the thousandth
 * "huongnt" does not cost a thousand look-ups.  The hint is forgotten freely.
 */
static enum choose_fate
count_up(struct search *s, const char *template, const char **column, struct err *e)
{
	struct hint *h;
	AUTO(buf) plain = BUF_INIT;
	enum choose_fate fate = CHOOSE_TAKEN;
	const char *lacks = NULL;
	unsigned seq;

	if (name_make(template, &s->ask->facts, 0, &plain, &lacks, NULL) != NAME_MADE)
		return try_one(s, template, 1, column, e);
	h = choose_hint(s->ask->dry, s->flow, plain.data);
	seq = strcmp(h->login, plain.data) ? 1 : h->seq;
	for (; seq <= SEQ_MAX && fate == CHOOSE_TAKEN; seq++)
		fate = try_one(s, template, seq, column, e);
	if (fate == CHOOSE_FREE) {
		snprintf(h->login, sizeof(h->login), "%s", plain.data);
		h->seq = seq - 1; /* may be given back: a letter that is refused */
	}
	return fate;
}

void
choose_forget(struct flow *f)
{
	memset(f->hints, 0, sizeof(f->hints));
}

enum choose_fate
choose_local(struct flow *f, const struct choose_ask *ask, bool all, choose_each *each, void *arg,
	     char **local, const char **column, struct err *e)
{
	const char *const *t = policy_naming(ask->policy, ask->kind, ask->agency_kind);
	struct search s = { .flow = f, .ask = ask, .each = each, .arg = arg, .all = all,
			    .local = BUF_INIT };
	enum choose_fate result = CHOOSE_TAKEN, fate;

	for (; *t && (all || result == CHOOSE_TAKEN); t++) {
		struct err why = ERR_INIT;
		const char *lacks = NULL;

		fate = name_template_counts(*t) ? count_up(&s, *t, &lacks, &why) :
						  try_one(&s, *t, 0, &lacks, &why);
		if (result != CHOOSE_TAKEN || fate == CHOOSE_TAKEN)
			continue;
		result = fate;
		if (fate == CHOOSE_FREE) {
			*local = xstrdup(s.local.data);
		} else {
			*column = lacks;
			err_set(e, ERR_USAGE, "%s", why.msg);
		}
	}
	buf_release(&s.local);
	return result;
}

/* --- addresses as people write them ----------------------------------------------------------- */

int
choose_split(const struct flow *f, const char *address, const char **local, const char **domain,
	     struct arena *a, struct err *e)
{
	const char *at = strchr(address, '@');
	char *low = at ? arena_strndup(a, address, (size_t)(at - address)) : arena_strdup(a, address);

	for (char *p = low; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	*domain = f->conf->domain;
	if (at) {
		char *d = arena_strdup(a, at + 1);

		for (char *p = d; *p; p++)
			if (*p >= 'A' && *p <= 'Z')
				*p |= 0x20;
		*domain = d;
		if (!flow_serves(f, d))
			return err_set(e, ERR_USAGE, "\"%s\" is not of the domain %s or of another that "
				       "is kept here: `hopthuctl policy list` shows them", address,
				       f->conf->domain);
	}
	*local = low;
	return name_check_local(low, e);
}

const char *
choose_login_of(struct flow *f, const char *address, struct arena *a, struct err *e)
{
	const char *local, *domain;
	struct address known;

	if (choose_split(f, address, &local, &domain, a, e))
		return NULL;
	if (!store_find_address(f->store, local, &known, a) || !*known.login ||
	    (known.state != ADDRESS_ACTIVE && known.state != ADDRESS_ALIAS))
		return local;
	if (!strchr(address, '@') || !*known.domain || !strcmp(domain, known.domain))
		return known.login;
	err_set(e, ERR_NOTFOUND, "there is no mailbox %s@%s: the name is taken by %s@%s", local, domain,
		local, known.domain);
	return NULL;
}

/* --- look-alikes ------------------------------------------------------------------------------ */

struct alike {
	struct flow *flow;
	const char *local;
	struct buf *out;
};

static void
compare(void *arg, const char *other)
{
	struct alike *l = arg;
	enum name_alike how = l->out->len ? NAME_DIFFERENT : name_alike(l->local, other);
	AUTO(arena) arena = NULL;
	struct address a;

	if (how == NAME_DIFFERENT)
		return;
	arena = arena_new();
	if (!store_find_address(l->flow->store, other, &a, arena) || a.state == ADDRESS_FREE)
		return;
	buf_printf(l->out, "%s%s%s, which %s", a.local, *a.domain ? "@" : "", a.domain,
		   how == NAME_CONFUSABLE ? "reads the same at a glance" :
					    "has two of its syllables the other way round");
}

bool
choose_look_alike(struct flow *f, const char *local, struct buf *out)
{
	struct alike l = { f, local, out };
	AUTO(buf) shape = BUF_INIT;

	buf_clear(out);
	name_shape(local, &shape);
	store_alike(f->store, shape.data, ALIKE_MAX, compare, &l);
	return out->len > 0;
}
