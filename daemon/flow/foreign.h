/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_FOREIGN_H
#define HOPTHU_FOREIGN_H

#include "daemon/directory/dir.h"
#include "daemon/flow/flow.h"

/*
 * Entries below ou=people that hopthu did not make: their names are taken too.  Listed each time
 * the directory becomes ready; names are only ever added, never given free because of an absence.
 */
void foreign_start(struct flow *f);
/* In a unit: addresses that somebody gave a mailbox of ours by hand, and those of an entry that is none,
 * are taken from now on. */
int foreign_adopt(struct flow *f, const struct mailbox *m, struct err *e) MUST_USE;
int foreign_take(struct flow *f, const struct dir_entry *entry, struct err *e) MUST_USE;
void foreign_free(struct flow *f); /* after the directory is gone */
#endif
