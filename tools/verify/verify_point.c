/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>

#include "tools/verify/verify_copy.h"

#define POINTS "checkpoints.ndjson"

static char *
called(const struct points *p)
{
	return xasprintf(POINTS " line %" PRIu64, p->line);
}

/* --- one line --------------------------------------------------------------------------------- */

/* {"note":"..."} */
static int
take_note(struct points *p, const char *line, size_t n, struct note *note, struct err *e)
{
	const struct canon_member *m;
	struct canon_view v;
	enum canon_fault fault = canon_check(&v, line, n, NULL);

	if (fault != CANON_GOOD)
		return err_set(e, ERR_USAGE, "%s", canon_fault_text(fault, LANG_EN));
	m = v.member;
	if (v.count != 1 || m->key_len != 4 || memcmp(m->key, "note", 4) || m->kind != CANON_STRING)
		return err_set(e, ERR_USAGE, "other keys than note");
	buf_clear(&p->bytes);
	canon_unescape(m->value, m->len, &p->bytes);
	return note_read(note, p->bytes.data, p->bytes.len, e) ||
			       checkpoint_read(&p->next, note, e) ? -1 : 0;
}

static void
next(struct copy *c)
{
	struct points *p = &c->points;
	struct err e = ERR_INIT;
	AUTO(str) name = NULL;
	struct note note;
	const char *line;
	size_t n;
	int got;

	if (p->end)
		return;
	got = lines_next(&p->lines, &line, &n);
	p->line++;
	if (!got) {
		p->end = true;
		return;
	}
	p->count++;
	if (got > 0 && !take_note(p, line, n, &note, &e))
		return;
	if (got < 0)
		err_set(&e, ERR_USAGE, "a line that does not end, or is too long");
	name = called(p);
	SAY(c->report, SAY_NOTE_FORM, (int64_t)p->last_size + 1, .s = name, .t = e.msg);
	p->end = true;
}

void
points_open(struct copy *c)
{
	struct points *p = &c->points;
	struct file_fault fault;
	enum file_fate fate;
	uint64_t size;
	int fd;

	fate = file_open(&c->folder, POINTS, UINT64_MAX, &fd, &size, &fault);
	file_say(c->report, fate, &fault, POINTS, 0);
	p->end = fate != FILE_GOOD;
	p->there = !p->end;
	if (p->end)
		return;
	lines_init(&p->lines, fd);
	next(c);
}

void
points_free(struct points *p)
{
	if (p->there)
		lines_release(&p->lines);
	buf_release(&p->bytes);
	table_release(&p->cosigned);
	for (int i = 0; i < TRUST_MAX; i++)
		buf_release(&p->by_note[i]);
}

/* --- against the tree ------------------------------------------------------------------------- */

int64_t
points_stood_for(void *arg, uint64_t size)
{
	const struct points *p = &((const struct copy *)arg)->points;
	unsigned kept = p->sure_count < SURE_MAX ? p->sure_count : SURE_MAX;

	for (unsigned i = 1; i <= kept; i++)
		if (p->sure[(p->sure_count - i) % SURE_MAX] < size)
			return (int64_t)p->sure[(p->sure_count - i) % SURE_MAX];
	return 0;
}

/* strong: somebody outside stands for it, and only what such people stand for is sure. */
static void
check_root(struct copy *c, const struct checkpoint *at, const char *name, bool strong)
{
	struct points *p = &c->points;
	uint64_t good = strong ? (uint64_t)points_stood_for(c, at->size) : p->good_size;
	uint8_t root[DIGEST_LEN];
	const size_t slot = at->size * UINT64_C(0x9E3779B97F4A7C15) >> 52;

	merkle_root(&c->tree, root);
	p->recent[slot].size = at->size;
	memcpy(p->recent[slot].root, root, DIGEST_LEN);
	if (!memcmp(root, at->root, DIGEST_LEN)) {
		p->good_size = at->size;
		if (strong)
			p->sure[p->sure_count++ % SURE_MAX] = at->size;
		return;
	}
	SAY(c->report, SAY_ROOT, (int64_t)good + 1, .s = name, .a = (int64_t)at->size, .b = (int64_t)good);
	p->root_wrong = true;
}

/* A line of a witness, to be met again in an anchor. */
static uint64_t
line_key(uint64_t size, const char *name, size_t name_len, const char *sig, size_t n)
{
	AUTO(buf) text = BUF_INIT;

	buf_add(&text, &size, sizeof(size));
	buf_add(&text, name, name_len);
	buf_char(&text, ' ');
	buf_add(&text, sig, n);
	return table_key(text.data, text.len);
}

static bool
is_of(const struct note_signature *s, const struct note_key *k)
{
	return s->name_len == strlen(k->name) && !memcmp(s->name, k->name, s->name_len) &&
	       !memcmp(s->id, k->id, sizeof(s->id));
}

static void
remember(struct copy *c, const struct note *n, const struct note_key *log, uint32_t mask)
{
	for (int i = 0; i < n->count; i++) {
		const struct note_signature *s = &n->signatures[i];
		const char *sig = s->name + s->name_len + 1;
		uint64_t kind = 2;

		if (log && is_of(s, log))
			continue;
		for (int w = 0; c->trust && w < c->trust->witness_count; w++)
			if (is_of(s, &c->trust->witnesses[w].key))
				kind = mask >> w & 1 ? 1 : 3;
		if (kind == 2)
			c->points.unknown++;
		table_put(&c->points.cosigned,
			  line_key(c->points.next.size, s->name, s->name_len, sig,
				   (size_t)(s->line + s->line_len - 1 - sig)), kind);
	}
}

/* Of the many only the newest of each witness: signatures cost more than all the rest. */
static void
keep_newest(struct copy *c, const struct note *n)
{
	for (int i = 0; i < n->count; i++)
		for (int w = 0; c->trust && w < c->trust->witness_count; w++)
			if (is_of(&n->signatures[i], &c->trust->witnesses[w].key)) {
				buf_clear(&c->points.by_note[w]);
				buf_add(&c->points.by_note[w], c->points.bytes.data,
					c->points.bytes.len);
				quorum_tail(&c->points, c->points.next.size);
			}
}

/* What the witnesses say of it; nobody: they say nothing, or the log's own signature is not right. */
static struct seen
check_signatures(struct copy *c, const char *name)
{
	struct points *p = &c->points;
	struct seen seen = { .mask = 0 };
	struct note note;

	if (note_read(&note, p->bytes.data, p->bytes.len, NULL))
		return seen;
	if (c->ask->hashes_only) {
		keep_newest(c, &note);
		return seen;
	}
	if (!quorum_signed(c, &note, &p->next, name, 0, &seen))
		seen.mask = 0;
	remember(c, &note, points_key(c, &p->next), seen.mask);
	return seen;
}

/* Of an origin that an incarnation ended, for records that are another's now. */
static bool
is_lost(const struct copy *c, const struct checkpoint *at, int64_t *since)
{
	const struct origin *now = rules_origin(&c->rules, at->size);

	for (const struct origin *o = now; o; o = o->before) {
		if (!strcmp(o->key.name, at->origin))
			return o != now;
		*since = o->from;
	}
	return false;
}

static void
one_point(struct copy *c)
{
	struct points *p = &c->points;
	AUTO(str) name = called(p);
	int64_t since = 0;

	if (p->next.size <= p->last_size)
		SAY(c->report, SAY_POINT_ORDER, (int64_t)p->next.size, .s = name,
		    .a = (int64_t)p->next.size, .b = (int64_t)p->last_size);
	if (is_lost(c, &p->next, &since)) {
		SAY(c->report, SAY_POINT_LOST, since, .s = name, .a = (int64_t)p->next.size);
	} else if (p->next.size == c->tree.size) {
		struct seen seen = check_signatures(c, name);
		uint64_t faults = c->report->total[SAY_ROOT];

		check_root(c, &p->next, name, seen.mask);
		if (faults == c->report->total[SAY_ROOT])
			quorum_take(c, p->next.size, &seen);
	}
	if (p->next.size == c->end.size &&
	    (p->bytes.len != c->checkpoint.len ||
	     memcmp(p->bytes.data, c->checkpoint.data, p->bytes.len))) {
		p->last_other = true;
		SAY(c->report, SAY_POINT_LAST, 0);
	}
	if (p->next.size > p->last_size)
		p->last_size = p->next.size;
	next(c);
}

static void
check_papers(struct copy *c, uint64_t size)
{
	for (struct paper *p = c->ask->papers; p; p = p->next) {
		const struct origin *o = rules_origin(&c->rules, size);
		AUTO(buf) where = BUF_INIT;
		uint8_t root[DIGEST_LEN];
		struct note note;
		struct seen seen;

		if (p->point.size != size || (o && strcmp(o->key.name, p->point.origin)))
			continue; /* of another origin: told at the end */
		p->met = true;
		merkle_root(&c->tree, root);
		if (paper_mistyped(p, root, &where)) {
			SAY(c->report, SAY_PAPER_TYPED, 0, .s = p->file, .t = where.data,
			    .a = (int64_t)size);
			continue;
		}
		if (memcmp(root, p->point.root, DIGEST_LEN)) {
			SAY(c->report, SAY_PAPER_ROOT, points_stood_for(c, size) + 1, .s = p->file,
			    .a = (int64_t)size, .b = points_stood_for(c, size));
			continue;
		}
		p->fits = true;
		c->points.sure[c->points.sure_count++ % SURE_MAX] = size;
		if (p->note.len && !note_read(&note, p->note.data, p->note.len, NULL) &&
		    quorum_signed(c, &note, &p->point, p->file, 1, &seen))
			quorum_take(c, size, &seen);
	}
}

void
points_at(struct copy *c, uint64_t size)
{
	struct points *p = &c->points;

	if (p->tail_next) { /* set at the size before: this record is the first after it */
		memcpy(p->tail_t, c->rules.t, sizeof(p->tail_t));
		p->tail_next = false;
	}
	while (!p->end && p->next.size <= size)
		one_point(c);
	check_papers(c, size);
}

/* --- the end ---------------------------------------------------------------------------------- */

static void
late_paper(struct copy *c, const struct paper *p)
{
	const struct origin *newest = c->rules.origin;
	int64_t since = 0;

	if (p->point.size <= c->end.size && !c->tree_live)
		return; /* what is missing was said */
	for (const struct origin *o = newest; o; o = o->before) {
		if (!strcmp(o->key.name, p->point.origin)) {
			if (o == newest)
				SAY(c->report, SAY_PAPER_SHORT, (int64_t)c->end.size + 1, .s = p->file,
				    .a = (int64_t)p->point.size, .b = (int64_t)c->end.size);
			else
				SAY(c->report, SAY_PAPER_LOST, since, .s = p->file,
				    .a = (int64_t)p->point.size, .b = since - 1);
			return;
		}
		since = o->from;
	}
	if (newest || strcmp(p->point.origin, c->end.origin))
		SAY(c->report, SAY_PAPER_ORIGIN, 1, .s = p->file, .t = p->point.origin);
	else
		SAY(c->report, SAY_PAPER_SHORT, (int64_t)c->end.size + 1, .s = p->file,
		    .a = (int64_t)p->point.size, .b = (int64_t)c->end.size);
}

/* The newest of each witness, when the others were passed over. */
static void
check_newest(struct copy *c)
{
	for (int w = 0; w < TRUST_MAX; w++) {
		const struct buf *b = &c->points.by_note[w];
		struct checkpoint at;
		struct note note;
		struct seen seen;
		AUTO(str) name = NULL;

		if (!b->len || note_read(&note, b->data, b->len, NULL) ||
		    checkpoint_read(&at, &note, NULL))
			continue;
		name = xasprintf(POINTS ", the checkpoint of %" PRIu64 " records", at.size);
		if (quorum_signed(c, &note, &at, name, 0, &seen) && at.size <= c->points.good_size)
			quorum_take(c, at.size, &seen);
	}
}

void
points_end(struct copy *c)
{
	struct points *p = &c->points;
	struct seen seen;
	AUTO(str) name = NULL;

	if (c->tree_live && !p->end) {
		name = called(p);
		SAY(c->report, SAY_POINT_BEYOND, (int64_t)c->end.size + 1, .s = name,
		    .a = (int64_t)p->next.size, .b = (int64_t)c->end.size);
	} else if (c->tree_live && p->there && p->last_size != c->end.size) {
		SAY(c->report, SAY_POINT_LAST, 0);
	}
	check_newest(c);
	/* as a line of checkpoints.ndjson it was looked at already */
	if (c->tree_live && p->last_size != c->end.size)
		check_root(c, &c->end, "checkpoint", false);
	if ((c->ask->hashes_only || p->last_size != c->end.size || !c->tree_live || p->last_other) &&
	    quorum_signed(c, &c->note, &c->end, "checkpoint", 0, &seen) && c->tree_live && !p->root_wrong)
		quorum_take(c, c->end.size, &seen);
	for (const struct paper *paper = c->ask->papers; paper; paper = paper->next)
		if (!paper->met)
			late_paper(c, paper);
}

/* --- anchors ---------------------------------------------------------------------------------- */

/* The line again, below the text that it is over. */
static enum note_verdict
verify_anchor(const struct note_key *key, const struct checkpoint *at, struct span sig, uint64_t *time)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) line = BUF_INIT;
	struct note note;

	checkpoint_text(at, &text);
	buf_printf(&line, "\xE2\x80\x94 %s ", key->name);
	buf_add(&line, sig.s, sig.n);
	buf_char(&line, '\n');
	if (note_read_signatures(&note, line.data, line.len, text.data, text.len, NULL))
		return NOTE_BAD;
	return note_verify(&note, key, time, NULL) == NOTE_GOOD ? NOTE_GOOD : NOTE_BAD;
}

/* The time that a line says which is right: 4 bytes of key id, 8 of time. */
static uint64_t
time_of(struct span sig)
{
	uint8_t bytes[128];
	uint64_t time = 0;

	if (base64_read(sig.s, sig.n, bytes, sizeof(bytes)) < 12)
		return 0;
	for (int i = 4; i < 12; i++)
		time = time << 8 | bytes[i];
	return time;
}

enum note_verdict
points_anchor(void *arg, uint64_t size, const char *origin, struct span witness, struct span sig,
	      const uint8_t root[DIGEST_LEN], uint64_t *time)
{
	struct copy *c = arg;
	uint64_t key = line_key(size, witness.s, witness.n, sig.s, sig.n);
	uint64_t *met = table_find(&c->points.cosigned, key), kind = met ? *met : 0;
	struct checkpoint at = { .size = size };

	table_drop(&c->points.cosigned, key);
	if (kind == 1) { /* right over the checkpoint's root, and no other */
		*time = time_of(sig);
		return !tree_root(c, size, at.root) && !memcmp(at.root, root, DIGEST_LEN) ? NOTE_GOOD :
											    NOTE_BAD;
	}
	if (kind == 2)
		return NOTE_ABSENT;
	if (c->points.there)
		return NOTE_BAD; /* not a line of the checkpoint that it is over */
	if (!origin)
		origin = c->end.origin;
	memcpy(at.origin, origin, strlen(origin) + 1);
	memcpy(at.root, root, DIGEST_LEN);
	for (int i = 0; c->trust && i < c->trust->witness_count; i++)
		if (span_is(witness, c->trust->witnesses[i].key.name))
			return verify_anchor(&c->trust->witnesses[i].key, &at, sig, time);
	return NOTE_ABSENT;
}
