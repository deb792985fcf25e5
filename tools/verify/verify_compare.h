/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_COMPARE_H
#define HOPTHU_VERIFY_COMPARE_H

#include "tools/verify/verify_copy.h"

/* Two copies that were checked: is the shorter one the beginning of the longer?  Says what is wrong in
 * the report. */
void compare_copies(struct copy *a, struct copy *b, struct report *report);
#endif
