/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/request.h"
#include "tools/xlsx.h"

/*
 * The answer to a letter: what became of every row.  For people a text in Vietnamese; as csv and
 * xlsx the letter's own columns with the result behind them, so that it can be mended and submitted
 * again.  Passwords are nowhere in what the door gives, and so nowhere here.
 */

#define RESULTS 4
static const struct {
	const char *key, *header;
	double width;
} results[RESULTS] = {
	{ "address", "Kết quả: địa chỉ", 30 },
	{ "state", "Kết quả: trạng thái", 24 },
	{ "error", "Kết quả: lý do", 50 },
	{ "receipt", "Kết quả: biên nhận", 34 },
};

struct answer {
	struct ctl *c;
	/* of xlsx: */
	lxw_worksheet *sheet;
	lxw_format *head, *text;
	/* of the text: */
	size_t rows;
	size_t counts[STATE_COUNT + 1]; /* of viet_states, then of words that are none of them */
};

/* Everything of one form; head is the first page, without its items. */
struct form {
	void (*begin)(struct answer *a, const json_t *head);
	void (*row)(struct answer *a, const json_t *item);
	void (*end)(struct answer *a);
};

static int
get_page(struct ctl *c, long id, long offset, json_t **page)
{
	AUTO(buf) path = BUF_INIT;

	request_path(&path, id, "/answer");
	buf_printf(&path, "?offset=%ld&limit=1000", offset);
	return ctl_get(c, path.data, page);
}

/* Page by page, so that a letter of any length takes the same memory. */
static int
walk(struct answer *a, long id, const struct form *form)
{
	long offset = 0;
	bool begun = false;

	for (;;) {
		AUTO(json) page = NULL;
		const json_t *items;
		long next;
		int status = get_page(a->c, id, offset, &page);

		if (status)
			return status;
		if (!begun)
			form->begin(a, page);
		begun = true;
		items = json_object_get(page, "items");
		for (size_t i = 0; i < json_array_size(items); i++)
			form->row(a, json_array_get(items, i));
		next = ctl_integer(page, "next_offset");
		if (next <= offset)
			break;
		offset = next;
	}
	form->end(a);
	return 0;
}

/* A cell of the letter's own, and one of the result, in Vietnamese. */
static const char *
input_text(const struct viet_column *col, const json_t *input)
{
	const char *text = ctl_text(input, col->name);

	return col->words ? viet(col->words, text) : text;
}

/* Why the row is as it is; of a letter that was refused or taken back in the words of who did. */
static void
reason_text(const json_t *item, struct buf *b)
{
	const char *state = ctl_text(item, "state"), *error = ctl_text(item, "error");

	if (!strcmp(state, "refused") || !strcmp(state, "cancelled"))
		buf_str(b, error);
	else
		viet_reason(error, b);
}

static void
result_text(size_t i, const json_t *item, struct buf *b)
{
	const char *text = ctl_text(item, results[i].key);

	if (!strcmp(results[i].key, "state"))
		buf_str(b, viet(viet_states, text));
	else if (!strcmp(results[i].key, "error"))
		reason_text(item, b);
	else
		buf_str(b, text);
}

/* --- json --------------------------------------------------------------------------------------- */

static int
answer_json(struct ctl *c, long id)
{
	AUTO(json) whole = NULL;
	json_t *items;
	long next;
	int status = get_page(c, id, 0, &whole);

	if (status)
		return status;
	items = json_object_get(whole, "items");
	for (next = ctl_integer(whole, "next_offset"); next;) {
		AUTO(json) page = NULL;
		long before = next;

		status = get_page(c, id, next, &page);
		if (status)
			return status;
		json_array_extend(items, json_object_get(page, "items"));
		next = ctl_integer(page, "next_offset");
		if (next <= before)
			break;
	}
	json_object_set_new(whole, "next_offset", json_null());
	out_object(&c->out, NULL, whole);
	return 0;
}

static void
jsonl_begin(struct answer *a, const json_t *head)
{
	(void)head;
	out_begin(&a->c->out, "items", NULL);
}

static void
out_one(struct answer *a, const json_t *item)
{
	out_row(&a->c->out, item);
}

static void
out_done(struct answer *a)
{
	out_end(&a->c->out);
}

static const struct form jsonl_form = { jsonl_begin, out_one, out_done };

/* --- csv ---------------------------------------------------------------------------------------- */

/*
 * What the letter said itself must come back as it was: "+84 274…" in phone and a lone "-" are no
 * formulas that do anything, and hopthud lets nothing else of that kind in.
 */
static bool
comes_back(const char *column, const char *s)
{
	if (!strcmp(s, "-"))
		return true;
	return !strcmp(column, "phone") && !s[strspn(s, "+0123456789 .-()")];
}

static void
csv_input(struct buf *b, const char *column, const char *s)
{
	if (!*s)
		return;
	if (comes_back(column, s))
		buf_printf(b, "\"%s\"", s);
	else
		out_csv_text(b, s);
}

static void
put_line(struct answer *a, struct buf *b)
{
	buf_char(b, '\n');
	fwrite(b->data, 1, b->len, a->c->out.file);
}

static void
csv_begin(struct answer *a, const json_t *head)
{
	AUTO(buf) b = BUF_INIT;

	(void)head;
	buf_str(&b, ctl_opt(a->c, OPT_EXCEL) ? "\xef\xbb\xbf" : "");
	for (const struct viet_column *col = viet_columns; col->name; col++)
		buf_printf(&b, "%s,", col->header);
	for (int i = 0; i < RESULTS; i++)
		buf_printf(&b, "%s%s", i ? "," : "", results[i].header);
	put_line(a, &b);
}

static void
csv_row(struct answer *a, const json_t *item)
{
	const json_t *input = json_object_get(item, "input");
	AUTO(buf) b = BUF_INIT;

	for (const struct viet_column *col = viet_columns; col->name; col++) {
		csv_input(&b, col->name, input_text(col, input));
		buf_char(&b, ',');
	}
	for (size_t i = 0; i < RESULTS; i++) {
		AUTO(buf) text = BUF_INIT;

		result_text(i, item, &text);
		if (i)
			buf_char(&b, ',');
		if (text.len)
			out_csv_text(&b, text.data);
	}
	put_line(a, &b);
}

static void
nothing_more(struct answer *a)
{
	(void)a;
}

static const struct form csv_form = { csv_begin, csv_row, nothing_more };

/* --- xlsx --------------------------------------------------------------------------------------- */

static void
xlsx_begin_sheet(struct answer *a, const json_t *head)
{
	(void)head;
	for (size_t i = 0; i < VIET_COLUMNS; i++) {
		worksheet_set_column(a->sheet, (lxw_col_t)i, (lxw_col_t)i, viet_columns[i].width, a->text);
		xlsx_text(a->sheet, 0, i, viet_columns[i].header, a->head);
	}
	for (size_t i = 0; i < RESULTS; i++) {
		lxw_col_t column = (lxw_col_t)(VIET_COLUMNS + i);

		worksheet_set_column(a->sheet, column, column, results[i].width, a->text);
		xlsx_text(a->sheet, 0, column, results[i].header, a->head);
	}
	worksheet_freeze_panes(a->sheet, 1, 0);
}

static void
xlsx_cell_text(struct answer *a, size_t column, const char *text)
{
	if (*text)
		xlsx_text(a->sheet, a->rows, column, text, a->text);
}

static void
xlsx_row(struct answer *a, const json_t *item)
{
	const json_t *input = json_object_get(item, "input");

	a->rows++;
	for (size_t i = 0; i < VIET_COLUMNS; i++)
		xlsx_cell_text(a, i, input_text(&viet_columns[i], input));
	for (size_t i = 0; i < RESULTS; i++) {
		AUTO(buf) text = BUF_INIT;

		result_text(i, item, &text);
		xlsx_cell_text(a, VIET_COLUMNS + i, text.data);
	}
}

static void
xlsx_end_sheet(struct answer *a)
{
	worksheet_autofilter(a->sheet, 0, 0, (lxw_row_t)a->rows, VIET_COLUMNS + RESULTS - 1);
}

static const struct form xlsx_form_of_answer = { xlsx_begin_sheet, xlsx_row, xlsx_end_sheet };

static int
answer_xlsx(struct answer *a, long id)
{
	struct xlsx_file f;
	struct err e = ERR_INIT;
	int status;

	if (xlsx_begin(&f, true, &e))
		return ctl_error(a->c, &e);
	a->sheet = workbook_add_worksheet(f.book, "Kết quả");
	a->head = xlsx_head_format(f.book);
	a->text = workbook_add_format(f.book);
	format_set_num_format(a->text, "@");
	status = walk(a, id, &xlsx_form_of_answer);
	if (xlsx_end(&f, status ? NULL : stdout, &e) && !status)
		status = ctl_error(a->c, &e);
	return status;
}

/* --- text --------------------------------------------------------------------------------------- */

static const struct out_column text_columns[] = {
	{ "row", "STT", OUT_NUMBER, 0 },       { "name", "HỌ TÊN", OUT_TEXT, OUT_SHRINK },
	{ "op", "THAO TÁC", OUT_TEXT, 0 },     { "address", "ĐỊA CHỈ", OUT_TEXT, 0 },
	{ "state", "KẾT QUẢ", OUT_TEXT, 0 },   { "receipt", "BIÊN NHẬN", OUT_TEXT, 0 },
	{ "error", "LÝ DO", OUT_TEXT, OUT_SHRINK },
	{ .key = NULL },
};

/* "2026-11-20…" as "20/11/2026", a time as "23:55 23/11/2026". */
static void
viet_date(struct buf *b, const char *s)
{
	AUTO(buf) local = BUF_INIT;

	out_local_time(&local, s);
	s = local.data;
	if (local.len < 10 || s[4] != '-' || s[7] != '-') {
		buf_str(b, s);
		return;
	}
	if (local.len > 11)
		buf_printf(b, "%s ", s + 11);
	buf_printf(b, "%.2s/%.2s/%.4s", s + 8, s + 5, s);
}

/* "Tiếp nhận: 23:55 23/11/2026", if there is such a time. */
static void
moment(const struct answer *a, const char *title, const json_t *head, const char *key)
{
	AUTO(buf) b = BUF_INIT;

	if (!*ctl_text(head, key))
		return;
	viet_date(&b, ctl_text(head, key));
	fprintf(a->c->out.file, "%s: %s\n", title, b.data);
}

static void
line(const struct answer *a, const char *title, const char *text)
{
	AUTO(buf) b = BUF_INIT;

	if (!*text)
		return;
	out_safe(&b, text);
	fprintf(a->c->out.file, "%s: %s\n", title, b.data);
}

static void
text_begin(struct answer *a, const json_t *head)
{
	const char *name = ctl_text(head, "agency_name");
	AUTO(buf) number = BUF_INIT;
	AUTO(buf) date = BUF_INIT;
	AUTO(buf) agency = BUF_INIT;

	out_safe(&number, ctl_text(head, "letter"));
	viet_date(&date, ctl_text(head, "date"));
	out_safe(&agency, *name ? name : ctl_text(head, "agency"));
	fprintf(a->c->out.file, "Trả lời văn bản số %s ngày %s của %s\n\n", number.data, date.data,
		agency.data);
	line(a, "Người ký", ctl_text(head, "signer"));
	line(a, "Tên miền", ctl_text(head, "domain"));
	fprintf(a->c->out.file, "Yêu cầu số: %ld\n", ctl_integer(head, "id"));
	moment(a, "Tiếp nhận", head, "submitted_at");
	moment(a, "Thời hạn", head, "due_at");
	moment(a, "Kết thúc", head, "ended_at");
	line(a, "Tình trạng", viet(viet_states, ctl_text(head, "state")));
	fputc('\n', a->c->out.file);
	out_begin(&a->c->out, "items", text_columns);
}

static void
text_row(struct answer *a, const json_t *item)
{
	const json_t *input = json_object_get(item, "input");
	const char *state = ctl_text(item, "state");
	size_t n = 0;
	AUTO(buf) why = BUF_INIT;
	AUTO(json) row = NULL;

	reason_text(item, &why);
	row = json_pack("{s:I, s:s, s:s, s:s, s:s, s:s, s:s}", "row",
				   (json_int_t)ctl_integer(item, "row"), "name",
				   ctl_text(input, "full_name"), "op", viet(viet_ops, ctl_text(input, "op")),
				   "address", ctl_text(item, "address"), "state", viet(viet_states, state),
				   "receipt", ctl_text(item, "receipt"), "error", why.data);
	BUG_ON(!row);
	while (viet_states[n].word && strcmp(viet_states[n].word, state) != 0)
		n++;
	a->counts[n]++;
	a->rows++;
	out_row(&a->c->out, row);
}

static void
text_end(struct answer *a)
{
	FILE *to = a->c->out.file;
	size_t n = 0;

	out_end(&a->c->out);
	fprintf(to, "\nTổng số: %zu dòng\n", a->rows);
	for (; viet_states[n].word; n++)
		if (a->counts[n])
			fprintf(to, "  %s: %zu\n", viet_states[n].viet, a->counts[n]);
	if (a->counts[n])
		fprintf(to, "  Khác: %zu\n", a->counts[n]);
}

static const struct form text_form = { text_begin, text_row, text_end };

int
cmd_request_answer(struct ctl *c)
{
	struct answer a = { .c = c };
	long id;
	int status = request_id(c, &id);

	if (status)
		return status;
	switch (c->out.format) {
	case OUT_TABLE:
		return walk(&a, id, &text_form);
	case OUT_CSV:
		return walk(&a, id, &csv_form);
	case OUT_JSON:
		return answer_json(c, id);
	case OUT_JSONL:
		return walk(&a, id, &jsonl_form);
	case OUT_XLSX:
		return answer_xlsx(&a, id);
	}
	return LEAVE_BUG;
}
