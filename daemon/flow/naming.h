/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NAMING_H
#define HOPTHU_NAMING_H

#include "daemon/flow/flow.h"

/*
 * A row whose name is out of addresses gets the one a person proposes, checked like any other.  With
 * the last of them the letter has a plan, and waits for approval.  ERR_CONFLICT: the row needs none,
 * or the address is taken.  dry_run: everything is checked and nothing written.
 */
int naming_propose(struct flow *f, int64_t request, int64_t row, const char *address, bool dry_run,
		   const struct actor *who, struct err *e) MUST_USE;
#endif
