/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "common/text.h"
#include "daemon/store/store_index.h"
#include "daemon/store/store_search.h"

/* The index of the log beside a plain look at every record: the same answers, whatever was asked,
 * undone, lost or closed between. */

#define RECORDS 14000 /* four blocks, the last one not full */
#define REQUESTS 300
#define PEOPLE 400
#define WORDS 7

static const char *const kinds[SEARCH_TERM_COUNT][WORDS] = {
	[SEARCH_EVENT] = { "item", "intent", "outcome", "approve", "read", "auth.ok", "operator" },
	[SEARCH_OPERATION] = { "create", "close", "rename", "", "", "purge", "" },
	[SEARCH_RESULT] = { "done", "failed", "", "", "moved", "", "first of two" },
	[SEARCH_OPERATOR] = { "lan", "minh", "hopthud", "thu", "tuan", "hoa", "admin" },
	[SEARCH_AGENCY] = { "", "", "", "", "sgd", "stc", "" },
};
static const char *const agencies[] = { "snv", "skhcn", "syt" };

struct known {
	const char *words[SEARCH_TERM_COUNT];
	const char *as, *target;
	int64_t request;
	int person; /* 0: none */
};

static struct known *known; /* known[seq] */
static char dir[64], *file;
static uint64_t seed = 1;
static struct store *s;

static unsigned
any(unsigned n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(seed >> 33) % n;
}

static void
check(int rc, const struct err *e)
{
	if (rc)
		fail_msg("%s", e->msg);
}

static void
open_store(void)
{
	struct err e = ERR_INIT;

	s = access(file, F_OK) ? store_create(file, &e) : store_open(file, &e);
	check(!s, &e);
}

static int
setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/hopthu-search-XXXXXX");
	assert_non_null(mkdtemp(dir));
	file = xasprintf("%s/t.db", dir);
	known = xcalloc(RECORDS + 1, sizeof(*known));
	open_store();
	return 0;
}

static int
teardown(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

	(void)state;
	store_close(s);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		AUTO(str) f = xasprintf("%s%s", file, suffixes[i]);

		unlink(f);
	}
	rmdir(dir);
	free(file);
	free(known);
	return 0;
}

/* --- a log ------------------------------------------------------------------------------------ */

static void
add_text(struct buf *b, const char *key, const char *word)
{
	if (word && *word)
		buf_printf(b, "\"%s\":\"%s\",", key, word);
}

/* Canonical, with what an index might take for something else. */
static void
append(void)
{
	int64_t seq = store_next_seq(s);
	struct known *k = &known[seq];
	AUTO(buf) b = BUF_INIT;
	struct err e = ERR_INIT;

	*k = (struct known){ .as = any(3) ? NULL : kinds[SEARCH_OPERATOR][any(WORDS)],
			     .request = any(4) ? any(REQUESTS) + 1 : 0,
			     .person = any(3) ? (int)any(PEOPLE) + 1 : 0 };
	for (int i = 0; i < SEARCH_TERM_COUNT; i++)
		k->words[i] = kinds[i][any(WORDS)];
	if (!strcmp(k->words[SEARCH_EVENT], "operator"))
		k->target = kinds[SEARCH_OPERATOR][any(WORDS)];
	buf_printf(&b, "{\"actor\":{\"mech\":\"peer\",\"name\":\"%s\",\"src\":\"op\\\"\"},",
		   k->words[SEARCH_OPERATOR]);
	add_text(&b, "agency", k->words[SEARCH_AGENCY]);
	add_text(&b, "as", k->as);
	add_text(&b, "ev", k->words[SEARCH_EVENT]);
	add_text(&b, "letter", "\\\",\\\"ev\\\":\\\"close\\\\");
	add_text(&b, "op", k->words[SEARCH_OPERATION]);
	buf_str(&b, "\"pii\":{\"result\":\"done\",\"target\":\"minh\"},");
	if (k->request)
		buf_printf(&b, "\"req\":%" PRId64 ",", k->request);
	add_text(&b, "result", k->words[SEARCH_RESULT]);
	buf_printf(&b, "\"seq\":%" PRId64 ",", seq);
	if (k->person)
		buf_printf(&b, "\"subj\":\"p%d\",", k->person);
	buf_printf(&b, "\"t\":\"2026-01-01T00:00:00.%06" PRId64 "Z\",", seq / 3 * 10);
	add_text(&b, "target", k->target ? k->target : any(2) ? "thu" : NULL);
	buf_str(&b, "\"v\":1}");
	check(store_append(s, b.data, b.len, NULL, 0, &e), &e);
}

static void
make_requests(void)
{
	struct err e = ERR_INIT;

	check(store_begin(s, &e), &e);
	for (int64_t i = 1; i <= REQUESTS; i++) {
		AUTO(str) letter = xasprintf("%" PRId64 "/CV", i % 50);
		bool order = i % 10 == 0;
		struct request r = { .kind = order ? REQUEST_ORDER : REQUEST_LETTER,
				     .agency = order ? "" : agencies[i % 3], .letter = letter,
				     .date = "", .signer = "", .reason = "", .channel = "",
				     .digest = "", .submitter = "lan", .approver = "", .refusal = "",
				     .domain = "", .signer_title = "", .requester = "",
				     .requester_phone = "", .contact = "", .attachment = "",
				     .policy = "", .first_approver = "", .namers = "" };
		AUTO(str) person = xasprintf("p%" PRId64, i);
		struct item it = { .row = 1, .op = !order ? OP_CREATE : i % 20 ? OP_OPERATOR_REVOKE :
						     OP_AGENCY_ADD,
				   .ref = "", .login = i % 20 ? "minh" : "sgd", .address = "a@b",
				   .person = order ? "" : person,
				   .full_name = i % 2 ? "Đặng Thị Ánh Nguyệt" : "Đặng Thị Anh Nguyệt",
				   .error = "", .opid = "", .plan = "", .input = "" };

		check(store_add_request(s, &r, &e), &e);
		assert_int_equal(r.id, i);
		it.request = i;
		check(store_add_item(s, &it, &e), &e);
	}
	append();
	check(store_end(s, &e), &e);
	store_commit(s);
}

/* An append that the database breaks off when the record is in the index already. */
static void
append_half(void)
{
	static const char rec[] = "{\"actor\":{\"name\":\"lan\"},\"agency\":\"snv\",\"ev\":\"approve\","
				  "\"op\":\"purge\",\"result\":\"moved\"}";
	const struct opening twice[] = { { .field = "x", .value = "1" }, { .field = "x", .value = "2" } };
	struct err e = ERR_INIT;

	assert_int_equal(store_append(s, rec, sizeof(rec) - 1, twice, 2, &e), -1);
}

/* A unit of nothing else: at places, and where the record would fill a block.  Once at each. */
static bool
half_is_due(void)
{
	static int64_t failed;
	int64_t seq = store_next_seq(s);

	if (failed == seq || (seq % INDEX_BLOCK && any(500)))
		return false;
	failed = seq;
	return true;
}

/* True: it may stand; false: only as it was when it began. */
static bool
make_unit(void)
{
	struct err e = ERR_INIT;

	for (unsigned n = any(900); n && store_next_seq(s) <= RECORDS; n--) {
		if (half_is_due()) {
			check(store_end(s, &e), &e);
			check(store_begin(s, &e), &e);
			append_half();
			return false;
		}
		append();
	}
	return true;
}

/* Units that are kept, undone, lost with their turn, and a process that ends between. */
static void
make_log(void)
{
	struct err e = ERR_INIT;

	make_requests();
	while (store_committed_tree(s)->size < RECORDS) {
		for (unsigned u = any(4) + 1; u; u--) {
			check(store_begin(s, &e), &e);
			if (make_unit() && any(4))
				check(store_end(s, &e), &e);
			else
				store_abort(s);
		}
		if (!any(5)) { /* what was not committed is lost with the process */
			store_close(s);
			open_store();
		} else {
			store_commit(s);
		}
	}
}

/* --- a plain look ----------------------------------------------------------------------------- */

struct wanted {
	const char *words[SEARCH_TERM_COUNT];
	int64_t first, last;
	bool later, by_request;
	int64_t requests[12];
	size_t request_count;
	int people[2][3]; /* groups of them; 0: none */
};

static bool
one_of(const char *word, const char *a, const char *b, const char *c, const char *d)
{
	return (a && !strcmp(word, a)) || (b && !strcmp(word, b)) || (c && !strcmp(word, c)) ||
	       (d && !strcmp(word, d));
}

static bool
is_wanted(const struct wanted *w, int64_t seq)
{
	const struct known *k = &known[seq];
	int64_t r = k->request;
	bool order = r && r % 10 == 0, found = !w->by_request;

	if (seq < w->first || seq > w->last)
		return false;
	for (int i = 0; i < SEARCH_OPERATOR; i++)
		if (w->words[i] && strcmp(w->words[i], k->words[i]) != 0)
			return false;
	if (w->words[SEARCH_OPERATOR] &&
	    !one_of(w->words[SEARCH_OPERATOR], k->words[SEARCH_OPERATOR], k->as, k->target,
		    order && r % 20 ? "minh" : NULL))
		return false;
	if (w->words[SEARCH_AGENCY] &&
	    !one_of(w->words[SEARCH_AGENCY], k->words[SEARCH_AGENCY], r && !order ? agencies[r % 3] : NULL,
		    order && r % 20 == 0 ? "sgd" : NULL, NULL))
		return false;
	for (size_t i = 0; i < w->request_count; i++)
		found = found || w->requests[i] == r;
	for (int g = 0; g < 2; g++)
		if (w->people[g][0] &&
		    (!k->person || (w->people[g][0] != k->person && w->people[g][1] != k->person &&
				    w->people[g][2] != k->person)))
			return false;
	return found;
}

static void
want_anything(struct wanted *w)
{
	memset(w, 0, sizeof(*w));
	w->first = any(2) ? 1 : any(RECORDS);
	w->last = any(2) ? RECORDS + 5 : any(RECORDS + 3);
	w->later = any(2);
	for (int i = 0; i < SEARCH_TERM_COUNT; i++)
		if (!any(3))
			w->words[i] = any(12) ? kinds[i][any(WORDS)] : "nobody";
	if (!any(3))
		w->words[SEARCH_AGENCY] = agencies[any(3)];
	for (int i = 0; i < SEARCH_TERM_COUNT; i++)
		if (w->words[i] && !*w->words[i])
			w->words[i] = NULL;
	w->by_request = !any(4);
	w->request_count = w->by_request ? any(12) : 0;
	for (size_t i = 0; i < w->request_count; i++) /* a number twice is no other record */
		w->requests[i] = any(REQUESTS + 20) + 1;
	for (int g = 0; g < 2; g++)
		for (int i = 0; i < 3 && !any(3); i++)
			w->people[g][i] = (int)any(PEOPLE + 30) + 1;
}

static struct search *
search_for(const struct wanted *w)
{
	struct search *q = search_new(s, w->first, w->last, w->later);
	struct err e = ERR_INIT;

	for (int i = 0; i < SEARCH_TERM_COUNT; i++)
		if (w->words[i])
			search_want(q, (enum search_term)i, w->words[i]);
	for (int g = 0; g < 2; g++) {
		char names[3][16];
		const char *list[3] = { names[0], names[1], names[2] };
		size_t n = 0;

		for (int i = 0; i < 3 && w->people[g][i]; i++)
			snprintf(names[n++], sizeof(names[0]), "p%d", w->people[g][i]);
		if (n)
			check(search_want_people(q, list, n, &e), &e);
	}
	if (w->by_request)
		check(search_want_requests(q, w->requests, w->request_count, &e), &e);
	return q;
}

/* Searches page by page; the pages together are what a plain look finds. */
static size_t
compare(const struct wanted *w)
{
	struct search *q = search_for(w);
	struct err e = ERR_INIT;
	int64_t seqs[64], at = w->later ? 1 : RECORDS;
	size_t max = any(64) + 1, count, found = 0;
	bool over = false;

	while (!over) {
		check(search_step(q, seqs, max, &count, &over, &e), &e);
		for (size_t i = 0; i < count; i++, found++) {
			while (at >= 1 && at <= RECORDS && !is_wanted(w, at))
				at += w->later ? 1 : -1;
			assert_int_equal(seqs[i], at);
			at += w->later ? 1 : -1;
		}
	}
	for (; at >= 1 && at <= RECORDS; at += w->later ? 1 : -1)
		assert_false(is_wanted(w, at));
	search_free(q);
	return found;
}

static void
compare_many(int times)
{
	struct wanted w;
	size_t found = 0, empty = 0;

	for (int i = 0; i < times; i++) {
		size_t n;

		want_anything(&w);
		n = compare(&w);
		found += n;
		empty += !n;
	}
	assert_true(found > (size_t)times * 10 && empty < (size_t)times);
}

/* --- tests ------------------------------------------------------------------------------------ */

static void
sql(const char *text)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
test_every_combination(void **state)
{
	struct err e = ERR_INIT;
	int rc;

	(void)state;
	print_message("seed %" PRIu64 "\n", seed);
	make_log();
	assert_true(store_index_whole(s));
	compare_many(3000);
	/* all of it, or a part, can be made again */
	for (int n = 0; n < 2; n++) {
		store_close(s);
		sql(n ? "DELETE FROM audit_index WHERE block = 1" : "DELETE FROM audit_index");
		open_store();
		assert_false(store_index_whole(s));
		while ((rc = store_index_step(s, &e)) == 1)
			store_commit(s);
		check(rc, &e);
		store_commit(s);
		assert_true(store_index_whole(s));
		compare_many(500);
	}
}

static void
take_word(void *arg, const char *word)
{
	buf_printf(arg, "%s ", word);
}

static void
test_words(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct err e = ERR_INIT;

	(void)state;
	make_log();
	check(store_index_words(s, SEARCH_RESULT, take_word, &b, &e), &e);
	assert_string_equal(b.data, "done failed first of two moved ");
	buf_clear(&b);
	check(store_index_words(s, SEARCH_AGENCY, take_word, &b, &e), &e);
	assert_string_equal(b.data, "sgd skhcn snv stc syt ");
	for (int64_t seq = 1; seq <= RECORDS; seq += 97) {
		char t[40];

		snprintf(t, sizeof(t), "2026-01-01T00:00:00.%06" PRId64 "Z", seq / 3 * 10);
		assert_int_equal(store_seq_at(s, t), seq < 3 ? 1 : seq / 3 * 3);
		snprintf(t, sizeof(t), "2026-01-01T00:00:00.%06" PRId64 "Z", seq / 3 * 10 + 1);
		assert_int_equal(store_seq_at(s, t), seq / 3 * 3 + 3 > RECORDS ? RECORDS + 1 :
						     seq / 3 * 3 + 3);
	}
}

static void
count_name(void *arg, const char *person, const char *name)
{
	int *counts = arg;

	assert_true(*person == 'p');
	counts[!strcmp(name, "Đặng Thị Ánh Nguyệt")]++;
}

static void
count_person(void *arg, const char *person)
{
	(void)person;
	++*(int *)arg;
}

static void
test_names(void **state)
{
	int counts[2] = { 0, 0 }, rc;
	struct err e = ERR_INIT;

	(void)state;
	make_requests();
	while ((rc = store_names_step(s, 7, &e)) == 1)
		store_commit(s);
	check(rc, &e);
	store_commit(s);
	check(store_people_named(s, "dang thi anh nguyet", count_name, counts, &e), &e);
	assert_int_equal(counts[0], REQUESTS / 2 - REQUESTS / 10);
	assert_int_equal(counts[1], REQUESTS / 2);
	check(store_begin(s, &e), &e);
	check(store_forget_name(s, "Đặng Thị Ánh Nguyệt", "p7", &e), &e);
	append();
	check(store_end(s, &e), &e);
	store_commit(s);
	memset(counts, 0, sizeof(counts));
	check(store_people_named(s, "dang thi anh nguyet", count_name, counts, &e), &e);
	assert_int_equal(counts[1], REQUESTS / 2 - 1);
	counts[0] = 0;
	check(store_people_of_login(s, "minh", count_person, counts, &e), &e);
	assert_int_equal(counts[0], REQUESTS - REQUESTS / 10);
}

/* --- edges ------------------------------------------------------------------------------------ */

static void
append_words(const char *event, const char *operator, int64_t request)
{
	AUTO(buf) b = BUF_INIT;
	struct err e = ERR_INIT;

	buf_printf(&b, "{\"actor\":{\"name\":\"%s\"},\"ev\":\"%s\"", operator, event);
	if (request)
		buf_printf(&b, ",\"req\":%" PRId64, request);
	buf_printf(&b, ",\"seq\":%" PRId64 "}", store_next_seq(s));
	check(store_append(s, b.data, b.len, NULL, 0, &e), &e);
}

static size_t
count(enum search_term term, const char *word)
{
	struct search *q = search_new(s, 1, INT64_MAX, false);
	struct err e = ERR_INIT;
	int64_t seqs[512];
	size_t n, all = 0;
	bool over = false;

	search_want(q, term, word);
	while (!over) {
		check(search_step(q, seqs, 512, &n, &over, &e), &e);
		all += n;
	}
	search_free(q);
	return all;
}

/* As many records of a block as are written as numbers, and one more and less. */
static void
test_few_and_many(void **state)
{
	static const char *const words[] = { "w254", "w255", "w256", "w257", "w1" };
	static const size_t counts[] = { 254, 255, 256, 257, 1 };
	struct err e = ERR_INIT;
	size_t n = 0;

	(void)state;
	check(store_begin(s, &e), &e);
	for (int w = 0; w < 5; w++)
		for (size_t i = 0; i < counts[w]; i++, n++)
			append_words("item", words[w], 0);
	for (; n < 5000; n++)
		append_words("item", "others", 0);
	check(store_end(s, &e), &e);
	store_commit(s);
	for (int w = 0; w < 5; w++)
		assert_int_equal(count(SEARCH_OPERATOR, words[w]), counts[w]);
	assert_int_equal(count(SEARCH_EVENT, "item"), 5000);
}

static void
append_many(int n)
{
	struct err e = ERR_INIT;

	check(store_begin(s, &e), &e);
	for (int i = 0; i < n; i++)
		append_words("item", "lan", 0);
	check(store_end(s, &e), &e);
	store_commit(s);
}

/* The log goes on, over the end of a block, while an earlier one is missing. */
static void
test_gap_before_the_newest(void **state)
{
	struct err e = ERR_INIT;

	(void)state;
	append_many(9000);
	store_close(s);
	sql("DELETE FROM audit_index WHERE block = 0");
	open_store();
	append_many(5000);
	assert_false(store_index_whole(s));
	assert_int_equal(store_index_step(s, &e), 0);
	store_commit(s);
	assert_true(store_index_whole(s));
	assert_int_equal(count(SEARCH_EVENT, "item"), 14000);
}

static int64_t
add_request(const char *agency)
{
	struct request r = { .kind = REQUEST_LETTER, .agency = agency, .letter = "1", .date = "",
			     .signer = "", .reason = "", .channel = "", .digest = "", .submitter = "",
			     .approver = "", .refusal = "", .domain = "", .signer_title = "",
			     .requester = "", .requester_phone = "", .contact = "", .attachment = "",
			     .policy = "", .first_approver = "", .namers = "" };
	struct err e = ERR_INIT;

	check(store_add_request(s, &r, &e), &e);
	append_words("request", "lan", r.id);
	return r.id;
}

/* A number that was taken back is another letter's: what was undone is of no agency. */
static void
test_number_of_a_request_again(void **state)
{
	struct err e = ERR_INIT;
	int64_t undone, kept;

	(void)state;
	check(store_begin(s, &e), &e);
	undone = add_request("snv");
	store_abort(s);
	check(store_begin(s, &e), &e);
	kept = add_request("syt");
	check(store_end(s, &e), &e);
	store_commit(s);
	assert_int_equal(undone, kept);
	assert_int_equal(count(SEARCH_AGENCY, "snv"), 0);
	assert_int_equal(count(SEARCH_AGENCY, "syt"), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_every_combination, setup, teardown),
		cmocka_unit_test_setup_teardown(test_words, setup, teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_few_and_many, setup, teardown),
		cmocka_unit_test_setup_teardown(test_gap_before_the_newest, setup, teardown),
		cmocka_unit_test_setup_teardown(test_number_of_a_request_again, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
