/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_API_H
#define HOPTHU_API_H

#include "common/json.h"
#include "common/routes.h"
#include "daemon/api/auth.h"
#include "daemon/api/door.h"
#include "daemon/flow/flow.h"

/*
 * What can be asked of hopthud.  A request from the door becomes a call: its route is found in
 * common/routes.h, who asks is established, role and scope are checked, then its handler runs.
 */
struct api;

struct api *api_new(struct flow *flow, struct auth *auth, struct err *e);
void api_free(struct api *a); /* before the door; NULL is fine */
void api_handle(void *api, struct door_request *r); /* door_handler */
/* No long poll keeps the door open. */
void api_drain(struct api *a);
void api_started(struct api *a, const char *version);

/* --- for the handlers ------------------------------------------------------------------------- */
struct call {
	struct call *next;          /* in the list of those that wait */
	struct api *api;
	struct flow *flow;
	struct door_request *req;
	struct arena *arena;        /* lives as long as the call */
	enum route_id route;
	struct operator op;         /* who asks */
	struct actor who;
	const char *only_agency;    /* confined to this one; NULL: not */
	int64_t id;                 /* {id}, {seq} */
	const char *word;           /* {address} (as login), {code}, {name} */
	const char *asked;          /* {address} as it came */
	const char *subject;        /* reference of the person it reads about; NULL: nobody's */
	/* the handler's own */
	void *own;
	void (*own_free)(void *own);
	bool may_read_again, wrong_method, recorded;
	/* reply that waits for the commit */
	int status;
	json_t *json;
	struct call_stream *stream; /* api_stream.c: a reply in pieces, or NULL */
};

typedef void call_handler(struct call *c);
#define X(name, method, path, roles, scope, help) void handle_##name(struct call *c);
ROUTES(X)
#undef X

/* --- api_route.c --- */
/* Finds the route, checks role, scope and whether anything may be changed now, records a reading. */
int api_admit(struct call *c, struct err *e) MUST_USE;
bool api_only_reads(const struct call *c);
void api_run(struct call *c); /* its handler, which ends the call */

/* Each ends the call.  Steals json.  Sent after the commit, when something waits for one. */
void call_reply(struct call *c, int status, json_t *json);
void call_fail(struct call *c, const struct err *e);
void call_fail_data(struct call *c, const struct err *e, const json_t *errors, const json_t *notes);
/*
 * A reply that is made while it is sent, bounded in memory whatever its length.  fill appends the next
 * bytes, CALL_PIECE of them or a little more, in a slice of a turn; none: that was all.  -1: it cannot
 * go on, which the client sees by the end of the connection.  Begins after the commit, when something
 * waits for one.
 */
#define CALL_PIECE 65536
typedef int call_fill(struct call *c, struct buf *b, struct err *e);
void call_stream(struct call *c, const char *type, call_fill *fill);
/* The JSON object of the body; NULL: the call has ended with a sentence. */
json_t *call_body(struct call *c);
/* A text of the body that must be there and not be empty; NULL: the call has ended. */
const char *call_need(struct call *c, const json_t *body, const char *key);
/* A text that may be missing ("" then); -1 and e when it is there and no text. */
int call_text(const json_t *body, const char *key, const char **text, struct err *e) MUST_USE;
/* The agency a list is to be about: the query's, or the one the operator is confined to, or NULL.
 * -1: it is none, or another's; the call has ended. */
int call_agency(struct call *c, const char **agency) MUST_USE;
/* Number in the query, within bounds; the default when it is missing or none. */
int64_t call_number(struct call *c, const char *key, int64_t otherwise, int64_t min, int64_t max);

/* --- between api.c and api_stream.c --- */
void call_free(struct call *c); /* its request must have been answered */
void call_stream_new(struct call *c, const char *type, call_fill *fill);
void call_stream_begin(struct call *c);
bool call_streaming(const struct call *c); /* it has begun */
void call_stream_cut(struct call *c);      /* ends it, and the call */
void call_stream_release(struct call *c);

/* --- shared by nouns --- */
/* RFC 3339 or null */
json_t *json_time(int64_t us);
/* A request with items from a row on (limit 0: none).  NULL when there is none. */
json_t *request_json(struct flow *f, int64_t id, int64_t offset, int64_t limit);
json_t *mailbox_json(const struct mailbox *m);
/* How an item shows itself: its own state seen through its request's. */
enum state item_state(struct flow *f, const struct request *r, const struct item *i);
#endif
