/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "daemon/store/store_private.h"

/* 1: read; 0: no row; -1: error.  Text stays borrowed from the statement when a is NULL. */
static int
next_checkpoint(struct store *s, sqlite3_stmt *st, struct stored_checkpoint *c, struct arena *a,
		struct err *e)
{
	int rc = store_row(s, st, e);

	if (rc != 1)
		return rc;
	*c = (struct stored_checkpoint){
		.size = (uint64_t)sqlite3_column_int64(st, 0),
		.note = a ? store_text(st, 2, a) : store_peek(st, 2),
		.at = sqlite3_column_int64(st, 3),
	};
	if (sqlite3_column_bytes(st, 1) != DIGEST_LEN)
		return err_set(e, ERR_PERM, "the checkpoint of %" PRIu64 " records is damaged in the "
			       "database", c->size);
	memcpy(c->root, sqlite3_column_blob(st, 1), DIGEST_LEN);
	return 1;
}

int
store_last_checkpoint(struct store *s, struct stored_checkpoint *c, struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_CHECKPOINT_LAST, "");
	int rc = next_checkpoint(s, st, c, a, NULL);

	store_reset(st);
	return rc;
}

int
store_checkpoints(struct store *s, uint64_t from, int max,
		  void (*each)(void *arg, const struct stored_checkpoint *c), void *arg,
		  struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_CHECKPOINT_FROM, "ii", (int64_t)from, (int64_t)max);
	struct stored_checkpoint c;
	int rc;

	while ((rc = next_checkpoint(s, st, &c, NULL, e)) == 1)
		each(arg, &c);
	store_reset(st);
	return rc;
}

static void
copy_checkpoint(void *arg, const struct stored_checkpoint *c)
{
	struct stored_checkpoint *out = arg;

	*out = *c;
	out->note = NULL;
}

int
store_add_checkpoint(struct store *s, const struct stored_checkpoint *c, struct err *e)
{
	struct stored_checkpoint there = { .size = UINT64_MAX };
	bool changed = s->changed;
	int rc;

	if (store_checkpoints(s, c->size, 1, copy_checkpoint, &there, e) < 0)
		return -1;
	if (there.size == c->size)
		return memcmp(there.root, c->root, DIGEST_LEN) ?
			       err_set(e, ERR_CONFLICT, "another root was signed for %" PRIu64
				       " records before: the log is not what it was", c->size) :
			       0;
	rc = store_run(s, store_bind(s, SQL_CHECKPOINT_ADD, "ibsi", (int64_t)c->size, c->root,
				     (size_t)DIGEST_LEN, c->note, c->at), e);
	s->changed = changed;
	return rc;
}

int
store_add_cosignature(struct store *s, const struct stored_cosignature *c, struct err *e)
{
	bool changed = s->changed;
	int rc = store_run(s, store_bind(s, SQL_COSIGNATURE_ADD, "issi", (int64_t)c->size,
					 c->witness, c->line, c->at), e);

	s->changed = changed;
	return rc;
}

int
store_cosignatures(struct store *s, uint64_t size,
		   void (*each)(void *arg, const struct stored_cosignature *c), void *arg,
		   struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_COSIGNATURE_OF, "i", (int64_t)size);
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, &(struct stored_cosignature){ .size = size,
							.witness = store_peek(st, 0),
							.line = store_peek(st, 1),
							.at = sqlite3_column_int64(st, 2) });
	store_reset(st);
	return rc;
}

int
store_cosignatures_from(struct store *s, uint64_t size, int max,
			void (*each)(void *arg, const struct stored_cosignature *c), void *arg,
			struct err *e)
{
	sqlite3_stmt *st = store_bind(s, SQL_COSIGNATURE_FROM, "ii", (int64_t)size, (int64_t)max);
	int rc;

	while ((rc = store_row(s, st, e)) == 1)
		each(arg, &(struct stored_cosignature){
				  .size = (uint64_t)sqlite3_column_int64(st, 0),
				  .witness = store_peek(st, 1),
				  .line = store_peek(st, 2),
				  .at = sqlite3_column_int64(st, 3) });
	store_reset(st);
	return rc;
}

int
store_last_cosignature(struct store *s, const char *witness, struct stored_cosignature *c,
		       struct arena *a)
{
	sqlite3_stmt *st = store_bind(s, SQL_COSIGNATURE_LAST, "s", witness);
	int rc = store_row(s, st, NULL);

	if (rc == 1)
		*c = (struct stored_cosignature){ .size = (uint64_t)sqlite3_column_int64(st, 0),
						  .witness = witness,
						  .line = store_text(st, 1, a),
						  .at = sqlite3_column_int64(st, 2) };
	store_reset(st);
	return rc;
}

int
store_tile_hashes(struct store *s, int level, uint64_t first, unsigned count, uint8_t *out,
		  struct err *e)
{
	sqlite3_stmt *st = level ? store_bind(s, SQL_SUBTREE_FROM, "iii", (int64_t)level,
					      (int64_t)first, (int64_t)count) :
				   store_bind(s, SQL_LEAF_FROM, "ii", (int64_t)first,
					      (int64_t)count);
	unsigned got = 0;
	int rc;

	while ((rc = store_row(s, st, e)) == 1 && got < count) {
		if ((uint64_t)sqlite3_column_int64(st, 0) != first + got ||
		    sqlite3_column_bytes(st, 1) != DIGEST_LEN)
			break;
		memcpy(out + (size_t)got++ * DIGEST_LEN, sqlite3_column_blob(st, 1), DIGEST_LEN);
	}
	store_reset(st);
	if (rc < 0)
		return -1;
	if (got < count)
		return err_set(e, ERR_PERM, "the log's hash %" PRIu64 " of level %d is missing or "
			       "damaged in the database", first + got, level);
	return 0;
}

static int
hashes(void *arg, int level, uint64_t first, unsigned count, uint8_t *out, struct err *e)
{
	return store_tile_hashes(arg, level, first, count, out, e);
}

struct proof_source
store_proof_source(struct store *s)
{
	return (struct proof_source){ .hashes = hashes, .arg = s };
}
