/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/merkle.h"

void
merkle_init(struct merkle *m)
{
	memset(m, 0, sizeof(*m));
}

void
merkle_leaf(const void *record, size_t n, uint8_t leaf[DIGEST_LEN])
{
	digest_prefixed(0x00, record, n, NULL, 0, leaf);
}

void
merkle_node(const uint8_t left[DIGEST_LEN], const uint8_t right[DIGEST_LEN],
	    uint8_t out[DIGEST_LEN])
{
	digest_prefixed(0x01, left, DIGEST_LEN, right, DIGEST_LEN, out);
}

int
merkle_append_full(struct merkle *m, const uint8_t leaf[DIGEST_LEN],
		   uint8_t full[MERKLE_TILES][DIGEST_LEN])
{
	uint8_t h[DIGEST_LEN];
	int level = 0, count = 0;

	memcpy(h, leaf, DIGEST_LEN);
	for (; m->size >> level & 1; level++) {
		merkle_node(m->hash[level], h, h);
		if ((level + 1) % 8 == 0 && count < MERKLE_TILES)
			memcpy(full[count++], h, DIGEST_LEN);
	}
	memcpy(m->hash[level], h, DIGEST_LEN);
	m->size++;
	return count;
}

void
merkle_append(struct merkle *m, const uint8_t leaf[DIGEST_LEN])
{
	uint8_t full[MERKLE_TILES][DIGEST_LEN];

	(void)merkle_append_full(m, leaf, full);
}

void
merkle_root(const struct merkle *m, uint8_t root[DIGEST_LEN])
{
	bool started = false;

	if (!m->size) {
		digest_sha256("", 0, root);
		return;
	}
	for (int level = 0; level < MERKLE_LEVELS; level++) {
		if (!(m->size >> level & 1))
			continue;
		if (started)
			merkle_node(m->hash[level], root, root);
		else
			memcpy(root, m->hash[level], DIGEST_LEN);
		started = true;
	}
}

size_t
merkle_pack(const struct merkle *m, uint8_t out[MERKLE_LEVELS * DIGEST_LEN])
{
	size_t n = 0;

	for (int level = MERKLE_LEVELS - 1; level >= 0; level--)
		if (m->size >> level & 1) {
			memcpy(out + n, m->hash[level], DIGEST_LEN);
			n += DIGEST_LEN;
		}
	return n;
}

int
merkle_unpack(struct merkle *m, uint64_t size, const uint8_t *in, size_t n)
{
	if (n != (size_t)__builtin_popcountll(size) * DIGEST_LEN)
		return -1;
	merkle_init(m);
	m->size = size;
	for (int level = MERKLE_LEVELS - 1; level >= 0; level--)
		if (size >> level & 1) {
			memcpy(m->hash[level], in, DIGEST_LEN);
			in += DIGEST_LEN;
		}
	return 0;
}
