/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/door_try.h"

/* Replies in pieces. */

/* A byte at a time where it matters: chunks are read by what RFC 9112 section 7.1 says. */
static bool
take(int fd, char *to, size_t n)
{
	while (n) {
		ssize_t got = recv(fd, to, n, 0);

		if (got <= 0)
			return false;
		to += got;
		n -= (size_t)got;
	}
	return true;
}

static bool
take_line(int fd, char *to, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && take(fd, to + n, 1)) {
		to[++n] = '\0';
		if (n >= 2 && !strcmp(to + n - 2, "\r\n"))
			return true;
	}
	return false;
}

/* Bytes of the body when it was whole, -1 - bytes when it broke off.  Every piece is as it was sent. */
static long
hear_pieces(int fd, size_t first)
{
	static char data[PIECE * 4];
	char line[256];
	long all = 0;

	do
		if (!take_line(fd, line, sizeof(line)))
			return -1;
	while (strcmp(line, "\r\n"));
	for (;;) {
		size_t n;

		if (!take_line(fd, line, sizeof(line)))
			return -1 - all;
		n = strtoul(line, NULL, 16);
		if (!n)
			return take_line(fd, line, sizeof(line)) ? all : -1 - all;
		assert_in_range(n, 1, sizeof(data));
		if (!take(fd, data, n))
			return -1 - all;
		for (size_t i = 0; i < n; i++)
			assert_int_equal(data[i], 'a' + (int)((first + (size_t)all + i) / PIECE % 26));
		all += (long)n;
		assert_true(take(fd, line, 2));
	}
}

static void
given(unsigned *pieces, unsigned *ended)
{
	int fd = dial();
	struct reply r;

	tell(fd, GET("/pieces"));
	hear(fd, &r);
	assert_int_equal(sscanf(r.body.data, "%u %u", pieces, ended), 2);
	buf_release(&r.body);
	close(fd);
}

static void
test_pieces(void **state)
{
	int fd = dial();
	unsigned pieces, ended;

	(void)state;
	tell(fd, GET("/stream?q=200"));
	assert_int_equal(hear_pieces(fd, 0), 200 * PIECE);
	tell(fd, GET("/stream?q=0"));
	assert_int_equal(hear_pieces(fd, 0), 0);
	tell(fd, GET("/stream?q=3") GET("/a")); /* the connection goes on after it */
	assert_int_equal(hear_pieces(fd, 0), 3 * PIECE);
	expect(fd, 200, "\"path\":\"/a\"");
	close(fd);
	given(&pieces, &ended);
	assert_int_equal(pieces, 203);
	assert_int_equal(ended, 3);
}

static void
test_broken_off(void **state)
{
	int fd = dial();

	(void)state;
	tell(fd, GET("/broken?q=5"));
	assert_in_range(-1 - hear_pieces(fd, 0), 0, 5 * PIECE); /* and not the last chunk, which says "whole" */
	assert_true(ended(fd));
	close(fd);
	fd = dial();
	tell(fd, GET("/broken?q=0"));
	assert_int_equal(hear_pieces(fd, 0), -1);
	close(fd);
	ask(GET("/a"), 200, "\"path\":\"/a\"");
}

/* Whoever does not read gets no more made for it, and is left after a while; others do not notice. */
static void
test_reader_stops(void **state)
{
	int fd = dial(), idle = dial();
	unsigned before, pieces, ended;

	(void)state;
	tell(fd, GET("/stream?q=100000"));
	wait_ms(300);
	given(&before, &ended);
	assert_in_range(before, 1, 12); /* what the kernel holds, and one */
	assert_int_equal(ended, 0);
	wait_ms(200);
	given(&pieces, &ended);
	assert_int_equal(pieces, before);
	wait_ms(2200);
	given(&pieces, &ended);
	assert_int_equal(pieces, before);
	assert_int_equal(ended, 1);
	assert_in_range(-1 - hear_pieces(fd, 0), 0, 12 * PIECE);
	close(fd);
	close(idle);
}

/* Slow, but never for so long that it is left: longer in all than one reply may take. */
static void
test_slow_reader(void **state)
{
	int fd = dial();
	unsigned pieces, ended;

	(void)state;
	tell(fd, GET("/stream?q=60"));
	for (int i = 0; i < 20; i++) {
		static char data[PIECE];

		assert_true(take(fd, data, sizeof(data)));
		wait_ms(100);
	}
	given(&pieces, &ended);
	assert_int_equal(ended, 0);
	assert_in_range(pieces, 20, 40);
	close(fd);
}

static void
test_vanish(void **state)
{
	unsigned pieces, ended;

	(void)state;
	for (int i = 0; i < 10; i++) {
		int fd = dial();

		tell(fd, GET("/stream?q=100000"));
		wait_ms(10);
		close(fd);
	}
	wait_ms(1300);
	given(&pieces, &ended);
	assert_int_equal(ended, 10);
}

/* It still reads: a client that says no more is no client that has gone. */
static void
test_half_closed(void **state)
{
	int fd = dial();

	(void)state;
	tell(fd, GET("/stream?q=50"));
	shutdown(fd, SHUT_WR);
	wait_ms(100);
	assert_int_equal(hear_pieces(fd, 0), 50 * PIECE);
	close(fd);
}

/* The door goes while one is on its way; the leak check of the child is the judge. */
static void
test_end(void **state)
{
	int fd = dial();

	(void)state;
	tell(fd, GET("/stream?q=100000"));
	wait_ms(50);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(test_pieces),	  SERVED(test_broken_off), SERVED(test_reader_stops),
		SERVED(test_slow_reader), SERVED(test_vanish),	   SERVED(test_half_closed),
		SERVED(test_end),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
