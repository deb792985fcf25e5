/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_HELP_H
#define HOPTHU_HELP_H

#include "tools/ctl.h"

/* Help on everything (noun NULL), on a noun (verb NULL or not of it), or on a command. */
void help_on(const char *noun, const char *verb);
/* `hopthuctl` alone: what to do next.  The exit status. */
int help_home(struct ctl *c);
/* The nouns with their verbs, a line each. */
void help_nouns(FILE *out);
#endif
