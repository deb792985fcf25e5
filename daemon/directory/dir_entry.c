/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "daemon/directory/dir_int.h"

/* No entry of ours has more; the rest of a longer one is not looked at. */
#define ATTRS_MAX 512

static char *
copy(struct arena *a, const struct berval *bv)
{
	char *s = arena_alloc(a, bv->bv_len + 1);

	if (bv->bv_len)
		memcpy(s, bv->bv_val, bv->bv_len);
	return s;
}

static void
add_attr(struct arena *a, struct dir_attr *attr, const struct berval *name,
	 const struct berval *vals)
{
	struct dir_value *values;
	size_t count = 0;

	while (vals && vals[count].bv_val)
		count++;
	values = arena_alloc(a, count * sizeof(*values));
	for (size_t i = 0; i < count; i++) {
		values[i].data = copy(a, &vals[i]);
		values[i].len = vals[i].bv_len;
	}
	*attr = (struct dir_attr){ .name = copy(a, name), .count = count, .values = values };
}

/* ber stands behind "{m{": at the first attribute. */
static struct dir_entry *
read_attrs(struct arena *a, BerElement *ber, const struct berval *dn)
{
	struct dir_entry *entry = arena_alloc(a, sizeof(*entry));
	struct dir_attr found[ATTRS_MAX], *attrs;
	size_t n = 0;
	ber_len_t left = 0;

	entry->dn = copy(a, dn);
	while (n < ATTRS_MAX && ber_get_option(ber, LBER_OPT_REMAINING_BYTES, &left) == 0 && left) {
		struct berval name, *vals = NULL;
		ber_len_t size = sizeof(struct berval);

		/* In place: the values point into the message. */
		if (ber_scanf(ber, "{mM}", &name, &vals, &size, (ber_len_t)0) == LBER_ERROR)
			return NULL;
		add_attr(a, &found[n++], &name, vals);
		ber_memfree(vals);
	}
	attrs = arena_alloc(a, n * sizeof(*attrs));
	memcpy(attrs, found, n * sizeof(*attrs));
	entry->attrs = attrs;
	entry->count = n;
	return entry;
}

/* NULL: the server's BER is broken. */
struct dir_entry *
dir_entry_from_message(struct arena *a, LDAP *ld, LDAPMessage *m)
{
	struct dir_entry *entry;
	struct berval dn;
	BerElement *ber = NULL;

	if (ldap_get_dn_ber(ld, m, &ber, &dn) != LDAP_SUCCESS)
		return NULL;
	entry = read_attrs(a, ber, &dn);
	ber_free(ber, 0); /* the bytes are the message's */
	return entry;
}

/* RFC 4527: the value is a SearchResultEntry. */
struct dir_entry *
dir_entry_from_control(struct arena *a, const struct berval *value)
{
	struct dir_entry *entry = NULL;
	struct berval dn;
	ber_len_t len = 0;
	BerElement *ber = ber_init((struct berval *)value);

	if (!ber)
		return NULL;
	if (ber_scanf(ber, "{ml{", &dn, &len) != LBER_ERROR &&
	    ber_set_option(ber, LBER_OPT_REMAINING_BYTES, &len) == LBER_OPT_SUCCESS)
		entry = read_attrs(a, ber, &dn);
	ber_free(ber, 1);
	return entry;
}

const char *
dir_entry_get(const struct dir_entry *entry, const char *name)
{
	for (size_t i = 0; entry && i < entry->count; i++)
		if (!strcasecmp(entry->attrs[i].name, name))
			return entry->attrs[i].count ? entry->attrs[i].values[0].data : NULL;
	return NULL;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(((const struct dir_value *)a)->data, ((const struct dir_value *)b)->data);
}

char *
dir_entry_join(const struct dir_entry *entry, const char *name)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; entry && i < entry->count; i++) {
		const struct dir_attr *a = &entry->attrs[i];
		struct dir_value *sorted;

		if (strcasecmp(a->name, name) || !a->count)
			continue;
		sorted = xcalloc(a->count, sizeof(*sorted));
		memcpy(sorted, a->values, a->count * sizeof(*sorted));
		qsort(sorted, a->count, sizeof(*sorted), by_bytes);
		for (size_t v = 0; v < a->count; v++)
			buf_printf(&b, "%s%s", v ? "\n" : "", sorted[v].data);
		free(sorted);
	}
	return buf_steal(&b);
}
