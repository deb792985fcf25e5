/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/door_try.h"

/* Clients that are slow, vanish or are too many; the socket, and its end. */

static void
test_slow(void **state)
{
	const char *request = "GET /aaaaaaaaaaaaaaaaaaaaaaaaaaa HTTP/1.1\r\n";
	int fd = dial(), quick = dial();
	struct pollfd p = { .fd = fd, .events = POLLIN };

	(void)state;
	for (size_t i = 0; request[i] && poll(&p, 1, 100) == 0; i++) { /* a byte at a time */
		say(fd, request + i, 1);
		if (i == 3) {
			tell(quick, GET("/q"));
			expect(quick, 200, "\"path\":\"/q\""); /* nobody else has to wait */
		}
	}
	expect(fd, 408, "did not arrive whole within 700 ms");
	assert_true(ended(fd));
	close(fd);
	close(quick);
	fd = dial();
	tell(fd, "POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
	expect(fd, 408, "did not arrive whole");
	close(fd);
	fd = dial();
	assert_true(ended(fd)); /* idle */
	close(fd);
}

static void
test_later(void **state)
{
	int fd = dial();

	(void)state;
	/* whoever is being handled is not idle, and a half-closed client still gets its answer */
	tell(fd, GET("/later"));
	shutdown(fd, SHUT_WR);
	expect(fd, 202, "{\"later\":true}");
	close(fd);
	fd = dial();
	tell(fd, GET("/1") GET("/later") GET("/2"));
	expect(fd, 200, "\"path\":\"/1\"");
	expect(fd, 202, "later");
	expect(fd, 200, "\"path\":\"/2\"");
	close(fd);
}

static void
test_vanish(void **state)
{
	int fd;

	(void)state;
	for (int i = 0; i < 20; i++) {
		fd = dial();
		tell(fd, "GET /a HT");
		close(fd);
		fd = dial();
		tell(fd, "POST /a HTTP/1.1\r\nContent-Length: 10\r\n\r\nab");
		close(fd);
		fd = dial();
		tell(fd, GET("/later"));
		close(fd);
		fd = dial();
		tell(fd, GET("/big"));
		close(fd);
		close(dial());
	}
	wait_ms(500);
	for (int i = 0; i < 3; i++) {
		fd = dial();
		tell(fd, GET("/a") GET("/hold"));
		wait_ms(20);
		close(fd); /* with an answer unread */
	}
	wait_ms(1300);
	ask(GET("/gone"), 200, "3");
	fd = dial();
	tell(fd, GET("/hold"));
	wait_ms(50); /* stays held until the door is freed */
	close(fd);
}

static void
test_reader_stops(void **state)
{
	struct reply r;
	int fd = dial();

	(void)state;
	tell(fd, GET("/big"));
	hear(fd, &r);
	assert_int_equal(r.body.len, 1000000);
	buf_release(&r.body);
	tell(fd, GET("/big"));
	wait_ms(2200); /* does not read: the rest is not kept for ever */
	r.status = 0;
	while (recv(fd, r.head, sizeof(r.head), 0) > 0)
		r.status++;
	assert_in_range(r.status, 1, 243);
	close(fd);
}

static void
test_caps(void **state)
{
	struct conf conf = make_conf();
	int fd[5];

	(void)state;
	conf.limits.connections_per_uid = 3;
	conf.limits.idle_timeout_ms = 60000;
	start(&conf);
	for (int i = 0; i < 3; i++)
		fd[i] = dial();
	wait_ms(50);
	ask(GET("/a"), 503, "has 3 connections open already");
	close(fd[0]);
	wait_ms(50);
	ask(GET("/a"), 200, "\"path\":\"/a\"");
	close(fd[1]);
	close(fd[2]);
	stop();

	conf.limits.connections_per_uid = 100;
	conf.limits.connections = 3;
	start(&conf);
	for (int i = 0; i < 5; i++) {
		fd[i] = dial(); /* two of them wait in the queue */
		tell(fd[i], GET("/a"));
	}
	for (int i = 0; i < 5; i++) {
		expect(fd[i], 200, "\"path\":\"/a\"");
		close(fd[i]);
	}
	stop();
}

static void
test_emfile(void **state)
{
	struct conf conf = make_conf();
	int fd[24];

	(void)state;
	conf.limits.idle_timeout_ms = 60000;
	few_files = true;
	start(&conf);
	few_files = false;
	for (int i = 0; i < 24; i++) {
		fd[i] = dial();
		tell(fd[i], GET("/a"));
	}
	for (int i = 0; i < 24; i++) { /* those that had no descriptor get their turn */
		expect(fd[i], 200, "\"path\":\"/a\"");
		close(fd[i]);
	}
	stop();
}

static void
test_drain(void **state)
{
	struct conf conf = make_conf();
	int idle, half, later;
	struct reply r;

	(void)state;
	conf.limits.idle_timeout_ms = 60000;
	start(&conf);
	idle = dial();
	half = dial();
	later = dial();
	tell(half, "GET /a");
	tell(later, GET("/later"));
	wait_ms(50);
	kill(server, SIGUSR1);
	assert_true(ended(idle));
	expect(half, 503, "hopthud is stopping");
	hear(later, &r);
	assert_non_null(strstr(r.head, "\r\nConnection: close\r\n"));
	expect_reply(&r, 202, "later");
	assert_true(ended(later));
	close(idle);
	close(half);
	close(later);
	stop();
}

static void
test_socket(void **state)
{
	struct conf conf = make_conf();
	struct loop *l = loop_new();
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	struct err e = ERR_INIT;
	struct door *one, *two;
	struct stat st;
	int fd;

	(void)state;
	conf.socket_mode = 0600;
	one = door_new(l, &conf, handle, NULL, &e);
	assert_non_null(one);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	conf.socket_mode = 0666;
	assert_int_equal(door_reconfigure(one, &conf, &e), 0);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0666);
	two = door_new(l, &conf, handle, NULL, &e);
	assert_null(two);
	assert_int_equal(e.class, ERR_CONFLICT);
	assert_non_null(strstr(e.msg, path));
	assert_int_equal(access(path, F_OK), 0); /* the other's socket is left alone */
	door_free(one);
	assert_int_equal(access(path, F_OK), -1);

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0); /* of a daemon that died */
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	close(fd);
	one = door_new(l, &conf, handle, NULL, &e);
	assert_non_null(one);
	unlink(path);
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	close(fd);
	door_free(one);
	assert_int_equal(access(path, F_OK), 0); /* not ours, not removed */
	assert_null(door_new(l, &conf, handle, NULL, &e));
	assert_int_equal(e.class, ERR_CONFIG);
	assert_non_null(strstr(e.msg, "is not a socket"));
	unlink(path);
	conf.socket = (char[]){ "/nonexistent/dir/socket" };
	assert_null(door_new(l, &conf, handle, NULL, &e));
	assert_int_equal(e.class, ERR_CONFIG);
	loop_free(l);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(test_slow),
		SERVED(test_later),
		SERVED(test_vanish),
		SERVED(test_reader_stops),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_emfile),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_socket),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
