/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/policy/letter_reader.h"

#define DIGITS "0123456789"

struct date {
	int year, month, day;
};

static int
days_of(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool
real(struct date d)
{
	return d.year >= 1900 && d.year <= 2100 && d.month >= 1 && d.month <= 12 && d.day >= 1 &&
	       d.day <= days_of(d.year, d.month);
}

static int
check_real(struct date d, const char *s, struct err *e)
{
	struct date swapped = { d.year, d.day, d.month };

	if (d.year < 1900 || d.year > 2100)
		return err_set(e, ERR_USAGE, "the year %d is not between 1900 and 2100", d.year);
	if ((d.month < 1 || d.month > 12) && real(swapped) && s[4] != '-')
		return err_set(e, ERR_USAGE,
			       "there is no month %02d: the day comes first here, so write "
			       "%02d/%02d/%04d, or YYYY-MM-DD", d.month, d.month, d.day, d.year);
	if (d.month < 1 || d.month > 12)
		return err_set(e, ERR_USAGE,
			       "there is no month %02d; write the date as YYYY-MM-DD or DD/MM/YYYY",
			       d.month);
	if (!real(d))
		return err_set(e, ERR_USAGE, "there is no such day: %04d-%02d has %d days", d.year,
			       d.month, days_of(d.year, d.month));
	return 0;
}

/* Excel counts days from 1899-12-30 (for those after February 1900). */
static int
excel_number(const char *s, struct err *e)
{
	long left = strtol(s, NULL, 10) - 2; /* days since 1900-01-01 */
	struct date d = { 1900, 1, 1 };

	for (; left >= 365 + (days_of(d.year, 2) == 29); d.year++)
		left -= 365 + (days_of(d.year, 2) == 29);
	for (; left >= days_of(d.year, d.month); d.month++)
		left -= days_of(d.year, d.month);
	return err_set(e, ERR_USAGE,
		       "%s is Excel's number for %04d-%02d-%02ld: format the column as text or "
		       "date", s, d.year, d.month, left + 1);
}

/* Bytes of the date without the midnight that spreadsheets add: "2026-03-31 00:00:00". */
static size_t
without_time(const char *s)
{
	size_t n = strcspn(s, " T"), k = strspn(s + n, " T0:.Z");

	return s[n] && !s[n + k] && strchr(s + n, ':') ? n : strlen(s);
}

/* Numbers that s is made of, with one - / or . between; false: it is not so. */
static bool
three_numbers(const char *s, int number[3], size_t width[3])
{
	for (int i = 0; i < 3; i++) {
		width[i] = strspn(s, DIGITS);
		if (width[i] < 1 || width[i] > 4)
			return false;
		number[i] = (int)strtol(s, NULL, 10);
		s += width[i];
		if (i < 2 && !(*s && strchr("-/.", *s++)))
			return false;
	}
	return !*s;
}

int
letter_read_date(const char *text, char iso[11], struct err *e)
{
	struct date d = { 0, 0, 0 };
	char s[16] = "";
	size_t n = without_time(text), w[3];
	int number[3];

	if (n < sizeof(s))
		memcpy(s, text, n);
	if (n == 5 && strspn(s, DIGITS) == 5 && *s != '0')
		return excel_number(s, e);
	if (!three_numbers(s, number, w))
		w[0] = w[1] = w[2] = 0;
	if (w[0] == 4 && w[1] == 2 && w[2] == 2 && s[4] == '-' && s[7] == '-')
		d = (struct date){ number[0], number[1], number[2] };
	else if (w[0] && w[0] <= 2 && w[1] <= 2 && w[2] == 4)
		d = (struct date){ number[2], number[1], number[0] };
	else if (w[0] && w[0] <= 2 && w[1] <= 2 && w[2] == 2)
		return err_set(e, ERR_USAGE,
			       "write the year in four digits, such as %02d/%02d/20%02d "
			       "(DD/MM/YYYY)",
			       number[0], number[1], number[2]);
	else
		return err_set(e, ERR_USAGE,
			       "write the date as YYYY-MM-DD or DD/MM/YYYY, such as 2026-03-31 or "
			       "31/03/2026 for 31 March 2026");
	if (check_real(d, s, e))
		return -1;
	snprintf(iso, 11, "%04u-%02u-%02u", (unsigned)d.year % 10000, (unsigned)d.month % 100,
		 (unsigned)d.day % 100);
	return 0;
}
