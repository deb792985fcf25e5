/* SPDX-License-Identifier: BSD-2-Clause */
#include <malloc.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "daemon/api/api.h"
#include "daemon/api/auth.h"
#include "daemon/api/door.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/notify.h"
#include "daemon/daemon.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/erase.h"
#include "daemon/flow/catchup.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/drift.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/flow.h"
#include "daemon/flow/heartbeat.h"
#include "daemon/flow/intake.h"
#include "daemon/flow/password.h"
#include "daemon/flow/policies.h"
#include "daemon/flow/room.h"
#include "daemon/flow/seal.h"

#define DRAIN_MS 10000 /* then whatever is still on its way is left to the next run */
#define DRAIN_TICK_MS 20
#define RETRY_MS 1000
#define GATHER_MS 8
#define IDLE_MS 2000
#define HOUR_MS (3600 * 1000)

/* Owns every module: made in this order, destroyed in reverse. */
struct daemon {
	struct conf *conf;
	struct loop *loop;
	struct store *store;
	struct flow *flow;
	struct catchup *catchup;
	struct dir *dir;
	struct auth *auth;
	struct api *api;
	struct door *door;
	struct loop_signal *on_hup, *on_term, *on_int;
	struct loop_timer *drain, *announce, *watchdog, *hourly, *probe, *soon, *idle;
	uint64_t drain_until_us, size_at_turn;
	struct heartbeat heartbeat;
	enum event_type to_announce;
	int status;
	bool drained, probing, gathering, gathered, stop_tried;
	char *directory_said; /* why it is away, as logged last */
};

int
daemon_exit_status(const struct err *e)
{
	switch (e->class) {
	case ERR_CONFLICT:
		return 73;
	case ERR_CONFIG:
		return 78;
	case ERR_USAGE:
		return 64;
	case ERR_TEMP:
		return 69;
	case ERR_AUTH:
	case ERR_DENIED:
		return 77;
	case ERR_NOTFOUND:
		return 2;
	case ERR_NONE:
	case ERR_PERM:
		break;
	}
	return 70;
}

/* --- what the log says about the daemon itself ------------------------------------------------ */

static void announce(void *arg);

static void
on_announced(void *arg, const struct err *failure)
{
	struct daemon *d = arg;

	if (failure)
		loop_timer_set(d->announce, RETRY_MS);
}

/* What holds from now on: the configuration's values, the bytes of every policy, and the witnesses. */
static void
digest_rules(const struct daemon *d, uint8_t out[DIGEST_LEN])
{
	uint8_t all[3 * DIGEST_LEN];

	conf_digest(d->conf, all);
	memcpy(all + DIGEST_LEN, policies_digest(d->flow->policies), DIGEST_LEN);
	memcpy(all + 2 * DIGEST_LEN, confirm_digest(d->flow), DIGEST_LEN);
	digest_sha256(all, sizeof(all), out);
}

/* start or config, with the digest of the configuration; again until it is written. */
static void
announce(void *arg)
{
	struct daemon *d = arg;
	uint8_t cfg[32];
	struct evidence ev = { .ev = d->to_announce, .actor = actor_daemon, .bin = VERSION,
			       .cfg = cfg };
	struct err e = ERR_INIT;

	if (d->flow->incident)
		return; /* nothing is written any more */
	digest_rules(d, cfg);
	if (evidence_alone(d->flow, &ev, &e)) {
		log_error("the log cannot be written, so nothing will be done: %s", e.msg);
		loop_timer_set(d->announce, RETRY_MS);
		return;
	}
	store_after_commit(d->store, on_announced, d);
}

static void
on_hour(void *arg)
{
	struct daemon *d = arg;

	heartbeat_hour(&d->heartbeat, d->flow);
	password_check(d->flow);
	loop_timer_set(d->hourly, HOUR_MS);
}

/* What could not be taken back at the start, for want of room, is now. */
static void
on_probed(void *arg, const struct err *failure)
{
	struct daemon *d = arg;
	struct err e = ERR_INIT;

	if (!failure && !intakes_any(d->flow) && intake_recover(d->flow, &e))
		log_error("%s", e.msg);
	if (!failure)
		password_check(d->flow);
}

/* While nothing can be written: one small record, until it works again. */
static void
on_probe(void *arg)
{
	struct daemon *d = arg;
	struct evidence ev = { .ev = EVENT_HEARTBEAT, .actor = actor_daemon };

	d->probing = false;
	if (*store_trouble(d->store) && !evidence_alone(d->flow, &ev, NULL))
		store_after_commit(d->store, on_probed, d);
	/* still: the end of this turn arms the next probe */
}

static void
on_watchdog(void *arg)
{
	struct daemon *d = arg;

	notify_alive();
	loop_timer_set(d->watchdog, notify_watchdog_us() / 2000);
}

/* The directory's own module never logs: a new reason why it is away is said here, once. */
static void
log_directory(struct daemon *d)
{
	const char *why = dir_reason(d->dir, NULL);

	if (dir_state(d->dir) != DIR_DOWN && dir_state(d->dir) != DIR_READY)
		return; /* trying: what comes of it will be said */
	if (!strcmp(why, d->directory_said ? d->directory_said : ""))
		return;
	free(d->directory_said);
	d->directory_said = xstrdup(why);
	if (*why && dir_fault(d->dir))
		log_error("nothing can be provisioned: %s", dir_fault(d->dir));
	else if (*why)
		log_warn("the directory is away: %s", why);
}

/* --- turn ------------------------------------------------------------------------------------- */

static void
on_soon(void *arg)
{
	struct daemon *d = arg;

	d->gathering = false;
	d->gathered = true; /* the end of this turn commits */
}

/*
 * While slapd has enough to do, outcomes and intents gather for a moment: a commit costs two syncs
 * and some ten pages however little is in it, and slapd syncs on the same disk.
 */
static bool
gather(struct daemon *d)
{
	if (d->gathered || !store_dirty(d->store) || store_urgent(d->store) ||
	    2 * dir_in_flight(d->dir) < d->conf->directory.window) {
		d->gathered = false;
		return false;
	}
	if (!d->gathering)
		loop_timer_set(d->soon, GATHER_MS);
	d->gathering = true;
	return true;
}

/* After a busy time the pages of the database and libc's free memory go back to the system. */
static void
on_idle(void *arg)
{
	struct daemon *d = arg;

	store_shrink(d->store);
	malloc_trim(0);
}

static void
on_turn_end(void *arg)
{
	struct daemon *d = arg;
	uint64_t size = store_committed_tree(d->store)->size;

	if (size != d->size_at_turn) {
		d->size_at_turn = size;
		loop_timer_set(d->idle, IDLE_MS);
	}
	if (gather(d))
		return;
	store_commit(d->store);
	if (store_broken(d->store)) {
		/* fsync is not tried twice: the kernel may have dropped the pages it failed for */
		log_error("%s: stopping at once, the next start reads everything again",
			  store_trouble(d->store));
		d->status = 70;
		loop_stop(d->loop);
		return;
	}
	if (*store_trouble(d->store) && !d->probing) {
		log_error("%s", store_trouble(d->store));
		d->probing = true;
		loop_timer_set(d->probe, RETRY_MS);
	}
	room_turn(d->flow);
	seal_turn(d->flow);
	(void)store_tidy(d->store, intakes_next(d->flow));
	erase_turn(d->flow);
	log_directory(d);
}

/* --- stopping --------------------------------------------------------------------------------- */

static void
on_stop_written(void *arg, const struct err *failure)
{
	struct daemon *d = arg;

	if (failure && store_full(d->store) && !d->stop_tried) {
		d->stop_tried = true; /* once more: the reserve is given up at the end of this turn */
		loop_timer_set(d->drain, DRAIN_TICK_MS);
		return;
	}
	if (failure)
		log_warn("the stop could not be recorded: %s", failure->msg);
	loop_stop(d->loop);
}

static void
on_drain(void *arg)
{
	struct daemon *d = arg;
	struct evidence ev = { .ev = EVENT_STOP, .actor = actor_daemon };
	bool late = clock_mono_us() > d->drain_until_us;

	if ((!d->drained || !door_idle(d->door)) && !late) {
		loop_timer_set(d->drain, DRAIN_TICK_MS);
		return;
	}
	if (late)
		log_warn("stopping with work on its way: the next start takes it up by reading");
	if (d->flow->incident || evidence_alone(d->flow, &ev, NULL))
		loop_stop(d->loop);
	else
		store_after_commit(d->store, on_stop_written, d);
}

static void
on_drained(void *arg)
{
	struct daemon *d = arg;

	d->drained = true;
}

static void
on_term(void *arg)
{
	struct daemon *d = arg;

	if (d->drain_until_us)
		return;
	log_info("stopping: finishing what is on its way");
	notify_stopping();
	d->drain_until_us = clock_mono_us() + (uint64_t)DRAIN_MS * 1000;
	door_drain(d->door);
	api_drain(d->api);
	flow_drain(d->flow, on_drained, d);
	loop_timer_set(d->drain, 0);
}

/* --- reloading -------------------------------------------------------------------------------- */

static void
use_conf(struct daemon *d, struct conf *c)
{
	struct conf *old = d->conf;
	struct err e = ERR_INIT;
	int level = log_level_from(c->log_level);

	if (level >= 0)
		log_set_level((enum log_level)level);
	d->conf = c;
	d->flow->conf = c;
	dir_reconfigure(d->dir, &c->directory);
	seal_reconfigured(d->flow);
	room_reconfigured(d->flow);
	if (confirm_reload(d->flow, &e))
		log_error("reload: the old witnesses stay: %s", e.msg);
	e = (struct err)ERR_INIT;
	drift_reconfigure(d->flow);
	if (door_reconfigure(d->door, c, &e))
		log_error("reload: %s", e.msg);
	conf_free(old);
}

/* This year and the next: terms reach into it. */
static void
warn_of_years(const struct policies *policies)
{
	AUTO(buf) lines = BUF_INIT;
	struct date today = clock_today();

	policies_unknown_years(policies, today.year, today.year + 1, &lines);
	for (char *save, *l = strtok_r(lines.data, "\n", &save); l; l = strtok_r(NULL, "\n", &save))
		log_warn("%s", l);
}

static void
use_policies(struct daemon *d, struct policies *policies)
{
	policies_free(d->flow->policies);
	d->flow->policies = policies;
	if (policies_missing(policies))
		log_warn("there is no folder %s: the built-in policy holds for every domain",
			 d->conf->policy_dir);
	else
		warn_of_years(policies);
}

static void
on_hup(void *arg)
{
	struct daemon *d = arg;
	struct policies *policies = NULL;
	struct err e = ERR_INIT;
	const char *fixed;
	struct conf *c;

	notify_reloading();
	c = conf_load(d->conf->file, &e);
	if (!c || init_check_conf(c, &e) || confirm_check(c, &e) ||
	    !(policies = policies_load(c->policy_dir, &e))) {
		conf_free(c);
		log_error("not reloaded, the old configuration stays: %s", e.msg);
	} else if ((fixed = conf_needs_restart(d->conf, c))) {
		log_error("not reloaded, the old configuration stays: %s cannot change while hopthud "
			  "runs, restart it", fixed);
		conf_free(c);
		policies_free(policies);
	} else {
		use_conf(d, c);
		use_policies(d, policies);
		log_info("configuration reloaded");
		d->to_announce = EVENT_CONFIG;
		announce(d);
		password_begin(d->flow);
	}
	notify_ready();
}

/* --- wiring ----------------------------------------------------------------------------------- */

static void
on_directory_ready(void *arg)
{
	struct daemon *d = arg;

	flow_on_directory_ready(d->flow);
	notify_status("the directory is ready");
}

static void
on_directory_down(void *arg, const char *reason)
{
	struct daemon *d = arg;

	flow_on_directory_down(d->flow, reason);
	notify_status("the directory is away: %s", reason);
}

static void
make_timers(struct daemon *d)
{
	d->on_hup = loop_signal_new(d->loop, SIGHUP, on_hup, d);
	d->on_term = loop_signal_new(d->loop, SIGTERM, on_term, d);
	d->on_int = loop_signal_new(d->loop, SIGINT, on_term, d);
	d->drain = loop_timer_new(d->loop, on_drain, d);
	d->announce = loop_timer_new(d->loop, announce, d);
	d->hourly = loop_timer_new(d->loop, on_hour, d);
	loop_timer_set(d->hourly, HOUR_MS);
	d->probe = loop_timer_new(d->loop, on_probe, d);
	d->soon = loop_timer_new(d->loop, on_soon, d);
	d->idle = loop_timer_new(d->loop, on_idle, d);
	d->watchdog = loop_timer_new(d->loop, on_watchdog, d);
	if (notify_watchdog_us())
		on_watchdog(d);
	loop_at_turn_end(d->loop, on_turn_end, d);
}

static int
make(struct daemon *d, struct err *e)
{
	struct dir_events events = { on_directory_ready, on_directory_down, d };
	struct policies *policies;
	uint8_t key[32];
	int rc;

	d->store = store_open(d->conf->database, e);
	if (!d->store || init_read_scram_key(d->conf, key, e))
		return -1;
	d->loop = loop_new();
	d->flow = flow_new(d->loop, d->store, d->conf);
	if (flow_open_log(d->flow, e))
		return -1;
	policies = policies_load(d->conf->policy_dir, e);
	if (!policies)
		return -1;
	use_policies(d, policies);
	d->dir = dir_new(d->loop, &d->conf->directory, &events);
	flow_set_directory(d->flow, d->dir);
	drift_start(d->flow);
	make_timers(d);
	d->catchup = catchup_new(d->flow);
	d->to_announce = EVENT_START;
	announce(d);
	if (flow_recover(d->flow, e))
		return -1;
	password_begin(d->flow);
	d->auth = auth_new(d->loop, d->flow, key, e);
	explicit_bzero(key, sizeof(key));
	if (!d->auth || !(d->api = api_new(d->flow, d->auth, e)))
		return -1;
	d->door = door_new(d->loop, d->conf, api_handle, d->api, e);
	if (!d->door)
		return -1;
	store_commit(d->store); /* the start is on record before anybody is let in */
	confirm_begin(d->flow);
	rc = store_broken(d->store) ? err_set(e, ERR_PERM, "%s", store_trouble(d->store)) : 0;
	return rc;
}

static void
destroy(struct daemon *d)
{
	loop_signal_free(d->on_hup);
	loop_signal_free(d->on_term);
	loop_signal_free(d->on_int);
	loop_timer_free(d->drain);
	loop_timer_free(d->announce);
	loop_timer_free(d->hourly);
	loop_timer_free(d->watchdog);
	loop_timer_free(d->probe);
	loop_timer_free(d->soon);
	loop_timer_free(d->idle);
	free(d->directory_said);
	api_free(d->api);
	door_free(d->door);
	auth_free(d->auth);
	dir_free(d->dir);
	catchup_free(d->catchup);
	flow_free(d->flow);
	store_close(d->store);
	loop_free(d->loop);
	conf_free(d->conf);
}

/* No secret in a core (I11). */
static void
keep_secrets(void)
{
	json_set_alloc_funcs(malloc, wiping_free);
#ifndef SANITIZERS
	(void)prctl(PR_SET_DUMPABLE, 0);
#endif
}

int
daemon_run(struct conf *conf)
{
	struct daemon d = { .conf = conf };
	struct err e = ERR_INIT;
	int level = log_level_from(conf->log_level);

	if (level >= 0)
		log_set_level((enum log_level)level);
	clock_init();
	keep_secrets();
	if (make(&d, &e)) {
		log_error("%s", e.msg);
		d.status = daemon_exit_status(&e);
	} else {
		log_info("hopthud %s is ready on %s", VERSION, conf->socket);
		api_started(d.api, VERSION);
		notify_ready();
		loop_run(d.loop);
		log_info("hopthud has stopped");
	}
	destroy(&d);
	return d.status;
}
