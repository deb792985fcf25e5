/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_ORDER_H
#define HOPTHU_ORDER_H

#include "daemon/flow/flow.h"

/*
 * An administrator's orders about agencies and operators.  The database changes at once; the entry
 * in the directory follows through the queue like everything else (intent, outcome), as a request of
 * the kind `order`, which needs no second person.  Each is one unit; answer after the commit.
 */
int order_agency_add(struct flow *f, const struct agency *g, const struct actor *who, struct err *e)
	MUST_USE;
int order_operator_add(struct flow *f, const struct operator *o, const struct actor *who,
		       struct err *e) MUST_USE;
int order_operator_revoke(struct flow *f, const char *name, const char *reason,
			  const struct actor *who, struct err *e) MUST_USE;
/* The verifier only; never a password. */
int order_operator_passwd(struct flow *f, const char *name, const char *scram,
			  const struct actor *who, struct err *e) MUST_USE;
#endif
