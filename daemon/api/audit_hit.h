/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_AUDIT_HIT_H
#define HOPTHU_AUDIT_HIT_H

#include "daemon/flow/flow.h"

/*
 * A record as an auditor wants it, in one view: who did what, on which letter, who asked, who allowed
 * it, what changed and what became of it.  Approvals are read from the log: those of the round of
 * planning that the record belongs to.
 */
struct audit_approval {
	int64_t seq, round;
	char *by, *at;
};
struct audit_request {
	int64_t id;
	struct audit_approval *approvals;
	size_t count;
};
/* What was read of the requests of one answer. */
struct audit_hits {
	struct flow *flow;
	struct audit_request *requests;
	size_t count;
};
void audit_hits_release(struct audit_hits *h);
json_t *audit_hit(struct audit_hits *h, int64_t seq, const json_t *rec);
#endif
