/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DRIFT_H
#define HOPTHU_DRIFT_H

#include "common/json.h"
#include "daemon/flow/flow.h"

/*
 * What others change in the directory.  Every change that the watch tells of and that no intent
 * explains becomes a `drift` record, a row of the table drift, and hopthu's copy of the entry follows
 * the directory: what is planned from then on is planned from what is there.
 *
 *	drift.c         the watch's events, the cookie
 *	drift_confirm.c reads that confirm
 *	drift_walk.c    entries that a refresh did not name
 *	drift_see.c     one entry against what was known: explained, or a record; with drift_look.c
 *	                and drift_keep.c
 *	drift_form.c    entries in the form in which they are compared
 *	drift_brake.c   too much at once holds the queue
 *	drift_decide.c  accept, and what came of a letter that puts back
 *	drift_revert.c  the letter that puts back
 *	drift_log.c     the directory's own log of writes
 *
 * Explained is what an operation of ours left: the entry carries its id, and its values are those of
 * the plan.  A message of the watch can be older than what hopthu knows by now; where it could be, the
 * entry is read before anything is said.  That an entry is gone is believed when a read says so, on a
 * connection that still sees the warm-up entry.
 */
struct drifts;
struct dir_watch;
struct dir_entry;

/* Before the loop runs; needs flow's store.  The watch connects from the next turn on. */
void drift_start(struct flow *f);
void drift_free(struct flow *f); /* NULL inside is fine */
void drift_reconfigure(struct flow *f);
/* Has a first refresh ever been seen through, and can the watch hear?  Then entries that hopthu did not
 * make are its business, not flow/foreign's. */
bool drift_watches(const struct flow *f);

/* --- one entry (drift_see.c) --- */
enum drift_verdict {
	DRIFT_KNOWN,   /* nothing new, or explained */
	DRIFT_WRITTEN, /* a record was written */
	DRIFT_DOUBT,   /* perhaps older than what we know: read it and ask again */
	DRIFT_FAILED,  /* nothing of it is written: e */
};
struct drift_ask {
	const struct dir_entry *entry;
	const char *uuid;    /* NULL: as the entry says */
	const char *read_at; /* hopthuOpId of our copy when the entry was read; NULL: told by the watch */
	bool baseline;       /* of the first refresh ever: what we do not keep is taken as it is */
	int64_t req, row;    /* of the item that came upon it; 0: none */
};
/* In a unit of its own. */
enum drift_verdict drift_see(struct flow *f, const struct drift_ask *ask, struct err *e);
/* In a unit of the caller's; never DRIFT_DOUBT when read_at is given. */
enum drift_verdict drift_see_in_unit(struct flow *f, const struct drift_ask *ask, struct err *e);
/* An entry that a read did not find.  key: its DN as drift_key gives it. */
enum drift_verdict drift_gone(struct flow *f, const char *uuid, const char *key, struct err *e);
/* DN and hopthuOpId of what we know under a uuid; false: nothing.  In the arena. */
bool drift_known(struct flow *f, const char *uuid, const char **dn, const char **opid, struct arena *a);

/* In a unit: a person's values are erased. */
int drift_erase(struct flow *f, const char *login, const char *person, struct err *e) MUST_USE;

/* In the unit of an outcome, after our copy was written: what stands in the entry beyond it. */
int drift_done(struct flow *f, const char *login, const struct plan *p, struct err *e) MUST_USE;

/* --- the brake (drift_brake.c) --- */
void drift_brake_read(struct drifts *d);
/* In the unit of a drift record: may hold the queue. */
int drift_brake_count(struct flow *f, const char *key, struct err *e) MUST_USE;
bool drift_held(const struct flow *f);
const char *drift_held_why(const struct flow *f); /* "" when it is not */
/* ERR_CONFLICT: nothing is held.  Let go after the commit. */
int drift_release(struct flow *f, const char *reason, const struct actor *who, struct err *e) MUST_USE;

/* --- decisions (drift_decide.c) --- */
#define DRIFT_SEQS_MAX 200
/* Each is one unit, all or none; answer after the commit. */
int drift_accept(struct flow *f, const int64_t *seqs, size_t n, const char *reason,
		 const struct actor *who, struct err *e) MUST_USE;
struct drift_letter {
	const char *letter, *date, *signer, *reason;
	json_t *cannot;  /* array, filled: {seq, message} */
	int64_t request; /* filled */
};
/* ERR_CONFLICT: none can be put back. */
int drift_revert(struct flow *f, const int64_t *seqs, size_t n, struct drift_letter *l,
		 const struct actor *who, struct err *e) MUST_USE;
/* In the unit of the outcome of what puts back. */
int drift_reverted(struct flow *f, int64_t request, const char *login, struct err *e) MUST_USE;

/* --- the directory's log of writes (drift_log.c) --- */
void drift_log_init(struct flow *f);
void drift_log_free(struct drifts *d);
void drift_log_join(struct flow *f, int64_t seq); /* who and when, into the row; later, if it can */
typedef void drift_check_cb(void *arg, json_t *result, const struct err *e); /* result is taken over */
/* Writes of the last days that no intent explains; cb once.  Returns a handle for forget. */
struct drift_check;
struct drift_check *drift_check_start(struct flow *f, int days, drift_check_cb *cb, void *arg);
void drift_check_forget(struct drift_check *k);

/* --- to show --- */
struct drift_status {
	const char *state, *reason;
	int64_t last_change; /* microseconds since 1970; 0: none in this run */
	int64_t open;
	const char *held;    /* why the queue is held; "" */
};
void drift_status(const struct flow *f, struct drift_status *out);

/* --- inside --- */
/* A drift record that waits for a decision.  ERR_NOTFOUND, ERR_CONFLICT: somebody decided. */
int drift_find_open(struct flow *f, int64_t seq, struct drift *d, struct arena *a, struct err *e) MUST_USE;
/* The letter under way that puts a change back; 0: none. */
int64_t drift_asked(struct flow *f, const struct drift *d, struct arena *a);
int drift_end_unit(struct flow *f, int rc, struct err *e) MUST_USE; /* rc: not 0, abort it */
#define DRIFT_PENDING_MAX 256 /* reads that wait; then the walk does */
/* To be read before something is said about it. uuid "": by its DN alone. */
void drift_confirm(struct drifts *d, const char *uuid, const char *dn);
void drift_confirm_forget(struct drifts *d); /* all of them */
void drift_on_retry(void *arg);
/* Something newer was told of it: what is being read is not the last word.  False: it is not being read. */
bool drift_mark_stale(struct drifts *d, const char *uuid);
/* The first refresh ever: what hopthu does not keep itself is taken as it is. */
bool drift_first(const struct drifts *d);
/* Nothing of what was told since the cookie of the database is taken for known. */
void drift_begin_again(struct drifts *d, const char *why);
/* Once the verdict is in: durable, or begun again. */
void drift_judged(struct drifts *d, enum drift_verdict v, const struct err *e);
/* drift_walk.c; uuid: 16 bytes.  since: microseconds since 1970, 0: all that is known. */
void drift_walk_name(struct drifts *d, const uint8_t *uuid, bool whole);
void drift_walk_forget(struct drifts *d);
void drift_walk(struct drifts *d, int64_t since);
void drift_walk_soon(struct drifts *d);
#define DRIFT_BRAKE_MAX 4096
struct drifts {
	struct flow *flow;
	struct dir_watch *watch;
	bool baseline;   /* a first refresh was seen through */
	int64_t open, last_change, cookie_at, walk_since, recent_since;
	/* drift.c */
	struct buf cookie;
	bool failed;     /* a change could not be recorded, which was said */
	bool cookie_fresh, refreshing, walking, walk_mailboxes, walk_soon;
	struct loop_timer *save, *retry;
	struct drift_pending *pending, **pending_end;
	unsigned pending_count, reading;
	struct {
		uint64_t *ids;
		size_t count, size;
		bool sorted;
	} named[256];
	char after[256]; /* the walk's place */
	/* drift_brake.c */
	char *held;
	struct { uint64_t at, entry; } moved[DRIFT_BRAKE_MAX];
	size_t moved_count;
	/* drift_log.c */
	struct drift_join *joins, **joins_end;
	struct drift_check *checks;
	struct loop_timer *join_timer;
	unsigned join_count;
	bool joining;
};
#endif
