/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_ROW_H
#define HOPTHU_VERIFY_ROW_H

#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"

/* One letter (or order) and its rows, as far as its records have told. */
enum row_state {
	ROW_NEEDY,   /* waits for an address */
	ROW_PLANNED,
	ROW_RUNNING, /* an intent and no outcome */
	ROW_HELD,
	ROW_MOVED,   /* to be planned again */
	ROW_FAILED,
	ROW_AGAIN,   /* failed or held, and put back into the queue */
	ROW_DONE,
};

/* 72 bytes: there is one for each row that is not done. */
struct row {
	uint64_t opid, subj; /* keys (verify_table.h); 0: none */
	int64_t planned_at;  /* seq of its newest item or name record with a plan */
	uint32_t row, in_round; /* in_round: of the newest plan digest that has it; 0: of none */
	uint8_t plan[DIGEST_LEN];
	uint8_t op, state; /* enum row_state */
	bool open;         /* an intent of it has no outcome */
};

struct names {
	uint64_t *key;
	size_t count, size;
};
void names_add(struct names *n, uint64_t key);
bool names_have(const struct names *n, uint64_t key);
uint64_t names_last(const struct names *n); /* 0: there is none */

struct letter {
	int64_t req, needs;
	uint64_t who; /* asked for it */
	struct names namers, approvers; /* approvers: of the digest in force, the last one last */
	struct row *rows; /* ascending */
	size_t used, size, live; /* live: not done */
	uint32_t round, approved_round;
	uint8_t digest[DIGEST_LEN];
	bool order, whole, has_digest, approved;
};

struct letter *letter_new(int64_t req, bool order, uint64_t who);
void letter_free(struct letter *l);
/* NULL: there is none, or it is done. */
struct row *letter_row(const struct letter *l, uint64_t row);
/* NULL: it does not come after the last. */
struct row *letter_add(struct letter *l, uint64_t row);
/* The rows may have moved after this. */
void letter_set(struct letter *l, struct row *row, enum row_state state);
/* What failed and what is held was put back. */
void letter_again(struct letter *l);
/* Over what is planned and not begun, which then is in the round in force; how many. */
uint64_t letter_digest(struct letter *l, uint8_t out[DIGEST_LEN]);
const char *row_state_word(enum row_state state);
#endif
