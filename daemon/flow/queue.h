/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_QUEUE_H
#define HOPTHU_QUEUE_H

#include "daemon/flow/flow.h"

/*
 * Which item is next.  The queue is the database; here are only the items on their way (jobs), a
 * window of them, and one timer for the next effective date.
 */
struct job;

struct queue *queue_new(struct flow *f);
void queue_free(struct queue *q);
/* Something may be ready: looked at once the turn is committed. */
void queue_wake(struct flow *f);
/* Takes up items that an earlier run left in flight. */
int queue_recover(struct flow *f, struct err *e) MUST_USE;

/* For job.c. */
void queue_ended(struct flow *f, struct job *j);          /* frees the job */
void queue_room(struct flow *f);                          /* the directory may have room again */
void queue_pause(struct flow *f);                         /* nothing can be written: for a second */
/* An item's outcome is durable: is the request waiting to be planned again? */
void queue_settled(struct flow *f, int64_t request);
/* Called when a request has ended or an item of it is held. */
typedef void queue_watch_cb(void *arg, int64_t request);
void queue_watch(struct flow *f, queue_watch_cb *cb, void *arg);
void queue_changed(struct flow *f, int64_t request);

/* --- to show --- */
unsigned queue_jobs(const struct flow *f);
/* True when the item's reply was lost and it is being resolved by reading. */
bool queue_item_unknown(const struct flow *f, int64_t item);
/* Why a request does not move and when that is tried again; "" when it does.  Caller frees. */
char *queue_reason(struct flow *f, const struct request *r);
#endif
