/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/out.h"

/* What a spreadsheet takes for the beginning of a formula, full-width forms included. */
static bool
formula(const char *s)
{
	static const char *const wide[] = { "\uff1d", "\uff0b", "\uff0d", "\uff20" };

	if (*s && strchr("=+-@\t\r", *s))
		return true;
	for (size_t i = 0; i < sizeof(wide) / sizeof(*wide); i++)
		if (!strncmp(s, wide[i], strlen(wide[i])))
			return true;
	return false;
}

void
out_csv_text(struct buf *b, const char *s)
{
	/* Always quoted: where ';' separates, an unquoted ",;=x" would begin a cell of its own. */
	buf_char(b, '"');
	if (formula(s))
		buf_char(b, '\'');
	for (; *s; s++) {
		if (*s == '"')
			buf_char(b, '"');
		buf_char(b, *s);
	}
	buf_char(b, '"');
}

static void
put_line(struct out *o, struct buf *b)
{
	buf_char(b, '\n');
	fwrite(b->data, 1, b->len, o->file);
	buf_release(b);
}

static void
begin(struct out *o, const char *name)
{
	struct buf b = BUF_INIT;

	(void)name;
	for (const struct out_column *c = o->columns; c->key; c++)
		buf_printf(&b, "%s%s", c == o->columns ? "" : ",", c->key);
	put_line(o, &b);
}

static void
cell(struct buf *b, const struct out_column *c, const json_t *row)
{
	const json_t *v = out_value(row, c->key);
	AUTO(buf) text = BUF_INIT;

	if (!v)
		return;
	out_cell(&text, c, row, false);
	if (json_is_number(v) || json_is_boolean(v))
		buf_add(b, text.data, text.len);
	else
		out_csv_text(b, text.data);
}

static void
row(struct out *o, const json_t *r)
{
	struct buf b = BUF_INIT;

	for (const struct out_column *c = o->columns; c->key; c++) {
		if (c != o->columns)
			buf_char(&b, ',');
		cell(&b, c, r);
	}
	put_line(o, &b);
}

static void
end(struct out *o)
{
	(void)o;
}

static void
object(struct out *o, const struct out_column *columns, const json_t *obj)
{
	o->columns = columns;
	begin(o, NULL);
	row(o, obj);
}

const struct out_writer out_csv = { .begin = begin, .row = row, .end = end, .object = object };
