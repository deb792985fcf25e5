/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/store/store_index.h"
#include "daemon/store/store_private.h"

int64_t
store_next_seq(const struct store *s)
{
	return (int64_t)s->tree.size + 1;
}

const struct merkle *
store_tree(const struct store *s)
{
	return &s->tree;
}

const struct merkle *
store_committed_tree(const struct store *s)
{
	return &s->committed_tree;
}

/* What follows "key": in canonical bytes, where a quotation mark inside of a text is escaped; NULL
 * when there is none. */
static const char *
after_key(const char *rec, size_t n, const char *key, size_t length)
{
	const char *p = memmem(rec, n, key, length);

	return p ? p + length : NULL;
}

/* "req":N; 0 when there is none. */
static int64_t
request_of(const char *rec, size_t n)
{
	const char *p = after_key(rec, n, "\"req\":", 6);
	int64_t id = 0;

	for (; p && p < rec + n && *p >= '0' && *p <= '9'; p++)
		id = id * 10 + (*p - '0');
	return id;
}

/* "subj":"reference"; the references are hopthud's own and hold nothing that is escaped. */
static char *
subject_of(const char *rec, size_t n)
{
	const char *p = after_key(rec, n, "\"subj\":\"", 8);
	const char *end = p ? memchr(p, '"', (size_t)(rec + n - p)) : NULL;

	return end && end > p ? xstrndup(p, (size_t)(end - p)) : NULL;
}

/* Exports are found again in the same way: no person has this word for a reference. */
#define EXPORTS "export"

/* Which request and which person a record is about, found again by indexes: kept beside the log, not
 * in it. */
static int
add_indexes(struct store *s, const char *rec, size_t n, int64_t seq, struct err *e)
{
	int64_t request = request_of(rec, n);
	AUTO(str) subject = after_key(rec, n, "\"ev\":\"export\"", 13) ? xstrdup(EXPORTS) :
									   subject_of(rec, n);

	if (request && store_run(s, store_bind(s, SQL_AUDIT_REQUEST_ADD, "ii", request, seq), e))
		return -1;
	return subject ? store_run(s, store_bind(s, SQL_AUDIT_SUBJECT_ADD, "si", subject, seq), e) : 0;
}

/* Roots of the tiles that the record completed. */
static int
add_subtrees(struct store *s, uint8_t full[MERKLE_TILES][DIGEST_LEN], int count, struct err *e)
{
	for (int i = 0; i < count; i++)
		if (store_run(s, store_bind(s, SQL_SUBTREE_ADD, "iib", (int64_t)(i + 1),
					    (int64_t)(s->tree.size >> 8 * (i + 1)) - 1, full[i],
					    (size_t)DIGEST_LEN), e))
			return -1;
	return 0;
}

int
store_append(struct store *s, const void *rec, size_t n, const struct opening *openings,
	     size_t count, struct err *e)
{
	int64_t seq = store_next_seq(s);
	uint8_t leaf[DIGEST_LEN], full[MERKLE_TILES][DIGEST_LEN];

	BUG_ON(!s->in_unit);
	merkle_leaf(rec, n, leaf);
	if (store_run(s, store_bind(s, SQL_AUDIT_ADD, "ibb", seq, rec, n, leaf, sizeof(leaf)), e))
		return -1;
	if (add_indexes(s, rec, n, seq, e) || index_add(s, seq, rec, n, e))
		return -1;
	for (size_t i = 0; i < count; i++)
		if (store_run(s,
			      store_bind(s, SQL_OPENING_ADD, "isbs", seq, openings[i].field,
					 openings[i].salt, (size_t)DIGEST_LEN, openings[i].value),
			      e))
			return -1;
	return add_subtrees(s, full, merkle_append_full(&s->tree, leaf, full), e);
}

int64_t
store_last_seq(const struct store *s)
{
	struct store *w = (struct store *)s; /* a statement is kept, nothing else changes */
	sqlite3_stmt *st = store_bind(w, SQL_AUDIT_LAST, "");
	int64_t seq = store_row(w, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : -1;

	store_reset(st);
	return seq;
}

static int
each_record(struct store *s, sqlite3_stmt *st,
	    bool (*each)(void *, const struct stored_record *), void *arg, struct err *e)
{
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		struct stored_record r = {
			.seq = sqlite3_column_int64(st, 0),
			.rec = sqlite3_column_blob(st, 1),
			.len = (size_t)sqlite3_column_bytes(st, 1),
		};

		if (sqlite3_column_bytes(st, 2) == DIGEST_LEN)
			r.leaf = sqlite3_column_blob(st, 2);
		if (!each(arg, &r))
			break;
	}
	store_reset(st);
	return rc < 0 ? -1 : 0;
}

int
store_records(struct store *s, int64_t after, int max,
	      bool (*each)(void *, const struct stored_record *), void *arg, struct err *e)
{
	return each_record(s, store_bind(s, SQL_AUDIT_AFTER, "ii", after, (int64_t)max), each, arg,
			   e);
}

int
store_request_records(struct store *s, int64_t request, int64_t after, int max,
		      bool (*each)(void *, const struct stored_record *), void *arg, struct err *e)
{
	return each_record(s,
			   store_bind(s, SQL_AUDIT_OF_REQUEST, "iii", request, after, (int64_t)max),
			   each, arg, e);
}

int
store_subject_records(struct store *s, const char *subject, int64_t after, int max,
		      bool (*each)(void *, const struct stored_record *), void *arg, struct err *e)
{
	return each_record(s,
			   store_bind(s, SQL_AUDIT_OF_SUBJECT, "sii", subject, after, (int64_t)max),
			   each, arg, e);
}

int
store_exports(struct store *s, int64_t after, int max,
	      bool (*each)(void *, const struct stored_record *), void *arg, struct err *e)
{
	return store_subject_records(s, EXPORTS, after, max, each, arg, e);
}

int
store_openings(struct store *s, int64_t seq,
	       void (*each)(void *, const char *, const char *), void *arg, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_OPENING_OF, "i", seq);
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, store_peek(st, 0), store_peek(st, 1));
	store_reset(st);
	return rc;
}

int
store_openings_after(struct store *s, int64_t seq, const char *field, int64_t last, int max,
		     bool (*each)(void *, const struct stored_opening *), void *arg, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_OPENING_AFTER, "isii", seq, field, last, (int64_t)max);
	bool damaged = false;
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		struct stored_opening o = { .seq = sqlite3_column_int64(st, 0),
					    .field = store_peek(st, 1),
					    .salt = sqlite3_column_blob(st, 2),
					    .value = store_peek(st, 3) };

		damaged = sqlite3_column_bytes(st, 2) != DIGEST_LEN;
		if (damaged)
			err_set(e, ERR_PERM, "an opening of record %" PRId64 " is damaged in the database",
				o.seq);
		if (damaged || !each(arg, &o))
			break;
	}
	store_reset(st);
	return rc < 0 || damaged ? -1 : 0;
}

char *
store_meta(struct store *s, const char *key)
{
	sqlite3_stmt *st = store_bind(s, SQL_META_GET, "s", key);
	char *value = store_row(s, st, NULL) == 1 ? xstrdup(store_peek(st, 0)) : NULL;

	store_reset(st);
	return value;
}

int
store_set_meta(struct store *s, const char *key, const char *value, struct err *e)
{
	return store_run(s, store_bind(s, SQL_META_PUT, "ss", key, value), e);
}

#define INCIDENT "incident"

char *
store_incident(struct store *s)
{
	char *text = store_meta(s, INCIDENT);

	if (text && *text)
		return text;
	free(text);
	return NULL;
}

int
store_set_incident(struct store *s, const char *text, struct err *e)
{
	bool changed = s->changed;
	int rc = store_set_meta(s, INCIDENT, text ? text : "", e);

	s->changed = changed;
	return rc;
}
