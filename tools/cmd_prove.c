/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/ctl.h"

/* "12/3": a row of a letter; else the number of a record. */
static int
proof_path(const struct ctl *c, struct buf *path)
{
	const char *word = c->line.args[0], *slash = strchr(word, '/');
	AUTO(str) first = xstrndup(word, slash ? (size_t)(slash - word) : strlen(word));
	long id, row;

	if (!slash && ctl_opt(c, OPT_EVENT))
		return ctl_fail(LEAVE_USAGE, "--event is for REQUEST/ROW: a number names one record already");
	if (ctl_number(first, slash ? "number of a request" : "number of a record", 1, &id))
		return LEAVE_USAGE;
	if (!slash) {
		buf_printf(path, "/v1/audit/%ld/proof", id);
		return 0;
	}
	if (ctl_number(slash + 1, "number of a row", 1, &row))
		return LEAVE_USAGE;
	buf_printf(path, "/v1/requests/%ld/proof?row=%ld", id, row);
	ctl_query_opt(path, "event", c, OPT_EVENT);
	return 0;
}

int
cmd_audit_prove(struct ctl *c)
{
	AUTO(buf) path = BUF_INIT;
	AUTO(json) answer = NULL;
	int status = ctl_one_of(c, OPT_EVENT, ctl_events);

	if (status || (status = proof_path(c, &path)) || (status = ctl_get(c, path.data, &answer)))
		return status;
	if (ctl_machine(c)) {
		out_object(&c->out, NULL, answer);
		return 0;
	}
	fputs(ctl_text(answer, "proof"), c->out.file);
	ctl_say("record %ld (%s) in the tree of %ld records", ctl_integer(answer, "seq"),
		ctl_text(answer, "event"), ctl_integer(answer, "size"));
	return 0;
}
