/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_FAILPOINT_H
#define HOPTHU_FAILPOINT_H

#include <stdbool.h>

/*
 * Places where a test can make hopthud die or fail:
 *	HOPTHU_FAILPOINT=name[:N][:kill|pause|fail]
 * at the Nth time (first when not said): kill -9 of itself (the default), SIGSTOP of itself, or
 * failpoint() answers true and the caller behaves as if the call had failed.
 */
#define FAILPOINTS_ALL(X) \
	X(INTAKE_SLICE, "intake-slice") /* a slice of a letter's rows is written, not committed */ \
	X(COMMIT_BEFORE, "commit-before") /* a turn's transaction is about to be committed */ \
	X(COMMIT_AFTER, "commit-after") /* it is durable, nobody was told */ \
	X(REQUEST_PLANNED, "request-planned") /* a letter is durable, its sender was not told */ \
	X(APPROVE_COMMITTED, "approve-committed") /* an approval is durable, nothing dispatched */ \
	X(INTENT_COMMITTED, "intent-committed") /* an intent is durable, nothing sent */ \
	X(OP_SENT, "op-sent") /* an operation was handed to the directory */ \
	X(REPLY_RECEIVED, "reply-received") /* its reply is here, not recorded */ \
	X(OUTCOME_WRITTEN, "outcome-written") /* the outcome is written, not committed */ \
	X(OUTCOME_COMMITTED, "outcome-committed") /* the outcome is durable */ \
	X(RESOLVE_READ, "resolve-read") /* a lost reply was resolved by reading, not recorded */ \
	X(REQUEST_ENDED, "request-ended") /* the last item's outcome is durable */ \
	X(ERASE_WRITTEN, "erase-written") /* a part of an erasure is written, not committed */ \
	X(ERASE_COMMITTED, "erase-committed") /* it is durable, the files still have the values */ \
	X(ERASE_SCRUBBED, "erase-scrubbed") /* they have them no more, which is not noted yet */ \
	X(CHECKPOINT_WRITTEN, "checkpoint-written") /* a checkpoint is signed, not committed */ \
	X(CHECKPOINT_COMMITTED, "checkpoint-committed") /* it is durable, nobody was told */

enum failpoint {
#define X(N, w) FP_##N,
	FAILPOINTS_ALL(X)
#undef X
	FP_COUNT
};

/* At most once a process; complains about an unknown name on standard error and exits. */
void failpoint_init(void);
bool failpoint(enum failpoint f);
#endif
