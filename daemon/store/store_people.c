/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may do something (operators), for whom (agencies), and what they got (addresses, mailboxes). */
#include <string.h>

#include "daemon/base/clock.h"
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

static const char *const address_words[] = { "free", "reserved", "active", "alias", "foreign",
					     "tombstone" };

const char *
address_state_word(enum address_state state)
{
	return address_words[state];
}

int
address_state_from(const char *word)
{
	for (int i = 0; i <= ADDRESS_TOMBSTONE; i++)
		if (!strcmp(word, address_words[i]))
			return i;
	return -1;
}

/* A promise is void when its letter was withdrawn: then the address is what it was before. */
static enum address_state
address_state(const char *word, const char *of_request, int64_t ended_at)
{
	int state = address_state_from(word);

	if (state == ADDRESS_RESERVED && (!strcmp(of_request, state_word(STATE_REFUSED)) ||
					  !strcmp(of_request, state_word(STATE_CANCELLED))))
		return ended_at ? ADDRESS_TOMBSTONE : ADDRESS_FREE;
	return state < 0 ? ADDRESS_FOREIGN : (enum address_state)state;
}

enum address_state
store_address(struct store *s, const char *local, int64_t *request)
{
	sqlite3_stmt *st = store_bind(s, SQL_ADDRESS_GET, "s", local);
	enum address_state state = ADDRESS_FREE;

	if (store_row(s, st, NULL) == 1) {
		state = address_state(store_peek(st, 3), store_peek(st, 10),
				      sqlite3_column_int64(st, 9));
		if (request)
			*request = sqlite3_column_int64(st, 5);
	}
	store_reset(st);
	return state;
}

static void
read_address(sqlite3_stmt *st, struct address *a, struct arena *arena)
{
	*a = (struct address){
		.local = store_text(st, 0, arena),
		.domain = store_text(st, 1, arena),
		.login = store_text(st, 2, arena),
		.state = address_state(store_peek(st, 3), store_peek(st, 10),
				       sqlite3_column_int64(st, 9)),
		.person = store_text(st, 4, arena),
		.request = sqlite3_column_int64(st, 5),
		.reserved_at = sqlite3_column_int64(st, 6),
		.active_at = sqlite3_column_int64(st, 7),
		.alias_at = sqlite3_column_int64(st, 8),
		.ended_at = sqlite3_column_int64(st, 9),
	};
}

int
store_find_address(struct store *s, const char *local, struct address *a, struct arena *arena)
{
	sqlite3_stmt *st = store_bind(s, SQL_ADDRESS_GET, "s", local);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_address(st, a, arena);
	store_reset(st);
	return rc == 1;
}

static int64_t
now(void)
{
	return (int64_t)(clock_wall_us() / 1000000);
}

int
store_put_address(struct store *s, const struct address *a, const char *shape, struct err *e)
{
	return store_run(s,
			 store_bind(s, SQL_ADDRESS_PUT, "ssssissi", a->local, a->domain, a->login,
				    address_words[a->state], a->request, a->person, shape, now()),
			 e);
}

int
store_end_addresses(struct store *s, const char *login, int64_t request, struct err *e)
{
	return store_run(s, store_bind(s, SQL_ADDRESS_END, "sii", login, request, now()), e);
}

static int
each_address(struct store *s, sqlite3_stmt *st, void (*each)(void *, const struct address *),
	     void *arg, struct err *e)
{
	int rc;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) arena = arena_new();
		struct address a;

		read_address(st, &a, arena);
		each(arg, &a);
	}
	store_reset(st);
	return rc;
}

void
store_alike(struct store *s, const char *shape, int limit,
	    void (*each)(void *, const char *), void *arg)
{
	sqlite3_stmt *st = store_bind(s, SQL_ADDRESS_ALIKE, "si", shape, (int64_t)limit);

	while (store_row(s, st, NULL) == 1)
		each(arg, store_peek(st, 0));
	store_reset(st);
}

int
store_addresses(struct store *s, const struct address_query *q,
		void (*each)(void *, const struct address *), void *arg, struct err *e)
{
	return each_address(s,
			    store_bind(s, SQL_ADDRESS_LIST, "ssssi", q->after ? q->after : "",
				       q->state < 0 ? NULL : address_words[q->state], q->domain, q->q,
				       (int64_t)q->limit),
			    each, arg, e);
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
		.custodian = store_text(st, 18, a),
		.aliases = store_text(st, 19, a),
		.purge_due = store_text(st, 20, a),
	};
}

const char *
store_kept_by(struct store *s, const char *custodian, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_MAILBOX_KEPT_BY, "s", custodian);
	const char *address = store_row(s, st, NULL) == 1 ? store_text(st, 0, a) : NULL;

	store_reset(st);
	return address;
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
store_mailbox_by_uuid(struct store *s, const char *uuid, struct mailbox *m, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_MAILBOX_BY_UUID, "s", uuid);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_mailbox(st, m, a);
	store_reset(st);
	return rc == 1;
}

int
store_mailbox_named(struct store *s, const char *full_name, const char *agency,
		    struct mailbox *m, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_MAILBOX_NAMED, "ss", full_name, agency);
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
		store_bind(s, SQL_MAILBOX_PUT, "sssssssiissssissiisss", m->login, m->address, m->person,
			   m->full_name, m->agency, m->kind, status_word(m->status),
			   (int64_t)m->login_allowed, (int64_t)m->delivery_allowed, m->title, m->unit,
			   m->phone, m->rank, m->quota, m->opid, m->entry_uuid, m->request,
			   m->updated_at, m->custodian, m->aliases, m->purge_due),
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
