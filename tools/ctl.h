/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CTL_H
#define HOPTHU_CTL_H

#include "tools/client.h"
#include "tools/command.h"
#include "tools/out.h"

/* What a command works with, and how it talks to the door and to the person. */

/* Scripts rely on these. */
enum exit_status {
	LEAVE_DONE = 0,
	LEAVE_PARTLY = 1,   /* a part failed; each row says why */
	LEAVE_NOTFOUND = 2,
	LEAVE_USAGE = 64,
	LEAVE_DATA = 65,
	LEAVE_AWAY = 69,    /* daemon or directory cannot be reached */
	LEAVE_BUG = 70,
	LEAVE_CONFLICT = 73,
	LEAVE_ACCEPTED = 75, /* accepted, not yet applied */
	LEAVE_VERIFY = 76,
	LEAVE_DENIED = 77,
	LEAVE_CONFIG = 78,
	LEAVE_INTERRUPTED = 130,
};

struct ctl {
	struct command_line line;
	const struct command *cmd; /* line.command */
	struct out out;
	struct client *client;
	const char *socket;
	unsigned timeout_ms; /* for one answer */
	long timeout_s;      /* --timeout as given; -1: not given */
	char *password;
	int raw_argc; /* the command line as it came, for completion */
	char **raw_argv;
};

/* The value of an option, or NULL. */
const char *ctl_opt(const struct ctl *c, enum option id);
static inline bool
ctl_machine(const struct ctl *c)
{
	return c->out.format == OUT_JSON || c->out.format == OUT_JSONL;
}

/* --- talk: standard error --- */

/* "hopthuctl: sentence"; returns the status.  */
int ctl_fail(enum exit_status status, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for an error of ours; its class decides the status. */
int ctl_error(const struct ctl *c, const struct err *e);
void ctl_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Asks yes or no on the terminal.  False without one. */
bool ctl_ask(const char *question);
bool ctl_interactive(void);

/* --- paths --- */

/* Appends s with everything but letters, digits and -._~ escaped. */
void ctl_path(struct buf *path, const char *s);
/* Appends ?key=value or &key=value; nothing when value is NULL. */
void ctl_query(struct buf *path, const char *key, const char *value);
/* The same with an option's value. */
void ctl_query_opt(struct buf *path, const char *key, const struct ctl *c, enum option id);

/* --- calls: 0 and the answer's object (caller owns), or the exit status, the error being told --- */

int ctl_get(struct ctl *c, const char *path, json_t **answer) MUST_USE;
int ctl_send(struct ctl *c, const char *path, const char *type, const char *body, size_t len,
	     json_t **answer) MUST_USE;
/*
 * POSTs an object, which is taken over.  With -n nothing is sent: what would be is shown instead,
 * and *answer is NULL.
 */
int ctl_change(struct ctl *c, const char *path, json_t *body, json_t **answer) MUST_USE;
/* The answer as it is; nothing is told.  -1 when nobody answers. */
int ctl_call(struct ctl *c, const struct call *call, struct reply *r, struct err *e) MUST_USE;
/* Tells the error in a reply; returns the exit status. */
int ctl_refused(const struct ctl *c, const struct reply *r);
/* What a letter's rows are told, a line each; before: "" or "note: ". */
void ctl_say_rows(const char *before, const json_t *rows);

/*
 * Lists that come in pages: path?...&limit=&<cursor>=; each page's rows are printed as they come.
 * next: the key with the cursor for the next page.  limit 0: all.
 */
struct ctl_pages {
	const char *name;   /* key of the array */
	const char *cursor; /* name of the parameter */
	const char *first;  /* its value for the first page, or NULL */
	size_t limit;
	json_t *(*shape)(const json_t *row); /* as tables and csv show it; NULL: as it is */
	size_t printed; /* out */
	char next[300]; /* out: where a page after the last would begin; "" at the end */
};
/* One row, shaped unless a machine reads it. */
void ctl_row(struct ctl *c, json_t *(*shape)(const json_t *row), const json_t *row);
int ctl_list(struct ctl *c, const char *path, struct ctl_pages *pages,
	     const struct out_column *columns) MUST_USE;

/* --- checks: 0, or the exit status, the error being told --- */

/* Text of an argument as a number of at least `least`. */
int ctl_number(const char *text, const char *what, long least, long *number) MUST_USE;
/* Is the option's value (when given) one of the words?  Suggests. */
int ctl_one_of(const struct ctl *c, enum option id, const char *const *words) MUST_USE;
int ctl_required(const struct ctl *c, enum option id) MUST_USE;
/* --limit; 0 when not given. */
int ctl_limit(const struct ctl *c, size_t *limit) MUST_USE;

/* The words of vocabularies; end with NULL. */
extern const char *const ctl_states[], *const ctl_statuses[], *const ctl_roles[], *const ctl_events[],
	*const ctl_channels[], *const ctl_operations[];

/* Of a field of an object: "" when it is missing or no text. */
const char *ctl_text(const json_t *object, const char *key);
long ctl_integer(const json_t *object, const char *key); /* 0 when missing */
#endif
