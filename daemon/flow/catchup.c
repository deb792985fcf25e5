/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/flow/catchup.h"
#include "daemon/store/store_search.h"

#define LATER_MS 1000 /* while records come: others have more to do */
#define SOON_MS 10
#define NAMES 200 /* rows at once: a few milliseconds */

struct catchup {
	struct flow *flow;
	struct loop_timer *timer;
	uint64_t size;    /* of the log when the names were looked at last */
	bool wanted;      /* the timer is set */
};

static void
on_time(void *arg)
{
	struct catchup *u = arg;
	struct store *s = u->flow->store;
	uint64_t size = store_tree(s)->size;
	int rc = store_index_whole(s) ? 0 : store_index_step(s, NULL);

	u->wanted = false;
	if (!rc)
		rc = store_names_step(s, NAMES, NULL);
	if (rc > 0 || (rc < 0 && !store_broken(s))) {
		u->wanted = true;
		loop_timer_set(u->timer, rc < 0 || size != u->size ? LATER_MS : SOON_MS);
	}
	u->size = size;
}

static void
on_turn_end(void *arg)
{
	struct catchup *u = arg;

	if (u->wanted || store_committed_tree(u->flow->store)->size == u->size)
		return;
	u->wanted = true;
	loop_timer_set(u->timer, LATER_MS);
}

struct catchup *
catchup_new(struct flow *f)
{
	struct catchup *u = xcalloc(1, sizeof(*u));

	u->flow = f;
	u->timer = loop_timer_new(f->loop, on_time, u);
	loop_at_turn_end(f->loop, on_turn_end, u);
	return u;
}

void
catchup_free(struct catchup *u)
{
	if (!u)
		return;
	loop_timer_free(u->timer);
	free(u);
}
