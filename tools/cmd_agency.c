/* SPDX-License-Identifier: BSD-2-Clause */
#include "tools/ctl.h"

static const struct out_column list_columns[] = {
	{ "code", "CODE", OUT_TEXT, 0 },
	{ "name", "NAME", OUT_TEXT, OUT_SHRINK },
	{ "kind", "KIND", OUT_TEXT, 0 },
	{ "parent", "BELONGS TO", OUT_TEXT, 0 },
	{ .key = NULL },
};

static const struct out_column show_columns[] = {
	{ "code", "code", OUT_TEXT, 0 },
	{ "name", "name", OUT_TEXT, 0 },
	{ "kind", "kind", OUT_TEXT, OUT_SKIP },
	{ "parent", "belongs to", OUT_TEXT, OUT_SKIP },
	{ "mailboxes", "mailboxes", OUT_COUNTS, OUT_SKIP },
	{ .key = NULL },
};

int
cmd_agency_list(struct ctl *c)
{
	AUTO(json) answer = NULL;
	const json_t *rows;
	int status = ctl_get(c, "/v1/agencies", &answer);

	if (status)
		return status;
	rows = json_object_get(answer, "agencies");
	out_begin(&c->out, "agencies", list_columns);
	out_rows(&c->out, rows);
	out_end(&c->out);
	if (!json_array_size(rows))
		ctl_say("no agencies yet: hopthuctl agency add CODE --name TEXT");
	return 0;
}

int
cmd_agency_show(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	int status;

	if (!*c->line.args[0])
		return ctl_fail(LEAVE_USAGE, "the code is empty");
	buf_str(&path, "/v1/agencies/");
	ctl_path(&path, c->line.args[0]);
	status = ctl_get(c, path.data, &answer);
	if (!status)
		out_object(&c->out, show_columns, answer);
	return status;
}

int
cmd_agency_add(struct ctl *c)
{
	AUTO(json) answer = NULL;
	json_t *body;
	int status = ctl_required(c, OPT_NAME);

	if (status)
		return status;
	body = json_pack("{s:s, s:s, s:s*, s:s*}", "code", c->line.args[0], "name", ctl_opt(c, OPT_NAME),
			 "kind", ctl_opt(c, OPT_KIND), "parent", ctl_opt(c, OPT_PARENT));
	status = ctl_change(c, "/v1/agencies", body, &answer);
	if (!status && answer)
		out_object(&c->out, show_columns, answer);
	return status;
}
