/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_READING_H
#define HOPTHU_READING_H

#include "daemon/api/api.h"

/* Reference of the one person a call reads about, in the call's arena; NULL when it is about nobody or
 * about several.  It stands in the record of the reading, so that the person can be told who read. */
const char *reading_subject(struct call *c);
#endif
