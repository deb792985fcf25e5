/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/canon.h"
#include "daemon/api/door.h"
#include "daemon/base/log.h"

/*
 * A door in a child process, and clients that behave badly.  The child ends in good order, so a
 * leak or a use after free in it fails the test through its exit status.
 */
static char dir[] = "/tmp/test_door.XXXXXX";
static char path[64];
static pid_t server;

static struct conf
make_conf(void)
{
	return (struct conf){
		.socket = path,
		.socket_mode = 0660,
		.limits = { .letter_bytes = 100000, .connections = 40, .connections_per_uid = 30,
			    .header_bytes = 4096, .request_timeout_ms = 700, .idle_timeout_ms = 1500 },
	};
}

/* --- the server --- */
struct later {
	struct loop_timer *timer;
	struct door_request *request;
};

static struct loop *loop;
static struct door *door;
static unsigned gone_count;
static bool few_files;
static struct door_request *held[16];

static void
on_later(void *arg)
{
	struct later *l = arg;
	struct buf b = BUF_INIT;

	buf_str(&b, "{\"later\":true}");
	door_reply(l->request, 202, &b);
	loop_timer_free(l->timer);
	free(l);
}

static void
on_gone(void *arg)
{
	struct door_request **slot = arg;
	struct door_request *r = *slot;

	gone_count++;
	*slot = NULL;
	door_reply(r, 200, NULL);
}

static void
hold(struct door_request *r)
{
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		if (!held[i]) {
			held[i] = r;
			door_on_gone(r, on_gone, &held[i]);
			return;
		}
	door_fail(r, 503, "temp", "too many are held");
}

static void
echo(struct door_request *r)
{
	struct buf b = BUF_INIT;
	struct canon c;
	size_t n;
	const char *body = door_body(r, &n);
	unsigned *seen = door_connection_data(door_connection(r));

	if (!seen) {
		seen = xcalloc(1, sizeof(*seen));
		door_connection_set_data(door_connection(r), seen, free);
	}
	++*seen;
	assert_true(strlen(body) <= n);
	canon_begin(&c, &b);
	canon_int(&c, "body", (int64_t)n);
	canon_str(&c, "method", door_method(r));
	canon_str(&c, "path", door_path(r));
	canon_str(&c, "q", door_query(r, "q"));
	canon_int(&c, "seen", *seen);
	canon_int(&c, "uid", door_peer_uid(r));
	canon_str(&c, "x", door_header(r, "X-Test"));
	canon_end(&c);
	door_header_out(r, "X-Reply", "yes");
	door_reply(r, 200, &b);
}

static void
handle(void *arg, struct door_request *r)
{
	struct buf b = BUF_INIT;

	(void)arg;
	if (!strcmp(door_path(r), "/hold")) {
		hold(r);
	} else if (!strcmp(door_path(r), "/later")) {
		struct later *l = xcalloc(1, sizeof(*l));

		l->request = r;
		l->timer = loop_timer_new(loop, on_later, l);
		loop_timer_set(l->timer, 200);
	} else if (!strcmp(door_path(r), "/big")) {
		for (int i = 0; i < 100000; i++)
			buf_str(&b, "0123456789");
		door_reply(r, 200, &b);
	} else if (!strcmp(door_path(r), "/gone")) {
		buf_printf(&b, "%u", gone_count);
		door_reply(r, 200, &b);
	} else {
		echo(r);
	}
}

static void
on_term(void *arg)
{
	(void)arg;
	loop_stop(loop);
}

static void
on_drain(void *arg)
{
	(void)arg;
	door_drain(door);
}

/* Room for ten more descriptors than are open. */
static void
limit_files(void)
{
	int next = dup(STDERR_FILENO);
	struct rlimit few = { .rlim_cur = (rlim_t)next + 10, .rlim_max = (rlim_t)next + 10 };

	close(next);
	setrlimit(RLIMIT_NOFILE, &few);
}

static void
serve(const struct conf *conf, int ready)
{
	struct loop_signal *term, *usr1;
	struct err e = ERR_INIT;

	log_set_level(LOG_LEVEL_ERROR);
	loop = loop_new();
	door = door_new(loop, conf, handle, NULL, &e);
	if (!door) {
		fprintf(stderr, "door_new: %s\n", e.msg);
		_exit(3);
	}
	term = loop_signal_new(loop, SIGTERM, on_term, NULL);
	usr1 = loop_signal_new(loop, SIGUSR1, on_drain, NULL);
	if (few_files)
		limit_files();
	if (write(ready, "x", 1) != 1)
		_exit(4);
	loop_run(loop);
	door_free(door);
	for (size_t i = 0; i < sizeof(held) / sizeof(held[0]); i++)
		if (held[i])
			door_reply(held[i], 200, NULL); /* after its door is gone */
	loop_signal_free(term);
	loop_signal_free(usr1);
	loop_free(loop);
	exit(0);
}

static void
start(const struct conf *conf)
{
	int ready[2];
	char x;

	assert_int_equal(pipe(ready), 0);
	fflush(NULL);
	server = fork();
	assert_true(server >= 0);
	if (server == 0) {
		close(ready[0]);
		signal(SIGSEGV, SIG_DFL); /* cmocka's would go on with the next test, in here */
		prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing running */
		serve(conf, ready[1]);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &x, 1), 1);
	close(ready[0]);
}

static void
stop(void)
{
	int status = 0;

	kill(server, SIGTERM);
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), -1);
}

static int
setup(void **state)
{
	struct conf conf = make_conf();

	(void)state;
	start(&conf);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	stop();
	return 0;
}

/* --- the client --- */
struct reply {
	int status; /* 0: the connection ended without one */
	char head[4096];
	struct buf body;
};

static int
dial(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval tv = { .tv_sec = 5 };

	assert_true(fd >= 0);
	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s", path);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	return fd;
}

/* The server may end the connection meanwhile, so a short count is no failure. */
static void
say(int fd, const char *text, size_t n)
{
	while (n) {
		ssize_t k = send(fd, text, n, MSG_NOSIGNAL);

		if (k <= 0)
			return;
		text += k;
		n -= (size_t)k;
	}
}

static void
tell(int fd, const char *text)
{
	say(fd, text, strlen(text));
}

static size_t
content_length(const char *head)
{
	const char *p = strcasestr(head, "\r\nContent-Length:");

	return p ? strtoul(p + 17, NULL, 10) : 0;
}

static void
hear(int fd, struct reply *r)
{
	size_t n = 0, want;
	char chunk[65536];
	ssize_t k;

	memset(r, 0, sizeof(*r));
	buf_init(&r->body);
	while (n < sizeof(r->head) - 1 && !strstr(r->head, "\r\n\r\n")) {
		k = recv(fd, r->head + n, 1, 0);
		if (k < 0 && errno == EAGAIN)
			fail_msg("no answer within five seconds");
		if (k <= 0)
			return;
		r->head[++n] = '\0';
	}
	r->status = (int)strtol(r->head + 9, NULL, 10);
	for (want = content_length(r->head); want; want -= (size_t)k) {
		k = recv(fd, chunk, want < sizeof(chunk) ? want : sizeof(chunk), 0);
		assert_true(k > 0);
		buf_add(&r->body, chunk, (size_t)k);
	}
}

static void
expect_reply(struct reply *r, int status, const char *text)
{
	if (r->status != status || !strstr(r->body.data, text))
		fail_msg("expected %d ...%s..., got %d %s%s", status, text, r->status, r->head,
			 r->body.data);
	if (!strstr(r->head, "\r\nContent-Type: application/json\r\n"))
		fail_msg("not JSON: %s", r->head);
	buf_release(&r->body);
}

static void
expect(int fd, int status, const char *text)
{
	struct reply r;

	hear(fd, &r);
	expect_reply(&r, status, text);
}

static bool
ended(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) <= 0 && errno != EAGAIN;
}

/* One request on a connection of its own. */
static void
ask(const char *request, int status, const char *text)
{
	int fd = dial();

	tell(fd, request);
	expect(fd, status, text);
	close(fd);
}

static void
wait_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

#define GET(p) "GET " p " HTTP/1.1\r\nHost: h\r\n\r\n"

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

static int
group_setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	return 0;
}

static int
group_teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}

#define SERVED(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		SERVED(test_plain),	 SERVED(test_address),	 SERVED(test_methods),
		SERVED(test_framing),	 SERVED(test_expect),	 SERVED(test_too_large),
		SERVED(test_header_bomb), SERVED(test_slow),	 SERVED(test_later),
		SERVED(test_vanish),	 SERVED(test_reader_stops), cmocka_unit_test(test_caps),
		cmocka_unit_test(test_emfile), cmocka_unit_test(test_drain), cmocka_unit_test(test_socket),
	};

	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
