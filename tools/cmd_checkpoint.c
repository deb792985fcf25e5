/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "tools/ctl.h"
#include "tools/page.h"

/* What hopthud said must be one thing: a note of the key it names. */
static int
check(const json_t *answer, struct checkpoint *point, struct err *e)
{
	const char *text = ctl_text(answer, "note");
	struct note_key key;
	struct note note;

	if (note_read(&note, text, strlen(text), e) || checkpoint_read(point, &note, e) ||
	    note_key_read(&key, ctl_text(answer, "vkey"), e))
		return err_wrap(e, "hopthud sent something that is no checkpoint");
	if (!strcmp(key.name, point->origin) && note_verify(&note, &key, NULL, NULL) != NOTE_GOOD)
		return err_set(e, ERR_PERM, "the signature of the checkpoint of %" PRIu64 " records is not "
			       "right", point->size);
	return 0;
}

static int
print(struct ctl *c, const json_t *answer)
{
	struct page page = { .note = ctl_text(answer, "note"), .policy = ctl_text(answer, "policy"),
			     .at = ctl_text(answer, "at") };
	AUTO(buf) out = BUF_INIT;
	struct err e = ERR_INIT;
	struct checkpoint point;
	int rc;

	if (check(answer, &point, &e))
		return e.class == ERR_PERM ? ctl_fail(LEAVE_VERIFY, "%s", e.msg) : ctl_error(c, &e);
	page.point = &point;
	if (ctl_opt(c, OPT_PAGE))
		rc = page_html(&page, &out, &e);
	else if (ctl_opt(c, OPT_MAIL))
		rc = page_mail(&page, ctl_opt(c, OPT_MAIL), &out, &e);
	else
		rc = (buf_str(&out, page.note), 0);
	if (rc)
		return ctl_error(c, &e);
	fwrite(out.data, 1, out.len, stdout);
	return 0;
}

/* Witnesses answer on their own time, and a sheet without them is worth less. */
#define CONFIRM_WAIT_MS 3000
#define CONFIRM_STEP_MS 50

static int
wait_confirmed(struct ctl *c, json_t **answer)
{
	const struct timespec step = { .tv_nsec = CONFIRM_STEP_MS * 1000000L };
	long long size = json_integer_value(json_object_get(*answer, "size"));
	AUTO(buf) path = BUF_INIT;

	buf_printf(&path, "/v1/audit/checkpoint?size=%lld", size);
	for (int ms = 0; !strcmp(ctl_text(*answer, "confirmed"), "coming") && ms < CONFIRM_WAIT_MS;
	     ms += CONFIRM_STEP_MS) {
		json_t *later = NULL;
		int status;

		nanosleep(&step, NULL);
		status = ctl_get(c, path.data, &later);
		if (status)
			return status;
		json_decref(*answer);
		*answer = later;
	}
	if (!strcmp(ctl_text(*answer, "confirmed"), "coming") || !strcmp(ctl_text(*answer, "confirmed"), "missing"))
		ctl_say("not enough witnesses have confirmed it yet; later: hopthuctl audit checkpoint --size "
			"%lld", size);
	return 0;
}

int
cmd_audit_checkpoint(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	long size;
	int status;

	if (!!ctl_opt(c, OPT_PAGE) + !!ctl_opt(c, OPT_MAIL) + ctl_machine(c) > 1)
		return ctl_fail(LEAVE_USAGE, "--page, --mail and -o are three forms of one thing: give one");
	if (ctl_opt(c, OPT_NEW) && ctl_opt(c, OPT_SIZE))
		return ctl_fail(LEAVE_USAGE, "--new signs a checkpoint now, --size shows one that there is: "
				"give one");
	if (ctl_opt(c, OPT_SIZE) && (status = ctl_number(ctl_opt(c, OPT_SIZE), "number of records", 1, &size)))
		return status;
	buf_str(&path, "/v1/audit/checkpoint");
	ctl_query_opt(&path, "size", c, OPT_SIZE);
	status = ctl_opt(c, OPT_NEW) ? ctl_send(c, path.data, "application/json", "{}", 2, &answer) :
				       ctl_get(c, path.data, &answer);
	if (!status && ctl_opt(c, OPT_NEW))
		status = wait_confirmed(c, &answer);
	if (status)
		return status;
	if (!ctl_machine(c))
		return print(c, answer);
	out_object(&c->out, NULL, answer);
	return 0;
}
