/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_RESERVE_H
#define HOPTHU_RESERVE_H

#include <stdbool.h>

#include "common/err.h"

/*
 * Room on the disk that is set aside in a file and given up when the disk is full, so that what is on
 * its way can still be written down.  Taken back when there is room for it and something more.
 */
struct reserve;

/* Nothing is taken yet; mb 0: there never is anything.  The file belongs to this alone. */
struct reserve *reserve_new(const char *file, unsigned mb);
void reserve_free(struct reserve *r); /* the file stays; NULL is fine */
void reserve_resize(struct reserve *r, unsigned mb);
/* ERR_TEMP: there is no room (or none beyond it). */
int reserve_take(struct reserve *r, struct err *e) MUST_USE;
void reserve_give(struct reserve *r);
bool reserve_held(const struct reserve *r); /* also when it is of 0 */
#endif
