/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_INTAKE_PRIVATE_H
#define HOPTHU_INTAKE_PRIVATE_H

#include "daemon/flow/intake.h"
#include "daemon/flow/intake_row.h"

/*
 * HEAD looks a JSON letter through for what it says of itself, which may stand behind its items.
 * CHECK reads the file, tries every address and writes nothing; WRITE reads it again and writes, a slice a commit,
 * with the request in the state `received`; the last slice makes it `planned`.  So memory does not
 * grow with the letter, and a crash in between leaves a request that nobody was promised.  A dry
 * run plans each row as it is checked, keeps what is promised and the hashes (some 100 bytes a row),
 * and has only the digest left to WRITE.
 */
enum phase { HEAD, CHECK, WRITE, END };

struct intake {
	struct intake *next;
	struct flow *flow;
	struct intake_order o;
	char *who[3], *only_agency;
	intake_cb *cb;
	void *arg;
	enum phase phase;
	struct letter_reader *reader;
	struct request request;
	struct digest *digest;
	int64_t rows, known_request;
	json_t *errors, *already, *notes, *dry;
	struct err err;
	bool failed, announced;
	struct intake_letter letter; /* once its head is checked */
	struct arena *arena;         /* of the letter */
	int64_t written, needy, due_at;
	struct fuse fuse;
	int64_t moved_before; /* of these, rows that failed in another request of the letter */
	struct buf fuse_why, hex;
	struct buf hashes; /* of a dry run: struct row_hash, one a row */
	size_t hashed;     /* bytes of them that are in the digest */
	struct loop_timer *clean_up;
	struct intake *next_ready;
};

struct intakes {
	struct intake *first;
	struct intake *ready, **ready_end; /* served one after the other, a slice a turn for all */
	bool awake;
	uint64_t began_us; /* this turn's slice */
};

/* The letter's own words: whose it is, by which rules, and that it is whole (intake_head.c). */
int intake_head_check(struct intake *in) MUST_USE;
/* What the reader of this phase tells: rows looked at, or written; errors kept. */
struct letter_events intake_rows_events(struct intake *in);
void intake_rows_error(void *in, const struct letter_error *error);
void intake_rows_note(void *in, const struct letter_error *note);
/* Some more rows of a dry run into the digest; false: it has them all. */
bool intake_rows_digest(struct intake *in, int rows);
#endif
