/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake_row.h"
#include "daemon/flow/naming.h"
#include "daemon/flow/replan.h"

/* What is proposed, and for what. */
struct proposal {
	struct request request;
	struct item item;
	struct rules rules;
	const char *local;
	struct mailbox before, after;
};

static int
check_row(struct flow *f, int64_t request, int64_t row, struct proposal *p, struct arena *a,
	  struct err *e)
{
	if (!store_request(f->store, request, &p->request, a))
		return err_set(e, ERR_NOTFOUND, "there is no request %" PRId64, request);
	if (!store_item_by_row(f->store, request, row, &p->item, a))
		return err_set(e, ERR_NOTFOUND, "request %" PRId64 " has no row %" PRId64, request, row);
	if (p->request.state == STATE_NAME_NEEDED && p->item.state == STATE_NAME_NEEDED)
		return 0;
	return err_set(e, ERR_CONFLICT, "row %" PRId64 " of request %" PRId64 " needs no address: it "
		       "is %s%s%s", row, request, state_word((int)p->item.state),
		       *p->item.address ? " with " : "", p->item.address);
}

/* What the mailbox is, or will be. */
static int
plan_kind(struct flow *f, const struct proposal *p, enum kind *kind, struct arena *a, struct err *e)
{
	struct mailbox m = plan_no_mailbox;
	struct plan old;

	if (p->item.op != OP_CREATE) {
		if (!store_mailbox(f->store, p->item.login, &m, a))
			return err_set(e, ERR_CONFLICT, "there is no mailbox %s any more",
				       p->item.login);
	} else if (plan_read(&old, p->item.plan, e)) {
		return -1;
	} else {
		plan_apply(&old, &m, a);
		plan_release(&old);
	}
	*kind = (enum kind)kind_from(m.kind);
	return 0;
}

static int
check_address(struct flow *f, const char *address, struct proposal *p, struct arena *a,
	      struct err *e)
{
	struct choose_ask ask = { .holder = p->item.op == OP_CREATE ? NULL : p->item.login };
	const char *domain;
	enum kind kind = KIND_PERSON;

	if (rules_find(f, p->request.agency, p->request.domain, &p->rules, a, e) ||
	    choose_split(f, address, &p->local, &domain, a, e))
		return -1;
	if (strchr(address, '@') && strcmp(domain, p->rules.domain))
		return err_set(e, ERR_USAGE, "\"%s\" is of another domain than the letter's addresses: "
			       "its domain is %s", address, p->rules.domain);
	ask.policy = p->rules.policy;
	if (plan_kind(f, p, &kind, a, e))
		return -1;
	return choose_check_kind(f, kind, p->request.agency, p->local, e) ||
			       choose_check_free(f, &ask, p->local, e) ? -1 : 0;
}

/* The plan that the row has, with the address in it. */
static int
plan_create(struct proposal *p, const char *address, struct arena *a, struct err *e)
{
	struct plan old;

	if (plan_read(&old, p->item.plan, e))
		return -1;
	p->after = plan_no_mailbox;
	p->after.person = p->item.person;
	plan_apply(&old, &p->after, a);
	plan_release(&old);
	p->after.login = p->local;
	p->after.address = address;
	return 0;
}

static int
plan_it(struct flow *f, struct proposal *p, struct arena *a, struct err *e)
{
	const char *address = arena_printf(a, "%s@%s", p->local, p->rules.domain);
	bool create = p->item.op == OP_CREATE;

	if (create) {
		if (plan_create(p, address, a, e))
			return -1;
	} else { /* the mailbox may be another than when the letter came: closed, moved */
		if (replan_change(f, &p->rules, &p->item, &p->before, &p->after, a, e))
			return -1;
		plan_readdress(&p->after, address, a);
	}
	intake_row_plan(f, &p->item, create ? NULL : &p->before, &p->after, a);
	p->item.state = STATE_PLANNED;
	p->item.error = "";
	p->item.updated_at = (int64_t)clock_wall_us();
	return 0;
}

static void
add_row(void *arg, int64_t row, const uint8_t sha[DIGEST_LEN])
{
	AUTO(buf) line = BUF_INIT;

	plan_digest_item(&line, row, sha);
	digest_add(arg, line.data, line.len);
}

/* Was it the last?  Then the plan is whole. */
static int
complete(struct flow *f, struct proposal *p, const struct actor *who, struct err *e)
{
	struct request *r = &p->request;
	struct evidence ev = { .ev = EVENT_PLAN, .actor = *who, .req = r->id, .round = r->round,
			       .policy = p->rules.digest, .needs = r->needs };
	AUTO(buf) head = BUF_INIT, hex = BUF_INIT;
	uint8_t hash[DIGEST_LEN];
	struct digest *d;

	if (store_has_needy(f->store, r->id))
		return 0;
	ev.count = store_plan_count(f->store, r->id, r->round);
	plan_digest_head(&head, ev.count);
	d = digest_new();
	digest_add(d, head.data, head.len);
	store_plan_hashes(f->store, r->id, r->round, add_row, d);
	digest_final(d, hash);
	buf_hex(&hex, hash, DIGEST_LEN);
	r->digest = ev.digest = hex.data;
	r->state = STATE_PLANNED;
	if (store_put_request(f->store, r, e) || evidence_append(f, &ev, NULL, e))
		return -1;
	r->digest = "";
	return 0;
}

/* Whoever proposed an address does not approve the letter. */
static void
remember(struct request *r, const char *who, struct arena *a)
{
	const char *mark = arena_printf(a, ",%s,", who);

	if (!strstr(r->namers, mark))
		r->namers = arena_printf(a, "%s%s,", *r->namers ? r->namers : ",", who);
}

static int
write(struct flow *f, struct proposal *p, const struct actor *who, struct err *e)
{
	struct item *i = &p->item;
	struct evidence ev = { .ev = EVENT_NAME, .actor = *who, .op = op_word((int)i->op),
			       .opid = i->opid, .plan = i->plan_sha, .req = i->request,
			       .round = i->round, .row = i->row, .subj = i->person,
			       .policy = p->rules.digest };

	evidence_pii(&ev, "address", p->after.address);
	p->after.request = i->request;
	return store_plan_item(f->store, i, e) || store_put_item(f->store, i, e) ||
			       intake_row_reserve(f, &p->after, i->request, e) ||
			       store_put_request(f->store, &p->request, e) ||
			       evidence_append(f, &ev, NULL, e) || complete(f, p, who, e) ? -1 : 0;
}

int
naming_propose(struct flow *f, int64_t request, int64_t row, const char *address, bool dry_run,
	       const struct actor *who, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct proposal p;

	if (check_row(f, request, row, &p, a, e) || check_address(f, address, &p, a, e) ||
	    plan_it(f, &p, a, e))
		return -1;
	if (dry_run)
		return 0;
	remember(&p.request, who->name, a);
	if (store_begin(f->store, e))
		return -1;
	if (write(f, &p, who, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}
