/* SPDX-License-Identifier: BSD-2-Clause */
/* What is begun, and what becomes of it. */
#include <string.h>

#include "tools/verify/verify_letter_private.h"

/* What is begun is what was planned, and somebody else said so. */
static void
check_allowed(struct letters *l, const struct letter *letter, const struct row *row,
	      const struct record *r)
{
	struct span as = record_str(r, RECORD_as);
	AUTO(str) name = xstrndup(as.s ? as.s : "", as.n);
	uint8_t plan[DIGEST_LEN];
	const char *differs = NULL;

	(void)record_hex(r, RECORD_plan, plan);
	if (memcmp(plan, row->plan, DIGEST_LEN))
		differs = "plan";
	else if (letters_key(record_str(r, RECORD_opid)) != row->opid)
		differs = "opid";
	else if (record_op(r) != row->op)
		differs = "op";
	else if (letters_key(record_str(r, RECORD_subj)) != row->subj)
		differs = "subj";
	if (differs) {
		letters_say(l, SAY_ROW_DIFFERS, r, letter->req, row->row, differs);
		return;
	}
	if (!letter->approved)
		letters_say(l, SAY_UNAPPROVED, r, letter->req, row->row, NULL);
	else if (!row->in_round || row->in_round > letter->approved_round)
		letters_say(l, SAY_NOT_IN_PLAN, r, letter->req, row->row, NULL);
	else if (record_int(r, RECORD_round) != row->in_round)
		letters_say(l, SAY_ROW_DIFFERS, r, letter->req, row->row, "round");
	else if (letters_key(as) != (letter->order ? letter->who : names_last(&letter->approvers)))
		letters_say(l, SAY_WRONG_NAME, r, letter->req, row->row, name);
}

void
letters_on_intent(struct letters *l, const struct record *r)
{
	struct letter *letter;
	struct intent *i;
	struct row *row;

	if (!HAS(l, r, RECORD_req, RECORD_row, RECORD_op, RECORD_opid, RECORD_plan))
		return;
	l->begun++;
	i = xcalloc(1, sizeof(*i));
	*i = (struct intent){ .req = record_int(r, RECORD_req), .row = (uint32_t)record_int(r, RECORD_row),
			      .op = record_op(r), .opid = letters_key(record_str(r, RECORD_opid)),
			      .subj = letters_key(record_str(r, RECORD_subj)) };
	table_put(&l->intents, (uint64_t)r->seq, (uint64_t)(uintptr_t)i);
	if (!(letter = letters_of(l, r)) || !(row = letters_row(l, letter, r)))
		return;
	if (row->state != ROW_PLANNED && (row->state != ROW_AGAIN || row->open))
		letters_say(l, SAY_ROW_STATE, r, letter->req, row->row, row_state_word(row->state));
	else
		check_allowed(l, letter, row, r);
	row->state = ROW_RUNNING;
	row->open = true;
}

/* The intent that a record names and that is open; NULL, which is said, when there is none, or when
 * it is of something else. */
static struct intent *
intent_of(struct letters *l, const struct record *r)
{
	int64_t seq = record_int(r, RECORD_intent);
	uint64_t *found = seq ? table_find(&l->intents, (uint64_t)seq) : NULL;
	const struct intent *i;
	const char *differs = NULL;

	if (!found) {
		letters_say(l, SAY_OUTCOME_NONE, r, seq, 0, NULL);
		return NULL;
	}
	i = (const struct intent *)(uintptr_t)*found;
	if (i->req != record_int(r, RECORD_req))
		differs = "req";
	else if (i->row != (uint64_t)record_int(r, RECORD_row))
		differs = "row";
	else if (i->op != record_op(r))
		differs = "op";
	else if (i->opid != letters_key(record_str(r, RECORD_opid)))
		differs = "opid";
	else if (i->subj != letters_key(record_str(r, RECORD_subj)))
		differs = "subj";
	if (differs)
		SAY(l->report, SAY_OUTCOME_DIFFERS, r->seq, .a = seq, .s = differs);
	return (struct intent *)(uintptr_t)*found;
}

/* The row of an intent, if its letter is still open. */
static struct row *
row_of_intent(struct letters *l, const struct intent *i, struct letter **letter)
{
	uint64_t *found = table_find(&l->open, (uint64_t)i->req);

	*letter = found ? (struct letter *)(uintptr_t)*found : NULL;
	return found ? letter_row(*letter, i->row) : NULL;
}

void
letters_on_hold(struct letters *l, const struct record *r)
{
	struct intent *i = intent_of(l, r);
	struct letter *letter;
	struct row *row = i ? row_of_intent(l, i, &letter) : NULL;

	if (row)
		row->state = ROW_HELD;
}

void
letters_on_resolve(struct letters *l, const struct record *r)
{
	struct intent *i = intent_of(l, r);
	struct letter *letter;
	struct row *row = i ? row_of_intent(l, i, &letter) : NULL;

	if (!i)
		return;
	if (!row) {
		letters_say(l, SAY_ROW_NONE, r, i->req, i->row, NULL);
		return;
	}
	if (!row->open)
		letters_say(l, SAY_ROW_STATE, r, letter->req, row->row, row_state_word(row->state));
	else
		check_allowed(l, letter, row, r);
	row->state = ROW_RUNNING;
}

/* Rule 6: what is closed is final, but for what was planned after it. */
static void
check_closed(struct letters *l, const struct intent *i, const struct row *row, const struct record *r)
{
	uint64_t *at = i->subj ? table_find(&l->closed, i->subj) : NULL;

	if (at && (!row || row->planned_at < (int64_t)*at))
		letters_say(l, SAY_CLOSED, r, i->req, (int64_t)*at, NULL);
	if (i->subj && (i->op == OP_CLOSE || i->op == OP_PURGE))
		table_put(&l->closed, i->subj, (uint64_t)r->seq);
	else if (at)
		table_drop(&l->closed, i->subj);
}

void
letters_on_outcome(struct letters *l, const struct record *r)
{
	struct span result = record_str(r, RECORD_result);
	struct letter *letter = NULL;
	struct intent *i;
	struct row *row;
	enum row_state state;

	if (!HAS(l, r, RECORD_intent, RECORD_result, RECORD_req, RECORD_row, RECORD_op, RECORD_opid))
		return;
	if (!(i = intent_of(l, r)))
		return;
	row = row_of_intent(l, i, &letter);
	if (span_is(result, "done")) {
		l->done++;
		check_closed(l, i, row, r);
		state = ROW_DONE;
	} else if (span_is(result, "moved") || span_is(result, "given up")) {
		l->moved++;
		state = letter && letter->order ? ROW_FAILED : ROW_MOVED;
	} else {
		AUTO(str) word = xstrndup(result.s, result.n);

		l->failed++;
		state = ROW_FAILED;
		if (!span_is(result, "failed"))
			SAY(l->report, SAY_OUTCOME_RESULT, r->seq, .s = word);
	}
	table_drop(&l->intents, (uint64_t)record_int(r, RECORD_intent));
	free(i);
	if (!row)
		return;
	row->open = false;
	letter_set(letter, row, state);
	if (letter->whole && !letter->live)
		letters_close(l, letter);
}
