/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/audit_inclusion.h"
#include "daemon/api/audit_story.h"
#include "daemon/base/clock.h"

/* --- show ------------------------------------------------------------------------------------- */

struct one {
	struct flow *flow;
	int64_t seq;
	json_t *json;
};

static bool
show_record(void *arg, const struct stored_record *r)
{
	struct one *o = arg;
	json_t *rec;
	AUTO(buf) leaf = BUF_INIT;
	AUTO(str) summary = NULL;

	if (r->seq != o->seq)
		return false;
	rec = json_loadb(r->rec, r->len, 0, NULL);
	summary = audit_summary(o->flow, r->seq, rec);
	if (r->leaf)
		buf_hex(&leaf, r->leaf, DIGEST_LEN);
	o->json = json_pack("{s:I,s:O?,s:s%,s:s,s:o,s:s,s:o}", "seq", (json_int_t)r->seq, "record", rec,
			    "text", r->rec, r->len, "leaf", leaf.data, "openings",
			    audit_openings(o->flow, r->seq, rec), "summary", summary, "story",
			    audit_story(o->flow, rec));
	json_decref(rec);
	return false;
}

void
handle_audit_show(struct call *c)
{
	struct one o = { .flow = c->flow, .seq = c->id };
	struct err e = ERR_INIT;

	if (store_records(c->flow->store, c->id - 1, 1, show_record, &o, &e) < 0) {
		call_fail(c, &e);
		return;
	}
	if (!o.json) {
		err_set(&e, ERR_NOTFOUND, "there is no record %" PRId64 ", the log ends at %" PRId64,
			c->id, store_last_seq(c->flow->store));
		call_fail(c, &e);
		return;
	}
	json_object_set_new(o.json, "inclusion", audit_inclusion(c->flow, c->id));
	call_reply(c, 200, o.json);
}

/* --- verify ----------------------------------------------------------------------------------- */

#define SLICE_US 20000 /* of a turn, for all verifications together */
#define SLICE_RECORDS 2000

struct verification {
	struct call *call;
	struct merkle tree, wanted;
	uint64_t began_us;
	int64_t first_bad;
	const char *error;
};

static unsigned verifications; /* that are under way */

static bool
check_record(void *arg, const struct stored_record *r)
{
	struct verification *v = arg;
	uint8_t leaf[DIGEST_LEN];
	AUTO(str) tail = xasprintf("\"seq\":%" PRId64 ",", r->seq);

	merkle_leaf(r->rec, r->len, leaf);
	if (r->seq != (int64_t)v->tree.size + 1)
		v->error = "a record is missing";
	else if (!r->leaf || memcmp(leaf, r->leaf, DIGEST_LEN))
		v->error = "the record is not what was hashed when it was written";
	else if (!memmem(r->rec, r->len, tail, strlen(tail)))
		v->error = "the record says another number";
	if (v->error) {
		v->first_bad = (int64_t)v->tree.size + 1;
		return false;
	}
	merkle_append(&v->tree, leaf);
	return v->tree.size < v->wanted.size;
}

static void
verdict(struct verification *v)
{
	struct call *c = v->call;
	uint8_t root[DIGEST_LEN], wanted[DIGEST_LEN];
	AUTO(buf) hex = BUF_INIT;
	json_t *j;

	merkle_root(&v->tree, root);
	merkle_root(&v->wanted, wanted);
	if (!v->error && v->tree.size != v->wanted.size) {
		v->error = "the log ends too early";
		v->first_bad = (int64_t)v->tree.size + 1;
	}
	if (!v->error && memcmp(root, wanted, DIGEST_LEN))
		v->error = "the root of the records is not the one that was kept";
	buf_hex(&hex, root, DIGEST_LEN);
	j = json_pack("{s:b,s:I,s:s,s:I}", "ok", !v->error, "size", (json_int_t)v->tree.size, "root",
		      hex.data, "took_ms", (json_int_t)((clock_mono_us() - v->began_us) / 1000));
	if (v->error) {
		json_object_set_new(j, "error", json_string(v->error));
		json_object_set_new(j, "first_bad", json_integer(v->first_bad));
	}
	call_reply(c, 200, j);
}

static void
verify_slice(void *arg)
{
	struct verification *v = arg;
	struct call *c = v->call;
	uint64_t began = clock_mono_us();
	struct err e = ERR_INIT;

	do {
		uint64_t before = v->tree.size;

		if (store_records(c->flow->store, (int64_t)v->tree.size, SLICE_RECORDS, check_record, v,
				  &e) < 0) {
			call_fail(c, &e);
			return;
		}
		if (v->error || v->tree.size >= v->wanted.size || v->tree.size == before) {
			verdict(v);
			return;
		}
	} while (clock_mono_us() - began < SLICE_US / verifications);
	loop_defer(c->flow->loop, verify_slice, v);
}

static void
free_verification(void *arg)
{
	struct verification *v = arg;

	loop_forget(v->call->flow->loop, v);
	verifications--;
	free(v);
}

void
handle_audit_verify(struct call *c)
{
	struct verification *v = xcalloc(1, sizeof(*v));

	verifications++;
	v->call = c;
	v->wanted = *store_committed_tree(c->flow->store);
	v->began_us = clock_mono_us();
	merkle_init(&v->tree);
	c->own = v;
	c->own_free = free_verification;
	if (v->wanted.size)
		verify_slice(v);
	else
		verdict(v);
}
