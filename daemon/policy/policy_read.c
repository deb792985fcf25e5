/* SPDX-License-Identifier: BSD-2-Clause */
/* The entries of a file become a policy, or a line for each mistake. */
#include <string.h>

#include "common/text.h"
#include "daemon/policy/policy_private.h"

#define VALUES_MAX 256
#define TEXT_MAX 1000

struct reading {
	struct policy *policy;
	struct policy_wrong wrong;
	/* the rule that is being read; -1: none, or one that is told already */
	int rule;
	const char *inside; /* its name as written; NULL: no rule is open */
	bool value;         /* it has one, right or wrong */
	unsigned line;      /* of its first entry */
	bool seen[RULE_COUNT];
	unsigned top[3]; /* lines of domain, valid_from, document */
};

static const char *const top_keys[] = { "domain", "valid_from", "document", NULL };
static const char *const rule_keys[] = { "value", "legal_basis", "note", NULL };

/* A text in NFC, without anything invisible; NULL when it was told what is wrong. */
static const char *
clean(struct reading *r, const struct policy_entry *en, const char *value)
{
	struct err e = ERR_INIT;
	AUTO(str) t = text_clean(value, strlen(value), &e);

	if (t && strlen(t) <= TEXT_MAX)
		return arena_strdup(r->policy->arena, t);
	if (t)
		policy_wrong(&r->wrong, en->line, "%s is longer than %d bytes", en->key, TEXT_MAX);
	else
		policy_wrong(&r->wrong, en->line, "%s: %s", en->key, e.msg);
	return NULL;
}

static const char *
one_text(struct reading *r, const struct policy_entry *en)
{
	const char *t;

	if (!en->values[0] || en->values[1]) {
		policy_wrong(&r->wrong, en->line, "%s takes one text", en->key);
		return NULL;
	}
	t = clean(r, en, en->values[0]);
	if (t && !*t)
		policy_wrong(&r->wrong, en->line, "%s is empty", en->key);
	return t && *t ? t : NULL;
}

static void
unknown_key(struct reading *r, const struct policy_entry *en, const char *const *words)
{
	const char *near = nearest_word(en->key, words);

	policy_wrong(&r->wrong, en->line, "unknown key %.40s; %s%s%s", en->key,
		     near ? "did you mean " : "it must be ",
		     near       ? near
		     : en->rule ? "value, legal_basis or note"
				: "domain, valid_from or document",
		     near ? "?" : "");
}

/* --- the top of the file --- */

static void
set_top(struct reading *r, int n, const struct policy_entry *en, const char *text)
{
	struct policy *p = r->policy;
	struct date d;

	if (n == 0 && strcmp(text, "*") != 0 && !policy_check_domain(text))
		policy_wrong(&r->wrong, en->line,
			     "\"%.80s\" is not possible for domain; it must be a domain in lower "
			     "case such as \"ninhbinh.gov.vn\", or \"*\"",
			     text);
	else if (n == 0)
		p->domain = text;
	else if (n == 1 && !date_parse(text, &d))
		policy_wrong(&r->wrong, en->line,
			     "\"%.80s\" is not possible for valid_from; it must be a day such as "
			     "\"2025-12-10\"",
			     text);
	else if (n == 1)
		p->valid_from = text;
	else
		p->document = text;
}

static void
take_top(struct reading *r, const struct policy_entry *en)
{
	int n = policy_word(en->key, top_keys);
	const char *text;

	if (n < 0) {
		unknown_key(r, en, top_keys);
		return;
	}
	if (r->top[n]) {
		policy_wrong(&r->wrong, en->line, "%s is given a second time (first on line %u)",
			     en->key, r->top[n]);
		return;
	}
	r->top[n] = en->line ? en->line : 1;
	text = one_text(r, en);
	if (text)
		set_top(r, n, en, text);
}

/* --- rules --- */

static void
unknown_rule(struct reading *r, const struct policy_entry *en)
{
	const char *near = nearest_word(en->rule, policy_key_names);
	size_t n = strcspn(en->rule, ".");
	AUTO(buf) list = BUF_INIT;

	for (int k = 0; !near && k < RULE_COUNT; k++)
		if (!strncmp(policy_key_table[k].name, en->rule, n) &&
		    policy_key_table[k].name[n] == '.')
			buf_printf(&list, "%s%s", list.len ? ", " : "", policy_key_table[k].name);
	if (near)
		policy_wrong(&r->wrong, en->line, "unknown rule \"%.60s\"; did you mean \"%s\"?",
			     en->rule, near);
	else if (list.len)
		policy_wrong(&r->wrong, en->line, "unknown rule \"%.60s\"; of these there are %s",
			     en->rule, list.data);
	else
		policy_wrong(&r->wrong, en->line,
			     "unknown rule \"%.60s\"; hopthu-policy(5) lists all that there are",
			     en->rule);
}

static void
begin_rule(struct reading *r, const struct policy_entry *en)
{
	r->inside = en->rule;
	r->line = en->line;
	r->value = false;
	r->rule = policy_key_find(en->rule);
	if (r->rule < 0) {
		unknown_rule(r, en);
	} else if (r->seen[r->rule]) {
		policy_wrong(&r->wrong, en->line,
			     "rule \"%s\" is given a second time (first on line %u)", en->rule,
			     r->policy->rules[r->rule].line);
		r->rule = -1;
	} else {
		r->seen[r->rule] = true;
		r->policy->rules[r->rule].line = en->line ? en->line : 1;
	}
}

static void
end_rule(struct reading *r)
{
	const struct rule *rule = &r->policy->rules[r->rule];
	AUTO(str) folded = text_fold(rule->basis);

	if (!r->value)
		policy_wrong(&r->wrong, r->line, "rule \"%s\" has no value", r->inside);
	if (!*rule->basis)
		policy_wrong(&r->wrong, r->line,
			     "rule \"%s\" has no legal_basis: name the article, or say \"không quy "
			     "định; \" and why it is so",
			     r->inside);
	else if (folded && !strncmp(folded, "khong quy dinh", 14) &&
		 !folded[14 + strspn(folded + 14, " ;:,.")])
		policy_wrong(&r->wrong, r->line,
			     "rule \"%s\": behind \"không quy định\" must stand why it is so",
			     r->inside);
}

static void
take_value(struct reading *r, const struct policy_entry *en)
{
	const char *values[VALUES_MAX + 1] = { NULL };
	struct err e = ERR_INIT;

	r->value = true;
	for (size_t i = 0; en->values[i] && i < VALUES_MAX; i++)
		if (!(values[i] = clean(r, en, en->values[i])))
			return;
	if (policy_set(r->policy, (enum policy_key)r->rule, values, &e))
		policy_wrong(&r->wrong, en->line, "%s: %s", r->inside, e.msg);
}

static void
take_rule(struct reading *r, const struct policy_entry *en)
{
	struct rule *rule;
	const char *text;
	int n;

	if (!r->inside)
		begin_rule(r, en);
	if (!en->key) {
		if (r->rule >= 0)
			end_rule(r);
		r->inside = NULL;
		return;
	}
	if (r->rule < 0)
		return; /* told already */
	rule = &r->policy->rules[r->rule];
	n = policy_word(en->key, rule_keys);
	if (n < 0) {
		unknown_key(r, en, rule_keys);
	} else if (n == 0 ? r->value : n == 1 ? *rule->basis : *rule->note) {
		policy_wrong(&r->wrong, en->line, "%s of rule \"%s\" is given a second time",
			     en->key, r->inside);
	} else if (n == 0) {
		take_value(r, en);
	} else if ((text = one_text(r, en))) {
		if (n == 1)
			rule->basis = text;
		else
			rule->note = text;
	} else if (n == 1) {
		rule->basis = "?"; /* what is wrong with it is told */
	}
}

/* --- the whole --- */

static void
check_top(struct reading *r)
{
	static const char *const examples[] = { "domain = \"ninhbinh.gov.vn\"",
						"valid_from = \"2025-12-10\"",
						"document = \"QĐ 162/2025/QĐ-UBND ...\"" };

	for (int i = 0; i < 3; i++)
		if (!r->top[i])
			policy_wrong(&r->wrong, 0, "%s is missing: %s", top_keys[i], examples[i]);
}

struct policy *
policy_read(const char *file, const struct policy_entry *entries, size_t count, const char *text,
	    size_t len, struct buf *wrong)
{
	struct policy *p = policy_defaults();
	struct reading r = { .policy = p, .wrong = { file, wrong, 0 }, .rule = -1 };

	p->file = arena_strdup(p->arena, file);
	digest_sha256(text, len, p->digest);
	for (size_t i = 0; i < count; i++)
		if (entries[i].rule)
			take_rule(&r, &entries[i]);
		else
			take_top(&r, &entries[i]);
	check_top(&r);
	if (!r.wrong.count)
		return p;
	policy_free(p);
	return NULL;
}
