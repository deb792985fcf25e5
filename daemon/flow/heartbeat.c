/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/flow/evidence.h"
#include "daemon/flow/heartbeat.h"

#define QUIET_HOURS 23 /* and the part of an hour before the first: a record at least each 24 */

void
heartbeat_hour(struct heartbeat *h, struct flow *f)
{
	struct evidence ev = { .ev = EVENT_HEARTBEAT, .actor = actor_daemon };
	uint64_t size = store_tree(f->store)->size;

	h->quiet = size == h->size ? h->quiet + 1 : 0;
	h->size = size;
	if (h->quiet >= QUIET_HOURS && !evidence_alone(f, &ev, NULL))
		h->quiet = 0;
}
