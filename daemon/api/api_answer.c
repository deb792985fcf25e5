/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "daemon/api/api.h"
#include "daemon/api/request_json.h"
#include "daemon/flow/prove.h"

#define PAGE 1000

/* What became of a row, next to what it said.  Nothing here is a secret: there is no password. */
static void
add_row(void *arg, const struct item *i)
{
	struct item_list *l = arg;
	enum state state = item_state(l->flow, l->request, i);
	AUTO(buf) receipt = BUF_INIT;
	bool withdrawn = state == STATE_REFUSED || state == STATE_CANCELLED;
	json_t *input = json_loads(i->input, 0, NULL);

	if (input && *i->ref == '~') /* by which a corrected row is known again */
		json_object_set_new(input, "ref", json_string(i->ref));
	l->last = i->row;
	l->count++;
	if (state == STATE_DONE)
		prove_receipt(l->flow, i->record, &receipt);
	json_array_append_new(l->items,
			      json_pack("{s:I,s:o?,s:s,s:s,s:s,s:s}", "row", (json_int_t)i->row, "input",
					input, "address", i->address, "state",
					state_word((int)state), "error",
					withdrawn && !*i->error ? l->request->refusal : i->error, "receipt",
					receipt.data));
}

void
handle_request_answer(struct call *c)
{
	int64_t limit = call_number(c, "limit", PAGE, 1, PAGE);
	struct item_list list = { .flow = c->flow };
	struct agency agency = { .name = "" };
	struct request r;
	enum state shown;
	json_t *head, *j;

	BUG_ON(!store_request(c->flow->store, c->id, &r, c->arena)); /* the scope check saw it */
	if (!store_agency(c->flow->store, r.agency, &agency, c->arena))
		agency.name = "";
	list.request = &r;
	list.items = json_array();
	head = request_head_json(c->flow, &r, &shown);
	json_decref(head);
	(void)store_items(c->flow->store, c->id, 0, call_number(c, "offset", 0, 0, INT64_MAX), (int)limit,
			  add_row, &list, NULL);
	j = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s,s:o,s:o,s:o,s:o}", "id", (json_int_t)r.id, "agency",
		      r.agency, "agency_name", agency.name, "letter", r.letter, "date", r.date, "signer",
		      r.signer, "state", state_word((int)shown), "submitted_at", json_time(r.submitted_at),
		      "ended_at", json_time(r.ended_at), "items", list.items, "next_offset",
		      list.count == limit ? json_integer(list.last + 1) : json_null());
	json_object_set_new(j, "domain", json_string(r.domain));
	json_object_set_new(j, "due_at", json_time(r.due_at * 1000000));
	call_reply(c, 200, j);
}
