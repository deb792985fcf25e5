/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CATCHUP_H
#define HOPTHU_CATCHUP_H

#include "daemon/flow/flow.h"

/*
 * What searches of the log need and what nobody waits for is done when there is time: names of new
 * rows are noted, and an index that a database lacks is made.  A search that comes earlier does it
 * first.
 */
struct catchup;
struct catchup *catchup_new(struct flow *f);
void catchup_free(struct catchup *u); /* NULL is fine */
#endif
