/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/api/door_internal.h"

#define BACKLOG 128

static int
set_address(struct sockaddr_un *sa, const char *path, struct err *e)
{
	size_t n = strlen(path);

	*sa = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n >= sizeof(sa->sun_path))
		return err_set(e, ERR_CONFIG, "the socket's path %s is longer than %zu bytes", path,
			       sizeof(sa->sun_path) - 1);
	memcpy(sa->sun_path, path, n);
	return 0;
}

/* Whether somebody listens there: 1 yes, 0 no, -1 cannot be told. */
static int
somebody_listens(const struct sockaddr_un *sa, struct err *e)
{
	AUTO(fd) fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_set(e, ERR_TEMP, "cannot make a socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)sa, sizeof(*sa)) == 0 || errno == EAGAIN)
		return 1; /* EAGAIN: its queue is full */
	if (errno == ECONNREFUSED || errno == ENOENT)
		return 0;
	return err_set(e, ERR_CONFIG, "cannot tell whether a daemon listens at %s: %s",
		       sa->sun_path, strerror(errno));
}

static int
make_room(const struct sockaddr_un *sa, struct err *e)
{
	const char *path = sa->sun_path;
	struct stat st;
	int there;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_set(e, ERR_CONFIG, "cannot look at the socket %s: %s",
						     path, strerror(errno));
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_CONFIG,
			       "%s is there and is not a socket; take it away or set another path as socket",
			       path);
	there = somebody_listens(sa, e);
	if (there < 0)
		return -1;
	if (there)
		return err_set(e, ERR_CONFLICT,
			       "another daemon is listening at %s; stop it first or set another path as socket",
			       path);
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(e, ERR_CONFIG, "cannot remove the socket %s that a dead daemon left: %s",
			       path, strerror(errno));
	return 0;
}

static int
bind_socket(struct door_socket *s, const struct sockaddr_un *sa, struct err *e)
{
	mode_t old = umask(0777); /* nobody connects before mode and group are right */
	int rc = bind(s->fd, (const struct sockaddr *)sa, sizeof(*sa)), err = errno;
	struct stat st;

	umask(old);
	if (rc < 0 && err == EADDRINUSE)
		return err_set(e, ERR_CONFLICT, "another daemon has just begun to listen at %s", s->path);
	if (rc < 0)
		return err_set(e, ERR_CONFIG,
			       "cannot make the socket %s: %s (its directory must be there and be writable for hopthud)",
			       s->path, strerror(err));
	if (lstat(s->path, &st) < 0)
		return err_set(e, ERR_CONFIG, "the socket %s vanished: %s", s->path, strerror(errno));
	s->dev = st.st_dev;
	s->ino = st.st_ino;
	return 0;
}

int
door_socket_allow(const struct door_socket *s, const struct conf *conf, struct err *e)
{
	gid_t gid = (gid_t)-1;

	if (conf->socket_group) {
		struct group *g = getgrnam(conf->socket_group);

		if (!g)
			return err_set(e, ERR_CONFIG, "socket_group: there is no group %s",
				       conf->socket_group);
		gid = g->gr_gid;
	}
	if (gid != (gid_t)-1 && lchown(s->path, (uid_t)-1, gid) < 0)
		return err_set(e, ERR_CONFIG,
			       "cannot give the socket %s to group %s: %s (hopthud must be a member of it)",
			       s->path, conf->socket_group, strerror(errno));
	if (chmod(s->path, conf->socket_mode) < 0)
		return err_set(e, ERR_CONFIG, "cannot set the mode of the socket %s: %s", s->path,
			       strerror(errno));
	return 0;
}

static int
open_at(struct door_socket *s, const struct conf *conf, struct err *e)
{
	struct sockaddr_un sa;

	if (set_address(&sa, s->path, e) < 0 || make_room(&sa, e) < 0)
		return -1;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0)
		return err_set(e, ERR_TEMP, "cannot make a socket: %s", strerror(errno));
	if (bind_socket(s, &sa, e) < 0 || door_socket_allow(s, conf, e) < 0)
		return -1;
	if (listen(s->fd, BACKLOG) < 0)
		return err_set(e, ERR_TEMP, "cannot listen at %s: %s", s->path, strerror(errno));
	return 0;
}

int
door_socket_open(struct door_socket *s, const struct conf *conf, struct err *e)
{
	*s = (struct door_socket){ .path = xstrdup(conf->socket), .fd = -1 };
	if (open_at(s, conf, e) == 0)
		return 0;
	if (s->fd >= 0)
		close(s->fd);
	door_socket_remove(s);
	return -1;
}

void
door_socket_remove(struct door_socket *s)
{
	struct stat st;

	if (s->path && s->ino && lstat(s->path, &st) == 0 && st.st_ino == s->ino &&
	    st.st_dev == s->dev)
		unlink(s->path);
	free(s->path);
	*s = (struct door_socket){ .fd = -1 };
}
