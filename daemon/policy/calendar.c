/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/policy_private.h"

#define YEAR_DAYS 366

enum what { AS_WEEKDAY, HOLIDAY, WORKED };

struct year {
	struct year *next;
	int year;
	bool weekend[7];
	const char *source, *file;
	enum what day[YEAR_DAYS];
};

struct calendar {
	struct arena *arena;
	const char *name;
	struct year *years;
};

static const char *const weekdays[] = { "sunday",   "monday", "tuesday",  "wednesday",
					"thursday", "friday", "saturday", NULL };
static const char *const keys[] = { "calendar", "year",    "source", "weekend",
				    "holidays", "working", NULL };
enum key { KEY_CALENDAR, KEY_YEAR, KEY_SOURCE, KEY_WEEKEND, KEY_HOLIDAYS, KEY_WORKING, KEY_COUNT };

struct calendar *
calendar_new(const char *name)
{
	struct arena *a = arena_new();
	struct calendar *c = arena_alloc(a, sizeof(*c));

	c->arena = a;
	c->name = arena_strdup(a, name);
	return c;
}

void
calendar_free(struct calendar *c)
{
	if (c)
		arena_free(c->arena);
}

const char *
calendar_name(const struct calendar *c)
{
	return c->name;
}

/* --- asking --- */

static const struct year *
year_of(const struct calendar *c, int year)
{
	const struct year *y = c ? c->years : NULL;

	while (y && y->year != year)
		y = y->next;
	return y;
}

static int
day_of_year(struct date d)
{
	return (int)(date_number(d) - date_number((struct date){ d.year, 1, 1 }));
}

bool
calendar_works(const struct calendar *c, struct date d)
{
	const struct year *y = year_of(c, d.year);
	int weekday = date_weekday(d);

	if (!y)
		return weekday != 0 && weekday != 6;
	switch (y->day[day_of_year(d)]) {
	case HOLIDAY:
		return false;
	case WORKED:
		return true;
	case AS_WEEKDAY:
		break;
	}
	return !y->weekend[weekday];
}

bool
calendar_knows(const struct calendar *c, int year)
{
	return year_of(c, year) != NULL;
}

const char *
calendar_source(const struct calendar *c, int year)
{
	const struct year *y = year_of(c, year);

	return y ? y->source : "";
}

struct date
calendar_add(const struct calendar *c, struct date d, long n)
{
	const struct date end = { 9999, 12, 31 };

	if (n <= 0)
		while (!calendar_works(c, d) && date_compare(d, end) < 0)
			d = date_add_days(d, 1);
	while (n > 0 && date_compare(d, end) < 0) {
		d = date_add_days(d, 1);
		n -= calendar_works(c, d);
	}
	return d;
}

/* --- reading --- */

struct reading {
	struct calendar *calendar;
	struct year *year;
	struct policy_wrong wrong;
	unsigned line[KEY_COUNT]; /* 0: not seen yet */
};

const char *
calendar_named(const struct policy_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!entries[i].rule && entries[i].key && !strcmp(entries[i].key, "calendar"))
			return entries[i].values[0];
	return NULL;
}

static void
take_weekend(struct reading *r, const struct policy_entry *en)
{
	for (size_t i = 0; en->values[i]; i++) {
		int n = policy_word(en->values[i], weekdays);

		if (n < 0)
			policy_wrong(
				&r->wrong, en->line,
				"\"%.40s\" is not possible for weekend; it must be a day such as "
				"\"saturday\"",
				en->values[i]);
		else
			r->year->weekend[n] = true;
	}
}

/* "2025-01-01 Tết Dương lịch" */
static void
take_day(struct reading *r, const struct policy_entry *en, const char *value, enum what what)
{
	struct err e = ERR_INIT;
	AUTO(str) text = text_clean(value, strlen(value), &e);
	AUTO(str) iso = text ? xstrndup(text, strcspn(text, " ")) : NULL;
	struct date d;
	int n;

	if (!text) {
		policy_wrong(&r->wrong, en->line, "%s: %s", en->key, e.msg);
		return;
	}
	if (!date_parse(iso, &d) || !text[strlen(iso)]) {
		policy_wrong(
			&r->wrong, en->line,
			"\"%.80s\" is not possible for %s; it must be a day and what it is, as "
			"\"2025-01-01 Tết Dương lịch\"",
			text, en->key);
		return;
	}
	if (d.year != r->year->year) {
		policy_wrong(&r->wrong, en->line, "%s is not in the year %d", iso, r->year->year);
		return;
	}
	n = day_of_year(d);
	if (r->year->day[n] != AS_WEEKDAY) {
		policy_wrong(&r->wrong, en->line, "%s is given twice", iso);
		return;
	}
	r->year->day[n] = what;
}

static void
take_year(struct reading *r, const struct policy_entry *en)
{
	const char *text = en->values[0];
	const struct year *before;

	if (strlen(text) != 4 || text[strspn(text, "0123456789")] || *text == '0') {
		policy_wrong(&r->wrong, en->line,
			     "\"%.40s\" is not possible for year; it must be such as 2026", text);
		return;
	}
	r->year->year = (int)strtol(text, NULL, 10);
	before = year_of(r->calendar, r->year->year);
	if (before)
		policy_wrong(&r->wrong, en->line,
			     "the calendar %s has the year %d already, from %s", r->calendar->name,
			     r->year->year, before->file);
}

static void
take(struct reading *r, const struct policy_entry *en, enum key k)
{
	switch (k) {
	case KEY_CALENDAR:
		break; /* whoever called has looked */
	case KEY_YEAR:
		take_year(r, en);
		break;
	case KEY_SOURCE:
		r->year->source = arena_strdup(r->calendar->arena, en->values[0]);
		break;
	case KEY_WEEKEND:
		take_weekend(r, en);
		break;
	case KEY_HOLIDAYS:
	case KEY_WORKING:
	case KEY_COUNT:
		break; /* when the year is known */
	}
}

static void
take_entry(struct reading *r, const struct policy_entry *en)
{
	int k = policy_word(en->key, keys);
	bool list = k == KEY_WEEKEND || k == KEY_HOLIDAYS || k == KEY_WORKING;

	if (k < 0) {
		policy_wrong(
			&r->wrong, en->line,
			"unknown key %.40s; known are calendar, year, source, weekend, holidays, "
			"working",
			en->key);
		return;
	}
	if (r->line[k])
		policy_wrong(&r->wrong, en->line, "%s is given a second time (first on line %u)",
			     en->key, r->line[k]);
	else if (!en->values[0] || (!list && (en->values[1] || !*en->values[0])))
		policy_wrong(&r->wrong, en->line, "%s takes one text that is not empty", en->key);
	else
		take(r, en, (enum key)k);
	r->line[k] = en->line ? en->line : 1;
}

static void
take_days(struct reading *r, const struct policy_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool holidays = !strcmp(entries[i].key, keys[KEY_HOLIDAYS]);

		if (!holidays && strcmp(entries[i].key, keys[KEY_WORKING]) != 0)
			continue;
		for (size_t v = 0; entries[i].values[v]; v++)
			take_day(r, &entries[i], entries[i].values[v], holidays ? HOLIDAY : WORKED);
	}
}

static void
check(struct reading *r)
{
	bool works = false;

	for (int k = 0; k < KEY_WORKING; k++) /* no day need be worked */
		if (!r->line[k])
			policy_wrong(&r->wrong, 0, "%s is missing", keys[k]);
	for (int i = 0; i < 7; i++)
		works |= !r->year->weekend[i];
	if (!works)
		policy_wrong(&r->wrong, r->line[KEY_WEEKEND], "a week must have a working day");
}

int
calendar_take(struct calendar *c, const char *file, const struct policy_entry *entries,
	      size_t count, struct buf *wrong)
{
	struct reading r = { .calendar = c, .wrong = { file, wrong, 0 } };

	r.year = arena_alloc(c->arena, sizeof(*r.year));
	r.year->file = arena_strdup(c->arena, file);
	r.year->source = "";
	for (size_t i = 0; i < count; i++)
		take_entry(&r, &entries[i]);
	if (r.year->year)
		take_days(&r, entries, count);
	check(&r);
	if (r.wrong.count)
		return -1;
	r.year->next = c->years;
	c->years = r.year;
	return 0;
}
