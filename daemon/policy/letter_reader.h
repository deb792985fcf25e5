/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_READER_H
#define HOPTHU_LETTER_READER_H
/* What the parts of the letter reader share; nobody else includes this. */

#include <iconv.h>
#include <stdarg.h>
#include <stdint.h>

#include "common/buf.h"
#include "daemon/policy/letter.h"
#include "daemon/policy/letter_font.h"

#define LETTER_LINE_MAX (64 * 1024)  /* bytes of a line, a row or a JSON item */
#define LETTER_CELLS_MAX 64
#define LETTER_SLICE (256 * 1024)    /* bytes of a step */
#define LETTER_VALUE_SHOWN 40        /* characters of a value in an error */

/* --- lines of UTF-8 out of bytes of some encoding (letter_source.c) --------------------------- */
struct letter_source {
	const char *next;  /* what was not given out yet, in UTF-8 */
	size_t left;
	unsigned line;     /* number of the line given out last */
	bool converting;
	iconv_t cd;        /* when converting: */
	const char *name;  /* of the encoding */
	const char *in;    /* bytes still to convert */
	size_t in_left;
	bool done;         /* nothing more to convert */
	bool bad;          /* because *in is not of that encoding */
	struct buf out;
	enum letter_font font; /* of letters typed for an old font; NONE */
	bool careful;          /* some of them; see letter_font_line */
	bool unicode;          /* found out, not named: what is left may be typed all the same */
	struct buf typed;      /* a line of them, read */
	bool header;           /* the caller reads the header now */
	bool unicode_header;   /* a template's, whatever was typed below it */
	const char *guessed;   /* what the file was taken for by its bytes alone; NULL: nothing odd */
	struct buf tried;      /* how the words of bytes that are not UTF-8 could be read */
};
/* ERR_USAGE: encoding unknown, or the bytes are plainly no text file. */
int letter_source_open(struct letter_source *s, const char *data, size_t len,
		       const char *encoding, struct err *e) MUST_USE;
/* The next line with its end (LF, CRLF or CR), valid UTF-8 without NUL.  1: here it is, borrowed
 * until the next call; 0: no more; -1: ERR_USAGE, at line s->line. */
int letter_source_line(struct letter_source *s, const char **line, size_t *n, struct err *e);
void letter_source_close(struct letter_source *s);

/* --- what the file said before, for duplicates (letter_seen.c) -------------------------------- */
struct letter_seen;
enum letter_seen_kind { LETTER_SEEN_REF, LETTER_SEEN_ADDRESS, LETTER_SEEN_PERSON };
struct letter_seen *letter_seen_new(void);
void letter_seen_free(struct letter_seen *s);
/* 0 when it is new: remembered with the row and *marked.  Else the row that had it first, and
 * *marked is what that row gave. */
unsigned letter_seen_add(struct letter_seen *s, enum letter_seen_kind kind, const char *text,
			 size_t n, unsigned row, bool *marked);

/* --- CSV (letter_csv.c) and JSON (letter_json.c) ---------------------------------------------- */
struct letter_csv;
struct letter_csv *letter_csv_new(struct letter_reader *r, const char *data, size_t len,
				  const char *encoding);
bool letter_csv_step(struct letter_csv *c, unsigned max_rows);
void letter_csv_free(struct letter_csv *c);

struct letter_json;
struct letter_json *letter_json_new(struct letter_reader *r, const char *data, size_t len,
				    const char *encoding);
bool letter_json_step(struct letter_json *j, unsigned max_rows);
void letter_json_free(struct letter_json *j);

/* --- the reader ------------------------------------------------------------------------------- */
struct letter_reader {
	struct letter_events ev;
	struct letter_head *head; /* may be NULL */
	unsigned max_rows, rows, errors, notes;
	bool spoiled;             /* the row has an error already: it is looked at, and not given on */
	bool ended;               /* at the end, or stopped by an error of the file */
	struct letter_seen *seen;
	struct letter_csv *csv;   /* one of these two */
	struct letter_json *json;
	struct buf value, key; /* scratch */
	enum letter_font font; /* that the file was read as, NONE for Unicode; */
	bool careful;          /* where that is clear only */
	bool typed;            /* cells are looked at for text of an old font */
};

/* A cell as it stands in the file: valid UTF-8, NUL-terminated, no NUL inside. */
struct letter_cell {
	const char *text; /* NULL: there is no such column */
	size_t len;
	bool number;      /* a JSON number: a quota is in bytes then, and has no unit */
};

/* Reports an error; value is made printable and short. */
void letter_report(struct letter_reader *r, unsigned row, unsigned line, const char *column,
		   const char *value, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* Something mended or odd that stops nothing. */
void letter_note(struct letter_reader *r, unsigned row, unsigned line, const char *column,
		 const char *value, size_t n, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));
/* An error of the file as a whole, and reads no further. */
void letter_stop(struct letter_reader *r, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Counts a row; 0 when there are too many (reported). */
unsigned letter_count_row(struct letter_reader *r, unsigned line);
/* Checks a row and hands it to the caller (letter_row.c). */
void letter_check_row(struct letter_reader *r, unsigned number, unsigned line,
		      const struct letter_cell cell[LETTER_COLUMN_COUNT]);
/*
 * A real day, as people and spreadsheets write it: YYYY-MM-DD, with a midnight behind it, or
 * DD/MM/YYYY with / - or . (the day is always first); iso gets YYYY-MM-DD.  ERR_USAGE says what is
 * wrong (letter_date.c).
 */
int letter_read_date(const char *s, char iso[11], struct err *e) MUST_USE;
/*
 * A telephone number (letter_phone.c): one of Viet Nam in digits with its leading 0, others as they
 * are without spaces and signs but a leading +.  *mended: the 0 was missing, as when a spreadsheet
 * took the number for a number.  ERR_USAGE says what is wrong.
 */
#define LETTER_PHONE 20
int letter_phone(const char *s, char out[LETTER_PHONE], bool *mended, struct err *e) MUST_USE;
#endif
