/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/canon.h"
#include "common/json.h"
#include "daemon/base/clock.h"
#include "daemon/flow/evidence.h"

#define RECORD_MAX 16384

const struct actor actor_daemon = { "hopthud", "daemon", "" };

void
evidence_pii(struct evidence *ev, const char *field, const char *value)
{
	if (!value || !*value)
		return;
	BUG_ON(ev->pii_count == EVIDENCE_PII_MAX);
	ev->pii[ev->pii_count].field = field;
	ev->pii[ev->pii_count++].value = value;
}

/* Text of the newest record's time: RFC 3339 in UTC compares as text. */
static char last[CLOCK_TEXT];

/* Records of one log never go back in time, whatever the clock does; mono shows the truth. */
static void
now_text(char out[CLOCK_TEXT])
{
	clock_text(clock_wall_us(), out);
	if (strcmp(out, last) < 0)
		memcpy(out, last, CLOCK_TEXT);
	memcpy(last, out, CLOCK_TEXT);
}

static bool
take_time(void *arg, const struct stored_record *r)
{
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	const char *t = json_str(rec, "t");

	(void)arg;
	if (t && strlen(t) == CLOCK_TEXT - 1)
		memcpy(last, t, CLOCK_TEXT);
	return true;
}

void
evidence_init(struct flow *f)
{
	last[0] = '\0';
	(void)store_records(f->store, store_last_seq(f->store) - 1, 1, take_time, NULL, NULL);
}

static void
maybe_int(struct canon *c, const char *key, int64_t value)
{
	if (value)
		canon_int(c, key, value);
}

static void
maybe_hash(struct canon *c, const char *key, const uint8_t *hash)
{
	if (hash)
		canon_hex(c, key, hash, DIGEST_LEN);
}

static void
actor(struct canon *c, const struct actor *a)
{
	canon_open(c, "actor");
	canon_str(c, "mech", a->mech);
	canon_str(c, "name", a->name);
	canon_str(c, "src", a->src);
	canon_close(c);
}

static void
directory(struct canon *c, const struct evidence *ev)
{
	if (!ev->ldap)
		return;
	canon_open(c, "ldap");
	canon_str(c, "csn", ev->ldap_csn);
	canon_int(c, "rc", ev->ldap_rc);
	canon_str(c, "uuid", ev->ldap_uuid);
	canon_close(c);
}

static void
personal(struct canon *c, const struct evidence *ev, struct opening *openings)
{
	uint8_t commitment[DIGEST_LEN];

	if (!ev->pii_count)
		return;
	canon_open(c, "pii");
	for (int i = 0; i < ev->pii_count; i++) {
		struct opening *o = &openings[i];

		o->field = ev->pii[i].field;
		o->value = ev->pii[i].value;
		digest_random(o->salt, sizeof(o->salt));
		digest_commit(o->salt, o->field, o->value, strlen(o->value), commitment);
		canon_hex(c, o->field, commitment, sizeof(commitment));
	}
	canon_close(c);
}

int
evidence_append(struct flow *f, const struct evidence *ev, int64_t *seq_out, struct err *e)
{
	struct opening openings[EVIDENCE_PII_MAX];
	int64_t seq = store_next_seq(f->store);
	AUTO(buf) rec = BUF_INIT;
	char t[CLOCK_TEXT];
	struct canon c;

	if (f->incident)
		return err_set(e, ERR_TEMP, "%s", f->incident);
	now_text(t);
	canon_begin(&c, &rec);
	actor(&c, &ev->actor);
	canon_str(&c, "agency", ev->agency);
	if (ev->also_count)
		canon_ints(&c, "also", ev->also, (size_t)ev->also_count);
	canon_str(&c, "as", ev->as);
	maybe_int(&c, "at", ev->at);
	canon_str(&c, "attachment", ev->attachment);
	if (ev->attributes)
		canon_strings(&c, "attributes", ev->attributes);
	canon_str(&c, "basis", ev->basis);
	canon_str(&c, "bin", ev->bin);
	canon_str(&c, "boot", clock_boot_id());
	maybe_hash(&c, "cfg", ev->cfg);
	canon_str(&c, "channel", ev->channel);
	maybe_int(&c, "count", ev->count);
	canon_str(&c, "digest", ev->digest);
	canon_str(&c, "domain", ev->domain);
	maybe_int(&c, "drift", ev->drift);
	canon_str(&c, "ev", event_word((int)ev->ev));
	maybe_int(&c, "first", ev->first);
	maybe_int(&c, "intent", ev->intent);
	canon_str(&c, "key", ev->key);
	maybe_int(&c, "late", ev->late);
	directory(&c, ev);
	canon_str(&c, "letter", ev->letter);
	canon_str(&c, "letter_date", ev->letter_date);
	canon_int(&c, "mono", (int64_t)clock_boot_ms());
	if (ev->needs > 1)
		canon_int(&c, "needs", ev->needs);
	canon_str(&c, "old", ev->old);
	canon_str(&c, "op", ev->op);
	canon_str(&c, "opid", ev->opid);
	personal(&c, ev, openings);
	maybe_hash(&c, "plan", ev->plan);
	canon_str(&c, "policy", ev->policy);
	maybe_int(&c, "req", ev->req);
	canon_str(&c, "result", ev->result);
	canon_str(&c, "roles", ev->roles);
	maybe_hash(&c, "root", ev->root);
	maybe_int(&c, "round", ev->round);
	canon_str(&c, "route", ev->route);
	maybe_int(&c, "row", ev->row);
	canon_int(&c, "seq", seq);
	canon_str(&c, "sig", ev->sig);
	maybe_int(&c, "size", ev->size);
	canon_str(&c, "subj", ev->subj);
	canon_str(&c, "t", t);
	canon_str(&c, "target", ev->target);
	canon_int(&c, "v", 1);
	canon_str(&c, "witness", ev->witness);
	canon_end(&c);
	if (rec.len > RECORD_MAX)
		return err_set(e, ERR_USAGE, "an audit record would be %zu bytes, %d is the limit: "
			       "shorten the texts of this request", rec.len, RECORD_MAX);
	if (store_append(f->store, rec.data, rec.len, openings, (size_t)ev->pii_count, e))
		return -1;
	if (seq_out)
		*seq_out = seq;
	return 0;
}

int
evidence_alone(struct flow *f, const struct evidence *ev, struct err *e)
{
	if (store_begin(f->store, e))
		return -1;
	if (evidence_append(f, ev, NULL, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}
