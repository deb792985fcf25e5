/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/buf.h"
#include "common/digest.h"
#include "daemon/base/conf_key.h"

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
