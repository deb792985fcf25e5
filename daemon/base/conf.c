/* SPDX-License-Identifier: BSD-2-Clause */
#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/vocab.h"
#include "daemon/base/conf.h"
#include "daemon/base/conf_key.h"

#define FILE_MAX (1024 * 1024)

/* One reading of a file.  libconfuse hands its callbacks nothing of ours, hence `reading`. */
struct reading {
	struct conf *conf;
	struct err *err;
	bool stopped; /* what is behind this line cannot be read */
};
static struct reading *reading;

static void
fail_at(int line, const char *what)
{
	conf_complain(reading->conf, (unsigned)line, what, reading->err);
}

static void
stop_at(int line, const char *what)
{
	if (!reading->stopped)
		fail_at(line, what);
	reading->stopped = true;
}

static const char *
section_of(cfg_t *cfg)
{
	return strcmp(cfg_name(cfg), "root") ? cfg_name(cfg) : "";
}

/* Where a key that is not of this section belongs, or what it was perhaps meant to be. */
static void
suggest(const char *section, const char *name, struct buf *out)
{
	const char *near = nearest_word(name, conf_key_names(section));

	if (near) {
		buf_printf(out, "; did you mean %s?", near);
		return;
	}
	if (!*section && (near = nearest_word(name, conf_sections))) {
		buf_printf(out, "; did you mean the section %s { ... }?", near);
		return;
	}
	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *k = &conf_keys[i];

		if (strcmp(k->name, name))
			continue;
		if (*k->section)
			buf_printf(out, "; %s belongs inside %s { ... }", name, k->section);
		else
			buf_printf(out, "; %s belongs outside of every section", name);
		return;
	}
	buf_str(out, "; known here are");
	for (const char *const *n = conf_key_names(section); *n; n++)
		buf_printf(out, " %s", *n);
	if (!*section)
		buf_str(out, " and the sections directory and limits");
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	const char *section = section_of(cfg);
	char msg[256];
	AUTO(buf) b = BUF_INIT;

	if (strcmp(fmt, "no such option '%s'")) {
		vsnprintf(msg, sizeof(msg), fmt, ap);
		stop_at(cfg->line, msg);
		return;
	}
	snprintf(msg, sizeof(msg), "%s", va_arg(ap, const char *));
	buf_printf(&b, "unknown key %s%s%s", msg, *section ? " in section " : "", section);
	suggest(section, msg, &b);
	stop_at(cfg->line, b.data);
}

/* Called by libconfuse as soon as a key has its value, while the line is still known.  A value that is
 * wrong does not end the reading: all of them are reported. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	const struct conf_key *k = conf_key_find(section_of(cfg), cfg_opt_name(opt));
	size_t i = (size_t)(k - conf_keys);
	struct err e = ERR_INIT;
	char msg[128];

	if (reading->conf->line[i]) {
		snprintf(msg, sizeof(msg), "%s is given a second time (first on line %u)", k->name,
			 reading->conf->line[i]);
		fail_at(cfg->line, msg);
		return 0;
	}
	reading->conf->line[i] = (unsigned)cfg->line;
	if (conf_key_set(reading->conf, k, cfg_opt_getnstr(opt, 0), &e) < 0)
		fail_at(cfg->line, e.msg);
	return 0;
}

/* libconfuse's description of the keys of one section, from our table. */
static void
describe(const char *section, cfg_opt_t *opts)
{
	cfg_opt_t end = CFG_END();

	for (size_t i = 0; i < conf_key_count; i++) {
		cfg_opt_t opt = CFG_STR(conf_keys[i].name, NULL, CFGF_NODEFAULT);

		if (strcmp(conf_keys[i].section, section))
			continue;
		opt.validcb = on_value;
		*opts++ = opt;
	}
	for (size_t i = 0; !*section && conf_sections[i]; i++) {
		cfg_opt_t opt = CFG_SEC(conf_sections[i], NULL, CFGF_NONE);

		*opts++ = opt;
	}
	*opts = end;
}

/*
 * Blanks comments, because libconfuse 3.3 counts the lines of a comment three times, and finds what
 * has no end: it takes a section without its brace, and a string without its quotation mark leaves
 * its scanner in the middle of a string for the next file.
 * Returns 0, or the line on which something begins that does not end.
 */
static int
blank_comments(char *s)
{
	bool start = true; /* of a token: only there // and the other kind begin a comment */
	int line = 1, began, brace = 0;
	char quote;

	for (; *s; s++) {
		began = line;
		if (*s == '"' || *s == '\'') {
			for (quote = *s++; *s && *s != quote; s++) {
				if (*s == '\\' && s[1])
					s++;
				line += *s == '\n';
			}
			if (!*s)
				return began;
		} else if (*s == '#' || (start && s[0] == '/' && s[1] == '/')) {
			for (; *s && *s != '\n'; s++)
				*s = ' ';
		} else if (start && s[0] == '/' && s[1] == '*') {
			char *end = strstr(s + 2, "*/");

			if (!end)
				return began;
			for (; s < end + 2; s++) {
				line += *s == '\n';
				*s = *s == '\n' ? '\n' : ' ';
			}
			s--;
		}
		if (!*s)
			break;
		if (*s == '{' || *s == '}')
			brace = *s == '{' ? line : 0; /* sections do not nest */
		line += *s == '\n';
		start = strchr(" \t\r\n={}(),+\"'", *s) != NULL;
	}
	return brace;
}

static char *
read_file(const char *file, struct err *e)
{
	AUTO(fd) fd = open(file, O_RDONLY | O_CLOEXEC);
	AUTO(buf) b = BUF_INIT;
	char chunk[4096];
	ssize_t n;

	if (fd < 0) {
		err_set(e, ERR_CONFIG, "cannot open %s: %s", file, strerror(errno));
		return NULL;
	}
	while ((n = read(fd, chunk, sizeof(chunk))) > 0 && b.len <= FILE_MAX)
		buf_add(&b, chunk, (size_t)n);
	if (n < 0) {
		err_set(e, ERR_CONFIG, "cannot read %s: %s", file, strerror(errno));
		return NULL;
	}
	if (b.len > FILE_MAX || memchr(b.data, '\0', b.len)) {
		err_set(e, ERR_CONFIG, "%s is not a configuration file: %s", file,
			b.len > FILE_MAX ? "it is longer than 1 MiB" : "there is a NUL byte in it");
		return NULL;
	}
	return buf_steal(&b);
}

static void
parse(char *text)
{
	cfg_opt_t top[CONF_KEYS_MAX], sections[2][CONF_KEYS_MAX];
	int line = blank_comments(text);
	cfg_t *cfg;

	if (line) {
		stop_at(line, "a string, comment or section begins here and does not end");
		return;
	}
	describe("", top);
	for (size_t i = 0; conf_sections[i]; i++) {
		describe(conf_sections[i], sections[i]);
		for (cfg_opt_t *o = top; o->name; o++)
			if (!strcmp(o->name, conf_sections[i]))
				o->subopts = sections[i];
	}
	cfg = cfg_init(top, CFGF_NONE);
	BUG_ON(!cfg);
	cfg_set_error_function(cfg, on_error);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS)
		stop_at(cfg->line, "this cannot be understood");
	cfg_free(cfg);
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
	struct reading r = { .conf = c, .err = &wrong };
	AUTO(str) text = read_file(c->file, e);

	if (!text || set_defaults(c, e) < 0)
		return -1;
	BUG_ON(conf_key_count > CONF_KEYS_MAX - 4);
	reading = &r;
	parse(text);
	reading = NULL;
	if (!r.stopped)
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
