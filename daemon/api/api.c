/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/follow.h"
#include "daemon/api/reading.h"
#include "daemon/api/wait.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/seal.h"
#include "daemon/policy/authz.h"

#define BODY_MAX 65536 /* of everything but letters: parsed JSON takes many times its bytes */

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
	api_run(c);
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

/* --- from the door --------------------------------------------------------------------------- */

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
	if (api_admit(c, &e)) {
		call_fail(c, &e);
		return;
	}
	/* neither the login nor the reading itself went on record */
	c->may_read_again = api_only_reads(c) && store_next_seq(a->flow->store) == seq;
	api_run(c);
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
