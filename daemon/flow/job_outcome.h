/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_JOB_OUTCOME_H
#define HOPTHU_JOB_OUTCOME_H

#include "daemon/directory/dir.h"
#include "daemon/flow/job.h"

/* What became of a job: written as one unit; the job ends when that is durable. */
void job_done(struct job *j, const struct dir_result *r); /* r->entry: what was read, or NULL */
void job_failed(struct job *j, const char *message, int code);
void job_hold(struct job *j, const char *message);
/* Refused by the access rules, so nothing happened: waits for a person. */
void job_denied(struct job *j, const struct dir_result *r);
/* The directory is not what the plan was made from. */
void job_moved(struct job *j, const struct dir_entry *found);
#endif
