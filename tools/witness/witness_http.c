/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <event2/buffer.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>

#include "tools/witness/witness_log.h"
#include "tools/witness/witness_socket.h"

#define HEADER_BYTES_MAX 8192
#define CONNECTIONS_MAX 128 /* of each kind */
#define SWEEP_MS 500

/* How long a connection may stay in a state, whatever trickles in or out meanwhile. */
enum state { FIRST, RECEIVING, SENDING, IDLE };
static const uint64_t limit_ms[] = { [FIRST] = 10000, [RECEIVING] = 10000, [SENDING] = 10000,
				     [IDLE] = 30000 };

enum kind { UNIX, TLS, KINDS };

struct connection {
	struct connection *next, **link;
	struct server *server;
	enum kind kind;
	struct bufferevent *bev;
	struct evhttp_connection *ev; /* NULL until it is adopted */
	enum state state;
	uint64_t since;               /* ms, CLOCK_MONOTONIC: when it entered the state */
};

struct server {
	const struct witness_state *state;
	const struct witness_serve *how;
	struct event_base *base;
	struct evhttp *http[KINDS];
	struct evconnlistener *listener[KINDS];
	struct connection *connections;
	unsigned count[KINDS];
	struct ssl_ctx_st *ctx;
	struct event *adopt, *sweep, *signals[3];
};

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* --- connections ------------------------------------------------------------------------------ */

static void
enter(struct connection *c, enum state state)
{
	c->state = state;
	c->since = now_ms();
}

static void
on_input(struct evbuffer *in, const struct evbuffer_cb_info *info, void *arg)
{
	struct connection *c = arg;

	(void)in;
	if (info->n_added && (c->state == FIRST || c->state == IDLE))
		enter(c, RECEIVING);
}

/* libevent says that this connection is ending, whoever wanted it. */
static void
on_close(struct evhttp_connection *ev, void *arg)
{
	struct connection *c = arg;

	(void)ev;
	evbuffer_remove_cb(bufferevent_get_input(c->bev), on_input, c);
	*c->link = c->next;
	if (c->next)
		c->next->link = c->link;
	c->server->count[c->kind]--;
	free(c);
}

/* Too many: the one that has kept us waiting longest goes, never one that is being answered. */
static void
make_room(struct server *s, enum kind kind)
{
	struct connection *oldest = NULL;

	if (s->count[kind] <= CONNECTIONS_MAX)
		return;
	for (struct connection *c = s->connections; c; c = c->next)
		if (c->kind == kind && c->ev && c->state != SENDING && (!oldest || c->since <= oldest->since))
			oldest = c;
	if (oldest)
		evhttp_connection_free(oldest->ev);
}

/* Runs right after a connection was accepted: now evhttp has made its own part of it. */
static void
on_adopt(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd, (void)what;
	for (struct connection *c = s->connections; c; c = c->next) {
		void *ev;

		if (c->ev)
			continue;
		bufferevent_getcb(c->bev, NULL, NULL, NULL, &ev);
		c->ev = ev;
		BUG_ON(!c->ev || evhttp_connection_get_bufferevent(c->ev) != c->bev);
		evhttp_connection_set_closecb(c->ev, on_close, c);
		evbuffer_add_cb(bufferevent_get_input(c->bev), on_input, c);
	}
	for (int kind = 0; kind < KINDS; kind++)
		make_room(s, kind);
}

static struct bufferevent *
add_connection(struct server *s, enum kind kind, struct bufferevent *bev)
{
	struct connection *c = xcalloc(1, sizeof(*c));

	BUG_ON(!bev);
	*c = (struct connection){ .server = s, .kind = kind, .bev = bev, .next = s->connections,
				  .link = &s->connections };
	if (c->next)
		c->next->link = &c->next;
	s->connections = c;
	s->count[kind]++;
	enter(c, FIRST);
	event_active(s->adopt, 0, 0);
	return bev;
}

static struct bufferevent *
on_accept_unix(struct event_base *base, void *arg)
{
	return add_connection(arg, UNIX, bufferevent_socket_new(base, -1, BEV_OPT_CLOSE_ON_FREE));
}

static struct bufferevent *
on_accept_tls(struct event_base *base, void *arg)
{
	struct server *s = arg;
	struct ssl_st *ssl = witness_tls_session(s->ctx);

	return add_connection(s, TLS, bufferevent_openssl_socket_new(base, -1, ssl,
								    BUFFEREVENT_SSL_ACCEPTING,
								    BEV_OPT_CLOSE_ON_FREE));
}

/* Out of descriptors: asking again at once would spin, so the next sweep asks. */
static void
on_accept_error(struct evconnlistener *listener, void *arg)
{
	(void)arg;
	witness_say("no connection can be accepted: %s", strerror(errno));
	evconnlistener_disable(listener);
}

static void
on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct connection *c, *next;
	uint64_t now = now_ms();

	(void)fd, (void)what;
	for (c = s->connections; c; c = next) {
		next = c->next;
		if (c->ev && now - c->since > limit_ms[c->state])
			evhttp_connection_free(c->ev);
	}
	for (int kind = 0; kind < KINDS; kind++)
		if (s->listener[kind])
			evconnlistener_enable(s->listener[kind]);
}

/* --- requests --------------------------------------------------------------------------------- */

static const char *
reason(int status)
{
	static const struct { int status; const char *text; } reasons[] = {
		{ 200, "OK" },		  { 400, "Bad Request" },	{ 403, "Forbidden" },
		{ 404, "Not Found" },	  { 405, "Method Not Allowed" }, { 409, "Conflict" },
		{ 411, "Length Required" }, { 422, "Unprocessable Entity" }, { 503, "Service Unavailable" },
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(*reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].text;
	return "Status";
}

static unsigned
count_header(struct evhttp_request *req, const char *name)
{
	const struct evkeyvalq *headers = evhttp_request_get_input_headers(req);
	unsigned n = 0;

	for (const struct evkeyval *h = headers->tqh_first; h; h = h->next.tqe_next)
		n += !evutil_ascii_strcasecmp(h->key, name);
	return n;
}

static void
add_checkpoint(struct server *s, struct evhttp_request *req, struct witness_reply *r)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	size_t n = evbuffer_get_length(in);
	const char *body = n ? (const char *)evbuffer_pullup(in, -1) : "";

	if (evhttp_request_get_command(req) != EVHTTP_REQ_POST)
		witness_reply_set(r, 405, "add-checkpoint is asked with POST");
	else if (!count_header(req, "Content-Length"))
		witness_reply_set(r, 411, "a POST needs Content-Length");
	else
		witness_log_add(s->state, body, n, witness_log_now(), r);
}

static void
answer(struct server *s, struct evhttp_request *req, struct witness_reply *r)
{
	const char *path = evhttp_request_get_uri(req), *rest = path + 1 + 2 * DIGEST_LEN;

	if (count_header(req, "Transfer-Encoding"))
		witness_reply_set(r, 411, "Transfer-Encoding is not taken; send the body with Content-Length");
	else if (count_header(req, "Content-Length") > 1)
		witness_reply_set(r, 400, "Content-Length is given more than once");
	else if (!strcmp(path, "/add-checkpoint"))
		add_checkpoint(s, req, r);
	else if (evhttp_request_get_command(req) != EVHTTP_REQ_GET)
		witness_reply_set(r, 405, "this is asked with GET");
	else if (!strcmp(path, "/healthz"))
		witness_log_health(s->state, r);
	else if (strlen(path) > 1 + 2 * DIGEST_LEN && !strcmp(rest, "/checkpoint")) {
		AUTO(str) hash = xstrndup(path + 1, 2 * DIGEST_LEN);

		witness_log_get(s->state, hash, r);
	} else
		witness_reply_set(r, 404, "there are /add-checkpoint, /HASH/checkpoint and /healthz");
}

static void
on_sent(struct evhttp_request *req, void *arg)
{
	struct connection *c = arg;

	(void)req;
	/* the next request may be here already */
	enter(c, evbuffer_get_length(bufferevent_get_input(c->bev)) ? RECEIVING : IDLE);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct server *s = arg;
	struct connection *c = s->connections;
	struct witness_reply r = WITNESS_REPLY_INIT;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	struct evbuffer *out = evbuffer_new();

	while (c && c->ev != evhttp_request_get_connection(req))
		c = c->next;
	BUG_ON(!c || !out);
	answer(s, req, &r);
	if (r.note.len)
		witness_say("%s", r.note.data);
	enter(c, SENDING);
	evhttp_request_set_on_complete_cb(req, on_sent, c);
	evhttp_add_header(headers, "Content-Type", r.type);
	if (r.status == 405)
		evhttp_add_header(headers, "Allow", !strcmp(evhttp_request_get_uri(req), "/add-checkpoint") ?
				  "POST" : "GET");
	if (r.status == 411 || count_header(req, "Transfer-Encoding"))
		evhttp_add_header(headers, "Connection", "close");
	evbuffer_add(out, r.body.data, r.body.len);
	evhttp_send_reply(req, r.status, reason(r.status), out);
	evbuffer_free(out);
	witness_reply_release(&r);
}

/* --- the server ------------------------------------------------------------------------------- */

static void
on_stop(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd, (void)what;
	event_base_loopbreak(s->base);
}

static void
on_reload(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;
	struct err e = ERR_INIT;
	struct ssl_ctx_st *ctx;

	(void)fd, (void)what;
	if (!s->how->listen)
		return;
	ctx = witness_tls_new(s->how->cert, s->how->key, &e);
	if (!ctx) {
		witness_say("%s; the certificate from before is used on", e.msg);
		return;
	}
	witness_tls_free(s->ctx); /* connections that are open keep theirs */
	s->ctx = ctx;
	witness_say("certificate and key were read again");
}

static void
add_listener(struct server *s, enum kind kind, int fd)
{
	struct evhttp *http = evhttp_new(s->base);

	BUG_ON(!http);
	evhttp_set_max_headers_size(http, HEADER_BYTES_MAX);
	evhttp_set_max_body_size(http, WITNESS_BODY_MAX);
	evhttp_set_default_content_type(http, "text/plain; charset=utf-8");
	evhttp_set_allowed_methods(http, 0xffff); /* so that the refusal is ours */
	BUG_ON(evhttp_set_flags(http, EVHTTP_SERVER_LINGERING_CLOSE) < 0);
	evhttp_set_bevcb(http, kind == UNIX ? on_accept_unix : on_accept_tls, s);
	evhttp_set_gencb(http, on_request, s);
	s->http[kind] = http;
	s->listener[kind] = evconnlistener_new(s->base, NULL, NULL,
					       LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	BUG_ON(!s->listener[kind] || !evhttp_bind_listener(http, s->listener[kind]));
	evconnlistener_set_error_cb(s->listener[kind], on_accept_error);
}

static int
open_listeners(struct server *s, struct err *e)
{
	int fd;

	if (s->how->listen) {
		s->ctx = witness_tls_new(s->how->cert, s->how->key, e);
		fd = s->ctx ? witness_socket_tcp(s->how->listen, e) : -1;
		if (fd < 0)
			return -1;
		add_listener(s, TLS, fd);
	}
	if (s->how->socket) {
		fd = witness_socket_unix(s->how, e);
		if (fd < 0)
			return -1;
		add_listener(s, UNIX, fd);
	}
	return 0;
}

static void
start_events(struct server *s)
{
	static const struct timeval every = { .tv_usec = SWEEP_MS * 1000 };

	s->sweep = event_new(s->base, -1, EV_PERSIST, on_sweep, s);
	s->signals[0] = evsignal_new(s->base, SIGTERM, on_stop, s);
	s->signals[1] = evsignal_new(s->base, SIGINT, on_stop, s);
	s->signals[2] = evsignal_new(s->base, SIGHUP, on_reload, s);
	BUG_ON(!s->sweep || event_add(s->sweep, &every));
	for (int i = 0; i < 3; i++)
		BUG_ON(!s->signals[i] || event_add(s->signals[i], NULL));
}

static void
release(struct server *s)
{
	for (int kind = 0; kind < KINDS; kind++)
		if (s->http[kind])
			evhttp_free(s->http[kind]); /* with its listener and connections */
	for (int i = 0; i < 3; i++)
		if (s->signals[i])
			event_free(s->signals[i]);
	if (s->sweep)
		event_free(s->sweep);
	event_free(s->adopt);
	event_base_free(s->base);
	witness_tls_free(s->ctx);
}

static void
say_start(const struct server *s)
{
	struct witness_reply r = WITNESS_REPLY_INIT;

	witness_log_health(s->state, &r);
	if (r.status != 200)
		witness_say("%.*s", (int)r.body.len, r.body.data);
	witness_reply_release(&r);
	witness_say("%s follows %d log%s%s%s%s%s", s->state->key.name, s->state->count,
		    s->state->count == 1 ? "" : "s", s->how->socket ? ", at " : "",
		    s->how->socket ? s->how->socket : "", s->how->listen ? ", at https://" : "",
		    s->how->listen ? s->how->listen : "");
}

int
witness_http_serve(const struct witness_state *state, const struct witness_serve *how, struct err *e)
{
	struct server s = { .state = state, .how = how, .base = event_base_new() };
	int rc;

	BUG_ON(!s.base);
	signal(SIGPIPE, SIG_IGN);
	s.adopt = event_new(s.base, -1, 0, on_adopt, &s);
	BUG_ON(!s.adopt);
	rc = open_listeners(&s, e);
	if (!rc) {
		start_events(&s);
		say_start(&s);
		rc = event_base_dispatch(s.base) < 0 ? err_set(e, ERR_TEMP, "the loop ended") : 0;
	}
	if (how->socket && s.http[UNIX])
		unlink(how->socket);
	release(&s);
	return rc;
}
