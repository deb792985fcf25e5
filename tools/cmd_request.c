/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/request.h"

/* What hopthud takes unless it is configured otherwise. */
#define LETTER_MAX (16u << 20)
#define MIB (1024.0 * 1024.0)

static const struct out_column head_columns[] = {
	{ "id", "request", OUT_NUMBER, OUT_SKIP },
	{ "state", "state", OUT_WORD, 0 },
	{ "agency", "agency", OUT_TEXT, OUT_SKIP },
	{ "letter", "letter", OUT_TEXT, OUT_SKIP },
	{ "date", "date", OUT_TEXT, OUT_SKIP },
	{ "signer", "signer", OUT_TEXT, OUT_SKIP },
	{ "reason", "reason", OUT_TEXT, OUT_SKIP },
	{ "submitter", "submitted by", OUT_TEXT, OUT_SKIP },
	{ "submitted_at", "submitted", OUT_TIME, OUT_SKIP },
	{ "approver", "approved by", OUT_TEXT, OUT_SKIP },
	{ "approved_at", "approved", OUT_TIME, OUT_SKIP },
	{ "refused_by", "refused by", OUT_TEXT, OUT_SKIP },
	{ "refusal", "because", OUT_TEXT, OUT_SKIP },
	{ "ended_at", "ended", OUT_TIME, OUT_SKIP },
	{ "item_count", "rows", OUT_NUMBER, OUT_SKIP },
	{ "counts", "of these", OUT_COUNTS, OUT_SKIP },
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
	say_already(request);
	shown = json_array_size(json_object_get(request, "items"));
	if (ctl_opt(c, OPT_DRY_RUN)) {
		if (shown < (size_t)ctl_integer(request, "item_count"))
			ctl_say("only the first %zu rows are shown; all were checked", shown);
		ctl_say("everything was checked, nothing was kept (-n)");
	}
	return 0;
}

/* --- submit ------------------------------------------------------------------------------------- */

static int
too_large(const char *name, double size)
{
	return ctl_fail(LEAVE_DATA,
			"%s is %.1f MiB, and a letter may have %u MiB at most: split it into several "
			"letters", name, size / MIB, LETTER_MAX >> 20);
}

static int
read_letter(const char *name, int fd, struct buf *b)
{
	char part[65536];
	struct stat st;
	ssize_t n;

	if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
		return ctl_fail(LEAVE_DATA, "%s is a directory; a CSV or JSON file is wanted", name);
	if (S_ISREG(st.st_mode) && st.st_size > LETTER_MAX)
		return too_large(name, (double)st.st_size);
	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ctl_fail(LEAVE_DATA, "cannot read %s: %s", name, strerror(errno));
		buf_add(b, part, (size_t)n);
		if (b->len > LETTER_MAX)
			return too_large(name, (double)b->len);
	}
	if (!b->len)
		return ctl_fail(LEAVE_DATA, "%s is empty; `hopthuctl template create` prints a file to "
				"begin with", name);
	return 0;
}

static bool
is_json(const char *name, const struct buf *b)
{
	const char *dot = strrchr(name, '.');

	if (strcmp(name, "-") != 0)
		return dot && !strcasecmp(dot, ".json");
	return b->data[strspn(b->data, " \t\r\n")] == '{';
}

static void
submit_path(const struct ctl *c, struct buf *b)
{
	buf_str(b, "/v1/requests");
	ctl_query_opt(b, "agency", c, OPT_AGENCY);
	ctl_query_opt(b, "letter", c, OPT_LETTER);
	ctl_query_opt(b, "date", c, OPT_DATE);
	ctl_query_opt(b, "signer", c, OPT_SIGNER);
	ctl_query_opt(b, "reason", c, OPT_REASON);
	ctl_query_opt(b, "declared", c, OPT_DECLARED);
	ctl_query_opt(b, "encoding", c, OPT_ENCODING);
	ctl_query(b, "dry_run", ctl_opt(c, OPT_DRY_RUN) ? "1" : NULL);
}

int
cmd_request_submit(struct ctl *c)
{
	const char *name = c->line.args[0], *shown = strcmp(name, "-") ? name : "standard input";
	AUTO(json) answer = NULL;
	AUTO(buf) letter = BUF_INIT;
	AUTO(buf) path = BUF_INIT;
	AUTO(fd) fd = -1;
	long declared;
	int status;

	if (ctl_opt(c, OPT_DECLARED) &&
	    ctl_number(ctl_opt(c, OPT_DECLARED), "number of rows", 0, &declared))
		return LEAVE_USAGE;
	fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (fd < 0)
		return ctl_fail(LEAVE_USAGE, "cannot open %s: %s", shown, strerror(errno));
	status = read_letter(shown, fd, &letter);
	if (status)
		return status;
	submit_path(c, &path);
	status = ctl_send(c, path.data, is_json(name, &letter) ? "application/json" : "text/csv",
			  letter.data, letter.len, &answer);
	return status ? status : request_submitted(c, answer);
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
