/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TOOLS_EXPORT_H
#define HOPTHU_TOOLS_EXPORT_H

#include "common/trust.h"
#include "tools/copy.h"
#include "tools/ctl.h"

/* One run of `audit export`: shared by cmd_export.c and export_*.c alone. */
struct export {
	struct ctl *c;
	struct copy copy;
	struct copy_tree tree;
	struct trust trust;
	json_t *order;      /* what hopthud answered to the order */
	int64_t seq, first, last, from, to;
	uint64_t size, had; /* records in all; that lay there already */
	struct err e;       /* why a sink wants no more */
	struct copy_file *lines;
	struct buf note;
	bool progress;
	int64_t began, shown;
};

/* Functions of the command return 0 or the exit status, the error being told. */

int64_t export_now_ms(void);
/* On a terminal: how far it is. */
void export_show(struct export *x, bool end);
/* Tells the error: a check that failed, a file, or hopthud; each has its status. */
int export_failed(struct export *x, const struct err *e);

/* --- export_fetch.c --- */
/* All records and hashes that are missing, in the order of the records. */
int export_records(struct export *x) MUST_USE;
int export_openings(struct export *x) MUST_USE;
/* Leaves its last line, which holds the checkpoint, in x->note. */
int export_checkpoints(struct export *x) MUST_USE;
/* The line of the checkpoint alone, in x->note. */
int export_note(struct export *x) MUST_USE;

/* --- export_check.c --- */
/* Takes the keys from the order, and sees that it is about the log of the copy that lies there. */
int export_trust(struct export *x) MUST_USE;
/* Can what lies there become what was asked for? */
int export_fit(struct export *x) MUST_USE;
/* The note in x->note when the log signed it and it says the tree that was computed; the caller's.
 * cosigned: which of x->trust confirmed it.  NULL: *status. */
char *export_checked_note(struct export *x, uint32_t *cosigned, int *status);
#endif
