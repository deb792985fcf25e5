/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/base/clock.h"
#include "daemon/store/store_private.h"

/* --- entries as they were seen --------------------------------------------------------------- */

int
store_watched(struct store *s, const char *uuid, const char *dn, struct watched *w, struct arena *a)
{
	sqlite3_stmt *st = uuid ? store_bind(s, SQL_WATCHED_GET, "s", uuid) :
				  store_bind(s, SQL_WATCHED_OF, "s", dn);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		*w = (struct watched){ store_text(st, 0, a), store_text(st, 1, a),
				       store_text(st, 2, a) };
	store_reset(st);
	return rc == 1;
}

/* Runs it without making an act of the unit. */
static int
noted(struct store *s, sqlite3_stmt *st, struct err *e)
{
	bool changed = s->changed;
	int rc = store_run(s, st, e);

	s->changed = changed;
	return rc;
}

int
store_put_watched(struct store *s, const struct watched *w, struct err *e)
{
	return noted(s, store_bind(s, SQL_WATCHED_PUT, "sssi", w->uuid, w->dn, w->attrs,
				   (int64_t)clock_wall_us()), e);
}

int
store_drop_watched(struct store *s, const char *uuid, struct err *e)
{
	return noted(s, store_bind(s, SQL_WATCHED_DROP, "s", uuid), e);
}

int
store_note(struct store *s, const char *key, const char *value, struct err *e)
{
	return noted(s, store_bind(s, SQL_META_PUT, "ss", key, value), e);
}

static int
each_uuid(struct store *s, sqlite3_stmt *st, store_uuid_cb *each, void *arg)
{
	int rc, n = 0;

	while ((rc = store_row(s, st, NULL)) == 1) {
		each(arg, store_peek(st, 0), store_peek(st, 1), sqlite3_column_int64(st, 2));
		n++;
	}
	store_reset(st);
	return rc < 0 ? -1 : n;
}

int
store_watched_uuids(struct store *s, const char *after, int max, store_uuid_cb *each, void *arg)
{
	return each_uuid(s, store_bind(s, SQL_WATCHED_UUIDS, "si", after, (int64_t)max), each, arg);
}

int
store_mailbox_uuids(struct store *s, const char *after, int max, store_uuid_cb *each, void *arg)
{
	return each_uuid(s, store_bind(s, SQL_MAILBOX_UUIDS, "si", after, (int64_t)max), each, arg);
}

/* --- what others changed --------------------------------------------------------------------- */

static void
read_drift(sqlite3_stmt *st, struct drift *d, struct arena *a)
{
	*d = (struct drift){
		.seq = sqlite3_column_int64(st, 0),
		.dn = store_text(st, 1, a),
		.login = store_text(st, 2, a),
		.kind = store_text(st, 3, a),
		.state = store_text(st, 4, a),
		.attributes = store_text(st, 5, a),
		.csn = store_text(st, 6, a),
		.uuid = store_text(st, 7, a),
		.at = sqlite3_column_int64(st, 8),
		.request = sqlite3_column_int64(st, 9),
		.writer = store_text(st, 10, a),
		.session = store_text(st, 11, a),
		.written = store_text(st, 12, a),
	};
}

int
store_add_drift(struct store *s, const struct drift *d, struct err *e)
{
	return store_run(s, store_bind(s, SQL_DRIFT_ADD, "isssssssiisss", d->seq, d->dn, d->login,
				       d->kind, d->state, d->attributes, d->csn, d->uuid, d->at,
				       d->request, d->writer, d->session, d->written), e);
}

static sqlite3_stmt *
put(struct store *s, const struct drift *d)
{
	return store_bind(s, SQL_DRIFT_PUT, "isisss", d->seq, d->state, d->request, d->writer,
			  d->session, d->written);
}

int
store_put_drift(struct store *s, const struct drift *d, struct err *e)
{
	return store_run(s, put(s, d), e);
}

int
store_join_drift(struct store *s, const struct drift *d, struct err *e)
{
	return noted(s, put(s, d), e);
}

int
store_drift(struct store *s, int64_t seq, struct drift *d, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_DRIFT_GET, "i", seq);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		read_drift(st, d, a);
	store_reset(st);
	return rc == 1;
}

static int
each_drift(struct store *s, sqlite3_stmt *st, store_drift_cb *each, void *arg, struct err *e)
{
	int rc, n = 0;

	while ((rc = store_row(s, st, e)) == 1) {
		AUTO(arena) a = arena_new();
		struct drift d;

		read_drift(st, &d, a);
		each(arg, &d);
		n++;
	}
	store_reset(st);
	return rc < 0 ? -1 : n;
}

int
store_drifts(struct store *s, const char *state, int64_t before, int limit, store_drift_cb *each,
	     void *arg, struct err *e)
{
	int64_t seq = before ? before : INT64_MAX;
	sqlite3_stmt *st = state ? store_bind(s, SQL_DRIFT_IN_STATE, "iis", seq, (int64_t)limit, state) :
				   store_bind(s, SQL_DRIFT_LIST, "ii", seq, (int64_t)limit);

	return each_drift(s, st, each, arg, e);
}

int
store_open_drifts(struct store *s, const char *dn, int limit, store_drift_cb *each, void *arg)
{
	return each_drift(s, store_bind(s, SQL_DRIFT_OPEN_OF, "si", dn, (int64_t)limit), each, arg, NULL);
}

int
store_drifts_of(struct store *s, int64_t request, const char *login, int limit,
		store_drift_cb *each, void *arg)
{
	return each_drift(s, store_bind(s, SQL_DRIFT_OF_REQUEST, "isi", request, login, (int64_t)limit),
			  each, arg, NULL);
}

int64_t
store_drift_of_write(struct store *s, const char *uuid, const char *csn)
{
	sqlite3_stmt *st = store_bind(s, SQL_DRIFT_OF_WRITE, "ss", uuid, csn);
	int64_t seq = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return seq;
}

int
store_erase_drift(struct store *s, const char *login, const char *person, const char *dn,
		  struct err *e)
{
	return store_run(s, store_bind(s, SQL_DRIFT_ERASE, "ss", login, person), e) ||
			       store_run(s, store_bind(s, SQL_WATCHED_ERASE, "s", dn), e) ? -1 : 0;
}

int64_t
store_drift_count(struct store *s)
{
	sqlite3_stmt *st = store_bind(s, SQL_DRIFT_COUNT, "");
	int64_t n = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return n;
}
