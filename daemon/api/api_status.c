/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <unistd.h>

#include "daemon/api/api.h"
#include "daemon/api/checkpoint_json.h"
#include "daemon/base/clock.h"
#include "daemon/flow/erase.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/queue.h"

static const char *version = "";
static uint64_t started_us;

void
api_started(struct api *a, const char *v)
{
	(void)a;
	version = v;
	started_us = clock_mono_us();
}

static json_t *
directory_json(struct flow *f)
{
	struct flow_directory d;

	flow_directory(f, &d);
	return json_pack("{s:s,s:s,s:I,s:i,s:s}", "state", d.state, "reason", d.reason, "next_try_ms",
			 (json_int_t)d.next_try_ms, "in_flight", (int)d.in_flight, "fault", d.fault);
}

static json_t *
watch_json(struct flow *f)
{
	struct drift_status d;

	drift_status(f, &d);
	return json_pack("{s:s,s:s,s:o,s:I,s:s}", "state", d.state, "reason", d.reason, "last_change",
			 json_time(d.last_change), "open", (json_int_t)d.open, "held", d.held);
}

static json_t *
queue_json(struct flow *f, const char *agency)
{
	int64_t now = (int64_t)(clock_wall_us() / 1000000);
	int64_t n[STATE_COUNT], oldest = store_oldest_open(f->store), due;
	int64_t overdue = store_overdue(f->store, agency, now, &due);
	json_t *items = json_object();

	if (store_item_counts(f->store, 0, now, n, NULL) == 0)
		for (int s = 0; s < STATE_COUNT; s++)
			if (n[s])
				json_object_set_new(items, state_word(s), json_integer(n[s]));
	return json_pack("{s:o,s:I,s:o,s:I,s:i}", "items", items, "overdue", (json_int_t)overdue,
			 "overdue_since", json_time(due * 1000000), "oldest_pending_s",
			 oldest ? (json_int_t)(now - oldest) : (json_int_t)0,
			 "jobs", (int)queue_jobs(f));
}

static json_t *
audit_json(struct flow *f)
{
	const struct merkle *tree = store_committed_tree(f->store);
	uint8_t root[DIGEST_LEN];
	AUTO(buf) hex = BUF_INIT;

	merkle_root(tree, root);
	buf_hex(&hex, root, sizeof(root));
	return json_pack("{s:I,s:s}", "size", (json_int_t)tree->size, "root", hex.data);
}

static json_int_t
memory_kb(void)
{
	FILE *f = fopen("/proc/self/statm", "re");
	long size = 0, resident = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%ld %ld", &size, &resident) != 2)
		resident = 0;
	fclose(f);
	return (json_int_t)resident * (sysconf(_SC_PAGESIZE) / 1024);
}

void
handle_status(struct call *c)
{
	struct flow *f = c->flow;
	const char *trouble = *store_trouble(f->store) ? store_trouble(f->store) :
			      f->scarce ? f->scarce : "";
	int64_t n[STATUS_COUNT];
	json_t *mailboxes = json_object(), *j;

	if (store_mailbox_counts(f->store, c->only_agency, n, NULL) == 0)
		for (int s = 0; s < STATUS_COUNT; s++)
			json_object_set_new(mailboxes, status_word(s), json_integer(n[s]));
	j = json_pack("{s:s,s:i,s:I,s:s}", "version", version, "pid", (int)getpid(), "uptime_s",
		      (json_int_t)((clock_mono_us() - started_us) / 1000000), "domain",
		      f->conf->domain);
	json_object_set_new(j, "directory", directory_json(f));
	json_object_set_new(j, "watch", watch_json(f));
	json_object_set_new(j, "queue", queue_json(f, c->only_agency));
	json_object_set_new(j, "audit", audit_json(f));
	json_object_set_new(j, "database",
			    json_pack("{s:b,s:s}", "writable", !*trouble, "reason", trouble));
	json_object_set_new(j, "erasure", erase_status(f));
	json_object_set_new(j, "evidence", checkpoint_status_json(f));
	json_object_set_new(j, "mailboxes", mailboxes);
	json_object_set_new(j, "memory_kb", json_integer(memory_kb()));
	json_object_set_new(j, "longest_turn_ms",
			    json_integer((json_int_t)(loop_longest_turn_us(f->loop) / 1000)));
	call_reply(c, 200, j);
}

void
handle_whoami(struct call *c)
{
	json_t *roles = json_array(), *j;

	for (int r = 0; r < ROLE_COUNT; r++)
		if (c->op.roles & 1 << r)
			json_array_append_new(roles, json_string(role_word(r)));
	j = json_pack("{s:s,s:s,s:o,s:s?,s:s}", "name", c->op.name, "full_name", c->op.full_name,
		      "roles", roles, "agency", c->op.agency, "mech", c->who.mech);
	call_reply(c, 200, j);
}
