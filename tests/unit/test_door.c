/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/door_try.h"

/* What the door takes for a request, and what it says to everything else. */

static void
test_plain(void **state)
{
	int fd = dial();
	struct reply r;
	char uid[32];

	(void)state;
	snprintf(uid, sizeof(uid), "\"uid\":%u", (unsigned)getuid());
	tell(fd, GET("/a"));
	hear(fd, &r);
	assert_non_null(strstr(r.head, "\r\nX-Reply: yes\r\n"));
	assert_non_null(strstr(r.body.data, uid));
	expect_reply(&r, 200, "{\"body\":0,\"method\":\"GET\",\"path\":\"/a\",\"seen\":1");
	tell(fd, GET("/b/"));
	expect(fd, 200, "\"path\":\"/b\",\"seen\":2");
	tell(fd, "POST /c HTTP/1.1\r\nContent-Length: 5\r\nX-Test: \xc4\x91\r\n\r\nabcde");
	expect(fd, 200, "{\"body\":5,\"method\":\"POST\",\"path\":\"/c\",\"seen\":3");
	close(fd);
}

static void
test_address(void **state)
{
	(void)state;
	ask(GET("/m/a%40b.vn?q=C%C3%B4ng+v%C4%83n%26"), 200, "\"path\":\"/m/a@b.vn\",\"q\":\"C\xc3\xb4ng v\xc4\x83n&\"");
	ask(GET("/a?q=1&q=2"), 400, "q is given twice");
	ask(GET("/a?q"), 200, "\"q\":\"\"");
	ask(GET("/a?#x"), 200, "\"path\":\"/a\"");
	ask(GET("/"), 200, "\"path\":\"/\"");
	ask(GET("/a%00b"), 400, "control character %00");
	ask(GET("/a?q=%00"), 400, "control character %00");
	ask(GET("/a%0ab"), 400, "control character");
	ask(GET("/a%2fb"), 400, "%2F");
	ask(GET("/a/../b"), 400, "\\\"..\\\"");
	ask(GET("/a/%2e%2E/b"), 400, "\\\"..\\\"");
	ask(GET("/a//b"), 400, "empty part");
	ask(GET("//"), 400, "empty part");
	ask(GET("/a%zz"), 400, "two hexadecimal digits");
	ask(GET("/a%4"), 400, "two hexadecimal digits");
	ask(GET("/a%ff"), 400, "UTF-8");
	ask(GET("/a\xff"), 400, "UTF-8");
	ask(GET("/a?q=%c3"), 400, "UTF-8");
	ask(GET("http://x/a"), 400, "begins with a slash");
	ask(GET("*"), 400, "begins with a slash");
}

static void
test_methods(void **state)
{
	int fd = dial();
	struct reply r;

	(void)state;
	ask("PUT /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 405, "only GET and POST");
	ask("DELETE /a HTTP/1.1\r\n\r\n", 405, "only GET and POST");
	ask("BREW /a HTTP/1.1\r\n\r\n", 405, "only GET and POST");
	ask("CONNECT h:1 HTTP/1.1\r\n\r\n", 405, "");
	tell(fd, "HEAD /a HTTP/1.1\r\n\r\n");
	hear(fd, &r);
	assert_int_equal(r.status, 405);
	assert_true(ended(fd));
	close(fd);
}

static void
test_framing(void **state)
{
	int fd = dial();

	(void)state;
	tell(fd, "POST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n" GET("/b"));
	expect(fd, 411, "Transfer-Encoding is not accepted");
	assert_true(ended(fd)); /* what follows is never taken for a request */
	close(fd);
	ask("POST /a HTTP/1.1\r\nTransfer-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", 400, "Transfer-Encoding");
	ask("POST /a HTTP/1.1\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400, "more than once");
	ask("POST /a HTTP/1.1\r\n\r\n", 411, "needs Content-Length");
	ask("POST /a HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 200, "\"body\":0");
	ask("POST /a HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "Content-Length");
	ask("POST /a HTTP/1.1\r\nContent-Length: 3x\r\n\r\nabc", 400, "Content-Length");
	ask("GET /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc", 400, "a GET has no body");
	ask("GET /a HTTP/1.1\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n", 400, "Authorization");
	ask("complete nonsense\r\n\r\n", 400, "not an HTTP/1.1 request");
	ask("GET /a HTTP/1.1\r\nno colon here\r\n\r\n", 400, "not an HTTP/1.1 request");
	ask("GET /a HTTP/9.1\r\n\r\n", 400, "not an HTTP/1.1 request");
	ask("\x16\x03\x01\x02\x01\x01\x03\x03\r\n\r\n\r\n", 400, "not an HTTP/1.1 request");
	ask("POST /a HTTP/1.1\r\nExpect: wonders\r\nContent-Length: 1\r\n\r\n", 417, "100-continue");
	ask("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", 200, "\"path\":\"/a\"");
}

static void
test_expect(void **state)
{
	int fd = dial();
	struct reply r;

	(void)state;
	tell(fd, "POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
	hear(fd, &r);
	assert_int_equal(r.status, 100);
	tell(fd, "abcd");
	expect(fd, 200, "\"body\":4");
	close(fd);
}

static void
test_too_large(void **state)
{
	AUTO(buf) b = BUF_INIT;
	int fd = dial();

	(void)state;
	buf_str(&b, "POST /a HTTP/1.1\r\nContent-Length: 100000\r\n\r\n");
	for (int i = 0; i < 100000; i++)
		buf_char(&b, 'x');
	say(fd, b.data, b.len);
	expect(fd, 200, "\"body\":100000");
	buf_clear(&b);
	buf_str(&b, "POST /a HTTP/1.1\r\nContent-Length: 5000000\r\n\r\n");
	for (int i = 0; i < 5000000; i++)
		buf_char(&b, 'x');
	say(fd, b.data, b.len);
	expect(fd, 413, "longer than 100000 bytes");
	assert_true(ended(fd));
	close(fd);
}

static void
test_header_bomb(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	buf_str(&b, "GET /a HTTP/1.1\r\nX-Long: ");
	for (int i = 0; i < 100000; i++)
		buf_char(&b, 'x');
	ask(b.data, 431, "longer than 4096 bytes"); /* without an end */
	buf_clear(&b);
	buf_str(&b, "GET /a HTTP/1.1\r\n");
	for (int i = 0; i < 3000; i++)
		buf_printf(&b, "X-%d: y\r\n", i);
	buf_str(&b, "\r\n");
	ask(b.data, 431, "longer than 4096 bytes");
	buf_clear(&b);
	buf_str(&b, "GET /");
	for (int i = 0; i < 5000; i++)
		buf_char(&b, 'x');
	buf_str(&b, " HTTP/1.1\r\n\r\n");
	ask(b.data, 431, "longer than 4096 bytes");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(test_plain),
		SERVED(test_address),
		SERVED(test_methods),
		SERVED(test_framing),
		SERVED(test_expect),
		SERVED(test_too_large),
		SERVED(test_header_bomb),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
