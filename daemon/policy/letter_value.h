/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_VALUE_H
#define HOPTHU_LETTER_VALUE_H

#include "common/json.h"
#include "daemon/policy/letter_reader.h"

/*
 * The cell that a value of a JSON letter is: text, and in some columns a whole number too.  A
 * number is written into `text`, which must stay as long as the cell.  false: reported.
 */
#define LETTER_NUMBER 24
bool letter_value(struct letter_reader *r, unsigned row, enum letter_column col,
		  const json_t *value, struct letter_cell *cell, char text[LETTER_NUMBER]) MUST_USE;
#endif
