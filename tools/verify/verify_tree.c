/* SPDX-License-Identifier: BSD-2-Clause */
#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/verify/verify_copy.h"

#define BUNDLE_MAX (TILE_WIDTH * (2 + (uint64_t)TILE_ENTRY_MAX))
#define TILE_MAX (4 * TILE_WIDTH * DIGEST_LEN) /* so that one with too many hashes is told as such */
#define DEPTH_MAX 8 /* of folders: 2^64 tiles have 7 */

/* --- tiles above the leaves ------------------------------------------------------------------- */

/* What is under a hash that is wrong: a leaf that is known to be, or the first. */
static int64_t
bad_leaf(const struct copy *c, uint64_t first, uint64_t count)
{
	for (unsigned i = 0; i < c->bad_count; i++)
		if (c->bad[i] >= first && c->bad[i] - first < count)
			return (int64_t)c->bad[i];
	return (int64_t)first;
}

/* The tile of a level that was computed, beside the one of the copy. */
static void
check_level(struct copy *c, int number)
{
	struct level *l = &c->level[number - 1];
	uint64_t under = UINT64_C(1) << (8 * number), first = l->tile * TILE_WIDTH * under + 1;
	AUTO(buf) path = BUF_INIT;
	struct file_fault fault;
	enum file_fate fate;

	tile_path(number, l->tile, l->width, &path);
	buf_clear(&c->tile);
	fate = file_load(&c->folder, path.data, TILE_MAX, &c->tile, &fault);
	if (fate != FILE_GOOD) {
		file_say(c->report, fate, &fault, path.data, (int64_t)first);
		return;
	}
	if (c->tile.len != (size_t)l->width * DIGEST_LEN)
		SAY(c->report, SAY_FILE_SIZE, (int64_t)first, .s = path.data, .a = (int64_t)c->tile.len,
		    .b = (int64_t)l->width * DIGEST_LEN);
	for (unsigned i = 0; i < l->width && (i + 1) * DIGEST_LEN <= c->tile.len; i++)
		if (memcmp(c->tile.data + (size_t)i * DIGEST_LEN, l->hash[i], DIGEST_LEN)) {
			SAY(c->report, SAY_TILE, bad_leaf(c, first + i * under, under), .s = path.data, .a = i);
			return;
		}
}

static void
grow(struct copy *c, const uint8_t leaf[DIGEST_LEN])
{
	uint8_t full[MERKLE_TILES][DIGEST_LEN];
	int count = merkle_append_full(&c->tree, leaf, full);

	for (int i = 0; i < count; i++) {
		struct level *l = &c->level[i];

		memcpy(l->hash[l->width++], full[i], DIGEST_LEN);
		if (l->width < TILE_WIDTH)
			continue;
		check_level(c, i + 1);
		l->width = 0;
		l->tile++;
	}
}

/* --- leaves and records ----------------------------------------------------------------------- */

/* The leaves of a tile; false: they are not there. */
static bool
load_leaves(struct copy *c, uint64_t n, unsigned width, struct buf *path)
{
	struct file_fault fault;
	enum file_fate fate;
	uint64_t first = n * TILE_WIDTH + 1;

	buf_clear(path);
	tile_path(0, n, width, path);
	buf_clear(&c->tile);
	fate = file_load(&c->folder, path->data, TILE_MAX, &c->tile, &fault);
	if (fate != FILE_GOOD) {
		file_say(c->report, fate, &fault, path->data, (int64_t)first);
		return false;
	}
	if (c->tile.len == (size_t)width * DIGEST_LEN)
		return true;
	SAY(c->report, SAY_FILE_SIZE,
	    (int64_t)(c->tile.len > (size_t)width * DIGEST_LEN ? first + width - 1 :
								 first + c->tile.len / DIGEST_LEN),
	    .s = path->data, .a = (int64_t)c->tile.len, .b = (int64_t)width * DIGEST_LEN);
	return c->tile.len > (size_t)width * DIGEST_LEN;
}

static bool
load_records(struct copy *c, uint64_t n, unsigned width, struct buf *path)
{
	struct file_fault fault;
	enum file_fate fate;
	uint64_t first = n * TILE_WIDTH + 1;

	if (first + width - 1 < c->first || first > c->last)
		return false;
	buf_clear(path);
	tile_path(TILE_ENTRIES, n, width, path);
	buf_clear(&c->records);
	fate = file_load(&c->folder, path->data, BUNDLE_MAX, &c->records, &fault);
	if (fate == FILE_GOOD)
		return true;
	file_say(c->report, fate, &fault, path->data, (int64_t)first);
	c->rules_live = false;
	return false;
}

/* The next record of a bundle; false: there is none. */
static bool
next_record(const struct buf *bundle, size_t *at, const char **rec, size_t *len)
{
	const unsigned char *p = (const unsigned char *)bundle->data + *at;

	if (bundle->len - *at < 2)
		return false;
	*len = (size_t)p[0] << 8 | p[1];
	if (bundle->len - *at - 2 < *len)
		return false;
	*rec = bundle->data + *at + 2;
	*at += 2 + *len;
	return true;
}

static void
feed(struct copy *c, uint64_t seq, const char *rec, size_t len)
{
	if (seq < c->first || seq > c->last || !c->rules_live)
		return;
	if (c->ask->hashes_only && len > RECORD_BYTES_MAX)
		SAY(c->report, SAY_REC_LONG, (int64_t)seq, .a = (int64_t)len);
	c->rules.times = c->points.tail_next || seq == c->first || seq == c->last;
	c->rules_live = rules_add(&c->rules, (int64_t)seq, rec, len);
}

static void
one_tile(struct copy *c, uint64_t n)
{
	uint64_t first = n * TILE_WIDTH + 1, left = c->end.size - n * TILE_WIDTH;
	unsigned width = left < TILE_WIDTH ? (unsigned)left : TILE_WIDTH;
	AUTO(buf) tile_name = BUF_INIT;
	AUTO(buf) name = BUF_INIT;
	bool leaves = load_leaves(c, n, width, &tile_name);
	bool records = load_records(c, n, width, &name);
	size_t at = 0;

	for (unsigned i = 0; i < width && c->tree_live; i++) {
		const uint8_t *known = leaves ? (const uint8_t *)c->tile.data + (size_t)i * DIGEST_LEN :
						NULL;
		uint8_t leaf[DIGEST_LEN];
		const char *rec = NULL;
		size_t len = 0;

		if (records && !next_record(&c->records, &at, &rec, &len)) {
			SAY(c->report, SAY_BUNDLE, (int64_t)(first + i), .s = name.data, .a = width);
			records = c->rules_live = false;
		}
		if (records) {
			merkle_leaf(rec, len, leaf);
			if (known && memcmp(leaf, known, DIGEST_LEN)) {
				SAY(c->report, SAY_LEAF, (int64_t)(first + i), .s = tile_name.data);
				c->rules_live = false;
				if (c->bad_count < BAD_MAX)
					c->bad[c->bad_count++] = first + i;
			}
			feed(c, first + i, rec, len);
		}
		if (!known && !records) {
			c->tree_live = false;
			break;
		}
		grow(c, known ? known : leaf);
		points_at(c, first + i);
	}
	if (records && at != c->records.len)
		SAY(c->report, SAY_BUNDLE, (int64_t)(first + width - 1), .s = name.data, .a = width);
}

void
tree_check(struct copy *c)
{
	merkle_init(&c->tree);
	c->tree_live = true;
	c->rules_live = true;
	for (uint64_t n = 0; n * TILE_WIDTH < c->end.size && c->tree_live; n++)
		one_tile(c, n);
	if (!c->tree_live)
		return;
	for (int i = 0; i < MERKLE_TILES; i++)
		if (c->level[i].width)
			check_level(c, i + 1);
}

/* --- random access ---------------------------------------------------------------------------- */

/* A tile is as wide as the copy's size made it. */
static unsigned
width_of(const struct copy *c, int level, uint64_t tile)
{
	uint64_t hashes = tile_hashes(level, c->end.size) - tile * TILE_WIDTH;

	return hashes < TILE_WIDTH ? (unsigned)hashes : TILE_WIDTH;
}

int
tree_hashes(void *arg, int level, uint64_t first, unsigned count, uint8_t *out, struct err *e)
{
	struct copy *c = arg;
	AUTO(buf) path = BUF_INIT;
	AUTO(buf) tile = BUF_INIT;
	struct file_fault fault;
	size_t from = first % TILE_WIDTH * DIGEST_LEN;

	if (first + count > tile_hashes(level, c->end.size))
		return err_set(e, ERR_USAGE, "beyond the end of the log");
	tile_path(level, first / TILE_WIDTH, width_of(c, level, first / TILE_WIDTH), &path);
	if (file_load(&c->folder, path.data, TILE_MAX, &tile, &fault) != FILE_GOOD ||
	    tile.len < from + (size_t)count * DIGEST_LEN)
		return err_set(e, ERR_USAGE, "%s cannot be read", path.data);
	memcpy(out, tile.data + from, (size_t)count * DIGEST_LEN);
	return 0;
}

int
tree_root(void *arg, uint64_t size, uint8_t root[DIGEST_LEN])
{
	struct copy *c = arg;
	const size_t slot = size * UINT64_C(0x9E3779B97F4A7C15) >> 52;

	if (c->points.recent[slot].size == size && size) {
		memcpy(root, c->points.recent[slot].root, DIGEST_LEN);
		return 0;
	}
	return proof_root(&(struct proof_source){ tree_hashes, c }, size, root, NULL);
}

int
tree_event(void *arg, int64_t seq, bool *has_subj)
{
	struct copy *c = arg;
	uint64_t n = (uint64_t)(seq - 1) / TILE_WIDTH;
	AUTO(buf) path = BUF_INIT;
	AUTO(buf) bundle = BUF_INIT;
	enum canon_fault canon;
	struct file_fault fault;
	struct record r;
	const char *rec = NULL;
	size_t at = 0, len = 0, bad;

	if ((uint64_t)seq < c->first || (uint64_t)seq > c->last)
		return -1;
	tile_path(TILE_ENTRIES, n, width_of(c, 0, n), &path);
	if (file_load(&c->folder, path.data, BUNDLE_MAX, &bundle, &fault) != FILE_GOOD)
		return -1;
	for (uint64_t i = 0; i <= (uint64_t)(seq - 1) % TILE_WIDTH; i++)
		if (!next_record(&bundle, &at, &rec, &len))
			return -1;
	if (record_read(&r, rec, len, &canon, &bad) != RECORD_GOOD)
		return -1;
	*has_subj = r.field[RECORD_subj];
	return r.event;
}

/* --- what does not belong there --------------------------------------------------------------- */

struct walk {
	struct copy *c;
	const char *path; /* of the folder that is listed */
	int level, depth;
	struct buf *found; /* folders to look into, each ended by a NUL */
};

/* "tile/0/x001/234" or "tile/0/x001/234.p/5": is it one of this copy? */
static bool
belongs(const struct copy *c, const char *path, int level)
{
	uint64_t n = 0, hashes = level < TILE_LEVELS ? tile_hashes(level < 0 ? 0 : level, c->end.size) : 0;
	const char *p = strchr(path + 5, '/');
	AUTO(buf) right = BUF_INIT;

	for (; p && *p && *p != '.'; p++)
		if (*p >= '0' && *p <= '9')
			n = n < UINT64_MAX / 100 ? n * 10 + (uint64_t)(*p - '0') : n;
	if (n >= (hashes + TILE_WIDTH - 1) / TILE_WIDTH || (level < 0 && ((n + 1) * TILE_WIDTH < c->first ||
						       n * TILE_WIDTH + 1 > c->last)))
		return false;
	tile_path(level, n, width_of(c, level < 0 ? 0 : level, n), &right);
	return !strcmp(right.data, path);
}

static void
on_entry(void *arg, const char *name, unsigned char kind)
{
	struct walk *w = arg;
	AUTO(str) path = xasprintf("%s/%s", w->path, name);

	if (kind == DT_DIR && w->depth < DEPTH_MAX)
		buf_add(w->found, path, strlen(path) + 1);
	else if (!belongs(w->c, path, w->level))
		SAY(w->c->report, SAY_FILE_SURPLUS, 0, .s = path);
	else if (kind != DT_REG && kind != DT_UNKNOWN && !w->c->tree_live)
		SAY(w->c->report, SAY_FILE_KIND, 0, .s = path);
}

static void
list_folder(struct copy *c, const char *path, int level, int depth)
{
	AUTO(buf) found = BUF_INIT;
	struct walk w = { c, path, level, depth, &found };

	(void)folder_list(&c->folder, path, on_entry, &w);
	for (size_t at = 0; at < found.len; at += strlen(found.data + at) + 1)
		list_folder(c, found.data + at, level, depth + 1);
}

static void
on_level(void *arg, const char *name, unsigned char kind)
{
	struct walk *w = arg;
	AUTO(str) path = xasprintf("tile/%s", name);
	AUTO(str) right = NULL;
	char *end;
	unsigned long level = strtoul(name, &end, 10);

	if (!strcmp(name, "entries") && kind == DT_DIR) {
		list_folder(w->c, path, TILE_ENTRIES, 0);
		return;
	}
	right = xasprintf("%lu", level < TILE_LEVELS ? level : 0);
	if (kind == DT_DIR)
		list_folder(w->c, path, strcmp(right, name) ? TILE_LEVELS : (int)level, 0);
	else
		SAY(w->c->report, SAY_FILE_SURPLUS, 0, .s = path);
}

static void
on_top(void *arg, const char *name, unsigned char kind)
{
	static const char *const known[] = { "checkpoint", "checkpoints.ndjson", "openings.ndjson",
					     "policy", "export.json", "README.txt", "tile" };
	struct walk *w = arg;

	(void)kind;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i], name))
			return;
	SAY(w->c->report, SAY_FILE_STRANGE, 0, .s = name);
}

void
tree_list(struct copy *c)
{
	struct walk w = { .c = c };

	(void)folder_list(&c->folder, "", on_top, &w);
	(void)folder_list(&c->folder, "tile", on_level, &w);
}
