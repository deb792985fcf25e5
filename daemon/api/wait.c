/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/wait.h"
#include "daemon/flow/queue.h"

#define WAIT_S 30
#define WAIT_MAX_S 60

struct waiter {
	struct waiter *next;
	struct call *call;
	struct loop_timer *timer;
	bool answered;
};

static struct waiter *waiters;

static void
free_waiter(void *arg)
{
	struct waiter *w = arg, **p = &waiters;

	while (*p != w)
		p = &(*p)->next;
	*p = w->next;
	loop_timer_free(w->timer);
	loop_forget(w->call->flow->loop, w);
	free(w);
}

/* Answers with how things are; the waiter goes with the call. */
static void
answer(void *arg)
{
	struct waiter *w = arg;
	struct call *c = w->call;

	if (w->answered)
		return;
	w->answered = true;
	call_reply(c, 200, request_json(c->flow, c->id, 0, 0));
}

static bool
over(struct call *c)
{
	AUTO(json) j = request_json(c->flow, c->id, 0, 0);
	int state = state_from(json_str(j, "state"));

	return state_ended((enum state)state) || state == STATE_HELD;
}

static void
on_changed(void *arg, int64_t request)
{
	(void)arg;
	for (struct waiter *w = waiters; w; w = w->next)
		if (w->call->id == request && over(w->call))
			loop_defer(w->call->flow->loop, answer, w);
}

void
wait_init(struct flow *f)
{
	queue_watch(f, on_changed, NULL);
}

void
wait_release(void)
{
	BUG_ON(waiters); /* each was freed with its call */
}

void
wait_end_all(void)
{
	for (struct waiter *w = waiters; w; w = w->next)
		loop_defer(w->call->flow->loop, answer, w);
}

void
handle_request_wait(struct call *c)
{
	int64_t s = call_number(c, "timeout", WAIT_S, 0, WAIT_MAX_S);
	struct waiter *w;

	if (!s || over(c)) {
		call_reply(c, 200, request_json(c->flow, c->id, 0, 0));
		return;
	}
	w = xcalloc(1, sizeof(*w));
	w->call = c;
	w->next = waiters;
	waiters = w;
	w->timer = loop_timer_new(c->flow->loop, answer, w);
	loop_timer_set(w->timer, (uint64_t)s * 1000);
	c->own = w;
	c->own_free = free_waiter;
	door_on_gone(c->req, answer, w);
}
