/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/policy/letter_reader.h"

#define DIGITS "0123456789"

/* Day, month and year, in the order in which letters say them, turned round; false: it is not so. */
static bool
turn_date(const char *s, char turned[11])
{
	int day = 0, month = 0, year = 0, n = 0;

	if (s[strspn(s, DIGITS "-/.")] ||
	    sscanf(s, "%2d%*1[-/.]%2d%*1[-/.]%4d%n", &day, &month, &year, &n) != 3 || s[n] ||
	    year < 1900 || day < 1 || month < 1)
		return false;
	snprintf(turned, 11, "%04u-%02u-%02u", (unsigned)year % 10000, (unsigned)month % 100,
		 (unsigned)day % 100);
	return true;
}

int
letter_check_date(const char *s, struct err *e)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	int year, month, day, last;
	char turned[11];

	if (turn_date(s, turned) && !letter_check_date(turned, NULL))
		return err_set(e, ERR_USAGE, "write the date as %s (year-month-day)", turned);
	if (strlen(s) != 10 || s[4] != '-' || s[7] != '-' || strspn(s, DIGITS) != 4 ||
	    strspn(s + 5, DIGITS) != 2 || strspn(s + 8, DIGITS) != 2)
		return err_set(
			e, ERR_USAGE,
			"write the date as YYYY-MM-DD, such as 2026-03-31 for 31 March 2026");
	year = (int)strtol(s, NULL, 10);
	month = (int)strtol(s + 5, NULL, 10);
	day = (int)strtol(s + 8, NULL, 10);
	if (year < 1900 || year > 2100)
		return err_set(e, ERR_USAGE, "the year %d is not between 1900 and 2100", year);
	if (month < 1 || month > 12)
		return err_set(e, ERR_USAGE,
			       "there is no month %02d; write the date as YYYY-MM-DD", month);
	last = days[month - 1];
	if (month == 2 && year % 4 == 0 && (year % 100 != 0 || year % 400 == 0))
		last = 29;
	if (day < 1 || day > last)
		return err_set(e, ERR_USAGE, "there is no such day: %04d-%02d has %d days", year,
			       month, last);
	return 0;
}
