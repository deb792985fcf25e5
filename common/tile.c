/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/tile.h"

void
tile_path(int level, uint64_t n, unsigned width, struct buf *out)
{
	unsigned part[7]; /* 2^64 has 7 groups of three digits */
	int count = 0;

	BUG_ON(!width || width > TILE_WIDTH || level < TILE_ENTRIES || level >= TILE_LEVELS);
	do
		part[count++] = (unsigned)(n % 1000);
	while (n /= 1000);
	if (level == TILE_ENTRIES)
		buf_str(out, "tile/entries");
	else
		buf_printf(out, "tile/%d", level);
	while (count-- > 0)
		buf_printf(out, count ? "/x%03u" : "/%03u", part[count]);
	if (width < TILE_WIDTH)
		buf_printf(out, ".p/%u", width);
}

uint64_t
tile_hashes(int level, uint64_t size)
{
	BUG_ON(level < 0 || level >= TILE_LEVELS);
	return size >> (8 * level);
}

void
tile_root(const uint8_t hashes[TILE_WIDTH][DIGEST_LEN], uint8_t root[DIGEST_LEN])
{
	uint8_t h[TILE_WIDTH / 2][DIGEST_LEN];

	for (int i = 0; i < TILE_WIDTH / 2; i++)
		merkle_node(hashes[2 * i], hashes[2 * i + 1], h[i]);
	for (int count = TILE_WIDTH / 4; count; count /= 2)
		for (int i = 0; i < count; i++)
			merkle_node(h[2 * i], h[2 * i + 1], h[i]);
	memcpy(root, h[0], DIGEST_LEN);
}

void
tiler_init(struct tiler *t, tile_cb *tile, void *arg)
{
	t->size = 0;
	t->tile = tile;
	t->arg = arg;
}

int
tiler_add(struct tiler *t, const uint8_t leaf[DIGEST_LEN], struct err *e)
{
	uint64_t n = t->size++; /* number of the hash in its level */
	uint8_t hash[DIGEST_LEN];

	memcpy(hash, leaf, DIGEST_LEN);
	for (int level = 0; level < TILE_LEVELS; level++, n /= TILE_WIDTH) {
		uint8_t(*row)[DIGEST_LEN] = t->hash[level];

		memcpy(row[n % TILE_WIDTH], hash, DIGEST_LEN);
		if (n % TILE_WIDTH != TILE_WIDTH - 1)
			return 0;
		if (t->tile(t->arg, level, n / TILE_WIDTH, TILE_WIDTH, row[0], e))
			return -1;
		tile_root((const uint8_t(*)[DIGEST_LEN])row, hash);
	}
	return 0;
}

int
tiler_flush(struct tiler *t, struct err *e)
{
	for (int level = 0; level < TILE_LEVELS; level++) {
		uint64_t count = tile_hashes(level, t->size);
		unsigned width = (unsigned)(count % TILE_WIDTH);

		if (width && t->tile(t->arg, level, count / TILE_WIDTH, width, t->hash[level][0], e))
			return -1;
	}
	return 0;
}
