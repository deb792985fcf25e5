/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include <ldap.h>

#include "daemon/directory/dir.h"

/* Bytes and characters that mean something in a DN, a filter, a log line or a terminal. */
static const char *const hostile[] = {
	"",
	" ",
	"  ",
	"#",
	"##",
	" a",
	"a ",
	" a b ",
	"#a",
	"a#",
	",",
	"a,b",
	"+",
	"\"",
	"\\",
	"\\\\",
	"<>",
	";",
	"=",
	"a=b,c=d",
	"uid=x,ou=people",
	"*",
	"(",
	")",
	"(uid=*)",
	"*)(uid=*",
	"\\2a",
	"\\",
	"a\\",
	"a\\,",
	"\\20",
	"\n",
	"a\r\nb",
	"\t",
	"\x7f",
	"\x1b[31m",
	"\x01",
	"Nguy\u1ec5n V\u0103n An",
	"\u0110\u1eb7ng Th\u1ecb \u00c1nh Nguy\u1ec7t",
	"e\u0302\u0301",
	"\xff\xfe",
	"\xc3",
	"\u202egnp.exe",
	"O'Hara",
	"Y-Bih Al\u00ea\u00f4",
	"a&b|c!d",
	"~=",
	">=",
	"100%s%n",
	"a/b",
	"\u00a0",
	"cn=admin\\00",
	"very long value with every one of , + \" \\ < > ; = # inside it ",
};

/* What libldap, which is not ours, reads out of a DN. */
static void
assert_rdn(const char *dn, const char *type, const char *value)
{
	LDAPDN parsed = NULL;

	assert_int_equal(ldap_str2dn(dn, &parsed, LDAP_DN_FORMAT_LDAPV3), LDAP_SUCCESS);
	assert_non_null(parsed);
	assert_non_null(parsed[0][0]);
	assert_null(parsed[0][1]); /* one value */
	assert_int_equal(parsed[0][0]->la_attr.bv_len, strlen(type));
	assert_memory_equal(parsed[0][0]->la_attr.bv_val, type, strlen(type));
	assert_int_equal(parsed[0][0]->la_value.bv_len, strlen(value));
	assert_memory_equal(parsed[0][0]->la_value.bv_val, value, strlen(value));
	assert_null(parsed[1] ? parsed[1][1] : NULL);
	assert_non_null(parsed[1]);
	assert_null(parsed[2]);
	ldap_dnfree(parsed);
}

static void
dn_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		char *dn = dir_dn("uid", hostile[i], "ou=people");

		assert_rdn(dn, "uid", hostile[i]);
		for (const char *s = dn; *s; s++)
			assert_true((unsigned char)*s >= ' ' && *s != 0x7f); /* one line */
		free(dn);
	}
}

/* Every byte alone, first, in the middle and last. */
static void
dn_every_byte(void **state)
{
	(void)state;
	for (int c = 1; c < 256; c++) {
		const char values[][4] = {
			{ (char)c }, { (char)c, 'x' }, { 'x', (char)c }, { 'x', (char)c, 'x' }
		};

		for (size_t i = 0; i < 4; i++) {
			char *dn = dir_dn("cn", values[i], "ou=people");

			assert_rdn(dn, "cn", values[i]);
			free(dn);
		}
	}
}

static void
assert_dn(const char *type, const char *value, const char *parent, const char *want)
{
	char *dn = dir_dn(type, value, parent);

	assert_string_equal(dn, want);
	free(dn);
}

static void
dn_of_rfc4514(void **state)
{
	(void)state;
	/* section 4 */
	assert_dn("CN", "Steve Kille", "O=Isode Limited,C=GB",
		  "CN=Steve Kille,O=Isode Limited,C=GB");
	assert_dn("CN", "James \"Jim\" Smith, III", "DC=example,DC=net",
		  "CN=James \\\"Jim\\\" Smith\\, III,DC=example,DC=net");
	assert_dn("CN", "Before\rAfter", "DC=example,DC=net",
		  "CN=Before\\0dAfter,DC=example,DC=net");
	assert_dn("SN", "Lu\u010di\u0107", NULL, "SN=Lu\u010di\u0107");
	assert_dn("uid", "lan", "", "uid=lan");
	assert_dn("uid", " # ", NULL, "uid=\\ #\\ ");
	assert_dn("uid", "#1", NULL, "uid=\\#1");
	assert_dn("uid", " ", NULL, "uid=\\ ");
}

/* Undoes the escapes of RFC 4515 by its grammar. */
static void
assert_filter_value(const char *filter, const char *value)
{
	const char *p = strchr(filter, '=') + 1;

	while (*value) {
		char c = *p++;

		if (c == '\\') {
			char hex[3] = { p[0], p[1], '\0' };

			c = (char)strtoul(hex, NULL, 16);
			p += 2;
		} else {
			assert_null(strchr("()*\\", c));
			assert_true(c >= ' ' && c < 0x7f);
		}
		assert_int_equal((unsigned char)c, (unsigned char)*value);
		value++;
	}
	assert_string_equal(p, ")");
}

static void
filter_round_trip(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(hostile) / sizeof(*hostile); i++) {
		char *f = dir_filter_equal("cn", hostile[i]);

		assert_filter_value(f, hostile[i]);
		free(f);
	}
	for (int c = 1; c < 256; c++) {
		const char value[] = { (char)c, '\0' };
		char *f = dir_filter_equal("cn", value);

		assert_filter_value(f, value);
		free(f);
	}
}

static void
assert_filter(const char *type, const char *value, const char *want)
{
	char *f = dir_filter_equal(type, value);

	assert_string_equal(f, want);
	free(f);
}

static void
filter_of_rfc4515(void **state)
{
	(void)state;
	/* section 4 */
	assert_filter("cn", "Babs Jensen", "(cn=Babs Jensen)");
	assert_filter("o", "Parens R Us (for all your parenthetical needs)",
		      "(o=Parens R Us \\28for all your parenthetical needs\\29)");
	assert_filter("filename", "C:\\MyFile", "(filename=C:\\5cMyFile)");
	assert_filter("sn", "Lu\u010di\u0107", "(sn=Lu\\c4\\8di\\c4\\87)");
	assert_filter("cn", "*", "(cn=\\2a)");
	assert_filter("cn", " x ", "(cn=\\20x\\20)");
}

static void
filter_composed(void **state)
{
	char *uuid = dir_filter_equal("entryUUID", "597ae2f6-16a6-1027-98f4-d28b5365dc14");
	char *op = dir_filter_equal("hopthuOpId", "a)(b");
	char *not = dir_filter_not(op);
	char *present = dir_filter_present("objectClass");
	const char *parts[] = { uuid, not, present, NULL };
	char *all = dir_filter_and(parts);
	const char *none[] = { NULL };
	char *truth = dir_filter_and(none);

	(void)state;
	assert_string_equal(all, "(&(entryUUID=597ae2f6-16a6-1027-98f4-d28b5365dc14)"
				 "(!(hopthuOpId=a\\29\\28b))(objectClass=*))");
	assert_string_equal(truth, "(&)"); /* RFC 4526 */
	free(uuid);
	free(op);
	free(not );
	free(present);
	free(all);
	free(truth);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dn_round_trip),     cmocka_unit_test(dn_every_byte),
		cmocka_unit_test(dn_of_rfc4514),     cmocka_unit_test(filter_round_trip),
		cmocka_unit_test(filter_of_rfc4515), cmocka_unit_test(filter_composed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
