/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_PRIVATE_H
#define HOPTHU_STORE_PRIVATE_H

#include <sqlite3.h>

#include "daemon/store/store.h"
#include "daemon/store/store_sql.h"

struct waiting {
	struct waiting *next;
	store_done_cb *cb;
	void *arg;
};

struct store {
	sqlite3 *db;
	sqlite3_stmt *stmt[SQL_COUNT];
	char *file;
	bool in_txn;   /* BEGIN was done this turn */
	bool in_unit;
	bool urgent;
	bool lost;     /* the engine rolled the turn back: every later unit of it fails too */
	bool broken, full;
	bool changed;  /* in this unit, rows other than the log's */
	int wal_pages;
	unsigned page_size;             /* of the file; store_scrub.c */
	int64_t scrub_at, scrub_size;   /* bytes: how far, of how many */
	struct merkle tree, unit_tree, committed_tree;
	struct index *index; /* of store_index.c */
	struct err trouble;
	struct waiting *first, **end;
	struct waiting *told; /* those of the commit whose outcome is being told */
};

/*
 * Runs a statement with parameters given by a format: i = int64_t, s = const char * (NULL = NULL),
 * b = const void *, size_t.  store_row() answers 1 with a row to read, 0 at the end, -1 on error;
 * the statement must then be let go by store_reset().
 */
sqlite3_stmt *store_bind(struct store *s, enum sql q, const char *types, ...);
int store_row(struct store *s, sqlite3_stmt *st, struct err *e);
void store_reset(sqlite3_stmt *st);
/* A statement that gives no rows. */
int store_run(struct store *s, sqlite3_stmt *st, struct err *e) MUST_USE;
/* Column as text in the arena (a NULL column gives NULL). */
const char *store_text(sqlite3_stmt *st, int col, struct arena *a);
/* Column as borrowed text, "" for NULL: valid until the next step. */
const char *store_peek(sqlite3_stmt *st, int col);
#endif
