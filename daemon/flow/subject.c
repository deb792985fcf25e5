/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/subject_private.h"

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

	if (store_subject_records(f->store, person, 0, SUBJECT_STEP, take_login, &s, e) < 0)
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

/* --- gathering ---------------------------------------------------------------------------------- */

void *
subject_room(void *array, size_t count, size_t *size, size_t one)
{
	if (count < *size)
		return array;
	*size = *size ? 2 * *size : 32;
	return xrealloc(array, *size * one);
}

void
subject_next_phase(struct subject *u)
{
	u->phase++;
	u->cursor = 0;
	u->at = 0;
}

void
subject_add_also(struct subject *u, int64_t seq, const char *field)
{
	u->also = subject_room(u->also, u->also_count, &u->also_size, sizeof(*u->also));
	u->also[u->also_count++] = (struct subject_also){ seq, field };
}

int
subject_step(struct subject *u, struct err *e)
{
	switch (u->phase) {
	case SUBJECT_RECORDS:
		return subject_records(u, e);
	case SUBJECT_ROWS:
		return subject_rows(u);
	case SUBJECT_LETTERS:
		return subject_letters(u, e);
	case SUBJECT_READINGS:
		return subject_readings(u, e);
	case SUBJECT_EXPORTS:
		return subject_exports(u, e);
	case SUBJECT_ALL:
		break;
	}
	return 0;
}
