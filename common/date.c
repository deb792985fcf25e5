/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "common/date.h"

static const struct date first = { 1, 1, 1 }, last = { 9999, 12, 31 };

static int
month_length(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);

	return days[month - 1] + (month == 2 && leap);
}

bool
date_is_real(struct date d)
{
	return d.year >= first.year && d.year <= last.year && d.month >= 1 && d.month <= 12 &&
	       d.day >= 1 && d.day <= month_length(d.year, d.month);
}

static int
digits(const char *s, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++)
		value = value * 10 + (s[i] - '0');
	return value;
}

bool
date_parse(const char *iso, struct date *d)
{
	struct date got;

	if (strlen(iso) != DATE_TEXT - 1)
		return false;
	for (int i = 0; i < DATE_TEXT - 1; i++)
		if (i == 4 || i == 7 ? iso[i] != '-' : iso[i] < '0' || iso[i] > '9')
			return false;
	got = (struct date){ digits(iso, 4), digits(iso + 5, 2), digits(iso + 8, 2) };
	if (!date_is_real(got))
		return false;
	*d = got;
	return true;
}

void
date_text(struct date d, char out[DATE_TEXT])
{
	/* the remainders only tell the compiler how long it can become */
	snprintf(out, DATE_TEXT, "%04u-%02u-%02u", (unsigned)d.year % 10000u,
		 (unsigned)d.month % 100u, (unsigned)d.day % 100u);
}

/* Years begin in March here, so that the leap day is the last of its year; an era has 400 years. */
long
date_number(struct date d)
{
	long y = d.month <= 2 ? d.year - 1 : d.year;
	long era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
	long of_year = (153 * (d.month + (d.month > 2 ? -3 : 9)) + 2) / 5 + d.day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

struct date
date_from_number(long n)
{
	long z = n + 719468, era = (z >= 0 ? z : z - 146096) / 146097, day = z - era * 146097;
	long year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
	long of_year = day - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
	struct date d = { .day = (int)(of_year - (153 * m + 2) / 5 + 1),
			  .month = (int)(m < 10 ? m + 3 : m - 9) };

	d.year = (int)(year + era * 400 + (d.month <= 2));
	return d;
}

int
date_weekday(struct date d)
{
	long n = (date_number(d) + 4) % 7; /* 1970-01-01 was a Thursday */

	return (int)(n < 0 ? n + 7 : n);
}

/* Years have four digits: what is beyond ends at the end. */
static struct date
within(struct date d)
{
	return d.year < first.year ? first : d.year > last.year ? last : d;
}

struct date
date_add_days(struct date d, long n)
{
	long most = date_number(last) - date_number(first);

	if (n > most)
		return last;
	if (n < -most)
		return first;
	return within(date_from_number(date_number(d) + n));
}

struct date
date_add_months(struct date d, long n)
{
	long most = 12L * last.year, month = d.year * 12L + d.month - 1;

	month += n > most ? most : n < -most ? -most : n;
	if (month < 12L * first.year)
		return first;
	if (month >= 12L * (last.year + 1L))
		return last;
	d.year = (int)(month / 12);
	d.month = (int)(month % 12) + 1;
	if (d.day > month_length(d.year, d.month))
		d.day = month_length(d.year, d.month);
	return d;
}

struct date
date_add_years(struct date d, long n)
{
	long most = last.year;

	return date_add_months(d, 12 * (n > most ? most : n < -most ? -most : n));
}

int
date_compare(struct date a, struct date b)
{
	if (a.year != b.year)
		return a.year - b.year;
	return a.month != b.month ? a.month - b.month : a.day - b.day;
}
