/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/canon.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/flow/order.h"
#include "daemon/flow/password.h"
#include "daemon/flow/policies.h"
#include "daemon/flow/queue.h"

#define TARGET "default"
#define SEEN_META "password_policy"          /* the entry's values, canonical JSON */
#define ORDER_META "password_policy.request" /* the newest order */
#define TRIES 2 /* the second starts from what the first found */

static const char *const names[] = {
	"hopthuOpId",
#define X(n) #n,
	PLAN_PASSWORD_ATTRS(X)
#undef X
};
#define COUNT (sizeof(names) / sizeof(*names))
#define RULES 1 /* where the rules begin; before them stands the operation that wrote last */

struct values {
	const char *of[COUNT]; /* NULL: not known; "": the entry has none.  In an arena or static */
};

static bool
same_rules(const struct values *a, const struct values *b)
{
	for (size_t n = RULES; n < COUNT; n++)
		if (!a->of[n] || !b->of[n] || strcmp(a->of[n], b->of[n]))
			return false;
	return true;
}

/* --- the forms of these values --- */

/* Those that are known, as a list for a plan. */
struct list {
	struct plan_value all[COUNT + 1];
	const char *value[COUNT][2];
};

static void
list_from(struct list *l, const struct values *v)
{
	size_t k = 0;

	memset(l, 0, sizeof(*l));
	for (size_t n = 0; n < COUNT; n++) {
		if (!v->of[n])
			continue;
		l->value[n][0] = *v->of[n] ? v->of[n] : NULL;
		l->all[k++] = (struct plan_value){ names[n], l->value[n] };
	}
}

static void
values_text(const struct values *v, struct buf *out)
{
	struct list l;
	struct canon c;

	list_from(&l, v);
	canon_begin(&c, out);
	for (const struct plan_value *p = l.all; p->name; p++)
		canon_strings(&c, p->name, p->values);
	canon_end(&c);
}

static void
values_from(struct values *v, const json_t *object, struct arena *a)
{
	for (size_t n = 0; n < COUNT; n++) {
		const json_t *list = json_object_get(object, names[n]);
		AUTO(str) joined = plan_join(list);

		v->of[n] = list ? arena_strdup(a, joined) : NULL;
	}
}

/* What the entry was when hopthud wrote or read it last.  At first only that it did neither. */
static int
read_seen(struct flow *f, struct values *v, struct arena *a, struct err *e)
{
	AUTO(str) text = store_meta(f->store, SEEN_META);
	AUTO(json) object = NULL;

	memset(v, 0, sizeof(*v));
	v->of[0] = "";
	if (!text)
		return 0;
	object = json_from_bytes(text, strlen(text), e);
	if (!object)
		return err_wrap(e, "what the password policy was");
	values_from(v, object, a);
	return 0;
}

static int
write_seen(struct flow *f, const struct values *v, struct err *e)
{
	AUTO(buf) text = BUF_INIT;

	values_text(v, &text);
	return store_set_meta(f->store, SEEN_META, text.data, e);
}

/* --- what is to be --- */

static const struct policy *
in_force(struct flow *f)
{
	char today[DATE_TEXT];

	date_text(clock_today(), today);
	return policies_find(f->policies, f->conf->domain, today);
}

/* In the order of PLAN_PASSWORD_ATTRS. */
static void
wanted(const struct policy *p, struct values *v, struct arena *a)
{
	struct policy_password w;

	policy_password(p, &w);
	*v = (struct values){ {
		NULL,
		arena_printf(a, "%" PRId64, w.in_history),
		arena_printf(a, "%" PRId64, w.max_age),
		arena_printf(a, "%" PRId64, w.max_failure),
		arena_printf(a, "%" PRId64, w.min_length),
		w.must_change ? "TRUE" : "FALSE",
	} };
}

/* --- the order --- */

static bool
is_open(struct flow *f)
{
	AUTO(str) id = store_meta(f->store, ORDER_META);
	AUTO(arena) a = arena_new();
	struct request r;

	return id && store_request(f->store, strtoll(id, NULL, 10), &r, a) && !state_ended(r.state);
}

static void
on_ordered(void *arg, const struct err *failure)
{
	struct flow *f = arg;

	if (failure)
		f->password_tries++; /* there is no such order */
}

static int
write_order(struct flow *f, const struct policy *p, const struct values *seen,
	    const struct values *rules, struct err *e)
{
	struct list before, after;
	AUTO(buf) digest = BUF_INIT;
	AUTO(str) id = NULL;
	char opid[37];
	struct order o = { .op = OP_PASSWORD_POLICY, .target = TARGET, .before = before.all,
			   .after = after.all, .reason = policy_document(p) };

	list_from(&before, seen);
	list_from(&after, rules);
	buf_hex(&digest, policy_digest(p), DIGEST_LEN);
	o.policy = digest.data;
	order_opid(opid);
	if (order_add(f, &o, opid, &actor_daemon, e))
		return -1;
	id = xasprintf("%" PRId64, o.id);
	return store_set_meta(f->store, ORDER_META, id, e);
}

static int
give_order(struct flow *f, const struct policy *p, const struct values *seen,
	   const struct values *rules, struct err *e)
{
	if (store_begin(f->store, e))
		return -1;
	if (write_order(f, p, seen, rules, e)) {
		store_abort(f->store);
		return -1;
	}
	if (store_end(f->store, e))
		return -1;
	store_after_commit(f->store, on_ordered, f);
	queue_wake(f);
	return 0;
}

static void
forget_tries(struct flow *f)
{
	free(f->password_tried);
	f->password_tried = NULL;
	f->password_tries = 0;
}

/* May these rules be tried (again)? */
static bool
may_try(struct flow *f, const struct values *rules)
{
	AUTO(buf) text = BUF_INIT;

	values_text(rules, &text);
	if (!f->password_tried || strcmp(f->password_tried, text.data)) {
		free(f->password_tried);
		f->password_tried = buf_steal(&text);
		f->password_tries = TRIES;
	}
	return f->password_tries > 0;
}

void
password_check(struct flow *f)
{
	const struct policy *p = in_force(f);
	AUTO(arena) a = arena_new();
	struct values seen, rules;
	struct err e = ERR_INIT;

	if (f->draining || f->incident || is_open(f))
		return; /* the end of the open one leads here again */
	wanted(p, &rules, a);
	if (!read_seen(f, &seen, a, &e)) {
		if (same_rules(&seen, &rules)) {
			forget_tries(f);
			return;
		}
		if (!may_try(f, &rules))
			return;
		if (!give_order(f, p, &seen, &rules, &e)) {
			f->password_tries--;
			return;
		}
	}
	log_error("the password rules cannot be put into the directory: %s", e.msg);
}

void
password_begin(struct flow *f)
{
	forget_tries(f);
	password_check(f);
}

/* --- its end --- */

int
password_written(struct flow *f, const struct plan *p, const char *opid, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct values v;

	values_from(&v, p->after, a);
	v.of[0] = opid;
	return write_seen(f, &v, e);
}

int
password_moved(struct flow *f, const struct dir_entry *entry, struct buf *found, struct err *e)
{
	AUTO(arena) a = arena_new();
	struct values seen, is;
	struct canon c;

	if (read_seen(f, &seen, a, e))
		return -1;
	canon_begin(&c, found);
	for (size_t n = 0; n < COUNT; n++) {
		AUTO(str) value = dir_entry_join(entry, names[n]);

		is.of[n] = arena_strdup(a, value);
		if (!seen.of[n] || strcmp(is.of[n], seen.of[n]))
			canon_str(&c, names[n], is.of[n]);
	}
	canon_end(&c);
	return write_seen(f, &is, e);
}

void
password_ended(struct flow *f, bool moved)
{
	if (!moved)
		f->password_tries = 0;
	password_check(f);
}
