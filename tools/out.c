/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "tools/command.h"
#include "tools/out.h"

const struct out_word out_words[] = {
	{ "table", OUT_TABLE, 0 },
	{ "csv", OUT_CSV, 0 },
	{ "json", OUT_JSON, 0 },
	{ "jsonl", OUT_JSONL, 0 },
	{ "text", OUT_TABLE, FORMAT_TEXT },
	{ "xlsx", OUT_XLSX, FORMAT_XLSX },
	{ NULL, OUT_TABLE, 0 },
};

static const struct out_writer *
writer(enum out_format format)
{
	switch (format) {
	case OUT_TABLE:
		return &out_table;
	case OUT_CSV:
		return &out_csv;
	case OUT_JSON:
		return &out_json;
	case OUT_JSONL:
		return &out_jsonl;
	case OUT_XLSX:
		break;
	}
	return &out_table;
}

void
out_init(struct out *o, enum out_format format, FILE *file)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	bool terminal = isatty(fileno(file)) == 1;
	struct winsize w = { .ws_col = 0 };

	*o = (struct out){ .format = format, .file = file };
	if (!terminal)
		return;
	o->colour = !(no_colour && *no_colour) && term && strcmp(term, "dumb") != 0;
	if (!ioctl(fileno(file), TIOCGWINSZ, &w))
		o->width = w.ws_col;
}

void
out_begin(struct out *o, const char *name, const struct out_column *columns)
{
	o->columns = columns;
	o->rows = 0;
	writer(o->format)->begin(o, name);
}

void
out_row(struct out *o, const json_t *row)
{
	writer(o->format)->row(o, row);
	o->rows++;
}

void
out_rows(struct out *o, const json_t *array)
{
	for (size_t i = 0; i < json_array_size(array); i++)
		out_row(o, json_array_get(array, i));
}

void
out_end(struct out *o)
{
	writer(o->format)->end(o);
}

void
out_flush(struct out *o)
{
	if (writer(o->format)->flush)
		writer(o->format)->flush(o);
	fflush(o->file);
}

void
out_object(struct out *o, const struct out_column *columns, const json_t *object)
{
	writer(o->format)->object(o, columns, object);
}

const json_t *
out_value(const json_t *object, const char *key)
{
	const json_t *v = object;

	while (*key && v) {
		size_t n = strcspn(key, ".");

		v = json_object_getn(v, key, n);
		key += n;
		key += *key == '.';
	}
	return json_is_null(v) ? NULL : v;
}

void
out_local_time(struct buf *b, const char *rfc3339)
{
	struct tm tm = { .tm_isdst = 0 };
	char text[32];
	const char *rest = strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm);
	time_t t;

	if (rest && *rest == '.')
		rest += 1 + strspn(rest + 1, "0123456789");
	if (!rest || strcmp(rest, "Z") != 0) {
		out_safe(b, rfc3339);
		return;
	}
	t = timegm(&tm);
	if (localtime_r(&t, &tm) && strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm))
		buf_str(b, text);
}

/* C0, DEL, C1, and the characters that turn the direction of the text. */
static bool
obeyed(unsigned c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
	       (c >= 0x2066 && c <= 0x2069) || c == 0x200e || c == 0x200f || c == 0x2028 ||
	       c == 0x2029;
}

void
out_safe(struct buf *b, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p) {
		unsigned c = *p;
		size_t n = 1;

		if (c >= 0xc2 && c < 0xe0 && p[1]) {
			c = (c & 0x1f) << 6 | (p[1] & 0x3f);
			n = 2;
		} else if (c >= 0xe0 && c < 0xf0 && p[1] && p[2]) {
			c = (c & 0xf) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3f);
			n = 3;
		} else if (c >= 0xf0 && p[1] && p[2] && p[3]) {
			c = 0x10000;
			n = 4;
		}
		if (obeyed(c))
			buf_printf(b, "<U+%04X>", c);
		else
			buf_add(b, p, n);
		p += n;
	}
}

static void
list_cell(struct buf *b, const json_t *v, bool human)
{
	size_t i;
	const json_t *one;

	for (i = 0; i < json_array_size(v); i++) {
		one = json_array_get(v, i);
		if (i)
			buf_char(b, ',');
		if (json_is_string(one))
			(human ? out_safe : buf_str)(b, json_string_value(one));
		else if (json_is_integer(one))
			buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(one));
	}
}

static void
counts_cell(struct buf *b, const json_t *v)
{
	const char *key, *between = "";
	json_t *n;

	json_object_foreach((json_t *)v, key, n) {
		if (!json_is_integer(n) || !json_integer_value(n))
			continue;
		buf_printf(b, "%s%" JSON_INTEGER_FORMAT " %s", between, json_integer_value(n), key);
		between = ", ";
	}
}

static void
text_cell(struct buf *b, const struct out_column *c, const char *s, bool human)
{
	if (human && c->kind == OUT_TIME)
		out_local_time(b, s);
	else if (human)
		out_safe(b, s);
	else
		buf_str(b, s);
}

void
out_cell(struct buf *b, const struct out_column *c, const json_t *object, bool human)
{
	const json_t *v = out_value(object, c->key);

	if (!v)
		return;
	switch (json_typeof(v)) {
	case JSON_STRING:
		text_cell(b, c, json_string_value(v), human);
		return;
	case JSON_INTEGER:
		buf_printf(b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
		return;
	case JSON_REAL:
		buf_printf(b, "%.17g", json_real_value(v));
		return;
	case JSON_TRUE:
		buf_str(b, human ? "yes" : "true");
		return;
	case JSON_FALSE:
		buf_str(b, human ? "no" : "false");
		return;
	case JSON_ARRAY:
		list_cell(b, v, human);
		return;
	case JSON_OBJECT:
		counts_cell(b, v);
		return;
	case JSON_NULL:
		return;
	}
}

const char *
out_word_colour(const char *word)
{
	static const struct {
		const char *word, *colour;
	} colours[] = {
		{ "done", "32" },      { "active", "32" },    { "ready", "32" },    { "planned", "36" },
		{ "approved", "36" },  { "scheduled", "36" }, { "running", "36" },  { "suspended", "33" },
		{ "held", "33" },      { "unknown", "33" },   { "failed", "31" },   { "refused", "31" },
		{ "cancelled", "2" },  { "closed", "2" },     { "purged", "2" },
	};

	for (size_t i = 0; i < sizeof(colours) / sizeof(*colours); i++)
		if (!strcmp(colours[i].word, word))
			return colours[i].colour;
	return "";
}
