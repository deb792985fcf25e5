/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_OPENING_H
#define HOPTHU_VERIFY_OPENING_H

#include "tools/verify/verify_file.h"
#include "tools/verify/verify_record.h"
#include "tools/verify/verify_report.h"
#include "tools/verify/verify_table.h"

/*
 * openings.ndjson beside the records, in one pass over both (rule 7): each opening opens the commitment
 * of its record, and each commitment has one or is covered by a later erase.
 */
struct openings {
	struct report *report;
	struct lines *lines;
	struct canon_view view; /* of the line that comes next */
	struct span field, value;
	uint8_t salt[DIGEST_LEN];
	int64_t seq;            /* of that line; INT64_MAX: there is none */
	uint64_t line;
	int64_t last_seq;
	char last_field[64];
	struct buf text;        /* a value without its escapes */
	struct table missing;       /* first seq by key of subj: to be erased yet */
	struct table missing_plain; /* seq of records without subj */
	bool broken;
	uint64_t opened, erased;
};

/* lines must stay; they are read to their end. */
void openings_init(struct openings *o, struct report *report, struct lines *lines);
void openings_release(struct openings *o);
/* The next record that is in the copy. */
void openings_add(struct openings *o, const struct record *r);
/* An erase: what it covers is missing rightly.  event: see struct rules_world. */
void openings_erase(struct openings *o, const struct record *r,
		    int (*event)(void *arg, int64_t seq, bool *has_subj), void *arg);
/* whole: no erase comes after the copy's last record. */
void openings_end(struct openings *o, bool whole);
#endif
