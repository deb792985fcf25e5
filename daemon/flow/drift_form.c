/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "common/canon.h"
#include "daemon/flow/drift_form.h"

#define VALUE_MAX 2000
#define LOCKED_FOR_EVER "000001010000Z" /* by hand or by hopthud; ppolicy's own lock has a time */

/* --- names ----------------------------------------------------------------------------------- */

char *
drift_key(const char *dn)
{
	struct buf b = BUF_INIT;
	bool quoted = false;

	for (const char *p = dn; *p; p++) {
		bool comma = *p == ',' && !quoted;

		if (comma)
			while (b.len && b.data[b.len - 1] == ' ')
				b.data[--b.len] = '\0';
		buf_char(&b, *p >= 'A' && *p <= 'Z' ? (char)(*p | 0x20) : *p);
		if (comma)
			while (p[1] == ' ')
				p++;
		quoted = *p == '\\' && !quoted;
	}
	return buf_steal(&b);
}

const char *
drift_rdn(const char *key, const char **parent, struct arena *a)
{
	const char *value = strchr(key, '='), *end = value ? strchr(value, ',') : NULL;

	if (!end || (size_t)(end - key) != strcspn(key, ",+\\\""))
		return NULL;
	*parent = end + 1;
	return arena_strndup(a, value + 1, (size_t)(end - value - 1));
}

const char *
drift_login(const struct flow *f, const char *key, struct arena *a)
{
	AUTO(str) people = xasprintf("ou=people,%s", f->conf->directory.base);
	AUTO(str) wanted = drift_key(people);
	const char *parent = NULL, *value = drift_rdn(key, &parent, a);

	return value && !strncmp(key, "uid=", 4) && !strcmp(parent, wanted) ? value : NULL;
}

/* --- forms ----------------------------------------------------------------------------------- */

/* slapd's own, or whose and when, which the record says elsewhere. */
static bool
is_bookkeeping(const char *name)
{
	static const char *const names[] = { "entryUUID", "entryCSN", "modifiersName", "modifyTimestamp",
					     "creatorsName", "createTimestamp", "contextCSN",
					     "structuralObjectClass", "entryDN", "subschemaSubentry",
					     "hasSubordinates", "pwdFailureTime", "pwdGraceUseTime",
					     "pwdLastSuccess", "authTimestamp", "pwdReset" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (!strcasecmp(names[i], name))
			return true;
	return false;
}

static const char *
plan_name(const char *name)
{
	for (int n = 0; n < PLAN_ATTR_COUNT; n++)
		if (!strcasecmp(plan_attr_names[n], name))
			return plan_attr_names[n];
	return name;
}

static char *
value_text(const struct dir_value *v)
{
	json_t *text = v->len <= VALUE_MAX && !memchr(v->data, '\0', v->len) ?
			       json_stringn(v->data, v->len) : NULL;
	uint8_t hash[DIGEST_LEN];
	struct buf b = BUF_INIT;

	if (text) {
		json_decref(text);
		return xstrndup(v->data, v->len);
	}
	digest_sha256(v->data, v->len, hash);
	buf_str(&b, "sha256:");
	buf_hex(&b, hash, sizeof(hash));
	buf_printf(&b, " (%zu bytes)", v->len);
	return buf_steal(&b);
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* An array of the texts, sorted. */
static json_t *
sorted(const char **texts, size_t n)
{
	json_t *list = json_array();

	qsort(texts, n, sizeof(*texts), by_bytes);
	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_string(texts[i]));
	return list;
}

static bool
own_lock(const struct dir_attr *a)
{
	return !strcasecmp(a->name, "pwdAccountLockedTime") &&
	       (a->count != 1 || strcmp(a->values[0].data, LOCKED_FOR_EVER));
}

json_t *
drift_form_entry(const struct dir_entry *e)
{
	json_t *form = json_object();

	for (size_t i = 0; i < e->count; i++) {
		const struct dir_attr *at = &e->attrs[i];
		char **texts;

		if (is_bookkeeping(at->name) || own_lock(at) || !at->count)
			continue;
		texts = xcalloc(at->count, sizeof(*texts));
		for (size_t v = 0; v < at->count; v++)
			texts[v] = value_text(&at->values[v]);
		json_object_set_new(form, plan_name(at->name), sorted((const char **)texts, at->count));
		for (size_t v = 0; v < at->count; v++)
			free(texts[v]);
		free(texts);
	}
	return form;
}

static json_t *
values_of(const char *joined)
{
	json_t *list = json_array();

	for (const char *p = joined; *p; p += *p == '\n') {
		size_t n = strcspn(p, "\n");

		json_array_append_new(list, json_stringn(p, n));
		p += n;
	}
	return list;
}

static void
lay_over(json_t *form, const char *beyond)
{
	AUTO(json) more = drift_form_text(beyond);
	const char *name;
	json_t *values;

	json_object_foreach(more, name, values)
	{
		if (json_is_array(values))
			json_object_set(form, name, values);
		else
			json_object_del(form, name);
	}
}

json_t *
drift_form_mailbox(const struct mailbox *m, const char *beyond)
{
	AUTO(arena) a = arena_new();
	json_t *form = json_pack("{s:[s,s]}", "objectClass", "hopthuMailbox", "inetOrgPerson");

	for (int n = 0; n < PLAN_ATTR_COUNT; n++) {
		const char *v = plan_attr_get(m, (enum plan_attr)n, a);

		if (*v)
			json_object_set_new(form, plan_attr_names[n], values_of(v));
	}
	if (beyond)
		lay_over(form, beyond);
	return form;
}

json_t *
drift_form_text(const char *text)
{
	json_t *form = text && *text ? json_loads(text, 0, NULL) : NULL;

	if (json_is_object(form))
		return form;
	json_decref(form);
	return json_object();
}

static bool
standard_classes(const struct dir_attr *a)
{
	return a->count == 2 && ((!strcmp(a->values[0].data, "inetOrgPerson") &&
				  !strcmp(a->values[1].data, "hopthuMailbox")) ||
				 (!strcmp(a->values[1].data, "inetOrgPerson") &&
				  !strcmp(a->values[0].data, "hopthuMailbox")));
}

bool
drift_form_same(const struct dir_entry *e, const struct mailbox *m, struct arena *a)
{
	for (size_t i = 0; i < e->count; i++) {
		const struct dir_attr *at = &e->attrs[i];

		if (!strcasecmp(at->name, "objectClass") ? !standard_classes(at) :
		    plan_name(at->name) == at->name && !is_bookkeeping(at->name))
			return false;
	}
	for (int n = 0; n < PLAN_ATTR_COUNT; n++) {
		AUTO(str) is = dir_entry_join(e, plan_attr_names[n]);
		const char *kept = plan_attr_get(m, (enum plan_attr)n, a);

		if (n == PLAN_pwdAccountLockedTime && strcmp(is, LOCKED_FOR_EVER))
			is[0] = '\0';
		if (strcmp(is, kept))
			return false;
	}
	return true;
}

/* --- differences ----------------------------------------------------------------------------- */

bool
drift_form_equal(const json_t *was, const json_t *is, const char *name)
{
	const json_t *a = json_object_get(was, name), *b = json_object_get(is, name);

	if (!json_array_size(a) || !json_array_size(b))
		return !json_array_size(a) && !json_array_size(b);
	return json_equal(a, b);
}

bool
drift_form_has(const char *const *names, const char *name)
{
	for (; *names; names++)
		if (!strcmp(*names, name))
			return true;
	return false;
}

/* Keys of one or two objects, ascending, each once. */
static const char **
keys(const json_t *one, const json_t *other, struct arena *a)
{
	const char **list = arena_alloc(a, (json_object_size(one) + json_object_size(other) + 1) *
						   sizeof(*list));
	const char *name;
	json_t *values;
	size_t n = 0;

	json_object_foreach((json_t *)one, name, values)
		list[n++] = arena_strdup(a, name);
	json_object_foreach((json_t *)other, name, values)
		if (!json_object_get(one, name))
			list[n++] = arena_strdup(a, name);
	(void)values;
	qsort(list, n, sizeof(*list), by_bytes);
	return list;
}

const char **
drift_form_diff(const json_t *was, const json_t *is, struct arena *a)
{
	const char **names = keys(was, is, a), **to = names;

	for (const char **from = names; *from; from++)
		if (!drift_form_equal(was, is, *from))
			*to++ = *from;
	*to = NULL;
	return names;
}

void
drift_form_text_of(const json_t *form, const char *const *names, bool null, struct buf *out)
{
	AUTO(arena) a = arena_new();
	struct canon c;

	if (!names)
		names = (const char *const *)keys(form, NULL, a);
	if (null) { /* a form of ours, which canon has no word for */
		AUTO(json) copy = json_object();
		AUTO(str) text = NULL;

		for (; *names; names++) {
			json_t *v = json_object_get(form, *names);

			json_object_set(copy, *names, v ? v : json_null());
		}
		text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
		buf_str(out, text);
		return;
	}
	canon_begin(&c, out);
	for (; *names; names++) {
		const json_t *v = json_object_get(form, *names);
		const char **list = arena_alloc(a, (json_array_size(v) + 1) * sizeof(*list));

		for (size_t i = 0; i < json_array_size(v); i++)
			list[i] = json_string_value(json_array_get(v, i));
		canon_strings(&c, *names, list);
	}
	canon_end(&c);
}

char *
drift_form_join(const json_t *form, const char *name)
{
	return plan_join(json_object_get(form, name));
}
