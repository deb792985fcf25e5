/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_EXPORT_H
#define HOPTHU_EXPORT_H

#include "daemon/flow/flow.h"

/*
 * Copies of the log that are given out (doc/audit-format.md, "Export").  Each is a record, durable
 * before the first byte leaves, and whatever leaves later rests on it: by its number.
 */
struct export {
	int64_t seq;         /* of its record */
	int64_t first, last; /* what was asked for */
	int64_t from, to;    /* what is given: the tiles that hold it */
	uint64_t size;       /* of the checkpoint the copy ends with */
	uint8_t root[DIGEST_LEN];
};

/*
 * A record by its number or by time (common/moment.h): the first since then or, with `end`, the last
 * until then.  log_end: number of the last record there is.
 */
int export_record_at(struct flow *f, const char *text, bool end, int64_t log_end, int64_t *seq,
		     struct err *e) MUST_USE;
/* Fills from and to by first, last and size. */
void export_round(struct export *x);
/* Writes the record, in a unit of its own, and gives its number; 0 while nothing may be written
 * (incident.h): then a copy goes as far as the newest checkpoint, without a record. */
int export_begin(struct flow *f, const struct actor *who, struct export *x,
		 struct err *e) MUST_USE;
/* The export of this number (0 while nothing may be written): from, to, size and root.  ERR_DENIED: it is not this operator's. */
int export_find(struct flow *f, int64_t seq, const char *name, struct export *x,
		struct err *e) MUST_USE;
/* C2SP tlog-policy text of a copy: keys of the log, witnesses and quorum. */
int export_policy(struct flow *f, struct buf *out, struct err *e) MUST_USE;
#endif
