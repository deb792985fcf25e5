/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_REQUEST_H
#define HOPTHU_REQUEST_H

#include "tools/ctl.h"

/* What the commands on letters share. */

/* The ID argument.  0, or the exit status, the error being told. */
int request_id(struct ctl *c, long *id) MUST_USE;
/* "/v1/requests/7<rest>" appended. */
void request_path(struct buf *b, long id, const char *rest);
/* Fetches the pages of items that the object lacks.  0 or the exit status. */
int request_fill(struct ctl *c, json_t *request) MUST_USE;
/* Prints the object; with its items when it has any.  Says what comes next when it is planned. */
void request_print(struct ctl *c, const json_t *request);
/* After submission: fills, prints, tells which rows were known already. */
int request_submitted(struct ctl *c, json_t *request) MUST_USE;

/*
 * Puts into an object what the options say of the letter beyond number, date, signer and reason:
 * domain, signer_title, requester, requester_phone, channel, contact, attachment (SHA-256 in hex of
 * the file named).  0, or the exit status, the error being told.
 */
int request_head(struct ctl *c, json_t *head) MUST_USE;

/*
 * -n of approve, refuse, cancel and retry: what reading tells about whether hopthud would do it, and
 * says what would happen.  digest: the plan that would be approved, or NULL.  0, or the exit status
 * that the command itself would have.
 */
int request_try(struct ctl *c, long id, const char *digest) MUST_USE;

/*
 * The plan, page by page: each(arg, item), then the digest of what came is compared with what the
 * door names.  0 or the exit status; 76 when it is not the same.
 */
int plan_walk(struct ctl *c, long id, void (*each)(void *arg, const json_t *item), void *arg,
	      char digest[65]) MUST_USE;

/*
 * Number, date and signer of a letter that takes something back: those given as options, else ones
 * that say what it does ("undo-12-..."), today and who asks.  0 or the exit status.
 */
int request_words(struct ctl *c, const char *what, json_t *body) MUST_USE;

/* Waits until it has ended; prints it, with its items if so wanted.  The exit status. */
int request_wait(struct ctl *c, long id, bool items);
#endif
