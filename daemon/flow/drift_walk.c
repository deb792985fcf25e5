/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/directory/dir_watch.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/subject.h"

/*
 * The walk: what a refresh did not name is looked for, one by one.  What was named is kept as long as the
 * refresh takes, in eight bytes an entry.
 */
#define WALK_ROWS 500

static void walk_on(void *arg);

/* Of an entryUUID 63 bits are kept, mixed, so that the first eight spread them over the lists; the last one
 * says whether the entry was sent as a whole.  Where two should meet, one that is gone is noticed by the
 * next walk. */
static uint64_t
short_id(const uint8_t uuid[DIR_UUID], bool whole)
{
	uint64_t a, b;

	memcpy(&a, uuid, 8);
	memcpy(&b, uuid + 8, 8);
	return ((a ^ b * UINT64_C(0x9e3779b97f4a7c15)) & ~UINT64_C(1)) | whole;
}

void
drift_walk_name(struct drifts *d, const uint8_t *uuid, bool whole)
{
	uint64_t id = short_id(uuid, whole);
	__typeof__(d->named[0]) *n = &d->named[id >> 56];

	if (n->count == n->size) {
		n->size = n->size ? 2 * n->size : 16;
		n->ids = xrealloc(n->ids, n->size * sizeof(*n->ids));
	}
	n->ids[n->count++] = id;
	n->sorted = false;
}

static int
by_id(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static bool
was_named(struct drifts *d, const uint8_t uuid[DIR_UUID], bool whole)
{
	uint64_t id = short_id(uuid, whole);
	__typeof__(d->named[0]) *n = &d->named[id >> 56];

	if (!n->sorted && n->count)
		qsort(n->ids, n->count, sizeof(*n->ids), by_id);
	n->sorted = true;
	return n->count && bsearch(&id, n->ids, n->count, sizeof(*n->ids), by_id);
}

void
drift_walk_forget(struct drifts *d)
{
	for (size_t i = 0; i < 256; i++) {
		free(d->named[i].ids);
		memset(&d->named[i], 0, sizeof(d->named[i]));
	}
}

struct page {
	struct drifts *d;
	struct arena *arena;
	const char *uuid[WALK_ROWS], *dn[WALK_ROWS]; /* not named */
	int count;
};

static void
on_known(void *arg, const char *where, const char *uuid, int64_t at)
{
	struct page *p = arg;
	struct drifts *d = p->d;
	uint8_t id[DIR_UUID];
	bool mailbox = d->walk_mailboxes;

	snprintf(d->after, sizeof(d->after), "%s", mailbox ? where : uuid);
	if (at < d->walk_since || (mailbox && subject_is_reference(where)))
		return; /* of one whose values were erased the entry's name is not known any more */
	/* "unchanged since the cookie" says nothing of what we know to be newer than the cookie */
	if (!dir_uuid_from(uuid, id) && (was_named(d, id, true) ||
					 (at < d->recent_since && was_named(d, id, false))))
		return;
	p->uuid[p->count] = arena_strdup(p->arena, uuid);
	p->dn[p->count++] = mailbox ? arena_printf(p->arena, "uid=%s,ou=people,%s", where,
						   d->flow->conf->directory.base) :
				      arena_strdup(p->arena, where);
}

static void
walk_on(void *arg)
{
	struct drifts *d = arg;
	AUTO(arena) a = arena_new();
	struct page *p;
	int n;

	d->walk_soon = false;
	if (!d->walking || d->pending_count >= DRIFT_PENDING_MAX)
		return;
	p = arena_alloc(a, sizeof(*p));
	p->d = d;
	p->arena = a;
	n = d->walk_mailboxes ?
		    store_mailbox_uuids(d->flow->store, d->after, WALK_ROWS, on_known, p) :
		    store_watched_uuids(d->flow->store, d->after, WALK_ROWS, on_known, p);
	if (n < 0) { /* what was not read was not looked for */
		dir_watch_restart(d->watch, "hopthu's own list of entries cannot be read");
		return;
	}
	if (n < WALK_ROWS && d->walk_mailboxes)
		d->walking = false;
	if (n < WALK_ROWS) {
		d->walk_mailboxes = true;
		d->after[0] = '\0';
	}
	for (int i = 0; i < p->count; i++)
		drift_confirm(d, p->uuid[i], p->dn[i]);
	if (!d->walking)
		drift_walk_forget(d);
	else
		drift_walk_soon(d);
}

void
drift_walk_soon(struct drifts *d)
{
	if (!d->walk_soon)
		loop_defer(d->flow->loop, walk_on, d);
	d->walk_soon = true;
}

/* since 0: all that is known. */
void
drift_walk(struct drifts *d, int64_t since)
{
	if (d->walking && since >= d->walk_since)
		return;
	d->walking = true;
	d->walk_since = since;
	d->walk_mailboxes = false;
	d->after[0] = '\0';
	drift_walk_soon(d);
}
