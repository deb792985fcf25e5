/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/api/api.h"
#include "daemon/base/log.h"

struct call_stream {
	const char *type;
	call_fill *fill;
	struct buf piece;
	bool begun;
};

void
call_stream_new(struct call *c, const char *type, call_fill *fill)
{
	struct call_stream *s = xcalloc(1, sizeof(*s));

	s->type = type;
	s->fill = fill;
	buf_init(&s->piece);
	c->stream = s;
}

void
call_stream_release(struct call *c)
{
	if (c->stream)
		buf_release(&c->stream->piece);
	free(c->stream);
	c->stream = NULL;
}

bool
call_streaming(const struct call *c)
{
	return c->stream && c->stream->begun;
}

static void
end(struct call *c, bool whole)
{
	door_end(c->req, whole);
	call_free(c);
}

void
call_stream_cut(struct call *c)
{
	end(c, false);
}

static void
on_gone(void *arg)
{
	end(arg, false);
}

/* The kernel has the piece before. */
static void
next_piece(void *arg)
{
	struct call *c = arg;
	struct err e = ERR_INIT;

	if (c->stream->fill(c, &c->stream->piece, &e)) {
		/* the status was sent long ago: the client sees it broken off, the technician reads why */
		log_error("what %s reads at %s broke off: %s", c->op.name, door_path(c->req), e.msg);
		end(c, false);
	} else if (c->stream->piece.len) {
		door_piece(c->req, &c->stream->piece);
	} else {
		end(c, true);
	}
}

void
call_stream_begin(struct call *c)
{
	c->stream->begun = true;
	door_on_gone(c->req, on_gone, c);
	if (door_connection(c->req))
		door_stream(c->req, 200, c->stream->type, next_piece, c);
	else
		end(c, false);
}
