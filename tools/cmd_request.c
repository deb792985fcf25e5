/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/request.h"

static const struct out_column head_columns[] = {
	{ "id", "request", OUT_NUMBER, OUT_SKIP },
	{ "state", "state", OUT_WORD, 0 },
	{ "agency", "agency", OUT_TEXT, OUT_SKIP },
	{ "letter", "letter", OUT_TEXT, OUT_SKIP },
	{ "date", "date", OUT_TEXT, OUT_SKIP },
	{ "signer", "signer", OUT_TEXT, OUT_SKIP },
	{ "signer_title", "  office", OUT_TEXT, OUT_SKIP },
	{ "reason", "reason", OUT_TEXT, OUT_SKIP },
	{ "channel", "came by", OUT_TEXT, OUT_SKIP },
	{ "contact", "  verified contact", OUT_TEXT, OUT_SKIP },
	{ "requester", "to be asked", OUT_TEXT, OUT_SKIP },
	{ "requester_phone", "  telephone", OUT_TEXT, OUT_SKIP },
	{ "attachment", "attachment (SHA-256)", OUT_TEXT, OUT_SKIP },
	{ "domain", "domain", OUT_TEXT, OUT_SKIP },
	{ "submitter", "submitted by", OUT_TEXT, OUT_SKIP },
	{ "submitted_at", "submitted", OUT_TIME, OUT_SKIP },
	{ "due_at", "due", OUT_TIME, OUT_SKIP },
	{ "first_approver", "first approver", OUT_TEXT, OUT_SKIP },
	{ "approver", "approved by", OUT_TEXT, OUT_SKIP },
	{ "approved_at", "approved", OUT_TIME, OUT_SKIP },
	{ "refused_by", "refused by", OUT_TEXT, OUT_SKIP },
	{ "refusal", "because", OUT_TEXT, OUT_SKIP },
	{ "ended_at", "ended", OUT_TIME, OUT_SKIP },
	{ "item_count", "rows", OUT_NUMBER, OUT_SKIP },
	{ "counts", "of these", OUT_COUNTS, OUT_SKIP },
	{ "note", "note", OUT_TEXT, OUT_SKIP },
	{ "waiting_for", "waits for", OUT_TEXT, OUT_SKIP },
	{ "digest", "plan digest", OUT_TEXT, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column item_columns[] = {
	{ "row", "ROW", OUT_NUMBER, 0 },
	{ "op", "OP", OUT_TEXT, 0 },
	{ "full_name", "NAME", OUT_TEXT, OUT_SHRINK },
	{ "address", "ADDRESS", OUT_TEXT, 0 },
	{ "state", "STATE", OUT_WORD, 0 },
	{ "effective", "FROM", OUT_TEXT, OUT_HIDE },
	{ "ref", "REF", OUT_TEXT, OUT_HIDE },
	{ "updated_at", "CHANGED", OUT_TIME, OUT_HIDE },
	{ "error", "NOTE", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

static const struct out_column list_columns[] = {
	{ "id", "ID", OUT_NUMBER, 0 },
	{ "state", "STATE", OUT_WORD, 0 },
	{ "agency", "AGENCY", OUT_TEXT, 0 },
	{ "letter", "LETTER", OUT_TEXT, OUT_SHRINK },
	{ "date", "DATE", OUT_TEXT, OUT_HIDE },
	{ "signer", "SIGNER", OUT_TEXT, OUT_HIDE },
	{ "reason", "REASON", OUT_TEXT, OUT_HIDE },
	{ "submitter", "BY", OUT_TEXT, 0 },
	{ "submitted_at", "SUBMITTED", OUT_TIME, 0 },
	{ "due_at", "DUE", OUT_TIME, 0 },
	{ "overdue", "OVERDUE", OUT_BOOL, OUT_HIDE },
	{ "approver", "APPROVER", OUT_TEXT, 0 },
	{ "refused_by", "REFUSED BY", OUT_TEXT, OUT_HIDE },
	{ "item_count", "ROWS", OUT_NUMBER, 0 },
	{ "counts", "OF THESE", OUT_COUNTS, OUT_SHRINK },
	{ "note", "NOTE", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

int
request_id(struct ctl *c, long *id)
{
	return ctl_number(c->line.args[0], "number of a request", 1, id);
}

void
request_path(struct buf *b, long id, const char *rest)
{
	buf_printf(b, "/v1/requests/%ld%s", id, rest);
}

int
request_fill(struct ctl *c, json_t *request)
{
	json_t *items = json_object_get(request, "items");
	long id = ctl_integer(request, "id"), next = ctl_integer(request, "next_offset");

	/* The cursor is the door's own: rows that were known before leave gaps. */
	while (id && items && next) {
		AUTO(json) page = NULL;
		AUTO(buf) b = BUF_INIT;
		int status;

		request_path(&b, id, "");
		buf_printf(&b, "?offset=%ld&limit=1000", next);
		status = ctl_get(c, b.data, &page);
		if (status)
			return status;
		json_array_extend(items, json_object_get(page, "items"));
		if (ctl_integer(page, "next_offset") <= next)
			break;
		next = ctl_integer(page, "next_offset");
	}
	if (json_object_get(request, "next_offset"))
		json_object_set_new(request, "next_offset", json_null());
	return 0;
}

static void
say_next(struct ctl *c, const json_t *request)
{
	if (c->out.format != OUT_TABLE || strcmp(ctl_text(request, "state"), "planned") != 0 ||
	    !ctl_integer(request, "id"))
		return;
	printf("\nnext, by somebody else who is an approver:\n"
	       "  hopthuctl request approve %ld --digest %s\n",
	       ctl_integer(request, "id"), ctl_text(request, "digest"));
}

void
request_print(struct ctl *c, const json_t *request)
{
	const json_t *items = json_object_get(request, "items");

	if (c->out.format == OUT_JSON || !items) {
		out_object(&c->out, head_columns, request);
		return;
	}
	if (c->out.format == OUT_TABLE) {
		out_object(&c->out, head_columns, request);
		if (!json_array_size(items))
			return;
		putchar('\n');
	}
	out_begin(&c->out, "items", item_columns);
	out_rows(&c->out, items);
	out_end(&c->out);
	say_next(c, request);
}

static void
say_already(const json_t *request)
{
	const json_t *already = json_object_get(request, "already");

	for (size_t i = 0; i < json_array_size(already); i++) {
		const json_t *a = json_array_get(already, i);

		ctl_say("row %ld (ref \"%s\") was submitted before, with request %ld: %s; it is not done again",
			ctl_integer(a, "row"), ctl_text(a, "ref"), ctl_integer(a, "request"),
			ctl_text(a, "address"));
	}
	if (json_is_true(json_object_get(request, "repeated")))
		ctl_say("every row was submitted before: this is request %ld, nothing new was made",
			ctl_integer(request, "id"));
}

int
request_submitted(struct ctl *c, json_t *request)
{
	size_t shown;
	int status = request_fill(c, request);

	if (status)
		return status;
	request_print(c, request);
	ctl_say_rows("note: ", json_object_get(request, "notes"));
	say_already(request);
	shown = json_array_size(json_object_get(request, "items"));
	if (ctl_opt(c, OPT_DRY_RUN)) {
		if (shown < (size_t)ctl_integer(request, "item_count"))
			ctl_say("only the first %zu rows are shown; all were checked", shown);
		ctl_say("everything was checked, nothing was kept (-n)");
	}
	return 0;
}

/* --- reading ------------------------------------------------------------------------------------ */

int
cmd_request_list(struct ctl *c)
{
	struct ctl_pages pages = { .name = "requests", .cursor = "before" };
	AUTO(buf) path = BUF_INIT;
	int status = ctl_one_of(c, OPT_STATE, ctl_states);

	if (status || (status = ctl_limit(c, &pages.limit)))
		return status;
	buf_str(&path, "/v1/requests");
	ctl_query_opt(&path, "state", c, OPT_STATE);
	ctl_query_opt(&path, "agency", c, OPT_AGENCY);
	ctl_query(&path, "mine", ctl_opt(c, OPT_MINE) ? "1" : NULL);
	status = ctl_list(c, path.data, &pages, list_columns);
	if (!status && !pages.printed)
		ctl_say("no letters");
	return status;
}

int
cmd_request_show(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	long id;
	int status = request_id(c, &id);

	if (status)
		return status;
	request_path(&path, id, "");
	status = ctl_get(c, path.data, &answer);
	if (status || (status = request_fill(c, answer)))
		return status;
	request_print(c, answer);
	return 0;
}

/* --- changing ----------------------------------------------------------------------------------- */

/* POST /v1/requests/ID/<verb> {"reason"}, and what the letter is like then. */
static int
act(struct ctl *c, bool reason_needed)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	json_t *body;
	long id;
	int status = request_id(c, &id);

	if (!status && reason_needed)
		status = ctl_required(c, OPT_REASON);
	if (status)
		return status;
	body = json_object();
	if (ctl_opt(c, OPT_REASON))
		json_object_set_new(body, "reason", json_string(ctl_opt(c, OPT_REASON)));
	request_path(&path, id, "/");
	buf_str(&path, c->cmd->verb);
	if (ctl_opt(c, OPT_DRY_RUN) && (status = request_try(c, id, NULL))) {
		json_decref(body);
		return status;
	}
	status = ctl_change(c, path.data, body, &answer);
	if (status || !answer || (status = request_fill(c, answer)))
		return status;
	if (!ctl_machine(c))
		json_object_del(answer, "items"); /* a person wants the sum */
	request_print(c, answer);
	return 0;
}

int
cmd_request_refuse(struct ctl *c)
{
	return act(c, true);
}

int
cmd_request_cancel(struct ctl *c)
{
	return act(c, false);
}

int
cmd_request_retry(struct ctl *c)
{
	return act(c, false);
}
