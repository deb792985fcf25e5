/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Finding records: the list of the log, the auditor's search, and following it.  Each answer is put
 * together in slices of a turn: first what of the index is missing (nothing, but after an older
 * database was taken over), then the numbers of the records, then what each of them tells.
 */
#include <inttypes.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/audit_hit.h"
#include "daemon/api/audit_query.h"
#include "daemon/api/audit_story.h"
#include "daemon/api/follow.h"
#include "daemon/base/clock.h"

#define PAGE 1000
#define PAGE_DEFAULT 100
#define SLICE_US 10000 /* of a turn, for all answers together */
#define NAMES 200      /* rows whose names are noted at once */

enum finding_kind { FIND_LIST, FIND_SEARCH, FIND_TAIL };

struct finding {
	struct call *call;
	enum finding_kind kind;
	struct audit_query query;
	struct audit_hits hits;
	struct search *search;
	int64_t *seqs;        /* one more than wanted: then there is a next page */
	size_t max, count, told;
	int64_t until;        /* the log was searched up to here */
	int64_t after;        /* of a list or tail: records after this one */
	bool read, newest, later, over, working;
	json_t *array;
};

static unsigned working; /* that are under way, not those that wait */

static void slice(void *arg);

/* --- its life --------------------------------------------------------------------------------- */

static void
set_working(struct finding *g, bool on)
{
	working += on - g->working;
	g->working = on;
}

static void
free_finding(void *arg)
{
	struct finding *g = arg;

	set_working(g, false);
	loop_forget(g->call->flow->loop, g);
	follow_end(g);
	search_free(g->search);
	audit_hits_release(&g->hits);
	json_decref(g->array);
	free(g->seqs);
	free(g);
}

static void
begin(struct call *c, enum finding_kind kind)
{
	struct finding *g = xcalloc(1, sizeof(*g));
	const char *last = door_query(c->req, "last"), *order = door_query(c->req, "order");

	g->call = c;
	g->kind = kind;
	g->hits.flow = c->flow;
	g->array = json_array();
	g->max = (size_t)call_number(c, "limit", PAGE_DEFAULT, 1, PAGE);
	g->seqs = xcalloc(g->max + 1, sizeof(*g->seqs));
	g->until = (int64_t)store_committed_tree(c->flow->store)->size;
	g->newest = kind != FIND_SEARCH && last && !strcmp(last, "1");
	g->later = kind == FIND_SEARCH ? order && !strcmp(order, "oldest") : !g->newest;
	c->own = g;
	c->own_free = free_finding;
	slice(g);
}

/* --- what is asked ---------------------------------------------------------------------------- */

static int
start_search(struct finding *g, struct err *e)
{
	int64_t cursor = call_number(g->call, "cursor", 0, 0, INT64_MAX);
	int64_t before = call_number(g->call, "before", 0, 0, INT64_MAX);
	int64_t first = 1, last = g->until;

	if (g->kind != FIND_SEARCH) {
		g->after = call_number(g->call, "after", 0, 0, INT64_MAX);
		first = g->after + 1;
		if (g->newest && before && before <= last)
			last = before - 1;
	} else if (cursor && g->later) {
		first = cursor + 1;
	} else if (cursor) {
		last = cursor - 1;
	}
	g->search = audit_query_search(g->call, &g->query, first, last, g->later, e);
	return g->search ? 0 : -1;
}

/* 1: later again; 0: the index has what is needed. */
static int
catch_up(struct finding *g, struct err *e)
{
	struct store *s = g->call->flow->store;

	if (!store_index_whole(s))
		return store_index_step(s, e) < 0 ? -1 : 1;
	return audit_query_by_name(g->call) ? store_names_step(s, NAMES, e) : 0;
}

/* --- what is told ----------------------------------------------------------------------------- */

static json_t *
list_row(struct finding *g, int64_t seq, const json_t *rec)
{
	AUTO(str) summary = audit_summary(g->call->flow, seq, rec);

	return json_pack("{s:I,s:s?,s:s?,s:s?,s:O?,s:O?,s:s}", "seq", (json_int_t)seq, "t",
			 json_str(rec, "t"), "ev", json_str(rec, "ev"), "actor",
			 json_str(json_object_get(rec, "actor"), "name"), "request",
			 json_object_get(rec, "req"), "row", json_object_get(rec, "row"), "summary",
			 summary);
}

struct one_record {
	int64_t seq;
	json_t *rec;
};

static bool
take_record(void *arg, const struct stored_record *r)
{
	struct one_record *o = arg;

	if (r->seq == o->seq)
		o->rec = json_loadb(r->rec, r->len, 0, NULL);
	return false;
}

static int
tell(struct finding *g, int64_t seq, struct err *e)
{
	struct one_record o = { .seq = seq };
	json_t *row;

	/* read first, told afterwards: telling looks at other records */
	if (store_records(g->call->flow->store, seq - 1, 1, take_record, &o, e) < 0)
		return -1;
	row = g->kind == FIND_LIST ? list_row(g, seq, o.rec) : audit_hit(&g->hits, seq, o.rec);
	json_decref(o.rec);
	if (g->newest)
		json_array_insert_new(g->array, 0, row);
	else
		json_array_append_new(g->array, row);
	return 0;
}

/* Where the next page begins; of a tail always, for more will come. */
static json_t *
next_of(const struct finding *g)
{
	bool more = g->count > g->max;

	if (g->kind == FIND_TAIL)
		return json_integer(more && !g->newest ? g->seqs[g->max - 1] : g->until);
	return more && !g->newest ? json_integer(g->seqs[g->max - 1]) : json_null();
}

static void
answer(struct finding *g)
{
	json_t *j = json_pack("{s:O,s:o,s:I}", "records", g->array, "next", next_of(g), "size",
			      (json_int_t)g->until);

	if (g->newest) /* for those who want more of the newest than a page has: what is before this */
		json_object_set_new(j, "earlier", g->count > g->max ? json_integer(g->seqs[g->max - 1]) :
							  json_null());
	call_reply(g->call, 200, j);
}

/* --- slices ----------------------------------------------------------------------------------- */

/* 1: go on; 0: all was found and told; -1: e. */
static int
step(struct finding *g, struct err *e)
{
	size_t count = 0;
	int rc;

	if (!g->search) {
		rc = catch_up(g, e);
		if (rc)
			return rc;
		if (!g->read && audit_query_read(g->call, &g->query, g->kind != FIND_LIST, e))
			return -1;
		g->read = true;
		return start_search(g, e) ? -1 : 1;
	}
	if (!g->over && g->count <= g->max) {
		if (search_step(g->search, g->seqs + g->count, g->max + 1 - g->count, &count, &g->over, e))
			return -1;
		g->count += count;
		return 1;
	}
	if (g->told == g->count || g->told == g->max)
		return 0;
	return tell(g, g->seqs[g->told++], e) ? -1 : 1;
}

static bool
waits(const struct finding *g)
{
	return g->kind == FIND_TAIL && !g->count && !g->newest &&
	       call_number(g->call, "timeout", 0, 0, FOLLOW_MAX_S) > 0;
}

static void
slice(void *arg)
{
	struct finding *g = arg;
	uint64_t began = clock_mono_us();
	struct err e = ERR_INIT;
	int rc;

	set_working(g, true);
	do {
		rc = step(g, &e);
	} while (rc == 1 && clock_mono_us() - began < SLICE_US / working);
	if (rc == 1) {
		loop_defer(g->call->flow->loop, slice, g);
		return;
	}
	set_working(g, false);
	if (rc)
		call_fail(g->call, &e);
	else if (waits(g))
		follow_begin(g->call, g);
	else
		answer(g);
}

/* --- those who follow ------------------------------------------------------------------------- */

/* True: there is something for it, or nothing more can be found out; it is answered soon. */
bool
finding_look(struct finding *g)
{
	int64_t size = (int64_t)store_committed_tree(g->call->flow->store)->size;
	struct err e = ERR_INIT;
	size_t count = 0;
	bool over = false;

	search_free(g->search);
	g->search = audit_query_search(g->call, &g->query, g->until + 1, size, true, &e);
	while (g->search && !over && !count)
		if (search_step(g->search, g->seqs, 1, &count, &over, &e))
			return true;
	if (g->search && !count)
		g->until = size;
	return !g->search || count > 0;
}

void
finding_go_on(void *arg)
{
	struct finding *g = arg;
	int64_t from = g->until + 1;
	struct err e = ERR_INIT;

	follow_end(g);
	g->until = (int64_t)store_committed_tree(g->call->flow->store)->size;
	search_free(g->search);
	g->search = audit_query_search(g->call, &g->query, from, g->until, true, &e);
	g->count = g->told = 0;
	g->over = false;
	if (g->search)
		slice(g);
	else
		call_fail(g->call, &e);
}

void
finding_give_up(void *arg)
{
	answer(arg);
}

void
handle_audit_list(struct call *c)
{
	begin(c, FIND_LIST);
}

void
handle_audit_search(struct call *c)
{
	begin(c, FIND_SEARCH);
}

void
handle_audit_tail(struct call *c)
{
	begin(c, FIND_TAIL);
}
