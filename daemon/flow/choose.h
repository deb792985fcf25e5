/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CHOOSE_H
#define HOPTHU_CHOOSE_H

#include "daemon/flow/flow.h"
#include "daemon/policy/name.h"
#include "daemon/policy/policy.h"

/*
 * Addresses: which one a name gets, which mailbox one leads to, and whether one is free.  All
 * domains share one space of logins, so a local part is taken in every domain or in none.
 */

/* What was promised in a dry run, which writes nothing; and where counting begins (see hint_of).
 * NULL in a real one: the registry knows. */
struct choose_dry;
struct choose_dry *choose_dry_new(void);
void choose_dry_free(struct choose_dry *d);
void choose_dry_take(struct choose_dry *d, const char *local);

struct choose_ask {
	const struct policy *policy;
	enum kind kind;
	const char *agency_kind;
	struct name_facts facts; /* name: as name_parse gave it */
	const char *holder;      /* login of the mailbox it is for; NULL: a new one */
	bool keeps;              /* the holder's address of now is as good as a free one */
	const struct item *again; /* the same row of the same letter, which failed; NULL: none */
	struct choose_dry *dry;
};

/* One candidate and what became of it. */
enum choose_fate { CHOOSE_FREE, CHOOSE_TAKEN, CHOOSE_LACKS, CHOOSE_UNFIT };
struct choose_trial {
	const char *template, *local; /* local "" when it lacks something or is unfit */
	unsigned seq;                 /* of a template that counts */
	enum choose_fate fate;
	const struct address *by;     /* CHOOSE_TAKEN: by what; NULL in a dry run's own */
	const char *why;              /* CHOOSE_LACKS, CHOOSE_UNFIT: a sentence */
	const char *column;           /* CHOOSE_LACKS: of the letter */
};
typedef void choose_each(void *arg, const struct choose_trial *t);

/*
 * The first free candidate, in the order of the policy.  A candidate that lacks a fact ends the
 * search: the order is the regulation's.  CHOOSE_FREE: *local is the caller's.  CHOOSE_TAKEN: the
 * list is at its end, the row needs a name.  CHOOSE_LACKS: *column and e.  CHOOSE_UNFIT: e.
 * each (may be NULL) is told of every candidate tried, or, with all, of every one there is.
 */
enum choose_fate choose_local(struct flow *f, const struct choose_ask *ask, bool all,
			      choose_each *each, void *arg, char **local, const char **column,
			      struct err *e) MUST_USE;

/* "anh.bt@tinh.gov.vn" or "anh.bt" -> local part and domain (the daemon's own when none is said);
 * ERR_USAGE when no mailbox of that domain is kept here.  Both are in the arena. */
int choose_split(const struct flow *f, const char *address, const char **local,
		 const char **domain, struct arena *a, struct err *e) MUST_USE;
/* Login of the mailbox an address or alias leads to; itself when the registry does not know it.
 * NULL: no address (ERR_USAGE), or one of the same name in another domain (ERR_NOTFOUND). */
const char *choose_login_of(struct flow *f, const char *address, struct arena *a, struct err *e);
/* May this mailbox have it?  ERR_CONFLICT says by what it is taken.  Names are not looked at. */
int choose_check_free(struct flow *f, const struct choose_ask *ask, const char *local,
		      struct err *e) MUST_USE;
/* May a mailbox of this kind have it by its name?  ERR_USAGE: a service's (RFC 2142), or the official
 * address of another agency. */
int choose_check_kind(struct flow *f, enum kind kind, const char *agency, const char *local,
		      struct err *e) MUST_USE;
/* Promises were taken back: counting begins anew, so that they are given again. */
void choose_forget(struct flow *f);
/* "dtanguyet@x is promised by request 7": how a registered address is taken. */
void choose_tell(const struct address *a, struct buf *out);
/* A free address that people would take for this one, into out; false: there is none. */
bool choose_look_alike(struct flow *f, const char *local, struct buf *out);
#endif
