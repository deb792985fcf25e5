/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CANON_H
#define HOPTHU_CANON_H

#include <stdbool.h>

#include "common/buf.h"

/*
 * Canonical JSON on one line (RFC 8785, with integers only): the bytes that are hashed.  Keys must
 * be given in ascending order of their bytes; a key out of order is a bug of ours and ends the
 * process, so what this writes is canonical by construction.  Strings must be valid UTF-8.
 *
 *	struct canon c;
 *	canon_begin(&c, &buf);
 *	canon_str(&c, "ev", "start");
 *	canon_open(&c, "ldap"); canon_int(&c, "rc", 0); canon_close(&c);
 *	canon_end(&c);
 */
#define CANON_DEPTH 8

struct canon {
	struct buf *out;
	int depth;
	const char *last[CANON_DEPTH]; /* the key before, of each open object; must stay valid */
};

void canon_begin(struct canon *c, struct buf *out); /* appends to out */
void canon_end(struct canon *c);                    /* every object must be closed */
void canon_str(struct canon *c, const char *key, const char *value); /* NULL: left out */
void canon_int(struct canon *c, const char *key, int64_t value);     /* |value| <= 2^53-1 */
void canon_bool(struct canon *c, const char *key, bool value);
void canon_hex(struct canon *c, const char *key, const void *data, size_t n);
void canon_open(struct canon *c, const char *key); /* an object */
void canon_close(struct canon *c);
void canon_ints(struct canon *c, const char *key, const int64_t *values, size_t count);
void canon_strings(struct canon *c, const char *key, const char *const *values); /* ends with NULL */

/* The string alone, quoted and escaped as RFC 8785 section 3.2.2.2 says. */
void canon_quote(struct buf *out, const char *s);
#endif
