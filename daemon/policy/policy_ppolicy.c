/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>

#include "daemon/policy/policy_private.h"

static void
attribute(struct buf *ldif, const char *name, long long value)
{
	buf_printf(ldif, "replace: %s\n%s: %lld\n-\n", name, name, value);
}

static long long
seconds(struct policy_term t)
{
	if (t.count < 0)
		return 0; /* a password that does not grow old */
	return t.unit == POLICY_HOURS ? t.count * 3600LL : policy_term_days(t) * 86400LL;
}

void
policy_ppolicy(const struct policy *p, bool admins, const char *dn, struct buf *ldif)
{
	enum policy_key length = admins ? RULE_PASSWORD_LENGTH_ADMIN : RULE_PASSWORD_LENGTH;
	enum policy_key age = admins ? RULE_PASSWORD_MAX_AGE_ADMIN : RULE_PASSWORD_MAX_AGE;
	enum policy_key history = admins ? RULE_PASSWORD_HISTORY_ADMIN : RULE_PASSWORD_HISTORY;
	bool change = policy_flag(p, RULE_PASSWORD_MUST_CHANGE);

	buf_printf(ldif, "dn: %s\nchangetype: modify\n", dn);
	attribute(ldif, "pwdMinLength", policy_number(p, length));
	attribute(ldif, "pwdMaxAge", seconds(policy_term(p, age)));
	attribute(ldif, "pwdInHistory", policy_number(p, history));
	attribute(ldif, "pwdMaxFailure", policy_number(p, RULE_PASSWORD_MAX_FAILURES));
	buf_str(ldif, "replace: pwdLockout\npwdLockout: TRUE\n-\n");
	buf_printf(ldif, "replace: pwdMustChange\npwdMustChange: %s\n-\n",
		   change ? "TRUE" : "FALSE");
	/* 2: what cannot be looked at, because it came hashed, is refused */
	attribute(ldif, "pwdCheckQuality", 2);
}
