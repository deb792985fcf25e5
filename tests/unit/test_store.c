/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "daemon/store/store.h"

/* The rules of the store: no change without a record, all or nothing, one process, no newer file. */

static char dir[64], *file;

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/hopthu-store-XXXXXX");
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
		char *f = xasprintf("%s%s", file, suffixes[i]);

		unlink(f);
		free(f);
	}
	rmdir(dir);
	free(file);
	return 0;
}

static struct store *
created(void)
{
	struct err e = ERR_INIT;
	struct store *s = store_create(file, &e);

	if (!s)
		fail_msg("%s", e.msg);
	return s;
}

static int
append(struct store *s, const char *text)
{
	struct err e = ERR_INIT;

	return store_append(s, text, strlen(text), NULL, 0, &e);
}

static void
remember(void *arg, const struct err *failure)
{
	*(int *)arg = failure ? -1 : 1;
}

static void
test_unit_is_all_or_nothing(void **state)
{
	struct store *s = created();
	struct err e = ERR_INIT;
	struct agency g = { "snv", "So Noi vu", "", "" }, found;
	struct arena *a = arena_new();
	int told = 0;

	(void)state;
	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(store_add_agency(s, &g, &e), 0);
	assert_int_equal(append(s, "{\"seq\":1}"), 0);
	store_abort(s);
	assert_int_equal(store_agency(s, "snv", &found, a), 0);
	assert_int_equal(store_tree(s)->size, 0);

	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(store_add_agency(s, &g, &e), 0);
	assert_int_equal(append(s, "{\"seq\":1}"), 0);
	assert_int_equal(store_end(s, &e), 0);
	store_after_commit(s, remember, &told);
	assert_int_equal(told, 0);
	assert_int_equal(store_committed_tree(s)->size, 0);
	store_commit(s);
	assert_int_equal(told, 1);
	assert_int_equal(store_committed_tree(s)->size, 1);
	store_close(s);

	s = store_open(file, &e);
	assert_non_null(s);
	assert_int_equal(store_agency(s, "snv", &found, a), 1);
	assert_string_equal(found.name, "So Noi vu");
	assert_int_equal(store_tree(s)->size, 1);
	store_close(s);
	arena_free(a);
}

/* A crash is a process that goes away without a word. */
struct pair {
	struct store *store;
	struct pair *other;
	int told;
};

static void
let_go(void *arg, const struct err *failure)
{
	struct pair *p = arg;

	p->told = failure ? -1 : 1;
	store_forget(p->store, p->other);
}

/* Who is told of a commit may end somebody else who waits for the same one. */
static void
test_forgotten_while_told(void **state)
{
	struct store *s = created();
	struct pair first = { .store = s }, second = { .store = s, .other = &first };
	struct err e = ERR_INIT;

	(void)state;
	first.other = &second;
	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(append(s, "{}"), 0);
	assert_int_equal(store_end(s, &e), 0);
	store_after_commit(s, let_go, &first);
	store_after_commit(s, let_go, &second);
	store_commit(s);
	assert_int_equal(first.told, 1);
	assert_int_equal(second.told, 0);
	store_close(s);
}

static void
test_uncommitted_is_lost_committed_is_kept(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = created();
	int status;
	pid_t pid;

	(void)state;
	store_close(s);
	pid = fork();
	if (!pid) {
		s = store_open(file, &e);
		if (!s || store_begin(s, &e) || append(s, "{\"seq\":1}") || store_end(s, &e))
			_exit(1);
		store_commit(s);
		if (store_begin(s, &e) || append(s, "{\"seq\":2}") || store_end(s, &e))
			_exit(1);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	s = store_open(file, &e);
	assert_non_null(s);
	assert_int_equal(store_tree(s)->size, 1);
	assert_int_equal(store_last_seq(s), 1);
	store_close(s);
}

static bool
note_seq(void *arg, const struct stored_record *r)
{
	buf_printf(arg, "%lld ", (long long)r->seq);
	return true;
}

/* Records are found by the person they are about, and by nothing that a text only mentions. */
static void
test_records_of_a_person(void **state)
{
	static const char *const records[] = {
		"{\"seq\":1,\"subj\":\"a-1\"}",
		"{\"seq\":2,\"subj\":\"a-11\"}",
		"{\"result\":\"\\\"subj\\\":\\\"a-1\\\"\",\"seq\":3}",
		"{\"req\":7,\"seq\":4,\"subj\":\"a-1\",\"v\":1}",
		"{\"seq\":5,\"subj\":\"\"}",
	};
	AUTO(buf) seqs = BUF_INIT;
	struct err e = ERR_INIT;
	struct store *s = created();

	(void)state;
	for (size_t i = 0; i < sizeof(records) / sizeof(*records); i++) {
		assert_int_equal(store_begin(s, &e), 0);
		assert_int_equal(append(s, records[i]), 0);
		assert_int_equal(store_end(s, &e), 0);
	}
	store_commit(s);
	assert_int_equal(store_subject_records(s, "a-1", 0, 10, note_seq, &seqs, &e), 0);
	assert_string_equal(seqs.data, "1 4 ");
	buf_clear(&seqs);
	assert_int_equal(store_subject_records(s, "a-1", 1, 10, note_seq, &seqs, &e), 0);
	assert_string_equal(seqs.data, "4 ");
	buf_clear(&seqs);
	assert_int_equal(store_subject_records(s, "a-", 0, 10, note_seq, &seqs, &e), 0);
	assert_int_equal(store_subject_records(s, "", 0, 10, note_seq, &seqs, &e), 0);
	assert_int_equal(seqs.len, 0);
	store_close(s);
}

static void
test_second_process_is_refused(void **state)
{
	struct store *s = created();
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		struct err e = ERR_INIT;
		struct store *other = store_open(file, &e);

		_exit(other ? 1 : e.class == ERR_CONFLICT ? 0 : 2);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	store_close(s);
}

static void
refused_untouched(const char *pragma, const char *says)
{
	struct err e = ERR_INIT;
	struct store *s = created();
	struct stat before, after;
	sqlite3 *db;

	store_close(s);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "PRAGMA journal_mode=DELETE", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, pragma, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
	assert_int_equal(stat(file, &before), 0);
	assert_null(store_open(file, &e));
	assert_int_equal(e.class, ERR_CONFIG);
	assert_non_null(strstr(e.msg, says));
	assert_int_equal(stat(file, &after), 0);
	assert_int_equal(before.st_mtim.tv_nsec, after.st_mtim.tv_nsec);
	assert_int_equal(before.st_size, after.st_size);
}

static void
test_newer_version_is_refused_untouched(void **state)
{
	(void)state;
	refused_untouched("PRAGMA user_version=99", "version 99");
}

static void
test_version_before_the_first_is_refused_untouched(void **state)
{
	(void)state;
	refused_untouched("PRAGMA user_version=1", "before the first release");
}

static void
test_truncated_log_is_noticed(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = created();
	sqlite3 *db;

	(void)state;
	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(append(s, "{\"seq\":1}"), 0);
	assert_int_equal(append(s, "{\"seq\":2}"), 0);
	assert_int_equal(store_end(s, &e), 0);
	store_commit(s);
	store_close(s);
	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "DELETE FROM audit WHERE seq = 2", NULL, NULL, NULL),
			 SQLITE_OK);
	sqlite3_close(db);
	assert_null(store_open(file, &e));
	assert_non_null(strstr(e.msg, "damaged"));
}

static int
put(struct store *s, const char *local, const char *login, enum address_state state,
    int64_t request)
{
	struct address a = { .local = local, .domain = "tinh.gov.vn", .login = login,
			     .state = state, .person = "p", .request = request };
	struct err e = ERR_INIT;

	return store_put_address(s, &a, "shape", &e);
}

/* Each state has its time, and a purge ends every address of the mailbox. */
static void
test_life_of_an_address(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = created();
	struct arena *arena = arena_new();
	struct address a;

	(void)state;
	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(put(s, "anhdt", "anhdt", ADDRESS_RESERVED, 1), 0);
	assert_int_equal(put(s, "anhdt", "anhdt", ADDRESS_ACTIVE, 1), 0);
	assert_int_equal(put(s, "dtanh", "anhdt", ADDRESS_ACTIVE, 2), 0);
	assert_int_equal(put(s, "anhdt", "anhdt", ADDRESS_ALIAS, 2), 0);
	assert_int_equal(put(s, "other", "other", ADDRESS_ACTIVE, 3), 0);
	assert_int_equal(store_find_address(s, "anhdt", &a, arena), 1);
	assert_int_equal(a.state, ADDRESS_ALIAS);
	assert_string_equal(a.login, "anhdt");
	assert_true(a.reserved_at && a.active_at && a.alias_at && !a.ended_at);
	assert_int_equal(store_end_addresses(s, "anhdt", 4, &e), 0);
	assert_int_equal(store_find_address(s, "dtanh", &a, arena), 1);
	assert_int_equal(a.state, ADDRESS_TOMBSTONE);
	assert_int_equal(a.request, 4);
	assert_true(a.ended_at != 0);
	assert_int_equal(store_address(s, "anhdt", NULL), ADDRESS_TOMBSTONE);
	assert_int_equal(store_address(s, "other", NULL), ADDRESS_ACTIVE);
	assert_int_equal(append(s, "{\"seq\":1}"), 0);
	assert_int_equal(store_end(s, &e), 0);
	arena_free(arena);
	store_close(s);
}

static void
test_promise_of_a_refused_letter_is_void(void **state)
{
	struct err e = ERR_INIT;
	struct store *s = created();
	struct request r = { .kind = REQUEST_LETTER, .agency = "snv", .letter = "1", .date = "",
			     .signer = "", .reason = "", .channel = "", .state = STATE_PLANNED,
			     .digest = "", .submitter = "lan", .approver = "", .refusal = "",
			     .domain = "", .signer_title = "", .requester = "",
			     .requester_phone = "", .contact = "", .attachment = "", .policy = "",
			     .needs = 1, .first_approver = "", .namers = "" };
	int64_t by = 0;

	(void)state;
	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(store_add_request(s, &r, &e), 0);
	assert_int_equal(put(s, "anhdt", "anhdt", ADDRESS_RESERVED, r.id), 0);
	assert_int_equal(append(s, "{\"seq\":1}"), 0);
	assert_int_equal(store_end(s, &e), 0);
	assert_int_equal(store_address(s, "anhdt", &by), ADDRESS_RESERVED);
	assert_int_equal(by, r.id);
	assert_int_equal(store_begin(s, &e), 0);
	r.state = STATE_REFUSED;
	assert_int_equal(store_put_request(s, &r, &e), 0);
	assert_int_equal(append(s, "{\"seq\":2}"), 0);
	assert_int_equal(store_end(s, &e), 0);
	assert_int_equal(store_address(s, "anhdt", NULL), ADDRESS_FREE);
	assert_int_equal(store_begin(s, &e), 0);
	assert_int_equal(put(s, "anhdt", "anhdt", ADDRESS_ACTIVE, r.id), 0);
	assert_int_equal(append(s, "{\"seq\":3}"), 0);
	assert_int_equal(store_end(s, &e), 0);
	/* given out once, never free again, whatever became of the letter */
	assert_int_equal(store_address(s, "anhdt", NULL), ADDRESS_ACTIVE);
	store_close(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_unit_is_all_or_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_forgotten_while_told, setup, teardown),
		cmocka_unit_test_setup_teardown(test_uncommitted_is_lost_committed_is_kept, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_records_of_a_person, setup, teardown),
		cmocka_unit_test_setup_teardown(test_second_process_is_refused, setup, teardown),
		cmocka_unit_test_setup_teardown(test_newer_version_is_refused_untouched, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_version_before_the_first_is_refused_untouched,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_truncated_log_is_noticed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_life_of_an_address, setup, teardown),
		cmocka_unit_test_setup_teardown(test_promise_of_a_refused_letter_is_void, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
