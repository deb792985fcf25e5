/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/failpoint.h"
#include "daemon/base/log.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/erase_private.h"

#define PAGES_US 8000    /* of a turn, for overwriting */
#define RETRY_MS 1000

static void step(void *arg);

static void
nothing(void *arg)
{
	(void)arg; /* the turn that it makes is what is wanted */
}

/* --- its end ------------------------------------------------------------------------------------ */

static void
free_erase(struct erase *x)
{
	loop_forget(x->flow->loop, x);
	store_forget(x->flow->store, x);
	subject_release(&x->subject);
	free(x);
}

/* Whoever waits is told; an erasure that is not whole goes on. */
static void
tell(struct erase *x, const struct err *failure)
{
	erase_done_cb *cb = x->cb;

	x->cb = NULL;
	if (cb)
		cb(x->arg, failure ? NULL : erase_report(&x->numbers, &x->subject, x->dry_run,
							  x->flow->erasures->why.msg), failure);
}

static void
end(struct erase *x, const struct err *failure)
{
	struct erasures *g = x->flow->erasures;

	tell(x, failure);
	g->now = NULL;
	free_erase(x);
}

/* --- the entry in the directory ------------------------------------------------------------------ */

static void
on_entry(void *arg, const struct dir_result *r)
{
	struct flow *f = arg;
	struct erase *x = f->erasures ? f->erasures->now : NULL;

	if (!x || x->phase != LOOK)
		return;
	x->numbers.entry = r->class == DIR_OK && r->entry ? ENTRY_THERE :
			   r->class == DIR_OK || r->class == DIR_ABSENT ? ENTRY_GONE : ENTRY_UNKNOWN;
	end(x, NULL);
}

static void
look(struct erase *x)
{
	static const char *const attrs[] = { "hopthuStatus", NULL };

	x->phase = LOOK;
	x->numbers.dn = x->dn;
	if (!x->dn || !x->cb) {
		end(x, NULL);
		return;
	}
	dir_read(x->flow->dir, x->dn, attrs, on_entry, x->flow);
}

/* --- the units ----------------------------------------------------------------------------------- */

/* What was done so far stays done: gathered again, it is found erased. */
static void
give_up(struct erase *x, const struct err *why)
{
	struct erasures *g = x->flow->erasures;

	if (!x->resumed && !x->numbers.units_done) { /* nothing of it happened */
		end(x, why);
		return;
	}
	g->why = *why;
	tell(x, why);
	g->now = NULL;
	free_erase(x);
	g->pause = true;
	loop_timer_set(g->timer, RETRY_MS);
}

static void
on_written(void *arg, const struct err *failure)
{
	struct erase *x = arg;

	if (failure) {
		give_up(x, failure);
		return;
	}
	failpoint(FP_ERASE_COMMITTED);
	x->numbers.units_done = x->numbers.units;
	x->flow->erasures->scrub = true;
	x->flow->erasures->why.msg[0] = '\0';
	x->phase = x->whole ? PAGES : WRITE;
	if (x->whole)
		log_info("the personal values of %s are erased by %s: %" PRId64 " openings", x->subject.person,
			 x->who.name, x->numbers.erased);
	loop_defer(x->flow->loop, x->whole ? nothing : step, x);
}

static void
write_next(struct erase *x)
{
	struct store *s = x->flow->store;
	struct err e = ERR_INIT;

	if (store_begin(s, &e)) {
		give_up(x, &e);
		return;
	}
	if (erase_write_unit(x, &e)) {
		store_abort(s);
		give_up(x, &e);
		return;
	}
	if (store_end(s, &e)) {
		give_up(x, &e);
		return;
	}
	failpoint(FP_ERASE_WRITTEN);
	x->phase = WRITTEN;
	store_after_commit(s, on_written, x);
}

/* --- what must not be erased ---------------------------------------------------------------------- */

static int
check(struct erase *x, struct err *e)
{
	const struct subject *u = &x->subject;
	AUTO(arena) a = arena_new();
	const char *kept;

	if (u->open)
		return err_set(e, ERR_CONFLICT, "%s", u->open);
	if (u->has_mailbox && u->mailbox.status != STATUS_PURGED)
		return err_set(e, ERR_CONFLICT, "the mailbox %s of this person is %s%s%s: only what is about a "
			       "purged mailbox can be erased, and a purge is a letter (`hopthuctl mailbox "
			       "purge %s`)", u->mailbox.address, status_word((int)u->mailbox.status),
			       *u->mailbox.purge_due ? " and its data are kept until " : "",
			       u->mailbox.purge_due, u->mailbox.address);
	if (subject_is_named(u, x->basis))
		return err_set(e, ERR_USAGE, "the legal basis names the person, and it stands in the log for good: "
			       "say the law or the decision, and nobody's name");
	kept = x->dn ? store_kept_at_all(x->flow->store, x->dn, a) : NULL;
	if (kept)
		return err_set(e, ERR_CONFLICT, "this person answers for the mailbox %s: name another "
			       "custodian in a letter first", kept);
	return 0;
}

/* Everything is known: what would go, in numbers. */
static int
count(struct erase *x, struct err *e)
{
	const struct subject *u = &x->subject;
	struct erase_numbers *n = &x->numbers;

	for (size_t i = 0; i < u->also_count; i++) {
		int64_t here = 0;

		if (store_has_openings(x->flow->store, u->also[i].seq, u->also[i].field, &here, e))
			return -1;
		n->openings += here;
	}
	for (size_t i = 0; i < u->row_count; i++)
		n->rows += u->rows[i].item && !u->rows[i].erased;
	return 0;
}

static void
walked(struct erase *x)
{
	const struct subject *u = &x->subject;
	struct err e = ERR_INIT;

	if (u->has_mailbox && strcmp(u->mailbox.login, u->person)) {
		AUTO(str) dn = subject_dn(x->flow, u->mailbox.login);

		x->dn = arena_strdup(u->arena, dn);
	}
	if ((!x->resumed && check(x, &e)) || count(x, &e)) {
		end(x, &e);
		return;
	}
	if (!x->dry_run && !x->resumed && u->erased && !x->numbers.openings && !x->numbers.rows) {
		err_set(&e, ERR_CONFLICT, "the values of %s are erased already", u->person);
		end(x, &e);
		return;
	}
	if (x->dry_run) {
		look(x);
		return;
	}
	x->phase = WRITE;
	write_next(x);
}

/* Openings of the records about the person are counted while they are gathered. */
static int
count_some(struct erase *x, size_t from, struct err *e)
{
	for (size_t i = from; i < x->subject.seq_count; i++) {
		int64_t n = 0;

		if (store_has_openings(x->flow->store, x->subject.seqs[i], NULL, &n, e))
			return -1;
		x->numbers.openings += n;
	}
	return 0;
}

static void
step(void *arg)
{
	struct erase *x = arg;
	size_t before = x->subject.seq_count;
	struct err e = ERR_INIT;
	int rc;

	if (x->phase == WRITE) {
		write_next(x);
		return;
	}
	rc = subject_step(&x->subject, &e);
	if (rc < 0 || count_some(x, before, &e)) {
		give_up(x, &e);
		return;
	}
	if (rc)
		loop_defer(x->flow->loop, step, x);
	else
		walked(x);
}

/* --- pages ---------------------------------------------------------------------------------------- */

static int
not_wanted_any_more(struct flow *f, struct err *e)
{
	if (store_begin(f->store, e))
		return -1;
	if (store_scrubbed(f->store, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}

/* The pages are done, or cannot be done now: who waits is told either way. */
static void
pages_done(struct flow *f, const struct err *why)
{
	struct erasures *g = f->erasures;

	if (why) {
		if (strcmp(why->msg, g->why.msg)) /* tried again every second */
			log_warn("%s", why->msg);
		g->why = *why;
		g->pause = true;
		loop_timer_set(g->timer, RETRY_MS);
	} else {
		g->scrub = false;
		g->why.msg[0] = '\0';
	}
	if (g->now && g->now->phase == PAGES)
		look(g->now);
}

void
erase_turn(struct flow *f)
{
	struct erasures *g = f->erasures;
	struct err e = ERR_INIT;
	int rc;

	/* not while more is being deleted: the pages are gone through once */
	if (!g || !g->scrub || g->pause || store_dirty(f->store) || (g->now && g->now->phase < PAGES))
		return;
	rc = store_scrub_step(f->store, PAGES_US, &e);
	if (rc > 0) {
		loop_defer(f->loop, nothing, g);
		return;
	}
	if (failpoint(FP_ERASE_SCRUBBED))
		rc = err_set(&e, ERR_TEMP, "what was erased cannot be removed from the file yet: a failpoint");
	if (!rc && not_wanted_any_more(f, &e))
		rc = -1;
	pages_done(f, rc ? &e : NULL);
	loop_defer(f->loop, nothing, g);
}

/* --- beginning and going on ------------------------------------------------------------------------ */

static struct erase *
new_erase(struct flow *f, const char *person, const char *basis, const struct actor *who, struct err *e)
{
	struct erase *x = xcalloc(1, sizeof(*x));
	struct arena *a;

	x->flow = f;
	if (subject_init(&x->subject, f, person, e)) {
		free_erase(x);
		return NULL;
	}
	a = x->subject.arena;
	x->basis = arena_strdup(a, basis);
	x->who = (struct actor){ arena_strdup(a, who->name), arena_strdup(a, who->mech),
				 arena_strdup(a, who->src) };
	f->erasures->now = x;
	loop_defer(f->loop, step, x);
	return x;
}

int
erase_begin(struct flow *f, const struct erase_ask *ask, erase_done_cb *cb, void *arg, struct err *e)
{
	AUTO(str) left = store_meta(f->store, ERASE_META);
	struct erase *x;

	if (f->erasures->now || (left && *left))
		return err_set(e, ERR_CONFLICT, "another erasure is under way: wait until it is done, "
			       "`hopthuctl status` says how far it is");
	x = new_erase(f, ask->person, ask->basis, ask->who, e);
	if (!x)
		return -1;
	x->dry_run = ask->dry_run;
	x->cb = cb;
	x->arg = arg;
	return 0;
}

void
erase_forget(struct flow *f, void *arg)
{
	struct erase *x = f->erasures ? f->erasures->now : NULL;

	if (x && x->arg == arg)
		x->cb = NULL;
}

static int
go_on(struct flow *f, struct err *e)
{
	AUTO(str) text = store_meta(f->store, ERASE_META);
	AUTO(json) j = text && *text ? json_loads(text, 0, NULL) : NULL;
	const char *person = json_str(j, "person"), *basis = json_str(j, "basis");
	struct actor who = { json_str(j, "name"), json_str(j, "mech"), json_str(j, "src") };
	struct erase *x;

	if (!text || !*text)
		return 0;
	if (!person || !basis || !who.name || !who.mech || !who.src)
		return err_set(e, ERR_CONFIG, "the database's note of an erasure under way is damaged: restore "
			       "it from a backup");
	log_info("the erasure of the personal values of %s goes on", person);
	x = new_erase(f, person, basis, &who, e);
	if (!x)
		return -1;
	x->resumed = true;
	return 0;
}

static void
on_timer(void *arg)
{
	struct flow *f = arg;
	struct err e = ERR_INIT;

	if (f->incident) /* after it hopthud begins anew */
		return;
	f->erasures->pause = false;
	if (f->draining || f->erasures->now || !go_on(f, &e))
		return;
	f->erasures->why = e;
	f->erasures->pause = true;
	loop_timer_set(f->erasures->timer, RETRY_MS);
}

int
erase_recover(struct flow *f, struct err *e)
{
	f->erasures = xcalloc(1, sizeof(*f->erasures));
	f->erasures->timer = loop_timer_new(f->loop, on_timer, f);
	f->erasures->scrub = store_scrub_wanted(f->store);
	if (f->erasures->scrub)
		loop_defer(f->loop, nothing, f->erasures);
	return go_on(f, e);
}

void
erase_free(struct flow *f)
{
	struct erasures *g = f->erasures;

	if (!g)
		return;
	if (g->now)
		free_erase(g->now);
	loop_forget(f->loop, g);
	loop_timer_free(g->timer);
	free(g);
	f->erasures = NULL;
}

json_t *
erase_status(struct flow *f)
{
	static const char *const words[] = { "looking", "deleting", "deleting", "overwriting",
					     "overwriting" };
	const struct erasures *g = f->erasures;
	const struct erase *x = g ? g->now : NULL;

	if (!g || (!g->scrub && !x && !*g->why.msg))
		return json_null();
	return json_pack("{s:s,s:s,s:i,s:s}", "person", x ? x->subject.person : "", "state",
			 words[x ? x->phase : PAGES], "percent", store_scrub_percent(f->store), "reason",
			 g->why.msg);
}
