/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "daemon/policy/letter_words.h"
#include "tests/unit/letter_try.h"

/* What clerks write, and the values of the newer columns. */

static void
op(const char *written, const char *word)
{
	AUTO(str) data = xasprintf("op,full_name,address\n%s,An,lan\n", written);
	AUTO(str) rows = xasprintf("1/2 %s -1 full_name=An address=lan\n", word);

	accepts(data, rows);
}

static void
test_ops(void **state)
{
	(void)state;
	op("Cấp mới", "create");
	op("tạo mới", "create");
	op("TAO MOI", "create");
	op("cập nhật", "update");
	op("thay-đổi", "update");
	op("Sửa", "update");
	op("khóa", "suspend");
	op("khoá", "suspend");
	op("Tạm khóa", "suspend");
	op("mở khóa", "resume");
	op("thu hồi", "close");
	op("đóng", "close");
	op("hủy", "close");
	op("xóa", "close");
	op("khôi phục", "restore");
	op("đổi địa chỉ", "rename");
	op("đổi tên hộp thư", "rename");
	op("điều chuyển", "transfer");
	op("Chuyển đơn vị", "transfer");
	op("luân chuyển", "transfer");
	op("xóa hẳn", "purge");
	op("Rename", "rename");
	refuses("op,address\ntạo mơi mơi,lan\n", 1, "no such op");
	refuses("op,address\nthu hồii,lan\n", 1, "did you mean close?");
}

static void
basis(const char *written, const char *word)
{
	AUTO(str) data = xasprintf("op,full_name,basis_kind\ncreate,An,%s\n", written);
	AUTO(str) rows = xasprintf("1/2 create -1 full_name=An basis_kind=%s\n", word);

	accepts(data, rows);
}

static void
test_bases(void **state)
{
	(void)state;
	basis("tuyển dụng", "recruitment");
	basis("Tiếp nhận", "reception");
	basis("hợp đồng", "contract");
	basis("bổ nhiệm", "appointment");
	basis("điều động", "transfer");
	basis("luân chuyển", "transfer");
	basis("biệt phái", "secondment");
	basis("nghỉ thai sản", "leave");
	basis("đi học", "leave");
	basis("ốm", "leave");
	basis("nghỉ hưu", "retirement");
	basis("HƯU TRÍ", "retirement");
	basis("thôi việc", "resignation");
	basis("nghi viec", "resignation");
	basis("chuyển công tác ngoài tỉnh", "departure");
	basis("kỷ luật", "dismissal");
	basis("buộc thôi việc", "dismissal");
	basis("từ trần", "death");
	basis("thành lập", "creation");
	basis("sáp nhập", "merger");
	basis("hợp nhất", "merger");
	basis("giải thể", "dissolution");
	basis("sự cố", "incident");
	basis("lộ mật khẩu", "incident");
	basis("Secondment", "secondment");
	basis("khác", "other");
	refuses("op,full_name,basis_kind\ncreate,An,vui\n", 1,
		"1/2 basis_kind [vui] there is no such basis_kind; write recruitment, reception, "
		"contract, appointment, transfer, secondment, leave, retirement, resignation, "
		"departure, dismissal, death, creation, merger, dissolution, incident or other");
	refuses("op,full_name,basis_kind\ncreate,An,retirment\n", 1, "did you mean retirement?");
}

/* Every word of ours is in its table, before those of the clerks, and leads to itself. */
static void
test_tables(void **state)
{
	static const struct letter_word *const tables[] = { letter_op_words, letter_kind_words,
							    letter_channel_words, letter_basis_words };
	static const int counts[] = { OP_TRANSFER + 1, KIND_COUNT, CHANNEL_COUNT, BASIS_COUNT };
	const char *(*const word[])(int) = { op_word, kind_word, channel_word, basis_word };
	AUTO(buf) key = BUF_INIT;

	(void)state;
	for (int t = 0; t < 4; t++) {
		int at = 0;

		for (const struct letter_word *w = tables[t]; w->key; w++, at++) {
			const char *found = letter_word(tables[t], w->key);

			letter_key(w->key, &key);
			assert_string_equal(w->key, key.data);
			if (found != w->word && strcmp(found, w->word))
				fail_msg("%s stands twice", w->key);
			if (at < counts[t])
				assert_string_equal(w->key, word[t](at));
		}
	}
}

static void
test_kinds(void **state)
{
	(void)state;
	accepts("op,full_name,kind,custodian\n"
		"create,An,,\n"
		"create,Bình,Cá nhân,\n"
		"create,Sở Nội vụ (chính),cơ quan,Lan@x.vn\n"
		"create,Phòng 1 - Tổng hợp,Phòng ban,lan\n"
		"create,Chánh Văn phòng,vị trí,lan\n"
		"create,Tiếp công dân,dùng chung,lan\n",
		"1/2 create -1 full_name=An\n"
		"2/3 create -1 full_name=Bình kind=person\n"
		"3/4 create -1 full_name=Sở Nội vụ (chính) kind=agency custodian=lan@x.vn\n"
		"4/5 create -1 full_name=Phòng 1 - Tổng hợp kind=unit custodian=lan\n"
		"5/6 create -1 full_name=Chánh Văn phòng kind=position custodian=lan\n"
		"6/7 create -1 full_name=Tiếp công dân kind=shared custodian=lan\n");
	refuses("op,full_name,kind\ncreate,Văn phòng,unit\n", 1,
		"1/2 custodian [] a mailbox of kind unit needs a custodian");
	refuses("op,full_name,kind\ncreate,An,robot\n", 1,
		"there is no such kind; write person, agency, unit, position or shared");
	refuses("op,full_name,kind,custodian\ncreate,VP,unit,lan anh\n", 1, "1/2 custodian [lan anh]");
	refuses("op,full_name,kind,custodian\ncreate,,unit,lan\n", 1, "full name of the body");
	refuses("op,full_name,kind,custodian\ncreate,VP,unit,lan\ncreate,vp,unit,lan\n", 1,
		"2/3 full_name [vp] row 1 asks for a mailbox for the same body");
	accepts("op,full_name,kind,custodian\ncreate,VP,unit,lan\ncreate,VP,shared,lan\n",
		"1/2 create -1 full_name=VP kind=unit custodian=lan\n"
		"2/3 create -1 full_name=VP kind=shared custodian=lan\n");
	accepts("op,address,custodian\nupdate,vp,Mai\n", "1/2 update -1 address=vp custodian=mai\n");
}

static void
test_rename(void **state)
{
	(void)state;
	accepts("op,address,new_address\nrename,lan,Mai.Lan@x.vn\nrename,binh,\n",
		"1/2 rename -1 address=lan new_address=mai.lan@x.vn\n"
		"2/3 rename -1 address=binh\n");
	accepts("op,address,new_address\ntransfer,lan,mai.lan\n",
		"1/2 transfer -1 address=lan new_address=mai.lan\n");
	accepts("op,address,title,unit\ntransfer,lan,-,\n", "1/2 transfer -1 title=- address=lan\n");
	refuses("op,address,new_address\nrename,lan,m ai\n", 1, "1/2 new_address [m ai]");
	refuses("op,address,new_address\nclose,lan,mai\n", 1, "only rename and transfer take a new address, not close");
	refuses("op,full_name,new_address\ncreate,An,mai\n", 1, "asked for in the column address");
	refuses("op,address,new_address\nrename,,mai\n", 1, "rename needs the address");
}

/* A phone number, what becomes of it, and whether that is told. */
static void
phone(const char *written, const char *out, bool told)
{
	AUTO(str) data = xasprintf("op,full_name,phone\ncreate,An,%s\n", written);
	AUTO(str) rows = xasprintf("1/2 create -1 full_name=An phone=%s\n", out);
	AUTO(str) note = xasprintf("1/2 phone [%s] the leading 0 of the phone number was missing: it "
				   "was taken as %s", written, out);
	struct got g;

	read_with(&g, LETTER_CSV, data, strlen(data), NULL, 10, 10);
	assert_int_equal(g.note_count, told);
	if (told && !strstr(g.notes.data, note))
		fail_msg("no %s in %s", note, g.notes.data);
	expect(&g, rows, NULL);
}

static void
test_phones(void **state)
{
	(void)state;
	phone("0912345678", "0912345678", false);
	phone("0912 345 678", "0912345678", false);
	phone("0912.345.678", "0912345678", false);
	phone("+84 912345678", "0912345678", false);
	phone("+84 (0)912 345 678", "0912345678", false);
	phone("84912345678", "0912345678", false);
	phone("0084912345678", "0912345678", false);
	phone("912345678", "0912345678", true);
	phone("912 345 678", "0912345678", true);
	phone("0274 3822 825", "02743822825", false);
	phone("+84 274 3822825", "02743822825", false);
	phone("2743822825", "02743822825", true);
	phone("113", "113", false);
	phone("1900 1234", "19001234", false);
	phone("+1 202 555 0100", "+12025550100", false);
	phone("+84 12", "+8412", false);
	phone("+0912345678", "0912345678", false);
	phone("001 202 555 0100", "+12025550100", false);
	phone("3822825", "3822825", false);
	phone("1900 123456", "1900123456", false);
	phone("1900.0000", "19000000", false);
	phone("(0274) 3822 825", "02743822825", false);
	phone("0912 - 345 - 678", "0912345678", false);
}

static void
test_notes_end(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct got g;

	(void)state;
	buf_str(&b, "op,full_name,phone\n");
	for (int i = 0; i < 500; i++)
		buf_printf(&b, "create,An,912%06d\n", i);
	read_with(&g, LETTER_CSV, b.data, b.len, NULL, 1000, 100);
	assert_int_equal(g.row_count, 500);
	assert_int_equal(g.note_count, LETTER_NOTES_MAX);
	assert_non_null(strstr(g.notes.data, "0/0  [] more was mended"));
	got_release(&g);
}

static void
one(const char *column, const char *value, const char *out, const char *words)
{
	AUTO(str) data = xasprintf("op,full_name,%s\ncreate,An,\"%s\"\n", column, value);
	AUTO(str) rows = xasprintf("1/2 create -1 full_name=An %s=%s\n", column, out ? out : "");
	AUTO(str) error = xasprintf("1/2 %s %s", column, words ? words : "");

	if (words)
		refuses(data, 1, error);
	else
		accepts(data, rows);
}

static void
test_apart(void **state)
{
	static const char *const whole[] = { "079090001234", "0790 9000 1234", "280123456", "=079090001234",
					     "079090001234\u202E", "12345" };

	(void)state;
	one("birth_month", "1", "01", NULL);
	one("birth_month", "12", "12", NULL);
	one("birth_month", "13", NULL, "[13] the month of birth is a number from 1 to 12");
	one("birth_month", "0", NULL, "[0] the month");
	one("birth_month", "x", NULL, "[x] the month");
	one("id_tail", "079", "079", NULL);
	one("id_tail", "0079", "0079", NULL);
	one("id_tail", "7", NULL, "[7] give the last 3 or 4 digits of the ID number; the spreadsheet may "
				  "have eaten zeros at their beginning: format the column as text");
	one("id_tail", "47", NULL, "[47] give the last 3 or 4 digits");
	one("id_tail", "a79", NULL, "[a79] give the last 3 or 4 digits of the ID number, such as 079");
	for (size_t i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		one("id_tail", whole[i], NULL, "[] ");
	one("id_tail", whole[0], NULL, "[] the whole number is not wanted here: give its last 3 or 4");
	one("id_tail", whole[2], NULL, "[] the whole number is not wanted here");
	/* as a spreadsheet writes whole numbers of a column with decimals */
	one("birth_year", "1990.00", "1990", NULL);
	one("birth_month", "3.0", "03", NULL);
	one("id_tail", "4417.000000", "4417", NULL);
	one("ref", "12.00", "12", NULL);
	one("ref", "12.50", "12.50", NULL);
	one("phone", "0912345678.00", "0912345678", NULL);
	one("phone", "912345678.000000", "0912345678", NULL);
	one("birth_year", "1990.5", NULL, "[1990.5] ");
	/* people told apart */
	accepts("op,full_name,birth_month,id_tail\ncreate,An,1,\ncreate,An,2,\ncreate,An,2,079\n",
		"1/2 create -1 full_name=An birth_month=01\n2/3 create -1 full_name=An birth_month=02\n"
		"3/4 create -1 full_name=An birth_month=02 id_tail=079\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops),
		cmocka_unit_test(test_bases),
		cmocka_unit_test(test_tables),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_rename),
		cmocka_unit_test(test_phones),
		cmocka_unit_test(test_notes_end),
		cmocka_unit_test(test_apart),
	};

	return cmocka_run_group_tests_name("letter_words", tests, NULL, NULL);
}
