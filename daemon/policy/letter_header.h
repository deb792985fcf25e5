/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_HEADER_H
#define HOPTHU_LETTER_HEADER_H

#include "daemon/policy/letter_reader.h"

/* What the columns of a CSV letter are called, beside enum letter_column: */
enum {
	LETTER_IGNORED = LETTER_COLUMN_COUNT, /* a running number; a result of ours that came back */
	LETTER_BIRTH_DATE,                    /* fills birth_month and birth_year */
	LETTER_FAMILY_NAME,                   /* family and middle names, without the given one */
	LETTER_GIVEN_NAME,                    /* these two fill full_name */
};

/* The column that a cell of the header names (enum letter_column or one of the above), or -1. */
int letter_header_column(const char *text, size_t n);
/* The column that was probably meant, or -1. */
int letter_header_near(const char *text, size_t n);
/* JSON: our answers' own members. */
bool letter_header_result(const char *key);

/*
 * A date of birth or a year alone, into the cells of birth_month and birth_year; text is theirs and
 * must stay as long as they.  false: reported.
 */
struct letter_birth {
	char year[5], month[3];
};
bool letter_birth_date(struct letter_reader *r, unsigned row, unsigned line,
		       const struct letter_cell *from, struct letter_birth *text,
		       struct letter_cell cell[LETTER_COLUMN_COUNT]);
/*
 * Family and middle names, and the given name, into the cell of full_name; joined is its text and must
 * stay as long.  false: reported, for one of the two is empty.
 */
bool letter_join_name(struct letter_reader *r, unsigned row, unsigned line,
		      const struct letter_cell *family, const struct letter_cell *given,
		      struct buf *joined, struct letter_cell cell[LETTER_COLUMN_COUNT]) MUST_USE;
#endif
