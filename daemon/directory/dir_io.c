/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/directory/dir_int.h"

#define IN_SIZE 65536
/* An entry of ours has a few KB, the schema of a server about 200. */
#define MESSAGE_MAX (16UL << 20)

void
dir_io_init(struct dir_io *io, int fd)
{
	*io = (struct dir_io){ .fd = fd, .out = BUF_INIT };
}

void
dir_io_release(struct dir_io *io)
{
	dir_tls_free(io);
	if (io->fd >= 0)
		close(io->fd);
	free(io->in);
	/* The bind's password went through here. */
	if (io->out.size)
		explicit_bzero(io->out.data, io->out.size);
	buf_release(&io->out);
	dir_io_init(io, -1);
}

void
dir_io_die(struct dir_io *io, const char *fmt, ...)
{
	va_list ap;

	if (io->dead)
		return; /* the first reason is the cause */
	io->dead = true;
	va_start(ap, fmt);
	vsnprintf(io->why, sizeof(io->why), fmt, ap);
	va_end(ap);
}

bool
dir_io_pending(const struct dir_io *io)
{
	return io->in_off < io->in_len;
}

int
dir_io_want(const struct dir_io *io)
{
	return LOOP_READ | (io->out_off < io->out.len || io->tls_wants_write ? LOOP_WRITE : 0);
}

/* 0 = nothing now, or dead. */
static ssize_t
receive(struct dir_io *io, void *data, size_t n)
{
	ssize_t got;

	if (io->ssl)
		return dir_tls_read(io, data, n);
	got = recv(io->fd, data, n, 0);
	if (got == 0)
		dir_io_die(io, "slapd closed the connection");
	if (got < 0 && errno != EAGAIN && errno != EINTR)
		dir_io_die(io, "the connection to slapd broke: %s", strerror(errno));
	return got < 0 ? 0 : got;
}

bool
dir_io_fill(struct dir_io *io)
{
	size_t before;

	if (!io->in)
		io->in = xmalloc(IN_SIZE);
	if (io->in_off) {
		io->in_len -= io->in_off;
		memmove(io->in, io->in + io->in_off, io->in_len);
		io->in_off = 0;
	}
	before = io->in_len;
	/* TLS hands out one record at a time, and keeps the rest where no poll sees it. */
	while (!io->dead && io->in_len < IN_SIZE) {
		ssize_t got = receive(io, io->in + io->in_len, IN_SIZE - io->in_len);

		if (got <= 0)
			break;
		io->in_len += (size_t)got;
		if (!io->ssl)
			break;
	}
	return io->in_len > before;
}

static ssize_t
transmit(struct dir_io *io, const void *data, size_t n)
{
	ssize_t sent;

	if (io->ssl)
		return dir_tls_write(io, data, n);
	/* No SIGPIPE: libldap's own writer would raise it. */
	sent = send(io->fd, data, n, MSG_NOSIGNAL);
	if (sent >= 0)
		return sent;
	if (errno != EAGAIN && errno != EINTR)
		dir_io_die(io, "the connection to slapd broke: %s", strerror(errno));
	return 0;
}

void
dir_io_flush(struct dir_io *io)
{
	uint64_t base = io->queued - io->out.len; /* stream offset of out.data[0] */

	while (!io->dead && io->out_off < io->out.len) {
		size_t n = io->out.len - io->out_off;
		ssize_t sent;

		/* TLS may have sent a part of what it says it did not take. */
		if (io->ssl)
			io->gone = base + io->out_off + n;
		sent = transmit(io, io->out.data + io->out_off, n);
		if (sent <= 0)
			break;
		io->out_off += (size_t)sent;
		if (base + io->out_off > io->gone)
			io->gone = base + io->out_off;
	}
	/* Keeps what is not sent yet at the front. */
	if (io->out_off == io->out.len || io->out_off > IN_SIZE) {
		io->out.len -= io->out_off;
		memmove(io->out.data, io->out.data + io->out_off, io->out.len);
		io->out_off = 0;
	}
}

/* --- the layer under libldap ----------------------------------------------------------------- */

static int
on_setup(Sockbuf_IO_Desc *desc, void *arg)
{
	desc->sbiod_pvt = arg;
	return 0;
}

static int
on_remove(Sockbuf_IO_Desc *desc)
{
	(void)desc;
	return 0;
}

static int
on_ctrl(Sockbuf_IO_Desc *desc, int opt, void *arg)
{
	struct dir_io *io = desc->sbiod_pvt;

	(void)arg;
	return opt == LBER_SB_OPT_DATA_READY && dir_io_pending(io);
}

static ber_slen_t
on_read(Sockbuf_IO_Desc *desc, void *data, ber_len_t n)
{
	struct dir_io *io = desc->sbiod_pvt;

	if (!dir_io_pending(io) && !dir_io_fill(io)) {
		if (io->dead)
			return 0;
		errno = EWOULDBLOCK;
		return -1;
	}
	if (n > io->in_len - io->in_off)
		n = io->in_len - io->in_off;
	memcpy(data, io->in + io->in_off, n);
	io->in_off += n;
	return (ber_slen_t)n;
}

static ber_slen_t
on_write(Sockbuf_IO_Desc *desc, void *data, ber_len_t n)
{
	struct dir_io *io = desc->sbiod_pvt;

	buf_add(&io->out, data, n);
	io->queued += n;
	return (ber_slen_t)n;
}

static int
on_close(Sockbuf_IO_Desc *desc)
{
	(void)desc; /* the descriptor is ours: the loop still watches it */
	return 0;
}

static Sockbuf_IO layer = {
	.sbi_setup = on_setup,
	.sbi_remove = on_remove,
	.sbi_ctrl = on_ctrl,
	.sbi_read = on_read,
	.sbi_write = on_write,
	.sbi_close = on_close,
};

int
dir_io_attach(struct dir_io *io, LDAP *ld)
{
	Sockbuf *sb = NULL;
	ber_len_t max = MESSAGE_MAX;

	if (ldap_get_option(ld, LDAP_OPT_SOCKBUF, &sb) != LDAP_OPT_SUCCESS || !sb)
		return -1;
	ber_sockbuf_ctrl(sb, LBER_SB_OPT_SET_MAX_INCOMING, &max);
	return ber_sockbuf_add_io(sb, &layer, LBER_SBIOD_LEVEL_PROVIDER, io);
}
