/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/api/api.h"
#include "daemon/api/audit_inclusion.h"
#include "daemon/store/store_search.h"

#define CONFIRMED_MAX 64 /* cosignatures looked at */

/* --- after it: the first checkpoint that counts it, and the first that somebody confirmed ------- */

struct after {
	uint64_t size, confirmed;
	int64_t signed_at, earliest;
	json_t *list;
};

static void
take_checkpoint(void *arg, const struct stored_checkpoint *c)
{
	struct after *a = arg;

	a->size = c->size;
	a->signed_at = c->at;
}

static void
take_cosignature(void *arg, const struct stored_cosignature *c)
{
	struct after *a = arg;

	if (!a->earliest || c->at < a->earliest)
		a->earliest = c->at;
	if (a->confirmed && c->size != a->confirmed)
		return;
	a->confirmed = c->size;
	json_array_append_new(a->list, json_pack("{s:s,s:I,s:o}", "witness", c->witness, "size",
						 (json_int_t)c->size, "at", json_time(c->at * 1000000)));
}

/* --- before it: the last anchor ----------------------------------------------------------------- */

static bool
take_time(void *arg, const struct stored_record *r)
{
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);

	*(int64_t *)arg = json_integer_value(json_object_get(rec, "at"));
	return false;
}

/* The newest before the record; 0: there is none. */
static int64_t
anchor_before(struct flow *f, int64_t seq, int64_t *at)
{
	struct search *q = search_new(f->store, 1, seq - 1, false);
	int64_t anchor = 0;
	size_t found = 0;
	bool over = seq < 2;

	search_want(q, SEARCH_EVENT, event_word(EVENT_ANCHOR));
	while (!over && !found)
		if (search_step(q, &anchor, 1, &found, &over, NULL))
			break;
	search_free(q);
	if (!found)
		return 0;
	(void)store_records(f->store, anchor - 1, 1, take_time, at, NULL);
	return anchor;
}

json_t *
audit_inclusion(struct flow *f, int64_t seq)
{
	struct after a = { .list = json_array() };
	int64_t at = 0, anchor = anchor_before(f, seq, &at);
	json_t *j;

	(void)store_checkpoints(f->store, (uint64_t)seq, 1, take_checkpoint, &a, NULL);
	(void)store_cosignatures_from(f->store, (uint64_t)seq, CONFIRMED_MAX, take_cosignature, &a, NULL);
	j = json_pack("{s:o,s:o,s:o,s:o,s:o,s:o}", "size",
		      a.size ? json_integer((json_int_t)a.size) : json_null(), "signed_at",
		      json_time(a.signed_at), "confirmed", a.list, "not_before",
		      json_time(at * 1000000), "not_after", json_time(a.earliest * 1000000), "anchor",
		      anchor ? json_integer(anchor) : json_null());
	BUG_ON(!j);
	return j;
}
