/* SPDX-License-Identifier: BSD-2-Clause */
/* A person's values leave the tables: rows stay, so that whatever reads them still works. */
#include "daemon/store/store_private.h"

int
store_erase_openings(struct store *s, int64_t seq, const char *field, int64_t *count, struct err *e)
{
	if (store_run(s, store_bind(s, SQL_OPENING_ERASE, "is", seq, field), e))
		return -1;
	*count += sqlite3_changes(s->db);
	return 0;
}

int
store_has_openings(struct store *s, int64_t seq, const char *field, int64_t *count, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_OPENING_COUNT, "is", seq, field);
	int rc = store_row(s, st, e);

	if (rc == 1)
		*count = sqlite3_column_int64(st, 0);
	store_reset(st);
	return rc == 1 ? 0 : -1;
}

int
store_erase_item(struct store *s, int64_t id, const char *person, struct err *e)
{
	return store_run(s, store_bind(s, SQL_ITEM_ERASE, "iss", id, person, ERASED), e);
}

int
store_erase_mailbox(struct store *s, const char *login, const char *person, struct err *e)
{
	return store_run(s, store_bind(s, SQL_MAILBOX_ERASE, "sss", login, person, ERASED), e);
}

int
store_erase_addresses(struct store *s, const char *local, const char *person, struct err *e)
{
	return store_run(s, store_bind(s, SQL_ADDRESS_UNPROMISE, "ss", local, person), e) ||
			       store_run(s, store_bind(s, SQL_ADDRESS_ERASE, "ss", local, person), e) ?
		       -1 : 0;
}

int
store_count_erased(struct store *s, int64_t request, int64_t rows, struct err *e)
{
	return store_run(s, store_bind(s, SQL_REQUEST_ERASED, "ii", request, rows), e);
}

int64_t
store_row_count(struct store *s, int64_t request)
{
	sqlite3_stmt *st = store_bind(s, SQL_ITEM_ROWS, "i", request);
	int64_t n = store_row(s, st, NULL) == 1 ? sqlite3_column_int64(st, 0) : 0;

	store_reset(st);
	return n;
}

int
store_erase_texts(struct store *s, int64_t request, struct err *e)
{
	return store_run(s, store_bind(s, SQL_REQUEST_TEXTS_ERASE, "is", request, ERASED), e);
}

int
store_readings(struct store *s, int64_t after, int max,
	       void (*each)(void *, int64_t, const char *), void *arg, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_OPENING_PATHS, "ii", after, (int64_t)max);
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, sqlite3_column_int64(st, 0), store_peek(st, 1));
	store_reset(st);
	return rc;
}

void
store_each_address_of(struct store *s, const char *login, const char *person,
		      void (*each)(void *, const char *), void *arg)
{
	sqlite3_stmt *st = store_bind(s, SQL_ADDRESS_OF_PERSON, "ss", login, person);

	while (store_row(s, st, NULL) == 1)
		each(arg, store_peek(st, 0));
	store_reset(st);
}

const char *
store_kept_at_all(struct store *s, const char *custodian, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_MAILBOX_KEPT_AT_ALL, "s", custodian);
	const char *address = store_row(s, st, NULL) == 1 ? store_text(st, 0, a) : NULL;

	store_reset(st);
	return address;
}
