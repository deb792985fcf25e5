/* SPDX-License-Identifier: BSD-2-Clause */
#include <event2/event.h>

#include "daemon/base/clock.h"
#include "daemon/base/loop.h"

struct deferred {
	struct deferred *next;
	void (*cb)(void *);
	void *arg;
	uint64_t turn; /* in which it was deferred */
};

struct hook {
	struct hook *next;
	void (*cb)(void *);
	void *arg;
};

struct loop {
	struct event_base *base;
	struct event *wake; /* active while something is deferred */
	struct deferred *first, **end;
	struct hook *hooks;
	uint64_t turn_began, longest, turn;
	bool stopping;
};

struct loop_fd {
	struct loop *loop;
	struct event *read, *write;
	void (*cb)(void *, int);
	void *arg;
	int fd;
};

struct loop_timer {
	struct loop *loop;
	struct event *ev;
	void (*cb)(void *);
	void *arg;
};

struct loop_signal {
	struct loop *loop;
	struct event *ev;
	void (*cb)(void *);
	void *arg;
};

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg; /* waking was the point */
}

/* The first callback of a turn tells when the waiting was over. */
void
loop_mark(struct loop *l)
{
	if (!l->turn_began)
		l->turn_began = clock_mono_us();
}

struct loop *
loop_new(void)
{
	struct loop *l = xcalloc(1, sizeof(*l));

	/* Requests go through libevent's buffers, now and then with a password by mistake (I11). */
	event_set_mem_functions(malloc, wiping_realloc, wiping_free);
	l->base = event_base_new();
	BUG_ON(!l->base);
	l->wake = event_new(l->base, -1, 0, on_wake, NULL);
	l->end = &l->first;
	return l;
}

void
loop_free(struct loop *l)
{
	struct deferred *d;
	struct hook *h;

	if (!l)
		return;
	while ((d = l->first)) {
		l->first = d->next;
		free(d);
	}
	while ((h = l->hooks)) {
		l->hooks = h->next;
		free(h);
	}
	event_free(l->wake);
	event_base_free(l->base);
	free(l);
}

struct event_base *
loop_base(struct loop *l)
{
	return l->base;
}

static void
run_deferred(struct loop *l)
{
	struct deferred *d;

	/* Only what was there at the start: a callback that defers again waits for the next turn. */
	l->turn++;
	while ((d = l->first) && d->turn < l->turn) {
		l->first = d->next;
		if (!l->first)
			l->end = &l->first;
		d->cb(d->arg);
		free(d);
	}
}

static void
end_turn(struct loop *l)
{
	uint64_t took;

	run_deferred(l);
	for (struct hook *h = l->hooks; h; h = h->next)
		h->cb(h->arg);
	if (l->first)
		event_active(l->wake, 0, 0);
	took = clock_mono_us() - l->turn_began;
	if (took > l->longest)
		l->longest = took;
}

void
loop_run(struct loop *l)
{
	l->stopping = false;
	if (l->first)
		event_active(l->wake, 0, 0);
	while (!l->stopping) {
		l->turn_began = 0;
		if (event_base_loop(l->base, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY) < 0)
			break;
		loop_mark(l);
		end_turn(l);
	}
}

void
loop_stop(struct loop *l)
{
	l->stopping = true;
}

static void
fd_ready(struct loop_fd *f, int what)
{
	loop_mark(f->loop);
	f->cb(f->arg, what);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fd_ready(arg, LOOP_READ);
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	fd_ready(arg, LOOP_WRITE);
}

struct loop_fd *
loop_fd_new(struct loop *l, int fd, void (*cb)(void *, int), void *arg)
{
	struct loop_fd *f = xcalloc(1, sizeof(*f));

	*f = (struct loop_fd){ .loop = l, .cb = cb, .arg = arg, .fd = fd };
	f->read = event_new(l->base, fd, EV_READ | EV_PERSIST, on_readable, f);
	f->write = event_new(l->base, fd, EV_WRITE | EV_PERSIST, on_writable, f);
	BUG_ON(!f->read || !f->write);
	return f;
}

void
loop_fd_want(struct loop_fd *f, int what)
{
	BUG_ON((what & LOOP_READ ? event_add(f->read, NULL) : event_del(f->read)) < 0);
	BUG_ON((what & LOOP_WRITE ? event_add(f->write, NULL) : event_del(f->write)) < 0);
}

void
loop_fd_free(struct loop_fd *f)
{
	if (!f)
		return;
	event_free(f->read);
	event_free(f->write);
	free(f);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct loop_timer *t = arg;

	(void)fd;
	(void)what;
	loop_mark(t->loop);
	t->cb(t->arg);
}

struct loop_timer *
loop_timer_new(struct loop *l, void (*cb)(void *), void *arg)
{
	struct loop_timer *t = xcalloc(1, sizeof(*t));

	t->loop = l;
	t->cb = cb;
	t->arg = arg;
	t->ev = evtimer_new(l->base, on_timer, t);
	BUG_ON(!t->ev);
	return t;
}

void
loop_timer_set(struct loop_timer *t, uint64_t ms)
{
	struct timeval tv = { .tv_sec = (time_t)(ms / 1000), .tv_usec = (long)(ms % 1000) * 1000 };

	BUG_ON(evtimer_add(t->ev, &tv) < 0);
}

void
loop_timer_stop(struct loop_timer *t)
{
	evtimer_del(t->ev);
}

void
loop_timer_free(struct loop_timer *t)
{
	if (!t)
		return;
	event_free(t->ev);
	free(t);
}

static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct loop_signal *s = arg;

	(void)fd;
	(void)what;
	loop_mark(s->loop);
	s->cb(s->arg);
}

struct loop_signal *
loop_signal_new(struct loop *l, int sig, void (*cb)(void *), void *arg)
{
	struct loop_signal *s = xcalloc(1, sizeof(*s));

	s->loop = l;
	s->cb = cb;
	s->arg = arg;
	s->ev = evsignal_new(l->base, sig, on_signal, s);
	BUG_ON(!s->ev || evsignal_add(s->ev, NULL) < 0);
	return s;
}

void
loop_signal_free(struct loop_signal *s)
{
	if (!s)
		return;
	event_free(s->ev);
	free(s);
}

void
loop_defer(struct loop *l, void (*cb)(void *), void *arg)
{
	struct deferred *d = xcalloc(1, sizeof(*d));

	d->cb = cb;
	d->arg = arg;
	d->turn = l->turn;
	*l->end = d;
	l->end = &d->next;
	event_active(l->wake, 0, 0);
}

void
loop_forget(struct loop *l, void *arg)
{
	struct deferred **p = &l->first, *d;

	while ((d = *p)) {
		if (d->arg != arg) {
			p = &d->next;
			continue;
		}
		*p = d->next;
		free(d);
	}
	l->end = p;
}

void
loop_at_turn_end(struct loop *l, void (*cb)(void *), void *arg)
{
	struct hook **p = &l->hooks, *h = xcalloc(1, sizeof(*h));

	h->cb = cb;
	h->arg = arg;
	while (*p)
		p = &(*p)->next;
	*p = h;
}

uint64_t
loop_longest_turn_us(struct loop *l)
{
	uint64_t us = l->longest;

	l->longest = 0;
	return us;
}
