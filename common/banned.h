/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_BANNED_H
#define HOPTHU_BANNED_H
/*
 * Functions that cannot be used safely become compile errors.  Included by
 * mem.h, which every .c file of ours includes after the system's headers.
 */
/* With _FORTIFY_SOURCE these define some of them as inline functions: that must have happened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(f) hopthu_banned_##f
#undef strcpy
#define strcpy(d, s) BANNED(strcpy)
#undef strcat
#define strcat(d, s) BANNED(strcat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(...) BANNED(vsprintf)
#undef strtok
#define strtok(s, d) BANNED(strtok)
#undef atoi
#define atoi(s) BANNED(atoi)
#undef localtime
#define localtime(t) BANNED(localtime)
#undef gmtime
#define gmtime(t) BANNED(gmtime)
#undef system
#define system(c) BANNED(system)
#endif
