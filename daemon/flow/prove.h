/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_PROVE_H
#define HOPTHU_PROVE_H

#include "daemon/flow/flow.h"

/* That one record is in the log: c2sp.org/tlog-proof, and the short form that fits on paper. */

/*
 * The checkpoint that a proof of a record is best made from: the newest that enough witnesses
 * confirmed, if it counts the record; else the newest of all.  0: none counts it yet.
 */
uint64_t prove_size(struct flow *f, int64_t seq);
/* The text of the proof, with the record and what is left of its openings in `extra`; rec receives the
 * record alone. */
int prove_record(struct flow *f, int64_t seq, uint64_t size, struct buf *rec, struct buf *out,
		 struct err *e) MUST_USE;
/*
 * "1234-0f3a9c21b7d4e688@1280": number of the record, the first 16 hex digits of its hash in the tree,
 * records that the newest checkpoint counts; without "@..." when none counts it yet.  "" for seq 0.
 */
void prove_receipt(struct flow *f, int64_t seq, struct buf *out);
/* The newest record about a row of a letter, of this event (-1: any), among those after `after`,
 * found in slices: looks at up to max records.  *next: the last one that was looked at, 0: that was all. */
int prove_find(struct flow *f, int64_t request, int64_t row, int event, int64_t after, int max,
	       int64_t *seq, int64_t *next, struct err *e) MUST_USE;
#endif
