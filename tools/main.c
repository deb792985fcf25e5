/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/text.h"
#include "tools/ctl.h"
#include "tools/help.h"
#include "tools/secret.h"

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "unknown"
#endif
#define TIMEOUT_DEFAULT_MS 60000

static void
on_interrupt(int sig)
{
	(void)sig;
	secret_restore_terminal();
	_exit(LEAVE_INTERRUPTED);
}

/* Which commands know the word: a noun alone when all of its verbs do. */
static void
who_knows(struct buf *b, option_set bit)
{
	const char *last = "";

	for (const struct command *k = command_table; k->noun; k++) {
		AUTO(words) verbs = command_words(k->noun);
		bool all = true;

		if (!(k->options & bit) || !strcmp(last, k->noun))
			continue;
		for (size_t i = 0; verbs[i]; i++)
			all = all && command_find(k->noun, verbs[i])->options & bit;
		last = all ? k->noun : "";
		buf_printf(b, "%s`%s%s%s`", b->len ? " and " : "", k->noun, all ? "" : " ",
			   all ? "" : k->verb);
	}
}

static int
not_here(const struct out_word *w)
{
	AUTO(buf) b = BUF_INIT;

	who_knows(&b, w->only);
	return ctl_fail(LEAVE_USAGE, "-o %s is for %s only", w->word, b.data);
}

static int
choose_output(struct ctl *c)
{
	const char *word = ctl_opt(c, OPT_OUTPUT);
	enum out_format format = OUT_TABLE;
	AUTO(words) words = command_formats(c->cmd);
	int status = 0;

	for (const struct out_word *w = out_words; word && w->word; w++)
		if (!strcmp(word, w->word)) {
			if (w->only && !(c->cmd && c->cmd->options & w->only))
				return not_here(w);
			format = w->format;
		}
	if (word && strpbrk(word, "./") && strlen(word) > 1)
		return ctl_fail(LEAVE_USAGE, "-o is the form of the output and no file; into a file: hopthuctl %s%s%s%s%s > "
				"%s", c->cmd ? c->cmd->noun : "", c->cmd && *c->cmd->verb ? " " : "",
				c->cmd ? c->cmd->verb : "", c->line.count ? " " : "",
				c->line.count ? c->line.args[0] : "", word);
	status = ctl_one_of(c, OPT_OUTPUT, words);
	if (status)
		return status;
	if (format == OUT_XLSX && isatty(STDOUT_FILENO) == 1)
		return ctl_fail(LEAVE_USAGE, "a spreadsheet is nothing to read on a terminal; redirect it: "
				"hopthuctl %s %s%s%s -o xlsx > letter.xlsx", c->cmd->noun, c->cmd->verb,
				c->line.count ? " " : "", c->line.count ? c->line.args[0] : "");
	if (ctl_opt(c, OPT_JSON))
		format = OUT_JSON;
	out_init(&c->out, format, stdout);
	return 0;
}

static int
choose_timeout(struct ctl *c)
{
	const char *text = ctl_opt(c, OPT_TIMEOUT);

	c->timeout_ms = TIMEOUT_DEFAULT_MS;
	c->timeout_s = -1;
	if (!text)
		return 0;
	if (ctl_number(text, "number of seconds", 0, &c->timeout_s))
		return LEAVE_USAGE;
	if (c->timeout_s > 4000000)
		c->timeout_s = 4000000;
	c->timeout_ms = c->timeout_s ? (unsigned)c->timeout_s * 1000 : 1000;
	return 0;
}

static void
choose_socket(struct ctl *c)
{
	const char *env = getenv("HOPTHU_SOCKET");

	c->socket = ctl_opt(c, OPT_SOCKET);
	if (!c->socket)
		c->socket = env && *env ? env : SOCKET_DEFAULT;
}

/* Text goes out as JSON, which is UTF-8; names of files are the system's own affair. */
static int
check_text(const struct ctl *c)
{
	const struct command_line *l = &c->line;

	for (int i = 0; i < OPT_COUNT; i++) {
		const char *v = option_table[i].value;

		if (l->opt[i] && v && strcmp(v, "FILE") != 0 && strcmp(v, "PATH") != 0 &&
		    text_invalid(l->opt[i], strlen(l->opt[i])) >= 0)
			return ctl_fail(LEAVE_USAGE, "the value of --%s is not valid UTF-8",
					option_table[i].name);
	}
	for (int i = 0; i < l->count; i++)
		if (strcmp(c->cmd->arguments, "FILE") != 0 && strcmp(c->cmd->arguments, "DIR") != 0 &&
		    text_invalid(l->args[i], strlen(l->args[i])) >= 0)
			return ctl_fail(LEAVE_USAGE, "\"%s\" is not valid UTF-8", l->args[i]);
	return 0;
}

static int
run(struct ctl *c)
{
	int status;

	choose_socket(c);
	if (ctl_opt(c, OPT_VERSION)) {
		puts("hopthuctl " PACKAGE_VERSION);
		return 0;
	}
	status = choose_output(c);
	if (status || (status = choose_timeout(c)))
		return status;
	if (ctl_opt(c, OPT_HELP)) {
		help_on(c->line.noun, c->cmd ? c->cmd->verb : NULL);
		return 0;
	}
	if (!c->cmd && c->line.noun) {
		help_on(c->line.noun, NULL);
		return 0;
	}
	if (!c->cmd)
		return help_home(c);
	status = check_text(c);
	return status ? status : c->cmd->run(c);
}

static int
parse_and_run(struct ctl *c)
{
	struct err e = ERR_INIT;

	/* The words to complete may be half an option: they are not ours to judge. */
	if (c->raw_argc > 1 && !strcmp(c->raw_argv[1], "complete")) {
		choose_socket(c);
		c->cmd = command_find("complete", "");
		return cmd_complete(c);
	}
	if (command_parse(&c->line, c->raw_argc, c->raw_argv, &e))
		return ctl_fail(LEAVE_USAGE, "%s", e.msg);
	c->cmd = c->line.command;
	return run(c);
}

int
main(int argc, char **argv)
{
	struct ctl c = { .raw_argc = argc, .raw_argv = argv, .timeout_s = -1 };
	struct sigaction sa = { .sa_handler = on_interrupt };
	int status;

	sigemptyset(&sa.sa_mask);
	sigaction(SIGINT, &sa, NULL);
	status = parse_and_run(&c);
	if (fflush(stdout) || ferror(stdout))
		status = ctl_fail(LEAVE_PARTLY, "cannot write the output: %s", strerror(errno));
	client_free(c.client);
	secret_free(c.password);
	command_release(&c.line);
	return status;
}
