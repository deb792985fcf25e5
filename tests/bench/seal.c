/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What checkpoints cost: records appended in turns of a few, as the queue does it, without and with
 * checkpoints; processor time a record and a checkpoint, what the check of the log's end costs at the
 * start, and what an append costs more because the records stand in a tree.
 *
 *	seal [--records N] [--turn N] [--keep] [--check]     --check: exit 1 when that is over 2 us
 */
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/daemon.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/seal.h"
#include "daemon/flow/tail.h"

#define ROUNDS 3
#define DEMANDS 500
#define AIM_US 2.0

struct bench {
	struct conf conf;
	struct loop *loop;
	struct flow *flow;
	long records, turn, left;
	uint64_t checkpoints, last;
	bool sealing;
};

static double
cpu(void)
{
	struct rusage r;

	getrusage(RUSAGE_SELF, &r);
	return (double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) +
	       (double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e6;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
must(int rc, const struct err *e)
{
	if (!rc)
		return;
	fprintf(stderr, "%s\n", e->msg);
	exit(1);
}

static void
nothing(void *arg)
{
	(void)arg;
}

static void
work(void *arg)
{
	struct bench *b = arg;
	struct evidence ev = { .ev = EVENT_INTENT, .actor = actor_daemon, .as = "minh", .op = "create",
			       .opid = "0193a5f0-0000-7000-8000-000000000000", .req = 17, .row = 1,
			       .round = 1, .plan = (const uint8_t *)"0123456789abcdef0123456789abcdef",
			       .subj = "0193a5f0-0000-4000-8000-000000000000" };
	struct err e = ERR_INIT;

	for (long i = 0; i < b->turn && b->left; i++, b->left--)
		must(evidence_alone(b->flow, &ev, &e), &e);
	if (b->left)
		loop_defer(b->loop, work, b);
	else
		loop_stop(b->loop);
}

static void
turn_end(void *arg)
{
	struct bench *b = arg;

	store_commit(b->flow->store);
	(void)store_tidy(b->flow->store, false);
	if (!b->sealing)
		return;
	seal_turn(b->flow);
	if (seal_size(b->flow) != b->last)
		b->checkpoints++;
	b->last = seal_size(b->flow);
}

static void
open_log(struct bench *b)
{
	struct err e = ERR_INIT;

	b->loop = loop_new();
	b->flow = flow_new(b->loop, store_open(b->conf.database, &e), &b->conf);
	must(b->flow->store && !flow_open_log(b->flow, &e) ? 0 : -1, &e);
	loop_at_turn_end(b->loop, turn_end, b);
}

static void
close_log(struct bench *b)
{
	struct store *s = b->flow->store;

	flow_free(b->flow);
	store_close(s);
	loop_free(b->loop);
}

/* Processor seconds for all records. */
static double
run(struct bench *b, bool sealing)
{
	struct init_order order = { .admin = "admin", .uid = 1 };
	struct err e = ERR_INIT;
	double began, took, clock;

	must(init_run(&b->conf, &order, &e), &e);
	open_log(b);
	b->sealing = sealing;
	b->left = b->records;
	b->checkpoints = b->last = 0;
	loop_defer(b->loop, work, b);
	began = cpu();
	clock = now();
	loop_run(b->loop);
	took = cpu() - began;
	printf("%-22s %7.2f us of processor a record, %8.0f records/s by the clock\n",
	       sealing ? "with checkpoints" : "without", took / (double)b->records * 1e6,
	       (double)b->records / (now() - clock));
	close_log(b);
	return took;
}

static void
remove_log(struct bench *b)
{
	static const char *const files[] = { "t.db", "t.db-wal", "t.db.reserve", "keys/log.key",
					     "keys/log.vkey", "keys/scram.key", "keys" };
	AUTO(str) dir = xstrndup(b->conf.database, strlen(b->conf.database) - 5);

	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		AUTO(str) path = xasprintf("%s/%s", dir, files[i]);

		(void)remove(path);
	}
}

static void
start(struct bench *b)
{
	struct err e = ERR_INIT;
	struct flow f = { .conf = &b->conf };
	double began;

	f.store = store_open(b->conf.database, &e);
	must(f.store ? 0 : -1, &e);
	began = now();
	must(tail_check(&f, &e), &e);
	printf("check at the start     %7.2f ms at %llu records\n", (now() - began) * 1e3,
	       (unsigned long long)store_tree(f.store)->size);
	store_close(f.store);
}

static void
on_sealed(void *arg, uint64_t size, const struct err *failure)
{
	(void)size;
	must(failure ? -1 : 0, failure);
	loop_stop(arg);
}

/* One record, committed, then a checkpoint of it by itself: sign, store, one commit. */
static void
on_demand(struct bench *b)
{
	struct evidence ev = { .ev = EVENT_HEARTBEAT, .actor = actor_daemon };
	double used = 0, clock = 0, began, began_clock;
	struct err e = ERR_INIT;

	open_log(b);
	b->sealing = true;
	for (int i = 0; i < DEMANDS; i++) {
		must(evidence_alone(b->flow, &ev, &e), &e);
		store_commit(b->flow->store);
		began = cpu();
		began_clock = now();
		seal_now(b->flow, on_sealed, b->loop);
		loop_defer(b->loop, nothing, b);
		loop_run(b->loop);
		used += cpu() - began;
		clock += now() - began_clock;
	}
	printf("on demand              %7.0f us of processor, %.0f us by the clock with its sync\n",
	       used / DEMANDS * 1e6, clock / DEMANDS * 1e6);
	close_log(b);
}

struct again {
	struct merkle tree;
	double took;
};

static bool
append_again(void *arg, const struct stored_record *r)
{
	struct again *g = arg;
	uint8_t leaf[DIGEST_LEN], full[MERKLE_TILES][DIGEST_LEN];

	merkle_leaf(r->rec, r->len, leaf);
	(void)merkle_append_full(&g->tree, leaf, full);
	return true;
}

static bool
pass_over(void *arg, const struct stored_record *r)
{
	(void)arg;
	(void)r;
	return true;
}

/* Processor time a record of its hash and of the tree's, over the very records: that of reading them is
 * taken off. */
static double
tree_us(struct bench *b)
{
	struct again g = { .took = 0 };
	struct err e = ERR_INIT;
	double began, read;

	open_log(b);
	merkle_init(&g.tree);
	began = cpu();
	must(store_records(b->flow->store, 0, (int)b->records, pass_over, NULL, &e), &e);
	read = cpu() - began;
	began = cpu();
	must(store_records(b->flow->store, 0, (int)b->records, append_again, &g, &e), &e);
	g.took = cpu() - began - read;
	close_log(b);
	return g.took / (double)g.tree.size * 1e6;
}

static double
least(double a, double b)
{
	return a && a < b ? a : b;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = { { "records", required_argument, NULL, 'r' },
						 { "turn", required_argument, NULL, 't' },
						 { "keep", no_argument, NULL, 'k' },
						 { "check", no_argument, NULL, 'c' }, { NULL, 0, NULL, 0 } };
	struct bench b = { .records = 200000, .turn = 8 };
	char dir[] = "/tmp/hopthu-seal-XXXXXX";
	double without = 0, with = 0, tree, more;
	bool keep = false, check = false;
	int c;

	log_set_level(LOG_LEVEL_ERROR);
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'r')
			b.records = strtol(optarg, NULL, 10);
		else if (c == 't')
			b.turn = strtol(optarg, NULL, 10);
		else if (c == 'k')
			keep = true;
		else if (c == 'c')
			check = true;
		else
			return 64;
	}
	if (!mkdtemp(dir))
		return 1;
	b.conf.instance = xstrdup("bench.test/1");
	b.conf.database = xasprintf("%s/t.db", dir);
	b.conf.key_dir = xasprintf("%s/keys", dir);
	b.conf.evidence.checkpoint_records = 256;
	b.conf.evidence.checkpoint_seconds = 3600;
	for (int i = 0; i < ROUNDS; i++) {
		if (i)
			remove_log(&b);
		without = least(without, run(&b, false));
		remove_log(&b);
		with = least(with, run(&b, true));
	}
	printf("least of %d, difference %6.2f us a record, %.0f us a checkpoint (%llu of them)\n", ROUNDS,
	       (with - without) / (double)b.records * 1e6,
	       (with - without) / (double)b.checkpoints * 1e6, (unsigned long long)b.checkpoints);
	on_demand(&b);
	start(&b);
	tree = tree_us(&b);
	more = tree + (with - without) / (double)b.records * 1e6;
	printf("an append costs more for the tree %.2f us, with checkpoints %.2f us: %.2f of the aim (%.0f)\n", tree,
	       more, more / AIM_US, AIM_US);
	if (keep)
		printf("kept: %s\n", dir);
	else
		remove_log(&b);
	if (!keep)
		(void)rmdir(dir);
	free(b.conf.instance);
	free(b.conf.database);
	free(b.conf.key_dir);
	return check && more > AIM_US;
}
