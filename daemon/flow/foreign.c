/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/text.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/foreign.h"
#include "daemon/flow/rules.h"
#include "daemon/policy/name.h"

#define RECORD_NAMES 100 /* in one record: at most 16 KiB with names of 64 octets */

struct foreign {
	struct flow *flow;
	char **names;
	size_t count, size, written;
};

static void
free_foreign(struct foreign *g)
{
	loop_forget(g->flow->loop, g);
	g->flow->foreign = NULL;
	while (g->count)
		free(g->names[--g->count]);
	free(g->names);
	free(g);
}

void
foreign_free(struct flow *f)
{
	if (f->foreign)
		free_foreign(f->foreign);
}

/* A login or address that is in use there, in lower case; NULL: it is no address of ours, or the
 * registry knows it already.  Caller frees. */
static char *
fresh_name(struct flow *f, const char *value, size_t n, bool is_login)
{
	const char *at = memchr(value, '@', n);
	size_t local = at ? (size_t)(at - value) : n;
	AUTO(str) name = xstrndup(value, n);
	AUTO(str) login = NULL;

	for (char *p = name; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20; /* uid and mail are matched without case */
	if (!local || local > 64 || (!is_login && (!at || !flow_serves(f, name + local + 1))))
		return NULL;
	login = xstrndup(name, local);
	return store_address(f->store, login, NULL) == ADDRESS_FREE ? STEAL(name) : NULL;
}

static void
note_name(struct foreign *g, const char *value, size_t n, bool is_login)
{
	char *name = fresh_name(g->flow, value, n, is_login);

	if (!name)
		return;
	if (g->count == g->size) {
		g->size = g->size ? g->size * 2 : 64;
		g->names = xrealloc(g->names, g->size * sizeof(*g->names));
	}
	g->names[g->count++] = name;
}

static void
on_entry(void *arg, const struct dir_entry *entry)
{
	struct foreign *g = arg;

	for (size_t i = 0; i < entry->count; i++) {
		const struct dir_attr *a = &entry->attrs[i];

		for (size_t v = 0; v < a->count; v++)
			note_name(g, a->values[v].data, a->values[v].len,
				  !strcasecmp(a->name, "uid"));
	}
}

static int
put_foreign(struct flow *f, const char *name, struct err *e)
{
	const char *at = strchr(name, '@');
	AUTO(str) login = xstrndup(name, strcspn(name, "@"));
	AUTO(buf) shape = BUF_INIT;

	name_shape(login, &shape);
	return store_put_address(f->store, &(struct address){
			.local = login, .domain = at ? at + 1 : "", .login = "", .person = "",
			.state = ADDRESS_FOREIGN }, shape.data, e);
}

static int
write_some(struct foreign *g, struct err *e)
{
	struct evidence ev = { .ev = EVENT_DRIFT, .actor = actor_daemon, .result = "foreign" };
	AUTO(json) names = json_array();
	AUTO(str) text = NULL;
	size_t n = 0;

	for (; n < RECORD_NAMES && g->written + n < g->count; n++) {
		const char *name = g->names[g->written + n];
		AUTO(str) login = xstrndup(name, strcspn(name, "@"));

		if (store_address(g->flow->store, login, NULL) != ADDRESS_FREE)
			continue; /* promised since it was listed: that creation finds the entry itself */
		json_array_append_new(names, json_string(name));
		if (put_foreign(g->flow, name, e))
			return -1;
	}
	g->written += n;
	if (!json_array_size(names))
		return 0;
	text = json_dumps(names, JSON_COMPACT);
	ev.count = (int64_t)json_array_size(names);
	evidence_pii(&ev, "logins", text);
	return evidence_append(g->flow, &ev, NULL, e);
}

static void
write_next(void *arg)
{
	struct foreign *g = arg;
	struct store *s = g->flow->store;
	size_t before = g->written;
	struct err e = ERR_INIT;
	int rc = -1;

	if (g->written < g->count && !store_begin(s, &e)) {
		rc = write_some(g, &e);
		if (rc)
			store_abort(s);
		else
			rc = store_end(s, &e);
	}
	if (rc || g->written == before || g->written == g->count) {
		if (e.class != ERR_NONE)
			log_warn("names of the directory's other entries were not noted: %s", e.msg);
		free_foreign(g);
		return;
	}
	loop_defer(g->flow->loop, write_next, g);
}

/* Both listings are in.  One that is not whole adds what it has and takes nothing away: a name that
 * it does not show is not free because of that. */
static void
on_groups(void *arg, const struct dir_result *r)
{
	struct foreign *g = arg;

	if (r->class != DIR_OK && r->class != DIR_ABSENT)
		log_warn("the list of groups that hopthu did not make is not whole: %s", r->message);
	if (!g->count) {
		free_foreign(g);
		return;
	}
	log_info("%zu name%s in the directory not given by hopthu: taken", g->count,
		 g->count == 1 ? "" : "s");
	loop_defer(g->flow->loop, write_next, g);
}

static void
on_people(void *arg, const struct dir_result *r)
{
	static const char *const attrs[] = { "mail", NULL };
	struct foreign *g = arg;
	AUTO(str) groups = xasprintf("ou=groups,%s", g->flow->conf->directory.base);
	AUTO(str) filter = dir_filter_present("mail");

	if (r->class != DIR_OK)
		log_warn("the list of entries that hopthu did not make is not whole: %s", r->message);
	dir_list(g->flow->dir, groups, filter, attrs, on_entry, on_groups, g);
}

void
foreign_start(struct flow *f)
{
	static const char *const attrs[] = { "uid", "mail", "hopthuAlias", NULL };
	struct foreign *g;
	AUTO(str) people = xasprintf("ou=people,%s", f->conf->directory.base);
	AUTO(str) present = dir_filter_present("hopthuOpId");
	AUTO(str) filter = dir_filter_not(present);

	if (drift_watches(f))
		return; /* the watch tells of them, one by one */
	if (f->foreign)
		return; /* the listing before this one is still being written down */
	f->foreign = g = xcalloc(1, sizeof(*g));
	g->flow = f;
	dir_list(f->dir, people, filter, attrs, on_entry, on_people, g);
}

/* --- what the watch saw ------------------------------------------------------------------------ */

int
foreign_take(struct flow *f, const struct dir_entry *entry, struct err *e)
{
	for (size_t i = 0; i < entry->count; i++) {
		const struct dir_attr *a = &entry->attrs[i];
		bool login = !strcasecmp(a->name, "uid");

		if (!login && strcasecmp(a->name, "mail") && strcasecmp(a->name, "hopthuAlias"))
			continue;
		for (size_t v = 0; v < a->count; v++) {
			AUTO(str) name = fresh_name(f, a->values[v].data, a->values[v].len, login);

			if (name && put_foreign(f, name, e))
				return -1;
		}
	}
	return 0;
}

static int
adopt_one(struct flow *f, const struct mailbox *m, const char *given, enum address_state state,
	  struct err *e)
{
	AUTO(buf) low = BUF_INIT;
	AUTO(buf) shape = BUF_INIT;
	AUTO(str) local = NULL;
	const char *at;

	text_lower(given, &low); /* mail is matched without case */
	local = xstrndup(low.data, strcspn(low.data, "@"));
	at = strchr(low.data, '@');
	if (!*local || store_address(f->store, local, NULL) != ADDRESS_FREE)
		return 0;
	name_shape(local, &shape);
	return store_put_address(f->store, &(struct address){
			.local = local, .domain = at ? at + 1 : "", .login = m->login, .state = state,
			.person = m->person }, shape.data, e);
}

int
foreign_adopt(struct flow *f, const struct mailbox *m, struct err *e)
{
	if (adopt_one(f, m, m->address, ADDRESS_ACTIVE, e))
		return -1;
	for (const char *p = m->aliases; *p; p += *p == '\n') {
		AUTO(str) one = xstrndup(p, strcspn(p, "\n"));

		if (adopt_one(f, m, one, ADDRESS_ALIAS, e))
			return -1;
		p += strlen(one);
	}
	return 0;
}
