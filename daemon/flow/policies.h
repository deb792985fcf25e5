/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_POLICIES_H
#define HOPTHU_POLICIES_H

#include "daemon/policy/policy.h"

/*
 * Every policy and calendar of a folder: FOLDER/<name>.conf and FOLDER/calendar/<name>.conf, read once
 * and then unchanging.  What holds for a domain on a day is the file of that domain with the latest
 * valid_from that is not after the day; when it has none, that of the domain "*"; else what is
 * built in.
 */
struct policies;

/*
 * A folder that does not exist gives what is built in, alone.  NULL and ERR_CONFIG with the first of
 * the mistakes when anything is wrong.  Free with policies_free.
 */
struct policies *policies_load(const char *dir, struct err *e);
/* The same, with a line "FILE:LINE: what" for every mistake appended to wrong. */
struct policies *policies_load_all(const char *dir, struct buf *wrong);
void policies_free(struct policies *p);

/* Never NULL.  day: "2026-11-23". */
const struct policy *policies_find(const struct policies *p, const char *domain, const char *day);
const struct policy *policies_builtin(const struct policies *p);
/* Does a file name this domain, on whatever day? */
bool policies_serve(const struct policies *p, const char *domain);
/* The domains that files name, sorted, without "*"; NULL behind the last. */
const char *policies_domain(const struct policies *p, size_t n);
/* Every file's policy, by domain and valid_from; NULL behind the last. */
const struct policy *policies_at(const struct policies *p, size_t n);
/* Never NULL: one without any year when there is no file of this name. */
const struct calendar *policies_calendar(const struct policies *p, const char *name);
/*
 * The years from first to last of which a calendar that some policy names has no file: a line for each
 * is appended.  Terms that reach into one of them are wrong by its holidays.
 */
void policies_unknown_years(const struct policies *p, int first, int last, struct buf *out);
/* Was there no folder? */
bool policies_missing(const struct policies *p);
/* SHA-256 over all files, DIGEST_LEN: changes whenever a byte of one does. */
const uint8_t *policies_digest(const struct policies *p);

/* One file's text, which is changed by it, as policy_read and calendar_take have it. */
struct policy *policies_parse(const char *file, char *text, struct buf *wrong);
#endif
