/* SPDX-License-Identifier: BSD-2-Clause */
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include "tools/audit.h"

#define NEWEST 10
#define PAGE 1000
#define POLL_MS 30000   /* one long poll */
#define ANSWER_MS 15000 /* beyond it */
#define AGAIN_MS 500    /* between two tries while hopthud is away */

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Pages from the newest back; each is older than what there is. */
int
audit_newest(struct ctl *c, const char *path, size_t n, json_t **rows, long *next,
	     char reading[AUDIT_READING])
{
	json_t *all = json_array();
	long before = 0;
	int status = 0;

	reading[0] = '\0';
	do {
		size_t want = n - json_array_size(all);
		AUTO(json) page = NULL;
		AUTO(str) limit = xasprintf("%zu", want < PAGE ? want : PAGE);
		AUTO(str) earlier = before ? xasprintf("%ld", before) : NULL;
		AUTO(buf) b = BUF_INIT;
		json_t *older;

		buf_str(&b, path);
		ctl_query(&b, "last", "1");
		ctl_query(&b, "limit", limit);
		ctl_query(&b, "before", earlier);
		ctl_query(&b, "reading", *reading ? reading : NULL);
		status = ctl_get(c, b.data, &page);
		if (status)
			break;
		if (!before)
			*next = ctl_integer(page, "next");
		older = json_copy(json_object_get(page, "records"));
		if (!older)
			older = json_array();
		json_array_extend(older, all);
		json_decref(all);
		all = older;
		before = ctl_integer(page, "earlier");
		snprintf(reading, AUDIT_READING, "%s", ctl_text(page, "reading"));
	} while (before && json_array_size(all) < n);
	if (status)
		json_decref(all);
	else
		*rows = all;
	return status;
}

/* --- following -------------------------------------------------------------------------------- */

struct following {
	struct ctl *c;
	const char *path;
	long after;
	int64_t until; /* monotonic; 0: for ever */
	bool away;     /* that nobody answers was said */
	char reading[AUDIT_READING];
};

/* Only a hopthud that was met can restart; how long that takes is not ours to say. */
static bool
may_return(struct following *w, const char *why)
{
	if (!client_met(w->c->client))
		return false;
	if (!w->away)
		ctl_say("hopthud does not answer (%s); waiting for it", why);
	w->away = true;
	poll(NULL, 0, AGAIN_MS);
	return true;
}

static void
print(struct following *w, const json_t *page)
{
	const json_t *rows = json_object_get(page, "records");

	for (size_t i = 0; i < json_array_size(rows); i++)
		ctl_row(w->c, audit_shape, json_array_get(rows, i));
	if (json_array_size(rows))
		out_flush(&w->c->out);
	w->after = ctl_integer(page, "next");
	snprintf(w->reading, sizeof(w->reading), "%s", ctl_text(page, "reading"));
	if (w->away)
		ctl_say("hopthud answers again");
	w->away = false;
}

/* One long poll; 0: go on. */
static int
poll_once(struct following *w, int64_t left)
{
	AUTO(str) numbers = xasprintf("%clast=0&limit=%d&after=%ld&timeout=%d",
				      strchr(w->path, '?') ? '&' : '?', PAGE, w->after,
				      (int)((left + 999) / 1000));
	AUTO(buf) path = BUF_INIT;
	struct call call = { .method = "GET", .timeout_ms = (unsigned)left + ANSWER_MS };
	struct reply reply = { .status = 0 };
	struct err e = ERR_INIT;
	int status = 0;

	buf_printf(&path, "%s%s", w->path, numbers);
	ctl_query(&path, "reading", *w->reading ? w->reading : NULL);
	call.path = path.data;
	if (ctl_call(w->c, &call, &reply, &e))
		return e.class == ERR_TEMP && may_return(w, e.msg) ? 0 : ctl_error(w->c, &e);
	if (reply.status == 200 && json_is_object(reply.body))
		print(w, reply.body);
	else if (reply.status != 503 || !may_return(w, ctl_text(reply.body, "error")))
		status = ctl_refused(w->c, &reply);
	reply_release(&reply);
	return status;
}

static int
follow(struct following *w)
{
	int status = 0;

	if (w->c->timeout_s >= 0)
		w->until = now_ms() + w->c->timeout_s * 1000;
	while (!status && (!w->until || now_ms() < w->until)) {
		int64_t began = now_ms(), left = POLL_MS;
		long after = w->after;

		if (w->until && w->until - began < left)
			left = w->until - began;
		status = poll_once(w, left);
		if (after == w->after && now_ms() - began < 100)
			poll(NULL, 0, 100); /* a door that does not wait must not be hammered */
	}
	return status;
}

int
cmd_audit_tail(struct ctl *c)
{
	struct following w = { .c = c };
	AUTO(buf) path = BUF_INIT;
	AUTO(json) rows = NULL;
	bool on = ctl_opt(c, OPT_FOLLOW) != NULL;
	long n = NEWEST;
	int status = 0;

	if (on && c->out.format == OUT_JSON)
		return ctl_fail(LEAVE_USAGE, "-o json is written when everything is there, and -f never ends: "
				"use -o jsonl");
	if (ctl_opt(c, OPT_LAST))
		status = ctl_number(ctl_opt(c, OPT_LAST), "number of records", 0, &n);
	buf_str(&path, "/v1/audit/tail");
	if (!status)
		status = audit_filter(c, &path);
	if (!status)
		status = audit_newest(c, path.data, n ? (size_t)n : 1, &rows, &w.after, w.reading);
	if (status)
		return status;
	out_begin(&c->out, "records", audit_columns(c));
	for (size_t i = 0; n && i < json_array_size(rows); i++)
		ctl_row(c, audit_shape, json_array_get(rows, i));
	out_flush(&c->out);
	w.path = path.data;
	if (on)
		status = follow(&w);
	out_end(&c->out);
	return status;
}
