/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_TRY_H
#define HOPTHU_LETTER_TRY_H

#include "common/buf.h"
#include "daemon/policy/letter.h"

#ifndef SRCDIR
#define SRCDIR "."
#endif

/* What the tests of letters share: reading one, and saying what should come out. */

/* What a letter gave, a line for each: "ROW/LINE op quota column=value ..." and
 * "ROW/LINE column [value] message", for errors and notes. */
struct got {
	struct buf rows, errors, notes;
	unsigned row_count, error_count, note_count;
	struct letter_head head;
};
void got_init(struct got *g);
void got_release(struct got *g);
extern const struct letter_events got_events; /* .arg is to be set to a struct got */

void read_with(struct got *g, enum letter_format format, const char *data, size_t len,
	       const char *encoding, unsigned max_rows, unsigned step);
/* A file of tests/data, in place of what out had. */
void read_file(const char *name, struct buf *out);
/* Releases g.  rows NULL: not asked; words NULL: no error, else they are in one of the errors. */
void expect(struct got *g, const char *rows, const char *words);

/* The rows that come out of a CSV letter, in steps of 1 and of 1000, and no error. */
void accepts_as(const char *data, size_t len, const char *encoding, const char *rows);
void accepts(const char *data, const char *rows);
/* So many errors, and these words in one of them. */
void refuses_as(enum letter_format format, const char *data, size_t len, const char *encoding,
		unsigned count, const char *words);
void refuses(const char *data, unsigned count, const char *words);

#define LETTER(rows) "op,full_name,ref\n" rows
#endif
