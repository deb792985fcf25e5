/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_JOB_H
#define HOPTHU_JOB_H

#include "daemon/flow/queue.h"

/* One item on its way into the directory; the table of its states is at the top of job.c. */
struct job *job_begin(struct flow *f, const struct item *i, const struct request *r,
		      struct err *e);                 /* intent written in a unit of its own */
struct job *job_resume(struct flow *f, const struct item *i, const struct request *r,
		       struct err *e);                /* left by an earlier run: read first */
void job_free(struct job *j);
void job_directory_ready(struct job *j);
bool job_is_busy(const struct job *j); /* will end soon by itself; false: waits for a directory that is away */
bool job_is_unknown(const struct job *j);
int64_t job_item(const struct job *j);
struct job **job_link(struct job *j); /* place of the queue's list */
#endif
