/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/text.h"
#include "tests/unit/letter_try.h"

static void
on_row(void *arg, const struct letter_row *r)
{
	struct got *g = arg;

	buf_printf(&g->rows, "%u/%u %s %ld", r->number, r->line, op_word((int)r->op),
		   r->quota_bytes);
	for (int i = 1; i < LETTER_COLUMN_COUNT; i++)
		if (*r->cell[i])
			buf_printf(&g->rows, " %s=%s", letter_column_words[i], r->cell[i]);
	buf_char(&g->rows, '\n');
	g->row_count++;
	assert_string_equal(r->cell[LETTER_op], op_word((int)r->op));
}

static void
on_error(void *arg, const struct letter_error *e)
{
	struct got *g = arg;

	assert_int_equal(text_invalid(e->value, strlen(e->value)), -1);
	assert_int_equal(text_invalid(e->message, strlen(e->message)), -1);
	assert_null(strpbrk(e->value, "\n\r\t\x1B"));
	buf_printf(&g->errors, "%u/%u %s [%s] %s\n", e->row, e->line, e->column, e->value,
		   e->message);
	g->error_count++;
}

static void
on_note(void *arg, const struct letter_error *e)
{
	struct got *g = arg;

	assert_int_equal(text_invalid(e->value, strlen(e->value)), -1);
	buf_printf(&g->notes, "%u/%u %s [%s] %s\n", e->row, e->line, e->column, e->value,
		   e->message);
	g->note_count++;
}

const struct letter_events got_events = { .row = on_row, .error = on_error, .note = on_note };

void
got_init(struct got *g)
{
	memset(g, 0, sizeof(*g));
	buf_init(&g->rows);
	buf_init(&g->errors);
	buf_init(&g->notes);
	g->head.declared = -1;
}

void
read_with(struct got *g, enum letter_format format, const char *data, size_t len,
	  const char *encoding, unsigned max_rows, unsigned step)
{
	struct letter_events ev = got_events;
	/* in memory of just that size, so that a byte too far is seen */
	char *copy = memcpy(xmalloc(len), data, len);
	struct letter_reader *r;

	ev.arg = g;
	got_init(g);
	r = letter_reader_new(format, copy, len, encoding, max_rows, &g->head, &ev);
	while (letter_reader_step(r, step))
		;
	assert_false(letter_reader_step(r, step));
	assert_int_equal(letter_reader_errors(r), g->error_count);
	assert_true(letter_reader_rows(r) >= g->row_count);
	assert_true(letter_reader_rows(r) <= max_rows);
	letter_reader_free(r);
	free(copy);
}

void
got_release(struct got *g)
{
	buf_release(&g->rows);
	buf_release(&g->errors);
	buf_release(&g->notes);
	letter_head_release(&g->head);
}

void
read_file(const char *name, struct buf *out)
{
	AUTO(str) path = xasprintf(SRCDIR "/tests/data/%s", name);
	FILE *f = fopen(path, "r");
	char part[4096];
	size_t n;

	if (!f)
		fail_msg("cannot open %s", path);
	buf_clear(out);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(out, part, n);
	fclose(f);
}

void
expect(struct got *g, const char *rows, const char *words)
{
	if (rows)
		assert_string_equal(g->rows.data, rows);
	if (!words)
		assert_string_equal(g->errors.data, "");
	else if (!strstr(g->errors.data, words))
		fail_msg("no \"%s\" in: %s", words, g->errors.data);
	got_release(g);
}

void
accepts_as(const char *data, size_t len, const char *encoding, const char *rows)
{
	struct got g;

	read_with(&g, LETTER_CSV, data, len, encoding, 1000, 1);
	expect(&g, rows, NULL);
	read_with(&g, LETTER_CSV, data, len, encoding, 1000, 1000);
	expect(&g, rows, NULL);
}

void
accepts(const char *data, const char *rows)
{
	accepts_as(data, strlen(data), NULL, rows);
}

void
refuses_as(enum letter_format format, const char *data, size_t len, const char *encoding,
	   unsigned count, const char *words)
{
	struct got g;

	read_with(&g, format, data, len, encoding, 1000, 3);
	if (g.error_count != count)
		fail_msg("%u errors instead of %u: %s", g.error_count, count, g.errors.data);
	expect(&g, NULL, words);
}

void
refuses(const char *data, unsigned count, const char *words)
{
	refuses_as(LETTER_CSV, data, strlen(data), NULL, count, words);
}
