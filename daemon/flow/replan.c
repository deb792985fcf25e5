/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake_row.h"
#include "daemon/flow/replan.h"
#include "daemon/policy/plan.h"

struct again {
	struct item *items; /* in the order of rows */
	struct arena *arena;
	int count, size;
};

static void
collect(void *arg, const struct item *i)
{
	struct again *g = arg;
	struct item *c;

	/* also those that wait for their date: one approval stands for all that is left */
	if (i->state != STATE_CHECKED && i->state != STATE_PLANNED)
		return;
	if (g->count == g->size) {
		g->size = g->size ? 2 * g->size : 64;
		g->items = xrealloc(g->items, (size_t)g->size * sizeof(*g->items));
	}
	c = &g->items[g->count++];
	*c = *i;
	c->ref = "";
	c->error = arena_strdup(g->arena, i->error); /* stays: the approver must know why */
	c->login = arena_strdup(g->arena, i->login);
	c->person = arena_strdup(g->arena, i->person);
	c->full_name = arena_strdup(g->arena, i->full_name);
	c->address = arena_strdup(g->arena, i->address);
	c->opid = arena_strdup(g->arena, i->opid);
	c->plan = arena_strdup(g->arena, i->plan);
	c->input = arena_strdup(g->arena, i->input);
}

/* The row as the agency wrote it. */
static int
read_input(const char *input, const char *cell[LETTER_COLUMN_COUNT], json_t **keep, struct err *e)
{
	*keep = json_from_bytes(input, strlen(input), e);
	if (!*keep)
		return -1;
	for (int c = 0; c < LETTER_COLUMN_COUNT; c++) {
		const char *v = json_str(*keep, letter_column_words[c]);

		cell[c] = v ? v : "";
	}
	return 0;
}

/* A create gets another address, everything else stays as it was asked. */
static int
again_create(struct flow *f, struct item *i, struct mailbox *after, struct arena *a, struct err *e)
{
	struct plan old;
	AUTO(str) login = NULL;

	if (plan_read(&old, i->plan, e))
		return -1;
	*after = (struct mailbox){ .login = "", .address = "", .person = i->person, .full_name = "",
				   .agency = "", .kind = "", .title = "", .unit = "", .phone = "",
				   .rank = "", .opid = "", .entry_uuid = "" };
	plan_apply(&old, after, a);
	plan_release(&old);
	login = choose_login(f, after->full_name, true, e);
	if (!login)
		return -1;
	after->login = arena_strdup(a, login);
	after->address = arena_printf(a, "%s@%s", login, f->conf->domain);
	return store_take_address(f->store, after->login, ADDRESS_RESERVED, i->request, i->person, e);
}

static int
again_change(struct flow *f, struct item *i, struct mailbox *before, struct mailbox *after,
	     struct arena *a, struct err *e)
{
	const char *cell[LETTER_COLUMN_COUNT];
	struct plan old;
	AUTO(json) keep = NULL;
	int64_t quota = -1;
	const char *asked;

	if (!store_mailbox(f->store, i->login, before, a))
		return err_set(e, ERR_USAGE, "there is no mailbox %s any more", i->login);
	if (read_input(i->input, cell, &keep, e) || plan_read(&old, i->plan, e))
		return -1;
	asked = json_string_value(
		json_array_get(json_object_get(old.after, plan_attr_names[PLAN_hopthuQuota]), 0));
	if (asked)
		quota = strtoll(asked, NULL, 10);
	plan_release(&old);
	return plan_after(i->op, before, cell, quota, after, a, e);
}

static int
again(struct flow *f, struct request *r, struct item *i, struct arena *a, struct err *e)
{
	struct mailbox before, after;
	struct evidence ev = { .ev = EVENT_ITEM, .actor = actor_daemon, .req = r->id, .row = i->row,
			       .round = r->round, .op = op_word((int)i->op), .subj = i->person };
	struct err why = ERR_INIT;
	bool create = i->op == OP_CREATE;

	if (i->state == STATE_PLANNED) { /* its plan stays, its approval is asked again */
		i->round = r->round;
		return store_plan_item(f->store, i, e);
	}
	i->updated_at = (int64_t)clock_wall_us();
	if (create ? again_create(f, i, &after, a, &why) :
		     again_change(f, i, &before, &after, a, &why)) {
		if (why.class == ERR_TEMP) {
			*e = why;
			return -1;
		}
		i->state = STATE_FAILED;
		i->error = arena_strdup(a, why.msg);
		r->open--;
		r->failed++;
		ev.result = "failed";
		evidence_pii(&ev, "message", why.msg);
		return store_put_item(f->store, i, e) || evidence_append(f, &ev, NULL, e) ? -1 : 0;
	}
	after.request = r->id;
	i->round = r->round;
	i->state = STATE_PLANNED;
	intake_row_plan(i, create ? NULL : &before, &after, a);
	ev.opid = i->opid;
	ev.plan = i->plan_sha;
	evidence_pii(&ev, "address", i->address);
	return store_plan_item(f->store, i, e) || store_put_item(f->store, i, e) ||
			       evidence_append(f, &ev, NULL, e) ? -1 : 0;
}

static int
again_all(struct flow *f, struct request *r, struct again *g, struct arena *a, struct err *e)
{
	struct evidence ev = { .ev = EVENT_PLAN, .actor = actor_daemon, .req = r->id };
	uint8_t hash[DIGEST_LEN];
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) hex = BUF_INIT;
	int64_t planned = 0;

	r->round++;
	for (int n = 0; n < g->count; n++) {
		if (again(f, r, &g->items[n], a, e))
			return -1;
		planned += g->items[n].state == STATE_PLANNED;
	}
	plan_digest_head(&text, r->id, planned);
	for (int n = 0; n < g->count; n++)
		if (g->items[n].state == STATE_PLANNED)
			plan_digest_item(&text, g->items[n].row, g->items[n].plan_sha);
	digest_sha256(text.data, text.len, hash);
	buf_hex(&hex, hash, DIGEST_LEN);
	r->state = planned ? STATE_PLANNED : r->open ? r->state : STATE_FAILED;
	if (planned)
		r->digest = hex.data;
	r->approver = planned ? "" : r->approver;
	r->ended_at = planned || r->open ? 0 : (int64_t)clock_wall_us();
	ev.digest = r->digest;
	ev.round = r->round;
	ev.count = planned;
	return store_put_request(f->store, r, e) || evidence_append(f, &ev, NULL, e) ? -1 : 0;
}

int
replan(struct flow *f, int64_t id, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct again *g = xcalloc(1, sizeof(*g));
	struct request r;
	int rc = -1;

	g->arena = a;
	if (!store_request(f->store, id, &r, a)) {
		err_set(e, ERR_NOTFOUND, "there is no request %" PRId64, id);
		goto out;
	}
	if (store_items(f->store, id, 0, 0, -1, collect, g, e) < 0 || store_begin(f->store, e))
		goto out;
	rc = again_all(f, &r, g, a, e);
	if (rc)
		store_abort(f->store);
	else
		rc = store_end(f->store, e);
out:
	free(g->items);
	free(g);
	return rc;
}
