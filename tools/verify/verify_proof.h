/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_PROOF_H
#define HOPTHU_VERIFY_PROOF_H

#include "common/json.h"
#include "tools/verify/verify_copy.h"

/* A .tlog-proof being checked. */
struct proved {
	struct report *report;
	struct buf text, extra, record;
	struct canon_view view;    /* of extra */
	struct record rec;
	struct proof path;
	const char *checkpoint;
	struct note note;
	struct checkpoint point;
	int64_t seq;
	json_t *openings;          /* that were looked at; NULL: none */
	uint64_t times[TRUST_MAX]; /* of the policy's witnesses; 0: did not confirm it */
	bool readable, held;       /* held: the auditor has this very checkpoint */
};

/* -1: the file cannot be read.  proof_free in both cases. */
int proof_load(struct proved *p, const char *file, struct err *e);
void proof_check(struct proved *p, const struct ask *ask, struct report *report);
void proof_free(struct proved *p);
void proof_print(const struct proved *p, const struct ask *ask, enum lang lang, struct buf *out);
json_t *proof_json(const struct proved *p, const struct ask *ask);
#endif
