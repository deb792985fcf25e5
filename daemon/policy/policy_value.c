/* SPDX-License-Identifier: BSD-2-Clause */
/* What a value of each type may be, and what it means. */
#include <errno.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/name.h"
#include "daemon/policy/policy_private.h"

#define TERM_MAX 9999
#define LIST_MAX 64

static const struct {
	const char *one, *many;
	long hours; /* to compare terms only; of five working days, what a week has */
} units[] = {
	[POLICY_HOURS] = { "hour", "hours", 1 },
	[POLICY_DAYS] = { "day", "days", 24 },
	[POLICY_WORKING_DAYS] = { "working day", "working days", 24 * 7 / 5 },
	[POLICY_MONTHS] = { "month", "months", 30L * 24 },
	[POLICY_YEARS] = { "year", "years", 365L * 24 },
};
#define UNITS (sizeof(units) / sizeof(*units))

static int
wrong(const char *value, struct err *e, const char *right)
{
	return err_set(e, ERR_CONFIG, "\"%.80s\" is not possible; it must be %s", value, right);
}

/* --- terms --- */

static int
parse_term(const char *text, struct policy_term *t)
{
	char *unit;
	long n;

	if (!strcmp(text, "never")) {
		*t = (struct policy_term){ -1, POLICY_DAYS };
		return 0;
	}
	if (*text < '0' || *text > '9')
		return -1;
	errno = 0;
	n = strtol(text, &unit, 10);
	if (errno || n > TERM_MAX || *unit++ != ' ')
		return -1;
	for (size_t u = 0; u < UNITS; u++)
		if (!strcmp(unit, units[u].one) || !strcmp(unit, units[u].many)) {
			*t = (struct policy_term){ n, (enum policy_unit)u };
			return 0;
		}
	return -1;
}

void
policy_term_text(struct policy_term t, struct buf *out)
{
	if (t.count < 0)
		buf_str(out, "never");
	else
		buf_printf(out, "%ld %s", t.count,
			   t.count == 1 ? units[t.unit].one : units[t.unit].many);
}

long
policy_term_hours(struct policy_term t)
{
	return t.count < 0 ? 24L * 1000 * TERM_MAX : t.count * units[t.unit].hours;
}

static int
set_term(const struct policy_key_entry *k, struct rule *r, struct err *e)
{
	struct policy_term least = { 0, POLICY_DAYS };
	AUTO(str) bound = NULL;

	if (parse_term(r->values[0], &r->term))
		return wrong(r->values[0], e,
			     "\"never\", or a number up to 9999 and hours, days, working "
			     "days, months or years, as \"3 working days\"");
	if (!k->allowed)
		return 0;
	bound = xstrndup(k->allowed, strlen(k->allowed) - 2); /* "12 months.." */
	BUG_ON(parse_term(bound, &least));
	if (policy_term_hours(r->term) < policy_term_hours(least))
		return err_set(e, ERR_CONFIG, "\"%s\" is too short; it must be at least %s",
			       r->values[0], bound);
	return 0;
}

/* --- numbers --- */

static int
set_number(const struct policy_key_entry *k, struct rule *r, struct err *e)
{
	const char *text = r->values[0];
	long long min, max, n;
	char *end;

	min = strtoll(k->allowed, &end, 10);
	max = strtoll(end + 2, NULL, 10);
	errno = 0;
	n = strtoll(text, NULL, 10);
	if (!*text || text[strspn(text, "0123456789")] || errno || n < min || n > max)
		return err_set(e, ERR_CONFIG,
			       "\"%.80s\" is not possible; it must be a whole number from "
			       "%lld to %lld",
			       text, min, max);
	r->number = n;
	return 0;
}

static int
set_size(struct rule *r, struct err *e)
{
	static const char letters[] = "KMGT";
	const char *text = r->values[0], *at;
	char *unit;
	long long n;

	errno = 0;
	n = *text >= '0' && *text <= '9' ? strtoll(text, &unit, 10) : 0;
	if (n < 1 || errno || n > 1000000 || !*unit || unit[1] || !(at = strchr(letters, *unit)))
		return wrong(text, e,
			     "a number from 1 to 1000000 and K, M, G or T behind it, as \"2G\"");
	r->number = (int64_t)n << (10 * (at - letters + 1));
	if (r->number > (int64_t)1 << 50)
		return wrong(text, e, "at most 1024T");
	return 0;
}

static int
set_flag(struct rule *r, struct err *e)
{
	r->flag = !strcmp(r->values[0], "yes");
	if (!r->flag && strcmp(r->values[0], "no"))
		return wrong(r->values[0], e, "yes or no");
	return 0;
}

/* --- texts --- */

bool
policy_check_domain(const char *s)
{
	size_t label = 0, n = strlen(s);

	for (const char *p = s; *p; p++) {
		if (*p == '.') {
			if (!label || p[-1] == '-')
				return false;
			label = 0;
		} else if (!((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') ||
			     (*p == '-' && label)) ||
			   ++label > 63) {
			return false;
		}
	}
	return label && n <= 253 && s[n - 1] != '-' && strchr(s, '.');
}

static bool
is_time(const char *s)
{
	return strlen(s) == 5 && s[2] == ':' && s[0] >= '0' && s[0] <= '2' && s[1] >= '0' &&
	       s[1] <= (s[0] == '2' ? '3' : '9') && s[3] >= '0' && s[3] <= '5' && s[4] >= '0' &&
	       s[4] <= '9';
}

static int
check_word(const char *allowed, const char *value, struct err *e)
{
	const char *words[16] = { NULL };
	AUTO(str) copy = xstrdup(allowed);
	AUTO(buf) list = BUF_INIT;
	const char *near;
	char *save, *w;
	size_t n = 0;

	for (w = strtok_r(copy, "|", &save); w; w = strtok_r(NULL, "|", &save)) {
		if (!strcmp(w, value))
			return 0;
		buf_printf(&list, "%s%s", n ? ", " : "", w);
		words[n++] = w;
	}
	near = nearest_word(value, words);
	return err_set(e, ERR_CONFIG, "\"%.80s\" is not possible; it must be %s%s%s%s%s", value,
		       n > 1 ? "one of " : "", list.data, near ? " (did you mean " : "",
		       near ? near : "", near ? "?)" : "");
}

static int
check_text(const char *allowed, const char *value, struct err *e)
{
	if (!*value)
		return err_set(e, ERR_CONFIG, "a value is empty");
	if (!allowed)
		return 0;
	if (!strcmp(allowed, "domain"))
		return policy_check_domain(value) ? 0
						  : wrong(value, e, "a domain such as \"gov.vn\"");
	if (!strcmp(allowed, "HH:MM"))
		return is_time(value) ? 0 : wrong(value, e, "a time such as \"17:00\"");
	if (!strcmp(allowed, "name"))
		return value[strspn(value, "abcdefghijklmnopqrstuvwxyz0123456789-")] ||
				       strlen(value) > 32
			       ? wrong(value, e,
				       "a word of letters a-z, digits and hyphens, as \"vn\"")
			       : 0;
	return check_word(allowed, value, e);
}

static int
check_each(const struct policy_key_entry *k, const struct rule *r, struct err *e)
{
	for (size_t i = 0; r->values[i]; i++) {
		if (check_text(k->allowed, r->values[i], e))
			return -1;
		for (size_t j = 0; j < i; j++)
			if (!strcmp(r->values[i], r->values[j]))
				return err_set(e, ERR_CONFIG, "\"%.80s\" stands in the list twice",
					       r->values[i]);
	}
	return 0;
}

/* "none" is a list without anything, where the table has it. */
static int
set_words(const struct policy_key_entry *k, struct rule *r, struct err *e)
{
	r->none = false;
	if (check_each(k, r, e))
		return -1;
	for (size_t i = 0; k->allowed && !strncmp(k->allowed, "none|", 5) && r->values[i]; i++)
		r->none |= !strcmp(r->values[i], "none");
	if (r->none && r->values[1])
		return err_set(e, ERR_CONFIG, "\"none\" must stand alone");
	return 0;
}

/* --- templates --- */

static int
check_templates(const struct rule *r, struct err *e)
{
	for (size_t i = 0; r->values[i]; i++)
		if (name_check_template(r->values[i], e))
			return -1;
	return 0;
}

/* --- all of them --- */

static int
set_by_type(const struct policy_key_entry *k, struct rule *r, struct err *e)
{
	switch (k->type) {
	case POLICY_TEMPLATES:
		return check_each(k, r, e) || check_templates(r, e) ? -1 : 0;
	case POLICY_WORDS:
		return set_words(k, r, e);
	case POLICY_TEXT:
		return check_each(k, r, e);
	case POLICY_TERM:
		return set_term(k, r, e);
	case POLICY_NUMBER:
		return set_number(k, r, e);
	case POLICY_SIZE:
		return set_size(r, e);
	case POLICY_FLAG:
		return set_flag(r, e);
	}
	return 0;
}

static const char *const *
fold_all(struct policy *p, const char *const *values, size_t n)
{
	const char **folded = arena_alloc(p->arena, (n + 1) * sizeof(*folded));

	for (size_t i = 0; i < n; i++) {
		AUTO(str) f = text_fold(values[i]);

		folded[i] = arena_strdup(p->arena, f ? f : "");
	}
	return folded;
}

int
policy_set(struct policy *p, enum policy_key key, const char *const *values, struct err *e)
{
	const struct policy_key_entry *k = &policy_key_table[key];
	bool list = k->type == POLICY_TEMPLATES || k->type == POLICY_WORDS;
	struct rule r = p->rules[key];
	const char **copy;
	size_t n = 0;

	while (values[n])
		n++;
	if (!n || n > (list ? LIST_MAX : 1))
		return err_set(e, ERR_CONFIG, "%s takes %s", k->name,
			       !list ? "one value" : "a list of 1 to 64 values");
	copy = arena_alloc(p->arena, (n + 1) * sizeof(*copy));
	for (size_t i = 0; i < n; i++)
		copy[i] = arena_strdup(p->arena, values[i]);
	r.values = copy;
	if (set_by_type(k, &r, e))
		return -1;
	r.folded = fold_all(p, r.values, n);
	p->rules[key] = r;
	return 0;
}
