/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>

#include "common/text.h"
#include "daemon/policy/letter_row.h"
#include "daemon/policy/letter_typed.h"
#include "daemon/policy/letter_words.h"
#include "daemon/policy/name.h"

static const unsigned longest[LETTER_COLUMN_COUNT] = {
#define X(f, w, n) [LETTER_##f] = n,
	LETTER_COLUMNS(X)
#undef X
};

/* An ID number (nine digits once, twelve now) that somebody wrote into the wrong cell is not to be told
 * on. */
static size_t
shown(enum letter_column col, const char *value)
{
	size_t n = strlen(value), digits = 0;

	for (const char *p = value; *p && col == LETTER_phone; p++)
		digits += *p >= '0' && *p <= '9';
	return (col == LETTER_id_tail && n > 4) || digits == 9 || digits > 10 ? 0 : n;
}

void
letter_wrong(struct check *c, enum letter_column col, const char *fmt, ...)
{
	const char *value = c->row.cell[col];
	char message[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	letter_report(c->r, c->row.number, c->row.line, letter_column_words[col], value,
		      shown(col, value), "%s", message);
	c->row.cell[col] = "";
	c->bad |= 1u << col;
}

void
letter_mended(struct check *c, enum letter_column col, const char *fmt, ...)
{
	const char *value = c->row.cell[col];
	char message[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	letter_note(c->r, c->row.number, c->row.line, letter_column_words[col], value,
		    strlen(value), "%s", message);
}

void
letter_own(struct check *c, enum letter_column col, char *text)
{
	free(c->owned[col]);
	c->row.cell[col] = c->owned[col] = text;
}

static void
check_op(struct check *c)
{
	const char *word = letter_word(letter_op_words, c->row.cell[LETTER_op]), *near;
	AUTO(buf) all = BUF_INIT;

	if (word) {
		c->row.op = (enum op)op_from(word);
		c->row.cell[LETTER_op] = word;
		return;
	}
	letter_words_list(letter_op_words, &all);
	near = letter_word_near(letter_op_words, c->row.cell[LETTER_op]);
	if (!*c->row.cell[LETTER_op])
		letter_wrong(c, LETTER_op, "the op is empty; write %s", all.data);
	else if (near)
		letter_wrong(c, LETTER_op, "there is no such op; did you mean %s?", near);
	else
		letter_wrong(c, LETTER_op, "there is no such op; write %s", all.data);
}

/* --- every cell ------------------------------------------------------------------------------- */
/* What a spreadsheet would run when somebody opens our answer in it. */
static bool
formula(const char *s, enum letter_column col)
{
	if (*s == '+')
		return col != LETTER_phone;
	return (*s && strchr("=@\t", *s)) || (*s == '-' && s[1]) ||
	       !strncmp(s, "\uFF1D", 3) || !strncmp(s, "\uFF0B", 3) || !strncmp(s, "\uFF20", 3);
}

/* "-" means "take the value away": an update and a transfer can, and only what may be missing. */
static void
check_clear(struct check *c, enum letter_column col)
{
	if ((c->row.op == OP_UPDATE || c->row.op == OP_TRANSFER) &&
	    (col == LETTER_title || col == LETTER_unit || col == LETTER_phone ||
	     col == LETTER_rank || col == LETTER_quota))
		return;
	if (c->row.op == OP_UPDATE && col == LETTER_full_name)
		letter_wrong(c, col,
			     "a mailbox cannot be without the name of its holder; leave the cell "
			     "empty to keep the name");
	else
		c->row.cell[col] = "";
}

/* What a spreadsheet makes of a whole number in a column of two decimals: 912345678.00.  Bytes of the
 * number itself; 0: it is none. */
static size_t
whole_number(enum letter_column col, const char *s)
{
	size_t n = strspn(s, "0123456789"), zeros = s[n] == '.' ? strspn(s + n + 1, "0") : 0;

	if (!n || !zeros || s[n + 1 + zeros])
		return 0;
	switch ((int)col) {
	case LETTER_phone: /* 1900.0000 is one, with a dot in it */
		return n > 7 ? n : 0;
	case LETTER_birth_year:
	case LETTER_birth_month:
	case LETTER_id_tail:
	case LETTER_ref:
		return n;
	}
	return 0;
}

/* A date may have a midnight of some spreadsheet behind it; its reader says what is too long. */
static bool
too_long(enum letter_column col, const char *s)
{
	if (strlen(s) <= longest[col] || text_length(s, strlen(s)) <= longest[col])
		return false;
	return (col != LETTER_effective && col != LETTER_basis_date) || !strchr(s, ':');
}

static void
take_cell(struct check *c, enum letter_column col, const struct letter_cell *cell)
{
	struct err e = ERR_INIT;
	const char *s;

	if (!cell->text || !cell->len)
		return;
	s = c->row.cell[col] = cell->text;
	if (!text_is_clean(s, cell->len)) {
		c->owned[col] = text_clean(s, cell->len, &e);
		if (!c->owned[col]) {
			letter_wrong(c, col, "%s", e.msg);
			return;
		}
		if (!*c->owned[col] || *s != '\t')
			s = c->row.cell[col] = c->owned[col];
	}
	if (strchr(s, '.') && whole_number(col, s)) {
		letter_own(c, col, xasprintf("%.*s", (int)whole_number(col, s), s));
		s = c->row.cell[col];
	}
	if (formula(s, col))
		letter_wrong(c, col, "a cell that begins with = + - @ or a tab is a formula to a "
			      "spreadsheet: take the first character away%s",
		      *s == '-' ? " (\"-\" alone clears a value)" : "");
	else if (too_long(col, s) && col == LETTER_id_tail)
		letter_wrong(c, col,
			     "the whole number is not wanted here: give its last 3 or 4 digits only");
	else if (too_long(col, s))
		letter_wrong(c, col, "%zu characters are too many; %u are the most",
		      text_length(s, strlen(s)), longest[col]);
}

/* --- against the rows before ------------------------------------------------------------------ */
static void
check_twice(struct check *c)
{
	const char *ref = c->row.cell[LETTER_ref], *address = c->row.cell[LETTER_address];
	bool marked = false;
	unsigned before;

	if (*ref) {
		before = letter_seen_add(c->r->seen, LETTER_SEEN_REF, ref, strlen(ref),
					 c->row.number, &marked);
		if (before)
			letter_wrong(c, LETTER_ref,
				     "row %u has this ref already; a ref names one row of a letter",
				     before);
	}
	if (*address) {
		marked = false;
		before = letter_seen_add(c->r->seen, LETTER_SEEN_ADDRESS, address,
					 strcspn(address, "@"), c->row.number, &marked);
		if (before)
			letter_wrong(c, LETTER_address,
				     "row %u is about this mailbox already; a letter has one row for "
				     "a mailbox", before);
	}
}

/* The same person in two rows, unless the agency itself tells them apart by their refs. */
static void
check_person(struct check *c, bool person)
{
	static const enum letter_column apart[] = { LETTER_birth_year, LETTER_birth_month,
						    LETTER_id_tail, LETTER_phone };
	struct buf *key = &c->r->key;
	bool has_ref = *c->row.cell[LETTER_ref] != '\0', other_has_ref = has_ref;
	unsigned before;

	buf_clear(key);
	text_lower(c->row.cell[LETTER_full_name], key);
	buf_char(key, '\n');
	text_lower(c->row.cell[LETTER_unit], key);
	buf_char(key, '\n');
	text_lower(c->row.cell[LETTER_title], key);
	for (size_t i = 0; i < sizeof(apart) / sizeof(*apart); i++) {
		buf_char(key, '\n');
		buf_str(key, c->row.cell[apart[i]]);
	}
	buf_char(key, '\n');
	buf_str(key, person ? "" : c->row.cell[LETTER_kind]);
	before = letter_seen_add(c->r->seen, LETTER_SEEN_PERSON, key->data, key->len,
				 c->row.number, &other_has_ref);
	if (before && !(has_ref && other_has_ref))
		letter_wrong(c, LETTER_full_name,
			     "row %u asks for a mailbox for the same %s; delete one of the two, or "
			     "give each its own ref if they are two%s", before,
			     person ? "person" : "body", person ? " people" : "");
}

/* The row of the forms that hopthuctl gives to begin with (tools/cmd_template.c). */
#define EXAMPLE_NAME "Đặng Thị Ánh Nguyệt"
#define EXAMPLE_ADDRESS "nguyetdta@binhduong.gov.vn"
#define EXAMPLE_REF "NV-0417"

static void
check_example(struct check *c)
{
	const char *ref = c->row.cell[LETTER_ref];
	bool person = c->row.op == OP_CREATE ? !strcmp(c->row.cell[LETTER_full_name], EXAMPLE_NAME)
					     : !strcmp(c->row.cell[LETTER_address], EXAMPLE_ADDRESS);

	if (person && !strncmp(ref, EXAMPLE_REF, strlen(EXAMPLE_REF)))
		letter_wrong(c, LETTER_ref,
			     "this is the example row of the form: delete it, and keep your own rows");
}

/* A body has a name that need not give an address, so that it only has to be clean. */
static void
check_create(struct check *c)
{
	const char *kind = c->row.cell[LETTER_kind];
	bool person = !*kind || !strcmp(kind, kind_word(KIND_PERSON));
	struct err e = ERR_INIT;
	struct name name;

	if (letter_cell_empty(c, LETTER_full_name)) {
		letter_wrong(c, LETTER_full_name, "create needs the full name of the %s",
			     person ? "person" : "body");
		return;
	}
	if (c->bad & (1u << LETTER_full_name | 1u << LETTER_kind))
		return;
	if (person && name_parse(&name, c->row.cell[LETTER_full_name], &e)) {
		letter_wrong(c, LETTER_full_name, "%s", e.msg);
		return;
	}
	if (person)
		name_release(&name);
	if (!c->bad)
		check_person(c, person);
}

void
letter_check_row(struct letter_reader *r, unsigned number, unsigned line,
		 const struct letter_cell cell[LETTER_COLUMN_COUNT])
{
	struct check c = {
		.r = r,
		.row = { .number = number, .line = line, .op = OP_COUNT, .quota_bytes = -1 },
	};

	for (int col = 0; col < LETTER_COLUMN_COUNT; col++)
		c.row.cell[col] = "";
	for (int col = 0; col < LETTER_COLUMN_COUNT; col++)
		take_cell(&c, (enum letter_column)col, &cell[col]);
	if (!(c.bad & 1u << LETTER_op))
		check_op(&c);
	if (c.row.op == OP_COUNT) { /* the rest is looked at all the same: a clerk mends it in one go */
		letter_check_values(&c, cell);
		check_twice(&c);
	} else {
		for (int col = LETTER_op + 1; col < LETTER_COLUMN_COUNT; col++)
			if (letter_cell_cleared(&c, (enum letter_column)col))
				check_clear(&c, (enum letter_column)col);
		letter_raise_capitals(&c);
		if (r->typed)
			letter_check_typed(&c);
		letter_check_values(&c, cell);
		check_example(&c);
		check_twice(&c);
		if (c.row.op == OP_CREATE && r->csv && !cell[LETTER_full_name].text)
			letter_stop(r, line, "the column full_name is missing; create needs it");
		else if (c.row.op == OP_CREATE)
			check_create(&c);
	}
	if (!c.bad && !r->spoiled && !r->ended)
		r->ev.row(r->ev.arg, &c.row);
	for (int col = 0; col < LETTER_COLUMN_COUNT; col++)
		free(c.owned[col]);
}
