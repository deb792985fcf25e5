/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/proof.h"
#include "common/trust.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/seal.h"
#include "daemon/witness/witness.h"

#define POLICY_MAX 65536
#define FIRST_ANSWER_MS 3000 /* then work begins without it */
#define CONFLICTS_MAX 3 /* answers "from another size" in a row; then it is a failure like any */
#define TIME_MAX 253402300799 /* the last second of the year 9999: what follows has no text in a record */

struct asked {
	struct confirm *confirm;
	const struct trust_witness *is;
	struct witness *client; /* NULL: it has no address */
	struct loop_timer *retry;
	bool waiting;           /* for retry */
	bool probed;            /* in this run it answered */
	bool awaited;           /* its first answer of this run: is the database of yesterday? */
	uint64_t size;          /* of the newest checkpoint that it confirmed */
	int64_t at;
	uint64_t from;          /* what it knows, so far as we know */
	unsigned failures, conflicts;
	char *error;            /* NULL: none */
	struct stored_cosignature writing; /* waits for the commit */
	int64_t anchor;
};

struct confirm {
	struct flow *flow;
	struct trust trust;
	uint8_t digest[DIGEST_LEN]; /* of the policy file */
	struct asked asked[32];
	int count;
	struct loop_timer *first; /* the end of waiting for first answers */
};

static void ask(struct asked *w);

/* --- failures ---------------------------------------------------------------------------------- */

static void
on_retry(void *arg)
{
	struct asked *w = arg;

	w->waiting = false;
	ask(w);
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
hashes(void *arg, int level, uint64_t first, unsigned count, uint8_t *out, struct err *e)
{
	return store_tile_hashes(arg, level, first, count, out, e);
}

static int
question(struct asked *w, uint64_t size, struct buf *out, struct err *e)
{
	struct flow *f = w->confirm->flow;
	struct proof_source source = { .hashes = hashes, .arg = f->store };
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

static void
ask(struct asked *w)
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
		ask(&f->confirm->asked[i]);
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

/* The text of our checkpoint of this size, without its signatures; false: there is none. */
static bool
text_of(struct flow *f, uint64_t size, struct buf *out)
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
	ask(w);
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
		ask(w);
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

	if (!text_of(w->confirm->flow, asked_size(a), &text)) {
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
	ask(w);
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

/* --- opening ----------------------------------------------------------------------------------- */

/* What it confirmed in earlier runs.  A confirmation of what is not in the log is an incident. */
static void
remember(struct asked *w)
{
	struct flow *f = w->confirm->flow;
	const char *name = w->is->key.name;
	AUTO(arena) a = arena_new();
	AUTO(buf) text = BUF_INIT;
	struct stored_cosignature c;
	struct note n;

	if (store_last_cosignature(f->store, name, &c, a) != 1 || c.size <= seal_origin_begins(f))
		return;
	if (!text_of(f, c.size, &text)) {
		incident_raise(f, "the database has no checkpoint of %" PRIu64 " records, but what the "
			       "witness %s signed about it", c.size, name);
		return;
	}
	if (note_read_signatures(&n, c.line, strlen(c.line), text.data, text.len, NULL))
		return;
	switch (note_verify(&n, &w->is->key, NULL, NULL)) {
	case NOTE_ABSENT: /* an older key of that name */
		return;
	case NOTE_BAD:
		incident_raise(f, "what the witness %s signed about %" PRIu64 " records is not the "
			       "checkpoint that the database has", name, c.size);
		return;
	case NOTE_GOOD:
		break;
	}
	w->size = w->from = c.size;
	w->at = c.at;
}

static int
read_policy(const struct conf *conf, struct trust *t, uint8_t digest[DIGEST_LEN], struct err *e)
{
	const char *file = conf->evidence.policy_file;
	AUTO(fd) fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO(buf) text = BUF_INIT;
	struct err why = ERR_INIT;
	char part[4096];
	ssize_t n = -1;

	while (fd >= 0 && (n = read(fd, part, sizeof(part))) > 0 && text.len <= POLICY_MAX)
		buf_add(&text, part, (size_t)n);
	if (n < 0)
		return err_set(e, ERR_CONFIG, "evidence.policy_file %s cannot be read: %s", file,
			       strerror(errno));
	if (text.len > POLICY_MAX)
		return err_set(e, ERR_CONFIG, "evidence.policy_file %s is longer than %d bytes", file,
			       POLICY_MAX);
	digest_sha256(text.data, text.len, digest);
	return trust_read(t, text.data, text.len, file, &why) ?
		       err_set(e, ERR_CONFIG, "evidence.policy_file: %s", why.msg) : 0;
}

int
confirm_check(const struct conf *conf, struct err *e)
{
	uint8_t digest[DIGEST_LEN];
	struct trust *t;
	int rc;

	if (!conf->evidence.policy_file)
		return 0;
	t = xcalloc(1, sizeof(*t));
	rc = read_policy(conf, t, digest, e);
	for (int i = 0; !rc && i < t->witness_count; i++)
		if (t->witnesses[i].url)
			rc = witness_check(t->witnesses[i].url, e);
	trust_release(t); /* empty when it could not be read */
	free(t);
	return rc;
}

static void
release(struct confirm *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->count; i++) {
		struct asked *w = &c->asked[i];

		store_forget(c->flow->store, w);
		witness_free(w->client);
		loop_timer_free(w->retry);
		free(w->error);
		if (w->anchor)
			free((char *)w->writing.line);
	}
	loop_timer_free(c->first);
	trust_release(&c->trust);
	free(c);
}

/* Who verifies by this file would not believe this log. */
static void
warn_of_log(const struct confirm *c)
{
	const struct note_key *own = seal_key(c->flow);

	for (int i = 0; i < c->trust.log_count; i++)
		if (!strcmp(c->trust.logs[i].name, own->name) &&
		    !memcmp(c->trust.logs[i].public_key, own->public_key, sizeof(own->public_key)))
			return;
	if (c->trust.log_count)
		log_warn("evidence.policy_file %s names other logs, but not %s with its key",
			 c->flow->conf->evidence.policy_file, own->name);
}

static struct confirm *
make(struct flow *f, struct err *e)
{
	struct confirm *c = xcalloc(1, sizeof(*c));

	c->flow = f;
	digest_sha256("", 0, c->digest);
	if (!f->conf->evidence.policy_file)
		return c;
	if (read_policy(f->conf, &c->trust, c->digest, e)) {
		free(c);
		return NULL;
	}
	warn_of_log(c);
	for (int i = 0; i < c->trust.witness_count; i++) {
		struct asked *w = &c->asked[c->count++];

		w->confirm = c;
		w->is = &c->trust.witnesses[i];
		w->retry = loop_timer_new(f->loop, on_retry, w);
		if (!w->is->url)
			continue;
		w->client = witness_new(f->loop, w->is->url, f->conf->evidence.witness_ca_file, e);
		if (!w->client) {
			release(c);
			return NULL;
		}
	}
	return c;
}

int
confirm_open(struct flow *f, struct err *e)
{
	f->confirm = make(f, e);
	if (!f->confirm)
		return -1;
	for (int i = 0; i < f->confirm->count; i++)
		remember(&f->confirm->asked[i]);
	return 0;
}

int
confirm_reload(struct flow *f, struct err *e)
{
	struct confirm *old = f->confirm;

	if (confirm_open(f, e)) {
		f->confirm = old;
		return -1;
	}
	release(old);
	confirm_checkpoint(f);
	queue_wake(f); /* nobody's first answer is waited for any more */
	return 0;
}

void
confirm_free(struct flow *f)
{
	release(f->confirm);
	f->confirm = NULL;
}

const uint8_t *
confirm_digest(const struct flow *f)
{
	return f->confirm->digest;
}

/* --- to show ----------------------------------------------------------------------------------- */

static void
take_at(void *arg, const struct stored_checkpoint *c)
{
	*(int64_t *)arg = c->at;
}

/* Seconds that the oldest checkpoint beyond this size waits. */
static int64_t
waits_s(struct flow *f, uint64_t size)
{
	int64_t at = 0, now = (int64_t)clock_wall_us();

	if (size < seal_origin_begins(f))
		size = seal_origin_begins(f);
	(void)store_checkpoints(f->store, size + 1, 1, take_at, &at, NULL);
	return at && now > at ? (now - at) / 1000000 : 0;
}

void
confirm_each(struct flow *f, void (*each)(void *, const struct confirm_state *), void *arg)
{
	uint64_t all = store_committed_tree(f->store)->size;

	for (int i = 0; i < f->confirm->count; i++) {
		struct asked *w = &f->confirm->asked[i];
		struct confirm_state s = { .name = w->is->key.name, .asked = w->client, .size = w->size,
					   .at = w->at, .lag = all - w->size,
					   .lag_s = waits_s(f, w->size), .error = w->error ? w->error : "" };

		each(arg, &s);
	}
}

/* Whoever confirmed a checkpoint confirmed all that it continues. */
static bool
enough(const struct confirm *c, uint64_t size)
{
	uint32_t bits = 0;

	for (int i = 0; i < c->count; i++)
		if (size && c->asked[i].size >= size)
			bits |= UINT32_C(1) << i;
	return trust_quorum(&c->trust, bits);
}

int64_t
confirm_quorum(struct flow *f)
{
	struct confirm *c = f->confirm;
	uint64_t best = 0;

	if (!f->conf->evidence.policy_file || enough(c, 0))
		return -1;
	for (int i = 0; i < c->count; i++)
		if (c->asked[i].size > best && enough(c, c->asked[i].size))
			best = c->asked[i].size;
	return (int64_t)best;
}
