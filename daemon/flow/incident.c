/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>

#include "daemon/base/log.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/seal.h"

#define RETRY_MS 1000

void
incident_load(struct flow *f)
{
	f->incident = store_incident(f->store);
	if (!f->incident)
		return;
	f->incident_kept = true;
	log_error("INCIDENT: %s", f->incident);
}

static void keep(void *arg);

static void
on_kept(void *arg, const struct err *failure)
{
	struct flow *f = arg;

	f->incident_kept = !failure;
	if (failure)
		loop_timer_set(f->incident_retry, RETRY_MS);
}

/* The disk may be full: memory holds it until the database does. */
static void
keep(void *arg)
{
	struct flow *f = arg;

	if (store_begin(f->store, NULL)) {
		loop_timer_set(f->incident_retry, RETRY_MS);
		return;
	}
	if (store_set_incident(f->store, f->incident, NULL)) {
		store_abort(f->store);
		loop_timer_set(f->incident_retry, RETRY_MS);
		return;
	}
	if (store_end(f->store, NULL))
		loop_timer_set(f->incident_retry, RETRY_MS);
	else
		store_after_commit(f->store, on_kept, f);
}

void
incident_raise(struct flow *f, const char *fmt, ...)
{
	char text[ERR_MSG_MAX];
	va_list ap;

	if (f->incident)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->incident = xasprintf("%s; nothing is written into the directory or the log until somebody "
				"has found out why: see hopthud(8), INCIDENTS", text);
	log_error("INCIDENT: %s", f->incident);
	f->incident_retry = loop_timer_new(f->loop, keep, f);
	keep(f);
}

const char *
incident_text(const struct flow *f)
{
	return f->incident;
}

void
incident_free(struct flow *f)
{
	loop_timer_free(f->incident_retry);
	free(f->incident);
	f->incident = NULL;
	f->incident_retry = NULL;
}
