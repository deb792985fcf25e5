/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_DROP_H
#define HOPTHU_WITNESS_DROP_H

#include "tools/witness/witness_log.h"

/*
 * For requests that somebody carries: one request from a file, the answer into another.  The answer's
 * first line is the status of HTTP, the rest the body.  request may be a folder, then it is "request" in
 * it, and the answer "response".  out NULL: beside the request in a folder, else standard output.
 * The HTTP status, or -1 with ERR_USAGE or ERR_TEMP.
 */
int witness_drop_answer(const struct witness_state *s, const char *request, const char *out,
			uint64_t now, struct err *e) MUST_USE;
#endif
