/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_PROOF_H
#define HOPTHU_PROOF_H

#include "common/buf.h"
#include "common/merkle.h"

/*
 * Inclusion and consistency proofs of RFC 6962 section 2.1.1 and 2.1.2, made from hashes that somebody
 * keeps in tiles (C2SP tlog-tiles), and checked without them.
 */
#define PROOF_MAX 64 /* hashes */

struct proof {
	uint8_t hash[PROOF_MAX][DIGEST_LEN];
	int count;
};

/*
 * Where hashes come from: `count` (1..256) consecutive hashes of a level of tiles, from number `first` on
 * (never over the end of a tile).  Level 0 are leaves, a hash of level L+1 is over 256 of level L.
 */
struct proof_source {
	int (*hashes)(void *arg, int level, uint64_t first, unsigned count, uint8_t *out,
		      struct err *e);
	void *arg;
};

/*
 * The cost of a root or proof over n leaves: at most 2 log2 n calls of hashes(), each for 1, 2, 4 ... 128
 * hashes, at most 2 * 255 a level of tiles together (three levels up to 16 million leaves), and as many
 * SHA-256 of nodes.  size is at most 2^63-1.  On failure out is as it was.
 */
/* Root of the first `size` leaves. */
int proof_root(const struct proof_source *s, uint64_t size, uint8_t root[DIGEST_LEN],
	       struct err *e) MUST_USE;
/* index < size */
int proof_inclusion(const struct proof_source *s, uint64_t index, uint64_t size, struct proof *out,
		    struct err *e) MUST_USE;
/* old <= size; empty when old is 0 or size */
int proof_consistency(const struct proof_source *s, uint64_t old, uint64_t size, struct proof *out,
		      struct err *e) MUST_USE;

/* Any numbers and any proof may be given.  The proof has exactly the hashes that it needs.  old_root of
 * old = 0 is the root of the empty tree. */
bool proof_check_inclusion(const struct proof *p, const uint8_t leaf[DIGEST_LEN], uint64_t index,
			   uint64_t size, const uint8_t root[DIGEST_LEN]);
bool proof_check_consistency(const struct proof *p, uint64_t old, const uint8_t old_root[DIGEST_LEN],
			     uint64_t size, const uint8_t root[DIGEST_LEN]);

/* One base 64 line a hash.  Reading takes lines up to the first empty one (which it leaves) or the end and
 * gives the number of bytes taken; -1: something that is no hash, a line without end, or too many. */
void proof_write(const struct proof *p, struct buf *out);
ssize_t proof_read(struct proof *p, const char *lines, size_t n);
#endif
