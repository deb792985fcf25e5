/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/mem.h"
#include "daemon/base/conf_key.h"

#define SECRET_MAX 1024

static int
check_readable(const char *file, const char *key, struct err *e)
{
	if (file && access(file, R_OK) < 0)
		return err_set(e, ERR_CONFIG, "directory.%s: cannot read %s: %s", key, file,
			       strerror(errno));
	return 0;
}

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
check_secret(const char *file, const char *key, struct err *e)
{
	int fd = open_secret(file, e);

	if (fd < 0)
		return err_wrap(e, "directory.%s", key);
	close(fd);
	return 0;
}

static int
check_simple_bind(const struct conf_directory *d, struct err *e)
{
	char *secret;

	if (d->bind != CONF_BIND_SIMPLE)
		return 0;
	if (!d->bind_dn || !d->password_file)
		return err_set(e, ERR_CONFIG,
			       "directory.bind = simple needs directory.%s as well",
			       d->bind_dn ? "password_file" : "bind_dn");
	secret = conf_read_secret(d->password_file, e);
	if (!secret)
		return err_wrap(e, "directory.password_file");
	secret_free(secret);
	return 0;
}

/* What one key says about another. */
int
conf_check_directory(const struct conf_directory *d, struct err *e)
{
	bool tcp = strncmp(d->uri, "ldapi:", 6) != 0;

	if (d->retry_max_ms < d->retry_min_ms)
		return err_set(e, ERR_CONFIG,
			       "directory.retry_max_ms (%u) must not be less than retry_min_ms (%u)",
			       d->retry_max_ms, d->retry_min_ms);
	if (check_simple_bind(d, e) < 0)
		return -1;
	if (!tcp)
		return 0;
	if (!d->tls_ca_file)
		return err_set(e, ERR_CONFIG,
			       "directory.uri = %s needs directory.tls_ca_file, to know the server by",
			       d->uri);
	if (d->bind == CONF_BIND_EXTERNAL && (!d->tls_cert_file || !d->tls_key_file))
		return err_set(e, ERR_CONFIG,
			       "directory.bind = external over TLS needs directory.tls_cert_file and tls_key_file");
	if (d->tls_key_file && check_secret(d->tls_key_file, "tls_key_file", e) < 0)
		return -1;
	if (check_readable(d->tls_cert_file, "tls_cert_file", e) < 0)
		return -1;
	return check_readable(d->tls_ca_file, "tls_ca_file", e);
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
