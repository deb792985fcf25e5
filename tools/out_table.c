/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "tools/out.h"

#define COLUMNS_MAX 24
#define GATHER 1000 /* rows whose widths decide; the rest follows at these widths */
#define LEAST 8     /* columns that a shrunk cell keeps */
#define GAP "  "

/* Rows that wait until the widths are known. */
struct out_cells {
	struct arena *arena;
	size_t n, count;                  /* columns shown; rows gathered */
	const struct out_column *shown[COLUMNS_MAX];
	int width[COLUMNS_MAX];
	bool printing;                    /* widths are final */
	const char *cell[GATHER][COLUMNS_MAX];
};

static void
begin(struct out *o, const char *name)
{
	struct out_cells *t = xcalloc(1, sizeof(*t));

	(void)name;
	t->arena = arena_new();
	for (const struct out_column *c = o->columns; c->key; c++) {
		if (c->flags & OUT_HIDE)
			continue;
		BUG_ON(t->n == COLUMNS_MAX);
		t->width[t->n] = text_width(c->title);
		t->shown[t->n++] = c;
	}
	o->cells = t;
}

/* Bytes of the first characters that fit into width. */
static size_t
fitting(const char *s, int width)
{
	char prefix[512];
	size_t good = 0;

	for (size_t i = 1; s[good] && i < sizeof(prefix); i++) {
		if (s[i] && ((unsigned char)s[i] & 0xc0) == 0x80)
			continue; /* inside a character */
		memcpy(prefix, s, i);
		prefix[i] = '\0';
		if (text_width(prefix) > width)
			break;
		good = i;
		if (!s[i])
			break;
	}
	return good;
}

static void
put_spaces(struct out *o, int n)
{
	if (n > 0)
		fprintf(o->file, "%*s", n, "");
}

/* One cell, cut or padded to its column; the last one of a line is not padded. */
static void
put_cell(struct out *o, size_t i, const char *text, const char *colour)
{
	const struct out_cells *t = o->cells;
	int width = t->width[i], w = text_width(text), missing = width - w;
	bool right = t->shown[i]->kind == OUT_NUMBER;

	if (right)
		put_spaces(o, missing);
	if (*colour)
		fprintf(o->file, "\033[%sm", colour);
	if (w > width) {
		size_t n = fitting(text, width - 1);

		fprintf(o->file, "%.*s\u2026", (int)n, text);
	} else {
		fputs(text, o->file);
	}
	if (*colour)
		fputs("\033[0m", o->file);
	if (i + 1 == t->n)
		return;
	if (!right)
		put_spaces(o, missing);
	fputs(GAP, o->file);
}

static void
put_row(struct out *o, const char *const *cells)
{
	for (size_t i = 0; i < o->cells->n; i++) {
		bool word = o->colour && o->cells->shown[i]->kind == OUT_WORD;

		put_cell(o, i, cells[i], word ? out_word_colour(cells[i]) : "");
	}
	fputc('\n', o->file);
}

/* Takes from the widest column that allows it until the line fits. */
static void
shrink(struct out *o)
{
	struct out_cells *t = o->cells;
	int total = -(int)strlen(GAP);

	for (size_t i = 0; i < t->n; i++)
		total += t->width[i] + (int)strlen(GAP);
	while (o->width && total > o->width) {
		int widest = -1;

		for (size_t i = 0; i < t->n; i++)
			if (t->shown[i]->flags & OUT_SHRINK && t->width[i] > LEAST &&
			    (widest < 0 || t->width[i] > t->width[widest]))
				widest = (int)i;
		if (widest < 0)
			return;
		t->width[widest]--;
		total--;
	}
}

static void
flush(struct out *o)
{
	struct out_cells *t = o->cells;

	if (!t->printing) {
		shrink(o);
		for (size_t i = 0; i < t->n; i++)
			put_cell(o, i, t->shown[i]->title, o->colour ? "1" : "");
		fputc('\n', o->file);
		t->printing = true;
	}
	for (size_t r = 0; r < t->count; r++)
		put_row(o, t->cell[r]);
	t->count = 0;
	arena_free(t->arena);
	t->arena = arena_new();
}

static void
row(struct out *o, const json_t *r)
{
	struct out_cells *t = o->cells;

	for (size_t i = 0; i < t->n; i++) {
		AUTO(buf) b = BUF_INIT;
		int w;

		out_cell(&b, t->shown[i], r, true);
		w = text_width(b.data);
		/* Afterwards only a column that may be cut keeps its width. */
		if (w > t->width[i] && (!t->printing || !(o->width && t->shown[i]->flags & OUT_SHRINK)))
			t->width[i] = w;
		t->cell[t->count][i] = arena_strndup(t->arena, b.data, b.len);
	}
	if (++t->count == GATHER)
		flush(o);
}

static void
end(struct out *o)
{
	flush(o);
	arena_free(o->cells->arena);
	free(o->cells);
	o->cells = NULL;
}

static void
object(struct out *o, const struct out_column *columns, const json_t *obj)
{
	int width = 0;

	for (const struct out_column *c = columns; c->key; c++)
		if (!(c->flags & OUT_HIDE) && text_width(c->title) > width)
			width = text_width(c->title);
	for (const struct out_column *c = columns; c->key; c++) {
		AUTO(buf) b = BUF_INIT;
		const char *colour = "";

		out_cell(&b, c, obj, true);
		if (c->flags & OUT_HIDE || (c->flags & OUT_SKIP && !b.len))
			continue;
		if (o->colour && c->kind == OUT_WORD)
			colour = out_word_colour(b.data);
		fprintf(o->file, "%s%*s" GAP, c->title, width - text_width(c->title), "");
		if (*colour)
			fprintf(o->file, "\033[%sm%s\033[0m\n", colour, b.data);
		else
			fprintf(o->file, "%s\n", b.data);
	}
}

const struct out_writer out_table = { .begin = begin, .row = row, .end = end, .flush = flush,
				     .object = object };
