/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TLS_H
#define HOPTHU_TLS_H

#include <stdbool.h>

/* What every TLS connection to a server of ours asks of the certificate. */
struct ssl_st;

/* The certificate must be for this host name or address (RFC 4513 3.1.3, RFC 9110 4.3.4).  False: the
 * name cannot be one. */
bool tls_want_name(struct ssl_st *ssl, const char *host);
#endif
