/* SPDX-License-Identifier: BSD-2-Clause */
#include <event2/keyvalq_struct.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/canon.h"
#include "daemon/api/door_internal.h"

const char *
door_reason(int status)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {
		{ 200, "OK" },
		{ 201, "Created" },
		{ 202, "Accepted" },
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 408, "Request Timeout" },
		{ 409, "Conflict" },
		{ 411, "Length Required" },
		{ 413, "Content Too Large" },
		{ 417, "Expectation Failed" },
		{ 431, "Request Header Fields Too Large" },
		{ 500, "Internal Server Error" },
		{ 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

void
door_error_json(struct buf *out, const char *class, const char *msg)
{
	struct canon c;

	canon_begin(&c, out);
	canon_str(&c, "class", class);
	canon_str(&c, "error", msg);
	canon_end(&c);
	buf_char(out, '\n');
}

static struct door_request *
request_new(struct door_connection *c, struct evhttp_request *ev)
{
	struct door_request *r = xcalloc(1, sizeof(*r));
	struct door *d = c->door;

	*r = (struct door_request){ .door = d, .connection = c, .ev = ev, .uid = c->uid,
				    .pid = c->pid, .next = d->requests, .link = &d->requests };
	if (r->next)
		r->next->link = &r->next;
	d->requests = r;
	c->request = r;
	return r;
}

void
request_free(struct door_request *r)
{
	if (r->first)
		event_free(r->first);
	if (r->link) {
		*r->link = r->next;
		if (r->next)
			r->next->link = r->link;
	}
	if (r->connection)
		r->connection->request = NULL;
	door_uri_release(&r->uri);
	free(r);
}

void
request_lost(struct door_request *r)
{
	void (*gone)(void *) = r->gone;

	r->gone = NULL;
	if (gone)
		gone(r->gone_arg); /* may free r */
}

void
request_orphan(struct door_request *r, bool ending)
{
	r->connection = NULL;
	/* A request that evhttp has let go of is ours to free; one that hangs on it goes with it. */
	if (r->ev && ending && evhttp_request_get_connection(r->ev)) {
		r->ev = NULL;
		r->body = "";
		r->body_len = 0;
	}
	request_lost(r);
}

void
request_forget_all(struct door *d)
{
	struct door_request *r;

	while ((r = d->requests)) {
		d->requests = r->next;
		if (r->ev && !evhttp_request_get_connection(r->ev))
			evhttp_request_free(r->ev); /* else evhttp_free does it */
		if (r->connection)
			r->connection->request = NULL;
		r->door = NULL;
		r->connection = NULL;
		r->ev = NULL;
		r->link = NULL;
		r->body = "";
		r->body_len = 0;
	}
}

/* The reply has been handed to the kernel. */
static void
on_complete(struct evhttp_request *ev, void *arg)
{
	struct door_connection *c = arg;
	size_t waiting = evbuffer_get_length(bufferevent_get_input(c->bev));

	(void)ev;
	loop_mark(c->door->loop);
	connection_enter(c, CONNECTION_IDLE);
	if (waiting) /* of a request that the client sent without waiting for this reply */
		connection_enter(c, CONNECTION_RECEIVING);
	c->received = waiting;
	if (c->door->draining)
		event_active(c->door->adopt, 0, 0); /* ends it, outside of evhttp */
}

static unsigned
count_header(struct evhttp_request *ev, const char *name)
{
	struct evkeyval *h;
	unsigned n = 0;

	for (h = evhttp_request_get_input_headers(ev)->tqh_first; h; h = h->next.tqe_next)
		n += !strcasecmp(h->key, name);
	return n;
}

/* What makes it unclear where a request ends is refused, and so is the rest of the connection. */
static int
refuse_framing(struct door_request *r)
{
	unsigned lengths = count_header(r->ev, "Content-Length");
	const char *why = NULL;
	int status = 400;

	if (count_header(r->ev, "Transfer-Encoding"))
		why = "Transfer-Encoding is not accepted; send the body with Content-Length", status = 411;
	else if (lengths > 1)
		why = "Content-Length is given more than once";
	else if (!strcmp(r->method, "POST") && !lengths)
		why = "a POST needs Content-Length, even if it is 0", status = 411;
	else if (!strcmp(r->method, "GET") && evbuffer_get_length(evhttp_request_get_input_buffer(r->ev)))
		why = "a GET has no body";
	else if (count_header(r->ev, "Authorization") > 1)
		why = "Authorization is given more than once";
	if (!why)
		return 0;
	door_header_out(r, "Connection", "close");
	door_fail(r, status, "usage", "%s", why);
	return -1;
}

static int
refuse_method(struct door_request *r)
{
	enum evhttp_cmd_type type = evhttp_request_get_command(r->ev);

	r->method = type == EVHTTP_REQ_GET ? "GET" : type == EVHTTP_REQ_POST ? "POST" : NULL;
	if (r->method)
		return 0;
	door_header_out(r, "Allow", "GET, POST");
	door_header_out(r, "Connection", "close");
	if (type == EVHTTP_REQ_HEAD) /* whose answers have no body */
		door_reply(r, 405, NULL);
	else
		door_fail(r, 405, "usage", "only GET and POST are known here");
	return -1;
}

void
request_arrived(struct door_connection *c, struct evhttp_request *ev)
{
	struct door *d = c->door;
	struct door_request *r = request_new(c, ev);
	struct err e = ERR_INIT;

	connection_enter(c, CONNECTION_HANDLING);
	evhttp_request_set_on_complete_cb(ev, on_complete, c);
	if (refuse_method(r) < 0 || refuse_framing(r) < 0)
		return;
	if (door_uri_parse(&r->uri, evhttp_request_get_uri(ev), &e) < 0) {
		door_fail(r, 400, "usage", "%s", e.msg);
		return;
	}
	r->body_len = evbuffer_get_length(evhttp_request_get_input_buffer(ev));
	d->handler(d->arg, r);
}

const char *
door_method(const struct door_request *r)
{
	return r->method;
}

const char *
door_path(const struct door_request *r)
{
	return r->uri.path;
}

const char *
door_query(const struct door_request *r, const char *key)
{
	for (unsigned i = 0; i < r->uri.count; i++)
		if (!strcmp(r->uri.params[i].key, key))
			return r->uri.params[i].value;
	return NULL;
}

const char *
door_header(const struct door_request *r, const char *name)
{
	return r->ev ? evhttp_find_header(evhttp_request_get_input_headers(r->ev), name) : NULL;
}

const char *
door_body(struct door_request *r, size_t *len)
{
	*len = r->body_len;
	if (!r->body) {
		struct evbuffer *in = evhttp_request_get_input_buffer(r->ev);

		BUG_ON(evbuffer_add(in, "", 1) < 0); /* the NUL behind it */
		r->body = (const char *)evbuffer_pullup(in, -1);
		BUG_ON(!r->body);
	}
	return r->body;
}

char *
door_take_body(struct door_request *r, size_t *len)
{
	char *data = xmalloc(r->body_len + 1);

	*len = r->body_len;
	if (r->body)
		memcpy(data, r->body, r->body_len);
	else /* piece by piece: never twice in memory */
		BUG_ON(evbuffer_remove(evhttp_request_get_input_buffer(r->ev), data, r->body_len) !=
		       (int)r->body_len);
	data[r->body_len] = '\0';
	r->body = "";
	r->body_len = 0;
	return data;
}

uid_t
door_peer_uid(const struct door_request *r)
{
	return r->uid;
}

pid_t
door_peer_pid(const struct door_request *r)
{
	return r->pid;
}

struct door_connection *
door_connection(const struct door_request *r)
{
	return r->connection;
}

void
door_on_gone(struct door_request *r, void (*cb)(void *arg), void *arg)
{
	r->gone = cb;
	r->gone_arg = arg;
}

void
door_header_out(struct door_request *r, const char *name, const char *value)
{
	if (!r->ev)
		return;
	/* -1: a new-line in the value, which would be a header of somebody else's making */
	BUG_ON(evhttp_add_header(evhttp_request_get_output_headers(r->ev), name, value) < 0);
}

static void
send_reply(struct door_request *r, int status, const struct buf *json)
{
	struct door_connection *c = r->connection;
	struct evbuffer *out = evbuffer_new();

	BUG_ON(!out);
	if (json && json->len)
		BUG_ON(evbuffer_add(out, json->data, json->len) < 0);
	door_header_out(r, "Content-Type", "application/json");
	if (r->door && r->door->draining)
		door_header_out(r, "Connection", "close");
	if (c)
		connection_enter(c, CONNECTION_SENDING);
	evhttp_send_reply(r->ev, status, door_reason(status), out); /* frees it if nobody is there */
	evbuffer_free(out);
	/* A client that has shut down its writing side still wants the answer, and one that sends on
	 * has to wait: evhttp would drop the first and buffer the second without a limit. */
	if (c)
		bufferevent_disable(c->bev, EV_READ);
}

void
door_reply(struct door_request *r, int status, struct buf *json)
{
	if (r->ev)
		send_reply(r, status, json);
	if (json)
		buf_release(json);
	request_free(r);
}

void
door_fail(struct door_request *r, int status, const char *class, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	struct buf json = BUF_INIT;
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	door_error_json(&json, class, msg);
	door_reply(r, status, &json);
}
