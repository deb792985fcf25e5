/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_REPLAN_H
#define HOPTHU_REPLAN_H

#include "daemon/flow/rules.h"

/*
 * Items under which the directory moved wait as `checked` until the rest of their request has
 * ended; then they are planned again together, and the request goes back for approval.
 */
int replan(struct flow *f, int64_t request, struct err *e) MUST_USE;
int replan_in_unit(struct flow *f, int64_t request, struct err *e) MUST_USE;
/* What an item asks of a mailbox as that is now; not for a create.  ERR_USAGE: it cannot be any more. */
int replan_change(struct flow *f, const struct rules *r, const struct item *i,
		  struct mailbox *before, struct mailbox *after, struct arena *a,
		  struct err *e) MUST_USE;
#endif
