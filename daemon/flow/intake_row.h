/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_INTAKE_ROW_H
#define HOPTHU_INTAKE_ROW_H

#include "daemon/flow/flow.h"
#include "daemon/policy/letter.h"

/* One row of a letter against what is known: is it possible, was it sent before, what will it be. */
struct intake_row {
	struct item item;            /* all but request, plan and what the naming gives */
	struct mailbox before, after;
	bool has_before;
	bool already;                /* recognised; known is the earlier item */
	struct item known;
	const char *column;          /* at fault, when -1 is returned */
};

/* Pure reading.  known: a letter of this number came before, so its rows may be these. */
int intake_row_check(struct flow *f, const struct letter_row *row, const struct letter_head *head,
		     bool known, struct intake_row *out, struct arena *a, struct err *e)
	MUST_USE;
/* Chooses the address, plans, and writes item, registry and record.  In a unit; keep is false when
 * the unit will be undone (a dry run). */
int intake_row_write(struct flow *f, struct intake_row *r, const struct letter_row *row,
		     int64_t request, const struct actor *who, bool keep, struct arena *a,
		     struct err *e)
	MUST_USE;
/* Login, plan, opid and hash of an item: at intake and when it is planned again. */
void intake_row_plan(struct item *i, const struct mailbox *before, struct mailbox *after,
		     struct arena *a);
#endif
