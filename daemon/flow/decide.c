/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/decide.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/queue.h"
#include "daemon/policy/authz.h"

static int
load(struct flow *f, int64_t id, struct request *r, struct arena *a, struct err *e)
{
	if (store_request(f->store, id, r, a))
		return 0;
	return err_set(e, ERR_NOTFOUND, "there is no request %" PRId64, id);
}

static int
must_be_planned(const struct request *r, const char *what, struct err *e)
{
	if (r->state == STATE_PLANNED && r->kind == REQUEST_LETTER)
		return 0;
	return err_set(e, ERR_CONFLICT, "request %" PRId64 " is %s%s%s: it cannot be %s", r->id,
		       state_word((int)r->state), *r->approver ? " by " : "", r->approver, what);
}

/* The unit: the request's row and its record. */
static int
write(struct flow *f, struct request *r, const struct evidence *ev, struct err *e)
{
	if (store_begin(f->store, e))
		return -1;
	if (store_put_request(f->store, r, e) || evidence_append(f, ev, NULL, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}

int
decide_approve(struct flow *f, int64_t id, const char *digest, const struct actor *who,
	       struct err *e)
{
	AUTO(arena) a = arena_new();
	struct request r;
	struct evidence ev = { .ev = EVENT_APPROVE, .actor = *who, .req = id };

	if (load(f, id, &r, a, e) || must_be_planned(&r, "approved", e) ||
	    authz_four_eyes(&r, who->name, e))
		return -1;
	if (strcmp(digest, r.digest))
		return err_set(e, ERR_CONFLICT,
			       "the digest is not the one of the plan as it is now: read `hopthuctl "
			       "request plan %" PRId64 "` and approve what it shows", id);
	r.state = STATE_APPROVED;
	r.approver = who->name;
	r.approved_at = (int64_t)clock_wall_us();
	ev.digest = r.digest;
	ev.round = r.round;
	ev.count = r.open;
	if (write(f, &r, &ev, e))
		return -1;
	queue_wake(f);
	return 0;
}

int
decide_refuse(struct flow *f, int64_t id, const char *reason, const struct actor *who,
	      struct err *e)
{
	AUTO(arena) a = arena_new();
	struct request r;
	struct evidence ev = { .ev = EVENT_REFUSE, .actor = *who, .req = id };

	if (load(f, id, &r, a, e) || must_be_planned(&r, "refused", e) ||
	    authz_four_eyes(&r, who->name, e))
		return -1;
	r.state = STATE_REFUSED;
	r.approver = who->name;
	r.refusal = reason;
	r.ended_at = (int64_t)clock_wall_us();
	evidence_pii(&ev, "reason", reason);
	return write(f, &r, &ev, e);
}

static void
on_begun(void *arg, const struct item *i)
{
	(void)i;
	*(bool *)arg = true;
}

/* Approved, and what is left of it only waits: its date is to come, or the directory is away. */
static bool
only_waits(struct flow *f, const struct request *r)
{
	static const enum state states[] = { STATE_RUNNING, STATE_HELD, STATE_CHECKED };
	bool begun = false;

	for (size_t n = 0; n < sizeof(states) / sizeof(*states); n++)
		if (store_items_in(f->store, r->id, states[n], INT64_MAX, 0, 1, on_begun, &begun,
				   NULL) < 0)
			return false;
	return r->kind == REQUEST_LETTER && r->state == STATE_APPROVED && !begun;
}

int
decide_cancel(struct flow *f, int64_t id, const char *reason, const struct actor *who,
	      struct err *e)
{
	AUTO(arena) a = arena_new();
	struct request r;
	struct evidence ev = { .ev = EVENT_CANCEL, .actor = *who, .req = id };

	if (load(f, id, &r, a, e))
		return -1;
	if (!only_waits(f, &r) && must_be_planned(&r, "cancelled", e))
		return -1;
	r.state = STATE_CANCELLED; /* of what is left: items that are done stay done */
	r.refusal = reason;
	r.ended_at = (int64_t)clock_wall_us();
	evidence_pii(&ev, "reason", reason);
	return write(f, &r, &ev, e);
}

/* --- retry ------------------------------------------------------------------------------------ */

struct retry {
	struct flow *flow;
	struct arena *arena;
	struct item *items;
	size_t count, size;
};

static void
collect(void *arg, const struct item *i)
{
	struct retry *r = arg;

	if (r->count == r->size) {
		r->size = r->size ? r->size * 2 : 64;
		r->items = xrealloc(r->items, r->size * sizeof(*r->items));
	}
	r->items[r->count++] = (struct item){ .id = i->id, .state = i->state, .due = i->due,
					      .intent = i->intent, .error = "", .tried = true };
}

static int
requeue(struct flow *f, struct retry *t, struct request *r, const struct evidence *ev,
	struct err *e)
{
	for (size_t n = 0; n < t->count; n++) {
		struct item *i = &t->items[n];

		if (i->state == STATE_FAILED) {
			r->open++;
			r->failed--;
		}
		i->state = STATE_PLANNED;
		i->updated_at = (int64_t)clock_wall_us();
		if (store_put_item(f->store, i, e))
			return -1;
	}
	r->state = STATE_APPROVED;
	r->ended_at = 0;
	return store_put_request(f->store, r, e) || evidence_append(f, ev, NULL, e) ? -1 : 0;
}

int
decide_retry(struct flow *f, int64_t id, const char *reason, const struct actor *who,
	     struct err *e)
{
	AUTO(arena) a = arena_new();
	struct retry t = { .flow = f, .arena = a };
	struct request r;
	struct evidence ev = { .ev = EVENT_RETRY, .actor = *who, .req = id };
	int rc = -1;

	if (load(f, id, &r, a, e))
		return -1;
	dir_retry_now(f->dir);
	if (!*r.approver || r.state == STATE_REFUSED || r.state == STATE_PLANNED)
		return err_set(e, ERR_CONFLICT, "request %" PRId64 " is %s: there is nothing to retry", id,
			       state_word((int)r.state));
	if (store_items_in(f->store, id, STATE_FAILED, INT64_MAX, 0, -1, collect, &t, e) < 0 ||
	    store_items_in(f->store, id, STATE_HELD, INT64_MAX, 0, -1, collect, &t, e) < 0)
		goto out;
	if (!t.count) {
		err_set(e, ERR_CONFLICT, "request %" PRId64 " has no failed or held items", id);
		goto out;
	}
	ev.count = (int64_t)t.count;
	evidence_pii(&ev, "reason", reason);
	if (store_begin(f->store, e))
		goto out;
	rc = requeue(f, &t, &r, &ev, e);
	if (rc)
		store_abort(f->store);
	else
		rc = store_end(f->store, e);
	if (!rc)
		queue_wake(f);
out:
	free(t.items);
	return rc;
}
