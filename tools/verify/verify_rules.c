/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "tools/verify/verify_rules.h"

#define STEP_US 2000000            /* a difference of the two clocks that is told */
#define SLEW 1000                  /* a clock that is led to the right time: one part in so many */
#define GAP_US (26 * INT64_C(3600000000))
#define BEHIND_S 300               /* seconds */

void
rules_init(struct rules *r, struct report *report, const struct rules_world *world, bool part)
{
	memset(r, 0, sizeof(*r));
	r->report = report;
	r->world = world;
	r->part = part;
	letters_init(&r->letters, report);
}

void
rules_release(struct rules *r)
{
	while (r->origin) {
		struct origin *o = r->origin;

		r->origin = o->before;
		free(o);
	}
	letters_release(&r->letters);
	table_release(&r->policies);
}

const struct origin *
rules_origin(const struct rules *r, uint64_t size)
{
	const struct origin *o = r->origin;

	while (o && (uint64_t)o->from > size)
		o = o->before;
	return o;
}

/* A text for a sentence, which copies it; up to eight in one expression. */
static char *
text_of(struct span s)
{
	static char text[8][NOTE_NAME_MAX + 1];
	static unsigned turn;
	char *out = text[turn++ % 8];
	size_t n = s.s ? s.n : 0;

	if (n > NOTE_NAME_MAX)
		n = NOTE_NAME_MAX;
	if (n)
		memcpy(out, s.s, n);
	out[n] = '\0';
	return out;
}

/* --- rule 1 ----------------------------------------------------------------------------------- */

/* The clock of the wall against the count of milliseconds, which nobody sets. */
static void
check_clock(struct rules *r, const struct record *rec, int64_t mono)
{
	int64_t offset = rec->t_us - mono * 1000, moved;
	int64_t slew = (mono - r->mono) * 1000 / SLEW;

	if (__builtin_sub_overflow(offset, r->offset_us, &moved))
		moved = -INT64_MAX; /* a count of some 300,000 years, and a clock put back for thousands */

	if (moved > STEP_US + slew || moved < -STEP_US - slew) {
		SAY(r->report, SAY_CLOCK_STEP, rec->seq, .a = moved / 1000000);
		r->offset_us = offset;
		return;
	}
	/* no faster than a clock is led: many small steps come to one that is told */
	r->offset_us += moved > slew ? slew : moved < -slew ? -slew : moved;
}

static void
check_time(struct rules *r, const struct record *rec)
{
	struct span t = record_str(rec, RECORD_t), boot = record_str(rec, RECORD_boot);
	int64_t mono = record_int(rec, RECORD_mono);
	uint64_t key = table_key(boot.s, boot.n);

	if (r->records && rec->t_us < r->t_us)
		SAY(r->report, SAY_TIME_BACK, rec->seq, .s = text_of(t));
	if (r->records && rec->t_us - r->t_us > GAP_US)
		SAY(r->report, SAY_GAP, rec->seq, .a = (rec->t_us - r->t_us) / INT64_C(3600000000));
	if (r->records && key == r->boot) {
		if (mono < r->mono)
			SAY(r->report, SAY_MONO_BACK, rec->seq);
		else
			check_clock(r, rec, mono);
	} else {
		if (r->records && rec->event != EVENT_START && rec->event != EVENT_INCARNATION)
			SAY(r->report, SAY_BOOT_NEW, rec->seq);
		r->offset_us = rec->t_us - mono * 1000;
	}
	r->boot = key;
	r->mono = mono;
	r->t_us = rec->t_us;
	memcpy(r->t, t.s, t.n); /* 27 bytes: its form was checked */
	if (!r->records)
		memcpy(r->first_t, t.s, t.n);
}

/* --- genesis and incarnation ------------------------------------------------------------------ */

static void
take_key(struct rules *r, const struct record *rec)
{
	struct span text = record_str(rec, RECORD_key);
	AUTO(str) vkey = xstrndup(text.s ? text.s : "", text.n); /* longer than a name */
	struct origin *o = xcalloc(1, sizeof(*o));

	if (note_key_read(&o->key, vkey, NULL) || o->key.algorithm != NOTE_ED25519) {
		SAY(r->report, SAY_KEY_FORM, rec->seq);
		free(o);
		return;
	}
	o->from = rec->seq;
	o->before = r->origin;
	r->origin = o;
}

static void
check_root(struct rules *r, const struct record *rec)
{
	uint64_t size = (uint64_t)record_int(rec, RECORD_size);
	uint8_t said[DIGEST_LEN], root[DIGEST_LEN];

	if (size && record_hex(rec, RECORD_root, said) && size < (uint64_t)rec->seq &&
	    !r->world->root(r->world->arg, size, root) && memcmp(said, root, DIGEST_LEN))
		SAY(r->report, SAY_ROOT_SAID, rec->seq, .a = (int64_t)size,
		    .s = event_word(rec->event));
}

static void
on_incarnation(struct rules *r, const struct record *rec)
{
	struct span old = record_str(rec, RECORD_old), target = record_str(rec, RECORD_target);

	if (r->origin && !span_is(old, r->origin->key.name))
		SAY(r->report, SAY_INCARNATION_OLD, rec->seq, .s = text_of(old),
		    .t = r->origin->key.name);
	check_root(r, rec);
	take_key(r, rec);
	if (!r->origin || r->origin->from != rec->seq)
		return;
	if (!span_is(target, r->origin->key.name))
		SAY(r->report, SAY_REC_FIELDS, rec->seq, .s = "incarnation",
		    .t = "target, the name of its key");
	SAY(r->report, SAY_INCARNATION, rec->seq, .s = r->origin->key.name);
}

/* --- rule 8 ----------------------------------------------------------------------------------- */

static void
on_anchor(struct rules *r, const struct record *rec)
{
	struct span witness = record_str(rec, RECORD_witness), sig = record_str(rec, RECORD_sig);
	uint64_t size = (uint64_t)record_int(rec, RECORD_size), time = 0;
	const struct origin *o = rules_origin(r, size);
	uint8_t said[DIGEST_LEN], root[DIGEST_LEN];

	r->anchors++;
	if (!witness.s || !sig.s || !size || !record_hex(rec, RECORD_root, said)) {
		SAY(r->report, SAY_REC_FIELDS, rec->seq, .s = "anchor",
		    .t = "witness, size, root or sig");
		return;
	}
	if (size >= (uint64_t)rec->seq) {
		SAY(r->report, SAY_ANCHOR_SIZE, rec->seq, .a = (int64_t)size);
		return;
	}
	switch (r->world->anchor(r->world->arg, size, o ? o->key.name : NULL, witness, sig, said,
				 &time)) {
	case NOTE_GOOD:
		if (!r->world->root(r->world->arg, size, root) && memcmp(said, root, DIGEST_LEN)) {
			int64_t good = r->world->stood_for(r->world->arg, size);

			SAY(r->report, SAY_ANCHOR_ROOT, good + 1, .a = (int64_t)size, .b = good);
		}
		if (time != (uint64_t)record_int(rec, RECORD_at))
			SAY(r->report, SAY_ANCHOR_WRONG, rec->seq, .s = text_of(witness));
		else if (rec->t_us / 1000000 + BEHIND_S < (int64_t)time)
			SAY(r->report, SAY_CLOCK_BEHIND, rec->seq);
		r->anchor_at = time;
		break;
	case NOTE_BAD:
		SAY(r->report, SAY_ANCHOR_WRONG, rec->seq, .s = text_of(witness));
		break;
	case NOTE_ABSENT:
		r->unknown_anchors++;
		SAY(r->report, SAY_ANCHOR_KEY, rec->seq, .s = text_of(witness));
		break;
	}
}

/* --- rules 2 and 10 --------------------------------------------------------------------------- */

static void
check_cfg(struct rules *r, const struct record *rec)
{
	struct span cfg = record_str(rec, RECORD_cfg);
	uint64_t key = cfg.s ? table_key(cfg.s, cfg.n) : 0;

	if (key && r->cfg && key != r->cfg)
		SAY(r->report, SAY_CONFIG, rec->seq);
	if (key)
		r->cfg = key;
}

#define POLICIES_MAX 65536

static void
check_policy(struct rules *r, const struct record *rec)
{
	struct span policy = record_str(rec, RECORD_policy);
	uint64_t key = policy.s ? table_key(policy.s, policy.n) : 0;

	if (!key || table_find(&r->policies, key) || r->policies.count >= POLICIES_MAX)
		return;
	table_put(&r->policies, key, (uint64_t)rec->seq);
	SAY(r->report, SAY_POLICY_NEW, rec->seq, .s = text_of(policy));
}

static void
on_event(struct rules *r, const struct record *rec)
{
	switch ((enum event_type)rec->event) {
	case EVENT_GENESIS:
		if (rec->seq != 1)
			SAY(r->report, SAY_GENESIS, rec->seq, .s = "genesis");
		else
			take_key(r, rec);
		break;
	case EVENT_START:
		if (r->running)
			SAY(r->report, SAY_CRASH, rec->seq);
		r->running = true;
		check_cfg(r, rec);
		break;
	case EVENT_STOP:
		r->running = false;
		break;
	case EVENT_CONFIG:
		check_cfg(r, rec);
		break;
	case EVENT_DRIFT:
		SAY(r->report, SAY_DRIFT, rec->seq);
		break;
	case EVENT_ACCEPT:
		SAY(r->report, SAY_ACCEPT, rec->seq);
		break;
	case EVENT_ERASE:
		SAY(r->report, SAY_ERASE, rec->seq);
		if (r->openings)
			openings_erase(r->openings, rec, r->world->event, r->world->arg);
		break;
	case EVENT_EXPORT:
		SAY(r->report, SAY_EXPORT, rec->seq);
		check_root(r, rec);
		break;
	case EVENT_OPERATOR:
		SAY(r->report, SAY_OPERATOR, rec->seq, .s = text_of(record_str(rec, RECORD_target)));
		break;
	case EVENT_INCARNATION:
		on_incarnation(r, rec);
		break;
	case EVENT_ANCHOR:
		on_anchor(r, rec);
		break;
	case EVENT_HEARTBEAT:
	case EVENT_AUTH_OK:
	case EVENT_AUTH_FAIL:
	case EVENT_REQUEST:
	case EVENT_ITEM:
	case EVENT_PLAN:
	case EVENT_NAME:
	case EVENT_APPROVE:
	case EVENT_REFUSE:
	case EVENT_CANCEL:
	case EVENT_RETRY:
	case EVENT_INTENT:
	case EVENT_RESOLVE:
	case EVENT_OUTCOME:
	case EVENT_HOLD:
	case EVENT_AGENCY:
	case EVENT_READ:
	case EVENT_COUNT:
		break;
	}
}

/* --- all of them ------------------------------------------------------------------------------ */

/* false: it has no form, which is said. */
static bool
take(struct rules *r, int64_t seq, const char *bytes, size_t n, struct record *rec)
{
	enum canon_fault canon = CANON_GOOD;
	size_t at = 0;

	switch (record_read(rec, bytes, n, &canon, &at)) {
	case RECORD_GOOD:
		return true;
	case RECORD_LONG:
		SAY(r->report, SAY_REC_LONG, seq, .a = (int64_t)n);
		break;
	case RECORD_CANON:
		SAY(r->report, SAY_REC_CANON, seq, .a = (int64_t)at,
		    .s = canon_fault_text(canon, r->lang));
		break;
	case RECORD_TYPE:
		SAY(r->report, SAY_REC_TYPE, seq, .a = (int64_t)at);
		break;
	case RECORD_LACKS:
		SAY(r->report, SAY_REC_LACKS, seq);
		break;
	case RECORD_VERSION:
		SAY(r->report, SAY_REC_VERSION, seq);
		break;
	}
	return false;
}

/* Of all records only those that give keys are taken apart. */
static void
keys_only(struct rules *r, int64_t seq, const char *bytes, size_t n)
{
	static const char incarnation[] = "\"ev\":\"incarnation\"";
	struct record rec;
	struct span t;

	if ((seq != 1 && !r->times && !memmem(bytes, n, incarnation, sizeof(incarnation) - 1)) ||
	    !take(r, seq, bytes, n, &rec))
		return;
	t = record_str(&rec, RECORD_t);
	memcpy(r->t, t.s, t.n);
	if (!r->first_t[0])
		memcpy(r->first_t, t.s, t.n);
	r->times = false;
	if (seq == 1 && rec.event == EVENT_GENESIS)
		take_key(r, &rec);
	else if (rec.event == EVENT_INCARNATION)
		on_incarnation(r, &rec);
}

bool
rules_add(struct rules *r, int64_t seq, const char *bytes, size_t n)
{
	struct record rec;

	if (r->hashes_only) {
		keys_only(r, seq, bytes, n);
		return true;
	}
	if (!take(r, seq, bytes, n, &rec))
		return false;
	if (rec.seq != seq) {
		SAY(r->report, SAY_SEQ, seq, .a = rec.seq);
		return false;
	}
	if (rec.event < 0) {
		SAY(r->report, SAY_REC_EVENT, seq, .s = text_of(record_str(&rec, RECORD_ev)));
		return false;
	}
	if (rec.unknown)
		SAY(r->report, SAY_REC_UNKNOWN, seq);
	if (seq == 1 && rec.event != EVENT_GENESIS)
		SAY(r->report, SAY_GENESIS, seq, .s = event_word(rec.event));
	check_time(r, &rec);
	check_policy(r, &rec);
	if (r->openings)
		openings_add(r->openings, &rec);
	if (!r->part)
		letters_add(&r->letters, &rec);
	on_event(r, &rec);
	r->seq = seq;
	r->records++;
	return true;
}

void
rules_end(struct rules *r, bool whole)
{
	if (r->hashes_only)
		return;
	if (!r->part)
		letters_end(&r->letters);
	if (r->openings)
		openings_end(r->openings, whole);
}

const char *
canon_fault_text(enum canon_fault f, enum lang lang)
{
	static const char *const text[][LANG_COUNT] = {
		[CANON_GOOD] = { "nothing is wrong", "không có gì sai" },
		[CANON_SYNTAX] = { "no JSON, or white space", "không phải JSON, hoặc có khoảng trắng" },
		[CANON_KEY] = { "a key that is none", "khóa không hợp lệ" },
		[CANON_ORDER] = { "a key out of order, or twice", "khóa sai thứ tự, hoặc lặp lại" },
		[CANON_ESCAPE] = { "an escape that is not the shortest", "ký tự thoát không ngắn nhất" },
		[CANON_NUMBER] = { "a number that is no plain integer", "số không phải số nguyên" },
		[CANON_DEEP] = { "nested too deep", "lồng quá sâu" },
		[CANON_UTF8] = { "bytes that are not UTF-8", "byte không phải UTF-8" },
		[CANON_FORM_C] = { "text that is not in Unicode's form C",
				   "văn bản không ở dạng C của Unicode" },
		[CANON_MANY] = { "too many members", "quá nhiều thành phần" },
	};

	return text[f][lang];
}
