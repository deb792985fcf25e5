/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/directory/dir_int.h"
#include "daemon/directory/dir_watch.h"

#define HEART_MS 20000  /* a connection whose other end is gone is noticed */
#define AGAIN_MS 1000   /* after a search that ended without a good reason */
#define LATER_MS 30000  /* after one that the directory cannot do */

struct dir_watch {
	struct dir *dir;
	struct dir_watch_events ev;
	const struct conf_directory *conf;
	enum dir_watch_state state;
	struct loop_timer *heart, *again;
	bool searching, beating, with_cookie, full;
	char why[ERR_MSG_MAX];
};

const char *const dir_watch_attrs[] = {
	"*",	       "entryUUID",	      "entryCSN",	"modifiersName",
	"modifyTimestamp", "pwdAccountLockedTime", "pwdChangedTime", NULL,
};

static void search(struct dir_watch *w);

const char *
dir_watch_state_word(enum dir_watch_state s)
{
	static const char *const words[] = {
		[DIR_WATCH_AWAY] = "away",
		[DIR_WATCH_REFRESH] = "refreshing",
		[DIR_WATCH_PERSIST] = "watching",
		[DIR_WATCH_IMPOSSIBLE] = "impossible",
	};

	return words[s];
}

static void
say(struct dir_watch *w, enum dir_watch_state state, const char *why)
{
	w->state = state;
	snprintf(w->why, sizeof(w->why), "%s", why);
}

/* --- the heart ------------------------------------------------------------------------------- */

static void
on_beat(void *arg, const struct dir_result *r)
{
	struct dir_watch *w = arg;

	(void)r; /* without an answer in time the connection is given up */
	w->beating = false;
}

static void
on_heart(void *arg)
{
	static const char *const nothing[] = { "1.1", NULL };
	struct dir_watch *w = arg;

	if (!w->beating && dir_state(w->dir) == DIR_READY) {
		w->beating = true;
		dir_read(w->dir, "", nothing, on_beat, w);
	}
	loop_timer_set(w->heart, HEART_MS);
}

/* --- what comes ------------------------------------------------------------------------------ */

/*
 * A cookie is slapd's own business, but for this: while earlier writes are still on their way it sends one
 * that names no state ("rid=000"), and would take it for none at all when it came back.
 */
static bool
names_state(const struct dir_sync_cookie *c)
{
	return c->len && c->len <= DIR_SYNC_COOKIE_MAX && (c->len < 4 || memcmp(c->data, "rid=", 4) || memmem(c->data, c->len, "csn=", 4));
}

static void
take_cookie(struct dir_watch *w, const struct dir_sync_cookie *c)
{
	if (c->data && names_state(c) && w->state == DIR_WATCH_PERSIST)
		w->ev.cookie(w->ev.arg, c->data, c->len);
}

static void
on_present(void *arg, const uint8_t *uuid)
{
	struct dir_watch *w = arg;

	w->ev.present(w->ev.arg, uuid);
}

static void
on_gone(void *arg, const uint8_t *uuid)
{
	struct dir_watch *w = arg;

	w->ev.gone(w->ev.arg, uuid);
}

/* A refresh is over when the server says so; only then is its cookie one to go on from. */
static void
end_phase(struct dir_watch *w, const struct dir_sync_info *i)
{
	if (i->kind == DIR_SYNC_REFRESH_PRESENT || (w->full && i->done))
		w->ev.named(w->ev.arg);
	if (!i->done)
		return;
	say(w, DIR_WATCH_PERSIST, "");
	w->ev.refreshed(w->ev.arg);
}

static int
take_info(struct dir_watch *w, const struct berval *value)
{
	struct dir_sync_info i;

	/* a set is read twice: what it says decides what its members are */
	if (!value || dir_sync_info(value->bv_val, value->bv_len, &i, NULL, NULL))
		return -1;
	switch (i.kind) {
	case DIR_SYNC_NEW_COOKIE:
		break;
	case DIR_SYNC_REFRESH_DELETE:
	case DIR_SYNC_REFRESH_PRESENT:
		if (w->state == DIR_WATCH_REFRESH)
			end_phase(w, &i);
		break;
	case DIR_SYNC_ID_SET:
		(void)dir_sync_info(value->bv_val, value->bv_len, &i,
				    i.deletes ? on_gone : on_present, w);
		break;
	}
	take_cookie(w, &i.cookie);
	return 0;
}

static int
take_entry(struct dir_watch *w, LDAP *ld, LDAPMessage *m, const struct berval *control)
{
	AUTO(arena) a = arena_new();
	struct dir_sync_state s;
	struct dir_entry *e;

	if (!control || dir_sync_state(control->bv_val, control->bv_len, &s))
		return -1;
	switch (s.what) {
	case DIR_SYNC_PRESENT:
		w->ev.present(w->ev.arg, s.uuid);
		break;
	case DIR_SYNC_DELETE:
		w->ev.gone(w->ev.arg, s.uuid);
		break;
	case DIR_SYNC_ADD:
	case DIR_SYNC_MODIFY:
		e = dir_entry_from_message(a, ld, m);
		if (!e)
			return -1;
		w->ev.entry(w->ev.arg, s.uuid, e);
		break;
	}
	take_cookie(w, &s.cookie);
	return 0;
}

int
dir_watch_message(struct dir_watch *w, LDAP *ld, LDAPMessage *m)
{
	LDAPControl **controls = NULL, *c;
	struct berval *data = NULL;
	char *oid = NULL;
	int rc = -1;

	if (ldap_msgtype(m) == LDAP_RES_SEARCH_ENTRY) {
		if (ldap_get_entry_controls(ld, m, &controls) == LDAP_SUCCESS) {
			c = ldap_control_find(DIR_SYNC_STATE_OID, controls, NULL);
			rc = take_entry(w, ld, m, c ? &c->ldctl_value : NULL);
		}
	} else if (ldap_parse_intermediate(ld, m, &oid, &data, &controls, 0) == LDAP_SUCCESS) {
		rc = oid && !strcmp(oid, DIR_SYNC_INFO_OID) ? take_info(w, data) : 0;
	}
	ldap_controls_free(controls);
	ldap_memfree(oid);
	ber_bvfree(data);
	return rc;
}

/* --- the search ------------------------------------------------------------------------------ */

static void
again(struct dir_watch *w, uint64_t ms)
{
	loop_timer_set(w->again, ms);
}

/* The server ended it.  What it says against the cookie is answered by a refresh of everything. */
static void
on_ended(void *arg, const struct dir_result *r)
{
	struct dir_watch *w = arg;
	AUTO(str) why = xstrdup(r->message ? r->message : "");

	w->searching = false;
	if (r->class == DIR_LOST || r->class == DIR_NOT_SENT)
		return; /* the connection is down: that is told on its own */
	if (r->code == LDAP_UNAVAILABLE_CRITICAL_EXTENSION) {
		snprintf(w->why, sizeof(w->why),
			 "slapd does not tell of changes below %s: the overlay syncprov is missing there "
			 "(\"The watch\" in ldif/README.md)", w->conf->base);
		w->state = DIR_WATCH_IMPOSSIBLE;
		w->ev.down(w->ev.arg, w->why);
		again(w, LATER_MS);
		return;
	}
	if (r->class == DIR_DENIED) {
		snprintf(w->why, sizeof(w->why), "slapd does not let hopthud watch %s: %s",
			 w->conf->base, why);
		w->state = DIR_WATCH_IMPOSSIBLE;
		w->ev.down(w->ev.arg, w->why);
		again(w, LATER_MS);
		return;
	}
	say(w, DIR_WATCH_AWAY, why);
	w->ev.down(w->ev.arg, w->why);
	if (w->with_cookie && r->code != LDAP_SUCCESS && r->code != LDAP_BUSY &&
	    r->code != LDAP_UNAVAILABLE)
		w->ev.refused(w->ev.arg, w->why);
	again(w, r->code == DIR_SYNC_REFRESH_REQUIRED && w->with_cookie ? 0 : AGAIN_MS);
}

static void
search(struct dir_watch *w)
{
	AUTO(buf) cookie = BUF_INIT;
	AUTO(buf) value = BUF_INIT;

	if (w->searching || dir_state(w->dir) != DIR_READY)
		return;
	w->ev.resume(w->ev.arg, &cookie);
	if (cookie.len > DIR_SYNC_COOKIE_MAX)
		buf_clear(&cookie);
	w->with_cookie = cookie.len > 0;
	w->full = !w->with_cookie;
	dir_sync_request(&value, cookie.data, cookie.len);
	say(w, DIR_WATCH_REFRESH, "it is told what changed meanwhile");
	w->searching = true;
	w->ev.begin(w->ev.arg, w->full);
	dir_op_watch(w->dir, w->conf->base, value.data, value.len, dir_watch_attrs, w, on_ended);
}

static void
on_again(void *arg)
{
	search(arg);
}

/* --- connection ------------------------------------------------------------------------------ */

static void
on_ready(void *arg)
{
	search(arg);
}

static void
on_down(void *arg, const char *reason)
{
	struct dir_watch *w = arg;

	loop_timer_stop(w->again);
	w->searching = w->beating = false;
	if (w->state == DIR_WATCH_IMPOSSIBLE)
		return; /* known for longer, and the better reason */
	say(w, DIR_WATCH_AWAY, reason);
	w->ev.down(w->ev.arg, w->why);
}

struct dir_watch *
dir_watch_new(struct loop *loop, const struct conf_directory *conf,
	      const struct dir_watch_events *ev)
{
	struct dir_watch *w = xcalloc(1, sizeof(*w));
	struct dir_events events = { on_ready, on_down, w };

	w->ev = *ev;
	w->conf = conf;
	w->dir = dir_new(loop, conf, &events);
	w->dir->watch = w;
	w->heart = loop_timer_new(loop, on_heart, w);
	w->again = loop_timer_new(loop, on_again, w);
	loop_timer_set(w->heart, HEART_MS);
	return w;
}

void
dir_watch_free(struct dir_watch *w)
{
	if (!w)
		return;
	dir_free(w->dir);
	loop_timer_free(w->heart);
	loop_timer_free(w->again);
	free(w);
}

void
dir_watch_reconfigure(struct dir_watch *w, const struct conf_directory *conf)
{
	w->conf = conf;
	dir_reconfigure(w->dir, conf);
}

enum dir_watch_state
dir_watch_state(const struct dir_watch *w)
{
	return w->state;
}

const char *
dir_watch_reason(const struct dir_watch *w)
{
	if (w->state == DIR_WATCH_AWAY && *dir_reason(w->dir, NULL))
		return dir_reason(w->dir, NULL);
	return w->why;
}

void
dir_watch_restart(struct dir_watch *w, const char *why)
{
	if (dir_state(w->dir) == DIR_READY)
		dir_down(w->dir, "%s", why);
}

struct dir *
dir_watch_dir(struct dir_watch *w)
{
	return w->dir;
}
