/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_FILE_H
#define HOPTHU_WITNESS_FILE_H

#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"

/* Files of hopthu-witness, by name in an open directory (or AT_FDCWD).  what: for the sentence. */

/* ERR_NOTFOUND; ERR_PERM: no plain file, longer than max, not readable. */
int witness_file_read(int dir, const char *name, const char *what, size_t max, struct buf *out,
		      struct err *e) MUST_USE;
/*
 * Replaces or makes the file with these bytes; durable when it returns 0.  Until the last step the old
 * one is there; what is written first has a name that begins with a dot.  ERR_TEMP.
 */
int witness_file_write(int dir, const char *name, const char *what, const void *data, size_t n,
		       mode_t mode, struct err *e) MUST_USE;
#endif
