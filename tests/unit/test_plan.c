/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/policy/authz.h"
#include "daemon/policy/plan.h"

/* What an operation may do to a mailbox, when, and how that is written down. */

static const char *empty[LETTER_COLUMN_COUNT];

static void
clear(const char *cell[LETTER_COLUMN_COUNT])
{
	for (int i = 0; i < LETTER_COLUMN_COUNT; i++)
		cell[i] = "";
}

static struct mailbox
mailbox(enum status status)
{
	return (struct mailbox){
		.login = "nguyetdta", .address = "nguyetdta@tinh.gov.vn",
		.person = "6a2035f2-d840-4749-afde-670576e95dd9",
		.full_name = "Đặng Thị Ánh Nguyệt", .agency = "skhcn", .kind = "person",
		.status = status, .login_allowed = status == STATUS_ACTIVE,
		.delivery_allowed = status != STATUS_CLOSED, .title = "Chuyên viên", .unit = "",
		.phone = "", .rank = "", .quota = 0,
		.opid = "01a20a8c-fdb9-7d42-ae05-17b2eb39a3d0", .entry_uuid = "", .request = 7,
	};
}

struct possible {
	enum op op;
	enum status from;
	int ok;
	enum status to;
	bool login, delivery;
};

static void
test_lifecycle(void **state)
{
	static const struct possible table[] = {
		{ OP_SUSPEND, STATUS_ACTIVE, 0, STATUS_SUSPENDED, false, true },
		{ OP_SUSPEND, STATUS_SUSPENDED, -1, 0, false, false },
		{ OP_SUSPEND, STATUS_CLOSED, -1, 0, false, false },
		{ OP_RESUME, STATUS_SUSPENDED, 0, STATUS_ACTIVE, true, true },
		{ OP_RESUME, STATUS_ACTIVE, -1, 0, false, false },
		{ OP_RESUME, STATUS_CLOSED, -1, 0, false, false }, /* I8: a close is final */
		{ OP_CLOSE, STATUS_ACTIVE, 0, STATUS_CLOSED, false, false },
		{ OP_CLOSE, STATUS_SUSPENDED, 0, STATUS_CLOSED, false, false },
		{ OP_CLOSE, STATUS_CLOSED, -1, 0, false, false },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct mailbox before = mailbox(table[i].from), after;
		struct err e = ERR_INIT;
		int rc = plan_after(table[i].op, &before, empty, -1, &after, a, &e);

		assert_int_equal(rc, table[i].ok);
		if (rc) {
			assert_int_equal(e.class, ERR_USAGE);
			assert_non_null(strstr(e.msg, before.address));
			continue;
		}
		assert_int_equal(after.status, table[i].to);
		assert_int_equal(after.login_allowed, table[i].login);
		assert_int_equal(after.delivery_allowed, table[i].delivery);
	}
	arena_free(a);
}

static void
test_update_changes_only_what_is_said(void **state)
{
	const char *cell[LETTER_COLUMN_COUNT];
	struct mailbox before = mailbox(STATUS_ACTIVE), after;
	struct arena *a = arena_new();
	struct err e = ERR_INIT;

	(void)state;
	clear(cell);
	assert_int_equal(plan_after(OP_UPDATE, &before, cell, -1, &after, a, &e), -1);
	assert_non_null(strstr(e.msg, "changes nothing"));
	cell[LETTER_phone] = "0274";
	cell[LETTER_title] = "-";
	assert_int_equal(plan_after(OP_UPDATE, &before, cell, 1 << 30, &after, a, &e), 0);
	assert_string_equal(after.phone, "0274");
	assert_string_equal(after.title, "");
	assert_int_equal(after.quota, 1 << 30);
	assert_string_equal(after.full_name, before.full_name);
	before = mailbox(STATUS_CLOSED);
	assert_int_equal(plan_after(OP_UPDATE, &before, cell, -1, &after, a, &e), -1);
	arena_free(a);
}

static void
test_line_is_the_difference(void **state)
{
	struct mailbox before = mailbox(STATUS_ACTIVE), after = before;
	struct arena *a = arena_new();
	struct buf line = BUF_INIT;
	struct err e = ERR_INIT;
	struct plan p;

	(void)state;
	assert_int_equal(plan_after(OP_SUSPEND, &before, empty, -1, &after, a, &e), 0);
	after.opid = "01a20a8c-fdb9-7d42-ae05-000000000002";
	plan_line(&line, OP_SUSPEND, 3, &before, &after);
	assert_int_equal(plan_read(&p, line.data, &e), 0);
	/* status, login switch, lock, operation: nothing else */
	assert_int_equal(json_object_size(p.after), 4);
	assert_int_equal(json_object_size(p.before), 4);
	assert_int_equal(json_array_size(json_object_get(p.before, "pwdAccountLockedTime")), 0);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(p.before, "hopthuOpId"), 0)),
			    before.opid);
	assert_null(json_object_get(p.after, "hopthuDelivery"));
	plan_apply(&p, &before, a);
	assert_int_equal(before.status, STATUS_SUSPENDED);
	assert_false(before.login_allowed);
	assert_string_equal(before.opid, after.opid);
	plan_release(&p);
	buf_release(&line);
	arena_free(a);
}

/* Canonical: what is read and written again with sorted keys is the same bytes. */
static void
test_line_of_a_new_mailbox(void **state)
{
	struct mailbox after = mailbox(STATUS_ACTIVE), made = { .login = "x" };
	struct arena *a = arena_new();
	struct buf line = BUF_INIT, again = BUF_INIT;
	struct err e = ERR_INIT;
	struct plan p;
	char *text;

	(void)state;
	after.full_name = "H'Hen \"Niê\"";
	plan_line(&line, OP_CREATE, 1, NULL, &after);
	assert_int_equal(plan_read(&p, line.data, &e), 0);
	text = json_dumps(p.json, JSON_COMPACT | JSON_SORT_KEYS);
	assert_string_equal(text, line.data);
	free(text);
	assert_int_equal(json_object_size(p.before), 0);
	assert_int_equal(json_array_size(json_object_get(p.after, "objectClass")), 2);
	assert_string_equal(json_string_value(json_array_get(json_object_get(p.after, "sn"), 0)),
			    "H'Hen");
	assert_null(json_object_get(p.after, "telephoneNumber"));
	plan_apply(&p, &made, a);
	assert_string_equal(made.full_name, after.full_name);
	assert_string_equal(made.agency, "skhcn");
	/* two lines for the same thing never have the same hash: the salt */
	plan_line(&again, OP_CREATE, 1, NULL, &after);
	assert_string_not_equal(line.data, again.data);
	plan_release(&p);
	buf_release(&line);
	buf_release(&again);
	arena_free(a);
}

static void
test_four_eyes(void **state)
{
	struct request r = { .id = 1, .submitter = "lan" };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(authz_four_eyes(&r, "lan", &e), -1);
	assert_int_equal(e.class, ERR_DENIED);
	assert_int_equal(authz_four_eyes(&r, "minh", &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lifecycle),
		cmocka_unit_test(test_update_changes_only_what_is_said),
		cmocka_unit_test(test_line_is_the_difference),
		cmocka_unit_test(test_line_of_a_new_mailbox),
		cmocka_unit_test(test_four_eyes),
	};

	clear(empty);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
