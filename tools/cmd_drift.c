/* SPDX-License-Identifier: BSD-2-Clause */
/* What others changed in the directory. */
#include <string.h>

#include "tools/request.h"

static const char *const states[] = { "open", "accepted", "reverted", "vanished", "all", NULL };

static const struct out_column list_columns[] = {
	{ "seq", "SEQ", OUT_NUMBER, 0 },
	{ "at", "WHEN", OUT_TIME, 0 },
	{ "kind", "KIND", OUT_WORD, 0 },
	{ "entry", "ENTRY", OUT_TEXT, OUT_SHRINK },
	{ "attributes", "ATTRIBUTES", OUT_LIST, OUT_SHRINK },
	{ "by", "BY", OUT_TEXT, OUT_SHRINK },
	{ "state", "STATE", OUT_WORD, 0 },
	{ "request", "REQUEST", OUT_NUMBER, 0 },
	{ "written", "WRITTEN", OUT_TEXT, OUT_HIDE },
	{ "session", "SESSION", OUT_TEXT, OUT_HIDE },
	{ .key = NULL },
};

static const struct out_column show_columns[] = {
	{ "seq", "record", OUT_NUMBER, 0 },
	{ "kind", "kind", OUT_WORD, 0 },
	{ "state", "state", OUT_WORD, 0 },
	{ "entry", "entry", OUT_TEXT, OUT_SKIP },
	{ "at", "seen", OUT_TIME, 0 },
	{ "by", "by", OUT_TEXT, OUT_SKIP },
	{ "modifier", "  as the entry says", OUT_TEXT, OUT_SKIP },
	{ "written", "  written (directory's log)", OUT_TEXT, OUT_SKIP },
	{ "session", "  in session", OUT_TEXT, OUT_SKIP },
	{ "attributes", "attributes", OUT_LIST, 0 },
	{ "request", "put back by request", OUT_NUMBER, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column write_columns[] = {
	{ "at", "WRITTEN", OUT_TEXT, 0 },
	{ "type", "WHAT", OUT_TEXT, 0 },
	{ "entry", "ENTRY", OUT_TEXT, OUT_SHRINK },
	{ "attributes", "ATTRIBUTES", OUT_LIST, OUT_SHRINK },
	{ "by", "BY", OUT_TEXT, OUT_SHRINK },
	{ "session", "SESSION", OUT_TEXT, 0 },
	{ "drift", "RECORD", OUT_NUMBER, 0 },
	{ .key = NULL },
};

int
cmd_drift_list(struct ctl *c)
{
	struct ctl_pages pages = { .name = "drifts", .cursor = "before" };
	AUTO(buf) path = BUF_INIT;
	int status = ctl_limit(c, &pages.limit);

	if (!status)
		status = ctl_one_of(c, OPT_STATE, states);
	if (status)
		return status;
	buf_str(&path, "/v1/drift");
	ctl_query_opt(&path, "state", c, OPT_STATE);
	status = ctl_list(c, path.data, &pages, list_columns);
	if (!status && !pages.printed)
		ctl_say(ctl_opt(c, OPT_STATE) ? "no such changes" : "nothing that others changed is open");
	return status;
}

/* "  title: A -> B", a line each. */
static void
print_change(const json_t *drift)
{
	const json_t *before = json_object_get(drift, "before"), *after = json_object_get(drift, "after");
	const json_t *names = json_object_get(drift, "attributes");

	if (!json_is_object(before) || !json_is_object(after)) {
		puts("  (erased)");
		return;
	}
	for (size_t i = 0; i < json_array_size(names); i++) {
		const char *name = json_string_value(json_array_get(names, i));
		const struct out_column column = { .key = name, .kind = OUT_LIST };
		AUTO(buf) b = BUF_INIT;

		if (!json_object_get(before, name) && !json_object_get(after, name)) {
			printf("  %s: nobody sees its value\n", name);
			continue;
		}
		printf("  %s: ", name);
		out_cell(&b, &column, before, true);
		printf("%s -> ", b.len ? b.data : "-");
		buf_clear(&b);
		out_cell(&b, &column, after, true);
		printf("%s\n", b.len ? b.data : "-");
	}
}

int
cmd_drift_show(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	long seq;
	int status = ctl_number(c->line.args[0], "number of a record", 1, &seq);

	if (status)
		return status;
	buf_printf(&path, "/v1/drift/%ld", seq);
	status = ctl_get(c, path.data, &answer);
	if (status)
		return status;
	out_object(&c->out, show_columns, answer);
	if (c->out.format == OUT_TABLE)
		print_change(answer);
	return 0;
}

/* {"drifts": [the arguments], "reason": ...} */
static int
body_of(struct ctl *c, json_t **body)
{
	json_t *list = json_array();
	int status = ctl_required(c, OPT_REASON);

	for (int i = 0; !status && i < c->line.count; i++) {
		long seq;

		status = ctl_number(c->line.args[i], "number of a record", 1, &seq);
		if (!status)
			json_array_append_new(list, json_integer(seq));
	}
	if (status)
		json_decref(list);
	else
		*body = json_pack("{s:o, s:s}", "drifts", list, "reason", ctl_opt(c, OPT_REASON));
	return status;
}

int
cmd_drift_accept(struct ctl *c)
{
	AUTO(json) answer = NULL;
	json_t *body;
	int status = body_of(c, &body);

	if (status || (status = ctl_change(c, "/v1/drift/accept", body, &answer)) || !answer)
		return status;
	ctl_say("%ld accepted", ctl_integer(answer, "accepted"));
	return 0;
}

int
cmd_drift_release(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ctl_required(c, OPT_REASON);

	if (status)
		return status;
	status = ctl_change(c, "/v1/drift/release", json_pack("{s:s}", "reason", ctl_opt(c, OPT_REASON)),
			    &answer);
	if (!status && answer)
		ctl_say("the queue goes on");
	return status;
}

/* --- revert ----------------------------------------------------------------------------------- */

static void
say_cannot(const json_t *list)
{
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		ctl_say("record %ld cannot be put back: %s", ctl_integer(row, "seq"),
			ctl_text(row, "message"));
	}
}

int
cmd_drift_revert(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(str) what = NULL;
	json_t *body = NULL;
	int status = body_of(c, &body);

	if (!status)
		what = xasprintf("revert-%s", c->line.args[0]);
	if (!status && (status = request_words(c, what, body)))
		json_decref(body);
	if (status || (status = ctl_change(c, "/v1/drift/revert", body, &answer)) || !answer)
		return status;
	status = request_submitted(c, answer);
	say_cannot(json_object_get(answer, "cannot"));
	return status ? status : json_array_size(json_object_get(answer, "cannot")) ? LEAVE_PARTLY : 0;
}

/* --- check ------------------------------------------------------------------------------------ */

int
cmd_drift_check(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	long days = 7, missed;
	int status = c->line.count ? ctl_number(c->line.args[0], "number of days", 1, &days) : 0;

	if (status)
		return status;
	buf_printf(&path, "/v1/drift/check?days=%ld", days);
	status = ctl_get(c, path.data, &answer);
	if (status)
		return status;
	missed = ctl_integer(answer, "unrecorded");
	if (c->out.format == OUT_JSON) {
		out_object(&c->out, NULL, answer);
	} else {
		out_begin(&c->out, "writes", write_columns);
		out_rows(&c->out, json_object_get(answer, "writes"));
		out_end(&c->out);
	}
	ctl_say("%ld writes looked at, %ld not by an intent, %ld of these without a record",
		ctl_integer(answer, "looked"), ctl_integer(answer, "unexplained"), missed);
	return missed ? LEAVE_PARTLY : 0;
}
