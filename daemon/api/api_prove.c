/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/base/clock.h"
#include "daemon/flow/prove.h"
#include "daemon/flow/seal.h"

/* Proofs that a record is in the log. */

#define SLICE_RECORDS 2000
#define SLICE_US 10000

struct proving {
	struct call *call;
	int64_t seq, row, after;
	int event; /* -1: any */
};

static void
free_proving(void *arg)
{
	struct proving *p = arg;

	seal_forget(p->call->flow, p);
	loop_forget(p->call->flow->loop, p);
	free(p);
}

static void
answer(struct proving *p, uint64_t size)
{
	struct call *c = p->call;
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) receipt = BUF_INIT;
	AUTO(buf) record = BUF_INIT;
	AUTO(json) rec = NULL;
	struct err e = ERR_INIT;

	if (prove_record(c->flow, p->seq, size, &record, &text, &e)) {
		call_fail(c, &e);
		return;
	}
	rec = json_loadb(record.data, record.len, 0, NULL);
	prove_receipt(c->flow, p->seq, &receipt);
	call_reply(c, 200,
		   json_pack("{s:I,s:s?,s:I,s:s,s:s}", "seq", (json_int_t)p->seq, "event",
			     json_str(rec, "ev"), "size", (json_int_t)size, "receipt", receipt.data, "proof", text.data));
}

static void
on_sealed(void *arg, uint64_t size, const struct err *failure)
{
	struct proving *p = arg;
	struct err e = ERR_INIT;

	if (failure)
		e = *failure;
	else if (size < (uint64_t)p->seq)
		err_set(&e, ERR_TEMP, "no checkpoint counts record %" PRId64 " yet", p->seq);
	if (e.class != ERR_NONE)
		call_fail(p->call, &e);
	else
		answer(p, size);
}

/* The record is known: a checkpoint that counts it, made now when there is none. */
static void
prove(struct proving *p)
{
	uint64_t size = prove_size(p->call->flow, p->seq);

	if (size)
		answer(p, size);
	else
		seal_now(p->call->flow, on_sealed, p);
}

static struct proving *
proving_new(struct call *c)
{
	struct proving *p = xcalloc(1, sizeof(*p));

	p->call = c;
	p->event = -1;
	c->own = p;
	c->own_free = free_proving;
	return p;
}

void
handle_audit_prove(struct call *c)
{
	struct proving *p = proving_new(c);
	int64_t last = (int64_t)store_committed_tree(c->flow->store)->size;
	struct err e = ERR_INIT;

	p->seq = c->id;
	if (c->id > last) {
		err_set(&e, ERR_NOTFOUND, "there is no record %" PRId64 ", the log ends at %" PRId64, c->id,
			last);
		call_fail(c, &e);
		return;
	}
	prove(p);
}

/* --- of a row ----------------------------------------------------------------------------------- */

static void
found(struct proving *p)
{
	struct err e = ERR_INIT;

	if (p->seq) {
		prove(p);
		return;
	}
	if (!p->row)
		err_set(&e, ERR_NOTFOUND, "there is no %s record about request %" PRId64, event_word(p->event),
			p->call->id);
	else
		err_set(&e, ERR_NOTFOUND, "there is no %s%srecord about row %" PRId64 " of request %" PRId64,
			p->event < 0 ? "" : event_word(p->event), p->event < 0 ? "" : " ", p->row, p->call->id);
	call_fail(p->call, &e);
}

/* A letter of many rows has many records. */
static void
search_slice(void *arg)
{
	struct proving *p = arg;
	struct call *c = p->call;
	uint64_t began = clock_mono_us();
	struct err e = ERR_INIT;

	do {
		if (prove_find(c->flow, c->id, p->row, p->event, p->after, SLICE_RECORDS, &p->seq,
			       &p->after, &e)) {
			call_fail(c, &e);
			return;
		}
		if (!p->after) {
			found(p);
			return;
		}
	} while (clock_mono_us() - began < SLICE_US);
	loop_defer(c->flow->loop, search_slice, p);
}

/* What is about the whole letter, and so about each of its rows. */
static bool
of_letter(int event)
{
	return event == EVENT_REQUEST || event == EVENT_PLAN || event == EVENT_APPROVE || event == EVENT_REFUSE ||
	       event == EVENT_CANCEL;
}

void
handle_request_prove(struct call *c)
{
	struct proving *p = proving_new(c);
	const char *event = door_query(c->req, "event");
	struct err e = ERR_INIT;
	struct item i;

	p->row = call_number(c, "row", 0, 0, INT64_MAX);
	for (int n = 0; event && *event && n < EVENT_COUNT; n++)
		if (!strcmp(event_word(n), event))
			p->event = n;
	if (event && *event && p->event < 0)
		err_set(&e, ERR_USAGE, "\"%.40s\" is no event of the log", event);
	else if (!store_item_by_row(c->flow->store, c->id, p->row, &i, c->arena))
		err_set(&e, ERR_NOTFOUND, "request %" PRId64 " has no row %" PRId64, c->id, p->row);
	if (e.class != ERR_NONE) {
		call_fail(c, &e);
		return;
	}
	if (i.record && !i.intent && (p->event == EVENT_OUTCOME || (p->event < 0 && state_ended(i.state)))) {
		p->seq = i.record;
		prove(p);
		return;
	}
	if (of_letter(p->event))
		p->row = 0;
	search_slice(p);
}
