/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CHECKPOINT_JSON_H
#define HOPTHU_CHECKPOINT_JSON_H

#include "common/json.h"
#include "daemon/flow/flow.h"

/* Newest checkpoint, witnesses, quorum and incident, for /v1/status.  The caller owns it. */
json_t *checkpoint_status_json(struct flow *f);
#endif
