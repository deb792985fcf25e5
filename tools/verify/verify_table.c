/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/digest.h"
#include "tools/verify/verify_table.h"

static uint64_t seed[2];

static uint64_t
mix(uint64_t x)
{
	x ^= x >> 32;
	x *= UINT64_C(0xD6E8FEB86659FD93);
	x ^= x >> 32;
	x *= UINT64_C(0xD6E8FEB86659FD93);
	return x ^ x >> 32;
}

static void
sow(void)
{
	if (!seed[0])
		digest_random(seed, sizeof(seed));
	seed[0] |= 1;
}

/* SipHash-1-3's rounds over words of eight bytes. */
#define ROTATE(x, b) ((x) << (b) | (x) >> (64 - (b)))

static void
siphash_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTATE(v[1], 13) ^ v[0];
	v[0] = ROTATE(v[0], 32);
	v[2] += v[3];
	v[3] = ROTATE(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTATE(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTATE(v[1], 17) ^ v[2];
	v[2] = ROTATE(v[2], 32);
}

uint64_t
table_key(const char *s, size_t n)
{
	uint64_t v[4], w, key;
	size_t left = n;

	sow();
	v[0] = seed[0] ^ UINT64_C(0x736f6d6570736575);
	v[1] = seed[1] ^ UINT64_C(0x646f72616e646f6d);
	v[2] = seed[0] ^ UINT64_C(0x6c7967656e657261);
	v[3] = seed[1] ^ UINT64_C(0x7465646279746573);
	for (; left >= 8; left -= 8, s += 8) {
		memcpy(&w, s, 8);
		v[3] ^= w;
		siphash_round(v);
		v[0] ^= w;
	}
	w = (uint64_t)n << 56;
	memcpy(&w, s, left);
	v[3] ^= w;
	siphash_round(v);
	v[0] ^= w;
	v[2] ^= 0xff;
	siphash_round(v);
	siphash_round(v);
	siphash_round(v);
	key = v[0] ^ v[1] ^ v[2] ^ v[3];
	return key ? key : 1;
}

void
table_release(struct table *t)
{
	free(t->slot);
	memset(t, 0, sizeof(*t));
}

static size_t
home(const struct table *t, uint64_t key)
{
	return mix(key ^ seed[0]) & (t->size - 1);
}

static size_t
place(const struct table *t, uint64_t key)
{
	size_t i = home(t, key);

	while (t->slot[i][0] && t->slot[i][0] != key)
		i = (i + 1) & (t->size - 1);
	return i;
}

uint64_t *
table_find(const struct table *t, uint64_t key)
{
	size_t i;

	if (!t->count)
		return NULL;
	i = place(t, key);
	return t->slot[i][0] ? &t->slot[i][1] : NULL;
}

static void
grow(struct table *t)
{
	struct table bigger = { .size = t->size ? 2 * t->size : 64, .count = t->count };

	sow();
	bigger.slot = xcalloc(bigger.size, sizeof(*bigger.slot));
	for (size_t i = 0; i < t->size; i++)
		if (t->slot[i][0])
			memcpy(bigger.slot[place(&bigger, t->slot[i][0])], t->slot[i],
			       sizeof(*t->slot));
	free(t->slot);
	*t = bigger;
}

void
table_put(struct table *t, uint64_t key, uint64_t value)
{
	size_t i;

	if (4 * (t->count + 1) > 3 * t->size)
		grow(t);
	i = place(t, key);
	t->count += !t->slot[i][0];
	t->slot[i][0] = key;
	t->slot[i][1] = value;
}

/* Whatever stands behind the gap and could not be found over it any more is moved into it. */
void
table_drop(struct table *t, uint64_t key)
{
	size_t mask = t->size - 1, gap, i;

	if (!t->count)
		return;
	gap = place(t, key);
	if (!t->slot[gap][0])
		return;
	t->count--;
	for (i = (gap + 1) & mask; t->slot[i][0]; i = (i + 1) & mask)
		if (((i - home(t, t->slot[i][0])) & mask) >= ((i - gap) & mask)) {
			memcpy(t->slot[gap], t->slot[i], sizeof(*t->slot));
			gap = i;
		}
	t->slot[gap][0] = 0;
}

void
table_each(const struct table *t, void (*each)(void *arg, uint64_t key, uint64_t value), void *arg)
{
	for (size_t i = 0; i < t->size; i++)
		if (t->slot[i][0])
			each(arg, t->slot[i][0], t->slot[i][1]);
}
