/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_INTAKE_ROW_H
#define HOPTHU_INTAKE_ROW_H

#include "daemon/flow/choose.h"
#include "daemon/flow/rules.h"
#include "daemon/policy/letter.h"

/* What the rows of one letter share. */
struct intake_letter {
	struct flow *flow;
	struct rules rules;
	const struct letter_head *head;
	bool known;             /* a letter of this number came before, so its rows may be these */
	struct choose_dry *dry; /* while it is only checked: what its rows take from each other */
	int64_t request;        /* once there is one */
	const struct actor *who;
};

/* One row of a letter against what is known: is it possible, was it sent before, what will it be. */
#define INTAKE_NOTES 8
struct intake_row {
	struct item item;            /* all but request, plan and what the naming gives */
	struct mailbox before, after;
	bool has_before;
	bool already;                /* recognised; known is the earlier item */
	struct item known;
	const struct item *again;    /* known, when that failed and this asks for it again */
	const char *column;          /* at fault, when -1 is returned */
	bool new_address;            /* it got one that must be promised */
	bool readdress;              /* a mailbox that is there gets another address */
	int late;                    /* days after the decision */
	bool too_late;               /* more than the policy allows */
	unsigned notes;              /* what stops nothing and should be looked at */
	struct {
		const char *column, *message;
	} note[INTAKE_NOTES];
};

/* Pure reading. */
int intake_row_check(struct intake_letter *l, const struct letter_row *row, struct intake_row *out,
		     struct arena *a, struct err *e) MUST_USE;
/*
 * Gives the row its address: the one the letter proposes, or the first free candidate.  A row whose
 * name is out of addresses becomes STATE_NAME_NEEDED.  In l->dry, if there is one, the address is
 * taken; in the registry by intake_row_write.  trail: candidates that were taken, and by what.
 */
int intake_row_address(struct intake_letter *l, struct intake_row *r, const struct letter_row *row,
		       struct buf *trail, struct arena *a, struct err *e) MUST_USE;
/* Plans, and writes item, registry and record.  In a unit. */
int intake_row_write(struct intake_letter *l, struct intake_row *r, const struct buf *trail,
		     struct arena *a, struct err *e) MUST_USE;
void intake_row_note(struct intake_row *r, const char *column, const char *message);
/* Login, plan, opid and hash of an item: at intake and when it is planned again. */
void intake_row_plan(struct flow *f, struct item *i, const struct mailbox *before,
		     struct mailbox *after, struct arena *a);
/*
 * Address for a mailbox by the policy, from the cells of its row.  like: holder, keeps and again.
 * CHOOSE_FREE: after has it (and the login of a new one).  trail: what was taken, and by what.
 */
enum choose_fate intake_row_name(struct intake_letter *l, const char *const *cell,
				 const struct choose_ask *like, struct mailbox *after,
				 struct buf *trail, const char **column, struct arena *a,
				 struct err *e) MUST_USE;
/* The item waits for a name that somebody proposes: its state, and what it says. */
void intake_row_need_name(struct item *i, const struct buf *trail, struct arena *a);
/* Promises the address of the mailbox to a request. */
int intake_row_reserve(struct flow *f, const struct mailbox *m, int64_t request,
		       struct err *e) MUST_USE;
#endif
