/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/base/reserve.h"

/* Besides the reserve so much must be free before work begins again: a 16th, at least this. */
#define MARGIN_MIN (UINT64_C(256) * 1024)

struct reserve {
	char *file;
	uint64_t bytes;
	bool held;
};

struct reserve *
reserve_new(const char *file, unsigned mb)
{
	struct reserve *r = xcalloc(1, sizeof(*r));

	r->file = xstrdup(file);
	r->bytes = (uint64_t)mb << 20;
	return r;
}

void
reserve_free(struct reserve *r)
{
	if (!r)
		return;
	free(r->file);
	free(r);
}

void
reserve_resize(struct reserve *r, unsigned mb)
{
	r->bytes = (uint64_t)mb << 20;
	r->held = false;
}

/* What is free now, to everybody. */
static uint64_t
room(int fd)
{
	struct statvfs st;

	return fstatvfs(fd, &st) ? 0 : (uint64_t)st.f_bavail * st.f_frsize;
}

static int
no_room(const struct reserve *r, struct err *e)
{
	return err_set(e, ERR_TEMP, "the disk is full: there is no room for the %llu MiB that are set "
		       "aside in %s for the last records; make room, nothing else is needed",
		       (unsigned long long)(r->bytes >> 20), r->file);
}

int
reserve_take(struct reserve *r, struct err *e)
{
	uint64_t margin = r->bytes / 16 > MARGIN_MIN ? r->bytes / 16 : MARGIN_MIN;
	AUTO(fd) fd = -1;
	int rc;

	if (!r->bytes) {
		(void)unlink(r->file);
		r->held = true;
		return 0;
	}
	fd = open(r->file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_set(e, ERR_TEMP, "%s cannot be written: %s", r->file, strerror(errno));
	rc = posix_fallocate(fd, 0, (off_t)r->bytes);
	if (!rc && (ftruncate(fd, (off_t)r->bytes) || room(fd) < margin))
		rc = ENOSPC;
	r->held = !rc;
	if (!rc)
		return 0;
	reserve_give(r);
	if (rc != ENOSPC && rc != EDQUOT)
		return err_set(e, ERR_TEMP, "%s cannot be written: %s", r->file, strerror(rc));
	return no_room(r, e);
}

void
reserve_give(struct reserve *r)
{
	r->held = false;
	(void)unlink(r->file);
}

bool
reserve_held(const struct reserve *r)
{
	return r->held;
}
