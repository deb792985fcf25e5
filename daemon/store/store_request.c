/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/store/store_private.h"

static const char *const kinds[] = { "letter", "order" };

static void
read_request(sqlite3_stmt *st, int c, struct request *r, struct arena *a)
{
	*r = (struct request){
		.id = sqlite3_column_int64(st, c),
		.kind = strcmp(store_peek(st, c + 1), kinds[REQUEST_ORDER]) ? REQUEST_LETTER :
									       REQUEST_ORDER,
		.agency = store_text(st, c + 2, a),
		.letter = store_text(st, c + 3, a),
		.date = store_text(st, c + 4, a),
		.signer = store_text(st, c + 5, a),
		.reason = store_text(st, c + 6, a),
		.channel = store_text(st, c + 7, a),
		.declared = sqlite3_column_int64(st, c + 8),
		.state = (enum state)state_from(store_peek(st, c + 9)),
		.digest = store_text(st, c + 10, a),
		.round = sqlite3_column_int64(st, c + 11),
		.items = sqlite3_column_int64(st, c + 12),
		.open = sqlite3_column_int64(st, c + 13),
		.failed = sqlite3_column_int64(st, c + 14),
		.submitter = store_text(st, c + 15, a),
		.approver = store_text(st, c + 16, a),
		.refusal = store_text(st, c + 17, a),
		.submitted_at = sqlite3_column_int64(st, c + 18),
		.approved_at = sqlite3_column_int64(st, c + 19),
		.ended_at = sqlite3_column_int64(st, c + 20),
		.domain = store_text(st, c + 21, a),
		.signer_title = store_text(st, c + 22, a),
		.requester = store_text(st, c + 23, a),
		.requester_phone = store_text(st, c + 24, a),
		.contact = store_text(st, c + 25, a),
		.attachment = store_text(st, c + 26, a),
		.policy = store_text(st, c + 27, a),
		.due_at = sqlite3_column_int64(st, c + 28),
		.needs = sqlite3_column_int64(st, c + 29),
		.first_approver = store_text(st, c + 30, a),
		.namers = store_text(st, c + 31, a),
		.moves = sqlite3_column_int64(st, c + 32),
		.erased = sqlite3_column_int64(st, c + 33),
	};
}

int
store_add_request(struct store *s, struct request *r, struct err *e)
{
	sqlite3_stmt *st = store_bind(
		s, SQL_REQUEST_ADD, "sssssssissiiiisssiiisssssssiis", kinds[r->kind], r->agency, r->letter,
		r->date, r->signer, r->reason, r->channel, r->declared, state_word((int)r->state),
		r->digest, r->round, r->items, r->open, r->failed, r->submitter, r->approver,
		r->refusal, r->submitted_at, r->approved_at, r->ended_at, r->domain, r->signer_title,
		r->requester, r->requester_phone, r->contact, r->attachment, r->policy, r->due_at,
		r->needs, r->first_approver);
	int rc = store_row(s, st, e);

	if (rc == 1)
		r->id = sqlite3_column_int64(st, 0);
	store_reset(st);
	s->changed = true;
	return rc == 1 ? 0 : -1;
}

int
store_request(struct store *s, int64_t id, struct request *r, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_REQUEST_GET, "i", id);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_request(st, 0, r, a);
	store_reset(st);
	return rc == 1;
}

int
store_put_request(struct store *s, const struct request *r, struct err *e)
{
	return store_run(s,
			 store_bind(s, SQL_REQUEST_PUT, "issiiiissiiiissi", r->id,
				    state_word((int)r->state), r->digest, r->round, r->items,
				    r->open, r->failed, r->approver, r->refusal, r->approved_at,
				    r->ended_at, r->due_at, r->needs, r->first_approver,
				    r->namers, r->moves),
			 e);
}

int
store_requests(struct store *s, const struct request_query *q,
	       void (*each)(void *, const struct request *), void *arg, struct err *e)
{
	sqlite3_stmt *st =
		q->open_only ?
			store_bind(s, SQL_REQUEST_OPEN, "issi", q->before, q->agency, q->submitter,
				   (int64_t)q->limit) :
			store_bind(s, SQL_REQUEST_LIST, "isssi", q->before ? q->before : INT64_MAX,
				   q->agency, q->submitter,
				   q->state < 0 ? NULL : state_word(q->state), (int64_t)q->limit);
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) a = arena_new();
		struct request r;

		read_request(st, 0, &r, a);
		each(arg, &r);
	}
	store_reset(st);
	return rc;
}

static int
each_id(struct store *s, sqlite3_stmt *st, void (*each)(void *, int64_t), void *arg, struct err *e)
{
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, sqlite3_column_int64(st, 0));
	store_reset(st);
	return rc;
}

int
store_ready(struct store *s, int64_t now, int limit, void (*each)(void *, int64_t), void *arg,
	    struct err *e)
{
	return each_id(s, store_bind(s, SQL_REQUEST_READY, "ii", now, (int64_t)limit), each, arg, e);
}

int
store_disallow(struct store *s, const char *approver, void (*each)(void *, int64_t), void *arg,
	       struct err *e)
{
	s->changed = true;
	return each_id(s, store_bind(s, SQL_REQUEST_DISALLOW, "s", approver), each, arg, e);
}

bool
store_has_intent(struct store *s, int64_t request)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_INTENT, "i", request);
	bool has = store_row(s, st, NULL) == 1;

	store_reset(st);
	return has;
}

int64_t
store_failed(struct store *s, int64_t request)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_FAILED, "i", request);
	int64_t n = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return n;
}

int
store_requeue(struct store *s, int64_t request, bool again, int64_t at, struct err *e)
{
	return store_run(s, store_bind(s, SQL_ITEM_REQUEUE, "iii", request, at, (int64_t)again), e);
}

int64_t
store_letter_moves(struct store *s, const char *agency, const char *letter, const char *date,
		   int64_t id)
{
	sqlite3_stmt *st = store_bind(s, SQL_REQUEST_MOVES, "sssi", agency, letter, date, id);
	int64_t n = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return n;
}

int64_t
store_overdue(struct store *s, const char *agency, int64_t now, int64_t *oldest)
{
	sqlite3_stmt *st = store_bind(s, SQL_REQUEST_OVERDUE, "is", now, agency);
	bool row = store_row(s, st, NULL) == 1;
	int64_t n = row ? sqlite3_column_int64(st, 0) : 0;

	*oldest = row ? sqlite3_column_int64(st, 1) : 0;
	store_reset(st);
	return n;
}

int64_t
store_oldest_open(struct store *s)
{
	sqlite3_stmt *st = store_bind(s, SQL_REQUEST_OLDEST, "");
	int64_t t = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return t;
}

/* --- items --- */

static void
read_item(sqlite3_stmt *st, struct item *i, struct arena *a)
{
	*i = (struct item){
		.id = sqlite3_column_int64(st, 0),
		.request = sqlite3_column_int64(st, 1),
		.row = sqlite3_column_int64(st, 2),
		.round = sqlite3_column_int64(st, 3),
		.op = (enum op)op_from(store_peek(st, 4)),
		.ref = store_text(st, 5, a),
		.login = store_text(st, 6, a),
		.address = store_text(st, 7, a),
		.person = store_text(st, 8, a),
		.full_name = store_text(st, 9, a),
		.state = (enum state)state_from(store_peek(st, 10)),
		.error = store_text(st, 11, a),
		.due = sqlite3_column_int64(st, 12),
		.opid = store_text(st, 13, a),
		.plan = store_text(st, 14, a),
		.input = store_text(st, 16, a),
		.tried = sqlite3_column_int(st, 17),
		.intent = sqlite3_column_int64(st, 18),
		.updated_at = sqlite3_column_int64(st, 19),
		.record = sqlite3_column_int64(st, 20),
	};
	if (sqlite3_column_bytes(st, 15) == DIGEST_LEN)
		memcpy(i->plan_sha, sqlite3_column_blob(st, 15), DIGEST_LEN);
}

int
store_add_item(struct store *s, struct item *i, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_ADD, "iiissssssssissbsiii", i->request, i->row,
				      i->round, op_word((int)i->op), i->ref, i->login, i->address,
				      i->person, i->full_name, state_word((int)i->state), i->error,
				      i->due, i->opid, i->plan, i->plan_sha, (size_t)DIGEST_LEN,
				      i->input, (int64_t)i->tried, i->intent, i->updated_at);
	int rc = store_row(s, st, e);

	if (rc == 1)
		i->id = sqlite3_column_int64(st, 0);
	store_reset(st);
	s->changed = true;
	return rc == 1 ? 0 : -1;
}

int
store_put_item(struct store *s, const struct item *i, struct err *e)
{
	return store_run(s,
			 store_bind(s, SQL_ITEM_PUT, "issiiiii", i->id, state_word((int)i->state),
				    i->error, i->due, (int64_t)i->tried, i->intent, i->updated_at,
				    i->record),
			 e);
}

int
store_plan_item(struct store *s, const struct item *i, struct err *e)
{
	return store_run(s,
			 store_bind(s, SQL_ITEM_PLAN, "iissssb", i->id, i->round, i->login,
				    i->address, i->opid, i->plan, i->plan_sha, (size_t)DIGEST_LEN),
			 e);
}

bool
store_has_needy(struct store *s, int64_t request)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_NEEDY, "i", request);
	bool has = store_row(s, st, NULL) == 1;

	store_reset(st);
	return has;
}

static int
one_item(struct store *s, sqlite3_stmt *st, struct item *i, struct arena *a)
{
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_item(st, i, a);
	store_reset(st);
	return rc == 1;
}

int
store_item(struct store *s, int64_t id, struct item *i, struct arena *a)
{
	return one_item(s, store_bind(s, SQL_ITEM_GET, "i", id), i, a);
}

int
store_item_by_row(struct store *s, int64_t request, int64_t row, struct item *i, struct arena *a)
{
	return one_item(s, store_bind(s, SQL_ITEM_BY_ROW, "ii", request, row), i, a);
}

int
store_item_of(struct store *s, const char *login, const char *opid, struct item *i, struct arena *a)
{
	return one_item(s, store_bind(s, SQL_ITEM_OF_OPID, "ss", login, opid), i, a);
}

int
store_erased_item_of(struct store *s, const char *opid, struct item *i, struct arena *a)
{
	return one_item(s, store_bind(s, SQL_ITEM_ERASED_OPID, "s", opid), i, a);
}

int
store_find_ref(struct store *s, const char *agency, const char *letter, const char *date,
	       const char *ref, struct item *i, struct arena *a)
{
	return one_item(s, store_bind(s, SQL_ITEM_REF, "ssss", agency, letter, date, ref), i, a);
}

bool
store_letter_known(struct store *s, const char *agency, const char *letter, const char *date,
		   int64_t id, bool coming_in)
{
	sqlite3_stmt *st = store_bind(s, SQL_REQUEST_OF_LETTER, "sssii", agency, letter, date, id,
				      (int64_t)coming_in);
	bool known = store_row(s, st, NULL) == 1;

	store_reset(st);
	return known;
}

int64_t
store_waiting(struct store *s, const char *full_name, const char *agency)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_WAITING, "ss", full_name, agency);
	int64_t id = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return id;
}

static int
each_item(struct store *s, sqlite3_stmt *st, void (*each)(void *, const struct item *), void *arg,
	  struct err *e)
{
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) a = arena_new();
		struct item i;

		read_item(st, &i, a);
		each(arg, &i);
	}
	store_reset(st);
	return rc;
}

int
store_items(struct store *s, int64_t request, int64_t round, int64_t from_row, int limit,
	    void (*each)(void *, const struct item *), void *arg, struct err *e)
{
	return each_item(s,
			 store_bind(s, SQL_ITEM_LIST, "iiii", request, from_row, round,
				    (int64_t)limit),
			 each, arg, e);
}

int64_t
store_plan_count(struct store *s, int64_t request, int64_t round)
{
	sqlite3_stmt *st = store_bind(s, SQL_PLAN_COUNT, "ii", request, round);
	int64_t n = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return n;
}

void
store_plan_hashes(struct store *s, int64_t request, int64_t round,
		  void (*each)(void *, int64_t, const uint8_t[DIGEST_LEN]), void *arg)
{
	sqlite3_stmt *st = store_bind(s, SQL_PLAN_HASHES, "ii", request, round);

	while (store_row(s, st, NULL) == 1)
		if (sqlite3_column_bytes(st, 1) == DIGEST_LEN)
			each(arg, sqlite3_column_int64(st, 0), sqlite3_column_blob(st, 1));
	store_reset(st);
}

int
store_items_in(struct store *s, int64_t request, enum state state, int64_t due_before,
	       int64_t after_row, int limit, void (*each)(void *, const struct item *), void *arg,
	       struct err *e)
{
	return each_item(s,
			 store_bind(s, SQL_ITEM_IN_STATE, "isiii", request, state_word((int)state),
				    after_row, due_before, (int64_t)limit),
			 each, arg, e);
}

int
store_items_adrift(struct store *s, void (*each)(void *, const struct item *), void *arg,
		   struct err *e)
{
	return each_item(s, store_bind(s, SQL_ITEM_ADRIFT, ""), each, arg, e);
}

int
store_item_counts(struct store *s, int64_t request, int64_t now, int64_t *counts, struct err *e)
{
	sqlite3_stmt *st = request ? store_bind(s, SQL_ITEM_COUNTS, "ii", request, now) :
				     store_bind(s, SQL_ITEM_COUNTS_OPEN, "i", now);
	int rc;

	memset(counts, 0, STATE_COUNT * sizeof(*counts));
	while ((rc = store_row(s, st, e)) == 1) {
		int state = state_from(store_peek(st, 0));

		if (state >= 0)
			counts[state] = sqlite3_column_int64(st, 1);
	}
	store_reset(st);
	return rc;
}

int64_t
store_next_due(struct store *s, int64_t now)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_DUE, "i", now);
	int64_t due = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return due;
}

int
store_history(struct store *s, const char *login, int limit,
	      void (*each)(void *, const struct item *, const struct request *), void *arg,
	      struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_HISTORY, "si", login, (int64_t)limit);
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) a = arena_new();
		struct request r;
		struct item i;

		read_item(st, &i, a);
		read_request(st, 21, &r, a);
		each(arg, &i, &r);
	}
	store_reset(st);
	return rc;
}
