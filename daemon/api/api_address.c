/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry of addresses, and what a name would get. */
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/rules.h"

#define PAGE 1000

static json_t *
address_json(const struct address *a)
{
	AUTO(buf) text = BUF_INIT;

	buf_printf(&text, "%s%s%s", a->local, *a->domain ? "@" : "", a->domain);
	return json_pack("{s:s,s:s,s:s,s:s,s:b,s:s,s:s,s:I,s:o,s:o,s:o,s:o}", "address", text.data,
			 "local", a->local, "domain", a->domain, "state", address_state_word(a->state),
			 "grandfathered", a->state == ADDRESS_FOREIGN, "mailbox", a->login, "person",
			 a->person, "request", (json_int_t)a->request, "reserved_at",
			 json_time(a->reserved_at * 1000000), "active_at",
			 json_time(a->active_at * 1000000), "alias_at",
			 json_time(a->alias_at * 1000000), "ended_at",
			 json_time(a->ended_at * 1000000));
}

struct listing {
	json_t *array;
	char *last;
	int count;
};

static void
add_address(void *arg, const struct address *a)
{
	struct listing *l = arg;

	if (a->state != ADDRESS_FREE) /* promised by a letter that was withdrawn */
		json_array_append_new(l->array, address_json(a));
	free(l->last);
	l->last = xstrdup(a->local);
	l->count++;
}

void
handle_address_list(struct call *c)
{
	const char *state = door_query(c->req, "state"), *domain = door_query(c->req, "domain");
	struct address_query q = { .state = -1, .q = door_query(c->req, "q"),
				   .after = door_query(c->req, "after") };
	struct listing l = { .array = NULL };
	struct err e = ERR_INIT;

	q.domain = domain && *domain ? domain : NULL;
	if (state && *state && (q.state = address_state_from(state)) < 1) {
		err_set(&e, ERR_USAGE, "\"%.40s\" is no state of an address: reserved, active, alias, "
			"foreign or tombstone", state);
		call_fail(c, &e);
		return;
	}
	q.limit = (int)call_number(c, "limit", PAGE, 1, PAGE);
	l.array = json_array();
	(void)store_addresses(c->flow->store, &q, add_address, &l, NULL);
	call_reply(c, 200, json_pack("{s:o,s:o}", "addresses", l.array, "next",
				     l.count == q.limit ? json_string(l.last) : json_null()));
	free(l.last);
}

void
handle_address_show(struct call *c)
{
	const char *local, *domain;
	struct err e = ERR_INIT;
	AUTO(buf) other = BUF_INIT;
	struct address a;
	json_t *j;

	if (!choose_split(c->flow, c->word, &local, &domain, c->arena, &e) &&
	    (!store_find_address(c->flow->store, local, &a, c->arena) || a.state == ADDRESS_FREE))
		err_set(&e, ERR_NOTFOUND, "%s was never given out or promised, in no domain", local);
	if (e.class != ERR_NONE) {
		call_fail(c, &e);
		return;
	}
	j = address_json(&a);
	json_object_set_new(j, "looks_like", choose_look_alike(c->flow, local, &other) ?
						     json_string(other.data) : json_null());
	call_reply(c, 200, j);
}

/* --- what a name would get -------------------------------------------------------------------- */

static const char *
query(struct call *c, const char *key)
{
	const char *v = door_query(c->req, key);

	return v ? v : "";
}

#define TRIALS_MAX 100 /* that are told: the thousandth of a name is not found by reading */

struct trials {
	json_t *array;
	bool confined; /* whose mailbox or letter it is, is not for every agency */
	int64_t untold;
};

static void
add_trial(void *arg, const struct choose_trial *t)
{
	static const char *const fates[] = { "free", "taken", "lacks", "unfit" };
	struct trials *l = arg;
	AUTO(buf) by = BUF_INIT;

	if (t->fate == CHOOSE_TAKEN && json_array_size(l->array) >= TRIALS_MAX) {
		l->untold++;
		return;
	}
	if (t->by && !l->confined)
		choose_tell(t->by, &by);
	json_array_append_new(l->array, json_pack("{s:s,s:s,s:s,s:s?,s:s}", "template", t->template, "local",
					     t->local, "fate", fates[t->fate], "column", t->column,
					     "reason", t->why ? t->why : by.data));
}

struct trial {
	struct rules rules;
	struct name name;
	enum kind kind;
};

static int
read_trial(struct call *c, struct trial *t, struct err *e)
{
	const char *kind = query(c, "kind"), *agency = query(c, "agency"), *name = query(c, "name");

	t->kind = KIND_PERSON;
	if (*kind && (int)(t->kind = (enum kind)kind_from(kind)) < 0)
		return err_set(e, ERR_USAGE, "\"%.40s\" is no kind of mailbox: person, agency, unit, "
			       "position or shared", kind);
	if (strlen(query(c, "id_tail")) > 4)
		return err_set(e, ERR_USAGE, "the whole ID number is not wanted here: give its last 3 or 4 "
			       "digits only");
	if (rules_for_domain(c->flow, query(c, "domain"), &t->rules, c->arena, e))
		return -1;
	/* an agency need not be known here: other provinces' names can be tried */
	if (*agency && !store_agency(c->flow->store, agency, &t->rules.agency, c->arena))
		t->rules.agency = (struct agency){ agency, "", "", "" };
	return name_parse(&t->name, name, e);
}

void
handle_name_try(struct call *c)
{
	struct trial t = { .kind = KIND_PERSON };
	struct err e = ERR_INIT, none = ERR_INIT;
	struct choose_ask ask;
	AUTO(json) array = json_array();
	struct trials trials = { .array = array, .confined = c->only_agency != NULL };
	AUTO(str) local = NULL;
	const char *column = NULL;
	enum choose_fate fate;

	if (read_trial(c, &t, &e)) {
		call_fail(c, &e);
		return;
	}
	ask = (struct choose_ask){
		.policy = t.rules.policy, .kind = t.kind, .agency_kind = t.rules.agency.kind,
		.facts = { .name = &t.name, .birth_year = query(c, "birth_year"),
			   .birth_month = query(c, "birth_month"), .id_tail = query(c, "id_tail"),
			   .unit = query(c, "unit"), .agency = t.rules.agency.code },
	};
	fate = choose_local(c->flow, &ask, true, add_trial, &trials, &local, &column, &none);
	call_reply(c, 200, json_pack("{s:s,s:s,s:s,s:s,s:s?,s:O,s:I}", "name", t.name.full, "domain",
				     t.rules.domain, "document", policy_document(t.rules.policy),
				     "outcome", fate == CHOOSE_FREE ? "free" : fate == CHOOSE_LACKS ?
				     "lacks" : fate == CHOOSE_UNFIT ? "unfit" : "name-needed",
				     "local", local, "candidates", array, "untold",
				     (json_int_t)trials.untold));
	name_release(&t.name);
}
