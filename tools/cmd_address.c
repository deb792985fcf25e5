/* SPDX-License-Identifier: BSD-2-Clause */
/* The registry of addresses, and what a name would get. */
#include <string.h>

#include "tools/ctl.h"

static const struct out_column list_columns[] = {
	{ "address", "ADDRESS", OUT_TEXT, 0 },
	{ "state", "STATE", OUT_WORD, 0 },
	{ "mailbox", "MAILBOX", OUT_TEXT, 0 },
	{ "person", "PERSON", OUT_TEXT, OUT_HIDE },
	{ "request", "REQUEST", OUT_NUMBER, 0 },
	{ "reserved_at", "PROMISED", OUT_TIME, OUT_HIDE },
	{ "active_at", "GIVEN OUT", OUT_TIME, 0 },
	{ "alias_at", "ALIAS SINCE", OUT_TIME, OUT_HIDE },
	{ "ended_at", "ENDED", OUT_TIME, OUT_HIDE },
	{ .key = NULL },
};

static const struct out_column show_columns[] = {
	{ "address", "address", OUT_TEXT, 0 },
	{ "state", "state", OUT_WORD, 0 },
	{ "grandfathered", "older than hopthu", OUT_BOOL, 0 },
	{ "mailbox", "leads to mailbox", OUT_TEXT, OUT_SKIP },
	{ "person", "holder", OUT_TEXT, OUT_SKIP },
	{ "request", "last request", OUT_NUMBER, OUT_SKIP },
	{ "reserved_at", "promised", OUT_TIME, OUT_SKIP },
	{ "active_at", "given out", OUT_TIME, OUT_SKIP },
	{ "alias_at", "alias since", OUT_TIME, OUT_SKIP },
	{ "ended_at", "ended", OUT_TIME, OUT_SKIP },
	{ "looks_like", "looks like", OUT_TEXT, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column trial_columns[] = {
	{ "local", "CANDIDATE", OUT_TEXT, 0 },
	{ "fate", "FATE", OUT_WORD, 0 },
	{ "template", "TEMPLATE", OUT_TEXT, 0 },
	{ "column", "NEEDS", OUT_TEXT, 0 },
	{ "reason", "BECAUSE", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

int
cmd_address_list(struct ctl *c)
{
	struct ctl_pages pages = { .name = "addresses", .cursor = "after" };
	AUTO(buf) path = BUF_INIT;
	int status = ctl_limit(c, &pages.limit);

	if (status)
		return status;
	buf_str(&path, "/v1/addresses");
	ctl_query_opt(&path, "state", c, OPT_STATE);
	ctl_query_opt(&path, "domain", c, OPT_DOMAIN);
	ctl_query_opt(&path, "q", c, OPT_SEARCH);
	status = ctl_list(c, path.data, &pages, list_columns);
	if (!status && !pages.printed)
		ctl_say("no addresses");
	return status;
}

int
cmd_address_show(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	int status;

	if (!*c->line.args[0])
		return ctl_fail(LEAVE_USAGE, "the address is empty");
	buf_str(&path, "/v1/addresses/");
	ctl_path(&path, c->line.args[0]);
	status = ctl_get(c, path.data, &answer);
	if (!status)
		out_object(&c->out, show_columns, answer);
	return status;
}

/* What came of it, in a sentence. */
static void
say_outcome(const json_t *answer)
{
	const char *outcome = ctl_text(answer, "outcome"), *local = ctl_text(answer, "local");

	if (!strcmp(outcome, "free"))
		ctl_say("%s would get %s@%s (%s)", ctl_text(answer, "name"), local,
			ctl_text(answer, "domain"), ctl_text(answer, "document"));
	else if (!strcmp(outcome, "name-needed"))
		ctl_say("every candidate is taken: a person would have to propose an address");
	else if (!strcmp(outcome, "lacks"))
		ctl_say("the first candidate that is not taken needs a fact that is missing");
	else
		ctl_say("the first candidate that is not taken makes no address");
}

int
cmd_name_try(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	int status;

	buf_str(&path, "/v1/names");
	ctl_query(&path, "name", c->line.args[0]);
	ctl_query_opt(&path, "domain", c, OPT_DOMAIN);
	ctl_query_opt(&path, "agency", c, OPT_AGENCY);
	ctl_query_opt(&path, "kind", c, OPT_KIND);
	ctl_query_opt(&path, "unit", c, OPT_UNIT);
	ctl_query_opt(&path, "birth_year", c, OPT_BIRTH_YEAR);
	ctl_query_opt(&path, "birth_month", c, OPT_BIRTH_MONTH);
	ctl_query_opt(&path, "id_tail", c, OPT_ID_TAIL);
	status = ctl_get(c, path.data, &answer);
	if (status)
		return status;
	if (c->out.format == OUT_JSON) {
		out_object(&c->out, NULL, answer);
		return 0;
	}
	out_begin(&c->out, "candidates", trial_columns);
	out_rows(&c->out, json_object_get(answer, "candidates"));
	out_end(&c->out);
	if (c->out.format == OUT_TABLE)
		say_outcome(answer);
	if (ctl_integer(answer, "untold") > 0)
		ctl_say("%ld more candidates are taken", ctl_integer(answer, "untold"));
	return 0;
}
