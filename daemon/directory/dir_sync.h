/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DIR_SYNC_H
#define HOPTHU_DIR_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The values of RFC 4533 (section 2), taken apart and put together.  Bytes come from a peer: each
 * function answers 0, or -1 when they are not what the RFC says; nothing is allocated, and what is
 * pointed to lies in the bytes given.  Behind them must stand a byte that can be read, as in every
 * berval that libldap allocates: liblber 2.5 looks at what follows an element.
 */
#define DIR_SYNC_OID "1.3.6.1.4.1.4203.1.9.1.1" /* request control */
#define DIR_SYNC_STATE_OID "1.3.6.1.4.1.4203.1.9.1.2"
#define DIR_SYNC_DONE_OID "1.3.6.1.4.1.4203.1.9.1.3"
#define DIR_SYNC_INFO_OID "1.3.6.1.4.1.4203.1.9.1.4" /* intermediate response */
#define DIR_SYNC_REFRESH_REQUIRED 4096		     /* e-syncRefreshRequired */
#define DIR_SYNC_COOKIE_MAX 32768		     /* bytes; slapd's have some dozens a server */
#define DIR_UUID 16				     /* bytes of an entryUUID */
#define DIR_UUID_TEXT 37

struct dir_sync_cookie {
	const void *data; /* NULL: there is none */
	size_t len;
};

/* With an entry. */
enum dir_sync_what { DIR_SYNC_PRESENT, DIR_SYNC_ADD, DIR_SYNC_MODIFY, DIR_SYNC_DELETE };
struct dir_sync_state {
	enum dir_sync_what what;
	uint8_t uuid[DIR_UUID];
	struct dir_sync_cookie cookie;
};
int dir_sync_state(const void *data, size_t n, struct dir_sync_state *out);

/* Between entries. */
enum dir_sync_kind {
	DIR_SYNC_NEW_COOKIE,
	DIR_SYNC_REFRESH_DELETE,  /* the delete phase is over: done says whether the refresh is */
	DIR_SYNC_REFRESH_PRESENT, /* the present phase is over: what was not named is gone */
	DIR_SYNC_ID_SET,	  /* deletes: these are gone, else they are present */
};
struct dir_sync_info {
	enum dir_sync_kind kind;
	bool done, deletes;
	struct dir_sync_cookie cookie;
	size_t count; /* of the set, each told to each() once all of it is known to be right */
};
int dir_sync_info(const void *data, size_t n, struct dir_sync_info *out,
		  void (*each)(void *arg, const uint8_t uuid[DIR_UUID]), void *arg);

/* At the end of a search, when the server ends it. */
struct dir_sync_done {
	bool deletes;
	struct dir_sync_cookie cookie;
};
int dir_sync_done(const void *data, size_t n, struct dir_sync_done *out);

struct buf;
/* Appends the value of the request control for refreshAndPersist.  cookie: n 0 = none, at most
 * DIR_SYNC_COOKIE_MAX. */
void dir_sync_request(struct buf *out, const void *cookie, size_t n);

void dir_uuid_text(const uint8_t uuid[DIR_UUID], char out[DIR_UUID_TEXT]); /* RFC 4122 form */
int dir_uuid_from(const char *text, uint8_t out[DIR_UUID]);		   /* -1: it is none */
#endif
