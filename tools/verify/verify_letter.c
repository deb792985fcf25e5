/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "tools/verify/verify_letter_private.h"

void
letters_init(struct letters *l, struct report *report)
{
	memset(l, 0, sizeof(*l));
	l->report = report;
}

static void
free_letter(void *arg, uint64_t req, uint64_t value)
{
	(void)arg;
	(void)req;
	letter_free((struct letter *)(uintptr_t)value);
}

static void
free_intent(void *arg, uint64_t seq, uint64_t value)
{
	(void)arg;
	(void)seq;
	free((struct intent *)(uintptr_t)value);
}

void
letters_release(struct letters *l)
{
	table_each(&l->open, free_letter, NULL);
	table_each(&l->intents, free_intent, NULL);
	table_release(&l->open);
	table_release(&l->intents);
	table_release(&l->closed);
}

size_t
letters_open(const struct letters *l)
{
	return l->open.count;
}

/* --- finding ---------------------------------------------------------------------------------- */

void
letters_say(struct letters *l, enum say what, const struct record *r, int64_t a, int64_t b, const char *t)
{
	SAY(l->report, what, r->seq, .a = a, .b = b, .t = t,
	    .s = (r->event < 0 ? "?" : event_word(r->event)));
}

uint64_t
letters_key(struct span s)
{
	return s.s && s.n ? table_key(s.s, s.n) : 0;
}

bool
letters_have(struct letters *l, const struct record *r, const enum record_field *fields, int count)
{
	static const char *const names[] = {
#define X(n, k) #n,
		RECORD_FIELDS(X)
#undef X
	};

	for (int i = 0; i < count; i++)
		if (!r->field[fields[i]]) {
			letters_say(l, SAY_REC_FIELDS, r, 0, 0, names[fields[i]]);
			return false;
		}
	return true;
}

struct letter *
letters_of(struct letters *l, const struct record *r)
{
	int64_t req = record_int(r, RECORD_req);
	uint64_t *found = req ? table_find(&l->open, (uint64_t)req) : NULL;

	if (found)
		return (struct letter *)(uintptr_t)*found;
	letters_say(l, SAY_REQ_NONE, r, req, 0, NULL);
	return NULL;
}

struct row *
letters_row(struct letters *l, struct letter *letter, const struct record *r)
{
	struct row *row = letter_row(letter, (uint64_t)record_int(r, RECORD_row));

	if (!row)
		letters_say(l, SAY_ROW_NONE, r, letter->req, record_int(r, RECORD_row), NULL);
	return row;
}

static struct letter *
begin(struct letters *l, const struct record *r, bool order)
{
	int64_t req = record_int(r, RECORD_req);
	struct letter *letter;

	if (req <= l->last_req) {
		letters_say(l, SAY_REQ_AGAIN, r, req, l->last_req, NULL);
		return NULL;
	}
	l->last_req = req;
	letter = letter_new(req, order, letters_key(r->actor));
	table_put(&l->open, (uint64_t)req, (uint64_t)(uintptr_t)letter);
	return letter;
}

void
letters_close(struct letters *l, struct letter *letter)
{
	table_drop(&l->open, (uint64_t)letter->req);
	letter_free(letter);
}

/* --- taking in -------------------------------------------------------------------------------- */

static void
on_request(struct letters *l, const struct record *r)
{
	if (!HAS(l, r, RECORD_req))
		return;
	l->requests++;
	(void)begin(l, r, false);
}

/* What a record of an item says about its row; false, which is said, when it says something else than
 * the record before. */
static bool
fill_row(struct letters *l, struct letter *letter, struct row *row, const struct record *r, bool new)
{
	int op = record_op(r);
	uint64_t subj = letters_key(record_str(r, RECORD_subj));

	if (new) {
		row->op = (uint8_t)op;
		row->subj = subj;
	} else if (row->op != op || row->subj != subj) {
		letters_say(l, SAY_ROW_DIFFERS, r, letter->req, row->row, row->op != op ? "op" : "subj");
		return false;
	}
	return true;
}

static void
plan_row(struct letters *l, struct letter *letter, struct row *row, const struct record *r)
{
	struct span result = record_str(r, RECORD_result);

	if (span_is(result, "failed")) {
		row->state = ROW_FAILED;
		return;
	}
	if (!HAS(l, r, RECORD_opid))
		return;
	row->opid = letters_key(record_str(r, RECORD_opid));
	row->planned_at = r->seq;
	row->in_round = 0;
	if (record_hex(r, RECORD_plan, row->plan)) {
		row->state = ROW_PLANNED;
		return;
	}
	row->state = ROW_NEEDY;
	if (!span_is(result, "name-needed") || letter->order)
		letters_say(l, SAY_REC_FIELDS, r, 0, 0, "plan");
}

/* An administrator's, or hopthud's own: nothing but this record begins it, and nobody approves. */
static void
on_order(struct letters *l, const struct record *r, int op)
{
	struct letter *letter;
	struct row *row;

	if (op < OP_AGENCY_ADD) {
		letters_say(l, SAY_REQ_NONE, r, record_int(r, RECORD_req), 0, NULL);
		return;
	}
	letter = begin(l, r, true);
	if (!letter)
		return;
	l->orders++;
	row = letter_add(letter, (uint64_t)record_int(r, RECORD_row));
	if (!row)
		return;
	(void)fill_row(l, letter, row, r, true);
	plan_row(l, letter, row, r);
	row->in_round = letter->round = letter->approved_round = 1;
	letter->whole = letter->approved = true;
}

static void
on_item(struct letters *l, const struct record *r)
{
	uint64_t *found;
	struct letter *letter;
	struct row *row;
	int op = record_op(r);

	if (!HAS(l, r, RECORD_req, RECORD_row, RECORD_op))
		return;
	found = table_find(&l->open, (uint64_t)record_int(r, RECORD_req));
	if (!found) {
		on_order(l, r, op);
		return;
	}
	letter = (struct letter *)(uintptr_t)*found;
	if (op < 0 || op >= OP_AGENCY_ADD) {
		letters_say(l, SAY_ROW_DIFFERS, r, letter->req, record_int(r, RECORD_row), "op");
		return;
	}
	row = letter_row(letter, (uint64_t)record_int(r, RECORD_row));
	if (row) {
		if (row->state != ROW_MOVED && row->state != ROW_AGAIN) {
			letters_say(l, SAY_ROW_STATE, r, letter->req, row->row, row_state_word(row->state));
			return;
		}
		if (fill_row(l, letter, row, r, false))
			plan_row(l, letter, row, r);
		return;
	}
	if (letter->whole) {
		letters_say(l, SAY_ROW_NONE, r, letter->req, record_int(r, RECORD_row), NULL);
		return;
	}
	row = letter_add(letter, (uint64_t)record_int(r, RECORD_row));
	if (!row) {
		letters_say(l, SAY_ROW_ORDER, r, letter->req, record_int(r, RECORD_row), NULL);
		return;
	}
	(void)fill_row(l, letter, row, r, true);
	plan_row(l, letter, row, r);
}

static void
on_name(struct letters *l, const struct record *r)
{
	struct letter *letter;
	struct row *row;

	if (!HAS(l, r, RECORD_req, RECORD_row, RECORD_plan, RECORD_opid) ||
	    !(letter = letters_of(l, r)) || !(row = letters_row(l, letter, r)))
		return;
	if (row->state != ROW_NEEDY) {
		letters_say(l, SAY_ROW_STATE, r, letter->req, row->row, row_state_word(row->state));
		return;
	}
	if (!fill_row(l, letter, row, r, false))
		return;
	plan_row(l, letter, row, r);
	names_add(&letter->namers, letters_key(r->actor));
}

/* --- plan and approval ------------------------------------------------------------------------ */

/* Nobody's word stands for it any more. */
static void
disallow(struct letter *letter)
{
	letter->approved = false;
	letter->approvers.count = 0;
}

static void
on_plan(struct letters *l, const struct record *r)
{
	struct letter *letter;
	uint8_t said[DIGEST_LEN], made[DIGEST_LEN];
	int64_t round = record_int(r, RECORD_round), count = record_int(r, RECORD_count);

	if (!HAS(l, r, RECORD_req) || !(letter = letters_of(l, r)))
		return;
	if (r->field[RECORD_target]) { /* its approver was revoked */
		disallow(letter);
		return;
	}
	letter->whole = true;
	if (round < letter->round || round > UINT32_MAX) {
		letters_say(l, SAY_PLAN_ROUND, r, letter->req, round, NULL);
		return;
	}
	letter->round = (uint32_t)round;
	if (!record_hex(r, RECORD_digest, said)) { /* rows wait for a name */
		disallow(letter);
		letter->has_digest = false;
		return;
	}
	if (!count) /* what was planned again failed: what is approved stays approved */
		return;
	disallow(letter);
	letter->needs = r->field[RECORD_needs] ? record_int(r, RECORD_needs) : 1;
	if (letter_digest(letter, made) != (uint64_t)count || memcmp(made, said, DIGEST_LEN))
		letters_say(l, SAY_PLAN_DIGEST, r, letter->req, 0, NULL);
	memcpy(letter->digest, said, DIGEST_LEN);
	letter->has_digest = true;
}

static void
on_approve(struct letters *l, const struct record *r)
{
	uint64_t who = letters_key(r->actor);
	AUTO(str) name = xstrndup(r->actor.s, r->actor.n);
	struct letter *letter;
	uint8_t digest[DIGEST_LEN];

	if (!HAS(l, r, RECORD_req, RECORD_digest, RECORD_round) || !(letter = letters_of(l, r)))
		return;
	l->approvals++;
	(void)record_hex(r, RECORD_digest, digest);
	if (letter->order || letter->approved || !letter->has_digest)
		letters_say(l, SAY_APPROVE_STATE, r, letter->req, 0, NULL);
	else if (memcmp(digest, letter->digest, DIGEST_LEN) ||
		 record_int(r, RECORD_round) != letter->round)
		letters_say(l, SAY_APPROVE_DIGEST, r, letter->req, 0, NULL);
	else if (who == letter->who)
		SAY(l->report, SAY_FOUR_EYES, r->seq, .a = letter->req, .s = name);
	else if (names_have(&letter->namers, who))
		SAY(l->report, SAY_NAMED_IT, r->seq, .a = letter->req, .s = name);
	else if (!names_have(&letter->approvers, who)) /* nobody counts twice */
		names_add(&letter->approvers, who);
	if (letter->approvers.count && (int64_t)letter->approvers.count >= letter->needs) {
		letter->approved = true;
		letter->approved_round = letter->round;
	}
}

/* Refused or taken back: of what is left nothing happens any more. */
static void
on_end(struct letters *l, const struct record *r)
{
	struct letter *letter;

	if (!HAS(l, r, RECORD_req) || !(letter = letters_of(l, r)))
		return;
	letters_close(l, letter);
}

static void
on_retry(struct letters *l, const struct record *r)
{
	struct letter *letter;

	if (!HAS(l, r, RECORD_req) || !(letter = letters_of(l, r)))
		return;
	letter_again(letter);
}

void
letters_add(struct letters *l, const struct record *r)
{
	switch ((enum event_type)r->event) {
	case EVENT_REQUEST:
		on_request(l, r);
		break;
	case EVENT_ITEM:
		on_item(l, r);
		break;
	case EVENT_NAME:
		on_name(l, r);
		break;
	case EVENT_PLAN:
		on_plan(l, r);
		break;
	case EVENT_APPROVE:
		on_approve(l, r);
		break;
	case EVENT_REFUSE:
	case EVENT_CANCEL:
		on_end(l, r);
		break;
	case EVENT_RETRY:
		on_retry(l, r);
		break;
	case EVENT_INTENT:
		letters_on_intent(l, r);
		break;
	case EVENT_RESOLVE:
		letters_on_resolve(l, r);
		break;
	case EVENT_HOLD:
		letters_on_hold(l, r);
		break;
	case EVENT_OUTCOME:
		letters_on_outcome(l, r);
		break;
	case EVENT_GENESIS:
	case EVENT_CONFIG:
	case EVENT_START:
	case EVENT_STOP:
	case EVENT_HEARTBEAT:
	case EVENT_AUTH_OK:
	case EVENT_AUTH_FAIL:
	case EVENT_DRIFT:
	case EVENT_OPERATOR:
	case EVENT_AGENCY:
	case EVENT_READ:
	case EVENT_ANCHOR:
	case EVENT_INCARNATION:
	case EVENT_EXPORT:
	case EVENT_ERASE:
	case EVENT_ACCEPT:
	case EVENT_COUNT:
		break;
	}
}

static void
tell_open(void *arg, uint64_t seq, uint64_t value)
{
	struct letters *l = arg;

	(void)value;
	SAY(l->report, SAY_OPEN, (int64_t)seq);
}

void
letters_end(struct letters *l)
{
	table_each(&l->intents, tell_open, l);
}
