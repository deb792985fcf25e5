/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_GUESS_H
#define HOPTHU_LETTER_GUESS_H

#include "daemon/policy/letter_font.h"

/*
 * In which code a file is, by its words: those with letters beyond ASCII are read as each code would
 * have them, and counted where a Vietnamese could have written what comes out.  Looks at the first
 * few hundred of these words only; quick on large files too.  Pure: the same bytes, the same answer.
 */
enum letter_form { LETTER_8BIT, LETTER_UTF8, LETTER_UTF16LE, LETTER_UTF16BE };

struct letter_guess {
	enum letter_form form; /* 8BIT: the bytes are not UTF-8 for the most part */
	/* What the text is to be read as; NONE: it is good as it is, or that is not clear. */
	enum letter_font font;
	bool careful; /* there are words in Unicode too, or that may be: letter_font_line has to be */
	bool broken; /* not clear, and not good as it is */
	/* For the message then: a word as each font has it. */
	struct buf shown;
};

/* form UTF8: the file has its mark; 8BIT: to be found out whether it is UTF-8.  utf16_guess is
 * apart.  Release g->shown. */
void letter_guess(enum letter_form form, const char *data, size_t len, struct letter_guess *g);
/* Named a font, is text in Unicode plainly good without it? */
bool letter_guess_good(enum letter_form form, const char *data, size_t len,
		       enum letter_font named);
/* UTF-16 without its mark, by the NUL bytes of its ASCII letters: 8BIT when it is not. */
enum letter_form letter_guess_utf16(const char *data, size_t len);
#endif
