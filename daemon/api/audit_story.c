/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/api/api.h"
#include "daemon/api/audit_story.h"
#include "daemon/base/clock.h"
#include "daemon/policy/plan.h"

static void
set_opening(void *arg, const char *field, const char *value)
{
	json_t *text = json_string(value);

	json_object_set_new(arg, field, text ? text : json_null());
}

json_t *
audit_openings(struct flow *f, int64_t seq, const json_t *rec)
{
	json_t *j = json_object();
	const char *field;
	json_t *commitment;

	json_object_foreach(json_object_get(rec, "pii"), field, commitment)
		json_object_set_new(j, field, json_null());
	(void)store_openings(f->store, seq, set_opening, j, NULL);
	return j;
}

/* The item a record is about: 1 found. */
static int
item_of(struct flow *f, const json_t *rec, struct item *i, struct arena *a)
{
	int64_t req = json_integer_value(json_object_get(rec, "req"));
	int64_t row = json_integer_value(json_object_get(rec, "row"));

	return req && row && store_item_by_row(f->store, req, row, i, a);
}

static void
add_about(struct flow *f, const json_t *rec, struct buf *b)
{
	AUTO(arena) a = arena_new();
	const char *op = json_str(rec, "op"), *target = json_str(rec, "target");
	struct item i;

	if (op)
		buf_printf(b, " %s", op);
	if (item_of(f, rec, &i, a))
		buf_printf(b, " %s", i.address);
	else if (target)
		buf_printf(b, " %s", target);
}

/* How a line of the log begins; what it is about follows. */
static const char *const phrases[EVENT_COUNT] = {
	[EVENT_GENESIS] = "the log begins",
	[EVENT_CONFIG] = "configuration read again",
	[EVENT_START] = "hopthud started",
	[EVENT_STOP] = "hopthud stopped",
	[EVENT_HEARTBEAT] = "alive",
	[EVENT_AUTH_OK] = "logged in",
	[EVENT_AUTH_FAIL] = "failed to log in",
	[EVENT_REQUEST] = "sent",
	[EVENT_ITEM] = "planned",
	[EVENT_NAME] = "proposed an address:",
	[EVENT_PLAN] = "the letter's plan is made",
	[EVENT_APPROVE] = "allowed the plan",
	[EVENT_REFUSE] = "refused the letter",
	[EVENT_CANCEL] = "took the letter back",
	[EVENT_RETRY] = "put back into the queue",
	[EVENT_INTENT] = "about to",
	[EVENT_RESOLVE] = "resolving",
	[EVENT_OUTCOME] = "outcome of",
	[EVENT_HOLD] = "held, needs a person",
	[EVENT_DRIFT] = "the directory was changed by others",
	[EVENT_OPERATOR] = "operator",
	[EVENT_AGENCY] = "agency",
	[EVENT_READ] = "read",
	[EVENT_ERASE] = "erased the values of a person",
	[EVENT_ACCEPT] = "let stand what others changed",
	[EVENT_ANCHOR] = "the log was confirmed",
	[EVENT_EXPORT] = "took a copy of the log",
	[EVENT_INCARNATION] = "the log goes on, from an older copy, as",
};

/* Whose confirmation and of how much; which entry and what of it. */
static void
add_evidence(const json_t *rec, const json_t *open, struct buf *b)
{
	const char *witness = json_str(rec, "witness"), *entry = json_str(open, "entry"), *name;
	int64_t drift = json_integer_value(json_object_get(rec, "drift"));
	const json_t *attributes = json_object_get(rec, "attributes");

	if (witness)
		buf_printf(b, " by %s: the first %" JSON_INTEGER_FORMAT " records", witness,
			   json_integer_value(json_object_get(rec, "size")));
	if (entry)
		buf_printf(b, ": %s", entry);
	for (size_t i = 0; i < json_array_size(attributes); i++) {
		name = json_string_value(json_array_get(attributes, i));
		buf_printf(b, "%s%s", i ? ", " : entry ? " (" : " of ", name ? name : "?");
	}
	if (entry && json_array_size(attributes))
		buf_char(b, ')');
	if (drift)
		buf_printf(b, " (record %" PRId64 ")", drift);
}

static void
add_rest(const json_t *rec, const json_t *open, struct buf *b)
{
	static const struct {
		const char *key, *before;
		bool opened;
	} parts[] = {
		{ "as", ", in the name of ", false }, { "route", " ", false },
		{ "path", " ", true },		      { "result", ": ", false },
		{ "reason", ", because: ", true },    { "message", ": ", true },
	};
	int64_t count = json_integer_value(json_object_get(rec, "count"));

	if (count)
		buf_printf(b, " (%" PRId64 ")", count);
	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const json_t *v = json_object_get(parts[i].opened ? open : rec, parts[i].key);

		if (json_is_string(v))
			buf_printf(b, "%s%s", parts[i].before, json_string_value(v));
		else if (parts[i].opened && v)
			buf_printf(b, "%s(erased)", parts[i].before);
	}
}

char *
audit_summary(struct flow *f, int64_t seq, const json_t *rec)
{
	const char *ev = json_str(rec, "ev"), *letter = json_str(rec, "letter");
	const char *agency = json_str(rec, "agency");
	AUTO(json) open = rec ? audit_openings(f, seq, rec) : NULL;
	struct buf b = BUF_INIT;

	if (!ev) {
		buf_str(&b, "this record is damaged");
		return buf_steal(&b);
	}
	for (int n = 0; n < EVENT_COUNT; n++)
		if (!strcmp(event_word(n), ev))
			buf_str(&b, phrases[n] ? phrases[n] : ev);
	if (letter)
		buf_printf(&b, " letter %s of %s", letter, agency ? agency : "");
	add_about(f, rec, &b);
	add_evidence(rec, open, &b);
	add_rest(rec, open, &b);
	return buf_steal(&b);
}

static bool
is_event(const json_t *rec, enum event_type ev)
{
	const char *word = json_str(rec, "ev");

	return word && !strcmp(word, event_word((int)ev));
}

/* What the plan changes: of a record that says it is to be, or was, done. */
static void
add_change(struct flow *f, const json_t *rec, json_t *story)
{
	const char *result = json_str(rec, "result"), *opid = json_str(rec, "opid");
	bool undone = is_event(rec, EVENT_DRIFT) ||
		      (is_event(rec, EVENT_OUTCOME) && result && strcmp(result, "done"));
	AUTO(arena) a = arena_new();
	struct item i;
	struct plan p;

	if (!item_of(f, rec, &i, a))
		return;
	if (!*i.plan) { /* the person's values were erased */
		json_object_set_new(story, "op", json_string(op_word((int)i.op)));
		json_object_set_new(story, "address", json_string(i.address));
		json_object_set_new(story, "full_name", json_string(i.full_name));
		return;
	}
	if (plan_read(&p, i.plan, NULL))
		return;
	/* planned again since: what this record was about is not kept */
	if (opid && strcmp(opid, i.opid))
		undone = true;
	json_object_set_new(story, "op", json_string(op_word((int)i.op)));
	json_object_set_new(story, "address", json_string(i.address));
	json_object_set_new(story, "full_name", json_string(i.full_name));
	if (!undone) {
		json_object_set(story, "before", (json_t *)p.before);
		json_object_set(story, "after", (json_t *)p.after);
	}
	plan_release(&p);
}

/* The letter as it was when the record was written: what came later is not part of its story. */
json_t *
audit_story(struct flow *f, const json_t *rec)
{
	int64_t req = json_integer_value(json_object_get(rec, "req"));
	const char *t = json_str(rec, "t"), *digest = json_str(rec, "digest");
	char decided[CLOCK_TEXT];
	AUTO(arena) a = arena_new();
	struct request r;
	bool allowed;
	json_t *j;

	if (!req || !store_request(f->store, req, &r, a))
		return json_null();
	clock_text((uint64_t)r.approved_at, decided);
	allowed = r.approved_at && t && strcmp(decided, t) <= 0;
	j = json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s}", "request", (json_int_t)r.id, "letter", r.letter,
		      "date", r.date, "agency", r.agency, "signer", r.signer, "reason", r.reason,
		      "requested_by", r.submitter);
	json_object_set_new(j, "requested_at", json_time(r.submitted_at));
	if (allowed) {
		json_object_set_new(j, "approved_by", json_string(r.approver));
		json_object_set_new(j, "approved_at", json_time(r.approved_at));
	}
	if (digest)
		json_object_set_new(j, "digest", json_string(digest));
	else if (allowed)
		json_object_set_new(j, "digest", json_string(r.digest));
	add_change(f, rec, j);
	return j;
}
