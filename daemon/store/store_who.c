/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/store/store_private.h"
#include "daemon/store/store_search.h"

#define T_MAX 40

/* --- when ------------------------------------------------------------------------------------- */

static bool
take_time(void *arg, const struct stored_record *r)
{
	static const char key[] = "\"t\":\"";
	const char *p = memmem(r->rec, r->len, key, sizeof(key) - 1);
	char *t = arg;

	if (p) {
		size_t left = r->len - (size_t)(p - r->rec) - (sizeof(key) - 1);

		snprintf(t, T_MAX, "%.*s", (int)(left < T_MAX ? left : T_MAX - 1), p + sizeof(key) - 1);
		t[strcspn(t, "\"")] = '\0';
	}
	return false;
}

int64_t
store_seq_at(struct store *s, const char *t)
{
	int64_t low = 1, high = (int64_t)store_committed_tree(s)->size + 1;

	while (low < high) {
		int64_t mid = low + (high - low) / 2;
		char at[T_MAX] = "";

		if (store_records(s, mid - 1, 1, take_time, at, NULL) < 0)
			return high;
		if (strcmp(at, t) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* --- whose ------------------------------------------------------------------------------------ */

bool
store_has_subject(struct store *s, const char *subject)
{
	sqlite3_stmt *st = store_bind(s, SQL_SUBJECT_ANY, "s", subject);
	bool has = store_row(s, st, NULL) == 1;

	store_reset(st);
	return has;
}

int
store_people_of_login(struct store *s, const char *login, void (*each)(void *, const char *),
		      void *arg, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_PEOPLE_OF_LOGIN, "s", login);
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, store_peek(st, 0));
	store_reset(st);
	return rc;
}

int
store_people_named(struct store *s, const char *folded,
		   void (*each)(void *, const char *, const char *), void *arg, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_PEOPLE_NAMED, "s", folded);
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, store_peek(st, 0), store_peek(st, 1));
	store_reset(st);
	return rc;
}

int
store_requests_of_letter(struct store *s, const char *letter, const char *agency,
			 void (*each)(void *, int64_t), void *arg, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_REQUESTS_OF_LETTER, "ss", letter, agency);
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, sqlite3_column_int64(st, 0));
	store_reset(st);
	return rc;
}

/* --- names, noted when there is time ---------------------------------------------------------- */

struct noted {
	int64_t id;
	char *name, *person;
};

/* Rows after the last one that was looked at; a statement is not run inside of another's rows. */
static int
read_rows(struct store *s, int64_t after, struct noted *rows, int max, struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_NAMES_AFTER, "ii", after, (int64_t)max);
	int n = 0, rc;

	while (n < max && (rc = store_row(s, st, e)) == 1)
		rows[n++] = (struct noted){ sqlite3_column_int64(st, 0), xstrdup(store_peek(st, 1)),
					    xstrdup(store_peek(st, 2)) };
	store_reset(st);
	return n == max || rc == 0 ? n : -1;
}

static int
note(struct store *s, const struct noted *r, struct err *e)
{
	AUTO(str) folded = text_fold(r->name);

	if (!*r->name || !*r->person || !folded || !strcmp(r->name, ERASED))
		return 0;
	return store_run(s, store_bind(s, SQL_NAME_ADD, "sss", folded, r->person, r->name), e);
}

static int
note_all(struct store *s, const struct noted *rows, int count, struct err *e)
{
	char last[24];

	for (int i = 0; i < count; i++)
		if (note(s, &rows[i], e))
			return -1;
	snprintf(last, sizeof(last), "%" PRId64, rows[count - 1].id);
	return store_set_meta(s, "names_until", last, e);
}

int
store_names_step(struct store *s, int max, struct err *e)
{
	AUTO(str) until = store_meta(s, "names_until");
	struct noted *rows = xcalloc((size_t)max, sizeof(*rows));
	int n = read_rows(s, until ? strtoll(until, NULL, 10) : 0, rows, max, e), rc = n < 0 ? -1 : 0;

	if (n > 0 && (rc = store_begin(s, e)) == 0) {
		rc = note_all(s, rows, n, e);
		s->changed = false; /* made from the rows: no change that would need a record */
		if (rc)
			store_abort(s);
		else
			rc = store_end(s, e);
	}
	for (int i = 0; i < n; i++) {
		free(rows[i].name);
		free(rows[i].person);
	}
	free(rows);
	return rc ? -1 : n == max;
}

int
store_forget_name(struct store *s, const char *name, const char *person, struct err *e)
{
	AUTO(str) folded = text_fold(name);

	return folded ? store_run(s, store_bind(s, SQL_NAME_FORGET, "ss", folded, person), e) : 0;
}
