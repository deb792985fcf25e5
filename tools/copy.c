/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/json.h"
#include "common/note.h"
#include "tools/copy.h"

#define BEFORE "checkpoint.before"
#define PART ".part"
#define GROW_BUFFER (1 << 18)
#define FILE_MAX (32 << 20) /* of those that are read again; a tile of records has 16 MiB at most */

static const char *const names[] = { "checkpoint", BEFORE, "checkpoints.ndjson", "export.json",
				     "openings.ndjson", "policy", "README.txt", "tile", NULL };

/* --- errors ------------------------------------------------------------------------------------- */

int
copy_wrong(struct copy *c, struct err *e, const char *fmt, ...)
{
	char text[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	c->wrong = true;
	return err_set(e, ERR_PERM, "%s", text);
}

static int
cannot(struct copy *c, const char *what, const char *name, struct err *e)
{
	int err = errno;

	c->partial = true;
	return err_set(e, ERR_PERM, "cannot %s %s/%s: %s", what, c->dir, name, strerror(err));
}

/* --- opening ------------------------------------------------------------------------------------ */

static bool
is_ours(const char *name)
{
	size_t n = strlen(name), part = strlen(PART);

	for (size_t i = 0; names[i]; i++) {
		size_t len = strlen(names[i]);

		if (!strcmp(name, names[i]) ||
		    (n == len + part && !strncmp(name, names[i], len) && !strcmp(name + len, PART)))
			return true;
	}
	return false;
}

/* A stick goes through many hands: what we write stays in this folder. */
static int
strange(struct copy *c, const char *name, struct err *e)
{
	return copy_wrong(c, e, "%s/%s is not what an export makes, but a link, a folder or a device: the copy was "
			  "altered; name another folder", c->dir, name);
}

static int
check_folder(struct copy *c, int at, const char *name, struct err *e)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), rc = 0;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct stat st;

	if (!d)
		return strange(c, name, e);
	while (!rc && (entry = readdir(d))) {
		if (*entry->d_name == '.')
			continue;
		if (fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) ||
		    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
			rc = strange(c, entry->d_name, e);
		else if (S_ISDIR(st.st_mode))
			rc = check_folder(c, fd, entry->d_name, e);
	}
	closedir(d);
	return rc;
}

static int
check_kind(struct copy *c, const char *name, struct err *e)
{
	struct stat st;

	if (!strcmp(name, "tile"))
		return check_folder(c, c->fd, name, e);
	return fstatat(c->fd, name, &st, AT_SYMLINK_NOFOLLOW) || !S_ISREG(st.st_mode) ?
		       strange(c, name, e) : 0;
}

static int
look_through(struct copy *c, struct err *e)
{
	DIR *d = fdopendir(dup(c->fd));
	const struct dirent *entry;
	int rc = 0;

	if (!d)
		return cannot(c, "read", "", e);
	c->empty = true;
	while (!rc && (entry = readdir(d))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		c->empty = false;
		if (!is_ours(entry->d_name))
			rc = err_set(e, ERR_CONFLICT, "%s holds \"%s\", which is no part of a copy of the "
				     "log: name a folder that is empty or not there yet", c->dir,
				     entry->d_name);
		else
			rc = check_kind(c, entry->d_name, e);
	}
	closedir(d);
	return rc;
}

static int
read_checkpoint(struct copy *c, const char *name, struct err *e)
{
	AUTO(buf) text = BUF_INIT;
	struct checkpoint cp;
	struct note *note;
	struct err why = ERR_INIT;
	int rc = copy_read(c, name, &text, e);

	if (rc <= 0)
		return rc;
	note = xcalloc(1, sizeof(*note));
	rc = note_read(note, text.data, text.len, &why) || checkpoint_read(&cp, note, &why);
	free(note);
	if (rc)
		return copy_wrong(c, e, "%s/%s is damaged: %s", c->dir, name, why.msg);
	c->size = cp.size;
	memcpy(c->root, cp.root, DIGEST_LEN);
	free(c->origin);
	c->origin = xstrdup(cp.origin);
	return 0;
}

static int
read_range(struct copy *c, struct err *e)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(json) j = NULL;
	int rc = copy_read(c, "export.json", &text, e);

	if (rc <= 0)
		return rc;
	j = json_from_bytes(text.data, text.len, NULL);
	c->first = json_integer_value(json_object_get(j, "first"));
	c->last = json_integer_value(json_object_get(j, "last"));
	c->of = json_integer_value(json_object_get(j, "size"));
	if (json_integer_value(json_object_get(j, "v")) == 1 && c->first >= 1 && c->last >= c->first &&
	    c->of >= c->last)
		return 0;
	return copy_wrong(c, e, "%s/export.json is damaged: take a new copy into another folder",
			  c->dir);
}

int
copy_open(struct copy *c, const char *dir, struct err *e)
{
	*c = (struct copy){ .dir = dir, .fd = -1 };
	c->made = !mkdir(dir, 0700);
	if (!c->made && errno != EEXIST)
		return err_set(e, ERR_USAGE, "cannot make the folder %s: %s", dir, strerror(errno));
	c->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->fd < 0)
		return err_set(e, ERR_USAGE, "cannot open the folder %s: %s", dir, strerror(errno));
	if (flock(c->fd, LOCK_EX | LOCK_NB))
		return err_set(e, ERR_CONFLICT, "another `audit export` writes into %s just now", dir);
	return look_through(c, e) || read_range(c, e) || read_checkpoint(c, BEFORE, e) ||
			       read_checkpoint(c, "checkpoint", e) ? -1 : 0;
}

void
copy_release(struct copy *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
	if (c->made)
		(void)rmdir(c->dir); /* fails when there is something in it */
	free(c->origin);
	c->origin = NULL;
}

/* --- files -------------------------------------------------------------------------------------- */

int
copy_read(struct copy *c, const char *name, struct buf *out, struct err *e)
{
	AUTO(fd) fd = openat(c->fd, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	char data[65536];
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR ? 0 : cannot(c, "read", name, e);
	if (fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return copy_wrong(c, e, "%s/%s is no file that an export writes: the copy was altered", c->dir,
				  name);
	while ((n = read(fd, data, sizeof(data))) > 0)
		buf_add(out, data, (size_t)n);
	return n < 0 ? cannot(c, "read", name, e) : 1;
}

static int
write_all(int fd, const char *data, size_t n)
{
	while (n) {
		ssize_t done = write(fd, data, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done < 0)
			return -1;
		data += done;
		n -= (size_t)done;
	}
	return 0;
}

/* The folders of a name. */
static void
make_folders(const struct copy *c, const char *name)
{
	for (const char *p = strchr(name, '/'); p; p = strchr(p + 1, '/')) {
		AUTO(str) folder = xstrndup(name, (size_t)(p - name));

		(void)mkdirat(c->fd, folder, 0700); /* the open that follows says what is wrong */
	}
}

static int
put(struct copy *c, const char *name, const void *data, size_t n, bool now, struct err *e)
{
	static const char temp[] = "tile" PART; /* in the folder itself, so that a rest of it is known */
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, fd = openat(c->fd, temp, flags, 0600);

	if (fd < 0)
		return cannot(c, "write", temp, e);
	if (write_all(fd, data, n) || (now && fsync(fd))) {
		cannot(c, "write", name, e);
		close(fd);
		(void)unlinkat(c->fd, temp, 0);
		return -1;
	}
	if (close(fd))
		return cannot(c, "write", name, e);
	if (!renameat(c->fd, temp, c->fd, name))
		return 0;
	make_folders(c, name);
	return renameat(c->fd, temp, c->fd, name) ? cannot(c, "write", name, e) : 0;
}

int
copy_write(struct copy *c, const char *name, const void *data, size_t n, struct err *e)
{
	return put(c, name, data, n, false, e);
}

struct copy_file {
	struct copy *copy;
	char *name, *part;
	FILE *file;
};

void
copy_grow_drop(struct copy_file *f)
{
	if (!f)
		return;
	if (f->file)
		fclose(f->file);
	free(f->name);
	free(f->part);
	free(f);
}

struct copy_file *
copy_grow(struct copy *c, const char *name, struct err *e)
{
	struct copy_file *f = xcalloc(1, sizeof(*f));
	int fd;

	f->copy = c;
	f->name = xstrdup(name);
	f->part = xasprintf("%s" PART, name);
	fd = openat(c->fd, f->part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	f->file = fd < 0 ? NULL : fdopen(fd, "w");
	if (!f->file) {
		cannot(c, "write", f->part, e);
		copy_grow_drop(f);
		return NULL;
	}
	setvbuf(f->file, NULL, _IOFBF, GROW_BUFFER);
	return f;
}

int
copy_grow_more(struct copy_file *f, const void *data, size_t n, struct err *e)
{
	return fwrite(data, 1, n, f->file) == n ? 0 : cannot(f->copy, "write", f->part, e);
}

int
copy_grown(struct copy_file *f, struct err *e)
{
	FILE *file = STEAL(f->file);
	int rc = 0;

	if (fclose(file))
		rc = cannot(f->copy, "write", f->part, e);
	else if (renameat(f->copy->fd, f->part, f->copy->fd, f->name))
		rc = cannot(f->copy, "write", f->name, e);
	copy_grow_drop(f);
	return rc;
}

/* --- begin and end ------------------------------------------------------------------------------ */

int
copy_begin(struct copy *c, struct err *e)
{
	if (!renameat(c->fd, "checkpoint", c->fd, BEFORE) || errno == ENOENT)
		return 0;
	return cannot(c, "rename", "checkpoint", e);
}

/* Partial tiles of a smaller tree: their widths are not those of this one. */
static void
sweep(int at, const char *name, const char *path, const char *right)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (!d)
		return;
	while ((entry = readdir(d))) {
		AUTO(str) below = xasprintf("%s/%s", path, entry->d_name);

		if (*entry->d_name == '.')
			continue;
		if (entry->d_type == DT_DIR)
			sweep(dirfd(d), entry->d_name, below, right);
		else if (strstr(below, ".p/") && strcmp(below, right))
			(void)unlinkat(dirfd(d), entry->d_name, 0);
	}
	if (strlen(name) > 2 && !strcmp(name + strlen(name) - 2, ".p"))
		(void)unlinkat(at, name, AT_REMOVEDIR); /* stays when it is not empty */
	closedir(d);
}

int
copy_finish(struct copy *c, const char *checkpoint, size_t n, uint64_t size, struct err *e)
{
	for (int level = TILE_ENTRIES; level < TILE_LEVELS && !c->empty; level++) {
		AUTO(str) folder = level < 0 ? xstrdup("tile/entries") : xasprintf("tile/%d", level);
		uint64_t hashes = tile_hashes(level < 0 ? 0 : level, size);
		AUTO(buf) right = BUF_INIT;

		if (hashes % TILE_WIDTH)
			tile_path(level, hashes / TILE_WIDTH, (unsigned)(hashes % TILE_WIDTH), &right);
		sweep(c->fd, folder, folder, right.data);
	}
	if (syncfs(c->fd))
		return cannot(c, "sync", "", e);
	if (put(c, "checkpoint", checkpoint, n, true, e))
		return -1;
	if (fsync(c->fd))
		return cannot(c, "sync", "", e);
	(void)unlinkat(c->fd, BEFORE, 0);
	return 0;
}
