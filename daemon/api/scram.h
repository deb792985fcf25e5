/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_SCRAM_H
#define HOPTHU_SCRAM_H

#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"
#include "daemon/base/loop.h"

/*
 * The server's side of SASL SCRAM-SHA-256 over HTTP (RFC 7804), by libsasl2 (RFC 5802, RFC 7677).
 * An exchange has two steps, which belong together by a sid that lives for SCRAM_TTL_MS:
 *
 *	Authorization: SCRAM-SHA-256 realm="hopthu",data=<client-first>
 *	401, WWW-Authenticate: SCRAM-SHA-256 sid=<sid>,data=<server-first>
 *	Authorization: SCRAM-SHA-256 sid=<sid>,data=<client-final>
 *	Authentication-Info: sid=<sid>,data=<server-final>
 *
 * A name nobody has goes the same way as a known one, with a verifier made of fake_key and the name,
 * and ends like a wrong password: same text, same steps, same work.
 */
#define SCRAM_OFFER "SCRAM-SHA-256 realm=\"hopthu\"" /* WWW-Authenticate that invites to begin */
#define SCRAM_TTL_MS 30000
#define SCRAM_EXCHANGES 64       /* at one time; then the oldest is dropped */
#define SCRAM_EXCHANGES_OF_UID 16 /* of one Unix user; then the oldest of these */

struct scram;

/* The RFC 5803 verifier of a user who may log in, valid until the next call; or NULL. */
typedef const char *scram_lookup(void *arg, const char *user);

enum scram_outcome {
	SCRAM_CONTINUE, /* header: for WWW-Authenticate, with status 401 */
	SCRAM_DONE,     /* header: for Authentication-Info; user is filled */
	SCRAM_FAIL,     /* e says why (ERR_AUTH); whatever there was of an exchange is gone */
};

struct scram *scram_new(struct loop *l, const uint8_t fake_key[32], scram_lookup *lookup, void *arg,
			struct err *e);
void scram_free(struct scram *s); /* NULL is fine */

/* Takes the value of an Authorization header of a peer with this uid.  header and user are appended
 * to. */
enum scram_outcome scram_step(struct scram *s, uid_t uid, const char *authorization,
			      struct buf *header, struct buf *user, struct err *e);
unsigned scram_pending(const struct scram *s); /* exchanges that are not over */
#endif
