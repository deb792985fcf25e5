/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "tools/ctl.h"
#include "tools/sasl.h"
#include "tools/secret.h"

#define X(N, w, d) w,
const char *const ctl_states[] = { VOCAB_STATES(X) "open", NULL };
const char *const ctl_statuses[] = { VOCAB_STATUSES(X) NULL };
const char *const ctl_roles[] = { VOCAB_ROLES(X) NULL };
const char *const ctl_events[] = { VOCAB_EVENTS(X) NULL };
const char *const ctl_channels[] = { VOCAB_CHANNELS(X) NULL };
const char *const ctl_operations[] = { VOCAB_OPS(X) NULL };
#undef X

const char *
ctl_opt(const struct ctl *c, enum option id)
{
	return c->line.opt[id];
}

const char *
ctl_text(const json_t *object, const char *key)
{
	const char *s = json_str(object, key);

	return s ? s : "";
}

long
ctl_integer(const json_t *object, const char *key)
{
	return (long)json_integer_value(json_object_get(object, key));
}

/* --- talk --------------------------------------------------------------------------------------- */

static void say(const char *before, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
static void
say(const char *before, const char *fmt, va_list ap)
{
	char text[4096];
	AUTO(buf) b = BUF_INIT;

	vsnprintf(text, sizeof(text), fmt, ap);
	out_safe(&b, text);
	fflush(stdout); /* keep the order when both go to one terminal */
	fprintf(stderr, "%s%s\n", before, b.data);
}

int
ctl_fail(enum exit_status status, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("hopthuctl: ", fmt, ap);
	va_end(ap);
	return status;
}

void
ctl_say(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say("", fmt, ap);
	va_end(ap);
}

static const struct {
	const char *word;
	enum exit_status status;
} classes[] = {
	[ERR_NONE] = { "bug", LEAVE_BUG },
	[ERR_TEMP] = { "temp", LEAVE_AWAY },
	[ERR_PERM] = { "perm", LEAVE_BUG },
	[ERR_CONFLICT] = { "conflict", LEAVE_CONFLICT },
	[ERR_AUTH] = { "auth", LEAVE_DENIED },
	[ERR_DENIED] = { "denied", LEAVE_DENIED },
	[ERR_USAGE] = { "usage", LEAVE_USAGE },
	[ERR_NOTFOUND] = { "notfound", LEAVE_NOTFOUND },
	[ERR_CONFIG] = { "config", LEAVE_CONFIG },
};

/* Programs that read json get the error as an object, too. */
static void
error_object(const struct ctl *c, const json_t *error)
{
	if (!ctl_machine(c))
		return;
	json_dumpf(error, stdout, c->out.format == OUT_JSON ? JSON_INDENT(1) : JSON_COMPACT);
	putchar('\n');
}

int
ctl_error(const struct ctl *c, const struct err *e)
{
	AUTO(json) o = json_pack("{s:s, s:s}", "error", e->msg, "class", classes[e->class].word);

	if (o)
		error_object(c, o);
	return ctl_fail(classes[e->class].status, "%s", e->msg);
}

bool
ctl_interactive(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool
ctl_ask(const char *question)
{
	char answer[16];

	if (!ctl_interactive())
		return false;
	fflush(stdout);
	fprintf(stderr, "%s [y/N] ", question);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

/* --- paths -------------------------------------------------------------------------------------- */

void
ctl_path(struct buf *path, const char *s)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";

	for (; *s; s++) {
		if (strchr(plain, *s))
			buf_char(path, *s);
		else
			buf_printf(path, "%%%02X", (unsigned char)*s);
	}
}

void
ctl_query(struct buf *path, const char *key, const char *value)
{
	if (!value)
		return;
	buf_printf(path, "%c%s=", strchr(path->data, '?') ? '&' : '?', key);
	ctl_path(path, value);
}

void
ctl_query_opt(struct buf *path, const char *key, const struct ctl *c, enum option id)
{
	ctl_query(path, key, ctl_opt(c, id));
}

/* --- calls -------------------------------------------------------------------------------------- */

/* The password is wanted before the connection, so that nothing is held while a person types. */
static int
prepare(struct ctl *c, struct err *e)
{
	const char *user = ctl_opt(c, OPT_USER), *file = ctl_opt(c, OPT_PASSWORD_FILE);
	static struct login login;

	if (c->client)
		return 0;
	if (file && !user)
		return err_set(e, ERR_USAGE, "--password-file goes with --user NAME");
	if (user && !c->password) {
		AUTO(str) prompt = xasprintf("Password of %s", user);

		c->password = file ? secret_from_file(file, e) : secret_ask(prompt, "password-file", e);
		if (!c->password)
			return -1;
	}
	c->client = client_new(c->socket);
	if (user) {
		login = (struct login){ .user = user, .password = c->password };
		client_on_connect(c->client, sasl_log_in, &login);
	}
	return 0;
}

int
ctl_call(struct ctl *c, const struct call *call, struct reply *r, struct err *e)
{
	return prepare(c, e) ? -1 : client_call(c->client, call, r, e);
}

static enum exit_status
status_of(int http, const char *class)
{
	if (!strcmp(class, "config"))
		return LEAVE_CONFIG;
	switch (http) {
	case 400:
	case 405:
	case 411:
	case 413:
	case 431:
		return strcmp(class, "usage") ? LEAVE_DATA : LEAVE_USAGE;
	case 401:
	case 403:
		return LEAVE_DENIED;
	case 404:
		return LEAVE_NOTFOUND;
	case 409:
		return LEAVE_CONFLICT;
	case 408:
	case 429:
	case 503:
		return LEAVE_AWAY;
	}
	return LEAVE_BUG;
}

/* row 7 (line 8), birth_year "19x0": what is wrong and what would be right */
static void
row_error(const char *before, const json_t *error)
{
	long row = ctl_integer(error, "row"), line = ctl_integer(error, "line");
	const char *column = ctl_text(error, "column"), *value = ctl_text(error, "value");
	AUTO(buf) b = BUF_INIT;

	if (row)
		buf_printf(&b, "row %ld", row);
	if (row && line)
		buf_printf(&b, " (line %ld)", line);
	else if (line)
		buf_printf(&b, "line %ld", line);
	if (*column)
		buf_printf(&b, "%s%s", b.len ? ", " : "", column);
	if (*value)
		buf_printf(&b, "%s\"%s\"", *column ? " " : b.len ? ", " : "", value);
	if (!b.len)
		buf_str(&b, "the file");
	ctl_say("%s%s: %s", before, b.data, ctl_text(error, "message"));
}

void
ctl_say_rows(const char *before, const json_t *rows)
{
	for (size_t i = 0; i < json_array_size(rows); i++)
		row_error(before, json_array_get(rows, i));
}

int
ctl_refused(const struct ctl *c, const struct reply *r)
{
	const char *why = ctl_text(r->body, "error");
	enum exit_status status = status_of(r->status, ctl_text(r->body, "class"));

	if (r->body)
		error_object(c, r->body);
	ctl_say_rows("note: ", json_object_get(r->body, "notes"));
	ctl_say_rows("", json_object_get(r->body, "errors"));
	if (*why)
		return ctl_fail(status, "%s", why);
	if (r->status == 413)
		return ctl_fail(status, "hopthud takes no letter as large as this: split it");
	return ctl_fail(status, "hopthud answered with HTTP status %d and no explanation; see its log "
			"(`journalctl -u hopthud`)", r->status);
}

/* The object of a good answer, or the exit status. */
static int
answer_of(struct ctl *c, const struct call *call, json_t **answer)
{
	struct reply r = { .status = 0 };
	struct err e = ERR_INIT;
	int status = 0;

	if (ctl_call(c, call, &r, &e))
		return ctl_error(c, &e);
	if (r.status < 200 || r.status > 299)
		status = ctl_refused(c, &r);
	else if (!json_is_object(r.body))
		status = ctl_fail(LEAVE_BUG, "what hopthud answered to %s %s is not a JSON object",
				  call->method, call->path);
	else
		*answer = STEAL(r.body);
	reply_release(&r);
	return status;
}

int
ctl_get(struct ctl *c, const char *path, json_t **answer)
{
	struct call call = { .method = "GET", .path = path, .timeout_ms = c->timeout_ms };

	return answer_of(c, &call, answer);
}

int
ctl_send(struct ctl *c, const char *path, const char *type, const char *body, size_t len,
	 json_t **answer)
{
	struct call call = { .method = "POST", .path = path, .type = type, .body = body, .len = len,
			     .timeout_ms = c->timeout_ms };

	return answer_of(c, &call, answer);
}

int
ctl_change(struct ctl *c, const char *path, json_t *body, json_t **answer)
{
	AUTO(json) owned = body;
	AUTO(str) text = NULL;

	BUG_ON(!owned); /* json_pack of ours failed */
	*answer = NULL;
	text = json_dumps(owned, JSON_COMPACT);
	BUG_ON(!text);
	if (!ctl_opt(c, OPT_DRY_RUN))
		return ctl_send(c, path, "application/json", text, strlen(text), answer);
	if (ctl_machine(c)) {
		AUTO(json) o = json_pack("{s:b, s:s, s:s, s:O}", "dry_run", 1, "method", "POST", "path",
					 path, "body", owned);

		out_object(&c->out, NULL, o);
		return 0;
	}
	ctl_say("would send: POST %s %s", path, text);
	ctl_say("nothing was changed (-n)");
	return 0;
}

/* --- pages -------------------------------------------------------------------------------------- */

/* The cursor that the page names, as text; "" at the end. */
static void
next_cursor(const json_t *page, char *out, size_t size)
{
	const json_t *next = json_object_get(page, "next");

	*out = '\0';
	if (json_is_integer(next))
		snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(next));
	else if (json_is_string(next))
		snprintf(out, size, "%s", json_string_value(next));
}

void
ctl_row(struct ctl *c, json_t *(*shape)(const json_t *row), const json_t *row)
{
	AUTO(json) shaped = shape && !ctl_machine(c) ? shape(row) : NULL;

	out_row(&c->out, shaped ? shaped : row);
}

int
ctl_list(struct ctl *c, const char *path, struct ctl_pages *p, const struct out_column *columns)
{
	char limit[24], reading[128] = "";
	bool begun = false;
	int status = 0;

	p->next[0] = '\0';
	do {
		size_t want = p->limit && p->limit - p->printed < 1000 ? p->limit - p->printed : 1000;
		AUTO(json) page = NULL;
		AUTO(buf) b = BUF_INIT;
		const json_t *rows;

		buf_str(&b, path);
		snprintf(limit, sizeof(limit), "%zu", want);
		ctl_query(&b, "limit", limit);
		ctl_query(&b, p->cursor, *p->next ? p->next : p->first);
		ctl_query(&b, "reading", *reading ? reading : NULL);
		status = ctl_get(c, b.data, &page);
		if (status)
			break;
		if (!begun)
			out_begin(&c->out, p->name, columns);
		begun = true;
		rows = json_object_get(page, p->name);
		for (size_t i = 0; i < json_array_size(rows) && (!p->limit || p->printed < p->limit); i++) {
			ctl_row(c, p->shape, json_array_get(rows, i));
			p->printed++;
		}
		next_cursor(page, p->next, sizeof(p->next));
		snprintf(reading, sizeof(reading), "%s", ctl_text(page, "reading"));
	} while (*p->next && !(p->limit && p->printed >= p->limit));
	if (begun)
		out_end(&c->out);
	return status;
}

/* --- checks ------------------------------------------------------------------------------------- */

int
ctl_number(const char *text, const char *what, long least, long *number)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (!*text || *end || errno || n < least || *text == '+' || *text == ' ')
		return ctl_fail(LEAVE_USAGE, "\"%s\" is no %s: a whole number of at least %ld is wanted", text,
				what, least);
	*number = n;
	return 0;
}

int
ctl_one_of(const struct ctl *c, enum option id, const char *const *words)
{
	const char *value = ctl_opt(c, id), *near;
	AUTO(buf) all = BUF_INIT;

	if (!value)
		return 0;
	for (size_t i = 0; words[i]; i++) {
		if (!strcmp(words[i], value))
			return 0;
		buf_printf(&all, "%s%s", i ? ", " : "", words[i]);
	}
	near = nearest_word(value, words);
	if (near)
		return ctl_fail(LEAVE_USAGE, "--%s knows no \"%s\"; did you mean %s?", option_table[id].name,
				value, near);
	return ctl_fail(LEAVE_USAGE, "--%s knows no \"%s\", only: %s", option_table[id].name, value,
			all.data);
}

int
ctl_required(const struct ctl *c, enum option id)
{
	const char *value = ctl_opt(c, id);

	if (value && *value)
		return 0;
	return ctl_fail(LEAVE_USAGE, "`%s %s` needs --%s %s: %s", c->cmd->noun, c->cmd->verb,
			option_table[id].name, option_table[id].value, option_table[id].help);
}

int
ctl_limit(const struct ctl *c, size_t *limit)
{
	long n = 0;

	if (ctl_opt(c, OPT_LIMIT) && ctl_number(ctl_opt(c, OPT_LIMIT), "number for --limit", 1, &n))
		return LEAVE_USAGE;
	*limit = (size_t)n;
	return 0;
}
