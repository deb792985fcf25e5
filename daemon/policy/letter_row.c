/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter_reader.h"
#include "daemon/policy/name.h"

#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define OPS "create, update, suspend, resume or close"

/* A row while it is checked. */
struct check {
	struct letter_reader *r;
	struct letter_row row;
	char *owned[LETTER_COLUMN_COUNT]; /* cells that had to be cleaned or changed */
	unsigned bad; /* bit of each column that was reported */
};

static const unsigned longest[LETTER_COLUMN_COUNT] = {
#define X(f, w, n) [LETTER_##f] = n,
	LETTER_COLUMNS(X)
#undef X
};

/* Reports what is wrong with a cell, and counts the cell as empty from here on. */
__attribute__((format(printf, 3, 4))) static void
wrong(struct check *c, enum letter_column col, const char *fmt, ...)
{
	const char *value = c->row.cell[col];
	char message[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	letter_report(c->r, c->row.number, c->row.line, letter_column_words[col], value,
		      strlen(value), "%s", message);
	c->row.cell[col] = "";
	c->bad |= 1u << col;
}

static bool
empty(const struct check *c, enum letter_column col)
{
	return !*c->row.cell[col] && !(c->bad & 1u << col);
}

/* --- cells of one kind ------------------------------------------------------------------------ */
static void
check_op(struct check *c)
{
	AUTO(buf) lower = BUF_INIT;
	const char *near;
	int op;

	text_lower(c->row.cell[LETTER_op], &lower);
	if (!lower.len) {
		wrong(c, LETTER_op, "the op is empty; write " OPS);
		return;
	}
	for (size_t i = 0; letter_ops[i]; i++)
		if (!strcmp(lower.data, letter_ops[i]) && (op = op_from(letter_ops[i])) >= 0) {
			c->row.op = (enum op)op;
			c->row.cell[LETTER_op] = letter_ops[i];
			return;
		}
	near = nearest_word(lower.data, letter_ops);
	if (near)
		wrong(c, LETTER_op, "there is no such op; did you mean %s?", near);
	else
		wrong(c, LETTER_op, "there is no such op; write " OPS);
}

static bool
digits(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!isdigit((unsigned char)s[i]))
			return false;
	return n > 0;
}

static void
check_birth_year(struct check *c)
{
	const char *s = c->row.cell[LETTER_birth_year];
	long year = digits(s, strlen(s)) && strlen(s) == 4 ? strtol(s, NULL, 10) : 0;

	if (year < 1900 || year > 2100)
		wrong(c, LETTER_birth_year, "write the year of birth in four digits, such as 1985");
}

/* From short numbers and extensions (113) to the longest of E.164. */
static void
check_phone(struct check *c)
{
	const char *s = c->row.cell[LETTER_phone];
	int count = 0;
	char shown[32];

	for (const char *p = s; *p; p++) {
		count += isdigit((unsigned char)*p) != 0;
		if (isdigit((unsigned char)*p) || strchr(" .-()", *p) || (*p == '+' && p == s))
			continue;
		text_show_char(p, shown, sizeof(shown));
		wrong(c, LETTER_phone,
		      "%s cannot stand in a phone number; write one number with digits, spaces, "
		      "dots, hyphens, brackets and a leading + only", shown);
		return;
	}
	if (count < 3 || count > 15)
		wrong(c, LETTER_phone, "a phone number has 3 to 15 digits; this one has %d", count);
}

#define QUOTA_UNITS "KMGT"
#define QUOTA_MIN (1L << 20)
#define QUOTA_MAX (1L << 40)

/* Digits without a unit.  What is proposed would be taken. */
static void
wrong_quota_unit(struct check *c, const char *s)
{
	const long mega = 1L << 20, giga = 1L << 30;
	long n = strlen(s) <= 15 ? strtol(s, NULL, 10) : 0;

	if (n >= 1 && n <= QUOTA_MAX / giga)
		wrong(c, LETTER_quota, "a quota needs its unit: write %ldM or %ldG", n, n);
	else if (n >= 1 && n < mega)
		wrong(c, LETTER_quota, "a quota needs its unit: write %ldM", n);
	else if (n >= mega && n <= QUOTA_MAX && n % mega == 0)
		wrong(c, LETTER_quota, "a quota needs its unit: %ld bytes are %ld%c", n,
		      n % giga ? n / mega : n / giga, n % giga ? 'M' : 'G');
	else
		wrong(c, LETTER_quota, "a quota needs its unit, such as 10G for ten gigabytes");
}

static void
check_quota(struct check *c, bool in_bytes)
{
	const char *s = c->row.cell[LETTER_quota];
	size_t n = strspn(s, "0123456789");
	const char *unit = s[n] ? strchr(QUOTA_UNITS, toupper((unsigned char)s[n])) : NULL;
	long value;
	int shift;

	if (n && !s[n] && !in_bytes) {
		wrong_quota_unit(c, s);
		return;
	}
	if (!n || (!unit && !in_bytes) || (unit && s[n + 1])) {
		wrong(c, LETTER_quota,
		      "write a quota as a whole number and K, M, G or T, such as 500M or 5G");
		return;
	}
	shift = unit ? 10 * (int)(unit - QUOTA_UNITS + 1) : 0;
	value = n > 16 ? QUOTA_MAX : strtol(s, NULL, 10); /* more digits: more than 1T anyhow */
	if (value > QUOTA_MAX >> shift || value << shift < QUOTA_MIN)
		wrong(c, LETTER_quota, "a quota is between 1M and 1T%s",
		      in_bytes ? "; a number without quotation marks is in bytes" : "");
	else
		c->row.quota_bytes = value << shift;
}

static void
check_date(struct check *c, enum letter_column col)
{
	struct err e = ERR_INIT;

	if (*c->row.cell[col] && letter_check_date(c->row.cell[col], &e))
		wrong(c, col, "%s", e.msg);
}

/* Addresses are kept in lower case. */
static void
lower_address(struct check *c)
{
	const char *s = c->row.cell[LETTER_address];
	char *lower;

	if (!s[strcspn(s, UPPER)])
		return;
	lower = xstrdup(s);
	for (char *p = lower; *p; p++)
		*p = (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p);
	free(c->owned[LETTER_address]);
	c->row.cell[LETTER_address] = c->owned[LETTER_address] = lower;
}

/* The local part, and a domain of the usual characters; which domain is not asked here. */
static void
check_address(struct check *c)
{
	const char *s, *at;
	struct err e = ERR_INIT;
	char local[256];

	if (!*c->row.cell[LETTER_address]) {
		if (c->row.op != OP_CREATE && empty(c, LETTER_address))
			wrong(c, LETTER_address, "%s needs the address of the mailbox",
			      op_word(c->row.op));
		return;
	}
	lower_address(c);
	s = c->row.cell[LETTER_address];
	at = strchr(s, '@');
	snprintf(local, sizeof(local), "%.*s", (int)(at ? at - s : (long)strlen(s)), s);
	if (name_check_local(local, &e))
		wrong(c, LETTER_address, "%s", e.msg);
	else if (at && (!at[1] || at[1 + strspn(at + 1, "abcdefghijklmnopqrstuvwxyz0123456789.-")]))
		wrong(c, LETTER_address, "what stands after the @ is not a domain");
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

/* "-" means "take the value away": only an update can, and only what may be missing. */
static void
check_clear(struct check *c, enum letter_column col)
{
	if (c->row.op == OP_UPDATE &&
	    (col == LETTER_title || col == LETTER_unit || col == LETTER_phone ||
	     col == LETTER_rank || col == LETTER_quota))
		return;
	if (c->row.op == OP_UPDATE && col == LETTER_full_name)
		wrong(c, col, "a mailbox cannot be without the name of its holder; leave the cell "
			      "empty to keep the name");
	else
		c->row.cell[col] = "";
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
			wrong(c, col, "%s", e.msg);
			return;
		}
		if (!*c->owned[col] || *s != '\t')
			s = c->row.cell[col] = c->owned[col];
	}
	if (formula(s, col))
		wrong(c, col, "a cell that begins with = + - @ or a tab is a formula to a "
			      "spreadsheet: take the first character away%s",
		      *s == '-' ? " (\"-\" alone clears a value)" : "");
	else if (cell->len > longest[col] && text_length(s, strlen(s)) > longest[col])
		wrong(c, col, "%zu characters are too many; %u are the most",
		      text_length(s, strlen(s)), longest[col]);
}

static bool
cleared(const struct check *c, enum letter_column col)
{
	return !strcmp(c->row.cell[col], "-");
}

static void
check_values(struct check *c, const struct letter_cell cell[LETTER_COLUMN_COUNT])
{
	for (int col = 0; col < LETTER_COLUMN_COUNT; col++)
		if (col != LETTER_op && cleared(c, (enum letter_column)col))
			check_clear(c, (enum letter_column)col);
	if (*c->row.cell[LETTER_birth_year])
		check_birth_year(c);
	if (*c->row.cell[LETTER_phone] && !cleared(c, LETTER_phone))
		check_phone(c);
	if (cleared(c, LETTER_quota))
		c->row.quota_bytes = 0;
	else if (*c->row.cell[LETTER_quota])
		check_quota(c, cell[LETTER_quota].number);
	check_date(c, LETTER_effective);
	check_date(c, LETTER_basis_date);
	check_address(c);
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
			wrong(c, LETTER_ref, "row %u has this ref already; a ref names one row of "
					     "a letter", before);
	}
	if (*address) {
		marked = false;
		before = letter_seen_add(c->r->seen, LETTER_SEEN_ADDRESS, address,
					 strcspn(address, "@"), c->row.number, &marked);
		if (before)
			wrong(c, LETTER_address, "row %u is about this mailbox already; a letter "
						 "has one row for a mailbox", before);
	}
}

/* The same person in two rows, unless the agency itself tells them apart by their refs. */
static void
check_person(struct check *c)
{
	struct buf *key = &c->r->key;
	bool has_ref = *c->row.cell[LETTER_ref] != '\0', other_has_ref = has_ref;
	unsigned before;

	buf_clear(key);
	text_lower(c->row.cell[LETTER_full_name], key);
	buf_char(key, '\n');
	text_lower(c->row.cell[LETTER_unit], key);
	buf_char(key, '\n');
	text_lower(c->row.cell[LETTER_title], key);
	buf_char(key, '\n');
	buf_str(key, c->row.cell[LETTER_birth_year]);
	buf_char(key, '\n');
	for (const char *p = c->row.cell[LETTER_phone]; *p; p++)
		if (isdigit((unsigned char)*p))
			buf_char(key, *p);
	before = letter_seen_add(c->r->seen, LETTER_SEEN_PERSON, key->data, key->len,
				 c->row.number, &other_has_ref);
	if (before && !(has_ref && other_has_ref))
		wrong(c, LETTER_full_name,
		      "row %u asks for a mailbox for the same person; delete one of the two, or "
		      "give each its own ref if they are two people", before);
}

static void
check_create(struct check *c)
{
	struct err e = ERR_INIT;
	struct name name;

	if (empty(c, LETTER_full_name)) {
		wrong(c, LETTER_full_name, "create needs the full name of the person");
	} else if (c->bad & 1u << LETTER_full_name) {
		return;
	} else if (name_parse(&name, c->row.cell[LETTER_full_name], &e)) {
		wrong(c, LETTER_full_name, "%s", e.msg);
	} else {
		name_release(&name);
		if (!c->bad)
			check_person(c);
	}
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
	if (c.row.op != OP_COUNT) {
		check_values(&c, cell);
		check_twice(&c);
		if (c.row.op == OP_CREATE && r->csv && !cell[LETTER_full_name].text)
			letter_stop(r, line, "the column full_name is missing; create needs it");
		else if (c.row.op == OP_CREATE)
			check_create(&c);
	}
	if (!c.bad && !r->ended)
		r->ev.row(r->ev.arg, &c.row);
	for (int col = 0; col < LETTER_COLUMN_COUNT; col++)
		free(c.owned[col]);
}
