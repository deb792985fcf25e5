/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/audit.h"

/* A million records a second are verified; a log of many years takes its time. */
#define VERIFY_TIMEOUT_MS 600000

static const struct out_column list_columns[] = {
	{ "seq", "SEQ", OUT_NUMBER, 0 },
	{ "t", "WHEN", OUT_TIME, 0 },
	{ "ev", "EVENT", OUT_TEXT, 0 },
	{ "actor", "WHO", OUT_TEXT, 0 },
	{ "request", "REQUEST", OUT_NUMBER, 0 },
	{ "row", "ROW", OUT_NUMBER, 0 },
	{ "summary", "WHAT", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

static const struct out_column show_columns[] = {
	{ "seq", "record", OUT_NUMBER, 0 },
	{ "record.t", "when", OUT_TIME, OUT_SKIP },
	{ "record.ev", "event", OUT_TEXT, OUT_SKIP },
	{ "record.actor.name", "who", OUT_TEXT, OUT_SKIP },
	{ "record.actor.mech", "known by", OUT_TEXT, OUT_SKIP },
	{ "record.actor.src", "from", OUT_TEXT, OUT_SKIP },
	{ "record.as", "in the name of", OUT_TEXT, OUT_SKIP },
	{ "summary", "what", OUT_TEXT, OUT_SKIP },
	{ "record.req", "request", OUT_NUMBER, OUT_SKIP },
	{ "record.row", "row", OUT_NUMBER, OUT_SKIP },
	{ "story.letter", "on letter", OUT_TEXT, OUT_SKIP },
	{ "story.agency", "of agency", OUT_TEXT, OUT_SKIP },
	{ "story.signer", "signed by", OUT_TEXT, OUT_SKIP },
	{ "story.requested_by", "requested by", OUT_TEXT, OUT_SKIP },
	{ "story.approved_by", "approved by", OUT_TEXT, OUT_SKIP },
	{ "story.approved_at", "approved", OUT_TIME, OUT_SKIP },
	{ "story.digest", "plan digest", OUT_TEXT, OUT_SKIP },
	{ "leaf", "leaf hash", OUT_TEXT, OUT_SKIP },
	{ "inclusion.size", "counted by", OUT_NUMBER, OUT_SKIP },
	{ "inclusion.signed_at", "signed", OUT_TIME, OUT_SKIP },
	{ "inclusion.not_before", "not before", OUT_TIME, OUT_SKIP },
	{ "inclusion.not_after", "not after", OUT_TIME, OUT_SKIP },
	{ "text", "hashed bytes", OUT_TEXT, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column verify_columns[] = {
	{ "ok", "the log is right", OUT_BOOL, 0 },
	{ "size", "records", OUT_NUMBER, OUT_SKIP },
	{ "root", "root", OUT_TEXT, OUT_SKIP },
	{ "first_bad", "first bad record", OUT_NUMBER, OUT_SKIP },
	{ "error", "what is wrong", OUT_TEXT, OUT_SKIP },
	{ "took_ms", "took (ms)", OUT_NUMBER, OUT_SKIP },
	{ .key = NULL },
};

static int
newest(struct ctl *c, const char *path)
{
	char reading[AUDIT_READING];
	AUTO(json) rows = NULL;
	long n, next;
	int status = ctl_number(ctl_opt(c, OPT_LAST), "number for --last", 1, &n);

	if (!status)
		status = audit_newest(c, path, (size_t)n, &rows, &next, reading);
	if (status)
		return status;
	out_begin(&c->out, "records", list_columns);
	out_rows(&c->out, rows);
	out_end(&c->out);
	return 0;
}

int
cmd_audit_list(struct ctl *c)
{
	struct ctl_pages pages = { .name = "records", .cursor = "after" };
	AUTO(buf) path = BUF_INIT;
	long n;
	int status = ctl_one_of(c, OPT_EVENT, ctl_events);

	if (!status && ctl_opt(c, OPT_REQUEST))
		status = ctl_number(ctl_opt(c, OPT_REQUEST), "number of a request", 1, &n);
	if (!status && ctl_opt(c, OPT_AFTER))
		status = ctl_number(ctl_opt(c, OPT_AFTER), "number of a record", 0, &n);
	if (status)
		return status;
	buf_str(&path, "/v1/audit");
	ctl_query_opt(&path, "request", c, OPT_REQUEST);
	ctl_query_opt(&path, "event", c, OPT_EVENT);
	if (ctl_opt(c, OPT_LAST)) {
		ctl_query_opt(&path, "after", c, OPT_AFTER);
		return newest(c, path.data);
	}
	pages.first = ctl_opt(c, OPT_AFTER);
	return ctl_list(c, path.data, &pages, list_columns);
}

static void
print_values(FILE *out, const json_t *v)
{
	AUTO(buf) b = BUF_INIT;

	if (json_is_string(v)) {
		out_safe(&b, json_string_value(v));
	} else if (json_is_array(v)) {
		for (size_t i = 0; i < json_array_size(v); i++) {
			const char *s = json_string_value(json_array_get(v, i));

			buf_str(&b, i ? ", " : "");
			out_safe(&b, s ? s : "?");
		}
	} else {
		char *s = json_dumps(v, JSON_ENCODE_ANY | JSON_COMPACT);

		out_safe(&b, s ? s : "");
		free(s);
	}
	fputs(b.len ? b.data : "(none)", out);
}

/* One side of the change; what is the same on both sides is said once. */
static void
print_side(FILE *out, const char *title, const json_t *side, const json_t *other)
{
	const char *name;
	json_t *v;

	if (!json_object_size(side))
		return;
	fprintf(out, "\n%s\n", title);
	json_object_foreach((json_t *)side, name, v) {
		json_t *o = json_object_get(other, name);

		fprintf(out, "  %c %-22s ", o && json_equal(o, v) ? ' ' : '*', name);
		print_values(out, v);
		fputc('\n', out);
	}
}

/* What the record holds only as commitments; what was erased since cannot be opened. */
static void
print_openings(FILE *out, const json_t *openings)
{
	const char *field;
	json_t *value;

	if (!json_object_size(openings))
		return;
	fputs("\nin the record as commitments only\n", out);
	json_object_foreach((json_t *)openings, field, value) {
		fprintf(out, "    %-22s ", field);
		if (json_is_null(value))
			fputs("(erased)", out);
		else
			print_values(out, value);
		fputc('\n', out);
	}
}

/* By whom the checkpoint was confirmed, and how sure the record's time is. */
static void
print_inclusion(FILE *out, const json_t *inclusion)
{
	const json_t *list = json_object_get(inclusion, "confirmed");

	if (!json_array_size(list)) {
		fputs("\nno witness has confirmed a checkpoint that counts it\n", out);
		return;
	}
	fputs("\nconfirmed by\n", out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *w = json_array_get(list, i);
		AUTO(buf) name = BUF_INIT;
		AUTO(buf) at = BUF_INIT;

		out_safe(&name, ctl_text(w, "witness"));
		out_local_time(&at, ctl_text(w, "at"));
		fprintf(out, "    %-22s %s, the tree of %ld records\n", name.data, at.data,
			ctl_integer(w, "size"));
	}
}

int
cmd_audit_show(struct ctl *c)
{
	AUTO(json) r = NULL;
	AUTO(buf) path = BUF_INIT;
	const json_t *before, *after;
	long seq;
	int status = ctl_number(c->line.args[0], "number of a record", 0, &seq);

	if (status)
		return status;
	buf_printf(&path, "/v1/audit/%ld", seq);
	status = ctl_get(c, path.data, &r);
	if (status)
		return status;
	out_object(&c->out, show_columns, r);
	if (c->out.format != OUT_TABLE)
		return 0;
	print_inclusion(c->out.file, json_object_get(r, "inclusion"));
	print_openings(c->out.file, json_object_get(r, "openings"));
	before = out_value(r, "story.before");
	after = out_value(r, "story.after");
	print_side(c->out.file, "before (* changes)", before, after);
	print_side(c->out.file, "after", after, before);
	return 0;
}

int
cmd_audit_verify(struct ctl *c)
{
	AUTO(json) answer = NULL;
	const char *why;
	int status;

	if (c->timeout_s < 0)
		c->timeout_ms = VERIFY_TIMEOUT_MS;
	status = ctl_get(c, "/v1/audit/verify", &answer);
	if (status)
		return status;
	out_object(&c->out, verify_columns, answer);
	if (json_is_true(json_object_get(answer, "ok")))
		return 0;
	why = ctl_text(answer, "error");
	if (json_object_get(answer, "first_bad"))
		return ctl_fail(LEAVE_VERIFY, "the audit log does not verify from record %ld on: %s",
				ctl_integer(answer, "first_bad"), why);
	return ctl_fail(LEAVE_VERIFY, "the audit log does not verify: %s", why);
}
