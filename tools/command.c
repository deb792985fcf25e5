/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/err.h"
#include "tools/command.h"
#include "tools/out.h"

#define X(ID, l, s, v, h) { l, s, v, h },
const struct option_entry option_table[OPT_COUNT] = { OPTIONS(X) };
#undef X

/* A column of the table names its route as common/routes.h does. */
enum {
	ROUTE_OF_NO_ROUTE = NO_ROUTE,
#define R(name, method, path, roles, scope, help) ROUTE_OF_##name = ROUTE_##name,
	ROUTES(R)
#undef R
};
#define X(noun, verb, function, arguments, fewest, most, options, route, help, more) \
	{ noun, verb, cmd_##function, arguments, fewest, most, options, ROUTE_OF_##route, help, more },
const struct command command_table[] = { COMMANDS(X) { .noun = NULL } };
#undef X

option_set
command_options(const struct command *cmd)
{
	return OPTIONS_GLOBAL | (cmd ? cmd->options : 0);
}

const char **
command_formats(const struct command *cmd)
{
	size_t n = 0;
	const char **words = xcalloc(OUT_WORDS_MAX, sizeof(*words));

	for (const struct out_word *w = out_words; w->word; w++) {
		BUG_ON(n + 1 == OUT_WORDS_MAX);
		if (!w->only || (cmd && cmd->options & w->only))
			words[n++] = w->word;
	}
	return words;
}

const struct command *
command_find(const char *noun, const char *verb)
{
	for (const struct command *c = command_table; c->noun; c++)
		if (!strcmp(c->noun, noun) && !strcmp(c->verb, verb))
			return c;
	return NULL;
}

bool
command_is_noun(const char *noun)
{
	for (const struct command *c = command_table; c->noun; c++)
		if (!strcmp(c->noun, noun))
			return true;
	return false;
}

const char **
command_words(const char *noun)
{
	size_t n = 0;
	const char **words = xcalloc(sizeof(command_table) / sizeof(*command_table), sizeof(*words));

	for (const struct command *c = command_table; c->noun; c++) {
		if (noun) {
			if (!strcmp(c->noun, noun) && *c->verb)
				words[n++] = c->verb;
		} else if (!n || strcmp(words[n - 1], c->noun)) {
			words[n++] = c->noun;
		}
	}
	return words;
}

int
option_find(const char *name, size_t n)
{
	for (int i = 0; i < OPT_COUNT; i++)
		if (strlen(option_table[i].name) == n && !strncmp(option_table[i].name, name, n))
			return i;
	return -1;
}

int
option_letter(const struct command *cmd, char letter)
{
	int first = -1;

	for (int i = 0; i < OPT_COUNT; i++) {
		if (!letter || option_table[i].letter != letter)
			continue;
		if (cmd && command_options(cmd) & OPTION_BIT(i))
			return i;
		first = first < 0 ? i : first;
	}
	return first;
}

/* As far as it is named by the words so far. */
static const struct command *
command_so_far(const struct command_line *line)
{
	const struct command *c = line->count ? command_find(line->args[0], "") : NULL;

	return c || line->count < 2 ? c : command_find(line->args[0], line->args[1]);
}

static int
unknown_option(const char *typed, size_t n, struct err *e)
{
	const char *names[OPT_COUNT + 1] = { NULL };
	AUTO(str) word = xstrndup(typed, n);
	const char *near;

	for (int i = 0; i < OPT_COUNT; i++)
		names[i] = option_table[i].name;
	near = nearest_word(word, names);
	if (near)
		return err_set(e, ERR_USAGE, "there is no option --%s; did you mean --%s?", word, near);
	return err_set(e, ERR_USAGE, "there is no option --%s; see `hopthuctl help`", word);
}

/* value: what stands behind '=' or the letter, or NULL.  Returns how many words were used up. */
static int
take_option(struct command_line *line, int id, const char *value, const char *next, struct err *e)
{
	const struct option_entry *o = &option_table[id];
	int used = 1;

	if (!o->value && value)
		return err_set(e, ERR_USAGE, "--%s takes no value", o->name);
	if (o->value && !value) {
		if (!next)
			return err_set(e, ERR_USAGE, "--%s needs a value: --%s %s", o->name, o->name,
				       o->value);
		value = next;
		used = 2;
	}
	if (o->value && line->opt[id])
		return err_set(e, ERR_USAGE, "--%s is given twice", o->name);
	line->opt[id] = o->value ? value : "";
	return used;
}

static int
long_option(struct command_line *line, const char *word, const char *next, struct err *e)
{
	size_t n = strcspn(word, "=");
	int id = option_find(word, n);

	if (id < 0)
		return unknown_option(word, n, e);
	return take_option(line, id, word[n] ? word + n + 1 : NULL, next, e);
}

/* -n, -o json, -ojson, -no json */
static int
short_options(struct command_line *line, const char *word, const char *next, struct err *e)
{
	for (; *word; word++) {
		int id = option_letter(command_so_far(line), *word);

		if (id < 0)
			return err_set(e, ERR_USAGE, "there is no option -%c; see `hopthuctl help`", *word);
		if (option_table[id].value)
			return take_option(line, id, word[1] ? word + 1 : NULL, next, e);
		line->opt[id] = "";
	}
	return 1;
}

static int
no_such_noun(const char *noun, struct err *e)
{
	AUTO(words) nouns = command_words(NULL);
	const char *near = nearest_word(noun, nouns);

	if (near)
		return err_set(e, ERR_USAGE, "there is no `%s`; did you mean `hopthuctl %s`?", noun, near);
	for (const struct command *c = command_table; c->noun; c++)
		if (!strcmp(c->verb, noun))
			return err_set(e, ERR_USAGE,
				       "the noun comes first; did you mean `hopthuctl %s %s`?", c->noun,
				       c->verb);
	return err_set(e, ERR_USAGE, "there is no `%s`; see `hopthuctl help`", noun);
}

static int
no_such_verb(const char *noun, const char *verb, struct err *e)
{
	AUTO(words) verbs = command_words(noun);
	const char *near = nearest_word(verb, verbs);

	if (near)
		return err_set(e, ERR_USAGE, "there is no `%s %s`; did you mean `hopthuctl %s %s`?", noun,
			       verb, noun, near);
	return err_set(e, ERR_USAGE, "there is no `%s %s`; `hopthuctl %s` lists what there is", noun,
		       verb, noun);
}

/* Noun and verb are the first words that are no options; what follows are arguments. */
static int
name_command(struct command_line *line, struct err *e)
{
	int used = 1;

	if (!line->count)
		return 0;
	line->noun = line->args[0];
	line->command = command_find(line->noun, "");
	if (!line->command) {
		if (!command_is_noun(line->noun))
			return no_such_noun(line->noun, e);
		if (line->count == 1)
			return 0;
		line->command = command_find(line->noun, line->args[1]);
		if (!line->command)
			return no_such_verb(line->noun, line->args[1], e);
		used = 2;
	}
	line->args += used;
	line->count -= used;
	return 0;
}

static int
check_line(const struct command_line *line, struct err *e)
{
	const struct command *c = line->command;
	const char *space = *c->verb ? " " : "";

	for (int i = 0; i < OPT_COUNT; i++)
		if (line->opt[i] && !(command_options(c) >> i & 1))
			return err_set(e, ERR_USAGE, "`%s%s%s` takes no --%s; see `hopthuctl help %s%s%s`",
				       c->noun, space, c->verb, option_table[i].name, c->noun, space,
				       c->verb);
	if (line->count < c->fewest)
		return err_set(e, ERR_USAGE, "something is missing: hopthuctl %s%s%s %s", c->noun, space,
			       c->verb, c->arguments);
	if (line->count > c->most && !c->most)
		return err_set(e, ERR_USAGE, "`%s%s%s` takes no word beside its options, and \"%s\" is one; see "
			       "`hopthuctl help %s%s%s`", c->noun, space, c->verb, line->args[0], c->noun, space,
			       c->verb);
	if (line->count > c->most)
		return err_set(e, ERR_USAGE, "one argument too many (\"%s\"): hopthuctl %s%s%s %s",
			       line->args[c->most], c->noun, space, c->verb, c->arguments);
	return 0;
}

int
command_parse(struct command_line *line, int argc, char **argv, struct err *e)
{
	bool only_words = false;

	*line = (struct command_line){ .words = xcalloc((size_t)argc + 1, sizeof(char *)) };
	line->args = line->words;
	for (int i = 1; i < argc;) {
		char *w = argv[i], *next = argv[i + 1];
		int used = 1;

		if (only_words || w[0] != '-' || !w[1])
			line->args[line->count++] = w;
		else if (!strcmp(w, "--"))
			only_words = true;
		else if (w[1] == '-')
			used = long_option(line, w + 2, next, e);
		else
			used = short_options(line, w + 1, next, e);
		if (used < 0)
			return -1;
		i += used;
	}
	if (name_command(line, e))
		return -1;
	if (!line->command || line->opt[OPT_HELP])
		return 0;
	return check_line(line, e);
}

void
command_release(struct command_line *line)
{
	free(line->words);
	line->words = line->args = NULL;
}
