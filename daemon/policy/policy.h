/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_POLICY_H
#define HOPTHU_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/date.h"
#include "common/digest.h"
#include "common/err.h"
#include "common/vocab.h"
#include "daemon/policy/calendar.h"

/*
 * The rules of one mail domain, as a province's regulation gives them: a dated file of rules, each
 * with its value and its legal basis.  Pure: entries in, rules out; who reads files is
 * daemon/flow/policies.h.  The version in force is the one with the latest valid_from that is not
 * after the day asked for.
 */
enum policy_type {
	POLICY_TEMPLATES, /* naming templates in order: a list */
	POLICY_TERM,      /* "3 working days", "2 hours", "45 days", "6 months", "never" */
	POLICY_NUMBER,    /* a whole number */
	POLICY_SIZE,      /* "2G", "500M" */
	POLICY_WORDS,     /* a list of texts or words */
	POLICY_TEXT,
	POLICY_FLAG,      /* yes, no */
};
/* Who keeps to a rule. */
enum policy_use {
	POLICY_ENFORCED,  /* hopthud: it decides by it, and refuses what is against it */
	POLICY_TOLD,      /* hopthud reckons by it and tells; it refuses nothing */
	POLICY_DIRECTORY, /* the directory, into which hopthud writes those of its own domain */
	POLICY_RECORDED,  /* people and other systems: not enforced by hopthud */
};
#include "daemon/policy/policy_key.h" /* POLICY_KEYS(X), enum policy_key */

enum policy_unit { POLICY_HOURS, POLICY_DAYS, POLICY_WORKING_DAYS, POLICY_MONTHS, POLICY_YEARS };
struct policy_term {
	long count; /* -1: the policy has no such rule, or says "never" */
	enum policy_unit unit;
};

/*
 * One value of a file, in order: key "domain" at the top, or key "value" of rule "deadline.create".
 * After the entries of a rule comes one with its name whose key is NULL.
 */
struct policy_entry {
	const char *rule; /* NULL: top of the file */
	const char *key;
	const char *const *values; /* ends with NULL */
	unsigned line;
};
struct policy;
/*
 * text, len: the file's bytes, for the digest.  Nothing given is kept.  NULL when something is wrong:
 * then a line "FILE:LINE: what" for each mistake is appended.  Free with policy_free.
 */
struct policy *policy_read(const char *file, const struct policy_entry *entries, size_t count,
			   const char *text, size_t len, struct buf *wrong);
/* What holds where no file does: every rule at its default. */
struct policy *policy_builtin(void);
void policy_free(struct policy *p);

const char *policy_domain(const struct policy *p);     /* "*": any that has no file of its own */
const char *policy_document(const struct policy *p);   /* "QĐ 162/2025/QĐ-UBND ..." */
const char *policy_valid_from(const struct policy *p); /* "2025-12-10" */
const char *policy_file(const struct policy *p);       /* "" : built in */
const uint8_t *policy_digest(const struct policy *p);  /* DIGEST_LEN: SHA-256 of the file */

/* Values; the type must be that of the key.  Borrowed. */
const char *const *policy_list(const struct policy *p, enum policy_key k); /* ends with NULL */
struct policy_term policy_term(const struct policy *p, enum policy_key k);
int64_t policy_number(const struct policy *p, enum policy_key k); /* numbers and sizes; -1: no rule */
const char *policy_text(const struct policy *p, enum policy_key k);        /* "" : no rule */
bool policy_flag(const struct policy *p, enum policy_key k);
/* Is there a value at all, of the file or by default? */
bool policy_has(const struct policy *p, enum policy_key k);
/* Line of the rule in the file; 0: it is at its default. */
unsigned policy_line(const struct policy *p, enum policy_key k);
const char *policy_basis(const struct policy *p, enum policy_key k); /* "" : no rule or default */
const char *policy_note(const struct policy *p, enum policy_key k);  /* "" : none */
/* The value as it would stand in the file, for people; nothing when there is no rule. */
void policy_value_text(const struct policy *p, enum policy_key k, struct buf *out);
/* enforced, told, directory, recorded */
const char *policy_use_word(enum policy_use u);
/* "3 working days", "never". */
void policy_term_text(struct policy_term t, struct buf *out);

/*
 * Rank class by the policy's lists, from what a letter says of rank and title: the rank, when it is in
 * one of them, else the title.  Only people have a rank; whatever else is a mailbox is as of staff.
 */
enum policy_rank { RANK_STAFF, RANK_DIVISION_HEAD, RANK_DEPARTMENT_HEAD };
enum policy_rank policy_rank(const struct policy *p, enum kind kind, const char *rank,
			     const char *title);
const char *policy_rank_word(enum policy_rank r); /* staff, division-head, department-head */

/*
 * Which rule gives a limit for a mailbox of this kind, agency's kind, rank, basis or operation.  The
 * functions behind them give its value; these are for who explains it.  RULE_COUNT: none does.
 */
enum policy_key policy_naming_rule(enum kind kind, const char *agency_kind);
enum policy_key policy_quota_rule(const struct policy *p, enum kind kind, enum policy_rank rank);
enum policy_key policy_quota_least_rule(enum kind kind);
enum policy_key policy_deadline_rule(enum op op);
enum policy_key policy_grace_rule(const struct policy *p, enum policy_rank rank, int basis);

/* Does anybody of agencies of this kind get a mailbox? */
bool policy_excludes(const struct policy *p, const char *agency_kind);
/* Naming templates for a kind of mailbox of an agency of this kind (a commune has its own). */
const char *const *policy_naming(const struct policy *p, enum kind kind, const char *agency_kind);
/* Bytes for a new mailbox of this kind and rank; 0: the server's default. */
int64_t policy_quota(const struct policy *p, enum kind kind, enum policy_rank rank);
/* Least that a letter may ask for; 0: any. */
int64_t policy_quota_least(const struct policy *p, enum kind kind);
/* How long an operation may take from the letter's arrival; count -1: no matter. */
struct policy_term policy_deadline(const struct policy *p, enum op op);
/*
 * How long the data of a closed mailbox stay, by rank and the kind of leave (enum basis, or -1).  A
 * rule for the kind of leave decides; else the longest of those for this rank and the ranks below.
 * count -1: for good.
 */
struct policy_term policy_grace(const struct policy *p, enum policy_rank rank, int basis);

/*
 * The day on which a term ends that begins on this one: the day itself is not counted (Civil Code
 * 2015, article 147).  Hours count as the whole days that have room for them.  {0, 0, 0} for a term that never ends.
 */
struct date policy_due_date(struct policy_term t, const struct calendar *c, struct date from);

/* The password rules of users as values of a pwdPolicy entry (draft-behera-ldap-password-policy). */
struct policy_password {
	int64_t in_history, max_age, max_failure, min_length; /* max_age: seconds; 0: never too old */
	bool must_change;
};
void policy_password(const struct policy *p, struct policy_password *out);
/* Appends an LDIF that puts them into the entry dn. */
void policy_ppolicy(const struct policy *p, const char *dn, struct buf *ldif);
#endif
