/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/policy/policy.h"

const struct policy_key_entry policy_key_table[RULE_COUNT] = {
#define X(ID, name, type, use, allowed, def, help) \
	{ name, POLICY_##type, POLICY_##use, allowed, def, help },
	POLICY_KEYS(X)
#undef X
};

const char *const policy_key_names[RULE_COUNT + 1] = {
#define X(ID, name, type, use, allowed, def, help) name,
	POLICY_KEYS(X)
#undef X
	NULL
};

int
policy_key_find(const char *name)
{
	for (int k = 0; k < RULE_COUNT; k++)
		if (!strcmp(policy_key_table[k].name, name))
			return k;
	return -1;
}
