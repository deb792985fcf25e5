/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/failpoint.h"
#include "daemon/base/log.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/seal.h"

#define RETRY_MS 1000
#define ANCHORS_MAX 128 /* that wait for a checkpoint; more count like any record */

struct waiter {
	struct waiter *next;
	seal_done_cb *done;
	void *arg;
	bool ready; /* what it waits for is committed */
};

struct seal {
	struct flow *flow;
	struct note_key key;
	uint64_t begins;      /* records before this origin */
	struct loop_timer *timer;
	bool timing, due, deferred, writing;
	bool failed;          /* nothing could be written: tried again when the timer is over */
	uint64_t size;        /* of the newest checkpoint that is durable */
	struct checkpoint made; /* that is being written */
	int64_t anchor[ANCHORS_MAX]; /* records behind the newest checkpoint that are anchors */
	int anchors;
	struct waiter *first;
};

/* --- the key ---------------------------------------------------------------------------------- */

/* 1: it is the log's; 0: another; -1: none that can be read. */
static int
try_key(const char *file, const char *vkey, struct note_key *k, struct err *e)
{
	char *text = conf_read_secret(file, e);
	AUTO(str) found = NULL;
	int rc;

	if (!text)
		return -1;
	rc = note_key_read(k, text, e);
	secret_free(text);
	if (rc || !k->has_secret || k->algorithm != NOTE_ED25519)
		return rc ? -1 : err_set(e, ERR_CONFIG, "%s is no signing key of a log", file);
	found = note_key_vkey(k);
	if (!strcmp(found, vkey))
		return 1;
	note_key_wipe(k);
	return 0;
}

/* The public key in force, for people, beside the secret one: an incarnation that was cut short left
 * the one before.  0, or -1 and errno. */
static int
show_key(const struct conf *conf, const char *vkey)
{
	AUTO(str) file = xasprintf("%s/%s", conf->key_dir, SEAL_VKEY);
	AUTO(str) part = xasprintf("%s%s", file, SEAL_NEW);
	AUTO(str) line = xasprintf("%s\n", vkey);
	char there[sizeof(struct note_key) * 2] = "";
	size_t n = strlen(line);
	AUTO(fd) old = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	AUTO(fd) fd = -1;

	if (old >= 0 && read(old, there, sizeof(there) - 1) == (ssize_t)n && !strcmp(there, line))
		return 0;
	fd = open(part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	return fd < 0 || write(fd, line, n) != (ssize_t)n || fsync(fd) || rename(part, file) ? -1 : 0;
}

int
seal_read_key(const struct conf *conf, const char *vkey, struct note_key *k, struct err *e)
{
	AUTO(str) file = xasprintf("%s/%s", conf->key_dir, SEAL_KEY);
	AUTO(str) fresh = xasprintf("%s%s", file, SEAL_NEW);
	struct err why = ERR_INIT;
	int rc = try_key(file, vkey, k, &why);

	if (rc == 1)
		return 0;
	if (try_key(fresh, vkey, k, NULL) == 1) {
		if (!rename(fresh, file))
			return 0;
		note_key_wipe(k);
		return err_set(e, ERR_CONFIG, "%s cannot take the place of %s: %s", fresh, file,
			       strerror(errno));
	}
	if (rc < 0)
		return err_set(e, ERR_CONFIG, "the key that signs the log cannot be used: %s", why.msg);
	return err_set(e, ERR_CONFIG, "%s is not the key of the log in %s (%s): restore both from the "
		       "same backup", file, conf->database, vkey);
}

/* --- when ------------------------------------------------------------------------------------- */

static void make(void *arg);

/* Records that ask for a checkpoint. */
static uint64_t
unsealed(const struct seal *s)
{
	uint64_t all = store_committed_tree(s->flow->store)->size - s->size;

	return all > (uint64_t)s->anchors ? all - (uint64_t)s->anchors : 0;
}

static void
on_timer(void *arg)
{
	struct seal *s = arg;

	s->timing = s->failed = false;
	s->due = true; /* seen at the end of this turn */
}

static bool
wanted(struct seal *s)
{
	bool any = false;

	for (struct waiter *w = s->first; w; w = w->next)
		any = w->ready = true;
	return any;
}

static void
start_timer(struct seal *s, uint64_t ms)
{
	s->timing = true;
	loop_timer_set(s->timer, ms);
}

void
seal_turn(struct flow *f)
{
	struct seal *s = f->seal;
	uint64_t new = unsealed(s);
	bool asked;

	if (s->deferred || s->writing || s->failed)
		return;
	asked = wanted(s);
	if (!asked && (!new || f->incident))
		return;
	if (asked || s->due || new >= f->conf->evidence.checkpoint_records) {
		s->deferred = true;
		loop_defer(f->loop, make, s);
	} else if (!s->timing) {
		start_timer(s, (uint64_t)f->conf->evidence.checkpoint_seconds * 1000);
	}
}

void
seal_reconfigured(struct flow *f)
{
	if (f->seal->timing && !f->seal->failed)
		start_timer(f->seal, (uint64_t)f->conf->evidence.checkpoint_seconds * 1000);
}

void
seal_anchored(struct flow *f, int64_t seq)
{
	struct seal *s = f->seal;

	if (s->anchors < ANCHORS_MAX && (uint64_t)seq > s->size)
		s->anchor[s->anchors++] = seq;
}

/* --- making one ------------------------------------------------------------------------------- */

/* Tells those whose records were committed before this checkpoint was begun. */
static void
tell(struct seal *s, uint64_t size, const struct err *failure)
{
	struct waiter **p = &s->first, *w, *ready = NULL, **end = &ready;

	while ((w = *p)) {
		if (!w->ready) {
			p = &w->next;
			continue;
		}
		*p = w->next;
		w->next = NULL;
		*end = w;
		end = &w->next;
	}
	while ((w = ready)) {
		ready = w->next;
		if (w->done)
			w->done(w->arg, size, failure);
		free(w);
	}
}

static void
forget_anchors(struct seal *s)
{
	int left = 0;

	for (int i = 0; i < s->anchors; i++)
		if ((uint64_t)s->anchor[i] > s->size)
			s->anchor[left++] = s->anchor[i];
	s->anchors = left;
}

static void
failed(struct seal *s, const struct err *why)
{
	s->writing = false;
	s->failed = true;
	start_timer(s, RETRY_MS);
	tell(s, 0, why);
}

static void
on_durable(void *arg, const struct err *failure)
{
	struct seal *s = arg;
	AUTO(buf) root = BUF_INIT;

	if (failure) {
		failed(s, failure);
		return;
	}
	failpoint(FP_CHECKPOINT_COMMITTED);
	s->writing = s->due = false;
	s->size = s->made.size;
	forget_anchors(s);
	base64_add(&root, s->made.root, DIGEST_LEN);
	log_info("checkpoint %s %" PRIu64 " %s", s->made.origin, s->made.size, root.data);
	tell(s, s->size, NULL);
	confirm_checkpoint(s->flow);
}

/* The note, signed by the log alone. */
static void
sign(struct seal *s, struct buf *note)
{
	AUTO(buf) text = BUF_INIT;

	checkpoint_text(&s->made, &text);
	buf_add(note, text.data, text.len);
	buf_char(note, '\n');
	note_sign(&s->key, text.data, text.len, 0, note);
}

static int
write_it(struct seal *s, struct err *e)
{
	struct stored_checkpoint c = { .size = s->made.size, .at = (int64_t)clock_wall_us() };
	struct store *store = s->flow->store;
	AUTO(buf) note = BUF_INIT;

	sign(s, &note);
	memcpy(c.root, s->made.root, DIGEST_LEN);
	c.note = note.data;
	if (store_begin(store, e))
		return -1;
	if (store_add_checkpoint(store, &c, e)) {
		store_abort(store);
		if (e->class == ERR_CONFLICT) /* two roots */
			incident_raise(s->flow, "%s", e->msg);
		return -1;
	}
	failpoint(FP_CHECKPOINT_WRITTEN);
	return store_end(store, e);
}

static void
make(void *arg)
{
	struct seal *s = arg;
	const struct merkle *tree = store_committed_tree(s->flow->store);
	struct err e = ERR_INIT;

	s->deferred = false;
	if (tree->size == s->size) {
		tell(s, s->size, NULL);
		return;
	}
	if (s->flow->incident) {
		err_set(&e, ERR_TEMP, "%s", s->flow->incident);
		tell(s, 0, &e);
		return;
	}
	loop_timer_stop(s->timer);
	s->timing = false;
	snprintf(s->made.origin, sizeof(s->made.origin), "%s", s->key.name);
	s->made.size = tree->size;
	merkle_root(tree, s->made.root);
	s->writing = true;
	if (write_it(s, &e))
		failed(s, &e);
	else if (s->first)
		store_after_commit(s->flow->store, on_durable, s);
	else
		store_after_commit_soon(s->flow->store, on_durable, s);
}

void
seal_now(struct flow *f, seal_done_cb *done, void *arg)
{
	struct waiter **p = &f->seal->first, *w = xcalloc(1, sizeof(*w));

	w->done = done;
	w->arg = arg;
	while (*p)
		p = &(*p)->next;
	*p = w;
}

void
seal_forget(struct flow *f, void *arg)
{
	for (struct waiter *w = f->seal ? f->seal->first : NULL; w; w = w->next)
		if (w->arg == arg)
			w->done = NULL;
}

/* --- what there is ---------------------------------------------------------------------------- */

uint64_t
seal_size(const struct flow *f)
{
	return f->seal->size;
}

const struct note_key *
seal_key(const struct flow *f)
{
	return &f->seal->key;
}

uint64_t
seal_origin_begins(const struct flow *f)
{
	return f->seal->begins;
}

struct writing {
	struct buf *out;
	uint64_t size;
	bool found;
};

static void
add_note(void *arg, const struct stored_checkpoint *c)
{
	struct writing *w = arg;

	w->found = c->size == w->size;
	if (w->found)
		buf_str(w->out, c->note);
}

static void
add_line(void *arg, const struct stored_cosignature *c)
{
	buf_str(arg, c->line);
}

int
seal_note(struct flow *f, uint64_t size, struct buf *out)
{
	struct writing w = { .out = out, .size = size ? size : f->seal->size };

	if (store_checkpoints(f->store, w.size, 1, add_note, &w, NULL) < 0)
		return -1;
	if (!w.found)
		return 0;
	return store_cosignatures(f->store, w.size, add_line, out, NULL) < 0 ? -1 : 1;
}

/* --- opening ---------------------------------------------------------------------------------- */

/* Anchors that follow the newest checkpoint; with the first other record the rest does not count. */
static bool
count_anchor(void *arg, const struct stored_record *r)
{
	static const char anchor[] = "\"ev\":\"anchor\"";
	struct seal *s = arg;

	if (s->anchors == ANCHORS_MAX || !memmem(r->rec, r->len, anchor, sizeof(anchor) - 1))
		return false;
	s->anchor[s->anchors++] = r->seq;
	return true;
}

static int
read_meta(struct seal *s, struct err *e)
{
	struct flow *f = s->flow;
	AUTO(str) vkey = store_meta(f->store, "vkey");
	AUTO(str) begins = store_meta(f->store, SEAL_META_BEGINS);

	if (!vkey)
		return err_set(e, ERR_CONFIG, "the database %s does not say which key signs its log: "
			       "restore it from a backup", f->conf->database);
	s->begins = begins ? strtoull(begins, NULL, 10) : 0;
	if (seal_read_key(f->conf, vkey, &s->key, e))
		return -1;
	if (show_key(f->conf, vkey))
		log_warn("%s/%s cannot be written: %s", f->conf->key_dir, SEAL_VKEY, strerror(errno));
	return 0;
}

int
seal_open(struct flow *f, struct err *e)
{
	struct seal *s = xcalloc(1, sizeof(*s));
	AUTO(arena) a = arena_new();
	struct stored_checkpoint last;

	s->flow = f;
	f->seal = s;
	s->timer = loop_timer_new(f->loop, on_timer, s);
	if (read_meta(s, e))
		return -1;
	switch (store_last_checkpoint(f->store, &last, a)) {
	case 1:
		s->size = last.size;
		break;
	case 0:
		break;
	default:
		return err_set(e, ERR_CONFIG, "the checkpoints in %s cannot be read: %s",
			       f->conf->database, store_trouble(f->store));
	}
	return store_records(f->store, (int64_t)s->size, ANCHORS_MAX + 1, count_anchor, s, e);
}

void
seal_free(struct flow *f)
{
	struct seal *s = f->seal;
	struct waiter *w;

	if (!s)
		return;
	loop_forget(f->loop, s);
	store_forget(f->store, s);
	loop_timer_free(s->timer);
	while ((w = s->first)) {
		s->first = w->next;
		free(w);
	}
	note_key_wipe(&s->key);
	free(s);
	f->seal = NULL;
}
