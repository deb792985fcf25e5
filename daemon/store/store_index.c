/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/store/store_block.h"
#include "daemon/store/store_private.h"
#include "daemon/store/store_said.h"
#include "daemon/store/store_search.h"

#define REQUESTS 256 /* whose agencies are remembered */

/* What the records of a request inherit from it. */
struct about {
	int64_t request;
	char agency[TERM_MAX], operator[TERM_MAX];
};

struct index {
	bool ready; /* the open block holds what the table holds */
	int64_t whole; /* every block before this one is in the table */
	int64_t marked; /* the last record that was taken in, even if its append failed */
	struct block open;
	struct about about[REQUESTS];
};

/* The term without a word says that the block is in the table as a whole. */
static int
write_block(struct store *s, const struct block *b, struct err *e)
{
	uint8_t packed[INDEX_BYTES];

	for (size_t i = 0; i < BLOCK_BUCKETS; i++)
		for (const struct term *t = b->terms[i]; t; t = t->next) {
			size_t n = block_pack(t, packed);

			if (t->count && store_run(s, store_bind(s, SQL_INDEX_ADD, "sib", t->word, b->number,
								packed, n), e))
				return -1;
		}
	return store_run(s, store_bind(s, SQL_INDEX_ADD, "sib", "", b->number, "", (size_t)0), e);
}

/* Of a letter its agency; of an administrator's order whose entry it writes. */
static const struct about *
about_request(struct store *s, int64_t request)
{
	struct about *a = &s->index->about[request % REQUESTS];
	sqlite3_stmt *st;

	if (a->request == request)
		return a;
	memset(a, 0, sizeof(*a));
	st = store_bind(s, SQL_INDEX_REQUEST, "i", request);
	if (store_row(s, st, NULL) == 1) {
		const char *op = store_peek(st, 1), *login = store_peek(st, 2);
		bool agency = !strcmp(op, op_word(OP_AGENCY_ADD));
		bool operator = !strcmp(op, op_word(OP_OPERATOR_ADD)) ||
				!strcmp(op, op_word(OP_OPERATOR_REVOKE));

		a->request = request;
		snprintf(a->agency, sizeof(a->agency), "%s", agency ? login : store_peek(st, 0));
		snprintf(a->operator, sizeof(a->operator), "%s", operator ? login : "");
	}
	store_reset(st);
	return a;
}

static void
read_record(struct store *s, struct block *b, int64_t seq, const char *rec, size_t n)
{
	struct said d;
	int64_t request = 0;

	said_read(&d, rec, n);
	block_mark(b, 'e', d.ev.p, d.ev.n, seq);
	block_mark(b, 'p', d.op.p, d.op.n, seq);
	block_mark(b, 'r', d.result.p, d.result.n, seq);
	block_mark(b, 'a', d.agency.p, d.agency.n, seq);
	block_mark(b, 'o', d.actor.p, d.actor.n, seq);
	block_mark(b, 'o', d.as.p, d.as.n, seq);
	if (said_is(d.ev, event_word(EVENT_OPERATOR)))
		block_mark(b, 'o', d.target.p, d.target.n, seq);
	for (size_t i = 0; i < d.req.n && d.req.p[i] >= '0' && d.req.p[i] <= '9' && i < 16; i++)
		request = request * 10 + (d.req.p[i] - '0');
	if (request) {
		const struct about *a = about_request(s, request);

		block_mark(b, 'a', a->agency, strlen(a->agency), seq);
		block_mark(b, 'o', a->operator, strlen(a->operator), seq);
	}
}

/* --- the open block --------------------------------------------------------------------------- */

struct reading {
	struct store *s;
	struct block *block;
	int64_t last, seen;
};

static bool
read_again(void *arg, const struct stored_record *r)
{
	struct reading *g = arg;

	if (r->seq <= g->last) {
		read_record(g->s, g->block, r->seq, r->rec, r->len);
		g->seen++;
	}
	return r->seq < g->last;
}

/* Fills a block with the records there are, up to `last`. */
static int
read_block(struct store *s, struct block *b, int64_t number, int64_t last, struct err *e)
{
	struct reading g = { .s = s, .block = b, .last = last };

	block_empty(b, number);
	if (last <= number * INDEX_BLOCK)
		return 0;
	return store_records(s, number * INDEX_BLOCK, INDEX_BLOCK, read_again, &g, e);
}

/* Which blocks the table has without a gap. */
static void
count_whole(struct store *s)
{
	sqlite3_stmt *st = store_bind(s, SQL_INDEX_WHOLE, "i", s->index->whole);

	while (store_row(s, st, NULL) == 1 && sqlite3_column_int64(st, 0) == s->index->whole)
		s->index->whole++;
	store_reset(st);
}

static int
make_ready(struct store *s, struct err *e)
{
	int64_t size = (int64_t)s->tree.size;

	if (s->index->ready)
		return 0;
	if (read_block(s, &s->index->open, size / INDEX_BLOCK, size, e))
		return -1;
	count_whole(s);
	s->index->ready = true;
	return 0;
}

struct index *
index_new(void)
{
	return xcalloc(1, sizeof(struct index));
}

void
index_free(struct index *x)
{
	if (!x)
		return;
	block_empty(&x->open, 0);
	free(x);
}

int
index_add(struct store *s, int64_t seq, const char *rec, size_t n, struct err *e)
{
	struct index *x = s->index;

	if (make_ready(s, e))
		return -1;
	x->marked = seq;
	read_record(s, &x->open, seq, rec, n);
	if (seq % INDEX_BLOCK)
		return 0;
	if (write_block(s, &x->open, e))
		return -1;
	x->whole += x->whole == x->open.number;
	block_empty(&x->open, x->open.number + 1);
	return 0;
}

void
index_truncate(struct store *s, int64_t size)
{
	struct index *x = s->index;

	if (x->marked <= size)
		return;
	x->marked = size;
	memset(x->about, 0, sizeof(x->about)); /* numbers of requests are given again */
	if (!x->ready)
		return;
	if (size < x->open.number * INDEX_BLOCK) { /* what was a full block is open again */
		x->ready = false;
		x->whole = size / INDEX_BLOCK < x->whole ? size / INDEX_BLOCK : x->whole;
	} else {
		block_unmark_after(&x->open, (unsigned)(size - x->open.number * INDEX_BLOCK));
	}
}

int
store_index_step(struct store *s, struct err *e)
{
	struct index *x = s->index;
	struct block *b;
	int rc;

	if (make_ready(s, e))
		return -1;
	if (x->whole >= x->open.number)
		return 0;
	if (store_begin(s, e))
		return -1;
	b = xcalloc(1, sizeof(*b));
	rc = read_block(s, b, x->whole, (x->whole + 1) * INDEX_BLOCK, e);
	if (!rc)
		rc = write_block(s, b, e);
	block_empty(b, 0);
	free(b);
	if (rc) {
		store_abort(s);
		return -1;
	}
	s->changed = false; /* made from the log: no change that would need a record */
	if (store_end(s, e))
		return -1;
	x->whole++;
	count_whole(s);
	return x->whole < x->open.number;
}

bool
store_index_whole(struct store *s)
{
	return !make_ready(s, NULL) && s->index->whole >= s->index->open.number;
}

/* --- looking up ------------------------------------------------------------------------------- */

static int
find_in_table(struct store *s, const char *term, bool later, int64_t *block,
	      uint8_t bits[INDEX_BYTES], struct err *e)
{
	sqlite3_stmt *st = store_bind(s, later ? SQL_INDEX_LATER : SQL_INDEX_EARLIER, "si", term,
				      *block);
	int rc = store_row(s, st, e);

	if (rc == 1) {
		*block = sqlite3_column_int64(st, 0);
		block_unpack(sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1), bits);
	}
	store_reset(st);
	return rc;
}

int
index_find(struct store *s, const char *word, bool later, int64_t *block,
	   uint8_t bits[INDEX_BYTES], struct err *e)
{
	const struct block *open = &s->index->open;
	char term[TERM_MAX];
	const struct term *t;
	int rc = 0;

	if (make_ready(s, e))
		return -1;
	snprintf(term, sizeof(term), "%s", word);
	t = block_term(open, term);
	if (*block > open->number)
		*block = open->number;
	if (later || *block < open->number || !t || !t->count)
		rc = find_in_table(s, term, later, block, bits, e);
	if (rc)
		return rc;
	if (!t || !t->count || (!later && *block < open->number))
		return 0;
	*block = open->number;
	memcpy(bits, t->bits, INDEX_BYTES);
	return 1;
}

int
store_index_words(struct store *s, enum search_term kind, void (*each)(void *arg, const char *word),
		  void *arg, struct err *e)
{
	static const char letters[] = {
#define X(N, letter) letter,
		SEARCH_TERMS(X)
#undef X
	};
	char at[TERM_MAX] = { letters[kind], ':' };

	if (make_ready(s, e))
		return -1;
	for (;;) {
		const char *open = block_next(&s->index->open, at[0], at);
		sqlite3_stmt *st = store_bind(s, SQL_INDEX_WORD, "s", at);
		int rc = store_row(s, st, e);
		const char *table = rc == 1 && store_peek(st, 0)[0] == at[0] ? store_peek(st, 0) : NULL;

		if (table && (!open || strcmp(table, open) < 0))
			open = table;
		if (rc >= 0 && open)
			snprintf(at, sizeof(at), "%s", open);
		store_reset(st);
		if (rc < 0 || !open)
			return rc < 0 ? -1 : 0;
		each(arg, at + 2);
	}
}
