/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_RESOLVE_H
#define HOPTHU_RESOLVE_H

#include <netdb.h>

#include "common/err.h"

/*
 * Addresses of a name, without waiting: glibc asks in a thread of its own, and a name server that
 * does not answer does not stop the loop.
 */
struct resolve;

/*
 * 1 = *list is there (freeaddrinfo), 0 = not yet: call again soon, -1 = e.  *q is NULL before the
 * first call, and after 1 and -1.
 */
int resolve_step(struct resolve **q, const char *host, int port, struct addrinfo **list,
		 struct err *e) MUST_USE;
/* Nobody waits for it any more; *q NULL is fine. */
void resolve_end(struct resolve **q);
#endif
