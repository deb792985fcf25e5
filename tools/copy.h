/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_COPY_H
#define HOPTHU_COPY_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/merkle.h"
#include "common/tile.h"

/*
 * A copy of the log in a folder (doc/audit-format.md, "Export").  Every file comes by a rename, and
 * `checkpoint` comes last: a copy without it is not finished, whatever happened.  While a finished
 * one is brought up to date its checkpoint waits as `checkpoint.before`.
 */
struct copy {
	const char *dir;
	int fd;              /* of the folder, locked against others like us; -1: not open */
	bool made;           /* it was not there: taken away again when nothing comes into it */
	bool empty;          /* there was nothing in it */
	bool wrong;          /* what failed is a check, not a file */
	bool partial;        /* what failed is a write: the same command goes on */
	int64_t first, last; /* by its export.json; 0: it has none */
	int64_t of;          /* records of the log at that time */
	uint64_t size;       /* of the finished copy that is there, or was; 0: there was none */
	uint8_t root[DIGEST_LEN];
	char *origin;        /* of its checkpoint, or NULL */
};

/* Makes the folder when it is not there.  ERR_CONFLICT: it holds something else, or is in use. */
int copy_open(struct copy *c, const char *dir, struct err *e) MUST_USE;
void copy_release(struct copy *c);

/* A file of the folder, by a name that may have slashes: its folders are made. */
int copy_write(struct copy *c, const char *name, const void *data, size_t n,
	       struct err *e) MUST_USE;
/* 1 read, 0 there is none, -1 */
int copy_read(struct copy *c, const char *name, struct buf *out, struct err *e);
/* A file that grows: written as "name.part" until copy_grown renames it. */
struct copy_file;
struct copy_file *copy_grow(struct copy *c, const char *name, struct err *e);
int copy_grow_more(struct copy_file *f, const void *data, size_t n, struct err *e) MUST_USE;
int copy_grown(struct copy_file *f, struct err *e) MUST_USE; /* frees */
void copy_grow_drop(struct copy_file *f);                    /* frees; NULL is fine */

/* It is not finished from here on. */
int copy_begin(struct copy *c, struct err *e) MUST_USE;
/* Everything is on the disk, and then the checkpoint makes it a finished copy of `size` records. */
int copy_finish(struct copy *c, const char *checkpoint, size_t n, uint64_t size,
		struct err *e) MUST_USE;
/* Fills e; the copy is not what it should be. */
int copy_wrong(struct copy *c, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* --- copy_tree.c: the records and the tree over them ---------------------------------------------- */
struct copy_tree {
	struct copy *copy;
	int64_t from, to;    /* records that are copied; of the others the hashes */
	struct tiler tiler;
	struct merkle tree;  /* its size: how many records there are so far */
	struct buf bundle;   /* of the tile that is being filled: records as in tile/entries */
	size_t whole;        /* bytes of it that are whole records */
	struct buf hash;     /* the begin of a hash */
	bool loading;
	uint64_t copied;     /* bytes */
};
void copy_tree_init(struct copy_tree *t, struct copy *c, int64_t from, int64_t to);
void copy_tree_release(struct copy_tree *t);
/* Takes in what lies in the folder, as far as it is whole, and checks it against its checkpoint. */
int copy_tree_load(struct copy_tree *t, struct err *e) MUST_USE;
/* Nothing of what lies there is taken. */
void copy_tree_restart(struct copy_tree *t);
/* Is the record among those that are copied? */
bool copy_tree_copies(const struct copy_tree *t, int64_t seq);
/* More bytes of records, or of hashes, from tree.size + 1 on. */
int copy_tree_records(struct copy_tree *t, const char *data, size_t n, struct err *e) MUST_USE;
int copy_tree_hashes(struct copy_tree *t, const char *data, size_t n, struct err *e) MUST_USE;
void copy_tree_broken_off(struct copy_tree *t); /* what was not whole comes again */
int copy_tree_end(struct copy_tree *t, struct err *e) MUST_USE;

/* --- copy_readme.c -------------------------------------------------------------------------------- */
extern const char copy_readme[];
#endif
