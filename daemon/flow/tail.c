/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/proof.h"
#include "common/tile.h"
#include "daemon/flow/seal.h"
#include "daemon/flow/tail.h"

#define TAIL_MAX 65536 /* records: a quarter of a second; so many without a checkpoint are no tail */

#define WHOLE_MAX (64 << 20) /* bytes of a file whose every page is looked at: a tenth of a second */

struct walk {
	int64_t next;
	const char *wrong;
};

static bool
check_record(void *arg, const struct stored_record *r)
{
	struct walk *w = arg;
	uint8_t leaf[DIGEST_LEN];
	AUTO(str) number = xasprintf("\"seq\":%" PRId64 ",", w->next);

	merkle_leaf(r->rec, r->len, leaf);
	if (r->seq != w->next)
		w->wrong = "is missing";
	else if (!r->leaf || memcmp(leaf, r->leaf, DIGEST_LEN))
		w->wrong = "is not what was hashed when it was written";
	else if (!memmem(r->rec, r->len, number, strlen(number)))
		w->wrong = "says another number";
	w->next += !w->wrong;
	return !w->wrong;
}

static int
damaged(const struct flow *f, struct err *e, const char *what)
{
	return err_set(e, ERR_CONFIG, "the audit log in %s is damaged: %s; restore the database from its "
		       "last good copy, see hopthud(8), INCIDENTS", f->conf->database, what);
}

static int
check_records(struct flow *f, uint64_t last, uint64_t size, struct err *e)
{
	uint64_t from = last, least = size > TAIL_RECORDS ? size - TAIL_RECORDS : 0;
	struct walk w;
	AUTO(str) what = NULL;

	if (from > least)
		from = least;
	from -= from % TILE_WIDTH; /* whole tiles: their kept roots are looked at too */
	if (size - from > TAIL_MAX)
		from = size - TAIL_MAX;
	w = (struct walk){ .next = (int64_t)from + 1 };
	if (store_records(f->store, (int64_t)from, TAIL_MAX, check_record, &w, e))
		return -1;
	if (!w.wrong && w.next != (int64_t)size + 1)
		w.wrong = "is missing";
	if (!w.wrong)
		return 0;
	what = xasprintf("record %" PRId64 " %s", w.next, w.wrong);
	return damaged(f, e, what);
}

/* The kept root of the last full tile is that of its records' hashes. */
static int
check_tile(struct flow *f, uint64_t size, struct err *e)
{
	uint8_t leaves[TILE_WIDTH][DIGEST_LEN], kept[DIGEST_LEN], root[DIGEST_LEN];
	uint64_t n = size / TILE_WIDTH;
	AUTO(str) what = NULL;

	if (!n)
		return 0;
	n--;
	if (store_tile_hashes(f->store, 0, n * TILE_WIDTH, TILE_WIDTH, leaves[0], e) ||
	    store_tile_hashes(f->store, 1, n, 1, kept, e))
		return -1;
	tile_root((const uint8_t(*)[DIGEST_LEN])leaves, root);
	if (!memcmp(root, kept, DIGEST_LEN))
		return 0;
	what = xasprintf("the hash that is kept of the records %" PRIu64 " to %" PRIu64 " is not theirs",
			 n * TILE_WIDTH + 1, (n + 1) * TILE_WIDTH);
	return damaged(f, e, what);
}

static int
check_root(struct flow *f, uint64_t size, const uint8_t expected[DIGEST_LEN], const char *whose,
	   struct err *e)
{
	struct proof_source source = store_proof_source(f->store);
	uint8_t root[DIGEST_LEN];
	AUTO(str) what = NULL;

	if (proof_root(&source, size, root, e))
		return -1;
	if (!memcmp(root, expected, DIGEST_LEN))
		return 0;
	what = xasprintf("the records up to %" PRIu64 " do not give the root that %s", size, whose);
	return damaged(f, e, what);
}

/* Signed by the key in force, or by the one before an incarnation. */
static int
check_signature(struct flow *f, const struct note *n, uint64_t size, struct err *e)
{
	AUTO(str) begins = store_meta(f->store, SEAL_META_BEGINS);
	bool old = begins && size <= strtoull(begins, NULL, 10);
	AUTO(str) vkey = store_meta(f->store, old ? SEAL_META_OLD : "vkey");
	AUTO(str) what = xasprintf("the checkpoint of %" PRIu64 " records is not signed by its key", size);
	struct note_key key;

	if (!vkey || note_key_read(&key, vkey, NULL) || note_verify(n, &key, NULL, NULL) != NOTE_GOOD)
		return damaged(f, e, what);
	return 0;
}

static int
check_checkpoint(struct flow *f, const struct stored_checkpoint *last, uint64_t size, struct err *e)
{
	struct checkpoint c;
	struct note n;

	if (last->size > size)
		return damaged(f, e, "it ends before its last checkpoint");
	if (note_read(&n, last->note, strlen(last->note), NULL) || checkpoint_read(&c, &n, NULL) ||
	    c.size != last->size || memcmp(c.root, last->root, DIGEST_LEN))
		return damaged(f, e, "its last checkpoint is not one");
	if (check_root(f, c.size, c.root, "the last checkpoint names", e))
		return -1;
	return check_signature(f, &n, c.size, e);
}

int
tail_check(struct flow *f, struct err *e)
{
	const struct merkle *tree = store_committed_tree(f->store);
	AUTO(arena) a = arena_new();
	struct stored_checkpoint last = { .size = 0 };
	uint8_t root[DIGEST_LEN];
	struct err why = ERR_INIT;
	int rc = store_last_checkpoint(f->store, &last, a);

	if (rc < 0)
		return damaged(f, e, "its last checkpoint cannot be read");
	if (store_check(f->store, WHOLE_MAX, &why))
		return damaged(f, e, why.msg);
	merkle_root(tree, root);
	if ((!rc || last.size <= tree->size) &&
	    (check_records(f, last.size, tree->size, &why) || check_tile(f, tree->size, &why) ||
	     (tree->size && check_root(f, tree->size, root, "was kept", &why))))
		return why.class == ERR_CONFIG ? err_set(e, ERR_CONFIG, "%s", why.msg) :
						 damaged(f, e, why.msg);
	return rc ? check_checkpoint(f, &last, tree->size, e) : 0;
}
