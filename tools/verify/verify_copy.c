/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/verify/verify_copy.h"

#define SMALL_MAX 65536 /* bytes of export.json */
#define README_MAX (1024 * 1024)

/* --- the small files -------------------------------------------------------------------------- */

static bool
load(struct copy *c, const char *name, uint64_t max, struct buf *out)
{
	struct file_fault fault;
	enum file_fate fate = file_load(&c->folder, name, max, out, &fault);

	file_say(c->report, fate, &fault, name, 0);
	return fate == FILE_GOOD;
}

static void
read_checkpoint(struct copy *c)
{
	struct file_fault fault;
	enum file_fate fate = file_load(&c->folder, "checkpoint", NOTE_BYTES_MAX, &c->checkpoint, &fault);
	struct err e = ERR_INIT;

	if (fate == FILE_ABSENT)
		SAY(c->report, SAY_NO_CHECKPOINT, 0);
	else if (fate == FILE_BAD)
		file_say(c->report, fate, &fault, "checkpoint", 0);
	else if (note_read(&c->note, c->checkpoint.data, c->checkpoint.len, &e) ||
		 checkpoint_read(&c->end, &c->note, &e))
		SAY(c->report, SAY_NOTE_FORM, 0, .s = "checkpoint", .t = e.msg);
	else
		c->readable = true;
}

static void
read_policy(struct copy *c)
{
	AUTO(buf) text = BUF_INIT;
	struct err e = ERR_INIT;

	c->trust = c->ask->trust;
	if (c->trust || !load(c, "policy", TRUST_BYTES_MAX, &text))
		return;
	if (trust_read(&c->own, text.data, text.len, "policy", &e))
		SAY(c->report, SAY_POLICY_FORM, 0, .s = e.msg);
	else
		c->trust = &c->own;
}

/* {"first":n,"last":n,"root":"<hex>","size":n,"v":1} */
static void
read_export(struct copy *c)
{
	static const char *const keys[] = { "first", "last", "root", "size", "v" };
	AUTO(buf) text = BUF_INIT;
	const struct canon_member *m;
	enum canon_fault fault;
	uint8_t root[DIGEST_LEN];
	struct canon_view v;
	bool right;

	c->first = 1;
	c->last = c->end.size;
	if (!load(c, "export.json", SMALL_MAX, &text))
		return;
	fault = canon_check(&v, text.data, text.len, NULL);
	right = fault == CANON_GOOD && v.count == 5;
	m = v.member;
	for (int i = 0; right && i < 5; i++)
		right = m[i].key_len == strlen(keys[i]) && !memcmp(m[i].key, keys[i], m[i].key_len) &&
			(i == 2 ? m[i].kind == CANON_STRING : m[i].kind == CANON_INTEGER);
	if (!right || !hex_digest(m[2].value, m[2].len, root) || m[4].integer != 1) {
		SAY(c->report, SAY_EXPORT_FORM, 0,
		    .s = canon_fault_text(fault, c->ask->lang));
		return;
	}
	if ((uint64_t)m[3].integer != c->end.size)
		SAY(c->report, SAY_EXPORT_DIFFERS, 0, .s = "size");
	else if (memcmp(root, c->end.root, DIGEST_LEN))
		SAY(c->report, SAY_EXPORT_DIFFERS, 0, .s = "root");
	else if (m[0].integer < 1 || m[1].integer > m[3].integer ||
		 (m[0].integer > m[1].integer && m[3].integer))
		SAY(c->report, SAY_EXPORT_DIFFERS, 0, .s = "first, last");
	else {
		c->first = (uint64_t)m[0].integer;
		c->last = (uint64_t)m[1].integer;
	}
}

static void
open_openings(struct copy *c)
{
	struct file_fault fault;
	enum file_fate fate;
	uint64_t size;
	int fd;

	if (c->ask->hashes_only)
		return;
	fate = file_open(&c->folder, "openings.ndjson", UINT64_MAX, &fd, &size, &fault);
	file_say(c->report, fate, &fault, "openings.ndjson", 0);
	if (fate != FILE_GOOD)
		return;
	lines_init(&c->opening_lines, fd);
	openings_init(&c->openings, c->report, &c->opening_lines);
	c->has_openings = true;
	c->rules.openings = &c->openings;
}

/* --- all of it -------------------------------------------------------------------------------- */

static void
check(struct copy *c)
{
	read_policy(c);
	read_export(c);
	c->world = (struct rules_world){ .root = tree_root, .anchor = points_anchor, .event = tree_event,
					 .stood_for = points_stood_for, .arg = c };
	c->part = c->first > 1 || c->last < c->end.size;
	rules_init(&c->rules, c->report, &c->world, c->part);
	c->rules.hashes_only = c->ask->hashes_only;
	c->rules.lang = c->ask->lang;
	open_openings(c);
	points_open(c);
	tree_check(c);
	if (c->rules_live && c->tree_live)
		rules_end(&c->rules, c->last == c->end.size);
	points_end(c);
	receipts_end(c);
	quorum_end(c);
	tree_list(c);
	report_settle(c->report);
}

int
copy_check(struct copy *c, const char *path, const struct ask *ask, struct report *report,
	   struct err *e)
{
	memset(c, 0, sizeof(*c));
	c->ask = ask;
	c->report = report;
	c->path = path;
	buf_init(&c->checkpoint);
	buf_init(&c->records);
	buf_init(&c->tile);
	buf_init(&c->points.bytes);
	for (int i = 0; i < TRUST_MAX; i++)
		buf_init(&c->points.by_note[i]);
	for (struct paper *p = ask->papers; p; p = p->next)
		p->met = false;
	if (folder_open(&c->folder, path, e))
		return -1;
	read_checkpoint(c);
	if (c->readable)
		check(c);
	return 0;
}

void
copy_free(struct copy *c)
{
	if (!c->ask)
		return; /* never begun */
	folder_close(&c->folder);
	if (c->has_openings) {
		openings_release(&c->openings);
		lines_release(&c->opening_lines);
	}
	rules_release(&c->rules);
	points_free(&c->points);
	trust_release(&c->own);
	buf_release(&c->checkpoint);
	buf_release(&c->records);
	buf_release(&c->tile);
}
