/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/rules.h"

/*
 * When others change many entries at once something is happening that a person has to look at first: a
 * directory restored from an old backup, a script gone wrong, somebody who should not be there.  Until
 * an admin lets it go nothing is sent to the directory.
 */
#define HELD_META "drift_brake"
#define WINDOW_US (UINT64_C(600) * 1000000)

/* As the database says: at the start, and after what was not written. */
void
drift_brake_read(struct drifts *d)
{
	free(d->held);
	d->held = store_meta(d->flow->store, HELD_META);
	if (d->held && !*d->held) { /* it was released */
		free(d->held);
		d->held = NULL;
	}
}

bool
drift_held(const struct flow *f)
{
	return f->drift && f->drift->held;
}

const char *
drift_held_why(const struct flow *f)
{
	return drift_held(f) ? f->drift->held : "";
}

/* How many may change within the window, by the policy of hopthud's own domain. */
static int64_t
allowed(struct flow *f)
{
	AUTO(arena) a = arena_new();
	int64_t n[STATUS_COUNT], all = 0, share, most;
	struct rules r;

	if (rules_for_domain(f, f->conf->domain, &r, a, NULL))
		return 0; /* what is not known is taken for the worst */
	most = policy_number(r.policy, RULE_DRIFT_COUNT);
	if (store_mailbox_counts(f->store, NULL, n, NULL) == 0)
		for (int s = 0; s < STATUS_COUNT; s++)
			all += n[s];
	share = all * policy_number(r.policy, RULE_DRIFT_PERCENT) / 100;
	if (share < policy_number(r.policy, RULE_DRIFT_LEAST) - 1)
		share = policy_number(r.policy, RULE_DRIFT_LEAST) - 1;
	most = share < most ? share : most;
	return most < DRIFT_BRAKE_MAX ? most : DRIFT_BRAKE_MAX - 1;
}

static uint64_t
hash(const char *key)
{
	uint8_t sha[DIGEST_LEN];
	uint64_t h;

	digest_sha256(key, strlen(key), sha);
	memcpy(&h, sha, sizeof(h));
	return h;
}

/* Different entries within the window, this one among them. */
static size_t
count(struct drifts *d, const char *key)
{
	uint64_t now = clock_mono_us(), entry = hash(key);
	size_t kept = 0;
	bool there = false;

	for (size_t i = 0; i < d->moved_count; i++) {
		if (now - d->moved[i].at > WINDOW_US)
			continue;
		there |= d->moved[i].entry == entry;
		d->moved[kept].at = d->moved[i].at;
		d->moved[kept++].entry = d->moved[i].entry;
	}
	if (!there && kept < DRIFT_BRAKE_MAX) {
		d->moved[kept].at = now;
		d->moved[kept++].entry = entry;
	}
	return d->moved_count = kept;
}

int
drift_brake_count(struct flow *f, const char *key, struct err *e)
{
	struct evidence ev = { .ev = EVENT_DRIFT, .actor = actor_daemon, .result = "brake" };
	char at[CLOCK_TEXT];
	AUTO(str) why = NULL;
	int64_t most;

	if (!f->drift || f->drift->held)
		return 0;
	ev.count = (int64_t)count(f->drift, key);
	most = allowed(f);
	if (ev.count <= most)
		return 0;
	clock_text(clock_wall_us(), at);
	at[16] = '\0';
	why = xasprintf("others changed more than %" PRId64 " entries of the directory within ten minutes "
			"(%s UTC): nothing is sent to it until an admin says `hopthuctl drift release`",
			most, at);
	if (evidence_append(f, &ev, NULL, e) || store_set_meta(f->store, HELD_META, why, e))
		return -1;
	log_error("%s", why);
	f->drift->held = STEAL(why);
	return 0;
}

static int
write_release(struct flow *f, const char *reason, const struct actor *who, struct err *e)
{
	struct evidence ev = { .ev = EVENT_ACCEPT, .actor = *who, .result = "released",
			       .count = (int64_t)f->drift->moved_count };

	evidence_pii(&ev, "reason", reason);
	return evidence_append(f, &ev, NULL, e) || store_set_meta(f->store, HELD_META, "", e) ? -1 : 0;
}

/* Nothing is sent before the release is durable. */
static void
on_released(void *arg, const struct err *failure)
{
	struct drifts *d = arg;

	if (failure)
		return;
	free(d->held);
	d->held = NULL;
	d->moved_count = 0;
	queue_wake(d->flow);
}

int
drift_release(struct flow *f, const char *reason, const struct actor *who, struct err *e)
{
	if (!drift_held(f))
		return err_set(e, ERR_CONFLICT, "the queue is not held: there is nothing to release");
	if (store_begin(f->store, e))
		return -1;
	if (write_release(f, reason, who, e)) {
		store_abort(f->store);
		return -1;
	}
	if (store_end(f->store, e))
		return -1;
	store_after_commit(f->store, on_released, f->drift);
	return 0;
}
