/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_LETTER_PRIVATE_H
#define HOPTHU_VERIFY_LETTER_PRIVATE_H

#include "tools/verify/verify_letter.h"
#include "tools/verify/verify_row.h"

/* An intent without outcome. */
struct intent {
	int64_t req;
	uint32_t row;
	int op;
	uint64_t opid, subj;
};

/* {s} of the sentence is the record's event. */
void letters_say(struct letters *l, enum say what, const struct record *r, int64_t a, int64_t b,
		 const char *t);
uint64_t letters_key(struct span s); /* 0: there is none */
/* false, which is said: one of these keys is not there. */
bool letters_have(struct letters *l, const struct record *r, const enum record_field *fields, int count);
#define HAS(l, r, ...) \
	letters_have(l, r, (const enum record_field[]){ __VA_ARGS__ }, \
		     sizeof((const enum record_field[]){ __VA_ARGS__ }) / sizeof(enum record_field))
/* The open letter or order that a record is about, and its row; NULL, which is said: there is none. */
struct letter *letters_of(struct letters *l, const struct record *r);
struct row *letters_row(struct letters *l, struct letter *letter, const struct record *r);
/* Nothing of it is left. */
void letters_close(struct letters *l, struct letter *letter);

/* verify_intent.c */
void letters_on_intent(struct letters *l, const struct record *r);
void letters_on_hold(struct letters *l, const struct record *r);
void letters_on_resolve(struct letters *l, const struct record *r);
void letters_on_outcome(struct letters *l, const struct record *r);
#endif
