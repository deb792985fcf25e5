/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/policy/letter_value.h"

/* 2^53 - 1: whoever counts in doubles still has it right */
#define NUMBER_MAX 9007199254740991

/* What may also be a JSON number: what people and spreadsheets take for one. */
static bool
takes_number(enum letter_column col)
{
	return col == LETTER_birth_year || col == LETTER_birth_month || col == LETTER_phone ||
	       col == LETTER_quota || col == LETTER_basis_no || col == LETTER_ref;
}

/* The number as the text that would stand in the cell, in `text`; false: reported. */
static bool
take_number(struct letter_reader *r, unsigned row, enum letter_column col, const json_t *value,
	    char text[LETTER_NUMBER])
{
	const char *word = letter_column_words[col];
	AUTO(str) shown = json_dumps(value, JSON_ENCODE_ANY);
	json_int_t n = json_integer_value(value);

	if (!json_is_integer(value) || n < 0 || n > NUMBER_MAX) {
		letter_report(r, row, 0, word, shown, shown ? strlen(shown) : 0,
			      "as a number, %s is a whole one from 0 to %lld; write anything else "
			      "as text in quotation marks", word, (long long)NUMBER_MAX);
		return false;
	}
	snprintf(text, LETTER_NUMBER, "%lld", (long long)n);
	return true;
}

/* A value that is neither text nor a number that may stand there.  What could be an ID number is
 * not shown. */
static void
refuse_kind(struct letter_reader *r, unsigned row, enum letter_column col, const json_t *value)
{
	const char *word = letter_column_words[col];
	AUTO(str) shown = json_is_array(value) || json_is_object(value) || col == LETTER_id_tail
				  ? NULL : json_dumps(value, JSON_ENCODE_ANY);
	const char *says = "";

	switch (json_typeof(value)) {
	case JSON_NULL:
		says = "null is no value: leave the key out, or write \"-\" to take the value away";
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		says = "true and false are no values here: write text in quotation marks";
		break;
	case JSON_ARRAY:
	case JSON_OBJECT:
		says = "a list or an object is no value here: write one text in quotation marks";
		break;
	case JSON_INTEGER:
	case JSON_REAL:
		says = "this cannot be a number: write text in quotation marks";
		break;
	case JSON_STRING:
		break;
	}
	letter_report(r, row, 0, word, shown ? shown : "", shown ? strlen(shown) : 0, "%s", says);
}

bool
letter_value(struct letter_reader *r, unsigned row, enum letter_column col, const json_t *value,
	     struct letter_cell *cell, char text[LETTER_NUMBER])
{
	if (json_is_number(value) && takes_number(col)) {
		if (!take_number(r, row, col, value, text))
			return false;
		*cell = (struct letter_cell){ text, strlen(text), true };
		return true;
	}
	if (!json_is_string(value)) {
		refuse_kind(r, row, col, value);
		return false;
	}
	*cell = (struct letter_cell){ json_string_value(value), json_string_length(value), false };
	return true;
}
