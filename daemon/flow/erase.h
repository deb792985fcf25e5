/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_ERASE_H
#define HOPTHU_ERASE_H

#include "common/json.h"
#include "daemon/flow/flow.h"

/*
 * A person's values are erased: the openings of every record about the person, and the same values
 * wherever else the database has them.  The log stays whole, because it has commitments only.
 *
 *	WALK   what there is is gathered, and refused where the person still has a mailbox
 *	WRITE  units: each deletes some and has its `erase` record; the first says in `meta` who
 *	       erases, so that a later run of hopthud goes on where this one ended
 *	PAGES  the write-ahead log is cut and what no cell uses is overwritten in the file
 *	LOOK   is the entry still in the directory?  The answer says it
 *
 * One at a time.
 */
struct erase_ask {
	const char *person; /* reference, login or address */
	const char *basis;  /* the law; stands in clear in the log */
	const struct actor *who;
	bool dry_run;       /* tells what would go */
};

/* The report is the callback's; failure NULL: what was erased is out of the files, or the report says
 * under "pending" why not yet.  Never called inside of erase_begin. */
typedef void erase_done_cb(void *arg, json_t *report, const struct err *failure);
/* ERR_NOTFOUND: nobody.  ERR_CONFLICT: another one is under way. */
int erase_begin(struct flow *f, const struct erase_ask *ask, erase_done_cb *cb, void *arg,
		struct err *e) MUST_USE;
void erase_forget(struct flow *f, void *arg); /* who waited does not any more; it goes on */
/* At the end of a turn, after the commit. */
void erase_turn(struct flow *f);
/* What an earlier run began. */
int erase_recover(struct flow *f, struct err *e) MUST_USE;
void erase_free(struct flow *f);
/* Number of the last `erase` record; 0: there is none. */
int64_t erase_last(const struct flow *f);
/* {"person", "state", "percent", "reason"} or null. */
json_t *erase_status(struct flow *f);
#endif
