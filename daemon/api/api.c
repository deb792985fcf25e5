/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/follow.h"
#include "daemon/api/reading.h"
#include "daemon/api/wait.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/subject.h"
#include "daemon/flow/seal.h"
#include "daemon/policy/authz.h"

#define BODY_MAX 65536 /* of everything but letters: parsed JSON takes many times its bytes */

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

struct api {
	struct flow *flow;
	struct auth *auth;
	struct call *first; /* every call that has not ended */
};

struct api *
api_new(struct flow *flow, struct auth *auth, struct err *e)
{
	struct api *a = xcalloc(1, sizeof(*a));

	(void)e;
	a->flow = flow;
	a->auth = auth;
	wait_init(flow);
	follow_init(flow);
	return a;
}

/* --- a call's life ---------------------------------------------------------------------------- */

void
call_free(struct call *c)
{
	struct call **p = &c->api->first;

	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	if (c->own_free)
		c->own_free(c->own);
	store_forget(c->flow->store, c);
	seal_forget(c->flow, c);
	loop_forget(c->flow->loop, c);
	call_stream_release(c);
	json_decref(c->json);
	arena_free(c->arena);
	free(c);
}

void
api_free(struct api *a)
{
	if (!a)
		return;
	api_drain(a);
	while (a->first) {
		door_fail(a->first->req, 503, "temp", "hopthud is stopping");
		call_free(a->first);
	}
	wait_release();
	follow_release(a->flow);
	free(a);
}

static void
send(struct call *c, int status, json_t *json)
{
	struct buf b = BUF_INIT;
	AUTO(str) text = json_dumps(json, JSON_COMPACT);

	buf_str(&b, text ? text : "{}");
	buf_char(&b, '\n');
	door_reply(c->req, status, &b);
	buf_release(&b);
	call_free(c);
}

static const struct {
	const char *word;
	int status;
} classes[] = {
	[ERR_NONE] = { "perm", 500 },      [ERR_TEMP] = { "temp", 503 },
	[ERR_PERM] = { "perm", 500 },      [ERR_CONFLICT] = { "conflict", 409 },
	[ERR_AUTH] = { "auth", 401 },      [ERR_DENIED] = { "denied", 403 },
	[ERR_USAGE] = { "usage", 400 },    [ERR_NOTFOUND] = { "notfound", 404 },
	[ERR_CONFIG] = { "config", 500 },
};

static json_t *
error_json(const struct err *e, const char *class)
{
	json_t *text = json_string(e->msg);

	if (!text)
		text = json_string("something with bytes that are not UTF-8 is wrong");
	return json_pack("{s:o,s:s}", "error", text, "class", class);
}

/* A call that only read shares a turn with one whose commit failed: it reads again, what stays. */
static void
read_again(struct call *c)
{
	c->may_read_again = false;
	if (c->own_free)
		c->own_free(c->own);
	c->own = NULL;
	c->own_free = NULL;
	call_stream_release(c);
	routes[c->route].handler(c);
}

static void
on_committed(void *arg, const struct err *failure)
{
	struct call *c = arg;

	if (failure && c->may_read_again) {
		read_again(c);
		return;
	}
	if (failure) {
		/* the record of the login is lost: who it is must be shown again, and until then the
		 * connection is nobody's, not its peer's */
		if (door_connection(c->req) && door_header(c->req, "Authorization"))
			door_connection_set_data(door_connection(c->req), xstrdup(""), free);
		json_decref(c->json);
		c->json = error_json(failure, classes[failure->class].word);
		c->status = classes[failure->class].status;
	}
	if (!failure && c->stream)
		call_stream_begin(c);
	else
		send(c, c->status, c->json);
}

void
call_reply(struct call *c, int status, json_t *json)
{
	json_decref(c->json);
	c->status = status;
	c->json = json;
	if (c->recorded && status == 200)
		reading_offer(c, json);
	if (store_dirty(c->flow->store))
		store_after_commit(c->flow->store, on_committed, c);
	else
		send(c, status, json);
}

void
call_stream(struct call *c, const char *type, call_fill *fill)
{
	call_stream_new(c, type, fill);
	if (store_dirty(c->flow->store))
		store_after_commit(c->flow->store, on_committed, c);
	else
		call_stream_begin(c);
}

void
call_fail(struct call *c, const struct err *e)
{
	call_reply(c, c->wrong_method ? 405 : classes[e->class].status,
		   error_json(e, classes[e->class].word));
}

void
call_fail_data(struct call *c, const struct err *e, const json_t *errors, const json_t *notes)
{
	json_t *j = error_json(e, e->class == ERR_USAGE && errors ? "data" :
								     classes[e->class].word);

	if (errors)
		json_object_set(j, "errors", (json_t *)errors);
	if (notes)
		json_object_set(j, "notes", (json_t *)notes);
	call_reply(c, errors ? 400 : classes[e->class].status, j);
}

json_t *
call_body(struct call *c)
{
	struct err e = ERR_INIT;
	size_t len;
	const char *data = door_body(c->req, &len);
	json_t *j = len > BODY_MAX ? NULL : json_from_bytes(len ? data : "{}", len ? len : 2, &e);

	if (j && !json_is_object(j)) {
		json_decref(j);
		j = NULL;
		err_set(&e, ERR_USAGE, "the body must be a JSON object");
	}
	if (len > BODY_MAX)
		err_set(&e, ERR_USAGE, "the body is %zu bytes, %d are enough for this", len, BODY_MAX);
	if (!j)
		call_fail(c, &e);
	return j;
}

const char *
call_need(struct call *c, const json_t *body, const char *key)
{
	const char *v = json_str(body, key);
	struct err e = ERR_INIT;

	if (v && *v && strlen(v) <= 2000)
		return v;
	err_set(&e, ERR_USAGE, v && *v ? "\"%s\" is longer than 2000 bytes" :
					 "the body must say \"%s\", a text that is not empty", key);
	call_fail(c, &e);
	return NULL;
}

int
call_text(const json_t *body, const char *key, const char **text, struct err *e)
{
	const json_t *v = json_object_get(body, key);

	if (v && !json_is_string(v) && !json_is_null(v))
		return err_set(e, ERR_USAGE, "\"%s\" must be a text in quotation marks", key);
	*text = json_is_string(v) ? json_string_value(v) : "";
	return strlen(*text) <= 2000 ? 0 :
				       err_set(e, ERR_USAGE, "\"%s\" is longer than 2000 bytes", key);
}

int
call_agency(struct call *c, const char **agency)
{
	const char *asked = door_query(c->req, "agency");
	struct err e = ERR_INIT;
	struct agency g;

	*agency = c->only_agency;
	if (!asked || !*asked)
		return 0;
	*agency = asked;
	if (!store_agency(c->flow->store, asked, &g, c->arena))
		err_set(&e, ERR_NOTFOUND, "there is no agency \"%.64s\"", asked);
	else if (!authz_agency(&c->op, asked, &e))
		return 0;
	call_fail(c, &e);
	return -1;
}

int64_t
call_number(struct call *c, const char *key, int64_t otherwise, int64_t min, int64_t max)
{
	const char *text = door_query(c->req, key);
	char *end = NULL;
	long long n;

	if (!text || !*text)
		return otherwise;
	n = strtoll(text, &end, 10);
	return *end ? otherwise : n < min ? min : n > max ? max : n;
}

json_t *
json_time(int64_t us)
{
	char text[CLOCK_TEXT];

	if (us <= 0)
		return json_null();
	clock_text((uint64_t)us, text);
	return json_string(text);
}

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

static int
admit(struct call *c, struct err *e)
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

void
api_handle(void *arg, struct door_request *req)
{
	struct api *a = arg;
	struct call *c = xcalloc(1, sizeof(*c));
	int64_t seq = store_next_seq(a->flow->store);
	struct err e = ERR_INIT;

	loop_mark(a->flow->loop);
	c->api = a;
	c->flow = a->flow;
	c->req = req;
	c->arena = arena_new();
	c->next = a->first;
	a->first = c;
	switch (auth_identify(a->auth, req, &c->op, &c->who, c->arena, &e)) {
	case AUTH_KNOWN:
		break;
	case AUTH_CHALLENGE: /* the header is set: the client goes on with it */
	case AUTH_REFUSED:
		call_fail(c, &e);
		return;
	}
	if (admit(c, &e)) {
		call_fail(c, &e);
		return;
	}
	/* neither the login nor the reading itself went on record */
	c->may_read_again = !strcmp(routes[c->route].method, "GET") &&
			    store_next_seq(a->flow->store) == seq;
	routes[c->route].handler(c);
}

void
api_drain(struct api *a)
{
	struct call *next;

	for (struct call *c = a->first; c; c = next) {
		next = c->next;
		if (call_streaming(c))
			call_stream_cut(c);
	}
	wait_end_all();
	follow_end_all();
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
