/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
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
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/canon.h"
#include "daemon/base/log.h"
#include "tests/unit/door_try.h"

static char dir[] = "/tmp/test_door.XXXXXX";
char path[64];
pid_t server;
bool few_files;

struct conf
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

/* A reply of so many pieces (query q); "/broken" ends before the last. */
struct pieces {
	struct pieces *next;
	struct door_request *request;
	unsigned given, all;
	bool broken;
};
static struct pieces *streams;
static unsigned pieces_given, streams_ended;

static void
end_pieces(struct pieces *p, bool whole)
{
	struct pieces **at = &streams;

	while (*at != p)
		at = &(*at)->next;
	*at = p->next;
	streams_ended++;
	door_end(p->request, whole);
	free(p);
}

static void
on_stream_gone(void *arg)
{
	end_pieces(arg, false);
}

static void
on_more(void *arg)
{
	struct pieces *p = arg;
	struct buf b = BUF_INIT;

	if (p->given == p->all) {
		end_pieces(p, !p->broken);
		return;
	}
	for (int i = 0; i < PIECE; i++)
		buf_char(&b, (char)('a' + p->given % 26));
	p->given++;
	pieces_given++;
	door_piece(p->request, &b);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
stream(struct door_request *r)
{
	struct pieces *p = xcalloc(1, sizeof(*p));

	p->request = r;
	p->next = streams;
	streams = p;
	p->all = (unsigned)strtoul(door_query(r, "q"), NULL, 10);
	p->broken = !strcmp(door_path(r), "/broken");
	door_on_gone(r, on_stream_gone, p);
	door_stream(r, 200, "text/plain", on_more, p);
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

void
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
	} else if (!strcmp(door_path(r), "/stream") || !strcmp(door_path(r), "/broken")) {
		stream(r);
	} else if (!strcmp(door_path(r), "/pieces")) {
		buf_printf(&b, "%u %u", pieces_given, streams_ended);
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
	while (streams)
		end_pieces(streams, false);
	loop_signal_free(term);
	loop_signal_free(usr1);
	loop_free(loop);
	exit(0);
}

void
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

void
stop(void)
{
	int status = 0;

	kill(server, SIGTERM);
	assert_int_equal(waitpid(server, &status, 0), server);
	assert_int_equal(status, 0);
	assert_int_equal(access(path, F_OK), -1);
}

int
setup(void **state)
{
	struct conf conf = make_conf();

	(void)state;
	start(&conf);
	return 0;
}

int
teardown(void **state)
{
	(void)state;
	stop();
	return 0;
}

/* --- the client --- */
int
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
void
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

void
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

void
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

void
expect_reply(struct reply *r, int status, const char *text)
{
	if (r->status != status || !strstr(r->body.data, text))
		fail_msg("expected %d ...%s..., got %d %s%s", status, text, r->status, r->head,
			 r->body.data);
	if (!strstr(r->head, "\r\nContent-Type: application/json\r\n"))
		fail_msg("not JSON: %s", r->head);
	buf_release(&r->body);
}

void
expect(int fd, int status, const char *text)
{
	struct reply r;

	hear(fd, &r);
	expect_reply(&r, status, text);
}

bool
ended(int fd)
{
	char c;

	return recv(fd, &c, 1, 0) <= 0 && errno != EAGAIN;
}

/* One request on a connection of its own. */
void
ask(const char *request, int status, const char *text)
{
	int fd = dial();

	tell(fd, request);
	expect(fd, status, text);
	close(fd);
}

void
wait_ms(long ms)
{
	struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

int
group_setup(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof(path), "%s/socket", dir);
	return 0;
}

int
group_teardown(void **state)
{
	(void)state;
	return rmdir(dir);
}
