/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/witness/witness_file.h"
#include "tools/witness/witness_state.h"

#define SUFFIX ".request"

/* Requests of this log that are kept, at most WITNESS_KEPT_MAX; -1: this very one is among them. */
static int
count_kept(DIR *d, const char *log, const char *request)
{
	struct dirent *entry;
	int count = 0;

	while ((entry = readdir(d)) && count < WITNESS_KEPT_MAX) {
		const char *name = entry->d_name, *dash = strchr(name, '-');
		size_t n = strlen(name), end = strlen(SUFFIX);

		if (name[0] == '.' || n < end || strcmp(name + n - end, SUFFIX) || !dash ||
		    strncmp(dash + 1, log, 2 * DIGEST_LEN))
			continue;
		if (!strncmp(name + n - end - strlen(request), request, strlen(request)))
			return -1;
		count++;
	}
	return count;
}

static int
write_pair(const struct witness_state *s, const char *name, const char *request, size_t n,
	   const struct witness_seen *seen, struct err *e)
{
	AUTO(str) file = xasprintf("%s%s", name, SUFFIX);
	AUTO(str) beside = xasprintf("%s.seen", name);

	/* what was seen first: a request is there only with its reason */
	return witness_file_write(s->fd, beside, beside, seen->note.data, seen->note.len, 0600, e) ||
	       witness_file_write(s->fd, file, file, request, n, 0600, e) ? -1 : 0;
}

int
witness_state_keep(const struct witness_state *s, const struct witness_log *l, uint64_t now,
		   const char *request, size_t n, const struct witness_seen *seen,
		   char name[WITNESS_NAME_MAX], struct err *e)
{
	int fd = openat(s->fd, "refused", O_RDONLY | O_DIRECTORY | O_CLOEXEC), count;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	uint8_t hash[DIGEST_LEN];
	AUTO(buf) hex = BUF_INIT;
	time_t at = (time_t)now;
	char stamp[32];
	struct tm tm;

	name[0] = '\0';
	if (!d)
		return err_set(e, ERR_TEMP, "%s/refused cannot be read: %s", s->dir, strerror(errno));
	digest_sha256(request, n, hash);
	buf_hex(&hex, hash, 8);
	count = count_kept(d, l->hash, hex.data);
	closedir(d);
	if (count < 0 || count >= WITNESS_KEPT_MAX)
		return 0;
	strftime(stamp, sizeof(stamp), "%Y%m%dT%H%M%SZ", gmtime_r(&at, &tm));
	snprintf(name, WITNESS_NAME_MAX, "refused/%s-%s-%s", stamp, l->hash, hex.data);
	if (!write_pair(s, name, request, n, seen, e))
		return 0;
	name[0] = '\0';
	return -1;
}
