/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_PASSWORD_H
#define HOPTHU_PASSWORD_H

#include "daemon/directory/dir.h"
#include "daemon/flow/flow.h"

/*
 * The password rules of the policy in force for hopthud's own domain, as values of the directory's
 * default password policy (cn=default,ou=policies).  When they say something else than that entry had
 * when hopthud saw it last, hopthud gives itself an order of one item, which takes the way of all
 * others: intent, write, outcome.  There is at most one such order at a time.
 *
 * It asserts every value that was seen last.  Where somebody changed one by hand the order fails, what
 * was found is a `drift` record, and a second one is given that starts from there.  An order that fails
 * otherwise is given again when the rules change, at a reload and at the next start.
 */
void password_begin(struct flow *f); /* start and reload: what failed before counts no more */
void password_check(struct flow *f); /* from time to time: a dated policy comes into force */

/* For the job, in the unit of the outcome: what the entry is now. */
int password_written(struct flow *f, const struct plan *p, const char *opid, struct err *e) MUST_USE;
/* found: canonical JSON of what the entry has instead, appended. */
int password_moved(struct flow *f, const struct dir_entry *entry, struct buf *found,
		   struct err *e) MUST_USE;
/* When the outcome is durable.  moved: another order may follow at once. */
void password_ended(struct flow *f, bool moved);
#endif
