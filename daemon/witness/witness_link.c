/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "daemon/base/resolve.h"
#include "daemon/witness/witness_int.h"

#define RESOLVE_MS 20 /* how often the resolver is asked whether it is done */

static const char *
explain(const struct witness *w, int error)
{
	if (w->way != WAY_UNIX)
		return error == ECONNREFUSED ? "nothing listens on that port" : strerror(error);
	switch (error) {
	case ENOENT:
		return "there is no such socket: is hopthu-witness started?";
	case ECONNREFUSED:
		return "the socket is there but nobody listens on it";
	case EAGAIN:
		return "it takes no more connections";
	case EACCES:
		return "hopthud's user may not open the socket";
	default:
		return strerror(error);
	}
}

/* --- what comes -------------------------------------------------------------------------------- */

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct witness *w = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	char part[4096];
	int n;

	loop_mark(w->loop);
	while ((n = evbuffer_remove(in, part, sizeof(part))) > 0)
		if (witness_http_take(w, part, (size_t)n))
			return;
}

static void try_next(struct witness *w, const char *why);

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct witness *w = arg;
	int error = EVUTIL_SOCKET_ERROR();
	char why[256];

	loop_mark(w->loop);
	if (what & BEV_EVENT_CONNECTED) {
		w->connected = true;
		return;
	}
	if (w->way == WAY_HTTPS && !w->connected) {
		witness_tls_reason(bufferevent_openssl_get_ssl(bev), bufferevent_get_openssl_error(bev),
				   why, sizeof(why));
		try_next(w, *why ? why : error ? explain(w, error) : "it closed the connection");
		return;
	}
	if (!w->connected) {
		try_next(w, explain(w, error));
		return;
	}
	if (what & BEV_EVENT_EOF) {
		on_read(bev, w); /* what came with it */
		if (w->cb && w->link == bev && !witness_http_take(w, NULL, 0))
			witness_fail(w, "it closed the connection in the middle of its answer");
		return;
	}
	witness_fail(w, "the connection broke: %s", error ? strerror(error) : "TLS ended too early");
}

/* --- connecting -------------------------------------------------------------------------------- */

static int
make_link(struct witness *w, struct err *e)
{
	struct ssl_st *ssl = NULL;
	int flags = BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS;

	if (w->way == WAY_UNIX) {
		w->link = bufferevent_socket_new(loop_base(w->loop), -1, flags);
	} else {
		ssl = witness_tls_new(w, e);
		if (!ssl)
			return -1;
		w->link = bufferevent_openssl_socket_new(loop_base(w->loop), -1, ssl,
							 BUFFEREVENT_SSL_CONNECTING, flags);
	}
	BUG_ON(!w->link);
	bufferevent_setcb(w->link, on_read, NULL, on_event, w);
	return 0;
}

static void
connect_to(struct witness *w, const struct sockaddr *a, socklen_t n)
{
	AUTO(buf) out = BUF_INIT;
	struct err e = ERR_INIT;

	witness_link_end(w);
	if (make_link(w, &e)) {
		witness_end(w, NULL, &e);
		return;
	}
	witness_http_begin(w, &out);
	bufferevent_enable(w->link, EV_READ | EV_WRITE);
	bufferevent_write(w->link, out.data, out.len);
	/* a failure that is known at once comes to no callback */
	if (bufferevent_socket_connect(w->link, (struct sockaddr *)a, (int)n))
		try_next(w, explain(w, EVUTIL_SOCKET_ERROR()));
}

/* The next address of the name; why: what is wrong with the last. */
static void
try_next(struct witness *w, const char *why)
{
	struct addrinfo *a = w->next;

	if (!a) {
		if (w->way == WAY_UNIX)
			witness_fail(w, "%s: %s", w->path, why);
		else
			witness_fail(w, "%s port %d: %s", w->host, w->port, why);
		return;
	}
	w->next = a->ai_next;
	connect_to(w, a->ai_addr, a->ai_addrlen);
}

void
witness_link_begin(struct witness *w)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct err e = ERR_INIT;
	int rc;

	if (w->way == WAY_UNIX) {
		memcpy(un.sun_path, w->path, strlen(w->path) + 1);
		connect_to(w, (struct sockaddr *)&un, sizeof(un));
		return;
	}
	rc = resolve_step(&w->query, w->host, w->port, &w->list, &e);
	if (rc < 0) {
		witness_end(w, NULL, &e);
	} else if (!rc) {
		loop_timer_set(w->poll, RESOLVE_MS);
	} else {
		w->next = w->list;
		try_next(w, "the name has no address");
	}
}

void
witness_link_end(struct witness *w)
{
	struct bufferevent *link = STEAL(w->link);

	if (!link)
		return;
	bufferevent_setcb(link, NULL, NULL, NULL, NULL);
	bufferevent_disable(link, EV_READ | EV_WRITE);
	bufferevent_free(link);
}
