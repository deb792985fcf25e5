/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <string.h>

#include "tools/help.h"

#define WIDTH 80

#define X(name, method, path, roles, scope, help) roles,
static const int route_roles[] = { ROUTES(X) };
#undef X

static const struct {
	int status;
	const char *means;
} exits[] = {
	{ LEAVE_DONE, "done" },
	{ LEAVE_PARTLY, "a part of it failed; each row says why" },
	{ LEAVE_NOTFOUND, "not found" },
	{ LEAVE_USAGE, "the command line is wrong" },
	{ LEAVE_DATA, "the letter or its data is wrong" },
	{ LEAVE_AWAY, "hopthud or the directory cannot be reached" },
	{ LEAVE_BUG, "an error of hopthu itself" },
	{ LEAVE_CONFLICT, "something else is there already, or has moved" },
	{ LEAVE_ACCEPTED, "accepted, not yet done" },
	{ LEAVE_VERIFY, "verification failed" },
	{ LEAVE_DENIED, "not permitted" },
	{ LEAVE_CONFIG, "something is configured or installed wrongly" },
	{ LEAVE_INTERRUPTED, "interrupted" },
};

static const char exits_more[] =
	"0 of a command that changes something means: hopthud has accepted it, and it is on the disk. "
	"The directory may not have it yet: that is so with `request submit`, `request approve` and "
	"`request retry`, the orders of `mailbox` (`mailbox suspend` and the like), `agency add`, "
	"`operator add` and `operator revoke`. `request wait`, and --wait where there is it, end when "
	"the directory has it, and with 75 when --timeout is over before. With -n the exit status is "
	"the one that the command itself would have, as far as reading can tell.";

/* Words of text, indented, broken at WIDTH. */
static void
paragraph(const char *text, int indent)
{
	int at = 0;

	while (*text) {
		int n = (int)strcspn(text, " ");

		if (at && at + 1 + n > WIDTH) {
			putchar('\n');
			at = 0;
		}
		if (!at)
			at = printf("%*s%.*s", indent, "", n, text);
		else
			at += printf(" %.*s", n, text);
		text += n;
		text += strspn(text, " ");
	}
	putchar('\n');
}

/* "-o, --output FORMAT" */
static void
option_text(struct buf *b, const struct option_entry *o)
{
	if (o->letter)
		buf_printf(b, "-%c, ", o->letter);
	buf_printf(b, "--%s", o->name);
	if (o->value)
		buf_printf(b, " %s", o->value);
}

static void
options(option_set set)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		AUTO(buf) b = BUF_INIT;

		if (!(set >> i & 1))
			continue;
		option_text(&b, &option_table[i]);
		printf("  %s\n", b.data);
		paragraph(option_table[i].help, 6);
	}
}

static void
command_name(struct buf *b, const struct command *c)
{
	buf_printf(b, "%s%s%s%s%s", c->noun, *c->verb ? " " : "", c->verb, *c->arguments ? " " : "",
		   c->arguments);
}

/* "requester, technician" or "" for everybody. */
static void
who_may(struct buf *b, const struct command *c)
{
	AUTO(str) roles = NULL;

	if (c->route == NO_ROUTE)
		return;
	if (route_roles[c->route] == ROLES_ALL) {
		buf_str(b, "every operator");
		return;
	}
	roles = roles_text(route_roles[c->route]);
	for (const char *p = roles; *p; p++) {
		buf_char(b, *p);
		if (*p == ',')
			buf_char(b, ' ');
	}
}

/* "xlsx, text": what -o takes beyond what it takes everywhere. */
static void
more_formats(struct buf *b, const struct command *c)
{
	for (const struct out_word *w = out_words; w->word; w++)
		if (w->only && c->options & w->only)
			buf_printf(b, "%s%s", b->len ? ", " : "", w->word);
}

static void
on_command(const struct command *c)
{
	AUTO(buf) name = BUF_INIT;
	AUTO(buf) who = BUF_INIT;
	AUTO(buf) formats = BUF_INIT;

	command_name(&name, c);
	printf("hopthuctl %s\n", name.data);
	paragraph(c->help, 4);
	if (*c->more)
		paragraph(c->more, 4);
	who_may(&who, c);
	if (who.len)
		printf("    For: %s.\n", who.data);
	more_formats(&formats, c);
	if (formats.len)
		printf("    With -o also: %s.\n", formats.data);
	if (c->options)
		options(c->options);
}

static void
verbs_of(FILE *out, const char *noun)
{
	for (const struct command *c = command_table; c->noun; c++) {
		AUTO(buf) b = BUF_INIT;

		if (strcmp(c->noun, noun) != 0)
			continue;
		command_name(&b, c);
		fprintf(out, "  %-26s %s\n", b.data, c->help);
	}
}

void
help_nouns(FILE *out)
{
	AUTO(words) nouns = command_words(NULL);

	for (size_t i = 0; nouns[i]; i++) {
		AUTO(words) verbs = command_words(nouns[i]);
		const struct command *c = command_find(nouns[i], "");

		fprintf(out, "  %-9s", nouns[i]);
		if (c)
			fprintf(out, " %s", c->help);
		for (size_t v = 0; verbs[v]; v++)
			fprintf(out, "%s%s", v ? " | " : " ", verbs[v]);
		fputc('\n', out);
	}
}

static void
on_everything(void)
{
	puts("hopthuctl NOUN VERB [ARGUMENTS] [OPTIONS]: official mailboxes by letter, from request to\n"
	     "audit. Options may stand anywhere.\n");
	help_nouns(stdout);
	puts("\nOptions of every command:");
	options(OPTIONS_GLOBAL);
	puts("\n`hopthuctl help NOUN VERB` tells more; `hopthuctl help --all` tells everything.");
}

void
help_on(const char *noun, const char *verb)
{
	const struct command *c = noun ? command_find(noun, verb ? verb : "") : NULL;

	if (c) {
		on_command(c);
	} else if (noun && command_is_noun(noun)) {
		verbs_of(stdout, noun);
		printf("\n`hopthuctl help %s VERB` tells more.\n", noun);
	} else {
		on_everything();
	}
}

static void
on_all(void)
{
	puts("COMMANDS\n");
	for (const struct command *c = command_table; c->noun; c++) {
		on_command(c);
		putchar('\n');
	}
	puts("OPTIONS OF EVERY COMMAND\n");
	options(OPTIONS_GLOBAL);
	puts("\nEXIT STATUS\n");
	for (size_t i = 0; i < sizeof(exits) / sizeof(*exits); i++)
		printf("  %3d  %s\n", exits[i].status, exits[i].means);
	putchar('\n');
	paragraph(exits_more, 2);
}

/* --- manual ------------------------------------------------------------------------------------- */

/* Text for roff: '-' as itself, no line that begins with a dot or an apostrophe, `x` in bold. */
static void
roff(const char *text)
{
	bool bold = false;

	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '-')
			fputs("\\-", stdout);
		else if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '`')
			fputs((bold = !bold) ? "\\fB" : "\\fR", stdout);
		else
			putchar(*text);
	}
}

static void
roff_options(option_set set)
{
	for (int i = 0; i < OPT_COUNT; i++) {
		const struct option_entry *o = &option_table[i];

		if (!(set >> i & 1))
			continue;
		printf(".TP\n");
		if (o->letter)
			printf("\\fB\\-%c\\fR, ", o->letter);
		fputs("\\fB\\-\\-", stdout);
		roff(o->name);
		fputs("\\fR", stdout);
		if (o->value)
			printf(" \\fI%s\\fR", o->value);
		putchar('\n');
		roff(o->help);
		putchar('\n');
	}
}

static void
roff_command(const struct command *c)
{
	AUTO(buf) who = BUF_INIT;
	AUTO(buf) formats = BUF_INIT;

	printf(".SS hopthuctl %s%s%s%s%s\n", c->noun, *c->verb ? " " : "", c->verb,
	       *c->arguments ? " " : "", c->arguments);
	putchar(toupper((unsigned char)*c->help));
	roff(c->help + 1);
	puts(".");
	if (*c->more) {
		puts(".PP");
		roff(c->more);
		putchar('\n');
	}
	who_may(&who, c);
	if (who.len) {
		fputs(".PP\nFor: ", stdout);
		roff(who.data);
		puts(".");
	}
	more_formats(&formats, c);
	if (formats.len)
		printf(".PP\nWith \\fB\\-o\\fR also: %s.\n", formats.data);
	roff_options(c->options);
}

static void
man(void)
{
	puts(".SH COMMANDS");
	for (const struct command *c = command_table; c->noun; c++)
		roff_command(c);
	puts(".SH OPTIONS OF EVERY COMMAND");
	roff_options(OPTIONS_GLOBAL);
	puts(".SH EXIT STATUS");
	for (size_t i = 0; i < sizeof(exits) / sizeof(*exits); i++)
		printf(".TP\n.B %d\n%s\n", exits[i].status, exits[i].means);
	puts(".PP");
	roff(exits_more);
	putchar('\n');
}

int
cmd_help(struct ctl *c)
{
	const char *noun = c->line.count ? c->line.args[0] : NULL;
	const char *verb = c->line.count > 1 ? c->line.args[1] : NULL;

	if (ctl_opt(c, OPT_MAN))
		man();
	else if (ctl_opt(c, OPT_ALL))
		on_all();
	else if (noun) {
		/* The same suggestions as when the command itself is mistyped. */
		char *argv[] = { NULL, (char *)noun, (char *)verb, NULL };
		struct command_line line;
		struct err e = ERR_INIT;

		argv[0] = argv[1];
		if (command_parse(&line, verb ? 3 : 2, argv, &e) && !command_is_noun(noun)) {
			command_release(&line);
			return ctl_fail(LEAVE_USAGE, "%s", e.msg);
		}
		command_release(&line);
		if (verb && !command_find(noun, verb) && !command_find(noun, ""))
			return ctl_fail(LEAVE_USAGE, "%s", e.msg);
		help_on(noun, verb);
	} else {
		help_on(NULL, NULL);
	}
	return 0;
}
