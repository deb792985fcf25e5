/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/decide.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/replan.h"
#include "daemon/flow/rules.h"
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
	if (r->state == STATE_NAME_NEEDED)
		return err_set(e, ERR_CONFLICT, "rows of request %" PRId64 " have no address yet: `hopthuctl "
			       "request show %" PRId64 "` tells which, `hopthuctl request name` gives one",
			       r->id, r->id);
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

/* The policy of the letter's domain says who approves. */
static int
may_approve(struct flow *f, const struct request *r, const char *who, struct arena *a,
	    struct err *e)
{
	struct rules rules;

	return rules_for_domain(f, r->domain, &rules, a, e) ||
			       rules_check_role(f, &rules, RULE_APPROVE_ROLES, who, e) ? -1 : 0;
}

int
decide_approve(struct flow *f, int64_t id, const char *digest, const struct actor *who,
	       struct err *e)
{
	AUTO(arena) a = arena_new();
	struct request r;
	struct evidence ev = { .ev = EVENT_APPROVE, .actor = *who, .req = id };

	if (load(f, id, &r, a, e) || must_be_planned(&r, "approved", e) ||
	    authz_four_eyes(&r, who->name, e) || authz_second(&r, who->name, e) ||
	    may_approve(f, &r, who->name, a, e))
		return -1;
	if (strcmp(digest, r.digest))
		return err_set(e, ERR_CONFLICT,
			       "the digest is not the one of the plan as it is now: read `hopthuctl "
			       "request plan %" PRId64 "` and approve what it shows", id);
	if (r.needs > 1 && !*r.first_approver) {
		r.first_approver = who->name;
		ev.result = "first of two";
	} else {
		r.state = STATE_APPROVED;
		r.approver = who->name;
		r.approved_at = (int64_t)clock_wall_us();
	}
	ev.digest = r.digest;
	ev.needs = r.needs;
	ev.policy = *r.policy ? r.policy : NULL;
	ev.round = r.round;
	ev.count = r.open;
	if (write(f, &r, &ev, e))
		return -1;
	queue_wake(f);
	return 0;
}

/* It has not begun: a letter that waits for names can be refused and taken back, too. */
static int
must_wait(const struct request *r, const char *what, struct err *e)
{
	return r->state == STATE_NAME_NEEDED ? 0 : must_be_planned(r, what, e);
}

int
decide_refuse(struct flow *f, int64_t id, const char *reason, const struct actor *who,
	      struct err *e)
{
	AUTO(arena) a = arena_new();
	struct request r;
	struct evidence ev = { .ev = EVENT_REFUSE, .actor = *who, .req = id };

	if (load(f, id, &r, a, e) || must_wait(&r, "refused", e) ||
	    authz_four_eyes(&r, who->name, e) || may_approve(f, &r, who->name, a, e))
		return -1;
	r.state = STATE_REFUSED;
	r.approver = who->name;
	r.refusal = reason;
	r.ended_at = (int64_t)clock_wall_us();
	evidence_pii(&ev, "reason", reason);
	choose_forget(f);
	return write(f, &r, &ev, e);
}

/* Approved, and what is left of it only waits: its date is to come, or the directory is away. */
static bool
only_waits(struct flow *f, const struct request *r)
{
	return r->kind == REQUEST_LETTER && r->state == STATE_APPROVED &&
	       !store_has_intent(f->store, r->id);
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
	if (!only_waits(f, &r) && must_wait(&r, "cancelled", e))
		return -1;
	r.state = STATE_CANCELLED; /* of what is left: items that are done stay done */
	r.refusal = reason;
	r.ended_at = (int64_t)clock_wall_us();
	evidence_pii(&ev, "reason", reason);
	choose_forget(f);
	return write(f, &r, &ev, e);
}

/* --- retry ------------------------------------------------------------------------------------ */

static bool
stands(struct flow *f, const char *approver, struct arena *a)
{
	struct operator o;

	return !*approver || (store_operator(f->store, approver, &o, a) && !o.revoked_at);
}

/* What a revoked approver allowed is not done again by that word: it is planned again, and waits for
 * somebody else's. */
static int
requeue(struct flow *f, struct request *r, int64_t failed, const struct evidence *ev,
	struct arena *a, struct err *e)
{
	bool allowed = r->kind == REQUEST_ORDER ||
		       (stands(f, r->approver, a) && stands(f, r->first_approver, a));

	r->open += failed;
	r->failed -= failed;
	r->state = STATE_APPROVED;
	r->ended_at = 0;
	if (store_requeue(f->store, r->id, !allowed, (int64_t)clock_wall_us(), e) ||
	    store_put_request(f->store, r, e) || evidence_append(f, ev, NULL, e))
		return -1;
	return allowed ? 0 : replan_in_unit(f, r->id, e);
}

int
decide_retry(struct flow *f, int64_t id, const char *reason, const struct actor *who,
	     struct err *e)
{
	int64_t n[STATE_COUNT], failed;
	AUTO(arena) a = arena_new();
	struct request r;
	struct evidence ev = { .ev = EVENT_RETRY, .actor = *who, .req = id };

	if (load(f, id, &r, a, e))
		return -1;
	dir_retry_now(f->dir);
	if (r.state != STATE_APPROVED && r.state != STATE_FAILED)
		return err_set(e, ERR_CONFLICT, "request %" PRId64 " is %s: there is nothing to retry", id,
			       state_word((int)r.state));
	if (store_item_counts(f->store, id, 0, n, e) < 0)
		return -1;
	failed = store_failed(f->store, id);
	ev.count = failed + n[STATE_HELD];
	if (!ev.count && n[STATE_FAILED] && r.erased)
		return err_set(e, ERR_CONFLICT, "what failed of request %" PRId64 " is about people whose data "
			       "were erased: it cannot be tried again", id);
	if (!ev.count && n[STATE_FAILED])
		return err_set(e, ERR_CONFLICT, "what failed of request %" PRId64 " was asked for again in "
			       "another request of the same letter: retry that one", id);
	if (!ev.count)
		return err_set(e, ERR_CONFLICT, "request %" PRId64 " has no failed or held items", id);
	evidence_pii(&ev, "reason", reason);
	if (store_begin(f->store, e))
		return -1;
	if (requeue(f, &r, failed, &ev, a, e)) {
		store_abort(f->store);
		return -1;
	}
	if (store_end(f->store, e))
		return -1;
	queue_wake(f);
	return 0;
}
