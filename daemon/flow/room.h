/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_ROOM_H
#define HOPTHU_ROOM_H

#include "daemon/flow/flow.h"

/*
 * The disk is full: the reserve (daemon/base/reserve.h) is given up, what is on its way is recorded in
 * the room that makes, and nothing new is begun (flow->scarce) until the reserve could be taken again.
 */
void room_open(struct flow *f);
void room_free(struct flow *f);
/* At the end of each turn, after the commit. */
void room_turn(struct flow *f);
void room_reconfigured(struct flow *f);
#endif
