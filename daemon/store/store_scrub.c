/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What was deleted leaves the files, too.  SQLite's secure_delete overwrites what it frees, but a page
 * that was split or packed anew may keep copies of cells that went elsewhere, in the space that no
 * cell uses (seen with 3.40.1: some 3 of 500 deleted values were still in the file).  So, once the
 * write-ahead log was moved into the database and cut to nothing, the unused space of every page is
 * overwritten, straight in the file.  That changes nothing the engine reads: a write that is torn by a
 * power cut leaves a page that is as right as before.
 */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/store/store_private.h"

#define LOOK_PAGES 16 /* between two looks at the clock */
#define HEADER 100    /* of the file, before the first page's own */
/* From here on the number of a page, with which overflow and free pages begin, could look like the
 * type of a tree's page; that is 128 GiB. */
#define PAGES_MAX 0x02000000
#define SCRUB_META "scrub"

static unsigned
u16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static bool
is_zero(const uint8_t *p, size_t n)
{
	return !n || (!p[0] && !memcmp(p, p + 1, n - 1));
}

static int
overwrite(sqlite3_file *f, sqlite3_int64 at, const uint8_t *page, unsigned from, unsigned to)
{
	static const uint8_t zeros[65536];

	if (from >= to || is_zero(page + from, to - from))
		return SQLITE_OK;
	return f->pMethods->xWrite(f, zeros, (int)(to - from), at + from);
}

/* The bytes of a tree's page that no cell uses: file format of SQLite, section 1.6. */
static int
clear_page(sqlite3_file *f, sqlite3_int64 at, const uint8_t *page, unsigned size)
{
	unsigned h = at ? 0 : HEADER, type = page[h], block = u16(page + h + 1);
	unsigned cells = h + (type == 2 || type == 5 ? 12 : 8) + 2 * u16(page + h + 3);
	unsigned content = u16(page + h + 5), last = 0;
	int rc;

	if (type != 2 && type != 5 && type != 10 && type != 13)
		return SQLITE_OK; /* overflow and free pages: overwritten when they were freed */
	if (!content)
		content = 65536;
	if (content > size || cells > content || (block && block < content))
		return SQLITE_OK; /* damaged: the engine will say so, nothing is made worse here */
	rc = overwrite(f, at, page, cells, content);
	while (rc == SQLITE_OK && block > last && block + 4 <= size) {
		unsigned n = u16(page + block + 2);

		if (n < 4 || block + n > size)
			break;
		rc = overwrite(f, at, page, block + 4, block + n);
		last = block;
		block = u16(page + block);
	}
	return rc;
}

static int
failed(struct store *s, int rc, struct err *e)
{
	if ((rc & 0xff) == SQLITE_IOERR)
		s->broken = true;
	return err_set(e, ERR_TEMP, "what was erased cannot be removed from the file %s yet: %s", s->file,
		       sqlite3_errstr(rc));
}

/* Everything is in the database file alone, and no page of it is kept in memory. */
static int
settle(struct store *s)
{
	int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

	if (rc != SQLITE_OK)
		return rc;
	s->wal_pages = 0;
	sqlite3_db_release_memory(s->db);
	return SQLITE_OK;
}

static int
pages_step(struct store *s, sqlite3_file *f, sqlite3_int64 file_size, uint64_t budget_us)
{
	uint64_t began = clock_mono_us();
	uint8_t *page = xmalloc(s->page_size);
	int rc = SQLITE_OK;

	do {
		for (int n = 0; n < LOOK_PAGES && rc == SQLITE_OK && s->scrub_at < file_size; n++) {
			rc = f->pMethods->xRead(f, page, (int)s->page_size, s->scrub_at);
			if (rc == SQLITE_OK)
				rc = clear_page(f, s->scrub_at, page, s->page_size);
			s->scrub_at += s->page_size;
		}
	} while (rc == SQLITE_OK && s->scrub_at < file_size && clock_mono_us() - began < budget_us);
	explicit_bzero(page, s->page_size);
	free(page);
	return rc;
}

/* 0 when the page size is known and the file not too large for this. */
static int
measure(struct store *s, sqlite3_file *f, sqlite3_int64 *file_size)
{
	uint8_t head[HEADER];
	int rc = f->pMethods->xFileSize(f, file_size);

	if (rc == SQLITE_OK)
		rc = f->pMethods->xRead(f, head, sizeof(head), 0);
	if (rc != SQLITE_OK)
		return rc;
	if (head[52] || head[53] || head[54] || head[55])
		return SQLITE_NOTADB; /* auto_vacuum: there are pages that may look like a tree's */
	s->page_size = u16(head + 16) == 1 ? 65536 : u16(head + 16);
	if (s->page_size < 512 || *file_size / s->page_size >= PAGES_MAX)
		return SQLITE_TOOBIG;
	*file_size -= *file_size % s->page_size; /* what a write that was cut short left behind the last */
	s->scrub_size = *file_size;
	return SQLITE_OK;
}

int
store_scrub_step(struct store *s, uint64_t budget_us, struct err *e)
{
	sqlite3_file *f = NULL;
	sqlite3_int64 size = 0;
	int rc;

	if (s->in_txn || s->broken)
		return 1;
	rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_FILE_POINTER, &f);
	if (rc == SQLITE_OK)
		rc = settle(s);
	if (rc == SQLITE_OK)
		rc = measure(s, f, &size);
	if (rc == SQLITE_OK)
		rc = pages_step(s, f, size, budget_us);
	if (rc == SQLITE_OK && s->scrub_at < size)
		return 1;
	if (rc == SQLITE_OK)
		rc = f->pMethods->xSync(f, SQLITE_SYNC_NORMAL);
	s->scrub_at = 0;
	return rc == SQLITE_OK ? 0 : failed(s, rc, e);
}

int
store_scrub_percent(const struct store *s)
{
	return s->scrub_size ? (int)(100 * s->scrub_at / s->scrub_size) : 0;
}

bool
store_scrub_wanted(struct store *s)
{
	AUTO(str) mark = store_meta(s, SCRUB_META);

	return mark && *mark;
}

int
store_want_scrub(struct store *s, struct err *e)
{
	s->scrub_at = 0; /* pages that were done already may have more now */
	return store_set_meta(s, SCRUB_META, "1", e);
}

int
store_scrubbed(struct store *s, struct err *e)
{
	bool changed = s->changed;
	int rc = store_set_meta(s, SCRUB_META, "", e);

	s->changed = changed;
	return rc;
}
