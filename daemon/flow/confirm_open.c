/* SPDX-License-Identifier: BSD-2-Clause */
/* The policy file, and what its witnesses confirmed in earlier runs. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/flow/confirm_private.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/queue.h"
#include "daemon/flow/seal.h"

#define POLICY_MAX 65536

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
	if (!confirm_text_of(f, c.size, &text)) {
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
		w->retry = loop_timer_new(f->loop, confirm_on_retry, w);
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
