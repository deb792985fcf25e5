/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tools/verify/verify_file.h"

#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

int
folder_open(struct folder *f, const char *path, struct err *e)
{
	f->inner = -1;
	f->inner_path[0] = '\0';
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd < 0)
		return err_set(e, ERR_USAGE, "%s: %s", path, strerror(errno));
	return 0;
}

void
folder_close(struct folder *f)
{
	if (f->inner >= 0)
		close(f->inner);
	if (f->fd >= 0)
		close(f->fd);
	f->fd = f->inner = -1;
}

/* From folder to folder, so that none of them is a link. */
static int
walk(int fd, const char *path)
{
	int at = dup(fd);

	while (at >= 0 && *path) {
		size_t n = strcspn(path, "/");
		char name[NAME_MAX + 1] = "";
		int next;

		if (n > NAME_MAX) {
			errno = ENAMETOOLONG;
			next = -1;
		} else {
			memcpy(name, path, n);
			next = openat(at, name, FOLDER_FLAGS);
		}
		close(at);
		at = next;
		path += n + (path[n] == '/');
	}
	return at;
}

/* The folder that a file is in; most are in the one of the file before. */
static int
folder_of(struct folder *f, const char *path, const char **name)
{
	const char *slash = strrchr(path, '/');
	size_t n = slash ? (size_t)(slash - path) : 0;

	*name = slash ? slash + 1 : path;
	if (!slash)
		return f->fd;
	if (n >= sizeof(f->inner_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (f->inner >= 0 && strlen(f->inner_path) == n && !memcmp(f->inner_path, path, n))
		return f->inner;
	if (f->inner >= 0)
		close(f->inner);
	memcpy(f->inner_path, path, n);
	f->inner_path[n] = '\0';
	f->inner = walk(f->fd, f->inner_path);
	return f->inner;
}

static enum file_fate
failed(struct file_fault *fault)
{
	if (errno == ENOENT)
		return FILE_ABSENT;
	fault->what = errno == ELOOP || errno == ENOTDIR || errno == ENXIO ? SAY_FILE_KIND :
									       SAY_FILE_UNREADABLE;
	snprintf(fault->why, sizeof(fault->why), "%s", strerror(errno));
	return FILE_BAD;
}

enum file_fate
file_open(struct folder *f, const char *path, uint64_t max, int *fd, uint64_t *size,
	  struct file_fault *fault)
{
	const char *name;
	int folder = folder_of(f, path, &name);
	struct stat st;

	fault->why[0] = '\0';
	if (folder < 0)
		return failed(fault);
	/* O_NONBLOCK: a FIFO must not hold us up */
	*fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (*fd < 0)
		return failed(fault);
	if (fstat(*fd, &st))
		fault->what = SAY_FILE_UNREADABLE;
	else if (!S_ISREG(st.st_mode))
		fault->what = SAY_FILE_KIND;
	else if ((uint64_t)st.st_size > max)
		fault->what = SAY_FILE_LARGE;
	else {
		*size = (uint64_t)st.st_size;
		return FILE_GOOD;
	}
	close(*fd);
	*fd = -1;
	return FILE_BAD;
}

enum file_fate
file_load(struct folder *f, const char *path, uint64_t max, struct buf *out, struct file_fault *fault)
{
	char chunk[16384];
	uint64_t size, left = max + 1;
	AUTO(fd) fd = -1;
	enum file_fate fate = file_open(f, path, max, &fd, &size, fault);
	ssize_t n;

	if (fate != FILE_GOOD)
		return fate;
	while (left && (n = read(fd, chunk, sizeof(chunk) < left ? sizeof(chunk) : left)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			fault->what = SAY_FILE_UNREADABLE;
			snprintf(fault->why, sizeof(fault->why), "%s", strerror(errno));
			return FILE_BAD;
		}
		buf_add(out, chunk, (size_t)n);
		left -= (uint64_t)n;
	}
	if (left)
		return FILE_GOOD;
	fault->what = SAY_FILE_LARGE; /* it grew meanwhile */
	return FILE_BAD;
}

void
file_say(struct report *r, enum file_fate fate, const struct file_fault *fault, const char *path,
	 int64_t record)
{
	if (fate == FILE_ABSENT)
		SAY(r, SAY_FILE_MISSING, record, .s = path);
	else if (fate == FILE_BAD)
		SAY(r, fault->what, fault->what == SAY_FILE_UNREADABLE ? record : 0, .s = path,
		    .t = fault->why);
}

/* --- lines ------------------------------------------------------------------------------------ */

void
lines_init(struct lines *l, int fd)
{
	memset(l, 0, sizeof(*l));
	l->fd = fd;
	l->size = 65536;
	l->data = xmalloc(l->size);
}

void
lines_release(struct lines *l)
{
	if (l->fd >= 0)
		close(l->fd);
	free(l->data);
	memset(l, 0, sizeof(*l));
	l->fd = -1;
}

/* More bytes behind those that are left; -1: there is no room for a line, or no reading. */
static int
fill(struct lines *l)
{
	ssize_t n;

	memmove(l->data, l->data + l->from, l->to - l->from);
	l->to -= l->from;
	l->from = 0;
	if (l->to == l->size) {
		if (l->size > LINE_MAX_BYTES)
			return -1;
		l->size *= 2;
		l->data = xrealloc(l->data, l->size);
	}
	do
		n = read(l->fd, l->data + l->to, l->size - l->to);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -1;
	l->end = !n;
	l->to += (size_t)n;
	return 0;
}

int
lines_next(struct lines *l, const char **line, size_t *n)
{
	size_t seen = 0;

	for (;;) {
		char *end = memchr(l->data + l->from + seen, '\n', l->to - l->from - seen);

		if (end) {
			*line = l->data + l->from;
			*n = (size_t)(end - *line);
			l->from += *n + 1;
			return 1;
		}
		seen = l->to - l->from;
		if (l->end)
			return seen ? -1 : 0;
		if (fill(l))
			return -1;
	}
}

/* --- folders ---------------------------------------------------------------------------------- */

int
folder_list(struct folder *f, const char *path, folder_cb *each, void *arg)
{
	int fd = walk(f->fd, path);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return -1;
	}
	rewinddir(d); /* the top's position is one for all who list it */
	while ((entry = readdir(d))) {
		unsigned char kind = entry->d_type;
		struct stat st;

		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (kind == DT_UNKNOWN && !fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
			kind = S_ISDIR(st.st_mode) ? DT_DIR : S_ISREG(st.st_mode) ? DT_REG : DT_UNKNOWN;
		each(arg, entry->d_name, kind);
	}
	closedir(d);
	return 0;
}
