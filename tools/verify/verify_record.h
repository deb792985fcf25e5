/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_RECORD_H
#define HOPTHU_VERIFY_RECORD_H

#include "common/canon_check.h"
#include "common/digest.h"
#include "common/vocab.h"

/*
 * One record of the log, taken apart (doc/audit-format.md, "Record").  Keys in the order of their
 * bytes, with what each must be: STR, INT (0 to 2^53-1), HEX (64 digits), OBJ or LIST.
 */
#define RECORD_FIELDS(X) \
	X(actor, OBJ) X(agency, STR) X(also, LIST) X(as, STR) X(at, INT) X(attachment, STR) \
	X(attributes, LIST) X(basis, STR) X(bin, STR) X(boot, STR) X(cfg, HEX) X(channel, STR) \
	X(count, INT) X(digest, HEX) X(domain, STR) X(drift, INT) X(ev, STR) X(first, INT) \
	X(intent, INT) X(key, STR) X(late, INT) X(ldap, OBJ) X(letter, STR) X(letter_date, STR) \
	X(mono, INT) X(needs, INT) X(old, STR) X(op, STR) X(opid, STR) X(pii, OBJ) X(plan, HEX) \
	X(policy, HEX) X(req, INT) X(result, STR) X(roles, STR) X(root, HEX) X(round, INT) \
	X(route, STR) X(row, INT) X(seq, INT) X(sig, STR) X(size, INT) X(subj, STR) X(t, STR) \
	X(target, STR) X(v, INT) X(witness, STR)

enum record_field {
#define X(n, k) RECORD_##n,
	RECORD_FIELDS(X)
#undef X
	RECORD_FIELD_COUNT
};

#define RECORD_BYTES_MAX 16384
#define RECORD_PII_MAX 64

struct span {
	const char *s; /* not ended by a NUL; NULL when it is not there */
	size_t n;
};

struct record {
	struct canon_view view;
	const struct canon_member *field[RECORD_FIELD_COUNT]; /* NULL: not there */
	int event;       /* enum event_type; -1: one that is not known here */
	int64_t seq, t_us;
	struct span actor; /* its name */
	const struct canon_member *pii; /* the commitments, one after the other */
	int pii_count;
	int unknown;     /* keys that are not known here */
};

enum record_fault {
	RECORD_GOOD,
	RECORD_LONG,    /* more than RECORD_BYTES_MAX */
	RECORD_CANON,   /* not canonical; *canon says how, *at where */
	RECORD_TYPE,    /* a value of another type than its key has; *at: where */
	RECORD_LACKS,   /* one of seq, t, ev, v, boot, mono, actor is not there */
	RECORD_VERSION, /* v is another: the rest is not read */
};

/* The bytes must stay; r leads into them. */
enum record_fault record_read(struct record *r, const char *bytes, size_t n,
			      enum canon_fault *canon, size_t *at);

static inline struct span
record_str(const struct record *r, enum record_field f)
{
	const struct canon_member *m = r->field[f];

	return m ? (struct span){ m->value, m->len } : (struct span){ NULL, 0 };
}
/* 0 when it is not there: what is 0 is left out of a record. */
static inline int64_t
record_int(const struct record *r, enum record_field f)
{
	return r->field[f] ? r->field[f]->integer : 0;
}
/* false: it is not there.  The form was checked before. */
bool record_hex(const struct record *r, enum record_field f, uint8_t out[DIGEST_LEN]);
bool span_is(struct span s, const char *text);
bool span_same(struct span a, struct span b);
/* The number of a word of VOCAB_OPS or VOCAB_EVENTS, or -1. */
int record_op(const struct record *r);
/* 64 digits, lower case.  n: characters there are. */
bool hex_digest(const char *s, size_t n, uint8_t out[DIGEST_LEN]);
/* "2026-03-02T08:00:00.123456Z" as microseconds since 1970; -1: it is not that. */
int64_t record_time(const char *s, size_t n);
#endif
