/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/witness/witness_file.h"

int
witness_file_read(int dir, const char *name, const char *what, size_t max, struct buf *out,
		  struct err *e)
{
	AUTO(fd) fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	AUTO(buf) got = BUF_INIT;
	char part[8192];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return err_set(e, errno == ENOENT ? ERR_NOTFOUND : ERR_PERM, "%s cannot be opened: %s", what,
			       strerror(errno));
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return err_set(e, ERR_PERM, "%s is no plain file", what);
	while ((n = read(fd, part, sizeof(part))) > 0 && got.len <= max)
		buf_add(&got, part, (size_t)n);
	if (n < 0)
		return err_set(e, ERR_PERM, "%s cannot be read: %s", what, strerror(errno));
	if (got.len > max)
		return err_set(e, ERR_PERM, "%s is longer than %zu bytes", what, max);
	buf_add(out, got.data, got.len);
	return 0;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t done = write(fd, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

/* The directory of the file itself: what was renamed there is durable after its fsync. */
static int
sync_parent(int dir, const char *name)
{
	const char *slash = strrchr(name, '/');
	AUTO(str) parent = slash ? xstrndup(name, slash == name ? 1 : (size_t)(slash - name)) : xstrdup(".");
	AUTO(fd) fd = openat(dir, parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -1 : fsync(fd);
}

int
witness_file_write(int dir, const char *name, const char *what, const void *data, size_t n,
		   mode_t mode, struct err *e)
{
	const char *slash = strrchr(name, '/');
	int folder = slash ? (int)(slash + 1 - name) : 0;
	AUTO(str) part = xasprintf("%.*s.%s.part", folder, name, name + folder);
	AUTO(fd) fd = -1;
	int err;

	(void)unlinkat(dir, part, 0); /* of a process that was killed */
	fd = openat(dir, part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
	if (fd >= 0 && !fchmod(fd, mode) && !write_all(fd, data, n) && !fsync(fd) &&
	    !renameat(dir, part, dir, name) && !sync_parent(dir, name))
		return 0;
	err = errno;
	if (fd >= 0)
		(void)unlinkat(dir, part, 0);
	return err_set(e, ERR_TEMP, "%s cannot be written: %s", what, strerror(err));
}
