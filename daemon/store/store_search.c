/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/store/store_index.h"
#include "daemon/store/store_private.h"
#include "daemon/store/store_search.h"

#define GROUPS_MAX 2 /* of people */
#define STEP_BLOCKS 64
#define SEEK_MAX 8 /* requests: a look into the table for each costs less than an empty block */

/* Records of people, in order. */
struct group {
	int64_t *seqs;
	size_t count;
};

/* A request and the first and the last of its records. */
struct span {
	int64_t request, first, last;
};

struct search {
	struct store *s;
	char *terms[SEARCH_TERM_COUNT];
	struct group groups[GROUPS_MAX];
	size_t group_count;
	struct span *spans;
	size_t span_count;
	bool by_request, later, over;
	int64_t first, last; /* what is left */
};

struct search *
search_new(struct store *s, int64_t first, int64_t last, bool oldest_first)
{
	struct search *q = xcalloc(1, sizeof(*q));
	int64_t size = (int64_t)store_committed_tree(s)->size;

	q->s = s;
	q->first = first < 1 ? 1 : first;
	q->last = last > size ? size : last;
	q->later = oldest_first;
	return q;
}

void
search_free(struct search *q)
{
	if (!q)
		return;
	for (size_t i = 0; i < SEARCH_TERM_COUNT; i++)
		free(q->terms[i]);
	for (size_t i = 0; i < GROUPS_MAX; i++)
		free(q->groups[i].seqs);
	free(q->spans);
	free(q);
}

/* --- what is wanted --------------------------------------------------------------------------- */

void
search_want(struct search *q, enum search_term term, const char *word)
{
	static const char letters[] = {
#define X(N, letter) letter,
		SEARCH_TERMS(X)
#undef X
	};

	free(q->terms[term]);
	q->terms[term] = xasprintf("%c:%s", letters[term], word);
}

static int
by_number(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
add_subject(struct search *q, struct group *g, const char *subject, size_t *room, struct err *e)
{
	sqlite3_stmt *st = store_bind(q->s, SQL_SUBJECT_SEQS, "sii", subject, q->first, q->last);
	int rc;

	while ((rc = store_row(q->s, st, e)) == 1) {
		if (g->count == *room)
			g->seqs = xrealloc(g->seqs, (*room += *room + 64) * sizeof(*g->seqs));
		g->seqs[g->count++] = sqlite3_column_int64(st, 0);
	}
	store_reset(st);
	return rc;
}

int
search_want_people(struct search *q, const char *const *subjects, size_t count, struct err *e)
{
	struct group *g = &q->groups[q->group_count++];
	size_t room = 0;

	BUG_ON(q->group_count > GROUPS_MAX);
	for (size_t i = 0; i < count; i++)
		if (add_subject(q, g, subjects[i], &room, e))
			return -1;
	if (g->count)
		qsort(g->seqs, g->count, sizeof(*g->seqs), by_number);
	return 0;
}

int
search_want_requests(struct search *q, const int64_t *requests, size_t count, struct err *e)
{
	BUG_ON(q->by_request);
	q->by_request = true;
	q->spans = xcalloc(count + 1, sizeof(*q->spans));
	for (size_t i = 0; i < count; i++) {
		sqlite3_stmt *st = store_bind(q->s, SQL_REQUEST_SPAN, "i", requests[i]);
		int rc = store_row(q->s, st, e);

		if (rc == 1 && sqlite3_column_int64(st, 0))
			q->spans[q->span_count++] = (struct span){
				requests[i], sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
			};
		store_reset(st);
		if (rc < 0)
			return -1;
	}
	return 0;
}

/* --- one block -------------------------------------------------------------------------------- */

static void
set_bit(uint8_t *bits, int64_t seq)
{
	unsigned bit = (unsigned)((seq - 1) % INDEX_BLOCK);

	bits[bit / 8] |= (uint8_t)(1 << bit % 8);
}

/* Number of the first of a group's records that is not before seq. */
static size_t
position(const struct group *g, int64_t seq)
{
	size_t low = 0, high = g->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (g->seqs[mid] < seq)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* As index_find, of a group of people. */
static int
find_group(const struct search *q, const struct group *g, int64_t *block, uint8_t *bits)
{
	size_t i = position(g, (q->later ? *block : *block + 1) * INDEX_BLOCK + 1);

	if (q->later ? i == g->count : !i)
		return 0;
	*block = index_block(g->seqs[q->later ? i : i - 1]);
	memset(bits, 0, INDEX_BYTES);
	for (i = position(g, *block * INDEX_BLOCK + 1);
	     i < g->count && index_block(g->seqs[i]) == *block; i++)
		set_bit(bits, g->seqs[i]);
	return 1;
}

static int
add_request(struct search *q, int64_t request, int64_t block, uint8_t *bits, struct err *e)
{
	sqlite3_stmt *st = store_bind(q->s, SQL_REQUEST_SEQS, "iii", request, block * INDEX_BLOCK + 1,
				      (block + 1) * INDEX_BLOCK);
	int rc;

	while ((rc = store_row(q->s, st, e)) == 1)
		set_bit(bits, sqlite3_column_int64(st, 0));
	store_reset(st);
	return rc;
}

/* The nearest block of a request that has records of it; -1: none, or a read error. */
static int64_t
seek_request(struct search *q, const struct span *p, int64_t block, struct err *e)
{
	int64_t edge = q->later ? block * INDEX_BLOCK + 1 : (block + 1) * INDEX_BLOCK, near = -1;
	sqlite3_stmt *st = store_bind(q->s, q->later ? SQL_REQUEST_LATER : SQL_REQUEST_EARLIER, "ii",
				      p->request, edge);

	if (store_row(q->s, st, e) == 1)
		near = index_block(sqlite3_column_int64(st, 0));
	store_reset(st);
	return near;
}

/* Where one may have records: of many requests their spans tell, of few the table does. */
static int64_t
near_request(struct search *q, const struct span *p, int64_t block, struct err *e)
{
	int64_t from = index_block(p->first), to = index_block(p->last);

	if (q->later ? block > to : block < from)
		return -1;
	if (block < from || block > to)
		return block < from ? from : to;
	return q->span_count <= SEEK_MAX ? seek_request(q, p, block, e) : block;
}

/* The nearest block that a request may have records in; its bits may all be zero. */
static int
find_requests(struct search *q, int64_t *block, uint8_t *bits, struct err *e)
{
	int64_t near = -1;

	for (size_t i = 0; i < q->span_count; i++) {
		int64_t at = near_request(q, &q->spans[i], *block, e);

		if (at >= 0 && (near < 0 || (q->later ? at < near : at > near)))
			near = at;
	}
	if (near < 0)
		return e && e->class != ERR_NONE ? -1 : 0;
	*block = near;
	memset(bits, 0, INDEX_BYTES);
	for (size_t i = 0; i < q->span_count; i++)
		if (index_block(q->spans[i].first) <= near && index_block(q->spans[i].last) >= near &&
		    add_request(q, q->spans[i].request, near, bits, e))
			return -1;
	return 1;
}

static bool
any(const uint8_t bits[INDEX_BYTES])
{
	static const uint8_t none[INDEX_BYTES];

	return memcmp(bits, none, INDEX_BYTES) != 0;
}

/* The nth of what a record must be; -1 error, 0 nowhere, 1 found, 2 there is no nth. */
static int
find_nth(struct search *q, size_t n, int64_t *block, uint8_t *bits, struct err *e)
{
	/* people and letters first: they are in few blocks */
	if (n < q->group_count)
		return find_group(q, &q->groups[n], block, bits);
	n -= q->group_count;
	if (q->by_request && !n--)
		return find_requests(q, block, bits, e);
	for (size_t i = 0; i < SEARCH_TERM_COUNT; i++)
		if (q->terms[i] && !n--)
			return index_find(q->s, q->terms[i], q->later, block, bits, e);
	return 2;
}

/* The nearest block in which everything occurs, and the records that are all of it.  1, 0 or -1. */
static int
find_block(struct search *q, int64_t *block, uint8_t all[INDEX_BYTES], struct err *e)
{
	uint8_t bits[INDEX_BYTES];

	memset(all, 0xff, INDEX_BYTES);
	for (size_t n = 0;; n++) {
		int64_t at = *block;
		int rc = find_nth(q, n, &at, bits, e);

		if (rc == 2)
			return 1;
		if (rc != 1)
			return rc;
		if (at != *block) { /* the others must be there, too */
			*block = at;
			memset(all, 0xff, INDEX_BYTES);
			n = (size_t)-1;
			continue;
		}
		for (size_t i = 0; i < INDEX_BYTES; i++)
			all[i] &= bits[i];
		if (!any(all))
			return 1; /* whatever else it must be */
	}
}

/* --- steps ------------------------------------------------------------------------------------ */

/* Records of the block, from where the search stands.  What is left begins behind the last one. */
static void
take_block(struct search *q, int64_t block, const uint8_t *bits, int64_t *seqs, size_t max,
	   size_t *count)
{
	int64_t low = block * INDEX_BLOCK + 1, high = low + INDEX_BLOCK - 1;
	int64_t from = low > q->first ? low : q->first, to = high < q->last ? high : q->last;
	bool some = any(bits);

	for (int64_t i = 0; some && i <= to - from && *count < max; i++) {
		int64_t seq = q->later ? from + i : to - i;
		unsigned bit = (unsigned)(seq - low);

		if (bits[bit / 8] >> bit % 8 & 1)
			seqs[(*count)++] = seq;
	}
	if (*count == max && q->later)
		q->first = seqs[max - 1] + 1;
	else if (*count == max)
		q->last = seqs[max - 1] - 1;
	else if (q->later)
		q->first = high + 1;
	else
		q->last = low - 1;
}

int
search_step(struct search *q, int64_t *seqs, size_t max, size_t *count, bool *over, struct err *e)
{
	uint8_t bits[INDEX_BYTES];
	int rc = 1;

	*count = 0;
	for (int i = 0; i < STEP_BLOCKS && *count < max && q->first <= q->last && rc == 1; i++) {
		int64_t block = index_block(q->later ? q->first : q->last);

		rc = find_block(q, &block, bits, e);
		if (rc == 1)
			take_block(q, block, bits, seqs, max, count);
	}
	*over = rc == 0 || q->first > q->last;
	return rc < 0 ? -1 : 0;
}
