/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_BASE64_H
#define HOPTHU_BASE64_H

#include <sys/types.h>

#include "common/buf.h"

/* Base 64 of RFC 4648 section 4: with padding, without line ends. */
void base64_add(struct buf *out, const void *data, size_t n);
/*
 * Strict: -1 when it is something else, not the one way to write these bytes (section 3.5), or more
 * than max bytes; out is then as it was.  Otherwise the number of bytes.
 */
ssize_t base64_read(const char *text, size_t n, void *out, size_t max);
#endif
