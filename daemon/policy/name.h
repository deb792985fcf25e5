/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NAME_H
#define HOPTHU_NAME_H

#include "common/buf.h"
#include "common/err.h"

/*
 * Names and the addresses made of them by the naming templates of hopthud.conf(5).  Pure.
 * A person's name: words separated by any Unicode white space; the first is the family name, the
 * last the given name, those between are the middle.  A single word is the given name.
 * Apostrophes and hyphens belong to the word they stand in and are dropped from the address:
 * "Y-Bih Alê'o" -> "ybih aleo".
 */
struct name {
	char *full;     /* NFC, single spaces, as written otherwise */
	char *family;   /* NFC; "" when the name has one word */
	char *given;
	char *folded;   /* words folded to [a-z0-9], separated by one space */
};

#define NAME_MAX_CHARS 128

/* ERR_USAGE with the character shown when it cannot be folded (other scripts, digits are allowed),
 * when empty, or longer than 128 characters.  Release with name_release. */
int name_parse(struct name *n, const char *text, struct err *e) MUST_USE;
void name_release(struct name *n);

/*
 * Local part by a template: {given} {family} {middle} {initials} {full} {seq} and literal
 * [a-z0-9.]. {initials} = first letters of family and middle, in order.  seq 0 = "". out is
 * replaced, not added to. ERR_USAGE when the result is not a local part (empty, over 64 octets).
 */
int name_apply(const char *template, const struct name *n, unsigned seq, struct buf *out,
	       struct err *e) MUST_USE;
/* ERR_CONFIG naming the unknown placeholder and the known ones. */
int name_check_template(const char *template, struct err *e) MUST_USE;

/* A local part as we allow it: [a-z0-9], single inner dots, 1-64 octets.  ERR_USAGE shows what is
 * wrong. */
int name_check_local(const char *local, struct err *e) MUST_USE;
#endif
