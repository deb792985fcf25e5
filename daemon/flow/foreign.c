/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/json.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/foreign.h"

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

static void
on_entry(void *arg, const struct dir_entry *entry)
{
	struct foreign *g = arg;
	const char *uid = dir_entry_get(entry, "uid");
	AUTO(str) login = NULL;

	if (!uid || strlen(uid) > 64)
		return;
	login = xstrdup(uid);
	for (char *p = login; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p |= 0x20; /* uid is matched without case */
	if (store_address(g->flow->store, login, NULL) != ADDRESS_FREE)
		return;
	if (g->count == g->size) {
		g->size = g->size ? g->size * 2 : 64;
		g->names = xrealloc(g->names, g->size * sizeof(*g->names));
	}
	g->names[g->count++] = STEAL(login);
}

static int
write_some(struct foreign *g, struct err *e)
{
	struct evidence ev = { .ev = EVENT_DRIFT, .actor = actor_daemon, .result = "foreign" };
	AUTO(json) names = json_array();
	AUTO(str) text = NULL;
	size_t n = 0;

	for (; n < RECORD_NAMES && g->written + n < g->count; n++) {
		const char *login = g->names[g->written + n];

		json_array_append_new(names, json_string(login));
		if (store_take_address(g->flow->store, login, ADDRESS_FOREIGN, 0, "", e))
			return -1;
	}
	text = json_dumps(names, JSON_COMPACT);
	ev.count = (int64_t)n;
	evidence_pii(&ev, "logins", text);
	if (evidence_append(g->flow, &ev, NULL, e))
		return -1;
	g->written += n;
	return 0;
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

static void
on_listed(void *arg, const struct dir_result *r)
{
	struct foreign *g = arg;

	if (r->class != DIR_OK)
		log_warn("the list of entries that hopthu did not make is not whole: %s", r->message);
	if (!g->count) {
		free_foreign(g);
		return;
	}
	log_info("%zu entr%s below ou=people not made by hopthu: the name%s taken", g->count,
		 g->count == 1 ? "y was" : "ies were", g->count == 1 ? " is" : "s are");
	loop_defer(g->flow->loop, write_next, g);
}

void
foreign_start(struct flow *f)
{
	static const char *const attrs[] = { "uid", NULL };
	struct foreign *g;
	AUTO(str) people = xasprintf("ou=people,%s", f->conf->directory.base);
	AUTO(str) present = dir_filter_present("hopthuOpId");
	AUTO(str) filter = dir_filter_not(present);

	if (f->foreign)
		return; /* the listing before this one is still being written down */
	f->foreign = g = xcalloc(1, sizeof(*g));
	g->flow = f;
	dir_list(f->dir, people, filter, attrs, on_entry, on_listed, g);
}
