/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_TABLE_H
#define HOPTHU_VERIFY_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/mem.h"

/* Numbers by number, 16 bytes an entry, for as much of the log as is open at one time. */
struct table {
	uint64_t (*slot)[2]; /* key (0: free), value */
	size_t size, count;
};

void table_release(struct table *t);
/* NULL when there is none.  Valid until the next change. */
uint64_t *table_find(const struct table *t, uint64_t key);
void table_put(struct table *t, uint64_t key, uint64_t value); /* key is not 0 */
void table_drop(struct table *t, uint64_t key);
/* In no order.  The table must not be changed meanwhile. */
void table_each(const struct table *t, void (*each)(void *arg, uint64_t key, uint64_t value),
		void *arg);

/* A key for a text, another one in each run, never 0: nobody can choose texts that meet. */
uint64_t table_key(const char *s, size_t n);
#endif
