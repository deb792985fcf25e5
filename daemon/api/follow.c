/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/api/follow.h"

#define LOOK_MS 50 /* after a commit: what comes in the meantime is told together */

struct follower {
	struct follower *next;
	struct call *call;
	struct finding *finding;
	struct loop_timer *patience;
};

static struct follower *followers;
static struct loop_timer *look;
static uint64_t seen; /* records when they were looked after last */
static bool looking;

static void
answer_soon(struct follower *w, void (*how)(void *))
{
	struct loop *l = w->call->flow->loop;

	loop_forget(l, w->finding); /* the time may be over just when something comes */
	loop_defer(l, how, w->finding);
}

static void
on_look(void *arg)
{
	struct flow *f = arg;

	looking = false;
	seen = store_committed_tree(f->store)->size;
	for (struct follower *w = followers; w; w = w->next)
		if (finding_look(w->finding))
			answer_soon(w, finding_go_on);
}

static void
on_turn_end(void *arg)
{
	struct flow *f = arg;

	if (!followers || looking || store_committed_tree(f->store)->size == seen)
		return;
	looking = true;
	loop_timer_set(look, LOOK_MS);
}

void
follow_init(struct flow *f)
{
	look = loop_timer_new(f->loop, on_look, f);
	loop_at_turn_end(f->loop, on_turn_end, f);
}

void
follow_release(struct flow *f)
{
	(void)f;
	BUG_ON(followers); /* each went with its call */
	loop_timer_free(look);
	look = NULL;
	looking = false;
}

static void
on_patience(void *arg)
{
	answer_soon(arg, finding_give_up);
}

/* Of a client that went away. */
static void
on_gone(void *arg)
{
	for (struct follower *w = followers; w; w = w->next)
		if (w->call == arg)
			answer_soon(w, finding_give_up);
}

void
follow_begin(struct call *c, struct finding *g)
{
	struct follower *w = xcalloc(1, sizeof(*w));
	int64_t s = call_number(c, "timeout", 0, 0, FOLLOW_MAX_S);

	w->call = c;
	w->finding = g;
	w->next = followers;
	w->patience = loop_timer_new(c->flow->loop, on_patience, w);
	loop_timer_set(w->patience, (uint64_t)s * 1000);
	followers = w;
	door_on_gone(c->req, on_gone, c);
	if (finding_look(g)) /* a record may have come since it searched */
		answer_soon(w, finding_go_on);
}

void
follow_end(struct finding *g)
{
	struct follower **p = &followers, *w;

	while (*p && (*p)->finding != g)
		p = &(*p)->next;
	w = *p;
	if (!w)
		return;
	*p = w->next;
	loop_timer_free(w->patience);
	free(w);
}

void
follow_end_all(void)
{
	for (struct follower *w = followers; w; w = w->next)
		answer_soon(w, finding_give_up);
}
