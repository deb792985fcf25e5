/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/directory/dir.h"
#include "daemon/flow/drift_look.h"

void
auto_look(struct look *l)
{
	json_decref(l->form);
	json_decref(l->known.form);
	plan_release(&l->plan);
	arena_free(l->arena);
}

/* --- what was known -------------------------------------------------------------------------- */

const char *
drift_look_key(struct look *l, const char *login)
{
	AUTO(str) dn = xasprintf("uid=%s,ou=people,%s", login, l->flow->conf->directory.base);
	AUTO(str) key = drift_key(dn);

	return arena_strdup(l->arena, key);
}

bool
drift_look_gone(const struct known *k)
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
	k->there = !drift_look_gone(k);
	if (!k->there && l->uuid && store_watched(s, l->uuid, NULL, &other, l->arena) && *other.attrs) {
		k->there = true;
		k->mailbox = false;
		k->row = other;
		k->key = other.dn;
	}
	return true;
}

void
drift_look_known(struct look *l)
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
		k->key = drift_look_key(l, k->m.login);
		k->has_row = store_watched(s, NULL, k->key, &k->row, l->arena);
		k->there = !drift_look_gone(k);
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

void
drift_look_item(struct look *l)
{
	const char *parent = NULL, *name = drift_rdn(l->key, &parent, l->arena);

	if (!l->opid || !name || !store_item_of(l->flow->store, name, l->opid, &l->item, l->arena) ||
	    !same_place(l, &l->item) || plan_read(&l->plan, l->item.plan, NULL))
		return;
	l->has_item = true;
	l->in_flight = l->item.state == STATE_RUNNING || l->item.state == STATE_UNKNOWN ||
		       l->item.state == STATE_HELD;
}

bool
drift_look_doubt(const struct look *l)
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

bool
drift_look_sort(struct look *l, const char **names)
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
