/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_INDEX_H
#define HOPTHU_STORE_INDEX_H

#include "daemon/store/store.h"

/*
 * Which records have a word: shared by store_index.c and store_search.c alone.
 *
 * The log is cut into blocks of INDEX_BLOCK records.  For each block and each term that occurs in it
 * there is a set of bits, one a record; any combination of terms is the intersection of such sets,
 * so that none is slow.  Full blocks stand in the table audit_index, the one that is being filled in
 * memory.  A term is a letter, a colon and a word: "e:close", "o:minh".
 *
 * All of it is made from the log and may be made again (store_index_step); it is no evidence.
 */
#define INDEX_BLOCK 4096
#define INDEX_BYTES (INDEX_BLOCK / 8)

struct index;
struct index *index_new(void);
void index_free(struct index *x); /* NULL is fine */

/* The record that is appended just now; in a unit. */
int index_add(struct store *s, int64_t seq, const char *rec, size_t n, struct err *e) MUST_USE;
/* Records after this one were never written. */
void index_truncate(struct store *s, int64_t size);

static inline int64_t
index_block(int64_t seq)
{
	return (seq - 1) / INDEX_BLOCK;
}

/*
 * The nearest block that has the term: `block` itself or one before it (later: after it).  1: found, and
 * *block and bits are its; 0: none; -1: read error.
 */
int index_find(struct store *s, const char *term, bool later, int64_t *block,
	       uint8_t bits[INDEX_BYTES], struct err *e) MUST_USE;
#endif
