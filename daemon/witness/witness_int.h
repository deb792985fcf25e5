/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_INT_H
#define HOPTHU_WITNESS_INT_H
/*
 * Inside of daemon/witness; nobody else includes this.
 *
 *   witness.c       the address, deadlines, the end of a question
 *   witness_link.c  a connection on a Unix socket or by TLS
 *   witness_tls.c   the TLS of it
 *   witness_http.c  a question and an answer in HTTP/1.1
 *   witness_file.c  a question and an answer in files
 */
#include "common/buf.h"
#include "daemon/witness/witness.h"

struct bufferevent;
struct http;
struct resolve;
struct ssl_st;
struct addrinfo;

enum witness_way { WAY_UNIX, WAY_HTTPS, WAY_FILE };

struct witness {
	struct loop *loop;
	enum witness_way way;
	char *host; /* of HTTPS */
	int port;
	char *path; /* socket, prefix of the URL's path without a slash at its end, or folder */
	char *ca_file;
	/* the question that is under way: */
	witness_cb *cb; /* NULL: none */
	void *arg;
	struct buf question;
	struct loop_timer *deadline, *poll; /* poll: the resolver, or the folder */
	struct resolve *query;
	struct addrinfo *list, *next; /* addresses that were not tried yet */
	struct bufferevent *link;
	bool connected;
	struct http *http;
	size_t seen; /* bytes of `response` when it was looked at before */
};

/* The end: cb is called, everything of the question is gone. */
void witness_end(struct witness *w, const struct witness_answer *a, const struct err *e);
void witness_fail(struct witness *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* --- witness_link.c --- */
void witness_link_begin(struct witness *w);
void witness_link_end(struct witness *w);

/* --- witness_tls.c: NULL and e when it cannot be set up --- */
struct ssl_st *witness_tls_new(const struct witness *w, struct err *e);
/* Why the handshake failed. */
void witness_tls_reason(struct ssl_st *ssl, unsigned long code, char *out, size_t n);

/* --- witness_http.c --- */
void witness_http_begin(struct witness *w, struct buf *out); /* out: the bytes to send */
/* Bytes that came; n 0: the end of them.  1: the answer is whole, and witness_end was called. */
int witness_http_take(struct witness *w, const char *data, size_t n);
void witness_http_end(struct witness *w);

/* --- witness_file.c --- */
void witness_file_begin(struct witness *w);
#endif
