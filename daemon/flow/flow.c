/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/base/log.h"
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
