/* SPDX-License-Identifier: BSD-2-Clause */
/* A person's own data: told, and taken away. */
#include <string.h>

#include "tools/ctl.h"

/* A log of many years, and a database whose every page is looked at. */
#define TIMEOUT_MS 600000

static const struct out_column erase_columns[] = {
	{ "person", "person", OUT_TEXT, 0 },
	{ "records", "records about the person", OUT_NUMBER, 0 },
	{ "openings", "values in them", OUT_NUMBER, 0 },
	{ "rows", "rows of letters", OUT_NUMBER, 0 },
	{ "letters", "letters whose reason goes", OUT_LIST, OUT_SKIP },
	{ "letters_of_others", "letters about others, too", OUT_LIST, OUT_SKIP },
	{ "searches", "other records with such values", OUT_NUMBER, OUT_SKIP },
	{ "tombstones", "names never given again", OUT_LIST, OUT_SKIP },
	{ "pending", "not out of the file yet", OUT_TEXT, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column remains_columns[] = {
	{ "what", "HOPTHU CANNOT ERASE", OUT_TEXT, 0 },
	{ "where", "WHERE", OUT_TEXT, 0 },
	{ "do", "WHAT TO DO", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

static const struct out_column subject_columns[] = {
	{ "person", "person", OUT_TEXT, 0 },
	{ "erased", "values erased", OUT_BOOL, 0 },
	{ "mailbox.address", "mailbox", OUT_TEXT, OUT_SKIP },
	{ "mailbox.login", "login", OUT_TEXT, OUT_SKIP },
	{ "mailbox.full_name", "name", OUT_TEXT, OUT_SKIP },
	{ "mailbox.agency", "agency", OUT_TEXT, OUT_SKIP },
	{ "mailbox.kind", "kind", OUT_TEXT, OUT_SKIP },
	{ "mailbox.status", "status", OUT_WORD, OUT_SKIP },
	{ "mailbox.title", "title", OUT_TEXT, OUT_SKIP },
	{ "mailbox.unit", "unit", OUT_TEXT, OUT_SKIP },
	{ "mailbox.phone", "phone", OUT_TEXT, OUT_SKIP },
	{ "mailbox.rank", "rank", OUT_TEXT, OUT_SKIP },
	{ "mailbox.quota", "quota (bytes)", OUT_NUMBER, OUT_SKIP },
	{ "mailbox.aliases", "also at", OUT_LIST, OUT_SKIP },
	{ "mailbox.purge_due", "data kept until", OUT_TEXT, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column address_columns[] = {
	{ "local", "NAME", OUT_TEXT, 0 },       { "domain", "DOMAIN", OUT_TEXT, 0 },
	{ "state", "STATE", OUT_WORD, 0 },      { "since", "SINCE", OUT_TIME, 0 },
	{ "alias_since", "BESIDE", OUT_TIME, 0 }, { "ended", "ENDED", OUT_TIME, 0 },
	{ .key = NULL },
};

static const struct out_column row_columns[] = {
	{ "submitted_at", "WHEN", OUT_TIME, 0 },
	{ "request", "REQUEST", OUT_NUMBER, 0 },
	{ "row", "ROW", OUT_NUMBER, 0 },
	{ "letter", "LETTER", OUT_TEXT, 0 },
	{ "agency", "AGENCY", OUT_TEXT, 0 },
	{ "op", "OP", OUT_TEXT, 0 },
	{ "state", "STATE", OUT_WORD, 0 },
	{ "address", "ADDRESS", OUT_TEXT, 0 },
	{ "reason", "REASON", OUT_TEXT, OUT_SHRINK },
	{ "requested_by", "ASKED BY", OUT_TEXT, 0 },
	{ "approved_by", "APPROVED BY", OUT_TEXT, 0 },
	{ "error", "ERROR", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

static const struct out_column record_columns[] = {
	{ "seq", "SEQ", OUT_NUMBER, 0 },     { "t", "WHEN", OUT_TIME, 0 },
	{ "ev", "EVENT", OUT_TEXT, 0 },      { "actor", "WHO", OUT_TEXT, 0 },
	{ "request", "REQUEST", OUT_NUMBER, 0 }, { "row", "ROW", OUT_NUMBER, 0 },
	{ "summary", "WHAT", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

static const struct out_column export_columns[] = {
	{ "seq", "SEQ", OUT_NUMBER, 0 },     { "t", "WHEN", OUT_TIME, 0 },
	{ "by", "BY", OUT_TEXT, 0 },         { "to", "TO", OUT_TEXT, 0 },
	{ "first", "FROM RECORD", OUT_NUMBER, 0 }, { "size", "LOG HAD", OUT_NUMBER, 0 },
	{ .key = NULL },
};

/* --- audit subject -------------------------------------------------------------------------------- */

/* All of it as one object: later pages have records only. */
static int
get_subject(struct ctl *c, json_t **all)
{
	AUTO(str) reading = NULL; /* the pages after the first are the same reading */
	long after = 0;

	do {
		AUTO(json) page = NULL;
		AUTO(buf) path = BUF_INIT;
		int status;

		buf_str(&path, "/v1/audit/subject/");
		ctl_path(&path, c->line.args[0]);
		if (after)
			buf_printf(&path, "?after=%ld", after);
		ctl_query(&path, "reading", reading);
		status = ctl_get(c, path.data, &page);
		if (status)
			return status;
		after = ctl_integer(page, "next");
		free(reading);
		reading = *ctl_text(page, "reading") ? xstrdup(ctl_text(page, "reading")) : NULL;
		if (!*all) {
			*all = json_incref(page);
			continue;
		}
		json_array_extend(json_object_get(*all, "records"), json_object_get(page, "records"));
		json_array_extend(json_object_get(*all, "read_by"), json_object_get(page, "read_by"));
	} while (after);
	json_object_del(*all, "next");
	json_object_del(*all, "reading");
	return 0;
}

static void
section(struct ctl *c, const char *title, const char *key, const struct out_column *columns,
	const json_t *all)
{
	const json_t *rows = json_object_get(all, key);

	if (!json_array_size(rows))
		return;
	fprintf(c->out.file, "\n%s\n", title);
	out_begin(&c->out, key, columns);
	out_rows(&c->out, rows);
	out_end(&c->out);
}

/* What the records hold as commitments, opened. */
static void
print_values(struct ctl *c, const json_t *records)
{
	size_t n;
	json_t *r;

	json_array_foreach(records, n, r) {
		const char *field;
		json_t *v;

		json_object_foreach(json_object_get(r, "openings"), field, v) {
			AUTO(buf) b = BUF_INIT;

			out_safe(&b, json_is_string(v) ? json_string_value(v) : "(erased)");
			fprintf(c->out.file, "  %6ld  %-14s %s\n", ctl_integer(r, "seq"), field, b.data);
		}
	}
}

static void
print_subject(struct ctl *c, const json_t *all)
{
	out_object(&c->out, subject_columns, all);
	section(c, "addresses", "addresses", address_columns, all);
	section(c, "rows of letters", "rows", row_columns, all);
	section(c, "records of the log", "records", record_columns, all);
	if (json_array_size(json_object_get(all, "records")))
		fputs("\nvalues in these records\n", c->out.file);
	print_values(c, json_object_get(all, "records"));
	section(c, "who read about the person", "read_by", record_columns, all);
	section(c, "copies of the log with such records", "exports", export_columns, all);
}

/* People are looked for by name in a search: a name may be that of several. */
static int
check_person(const char *person)
{
	const char *p = person;

	while (*p > ' ' && *p < 0x7f)
		p++;
	return !*p ? 0 : ctl_fail(LEAVE_USAGE, "\"%s\" is no reference, login or address; by name people are found with "
				  "`hopthuctl audit search --person NAME`, whose answer has their addresses", person);
}

int
cmd_audit_subject(struct ctl *c)
{
	AUTO(json) all = NULL;
	int status;

	if (!*c->line.args[0])
		return ctl_fail(LEAVE_USAGE, "the person is empty: a reference, a login or an address is wanted");
	if ((status = check_person(c->line.args[0])))
		return status;
	if (c->timeout_s < 0)
		c->timeout_ms = TIMEOUT_MS;
	status = get_subject(c, &all);
	if (status)
		return status;
	if (c->out.format == OUT_TABLE) {
		print_subject(c, all);
	} else if (c->out.format == OUT_CSV) {
		out_begin(&c->out, "records", record_columns);
		out_rows(&c->out, json_object_get(all, "records"));
		out_end(&c->out);
	} else {
		out_object(&c->out, subject_columns, all);
	}
	return 0;
}

/* --- audit erase ---------------------------------------------------------------------------------- */

static int
ask_to_erase(struct ctl *c, bool dry_run, json_t **report)
{
	AUTO(json) body = json_pack("{s:s,s:s,s:b}", "person", ctl_opt(c, OPT_PERSON), "legal_basis",
				    ctl_opt(c, OPT_LEGAL_BASIS), "dry_run", dry_run);
	AUTO(str) text = json_dumps(body, JSON_COMPACT);

	return ctl_send(c, "/v1/audit/erase", "application/json", text, strlen(text), report);
}

static void
print_report(struct ctl *c, const json_t *report)
{
	out_object(&c->out, erase_columns, report);
	if (c->out.format != OUT_TABLE)
		return;
	fputc('\n', c->out.file);
	out_begin(&c->out, "remains", remains_columns);
	out_rows(&c->out, json_object_get(report, "remains"));
	out_end(&c->out);
}

/* Nobody erases by a slip: on a terminal what would go is shown first. */
static int
confirm(struct ctl *c)
{
	struct out keep = c->out;
	AUTO(json) report = NULL;
	AUTO(str) question = NULL;
	int status;

	if (ctl_opt(c, OPT_YES))
		return 0;
	if (!ctl_interactive())
		return ctl_fail(LEAVE_USAGE, "what is erased cannot come back: look at it with -n, then say --yes");
	status = ask_to_erase(c, true, &report);
	if (status)
		return status;
	out_init(&c->out, OUT_TABLE, stderr);
	print_report(c, report);
	c->out = keep;
	question = xasprintf("Erase the values of %s for good?", ctl_text(report, "person"));
	return ctl_ask(question) ? 0 : ctl_fail(LEAVE_PARTLY, "nothing was erased");
}

int
cmd_audit_erase(struct ctl *c)
{
	bool dry = ctl_opt(c, OPT_DRY_RUN) != NULL;
	AUTO(json) report = NULL;
	int status = ctl_required(c, OPT_PERSON);

	if (!status)
		status = check_person(ctl_opt(c, OPT_PERSON));
	if (!status)
		status = ctl_required(c, OPT_LEGAL_BASIS);
	if (c->timeout_s < 0)
		c->timeout_ms = TIMEOUT_MS;
	if (!status && !dry)
		status = confirm(c);
	if (!status)
		status = ask_to_erase(c, dry, &report);
	if (status)
		return status;
	print_report(c, report);
	if (dry) {
		ctl_say("nothing was changed");
		return 0;
	}
	if (!*ctl_text(report, "pending"))
		return 0;
	ctl_say("the values are erased, and still in unused places of the database's file: `hopthuctl status` "
		"tells when they are gone (%s)", ctl_text(report, "pending"));
	return LEAVE_ACCEPTED;
}
