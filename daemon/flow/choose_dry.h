/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CHOOSE_DRY_H
#define HOPTHU_CHOOSE_DRY_H

#include "daemon/flow/choose.h"

/* For choose.c only. */
bool choose_dry_has(const struct choose_dry *d, const char *local);
/* Where counting goes on for a name, of this dry run or (d NULL) of all real ones. */
struct hint *choose_hint(struct choose_dry *d, struct flow *f, const char *plain);
#endif
