/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "daemon/base/resolve.h"
#include "daemon/witness/witness_int.h"

#define SOCKET_MAX (sizeof(((struct sockaddr_un *)0)->sun_path) - 1)
#define HTTPS_PORT 443

/* --- the address ------------------------------------------------------------------------------- */

/* "host", "host:port" or "[number]:port" up to the path. */
static int
parse_host(struct witness *w, const char *s, size_t n, struct err *e)
{
	size_t host = *s == '[' ? strcspn(s, "]") + 1 : strcspn(s, ":/");
	size_t skip = *s == '[';
	char *end;

	w->port = HTTPS_PORT;
	if (host > n || host < 1 + 2 * skip)
		return err_set(e, ERR_CONFIG, "it has no host name");
	w->host = xstrndup(s + skip, host - 2 * skip);
	for (const char *p = w->host; *p; p++)
		if (!isalnum((unsigned char)*p) && !strchr("-.:", *p))
			return err_set(e, ERR_CONFIG, "\"%.64s\" is no host name", w->host);
	if (host == n)
		return 0;
	w->port = (int)strtol(s + host + 1, &end, 10);
	if (s[host] != ':' || end != s + n || w->port < 1 || w->port > 65535)
		return err_set(e, ERR_CONFIG, "behind the host name a port from 1 to 65535 may stand");
	return 0;
}

static int
parse_https(struct witness *w, const char *s, struct err *e)
{
	size_t n = strcspn(s, "/");

	for (const char *p = s + n; *p; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f)
			return err_set(e, ERR_CONFIG, "there is a space or another character in its path "
				       "that a URL cannot have");
	w->way = WAY_HTTPS;
	w->path = xstrdup(s + n);
	for (n = strlen(w->path); n && w->path[n - 1] == '/'; n--)
		w->path[n - 1] = '\0';
	return parse_host(w, s, strcspn(s, "/"), e);
}

static int
parse(struct witness *w, const char *url, struct err *e)
{
	if (!strncmp(url, "https://", 8))
		return parse_https(w, url + 8, e);
	if (!strncmp(url, "unix:", 5)) {
		w->way = WAY_UNIX;
		w->path = xstrdup(url + 5);
		if (*w->path != '/' || strlen(w->path) > SOCKET_MAX)
			return err_set(e, ERR_CONFIG, "behind unix: an absolute path of at most %zu bytes "
				       "must stand", SOCKET_MAX);
		return 0;
	}
	if (!strncmp(url, "file:", 5)) {
		w->way = WAY_FILE;
		w->path = xstrdup(url + 5);
		return *w->path == '/' ? 0 : err_set(e, ERR_CONFIG, "behind file: the absolute path of a "
						     "folder must stand");
	}
	return err_set(e, ERR_CONFIG, "it must begin with unix:/, https:// or file:/");
}

/* --- a question ------------------------------------------------------------------------------- */

static void
clear(struct witness *w)
{
	loop_timer_stop(w->deadline);
	loop_timer_stop(w->poll);
	witness_link_end(w);
	witness_http_end(w);
	resolve_end(&w->query);
	if (w->list)
		freeaddrinfo(w->list);
	w->list = w->next = NULL;
	w->cb = NULL;
}

void
witness_end(struct witness *w, const struct witness_answer *a, const struct err *e)
{
	AUTO(buf) body = BUF_INIT; /* what the answer borrows goes now: cb may ask again */
	AUTO(buf) question = BUF_INIT;
	struct witness_answer kept = { .status = a ? a->status : 0 };
	witness_cb *cb = w->cb;

	buf_add(&body, a ? a->body : "", a ? a->len : 0);
	buf_add(&question, w->question.data, w->question.len);
	kept.body = body.data;
	kept.len = body.len;
	kept.question = question.data;
	kept.question_len = question.len;
	clear(w);
	cb(w->arg, a ? &kept : NULL, e);
}

void
witness_fail(struct witness *w, const char *fmt, ...)
{
	struct err e = { .class = ERR_TEMP };
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(e.msg, sizeof(e.msg), fmt, ap);
	va_end(ap);
	witness_end(w, NULL, &e);
}

static void
on_deadline(void *arg)
{
	struct witness *w = arg;

	if (w->connected)
		witness_fail(w, "it does not answer in time");
	else
		witness_fail(w, "it cannot be reached in time");
}

static void
on_poll(void *arg)
{
	struct witness *w = arg;

	if (w->way == WAY_FILE)
		witness_file_begin(w);
	else
		witness_link_begin(w);
}

void
witness_ask(struct witness *w, const void *body, size_t n, unsigned timeout_ms, witness_cb *cb,
	    void *arg)
{
	BUG_ON(w->cb);
	w->cb = cb;
	w->arg = arg;
	w->connected = false;
	w->seen = 0;
	buf_clear(&w->question);
	buf_add(&w->question, body, n);
	if (w->way != WAY_FILE)
		loop_timer_set(w->deadline, timeout_ms);
	loop_timer_set(w->poll, 0); /* cb is never called inside this call */
}

bool
witness_busy(const struct witness *w)
{
	return w->cb;
}

/* --- making ------------------------------------------------------------------------------------ */

static int
parse_whole(struct witness *w, const char *url, struct err *e)
{
	return parse(w, url, e) ? err_wrap(e, "the address %.200s of a witness", url) : 0;
}

int
witness_check(const char *url, struct err *e)
{
	struct witness w = { .loop = NULL };
	int rc = parse_whole(&w, url, e);

	free(w.host);
	free(w.path);
	return rc;
}

struct witness *
witness_new(struct loop *l, const char *url, const char *ca_file, struct err *e)
{
	struct witness *w = xcalloc(1, sizeof(*w));

	w->loop = l;
	w->question = (struct buf)BUF_INIT;
	w->ca_file = ca_file ? xstrdup(ca_file) : NULL;
	w->deadline = loop_timer_new(l, on_deadline, w);
	w->poll = loop_timer_new(l, on_poll, w);
	if (!parse_whole(w, url, e))
		return w;
	witness_free(w);
	return NULL;
}

void
witness_free(struct witness *w)
{
	if (!w)
		return;
	clear(w);
	loop_timer_free(w->deadline);
	loop_timer_free(w->poll);
	buf_release(&w->question);
	free(w->host);
	free(w->path);
	free(w->ca_file);
	free(w);
}
