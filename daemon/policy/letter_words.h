/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_WORDS_H
#define HOPTHU_LETTER_WORDS_H

#include <stddef.h>

#include "common/buf.h"

/*
 * What clerks write, in Vietnamese with or without its marks or in English, and our word for it.
 * Compared by keys: "Nghỉ thai sản", "nghi thai-san" and "NGHI_THAI_SAN" are all "nghithaisan".
 */
struct letter_word {
	const char *key;  /* letter_key of what is written */
	const char *word; /* ours */
};
/* Our own words are in these too.  Each ends with a NULL key. */
extern const struct letter_word letter_op_words[], letter_kind_words[], letter_channel_words[],
	letter_basis_words[];

/* Letters and digits of ASCII alone, marks dropped, in lower case; replaces out.  text is valid
 * UTF-8. */
void letter_key(const char *text, struct buf *out);
/* Our word for what is written (any UTF-8), or NULL. */
const char *letter_word(const struct letter_word *table, const char *text);
/* The word for something that is nearly one of the table's, or NULL. */
const char *letter_word_near(const struct letter_word *table, const char *text);
/* "a, b or c": every word of ours once, added to out. */
void letter_words_list(const struct letter_word *table, struct buf *out);
#endif
