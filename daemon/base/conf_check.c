/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "daemon/base/conf_key.h"

#define SECRET_MAX 1024

/* A file that holds a secret: ours or root's, and closed to everybody else. */
static int
open_secret(const char *file, struct err *e)
{
	int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	mode_t closed;

	if (fd < 0)
		return err_set(e, ERR_CONFIG, "cannot open %s: %s", file, strerror(errno));
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return err_set(e, ERR_CONFIG, "%s is not a regular file", file);
	}
	/* root:hopthu 0640 is the usual way to give a daemon a file that it cannot change. */
	closed = st.st_uid == 0 && geteuid() != 0 && st.st_gid == getegid() ? 037 : 077;
	if (st.st_uid != geteuid() && st.st_uid != 0)
		err_set(e, ERR_CONFIG,
			"%s belongs to user %u; it must belong to the user hopthud runs as, or to root",
			file, (unsigned)st.st_uid);
	else if (st.st_mode & closed)
		err_set(e, ERR_CONFIG,
			"%s holds a secret but has mode %04o, so others can read it; say chmod 0600 %s",
			file, (unsigned)(st.st_mode & 07777), file);
	else
		return fd;
	close(fd);
	return -1;
}

static int
check_readable(const struct conf *c, const char *file, const char *key, struct err *e)
{
	if (file && access(file, R_OK) < 0)
		return conf_wrong(c, key, e, "%s: cannot read %s: %s", key, file, strerror(errno));
	return 0;
}

static int
check_secret(const struct conf *c, const char *file, const char *key, struct err *e)
{
	struct err why = ERR_INIT;
	int fd = file ? open_secret(file, &why) : -1;

	if (file && fd < 0)
		return conf_wrong(c, key, e, "%s: %s", key, why.msg);
	if (fd >= 0)
		close(fd);
	return 0;
}

static int
check_simple_bind(const struct conf *c, struct err *e)
{
	const struct conf_directory *d = &c->directory;
	struct err why = ERR_INIT;
	char *secret;

	if (!d->bind_dn || !d->password_file)
		return conf_wrong(c, "directory.bind", e,
				  "directory.bind = simple needs directory.%s as well",
				  d->bind_dn ? "password_file" : "bind_dn");
	secret = conf_read_secret(d->password_file, &why);
	if (!secret)
		return conf_wrong(c, "directory.password_file", e, "directory.password_file: %s",
				  why.msg);
	secret_free(secret);
	return 0;
}

static int
check_tls(const struct conf *c, struct err *e)
{
	const struct conf_directory *d = &c->directory;
	int rc = 0;

	if (!d->tls_ca_file)
		rc |= conf_wrong(c, "directory.uri", e,
				 "directory.uri = %s needs directory.tls_ca_file, to know the server by",
				 d->uri);
	if (d->bind == CONF_BIND_EXTERNAL && (!d->tls_cert_file || !d->tls_key_file))
		rc |= conf_wrong(c, conf_line(c, "directory.bind") ? "directory.bind" : "directory.uri",
				 e, "directory.bind = external over TLS needs directory.%s as well",
				 d->tls_cert_file ? "tls_key_file" : "tls_cert_file");
	rc |= check_secret(c, d->tls_key_file, "directory.tls_key_file", e);
	rc |= check_readable(c, d->tls_cert_file, "directory.tls_cert_file", e);
	return rc | check_readable(c, d->tls_ca_file, "directory.tls_ca_file", e);
}

/* What one key says about another. */
int
conf_check_directory(const struct conf *c, struct err *e)
{
	const struct conf_directory *d = &c->directory;
	bool max = conf_line(c, "directory.retry_max_ms") != 0;
	int rc = 0;

	if (d->retry_max_ms < d->retry_min_ms)
		rc |= conf_wrong(c, max ? "directory.retry_max_ms" : "directory.retry_min_ms", e,
				 "directory.retry_max_ms (%u) must not be less than retry_min_ms (%u)",
				 d->retry_max_ms, d->retry_min_ms);
	if (d->bind == CONF_BIND_SIMPLE)
		rc |= check_simple_bind(c, e);
	if (strncmp(d->uri, "ldapi:", 6) != 0)
		rc |= check_tls(c, e);
	return rc;
}

char *
conf_read_secret(const char *file, struct err *e)
{
	AUTO(fd) fd = open_secret(file, e);
	char text[SECRET_MAX + 2];
	char *secret = NULL;
	ssize_t n;

	if (fd < 0)
		return NULL;
	n = read(fd, text, sizeof(text) - 1); /* a regular file of this size comes in one piece */
	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n > 0 && text[n - 1] == '\r')
		n--;
	if (n <= 0 || n > SECRET_MAX || memchr(text, '\n', (size_t)n) || memchr(text, '\0', (size_t)n))
		err_set(e, ERR_CONFIG, "%s must hold one line of 1 to %d bytes, the secret", file,
			SECRET_MAX);
	else
		secret = xstrndup(text, (size_t)n);
	explicit_bzero(text, sizeof(text));
	return secret;
}
