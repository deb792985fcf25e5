/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/name_private.h"

#define SHOWN_MAX 64 /* characters of a template in a message */
#define YEAR_DIGITS 4

/* A local part while it is made; what is too long for it is counted and not kept. */
struct making {
	const char *template;
	const struct name_facts *f;
	unsigned seq;
	const char **column;
	struct err *e;
	size_t len;
	char local[NAME_LOCAL_MAX + 1];
};

/* Words with one space between two of them. */
struct words {
	const char *s;
	size_t len;
};

static void
add(struct making *m, const char *s, size_t n)
{
	if (m->len + n <= NAME_LOCAL_MAX)
		memcpy(m->local + m->len, s, n);
	m->len += n;
}

static void
add_words(struct making *m, struct words w, bool first_letters)
{
	const char *end = w.s + w.len;

	for (const char *word = w.s, *stop; word < end; word = stop + 1) {
		stop = memchr(word, ' ', (size_t)(end - word));
		if (!stop)
			stop = end;
		add(m, word, first_letters ? word < stop : (size_t)(stop - word));
	}
}

static enum name_fate
needs(struct making *m, const char *column, const char *what)
{
	AUTO(buf) shown = BUF_INIT;

	if (m->column)
		*m->column = column;
	if (!m->e)
		return NAME_NEEDS;
	text_show(m->template, strlen(m->template), SHOWN_MAX, &shown);
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
unfit(struct making *m, const char *what, const char *value, const char *right)
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

	return (struct words){ begin < end ? begin + 1 : end,
			       begin < end ? (size_t)(end - begin) - 1 : 0 };
}

static struct words
full_of(const struct name *n)
{
	return (struct words){ n->folded, strlen(n->folded) };
}

static enum name_fate
put_name(struct making *m, struct words (*part)(const struct name *), bool first_letters)
{
	if (!m->f->name)
		return needs(m, "full_name", "the full name");
	add_words(m, part(m->f->name), first_letters);
	return NAME_MADE;
}

/* Placeholders: each adds its part.  number = what stands after the colon, 0 without one. */
static enum name_fate
put_given(struct making *m, int number)
{
	return put_name(m, given_of, number);
}

static enum name_fate
put_family(struct making *m, int number)
{
	return put_name(m, family_of, number);
}

static enum name_fate
put_middle(struct making *m, int number)
{
	return put_name(m, middle_of, number);
}

static enum name_fate
put_initials(struct making *m, int number)
{
	(void)number;
	return put_name(m, before_given_of, true);
}

static enum name_fate
put_full(struct making *m, int number)
{
	return put_name(m, full_of, number);
}

static enum name_fate
put_yob(struct making *m, int number)
{
	const char *year = m->f->birth_year;

	(void)number;
	if (!known(year))
		return needs(m, "birth_year", "the year of birth");
	if (!digits(year) || strlen(year) != YEAR_DIGITS)
		return unfit(m, "the year of birth", year, "a number of four digits");
	add(m, year, YEAR_DIGITS);
	return NAME_MADE;
}

static enum name_fate
put_mob(struct making *m, int number)
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
	add(m, two, 2);
	return NAME_MADE;
}

static enum name_fate
put_id(struct making *m, int number)
{
	const char *tail = known(m->f->id_tail) ? m->f->id_tail : "";
	size_t want = (size_t)number, n = strlen(tail);
	char what[64];

	if (n && !digits(tail))
		return unfit(m, "the end of the citizen's ID", tail, "digits");
	if (n < want) {
		snprintf(what, sizeof(what), "the last %d digits of the citizen's ID", number);
		return needs(m, "id_tail", what);
	}
	add(m, tail + n - want, want);
	return NAME_MADE;
}

static enum name_fate
put_seq(struct making *m, int number)
{
	char text[16];

	(void)number;
	if (m->seq)
		add(m, text, (size_t)snprintf(text, sizeof(text), "%u", m->seq));
	return NAME_MADE;
}

static enum name_fate
put_unit(struct making *m, int number)
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
put_agency(struct making *m, int number)
{
	const char *agency = m->f->agency;

	if (!known(agency)) {
		err_set(m->e, ERR_USAGE, "it needs the code of an agency");
		return NAME_UNFIT;
	}
	add_words(m, (struct words){ agency, strlen(agency) }, number);
	return NAME_MADE;
}

/* Which numbers a placeholder takes: bit N for ":N", bit 0 for none. */
#define NO_NUMBER 1
#define FIRST_LETTERS 3
#define LAST_DIGITS 0x1E

/* X(word, what stands for its number in the list of them, numbers) */
#define PLACEHOLDERS(X) \
	X(given, "", FIRST_LETTERS) \
	X(family, "", FIRST_LETTERS) \
	X(middle, "", FIRST_LETTERS) \
	X(initials, "", NO_NUMBER) \
	X(full, "", FIRST_LETTERS) \
	X(yob, "", NO_NUMBER) \
	X(mob, "", NO_NUMBER) \
	X(id, ":N", LAST_DIGITS) \
	X(seq, "", NO_NUMBER) \
	X(unit, "", FIRST_LETTERS) \
	X(agency, "", FIRST_LETTERS)

static const struct placeholder {
	const char *word;
	size_t len;
	unsigned numbers;
	enum name_fate (*put)(struct making *m, int number);
} placeholders[] = {
#define X(word, suffix, numbers) { #word, sizeof(#word) - 1, numbers, put_##word },
	PLACEHOLDERS(X)
#undef X
};

#define X(word, suffix, numbers) #word,
static const char *const all_words[] = { PLACEHOLDERS(X) NULL };
#undef X
#define X(word, suffix, numbers) " {" #word suffix "}"
static const char all_shown[] = "there are" PLACEHOLDERS(X);
#undef X

/* What stands between two braces, and with them. */
struct piece {
	const struct placeholder *what; /* NULL: no such word */
	size_t len;
	int number; /* 0 without a colon, -1 when it is not one digit from 1 to 9 */
	bool closed;
};

static struct piece
read_piece(const char *p)
{
	size_t n = strcspn(p + 1, ":{}"), whole = strcspn(p + 1, "{}");
	const char *colon = p + 1 + n;
	struct piece piece = { .closed = p[1 + whole] == '}' };

	piece.len = 1 + whole + piece.closed;
	if (whole > n)
		piece.number =
			whole == n + 2 && colon[1] >= '1' && colon[1] <= '9' ? colon[1] - '0' : -1;
	for (size_t i = 0; i < sizeof(placeholders) / sizeof(*placeholders); i++)
		if (placeholders[i].len == n && !memcmp(placeholders[i].word, p + 1, n))
			piece.what = &placeholders[i];
	return piece;
}

static bool
is_good(const struct piece *p)
{
	return p->closed && p->what && p->number >= 0 && p->what->numbers & 1u << p->number;
}

static int
wrong_number(const struct placeholder *what, const char *shown, struct err *e)
{
	if (what->numbers == LAST_DIGITS)
		return err_set(e, ERR_CONFIG,
			       "%s in the naming template does not say how many of the last digits "
			       "of the citizen's ID: write {id:1} to {id:4}",
			       shown);
	if (what->numbers == NO_NUMBER)
		return err_set(e, ERR_CONFIG,
			       "%s in the naming template: {%s} has no parts, write it without "
			       "what follows it",
			       shown, what->word);
	return err_set(e, ERR_CONFIG,
		       "%s in the naming template: write {%s}, or {%s:1} for the first letter of "
		       "each of its words",
		       shown, what->word, what->word);
}

/* What is wrong with a piece that is not good. */
static int
wrong_piece(const char *p, const struct piece *piece, struct err *e)
{
	AUTO(buf) shown = BUF_INIT;
	AUTO(str) word = xstrndup(p + 1, strcspn(p + 1, ":{}"));
	const char *near = nearest_word(word, all_words);

	text_show(p, piece->len, 24, &shown);
	if (!piece->closed)
		return err_set(e, ERR_CONFIG, "\"%s\" in the naming template has no closing brace",
			       shown.data);
	if (piece->what)
		return wrong_number(piece->what, shown.data, e);
	if (near)
		return err_set(e, ERR_CONFIG,
			       "%s is no placeholder of naming templates; did you mean {%s%s}?  %s",
			       shown.data, near, strcmp(near, "id") ? "" : ":3", all_shown);
	return err_set(e, ERR_CONFIG, "%s is no placeholder of naming templates; %s", shown.data,
		       all_shown);
}

int
name_check_template(const char *template, struct err *e)
{
	bool depends = false;
	char shown[32];
	size_t len;

	for (const char *p = template; *p; p += len) {
		len = 1;
		if (*p == '{') {
			struct piece piece = read_piece(p);

			if (!is_good(&piece))
				return wrong_piece(p, &piece, e);
			len = piece.len;
			depends = depends || piece.what->put != put_seq;
		} else if (!name_allowed(*p) && *p != '.') {
			text_show_char(p, shown, sizeof(shown));
			return err_set(e, ERR_CONFIG,
				       "%s cannot stand in a naming template; besides a-z, 0-9 and "
				       "the dot %s",
				       shown, all_shown);
		}
	}
	if (!depends)
		return err_set(e, ERR_CONFIG,
			       "the naming template has nothing of the person, the unit or the "
			       "agency in it; %s",
			       all_shown);
	if (*template == '.' || template[strlen(template) - 1] == '.' || strstr(template, ".."))
		return err_set(e, ERR_CONFIG,
			       "a dot in the naming template must stand between two parts of the "
			       "address");
	return 0;
}

bool
name_template_counts(const char *template)
{
	return strstr(template, "{seq}") != NULL;
}

/* Fills m->local, which is ended by NUL, cut off when it is too long. */
static enum name_fate
fill(struct making *m)
{
	for (const char *p = m->template; *p;) {
		struct piece piece;
		enum name_fate fate;

		if (*p != '{') {
			add(m, p++, 1);
			continue;
		}
		piece = read_piece(p);
		if (!is_good(&piece)) {
			wrong_piece(p, &piece, m->e);
			return NAME_UNFIT;
		}
		fate = piece.what->put(m, piece.number);
		if (fate != NAME_MADE)
			return fate;
		p += piece.len;
	}
	m->local[m->len < NAME_LOCAL_MAX ? m->len : NAME_LOCAL_MAX] = '\0';
	return NAME_MADE;
}

/* Tells of whom or what the template makes no address. */
static void
add_context(struct making *m)
{
	AUTO(buf) template = BUF_INIT;
	AUTO(buf) whom = BUF_INIT;

	text_show(m->template, strlen(m->template), SHOWN_MAX, &template);
	if (m->f->name) {
		buf_str(&whom, " of \"");
		text_show(m->f->name->full, strlen(m->f->name->full), 60, &whom);
		buf_char(&whom, '"');
	}
	err_wrap(m->e, "the naming template %s makes no address%s", template.data, whom.data);
}

enum name_fate
name_make(const char *template, const struct name_facts *f, unsigned seq, struct buf *out,
	  const char **column, struct err *e)
{
	struct making m;
	enum name_fate fate;

	/* not m.local: this is called for every candidate of every row */
	m.template = template;
	m.f = f;
	m.seq = seq;
	m.column = column;
	m.e = e;
	m.len = 0;
	fate = fill(&m);
	if (fate == NAME_NEEDS)
		return fate;
	if (fate == NAME_MADE && m.len > NAME_LOCAL_MAX) {
		name_too_long(m.len, e);
		fate = NAME_UNFIT;
	}
	if (fate == NAME_UNFIT || name_check_local(m.local, e)) {
		if (e)
			add_context(&m);
		return NAME_UNFIT;
	}
	buf_clear(out);
	buf_add(out, m.local, m.len);
	return NAME_MADE;
}

int
name_apply(const char *template, const struct name *n, unsigned seq, struct buf *out, struct err *e)
{
	struct name_facts facts = { .name = n };

	return name_make(template, &facts, seq, out, NULL, e) == NAME_MADE ? 0 : -1;
}
