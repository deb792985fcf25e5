/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening and closing the database: its version, its pragmas, what may not be done to the log. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/store/migrations.h"
#include "daemon/store/store_index.h"
#include "daemon/store/store_private.h"
#include "daemon/store/store_search.h"

static int
on_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

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
