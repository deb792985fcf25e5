/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LETTER_FONT_H
#define HOPTHU_LETTER_FONT_H

#include <stdbool.h>
#include <stddef.h>
#include <uchar.h>

#include "common/buf.h"

/*
 * Vietnamese as it was written before Unicode.  Each of these codes has the letters in the upper half
 * of one byte, and a program that does not know it takes them for those of Windows-1252.  So there
 * is one reading for both: bytes are read as Windows-1252 first, and text that some program already
 * turned into Unicode that way is there.  Pure.
 */
enum letter_font {
	LETTER_FONT_NONE,
	LETTER_FONT_CP1258, /* Windows-1258: letters, and tone marks after them */
	LETTER_FONT_TCVN3,  /* the ABC fonts (.VnTime): TCVN 5712:1993 */
	LETTER_FONT_VNI,    /* VNI-Windows: a letter, and a sign for its marks after it */
	LETTER_FONT_VISCII, /* RFC 1456: letters also from 0x80 to 0xA0; for bytes only */
	LETTER_FONTS
};
/* As --encoding has it, and as a person knows it. */
extern const char *const letter_font_words[LETTER_FONTS];
extern const char *const letter_font_names[LETTER_FONTS];

/* Characters in, characters out (at most n, precomposed).  Signs that mean nothing where they stand
 * stay, or become U+FFFD when strict. */
size_t letter_font_read(enum letter_font font, bool strict, const char32_t *in, size_t n,
			char32_t *out);
/*
 * Appends a line (valid UTF-8) to out, read as of the font.  A cell with a letter beyond
 * Latin-1 in it was typed in Unicode, whatever the rest of the file is, and stays.  The ABC fonts
 * have no capitals with tones; a cell that is in capitals otherwise was in one of their capital
 * fonts (.VnTimeH), and gets capitals.
 *
 * careful: only cells of which more words were typed in the font, for they are no syllables otherwise,
 * than may have been are read; the others stay.
 */
void letter_font_line(enum letter_font font, bool careful, const char *line, size_t n,
		      struct buf *out);
/* A letter of Vietnamese beyond Latin-1, or a combining mark. */
bool letter_font_beyond(char32_t c);
/* The line has such a letter. */
bool letter_font_unicode(const char *line, size_t n);

/* --- letters of Vietnamese (letter_viet.c) ---------------------------------------------------- */
/* base: a e i o u y d or another character; mark: 0 or one of MARK_; tone: 0 or one of TONE_. */
enum { TONE_NONE, TONE_GRAVE, TONE_HOOK, TONE_TILDE, TONE_ACUTE, TONE_DOT };
struct viet {
	char base; /* lower case; 0: no letter of Vietnamese or ASCII */
	char mark; /* '^' circumflex, '(' breve, '+' horn, '-' the stroke of d; 0 none */
	char tone;
	bool upper;
};
struct viet viet_letter(char32_t c);
/* 0: there is no such letter. */
char32_t viet_join(struct viet v);
/* The tone that a combining character is, 0 when none; likewise the mark. */
char viet_tone(char32_t combining);
char viet_mark(char32_t combining);
char32_t viet_upper(char32_t c);
/* A word that a Vietnamese may have written: one syllable, spelled and toned and in sane case.  n
 * characters, marks combining or not. */
bool viet_syllable(const char32_t *word, size_t n);

/* One character of valid UTF-8; returns its bytes.  And appended to out. */
size_t viet_get(const char *s, char32_t *c);
void viet_put(struct buf *out, char32_t c);
#endif
