/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_AUDIT_QUERY_H
#define HOPTHU_AUDIT_QUERY_H

#include "daemon/api/api.h"
#include "daemon/store/store_search.h"

/*
 * What a search of the log asks for, from the query of the call:
 *   person     reference, login, address or full name; a name also without its tone marks
 *   address    with or without its domain, also one that was given up
 *   operator   who acted, in whose name, or whose rights it is about
 *   agency     whose letter; letter: its number; request: the number it has here
 *   event, op, result
 *   since, until   RFC 3339 in UTC; a record at `until` is not found
 */
#define AUDIT_QUERY_GROUPS 2

struct people {
	const char **refs;
	size_t count;
};

struct audit_query {
	const char *words[SEARCH_TERM_COUNT]; /* NULL: any */
	struct people people[AUDIT_QUERY_GROUPS];
	int groups;
	int64_t *requests;
	size_t request_count;
	bool by_request;
	int64_t first, last; /* the period */
};

/* True when it asks for a person by what may be a name: then names must have been noted. */
bool audit_query_by_name(struct call *c);
/* all false: of event and request alone.  Text lies in the call's arena.  ERR_USAGE: a word that is none; ERR_NOTFOUND: nobody or nothing of
 * this name was ever there, with what is nearest. */
int audit_query_read(struct call *c, struct audit_query *q, bool all, struct err *e) MUST_USE;
/* A search for it among the records from first to last.  Caller frees; NULL: e. */
struct search *audit_query_search(struct call *c, const struct audit_query *q, int64_t first,
				  int64_t last, bool oldest_first, struct err *e) MUST_USE;
/* Reference of the one person that is asked for; NULL: nobody or several. */
const char *audit_query_subject(struct call *c);
#endif
