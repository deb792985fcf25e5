/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/subject.h"

#define STEP_RECORDS 250
#define STEP_ROWS 100
#define STEP_READINGS 1000

/* A text that names the person: a full name, an address, a login, a telephone number. */
struct needle {
	struct needle *next;
	const char *text; /* lower case, without tone marks: so it is searched for */
};

/* --- who --------------------------------------------------------------------------------------- */

bool
subject_is_reference(const char *word)
{
	size_t n = 0;

	for (; word[n]; n++)
		if (n == 8 || n == 13 || n == 18 || n == 23 ? word[n] != '-' :
							      !isxdigit((unsigned char)word[n]))
			return false;
	return n == 36;
}

static bool
note_there(void *arg, const struct stored_record *r)
{
	(void)r;
	*(bool *)arg = true;
	return false;
}

static const char *
of_reference(struct flow *f, const char *word, struct err *e)
{
	bool there = false;

	if (store_subject_records(f->store, word, 0, 1, note_there, &there, e) < 0)
		return NULL;
	if (there)
		return word;
	err_set(e, ERR_NOTFOUND, "no record is about a person with the reference %s", word);
	return NULL;
}

const char *
subject_find(struct flow *f, const char *word, struct arena *a, struct err *e)
{
	const char *login, *local, *domain;
	struct mailbox m;
	struct address known;

	if (subject_is_reference(word))
		return of_reference(f, word, e);
	login = choose_login_of(f, word, a, e);
	if (!login)
		return NULL;
	if (store_mailbox(f->store, login, &m, a))
		return m.person;
	if (choose_split(f, word, &local, &domain, a, e))
		return NULL;
	if (!store_find_address(f->store, local, &known, a))
		err_set(e, ERR_NOTFOUND, "there is no mailbox %s@%s, and no letter was promised it", local,
			domain);
	else if (*known.person)
		return known.person;
	else
		err_set(e, ERR_NOTFOUND, "%s is nobody's any more: %s", local,
			known.state == ADDRESS_TOMBSTONE ? "the data of its holder were erased" :
							   "it was not given out by hopthu");
	return NULL;
}

struct search {
	struct flow *flow;
	const char *person, *login; /* login: NULL until it is found */
	struct arena *arena;
};

static bool
take_login(void *arg, const struct stored_record *r)
{
	struct search *s = arg;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	int64_t request = json_integer_value(json_object_get(rec, "req"));
	int64_t row = json_integer_value(json_object_get(rec, "row"));
	AUTO(arena) a = arena_new();
	struct mailbox m;
	struct item i;

	if (request && row && store_item_by_row(s->flow->store, request, row, &i, a) &&
	    store_mailbox(s->flow->store, i.login, &m, a) && !strcmp(m.person, s->person))
		s->login = arena_strdup(s->arena, m.login);
	return !s->login;
}

const char *
subject_login(struct flow *f, const char *person, struct arena *a, struct err *e)
{
	struct search s = { .flow = f, .person = person, .arena = a };

	if (store_subject_records(f->store, person, 0, STEP_RECORDS, take_login, &s, e) < 0)
		return NULL;
	if (!s.login)
		err_set(e, ERR_NOTFOUND, "there is no mailbox of a person with the reference %s", person);
	return s.login;
}

char *
subject_dn(struct flow *f, const char *login)
{
	AUTO(str) parent = xasprintf("ou=people,%s", f->conf->directory.base);

	return dir_dn("uid", login, parent);
}

int
subject_init(struct subject *u, struct flow *f, const char *word, struct err *e)
{
	const char *person;

	memset(u, 0, sizeof(*u));
	u->flow = f;
	u->arena = arena_new();
	person = subject_find(f, word, u->arena, e);
	if (!person)
		return -1;
	u->person = arena_strdup(u->arena, person);
	return 0;
}

void
subject_release(struct subject *u)
{
	free(u->seqs);
	free(u->rows);
	free(u->letters);
	free(u->also);
	free(u->exports);
	arena_free(u->arena);
	memset(u, 0, sizeof(*u));
}

/* Room for one more. */
static void *
room(void *array, size_t count, size_t *size, size_t one)
{
	if (count < *size)
		return array;
	*size = *size ? 2 * *size : 32;
	return xrealloc(array, *size * one);
}

static void
next_phase(struct subject *u)
{
	u->phase++;
	u->cursor = 0;
	u->at = 0;
}

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
	u->rows = room(u->rows, u->row_count, &u->row_size, sizeof(*u->rows));
	u->rows[u->row_count++] = (struct subject_row){ .request = request, .row = row };
}

struct some {
	struct subject *u;
	int count;
};

static bool
take_record(void *arg, const struct stored_record *r)
{
	struct some *some = arg;
	struct subject *u = some->u;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	const char *ev = json_str(rec, "ev");

	some->count++;
	u->cursor = r->seq;
	u->seqs = room(u->seqs, u->seq_count, &u->seq_size, sizeof(*u->seqs));
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

static int
records(struct subject *u, struct err *e)
{
	struct some some = { .u = u };

	if (store_subject_records(u->flow->store, u->person, u->cursor, STEP_RECORDS, take_record, &some,
				  e) < 0)
		return -1;
	if (some.count < STEP_RECORDS) {
		sort_rows(u);
		next_phase(u);
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

static int
rows(struct subject *u)
{
	for (int n = 0; n < STEP_ROWS && u->at < u->row_count; n++)
		look_at_row(u, &u->rows[u->at++]);
	if (u->at < u->row_count)
		return 1;
	find_mailbox(u, u->person, u->arena); /* where an erased one stands */
	count_letters(u);
	next_phase(u);
	return 1;
}

/* --- letters that are about nobody else --------------------------------------------------------- */

static void
add_also(struct subject *u, int64_t seq, const char *field)
{
	u->also = room(u->also, u->also_count, &u->also_size, sizeof(*u->also));
	u->also[u->also_count++] = (struct subject_also){ seq, field };
}

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
		add_also(some->u, r->seq, "reason");
	return true;
}

static int
letters(struct subject *u, struct err *e)
{
	struct some some = { .u = u };
	struct subject_letter *l;
	AUTO(arena) a = arena_new();
	struct request r;

	if (u->at == u->letter_count) {
		next_phase(u);
		return 1;
	}
	l = &u->letters[u->at];
	if (!u->cursor) {
		l->rows = store_row_count(u->flow->store, l->id);
		l->alone = store_request(u->flow->store, l->id, &r, a) && r.kind == REQUEST_LETTER &&
			   r.erased + l->left >= l->rows;
	}
	if (l->alone && store_request_records(u->flow->store, l->id, u->cursor, STEP_RECORDS,
					      take_letter_record, &some, e) < 0)
		return -1;
	if (some.count < STEP_RECORDS) {
		u->at++;
		u->cursor = 0;
	}
	return 1;
}

/* --- readings and exports ------------------------------------------------------------------------ */

/* Part of a longer word is another word: "an" is not in "/v1/mailboxes/anhbt". */
static bool
joins(unsigned char c)
{
	return isalnum(c) || c == '.' || c == '-' || c == '_' || c >= 0x80;
}

static bool
names(const struct needle *n, const char *path)
{
	size_t length = strlen(n->text);

	for (const char *p = path; (p = strstr(p, n->text)); p++)
		if ((p == path || !joins((unsigned char)p[-1])) && !joins((unsigned char)p[length]))
			return true;
	return false;
}

bool
subject_is_named(const struct subject *u, const char *text)
{
	AUTO(str) folded = text_fold(text);

	for (const struct needle *n = folded ? u->needles : NULL; n; n = n->next) {
		AUTO(str) address = xasprintf("%s@", n->text);

		if (strchr(n->text, ' ') ? names(n, folded) : strstr(folded, address) != NULL)
			return true;
	}
	return false;
}

static bool
take_subject(void *arg, const struct stored_record *r)
{
	*(bool *)arg = memmem(r->rec, r->len, "\"subj\":", 7) != NULL;
	return false;
}

static void
take_reading(void *arg, int64_t seq, const char *path)
{
	struct some *some = arg;
	struct subject *u = some->u;
	AUTO(str) folded = text_fold(path);

	some->count++;
	u->cursor = seq;
	for (const struct needle *n = folded ? u->needles : NULL; n; n = n->next)
		if (names(n, folded)) {
			add_also(u, seq, NULL);
			return;
		}
}

/* Those that have a reference of their own are covered by it. */
static void
drop_those_with_subject(struct subject *u, size_t from)
{
	size_t kept = from;

	for (size_t n = from; n < u->also_count; n++) {
		bool has = false;

		(void)store_records(u->flow->store, u->also[n].seq - 1, 1, take_subject, &has, NULL);
		if (!has)
			u->also[kept++] = u->also[n];
	}
	u->also_count = kept;
}

static int
by_seq(const void *a, const void *b)
{
	const struct subject_also *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static int
readings(struct subject *u, struct err *e)
{
	struct some some = { .u = u };
	size_t before = u->also_count;

	if (store_readings(u->flow->store, u->cursor, STEP_READINGS, take_reading, &some, e) < 0)
		return -1;
	drop_those_with_subject(u, before);
	if (some.count == STEP_READINGS)
		return 1;
	if (u->also_count)
		qsort(u->also, u->also_count, sizeof(*u->also), by_seq);
	next_phase(u);
	return 1;
}

/* True when a record about the person stands from first to last. */
static bool
given_out(const struct subject *u, int64_t first, int64_t last)
{
	size_t low = 0, high = u->seq_count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (u->seqs[mid] < first)
			low = mid + 1;
		else
			high = mid;
	}
	return low < u->seq_count && u->seqs[low] <= last;
}

static bool
take_export(void *arg, const struct stored_record *r)
{
	struct some *some = arg;
	struct subject *u = some->u;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	int64_t first = json_integer_value(json_object_get(rec, "first"));
	int64_t count = json_integer_value(json_object_get(rec, "count"));
	int64_t size = json_integer_value(json_object_get(rec, "size"));

	some->count++;
	u->cursor = r->seq;
	if (first < 1)
		first = 1;
	if (!given_out(u, first, count ? first + count - 1 : size ? size : r->seq))
		return true;
	u->exports = room(u->exports, u->export_count, &u->export_size, sizeof(*u->exports));
	u->exports[u->export_count++] = r->seq;
	return true;
}

static int
exports(struct subject *u, struct err *e)
{
	struct some some = { .u = u };

	if (store_exports(u->flow->store, u->cursor, STEP_RECORDS, take_export, &some, e) < 0)
		return -1;
	if (some.count < STEP_RECORDS)
		next_phase(u);
	return u->phase != SUBJECT_ALL;
}

int
subject_step(struct subject *u, struct err *e)
{
	switch (u->phase) {
	case SUBJECT_RECORDS:
		return records(u, e);
	case SUBJECT_ROWS:
		return rows(u);
	case SUBJECT_LETTERS:
		return letters(u, e);
	case SUBJECT_READINGS:
		return readings(u, e);
	case SUBJECT_EXPORTS:
		return exports(u, e);
	case SUBJECT_ALL:
		break;
	}
	return 0;
}
