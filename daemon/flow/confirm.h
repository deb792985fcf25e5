/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CONFIRM_H
#define HOPTHU_CONFIRM_H

#include "daemon/flow/flow.h"

/*
 * Witnesses confirm checkpoints (c2sp.org/tlog-witness).  Each is asked for the newest one, one
 * question at a time, with backoff; nobody waits for it.  What it signed is kept, and goes back into
 * the log as an `anchor`.  What it refuses (422, or it knows more than we do) is an incident; anything
 * else that is wrong with its answer is a warning.
 */

/* Reads evidence.policy_file; without one nobody is asked.  After seal_open.  ERR_CONFIG. */
int confirm_open(struct flow *f, struct err *e) MUST_USE;
/* The same again, with another configuration; on failure the old ones stay. */
int confirm_reload(struct flow *f, struct err *e) MUST_USE;
void confirm_free(struct flow *f);
/* SHA-256 of the policy file that is in force; of nothing when there is none. */
const uint8_t *confirm_digest(const struct flow *f);
/* For hopthud -t: is the file right, and every address in it? */
int confirm_check(const struct conf *conf, struct err *e) MUST_USE;
void confirm_checkpoint(struct flow *f); /* there is a new one */
/* Once at the start, so that a database of yesterday is noticed before anything is done by it. */
void confirm_begin(struct flow *f);
/* True for some seconds after the start, while a witness that is reached at once has not answered. */
bool confirm_awaited(const struct flow *f);

/* --- to show ---------------------------------------------------------------------------------- */
struct confirm_state {
	const char *name;    /* of its key */
	bool asked;          /* it has an address */
	uint64_t size;       /* of the newest checkpoint it confirmed; 0: none of this origin */
	int64_t at;          /* when, by its clock: seconds since 1970 */
	uint64_t lag;        /* records behind that */
	int64_t lag_s;       /* since the first checkpoint that it did not confirm was signed; 0: none */
	const char *error;   /* what is wrong now; "" nothing */
};
void confirm_each(struct flow *f, void (*each)(void *arg, const struct confirm_state *s), void *arg);
/* Records up to which enough witnesses confirmed; -1: none has to (no policy, or quorum none). */
int64_t confirm_quorum(struct flow *f);
#endif
