/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DOOR_H
#define HOPTHU_DOOR_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/buf.h"
#include "common/err.h"
#include "daemon/base/conf.h"
#include "daemon/base/loop.h"

/*
 * The door: HTTP/1.1 on a Unix socket, by libevent's evhttp.  What comes out of here is a whole
 * request, within the limits, from a peer whose uid is known; everything else was answered already,
 * in JSON {"class","error"}.  Nothing is known here of what a request means.
 *
 * A connection is idle, receiving (limits.request_timeout_ms for all of it), being handled (no
 * limit: a long poll may take its time) or sending (limits.request_timeout_ms again, for each piece
 * of a reply that comes in pieces).
 */
struct door;
struct door_request;
struct door_connection;

/* Must see to it that door_reply is called exactly once, now or later. */
typedef void door_handler(void *arg, struct door_request *r);

/*
 * Makes the socket and listens.  A socket of a daemon that died is replaced; of one that lives:
 * ERR_CONFLICT.  Ignores SIGPIPE and takes over libevent's messages, for the whole process.
 */
struct door *door_new(struct loop *l, const struct conf *conf, door_handler *handler, void *arg,
		      struct err *e);
/* Closes every connection and removes the socket.  Requests not yet answered stay valid: door_reply
 * then only frees them; their door_on_gone callbacks are not called.  NULL is fine. */
void door_free(struct door *d);
/* New limits (for new connections), mode and group of the socket. */
int door_reconfigure(struct door *d, const struct conf *conf, struct err *e) MUST_USE;
/* Stops accepting, closes what is idle or half received, lets what runs be answered. */
void door_drain(struct door *d);
bool door_idle(const struct door *d); /* no connection is open */
unsigned door_connections(const struct door *d);

/* --- a request.  Text is valid until door_reply. --- */
const char *door_method(const struct door_request *r); /* "GET" or "POST" */
/* Decoded and plain: begins with a slash, no empty, "." or ".." part, no slash at the end. */
const char *door_path(const struct door_request *r);
/* Decoded UTF-8 of a key of the query, or NULL. */
const char *door_query(const struct door_request *r, const char *key);
const char *door_header(const struct door_request *r, const char *name); /* NULL: not there */
const char *door_body(struct door_request *r, size_t *len); /* followed by a NUL; "" if none */
/* The same for who keeps it: caller frees; the request has none any more. */
char *door_take_body(struct door_request *r, size_t *len);
uid_t door_peer_uid(const struct door_request *r); /* when it connected (SO_PEERCRED) */
pid_t door_peer_pid(const struct door_request *r);

/* Told at most once, within about a second, that the client went away before its reply; the request
 * still has to be given to door_reply. */
void door_on_gone(struct door_request *r, void (*cb)(void *arg), void *arg);

/* A header of the reply; before door_reply. */
void door_header_out(struct door_request *r, const char *name, const char *value);
/* Sends and frees the request.  Takes the bytes: json (may be NULL) is empty afterwards. */
void door_reply(struct door_request *r, int status, struct buf *json);
/* {"class","error"} with one sentence. */
void door_fail(struct door_request *r, int status, const char *class, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/*
 * A reply of any length, in pieces, as fast as the client takes them.  more is called whenever the
 * kernel has taken what there was (the first time from the loop, after this call); it gives the next
 * piece with door_piece, or the end with door_end, or comes back to it later.  A client that takes
 * nothing for limits.request_timeout_ms is left; then, and when it vanishes, what door_on_gone was
 * given is called, and door_end is still owed.
 */
void door_stream(struct door_request *r, int status, const char *type, void (*more)(void *arg),
		 void *arg);
void door_piece(struct door_request *r, struct buf *bytes); /* not empty; takes the bytes */
/* Frees the request.  whole false: the connection ends so that the client sees that more was to come. */
void door_end(struct door_request *r, bool whole);

/* --- its connection, which may carry many requests; NULL when the client has gone --- */
struct door_connection *door_connection(const struct door_request *r);
void *door_connection_data(const struct door_connection *c); /* NULL at first */
/* c may be NULL (the client has gone). free_data is called when the data is replaced or the connection ends. */
void door_connection_set_data(struct door_connection *c, void *data, void (*free_data)(void *));
#endif
