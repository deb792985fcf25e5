/* SPDX-License-Identifier: BSD-2-Clause */
/* The records about a person, the rows of letters they are of, and letters about nobody else. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "daemon/flow/subject_private.h"

#define STEP_ROWS 100

/* --- records ----------------------------------------------------------------------------------- */

static void
add_row(struct subject *u, const json_t *rec)
{
	int64_t request = json_integer_value(json_object_get(rec, "req"));
	int64_t row = json_integer_value(json_object_get(rec, "row"));

	if (!request || !row)
		return;
	for (size_t n = u->row_count; n && n + 8 > u->row_count; n--)
		if (u->rows[n - 1].request == request && u->rows[n - 1].row == row)
			return; /* records of one row mostly follow each other */
	u->rows = subject_room(u->rows, u->row_count, &u->row_size, sizeof(*u->rows));
	u->rows[u->row_count++] = (struct subject_row){ .request = request, .row = row };
}

static bool
take_record(void *arg, const struct stored_record *r)
{
	struct some *some = arg;
	struct subject *u = some->u;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	const char *ev = json_str(rec, "ev");

	some->count++;
	u->cursor = r->seq;
	u->seqs = subject_room(u->seqs, u->seq_count, &u->seq_size, sizeof(*u->seqs));
	u->seqs[u->seq_count++] = r->seq;
	if (ev && !strcmp(ev, event_word(EVENT_ERASE)))
		u->erased = true;
	add_row(u, rec);
	return true;
}

static int
by_row(const void *a, const void *b)
{
	const struct subject_row *x = a, *y = b;

	if (x->request != y->request)
		return x->request < y->request ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

static void
sort_rows(struct subject *u)
{
	size_t kept = 0;

	if (u->row_count)
		qsort(u->rows, u->row_count, sizeof(*u->rows), by_row);
	for (size_t n = 0; n < u->row_count; n++)
		if (!kept || by_row(&u->rows[kept - 1], &u->rows[n]))
			u->rows[kept++] = u->rows[n];
	u->row_count = kept;
}

int
subject_records(struct subject *u, struct err *e)
{
	struct some some = { .u = u };

	if (store_subject_records(u->flow->store, u->person, u->cursor, SUBJECT_STEP, take_record, &some,
				  e) < 0)
		return -1;
	if (some.count < SUBJECT_STEP) {
		sort_rows(u);
		subject_next_phase(u);
	}
	return 1;
}

/* --- rows -------------------------------------------------------------------------------------- */

static void
add_needle(struct subject *u, const char *text)
{
	AUTO(str) folded = text && *text ? text_fold(text) : NULL;
	struct needle *n;

	if (!folded || !strcmp(folded, ERASED) || !strcmp(folded, u->person))
		return;
	for (n = u->needles; n; n = n->next)
		if (!strcmp(n->text, folded))
			return;
	n = arena_alloc(u->arena, sizeof(*n));
	n->text = arena_strdup(u->arena, folded);
	n->next = u->needles;
	u->needles = n;
}

static void
add_address(struct subject *u, const char *address)
{
	AUTO(str) local = xstrndup(address, strcspn(address, "@"));

	add_needle(u, local); /* a whole address has it, too */
}

static void
add_local(void *arg, const char *local)
{
	add_needle(arg, local);
}

static void
name_row(struct subject *u, const struct item *i)
{
	AUTO(json) input = json_loads(i->input, 0, NULL);

	add_needle(u, i->full_name);
	add_needle(u, json_str(input, "full_name"));
	add_needle(u, json_str(input, "phone"));
	add_address(u, i->address);
	add_needle(u, i->login);
}

static void
keep_mailbox(struct subject *u, const struct mailbox *m)
{
	u->has_mailbox = true;
	u->mailbox = *m;
	add_needle(u, m->full_name);
	add_needle(u, m->phone);
	add_address(u, m->address);
	store_each_address_of(u->flow->store, m->login, u->person, add_local, u);
}

/* The person's values may also stand in a row of somebody else, who has the login now. */
static void
find_mailbox(struct subject *u, const char *login, struct arena *a)
{
	struct mailbox m;

	if (u->has_mailbox || !*login || !store_mailbox(u->flow->store, login, &m, a) ||
	    strcmp(m.person, u->person))
		return;
	(void)store_mailbox(u->flow->store, login, &m, u->arena);
	keep_mailbox(u, &m);
}

static void
look_at_row(struct subject *u, struct subject_row *w)
{
	AUTO(arena) a = arena_new();
	struct request r;
	struct item i;

	if (!store_item_by_row(u->flow->store, w->request, w->row, &i, a) ||
	    strcmp(i.person, u->person))
		return; /* item 0: a record names it, and there is none */
	w->item = i.id;
	w->erased = !*i.plan;
	if (!w->erased)
		name_row(u, &i);
	find_mailbox(u, i.login, a);
	if (u->open || state_ended(i.state) || !store_request(u->flow->store, w->request, &r, a) ||
	    state_ended(r.state))
		return;
	u->open = arena_printf(u->arena, "row %" PRId64 " of request %" PRId64 " is about this person and has "
			       "not ended (%s): let it be done, or take the letter back, first", w->row,
			       w->request, state_word((int)i.state));
}

static void
count_letters(struct subject *u)
{
	u->letters = xcalloc(u->row_count + 1, sizeof(*u->letters));
	for (size_t n = 0; n < u->row_count; n++) {
		struct subject_letter *l;

		if (!u->rows[n].item)
			continue;
		if (!u->letter_count || u->letters[u->letter_count - 1].id != u->rows[n].request)
			u->letters[u->letter_count++].id = u->rows[n].request;
		l = &u->letters[u->letter_count - 1];
		l->mine++;
		l->left += !u->rows[n].erased;
	}
}

int
subject_rows(struct subject *u)
{
	for (int n = 0; n < STEP_ROWS && u->at < u->row_count; n++)
		look_at_row(u, &u->rows[u->at++]);
	if (u->at < u->row_count)
		return 1;
	find_mailbox(u, u->person, u->arena); /* where an erased one stands */
	count_letters(u);
	subject_next_phase(u);
	return 1;
}

/* --- letters that are about nobody else --------------------------------------------------------- */

static bool
has_reason(struct subject *u, int64_t seq)
{
	int64_t count = 0;

	return !store_has_openings(u->flow->store, seq, "reason", &count, NULL) && count;
}

static bool
take_letter_record(void *arg, const struct stored_record *r)
{
	static const char row[] = "\"row\":";
	struct some *some = arg;

	some->count++;
	some->u->cursor = r->seq;
	/* of the records of a letter most are of its rows; what is about the letter has none */
	if (!memmem(r->rec, r->len, row, sizeof(row) - 1) && has_reason(some->u, r->seq))
		subject_add_also(some->u, r->seq, "reason");
	return true;
}

int
subject_letters(struct subject *u, struct err *e)
{
	struct some some = { .u = u };
	struct subject_letter *l;
	AUTO(arena) a = arena_new();
	struct request r;

	if (u->at == u->letter_count) {
		subject_next_phase(u);
		return 1;
	}
	l = &u->letters[u->at];
	if (!u->cursor) {
		l->rows = store_row_count(u->flow->store, l->id);
		l->alone = store_request(u->flow->store, l->id, &r, a) && r.kind == REQUEST_LETTER &&
			   r.erased + l->left >= l->rows;
	}
	if (l->alone && store_request_records(u->flow->store, l->id, u->cursor, SUBJECT_STEP,
					      take_letter_record, &some, e) < 0)
		return -1;
	if (some.count < SUBJECT_STEP) {
		u->at++;
		u->cursor = 0;
	}
	return 1;
}
