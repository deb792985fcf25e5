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

/* What these are made of: a request of one item that writes an entry.  In a unit of the caller's; gives
 * id.  opid: from order_opid. */
struct order {
	enum op op;
	const char *target;                      /* value of the entry's RDN */
	const struct plan_value *before, *after; /* by name; before NULL: nothing is asserted */
	const char *reason, *policy;             /* NULL: none; policy: its digest in hex */
	int64_t id;
};
void order_opid(char opid[37]);
int order_add(struct flow *f, struct order *o, const char *opid, const struct actor *who,
	      struct err *e) MUST_USE;
#endif
