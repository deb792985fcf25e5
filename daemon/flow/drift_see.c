/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/drift_form.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/foreign.h"
#include "daemon/flow/queue.h"

#define OPEN_MAX 100	   /* open changes of one entry that are looked at */
#define ATTRIBUTES_MAX 300 /* names in one record */

/* What was known of an entry.  All texts in the arena. */
struct known {
	bool there;
	bool mailbox;	   /* m is the entry's: our copy of it stands there, not in the row */
	struct mailbox m;
	struct watched row;
	bool has_row;
	const char *key;   /* under which it was known */
	json_t *form;	   /* {} when it was not there */
};

struct look {
	struct flow *flow;
	const struct drift_ask *ask;
	struct arena *arena;
	const char *uuid, *key, *dn, *login, *opid;
	const char *csn, *modifier;
	json_t *form; /* as it is; {} when it is gone */
	struct known known;
	struct item item; /* the operation of ours that it carries */
	bool has_item, in_flight;
	struct plan plan;
	const char *kind;
	const char **told; /* names that nothing explains */
	const char **left; /* names that the operation in flight explains */
	int64_t opened;	   /* by how much more changes are open */
};

typedef struct look auto_type_look;
static void
auto_look(struct look *l)
{
	json_decref(l->form);
	json_decref(l->known.form);
	plan_release(&l->plan);
	arena_free(l->arena);
}

/* --- what was known -------------------------------------------------------------------------- */

static const char *
mailbox_key(struct look *l, const char *login)
{
	AUTO(str) dn = xasprintf("uid=%s,ou=people,%s", login, l->flow->conf->directory.base);
	AUTO(str) key = drift_key(dn);

	return arena_strdup(l->arena, key);
}

static bool
is_gone(const struct known *k)
{
	return k->has_row && !*k->row.attrs;
}

static void
set_form(struct known *k)
{
	if (!k->there)
		k->form = json_object();
	else if (k->mailbox)
		k->form = drift_form_mailbox(&k->m, k->has_row ? k->row.attrs : NULL);
	else
		k->form = drift_form_text(k->row.attrs);
}

/* A mailbox of ours under its own name; one that was renamed away and comes back is told as that. */
static bool
find_mailbox(struct look *l, struct known *k)
{
	struct store *s = l->flow->store;
	struct watched other;

	if (!l->login || !store_mailbox(s, l->login, &k->m, l->arena))
		return false;
	k->mailbox = true;
	k->key = l->key;
	k->has_row = store_watched(s, NULL, l->key, &k->row, l->arena);
	k->there = !is_gone(k);
	if (!k->there && l->uuid && store_watched(s, l->uuid, NULL, &other, l->arena) && *other.attrs) {
		k->there = true;
		k->mailbox = false;
		k->row = other;
		k->key = other.dn;
	}
	return true;
}

static void
find_known(struct look *l)
{
	struct store *s = l->flow->store;
	struct known *k = &l->known;

	if (find_mailbox(l, k)) {
		set_form(k);
		return;
	}
	k->has_row = (l->uuid && store_watched(s, l->uuid, NULL, &k->row, l->arena)) ||
		     store_watched(s, NULL, l->key, &k->row, l->arena);
	if (k->has_row) {
		k->there = *k->row.attrs != '\0';
		k->key = k->row.dn;
	} else if (l->uuid && store_mailbox_by_uuid(s, l->uuid, &k->m, l->arena)) {
		k->mailbox = k->there = true;
		k->key = mailbox_key(l, k->m.login);
		k->has_row = store_watched(s, NULL, k->key, &k->row, l->arena);
		k->there = !is_gone(k);
	} else {
		k->key = l->key;
	}
	set_form(k);
}

bool
drift_known(struct flow *f, const char *uuid, const char **dn, const char **opid, struct arena *a)
{
	struct watched row;
	struct mailbox m;

	if (store_watched(f->store, uuid, NULL, &row, a) && *row.attrs) {
		const char *login = drift_login(f, row.dn, a);

		*dn = row.dn;
		*opid = login && store_mailbox(f->store, login, &m, a) ? m.opid : "";
		return true;
	}
	if (!store_mailbox_by_uuid(f->store, uuid, &m, a))
		return false;
	*dn = arena_printf(a, "uid=%s,ou=people,%s", m.login, f->conf->directory.base);
	*opid = m.opid;
	return true;
}

int
drift_erase(struct flow *f, const char *login, const char *person, struct err *e)
{
	AUTO(str) dn = xasprintf("uid=%s,ou=people,%s", login, f->conf->directory.base);
	AUTO(str) key = drift_key(dn);

	return store_erase_drift(f->store, login, person, key, e);
}

/* --- what of ours explains it ---------------------------------------------------------------- */

static bool
same_place(struct look *l, const struct item *i)
{
	AUTO(str) dn = xasprintf("%s,%s", plan_parent(i->op), l->flow->conf->directory.base);
	AUTO(str) wanted = drift_key(dn);
	const char *parent = NULL;

	return drift_rdn(l->key, &parent, l->arena) && !strcmp(parent, wanted);
}

struct newest {
	struct look *look;
	int64_t id;
};

static void
on_history(void *arg, const struct item *i, const struct request *r)
{
	struct newest *n = arg;

	(void)r;
	if (!n->id && i->state == STATE_DONE && same_place(n->look, i))
		n->id = i->id;
}

/* Entries that are no mailboxes are known by what the watch saw: there the last operation that was done
 * explains too, and no earlier one, whose id somebody may have put back. */
static bool
is_newest(struct look *l)
{
	struct newest n = { .look = l };

	(void)store_history(l->flow->store, l->item.login, 20, on_history, &n, NULL);
	return n.id == l->item.id;
}

static void
find_item(struct look *l)
{
	const char *parent = NULL, *name = drift_rdn(l->key, &parent, l->arena);

	if (!l->opid || !name || !store_item_of(l->flow->store, name, l->opid, &l->item, l->arena) ||
	    !same_place(l, &l->item) || plan_read(&l->plan, l->item.plan, NULL))
		return;
	l->has_item = true;
	l->in_flight = l->item.state == STATE_RUNNING || l->item.state == STATE_UNKNOWN ||
		       l->item.state == STATE_HELD;
}

/* Our copy is of another operation than the entry, and that one is done: which of the two is older? */
static bool
in_doubt(const struct look *l)
{
	const char *copy = l->known.m.opid;

	if (!l->known.mailbox || !l->known.there)
		return false;
	if (l->ask->read_at)
		return strcmp(copy, l->ask->read_at) != 0;
	return l->has_item && l->item.state == STATE_DONE && strcmp(copy, l->opid);
}

static bool
planned_value(const struct look *l, const char *name)
{
	const json_t *values = json_object_get(l->plan.after, name);
	AUTO(json) one = NULL;

	if (!strcmp(name, "hopthuOpId"))
		return true;
	if (!strcmp(name, "hopthuPersonRef") && l->item.op == OP_CREATE)
		one = json_pack("{s:[s]}", name, l->item.person);
	else if (!values)
		return false;
	else if (!json_array_size(values))
		one = json_object();
	else {
		struct dir_value v[64];
		size_t n = json_array_size(values) < 64 ? json_array_size(values) : 64;
		struct dir_attr at = { name, n, v };
		const struct dir_entry e = { "", 1, &at };

		for (size_t i = 0; i < n; i++) {
			const json_t *text = json_array_get(values, i);

			v[i] = (struct dir_value){ json_string_value(text), json_string_length(text) };
		}
		one = drift_form_entry(&e); /* sorted, as the entry's */
	}
	return drift_form_equal(one, l->form, name);
}

/* A password that its holder changed is nobody's business.  When the entry was written again since, by a
 * wrong password for one, it does not say any more who changed it: the directory's log does. */
static bool
holders_password(const struct look *l)
{
	const char *modified = dir_entry_get(l->ask->entry, "modifyTimestamp");
	AUTO(str) by = drift_key(l->modifier ? l->modifier : "");
	AUTO(str) set = drift_form_join(l->form, "pwdChangedTime");

	return !strcmp(by, l->key) || (*set && modified && strncmp(modified, set, 14));
}

static bool
kept_attribute(const char *name)
{
	return drift_form_has(plan_attr_names, name);
}

/* Splits what differs.  True when something is to be told. */
static bool
sort_out(struct look *l, const char **names)
{
	bool opid_moved = drift_form_has(names, "hopthuOpId");
	bool done = l->has_item && opid_moved && !l->known.mailbox && l->item.state == STATE_DONE &&
		    is_newest(l);
	size_t n = 0, told = 0, left = 0;

	while (names[n])
		n++;
	l->told = arena_alloc(l->arena, (n + 2) * sizeof(*l->told));
	l->left = arena_alloc(l->arena, (n + 1) * sizeof(*l->left));
	for (size_t i = 0; i < n; i++) {
		if (l->has_item && opid_moved && (l->in_flight || done) && planned_value(l, names[i]))
			l->left[left++] = names[i];
		else if (!strcmp(names[i], "pwdChangedTime") && (l->ask->baseline || holders_password(l)))
			continue;
		else if (l->ask->baseline && (!l->known.mailbox || !kept_attribute(names[i])))
			continue;
		else
			l->told[told++] = names[i];
	}
	if (drift_form_has(l->told, "pwdChangedTime"))
		l->told[told++] = "userPassword"; /* which nobody sees */
	return told > 0;
}

/* --- what is known from now on --------------------------------------------------------------- */

static int
put_row(struct look *l, const char *uuid, const char *attrs, struct err *e)
{
	return store_put_watched(l->flow->store, &(struct watched){ uuid, l->key, attrs }, e);
}

static const char *
gone_id(struct look *l, const char *key)
{
	return arena_printf(l->arena, "-%s", key);
}

/* What stands in the entry beyond our copy, without what the operation in flight will make of it. */
static int
keep_beyond(struct look *l, const struct mailbox *m, struct err *e)
{
	AUTO(json) copy = drift_form_mailbox(m, NULL);
	const char **names = drift_form_diff(copy, l->form, l->arena), **to = names;
	AUTO(buf) text = BUF_INIT;

	for (const char **from = names; *from; from++)
		if (!drift_form_has(l->left, *from) && strcmp(*from, "entryUUID") && strcmp(*from, "dn"))
			*to++ = *from;
	*to = NULL;
	if (!*names)
		return l->known.has_row ? store_drop_watched(l->flow->store, l->known.row.uuid, e) : 0;
	drift_form_text_of(l->form, names, true, &text);
	return put_row(l, l->uuid, text.data, e);
}

static int
keep_mailbox(struct look *l, struct err *e)
{
	struct mailbox m = l->known.m;

	for (int n = 0; n < PLAN_ATTR_COUNT; n++) {
		AUTO(str) is = drift_form_join(l->form, plan_attr_names[n]);

		if (drift_form_has(l->told, plan_attr_names[n]))
			plan_attr_set(&m, (enum plan_attr)n, is, l->arena);
	}
	if (*l->told) {
		m.request = 0; /* nobody's letter */
		m.updated_at = (int64_t)clock_wall_us();
		m.entry_uuid = l->uuid;
		if (store_put_mailbox(l->flow->store, &m, e) || foreign_adopt(l->flow, &m, e))
			return -1;
	}
	if (is_gone(&l->known) && store_drop_watched(l->flow->store, l->known.row.uuid, e))
		return -1;
	return keep_beyond(l, &m, e);
}

static int
keep_entry(struct look *l, struct err *e)
{
	AUTO(json) form = json_copy(l->form);
	AUTO(buf) text = BUF_INIT;

	json_object_del(form, "dn");
	json_object_del(form, "entryUUID");
	drift_form_text_of(form, NULL, false, &text);
	if (l->known.has_row && strcmp(l->known.row.uuid, l->uuid) &&
	    store_drop_watched(l->flow->store, l->known.row.uuid, e))
		return -1;
	return put_row(l, l->uuid, text.data, e) ||
			       (*l->told && foreign_take(l->flow, l->ask->entry, e)) ? -1 : 0;
}

static int
put_gone(struct look *l, const char *key, struct err *e)
{
	return store_put_watched(l->flow->store, &(struct watched){ gone_id(l, key), key, "" }, e);
}

static int
keep(struct look *l, struct err *e)
{
	struct known *k = &l->known;
	bool renamed = strcmp(k->key, l->key) != 0, was_row = k->has_row;
	struct mailbox own;

	if (renamed && was_row && store_drop_watched(l->flow->store, k->row.uuid, e))
		return -1;
	if (renamed && k->mailbox && put_gone(l, k->key, e))
		return -1;
	if (renamed)
		k->has_row = store_watched(l->flow->store, NULL, l->key, &k->row, l->arena);
	if (l->login && store_mailbox(l->flow->store, l->login, &own, l->arena)) {
		k->m = own;
		return keep_mailbox(l, e);
	}
	return keep_entry(l, e);
}

int
drift_done(struct flow *f, const char *login, const struct plan *p, struct err *e)
{
	AUTO(look) l = { .flow = f, .arena = arena_new(), .login = login };
	struct watched row;
	struct mailbox m;
	const char **names, *name;
	AUTO(json) copy = NULL;
	AUTO(buf) text = BUF_INIT;
	json_t *values;

	if (!store_watched(f->store, NULL, mailbox_key(&l, login), &row, l.arena) || !*row.attrs ||
	    !store_mailbox(f->store, login, &m, l.arena))
		return 0;
	copy = drift_form_mailbox(&m, NULL);
	l.form = drift_form_mailbox(&m, row.attrs);
	json_object_foreach((json_t *)p->after, name, values)
		json_object_set(l.form, name, values);
	names = drift_form_diff(copy, l.form, l.arena);
	if (!*names)
		return store_drop_watched(f->store, row.uuid, e);
	drift_form_text_of(l.form, names, true, &text);
	row.attrs = text.data;
	return store_put_watched(f->store, &row, e);
}

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
	size_t n = 0, k = 0;
	struct evidence ev = { .ev = EVENT_DRIFT, .actor = actor_daemon, .req = l->ask->req,
			       .row = l->ask->row, .result = l->kind, .ldap = l->uuid != NULL,
			       .ldap_uuid = l->uuid, .ldap_csn = l->csn };
	struct drift d = { .dn = l->key, .login = l->known.m.login ? l->known.m.login : "",
			   .kind = l->kind, .state = "open", .csn = l->csn ? l->csn : "",
			   .uuid = l->uuid ? l->uuid : "", .at = (int64_t)clock_wall_us(),
			   .writer = "", .session = "", .written = "" };

	while (names[n] && n < ATTRIBUTES_MAX)
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
	find_known(l);
	if (is_erased(l))
		return DRIFT_KNOWN;
	add_place(l);
	names = drift_form_diff(l->known.form, l->form, l->arena);
	if (!*names)
		return DRIFT_KNOWN;
	find_item(l);
	if (in_doubt(l))
		return DRIFT_DOUBT;
	l->kind = kind_of(l);
	*told = sort_out(l, names);
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
	if ((told && write_record(l, e)) || keep(l, e))
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
	if (k->mailbox && put_gone(l, k->key, e))
		return -1;
	note_change(l->flow, l->opened);
	return 0;
}

enum drift_verdict
drift_gone(struct flow *f, const char *uuid, const char *key, struct err *e)
{
	const struct drift_ask ask = { .entry = NULL };
	AUTO(look) l = { .flow = f, .ask = &ask, .arena = arena_new(), .dn = "", .kind = "deleted" };

	l.key = key;
	l.uuid = uuid && *uuid ? uuid : NULL;
	l.login = drift_login(f, key, l.arena);
	l.form = json_object();
	find_known(&l);
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
