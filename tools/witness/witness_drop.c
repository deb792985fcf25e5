/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "tools/witness/witness_drop.h"
#include "tools/witness/witness_file.h"
#include "tools/witness/witness_http.h"

static int
put(const char *file, const struct buf *answer, struct err *e)
{
	if (file)
		return witness_file_write(AT_FDCWD, file, file, answer->data, answer->len, 0644, e);
	if (fwrite(answer->data, 1, answer->len, stdout) != answer->len || fflush(stdout))
		return err_set(e, ERR_TEMP, "the answer cannot be written: %s", strerror(errno));
	return 0;
}

int
witness_drop_answer(const struct witness_state *s, const char *request, const char *out, uint64_t now,
		    struct err *e)
{
	struct witness_reply r = WITNESS_REPLY_INIT;
	AUTO(buf) body = BUF_INIT;
	AUTO(buf) answer = BUF_INIT;
	AUTO(str) in = xstrdup(request);
	AUTO(str) beside = NULL;
	struct stat st;
	int rc;

	if (!stat(request, &st) && S_ISDIR(st.st_mode)) {
		free(in);
		in = xasprintf("%s/request", request);
		beside = xasprintf("%s/response", request);
	}
	if (witness_file_read(AT_FDCWD, in, in, WITNESS_BODY_MAX, &body, e)) {
		e->class = ERR_USAGE;
		return -1;
	}
	witness_log_add(s, body.data, body.len, now, &r);
	if (r.note.len)
		witness_say("%s", r.note.data);
	buf_printf(&answer, "%d\n", r.status);
	buf_add(&answer, r.body.data, r.body.len);
	rc = put(out ? out : beside, &answer, e) ? -1 : r.status;
	witness_reply_release(&r);
	return rc;
}
