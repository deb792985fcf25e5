/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DOOR_INTERNAL_H
#define HOPTHU_DOOR_INTERNAL_H

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <sys/stat.h>

#include "daemon/api/door.h"
#include "daemon/api/door_uri.h"

/* Shared by door*.c alone. */

/* --- door_socket.c: the file in the file system --- */
struct door_socket {
	char *path;
	int fd;
	dev_t dev; /* so that only our own socket is ever removed */
	ino_t ino;
};
int door_socket_open(struct door_socket *s, const struct conf *conf, struct err *e) MUST_USE;
int door_socket_allow(const struct door_socket *s, const struct conf *conf,
		      struct err *e) MUST_USE; /* mode and group */
void door_socket_remove(struct door_socket *s); /* does not close fd */

/* --- door_connection.c --- */
enum connection_state { CONNECTION_IDLE, CONNECTION_RECEIVING, CONNECTION_HANDLING, CONNECTION_SENDING };

struct door_connection {
	struct door_connection *next, **link;
	struct door *door;
	struct bufferevent *bev;
	struct evhttp_connection *ev; /* NULL until it is adopted */
	int fd;
	uid_t uid;
	pid_t pid;
	enum connection_state state;
	uint64_t deadline; /* ms, CLOCK_MONOTONIC; 0: none */
	size_t received;   /* bytes of the request that is coming in */
	struct door_request *request;
	void *data;
	void (*free_data)(void *);
};

struct door_limits {
	unsigned connections, per_uid, header_bytes, body_bytes, request_ms, idle_ms;
};

struct door {
	struct door *next;
	struct loop *loop;
	struct evhttp *http;
	struct evconnlistener *listener;
	struct event *adopt;
	struct loop_timer *sweep, *resume;
	struct door_socket socket;
	struct door_limits limits;
	door_handler *handler;
	void *arg;
	struct door_connection *connections;
	struct door_request *requests;
	unsigned count;
	bool draining, paused, freeing;
};

void connection_new(struct door *d, struct bufferevent *bev);
/* Finds out who those are that were just accepted. */
void connection_adopt_all(struct door *d);
struct door_connection *connection_find(struct door *d, struct evhttp_connection *ev);
void connection_enter(struct door_connection *c, enum connection_state state);
/* Ends connections whose time is over, and notices clients that vanished. */
void connection_sweep(struct door *d);
/* Ends those on which nothing is being handled or sent. */
void connection_end_waiting(struct door *d);
void door_listen(struct door *d); /* accepts, or does not, as the state of things asks for */

/* --- door_request.c --- */
struct door_request {
	struct door_request *next, **link;
	struct door *door;                  /* NULL: it was freed */
	struct door_connection *connection; /* NULL: it ended */
	struct evhttp_request *ev;          /* NULL: libevent freed it */
	const char *method;
	struct door_uri uri;
	const char *body; /* NULL until somebody asks for it in one piece */
	size_t body_len;
	uid_t uid;
	pid_t pid;
	void (*gone)(void *);
	void *gone_arg;
	void (*more)(void *); /* of a reply in pieces */
	void *more_arg;
	struct event *first;  /* asks for the first of them */
};
void request_free(struct door_request *r);
void request_arrived(struct door_connection *c, struct evhttp_request *ev);
void request_lost(struct door_request *r); /* its client vanished; may be called twice */
void request_orphan(struct door_request *r, bool evhttp_frees_it); /* its connection is ending */
void request_forget_all(struct door *d);
void door_error_json(struct buf *out, const char *class, const char *msg);
const char *door_reason(int status);
#endif
