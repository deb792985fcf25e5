/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/verify/verify_compare.h"

/* The first leaf that is not the same; both copies have `size` of them at least.  0: none is. */
static uint64_t
first_other(struct copy *a, struct copy *b, uint64_t size)
{
	uint8_t x[TILE_WIDTH * DIGEST_LEN], y[TILE_WIDTH * DIGEST_LEN];

	for (uint64_t n = 0; n < size; n += TILE_WIDTH) {
		unsigned count = size - n < TILE_WIDTH ? (unsigned)(size - n) : TILE_WIDTH;

		if (tree_hashes(a, 0, n, count, x, NULL) || tree_hashes(b, 0, n, count, y, NULL))
			return n + 1;
		for (unsigned i = 0; i < count; i++)
			if (memcmp(x + (size_t)i * DIGEST_LEN, y + (size_t)i * DIGEST_LEN, DIGEST_LEN))
				return n + i + 1;
	}
	return 0;
}

/* The name that a log had at a size, as far as the copy tells. */
static const char *
name_at(const struct copy *c, uint64_t size)
{
	const struct origin *o = rules_origin(&c->rules, size);

	return o ? o->key.name : c->end.origin;
}

void
compare_copies(struct copy *a, struct copy *b, struct report *report)
{
	uint64_t size = a->end.size < b->end.size ? a->end.size : b->end.size, other;
	uint8_t x[DIGEST_LEN], y[DIGEST_LEN];

	if (!a->readable || !b->readable)
		return; /* which was said */
	if (!tree_root(a, size, x) && !tree_root(b, size, y) && !memcmp(x, y, DIGEST_LEN))
		return;
	if (strcmp(name_at(a, 1), name_at(b, 1)) ||
	    (a->first > 1 && strcmp(name_at(a, size), name_at(b, size)))) {
		SAY(report, SAY_FORK_ORIGIN, 1, .s = name_at(a, 1),
		    .t = name_at(b, 1));
		return;
	}
	other = first_other(a, b, size);
	SAY(report, SAY_FORK, other ? (int64_t)other : 1);
}
