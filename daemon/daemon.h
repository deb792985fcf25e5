/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DAEMON_H
#define HOPTHU_DAEMON_H

#include <sys/types.h>

#include "daemon/base/conf.h"

/* Runs until told to stop.  Takes conf over.  The exit status is explained in hopthud(8). */
int daemon_run(struct conf *conf);

/* First things: keys, an empty database with its genesis record, the first admin. */
struct init_order {
	const char *admin; /* operator's name */
	long uid;          /* whom the Unix socket knows as this admin */
};
int init_run(const struct conf *conf, const struct init_order *o, struct err *e) MUST_USE;
/* The 32 bytes of the key that answers for unknown names at login. */
int init_read_scram_key(const struct conf *conf, uint8_t key[32], struct err *e) MUST_USE;

/* A new file with this text, synced; ERR_CONFLICT when it is there. */
int init_write_file(const char *file, const char *text, mode_t mode, struct err *e) MUST_USE;

/* What ends an incident (daemon/flow/incident.h), while hopthud does not run. */
struct incarnation_order {
	const char *reason;
	const char *known; /* file with the newest checkpoint that somebody outside has, or NULL */
	bool over;         /* a false alarm: the log goes on as it is */
};
int incarnation_run(const struct conf *conf, const struct incarnation_order *o,
		    struct err *e) MUST_USE;

/* What the configuration's own module cannot judge: naming templates, modes of the keys' directory. */
int init_check_conf(const struct conf *conf, struct err *e) MUST_USE;

/* What an error means to whoever started us. */
int daemon_exit_status(const struct err *e);
#endif
