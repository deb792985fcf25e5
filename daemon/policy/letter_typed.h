/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_TYPED_H
#define HOPTHU_LETTER_TYPED_H

#include "daemon/policy/letter_font.h"

/*
 * Text in Unicode that was typed in an old font, or was not: by its words of Latin-1 letters.  A word
 * that is no syllable of Vietnamese as it stands and is one in the font was typed in it; one that is
 * both ("Hoàng", which VNI has for "Hồng") may be either.  Names of other peoples are neither.
 */
struct letter_typed {
	unsigned only, both;
};
/* Of the words that the font changes.  One with a sign in it that is no letter counts twice. */
struct letter_typed letter_typed_count(enum letter_font font, const char32_t *c, size_t n);

struct check;
#define LETTER_TYPED_MAX 512 /* characters of a cell that are looked at: the longest there is */
/*
 * Cells with words that were typed in an old font, or may have been, are told of in a note.  In the name
 * of a new mailbox, where they would go into the directory, they are an error when there is little doubt.
 */
void letter_check_typed(struct check *c);
/* TCVN3 has no capitals with tones: "Đặng Thị ánh" becomes "Đặng Thị Ánh" in full_name. */
void letter_raise_capitals(struct check *c);
#endif
