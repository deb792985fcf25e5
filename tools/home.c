/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <unistd.h>

#include "tools/help.h"

/* `hopthuctl` alone: what to do next, for who asks and how things stand. */

struct home {
	struct ctl *c;
	const char *me;
	const json_t *roles;
	bool said; /* something waits for this person */
};

static bool
has_role(const struct home *h, const char *role)
{
	for (size_t i = 0; i < json_array_size(h->roles); i++) {
		const char *r = json_string_value(json_array_get(h->roles, i));

		if (r && !strcmp(r, role))
			return true;
	}
	return false;
}

/* The answer, or NULL: here a refused question is no error. */
static json_t *
quietly(struct home *h, const char *path)
{
	struct call call = { .method = "GET", .path = path, .timeout_ms = h->c->timeout_ms };
	struct reply r = { .status = 0 };
	json_t *body = NULL;

	if (ctl_call(h->c, &call, &r, NULL))
		return NULL;
	if (r.status == 200)
		body = STEAL(r.body);
	reply_release(&r);
	return body;
}

/* Letters in this state, a line each; own: those of this person too. */
static void
letters(struct home *h, const char *state, bool own, const char *title, const char *verb)
{
	AUTO(str) path = xasprintf("/v1/requests?state=%s&limit=100", state);
	AUTO(json) answer = quietly(h, path);
	const json_t *rows = json_object_get(answer, "requests");
	size_t shown = 0;

	for (size_t i = 0; i < json_array_size(rows); i++) {
		const json_t *r = json_array_get(rows, i);
		AUTO(buf) letter = BUF_INIT;

		if (!own && !strcmp(ctl_text(r, "submitter"), h->me))
			continue;
		if (++shown > 10)
			continue;
		if (shown == 1)
			printf("%s\n", title);
		out_safe(&letter, ctl_text(r, "letter"));
		printf("  hopthuctl request %s %-6ld # letter %s of %s, %ld row%s\n", verb,
		       ctl_integer(r, "id"), letter.data, ctl_text(r, "agency"),
		       ctl_integer(r, "item_count"), ctl_integer(r, "item_count") == 1 ? "" : "s");
	}
	if (shown > 10)
		printf("  ... and %zu more: hopthuctl request list --state %s\n", shown - 10, state);
	if (shown) {
		h->said = true;
		putchar('\n');
	}
}

/* What an administrator does first. */
static void
first_steps(struct home *h)
{
	AUTO(json) agencies = quietly(h, "/v1/agencies");
	AUTO(json) operators = quietly(h, "/v1/operators");
	bool no_agency = agencies && !json_array_size(json_object_get(agencies, "agencies"));
	bool alone = operators && json_array_size(json_object_get(operators, "operators")) < 3;

	if (!no_agency && !alone)
		return;
	puts("first steps:");
	if (no_agency)
		puts("  hopthuctl agency add snv --name 'Sở Nội vụ'");
	if (alone)
		puts("  hopthuctl operator add NAME --role technician --uid UID    # who sends letters\n"
		     "  hopthuctl operator add NAME --role approver --uid UID      # who approves them: "
		     "another person");
	putchar('\n');
	h->said = true;
}

static void
next_things(struct home *h)
{
	if (has_role(h, "admin"))
		first_steps(h);
	if (has_role(h, "approver"))
		letters(h, "planned", false, "waiting for your approval:", "approve");
	if (has_role(h, "technician"))
		letters(h, "held", true, "held, waiting for a person:", "show");
	if (has_role(h, "requester") || has_role(h, "technician"))
		puts("to send a letter:\n"
		     "  hopthuctl template create > letter.csv\n"
		     "  hopthuctl request submit letter.csv --agency CODE --letter NO --date YYYY-MM-DD "
		     "--signer NAME --reason TEXT\n");
	else if (has_role(h, "auditor"))
		puts("to check the log:\n  hopthuctl audit verify\n  hopthuctl audit list --last 20\n");
	else if (!h->said)
		puts("nothing waits for you.\n");
}

static int
stranger(struct ctl *c, const struct reply *r)
{
	int status = ctl_refused(c, r);

	if (!ctl_opt(c, OPT_USER))
		ctl_say("you are uid %ld. Either an admin lets you in:\n"
			"  hopthuctl operator add NAME --role ROLES --uid %ld\nor you log in by password:\n"
			"  hopthuctl --user NAME",
			(long)getuid(), (long)getuid());
	return status;
}

static int
nobody_there(struct ctl *c, const struct err *e)
{
	int status = ctl_error(c, e);

	fputs("\n`hopthuctl help` shows what there is:\n", stderr);
	help_nouns(stderr);
	return status;
}

int
help_home(struct ctl *c)
{
	struct call call = { .method = "GET", .path = "/v1/whoami", .timeout_ms = c->timeout_ms };
	struct reply r = { .status = 0 };
	struct err e = ERR_INIT;
	struct home h = { .c = c };
	AUTO(buf) line = BUF_INIT;
	int status = 0;

	if (ctl_call(c, &call, &r, &e))
		return nobody_there(c, &e);
	if (r.status != 200 || !json_is_object(r.body)) {
		status = stranger(c, &r);
	} else if (ctl_machine(c)) {
		out_object(&c->out, NULL, r.body);
	} else {
		h.me = ctl_text(r.body, "name");
		h.roles = json_object_get(r.body, "roles");
		out_safe(&line, h.me);
		printf("You are %s (", line.data);
		buf_clear(&line);
		out_cell(&line, &(struct out_column){ .key = "roles" }, r.body, true);
		printf("%s).\n\n", line.data);
		next_things(&h);
		puts("everything else:");
		help_nouns(stdout);
	}
	reply_release(&r);
	return status;
}
