/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "daemon/flow/undo.h"

#define ROWS_MAX 20000 /* of one letter that is taken back */
#define STEP_ROWS 256

struct walk {
	struct flow *flow;
	struct undo *undo;
	int count;
};

static void
cannot(struct walk *w, const struct item *i, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
cannot(struct walk *w, const struct item *i, const char *fmt, ...)
{
	char message[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	json_array_append_new(w->undo->cannot,
			      json_pack("{s:I,s:s,s:s,s:s}", "row", (json_int_t)i->row, "op",
					op_word((int)i->op), "address", i->address, "message",
					message));
}

/* --- the values of before ---------------------------------------------------------------------- */

/* Columns that an update may write, and where the plan has what they were. */
static const struct {
	enum letter_column column;
	enum plan_attr attr;
} columns[] = {
	{ LETTER_full_name, PLAN_cn },   { LETTER_title, PLAN_title },
	{ LETTER_unit, PLAN_ou },        { LETTER_phone, PLAN_telephoneNumber },
	{ LETTER_rank, PLAN_hopthuRank }, { LETTER_quota, PLAN_hopthuQuota },
	{ LETTER_custodian, PLAN_hopthuCustodian },
};

/* "uid=anhbt,ou=people,..." as hopthu wrote it -> "anhbt"; a custodian is never taken away. */
static json_t *
custodian_value(const char *dn)
{
	const char *login = strchr(dn, '=') ? strchr(dn, '=') + 1 : dn;
	AUTO(str) local = xstrndup(login, strcspn(login, ","));

	return json_string(local);
}

/* A custodian can be replaced, and not taken away; and only an open mailbox of a person is one. */
static bool
custodian_returns(struct walk *w, const struct item *i, const struct plan *p)
{
	const json_t *was = json_object_get(p->before, plan_attr_names[PLAN_hopthuCustodian]);
	const char *dn = json_string_value(json_array_get(was, 0));
	AUTO(json) login = dn ? custodian_value(dn) : NULL;
	AUTO(arena) a = arena_new();
	struct mailbox m;

	if (!was || (i->op != OP_UPDATE && i->op != OP_TRANSFER))
		return true;
	if (!dn) {
		cannot(w, i, "%s had no custodian before, and one cannot be taken away: name another in an "
		       "update", i->address);
		return false;
	}
	if (store_mailbox(w->flow->store, json_string_value(login), &m, a) &&
	    m.status != STATUS_CLOSED && m.status != STATUS_PURGED)
		return true;
	cannot(w, i, "%s answered for %s before, and that mailbox is not open any more: name another in "
	       "an update", json_string_value(login), i->address);
	return false;
}

/* A quota in the unit that it is a whole number of. */
static json_t *
quota_value(const char *bytes)
{
	long long n = strtoll(bytes, NULL, 10);
	char text[32];

	if (n >= 1 << 20 && n % (1 << 20) == 0)
		snprintf(text, sizeof(text), "%lldM", n >> 20);
	else
		snprintf(text, sizeof(text), "%lldK", n >> 10);
	return json_string(text);
}

static void
put_back(json_t *row, const struct plan *p)
{
	for (size_t n = 0; n < sizeof(columns) / sizeof(*columns); n++) {
		const char *word = letter_column_words[columns[n].column];
		const json_t *was = json_object_get(p->before, plan_attr_names[columns[n].attr]);
		const char *value = json_string_value(json_array_get(was, 0));

		if (!was)
			continue; /* it did not change */
		if (!value)
			json_object_set_new(row, word, json_string("-"));
		else if (columns[n].column == LETTER_quota)
			json_object_set_new(row, word, quota_value(value));
		else if (columns[n].column == LETTER_custodian)
			json_object_set_new(row, word, custodian_value(value));
		else
			json_object_set_new(row, word, json_string(value));
	}
}

static const char *
first_before(const struct plan *p, enum plan_attr a)
{
	const char *v = json_string_value(
		json_array_get(json_object_get(p->before, plan_attr_names[a]), 0));

	return v ? v : "";
}

/* --- one row ---------------------------------------------------------------------------------- */

/* The mailbox as this item left it: what came later would be undone with it. */
static bool
still_so(struct walk *w, const struct item *i, struct mailbox *m, struct arena *a)
{
	if (!store_mailbox(w->flow->store, i->login, m, a)) {
		cannot(w, i, "there is no mailbox %s any more", i->address);
		return false;
	}
	if (!strcmp(m->opid, i->opid))
		return true;
	if (m->request)
		cannot(w, i, "%s was changed again by request %" PRId64 ": undo that one first",
		       m->address, m->request);
	else
		cannot(w, i, "%s was changed in the directory since, not by hopthu", m->address);
	return false;
}

/* An agency's letter has rows of one agency only. */
static bool
same_agency(struct walk *w, const struct item *i, const char *agency)
{
	if (!w->undo->agency)
		w->undo->agency = xstrdup(agency);
	if (!strcmp(w->undo->agency, agency))
		return true;
	cannot(w, i, "%s goes back to agency %s, and the other rows to %s: ask for it in a letter of "
	       "its own", i->address, agency, w->undo->agency);
	return false;
}

static void
add_inverse(struct walk *w, const struct item *i, const struct plan *p, const struct mailbox *m)
{
	enum op op = plan_inverse(i->op);
	const char *agency = i->op == OP_TRANSFER ? first_before(p, PLAN_hopthuAgency) : m->agency;
	const char *address = first_before(p, PLAN_mail);
	json_t *row;

	if (!custodian_returns(w, i, p) || !same_agency(w, i, agency))
		return;
	row = json_pack("{s:s,s:s}", "op", op_word((int)op), "address", m->address);
	if (i->op == OP_UPDATE || i->op == OP_TRANSFER)
		put_back(row, p);
	if (*address && (i->op == OP_RENAME || i->op == OP_TRANSFER))
		json_object_set_new(row, "new_address", json_string(address));
	json_array_append_new(w->undo->items, row);
}

static void
on_item(void *arg, const struct item *i)
{
	struct walk *w = arg;
	AUTO(arena) a = arena_new();
	struct mailbox m;
	struct plan p;

	w->count++;
	w->undo->next_row = i->row + 1;
	if (!*i->plan) {
		cannot(w, i, "the data of its person were erased: nothing of it can come back");
		return;
	}
	if (i->state != STATE_DONE) {
		cannot(w, i, "it was not done: there is nothing to undo");
		return;
	}
	if (plan_inverse(i->op) == OP_COUNT) {
		cannot(w, i, "%s cannot be undone", i->op == OP_PURGE ? "a purge: the data are gone; it" :
			     op_word((int)i->op));
		return;
	}
	if (!still_so(w, i, &m, a))
		return;
	if (plan_read(&p, i->plan, NULL)) {
		cannot(w, i, "what was before is not kept any more");
		return;
	}
	add_inverse(w, i, &p, &m);
	plan_release(&p);
}

int
undo_begin(struct flow *f, int64_t id, struct undo *u, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct request r;

	memset(u, 0, sizeof(*u));
	if (!store_request(f->store, id, &r, a))
		return err_set(e, ERR_NOTFOUND, "there is no request %" PRId64, id);
	if (r.kind == REQUEST_ORDER)
		return err_set(e, ERR_CONFLICT, "request %" PRId64 " is an administrator's order: agencies "
			       "and operators have commands of their own", id);
	if (!r.ended_at)
		return err_set(e, ERR_CONFLICT, "request %" PRId64 " has not ended: take it back with "
			       "`hopthuctl request cancel %" PRId64 "`, or wait", id, id);
	if (r.items > ROWS_MAX)
		return err_set(e, ERR_USAGE, "request %" PRId64 " has %" PRId64 " rows; at most %d can be "
			       "undone in one letter", id, r.items, ROWS_MAX);
	u->items = json_array();
	u->cannot = json_array();
	u->domain = xstrdup(r.domain);
	u->request = id;
	return 0;
}

int
undo_step(struct flow *f, struct undo *u, struct err *e)
{
	struct walk w = { .flow = f, .undo = u };

	if (store_items(f->store, u->request, 0, u->next_row, STEP_ROWS, on_item, &w, e) < 0)
		return -1;
	if (w.count == STEP_ROWS)
		return 1;
	if (json_array_size(u->items))
		return 0;
	return err_set(e, ERR_CONFLICT, "nothing of request %" PRId64 " can be undone: %s", u->request,
		       json_array_size(u->cannot) ?
			       json_str(json_array_get(u->cannot, 0), "message") : "it has no rows");
}

void
undo_release(struct undo *u)
{
	json_decref(u->items);
	json_decref(u->cannot);
	free(u->agency);
	free(u->domain);
	memset(u, 0, sizeof(*u));
}
