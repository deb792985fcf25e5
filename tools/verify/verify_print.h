/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VERIFY_PRINT_H
#define HOPTHU_VERIFY_PRINT_H

#include "common/json.h"
#include "tools/verify/verify_copy.h"

/* What was found, for people and for machines. */
void print_copy(const struct copy *c, enum lang lang, struct buf *out);
json_t *print_copy_json(const struct copy *c);
/* The verdict with its first reason, faults, what is missing, what is told. */
void print_report(const struct report *r, enum lang lang, struct buf *out);
void print_verdict(const struct report *r, enum lang lang, struct buf *out);
void print_report_json(const struct report *r, json_t *into);
/* "2026-11-25 06:59:00 UTC" */
void print_time(uint64_t seconds, struct buf *out);
json_t *print_time_json(uint64_t seconds);
#endif
