/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_JSON_H
#define HOPTHU_JSON_H

#include <jansson.h>

#include "common/err.h"

/* The only home of jansson.h. */
typedef json_t *auto_type_json;
static inline void
auto_json(json_t **j)
{
	json_decref(*j);
}

/*
 * Reads bytes from outside: duplicate keys, NUL, invalid UTF-8, nesting beyond 64 and integers
 * beyond 2^53-1 (RFC 8259 section 6, RFC 7493) are ERR_USAGE.  The caller owns the result.
 */
json_t *json_from_bytes(const char *data, size_t len, struct err *e);

/* NULL when the key is missing or not of that type. Borrowed from the object. */
const char *json_str(const json_t *obj, const char *key);
#endif
