/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NAME_PRIVATE_H
#define HOPTHU_NAME_PRIVATE_H

#include "daemon/policy/name.h"

/* Between the files of naming only. */

static inline bool
name_allowed(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Appends the words of a unit, folded to [a-z0-9] and separated by one space.  Unlike in a name,
 * punctuation as official names have it (", - ( ) / &") parts words too.  ERR_USAGE shows a
 * character that has no place in an address, or says that there is no letter. */
int name_fold_unit(const char *unit, struct buf *out, struct err *e) MUST_USE;
/* The sentence about a local part of n octets; returns -1. */
int name_too_long(size_t n, struct err *e);

#define NAME_SHOWN_MAX 64 /* characters of a template in a message */

/* A local part while it is made; what is too long for it is counted and not kept. */
struct name_making {
	const char *template;
	const struct name_facts *f;
	unsigned seq;
	const char **column;
	struct err *e;
	size_t len;
	char local[NAME_LOCAL_MAX + 1];
};

/* Adds to what is made. */
void name_add(struct name_making *m, const char *s, size_t n);

/* Which numbers a placeholder takes: bit N for ":N", bit 0 for none. */
#define NAME_NO_NUMBER 1
#define NAME_FIRST_LETTERS 3
#define NAME_LAST_DIGITS 0x1E

struct name_placeholder {
	const char *word;
	size_t len;
	unsigned numbers;
	bool depends; /* on the person, the unit or the agency */
	/* number = what stands after the colon, 0 without one */
	enum name_fate (*put)(struct name_making *m, int number);
};

/* The one of this name, or NULL. */
const struct name_placeholder *name_placeholder(const char *word, size_t len);
extern const char *const name_placeholder_words[]; /* ends with NULL */
extern const char name_placeholder_list[];         /* "there are {given} ..." */
#endif
