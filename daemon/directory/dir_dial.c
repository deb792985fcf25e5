/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/resolve.h"
#include "daemon/directory/dir_int.h"

#define DEFAULT_SOCKET "/run/slapd/ldapi"

static int
check_uri(const struct dir_dial *t, const char *uri, const char *scheme, struct err *e)
{
	struct sockaddr_un un;

	if (strcasecmp(scheme, "ldapi") && strcasecmp(scheme, "ldaps") &&
	    strcasecmp(scheme, "ldap"))
		return err_set(e, ERR_CONFIG,
			       "directory.uri %s must begin with ldapi://, ldaps:// or ldap://",
			       uri);
	if (t->ipc && strlen(t->host) >= sizeof(un.sun_path))
		return err_set(e, ERR_CONFIG,
			       "directory.uri %s: the path of a socket has at most %zu bytes", uri,
			       sizeof(un.sun_path) - 1);
	if (!t->ipc && !*t->host)
		return err_set(e, ERR_CONFIG, "directory.uri %s has no host name", uri);
	return 0;
}

int
dir_dial_parse(struct dir_dial *t, const struct conf_directory *conf, struct err *e)
{
	LDAPURLDesc *url = NULL;
	int rc;

	*t = (struct dir_dial){ 0 };
	if (ldap_url_parse(conf->uri, &url) != LDAP_SUCCESS)
		return err_set(e, ERR_CONFIG,
			       "directory.uri %s is not an LDAP address such as "
			       "ldapi://%%2Frun%%2Fslapd%%2Fldapi",
			       conf->uri);
	t->ipc = !strcasecmp(url->lud_scheme, "ldapi");
	t->tls = !strcasecmp(url->lud_scheme, "ldaps");
	t->start_tls = !strcasecmp(url->lud_scheme, "ldap");
	t->port = url->lud_port ? url->lud_port : t->tls ? LDAPS_PORT : LDAP_PORT;
	t->host = xstrdup(url->lud_host ? url->lud_host : "");
	if (t->ipc && !*t->host) {
		free(t->host);
		t->host = xstrdup(DEFAULT_SOCKET);
	}
	rc = check_uri(t, conf->uri, url->lud_scheme, e);
	ldap_free_urldesc(url);
	if (rc)
		dir_dial_release(t);
	return rc;
}

void
dir_dial_release(struct dir_dial *t)
{
	resolve_end(&t->query);
	if (t->list)
		freeaddrinfo(t->list);
	free(t->host);
	*t = (struct dir_dial){ 0 };
}

/* --- a Unix socket --------------------------------------------------------------------------- */

static const char *
explain_ipc(int error)
{
	switch (error) {
	case ENOENT:
		return "no such socket; is slapd started, and with this ldapi address?";
	case ECONNREFUSED:
		return "the socket is there but no slapd listens on it";
	case EAGAIN: /* its backlog is full */
		return "it takes no more connections; is it hanging?";
	case EACCES:
		return "hopthud's user may not open the socket";
	default:
		return strerror(error);
	}
}

static int
connect_ipc(const struct dir_dial *t, int *fd, struct err *e)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	AUTO(fd) s = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (s < 0)
		return err_set(e, ERR_TEMP, "cannot make a socket: %s", strerror(errno));
	memcpy(un.sun_path, t->host, strlen(t->host) + 1);
	if (connect(s, (struct sockaddr *)&un, sizeof(un)) < 0)
		return err_set(e, ERR_TEMP, "%s", explain_ipc(errno));
	*fd = s;
	s = -1;
	return 1;
}

/* --- TCP ------------------------------------------------------------------------------------- */

static void
failed(struct dir_dial *t, int error)
{
	snprintf(t->why, sizeof(t->why), "%s",
		 error == ECONNREFUSED ? "nothing listens on that port" : strerror(error));
}

static int
connect_one(struct dir_dial *t, const struct addrinfo *a)
{
	const int on = 1;
	AUTO(fd) s = socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int fd = s;

	if (s < 0) {
		failed(t, errno);
		return -1;
	}
	setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(s, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	if (connect(s, a->ai_addr, a->ai_addrlen) < 0 && errno != EINPROGRESS) {
		failed(t, errno);
		return -1;
	}
	s = -1;
	return fd;
}

int
dir_dial_step(struct dir_dial *t, int *fd, struct err *e)
{
	*fd = -1;
	if (t->ipc)
		return connect_ipc(t, fd, e);
	if (!t->list) {
		int rc = resolve_step(&t->query, t->host, t->port, &t->list, e);

		if (rc <= 0)
			return rc;
		t->next = t->list;
	}
	while (t->next) {
		*fd = connect_one(t, t->next);
		t->next = t->next->ai_next;
		if (*fd >= 0)
			return 0;
	}
	return err_set(e, ERR_TEMP, "%s", t->why);
}

int
dir_dial_finish(struct dir_dial *t, int fd)
{
	socklen_t size = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error == 0)
		return 1;
	failed(t, error);
	return 0;
}

bool
dir_dial_local(int fd)
{
	struct sockaddr_storage ss = { 0 };
	socklen_t size = sizeof(ss);

	if (getpeername(fd, (struct sockaddr *)&ss, &size) < 0)
		return false;
	if (ss.ss_family == AF_UNIX)
		return true;
	if (ss.ss_family == AF_INET)
		return ntohl(((struct sockaddr_in *)&ss)->sin_addr.s_addr) >> 24 == 127;
	return ss.ss_family == AF_INET6 &&
	       IN6_IS_ADDR_LOOPBACK(&((struct sockaddr_in6 *)&ss)->sin6_addr);
}
