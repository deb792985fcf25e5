/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/letter_try.h"

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
	cell("create", "phone", "0243 8221234 (113)", "a second number or an extension");
	cell("create", "phone", "024.38221234 - 113", "a second number or an extension");
	cell("create", "phone", "0912345678 - 09134", "a second number");
	cell("create", "phone", "036190001234", "[] 12 digits that begin with 0");
	cell("create", "phone", "36190001234", "[] 11 digits that begin neither with 0 nor with +");
	cell("create", "phone", "280123456", "[] 9 digits that begin neither");
	cell("create", "phone", "0912345", "has 8 to 11 digits with its leading 0; this one has 7");
	cell("create", "phone", "+0123", "no number from abroad begins with +0");
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
	cell("create", "quota", "9007199254740993", "such as 10G for ten gigabytes");
	cell("create", "quota", "10737418240", "10737418240 bytes are 10G");
	cell("create", "quota", "1024", "write 1024M or 1024G");
	cell("create", "quota", "20480", "write 20480M");
	cell("create", "quota", "104857600", "104857600 bytes are 100M");
	cell("create", "quota", "1572864", "such as 10G");
	cell("create", "quota", "10737418241", "such as 10G for ten gigabytes");
	cell("create", "quota", "0", "such as 10G");
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
	cell("create", "basis_date", "31-11-2026", "2026-11 has 30 days");
	cell("create", "basis_date", "12/31/2026",
	     "day and month are swapped, for there is no month 31: the day comes first here, so write "
	     "31/12/2026");
	cell("create", "basis_date", "31/13/2026", "neither 31 nor 13 is a month; write the date as YYYY-MM-DD or DD");
	cell("create", "basis_date", "31/12/26", "the year in four digits, such as 31/12/2026");
	cell("create", "basis_date", "3/4/90", "the year in four digits, such as 03/04/1990");
	cell("create", "basis_date", "13/31/2026", "neither 13 nor 31 is a month");
	cell("create", "basis_date", "1-31-2026", "day and month are swapped, for there is no month 31");
	cell("create", "basis_date", "2026-31-12", "month comes first here, so write 2026-12-31");
	cell("create", "effective", "46112",
	     "46112 is Excel's number for 2026-03-31: format the column as text or date");
	cell("create", "effective", "36585", "number for 2000-02-29");
	cell("create", "effective", "99999", "number for 2173-10-13");
	cell("create", "effective", "2026-03-31 08:00", "YYYY-MM-DD");
	cell("create", "effective", "2026-03-31 00:00:01", "YYYY-MM-DD");
	cell("create", "basis_date", "+1/2/2026", "formula");
	cell("create", "basis_date", "1/+2/2026", "YYYY-MM-DD");
	cell("create", "basis_date", "1/2/202", "YYYY-MM-DD");
	cell("create", "effective", "2026-1-2", "YYYY-MM-DD");
	cell("create", "effective", "2026/01/02", "YYYY-MM-DD");
	cell("create", "basis_date", "99999-01-01", "11 characters");
}

static void
test_date_forms(void **state)
{
	static const char *const forms[] = {
		"2026-03-01", "01/03/2026", "1/3/2026", "01-03-2026", "1.3.2026", "1/03/2026",
		"2026-03-01 00:00:00", "2026-03-01T00:00:00", "01/03/2026 0:00", " 1/3/2026 ",
		"2026-03-01T00:00:00.000Z",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(*forms); i++) {
		AUTO(str) data = xasprintf("op,full_name,effective,basis_date\ncreate,An,%s,%s\n",
					   forms[i], forms[i]);

		accepts(data, "1/2 create -1 full_name=An effective=2026-03-01 "
			      "basis_date=2026-03-01\n");
	}
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
	refuses("op,full_name\ncreat,An\n", 1,
		"1/2 op [creat] there is no such op; did you mean create?");
	refuses("op,full_name\nfly,An\n", 1, "there is no such op; write create, update, suspend, "
		"resume, close, restore, purge, rename or transfer");
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
	refuses(LETTER("create,Nguyễn Văn An,\ncreate,Nguye\u0302\u0303n Văn An,1\n"), 1,
		"row 1 asks");
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

/* The form's own row, sent with the others or alone. */
static void
test_example(void **state)
{
	(void)state;
	refuses(LETTER("create,Đặng Thị Ánh Nguyệt,NV-0417\ncreate,An,1\n"), 1,
		"1/2 ref [NV-0417] this is the example row of the form");
	refuses("op,address,ref\nclose,nguyetdta@binhduong.gov.vn,NV-0417-3\n", 1, "example row of the form");
	accepts(LETTER("create,Đặng Thị Ánh Nguyệt,NV-1\ncreate,An,NV-0417\n"),
		"1/2 create -1 full_name=Đặng Thị Ánh Nguyệt ref=NV-1\n2/3 create -1 full_name=An ref=NV-0417\n");
}

static void
test_several_errors(void **state)
{
	(void)state;
	refuses("op,full_name,birth_year,effective,quota\ncreate,=1,85,2026-02-30,5\n", 4,
		"1/2 quota [5]");
	refuses("op,full_name,ref\nfly,=1,1\ncreate,An,1\n", 3, "1/2 op [fly]");
	refuses("op,full_name,quota\n,An,5\n", 2, "1/2 quota [5]");
	refuses("op,full_name,birth_date,effective\ncreate,An,31/13/1980,2026-02-30\n", 2,
		"1/2 effective [2026-02-30]");
	refuses(LETTER("create,"
		       "Nguyễn Thị Ánh Nguyễn Thị Ánh Nguyễn Thị Ánh Nguyễn Thị Ánh (x),1\n"),
		1, "[Nguyễn Thị Ánh Nguyễn Thị Ánh Nguyễn Thị…] the character \"(\"");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cells),
		cmocka_unit_test(test_quota),
		cmocka_unit_test(test_dates),
		cmocka_unit_test(test_date_forms),
		cmocka_unit_test(test_formulas),
		cmocka_unit_test(test_clear),
		cmocka_unit_test(test_ops),
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_several_errors),
	};

	return cmocka_run_group_tests_name("letter_row", tests, NULL, NULL);
}
