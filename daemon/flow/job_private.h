/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_JOB_PRIVATE_H
#define HOPTHU_JOB_PRIVATE_H

#include "daemon/directory/dir.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/job.h"
#include "daemon/policy/plan.h"

enum job_state { JOB_INTENT, JOB_SEND, JOB_SENT, JOB_READ, JOB_READING, JOB_PAUSE, JOB_RECORD };

struct job {
	struct job *next; /* in the queue's list */
	struct flow *flow;
	struct arena *arena;
	struct item item, as_begun; /* as_begun: what the database says until the outcome is durable */
	struct plan plan;
	char *dn, *authz;
	const char *as; /* operator in whose name it is done */
	enum job_state state;
	bool read_first;
	unsigned sends, busy;
	struct loop_timer *timer;
	bool ended_request, held, moved;
};

void job_read_again(struct job *j);
#endif
