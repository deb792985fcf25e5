/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <grp.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tools/witness/witness_socket.h"

#define BACKLOG 128

/* A socket that a dead witness left is removed; anything else stays. */
static int
make_room(const struct sockaddr_un *sa, struct err *e)
{
	AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct stat st;

	if (lstat(sa->sun_path, &st))
		return errno == ENOENT ? 0 : err_set(e, ERR_CONFIG, "%s cannot be looked at: %s", sa->sun_path,
						     strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_CONFIG, "%s is there and is no socket", sa->sun_path);
	if (fd < 0 || !connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) || errno != ECONNREFUSED)
		return err_set(e, ERR_CONFLICT, "somebody listens at %s already", sa->sun_path);
	if (unlink(sa->sun_path))
		return err_set(e, ERR_CONFIG, "the old socket %s cannot be removed: %s", sa->sun_path,
			       strerror(errno));
	return 0;
}

static int
find_group(const char *name, gid_t *gid, struct err *e)
{
	struct group *g = name ? getgrnam(name) : NULL;

	*gid = (gid_t)-1;
	if (name && !g)
		return err_set(e, ERR_CONFIG, "there is no group %s", name);
	if (g)
		*gid = g->gr_gid;
	return 0;
}

int
witness_socket_unix(const struct witness_serve *how, struct err *e)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd, rc;
	mode_t old;
	gid_t gid;

	if (strlen(how->socket) >= sizeof(sa.sun_path))
		return err_set(e, ERR_CONFIG, "the socket's path is longer than %zu bytes",
			       sizeof(sa.sun_path) - 1);
	memcpy(sa.sun_path, how->socket, strlen(how->socket));
	if (find_group(how->socket_group, &gid, e) || make_room(&sa, e))
		return -1;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_set(e, ERR_CONFIG, "no socket can be made: %s", strerror(errno));
	old = umask(0777); /* nobody connects before group and mode are right */
	rc = bind(fd, (struct sockaddr *)&sa, sizeof(sa));
	umask(old);
	if (!rc && !lchown(sa.sun_path, (uid_t)-1, gid) && !chmod(sa.sun_path, how->socket_mode) &&
	    !listen(fd, BACKLOG))
		return fd;
	err_set(e, ERR_CONFIG, "the socket %s cannot be made: %s", sa.sun_path, strerror(errno));
	close(fd);
	return -1;
}

/* "192.0.2.1:8443", "[2001:db8::1]:8443", "witness.auditor.gov.vn:8443" */
static int
split(const char *text, char **host, const char **port, struct err *e)
{
	const char *colon = strrchr(text, ':');
	size_t n = colon ? (size_t)(colon - text) : 0;

	if (!n || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
	    strtoul(colon + 1, NULL, 10) > 65535)
		return err_set(e, ERR_CONFIG, "--listen takes HOST:PORT, such as 192.0.2.1:8443 or "
			       "[2001:db8::1]:8443, not %s", text);
	*port = colon + 1;
	if (text[0] == '[' && text[n - 1] == ']')
		*host = xstrndup(text + 1, n - 2);
	else
		*host = xstrndup(text, n);
	return 0;
}

static int
listen_at(const struct addrinfo *a)
{
	int fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;

	if (fd < 0)
		return -1;
	if (!setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) &&
	    !bind(fd, a->ai_addr, a->ai_addrlen) && !listen(fd, BACKLOG))
		return fd;
	close(fd);
	return -1;
}

int
witness_socket_tcp(const char *host_port, struct err *e)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *list = NULL;
	AUTO(str) host = NULL;
	const char *port = NULL;
	int fd = -1, rc;

	if (split(host_port, &host, &port, e))
		return -1;
	rc = getaddrinfo(host, port, &hints, &list);
	if (rc)
		return err_set(e, ERR_CONFIG, "%s is no address of this machine: %s", host_port,
			       gai_strerror(rc));
	for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
		fd = listen_at(a);
	freeaddrinfo(list);
	if (fd < 0)
		err_set(e, errno == EADDRINUSE ? ERR_CONFLICT : ERR_CONFIG, "cannot listen at %s: %s", host_port,
			strerror(errno));
	return fd;
}
