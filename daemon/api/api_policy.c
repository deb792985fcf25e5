/* SPDX-License-Identifier: BSD-2-Clause */
/* Policies: which there are, what one says, what changed, and what holds for a mailbox. */
#include <string.h>
#include <strings.h>

#include "daemon/api/api.h"
#include "daemon/api/policy_json.h"
#include "daemon/base/clock.h"
#include "daemon/flow/policies.h"
#include "daemon/policy/authz.h"
#include "daemon/policy/name.h"

/* --- what is asked for ------------------------------------------------------------------------ */

/* The day of ?at=, or today. -1: it is none. */
static int
asked_day(struct call *c, char day[DATE_TEXT], struct err *e)
{
	const char *at = door_query(c->req, "at");
	struct date d = clock_today();

	if (at && *at && !date_parse(at, &d))
		return err_set(e, ERR_USAGE, "\"%.40s\" is no day: YYYY-MM-DD, such as 2026-11-23",
			       at);
	date_text(d, day);
	return 0;
}

/* ERR_NOTFOUND with those that are served. */
static int
check_domain(const struct call *c, const char *domain, struct err *e)
{
	const struct policies *all = c->flow->policies;
	AUTO(buf) list = BUF_INIT;

	if (!strcmp(domain, "*") || !strcmp(domain, c->flow->conf->domain) ||
	    policies_serve(all, domain))
		return 0;
	for (size_t i = 0; policies_domain(all, i); i++)
		buf_printf(&list, ", %s", policies_domain(all, i));
	if (policies_serve(all, c->flow->conf->domain))
		return err_set(e, ERR_NOTFOUND, "%.253s is not served here; served are %s", domain,
			       list.data + 2);
	return err_set(e, ERR_NOTFOUND, "%.253s is not served here; served are %s%s", domain,
		       c->flow->conf->domain, list.data);
}

/* The policy of the domain of the path on the day asked for; NULL: the call has ended. */
static const struct policy *
asked_policy(struct call *c, char day[DATE_TEXT])
{
	struct err e = ERR_INIT;
	char *domain = arena_strdup(c->arena, c->word);

	for (char *p = domain; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	c->word = domain;
	if (!asked_day(c, day, &e) && !check_domain(c, domain, &e))
		return policies_find(c->flow->policies, domain, day);
	call_fail(c, &e);
	return NULL;
}

/* --- list, show, diff, ppolicy ---------------------------------------------------------------- */

/* Is this the version in force today, for its domain? */
static bool
in_force(const struct call *c, const struct policy *p)
{
	char day[DATE_TEXT];

	date_text(clock_today(), day);
	return policies_find(c->flow->policies, policy_domain(p), day) == p;
}

void
handle_policy_list(struct call *c)
{
	const struct policies *all = c->flow->policies;
	json_t *list = json_array();
	const struct policy *p;
	bool others = false;

	for (size_t i = 0; (p = policies_at(all, i)); i++) {
		json_t *j = policy_head_json(p);

		json_object_set_new(j, "in_force", json_boolean(in_force(c, p)));
		json_array_append_new(list, j);
		others |= !strcmp(policy_domain(p), "*") && in_force(c, p);
	}
	if (!others) {
		json_t *j = policy_head_json(policies_builtin(all));

		json_object_set_new(j, "in_force", json_true());
		json_array_append_new(list, j);
	}
	call_reply(c, 200, json_pack("{s:o}", "policies", list));
}

void
handle_policy_show(struct call *c)
{
	char day[DATE_TEXT];
	const struct policy *p = asked_policy(c, day);
	json_t *j;

	if (!p)
		return;
	j = policy_head_json(p);
	json_object_set_new(j, "asked", json_string(c->word));
	json_object_set_new(j, "at", json_string(day));
	json_object_set_new(j, "rules", policy_rules_json(p));
	call_reply(c, 200, j);
}

static json_t *
version_json(const struct policy *p, const char *day)
{
	json_t *j = policy_head_json(p);

	json_object_set_new(j, "at", json_string(day));
	return j;
}

/* Of two days the earlier is before the later; without a day what is built in was before. */
void
handle_policy_diff(struct call *c)
{
	const char *at = door_query(c->req, "at"), *first, *second;
	const struct policies *all = c->flow->policies;
	const struct policy *before, *after;
	char day[DATE_TEXT], now[DATE_TEXT];

	if (!asked_policy(c, day))
		return;
	date_text(clock_today(), now);
	first = strcmp(day, now) < 0 ? day : now;
	second = first == day ? now : day;
	before = policies_find(all, c->word, first);
	after = policies_find(all, c->word, second);
	if (!at || !*at) {
		before = policies_builtin(all);
		first = "";
	}
	call_reply(c, 200,
		   json_pack("{s:s,s:o,s:o,s:o}", "asked", c->word, "before",
			     version_json(before, first), "after", version_json(after, second),
			     "changes", policy_changes_json(before, after)));
}

void
handle_policy_ppolicy(struct call *c)
{
	char day[DATE_TEXT];
	const struct policy *p = asked_policy(c, day);
	AUTO(str) dn = NULL;
	AUTO(buf) ldif = BUF_INIT;
	json_t *j;

	if (!p)
		return;
	dn = xasprintf("cn=default,ou=policies,%s", c->flow->conf->directory.base);
	policy_ppolicy(p, dn, &ldif);
	j = policy_head_json(p);
	json_object_set_new(j, "ldif", json_string(ldif.data));
	call_reply(c, 200, j);
}

/* --- explain ---------------------------------------------------------------------------------- */

/* Takes the address apart: local part to *local, domain to *domain, both in lower case. */
static int
split(struct call *c, const char **local, const char **domain, struct err *e)
{
	char *text = arena_strdup(c->arena, c->word), *at = strchr(text, '@');

	for (char *p = text; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20;
	*domain = at ? at + 1 : c->flow->conf->domain;
	if (at)
		*at = '\0';
	*local = text;
	if (name_check_local(text, e))
		return err_wrap(e, "this is no address");
	return check_domain(c, *domain, e);
}

/* The mailbox whose address, alias or login this is; false: there is none, or none in the domain that
 * was named. */
static bool
read_mailbox(struct call *c, const char *local, const char *domain, struct mailbox *m)
{
	struct address known;
	bool any = !strchr(c->word, '@');
	const char *at;

	if (store_find_address(c->flow->store, local, &known, c->arena) && *known.login &&
	    (known.state == ADDRESS_ACTIVE || known.state == ADDRESS_ALIAS) &&
	    (any || !strcasecmp(known.domain, domain)))
		return store_mailbox(c->flow->store, known.login, m, c->arena);
	if (!store_mailbox(c->flow->store, local, m, c->arena))
		return false;
	at = strchr(m->address, '@');
	return any || (at && !strcasecmp(at + 1, domain));
}

/* What is known of the mailbox; of one that is not there, what holds for a member of staff. */
static int
find_mailbox(struct call *c, const char *local, const char *domain, struct policy_subject *s,
	     struct err *e)
{
	struct mailbox m;
	struct agency g;

	*s = (struct policy_subject){ .kind = KIND_PERSON,
				      .rank = RANK_STAFF,
				      .agency = "",
				      .agency_kind = "",
				      .purge_due = "",
				      .today = clock_today() };
	s->address = arena_printf(c->arena, "%s@%s", local, domain);
	if (!read_mailbox(c, local, domain, &m))
		return 0;
	if (authz_agency(&c->op, m.agency, e))
		return -1;
	s->exists = true;
	s->address = m.address;
	s->kind = kind_from(m.kind) < 0 ? KIND_PERSON : (enum kind)kind_from(m.kind);
	s->quota = m.quota;
	s->agency = m.agency;
	if (store_agency(c->flow->store, m.agency, &g, c->arena))
		s->agency_kind = g.kind;
	s->rank_text = m.rank;
	s->title = m.title;
	s->purge_due = m.status == STATUS_CLOSED ? m.purge_due : "";
	s->purged = m.status == STATUS_PURGED;
	return 0;
}

void
handle_policy_explain(struct call *c)
{
	const char *local, *domain, *calendar;
	struct policy_subject s;
	const struct policy *p;
	char day[DATE_TEXT];
	struct err e = ERR_INIT;
	json_t *j;

	if (asked_day(c, day, &e) || split(c, &local, &domain, &e) ||
	    find_mailbox(c, local, domain, &s, &e)) {
		call_fail(c, &e);
		return;
	}
	if (strchr(s.address, '@')) /* an alias may be of another domain than the address */
		domain = strchr(s.address, '@') + 1;
	p = policies_find(c->flow->policies, domain, day);
	if (s.exists)
		s.rank = policy_rank(p, s.kind, s.rank_text, s.title);
	s.own_domain = !strcmp(domain, c->flow->conf->domain);
	BUG_ON(!date_parse(day, &s.today));
	calendar = policy_text(p, RULE_CALENDAR);
	s.calendar = policies_calendar(c->flow->policies, calendar);
	j = policy_head_json(p);
	json_object_set_new(j, "address", json_string(s.address));
	json_object_set_new(j, "at", json_string(day));
	json_object_set_new(j, "mailbox", json_boolean(s.exists));
	json_object_set_new(j, "kind", json_string(kind_word((int)s.kind)));
	json_object_set_new(j, "rank_class", json_string(policy_rank_word(s.rank)));
	json_object_set_new(j, "agency", json_string(s.agency));
	json_object_set_new(j, "agency_kind", json_string(s.agency_kind));
	json_object_set_new(j, "limits", policy_limits_json(p, &s));
	call_reply(c, 200, j);
}
