/* SPDX-License-Identifier: BSD-2-Clause */
/* How far each witness is, and how far enough of them are. */
#include "daemon/base/clock.h"
#include "daemon/flow/confirm_private.h"
#include "daemon/flow/seal.h"

static void
take_at(void *arg, const struct stored_checkpoint *c)
{
	*(int64_t *)arg = c->at;
}

/* Seconds that the oldest checkpoint beyond this size waits. */
static int64_t
waits_s(struct flow *f, uint64_t size)
{
	int64_t at = 0, now = (int64_t)clock_wall_us();

	if (size < seal_origin_begins(f))
		size = seal_origin_begins(f);
	(void)store_checkpoints(f->store, size + 1, 1, take_at, &at, NULL);
	return at && now > at ? (now - at) / 1000000 : 0;
}

void
confirm_each(struct flow *f, void (*each)(void *, const struct confirm_state *), void *arg)
{
	uint64_t all = store_committed_tree(f->store)->size;

	for (int i = 0; i < f->confirm->count; i++) {
		struct asked *w = &f->confirm->asked[i];
		struct confirm_state s = { .name = w->is->key.name, .asked = w->client, .size = w->size,
					   .at = w->at, .lag = all - w->size,
					   .lag_s = waits_s(f, w->size), .error = w->error ? w->error : "" };

		each(arg, &s);
	}
}

/* Whoever confirmed a checkpoint confirmed all that it continues. */
static bool
enough(const struct confirm *c, uint64_t size)
{
	uint32_t bits = 0;

	for (int i = 0; i < c->count; i++)
		if (size && c->asked[i].size >= size)
			bits |= UINT32_C(1) << i;
	return trust_quorum(&c->trust, bits);
}

int64_t
confirm_quorum(struct flow *f)
{
	struct confirm *c = f->confirm;
	uint64_t best = 0;

	if (!f->conf->evidence.policy_file || enough(c, 0))
		return -1;
	for (int i = 0; i < c->count; i++)
		if (c->asked[i].size > best && enough(c, c->asked[i].size))
			best = c->asked[i].size;
	return (int64_t)best;
}
