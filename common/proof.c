/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/base64.h"
#include "common/proof.h"

/* The largest power of two below n; n > 1. */
static uint64_t
split(uint64_t n)
{
	return 1ull << (63 - __builtin_clzll(n - 1));
}

/* The root of a complete subtree of 2^height leaves: of at most 128 hashes of one tile. */
static int
subtree(const struct proof_source *s, uint64_t first, int height, uint8_t out[DIGEST_LEN],
	struct err *e)
{
	uint8_t h[128][DIGEST_LEN];
	int level = height / 8;
	unsigned count = 1u << height % 8;

	if (s->hashes(s->arg, level, first >> (8 * level), count, h[0], e))
		return -1;
	for (; count > 1; count /= 2)
		for (unsigned i = 0; i < count / 2; i++)
			merkle_node(h[2 * i], h[2 * i + 1], h[i]);
	memcpy(out, h[0], DIGEST_LEN);
	return 0;
}

/* The root of leaves from..to-1, where from is a multiple of a power of two that is not below to - from:
 * complete subtrees, the largest first, joined from the right. */
static int
range(const struct proof_source *s, uint64_t from, uint64_t to, uint8_t out[DIGEST_LEN],
      struct err *e)
{
	uint8_t part[64][DIGEST_LEN];
	int count = 0;

	for (uint64_t left = to - from; left; count++) {
		int height = 63 - __builtin_clzll(left);

		if (subtree(s, to - left, height, part[count], e))
			return -1;
		left -= 1ull << height;
	}
	while (--count > 0)
		merkle_node(part[count - 1], part[count], part[count - 1]);
	memcpy(out, part[0], DIGEST_LEN);
	return 0;
}

int
proof_root(const struct proof_source *s, uint64_t size, uint8_t root[DIGEST_LEN], struct err *e)
{
	uint8_t hash[DIGEST_LEN];

	BUG_ON(size > INT64_MAX);
	if (!size)
		digest_sha256("", 0, hash);
	else if (range(s, 0, size, hash, e))
		return -1;
	memcpy(root, hash, sizeof(hash));
	return 0;
}

/* Found from the root down, told from the leaf up. */
static void
turn_round(struct proof *p)
{
	uint8_t keep[DIGEST_LEN];

	for (int i = 0, k = p->count - 1; i < k; i++, k--) {
		memcpy(keep, p->hash[i], DIGEST_LEN);
		memcpy(p->hash[i], p->hash[k], DIGEST_LEN);
		memcpy(p->hash[k], keep, DIGEST_LEN);
	}
}

static int
add(struct proof *p, const struct proof_source *s, uint64_t from, uint64_t to, struct err *e)
{
	BUG_ON(p->count == PROOF_MAX);
	return range(s, from, to, p->hash[p->count++], e);
}

int
proof_inclusion(const struct proof_source *s, uint64_t index, uint64_t size, struct proof *out,
		struct err *e)
{
	uint64_t from = 0, to = size;
	struct proof p = { .count = 0 };

	BUG_ON(index >= size || size > INT64_MAX);
	while (to - from > 1) {
		uint64_t middle = from + split(to - from);
		int rc;

		if (index < middle) {
			rc = add(&p, s, middle, to, e);
			to = middle;
		} else {
			rc = add(&p, s, from, middle, e);
			from = middle;
		}
		if (rc)
			return -1;
	}
	turn_round(&p);
	*out = p;
	return 0;
}

/* SUBPROOF of RFC 6962 section 2.1.2: down the edge of the old tree until it is a whole subtree. */
int
proof_consistency(const struct proof_source *s, uint64_t old, uint64_t size, struct proof *out,
		  struct err *e)
{
	uint64_t from = 0, to = size;
	struct proof p = { .count = 0 };

	BUG_ON(old > size || size > INT64_MAX);
	while (old && old != to) {
		uint64_t middle = from + split(to - from);
		int rc;

		if (old <= middle) {
			rc = add(&p, s, middle, to, e);
			to = middle;
		} else {
			rc = add(&p, s, from, middle, e);
			from = middle;
		}
		if (rc)
			return -1;
	}
	/* The old tree's root itself is not told: who checks has it. */
	if (old && from && add(&p, s, from, to, e))
		return -1;
	turn_round(&p);
	*out = p;
	return 0;
}

bool
proof_check_inclusion(const struct proof *p, const uint8_t leaf[DIGEST_LEN], uint64_t index,
		      uint64_t size, const uint8_t root[DIGEST_LEN])
{
	uint64_t at = index, last = size - 1; /* of this row of the tree */
	uint8_t hash[DIGEST_LEN];

	if (index >= size)
		return false;
	memcpy(hash, leaf, DIGEST_LEN);
	for (int i = 0; i < p->count; i++, at >>= 1, last >>= 1) {
		if (!last)
			return false;
		/* The last node of a row goes up unchanged until it is a right child. */
		for (; at == last && !(at & 1); at >>= 1)
			last >>= 1;
		if (at & 1)
			merkle_node(p->hash[i], hash, hash);
		else
			merkle_node(hash, p->hash[i], hash);
	}
	return !last && !memcmp(hash, root, DIGEST_LEN);
}

static bool
is_empty(const uint8_t root[DIGEST_LEN])
{
	uint8_t empty[DIGEST_LEN];

	digest_sha256("", 0, empty);
	return !memcmp(root, empty, DIGEST_LEN);
}

/* RFC 9162 section 2.1.4.2. */
bool
proof_check_consistency(const struct proof *p, uint64_t old, const uint8_t old_root[DIGEST_LEN],
			uint64_t size, const uint8_t root[DIGEST_LEN])
{
	uint64_t at = old - 1, last = size - 1;
	uint8_t before[DIGEST_LEN], after[DIGEST_LEN];
	int i = 0;

	if (old > size || (!old || old == size) != !p->count)
		return false;
	if (!old)
		return is_empty(old_root) && (size || is_empty(root));
	if (old == size)
		return !memcmp(old_root, root, DIGEST_LEN);
	for (; at & 1; at >>= 1)
		last >>= 1;
	memcpy(before, at ? p->hash[i++] : old_root, DIGEST_LEN);
	memcpy(after, before, DIGEST_LEN);
	for (; i < p->count; i++, at >>= 1, last >>= 1) {
		if (!last)
			return false;
		for (; at == last && !(at & 1); at >>= 1)
			last >>= 1;
		if (at & 1 || at == last) {
			merkle_node(p->hash[i], before, before);
			merkle_node(p->hash[i], after, after);
		} else {
			merkle_node(after, p->hash[i], after);
		}
	}
	return !last && !memcmp(before, old_root, DIGEST_LEN) && !memcmp(after, root, DIGEST_LEN);
}

void
proof_write(const struct proof *p, struct buf *out)
{
	for (int i = 0; i < p->count; i++) {
		base64_add(out, p->hash[i], DIGEST_LEN);
		buf_char(out, '\n');
	}
}

ssize_t
proof_read(struct proof *p, const char *lines, size_t n)
{
	struct proof read = { .count = 0 };
	size_t at = 0;

	while (at < n && lines[at] != '\n') {
		const char *nl = memchr(lines + at, '\n', n - at);
		size_t len = nl ? (size_t)(nl - lines) - at : 0;

		if (!nl || read.count == PROOF_MAX ||
		    base64_read(lines + at, len, read.hash[read.count], DIGEST_LEN) != DIGEST_LEN)
			return -1;
		read.count++;
		at += len + 1;
	}
	*p = read;
	return (ssize_t)at;
}
