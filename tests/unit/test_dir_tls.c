/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <cmocka.h>

#include "tests/unit/dir_slapd.h"

/* slapd over TLS, and binds with a password. */

extern char **environ;

/* Reads and writes over whatever the address says. */
static void
use(struct client *c, const char *uid)
{
	char value[4001];

	memset(value, 'c', 4000);
	value[4000] = '\0';
	client_wait_ready(c);
	person_add(c, uid, CHECK_DN);
	client_wait_done(c, 1);
	assert_int_equal(c->class, DIR_OK);
	for (int i = 0; i < 16; i++) /* more than one TLS record */
		person_title(c, uid, value, NULL, NULL);
	client_wait_done(c, 17);
	assert_int_equal(c->classes[DIR_OK], 17);
	person_title(c, uid, "x", NULL, CHECK_DN);
	client_wait_done(c, 18);
	person_read(c, uid);
	client_wait_done(c, 19);
	assert_string_equal(c->title, "x");
	assert_string_equal(c->modifier, CHECK_DN);
	client_never_waited(c);
}

static void
tls_with_certificate(void **state)
{
	AUTO(str) ca = slapd_file("tls/ca.pem");
	AUTO(str) cert = slapd_file("tls/hopthud.pem");
	AUTO(str) key = slapd_file("tls/hopthud.key");
	AUTO(str) ldaps = xasprintf("ldaps://localhost:%d", slapd_tls_port);
	AUTO(str) number = xasprintf("ldaps://127.0.0.1:%d", slapd_tls_port);
	AUTO(str) start_tls = xasprintf("ldap://localhost:%d", slapd_port);
	const char *uris[] = { ldaps, number, start_tls };

	(void)state;
	for (int i = 0; i < 3; i++) {
		AUTO(str) uid = xasprintf("tls%d", i);
		struct client c;

		client_start(&c, uris[i]);
		c.conf.tls_ca_file = ca;
		c.conf.tls_cert_file = cert;
		c.conf.tls_key_file = key;
		use(&c, uid);
		client_end(&c);
	}
}

/* As cn=reader, who may read and not write: the check says so, and the bind worked. */
static void
simple_bind(void **state)
{
	AUTO(str) ca = slapd_file("tls/ca.pem");
	AUTO(str) password = slapd_file("reader.password");
	AUTO(str) wrong = slapd_file("config.password");
	AUTO(str) empty = slapd_file("empty.password");
	AUTO(str) ldaps = xasprintf("ldaps://localhost:%d", slapd_tls_port);
	const struct {
		const char *file, *says;
	} cases[] = {
		{ password, "wrong access rules" },
		{ wrong, "slapd refuses the bind of hopthud: the name or the password is wrong" },
		{ empty, "hopthud cannot bind" },
		{ "/nowhere", "/nowhere" },
		{ NULL, "directory.password_file" },
	};
	FILE *f = fopen(empty, "w");

	(void)state;
	assert_non_null(f);
	fclose(f);
	chmod(empty, 0600);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct client c;

		client_start(&c, ldaps);
		c.conf.tls_ca_file = ca;
		c.conf.bind = CONF_BIND_SIMPLE;
		c.conf.bind_dn = (char *)"cn=reader,ou=services," BASE;
		c.conf.password_file = (char *)cases[i].file;
		client_wait_fault(&c);
		assert_contains(dir_fault(c.dir), cases[i].says);
		client_end(&c);
	}
}

static void
expect(const char *uri, char *ca, const char *says)
{
	struct client c;

	client_start(&c, uri);
	c.conf.tls_ca_file = ca;
	client_wait_reason(&c, says);
	assert_contains(dir_reason(c.dir, NULL), uri);
	assert_true(c.ready == 0);
	client_never_waited(&c);
	client_end(&c);
}

/* A certificate that is not for the name, from nobody known, or no TLS at all. */
static void
certificates(void **state)
{
	AUTO(str) ca = slapd_file("tls/ca.pem");
	AUTO(str) other = slapd_file("tls/hopthud.key"); /* no certificate in it */
	AUTO(str) cert = slapd_file("tls/hopthud.pem");
	AUTO(str) key = slapd_file("tls/hopthud.key");
	AUTO(str) ldaps = xasprintf("ldaps://localhost:%d", slapd_tls_port);
	AUTO(str) plain = xasprintf("ldaps://localhost:%d", slapd_port);
	AUTO(str) tls = xasprintf("ldap://localhost:%d", slapd_tls_port);
	const int port = slapd_tls_port == 65535 ? 1024 : slapd_tls_port + 1;
	AUTO(str) number = xasprintf("%d", port);
	AUTO(str) named = xasprintf("ldaps://localhost:%d", port);
	/* for the name "hopthud" */
	char *argv[] = { (char *)"openssl",
			 (char *)"s_server",
			 (char *)"-quiet",
			 (char *)"-accept",
			 number,
			 (char *)"-cert",
			 cert,
			 (char *)"-key",
			 key,
			 NULL };
	posix_spawn_file_actions_t quiet;
	pid_t server;

	(void)state;
	expect(ldaps, NULL, "its certificate is not accepted");
	expect(ldaps, other, "directory.tls_ca_file");
	expect(ldaps, (char *)"/nowhere", "directory.tls_ca_file /nowhere");
	expect(plain, ca, "TLS handshake");
	expect(tls, ca, "clos");
	posix_spawn_file_actions_init(&quiet);
	posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", 1, 0);
	posix_spawn_file_actions_addopen(&quiet, 2, "/dev/null", 1, 0);
	assert_int_equal(posix_spawnp(&server, "openssl", &quiet, NULL, argv, environ), 0);
	posix_spawn_file_actions_destroy(&quiet);
	expect(named, ca, "hostname mismatch");
	kill(server, SIGKILL);
	waitpid(server, NULL, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_with_certificate),
		cmocka_unit_test(simple_bind),
		cmocka_unit_test(certificates),
	};

	return cmocka_run_group_tests(tests, slapd_setup, slapd_teardown);
}
