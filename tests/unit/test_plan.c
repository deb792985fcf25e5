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
		.phone = "", .rank = "", .quota = 0, .custodian = "", .aliases = "",
		.purge_due = status == STATUS_CLOSED ? "2026-06-30" : "",
		.opid = "01a20a8c-fdb9-7d42-ae05-17b2eb39a3d0", .entry_uuid = "", .request = 7,
	};
}

static const uint8_t key[PLAN_KEY] = "the key of this installation";

static int
ask(enum op op, const struct mailbox *before, const char *const *cell, int64_t quota,
    struct mailbox *after, struct arena *a, struct err *e)
{
	struct plan_ask order = { .op = op, .cell = cell, .quota = quota, .agency = "snv",
				  .custodian = "", .today = "2026-03-31", .purge_due = "2026-06-30" };

	return plan_after(&order, before, after, a, e);
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
		{ OP_RESTORE, STATUS_CLOSED, 0, STATUS_ACTIVE, true, true },
		{ OP_RESTORE, STATUS_ACTIVE, -1, 0, false, false },
		{ OP_RESTORE, STATUS_PURGED, -1, 0, false, false }, /* the data are gone */
		{ OP_PURGE, STATUS_ACTIVE, -1, 0, false, false },
		{ OP_PURGE, STATUS_CLOSED, -1, 0, false, false }, /* its time is not over */
		{ OP_TRANSFER, STATUS_ACTIVE, 0, STATUS_ACTIVE, true, true },
		{ OP_TRANSFER, STATUS_CLOSED, -1, 0, false, false },
		{ OP_RENAME, STATUS_SUSPENDED, 0, STATUS_SUSPENDED, false, true },
		{ OP_RENAME, STATUS_PURGED, -1, 0, false, false },
	};
	struct arena *a = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		struct mailbox before = mailbox(table[i].from), after;
		struct err e = ERR_INIT;
		int rc = ask(table[i].op, &before, empty, -1, &after, a, &e);

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
	assert_int_equal(ask(OP_UPDATE, &before, cell, -1, &after, a, &e), -1);
	assert_non_null(strstr(e.msg, "changes nothing"));
	cell[LETTER_phone] = "0274";
	cell[LETTER_title] = "-";
	assert_int_equal(ask(OP_UPDATE, &before, cell, 1 << 30, &after, a, &e), 0);
	assert_string_equal(after.phone, "0274");
	assert_string_equal(after.title, "");
	assert_int_equal(after.quota, 1 << 30);
	assert_string_equal(after.full_name, before.full_name);
	before = mailbox(STATUS_CLOSED);
	assert_int_equal(ask(OP_UPDATE, &before, cell, -1, &after, a, &e), -1);
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
	assert_int_equal(ask(OP_SUSPEND, &before, empty, -1, &after, a, &e), 0);
	after.opid = "01a20a8c-fdb9-7d42-ae05-000000000002";
	plan_line(&line, key, OP_SUSPEND, 3, NULL, &before, &after);
	assert_int_equal(plan_read(&p, line.data, &e), 0);
	/* status, login switch, lock: nothing else; before, the operation that it rests on */
	assert_int_equal(json_object_size(p.after), 3);
	assert_int_equal(json_object_size(p.before), 4);
	assert_int_equal(json_array_size(json_object_get(p.before, "pwdAccountLockedTime")), 0);
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(p.before, "hopthuOpId"), 0)),
			    before.opid);
	assert_null(json_object_get(p.after, "hopthuDelivery"));
	plan_apply(&p, &before, a);
	assert_int_equal(before.status, STATUS_SUSPENDED);
	assert_false(before.login_allowed);
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
	plan_line(&line, key, OP_CREATE, 1, NULL, NULL, &after);
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
	/* the same thing gives the same line, whoever the person's reference and operation are */
	after.person = "00000000-d840-4749-afde-670576e95dd9";
	after.opid = "00000000-fdb9-7d42-ae05-17b2eb39a3d0";
	plan_line(&again, key, OP_CREATE, 1, NULL, NULL, &after);
	assert_string_equal(line.data, again.data);
	/* from another day on it is another thing */
	buf_clear(&again);
	plan_line(&again, key, OP_CREATE, 1, "2026-12-01", NULL, &after);
	assert_non_null(strstr(again.data, "\"effective\":\"2026-12-01\""));
	/* and under another key another one: who has only its hash cannot try names */
	buf_clear(&again);
	plan_line(&again, (const uint8_t[PLAN_KEY]){ 1 }, OP_CREATE, 1, NULL, NULL, &after);
	assert_string_not_equal(line.data, again.data);
	plan_release(&p);
	buf_release(&line);
	buf_release(&again);
	arena_free(a);
}

/* A closed mailbox knows until when; then it can be purged, and nothing of its holder is left. */
static void
test_close_and_purge(void **state)
{
	struct mailbox before = mailbox(STATUS_ACTIVE), after;
	struct arena *a = arena_new();
	struct err e = ERR_INIT;

	(void)state;
	before.aliases = "old@tinh.gov.vn";
	assert_int_equal(ask(OP_CLOSE, &before, empty, -1, &after, a, &e), 0);
	assert_string_equal(after.purge_due, "2026-06-30");
	assert_string_equal(plan_attr_get(&after, PLAN_hopthuPurgeDue, a), "20260630000000Z");
	before = after;
	before.purge_due = "2026-03-31"; /* today */
	assert_int_equal(ask(OP_PURGE, &before, empty, -1, &after, a, &e), 0);
	assert_int_equal(after.status, STATUS_PURGED);
	assert_string_equal(after.full_name, "nguyetdta");
	assert_string_equal(after.title, "");
	assert_string_equal(after.aliases, "");
	before.purge_due = "2026-04-01";
	assert_int_equal(ask(OP_PURGE, &before, empty, -1, &after, a, &e), -1);
	assert_non_null(strstr(e.msg, "2026-04-01"));
	arena_free(a);
}

/* The address it had becomes an alias; an alias that becomes the address is none any more. */
static void
test_readdress(void **state)
{
	struct mailbox m = mailbox(STATUS_ACTIVE), back, before = mailbox(STATUS_ACTIVE);
	struct arena *a = arena_new();
	struct buf line = BUF_INIT;
	struct err e = ERR_INIT;
	struct plan p;

	(void)state;
	plan_readdress(&m, "anh.nguyet@tinh.gov.vn", a);
	plan_readdress(&m, "a.nguyet@tinh.gov.vn", a);
	assert_string_equal(m.address, "a.nguyet@tinh.gov.vn");
	assert_string_equal(m.aliases, "anh.nguyet@tinh.gov.vn\nnguyetdta@tinh.gov.vn");
	assert_string_equal(m.login, "nguyetdta");
	plan_line(&line, key, OP_RENAME, 1, NULL, &before, &m);
	assert_int_equal(plan_read(&p, line.data, &e), 0);
	assert_int_equal(json_array_size(json_object_get(p.after, "hopthuAlias")), 2);
	back = before;
	plan_apply(&p, &back, a);
	assert_string_equal(back.aliases, m.aliases);
	assert_string_equal(back.address, m.address);
	plan_release(&p);
	plan_readdress(&m, "nguyetdta@tinh.gov.vn", a);
	assert_string_equal(m.aliases, "a.nguyet@tinh.gov.vn\nanh.nguyet@tinh.gov.vn");
	buf_release(&line);
	arena_free(a);
}

static void
test_transfer_is_asked_by_the_receiver(void **state)
{
	struct mailbox before = mailbox(STATUS_ACTIVE), after;
	struct arena *a = arena_new();
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(ask(OP_TRANSFER, &before, empty, -1, &after, a, &e), 0);
	assert_string_equal(after.agency, "snv");
	before.agency = "snv";
	assert_int_equal(ask(OP_TRANSFER, &before, empty, -1, &after, a, &e), -1);
	assert_non_null(strstr(e.msg, "receives"));
	arena_free(a);
}

static void
test_two_approvers(void **state)
{
	struct request r = { .id = 1, .submitter = "lan", .needs = 2, .first_approver = "minh" };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(authz_second(&r, "minh", &e), -1);
	assert_int_equal(e.class, ERR_DENIED);
	assert_int_equal(authz_second(&r, "hung", &e), 0);
	r.needs = 1;
	assert_int_equal(authz_second(&r, "minh", &e), 0);
}

static void
test_four_eyes(void **state)
{
	struct request r = { .id = 1, .submitter = "lan", .namers = "" };
	struct err e = ERR_INIT;

	(void)state;
	assert_int_equal(authz_four_eyes(&r, "lan", &e), -1);
	assert_int_equal(e.class, ERR_DENIED);
	assert_int_equal(authz_four_eyes(&r, "minh", &e), 0);
	r.namers = ",hung,minh,";
	assert_int_equal(authz_four_eyes(&r, "minh", &e), -1);
	assert_non_null(strstr(e.msg, "proposed"));
	assert_int_equal(authz_four_eyes(&r, "min", &e), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lifecycle),
		cmocka_unit_test(test_update_changes_only_what_is_said),
		cmocka_unit_test(test_line_is_the_difference),
		cmocka_unit_test(test_line_of_a_new_mailbox),
		cmocka_unit_test(test_close_and_purge),
		cmocka_unit_test(test_readdress),
		cmocka_unit_test(test_transfer_is_asked_by_the_receiver),
		cmocka_unit_test(test_two_approvers),
		cmocka_unit_test(test_four_eyes),
	};

	clear(empty);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
