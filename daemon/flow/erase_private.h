/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_ERASE_PRIVATE_H
#define HOPTHU_ERASE_PRIVATE_H

#include "daemon/flow/erase.h"
#include "daemon/flow/erase_report.h"

#define ERASE_META "erase" /* who erases whom, while it is under way: canonical JSON, else "" */

enum phase { WALK, WRITE, WRITTEN, PAGES, LOOK };

struct erase {
	struct flow *flow;
	struct subject subject;
	struct erase_numbers numbers;
	struct actor who;
	const char *basis, *dn; /* dn: NULL when there is no mailbox of the person */
	bool dry_run;
	bool resumed;           /* begun by an earlier run, or before a fault */
	bool whole;             /* nothing is left to delete */
	enum phase phase;
	size_t also_at, row_at, letter_at;
	int64_t cursor; /* records about the person whose openings are gone */
	erase_done_cb *cb;
	void *arg;
};

struct erasures {
	struct erase *now;     /* NULL: none is under way */
	bool scrub;            /* pages wait to be overwritten */
	bool pause;            /* until the timer */
	struct loop_timer *timer;
	struct err why;        /* it cannot go on now */
};

/* In a unit: deletes some more, with its record; x->whole when nothing is left. */
int erase_write_unit(struct erase *x, struct err *e) MUST_USE;
#endif
