/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/buf.h"
#include "common/text.h"
#include "daemon/policy/letter.h"

#ifndef SRCDIR
#define SRCDIR "."
#endif

/* What a letter gave, as lines: "row N line L op quota cell=value ..." and "error N L column: ...". */
struct got {
	struct buf rows, errors;
	unsigned row_count, error_count;
	struct letter_head head;
};

static void
on_row(void *arg, const struct letter_row *r)
{
	struct got *g = arg;

	buf_printf(&g->rows, "%u/%u %s %ld", r->number, r->line, op_word((int)r->op),
		   r->quota_bytes);
	for (int i = 1; i < LETTER_COLUMN_COUNT; i++)
		if (*r->cell[i])
			buf_printf(&g->rows, " %s=%s", letter_column_words[i], r->cell[i]);
	buf_char(&g->rows, '\n');
	g->row_count++;
	assert_string_equal(r->cell[LETTER_op], op_word((int)r->op));
}

static void
on_error(void *arg, const struct letter_error *e)
{
	struct got *g = arg;

	assert_int_equal(text_invalid(e->value, strlen(e->value)), -1);
	assert_int_equal(text_invalid(e->message, strlen(e->message)), -1);
	assert_null(strpbrk(e->value, "\n\r\t\x1B"));
	buf_printf(&g->errors, "%u/%u %s [%s] %s\n", e->row, e->line, e->column, e->value,
		   e->message);
	g->error_count++;
}

static void
read_with(struct got *g, enum letter_format format, const char *data, size_t len,
	  const char *encoding, unsigned max_rows, unsigned step)
{
	struct letter_events ev = { .row = on_row, .error = on_error, .arg = g };
	/* in memory of just that size, so that a byte too far is seen */
	char *copy = memcpy(xmalloc(len), data, len);
	struct letter_reader *r;

	memset(g, 0, sizeof(*g));
	buf_init(&g->rows);
	buf_init(&g->errors);
	g->head.declared = -1;
	r = letter_reader_new(format, copy, len, encoding, max_rows, &g->head, &ev);
	while (letter_reader_step(r, step))
		;
	assert_false(letter_reader_step(r, step));
	assert_int_equal(letter_reader_errors(r), g->error_count);
	assert_true(letter_reader_rows(r) >= g->row_count);
	assert_true(letter_reader_rows(r) <= max_rows);
	letter_reader_free(r);
	free(copy);
}

static void
release(struct got *g)
{
	buf_release(&g->rows);
	buf_release(&g->errors);
	letter_head_release(&g->head);
}

static void
expect(struct got *g, const char *rows, const char *words)
{
	if (rows)
		assert_string_equal(g->rows.data, rows);
	if (!words)
		assert_string_equal(g->errors.data, "");
	else if (!strstr(g->errors.data, words))
		fail_msg("no \"%s\" in: %s", words, g->errors.data);
	release(g);
}

/* The rows that come out, in steps of 1 and of 1000. */
static void
accepts_as(const char *data, size_t len, const char *encoding, const char *rows)
{
	struct got g;

	read_with(&g, LETTER_CSV, data, len, encoding, 1000, 1);
	expect(&g, rows, NULL);
	read_with(&g, LETTER_CSV, data, len, encoding, 1000, 1000);
	expect(&g, rows, NULL);
}

static void
accepts(const char *data, const char *rows)
{
	accepts_as(data, strlen(data), NULL, rows);
}

/* count errors, and these words among them. */
static void
refuses_as(enum letter_format format, const char *data, size_t len, const char *encoding,
	   unsigned count, const char *words)
{
	struct got g;

	read_with(&g, format, data, len, encoding, 1000, 3);
	if (g.error_count != count)
		fail_msg("%u errors instead of %u: %s", g.error_count, count, g.errors.data);
	expect(&g, NULL, words);
}

static void
refuses(const char *data, unsigned count, const char *words)
{
	refuses_as(LETTER_CSV, data, strlen(data), NULL, count, words);
}

#define LETTER(rows) "op,full_name,ref\n" rows
#define TWO "1/2 create -1 full_name=Nguyễn Văn An ref=1\n2/3 close -1 address=lan\n"

static void
test_accepted(void **state)
{
	(void)state;
	accepts("op,full_name,address,ref\ncreate,Nguyễn Văn An,,1\nclose,,lan,\n", TWO);
	accepts("op,full_name,address,ref\r\ncreate,Nguyễn Văn An,,1\r\nclose,,lan,\r\n", TWO);
	accepts("op,full_name,address,ref\rcreate,Nguyễn Văn An,,1\rclose,,lan,\r", TWO);
	accepts("op;full_name;address;ref\ncreate;Nguyễn Văn An;;1\nclose;;lan;", TWO);
	accepts("op\tfull_name\taddress\tref\ncreate\tNguyễn Văn An\t\t1\nclose\t\tlan\t", TWO);
	accepts("\xEF\xBB\xBFop,full_name,address,ref\ncreate,Nguyễn Văn An,,1\nclose,,lan", TWO);
	accepts("ref,address,op,full_name\n1,,create,Nguyễn Văn An\n,lan,close\n", TWO);
	accepts("Op, Full Name ,ADDRESS,Ref\nCreate,Nguyễn Văn An,,1\nCLOSE,,lan,\n", TWO);
	accepts("\"op\",\"full-name\",\"address\",\"ref\",,\n"
		"\"create\" ,\"Nguyễn Văn An\",,\"1\",,\n close , ,lan,,,", TWO);
	accepts("op,full_name,address,ref\ncreate,  Nguye\u0302\u0303n\u00A0 Va\u0306n An ,,1\n"
		"close,,LAN,", TWO);
}

static void
test_lines(void **state)
{
	(void)state;
	/* empty lines and rows of separators are no rows, but lines */
	accepts("\n\nop,full_name\n\n,\n \ncreate,An\n\r\n,,\ncreate,Bình\n\n",
		"1/7 create -1 full_name=An\n2/10 create -1 full_name=Bình\n");
	accepts("sep=;\nop;full_name\ncreate;An", "1/3 create -1 full_name=An\n");
	accepts("SEP=,\r\nop,full_name\r\ncreate,An", "1/3 create -1 full_name=An\n");
	/* a newline in a cell is white space, and counts as a line */
	accepts("op,full_name,title\ncreate,An,\"Phó\nTrưởng \"\"phòng\"\"\"\r\ncreate,Bình,\"a;b,\"",
		"1/2 create -1 full_name=An title=Phó Trưởng \"phòng\"\n"
		"2/4 create -1 full_name=Bình title=a;b,\n");
	accepts("op,\"full_name\",\"ref\"\ncreate,An,\"1\r\n\"\n",
		"1/2 create -1 full_name=An ref=1\n");
}

static void
test_encodings(void **state)
{
	static const char le[] = "\xFF\xFEo\0p\0,\0f\0u\0l\0l\0_\0n\0a\0m\0e\0\n\0"
				 "c\0r\0e\0a\0t\0e\0,\0\xCA\x1E\0\0";
	static const char be[] = "\xFE\xFF\0o\0p\0,\0f\0u\0l\0l\0_\0n\0a\0m\0e\0\n"
				 "\0c\0r\0e\0a\0t\0e\0,\x1E\xCA";
	/* "Trần Thị Đượm": the tone marks stand by themselves, and the last letter waits for one */
	static const char vn[] = "op,full_name\ncreate,Tr\xE2\xCCn Thi\xF2 \xD0\xFD\xF5\xF2m "
				 "A\xF2";
	const char *rows = "1/2 create -1 full_name=Ị\n";

	(void)state;
	accepts_as(le, sizeof(le) - 3, NULL, rows); /* without the last two NUL */
	accepts_as(be, sizeof(be) - 1, NULL, rows);
	accepts_as(le + 2, sizeof(le) - 5, "UTF-16LE", rows);
	accepts_as(le + 2, sizeof(le) - 5, "utf-16", rows);
	accepts_as(be + 2, sizeof(be) - 3, "utf-16", rows);
	accepts_as("op,full_name\ncreate,Ị", strlen("op,full_name\ncreate,Ị"), "UTF-8", rows);
	accepts_as("op,full_name\ncreate,An", strlen("op,full_name\ncreate,An"), "tcvn",
		   "1/2 create -1 full_name=An\n");
	accepts_as(vn, strlen(vn), "Windows-1258",
		   "1/2 create -1 full_name=Trần Thị Đượm Ạ\n");
}

static void
test_wrong_encodings(void **state)
{
	static const char le[] = "o\0p\0,\0f\0u\0l\0l\0_\0n\0a\0m\0e\0\n\0";
	static const char lone[] = "\xFF\xFEo\0p\0,\0a\0d\0d\0r\0e\0s\0s\0\n\0x\0\x00\xD8y\0\n\0";

	(void)state;
	refuses_as(LETTER_CSV, le, sizeof(le) - 1, NULL, 1, "UTF-16LE");
	refuses_as(LETTER_CSV, le, 21, "utf-16le", 1, "byte 0x6D"); /* half a character */
	refuses_as(LETTER_CSV, lone, sizeof(lone) - 1, NULL, 1, "0/2  [] character 2");
	refuses(LETTER("create,Tr\xE2\xCCn,1\n"), 1, "0/2  [] character 10 of this line (byte 0xE2)");
	refuses(LETTER("create,Tr\xE2\xCCn,1\n"), 1, "windows-1258");
	refuses("op,full_name\ncreate,L\xC0\x80\n", 1, "byte 0xC0");
	refuses("op,full_name\ncreate,L\xED\xA0\x80\n", 1, "byte 0xED");
	refuses_as(LETTER_CSV, "op,full_name\ncreate,Le\0Lan\n", 27, NULL, 1,
		   "0/2  [] there is a NUL byte after 9 characters");
	refuses_as(LETTER_CSV, "\0\0\0\0", 4, NULL, 1, "NUL");
	refuses_as(LETTER_CSV, LETTER("create,Lê Đậu,1"), strlen(LETTER("create,Lê Đậu,1")),
		   "windows-1258", 1, "UTF-8 already");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "klingon", 1, "\"klingon\"");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "window-1258", 1, "windows-1258?");
	refuses("PK\x03\x04xlsx", 1, "Excel");
	refuses("%PDF-1.7", 1, "PDF");
}

static void
test_bad_headers(void **state)
{
	AUTO(buf) many = BUF_INIT;

	(void)state;
	refuses("", 1, "empty");
	refuses("\n \r\n", 1, "empty");
	refuses("sep=;\n", 1, "no header");
	refuses("op,full_name\n", 1, "no rows");
	refuses("op,full_name\n,,\n,,", 1, "no rows");
	refuses("op,fullname\ncreate,Lan\n", 1, "0/1  [fullname] there is no such column; did you mean full_name?");
	refuses("op,full_name,colour\ncreate,Lan,red\n", 1, "letters have op, full_name, birth_year");
	refuses("op,full_name,op\ncreate,Lan,close\n", 1, "0/1 op [op] the column stands twice");
	refuses("full_name,title\nLan,x\n", 1, "0/1 op [] the column op is missing");
	refuses("op,title\ncreate,x\n", 1, "0/1 full_name [] the column full_name is missing");
	refuses("op,address\ncreate,x\ncreate,y\n", 1, "0/2  [] the column full_name is missing");
	refuses("op,,full_name\n", 1, "column 2 of the header has no name");
	refuses(",,,\n", 2, "op is missing");
	refuses("create,Nguyễn Văn An,1\n", 5, "[Nguyễn Văn An] there is no such column");
	for (int i = 0; i < 9000; i++)
		buf_str(&many, "op,");
	refuses(many.data, 1, "0/1  [] the header has 9001 columns");
	for (int i = 0; i < 30000; i++)
		buf_str(&many, "op,");
	refuses(many.data, 1, "longer than 64 KiB");
}

static void
test_bad_lines(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	refuses(LETTER("create,An,1,extra\n"), 1, "1/2  [extra] the row has 4 cells");
	refuses(LETTER("create,An,1,\n"), 1, "1/2  [] the row has 4 cells");
	refuses(LETTER("create,An,\"1\n\ncreate,Bình,2\n"), 1, "0/2  [] a quotation mark (\") in the row");
	refuses(LETTER("create,\"An\" x,1\n"), 1, "0/2  [] a quotation mark (\") stands");
	refuses(LETTER("create,A\"n,1\n"), 1, "quotation");
	buf_str(&b, LETTER("create,An,\""));
	for (int i = 0; i < 10000; i++)
		buf_str(&b, "abcdefg\n");
	refuses(b.data, 1, "0/2  [] the row that begins in this line is longer than 64 KiB");
	buf_clear(&b);
	buf_str(&b, LETTER("create,An,"));
	for (int i = 0; i < 100000; i++)
		buf_char(&b, ',');
	refuses(b.data, 1, "0/2  [] the line is longer than 64 KiB");
	b.len = 60000;
	refuses_as(LETTER_CSV, b.data, b.len, NULL, 1, "cells and the header names 3 columns");
}

static void
test_row_limit(void **state)
{
	const char *data = LETTER("create,An,1\ncreate,Bình,2\ncreate,Chi,3\n");
	struct got g;

	(void)state;
	read_with(&g, LETTER_CSV, data, strlen(data), NULL, 3, 100);
	expect(&g, NULL, NULL);
	read_with(&g, LETTER_CSV, data, strlen(data), NULL, 2, 100);
	assert_int_equal(g.row_count, 2);
	expect(&g, NULL, "0/4  [] the letter has more than 2 rows");
}

static void
test_error_limit(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct got g;

	(void)state;
	buf_str(&b, "op,full_name\n");
	for (int i = 0; i < 5000; i++)
		buf_str(&b, "fly,=\x07\n");
	read_with(&g, LETTER_CSV, b.data, b.len, NULL, 100000, 1000);
	assert_int_equal(g.error_count, LETTER_ERRORS_MAX);
	assert_int_equal(g.row_count, 0);
	release(&g);
}

/* A cell of a row that is good otherwise. */
static void
cell(const char *op, const char *column, const char *value, const char *words)
{
	AUTO(buf) b = BUF_INIT;
	struct got g;
	bool create = !strcmp(op, "create");
	char error[64];

	buf_printf(&b, "op,%s%s\n", strcmp(column, "full_name") ? "full_name," : "",
		   strcmp(column, "address") ? "address" : "");
	b.len--;
	buf_printf(&b, "%s%s\n", b.data[b.len - 1] == ',' ? "" : ",", column);
	buf_printf(&b, "%s,%s%s\"%s\"\n", op,
		   !strcmp(column, "full_name") ? "" : create ? "An," : ",",
		   !strcmp(column, "address") ? "" : create ? "," : "lan,", value);
	read_with(&g, LETTER_CSV, b.data, b.len, NULL, 10, 10);
	if (!words) {
		expect(&g, NULL, NULL);
		return;
	}
	snprintf(error, sizeof(error), "1/2 %s [", column);
	if (g.error_count != 1 || !strstr(g.errors.data, error))
		fail_msg("one error expected, with %s: %s", error, g.errors.data);
	expect(&g, "", words);
}

static void
test_cells(void **state)
{
	char much[600];

	(void)state;
	memset(much, 'x', sizeof(much));
	much[513] = '\0';
	cell("create", "reason", much, "513 characters are too many; 512 are the most");
	cell("create", "reason", much + 1, NULL);
	cell("create", "title", "\u1EA0\u1EA0\u1EA0\u1EA0", NULL);
	cell("create", "title", "a\x07z", "U+0007");
	cell("create", "title", "a\u202Ez", "U+202E");

	cell("create", "full_name", "Nguyễn V\u0430n An", "\"\u0430\" (U+0430)");
	cell("create", "full_name", "", "needs the full name");
	cell("create", "full_name", "-", "needs the full name");
	cell("update", "full_name", "-", "cannot be without the name");
	cell("update", "full_name", "Nguyễn V. An (王)", NULL); /* no address is made of it */
	cell("close", "address", "", "close needs the address");
	cell("suspend", "address", "-", "suspend needs the address");
	cell("close", "address", "Lan.Anh2@BinhDuong.gov.vn", NULL);
	cell("close", "address", "a b@binhduong.gov.vn", "\" \"");
	cell("close", "address", "lan@", "domain");
	cell("close", "address", "lan@x y", "domain");
	cell("close", "address", "lan@a@b", "domain");
	cell("close", "address", "@binhduong.gov.vn", "formula");
	cell("close", "address", "../../etc/passwd", "\"/\"");
	cell("close", "address", "*)(uid=*", "\"*\"");
	cell("close", "address", "lan.@x", "dot");

	cell("create", "birth_year", "1900", NULL);
	cell("create", "birth_year", "2100", NULL);
	cell("create", "birth_year", "1899", "1985");
	cell("create", "birth_year", "2101", "1985");
	cell("create", "birth_year", "85", "1985");
	cell("create", "birth_year", "1e3", "1985");
	cell("create", "birth_year", "19855", "too many");
	cell("create", "birth_year", "-5", "formula");

	cell("create", "phone", "+84 (274) 382-28.25", NULL);
	cell("create", "phone", "gọi tôi", "\"g\" (U+0067)");
	cell("create", "phone", "0912+345678", "\"+\"");
	cell("create", "phone", "0912 / 0913", "\"/\"");
	cell("create", "phone", "12", "has 2");
	cell("create", "phone", "1234567890123456", "has 16");
}

static void
test_quota(void **state)
{
	const char *data = "op,full_name,quota\ncreate,A,5G\ncreate,B,500m\ncreate,C,2048K\n"
			   "create,D,1T\ncreate,E,1M\ncreate,F,0001G\n";

	(void)state;
	accepts(data, "1/2 create 5368709120 full_name=A quota=5G\n"
		      "2/3 create 524288000 full_name=B quota=500m\n"
		      "3/4 create 2097152 full_name=C quota=2048K\n"
		      "4/5 create 1099511627776 full_name=D quota=1T\n"
		      "5/6 create 1048576 full_name=E quota=1M\n"
		      "6/7 create 1073741824 full_name=F quota=0001G\n");
	cell("create", "quota", "5", "write 5M or 5G");
	cell("create", "quota", "0G", "between 1M and 1T");
	cell("create", "quota", "1023K", "between 1M and 1T");
	cell("create", "quota", "2T", "between 1M and 1T");
	cell("create", "quota", "1025G", "between 1M and 1T");
	cell("create", "quota", "9999999999T", "between 1M and 1T");
	cell("create", "quota", "99999999999999T", "between 1M and 1T");
	cell("create", "quota", "9007199254740993", "unit");
	cell("create", "quota", "1.5G", "whole number");
	cell("create", "quota", "5GB", "whole number");
	cell("create", "quota", "5P", "whole number");
	cell("create", "quota", "G", "whole number");
}

static void
test_dates(void **state)
{
	(void)state;
	cell("create", "effective", "2024-02-29", NULL);
	cell("create", "effective", "2000-02-29", NULL);
	cell("create", "effective", "2026-12-31", NULL);
	cell("create", "effective", "2026-02-30", "2026-02 has 28 days");
	cell("create", "basis_date", "2025-02-29", "2025-02 has 28 days");
	cell("create", "effective", "2100-02-29", "28 days");
	cell("create", "effective", "2026-04-31", "30 days");
	cell("create", "effective", "2026-01-00", "31 days");
	cell("create", "effective", "2026-13-01", "no month 13");
	cell("create", "effective", "2026-00-10", "no month 00");
	cell("create", "effective", "0000-00-00", "year 0");
	cell("create", "effective", "31/12/2026", "YYYY-MM-DD");
	cell("create", "effective", "2026-1-2", "YYYY-MM-DD");
	cell("create", "effective", "2026/01/02", "YYYY-MM-DD");
	cell("create", "basis_date", "99999-01-01", "11 characters");
}

static void
test_formulas(void **state)
{
	(void)state;
	cell("create", "title", "=cmd|' /C calc'!A0", "formula");
	cell("create", "title", "+1", "formula");
	cell("create", "title", "@SUM(1)", "formula");
	cell("create", "title", "\tx", "formula");
	cell("create", "title", " =1", "formula");
	cell("create", "title", "\uFF1D1", "formula");
	cell("create", "title", "-1", "\"-\" alone clears");
	cell("create", "full_name", "=cmd()", "formula");
	cell("create", "ref", "@1", "formula");
	cell("close", "address", "=lan", "formula");
	cell("create", "title", "a=b+c-d@e", NULL);
}

static void
test_clear(void **state)
{
	(void)state;
	accepts("op,full_name,address,title,unit,phone,rank,quota,reason,effective\n"
		"update,,lan,-,-,-,-,-,-,-\ncreate,An,-,-,-,-,-,-,-,-\n",
		"1/2 update 0 title=- unit=- phone=- rank=- quota=- address=lan\n"
		"2/3 create -1 full_name=An\n");
}

static void
test_ops(void **state)
{
	(void)state;
	refuses("op,full_name\ncreat,An\n", 1, "1/2 op [creat] there is no such op; did you mean create?");
	refuses("op,full_name\nrésumé,An\n", 1, "write create, update, suspend, resume or close");
	refuses("op,full_name\n,An\n", 1, "1/2 op [] the op is empty");
	refuses("op,full_name\nagency-add,An\n", 1, "no such op");
	refuses("op,full_name\n?,An\n", 1, "no such op");
}

static void
test_twice(void **state)
{
	(void)state;
	refuses(LETTER("create,An,a\ncreate,Bình,b\ncreate,Chi,a\n"), 1,
		"3/4 ref [a] row 1 has this ref");
	refuses("op,address\nsuspend,lan@x.vn\nresume,mai\nclose,LAN\n", 1,
		"3/4 address [lan] row 1 is about this mailbox");
	/* one person */
	refuses(LETTER("create,Nguyễn Văn An,\ncreate,nguyễn văn an,\n"), 1,
		"2/3 full_name [nguyễn văn an] row 1 asks");
	refuses(LETTER("create,Nguyễn Văn An,\ncreate,Nguye\u0302\u0303n Văn An,1\n"), 1, "row 1 asks");
	refuses(LETTER("create,Nguyễn Văn An,1\ncreate,Nguyễn Văn An,\n"), 1, "row 1 asks");
	refuses("op,full_name,phone\ncreate,An,0912 345 678\ncreate,An,0912345678\n", 1, "row 1");
	/* different people */
	accepts(LETTER("create,Nguyễn Hà,\ncreate,Nguyễn Hạ,\n"),
		"1/2 create -1 full_name=Nguyễn Hà\n2/3 create -1 full_name=Nguyễn Hạ\n");
	accepts(LETTER("create,An,1\ncreate,An,2\n"),
		"1/2 create -1 full_name=An ref=1\n2/3 create -1 full_name=An ref=2\n");
	accepts("op,full_name,birth_year\ncreate,An,1980\ncreate,An,1981\n",
		"1/2 create -1 full_name=An birth_year=1980\n"
		"2/3 create -1 full_name=An birth_year=1981\n");
}

static void
test_several_errors(void **state)
{
	(void)state;
	refuses("op,full_name,birth_year,effective,quota\ncreate,=1,85,2026-02-30,5\n", 4,
		"1/2 quota [5]");
	refuses("op,full_name,ref\nfly,=1,1\ncreate,An,1\n", 2, "1/2 op [fly]");
	refuses(LETTER("create,"
		       "Nguyễn Thị Ánh Nguyễn Thị Ánh Nguyễn Thị Ánh Nguyễn Thị Ánh (x),1\n"),
		1, "[Nguyễn Thị Ánh Nguyễn Thị Ánh Nguyễn Thị…] the character \"(\"");
}

static void
json(const char *data, unsigned count, const char *words)
{
	refuses_as(LETTER_JSON, data, strlen(data), NULL, count, words);
}

static void
test_json(void **state)
{
	const char *data =
		"\xEF\xBB\xBF { \"letter\" : \"12/CV-SNV\", \"agency\": \"snv\",\n"
		"\"items\": [ {\"op\":\"create\",\"full_name\":\"Nguy\\u1ec5n  V\u0103n An\","
		"\"quota\":\"5G\"},\n {\"op\":\"close\",\"address\":\"lan\",\"reason\":\"a\\\"}],\"} ],"
		"\"declared\": 2, \"date\":\"2026-03-02\",\"signer\":\" L\u00EA B \",\"reason\":\"x\"}\n";
	struct got g;

	(void)state;
	for (unsigned step = 1; step < 5; step++) {
		read_with(&g, LETTER_JSON, data, strlen(data), step & 1 ? NULL : "utf-8", 10, step);
		assert_string_equal(g.head.agency, "snv");
		assert_string_equal(g.head.number, "12/CV-SNV");
		assert_string_equal(g.head.date, "2026-03-02");
		assert_string_equal(g.head.signer, "Lê B");
		assert_string_equal(g.head.reason, "x");
		assert_int_equal(g.head.declared, 2);
		expect(&g,
		       "1/0 create 5368709120 full_name=Nguyễn Văn An quota=5G\n"
		       "2/0 close -1 address=lan reason=a\"}],\n", NULL);
	}
}

/* What the query said already is kept. */
static void
test_json_head(void **state)
{
	const char *data = "{\"agency\":\"snv\",\"declared\":5,\"letter\":\"1\",\"items\":[]}";
	struct got g = { .rows = BUF_INIT, .errors = BUF_INIT };
	struct letter_events ev = { .row = on_row, .error = on_error, .arg = &g };
	struct letter_head h = { .agency = xstrdup("stc"), .declared = 7 };
	struct letter_reader *r = letter_reader_new(LETTER_JSON, data, strlen(data), NULL, 9, &h, &ev);

	(void)state;
	assert_false(letter_reader_step(r, 10));
	assert_string_equal(h.agency, "stc");
	assert_string_equal(h.number, "1");
	assert_int_equal(h.declared, 7);
	letter_reader_free(r);
	r = letter_reader_new(LETTER_JSON, data, strlen(data), NULL, 9, NULL, &ev);
	assert_false(letter_reader_step(r, 10));
	letter_reader_free(r);
	letter_head_release(&h);
	release(&g);
}

#define ITEMS(x) "{\"items\":[" x "]}"
#define GOOD "{\"op\":\"create\",\"full_name\":\"An\"}"

static void
test_json_rows(void **state)
{
	(void)state;
	json(ITEMS("{}"), 1, "1/0 op [] the op is empty");
	json(ITEMS("{\"op\":\"create\"}"), 1, "1/0 full_name [] create needs");
	json(ITEMS("{\"op\":\"create\",\"full_name\":\"An\",\"birth_year\":1985}"), 1,
	     "1/0 birth_year [] write every value as text");
	json(ITEMS("{\"op\":\"create\",\"full_name\":null}"), 1, "1/0 full_name [] null is no value");
	json(ITEMS("{\"op\":\"create\",\"full_name\":[\"An\"]}"), 1, "full_name");
	json(ITEMS("{\"op\":\"create\",\"full_nam\":\"An\"}"), 1, "1/0  [full_nam] there is no such column; did you mean full_name?");
	json(ITEMS(GOOD "," GOOD), 1, "2/0 full_name [An] row 1 asks");
	json(ITEMS("1,\"x\",[],null," GOOD), 4, "4/0  [null] an item is an object");
	json(ITEMS("{\"op\":\"create\",\"full_name\":\"=1\"}"), 1, "formula");
	json(ITEMS(""), 1, "no rows");
}

static void
test_json_broken(void **state)
{
	AUTO(buf) deep = BUF_INIT;

	(void)state;
	json("", 1, "ends where there should be the {");
	json("null", 1, "the {");
	json("[]", 1, "the {");
	json("{", 1, "ends");
	json("{}", 1, "no items");
	json("{}}", 1, "nothing more");
	json("{,}", 1, "\",\"");
	json("{\"items\":{}}", 1, "list of items");
	json("{\"items\":[],}", 1, "name of a member");
	json("{\"items\":[],\"items\":[]}", 1, "items stands twice");
	json("{\"items\":[" GOOD ",]}", 1, "a value");
	json("{\"items\":[" GOOD " " GOOD "]}", 1, "a comma");
	json("{\"items\":[" GOOD, 1, "ends");
	json("{\"items\":[{\"op\":\"create", 1, "middle of a value");
	json("{\"agenci\":\"x\",\"items\":[]}", 1, "[agenci]");
	json("{\"agenci\":\"x\",\"items\":[]}", 1, "did you mean agency?");
	json("{\"agency\" \"x\"}", 1, "a colon");
	json("{\"agency\":7,\"items\":[]}", 1, "agency must be text");
	json("{\"agency\":\"a\\u0007\",\"items\":[]}", 1, "U+0007");
	json("{\"declared\":-1,\"items\":[]}", 1, "declared");
	json("{\"declared\":\"2\",\"items\":[]}", 1, "declared");
	json("{\"declared\":9007199254740993,\"items\":[]}", 1, "declared");
	json("{\"declared\":99999999999999999999999,\"items\":[]}", 1, "big");
	json(ITEMS("{\"op\":\"create\",\"op\":\"close\"}"), 1, "duplicate");
	json("{\n\"items\":[\n" GOOD ",\n{\"op\":\n\"x\"\n\"y\"}]}", 1, "0/6 ");
	json(ITEMS("{\"op\":tru}"), 1, "not valid JSON");
	json(ITEMS("{\"op\":1e400}"), 1, "not valid JSON");
	json(ITEMS("{\"full_name\":\"L\xFF\"}"), 1, "not valid JSON");
	json(ITEMS("{\"full_name\":\"L\\u0000\"}"), 1, "u0000");
	json(ITEMS("{\"full_name\":\"L\\ud800\"}"), 1, "not valid JSON");
	json(ITEMS("{]"), 1, "not valid JSON");
	refuses_as(LETTER_JSON, "\xFF\xFE{\0", 4, NULL, 1, "UTF-16");
	refuses_as(LETTER_JSON, ITEMS(GOOD), strlen(ITEMS(GOOD)), "windows-1258", 1, "UTF-8");
	buf_str(&deep, "{\"items\":[");
	for (int i = 0; i < 10000; i++)
		buf_char(&deep, '[');
	json(deep.data, 1, "deeper than 64");
	buf_clear(&deep);
	buf_str(&deep, "{\"items\":[{\"op\":\"");
	for (int i = 0; i < 100000; i++)
		buf_char(&deep, 'x');
	json(deep.data, 1, "longer than 64 KiB");
}

static void
head_is(const char *agency, const char *number, const char *date, const char *signer,
	const char *reason, const char *words)
{
	struct letter_head h = { (char *)agency, (char *)number, (char *)date, (char *)signer,
				 (char *)reason, -1 };
	struct err e = ERR_INIT;

	assert_int_equal(letter_head_check(&h, &e), words ? -1 : 0);
	if (words && !strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
	assert_int_equal(e.class, words ? ERR_USAGE : ERR_NONE);
}

static void
test_head(void **state)
{
	char much[600];

	(void)state;
	memset(much, 'x', sizeof(much));
	much[513] = '\0';
	head_is("snv", "12/CV-SNV", "2026-03-02", "Lê Văn B", "thành lập", NULL);
	head_is("snv", "1", "9999-03-02", "B", "x", "year");
	head_is("snv", "1", "2026-02-30", "B", "x", "the letter's date: there is no such day");
	head_is("snv", "1", "hôm qua", "B", "x", "YYYY-MM-DD");
	head_is(NULL, "1", "2026-03-02", "B", "x", "agency is missing");
	head_is("snv", "", "2026-03-02", "B", "x", "number is empty");
	head_is("snv", "1", NULL, "B", "x", "date is missing");
	head_is("snv", "1", "2026-03-02", " ", "x", "signer is empty");
	head_is("snv", "1", "2026-03-02", "a\nb", "x", "signer has a line break");
	head_is("snv", "1", "2026-03-02", "B", "\u202E", "U+202E");
	head_is("snv", "1", "2026-03-02", "B", "\xFF", "UTF-8");
	head_is("snv", "1", "2026-03-02", "B", much, "longer than 512");
	head_is("snv", much, "2026-03-02", "B", "x", "longer than 64");
}

/* The sample that quickstart uses, and many rows in small steps, with one bad one at the end. */
static void
test_sample(void **state)
{
	FILE *f = fopen(SRCDIR "/tests/data/sample-letter.csv", "r");
	AUTO(buf) b = BUF_INIT;
	char part[4096];
	struct got g;
	size_t n;

	(void)state;
	assert_non_null(f);
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_add(&b, part, n);
	fclose(f);
	read_with(&g, LETTER_CSV, b.data, b.len, NULL, 1000, 7);
	assert_int_equal(g.row_count, 40);
	expect(&g, NULL, NULL);
	buf_clear(&b);
	buf_str(&b, "op,full_name,ref\n");
	for (int i = 0; i < 30000; i++)
		buf_printf(&b, "create,Nguyễn Văn An,%d\n", i);
	buf_str(&b, "create,Nguyễn Văn An,17\n");
	read_with(&g, LETTER_CSV, b.data, b.len, NULL, 100000, 999);
	assert_int_equal(g.row_count, 30000);
	assert_int_equal(g.error_count, 1);
	expect(&g, NULL, "30001/30002 ref [17] row 18 has this ref");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_accepted),       cmocka_unit_test(test_lines),
		cmocka_unit_test(test_encodings),      cmocka_unit_test(test_wrong_encodings),
		cmocka_unit_test(test_bad_headers),    cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_row_limit),      cmocka_unit_test(test_error_limit),
		cmocka_unit_test(test_cells),	       cmocka_unit_test(test_quota),
		cmocka_unit_test(test_dates),	       cmocka_unit_test(test_formulas),
		cmocka_unit_test(test_clear),	       cmocka_unit_test(test_ops),
		cmocka_unit_test(test_twice),	       cmocka_unit_test(test_several_errors),
		cmocka_unit_test(test_json),	       cmocka_unit_test(test_json_head),
		cmocka_unit_test(test_json_rows),      cmocka_unit_test(test_json_broken),
		cmocka_unit_test(test_head),	       cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests_name("letter", tests, NULL, NULL);
}
