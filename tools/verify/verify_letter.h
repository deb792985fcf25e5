/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_LETTER_H
#define HOPTHU_VERIFY_LETTER_H

#include "tools/verify/verify_record.h"
#include "tools/verify/verify_report.h"
#include "tools/verify/verify_table.h"

/*
 * Letters and orders that are open, with their rows: rules 3 to 6 of doc/audit-format.md, "What a
 * verifier checks".  A row takes 72 bytes from its item record until it is done.  Pure: records go in, one
 * after the other, and sentences come out.
 */
struct letters {
	struct report *report;
	struct table open;    /* struct letter by req */
	struct table intents; /* struct intent by seq */
	struct table closed;  /* seq of the outcome of a close or purge, by key of subj */
	int64_t last_req;
	uint64_t requests, orders, approvals, begun, done, failed, moved;
};

void letters_init(struct letters *l, struct report *report);
void letters_release(struct letters *l);
/* Every record, in their order. */
void letters_add(struct letters *l, const struct record *r);
/* The log ends here: what is open is told. */
void letters_end(struct letters *l);
size_t letters_open(const struct letters *l); /* letters and orders of which something is left */
#endif
