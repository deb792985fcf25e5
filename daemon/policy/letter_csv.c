/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include <csv.h>

#include "daemon/policy/letter_header.h"

/*
 * CSV (RFC 4180) through libcsv in its strict mode, fed line by line: so every row knows its line,
 * and nothing longer than LETTER_LINE_MAX is ever kept.
 */
struct letter_csv {
	struct letter_reader *r;
	struct letter_source source;
	struct csv_parser parser;
	bool has_separator;
	unsigned width; /* cells of the header; 0 until it was read */
	unsigned named; /* of these, up to the last that has a name */
	int column[LETTER_CELLS_MAX]; /* enum letter_column, or what letter_header.h adds */
	unsigned line;   /* where the row begins */
	size_t size;     /* bytes of the row so far */
	unsigned cells;  /* of the row; those beyond LETTER_CELLS_MAX are counted only */
	size_t at[LETTER_CELLS_MAX], len[LETTER_CELLS_MAX]; /* in text */
	struct buf text; /* the cells, each with a NUL after it */
	struct buf name; /* of its two columns */
};

/* libcsv would also trim tabs, which may be the separator or hide a formula. */
static int
is_space(unsigned char c)
{
	return c == ' ';
}

/* --- the header ------------------------------------------------------------------------------- */
/* What a column of the file gives, as bits of enum letter_column. */
static unsigned
given(int col)
{
	if (col == LETTER_BIRTH_DATE)
		return 1u << LETTER_birth_year | 1u << LETTER_birth_month;
	if (col == LETTER_FAMILY_NAME || col == LETTER_GIVEN_NAME)
		return 1u << col;
	return col >= 0 && col < LETTER_COLUMN_COUNT ? 1u << col : 0;
}

/* Returns the bit of the column that was probably meant, so that it is not missed as well. */
static unsigned
unknown_column(struct letter_csv *c, unsigned i)
{
	const char *value = c->text.data + c->at[i];
	int near = letter_header_near(value, c->len[i]);
	AUTO(buf) all = BUF_INIT;

	for (int col = 0; col < LETTER_COLUMN_COUNT; col++)
		buf_printf(&all, "%s%s", col ? ", " : "", letter_column_words[col]);
	if (!c->len[i])
		letter_report(c->r, 0, c->line, "", "", 0, "column %u of the header has no name",
			      i + 1);
	else if (near >= 0)
		letter_report(c->r, 0, c->line, "", value, c->len[i],
			      "there is no such column; did you mean %s?",
			      letter_column_words[near]);
	else
		letter_report(c->r, 0, c->line, "", value, c->len[i],
			      "there is no such column; letters have %s", all.data);
	return given(near);
}

/* A name in two columns needs both of them, and no third.  Returns what the header gives then. */
static unsigned
check_name_columns(struct letter_csv *c, unsigned present)
{
	bool family = present & 1u << LETTER_FAMILY_NAME, given_name = present & 1u << LETTER_GIVEN_NAME;
	bool full = present & 1u << LETTER_full_name;

	if (!family && !given_name)
		return present;
	if (full)
		letter_report(c->r, 0, c->line, "full_name", "", 0,
			      "the name stands twice in the header: in one column, and in parts");
	else if (!given_name)
		letter_report(c->r, 0, c->line, "full_name", "", 0,
			      "one column has the family and middle names only: name it \"Họ và tên\" if "
			      "the whole name is in it, or put a column \"Tên\" beside it");
	else if (!family)
		letter_report(c->r, 0, c->line, "full_name", "", 0,
			      "the column \"Tên\" is that of the given name: name it \"Họ và tên\" if the "
			      "whole name is in it, or put a column \"Họ và tên đệm\" beside it");
	return present | 1u << LETTER_full_name;
}

static void
missing_columns(struct letter_csv *c, unsigned present)
{
	if (!(present & 1u << LETTER_op))
		letter_report(c->r, 0, c->line, "op", "", 0,
			      "the column op is missing: the first line must name the columns, "
			      "separated by comma, semicolon or tab");
	if (!(present & (1u << LETTER_full_name | 1u << LETTER_address)))
		letter_report(c->r, 0, c->line, "full_name", "", 0,
			      "the column full_name is missing (or address, in a letter that makes "
			      "no new mailboxes)");
}

static void
read_header(struct letter_csv *c)
{
	unsigned present = 0, meant = 0;

	if (c->cells > LETTER_CELLS_MAX) {
		letter_stop(c->r, c->line, "the header has %u columns; letters have %d", c->cells,
			    LETTER_COLUMN_COUNT);
		return;
	}
	c->width = c->named = c->cells;
	while (c->named && !c->len[c->named - 1])
		c->named--;
	for (unsigned i = 0; i < c->named; i++) {
		const char *value = c->text.data + c->at[i];
		int col = letter_header_column(value, c->len[i]);

		if (col < 0)
			meant |= unknown_column(c, i);
		else if (present & given(col))
			letter_report(c->r, 0, c->line,
				      col < LETTER_COLUMN_COUNT ? letter_column_words[col]
				      : col == LETTER_BIRTH_DATE ? "birth_date" : "full_name",
				      value, c->len[i], "the column stands twice in the header");
		present |= given(col);
		c->column[i] = col;
	}
	missing_columns(c, check_name_columns(c, present) | meant);
	if (c->r->errors)
		c->r->ended = true; /* what the rows say cannot be known */
}

/* --- rows ------------------------------------------------------------------------------------- */
/* Spreadsheets leave rows of nothing but separators behind. */
static bool
blank_row(const struct letter_csv *c)
{
	if (c->cells > LETTER_CELLS_MAX)
		return false;
	for (unsigned i = 0; i < c->cells; i++)
		if (c->len[i] != strspn(c->text.data + c->at[i], " \t"))
			return false;
	return true;
}

/* false: reported. */
static bool
take_cells(struct letter_csv *c, unsigned number, struct letter_cell cell[LETTER_COLUMN_COUNT],
	   struct letter_birth *birth)
{
	struct letter_cell family = { NULL, 0, false }, given_name = family;
	bool good = true;

	for (unsigned i = 0; i < c->named; i++) {
		bool here = i < c->cells;
		struct letter_cell from = { here ? c->text.data + c->at[i] : "",
					    here ? c->len[i] : 0, false };

		if (c->column[i] < LETTER_COLUMN_COUNT)
			cell[c->column[i]] = from;
		else if (c->column[i] == LETTER_BIRTH_DATE)
			c->r->spoiled = !letter_birth_date(c->r, number, c->line, &from, birth, cell);
		else if (c->column[i] == LETTER_FAMILY_NAME)
			family = from;
		else if (c->column[i] == LETTER_GIVEN_NAME)
			given_name = from;
	}
	if (family.text && given_name.text)
		good = letter_join_name(c->r, number, c->line, &family, &given_name, &c->name, cell) && good;
	return good;
}

static void
read_row(struct letter_csv *c)
{
	struct letter_cell cell[LETTER_COLUMN_COUNT] = { { NULL, 0, false } };
	struct letter_birth birth = { "", "" };
	unsigned number;

	c->r->spoiled = false;
	if (blank_row(c) || !(number = letter_count_row(c->r, c->line)))
		return;
	for (unsigned i = c->named; i < c->cells; i++) {
		bool kept = i < LETTER_CELLS_MAX;

		if (i < c->width && !c->len[i])
			continue;
		letter_report(c->r, number, c->line, "", kept ? c->text.data + c->at[i] : "",
			      kept ? c->len[i] : 0,
			      "the row has %u cells and the header names %u columns; put a cell "
			      "that has the separator in it between quotation marks (\")",
			      c->cells, c->named);
		return;
	}
	if (take_cells(c, number, cell, &birth))
		letter_check_row(c->r, number, c->line, cell);
}

static void
on_cell(void *data, size_t n, void *arg)
{
	struct letter_csv *c = arg;

	if (c->cells < LETTER_CELLS_MAX) {
		c->at[c->cells] = c->text.len;
		c->len[c->cells] = n;
		buf_add(&c->text, data, n);
		buf_char(&c->text, '\0');
	}
	c->cells++;
}

static void
on_row(int terminator, void *arg)
{
	struct letter_csv *c = arg;

	(void)terminator;
	if (c->r->ended)
		return;
	if (c->width)
		read_row(c);
	else
		read_header(c);
	c->cells = 0;
	buf_clear(&c->text);
}

/* --- lines ------------------------------------------------------------------------------------ */
/* The one of , ; tab that stands most often in the header, outside quotation marks. */
static void
find_separator(struct letter_csv *c, const char *line, size_t n)
{
	static const char separators[] = ",;\t";
	unsigned count[3] = { 0, 0, 0 };
	bool quoted = false;
	int best = 0;

	for (size_t i = 0; i < n; i++) {
		const char *at = strchr(separators, line[i]);

		if (line[i] == '"')
			quoted = !quoted;
		else if (!quoted && at)
			count[at - separators]++;
	}
	for (int i = 1; i < 3; i++)
		if (count[i] > count[best])
			best = i;
	csv_set_delim(&c->parser, (unsigned char)separators[best]);
	c->has_separator = true;
}

/* Excel's own first line, "sep=;". */
static bool
says_separator(struct letter_csv *c, const char *line, size_t n)
{
	while (n && (line[n - 1] == '\n' || line[n - 1] == '\r'))
		n--;
	if (n != 5 || strncasecmp(line, "sep=", 4) || !strchr(",;\t", line[4]))
		return false;
	csv_set_delim(&c->parser, (unsigned char)line[4]);
	c->has_separator = true;
	return true;
}

static bool
blank_line(const char *line, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (line[i] != ' ' && line[i] != '\r' && line[i] != '\n')
			return false;
	return true;
}

static void
take_line(struct letter_csv *c, const char *line, size_t n)
{
	bool begins = c->parser.pstate == 0; /* between rows: no quotation mark is open */

	if (begins) {
		c->line = c->source.line;
		c->size = 0;
	}
	c->size += n;
	if (c->size > LETTER_LINE_MAX) {
		letter_stop(c->r, c->line,
			    "the row that begins in this line is longer than %d KiB; a quotation "
			    "mark (\") in it is probably never closed", LETTER_LINE_MAX / 1024);
		return;
	}
	if (!c->has_separator) {
		if (blank_line(line, n) || says_separator(c, line, n))
			return;
		find_separator(c, line, n);
	}
	if (csv_parse(&c->parser, line, n, on_cell, on_row, c) != n)
		letter_stop(c->r, c->line,
			    "a quotation mark (\") stands in the middle of a cell of the row that "
			    "begins in this line: put the whole cell between quotation marks and "
			    "write each one inside it twice");
}

static void
finish(struct letter_csv *c)
{
	if (!c->has_separator)
		letter_stop(c->r, 0, "the file is empty");
	else if (csv_fini(&c->parser, on_cell, on_row, c))
		letter_stop(c->r, c->line,
			    "a quotation mark (\") in the row that begins in this line is never "
			    "closed");
	else if (!c->width)
		letter_stop(c->r, 0,
			    "the file has no header: the first line must name the columns");
}

bool
letter_csv_step(struct letter_csv *c, unsigned max_rows)
{
	unsigned from = c->r->rows;
	size_t bytes = 0;

	do {
		struct err e = ERR_INIT;
		const char *line;
		size_t n;
		int rc;

		c->source.header = !c->width;
		rc = letter_source_line(&c->source, &line, &n, &e);
		if (rc < 0)
			letter_stop(c->r, c->source.line, "%s", e.msg);
		else if (rc == 0)
			finish(c);
		if (rc <= 0)
			return false;
		take_line(c, line, n);
		bytes += n;
	} while (!c->r->ended && c->r->rows - from < max_rows && bytes < LETTER_SLICE);
	return !c->r->ended;
}

struct letter_csv *
letter_csv_new(struct letter_reader *r, const char *data, size_t len, const char *encoding)
{
	struct letter_csv *c = xcalloc(1, sizeof(*c));
	struct err e = ERR_INIT;

	c->r = r;
	buf_init(&c->text);
	buf_init(&c->name);
	BUG_ON(csv_init(&c->parser, CSV_STRICT | CSV_STRICT_FINI));
	csv_set_space_func(&c->parser, is_space);
	csv_set_blk_size(&c->parser, 4096);
	csv_set_realloc_func(&c->parser, xrealloc);
	if (letter_source_open(&c->source, data, len, encoding, &e))
		letter_stop(r, 0, "%s", e.msg);
	else if (c->source.careful)
		letter_note(r, 0, 0, "", "", 0,
			    "the file is in Unicode, but some of it was typed in %s and was read as such; look "
			    "at the names, or name what the whole file is with --encoding",
			    c->source.guessed);
	else if (c->source.guessed)
		letter_note(r, 0, 0, "", "", 0,
			    "the file was read as %s; if names look wrong name its encoding",
			    c->source.guessed);
	r->font = c->source.font;
	r->careful = c->source.careful;
	r->typed = c->source.unicode;
	return c;
}

void
letter_csv_free(struct letter_csv *c)
{
	if (!c)
		return;
	csv_free(&c->parser);
	letter_source_close(&c->source);
	buf_release(&c->text);
	buf_release(&c->name);
	free(c);
}
