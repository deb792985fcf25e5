/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_INTAKE_H
#define HOPTHU_INTAKE_H

#include "common/json.h"
#include "daemon/flow/flow.h"
#include "daemon/policy/letter.h"

/*
 * A letter becomes a request: read whole and checked (slices), then written (slices) and planned.
 * All rows or none.
 */
struct intake_result {
	const struct err *err;  /* NULL: accepted */
	const json_t *errors;   /* array of {row, line, column, value, message}, or NULL */
	int64_t request;        /* its number; 0 for a dry run */
	bool repeated;          /* every row was submitted before: request is that one */
	const json_t *already;  /* rows recognised: [{row, ref, request, address}] */
	const json_t *notes;    /* what stops nothing: as errors */
	const struct intake_dry *dry; /* of a dry run */
};
struct intake_dry {
	const json_t *items;    /* [{row, op, address, state, error, full_name, ref}], the first 1000 */
	const char *digest;     /* that the plan would have; "" when rows need names */
	int64_t rows, needs, due_at;
	const char *domain;
};
typedef void intake_cb(void *arg, const struct intake_result *r);

struct intake_order {
	struct letter_head head; /* what the sender said beside the file; taken over and released */
	enum letter_format format;
	char *data;              /* the file; taken over and freed */
	size_t len;
	char *encoding;          /* NULL: by itself; taken over */
	bool dry_run;
	bool check_only;         /* of a dry run: the letter's own number, date, signer may be missing */
	struct actor actor;      /* copied */
	const char *only_agency; /* the sender's scope, NULL: any; copied */
};

/* cb is called once, after what it says is durable.  Returns a handle for intake_forget. */
struct intake;
struct intake *intake_start(struct flow *f, struct intake_order *o, intake_cb *cb, void *arg);
/* The sender has gone: the letter goes on, cb is not called. */
void intake_forget(struct intake *in);
void intakes_free(struct flow *f);
bool intakes_next(const struct flow *f); /* the next turn has a slice of one, or tidies the store */
bool intakes_any(const struct flow *f); /* a letter is coming in, or being taken back */
/* Requests that an interrupted intake left half written are taken back. */
int intake_recover(struct flow *f, struct err *e) MUST_USE;
#endif
