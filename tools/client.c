/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <http_parser.h>

#include "common/buf.h"
#include "tools/client.h"

#define BODY_MAX (256u << 20) /* a page of any route is far below this */

struct client {
	char *socket;
	int fd; /* -1: not connected */
	bool met;
	client_login *login;
	void *login_arg;
};

/* One request and its reply. */
struct exchange {
	struct client *c;
	const struct call *call;
	int64_t deadline; /* ms, monotonic */
	struct buf head;
	size_t sent; /* of head and body together */
	http_parser parser;
	struct buf name, value, body;
	bool in_value; /* the value of a header has begun */
	bool heard;    /* a byte of the reply has come */
	bool done, keep;
	bool refused;  /* the sink wants no more */
	struct reply *reply;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct client *
client_new(const char *socket)
{
	struct client *c = xcalloc(1, sizeof(*c));

	c->socket = xstrdup(socket);
	c->fd = -1;
	return c;
}

static void
hang_up(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	c->fd = -1;
}

void
client_free(struct client *c)
{
	if (!c)
		return;
	hang_up(c);
	free(c->socket);
	free(c);
}

bool
client_met(const struct client *c)
{
	return c && c->met;
}

void
client_on_connect(struct client *c, client_login *login, void *arg)
{
	c->login = login;
	c->login_arg = arg;
}

void
reply_release(struct reply *r)
{
	json_decref(r->body);
	free(r->authenticate);
	free(r->auth_info);
	*r = (struct reply){ .status = 0 };
}

/* --- what http_parser finds --------------------------------------------------------------------- */

static void
header_ended(struct exchange *x)
{
	char **keep = NULL;

	if (!strcasecmp(x->name.data, "WWW-Authenticate"))
		keep = &x->reply->authenticate;
	else if (!strcasecmp(x->name.data, "Authentication-Info"))
		keep = &x->reply->auth_info;
	if (keep && !*keep)
		*keep = xstrdup(x->value.data);
	buf_clear(&x->name);
	buf_clear(&x->value);
	x->in_value = false;
}

static int
on_field(http_parser *p, const char *at, size_t n)
{
	struct exchange *x = p->data;

	if (x->in_value)
		header_ended(x);
	buf_add(&x->name, at, n);
	return 0;
}

static int
on_value(http_parser *p, const char *at, size_t n)
{
	struct exchange *x = p->data;

	x->in_value = true;
	buf_add(&x->value, at, n);
	return 0;
}

static int
on_headers(http_parser *p)
{
	struct exchange *x = p->data;

	if (x->in_value)
		header_ended(x);
	return 0;
}

static int
on_body(http_parser *p, const char *at, size_t n)
{
	struct exchange *x = p->data;

	if (x->call->sink && p->status_code == 200) {
		x->deadline = now_ms() + x->call->timeout_ms;
		x->refused = !x->call->sink(x->call->sink_arg, at, n);
		return x->refused ? -1 : 0;
	}
	if (n > BODY_MAX - x->body.len)
		return -1;
	buf_add(&x->body, at, n);
	return 0;
}

static int
on_complete(http_parser *p)
{
	struct exchange *x = p->data;

	if (p->status_code < 200) /* 100 Continue and its like announce the reply */
		return 0;
	x->done = true;
	x->keep = http_should_keep_alive(p) != 0;
	x->reply->status = (int)p->status_code;
	http_parser_pause(p, 1);
	return 0;
}

static const http_parser_settings settings = {
	.on_header_field = on_field,
	.on_header_value = on_value,
	.on_headers_complete = on_headers,
	.on_body = on_body,
	.on_message_complete = on_complete,
};

/* --- connecting --------------------------------------------------------------------------------- */

static bool
is_default(const struct client *c)
{
	return !strcmp(c->socket, SOCKET_DEFAULT);
}

/* A private hopthud is none of systemd's: say who named its socket. */
static const char *
how_to_start(const struct client *c)
{
	const char *env = getenv("HOPTHU_SOCKET");

	if (is_default(c))
		return "start it with `systemctl start hopthud`, or name its socket with --socket or "
		       "HOPTHU_SOCKET";
	if (env && !strcmp(env, c->socket))
		return "the variable HOPTHU_SOCKET names this socket: start the hopthud it belongs to, "
		       "or unset the variable to ask the one at " SOCKET_DEFAULT;
	return "--socket names it: start the hopthud it belongs to, or name another (without --socket "
	       "and the variable HOPTHU_SOCKET it is " SOCKET_DEFAULT ")";
}

static int
cannot_connect(const struct client *c, int err, struct err *e)
{
	const char *how = how_to_start(c);

	switch (err) {
	case ENOENT:
		return err_set(e, ERR_TEMP, "hopthud is not running: there is no socket %s; %s", c->socket,
			       how);
	case ECONNREFUSED:
		return err_set(e, ERR_TEMP, "hopthud is not running: nobody answers at %s; %s", c->socket,
			       how);
	case EACCES:
	case EPERM:
		return err_set(e, ERR_DENIED,
			       "you may not open %s; ask to be put into the group that it belongs to "
			       "(`ls -l %s` shows which)",
			       c->socket, c->socket);
	case ETIMEDOUT:
		return err_set(e, ERR_TEMP, "hopthud takes no more connections at %s; try again later",
			       c->socket);
	}
	return err_set(e, ERR_TEMP, "cannot reach hopthud at %s: %s; %s", c->socket, strerror(err), how);
}

static int
client_connect(struct client *c, int64_t deadline, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (strlen(c->socket) >= sizeof(a.sun_path))
		return err_set(e, ERR_USAGE, "the name of the socket is longer than %zu bytes: %s",
			       sizeof(a.sun_path) - 1, c->socket);
	memcpy(a.sun_path, c->socket, strlen(c->socket) + 1);
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (c->fd < 0)
		return err_set(e, ERR_TEMP, "cannot make a socket: %s", strerror(errno));
	while (connect(c->fd, (struct sockaddr *)&a, sizeof(a))) {
		int err = errno;

		/* EAGAIN: the queue of the listener is full, and poll cannot tell when it is not. */
		if (err == EINTR || (err == EAGAIN && now_ms() < deadline)) {
			poll(NULL, 0, 5);
			continue;
		}
		hang_up(c);
		return cannot_connect(c, err == EAGAIN ? ETIMEDOUT : err, e);
	}
	c->met = true;
	return 0;
}

/* A kept connection that the door has closed meanwhile shows an end of file. */
static bool
still_open(struct client *c)
{
	char byte;
	ssize_t n;

	if (c->fd < 0)
		return false;
	n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	hang_up(c);
	return false;
}

/* --- one exchange ------------------------------------------------------------------------------- */

static void
write_head(struct exchange *x)
{
	const struct call *k = x->call;

	buf_printf(&x->head, "%s %s HTTP/1.1\r\nHost: hopthu\r\nUser-Agent: hopthuctl\r\n", k->method,
		   k->path);
	if (k->authorization)
		buf_printf(&x->head, "Authorization: %s\r\n", k->authorization);
	if (k->type)
		buf_printf(&x->head, "Content-Type: %s\r\n", k->type);
	if (k->type || strcmp(k->method, "GET"))
		buf_printf(&x->head, "Content-Length: %zu\r\n", k->type ? k->len : 0);
	buf_str(&x->head, "\r\n");
}

static size_t
total(const struct exchange *x)
{
	return x->head.len + (x->call->type ? x->call->len : 0);
}

/* Sends what the socket takes.  An error here is no end: the answer may already lie in wait. */
static void
send_some(struct exchange *x)
{
	while (x->sent < total(x)) {
		bool head = x->sent < x->head.len;
		size_t off = head ? x->sent : x->sent - x->head.len;
		const char *p = (head ? x->head.data : x->call->body) + off;
		size_t left = (head ? x->head.len : x->call->len) - off;
		ssize_t n = send(x->c->fd, p, left, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n < 0) {
			x->sent = SIZE_MAX; /* EPIPE: it wants no more; now read why */
			return;
		}
		x->sent += (size_t)n;
	}
}

static int
parse(struct exchange *x, const char *data, size_t n, struct err *e)
{
	http_parser_execute(&x->parser, &settings, data, n);
	if (x->done)
		return 0;
	if (x->refused)
		return err_set(e, ERR_CONFLICT, "no more is wanted");
	if (HTTP_PARSER_ERRNO(&x->parser) != HPE_OK)
		return err_set(e, ERR_PERM, "what answers at %s does not speak HTTP (%s)", x->c->socket,
			       http_errno_description(HTTP_PARSER_ERRNO(&x->parser)));
	return 0;
}

static int
gone(const struct exchange *x, struct err *e)
{
	return err_set(e, ERR_TEMP, "hopthud went away before it had answered (socket %s); see %s",
		       x->c->socket, is_default(x->c) ? "`systemctl status hopthud`" : "its log");
}

static int
receive_some(struct exchange *x, struct err *e)
{
	static char data[262144];
	ssize_t n = recv(x->c->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n < 0)
		return gone(x, e);
	if (n == 0) {
		/* Only a body without a length may end like this. */
		if (x->heard)
			http_parser_execute(&x->parser, &settings, NULL, 0);
		return x->done ? 0 : gone(x, e);
	}
	x->heard = true;
	return parse(x, data, (size_t)n, e);
}

static int
run(struct exchange *x, struct err *e)
{
	while (!x->done) {
		struct pollfd p = { .fd = x->c->fd, .events = POLLIN };
		int64_t left = x->deadline - now_ms();

		if (x->sent < total(x))
			p.events |= POLLOUT;
		if (left <= 0 || poll(&p, 1, left > 60000 ? 60000 : (int)left) == 0) {
			if (now_ms() < x->deadline)
				continue;
			return err_set(e, ERR_TEMP,
				       "hopthud did not answer within %u s at %s; it may be stopped or "
				       "overloaded%s, or give --timeout",
				       (x->call->timeout_ms + 999) / 1000, x->c->socket,
				       is_default(x->c) ? " (`systemctl status hopthud`)" : "");
		}
		if (x->sent < total(x) && p.revents & (POLLOUT | POLLERR | POLLHUP))
			send_some(x);
		if (p.revents & (POLLIN | POLLERR | POLLHUP) && receive_some(x, e))
			return -1;
	}
	return 0;
}

static int
open_connection(struct client *c, int64_t deadline, struct err *e)
{
	client_login *login = c->login;
	int rc;

	if (still_open(c))
		return 0;
	if (client_connect(c, deadline, e))
		return -1;
	if (!login)
		return 0;
	c->login = NULL; /* its own calls must not log in */
	rc = login(c, c->login_arg, e);
	c->login = login;
	if (rc)
		hang_up(c);
	return rc;
}

int
client_call(struct client *c, const struct call *call, struct reply *r, struct err *e)
{
	struct reply reply = { .status = 0 };
	struct exchange x = { .c = c, .call = call, .reply = &reply,
			      .deadline = now_ms() + call->timeout_ms,
			      .head = BUF_INIT, .name = BUF_INIT, .value = BUF_INIT, .body = BUF_INIT };
	int rc = open_connection(c, x.deadline, e);

	if (!rc) {
		http_parser_init(&x.parser, HTTP_RESPONSE);
		x.parser.data = &x;
		write_head(&x);
		rc = run(&x, e);
		if (rc || !x.keep || x.sent != total(&x))
			hang_up(c);
	}
	if (rc) {
		reply_release(&reply);
	} else {
		reply.body = json_from_bytes(x.body.data, x.body.len, NULL);
		*r = reply;
	}
	buf_release(&x.head);
	buf_release(&x.name);
	buf_release(&x.value);
	buf_release(&x.body);
	return rc;
}
