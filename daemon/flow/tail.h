/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TAIL_H
#define HOPTHU_TAIL_H

#include "daemon/flow/flow.h"

/*
 * Before anybody is served: is the end of the log what was written?  The records since the last
 * checkpoint (at least TAIL_RECORDS) against their hashes, these against the kept roots of subtrees
 * and the right edge of the tree, the last checkpoint's root and signature.  What lies further back
 * is `hopthuctl audit verify`'s affair: this takes a millisecond, however long the log is.  A file of up
 * to 64 MiB is also looked at page by page (SQLite's quick_check: 0.1 s; 0.5 s for 500 MiB).
 * ERR_CONFIG names the first bad record.
 */
#define TAIL_RECORDS 256
int tail_check(struct flow *f, struct err *e) MUST_USE;
#endif
