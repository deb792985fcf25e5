/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/drift_look.h"
#include "daemon/flow/evidence.h"

#define OPEN_MAX 100	   /* open changes of one entry that are looked at */
#define ATTRIBUTES_MAX 300 /* names in one record, which has a limit: */
#define NAMES_MAX 8000	   /* bytes of them */

/* --- the record ------------------------------------------------------------------------------ */

struct fields {
	const char *before;
	struct arena *arena;
};

static void
on_opening(void *arg, const char *field, const char *value)
{
	struct fields *x = arg;

	if (!strcmp(field, "before"))
		x->before = arena_strdup(x->arena, value);
}

struct open {
	struct drift all[OPEN_MAX];
	int count;
	struct arena *arena;
};

static void
on_open(void *arg, const struct drift *d)
{
	struct open *o = arg;
	struct drift *c = &o->all[o->count++];

	*c = *d;
	c->writer = arena_strdup(o->arena, d->writer);
	c->session = arena_strdup(o->arena, d->session);
	c->written = arena_strdup(o->arena, d->written);
}

/* What the entry was before the first of its open changes. */
static json_t *
base_of(struct look *l, const struct open *o)
{
	AUTO(json) base = json_object();

	for (int n = 0; n < o->count; n++) {
		struct fields x = { .arena = l->arena };
		AUTO(json) was = NULL;
		const char *name;
		json_t *values;

		if (store_openings(l->flow->store, o->all[n].seq, on_opening, &x, NULL) < 0 || !x.before)
			return NULL; /* erased: nobody can say */
		was = drift_form_text(x.before);
		json_object_foreach(was, name, values)
			if (!json_object_get(base, name))
				json_object_set(base, name, values);
	}
	return STEAL(base);
}

/* Somebody took it back by hand: then nothing is left to decide. */
static int
vanish(struct look *l, struct err *e)
{
	struct open *o = arena_alloc(l->arena, sizeof(*o));
	AUTO(json) base = NULL;
	const char *name;
	json_t *values;

	o->arena = l->arena;
	if (store_open_drifts(l->flow->store, l->key, OPEN_MAX, on_open, o) < 0 || !o->count ||
	    !(base = base_of(l, o)))
		return 0;
	json_object_foreach(base, name, values)
		if (strcmp(name, "dn") && !drift_form_equal(base, l->form, name))
			return 0;
	(void)values;
	for (int n = 0; n < o->count; n++) {
		o->all[n].state = "vanished";
		if (store_put_drift(l->flow->store, &o->all[n], e))
			return -1;
		l->opened--;
	}
	return 0;
}

static const char *
joined(struct look *l, const char *const *names)
{
	AUTO(buf) b = BUF_INIT;

	for (; *names; names++)
		buf_printf(&b, "%s%s", b.len ? "," : "", *names);
	return arena_strdup(l->arena, b.data);
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Pseudo-attributes: what the entry is called, and which entry it is. */
static void
add_place(struct look *l)
{
	struct known *k = &l->known;

	if (k->there && *l->dn && strcmp(k->key, l->key)) {
		json_object_set_new(k->form, "dn", json_pack("[s]", k->key));
		json_object_set_new(l->form, "dn", json_pack("[s]", l->key));
	}
	if (k->there && k->mailbox && !strcmp(k->key, l->key) && *k->m.entry_uuid && l->uuid &&
	    strcmp(k->m.entry_uuid, l->uuid)) {
		json_object_set_new(k->form, "entryUUID", json_pack("[s]", k->m.entry_uuid));
		json_object_set_new(l->form, "entryUUID", json_pack("[s]", l->uuid));
	}
}

static int
write_record(struct look *l, struct err *e)
{
	AUTO(buf) before = BUF_INIT;
	AUTO(buf) after = BUF_INIT;
	const char **open, **names = l->told;
	size_t n = 0, k = 0, bytes = 0;
	struct evidence ev = { .ev = EVENT_DRIFT, .actor = actor_daemon, .req = l->ask->req,
			       .row = l->ask->row, .result = l->kind, .ldap = l->uuid != NULL,
			       .ldap_uuid = l->uuid, .ldap_csn = l->csn };
	struct drift d = { .dn = l->key, .login = l->known.m.login ? l->known.m.login : "",
			   .kind = l->kind, .state = "open", .csn = l->csn ? l->csn : "",
			   .uuid = l->uuid ? l->uuid : "", .at = (int64_t)clock_wall_us(),
			   .writer = "", .session = "", .written = "" };

	while (names[n] && n < ATTRIBUTES_MAX && (bytes += strlen(names[n]) + 3) <= NAMES_MAX)
		n++;
	names[n] = NULL;
	qsort(names, n, sizeof(*names), by_name);
	open = arena_alloc(l->arena, (n + 1) * sizeof(*open));
	for (size_t i = 0; i < n; i++)
		if (strcmp(names[i], "userPassword"))
			open[k++] = names[i];
	drift_form_text_of(l->known.form, open, false, &before);
	drift_form_text_of(l->form, open, false, &after);
	ev.attributes = names;
	ev.subj = l->known.m.login && *l->known.m.person ? l->known.m.person : NULL;
	evidence_pii(&ev, "after", after.data);
	evidence_pii(&ev, "before", before.data);
	evidence_pii(&ev, "entry", *l->dn ? l->dn : l->key);
	evidence_pii(&ev, "modifier", l->modifier);
	d.attributes = joined(l, names);
	if (evidence_append(l->flow, &ev, &d.seq, e) || store_add_drift(l->flow->store, &d, e) ||
	    drift_brake_count(l->flow, l->key, e))
		return -1;
	l->opened++;
	if (vanish(l, e))
		return -1;
	drift_log_join(l->flow, d.seq);
	return 0;
}

/* --- one entry ------------------------------------------------------------------------------- */

static void
look_begin(struct look *l, struct flow *f, const struct drift_ask *ask)
{
	AUTO(str) key = drift_key(ask->entry->dn);
	const char *uuid = ask->uuid ? ask->uuid : dir_entry_get(ask->entry, "entryUUID");

	l->flow = f;
	l->ask = ask;
	l->arena = arena_new();
	l->dn = ask->entry->dn;
	l->key = arena_strdup(l->arena, key);
	l->login = drift_login(f, l->key, l->arena);
	l->uuid = uuid;
	l->opid = dir_entry_get(ask->entry, "hopthuOpId");
	l->csn = dir_entry_get(ask->entry, "entryCSN");
	l->modifier = dir_entry_get(ask->entry, "modifiersName");
}

/* The many that are as our copy says. */
static bool
quick(struct look *l)
{
	struct watched row;
	struct mailbox m;

	return l->login && store_mailbox(l->flow->store, l->login, &m, l->arena) && l->uuid &&
	       !strcmp(m.entry_uuid, l->uuid) && drift_form_same(l->ask->entry, &m, l->arena) &&
	       !store_watched(l->flow->store, NULL, l->key, &row, l->arena);
}

static const char *
kind_of(const struct look *l)
{
	return !l->known.there ? "added" : strcmp(l->known.key, l->key) ? "renamed" : "changed";
}

/* Of a mailbox: our copy of it comes with the outcome. */
static bool
all_in_flight(const struct look *l, const char *const *names)
{
	for (; *names; names++)
		if (!drift_form_has(l->left, *names))
			return false;
	return l->login && l->in_flight;
}

/* The entry of a purged mailbox whose holder's values were erased: it stays, and nothing of it is kept. */
static bool
is_erased(struct look *l)
{
	AUTO(str) status = drift_form_join(l->form, "hopthuStatus");
	struct address a;

	return !l->known.mailbox && !l->known.has_row && l->login &&
	       !strcmp(status, status_word(STATUS_PURGED)) &&
	       store_find_address(l->flow->store, l->login, &a, l->arena) &&
	       a.state == ADDRESS_TOMBSTONE && !*a.person;
}

/* Whether something is to be kept, and in *told whether a record is to be written. */
static enum drift_verdict
compare(struct look *l, bool *any, bool *told)
{
	const char **names;

	*any = *told = false;
	if (!l->uuid || quick(l))
		return DRIFT_KNOWN;
	l->form = drift_form_entry(l->ask->entry);
	drift_look_known(l);
	if (is_erased(l))
		return DRIFT_KNOWN;
	add_place(l);
	names = drift_form_diff(l->known.form, l->form, l->arena);
	if (!*names)
		return DRIFT_KNOWN;
	drift_look_item(l);
	if (drift_look_doubt(l))
		return DRIFT_DOUBT;
	l->kind = kind_of(l);
	*told = drift_look_sort(l, names);
	*any = *told || !all_in_flight(l, names);
	return DRIFT_KNOWN;
}

static void
note_change(struct flow *f, int64_t opened)
{
	int64_t now = (int64_t)clock_wall_us();

	if (!f->drift)
		return;
	f->drift->open += opened;
	if (now - f->drift->last_change > 1000000)
		log_warn("the directory was changed, not by hopthu: hopthuctl drift list");
	f->drift->last_change = now;
}

static enum drift_verdict
write(struct look *l, bool told, struct err *e)
{
	if ((told && write_record(l, e)) || drift_keep(l, e))
		return DRIFT_FAILED;
	if (told)
		note_change(l->flow, l->opened);
	return told ? DRIFT_WRITTEN : DRIFT_KNOWN;
}

enum drift_verdict
drift_see_in_unit(struct flow *f, const struct drift_ask *ask, struct err *e)
{
	AUTO(look) l = { .flow = f };
	bool any, told;
	enum drift_verdict v;

	look_begin(&l, f, ask);
	v = compare(&l, &any, &told);
	return any ? write(&l, told, e) : v;
}

static enum drift_verdict
in_own_unit(struct look *l, bool told, struct err *e)
{
	enum drift_verdict v;

	if (store_begin(l->flow->store, e))
		return DRIFT_FAILED;
	v = write(l, told, e);
	if (v == DRIFT_FAILED)
		store_abort(l->flow->store);
	else if (store_end(l->flow->store, e))
		v = DRIFT_FAILED;
	return v;
}

enum drift_verdict
drift_see(struct flow *f, const struct drift_ask *ask, struct err *e)
{
	AUTO(look) l = { .flow = f };
	bool any, told;
	enum drift_verdict v;

	if (f->incident) /* nothing is written; the cookie stays, and when it is over this is told again */
		return DRIFT_KNOWN;
	look_begin(&l, f, ask);
	v = compare(&l, &any, &told);
	return any ? in_own_unit(&l, told, e) : v;
}

/* --- one that is gone ------------------------------------------------------------------------ */

static int
write_gone(struct look *l, struct err *e)
{
	struct known *k = &l->known;

	if (write_record(l, e))
		return -1;
	if (k->has_row && store_drop_watched(l->flow->store, k->row.uuid, e))
		return -1;
	if (k->mailbox && drift_keep_gone(l, k->key, e))
		return -1;
	note_change(l->flow, l->opened);
	return 0;
}

enum drift_verdict
drift_gone(struct flow *f, const char *uuid, const char *key, struct err *e)
{
	const struct drift_ask ask = { .entry = NULL };
	AUTO(look) l = { .flow = f, .ask = &ask, .dn = "", .kind = "deleted" };

	if (f->incident)
		return DRIFT_KNOWN;
	l.arena = arena_new();
	l.key = key;
	l.uuid = uuid && *uuid ? uuid : NULL;
	l.login = drift_login(f, key, l.arena);
	l.form = json_object();
	drift_look_known(&l);
	if (!l.known.there || strcmp(l.known.key, key))
		return DRIFT_KNOWN;
	l.told = drift_form_diff(l.known.form, l.form, l.arena);
	if (store_begin(f->store, e))
		return DRIFT_FAILED;
	if (write_gone(&l, e)) {
		store_abort(f->store);
		return DRIFT_FAILED;
	}
	return store_end(f->store, e) ? DRIFT_FAILED : DRIFT_WRITTEN;
}
