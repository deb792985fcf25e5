/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "daemon/base/clock.h"
#include "daemon/base/failpoint.h"
#include "daemon/base/log.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/foreign.h"
#include "daemon/flow/job_outcome.h"
#include "daemon/flow/job_private.h"
#include "daemon/flow/password.h"
#include "daemon/flow/replan.h"
#include "daemon/policy/name.h"

/* --- after the commit ------------------------------------------------------------------------- */

static void
on_recorded(void *arg, const struct err *failure)
{
	struct job *j = arg;
	struct flow *f = j->flow;
	int64_t request = j->item.request;
	bool ended = j->ended_request, held = j->held, order = j->item.op >= OP_AGENCY_ADD;
	bool password = j->item.op == OP_PASSWORD_POLICY, moved = j->moved;

	if (failure) {
		/* The directory knows more than the database: read it again when it can be written. */
		j->item = j->as_begun;
		job_read_again(j);
		queue_pause(f);
		return;
	}
	failpoint(FP_OUTCOME_COMMITTED);
	if (ended) {
		failpoint(FP_REQUEST_ENDED);
		log_info("request %" PRId64 " has ended", request);
	}
	queue_ended(f, j);
	if (ended || held)
		queue_changed(f, request);
	queue_settled(f, request);
	if (order)
		queue_wake(f); /* what waited for a new name, or for a leaver's last order, can begin */
	if (password)
		password_ended(f, moved);
}

/* --- the unit --------------------------------------------------------------------------------- */

static int
count_request(struct job *j, bool ended, bool failed, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct request r;

	if (!ended)
		return 0;
	BUG_ON(!store_request(j->flow->store, j->item.request, &r, a));
	r.open--;
	r.failed += failed;
	if (!r.open) {
		r.state = r.failed ? STATE_FAILED : STATE_DONE;
		r.ended_at = (int64_t)clock_wall_us();
		j->ended_request = true;
	}
	return store_put_request(j->flow->store, &r, e);
}

static int
end_item(struct job *j, enum state state, const char *error, struct err *e)
{
	struct item *i = &j->item;
	bool ended = state_ended(state);

	i->state = state;
	i->error = arena_strdup(j->arena, error);
	if (state != STATE_HELD)
		i->intent = 0;
	if (state == STATE_DONE || state == STATE_CHECKED)
		i->tried = false;
	i->updated_at = (int64_t)clock_wall_us();
	return store_put_item(j->flow->store, i, e) ||
			       count_request(j, ended, state == STATE_FAILED, e) ? -1 : 0;
}

static struct evidence
outcome(const struct job *j, const char *result)
{
	const struct item *i = &j->item;

	return (struct evidence){
		.ev = EVENT_OUTCOME, .actor = actor_daemon, .as = j->as, .intent = i->intent,
		.op = op_word((int)i->op), .opid = i->opid, .req = i->request, .row = i->row,
		.subj = *i->person ? i->person : NULL, .result = result,
	};
}

typedef int unit_fn(struct job *j, const void *arg, struct err *e);

static void
record(struct job *j, unit_fn *fn, const void *arg)
{
	struct store *s = j->flow->store;
	struct err e = ERR_INIT;

	j->state = JOB_RECORD;
	j->ended_request = j->moved = false;
	j->as_begun = j->item;
	if (store_begin(s, &e)) {
		on_recorded(j, &e);
		return;
	}
	if (fn(j, arg, &e)) {
		store_abort(s);
		on_recorded(j, &e);
		return;
	}
	if (store_end(s, &e)) {
		on_recorded(j, &e);
		return;
	}
	failpoint(FP_OUTCOME_WRITTEN);
	store_after_commit_soon(s, on_recorded, j);
}

/* --- done ------------------------------------------------------------------------------------- */

/* An address that the mailbox has from now on, or has beside it. */
static int
take_address(struct job *j, const struct mailbox *m, const char *address,
	     enum address_state state, struct err *e)
{
	const char *at = strchr(address, '@');
	AUTO(str) local = xstrndup(address, at ? (size_t)(at - address) : strlen(address));
	AUTO(buf) shape = BUF_INIT;
	struct address a = { .local = local, .domain = at ? at + 1 : "", .login = m->login,
			     .state = state, .person = m->person, .request = m->request };

	name_shape(local, &shape);
	return store_put_address(j->flow->store, &a, shape.data, e);
}

/* The registry follows what was done. */
static int
write_addresses(struct job *j, const struct mailbox *before, const struct mailbox *m,
		struct err *e)
{
	switch (j->item.op) {
	case OP_CREATE:
		return take_address(j, m, m->address, ADDRESS_ACTIVE, e);
	case OP_PURGE:
		return store_end_addresses(j->flow->store, m->login, m->request, e);
	case OP_RENAME:
	case OP_TRANSFER:
		if (!strcmp(before->address, m->address))
			return 0;
		return take_address(j, m, before->address, ADDRESS_ALIAS, e) ||
				       take_address(j, m, m->address, ADDRESS_ACTIVE, e) ? -1 : 0;
	case OP_UPDATE:
	case OP_SUSPEND:
	case OP_RESUME:
	case OP_CLOSE:
	case OP_RESTORE:
	case OP_REVERT:
	case OP_AGENCY_ADD:
	case OP_OPERATOR_ADD:
	case OP_OPERATOR_REVOKE:
	case OP_PASSWORD_POLICY:
	case OP_COUNT:
		break;
	}
	return 0;
}

static int
write_mailbox(struct job *j, const struct dir_entry *entry, struct err *e)
{
	struct store *s = j->flow->store;
	const char *uuid = entry ? dir_entry_get(entry, "entryUUID") : NULL;
	struct mailbox before = plan_no_mailbox, m;

	before.login = j->item.login;
	before.address = j->item.address;
	before.person = j->item.person;
	if (j->item.op != OP_CREATE)
		BUG_ON(!store_mailbox(s, j->item.login, &before, j->arena));
	m = before;
	plan_apply(&j->plan, &m, j->arena);
	m.opid = j->item.opid;
	if (uuid)
		m.entry_uuid = arena_strdup(j->arena, uuid);
	m.request = j->item.request;
	m.updated_at = (int64_t)clock_wall_us();
	return write_addresses(j, &before, &m, e) || store_put_mailbox(s, &m, e) ||
			       drift_done(j->flow, m.login, &j->plan, e) ? -1 : 0;
}

static int
write_operator(struct job *j, struct err *e)
{
	struct operator o;

	if (!store_operator(j->flow->store, j->item.login, &o, j->arena))
		return 0;
	o.in_directory = true;
	return store_put_operator(j->flow->store, &o, e);
}

static int
unit_done(struct job *j, const void *arg, struct err *e)
{
	const struct dir_result *r = arg;
	struct evidence ev = outcome(j, "done");

	ev.ldap = true;
	ev.ldap_rc = r->code;
	ev.ldap_uuid = r->entry ? dir_entry_get(r->entry, "entryUUID") : NULL;
	ev.ldap_csn = r->entry ? dir_entry_get(r->entry, "entryCSN") : NULL;
	switch (j->item.op) {
	case OP_CREATE:
	case OP_UPDATE:
	case OP_SUSPEND:
	case OP_RESUME:
	case OP_CLOSE:
	case OP_RESTORE:
	case OP_PURGE:
	case OP_RENAME:
	case OP_TRANSFER:
		if (write_mailbox(j, r->entry, e))
			return -1;
		break;
	case OP_REVERT:
		if (write_mailbox(j, r->entry, e) ||
		    drift_reverted(j->flow, j->item.request, j->item.login, e))
			return -1;
		break;
	case OP_OPERATOR_ADD:
	case OP_OPERATOR_REVOKE:
		if (write_operator(j, e))
			return -1;
		break;
	case OP_PASSWORD_POLICY:
		if (password_written(j->flow, &j->plan, j->item.opid, e))
			return -1;
		break;
	case OP_AGENCY_ADD:
	case OP_COUNT:
		break;
	}
	if (evidence_append(j->flow, &ev, &j->item.record, e))
		return -1;
	return end_item(j, STATE_DONE, "", e);
}

void
job_done(struct job *j, const struct dir_result *r)
{
	record(j, unit_done, r);
}

/* --- failed, held ----------------------------------------------------------------------------- */

struct failure {
	const char *message;
	int code;
};

static int
unit_failed(struct job *j, const void *arg, struct err *e)
{
	const struct failure *f = arg;
	struct evidence ev = outcome(j, "failed");

	ev.ldap = true;
	ev.ldap_rc = f->code;
	evidence_pii(&ev, "message", f->message);
	if (evidence_append(j->flow, &ev, &j->item.record, e))
		return -1;
	return end_item(j, STATE_FAILED, f->message, e);
}

/* A server's text may be cut, or in another encoding: rows and records are UTF-8. */
static const char *
clean(struct job *j, const char *message)
{
	AUTO(buf) b = BUF_INIT;

	text_show(message, strlen(message), ERR_MSG_MAX, &b);
	return arena_strdup(j->arena, b.data);
}

void
job_failed(struct job *j, const char *message, int code)
{
	if (j->item.op == OP_PASSWORD_POLICY)
		message = arena_printf(j->arena, "the directory's password policy does not follow the rules "
				       "in force: %s; see \"The password policy\" in ldif/README.md",
				       message);
	message = clean(j, message);
	log_warn("request %" PRId64 " row %" PRId64 " failed: %s", j->item.request, j->item.row,
		 message);
	record(j, unit_failed, &(struct failure){ message, code });
}

static int
unit_hold(struct job *j, const void *arg, struct err *e)
{
	struct evidence ev = outcome(j, NULL);

	ev.ev = EVENT_HOLD;
	evidence_pii(&ev, "message", arg);
	if (evidence_append(j->flow, &ev, NULL, e))
		return -1;
	return end_item(j, STATE_HELD, arg, e);
}

void
job_hold(struct job *j, const char *message)
{
	message = clean(j, message);
	log_error("request %" PRId64 " row %" PRId64 " is held, it needs a person: %s",
		  j->item.request, j->item.row, message);
	j->held = true;
	record(j, unit_hold, message);
}

void
job_denied(struct job *j, const struct dir_result *r)
{
	/* hopthud gives its own order again by itself, and must not leave one open for that */
	if (j->item.op == OP_PASSWORD_POLICY)
		job_failed(j, r->message, r->code);
	else
		job_hold(j, r->message);
}

/* --- moved ------------------------------------------------------------------------------------ */

/* What is found is what another request of ours left there after this one was planned. */
static bool
is_ours(struct job *j, const struct dir_entry *found)
{
	struct mailbox m;

	if (!store_mailbox(j->flow->store, j->item.login, &m, j->arena))
		return false;
	if (j->item.op == OP_CREATE)
		return true; /* the address was promised, taken back and given to somebody else */
	for (int n = 0; n < PLAN_ATTR_COUNT; n++) {
		AUTO(str) is = dir_entry_join(found, plan_attr_names[n]);

		if (strcmp(is, plan_attr_get(&m, (enum plan_attr)n, j->arena)))
			return false;
	}
	return true;
}

/* One change has one record: the watch may have written it already. */
static int
note_drift(struct job *j, const struct dir_entry *found, struct err *e)
{
	struct mailbox m;
	bool known = store_mailbox(j->flow->store, j->item.login, &m, j->arena);
	struct drift_ask ask = { .entry = found, .read_at = known ? m.opid : "",
				 .baseline = j->item.op != OP_CREATE && !drift_watches(j->flow),
				 .req = j->item.request, .row = j->item.row };

	if (drift_see_in_unit(j->flow, &ask, e) == DRIFT_FAILED)
		return -1;
	if (j->item.op != OP_CREATE)
		return 0;
	return store_put_address(j->flow->store, &(struct address){
			.local = j->item.login, .domain = "", .login = j->item.login, .person = "",
			.state = ADDRESS_FOREIGN, .request = j->item.request }, "", e);
}

static const char *
moved_because(const struct job *j, bool ours, bool by_others)
{
	if (j->item.op == OP_CREATE)
		return ours ? "the address went to another mailbox since this was planned: it gets another "
			      "address and needs approval again" :
			      "the directory has an entry of this name that hopthu did not make: it gets "
			      "another address and needs approval again";
	return ours && !by_others ? "another request changed this mailbox since this was planned: it is "
				    "planned and needs approval again" :
				    "the entry was changed in the directory since this was planned: it is "
				    "planned and needs approval again";
}

static int
unit_moved(struct job *j, const void *arg, struct err *e)
{
	const struct dir_entry *found = arg;
	struct evidence ev = outcome(j, "moved");
	bool ours = is_ours(j, found);
	struct mailbox m;

	if (evidence_append(j->flow, &ev, &j->item.record, e) || (!ours && note_drift(j, found, e)))
		return -1;
	if (!store_mailbox(j->flow->store, j->item.login, &m, j->arena))
		m.request = 0;
	return end_item(j, STATE_CHECKED, moved_because(j, ours, !m.request), e);
}

static int
unit_password_moved(struct job *j, const void *arg, struct err *e)
{
	AUTO(buf) difference = BUF_INIT;
	struct evidence ev = outcome(j, "moved"), drift = { .ev = EVENT_DRIFT };
	struct drift_ask ask = { .entry = arg, .read_at = "", .req = j->item.request,
				 .row = j->item.row };

	if (password_moved(j->flow, arg, &difference, e) || evidence_append(j->flow, &ev, &j->item.record, e))
		return -1;
	j->moved = true;
	drift.actor = actor_daemon;
	drift.op = ev.op;
	drift.req = j->item.request;
	drift.row = j->item.row;
	evidence_pii(&drift, "found", difference.data);
	if (drift_watches(j->flow) ? drift_see_in_unit(j->flow, &ask, e) == DRIFT_FAILED :
				     evidence_append(j->flow, &drift, NULL, e) != 0)
		return -1;
	return end_item(j, STATE_FAILED, "the password policy was changed in the directory, not by "
			"hopthu: the drift record says how", e);
}

void
job_moved(struct job *j, const struct dir_entry *found)
{
	if (j->item.op == OP_PASSWORD_POLICY) {
		log_warn("request %" PRId64 ": the password policy was changed in the directory, not by "
			 "hopthu", j->item.request);
		record(j, unit_password_moved, found);
		return;
	}
	if (j->item.op == OP_REVERT) {
		job_failed(j, "the entry was changed again since this was planned: what others changed is "
			      "put back by a new `hopthuctl drift revert`", 0);
		return;
	}
	if (j->item.op >= OP_AGENCY_ADD) {
		job_failed(j, "the directory has an entry of this name that hopthu did not make, or "
			      "changed it: look at it with ldapsearch", 0);
		return;
	}
	log_warn("request %" PRId64 " row %" PRId64 ": the directory is not as it was when this was "
		 "planned", j->item.request, j->item.row);
	record(j, unit_moved, found);
}
