/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/ctl.h"

/*
 * `hopthuctl complete WORD... LAST`: what LAST could become, a line each.  The words come from the
 * tables, the values from the door, which is asked briefly and silently, never with a password.
 */

#define PATIENCE_MS 300

struct completing {
	struct ctl *c;
	char **words; /* those before the last */
	int count;
	const char *last, *noun;
	const struct command *cmd;
	int arg; /* how many arguments there are before the last word */
};

static void
offer(const struct completing *k, const char *word)
{
	if (!strncmp(word, k->last, strlen(k->last)))
		puts(word);
}

static void
offer_words(const struct completing *k, const char *const *words)
{
	for (; *words; words++)
		offer(k, *words);
}

/* The field of every element of the array that the door gives at this path. */
static void
offer_live(const struct completing *k, const char *path, const char *array, const char *field)
{
	struct call call = { .method = "GET", .path = path, .timeout_ms = PATIENCE_MS };
	struct client *client = client_new(k->c->socket);
	struct reply r = { .status = 0 };
	const json_t *rows;

	if (!client_call(client, &call, &r, NULL) && r.status == 200) {
		rows = json_object_get(r.body, array);
		for (size_t i = 0; i < json_array_size(rows); i++) {
			const json_t *v = json_object_get(json_array_get(rows, i), field);
			AUTO(buf) b = BUF_INIT;

			if (json_is_integer(v))
				buf_printf(&b, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
			else if (json_is_string(v))
				buf_str(&b, json_string_value(v));
			if (b.len && !strpbrk(b.data, "\n\r"))
				offer(k, b.data);
		}
	}
	reply_release(&r);
	client_free(client);
}

static void
offer_addresses(const struct completing *k)
{
	AUTO(buf) path = BUF_INIT;

	buf_str(&path, "/v1/mailboxes?limit=200");
	ctl_query(&path, "q", *k->last ? k->last : NULL);
	offer_live(k, path.data, "mailboxes", "address");
}

static void
offer_formats(const struct completing *k)
{
	AUTO(words) words = command_formats(k->cmd);

	offer_words(k, words);
}

/* By the word that stands for the value in the tables.  No offer: the shell offers files. */
static void
offer_value(const struct completing *k, const char *kind, size_t n)
{
	static const char *const encodings[] = { "utf-8", "utf-16", "windows-1258", "tcvn3", "vni", NULL };
	AUTO(str) word = xstrndup(kind, n);

	if (!strcmp(word, "ID"))
		offer_live(k, "/v1/requests?state=open&limit=100", "requests", "id");
	else if (!strcmp(word, "ADDRESS"))
		offer_addresses(k);
	else if (!strcmp(word, "CODE"))
		offer_live(k, "/v1/agencies", "agencies", "code");
	else if (!strcmp(word, "DOMAIN"))
		offer_live(k, "/v1/policies", "policies", "domain");
	else if (!strcmp(word, "NAME"))
		offer_live(k, "/v1/operators", "operators", "name");
	else if (!strcmp(word, "FORMAT"))
		offer_formats(k);
	else if (!strcmp(word, "CHANNEL"))
		offer_words(k, ctl_channels);
	else if (!strcmp(word, "STATE"))
		offer_words(k, ctl_states);
	else if (!strcmp(word, "STATUS"))
		offer_words(k, ctl_statuses);
	else if (!strcmp(word, "ROLES"))
		offer_words(k, ctl_roles);
	else if (!strcmp(word, "EVENT"))
		offer_words(k, ctl_events);
	else if (!strcmp(word, "OPERATION"))
		offer_words(k, ctl_operations);
	else if (!strcmp(word, "PERSON"))
		offer_addresses(k);
	else if (!strcmp(word, "ENCODING"))
		offer_words(k, encodings);
	else if (!strcmp(word, "[NOUN")) {
		AUTO(words) nouns = command_words(NULL);

		offer_words(k, nouns);
	}
}

static void
offer_options(const struct completing *k)
{
	option_set set = command_options(k->cmd);

	for (int i = 0; i < OPT_COUNT; i++) {
		AUTO(str) word = xasprintf("--%s", option_table[i].name);

		if (set >> i & 1)
			offer(k, word);
	}
}

/* The option whose value the word after this one is, or -1. */
static int
wants_value(const struct command *cmd, const char *word)
{
	int id = -1;

	if (word[0] != '-' || !word[1] || strchr(word, '='))
		return -1;
	if (word[1] == '-')
		id = option_find(word + 2, strlen(word + 2));
	else if (!word[2])
		id = option_letter(cmd, word[1]);
	return id >= 0 && option_table[id].value ? id : -1;
}

/* Noun, verb and the number of arguments among the words before the last. */
static int
understand(struct completing *k)
{
	const char *verb = NULL;
	int option = -1;

	for (int i = 0; i < k->count; i++) {
		if (option >= 0) {
			if (option == OPT_SOCKET)
				k->c->socket = k->words[i];
			option = -1;
			continue;
		}
		option = wants_value(k->cmd, k->words[i]);
		if (k->words[i][0] == '-')
			continue;
		if (!k->noun) {
			k->noun = k->words[i];
			k->cmd = command_find(k->noun, "");
		} else if (!k->cmd && !verb) {
			verb = k->words[i];
			k->cmd = command_find(k->noun, verb);
		} else {
			k->arg++;
		}
	}
	return option;
}

int
cmd_complete(struct ctl *c)
{
	struct completing k = { .c = c, .words = c->raw_argv + 2, .count = c->raw_argc - 3 };
	int option;

	if (k.count < 0)
		return 0;
	k.last = k.words[k.count];
	option = understand(&k);
	if (option >= 0) {
		const char *value = option_table[option].value;

		/* --name is an agency's text, --user a name; the other words say what they are. */
		if (strcmp(value, "TEXT") != 0)
			offer_value(&k, value, strlen(value));
	} else if (*k.last == '-') {
		offer_options(&k);
	} else if (!k.noun) {
		AUTO(words) nouns = command_words(NULL);

		offer_words(&k, nouns);
	} else if (!k.cmd) {
		AUTO(words) verbs = command_words(k.noun);

		offer_words(&k, verbs);
	} else if (k.arg < k.cmd->most && strcmp(k.cmd->noun, "complete") != 0) {
		offer_value(&k, k.cmd->arguments, strcspn(k.cmd->arguments, " "));
	}
	return 0;
}
