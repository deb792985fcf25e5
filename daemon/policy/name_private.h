/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NAME_PRIVATE_H
#define HOPTHU_NAME_PRIVATE_H

#include "daemon/policy/name.h"

/* Between name.c and name_template.c only. */

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
#endif
