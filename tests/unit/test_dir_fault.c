/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "daemon/base/clock.h"
#include "tests/unit/dir_slapd.h"

/* A slapd that hangs, dies, is not there, or is set up wrongly. */

#define MANY 200

/*
 * 4 KB each, more than a socket holds: what got into it is lost, the rest was never sent, and not
 * one call waits.
 */
static void
stopped(void **state)
{
	struct client c;
	char value[4001];
	uint64_t began, worst = 0;

	(void)state;
	memset(value, 'a', 4000);
	value[4000] = '\0';
	client_start(&c, slapd_uri);
	c.conf.window = MANY;
	client_wait_ready(&c);
	person_add(&c, "stopped", NULL);
	client_wait_done(&c, 1);
	loop_longest_turn_us(c.loop);
	slapd_signal(SIGSTOP);
	began = clock_mono_us();
	for (int i = 0; i < MANY; i++) {
		uint64_t t = clock_mono_us();

		person_title(&c, "stopped", value, NULL, NULL);
		if (clock_mono_us() - t > worst)
			worst = clock_mono_us() - t;
	}
	assert_true(worst < 100000);
	assert_int_equal(dir_room(c.dir), 0);
	client_wait_done(&c, 1 + MANY);
	assert_in_range(clock_mono_us() - began, 900000, 2000000);
	assert_true(c.classes[DIR_LOST] >= 10); /* a socket takes about 50 */
	assert_true(c.classes[DIR_NOT_SENT] >= 10);
	assert_int_equal(c.classes[DIR_LOST] + c.classes[DIR_NOT_SENT], MANY);
	client_wait_reason(&c, "did not answer the bind within 1000 ms");
	assert_int_equal(c.down, 1);
	assert_contains(c.reason, "did not answer an operation within 1000 ms");
	client_never_waited(&c);
	slapd_signal(SIGCONT);
	client_wait_ready(&c);
	assert_int_equal(c.ready, 2);
	person_read(&c, "stopped");
	client_wait_done(&c, 2 + MANY);
	assert_int_equal(c.class, DIR_OK);
	client_end(&c);
}

/* A short hang is no fault: all is answered. */
static void
stopped_briefly(void **state)
{
	struct client c;
	char value[4001];

	(void)state;
	memset(value, 'b', 4000);
	value[4000] = '\0';
	client_start(&c, slapd_uri);
	c.conf.window = MANY;
	c.conf.operation_timeout_ms = 8000;
	client_wait_ready(&c);
	person_add(&c, "briefly", NULL);
	client_wait_done(&c, 1);
	slapd_signal(SIGSTOP);
	for (int i = 0; i < MANY; i++)
		person_title(&c, "briefly", value, NULL, NULL);
	client_idle(&c, 300);
	assert_int_equal(c.done, 1);
	slapd_signal(SIGCONT);
	client_wait_done(&c, 1 + MANY);
	assert_int_equal(c.classes[DIR_OK], 1 + MANY);
	assert_int_equal(c.down, 0);
	client_end(&c);
}

static void
killed(void **state)
{
	struct client c;

	(void)state;
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	person_add(&c, "killed", NULL);
	client_wait_done(&c, 1);
	slapd_signal(SIGSTOP);
	for (int i = 0; i < 5; i++)
		person_title(&c, "killed", "x", NULL, NULL);
	client_idle(&c, 20);
	slapd_signal(SIGKILL);
	person_title(&c, "killed", "y", NULL, NULL); /* nobody has looked at the socket yet */
	client_wait_done(&c, 7);
	assert_int_equal(c.classes[DIR_LOST] + c.classes[DIR_NOT_SENT], 6);
	assert_true(c.classes[DIR_LOST] >= 5);
	client_wait_reason(&c, "slapd does not answer on ldapi://");
	assert_int_equal(c.down, 1);
	person_read(&c, "killed");
	assert_int_equal(c.done, 7);
	client_wait_done(&c, 8);
	assert_int_equal(c.class, DIR_NOT_SENT);
	assert_contains(c.message, "slapd does not answer");
	assert_int_equal(slapd_do("start"), 0);
	client_wait_ready(&c);
	person_read(&c, "killed");
	client_wait_done(&c, 9);
	assert_int_equal(c.class, DIR_OK);
	client_never_waited(&c);
	client_end(&c);
}

/* slapd says good-bye, or just closes. */
static void
restarted(void **state)
{
	struct client c;

	(void)state;
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	for (unsigned i = 1; i <= 3; i++) {
		assert_int_equal(slapd_do("restart"), 0);
		client_idle(&c, 30);
		client_wait_ready(&c);
		assert_int_equal(c.down, i);
		assert_contains(c.reason, "clos");
	}
	client_end(&c);
}

static void
not_there(void **state)
{
	struct client c;
	uint64_t next = 0;

	(void)state;
	client_start(&c, "ldapi://%2Fnowhere%2Fldapi");
	client_wait_reason(&c,
			   "slapd does not answer on ldapi://%2Fnowhere%2Fldapi: no such socket");
	client_idle(&c, 300);
	assert_int_equal(dir_state(c.dir), DIR_DOWN);
	assert_int_equal(c.down, 0); /* it never was ready */
	dir_reason(c.dir, &next);
	assert_in_range(next, 0, 500);
	c.conf.retry_min_ms = c.conf.retry_max_ms = 100000;
	client_idle(&c, 600);
	dir_reason(c.dir, &next);
	assert_in_range(next, 49000, 100000); /* half of it to all of it */
	client_end(&c);

	client_start(&c, "http://localhost");
	client_wait_fault(&c);
	assert_contains(dir_fault(c.dir), "directory.uri http://localhost");
	client_end(&c);

	client_start(&c, "ldap://127.0.0.1:1");
	client_wait_reason(&c, "nothing listens on that port");
	client_end(&c);

	client_start(&c, "ldap://no-such-host.invalid");
	client_wait_reason(&c, "the name "); /* has no address, or nobody answers */
	client_never_waited(&c);
	client_end(&c);
}

static void
retry_now(void **state)
{
	struct client c;
	uint64_t next = 0;

	(void)state;
	assert_int_equal(slapd_do("stop"), 0);
	client_start(&c, slapd_uri);
	c.conf.retry_min_ms = c.conf.retry_max_ms = 60000;
	client_wait_reason(&c, "slapd does not answer");
	assert_int_equal(slapd_do("start"), 0);
	dir_reason(c.dir, &next);
	assert_true(next > 20000);
	dir_retry_now(c.dir);
	dir_reason(c.dir, &next);
	assert_int_equal(next, 0);
	client_wait_ready(&c);
	client_end(&c);
}

/* --- what CHECK finds ------------------------------------------------------------------------ */

#define DATABASE "dn: olcDatabase={2}mdb,cn=config\nchangetype: modify\n"
#define WARMUP "dn: uid=hopthu-warmup,ou=people," BASE "\nchangetype: modify\n"
#define HOPTHUD "dn: cn=hopthud,ou=services," BASE "\nchangetype: modify\n"
#define OPERATOR "dn: cn=hopthu-check,ou=operators," BASE "\nchangetype: modify\n"
#define SELF "\"cn=hopthud,ou=services," BASE "\""
#define RULE(rule) \
	DATABASE "add: olcAccess\nolcAccess: {0}" rule "\n", \
		DATABASE "delete: olcAccess\nolcAccess: {0}\n"

static const struct {
	bool config;
	const char *spoil, *mend, *says[2];
} faults[] = {
	{ false,
	  WARMUP "delete: hopthuRank\n",
	  WARMUP "add: hopthuRank\nhopthuRank: none\n",
	  { "wrong warm-up entry", "shows no hopthuRank" } },
	{ false,
	  "dn: uid=hopthu-warmup,ou=people," BASE "\nchangetype: modrdn\nnewrdn: uid=moved\n"
	  "deleteoldrdn: 0\n",
	  "dn: uid=moved,ou=people," BASE "\nchangetype: modrdn\nnewrdn: uid=hopthu-warmup\n"
	  "deleteoldrdn: 1\n",
	  { "wrong warm-up entry", "load ldif/40-warmup.ldif.in" } },
	{ false,
	  HOPTHUD "delete: authzTo\n",
	  HOPTHUD "add: authzTo\nauthzTo: dn.onelevel:ou=operators," BASE "\n",
	  { "hopthud may not act for operators", "ldif/30-tree.ldif.in" } },
	{ false,
	  OPERATOR "replace: hopthuRole\nhopthuRole: auditor\n",
	  OPERATOR "replace: hopthuRole\nhopthuRole: technician\n",
	  { "role technician may not write mailboxes", "ldif/access.rules.in" } },
	{ true,
	  RULE("to attrs=userPassword by dn.exact=" SELF " read by * none"),
	  { "hopthud can read userPassword", "ldif/access.rules.in" } },
	{ true,
	  RULE("to * by dn.exact=" SELF " write by * read"),
	  { "wrong access rules", "userPassword" } },
	{ true,
	  RULE("to dn.subtree=\"ou=people," BASE
	       "\" attrs=entry,uid,cn by anonymous read by * break"),
	  { "anybody can read mailboxes", "ldif/access.rules.in" } },
	{ true,
	  RULE("to dn.subtree=\"ou=people," BASE "\" attrs=hopthuStatus by * read"),
	  { "wrong access rules", "" } },
	{ true,
	  RULE("to dn.subtree=\"ou=people," BASE "\" by * none"),
	  { "load ldif/40-warmup.ldif.in", "" } },
	{ true,
	  "dn: cn=config\nchangetype: modify\nreplace: olcAuthzPolicy\nolcAuthzPolicy: none\n",
	  "dn: cn=config\nchangetype: modify\nreplace: olcAuthzPolicy\nolcAuthzPolicy: to\n",
	  { "hopthud may not act for operators", "olcAuthzPolicy" } },
	{ true,
	  "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\nadd: olcAccess\n"
	  "olcAccess: {0}to dn.base=\"cn=Subschema\" by * none\n",
	  "dn: olcDatabase={-1}frontend,cn=config\nchangetype: modify\ndelete: olcAccess\n"
	  "olcAccess: {0}\n",
	  { "cannot read slapd's schema", "ldif/00-config.ldif.in" } },
};

static void
set_up_wrongly(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(faults) / sizeof(*faults); i++) {
		struct client c;

		slapd_change(faults[i].config, faults[i].spoil);
		client_start(&c, slapd_uri);
		client_wait_fault(&c);
		assert_contains(dir_fault(c.dir), faults[i].says[0]);
		assert_contains(dir_fault(c.dir), faults[i].says[1]);
		assert_string_equal(dir_reason(c.dir, NULL), dir_fault(c.dir));
		assert_true(dir_state(c.dir) != DIR_READY);
		assert_int_equal(c.ready, 0);
		slapd_change(faults[i].config, faults[i].mend);
		client_wait_ready(&c); /* by itself */
		assert_null(dir_fault(c.dir));
		client_end(&c);
	}
}

/* What the checks try to write is never written. */
static void
checks_write_nothing(void **state)
{
	struct client c;
	char before[64];

	(void)state;
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	person_read(&c, "hopthu-warmup");
	client_wait_done(&c, 1);
	snprintf(before, sizeof(before), "%s", c.csn);
	client_end(&c);
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	person_read(&c, "hopthu-warmup");
	client_wait_done(&c, 1);
	assert_string_equal(c.csn, before);
	client_end(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stopped),        cmocka_unit_test(stopped_briefly),
		cmocka_unit_test(killed),         cmocka_unit_test(restarted),
		cmocka_unit_test(not_there),      cmocka_unit_test(retry_now),
		cmocka_unit_test(set_up_wrongly), cmocka_unit_test(checks_write_nothing),
	};

	return cmocka_run_group_tests(tests, slapd_setup, slapd_teardown);
}
