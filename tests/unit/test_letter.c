/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/letter_try.h"

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
	accepts("op,full_name,title\ncreate,An,\"Phó\nTrưởng "
		"\"\"phòng\"\"\"\r\ncreate,Bình,\"a;b,\"",
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
	refuses_as(LETTER_CSV, le, sizeof(le) - 1, NULL, 1, "no rows"); /* known by its NUL bytes */
	refuses_as(LETTER_CSV, le, 21, "utf-16le", 1, "byte 0x6D"); /* half a character */
	refuses_as(LETTER_CSV, lone, sizeof(lone) - 1, NULL, 1, "0/2  [] character 2");
	accepts(LETTER("create,Tr\xE2\xCCn,1\n"), "1/2 create -1 full_name=Trần ref=1\n");
	refuses(LETTER("create,Tr\xE2\xCC\xCCn,1\n"), 1,
		"0/2  [] character 10 of this line (byte 0xE2)");
	refuses(LETTER("create,Tr\xE2\xCC\xCCn,1\n"), 1, "windows-1258");
	refuses("op,full_name\ncreate,Ln\xC0\x80\n", 1, "byte 0xC0");
	refuses("op,full_name\ncreate,L\xED\xA0\x80\n", 1, "byte 0xED");
	refuses_as(LETTER_CSV, "op,full_name\ncreate,Le\0Lan\n", 27, NULL, 1,
		   "0/2  [] there is a NUL byte after 9 characters");
	refuses_as(LETTER_CSV, "\0\0\0\0", 4, NULL, 1, "NUL");
	refuses_as(LETTER_CSV, LETTER("create,Lê Đậu,1"), strlen(LETTER("create,Lê Đậu,1")),
		   "windows-1258", 1, "UTF-8 already");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "klingon", 1, "\"klingon\"");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "window-1258", 1, "windows-1258?");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "cp125", 1, "windows-1258?");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "CP-1252", 1, "windows-1252?");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "utf-32", 1, "did you mean utf-8?");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "tcvn4", 1, "did you mean tcvn3?");
	refuses_as(LETTER_CSV, LETTER(""), strlen(LETTER("")), "koi8", 1,
		   "there are utf-8, utf-16, utf-16le, utf-16be, windows-1258, tcvn3, vni, viscii, "
		   "windows-1252 and iso-8859-1");
	refuses("PK\x03\x04xlsx", 1,
		"an Excel or OpenDocument file, not CSV: hopthuctl converts a file named .xlsx when "
		"xlsx2csv is installed; or open it and save it as \"CSV UTF-8\"");
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
	refuses("op,fulname\ncreate,Lan\n", 1,
		"0/1  [fulname] there is no such column; did you mean full_name?");
	refuses("op,full_name,colour\ncreate,Lan,red\n", 1,
		"letters have op, full_name, kind, birth_year");
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

/* What stands in the header, and the column that it is; "" for one that is passed over. */
static void
header(const char *name, const char *value, const char *out)
{
	AUTO(str) data = xasprintf("op,address,\"%s\"\nupdate,lan,%s\n", name, value);
	struct got g;

	read_with(&g, LETTER_CSV, data, strlen(data), NULL, 10, 10);
	if (g.error_count)
		fail_msg("%s: %s", name, g.errors.data);
	if (*out && !strstr(g.rows.data, out))
		fail_msg("%s: no %s in %s", name, out, g.rows.data);
	if (!*out)
		assert_string_equal(g.rows.data, "1/2 update -1 address=lan\n");
	got_release(&g);
}

static void
test_headers(void **state)
{
	(void)state;
	header("Họ và tên (*)", "An", " full_name=An ");
	header("Ho va ten", "An", " full_name=An ");
	header("ho_ten", "An", " full_name=An ");
	header("HỌ TÊN", "An", " full_name=An ");
	header("Full name", "An", " full_name=An ");
	header("Tên  đầy-đủ", "An", " full_name=An ");
	header("Ho\u0323 va\u0300 te\u0302n", "An", " full_name=An ");
	header("Họ và\ntên", "An", " full_name=An ");
	header("Loại hộp thư", "cá nhân", " kind=person ");
	header("Năm sinh", "1980", " birth_year=1980 ");
	header("Tháng sinh", "7", " birth_month=07 ");
	header("Ngày sinh (dd/mm/yyyy)", "5/7/1980", " birth_year=1980 birth_month=07 ");
	header("Ngày sinh", "1980", " birth_year=1980 ");
	header("birth_date", "1980-07-05", " birth_year=1980 birth_month=07 ");
	header("birth_date", "", "");
	header("3 số cuối CCCD", "079", " id_tail=079 ");
	header("Số cuối CCCD", "0079", " id_tail=0079 ");
	header("Chức vụ", "x", " title=x ");
	header("Chức danh", "x", " title=x ");
	header("Phòng ban", "x", " unit=x ");
	header("Đơn vị", "x", " unit=x ");
	header("Bộ phận", "x", " unit=x ");
	header("Điện thoại", "113", " phone=113 ");
	header("Số điện thoại", "113", " phone=113 ");
	header("Di động", "113", " phone=113 ");
	header("SĐT", "113", " phone=113 ");
	header("Ngạch", "x", " rank=x ");
	header("Dung lượng", "5G", " quota=5G ");
	header("Người giữ hộp thư", "lan", " custodian=lan");
	header("Ngày hiệu lực", "1/2/2026", " effective=2026-02-01");
	header("Số quyết định", "1/QĐ", " basis_no=1/QĐ");
	header("Ngày quyết định", "1/2/2026", " basis_date=2026-02-01");
	header("Căn cứ", "nghỉ hưu", " basis_kind=retirement");
	header("Lý do nhân sự", "nghỉ hưu", " basis_kind=retirement");
	header("Loại quyết định", "nghỉ hưu", " basis_kind=retirement");
	header("Ghi chú", "x", " reason=x");
	header("Lý do", "x", " reason=x");
	header("Mã nhân viên", "x", " ref=x");
	header("STT", "7", "");
	header("TT", "7", "");
	header("No.", "7", "");
	header("Kết quả: địa chỉ", "x", "");
	header("Kết quả: trạng thái", "x", "");
	header("Kết quả: lý do", "=x", "");
	header("Kết quả: biên nhận", "1234-0f3a9c21b7d4e688@1280", "");
	header("result_address", "x", "");
	accepts("Thao tác;Địa chỉ thư;Địa chỉ mới\nđổi địa chỉ;Lan;Mai\n",
		"1/2 rename -1 address=lan new_address=mai\n");
	accepts("STT,Nội dung đề nghị,Hộp thư,Kết quả: địa chỉ,Kết quả: trạng thái\n1,khóa,lan,a,b\n",
		"1/2 suspend -1 address=lan\n");
	refuses("op,Họ tên,Họ và tên\n", 1, "0/1 full_name [Họ và tên] the column stands twice");
	refuses("op,Họ tên,Ngày sinh,Năm sinh\n", 1, "0/1 birth_year [Năm sinh] the column stands");
	refuses("op,Họ tên,Năm sinh,Ngày sinh\n", 1, "0/1 birth_date [Ngày sinh] the column");
	refuses("op,Họ tên,Chức vuj\n", 1, "[Chức vuj] there is no such column; did you mean title?");
	refuses("op,Họ tên,Ngày sinh\ncreate,An,31/13/1980\n", 1,
		"1/2 birth_date [31/13/1980] neither 31 nor 13 is a month");
	refuses("op,Họ tên,(*)\n", 1, "[(*)] there is no such column");
}

static void
test_bad_lines(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	refuses(LETTER("create,An,1,extra\n"), 1, "1/2  [extra] the row has 4 cells");
	refuses(LETTER("create,An,1,\n"), 1, "1/2  [] the row has 4 cells");
	refuses(LETTER("create,An,\"1\n\ncreate,Bình,2\n"), 1,
		"0/2  [] a quotation mark (\") in the row");
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
	got_release(&g);
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

/* A name in two columns. */
static void
test_name_columns(void **state)
{
	static const char *const family[] = { "Họ và tên đệm", "Họ đệm", "Họ", "Họ và chữ đệm", "Họ tên đệm" };

	(void)state;
	for (size_t i = 0; i < sizeof(family) / sizeof(*family); i++) {
		AUTO(str) data = xasprintf("op,Tên,%s,ref\ncreate,An, Nguyễn Văn ,1\n", family[i]);
		AUTO(str) alone = xasprintf("op,%s\ncreate,Nguyễn Văn\n", family[i]);

		accepts(data, "1/2 create -1 full_name=Nguyễn Văn An ref=1\n");
		refuses(alone, 1, "0/1 full_name [] one column has the family and middle names only");
	}
	accepts("op,address,Họ đệm,Tên\nclose,lan,,\n", "1/2 close -1 address=lan\n");
	refuses("op,Tên\ncreate,An\n", 1, "the column \"Tên\" is that of the given name");
	refuses("op,Họ và tên,Tên\ncreate,Nguyễn An,An\n", 1, "the name stands twice in the header");
	refuses("op,Họ,Tên,Tên\ncreate,Nguyễn,An,An\n", 1, "0/1 full_name [Tên] the column stands twice");
	refuses("op,Họ đệm,Tên,ref\ncreate,Nguyễn Văn,,1\ncreate,,An,2\n", 2,
		"1/2 full_name [Nguyễn Văn] the name is not whole: the cell of its given name is empty");
	refuses("op,Họ đệm,Tên\ncreate,-,An\n", 1, "the cell of its family and middle names is empty");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_name_columns),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_wrong_encodings),
		cmocka_unit_test(test_bad_headers),
		cmocka_unit_test(test_headers),
		cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_row_limit),
		cmocka_unit_test(test_error_limit),
		cmocka_unit_test(test_sample),
	};

	return cmocka_run_group_tests_name("letter", tests, NULL, NULL);
}
