/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/api/api.h"
#include "daemon/api/audit_hit.h"
#include "daemon/api/audit_story.h"
#include "daemon/policy/plan.h"
#include "daemon/store/store_search.h"

#define APPROVALS_MAX 64 /* of one request that are looked at, the newest */

/* --- approvals -------------------------------------------------------------------------------- */

struct reading {
	struct audit_request *request;
	json_t *rec;
};

static bool
take_record(void *arg, const struct stored_record *r)
{
	struct reading *g = arg;

	g->rec = json_loadb(r->rec, r->len, 0, NULL);
	return false;
}

static void
add_approval(struct flow *f, struct audit_request *q, int64_t seq)
{
	struct reading g = { .request = q };
	const char *by, *at;

	(void)store_records(f->store, seq - 1, 1, take_record, &g, NULL);
	by = json_str(json_object_get(g.rec, "actor"), "name");
	at = json_str(g.rec, "t");
	if (by && at)
		q->approvals[q->count++] = (struct audit_approval){
			.seq = seq, .by = xstrdup(by), .at = xstrdup(at),
			.round = json_integer_value(json_object_get(g.rec, "round")),
		};
	json_decref(g.rec);
}

/* The newest first. */
static void
read_approvals(struct flow *f, struct audit_request *q)
{
	struct search *s = search_new(f->store, 1, INT64_MAX, false);
	int64_t seqs[APPROVALS_MAX];
	size_t count = 0;
	bool over = search_want_requests(s, &q->id, 1, NULL) != 0;

	q->approvals = xcalloc(APPROVALS_MAX, sizeof(*q->approvals));
	search_want(s, SEARCH_EVENT, event_word(EVENT_APPROVE));
	while (!over && q->count < APPROVALS_MAX &&
	       !search_step(s, seqs, APPROVALS_MAX - q->count, &count, &over, NULL))
		for (size_t i = 0; i < count; i++)
			add_approval(f, q, seqs[i]);
	search_free(s);
}

static const struct audit_request *
approvals_of(struct audit_hits *h, int64_t request)
{
	struct audit_request *q;

	for (size_t i = 0; i < h->count; i++)
		if (h->requests[i].id == request)
			return &h->requests[i];
	h->requests = xrealloc(h->requests, (h->count + 1) * sizeof(*h->requests));
	q = &h->requests[h->count++];
	*q = (struct audit_request){ .id = request };
	read_approvals(h->flow, q);
	return q;
}

void
audit_hits_release(struct audit_hits *h)
{
	for (size_t i = 0; i < h->count; i++) {
		for (size_t n = 0; n < h->requests[i].count; n++) {
			free(h->requests[i].approvals[n].by);
			free(h->requests[i].approvals[n].at);
		}
		free(h->requests[i].approvals);
	}
	free(h->requests);
	*h = (struct audit_hits){ .flow = h->flow };
}

/* The round of planning that a record belongs to: it says so, or it is the one that was allowed last
 * before it; else the first that was. */
static int64_t
round_of(const struct audit_request *q, int64_t seq, const json_t *rec)
{
	int64_t round = json_integer_value(json_object_get(rec, "round"));

	for (size_t i = 0; !round && i < q->count; i++)
		if (q->approvals[i].seq <= seq)
			round = q->approvals[i].round;
	return round || !q->count ? round : q->approvals[q->count - 1].round;
}

static void
add_approvals(struct audit_hits *h, json_t *j, const struct request *r, int64_t seq,
	      const json_t *rec)
{
	const struct audit_request *q = approvals_of(h, r->id);
	int64_t round = round_of(q, seq, rec);
	json_t *by = json_array(), *at = json_null();

	if (r->kind == REQUEST_ORDER) { /* of an administrator: needs no second person */
		json_decref(by);
		json_object_set_new(j, "approved_by", json_pack("[s]", r->approver));
		json_object_set_new(j, "approved_at", json_time(r->approved_at));
		return;
	}
	for (size_t i = q->count; i-- > 0;) {
		const struct audit_approval *a = &q->approvals[i];

		if (a->round != round)
			continue;
		json_array_append_new(by, json_string(a->by));
		json_decref(at);
		at = json_string(a->at);
	}
	json_object_set_new(j, "approved_by", by);
	json_object_set_new(j, "approved_at", at);
}

/* --- the row ---------------------------------------------------------------------------------- */

static bool
is_event(const json_t *rec, enum event_type ev)
{
	const char *word = json_str(rec, "ev");

	return word && !strcmp(word, event_word((int)ev));
}

static json_t *
text_or_erased(const char *text)
{
	return json_string(*text ? text : ERASED);
}

/* What the plan changes, unless the record says that it was not done. */
static void
add_change(json_t *j, const struct item *i, const json_t *rec, bool same_plan)
{
	const char *result = json_str(rec, "result");
	struct plan p;

	if (!same_plan || is_event(rec, EVENT_DRIFT) ||
	    (is_event(rec, EVENT_OUTCOME) && result && strcmp(result, "done") != 0))
		return;
	if (plan_read(&p, i->plan, NULL)) {
		json_object_set_new(j, "before", json_string(ERASED));
		json_object_set_new(j, "after", json_string(ERASED));
		return;
	}
	json_object_set(j, "before", (json_t *)p.before);
	json_object_set(j, "after", (json_t *)p.after);
	plan_release(&p);
}

/* What became of it: the record itself may tell, else the row as it is now. */
static const char *
outcome_of(struct flow *f, const struct request *r, const struct item *i, const json_t *rec,
	   bool same_plan)
{
	if (is_event(rec, EVENT_OUTCOME))
		return json_str(rec, "result");
	return same_plan ? state_word((int)item_state(f, r, i)) : "planned again";
}

static void
add_row(struct audit_hits *h, json_t *j, const struct request *r, const struct item *i,
	const json_t *rec)
{
	const char *opid = json_str(rec, "opid");
	bool same_plan = !opid || !strcmp(opid, i->opid);
	const char *outcome = outcome_of(h->flow, r, i, rec, same_plan);

	if (*i->person) {
		json_object_set_new(j, "subject", json_string(i->person));
		json_object_set_new(j, "full_name", text_or_erased(i->full_name));
	}
	json_object_set_new(j, "address", text_or_erased(i->address));
	json_object_set_new(j, "op", json_string(op_word((int)i->op)));
	add_change(j, i, rec, same_plan);
	json_object_set_new(j, "outcome", json_string(outcome ? outcome : ""));
	if (*i->error)
		json_object_set_new(j, "why", json_string(i->error));
}

static void
add_request(struct audit_hits *h, json_t *j, int64_t seq, const json_t *rec, struct arena *a)
{
	int64_t req = json_integer_value(json_object_get(rec, "req"));
	int64_t row = json_integer_value(json_object_get(rec, "row"));
	struct request r;
	struct item i;

	if (!req || !store_request(h->flow->store, req, &r, a))
		return;
	if (*r.agency)
		json_object_set_new(j, "agency", json_string(r.agency));
	if (*r.letter) {
		json_object_set_new(j, "letter", json_string(r.letter));
		json_object_set_new(j, "letter_date", json_string(r.date));
	}
	json_object_set_new(j, "requested_by", json_string(r.submitter));
	json_object_set_new(j, "requested_at", json_time(r.submitted_at));
	add_approvals(h, j, &r, seq, rec);
	if (row && store_item_by_row(h->flow->store, req, row, &i, a))
		add_row(h, j, &r, &i, rec);
	else
		json_object_set_new(j, "outcome", json_string(state_word((int)r.state)));
}

json_t *
audit_hit(struct audit_hits *h, int64_t seq, const json_t *rec)
{
	static const char *const copied[] = { "t", "ev", "op", "as", "agency", "result", "target" };
	const json_t *actor = json_object_get(rec, "actor");
	const char *subject = json_str(rec, "subj");
	AUTO(str) summary = audit_summary(h->flow, seq, rec);
	AUTO(arena) a = arena_new();
	json_t *j = json_pack("{s:I,s:s?,s:s?,s:O?,s:O?,s:s}", "seq", (json_int_t)seq, "actor",
			      json_str(actor, "name"), "mech", json_str(actor, "mech"), "request",
			      json_object_get(rec, "req"), "row", json_object_get(rec, "row"), "summary",
			      summary);

	for (size_t i = 0; i < sizeof(copied) / sizeof(*copied); i++)
		if (json_str(rec, copied[i]))
			json_object_set_new(j, copied[i], json_string(json_str(rec, copied[i])));
	if (subject)
		json_object_set_new(j, "subject", json_string(subject));
	add_request(h, j, seq, rec, a);
	if (!json_object_get(j, "outcome") && json_str(rec, "result"))
		json_object_set_new(j, "outcome", json_string(json_str(rec, "result")));
	return j;
}
