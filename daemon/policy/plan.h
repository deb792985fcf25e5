/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_PLAN_H
#define HOPTHU_PLAN_H

#include "common/buf.h"
#include "common/json.h"
#include "common/model.h"
#include "daemon/policy/letter.h"

/*
 * What an item will do to the directory, to the letter.  Pure.
 *
 * A mailbox has a form in the directory: a value for each attribute of PLAN_ATTRS.  A plan is the
 * difference between two forms, written as one canonical line:
 *
 *	{"address":…,"after":{attr:[values]},"agency":…,"before":{attr:[values]},
 *	 "effective":"YYYY-MM-DD","login":…,"op":…,"row":…,"salt":…}
 *
 * "before" is what must still be so when it is done (and is asserted then, RFC 4528); an empty list
 * means the attribute is absent.  The salt keeps the line's hash from being guessed from its names:
 * it is an HMAC of the rest under a key of this installation, so the same letter gives the same
 * line.  The two values that only serve to tell one try from another, hopthuOpId and a new
 * person's hopthuPersonRef, are added when the line is carried out and are not part of it.
 */
#define PLAN_ATTRS(X) /* in the order of their bytes, as canonical JSON wants them */ \
	X(cn) X(displayName) X(givenName) X(hopthuAgency) X(hopthuAlias) X(hopthuCustodian) \
	X(hopthuDelivery) X(hopthuKind) X(hopthuLogin) X(hopthuOpId) X(hopthuPersonRef) \
	X(hopthuPurgeDue) X(hopthuQuota) X(hopthuRank) X(hopthuStatus) X(mail) X(ou) X(pwdAccountLockedTime) X(sn) X(telephoneNumber) X(title) \
	X(uid)

/* Of the default password policy, which is no mailbox: what hopthud writes there, and nothing else. */
#define PLAN_PASSWORD_ATTRS(X) \
	X(pwdInHistory) X(pwdMaxAge) X(pwdMaxFailure) X(pwdMinLength) X(pwdMustChange)

enum plan_attr {
#define X(n) PLAN_##n,
	PLAN_ATTRS(X)
#undef X
	PLAN_ATTR_COUNT
};
extern const char *const plan_attr_names[PLAN_ATTR_COUNT + 1]; /* ends with NULL */

/* Value of an attribute in the directory's form, "" = absent; in the arena or static.  Values of
 * hopthuAlias, which may have several, are sorted, with a new-line between two. */
const char *plan_attr_get(const struct mailbox *m, enum plan_attr a, struct arena *arena);
/* The other way: what the directory says becomes our copy.  Derived attributes are ignored. */
void plan_attr_set(struct mailbox *m, enum plan_attr a, const char *value, struct arena *arena);

/* One of which nothing is known: every text "", STATUS_ACTIVE, both switches off. */
extern const struct mailbox plan_no_mailbox;

/* What a row asks, with what the rules add to it. */
struct plan_ask {
	enum op op;
	const char *const *cell; /* LETTER_COLUMN_COUNT of them */
	int64_t quota;           /* bytes; -1: not said */
	const char *agency;      /* the letter's: where a transfer goes to */
	const char *custodian;   /* DN; "": not said */
	const char *today;       /* "YYYY-MM-DD" */
	const char *purge_due;   /* of a close: when its data may go */
};
/*
 * What the mailbox will be after an operation, from what it is (before: NULL for create) and what
 * the letter asks.  Only the fields an operation may touch change; a new address is put in by
 * plan_readdress.  ERR_USAGE: the operation is not possible in this state; the sentence says what
 * would be.
 */
int plan_after(const struct plan_ask *ask, const struct mailbox *before, struct mailbox *after,
	       struct arena *arena, struct err *e) MUST_USE;
/* Another address: the one it has becomes an alias.  The login stays. */
void plan_readdress(struct mailbox *m, const char *address, struct arena *arena);
/* The operation that takes this one back, or OP_COUNT when none does. */
enum op plan_inverse(enum op op);

#define PLAN_KEY 32 /* bytes */
/* The line for a mailbox operation.  before: NULL for create; effective: "YYYY-MM-DD", NULL: at
 * once. */
void plan_line(struct buf *out, const uint8_t key[PLAN_KEY], enum op op, int64_t row,
	       const char *effective, const struct mailbox *before, const struct mailbox *after);
/* The line for an entry that is no mailbox: attributes sorted by name, values end with NULL.  before:
 * NULL for one that is made. */
struct plan_value {
	const char *name; /* NULL ends */
	const char *const *values;
};
void plan_order_line(struct buf *out, const uint8_t key[PLAN_KEY], enum op op, const char *target,
		     const struct plan_value *before, const struct plan_value *after);

/* The same with all that a line says of its mailbox. */
struct plan_target {
	enum op op;
	const char *login, *address, *agency;
	int64_t row;
};
void plan_values_line(struct buf *out, const uint8_t key[PLAN_KEY], const struct plan_target *t,
		      const struct plan_value *before, const struct plan_value *after);

/* A line read back. */
struct plan {
	json_t *json; /* owns the text */
	enum op op;
	const char *login, *address;
	const json_t *before, *after;
};
int plan_read(struct plan *p, const char *line, struct err *e) MUST_USE;
void plan_release(struct plan *p);
/* A list of values of a plan as plan_attr_get would give it; caller frees. */
char *plan_join(const json_t *values);
/* Writes "after" into our copy of the mailbox; opid and a new one's person are the caller's. */
void plan_apply(const struct plan *p, struct mailbox *m, struct arena *arena);

/* "uid" and "ou=people", "ou" and "ou=agencies", "cn" and "ou=operators" or "ou=policies". */
const char *plan_rdn_type(enum op op);
const char *plan_parent(enum op op);
/* True for the operations that make an entry, false for those that change one. */
bool plan_adds(enum op op);

/* One line of the text whose SHA-256 is the plan digest, see doc/audit-format.md. */
void plan_digest_head(struct buf *out, int64_t items);
void plan_digest_item(struct buf *out, int64_t row, const uint8_t sha[DIGEST_LEN]);
#endif
