/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_H
#define HOPTHU_WITNESS_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/loop.h"

/*
 * How a question reaches a witness and an answer comes back (c2sp.org/tlog-witness); what they mean
 * is known in daemon/flow/confirm.c alone.  Nothing here waits, and an answer is taken for nothing
 * but bytes of at most WITNESS_BYTES_MAX.
 *
 *	unix:/path/of/socket      HTTP/1.1 on a Unix socket
 *	https://host[:port]/path  HTTP/1.1 over TLS; certificate and host name are checked
 *	file:/folder              somebody carries `request` there and brings `response` back
 */
struct witness;

#define WITNESS_BYTES_MAX 65536

struct witness_answer {
	int status;       /* of HTTP */
	const char *body; /* not ended by a NUL */
	size_t len;
	const char *question; /* to which this is the answer: where somebody carries, of an earlier run */
	size_t question_len;
};
/* Once for each question; answer NULL: there is none, and e says why.  May ask again at once. */
typedef void witness_cb(void *arg, const struct witness_answer *answer, const struct err *e);

/* ERR_CONFIG: the URL is none of these.  ca_file NULL: the system's authorities. */
struct witness *witness_new(struct loop *l, const char *url, const char *ca_file, struct err *e);
/* Is it one of these?  0, or -1 and ERR_CONFIG. */
int witness_check(const char *url, struct err *e) MUST_USE;
/* Ends what is under way; its cb is not called.  NULL is fine. */
void witness_free(struct witness *w);
/* One at a time.  The bytes are copied.  timeout_ms: for all of it; no limit where somebody carries. */
void witness_ask(struct witness *w, const void *body, size_t n, unsigned timeout_ms, witness_cb *cb,
		 void *arg);
bool witness_busy(const struct witness *w);
#endif
