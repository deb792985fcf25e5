/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_HTTP_H
#define HOPTHU_WITNESS_HTTP_H

#include "tools/witness/witness_state.h"

/*
 * The server: HTTP/1.1 on a Unix socket, HTTPS, or both.  POST /add-checkpoint, GET
 * /HASH/checkpoint, GET /healthz.  A request of at most 8 KiB of headers and 64 KiB has 10 s from its
 * first byte to its last; when there are too many connections, the one that has been silent longest is
 * ended.
 */
struct witness_serve {
	const char *socket;       /* path, or NULL */
	unsigned socket_mode;
	const char *socket_group; /* or NULL */
	const char *listen;       /* HOST:PORT, or NULL */
	const char *cert, *key;   /* files for it */
};
/* Until SIGTERM or SIGINT; SIGHUP reads certificate and key again.  ERR_CONFIG, ERR_CONFLICT. */
int witness_http_serve(const struct witness_state *s, const struct witness_serve *how,
		       struct err *e) MUST_USE;

/* A line on standard error.  A newline in it becomes a space. */
void witness_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
#endif
