/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_MEM_H
#define HOPTHU_MEM_H

#include <stddef.h>
#include <stdlib.h>

/* Memory.  x-functions never return NULL: out of memory ends the process (the queue is durable). */
void *xmalloc(size_t n);
void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t n);
char *xstrdup(const char *s);
char *xstrndup(const char *s, size_t n);
/* Caller frees.  */
char *xasprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Overwrites a secret, then frees it.  NULL is fine. */
void secret_free(char *secret);
/* free and realloc that overwrite what they give back: for libraries through whose buffers the
 * bytes of strangers pass. */
void wiping_free(void *p);
void *wiping_realloc(void *p, size_t n);

/* Arena: everything of one job, command or row is freed at once. */
struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *a); /* NULL is fine */
void *arena_alloc(struct arena *a, size_t n); /* zeroed */
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#define MUST_USE __attribute__((warn_unused_result))

/* Scope lifetime: AUTO(buf) b = BUF_INIT; is released on every way out of the block. */
#define AUTO(type) __attribute__((cleanup(auto_##type))) auto_type_##type
/* Hands the pointer over to somebody who outlives the scope. */
#define STEAL(p) __extension__({ __typeof__(p) steal_ = (p); (p) = NULL; steal_; })

typedef char *auto_type_str;
static inline void
auto_str(char **s)
{
	free(*s);
}

typedef struct arena *auto_type_arena;
static inline void
auto_arena(struct arena **a)
{
	arena_free(*a);
}

typedef int auto_type_fd; /* -1 is "none" */
void auto_fd(int *fd);

/* A broken invariant of ours.  Never for bytes from a peer, the directory, the disk or a file. */
#define BUG_ON(cond) \
	do { \
		if (__builtin_expect(!!(cond), 0)) \
			bug_at(__FILE__, __LINE__, #cond); \
	} while (0)
void bug_at(const char *file, int line, const char *what) __attribute__((noreturn));

#include "common/banned.h"
#endif
