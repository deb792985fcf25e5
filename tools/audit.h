/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TOOLS_AUDIT_H
#define HOPTHU_TOOLS_AUDIT_H

#include "tools/ctl.h"

/* What the commands on the log share. */

#define AUDIT_READING 128 /* bytes of the word by which pages are one reading */

/* Appends to the path what records are found by.  0, or the exit status, the error being told. */
int audit_filter(struct ctl *c, struct buf *path) MUST_USE;
/* A record with who, whom and what changed as people read it; the caller's. */
json_t *audit_shape(const json_t *record);
const struct out_column *audit_columns(const struct ctl *c);
/* The newest n of what the path lists, the oldest of them first, in *rows (the caller's); *next: what
 * comes is after this one.  0, or the exit status, the error being told. */
int audit_newest(struct ctl *c, const char *path, size_t n, json_t **rows, long *next,
		 char reading[AUDIT_READING]) MUST_USE;
#endif
