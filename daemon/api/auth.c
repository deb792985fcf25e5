/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/api/auth.h"
#include "daemon/api/scram.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/evidence.h"

#define FAIL_RECORD_US 10000000 /* at most one record of failures in that time, with their number */

struct auth {
	struct flow *flow;
	struct scram *scram;
	char *verifier;        /* of the last look-up */
	int64_t failures;      /* not yet on record */
	uint64_t last_record_us;
};

/* Who proved themselves on a connection. */
static const char *
remembered(const struct door_request *r)
{
	const struct door_connection *c = door_connection(r);

	return c ? door_connection_data(c) : NULL;
}

static const char *
lookup(void *arg, const char *user)
{
	struct auth *a = arg;
	AUTO(arena) arena = arena_new();
	struct operator o;

	secret_free(a->verifier);
	a->verifier = NULL;
	if (store_operator(a->flow->store, user, &o, arena) && !o.revoked_at && o.scram)
		a->verifier = xstrdup(o.scram);
	return a->verifier;
}

struct auth *
auth_new(struct loop *l, struct flow *f, const uint8_t fake_key[32], struct err *e)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->scram = scram_new(l, fake_key, lookup, a, e);
	if (a->scram)
		return a;
	auth_free(a);
	return NULL;
}

void
auth_free(struct auth *a)
{
	if (!a)
		return;
	scram_free(a->scram);
	secret_free(a->verifier);
	free(a);
}

/* --- on record -------------------------------------------------------------------------------- */

static void
record_failure(struct auth *a, const char *src)
{
	struct evidence ev = { .ev = EVENT_AUTH_FAIL, .actor = { "?", "scram", src } };
	uint64_t now = clock_mono_us();

	ev.count = ++a->failures;
	if (a->last_record_us && now - a->last_record_us < FAIL_RECORD_US)
		return;
	a->last_record_us = now;
	if (!evidence_alone(a->flow, &ev, NULL))
		a->failures = 0;
	log_warn("%lld failed login%s, the last from %s", (long long)ev.count, ev.count == 1 ? "" : "s",
		 src);
}

/* --- who -------------------------------------------------------------------------------------- */

static enum auth_result
refuse(struct door_request *r, struct err *e, const char *why)
{
	door_header_out(r, "WWW-Authenticate", SCRAM_OFFER);
	err_set(e, ERR_AUTH, "%s", why);
	return AUTH_REFUSED;
}

static enum auth_result
known(struct auth *a, const char *name, const char *mech, const char *src, struct operator *op,
      struct actor *who, struct arena *arena)
{
	if (!store_operator(a->flow->store, name, op, arena) || op->revoked_at)
		return AUTH_REFUSED;
	*who = (struct actor){ op->name, mech, src };
	return AUTH_KNOWN;
}

static enum auth_result
step(struct auth *a, struct door_request *r, const char *header, const char *src,
     struct operator *op, struct actor *who, struct arena *arena, struct err *e)
{
	struct evidence ev = { .ev = EVENT_AUTH_OK };
	AUTO(buf) out = BUF_INIT;
	AUTO(buf) user = BUF_INIT;

	switch (scram_step(a->scram, door_peer_uid(r), header, &out, &user, e)) {
	case SCRAM_CONTINUE:
		door_header_out(r, "WWW-Authenticate", out.data);
		err_set(e, ERR_AUTH, "the login goes on");
		return AUTH_CHALLENGE;
	case SCRAM_FAIL:
		record_failure(a, src);
		return AUTH_REFUSED;
	case SCRAM_DONE:
		break;
	}
	if (known(a, user.data, "scram", src, op, who, arena) != AUTH_KNOWN)
		return refuse(r, e, "the name or the password is wrong");
	ev.actor = *who;
	if (evidence_alone(a->flow, &ev, e)) /* nobody gets in unseen */
		return AUTH_REFUSED;
	door_header_out(r, "Authentication-Info", out.data);
	if (door_connection(r))
		door_connection_set_data(door_connection(r), xstrdup(op->name), free);
	return AUTH_KNOWN;
}

enum auth_result
auth_identify(struct auth *a, struct door_request *r, struct operator *op, struct actor *who,
	      struct arena *arena, struct err *e)
{
	unsigned long uid = door_peer_uid(r);
	const char *src = arena_printf(arena, "uid:%lu", uid);
	const char *header = door_header(r, "Authorization"), *name = remembered(r);

	if (header)
		return step(a, r, header, src, op, who, arena, e);
	if (name) {
		if (known(a, name, "scram", src, op, who, arena) == AUTH_KNOWN)
			return AUTH_KNOWN;
		return refuse(r, e, "you are no operator any more");
	}
	if (store_operator_by_uid(a->flow->store, (int64_t)uid, op, arena)) {
		*who = (struct actor){ op->name, "peer", src };
		return AUTH_KNOWN;
	}
	door_header_out(r, "WWW-Authenticate", SCRAM_OFFER);
	err_set(e, ERR_AUTH, "the Unix user %lu is no operator: log in with --user NAME", uid);
	return AUTH_REFUSED;
}
