/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_SEARCH_H
#define HOPTHU_STORE_SEARCH_H

#include "daemon/store/store.h"

/*
 * Searching the log: which records, by any combination of what they say and whom they are about.
 * Only records that are committed are found.  A search goes in steps, so that a turn stays short
 * (I10); a step takes a few milliseconds.
 */

/* Words that records are found by, and what each is called by inside.
 * o: who acted, in whose name, or whose rights it is about; a: whose letter, or what agency */
#define SEARCH_TERMS(X) \
	X(EVENT, 'e') \
	X(OPERATION, 'p') \
	X(RESULT, 'r') \
	X(OPERATOR, 'o') \
	X(AGENCY, 'a')
enum search_term {
#define X(N, letter) SEARCH_##N,
	SEARCH_TERMS(X)
#undef X
	SEARCH_TERM_COUNT
};

struct search;
/* Records from `first` to `last`; newest first unless `oldest_first`. */
struct search *search_new(struct store *s, int64_t first, int64_t last, bool oldest_first);
void search_free(struct search *q); /* NULL is fine */
/* What a record must be, all of it.  Text need not stay. */
void search_want(struct search *q, enum search_term term, const char *word);
/* Of one of these people.  May be called twice: of one of these and of one of those. */
int search_want_people(struct search *q, const char *const *subjects, size_t count,
		       struct err *e) MUST_USE;
/* Of one of these requests; once. */
int search_want_requests(struct search *q, const int64_t *requests, size_t count,
			 struct err *e) MUST_USE;
/* The next records, up to max.  *over: there are no further ones.  Fewer than max, and not over: call
 * again.  -1: read error. */
int search_step(struct search *q, int64_t *seqs, size_t max, size_t *count, bool *over,
		struct err *e) MUST_USE;

/* True when the index has all of the log; it has, but for a database that was made without it. */
bool store_index_whole(struct store *s);
/* Adds a part of what is missing.  1: more is to do, 0: done, -1: error.  Not in a unit. */
int store_index_step(struct store *s, struct err *e) MUST_USE;
/* Every word of a kind that occurs in the log, in order. */
int store_index_words(struct store *s, enum search_term kind,
		      void (*each)(void *arg, const char *word), void *arg, struct err *e);

/* Number of the first record that is not earlier than t (as records say it); one more than there are
 * when all are. */
int64_t store_seq_at(struct store *s, const char *t);

/* --- who is meant --- */
/* True when there are records about this person. */
bool store_has_subject(struct store *s, const char *subject);
/* Everybody whose mailbox had this login or was to have it. */
int store_people_of_login(struct store *s, const char *login,
			  void (*each)(void *arg, const char *person), void *arg, struct err *e);
/* Everybody of this name without its tone marks (text_fold), with the name as it was written. */
int store_people_named(struct store *s, const char *folded,
		       void (*each)(void *arg, const char *person, const char *name), void *arg,
		       struct err *e);
/* Names are noted when there is time: notes those of up to max rows.  1: more is to do, 0: done, -1:
 * error.  Not in a unit. */
int store_names_step(struct store *s, int max, struct err *e) MUST_USE;
/* A name that stood in a row is not noted any more as this person's; in a unit. */
int store_forget_name(struct store *s, const char *name, const char *person,
		      struct err *e) MUST_USE;
/* Requests of this letter number; agency NULL: of any. */
int store_requests_of_letter(struct store *s, const char *letter, const char *agency,
			     void (*each)(void *arg, int64_t request), void *arg, struct err *e);
#endif
