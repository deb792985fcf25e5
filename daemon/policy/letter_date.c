/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/date.h"
#include "daemon/policy/letter_reader.h"

#define DIGITS "0123456789"
#define FIRST_YEAR 1900
#define LAST_YEAR 2100
#define THIS_CENTURY 50 /* years of two digits below it are 20xx, in a hint only */

/* iso: it was written with the year first. */
static int
check_real(struct date d, bool iso, struct err *e)
{
	struct date swapped = { d.year, d.day, d.month };
	AUTO(str) right = iso ? xasprintf("%04d-%02d-%02d", d.year, d.day, d.month)
			      : xasprintf("%02d/%02d/%04d", d.month, d.day, d.year);

	if (d.year < FIRST_YEAR || d.year > LAST_YEAR)
		return err_set(e, ERR_USAGE, "the year %d is not between %d and %d", d.year,
			       FIRST_YEAR, LAST_YEAR);
	if (date_is_real(d))
		return 0;
	if (d.month > 12 && date_is_real(swapped))
		return err_set(e, ERR_USAGE,
			       "day and month are swapped, for there is no month %02d: the %s comes "
			       "first here, so write %s", d.month, iso ? "month" : "day", right);
	if (d.month > 12 && d.day > 12)
		return err_set(e, ERR_USAGE,
			       "neither %02d nor %02d is a month; write the date as YYYY-MM-DD or "
			       "DD/MM/YYYY", d.day, d.month);
	if (d.month < 1 || d.month > 12)
		return err_set(e, ERR_USAGE,
			       "there is no month %02d; write the date as YYYY-MM-DD or DD/MM/YYYY",
			       d.month);
	return err_set(e, ERR_USAGE, "there is no such day: %04d-%02d has %d days", d.year,
		       d.month, date_add_months((struct date){ d.year, 1, 31 }, d.month - 1).day);
}

/* Excel counts days from 1899-12-30 (for those after February 1900). */
static int
excel_number(const char *s, struct err *e)
{
	struct date from = { 1899, 12, 30 };
	char iso[DATE_TEXT];

	date_text(date_add_days(from, strtol(s, NULL, 10)), iso);
	return err_set(e, ERR_USAGE,
		       "%s is Excel's number for %s: format the column as text or date", s, iso);
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
	bool year_first;

	if (n < sizeof(s))
		memcpy(s, text, n);
	if (n == 5 && strspn(s, DIGITS) == 5 && *s != '0')
		return excel_number(s, e);
	if (!three_numbers(s, number, w))
		w[0] = w[1] = w[2] = 0;
	year_first = w[0] == 4 && w[1] == 2 && w[2] == 2 && s[4] == '-' && s[7] == '-';
	if (year_first)
		d = (struct date){ number[0], number[1], number[2] };
	else if (w[0] && w[0] <= 2 && w[1] <= 2 && w[2] == 4)
		d = (struct date){ number[2], number[1], number[0] };
	else if (w[0] && w[0] <= 2 && w[1] <= 2 && w[2] == 2)
		return err_set(e, ERR_USAGE,
			       "write the year in four digits, such as %02d/%02d/%d%02d "
			       "(DD/MM/YYYY)",
			       number[0], number[1], number[2] < THIS_CENTURY ? 20 : 19, number[2]);
	else
		return err_set(e, ERR_USAGE,
			       "write the date as YYYY-MM-DD or DD/MM/YYYY, such as 2026-03-31 or "
			       "31/03/2026 for 31 March 2026");
	if (check_real(d, year_first, e))
		return -1;
	date_text(d, iso);
	return 0;
}
