/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/name_private.h"

/* What stands between two braces, and with them. */
struct piece {
	const struct name_placeholder *what; /* NULL: no such word */
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
	if (whole == n + 2 && colon[1] >= '1' && colon[1] <= '9')
		piece.number = colon[1] - '0';
	else if (whole > n)
		piece.number = -1;
	piece.what = name_placeholder(p + 1, n);
	return piece;
}

static bool
is_good(const struct piece *p)
{
	return p->closed && p->what && p->number >= 0 && p->what->numbers & 1u << p->number;
}

static int
wrong_number(const struct name_placeholder *what, const char *shown, struct err *e)
{
	if (what->numbers == NAME_LAST_DIGITS)
		return err_set(e, ERR_CONFIG,
			       "%s in the naming template does not say how many of the last digits "
			       "of the citizen's ID: write {id:1} to {id:4}",
			       shown);
	if (what->numbers == NAME_NO_NUMBER)
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
	const char *near = nearest_word(word, name_placeholder_words);

	text_show(p, piece->len, 24, &shown);
	if (!piece->closed)
		return err_set(e, ERR_CONFIG, "\"%s\" in the naming template has no closing brace",
			       shown.data);
	if (piece->what)
		return wrong_number(piece->what, shown.data, e);
	if (near)
		return err_set(e, ERR_CONFIG,
			       "%s is no placeholder of naming templates; did you mean {%s%s}?  %s",
			       shown.data, near, strcmp(near, "id") ? "" : ":3",
			       name_placeholder_list);
	return err_set(e, ERR_CONFIG, "%s is no placeholder of naming templates; %s", shown.data,
		       name_placeholder_list);
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
			depends = depends || piece.what->depends;
		} else if (!name_allowed(*p) && *p != '.') {
			text_show_char(p, shown, sizeof(shown));
			return err_set(e, ERR_CONFIG,
				       "%s cannot stand in a naming template; besides a-z, 0-9 and "
				       "the dot %s",
				       shown, name_placeholder_list);
		}
	}
	if (!depends)
		return err_set(e, ERR_CONFIG,
			       "the naming template has nothing of the person, the unit or the "
			       "agency in it; %s",
			       name_placeholder_list);
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
fill(struct name_making *m)
{
	for (const char *p = m->template; *p;) {
		struct piece piece;
		enum name_fate fate;

		if (*p != '{') {
			name_add(m, p++, 1);
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
add_context(struct name_making *m)
{
	AUTO(buf) template = BUF_INIT;
	AUTO(buf) whom = BUF_INIT;

	text_show(m->template, strlen(m->template), NAME_SHOWN_MAX, &template);
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
	struct name_making m;
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
