/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "tools/ctl.h"

static const struct out_column status_columns[] = {
	{ "version", "hopthud", OUT_TEXT, 0 },
	{ "pid", "process", OUT_NUMBER, OUT_SKIP },
	{ "uptime_s", "up for (s)", OUT_NUMBER, OUT_SKIP },
	{ "directory.state", "directory", OUT_WORD, 0 },
	{ "directory.reason", "  because", OUT_TEXT, OUT_SKIP },
	{ "directory.next_try_ms", "  next try in (ms)", OUT_NUMBER, OUT_HIDE },
	{ "directory.in_flight", "  in flight", OUT_NUMBER, OUT_SKIP },
	{ "directory.fault", "  fault", OUT_TEXT, OUT_SKIP },
	{ "watch.state", "watch", OUT_WORD, OUT_SKIP },
	{ "watch.reason", "  because", OUT_TEXT, OUT_SKIP },
	{ "watch.last_change", "  others changed it last", OUT_TIME, OUT_SKIP },
	{ "watch.open", "  changes to decide about", OUT_NUMBER, OUT_SKIP },
	{ "watch.held", "  queue held", OUT_TEXT, OUT_SKIP },
	{ "queue.items", "items", OUT_COUNTS, OUT_SKIP },
	{ "queue.oldest_pending_s", "  oldest waits (s)", OUT_NUMBER, OUT_SKIP },
	{ "queue.overdue", "letters overdue", OUT_NUMBER, OUT_SKIP },
	{ "queue.overdue_since", "  the first since", OUT_TIME, OUT_SKIP },
	{ "mailboxes", "mailboxes", OUT_COUNTS, OUT_SKIP },
	{ "audit.size", "audit records", OUT_NUMBER, 0 },
	{ "audit.root", "  root", OUT_TEXT, OUT_SKIP },
	{ "evidence.origin", "  origin", OUT_TEXT, OUT_SKIP },
	{ "evidence.checkpoint.size", "  checkpoint of", OUT_NUMBER, OUT_SKIP },
	{ "evidence.checkpoint.age_s", "  signed before (s)", OUT_NUMBER, OUT_SKIP },
	{ "evidence.confirmed", "  confirmed up to", OUT_NUMBER, OUT_SKIP },
	{ "evidence.quorum", "  by enough", OUT_BOOL, OUT_HIDE },
	{ "evidence.incident", "INCIDENT", OUT_TEXT, OUT_SKIP },
	{ "database.writable", "database writable", OUT_BOOL, 0 },
	{ "database.reason", "  because", OUT_TEXT, OUT_SKIP },
	{ "erasure.state", "erasure", OUT_TEXT, OUT_SKIP },
	{ "erasure.person", "  of", OUT_TEXT, OUT_SKIP },
	{ "erasure.percent", "  overwritten (%)", OUT_NUMBER, OUT_SKIP },
	{ "erasure.reason", "  because", OUT_TEXT, OUT_SKIP },
	{ "memory_kb", "memory (KiB)", OUT_NUMBER, OUT_SKIP },
	{ "longest_turn_ms", "longest turn (ms)", OUT_NUMBER, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column whoami_columns[] = {
	{ "name", "name", OUT_TEXT, 0 },
	{ "full_name", "full name", OUT_TEXT, OUT_SKIP },
	{ "roles", "roles", OUT_LIST, 0 },
	{ "agency", "only agency", OUT_TEXT, OUT_SKIP },
	{ "mech", "known by", OUT_TEXT, OUT_SKIP },
	{ .key = NULL },
};

static void
warn_directory(const json_t *directory)
{
	const char *state = ctl_text(directory, "state"), *reason = ctl_text(directory, "reason");
	const char *fault = ctl_text(directory, "fault");
	long next = ctl_integer(directory, "next_try_ms");

	if (*fault)
		ctl_say("warning: the directory cannot be used until somebody mends it: %s", fault);
	else if (strcasecmp(state, "ready") != 0)
		ctl_say("warning: the directory cannot be reached (%s%s%s); requests wait, next try in %ld s",
			state, *reason ? ": " : "", reason, (next + 999) / 1000);
}

/* Who confirms the log, a line each. */
static void
show_witnesses(FILE *out, const json_t *evidence)
{
	const json_t *list = json_object_get(evidence, "witnesses");

	if (!json_array_size(list))
		fputs("nobody outside confirms the log: see evidence.policy_file in hopthud.conf(5)\n", out);
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *w = json_array_get(list, i);
		AUTO(buf) name = BUF_INIT;

		out_safe(&name, ctl_text(w, "name"));
		fprintf(out, "witness %s confirmed %ld records", name.data, ctl_integer(w, "size"));
		if (ctl_integer(w, "lag_records"))
			fprintf(out, ", %ld not yet", ctl_integer(w, "lag_records"));
		if (ctl_integer(w, "lag_s"))
			fprintf(out, ", since %ld s", ctl_integer(w, "lag_s"));
		fputs(json_is_true(json_object_get(w, "asked")) ? "\n" : " (it is never asked)\n", out);
	}
}

static void
warn_evidence(const json_t *evidence)
{
	const json_t *list = json_object_get(evidence, "witnesses");

	if (*ctl_text(evidence, "incident"))
		ctl_say("INCIDENT: %s", ctl_text(evidence, "incident"));
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *w = json_array_get(list, i);

		if (*ctl_text(w, "error"))
			ctl_say("warning: the witness %s does not confirm the log: %s", ctl_text(w, "name"),
				ctl_text(w, "error"));
	}
}

static void
warn_watch(const json_t *watch)
{
	const char *held = ctl_text(watch, "held");
	long open = ctl_integer(watch, "open");

	if (!strcmp(ctl_text(watch, "state"), "impossible"))
		ctl_say("warning: what others change in the directory is not seen: %s",
			ctl_text(watch, "reason"));
	if (*held)
		ctl_say("warning: the queue is held: %s", held);
	if (open)
		ctl_say("warning: %ld change%s that others made in the directory: hopthuctl drift list", open,
			open == 1 ? "" : "s");
}

static long
overdue(const json_t *s)
{
	return ctl_integer(json_object_get(s, "queue"), "overdue");
}

static void
warn(const json_t *s)
{
	const json_t *database = json_object_get(s, "database");
	const json_t *items = out_value(s, "queue.items");
	long held = ctl_integer(items, "held"), unknown = ctl_integer(items, "unknown");

	warn_evidence(json_object_get(s, "evidence"));
	warn_directory(json_object_get(s, "directory"));
	warn_watch(json_object_get(s, "watch"));
	if (json_is_false(json_object_get(database, "writable")))
		ctl_say("warning: the database cannot be written (%s); nothing is done until it can",
			ctl_text(database, "reason"));
	if (held)
		ctl_say("warning: %ld held and waiting for a person: hopthuctl request list --state open",
			held);
	if (overdue(s))
		ctl_say("warning: %ld letter%s should have been done by now: hopthuctl request list --state "
			"open", overdue(s), overdue(s) == 1 ? "" : "s");
	if (unknown)
		ctl_say("warning: of %ld the reply was lost; they are being looked up", unknown);
}

int
cmd_status(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ctl_get(c, "/v1/status", &answer);

	if (status)
		return status;
	out_object(&c->out, status_columns, answer);
	if (c->out.format == OUT_TABLE)
		show_witnesses(c->out.file, json_object_get(answer, "evidence"));
	warn(answer);
	if (*ctl_text(json_object_get(answer, "evidence"), "incident"))
		return LEAVE_VERIFY;
	return overdue(answer) ? LEAVE_PARTLY : LEAVE_DONE; /* for whoever monitors */
}

int
cmd_whoami(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ctl_get(c, "/v1/whoami", &answer);

	if (!status)
		out_object(&c->out, whoami_columns, answer);
	return status;
}
