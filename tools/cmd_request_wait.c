/* SPDX-License-Identifier: BSD-2-Clause */
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/request.h"

#define POLL_MS 30000   /* one long poll */
#define AWAY_MS 60000   /* a restart of hopthud takes less */
#define ANSWER_MS 15000 /* beyond the long poll */

struct waiting {
	struct ctl *c;
	long id;
	int64_t until; /* monotonic; 0: for ever */
	int64_t away;  /* since when nobody answers; 0: somebody does */
	bool progress;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
has_ended(const char *state)
{
	return !strcmp(state, "done") || !strcmp(state, "failed") || !strcmp(state, "refused") ||
	       !strcmp(state, "cancelled");
}

static bool
is_held(const json_t *r)
{
	return !strcmp(ctl_text(r, "state"), "held");
}

static void
show_progress(struct waiting *w, const json_t *r)
{
	AUTO(buf) b = BUF_INIT;
	const json_t *counts = json_object_get(r, "counts");
	long all = ctl_integer(r, "item_count");
	const char *why = ctl_text(r, "waiting_for");

	if (!w->progress)
		return;
	buf_printf(&b, "request %ld: %s, %ld of %ld done", w->id, ctl_text(r, "state"),
		   ctl_integer(counts, "done"), all);
	if (*why) {
		buf_str(&b, "; ");
		out_safe(&b, why);
	}
	fprintf(stderr, "\r\033[K%.*s", 200, b.data);
}

static void
end_progress(struct waiting *w)
{
	if (w->progress)
		fputs("\r\033[K", stderr);
}

/* Nobody answers: true while it may be a restart.  Only a hopthud that was met can restart. */
static bool
may_return(struct waiting *w)
{
	if (!client_met(w->c->client))
		return false;
	if (!w->away)
		w->away = now_ms();
	if (now_ms() - w->away > AWAY_MS)
		return false;
	poll(NULL, 0, 500);
	return true;
}

/* One long poll.  0 with *r, or 0 without when nobody answers just now, or the exit status. */
static int
poll_once(struct waiting *w, json_t **r)
{
	AUTO(buf) path = BUF_INIT;
	struct call call = { .method = "GET" };
	struct reply reply = { .status = 0 };
	struct err e = ERR_INIT;
	int64_t left = POLL_MS;
	int status = 0;

	if (w->until && w->until - now_ms() < left)
		left = w->until > now_ms() ? w->until - now_ms() : 0;
	request_path(&path, w->id, "/wait");
	buf_printf(&path, "?timeout=%d", (int)((left + 999) / 1000));
	call.path = path.data;
	call.timeout_ms = (unsigned)left + ANSWER_MS;
	if (ctl_call(w->c, &call, &reply, &e)) {
		if (e.class == ERR_TEMP && may_return(w))
			return 0;
		end_progress(w);
		return ctl_error(w->c, &e);
	}
	if (reply.status >= 200 && reply.status <= 299 && json_is_object(reply.body)) {
		*r = STEAL(reply.body);
		w->away = 0;
	} else if (reply.status != 503 || !may_return(w)) { /* 503: it is stopping or busy */
		end_progress(w);
		status = ctl_refused(w->c, &reply);
	}
	reply_release(&reply);
	return status;
}

static int
get_whole(struct ctl *c, long id, json_t **r)
{
	AUTO(buf) path = BUF_INIT;
	int status;

	request_path(&path, id, "");
	status = ctl_get(c, path.data, r);
	return status ? status : request_fill(c, *r);
}

/* The rows that did not come to a good end, one a line. */
static int
tell_failures(struct ctl *c, long id)
{
	AUTO(json) r = NULL;
	const json_t *items;
	int status = get_whole(c, id, &r);

	if (status)
		return status;
	items = json_object_get(r, "items");
	for (size_t i = 0; i < json_array_size(items); i++) {
		const json_t *item = json_array_get(items, i);
		const char *state = ctl_text(item, "state"), *why = ctl_text(item, "error");

		if (strcmp(state, "done") != 0)
			ctl_say("row %ld, %s %s: %s%s%s", ctl_integer(item, "row"), ctl_text(item, "op"),
				ctl_text(item, "address"), state, *why ? ": " : "", why);
	}
	return 0;
}

static int
judge_end(struct ctl *c, long id, const json_t *r)
{
	const char *state = ctl_text(r, "state"), *why = ctl_text(r, "refusal");
	long done = ctl_integer(json_object_get(r, "counts"), "done"), all = ctl_integer(r, "item_count");
	const char *waits = ctl_text(r, "waiting_for");
	int status;

	if (!strcmp(state, "done") && done == all)
		return 0;
	if (!strcmp(state, "refused") || !strcmp(state, "cancelled"))
		return ctl_fail(LEAVE_PARTLY, "request %ld was %s%s%s", id, state, *why ? ": " : "", why);
	if (has_ended(state) || is_held(r)) {
		status = tell_failures(c, id);
		if (status)
			return status;
	}
	if (has_ended(state))
		return ctl_fail(LEAVE_PARTLY, "%ld of %ld rows of request %ld are not done", all - done, all,
				id);
	if (is_held(r))
		return ctl_fail(LEAVE_ACCEPTED, "request %ld is held and needs a person%s%s", id,
				*waits ? ": " : "", waits);
	return ctl_fail(LEAVE_ACCEPTED, "request %ld has not ended yet: %s%s%s", id, state,
			*waits ? "; " : "", waits);
}

static int
print_end(struct ctl *c, long id, const json_t *last, bool items)
{
	AUTO(json) whole = NULL;
	int status;

	if (items) {
		status = get_whole(c, id, &whole);
		if (status)
			return status;
	}
	request_print(c, items ? whole : last);
	return judge_end(c, id, last);
}

int
request_wait(struct ctl *c, long id, bool items)
{
	struct waiting w = { .c = c, .id = id, .progress = isatty(STDERR_FILENO) == 1 };
	AUTO(json) last = NULL;
	bool first = true;

	if (c->timeout_s >= 0)
		w.until = now_ms() + c->timeout_s * 1000;
	while (!last || !(has_ended(ctl_text(last, "state")) || is_held(last))) {
		int64_t began = now_ms();
		json_t *r = NULL;
		int status;

		if (w.until && !first && now_ms() >= w.until)
			break;
		status = poll_once(&w, &r);
		first = false;
		if (status)
			return status;
		if (!r)
			continue;
		json_decref(last);
		last = r;
		show_progress(&w, last);
		if (now_ms() - began < 100 && !has_ended(ctl_text(last, "state")))
			poll(NULL, 0, 100); /* a door that does not wait must not be hammered */
	}
	end_progress(&w);
	if (!last)
		return ctl_fail(LEAVE_AWAY, "hopthud does not answer");
	return print_end(c, id, last, items);
}

int
cmd_request_wait(struct ctl *c)
{
	long id;
	int status = request_id(c, &id);

	return status ? status : request_wait(c, id, false);
}
