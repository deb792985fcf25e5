/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/api/auth.h"

struct auth {
	struct flow *flow;
};

struct auth *
auth_new(struct loop *l, struct flow *f, const uint8_t fake_key[32], struct err *e)
{
	struct auth *a = xcalloc(1, sizeof(*a));

	(void)l;
	(void)fake_key;
	(void)e;
	a->flow = f;
	return a;
}

void
auth_free(struct auth *a)
{
	free(a);
}

enum auth_result
auth_identify(struct auth *a, struct door_request *r, struct operator *op, struct actor *who,
	      struct arena *arena, struct err *e)
{
	uid_t uid = door_peer_uid(r);

	if (store_operator_by_uid(a->flow->store, (int64_t)uid, op, arena)) {
		*who = (struct actor){ op->name, "peer",
				       arena_printf(arena, "uid:%lu", (unsigned long)uid) };
		return AUTH_KNOWN;
	}
	door_header_out(r, "WWW-Authenticate", "SCRAM-SHA-256 realm=\"hopthu\"");
	err_set(e, ERR_AUTH, "the Unix user %lu is no operator: log in with --user NAME",
		(unsigned long)uid);
	return AUTH_REFUSED;
}
