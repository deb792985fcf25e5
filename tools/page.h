/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_PAGE_H
#define HOPTHU_PAGE_H

#include "common/note.h"

/* A checkpoint on paper and in mail: what an auditor compares a copy of the log with, years later. */
struct page {
	const struct checkpoint *point;
	const char *note; /* with its signatures */
	const char *policy; /* keys of the log and of the witnesses, and the quorum (c2sp.org/tlog-policy) */
	const char *at;   /* when it was signed, RFC 3339 */
};
/* HTML for one sheet of A4, in Vietnamese with English, to print and sign. */
int page_html(const struct page *p, struct buf *out, struct err *e) MUST_USE;
/* RFC 5322, for `sendmail -t`.  ERR_USAGE: the address is none. */
int page_mail(const struct page *p, const char *address, struct buf *out, struct err *e) MUST_USE;
#endif
