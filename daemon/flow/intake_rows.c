/* SPDX-License-Identifier: BSD-2-Clause */
/* What an intake does with each row of a letter, phase by phase. */
#include <string.h>

#include "common/text.h"
#include "daemon/flow/intake_private.h"
#include "daemon/policy/plan.h"

static void
add_to(json_t **list, const struct letter_error *le)
{
	AUTO(buf) value = BUF_INIT, message = BUF_INIT;

	/* shown, never cut by bytes: half a character would make json_pack drop the whole error */
	text_show(le->value, strlen(le->value), 60, &value);
	text_show(le->message, strlen(le->message), ERR_MSG_MAX, &message);
	if (!*list)
		*list = json_array();
	if (json_array_size(*list) < LETTER_ERRORS_MAX)
		json_array_append_new(*list, json_pack("{s:i,s:i,s:s,s:s,s:s}", "row", le->row, "line",
						       le->line, "column", le->column, "value",
						       value.data, "message", message.data));
}

void
intake_rows_error(void *arg, const struct letter_error *le)
{
	struct intake *in = arg;

	add_to(&in->errors, le);
}

void
intake_rows_note(void *arg, const struct letter_error *note)
{
	struct intake *in = arg;

	add_to(&in->notes, note);
}

static struct letter_error
about(const struct letter_row *row, const char *column, const char *message)
{
	struct letter_error le = { .row = row->number, .line = row->line, .column = column,
				   .value = "", .message = message };

	for (int i = 0; i < LETTER_COLUMN_COUNT; i++)
		if (!strcmp(letter_column_words[i], column))
			le.value = row->cell[i];
	return le;
}

static void
row_error(struct intake *in, const struct letter_row *row, const char *column, const struct err *e)
{
	struct letter_error le = about(row, column, e->msg);

	intake_rows_error(in, &le);
}

static void
row_notes(struct intake *in, const struct letter_row *row, const struct intake_row *r)
{
	for (unsigned n = 0; n < r->notes; n++) {
		struct letter_error le = about(row, r->note[n].column, r->note[n].message);

		intake_rows_note(in, &le);
	}
}

static void
note_already(struct intake *in, const struct intake_row *r)
{
	in->known_request = r->known.request;
	if (!in->already)
		in->already = json_array();
	if (in->phase == CHECK)
		json_array_append_new(in->already,
				      json_pack("{s:I,s:s,s:I,s:s}", "row", (json_int_t)r->item.row,
						"ref", *r->known.ref == '~' ? "" : r->known.ref,
						"request", (json_int_t)r->known.request, "address",
						r->known.address));
}

struct row_hash {
	int64_t row;
	uint8_t sha[DIGEST_LEN]; /* of its plan line */
};

static void
add_to_digest(struct intake *in, const struct row_hash *h)
{
	AUTO(buf) line = BUF_INIT;

	plan_digest_item(&line, h->row, h->sha);
	digest_add(in->digest, line.data, line.len);
}

bool
intake_rows_digest(struct intake *in, int rows)
{
	for (; rows && in->hashed < in->hashes.len; rows--) {
		struct row_hash h;

		memcpy(&h, in->hashes.data + in->hashed, sizeof(h));
		in->hashed += sizeof(h);
		add_to_digest(in, &h);
	}
	return in->hashed < in->hashes.len;
}

#define DRY_SHOWN 1000

static void
add_dry(struct intake *in, const struct item *i)
{
	if (json_array_size(in->dry) < DRY_SHOWN)
		json_array_append_new(in->dry,
				      json_pack("{s:I,s:s,s:s,s:s,s:s,s:s,s:s}", "row",
						(json_int_t)i->row, "op", op_word((int)i->op),
						"address", i->address, "state",
						state_word((int)i->state), "error", i->error,
						"full_name", i->full_name, "ref",
						*i->ref == '~' ? "" : i->ref));
}

/* What the letter as a whole comes to. */
static void
sum_up(struct intake *in, const struct intake_row *r)
{
	const struct rules *rules = &in->letter.rules;
	int64_t due = rules_due(rules, r->item.op, r->item.due);
	struct row_hash h = { .row = r->item.row };

	in->written++;
	in->needy += r->item.state == STATE_NAME_NEEDED;
	if (due && (!in->due_at || due < in->due_at))
		in->due_at = due;
	fuse_count(&in->fuse, r->item.op, r->has_before ? r->before.agency : r->after.agency);
	in->moved_before += r->again && fuse_counts(r->item.op);
	memcpy(h.sha, r->item.plan_sha, DIGEST_LEN);
	if (in->o.dry_run)
		buf_add(&in->hashes, &h, sizeof(h));
	else
		add_to_digest(in, &h);
}

/* What a dry run shows, and what its digest is made of. */
static void
plan_dry(struct intake *in, struct intake_row *r, struct arena *a)
{
	intake_row_plan(in->flow, &r->item, r->has_before ? &r->before : NULL, &r->after, a);
	sum_up(in, r);
	add_dry(in, &r->item);
}

/*
 * Everything that can be wrong with a row, its address too, so that all of it is told at once and a
 * letter that is being written down stops at nothing but what somebody else did meanwhile.
 */
static void
on_check_row(void *arg, const struct letter_row *row)
{
	struct intake *in = arg;
	AUTO(arena) a = arena_new();
	AUTO(buf) trail = BUF_INIT;
	struct err e = ERR_INIT;
	struct intake_row r;

	if (intake_row_check(&in->letter, row, &r, a, &e) ||
	    (!r.already && intake_row_address(&in->letter, &r, row, &trail, a, &e))) {
		row_error(in, row, r.column, &e);
	} else if (r.already) {
		note_already(in, &r);
	} else {
		row_notes(in, row, &r);
		in->rows++;
		if (in->o.dry_run)
			plan_dry(in, &r, a);
	}
}

static void
on_write_row(void *arg, const struct letter_row *row)
{
	struct intake *in = arg;
	AUTO(arena) a = arena_new();
	AUTO(buf) trail = BUF_INIT;
	struct err e = ERR_INIT;
	struct intake_row r;

	if (in->failed)
		return;
	if (intake_row_check(&in->letter, row, &r, a, &e) ||
	    (!r.already && (intake_row_address(&in->letter, &r, row, &trail, a, &e) ||
			    intake_row_write(&in->letter, &r, &trail, a, &e)))) {
		in->failed = true;
		in->err = e;
		if (e.class == ERR_USAGE || e.class == ERR_CONFLICT)
			row_error(in, row, r.column, &e);
	} else if (!r.already) {
		sum_up(in, &r);
	}
}

static void
skip_row(void *arg, const struct letter_row *row)
{
	(void)arg;
	(void)row;
}

static void
skip_error(void *arg, const struct letter_error *le)
{
	(void)arg;
	(void)le; /* comes again when the rows are checked */
}

struct letter_events
intake_rows_events(struct intake *in)
{
	return (struct letter_events){
		.row = in->phase == HEAD ? skip_row : in->phase == CHECK ? on_check_row : on_write_row,
		.error = in->phase == HEAD ? skip_error : intake_rows_error,
		.note = in->phase == CHECK ? intake_rows_note : NULL, /* once, not in each reading */
		.arg = in,
	};
}
