/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_BENCH_WORLD_H
#define HOPTHU_BENCH_WORLD_H

#include "daemon/flow/flow.h"

/* A daemon's inside without door and directory: a new database in a folder of its own, the policy
 * of a folder, and the agency "snv".  Anything that goes wrong ends the program. */
struct world {
	char *dir, *file; /* of the database */
	struct conf conf;
	struct store *store;
	struct loop *loop;
	struct flow *flow;
};
#define WORLD_DOMAIN "binhduong.gov.vn"
#define WORLD_AGENCY "snv"

/* policy_dir NULL: what is built in. */
void world_open(struct world *w, const char *policy_dir);
void world_close(struct world *w); /* the folder goes too */

/* Something else writes the database's file while it is closed. */
void world_fill(struct world *w, void (*fill)(const char *file));

/* A unit around what writes, with the record that each unit must have; world_end commits. */
void world_begin(struct world *w);
void world_end(struct world *w);

void world_check(int rc, const struct err *e); /* ends the program unless rc is 0 */
/* Seconds: of the clock, and of processor time that this program used. */
double world_clock(void);
double world_cpu(void);
/* The most MiB of memory this program had since world_memory_reset. */
double world_memory(void);
void world_memory_reset(void);
#endif
