/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WAIT_H
#define HOPTHU_WAIT_H

#include "daemon/flow/flow.h"

/* Long polls: calls that wait for a request to end. */
void wait_init(struct flow *f);
void wait_release(void);
void wait_end_all(void); /* every one is answered with how things are */
#endif
