/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/digest.h"
#include "daemon/policy/letter_reader.h"

/*
 * A set of digests with open addressing.  Twelve bytes of SHA-256 stand for the text: 16 bytes an
 * entry whatever the text, and no letter made on purpose can slow it down or make two texts one.
 */
#define KEY 12
#define MARKED 0x80000000u

struct slot {
	uint32_t row; /* 0: free; the highest bit is the mark */
	uint8_t key[KEY];
};

struct letter_seen {
	struct slot *slots;
	size_t count, size; /* size is a power of two */
};

struct letter_seen *
letter_seen_new(void)
{
	struct letter_seen *s = xcalloc(1, sizeof(*s));

	s->size = 64;
	s->slots = xcalloc(s->size, sizeof(*s->slots));
	return s;
}

void
letter_seen_free(struct letter_seen *s)
{
	if (!s)
		return;
	free(s->slots);
	free(s);
}

/* The slot that has the key, or the free one where it belongs. */
static struct slot *
find(const struct letter_seen *s, const uint8_t key[KEY])
{
	uint64_t start;

	memcpy(&start, key, sizeof(start));
	for (size_t i = start & (s->size - 1);; i = (i + 1) & (s->size - 1))
		if (!s->slots[i].row || !memcmp(s->slots[i].key, key, KEY))
			return &s->slots[i];
}

static void
grow(struct letter_seen *s)
{
	struct letter_seen old = *s;

	s->size *= 2;
	s->slots = xcalloc(s->size, sizeof(*s->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].row)
			*find(s, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

unsigned
letter_seen_add(struct letter_seen *s, enum letter_seen_kind kind, const char *text, size_t n,
		unsigned row, bool *marked)
{
	uint8_t digest[DIGEST_LEN];
	struct slot *slot;

	digest_prefixed((uint8_t)kind, text, n, NULL, 0, digest);
	slot = find(s, digest);
	if (slot->row) {
		*marked = slot->row & MARKED;
		return slot->row & ~MARKED;
	}
	slot->row = row | (*marked ? MARKED : 0);
	memcpy(slot->key, digest, KEY);
	if (++s->count * 4 > s->size * 3)
		grow(s);
	return 0;
}
