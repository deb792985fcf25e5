/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/request_json.h"
#include "daemon/base/clock.h"
#include "daemon/flow/queue.h"

enum state
item_state(struct flow *f, const struct request *r, const struct item *i)
{
	if (i->state == STATE_RUNNING && queue_item_unknown(f, i->id))
		return STATE_UNKNOWN;
	if (i->state == STATE_CHECKED && r->state == STATE_APPROVED)
		return i->state;
	if (i->state != STATE_PLANNED && i->state != STATE_CHECKED && i->state != STATE_NAME_NEEDED)
		return i->state;
	if (r->state == STATE_NAME_NEEDED)
		return i->state;
	if (r->state == STATE_APPROVED)
		return i->due > (int64_t)(clock_wall_us() / 1000000) ? STATE_SCHEDULED :
								       STATE_APPROVED;
	return r->state;
}

/* The row of a request says approved until its last item has ended; its items say more. */
static enum state
state_of(const struct request *r, const int64_t n[STATE_COUNT])
{
	if (r->state != STATE_APPROVED)
		return r->state;
	if (n[STATE_HELD] && n[STATE_HELD] + n[STATE_CHECKED] == r->open)
		return STATE_HELD;
	if (n[STATE_SCHEDULED] == r->open)
		return STATE_SCHEDULED;
	return r->open < r->items || n[STATE_RUNNING] ? STATE_RUNNING : STATE_APPROVED;
}

static void
add_item(void *arg, const struct item *i)
{
	struct item_list *l = arg;

	l->last = i->row;
	l->count++;
	json_array_append_new(
		l->items,
		json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o?}", "row", (json_int_t)i->row, "op",
			  op_word((int)i->op), "address", i->address, "state",
			  state_word((int)item_state(l->flow, l->request, i)), "error", i->error, "ref",
			  *i->ref == '~' ? "" : i->ref, "full_name", i->full_name, "person", i->person,
			  "effective",
			  json_time(i->due * 1000000), "updated_at", json_time(i->updated_at), "input",
			  json_loads(i->input, 0, NULL)));
}

/* What a person should know about it. */
static const char *
note_of(const struct request *r)
{
	if (r->state == STATE_NAME_NEEDED)
		return "rows of it have no address: propose one for each";
	if (r->state == STATE_PLANNED && r->needs > 1)
		return *r->first_approver ? "a second approver, another person, has to allow it too" :
					    "it takes away or moves so many mailboxes that two people "
					    "have to allow it";
	if (r->state == STATE_PLANNED && r->round > 1)
		return "the directory had moved under some of its items: they were planned again and "
		       "need approval again";
	return r->refusal;
}

json_t *
request_head_json(struct flow *f, const struct request *r, enum state *shown)
{
	int64_t n[STATE_COUNT], now = (int64_t)(clock_wall_us() / 1000000);
	json_t *counts = json_object(), *j;

	if (store_item_counts(f->store, r->id, now, n, NULL) < 0)
		memset(n, 0, sizeof(n));
	*shown = state_of(r, n);
	for (int s = 0; s < STATE_COUNT; s++)
		if (n[s])
			json_object_set_new(counts, state_word(s), json_integer(n[s]));
	j = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s}", "id", (json_int_t)r->id, "state",
		      state_word((int)*shown), "kind", r->kind == REQUEST_ORDER ? "order" : "letter",
		      "agency", r->agency, "letter", r->letter, "date", r->date, "signer", r->signer,
		      "reason", r->reason, "channel", r->channel, "submitter", r->submitter,
		      "approver", r->state == STATE_REFUSED ? "" : r->approver);
	if (r->state == STATE_REFUSED)
		json_object_set_new(j, "refused_by", json_string(r->approver));
	json_object_set_new(j, "domain", json_string(r->domain));
	json_object_set_new(j, "signer_title", json_string(r->signer_title));
	json_object_set_new(j, "requester", json_string(r->requester));
	json_object_set_new(j, "requester_phone", json_string(r->requester_phone));
	json_object_set_new(j, "contact", json_string(r->contact));
	json_object_set_new(j, "attachment", json_string(r->attachment));
	json_object_set_new(j, "policy", json_string(r->policy));
	json_object_set_new(j, "due_at", json_time(r->due_at * 1000000));
	json_object_set_new(j, "overdue", json_boolean(!r->ended_at && r->due_at && r->due_at < now));
	json_object_set_new(j, "needs", json_integer(r->needs));
	json_object_set_new(j, "first_approver", json_string(r->first_approver));
	json_object_set_new(j, "digest", json_string(r->digest));
	json_object_set_new(j, "declared", r->declared < 0 ? json_null() : json_integer(r->declared));
	json_object_set_new(j, "round", json_integer(r->round));
	json_object_set_new(j, "submitted_at", json_time(r->submitted_at));
	json_object_set_new(j, "approved_at", json_time(r->approved_at));
	json_object_set_new(j, "ended_at", json_time(r->ended_at));
	json_object_set_new(j, "refusal", json_string(r->refusal));
	json_object_set_new(j, "item_count", json_integer(r->items));
	json_object_set_new(j, "open", json_integer(r->open));
	json_object_set_new(j, "failed", json_integer(r->failed));
	json_object_set_new(j, "erased", json_integer(r->erased));
	json_object_set_new(j, "counts", counts);
	json_object_set_new(j, "note", json_string(note_of(r)));
	return j;
}

json_t *
request_json(struct flow *f, int64_t id, int64_t offset, int64_t limit)
{
	AUTO(arena) a = arena_new();
	struct item_list list = { .flow = f };
	struct request r;
	enum state shown;
	json_t *j;
	AUTO(str) why = NULL;

	if (!store_request(f->store, id, &r, a))
		return NULL;
	j = request_head_json(f, &r, &shown);
	why = queue_reason(f, &r);
	if (*why)
		json_object_set_new(j, "waiting_for", json_string(why));
	if (limit <= 0)
		return j;
	list.request = &r;
	list.items = json_array();
	/* offset counts rows already seen: rows of a letter may have gaps (rows known from before) */
	(void)store_items(f->store, id, 0, offset, (int)limit, add_item, &list, NULL);
	json_object_set_new(j, "items", list.items);
	json_object_set_new(j, "next_offset",
			    list.count == limit ? json_integer(list.last + 1) : json_null());
	return j;
}
