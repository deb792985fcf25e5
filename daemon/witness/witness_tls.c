/* SPDX-License-Identifier: BSD-2-Clause */
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/tls.h"
#include "daemon/witness/witness_int.h"

static const char *
text_of(unsigned long code)
{
	const char *text = ERR_reason_error_string(code);

	return text ? text : "unknown reason";
}

SSL *
witness_tls_new(const struct witness *w, struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method()); /* the file anew: it may be renewed */
	SSL *ssl = NULL;
	int rc;

	BUG_ON(!ctx);
	ERR_clear_error();
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	rc = w->ca_file ? SSL_CTX_load_verify_file(ctx, w->ca_file) :
			  SSL_CTX_set_default_verify_paths(ctx);
	if (rc == 1) {
		ssl = SSL_new(ctx);
		BUG_ON(!ssl);
		if (!tls_want_name(ssl, w->host)) {
			SSL_free(ssl);
			ssl = NULL;
		}
	}
	if (!ssl)
		err_set(e, ERR_TEMP, "TLS cannot be set up for %s (evidence.witness_ca_file %s): %s",
			w->host, w->ca_file ? w->ca_file : "is empty", text_of(ERR_peek_last_error()));
	ERR_clear_error();
	SSL_CTX_free(ctx); /* ssl keeps it */
	return ssl;
}

void
witness_tls_reason(SSL *ssl, unsigned long code, char *out, size_t n)
{
	long verify = SSL_get_verify_result(ssl);

	*out = '\0';
	if (verify != X509_V_OK)
		snprintf(out, n, "its certificate is not accepted: %s (see evidence.witness_ca_file, and "
			 "the host name in the policy file)", X509_verify_cert_error_string(verify));
	else if (code)
		snprintf(out, n, "TLS handshake: %s", text_of(code));
	ERR_clear_error();
}
