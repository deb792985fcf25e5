/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_BLOCK_H
#define HOPTHU_STORE_BLOCK_H

#include "daemon/store/store_index.h"

/* A block of the index in memory: the sets of bits of its terms. */
#define TERM_MAX 128 /* longer words are cut, here and in searches: they are found, with their like */
#define BLOCK_BUCKETS 512

struct term {
	struct term *next;
	unsigned count; /* of its bits that are set; 0: as if it were not there */
	uint8_t bits[INDEX_BYTES];
	char word[];
};

struct block {
	int64_t number;
	struct term *terms[BLOCK_BUCKETS];
};

/* The record has "kind:word", of n bytes; nothing when n is 0. */
void block_mark(struct block *b, char kind, const char *word, size_t n, int64_t seq);
struct term *block_term(const struct block *b, const char *word); /* NULL: none */
/* The least term of a kind after one; NULL: none. */
const char *block_next(const struct block *b, char kind, const char *after);
void block_unmark_after(struct block *b, unsigned first); /* bits from this one on */
void block_empty(struct block *b, int64_t number); /* it is another one from here on */

/* As it stands in the table: few records as numbers, many as bits. */
size_t block_pack(const struct term *t, uint8_t out[INDEX_BYTES]);
void block_unpack(const uint8_t *in, size_t n, uint8_t bits[INDEX_BYTES]);
#endif
