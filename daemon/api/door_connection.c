/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "daemon/api/door_internal.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"

#define PAGE_MAX 1024
#define PAGE_END "</BODY></HTML>\n"

static uint64_t
now_ms(void)
{
	return clock_mono_us() / 1000;
}

void
connection_enter(struct door_connection *c, enum connection_state state)
{
	c->state = state;
	switch (state) {
	case CONNECTION_IDLE:
		c->received = 0;
		c->deadline = now_ms() + c->door->limits.idle_ms;
		break;
	case CONNECTION_RECEIVING:
	case CONNECTION_SENDING:
		c->deadline = now_ms() + c->door->limits.request_ms;
		break;
	case CONNECTION_HANDLING:
		c->deadline = 0;
		break;
	}
}

static void
on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct door_connection *c = arg;

	(void)in;
	if (!info->n_added)
		return;
	loop_mark(c->door->loop);
	if (c->state == CONNECTION_IDLE)
		connection_enter(c, CONNECTION_RECEIVING);
	c->received += info->n_added;
}

/* What evhttp's own answer to something that is not a request means. */
static void
explain(const struct door_connection *c, int *status, struct buf *json)
{
	const struct door_limits *l = &c->door->limits;
	char msg[200];

	if (*status == 413) {
		snprintf(msg, sizeof(msg), "the body is longer than %u bytes, the most that is taken",
			 l->body_bytes);
	} else if (*status == 417) {
		snprintf(msg, sizeof(msg), "the header Expect can only be 100-continue here");
	} else if (c->received > l->header_bytes) {
		*status = 431;
		snprintf(msg, sizeof(msg),
			 "request line and headers are longer than %u bytes, or are not HTTP/1.1",
			 l->header_bytes);
	} else {
		snprintf(msg, sizeof(msg),
			 "this is not an HTTP/1.1 request: look at the request line, the headers, Content-Length; Transfer-Encoding is not taken");
	}
	door_error_json(json, *status == 413 ? "data" : "usage", msg);
}

/*
 * evhttp answers what it cannot parse with a page of HTML that no setting of 2.1 changes.  The page
 * lies whole in the output buffer before anything is sent; it is replaced there.
 */
static void
on_output(struct evbuffer *out, const struct evbuffer_cb_info *info, void *arg)
{
	struct door_connection *c = arg;
	char page[PAGE_MAX + 1];
	size_t n, end = strlen(PAGE_END);
	const char *head = page;
	AUTO(buf) json = BUF_INIT;
	int status;

	n = evbuffer_get_length(out);
	if (!info->n_added || c->state == CONNECTION_HANDLING || c->state == CONNECTION_SENDING ||
	    n < end || n > PAGE_MAX)
		return;
	evbuffer_unfreeze(out, 1); /* bufferevent freezes it, and then it cannot even be read */
	n = (size_t)evbuffer_copyout(out, page, n);
	page[n] = '\0';
	if (strcmp(page + n - end, PAGE_END)) {
		evbuffer_freeze(out, 1);
		return;
	}
	if (!strncmp(page + 9, "100", 3) && strstr(page, "\r\n\r\n"))
		head = strstr(page, "\r\n\r\n") + 4;
	status = (int)strtol(head + 9, NULL, 10); /* "HTTP/1.1 413 ..." */
	explain(c, &status, &json);
	connection_enter(c, CONNECTION_SENDING); /* our own bytes come here too */
	evbuffer_drain(out, n);
	evbuffer_freeze(out, 1);
	evbuffer_add_printf(out,
			    "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\n"
			    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			    status, door_reason(status), json.len, json.data);
}

/* libevent says that this connection is ending, whoever wanted it. */
static void
on_close(struct evhttp_connection *ev, void *arg)
{
	struct door_connection *c = arg;
	struct door *d = c->door;

	(void)ev;
	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
	evbuffer_remove_cb(bufferevent_get_output(c->bev), on_output, c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	d->count--;
	if (c->request)
		request_orphan(c->request, true);
	if (c->free_data)
		c->free_data(c->data);
	free(c);
	if (!d->freeing)
		door_listen(d);
}

void
connection_new(struct door *d, struct bufferevent *bev)
{
	struct door_connection *c = xcalloc(1, sizeof(*c));

	*c = (struct door_connection){ .door = d, .bev = bev, .fd = -1, .next = d->connections,
				       .link = &d->connections };
	if (c->next)
		c->next->link = &c->next;
	d->connections = c;
	d->count++;
	connection_enter(c, CONNECTION_IDLE);
}

/* An answer to something that never became a request.  As much of it as the socket takes. */
static void
say_and_end(struct door_connection *c, int status, const char *msg)
{
	AUTO(buf) json = BUF_INIT;
	AUTO(buf) b = BUF_INIT;

	door_error_json(&json, "temp", msg);
	buf_printf(&b, "HTTP/1.1 %d %s\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n"
		   "Connection: close\r\n\r\n%s", status, door_reason(status), json.len, json.data);
	if (send(c->fd, b.data, b.len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 && errno != EPIPE)
		log_debug("could not tell a client why its connection ends: %s", strerror(errno));
	evhttp_connection_free(c->ev);
}

static unsigned
count_of_uid(const struct door *d, uid_t uid)
{
	unsigned n = 0;

	for (const struct door_connection *c = d->connections; c; c = c->next)
		n += c->ev && c->uid == uid;
	return n;
}

static void
adopt(struct door_connection *c)
{
	struct door *d = c->door;
	struct ucred cred = { .uid = (uid_t)-1 };
	socklen_t len = sizeof(cred);
	char msg[128];
	void *ev;

	/* evhttp has no way to ask for the connections it accepts; it is its bufferevent's argument. */
	bufferevent_getcb(c->bev, NULL, NULL, NULL, &ev);
	c->ev = ev;
	BUG_ON(!c->ev || evhttp_connection_get_bufferevent(c->ev) != c->bev);
	c->fd = bufferevent_getfd(c->bev);
	evhttp_connection_set_closecb(c->ev, on_close, c);
	evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c);
	evbuffer_add_cb(bufferevent_get_output(c->bev), on_output, c);
	if (getsockopt(c->fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0) {
		say_and_end(c, 503, "the kernel does not say who you are");
		return;
	}
	c->uid = cred.uid;
	c->pid = cred.pid;
	if (count_of_uid(d, c->uid) > d->limits.per_uid) {
		snprintf(msg, sizeof(msg), "user %u has %u connections open already, the most that is allowed",
			 (unsigned)c->uid, d->limits.per_uid);
		say_and_end(c, 503, msg);
	}
}

void
connection_adopt_all(struct door *d)
{
	struct door_connection *c, *next;

	for (c = d->connections; c; c = next) {
		next = c->next;
		if (!c->ev)
			adopt(c);
	}
}

struct door_connection *
connection_find(struct door *d, struct evhttp_connection *ev)
{
	for (struct door_connection *c = d->connections; c; c = c->next)
		if (c->ev == ev)
			return c;
	return NULL;
}

static bool
peer_gone(const struct door_connection *c)
{
	struct pollfd p = { .fd = c->fd };

	/* Half a close (shutdown of the writing side) is no POLLHUP: that client still reads. */
	return poll(&p, 1, 0) > 0 && p.revents & (POLLHUP | POLLERR);
}

static void
end_late(struct door_connection *c)
{
	char msg[96];

	if (c->state != CONNECTION_RECEIVING) {
		evhttp_connection_free(c->ev);
		return;
	}
	snprintf(msg, sizeof(msg), "the request did not arrive whole within %u ms",
		 c->door->limits.request_ms);
	say_and_end(c, 408, msg);
}

void
connection_sweep(struct door *d)
{
	struct door_connection *c, *next;
	uint64_t now = now_ms();

	for (c = d->connections; c; c = next) {
		next = c->next;
		if (c->deadline && now >= c->deadline)
			end_late(c);
		else if (c->request && peer_gone(c))
			request_lost(c->request);
	}
}

void
connection_end_waiting(struct door *d)
{
	struct door_connection *c, *next;

	for (c = d->connections; c; c = next) {
		next = c->next;
		if (!c->ev)
			continue; /* comes back here when it is adopted */
		if (c->state == CONNECTION_IDLE)
			evhttp_connection_free(c->ev);
		else if (c->state == CONNECTION_RECEIVING)
			say_and_end(c, 503, "hopthud is stopping; try again when it is back");
	}
}

void *
door_connection_data(const struct door_connection *c)
{
	return c ? c->data : NULL;
}

void
door_connection_set_data(struct door_connection *c, void *data, void (*free_data)(void *))
{
	if (!c) { /* the client has gone: nothing to keep it with */
		if (free_data)
			free_data(data);
		return;
	}
	if (c->free_data)
		c->free_data(c->data);
	c->data = data;
	c->free_data = free_data;
}
