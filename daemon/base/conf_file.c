/* SPDX-License-Identifier: BSD-2-Clause */
#include <confuse.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "common/buf.h"
#include "common/vocab.h"
#include "daemon/base/conf_file.h"

#define FILE_MAX (1024 * 1024)
#define DEPTH_MAX 16

/* One reading of a file.  libconfuse hands its callbacks nothing of ours, hence `reading`. */
struct reading {
	const struct conf_form *form;
	bool stopped;          /* what is behind this line cannot be read */
	const cfg_opt_t *list; /* whose value was told last, which one, and the value */
	size_t index;
	char *told;
};
static struct reading *reading;

static void
stop_at(int line, const char *what)
{
	if (!reading->stopped)
		reading->form->wrong(reading->form->arg, (unsigned)line, what);
	reading->stopped = true;
}

static const char *
section_of(cfg_t *cfg)
{
	return strcmp(cfg_name(cfg), "root") ? cfg_name(cfg) : "";
}

static void
show_section(const struct conf_form_section *s, struct buf *out)
{
	buf_str(out, s->name);
	if (s->title)
		buf_printf(out, " \"%s\"", s->title);
	buf_str(out, " { ... }");
}

static const char *
nearest_key(const char *section, const char *name)
{
	const struct conf_form *f = reading->form;
	const char *names[CONF_FORM_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < f->key_count; i++)
		if (!strcmp(f->keys[i].section, section))
			names[n++] = f->keys[i].name;
	names[n] = NULL;
	return nearest_word(name, names);
}

static const struct conf_form_section *
nearest_section(const char *name)
{
	for (const struct conf_form_section *s = reading->form->sections; s->name; s++) {
		const char *words[] = { s->name, NULL };

		if (nearest_word(name, words))
			return s;
	}
	return NULL;
}

static void
show_known(const char *section, struct buf *out)
{
	const struct conf_form *f = reading->form;
	const struct conf_form_section *s = f->sections;

	buf_str(out, "; known here are");
	for (size_t i = 0; i < f->key_count; i++)
		if (!strcmp(f->keys[i].section, section))
			buf_printf(out, " %s", f->keys[i].name);
	if (*section || !s->name)
		return;
	buf_str(out, s[1].name ? " and the sections " : " and the section ");
	for (; s->name; s++)
		buf_printf(out, "%s%s", s->name, !s[1].name ? "" : s[2].name ? ", " : " and ");
}

/* Where a key that is not of this section belongs, or what it was perhaps meant to be. */
static void
suggest(const char *section, const char *name, struct buf *out)
{
	const struct conf_form *f = reading->form;
	const char *near = nearest_key(section, name);
	const struct conf_form_section *s = *section ? NULL : nearest_section(name);

	if (near) {
		buf_printf(out, "; did you mean %s?", near);
		return;
	}
	if (s) {
		buf_str(out, "; did you mean the section ");
		show_section(s, out);
		buf_char(out, '?');
		return;
	}
	for (size_t i = 0; i < f->key_count; i++) {
		if (strcmp(f->keys[i].name, name))
			continue;
		if (*f->keys[i].section)
			buf_printf(out, "; %s belongs inside %s { ... }", name, f->keys[i].section);
		else
			buf_printf(out, "; %s belongs outside of every section", name);
		return;
	}
	show_known(section, out);
}

static void on_error(cfg_t *cfg, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));

static void
on_error(cfg_t *cfg, const char *fmt, va_list ap)
{
	const char *section = section_of(cfg);
	char msg[256];
	AUTO(buf) b = BUF_INIT;

	if (strcmp(fmt, "no such option '%s'") && strcmp(fmt, "found duplicate title '%s'")) {
		vsnprintf(msg, sizeof(msg), fmt, ap);
		stop_at(cfg->line, msg);
		return;
	}
	snprintf(msg, sizeof(msg), "%s", va_arg(ap, const char *));
	if (strcmp(fmt, "no such option '%s'")) {
		buf_printf(&b, "\"%s\" is given a second time", msg);
		stop_at(cfg->line, b.data);
		return;
	}
	buf_printf(&b, "unknown key %s%s%s", msg, *section ? " in section " : "", section);
	suggest(section, msg, &b);
	stop_at(cfg->line, b.data);
}

/* libconfuse calls a second time for the last value of a list, at the closing brace. */
static bool
is_told(const cfg_opt_t *opt, const struct conf_value *v)
{
	struct reading *r = reading;

	if (opt == r->list && v->index == r->index && !strcmp(v->text, r->told))
		return true;
	free(r->told);
	r->told = xstrdup(v->text);
	r->index = v->index;
	r->list = opt->flags & CFGF_LIST ? opt : NULL;
	return false;
}

/* Called by libconfuse as soon as a key has a value, while the line is still known.  A value that
 * is wrong does not end the reading: all of them are reported. */
static int
on_value(cfg_t *cfg, cfg_opt_t *opt)
{
	unsigned n = cfg_opt_size(opt);
	struct conf_value v = { .section = section_of(cfg),
				.title = cfg_title(cfg),
				.key = cfg_opt_name(opt),
				.line = (unsigned)cfg->line };

	if (!n)
		return 0;
	v.index = n - 1;
	v.text = cfg_opt_getnstr(opt, n - 1);
	if (!v.text || is_told(opt, &v))
		return 0;
	reading->form->value(reading->form->arg, &v);
	return 0;
}

static int
on_section(cfg_t *cfg, cfg_opt_t *opt)
{
	cfg_t *s = cfg_opt_getnsec(opt, cfg_opt_size(opt) - 1);
	struct conf_value v = { .section = cfg_opt_name(opt),
				.title = cfg_title(s),
				.text = "",
				.line = (unsigned)cfg->line };

	reading->form->value(reading->form->arg, &v);
	return 0;
}

/* libconfuse's description of the keys of one section. */
static cfg_opt_t *
describe(const char *section, cfg_opt_t *opts)
{
	const struct conf_form *f = reading->form;
	cfg_opt_t end = CFG_END();

	for (size_t i = 0; i < f->key_count; i++) {
		cfg_opt_t one = CFG_STR(f->keys[i].name, NULL, CFGF_NODEFAULT);
		cfg_opt_t many = CFG_STR_LIST(f->keys[i].name, NULL, CFGF_NODEFAULT);
		cfg_opt_t opt = f->keys[i].list ? many : one;

		if (strcmp(f->keys[i].section, section))
			continue;
		opt.validcb = on_value;
		*opts++ = opt;
	}
	*opts = end;
	return opts;
}

static void
describe_sections(cfg_opt_t *top, cfg_opt_t inside[][CONF_FORM_MAX + 1])
{
	cfg_opt_t end = CFG_END();

	for (size_t i = 0; reading->form->sections[i].name; i++) {
		const struct conf_form_section *s = &reading->form->sections[i];
		cfg_flag_t flags =
			s->title ? CFGF_MULTI | CFGF_TITLE | CFGF_NO_TITLE_DUPES : CFGF_NONE;
		cfg_opt_t opt = CFG_SEC(s->name, inside[i], flags);

		BUG_ON(i >= CONF_FORM_SECTIONS_MAX);
		describe(s->name, inside[i]);
		opt.validcb = s->title ? on_section : NULL;
		*top++ = opt;
	}
	*top = end;
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
	int line = 1, began, depth = 0, open[DEPTH_MAX];
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
		if (*s == '{' && depth < DEPTH_MAX)
			open[depth++] = line;
		else if (*s == '}' && depth)
			depth--;
		line += *s == '\n';
		start = strchr(" \t\r\n={}(),+\"'", *s) != NULL;
	}
	return depth ? open[0] : 0;
}

char *
conf_file_read(const char *file, struct err *e)
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
	cfg_opt_t top[CONF_FORM_MAX + CONF_FORM_SECTIONS_MAX + 1];
	cfg_opt_t inside[CONF_FORM_SECTIONS_MAX][CONF_FORM_MAX + 1];
	int line = blank_comments(text);
	cfg_t *cfg;

	if (line) {
		stop_at(line, "a string, comment or section begins here and does not end");
		return;
	}
	describe_sections(describe("", top), inside);
	cfg = cfg_init(top, CFGF_NONE);
	BUG_ON(!cfg);
	cfg_set_error_function(cfg, on_error);
	if (cfg_parse_buf(cfg, text) != CFG_SUCCESS)
		stop_at(cfg->line, "this cannot be understood");
	cfg_free(cfg);
}

bool
conf_file_parse(char *text, const struct conf_form *form)
{
	struct reading r = { .form = form };

	reading = &r;
	parse(text);
	free(r.told);
	reading = NULL;
	return !r.stopped;
}
