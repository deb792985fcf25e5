/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_MOMENT_H
#define HOPTHU_MOMENT_H

#include <stdbool.h>

#include "common/err.h"

/*
 * Days and times as people type them, here (TZ): "2026-11-23", "23/11/2026", "23.11.2026 16:55",
 * "2026-11-23T16:55:01Z", "2026-11-23T16:55:01.5+07:00".
 */
#define MOMENT_TEXT 28 /* "2026-11-23T09:55:01.000042Z", with its NUL */

/* The moment at which it begins, or (end) at which it is over: of a day the midnight after it, of a
 * minute the next one.  In UTC, RFC 3339.  ERR_USAGE: what would be right. */
int moment_read(const char *text, bool end, char out[MOMENT_TEXT], struct err *e) MUST_USE;
#endif
