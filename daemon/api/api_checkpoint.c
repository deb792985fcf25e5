/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/checkpoint_json.h"
#include "daemon/base/clock.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/export.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/seal.h"

/* --- how the log is confirmed ------------------------------------------------------------------ */

static void
add_witness(void *arg, const struct confirm_state *s)
{
	json_array_append_new(arg, json_pack("{s:s,s:b,s:I,s:o,s:I,s:I,s:s}", "name", s->name, "asked",
					     s->asked, "size", (json_int_t)s->size, "at",
					     json_time(s->at * 1000000), "lag_records",
					     (json_int_t)s->lag, "lag_s", (json_int_t)s->lag_s, "error",
					     s->error));
}

static void
take_at(void *arg, const struct stored_checkpoint *c)
{
	*(int64_t *)arg = c->at;
}

/* When a checkpoint of this size was signed, in microseconds; 0: there is none. */
static int64_t
signed_at(struct flow *f, uint64_t size)
{
	int64_t at = 0;

	if (size)
		(void)store_checkpoints(f->store, size, 1, take_at, &at, NULL);
	return at;
}

json_t *
checkpoint_status_json(struct flow *f)
{
	json_t *witnesses = json_array();
	uint64_t size = seal_size(f);
	int64_t at = signed_at(f, size), now = (int64_t)clock_wall_us();
	int64_t confirmed = confirm_quorum(f);

	confirm_each(f, add_witness, witnesses);
	return json_pack("{s:s,s:{s:I,s:o,s:I},s:I,s:o,s:b,s:o,s:s?}", "origin", seal_key(f)->name,
			 "checkpoint", "size", (json_int_t)size, "at", json_time(at), "age_s",
			 (json_int_t)(at && now > at ? (now - at) / 1000000 : 0), "unsealed",
			 (json_int_t)(store_committed_tree(f->store)->size - size), "confirmed",
			 confirmed < 0 ? json_null() : json_integer(confirmed), "quorum",
			 confirmed >= 0 && size && confirmed >= (int64_t)size, "witnesses", witnesses,
			 "incident", incident_text(f));
}

/* --- one checkpoint ---------------------------------------------------------------------------- */

static void
count_healthy(void *arg, const struct confirm_state *s)
{
	*(int *)arg += !*s->error;
}

/* done, coming (a witness is there that may still answer), missing (none is), none (nobody has to). */
static const char *
confirmed(struct flow *f, uint64_t size)
{
	int64_t quorum = confirm_quorum(f);
	int healthy = 0;

	if (quorum < 0)
		return "none";
	confirm_each(f, count_healthy, &healthy);
	return quorum >= (int64_t)size ? "done" : healthy ? "coming" : "missing";
}

static void
reply(struct call *c, uint64_t size)
{
	struct flow *f = c->flow;
	AUTO(str) vkey = note_key_vkey(seal_key(f));
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) policy = BUF_INIT;
	struct err e = ERR_INIT;
	struct checkpoint point;
	struct note n;

	if (!size)
		err_set(&e, ERR_NOTFOUND, "no checkpoint was signed yet: hopthuctl audit checkpoint --new");
	else if (seal_note(f, size, &text) != 1)
		err_set(&e, ERR_NOTFOUND, "no checkpoint was signed for %" PRIu64 " records", size);
	else if (note_read(&n, text.data, text.len, &e) || checkpoint_read(&point, &n, &e))
		err_wrap(&e, "the checkpoint of %" PRIu64 " records is damaged", size);
	else if (!export_policy(f, &policy, &e)) {
		AUTO(buf) root = BUF_INIT;

		base64_add(&root, point.root, DIGEST_LEN);
		call_reply(c, 200, json_pack("{s:s,s:I,s:s,s:o,s:i,s:s,s:s,s:s,s:s}", "origin", point.origin,
					     "size", (json_int_t)size, "root", root.data, "at",
					     json_time(signed_at(f, size)), "signatures", n.count, "confirmed",
					     confirmed(f, size), "note", text.data, "vkey", vkey, "policy", policy.data));
		return;
	}
	call_fail(c, &e);
}

void
handle_audit_checkpoint(struct call *c)
{
	reply(c, (uint64_t)call_number(c, "size", (int64_t)seal_size(c->flow), 1, INT64_MAX));
}

static void
on_sealed(void *arg, uint64_t size, const struct err *failure)
{
	struct call *c = arg;

	if (failure)
		call_fail(c, failure);
	else
		reply(c, size);
}

void
handle_audit_checkpoint_new(struct call *c)
{
	seal_now(c->flow, on_sealed, c);
}
