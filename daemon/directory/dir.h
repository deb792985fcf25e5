/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DIR_H
#define HOPTHU_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "daemon/base/conf.h"
#include "daemon/base/loop.h"

/*
 * The directory, wholly asynchronous: no call here waits.  libldap's types stop at this header.
 * Connection: DOWN -> CONNECT -> (TLS) -> BIND -> CHECK -> READY; any fault goes back to DOWN, and
 * a timer with exponential backoff and jitter tries again.
 */
struct dir;

enum dir_state { DIR_DOWN, DIR_CONNECT, DIR_TLS, DIR_BIND, DIR_CHECK, DIR_READY };

/* What became of an operation; the callback decides by class. */
enum dir_class {
	DIR_OK,        /* result 0 */
	DIR_ABSENT,    /* 32 noSuchObject */
	DIR_EXISTS,    /* 68 entryAlreadyExists: an answer to examine */
	DIR_ASSERTION, /* 122 assertionFailed: the entry is not what the plan said */
	DIR_BUSY,      /* 51, 52, 53 of a server under load, 3, 11: try again */
	DIR_DENIED,    /* 50, 123: access rules or proxied authorization */
	DIR_BROKEN,    /* 80 after a write: hold the item, the entry may be unreadable */
	DIR_REJECTED,  /* any other result: will not work as it is */
	DIR_LOST,      /* sent (perhaps in part), no reply: resolve by reading */
	DIR_NOT_SENT,  /* nothing of it left this process: may be sent again */
};

struct dir_value {
	const char *data; /* followed by a NUL */
	size_t len;
};

struct dir_attr {
	const char *name;
	size_t count;
	const struct dir_value *values;
};

struct dir_entry {
	const char *dn;
	size_t count;
	const struct dir_attr *attrs;
};

struct dir_result {
	enum dir_class class;
	int code;               /* LDAP result code, or a libldap code < 0 */
	const char *message;    /* one sentence: code, its text, diagnostic message, matched DN */
	const struct dir_entry *entry; /* read: the entry; write: post-read (entryUUID, entryCSN) or NULL */
	uint64_t took_us;       /* from send to reply */
};

/* First value of an attribute (names compared without case), or NULL. */
const char *dir_entry_get(const struct dir_entry *entry, const char *name);
/* All values, sorted, a new-line between two; "" when there is none.  Caller frees. */
char *dir_entry_join(const struct dir_entry *entry, const char *name);

typedef void dir_cb(void *arg, const struct dir_result *r); /* r is borrowed for the call */

/* A change: NULL-terminated values; values NULL or empty with replace = remove the attribute. */
struct dir_change {
	const char *name;            /* NULL ends a list of changes */
	const char *const *values;   /* NULL ends a list of values */
};

/* --- connection --- */
struct dir_events {
	void (*ready)(void *arg);                     /* checked and usable */
	void (*down)(void *arg, const char *reason);  /* was READY, is not any more; every operation got DIR_LOST or DIR_NOT_SENT before */
	void *arg;
};

/* conf must outlive the dir or be replaced by dir_reconfigure.  Connects from the next turn on. */
struct dir *dir_new(struct loop *loop, const struct conf_directory *conf, const struct dir_events *ev);
void dir_free(struct dir *d); /* outstanding callbacks are not called */
void dir_reconfigure(struct dir *d, const struct conf_directory *conf); /* new connection if what matters changed */
enum dir_state dir_state(const struct dir *d);
const char *dir_state_word(enum dir_state s);
/* Why it is not READY, one sentence ("" when it is); next_try_ms: from now, 0 = trying now. */
const char *dir_reason(const struct dir *d, uint64_t *next_try_ms);
void dir_retry_now(struct dir *d);
/* Our own problem in the installation (schema, warm-up entry, access rules), found at CHECK:
 * one sentence that says which and how to mend it, or NULL. */
const char *dir_fault(const struct dir *d);
/* Operations that may still be sent without going over the window. */
unsigned dir_room(const struct dir *d);
unsigned dir_in_flight(const struct dir *d);

/* --- operations.  The callback runs exactly once, never inside the call, never after dir_free. --- */

/* authz_dn: whom to act as (RFC 4370, critical), or NULL for hopthud itself.
 * Writes ask for post-read of entryUUID and entryCSN (RFC 4527).  dn is built by dir_dn. */
void dir_add(struct dir *d, const char *dn, const char *authz_dn, const struct dir_change *attrs,
	     dir_cb *cb, void *arg);
/* Every change is a replace.  assertion: RFC 4515 filter, critical (RFC 4528), or NULL. */
void dir_modify(struct dir *d, const char *dn, const char *authz_dn, const struct dir_change *changes,
		const char *assertion, dir_cb *cb, void *arg);
/* Base-scope read: entry NULL and DIR_ABSENT when there is none.  attrs NULL-terminated.
 * Allowed in every state but sent only when READY: else DIR_NOT_SENT. */
void dir_read(struct dir *d, const char *dn, const char *const *attrs, dir_cb *cb, void *arg);
/* One level below dn; each is called for every entry in slices of loop turns, then cb. */
void dir_list(struct dir *d, const char *dn, const char *filter, const char *const *attrs,
	      void (*each)(void *arg, const struct dir_entry *entry), dir_cb *cb, void *arg);

/* --- the only builders of DNs and filters: they escape (RFC 4514, RFC 4515).  Caller frees. --- */
char *dir_dn(const char *rdn_type, const char *rdn_value, const char *parent_dn);
/* (type=value), value escaped */
char *dir_filter_equal(const char *type, const char *value);
/* (type>=value) */
char *dir_filter_at_least(const char *type, const char *value);
/* (&(a)(b)...): parts end with NULL, each a filter of ours; they are not freed. */
char *dir_filter_and(const char *const *parts);
char *dir_filter_not(const char *part);
char *dir_filter_present(const char *type);
#endif
