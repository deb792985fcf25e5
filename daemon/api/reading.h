/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_READING_H
#define HOPTHU_READING_H

#include "daemon/api/api.h"

/* Reference of the one person a call reads about, in the call's arena; NULL when it is about nobody or
 * about several.  It stands in the record of the reading, so that the person can be told who read. */
const char *reading_subject(struct call *c);

/* What is read, as the record says it: the path and what was looked for. */
void reading_path(struct call *c, struct buf *out);
/*
 * Pages of one reading are one record.  A page that has a next one says "reading": a word that only we
 * can make, for this operator and this path, good for an hour; with it the next page is no new reading.
 */
bool reading_goes_on(struct call *c, const char *path);
void reading_offer(struct call *c, json_t *page);
#endif
