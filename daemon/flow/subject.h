/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_SUBJECT_H
#define HOPTHU_SUBJECT_H

#include "daemon/flow/flow.h"

/*
 * Everything that is kept about one person, found by the reference that stands in the records.  A
 * person of many years has thousands of records, so it is gathered in steps of a few milliseconds.
 */
struct subject_row {
	int64_t request, row, item;
	bool erased;
};
/* A record without the person's reference that holds the person's values. */
struct subject_also {
	int64_t seq;
	const char *field; /* the opening; NULL: all of the record's */
};
struct subject_letter {
	int64_t id, rows, mine, left; /* rows of it; the person's; of those, not erased yet */
	bool alone; /* when the person's rows are erased, all of its rows are */
};

enum subject_phase {
	SUBJECT_RECORDS, SUBJECT_ROWS, SUBJECT_LETTERS, SUBJECT_READINGS, SUBJECT_EXPORTS, SUBJECT_ALL
};

struct subject {
	struct flow *flow;
	struct arena *arena;
	const char *person;
	bool has_mailbox, erased; /* erased: an `erase` record is there already */
	struct mailbox mailbox;
	const char *open;         /* a row that has not ended, as a sentence; NULL: none */
	int64_t *seqs;            /* of the records about the person, ascending */
	size_t seq_count, seq_size;
	struct subject_row *rows; /* by request and row */
	size_t row_count, row_size;
	struct subject_letter *letters;
	size_t letter_count;
	struct subject_also *also; /* ascending when all is gathered */
	size_t also_count, also_size;
	int64_t *exports;         /* seqs of the exports that hold a record about the person */
	size_t export_count, export_size;
	/* where it stands */
	enum subject_phase phase;
	int64_t cursor;
	size_t at;
	struct needle *needles;
};

/* word: reference, login or address.  ERR_NOTFOUND: nobody, or somebody whose values are erased.
 * Release also after an error. */
int subject_init(struct subject *u, struct flow *f, const char *word, struct err *e) MUST_USE;
/* Gathers some more: 1 there is more, 0 that was all, -1 read error. */
int subject_step(struct subject *u, struct err *e) MUST_USE;
/* When all is gathered: does the person's full name or an address stand in the text?  A login alone may
 * be a word. */
bool subject_is_named(const struct subject *u, const char *text);
void subject_release(struct subject *u);
/* Reference of whom a login, an address or a reference is; NULL: nobody's. */
const char *subject_find(struct flow *f, const char *word, struct arena *a, struct err *e);
/* Does the word look like a reference? */
bool subject_is_reference(const char *word);
/* Login of the mailbox of a person known by reference; NULL: ERR_NOTFOUND. */
const char *subject_login(struct flow *f, const char *person, struct arena *a, struct err *e);
/* DN of the mailbox's entry; caller frees. */
char *subject_dn(struct flow *f, const char *login);
#endif
