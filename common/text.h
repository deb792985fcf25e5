/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TEXT_H
#define HOPTHU_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/err.h"

/* Unicode, by libunistring (whose only home text.c is).  All strings are UTF-8. */

/* NFC, white space (any Unicode space) at both ends removed and inside made one U+0020.
 * Caller frees.  ERR_USAGE for invalid UTF-8, control, bidirectional-override and other invisible
 * characters: the message shows which (U+XXXX) and where (character number). */
char *text_clean(const char *s, size_t n, struct err *e);
/* true: text_clean would give back these very bytes.  Quick; false may also mean "not sure". */
bool text_is_clean(const char *s, size_t n);
/* NFC only.  Caller frees; NULL when s is not valid UTF-8. */
char *text_nfc(const char *s);
/* Is it NFC?  s must be valid UTF-8; quick for ASCII and the letters of Vietnamese. */
bool text_is_nfc(const char *s, size_t n);
/* NFD, U+0300-U+036F dropped, dj -> d, lower case.  Caller frees; NULL when not valid UTF-8.
 * "Đặng Thị" -> "dang thi".  Other characters stay as they are. */
char *text_fold(const char *s);
/* Appends s to out in lower case, character by character; marks stay.  s must be valid UTF-8. */
void text_lower(const char *s, struct buf *out);
/* Byte offset of the first invalid UTF-8 sequence, or -1. */
long text_invalid(const char *s, size_t n);
/* Whether there is white space of any script in it; s must be valid UTF-8. */
bool text_has_space(const char *s, size_t n);
/* Characters (code points) in valid UTF-8. */
size_t text_length(const char *s, size_t n);
/* First character of s as "x" (U+0078), for messages; its bytes when it is not UTF-8. */
void text_show_char(const char *s, char *out, size_t size);
/* Appends bytes of any kind to out so that they can be printed: at most max characters and then
 * "…"; what cannot be printed as \x1B or \u202E. */
void text_show(const char *s, size_t n, unsigned max, struct buf *out);
/* Columns that s takes on a terminal. */
int text_width(const char *s);
#endif
