/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "daemon/policy/policy_private.h"

/* slapd keeps it in an int: 68 years. */
static int64_t
seconds(struct policy_term t)
{
	int64_t s = policy_term_hours(t) * INT64_C(3600);

	if (t.count < 0)
		return 0; /* a password that does not grow old */
	return s < INT32_MAX ? s : INT32_MAX;
}

void
policy_password(const struct policy *p, struct policy_password *out)
{
	out->in_history = policy_number(p, RULE_PASSWORD_HISTORY);
	out->max_age = seconds(policy_term(p, RULE_PASSWORD_MAX_AGE));
	out->max_failure = policy_number(p, RULE_PASSWORD_MAX_FAILURES);
	out->min_length = policy_number(p, RULE_PASSWORD_LENGTH);
	out->must_change = policy_flag(p, RULE_PASSWORD_MUST_CHANGE);
}

static void
attribute(struct buf *ldif, const char *name, int64_t value)
{
	buf_printf(ldif, "replace: %s\n%s: %" PRId64 "\n-\n", name, name, value);
}

void
policy_ppolicy(const struct policy *p, const char *dn, struct buf *ldif)
{
	struct policy_password w;

	policy_password(p, &w);
	buf_printf(ldif, "dn: %s\nchangetype: modify\n", dn);
	attribute(ldif, "pwdMinLength", w.min_length);
	attribute(ldif, "pwdMaxAge", w.max_age);
	attribute(ldif, "pwdInHistory", w.in_history);
	attribute(ldif, "pwdMaxFailure", w.max_failure);
	buf_str(ldif, "replace: pwdLockout\npwdLockout: TRUE\n-\n");
	buf_printf(ldif, "replace: pwdMustChange\npwdMustChange: %s\n-\n",
		   w.must_change ? "TRUE" : "FALSE");
}
