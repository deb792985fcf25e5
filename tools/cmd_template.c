/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "tools/ctl.h"

/* Files to begin with: the columns that an operation needs, and one row as an example. */
static const struct {
	const char *op;
	struct {
		const char *column, *example;
	} cells[10];
} templates[] = {
	{ "create",
	  { { "op", "create" },
	    { "full_name", "Đặng Thị Ánh Nguyệt" },
	    { "birth_year", "1990" },
	    { "title", "Chuyên viên" },
	    { "unit", "Phòng Tổ chức" },
	    { "phone", "0274 3822 825" },
	    { "rank", "" },
	    { "quota", "" },
	    { "ref", "NV-0417" } } },
	{ "update",
	  { { "op", "update" },
	    { "address", "nguyetdta@binhduong.gov.vn" },
	    { "full_name", "" },
	    { "title", "Phó Trưởng phòng" },
	    { "unit", "Phòng Tổ chức" },
	    { "phone", "" },
	    { "rank", "" },
	    { "quota", "" },
	    { "ref", "NV-0417" } } },
	{ "suspend",
	  { { "op", "suspend" },
	    { "address", "nguyetdta@binhduong.gov.vn" },
	    { "effective", "" },
	    { "basis_no", "12/QĐ-SNV" },
	    { "basis_date", "2026-11-20" },
	    { "basis_kind", "nghỉ thai sản" },
	    { "reason", "" },
	    { "ref", "NV-0417-1" } } },
	{ "resume",
	  { { "op", "resume" },
	    { "address", "nguyetdta@binhduong.gov.vn" },
	    { "effective", "" },
	    { "basis_no", "" },
	    { "reason", "" },
	    { "ref", "NV-0417-2" } } },
	{ "close",
	  { { "op", "close" },
	    { "address", "nguyetdta@binhduong.gov.vn" },
	    { "effective", "" },
	    { "basis_no", "34/QĐ-SNV" },
	    { "basis_date", "2026-11-20" },
	    { "basis_kind", "nghỉ hưu" },
	    { "reason", "" },
	    { "ref", "NV-0417-3" } } },
};

/* The same columns and example as a letter in JSON. */
static json_t *
as_letter(size_t n)
{
	json_t *item = json_object();

	for (size_t i = 0; i < 10 && templates[n].cells[i].column; i++)
		if (*templates[n].cells[i].example)
			json_object_set_new(item, templates[n].cells[i].column,
					    json_string(templates[n].cells[i].example));
	return json_pack("{s:s, s:s, s:s, s:s, s:s, s:[o]}", "agency", "snv", "letter", "1/SNV-VP", "date",
			 "2026-11-20", "signer", "Nguyễn Văn An", "reason", "Đề nghị", "items", item);
}

static void
as_csv(size_t n, bool excel)
{
	AUTO(buf) head = BUF_INIT;
	AUTO(buf) row = BUF_INIT;

	for (size_t i = 0; i < 10 && templates[n].cells[i].column; i++) {
		if (i) {
			buf_char(&head, ',');
			buf_char(&row, ',');
		}
		buf_str(&head, templates[n].cells[i].column);
		if (*templates[n].cells[i].example)
			out_csv_text(&row, templates[n].cells[i].example);
	}
	printf("%s%s\n%s\n", excel ? "\xef\xbb\xbf" : "", head.data, row.data);
}

int
cmd_template(struct ctl *c)
{
	size_t n = 0;

	while (strcmp(templates[n].op, c->cmd->verb) != 0)
		n++;
	if (ctl_machine(c)) {
		AUTO(json) letter = as_letter(n);

		out_object(&c->out, NULL, letter);
		return 0;
	}
	as_csv(n, ctl_opt(c, OPT_EXCEL) != NULL);
	ctl_say("replace the example row by your own, then: hopthuctl request submit FILE.csv --agency CODE "
		"--letter NO --date YYYY-MM-DD --signer NAME --reason TEXT");
	return 0;
}
