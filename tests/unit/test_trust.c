/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "common/trust.h"

/* The example of tlog-policy with keys made here: X1..X3 (bits 0..2) and Y1..Y3 (bits 3..5). */
static char *log_key, *w[40];

static int
setup(void **state)
{
	struct note_key k;

	(void)state;
	note_key_make(&k, "example.com/log", NOTE_ED25519);
	log_key = note_key_vkey(&k);
	for (int i = 0; i < 40; i++) {
		note_key_make(&k, "witness.example", NOTE_COSIGNATURE);
		w[i] = note_key_vkey(&k);
	}
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	free(log_key);
	for (int i = 0; i < 40; i++)
		free(w[i]);
	return 0;
}

static void
example(struct buf *b)
{
	buf_printf(b, "log %s https://log.example\n\n", log_key);
	for (int i = 0; i < 3; i++)
		buf_printf(b, "witness X%d %s\n", i + 1, w[i]);
	buf_str(b, " \t# hai trong ba\n\tgroup X-witnesses  2\tX1 X2 X3 \t\n");
	for (int i = 3; i < 6; i++)
		buf_printf(b, "witness Y%d %s unix:/run/%d.sock\n", i - 2, w[i], i);
	buf_str(b, "group Y-witnesses any Y1 Y2 Y3\ngroup X-and-Y all X-witnesses Y-witnesses\n"
		   "quorum X-and-Y\n");
}

static void
test_example(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct err e = ERR_INIT;
	struct trust t;

	(void)state;
	example(&b);
	if (trust_read(&t, b.data, b.len, "policy", &e))
		fail_msg("%s", e.msg);
	assert_int_equal(t.log_count, 1);
	assert_string_equal(t.logs[0].name, "example.com/log");
	assert_int_equal(t.witness_count, 6);
	assert_string_equal(t.witnesses[4].name, "Y2");
	assert_string_equal(t.witnesses[4].url, "unix:/run/4.sock");
	assert_null(t.witnesses[0].url);
	for (uint32_t set = 0; set < 256; set++)
		assert_int_equal(trust_quorum(&t, set),
				 __builtin_popcount(set & 7) >= 2 && (set & 0x38));
	trust_release(&t);
	assert_int_equal(t.witness_count, 0);
}

static void
test_simple(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct trust t;

	(void)state;
	assert_int_equal(trust_read(&t, "quorum none\n", 12, "policy", NULL), 0);
	assert_true(trust_quorum(&t, 0));
	trust_release(&t);
	buf_printf(&b, "witness a %s\nwitness b %s\nquorum b\n", w[0], w[1]);
	assert_int_equal(trust_read(&t, b.data, b.len, "policy", NULL), 0);
	assert_false(trust_quorum(&t, 1));
	assert_true(trust_quorum(&t, 2));
	assert_false(trust_quorum(&t, 0xfffffffc)); /* bits of nobody */
	trust_release(&t);
}

static void
test_limits(void **state)
{
	AUTO(buf) b = BUF_INIT;
	struct err e = ERR_INIT;
	struct trust t;

	(void)state;
	for (int i = 0; i < TRUST_MAX; i++)
		buf_printf(&b, "witness w%d %s\n", i, w[i]);
	for (int i = 0; i < TRUST_MAX; i++)
		buf_printf(&b, "group g%d all %s%d\n", i, i ? "g" : "w", i ? i - 1 : 31);
	buf_printf(&b, "quorum g%d\n", TRUST_MAX - 1);
	assert_int_equal(trust_read(&t, b.data, b.len, "policy", &e), 0);
	assert_true(trust_quorum(&t, 0x80000000));
	assert_false(trust_quorum(&t, 0x7fffffff));
	trust_release(&t);
	buf_printf(&b, "witness w32 %s\n", w[32]);
	assert_int_equal(trust_read(&t, b.data, b.len, "policy", &e), -1);
	assert_string_equal(e.msg, "policy:66: there are more than 32 witnesses");
}

/* Lines after the example's witnesses (line 12 on), and what is said. */
static void
refused(const char *lines, const char *want)
{
	AUTO(buf) b = BUF_INIT;
	struct err e = ERR_INIT;
	struct trust t;

	buf_printf(&b, "log %s\nwitness a %s\nwitness b %s\n%s", log_key, w[0], w[1], lines);
	if (!trust_read(&t, b.data, b.len, "policy", &e))
		fail_msg("taken: %s", lines);
	assert_int_equal(e.class, ERR_USAGE);
	assert_int_equal(t.log_count + t.witness_count + t.group_count, 0);
	if (!strstr(e.msg, want))
		fail_msg("%s, not %s", e.msg, want);
}

static void
test_refused(void **state)
{
	AUTO(str) twice = xasprintf("witness c %s\nquorum none\n", w[0]);
	AUTO(str) log_twice = xasprintf("log %s\nquorum none\n", log_key);
	AUTO(str) log_as_witness = xasprintf("witness c %s\nquorum none\n", log_key);
	AUTO(str) witness_as_log = xasprintf("log %s\nquorum none\n", w[2]);
	AUTO(str) taken = xasprintf("witness a %s\nquorum none\n", w[2]);
	AUTO(str) none = xasprintf("witness none %s\nquorum none\n", w[2]);
	AUTO(str) words = xasprintf("witness c %s url more\nquorum none\n", w[2]);
	AUTO(str) secret = NULL;
	AUTO(str) skey = NULL;
	struct note_key k;
	struct err e = ERR_INIT;
	struct trust t;

	(void)state;
	refused("", "policy:4: there is no line quorum");
	refused("quorum none\nquorum none\n", "policy:5: there is a quorum already");
	refused("quorum c\n", "policy:4: there is no witness or group c before this line");
	refused("quorum a b\n", "policy:4:");
	refused("quorum a", "policy:4: the last line has no line end");
	refused("quorum none\n ", "policy:5: the last line has no line end");
	refused("group g 1 c\nquorum g\n", "there is no witness or group c");
	refused("group g 3 a b\nquorum g\n", "1 to 2 of its members");
	refused("group g 0 a b\nquorum g\n", "1 to 2 of its members");
	refused("group g 01 a b\nquorum g\n", "1 to 2 of its members");
	refused("group g some a b\nquorum g\n", "1 to 2 of its members");
	refused("group g all\nquorum g\n", "a group is written");
	refused("group g all g\nquorum g\n", "there is no witness or group g");
	refused("group g any a a\nquorum g\n", "the member a is in a group already");
	refused("group g any a\ngroup h any a b\nquorum h\n", "policy:5: the member a is in a group already");
	refused("group a any b\nquorum a\n", "the name a is given twice");
	refused("group none any b\nquorum none\n", "the name none");
	refused("group g all none\nquorum none\n", "there is no witness or group none");
	refused("Quorum none\n", "policy:4: a line begins with");
	refused("quorum\vnone\n", "policy:4: byte 0x0B may not be here");
	refused("quorum none\r\n", "policy:4: byte 0x0D may not be here");
	refused("quorum none\x7f\n", "policy:4: byte 0x7F may not be here");
	refused("# \x01\nquorum none\n", "policy:4: byte 0x01 may not be here");
	refused(twice, "policy:4: the key of the witness c stands here twice");
	refused(log_twice, "policy:4: the key of the log example.com/log stands here twice");
	refused(log_as_witness, "is of kind 01, and that of a witness is 04");
	refused(witness_as_log, "is of kind 04, and that of a log is 01");
	refused(taken, "the name a is given twice");
	refused(none, "the name none");
	refused(words, "a witness is written");
	refused("log\nquorum none\n", "a log is written");
	refused("log x+y+z\nquorum none\n", "8 hex digits");
	note_key_make(&k, "secret", NOTE_ED25519);
	skey = note_key_skey(&k);
	secret = xasprintf("log %s\nquorum none\n", skey);
	refused(secret, "this is a secret key");
	assert_int_equal(trust_read(&t, "quorum none\0\n", 13, "policy", &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_example),
		cmocka_unit_test(test_simple),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
