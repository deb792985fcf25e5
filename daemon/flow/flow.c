/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/foreign.h"
#include "daemon/flow/intake.h"
#include "daemon/flow/queue.h"

struct flow *
flow_new(struct loop *loop, struct store *store, const struct conf *conf)
{
	struct flow *f = xcalloc(1, sizeof(*f));

	f->loop = loop;
	f->store = store;
	f->conf = conf;
	f->queue = queue_new(f);
	evidence_init(f);
	return f;
}

void
flow_set_directory(struct flow *f, struct dir *dir)
{
	f->dir = dir;
}

void
flow_free(struct flow *f)
{
	if (!f)
		return;
	foreign_free(f);
	intakes_free(f);
	queue_free(f->queue);
	free(f);
}

void
flow_directory(const struct flow *f, struct flow_directory *out)
{
	const char *fault = dir_fault(f->dir);

	out->state = dir_state_word(dir_state(f->dir));
	out->reason = dir_reason(f->dir, &out->next_try_ms);
	out->fault = fault ? fault : "";
	out->in_flight = dir_in_flight(f->dir);
}

int
flow_recover(struct flow *f, struct err *e)
{
	return intake_recover(f, e) || queue_recover(f, e) ? -1 : 0;
}

void
flow_on_directory_ready(struct flow *f)
{
	log_info("the directory is ready");
	foreign_start(f);
	queue_wake(f);
}

void
flow_on_directory_down(struct flow *f, const char *reason)
{
	(void)f;
	(void)reason; /* what was sent and has no reply was told to its job */
}
