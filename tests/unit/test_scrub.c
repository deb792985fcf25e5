/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/store/store.h"

/* What was erased is in no byte of the file, and everything else is still there. */

#define MAILBOXES 6000
#define ERASED_EVERY 12

static char dir[64], *file;

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/hopthu-scrub-XXXXXX");
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/t.db", dir);
	return 0;
}

static int
teardown(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal", NULL };

	(void)state;
	for (int i = 0; suffixes[i]; i++) {
		AUTO(str) f = xasprintf("%s%s", file, suffixes[i]);

		unlink(f);
	}
	rmdir(dir);
	free(file);
	return 0;
}

static void
must(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%s", e->msg);
}

static char *
read_all(size_t *n)
{
	FILE *f = fopen(file, "rb");
	struct stat st;
	char *data;

	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	*n = (size_t)st.st_size;
	data = xmalloc(*n);
	assert_int_equal(fread(data, 1, *n, f), *n);
	fclose(f);
	return data;
}

/* Logins in no order, so that pages are split in the middle. */
static void
put(struct store *s, int n, const char *phone)
{
	struct err e = ERR_INIT;
	AUTO(str) login = xasprintf("l%08x", (unsigned)n * 2654435761u);
	AUTO(str) name = xasprintf("MARK%06dNAME", n);
	AUTO(str) person = xasprintf("ref-%06d", n);
	struct mailbox m = { .login = login, .address = name, .person = person, .full_name = name,
			     .agency = "snv", .kind = "person", .title = "", .unit = "", .phone = phone,
			     .rank = "", .custodian = "", .aliases = "", .purge_due = "", .opid = "",
			     .entry_uuid = "", .status = STATUS_PURGED };

	must(store_put_mailbox(s, &m, &e), &e);
}

static void
begin(struct store *s)
{
	struct err e = ERR_INIT;

	must(store_begin(s, &e), &e);
}

static void
end(struct store *s)
{
	struct err e = ERR_INIT;
	AUTO(str) rec = xasprintf("{\"seq\":%lld}", (long long)store_next_seq(s));

	must(store_append(s, rec, strlen(rec), NULL, 0, &e), &e);
	must(store_end(s, &e), &e);
	store_commit(s);
}

static void
fill(struct store *s)
{
	unsigned seed = 1;

	for (int n = 0; n < MAILBOXES; n++) {
		if (n % 50 == 0)
			begin(s);
		put(s, n, "0274");
		seed = seed * 1103515245u + 12345u;
		if (n % 3 == 0) { /* grows: its page is packed anew, or split */
			AUTO(str) phone = xasprintf("%0*d", (int)(seed >> 16) % 200, 0);

			put(s, (int)(seed >> 8) % (n + 1), phone);
		}
		if (n % 50 == 49)
			end(s);
	}
}

static void
erase_some(struct store *s)
{
	struct err e = ERR_INIT;

	begin(s);
	for (int n = 0; n < MAILBOXES; n += ERASED_EVERY) {
		AUTO(str) login = xasprintf("l%08x", (unsigned)n * 2654435761u);
		AUTO(str) person = xasprintf("ref-%06d", n);

		must(store_erase_mailbox(s, login, person, &e), &e);
	}
	must(store_want_scrub(s, &e), &e);
	end(s);
}

static int
residue(void)
{
	size_t n;
	AUTO(str) data = read_all(&n);
	int found = 0;

	for (int i = 0; i < MAILBOXES; i += ERASED_EVERY) {
		AUTO(str) name = xasprintf("MARK%06dNAME", i);

		found += memmem(data, n, name, strlen(name)) != NULL;
	}
	return found;
}

static void
check_rest(int mailboxes)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	assert_int_equal(sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &st, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_string_equal(sqlite3_column_text(st, 0), "ok");
	sqlite3_finalize(st);
	assert_int_equal(sqlite3_prepare_v2(db, "SELECT count(*) FROM mailbox WHERE full_name LIKE "
					    "'MARK%NAME' AND address = full_name", -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), mailboxes);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static int
scrub(struct store *s)
{
	struct err e = ERR_INIT;
	int rc;

	while ((rc = store_scrub_step(s, 8000, &e)) > 0)
		;
	must(rc, &e);
	begin(s);
	must(store_scrubbed(s, &e), &e);
	must(store_end(s, &e), &e);
	store_commit(s);
	return rc;
}

static void
test_nothing_is_left(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = store_create(file, &e);

	(void)state;
	assert_non_null(s);
	fill(s);
	erase_some(s);
	store_close(s); /* moves the write-ahead log, as every close does */
	print_message("%d of %d erased values are in the file before it is overwritten\n", residue(),
		      MAILBOXES / ERASED_EVERY);
	s = store_open(file, &e); /* as after a crash: it is known that something is to be done */
	assert_non_null(s);
	assert_true(store_scrub_wanted(s));
	scrub(s);
	assert_false(store_scrub_wanted(s));
	assert_int_equal(residue(), 0);
	store_close(s);
	check_rest(MAILBOXES - MAILBOXES / ERASED_EVERY);
	assert_int_equal(residue(), 0);
	s = store_open(file, &e);
	assert_non_null(s);
	fill(s); /* it goes on as before */
	store_close(s);
	check_rest(MAILBOXES);
}

/* Pages that were changed between the steps are overwritten, too. */
static void
test_work_between_the_steps(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = store_create(file, &e);
	int n = 0;

	(void)state;
	assert_non_null(s);
	fill(s);
	erase_some(s);
	while (store_scrub_step(s, 0, &e) > 0) {
		begin(s);
		assert_int_equal(store_scrub_step(s, 0, &e), 1); /* not while something waits */
		for (int k = 1; k < ERASED_EVERY; k++)
			put(s, n * ERASED_EVERY + k, "02749999999");
		n = (n + 7) % (MAILBOXES / ERASED_EVERY);
		end(s);
	}
	assert_int_equal(residue(), 0);
	store_close(s);
	check_rest(MAILBOXES - MAILBOXES / ERASED_EVERY);
	assert_int_equal(residue(), 0);
}

/* More is erased while the pages are gone through, and a write was cut short at the end of the file. */
static void
test_begins_anew(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = store_create(file, &e);
	FILE *f;

	(void)state;
	assert_non_null(s);
	fill(s);
	begin(s);
	must(store_want_scrub(s, &e), &e);
	end(s);
	while (store_scrub_percent(s) < 60)
		assert_int_equal(store_scrub_step(s, 0, &e), 1);
	erase_some(s);
	assert_int_equal(store_scrub_percent(s), 0);
	assert_int_equal(store_scrub_step(s, 0, &e), 1);
	f = fopen(file, "ab");
	assert_non_null(f);
	assert_int_equal(fputs("half a page", f) < 0, 0);
	assert_int_equal(fclose(f), 0);
	scrub(s);
	assert_int_equal(residue(), 0);
	store_close(s);
	check_rest(MAILBOXES - MAILBOXES / ERASED_EVERY);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_nothing_is_left, setup, teardown),
		cmocka_unit_test_setup_teardown(test_work_between_the_steps, setup, teardown),
		cmocka_unit_test_setup_teardown(test_begins_anew, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
