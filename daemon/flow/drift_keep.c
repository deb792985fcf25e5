/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/drift_look.h"
#include "daemon/flow/foreign.h"

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
	if (drift_look_gone(&l->known) && store_drop_watched(l->flow->store, l->known.row.uuid, e))
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

int
drift_keep_gone(struct look *l, const char *key, struct err *e)
{
	return store_put_watched(l->flow->store, &(struct watched){ gone_id(l, key), key, "" }, e);
}

int
drift_keep(struct look *l, struct err *e)
{
	struct known *k = &l->known;
	bool renamed = strcmp(k->key, l->key) != 0, was_row = k->has_row;
	struct mailbox own;

	if (renamed && was_row && store_drop_watched(l->flow->store, k->row.uuid, e))
		return -1;
	if (renamed && k->mailbox && drift_keep_gone(l, k->key, e))
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

	if (!store_watched(f->store, NULL, drift_look_key(&l, login), &row, l.arena) || !*row.attrs ||
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
