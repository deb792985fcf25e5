/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "common/proof.h"
#include "daemon/base/log.h"
#include "daemon/flow/confirm_private.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/seal.h"

#define FIRST_ANSWER_MS 3000 /* then work begins without it */
#define CONFLICTS_MAX 3 /* answers "from another size" in a row; then it is a failure like any */
#define TIME_MAX 253402300799 /* the last second of the year 9999: what follows has no text in a record */

/* --- failures ---------------------------------------------------------------------------------- */

void
confirm_on_retry(void *arg)
{
	struct asked *w = arg;

	w->waiting = false;
	confirm_ask(w);
}

/* min, 2 min, 4 min, ... up to max, a fifth more or less so that not all ask at once */
static uint64_t
pause_ms(const struct asked *w)
{
	const struct conf_evidence *c = &w->confirm->flow->conf->evidence;
	uint64_t ms = c->witness_retry_min_ms;
	uint32_t random;

	for (unsigned i = 1; i < w->failures && ms < c->witness_retry_max_ms; i++)
		ms *= 2;
	if (ms > c->witness_retry_max_ms)
		ms = c->witness_retry_max_ms;
	digest_random(&random, sizeof(random));
	return ms * 4 / 5 + random % (ms * 2 / 5 + 1);
}

static void
failed(struct asked *w, const char *why)
{
	w->failures++;
	w->conflicts = 0;
	if (!w->error || strcmp(w->error, why))
		log_warn("witness %s: %s; it is asked again and again", w->is->key.name, why);
	if (w->error != why) {
		free(w->error);
		w->error = xstrdup(why);
	}
	w->waiting = true;
	loop_timer_set(w->retry, pause_ms(w));
}

static void
well(struct asked *w)
{
	if (w->error)
		log_info("witness %s answers again", w->is->key.name);
	free(w->error);
	w->error = NULL;
	w->failures = w->conflicts = 0;
	w->probed = true;
}

/* --- asking ------------------------------------------------------------------------------------ */

static int
question(struct asked *w, uint64_t size, struct buf *out, struct err *e)
{
	struct flow *f = w->confirm->flow;
	struct proof_source source = store_proof_source(f->store);
	struct proof proof = { .count = 0 };

	if (proof_consistency(&source, w->from, size, &proof, e))
		return -1;
	buf_printf(out, "old %" PRIu64 "\n", w->from);
	proof_write(&proof, out);
	buf_char(out, '\n');
	if (seal_note(f, size, out) != 1)
		return err_set(e, ERR_TEMP, "the checkpoint of %" PRIu64 " records cannot be read", size);
	return 0;
}

static void on_answer(void *arg, const struct witness_answer *a, const struct err *e);

void
confirm_ask(struct asked *w)
{
	struct flow *f = w->confirm->flow;
	uint64_t size = seal_size(f);
	AUTO(buf) text = BUF_INIT;
	struct err e = ERR_INIT;

	if (!w->client || witness_busy(w->client) || w->waiting || w->anchor || f->incident ||
	    size <= seal_origin_begins(f) || (size == w->size && w->probed))
		return;
	if (w->from > size)
		w->from = 0; /* it said so in an answer that nobody need believe */
	if (question(w, size, &text, &e))
		failed(w, e.msg);
	else
		witness_ask(w->client, text.data, text.len, f->conf->evidence.witness_timeout_ms,
			    on_answer, w);
}

void
confirm_checkpoint(struct flow *f)
{
	for (int i = 0; f->confirm && i < f->confirm->count; i++)
		confirm_ask(&f->confirm->asked[i]);
}

/* --- the first answers ------------------------------------------------------------------------- */

static void
stop_waiting(void *arg)
{
	struct confirm *c = arg;

	for (int i = 0; i < c->count; i++)
		c->asked[i].awaited = false;
	queue_wake(c->flow);
}

static void
heard(struct asked *w)
{
	if (!w->awaited)
		return;
	w->awaited = false;
	if (!confirm_awaited(w->confirm->flow))
		queue_wake(w->confirm->flow);
}

void
confirm_begin(struct flow *f)
{
	struct confirm *c = f->confirm;

	confirm_checkpoint(f);
	/* what is carried by hand takes days */
	for (int i = 0; i < c->count; i++)
		c->asked[i].awaited = c->asked[i].client && witness_busy(c->asked[i].client) &&
				      strncmp(c->asked[i].is->url, "file:", 5);
	if (!confirm_awaited(f))
		return;
	c->first = loop_timer_new(f->loop, stop_waiting, c);
	loop_timer_set(c->first, FIRST_ANSWER_MS);
}

bool
confirm_awaited(const struct flow *f)
{
	for (int i = 0; f->confirm && i < f->confirm->count; i++)
		if (f->confirm->asked[i].awaited)
			return true;
	return false;
}

/* --- an answer --------------------------------------------------------------------------------- */

struct looking {
	uint64_t size;
	struct buf note;
};

static void
take_note(void *arg, const struct stored_checkpoint *c)
{
	struct looking *l = arg;

	if (c->size == l->size)
		buf_str(&l->note, c->note);
}

bool
confirm_text_of(struct flow *f, uint64_t size, struct buf *out)
{
	struct looking l = { .size = size, .note = BUF_INIT };
	const char *end;
	bool there;

	(void)store_checkpoints(f->store, size, 1, take_note, &l, NULL);
	end = strstr(l.note.data, "\n\n");
	there = end != NULL;
	if (there)
		buf_add(out, l.note.data, (size_t)(end + 1 - l.note.data));
	buf_release(&l.note);
	return there;
}

/* Which checkpoint was asked about: where somebody carries, it may be of an earlier run. */
static uint64_t
asked_size(const struct witness_answer *a)
{
	AUTO(buf) question = BUF_INIT;
	const char *p;

	buf_add(&question, a->question, a->question_len);
	p = strstr(question.data, "\n\n"); /* then origin, size, root */
	p = p ? strchr(p + 2, '\n') : NULL;
	return p ? strtoull(p + 1, NULL, 10) : 0;
}

/* Whether it was about this origin.  What a witness says of the one that an incarnation ended is no
 * word about this log: that it refuses there is why there was an incarnation. */
static bool
asked_of_us(const struct flow *f, const struct witness_answer *a)
{
	AUTO(str) origin = xasprintf("\n\n%s\n", seal_key(f)->name);
	const char *p = memmem(a->question, a->question_len, "\n\n", 2);
	size_t n = strlen(origin);

	return p && (size_t)(a->question + a->question_len - p) >= n && !memcmp(p, origin, n);
}

static void
on_written(void *arg, const struct err *failure)
{
	struct asked *w = arg;
	int64_t seq = w->anchor;

	free((char *)w->writing.line);
	w->anchor = 0;
	if (failure) { /* it has signed: asked again, it says so */
		failed(w, failure->msg);
		return;
	}
	seal_anchored(w->confirm->flow, seq);
	w->size = w->from = w->writing.size;
	w->at = w->writing.at;
	well(w);
	confirm_ask(w);
}

/* One unit: the line, and the anchor of it. */
static int
write_anchor(struct asked *w, const struct stored_cosignature *c, const uint8_t *root,
	     const char *sig, struct err *e)
{
	struct flow *f = w->confirm->flow;
	struct evidence ev = { .ev = EVENT_ANCHOR, .actor = actor_daemon, .at = c->at, .root = root,
			       .sig = sig, .size = (int64_t)c->size, .witness = c->witness };

	if (store_begin(f->store, e))
		return -1;
	if (store_add_cosignature(f->store, c, e) || evidence_append(f, &ev, &w->anchor, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}

static void
keep(struct asked *w, const struct note *n, int number, uint64_t time)
{
	const struct note_signature *s = &n->signatures[number];
	AUTO(str) line = xstrndup(s->line, s->line_len);
	const char *sig = strrchr(line, ' ') + 1;
	AUTO(str) bare = xstrndup(sig, strcspn(sig, "\n"));
	struct checkpoint c;
	struct err e = ERR_INIT;

	if (checkpoint_read(&c, n, &e)) {
		failed(w, e.msg);
		return;
	}
	if (c.size <= w->size) { /* it stands already: nothing to write down again */
		w->from = w->size;
		well(w);
		confirm_ask(w);
		return;
	}
	w->writing = (struct stored_cosignature){ .size = c.size, .witness = w->is->key.name,
						  .line = line, .at = (int64_t)time };
	if (write_anchor(w, &w->writing, c.root, bare, &e)) {
		w->anchor = 0;
		failed(w, e.msg);
		return;
	}
	w->writing.line = STEAL(line);
	store_after_commit_soon(w->confirm->flow->store, on_written, w);
}

static void
confirmed(struct asked *w, const struct witness_answer *a)
{
	AUTO(buf) text = BUF_INIT;
	struct err e = ERR_INIT;
	struct note n;
	uint64_t time = 0;
	int number = 0;

	if (!confirm_text_of(w->confirm->flow, asked_size(a), &text)) {
		failed(w, "the question it answers is not of this log: there is no such checkpoint");
		return;
	}
	if (note_read_signatures(&n, a->body, a->len, text.data, text.len, &e)) {
		failed(w, e.msg);
		return;
	}
	switch (note_verify(&n, &w->is->key, &time, &number)) {
	case NOTE_ABSENT:
		failed(w, "its answer has no signature by the key in the policy file");
		return;
	case NOTE_BAD:
		failed(w, "the signature in its answer is not right");
		return;
	case NOTE_GOOD:
		break;
	}
	if (time > TIME_MAX)
		failed(w, "the time in its answer is no time");
	else
		keep(w, &n, number, time);
}

/* "It is another size I know": the next question begins there. */
static void
conflict(struct asked *w, const struct witness_answer *a)
{
	struct flow *f = w->confirm->flow;
	AUTO(buf) text = BUF_INIT;
	uint64_t size;
	char *end;

	buf_add(&text, a->body, a->len);
	errno = 0;
	size = strtoull(text.data, &end, 10);
	if (!strchr("0123456789", *text.data) || errno || end == text.data || strcmp(end, "\n") ||
	    size > INT64_MAX) {
		failed(w, "it says that it knows another checkpoint, but not of what size");
		return;
	}
	if (size > seal_size(f)) {
		incident_raise(f, "the witness %s confirmed a checkpoint of %" PRIu64 " records of this log, "
			       "which has signed none beyond %" PRIu64 ": the database is older than "
			       "the log, or somebody else signs with its key", w->is->key.name, size,
			       seal_size(f));
		return;
	}
	if (++w->conflicts > CONFLICTS_MAX) {
		failed(w, "it says another size each time it is asked");
		return;
	}
	if (size < w->size)
		log_warn("witness %s has forgotten what it confirmed: it knows %" PRIu64 " records, not %"
			 PRIu64, w->is->key.name, size, w->size);
	w->from = size;
	w->probed = false;
	confirm_ask(w);
}

static void
on_answer(void *arg, const struct witness_answer *a, const struct err *e)
{
	struct asked *w = arg;
	AUTO(str) why = NULL;

	if (w->confirm->flow->incident)
		return;
	if (!a || a->status != 422)
		heard(w);
	if (!a) {
		failed(w, e->msg);
		return;
	}
	if (!asked_of_us(w->confirm->flow, a)) {
		failed(w, "the question it answers is not of this log, or of an earlier origin of it");
		return;
	}
	switch (a->status) {
	case 200:
		confirmed(w, a);
		return;
	case 409:
		conflict(w, a);
		return;
	case 422:
		incident_raise(w->confirm->flow, "the witness %s refused the checkpoint of %" PRIu64
			       " records: it does not continue the one of %" PRIu64 " that it knows",
			       w->is->key.name, asked_size(a), w->from);
		return;
	case 404:
		failed(w, "it does not know this log: its administrator has to add the log's key");
		return;
	case 403:
		failed(w, "it has another key for this log");
		return;
	}
	why = xasprintf("it answered with status %d", a->status);
	failed(w, why);
}
