/* SPDX-License-Identifier: BSD-2-Clause */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/json.h"
#include "daemon/base/clock.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake.h"
#include "daemon/flow/policies.h"
#include "tests/bench/world.h"

void
world_check(int rc, const struct err *e)
{
	if (!rc)
		return;
	fprintf(stderr, "%s\n", e->msg);
	exit(1);
}

static double
seconds(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double
world_clock(void)
{
	return seconds(CLOCK_MONOTONIC);
}

double
world_cpu(void)
{
	return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double
world_memory(void)
{
	FILE *f = fopen("/proc/self/status", "re");
	char line[128];
	double kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, "VmHWM:", 6))
			kib = strtod(line + 6, NULL);
	if (f)
		fclose(f);
	return kib / 1024;
}

void
world_memory_reset(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "we");

	malloc_trim(0); /* as the daemon does after a busy time */
	if (!f)
		return;
	fputs("5", f); /* proc(5): the peak begins again */
	fclose(f);
}

/* As in the daemon: what is ready in a turn is one commit. */
static void
on_turn_end(void *arg)
{
	struct world *w = arg;

	store_commit(w->store);
	if (*store_trouble(w->store)) {
		fprintf(stderr, "%s\n", store_trouble(w->store));
		exit(1);
	}
	(void)store_tidy(w->store, intakes_next(w->flow));
}

void
world_begin(struct world *w)
{
	struct err e = ERR_INIT;

	world_check(store_begin(w->store, &e), &e);
}

void
world_end(struct world *w)
{
	struct evidence ev = { .ev = EVENT_HEARTBEAT, .actor = actor_daemon };
	struct err e = ERR_INIT;

	world_check(evidence_append(w->flow, &ev, NULL, &e), &e);
	world_check(store_end(w->store, &e), &e);
	on_turn_end(w);
}

void
world_open(struct world *w, const char *policy_dir)
{
	const struct agency agency = { WORLD_AGENCY, "Sở Nội vụ", "department", "" };
	const char *tmp = getenv("TMPDIR");
	struct err e = ERR_INIT;

	clock_init();
	json_set_alloc_funcs(malloc, wiping_free);
	memset(w, 0, sizeof(*w));
	w->dir = xasprintf("%s/hopthu-bench-XXXXXX", tmp ? tmp : "/tmp");
	if (!mkdtemp(w->dir)) {
		perror(w->dir);
		exit(1);
	}
	w->file = xasprintf("%s/hopthu.db", w->dir);
	w->conf = (struct conf){ .domain = xstrdup(WORLD_DOMAIN), .limits.letter_rows = 1000000,
				 .directory.base = xstrdup("dc=binhduong,dc=gov,dc=vn") };
	w->store = store_create(w->file, &e);
	world_check(!w->store, &e);
	w->loop = loop_new();
	w->flow = flow_new(w->loop, w->store, &w->conf);
	w->flow->policies = policies_load(policy_dir ? policy_dir : "/nonexistent", &e);
	world_check(!w->flow->policies, &e);
	loop_at_turn_end(w->loop, on_turn_end, w);
	world_begin(w);
	world_check(flow_make_plan_key(w->flow, &e), &e);
	world_check(store_add_agency(w->store, &agency, &e), &e);
	world_end(w);
}

void
world_fill(struct world *w, void (*fill)(const char *file))
{
	struct err e = ERR_INIT;

	store_close(w->store);
	fill(w->file);
	w->store = w->flow->store = store_open(w->file, &e);
	world_check(!w->store, &e);
}

void
world_close(struct world *w)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

	flow_free(w->flow);
	store_close(w->store);
	loop_free(w->loop);
	for (size_t i = 0; i < sizeof(suffixes) / sizeof(*suffixes); i++) {
		AUTO(str) file = xasprintf("%s%s", w->file, suffixes[i]);

		unlink(file);
	}
	rmdir(w->dir);
	free(w->dir);
	free(w->file);
	free(w->conf.domain);
	free(w->conf.directory.base);
}
