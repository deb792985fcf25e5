/* SPDX-License-Identifier: BSD-2-Clause */
/* What others changed in the directory. */
#include <inttypes.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/request_json.h"
#include "daemon/base/log.h"
#include "daemon/flow/drift.h"

#define PAGE 1000
#define LIST_MAX 200 /* the openings of each are read */
#define DAYS_MAX 3650

/* --- list, show ------------------------------------------------------------------------------ */

static void
set_opening(void *arg, const char *field, const char *value)
{
	json_t *j = arg, *v;

	if (!strcmp(field, "before") || !strcmp(field, "after"))
		v = json_loads(value, 0, NULL);
	else
		v = json_string(value);
	json_object_set_new(j, field, v ? v : json_null());
}

static json_t *
names_json(const char *joined)
{
	json_t *list = json_array();

	for (const char *p = joined; *p; p += *p == ',') {
		size_t n = strcspn(p, ",");

		json_array_append_new(list, json_stringn(p, n));
		p += n;
	}
	return list;
}

/* before, after, entry and modifier are null once they were erased. */
static json_t *
drift_json(struct flow *f, const struct drift *d)
{
	json_t *j = json_pack("{s:I,s:s,s:s,s:o,s:o,s:n,s:n,s:n,s:n,s:s,s:s,s:s,s:s}", "seq",
			      (json_int_t)d->seq, "kind", d->kind, "state", d->state, "at",
			      json_time(d->at), "attributes", names_json(d->attributes), "entry",
			      "modifier", "before", "after", "login", d->login, "by", d->writer,
			      "session", d->session, "written", d->written);

	json_object_set_new(j, "request", d->request ? json_integer(d->request) : json_null());
	(void)store_openings(f->store, d->seq, set_opening, j, NULL);
	/* the directory's log knows better than the entry, which only has who wrote it last */
	if (!*d->writer)
		json_object_set(j, "by", json_object_get(j, "modifier"));
	return j;
}

struct listing {
	struct flow *flow;
	json_t *array;
	int64_t last, count;
};

static void
add_drift(void *arg, const struct drift *d)
{
	struct listing *l = arg;

	l->last = d->seq;
	l->count++;
	json_array_append_new(l->array, drift_json(l->flow, d));
}

void
handle_drift_list(struct call *c)
{
	static const char *const states[] = { "open", "accepted", "reverted", "vanished", "all" };
	const char *state = door_query(c->req, "state");
	int limit = (int)call_number(c, "limit", 100, 1, LIST_MAX);
	struct listing l = { .flow = c->flow };
	struct err e = ERR_INIT;
	bool known = false;

	if (!state || !*state)
		state = "open";
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		known |= !strcmp(states[i], state);
	if (!known) {
		err_set(&e, ERR_USAGE, "\"%.40s\" is no state of a change: open, accepted, reverted, "
			"vanished, or all", state);
		call_fail(c, &e);
		return;
	}
	l.array = json_array();
	if (store_drifts(c->flow->store, strcmp(state, "all") ? state : NULL,
			 call_number(c, "before", 0, 0, INT64_MAX), limit, add_drift, &l, &e) < 0) {
		json_decref(l.array);
		call_fail(c, &e);
		return;
	}
	call_reply(c, 200, json_pack("{s:o,s:o,s:s}", "drifts", l.array, "next",
				     l.count == limit ? json_integer(l.last) : json_null(), "held",
				     drift_held_why(c->flow)));
}

void
handle_drift_show(struct call *c)
{
	struct err e = ERR_INIT;
	struct drift d;

	if (!store_drift(c->flow->store, c->id, &d, c->arena)) {
		err_set(&e, ERR_NOTFOUND, "record %" PRId64 " is no change that others made", c->id);
		call_fail(c, &e);
		return;
	}
	call_reply(c, 200, drift_json(c->flow, &d));
}

/* --- decisions ------------------------------------------------------------------------------- */

/* "drifts": numbers of records. */
static int
read_seqs(const json_t *body, int64_t *seqs, size_t *n, struct err *e)
{
	const json_t *list = json_object_get(body, "drifts");

	*n = json_array_size(list);
	if (!*n || *n > DRIFT_SEQS_MAX)
		return err_set(e, ERR_USAGE, "the body must say \"drifts\", an array of 1 to %d numbers of "
			       "records", DRIFT_SEQS_MAX);
	for (size_t i = 0; i < *n; i++) {
		const json_t *v = json_array_get(list, i);

		if (!json_is_integer(v) || json_integer_value(v) < 1)
			return err_set(e, ERR_USAGE, "\"drifts\" must have numbers of records only");
		seqs[i] = json_integer_value(v);
	}
	return 0;
}

void
handle_drift_accept(struct call *c)
{
	AUTO(json) body = call_body(c);
	int64_t seqs[DRIFT_SEQS_MAX];
	struct err e = ERR_INIT;
	const char *reason;
	size_t n;

	if (!body || !(reason = call_need(c, body, "reason")))
		return;
	if (read_seqs(body, seqs, &n, &e) || drift_accept(c->flow, seqs, n, reason, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	log_info("accepted by %s (%s): %zu change%s that others made", c->who.name, c->who.src, n,
		 n == 1 ? "" : "s");
	call_reply(c, 200, json_pack("{s:I}", "accepted", (json_int_t)n));
}

void
handle_drift_release(struct call *c)
{
	AUTO(json) body = call_body(c);
	struct err e = ERR_INIT;
	const char *reason;

	if (!body || !(reason = call_need(c, body, "reason")))
		return;
	if (drift_release(c->flow, reason, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	log_info("the queue was released by %s (%s)", c->who.name, c->who.src);
	call_reply(c, 200, json_pack("{s:b}", "released", 1));
}

void
handle_drift_revert(struct call *c)
{
	AUTO(json) body = call_body(c);
	AUTO(json) cannot = json_array();
	struct drift_letter l = { .cannot = cannot };
	int64_t seqs[DRIFT_SEQS_MAX];
	struct err e = ERR_INIT;
	json_t *j;
	size_t n;

	if (!body || !(l.letter = call_need(c, body, "letter")) ||
	    !(l.date = call_need(c, body, "date")) || !(l.signer = call_need(c, body, "signer")) ||
	    !(l.reason = call_need(c, body, "reason")))
		return;
	if (read_seqs(body, seqs, &n, &e) || drift_revert(c->flow, seqs, n, &l, &c->who, &e)) {
		call_fail(c, &e);
		return;
	}
	log_info("submitted by %s (%s): request %" PRId64, c->who.name, c->who.src, l.request);
	j = request_json(c->flow, l.request, 0, PAGE);
	json_object_set(j, "cannot", cannot);
	call_reply(c, 201, j);
}

/* --- the directory's log of writes ------------------------------------------------------------ */

static void
on_checked(void *arg, json_t *result, const struct err *e)
{
	struct call *c = arg;

	c->own_free = NULL;
	if (e)
		call_fail(c, e);
	else
		call_reply(c, 200, result);
}

static void
forget(void *own)
{
	drift_check_forget(own);
}

void
handle_drift_check(struct call *c)
{
	c->own = drift_check_start(c->flow, (int)call_number(c, "days", 7, 1, DAYS_MAX), on_checked, c);
	c->own_free = forget;
}
