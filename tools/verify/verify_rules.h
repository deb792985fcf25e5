/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_RULES_H
#define HOPTHU_VERIFY_RULES_H

#include "common/note.h"
#include "tools/verify/verify_letter.h"
#include "tools/verify/verify_opening.h"

/*
 * The rules of doc/audit-format.md, "What a verifier checks", over records one after the other.  Pure:
 * what lies outside of the record is asked for by struct rules_world.
 */
struct rules_world {
	/* Root of the first `size` records, which were fed already; -1: it cannot be told. */
	int (*root)(void *arg, uint64_t size, uint8_t root[DIGEST_LEN]);
	/* A witness's line in an anchor: right, wrong, of a key that is not known.  The line has to stand in
	 * the checkpoint of that size; time receives what it says. */
	enum note_verdict (*anchor)(void *arg, uint64_t size, const char *origin, struct span witness,
				    struct span sig, const uint8_t root[DIGEST_LEN], uint64_t *time);
	/* The largest size below this one that somebody outside confirmed rightly. */
	int64_t (*stood_for)(void *arg, uint64_t size);
	/* The event of an earlier record, and whether it has a subj; -1: it cannot be told. */
	int (*event)(void *arg, int64_t seq, bool *has_subj);
	void *arg;
};

/* A name and key of the log, from a record on. */
struct origin {
	struct note_key key;
	int64_t from;
	struct origin *before;
};

struct rules {
	struct report *report;
	const struct rules_world *world;
	bool part;         /* of a log: what needs records that are not there is left out */
	bool hashes_only;  /* keys, and nothing else */
	bool times;        /* with hashes_only: the next record is read for its t all the same */
	enum lang lang;    /* of what texts are made of */
	struct letters letters;
	struct openings *openings; /* NULL: there are none to look at */
	struct origin *origin;     /* the newest; NULL: none is known */
	struct table policies;     /* digests seen */
	/* of the record before */
	int64_t seq, t_us, mono, offset_us;
	char t[32];        /* its t, as text */
	char first_t[32];  /* and the first one's */
	uint64_t boot, cfg;
	bool running;      /* a start without a stop yet */
	uint64_t anchor_at; /* of the newest right anchor: seconds */
	uint64_t records, anchors, unknown_anchors;
};

void rules_init(struct rules *r, struct report *report, const struct rules_world *world, bool part);
void rules_release(struct rules *r);
/* seq: its place.  false: the record has no form, and no rule can be looked at from here on. */
bool rules_add(struct rules *r, int64_t seq, const char *bytes, size_t n);
/* whole: nothing comes after it in the log that the copy is of. */
void rules_end(struct rules *r, bool whole);
/* The key in force for a checkpoint of so many records; NULL: it is not known. */
const struct origin *rules_origin(const struct rules *r, uint64_t size);
const char *canon_fault_text(enum canon_fault f, enum lang lang);
#endif
