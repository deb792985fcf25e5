/* SPDX-License-Identifier: BSD-2-Clause */
/* What comes after a letter: an address for a row that has none, and the letter that takes it back. */
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "tools/request.h"

int
cmd_request_name(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(json) body = NULL;
	AUTO(str) text = NULL;
	AUTO(buf) path = BUF_INIT;
	bool dry = ctl_opt(c, OPT_DRY_RUN) != NULL;
	const char *alike;
	long id, row;
	int status = request_id(c, &id);

	if (!status)
		status = ctl_number(c->line.args[1], "number of a row", 1, &row);
	if (status)
		return status;
	request_path(&path, id, "/name");
	body = json_pack("{s:i, s:s, s:b}", "row", (int)row, "address", c->line.args[2], "dry_run", dry);
	text = json_dumps(body, JSON_COMPACT);
	status = ctl_send(c, path.data, "application/json", text, strlen(text), &answer);
	alike = status ? "" : ctl_text(answer, "looks_like");
	if (status || (!dry && (status = request_fill(c, answer))))
		return status;
	request_print(c, answer);
	if (*alike)
		ctl_say("note: %s is easily taken for %s", c->line.args[2], alike);
	if (dry)
		ctl_say("everything was checked, nothing was kept (-n)");
	return 0;
}

static void
say_cannot(const json_t *answer)
{
	const json_t *list = json_object_get(answer, "cannot");

	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *row = json_array_get(list, i);

		ctl_say("row %ld (%s %s) cannot be undone: %s", ctl_integer(row, "row"),
			ctl_text(row, "op"), ctl_text(row, "address"), ctl_text(row, "message"));
	}
}

int
request_words(struct ctl *c, const char *what, json_t *body)
{
	const char *signer = ctl_opt(c, OPT_SIGNER), *letter = ctl_opt(c, OPT_LETTER);
	const char *date = ctl_opt(c, OPT_DATE);
	AUTO(json) me = NULL;
	AUTO(str) number = NULL;
	unsigned chance = 0;
	time_t now = time(NULL);
	char today[16];
	struct tm tm;
	int status;

	if (!signer) {
		status = ctl_get(c, "/v1/whoami", &me);
		if (status)
			return status;
		signer = ctl_text(me, "name");
	}
	(void)!getrandom(&chance, sizeof(chance), 0); /* tells two tries of one second apart */
	number = xasprintf("%s-%08x", what, chance);
	localtime_r(&now, &tm);
	strftime(today, sizeof(today), "%Y-%m-%d", &tm);
	json_object_set_new(body, "letter", json_string(letter ? letter : number));
	json_object_set_new(body, "date", json_string(date ? date : today));
	json_object_set_new(body, "signer", json_string(signer));
	return 0;
}

int
cmd_request_undo(struct ctl *c)
{
	AUTO(json) answer = NULL;
	AUTO(json) body = NULL;
	AUTO(str) text = NULL;
	AUTO(str) what = NULL;
	AUTO(buf) path = BUF_INIT;
	long id;
	int status = request_id(c, &id);

	if (status || (status = ctl_required(c, OPT_REASON)))
		return status;
	what = xasprintf("undo-%ld", id);
	body = json_pack("{s:s, s:b}", "reason", ctl_opt(c, OPT_REASON), "dry_run",
			 ctl_opt(c, OPT_DRY_RUN) != NULL);
	status = request_words(c, what, body);
	if (status)
		return status;
	text = json_dumps(body, JSON_COMPACT);
	request_path(&path, id, "/undo");
	status = ctl_send(c, path.data, "application/json", text, strlen(text), &answer);
	if (status)
		return status;
	status = request_submitted(c, answer);
	say_cannot(answer);
	return status ? status : json_array_size(json_object_get(answer, "cannot")) ? LEAVE_PARTLY : 0;
}
