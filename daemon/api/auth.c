/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/api/auth.h"
#include "daemon/api/scram.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/evidence.h"

/* Failed logins that get a record of their own in a minute; the rest is counted in the next one,
 * so that guessing passwords does not fill the disk. */
#define FAILS_A_MINUTE 30

struct auth {
	struct flow *flow;
	struct scram *scram;
	struct arena *arena; /* of the verifier that was asked for last */
	uint64_t minute;
	unsigned fails;    /* in this minute */
	int64_t uncounted; /* without a record */
};

static const char *
verifier(void *arg, const char *user)
{
	struct auth *a = arg;
	struct operator o;

	arena_free(a->arena);
	a->arena = arena_new();
	if (!store_operator(a->flow->store, user, &o, a->arena) || o.revoked_at)
		return NULL;
	return o.scram;
}

struct auth *
auth_new(struct loop *l, struct flow *f, const uint8_t fake_key[32], struct err *e)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	a->flow = f;
	a->scram = scram_new(l, fake_key, verifier, a, e);
	if (a->scram)
		return a;
	free(a);
	return NULL;
}

void
auth_free(struct auth *a)
{
	if (!a)
		return;
	scram_free(a->scram);
	arena_free(a->arena);
	free(a);
}

static enum auth_result
refuse(struct door_request *r)
{
	door_header_out(r, "WWW-Authenticate", SCRAM_OFFER);
	return AUTH_REFUSED;
}

/* The name that was tried is not recorded: now and then it is a password. */
static int
record_failure(struct auth *a, const char *src, struct err *e)
{
	struct evidence ev = { .ev = EVENT_AUTH_FAIL, .actor = { "", "scram", src } };
	uint64_t minute = clock_mono_us() / 60000000;

	if (a->flow->incident)
		return 0; /* nothing is written any more, and reading goes on */
	if (minute != a->minute) {
		a->minute = minute;
		a->fails = 0;
	}
	if (a->fails >= FAILS_A_MINUTE) {
		a->uncounted++;
		return 0;
	}
	a->fails++;
	ev.count = a->uncounted + 1;
	if (evidence_alone(a->flow, &ev, e))
		return -1;
	a->uncounted = 0;
	log_info("a login by password failed (%s)", src);
	return 0;
}

static int
known(struct auth *a, const char *name, struct operator *op, struct arena *arena, struct err *e)
{
	if (store_operator(a->flow->store, name, op, arena) && !op->revoked_at)
		return 0;
	return err_set(e, ERR_AUTH, *name ? "%s is no operator any more" :
					    "log in again: the last login could not be recorded%s",
		       name);
}

static enum auth_result
log_in(struct auth *a, struct door_request *r, const char *authorization, struct operator *op,
       struct actor *who, struct arena *arena, struct err *e)
{
	struct evidence ev = { .ev = EVENT_AUTH_OK };
	AUTO(buf) header = BUF_INIT;
	AUTO(buf) user = BUF_INIT;
	struct err failure = ERR_INIT;

	door_connection_set_data(door_connection(r), NULL, NULL); /* who begins anew is nobody yet */
	switch (scram_step(a->scram, door_peer_uid(r), authorization, &header, &user, &failure)) {
	case SCRAM_CONTINUE:
		door_header_out(r, "WWW-Authenticate", header.data);
		err_set(e, ERR_AUTH, "the login is not over yet: its second step is to follow");
		return AUTH_CHALLENGE;
	case SCRAM_FAIL:
		*e = failure;
		if (failure.class == ERR_AUTH)
			(void)record_failure(a, who->src, e); /* then e says that the log is broken */
		return refuse(r);
	case SCRAM_DONE:
		break;
	}
	if (known(a, user.data, op, arena, e))
		return refuse(r);
	who->name = op->name;
	who->mech = "scram";
	ev.actor = *who;
	if (!a->flow->incident && evidence_alone(a->flow, &ev, e))
		return AUTH_REFUSED;
	door_header_out(r, "Authentication-Info", header.data);
	door_connection_set_data(door_connection(r), xstrdup(op->name), free);
	return AUTH_KNOWN;
}

enum auth_result
auth_identify(struct auth *a, struct door_request *r, struct operator *op, struct actor *who,
	      struct arena *arena, struct err *e)
{
	const char *authorization = door_header(r, "Authorization");
	uid_t uid = door_peer_uid(r);
	const char *name;

	*who = (struct actor){ "", "peer", arena_printf(arena, "uid:%lu", (unsigned long)uid) };
	if (authorization)
		return log_in(a, r, authorization, op, who, arena, e);
	name = door_connection_data(door_connection(r));
	if (name) {
		if (known(a, name, op, arena, e))
			return refuse(r);
		who->name = op->name;
		who->mech = "scram";
		return AUTH_KNOWN;
	}
	if (store_operator_by_uid(a->flow->store, (int64_t)uid, op, arena)) {
		who->name = op->name;
		return AUTH_KNOWN;
	}
	err_set(e, ERR_AUTH, "the Unix user %lu is no operator: log in with --user NAME",
		(unsigned long)uid);
	return refuse(r);
}
