/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/note.h"
#include "tools/export.h"

int
export_trust(struct export *x)
{
	const char *policy = ctl_text(x->order, "policy");
	AUTO(buf) text = BUF_INIT;
	struct checkpoint cp;
	struct note *note;
	bool ours;

	if (trust_read(&x->trust, policy, strlen(policy), "policy", &x->e))
		return export_failed(x, &x->e);
	note = xcalloc(1, sizeof(*note));
	buf_str(&text, ctl_text(x->order, "checkpoint"));
	ours = !note_read(note, text.data, text.len, &x->e) && !checkpoint_read(&cp, note, &x->e);
	free(note);
	if (!ours)
		return export_failed(x, &x->e);
	if (!x->copy.origin)
		return 0;
	for (int i = 0; i < x->trust.log_count; i++)
		if (!strcmp(x->trust.logs[i].name, x->copy.origin))
			return 0;
	return ctl_fail(LEAVE_CONFLICT, "%s is a copy of the log %s, and hopthud keeps the log %s: name "
			"another folder", x->copy.dir, x->copy.origin, cp.origin);
}

int
export_fit(struct export *x)
{
	const struct copy *c = &x->copy;
	AUTO(buf) root = BUF_INIT;
	uint8_t had[DIGEST_LEN];

	if (c->first && (c->first != x->first || (c->last != x->last && c->last != c->of) ||
			 c->last > x->last))
		return ctl_fail(LEAVE_CONFLICT, "%s holds records %" PRId64 " to %" PRId64 ", and %" PRId64
				" to %" PRId64 " were asked for: name another folder", c->dir, c->first,
				c->last, x->first, x->last);
	merkle_root(&x->tree.tree, had);
	buf_hex(&root, had, DIGEST_LEN);
	if (!strcmp(root.data, ctl_text(x->order, "before_root")))
		return 0;
	if (c->size) {
		copy_wrong(&x->copy, &x->e, "the log is not what it was when the copy in %s was made: its first "
			   "%" PRIu64 " records are others now; keep the copy, it is the evidence", c->dir,
			   x->tree.tree.size);
		return export_failed(x, &x->e);
	}
	ctl_say("what lies in %s of a copy that was broken off is not what the log has: it is begun anew",
		c->dir);
	copy_tree_restart(&x->tree);
	return 0;
}

/* --- the checkpoint ----------------------------------------------------------------------------- */

/* Is it signed by the log, and what it says the tree that was computed?  Who confirmed it: *cosigned. */
static int
check_note(struct export *x, const char *text, size_t n, uint32_t *cosigned)
{
	struct note *note = xcalloc(1, sizeof(*note));
	struct checkpoint cp;
	uint8_t root[DIGEST_LEN];
	struct err e = ERR_INIT;
	bool signed_by_log = false;
	int rc = note_read(note, text, n, &e) || checkpoint_read(&cp, note, &e);

	*cosigned = 0;
	for (int i = 0; !rc && i < x->trust.log_count; i++)
		signed_by_log |= note_verify(note, &x->trust.logs[i], NULL, NULL) == NOTE_GOOD;
	for (int i = 0; !rc && i < x->trust.witness_count; i++)
		if (note_verify(note, &x->trust.witnesses[i].key, NULL, NULL) == NOTE_GOOD)
			*cosigned |= UINT32_C(1) << i;
	free(note);
	if (rc)
		return copy_wrong(&x->copy, &x->e, "the checkpoint is malformed: %s", e.msg);
	if (!signed_by_log)
		return copy_wrong(&x->copy, &x->e, "the checkpoint of %" PRIu64 " records is not signed by a "
				  "key of the log", cp.size);
	merkle_root(&x->tree.tree, root);
	if (cp.size == x->tree.tree.size && !memcmp(cp.root, root, DIGEST_LEN))
		return 0;
	if (x->copy.size)
		return copy_wrong(&x->copy, &x->e, "the records do not lead to the checkpoint of %" PRIu64
				  " records from what this copy had: the log was rewritten since the copy of "
				  "%" PRIu64 " records was made; keep %s, it is the evidence", cp.size,
				  x->copy.size, x->copy.dir);
	return copy_wrong(&x->copy, &x->e, "the records do not lead to the checkpoint of %" PRIu64
			  " records: the log was altered (%s stays without a checkpoint)", cp.size,
			  x->copy.dir);
}

char *
export_checked_note(struct export *x, uint32_t *cosigned, int *status)
{
	AUTO(json) line = json_from_bytes(x->note.data, x->note.len, NULL);
	const char *note = json_str(line, "note");

	*status = 0;
	if (!note)
		*status = ctl_fail(LEAVE_BUG, "hopthud gave no checkpoint of %" PRIu64 " records", x->size);
	else if (check_note(x, note, strlen(note), cosigned))
		*status = export_failed(x, &x->e);
	return *status ? NULL : xstrdup(note);
}
