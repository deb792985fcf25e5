/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/digest.h"
#include "tools/ctl.h"
#include "tools/secret.h"

static const struct out_column list_columns[] = {
	{ "name", "NAME", OUT_TEXT, 0 },
	{ "full_name", "FULL NAME", OUT_TEXT, OUT_SHRINK },
	{ "roles", "ROLES", OUT_LIST, 0 },
	{ "agency", "AGENCY", OUT_TEXT, 0 },
	{ "uid", "UID", OUT_NUMBER, 0 },
	{ "password", "PASSWORD", OUT_BOOL, 0 },
	{ "revoked_at", "REVOKED", OUT_TIME, 0 },
	{ .key = NULL },
};

static const struct out_column show_columns[] = {
	{ "name", "name", OUT_TEXT, 0 },
	{ "full_name", "full name", OUT_TEXT, OUT_SKIP },
	{ "roles", "roles", OUT_LIST, OUT_SKIP },
	{ "agency", "agency", OUT_TEXT, OUT_SKIP },
	{ "uid", "uid", OUT_NUMBER, OUT_SKIP },
	{ "password", "has a password", OUT_BOOL, OUT_SKIP },
	{ "revoked_at", "revoked", OUT_TIME, OUT_SKIP },
	{ .key = NULL },
};

int
cmd_operator_list(struct ctl *c)
{
	AUTO(json) answer = NULL;
	int status = ctl_get(c, "/v1/operators", &answer);

	if (status)
		return status;
	out_begin(&c->out, "operators", list_columns);
	out_rows(&c->out, json_object_get(answer, "operators"));
	out_end(&c->out);
	return 0;
}

/* The SCRAM verifier (RFC 5803): of the password itself nothing else leaves this program. */
static char *
verifier(const char *password)
{
	uint8_t salt[16];

	digest_random(salt, sizeof(salt));
	return digest_scram_verifier(password, salt, SCRAM_ITERATIONS);
}

static char *
ask_twice(const char *name, struct err *e)
{
	AUTO(str) first_prompt = xasprintf("New password of %s", name);
	char *first = secret_ask(first_prompt, "new-password-file", e), *again = NULL;
	bool same;

	if (first)
		again = secret_ask("Once more", "new-password-file", e);
	same = first && again && !strcmp(first, again);
	if (first && again && !same)
		err_set(e, ERR_USAGE, "the two passwords are not the same; nothing was changed");
	secret_free(again);
	if (!same) {
		secret_free(first);
		return NULL;
	}
	return first;
}

/* Puts "scram" into the body.  0 or the exit status. */
static int
add_verifier(struct ctl *c, json_t *body, bool ask)
{
	const char *file = ctl_opt(c, OPT_NEW_PASSWORD_FILE);
	AUTO(str) scram = NULL;
	struct err e = ERR_INIT;
	char *password;

	if (!file && (!ask || ctl_opt(c, OPT_DRY_RUN))) {
		if (ask)
			json_object_set_new(body, "scram", json_string("(verifier of the new password)"));
		return 0;
	}
	password = file ? secret_from_file(file, &e) : ask_twice(c->line.args[0], &e);
	if (!password)
		return ctl_error(c, &e);
	if (ctl_opt(c, OPT_DRY_RUN))
		scram = xstrdup("(verifier of the new password)");
	else
		scram = verifier(password);
	secret_free(password);
	json_object_set_new(body, "scram", json_string(scram));
	return 0;
}

/* "approver,technician" -> the array; a mistyped role is told with the nearest one. */
static int
roles_array(const char *words, json_t **array)
{
	const char *bad = NULL, *near;
	json_t *a;
	int bits = roles_from(words, &bad);

	if (bits < 0) {
		near = nearest_word(bad, ctl_roles);
		return ctl_fail(LEAVE_USAGE, "there is no role \"%s\"; %s%s", bad,
				near ? "did you mean " :
				       "there are requester, agency-admin, approver, technician, auditor, "
				       "admin",
				near ? near : "");
	}
	a = json_array();
	for (int i = 0; i < ROLE_COUNT; i++)
		if (bits >> i & 1)
			json_array_append_new(a, json_string(role_word(i)));
	*array = a;
	return 0;
}

int
cmd_operator_add(struct ctl *c)
{
	const char *uid = ctl_opt(c, OPT_UID), *full_name = ctl_opt(c, OPT_FULL_NAME);
	AUTO(json) answer = NULL;
	AUTO(json) body = NULL;
	json_t *roles = NULL;
	long n = -1;
	int status = ctl_required(c, OPT_ROLE);

	if (!status && uid)
		status = ctl_number(uid, "uid", 0, &n);
	if (!status)
		status = roles_array(ctl_opt(c, OPT_ROLE), &roles);
	if (status)
		return status;
	body = json_pack("{s:s, s:s, s:o, s:s*}", "name", c->line.args[0], "full_name",
			 full_name ? full_name : c->line.args[0], "roles", roles, "agency",
			 ctl_opt(c, OPT_AGENCY));
	if (uid)
		json_object_set_new(body, "uid", json_integer(n));
	status = add_verifier(c, body, false);
	if (status || (status = ctl_change(c, "/v1/operators", json_incref(body), &answer)))
		return status;
	if (!answer)
		return 0;
	out_object(&c->out, show_columns, answer);
	if (!uid && !ctl_opt(c, OPT_NEW_PASSWORD_FILE))
		ctl_say("%s has neither a uid nor a password yet: hopthuctl operator passwd %s",
			c->line.args[0], c->line.args[0]);
	return 0;
}

/* POST /v1/operators/NAME/<verb> */
static int
change(struct ctl *c, const json_t *body, const char *done)
{
	AUTO(json) answer = NULL;
	AUTO(buf) path = BUF_INIT;
	int status;

	if (!*c->line.args[0])
		return ctl_fail(LEAVE_USAGE, "the name is empty");
	buf_str(&path, "/v1/operators/");
	ctl_path(&path, c->line.args[0]);
	buf_printf(&path, "/%s", c->cmd->verb);
	status = ctl_change(c, path.data, json_incref((json_t *)body), &answer);
	if (status || !answer)
		return status;
	if (c->out.format != OUT_TABLE)
		out_object(&c->out, show_columns, answer);
	ctl_say("%s %s", c->line.args[0], done);
	return 0;
}

int
cmd_operator_passwd(struct ctl *c)
{
	AUTO(json) body = json_object();
	int status = add_verifier(c, body, true);

	return status ? status : change(c, body, "has a new password");
}

int
cmd_operator_revoke(struct ctl *c)
{
	AUTO(json) body = NULL;
	int status = ctl_required(c, OPT_REASON);

	if (status)
		return status;
	body = json_pack("{s:s}", "reason", ctl_opt(c, OPT_REASON));
	return change(c, body, "may do nothing any more");
}
