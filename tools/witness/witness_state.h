/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_WITNESS_STATE_H
#define HOPTHU_WITNESS_STATE_H

#include "common/note.h"

/*
 * What a witness keeps, in a directory that only it can use:
 *
 *	key              its secret key (note.h), vkey the public half
 *	logs             the public key of each log it follows, one a line
 *	state/HASH       of each of them (SHA-256 of the origin in hex): the last checkpoint that was
 *	                 confirmed, with the log's and our signature; "new\n" when none was
 *	refused/         requests that were signed by a log and do not follow from what it had shown
 *
 * A state file exists from the moment a log is followed.  One that is missing, or that these two keys
 * did not sign, is never taken for an empty one: a witness that forgot would confirm anything.  Files
 * are replaced by a new one, fsync, rename and fsync of the directory.  One process at a time.
 */
struct witness_log {
	struct note_key key; /* its name is the origin */
	char hash[2 * DIGEST_LEN + 1];
};

struct witness_state {
	char *dir;
	int fd; /* of dir, locked while it is open for change; -1: closed */
	struct note_key key;
	struct witness_log *logs;
	int count;
};

/* The last checkpoint confirmed. */
struct witness_seen {
	bool any;              /* false: none yet, and size is 0 */
	struct checkpoint at;
	uint64_t time;         /* that our signature has */
	struct buf note;       /* as it stands in the file */
};
#define WITNESS_SEEN_INIT { .note = BUF_INIT }
void witness_seen_release(struct witness_seen *s);

enum witness_open {
	WITNESS_READ,  /* looks only, beside a process that has the directory */
	WITNESS_WRITE, /* ERR_CONFLICT when another process has it */
	WITNESS_MEND,  /* the same, and lines of `logs` may be missing: to follow a log */
};

/* Makes the directory (or takes an empty one) and a key.  ERR_CONFLICT: something is there already. */
int witness_state_init(const char *dir, const char *name, char **vkey, struct err *e) MUST_USE;
/* ERR_CONFIG: not made by init, open to others, damaged.  The files of single logs are not looked at. */
int witness_state_open(struct witness_state *s, const char *dir, enum witness_open how,
		       struct err *e) MUST_USE;
void witness_state_close(struct witness_state *s);
/* NULL: no such log. */
const struct witness_log *witness_state_log(const struct witness_state *s, const char *origin);
const struct witness_log *witness_state_hash(const struct witness_state *s, const char *hash);
/* Follows a log from now on; 1: it was followed already.  ERR_CONFLICT: another key of this origin. */
int witness_state_trust(struct witness_state *s, const char *vkey, struct err *e) MUST_USE;

/* ERR_CONFIG: missing or damaged; out as it was. */
int witness_state_read(const struct witness_state *s, const struct witness_log *l,
		       struct witness_seen *out, struct err *e) MUST_USE;
/* Durable when it returns 0.  On failure the old or the new one is there. */
int witness_state_write(const struct witness_state *s, const struct witness_log *l, const char *note,
			size_t n, struct err *e) MUST_USE;

/*
 * Keeps a request and beside it what had been confirmed, as refused/TIME-HASH-REQUEST.request and
 * .seen, where REQUEST begins the request's SHA-256: the same one is kept once.  name receives
 * "refused/..." (WITNESS_NAME_MAX), or "" when it was kept before or there are WITNESS_KEPT_MAX of this log.
 */
#define WITNESS_KEPT_MAX 256
#define WITNESS_NAME_MAX 160
int witness_state_keep(const struct witness_state *s, const struct witness_log *l, uint64_t now,
		       const char *request, size_t n, const struct witness_seen *seen,
		       char name[WITNESS_NAME_MAX], struct err *e) MUST_USE;
#endif
