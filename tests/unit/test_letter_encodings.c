/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/letter_try.h"

/* The files of tests/data/make_encodings.py, and texts in which a code could be seen wrongly. */

#define TCVN3 "0/0  [] the file was read as TCVN3 (ABC); if names look wrong"
#define VNI "0/0  [] the file was read as VNI-Windows; if names look wrong"
#define VISCII "0/0  [] the file was read as VISCII; if names look wrong"
#define CP1258 "0/0  [] the file was read as windows-1258; if names look wrong"

static void
read_one(struct got *g, const char *file, const char *encoding)
{
	AUTO(buf) data = BUF_INIT;
	AUTO(str) path = xasprintf("encodings/%s.csv", file);

	read_file(path, &data);
	read_with(g, LETTER_CSV, data.data, data.len, encoding, 1000, 5);
	if (g->error_count)
		fail_msg("%s: %s", file, g->errors.data);
}

/* The rows are those of the other file, and there is that one note, or none. */
static void
same(const char *file, const char *encoding, const char *as, const char *note)
{
	struct got g, right;

	read_one(&right, as, NULL);
	assert_int_equal(right.note_count, 0);
	assert_true(right.row_count > 2);
	read_one(&g, file, encoding);
	if (strcmp(g.rows.data, right.rows.data))
		fail_msg("%s:\n%sis not %s:\n%s", file, g.rows.data, as, right.rows.data);
	if (g.note_count != (note != NULL) || (note && !strstr(g.notes.data, note)))
		fail_msg("%s: %u notes: %s", file, g.note_count, g.notes.data);
	got_release(&g);
	got_release(&right);
}

static void
test_separators(void **state)
{
	static const char *const separators[] = { "comma", "semicolon", "tab" };
	static const struct {
		const char *code, *note;
	} codes[] = { { "utf8", NULL }, { "utf8bom", NULL }, { "utf16le", NULL },
		      { "cp1258", CP1258 }, { "tcvn3", TCVN3 }, { "vni", VNI },
		      { "viscii", VISCII } };
	struct got g;

	(void)state;
	read_one(&g, "letter-utf8-comma", NULL);
	assert_int_equal(g.row_count, 17);
	assert_non_null(strstr(g.rows.data,
			       "1/2 create -1 full_name=Nguyễn Văn Tĩnh birth_year=1970 "
			       "birth_month=01 title=Phó Trưởng phòng "
			       "unit=Phòng Kế hoạch, Tài chính phone=0912345600 "
			       "basis_date=2026-03-01 basis_kind=appointment "
			       "reason=ngã rẽ; về ref=NV-1\n"));
	got_release(&g);
	for (size_t c = 0; c < sizeof(codes) / sizeof(*codes); c++)
		for (size_t i = 0; i < 3; i++) {
			AUTO(str) file = xasprintf("letter-%s-%s", codes[c].code, separators[i]);

			same(file, NULL, "letter-utf8-comma", codes[c].note);
			same(file, NULL, "letter-utf8-comma", codes[c].note); /* and again */
		}
}

static void
test_unicode(void **state)
{
	(void)state;
	same("letter-nfd", NULL, "letter-utf8-comma", NULL);
	same("letter-utf16be", NULL, "letter-utf8-comma", NULL);
	same("letter-utf16le-bare", NULL, "letter-utf8-comma", "read as UTF-16LE");
	same("letter-utf16be-bare", NULL, "letter-utf8-comma", "read as UTF-16BE");
	same("letter-utf16be-bare", "utf-16", "letter-utf8-comma", NULL);
}

/* Typed in an old font, saved as Unicode. */
static void
test_typed(void **state)
{
	(void)state;
	same("letter-tcvn3-typed", NULL, "letter-utf8-comma", TCVN3);
	same("letter-tcvn3-typed-utf16le", NULL, "letter-utf8-comma", TCVN3);
	same("letter-vni-typed", NULL, "letter-utf8-comma", VNI);
	same("letter-vni-typed-utf16le", NULL, "letter-utf8-comma", VNI);
	same("letter-cp1258-typed", NULL, "letter-utf8-comma", CP1258);
	same("letter-tcvn3-below-unicode", NULL, "letter-utf8-comma", TCVN3);
	same("letter-vni-below-unicode", NULL, "letter-utf8-comma", VNI);
}

static void
test_capitals(void **state)
{
	struct got g;

	(void)state;
	read_one(&g, "capitals-utf8", NULL);
	assert_non_null(strstr(g.rows.data, "full_name=NGUYỄN THỊ ÁNH reason=Á"));
	got_release(&g);
	same("capitals-cp1258", NULL, "capitals-utf8", CP1258);
	same("capitals-vni", NULL, "capitals-utf8", VNI);
	same("capitals-vni-typed", NULL, "capitals-utf8", VNI);
	same("capitals-viscii", NULL, "capitals-utf8", VISCII);
	same("allcaps-tcvn3", NULL, "allcaps-utf8", TCVN3);
	same("allcaps-tcvn3-typed", NULL, "allcaps-utf8", TCVN3);
}

/* What is named is taken, and is no news. */
static void
test_named(void **state)
{
	AUTO(buf) data = BUF_INIT;

	(void)state;
	same("letter-tcvn3-comma", "tcvn3", "letter-utf8-comma", NULL);
	same("letter-tcvn3-comma", "TCVN", "letter-utf8-comma", NULL);
	same("letter-tcvn3-comma", "abc", "letter-utf8-comma", NULL);
	same("letter-tcvn3-typed", "abc", "letter-utf8-comma", NULL);
	same("letter-tcvn3-typed-utf16le", "tcvn3", "letter-utf8-comma", NULL);
	same("letter-tcvn3-below-unicode", "tcvn3", "letter-utf8-comma", NULL);
	same("letter-vni-tab", "vni", "letter-utf8-comma", NULL);
	same("letter-vni-typed", "VNI", "letter-utf8-comma", NULL);
	same("letter-vni-typed-utf16le", "vni", "letter-utf8-comma", NULL);
	same("letter-cp1258-comma", "cp1258", "letter-utf8-comma", NULL);
	same("letter-cp1258-typed", "windows-1258", "letter-utf8-comma", NULL);
	for (int i = 0; i < 3; i++) {
		static const char *const names[] = { "tcvn3", "vni", "windows-1258" };

		read_file("encodings/letter-utf8-comma.csv", &data);
		refuses_as(LETTER_CSV, data.data, data.len, names[i], 1, "in UTF-8 already");
		read_file("encodings/letter-utf16le-comma.csv", &data);
		refuses_as(LETTER_CSV, data.data, data.len, names[i], 1, "in UTF-16LE already");
	}
}

/* One row with the name; what comes out, or NULL when it is the same. */
static void
name(const char *in, const char *out)
{
	AUTO(str) data = xasprintf("op,full_name\ncreate,%s\n", in);
	AUTO(str) rows = xasprintf("1/2 create -1 full_name=%s\n", out ? out : in);
	struct got g;

	read_with(&g, LETTER_CSV, data, strlen(data), NULL, 10, 10);
	if (g.note_count != (out != NULL))
		fail_msg("%s: notes: %s", in, g.notes.data);
	expect(&g, rows, NULL);
}

static void
test_left_alone(void **state)
{
	(void)state;
	name("H'Hen Niê", NULL);
	name("Ka Să Hà Ơi", NULL);
	name("Y-Bih Alê'o", NULL);
	name("Siu H'Krông Niê Kdăm Êban", NULL);
	name("José Müller", NULL);
	name("Zoé Loïse", NULL);
	name("Françoise Hélène Bézé", NULL);
	name("Åse Björn Ibáñez", NULL);
	name("Hà", NULL);
	name("Lê Bá", NULL);
	name("Bùi Lê Trà", NULL);
	name("Tô Hà Nhã Ý", NULL);
	name("Trần Thị Hòa Hoà Thúy Thuý", NULL);
	name("Thìn Đỗ", NULL);
	name("K'Bôi", NULL);
	name("Noël Théo Léa", NULL);
}

/* A letter of one row. */
static void
test_short(void **state)
{
	(void)state;
	name("NguyÔn V¨n An", "Nguyễn Văn An");
	name("NguyÔn An", "Nguyễn An");
	name("NGUYÔN THÞ ¸NH", "NGUYỄN THỊ ÁNH");
	name("TÊn An", "Tấn An");
	name("Cao Quyù", "Cao Quý");
	name("H'Hen Nieâ Traàn Xuaân", "H'Hen Niê Trần Xuân");
	name("Nguyeãn Vaên An", "Nguyễn Văn An");
	name("NGUYEÃN THÒ AÙNH", "NGUYỄN THỊ ÁNH");
	name("Nguy\xD4n An", "Nguyễn An");
	name("Nguye\xE3n An", "Nguyễn An");
	name("Nguy\xEA\xDEn An", "Nguyễn An");
	name("\xA7" "ang T\xF3", "Đang Tú");
	name("Tr\xE2\xCCn Thi\xF2 \xD0\xFD\xF5\xF2m A\xF2", "Trần Thị Đượm Ạ");
}

static void
test_not_clear(void **state)
{
	AUTO(buf) b = BUF_INIT;

	(void)state;
	/* Lê in one code, Lờ in the other */
	refuses(LETTER("create,L\xEA,1\n"), 1,
		"0/2  [] character 9 of this line (byte 0xEA) is not UTF-8, and in which code the "
		"file is is not clear: a word of it windows-1258 reads \"Lê\", tcvn3 reads "
		"\"Lờ\", vni reads \"Lê\", viscii reads \"Lê\"; save it as \"CSV UTF-8\", or name the code of the file "
		"with --encoding windows-1258, tcvn3, vni or viscii");
	/* one damaged letter in UTF-8 does not make it another code */
	refuses("op,full_name\ncreate,Nguyễn Thị\ncreate,Lê Th\xFF\n", 1,
		"0/3  [] character 13 of this line (byte 0xFF) is not UTF-8; save");
	refuses("op,full_name\ncreate,Ngu½½n ×÷n ¼µ\ncreate,An¹²³ B©n\n", 1,
		"0/0  [] the Vietnamese letters of the file are broken");
	refuses(LETTER("create,Vò YÕn,1\n"), 1, "0/0  [] the Vietnamese letters of the file are broken");
	/* half a pair of UTF-16 in UTF-8: no spaces between words of VISCII, where that is Õ */
	refuses("op,full_name\ncreate,L\xED\xA0\x80n\n", 1, "(byte 0xED) is not UTF-8");
	/* the same name with another code behind it is none of both */
	buf_str(&b, "op,full_name,ref\n");
	for (int i = 0; i < 10; i++)
		buf_printf(&b, "create,Nguy\xD4n V\xA8n %c,%d\ncreate,Tra\xE0n Va\xEAn %c,%d\n",
			   'A' + i, i, 'A' + i, 100 + i);
	refuses_as(LETTER_CSV, b.data, b.len, NULL, 1, "is not clear");
}

/* Rows that come out of it, and words of a note and of an error, NULL: there is none. */
static void
mixed(const char *data, const char *rows, const char *note, const char *error)
{
	struct got g;

	read_with(&g, LETTER_CSV, data, strlen(data), NULL, 100, 10);
	if (note ? !strstr(g.notes.data, note) : g.note_count)
		fail_msg("%s: no %s in the notes: %s", data, note ? note : "emptiness", g.notes.data);
	expect(&g, rows, error);
}

/* Some of it in Unicode: what is good as it stands is not touched. */
static void
test_mixed(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct got g;

	(void)state;
	mixed("op,full_name,title\ncreate,Hoàng Thu Trang,Toå tröôûng\ncreate,Phạm Văn Đạt,\n",
	      "1/2 create -1 full_name=Hoàng Thu Trang title=Toå tröôûng\n2/3 create -1 full_name=Phạm Văn Đạt\n",
	      "1/2 title [Toå tröôûng] there is a word in this that is not Vietnamese; typed in VNI-Windows it "
	      "would read \"Tổ trưởng\"", NULL);
	mixed("op,full_name,title\ncreate,Hoàng Toàn,\ncreate,An,Phoù giaùm ñoác\n",
	      "2/3 create -1 full_name=An title=Phó giám đốc\n", "some of it was typed in VNI-Windows",
	      "1/2 full_name [Hoàng Toàn] it is not clear whether this is Unicode or was typed in VNI-Windows "
	      "like other cells of the file, where it reads \"Hồng Tồn\"");
	mixed("op,address,title\nupdate,lan,Hoàng\nupdate,mai,Phoù giaùm ñoác\n",
	      "1/2 update -1 title=Hoàng address=lan\n2/3 update -1 title=Phó giám đốc address=mai\n",
	      "1/2 title [Hoàng] this was kept as it stands; typed in VNI-Windows it would read \"Hồng\"", NULL);
	mixed("op,full_name\ncreate,Loïc Hoàng\n", "", NULL,
	      "1/2 full_name [Loïc Hoàng] this was typed in an old font, VNI-Windows, and reads \"Lọc Hồng\"");
	mixed("op,full_name\ncreate,K'Bôi\ncreate,Nguyễn Loïc\n",
	      "1/2 create -1 full_name=K'Bôi\n2/3 create -1 full_name=Nguyễn Loïc\n",
	      "2/3 full_name [Nguyễn Loïc] there is a word in this that is not Vietnamese; \"Loïc\" "
	      "typed in VNI-Windows would read \"Lọc\"", NULL);
	/* many of the one and one of the other */
	buf_str(&b, "op,full_name,ref\ncreate,Hoàng Thị Hạnh,1\ncreate,Hoàng Toàn,2\n");
	for (int i = 3; i < 20; i++)
		buf_printf(&b, "create,Traàn Thò Ngoïc %c,%d\n", 'A' + i, i);
	read_with(&g, LETTER_CSV, b.data, b.len, NULL, 100, 10);
	assert_int_equal(g.error_count, 1);
	assert_non_null(strstr(g.errors.data, "2/3 full_name [Hoàng Toàn] it is not clear"));
	assert_non_null(strstr(g.rows.data, "full_name=Hoàng Thị Hạnh ref=1\n"));
	assert_non_null(strstr(g.rows.data, "full_name=Trần Thị Ngọc Q ref=16\n"));
	got_release(&g);
}

/* Too little of the font for the file to be read as such. */
static void
test_typed_words(void **state)
{
	static const char *const broken[][2] = {
		{ "Vuõ Bích Huy", "VNI-Windows, and reads \"Vũ Bích Huy\"" },
		{ "Ñaëng Quoác Nghóa", "VNI-Windows, and reads \"Đặng Quốc Nghĩa\"" },
		{ "Chu Thóy Anh", "TCVN3 (ABC), and reads \"Chu Thúy Anh\"" },
		{ "Vò Thu Hïng", "TCVN3 (ABC), and reads \"Vũ Thu Hùng\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(broken) / sizeof(*broken); i++) {
		AUTO(str) data = xasprintf("op,full_name\ncreate,%s\n", broken[i][0]);
		AUTO(str) update = xasprintf("op,address,full_name\nupdate,lan,%s\n", broken[i][0]);
		AUTO(str) row = xasprintf("1/2 create -1 full_name=%s\n", broken[i][0]);
		AUTO(str) json = xasprintf("{\"items\":[{\"op\":\"create\",\"full_name\":\"%s\"}]}", broken[i][0]);

		struct got g;

		read_with(&g, LETTER_CSV, data, strlen(data), NULL, 10, 10);
		if (!g.error_count && !g.note_count)
			fail_msg("%s: nothing is said", data);
		if (g.row_count && !strstr(g.notes.data, "was read as"))
			fail_msg("%s: taken: %s", data, g.rows.data);
		got_release(&g);
		refuses_as(LETTER_JSON, json, strlen(json), NULL, 1, broken[i][1]);
		read_with(&g, LETTER_CSV, update, strlen(update), NULL, 10, 10);
		assert_true(g.error_count || g.note_count);
		got_release(&g);
		accepts_as(data, strlen(data), "utf-8", row); /* its author knows */
	}
	mixed("op,full_name,title\ncreate,Lê Hoàng Hà,Toå tröôûng\n",
	      "1/2 create -1 full_name=Lê Hoàng Hà title=Toå tröôûng\n", "1/2 title [Toå tröôûng]", NULL);
	/* may be names: taken, and told of */
	mixed("op,full_name\ncreate,René Lü\ncreate,Bé Lü\n",
	      "1/2 create -1 full_name=René Lü\n2/3 create -1 full_name=Bé Lü\n", "1/2 full_name [René Lü]", NULL);
}

/* TCVN3 has no capitals with tones. */
static void
test_raised(void **state)
{
	static const char person[] = "op,full_name,title\ncreate,\xA7\xC6ng Th\xDE \xB8nh Nguy\xD6t,\xF1y vi\xAAn\n";
	static const char body[] = "op,full_name,kind,custodian\ncreate,Ph\xDFng \xF8ng d\xF4ng,unit,lan\n";

	(void)state;
	accepts_as(person, sizeof(person) - 1, "tcvn3",
		   "1/2 create -1 full_name=Đặng Thị Ánh Nguyệt title=ủy viên\n");
	/* of a body not word need begin with a capital */
	accepts_as(body, sizeof(body) - 1, "tcvn3",
		   "1/2 create -1 full_name=Phòng ứng dụng kind=unit custodian=lan\n");
}

/* Large, and the first letter beyond ASCII far behind. */
static void
test_far(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct got g;

	(void)state;
	buf_str(&b, "op,address,reason\n");
	for (int i = 0; i < 4000; i++)
		buf_printf(&b, "close,an%d,\n", i);
	buf_str(&b, "close,lan,NguyÔn V¨n\n");
	read_with(&g, LETTER_CSV, b.data, b.len, NULL, 5000, 1000);
	assert_int_equal(g.error_count, 0);
	assert_non_null(strstr(g.rows.data, "address=lan reason=Nguyễn Văn\n"));
	got_release(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_separators),
		cmocka_unit_test(test_unicode),
		cmocka_unit_test(test_typed),
		cmocka_unit_test(test_capitals),
		cmocka_unit_test(test_named),
		cmocka_unit_test(test_left_alone),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_not_clear),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_typed_words),
		cmocka_unit_test(test_raised),
		cmocka_unit_test(test_far),
	};

	return cmocka_run_group_tests_name("letter_encodings", tests, NULL, NULL);
}
