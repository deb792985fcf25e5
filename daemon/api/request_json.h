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
/* Everything but the items; shown receives the state that the request shows: running once something
 * of it has begun, scheduled or held when all that is left is. */
json_t *request_head_json(struct flow *f, const struct request *r, enum state *shown);
#endif
