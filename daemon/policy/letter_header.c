/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter_header.h"
#include "daemon/policy/letter_words.h"

/* Keys (letter_key) of what clerks call the columns.  Our own names are understood besides. */
static const struct {
	int column;
	const char *keys[16];
} names[] = {
	{ LETTER_op,
	  { "thaotac", "noidungdenghi", "noidung", "loaiyeucau", "yeucau", "operation", "action",
	    "loaidenghi", "denghi", "hinhthuc" } },
	{ LETTER_full_name,
	  { "hovaten", "hoten", "tendaydu", "hotencanbo", "hovatencanbo", "name",
	    "hotennguoisudung", "hovatennguoisudung" } },
	{ LETTER_FAMILY_NAME,
	  { "hovatendem", "hotendem", "hodem", "ho", "hovachudem", "hochudem", "holot", "hovatenlot",
	    "hovalot", "hovadem" } },
	{ LETTER_GIVEN_NAME, { "ten" } },
	{ LETTER_kind, { "loaihopthu", "mailboxkind", "loaitaikhoan" } },
	{ LETTER_birth_year, { "namsinh", "yearofbirth" } },
	{ LETTER_birth_month, { "thangsinh", "monthofbirth" } },
	{ LETTER_id_tail,
	  { "socuoicccd", "3socuoicccd", "4socuoicccd", "basocuoicccd", "bonsocuoicccd",
	    "socuoicancuoc", "3socuoicancuoc", "4socuoicancuoc", "3socuoi", "4socuoi", "idtail",
	    "3socuoicmnd", "4socuoicmnd", "cacsocuoicccd", "34socuoicccd" } },
	{ LETTER_title, { "chucvu", "chucdanh", "chucvuchucdanh", "chucdanhchucvu", "jobtitle",
			  "position", "vitricongtac", "vitrivieclam" } },
	{ LETTER_unit,
	  { "phongban", "donvi", "bophan", "phong", "donvicongtac", "phongbandonvi",
	    "donviphongban", "department", "phongdonvi", "phongchuyenmon" } },
	{ LETTER_phone,
	  { "dienthoai", "sodienthoai", "didong", "sdt", "dienthoaididong", "sodienthoaididong",
	    "dtdd", "sodt", "dt", "mobile", "telephone", "phonenumber", "sodidong" } },
	{ LETTER_rank, { "ngach", "capbac", "ngachcongchuc", "ngachbac", "grade" } },
	{ LETTER_quota, { "dungluong", "dungluonghopthu", "hanmuc", "hanmucdungluong" } },
	{ LETTER_address,
	  { "diachithu", "hopthu", "email", "thudientu", "diachiemail", "diachihopthu",
	    "diachithudientu", "hopthudientu", "diachihopthudientu", "mailbox", "emailaddress",
	    "hopthuhienco", "diachihienco", "diachihientai", "taikhoan" } },
	{ LETTER_new_address,
	  { "diachimoi", "diachidenghi", "diachithumoi", "hopthumoi", "emailmoi", "newemail",
	    "diachiemailmoi", "diachihopthumoi" } },
	{ LETTER_custodian,
	  { "nguoiquanly", "nguoigiuhopthu", "nguoigiu", "nguoiquanlyhopthu", "nguoiphutrach" } },
	{ LETTER_effective,
	  { "ngayhieuluc", "hieuluc", "hieuluctungay", "tungay", "effectivedate", "ngaycohieuluc",
	    "cohieuluctungay", "thoidiemhieuluc" } },
	{ LETTER_basis_no,
	  { "soquyetdinh", "soqd", "quyetdinhso", "qdso", "decisionno", "decisionnumber",
	    "sovanban", "soquyetdinhsoqd" } },
	{ LETTER_basis_date,
	  { "ngayquyetdinh", "ngayqd", "decisiondate", "ngayvanban", "ngaykyquyetdinh",
	    "ngaybanhanh" } },
	{ LETTER_basis_kind,
	  { "cancu", "lydonhansu", "loaiquyetdinh", "loaiqd", "decisionkind", "decisiontype" } },
	{ LETTER_reason, { "lydo", "ghichu", "lydoghichu", "note", "notes", "remarks" } },
	{ LETTER_ref,
	  { "ma", "manhanvien", "maso", "manv", "macanbo", "macb", "reference", "employeeid",
	    "mathamchieu", "masocanbo" } },
	{ LETTER_IGNORED, { "stt", "tt", "no", "sothutu" } },
	{ LETTER_BIRTH_DATE,
	  { "ngaysinh", "birthdate", "dateofbirth", "ngaythangnamsinh", "dob", "namthangngaysinh" } },
};
#define NAMES (sizeof(names) / sizeof(*names))
#define KEYS (sizeof(names->keys) / sizeof(*names->keys))

/* The cell without what stands in brackets: "Ngày sinh (dd/mm/yyyy)", "Họ và tên (*)". */
static void
without_hints(const char *text, struct buf *out)
{
	int depth = 0;

	for (const char *p = text; *p; p++) {
		if (*p == '(' || *p == '[')
			depth++;
		if (!depth)
			buf_char(out, *p);
		if ((*p == ')' || *p == ']') && depth)
			depth--;
	}
}

static int
column_from(const char *key)
{
	AUTO(buf) ours = BUF_INIT;

	if (!*key)
		return -1;
	if (!strncmp(key, "ketqua", 6) || !strncmp(key, "result", 6))
		return LETTER_IGNORED;
	for (int col = 0; col < LETTER_COLUMN_COUNT; col++) {
		letter_key(letter_column_words[col], &ours);
		if (!strcmp(key, ours.data))
			return col;
	}
	for (size_t i = 0; i < NAMES; i++)
		for (size_t k = 0; k < KEYS && names[i].keys[k]; k++)
			if (!strcmp(key, names[i].keys[k]))
				return names[i].column;
	return -1;
}

int
letter_header_column(const char *text, size_t n)
{
	AUTO(str) clean = text_clean(text, n, NULL);
	AUTO(buf) bare = BUF_INIT, key = BUF_INIT;
	int col;

	if (!clean)
		return -1;
	without_hints(clean, &bare);
	letter_key(bare.data, &key);
	col = column_from(key.data);
	if (col < 0) {
		letter_key(clean, &key);
		col = column_from(key.data);
	}
	return col;
}

/* The nearest of our own names; else what the nearest of the clerks' stands for. */
int
letter_header_near(const char *text, size_t n)
{
	AUTO(str) clean = text_clean(text, n, NULL);
	AUTO(buf) bare = BUF_INIT, name = BUF_INIT;
	const char *all[NAMES * KEYS + 1] = { NULL }, *near;
	size_t count = 0;

	without_hints(clean ? clean : "", &bare);
	text_lower(bare.data, &name);
	for (char *p = name.data; *p; p++)
		if (*p == ' ' || *p == '-')
			*p = '_';
	near = nearest_word(name.data, letter_column_words);
	for (int col = 0; near && col < LETTER_COLUMN_COUNT; col++)
		if (near == letter_column_words[col])
			return col;
	for (size_t i = 0; i < NAMES; i++)
		for (size_t k = 0; k < KEYS && names[i].keys[k]; k++)
			if (names[i].column < LETTER_COLUMN_COUNT)
				all[count++] = names[i].keys[k];
	letter_key(bare.data, &name);
	near = nearest_word(name.data, all);
	return near ? column_from(near) : -1;
}

bool
letter_header_result(const char *key)
{
	return !strncmp(key, "result_", 7);
}

static bool
year_alone(const char *s)
{
	return strlen(s) == 4 && strspn(s, "0123456789") == 4;
}

bool
letter_birth_date(struct letter_reader *r, unsigned row, unsigned line,
		  const struct letter_cell *from, struct letter_birth *text,
		  struct letter_cell cell[LETTER_COLUMN_COUNT])
{
	struct err e = ERR_INIT;
	AUTO(str) clean = text_clean(from->text, from->len, &e);
	char iso[11];

	if (clean && (!*clean || !strcmp(clean, "-")))
		return true;
	if (clean && year_alone(clean)) {
		memcpy(text->year, clean, 5);
	} else if (clean && !letter_read_date(clean, iso, &e)) {
		memcpy(text->year, iso, 4);
		memcpy(text->month, iso + 5, 2);
		cell[LETTER_birth_month] = (struct letter_cell){ text->month, 2, false };
	} else {
		letter_report(r, row, line, "birth_date", from->text, from->len, "%s", e.msg);
		return false;
	}
	cell[LETTER_birth_year] = (struct letter_cell){ text->year, 4, false };
	return true;
}

static bool
empty_name(const struct letter_cell *part)
{
	size_t n = strspn(part->text, " \t");

	return n == part->len || (part->len == n + 1 && part->text[n] == '-');
}

bool
letter_join_name(struct letter_reader *r, unsigned row, unsigned line,
		 const struct letter_cell *family, const struct letter_cell *given,
		 struct buf *joined, struct letter_cell cell[LETTER_COLUMN_COUNT])
{
	const struct letter_cell *there = empty_name(family) ? given : family;

	if (empty_name(family) && empty_name(given)) {
		cell[LETTER_full_name] = (struct letter_cell){ "", 0, false };
		return true;
	}
	if (empty_name(family) || empty_name(given)) {
		letter_report(r, row, line, "full_name", there->text, there->len,
			      "the name is not whole: the cell of its %s is empty",
			      there == given ? "family and middle names" : "given name");
		return false;
	}
	buf_clear(joined);
	buf_printf(joined, "%s %s", family->text, given->text);
	cell[LETTER_full_name] = (struct letter_cell){ joined->data, joined->len, false };
	return true;
}
