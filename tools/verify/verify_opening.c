/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "tools/verify/verify_opening.h"
#include "tools/verify/verify_rules.h"

static void
wrong_form(struct openings *o, const char *what)
{
	SAY(o->report, SAY_OPENING_FORM, 0, .a = (int64_t)o->line, .s = what);
	o->seq = INT64_MAX;
	o->broken = true; /* what follows cannot be told from what is missing */
}

/* {"field":"…","salt":"<hex>","seq":n,"value":"…"} */
static bool
take_line(struct openings *o)
{
	const struct canon_member *m = o->view.member;

	if (o->view.count != 4 || m[0].key_len != 5 || memcmp(m[0].key, "field", 5) ||
	    m[1].key_len != 4 || memcmp(m[1].key, "salt", 4) || m[2].key_len != 3 ||
	    memcmp(m[2].key, "seq", 3) || m[3].key_len != 5 || memcmp(m[3].key, "value", 5))
		return false;
	if (m[0].kind != CANON_STRING || m[1].kind != CANON_STRING || m[2].kind != CANON_INTEGER ||
	    m[3].kind != CANON_STRING || !hex_digest(m[1].value, m[1].len, o->salt) ||
	    m[0].len >= sizeof(o->last_field) || m[2].integer < 1)
		return false;
	o->field = (struct span){ m[0].value, m[0].len };
	o->value = (struct span){ m[3].value, m[3].len };
	o->seq = m[2].integer;
	return true;
}

static int
compare(int64_t seq_a, struct span a, int64_t seq_b, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = seq_a < seq_b ? -1 : seq_a > seq_b;

	if (!order)
		order = memcmp(a.s, b.s, n);
	return order ? order : a.n < b.n ? -1 : a.n > b.n;
}

static void
next(struct openings *o)
{
	enum canon_fault fault;
	const char *line;
	struct span last = { o->last_field, strlen(o->last_field) };
	size_t n;
	int got;

	if (o->seq == INT64_MAX)
		return;
	got = lines_next(o->lines, &line, &n);
	o->line++;
	if (!got) {
		o->seq = INT64_MAX;
		return;
	}
	if (got < 0) {
		wrong_form(o, "a line that does not end, or is too long");
		return;
	}
	fault = canon_check(&o->view, line, n, NULL);
	if (fault != CANON_GOOD || !take_line(o)) {
		wrong_form(o, fault == CANON_GOOD ? "other keys, or values of another kind" :
						    canon_fault_text(fault, LANG_EN));
		return;
	}
	if (o->line > 1 && compare(o->last_seq, last, o->seq, o->field) >= 0)
		SAY(o->report, SAY_OPENING_ORDER, o->seq, .a = (int64_t)o->line);
	o->last_seq = o->seq;
	memcpy(o->last_field, o->field.s, o->field.n);
	o->last_field[o->field.n] = '\0';
}

void
openings_init(struct openings *o, struct report *report, struct lines *lines)
{
	memset(o, 0, sizeof(*o));
	o->report = report;
	o->lines = lines;
	buf_init(&o->text);
	next(o);
}

void
openings_release(struct openings *o)
{
	buf_release(&o->text);
	table_release(&o->missing);
	table_release(&o->missing_plain);
}

static void
surplus(struct openings *o)
{
	SAY(o->report, SAY_OPENING_NONE, o->seq, .s = o->last_field);
	next(o);
}

static void
check(struct openings *o, const struct record *r, const struct canon_member *m)
{
	uint8_t want[DIGEST_LEN], made[DIGEST_LEN];
	const char *value = o->value.s;
	size_t n = o->value.n;

	(void)hex_digest(m->value, m->len, want);
	if (memchr(value, '\\', n)) {
		buf_clear(&o->text);
		canon_unescape(value, n, &o->text);
		value = o->text.data;
		n = o->text.len;
	}
	digest_commit(o->salt, o->last_field, value, n, made);
	if (memcmp(made, want, DIGEST_LEN))
		SAY(o->report, SAY_OPENING_WRONG, r->seq, .s = o->last_field);
	o->opened++;
	next(o);
}

static bool
may_be_named(int event)
{
	return event == EVENT_REQUEST || event == EVENT_REFUSE || event == EVENT_CANCEL ||
	       event == EVENT_RETRY || event == EVENT_READ;
}

static void
missing(struct openings *o, const struct record *r)
{
	struct span subj = record_str(r, RECORD_subj);
	uint64_t key = subj.s ? table_key(subj.s, subj.n) : 0;

	if (o->broken)
		return;
	o->erased++;
	if (key) {
		if (!table_find(&o->missing, key))
			table_put(&o->missing, key, (uint64_t)r->seq);
	} else if (may_be_named(r->event)) {
		table_put(&o->missing_plain, (uint64_t)r->seq, 1);
	} else {
		SAY(o->report, SAY_OPENING_MISSING, r->seq);
	}
}

void
openings_add(struct openings *o, const struct record *r)
{
	while (o->seq < r->seq)
		surplus(o);
	for (int i = 0; i < r->pii_count; i++) {
		const struct canon_member *m = &r->pii[i];
		struct span key = { m->key, m->key_len };

		while (o->seq == r->seq && compare(0, o->field, 0, key) < 0)
			surplus(o);
		if (o->seq == r->seq && span_same(o->field, key))
			check(o, r, m);
		else
			missing(o, r);
	}
	while (o->seq == r->seq)
		surplus(o);
}

static void
erase_named(struct openings *o, const struct record *r, int64_t seq, int64_t last,
	    int (*event)(void *arg, int64_t seq, bool *has_subj), void *arg)
{
	bool has_subj = false;
	int what;

	if (table_find(&o->missing_plain, (uint64_t)seq)) {
		table_drop(&o->missing_plain, (uint64_t)seq);
		return;
	}
	what = seq > last && seq < r->seq ? event(arg, seq, &has_subj) : -1;
	if (seq <= last || seq >= r->seq || (what >= 0 && (has_subj || !may_be_named(what))))
		SAY(o->report, SAY_ALSO_WRONG, r->seq, .a = seq);
}

/* "[4,9,12]", which is canonical. */
static void
erase_also(struct openings *o, const struct record *r,
	   int (*event)(void *arg, int64_t seq, bool *has_subj), void *arg)
{
	struct span list = record_str(r, RECORD_also);
	int64_t seq = 0, last = 0;

	for (size_t i = 1; i < list.n; i++) {
		if (list.s[i] >= '0' && list.s[i] <= '9') {
			seq = seq * 10 + (list.s[i] - '0');
		} else if (list.s[i] == ',' || (list.s[i] == ']' && list.n > 2)) {
			erase_named(o, r, seq, last, event, arg);
			last = seq;
			seq = 0;
		} else {
			SAY(o->report, SAY_REC_TYPE, r->seq, .a = 0);
			return;
		}
	}
}

void
openings_erase(struct openings *o, const struct record *r,
	       int (*event)(void *arg, int64_t seq, bool *has_subj), void *arg)
{
	struct span subj = record_str(r, RECORD_subj);

	if (subj.s)
		table_drop(&o->missing, table_key(subj.s, subj.n));
	if (r->field[RECORD_also])
		erase_also(o, r, event, arg);
}

static void
say_missing(void *arg, uint64_t key, uint64_t value)
{
	struct openings *o = arg;

	(void)key;
	SAY(o->report, SAY_OPENING_MISSING, (int64_t)value);
}

static void
say_missing_plain(void *arg, uint64_t key, uint64_t value)
{
	struct openings *o = arg;

	(void)value;
	SAY(o->report, SAY_OPENING_MISSING, (int64_t)key);
}

void
openings_end(struct openings *o, bool whole)
{
	while (o->seq != INT64_MAX)
		surplus(o);
	if (!whole || o->broken)
		return;
	table_each(&o->missing, say_missing, o);
	table_each(&o->missing_plain, say_missing_plain, o);
}
