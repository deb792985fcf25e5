/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_SEAL_H
#define HOPTHU_SEAL_H

#include "common/note.h"
#include "daemon/flow/flow.h"

/*
 * Checkpoints of the log (doc/audit-format.md, "Checkpoint"): signed only when what they count is
 * durable, once for a size, told only when they are durable themselves.  Made after
 * evidence.checkpoint_records, evidence.checkpoint_seconds after a record other than an anchor, and
 * when somebody asks.  The checkpoint goes into the transaction of the turn that follows, so a busy
 * log pays no sync for it.
 */
struct seal;

/* Reads the key and the newest checkpoint.  ERR_CONFIG: the key is not the log's. */
int seal_open(struct flow *f, struct err *e) MUST_USE;
void seal_free(struct flow *f);
/* At the end of each turn, after the commit. */
void seal_turn(struct flow *f);
/* Looked at anew: the configuration changed. */
void seal_reconfigured(struct flow *f);

/*
 * A checkpoint over all that is committed at the end of this turn.  done is told the size (of the one
 * that stands already when there is nothing new) or why there is none; never inside this call.
 */
typedef void seal_done_cb(void *arg, uint64_t size, const struct err *failure);
void seal_now(struct flow *f, seal_done_cb *done, void *arg);
void seal_forget(struct flow *f, void *arg); /* drops who waits as arg */

/* The newest one that is durable; 0: none. */
uint64_t seal_size(const struct flow *f);
/* Its text with every cosignature that came, as one signed note.  size 0: of the newest.  1 found, 0
 * none of this size, -1 read error. */
int seal_note(struct flow *f, uint64_t size, struct buf *out);
/* The key in force, whose name is the origin.  Borrowed. */
const struct note_key *seal_key(const struct flow *f);
/* Records before the origin in force began; checkpoints of up to so many are of an older one. */
uint64_t seal_origin_begins(const struct flow *f);

/* For confirm.c: this record, which is committed now, is an anchor and asks for no checkpoint. */
void seal_anchored(struct flow *f, int64_t seq);

/*
 * The signing key of a log with this vkey in the keys' folder: log.key, or log.key.new when an
 * incarnation was cut short before it could be renamed.  ERR_CONFIG says what is wrong.
 */
int seal_read_key(const struct conf *conf, const char *vkey, struct note_key *k,
		  struct err *e) MUST_USE;
#define SEAL_KEY "log.key"     /* signs checkpoints: its public half stands in genesis or incarnation */
#define SEAL_VKEY "log.vkey"   /* that half */
#define SEAL_NEW ".new"
#define SEAL_META_BEGINS "origin_begins" /* records before the origin in force */
#define SEAL_META_OLD "vkey_before"      /* key of the origin before */
#endif
