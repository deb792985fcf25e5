/* SPDX-License-Identifier: BSD-2-Clause */
#include <http_parser.h>
#include <string.h>

#include "daemon/witness/witness_int.h"

/*
 * One request on a connection of its own.  What comes back is read by http-parser; more than
 * WITNESS_BYTES_MAX, or headers that never end, end it.
 */
struct http {
	http_parser parser;
	struct witness *w;
	struct buf body;
	size_t taken; /* bytes of the whole answer */
	bool whole, huge;
};

static int
on_body(http_parser *p, const char *data, size_t n)
{
	struct http *h = p->data;

	if (h->body.len + n > WITNESS_BYTES_MAX) {
		h->huge = true;
		return -1;
	}
	buf_add(&h->body, data, n);
	return 0;
}

static int
on_whole(http_parser *p)
{
	struct http *h = p->data;

	if (p->status_code / 100 == 1) { /* more is to come: RFC 9110 15.2 */
		buf_clear(&h->body);
		return 0;
	}
	h->whole = true;
	http_parser_pause(p, 1);
	return 0;
}

static const http_parser_settings settings = { .on_body = on_body, .on_message_complete = on_whole };

void
witness_http_begin(struct witness *w, struct buf *out)
{
	struct http *h = xcalloc(1, sizeof(*h));

	witness_http_end(w);
	w->http = h;
	h->w = w;
	h->body = (struct buf)BUF_INIT;
	http_parser_init(&h->parser, HTTP_RESPONSE);
	h->parser.data = h;
	buf_printf(out, "POST %s/add-checkpoint HTTP/1.1\r\nHost: ", w->way == WAY_UNIX ? "" : w->path);
	if (w->way == WAY_UNIX)
		buf_str(out, "localhost");
	else
		buf_printf(out, strchr(w->host, ':') ? "[%s]:%d" : "%s:%d", w->host, w->port);
	buf_printf(out, "\r\nUser-Agent: hopthud\r\nContent-Type: text/plain; charset=utf-8\r\n"
		   "Content-Length: %zu\r\nConnection: close\r\n\r\n", w->question.len);
	buf_add(out, w->question.data, w->question.len);
}

int
witness_http_take(struct witness *w, const char *data, size_t n)
{
	struct http *h = w->http;
	size_t used = http_parser_execute(&h->parser, &settings, data, n);
	struct witness_answer a;

	h->taken += n;
	if (h->whole) {
		a = (struct witness_answer){ .status = h->parser.status_code, .body = h->body.data,
					     .len = h->body.len };
		witness_end(w, &a, NULL);
		return 1;
	}
	if (h->huge || h->taken > 2 * WITNESS_BYTES_MAX) {
		witness_fail(w, "its answer is longer than %d bytes", WITNESS_BYTES_MAX);
		return 1;
	}
	if (HTTP_PARSER_ERRNO(&h->parser) != HPE_OK || (n && used != n)) {
		witness_fail(w, "its answer is no HTTP (%s)",
			     http_errno_description(HTTP_PARSER_ERRNO(&h->parser)));
		return 1;
	}
	return 0;
}

void
witness_http_end(struct witness *w)
{
	struct http *h = STEAL(w->http);

	if (!h)
		return;
	buf_release(&h->body);
	free(h);
}
