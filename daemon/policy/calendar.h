/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CALENDAR_H
#define HOPTHU_CALENDAR_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/date.h"

/*
 * Working days: weekends, holidays, and days worked to make up for one.  A file for each year, because
 * the Government decides anew each year.  Pure: who reads the files is daemon/flow/policies.h.
 * In a year that has no file, and of a calendar that is NULL, only Saturdays and Sundays are free.
 */
struct policy_entry;
struct calendar;

/* Knows no year yet.  Free with calendar_free. */
struct calendar *calendar_new(const char *name);
void calendar_free(struct calendar *c);
const char *calendar_name(const struct calendar *c);

/* Of which calendar a file is; NULL: it does not say.  Borrowed from the entries. */
const char *calendar_named(const struct policy_entry *entries, size_t count);
/*
 * Takes a year: keys calendar, year, source, weekend, holidays, working (hopthu-policy(5)).  -1: a line
 * "FILE:LINE: what" for each mistake is appended to wrong.
 */
int calendar_take(struct calendar *c, const char *file, const struct policy_entry *entries,
		  size_t count, struct buf *wrong) MUST_USE;

bool calendar_works(const struct calendar *c, struct date d);
/* Is there a file for the year? */
bool calendar_knows(const struct calendar *c, int year);
/* Where the year's days were taken from; "" when there is no file. */
const char *calendar_source(const struct calendar *c, int year);
/* The n-th working day after d; 0: d itself, or the next that is one. */
struct date calendar_add(const struct calendar *c, struct date d, long n);
#endif
