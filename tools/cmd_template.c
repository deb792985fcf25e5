/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/ctl.h"
#include "tools/xlsx.h"

/* Files to begin with: the columns that an operation needs, and one row as an example. */
#define CELLS_MAX 20
#define MAILBOX "nguyetdta@binhduong.gov.vn"
#define DECISION(no, kind) { "basis_no", no }, { "basis_date", "2026-11-20" }, { "basis_kind", kind }

static const struct template {
	const char *op;
	struct {
		const char *column, *example;
	} cells[CELLS_MAX];
} templates[] = {
	{ "create",
	  { { "op", "create" },
	    { "full_name", "Đặng Thị Ánh Nguyệt" },
	    { "kind", "person" },
	    { "birth_year", "1990" },
	    { "birth_month", "" },
	    { "id_tail", "" },
	    { "title", "Chuyên viên" },
	    { "unit", "Phòng Tổ chức" },
	    { "phone", "0274 3822 825" },
	    { "rank", "" },
	    { "quota", "" },
	    { "custodian", "" },
	    DECISION("11/QĐ-SNV", "recruitment"),
	    { "ref", "NV-0417" } } },
	{ "update",
	  { { "op", "update" },
	    { "address", MAILBOX },
	    { "full_name", "" },
	    { "title", "Phó Trưởng phòng" },
	    { "unit", "Phòng Tổ chức" },
	    { "phone", "" },
	    { "rank", "" },
	    { "quota", "" },
	    { "ref", "NV-0417" } } },
	{ "suspend",
	  { { "op", "suspend" },
	    { "address", MAILBOX },
	    { "effective", "" },
	    DECISION("12/QĐ-SNV", "secondment"),
	    { "reason", "" },
	    { "ref", "NV-0417-1" } } },
	{ "resume",
	  { { "op", "resume" },
	    { "address", MAILBOX },
	    { "effective", "" },
	    { "basis_no", "" },
	    { "reason", "" },
	    { "ref", "NV-0417-2" } } },
	{ "close",
	  { { "op", "close" },
	    { "address", MAILBOX },
	    { "effective", "" },
	    DECISION("34/QĐ-SNV", "retirement"),
	    { "reason", "" },
	    { "ref", "NV-0417-3" } } },
	{ "restore",
	  { { "op", "restore" },
	    { "address", MAILBOX },
	    { "effective", "" },
	    DECISION("35/QĐ-SNV", "contract"),
	    { "reason", "" },
	    { "ref", "NV-0417-4" } } },
	{ "rename",
	  { { "op", "rename" },
	    { "address", MAILBOX },
	    { "new_address", "anhnguyet@binhduong.gov.vn" },
	    { "effective", "" },
	    { "basis_no", "" },
	    { "reason", "Đổi tên theo giấy khai sinh" },
	    { "ref", "NV-0417-5" } } },
	{ "transfer",
	  { { "op", "transfer" },
	    { "address", MAILBOX },
	    { "title", "Chuyên viên" },
	    { "unit", "Văn phòng" },
	    { "phone", "" },
	    { "effective", "" },
	    DECISION("36/QĐ-UBND", "transfer"),
	    { "reason", "" },
	    { "ref", "NV-0417-6" } } },
};

static size_t
count(const struct template *t)
{
	size_t n = 0;

	while (n < CELLS_MAX && t->cells[n].column)
		n++;
	return n;
}

/* The same columns and example as a letter in JSON. */
static json_t *
as_letter(const struct template *t)
{
	json_t *item = json_object();

	for (size_t i = 0; i < count(t); i++)
		if (*t->cells[i].example)
			json_object_set_new(item, t->cells[i].column, json_string(t->cells[i].example));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[o]}", "agency", "snv", "letter", "1/SNV-VP", "date",
			 "2026-11-20", "signer", "Nguyễn Văn An", "reason", "Đề nghị", "items", item);
}

static void
as_csv(const struct template *t, bool excel)
{
	AUTO(buf) head = BUF_INIT;
	AUTO(buf) row = BUF_INIT;

	for (size_t i = 0; i < count(t); i++) {
		if (i) {
			buf_char(&head, ',');
			buf_char(&row, ',');
		}
		buf_str(&head, t->cells[i].column);
		if (*t->cells[i].example)
			out_csv_text(&row, t->cells[i].example);
	}
	printf("%s%s\n%s\n", excel ? "\xef\xbb\xbf" : "", head.data, row.data);
}

/* As clerks write it: words in Vietnamese, the day before the month.  Caller frees. */
static char *
example_of(const struct viet_column *c, const char *text)
{
	int year, month, day;

	if (c->words)
		return xstrdup(viet(c->words, text));
	if (strstr(c->name, "date") && sscanf(text, "%4d-%2d-%2d", &year, &month, &day) == 3)
		return xasprintf("%02d/%02d/%04d", day, month, year);
	return xstrdup(text);
}

static int
as_form(struct ctl *c, const struct template *t)
{
	struct xlsx_cell cells[CELLS_MAX] = { { NULL, "" } };
	char *examples[CELLS_MAX];
	struct err e = ERR_INIT;
	size_t n = count(t);
	int rc;

	for (size_t i = 0; i < n; i++) {
		const struct viet_column *column = viet_column(t->cells[i].column);

		BUG_ON(!column);
		examples[i] = example_of(column, t->cells[i].example);
		cells[i] = (struct xlsx_cell){ column, examples[i] };
	}
	rc = xlsx_form(cells, n, stdout, &e);
	for (size_t i = 0; i < n; i++)
		free(examples[i]);
	return rc ? ctl_error(c, &e) : 0;
}

int
cmd_template(struct ctl *c)
{
	const struct template *t = templates;

	while (strcmp(t->op, c->cmd->verb) != 0)
		t++;
	if (ctl_machine(c)) {
		AUTO(json) letter = as_letter(t);

		out_object(&c->out, NULL, letter);
		return 0;
	}
	if (c->out.format == OUT_XLSX) {
		int status = as_form(c, t);

		if (status)
			return status;
	} else {
		as_csv(t, ctl_opt(c, OPT_EXCEL) != NULL);
	}
	ctl_say("replace the example row by your own, then: hopthuctl request submit FILE.%s --agency CODE "
		"--letter NO --date YYYY-MM-DD --signer NAME --reason TEXT",
		c->out.format == OUT_XLSX ? "xlsx" : "csv");
	return 0;
}
