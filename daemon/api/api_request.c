/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/api.h"
#include "daemon/api/request_json.h"
#include "daemon/base/failpoint.h"
#include "daemon/base/log.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/decide.h"
#include "daemon/flow/naming.h"
#include "daemon/flow/queue.h"

#define PAGE 1000
#define LIST_MAX 200 /* counting the items of each costs */

static void reply_request(struct call *c);

/* --- name ------------------------------------------------------------------------------------- */

/* "looks_like": of whose mail it may get. */
static void
reply_named(struct call *c, json_t *j, const char *address)
{
	AUTO(str) local = xstrndup(address, strcspn(address, "@"));
	AUTO(buf) other = BUF_INIT;

	json_object_set_new(j, "looks_like", choose_look_alike(c->flow, local, &other) ?
						     json_string(other.data) : json_null());
	call_reply(c, 200, j);
}

/* The letter as it would be if the row had this address. */
static void
reply_as_named(struct call *c, int64_t row, const char *address)
{
	json_t *j = request_json(c->flow, c->id, row, 1);
	json_t *item = json_array_get(json_object_get(j, "items"), 0);
	bool whole = strchr(address, '@') != NULL;
	AUTO(str) full = xasprintf("%s%s%s", address, whole ? "" : "@",
				   whole ? "" : json_str(j, "domain"));

	json_object_set_new(item, "address", json_string(full));
	json_object_set_new(item, "state", json_string(state_word(STATE_PLANNED)));
	json_object_set_new(item, "error", json_string(""));
	json_object_set_new(j, "next_offset", json_null());
	reply_named(c, j, address);
}

void
handle_request_name(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	AUTO(buf) low = BUF_INIT;
	const char *address;
	bool dry;
	int64_t row;

	if (!body || !(address = call_need(c, body, "address")))
		return;
	text_lower(address, &low); /* as it is kept */
	address = low.data;
	row = json_integer_value(json_object_get(body, "row"));
	if (row < 1)
		err_set(&e, ERR_USAGE, "the body must say \"row\", the number of the row");
	dry = json_is_true(json_object_get(body, "dry_run"));
	if (row < 1 || naming_propose(c->flow, c->id, row, address, dry, &c->who, &e))
		call_fail(c, &e);
	else if (dry)
		reply_as_named(c, row, address);
	else
		reply_named(c, request_json(c->flow, c->id, 0, PAGE), address);
}

/* --- list, show, plan ------------------------------------------------------------------------- */

struct listing {
	struct flow *flow;
	json_t *array;
	int shown_state; /* what it must show itself as, or -1 */
	int64_t last, count;
};

static void
add_request(void *arg, const struct request *r)
{
	struct listing *l = arg;
	enum state shown;
	json_t *j = request_head_json(l->flow, r, &shown);

	l->last = r->id;
	l->count++;
	if (l->shown_state >= 0 && (int)shown != l->shown_state)
		json_decref(j);
	else
		json_array_append_new(l->array, j);
}

void
handle_request_list(struct call *c)
{
	const char *state = door_query(c->req, "state"), *mine = door_query(c->req, "mine");
	struct request_query q = { .state = -1 };
	struct listing l = { .flow = c->flow, .shown_state = -1 };
	struct err e = ERR_INIT;

	if (call_agency(c, &q.agency))
		return;
	q.limit = (int)call_number(c, "limit", 100, 1, LIST_MAX);
	q.before = call_number(c, "before", 0, 0, INT64_MAX);
	q.submitter = mine && !strcmp(mine, "1") ? c->op.name : NULL;
	q.open_only = state && !strcmp(state, "open");
	if (state && *state && !q.open_only) {
		q.state = l.shown_state = state_from(state);
		if (q.state == STATE_RUNNING || q.state == STATE_SCHEDULED || q.state == STATE_HELD)
			q.state = STATE_APPROVED; /* what its row says */
	}
	if (state && *state && !q.open_only && q.state < 0) {
		err_set(&e, ERR_USAGE, "\"%.40s\" is no state: planned, approved, running, done, failed, "
			"refused, cancelled, or open for all that have not ended", state);
		call_fail(c, &e);
		return;
	}
	l.array = json_array();
	(void)store_requests(c->flow->store, &q, add_request, &l, NULL);
	call_reply(c, 200, json_pack("{s:o,s:o}", "requests", l.array, "next",
				     l.count == q.limit ? json_integer(l.last) : json_null()));
}

static void
reply_request(struct call *c)
{
	call_reply(c, 200,
		   request_json(c->flow, c->id, call_number(c, "offset", 0, 0, INT64_MAX),
				call_number(c, "limit", PAGE, 0, PAGE)));
}

void
handle_request_show(struct call *c)
{
	reply_request(c);
}

static void
add_plan(void *arg, const struct item *i)
{
	struct listing *l = arg;
	AUTO(buf) hex = BUF_INIT;

	l->last = i->row;
	l->count++;
	buf_hex(&hex, i->plan_sha, DIGEST_LEN);
	json_array_append_new(l->array, json_pack("{s:I,s:s,s:s,s:s,s:s,s:o?}", "row",
						  (json_int_t)i->row, "op", op_word((int)i->op),
						  "address", i->address, "line",
						  *i->plan ? i->plan : ERASED, "sha256",
						  hex.data, "input", json_loads(i->input, 0, NULL)));
}

void
handle_request_plan(struct call *c)
{
	struct listing l = { .flow = c->flow, .array = json_array() };
	int64_t limit = call_number(c, "limit", PAGE, 1, PAGE);
	struct request r;

	BUG_ON(!store_request(c->flow->store, c->id, &r, c->arena)); /* the scope check saw it */
	(void)store_items(c->flow->store, c->id, r.round, call_number(c, "offset", 0, 0, INT64_MAX),
			  (int)limit, add_plan, &l, NULL);
	call_reply(c, 200,
		   json_pack("{s:I,s:s,s:I,s:o,s:o}", "id", (json_int_t)r.id, "digest", r.digest,
			     "round", (json_int_t)r.round, "items", l.array, "next_offset",
			     l.count == limit ? json_integer(l.last + 1) : json_null()));
}

/* --- decisions -------------------------------------------------------------------------------- */

typedef int decision(struct flow *f, int64_t id, const char *text, const struct actor *who,
		     struct err *e);

static const char *
decided(enum route_id route)
{
	return route == ROUTE_request_approve ? "approved" :
	       route == ROUTE_request_refuse  ? "refused" :
	       route == ROUTE_request_cancel  ? "cancelled" : "put back";
}

/* The decision is durable: long polls look again. */
static void
on_decided(void *arg, const struct err *failure)
{
	struct call *c = arg;

	if (failure)
		return; /* the reply says it */
	if (c->route == ROUTE_request_approve)
		failpoint(FP_APPROVE_COMMITTED);
	log_info("%s by %s (%s): request %" PRId64, decided(c->route), c->who.name, c->who.src, c->id);
	queue_changed(c->flow, c->id);
}

static void
decide(struct call *c, decision *fn, const char *key, bool needed)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	const char *text;

	if (!body)
		return;
	if (needed && !call_need(c, body, key))
		return;
	if (call_text(body, key, &text, &e) || fn(c->flow, c->id, text, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	store_after_commit(c->flow->store, on_decided, c);
	reply_request(c);
}

void
handle_request_approve(struct call *c)
{
	decide(c, decide_approve, "digest", true);
}

void
handle_request_refuse(struct call *c)
{
	decide(c, decide_refuse, "reason", true);
}

void
handle_request_cancel(struct call *c)
{
	decide(c, decide_cancel, "reason", false);
}

void
handle_request_retry(struct call *c)
{
	decide(c, decide_retry, "reason", false);
}
