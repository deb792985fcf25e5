/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/buf.h"
#include "daemon/base/conf.h"
#include "daemon/base/conf_file.h"
#include "daemon/base/conf_key.h"

struct reading {
	struct conf *conf;
	struct err *err;
};

static void
on_wrong(void *arg, unsigned line, const char *what)
{
	struct reading *r = arg;

	conf_complain(r->conf, line, what, r->err);
}

static void
on_value(void *arg, const struct conf_value *v)
{
	struct reading *r = arg;
	const struct conf_key *k = conf_key_find(v->section, v->key);
	size_t i = (size_t)(k - conf_keys);
	struct err e = ERR_INIT;
	char msg[128];

	if (r->conf->line[i]) {
		snprintf(msg, sizeof(msg), "%s is given a second time (first on line %u)", k->name,
			 r->conf->line[i]);
		on_wrong(r, v->line, msg);
		return;
	}
	r->conf->line[i] = v->line;
	if (conf_key_set(r->conf, k, v->text, &e) < 0)
		on_wrong(r, v->line, e.msg);
}

/* false: what is behind the mistake was not read. */
static bool
parse(char *text, struct conf *c, struct err *e)
{
	struct conf_form_key keys[CONF_KEYS_MAX];
	struct reading r = { .conf = c, .err = e };
	struct conf_form form = { .keys = keys,
				  .key_count = conf_key_count,
				  .sections = conf_sections,
				  .value = on_value,
				  .wrong = on_wrong,
				  .arg = &r };

	BUG_ON(conf_key_count > CONF_KEYS_MAX);
	for (size_t i = 0; i < conf_key_count; i++)
		keys[i] = (struct conf_form_key){ conf_keys[i].section, conf_keys[i].name, false };
	return conf_file_parse(text, &form);
}

static int
set_defaults(struct conf *c, struct err *e)
{
	for (size_t i = 0; i < conf_key_count; i++)
		if (conf_keys[i].def && conf_key_set(c, &conf_keys[i], conf_keys[i].def, e) < 0)
			return -1;
	return 0;
}

static void
check_required(const struct conf *c, struct err *e)
{
	char what[512];

	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (k->def || c->line[i])
			continue;
		snprintf(what, sizeof(what), "%s%s%s is missing; it must be %s", k->section,
			 *k->section ? "." : "", k->name, k->allowed);
		conf_complain(c, 0, what, e);
	}
}

static int
load(struct conf *c, struct err *e)
{
	struct err wrong = ERR_INIT;
	AUTO(str) text = conf_file_read(c->file, e);

	if (!text || set_defaults(c, e) < 0)
		return -1;
	if (parse(text, c, &wrong))
		check_required(c, &wrong);
	if (wrong.class != ERR_NONE || conf_check_directory(c, &wrong) < 0)
		return err_set(e, ERR_CONFIG, "%s", wrong.msg);
	if (!c->instance)
		c->instance = xasprintf("hopthu.%s/1", c->domain);
	return 0;
}

struct conf *
conf_load(const char *file, struct err *e)
{
	struct conf *c = xcalloc(1, sizeof(*c));

	c->file = xstrdup(file);
	if (load(c, e) == 0)
		return c;
	conf_free(c);
	return NULL;
}

void
conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < conf_key_count; i++)
		conf_key_release(c, &conf_keys[i]);
	free(c->file);
	free(c);
}
