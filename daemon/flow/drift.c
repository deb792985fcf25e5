/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/json.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir_watch.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/drift_form.h"

#define COOKIE_META "watch_cookie"     /* hex */
#define COOKIE_AT_META "watch_cookie_at" /* microseconds since 1970: when it came */
#define COOKIE_SLACK_US (10 * INT64_C(1000000))
#define BASELINE_META "watch_baseline" /* "1": a first refresh was seen through */
#define SAVE_MS 500

/* --- cookie and baseline --------------------------------------------------------------------- */

static void
save_soon(struct drifts *d)
{
	if (!d->cookie_fresh)
		loop_timer_set(d->save, SAVE_MS);
	d->cookie_fresh = true;
}

static bool
settled(const struct drifts *d)
{
	return !d->pending && !d->walking && !d->refreshing;
}

bool
drift_first(const struct drifts *d)
{
	return !d->baseline && (d->refreshing || d->walking);
}

static int
write_cookie(struct drifts *d, struct err *e)
{
	struct store *s = d->flow->store;
	AUTO(buf) hex = BUF_INIT;
	AUTO(str) at = xasprintf("%" PRId64, d->cookie_at);

	buf_hex(&hex, d->cookie.data, d->cookie.len);
	return store_note(s, COOKIE_META, hex.data, e) || store_note(s, COOKIE_AT_META, at, e) ||
			       (!d->baseline && store_note(s, BASELINE_META, "1", e)) ? -1 : 0;
}

/* What was handled is committed before it or with it, never after it. */
static void
on_save(void *arg)
{
	struct drifts *d = arg;
	struct store *s = d->flow->store;

	if (d->flow->incident)
		return; /* what was seen is not recorded: it is to be told again */
	if (!d->cookie_fresh || !settled(d)) {
		if (d->cookie_fresh)
			loop_timer_set(d->save, SAVE_MS);
		return;
	}
	if (store_begin(s, NULL)) {
		loop_timer_set(d->save, SAVE_MS);
		return;
	}
	if (write_cookie(d, NULL)) {
		store_abort(s);
		loop_timer_set(d->save, SAVE_MS);
		return;
	}
	if (store_end(s, NULL))
		return;
	d->cookie_fresh = false;
	d->baseline = true;
}

void
drift_begin_again(struct drifts *d, const char *why)
{
	d->cookie_fresh = false;
	loop_timer_stop(d->save);
	dir_watch_restart(d->watch, why);
}

/* What memory took for recorded is not. */
static void
take_back(struct drifts *d)
{
	d->open = store_drift_count(d->flow->store);
	drift_brake_read(d);
}

static void
on_written(void *arg, const struct err *failure)
{
	struct drifts *d = arg;

	if (!failure) {
		d->failed = false;
		return;
	}
	take_back(d);
	drift_begin_again(d, "what was seen could not be recorded");
}

void
drift_judged(struct drifts *d, enum drift_verdict v, const struct err *e)
{
	if (v == DRIFT_WRITTEN)
		store_after_commit(d->flow->store, on_written, d);
	if (v == DRIFT_FAILED) {
		if (!d->failed) /* it is told again with each new connection */
			log_error("a change of the directory cannot be recorded: %s", e->msg);
		d->failed = true;
		take_back(d);
		drift_begin_again(d, e->msg);
	}
}

/* --- the watch's events ---------------------------------------------------------------------- */

static int
unhex(const char *hex, struct buf *out)
{
	for (; hex[0] && hex[1]; hex += 2) {
		unsigned byte;

		if (sscanf(hex, "%2x", &byte) != 1)
			return -1;
		buf_char(out, (char)byte);
	}
	return 0;
}

static void
on_resume(void *arg, struct buf *cookie)
{
	struct drifts *d = arg;
	AUTO(str) hex = store_meta(d->flow->store, COOKIE_META);

	if (hex && unhex(hex, cookie))
		buf_clear(cookie);
}

static void
on_begin(void *arg, bool full)
{
	struct drifts *d = arg;
	AUTO(str) at = store_meta(d->flow->store, COOKIE_AT_META);

	d->recent_since = at ? strtoll(at, NULL, 10) - COOKIE_SLACK_US : 0;
	if (full && d->baseline)
		log_info("the watch compares the whole directory with what hopthu knows");
	drift_walk_forget(d);
	d->refreshing = true;
	d->walking = false;
}

static void
on_entry(void *arg, const uint8_t uuid[DIR_UUID], const struct dir_entry *entry)
{
	struct drifts *d = arg;
	char text[DIR_UUID_TEXT];
	struct drift_ask ask = { .entry = entry, .uuid = text, .baseline = drift_first(d) };
	struct err e = ERR_INIT;
	enum drift_verdict v;

	dir_uuid_text(uuid, text);
	if (d->refreshing)
		drift_walk_name(d, uuid, true);
	(void)drift_mark_stale(d, text);
	v = drift_see(d->flow, &ask, &e);
	if (v == DRIFT_DOUBT)
		drift_confirm(d, text, entry->dn);
	else
		drift_judged(d, v, &e);
}

static void
on_present(void *arg, const uint8_t uuid[DIR_UUID])
{
	struct drifts *d = arg;

	if (d->refreshing)
		drift_walk_name(d, uuid, false);
}

static void
on_gone(void *arg, const uint8_t uuid[DIR_UUID])
{
	struct drifts *d = arg;
	AUTO(arena) a = arena_new();
	char text[DIR_UUID_TEXT];
	const char *dn, *opid;

	dir_uuid_text(uuid, text);
	if (drift_known(d->flow, text, &dn, &opid, a))
		drift_confirm(d, text, dn);
}

static void
on_named(void *arg)
{
	drift_walk(arg, 0);
}

/*
 * What we know of later than the cookie slapd cannot know that we saw: it does not tell that such an entry
 * is gone, and calls one unchanged that came back from a backup of before.  So what we know since about
 * then, and what was not sent now, is read as well.
 */
static void
on_refreshed(void *arg)
{
	struct drifts *d = arg;

	drift_walk(d, d->recent_since);
	d->refreshing = false;
	log_info("the watch hears of every change in the directory");
}

static void
on_cookie(void *arg, const void *data, size_t n)
{
	struct drifts *d = arg;

	buf_clear(&d->cookie);
	buf_add(&d->cookie, data, n);
	d->cookie_at = (int64_t)clock_wall_us();
	save_soon(d);
}

static void
on_refused(void *arg, const char *why)
{
	struct drifts *d = arg;
	struct store *s = d->flow->store;

	log_warn("the directory does not take up the watch where it ended (%s): everything is compared",
		 why);
	d->cookie_fresh = false;
	if (store_begin(s, NULL))
		return; /* asked again with the same cookie, and refused again */
	if (store_note(s, COOKIE_META, "", NULL))
		store_abort(s);
	else
		(void)!store_end(s, NULL);
}

static void
on_down(void *arg, const char *reason)
{
	struct drifts *d = arg;

	if (dir_watch_state(d->watch) == DIR_WATCH_IMPOSSIBLE)
		log_error("changes that others make cannot be seen: %s", reason);
	if (!d->reading)
		drift_confirm_forget(d);
	d->refreshing = d->walking = false;
	d->cookie_fresh = false; /* it may count what was only half looked at */
	drift_walk_forget(d);
}

/* --- life ------------------------------------------------------------------------------------ */

void
drift_start(struct flow *f)
{
	struct drifts *d = xcalloc(1, sizeof(*d));
	struct dir_watch_events ev = { on_resume, on_begin, on_entry, on_present, on_gone, on_named,
				       on_refreshed, on_cookie, on_refused, on_down, d };
	AUTO(str) baseline = store_meta(f->store, BASELINE_META);

	d->flow = f;
	f->drift = d;
	d->baseline = baseline != NULL;
	d->open = store_drift_count(f->store);
	d->pending_end = &d->pending;
	buf_init(&d->cookie);
	d->save = loop_timer_new(f->loop, on_save, d);
	d->retry = loop_timer_new(f->loop, drift_on_retry, d);
	drift_brake_read(d);
	drift_log_init(f);
	d->watch = dir_watch_new(f->loop, &f->conf->directory, &ev);
}

void
drift_free(struct flow *f)
{
	struct drifts *d = f->drift;

	if (!d)
		return;
	f->drift = NULL;
	dir_watch_free(d->watch);
	drift_log_free(d);
	loop_timer_free(d->save);
	loop_timer_free(d->retry);
	loop_forget(f->loop, d);
	store_forget(f->store, d);
	drift_confirm_forget(d);
	drift_walk_forget(d);
	buf_release(&d->cookie);
	free(d->held);
	free(d);
}

void
drift_reconfigure(struct flow *f)
{
	if (f->drift)
		dir_watch_reconfigure(f->drift->watch, &f->conf->directory);
}

bool
drift_watches(const struct flow *f)
{
	return f->drift && f->drift->baseline &&
	       dir_watch_state(f->drift->watch) != DIR_WATCH_IMPOSSIBLE;
}

void
drift_status(const struct flow *f, struct drift_status *out)
{
	const struct drifts *d = f->drift;

	*out = (struct drift_status){ .state = "away", .reason = "", .held = drift_held_why(f) };
	if (!d)
		return;
	out->state = dir_watch_state_word(dir_watch_state(d->watch));
	out->reason = dir_watch_reason(d->watch);
	out->last_change = d->last_change;
	out->open = d->open;
}
