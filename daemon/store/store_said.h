/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_SAID_H
#define HOPTHU_STORE_SAID_H

#include <stdbool.h>
#include <stddef.h>

/* What a record says that it is found by; the text is borrowed from it, n 0: it does not say. */
struct piece {
	const char *p;
	size_t n;
};

struct said {
	struct piece ev, op, result, agency, as, target, actor, req;
};

/* Bytes that are no object say nothing. */
void said_read(struct said *d, const char *rec, size_t n);
bool said_is(struct piece p, const char *word);
#endif
