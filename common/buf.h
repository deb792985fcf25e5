/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_BUF_H
#define HOPTHU_BUF_H

#include <stdint.h>

#include "common/mem.h"

/* A growing string of bytes, always followed by a NUL that len does not count. */
struct buf {
	char *data; /* "" when empty, never NULL */
	size_t len;
	size_t size; /* 0: data is not allocated */
};

extern char buf_empty[1];
#define BUF_INIT { .data = buf_empty, .len = 0, .size = 0 }

void buf_init(struct buf *b);
void buf_release(struct buf *b); /* back to BUF_INIT */
void buf_clear(struct buf *b);   /* empty, memory kept */
void buf_add(struct buf *b, const void *data, size_t n);
void buf_str(struct buf *b, const char *s);
void buf_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void buf_hex(struct buf *b, const void *data, size_t n); /* lower case */
char *buf_steal(struct buf *b); /* caller frees; b is empty again */

typedef struct buf auto_type_buf;
static inline void
auto_buf(struct buf *b)
{
	buf_release(b);
}
#endif
