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
 *	 "login":…,"op":…,"opid":…,"row":…,"salt":…}
 *
 * "before" is what must still be so when it is done (and is asserted then, RFC 4528); an empty list
 * means the attribute is absent.  The salt keeps the line's hash from being guessed from its names.
 */
#define PLAN_ATTRS(X) /* in the order of their bytes, as canonical JSON wants them */ \
	X(cn) X(displayName) X(givenName) X(hopthuAgency) X(hopthuDelivery) X(hopthuKind) \
	X(hopthuLogin) X(hopthuOpId) X(hopthuPersonRef) X(hopthuQuota) X(hopthuRank) \
	X(hopthuStatus) X(mail) X(ou) X(pwdAccountLockedTime) X(sn) X(telephoneNumber) X(title) \
	X(uid)

enum plan_attr {
#define X(n) PLAN_##n,
	PLAN_ATTRS(X)
#undef X
	PLAN_ATTR_COUNT
};
extern const char *const plan_attr_names[PLAN_ATTR_COUNT + 1]; /* ends with NULL */

/* Value of an attribute in the directory's form, "" = absent; in the arena or static. */
const char *plan_attr_get(const struct mailbox *m, enum plan_attr a, struct arena *arena);
/* The other way: what the directory says becomes our copy.  Derived attributes are ignored. */
void plan_attr_set(struct mailbox *m, enum plan_attr a, const char *value, struct arena *arena);

/*
 * What the mailbox will be after an operation, from what it is (before: NULL for create) and what
 * the letter asks.  Only the fields an operation may touch change.  ERR_USAGE: the operation is
 * not possible in this state; the sentence says what would be.
 */
int plan_after(enum op op, const struct mailbox *before, const char *const cell[LETTER_COLUMN_COUNT],
	       int64_t quota, struct mailbox *after, struct arena *arena, struct err *e) MUST_USE;

/* The line for a mailbox operation. before: NULL for create. */
void plan_line(struct buf *out, enum op op, int64_t row, const struct mailbox *before,
	       const struct mailbox *after);
/* The line for an agency's or operator's entry: attributes sorted by name, values end with NULL. */
struct plan_value {
	const char *name; /* NULL ends */
	const char *const *values;
};
void plan_order_line(struct buf *out, enum op op, const char *target, const char *opid,
		     const char *opid_before, const struct plan_value *after);

/* A line read back. */
struct plan {
	json_t *json; /* owns the text */
	enum op op;
	const char *login, *address, *opid;
	const json_t *before, *after;
};
int plan_read(struct plan *p, const char *line, struct err *e) MUST_USE;
void plan_release(struct plan *p);
/* Writes "after" into our copy of the mailbox. */
void plan_apply(const struct plan *p, struct mailbox *m, struct arena *arena);

/* "uid" and "ou=people", "ou" and "ou=agencies", "cn" and "ou=operators". */
const char *plan_rdn_type(enum op op);
const char *plan_parent(enum op op);
/* True for the operations that make an entry, false for those that change one. */
bool plan_adds(enum op op);

/* One line of the text whose SHA-256 is the plan digest, see doc/audit-format.md. */
void plan_digest_head(struct buf *out, int64_t request, int64_t items);
void plan_digest_item(struct buf *out, int64_t row, const uint8_t sha[DIGEST_LEN]);
#endif
