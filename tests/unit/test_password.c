/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/clock.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/password.h"
#include "daemon/flow/policies.h"

/*
 * When hopthud gives itself an order to put the password rules into the directory: with a clock of
 * the test's, and without a directory; what becomes of an order is played.
 */
#define DOMAIN "ninhbinh.gov.vn"
#define NOON INT64_C(1795694400) /* 2026-11-26T12:00:00Z */
#define HOUR INT64_C(3600)

static int64_t now;

uint64_t
clock_wall_us(void)
{
	return (uint64_t)now * 1000000;
}

uint64_t
clock_mono_us(void)
{
	return clock_wall_us();
}

uint64_t
clock_boot_ms(void)
{
	return clock_wall_us() / 1000;
}

const char *
clock_boot_id(void)
{
	return "00000000-0000-4000-8000-000000000000";
}

void
clock_text(uint64_t us, char out[CLOCK_TEXT])
{
	time_t t = (time_t)(us / 1000000);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(out, CLOCK_TEXT, "%Y-%m-%dT%H:%M:%S.000000Z", &tm);
}

void
clock_day(int64_t seconds, struct date *d)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	gmtime_r(&t, &tm);
	*d = (struct date){ tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday };
}

struct date
clock_today(void)
{
	struct date d;

	clock_day((int64_t)(clock_wall_us() / 1000000), &d);
	return d;
}

/* --- a flow without a directory --- */

struct scene {
	char dir[64];
	struct conf conf;
	struct loop *loop;
	struct store *store;
	struct flow *flow;
};

static void
write_rules(struct scene *s, const char *name, const char *from, int length)
{
	AUTO(str) path = xasprintf("%s/%s.conf", s->dir, name);
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fprintf(f, "domain = \"" DOMAIN "\"\nvalid_from = \"%s\"\ndocument = \"Quy chế %s\"\n"
		   "rule \"password.length\" { value = \"%d\" legal_basis = \"Điều 7\" }\n"
		   "rule \"password.max_age\" { value = \"never\" legal_basis = \"Điều 7\" }\n",
		from, name, length);
	fclose(f);
}

static void
read_rules(struct scene *s)
{
	struct err e = ERR_INIT;
	struct policies *p = policies_load(s->dir, &e);

	if (!p)
		fail_msg("%s", e.msg);
	policies_free(s->flow->policies);
	s->flow->policies = p;
}

static int
setup(void **state)
{
	static char domain[] = DOMAIN;
	struct scene *s = xcalloc(1, sizeof(*s));
	AUTO(str) file = NULL;
	struct err e = ERR_INIT;

	now = NOON;
	snprintf(s->dir, sizeof(s->dir), "/tmp/hopthu-password-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	file = xasprintf("%s/t.db", s->dir);
	s->conf.domain = domain;
	s->store = store_create(file, &e);
	assert_non_null(s->store);
	s->loop = loop_new();
	s->flow = flow_new(s->loop, s->store, &s->conf);
	assert_int_equal(flow_recover(s->flow, &e), 0);
	write_rules(s, "first", "2026-01-01", 12);
	read_rules(s);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { "t.db", "t.db-wal", "t.db-shm", "first.conf", "next.conf" };
	struct scene *s = *state;

	flow_free(s->flow);
	store_close(s->store);
	loop_free(s->loop);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		AUTO(str) path = xasprintf("%s/%s", s->dir, files[i]);

		unlink(path);
	}
	assert_int_equal(rmdir(s->dir), 0);
	free(s);
	return 0;
}

static int64_t
order_count(struct scene *s)
{
	AUTO(arena) a = arena_new();
	struct request r;
	int64_t n = 0;

	store_commit(s->store);
	while (store_request(s->store, n + 1, &r, a))
		n++;
	return n;
}

/* The plan of an order, for the caller to release. */
static void
plan_of(struct scene *s, int64_t id, struct plan *p)
{
	AUTO(arena) a = arena_new();
	struct err e = ERR_INIT;
	struct item i;

	assert_true(store_item_by_row(s->store, id, 1, &i, a));
	assert_int_equal(i.op, OP_PASSWORD_POLICY);
	assert_int_equal(plan_read(p, i.plan, &e), 0);
}

/* side: "before" or "after"; NULL: not in it; "": absent. */
static void
assert_plan(struct scene *s, int64_t id, const char *side, const char *name, const char *value)
{
	struct plan p;
	const json_t *list;
	AUTO(str) joined = NULL;

	plan_of(s, id, &p);
	list = json_object_get(*side == 'b' ? p.before : p.after, name);
	joined = plan_join(list);
	if (!value)
		assert_null(list);
	else
		assert_string_equal(list ? joined : "(nothing)", value);
	plan_release(&p);
}

enum end { DONE, FAILED, MOVED };

static void
end_order(struct scene *s, int64_t id, enum end end)
{
	struct evidence ev = { .ev = EVENT_OUTCOME, .actor = actor_daemon, .req = id };
	AUTO(arena) a = arena_new();
	AUTO(buf) difference = BUF_INIT;
	struct err e = ERR_INIT;
	struct request r;
	struct item i;
	struct plan p;
	const char length[] = { (char)('4' + id), '\0' }; /* somebody set */
	const struct dir_value value = { length, 1 };
	const struct dir_attr attr = { "pwdMinLength", 1, &value };
	const struct dir_entry found = { .dn = "cn=default", .count = 1, .attrs = &attr };

	plan_of(s, id, &p);
	assert_true(store_request(s->store, id, &r, a) && store_item_by_row(s->store, id, 1, &i, a));
	assert_int_equal(r.state, STATE_APPROVED);
	assert_string_equal(r.submitter, "hopthud");
	r.state = end == DONE ? STATE_DONE : STATE_FAILED;
	assert_int_equal(store_begin(s->store, &e), 0);
	assert_int_equal(store_put_request(s->store, &r, &e), 0);
	if (end == DONE)
		assert_int_equal(password_written(s->flow, &p, i.opid, &e), 0);
	if (end == MOVED)
		assert_int_equal(password_moved(s->flow, &found, &difference, &e), 0);
	assert_int_equal(evidence_append(s->flow, &ev, NULL, &e), 0);
	assert_int_equal(store_end(s->store, &e), 0);
	store_commit(s->store);
	password_ended(s->flow, end == MOVED);
	plan_release(&p);
	if (end == MOVED && (!strstr(difference.data, "pwdMinLength") || !strstr(difference.data, length)))
		fail_msg("%s", difference.data);
}

/* --- tests --- */

static void
test_first_and_no_more(void **state)
{
	struct scene *s = *state;

	password_begin(s->flow);
	password_check(s->flow); /* one at a time */
	assert_int_equal(order_count(s), 1);
	assert_plan(s, 1, "before", "hopthuOpId", ""); /* nobody wrote it yet */
	assert_plan(s, 1, "before", "pwdMinLength", NULL);
	assert_plan(s, 1, "after", "pwdMinLength", "12");
	assert_plan(s, 1, "after", "pwdMaxAge", "0");
	assert_plan(s, 1, "after", "pwdInHistory", "3");
	assert_plan(s, 1, "after", "pwdMaxFailure", "10");
	assert_plan(s, 1, "after", "pwdMustChange", "TRUE");
	assert_plan(s, 1, "after", "pwdLockout", NULL);
	end_order(s, 1, DONE);
	password_begin(s->flow);
	password_check(s->flow);
	assert_int_equal(order_count(s), 1);
}

static void
test_midnight(void **state)
{
	struct scene *s = *state;
	AUTO(arena) a = arena_new();
	struct item first;

	password_begin(s->flow);
	assert_int_equal(order_count(s), 1);
	end_order(s, 1, DONE);
	write_rules(s, "next", "2026-11-27", 14);
	read_rules(s);
	password_begin(s->flow);
	for (; now < NOON + 12 * HOUR; now += HOUR) {
		password_check(s->flow);
		assert_int_equal(order_count(s), 1);
	}
	password_check(s->flow); /* 2026-11-27T00:00:00 */
	assert_int_equal(order_count(s), 2);
	assert_true(store_item_by_row(s->store, 1, 1, &first, a));
	assert_plan(s, 2, "before", "hopthuOpId", first.opid);
	assert_plan(s, 2, "before", "pwdMinLength", "12");
	assert_plan(s, 2, "after", "pwdMinLength", "14");
}

static void
test_rules_change_on_the_way(void **state)
{
	struct scene *s = *state;

	password_begin(s->flow);
	write_rules(s, "next", "2026-11-01", 14);
	read_rules(s);
	password_begin(s->flow);
	assert_int_equal(order_count(s), 1);
	end_order(s, 1, DONE); /* the next follows at once */
	assert_int_equal(order_count(s), 2);
	assert_plan(s, 2, "after", "pwdMinLength", "14");
}

static void
test_failed_is_not_repeated(void **state)
{
	struct scene *s = *state;

	password_begin(s->flow);
	assert_int_equal(order_count(s), 1);
	end_order(s, 1, FAILED);
	for (int n = 0; n < 5; n++) {
		now += HOUR;
		password_check(s->flow);
	}
	assert_int_equal(order_count(s), 1);
	password_begin(s->flow); /* a reload */
	assert_int_equal(order_count(s), 2);
	end_order(s, 2, FAILED);
	write_rules(s, "next", "2026-11-01", 14);
	read_rules(s);
	password_check(s->flow); /* other rules */
	assert_int_equal(order_count(s), 3);
}

static void
test_moved_is_repeated_once(void **state)
{
	struct scene *s = *state;

	password_begin(s->flow);
	assert_int_equal(order_count(s), 1);
	end_order(s, 1, MOVED);
	assert_int_equal(order_count(s), 2);
	assert_plan(s, 2, "before", "hopthuOpId", "");
	assert_plan(s, 2, "before", "pwdMinLength", "5");
	assert_plan(s, 2, "before", "pwdInHistory", ""); /* found without one */
	end_order(s, 2, MOVED);
	now += HOUR;
	password_check(s->flow);
	assert_int_equal(order_count(s), 2);
	password_begin(s->flow);
	assert_plan(s, 3, "before", "pwdMinLength", "6");
	end_order(s, 3, DONE);
	assert_int_equal(order_count(s), 3);
}

static void
test_none_while_stopping(void **state)
{
	struct scene *s = *state;

	s->flow->draining = true;
	password_begin(s->flow);
	assert_int_equal(order_count(s), 0);
	s->flow->draining = false;
	password_check(s->flow);
	assert_int_equal(order_count(s), 1);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_first_and_no_more, setup, teardown),
		cmocka_unit_test_setup_teardown(test_midnight, setup, teardown),
		cmocka_unit_test_setup_teardown(test_rules_change_on_the_way, setup, teardown),
		cmocka_unit_test_setup_teardown(test_failed_is_not_repeated, setup, teardown),
		cmocka_unit_test_setup_teardown(test_moved_is_repeated_once, setup, teardown),
		cmocka_unit_test_setup_teardown(test_none_while_stopping, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
