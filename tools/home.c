/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/help.h"

/* `hopthuctl` alone: what to do next, for who asks and how things stand. */

#define LATELY_DAYS 14
#define SHOWN 10 /* letters of a kind */
#define PAGES 10 /* that are looked through for them */

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

/* --- how things stand --------------------------------------------------------------------------- */

/* What keeps letters from being done, whoever asks. */
static void
troubles(struct home *h)
{
	AUTO(json) s = quietly(h, "/v1/status");
	const json_t *directory = json_object_get(s, "directory"), *db = json_object_get(s, "database");
	const char *state = ctl_text(directory, "state"), *fault = ctl_text(directory, "fault");
	const char *reason = ctl_text(directory, "reason");
	long next = ctl_integer(directory, "next_try_ms");
	AUTO(buf) b = BUF_INIT;

	if (*ctl_text(json_object_get(s, "evidence"), "incident"))
		buf_printf(&b, "INCIDENT: %s\n", ctl_text(json_object_get(s, "evidence"), "incident"));
	if (json_is_false(json_object_get(db, "writable")))
		buf_printf(&b, "The database cannot be written (%s): nothing is taken or done until it "
			   "can.\n", ctl_text(db, "reason"));
	if (*fault)
		buf_printf(&b, "The directory cannot be used until somebody mends it: %s\nLetters are "
			   "taken and wait.\n", fault);
	else if (*state && strcmp(state, "ready") != 0)
		buf_printf(&b, "The directory is away (%s%s%s): letters are taken and wait, next try in "
			   "%ld s.\n", state, *reason ? ": " : "", reason, (next + 999) / 1000);
	for (char *line = b.data, *end; *line; line = end + 1) {
		AUTO(buf) safe = BUF_INIT;

		end = strchr(line, '\n');
		*end = '\0';
		out_safe(&safe, line);
		puts(safe.data);
		if (!end[1])
			putchar('\n');
	}
}

/* --- letters ------------------------------------------------------------------------------------ */

/* Letters that are told of: a heading, then a line each. */
struct telling {
	const char *state, *title, *verb;
	bool mine;       /* only this person's */
	bool not_mine;   /* only others' */
	bool lately;     /* only those that ended in the last days */
	size_t count;    /* out */
};

static bool
is_late(const json_t *r)
{
	struct tm tm = { .tm_isdst = 0 };

	if (!strptime(ctl_text(r, "ended_at"), "%Y-%m-%dT%H:%M:%S", &tm))
		return false; /* it does not say: better told once too often */
	return timegm(&tm) < time(NULL) - LATELY_DAYS * 86400;
}

static void
tell_letter(struct home *h, struct telling *t, const json_t *r)
{
	long rows = ctl_integer(r, "item_count");
	AUTO(buf) letter = BUF_INIT;
	AUTO(buf) why = BUF_INIT;

	if ((t->not_mine && !strcmp(ctl_text(r, "submitter"), h->me)) || (t->lately && is_late(r)) ||
	    ++t->count > SHOWN)
		return;
	if (t->count == 1)
		printf("%s\n", t->title);
	out_safe(&letter, ctl_text(r, "letter"));
	out_safe(&why, ctl_text(r, "refusal"));
	printf("  hopthuctl request %s %-6ld # letter %s of %s, %ld row%s%s%s\n", t->verb,
	       ctl_integer(r, "id"), letter.data, ctl_text(r, "agency"), rows, rows == 1 ? "" : "s",
	       why.len ? ": " : "", why.data);
}

/* A page may be empty although more follow: the door filters what it has read. */
static void
letters(struct home *h, struct telling t)
{
	long before = 0;
	int pages = 0;

	do {
		AUTO(buf) path = BUF_INIT;
		AUTO(json) answer = NULL;
		const json_t *rows;

		buf_printf(&path, "/v1/requests?state=%s&limit=100%s", t.state, t.mine ? "&mine=1" : "");
		if (before)
			buf_printf(&path, "&before=%ld", before);
		answer = quietly(h, path.data);
		rows = json_object_get(answer, "requests");
		for (size_t i = 0; i < json_array_size(rows); i++)
			tell_letter(h, &t, json_array_get(rows, i));
		before = ctl_integer(answer, "next");
	} while (before && t.count <= SHOWN && ++pages < PAGES);
	if (t.count > SHOWN)
		printf("  ... and more: hopthuctl request list --state %s%s\n", t.state,
		       t.mine ? " --mine" : "");
	if (t.count) {
		h->said = true;
		putchar('\n');
	}
}

static void
waiting_letters(struct home *h)
{
	bool technician = has_role(h, "technician");

	if (has_role(h, "approver"))
		letters(h, (struct telling){ .state = "planned", .verb = "approve", .not_mine = true,
					     .title = "waiting for your approval:" });
	if (technician) {
		letters(h, (struct telling){ .state = "held", .verb = "show",
					     .title = "held, waiting for a person:" });
		letters(h, (struct telling){ .state = "failed", .verb = "show", .lately = true,
					     .title = "failed lately:" });
	} else if (has_role(h, "requester")) {
		letters(h, (struct telling){ .state = "failed", .verb = "show", .lately = true,
					     .mine = true, .title = "of your letters, failed lately:" });
	}
	if (technician || has_role(h, "requester"))
		letters(h, (struct telling){ .state = "refused", .verb = "show", .lately = true,
					     .mine = true, .title = "of your letters, refused lately:" });
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

/* What others changed in the directory, for those who decide about it. */
static void
waiting_changes(struct home *h)
{
	AUTO(json) s = NULL;
	const json_t *watch;
	bool admin = has_role(h, "admin"), technician = has_role(h, "technician");
	long open;

	if (!admin && !technician && !has_role(h, "approver"))
		return;
	s = quietly(h, "/v1/status");
	watch = json_object_get(s, "watch");
	open = ctl_integer(watch, "open");
	if (*ctl_text(watch, "held") && admin) {
		printf("the queue is held, because others changed too much:\n"
		       "  hopthuctl drift release --reason TEXT\n\n");
		h->said = true;
	}
	if (open <= 0)
		return;
	printf("%ld change%s that others made in the directory wait%s for somebody to decide:\n"
	       "  hopthuctl drift list\n", open, open == 1 ? "" : "s", open == 1 ? "s" : "");
	if (technician)
		puts("  hopthuctl drift revert SEQ --reason TEXT     # a letter puts it back");
	if (admin || has_role(h, "approver"))
		puts("  hopthuctl drift accept SEQ --reason TEXT     # it stands");
	putchar('\n');
	h->said = true;
}

static void
next_things(struct home *h)
{
	if (has_role(h, "admin"))
		first_steps(h);
	waiting_letters(h);
	waiting_changes(h);
	if (has_role(h, "requester") || has_role(h, "technician"))
		puts("to send a letter:\n"
		     "  hopthuctl template create > letter.csv\n"
		     "  hopthuctl request submit letter.csv --agency CODE --letter NO --date YYYY-MM-DD "
		     "--signer NAME --reason TEXT\n");
	else if (has_role(h, "auditor"))
		puts("to check the log, to look for something in it, to follow it:\n"
		     "  hopthuctl audit verify\n  hopthuctl audit search --address ADDRESS\n"
		     "  hopthuctl audit tail -f\n");
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
		troubles(&h);
		next_things(&h);
		puts("everything else:");
		help_nouns(stdout);
	}
	reply_release(&r);
	return status;
}
