/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_HEARTBEAT_H
#define HOPTHU_HEARTBEAT_H

#include "daemon/flow/flow.h"

/*
 * Silence must be evidenced too: a log in which nothing was written for a day could have been cut.  A
 * verifier tells of more than 26 hours without a record (doc/audit-format.md, rule 2).
 */
struct heartbeat {
	uint64_t size; /* of the log an hour ago */
	int quiet;     /* hours without a record */
};
/* Each hour: one record when there was none for a day, and again each hour until it can be written. */
void heartbeat_hour(struct heartbeat *h, struct flow *f);
#endif
