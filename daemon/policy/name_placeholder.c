/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/name_private.h"

#define YEAR_DIGITS 4

/* Words with one space between two of them. */
struct words {
	const char *s;
	size_t len;
};

void
name_add(struct name_making *m, const char *s, size_t n)
{
	if (m->len + n <= NAME_LOCAL_MAX)
		memcpy(m->local + m->len, s, n);
	m->len += n;
}

static void
add_words(struct name_making *m, struct words w, bool first_letters)
{
	const char *end = w.s + w.len;

	for (const char *word = w.s, *stop; word < end; word = stop + 1) {
		stop = memchr(word, ' ', (size_t)(end - word));
		if (!stop)
			stop = end;
		name_add(m, word, first_letters ? word < stop : (size_t)(stop - word));
	}
}

static enum name_fate
needs(struct name_making *m, const char *column, const char *what)
{
	AUTO(buf) shown = BUF_INIT;

	if (m->column)
		*m->column = column;
	if (!m->e)
		return NAME_NEEDS;
	text_show(m->template, strlen(m->template), NAME_SHOWN_MAX, &shown);
	err_set(m->e, ERR_USAGE, "the naming template %s needs %s: fill in the column %s",
		shown.data, what, column);
	return NAME_NEEDS;
}

static bool
digits(const char *s)
{
	return *s && !s[strspn(s, "0123456789")];
}

static bool
known(const char *fact)
{
	return fact && *fact;
}

static enum name_fate
unfit(struct name_making *m, const char *what, const char *value, const char *right)
{
	AUTO(buf) shown = BUF_INIT;

	if (!m->e)
		return NAME_UNFIT;
	text_show(value, strlen(value), 20, &shown);
	err_set(m->e, ERR_USAGE, "%s \"%s\" is not %s", what, shown.data, right);
	return NAME_UNFIT;
}

/* Where the family name ends and the given name begins; equal when there is but one word. */
static const char *
first_end(const struct name *n)
{
	const char *space = strchr(n->folded, ' ');

	return space ? space : n->folded;
}

static const char *
last_begin(const struct name *n)
{
	const char *space = strrchr(n->folded, ' ');

	return space ? space + 1 : n->folded;
}

/* The words of a name that a placeholder stands for. */
static struct words
given_of(const struct name *n)
{
	const char *begin = last_begin(n);

	return (struct words){ begin, strlen(begin) };
}

static struct words
family_of(const struct name *n)
{
	return (struct words){ n->folded, (size_t)(first_end(n) - n->folded) };
}

static struct words
before_given_of(const struct name *n)
{
	const char *given = last_begin(n);

	return (struct words){ n->folded, given > n->folded ? (size_t)(given - n->folded) - 1 : 0 };
}

static struct words
middle_of(const struct name *n)
{
	const char *begin = first_end(n), *end = n->folded + before_given_of(n).len;

	if (begin == end) /* one word or two */
		return (struct words){ end, 0 };
	return (struct words){ begin + 1, (size_t)(end - begin) - 1 };
}

static struct words
full_of(const struct name *n)
{
	return (struct words){ n->folded, strlen(n->folded) };
}

static enum name_fate
put_name(struct name_making *m, struct words (*part)(const struct name *), bool first_letters)
{
	if (!m->f->name)
		return needs(m, "full_name", "the full name");
	add_words(m, part(m->f->name), first_letters);
	return NAME_MADE;
}

/* Placeholders: each adds its part. */
static enum name_fate
put_given(struct name_making *m, int number)
{
	return put_name(m, given_of, number);
}

static enum name_fate
put_family(struct name_making *m, int number)
{
	return put_name(m, family_of, number);
}

static enum name_fate
put_middle(struct name_making *m, int number)
{
	return put_name(m, middle_of, number);
}

static enum name_fate
put_initials(struct name_making *m, int number)
{
	(void)number;
	return put_name(m, before_given_of, true);
}

static enum name_fate
put_full(struct name_making *m, int number)
{
	return put_name(m, full_of, number);
}

static enum name_fate
put_yob(struct name_making *m, int number)
{
	const char *year = m->f->birth_year;

	(void)number;
	if (!known(year))
		return needs(m, "birth_year", "the year of birth");
	if (!digits(year) || strlen(year) != YEAR_DIGITS)
		return unfit(m, "the year of birth", year, "a number of four digits");
	name_add(m, year, YEAR_DIGITS);
	return NAME_MADE;
}

static enum name_fate
put_mob(struct name_making *m, int number)
{
	const char *month = m->f->birth_month;
	char two[2] = { '0', '0' };
	size_t n;

	(void)number;
	if (!known(month))
		return needs(m, "birth_month", "the month of birth");
	n = strlen(month);
	if (n <= 2 && digits(month))
		memcpy(two + 2 - n, month, n);
	if (memcmp(two, "01", 2) < 0 || memcmp(two, "12", 2) > 0)
		return unfit(m, "the month of birth", month, "a number from 1 to 12");
	name_add(m, two, 2);
	return NAME_MADE;
}

static enum name_fate
put_id(struct name_making *m, int number)
{
	const char *tail = known(m->f->id_tail) ? m->f->id_tail : "";
	size_t want = (size_t)number, n = strlen(tail);
	char what[64];

	if (n && !digits(tail)) { /* not shown: errors are kept longer than IDs may be */
		err_set(m->e, ERR_USAGE, "the end of the citizen's ID is not digits alone");
		return NAME_UNFIT;
	}
	if (n < want) {
		snprintf(what, sizeof(what), "the last %d digits of the citizen's ID", number);
		return needs(m, "id_tail", what);
	}
	name_add(m, tail + n - want, want);
	return NAME_MADE;
}

static enum name_fate
put_seq(struct name_making *m, int number)
{
	char text[16];

	(void)number;
	if (m->seq)
		name_add(m, text, (size_t)snprintf(text, sizeof(text), "%u", m->seq));
	return NAME_MADE;
}

static enum name_fate
put_unit(struct name_making *m, int number)
{
	AUTO(buf) folded = BUF_INIT;

	if (!known(m->f->unit))
		return needs(m, "unit", "the unit");
	if (name_fold_unit(m->f->unit, &folded, m->e))
		return NAME_UNFIT;
	add_words(m, (struct words){ folded.data, folded.len }, number);
	return NAME_MADE;
}

/* Who writes a letter has an agency always: there is no column to fill in. */
static enum name_fate
put_agency(struct name_making *m, int number)
{
	const char *agency = m->f->agency;

	if (!known(agency)) {
		err_set(m->e, ERR_USAGE, "it needs the code of an agency");
		return NAME_UNFIT;
	}
	add_words(m, (struct words){ agency, strlen(agency) }, number);
	return NAME_MADE;
}

/* X(word, what stands after it in the list of them, which numbers it takes) */
#define PLACEHOLDERS(X) \
	X(given, "", NAME_FIRST_LETTERS) \
	X(family, "", NAME_FIRST_LETTERS) \
	X(middle, "", NAME_FIRST_LETTERS) \
	X(initials, "", NAME_NO_NUMBER) \
	X(full, "", NAME_FIRST_LETTERS) \
	X(yob, "", NAME_NO_NUMBER) \
	X(mob, "", NAME_NO_NUMBER) \
	X(id, ":N", NAME_LAST_DIGITS) \
	X(seq, "", NAME_NO_NUMBER) \
	X(unit, "", NAME_FIRST_LETTERS) \
	X(agency, "", NAME_FIRST_LETTERS)

static const struct name_placeholder placeholders[] = {
#define X(word, suffix, numbers) \
	{ #word, sizeof(#word) - 1, numbers, put_##word != put_seq, put_##word },
	PLACEHOLDERS(X)
#undef X
};

#define X(word, suffix, numbers) #word,
const char *const name_placeholder_words[] = { PLACEHOLDERS(X) NULL };
#undef X
#define X(word, suffix, numbers) " {" #word suffix "}"
const char name_placeholder_list[] = "there are" PLACEHOLDERS(X);
#undef X

const struct name_placeholder *
name_placeholder(const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(*placeholders); i++)
		if (placeholders[i].len == len && !memcmp(placeholders[i].word, word, len))
			return &placeholders[i];
	return NULL;
}
