/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_FLOW_H
#define HOPTHU_FLOW_H

#include "daemon/base/conf.h"
#include "daemon/base/loop.h"
#include "daemon/policy/plan.h"
#include "daemon/store/store.h"

/*
 * What puts policy, store and directory together.  intake: a letter becomes planned items.
 * decide: approve, refuse, cancel, retry.  queue: which item is next.  job: one item on its way
 * into the directory.  replan: items under which the directory moved.  order: entries of agencies
 * and operators.  password: the password rules in force.  drift: what others change in the directory.
 * subject: all that is kept about a person.  erase: takes it away.  evidence: the audit record of each of these.
 * seal: checkpoints of these records.  confirm: witnesses sign them too.  incident: they refuse.
 */
struct dir;
struct queue;
struct intakes;
struct foreign;
struct drifts;
struct policies;
struct erasures;
struct seal;
struct confirm;
struct room;

#define FLOW_HINTS 2048
struct hint {
	char login[65];
	unsigned seq;
};

struct flow {
	struct loop *loop;
	struct store *store;
	struct dir *dir;
	const struct conf *conf; /* replaced at reload */
	struct policies *policies; /* replaced at reload */
	struct queue *queue;
	struct intakes *intakes;
	struct drifts *drift;    /* the watch over what others change, or NULL */
	struct foreign *foreign; /* the listing that is on its way, or NULL */
	struct hint hints[FLOW_HINTS]; /* choose.c */
	uint8_t plan_key[PLAN_KEY]; /* salts of plan lines; a secret of the database */
	char *password_tried; /* password.c: the rules of its last order of this run, or NULL */
	int password_tries;   /* how often those may still be ordered */
	struct erasures *erasures;
	bool draining; /* nothing new is begun */
	struct seal *seal;       /* checkpoints */
	struct confirm *confirm; /* witnesses */
	char *incident;          /* NULL: none; else incident.h */
	bool incident_kept;      /* in the database too */
	struct loop_timer *incident_retry;
	struct room *room;       /* on the disk */
	const char *scarce;      /* NULL, or why nothing new is begun: the disk's reserve is given up */
};

/* Who does something. mech: "peer", "scram", "daemon"; src: "uid:1000", "". */
struct actor {
	const char *name, *mech, *src;
};
extern const struct actor actor_daemon;

struct flow *flow_new(struct loop *loop, struct store *store, const struct conf *conf);
/* Looks at the end of the log, then takes up its key, its witnesses and the disk's reserve.  Before
 * anything is written.  ERR_CONFIG. */
int flow_open_log(struct flow *f, struct err *e) MUST_USE;
void flow_set_directory(struct flow *f, struct dir *dir);
void flow_free(struct flow *f);
/* Makes the key of plan lines, in the unit of another record; reads it again at each start. */
int flow_make_plan_key(struct flow *f, struct err *e) MUST_USE;
/* Takes up what an earlier run left. Before the loop runs. */
int flow_recover(struct flow *f, struct err *e) MUST_USE;
/* How the directory is, for those who may not ask it themselves. Texts are borrowed. */
struct flow_directory {
	const char *state, *reason, *fault; /* "" when there is none */
	uint64_t next_try_ms;
	unsigned in_flight;
};
void flow_directory(const struct flow *f, struct flow_directory *out);
/* Why nothing may be changed now: an incident, a full disk; "" when it may. */
const char *flow_trouble(const struct flow *f);
/* For dir_events. */
void flow_on_directory_ready(struct flow *f);
void flow_on_directory_down(struct flow *f, const char *reason);
/* No more work is begun; done is called (deferred) when nothing is in flight. */
void flow_drain(struct flow *f, void (*done)(void *arg), void *arg);
#endif
