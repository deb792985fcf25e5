/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_POLICY_TRY_H
#define HOPTHU_POLICY_TRY_H
/* What the tests of policies share; after cmocka.h. */

#include "daemon/flow/policies.h"

#define HEAD "domain = \"x.gov.vn\"\nvalid_from = \"2026-01-01\"\ndocument = \"QĐ 1\"\n"

static inline struct policies *
load_shipped(void)
{
	struct err e = ERR_INIT;
	struct policies *p = policies_load(SRCDIR "/etc/policy", &e);

	if (!p)
		fail_msg("%s", e.msg);
	return p;
}

static inline void
term_is(struct policy_term t, const char *expected)
{
	AUTO(buf) b = BUF_INIT;

	policy_term_text(t, &b);
	assert_string_equal(b.data, expected);
}

/* Caller frees with policy_free. */
static inline struct policy *
parse(const char *text)
{
	AUTO(str) copy = xstrdup(text);
	AUTO(buf) wrong = BUF_INIT;
	struct policy *p = policies_parse("f", copy, &wrong);

	if (!p)
		fail_msg("refused: %s\n%s", text, wrong.data);
	assert_string_equal(wrong.data, "");
	return p;
}
#endif
