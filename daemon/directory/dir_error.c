/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/directory/dir_int.h"

/* RFC 4511 A.1, RFC 4370 section 3, RFC 4528 section 3; the sentences are for a technician. */
static const struct {
	int code;
	enum dir_class class;
	const char *text;
} results[] = {
	{ LDAP_SUCCESS, DIR_OK, "done" },
	{ LDAP_TIMELIMIT_EXCEEDED, DIR_BUSY, "slapd's time limit was exceeded" },
	{ LDAP_SIZELIMIT_EXCEEDED, DIR_REJECTED,
	  "slapd's size limit cut the list; hopthud needs olcLimits without one" },
	{ LDAP_STRONG_AUTH_REQUIRED, DIR_DENIED, "slapd wants a stronger bind or TLS" },
	{ LDAP_ADMINLIMIT_EXCEEDED, DIR_BUSY, "an administrative limit of slapd was exceeded" },
	{ LDAP_UNAVAILABLE_CRITICAL_EXTENSION, DIR_REJECTED,
	  "slapd does not know a control that is needed" },
	{ LDAP_CONFIDENTIALITY_REQUIRED, DIR_DENIED, "slapd wants TLS" },
	{ LDAP_NO_SUCH_ATTRIBUTE, DIR_REJECTED, "the entry does not have that attribute" },
	{ LDAP_UNDEFINED_TYPE, DIR_REJECTED, "slapd does not know an attribute type" },
	{ LDAP_CONSTRAINT_VIOLATION, DIR_REJECTED, "a value breaks a rule of the directory" },
	{ LDAP_TYPE_OR_VALUE_EXISTS, DIR_REJECTED, "the value is there already" },
	{ LDAP_INVALID_SYNTAX, DIR_REJECTED, "a value does not have the form its attribute needs" },
	{ LDAP_NO_SUCH_OBJECT, DIR_ABSENT, "no such entry" },
	{ LDAP_INVALID_DN_SYNTAX, DIR_REJECTED, "the name of the entry is not a DN" },
	{ LDAP_X_PROXY_AUTHZ_FAILURE, DIR_DENIED, "hopthud may not act for this person" },
	{ LDAP_INAPPROPRIATE_AUTH, DIR_DENIED, "this identity cannot bind that way" },
	{ LDAP_INVALID_CREDENTIALS, DIR_DENIED, "the name or the password is wrong" },
	{ LDAP_INSUFFICIENT_ACCESS, DIR_DENIED, "the access rules do not allow it" },
	{ LDAP_BUSY, DIR_BUSY, "slapd is busy" },
	{ LDAP_UNAVAILABLE, DIR_BUSY, "slapd is not available" },
	{ LDAP_UNWILLING_TO_PERFORM, DIR_BUSY, "slapd is not willing to do it now" },
	{ LDAP_NAMING_VIOLATION, DIR_REJECTED, "the name of the entry breaks the schema" },
	{ LDAP_OBJECT_CLASS_VIOLATION, DIR_REJECTED, "the entry breaks the schema" },
	{ LDAP_ALREADY_EXISTS, DIR_EXISTS, "there is an entry of that name already" },
	{ LDAP_OTHER, DIR_BROKEN, "slapd had an internal error" },
	{ LDAP_ASSERTION_FAILED, DIR_ASSERTION, "the entry is not as the plan expected it" },
	{ LDAP_PROXIED_AUTHORIZATION_DENIED, DIR_DENIED, "hopthud may not act for this person" },
};

static int
find(int code)
{
	for (size_t i = 0; i < sizeof(results) / sizeof(*results); i++)
		if (results[i].code == code)
			return (int)i;
	return -1;
}

enum dir_class
dir_error_class(int code)
{
	int i = find(code);

	return i < 0 ? DIR_REJECTED : results[i].class;
}

/* What a server says may have anything in it; a sentence in a log must not. */
static void
add_foreign(struct buf *b, const char *s)
{
	size_t n = strnlen(s, 300);

	while (n && (s[n - 1] == ' ' || s[n - 1] == '\n' || s[n - 1] == '.'))
		n--;
	for (size_t i = 0; i < n; i++)
		buf_char(b, (unsigned char)s[i] < ' ' || s[i] == 0x7f ? ' ' : s[i]);
}

char *
dir_error_text(int code, const char *diagnostic, const char *matched)
{
	AUTO(buf) b = BUF_INIT;
	int i = find(code);

	buf_str(&b, i < 0 ? ldap_err2string(code) : results[i].text);
	if (code)
		buf_printf(&b, " (result %d", code);
	if (code && i >= 0)
		buf_printf(&b, ", %s", ldap_err2string(code));
	if (code)
		buf_char(&b, ')');
	if (diagnostic && *diagnostic) {
		buf_str(&b, ": ");
		add_foreign(&b, diagnostic);
	}
	if (matched && *matched) {
		buf_str(&b, "; what exists is ");
		add_foreign(&b, matched);
	}
	return buf_steal(&b);
}
