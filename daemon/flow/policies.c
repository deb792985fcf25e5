/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <string.h>

#include "daemon/base/conf_file.h"
#include "daemon/flow/policies.h"

#define FILES_MAX 1000

struct policies {
	struct policy *builtin, **list;
	struct calendar *weekends, **calendars; /* weekends: of which there is no file */
	size_t count, calendar_count;
	char **domains;
	size_t domain_count;
	bool missing;
	uint8_t digest[DIGEST_LEN];
};

/* --- a file's entries ------------------------------------------------------------------------- */

/* Entries with room for their values, which lie in the arena. */
struct entries {
	struct arena *arena;
	struct policy_entry *list;
	size_t count, size;
	size_t room; /* for values, in the last entry */
	const char *file;
	struct buf *wrong;
};

static void
on_wrong(void *arg, unsigned line, const char *what)
{
	struct entries *en = arg;

	buf_printf(en->wrong, "%s:%u: %s\n", en->file, line, what);
}

static const char **
grow(struct entries *en, const char *const *values, size_t n)
{
	const char **more;

	if (n + 1 < en->room)
		return (const char **)values;
	en->room = en->room ? 2 * en->room : 4;
	more = arena_alloc(en->arena, en->room * sizeof(*more));
	for (size_t i = 0; i < n; i++)
		more[i] = values[i];
	return more;
}

static void
add_entry(struct entries *en, const struct conf_value *v)
{
	struct policy_entry *new;

	if (en->count == en->size) {
		en->size = en->size ? 2 * en->size : 64;
		en->list = xrealloc(en->list, en->size * sizeof(*en->list));
	}
	en->room = 0;
	new = &en->list[en->count++];
	*new = (struct policy_entry){ .line = v->line };
	new->rule = v->title ? arena_strdup(en->arena, v->title) : NULL;
	new->key = v->key ? arena_strdup(en->arena, v->key) : NULL;
	new->values = grow(en, NULL, 0);
}

static void
on_value(void *arg, const struct conf_value *v)
{
	struct entries *en = arg;
	const char **values;

	if (!v->index)
		add_entry(en, v);
	if (!v->key)
		return;
	values = grow(en, en->list[en->count - 1].values, v->index);
	values[v->index] = arena_strdup(en->arena, v->text);
	en->list[en->count - 1].values = values;
}

static const struct conf_form_key policy_keys[] = {
	{ "", "domain", false },   { "", "valid_from", false },      { "", "document", false },
	{ "rule", "value", true }, { "rule", "legal_basis", false }, { "rule", "note", false },
};
static const struct conf_form_section policy_sections[] = { { "rule", "deadline.create" },
							    { NULL, NULL } };

static const struct conf_form_key calendar_keys[] = {
	{ "", "calendar", false }, { "", "year", false },    { "", "source", false },
	{ "", "weekend", true },   { "", "holidays", true }, { "", "working", true },
};
static const struct conf_form_section no_sections[] = { { NULL, NULL } };

static bool
parse(struct entries *en, char *text, const struct conf_form_key *keys,
      const struct conf_form_section *sections)
{
	struct conf_form form = { .keys = keys,
				  .key_count = 6,
				  .sections = sections,
				  .value = on_value,
				  .wrong = on_wrong,
				  .arg = en };

	return conf_file_parse(text, &form);
}

struct policy *
policies_parse(const char *file, char *text, struct buf *wrong)
{
	AUTO(arena) arena = arena_new();
	AUTO(str) original = xstrdup(text);
	struct entries en = { .arena = arena, .file = file, .wrong = wrong };
	struct policy *p = NULL;

	if (parse(&en, text, policy_keys, policy_sections))
		p = policy_read(file, en.list, en.count, original, strlen(original), wrong);
	free(en.list);
	return p;
}

/* --- calendars -------------------------------------------------------------------------------- */

static struct calendar *
find_calendar(const struct policies *p, const char *name)
{
	for (size_t i = 0; i < p->calendar_count; i++)
		if (!strcmp(calendar_name(p->calendars[i]), name))
			return p->calendars[i];
	return NULL;
}

static struct calendar *
calendar_for(struct policies *p, const char *name)
{
	struct calendar *c = find_calendar(p, name);

	if (c)
		return c;
	c = calendar_new(name);
	p->calendars = xrealloc(p->calendars, (p->calendar_count + 1) * sizeof(*p->calendars));
	p->calendars[p->calendar_count++] = c;
	return c;
}

static void
read_calendar(struct policies *p, const char *file, char *text, struct buf *wrong)
{
	AUTO(arena) arena = arena_new();
	struct entries en = { .arena = arena, .file = file, .wrong = wrong };
	const char *name;

	if (parse(&en, text, calendar_keys, no_sections)) {
		name = calendar_named(en.list, en.count);
		if (!name || !*name)
			buf_printf(wrong, "%s: calendar is missing: calendar = \"vn\"\n", file);
		else
			(void)!calendar_take(calendar_for(p, name), file, en.list, en.count, wrong);
	}
	free(en.list);
}

static void
read_policy(struct policies *p, const char *file, char *text, struct buf *wrong)
{
	struct policy *new = policies_parse(file, text, wrong);

	if (!new)
		return;
	p->list = xrealloc(p->list, (p->count + 1) * sizeof(*p->list));
	p->list[p->count++] = new;
}

/* --- the folder ------------------------------------------------------------------------------- */

static int
is_conf(const struct dirent *d)
{
	const char *dot = strrchr(d->d_name, '.');

	return d->d_name[0] != '.' && dot && !strcmp(dot, ".conf");
}

typedef void reader(struct policies *p, const char *file, char *text, struct buf *wrong);

static void
read_one(struct policies *p, const char *file, reader *read, struct digest *sum, struct buf *wrong)
{
	struct err e = ERR_INIT;
	AUTO(str) text = conf_file_read(file, &e);

	if (!text) {
		buf_printf(wrong, "%s\n", e.msg);
		return;
	}
	digest_add(sum, text, strlen(text) + 1);
	read(p, file, text, wrong);
}

/* false: there is no such folder. */
static bool
read_folder(struct policies *p, const char *dir, reader *read, struct digest *sum,
	    struct buf *wrong)
{
	struct dirent **found;
	int n = scandir(dir, &found, is_conf, alphasort);

	if (n < 0 && errno == ENOENT)
		return false;
	if (n < 0)
		buf_printf(wrong, "%s: the folder of policies cannot be read: %s\n", dir,
			   strerror(errno));
	if (n > FILES_MAX)
		buf_printf(wrong, "%s: more than %d files\n", dir, FILES_MAX);
	for (int i = 0; i < n; i++) {
		AUTO(str) file = xasprintf("%s/%s", dir, found[i]->d_name);

		if (n <= FILES_MAX)
			read_one(p, file, read, sum, wrong);
		free(found[i]);
	}
	if (n >= 0)
		free(found);
	return true;
}

static int
by_domain_and_day(const void *a, const void *b)
{
	const struct policy *x = *(struct policy *const *)a, *y = *(struct policy *const *)b;
	int order = strcmp(policy_domain(x), policy_domain(y));

	return order ? order : strcmp(policy_valid_from(x), policy_valid_from(y));
}

static void
gather_domains(struct policies *p)
{
	p->domains = xcalloc(p->count + 1, sizeof(*p->domains));
	for (size_t i = 0; i < p->count; i++) {
		const char *d = policy_domain(p->list[i]);

		if (strcmp(d, "*") &&
		    (!p->domain_count || strcmp(p->domains[p->domain_count - 1], d)))
			p->domains[p->domain_count++] = xstrdup(d);
	}
}

/* What one file says about another. */
static void
check_together(const struct policies *p, struct buf *wrong)
{
	for (size_t i = 0; i < p->count; i++) {
		const struct policy *x = p->list[i], *y = i ? p->list[i - 1] : NULL;
		const char *calendar = policy_text(x, RULE_CALENDAR);

		if (y && !strcmp(policy_domain(x), policy_domain(y)) &&
		    !strcmp(policy_valid_from(x), policy_valid_from(y)))
			buf_printf(wrong, "%s: it is for %s from %s, and so is %s\n",
				   policy_file(x), policy_domain(x), policy_valid_from(x),
				   policy_file(y));
		if (policy_line(x, RULE_CALENDAR) && !find_calendar(p, calendar))
			buf_printf(wrong,
				   "%s:%u: there is no calendar \"%s\" in the folder calendar\n",
				   policy_file(x), policy_line(x, RULE_CALENDAR), calendar);
	}
}

struct policies *
policies_load_all(const char *dir, struct buf *wrong)
{
	struct policies *p = xcalloc(1, sizeof(*p));
	AUTO(str) calendars = xasprintf("%s/calendar", dir);
	struct digest *sum = digest_new();
	size_t before = wrong->len;

	p->builtin = policy_builtin();
	p->weekends = calendar_new("");
	digest_add(sum, policy_digest(p->builtin), DIGEST_LEN);
	p->missing = !read_folder(p, dir, read_policy, sum, wrong);
	(void)read_folder(p, calendars, read_calendar, sum, wrong);
	digest_final(sum, p->digest);
	if (p->count)
		qsort(p->list, p->count, sizeof(*p->list), by_domain_and_day);
	gather_domains(p);
	check_together(p, wrong);
	if (wrong->len == before)
		return p;
	policies_free(p);
	return NULL;
}

struct policies *
policies_load(const char *dir, struct err *e)
{
	AUTO(buf) wrong = BUF_INIT;
	struct policies *p = policies_load_all(dir, &wrong);
	size_t n = wrong.len;

	if (p)
		return p;
	/* the lines that fit */
	while (n >= ERR_MSG_MAX || (n && n < wrong.len && wrong.data[n - 1] != '\n'))
		n--;
	err_set(e, ERR_CONFIG, "%.*s", n ? (int)n - 1 : ERR_MSG_MAX - 1, wrong.data);
	return NULL;
}

void
policies_free(struct policies *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->count; i++)
		policy_free(p->list[i]);
	for (size_t i = 0; i < p->calendar_count; i++)
		calendar_free(p->calendars[i]);
	for (size_t i = 0; i < p->domain_count; i++)
		free(p->domains[i]);
	policy_free(p->builtin);
	calendar_free(p->weekends);
	free(p->list);
	free(p->calendars);
	free(p->domains);
	free(p);
}

/* --- asking ----------------------------------------------------------------------------------- */

static const struct policy *
version_of(const struct policies *p, const char *domain, const char *day)
{
	const struct policy *best = NULL;

	for (size_t i = 0; i < p->count; i++) /* ascending: the last that fits is the latest */
		if (!strcmp(policy_domain(p->list[i]), domain) &&
		    strcmp(policy_valid_from(p->list[i]), day) <= 0)
			best = p->list[i];
	return best;
}

const struct policy *
policies_find(const struct policies *p, const char *domain, const char *day)
{
	const struct policy *found = version_of(p, domain, day);

	if (!found)
		found = version_of(p, "*", day);
	return found ? found : p->builtin;
}

const struct policy *
policies_builtin(const struct policies *p)
{
	return p->builtin;
}

bool
policies_serve(const struct policies *p, const char *domain)
{
	for (size_t i = 0; i < p->domain_count; i++)
		if (!strcmp(p->domains[i], domain))
			return true;
	return false;
}

const char *
policies_domain(const struct policies *p, size_t n)
{
	return n < p->domain_count ? p->domains[n] : NULL;
}

const struct policy *
policies_at(const struct policies *p, size_t n)
{
	return n < p->count ? p->list[n] : NULL;
}

const struct calendar *
policies_calendar(const struct policies *p, const char *name)
{
	const struct calendar *c = find_calendar(p, name);

	return c ? c : p->weekends;
}

/* The first policy that names a calendar speaks for the others. */
static bool
is_named_before(const struct policies *p, size_t n, const char *calendar)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(policy_text(p->list[i], RULE_CALENDAR), calendar))
			return true;
	return false;
}

void
policies_unknown_years(const struct policies *p, int first, int last, struct buf *out)
{
	for (size_t i = 0; i <= p->count; i++) {
		const struct policy *x = i < p->count ? p->list[i] : p->builtin;
		const char *name = policy_text(x, RULE_CALENDAR);

		if (is_named_before(p, i, name))
			continue;
		for (int year = first; year <= last; year++)
			if (!calendar_knows(policies_calendar(p, name), year))
				buf_printf(out, "the calendar \"%s\" has no file for the year %d: only "
					   "Saturdays and Sundays are free in it, no holidays\n",
					   name, year);
	}
}

bool
policies_missing(const struct policies *p)
{
	return p->missing;
}

const uint8_t *
policies_digest(const struct policies *p)
{
	return p->digest;
}
