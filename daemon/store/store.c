/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/failpoint.h"
#include "daemon/store/store_index.h"
#include "daemon/store/store_private.h"
#include "daemon/store/store_search.h"

#define WAL_PAGES_MAX 2048 /* 8 MiB, some milliseconds to move */

static const char *const sql_text[] = {
#define X(N, q) q,
	STORE_SQL(X)
#undef X
};

/* --- statements ------------------------------------------------------------------------------ */

/*
 * What a failed call means for the turn.  A full disk is waited out; an I/O error may have lost
 * pages that the kernel now calls clean, so the process must end and read everything again.
 */
static int
fail(struct store *s, struct err *e)
{
	int rc = sqlite3_extended_errcode(s->db);

	if ((rc & 0xff) == SQLITE_IOERR || (rc & 0xff) == SQLITE_CORRUPT ||
	    (rc & 0xff) == SQLITE_NOTADB)
		s->broken = true;
	s->full = (rc & 0xff) == SQLITE_FULL;
	if (s->in_txn && sqlite3_get_autocommit(s->db))
		s->lost = true;
	err_set(&s->trouble, (rc & 0xff) == SQLITE_BUSY ? ERR_CONFLICT : ERR_TEMP,
		"the database %s cannot be written: %s%s", s->file, sqlite3_errmsg(s->db),
		(rc & 0xff) == SQLITE_FULL ? " (the disk is full: make room, nothing else is needed)" :
					     "");
	if (e)
		*e = s->trouble;
	return -1;
}

sqlite3_stmt *
store_bind(struct store *s, enum sql q, const char *types, ...)
{
	sqlite3_stmt *st = s->stmt[q];
	va_list ap;

	if (!st) {
		BUG_ON(sqlite3_prepare_v3(s->db, sql_text[q], -1, SQLITE_PREPARE_PERSISTENT, &st,
					  NULL) != SQLITE_OK);
		s->stmt[q] = st;
	}
	BUG_ON(sqlite3_stmt_busy(st));
	va_start(ap, types);
	for (int n = 1; *types; types++, n++) {
		if (*types == 'i') {
			sqlite3_bind_int64(st, n, va_arg(ap, int64_t));
		} else if (*types == 's') {
			sqlite3_bind_text(st, n, va_arg(ap, const char *), -1, SQLITE_STATIC);
		} else {
			const void *data = va_arg(ap, const void *);

			sqlite3_bind_blob64(st, n, data, va_arg(ap, size_t), SQLITE_STATIC);
		}
	}
	va_end(ap);
	return st;
}

void
store_reset(sqlite3_stmt *st)
{
	sqlite3_reset(st);
	sqlite3_clear_bindings(st);
}

int
store_row(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc = sqlite3_step(st);

	return rc == SQLITE_ROW ? 1 : rc == SQLITE_DONE ? 0 : fail(s, e);
}

int
store_run(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc = store_row(s, st, e);

	store_reset(st);
	if (rc == 0)
		s->changed = true;
	return rc < 0 ? -1 : 0;
}

const char *
store_peek(sqlite3_stmt *st, int col)
{
	const char *t = (const char *)sqlite3_column_text(st, col);

	return t ? t : "";
}

const char *
store_text(sqlite3_stmt *st, int col, struct arena *a)
{
	const char *t = (const char *)sqlite3_column_text(st, col);

	return t ? arena_strdup(a, t) : NULL;
}

static int
plain(struct store *s, enum sql q, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, q, "");
	int rc = store_row(s, st, e);

	store_reset(st);
	return rc;
}

/* --- units and turns ------------------------------------------------------------------------- */

int
store_begin(struct store *s, struct err *e)
{
	BUG_ON(s->in_unit);
	if (s->broken || s->lost) {
		if (e)
			*e = s->trouble;
		return -1;
	}
	if (!s->in_txn) {
		if (plain(s, SQL_BEGIN, e) < 0)
			return -1;
		s->in_txn = true;
	}
	if (plain(s, SQL_UNIT, e) < 0)
		return -1;
	s->in_unit = true;
	s->changed = false;
	s->unit_tree = s->tree;
	return 0;
}

void
store_abort(struct store *s)
{
	BUG_ON(!s->in_unit);
	s->in_unit = false;
	index_truncate(s, (int64_t)s->unit_tree.size); /* also of a record that was half appended */
	s->tree = s->unit_tree;
	if (s->lost)
		return;
	if (plain(s, SQL_UNIT_ABORT, NULL) < 0 || plain(s, SQL_UNIT_END, NULL) < 0)
		s->lost = true;
}

int
store_end(struct store *s, struct err *e)
{
	/* The rule that makes the log complete: no change without a record of it. */
	if (s->changed && s->tree.size == s->unit_tree.size) {
		store_abort(s);
		BUG_ON("a unit changed rows and wrote no audit record");
	}
	if (s->lost || plain(s, SQL_UNIT_END, e) < 0) {
		if (e)
			*e = s->trouble;
		store_abort(s);
		return -1;
	}
	s->in_unit = false;
	return 0;
}

bool
store_dirty(const struct store *s)
{
	return s->in_txn || s->first;
}

bool
store_urgent(const struct store *s)
{
	return s->urgent || s->lost || s->broken;
}

void
store_after_commit(struct store *s, store_done_cb *cb, void *arg)
{
	s->urgent = true;
	store_after_commit_soon(s, cb, arg);
}

void
store_after_commit_soon(struct store *s, store_done_cb *cb, void *arg)
{
	struct waiting *w = xcalloc(1, sizeof(*w));

	w->cb = cb;
	w->arg = arg;
	*s->end = w;
	s->end = &w->next;
}

void
store_forget(struct store *s, void *arg)
{
	for (struct waiting *w = s->first; w; w = w->next)
		if (w->arg == arg)
			w->cb = NULL;
	for (struct waiting *w = s->told; w; w = w->next)
		if (w->arg == arg)
			w->cb = NULL;
}

static int
put_frontier(struct store *s, struct err *e)
{
	uint8_t hashes[MERKLE_LEVELS * DIGEST_LEN];
	size_t n = merkle_pack(&s->tree, hashes);

	return store_run(s, store_bind(s, SQL_FRONTIER_PUT, "ib", (int64_t)s->tree.size, hashes, n),
			 e);
}

static int
commit(struct store *s, struct err *e)
{
	if (s->lost || s->broken) {
		*e = s->trouble;
		return -1;
	}
	if (s->tree.size != s->committed_tree.size && put_frontier(s, e))
		return -1;
	failpoint(FP_COMMIT_BEFORE);
	if (plain(s, SQL_COMMIT, e) < 0)
		return -1;
	failpoint(FP_COMMIT_AFTER);
	return 0;
}

void
store_commit(struct store *s)
{
	struct err e = ERR_INIT;
	struct waiting *w;
	bool failed = false;

	BUG_ON(s->in_unit);
	if (s->in_txn) {
		failed = commit(s, &e) < 0;
		if (failed && !sqlite3_get_autocommit(s->db))
			(void)plain(s, SQL_ROLLBACK, NULL);
		s->in_txn = s->lost = false;
		if (failed) {
			index_truncate(s, (int64_t)s->committed_tree.size);
			s->tree = s->committed_tree;
			s->trouble = e;
		} else {
			s->committed_tree = s->tree;
			s->trouble.msg[0] = '\0';
			s->full = false;
		}
	}
	s->told = s->first;
	s->first = NULL;
	s->end = &s->first;
	s->urgent = false;
	while ((w = s->told)) { /* one of them may let another go: store_forget */
		s->told = w->next;
		if (w->cb)
			w->cb(w->arg, failed ? &e : NULL);
		free(w);
	}
}

const char *
store_trouble(const struct store *s)
{
	return s->trouble.msg;
}

bool
store_broken(const struct store *s)
{
	return s->broken;
}

bool
store_full(const struct store *s)
{
	return s->full;
}

bool
store_tidy(struct store *s, bool soon)
{
	if (s->in_txn || s->broken || s->wal_pages < (soon ? 3 * WAL_PAGES_MAX : WAL_PAGES_MAX))
		return false;
	if ((sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL) & 0xff) ==
	    SQLITE_IOERR)
		(void)fail(s, NULL);
	s->wal_pages = 0; /* a full disk keeps the old pages: asked again after as many more */
	return true;
}

void
store_shrink(struct store *s)
{
	if (!s->in_txn)
		sqlite3_db_release_memory(s->db);
}
