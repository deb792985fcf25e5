/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/failpoint.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/directory/dir_watch.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/job.h"
#include "daemon/flow/job_outcome.h"
#include "daemon/flow/job_private.h"

/*
 * Life of a job.  A job exists from its intent to its outcome; everything before and after is only
 * in the database.
 *
 *	INTENT   the intent is written, waits for the commit
 *	SEND     may be sent as soon as the directory has room
 *	SENT     handed to the directory, waits for the reply
 *	READ     the reply was lost (or an earlier run left it): to be resolved by reading
 *	READING  the read is on its way
 *	PAUSE    the directory was busy: sent again after a while
 *	RECORD   the outcome is written, waits for the commit
 *
 * Never sent again without a read in between that shows it was not done; and each write asserts the
 * hopthuOpId it found, so a copy that slapd finds late changes nothing.
 */
#define SENDS_MAX 20 /* an operation that brings the connection down each time ends held */
#define BUSY_MS 500
#define BUSY_MAX 10 /* times BUSY_MS: the longest pause */

static void send_it(struct job *j);
static void read_it(struct job *j);

/* --- making ----------------------------------------------------------------------------------- */

static char *
authz_dn(struct flow *f, const struct request *r)
{
	const char *name = r->kind == REQUEST_ORDER ? r->submitter : r->approver;
	AUTO(str) parent = NULL;

	/* The first admin's own entry is the one thing that no operator can write. */
	if (!strcmp(name, actor_daemon.name))
		return NULL;
	parent = xasprintf("ou=operators,%s", f->conf->directory.base);
	return dir_dn("cn", name, parent);
}

static void
copy_item(struct job *j, const struct item *i)
{
	j->item = *i;
	j->item.ref = arena_strdup(j->arena, i->ref);
	j->item.login = arena_strdup(j->arena, i->login);
	j->item.address = arena_strdup(j->arena, i->address);
	j->item.person = arena_strdup(j->arena, i->person);
	j->item.full_name = arena_strdup(j->arena, i->full_name);
	j->item.opid = arena_strdup(j->arena, i->opid);
	j->item.plan = j->item.input = j->item.error = "";
}

static struct job *
new_job(struct flow *f, const struct item *i, const struct request *r, struct err *e)
{
	struct job *j = xcalloc(1, sizeof(*j));
	AUTO(str) parent = NULL;

	j->arena = arena_new();
	j->flow = f;
	copy_item(j, i);
	if (plan_read(&j->plan, i->plan, e)) {
		job_free(j);
		return NULL;
	}
	parent = xasprintf("%s,%s", plan_parent(i->op), f->conf->directory.base);
	j->dn = dir_dn(plan_rdn_type(i->op), j->plan.login, parent);
	j->authz = authz_dn(f, r);
	j->as = arena_strdup(j->arena, r->kind == REQUEST_ORDER ? r->submitter : r->approver);
	return j;
}

void
job_free(struct job *j)
{
	if (!j)
		return;
	loop_forget(j->flow->loop, j);
	store_forget(j->flow->store, j);
	loop_timer_free(j->timer);
	plan_release(&j->plan);
	free(j->dn);
	free(j->authz);
	arena_free(j->arena);
	free(j);
}

static void
set_state(struct job *j, enum job_state state)
{
	j->state = state;
}

static void
on_intent(void *arg, const struct err *failure)
{
	struct job *j = arg;

	if (failure) { /* nothing of it happened: the database still says planned */
		struct flow *f = j->flow;

		queue_ended(f, j);
		queue_pause(f);
		return;
	}
	failpoint(FP_INTENT_COMMITTED);
	set_state(j, j->read_first ? JOB_READ : JOB_SEND);
	job_directory_ready(j);
}

static int
write_intent(struct job *j, struct err *e)
{
	struct item *i = &j->item;
	struct evidence ev = {
		.ev = EVENT_INTENT, .actor = actor_daemon, .as = j->as, .op = op_word((int)i->op),
		.opid = i->opid, .plan = i->plan_sha, .req = i->request, .round = i->round,
		.row = i->row, .subj = *i->person ? i->person : NULL,
	};

	i->state = STATE_RUNNING;
	i->updated_at = (int64_t)clock_wall_us();
	j->read_first = i->tried;
	i->tried = true;
	if (i->intent) {
		/* A held item's intent has no outcome yet: it goes on under the same one. */
		ev.ev = EVENT_RESOLVE;
		ev.intent = i->intent;
		ev.result = "taken up again";
		if (evidence_append(j->flow, &ev, NULL, e))
			return -1;
	} else if (evidence_append(j->flow, &ev, &i->intent, e)) {
		return -1;
	}
	return store_put_item(j->flow->store, i, e);
}

struct job *
job_begin(struct flow *f, const struct item *i, const struct request *r, struct err *e)
{
	struct job *j = new_job(f, i, r, e);

	if (!j)
		return NULL;
	if (store_begin(f->store, e)) {
		job_free(j);
		return NULL;
	}
	if (write_intent(j, e)) {
		store_abort(f->store);
		job_free(j);
		return NULL;
	}
	if (store_end(f->store, e)) {
		job_free(j);
		return NULL;
	}
	set_state(j, JOB_INTENT);
	store_after_commit_soon(f->store, on_intent, j);
	return j;
}

struct job *
job_resume(struct flow *f, const struct item *i, const struct request *r, struct err *e)
{
	struct job *j = new_job(f, i, r, e);

	if (j)
		set_state(j, JOB_READ);
	return j;
}

/* --- sending ---------------------------------------------------------------------------------- */

static void
add_change(struct job *j, struct dir_change *c, enum plan_attr a, const char *value)
{
	const char **v = arena_alloc(j->arena, 2 * sizeof(*v));

	v[0] = value;
	c->name = plan_attr_names[a];
	c->values = v;
}

/* The plan's "after" as changes, and whose doing they are; strings belong to plan or item, arrays to
 * the arena. */
static const struct dir_change *
changes(struct job *j)
{
	size_t n = json_object_size(j->plan.after) + 2, k = 0;
	struct dir_change *c = arena_alloc(j->arena, (n + 1) * sizeof(*c));
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)j->plan.after, name, values)
	{
		const char **v = arena_alloc(j->arena, (json_array_size(values) + 1) * sizeof(*v));

		for (size_t i = 0; i < json_array_size(values); i++)
			v[i] = json_string_value(json_array_get(values, i));
		c[k].name = name;
		c[k++].values = v;
	}
	add_change(j, &c[k++], PLAN_hopthuOpId, j->item.opid);
	if (j->item.op == OP_CREATE)
		add_change(j, &c[k++], PLAN_hopthuPersonRef, j->item.person);
	return c;
}

/* (&(attr=before)...(!(attr=*))): the entry must still be what the plan was made from. */
static char *
assertion(struct job *j)
{
	size_t n = 0, k = 0;
	char **parts, *filter;
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)j->plan.before, name, values)
		n += json_array_size(values) + 1;
	parts = xcalloc(n + 1, sizeof(*parts));
	json_object_foreach((json_t *)j->plan.before, name, values)
	{
		/* the lock follows from hopthuLogin, and ppolicy may write it too */
		if (!strcmp(name, plan_attr_names[PLAN_pwdAccountLockedTime]))
			continue;
		for (size_t i = 0; i < json_array_size(values); i++)
			parts[k++] = dir_filter_equal(
				name, json_string_value(json_array_get(values, i)));
		if (!json_array_size(values)) {
			AUTO(str) present = dir_filter_present(name);

			parts[k++] = dir_filter_not(present);
		}
	}
	filter = dir_filter_and((const char *const *)parts);
	while (k)
		free(parts[--k]);
	free(parts);
	return filter;
}

static void
on_pause_over(void *arg)
{
	struct job *j = arg;

	set_state(j, JOB_SEND);
	job_directory_ready(j);
}

static void
pause_it(struct job *j)
{
	uint8_t jitter;

	digest_random(&jitter, 1);
	set_state(j, JOB_PAUSE);
	if (!j->timer)
		j->timer = loop_timer_new(j->flow->loop, on_pause_over, j);
	if (j->busy < BUSY_MAX)
		j->busy++;
	loop_timer_set(j->timer, (uint64_t)BUSY_MS * j->busy + jitter);
}

static void
on_reply(void *arg, const struct dir_result *r)
{
	struct job *j = arg;

	failpoint(FP_REPLY_RECEIVED);
	queue_room(j->flow);
	switch (r->class) {
	case DIR_OK:
		job_done(j, r);
		return;
	case DIR_ABSENT:
	case DIR_EXISTS:
	case DIR_ASSERTION:
	case DIR_LOST:
		set_state(j, JOB_READ);
		job_directory_ready(j);
		return;
	case DIR_NOT_SENT:
		j->sends--;
		set_state(j, JOB_SEND);
		return; /* goes on when the directory is ready again */
	case DIR_BUSY: /* says that it did nothing: asked again for as long as it takes */
		j->sends--;
		pause_it(j);
		return;
	case DIR_DENIED:
		job_denied(j, r);
		return;
	case DIR_BROKEN:
		job_hold(j, r->message);
		return;
	case DIR_REJECTED:
		job_failed(j, r->message, r->code);
		return;
	}
}

static void
send_it(struct job *j)
{
	struct dir *d = j->flow->dir;

	if (++j->sends > SENDS_MAX) {
		job_hold(j, "the directory takes it again and again and never shows it");
		return;
	}
	set_state(j, JOB_SENT);
	if (plan_adds(j->item.op)) {
		dir_add(d, j->dn, j->authz, changes(j), on_reply, j);
	} else {
		AUTO(str) filter = assertion(j);

		dir_modify(d, j->dn, j->authz, changes(j), filter, on_reply, j);
	}
	failpoint(FP_OP_SENT);
}

/* --- reading ---------------------------------------------------------------------------------- */

static bool
as_before(struct job *j, const struct dir_entry *entry)
{
	const char *name;
	json_t *values;

	json_object_foreach((json_t *)j->plan.before, name, values)
	{
		AUTO(str) was = plan_join(values);
		AUTO(str) is = dir_entry_join(entry, name);

		if (strcmp(name, plan_attr_names[PLAN_pwdAccountLockedTime]) && strcmp(was, is))
			return false;
	}
	return true;
}

static void
resolve(struct job *j, const struct dir_result *r)
{
	const char *opid = r->entry ? dir_entry_get(r->entry, "hopthuOpId") : NULL;

	if (opid && !strcmp(opid, j->item.opid)) {
		job_done(j, r);
	} else if (!r->entry && plan_adds(j->item.op)) {
		set_state(j, JOB_SEND);
		job_directory_ready(j);
	} else if (!r->entry) {
		job_failed(j, "the entry is not in the directory any more, and hopthu did not take it "
			      "away", r->code);
	} else if (!plan_adds(j->item.op) && as_before(j, r->entry)) {
		set_state(j, JOB_SEND);
		job_directory_ready(j);
	} else {
		job_moved(j, r->entry);
	}
}

static void
on_read(void *arg, const struct dir_result *r)
{
	struct job *j = arg;

	queue_room(j->flow);
	switch (r->class) {
	case DIR_OK:
	case DIR_ABSENT:
		failpoint(FP_RESOLVE_READ);
		resolve(j, r);
		return;
	case DIR_LOST:
	case DIR_NOT_SENT:
	case DIR_BUSY:
		set_state(j, JOB_READ);
		if (r->class == DIR_BUSY)
			queue_pause(j->flow);
		return;
	case DIR_EXISTS:
	case DIR_ASSERTION:
	case DIR_DENIED:
	case DIR_BROKEN:
	case DIR_REJECTED:
		job_hold(j, r->message);
		return;
	}
}

static void
read_it(struct job *j)
{
	set_state(j, JOB_READING);
	dir_read(j->flow->dir, j->dn, dir_watch_attrs, on_read, j);
}

/* The directory has room (or may have): go on if this job waits for it. */
void
job_directory_ready(struct job *j)
{
	if (j->flow->incident || dir_state(j->flow->dir) != DIR_READY || !dir_room(j->flow->dir))
		return;
	if (j->state == JOB_SEND && !drift_held(j->flow))
		send_it(j);
	else if (j->state == JOB_READ)
		read_it(j);
}

void
job_read_again(struct job *j)
{
	set_state(j, JOB_READ);
}

bool
job_is_busy(const struct job *j)
{
	bool waits = j->state == JOB_SEND || j->state == JOB_READ || j->state == JOB_PAUSE;

	return !waits || (dir_state(j->flow->dir) == DIR_READY &&
			  !(drift_held(j->flow) && j->state != JOB_READ));
}

bool
job_is_unknown(const struct job *j)
{
	return j->state == JOB_READ || j->state == JOB_READING;
}

int64_t
job_item(const struct job *j)
{
	return j->item.id;
}

struct job **
job_link(struct job *j)
{
	return &j->next;
}
