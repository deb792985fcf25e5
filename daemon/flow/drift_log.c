/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/directory/dir_watch.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/drift_form.h"

/*
 * slapd's own log of writes (slapo-accesslog), where hopthud may read it.  It says who wrote in which
 * session, and knows of what was made and taken back while nobody watched.  A write that sets a
 * password shows no values there, by the access rules.
 */
#define LOG_BASE "cn=accesslog"
#define JOIN_MS 150   /* slapd writes its log after the entry */
#define JOIN_TRIES 6
#define JOINS_MAX 1000
#define ROWS_MAX 1000 /* of one answer */

static const char *const log_attrs[] = { "reqType",    "reqDN",	 "reqStart",	 "reqSession",
					 "reqAuthzID", "reqMod", "reqEntryUUID", "reqNewDN", NULL };

/* 20261125070334.898771Z#... -> "20261125070330Z", some seconds earlier: when the operation began. */
static void
not_before(const char *csn, char out[32])
{
	struct tm tm = { 0 };
	time_t t;

	if (sscanf(csn, "%4d%2d%2d%2d%2d%2d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour,
		   &tm.tm_min, &tm.tm_sec) != 6) {
		snprintf(out, 32, "19700101000000Z");
		return;
	}
	tm.tm_year -= 1900;
	tm.tm_mon--;
	t = timegm(&tm) - 5;
	gmtime_r(&t, &tm);
	strftime(out, 32, "%Y%m%d%H%M%SZ", &tm);
}

static const struct dir_attr *
attr(const struct dir_entry *e, const char *name)
{
	for (size_t i = 0; i < e->count; i++)
		if (!strcasecmp(e->attrs[i].name, name))
			return &e->attrs[i];
	return NULL;
}

static const char *
text(const struct dir_entry *e, const char *name)
{
	const char *v = dir_entry_get(e, name);

	return v ? v : "";
}

/* The value that a write gave an attribute ("name:= value", "name:+ value"), or NULL. */
static const char *
given(const struct dir_entry *e, const char *name)
{
	const struct dir_attr *mods = attr(e, "reqMod");
	size_t n = strlen(name);

	for (size_t i = 0; mods && i < mods->count; i++) {
		const char *m = mods->values[i].data;

		if (!strncasecmp(m, name, n) && m[n] == ':' && (m[n + 1] == '=' || m[n + 1] == '+') &&
		    m[n + 2] == ' ')
			return m + n + 3;
	}
	return NULL;
}

/* --- who changed it -------------------------------------------------------------------------- */

struct drift_join {
	struct drift_join *next;
	struct flow *flow;
	int64_t seq;
	unsigned tries;
	struct arena *arena; /* of the row and of what is found */
	struct drift drift;
	bool exact;
};

static void join_next(void *arg);

static void
end_join(struct drifts *d)
{
	struct drift_join *j = d->joins;

	d->joins = j->next;
	if (!d->joins)
		d->joins_end = &d->joins;
	d->join_count--;
	arena_free(j->arena);
	free(j);
}

static void
write_join(struct drift_join *j)
{
	struct store *s = j->flow->store;
	struct drift now;

	if (!store_drift(s, j->seq, &now, j->arena) || store_begin(s, NULL))
		return;
	now.writer = j->drift.writer;
	now.session = j->drift.session;
	now.written = j->drift.written;
	if (store_join_drift(s, &now, NULL))
		store_abort(s);
	else
		(void)!store_end(s, NULL);
}

static void
on_join_entry(void *arg, const struct dir_entry *e)
{
	struct drift_join *j = arg;
	const char *csn = given(e, "entryCSN");
	bool hidden = !attr(e, "reqMod"), deleted = !strcmp(j->drift.kind, "deleted");
	bool exact = deleted ? !strcasecmp(text(e, "reqType"), "delete") :
			       csn && !strcmp(csn, j->drift.csn);

	/* one whose values are hidden is it when nothing else is: the last of them */
	if (j->exact ? !exact || !deleted : !exact && (!hidden || deleted))
		return;
	j->exact |= exact;
	j->drift.writer = arena_strdup(j->arena, text(e, "reqAuthzID"));
	j->drift.session = arena_strdup(j->arena, text(e, "reqSession"));
	j->drift.written = arena_strdup(j->arena, text(e, "reqStart"));
}

static void
on_joined(void *arg, const struct dir_result *r)
{
	struct drift_join *j = arg;
	struct drifts *d = j->flow->drift;

	d->joining = false;
	if (*j->drift.writer)
		write_join(j);
	if (*j->drift.writer || r->class != DIR_OK || ++j->tries >= JOIN_TRIES)
		end_join(d);
	if (d->joins)
		loop_timer_set(d->join_timer, d->joins->tries ? JOIN_MS : 0);
}

static void
join_next(void *arg)
{
	struct drifts *d = arg;
	struct drift_join *j = d->joins;
	AUTO(str) dn = NULL;
	AUTO(str) since = NULL;
	AUTO(str) filter = NULL;
	char from[32];

	if (!j || d->joining)
		return;
	if (!dir_room(dir_watch_dir(d->watch))) {
		loop_timer_set(d->join_timer, JOIN_MS);
		return;
	}
	if (!j->arena)
		j->arena = arena_new();
	if (!store_drift(d->flow->store, j->seq, &j->drift, j->arena)) { /* was not committed */
		end_join(d);
		loop_timer_set(d->join_timer, 0);
		return;
	}
	not_before(j->drift.csn, from);
	dn = dir_filter_equal(*j->drift.uuid ? "reqEntryUUID" : "reqDN",
			      *j->drift.uuid ? j->drift.uuid : j->drift.dn);
	since = dir_filter_at_least("reqStart", from);
	filter = dir_filter_and((const char *const[]){ since, dn, NULL });
	d->joining = true;
	j->exact = false;
	dir_list(dir_watch_dir(d->watch), LOG_BASE, filter, log_attrs, on_join_entry, on_joined, j);
}

void
drift_log_join(struct flow *f, int64_t seq)
{
	struct drifts *d = f->drift;
	struct drift_join *j;

	if (!d || d->join_count >= JOINS_MAX)
		return;
	j = xcalloc(1, sizeof(*j));
	j->flow = f;
	j->seq = seq;
	*d->joins_end = j;
	d->joins_end = &j->next;
	if (!d->join_count++)
		loop_timer_set(d->join_timer, JOIN_MS);
}

void
drift_log_init(struct flow *f)
{
	f->drift->joins_end = &f->drift->joins;
	f->drift->join_timer = loop_timer_new(f->loop, join_next, f->drift);
}

/* --- what no intent explains ----------------------------------------------------------------- */

struct drift_check {
	struct drift_check *next;
	struct flow *flow;
	drift_check_cb *cb; /* NULL: forgotten */
	void *arg;
	json_t *writes;
	int64_t looked, unexplained, unrecorded;
};

/* What slapd writes by itself when somebody logs in, or fails to. */
static bool
is_slapds(const struct dir_entry *e)
{
	static const char *const own[] = { "pwdFailureTime", "pwdAccountLockedTime", "pwdGraceUseTime",
					   "pwdLastSuccess", "authTimestamp", "entryCSN",
					   "modifiersName", "modifyTimestamp", NULL };
	const struct dir_attr *mods = attr(e, "reqMod");
	const char *lock = given(e, "pwdAccountLockedTime");

	if (!mods || strcasecmp(text(e, "reqType"), "modify") || (lock && !strncmp(lock, "0000", 4)))
		return false;
	for (size_t i = 0; i < mods->count; i++) {
		AUTO(str) name = xstrndup(mods->values[i].data, strcspn(mods->values[i].data, ":"));

		if (!drift_form_has(own, name))
			return false;
	}
	return true;
}

static bool
is_ours(struct flow *f, const struct dir_entry *e, struct arena *a)
{
	AUTO(str) key = drift_key(text(e, "reqDN"));
	AUTO(str) by = drift_key(text(e, "reqAuthzID"));
	AUTO(str) base = drift_key(f->conf->directory.base);
	AUTO(str) operators = xasprintf(",ou=operators,%s", base);
	AUTO(str) self = xasprintf("cn=hopthud,ou=services,%s", base);
	const char *opid = given(e, "hopthuOpId"), *parent, *name = drift_rdn(key, &parent, a);
	size_t n = strlen(operators);
	struct address was;
	struct item i;

	if (strlen(by) <= n || strcmp(by + strlen(by) - n, operators)) {
		if (strcmp(by, self))
			return false;
	}
	if (!opid || !name)
		return false;
	/* when the values of the person were erased the rows do not have the name any more */
	return (store_item_of(f->store, name, opid, &i, a) ||
		(store_find_address(f->store, name, &was, a) && was.state == ADDRESS_TOMBSTONE && !*was.person &&
		 store_erased_item_of(f->store, opid, &i, a))) &&
	       (i.tried || i.state == STATE_DONE);
}

/* Its holder, whose password it is: the values of nothing else are hidden. */
static bool
is_holders(const struct dir_entry *e)
{
	AUTO(str) key = drift_key(text(e, "reqDN"));
	AUTO(str) by = drift_key(text(e, "reqAuthzID"));

	return !attr(e, "reqMod") && !strcasecmp(text(e, "reqType"), "modify") && !strcmp(key, by);
}

static json_t *
names_of(const struct dir_entry *e)
{
	const struct dir_attr *mods = attr(e, "reqMod");
	json_t *list = json_array();
	AUTO(str) last = xstrdup("");

	if (!mods && !strcasecmp(text(e, "reqType"), "modify"))
		json_array_append_new(list, json_string("userPassword"));
	for (size_t i = 0; mods && i < mods->count; i++) {
		AUTO(str) name = xstrndup(mods->values[i].data, strcspn(mods->values[i].data, ":"));

		if (!*name || !strcmp(name, last) || !strcmp(name, "entryCSN") ||
		    !strcmp(name, "modifiersName") || !strcmp(name, "modifyTimestamp"))
			continue;
		json_array_append_new(list, json_string(name));
		free(last);
		last = STEAL(name);
	}
	return list;
}

static bool
below_base(struct flow *f, const char *dn)
{
	AUTO(str) key = drift_key(dn);
	AUTO(str) base = drift_key(f->conf->directory.base);
	size_t n = strlen(key), b = strlen(base);

	return n >= b && !strcmp(key + n - b, base);
}

static void
on_write(void *arg, const struct dir_entry *e)
{
	struct drift_check *k = arg;
	struct store *s = k->flow->store;
	const char *csn = given(e, "entryCSN"), *type = text(e, "reqType");
	AUTO(arena) a = arena_new();
	int64_t seq;

	if (!k->cb || !below_base(k->flow, text(e, "reqDN")))
		return;
	k->looked++;
	if (is_slapds(e) || is_ours(k->flow, e, a) || is_holders(e))
		return;
	k->unexplained++;
	seq = csn || !strcasecmp(type, "delete") ?
		      store_drift_of_write(s, text(e, "reqEntryUUID"), csn ? csn : "") : 0;
	k->unrecorded += !seq;
	if (json_array_size(k->writes) < ROWS_MAX)
		json_array_append_new(k->writes, json_pack(
			"{s:s,s:s,s:s,s:s,s:s,s:o,s:o}", "at", text(e, "reqStart"), "type", type,
			"entry", text(e, "reqDN"), "by", text(e, "reqAuthzID"), "session",
			text(e, "reqSession"), "attributes", names_of(e), "drift",
			seq ? json_integer(seq) : json_null()));
}

static void
end_check(struct drift_check *k)
{
	struct drift_check **p = &k->flow->drift->checks;

	while (*p != k)
		p = &(*p)->next;
	*p = k->next;
	json_decref(k->writes);
	free(k);
}

static void
on_checked(void *arg, const struct dir_result *r)
{
	struct drift_check *k = arg;
	struct err e = ERR_INIT;

	if (k->cb && r->class == DIR_OK) {
		k->cb(k->arg, json_pack("{s:O,s:I,s:I,s:I}", "writes", k->writes, "looked",
					(json_int_t)k->looked, "unexplained",
					(json_int_t)k->unexplained, "unrecorded",
					(json_int_t)k->unrecorded), NULL);
	} else if (k->cb) {
		bool away = r->class == DIR_LOST || r->class == DIR_NOT_SENT || r->class == DIR_BUSY;

		err_set(&e, away ? ERR_TEMP : ERR_PERM, away ?
			"the directory's log of writes cannot be read now: %s" :
			"hopthud cannot read the directory's log of writes (%s): cn=accesslog and its access "
			"rule are in ldif/20-database.ldif.in", r->message);
		k->cb(k->arg, NULL, &e);
	}
	end_check(k);
}

struct drift_check *
drift_check_start(struct flow *f, int days, drift_check_cb *cb, void *arg)
{
	struct drift_check *k = xcalloc(1, sizeof(*k));
	time_t t = (time_t)(clock_wall_us() / 1000000) - (time_t)days * 86400;
	char from[32];
	struct tm tm;
	AUTO(str) since = NULL;
	AUTO(str) result = dir_filter_equal("reqResult", "0");
	AUTO(str) class = dir_filter_equal("objectClass", "auditWriteObject");
	AUTO(str) filter = NULL;

	gmtime_r(&t, &tm);
	strftime(from, sizeof(from), "%Y%m%d%H%M%SZ", &tm);
	since = dir_filter_at_least("reqStart", from);
	filter = dir_filter_and((const char *const[]){ since, class, result, NULL });
	k->flow = f;
	k->cb = cb;
	k->arg = arg;
	k->writes = json_array();
	k->next = f->drift->checks;
	f->drift->checks = k;
	dir_list(dir_watch_dir(f->drift->watch), LOG_BASE, filter, log_attrs, on_write, on_checked, k);
	return k;
}

void
drift_check_forget(struct drift_check *k)
{
	k->cb = NULL;
}

/* After the watch's connection, which calls nobody any more. */
void
drift_log_free(struct drifts *d)
{
	while (d->joins)
		end_join(d);
	while (d->checks) {
		struct drift_check *k = d->checks;

		d->checks = k->next;
		json_decref(k->writes);
		free(k);
	}
	loop_timer_free(d->join_timer);
}
