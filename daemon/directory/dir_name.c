/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/directory/dir_int.h"

/* Attribute types are words of our own code, never of a person. */
static void
add_type(struct buf *b, const char *type)
{
	static const char allowed[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.;-";

	BUG_ON(!*type || type[strspn(type, allowed)]);
	buf_str(b, type);
}

/* RFC 4514 section 2.4; control characters in hexadecimal, so that a log line stays one line. */
char *
dir_dn(const char *rdn_type, const char *rdn_value, const char *parent_dn)
{
	AUTO(buf) b = BUF_INIT;
	size_t n = strlen(rdn_value);

	add_type(&b, rdn_type);
	buf_char(&b, '=');
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)rdn_value[i];
		bool edge = (c == ' ' && (i == 0 || i == n - 1)) || (c == '#' && i == 0);

		if (c < ' ' || c == 0x7f) {
			buf_printf(&b, "\\%02x", c);
			continue;
		}
		if (edge || strchr("\"+,;<>\\", c))
			buf_char(&b, '\\');
		buf_char(&b, (char)c);
	}
	if (parent_dn && *parent_dn) {
		buf_char(&b, ',');
		buf_str(&b, parent_dn);
	}
	return buf_steal(&b);
}

/* RFC 4515 section 3 needs this for NUL ( ) * \; for more it is allowed, and then whatever bytes
 * the value has, the filter is plain ASCII. */
static void
add_value(struct buf *b, const char *value)
{
	size_t n = strlen(value);

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)value[i];
		bool edge = c == ' ' && (i == 0 || i == n - 1);

		if (c < ' ' || c >= 0x7f || edge || strchr("()*\\", c))
			buf_printf(b, "\\%02x", c);
		else
			buf_char(b, (char)c);
	}
}

static char *
compare(const char *type, const char *how, const char *value)
{
	AUTO(buf) b = BUF_INIT;

	buf_char(&b, '(');
	add_type(&b, type);
	buf_str(&b, how);
	add_value(&b, value);
	buf_char(&b, ')');
	return buf_steal(&b);
}

char *
dir_filter_equal(const char *type, const char *value)
{
	return compare(type, "=", value);
}

char *
dir_filter_at_least(const char *type, const char *value)
{
	return compare(type, ">=", value);
}

char *
dir_filter_present(const char *type)
{
	AUTO(buf) b = BUF_INIT;

	buf_char(&b, '(');
	add_type(&b, type);
	buf_str(&b, "=*)");
	return buf_steal(&b);
}

char *
dir_filter_and(const char *const *parts)
{
	AUTO(buf) b = BUF_INIT;

	buf_str(&b, "(&");
	for (; *parts; parts++) {
		BUG_ON(**parts != '(');
		buf_str(&b, *parts);
	}
	buf_char(&b, ')');
	return buf_steal(&b);
}

char *
dir_filter_not(const char *part)
{
	AUTO(buf) b = BUF_INIT;

	BUG_ON(*part != '(');
	buf_printf(&b, "(!%s)", part);
	return buf_steal(&b);
}
