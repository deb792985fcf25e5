/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CANON_CHECK_H
#define HOPTHU_CANON_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"

/*
 * Is one line of JSON in the canonical form of doc/audit-format.md (RFC 8785, integers only), byte by
 * byte?  One pass, no memory but the caller's; the members come out as they stand, so that a value is
 * compared as bytes: in the canonical form each value has one spelling.
 */
enum canon_fault {
	CANON_GOOD,
	CANON_SYNTAX,  /* no JSON, white space, or something after the end */
	CANON_KEY,     /* a key with other characters than letters, digits, '.', '_' and '-' */
	CANON_ORDER,   /* a key that is not after the one before it, in the order of bytes */
	CANON_ESCAPE,  /* not the shortest, or of a character that needs none */
	CANON_NUMBER,  /* a fraction, an exponent, -0, a leading 0, or beyond 2^53-1 */
	CANON_DEEP,    /* deeper than CANON_DEPTH */
	CANON_UTF8,
	CANON_FORM_C,  /* not normalized to NFC */
	CANON_MANY,    /* more than CANON_MEMBERS members */
};

enum canon_kind { CANON_STRING, CANON_INTEGER, CANON_WORD, CANON_OBJECT, CANON_LIST };

/* Pointers lead into the bytes that were checked. */
struct canon_member {
	const char *key, *value; /* a string: without its quotes, still escaped */
	int64_t integer;
	uint32_t len;            /* of value */
	uint16_t key_len;
	uint8_t depth;           /* 1: of the outermost object */
	uint8_t kind;            /* enum canon_kind */
};

#define CANON_MEMBERS 96
struct canon_view {
	struct canon_member member[CANON_MEMBERS]; /* objects' members follow them, one deeper */
	int count; /* what stands in lists is checked, and only the list itself is here */
};

/* The bytes must be one object.  at (may be NULL): the byte at which a fault was seen. */
enum canon_fault canon_check(struct canon_view *v, const char *bytes, size_t n, size_t *at);
/* The bytes that a string (value and length of a member) stands for, appended. */
void canon_unescape(const char *value, size_t n, struct buf *out);
#endif
