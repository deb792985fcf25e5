/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_QR_H
#define HOPTHU_QR_H

#include "common/buf.h"
#include "common/err.h"

/* Bytes as a QR code (ISO/IEC 18004, error correction M): an <svg> element that scales.  The only home
 * of qrencode.h.  ERR_USAGE: more than a code can hold. */
int qr_svg(const void *data, size_t n, struct buf *out, struct err *e) MUST_USE;
#endif
