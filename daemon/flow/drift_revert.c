/* SPDX-License-Identifier: BSD-2-Clause */
/* The letter that puts back what others changed. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/drift_form.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/order.h"
#include "daemon/flow/rules.h"

/* --- what a letter puts back ----------------------------------------------------------------- */

/* One mailbox of the letter. */
struct back {
	struct mailbox m;
	struct drift drifts[DRIFT_SEQS_MAX];
	int count;
	json_t *base, *is; /* before the changes; now */
	const char **names; /* to be put back */
	const char *agency;
	bool moves;
};

struct reverting {
	struct flow *flow;
	struct arena *arena;
	struct drift_letter *letter;
	struct back *backs[DRIFT_SEQS_MAX];
	int count;
	struct rules rules;
	struct fuse fuse;
};

typedef struct reverting auto_type_reverting;
static void
auto_reverting(struct reverting *r)
{
	for (int n = 0; n < r->count; n++) {
		json_decref(r->backs[n]->base);
		json_decref(r->backs[n]->is);
	}
	fuse_release(&r->fuse);
	arena_free(r->arena);
}

static void
cannot(struct reverting *r, int64_t seq, const char *message)
{
	json_array_append_new(r->letter->cannot, json_pack("{s:I,s:s}", "seq", (json_int_t)seq, "message",
							   message));
}

static const char *
why_not(const struct drift *d)
{
	if (!strcmp(d->kind, "deleted"))
		return "the entry is gone, and hopthu makes none again: add it from a backup of the "
		       "directory, then the change vanishes; `hopthuctl drift show` has its values";
	if (!strcmp(d->kind, "added"))
		return "hopthu deletes nothing: take the entry away with ldapdelete, or accept it";
	if (!strcmp(d->kind, "renamed"))
		return "hopthu moves no entries: name it back with ldapmodrdn, or accept it";
	if (!*d->login)
		return "it is no mailbox of hopthu's: put it back with ldapmodify, or accept it; `hopthuctl "
		       "drift show` has its values";
	return NULL;
}

static void
on_before(void *arg, const char *field, const char *value)
{
	if (!strcmp(field, "before") && !*(json_t **)arg)
		*(json_t **)arg = drift_form_text(value);
}

/* The values of before the first of the changes that are put back. */
static void
add_base(struct reverting *r, struct back *b, const struct drift *d)
{
	AUTO(json) was = NULL;
	const char *name;
	json_t *values;

	if (store_openings(r->flow->store, d->seq, on_before, &was, NULL) < 0 || !was) {
		cannot(r, d->seq, "what was before is not kept any more");
		return;
	}
	json_object_foreach(was, name, values)
		if (!json_object_get(b->base, name))
			json_object_set(b->base, name, values);
	b->drifts[b->count++] = *d;
}

static struct back *
back_of(struct reverting *r, const struct drift *d)
{
	struct watched row;
	struct back *b;
	bool beyond;

	for (int n = 0; n < r->count; n++)
		if (!strcmp(r->backs[n]->m.login, d->login))
			return r->backs[n];
	b = arena_alloc(r->arena, sizeof(*b));
	if (!store_mailbox(r->flow->store, d->login, &b->m, r->arena))
		return NULL;
	beyond = store_watched(r->flow->store, NULL, d->dn, &row, r->arena);
	if (beyond && !*row.attrs)
		return NULL;
	b->base = json_object();
	b->is = drift_form_mailbox(&b->m, beyond ? row.attrs : NULL);
	r->backs[r->count++] = b;
	return b;
}

/* Is there a letter under way that puts it back? */
static bool
is_asked(struct reverting *r, const struct drift *d)
{
	AUTO(str) text = NULL;

	if (!drift_asked(r->flow, d, r->arena))
		return false;
	text = xasprintf("request %" PRId64 " asks for it already", d->request);
	cannot(r, d->seq, text);
	return true;
}

static int
collect(struct reverting *r, int64_t seq, struct err *e)
{
	struct drift d;
	struct back *b;

	if (drift_find_open(r->flow, seq, &d, r->arena, e))
		return -1;
	if (why_not(&d))
		cannot(r, seq, why_not(&d));
	else if (!is_asked(r, &d)) {
		b = back_of(r, &d);
		if (b)
			add_base(r, b, &d);
		else
			cannot(r, seq, "the entry is not in the directory any more");
	}
	return 0;
}

/* What no letter can write: names, what slapd keeps, and what was no text. */
static bool
can_write(const struct back *b, const char *name)
{
	static const char *const never[] = { "dn", "entryUUID", "hopthuOpId", "pwdChangedTime", "uid",
					     NULL };
	const json_t *values = json_object_get(b->base, name);

	if (drift_form_has(never, name))
		return false;
	for (size_t i = 0; i < json_array_size(values); i++)
		if (!strncmp(json_string_value(json_array_get(values, i)), "sha256:", 7))
			return false;
	return true;
}

static void
choose_names(struct reverting *r, struct back *b)
{
	const char **to;
	const char *name;
	json_t *values;

	b->names = to = arena_alloc(r->arena, (json_object_size(b->base) + 1) * sizeof(*to));
	json_object_foreach(b->base, name, values)
		if (!drift_form_equal(b->base, b->is, name) && can_write(b, name))
			*to++ = name;
	(void)values;
	b->moves = drift_form_has(b->names, "hopthuStatus") || drift_form_has(b->names, "mail") ||
		   drift_form_has(b->names, "hopthuAgency");
}

static void
choose_agency(struct reverting *r, struct back *b)
{
	AUTO(str) was = drift_form_join(b->base, "hopthuAgency");
	struct agency g;

	b->agency = b->m.agency;
	if (*was && store_agency(r->flow->store, was, &g, r->arena))
		b->agency = arena_strdup(r->arena, was);
}

/* A letter is of one agency; what has nothing to put back is told. */
static void
sift(struct reverting *r)
{
	int kept = 0;

	for (int n = 0; n < r->count; n++) {
		struct back *b = r->backs[n];
		const char *why = NULL;

		choose_names(r, b);
		choose_agency(r, b);
		if (!b->count)
			why = ""; /* told already */
		else if (!*b->names)
			why = "nothing of it can be put back: a password, a name, or what is as it was";
		else if (kept && strcmp(r->backs[0]->agency, b->agency))
			why = arena_printf(r->arena, "it is of agency %s, the others of %s: ask for it in a "
					   "letter of its own", b->agency, r->backs[0]->agency);
		for (int k = 0; why && *why && k < b->count; k++)
			cannot(r, b->drifts[k].seq, why);
		if (why) {
			json_decref(b->base);
			json_decref(b->is);
			continue;
		}
		if (b->moves)
			fuse_add(&r->fuse, b->agency, 1);
		r->backs[kept++] = b;
	}
	r->count = kept;
}

/* --- the letter ------------------------------------------------------------------------------ */

static const char *const *
list_of(struct reverting *r, const json_t *form, const char *name)
{
	const json_t *v = json_object_get(form, name);
	const char **list = arena_alloc(r->arena, (json_array_size(v) + 1) * sizeof(*list));

	for (size_t i = 0; i < json_array_size(v); i++)
		list[i] = json_string_value(json_array_get(v, i));
	return list;
}

static int
by_value_name(const void *a, const void *b)
{
	return strcmp(((const struct plan_value *)a)->name, ((const struct plan_value *)b)->name);
}

static void
plan_back(struct reverting *r, const struct back *b, int64_t row, struct buf *line)
{
	struct plan_value *before, *after;
	const struct plan_target t = { OP_REVERT, b->m.login, b->m.address, b->agency, row };
	size_t n = 0;

	while (b->names[n])
		n++;
	before = arena_alloc(r->arena, (n + 2) * sizeof(*before));
	after = arena_alloc(r->arena, (n + 1) * sizeof(*after));
	for (size_t i = 0; i < n; i++) {
		before[i] = (struct plan_value){ b->names[i], list_of(r, b->is, b->names[i]) };
		after[i] = (struct plan_value){ b->names[i], list_of(r, b->base, b->names[i]) };
	}
	before[n] = (struct plan_value){ "hopthuOpId", list_of(r, b->is, "hopthuOpId") };
	qsort(before, n + 1, sizeof(*before), by_value_name);
	qsort(after, n, sizeof(*after), by_value_name);
	plan_values_line(line, r->flow->plan_key, &t, before, after);
}

static int
write_item(struct reverting *r, struct back *b, int64_t row, const struct actor *who,
	   struct buf *text, struct err *e)
{
	AUTO(buf) line = BUF_INIT;
	char opid[37];
	struct item i = { .request = r->letter->request, .row = row, .round = 1, .op = OP_REVERT,
			  .ref = "", .login = b->m.login, .address = b->m.address,
			  .person = b->m.person, .full_name = b->m.full_name, .opid = opid,
			  .state = STATE_PLANNED, .error = "", .input = "{}",
			  .updated_at = (int64_t)clock_wall_us() };
	struct evidence ev = { .ev = EVENT_ITEM, .actor = *who, .op = op_word(OP_REVERT), .opid = opid,
			       .req = i.request, .round = 1, .row = row, .policy = r->rules.digest,
			       .subj = *b->m.person ? b->m.person : NULL };

	order_opid(opid);
	plan_back(r, b, row, &line);
	i.plan = line.data;
	digest_sha256(line.data, line.len, i.plan_sha);
	ev.plan = i.plan_sha;
	plan_digest_item(text, row, i.plan_sha);
	evidence_pii(&ev, "address", b->m.address);
	if (store_add_item(r->flow->store, &i, e) || evidence_append(r->flow, &ev, NULL, e))
		return -1;
	for (int n = 0; n < b->count; n++) {
		b->drifts[n].request = i.request;
		if (store_put_drift(r->flow->store, &b->drifts[n], e))
			return -1;
	}
	return 0;
}

static struct request
request_of(const struct reverting *r, const struct actor *who)
{
	const struct drift_letter *l = r->letter;

	return (struct request){
		.kind = REQUEST_LETTER, .agency = r->backs[0]->agency, .letter = l->letter,
		.date = l->date, .signer = l->signer, .reason = l->reason, .channel = "web",
		.domain = r->rules.domain, .signer_title = "", .requester = "", .requester_phone = "",
		.contact = "", .attachment = "", .policy = r->rules.digest, .first_approver = "",
		.namers = "", .declared = -1, .state = STATE_PLANNED, .digest = "", .round = 1,
		.items = r->count, .open = r->count, .submitter = who->name, .approver = "",
		.refusal = "", .submitted_at = (int64_t)clock_wall_us(), .moves = r->fuse.total,
		.due_at = rules_due(&r->rules, OP_REVERT, 0), .needs = 1,
	};
}

static int
write_head(struct reverting *r, struct request *q, const struct actor *who, struct err *e)
{
	struct evidence ev = { .ev = EVENT_REQUEST, .actor = *who, .agency = q->agency,
			       .letter = q->letter, .letter_date = q->date, .count = q->items,
			       .channel = q->channel, .domain = q->domain, .policy = q->policy };

	if (store_letter_known(r->flow->store, q->agency, q->letter, q->date, 0, false))
		return err_set(e, ERR_CONFLICT, "there is a letter %s of %s already: give this one another "
			       "number", q->letter, q->agency);
	if (store_add_request(r->flow->store, q, e))
		return -1;
	r->letter->request = ev.req = q->id;
	evidence_pii(&ev, "reason", q->reason);
	evidence_pii(&ev, "signer", q->signer);
	return evidence_append(r->flow, &ev, NULL, e);
}

static int
write_letter(struct reverting *r, const struct actor *who, struct err *e)
{
	struct request q = request_of(r, who);
	struct evidence ev = { .ev = EVENT_PLAN, .actor = *who, .round = 1, .count = r->count,
			       .policy = r->rules.digest };
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) hex = BUF_INIT;
	AUTO(buf) why = BUF_INIT;
	uint8_t hash[DIGEST_LEN];

	q.needs = fuse_needs(r->flow, &r->rules, &r->fuse, &why);
	if (write_head(r, &q, who, e))
		return -1;
	plan_digest_head(&text, r->count);
	for (int n = 0; n < r->count; n++)
		if (write_item(r, r->backs[n], n + 1, who, &text, e))
			return -1;
	digest_sha256(text.data, text.len, hash);
	buf_hex(&hex, hash, DIGEST_LEN);
	q.digest = ev.digest = hex.data;
	ev.req = q.id;
	ev.needs = q.needs;
	return store_put_request(r->flow->store, &q, e) || evidence_append(r->flow, &ev, NULL, e) ? -1 : 0;
}

static const char *
domain_of(struct reverting *r)
{
	const char *at = strchr(r->backs[0]->m.address, '@');

	return at && flow_serves(r->flow, at + 1) ? at + 1 : r->flow->conf->domain;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int
drift_revert(struct flow *f, const int64_t *seqs, size_t n, struct drift_letter *l,
	     const struct actor *who, struct err *e)
{
	AUTO(reverting) r = { .flow = f, .arena = arena_new(), .letter = l };
	int64_t *sorted = arena_alloc(r.arena, n * sizeof(*sorted));

	BUG_ON(n > DRIFT_SEQS_MAX);
	memcpy(sorted, seqs, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_number);
	for (size_t i = 0; i < n; i++)
		if ((!i || sorted[i] != sorted[i - 1]) && collect(&r, sorted[i], e))
			return -1;
	sift(&r);
	if (!r.count)
		return err_set(e, ERR_CONFLICT, "record %" PRId64 ": %s",
			       (int64_t)json_integer_value(json_object_get(json_array_get(l->cannot, 0), "seq")),
			       json_str(json_array_get(l->cannot, 0), "message"));
	if (rules_find(f, r.backs[0]->agency, domain_of(&r), &r.rules, r.arena, e) ||
	    rules_check_role(f, &r.rules, RULE_REQUEST_ROLES, who->name, e) || store_begin(f->store, e))
		return -1;
	return drift_end_unit(f, write_letter(&r, who, e), e);
}
