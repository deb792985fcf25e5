/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_MERKLE_H
#define HOPTHU_MERKLE_H

#include <stdbool.h>

#include "common/digest.h"

/*
 * The right edge of an RFC 6962 section 2.1 Merkle tree: the roots of its complete subtrees, from
 * the largest to the smallest.  Enough to append and to know the root, in 32 bytes a level.
 */
#define MERKLE_LEVELS 64

struct merkle {
	uint64_t size; /* leaves */
	uint8_t hash[MERKLE_LEVELS][DIGEST_LEN]; /* [level]; valid where bit `level` of size is set */
};

void merkle_init(struct merkle *m); /* the empty tree */
void merkle_leaf(const void *record, size_t n, uint8_t leaf[DIGEST_LEN]); /* SHA-256(00 record) */
void merkle_append(struct merkle *m, const uint8_t leaf[DIGEST_LEN]);
/* The same; full[i] receives the root of the subtree of 256^(i+1) leaves that this leaf completes.
 * How many there are. */
#define MERKLE_TILES 7
int merkle_append_full(struct merkle *m, const uint8_t leaf[DIGEST_LEN],
		       uint8_t full[MERKLE_TILES][DIGEST_LEN]);
/* SHA-256(01 left right) */
void merkle_node(const uint8_t left[DIGEST_LEN], const uint8_t right[DIGEST_LEN],
		 uint8_t out[DIGEST_LEN]);
void merkle_root(const struct merkle *m, uint8_t root[DIGEST_LEN]); /* empty: SHA-256 of nothing */

/* The valid hashes, largest subtree first: what the store keeps.  Writes count*32 bytes. */
size_t merkle_pack(const struct merkle *m, uint8_t out[MERKLE_LEVELS * DIGEST_LEN]);
/* -1 when n is not what size needs. */
int merkle_unpack(struct merkle *m, uint64_t size, const uint8_t *in, size_t n) MUST_USE;
#endif
