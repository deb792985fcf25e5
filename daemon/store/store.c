/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/failpoint.h"
#include "daemon/store/migrations.h"
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

static int
on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
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

/* --- opening --------------------------------------------------------------------------------- */

static bool
is_evidence(const char *table)
{
	static const char *const tables[] = { "audit", "audit_request", "audit_subject", "subtree",
					      "checkpoint", "cosignature" };

	for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
		if (!strcmp(table, tables[i]))
			return true;
	return false;
}

/* The second lock on the log, even against our own mistakes. */
static int
authorize(void *arg, int action, const char *a, const char *b, const char *c, const char *d)
{
	(void)arg;
	(void)b;
	(void)c;
	(void)d;
	switch (action) {
	case SQLITE_DELETE:
	case SQLITE_UPDATE:
		return is_evidence(a) ? SQLITE_DENY : SQLITE_OK;
	case SQLITE_DROP_TABLE:
	case SQLITE_DROP_INDEX:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_ALTER_TABLE:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_ATTACH:
		return SQLITE_DENY;
	}
	return SQLITE_OK;
}

static int
version_of(struct store *s, struct err *e)
{
	sqlite3_stmt *st = NULL;
	int rc, version = -1;

	/* Before anything is read: SQLite 3.40.1 can lose commits of two writers, and without a
	 * shared index file there can be no second one. */
	sqlite3_exec(s->db, "PRAGMA locking_mode=EXCLUSIVE", NULL, NULL, NULL);
	rc = sqlite3_prepare_v2(s->db, "PRAGMA user_version", -1, &st, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW)
		version = sqlite3_column_int(st, 0);
	sqlite3_finalize(st);
	if (version >= 0)
		return version;
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return err_set(e, ERR_CONFLICT,
			       "another process has the database %s open: is a hopthud running already?",
			       s->file);
	return err_set(e, ERR_CONFIG, "%s is not a database of hopthud, or is damaged: %s", s->file,
		       sqlite3_errmsg(s->db));
}

static int
pragmas(struct store *s, struct err *e)
{
	static const char text[] =
		"PRAGMA journal_mode=WAL;"
		"PRAGMA synchronous=FULL;"
		"PRAGMA wal_autocheckpoint=0;"
		"PRAGMA foreign_keys=ON;"
		"PRAGMA trusted_schema=OFF;"
		"PRAGMA cell_size_check=ON;"
		"PRAGMA mmap_size=0;"
		"PRAGMA temp_store=MEMORY;" /* else each unit journals its pages into /var/tmp */
		"PRAGMA secure_delete=ON;"
		"PRAGMA cache_size=-16384;"
		"BEGIN IMMEDIATE; COMMIT;"; /* takes the lock now, not at the first letter */
	int rc = sqlite3_exec(s->db, text, NULL, NULL, NULL);

	if (rc == SQLITE_OK)
		return 0;
	if (rc == SQLITE_BUSY || rc == SQLITE_LOCKED)
		return err_set(e, ERR_CONFLICT,
			       "another process has the database %s open: is a hopthud running already?",
			       s->file);
	return err_set(e, ERR_CONFIG, "the database %s cannot be opened: %s", s->file,
		       sqlite3_errmsg(s->db));
}

static int
migrate(struct store *s, int version, struct err *e)
{
	for (int next = version ? version + 1 : STORE_FIRST; next <= STORE_VERSION; next++) {
		AUTO(str) sql = xasprintf("BEGIN IMMEDIATE; %s PRAGMA user_version=%d; COMMIT;",
					  migrations[next - STORE_FIRST], next);

		if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK) {
			err_set(e, ERR_CONFIG, "bringing %s to version %d failed: %s", s->file, next,
				sqlite3_errmsg(s->db));
			sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
			return -1;
		}
	}
	return 0;
}

static int
load_frontier(struct store *s, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_FRONTIER_GET, "");
	int rc = store_row(s, st, e), bad = 0;

	merkle_init(&s->tree);
	if (rc == 1)
		bad = merkle_unpack(&s->tree, (uint64_t)sqlite3_column_int64(st, 0),
				    sqlite3_column_blob(st, 1), (size_t)sqlite3_column_bytes(st, 1));
	store_reset(st);
	s->committed_tree = s->tree;
	if (rc < 0 || bad || store_last_seq(s) != (int64_t)s->tree.size)
		return err_set(e, ERR_CONFIG,
			       "the audit log in %s is damaged: its tree has %llu records, its table "
			       "ends at %lld; restore the database from its last good copy",
			       s->file, (unsigned long long)s->tree.size,
			       (long long)store_last_seq(s));
	return 0;
}

static int
check_version(const char *file, int version, struct err *e)
{
	if (version > STORE_VERSION)
		return err_set(e, ERR_CONFIG,
			       "the database %s is of version %d, this hopthud knows up to %d: install "
			       "the hopthud that made it (nothing was changed)", file, version,
			       STORE_VERSION);
	if (version < STORE_FIRST)
		return err_set(e, ERR_CONFIG,
			       "the database %s is of version %d, of a hopthud before the first release: "
			       "it cannot be taken over, `hopthud --init` makes a new one (nothing was "
			       "changed)", file, version);
	return 0;
}

static struct store *
open_file(const char *file, int flags, bool create, struct err *e)
{
	struct store *s = xcalloc(1, sizeof(*s));
	int version;

	s->file = xstrdup(file);
	s->end = &s->first;
	s->index = index_new();
	if (sqlite3_open_v2(file, &s->db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE,
			    NULL) != SQLITE_OK) {
		err_set(e, ERR_CONFIG, "the database %s cannot be opened: %s%s", file,
			sqlite3_errmsg(s->db),
			create ? "" : "; `hopthud --init` makes a new one");
		goto failed;
	}
	version = version_of(s, e);
	if (version < 0)
		goto failed;
	if (version && check_version(file, version, e))
		goto failed;
	if (version == 0 && !create) {
		err_set(e, ERR_CONFIG, "the database %s is empty: run `hopthud --init` first", file);
		goto failed;
	}
	if (pragmas(s, e) || migrate(s, version, e) || load_frontier(s, e))
		goto failed;
	(void)store_index_whole(s); /* reads the newest records now, not at the first append */
	sqlite3_wal_hook(s->db, on_wal, s);
	sqlite3_set_authorizer(s->db, authorize, NULL);
	return s;
failed:
	store_close(s);
	return NULL;
}

/* Looks at the version without taking part: a file of another version must stay as it is. */
static int
refuse_other(const char *file, struct err *e)
{
	uint8_t head[100];
	AUTO(fd) fd = open(file, O_RDONLY | O_CLOEXEC);
	uint32_t version;

	if (fd < 0 || read(fd, head, sizeof(head)) != (ssize_t)sizeof(head))
		return 0; /* open_file says what is wrong */
	version = (uint32_t)head[60] << 24 | (uint32_t)head[61] << 16 | (uint32_t)head[62] << 8 |
		  head[63];
	if (!version || memcmp(head, "SQLite format 3", 16))
		return 0;
	return check_version(file, version > INT_MAX ? INT_MAX : (int)version, e);
}

struct store *
store_open(const char *file, struct err *e)
{
	if (access(file, F_OK)) {
		err_set(e, ERR_CONFIG,
			"the database %s is not there (%s): run `hopthud --init` first", file,
			strerror(errno));
		return NULL;
	}
	if (refuse_other(file, e))
		return NULL;
	return open_file(file, SQLITE_OPEN_READWRITE, false, e);
}

struct store *
store_create(const char *file, struct err *e)
{
	mode_t old = umask(0077);
	struct store *s = NULL;

	if (!access(file, F_OK))
		err_set(e, ERR_CONFLICT, "the database %s is there already and is left as it is",
			file);
	else
		s = open_file(file, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, true, e);
	umask(old);
	return s;
}

int
store_check(struct store *s, int64_t most, struct err *e)
{
	sqlite3_stmt *st;
	struct stat file;
	int rc;

	if (stat(s->file, &file) || file.st_size > most)
		return 0;
	st = store_bind(s, SQL_QUICK_CHECK, "");
	rc = store_row(s, st, e);
	if (rc == 1 && strcmp(store_peek(st, 0), "ok") != 0)
		rc = err_set(e, ERR_PERM, "%.300s", store_peek(st, 0));
	store_reset(st);
	return rc < 0 ? -1 : 0;
}

void
store_close(struct store *s)
{
	struct waiting *w;

	if (!s)
		return;
	while ((w = s->first)) {
		s->first = w->next;
		free(w);
	}
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(s->stmt[i]);
	sqlite3_close(s->db);
	index_free(s->index);
	free(s->file);
	free(s);
}
