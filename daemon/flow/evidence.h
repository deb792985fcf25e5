/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_EVIDENCE_H
#define HOPTHU_EVIDENCE_H

#include "daemon/flow/flow.h"

/*
 * One audit record (doc/audit-format.md).  Zeroed fields are left out.  Personal values go into
 * pii, as commitments; the rest stands in clear.  Fields are named as in the record.
 */
#define EVIDENCE_PII_MAX 6

struct evidence {
	enum event_type ev;
	struct actor actor;
	const char *agency;
	const int64_t *also;   /* of an erase: records without subj, ascending */
	int also_count;
	const char *as, *attachment;
	int64_t at;            /* of an anchor: seconds since 1970, the witness's clock */
	const char *const *attributes; /* of the directory, that changed; ends with NULL */
	const char *basis;     /* the law that an erasure rests on */
	const char *bin;
	const uint8_t *cfg;    /* SHA-256 of the configuration in force */
	const char *channel;   /* by which a letter came */
	int64_t count;         /* of things the event is about */
	const char *digest;    /* plan digest */
	const char *domain;    /* of a letter's addresses */
	const char *key;       /* public key of the log, C2SP vkey form */
	int64_t first;         /* seq an export begins with */
	int64_t drift;         /* seq of the drift record that is accepted */
	int64_t intent;        /* seq of the intent this is the outcome of */
	int64_t late;          /* days between decision and letter */
	bool ldap;             /* the directory answered: */
	int ldap_rc;
	const char *ldap_csn, *ldap_uuid;
	const char *letter, *letter_date;
	int64_t needs;         /* approvers, when more than one */
	const char *old;       /* origin before an incarnation */
	const char *op, *opid;
	const uint8_t *plan;   /* SHA-256 of the item's plan line */
	const char *policy;    /* SHA-256 of the policy it was decided under, hex */
	int64_t req, round, row;
	const char *result, *roles;
	const uint8_t *root;   /* of the checkpoint that size names */
	const char *route;
	const char *sig;       /* of an anchor: base 64, as it stands in the signature line */
	int64_t size;          /* of a checkpoint: records */
	const char *subj, *target;
	const char *witness;   /* name of the key of an anchor */
	struct {
		const char *field, *value; /* fields in ascending order */
	} pii[EVIDENCE_PII_MAX];
	int pii_count;
};

/* Records go on from the time of the last one there is. */
void evidence_init(struct flow *f);
/* In a unit of the store.  seq (may be NULL) receives its number. */
int evidence_append(struct flow *f, const struct evidence *ev, int64_t *seq, struct err *e) MUST_USE;
void evidence_pii(struct evidence *ev, const char *field, const char *value); /* "" is left out */
/* A unit of its own with one record. */
int evidence_alone(struct flow *f, const struct evidence *ev, struct err *e) MUST_USE;
#endif
