/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_RULES_H
#define HOPTHU_RULES_H

#include "common/date.h"
#include "daemon/flow/flow.h"
#include "daemon/policy/calendar.h"
#include "daemon/policy/policy.h"

/*
 * What the policy in force says about one letter: looked up once, then asked row by row.  A policy
 * is read by the day on which the letter came.
 */
struct rules {
	const struct policy *policy;     /* valid until the next reload: see rules_still */
	const struct calendar *calendar;
	char digest[2 * DIGEST_LEN + 1]; /* of the policy */
	const char *domain;
	struct agency agency;            /* whose letter it is */
	int64_t now;                     /* seconds since 1970 */
	struct date today;
	char today_text[11];
};
/* ERR_USAGE: no such agency, or a domain that is not kept here.  Texts lie in the arena. */
int rules_find(struct flow *f, const char *agency, const char *domain, struct rules *r,
	       struct arena *a, struct err *e) MUST_USE;
/* Without an agency: its code is "" then.  domain "": the daemon's own. */
int rules_for_domain(struct flow *f, const char *domain, struct rules *r, struct arena *a,
		     struct err *e) MUST_USE;
/* The same after a reload; false: the rules are others now. */
bool rules_still(struct flow *f, struct rules *r) MUST_USE;
/* "binhduong.gov.vn" -> is a mailbox of this domain kept here? */
bool flow_serves(const struct flow *f, const char *domain);

/* May an operator, by the policy's list of roles (RULE_REQUEST_ROLES, RULE_APPROVE_ROLES)?
 * ERR_DENIED names the document and the roles. */
int rules_check_role(struct flow *f, const struct rules *r, enum policy_key list,
		     const char *operator, struct err *e) MUST_USE;
/* Does anybody of the letter's agency get a mailbox at all?  ERR_USAGE. */
int rules_check_eligible(const struct rules *r, struct err *e) MUST_USE;
/* May this be asked for by telephone? */
bool rules_by_phone(const struct rules *r, enum op op);
/* Is this one of the ways by which the policy lets letters come? */
bool rules_channel_usual(const struct rules *r, const char *channel);

/* When an operation must be done, or a row of this effective day (0: at once); 0: no term. */
int64_t rules_due(const struct rules *r, enum op op, int64_t effective);
/* Until when the data of a mailbox closed by this row are kept, "YYYY-MM-DD". */
const char *rules_purge_due(const struct rules *r, const struct mailbox *m, const char *basis_kind,
			    int64_t effective, struct arena *a);
/* Days between the decision and the letter, 0 when it is not known; are they more than the policy
 * allows? */
int rules_late(const struct rules *r, const char *letter_date, const char *basis_date, bool *too_late);
/* ERR_USAGE: a quota below what the policy promises every mailbox of this kind. */
int rules_check_quota(const struct rules *r, const struct mailbox *m, int64_t quota,
		      struct err *e) MUST_USE;

/*
 * The fuse: how many mailboxes of which agency a letter takes away or moves.  It blows when they are
 * more than the policy's number, or than its share of one agency's.
 */
struct fuse {
	int64_t total;
	struct fuse_agency {
		struct fuse_agency *next;
		int64_t count;
		char code[];
	} *agencies;
};
/* Operations that count: suspend, close, purge, rename, transfer. */
bool fuse_counts(enum op op);
void fuse_count(struct fuse *u, enum op op, const char *agency);
/* What came before under the same letter's number: a letter in parts is one letter. */
void fuse_add(struct fuse *u, const char *agency, int64_t count);
/* How many approvers the letter needs: 1, or 2 with the reason appended to why. */
int fuse_needs(struct flow *f, const struct rules *r, const struct fuse *u, struct buf *why);
void fuse_release(struct fuse *u);
#endif
