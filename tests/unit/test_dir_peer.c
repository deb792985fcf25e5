/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/base/clock.h"
#include "tests/unit/dir_slapd.h"

/* Peers that are no slapd at all. */

/*
 * Two leaks of libldap 2.5.13 itself, both in try_read1msg() of its result.c and both only when the
 * peer sends what slapd hardly ever does:
 * - An answer that has a message ID and nothing behind it: the function returns without giving back
 *   the request that it looked up, whose count then keeps ldap_unbind_ext() from freeing it.
 *   Abandoning it first would not help: that stops at the same count.
 * - A notice of disconnection: its matched DN and text are read into a request on the stack that
 *   nobody empties (OpenLDAP's ITS#10264, repaired later).
 * What we forget to free of these two kinds is seen by the other test_dir*, which suppress
 * nothing.  The names stand in the stacks only when these are unwound properly.
 */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:ldap_send_server_request\nleak:ber_get_stringa_null\n";
}

const char *
__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

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
	struct client c;
	char in[8192];
	struct ifaddrs *list = NULL, *a;
	AUTO(str) uri = NULL;

	(void)state;
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
		cmocka_unit_test(no_slapd),
		cmocka_unit_test(not_in_the_clear),
	};

	return cmocka_run_group_tests(tests, slapd_setup, slapd_teardown);
}
