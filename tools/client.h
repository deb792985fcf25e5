/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CLIENT_H
#define HOPTHU_CLIENT_H

#include <stdbool.h>

#include "common/json.h"

/*
 * HTTP/1.1 over hopthud's Unix socket: one request at a time, the connection kept between them.
 * The only home of http_parser.h.
 */
struct client;

#define SOCKET_DEFAULT "/run/hopthu/hopthud.sock"

/* Connects when first used.  Free with client_free. */
struct client *client_new(const char *socket);
void client_free(struct client *c);
/* Has it ever been connected?  Then there is a hopthud, even if nobody answers just now. */
bool client_met(const struct client *c);

/*
 * Called on every new connection before the first request, to prove who we are on it.  It may use
 * client_call itself.
 */
typedef int client_login(struct client *c, void *arg, struct err *e);
void client_on_connect(struct client *c, client_login *login, void *arg);

struct call {
	const char *method, *path;
	const char *type; /* of the body; NULL: there is none */
	const char *body;
	size_t len;
	const char *authorization; /* header's value, or NULL */
	unsigned timeout_ms;       /* for the whole exchange; with a sink: for the next bytes */
	/* Takes the body of a reply 200 as it comes, instead of its being kept; false: no more of it. */
	bool (*sink)(void *arg, const char *data, size_t n);
	void *sink_arg;
};

struct reply {
	int status;
	json_t *body;       /* NULL when it is not JSON */
	char *authenticate; /* WWW-Authenticate, or NULL */
	char *auth_info;    /* Authentication-Info, or NULL */
};
void reply_release(struct reply *r);

/*
 * 0 with a reply of any status (a reply 200 that the sink did not want to the end is ERR_CONFLICT).  A door that answers before it has read the whole body, and closes,
 * is heard.  ERR_TEMP: nobody answers; ERR_DENIED: the socket may not be opened; ERR_PERM: what
 * came is no HTTP.  Each says which socket and what to do.
 */
int client_call(struct client *c, const struct call *call, struct reply *r, struct err *e) MUST_USE;
#endif
