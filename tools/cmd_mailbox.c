/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "tools/request.h"

static const struct out_column list_columns[] = {
	{ "address", "ADDRESS", OUT_TEXT, 0 },
	{ "login", "LOGIN", OUT_TEXT, OUT_HIDE },
	{ "full_name", "NAME", OUT_TEXT, OUT_SHRINK },
	{ "agency", "AGENCY", OUT_TEXT, 0 },
	{ "kind", "KIND", OUT_TEXT, OUT_HIDE },
	{ "status", "STATUS", OUT_WORD, 0 },
	{ "login_allowed", "LOGIN", OUT_BOOL, 0 },
	{ "delivery_allowed", "DELIVERY", OUT_BOOL, 0 },
	{ "title", "TITLE", OUT_TEXT, OUT_SHRINK },
	{ "unit", "UNIT", OUT_TEXT, OUT_SHRINK },
	{ "phone", "PHONE", OUT_TEXT, OUT_HIDE },
	{ "rank", "RANK", OUT_TEXT, OUT_HIDE },
	{ "quota", "QUOTA", OUT_NUMBER, OUT_HIDE },
	{ "person", "PERSON", OUT_TEXT, OUT_HIDE },
	{ "request", "REQUEST", OUT_NUMBER, 0 },
	{ "updated_at", "CHANGED", OUT_TIME, 0 },
	{ .key = NULL },
};

static const struct out_column show_columns[] = {
	{ "address", "address", OUT_TEXT, 0 },
	{ "login", "login", OUT_TEXT, 0 },
	{ "full_name", "name", OUT_TEXT, 0 },
	{ "agency", "agency", OUT_TEXT, 0 },
	{ "kind", "kind", OUT_TEXT, 0 },
	{ "status", "status", OUT_WORD, 0 },
	{ "login_allowed", "may log in", OUT_BOOL, 0 },
	{ "delivery_allowed", "gets mail", OUT_BOOL, 0 },
	{ "title", "title", OUT_TEXT, OUT_SKIP },
	{ "unit", "unit", OUT_TEXT, OUT_SKIP },
	{ "phone", "phone", OUT_TEXT, OUT_SKIP },
	{ "rank", "rank", OUT_TEXT, OUT_SKIP },
	{ "quota", "quota (bytes)", OUT_NUMBER, OUT_SKIP },
	{ "aliases", "also at", OUT_LIST, OUT_SKIP },
	{ "custodian", "custodian", OUT_TEXT, OUT_SKIP },
	{ "purge_due", "data kept until", OUT_TEXT, OUT_SKIP },
	{ "person", "person", OUT_TEXT, OUT_SKIP },
	{ "request", "last request", OUT_NUMBER, OUT_SKIP },
	{ "updated_at", "changed", OUT_TIME, OUT_SKIP },
	{ .key = NULL },
};

static const struct out_column history_columns[] = {
	{ "at", "WHEN", OUT_TIME, 0 },
	{ "op", "OP", OUT_TEXT, 0 },
	{ "state", "STATE", OUT_WORD, 0 },
	{ "request", "REQUEST", OUT_NUMBER, 0 },
	{ "letter", "LETTER", OUT_TEXT, OUT_SHRINK },
	{ "requested_by", "ASKED BY", OUT_TEXT, 0 },
	{ "approved_by", "APPROVED BY", OUT_TEXT, 0 },
	{ "receipt", "RECEIPT", OUT_TEXT, 0 },
	{ .key = NULL },
};

int
cmd_mailbox_list(struct ctl *c)
{
	struct ctl_pages pages = { .name = "mailboxes", .cursor = "after" };
	AUTO(buf) path = BUF_INIT;
	int status = ctl_one_of(c, OPT_STATUS, ctl_statuses);

	if (status || (status = ctl_limit(c, &pages.limit)))
		return status;
	buf_str(&path, "/v1/mailboxes");
	ctl_query_opt(&path, "agency", c, OPT_AGENCY);
	ctl_query_opt(&path, "status", c, OPT_STATUS);
	ctl_query_opt(&path, "q", c, OPT_SEARCH);
	status = ctl_list(c, path.data, &pages, list_columns);
	if (!status && !pages.printed)
		ctl_say("no mailboxes");
	return status;
}

static int
get_mailbox(struct ctl *c, json_t **m)
{
	AUTO(buf) path = BUF_INIT;

	if (!*c->line.args[0])
		return ctl_fail(LEAVE_USAGE, "the address is empty");
	buf_str(&path, "/v1/mailboxes/");
	ctl_path(&path, c->line.args[0]);
	return ctl_get(c, path.data, m);
}

int
cmd_mailbox_show(struct ctl *c)
{
	AUTO(json) m = NULL;
	const json_t *history;
	int status = get_mailbox(c, &m);

	if (status)
		return status;
	out_object(&c->out, show_columns, m);
	history = json_object_get(m, "history");
	if (c->out.format == OUT_TABLE && json_array_size(history)) {
		putchar('\n');
		out_begin(&c->out, "history", history_columns);
		out_rows(&c->out, history);
		out_end(&c->out);
	}
	return 0;
}

/* --- orders: suspend, resume, close, restore, rename, transfer, purge ----------------------------- */

/* "ctl-20261123T165501-abc": three letters keep two orders of one second apart. */
static void
make_up_number(char *out, size_t size)
{
	uint8_t r[3] = { 0 };
	time_t now = time(NULL);
	struct tm tm;
	size_t n;

	gmtime_r(&now, &tm);
	n = strftime(out, size, "ctl-%Y%m%dT%H%M%S-", &tm);
	(void)!getrandom(r, sizeof(r), 0);
	snprintf(out + n, size - n, "%c%c%c", 'a' + r[0] % 26, 'a' + r[1] % 26, 'a' + r[2] % 26);
}

static int
letter_of_one(struct ctl *c, const json_t *mailbox, json_t **letter)
{
	const char *signer = ctl_opt(c, OPT_SIGNER), *number = ctl_opt(c, OPT_LETTER);
	const char *date = ctl_opt(c, OPT_DATE), *effective = ctl_opt(c, OPT_EFFECTIVE);
	char made_up[40], today[16];
	AUTO(json) me = NULL;
	time_t now = time(NULL);
	struct tm tm;
	json_t *item;
	int status;

	if (!signer) {
		status = ctl_get(c, "/v1/whoami", &me);
		if (status)
			return status;
		signer = ctl_text(me, "name");
	}
	make_up_number(made_up, sizeof(made_up));
	localtime_r(&now, &tm);
	strftime(today, sizeof(today), "%Y-%m-%d", &tm);
	item = json_pack("{s:s, s:s}", "op", c->cmd->verb, "address", ctl_text(mailbox, "address"));
	if (effective)
		json_object_set_new(item, "effective", json_string(effective));
	if (ctl_opt(c, OPT_NEW_ADDRESS))
		json_object_set_new(item, "new_address", json_string(ctl_opt(c, OPT_NEW_ADDRESS)));
	/* A transfer is the letter of the agency that receives. */
	*letter = json_pack("{s:s, s:s, s:s, s:s, s:s, s:[o]}", "agency",
			    ctl_opt(c, OPT_AGENCY) ? ctl_opt(c, OPT_AGENCY) : ctl_text(mailbox, "agency"),
			    "letter", number ? number : made_up, "date", date ? date : today, "signer",
			    signer, "reason", ctl_opt(c, OPT_REASON), "items", item);
	BUG_ON(!*letter);
	if (strchr(ctl_text(mailbox, "address"), '@')) /* --domain may say another */
		json_object_set_new(*letter, "domain",
				    json_string(strchr(ctl_text(mailbox, "address"), '@') + 1));
	return request_head(c, *letter);
}

/* What an order cannot do without, beside the address. */
static int
check_order(struct ctl *c)
{
	const char *verb = c->cmd->verb;
	int status = ctl_required(c, OPT_REASON);

	if (!status && !strcmp(verb, "rename"))
		status = ctl_required(c, OPT_NEW_ADDRESS);
	if (!status && !strcmp(verb, "transfer"))
		status = ctl_required(c, OPT_AGENCY);
	return status;
}

static int
wait_for_order(struct ctl *c, const json_t *request)
{
	long id = ctl_integer(request, "id");

	if (!strcmp(ctl_text(request, "state"), "planned"))
		ctl_say("request %ld waits for approval: hopthuctl request approve %ld --digest %s", id, id,
			ctl_text(request, "digest"));
	return request_wait(c, id, true);
}

int
cmd_mailbox_order(struct ctl *c)
{
	AUTO(json) mailbox = NULL;
	AUTO(json) letter = NULL;
	AUTO(json) request = NULL;
	AUTO(str) body = NULL;
	bool dry = ctl_opt(c, OPT_DRY_RUN) != NULL;
	int status = check_order(c);

	if (status || (status = get_mailbox(c, &mailbox)) ||
	    (status = letter_of_one(c, mailbox, &letter)))
		return status;
	body = json_dumps(letter, JSON_COMPACT);
	status = ctl_send(c, dry ? "/v1/requests?dry_run=1" : "/v1/requests", "application/json", body,
			  strlen(body), &request);
	if (status)
		return status;
	if (ctl_opt(c, OPT_WAIT) && !dry)
		return wait_for_order(c, request);
	status = request_submitted(c, request);
	if (!status && !dry && c->out.format != OUT_TABLE &&
	    !strcmp(ctl_text(request, "state"), "planned"))
		ctl_say("request %ld needs the approval of somebody else", ctl_integer(request, "id"));
	return status;
}
