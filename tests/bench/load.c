/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * HTTP requests over connections that are open already, as fast as they are answered: so that the
 * client is not the limit.  The requests lie ready in a file; each connection takes the next one
 * when its last was answered.
 *
 *	load REQUESTS LENGTHS FD...	REQUESTS: one after the other; LENGTHS: their sizes, a line each
 *	prints "requests seconds answered_2xx p50_us p99_us"
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/mem.h"

#define CLIENTS_MAX 64

struct client {
	int fd;
	const char *out; /* what is still to be sent */
	size_t left;
	char *in;
	size_t have, size;
	uint64_t began;
};

static const char *requests;
static size_t *lengths, count, next_one, at;
static uint64_t *took;
static size_t answered, good;

static void __attribute__((noreturn))
die(const char *what)
{
	fprintf(stderr, "load: %s: %s\n", what, strerror(errno));
	exit(1);
}

static uint64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

static void
read_files(const char *data, const char *sizes)
{
	int fd = open(data, O_RDONLY);
	FILE *f = fopen(sizes, "r");
	struct stat st;
	size_t n, room = 0;

	if (fd < 0 || fstat(fd, &st) || !f)
		die(data);
	requests = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
	if (requests == MAP_FAILED)
		die(data);
	while (fscanf(f, "%zu", &n) == 1) {
		if (count == room) {
			room = room ? room * 2 : 1024;
			lengths = xrealloc(lengths, room * sizeof(*lengths));
		}
		lengths[count++] = n;
	}
	fclose(f);
	close(fd);
	took = xcalloc(count, sizeof(*took));
}

/* False when there is nothing left to send. */
static int
begin(struct client *c)
{
	if (next_one == count)
		return 0;
	c->out = requests + at;
	c->left = lengths[next_one];
	at += lengths[next_one++];
	c->have = 0;
	c->began = now_us();
	return 1;
}

static void
push(struct client *c)
{
	ssize_t n = write(c->fd, c->out, c->left);

	if (n < 0 && errno != EAGAIN)
		die("write");
	if (n > 0) {
		c->out += n;
		c->left -= (size_t)n;
	}
}

/* Length of a whole answer at the start of the buffer, or 0. */
static size_t
whole(const struct client *c)
{
	const char *end = memmem(c->in, c->have, "\r\n\r\n", 4), *length;

	if (!end)
		return 0;
	length = strcasestr(c->in, "\r\nContent-Length:");
	if (!length || length > end) {
		errno = EPROTO;
		die("answer without Content-Length");
	}
	return (size_t)(end + 4 - c->in) + strtoul(length + 17, NULL, 10);
}

/* True when the answer is complete. */
static int
pull(struct client *c)
{
	size_t n;
	ssize_t got;

	if (c->size - c->have < 65536)
		c->in = xrealloc(c->in, c->size += 262144);
	got = read(c->fd, c->in + c->have, c->size - c->have - 1);
	if (got == 0)
		errno = ECONNRESET;
	if (got == 0 || (got < 0 && errno != EAGAIN))
		die("read");
	if (got < 0)
		return 0;
	c->have += (size_t)got;
	c->in[c->have] = '\0';
	n = whole(c);
	if (!n || c->have < n)
		return 0;
	took[answered++] = now_us() - c->began;
	if (!strncmp(c->in, "HTTP/1.1 2", 10))
		good++;
	else if (answered - good < 4)
		fprintf(stderr, "load: %.*s\n", (int)(c->have < 400 ? c->have : 400), c->in);
	return 1;
}

static int
by_size(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

int
main(int argc, char **argv)
{
	struct client clients[CLIENTS_MAX] = { { .fd = 0 } };
	struct pollfd fds[CLIENTS_MAX];
	int n = argc - 3;
	uint64_t from;
	double seconds;

	if (n < 1 || n > CLIENTS_MAX) {
		fprintf(stderr, "usage: load REQUESTS LENGTHS FD...\n");
		return 64;
	}
	read_files(argv[1], argv[2]);
	from = now_us();
	for (int i = 0; i < n; i++) {
		clients[i].fd = (int)strtol(argv[i + 3], NULL, 10);
		if (fcntl(clients[i].fd, F_SETFL, O_NONBLOCK) < 0)
			die("fcntl");
		fds[i].fd = begin(&clients[i]) ? clients[i].fd : -1;
	}
	while (answered < count) {
		for (int i = 0; i < n; i++)
			fds[i].events = clients[i].left ? POLLIN | POLLOUT : POLLIN;
		if (poll(fds, (nfds_t)n, 60000) <= 0)
			die("poll");
		for (int i = 0; i < n; i++) {
			if (fds[i].fd < 0)
				continue;
			if (fds[i].revents & POLLOUT && clients[i].left)
				push(&clients[i]);
			if (fds[i].revents & (POLLIN | POLLHUP) && pull(&clients[i]) &&
			    !begin(&clients[i]))
				fds[i].fd = -1;
		}
	}
	seconds = (double)(now_us() - from) / 1e6;
	qsort(took, count, sizeof(*took), by_size);
	printf("%zu %.6f %zu %llu %llu\n", count, seconds, good,
	       (unsigned long long)took[count / 2], (unsigned long long)took[count * 99 / 100]);
	return 0;
}
