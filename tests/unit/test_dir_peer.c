/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/base/clock.h"
#include "tests/unit/dir_slapd.h"

/* TLS, and peers that are no slapd at all. */

extern char **environ;

/* libldap 2.5 forgets a request when the answer to it is not LDAP. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:liblber\nleak:libldap\n";
}

/* --- TLS ------------------------------------------------------------------------------------- */

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

/* --- no slapd -------------------------------------------------------------------------------- */

/* The first byte is the length. */
#define BIND_OK "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
#define START_TLS_OK "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
#define NOTICE \
	"\x30\x26\x02\x01\x00\x78\x21\x0a\x01\x34\x04\x00\x04\x02no\x8a\x16" \
	"1.3.6.1.4.1.1466.20036"
#define BYTES(s) s, sizeof(s) - 1

static const struct {
	const char *scheme, *bytes;
	size_t n;
	const char *says;
} peers[] = {
	{ "ldap", BYTES(""), "did not answer the bind within 300 ms" },
	{ "ldaps", BYTES(""), "did not finish the TLS handshake within 300 ms" },
	{ "ldaps", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), "TLS handshake" },
	{ "ldap", BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"), "" },
	{ "ldap", BYTES("\x30\x84\xff\xff\xff\xff"), "not LDAP" }, /* a message of 4 GB */
	{ "ldap", BYTES("\x30\x84\x7f\xff\xff\xff"), "not LDAP" },
	{ "ldap", BYTES("\x30\x00"), "not LDAP" },
	{ "ldap", BYTES("\x30\x05\x02\x01\x01\x61\x00"), "" }, /* an empty bind response */
	{ "ldap", BYTES("\x30\x03\x02\x01\x01"), "" },
	{ "ldap", BYTES("\x30\x0c\x02\x01\x63\x61\x07\x0a\x01\x00\x04\x00\x04\x00"),
	  "did not answer the bind" }, /* an answer to something else */
	{ "ldap", BYTES(BIND_OK), "did not answer an operation" },
	{ "ldap", BYTES(BIND_OK BIND_OK BIND_OK), "did not answer an operation" },
	{ "ldap", BYTES("\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x31\x04\x00\x04\x00"),
	  "refuses the bind" },
	{ "ldap", BYTES(NOTICE), "slapd closes the connection" },
	{ "ldap", BYTES(BIND_OK NOTICE), "slapd closes the connection" },
	/* WhoAmI is answered with an entry, or with half of one */
	{ "ldap",
	  BYTES(BIND_OK "\x30\x0a\x02\x01\x02\x64\x05\x04\x01"
			"a\x30\x00"),
	  "" },
	{ "ldap",
	  BYTES(BIND_OK "\x30\x0b\x02\x01\x02\x64\x06\x04\x01"
			"a\x30\x7f\x01"),
	  "" },
	{ "tls", BYTES(START_TLS_OK), "did not finish the TLS handshake" },
	{ "tls", BYTES(START_TLS_OK BIND_OK), "more behind the answer to StartTLS" },
	{ "tls", BYTES("\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00"),
	  "refuses StartTLS" },
};

/* Answers the first bytes it gets, a byte at a time if slow, and then is silent. */
static void
serve(int listener, const char *bytes, size_t n, bool slow)
{
	for (;;) {
		int fd = accept(listener, NULL, NULL);
		char in[4096];

		if (read(fd, in, sizeof(in)) <= 0)
			continue; /* the client is never the first to be closed by us */
		for (size_t i = 0; slow && i < n; i++) {
			if (send(fd, bytes + i, 1, MSG_NOSIGNAL) < 0)
				break;
			usleep(1000);
		}
		if (!slow && n && send(fd, bytes, n, MSG_NOSIGNAL) < 0)
			continue;
	}
}

static pid_t
start_peer(int *port, const char *bytes, size_t n, bool slow)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	pid_t pid;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	assert_int_equal(listen(fd, 100), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&in, &size), 0);
	*port = ntohs(in.sin_port);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		serve(fd, bytes, n, slow);
		_exit(0);
	}
	close(fd);
	return pid;
}

static void
no_slapd(void **state)
{
	AUTO(str) ca = slapd_file("tls/ca.pem");

	(void)state;
	for (size_t i = 0; i < 2 * sizeof(peers) / sizeof(*peers); i++) {
		const size_t k = i / 2;
		bool tls = !strcmp(peers[k].scheme, "tls");
		int port;
		pid_t pid = start_peer(&port, peers[k].bytes, peers[k].n, i % 2);
		const char *scheme = tls ? "ldap" : peers[k].scheme;
		AUTO(str) uri = xasprintf("%s://127.0.0.1:%d", scheme, port);
		struct client c;

		if (i % 2 && tls && strstr(peers[k].says, "more behind"))
			goto next; /* slowly, what comes behind is taken for TLS, and is none */
		client_start(&c, uri);
		c.conf.connect_timeout_ms = 300;
		c.conf.operation_timeout_ms = 400;
		c.conf.tls_ca_file = tls || !strcmp(peers[k].scheme, "ldaps") ? ca : NULL;
		client_idle(&c, 50);
		client_wait_reason(&c, peers[k].says);
		client_idle(&c, 600);
		assert_int_equal(c.ready, 0);
		assert_true(dir_reason(c.dir, NULL)[0]);
		client_never_waited(&c);
		client_end(&c);
next:
		kill(pid, SIGKILL);
		waitpid(pid, NULL, 0);
	}
}

/* Our password or identity must not go to another machine in the clear. */
static void
not_in_the_clear(void **state)
{
	int port;
	pid_t pid = start_peer(&port, BYTES(""), false);
	struct client c;
	char in[8192];
	struct ifaddrs *list = NULL, *a;
	AUTO(str) uri = NULL;

	(void)state;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (getifaddrs(&list))
		skip();
	for (a = list; a; a = a->ifa_next)
		if (a->ifa_addr && a->ifa_addr->sa_family == AF_INET &&
		    !(a->ifa_flags & IFF_LOOPBACK))
			break;
	if (!a) {
		freeifaddrs(list);
		skip();
	}
	{
		struct sockaddr_in *sin = (struct sockaddr_in *)a->ifa_addr;
		AUTO(fd) fd = socket(AF_INET, SOCK_STREAM, 0), peer = -1;
		socklen_t size = sizeof(*sin);
		struct pollfd p = { .events = POLLIN };
		ssize_t got;

		sin->sin_port = 0;
		assert_int_equal(bind(fd, a->ifa_addr, size), 0);
		assert_int_equal(listen(fd, 5), 0);
		assert_int_equal(getsockname(fd, a->ifa_addr, &size), 0);
		uri = xasprintf("ldap://%s:%d", inet_ntoa(sin->sin_addr), ntohs(sin->sin_port));
		client_start(&c, uri);
		client_idle(&c, 100);
		peer = accept(fd, NULL, NULL);
		p.fd = peer;
		assert_int_equal(poll(&p, 1, 1000), 1);
		got = read(peer, in, sizeof(in));
		/* StartTLS, and nothing else */
		assert_int_equal(got, 31);
		assert_memory_equal(in + 9, "1.3.6.1.4.1.1466.20037", 22);
		client_end(&c);
	}
	freeifaddrs(list);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tls_with_certificate), cmocka_unit_test(simple_bind),
		cmocka_unit_test(certificates),         cmocka_unit_test(no_slapd),
		cmocka_unit_test(not_in_the_clear),
	};

	return cmocka_run_group_tests(tests, slapd_setup, slapd_teardown);
}
