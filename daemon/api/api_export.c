/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/canon.h"
#include "common/proof.h"
#include "common/tile.h"
#include "daemon/api/api.h"
#include "daemon/base/log.h"
#include "daemon/flow/erase.h"
#include "daemon/flow/export.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/seal.h"

/*
 * Copies of the log.  POST /v1/audit/export settles what is copied and writes the record of it; the
 * streams of entries, leaves, openings and checkpoints each name that record.
 */

/* --- what is copied --------------------------------------------------------------------------- */

struct order {
	struct call *call;
	char *from, *to; /* as asked; NULL: from the first, to the last */
	int64_t before;  /* records that the copy has already; 0: none */
};

static void
free_order(void *arg)
{
	struct order *o = arg;

	seal_forget(o->call->flow, o);
	free(o->from);
	free(o->to);
	free(o);
}

/* A number or a text of the body, as text. */
static int
read_edge(const json_t *body, const char *key, char **text, struct err *e)
{
	const json_t *v = json_object_get(body, key);

	if (json_is_integer(v))
		*text = xasprintf("%" JSON_INTEGER_FORMAT, json_integer_value(v));
	else if (json_is_string(v) && *json_string_value(v))
		*text = xstrdup(json_string_value(v));
	else if (v && !json_is_null(v))
		return err_set(e, ERR_USAGE, "\"%s\" must be the number of a record, a day or a time",
			       key);
	return 0;
}

static int
root_of(struct flow *f, uint64_t size, uint8_t root[DIGEST_LEN], struct err *e)
{
	struct proof_source source = store_proof_source(f->store);

	return proof_root(&source, size, root, e);
}

static int
settle(const struct order *o, struct export *x, struct err *e)
{
	struct flow *f = o->call->flow;

	if (!x->size)
		return err_set(e, ERR_TEMP, "the log has no checkpoint yet");
	x->first = 1;
	x->last = (int64_t)x->size;
	if (o->from && export_record_at(f, o->from, false, (int64_t)x->size, &x->first, e))
		return -1;
	if (o->to && export_record_at(f, o->to, true, (int64_t)x->size, &x->last, e))
		return -1;
	if (x->first > x->last)
		return err_set(e, ERR_USAGE, "there is no record from %s to %s: the log has %" PRIu64
			       " records", o->from ? o->from : "the first", o->to ? o->to : "the last",
			       x->size);
	if (o->before > (int64_t)x->size)
		return err_set(e, ERR_CONFLICT, "the copy has %" PRId64 " records and the log only %" PRIu64
			       ": they are not of the same log, or the log went back to an older copy of "
			       "itself", o->before, x->size);
	export_round(x);
	return root_of(f, x->size, x->root, e);
}

static json_t *
order_json(struct flow *f, const struct order *o, const struct export *x, struct err *e)
{
	AUTO(buf) note = BUF_INIT;
	AUTO(buf) policy = BUF_INIT;
	AUTO(buf) hex = BUF_INIT;
	AUTO(buf) before = BUF_INIT;
	uint8_t root[DIGEST_LEN];

	if (seal_note(f, x->size, &note) != 1) {
		err_set(e, ERR_PERM, "the checkpoint of %" PRIu64 " records cannot be read from the "
			"database", x->size);
		return NULL;
	}
	if (export_policy(f, &policy, e) || root_of(f, (uint64_t)o->before, root, e))
		return NULL;
	buf_hex(&hex, x->root, DIGEST_LEN);
	buf_hex(&before, root, DIGEST_LEN);
	return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:s,s:s,s:s,s:s}", "export", (json_int_t)x->seq,
			 "first", (json_int_t)x->first, "last", (json_int_t)x->last, "from",
			 (json_int_t)x->from, "to", (json_int_t)x->to, "size", (json_int_t)x->size,
			 "root", hex.data, "before_root", before.data, "checkpoint", note.data, "policy",
			 policy.data);
}

static void
begin(struct order *o, uint64_t size)
{
	struct call *c = o->call;
	struct export x = { .size = size };
	struct err e = ERR_INIT;
	json_t *j = NULL;

	if (settle(o, &x, &e) || export_begin(c->flow, &c->who, &x, &e) ||
	    !(j = order_json(c->flow, o, &x, &e))) {
		call_fail(c, &e);
		return;
	}
	if (x.seq)
		log_info("%s takes a copy of the log: records %" PRId64 " to %" PRId64 " (record %" PRId64 ")",
			 c->op.name, x.from, x.to, x.seq);
	else
		log_warn("%s takes a copy of the log: records %" PRId64 " to %" PRId64 ", which cannot be "
			 "recorded now", c->op.name, x.from, x.to);
	call_reply(c, 200, j);
}

static void
on_sealed(void *arg, uint64_t size, const struct err *failure)
{
	struct order *o = arg;

	if (failure)
		call_fail(o->call, failure);
	else
		begin(o, size);
}

void
handle_audit_export(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct order *o;
	struct err e = ERR_INIT;

	if (!body)
		return;
	o = xcalloc(1, sizeof(*o));
	o->call = c;
	c->own = o;
	c->own_free = free_order;
	o->before = json_integer_value(json_object_get(body, "before"));
	if (read_edge(body, "from", &o->from, &e) || read_edge(body, "to", &o->to, &e) ||
	    (o->before < 0 && err_set(&e, ERR_USAGE, "\"before\" cannot be less than 0"))) {
		call_fail(c, &e);
		return;
	}
	if (incident_text(c->flow))
		begin(o, seal_size(c->flow));
	else
		seal_now(c->flow, on_sealed, o);
}

/* --- the streams ------------------------------------------------------------------------------ */

struct reading {
	struct flow *flow;
	struct export export;
	int64_t next, last; /* records; of checkpoints: sizes */
	char *field;        /* of openings: the last one of record next - 1 that was given */
	struct buf *piece;  /* that is being filled */
	bool missing;
};

static void
free_reading(void *arg)
{
	struct reading *r = arg;

	free(r->field);
	free(r);
}

/* ?export=&from=&to=, within what the export gives out; NULL: the call has ended. */
static struct reading *
reading_new(struct call *c, bool everything)
{
	struct reading *r = xcalloc(1, sizeof(*r));
	struct err e = ERR_INIT;
	int64_t first, last;

	c->own = r;
	c->own_free = free_reading;
	r->flow = c->flow;
	if (export_find(c->flow, call_number(c, "export", 0, 0, INT64_MAX), c->op.name, &r->export,
			&e)) {
		call_fail(c, &e);
		return NULL;
	}
	first = everything ? 1 : r->export.from;
	last = everything ? (int64_t)r->export.size : r->export.to;
	r->next = call_number(c, "from", first, 1, INT64_MAX);
	r->last = call_number(c, "to", last, 0, INT64_MAX);
	if (r->next >= first && r->last <= last)
		return r;
	err_set(&e, ERR_DENIED, "export %" PRId64 " gives out %" PRId64 " to %" PRId64, r->export.seq,
		first, last);
	call_fail(c, &e);
	return NULL;
}

static bool
add_entry(void *arg, const struct stored_record *rec)
{
	struct reading *r = arg;

	r->missing = rec->seq != r->next || rec->len > TILE_ENTRY_MAX;
	if (r->missing)
		return false;
	buf_char(r->piece, (char)(rec->len >> 8));
	buf_char(r->piece, (char)(rec->len & 0xff));
	buf_add(r->piece, rec->rec, rec->len);
	r->next++;
	return r->piece->len < CALL_PIECE;
}

static int
fill_entries(struct call *c, struct buf *b, struct err *e)
{
	struct reading *r = c->own;
	int64_t left = r->last - r->next + 1;

	r->piece = b;
	if (left <= 0)
		return 0;
	if (store_records(c->flow->store, r->next - 1, left < 10000 ? (int)left : 10000, add_entry, r,
			  e) < 0)
		return -1;
	return r->missing || !b->len ? err_set(e, ERR_PERM, "record %" PRId64 " is missing or damaged in "
					       "the database", r->next) : 0;
}

static int
fill_leaves(struct call *c, struct buf *b, struct err *e)
{
	struct reading *r = c->own;
	uint8_t hash[TILE_WIDTH * DIGEST_LEN];

	while (r->next <= r->last && b->len < CALL_PIECE) {
		int64_t left = r->last - r->next + 1;
		unsigned n = TILE_WIDTH - (unsigned)((r->next - 1) % TILE_WIDTH);

		n = left < n ? (unsigned)left : n;
		if (store_tile_hashes(c->flow->store, 0, (uint64_t)r->next - 1, n, hash, e))
			return -1;
		buf_add(b, hash, (size_t)n * DIGEST_LEN);
		r->next += n;
	}
	return 0;
}

static bool
add_opening(void *arg, const struct stored_opening *o)
{
	struct reading *r = arg;
	struct canon c;

	canon_begin(&c, r->piece);
	canon_str(&c, "field", o->field);
	canon_hex(&c, "salt", o->salt, DIGEST_LEN);
	canon_int(&c, "seq", o->seq);
	canon_str(&c, "value", o->value);
	canon_end(&c);
	buf_char(r->piece, '\n');
	if (strcmp(r->field ? r->field : "", o->field)) {
		free(r->field);
		r->field = xstrdup(o->field);
	}
	r->next = o->seq + 1;
	return r->piece->len < CALL_PIECE;
}

/* The copy would end before the record that says why a value is missing, and look doctored. */
static int
check_erased(struct call *c, struct err *e)
{
	const struct reading *r = c->own;
	int64_t erased = erase_last(c->flow);

	return erased <= (int64_t)r->export.size ?
		       0 :
		       err_set(e, ERR_CONFLICT, "values were erased (record %" PRId64 ") while this copy "
			       "was being made: give the same command again, it goes on from here",
			       erased);
}

static int
fill_openings(struct call *c, struct buf *b, struct err *e)
{
	struct reading *r = c->own;
	AUTO(str) after = xstrdup(r->field ? r->field : ""); /* r->field moves on meanwhile */

	if (check_erased(c, e))
		return -1;
	r->piece = b;
	return store_openings_after(c->flow->store, r->field ? r->next - 1 : r->next, after, r->last, 10000,
				    add_opening, r, e);
}

static void
note_size(void *arg, const struct stored_checkpoint *c)
{
	struct reading *r = arg;

	r->next = (int64_t)c->size;
}

/* One at a time: each is looked up by its size, and so are those who confirmed it. */
static int
fill_checkpoints(struct call *c, struct buf *b, struct err *e)
{
	struct reading *r = c->own;

	while (b->len < CALL_PIECE) {
		AUTO(buf) note = BUF_INIT;
		struct canon line;
		int64_t least = r->next;

		r->next = INT64_MAX;
		if (least > r->last ||
		    store_checkpoints(c->flow->store, (uint64_t)least, 1, note_size, r, e) < 0)
			return least > r->last ? 0 : -1;
		if (r->next > r->last)
			return 0;
		if (seal_note(c->flow, (uint64_t)r->next, &note) != 1)
			return err_set(e, ERR_PERM, "the checkpoint of %" PRId64 " records is damaged in the "
				       "database", r->next);
		canon_begin(&line, b);
		canon_str(&line, "note", note.data);
		canon_end(&line);
		buf_char(b, '\n');
		r->next++;
	}
	return 0;
}

void
handle_audit_entries(struct call *c)
{
	if (reading_new(c, false))
		call_stream(c, "application/octet-stream", fill_entries);
}

void
handle_audit_leaves(struct call *c)
{
	if (reading_new(c, true))
		call_stream(c, "application/octet-stream", fill_leaves);
}

void
handle_audit_openings(struct call *c)
{
	struct err e = ERR_INIT;

	if (!reading_new(c, false))
		return;
	if (check_erased(c, &e))
		call_fail(c, &e);
	else
		call_stream(c, "application/x-ndjson", fill_openings);
}

void
handle_audit_checkpoints(struct call *c)
{
	if (reading_new(c, true))
		call_stream(c, "application/x-ndjson", fill_checkpoints);
}
