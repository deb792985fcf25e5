/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_OUT_H
#define HOPTHU_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/buf.h"
#include "common/json.h"
#include "tools/command.h"

/*
 * Output.  Columns are declared once, rows are handed over as the door sent them, and -o picks the
 * writer.  json and jsonl give exactly the door's values; tables and csv give cells.
 */
enum out_format {
	OUT_TABLE,
	OUT_CSV,
	OUT_JSON,
	OUT_JSONL,
	OUT_XLSX, /* of commands that write it themselves; a list never comes to it */
};

enum out_kind {
	OUT_TEXT,
	OUT_NUMBER,
	OUT_TIME,   /* RFC 3339 text; in tables local and short */
	OUT_WORD,   /* a state or status; coloured in tables */
	OUT_BOOL,   /* yes, no; in csv true, false */
	OUT_LIST,   /* array of strings or numbers: a,b */
	OUT_COUNTS, /* object of numbers: 3 done, 1 failed */
};
#define OUT_HIDE 1   /* not in tables: only in csv */
#define OUT_SHRINK 2 /* may be cut when the terminal is narrow */
#define OUT_SKIP 4   /* no line in a table of one object when it has no value */

struct out_column {
	const char *key; /* "directory.state": a value inside */
	const char *title;
	enum out_kind kind;
	int flags;
};

struct out_cells;
struct out {
	enum out_format format;
	FILE *file;
	bool colour;
	int width; /* of the terminal; 0: no limit */
	/* while a list is open: */
	const struct out_column *columns; /* ends with key NULL */
	size_t rows;
	struct out_cells *cells; /* of out_table.c */
};

/* One of each format. */
struct out_writer {
	void (*begin)(struct out *o, const char *name);
	void (*row)(struct out *o, const json_t *row);
	void (*end)(struct out *o);
	void (*flush)(struct out *o); /* NULL: rows do not wait */
	void (*object)(struct out *o, const struct out_column *columns, const json_t *object);
};
extern const struct out_writer out_table, out_csv, out_json, out_jsonl;

/* A word of -o.  "text" is the table of a command whose table is a text to read. */
struct out_word {
	const char *word; /* NULL: the end */
	enum out_format format;
	option_set only; /* bit that the options of a command must have; 0: every command has it */
};
#define OUT_WORDS_MAX 8
extern const struct out_word out_words[];

/* Looks at the file: colour and width only on a terminal, and no colour with NO_COLOR. */
void out_init(struct out *o, enum out_format format, FILE *file);

/* A list; name is its key in the json.  Rows of any number: memory stays bounded. */
void out_begin(struct out *o, const char *name, const struct out_column *columns);
void out_row(struct out *o, const json_t *row);
void out_rows(struct out *o, const json_t *array);
void out_end(struct out *o);
/* The rows so far are to be seen now, not when there are more. */
void out_flush(struct out *o);
/* One object: lines of "name value" in a table, all of it in json. */
void out_object(struct out *o, const struct out_column *columns, const json_t *object);

/* --- for the writers and for those who write lines of their own --- */

/* The value at a.b.c; NULL when it is missing or null.  Borrowed. */
const json_t *out_value(const json_t *object, const char *key);
/* The text of a cell as it stands in a machine's format (human false) or in a table. */
void out_cell(struct buf *b, const struct out_column *c, const json_t *object, bool human);
/* Appends s with everything that a terminal would obey made visible. */
void out_safe(struct buf *b, const char *s);
/* Appends s as a cell of csv: quoted, and no formula to any spreadsheet. */
void out_csv_text(struct buf *b, const char *s);
/* Appends an RFC 3339 time as local "2026-11-23 16:55"; as it is when it is none. */
void out_local_time(struct buf *b, const char *rfc3339);
/* SGR code for a state or status ("" when none). */
const char *out_word_colour(const char *word);
#endif
