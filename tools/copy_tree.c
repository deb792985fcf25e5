/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "tools/copy.h"

/* A tile that became full, or at the end a partial one. */
static int
on_tile(void *arg, int level, uint64_t n, unsigned width, const uint8_t *hashes, struct err *e)
{
	struct copy_tree *t = arg;
	AUTO(buf) path = BUF_INIT;
	AUTO(buf) there = BUF_INIT;
	size_t size = (size_t)width * DIGEST_LEN;

	tile_path(level, n, width, &path);
	if (t->loading) {
		if (copy_read(t->copy, path.data, &there, e) < 0)
			return -1;
		if (there.len == size && !memcmp(there.data, hashes, size))
			return 0;
		if (t->copy->size >= t->tree.size && there.len)
			return copy_wrong(t->copy, e, "%s/%s is not what the records make it: the copy was "
					  "altered", t->copy->dir, path.data);
	}
	return copy_write(t->copy, path.data, hashes, size, e);
}

void
copy_tree_init(struct copy_tree *t, struct copy *c, int64_t from, int64_t to)
{
	t->copy = c;
	t->from = from;
	t->to = to;
	t->copied = 0;
	t->loading = false;
	buf_init(&t->bundle);
	buf_init(&t->hash);
	copy_tree_restart(t);
}

void
copy_tree_restart(struct copy_tree *t)
{
	tiler_init(&t->tiler, on_tile, t);
	merkle_init(&t->tree);
	buf_clear(&t->bundle);
	buf_clear(&t->hash);
	t->whole = 0;
}

void
copy_tree_release(struct copy_tree *t)
{
	buf_release(&t->bundle);
	buf_release(&t->hash);
}

bool
copy_tree_copies(const struct copy_tree *t, int64_t seq)
{
	return seq >= t->from && seq <= t->to;
}

/* What the finished copy that lies there ended with must come out again. */
static int
check_root(struct copy_tree *t, struct err *e)
{
	uint8_t root[DIGEST_LEN];

	merkle_root(&t->tree, root);
	return memcmp(root, t->copy->root, DIGEST_LEN) ?
		       copy_wrong(t->copy, e, "the records in %s do not lead to its own checkpoint: the copy "
				  "was altered; keep it, and take a new one into another folder",
				  t->copy->dir) :
		       0;
}

static int
add_leaf(struct copy_tree *t, const uint8_t leaf[DIGEST_LEN], struct err *e)
{
	merkle_append(&t->tree, leaf);
	if (t->loading && t->tree.size == t->copy->size && check_root(t, e))
		return -1;
	return tiler_add(&t->tiler, leaf, e);
}

/* --- records ------------------------------------------------------------------------------------ */

static void
drop_bundle(struct copy_tree *t)
{
	memmove(t->bundle.data, t->bundle.data + t->whole, t->bundle.len - t->whole);
	t->bundle.len -= t->whole;
	t->bundle.data[t->bundle.len] = '\0';
	t->whole = 0;
}

static int
put_bundle(struct copy_tree *t, unsigned width, struct err *e)
{
	AUTO(buf) path = BUF_INIT;

	tile_path(TILE_ENTRIES, (t->tree.size - 1) / TILE_WIDTH, width, &path);
	if (!t->loading && copy_write(t->copy, path.data, t->bundle.data, t->whole, e))
		return -1;
	t->copied += t->loading ? 0 : t->whole;
	return 0;
}

/* Every record that is whole; at the end of a tile it goes into its file. */
static int
take_records(struct copy_tree *t, struct err *e)
{
	while (t->bundle.len - t->whole >= 2 && copy_tree_copies(t, (int64_t)t->tree.size + 1)) {
		const uint8_t *p = (const uint8_t *)t->bundle.data + t->whole;
		size_t len = (size_t)p[0] << 8 | p[1];
		uint8_t leaf[DIGEST_LEN];

		if (t->bundle.len - t->whole - 2 < len)
			break;
		merkle_leaf(p + 2, len, leaf);
		t->whole += 2 + len;
		if (add_leaf(t, leaf, e))
			return -1;
		if (t->tree.size % TILE_WIDTH)
			continue;
		if (put_bundle(t, TILE_WIDTH, e))
			return -1;
		drop_bundle(t);
	}
	return 0;
}

int
copy_tree_records(struct copy_tree *t, const char *data, size_t n, struct err *e)
{
	buf_add(&t->bundle, data, n);
	return take_records(t, e);
}

int
copy_tree_hashes(struct copy_tree *t, const char *data, size_t n, struct err *e)
{
	while (n) {
		size_t k = DIGEST_LEN - t->hash.len;

		k = n < k ? n : k;
		buf_add(&t->hash, data, k);
		data += k;
		n -= k;
		if (t->hash.len < DIGEST_LEN)
			break;
		if (add_leaf(t, (const uint8_t *)t->hash.data, e))
			return -1;
		buf_clear(&t->hash);
	}
	return 0;
}

void
copy_tree_broken_off(struct copy_tree *t)
{
	t->bundle.len = t->whole;
	t->bundle.data[t->bundle.len] = '\0';
	buf_clear(&t->hash);
}

int
copy_tree_end(struct copy_tree *t, struct err *e)
{
	if (t->bundle.len && put_bundle(t, (unsigned)(t->tree.size % TILE_WIDTH), e))
		return -1;
	return tiler_flush(&t->tiler, e);
}

/* --- what lies there ---------------------------------------------------------------------------- */

/* Is it so many records, each after its length, and nothing else? */
static bool
is_bundle(const struct buf *b, unsigned width)
{
	size_t at = 0;

	for (; width && at + 2 <= b->len; width--)
		at += 2 + ((size_t)(uint8_t)b->data[at] << 8 | (uint8_t)b->data[at + 1]);
	return !width && at == b->len;
}

/* One tile of records or hashes: 1 taken, 0 it is not there or not whole. */
static int
load_tile(struct copy_tree *t, unsigned width, struct err *e)
{
	bool records = copy_tree_copies(t, (int64_t)t->tree.size + 1);
	AUTO(buf) path = BUF_INIT;
	AUTO(buf) data = BUF_INIT;
	int rc;

	tile_path(records ? TILE_ENTRIES : 0, t->tree.size / TILE_WIDTH, width, &path);
	rc = copy_read(t->copy, path.data, &data, e);
	if (rc <= 0)
		return rc;
	if (records ? !is_bundle(&data, width) : data.len != (size_t)width * DIGEST_LEN)
		return 0;
	rc = records ? copy_tree_records(t, data.data, data.len, e) :
		       copy_tree_hashes(t, data.data, data.len, e);
	return rc ? -1 : 1;
}

/* As many full tiles as there are, and the partial one of the copy that was finished. */
static int
load(struct copy_tree *t, struct err *e)
{
	uint64_t size = t->copy->size;
	int rc;

	do {
		uint64_t left = size > t->tree.size ? size - t->tree.size : TILE_WIDTH;

		rc = left < TILE_WIDTH ? load_tile(t, (unsigned)left, e) : 0;
		if (!rc)
			rc = load_tile(t, TILE_WIDTH, e);
	} while (rc > 0 && t->tree.size % TILE_WIDTH == 0);
	return rc < 0 ? -1 : 0;
}

int
copy_tree_load(struct copy_tree *t, struct err *e)
{
	uint64_t size = t->copy->size;
	int rc;

	t->loading = true;
	rc = load(t, e);
	t->loading = false;
	if (!rc && t->tree.size < size)
		rc = copy_wrong(t->copy, e, "%s was a finished copy of %" PRIu64 " records, and now what "
				"holds record %" PRIu64 " is missing or not whole; take a new copy into "
				"another folder", t->copy->dir, size, t->tree.size + 1);
	return rc;
}
