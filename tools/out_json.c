/* SPDX-License-Identifier: BSD-2-Clause */
#include "tools/out.h"

/* Both machine formats: json is one document, jsonl one line for each row. */

static void
json_begin(struct out *o, const char *name)
{
	fprintf(o->file, "{\"%s\": [", name);
}

static void
json_row(struct out *o, const json_t *row)
{
	fputs(o->rows ? ",\n " : "\n ", o->file);
	json_dumpf(row, o->file, 0);
}

static void
json_end(struct out *o)
{
	fputs(o->rows ? "\n]}\n" : "]}\n", o->file);
}

static void
json_object_out(struct out *o, const struct out_column *columns, const json_t *object)
{
	(void)columns;
	json_dumpf(object, o->file, JSON_INDENT(1));
	fputc('\n', o->file);
}

static void
jsonl_begin(struct out *o, const char *name)
{
	(void)o;
	(void)name;
}

static void
jsonl_row(struct out *o, const json_t *row)
{
	json_dumpf(row, o->file, JSON_COMPACT);
	fputc('\n', o->file);
}

static void
jsonl_end(struct out *o)
{
	(void)o;
}

static void
jsonl_object(struct out *o, const struct out_column *columns, const json_t *object)
{
	(void)columns;
	jsonl_row(o, object);
}

const struct out_writer out_json = {
	.begin = json_begin, .row = json_row, .end = json_end, .object = json_object_out
};
const struct out_writer out_jsonl = {
	.begin = jsonl_begin, .row = jsonl_row, .end = jsonl_end, .object = jsonl_object
};
