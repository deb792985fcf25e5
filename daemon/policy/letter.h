/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_H
#define HOPTHU_LETTER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"
#include "common/vocab.h"

/*
 * A letter's file, one reader for CSV and JSON, row by row and in slices, so that the loop keeps
 * turning.  Pure: bytes in, rows and errors out.
 */

/* X(field, "column", longest in characters): columns of letters, in the order of the template. */
#define LETTER_COLUMNS(X) \
	X(op, "op", 16) \
	X(full_name, "full_name", 128) \
	X(kind, "kind", 16) \
	X(birth_year, "birth_year", 4) \
	X(birth_month, "birth_month", 2) \
	X(id_tail, "id_tail", 4) \
	X(title, "title", 128) \
	X(unit, "unit", 128) \
	X(phone, "phone", 20) \
	X(rank, "rank", 64) \
	X(quota, "quota", 16) \
	X(address, "address", 254) \
	X(new_address, "new_address", 254) \
	X(custodian, "custodian", 254) \
	X(effective, "effective", 10) \
	X(basis_no, "basis_no", 64) \
	X(basis_date, "basis_date", 10) \
	X(basis_kind, "basis_kind", 64) \
	X(reason, "reason", 512) \
	X(ref, "ref", 64)

enum letter_column {
#define X(f, w, n) LETTER_##f,
	LETTER_COLUMNS(X)
#undef X
	LETTER_COLUMN_COUNT
};
extern const char *const letter_column_words[LETTER_COLUMN_COUNT + 1]; /* ends with NULL */

/*
 * A row: cleaned text (text_clean), "" where the cell is empty or the column missing.  op, kind and
 * basis_kind are words of common/vocab.h, addresses and custodian in lower case, dates YYYY-MM-DD,
 * birth_month two digits, Vietnamese phone numbers digits with a leading 0.  "-" stands only in
 * title, unit, phone, rank and quota of an update or transfer, and takes the value away; everywhere
 * else a cell of "-" counts as empty.
 */
struct letter_row {
	unsigned number;  /* 1 = the first row below the header, first element of items */
	unsigned line;    /* of the file, for CSV (header = 1; a quoted newline counts), else 0 */
	enum op op;       /* valid */
	long quota_bytes; /* -1 when empty, 0 when taken away */
	const char *cell[LETTER_COLUMN_COUNT]; /* borrowed until the callback returns */
};

struct letter_error {
	unsigned row, line;      /* 0 = the file as a whole */
	const char *column;      /* "" = the row as a whole */
	const char *value;       /* as found, shortened, printable */
	const char *message;     /* what is wrong and what would be right */
};

/* What a letter says about itself; the header of a JSON letter, or the query of a CSV one. */
struct letter_head {
	char *agency, *number, *date, *signer, *reason;
	char *signer_title, *requester, *requester_phone, *channel, *contact, *attachment, *domain;
	long declared; /* -1: not said */
};
void letter_head_release(struct letter_head *h);
/*
 * Agency, number, date, signer and reason present, and what else is there well-formed; ERR_USAGE
 * names the field.  The head is put in order on the way: text cleaned (text_clean), the date
 * YYYY-MM-DD (DD/MM/YYYY is taken too), requester_phone as the phones of rows, channel one of
 * VOCAB_CHANNELS ("document" when there is none), attachment and domain in lower case, and
 * what is empty NULL.  A second time changes nothing.
 */
int letter_head_check(struct letter_head *h, struct err *e) MUST_USE;

struct letter_events {
	/* Each row whose cells are well-formed, in order. */
	void (*row)(void *arg, const struct letter_row *row);
	/* Each error; after LETTER_ERRORS_MAX of them the reader stops by itself. */
	void (*error)(void *arg, const struct letter_error *err);
	/* What was mended or should be looked at, and stops nothing; may be NULL. */
	void (*note)(void *arg, const struct letter_error *note);
	void *arg;
};
#define LETTER_ERRORS_MAX 200
#define LETTER_NOTES_MAX 200 /* the last one says that there would be more */

enum letter_format { LETTER_CSV, LETTER_JSON };

struct letter_reader;
/*
 * data must outlive the reader; it is not changed.  encoding: NULL = by itself (UTF-8, UTF-16, or
 * a code of Vietnamese from before Unicode that the words of the file give away, which a note
 * says), or one of the list in letter_source.c ("windows-1258").  max_rows: one more is
 * an error of the file.  For JSON:
 * {"agency","letter","date","signer","reason","declared","items":[{column:value}]}
 * and the other fields of the head by their names;
 * head (may be NULL) receives those of its fields that are still NULL (declared: -1).
 */
struct letter_reader *letter_reader_new(enum letter_format format, const char *data, size_t len,
					const char *encoding, unsigned max_rows,
					struct letter_head *head, const struct letter_events *ev);
/* Reads on for about max_rows rows or 256 KiB.  true: more to come; false: the end. */
bool letter_reader_step(struct letter_reader *r, unsigned max_rows);
unsigned letter_reader_rows(const struct letter_reader *r);   /* rows seen, good or bad */
unsigned letter_reader_errors(const struct letter_reader *r);
void letter_reader_free(struct letter_reader *r);
#endif
