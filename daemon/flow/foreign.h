/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_FOREIGN_H
#define HOPTHU_FOREIGN_H

#include "daemon/flow/flow.h"

/*
 * Entries below ou=people that hopthu did not make: their names are taken too.  Listed each time
 * the directory becomes ready; names are only ever added, never given free because of an absence.
 */
void foreign_start(struct flow *f);
void foreign_free(struct flow *f); /* after the directory is gone */
#endif
