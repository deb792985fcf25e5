/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DATE_H
#define HOPTHU_DATE_H

#include <stdbool.h>

/* Days of the Gregorian calendar, without a clock and without a time zone.  Years 1 to 9999. */
struct date {
	int year, month, day; /* month and day from 1 */
};

#define DATE_TEXT 11 /* "2026-11-23" and its NUL */

/* "YYYY-MM-DD" and nothing else; false when it is not that, or there is no such day. */
bool date_parse(const char *iso, struct date *d);
void date_text(struct date d, char out[DATE_TEXT]);
/* false for the 30th of February, month 13, year 0. */
bool date_is_real(struct date d);

/* Days since 1970-01-01, negative before; and back. */
long date_number(struct date d);
struct date date_from_number(long n);
int date_weekday(struct date d); /* 0 = Sunday, 6 = Saturday */

/* A day that does not exist becomes the last of its month: 31 January + 1 month = 28 February. */
struct date date_add_days(struct date d, long n);
struct date date_add_months(struct date d, long n);
struct date date_add_years(struct date d, long n);
/* Less than, equal to, greater than 0, as strcmp. */
int date_compare(struct date a, struct date b);
#endif
