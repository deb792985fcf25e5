/* SPDX-License-Identifier: BSD-2-Clause */
/* What is kept about a person, told to the person or taken away. */
#include <inttypes.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/audit_story.h"
#include "daemon/api/reading.h"
#include "daemon/flow/erase.h"
#include "daemon/flow/erase_report.h"
#include "daemon/flow/subject.h"

#define PAGE 1000
#define STEP 50 /* records or rows made into JSON in one turn */

/* --- all about one person ------------------------------------------------------------------------ */

/* Gathered first, then made into JSON: rows, records, and who read. */
struct telling {
	struct call *call;
	struct subject subject;
	json_t *rows, *records, *read_by;
	bool gathered, first; /* first page: the other lists are in it, too */
	size_t at, row_at, also_at;
	int64_t after, left, next;
};

static void
free_telling(void *arg)
{
	struct telling *t = arg;

	loop_forget(t->call->flow->loop, t);
	subject_release(&t->subject);
	json_decref(t->rows);
	json_decref(t->records);
	json_decref(t->read_by);
	free(t);
}

static void
add_row(struct telling *t, const struct subject_row *w)
{
	struct flow *f = t->call->flow;
	AUTO(arena) a = arena_new();
	struct request r;
	struct item i;
	json_t *j;

	if (!w->item || !store_item(f->store, w->item, &i, a) ||
	    !store_request(f->store, w->request, &r, a))
		return;
	j = json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o?}", "request", (json_int_t)r.id, "row",
		      (json_int_t)i.row, "op", op_word((int)i.op), "state",
		      state_word((int)item_state(f, &r, &i)), "address", i.address, "full_name",
		      i.full_name, "error", i.error, "agency", r.agency, "letter", r.letter, "input",
		      json_loads(i.input, 0, NULL));
	json_object_set_new(j, "date", json_string(r.date));
	json_object_set_new(j, "reason", json_string(r.reason));
	json_object_set_new(j, "refusal", json_string(r.refusal));
	json_object_set_new(j, "signer", json_string(r.signer));
	json_object_set_new(j, "requested_by", json_string(r.submitter));
	json_object_set_new(j, "approved_by", json_string(r.approver));
	json_object_set_new(j, "submitted_at", json_time(r.submitted_at));
	json_object_set_new(j, "updated_at", json_time(i.updated_at));
	json_array_append_new(t->rows, j);
}

static json_t *
record_json(struct telling *t, const struct stored_record *r, json_t *rec)
{
	AUTO(str) summary = audit_summary(t->call->flow, r->seq, rec);

	return json_pack("{s:I,s:s?,s:s?,s:s?,s:O?,s:O?,s:s,s:o}", "seq", (json_int_t)r->seq, "t",
			 json_str(rec, "t"), "ev", json_str(rec, "ev"), "actor",
			 json_str(json_object_get(rec, "actor"), "name"), "request",
			 json_object_get(rec, "req"), "row", json_object_get(rec, "row"), "summary",
			 summary, "openings", audit_openings(t->call->flow, r->seq, rec));
}

static bool
add_record(void *arg, const struct stored_record *r)
{
	struct telling *t = arg;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	const char *ev = json_str(rec, "ev");
	json_t *j = record_json(t, r, rec);

	if (ev && !strcmp(ev, event_word(EVENT_READ)))
		json_array_append(t->read_by, j);
	json_array_append_new(t->records, j);
	return false;
}

/* Searches that named the person: records without the reference. */
static bool
add_reading(void *arg, const struct stored_record *r)
{
	struct telling *t = arg;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);

	json_array_append_new(t->read_by, record_json(t, r, rec));
	return false;
}

static void
add_local(void *arg, const char *local)
{
	json_array_append_new(arg, json_string(local));
}

static json_t *
addresses_json(struct telling *t)
{
	const struct subject *u = &t->subject;
	struct store *s = t->call->flow->store;
	AUTO(json) locals = json_array();
	json_t *list = json_array(), *v;
	struct address a;
	size_t n;

	if (u->has_mailbox)
		store_each_address_of(s, u->mailbox.login, u->person, add_local, locals);
	json_array_foreach(locals, n, v)
		if (store_find_address(s, json_string_value(v), &a, u->arena))
			json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:o,s:o,s:o}", "local", a.local,
				"domain", a.domain, "state", address_state_word(a.state), "since",
				json_time(a.active_at * 1000000), "alias_since",
				json_time(a.alias_at * 1000000), "ended", json_time(a.ended_at * 1000000)));
	return list;
}

static void
reply_telling(struct telling *t)
{
	const struct subject *u = &t->subject;
	json_t *j = json_pack("{s:s,s:b,s:o,s:o,s:O,s:O,s:O,s:o,s:o}", "person", u->person, "erased",
			      u->erased, "mailbox", u->has_mailbox ? mailbox_json(&u->mailbox) :
			      json_null(), "addresses", addresses_json(t), "rows", t->rows, "records",
			      t->records, "read_by", t->read_by, "exports", erase_exports(u), "next",
			      t->next ? json_integer(t->next) : json_null());

	reading_offer(t->call, j);
	call_reply(t->call, 200, j);
}

/* 1: there is more to make. */
static int
make_some(struct telling *t, struct err *e)
{
	struct subject *u = &t->subject;
	struct store *s = t->call->flow->store;
	int budget = STEP;

	while (t->first && t->row_at < u->row_count && budget--)
		add_row(t, &u->rows[t->row_at++]);
	while (t->at < u->seq_count && t->left && budget > 0) {
		int64_t seq = u->seqs[t->at++];

		if (seq <= t->after)
			continue;
		if (store_records(s, seq - 1, 1, add_record, t, e) < 0)
			return -1;
		t->next = --t->left || t->at == u->seq_count ? 0 : seq;
		budget--;
	}
	return budget <= 0;
}

static int
add_searches(struct telling *t, struct err *e)
{
	const struct subject *u = &t->subject;

	for (int n = 0; t->first && t->also_at < u->also_count; n++, t->also_at++) {
		if (n == STEP)
			return 1;
		if (!u->also[t->also_at].field &&
		    store_records(t->call->flow->store, u->also[t->also_at].seq - 1, 1, add_reading, t, e) < 0)
			return -1;
	}
	return 0;
}

static void
tell_some(void *arg)
{
	struct telling *t = arg;
	struct err e = ERR_INIT;
	int rc = t->gathered ? make_some(t, &e) : subject_step(&t->subject, &e);

	if (!rc && !t->gathered) {
		t->gathered = true;
		rc = 1;
	} else if (!rc) {
		rc = add_searches(t, &e);
	}
	if (rc < 0)
		call_fail(t->call, &e);
	else if (rc)
		loop_defer(t->call->flow->loop, tell_some, t);
	else
		reply_telling(t);
}

void
handle_audit_subject(struct call *c)
{
	struct telling *t = xcalloc(1, sizeof(*t));
	struct err e = ERR_INIT;

	t->call = c;
	t->rows = json_array();
	t->records = json_array();
	t->read_by = json_array();
	c->own = t;
	c->own_free = free_telling;
	t->after = call_number(c, "after", 0, 0, INT64_MAX);
	t->left = call_number(c, "limit", PAGE, 1, PAGE);
	t->first = !t->after;
	if (subject_init(&t->subject, c->flow, c->word, &e))
		call_fail(c, &e);
	else
		loop_defer(c->flow->loop, tell_some, t);
}

/* --- erasing --------------------------------------------------------------------------------------- */

static void
on_erased(void *arg, json_t *report, const struct err *failure)
{
	struct call *c = arg;

	c->own = NULL;
	if (failure)
		call_fail(c, failure);
	else
		call_reply(c, 200, report);
}

static void
stop_waiting(void *arg)
{
	struct call *c = arg;

	if (c)
		erase_forget(c->flow, c);
}

void
handle_audit_erase(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct erase_ask ask = { .who = &c->who };
	struct err e = ERR_INIT;

	if (!body || !(ask.person = call_need(c, body, "person")) ||
	    !(ask.basis = call_need(c, body, "legal_basis")))
		return;
	ask.dry_run = json_is_true(json_object_get(body, "dry_run"));
	c->own = c;
	c->own_free = stop_waiting;
	if (erase_begin(c->flow, &ask, on_erased, c, &e)) {
		c->own = NULL;
		call_fail(c, &e);
	}
}
