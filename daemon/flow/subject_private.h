/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_SUBJECT_PRIVATE_H
#define HOPTHU_SUBJECT_PRIVATE_H

#include "daemon/flow/subject.h"

#define SUBJECT_STEP 250 /* records */

/* A text that names the person: a full name, an address, a login, a telephone number. */
struct needle {
	struct needle *next;
	const char *text; /* lower case, without tone marks: so it is searched for */
};

struct some {
	struct subject *u;
	int count;
};

/* Room for one more. */
void *subject_room(void *array, size_t count, size_t *size, size_t one);
void subject_next_phase(struct subject *u);
void subject_add_also(struct subject *u, int64_t seq, const char *field);

/* The steps: 1 there is more, 0 that was all, -1 read error. */
int subject_records(struct subject *u, struct err *e);
int subject_rows(struct subject *u);
int subject_letters(struct subject *u, struct err *e);
int subject_readings(struct subject *u, struct err *e);
int subject_exports(struct subject *u, struct err *e);
#endif
