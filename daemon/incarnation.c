/* SPDX-License-Identifier: BSD-2-Clause */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/proof.h"
#include "daemon/base/clock.h"
#include "daemon/daemon.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/seal.h"
#include "daemon/flow/tail.h"

/*
 * What ends an incident, while hopthud does not run.  A database from a backup goes on as another
 * origin with another key: what the old one signed for the records that were lost must never meet
 * other records of the same number.
 */
struct turning {
	struct flow *flow;
	const struct conf *conf;
	const struct incarnation_order *order;
	struct note_key old, key;
	struct checkpoint known; /* size 0: none */
	char who[32];
};

/* ".../1" becomes ".../2"; a name without a number gets one. */
static char *
next_origin(const char *origin)
{
	const char *slash = strrchr(origin, '/'), *p = slash ? slash + 1 : "";
	unsigned long n;

	while (isdigit((unsigned char)*p))
		p++;
	if (!slash || !slash[1] || *p || strlen(slash) > 9)
		return xasprintf("%s/2", origin);
	n = strtoul(slash + 1, NULL, 10);
	return xasprintf("%.*s/%lu", (int)(slash - origin), origin, n + 1);
}

/* --- the newest checkpoint that somebody outside has ------------------------------------------ */

static int
read_note(const char *file, char text[NOTE_BYTES_MAX + 1], size_t *len, struct err *e)
{
	AUTO(fd) fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, text, NOTE_BYTES_MAX + 1);

	if (n < 0)
		return err_set(e, ERR_USAGE, "%s cannot be read: %s", file, strerror(errno));
	*len = (size_t)n;
	return n <= NOTE_BYTES_MAX ? 0 : err_set(e, ERR_USAGE, "%s is longer than a checkpoint can be",
						 file);
}

/* Of a whole mail or several notes one after another: what may be a note of this log.  NULL: none. */
static const char *
next_note(const char *text, const char *origin, size_t *len)
{
	size_t n = strlen(origin);
	const char *p, *q;

	for (p = text; p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (!strncmp(p, origin, n) && p[n] == '\n')
			break;
	if (!p || !(q = strstr(p, "\n\n")))
		return NULL;
	for (q += 2; !strncmp(q, "\xE2\x80\x94 ", 4) && strchr(q, '\n');)
		q = strchr(q, '\n') + 1;
	*len = (size_t)(q - p);
	return p;
}

/* The one for most records that the log signed. */
static int
take_note(const struct turning *t, const char *text, struct note *n, struct checkpoint *c, struct err *e)
{
	bool any = false, good = false;
	const char *p;
	size_t len;

	for (p = text; (p = next_note(p, t->old.name, &len)); p += len) {
		struct checkpoint at;
		struct note one;
		bool right;

		if (note_read(&one, p, len, NULL) || checkpoint_read(&at, &one, NULL))
			continue;
		right = note_verify(&one, &t->old, NULL, NULL) == NOTE_GOOD;
		if (!any || (right && (!good || at.size > c->size))) {
			*n = one;
			*c = at;
			good = right;
			any = true;
		}
	}
	return any ? 0 : note_read(n, text, strlen(text), e) || checkpoint_read(c, n, e) ? -1 : 0;
}

/* As mail programs and people's editors leave it: CR LF, no end of the last line. */
static void
plain_lines(char *text)
{
	char *to = text;

	for (const char *p = text; *p; p++)
		if (*p != '\r')
			*to++ = *p;
	if (to > text && to[-1] != '\n')
		*to++ = '\n';
	*to = '\0';
}

static int
read_known(struct turning *t, struct err *e)
{
	AUTO(str) text = xcalloc(1, NOTE_BYTES_MAX + 2);
	struct err why = ERR_INIT;
	struct checkpoint c;
	struct note n;
	size_t len = 0;

	if (!t->order->known)
		return 0;
	if (read_note(t->order->known, text, &len, e))
		return -1;
	if (strlen(text) != len)
		return err_set(e, ERR_USAGE, "%s is no checkpoint: it is no text", t->order->known);
	plain_lines(text);
	if (take_note(t, text, &n, &c, &why))
		return err_set(e, ERR_USAGE, "%s is no checkpoint: %s", t->order->known, why.msg);
	if (strcmp(c.origin, t->old.name))
		return err_set(e, ERR_USAGE, "the checkpoint in %s is of the log %s, this log is %s",
			       t->order->known, c.origin, t->old.name);
	if (note_verify(&n, &t->old, NULL, NULL) != NOTE_GOOD)
		return err_set(e, ERR_USAGE, "the checkpoint in %s is not signed by this log's key",
			       t->order->known);
	t->known = c;
	return 0;
}

/* What is lost, for whoever does this to read. */
static void
tell_lost(struct turning *t, uint64_t size)
{
	struct proof_source source = store_proof_source(t->flow->store);
	uint8_t root[DIGEST_LEN];

	if (!t->known.size)
		printf("no checkpoint of the old log was given: how many records were lost is not known\n");
	else if (t->known.size > size)
		printf("%" PRIu64 " records that %s had are not in this database\n", t->known.size - size,
		       t->old.name);
	else if (proof_root(&source, t->known.size, root, NULL) ||
		 memcmp(root, t->known.root, DIGEST_LEN))
		printf("the first %" PRIu64 " records of this database are not those of %s\n",
		       t->known.size, t->old.name);
	else
		printf("the checkpoint that was given is of this very log: of it nothing is lost\n");
}

/* --- the unit ---------------------------------------------------------------------------------- */

static int
write_record(struct turning *t, struct err *e)
{
	struct store *s = t->flow->store;
	struct evidence ev = { .ev = EVENT_INCARNATION, .actor = { "hopthud", "daemon", t->who },
			       .bin = VERSION, .old = t->old.name, .target = t->key.name };
	AUTO(str) vkey = note_key_vkey(&t->key);
	AUTO(str) old = note_key_vkey(&t->old);
	AUTO(str) begins = xasprintf("%" PRIu64, store_tree(s)->size);

	ev.key = vkey;
	if (t->known.size) {
		ev.size = (int64_t)t->known.size;
		ev.root = t->known.root;
	}
	evidence_pii(&ev, "reason", t->order->reason);
	return store_set_meta(s, "vkey", vkey, e) || store_set_meta(s, "instance", t->key.name, e) ||
			       store_set_meta(s, SEAL_META_OLD, old, e) ||
			       store_set_meta(s, SEAL_META_BEGINS, begins, e) ||
			       store_set_incident(s, NULL, e) ||
			       evidence_append(t->flow, &ev, NULL, e) ? -1 : 0;
}

/* The incident was a false alarm: the same log goes on, and says so. */
static int
write_over(struct turning *t, struct err *e)
{
	struct evidence ev = { .ev = EVENT_CONFIG, .actor = { "hopthud", "daemon", t->who },
			       .bin = VERSION, .result = "incident over" };

	evidence_pii(&ev, "reason", t->order->reason);
	return store_set_incident(t->flow->store, NULL, e) ||
			       evidence_append(t->flow, &ev, NULL, e) ? -1 : 0;
}

static void
on_committed(void *arg, const struct err *failure)
{
	if (failure)
		*(struct err *)arg = *failure;
}

static int
in_unit(struct turning *t, int (*write)(struct turning *, struct err *), struct err *e)
{
	struct store *s = t->flow->store;
	struct err failure = ERR_INIT;

	if (store_begin(s, e))
		return -1;
	if (write(t, e)) {
		store_abort(s);
		return -1;
	}
	if (store_end(s, e))
		return -1;
	store_after_commit(s, on_committed, &failure);
	store_commit(s);
	if (failure.class == ERR_NONE)
		return 0;
	*e = failure;
	return -1;
}

/* --- the key ----------------------------------------------------------------------------------- */

/* Beside the old one until the record of it is durable: seal_read_key finds it either way. */
static int
make_key(struct turning *t, const char *file, struct err *e)
{
	AUTO(str) origin = next_origin(t->old.name);
	char *skey;
	AUTO(str) line = NULL;
	int rc;

	note_key_make(&t->key, origin, NOTE_ED25519);
	skey = note_key_skey(&t->key);
	line = xasprintf("%s\n", skey);
	secret_free(skey);
	(void)unlink(file);
	rc = init_write_file(file, line, 0600, e);
	explicit_bzero(line, strlen(line));
	return rc;
}

/* The key of an incarnation that was cut short takes its place now: another one is made in this.  That
 * it is lost is no reason not to go on. */
static void
take_key(struct turning *t)
{
	AUTO(str) vkey = note_key_vkey(&t->old);
	struct note_key k;

	if (!seal_read_key(t->conf, vkey, &k, NULL))
		note_key_wipe(&k);
}

static int
use_key(struct turning *t, const char *fresh, struct err *e)
{
	AUTO(str) file = xasprintf("%s/%s", t->conf->key_dir, SEAL_KEY);
	AUTO(str) pub = xasprintf("%s/%s", t->conf->key_dir, SEAL_VKEY);
	AUTO(str) vkey = note_key_vkey(&t->key);
	AUTO(str) line = xasprintf("%s\n", vkey);

	if (rename(fresh, file))
		return err_set(e, ERR_CONFIG, "%s cannot take the place of %s: %s; the next start of "
			       "hopthud tries it again", fresh, file, strerror(errno));
	(void)unlink(pub);
	if (init_write_file(pub, line, 0644, e))
		return -1;
	printf("the log goes on as %s with the key\n  %s\n"
	       "tell it to every witness and everybody who verifies the log, on paper: hopthuctl audit "
	       "checkpoint --new --page\n", t->key.name, vkey);
	return 0;
}

static int
incarnate(struct turning *t, struct err *e)
{
	AUTO(str) fresh = xasprintf("%s/%s%s", t->conf->key_dir, SEAL_KEY, SEAL_NEW);

	if (read_known(t, e))
		return -1;
	take_key(t);
	if (make_key(t, fresh, e))
		return -1;
	tell_lost(t, store_tree(t->flow->store)->size);
	if (!in_unit(t, write_record, e))
		return use_key(t, fresh, e);
	if (!store_broken(t->flow->store)) /* else it may have been written all the same */
		(void)unlink(fresh);
	return -1;
}

static int
begin(struct turning *t, struct err *e)
{
	AUTO(str) vkey = NULL;
	AUTO(str) incident = NULL;

	t->flow->store = store_open(t->conf->database, e);
	if (!t->flow->store || tail_check(t->flow, e))
		return -1;
	evidence_init(t->flow);
	vkey = store_meta(t->flow->store, "vkey");
	if (!vkey || note_key_read(&t->old, vkey, e))
		return err_set(e, ERR_CONFIG, "the database %s does not say which key signs its log",
			       t->conf->database);
	incident = store_incident(t->flow->store);
	if (incident)
		printf("incident: %s\n", incident);
	else if (t->order->over)
		return err_set(e, ERR_CONFLICT, "there is no incident that could be over");
	return 0;
}

int
incarnation_run(const struct conf *conf, const struct incarnation_order *o, struct err *e)
{
	struct flow flow = { .conf = conf };
	struct turning t = { .flow = &flow, .conf = conf, .order = o };
	int rc;

	clock_init();
	snprintf(t.who, sizeof(t.who), "uid:%lu", (unsigned long)getuid());
	rc = begin(&t, e);
	if (!rc)
		rc = o->over ? in_unit(&t, write_over, e) : incarnate(&t, e);
	note_key_wipe(&t.key);
	store_close(flow.store);
	return rc;
}
