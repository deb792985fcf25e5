/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#include "common/canon.h"
#include "common/json.h"
#include "common/merkle.h"
#include "common/moment.h"
#include "common/vocab.h"

static void
assert_hex(const uint8_t hash[DIGEST_LEN], const char *want)
{
	AUTO(buf) b = BUF_INIT;

	buf_hex(&b, hash, DIGEST_LEN);
	assert_string_equal(b.data, want);
}

static void
test_buf(void **state)
{
	struct buf b = BUF_INIT;
	char *stolen;

	(void)state;
	assert_string_equal(b.data, "");
	stolen = buf_steal(&b);
	assert_string_equal(stolen, "");
	free(stolen);
	buf_clear(&b);
	buf_add(&b, NULL, 0);
	buf_str(&b, "Nguyễn");
	buf_char(&b, ' ');
	buf_printf(&b, "%d%s", 7, "x");
	buf_hex(&b, "\x00\xFF\x1a", 3);
	buf_add(&b, "a\0b", 3);
	assert_int_equal(b.len, strlen("Nguyễn 7x00ff1a") + 3);
	assert_string_equal(b.data, "Nguyễn 7x00ff1aa");
	assert_int_equal(b.data[b.len], 0);
	buf_clear(&b);
	assert_int_equal(b.len, 0);
	assert_string_equal(b.data, "");
	for (int i = 0; i < 5000; i++)
		buf_printf(&b, "%04d", i);
	assert_int_equal(b.len, 20000);
	assert_memory_equal(b.data + 4 * 4321, "4321", 4);
	stolen = buf_steal(&b);
	assert_int_equal(strlen(stolen), 20000);
	free(stolen);
	assert_int_equal(b.size, 0);
	buf_release(&b);
}

static void
test_err(void **state)
{
	struct err e = ERR_INIT;
	char much[3000];

	(void)state;
	memset(much, 'x', sizeof(much) - 1);
	much[sizeof(much) - 1] = '\0';
	assert_int_equal(err_set(NULL, ERR_TEMP, "x"), -1);
	assert_int_equal(err_wrap(NULL, "x"), -1);
	assert_int_equal(err_set(&e, ERR_PERM, "%s is wrong", "it"), -1);
	assert_int_equal(err_wrap(&e, "line %d", 3), -1);
	assert_string_equal(e.msg, "line 3: it is wrong");
	assert_int_equal(e.class, ERR_PERM);
	err_set(&e, ERR_PERM, "%s", much);
	assert_int_equal(strlen(e.msg), ERR_MSG_MAX - 1);
	err_wrap(&e, "%s", much);
	assert_true(strlen(e.msg) < ERR_MSG_MAX);
}

static void
test_canon(void **state)
{
	static const char *const values[] = { "b", "a\"", NULL }, *const none[] = { NULL };
	AUTO(buf) b = BUF_INIT;
	struct canon c;

	(void)state;
	buf_str(&b, "before ");
	canon_begin(&c, &b);
	canon_bool(&c, "a", true);
	canon_int(&c, "b", -9007199254740991);
	canon_open(&c, "c");
	canon_hex(&c, "x", "\x01\xAB", 2);
	canon_str(&c, "y", NULL);
	canon_close(&c);
	canon_open(&c, "d");
	canon_close(&c);
	canon_str(&c, "e", "Nguyễn \"\\/\b\f\n\r\t\x01\x1F\x7F");
	canon_strings(&c, "f", values);
	canon_strings(&c, "g", none);
	canon_end(&c);
	assert_string_equal(
		b.data,
		"before {\"a\":true,\"b\":-9007199254740991,\"c\":{\"x\":\"01ab\"},\"d\":{},"
		"\"e\":\"Nguyễn \\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\","
		"\"f\":[\"b\",\"a\\\"\"],\"g\":[]}");
}

/* Roots of the first n of the eight leaves that Certificate Transparency's own tests use
 * (certificate-transparency, cpp/merkletree/merkle_tree_test.cc). */
static const struct {
	const char *leaf;
	size_t size;
	const char *root;
} ct[] = {
	{ "", 0, "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d" },
	{ "\x00", 1, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125" },
	{ "\x10", 1, "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77" },
	{ "\x20\x21", 2, "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7" },
	{ "\x30\x31", 2, "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4" },
	{ "\x40\x41\x42\x43", 4,
	  "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef" },
	{ "\x50\x51\x52\x53\x54\x55\x56\x57", 8,
	  "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c" },
	{ "\x60\x61\x62\x63\x64\x65\x66\x67\x68\x69\x6a\x6b\x6c\x6d\x6e\x6f", 16,
	  "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328" },
};

static void
test_merkle(void **state)
{
	uint8_t hash[DIGEST_LEN], packed[MERKLE_LEVELS * DIGEST_LEN];
	struct merkle m, again;

	(void)state;
	merkle_init(&m);
	merkle_root(&m, hash);
	assert_hex(hash, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	assert_int_equal(merkle_pack(&m, packed), 0);
	for (size_t i = 0; i < sizeof(ct) / sizeof(*ct); i++) {
		size_t n;

		merkle_leaf(ct[i].leaf, ct[i].size, hash);
		merkle_append(&m, hash);
		assert_int_equal(m.size, i + 1);
		/* what the store keeps is enough to go on */
		n = merkle_pack(&m, packed);
		memset(&again, 0xAA, sizeof(again));
		assert_int_equal(merkle_unpack(&again, m.size, packed, n), 0);
		assert_int_equal(merkle_unpack(&m, m.size, packed, n + DIGEST_LEN), -1);
		assert_int_equal(merkle_unpack(&m, m.size, packed, n - 1), -1);
		m = again;
		merkle_root(&m, hash);
		assert_hex(hash, ct[i].root);
	}
}

/* RFC 6962 section 2.1, written out recursively. */
static void
slow_root(const uint8_t leaves[][DIGEST_LEN], size_t n, uint8_t out[DIGEST_LEN])
{
	uint8_t left[DIGEST_LEN], right[DIGEST_LEN];
	size_t k = 1;

	if (n == 1) {
		memcpy(out, leaves[0], DIGEST_LEN);
		return;
	}
	while (k * 2 < n)
		k *= 2;
	slow_root(leaves, k, left);
	slow_root(leaves + k, n - k, right);
	digest_prefixed(0x01, left, DIGEST_LEN, right, DIGEST_LEN, out);
}

static void
test_merkle_many(void **state)
{
	static uint8_t leaves[300][DIGEST_LEN];
	uint8_t fast[DIGEST_LEN], slow[DIGEST_LEN];
	struct merkle m;

	(void)state;
	merkle_init(&m);
	for (size_t i = 0; i < 300; i++) {
		merkle_leaf(&i, sizeof(i), leaves[i]);
		merkle_append(&m, leaves[i]);
		merkle_root(&m, fast);
		slow_root((const uint8_t(*)[DIGEST_LEN])leaves, i + 1, slow);
		assert_memory_equal(fast, slow, DIGEST_LEN);
	}
}

static void
test_digest(void **state)
{
	uint8_t a[DIGEST_LEN], b[DIGEST_LEN], salt[DIGEST_LEN];
	struct digest *d = digest_new();
	const char *name = "Đặng Thị Ánh Nguyệt";

	(void)state;
	digest_sha256("abc", 3, a);
	assert_hex(a, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_add(d, "a", 1);
	digest_prefixed('a', "b", 1, "c", 1, b); /* does not disturb the one in pieces */
	assert_memory_equal(a, b, DIGEST_LEN);
	digest_add(d, "bc", 2);
	digest_final(d, b);
	assert_memory_equal(a, b, DIGEST_LEN);
	digest_free(NULL);
	digest_free(digest_new());

	/* hmac.new(bytes(range(32)), b"hopthu/pii/1\0full_name\0" + name, "sha256") in Python */
	for (int i = 0; i < DIGEST_LEN; i++)
		salt[i] = (uint8_t)i;
	digest_commit(salt, "full_name", name, strlen(name), a);
	assert_hex(a, "98db5fb1e18ca421a7bd5ec82d8b19f7c21d55083d6d3c822e9adc67d33ac687");
	digest_commit(salt, "full_nam", name, strlen(name), b);
	assert_memory_not_equal(a, b, DIGEST_LEN);

	digest_random(a, sizeof(a));
	digest_random(b, sizeof(b));
	assert_memory_not_equal(a, b, DIGEST_LEN);
}

/* The user "user" with password "pencil" of RFC 7677 section 3; keys computed in Python. */
static void
test_scram(void **state)
{
	static const uint8_t salt[16] = { 0x5b, 0x6d, 0x99, 0x68, 0x9d, 0x12, 0x35, 0x8e,
					  0xec, 0xa0, 0x4b, 0x14, 0x12, 0x36, 0xfa, 0x81 };
	AUTO(str) v = digest_scram_verifier("pencil", salt, 4096);

	(void)state;
	assert_string_equal(v, "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
			       "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:"
			       "wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");
}

static void
test_uuid(void **state)
{
	char a[37], b[37];

	(void)state;
	digest_uuid7(UINT64_C(0x0190A1B2C3D4), a);
	digest_uuid7(UINT64_C(0x0190A1B2C3D5), b);
	assert_int_equal(strlen(a), 36);
	assert_memory_equal(a, "0190a1b2-c3d4-7", 15);
	assert_non_null(strchr("89ab", a[19]));
	assert_true(strcmp(a, b) < 0); /* in order of time */
	assert_int_equal(strspn(a, "0123456789abcdef-"), 36);
	digest_uuid7(UINT64_C(0x0190A1B2C3D5), a);
	assert_string_not_equal(a, b);
}

static void
test_vocab(void **state)
{
	static const char *const words[] = { "create", "update", "suspend", "ab", NULL };
	const char *bad = NULL;
	AUTO(str) text = roles_text(ROLE_APPROVER | ROLE_REQUESTER);

	(void)state;
	assert_string_equal(nearest_word("creat", words), "create");
	assert_string_equal(nearest_word("craete", words), "create");
	assert_string_equal(nearest_word("supsned", words), "suspend");
	assert_string_equal(nearest_word("updat", words), "update");
	assert_null(nearest_word("delete", words));
	assert_null(nearest_word("", words));
	assert_null(nearest_word("xy", words));
	assert_null(nearest_word("a word that is much longer than any of them", words));

	assert_string_equal(text, "requester,approver");
	assert_int_equal(roles_from("approver,requester", &bad), ROLE_APPROVER | ROLE_REQUESTER);
	assert_int_equal(roles_from("", &bad), 0);
	assert_int_equal(roles_from("approver,king", &bad), -1);
	assert_string_equal(bad, "king");
	assert_int_equal(roles_from("king", NULL), -1);
	for (int i = 0; i < OP_COUNT; i++)
		assert_int_equal(op_from(op_word(i)), i);
	for (int i = 0; i < STATE_COUNT; i++)
		assert_int_equal(state_from(state_word(i)), i);
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_int_equal(status_from(status_word(i)), i);
	assert_string_equal(op_word(-1), "?");
	assert_string_equal(event_word(EVENT_COUNT), "?");
	assert_int_equal(op_from("nothing"), -1);
}

static void
json_refused(const char *text, size_t n, const char *words)
{
	struct err e = ERR_INIT;

	assert_null(json_from_bytes(text, n, &e));
	assert_int_equal(e.class, ERR_USAGE);
	if (!strstr(e.msg, words))
		fail_msg("no \"%s\" in: %s", words, e.msg);
}

#define REFUSED(text, words) json_refused(text, sizeof(text) - 1, words)

static void
test_json(void **state)
{
	struct err e = ERR_INIT;
	AUTO(buf) deep = BUF_INIT;
	AUTO(json) j = json_from_bytes("{\"a\":\"ễ\",\"n\":9007199254740991}", 32, &e);

	(void)state;
	assert_non_null(j);
	assert_string_equal(json_str(j, "a"), "ễ");
	assert_null(json_str(j, "n"));
	assert_null(json_str(j, "missing"));
	REFUSED("", "not valid JSON");
	REFUSED("{\"a\":1,\"a\":2}", "duplicate");
	REFUSED("{\"a\":9007199254740992}", "2^53-1");
	REFUSED("[-9007199254740993]", "2^53-1");
	REFUSED("[99999999999999999999999]", "not valid JSON");
	REFUSED("[1e400]", "not valid JSON");
	REFUSED("[NaN]", "not valid JSON");
	REFUSED("[\"\xFF\"]", "not valid JSON");
	REFUSED("[\"\\u0000\"]", "not valid JSON");
	REFUSED("{\"a\0b\":1}", "not valid JSON");
	REFUSED("[1] x", "not valid JSON");
	for (int i = 0; i < 100; i++)
		buf_char(&deep, '[');
	for (int i = 0; i < 100; i++)
		buf_char(&deep, ']');
	json_refused(deep.data, deep.len, "nested deeper than 64");
	json_refused(deep.data + 34, 132, "nested deeper than 64");
	json_decref(j);
	j = json_from_bytes(deep.data + 35, 130, &e); /* 64 levels below the outermost */
	assert_non_null(j);
	buf_clear(&deep);
	for (int i = 0; i < 10000; i++)
		buf_char(&deep, '[');
	json_refused(deep.data, deep.len, "JSON");
}

static void
test_mem(void **state)
{
	struct arena *a = arena_new();
	char *s = xasprintf("%s%d", "a", 1), *t;

	(void)state;
	t = STEAL(s);
	assert_null(s);
	assert_string_equal(t, "a1");
	secret_free(t);
	secret_free(NULL);
	assert_string_equal(arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(a, "ab", 3), "ab");
	assert_string_equal(arena_printf(a, "%s-%d", "x", 7), "x-7");
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(((char *)arena_alloc(a, 64))[i], 0);
	arena_free(a);
	arena_free(NULL);
}

static void
test_moment(void **state)
{
	static const struct {
		const char *text, *begins, *over; /* in Vietnam; NULL: it is none */
	} tries[] = {
		{ "2026-11-23", "2026-11-22T17:00:00.000000Z", "2026-11-23T17:00:00.000000Z" },
		{ "23/11/2026", "2026-11-22T17:00:00.000000Z", "2026-11-23T17:00:00.000000Z" },
		{ " 1.1.2026 ", "2025-12-31T17:00:00.000000Z", "2026-01-01T17:00:00.000000Z" },
		{ "31-12-2026", "2026-12-30T17:00:00.000000Z", "2026-12-31T17:00:00.000000Z" },
		{ "23/11/2026 16:55", "2026-11-23T09:55:00.000000Z", "2026-11-23T09:56:00.000000Z" },
		{ "2026-11-23 6:05:59", "2026-11-22T23:05:59.000000Z", "2026-11-22T23:06:00.000000Z" },
		{ "2026-11-23T16:55:01Z", "2026-11-23T16:55:01.000000Z", "2026-11-23T16:55:02.000000Z" },
		{ "2026-11-23T16:55:01.000042Z", "2026-11-23T16:55:01.000042Z",
		  "2026-11-23T16:55:01.000043Z" },
		{ "2026-11-23T16:55:01.999999Z", "2026-11-23T16:55:01.999999Z",
		  "2026-11-23T16:55:02.000000Z" },
		{ "2026-11-23T16:55+07:00", "2026-11-23T09:55:00.000000Z", "2026-11-23T09:56:00.000000Z" },
		{ "2026-11-23T16:55-01:30", "2026-11-23T18:25:00.000000Z", "2026-11-23T18:26:00.000000Z" },
		{ "29/2/2028", "2028-02-28T17:00:00.000000Z", "2028-02-29T17:00:00.000000Z" },
		{ "29/2/2026", NULL, NULL }, { "11/23/2026", NULL, NULL }, { "2026", NULL, NULL },
		{ "", NULL, NULL }, { "2026-11", NULL, NULL }, { "23/11/26", NULL, NULL },
		{ "23/11-2026", NULL, NULL }, { "2026-11-23 25:00", NULL, NULL },
		{ "2026-11-23 16:60", NULL, NULL }, { "2026-11-23Z", NULL, NULL },
		{ "2026-11-23 16:55 x", NULL, NULL }, { "2026-11-23T", NULL, NULL },
		{ "2026-11-23T16:55+7", NULL, NULL }, { "0001-01-01", NULL, NULL },
		{ "99999999999999999999-1-1", NULL, NULL }, { "2026-11-23T16:", NULL, NULL },
	};
	char out[MOMENT_TEXT];
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(setenv("TZ", "<+07>-7", 1), 0);
	tzset();
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries); i++)
		for (int end = 0; end < 2; end++) {
			const char *want = end ? tries[i].over : tries[i].begins;

			assert_int_equal(moment_read(tries[i].text, end, out, &e), want ? 0 : -1);
			if (want)
				assert_string_equal(out, want);
			else
				assert_true(e.class == ERR_USAGE && *e.msg);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_buf),	cmocka_unit_test(test_err),
		cmocka_unit_test(test_canon),	cmocka_unit_test(test_merkle),
		cmocka_unit_test(test_merkle_many), cmocka_unit_test(test_digest),
		cmocka_unit_test(test_scram),	cmocka_unit_test(test_uuid),
		cmocka_unit_test(test_vocab),	cmocka_unit_test(test_json),
		cmocka_unit_test(test_mem),	cmocka_unit_test(test_moment),
	};

	return cmocka_run_group_tests_name("common", tests, NULL, NULL);
}
