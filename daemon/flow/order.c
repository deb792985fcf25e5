/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/order.h"
#include "daemon/flow/queue.h"
#include "daemon/policy/name.h"
#include "daemon/policy/plan.h"

#define ROLE_VALUES_MAX (ROLE_COUNT + 1)

/* --- the request of one item that writes the entry --- */

static int
add_item(struct flow *f, const struct order *o, const char *opid, const struct buf *line,
	 const struct actor *who, int64_t at, struct err *e)
{
	struct item i = { .request = o->id, .row = 1, .round = 1, .op = o->op, .ref = "",
			  .login = o->target, .address = o->target, .person = "", .full_name = "",
			  .state = STATE_PLANNED, .error = "", .opid = opid, .plan = line->data,
			  .input = "{}", .updated_at = at };
	struct evidence ev = { .ev = EVENT_ITEM, .actor = *who, .op = op_word((int)o->op),
			       .opid = opid, .req = o->id, .round = 1, .row = 1,
			       .target = o->target, .policy = o->policy };

	digest_sha256(line->data, line->len, i.plan_sha);
	ev.plan = i.plan_sha;
	return store_add_item(f->store, &i, e) || evidence_append(f, &ev, NULL, e) ? -1 : 0;
}

int
order_add(struct flow *f, struct order *o, const char *opid, const struct actor *who,
	  struct err *e)
{
	struct request r = { .kind = REQUEST_ORDER, .agency = "", .letter = "", .date = "",
			     .signer = "", .reason = o->reason ? o->reason : "",
			     .channel = "order", .declared = -1,
			     .state = STATE_APPROVED, .round = 1, .items = 1, .open = 1,
			     .submitter = who->name, .approver = who->name, .refusal = "",
			     .domain = "", .signer_title = "", .requester = "",
			     .requester_phone = "", .contact = "", .attachment = "",
			     .policy = o->policy ? o->policy : "", .needs = 1,
			     .first_approver = "", .namers = "" };
	AUTO(buf) line = BUF_INIT;
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) hex = BUF_INIT;
	uint8_t hash[DIGEST_LEN];

	r.submitted_at = r.approved_at = (int64_t)clock_wall_us();
	r.digest = "";
	if (store_add_request(f->store, &r, e))
		return -1;
	o->id = r.id;
	plan_order_line(&line, f->plan_key, o->op, o->target, o->before, o->after);
	if (add_item(f, o, opid, &line, who, r.submitted_at, e))
		return -1;
	digest_sha256(line.data, line.len, hash);
	plan_digest_head(&text, 1);
	plan_digest_item(&text, 1, hash);
	digest_sha256(text.data, text.len, hash);
	buf_hex(&hex, hash, DIGEST_LEN);
	r.digest = hex.data;
	return store_put_request(f->store, &r, e);
}

void
order_opid(char opid[37])
{
	digest_uuid7(clock_wall_us() / 1000, opid);
}

/* Ends the unit that fn wrote in. */
static int
end(struct flow *f, int rc, struct err *e)
{
	if (rc) {
		store_abort(f->store);
		return -1;
	}
	if (store_end(f->store, e))
		return -1;
	if (f->queue)
		queue_wake(f);
	return 0;
}

/* --- agencies --- */

static int
write_agency(struct flow *f, const struct agency *g, const struct actor *who, struct err *e)
{
	static const char *const classes[] = { "organizationalUnit", "hopthuAgencyUnit", NULL };
	struct evidence ev = { .ev = EVENT_AGENCY, .actor = *who, .agency = g->code,
			       .target = g->name, .result = "added" };
	char opid[37];
	const char *kind[] = { g->kind, NULL }, *name[] = { g->name, NULL };
	const char *code[] = { g->code, NULL };
	struct plan_value after[] = {
		{ "businessCategory", kind }, { "description", name }, { "objectClass", classes },
		{ "ou", code },		      { NULL, NULL },
	};

	order_opid(opid);
	if (store_add_agency(f->store, g, e) || evidence_append(f, &ev, NULL, e))
		return -1;
	return order_add(f, &(struct order){ .op = OP_AGENCY_ADD, .target = g->code,
					     .after = *g->kind ? after : after + 1 }, opid, who, e);
}

int
order_agency_add(struct flow *f, const struct agency *g, const struct actor *who, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct agency known;

	if (name_check_local(g->code, e))
		return err_wrap(e, "the code of an agency");
	if (store_agency(f->store, g->code, &known, a))
		return err_set(e, ERR_CONFLICT, "there is an agency %s already: %s", g->code,
			       known.name);
	if (*g->parent && !store_agency(f->store, g->parent, &known, a))
		return err_set(e, ERR_USAGE, "the parent \"%s\" is no agency: add it first", g->parent);
	if (store_begin(f->store, e))
		return -1;
	return end(f, write_agency(f, g, who, e), e);
}

/* --- operators --- */

static void
role_values(int roles, const char *values[ROLE_VALUES_MAX])
{
	int n = 0;

	for (int i = 0; i < ROLE_COUNT; i++)
		if (roles & 1 << i)
			values[n++] = role_word(i);
	values[n] = NULL;
}

static int
operator_record(struct flow *f, const struct operator *o, const char *result, const char *reason,
		const struct actor *who, struct err *e)
{
	AUTO(str) roles = roles_text(o->roles);
	struct evidence ev = { .ev = EVENT_OPERATOR, .actor = *who, .agency = o->agency,
			       .target = o->name, .roles = roles, .result = result };

	evidence_pii(&ev, "full_name", o->full_name);
	evidence_pii(&ev, "reason", reason);
	return evidence_append(f, &ev, NULL, e);
}

/* The operation that wrote an operator's entry last: revocation asserts it. */
static char *
opid_key(const char *name)
{
	return xasprintf("operator.%s.opid", name);
}

static int
write_operator(struct flow *f, const struct operator *o, const struct actor *who, struct err *e)
{
	static const char *const classes[] = { "applicationProcess", "hopthuOperator", NULL };
	AUTO(str) key = opid_key(o->name);
	char opid[37];
	const char *roles[ROLE_VALUES_MAX];
	const char *name[] = { o->name, NULL };
	const char *agency[] = { o->agency, NULL };
	struct plan_value after[5], *v = after;

	*v++ = (struct plan_value){ "cn", name };
	if (o->agency)
		*v++ = (struct plan_value){ "hopthuAgency", agency };
	*v++ = (struct plan_value){ "hopthuRole", roles };
	*v++ = (struct plan_value){ "objectClass", classes };
	*v = (struct plan_value){ NULL, NULL };

	order_opid(opid);
	role_values(o->roles, roles);
	if (store_put_operator(f->store, o, e) || store_set_meta(f->store, key, opid, e) ||
	    operator_record(f, o, "added", NULL, who, e))
		return -1;
	return order_add(f, &(struct order){ .op = OP_OPERATOR_ADD, .target = o->name,
					     .after = after }, opid, who, e);
}

/* RFC 5803: SCRAM-SHA-256$<i>:<salt>$<Stored>:<Server>; a stray password would not look so. */
static int
check_verifier(const char *scram, struct err *e)
{
	int iterations = 0, n = 0;
	char salt[64], stored[64], server[64];

	if (sscanf(scram, "SCRAM-SHA-256$%6d:%63[A-Za-z0-9+/=]$%63[A-Za-z0-9+/=]:%63[A-Za-z0-9+/=]%n",
		   &iterations, salt, stored, server, &n) == 4 &&
	    !scram[n] && iterations >= SCRAM_ITERATIONS && iterations <= 65536 &&
	    strlen(stored) == 44 && strlen(server) == 44)
		return 0;
	return err_set(e, ERR_USAGE, "this is no SCRAM-SHA-256 verifier (RFC 5803) with %d to 65536 "
		       "iterations", SCRAM_ITERATIONS);
}

int
order_operator_add(struct flow *f, const struct operator *o, const struct actor *who,
		   struct err *e)
{
	AUTO(arena) a = arena_new();
	struct operator known;
	struct agency agency;

	if (name_check_local(o->name, e))
		return err_wrap(e, "the name of an operator");
	if (store_operator(f->store, o->name, &known, a))
		return err_set(e, ERR_CONFLICT,
			       "there is an operator %s already%s: names are never given twice", o->name,
			       known.revoked_at ? " (revoked)" : "");
	if (o->uid >= 0 && store_operator_by_uid(f->store, o->uid, &known, a))
		return err_set(e, ERR_CONFLICT, "the uid %lld is operator %s already",
			       (long long)o->uid, known.name);
	if (o->scram && check_verifier(o->scram, e))
		return -1;
	if (!o->roles)
		return err_set(e, ERR_USAGE, "an operator needs at least one role");
	if (o->agency && o->roles & ROLE_ADMIN)
		return err_set(e, ERR_USAGE, "an admin keeps every agency and operator: it cannot be "
			       "confined to the agency %s", o->agency);
	if (o->agency && !store_agency(f->store, o->agency, &agency, a))
		return err_set(e, ERR_USAGE, "there is no agency \"%s\"", o->agency);
	if ((o->roles & (ROLE_REQUESTER | ROLE_AGENCY_ADMIN)) && !o->agency &&
	    !(o->roles & ~(ROLE_REQUESTER | ROLE_AGENCY_ADMIN)))
		return err_set(e, ERR_USAGE, "a requester belongs to an agency: say which");
	if (store_begin(f->store, e))
		return -1;
	return end(f, write_operator(f, o, who, e), e);
}

struct disallowed {
	int64_t *ids;
	size_t count, size;
};

static void
on_disallowed(void *arg, int64_t id)
{
	struct disallowed *d = arg;

	if (d->count == d->size) {
		d->size = d->size ? 2 * d->size : 64;
		d->ids = xrealloc(d->ids, d->size * sizeof(*d->ids));
	}
	d->ids[d->count++] = id;
}

/* What a revoked approver allowed and is not done yet needs somebody else's approval. */
static int
disallow(struct flow *f, const struct operator *o, const struct actor *who, struct err *e)
{
	struct disallowed d = { .count = 0 };
	int rc = store_disallow(f->store, o->name, on_disallowed, &d, e) < 0 ? -1 : 0;

	for (size_t n = 0; !rc && n < d.count; n++) {
		struct evidence ev = { .ev = EVENT_PLAN, .actor = *who, .req = d.ids[n],
				       .target = o->name,
				       .result = "its approver was revoked: waits for another" };

		rc = evidence_append(f, &ev, NULL, e);
	}
	free(d.ids);
	return rc;
}

static int
write_revoke(struct flow *f, struct operator *o, const char *reason, const struct actor *who,
	     struct err *e)
{
	static const char *const none[] = { NULL };
	AUTO(str) key = opid_key(o->name);
	AUTO(str) opid_before = store_meta(f->store, key);
	const char *was[] = { opid_before, NULL };
	char opid[37];
	struct plan_value before[] = { { "hopthuOpId", was }, { NULL, NULL } };
	struct plan_value after[] = { { "hopthuRole", none }, { NULL, NULL } };

	order_opid(opid);
	o->revoked_at = (int64_t)clock_wall_us();
	o->roles = 0;
	if (store_put_operator(f->store, o, e) || store_set_meta(f->store, key, opid, e) ||
	    operator_record(f, o, "revoked", reason, who, e) || disallow(f, o, who, e))
		return -1;
	return order_add(f, &(struct order){ .op = OP_OPERATOR_REVOKE, .target = o->name,
					     .before = opid_before ? before : NULL, .after = after,
					     .reason = reason }, opid, who, e);
}

int
order_operator_revoke(struct flow *f, const char *name, const char *reason,
		      const struct actor *who, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct operator o;

	if (!store_operator(f->store, name, &o, a))
		return err_set(e, ERR_NOTFOUND, "there is no operator %s", name);
	if (o.revoked_at)
		return err_set(e, ERR_CONFLICT, "operator %s is revoked already", name);
	if (!strcmp(name, who->name))
		return err_set(e, ERR_DENIED, "nobody revokes themselves: ask another admin");
	if (store_begin(f->store, e))
		return -1;
	return end(f, write_revoke(f, &o, reason, who, e), e);
}

static int
write_passwd(struct flow *f, const struct operator *o, const struct actor *who, struct err *e)
{
	return store_put_operator(f->store, o, e) ||
			       operator_record(f, o, "password set", NULL, who, e) ? -1 : 0;
}

int
order_operator_passwd(struct flow *f, const char *name, const char *scram,
		      const struct actor *who, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct operator o;

	if (!store_operator(f->store, name, &o, a) || o.revoked_at)
		return err_set(e, ERR_NOTFOUND, "there is no operator %s", name);
	if (check_verifier(scram, e))
		return -1;
	o.scram = scram;
	if (store_begin(f->store, e))
		return -1;
	return end(f, write_passwd(f, &o, who, e), e);
}
