/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/api/door_internal.h"

/* Replies in pieces.  What waits to be sent is one piece, and what the kernel holds. */

#define WRITE_MAX (1 << 20) /* at once; libevent's own 16 KiB would cost a turn each */

static void
ask_for_more(struct door_request *r)
{
	loop_mark(r->door->loop);
	connection_enter(r->connection, CONNECTION_SENDING); /* it took something: its time begins anew */
	r->more(r->more_arg); /* may free r */
}

static void
on_first(evutil_socket_t fd, short what, void *arg)
{
	struct door_request *r = arg;

	(void)fd;
	(void)what;
	if (r->connection)
		ask_for_more(r);
}

/* evhttp: the kernel has all that was given to it. */
static void
on_sent(struct evhttp_connection *ev, void *arg)
{
	struct door_request *r = arg;

	(void)ev;
	if (r->connection)
		ask_for_more(r);
}

void
door_stream(struct door_request *r, int status, const char *type, void (*more)(void *), void *arg)
{
	struct door_connection *c = r->connection;

	r->more = more;
	r->more_arg = arg;
	if (!c || !r->ev)
		return; /* whoever listens for it was told that the client has gone */
	door_header_out(r, "Content-Type", type);
	if (r->door->draining)
		door_header_out(r, "Connection", "close");
	connection_enter(c, CONNECTION_SENDING);
	bufferevent_set_max_single_write(c->bev, WRITE_MAX);
	evhttp_send_reply_start(r->ev, status, door_reason(status));
	bufferevent_disable(c->bev, EV_READ); /* as after any reply, see send_reply */
	r->first = event_new(loop_base(r->door->loop), -1, 0, on_first, r);
	BUG_ON(!r->first);
	event_active(r->first, 0, 0);
}

void
door_piece(struct door_request *r, struct buf *bytes)
{
	struct evbuffer *out;

	BUG_ON(!bytes->len);
	if (r->connection && r->ev) {
		out = evbuffer_new();
		BUG_ON(!out || evbuffer_add(out, bytes->data, bytes->len) < 0);
		evhttp_send_reply_chunk_with_cb(r->ev, out, on_sent, r);
		evbuffer_free(out);
		bufferevent_disable(r->connection->bev, EV_READ);
	}
	buf_clear(bytes);
}

void
door_end(struct door_request *r, bool whole)
{
	struct door_connection *c = r->connection;
	struct evhttp_request *ev = r->ev;

	request_free(r);
	if (!ev)
		return;
	if (!c) {
		evhttp_request_free(ev); /* its connection ended, and it was left to us */
	} else if (whole) {
		evhttp_send_reply_end(ev);
		bufferevent_disable(c->bev, EV_READ);
	} else {
		evhttp_connection_free(c->ev); /* and the request with it */
	}
}
