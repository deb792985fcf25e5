/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_POLICY_JSON_H
#define HOPTHU_POLICY_JSON_H

#include "common/json.h"
#include "daemon/policy/policy.h"

/* A policy as the door shows it.  The caller owns what is returned. */

/* domain, document, valid_from, file, digest */
json_t *policy_head_json(const struct policy *p);
/* Every rule that has a value. */
json_t *policy_rules_json(const struct policy *p);
/* The rules whose value is another: before and after. */
json_t *policy_changes_json(const struct policy *before, const struct policy *after);

/* Whose limits are explained. */
struct policy_subject {
	const char *address;
	bool exists; /* else: of a member of staff, as if there were one */
	enum kind kind;
	enum policy_rank rank;
	const char *rank_text, *title; /* as the letters said */
	const char *agency, *agency_kind;
	int64_t quota;         /* that it has */
	const char *purge_due; /* when it is closed: until when its data stay; else "" */
	bool purged;
	bool own_domain;       /* hopthud's, whose password rules the directory has */
	struct date today;
	const struct calendar *calendar;
};
/* Every limit that holds for it: rule, value, what that means for it, and on what it rests. */
json_t *policy_limits_json(const struct policy *p, const struct policy_subject *s);
#endif
