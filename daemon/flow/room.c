/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/base/log.h"
#include "daemon/base/reserve.h"
#include "daemon/flow/intake.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/room.h"

#define RETRY_MS 1000

struct room {
	struct flow *flow;
	struct reserve *reserve;
	struct loop_timer *retry;
	struct err why;
};

static bool
take(struct room *r)
{
	struct err e = ERR_INIT;

	if (!reserve_take(r->reserve, &e)) {
		r->flow->scarce = NULL;
		return true;
	}
	if (!r->flow->scarce)
		log_error("%s", e.msg);
	r->why = e;
	r->flow->scarce = r->why.msg;
	loop_timer_set(r->retry, RETRY_MS);
	return false;
}

static void
on_retry(void *arg)
{
	struct room *r = arg;
	struct flow *f = r->flow;
	struct err e = ERR_INIT;

	if (!take(r))
		return;
	log_info("there is room on the disk again");
	if (!f->incident && !intakes_any(f) && intake_recover(f, &e))
		log_error("%s", e.msg);
	queue_wake(f);
}

void
room_open(struct flow *f)
{
	struct room *r = xcalloc(1, sizeof(*r));
	AUTO(str) file = xasprintf("%s.reserve", f->conf->database);

	r->flow = f;
	r->reserve = reserve_new(file, f->conf->evidence.reserve_mb);
	r->retry = loop_timer_new(f->loop, on_retry, r);
	f->room = r;
	(void)take(r);
}

void
room_turn(struct flow *f)
{
	struct room *r = f->room;

	if (!store_full(f->store) || !reserve_held(r->reserve) || !f->conf->evidence.reserve_mb)
		return;
	reserve_give(r->reserve);
	err_set(&r->why, ERR_TEMP, "%s", store_trouble(f->store));
	f->scarce = r->why.msg;
	log_warn("the %u MiB set aside are given up, so that what is on its way can be recorded; nothing "
		 "new is begun", f->conf->evidence.reserve_mb);
	loop_timer_set(r->retry, RETRY_MS);
}

void
room_reconfigured(struct flow *f)
{
	reserve_resize(f->room->reserve, f->conf->evidence.reserve_mb);
	(void)take(f->room);
}

void
room_free(struct flow *f)
{
	struct room *r = f->room;

	if (!r)
		return;
	loop_timer_free(r->retry);
	reserve_free(r->reserve);
	free(r);
	f->room = NULL;
}
