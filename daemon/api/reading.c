/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/api/reading.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/subject.h"

static const char *
of_mailbox(struct call *c)
{
	struct mailbox m;

	return store_mailbox(c->flow->store, c->word, &m, c->arena) ? m.person : NULL;
}

static const char *
of_address(struct call *c)
{
	const char *local, *domain;
	struct address a;

	if (choose_split(c->flow, c->word, &local, &domain, c->arena, NULL) ||
	    !store_find_address(c->flow->store, local, &a, c->arena))
		return NULL;
	return a.person;
}

struct one_item {
	struct arena *arena;
	const char *person;
};

static void
take_person(void *arg, const struct item *i)
{
	struct one_item *o = arg;

	o->person = arena_strdup(o->arena, i->person);
}

/* A letter of one row is about its person. */
static const char *
of_request(struct call *c)
{
	struct one_item o = { .arena = c->arena };
	struct request r;

	if (store_request(c->flow->store, c->id, &r, c->arena) && r.items == 1)
		(void)store_items(c->flow->store, c->id, 0, 0, 1, take_person, &o, NULL);
	return o.person;
}

static bool
take_subject(void *arg, const struct stored_record *r)
{
	struct call *c = arg;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	const char *subject = json_str(rec, "subj");

	if (r->seq == c->id && subject)
		c->subject = arena_strdup(c->arena, subject);
	return false;
}

const char *
reading_subject(struct call *c)
{
	const char *person = NULL;

	if (c->route == ROUTE_mailbox_show)
		person = of_mailbox(c);
	if (c->route == ROUTE_mailbox_show && !person)
		person = of_address(c); /* promised only, or purged */
	else if (c->route == ROUTE_address_show || c->route == ROUTE_policy_explain)
		person = of_address(c);
	else if (c->route == ROUTE_request_show || c->route == ROUTE_request_answer ||
		 c->route == ROUTE_request_plan)
		person = of_request(c);
	else if (c->route == ROUTE_audit_subject)
		person = subject_find(c->flow, c->word, c->arena, NULL);
	else if (c->route == ROUTE_audit_show)
		(void)store_records(c->flow->store, c->id - 1, 1, take_subject, c, NULL);
	if (person && *person)
		c->subject = person;
	return c->subject;
}
