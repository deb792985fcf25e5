/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/witness/witness_int.h"

/*
 * For a witness that no network reaches.  `request` holds a question, as add-checkpoint would get it
 * by HTTP; whoever carries brings `response`, which hopthu-witness --answer wrote: its first line is
 * the status, "200" or "409", the rest is the body; it is taken when it has not grown between two looks.
 * A request that is there already stays until it is
 * answered, also across a restart: somebody may be on the way with it.
 */
#define POLL_MS 2000

/* 1: read; 0: there is none; -1: it cannot be read. */
static int
read_file(const char *file, struct buf *out)
{
	AUTO(fd) fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct stat st;
	char part[4096];
	ssize_t n;

	if (fd < 0)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) || !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	while ((n = read(fd, part, sizeof(part))) > 0 && out->len <= WITNESS_BYTES_MAX)
		buf_add(out, part, (size_t)n);
	if (out->len > WITNESS_BYTES_MAX)
		errno = EFBIG;
	return n < 0 || out->len > WITNESS_BYTES_MAX ? -1 : 1;
}

static int
write_file(const struct witness *w, const char *file)
{
	AUTO(str) part = xasprintf("%s/.request.part", w->path);
	AUTO(fd) fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd < 0 || write(fd, w->question.data, w->question.len) != (ssize_t)w->question.len ||
	    fchmod(fd, 0644) || fsync(fd))
		return -1;
	return rename(part, file);
}

/* Takes the folder's request over when there is one, else writes ours. */
static int
put_request(struct witness *w, const char *file)
{
	AUTO(buf) there = BUF_INIT;
	int rc = read_file(file, &there);

	if (rc <= 0)
		return write_file(w, file);
	buf_clear(&w->question);
	buf_add(&w->question, there.data, there.len);
	return 0;
}

static void
take_response(struct witness *w, const struct buf *response)
{
	struct witness_answer a;
	const char *end = memchr(response->data, '\n', response->len);

	if (!end || end - response->data != 3 || strspn(response->data, "0123456789") != 3) {
		witness_fail(w, "%s/response does not begin with a line of three digits: it is not what "
			     "hopthu-witness --answer writes", w->path);
		return;
	}
	a.status = (int)strtol(response->data, NULL, 10);
	a.body = end + 1;
	a.len = response->len - 4;
	witness_end(w, &a, NULL);
}

void
witness_file_begin(struct witness *w)
{
	AUTO(str) request = xasprintf("%s/request", w->path);
	AUTO(str) answer = xasprintf("%s/response", w->path);
	AUTO(buf) response = BUF_INIT;
	int rc;

	if (!w->connected && put_request(w, request)) {
		witness_fail(w, "%s cannot be written: %s", request, strerror(errno));
		return;
	}
	w->connected = true; /* from here on it is another's turn */
	rc = read_file(answer, &response);
	if (!rc || (rc > 0 && response.len != w->seen)) { /* not there, or still being copied */
		w->seen = response.len;
		loop_timer_set(w->poll, POLL_MS);
		return;
	}
	if (rc < 0)
		buf_clear(&response);
	/* the request first: one without an answer is asked again, an answer without one is not read */
	if (unlink(request) && errno != ENOENT) {
		witness_fail(w, "%s cannot be removed: %s", request, strerror(errno));
		return;
	}
	(void)unlink(answer);
	take_response(w, &response);
}
