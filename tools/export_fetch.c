/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/note.h"
#include "tools/export.h"

/* What hopthud gives out, taken in as it comes. */

#define AWAY_MS 60000 /* a restart of hopthud takes less */
#define PAUSE_MS 500
#define SHOW_MS 200

int64_t
export_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- telling ------------------------------------------------------------------------------------ */

void
export_show(struct export *x, bool end)
{
	int64_t now = export_now_ms();

	if (!x->progress || (!end && now - x->shown < SHOW_MS))
		return;
	x->shown = now;
	if (end)
		fputs("\r\033[K", stderr);
	else
		fprintf(stderr, "\r\033[K%" PRIu64 " of %" PRIu64 " records, %" PRIu64 " MB",
			x->tree.tree.size, x->size, x->tree.copied / 1000000);
}

int
export_failed(struct export *x, const struct err *e)
{
	export_show(x, true);
	if (x->copy.wrong)
		return ctl_fail(LEAVE_VERIFY, "%s", e->msg);
	if (x->copy.partial)
		return ctl_fail(LEAVE_PARTLY, "%s; the copy is not finished, and the same command goes on "
				"with it", e->msg);
	return ctl_error(x->c, e);
}

/* --- streams ------------------------------------------------------------------------------------ */

typedef bool sink(void *arg, const char *data, size_t n);
typedef void path_of(struct export *x, struct buf *path); /* of what is still to come */

/* hopthud is away or stops: true while it may come back. */
static bool
may_return(int64_t *away)
{
	if (!*away)
		*away = export_now_ms();
	if (export_now_ms() - *away > AWAY_MS)
		return false;
	poll(NULL, 0, PAUSE_MS);
	return true;
}

/* Goes on where it broke off, for as long as a restart of hopthud may take.  The exit status. */
static int
stream(struct export *x, path_of *path, sink *take)
{
	int64_t away = 0;

	for (;;) {
		AUTO(buf) p = BUF_INIT;
		struct call call = { .method = "GET", .timeout_ms = x->c->timeout_ms, .sink = take,
				     .sink_arg = x };
		struct reply r = { .status = 0 };
		struct err e = ERR_INIT;
		uint64_t before = x->tree.tree.size;
		int status;

		path(x, &p);
		if (x->e.class != ERR_NONE)
			return export_failed(x, &x->e);
		call.path = p.data;
		if (ctl_call(x->c, &call, &r, &e)) {
			copy_tree_broken_off(&x->tree);
			if (x->e.class != ERR_NONE)
				return export_failed(x, &x->e);
			if (x->tree.tree.size != before)
				away = 0;
			if (e.class == ERR_TEMP && may_return(&away))
				continue;
			return export_failed(x, &e);
		}
		status = r.status;
		if (status != 200 && !(status == 503 && may_return(&away))) {
			export_show(x, true);
			status = ctl_refused(x->c, &r);
			reply_release(&r);
			return status;
		}
		reply_release(&r);
		if (status == 200)
			return 0;
	}
}

static bool
take_records(void *arg, const char *data, size_t n)
{
	struct export *x = arg;

	export_show(x, false);
	return !copy_tree_records(&x->tree, data, n, &x->e);
}

static bool
take_hashes(void *arg, const char *data, size_t n)
{
	struct export *x = arg;

	return !copy_tree_hashes(&x->tree, data, n, &x->e);
}

static void
entries_path(struct export *x, struct buf *path)
{
	buf_printf(path, "/v1/audit/entries?export=%" PRId64 "&from=%" PRIu64 "&to=%" PRId64, x->seq,
		   x->tree.tree.size + 1, x->to);
}

static void
leaves_path(struct export *x, struct buf *path)
{
	int64_t next = (int64_t)x->tree.tree.size + 1;

	buf_printf(path, "/v1/audit/leaves?export=%" PRId64 "&from=%" PRId64 "&to=%" PRId64, x->seq, next,
		   next < x->from ? x->from - 1 : (int64_t)x->size);
}

int
export_records(struct export *x)
{
	while (x->tree.tree.size < x->size) {
		uint64_t before = x->tree.tree.size;
		bool records = copy_tree_copies(&x->tree, (int64_t)before + 1);
		int status = stream(x, records ? entries_path : leaves_path,
				    records ? take_records : take_hashes);

		if (status)
			return status;
		if (x->tree.tree.size == before) {
			export_show(x, true);
			return ctl_fail(LEAVE_BUG, "hopthud gave nothing for record %" PRIu64 " and after it",
					before + 1);
		}
	}
	if (copy_tree_end(&x->tree, &x->e))
		return export_failed(x, &x->e);
	export_show(x, true);
	return 0;
}

/* --- files of lines ----------------------------------------------------------------------------- */

static bool
take_lines(void *arg, const char *data, size_t n)
{
	struct export *x = arg;

	return !copy_grow_more(x->lines, data, n, &x->e);
}

/* The same, and the last line is kept: it holds the checkpoint. */
static bool
take_notes(void *arg, const char *data, size_t n)
{
	struct export *x = arg;

	for (size_t i = 0; i < n; i++) {
		if (x->note.len && x->note.data[x->note.len - 1] == '\n')
			buf_clear(&x->note);
		buf_char(&x->note, data[i]);
	}
	return x->note.len < 2 * NOTE_BYTES_MAX && take_lines(arg, data, n);
}

/* Begins anew each time: lines that were erased or confirmed since are not as they were. */
static void
openings_path(struct export *x, struct buf *path)
{
	copy_grow_drop(x->lines);
	x->lines = copy_grow(&x->copy, "openings.ndjson", &x->e);
	buf_printf(path, "/v1/audit/openings?export=%" PRId64 "&from=%" PRId64 "&to=%" PRId64, x->seq,
		   x->first, x->last);
}

static void
checkpoints_path(struct export *x, struct buf *path)
{
	copy_grow_drop(x->lines);
	x->lines = copy_grow(&x->copy, "checkpoints.ndjson", &x->e);
	buf_clear(&x->note);
	buf_printf(path, "/v1/audit/checkpoints?export=%" PRId64, x->seq);
}

static int
copy_lines(struct export *x, path_of *path, sink *take)
{
	int status = stream(x, path, take);

	if (status)
		return status;
	return copy_grown(STEAL(x->lines), &x->e) ? export_failed(x, &x->e) : 0;
}

int
export_openings(struct export *x)
{
	return copy_lines(x, openings_path, take_lines);
}

int
export_checkpoints(struct export *x)
{
	return copy_lines(x, checkpoints_path, take_notes);
}

/* --- the checkpoint alone ---------------------------------------------------------------------- */

static bool
take_note(void *arg, const char *data, size_t n)
{
	struct export *x = arg;

	buf_add(&x->note, data, n);
	return x->note.len < 2 * NOTE_BYTES_MAX;
}

static void
note_path(struct export *x, struct buf *path)
{
	buf_clear(&x->note);
	buf_printf(path, "/v1/audit/checkpoints?export=%" PRId64 "&from=%" PRIu64 "&to=%" PRIu64, x->seq,
		   x->size, x->size);
}

int
export_note(struct export *x)
{
	return stream(x, note_path, take_note);
}
