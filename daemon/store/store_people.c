/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may do something (operators), for whom (agencies), and what they got (addresses, mailboxes). */
#include <string.h>

#include "daemon/store/store_private.h"

/* --- operators --- */

static void
read_operator(sqlite3_stmt *st, struct operator *o, struct arena *a)
{
	*o = (struct operator){
		.name = store_text(st, 0, a),
		.full_name = store_text(st, 1, a),
		.roles = sqlite3_column_int(st, 2),
		.agency = store_text(st, 3, a),
		.uid = sqlite3_column_type(st, 4) == SQLITE_NULL ? -1 : sqlite3_column_int64(st, 4),
		.scram = store_text(st, 5, a),
		.created_at = sqlite3_column_int64(st, 6),
		.revoked_at = sqlite3_column_int64(st, 7),
		.in_directory = sqlite3_column_int(st, 8),
	};
}

static int
one_operator(struct store *s, sqlite3_stmt *st, struct operator *o, struct arena *a)
{
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_operator(st, o, a);
	store_reset(st);
	return rc == 1;
}

int
store_operator(struct store *s, const char *name, struct operator *o, struct arena *a)
{
	return one_operator(s, store_bind(s, SQL_OPERATOR_GET, "s", name), o, a);
}

int
store_operator_by_uid(struct store *s, int64_t uid, struct operator *o, struct arena *a)
{
	return one_operator(s, store_bind(s, SQL_OPERATOR_BY_UID, "i", uid), o, a);
}

int
store_operators(struct store *s, void (*each)(void *, const struct operator *), void *arg,
		struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_OPERATOR_ALL, "");
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) a = arena_new();
		struct operator o;

		read_operator(st, &o, a);
		each(arg, &o);
	}
	store_reset(st);
	return rc;
}

int
store_put_operator(struct store *s, const struct operator *o, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_OPERATOR_PUT, "ssisisiii", o->name, o->full_name,
				      (int64_t)o->roles, o->agency, o->uid, o->scram, o->created_at,
				      o->revoked_at, (int64_t)o->in_directory);

	if (o->uid < 0)
		sqlite3_bind_null(st, 5);
	return store_run(s, st, e);
}

/* --- agencies --- */

static void
read_agency(sqlite3_stmt *st, struct agency *g, struct arena *a)
{
	*g = (struct agency){ store_text(st, 0, a), store_text(st, 1, a), store_text(st, 2, a),
			      store_text(st, 3, a) };
}

int
store_agency(struct store *s, const char *code, struct agency *g, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_AGENCY_GET, "s", code);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_agency(st, g, a);
	store_reset(st);
	return rc == 1;
}

int
store_agencies(struct store *s, void (*each)(void *, const struct agency *), void *arg,
	       struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_AGENCY_ALL, "");
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) a = arena_new();
		struct agency g;

		read_agency(st, &g, a);
		each(arg, &g);
	}
	store_reset(st);
	return rc;
}

int
store_add_agency(struct store *s, const struct agency *g, struct err *e)
{
	return store_run(s,
			 store_bind(s, SQL_AGENCY_ADD, "ssss", g->code, g->name, g->kind, g->parent),
			 e);
}

/* --- registry --- */

static const char *const address_words[] = { "free", "reserved", "active", "foreign" };

enum address_state
store_address(struct store *s, const char *login, int64_t *request)
{
	sqlite3_stmt *st = store_bind(s, SQL_ADDRESS_GET, "s", login);
	enum address_state state = ADDRESS_FREE;

	if (store_row(s, st, NULL) == 1) {
		const char *of_request = store_peek(st, 2);
		bool withdrawn = !strcmp(of_request, state_word(STATE_REFUSED)) ||
				 !strcmp(of_request, state_word(STATE_CANCELLED));

		state = !strcmp(store_peek(st, 0), address_words[ADDRESS_ACTIVE]) ? ADDRESS_ACTIVE :
			!strcmp(store_peek(st, 0), address_words[ADDRESS_FOREIGN]) ?
										    ADDRESS_FOREIGN :
			withdrawn ? ADDRESS_FREE : ADDRESS_RESERVED;
		if (request)
			*request = sqlite3_column_int64(st, 1);
	}
	store_reset(st);
	return state;
}

int
store_take_address(struct store *s, const char *login, enum address_state state, int64_t request,
		   const char *person, struct err *e)
{
	return store_run(s,
			 store_bind(s, SQL_ADDRESS_PUT, "ssis", login, address_words[state], request,
				    person),
			 e);
}

/* --- mailboxes --- */

static void
read_mailbox(sqlite3_stmt *st, struct mailbox *m, struct arena *a)
{
	*m = (struct mailbox){
		.login = store_text(st, 0, a),
		.address = store_text(st, 1, a),
		.person = store_text(st, 2, a),
		.full_name = store_text(st, 3, a),
		.agency = store_text(st, 4, a),
		.kind = store_text(st, 5, a),
		.status = (enum status)status_from(store_peek(st, 6)),
		.login_allowed = sqlite3_column_int(st, 7),
		.delivery_allowed = sqlite3_column_int(st, 8),
		.title = store_text(st, 9, a),
		.unit = store_text(st, 10, a),
		.phone = store_text(st, 11, a),
		.rank = store_text(st, 12, a),
		.quota = sqlite3_column_int64(st, 13),
		.opid = store_text(st, 14, a),
		.entry_uuid = store_text(st, 15, a),
		.request = sqlite3_column_int64(st, 16),
		.updated_at = sqlite3_column_int64(st, 17),
	};
}

int
store_mailbox(struct store *s, const char *login, struct mailbox *m, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_MAILBOX_GET, "s", login);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_mailbox(st, m, a);
	store_reset(st);
	return rc == 1;
}

int
store_put_mailbox(struct store *s, const struct mailbox *m, struct err *e)
{
	return store_run(
		s,
		store_bind(s, SQL_MAILBOX_PUT, "sssssssiissssissii", m->login, m->address, m->person,
			   m->full_name, m->agency, m->kind, status_word(m->status),
			   (int64_t)m->login_allowed, (int64_t)m->delivery_allowed, m->title, m->unit,
			   m->phone, m->rank, m->quota, m->opid, m->entry_uuid, m->request,
			   m->updated_at),
		e);
}

int
store_mailboxes(struct store *s, const struct mailbox_query *q,
		void (*each)(void *, const struct mailbox *), void *arg, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_MAILBOX_LIST, "ssssi", q->after ? q->after : "",
				      q->agency, q->status < 0 ? NULL : status_word(q->status), q->q,
				      (int64_t)q->limit);
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) a = arena_new();
		struct mailbox m;

		read_mailbox(st, &m, a);
		each(arg, &m);
	}
	store_reset(st);
	return rc;
}

int
store_mailbox_counts(struct store *s, const char *agency, int64_t *counts, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_MAILBOX_COUNTS, "s", agency);
	int rc;

	memset(counts, 0, STATUS_COUNT * sizeof(*counts));
	while ((rc = store_row(s, st, e)) == 1) {
		int status = status_from(store_peek(st, 0));

		if (status >= 0)
			counts[status] = sqlite3_column_int64(st, 1);
	}
	store_reset(st);
	return rc;
}
