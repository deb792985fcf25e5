/* SPDX-License-Identifier: BSD-2-Clause */
/* Agencies and operators. */
#include <string.h>

#include "common/text.h"
#include "daemon/api/api.h"
#include "daemon/base/clock.h"
#include "daemon/flow/order.h"

/* --- agencies --- */

static json_t *
agency_json(const struct agency *g)
{
	return json_pack("{s:s,s:s,s:s,s:s}", "code", g->code, "name", g->name, "kind", g->kind,
			 "parent", g->parent);
}

static void
add_agency(void *arg, const struct agency *g)
{
	json_array_append_new(arg, agency_json(g));
}

void
handle_agency_list(struct call *c)
{
	json_t *list = json_array();

	(void)store_agencies(c->flow->store, add_agency, list, NULL);
	call_reply(c, 200, json_pack("{s:o}", "agencies", list));
}

void
handle_agency_show(struct call *c)
{
	struct err e = ERR_INIT;
	int64_t n[STATUS_COUNT];
	struct agency g;
	json_t *j, *counts;

	if (!store_agency(c->flow->store, c->word, &g, c->arena)) {
		err_set(&e, ERR_NOTFOUND, "there is no agency \"%.64s\"", c->word);
		call_fail(c, &e);
		return;
	}
	j = agency_json(&g);
	counts = json_object();
	if (store_mailbox_counts(c->flow->store, g.code, n, NULL) == 0)
		for (int s = 0; s < STATUS_COUNT; s++)
			json_object_set_new(counts, status_word(s), json_integer(n[s]));
	json_object_set_new(j, "mailboxes", counts);
	call_reply(c, 200, j);
}

/* Cleaned text of the body, in the call's arena; "" when missing. */
static const char *
clean(struct call *c, const json_t *body, const char *key, struct err *e)
{
	const char *v;
	AUTO(str) t = NULL;

	if (call_text(body, key, &v, e))
		return NULL;
	t = text_clean(v, strlen(v), e);
	if (!t) {
		err_wrap(e, "%s", key);
		return NULL;
	}
	if (strlen(t) > 256) {
		err_set(e, ERR_USAGE, "%s is longer than 256 bytes", key);
		return NULL;
	}
	return arena_strdup(c->arena, t);
}

void
handle_agency_add(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	struct agency g;

	if (!body || !call_need(c, body, "code"))
		return;
	if (!call_need(c, body, "name"))
		return;
	if (!(g.code = clean(c, body, "code", &e)) || !(g.name = clean(c, body, "name", &e)) ||
	    !(g.kind = clean(c, body, "kind", &e)) || !(g.parent = clean(c, body, "parent", &e)) ||
	    order_agency_add(c->flow, &g, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	call_reply(c, 201, agency_json(&g));
}

/* --- operators --- */

static json_t *
operator_json(const struct operator *o)
{
	json_t *roles = json_array(), *j;

	for (int r = 0; r < ROLE_COUNT; r++)
		if (o->roles & 1 << r)
			json_array_append_new(roles, json_string(role_word(r)));
	j = json_pack("{s:s,s:s,s:o,s:s?,s:b,s:b}", "name", o->name, "full_name", o->full_name,
		      "roles", roles, "agency", o->agency, "password", o->scram != NULL,
		      "in_directory", o->in_directory);
	json_object_set_new(j, "uid", o->uid < 0 ? json_null() : json_integer(o->uid));
	json_object_set_new(j, "created_at", json_time(o->created_at));
	json_object_set_new(j, "revoked_at", json_time(o->revoked_at));
	return j;
}

static void
add_operator(void *arg, const struct operator *o)
{
	json_array_append_new(arg, operator_json(o));
}

void
handle_operator_list(struct call *c)
{
	json_t *list = json_array();

	(void)store_operators(c->flow->store, add_operator, list, NULL);
	call_reply(c, 200, json_pack("{s:o}", "operators", list));
}

static int
roles_of(const json_t *body, int *roles, struct err *e)
{
	const json_t *list = json_object_get(body, "roles");
	const char *bad = NULL;
	json_t *word;
	size_t n;

	*roles = 0;
	json_array_foreach(list, n, word)
	{
		const char *text = json_string_value(word);
		int bits = text ? roles_from(text, &bad) : -1;

		if (bits < 0)
			return err_set(e, ERR_USAGE, "\"%s\" is no role: requester, agency-admin, "
				       "approver, technician, auditor or admin", bad ? bad : "");
		*roles |= bits;
	}
	return 0;
}

void
handle_operator_add(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	struct operator o = { .created_at = (int64_t)clock_wall_us() };
	const json_t *uid;

	if (!body || !call_need(c, body, "name"))
		return;
	uid = json_object_get(body, "uid");
	o.uid = json_is_integer(uid) ? json_integer_value(uid) : -1;
	if ((uid && !json_is_null(uid) && (!json_is_integer(uid) || o.uid < 0 || o.uid > UINT32_MAX)) ||
	    (json_object_get(body, "roles") && !json_is_array(json_object_get(body, "roles"))))
		err_set(&e, ERR_USAGE, "\"uid\" is a number and \"roles\" a list of texts");
	if (call_text(body, "agency", &o.agency, &e) || call_text(body, "scram", &o.scram, &e) ||
	    e.class != ERR_NONE) {
		call_fail(c, &e);
		return;
	}
	o.agency = *o.agency ? o.agency : NULL;
	o.scram = *o.scram ? o.scram : NULL;
	if (!(o.name = clean(c, body, "name", &e)) ||
	    !(o.full_name = clean(c, body, "full_name", &e)) || roles_of(body, &o.roles, &e) ||
	    order_operator_add(c->flow, &o, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	call_reply(c, 201, operator_json(&o));
}

void
handle_operator_passwd(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	struct operator o;
	const char *scram;

	if (!body || !(scram = call_need(c, body, "scram")))
		return;
	if (order_operator_passwd(c->flow, c->word, scram, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	store_operator(c->flow->store, c->word, &o, c->arena);
	call_reply(c, 200, operator_json(&o));
}

void
handle_operator_revoke(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	struct operator o;
	const char *reason;

	if (!body || !(reason = call_need(c, body, "reason")))
		return;
	if (order_operator_revoke(c->flow, c->word, reason, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	store_operator(c->flow->store, c->word, &o, c->arena);
	call_reply(c, 200, operator_json(&o));
}
