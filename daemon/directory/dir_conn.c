/* SPDX-License-Identifier: BSD-2-Clause */
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/directory/dir_int.h"

const char *
dir_state_word(enum dir_state s)
{
	static const char *const words[] = {
		[DIR_DOWN] = "down", [DIR_CONNECT] = "connecting", [DIR_TLS] = "tls",
		[DIR_BIND] = "bind", [DIR_CHECK] = "checking",     [DIR_READY] = "ready",
	};

	return words[s];
}

/* What slapd did not do in time. */
static const char *
missing(enum dir_state s)
{
	static const char *const words[] = {
		[DIR_DOWN] = "",
		[DIR_CONNECT] = "it did not take the connection",
		[DIR_TLS] = "it did not finish the TLS handshake",
		[DIR_BIND] = "it took the connection but did not answer the bind",
		[DIR_CHECK] = "it did not answer the check",
		[DIR_READY] = "",
	};

	return words[s];
}

/* --- down ------------------------------------------------------------------------------------ */

static void
hang_up(struct dir *d)
{
	loop_fd_free(d->fd);
	d->fd = NULL;
	d->want = 0;
	d->handshake = false;
	if (d->ld)
		ldap_unbind_ext(d->ld, NULL, NULL); /* writes into our buffer only */
	d->ld = NULL;
	dir_io_release(&d->io);
	/* A resolver that is still asking is asked again, not doubled. */
	if (!d->dial.query)
		dir_dial_release(&d->dial);
	d->life++;
}

/* Twice as long after every failure, and never two daemons in step: between half of it and all. */
static uint64_t
next_delay(struct dir *d)
{
	unsigned half;

	d->backoff_ms *= 2;
	if (d->backoff_ms < d->conf->retry_min_ms)
		d->backoff_ms = d->conf->retry_min_ms;
	if (d->backoff_ms > d->conf->retry_max_ms)
		d->backoff_ms = d->conf->retry_max_ms;
	half = d->backoff_ms / 2;
	return half + arc4random_uniform(half + 1);
}

static void
lie_down(struct dir *d, uint64_t delay_ms)
{
	if (d->state == DIR_READY) {
		d->down_soon = true;
		dir_deliver_soon(d);
	}
	d->state = DIR_DOWN;
	dir_ops_end(d, d->reason);
	hang_up(d);
	d->next_try_us = clock_mono_us() + delay_ms * 1000;
	loop_timer_set(d->timer, delay_ms);
}

void
dir_down(struct dir *d, const char *fmt, ...)
{
	char why[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	memcpy(d->reason, why, sizeof(why));
	if (d->state == DIR_READY)
		d->backoff_ms = 0;
	lie_down(d, next_delay(d));
}

void
dir_unreachable(struct dir *d, const char *why)
{
	dir_down(d, "slapd does not answer on %s: %s", d->conf->uri, why);
}

/* --- ready ----------------------------------------------------------------------------------- */

void
dir_checked(struct dir *d)
{
	bool before = dir_enter(d);

	d->state = DIR_READY;
	d->backoff_ms = 0;
	d->reason[0] = '\0';
	d->fault[0] = '\0';
	if (d->ev.ready)
		d->ev.ready(d->ev.arg);
	dir_leave(d, before);
}

/* --- bytes in both directions ---------------------------------------------------------------- */

void
dir_want(struct dir *d)
{
	int now = dir_io_want(&d->io);

	if (now != d->want)
		loop_fd_want(d->fd, now);
	d->want = now;
}

/*
 * Whatever woke us, the order is the same: read, handle, write.  What slapd said before it went is
 * still heard.
 */
static void
service(struct dir *d)
{
	const unsigned life = d->life;
	bool before = dir_enter(d), more, got;

	do {
		got = dir_io_fill(&d->io);
		more = dir_ops_drain(d);
	} while (got && !more && !d->freed && d->life == life && !d->handshake && d->io.ssl);
	if (!d->freed && d->life == life && !d->handshake) {
		dir_io_flush(&d->io);
		if (more)
			dir_service_soon(d);
		else if (d->io.dead)
			dir_down(d, "%s (%s)", d->io.why, d->conf->uri);
		else
			dir_want(d);
	}
	if (!d->freed && d->reconnect && !d->in_flight && d->state == DIR_READY) {
		snprintf(d->reason, sizeof(d->reason), "connecting with a new configuration");
		lie_down(d, 0);
	}
	dir_leave(d, before);
}

static void
on_service(void *arg)
{
	struct dir *d = arg;

	d->service_soon = false;
	if (d->ld && !d->handshake)
		service(d);
}

void
dir_service_soon(struct dir *d)
{
	if (d->service_soon)
		return;
	d->service_soon = true;
	loop_defer(d->loop, on_service, d);
}

/* --- attempts -------------------------------------------------------------------------------- */

void
dir_on_fd(void *arg, int what)
{
	struct dir *d = arg;

	(void)what;
	if (!d->fd)
		return;
	if (d->state == DIR_CONNECT || d->handshake)
		dir_open_event(d);
	else
		service(d);
}

static void
attempt(struct dir *d)
{
	struct err e = ERR_INIT;

	d->state = DIR_CONNECT;
	d->reconnect = false;
	d->next_try_us = 0;
	d->connect_deadline_us = clock_mono_us() + d->conf->connect_timeout_ms * UINT64_C(1000);
	loop_timer_set(d->timer, d->conf->connect_timeout_ms);
	if (!d->dial.query && dir_dial_parse(&d->dial, d->conf, &e)) {
		snprintf(d->fault, sizeof(d->fault), "%s", e.msg);
		dir_down(d, "%s", e.msg);
		return;
	}
	dir_open(d);
}

static void
on_timer(void *arg)
{
	struct dir *d = arg;
	char why[256];

	if (d->state == DIR_DOWN) {
		attempt(d);
	} else if (d->state == DIR_CONNECT && !d->fd && clock_mono_us() < d->connect_deadline_us) {
		dir_open(d);
	} else {
		snprintf(why, sizeof(why), "%s within %u ms",
			 d->state == DIR_CONNECT && !d->fd ? "the name server did not answer"
							   : missing(d->state),
			 d->conf->connect_timeout_ms);
		dir_unreachable(d, why);
	}
}

static void
on_op_timer(void *arg)
{
	dir_op_deadlines(arg);
}

/* --- life ------------------------------------------------------------------------------------ */

struct dir *
dir_new(struct loop *loop, const struct conf_directory *conf, const struct dir_events *ev)
{
	struct dir *d = xcalloc(1, sizeof(*d));

	/* No ldap.conf or .ldaprc changes what we do; libldap looks at its first call. */
	setenv("LDAPNOINIT", "1", 1);
	/* OpenSSL writes with write(2). */
	signal(SIGPIPE, SIG_IGN);
	d->loop = loop;
	d->conf = conf;
	if (ev)
		d->ev = *ev;
	d->ops_end = &d->ops;
	d->done_end = &d->done;
	dir_io_init(&d->io, -1);
	d->timer = loop_timer_new(loop, on_timer, d);
	d->op_timer = loop_timer_new(loop, on_op_timer, d);
	snprintf(d->reason, sizeof(d->reason), "connecting to %s", conf->uri);
	loop_timer_set(d->timer, 0);
	return d;
}

static void
free_now(void *arg)
{
	struct dir *d = arg;

	if (d->ld && !d->handshake) {
		ldap_unbind_ext(d->ld, NULL,
				NULL); /* says good-bye, as far as the socket takes it */
		d->ld = NULL;
		dir_io_flush(&d->io);
	}
	dir_ops_free(d);
	hang_up(d);
	dir_dial_release(&d->dial);
	loop_timer_free(d->timer);
	loop_timer_free(d->op_timer);
	loop_forget(d->loop, d);
	free(d);
}

void
dir_free(struct dir *d)
{
	if (!d)
		return;
	d->freed = true;
	if (!d->busy)
		free_now(d);
}

bool
dir_enter(struct dir *d)
{
	bool before = d->busy;

	d->busy = true;
	return before;
}

void
dir_leave(struct dir *d, bool before)
{
	d->busy = before;
	if (d->freed && !before)
		free_now(d);
}

static bool
differ(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) != 0 : a != b;
}

void
dir_reconfigure(struct dir *d, const struct conf_directory *conf)
{
	const struct conf_directory *old = d->conf;
	bool changed = differ(old->uri, conf->uri) || differ(old->base, conf->base) ||
		       old->bind != conf->bind || differ(old->bind_dn, conf->bind_dn) ||
		       differ(old->password_file, conf->password_file) ||
		       differ(old->tls_ca_file, conf->tls_ca_file) ||
		       differ(old->tls_cert_file, conf->tls_cert_file) ||
		       differ(old->tls_key_file, conf->tls_key_file);

	d->conf = conf;
	if (!changed)
		return;
	d->backoff_ms = 0;
	if (d->state == DIR_READY) {
		d->reconnect = true; /* when what is in flight is answered */
		dir_service_soon(d);
		return;
	}
	snprintf(d->reason, sizeof(d->reason), "connecting to %s", conf->uri);
	lie_down(d, 0);
	dir_dial_release(&d->dial);
}

void
dir_retry_now(struct dir *d)
{
	if (d->state != DIR_DOWN)
		return;
	d->backoff_ms = 0;
	d->next_try_us = 0;
	loop_timer_set(d->timer, 0);
}

enum dir_state
dir_state(const struct dir *d)
{
	return d->state;
}

const char *
dir_reason(const struct dir *d, uint64_t *next_try_ms)
{
	uint64_t now = clock_mono_us();

	if (next_try_ms)
		*next_try_ms = d->state == DIR_DOWN && d->next_try_us > now
				       ? (d->next_try_us - now + 999) / 1000
				       : 0;
	return d->reason;
}

const char *
dir_fault(const struct dir *d)
{
	return d->fault[0] ? d->fault : NULL;
}
