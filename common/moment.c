/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/date.h"
#include "common/moment.h"

#define DIGITS "0123456789"

struct moment {
	struct date day;
	int hour, minute, second;
	unsigned us;
	enum { DAY, MINUTE, SECOND, FRACTION } unit; /* the smallest that was said */
	bool zoned;
	long east; /* seconds that its zone is before UTC */
};

/* A number of least to most digits; -1: it is none. */
static long
number(const char **p, size_t least, size_t most)
{
	size_t n = strspn(*p, DIGITS);
	long value = 0;

	if (n < least || n > most)
		return -1;
	for (; n; n--)
		value = value * 10 + (*(*p)++ - '0');
	return value;
}

/* "2026-11-23" or "23/11/2026", with - / or . between. */
static bool
read_day(const char **p, struct date *d)
{
	bool year_first = strspn(*p, DIGITS) == 4;
	long a = number(p, 1, 4), b, c;
	char between = **p;

	if (a < 0 || !between || !strchr("-/.", between))
		return false;
	++*p;
	b = number(p, 1, 2);
	if (b < 0 || **p != between)
		return false;
	++*p;
	c = number(p, year_first ? 1 : 4, year_first ? 2 : 4);
	*d = year_first ? (struct date){ (int)a, (int)b, (int)c } :
			  (struct date){ (int)c, (int)b, (int)a };
	return c >= 0 && (year_first || a < 100);
}

/* "Z", "+07:00" */
static bool
read_zone(const char **p, struct moment *m)
{
	int sign = **p == '-' ? -1 : 1;
	long hours, minutes;

	if (!**p)
		return true;
	m->zoned = true;
	if (**p == 'Z' || **p == 'z') {
		++*p;
		return true;
	}
	if (**p != '+' && **p != '-')
		return false;
	++*p;
	hours = number(p, 2, 2);
	if (hours < 0 || hours > 23 || *(*p)++ != ':')
		return false;
	minutes = number(p, 2, 2);
	m->east = sign * (hours * 3600 + minutes * 60);
	return minutes >= 0 && minutes < 60;
}

/* "16:55", "16:55:01", "16:55:01.25" */
static bool
read_time(const char **p, struct moment *m)
{
	m->hour = (int)number(p, 1, 2);
	if (m->hour < 0 || m->hour > 23 || *(*p)++ != ':')
		return false;
	m->minute = (int)number(p, 2, 2);
	m->unit = MINUTE;
	if (**p == ':') {
		++*p;
		m->second = (int)number(p, 2, 2);
		m->unit = SECOND;
	}
	if (m->unit == SECOND && **p == '.') {
		unsigned unit = 100000;

		for (++*p; **p >= '0' && **p <= '9'; ++*p, unit /= 10)
			m->us += unit * (unsigned)(**p - '0');
		m->unit = FRACTION;
	}
	return m->minute >= 0 && m->minute < 60 && m->second >= 0 && m->second < 60;
}

static bool
read_all(const char *text, struct moment *m)
{
	const char *p = text + strspn(text, " ");

	if (!read_day(&p, &m->day))
		return false;
	if (*p == 'T' || *p == 't' || (*p == ' ' && p[strspn(p, " ")])) {
		p += *p == ' ' ? strspn(p, " ") : 1;
		if (!read_time(&p, m) || !read_zone(&p, m))
			return false;
	}
	return !p[strspn(p, " ")];
}

static time_t
seconds_of(const struct moment *m)
{
	struct tm tm = { .tm_year = m->day.year - 1900, .tm_mon = m->day.month - 1,
			 .tm_mday = m->day.day, .tm_hour = m->hour, .tm_min = m->minute,
			 .tm_sec = m->second, .tm_isdst = -1 };

	return m->zoned ? timegm(&tm) - m->east : mktime(&tm);
}

int
moment_read(const char *text, bool end, char out[MOMENT_TEXT], struct err *e)
{
	struct moment m = { .unit = DAY };
	char date[32];
	struct tm tm;
	time_t t;

	if (!read_all(text, &m))
		return err_set(e, ERR_USAGE, "\"%.60s\" is no day and no time: write 2026-11-23 or 23/11/2026, "
			       "or with a time \"2026-11-23 16:55\"", text);
	if (!date_is_real(m.day) || m.day.year < 1970)
		return err_set(e, ERR_USAGE, "there is no day %02d/%02d/%04d (day/month/year)%s", m.day.day,
			       m.day.month, m.day.year, m.day.year < 1970 && date_is_real(m.day) ?
			       " that hopthu could know" : "");
	if (end && m.unit == DAY)
		m.day = date_add_days(m.day, 1);
	t = seconds_of(&m);
	if (end && m.unit == MINUTE)
		t += 60;
	if (end && m.unit == SECOND)
		t += 1;
	if (end && m.unit == FRACTION)
		m.us++;
	t += m.us / 1000000;
	gmtime_r(&t, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(out, MOMENT_TEXT, "%.19s.%06uZ", date, m.us % 1000000);
	return 0;
}
