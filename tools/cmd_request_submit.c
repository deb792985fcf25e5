/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/digest.h"
#include "tools/request.h"
#include "tools/xlsx.h"

/* Far more than any letter has; what hopthud takes (limits.letter_bytes) it says itself. */
#define LETTER_MAX (64u << 20)
#define MIB (1024.0 * 1024.0)

/* --- what the letter says about itself ---------------------------------------------------------- */

static const struct {
	enum option id;
	const char *key;
} head_fields[] = {
	{ OPT_DOMAIN, "domain" },
	{ OPT_SIGNER_TITLE, "signer_title" },
	{ OPT_REQUESTER, "requester" },
	{ OPT_REQUESTER_PHONE, "requester_phone" },
	{ OPT_CHANNEL, "channel" },
	{ OPT_CONTACT, "contact" },
};

/* The file may be large: a scan of many pages, signed. */
static int
hash_attachment(const char *name, json_t *head)
{
	uint8_t sha[DIGEST_LEN];
	char part[65536];
	struct digest *d = NULL;
	AUTO(buf) hex = BUF_INIT;
	AUTO(fd) fd = open(name, O_RDONLY | O_CLOEXEC);
	bool some = false;
	ssize_t n;

	if (fd < 0)
		return ctl_fail(LEAVE_USAGE, "cannot open %s: %s", name, strerror(errno));
	d = digest_new();
	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			digest_free(d);
			return ctl_fail(LEAVE_USAGE, "cannot read %s: %s", name, strerror(errno));
		}
		digest_add(d, part, (size_t)n);
		some = true;
	}
	digest_final(d, sha);
	if (!some)
		return ctl_fail(LEAVE_USAGE, "%s is empty: that cannot be the letter's attachment", name);
	buf_hex(&hex, sha, sizeof(sha));
	json_object_set_new(head, "attachment", json_string(hex.data));
	return 0;
}

int
request_head(struct ctl *c, json_t *head)
{
	const char *file = ctl_opt(c, OPT_ATTACHMENT);
	int status = ctl_one_of(c, OPT_CHANNEL, ctl_channels);

	if (status)
		return status;
	for (size_t i = 0; i < sizeof(head_fields) / sizeof(*head_fields); i++)
		if (ctl_opt(c, head_fields[i].id))
			json_object_set_new(head, head_fields[i].key,
					    json_string(ctl_opt(c, head_fields[i].id)));
	return file ? hash_attachment(file, head) : 0;
}

/* --- the file ----------------------------------------------------------------------------------- */

struct letter {
	const char *shown; /* its name in sentences */
	struct buf text;   /* as it is sent */
	const char *type;
	struct buf path;
};

static int
too_large(const char *name, double size, const char *what)
{
	return ctl_fail(LEAVE_DATA,
			"%s is %.1f MiB%s, and a letter may have %u MiB at most: split it into several "
			"letters", name, size / MIB, what, LETTER_MAX >> 20);
}

static int
read_letter(const char *name, int fd, struct buf *b)
{
	char part[65536];
	struct stat st;
	ssize_t n;

	if (!fstat(fd, &st) && S_ISDIR(st.st_mode))
		return ctl_fail(LEAVE_DATA, "%s is a directory; a spreadsheet, CSV or JSON file is wanted",
				name);
	if (S_ISREG(st.st_mode) && st.st_size > LETTER_MAX)
		return too_large(name, (double)st.st_size, "");
	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ctl_fail(LEAVE_DATA, "cannot read %s: %s", name, strerror(errno));
		buf_add(b, part, (size_t)n);
		if (b->len > LETTER_MAX)
			return too_large(name, (double)b->len, "");
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

static int
convert(struct ctl *c, struct letter *l)
{
	struct buf csv = BUF_INIT;
	struct err e = ERR_INIT;

	if (xlsx_to_csv(l->shown, &l->text, &csv, c->timeout_ms, &e)) {
		buf_release(&csv);
		return e.class == ERR_USAGE ? ctl_fail(LEAVE_DATA, "%s", e.msg) : ctl_error(c, &e);
	}
	buf_release(&l->text);
	l->text = csv;
	return csv.len > LETTER_MAX ? too_large(l->shown, (double)csv.len, " of text") : 0;
}

/* By what is in it: names lie. */
static int
understand(struct ctl *c, const char *name, struct letter *l)
{
	l->type = "text/csv";
	switch (xlsx_kind(l->text.data, l->text.len)) {
	case XLSX_SHEET:
		return convert(c, l);
	case XLSX_OLD:
		return ctl_fail(LEAVE_DATA, "%s is an old .xls file, or behind a password: save it as .xlsx "
				"(Excel Workbook) without a password", l->shown);
	case XLSX_OTHER:
		return ctl_fail(LEAVE_DATA, "%s is a zip archive and no .xlsx: save the list as .xlsx or as "
				"\"CSV UTF-8\"", l->shown);
	case XLSX_NONE:
		if (is_json(name, &l->text))
			l->type = "application/json";
		return 0;
	}
	return LEAVE_BUG;
}

static int
submit_path(struct ctl *c, struct buf *b)
{
	AUTO(json) head = json_object();
	const char *key;
	json_t *v;
	int status = request_head(c, head);

	buf_str(b, "/v1/requests");
	ctl_query_opt(b, "agency", c, OPT_AGENCY);
	ctl_query_opt(b, "letter", c, OPT_LETTER);
	ctl_query_opt(b, "date", c, OPT_DATE);
	ctl_query_opt(b, "signer", c, OPT_SIGNER);
	ctl_query_opt(b, "reason", c, OPT_REASON);
	ctl_query_opt(b, "declared", c, OPT_DECLARED);
	ctl_query_opt(b, "encoding", c, OPT_ENCODING);
	json_object_foreach(head, key, v)
		ctl_query(b, key, json_string_value(v));
	return status;
}

/* 0 or the exit status, the error being told. */
static int
take_letter(struct ctl *c, struct letter *l)
{
	const char *name = c->line.args[0];
	AUTO(fd) fd = -1;
	long declared;
	int status;

	l->shown = strcmp(name, "-") ? name : "standard input";
	if (ctl_opt(c, OPT_DECLARED) &&
	    ctl_number(ctl_opt(c, OPT_DECLARED), "number of rows", 0, &declared))
		return LEAVE_USAGE;
	status = submit_path(c, &l->path);
	if (status)
		return status;
	fd = strcmp(name, "-") ? open(name, O_RDONLY | O_CLOEXEC) : dup(STDIN_FILENO);
	if (fd < 0)
		return ctl_fail(LEAVE_USAGE, "cannot open %s: %s", l->shown, strerror(errno));
	status = read_letter(l->shown, fd, &l->text);
	return status ? status : understand(c, name, l);
}

static void
letter_release(struct letter *l)
{
	buf_release(&l->text);
	buf_release(&l->path);
}

int
cmd_request_submit(struct ctl *c)
{
	struct letter l = { .text = BUF_INIT, .path = BUF_INIT };
	AUTO(json) answer = NULL;
	int status = take_letter(c, &l);

	if (!status) {
		ctl_query(&l.path, "dry_run", ctl_opt(c, OPT_DRY_RUN) ? "1" : NULL);
		status = ctl_send(c, l.path.data, l.type, l.text.data, l.text.len, &answer);
	}
	letter_release(&l);
	return status ? status : request_submitted(c, answer);
}

/* --- check -------------------------------------------------------------------------------------- */

static const struct out_column error_columns[] = {
	{ "row", "ROW", OUT_NUMBER, 0 },   { "line", "LINE", OUT_NUMBER, 0 },
	{ "column", "COLUMN", OUT_TEXT, 0 }, { "value", "VALUE", OUT_TEXT, OUT_SHRINK },
	{ "message", "MESSAGE", OUT_TEXT, 0 }, { .key = NULL },
};

static void
print_check(struct ctl *c, const json_t *answer, json_t *errors, json_t *notes)
{
	if (c->out.format == OUT_JSON) {
		AUTO(json) o = json_pack("{s:o, s:o}", "errors", json_incref(errors), "notes",
					 json_incref(notes));

		if (*ctl_text(answer, "error"))
			json_object_set(o, "error", json_object_get(answer, "error"));
		out_object(&c->out, NULL, o);
	} else if (json_array_size(errors) || c->out.format != OUT_TABLE) {
		out_begin(&c->out, "errors", error_columns);
		out_rows(&c->out, errors);
		out_end(&c->out);
	}
	ctl_say_rows("note: ", notes);
}

static int
judge_check(struct ctl *c, const struct reply *r, const char *shown)
{
	json_t *errors = json_object_get(r->body, "errors"), *notes = json_object_get(r->body, "notes");
	AUTO(json) none = json_array();
	bool good = r->status >= 200 && r->status <= 299;

	if (!good && !json_array_size(errors))
		return ctl_refused(c, r);
	if (good && !json_is_object(r->body))
		return ctl_fail(LEAVE_BUG, "what hopthud answered is not a JSON object");
	print_check(c, r->body, errors ? errors : none, json_is_array(notes) ? notes : none);
	if (json_array_size(errors))
		return ctl_fail(LEAVE_DATA, "%s", *ctl_text(r->body, "error") ? ctl_text(r->body, "error") :
			"the letter has errors");
	ctl_say("%s: %ld rows, nothing is wrong; nothing was kept", shown,
		ctl_integer(r->body, "item_count"));
	return 0;
}

int
cmd_request_check(struct ctl *c)
{
	struct letter l = { .text = BUF_INIT, .path = BUF_INIT };
	struct reply r = { .status = 0 };
	struct err e = ERR_INIT;
	int status = take_letter(c, &l);

	if (!status) {
		ctl_query(&l.path, "check", "1");
		ctl_query(&l.path, "dry_run", "1");
		struct call call = { .method = "POST", .path = l.path.data, .type = l.type,
				     .body = l.text.data, .len = l.text.len,
				     .timeout_ms = c->timeout_ms };
		status = ctl_call(c, &call, &r, &e) ? ctl_error(c, &e) : judge_check(c, &r, l.shown);
	}
	reply_release(&r);
	letter_release(&l);
	return status;
}
