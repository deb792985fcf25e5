/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DECIDE_H
#define HOPTHU_DECIDE_H

#include "daemon/flow/flow.h"

/*
 * What people decide about a request.  Each is one unit; the caller answers after the commit.
 * ERR_CONFLICT: the request is not in a state for this, or the digest is another.
 * ERR_DENIED: requester = approver.
 */
int decide_approve(struct flow *f, int64_t request, const char *digest, const struct actor *who,
		   struct err *e) MUST_USE;
int decide_refuse(struct flow *f, int64_t request, const char *reason, const struct actor *who,
		  struct err *e) MUST_USE;
int decide_cancel(struct flow *f, int64_t request, const char *reason, const struct actor *who,
		  struct err *e) MUST_USE;
/* Failed and held items go back into the queue under the same approval. */
int decide_retry(struct flow *f, int64_t request, const char *reason, const struct actor *who,
		 struct err *e) MUST_USE;
#endif
