/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DOOR_TRY_H
#define HOPTHU_DOOR_TRY_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/buf.h"
#include "daemon/api/door.h"

/*
 * A door in a child process, and clients that behave badly.  The child ends in good order, so a
 * leak or a use after free in it fails the test through its exit status.
 */
extern char path[64]; /* of its socket */
extern pid_t server;
extern bool few_files; /* the next child may open ten descriptors more than it has */

struct conf make_conf(void);
void start(const struct conf *conf);
void stop(void); /* fails when the child did not end in good order */
/* What the child does: /hold, /later (202 after 200 ms), /big (1 MB), /gone, /stream?q=PIECES,
 * /broken?q=PIECES, /pieces (how many were given, how many streams ended), and else an echo. */
#define PIECE 60000
void handle(void *arg, struct door_request *r);

struct reply {
	int status; /* 0: the connection ended without one */
	char head[4096];
	struct buf body;
};

int dial(void);
void say(int fd, const char *text, size_t n);
void tell(int fd, const char *text);
void hear(int fd, struct reply *r);
void expect_reply(struct reply *r, int status, const char *text);
void expect(int fd, int status, const char *text);
void ask(const char *request, int status, const char *text); /* on a connection of its own */
bool ended(int fd);
void wait_ms(long ms);

/* With a child for each test, and a folder for all of them. */
int setup(void **state);
int teardown(void **state);
int group_setup(void **state);
int group_teardown(void **state);

#define GET(p) "GET " p " HTTP/1.1\r\nHost: h\r\n\r\n"
#define SERVED(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
#endif
