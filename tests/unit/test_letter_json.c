/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/letter_try.h"

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
		"\"quota\":\"5G\"},\n "
		"{\"op\":\"close\",\"address\":\"lan\",\"reason\":\"a\\\"}],\"} ],"
		"\"declared\": 2, \"date\":\"2026-03-02\",\"signer\":\" L\u00EA B "
		"\",\"reason\":\"x\"}\n";
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
	struct got g;
	struct letter_events ev = got_events;
	struct letter_head h = { .agency = xstrdup("stc"), .declared = 7 };
	struct letter_reader *r;

	(void)state;
	got_init(&g);
	ev.arg = &g;
	r = letter_reader_new(LETTER_JSON, data, strlen(data), NULL, 9, &h, &ev);
	assert_false(letter_reader_step(r, 10));
	assert_string_equal(h.agency, "stc");
	assert_string_equal(h.number, "1");
	assert_int_equal(h.declared, 7);
	letter_reader_free(r);
	r = letter_reader_new(LETTER_JSON, data, strlen(data), NULL, 9, NULL, &ev);
	assert_false(letter_reader_step(r, 10));
	letter_reader_free(r);
	letter_head_release(&h);
	got_release(&g);
}

#define ITEMS(x) "{\"items\":[" x "]}"
#define GOOD "{\"op\":\"create\",\"full_name\":\"An\"}"

static void
test_json_rows(void **state)
{
	(void)state;
	json(ITEMS("{}"), 1, "1/0 op [] the op is empty");
	json(ITEMS("{\"op\":\"create\"}"), 1, "1/0 full_name [] create needs");
	json(ITEMS("{\"op\":\"create\",\"full_name\":null}"), 1,
	     "1/0 full_name [null] null is no value");
	json(ITEMS("{\"op\":\"create\",\"full_name\":[\"An\"]}"), 1, "full_name");
	json(ITEMS("{\"op\":\"create\",\"full_nam\":\"An\"}"), 1,
	     "1/0  [full_nam] there is no such column; did you mean full_name?");
	json(ITEMS(GOOD "," GOOD), 1, "2/0 full_name [An] row 1 asks");
	json(ITEMS("1,\"x\",[],null," GOOD), 4, "4/0  [null] an item is an object");
	json(ITEMS("{\"op\":\"create\",\"full_name\":\"=1\"}"), 1, "formula");
	json(ITEMS(""), 1, "no rows");
	/* an answer of ours that came back */
	json(ITEMS("{\"op\":\"create\",\"full_name\":\"An\",\"result_state\":\"done\","
		   "\"result_address\":null}"), 0, NULL);
	/* machine names only */
	json(ITEMS("{\"op\":\"create\",\"họ tên\":\"An\"}"), 1, "[họ tên] there is no such");
	/* an ID number is not shown, whatever it is given as */
	json(ITEMS("{\"op\":\"create\",\"full_name\":\"An\",\"id_tail\":79090001234}"), 1,
	     "1/0 id_tail [] this cannot be a number");
	json(ITEMS("{\"op\":\"create\",\"full_name\":\"An\",\"id_tail\":\"079090001234\"}"), 1,
	     "1/0 id_tail [] the whole number is not wanted here");
}

#define WITH(x) ITEMS("{\"op\":\"create\",\"full_name\":\"An\"," x "}")

/* Numbers stand where people take something for a number, and a quota is in bytes then. */
static void
test_json_numbers(void **state)
{
	const char *data = WITH("\"birth_year\":1985,\"phone\":2743822825,\"ref\":9007199254740991,"
				"\"basis_no\":0,\"quota\":10737418240");
	struct got g;

	(void)state;
	read_with(&g, LETTER_JSON, data, strlen(data), NULL, 10, 1);
	assert_non_null(strstr(g.notes.data, "1/0 phone [2743822825] the leading 0"));
	expect(&g, "1/0 create 10737418240 full_name=An birth_year=1985 phone=02743822825 "
		   "quota=10737418240 basis_no=0 ref=9007199254740991\n", NULL);
	json(WITH("\"quota\":1048576"), 0, NULL);
	json(WITH("\"quota\":1099511627776"), 0, NULL);
	json(WITH("\"quota\":5"), 1, "quota [5] a quota is between 1M and 1T; a number without");
	json(WITH("\"quota\":1099511627777"), 1, "between 1M and 1T");
	json(WITH("\"quota\":9007199254740991"), 1, "between 1M and 1T");
	json(WITH("\"quota\":\"10737418240\""), 1, "10737418240 bytes are 10G");
	json(WITH("\"birth_year\":85"), 1, "birth_year [85] write the year");
	json(WITH("\"phone\":12"), 1, "phone [12] a phone number has 3 to 15 digits");
	json(WITH("\"ref\":-1"), 1, "ref [-1] as a number, ref is a whole one from 0 to");
	json(WITH("\"ref\":9007199254740992"), 1, "ref [9007199254740992] as a number");
	json(WITH("\"ref\":1.5"), 1, "ref [1.5] as a number");
	json(WITH("\"quota\":1e9"), 1, "quota [1000000000.0] as a number");
	json(WITH("\"title\":7"), 1, "title [7] this cannot be a number");
	json(WITH("\"effective\":20261130"), 1, "effective [20261130] this cannot be a number");
	json(WITH("\"ref\":true"), 1, "ref [true] true and false are no values");
	json(WITH("\"quota\":null"), 1, "quota [null] null is no value");
	json(WITH("\"phone\":[1]"), 1, "phone [] a list or an object is no value");
	json(WITH("\"unit\":{}"), 1, "unit [] a list or an object is no value");
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
	struct letter_head h = { .declared = -1 };
	struct err e = ERR_INIT;

	h.agency = agency ? xstrdup(agency) : NULL;
	h.number = number ? xstrdup(number) : NULL;
	h.date = date ? xstrdup(date) : NULL;
	h.signer = signer ? xstrdup(signer) : NULL;
	h.reason = reason ? xstrdup(reason) : NULL;

	assert_int_equal(letter_head_check(&h, &e), words ? -1 : 0);
	if (words && !strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
	assert_int_equal(e.class, words ? ERR_USAGE : ERR_NONE);
	letter_head_release(&h);
}

static void
test_head(void **state)
{
	char much[600];

	(void)state;
	memset(much, 'x', sizeof(much));
	much[513] = '\0';
	head_is("snv", "12/CV-SNV", "2026-03-02", "Lê Văn B", "thành lập", NULL);
	head_is("snv", "1", "02/03/2026", "B", "x", NULL);
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

/* A head with one more field; words: of the error, or NULL; out: what became of the field. */
static void
field_is(size_t at, const char *value, const char *out, const char *words)
{
	struct letter_head h = { .agency = xstrdup(" SNV "), .number = xstrdup("1"),
				 .date = xstrdup("2/3/2026"), .signer = xstrdup("Le\u0302  B"),
				 .reason = xstrdup("x"), .declared = -1 };
	struct err e = ERR_INIT;
	char **field = (char **)(void *)((char *)&h + at);

	*field = xstrdup(value);
	assert_int_equal(letter_head_check(&h, &e), words ? -1 : 0);
	if (words && !strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
	if (!words) {
		assert_int_equal(letter_head_check(&h, &e), 0); /* and once more: no change */
		assert_string_equal(h.agency, "SNV");
		assert_string_equal(h.date, "2026-03-02");
		assert_string_equal(h.signer, "Lê B");
		if (out)
			assert_string_equal(*field, out);
		else
			assert_null(*field);
	}
	letter_head_release(&h);
}
#define FIELD(f, value, out, words) field_is(offsetof(struct letter_head, f), value, out, words)

static void
test_head_fields(void **state)
{
	static const char hex[] =
		"0123456789ABCDEF0123456789abcdef0123456789abcdef0123456789abcdef";
	char much[200];

	(void)state;
	memset(much, 'x', sizeof(much));
	much[129] = '\0';
	FIELD(signer_title, "Giám  đốc", "Giám đốc", NULL);
	FIELD(signer_title, "  ", NULL, NULL);
	FIELD(signer_title, much, NULL, "signer_title is longer than 128");
	FIELD(requester, "a\nb", NULL, "requester has a line break");
	FIELD(requester, much, NULL, "requester is longer than 128");
	FIELD(requester_phone, "+84 912 345 678", "0912345678", NULL);
	FIELD(requester_phone, "912345678", "0912345678", NULL);
	FIELD(requester_phone, "+1 202 555 0100", "+12025550100", NULL);
	FIELD(requester_phone, "gọi", NULL, "the letter's requester_phone: \"g\"");
	FIELD(channel, "", "document", NULL);
	FIELD(channel, "Công văn", "document", NULL);
	FIELD(channel, "hệ thống quản lý văn bản", "dms", NULL);
	FIELD(channel, "Thư", "mail", NULL);
	FIELD(channel, "web", "web", NULL);
	FIELD(channel, "pigeon", NULL,
	      "channel \"pigeon\" is none; write document, dms, mail, phone or web");
	FIELD(channel, "điện thoại", NULL,
	      "by telephone only a verified contact may ask: name the contact");
	FIELD(contact, "Lê B, 0274 3822825", "Lê B, 0274 3822825", NULL);
	FIELD(attachment, hex, "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
	      NULL);
	FIELD(attachment, hex + 1, NULL, "attachment is the SHA-256");
	FIELD(attachment, "công văn.pdf", NULL, "attachment is the SHA-256");
	FIELD(domain, "BinhDuong.gov.vn", "binhduong.gov.vn", NULL);
	FIELD(domain, "binhduong", NULL, "domain is no domain");
	FIELD(domain, "a..vn", NULL, "domain is no domain");
	FIELD(domain, "-a.vn", NULL, "domain is no domain");
	FIELD(domain, "a.vn.", NULL, "domain is no domain");
	FIELD(domain, "a b.vn", NULL, "domain is no domain");
}

static void
test_head_members(void **state)
{
	const char *data = "{\"agency\":\"snv\",\"letter\":\"1\",\"date\":\"2/3/2026\","
			   "\"signer\":\"B\",\"reason\":\"x\",\"signer_title\":\"Giám đốc\","
			   "\"requester\":\"Lan\",\"requester_phone\":\"0912 345 678\","
			   "\"channel\":\"phone\",\"contact\":\"Mai\",\"domain\":\"x.vn\","
			   "\"attachment\":\"\",\"items\":[" GOOD "]}";
	struct err e = ERR_INIT;
	struct got g;

	(void)state;
	read_with(&g, LETTER_JSON, data, strlen(data), NULL, 10, 1);
	assert_int_equal(letter_head_check(&g.head, &e), 0);
	assert_string_equal(g.head.signer_title, "Giám đốc");
	assert_string_equal(g.head.requester, "Lan");
	assert_string_equal(g.head.requester_phone, "0912345678");
	assert_string_equal(g.head.channel, "phone");
	assert_string_equal(g.head.contact, "Mai");
	assert_string_equal(g.head.domain, "x.vn");
	assert_null(g.head.attachment);
	expect(&g, NULL, NULL);
	json("{\"chanel\":\"phone\"}", 1, "did you mean channel?");
	json("{\"contact\":1}", 1, "contact must be text");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_json_head),
		cmocka_unit_test(test_json_rows),
		cmocka_unit_test(test_json_numbers),
		cmocka_unit_test(test_json_broken),
		cmocka_unit_test(test_head),
		cmocka_unit_test(test_head_fields),
		cmocka_unit_test(test_head_members),
	};

	return cmocka_run_group_tests_name("letter_json", tests, NULL, NULL);
}
