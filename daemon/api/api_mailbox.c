/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/prove.h"
#include "daemon/flow/subject.h"

#define PAGE 1000
#define HISTORY 100

json_t *
mailbox_json(const struct mailbox *m)
{
	json_t *aliases = json_array();

	for (const char *p = m->aliases; *p; p += *p == '\n') {
		size_t n = strcspn(p, "\n");

		json_array_append_new(aliases, json_stringn(p, n));
		p += n;
	}
	return json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:b,s:b,s:s,s:s,s:s,s:s,s:I,s:s,s:I,s:o,s:o,s:s,s:s}",
			 "address", m->address, "login", m->login, "full_name", m->full_name,
			 "agency", m->agency, "kind", m->kind, "status", status_word((int)m->status),
			 "login_allowed", m->login_allowed, "delivery_allowed", m->delivery_allowed,
			 "title", m->title, "unit", m->unit, "phone", m->phone, "rank", m->rank,
			 "quota", (json_int_t)m->quota, "person", m->person, "request",
			 (json_int_t)m->request, "updated_at", json_time(m->updated_at), "aliases",
			 aliases, "custodian", m->custodian, "purge_due", m->purge_due);
}

struct listing {
	json_t *array;
	char *last;
	int count;
};

static void
add_mailbox(void *arg, const struct mailbox *m)
{
	struct listing *l = arg;

	json_array_append_new(l->array, mailbox_json(m));
	free(l->last);
	l->last = xstrdup(m->login);
	l->count++;
}

void
handle_mailbox_list(struct call *c)
{
	const char *status = door_query(c->req, "status"), *after = door_query(c->req, "after");
	struct mailbox_query q = { .status = -1, .q = door_query(c->req, "q") };
	struct listing l = { .array = NULL };
	struct err e = ERR_INIT;
	const char *from = NULL, *domain;

	if (status && *status && (q.status = status_from(status)) < 0) {
		err_set(&e, ERR_USAGE, "\"%.40s\" is no status: active, suspended, closed or purged",
			status);
		call_fail(c, &e);
		return;
	}
	if (after && subject_is_reference(after)) /* stands where the login of an erased one stood */
		from = after;
	else if (after && *after && choose_split(c->flow, after, &from, &domain, c->arena, &e)) {
		call_fail(c, &e);
		return;
	}
	if (call_agency(c, &q.agency))
		return;
	q.after = from;
	q.limit = (int)call_number(c, "limit", PAGE, 1, PAGE);
	l.array = json_array();
	(void)store_mailboxes(c->flow->store, &q, add_mailbox, &l, NULL);
	call_reply(c, 200, json_pack("{s:o,s:o}", "mailboxes", l.array, "next",
				     l.count == q.limit ? json_string(l.last) : json_null()));
	free(l.last);
}

struct history {
	struct flow *flow;
	json_t *array;
};

static void
add_history(void *arg, const struct item *i, const struct request *r)
{
	struct history *h = arg;
	enum state state = item_state(h->flow, r, i);
	AUTO(buf) receipt = BUF_INIT;

	if (state == STATE_DONE)
		prove_receipt(h->flow, i->record, &receipt);
	json_array_append_new(h->array,
			      json_pack("{s:I,s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "request",
					(json_int_t)r->id, "row", (json_int_t)i->row, "receipt",
					receipt.data, "op", op_word((int)i->op), "state",
					state_word((int)state), "letter", r->letter,
					"reason", r->reason, "requested_by", r->submitter, "approved_by",
					r->approver, "at", json_time(i->updated_at)));
}

static void
not_there(struct call *c)
{
	const char *local, *domain;
	struct err e = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	struct address known;

	if (choose_split(c->flow, c->asked, &local, &domain, c->arena, &e)) {
		call_fail(c, &e);
		return;
	}
	if (store_find_address(c->flow->store, local, &known, c->arena) &&
	    known.state != ADDRESS_FREE)
		choose_tell(&known, &text);
	else
		buf_printf(&text, "there is no mailbox %s@%s", local, domain);
	err_set(&e, ERR_NOTFOUND, "%s", text.data);
	call_fail(c, &e);
}

void
handle_mailbox_show(struct call *c)
{
	struct history h = { .flow = c->flow };
	struct mailbox m;
	json_t *j;

	if (!store_mailbox(c->flow->store, c->word, &m, c->arena)) {
		not_there(c);
		return;
	}
	h.array = json_array();
	(void)store_history(c->flow->store, m.login, HISTORY, add_history, &h, NULL);
	j = mailbox_json(&m);
	json_object_set_new(j, "entry_uuid", json_string(m.entry_uuid));
	json_object_set_new(j, "history", h.array);
	call_reply(c, 200, j);
}
