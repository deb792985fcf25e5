/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TRUST_H
#define HOPTHU_TRUST_H

#include "common/note.h"

/*
 * Whom somebody believes: C2SP tlog-policy.  The keys of logs and of witnesses, and how many of the
 * witnesses must have confirmed a checkpoint.
 *
 *	log hopthu.example.gov.vn/1+8482362e+AQ...
 *	witness auditor witness.auditor.gov.vn+9898ab22+BA... https://witness.auditor.gov.vn
 *	witness here localhost/witness+1f4ed8d1+BA... unix:/run/hopthu-witness/witness.sock
 *	group both all auditor here
 *	quorum both
 */
#define TRUST_MAX 32 /* logs, witnesses, groups, each */
#define TRUST_BYTES_MAX 65536

struct trust_witness {
	char *name; /* in this file only; the key's name is what signatures have */
	struct note_key key;
	char *url;  /* NULL: none */
};
/* Bit i of a mask of members: witness i; bit TRUST_MAX + i: group i. */
struct trust_group {
	char *name;
	uint64_t members;
	int needs;
};
struct trust {
	struct note_key logs[TRUST_MAX];
	int log_count;
	struct trust_witness witnesses[TRUST_MAX];
	int witness_count;
	struct trust_group groups[TRUST_MAX]; /* each only of what stands before it */
	int group_count;
	uint64_t quorum;                      /* one bit as above; 0: "none" */
};

/*
 * Strict.  ERR_USAGE with "FILE:LINE: sentence": duplicate keys or names, names not defined before, a
 * member of two groups, a secret key, keys of kinds that note.h does not know, no quorum or two, a last
 * line without its end, bytes that may not be there.  On failure t is empty.
 */
int trust_read(struct trust *t, const char *text, size_t n, const char *file, struct err *e) MUST_USE;
void trust_release(struct trust *t);
/* Whether these witnesses are enough.  Bit i: witness i. */
bool trust_quorum(const struct trust *t, uint32_t cosigned);
#endif
