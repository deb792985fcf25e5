/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_AUDIT_INCLUSION_H
#define HOPTHU_AUDIT_INCLUSION_H

#include "common/json.h"
#include "daemon/flow/flow.h"

/*
 * Which checkpoint counts a record first, who confirmed it, and between which times of witnesses the
 * record was written: {"size","signed_at","confirmed":[{"witness","size","at"}],"not_before",
 * "not_after","anchor"}; what is not known is null.
 */
json_t *audit_inclusion(struct flow *f, int64_t seq);
#endif
