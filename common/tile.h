/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TILE_H
#define HOPTHU_TILE_H

#include "common/buf.h"
#include "common/merkle.h"

/* Names and shapes of C2SP tlog-tiles. */
#define TILE_WIDTH 256
#define TILE_LEVELS 8      /* 256^8 leaves */
#define TILE_ENTRY_MAX 65535
#define TILE_ENTRIES (-1)  /* as a level: "tile/entries/" */

/* "tile/0/x001/x234/067" or, for a width below 256, "tile/0/x001/x234/067.p/112". */
void tile_path(int level, uint64_t n, unsigned width, struct buf *out);
/* How many hashes the level (0 <= level < TILE_LEVELS) of a tree with so many leaves has. */
uint64_t tile_hashes(int level, uint64_t size);

/*
 * Grows every level of tiles at once from leaf hashes in order, in bounded memory (8 KiB a level):
 * tile() is called for each one that became full and, by tiler_flush, for the partial ones.  When it
 * fails, so does the call, and the tiler is of no use any more.
 */
typedef int tile_cb(void *arg, int level, uint64_t n, unsigned width, const uint8_t *hashes,
		    struct err *e);
struct tiler {
	uint64_t size;
	uint8_t hash[TILE_LEVELS][TILE_WIDTH][DIGEST_LEN];
	tile_cb *tile;
	void *arg;
};
void tiler_init(struct tiler *t, tile_cb *tile, void *arg);
int tiler_add(struct tiler *t, const uint8_t leaf[DIGEST_LEN], struct err *e) MUST_USE;
int tiler_flush(struct tiler *t, struct err *e) MUST_USE;
/* Root of a full tile. */
void tile_root(const uint8_t hashes[TILE_WIDTH][DIGEST_LEN], uint8_t root[DIGEST_LEN]);
#endif
