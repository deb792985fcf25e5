/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "tools/witness/witness_socket.h"

static const char *
reason(void)
{
	const char *text = ERR_reason_error_string(ERR_peek_last_error());

	return text ? text : "unknown reason";
}

struct ssl_ctx_st *
witness_tls_new(const char *cert, const char *key, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
	struct stat st;
	int rc = 0;

	BUG_ON(!ctx);
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
			    SSL_OP_IGNORE_UNEXPECTED_EOF);
	if (stat(key, &st))
		rc = err_set(e, ERR_CONFIG, "the key %s cannot be read: %s", key, strerror(errno));
	else if (st.st_mode & 0007)
		rc = err_set(e, ERR_CONFIG, "the key %s is open to others: chmod 640 it", key);
	else if (SSL_CTX_use_certificate_chain_file(ctx, cert) != 1)
		rc = err_set(e, ERR_CONFIG, "the certificate %s cannot be used: %s", cert, reason());
	else if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
		 SSL_CTX_check_private_key(ctx) != 1)
		rc = err_set(e, ERR_CONFIG, "the key %s cannot be used with %s: %s", key, cert, reason());
	ERR_clear_error();
	if (!rc)
		return ctx;
	SSL_CTX_free(ctx);
	return NULL;
}

struct ssl_st *
witness_tls_session(struct ssl_ctx_st *ctx)
{
	SSL *ssl = SSL_new(ctx);

	BUG_ON(!ssl);
	return ssl;
}

void
witness_tls_free(struct ssl_ctx_st *ctx)
{
	SSL_CTX_free(ctx);
}
