/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <string.h>

#include "common/buf.h"
#include "common/digest.h"
#include "daemon/base/conf_key.h"

void
conf_complain(const struct conf *c, unsigned line, const char *what, struct err *e)
{
	AUTO(buf) all = BUF_INIT;

	if (e->class != ERR_NONE)
		buf_printf(&all, "%s\n", e->msg);
	buf_printf(&all, line ? "%s:%u: " : "%s: ", c->file, line);
	buf_str(&all, what);
	if (e->class == ERR_NONE || all.len < sizeof(e->msg)) /* the first, and those that fit */
		err_set(e, ERR_CONFIG, "%s", all.data);
}

unsigned
conf_line(const struct conf *c, const char *key)
{
	for (size_t i = 0; i < conf_key_count; i++) {
		size_t n = strlen(conf_keys[i].section);

		if (!n && !strcmp(key, conf_keys[i].name))
			return c->line[i];
		if (n && !strncmp(key, conf_keys[i].section, n) && key[n] == '.' &&
		    !strcmp(key + n + 1, conf_keys[i].name))
			return c->line[i];
	}
	BUG_ON(true); /* there is no such key */
	return 0;
}

int
conf_wrong(const struct conf *c, const char *key, struct err *e, const char *fmt, ...)
{
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	conf_complain(c, conf_line(c, key), what, e);
	return -1;
}

static void
get_default(const struct conf *c, const struct conf_key *k, struct buf *out)
{
	if (!strcmp(k->name, "instance"))
		buf_printf(out, "hopthu.%s/1", c->domain);
	else
		buf_str(out, k->def ? k->def : "");
}

void
conf_print_changes(const struct conf *c, FILE *out)
{
	AUTO(buf) now = BUF_INIT;
	AUTO(buf) def = BUF_INIT;

	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		buf_clear(&now);
		buf_clear(&def);
		conf_key_get(c, k, &now);
		get_default(c, k, &def);
		if (!strcmp(now.data, def.data))
			continue;
		fprintf(out, "%s%s%s = %s   (%s%s)\n", k->section, *k->section ? "." : "", k->name,
			now.data, k->def ? "default: " : "no default", def.len ? def.data : k->def ? "none" : "");
	}
}

void
conf_print_keys(FILE *out)
{
	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		fprintf(out, "%s%s%s = %s\n    %s\n", k->section, *k->section ? "." : "", k->name,
			!k->def ? "(must be given)" : *k->def ? k->def : "\"\"", k->help);
		if (k->type == CONF_NUMBER)
			fprintf(out, "    From %u to %u.\n", k->min, k->max);
		if (k->allowed)
			fprintf(out, "    Must be %s.\n", k->allowed);
		for (int w = 0; k->words && k->words[w]; w++)
			fprintf(out, "%s%s%s", w ? ", " : "    One of ", k->words[w],
				k->words[w + 1] ? "" : ".\n");
	}
}

void
conf_digest(const struct conf *c, uint8_t out[32])
{
	AUTO(buf) b = BUF_INIT;

	for (size_t i = 0; i < conf_key_count; i++) {
		buf_printf(&b, "%s.%s = ", conf_keys[i].section, conf_keys[i].name);
		conf_key_get(c, &conf_keys[i], &b); /* never has a new-line in it */
		buf_char(&b, '\n');
	}
	digest_sha256(b.data, b.len, out);
}

const char *
conf_needs_restart(const struct conf *running, const struct conf *wanted)
{
	static char name[64];
	AUTO(buf) a = BUF_INIT;
	AUTO(buf) b = BUF_INIT;

	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		buf_clear(&a);
		buf_clear(&b);
		conf_key_get(running, k, &a);
		conf_key_get(wanted, k, &b);
		if (!k->restart || !strcmp(a.data, b.data))
			continue;
		snprintf(name, sizeof(name), "%s%s%s", k->section, *k->section ? "." : "", k->name);
		return name;
	}
	return NULL;
}
