/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/daemon.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/heartbeat.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/seal.h"
#include "daemon/flow/tail.h"

/* When a checkpoint is due, that there is one root for a size, and what an incident stops; with a real
 * key and database, without door and directory. */
#define SECONDS 1

struct scene {
	char dir[64];
	char *file;
	struct conf conf;
	struct loop *loop;
	struct flow *flow;
	unsigned turns;
};

static void
turn_end(void *arg)
{
	struct scene *s = arg;

	s->turns++;
	store_commit(s->flow->store);
	seal_turn(s->flow);
}

static void
open_flow(struct scene *s)
{
	struct err e = ERR_INIT;

	s->loop = loop_new();
	loop_at_turn_end(s->loop, turn_end, s);
	s->flow = flow_new(s->loop, store_open(s->file, &e), &s->conf);
	if (!s->flow->store || flow_open_log(s->flow, &e))
		fail_msg("%s", e.msg);
}

static void
close_flow(struct scene *s)
{
	struct store *store = s->flow->store;

	flow_free(s->flow);
	store_close(store);
	loop_free(s->loop);
}

static int
setup(void **state)
{
	struct scene *s = xcalloc(1, sizeof(*s));
	struct init_order init = { .admin = "admin", .uid = 1000 };
	struct err e = ERR_INIT;

	snprintf(s->dir, sizeof(s->dir), "/tmp/hopthu-seal-XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	s->file = xasprintf("%s/t.db", s->dir);
	s->conf = (struct conf){ .instance = xstrdup("log.test/1"), .database = s->file,
				 .key_dir = xasprintf("%s/keys", s->dir),
				 .evidence = { .checkpoint_records = 10, .checkpoint_seconds = SECONDS } };
	if (init_run(&s->conf, &init, &e))
		fail_msg("%s", e.msg);
	open_flow(s);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	static const char *const files[] = { "t.db", "t.db-wal", "t.db-shm", "t.db.reserve",
					     "keys/log.key", "keys/log.vkey", "keys/scram.key" };
	struct scene *s = *state;

	close_flow(s);
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		AUTO(str) path = xasprintf("%s/%s", s->dir, files[i]);

		unlink(path);
	}
	assert_int_equal(rmdir(s->conf.key_dir), 0);
	assert_int_equal(rmdir(s->dir), 0);
	free(s->conf.instance);
	free(s->conf.key_dir);
	free(s->file);
	free(s);
	return 0;
}

static void
stop(void *arg)
{
	loop_stop(arg);
}

static void
nothing(void *arg)
{
	(void)arg;
}

/* The loop, for so many milliseconds: a turn now, for what was appended, then what comes of it. */
static void
run(struct scene *s, unsigned ms)
{
	struct loop_timer *t = loop_timer_new(s->loop, stop, s->loop);

	loop_timer_set(t, ms);
	loop_defer(s->loop, nothing, s);
	loop_run(s->loop);
	loop_timer_free(t);
}

static int64_t
append(struct scene *s, enum event_type type, int n)
{
	struct evidence ev = { .ev = type, .actor = actor_daemon };
	struct err e = ERR_INIT;

	for (int i = 0; i < n; i++)
		if (evidence_alone(s->flow, &ev, &e))
			fail_msg("%s", e.msg);
	return store_next_seq(s->flow->store) - 1;
}

static uint64_t
committed(struct scene *s)
{
	return store_committed_tree(s->flow->store)->size;
}

/* The note of the newest checkpoint verifies, with the root of the records. */
static void
check_newest(struct scene *s)
{
	AUTO(str) vkey = store_meta(s->flow->store, "vkey");
	AUTO(buf) text = BUF_INIT;
	struct err e = ERR_INIT;
	struct note_key key;
	struct checkpoint c;
	struct note n;

	assert_int_equal(seal_note(s->flow, 0, &text), 1);
	assert_int_equal(note_key_read(&key, vkey, &e), 0);
	assert_int_equal(note_read(&n, text.data, text.len, &e), 0);
	assert_int_equal(checkpoint_read(&c, &n, &e), 0);
	assert_int_equal(note_verify(&n, &key, NULL, NULL), NOTE_GOOD);
	assert_string_equal(c.origin, "log.test/1");
	assert_int_equal(c.size, seal_size(s->flow));
}

/* --- when ------------------------------------------------------------------------------------------- */

static void
test_due_by_number(void **state)
{
	struct scene *s = *state;

	append(s, EVENT_HEARTBEAT, 10);
	run(s, 50);
	assert_int_equal(seal_size(s->flow), committed(s));
	check_newest(s);
	append(s, EVENT_HEARTBEAT, 9);
	run(s, 50);
	assert_int_equal(seal_size(s->flow), committed(s) - 9);
	append(s, EVENT_HEARTBEAT, 1);
	run(s, 50);
	assert_int_equal(seal_size(s->flow), committed(s));
}

static void
test_due_by_time(void **state)
{
	struct scene *s = *state;

	run(s, 50); /* two records of --init, no checkpoint yet */
	append(s, EVENT_HEARTBEAT, 1);
	run(s, 100);
	assert_int_equal(seal_size(s->flow), 0);
	run(s, SECONDS * 1000 + 200);
	assert_int_equal(seal_size(s->flow), committed(s));
}

static void
test_nothing_new_nothing_signed(void **state)
{
	struct scene *s = *state;
	uint64_t size;

	append(s, EVENT_HEARTBEAT, 10);
	run(s, 50);
	size = seal_size(s->flow);
	run(s, SECONDS * 1000 + 200);
	assert_int_equal(seal_size(s->flow), size);
	assert_int_equal(committed(s), size);
}

/* Anchors alone: also when there are many, and after a new start. */
static void
test_anchors_do_not_loop(void **state)
{
	struct scene *s = *state;
	uint64_t size;

	append(s, EVENT_HEARTBEAT, 10);
	run(s, 50);
	size = seal_size(s->flow);
	for (int i = 0; i < 30; i++) {
		int64_t seq = append(s, EVENT_ANCHOR, 1);

		store_commit(s->flow->store);
		seal_anchored(s->flow, seq);
	}
	run(s, SECONDS * 1000 + 200);
	assert_int_equal(seal_size(s->flow), size);
	close_flow(s);
	open_flow(s);
	run(s, SECONDS * 1000 + 200);
	assert_int_equal(seal_size(s->flow), size);
	append(s, EVENT_HEARTBEAT, 1); /* and with one other record they count as ever */
	run(s, SECONDS * 1000 + 200);
	assert_int_equal(seal_size(s->flow), size + 31);
}

/* What cannot be written is tried again after a while, not in every turn. */
static void
test_nothing_can_be_written(void **state)
{
	struct scene *s = *state;
	struct rlimit was, little = { .rlim_cur = 4096 };

	append(s, EVENT_HEARTBEAT, 10);
	store_commit(s->flow->store);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	little.rlim_max = was.rlim_max;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &little), 0);
	s->turns = 0;
	run(s, 300);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_string_not_equal(store_trouble(s->flow->store), "");
	assert_int_equal(seal_size(s->flow), 0);
	assert_in_range(s->turns, 1, 10);
}

/* --- on demand -------------------------------------------------------------------------------------- */

struct told {
	int times;
	uint64_t size;
	enum err_class class;
};

static void
on_sealed(void *arg, uint64_t size, const struct err *failure)
{
	struct told *t = arg;

	t->times++;
	t->size = size;
	t->class = failure ? failure->class : ERR_NONE;
}

static void
test_on_demand(void **state)
{
	struct scene *s = *state;
	struct told first = { 0 }, second = { 0 }, gone = { 0 };
	int64_t seq = append(s, EVENT_HEARTBEAT, 1); /* not committed yet: it must be counted */

	seal_now(s->flow, on_sealed, &first);
	seal_now(s->flow, on_sealed, &gone);
	seal_forget(s->flow, &gone);
	assert_int_equal(first.times, 0);
	run(s, 50);
	assert_int_equal(first.times, 1);
	assert_int_equal(first.size, seq);
	assert_int_equal(gone.times, 0);
	seal_now(s->flow, on_sealed, &second);
	run(s, 50);
	assert_int_equal(second.times, 1);
	assert_int_equal(second.size, seq);
	assert_int_equal(committed(s), seq);
}

/* --- I6 --------------------------------------------------------------------------------------------- */

static int
add_point(struct scene *s, uint64_t size, uint8_t first, struct err *e)
{
	struct stored_checkpoint c = { .size = size, .root = { first }, .note = "x", .at = 1 };
	int rc;

	assert_int_equal(store_begin(s->flow->store, e), 0);
	rc = store_add_checkpoint(s->flow->store, &c, e);
	if (rc)
		store_abort(s->flow->store);
	else
		assert_int_equal(store_end(s->flow->store, e), 0);
	return rc;
}

static void
test_one_root_for_a_size(void **state)
{
	struct scene *s = *state;
	struct err e = ERR_INIT;

	assert_int_equal(add_point(s, 7, 1, &e), 0);
	assert_int_equal(add_point(s, 7, 1, &e), 0);
	assert_int_equal(add_point(s, 7, 2, &e), -1);
	assert_int_equal(e.class, ERR_CONFLICT);
}

/* Somebody signed another root for what is to be signed now: an incident, and the end of writing. */
static void
test_another_root_is_an_incident(void **state)
{
	struct scene *s = *state;
	struct evidence ev = { .ev = EVENT_HEARTBEAT, .actor = actor_daemon };
	struct err e = ERR_INIT;
	struct told told = { 0 };
	AUTO(str) kept = NULL;
	uint64_t size;

	append(s, EVENT_HEARTBEAT, 3);
	store_commit(s->flow->store);
	size = committed(s);
	assert_int_equal(add_point(s, size, 9, &e), 0);
	seal_now(s->flow, on_sealed, &told);
	run(s, 100);
	assert_int_equal(told.times, 1);
	assert_int_equal(told.class, ERR_CONFLICT);
	assert_non_null(incident_text(s->flow));
	assert_int_equal(evidence_alone(s->flow, &ev, &e), -1);
	assert_int_equal(e.class, ERR_TEMP);
	assert_string_equal(e.msg, incident_text(s->flow));
	run(s, 100);
	assert_int_equal(committed(s), size);
	kept = store_incident(s->flow->store);
	assert_string_equal(kept, incident_text(s->flow));
	/* the next start does not even serve: its own checkpoint is not of its records */
	assert_int_equal(tail_check(s->flow, &e), -1);
	assert_int_equal(e.class, ERR_CONFIG);
}

static void
test_incident_is_remembered(void **state)
{
	struct scene *s = *state;
	uint64_t size;

	append(s, EVENT_HEARTBEAT, 1);
	run(s, 50);
	size = committed(s);
	incident_raise(s->flow, "the witness %s refused", "w");
	incident_raise(s->flow, "another");
	run(s, 50);
	close_flow(s);
	open_flow(s);
	assert_non_null(strstr(incident_text(s->flow), "the witness w refused"));
	run(s, SECONDS * 1000 + 200);
	assert_int_equal(seal_size(s->flow), 0); /* nothing is signed any more */
	assert_int_equal(committed(s), size);
}

/* --- silence ----------------------------------------------------------------------------------------- */

static void
test_a_record_each_day(void **state)
{
	struct scene *s = *state;
	struct heartbeat h = { .quiet = 0 };
	uint64_t size;

	append(s, EVENT_READ, 1);
	run(s, 50);
	for (int hour = 0; hour < 100; hour++) { /* something each hour: that is enough */
		append(s, EVENT_READ, 1);
		size = store_tree(s->flow->store)->size;
		heartbeat_hour(&h, s->flow);
		assert_int_equal(store_tree(s->flow->store)->size, size);
	}
	for (int day = 0; day < 3; day++) {
		size = store_tree(s->flow->store)->size;
		for (int hour = 0; hour < 24; hour++) /* the first sees the record of before */
			heartbeat_hour(&h, s->flow);
		assert_int_equal(store_tree(s->flow->store)->size, size + 1);
	}
	run(s, 50);
	assert_int_equal(committed(s), store_tree(s->flow->store)->size);
}

static void
test_silence_of_an_incident(void **state)
{
	struct scene *s = *state;
	struct heartbeat h = { .quiet = 0 };
	uint64_t size = committed(s);

	incident_raise(s->flow, "the witness w refused");
	for (int hour = 0; hour < 60; hour++)
		heartbeat_hour(&h, s->flow);
	run(s, 50);
	assert_int_equal(committed(s), size); /* nothing is written; and nothing falls over */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_a_record_each_day, setup, teardown),
		cmocka_unit_test_setup_teardown(test_silence_of_an_incident, setup, teardown),
		cmocka_unit_test_setup_teardown(test_due_by_number, setup, teardown),
		cmocka_unit_test_setup_teardown(test_due_by_time, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_new_nothing_signed, setup, teardown),
		cmocka_unit_test_setup_teardown(test_anchors_do_not_loop, setup, teardown),
		cmocka_unit_test_setup_teardown(test_nothing_can_be_written, setup, teardown),
		cmocka_unit_test_setup_teardown(test_on_demand, setup, teardown),
		cmocka_unit_test_setup_teardown(test_one_root_for_a_size, setup, teardown),
		cmocka_unit_test_setup_teardown(test_another_root_is_an_incident, setup, teardown),
		cmocka_unit_test_setup_teardown(test_incident_is_remembered, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
