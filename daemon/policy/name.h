/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NAME_H
#define HOPTHU_NAME_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/err.h"

/*
 * Names and the addresses made of them by naming templates.  Pure.
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
#define NAME_LOCAL_MAX 64 /* octets before the @: RFC 5321 section 4.5.3.1.1 */

/* ERR_USAGE with the character shown when it cannot be folded (other scripts, digits are allowed),
 * when empty, or longer than 128 characters.  Release with name_release. */
int name_parse(struct name *n, const char *text, struct err *e) MUST_USE;
void name_release(struct name *n);

/* A local part as we allow it: [a-z0-9], single inner dots, 1-64 octets.  ERR_USAGE shows what is
 * wrong. */
int name_check_local(const char *local, struct err *e) MUST_USE;

/*
 * Templates: literal [a-z0-9.] and
 *   {given} {family} {middle} {full}   words of the name, joined
 *   {initials}                         first letters of family and middle, in order
 *   {yob} {mob}                        year of birth; month of birth, always two digits
 *   {id:N}                             last N digits of the citizen's ID, N from 1 to 4
 *   {unit} {agency}                    the unit's words, joined; the agency's code as it is
 *   {seq}                              a number that counts namesakes; nothing for 0
 * {x:1} = the first letter of every word of x, for given, family, middle, full, unit and agency.
 */

/* What templates are filled with.  "" (or NULL) = not known. */
struct name_facts {
	const struct name *name;                 /* NULL for a mailbox without a name */
	const char *birth_year, *birth_month;    /* digits; a month may be "2" or "02" */
	const char *id_tail;                     /* last digits of the citizen's ID, 3 or 4 */
	const char *unit;                        /* text of the letter; folded and joined here */
	const char *agency;                      /* code of the register; dots allowed */
};

enum name_fate {
	NAME_MADE,  /* out is the local part */
	NAME_NEEDS, /* *column is the letter's column that lacks */
	NAME_UNFIT, /* what comes out is no local part */
};

/*
 * Local part by a template that name_check_template let pass.
 * NAME_MADE: out is replaced, not added to.  NAME_NEEDS: *column (static) is "full_name",
 * "birth_year", "birth_month", "id_tail" or "unit", and e one sentence naming it and the template;
 * {id:4} with a tail of three digits needs id_tail too.  NAME_UNFIT: e (ERR_USAGE) says why.
 * Unless it is made, out is untouched; column and e may be NULL.
 */
enum name_fate name_make(const char *template, const struct name_facts *f, unsigned seq,
			 struct buf *out, const char **column, struct err *e) MUST_USE;
/* Has {seq}: may be tried with 1, 2, 3... */
bool name_template_counts(const char *template);
/* ERR_CONFIG naming the unknown placeholder, the nearest and the known ones; a template has
 * something in it that depends on the person, the unit or the agency. */
int name_check_template(const char *template, struct err *e) MUST_USE;

/*
 * Look-alikes.  The key under which they meet: equal for two local parts that differ only in
 * l/1/i, o/0, rn/m, vv/w, in dots or in the order of their letters.  Many that share a key are no
 * look-alikes: name_alike decides.  out is replaced.
 */
void name_shape(const char *local, struct buf *out);

enum name_alike {
	NAME_DIFFERENT,
	NAME_CONFUSABLE, /* read the same at a glance: l/1/i, o/0, rn/m, vv/w, dots */
	NAME_TRANSPOSED, /* nguyenbinhan, nguyenanbinh: two neighbouring syllables changed places */
};
/* Of two local parts; equal ones are no look-alikes.  A syllable is a block of at least two
 * letters; both parts have at least seven characters without the dots, which do not count. */
enum name_alike name_alike(const char *a, const char *b);
#endif
