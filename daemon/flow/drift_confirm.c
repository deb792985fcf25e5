/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads of entries before something is said about them. */
#include <string.h>

#include "daemon/directory/dir_watch.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/drift_form.h"

#define RETRY_MS 20
#define READS_MAX 8

/* An entry to be read before something is said about it. */
struct drift_pending {
	struct drift_pending *next;
	struct flow *flow;
	char uuid[DIR_UUID_TEXT];
	char *dn, *opid;      /* as we knew it when the read was sent */
	bool reading, stale;  /* stale: something newer was told since */
	bool absent;          /* not found: the warm-up entry is asked for */
};

static void work(struct drifts *d);

static void
free_pending(struct drift_pending *p)
{
	free(p->dn);
	free(p->opid);
	free(p);
}

static void
drop(struct drifts *d, struct drift_pending *p)
{
	struct drift_pending **at = &d->pending;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	if (!*at)
		d->pending_end = at;
	d->pending_count--;
	free_pending(p);
}

bool
drift_mark_stale(struct drifts *d, const char *uuid)
{
	bool any = false;

	for (struct drift_pending *p = d->pending; p && *uuid; p = p->next)
		if (!strcmp(p->uuid, uuid))
			any = p->stale = true;
	return any;
}

void
drift_confirm(struct drifts *d, const char *uuid, const char *dn)
{
	struct drift_pending *p;

	/* of very many some may be read twice */
	if (d->pending_count < DRIFT_PENDING_MAX && drift_mark_stale(d, uuid))
		return;
	p = xcalloc(1, sizeof(*p));
	p->flow = d->flow;
	memcpy(p->uuid, uuid, strnlen(uuid, DIR_UUID_TEXT - 1));
	p->dn = xstrdup(dn);
	*d->pending_end = p;
	d->pending_end = &p->next;
	d->pending_count++;
	work(d);
}

static void
found(struct drifts *d, struct drift_pending *p, const struct dir_entry *entry)
{
	struct drift_ask ask = { .entry = entry, .read_at = p->opid, .baseline = drift_first(d) };
	struct err e = ERR_INIT;
	enum drift_verdict v = drift_see(d->flow, &ask, &e);

	if (v == DRIFT_DOUBT) { /* an operation of ours ended meanwhile */
		p->stale = false;
		return;
	}
	drop(d, p);
	drift_judged(d, v, &e);
}

static void
not_found(struct drifts *d, struct drift_pending *p)
{
	AUTO(str) key = drift_key(p->dn);
	struct err e = ERR_INIT;
	enum drift_verdict v = drift_gone(d->flow, p->uuid, key, &e);

	drop(d, p);
	drift_judged(d, v, &e);
}

/* One reply of two: the entry, and where that is not there the warm-up entry, which is. */
static void
on_read(void *arg, const struct dir_result *r)
{
	struct drift_pending *p = arg;
	struct drifts *d = p->flow->drift;

	d->reading--;
	p->reading = false;
	if (r->class == DIR_LOST || r->class == DIR_NOT_SENT || r->class == DIR_BUSY) {
		p->absent = false;
		loop_timer_set(d->retry, RETRY_MS);
		return;
	}
	if (p->stale) {
		p->stale = p->absent = false;
	} else if (r->class == DIR_OK && !p->absent) {
		found(d, p, r->entry);
	} else if (r->class == DIR_OK) {
		not_found(d, p);
	} else if (r->class == DIR_ABSENT && !p->absent) {
		p->absent = true;
	} else {
		/* hopthud does not see what it should: that is no word about any entry */
		drift_begin_again(d, "the access rules hide the directory from the watch");
		p->absent = false;
		return;
	}
	work(d);
}

static void
send_read(struct drifts *d, struct drift_pending *p)
{
	static const char *const nothing[] = { "1.1", NULL };
	AUTO(arena) a = arena_new();
	const char *dn = NULL, *opid = "";
	AUTO(str) warmup = xasprintf("uid=hopthu-warmup,ou=people,%s",
				     d->flow->conf->directory.base);

	p->reading = true;
	d->reading++;
	if (p->absent) {
		dir_read(dir_watch_dir(d->watch), warmup, nothing, on_read, p);
		return;
	}
	if (*p->uuid && drift_known(d->flow, p->uuid, &dn, &opid, a) && strcmp(dn, p->dn)) {
		free(p->dn);
		p->dn = xstrdup(dn);
	}
	free(p->opid);
	p->opid = xstrdup(opid);
	p->stale = false;
	dir_read(dir_watch_dir(d->watch), p->dn, dir_watch_attrs, on_read, p);
}

static void
work(struct drifts *d)
{
	for (struct drift_pending *p = d->pending; p; p = p->next) {
		if (d->reading >= READS_MAX || !dir_room(dir_watch_dir(d->watch)))
			break;
		if (!p->reading)
			send_read(d, p);
	}
	if (d->walking && d->pending_count < DRIFT_PENDING_MAX)
		drift_walk_soon(d);
}

void
drift_on_retry(void *arg)
{
	work(arg);
}

void
drift_confirm_forget(struct drifts *d)
{
	while (d->pending)
		drop(d, d->pending);
}
