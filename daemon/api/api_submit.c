/* SPDX-License-Identifier: BSD-2-Clause */
/* Letters on their way in: sent by somebody, or made of what another did, to take it back. */
#include <inttypes.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "daemon/api/api.h"
#include "daemon/api/request_json.h"
#include "daemon/base/log.h"
#include "daemon/flow/intake.h"
#include "daemon/flow/undo.h"

#define PAGE 1000

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

/* --- undo ------------------------------------------------------------------------------------- */

struct undo_call {
	struct undo undo;
	json_t *body;
};

static void
undo_free(void *own)
{
	struct undo_call *u = own;

	undo_release(&u->undo);
	json_decref(u->body);
	free(u);
}

/* The letter that takes the request back, as JSON; its own words come from the body. */
static void
undo_letter(const struct undo_call *u, struct intake_order *o)
{
	static const char *const keys[] = { "letter", "date", "signer", "reason", "signer_title",
					    "requester", "requester_phone", "channel", "contact",
					    "attachment" };
	AUTO(json) letter = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		if (json_object_get(u->body, keys[i]))
			json_object_set(letter, keys[i], json_object_get(u->body, keys[i]));
	json_object_set_new(letter, "agency", json_string(u->undo.agency));
	json_object_set_new(letter, "domain", json_string(u->undo.domain));
	json_object_set(letter, "items", u->undo.items);
	o->data = json_dumps(letter, JSON_COMPACT);
	o->len = o->data ? strlen(o->data) : 0;
	o->dry_run = json_is_true(json_object_get(u->body, "dry_run"));
}

/* Some rows a turn, then the letter comes in like any other. */
static void
undo_more(void *arg)
{
	struct call *c = arg;
	struct undo_call *u = c->own;
	struct intake_order o = { .format = LETTER_JSON, .head = { .declared = -1 },
				  .actor = c->who, .only_agency = c->only_agency };
	struct err e = ERR_INIT;

	switch (undo_step(c->flow, &u->undo, &e)) {
	case 1:
		loop_defer(c->flow->loop, undo_more, c);
		return;
	case 0:
		break;
	default:
		call_fail(c, &e);
		return;
	}
	undo_letter(u, &o);
	c->json = json_incref(u->undo.cannot); /* told with the answer */
	undo_free(u);
	start(c, &o);
}

void
handle_request_undo(struct call *c)
{
	json_t *body = call_body(c);
	struct undo_call *u;
	struct err e = ERR_INIT;

	if (!body)
		return;
	c->own = u = xcalloc(1, sizeof(*u));
	c->own_free = undo_free;
	u->body = body;
	if (undo_begin(c->flow, c->id, &u->undo, &e))
		call_fail(c, &e);
	else
		undo_more(c);
}
