/* SPDX-License-Identifier: BSD-2-Clause */
/* What is asked for, who may, and the record of who read. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/reading.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/subject.h"
#include "daemon/policy/authz.h"

enum scope { SCOPE_ANY, SCOPE_AGENCY, SCOPE_REQUEST, SCOPE_MAILBOX, SCOPE_LIST, SCOPE_SELF };

struct route {
	const char *method, *path;
	int roles;
	enum scope scope;
	call_handler *handler;
	const char *help;
};

static const struct route routes[ROUTE_COUNT] = {
#define X(name, method, path, roles, scope, help) \
	[ROUTE_##name] = { #method, path, roles, SCOPE_##scope, handle_##name, help },
	ROUTES(X)
#undef X
};

static const char *const names[ROUTE_COUNT] = {
#define X(name, method, path, roles, scope, help) #name,
	ROUTES(X)
#undef X
};

/* --- which route ------------------------------------------------------------------------------ */

static bool
match(struct call *c, const char *pattern, const char *path)
{
	while (*pattern && *path) {
		size_t pn = strcspn(pattern, "/"), n = strcspn(path, "/");

		if (*pattern == '{') {
			char *end;

			c->word = arena_strndup(c->arena, path, n);
			c->id = strtoll(c->word, &end, 10);
			if (!n || ((!strncmp(pattern, "{id}", pn) || !strncmp(pattern, "{seq}", pn)) &&
				   (*end || c->id < 1)))
				return false;
		} else if (pn != n || strncmp(pattern, path, n)) {
			return false;
		}
		pattern += pn;
		path += n;
		if (*pattern != *path)
			return false;
		pattern += *pattern == '/';
		path += *path == '/';
	}
	return *pattern == *path;
}

static int
find_route(struct call *c, struct err *e)
{
	const char *path = door_path(c->req);
	const char *other = NULL;

	for (int pass = 0; pass < 2; pass++) /* "/v1/audit/verify" before "/v1/audit/{seq}" */
		for (int i = 0; i < ROUTE_COUNT; i++) {
			if ((strchr(routes[i].path, '{') != NULL) != (pass == 1) ||
			    !match(c, routes[i].path, path))
				continue;
			if (!strcmp(routes[i].method, door_method(c->req))) {
				c->route = (enum route_id)i;
				return 0;
			}
			other = routes[i].method;
		}
	if (other) {
		c->wrong_method = true;
		door_header_out(c->req, "Allow", other);
		return err_set(e, ERR_USAGE, "%s takes %s, not %s", path, other,
			       door_method(c->req));
	}
	return err_set(e, ERR_NOTFOUND, "there is no %s: GET /v1/routes shows what there is", path);
}

/* --- role and scope --------------------------------------------------------------------------- */

static int
check_object(struct call *c, struct err *e)
{
	struct mailbox m;
	struct request r;

	switch (routes[c->route].scope) {
	case SCOPE_ANY:
	case SCOPE_LIST:   /* the handler filters by only_agency */
	case SCOPE_AGENCY: /* the letter says whose it is: intake checks it first of all */
		return 0;
	case SCOPE_REQUEST:
		if (!store_request(c->flow->store, c->id, &r, c->arena))
			return err_set(e, ERR_NOTFOUND, "there is no request %" PRId64, c->id);
		return authz_agency(&c->op, r.agency, e);
	case SCOPE_MAILBOX: {
		const char *login = subject_is_reference(c->word) ?
			subject_login(c->flow, c->word, c->arena, e) :
			choose_login_of(c->flow, c->word, c->arena, e);

		if (!login)
			return e->class == ERR_NOTFOUND ? -1 : err_wrap(e, "this is no address");
		c->asked = c->word;
		c->word = login;
		if (!store_mailbox(c->flow->store, login, &m, c->arena))
			return 0; /* the handler says what there is instead */
		return authz_agency(&c->op, m.agency, e);
	}
	case SCOPE_SELF:
		if (!strcmp(c->word, c->op.name) || c->op.roles & ROLE_ADMIN)
			return 0;
		return err_set(e, ERR_DENIED, "only %s or an admin may do this", c->word);
	}
	return 0;
}

/* What such a route gives out stands in the record of the export it names. */
static bool
rests_on_export(enum route_id route)
{
	return route == ROUTE_audit_entries || route == ROUTE_audit_leaves ||
	       route == ROUTE_audit_openings || route == ROUTE_audit_checkpoints;
}

/* An auditor's own reads are recorded: that is what makes reading everything acceptable.  So is
 * everybody's reading of all that is kept about a person, and everybody's search. */
static int
record_read(struct call *c, struct err *e)
{
	struct evidence ev = { .ev = EVENT_READ, .actor = c->who, .route = names[c->route] };
	AUTO(buf) path = BUF_INIT;

	if (c->flow->incident || strcmp(routes[c->route].method, "GET") || c->route == ROUTE_status ||
	    c->route == ROUTE_whoami || c->route == ROUTE_routes || rests_on_export(c->route))
		return 0;
	if (!(c->op.roles & ROLE_AUDITOR) && c->route != ROUTE_audit_subject &&
	    c->route != ROUTE_audit_search && c->route != ROUTE_audit_tail)
		return 0;
	c->recorded = true;
	reading_path(c, &path);
	if (reading_goes_on(c, path.data))
		return 0;
	ev.subj = reading_subject(c);
	evidence_pii(&ev, "path", path.data);
	return evidence_alone(c->flow, &ev, e);
}

/* What changes something waits until the log may be written and has room.  A copy of what there is can
 * be had all the same: it is needed most while a witness and the log contradict each other. */
static int
check_trouble(const struct call *c, struct err *e)
{
	const char *why = c->flow->incident ? c->flow->incident : c->flow->scarce;

	if (!why || !strcmp(routes[c->route].method, "GET") ||
	    (c->flow->incident && c->route == ROUTE_audit_export))
		return 0;
	return err_set(e, ERR_TEMP, "%s", why);
}

int
api_admit(struct call *c, struct err *e)
{
	if (find_route(c, e))
		return -1;
	if (authz_roles(&c->op, routes[c->route].roles, routes[c->route].help, e))
		return -1;
	c->only_agency = c->op.agency;
	if (c->only_agency && !strncmp(names[c->route], "drift_", 6))
		return err_set(e, ERR_DENIED, "%s belongs to agency %s, and what others change in the "
			       "directory is everybody's", c->op.name, c->only_agency);
	if (c->only_agency && (c->route == ROUTE_audit_list || c->route == ROUTE_audit_show ||
			       c->route == ROUTE_audit_subject || c->route == ROUTE_audit_search ||
			       c->route == ROUTE_audit_tail || c->route == ROUTE_audit_prove ||
			       c->route == ROUTE_audit_export || rests_on_export(c->route)))
		return err_set(e, ERR_DENIED, "%s belongs to agency %s, and the log is everybody's",
			       c->op.name, c->only_agency);
	if (c->only_agency && (c->route == ROUTE_address_list || c->route == ROUTE_address_show))
		return err_set(e, ERR_DENIED, "%s belongs to agency %s, and the registry is everybody's: "
			       "`hopthuctl name try` tells what a name would get", c->op.name,
			       c->only_agency);
	return check_object(c, e) || check_trouble(c, e) || record_read(c, e) ? -1 : 0;
}

bool
api_only_reads(const struct call *c)
{
	return !strcmp(routes[c->route].method, "GET");
}

void
api_run(struct call *c)
{
	routes[c->route].handler(c);
}

void
handle_routes(struct call *c)
{
	static const char *const scopes[] = { "any", "agency", "request", "mailbox", "list", "self" };
	json_t *list = json_array();

	for (int i = 0; i < ROUTE_COUNT; i++) {
		json_t *roles = json_array();

		for (int r = 0; r < ROLE_COUNT; r++)
			if (routes[i].roles & 1 << r)
				json_array_append_new(roles, json_string(role_word(r)));
		json_array_append_new(list,
				      json_pack("{s:s,s:s,s:s,s:o,s:s,s:s}", "name", names[i], "method",
						routes[i].method, "path", routes[i].path, "roles",
						roles, "scope", scopes[routes[i].scope], "help",
						routes[i].help));
	}
	call_reply(c, 200, json_pack("{s:o}", "routes", list));
}
