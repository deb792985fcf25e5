/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "daemon/flow/policies.h"
#include "tests/fuzz/fuzz.h"

/* A file of rules: a policy whose every value can be asked for, or lines that can be printed. */
static void
check_policy(const struct policy *p)
{
	AUTO(buf) b = BUF_INIT;
	struct date d;

	BUG_ON(!date_parse(policy_valid_from(p), &d) || !*policy_document(p));
	for (int k = 0; k < RULE_COUNT; k++) {
		buf_clear(&b);
		policy_value_text(p, (enum policy_key)k, &b);
		BUG_ON(policy_has(p, (enum policy_key)k) != (b.len > 0));
		BUG_ON(text_invalid(b.data, b.len) >= 0);
		BUG_ON(policy_line(p, (enum policy_key)k) && !*policy_basis(p, (enum policy_key)k));
	}
	for (int r = RANK_STAFF; r <= RANK_DEPARTMENT_HEAD; r++) {
		(void)policy_grace(p, (enum policy_rank)r, BASIS_RETIREMENT);
		BUG_ON(policy_quota(p, KIND_PERSON, (enum policy_rank)r) < 0);
	}
	policy_ppolicy(p, "cn=x", &b);
	(void)policy_rank(p, KIND_PERSON, policy_document(p), policy_text(p, RULE_REQUEST_BY));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1);
	AUTO(buf) wrong = BUF_INIT;
	struct policy *p;

	memcpy(text, data, size);
	text[size] = '\0'; /* a NUL in a file is refused before */
	p = policies_parse("f", text, &wrong);
	BUG_ON(!p == !wrong.len);
	BUG_ON(wrong.len && (strncmp(wrong.data, "f:", 2) || wrong.data[wrong.len - 1] != '\n'));
	if (p)
		check_policy(p);
	policy_free(p);
	free(text);
	return 0;
}
