/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CONFIRM_PRIVATE_H
#define HOPTHU_CONFIRM_PRIVATE_H

#include "common/trust.h"
#include "daemon/flow/confirm.h"
#include "daemon/witness/witness.h"

struct asked {
	struct confirm *confirm;
	const struct trust_witness *is;
	struct witness *client; /* NULL: it has no address */
	struct loop_timer *retry;
	bool waiting;           /* for retry */
	bool probed;            /* in this run it answered */
	bool awaited;           /* its first answer of this run: is the database of yesterday? */
	uint64_t size;          /* of the newest checkpoint that it confirmed */
	int64_t at;
	uint64_t from;          /* what it knows, so far as we know */
	unsigned failures, conflicts;
	char *error;            /* NULL: none */
	struct stored_cosignature writing; /* waits for the commit */
	int64_t anchor;
};

struct confirm {
	struct flow *flow;
	struct trust trust;
	uint8_t digest[DIGEST_LEN]; /* of the policy file */
	struct asked asked[32];
	int count;
	struct loop_timer *first; /* the end of waiting for first answers */
};

void confirm_ask(struct asked *w); /* when there is something to ask, and nothing is on its way */
void confirm_on_retry(void *arg);
/* The text of our checkpoint of this size, without its signatures; false: there is none. */
bool confirm_text_of(struct flow *f, uint64_t size, struct buf *out);
#endif
