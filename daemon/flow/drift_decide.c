/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/drift_form.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/order.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/rules.h"

int
drift_find_open(struct flow *f, int64_t seq, struct drift *d, struct arena *a, struct err *e)
{
	if (!store_drift(f->store, seq, d, a))
		return err_set(e, ERR_NOTFOUND, "record %" PRId64 " is no change that others made: "
			       "`hopthuctl drift list --state all` has them", seq);
	if (!strcmp(d->state, "open"))
		return 0;
	return err_set(e, ERR_CONFLICT, "the change of record %" PRId64 " is %s already", seq, d->state);
}

int
drift_end_unit(struct flow *f, int rc, struct err *e)
{
	if (!rc)
		return store_end(f->store, e);
	store_abort(f->store);
	return -1;
}

int64_t
drift_asked(struct flow *f, const struct drift *d, struct arena *a)
{
	struct request q;

	return d->request && store_request(f->store, d->request, &q, a) && !q.ended_at ? d->request : 0;
}

/* --- accept ---------------------------------------------------------------------------------- */

static int
accept_one(struct flow *f, int64_t seq, const char *reason, const struct actor *who, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct evidence ev = { .ev = EVENT_ACCEPT, .actor = *who, .drift = seq };
	struct mailbox m;
	struct drift d;

	if (drift_find_open(f, seq, &d, a, e))
		return -1;
	if (drift_asked(f, &d, a))
		return err_set(e, ERR_CONFLICT, "request %" PRId64 " is under way to put the change of record "
			       "%" PRId64 " back: refuse or cancel it first, then the change can stand",
			       d.request, seq);
	if (*d.login && store_mailbox(f->store, d.login, &m, a) && *m.person)
		ev.subj = m.person;
	evidence_pii(&ev, "reason", reason);
	d.state = "accepted";
	return store_put_drift(f->store, &d, e) || evidence_append(f, &ev, NULL, e) ? -1 : 0;
}

int
drift_accept(struct flow *f, const int64_t *seqs, size_t n, const char *reason,
	     const struct actor *who, struct err *e)
{
	int rc = 0;

	if (store_begin(f->store, e))
		return -1;
	for (size_t i = 0; i < n && !rc; i++)
		rc = accept_one(f, seqs[i], reason, who, e);
	if (drift_end_unit(f, rc, e))
		return -1;
	if (f->drift)
		f->drift->open = store_drift_count(f->store);
	return 0;
}

/* --- its outcome ----------------------------------------------------------------------------- */

struct rows {
	struct drift all[DRIFT_SEQS_MAX];
	int count;
	struct arena *arena;
};

static void
on_row(void *arg, const struct drift *d)
{
	struct rows *x = arg;
	struct drift *c = &x->all[x->count++];

	*c = *d;
	c->dn = arena_strdup(x->arena, d->dn);
	c->writer = arena_strdup(x->arena, d->writer);
	c->session = arena_strdup(x->arena, d->session);
	c->written = arena_strdup(x->arena, d->written);
}

int
drift_reverted(struct flow *f, int64_t request, const char *login, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct rows *x = arena_alloc(a, sizeof(*x));

	x->arena = a;
	if (store_drifts_of(f->store, request, login, DRIFT_SEQS_MAX, on_row, x) < 0)
		return err_set(e, ERR_TEMP, "%s", store_trouble(f->store));
	for (int n = 0; n < x->count; n++) {
		x->all[n].state = "reverted";
		if (store_put_drift(f->store, &x->all[n], e))
			return -1;
	}
	if (f->drift)
		f->drift->open -= x->count;
	return 0;
}
