/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <string.h>

#include "daemon/base/tls.h"
#include "daemon/directory/dir_int.h"

/*
 * TLS by OpenSSL on the non-blocking socket: libldap's own blocks for the whole handshake, whatever
 * time limit it is given.
 */

/* The newest reason of OpenSSL's queue; clears it. */
static const char *
reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = ERR_reason_error_string(code);

	ERR_clear_error();
	return text ? text : "unknown reason";
}

/* A key with a passphrase: OpenSSL would ask on the terminal, and wait. */
static int
no_passphrase(char *buf, int size, int rwflag, void *arg)
{
	(void)buf;
	(void)size;
	(void)rwflag;
	(void)arg;
	return 0;
}

static int
load_files(SSL_CTX *ctx, const struct conf_directory *conf, struct err *e)
{
	SSL_CTX_set_default_passwd_cb(ctx, no_passphrase);
	if (conf->tls_ca_file && *conf->tls_ca_file) {
		if (SSL_CTX_load_verify_file(ctx, conf->tls_ca_file) != 1)
			return err_set(e, ERR_CONFIG, "directory.tls_ca_file %s cannot be used: %s",
				       conf->tls_ca_file, reason());
	} else if (SSL_CTX_set_default_verify_paths(ctx) != 1) {
		return err_set(e, ERR_CONFIG, "the system's CA certificates cannot be read: %s",
			       reason());
	}
	if (!conf->tls_cert_file || !*conf->tls_cert_file)
		return 0;
	if (SSL_CTX_use_certificate_chain_file(ctx, conf->tls_cert_file) != 1)
		return err_set(e, ERR_CONFIG, "directory.tls_cert_file %s cannot be used: %s",
			       conf->tls_cert_file, reason());
	if (!conf->tls_key_file ||
	    SSL_CTX_use_PrivateKey_file(ctx, conf->tls_key_file, SSL_FILETYPE_PEM) != 1)
		return err_set(e, ERR_CONFIG, "directory.tls_key_file %s cannot be used: %s",
			       conf->tls_key_file ? conf->tls_key_file : "(not set)", reason());
	return 0;
}

int
dir_tls_begin(struct dir_io *io, const struct dir_dial *t, const struct conf_directory *conf,
	      struct err *e)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method()); /* the files anew: they may be renewed */
	SSL *ssl;

	BUG_ON(!ctx);
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_mode(ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
	if (load_files(ctx, conf, e)) {
		SSL_CTX_free(ctx);
		return -1;
	}
	ssl = SSL_new(ctx);
	SSL_CTX_free(ctx); /* ssl keeps it */
	BUG_ON(!ssl);
	io->ssl = ssl;
	if (!tls_want_name(ssl, t->host) || SSL_set_fd(ssl, io->fd) != 1)
		return err_set(e, ERR_CONFIG, "TLS cannot be set up for %s: %s", t->host, reason());
	SSL_set_connect_state(ssl);
	return 0;
}

int
dir_tls_step(struct dir_io *io, struct err *e)
{
	int rc, error;
	long verify;

	ERR_clear_error();
	io->tls_wants_write = false;
	rc = SSL_connect(io->ssl);
	if (rc == 1)
		return 1;
	error = SSL_get_error(io->ssl, rc);
	if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
		io->tls_wants_write = error == SSL_ERROR_WANT_WRITE;
		return 0;
	}
	verify = SSL_get_verify_result(io->ssl);
	if (verify != X509_V_OK)
		return err_set(e, ERR_CONFIG,
			       "its certificate is not accepted: %s "
			       "(see directory.tls_ca_file, and the host name in directory.uri)",
			       X509_verify_cert_error_string(verify));
	if (ERR_peek_error())
		return err_set(e, ERR_TEMP, "TLS handshake: %s", reason());
	return err_set(e, ERR_TEMP, "it closed the connection during the TLS handshake");
}

void
dir_tls_free(struct dir_io *io)
{
	if (!io->ssl)
		return;
	ERR_clear_error();
	SSL_free(io->ssl);
	io->ssl = NULL;
}

/* 0 = nothing now, or dead. */
static ssize_t
outcome(struct dir_io *io, int rc)
{
	int system = errno;

	switch (SSL_get_error(io->ssl, rc)) {
	case SSL_ERROR_WANT_READ:
		break;
	case SSL_ERROR_WANT_WRITE:
		io->tls_wants_write = true;
		break;
	case SSL_ERROR_ZERO_RETURN:
		dir_io_die(io, "slapd closed the connection");
		break;
	case SSL_ERROR_SYSCALL:
		dir_io_die(io, "the connection to slapd broke: %s", strerror(system));
		break;
	default:
		dir_io_die(io, "the connection to slapd broke: %s", reason());
	}
	return 0;
}

static int
clamp(size_t n)
{
	return n > 1 << 20 ? 1 << 20 : (int)n;
}

ssize_t
dir_tls_read(struct dir_io *io, void *data, size_t n)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	io->tls_wants_write = false;
	rc = SSL_read(io->ssl, data, clamp(n));
	return rc > 0 ? rc : outcome(io, rc);
}

ssize_t
dir_tls_write(struct dir_io *io, const void *data, size_t n)
{
	int rc;

	ERR_clear_error();
	errno = 0;
	io->tls_wants_write = false;
	rc = SSL_write(io->ssl, data, clamp(n));
	return rc > 0 ? rc : outcome(io, rc);
}
