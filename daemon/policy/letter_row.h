/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_ROW_H
#define HOPTHU_LETTER_ROW_H
/* What the checks of a row share: letter_row.c the row, letter_cell.c its values. */

#include <string.h>

#include "daemon/policy/letter_reader.h"

/* A row while it is checked. */
struct check {
	struct letter_reader *r;
	struct letter_row row;
	char *owned[LETTER_COLUMN_COUNT]; /* cells that had to be cleaned or changed */
	unsigned bad; /* bit of each column that was reported */
};

/* Reports what is wrong with a cell, and counts the cell as empty from here on. */
void letter_wrong(struct check *c, enum letter_column col, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Tells that a cell was mended. */
void letter_mended(struct check *c, enum letter_column col, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The cell is this from here on; text is taken over. */
void letter_own(struct check *c, enum letter_column col, char *text);

static inline bool
letter_cell_empty(const struct check *c, enum letter_column col)
{
	return !*c->row.cell[col] && !(c->bad & 1u << col);
}

/* "-" takes a value away. */
static inline bool
letter_cell_cleared(const struct check *c, enum letter_column col)
{
	return !strcmp(c->row.cell[col], "-");
}

/* Every value by itself; those that hang on the op only when it is known. */
void letter_check_values(struct check *c, const struct letter_cell cell[LETTER_COLUMN_COUNT]);
#endif
