/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_SOCKET_H
#define HOPTHU_WITNESS_SOCKET_H

#include "tools/witness/witness_http.h"

/* Listening sockets, non-blocking; -1 with ERR_CONFIG, or ERR_CONFLICT: somebody listens there. */
int witness_socket_unix(const struct witness_serve *how, struct err *e) MUST_USE;
int witness_socket_tcp(const char *host_port, struct err *e) MUST_USE;

/* TLS 1.2 or newer with this certificate (chain) and key; NULL is freed too. */
struct ssl_ctx_st *witness_tls_new(const char *cert, const char *key, struct err *e) MUST_USE;
void witness_tls_free(struct ssl_ctx_st *ctx);
/* For one connection, whose bufferevent frees it. */
struct ssl_st *witness_tls_session(struct ssl_ctx_st *ctx);
#endif
