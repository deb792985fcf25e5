/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_POLICY_PRIVATE_H
#define HOPTHU_POLICY_PRIVATE_H

#include "daemon/policy/policy.h"

/* For policy*.c only. */
struct rule {
	unsigned line;             /* 0: at its default */
	const char *const *values; /* cleaned texts, ends with NULL; NULL: there is no such rule */
	const char *const *folded; /* the same as text_fold makes them: words that are looked for */
	const char *basis, *note;  /* "" */
	/* what the value means, by its type */
	struct policy_term term;
	int64_t number;
	bool flag, none; /* none: a list that says that nothing is in it */
};

struct policy {
	struct arena *arena; /* of everything below */
	const char *file, *domain, *valid_from, *document;
	struct rule rules[RULE_COUNT];
	uint8_t digest[DIGEST_LEN];
};

/* Mistakes of a file: a line "FILE:LINE: what" for each, as far as out goes. */
struct policy_wrong {
	const char *file;
	struct buf *out;
	size_t count;
};
void policy_wrong(struct policy_wrong *w, unsigned line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The number of a word in a list that ends with NULL, or -1. */
int policy_word(const char *word, const char *const *words);

/* Empty, with every default. */
struct policy *policy_defaults(void);

/*
 * Takes the values of a rule, after they were cleaned.  ERR_CONFIG with a sentence that names the
 * value and what would be right.
 */
int policy_set(struct policy *p, enum policy_key k, const char *const *values,
	       struct err *e) MUST_USE;
/* A term in hours, to compare two: months have 30 days. */
long policy_term_hours(struct policy_term t);
/* "binhduong.gov.vn", lower case. */
bool policy_check_domain(const char *s);
#endif
