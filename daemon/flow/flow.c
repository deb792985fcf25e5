/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/erase.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/foreign.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/intake.h"
#include "daemon/flow/policies.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/room.h"
#include "daemon/flow/seal.h"
#include "daemon/flow/tail.h"

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

int
flow_open_log(struct flow *f, struct err *e)
{
	if (tail_check(f, e) || seal_open(f, e))
		return -1;
	incident_load(f);
	if (confirm_open(f, e))
		return -1;
	room_open(f);
	return 0;
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
	erase_free(f);
	drift_free(f);
	room_free(f);
	confirm_free(f);
	seal_free(f);
	foreign_free(f);
	intakes_free(f);
	queue_free(f->queue);
	policies_free(f->policies);
	store_forget(f->store, f);
	incident_free(f);
	free(f->password_tried);
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

const char *
flow_trouble(const struct flow *f)
{
	const char *trouble = store_trouble(f->store);

	return f->incident ? f->incident : *trouble ? trouble : f->scarce ? f->scarce : "";
}

#define PLAN_KEY_META "plan_key"

int
flow_make_plan_key(struct flow *f, struct err *e)
{
	AUTO(buf) hex = BUF_INIT;

	digest_random(f->plan_key, sizeof(f->plan_key));
	buf_hex(&hex, f->plan_key, sizeof(f->plan_key));
	return store_set_meta(f->store, PLAN_KEY_META, hex.data, e);
}

/* A database of before plan lines had a key gets one now. */
static int
read_plan_key(struct flow *f, struct err *e)
{
	AUTO(str) hex = store_meta(f->store, PLAN_KEY_META);
	struct evidence ev = { .ev = EVENT_CONFIG, .actor = actor_daemon, .result = "plan key made" };

	if (hex)
		return digest_from_hex(hex, f->plan_key) ? err_set(e, ERR_CONFIG, "the database's key "
			       "of plan lines is damaged: restore it from a backup") : 0;
	if (store_begin(f->store, e))
		return -1;
	if (flow_make_plan_key(f, e) || evidence_append(f, &ev, NULL, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}

int
flow_recover(struct flow *f, struct err *e)
{
	if (read_plan_key(f, e))
		return -1;
	if (f->incident)
		return 0; /* taken up when it is over, by reading the directory */
	return intake_recover(f, e) || queue_recover(f, e) || erase_recover(f, e) ? -1 : 0;
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
