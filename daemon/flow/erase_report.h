/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_ERASE_REPORT_H
#define HOPTHU_ERASE_REPORT_H

#include "common/json.h"
#include "daemon/flow/subject.h"

enum erase_entry { ENTRY_UNKNOWN, ENTRY_THERE, ENTRY_GONE };

struct erase_numbers {
	int64_t openings, rows;   /* that were there */
	int64_t erased;           /* openings, by units that may still fail */
	int units, units_done;    /* erase records; those that are durable */
	enum erase_entry entry;
	const char *dn;           /* of the mailbox's entry; NULL: none */
};

/* What was (or would be) erased, and what hopthu cannot erase: [{"what", "where", "do"}]. */
json_t *erase_report(const struct erase_numbers *n, const struct subject *u, bool dry_run,
		     const char *pending);
/* [{"seq", "t", "by", "first", "size"}] */
json_t *erase_exports(const struct subject *u);
#endif
