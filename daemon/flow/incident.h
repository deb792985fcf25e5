/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_INCIDENT_H
#define HOPTHU_INCIDENT_H

#include "daemon/flow/flow.h"

/*
 * The log and somebody who watches it contradict each other: a witness refused a checkpoint, or two
 * roots stand for one size.  Nothing is begun in the directory and nothing is written into the log
 * any more, also after a restart, until a person has looked (`hopthud --incarnation`).  Reading
 * goes on.
 */

/* Takes up the one that an earlier run left. */
void incident_load(struct flow *f);
/* Not inside a unit of the store.  The first one stays. */
void incident_raise(struct flow *f, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* NULL: there is none.  Borrowed. */
const char *incident_text(const struct flow *f);
void incident_free(struct flow *f);
#endif
