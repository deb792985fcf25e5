/* SPDX-License-Identifier: BSD-2-Clause */
/* What one unit of an erasure deletes, and its record. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/flow/drift.h"
#include "daemon/flow/erase_private.h"
#include "daemon/flow/evidence.h"
#include "daemon/store/store_search.h"

#define UNIT_RECORDS 250 /* whose openings go in one unit: some milliseconds */
#define UNIT_ROWS 50
#define LAST_META "erased" /* number of the last `erase` record */

static int
remember(struct erase *x, struct err *e)
{
	AUTO(json) j = json_pack("{s:s,s:s,s:s,s:s,s:s}", "basis", x->basis, "mech", x->who.mech, "name",
				 x->who.name, "person", x->subject.person, "src", x->who.src);
	AUTO(str) text = json_dumps(j, JSON_COMPACT);

	return store_set_meta(x->flow->store, ERASE_META, text, e) || store_want_scrub(x->flow->store, e) ? -1 : 0;
}

/* Records without the reference come first: only the rows tell which they are. */
static int
take_also(struct erase *x, struct evidence *ev, int64_t also[UNIT_RECORDS], struct err *e)
{
	struct subject *u = &x->subject;

	while (x->also_at < u->also_count && ev->also_count < UNIT_RECORDS) {
		const struct subject_also *a = &u->also[x->also_at++];

		if (store_erase_openings(x->flow->store, a->seq, a->field, &ev->count, e))
			return -1;
		also[ev->also_count++] = a->seq;
	}
	ev->also = also;
	return 0;
}

static int
take_row(struct erase *x, const struct subject_row *w, struct err *e)
{
	struct store *s = x->flow->store;
	AUTO(arena) a = arena_new();
	struct item i;

	if (!w->item || w->erased || !store_item(s, w->item, &i, a))
		return 0;
	/* a promise that no mailbox came of */
	return store_erase_addresses(s, arena_strndup(a, i.address, strcspn(i.address, "@")),
				     x->subject.person, e) ||
			       store_forget_name(s, i.full_name, x->subject.person, e) ||
			       store_erase_item(s, i.id, x->subject.person, e) ||
			       store_count_erased(s, i.request, 1, e) ? -1 : 0;
}

static int
take_rows(struct erase *x, struct err *e)
{
	struct subject *u = &x->subject;

	for (int n = 0; n < UNIT_ROWS && x->row_at < u->row_count; n++)
		if (take_row(x, &u->rows[x->row_at++], e))
			return -1;
	for (int n = 0; n < UNIT_ROWS && x->row_at == u->row_count && x->letter_at < u->letter_count; n++) {
		const struct subject_letter *l = &u->letters[x->letter_at++];

		if (l->alone && store_erase_texts(x->flow->store, l->id, e))
			return -1;
	}
	return 0;
}

static int
take_mailbox(struct erase *x, struct err *e)
{
	const struct subject *u = &x->subject;

	if (!u->has_mailbox || !strcmp(u->mailbox.login, u->person))
		return 0;
	return store_erase_addresses(x->flow->store, u->mailbox.login, u->person, e) ||
			       drift_erase(x->flow, u->mailbox.login, u->person, e) ||
			       store_erase_mailbox(x->flow->store, u->mailbox.login, u->person, e) ? -1 : 0;
}

struct seqs {
	int64_t all[UNIT_RECORDS];
	int count;
};

static bool
take_seq(void *arg, const struct stored_record *r)
{
	struct seqs *l = arg;

	l->all[l->count++] = r->seq;
	return l->count < UNIT_RECORDS;
}

static int
take_openings(struct erase *x, struct evidence *ev, struct err *e)
{
	struct seqs l = { .count = 0 };

	if (store_subject_records(x->flow->store, x->subject.person, x->cursor, UNIT_RECORDS, take_seq, &l,
				  e) < 0)
		return -1;
	for (int n = 0; n < l.count; n++) {
		if (store_erase_openings(x->flow->store, l.all[n], NULL, &ev->count, e))
			return -1;
		x->cursor = l.all[n];
	}
	x->whole = l.count < UNIT_RECORDS && x->row_at == x->subject.row_count &&
		   x->letter_at == x->subject.letter_count;
	return 0;
}

int
erase_write_unit(struct erase *x, struct err *e)
{
	struct evidence ev = { .ev = EVENT_ERASE, .actor = x->who, .basis = x->basis,
			       .subj = x->subject.person };
	int64_t also[UNIT_RECORDS], seq;
	char number[24];

	if (remember(x, e) || take_also(x, &ev, also, e))
		return -1;
	if (x->also_at == x->subject.also_count &&
	    (take_mailbox(x, e) || take_rows(x, e) || take_openings(x, &ev, e)))
		return -1;
	if (x->whole && store_set_meta(x->flow->store, ERASE_META, "", e))
		return -1;
	x->numbers.erased += ev.count;
	x->numbers.units++;
	if (evidence_append(x->flow, &ev, &seq, e))
		return -1;
	snprintf(number, sizeof(number), "%" PRId64, seq);
	return store_set_meta(x->flow->store, LAST_META, number, e);
}

int64_t
erase_last(const struct flow *f)
{
	AUTO(str) number = store_meta(f->store, LAST_META);

	return number ? strtoll(number, NULL, 10) : 0;
}
