/* SPDX-License-Identifier: BSD-2-Clause */
/* Requests that a crash left half written: nobody was promised anything. */
#include <inttypes.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake.h"

struct half {
	struct flow *flow;
	int64_t ids[64];
	int count;
};

static void
collect(void *arg, const struct request *r)
{
	struct half *h = arg;

	if (h->count < 64)
		h->ids[h->count++] = r->id;
}

static int
take_back(struct flow *f, int64_t id, struct err *e)
{
	struct evidence ev = { .ev = EVENT_CANCEL, .actor = actor_daemon, .req = id,
			       .result = "intake interrupted" };
	AUTO(arena) a = arena_new();
	struct request r;

	if (!store_request(f->store, id, &r, a))
		return 0;
	r.state = STATE_CANCELLED;
	r.ended_at = (int64_t)clock_wall_us();
	if (store_begin(f->store, e))
		return -1;
	if (store_put_request(f->store, &r, e) || evidence_append(f, &ev, NULL, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}

int
intake_recover(struct flow *f, struct err *e)
{
	struct request_query q = { .state = STATE_RECEIVED, .limit = 64 };
	struct half h = { .flow = f };

	do {
		h.count = 0;
		if (store_requests(f->store, &q, collect, &h, e) < 0)
			return -1;
		for (int i = 0; i < h.count; i++) {
			if (take_back(f, h.ids[i], e))
				return -1;
			log_warn("request %" PRId64 " was interrupted while it came in; nobody was "
				 "promised anything, it is taken back", h.ids[i]);
		}
	} while (h.count);
	return 0;
}
