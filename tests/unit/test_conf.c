/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/buf.h"
#include "daemon/base/conf.h"
#include "daemon/base/conf_key.h"

#ifndef SRCDIR
#define SRCDIR "."
#endif
#define MINIMAL "domain = \"bd.gov.vn\"\ndirectory { base = \"dc=bd,dc=gov,dc=vn\" }\n"

static char dir[] = "/tmp/test_conf.XXXXXX";
static char path[64], secret_path[64];

static int
setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/conf", dir);
	snprintf(secret_path, sizeof(secret_path), "%s/secret", dir);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	unlink(path);
	unlink(secret_path);
	return rmdir(dir);
}

static void
write_file(const char *file, const char *text, mode_t mode)
{
	FILE *f;

	unlink(file);
	f = fopen(file, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(text, 1, strlen(text), f), strlen(text));
	assert_int_equal(fclose(f), 0);
	assert_int_equal(chmod(file, mode), 0);
}

static struct conf *
load(const char *text)
{
	struct err e = ERR_INIT;
	struct conf *c;

	write_file(path, text, 0644);
	c = conf_load(path, &e);
	if (!c)
		fail_msg("refused: %s", e.msg);
	return c;
}

/* The file is refused, and the message has this text in it. */
static void
refused(const char *text, const char *expected)
{
	struct err e = ERR_INIT;
	struct conf *c;

	write_file(path, text, 0644);
	c = conf_load(path, &e);
	if (c)
		fail_msg("accepted: %s", text);
	assert_int_equal(e.class, ERR_CONFIG);
	if (!strstr(e.msg, expected))
		fail_msg("for %s\n  expected ...%s...\n  got %s", text, expected, e.msg);
	if (strncmp(e.msg, path, strlen(path)))
		fail_msg("does not name the file: %s", e.msg);
}

static void
test_defaults(void **state)
{
	struct conf *c = load(MINIMAL);

	(void)state;
	assert_string_equal(c->domain, "bd.gov.vn");
	assert_string_equal(c->instance, "hopthu.bd.gov.vn/1");
	assert_string_equal(c->directory.uri, "ldapi://%2Frun%2Fslapd%2Fldapi");
	assert_int_equal(c->directory.bind, CONF_BIND_EXTERNAL);
	assert_int_equal(c->directory.window, 16);
	assert_int_equal(c->socket_mode, 0660);
	assert_string_equal(c->log_level, "info");
	assert_null(c->socket_group);
	assert_null(c->directory.bind_dn);
	assert_int_equal(c->limits.idle_timeout_ms, 60000);
	conf_free(c);
}

static void
test_lines(void **state)
{
	(void)state;
	/* comments of every kind, strings over lines, comment signs in strings */
	refused("# one\n// two\n/* three\nfour */\n\nsocket = '/a#b//c' # six\n"
		"instance = \"x\\\"y\" // seven\ndomian = 1\n", ":8: unknown key domian; did you mean domain?");
	refused("directory {\n# x\n\twindw = 3\n}\n", ":3: unknown key windw in section directory; did you mean window?");
	refused("limit { }\n", ":1: unknown key limit; did you mean the section limits { ... }?");
	refused("\nbase = \"dc=a\"\n", ":2: unknown key base; base belongs inside directory { ... }");
	refused("limits { domain = \"a.b\" }", ":1: unknown key domain in section limits; domain belongs outside");
	refused("zzzzzzzz = 1\n", "known here are domain");
	refused("log_level = info\nlog_level = debug\n", ":2: log_level is given a second time (first on line 1)");
	refused("domain = \"a.b\n\n", ":1: a string, comment or section begins here and does not end");
	refused("\n/* domain", ":2: a string, comment or section begins here");
	refused("domain \"a.b\"", ":1: missing equal sign");
	refused("\ndirectory {\n", ":2: a string, comment or section begins here");
	refused("}\n", "unexpected closing brace");
	/* an unfinished string leaves nothing behind for the next file */
	conf_free(load(MINIMAL));
}

static void
test_values(void **state)
{
	static const char *const bad[][2] = {
		{ "domain = \"\"", "domain must not be empty" },
		{ "domain = localhost", "such as \"example.gov.vn\"" },
		{ "domain = \"Bd.gov.vn\"", "lower case" },
		{ "domain = \"-a.vn\"", "domain" },
		{ "domain = \"a..vn\"", "domain" },
		{ "domain = \"a.vn.\"", "domain" },
		{ "instance = \"a b\"", "without spaces" },
		{ "instance = \"a+b\"", "without spaces" },
		{ "database = \"relative\"", "an absolute path" },
		{ "database = \"/a\\nb\"", "control or new-line character" },
		{ "database = \"\"", "database must not be empty" },
		{ "socket_mode = \"0888\"", "mode in octal" },
		{ "socket_mode = \"07777\"", "mode in octal" },
		{ "socket_group = \"no-such-group-here\"", "a group of this machine" },
		{ "log_level = \"warn\"", "must be one of error, warning, info, debug" },
		{ "log_level = \"debgu\"", "did you mean debug?" },
		{ "database = \"\"", "database must not be empty" },
		{ "directory { window = 0 }", "a whole number from 1 to 256" },
		{ "directory { window = 257 }", "a whole number from 1 to 256" },
		{ "directory { window = -1 }", "a whole number" },
		{ "directory { window = 4; }", "\"4;\" is not possible" },
		{ "directory { window = 99999999999999999999 }", "a whole number" },
		{ "directory { window = \"\" }", "a whole number" },
		{ "directory { window = 0x10 }", "a whole number" },
		{ "directory { bind = sasl }", "one of external, simple" },
		{ "directory { uri = \"ldapi:///run/slapd/ldapi\" }", "%2F for every slash" },
		{ "directory { uri = \"ldapi:///\" }", "%2F for every slash" },
		{ "directory { uri = \"http://a\" }", "ldaps://host" },
		{ "directory { uri = \"ldap://a:99999\" }", "ldaps://host" },
		{ "directory { uri = \"ldap://\" }", "ldaps://host" },
		{ "directory { base = \"bd.gov.vn\" }", "distinguished name" },
		{ "directory { base = \"dc=bd, dc=vn\" }", "distinguished name" },
		{ "directory { base = \"dc=bd,\" }", "distinguished name" },
		{ "directory { base = \"dc=\" }", "distinguished name" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		refused(bad[i][0], bad[i][1]);
	assert_true(conf_check_dn("cn=a\\,b,ou=x y,dc=vn"));
	assert_true(conf_check_dn("2.5.4.3=a,dc=vn"));
	assert_false(conf_check_dn("cn=a\\"));
}

static void
test_together(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	refused("domain = \"a.vn\"", "directory.base is missing");
	/* every mistake, a line each */
	refused("domain = \"A\"\nlog_level = warn\ndirectory { window = 0\n window = 4 }\n",
		":2: \"warn\" is not possible for log_level");
	refused("domain = \"A\"\nlog_level = warn\ndirectory { window = 0\n window = 4 }\n",
		":4: window is given a second time (first on line 3)\n");
	refused("log_level = warn\ndirectory { base = \"dc=a\" }\n", "conf: domain is missing");
	refused("log_level = warn\ncolour = red\nsocket_mode = \"9\"\n", ":2: unknown key colour");
	for (int i = 0; i < 30; i++)
		buf_printf(&b, "limits { letter_rows = 0 }\n");
	refused(b.data, ":1: \"0\" is not possible for letter_rows");
	buf_clear(&b);
	refused("directory { base = \"dc=a\" }", "domain is missing");
	refused("domain = \"a.vn\"\ndirectory { base = \"dc=a\"\nretry_min_ms = 900\nretry_max_ms = 800 }",
		":4: directory.retry_max_ms (800) must not be less than retry_min_ms (900)");
	refused("domain = \"a.vn\"\ndirectory { base = \"dc=a\"\nbind = simple }",
		":3: directory.bind = simple needs directory.bind_dn");
	refused("domain = \"a.vn\"\ndirectory { base = \"dc=a\"\nuri = \"ldap://h\" }",
		":3: directory.uri = ldap://h needs directory.tls_ca_file");
	refused("domain = \"a.vn\"\ndirectory { base = \"dc=a\"\nuri = \"ldaps://h\"\n"
		"tls_ca_file = \"/nowhere\" }",
		":3: directory.bind = external over TLS needs directory.tls_cert_file");
	refused("domain = \"a.vn\"\ndirectory { base = \"dc=a\"\nuri = \"ldaps://h\"\n"
		"tls_ca_file = \"/nowhere\" }", ":4: directory.tls_ca_file: cannot read /nowhere");
	buf_printf(&b, "domain = \"a.vn\"\ndirectory { base = \"dc=a\"\nbind = simple\n"
		   "bind_dn = \"cn=h,dc=a\"\npassword_file = \"%s\" }\n", secret_path);
	write_file(secret_path, "s3cret\n", 0644);
	refused(b.data, ":5: directory.password_file: ");
	refused(b.data, "has mode 0644, so others can read it");
	write_file(secret_path, "s3cret\n", 0600);
	conf_free(load(b.data));
}

static void
test_secret(void **state)
{
	struct err e = ERR_INIT;
	char *s;

	(void)state;
	write_file(secret_path, "mat khau\n", 0400);
	s = conf_read_secret(secret_path, &e);
	assert_string_equal(s, "mat khau");
	secret_free(s);
	write_file(secret_path, "", 0600);
	assert_null(conf_read_secret(secret_path, &e));
	write_file(secret_path, "a\nb\n", 0600);
	assert_null(conf_read_secret(secret_path, &e));
	assert_non_null(strstr(e.msg, "one line"));
	write_file(secret_path, "x", 0640);
	if (geteuid() == 0)
		assert_null(conf_read_secret(secret_path, &e));
	assert_null(conf_read_secret(dir, &e));
	assert_non_null(strstr(e.msg, "not a regular file"));
	assert_null(conf_read_secret("/nonexistent/secret", &e));
	assert_int_equal(e.class, ERR_CONFIG);
}

static void
test_not_a_file(void **state)
{
	struct err e = ERR_INIT;
	FILE *f;

	(void)state;
	assert_null(conf_load("/nonexistent/hopthud.conf", &e));
	assert_non_null(strstr(e.msg, "cannot open /nonexistent/hopthud.conf: No such file"));
	assert_null(conf_load(dir, &e));
	assert_non_null(strstr(e.msg, "cannot read"));
	f = fopen(path, "w");
	assert_non_null(f);
	fputs("domain", f);
	fputc('\0', f);
	fclose(f);
	assert_null(conf_load(path, &e));
	assert_non_null(strstr(e.msg, "NUL byte"));
}

static char *
changes(const struct conf *c)
{
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	conf_print_changes(c, f);
	fclose(f);
	return text;
}

static void
test_changes(void **state)
{
	struct conf *a = load(MINIMAL);
	struct conf *b = load(MINIMAL "log_level = debug\nlimits { letter_rows = 5 }\n");
	struct conf *d = load("domain = \"bd.gov.vn\"\ndirectory { base = \"dc=x\" }\n");
	uint8_t one[32], two[32];
	char *text = changes(b);

	(void)state;
	assert_string_equal(text, "domain = bd.gov.vn   (no default)\n"
				  "log_level = debug   (default: info)\n"
				  "directory.base = dc=bd,dc=gov,dc=vn   (no default)\n"
				  "limits.letter_rows = 5   (default: 100000)\n");
	free(text);
	conf_digest(a, one);
	conf_digest(b, two);
	assert_memory_not_equal(one, two, 32);
	assert_null(conf_needs_restart(a, b));
	assert_string_equal(conf_needs_restart(a, d), "directory.base");
	conf_free(b);
	b = load("# other words, the same meaning\n" MINIMAL "directory { window = 16 }");
	conf_digest(b, two);
	assert_memory_equal(one, two, 32);
	conf_free(a);
	conf_free(b);
	conf_free(d);
}

static char *
read_all(const char *file)
{
	struct buf b = BUF_INIT;
	char chunk[4096];
	size_t n;
	FILE *f = fopen(file, "r");

	if (!f)
		fail_msg("cannot open %s", file);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(&b, chunk, n);
	fclose(f);
	return buf_steal(&b);
}

/* Every key stands in the manual and in the example, there with its default. */
static void
test_documented(void **state)
{
	char *manual = read_all(SRCDIR "/man/hopthud.conf.5");
	char *example = read_all(SRCDIR "/etc/hopthud.conf");
	char line[256];

	(void)state;
	for (size_t i = 0; i < conf_key_count; i++) {
		const struct conf_key *k = &conf_keys[i];
		const char *quote = k->type == CONF_NUMBER ? "" : "\"";

		snprintf(line, sizeof(line), "\n.It Ic %s\n", k->name);
		if (!strstr(manual, line))
			fail_msg("hopthud.conf(5) does not explain %s", k->name);
		if (k->def && *k->def) {
			snprintf(line, sizeof(line), "\n.Ql %s .\n", k->def);
			if (!strstr(manual, line))
				fail_msg("hopthud.conf(5) does not have the default of %s", k->name);
		}
		snprintf(line, sizeof(line), "#%s = %s%s", k->name, quote, k->def ? k->def : "");
		if (!strstr(example, line))
			fail_msg("etc/hopthud.conf lacks: %s", line);
	}
	free(manual);
	free(example);
}

/* The example with every comment sign before a key taken away says what the defaults say. */
static void
test_example(void **state)
{
	char *example = read_all(SRCDIR "/etc/hopthud.conf");
	struct conf *c;
	char *text;

	(void)state;
	for (char *p = example; *p; p++)
		if (p[0] == '#' && p[1] >= 'a' && p[1] <= 'z')
			*p = ' ';
	c = load(example);
	text = changes(c);
	assert_string_equal(text, "domain = example.gov.vn   (no default)\n"
				  "directory.base = dc=example,dc=gov,dc=vn   (no default)\n");
	free(text);
	free(example);
	conf_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults), cmocka_unit_test(test_lines),
		cmocka_unit_test(test_values),	 cmocka_unit_test(test_together),
		cmocka_unit_test(test_secret),	 cmocka_unit_test(test_not_a_file),
		cmocka_unit_test(test_changes),	 cmocka_unit_test(test_documented),
		cmocka_unit_test(test_example),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
