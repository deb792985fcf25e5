/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/moment.h"
#include "tools/audit.h"

/* Tables say what people look for, csv all there is. */
static const struct out_column table_columns[] = {
	{ "seq", "SEQ", OUT_NUMBER, 0 },
	{ "t", "WHEN", OUT_TIME, 0 },
	{ "who", "WHO", OUT_TEXT, 0 },
	{ "ev", "EVENT", OUT_TEXT, 0 },
	{ "at", "REQUEST", OUT_TEXT, 0 },
	{ "address", "ADDRESS", OUT_TEXT, OUT_SHRINK },
	{ "letter", "LETTER", OUT_TEXT, OUT_SHRINK },
	{ "requested_by", "ASKED", OUT_TEXT, 0 },
	{ "approved_by", "ALLOWED", OUT_LIST, 0 },
	{ "outcome", "OUTCOME", OUT_WORD, 0 },
	{ "change", "WHAT", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

static const struct out_column csv_columns[] = {
	{ "seq", "", OUT_NUMBER, 0 },	       { "t", "", OUT_TIME, 0 },
	{ "actor", "", OUT_TEXT, 0 },	       { "mech", "", OUT_TEXT, 0 },
	{ "as", "", OUT_TEXT, 0 },	       { "ev", "", OUT_TEXT, 0 },
	{ "op", "", OUT_TEXT, 0 },	       { "request", "", OUT_NUMBER, 0 },
	{ "row", "", OUT_NUMBER, 0 },	       { "subject", "", OUT_TEXT, 0 },
	{ "full_name", "", OUT_TEXT, 0 },      { "address", "", OUT_TEXT, 0 },
	{ "agency", "", OUT_TEXT, 0 },	       { "letter", "", OUT_TEXT, 0 },
	{ "letter_date", "", OUT_TEXT, 0 },    { "requested_by", "", OUT_TEXT, 0 },
	{ "requested_at", "", OUT_TIME, 0 },   { "approved_by", "", OUT_LIST, 0 },
	{ "approved_at", "", OUT_TIME, 0 },    { "outcome", "", OUT_TEXT, 0 },
	{ "why", "", OUT_TEXT, 0 },	       { "change", "", OUT_TEXT, 0 },
	{ "summary", "", OUT_TEXT, 0 },	       { .key = NULL },
};

const struct out_column *
audit_columns(const struct ctl *c)
{
	return c->out.format == OUT_CSV ? csv_columns : table_columns;
}

/* --- what is looked for ----------------------------------------------------------------------- */

static int
add_time(struct ctl *c, struct buf *path, enum option id, const char *key, bool end,
	 char at[MOMENT_TEXT])
{
	struct err e = ERR_INIT;

	if (!ctl_opt(c, id))
		return 0;
	if (moment_read(ctl_opt(c, id), end, at, &e))
		return ctl_fail(LEAVE_USAGE, "--%s: %s", option_table[id].name, e.msg);
	ctl_query(path, key, at);
	return 0;
}

int
audit_filter(struct ctl *c, struct buf *path)
{
	static const struct {
		enum option id;
		const char *key;
	} keys[] = {
		{ OPT_PERSON, "person" },   { OPT_ADDRESS, "address" }, { OPT_OPERATOR, "operator" },
		{ OPT_AGENCY, "agency" },   { OPT_LETTER, "letter" },	{ OPT_REQUEST, "request" },
		{ OPT_EVENT, "event" },	    { OPT_OPERATION, "op" },	{ OPT_RESULT, "result" },
	};
	char since[MOMENT_TEXT] = "", until[MOMENT_TEXT] = "";
	int status = ctl_one_of(c, OPT_EVENT, ctl_events);
	long n;

	if (!status)
		status = ctl_one_of(c, OPT_OPERATION, ctl_operations);
	if (!status && ctl_opt(c, OPT_REQUEST))
		status = ctl_number(ctl_opt(c, OPT_REQUEST), "number of a request", 1, &n);
	for (size_t i = 0; !status && i < sizeof(keys) / sizeof(*keys); i++) {
		if (ctl_opt(c, keys[i].id) && !*ctl_opt(c, keys[i].id))
			return ctl_fail(LEAVE_USAGE, "--%s has no value", option_table[keys[i].id].name);
		ctl_query_opt(path, keys[i].key, c, keys[i].id);
	}
	if (!status)
		status = add_time(c, path, OPT_SINCE, "since", false, since);
	if (!status)
		status = add_time(c, path, OPT_UNTIL, "until", true, until);
	if (!status && *since && *until && strcmp(since, until) >= 0)
		status = ctl_fail(LEAVE_USAGE, "--until %s is before --since %s", ctl_opt(c, OPT_UNTIL),
				  ctl_opt(c, OPT_SINCE));
	return status;
}

/* --- how it is shown -------------------------------------------------------------------------- */

static void
values(struct buf *b, const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const char *s = json_string_value(json_array_get(list, i));

		buf_printf(b, "%s%s", i ? ", " : "", s ? s : "?");
	}
	if (!json_array_size(list))
		buf_str(b, "(none)");
}

/* What changes in every operation and tells a person nothing. */
static bool
of_our_own(const char *name)
{
	static const char *const names[] = { "hopthuOpId", "hopthuPersonRef", "objectClass" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

/* "status: active -> closed; purgeDue: 2027-05-01" */
static void
add_changes(struct buf *b, const json_t *before, const json_t *after)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)before, name, v) {
		const json_t *now = json_object_get(after, name);

		if (of_our_own(name) || (now && json_equal(v, now)))
			continue;
		buf_printf(b, "%s%s: ", b->len ? "; " : "", name);
		values(b, v);
		buf_str(b, " -> ");
		values(b, now);
	}
	json_object_foreach((json_t *)after, name, v) {
		if (of_our_own(name) || json_object_get(before, name))
			continue;
		buf_printf(b, "%s%s: ", b->len ? "; " : "", name);
		values(b, v);
	}
}

/* What changed; of records that change nothing, what they say. */
static void
change_text(struct buf *b, const json_t *r)
{
	const json_t *before = json_object_get(r, "before");

	if (json_is_string(before))
		buf_str(b, json_string_value(before)); /* (erased) */
	else
		add_changes(b, before, json_object_get(r, "after"));
	if (!b->len)
		buf_str(b, ctl_text(r, "summary"));
	else if (*ctl_text(r, "op"))
		buf_printf(b, " (%s)", ctl_text(r, "op"));
}

json_t *
audit_shape(const json_t *record)
{
	json_t *r = json_copy((json_t *)record);
	AUTO(buf) who = BUF_INIT;
	AUTO(buf) at = BUF_INIT;
	AUTO(buf) change = BUF_INIT;
	long request = ctl_integer(r, "request"), row = ctl_integer(r, "row");

	buf_str(&who, ctl_text(r, "actor"));
	if (*ctl_text(r, "as"))
		buf_printf(&who, " for %s", ctl_text(r, "as"));
	if (request)
		buf_printf(&at, "%ld", request);
	if (request && row)
		buf_printf(&at, "/%ld", row);
	change_text(&change, r);
	json_object_set_new(r, "who", json_string(who.data));
	json_object_set_new(r, "at", json_string(at.data));
	json_object_set_new(r, "change", json_string(change.data));
	return r;
}

/* --- the command ------------------------------------------------------------------------------ */

/* Was it asked for records that no person and no address stands in? */
static bool
about_letters(const struct ctl *c)
{
	static const char *const kinds[] = { "request", "plan", "approve", "refuse", "cancel" };
	const char *event = ctl_opt(c, OPT_EVENT);

	for (size_t i = 0; event && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kinds[i], event))
			return ctl_opt(c, OPT_PERSON) || ctl_opt(c, OPT_ADDRESS);
	return false;
}

int
cmd_audit_search(struct ctl *c)
{
	struct ctl_pages pages = { .name = "records", .cursor = "cursor", .shape = audit_shape };
	AUTO(buf) path = BUF_INIT;
	long n;
	int status = ctl_limit(c, &pages.limit);

	buf_str(&path, "/v1/audit/search");
	if (!status)
		status = audit_filter(c, &path);
	if (!status && ctl_opt(c, OPT_CURSOR))
		status = ctl_number(ctl_opt(c, OPT_CURSOR), "number for --cursor", 1, &n);
	if (status)
		return status;
	ctl_query(&path, "order", ctl_opt(c, OPT_OLDEST_FIRST) ? "oldest" : NULL);
	pages.first = ctl_opt(c, OPT_CURSOR);
	status = ctl_list(c, path.data, &pages, audit_columns(c));
	if (!status && !pages.printed && !pages.first)
		ctl_say("nothing fits all of that%s", about_letters(c) ? "; that kind of record is about a whole "
			"letter: leave --event out and look at ASKED and ALLOWED, or say --request ID" : "");
	if (!status && *pages.next)
		ctl_say("there are more: --cursor %s goes on there", pages.next);
	return status;
}
