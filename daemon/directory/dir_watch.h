/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DIR_WATCH_H
#define HOPTHU_DIR_WATCH_H

#include "common/buf.h"
#include "daemon/directory/dir.h"
#include "daemon/directory/dir_sync.h"

/*
 * What happens in the directory, whoever does it: content synchronization (RFC 4533) of everything
 * below the base, on a connection of its own.  A refresh tells what became different since the cookie,
 * then every change is told as it happens.  The watch remembers nothing: who listens keeps the cookie
 * and decides.  That something was not named says nothing yet: who hears `named` has to look.
 */
struct dir_watch;

enum dir_watch_state {
	DIR_WATCH_AWAY,     /* no connection: dir_watch_reason */
	DIR_WATCH_REFRESH,  /* is told what is different */
	DIR_WATCH_PERSIST,  /* hears of every change at once */
	DIR_WATCH_IMPOSSIBLE, /* the directory cannot do it, or not for us */
};

/* Called in this order for one connection; none after dir_watch_free.  All are needed. */
struct dir_watch_events {
	/* Appends the cookie to go on from; nothing: from the beginning. */
	void (*resume)(void *arg, struct buf *cookie);
	void (*begin)(void *arg, bool full); /* full: everything there is will be named */
	/* An entry as it is now, new, changed, or of a full refresh. */
	void (*entry)(void *arg, const uint8_t uuid[DIR_UUID], const struct dir_entry *e);
	void (*present)(void *arg, const uint8_t uuid[DIR_UUID]); /* unchanged */
	void (*gone)(void *arg, const uint8_t uuid[DIR_UUID]);    /* the directory says so */
	void (*named)(void *arg);     /* all that is there was named in this refresh */
	void (*refreshed)(void *arg);
	/* Everything told so far lies before it.  Not before the refresh is done. */
	void (*cookie)(void *arg, const void *data, size_t n);
	void (*refused)(void *arg, const char *why); /* the cookie: the next refresh is a full one */
	void (*down)(void *arg, const char *reason);
	void *arg;
};

/* conf as in dir_new.  Connects from the next turn on. */
struct dir_watch *dir_watch_new(struct loop *loop, const struct conf_directory *conf,
				const struct dir_watch_events *ev);
void dir_watch_free(struct dir_watch *w); /* NULL is fine */
void dir_watch_reconfigure(struct dir_watch *w, const struct conf_directory *conf);
enum dir_watch_state dir_watch_state(const struct dir_watch *w);
const char *dir_watch_state_word(enum dir_watch_state s);
const char *dir_watch_reason(const struct dir_watch *w); /* "" when it hears everything */
/* Begins again from the cookie that resume gives: what was told since may be told again. */
void dir_watch_restart(struct dir_watch *w, const char *why);
/* Its connection, for reads that shall not wait behind the queue's. */
struct dir *dir_watch_dir(struct dir_watch *w);
/* Attributes that an entry of the watch has. */
extern const char *const dir_watch_attrs[];
#endif
