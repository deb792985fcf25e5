/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/note.h"

/* The example of C2SP signed-note, "Verifier keys". */
#define FOO_VKEY "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
#define FOO_TEXT "This is an example message.\n"
#define FOO_SIG "\xe2\x80\x94 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1E" \
	"RYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
#define FOO_NOTE FOO_TEXT "\n" FOO_SIG

/* The key and note of golang.org/x/mod/sumdb/note, which was the first implementation. */
#define PETER_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SKEY \
	"PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define PETER_TEXT "If you think cryptography is the answer to your problem,\n" \
	"then you don't know what your problem is.\n"
#define PETER_SIG "\xe2\x80\x94 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FF" \
	"YC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"

/* The checkpoint of tlog-checkpoint and tlog-cosignature, signed by another implementation (Python's
 * cryptography) with the secret key 00 01 02 ... 1f: the documents do not give their keys. */
#define SOFA_TEXT "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SOFA_SIG "\xe2\x80\x94 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeO" \
	"oRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
#define SOFA_COSIG "\xe2\x80\x94 witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI" \
	"5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
#define W1_SKEY "PRIVATE+KEY+witness.example.com/w1+1c55deb1+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define W1_SIG "\xe2\x80\x94 witness.example.com/w1 HFXesVbha/V7K+0nOUyOYWY2eeqkJO0R/8eVdJBP1U6klJ63rYHH" \
	"36AjiNbqMeYZ5wXtNMpYFqOQG4s/igFrnBBp3AU=\n"
#define W4_SKEY "PRIVATE+KEY+witness.example.com/w1+a0059f11+BAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
#define W4_VKEY "witness.example.com/w1+a0059f11+BAOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
#define W4_SIG "\xe2\x80\x94 witness.example.com/w1 oAWfEQAAAABkGFDLBuRDazBLVac2NE+Y+IjbjQOcXLfF9CSDZVUI" \
	"oS83rE1nFZsVE8YiWV6Ngr7lV8H6bdoBQGP/l73euDMQ9k+bBQ==\n"
#define W4_TIME 1679315147

static struct note_key
key(const char *text)
{
	struct note_key k;
	struct err e = ERR_INIT;

	if (note_key_read(&k, text, &e))
		fail_msg("%s: %s", text, e.msg);
	return k;
}

static enum note_verdict
verdict(const char *bytes, const char *vkey)
{
	struct note_key k = key(vkey);
	struct err e = ERR_INIT;
	struct note n;

	if (note_read(&n, bytes, strlen(bytes), &e))
		fail_msg("%s", e.msg);
	return note_verify(&n, &k, NULL, NULL);
}

static void
refused(const char *bytes, size_t len)
{
	struct err e = ERR_INIT;
	struct note n;

	if (!note_read(&n, bytes, len, &e))
		fail_msg("taken: %s", bytes);
	assert_int_equal(e.class, ERR_USAGE);
}

static void
test_base64(void **state)
{
	static const char *const bad[] = { "Zg", "Zg=", "Zg===", "Zh==", "Zm8", "Zm9=", "=", "====",
		"Zg==Zg==", "Zm9v\n", "\nZm9v", " Zm9v", "Zm9v ", "Zm-_", "Z===", "Zm9vY", "Zm9v=", "Zm\0v" };
	static const char *const good[] = { "", "Zg==", "Zm8=", "Zm9v", "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	uint8_t out[300], data[300];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(base64_read(bad[i], i == 17 ? 4 : strlen(bad[i]), out, sizeof(out)), -1);
	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) { /* RFC 4648 section 10 */
		AUTO(buf) b = BUF_INIT;

		assert_int_equal(base64_read(good[i], strlen(good[i]), out, sizeof(out)), i);
		assert_memory_equal(out, "foobar", i);
		base64_add(&b, "foobar", i);
		assert_string_equal(b.data, good[i]);
		if (i)
			assert_int_equal(base64_read(good[i], strlen(good[i]), out, i - 1), -1);
	}
	for (size_t n = 0; n < sizeof(data); n++) {
		AUTO(buf) b = BUF_INIT;

		for (size_t i = 0; i < n; i++)
			data[i] = (uint8_t)(i * 7 + n);
		base64_add(&b, data, n);
		assert_int_equal(b.len, (n + 2) / 3 * 4);
		assert_int_equal(base64_read(b.data, b.len, out, n), n);
		assert_memory_equal(out, data, n);
	}
}

static void
test_number(void **state)
{
	static const char *const bad[] = { "", "00", "01", "-1", "+1", " 1", "1 ", "1a", "0x1",
		"9223372036854775808", "18446744073709551616", "99999999999999999999" };
	uint64_t n = 7;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(note_number(bad[i], strlen(bad[i]), &n), -1);
	assert_int_equal(n, 7);
	assert_int_equal(note_number("0", 1, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(note_number("9223372036854775807", 19, &n), 0);
	assert_true(n == INT64_MAX);
}

static void
test_documents(void **state)
{
	(void)state;
	assert_int_equal(verdict(FOO_NOTE, FOO_VKEY), NOTE_GOOD);
	assert_int_equal(verdict(PETER_TEXT "\n" PETER_SIG, PETER_VKEY), NOTE_GOOD);
	assert_int_equal(verdict(FOO_NOTE, PETER_VKEY), NOTE_ABSENT);
	assert_int_equal(verdict(FOO_TEXT "\n" PETER_SIG FOO_SIG, FOO_VKEY), NOTE_GOOD);
	/* the same key's line over another text: bad for its key, unknown to the others */
	assert_int_equal(verdict(FOO_TEXT "\n" PETER_SIG FOO_SIG, PETER_VKEY), NOTE_BAD);
	assert_int_equal(verdict(FOO_TEXT "\n" FOO_SIG FOO_SIG, FOO_VKEY), NOTE_GOOD);
}

static void
test_keys(void **state)
{
	static const char *const texts[] = { FOO_VKEY, PETER_VKEY, PETER_SKEY, W1_SKEY, W4_SKEY, W4_VKEY };
	AUTO(str) changed = xstrdup(PETER_VKEY);
	struct note_key k;

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		AUTO(str) again = NULL;

		k = key(texts[i]);
		again = k.has_secret ? note_key_skey(&k) : note_key_vkey(&k);
		assert_string_equal(again, texts[i]);
		if (k.has_secret && i == 2) {
			AUTO(str) vkey = note_key_vkey(&k);

			assert_string_equal(vkey, PETER_VKEY);
		}
	}
	/* As that implementation's tests do: every part of the text, every letter changed. */
	for (size_t i = 0, n = strlen(changed); i <= n; i++)
		for (size_t j = i; j <= n; j++) {
			AUTO(str) part = xstrndup(changed + i, j - i);

			if (i || j < n)
				assert_int_equal(note_key_read(&k, part, NULL), -1);
		}
	for (char *p = changed; *p; p++) {
		(*p)++;
		assert_int_equal(note_key_read(&k, changed, NULL), -1);
		(*p)--;
	}
	assert_int_equal(note_key_read(&k, "PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
				       "TWBADKEY==", NULL), -1);
	assert_int_equal(note_key_read(&k, "PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10"
				       "TW", NULL), -1);
	assert_int_equal(note_key_read(&k, FOO_VKEY "\n", NULL), -1);
	assert_int_equal(note_key_read(&k, " " FOO_VKEY, NULL), -1);
}

static void
test_make(void **state)
{
	AUTO(buf) out = BUF_INIT;
	struct note_key k, back;
	struct err e = ERR_INIT;
	struct note n;
	uint64_t time = 0;
	int which = -1;

	(void)state;
	assert_true(note_name_ok("a", 1));
	assert_false(note_name_ok("", 0));
	assert_false(note_name_ok("a b", 3));
	assert_false(note_name_ok("a+b", 3));
	assert_false(note_name_ok("a\xc2\xa0z", 4)); /* no-break space */
	assert_false(note_name_ok("a\xe3\x80\x80z", 5)); /* ideographic space */
	assert_false(note_name_ok("a\xffz", 3));
	assert_true(note_name_ok("h\xe1\xbb\x99p.vn/1", 9));
	for (int i = 0; i < 20; i++) {
		AUTO(str) vkey = NULL;
		AUTO(str) skey = NULL;

		note_key_make(&k, "h\xe1\xbb\x99p.vn/1", i % 2 ? NOTE_ED25519 : NOTE_COSIGNATURE);
		vkey = note_key_vkey(&k);
		skey = note_key_skey(&k);
		back = key(skey);
		assert_memory_equal(&back, &k, sizeof(k));
		back = key(vkey);
		assert_false(back.has_secret);
		buf_clear(&out);
		buf_str(&out, SOFA_TEXT "\n" SOFA_SIG);
		note_sign(&k, SOFA_TEXT, strlen(SOFA_TEXT), 1700000000u + (unsigned)i, &out);
		assert_int_equal(note_read(&n, out.data, out.len, &e), 0);
		assert_int_equal(note_verify(&n, &back, &time, &which), NOTE_GOOD);
		assert_int_equal(which, 1);
		assert_true(time == (i % 2 ? 0 : 1700000000u + (unsigned)i));
		time = 0;
	}
	note_key_wipe(&k);
	assert_false(k.has_secret);
}

/* What the other implementation signed is what we sign, byte for byte. */
static void
test_sign(void **state)
{
	static const struct { const char *skey, *text, *sig; uint64_t time; } vectors[] = {
		{ PETER_SKEY, PETER_TEXT, PETER_SIG, 0 },
		{ W1_SKEY, SOFA_TEXT, W1_SIG, 0 },
		{ W4_SKEY, SOFA_TEXT, W4_SIG, W4_TIME },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		struct note_key k = key(vectors[i].skey);
		AUTO(buf) out = BUF_INIT;

		note_sign(&k, vectors[i].text, strlen(vectors[i].text), vectors[i].time, &out);
		assert_string_equal(out.data, vectors[i].sig);
	}
}

static void
test_cosignature(void **state)
{
	struct note_key k = key(W4_VKEY);
	struct err e = ERR_INIT;
	AUTO(str) answer = xstrdup(SOFA_COSIG W4_SIG);
	struct note n;
	uint64_t time = 0;
	int which = -1;

	(void)state;
	assert_int_equal(note_read_signatures(&n, answer, strlen(answer), SOFA_TEXT, strlen(SOFA_TEXT),
					      &e), 0);
	assert_int_equal(n.count, 2);
	assert_int_equal(n.signatures[0].len, 72); /* the document's: an unknown key of the same name */
	assert_int_equal(note_verify(&n, &k, &time, &which), NOTE_GOOD);
	assert_int_equal(time, W4_TIME);
	assert_int_equal(which, 1);
	/* every bit of time and signature counts */
	for (size_t bit = 0; bit < 72 * 8; bit++) {
		n.signatures[1].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_equal(note_verify(&n, &k, NULL, NULL), NOTE_BAD);
		n.signatures[1].bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	/* a log's kind of signature under a witness's key is bad, not absent */
	n.signatures[1].len = 64;
	assert_int_equal(note_verify(&n, &k, NULL, NULL), NOTE_BAD);
	n.signatures[1].len = 72;
	n.signatures[1].id[0] ^= 1;
	assert_int_equal(note_verify(&n, &k, NULL, NULL), NOTE_ABSENT);
}

static void
test_strict(void **state)
{
	static const char *const bad[] = {
		"", "\n", "\n\n", FOO_TEXT, FOO_TEXT "\n", FOO_TEXT FOO_SIG, FOO_SIG, "\n" FOO_SIG,
		FOO_NOTE "\n", FOO_NOTE "x", FOO_NOTE "x\n", "\t" FOO_NOTE, "\r\n" FOO_NOTE, "\x1b" FOO_NOTE,
		"\xff" FOO_NOTE, "\xc0\x80" FOO_NOTE,
		FOO_TEXT "\n- example.com/foo Uw2QOkn8\n",
		FOO_TEXT "\n\xe2\x80\x94" "example.com/foo Uw2QOkn8\n",
		FOO_TEXT "\n\xe2\x80\x94  Uw2QOkn8\n",
		FOO_TEXT "\n\xe2\x80\x94 a\n",
		FOO_TEXT "\n\xe2\x80\x94 a \n",
		FOO_TEXT "\n\xe2\x80\x94 a Uw2QOg==\n",       /* an id alone */
		FOO_TEXT "\n\xe2\x80\x94 a Uw2QOkn8 \n",
		FOO_TEXT "\n\xe2\x80\x94 a b Uw2QOkn8\n",
		FOO_TEXT "\n\xe2\x80\x94 a+b Uw2QOkn8\n",
		FOO_TEXT "\n\xe2\x80\x94 a\xc2\xa0" "b Uw2QOkn8\n",
		FOO_TEXT "\n\xe2\x80\x94 a Uw2QOkn8",
		FOO_TEXT "\n\xe2\x80\x94 a Uw2QOkn9=\n",
	};
	AUTO(buf) many = BUF_INIT;
	struct note n;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		refused(bad[i], strlen(bad[i]));
	refused(FOO_NOTE, strlen(FOO_NOTE) + 1); /* its NUL too */
	for (size_t len = 0; len < strlen(FOO_NOTE); len++)
		refused(FOO_NOTE, len);
	assert_int_equal(note_read(&n, "\n\n" FOO_SIG, strlen("\n\n" FOO_SIG), NULL), 0);
	assert_int_equal(n.text_len, 1);
	/* a text may have empty lines, and lines that look like signatures */
	assert_int_equal(note_read(&n, FOO_NOTE "\n" FOO_SIG, strlen(FOO_NOTE "\n" FOO_SIG), NULL), 0);
	assert_int_equal(n.text_len, strlen(FOO_NOTE));
	buf_str(&many, FOO_TEXT "\n");
	for (int i = 0; i < NOTE_SIGNATURES_MAX; i++)
		buf_str(&many, FOO_SIG);
	assert_int_equal(note_read(&n, many.data, many.len, NULL), 0);
	assert_int_equal(n.count, NOTE_SIGNATURES_MAX);
	buf_str(&many, FOO_SIG);
	refused(many.data, many.len);
}

/* A post-quantum signature of 5 kB is somebody else's, and no fault. */
static void
test_long_signature(void **state)
{
	struct note_key k = key(FOO_VKEY);
	uint8_t bytes[3000] = { 1, 2, 3, 4 };
	AUTO(buf) b = BUF_INIT;
	struct note n;

	(void)state;
	buf_str(&b, FOO_TEXT "\n\xe2\x80\x94 example.com/foo ");
	base64_add(&b, bytes, sizeof(bytes));
	buf_str(&b, "\n" FOO_SIG);
	assert_int_equal(note_read(&n, b.data, b.len, NULL), 0);
	assert_int_equal(n.count, 2);
	assert_int_equal(n.signatures[0].len, 0);
	assert_memory_equal(n.signatures[0].id, bytes, 4);
	assert_int_equal(note_verify(&n, &k, NULL, NULL), NOTE_GOOD);
	memcpy(n.signatures[0].id, k.id, 4);
	assert_int_equal(note_verify(&n, &k, NULL, NULL), NOTE_BAD);
}

#define ROOT "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
static void
test_checkpoint(void **state)
{
	static const char *const bad[] = { "", "\n", "o\n", "o\n1\n", "o\n1\n" ROOT, "\n1\n" ROOT "\n",
		"o\n01\n" ROOT "\n", "o\n-1\n" ROOT "\n", "o\n1 \n" ROOT "\n", "o\n\n" ROOT "\n",
		"o\n9223372036854775808\n" ROOT "\n", "o\n1\n" ROOT " \n", "o\n1\n" ROOT "=\n", "o\n1\nAAAA\n",
		"o\n1\n" ROOT "\n\n", "o\n1\n" ROOT "\nmore", "o\n1\n" ROOT "\nmore\n\nmore\n" };
	struct err e = ERR_INIT;
	AUTO(buf) out = BUF_INIT;
	struct checkpoint c;
	struct note n;

	(void)state;
	assert_int_equal(note_read(&n, SOFA_TEXT "\n" SOFA_SIG SOFA_COSIG,
				   strlen(SOFA_TEXT "\n" SOFA_SIG SOFA_COSIG), &e), 0);
	assert_int_equal(checkpoint_read(&c, &n, &e), 0);
	assert_string_equal(c.origin, "example.com/behind-the-sofa");
	assert_int_equal(c.size, 20852163);
	checkpoint_text(&c, &out);
	assert_string_equal(out.data, SOFA_TEXT);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (!checkpoint_read_text(&c, bad[i], strlen(bad[i]), &e))
			fail_msg("taken: %s", bad[i]);
		assert_string_equal(c.origin, "example.com/behind-the-sofa");
	}
	assert_int_equal(checkpoint_read_text(&c, SOFA_TEXT "more\nand more\n",
					      strlen(SOFA_TEXT "more\nand more\n"), &e), 0);
	assert_int_equal(checkpoint_read_text(&c, "o\n9223372036854775807\n" ROOT "\n",
					      strlen("o\n9223372036854775807\n" ROOT "\n"), &e), 0);
	assert_true(c.size == INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_base64),
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_make),
		cmocka_unit_test(test_sign),
		cmocka_unit_test(test_cosignature),
		cmocka_unit_test(test_strict),
		cmocka_unit_test(test_long_signature),
		cmocka_unit_test(test_checkpoint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
