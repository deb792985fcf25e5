/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/proof.h"
#include "common/tile.h"

/*
 * Judged by the definitions of RFC 6962 section 2.1 written down as they stand there (MTH, PATH, PROOF),
 * over all small trees, and by the values of Certificate Transparency's own tests.
 */
#define SMALL 130
#define LARGE 70000 /* three levels of tiles */

static uint8_t leaf[LARGE][DIGEST_LEN];
/* MTH of 256 leaves each, kept because the large trees ask for them again and again. */
static uint8_t kept[LARGE / 256][DIGEST_LEN];
static bool keeping;

static uint64_t
power_below(uint64_t n)
{
	uint64_t k = 1;

	while (k * 2 < n)
		k *= 2;
	return k;
}

static void
mth(uint64_t from, uint64_t to, uint8_t out[DIGEST_LEN])
{
	uint8_t left[DIGEST_LEN], right[DIGEST_LEN];
	uint64_t k;

	if (to - from == 1) {
		memcpy(out, leaf[from], DIGEST_LEN);
		return;
	}
	if (keeping && to - from == 256 && from % 256 == 0) {
		memcpy(out, kept[from / 256], DIGEST_LEN);
		return;
	}
	k = power_below(to - from);
	mth(from, from + k, left);
	mth(from + k, to, right);
	merkle_node(left, right, out);
}

static void
path(uint64_t m, uint64_t from, uint64_t to, struct proof *p)
{
	uint64_t k;

	if (to - from == 1)
		return;
	k = power_below(to - from);
	if (m < k) {
		path(m, from, from + k, p);
		mth(from + k, to, p->hash[p->count++]);
	} else {
		path(m - k, from + k, to, p);
		mth(from, from + k, p->hash[p->count++]);
	}
}

static void
subproof(uint64_t m, uint64_t from, uint64_t to, bool whole, struct proof *p)
{
	uint64_t k;

	if (m == to - from) {
		if (!whole)
			mth(from, to, p->hash[p->count++]);
		return;
	}
	k = power_below(to - from);
	if (m <= k) {
		subproof(m, from, from + k, whole, p);
		mth(from + k, to, p->hash[p->count++]);
	} else {
		subproof(m - k, from + k, to, false, p);
		mth(from, from + k, p->hash[p->count++]);
	}
}

/* A source over tiles that a tiler made, which counts what it is asked. */
struct tiles {
	uint8_t (*level[TILE_LEVELS])[DIGEST_LEN];
	uint64_t count[TILE_LEVELS];
	unsigned calls, read;
	bool broken;
};

static int
keep_tile(void *arg, int level, uint64_t n, unsigned width, const uint8_t *hashes, struct err *e)
{
	struct tiles *t = arg;

	(void)e;
	assert_true(n == t->count[level] / TILE_WIDTH && t->count[level] % TILE_WIDTH == 0);
	t->level[level] = xrealloc(t->level[level], (t->count[level] + width) * DIGEST_LEN);
	memcpy(t->level[level][t->count[level]], hashes, (size_t)width * DIGEST_LEN);
	t->count[level] += width;
	return 0;
}

static int
give(void *arg, int level, uint64_t first, unsigned count, uint8_t *out, struct err *e)
{
	struct tiles *t = arg;

	if (t->broken)
		return err_set(e, ERR_TEMP, "broken");
	assert_true(level >= 0 && level < TILE_LEVELS && count >= 1 && count <= TILE_WIDTH);
	assert_true(first / TILE_WIDTH == (first + count - 1) / TILE_WIDTH);
	assert_true(first + count <= t->count[level]);
	memcpy(out, t->level[level][first], (size_t)count * DIGEST_LEN);
	t->calls++;
	t->read += count;
	return 0;
}

static struct tiles world;
static struct proof_source source = { give, &world };

static void
grow(struct tiles *t, uint64_t size)
{
	struct tiler *tiler = xmalloc(sizeof(*tiler));

	memset(t, 0, sizeof(*t));
	tiler_init(tiler, keep_tile, t);
	for (uint64_t i = 0; i < size; i++)
		assert_int_equal(tiler_add(tiler, leaf[i], NULL), 0);
	assert_int_equal(tiler_flush(tiler, NULL), 0);
	free(tiler);
}

static void
shrink(struct tiles *t)
{
	for (int i = 0; i < TILE_LEVELS; i++)
		free(t->level[i]);
}

static int
setup(void **state)
{
	(void)state;
	for (unsigned i = 0; i < LARGE; i++)
		merkle_leaf(&i, sizeof(i), leaf[i]);
	for (unsigned i = 0; i < LARGE / 256; i++)
		mth(i * 256, i * 256 + 256, kept[i]);
	keeping = true;
	grow(&world, LARGE);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	shrink(&world);
	return 0;
}

static void
same_proof(const struct proof *a, const struct proof *b)
{
	assert_int_equal(a->count, b->count);
	assert_memory_equal(a->hash, b->hash, (size_t)a->count * DIGEST_LEN);
}

static void
check_inclusion(uint64_t index, uint64_t size, bool mutate)
{
	struct proof want = { .count = 0 }, got;
	uint8_t root[DIGEST_LEN], made[DIGEST_LEN];

	path(index, 0, size, &want);
	mth(0, size, root);
	assert_int_equal(proof_root(&source, size, made, NULL), 0);
	assert_memory_equal(root, made, DIGEST_LEN);
	assert_int_equal(proof_inclusion(&source, index, size, &got, NULL), 0);
	same_proof(&want, &got);
	assert_true(proof_check_inclusion(&got, leaf[index], index, size, root));
	if (!mutate)
		return;
	assert_false(proof_check_inclusion(&got, leaf[index], index, size + (1ull << 40), root));
	assert_false(proof_check_inclusion(&got, leaf[index + 1], index, size, root));
	assert_false(proof_check_inclusion(&got, leaf[index], size, size, root));
	root[31] ^= 1;
	assert_false(proof_check_inclusion(&got, leaf[index], index, size, root));
	root[31] ^= 1;
	for (int i = 0; i < got.count; i++) {
		got.hash[i][(index + size) % 32] ^= 4;
		assert_false(proof_check_inclusion(&got, leaf[index], index, size, root));
		got.hash[i][(index + size) % 32] ^= 4;
	}
	memcpy(got.hash[got.count++], root, DIGEST_LEN);
	assert_false(proof_check_inclusion(&got, leaf[index], index, size, root));
	if ((got.count -= 2) >= 0)
		assert_false(proof_check_inclusion(&got, leaf[index], index, size, root));
}

static void
check_consistency(uint64_t old, uint64_t size, bool mutate)
{
	struct proof want = { .count = 0 }, got;
	uint8_t root[DIGEST_LEN], before[DIGEST_LEN];

	subproof(old, 0, size, true, &want);
	mth(0, size, root);
	mth(0, old, before);
	assert_int_equal(proof_consistency(&source, old, size, &got, NULL), 0);
	same_proof(&want, &got);
	assert_true(proof_check_consistency(&got, old, before, size, root));
	if (!mutate)
		return;
	if (old != size) {
		assert_false(proof_check_consistency(&got, size, root, old, before));
		assert_false(proof_check_consistency(&got, old, root, size, root));
		assert_false(proof_check_consistency(&got, old, before, size, before));
	}
	root[0] ^= 1;
	assert_false(proof_check_consistency(&got, old, before, size, root));
	root[0] ^= 1;
	before[0] ^= 1;
	assert_false(proof_check_consistency(&got, old, before, size, root));
	before[0] ^= 1;
	for (int i = 0; i < got.count; i++) {
		got.hash[i][(old + size) % 32] ^= 8;
		assert_false(proof_check_consistency(&got, old, before, size, root));
		got.hash[i][(old + size) % 32] ^= 8;
	}
	memcpy(got.hash[got.count++], root, DIGEST_LEN);
	assert_false(proof_check_consistency(&got, old, before, size, root));
	if ((got.count -= 2) >= 0)
		assert_false(proof_check_consistency(&got, old, before, size, root));
}

static void
test_small(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= SMALL; size++)
		for (uint64_t i = 0; i < size; i++) {
			check_inclusion(i, size, true);
			check_consistency(i + 1, size, true);
		}
}

/* No other index, size or old size makes a good proof good. */
static void
test_other_numbers(void **state)
{
	(void)state;
	for (uint64_t size = 1; size <= 40; size++)
		for (uint64_t i = 0; i < size; i++) {
			struct proof p, c;
			uint8_t root[DIGEST_LEN], before[DIGEST_LEN];

			mth(0, size, root);
			mth(0, i + 1, before);
			assert_int_equal(proof_inclusion(&source, i, size, &p, NULL), 0);
			assert_int_equal(proof_consistency(&source, i + 1, size, &c, NULL), 0);
			for (uint64_t k = 0; k <= 80; k++) {
				if (k != i)
					assert_false(proof_check_inclusion(&p, leaf[i], k, size, root));
				if (k != i + 1)
					assert_false(proof_check_consistency(&c, k, before, size, root));
			}
		}
}

static void
test_levels(void **state)
{
	static const uint64_t at[] = { 1, 2, 255, 256, 257, 511, 512, 513, 4095, 32767, 65279, 65280, 65281,
				       65535, 65536, 65537, 65791, 65792, 65793, 69999, 70000 };
	const size_t n = sizeof(at) / sizeof(*at);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= i; k++) {
			world.calls = world.read = 0;
			check_inclusion(at[k] - 1, at[i], false);
			check_consistency(at[k], at[i], false);
			/* a root, a proof and another one: each within what the header says */
			assert_true(world.calls <= 3 * 2 * 17);
			assert_true(world.read <= 3 * 3 * 2 * 255);
		}
}

static void
test_empty(void **state)
{
	struct proof p = { .count = 1 };
	uint8_t empty[DIGEST_LEN], root[DIGEST_LEN];
	struct err e = ERR_INIT;

	(void)state;
	digest_sha256("", 0, empty);
	assert_int_equal(proof_root(&source, 0, root, NULL), 0);
	assert_memory_equal(root, empty, DIGEST_LEN);
	mth(0, 7, root);
	assert_false(proof_check_consistency(&p, 0, empty, 7, root)); /* a proof where none is needed */
	assert_int_equal(proof_consistency(&source, 0, 7, &p, NULL), 0);
	assert_int_equal(p.count, 0);
	assert_true(proof_check_consistency(&p, 0, empty, 7, root));
	assert_true(proof_check_consistency(&p, 0, empty, 0, empty));
	assert_false(proof_check_consistency(&p, 0, root, 7, root));
	assert_false(proof_check_consistency(&p, 0, empty, 0, root));
	assert_false(proof_check_consistency(&p, 0, root, 0, root));
	assert_false(proof_check_inclusion(&p, leaf[0], 0, 0, leaf[0]));
	assert_true(proof_check_inclusion(&p, leaf[0], 0, 1, leaf[0]));
	assert_false(proof_check_inclusion(&p, leaf[0], UINT64_MAX, UINT64_MAX, leaf[0]));
	world.broken = true;
	p.count = 9;
	assert_int_equal(proof_consistency(&source, 3, 7, &p, &e), -1);
	assert_int_equal(proof_inclusion(&source, 3, 7, &p, &e), -1);
	assert_int_equal(proof_root(&source, 7, root, &e), -1);
	assert_int_equal(p.count, 9);
	assert_string_equal(e.msg, "broken");
	world.broken = false;
}

/* certificate-transparency's merkle_tree_test: eight leaves, the roots of 1 to 8, some proofs. */
static const char *const ct_leaf[] = { "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
				       "606162636465666768696a6b6c6d6e6f" };
static const char *const ct_root[] = {
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
};
#define A "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
#define B "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
#define C "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
#define D "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
#define E "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
#define F "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
#define G "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
#define H "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
#define I "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
/* index or old size, size, proof */
struct ct {
	uint64_t a, size;
	const char *proof[4];
};
static const struct ct ct_path[] = { { 0, 1, { NULL } }, { 0, 8, { A, B, C } }, { 5, 8, { D, E, F } },
				     { 2, 3, { G } }, { 1, 5, { H, B, D } } };
static const struct ct ct_proof[] = { { 1, 1, { NULL } }, { 1, 8, { A, B, C } }, { 6, 8, { I, E, F } },
				      { 2, 5, { B, D } } };

static void
compare(const struct proof *p, const struct ct *want)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) hex = BUF_INIT;

	for (int i = 0; want->proof[i]; i++)
		buf_str(&text, want->proof[i]);
	buf_hex(&hex, p->hash, (size_t)p->count * DIGEST_LEN);
	assert_string_equal(hex.data, text.data);
}

static void
test_reference(void **state)
{
	struct tiles t;
	struct proof_source s = { give, &t };
	uint8_t keep[8][DIGEST_LEN], root[8][DIGEST_LEN], want[DIGEST_LEN];
	struct proof p;

	(void)state;
	memcpy(keep, leaf, sizeof(keep));
	for (int i = 0; i < 8; i++) {
		uint8_t bytes[16];
		size_t n = strlen(ct_leaf[i]) / 2;

		for (size_t k = 0; k < n; k++) {
			const char pair[3] = { ct_leaf[i][2 * k], ct_leaf[i][2 * k + 1], 0 };

			bytes[k] = (uint8_t)strtoul(pair, NULL, 16);
		}
		merkle_leaf(bytes, n, leaf[i]);
	}
	grow(&t, 8);
	for (unsigned i = 0; i < 8; i++) {
		assert_int_equal(proof_root(&s, i + 1, root[i], NULL), 0);
		assert_int_equal(digest_from_hex(ct_root[i], want), 0);
		assert_memory_equal(root[i], want, DIGEST_LEN);
	}
	for (size_t i = 0; i < sizeof(ct_path) / sizeof(*ct_path); i++) {
		const struct ct *c = &ct_path[i];

		assert_int_equal(proof_inclusion(&s, c->a, c->size, &p, NULL), 0);
		compare(&p, c);
		assert_true(proof_check_inclusion(&p, leaf[c->a], c->a, c->size, root[c->size - 1]));
	}
	for (size_t i = 0; i < sizeof(ct_proof) / sizeof(*ct_proof); i++) {
		const struct ct *c = &ct_proof[i];

		assert_int_equal(proof_consistency(&s, c->a, c->size, &p, NULL), 0);
		compare(&p, c);
		assert_true(proof_check_consistency(&p, c->a, root[c->a - 1], c->size, root[c->size - 1]));
	}
	shrink(&t);
	memcpy(leaf, keep, sizeof(keep));
}

static void
test_lines(void **state)
{
	struct proof p, q;
	AUTO(buf) b = BUF_INIT;

	(void)state;
	assert_int_equal(proof_inclusion(&source, 5, 1000, &p, NULL), 0);
	proof_write(&p, &b);
	assert_int_equal(b.len, (size_t)p.count * 45);
	assert_int_equal(proof_read(&q, b.data, b.len), b.len);
	same_proof(&p, &q);
	buf_str(&b, "\nrest");
	assert_int_equal(proof_read(&q, b.data, b.len), b.len - 5);
	same_proof(&p, &q);
	assert_int_equal(proof_read(&q, "\n", 1), 0);
	assert_int_equal(q.count, 0);
	assert_int_equal(proof_read(&q, "", 0), 0);
	assert_int_equal(proof_read(&q, b.data, 44), -1); /* no line end */
	assert_int_equal(proof_read(&q, b.data + 1, 44), -1);
	b.data[43] = 'A'; /* instead of '=': 33 bytes */
	assert_int_equal(proof_read(&q, b.data, b.len), -1);
	buf_clear(&b);
	p.count = PROOF_MAX;
	proof_write(&p, &b);
	assert_int_equal(proof_read(&q, b.data, b.len), b.len);
	buf_add(&b, b.data, 45);
	assert_int_equal(proof_read(&q, b.data, b.len), -1);
}

static void
check_path(int level, uint64_t n, unsigned width, const char *want)
{
	AUTO(buf) b = BUF_INIT;

	tile_path(level, n, width, &b);
	assert_string_equal(b.data, want);
}

static void
test_tiles(void **state)
{
	(void)state;
	check_path(0, 0, 256, "tile/0/000");
	check_path(3, 999, 256, "tile/3/999");
	check_path(1, 1000, 256, "tile/1/x001/000");
	check_path(0, 1234067, 256, "tile/0/x001/x234/067");
	check_path(0, 1234067, 112, "tile/0/x001/x234/067.p/112");
	check_path(TILE_ENTRIES, 1234067, 1, "tile/entries/x001/x234/067.p/1");
	check_path(0, UINT64_MAX, 255, "tile/0/x018/x446/x744/x073/x709/x551/615.p/255");
	/* the example of tlog-tiles: 70,000 leaves */
	assert_int_equal(tile_hashes(0, 70000) / 256, 273);
	assert_int_equal(tile_hashes(0, 70000) % 256, 112);
	assert_int_equal(tile_hashes(1, 70000) % 256, 17);
	assert_int_equal(tile_hashes(2, 70000), 1);
	assert_int_equal(world.count[0], 70000);
	assert_int_equal(world.count[1], 273);
	assert_int_equal(world.count[2], 1);
	assert_int_equal(world.count[3], 0);
	assert_memory_equal(world.level[0], leaf, sizeof(leaf));
	keeping = false;
	for (uint64_t i = 0; i < 273; i++) {
		uint8_t h[DIGEST_LEN];

		mth(i * 256, i * 256 + 256, h);
		assert_memory_equal(world.level[1][i], h, DIGEST_LEN);
	}
	mth(0, 65536, leaf[0]);
	assert_memory_equal(world.level[2][0], leaf[0], DIGEST_LEN);
	memcpy(leaf[0], world.level[0][0], DIGEST_LEN);
	keeping = true;
}

static int
refuse_level_1(void *arg, int level, uint64_t n, unsigned width, const uint8_t *hashes, struct err *e)
{
	(void)arg, (void)n, (void)width, (void)hashes;
	return level ? err_set(e, ERR_TEMP, "disk full") : 0;
}

static void
test_tiler_fails(void **state)
{
	struct tiler *t = xmalloc(sizeof(*t));
	struct err e = ERR_INIT;

	(void)state;
	tiler_init(t, refuse_level_1, NULL);
	for (int i = 0; i < 256; i++)
		assert_int_equal(tiler_add(t, leaf[i], &e), 0);
	assert_int_equal(tiler_flush(t, &e), -1);
	assert_string_equal(e.msg, "disk full");
	free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_small),
		cmocka_unit_test(test_other_numbers),
		cmocka_unit_test(test_levels),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_reference),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_tiles),
		cmocka_unit_test(test_tiler_fails),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
