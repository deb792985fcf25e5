/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_AUDIT_STORY_H
#define HOPTHU_AUDIT_STORY_H

#include "common/json.h"
#include "daemon/flow/flow.h"

/* What a person reads out of a record.  rec may be NULL (damaged). */
/* One line; caller frees. */
char *audit_summary(struct flow *f, int64_t seq, const json_t *rec);
/* {field: value, or null when it was erased} */
json_t *audit_openings(struct flow *f, int64_t seq, const json_t *rec);
/* On whose letter, approved by whom, before and after; null when the record is about no request. */
json_t *audit_story(struct flow *f, const json_t *rec);
#endif
