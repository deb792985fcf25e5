/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/request.h"

/* What a decision would do (-n): the same questions that hopthud asks, as far as reading answers. */

#define X(name, method, path, roles, scope, help) roles,
static const int route_roles[] = { ROUTES(X) };
#undef X

static bool
is_order(const json_t *r)
{
	return !strcmp(ctl_text(r, "kind"), "order");
}

static bool
is_state(const json_t *r, const char *state)
{
	return !strcmp(ctl_text(r, "state"), state);
}

static long
count(const json_t *r, const char *state)
{
	return ctl_integer(json_object_get(r, "counts"), state);
}

static int
check_role(const struct ctl *c, const json_t *me, struct err *e)
{
	const json_t *roles = json_object_get(me, "roles");
	int wanted = route_roles[c->cmd->route];
	AUTO(str) needs = roles_text(wanted);

	for (size_t i = 0; i < json_array_size(roles); i++) {
		const char *word = json_string_value(json_array_get(roles, i));
		int role = word ? roles_from(word, NULL) : -1;

		if (role > 0 && role & wanted)
			return 0;
	}
	return err_set(e, ERR_DENIED, "%s may not do this: it takes the role %s", ctl_text(me, "name"),
		       needs);
}

static int
wrong_state(const json_t *r, const char *what, struct err *e)
{
	return err_set(e, ERR_CONFLICT, "request %ld is %s: it cannot be %s", ctl_integer(r, "id"),
		       ctl_text(r, "state"), what);
}

static int
try_approve(const json_t *me, const json_t *r, const char *digest, struct err *e)
{
	bool refuse = !digest;

	if (!is_state(r, "planned") || is_order(r))
		return wrong_state(r, refuse ? "refused" : "approved", e);
	if (!strcmp(ctl_text(r, "submitter"), ctl_text(me, "name")))
		return err_set(e, ERR_DENIED,
			       "request %ld was submitted by %s: somebody else must decide about it",
			       ctl_integer(r, "id"), ctl_text(me, "name"));
	if (refuse || !strcmp(digest, ctl_text(r, "digest")))
		return 0;
	return err_set(e, ERR_CONFLICT,
		       "the digest is not the one of the plan as it is now: read `hopthuctl request plan "
		       "%ld` and approve what it shows", ctl_integer(r, "id"));
}

/* It can be taken back until something of it has begun, or was held. */
static int
try_cancel(const json_t *r, struct err *e)
{
	bool waits = is_state(r, "approved") || is_state(r, "scheduled") || is_state(r, "running");

	if (!is_order(r) && is_state(r, "planned"))
		return 0;
	if (is_order(r) || !waits || count(r, "running") || count(r, "unknown") || count(r, "held") ||
	    count(r, "checked"))
		return wrong_state(r, "cancelled", e);
	return 0;
}

static int
try_retry(const json_t *r, struct err *e)
{
	if (is_state(r, "planned") || is_state(r, "refused") || is_state(r, "cancelled"))
		return err_set(e, ERR_CONFLICT, "request %ld is %s: there is nothing to retry",
			       ctl_integer(r, "id"), ctl_text(r, "state"));
	if (count(r, "failed") + count(r, "held"))
		return 0;
	return err_set(e, ERR_CONFLICT, "request %ld has no failed or held items", ctl_integer(r, "id"));
}

static void
say_what(const struct ctl *c, const json_t *r)
{
	long id = ctl_integer(r, "id"), rows = ctl_integer(r, "item_count"), done = count(r, "done");
	const char *letter = ctl_text(r, "letter"), *agency = ctl_text(r, "agency");

	switch (c->cmd->route) {
	case ROUTE_request_approve:
		ctl_say("request %ld (letter %s of %s) would be approved: %ld rows go into the directory "
			"as the plan says", id, letter, agency, rows);
		break;
	case ROUTE_request_refuse:
		ctl_say("request %ld (letter %s of %s) would be refused for good: none of its %ld rows is "
			"done", id, letter, agency, rows);
		break;
	case ROUTE_request_cancel:
		ctl_say("request %ld (letter %s of %s) would be cancelled for good: %ld of its %ld rows "
			"are not done and never will be", id, letter, agency, rows - done, rows);
		break;
	case ROUTE_request_retry:
		ctl_say("request %ld (letter %s of %s): %ld failed and %ld held rows would go back into "
			"the queue", id, letter, agency, count(r, "failed"), count(r, "held"));
		break;
	}
}

int
request_try(struct ctl *c, long id, const char *digest)
{
	AUTO(json) me = NULL;
	AUTO(json) r = NULL;
	AUTO(buf) path = BUF_INIT;
	struct err e = ERR_INIT;
	int status = ctl_get(c, "/v1/whoami", &me), rc;

	request_path(&path, id, "?limit=1");
	if (status || (status = ctl_get(c, path.data, &r)))
		return status;
	rc = check_role(c, me, &e);
	if (!rc && c->cmd->route == ROUTE_request_cancel)
		rc = try_cancel(r, &e);
	else if (!rc && c->cmd->route == ROUTE_request_retry)
		rc = try_retry(r, &e);
	else if (!rc)
		rc = try_approve(me, r, digest, &e);
	if (rc)
		return ctl_error(c, &e);
	say_what(c, r);
	return 0;
}
