/* SPDX-License-Identifier: BSD-2-Clause */
/* What an intake does with each row of a letter, phase by phase. */
#include <string.h>

#include "common/text.h"
#include "daemon/flow/intake_private.h"
#include "daemon/flow/intake_row.h"
#include "daemon/policy/plan.h"

void
intake_rows_error(void *arg, const struct letter_error *le)
{
	struct intake *in = arg;
	AUTO(buf) value = BUF_INIT, message = BUF_INIT;

	/* shown, never cut by bytes: half a character would make json_pack drop the whole error */
	text_show(le->value, strlen(le->value), 60, &value);
	text_show(le->message, strlen(le->message), ERR_MSG_MAX, &message);
	if (!in->errors)
		in->errors = json_array();
	if (json_array_size(in->errors) < LETTER_ERRORS_MAX)
		json_array_append_new(in->errors,
				      json_pack("{s:i,s:i,s:s,s:s,s:s}", "row", le->row, "line",
						le->line, "column", le->column, "value", value.data,
						"message", message.data));
}

static void
row_error(struct intake *in, const struct letter_row *row, const char *column, const struct err *e)
{
	const char *value = "";

	for (int i = 0; i < LETTER_COLUMN_COUNT; i++)
		if (!strcmp(letter_column_words[i], column))
			value = row->cell[i];
	intake_rows_error(in, &(struct letter_error){ .row = row->number, .line = row->line,
					      .column = column, .value = value,
					      .message = e->msg });
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

static void
on_check_row(void *arg, const struct letter_row *row)
{
	struct intake *in = arg;
	AUTO(arena) a = arena_new();
	struct err e = ERR_INIT;
	struct intake_row r;

	if (intake_row_check(in->flow, row, &in->o.head, in->known_letter, &r, a, &e))
		row_error(in, row, r.column, &e);
	else if (r.already)
		note_already(in, &r);
	else
		in->rows++;
}

static void
add_to_digest(struct intake *in, const struct item *i)
{
	AUTO(buf) line = BUF_INIT;

	plan_digest_item(&line, i->row, i->plan_sha);
	digest_add(in->digest, line.data, line.len);
}

static void
on_write_row(void *arg, const struct letter_row *row)
{
	struct intake *in = arg;
	AUTO(arena) a = arena_new();
	struct err e = ERR_INIT;
	struct intake_row r;

	if (in->failed)
		return;
	if (intake_row_check(in->flow, row, &in->o.head, in->known_letter, &r, a, &e) ||
	    (!r.already &&
	     intake_row_write(in->flow, &r, row, in->request.id, &in->o.actor, !in->o.dry_run, a,
			      &e))) {
		in->failed = true;
		in->err = e;
		if (e.class == ERR_USAGE || e.class == ERR_CONFLICT)
			row_error(in, row, r.column, &e);
		return;
	}
	if (r.already)
		return;
	in->written++;
	add_to_digest(in, &r.item);
	if (in->o.dry_run)
		json_array_append_new(in->dry,
				      json_pack("{s:I,s:s,s:s,s:s,s:s}", "row",
						(json_int_t)r.item.row, "op", op_word((int)r.item.op),
						"address", r.item.address, "full_name",
						r.item.full_name, "ref",
						*r.item.ref == '~' ? "" : r.item.ref));
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
		.arg = in,
	};
}
