/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/policy/policy_private.h"

#define VALUES_MAX 64

static void
set_default(struct policy *p, enum policy_key k)
{
	const char *values[VALUES_MAX] = { NULL };
	struct err e = ERR_INIT;
	char *copy, *save, *v;
	size_t n = 0;

	p->rules[k].basis = p->rules[k].note = "";
	if (!policy_key_table[k].def)
		return;
	copy = arena_strdup(p->arena, policy_key_table[k].def);
	for (v = strtok_r(copy, "|", &save); v; v = strtok_r(NULL, "|", &save))
		values[n++] = v;
	BUG_ON(policy_set(p, k, values, &e)); /* the table contradicts itself */
}

struct policy *
policy_defaults(void)
{
	struct arena *a = arena_new();
	struct policy *p = arena_alloc(a, sizeof(*p));

	p->arena = a;
	p->file = p->document = p->valid_from = p->domain = "";
	for (int k = 0; k < RULE_COUNT; k++)
		set_default(p, (enum policy_key)k);
	return p;
}

struct policy *
policy_builtin(void)
{
	struct policy *p = policy_defaults();
	AUTO(buf) b = BUF_INIT;

	p->domain = "*";
	p->valid_from = "0001-01-01";
	p->document = "hopthu";
	for (int k = 0; k < RULE_COUNT; k++) {
		buf_printf(&b, "%s = ", policy_key_table[k].name);
		policy_value_text(p, (enum policy_key)k, &b);
		buf_char(&b, '\n');
	}
	digest_sha256(b.data, b.len, p->digest);
	return p;
}

void
policy_free(struct policy *p)
{
	if (p)
		arena_free(p->arena); /* it lies in there itself */
}

const char *
policy_domain(const struct policy *p)
{
	return p->domain;
}

const char *
policy_document(const struct policy *p)
{
	return p->document;
}

const char *
policy_valid_from(const struct policy *p)
{
	return p->valid_from;
}

const char *
policy_file(const struct policy *p)
{
	return p->file;
}

const uint8_t *
policy_digest(const struct policy *p)
{
	return p->digest;
}

static const struct rule *
rule_of(const struct policy *p, enum policy_key k, enum policy_type a, enum policy_type b)
{
	BUG_ON(policy_key_table[k].type != a && policy_key_table[k].type != b);
	return &p->rules[k];
}

const char *const *
policy_list(const struct policy *p, enum policy_key k)
{
	static const char *const none[] = { NULL };
	const struct rule *r = rule_of(p, k, POLICY_TEMPLATES, POLICY_WORDS);

	return r->values && !r->none ? r->values : none;
}

struct policy_term
policy_term(const struct policy *p, enum policy_key k)
{
	const struct rule *r = rule_of(p, k, POLICY_TERM, POLICY_TERM);
	struct policy_term never = { -1, POLICY_DAYS };

	return r->values ? r->term : never;
}

int64_t
policy_number(const struct policy *p, enum policy_key k)
{
	const struct rule *r = rule_of(p, k, POLICY_NUMBER, POLICY_SIZE);

	return r->values ? r->number : -1;
}

const char *
policy_text(const struct policy *p, enum policy_key k)
{
	const struct rule *r = rule_of(p, k, POLICY_TEXT, POLICY_TEXT);

	return r->values ? r->values[0] : "";
}

bool
policy_flag(const struct policy *p, enum policy_key k)
{
	return rule_of(p, k, POLICY_FLAG, POLICY_FLAG)->flag;
}

bool
policy_has(const struct policy *p, enum policy_key k)
{
	return p->rules[k].values != NULL;
}

unsigned
policy_line(const struct policy *p, enum policy_key k)
{
	return p->rules[k].line;
}

const char *
policy_basis(const struct policy *p, enum policy_key k)
{
	return p->rules[k].basis;
}

const char *
policy_note(const struct policy *p, enum policy_key k)
{
	return p->rules[k].note;
}

void
policy_value_text(const struct policy *p, enum policy_key k, struct buf *out)
{
	const struct rule *r = &p->rules[k];

	for (size_t i = 0; r->values && r->values[i]; i++)
		buf_printf(out, "%s%s", i ? ", " : "", r->values[i]);
}

const char *
policy_use_word(enum policy_use u)
{
	static const char *const words[] = { "enforced", "told", "directory", "recorded" };

	return words[u];
}
