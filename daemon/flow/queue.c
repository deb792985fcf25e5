/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/job.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/replan.h"

#define ACTIVE_MAX 256 /* approved requests looked at in one round */
#define BATCH 8        /* items of one request before it is another's turn */
#define PAUSE_MS 1000
#define DUE_MAX_MS (15 * 60 * 1000) /* the clock may be set meanwhile */

struct queue {
	struct flow *flow;
	struct job *first, **end;
	unsigned jobs;
	int64_t active[ACTIVE_MAX]; /* approved requests that may have something to do */
	unsigned active_count, turn;
	bool reload, awake, paused;
	bool more; /* the list below was full: look again when it is used up */
	struct loop_timer *due, *pause;
	queue_watch_cb *watch;
	void *watch_arg;
	void (*drained)(void *);
	void *drained_arg;
};

static void run(void *arg);

static void
run_soon(struct queue *q)
{
	if (q->awake)
		return;
	q->awake = true;
	loop_defer(q->flow->loop, run, q);
}

void
queue_wake(struct flow *f)
{
	f->queue->reload = true;
	run_soon(f->queue);
}

void
queue_room(struct flow *f)
{
	run_soon(f->queue);
}

static void
on_due(void *arg)
{
	struct queue *q = arg;

	q->reload = true;
	run_soon(q);
}

static void
on_pause_over(void *arg)
{
	struct queue *q = arg;

	q->paused = false;
	q->reload = true;
	run_soon(q);
}

void
queue_pause(struct flow *f)
{
	f->queue->paused = true;
	loop_timer_set(f->queue->pause, PAUSE_MS);
}

struct queue *
queue_new(struct flow *f)
{
	struct queue *q = xcalloc(1, sizeof(*q));

	q->flow = f;
	q->end = &q->first;
	q->due = loop_timer_new(f->loop, on_due, q);
	q->pause = loop_timer_new(f->loop, on_pause_over, q);
	return q;
}

void
queue_free(struct queue *q)
{
	struct job *j;

	if (!q)
		return;
	while ((j = q->first)) {
		q->first = *job_link(j);
		job_free(j);
	}
	loop_forget(q->flow->loop, q);
	loop_timer_free(q->due);
	loop_timer_free(q->pause);
	free(q);
}

static void
add_job(struct queue *q, struct job *j)
{
	*q->end = j;
	q->end = job_link(j);
	q->jobs++;
}

void
queue_ended(struct flow *f, struct job *j)
{
	struct queue *q = f->queue;
	struct job **p = &q->first;

	while (*p != j)
		p = job_link(*p);
	*p = *job_link(j);
	if (!*p)
		q->end = p;
	q->jobs--;
	job_free(j);
	run_soon(q);
}

/* --- choosing --------------------------------------------------------------------------------- */

struct batch {
	struct queue *q;
	struct request request;
	struct item items[BATCH];
	struct arena *arena;
	int count;
};

static void
on_ready(void *arg, int64_t id)
{
	struct queue *q = arg;

	q->active[q->active_count++] = id;
}

static void
reload(struct queue *q)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000000);

	q->reload = false;
	q->active_count = 0;
	(void)store_ready(q->flow->store, now, ACTIVE_MAX, on_ready, q, NULL);
	q->more = q->active_count == ACTIVE_MAX;
	/* what a crash, or a disk that was full, left to be planned again */
	for (unsigned n = 0; n < q->active_count; n++)
		queue_settled(q->flow, q->active[n]);
}

static void
on_item(void *arg, const struct item *i)
{
	struct batch *b = arg;
	struct item *c = &b->items[b->count++];

	*c = *i; /* the texts die with the row */
	c->ref = arena_strdup(b->arena, i->ref);
	c->login = arena_strdup(b->arena, i->login);
	c->address = arena_strdup(b->arena, i->address);
	c->person = arena_strdup(b->arena, i->person);
	c->full_name = arena_strdup(b->arena, i->full_name);
	c->opid = arena_strdup(b->arena, i->opid);
	c->plan = arena_strdup(b->arena, i->plan);
	c->input = c->error = "";
}

/* Whose name stands in the directory's log: that entry must be there first.  (Only hopthud's own
 * order, the entry of the first admin, has nobody's name to be done in.) */
static bool
name_is_known(struct flow *f, const struct request *r, struct arena *a)
{
	struct operator o;

	return !strcmp(r->submitter, actor_daemon.name) ||
	       (store_operator(f->store, r->approver, &o, a) && o.in_directory &&
		(r->kind == REQUEST_ORDER || !o.revoked_at));
}

static int
begin_batch(struct queue *q, struct batch *b)
{
	struct err e = ERR_INIT;

	for (int n = 0; n < b->count; n++) {
		struct job *j = job_begin(q->flow, &b->items[n], &b->request, &e);

		if (!j) {
			log_error("request %" PRId64 " row %" PRId64 " cannot begin: %s", b->request.id,
				  b->items[n].row, e.msg);
			queue_pause(q->flow);
			return -1;
		}
		add_job(q, j);
	}
	return 0;
}

/* Begins up to room items of a request; true when there may be more. */
static bool
take_from(struct queue *q, int64_t id, unsigned room)
{
	AUTO(arena) a = arena_new();
	struct batch b = { .q = q, .arena = a };
	int64_t now = (int64_t)(clock_wall_us() / 1000000);
	int limit = room < BATCH ? (int)room : BATCH;

	if (!store_request(q->flow->store, id, &b.request, a) || b.request.state != STATE_APPROVED ||
	    !name_is_known(q->flow, &b.request, a))
		return false;
	if (store_items_in(q->flow->store, id, STATE_PLANNED, now, 0, limit, on_item, &b, NULL) < 0)
		return false;
	return b.count && !begin_batch(q, &b) && b.count == limit;
}

static void
fill(struct queue *q)
{
	/* More than the window: the next intents are durable before the directory has room for them. */
	unsigned max = 4 * q->flow->conf->directory.window;

	while (q->jobs < max && q->active_count && !q->paused) {
		unsigned n = q->turn++ % q->active_count;

		if (take_from(q, q->active[n], max - q->jobs))
			continue;
		memmove(&q->active[n], &q->active[n + 1],
			(q->active_count - n - 1) * sizeof(*q->active));
		q->active_count--;
	}
}

static void
arm_due(struct queue *q)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000000), due;

	if (q->active_count || q->jobs)
		return;
	due = store_next_due(q->flow->store, now);
	if (due)
		loop_timer_set(q->due, (uint64_t)(due - now) * 1000 < DUE_MAX_MS ?
					       (uint64_t)(due - now) * 1000 : DUE_MAX_MS);
}

/* Jobs that only wait for a directory that is away are durable: the next run takes them up. */
static bool
busy(const struct queue *q)
{
	for (struct job *j = q->first; j; j = *job_link(j))
		if (job_is_busy(j))
			return true;
	return false;
}

static void
run(void *arg)
{
	struct queue *q = arg;
	struct job *j, *next;

	q->awake = false;
	for (j = q->first; j && !q->paused && !q->flow->incident; j = next) {
		next = *job_link(j);
		job_directory_ready(j);
	}
	if (q->flow->draining) {
		if ((!busy(q) || q->flow->incident) && q->drained)
			q->drained(q->drained_arg);
		return;
	}
	if (q->paused || q->flow->incident || confirm_awaited(q->flow) || q->flow->scarce || drift_held(q->flow) ||
	    dir_state(q->flow->dir) != DIR_READY)
		return;
	if (q->reload)
		reload(q);
	fill(q);
	if (!q->active_count && q->more && q->jobs)
		q->reload = true; /* looked at again when one of these ends */
	arm_due(q);
}

unsigned
queue_jobs(const struct flow *f)
{
	return f->queue->jobs;
}

void
flow_drain(struct flow *f, void (*done)(void *), void *arg)
{
	f->draining = true;
	f->queue->drained = done;
	f->queue->drained_arg = arg;
	run_soon(f->queue);
}

/* --- taking up -------------------------------------------------------------------------------- */

struct adrift {
	struct queue *q;
	int64_t ids[1024];
	int count;
};

static void
on_adrift(void *arg, const struct item *i)
{
	struct adrift *a = arg;

	if (a->count < 1024)
		a->ids[a->count++] = i->id;
}

int
queue_recover(struct flow *f, struct err *e)
{
	struct adrift adrift = { .q = f->queue };

	if (store_items_adrift(f->store, on_adrift, &adrift, e) < 0)
		return -1;
	for (int n = 0; n < adrift.count; n++) {
		AUTO(arena) a = arena_new();
		struct request r;
		struct item i;
		struct job *j;

		if (!store_item(f->store, adrift.ids[n], &i, a) ||
		    !store_request(f->store, i.request, &r, a))
			continue;
		j = job_resume(f, &i, &r, e);
		if (!j)
			return -1;
		add_job(f->queue, j);
	}
	if (adrift.count)
		log_info("%d item%s of an earlier run will be resolved by reading the directory",
			 adrift.count, adrift.count == 1 ? "" : "s");
	f->queue->reload = true;
	return 0;
}

/* --- planning again --------------------------------------------------------------------------- */

static void
on_any(void *arg, const struct item *i)
{
	(void)i;
	*(bool *)arg = true;
}

static bool
any_in(struct flow *f, int64_t request, enum state state, int64_t due)
{
	bool any = false;

	(void)store_items_in(f->store, request, state, due, 0, 1, on_any, &any, NULL);
	return any;
}

void
queue_settled(struct flow *f, int64_t request)
{
	struct err e = ERR_INIT;
	AUTO(arena) a = arena_new();
	struct request r;

	if (!any_in(f, request, STATE_CHECKED, INT64_MAX) ||
	    any_in(f, request, STATE_PLANNED, (int64_t)(clock_wall_us() / 1000000)) ||
	    any_in(f, request, STATE_RUNNING, INT64_MAX))
		return;
	if (!store_request(f->store, request, &r, a) || r.state != STATE_APPROVED)
		return;
	if (replan(f, request, &e)) {
		log_error("request %" PRId64 " cannot be planned again: %s", request, e.msg);
		queue_pause(f);
		return;
	}
	queue_changed(f, request);
}

/* --- to show ---------------------------------------------------------------------------------- */

void
queue_watch(struct flow *f, queue_watch_cb *cb, void *arg)
{
	f->queue->watch = cb;
	f->queue->watch_arg = arg;
}

void
queue_changed(struct flow *f, int64_t request)
{
	if (f->queue->watch)
		f->queue->watch(f->queue->watch_arg, request);
}

bool
queue_item_unknown(const struct flow *f, int64_t item)
{
	for (struct job *j = f->queue->first; j; j = *job_link(j))
		if (job_item(j) == item)
			return job_is_unknown(j);
	return false;
}

static void
on_planned(void *arg, const struct item *i)
{
	int64_t *due = arg;

	if (i->due && (!*due || i->due < *due))
		*due = i->due;
}

/* The date that the first of its items waits for. */
static char *
scheduled_for(struct flow *f, const struct request *r)
{
	int64_t due = 0;
	char date[16];
	struct tm tm;
	time_t t;

	if (store_items_in(f->store, r->id, STATE_PLANNED, INT64_MAX, 0, 100, on_planned, &due,
			   NULL) < 0 || due <= (int64_t)(clock_wall_us() / 1000000))
		return xstrdup("");
	t = (time_t)due;
	localtime_r(&t, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d", &tm);
	return xasprintf("its effective date is to come: %s", date);
}

char *
queue_reason(struct flow *f, const struct request *r)
{
	AUTO(arena) a = arena_new();
	uint64_t next = 0;
	const char *why;

	if (r->state != STATE_APPROVED)
		return xstrdup("");
	if (f->incident)
		return xstrdup(f->incident);
	if (*flow_trouble(f))
		return xasprintf("%s; tried again every second", flow_trouble(f));
	if (confirm_awaited(f))
		return xstrdup("hopthud has just started and waits some seconds for its witnesses");
	if (drift_held(f))
		return xstrdup(drift_held_why(f));
	if (dir_state(f->dir) != DIR_READY) {
		why = dir_reason(f->dir, &next);
		return xasprintf("%s; next try in %" PRIu64 ".%" PRIu64 " s", why, next / 1000,
				 next % 1000 / 100);
	}
	if (!name_is_known(f, r, a))
		return xasprintf("the entry of operator %s is not in the directory yet", r->approver);
	return scheduled_for(f, r);
}
