/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "common/buf.h"
#include "daemon/directory/dir_sync.h"

/* The values of RFC 4533 section 2 as a peer may send them, by hand and as slapd 2.5.13 does. */

#define UUID "\x12\xe7\x6a\xd4\x7c\xea\x10\x41\x83\x44\xdd\x73\xba\x89\xd7\x23"
#define TEXT "12e76ad4-7cea-1041-8344-dd73ba89d723"
#define BYTES(s) (s), sizeof(s) - 1

static void
test_state(void **state)
{
	/* base 64 of slapd's control: MEsKAQEEEBLn...; its cookie */
	static const char sent[] = "\x30\x4b\x0a\x01\x01\x04\x10" UUID "\x04\x34"
				   "rid=000,csn=20261125070334.253985Z#000000#000#000000";
	struct dir_sync_state s;
	char text[DIR_UUID_TEXT];

	(void)state;
	assert_int_equal(dir_sync_state(BYTES(sent), &s), 0);
	assert_int_equal(s.what, DIR_SYNC_ADD);
	assert_int_equal(s.cookie.len, 0x34);
	assert_memory_equal(s.cookie.data, "rid=000", 7);
	dir_uuid_text(s.uuid, text);
	assert_string_equal(text, TEXT);
	/* without a cookie, and the long form of a length */
	assert_int_equal(dir_sync_state(BYTES("\x30\x15\x0a\x01\x03\x04\x10" UUID), &s), 0);
	assert_int_equal(s.what, DIR_SYNC_DELETE);
	assert_null(s.cookie.data);
	assert_int_equal(dir_sync_state(BYTES("\x30\x81\x15\x0a\x01\x00\x04\x10" UUID), &s), 0);
	assert_int_equal(s.what, DIR_SYNC_PRESENT);
}

static void
test_bad_state(void **state)
{
	static const struct {
		const char *data;
		size_t n;
	} bad[] = {
		{ BYTES("") },
		{ BYTES("\x30") },
		{ BYTES("\x30\x80") },
		{ BYTES("\x30\x15\x0a\x01\x04\x04\x10" UUID) },		 /* no such state */
		{ BYTES("\x30\x15\x0a\x01\xff\x04\x10" UUID) },
		{ BYTES("\x30\x16\x0a\x02\x00\x01\x04\x10" UUID) },
		{ BYTES("\x30\x14\x0a\x01\x01\x04\x0f" UUID) },		 /* 15 bytes, one over */
		{ BYTES("\x30\x16\x0a\x01\x01\x04\x11" UUID "x") },	 /* 17 */
		{ BYTES("\x30\x16\x0a\x01\x01\x04\x10" UUID) },		 /* longer than it is */
		{ BYTES("\x30\x14\x0a\x01\x01\x04\x10" UUID) },		 /* shorter */
		{ BYTES("\x30\x15\x0a\x01\x01\x04\x10" UUID "\x04\x00") }, /* something behind it */
		{ BYTES("\x30\x17\x0a\x01\x01\x04\x10" UUID "\x04\x7f") }, /* a cookie beyond the end */
		{ BYTES("\x30\x17\x0a\x01\x01\x04\x10" UUID "\x02\x00") },
		{ BYTES("\x31\x15\x0a\x01\x01\x04\x10" UUID) },
		{ BYTES("\x30\x84\xff\xff\xff\xff\x0a\x01\x01") },
		{ BYTES("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff\x0a") },
	};
	struct dir_sync_state s;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (dir_sync_state(bad[i].data, bad[i].n, &s) == 0)
			fail_msg("state %zu was taken", i);
}

static unsigned told;
static char last[DIR_UUID_TEXT];

static void
on_uuid(void *arg, const uint8_t uuid[DIR_UUID])
{
	assert_ptr_equal(arg, &told);
	told++;
	dir_uuid_text(uuid, last);
}

static void
test_info(void **state)
{
	struct dir_sync_info i;

	(void)state;
	assert_int_equal(dir_sync_info(BYTES("\x80\x03" "abc"), &i, NULL, NULL), 0);
	assert_int_equal(i.kind, DIR_SYNC_NEW_COOKIE);
	assert_int_equal(i.cookie.len, 3);
	/* refreshDone is TRUE when it is not said */
	assert_int_equal(dir_sync_info(BYTES("\xa1\x00"), &i, NULL, NULL), 0);
	assert_int_equal(i.kind, DIR_SYNC_REFRESH_DELETE);
	assert_true(i.done);
	assert_int_equal(dir_sync_info(BYTES("\xa2\x08\x04\x03" "abc" "\x01\x01\x00"), &i, NULL, NULL), 0);
	assert_int_equal(i.kind, DIR_SYNC_REFRESH_PRESENT);
	assert_false(i.done);
	assert_memory_equal(i.cookie.data, "abc", 3);
	told = 0;
	assert_int_equal(dir_sync_info(BYTES("\xa3\x29\x01\x01\xff\x31\x24\x04\x10" UUID "\x04\x10"
					     "0123456789abcdef"), &i, on_uuid, &told), 0);
	assert_int_equal(i.kind, DIR_SYNC_ID_SET);
	assert_true(i.deletes);
	assert_int_equal(i.count, 2);
	assert_int_equal(told, 2);
	assert_string_equal(last, "30313233-3435-3637-3839-616263646566");
	assert_int_equal(dir_sync_info(BYTES("\xa3\x02\x31\x00"), &i, on_uuid, &told), 0);
	assert_false(i.deletes);
	assert_int_equal(i.count, 0);
}

static void
test_bad_info(void **state)
{
	static const struct {
		const char *data;
		size_t n;
	} bad[] = {
		{ BYTES("") },
		{ BYTES("\x80") },
		{ BYTES("\x80\x03" "ab") },
		{ BYTES("\x80\x01" "ab") },
		{ BYTES("\xa0\x00") },
		{ BYTES("\xa4\x00") },
		{ BYTES("\xa1\x03\x01\x02\xff") },
		{ BYTES("\xa1\x04\x01\x02\xff\xff") }, /* a boolean of two bytes */
		{ BYTES("\xa1\x03\x01\x01\xff\x00") },
		{ BYTES("\xa1\x06\x01\x01\xff\x04\x01" "c") }, /* the wrong order */
		{ BYTES("\xa3\x00") },			       /* the set must be there */
		{ BYTES("\xa3\x13\x31\x11\x04\x0f" "0123456789abcde") },
		{ BYTES("\xa3\x14\x31\x12\x04\x10" "0123456789abcdef" "\x00") },
		{ BYTES("\xa3\x15\x31\x13\x04\x81\x10" "0123456789abcdef") },
		{ BYTES("\xa3\x14\x31\x12\x04\x11" "0123456789abcdefg") },
		{ BYTES("\xa3\x26\x31\x24\x04\x10" "0123456789abcdef" "\x04\x10" "0123456789abcde") },
		{ BYTES("\xa3\x26\x31\x24\x04\x10" "0123456789abcdef" "\x05\x10" "0123456789abcdef") },
		{ BYTES("\xa3\x84\x7f\xff\xff\xff\x31\x00") },
	};
	struct dir_sync_info i;

	(void)state;
	told = 0;
	for (size_t k = 0; k < sizeof(bad) / sizeof(*bad); k++)
		if (dir_sync_info(bad[k].data, bad[k].n, &i, on_uuid, &told) == 0)
			fail_msg("info %zu was taken", k);
	assert_int_equal(told, 0); /* nothing of a set that is not right */
}

static void
test_done(void **state)
{
	struct dir_sync_done d;

	(void)state;
	assert_int_equal(dir_sync_done(BYTES("\x30\x00"), &d), 0);
	assert_false(d.deletes);
	assert_null(d.cookie.data);
	assert_int_equal(dir_sync_done(BYTES("\x30\x06\x04\x01" "c" "\x01\x01\xff"), &d), 0);
	assert_true(d.deletes);
	assert_int_equal(d.cookie.len, 1);
	assert_int_equal(dir_sync_done(BYTES("\x30\x02\x05\x00"), &d), -1);
	assert_int_equal(dir_sync_done(BYTES("\x30\x00\x00"), &d), -1);
	assert_int_equal(dir_sync_done(BYTES(""), &d), -1);
}

static void
test_request(void **state)
{
	static char cookie[300];
	AUTO(buf) b = BUF_INIT;

	(void)state;
	dir_sync_request(&b, NULL, 0);
	assert_int_equal(b.len, 5);
	assert_memory_equal(b.data, "\x30\x03\x0a\x01\x03", 5);
	buf_clear(&b);
	dir_sync_request(&b, "csn=1", 5);
	assert_int_equal(b.len, 12);
	assert_memory_equal(b.data, "\x30\x0a\x0a\x01\x03\x04\x05" "csn=1", 12);
	buf_clear(&b);
	memset(cookie, 'c', sizeof(cookie));
	dir_sync_request(&b, cookie, sizeof(cookie));
	assert_memory_equal(b.data, "\x30\x82\x01\x33\x0a\x01\x03\x04\x82\x01\x2c" "c", 12);
	assert_int_equal(b.len, 4 + 3 + 4 + 300);
	buf_clear(&b);
	dir_sync_request(&b, cookie, 200);
	assert_memory_equal(b.data, "\x30\x81\xce\x0a\x01\x03\x04\x81\xc8" "c", 10);
}

static void
test_uuid(void **state)
{
	uint8_t uuid[DIR_UUID];

	(void)state;
	assert_int_equal(dir_uuid_from(TEXT, uuid), 0);
	assert_memory_equal(uuid, UUID, DIR_UUID);
	assert_int_equal(dir_uuid_from("12E76AD4-7CEA-1041-8344-DD73BA89D723", uuid), 0);
	assert_memory_equal(uuid, UUID, DIR_UUID);
	assert_int_equal(dir_uuid_from("", uuid), -1);
	assert_int_equal(dir_uuid_from("-" TEXT, uuid), -1);
	assert_int_equal(dir_uuid_from("12e76ad4-7cea-1041-8344-dd73ba89d72", uuid), -1);
	assert_int_equal(dir_uuid_from("12e76ad4-7cea-1041-8344-dd73ba89d72-", uuid), -1);
	assert_int_equal(dir_uuid_from("12e76ad4x7cea-1041-8344-dd73ba89d723", uuid), -1);
	assert_int_equal(dir_uuid_from("12e76ad4-7cea-1041-8344-dd73ba89d7g3", uuid), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_state), cmocka_unit_test(test_bad_state),
		cmocka_unit_test(test_info),  cmocka_unit_test(test_bad_info),
		cmocka_unit_test(test_done),  cmocka_unit_test(test_request),
		cmocka_unit_test(test_uuid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
