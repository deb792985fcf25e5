/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "daemon/api/door_internal.h"
#include "daemon/base/log.h"

#define SWEEP_MS 1000
#define RESUME_MS 250

static struct door *doors; /* all that are open */

static void
on_libevent_log(int severity, const char *msg)
{
	if (severity == EVENT_LOG_ERR)
		log_error("libevent: %s", msg);
	else if (severity == EVENT_LOG_WARN)
		log_warn("libevent: %s", msg);
	else
		log_debug("libevent: %s", msg);
}

/* libevent gives up; it has said why.  abort() leaves a core where its exit() would leave nothing. */
static void
on_libevent_fatal(int code)
{
	log_error("libevent cannot go on (%d)", code);
	abort();
}

void
door_listen(struct door *d)
{
	if (!d->draining && !d->paused && d->count < d->limits.connections)
		evconnlistener_enable(d->listener);
	else
		evconnlistener_disable(d->listener);
}

/* evhttp accepted somebody and asks for a bufferevent; who it is can be seen right afterwards. */
static struct bufferevent *
on_accept(struct event_base *base, void *arg)
{
	struct door *d = arg;
	struct bufferevent *bev = bufferevent_socket_new(base, -1, 0);

	BUG_ON(!bev);
	loop_mark(d->loop);
	connection_new(d, bev);
	if (d->count == 1)
		loop_timer_set(d->sweep, SWEEP_MS);
	door_listen(d);
	event_active(d->adopt, 0, 0); /* runs before anything else is read */
	return bev;
}

static void
on_adopt(evutil_socket_t fd, short what, void *arg)
{
	struct door *d = arg;

	(void)fd;
	(void)what;
	connection_adopt_all(d);
	if (d->draining)
		connection_end_waiting(d);
}

/*
 * accept() failed: the connection stays in the queue, so asking again at once would spin.  arg is
 * of no use: evhttp has put its own there.
 */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	struct door *d = doors;

	(void)arg;
	while (d->listener != listener)
		d = d->next;
	log_warn("cannot accept a connection: %s; trying again in %d ms", strerror(errno), RESUME_MS);
	d->paused = true;
	door_listen(d);
	loop_timer_set(d->resume, RESUME_MS);
}

static void
on_resume(void *arg)
{
	struct door *d = arg;

	d->paused = false;
	door_listen(d);
}

static void
on_sweep(void *arg)
{
	struct door *d = arg;

	connection_sweep(d);
	if (d->count)
		loop_timer_set(d->sweep, SWEEP_MS);
}

static void
on_request(struct evhttp_request *ev, void *arg)
{
	struct door *d = arg;
	struct door_connection *c;

	loop_mark(d->loop);
	c = connection_find(d, evhttp_request_get_connection(ev));
	BUG_ON(!c);
	request_arrived(c, ev);
}

static void
set_limits(struct door *d, const struct conf *conf)
{
	const struct conf_limits *l = &conf->limits;

	d->limits = (struct door_limits){
		.connections = l->connections,
		.per_uid = l->connections_per_uid,
		.header_bytes = l->header_bytes,
		.body_bytes = l->letter_bytes,
		.request_ms = l->request_timeout_ms,
		.idle_ms = l->idle_timeout_ms,
	};
	evhttp_set_max_headers_size(d->http, l->header_bytes);
	evhttp_set_max_body_size(d->http, l->letter_bytes);
}

static void
make_http(struct door *d)
{
	d->http = evhttp_new(loop_base(d->loop));
	BUG_ON(!d->http);
	evhttp_set_default_content_type(d->http, "application/json");
	/* Every method is let through, the unknown ones too, so that the refusal is ours, in JSON. */
	evhttp_set_allowed_methods(d->http, 0xffff);
	/* Reads on for a while after "too large", so that the client gets to read why. */
	BUG_ON(evhttp_set_flags(d->http, EVHTTP_SERVER_LINGERING_CLOSE) < 0);
	evhttp_set_bevcb(d->http, on_accept, d);
	evhttp_set_gencb(d->http, on_request, d);
}

struct door *
door_new(struct loop *l, const struct conf *conf, door_handler *handler, void *arg, struct err *e)
{
	struct door_socket s;
	struct door *d;

	if (door_socket_open(&s, conf, e) < 0)
		return NULL;
	signal(SIGPIPE, SIG_IGN);
	event_set_log_callback(on_libevent_log);
	event_set_fatal_callback(on_libevent_fatal);
	d = xcalloc(1, sizeof(*d));
	*d = (struct door){ .loop = l, .socket = s, .handler = handler, .arg = arg };
	make_http(d);
	set_limits(d, conf);
	d->adopt = event_new(loop_base(l), -1, 0, on_adopt, d);
	d->sweep = loop_timer_new(l, on_sweep, d);
	d->resume = loop_timer_new(l, on_resume, d);
	d->listener = evconnlistener_new(loop_base(l), NULL, NULL,
					 LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, s.fd);
	BUG_ON(!d->adopt || !d->listener || !evhttp_bind_listener(d->http, d->listener));
	evconnlistener_set_error_cb(d->listener, on_accept_error);
	d->next = doors;
	doors = d;
	return d;
}

void
door_free(struct door *d)
{
	struct door **p = &doors;

	if (!d)
		return;
	while (*p != d)
		p = &(*p)->next;
	*p = d->next;
	d->freeing = true;
	request_forget_all(d);
	evhttp_free(d->http); /* the listener and every connection with it */
	BUG_ON(d->connections);
	door_socket_remove(&d->socket);
	event_free(d->adopt);
	loop_timer_free(d->sweep);
	loop_timer_free(d->resume);
	free(d);
}

int
door_reconfigure(struct door *d, const struct conf *conf, struct err *e)
{
	if (door_socket_allow(&d->socket, conf, e) < 0)
		return -1;
	set_limits(d, conf);
	door_listen(d);
	return 0;
}

void
door_drain(struct door *d)
{
	d->draining = true;
	door_listen(d);
	connection_end_waiting(d);
}

bool
door_idle(const struct door *d)
{
	return d->count == 0;
}

unsigned
door_connections(const struct door *d)
{
	return d->count;
}
