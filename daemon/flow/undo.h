/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_UNDO_H
#define HOPTHU_UNDO_H

#include "common/json.h"
#include "daemon/flow/flow.h"

/*
 * The letter that takes back what a request did, from what was before: rows as a JSON letter has
 * them.  What cannot be taken back is told: [{row, op, address, message}].  The letter goes through
 * approval like any other.
 *
 * Every row of one letter is of one agency: that of the request, but for transfers, which the
 * agency asks for to which the mailboxes go back.
 */
struct undo {
	json_t *items;  /* of the letter */
	json_t *cannot;
	char *agency;
	char *domain;   /* that of the request: another's rules are not asked */
	int64_t request, next_row;
};
/* ERR_NOTFOUND, ERR_CONFLICT: it has not ended.  Release also after an error. */
int undo_begin(struct flow *f, int64_t request, struct undo *u, struct err *e) MUST_USE;
/* Some more of its rows: 1 there are more, 0 that was all.  -1, ERR_CONFLICT: none can be undone. */
int undo_step(struct flow *f, struct undo *u, struct err *e) MUST_USE;
void undo_release(struct undo *u);
#endif
