/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_ERR_H
#define HOPTHU_ERR_H

#include "common/mem.h"

/*
 * Errors.  int f(..., struct err *e): 0 = done; -1 = failed and e is filled.  On failure the outputs
 * are untouched, on success e is.  The class decides what happens next; the message is one sentence
 * that a technician can act on.  Lower layers never log.
 */
enum err_class {
	ERR_NONE,
	ERR_TEMP,     /* try again later with backoff */
	ERR_PERM,     /* will never work as it is */
	ERR_CONFLICT, /* something moved: read again and plan again */
	ERR_AUTH,     /* who you are is not known */
	ERR_DENIED,   /* you are known, and may not */
	ERR_USAGE,    /* the caller's input is wrong */
	ERR_NOTFOUND, /* no such thing */
	ERR_CONFIG,   /* configuration or installation is wrong */
};

#define ERR_MSG_MAX 1024

struct err {
	enum err_class class;
	char msg[ERR_MSG_MAX];
};

#define ERR_INIT { .class = ERR_NONE, .msg = "" }

/* Fills e (which may be NULL) and returns -1, so that `return err_set(e, ...)` reads well. */
int err_set(struct err *e, enum err_class class, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Puts "context: " before the message that is there. Returns -1. */
int err_wrap(struct err *e, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
