/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake_row.h"
#include "daemon/flow/replan.h"
#include "daemon/policy/plan.h"

struct again {
	struct intake_letter letter;
	struct err no_rules; /* why there are none for it */
	struct item *items;  /* in the order of rows */
	struct arena *arena;
	int count, size;
};

static void
collect(void *arg, const struct item *i)
{
	struct again *g = arg;
	struct item *c;

	/* also those that wait for their date: one approval stands for all that is left */
	if (i->state != STATE_CHECKED && i->state != STATE_PLANNED &&
	    i->state != STATE_NAME_NEEDED)
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

/*
 * The rules of today for a letter of another day: names are given by what is in force now.  Where
 * none are found (its domain is kept here no more) what must be planned again fails, and says so.
 */
static int
letter_of(const struct request *r, struct again *g, struct err *e)
{
	struct intake_letter *l = &g->letter;

	if (!rules_find(l->flow, r->agency, r->domain, &l->rules, g->arena, &g->no_rules))
		return 0;
	*e = g->no_rules;
	return e->class == ERR_TEMP ? -1 : 0;
}

/* The address that the row was promised, if it may still have it; promised anew.  ERR_CONFLICT: it is
 * somebody else's now. */
static int
keep_promise(struct intake_letter *l, const struct item *i, const struct mailbox *after,
	     struct arena *a, struct err *e)
{
	const char *local = arena_strndup(a, i->address, strcspn(i->address, "@"));
	struct choose_ask ask = { .policy = l->rules.policy, .again = i,
				  .holder = i->op == OP_CREATE ? NULL : i->login };

	return choose_check_free(l->flow, &ask, local, e) ||
			       intake_row_reserve(l->flow, after, i->request, e) ? -1 : 0;
}

/* A create whose address was lost gets another, everything else stays as it was asked. */
static int
again_create(struct intake_letter *l, struct item *i, struct mailbox *after, struct arena *a,
	     struct err *e)
{
	const char *cell[LETTER_COLUMN_COUNT], *column = NULL;
	AUTO(buf) trail = BUF_INIT;
	AUTO(json) keep = NULL;
	struct err lost = ERR_INIT;
	struct plan old;

	if (read_input(i->input, cell, &keep, e) || plan_read(&old, i->plan, e))
		return -1;
	*after = plan_no_mailbox;
	after->person = i->person;
	plan_apply(&old, after, a);
	plan_release(&old);
	after->login = i->login;
	after->address = i->address;
	if (!keep_promise(l, i, after, a, &lost))
		return 0;
	if (lost.class != ERR_CONFLICT) {
		*e = lost;
		return -1;
	}
	after->login = after->address = "";
	switch (intake_row_name(l, cell, &(struct choose_ask){ .holder = NULL }, after, &trail, &column, a,
				e)) {
	case CHOOSE_FREE:
		return intake_row_reserve(l->flow, after, i->request, e);
	case CHOOSE_TAKEN:
		intake_row_need_name(i, &trail, a);
		return 0;
	case CHOOSE_LACKS:
	case CHOOSE_UNFIT:
		break;
	}
	return -1;
}

/* What the row asked for, as its plan had it: these do not change with the entry.  Was it promised
 * another address? */
static bool
keep_asked(const struct item *i, struct plan_ask *ask, struct arena *a)
{
	struct mailbox asked = plan_no_mailbox;
	struct plan old;
	bool promised;

	if (plan_read(&old, i->plan, NULL))
		return false;
	plan_apply(&old, &asked, a);
	if (json_object_get(old.after, plan_attr_names[PLAN_hopthuQuota]))
		ask->quota = asked.quota;
	ask->agency = asked.agency;
	ask->custodian = asked.custodian;
	ask->purge_due = asked.purge_due;
	promised = json_object_get(old.after, plan_attr_names[PLAN_mail]) != NULL;
	plan_release(&old);
	return promised;
}

int
replan_change(struct flow *f, const struct rules *r, const struct item *i, struct mailbox *before,
	      struct mailbox *after, struct arena *a, struct err *e)
{
	const char *cell[LETTER_COLUMN_COUNT];
	struct plan_ask ask = { .op = i->op, .cell = cell, .quota = -1, .agency = "",
				.custodian = "", .purge_due = "", .today = r->today_text };
	AUTO(json) keep = NULL;
	bool promised;

	if (!store_mailbox(f->store, i->login, before, a))
		return err_set(e, ERR_USAGE, "there is no mailbox %s any more", i->login);
	if (read_input(i->input, cell, &keep, e))
		return -1;
	promised = keep_asked(i, &ask, a);
	if (plan_after(&ask, before, after, a, e))
		return -1;
	if (promised)
		plan_readdress(after, i->address, a);
	return 0;
}

static int
plan_again(struct again *g, struct item *i, struct mailbox *before, struct mailbox *after,
	   struct arena *a, struct err *e)
{
	if (g->no_rules.class != ERR_NONE) {
		*e = g->no_rules;
		return -1;
	}
	if (i->op == OP_CREATE)
		return again_create(&g->letter, i, after, a, e);
	if (replan_change(g->letter.flow, &g->letter.rules, i, before, after, a, e))
		return -1;
	after->request = i->request;
	return strcmp(before->address, after->address) ? keep_promise(&g->letter, i, after, a, e) : 0;
}

/* A held item is planned anew, and what was begun is over: nobody will learn what became of it but from
 * the entry itself.  The new plan gets an intent of its own. */
static int
give_up(struct flow *f, struct item *i, struct err *e)
{
	struct evidence ev = { .ev = EVENT_OUTCOME, .actor = actor_daemon, .intent = i->intent,
			       .op = op_word((int)i->op), .opid = i->opid, .req = i->request,
			       .row = i->row, .subj = *i->person ? i->person : NULL,
			       .result = "given up" };

	if (!i->intent)
		return 0;
	i->intent = 0;
	return evidence_append(f, &ev, NULL, e);
}

static int
again(struct again *g, struct request *r, struct item *i, struct arena *a, struct err *e)
{
	struct flow *f = g->letter.flow;
	struct mailbox before, after;
	struct evidence ev = { .ev = EVENT_ITEM, .actor = actor_daemon, .req = r->id, .row = i->row,
			       .round = r->round, .op = op_word((int)i->op), .subj = i->person };
	struct err why = ERR_INIT;
	bool create = i->op == OP_CREATE;

	if (i->state != STATE_CHECKED) { /* its plan stays, its approval is asked again */
		i->round = r->round;
		return store_plan_item(f->store, i, e);
	}
	if (give_up(f, i, e))
		return -1;
	i->updated_at = (int64_t)clock_wall_us();
	i->state = STATE_PLANNED;
	if (plan_again(g, i, &before, &after, a, &why)) {
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
	intake_row_plan(f, i, create ? NULL : &before, &after, a);
	ev.opid = i->opid;
	ev.policy = g->letter.rules.digest;
	if (i->state == STATE_NAME_NEEDED)
		ev.result = state_word(STATE_NAME_NEEDED);
	else
		ev.plan = i->plan_sha;
	evidence_pii(&ev, "address", i->address);
	return store_plan_item(f->store, i, e) || store_put_item(f->store, i, e) ||
			       evidence_append(f, &ev, NULL, e) ? -1 : 0;
}

/* The digest over the items that are planned; "" while one has no name. */
static void
digest_all(const struct again *g, struct buf *hex, int64_t *planned, int64_t *needy)
{
	AUTO(buf) text = BUF_INIT;
	uint8_t hash[DIGEST_LEN];

	*planned = *needy = 0;
	for (int n = 0; n < g->count; n++) {
		*planned += g->items[n].state == STATE_PLANNED;
		*needy += g->items[n].state == STATE_NAME_NEEDED;
	}
	plan_digest_head(&text, *planned);
	for (int n = 0; n < g->count; n++)
		if (g->items[n].state == STATE_PLANNED)
			plan_digest_item(&text, g->items[n].row, g->items[n].plan_sha);
	digest_sha256(text.data, text.len, hash);
	if (!*needy)
		buf_hex(hex, hash, DIGEST_LEN);
}

static int
again_all(struct flow *f, struct request *r, struct again *g, struct err *e)
{
	struct evidence ev = { .ev = EVENT_PLAN, .actor = actor_daemon, .req = r->id };
	AUTO(buf) hex = BUF_INIT;
	int64_t planned, needy;

	g->letter = (struct intake_letter){ .flow = f, .request = r->id, .who = &actor_daemon };
	if (letter_of(r, g, e))
		return -1;
	r->round++;
	for (int n = 0; n < g->count; n++)
		if (again(g, r, &g->items[n], g->arena, e))
			return -1;
	digest_all(g, &hex, &planned, &needy);
	r->state = needy ? STATE_NAME_NEEDED : planned ? STATE_PLANNED : r->open ? r->state :
			   STATE_FAILED;
	if (planned || needy) {
		r->digest = hex.data;
		r->approver = r->first_approver = "";
	}
	r->ended_at = planned || needy || r->open ? 0 : (int64_t)clock_wall_us();
	ev.digest = *r->digest ? r->digest : NULL;
	ev.policy = *g->letter.rules.digest ? g->letter.rules.digest : NULL;
	ev.needs = r->needs;
	ev.round = r->round;
	ev.count = planned;
	return store_put_request(f->store, r, e) || evidence_append(f, &ev, NULL, e) ? -1 : 0;
}

int
replan_in_unit(struct flow *f, int64_t id, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct again *g = xcalloc(1, sizeof(*g));
	struct request r;
	int rc = -1;

	g->arena = a;
	if (!store_request(f->store, id, &r, a))
		err_set(e, ERR_NOTFOUND, "there is no request %" PRId64, id);
	else if (store_items(f->store, id, 0, 0, -1, collect, g, e) >= 0)
		rc = again_all(f, &r, g, e);
	free(g->items);
	free(g);
	return rc;
}

int
replan(struct flow *f, int64_t id, struct err *e)
{
	if (store_begin(f->store, e))
		return -1;
	if (replan_in_unit(f, id, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}
