/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_LOOP_H
#define HOPTHU_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/*
 * The event loop.  One turn = wait, run every callback that is ready, then what was deferred, then
 * the turn-end hooks in the order they were added (the store commits there).  Single-threaded.
 * Freeing a loop_fd, loop_timer or loop_signal inside its own callback is allowed.
 */
struct loop;
struct event_base; /* libevent's: for api/, which hands it to evhttp */

struct loop *loop_new(void);
void loop_free(struct loop *l);
struct event_base *loop_base(struct loop *l);
void loop_run(struct loop *l);  /* until loop_stop */
void loop_stop(struct loop *l); /* after the turn that is running */

enum loop_what { LOOP_READ = 1, LOOP_WRITE = 2 };

struct loop_fd;
struct loop_fd *loop_fd_new(struct loop *l, int fd, void (*cb)(void *arg, int what), void *arg);
void loop_fd_want(struct loop_fd *f, int what); /* LOOP_READ | LOOP_WRITE; level-triggered */
void loop_fd_free(struct loop_fd *f);           /* does not close the descriptor; NULL is fine */

/* One-shot; on CLOCK_MONOTONIC. */
struct loop_timer;
struct loop_timer *loop_timer_new(struct loop *l, void (*cb)(void *arg), void *arg);
void loop_timer_set(struct loop_timer *t, uint64_t ms); /* from now; again = moved */
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* NULL is fine */

struct loop_signal;
struct loop_signal *loop_signal_new(struct loop *l, int sig, void (*cb)(void *arg), void *arg);
void loop_signal_free(struct loop_signal *s); /* NULL is fine */

/* Once, at the end of this turn (or of the next, when called from a hook or another deferred
 * callback): nothing runs inside another module's call. */
void loop_defer(struct loop *l, void (*cb)(void *arg), void *arg);
/* Drops what was deferred for arg: call before freeing arg. */
void loop_forget(struct loop *l, void *arg);

/* Called at the end of every turn. */
void loop_at_turn_end(struct loop *l, void (*cb)(void *arg), void *arg);

/* A turn's work begins; for callbacks that libevent runs without passing here (evhttp's). */
void loop_mark(struct loop *l);
/* Longest turn since the last call, in microseconds, waiting not counted (I10). */
uint64_t loop_longest_turn_us(struct loop *l);
#endif
