/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_AUTH_H
#define HOPTHU_AUTH_H

#include "daemon/api/door.h"
#include "daemon/flow/flow.h"

/*
 * Who asks.  An explicit Authorization header wins (SCRAM-SHA-256 over HTTP, RFC 7804, see
 * scram.h); then whoever proved themselves on this connection before; then the Unix user of the
 * peer (SO_PEERCRED), when an operator has that uid.  Operators are read from the store each time,
 * so a revoked one is out at once.
 */
struct auth;
enum auth_result {
	AUTH_KNOWN,     /* op and who are filled, their text in the arena */
	AUTH_CHALLENGE, /* the exchange goes on: WWW-Authenticate is set, answer 401 */
	AUTH_REFUSED,   /* answer 401 (e); a WWW-Authenticate that offers SCRAM is set */
};

struct auth *auth_new(struct loop *l, struct flow *f, const uint8_t fake_key[32], struct err *e);
void auth_free(struct auth *a); /* NULL is fine */
enum auth_result auth_identify(struct auth *a, struct door_request *r, struct operator *op,
			       struct actor *who, struct arena *arena, struct err *e);
#endif
