/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_LOG_H
#define HOPTHU_WITNESS_LOG_H

#include "common/proof.h"
#include "tools/witness/witness_state.h"

/*
 * The rule of a witness, c2sp.org/tlog-witness: a checkpoint is confirmed when a log that is followed
 * signed it and a proof leads to it from the last one confirmed.  Statuses are those of the document;
 * besides these 503: not now (clock, disk, state), with a sentence.
 */
struct witness_reply {
	int status;
	const char *type; /* of the content */
	struct buf body;  /* the signature, the size, or a sentence */
	struct buf note;  /* for whoever runs the witness: a sentence, or nothing */
};
#define WITNESS_REPLY_INIT { .body = BUF_INIT, .note = BUF_INIT }
void witness_reply_release(struct witness_reply *r);
void witness_reply_set(struct witness_reply *r, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Seconds since 1970, of the exact clock: time() may be a few ms late in the next second. */
uint64_t witness_log_now(void);

#define WITNESS_BODY_MAX 65536
/* now: seconds since 1970.  What is confirmed is durable when this returns. */
void witness_log_add(const struct witness_state *s, const char *body, size_t n, uint64_t now,
		     struct witness_reply *r);
/* GET HASH/checkpoint */
void witness_log_get(const struct witness_state *s, const char *hash, struct witness_reply *r);
/* GET healthz: 200 when every log's state can be read, and the directory be written. */
void witness_log_health(const struct witness_state *s, struct witness_reply *r);

/* A request taken apart, whatever it asks.  Borrows the bytes. */
struct witness_request {
	uint64_t old;
	struct proof proof;
	struct note note;
	struct checkpoint at;
};
int witness_request_read(struct witness_request *q, const char *body, size_t n,
			 struct err *e) MUST_USE;
#endif
