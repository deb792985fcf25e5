/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "daemon/store/store_block.h"

#define SPARSE_MAX 255 /* records as numbers of two bytes: shorter than the bits then */

static unsigned
hash(const char *word)
{
	unsigned h = 2166136261u; /* FNV-1a */

	for (; *word; word++)
		h = (h ^ (uint8_t)*word) * 16777619u;
	return h % BLOCK_BUCKETS;
}

struct term *
block_term(const struct block *b, const char *word)
{
	struct term *t = b->terms[hash(word)];

	while (t && strcmp(t->word, word) != 0)
		t = t->next;
	return t;
}

void
block_mark(struct block *b, char kind, const char *word, size_t n, int64_t seq)
{
	unsigned bit = (unsigned)(seq - 1) % INDEX_BLOCK;
	char text[TERM_MAX];
	struct term *t;

	if (!n)
		return;
	snprintf(text, sizeof(text), "%c:%.*s", kind, (int)n, word);
	t = block_term(b, text);
	if (!t) {
		struct term **bucket = &b->terms[hash(text)];

		t = xcalloc(1, sizeof(*t) + strlen(text) + 1);
		memcpy(t->word, text, strlen(text));
		t->next = *bucket;
		*bucket = t;
	}
	t->count += !(t->bits[bit / 8] >> bit % 8 & 1);
	t->bits[bit / 8] |= (uint8_t)(1 << bit % 8);
}

void
block_empty(struct block *b, int64_t number)
{
	struct term *t;

	for (size_t i = 0; i < BLOCK_BUCKETS; i++)
		while ((t = b->terms[i])) {
			b->terms[i] = t->next;
			free(t);
		}
	b->number = number;
}

void
block_unmark_after(struct block *b, unsigned first)
{
	for (size_t i = 0; i < BLOCK_BUCKETS; i++)
		for (struct term *t = b->terms[i]; t; t = t->next)
			for (unsigned bit = first; bit < INDEX_BLOCK; bit++)
				if (t->bits[bit / 8] >> bit % 8 & 1) {
					t->bits[bit / 8] &= (uint8_t)~(1 << bit % 8);
					t->count--;
				}
}

size_t
block_pack(const struct term *t, uint8_t out[INDEX_BYTES])
{
	size_t n = 0;

	if (t->count > SPARSE_MAX) {
		memcpy(out, t->bits, INDEX_BYTES);
		return INDEX_BYTES;
	}
	for (unsigned bit = 0; bit < INDEX_BLOCK; bit++)
		if (t->bits[bit / 8] >> bit % 8 & 1) {
			out[n++] = (uint8_t)(bit >> 8);
			out[n++] = (uint8_t)bit;
		}
	return n;
}

void
block_unpack(const uint8_t *in, size_t n, uint8_t bits[INDEX_BYTES])
{
	if (n == INDEX_BYTES) {
		memcpy(bits, in, INDEX_BYTES);
		return;
	}
	memset(bits, 0, INDEX_BYTES);
	for (size_t i = 0; i + 1 < n; i += 2) {
		unsigned bit = ((unsigned)in[i] << 8 | in[i + 1]) % INDEX_BLOCK;

		bits[bit / 8] |= (uint8_t)(1 << bit % 8);
	}
}

const char *
block_next(const struct block *b, char kind, const char *after)
{
	const char *least = NULL;

	for (size_t i = 0; i < BLOCK_BUCKETS; i++)
		for (const struct term *t = b->terms[i]; t; t = t->next)
			if (t->count && t->word[0] == kind && strcmp(t->word, after) > 0 &&
			    (!least || strcmp(t->word, least) < 0))
				least = t->word;
	return least;
}
