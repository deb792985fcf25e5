/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/canon.h"

#define SAFE_INTEGER INT64_C(9007199254740991)

void
canon_quote(struct buf *out, const char *s)
{
	static const char hex[] = "0123456789abcdef";
	const char *from = s;

	buf_char(out, '"');
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		const char *named;

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		buf_add(out, from, (size_t)(s - from));
		from = s + 1;
		named = c == '"' ? "\\\"" : c == '\\' ? "\\\\" : c == '\b' ? "\\b" :
			c == '\f' ? "\\f" : c == '\n' ? "\\n" : c == '\r' ? "\\r" :
			c == '\t' ? "\\t" : NULL;
		if (named)
			buf_add(out, named, 2);
		else
			buf_printf(out, "\\u00%c%c", hex[c >> 4], hex[c & 15]);
	}
	buf_add(out, from, (size_t)(s - from));
	buf_char(out, '"');
}

static void
key(struct canon *c, const char *k)
{
	const char **last = &c->last[c->depth - 1];

	BUG_ON(c->depth < 1);
	BUG_ON(*last && strcmp(*last, k) >= 0);
	if (*last)
		buf_char(c->out, ',');
	*last = k;
	canon_quote(c->out, k);
	buf_char(c->out, ':');
}

static void
open_object(struct canon *c)
{
	BUG_ON(c->depth >= CANON_DEPTH);
	c->last[c->depth++] = NULL;
	buf_char(c->out, '{');
}

void
canon_begin(struct canon *c, struct buf *out)
{
	c->out = out;
	c->depth = 0;
	open_object(c);
}

void
canon_end(struct canon *c)
{
	canon_close(c);
	BUG_ON(c->depth != 0);
}

void
canon_str(struct canon *c, const char *k, const char *value)
{
	if (!value)
		return;
	key(c, k);
	canon_quote(c->out, value);
}

void
canon_int(struct canon *c, const char *k, int64_t value)
{
	BUG_ON(value > SAFE_INTEGER || value < -SAFE_INTEGER);
	key(c, k);
	buf_printf(c->out, "%" PRId64, value);
}

void
canon_bool(struct canon *c, const char *k, bool value)
{
	key(c, k);
	buf_str(c->out, value ? "true" : "false");
}

void
canon_hex(struct canon *c, const char *k, const void *data, size_t n)
{
	key(c, k);
	buf_char(c->out, '"');
	buf_hex(c->out, data, n);
	buf_char(c->out, '"');
}

void
canon_open(struct canon *c, const char *k)
{
	key(c, k);
	open_object(c);
}

void
canon_close(struct canon *c)
{
	BUG_ON(c->depth < 1);
	c->depth--;
	buf_char(c->out, '}');
}

void
canon_ints(struct canon *c, const char *k, const int64_t *values, size_t count)
{
	key(c, k);
	buf_char(c->out, '[');
	for (size_t i = 0; i < count; i++) {
		BUG_ON(values[i] > SAFE_INTEGER || values[i] < -SAFE_INTEGER);
		buf_printf(c->out, "%s%" PRId64, i ? "," : "", values[i]);
	}
	buf_char(c->out, ']');
}

void
canon_strings(struct canon *c, const char *k, const char *const *values)
{
	key(c, k);
	buf_char(c->out, '[');
	for (size_t i = 0; values[i]; i++) {
		if (i)
			buf_char(c->out, ',');
		canon_quote(c->out, values[i]);
	}
	buf_char(c->out, ']');
}
