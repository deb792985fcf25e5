/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/api.h"
#include "daemon/api/request_json.h"
#include "daemon/base/failpoint.h"
#include "daemon/base/log.h"
#include "daemon/flow/decide.h"
#include "daemon/flow/intake.h"
#include "daemon/flow/naming.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/undo.h"

#define PAGE 1000
#define LIST_MAX 200 /* counting the items of each costs */

/* --- submit ----------------------------------------------------------------------------------- */

static json_t *
dry_json(const struct intake_dry *d)
{
	bool whole = *d->digest;
	json_t *j = json_pack("{s:n,s:s,s:s,s:s,s:O,s:I,s:I}", "id", "state",
			      state_word(whole ? STATE_PLANNED : STATE_NAME_NEEDED), "digest",
			      d->digest, "domain", d->domain, "items", d->items, "item_count",
			      (json_int_t)d->rows, "needs", (json_int_t)d->needs);

	json_object_set_new(j, "due_at", json_time(d->due_at * 1000000));
	json_object_set_new(j, "next_offset", json_null());
	return j;
}

/* Why two must approve: said when the letter comes in, and again in a dry run. */
static void
add_notes(json_t *j, const struct intake_result *r)
{
	json_object_set(j, "already", r->already ? (json_t *)r->already : json_null());
	json_object_set(j, "notes", r->notes ? (json_t *)r->notes : json_null());
}

static void
on_taken_in(void *arg, const struct intake_result *r)
{
	struct call *c = arg;
	json_t *j;

	c->own_free = NULL; /* the intake has ended */
	if (r->err) {
		call_fail_data(c, r->err, r->errors, r->notes);
		return;
	}
	if (r->request && !r->repeated)
		log_info("submitted by %s (%s): request %" PRId64, c->who.name, c->who.src, r->request);
	j = r->request ? request_json(c->flow, r->request, 0, PAGE) : dry_json(r->dry);
	add_notes(j, r);
	if (c->route == ROUTE_request_undo)
		json_object_set(j, "cannot", c->json);
	if (r->repeated)
		json_object_set_new(j, "repeated", json_true());
	call_reply(c, r->repeated || !r->request ? 200 : 201, j);
}

static void
forget(void *arg)
{
	intake_forget(arg);
}

/* As in a JSON letter: one form of each text, so that a letter is recognised.  What cannot be
 * cleaned stays as it is, and the check of the head says why. */
static char *
query_text(struct call *c, const char *key)
{
	const char *v = door_query(c->req, key);
	char *clean = v ? text_clean(v, strlen(v), NULL) : NULL;

	return clean || !v ? clean : xstrdup(v);
}

static int
format_of(struct call *c, enum letter_format *format, struct err *e)
{
	const char *type = door_header(c->req, "Content-Type");

	if (type && !strncasecmp(type, "application/json", 16))
		*format = LETTER_JSON;
	else if (type && !strncasecmp(type, "text/csv", 8))
		*format = LETTER_CSV;
	else
		return err_set(e, ERR_USAGE, "the Content-Type of a letter is text/csv or "
			       "application/json, not \"%.60s\"", type ? type : "");
	return 0;
}

/* What the query says of the letter. */
static void
head_of(struct call *c, struct letter_head *h)
{
	h->agency = query_text(c, "agency");
	h->number = query_text(c, "letter");
	h->date = query_text(c, "date");
	h->signer = query_text(c, "signer");
	h->reason = query_text(c, "reason");
	h->signer_title = query_text(c, "signer_title");
	h->requester = query_text(c, "requester");
	h->requester_phone = query_text(c, "requester_phone");
	h->channel = query_text(c, "channel");
	h->contact = query_text(c, "contact");
	h->attachment = query_text(c, "attachment");
	h->domain = query_text(c, "domain");
}

static bool
query_yes(struct call *c, const char *key)
{
	const char *v = door_query(c->req, key);

	return v && !strcmp(v, "1");
}

static void
start(struct call *c, struct intake_order *o)
{
	struct intake *in = intake_start(c->flow, o, on_taken_in, c);

	c->own = in;
	c->own_free = forget;
}

void
handle_request_submit(struct call *c)
{
	const char *declared = door_query(c->req, "declared");
	struct intake_order o = { .actor = c->who, .only_agency = c->only_agency };
	struct err e = ERR_INIT;
	char *end = NULL;

	if (format_of(c, &o.format, &e)) {
		call_fail(c, &e);
		return;
	}
	o.head.declared = declared && *declared ? strtol(declared, &end, 10) : -1;
	if (end && (*end || o.head.declared < 0)) {
		err_set(&e, ERR_USAGE, "declared is the number of rows, not \"%.40s\"", declared);
		call_fail(c, &e);
		return;
	}
	head_of(c, &o.head);
	o.encoding = query_text(c, "encoding");
	o.check_only = query_yes(c, "check");
	o.dry_run = o.check_only || query_yes(c, "dry_run");
	o.data = door_take_body(c->req, &o.len);
	start(c, &o);
}

static void reply_request(struct call *c);

/* --- undo, name ------------------------------------------------------------------------------- */

/* The letter that takes the request back, as JSON; its own words come from the body. */
static int
undo_order(struct call *c, const json_t *body, struct intake_order *o, struct err *e)
{
	static const char *const keys[] = { "letter", "date", "signer", "reason", "signer_title",
					    "requester", "requester_phone", "channel", "contact",
					    "attachment" };
	AUTO(json) letter = json_object();
	struct undo u;
	int rc = undo_build(c->flow, c->id, &u, e);

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_object_get(body, keys[i]))
			json_object_set(letter, keys[i], json_object_get(body, keys[i]));
	if (!rc) {
		json_object_set_new(letter, "agency", json_string(u.agency));
		json_object_set_new(letter, "domain", json_string(u.domain));
		json_object_set(letter, "items", u.items);
		o->data = json_dumps(letter, JSON_COMPACT);
		o->len = o->data ? strlen(o->data) : 0;
		c->json = json_incref(u.cannot); /* told with the answer */
	}
	undo_release(&u);
	return rc;
}

void
handle_request_undo(struct call *c)
{
	struct intake_order o = { .format = LETTER_JSON, .head = { .declared = -1 },
				  .actor = c->who, .only_agency = c->only_agency };
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;

	if (!body)
		return;
	o.dry_run = json_is_true(json_object_get(body, "dry_run"));
	if (undo_order(c, body, &o, &e))
		call_fail(c, &e);
	else
		start(c, &o);
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
	call_reply(c, 200, j);
}

void
handle_request_name(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	const char *address;
	bool dry;
	int64_t row;

	if (!body || !(address = call_need(c, body, "address")))
		return;
	row = json_integer_value(json_object_get(body, "row"));
	if (row < 1)
		err_set(&e, ERR_USAGE, "the body must say \"row\", the number of the row");
	dry = json_is_true(json_object_get(body, "dry_run"));
	if (row < 1 || naming_propose(c->flow, c->id, row, address, dry, &c->who, &e))
		call_fail(c, &e);
	else if (dry)
		reply_as_named(c, row, address);
	else
		reply_request(c);
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
						  "address", i->address, "line", i->plan, "sha256",
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
