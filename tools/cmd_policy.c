/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/ctl.h"

static const struct out_column list_columns[] = {
	{ "domain", "DOMAIN", OUT_TEXT, 0 },
	{ "valid_from", "FROM", OUT_TEXT, 0 },
	{ "in_force", "IN FORCE", OUT_BOOL, 0 },
	{ "document", "DOCUMENT", OUT_TEXT, OUT_SHRINK },
	{ "file", "FILE", OUT_TEXT, OUT_SHRINK },
	{ "digest", "DIGEST", OUT_TEXT, OUT_HIDE },
	{ .key = NULL },
};

static const struct out_column head_columns[] = {
	{ "address", "address", OUT_TEXT, OUT_SKIP },
	{ "kind", "kind", OUT_TEXT, OUT_SKIP },
	{ "rank_class", "rank class", OUT_TEXT, OUT_SKIP },
	{ "agency", "agency", OUT_TEXT, OUT_SKIP },
	{ "domain", "domain", OUT_TEXT, 0 },
	{ "document", "document", OUT_TEXT, 0 },
	{ "valid_from", "from", OUT_TEXT, 0 },
	{ "file", "file", OUT_TEXT, OUT_SKIP },
	{ "digest", "digest", OUT_TEXT, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column rule_columns[] = {
	{ "rule", "RULE", OUT_TEXT, 0 },
	{ "value", "VALUE", OUT_TEXT, OUT_SHRINK },
	{ "use", "USE", OUT_TEXT, 0 },
	{ "legal_basis", "LEGAL BASIS", OUT_TEXT, OUT_SHRINK },
	{ "note", "NOTE", OUT_TEXT, OUT_HIDE },
	{ "line", "LINE", OUT_NUMBER, OUT_HIDE },
	{ "default", "DEFAULT", OUT_BOOL, OUT_HIDE },
	{ .key = NULL },
};

static const struct out_column change_columns[] = {
	{ "rule", "RULE", OUT_TEXT, 0 },
	{ "before", "BEFORE", OUT_TEXT, OUT_SHRINK },
	{ "after", "AFTER", OUT_TEXT, OUT_SHRINK },
	{ "before_basis", "LEGAL BASIS BEFORE", OUT_TEXT, OUT_HIDE },
	{ "legal_basis", "LEGAL BASIS", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

static const struct out_column limit_columns[] = {
	{ "rule", "RULE", OUT_TEXT, 0 },
	{ "value", "VALUE", OUT_TEXT, OUT_SHRINK },
	{ "means", "MEANS HERE", OUT_TEXT, OUT_SHRINK },
	{ "use", "USE", OUT_TEXT, OUT_HIDE },
	{ "legal_basis", "LEGAL BASIS", OUT_TEXT, OUT_SHRINK },
	{ "note", "NOTE", OUT_TEXT, OUT_HIDE },
	{ "document", "DOCUMENT", OUT_TEXT, OUT_HIDE },
	{ "valid_from", "FROM", OUT_TEXT, OUT_HIDE },
	{ "file", "FILE", OUT_TEXT, OUT_HIDE },
	{ "line", "LINE", OUT_NUMBER, OUT_HIDE },
	{ .key = NULL },
};

/* GET <before><argument><after>[?at=] */
static int
ask(struct ctl *c, const char *before, const char *after, json_t **answer)
{
	AUTO(buf) path = BUF_INIT;

	if (!*c->line.args[0])
		return ctl_fail(LEAVE_USAGE, "%s is empty",
				strcmp(c->cmd->arguments, "ADDRESS") ? "the domain"
								     : "the address");
	buf_str(&path, before);
	ctl_path(&path, c->line.args[0]);
	buf_str(&path, after);
	ctl_query_opt(&path, "at", c, OPT_AT);
	return ctl_get(c, path.data, answer);
}

/* The whole object as json; else its rows, in a table under its head. */
static void
print(struct ctl *c, const json_t *answer, const char *name, const struct out_column *columns)
{
	if (c->out.format == OUT_JSON) {
		out_object(&c->out, head_columns, answer);
		return;
	}
	if (c->out.format == OUT_TABLE && *ctl_text(answer, "domain")) {
		out_object(&c->out, head_columns, answer);
		putchar('\n');
	}
	out_begin(&c->out, name, columns);
	out_rows(&c->out, json_object_get(answer, name));
	out_end(&c->out);
}

int
cmd_policy_list(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ctl_get(c, "/v1/policies", &answer);

	if (!status)
		print(c, answer, "policies", list_columns);
	return status;
}

/* Or what is shown is taken for the domain's own. */
static void
say_whose(const json_t *answer)
{
	if (!strcmp(ctl_text(answer, "domain"), "*") && strcmp(ctl_text(answer, "asked"), "*") != 0)
		ctl_say("%s has no file of its own on this day: %s", ctl_text(answer, "asked"),
			*ctl_text(answer, "file") ? "the rules for every other domain hold"
						  : "the built-in rules hold");
}

int
cmd_policy_show(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ask(c, "/v1/policies/", "", &answer);

	if (status)
		return status;
	print(c, answer, "rules", rule_columns);
	say_whose(answer);
	return 0;
}

static void
say_version(const char *what, const json_t *head)
{
	const char *day = ctl_text(head, "at");

	ctl_say("%s, %s%s: %s, from %s%s%s", what, *day ? "on " : "built in", day,
		ctl_text(head, "document"), ctl_text(head, "valid_from"), *ctl_text(head, "file") ? ", " : "",
		ctl_text(head, "file"));
}

int
cmd_policy_diff(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ask(c, "/v1/policies/", "/diff", &answer);

	if (status)
		return status;
	print(c, answer, "changes", change_columns);
	say_version("before", json_object_get(answer, "before"));
	say_version("after", json_object_get(answer, "after"));
	if (!json_array_size(json_object_get(answer, "changes")))
		ctl_say("they say the same");
	return 0;
}

int
cmd_policy_explain(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ask(c, "/v1/policies/explain/", "", &answer);

	if (status)
		return status;
	print(c, answer, "limits", limit_columns);
	if (!json_is_true(json_object_get(answer, "mailbox")))
		ctl_say("there is no mailbox %s: this is what would hold for one of a person who "
			"is staff",
			ctl_text(answer, "address"));
	return 0;
}

int
cmd_policy_ppolicy(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ask(c, "/v1/policies/", "/ppolicy", &answer);

	if (status)
		return status;
	if (ctl_machine(c))
		out_object(&c->out, NULL, answer);
	else
		fputs(ctl_text(answer, "ldif"), stdout);
	return 0;
}
