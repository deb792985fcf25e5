/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/digest.h"
#include "daemon/policy/letter_reader.h"

/*
 * A set of digests with open addressing.  Twelve bytes of SHA-256 stand for the text: 16 bytes an
 * entry whatever the text, and no letter made on purpose can slow it down or make two texts one.
 * It is in many small tables, so that no single growth holds the loop up.
 */
#define KEY 12
#define TABLES 64
#define MARKED 0x80000000u

struct slot {
	uint32_t row; /* 0: free; the highest bit is the mark */
	uint8_t key[KEY];
};

struct table {
	struct slot *slots;
	size_t count, size; /* size is a power of two */
};

struct letter_seen {
	struct table table[TABLES];
};

struct letter_seen *
letter_seen_new(void)
{
	return xcalloc(1, sizeof(struct letter_seen));
}

void
letter_seen_free(struct letter_seen *s)
{
	if (!s)
		return;
	for (int i = 0; i < TABLES; i++)
		free(s->table[i].slots);
	free(s);
}

/* The slot that has the key, or the free one where it belongs. */
static struct slot *
find(const struct table *t, const uint8_t key[KEY])
{
	uint64_t start;

	memcpy(&start, key + 1, sizeof(start)); /* the byte before chose the table */
	for (size_t i = start & (t->size - 1);; i = (i + 1) & (t->size - 1))
		if (!t->slots[i].row || !memcmp(t->slots[i].key, key, KEY))
			return &t->slots[i];
}

static void
grow(struct table *t)
{
	struct table old = *t;

	t->size = t->size ? 2 * t->size : 16;
	t->slots = xcalloc(t->size, sizeof(*t->slots));
	for (size_t i = 0; i < old.size; i++)
		if (old.slots[i].row)
			*find(t, old.slots[i].key) = old.slots[i];
	free(old.slots);
}

unsigned
letter_seen_add(struct letter_seen *s, enum letter_seen_kind kind, const char *text, size_t n,
		unsigned row, bool *marked)
{
	uint8_t digest[DIGEST_LEN];
	struct table *t;
	struct slot *slot;

	digest_prefixed((uint8_t)kind, text, n, NULL, 0, digest);
	t = &s->table[digest[0] % TABLES];
	if ((t->count + 1) * 4 > t->size * 3)
		grow(t);
	slot = find(t, digest);
	if (slot->row) {
		*marked = slot->row & MARKED;
		return slot->row & ~MARKED;
	}
	slot->row = row | (*marked ? MARKED : 0);
	memcpy(slot->key, digest, KEY);
	t->count++;
	return 0;
}
