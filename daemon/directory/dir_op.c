/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/base/clock.h"
#include "daemon/directory/dir_int.h"

struct dir_op *
dir_op_new(dir_cb *cb, void *arg)
{
	struct dir_op *op = xcalloc(1, sizeof(*op));

	op->cb = cb;
	op->arg = arg;
	op->arena = arena_new();
	return op;
}

static void
op_free(struct dir_op *op)
{
	arena_free(op->arena);
	free(op->message);
	free(op);
}

/* --- results --------------------------------------------------------------------------------- */

void
dir_op_call(struct dir *d, struct dir_op *op)
{
	const struct dir_result r = {
		.class = op->class,
		.code = op->code,
		.message = op->message,
		.entry = op->entry,
		.took_us = op->took_us,
	};
	bool before = dir_enter(d);

	op->cb(op->arg, &r);
	op_free(op);
	dir_leave(d, before);
}

static void
deliver(void *arg)
{
	struct dir *d = arg;
	struct dir_op *op, *last = NULL;
	bool before = dir_enter(d), end = false;

	d->deliver_soon = false;
	/* What callbacks add waits for the next turn. */
	for (op = d->done; op; op = op->next)
		last = op;
	while (last && !end && !d->freed) {
		op = d->done;
		end = op == last;
		d->done = op->next;
		if (!d->done)
			d->done_end = &d->done;
		dir_op_call(d, op);
	}
	if (d->down_soon && !d->freed) {
		d->down_soon = false;
		if (d->ev.down)
			d->ev.down(d->ev.arg, d->reason);
	}
	dir_leave(d, before);
}

void
dir_deliver_soon(struct dir *d)
{
	if (d->deliver_soon)
		return;
	d->deliver_soon = true;
	loop_defer(d->loop, deliver, d);
}

/* Ends an operation without a reply; its callback comes in a later turn. */
void
dir_op_end(struct dir *d, struct dir_op *op, enum dir_class class, int code, const char *message)
{
	op->class = class;
	op->code = code;
	op->message = xstrdup(message);
	op->took_us = op->sent_us ? clock_mono_us() - op->sent_us : 0;
	op->next = NULL;
	*d->done_end = op;
	d->done_end = &op->next;
	dir_deliver_soon(d);
}

void
dir_ops_end(struct dir *d, const char *why)
{
	struct dir_op *op;

	while ((op = d->ops)) {
		bool lost = op->begin < d->io.gone;

		d->ops = op->next;
		dir_op_end(d, op, lost ? DIR_LOST : DIR_NOT_SENT, LDAP_SERVER_DOWN, why);
	}
	d->ops_end = &d->ops;
	d->in_flight = 0;
	loop_timer_stop(d->op_timer);
	d->op_timer_set = false;
}

void
dir_ops_free(struct dir *d)
{
	struct dir_op *op;

	while ((op = d->ops)) {
		d->ops = op->next;
		op_free(op);
	}
	while ((op = d->done)) {
		d->done = op->next;
		op_free(op);
	}
}

static void
deadline_set(struct dir *d, uint64_t now)
{
	uint64_t first = UINT64_MAX;

	for (const struct dir_op *op = d->ops; op; op = op->next)
		if (op->deadline_us < first)
			first = op->deadline_us;
	d->op_timer_set = first != UINT64_MAX;
	if (d->op_timer_set)
		loop_timer_set(d->op_timer, first <= now ? 0 : (first - now) / 1000 + 1);
}

/*
 * The timer is not moved when an operation is answered: it comes, looks, and goes to sleep again.
 * A connection on which something is not answered in time is given up as a whole: slapd drops
 * what it has not begun when its client is gone, so that nothing of it happens later, behind the
 * back of the reading that resolves it.
 */
void
dir_op_deadlines(struct dir *d)
{
	uint64_t now = clock_mono_us();

	d->op_timer_set = false;
	for (const struct dir_op *op = d->ops; op; op = op->next)
		if (op->deadline_us <= now) {
			dir_down(d, "slapd did not answer an operation within %u ms",
				 d->conf->operation_timeout_ms);
			return;
		}
	deadline_set(d, now);
}

uint64_t
dir_op_deadline(const struct dir *d, uint64_t now)
{
	return now + d->conf->operation_timeout_ms * UINT64_C(1000);
}

void
dir_op_started(struct dir *d, struct dir_op *op)
{
	op->sent_us = clock_mono_us();
	op->deadline_us = dir_op_deadline(d, op->sent_us);
	*d->ops_end = op;
	d->ops_end = &op->next;
	if (op->watch)
		op->deadline_us = UINT64_MAX;
	else
		d->in_flight++;
	if (!d->op_timer_set)
		deadline_set(d, op->sent_us);
	dir_service_soon(d);
}

/* Why a public operation is not sent now, or NULL. */
const char *
dir_refusal(const struct dir *d)
{
	if (d->state != DIR_READY)
		return d->reason[0] ? d->reason : "the directory is not connected";
	if (d->reconnect)
		return "the directory is about to be connected with a new configuration";
	if (d->in_flight >= d->conf->window)
		return "as many operations as may be are in flight";
	return NULL;
}

unsigned
dir_room(const struct dir *d)
{
	if (dir_refusal(d))
		return 0;
	return d->conf->window - d->in_flight;
}

unsigned
dir_in_flight(const struct dir *d)
{
	return d->in_flight;
}
