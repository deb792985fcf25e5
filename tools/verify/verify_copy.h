/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_COPY_H
#define HOPTHU_VERIFY_COPY_H

#include "common/merkle.h"
#include "common/proof.h"
#include "common/tile.h"
#include "common/trust.h"
#include "tools/verify/verify_rules.h"

#define BAD_MAX 64
#define SURE_MAX 1024

/* One copy of a log (doc/audit-format.md, "Export") being checked. */

/* A checkpoint that the auditor holds: a note, or three lines typed from paper. */
struct paper {
	char *file;
	struct checkpoint point;
	struct buf note;   /* "" when it was three lines alone */
	bool hex;          /* the root was typed as digits, not in base 64 */
	bool met;          /* the copy reached its size */
	bool fits;         /* and had this root there */
	struct paper *next;
};
/* ERR_USAGE when the file holds no checkpoint. */
struct paper *paper_read(const char *file, struct err *e);
void paper_free(struct paper *p); /* and those after it */
/*
 * A root that was typed, when it is this one but for a few characters; which ("place: typed/right, ...").
 * Nobody can make a log whose root is so near to another's, so it is no other log.  false: it is, or
 * the very same, or it came with signatures.
 */
#define PAPER_MISTYPED_MAX 4
bool paper_mistyped(const struct paper *p, const uint8_t root[DIGEST_LEN], struct buf *where);

/* What stands on paper about one record: "<seq>-<first 16 digits of its hash>@<records counted>". */
struct receipt {
	struct receipt *next;
	char *text;
	uint64_t seq, size; /* size 0: none counted it then */
	uint8_t leaf[8];
	bool fits;
};
struct receipt *receipt_read(const char *typed, struct err *e); /* NULL: e.  receipt_free takes the list */
void receipt_free(struct receipt *r);
/* Is it of this hash?  Else it is said how it is not. */
bool receipt_check(const struct receipt *r, const uint8_t leaf[DIGEST_LEN], struct report *report);

struct ask {
	enum lang lang;
	bool hashes_only;
	struct trust *trust;  /* NULL: the copy's own policy */
	struct paper *papers;
	struct receipt *receipts;
	int64_t max_age;      /* hours; -1: any */
	int64_t since;
	uint64_t now;         /* seconds since 1970 */
};

/* What a witness confirmed. */
struct confirmed {
	uint64_t size, time;
};

/* checkpoints.ndjson, line by line as the tree grows. */
struct points {
	struct lines lines;
	bool there, end;
	uint64_t line;
	struct buf bytes;          /* of the next checkpoint: the note */
	struct checkpoint next;
	uint64_t last_size;
	struct table cosigned;     /* lines that no anchor repeated yet, by size and bytes; 1 right, 2 unknown key, 3 wrong */
	struct {
		uint64_t size;
		uint8_t root[DIGEST_LEN];
	} recent[4096];
	bool root_wrong;           /* of one of them */
	bool last_other;           /* the last line is not the file "checkpoint" */
	uint64_t good_size;        /* of the newest root that was right */
	uint64_t sure[SURE_MAX];   /* of the newest that somebody outside stands for, a ring */
	unsigned sure_count;
	struct confirmed by[TRUST_MAX]; /* newest, of each witness of the policy */
	struct buf by_note[TRUST_MAX];  /* when only the newest are looked at */
	struct confirmed quorum;   /* newest that enough of them confirmed; time: of the last of these */
	uint64_t tail_size;        /* of that, or of what may turn out to be it */
	char tail_t[32];           /* t of the first record after it, "" when there is none */
	bool tail_next;            /* the next record is that */
	uint64_t count, unknown;
};

struct level {
	uint8_t hash[TILE_WIDTH][DIGEST_LEN];
	unsigned width;
	uint64_t tile;
};

struct copy {
	const struct ask *ask;
	struct report *report;
	const char *path;
	struct folder folder;
	struct buf checkpoint;
	struct note note;
	struct checkpoint end;     /* what this copy ends with */
	uint64_t first, last;      /* records in it; numbers from 1 */
	bool part;                 /* it has not all records */
	struct trust own;          /* its policy */
	const struct trust *trust;
	bool readable;             /* there is a checkpoint */
	struct merkle tree;
	struct level level[MERKLE_TILES];
	struct buf records, tile;
	uint64_t bad[BAD_MAX];         /* the first leaves that are not those of their records */
	unsigned bad_count;
	bool rules_live, tree_live; /* so far nothing stopped them */
	struct rules rules;
	struct rules_world world;
	struct openings openings;
	struct lines opening_lines;
	bool has_openings;
	struct points points;
};

/* -1: the folder cannot be opened.  Everything else is said.  copy_free in both cases. */
int copy_check(struct copy *c, const char *path, const struct ask *ask, struct report *report,
	       struct err *e);
void copy_free(struct copy *c);

/* verify_tree.c: records, tiles, roots. */
void tree_check(struct copy *c);
void tree_list(struct copy *c); /* files that do not belong there */
int tree_root(void *arg, uint64_t size, uint8_t root[DIGEST_LEN]); /* arg: the copy */
int tree_event(void *arg, int64_t seq, bool *has_subj);
/* Hashes of a level of the tiles, for proof.h; arg: the copy. */
int tree_hashes(void *arg, int level, uint64_t first, unsigned count, uint8_t *out, struct err *e);

/* verify_point.c: checkpoints. */
void points_open(struct copy *c);
void points_at(struct copy *c, uint64_t size); /* the tree has so many leaves now */
void points_end(struct copy *c);
void points_free(struct points *p);
int64_t points_stood_for(void *arg, uint64_t size); /* arg: the copy */
enum note_verdict points_anchor(void *arg, uint64_t size, const char *origin, struct span witness,
				struct span sig, const uint8_t root[DIGEST_LEN], uint64_t *time);
/* Key of a log for a checkpoint: of the log itself, or where that is not known of the policy. */
const struct note_key *points_key(const struct copy *c, const struct checkpoint *p);
void receipts_end(struct copy *c); /* verify_receipt.c */
/* verify_quorum.c: whose signatures are right. */
struct seen {
	uint32_t mask;      /* witnesses */
	uint64_t time[TRUST_MAX];
};
/* Says what is wrong with the signatures; name: of the checkpoint, for sentences.  false: not the log's. */
bool quorum_signed(struct copy *c, const struct note *n, const struct checkpoint *p, const char *name,
		   int64_t record, struct seen *seen);
void quorum_tail(struct points *p, uint64_t size); /* remember when the next record was written */
void quorum_take(struct copy *c, uint64_t size, const struct seen *seen);
void quorum_end(struct copy *c);
#endif
