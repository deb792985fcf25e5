/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/canon.h"
#include "tools/export.h"

#define QUORUM_MS 5000 /* witnesses that answer at all answer within this */
#define PAUSE_MS 250

/*
 * `audit export`: what hopthud gives out becomes a folder of tiles.  Nothing is taken on trust: every
 * hash is computed here, and the copy gets its checkpoint only when they lead to it.
 */

/* --- the order ---------------------------------------------------------------------------------- */

static int
send_order(struct export *x)
{
	AUTO(json) body = json_object();
	AUTO(str) text = NULL;
	int status;

	if (ctl_opt(x->c, OPT_FROM))
		json_object_set_new(body, "from", json_string(ctl_opt(x->c, OPT_FROM)));
	if (ctl_opt(x->c, OPT_TO))
		json_object_set_new(body, "to", json_string(ctl_opt(x->c, OPT_TO)));
	json_object_set_new(body, "before", json_integer((json_int_t)x->tree.tree.size));
	text = json_dumps(body, JSON_COMPACT);
	status = ctl_send(x->c, "/v1/audit/export", "application/json", text, strlen(text), &x->order);
	if (status)
		return status;
	x->seq = ctl_integer(x->order, "export");
	x->first = ctl_integer(x->order, "first");
	x->last = ctl_integer(x->order, "last");
	x->from = ctl_integer(x->order, "from");
	x->to = ctl_integer(x->order, "to");
	x->size = (uint64_t)ctl_integer(x->order, "size");
	if (!x->seq)
		ctl_say("hopthud writes nothing just now (`hopthuctl status` says why): the copy ends with its "
			"last checkpoint and is not recorded");
	return 0;
}

/* --- the copy ----------------------------------------------------------------------------------- */

static void
add_range(struct export *x, struct buf *b)
{
	struct canon c;

	canon_begin(&c, b);
	canon_int(&c, "first", x->first);
	canon_int(&c, "last", x->last);
	canon_str(&c, "root", ctl_text(x->order, "root"));
	canon_int(&c, "size", (int64_t)x->size);
	canon_int(&c, "v", 1);
	canon_end(&c);
}

static int
begin(struct export *x)
{
	AUTO(buf) range = BUF_INIT;
	const char *policy = ctl_text(x->order, "policy");

	add_range(x, &range);
	if (copy_begin(&x->copy, &x->e) ||
	    copy_write(&x->copy, "export.json", range.data, range.len, &x->e) ||
	    copy_write(&x->copy, "policy", policy, strlen(policy), &x->e) ||
	    copy_write(&x->copy, "README.txt", copy_readme, strlen(copy_readme), &x->e))
		return export_failed(x, &x->e);
	return 0;
}

static int
load(struct export *x)
{
	const struct copy *c = &x->copy;
	int64_t open = INT64_MAX;

	if (copy_open(&x->copy, x->c->line.args[0], &x->e))
		return export_failed(x, &x->e);
	if (c->size && !c->first) {
		copy_wrong(&x->copy, &x->e, "%s has a checkpoint and no export.json: it is no whole copy of a "
			   "log; name another folder", c->dir);
		return export_failed(x, &x->e);
	}
	copy_tree_init(&x->tree, &x->copy, c->first ? (c->first - 1) / TILE_WIDTH * TILE_WIDTH + 1 : 1,
		       c->last == c->of ? open : ((c->last - 1) / TILE_WIDTH + 1) * TILE_WIDTH);
	if (c->first && copy_tree_load(&x->tree, &x->e))
		return export_failed(x, &x->e);
	x->had = x->tree.tree.size;
	return 0;
}

/* The checkpoint is right; waits a little for those who have not confirmed it yet. */
static int
await_quorum(struct export *x)
{
	int64_t until = export_now_ms() + QUORUM_MS;

	for (;;) {
		uint32_t cosigned;
		int status = export_note(x);

		if (!status)
			free(export_checked_note(x, &cosigned, &status));
		if (status || trust_quorum(&x->trust, cosigned) || export_now_ms() > until)
			return status;
		poll(NULL, 0, PAUSE_MS);
	}
}

static int
finish(struct export *x)
{
	uint32_t cosigned;
	int status = await_quorum(x);
	AUTO(str) note = NULL;

	if (status || (status = export_openings(x)) ||
	    (status = export_checkpoints(x)))
		return status;
	note = export_checked_note(x, &cosigned, &status);
	if (!note)
		return status;
	if (copy_finish(&x->copy, note, strlen(note), x->size, &x->e))
		return export_failed(x, &x->e);
	return 0;
}

static const struct out_column columns[] = {
	{ "folder", "folder", OUT_TEXT, 0 },
	{ "first", "first record", OUT_NUMBER, 0 },
	{ "last", "last record", OUT_NUMBER, 0 },
	{ "had", "of which lay there", OUT_NUMBER, OUT_SKIP },
	{ "size", "records in the log", OUT_NUMBER, 0 },
	{ "root", "root", OUT_TEXT, 0 },
	{ "export", "recorded as", OUT_NUMBER, OUT_SKIP },
	{ .key = NULL },
};

static void
tell(const struct export *x)
{
	AUTO(json) o = json_pack("{s:s,s:I,s:I,s:I,s:I,s:s}", "folder", x->copy.dir, "first",
				 (json_int_t)x->first, "last", (json_int_t)x->last, "had",
				 (json_int_t)x->had, "size", (json_int_t)x->size, "root",
				 ctl_text(x->order, "root"));

	if (!o) /* a folder whose name is no UTF-8 */
		return;
	if (!x->had)
		json_object_del(o, "had");
	if (x->seq)
		json_object_set_new(o, "export", json_integer((json_int_t)x->seq));
	out_object(&x->c->out, columns, o);
}

int
cmd_audit_export(struct ctl *c)
{
	struct export x = { .c = c, .progress = isatty(STDERR_FILENO) == 1, .copy = { .fd = -1 },
			    .note = BUF_INIT };
	int status;

	copy_tree_init(&x.tree, &x.copy, 1, INT64_MAX);
	status = load(&x);
	if (!status && !(status = send_order(&x)) && !(status = export_trust(&x)) &&
	    !(status = export_fit(&x)) && !(status = begin(&x))) {
		x.tree.from = x.from;
		x.tree.to = x.to;
		status = export_records(&x);
		if (!status)
			status = finish(&x);
	}
	if (!status)
		tell(&x);
	copy_grow_drop(x.lines);
	copy_tree_release(&x.tree);
	copy_release(&x.copy);
	trust_release(&x.trust);
	buf_release(&x.note);
	json_decref(x.order);
	return status;
}
