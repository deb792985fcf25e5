/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CLOCK_H
#define HOPTHU_CLOCK_H

#include <stdint.h>

#include "common/date.h"

/* Time.  Tests link another object with the same symbols. */
/* The time zone is read once: without TZ, libc looks at each mktime whether the file is another
 * now, which made planning a row an eighth slower. */
void clock_init(void);
uint64_t clock_wall_us(void); /* since 1970-01-01T00:00:00Z */
uint64_t clock_mono_us(void); /* CLOCK_MONOTONIC: for deadlines */
uint64_t clock_boot_ms(void); /* CLOCK_BOOTTIME: counts through suspend, for the audit log */
const char *clock_boot_id(void); /* the kernel's boot id, 36 characters */

/* "2026-11-23T16:55:01.000042Z" (RFC 3339), with its NUL. */
#define CLOCK_TEXT 28
void clock_text(uint64_t wall_us, char out[CLOCK_TEXT]);
/* The day, here (TZ), of a time in seconds since 1970. */
void clock_day(int64_t seconds, struct date *d);
struct date clock_today(void);
#endif
