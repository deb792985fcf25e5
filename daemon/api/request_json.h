/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_REQUEST_JSON_H
#define HOPTHU_REQUEST_JSON_H

#include "common/json.h"
#include "daemon/flow/flow.h"

struct item_list {
	struct flow *flow;
	const struct request *request;
	json_t *items;
	int64_t last, count;
};
/* How a request shows itself: `running` once something of it has ended. */
enum state request_state(const struct request *r);
/* Everything but counts and items. */
json_t *request_head_json(struct flow *f, const struct request *r);
#endif
