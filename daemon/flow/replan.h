/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_REPLAN_H
#define HOPTHU_REPLAN_H

#include "daemon/flow/flow.h"

/*
 * Items under which the directory moved wait as `checked` until the rest of their request has
 * ended; then they are planned again together, and the request goes back for approval.
 */
int replan(struct flow *f, int64_t request, struct err *e) MUST_USE;
#endif
