/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_REPORT_H
#define HOPTHU_VERIFY_REPORT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "tools/verify/verify_word.h"

/*
 * What was found, in the order in which it was found.  Faults decide: the copy was tampered with.
 * Lacks: it is not whole, or what was asked for cannot be shown.  What is only told is no fault; of each
 * kind the first few are kept and all are counted.
 */
#define REPORT_KEPT 100 /* faults and lacks */
#define REPORT_TOLD 20  /* of a kind */

struct said {
	enum say what;
	int64_t record; /* 0: of none */
	int64_t a, b;
	const char *s, *t; /* NULL: none; the report has copies of its own */
};

struct report {
	struct said *said;
	size_t count, size;
	uint64_t total[SAY_COUNT];
	int64_t last[SAY_COUNT]; /* record */
	uint64_t faults, lacks;
	int64_t since;           /* nothing is told about records before this one */
	bool quiet;              /* no rule is looked at any more: bytes before were changed */
};

void report_init(struct report *r);
void report_release(struct report *r);
/* s and t are copied. */
void report_say(struct report *r, struct said said);
#define SAY(r, w, n, ...) report_say((r), (struct said){ .what = (w), .record = (n), ##__VA_ARGS__ })
/* The first fault of the lowest record number, or one of no record; NULL: there is none. */
const struct said *report_first(const struct report *r);
/* The smallest record of a fault, or of a lack when there is no fault; 0: none. */
int64_t report_bad(const struct report *r);
/* A root that does not fit is named by what is wrong by itself between it and the last that does: at
 * the end, when all is said. */
void report_settle(struct report *r);
/* One sentence. */
void report_sentence(const struct said *s, enum lang lang, struct buf *out);

enum verdict { VERDICT_SOUND = 0, VERDICT_USAGE = 64, VERDICT_INCOMPLETE = 75, VERDICT_TAMPERED = 76 };
enum verdict report_verdict(const struct report *r);
#endif
