/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_FOLLOW_H
#define HOPTHU_FOLLOW_H

#include "daemon/api/api.h"

/*
 * Those who follow the log: calls that wait until there is a record for them.  All are looked after
 * by one timer, some times a second while records come, and one look costs a few microseconds.
 */
#define FOLLOW_MAX_S 60

struct finding; /* of api_search.c */

void follow_init(struct flow *f);
void follow_release(struct flow *f);
/* The call waits for as long as its "timeout" says. */
void follow_begin(struct call *c, struct finding *g);
void follow_end(struct finding *g); /* it waits no more; nothing when it does not wait */
void follow_end_all(void);          /* every one is answered with what there is: nothing */

/* Of api_search.c: is there something for it? ... */
bool finding_look(struct finding *g);
/* ... then it is told, or the time is over. */
void finding_go_on(void *finding);
void finding_give_up(void *finding);
#endif
