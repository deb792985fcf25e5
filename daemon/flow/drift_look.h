/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DRIFT_LOOK_H
#define HOPTHU_DRIFT_LOOK_H

#include "daemon/flow/drift.h"
#include "daemon/flow/drift_form.h"

/* Inside of flow/drift_*.c: one entry that is looked at.
 *	drift_look.c  what was known of it, and what of ours explains the difference
 *	drift_keep.c  what is known from now on
 *	drift_see.c   the record */
/* What was known of an entry.  All texts in the arena. */
struct known {
	bool there;
	bool mailbox;	   /* m is the entry's: our copy of it stands there, not in the row */
	struct mailbox m;
	struct watched row;
	bool has_row;
	const char *key;   /* under which it was known */
	json_t *form;	   /* {} when it was not there */
};

struct look {
	struct flow *flow;
	const struct drift_ask *ask;
	struct arena *arena;
	const char *uuid, *key, *dn, *login, *opid;
	const char *csn, *modifier;
	json_t *form; /* as it is; {} when it is gone */
	struct known known;
	struct item item; /* the operation of ours that it carries */
	bool has_item, in_flight;
	struct plan plan;
	const char *kind;
	const char **told; /* names that nothing explains */
	const char **left; /* names that the operation in flight explains */
	int64_t opened;	   /* by how much more changes are open */
};

typedef struct look auto_type_look;
void auto_look(struct look *l);

const char *drift_look_key(struct look *l, const char *login); /* of the entry of a mailbox */
void drift_look_known(struct look *l);
bool drift_look_gone(const struct known *k); /* the row says that it is gone */
void drift_look_item(struct look *l);
/* Our copy is of another operation than the entry, and that one is done: which of the two is older? */
bool drift_look_doubt(const struct look *l);
/* Splits what differs.  True when something is to be told. */
bool drift_look_sort(struct look *l, const char **names);

/* In a unit; l->told and l->left are settled. */
int drift_keep(struct look *l, struct err *e) MUST_USE;
int drift_keep_gone(struct look *l, const char *key, struct err *e) MUST_USE;
#endif
