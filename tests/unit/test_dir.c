/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/dir_slapd.h"

/* Operations against a slapd in good health; test_dir_fault.c makes it ill. */

static void
write_and_read(void **state)
{
	struct client c;

	(void)state;
	client_start(&c, slapd_uri);
	assert_int_equal(dir_state(c.dir), DIR_DOWN);
	assert_int_equal(dir_room(c.dir), 0);
	client_wait_ready(&c);
	assert_string_equal(dir_reason(c.dir, NULL), "");
	assert_null(dir_fault(c.dir));
	assert_int_equal(dir_room(c.dir), 16);
	person_add(&c, "an", NULL);
	assert_int_equal(c.done, 0); /* never inside the call */
	assert_int_equal(dir_in_flight(c.dir), 1);
	assert_int_equal(dir_room(c.dir), 15);
	client_wait_done(&c, 1);
	assert_int_equal(c.class, DIR_OK);
	assert_int_equal(strlen(c.uuid), 36);
	assert_true(strlen(c.csn) > 20);
	assert_true(c.took_us > 0);
	person_title(&c, "an", "Chuy\u00ean vi\u00ean", "(!(title=Chuy\\c3\\aan vi\\c3\\aan))",
		     NULL);
	client_wait_done(&c, 2);
	assert_int_equal(c.class, DIR_OK);
	person_read(&c, "an");
	client_wait_done(&c, 3);
	assert_int_equal(c.class, DIR_OK);
	assert_string_equal(c.title, "Chuy\u00ean vi\u00ean");
	assert_string_equal(c.dn, "uid=an,ou=people," BASE);
	/* One after the other: slapd works on what it has got at the same time, in any order. */
	person_title(&c, "an", NULL, NULL, NULL);
	client_wait_done(&c, 4);
	person_read(&c, "an");
	client_wait_done(&c, 5);
	assert_string_equal(c.title, "");
	client_end(&c);
}

/* The directory's own log names the person (I12). */
static void
in_the_name_of(void **state)
{
	struct client c;

	(void)state;
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	person_add(&c, "binh", CHECK_DN);
	client_wait_done(&c, 1);
	person_read(&c, "binh");
	client_wait_done(&c, 2);
	assert_string_equal(c.creator, CHECK_DN);
	person_title(&c, "binh", "x", NULL, NULL);
	client_wait_done(&c, 3);
	person_read(&c, "binh");
	client_wait_done(&c, 4);
	assert_string_equal(c.modifier, "cn=hopthud,ou=services," BASE);
	person_title(&c, "binh", "y", "(title=x)", CHECK_DN);
	client_wait_done(&c, 5);
	person_read(&c, "binh");
	client_wait_done(&c, 6);
	assert_string_equal(c.modifier, CHECK_DN);
	assert_string_equal(c.title, "y");
	person_title(&c, "binh", "z", NULL, "uid=an,ou=people," BASE);
	client_wait_done(&c, 7);
	assert_int_equal(c.class, DIR_DENIED);
	assert_contains(c.message, "may not act for this person");
	client_end(&c);
}

static void
classes(void **state)
{
	struct client c;
	const char *const attrs[] = { "cn", NULL };

	(void)state;
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	person_add(&c, "chi", NULL);
	client_wait_done(&c, 1);
	person_add(&c, "chi", NULL);
	client_wait_done(&c, 2);
	assert_int_equal(c.class, DIR_EXISTS);
	assert_int_equal(c.code, 68);
	person_title(&c, "chi", "x", "(title=another)", NULL);
	client_wait_done(&c, 3);
	assert_int_equal(c.class, DIR_ASSERTION);
	assert_int_equal(c.code, 122);
	person_title(&c, "nobody", "x", NULL, NULL);
	client_wait_done(&c, 4);
	assert_int_equal(c.class, DIR_ABSENT);
	person_read(&c, "nobody");
	client_wait_done(&c, 5);
	assert_int_equal(c.class, DIR_ABSENT);
	assert_string_equal(c.dn, "");
	assert_contains(c.message, "no such entry (result 32, No such object)");
	person_title(&c, "chi", "x", "(broken", NULL);
	client_wait_done(&c, 6);
	assert_int_equal(c.class, DIR_REJECTED);
	dir_read(c.dir, "not a dn", attrs, client_done, &c);
	client_wait_done(&c, 7);
	assert_int_equal(c.class, DIR_REJECTED);
	assert_int_equal(c.code, 34);
	dir_read(c.dir, "uid=x,dc=elsewhere", attrs, client_done, &c);
	client_wait_done(&c, 8);
	assert_true(c.class != DIR_OK);
	/* hopthud may not touch its own rights */
	dir_modify(c.dir, "cn=hopthud,ou=services," BASE, NULL,
		   (struct dir_change[]){ { "authzTo", (const char *const[]){ "dn:*", NULL } },
					  { NULL, NULL } },
		   NULL, client_done, &c);
	client_wait_done(&c, 9);
	assert_int_equal(c.class, DIR_DENIED);
	assert_int_equal(c.down, 0);
	client_end(&c);
}

struct listing {
	struct client *c;
	unsigned entries, answers;
	bool free_there;
};

static void
on_each(void *arg, const struct dir_entry *e)
{
	struct listing *l = arg;

	assert_non_null(dir_entry_get(e, "UID")); /* names without case */
	assert_int_equal(e->count, 1);
	l->entries++;
}

static void
on_listed(void *arg, const struct dir_result *r)
{
	struct listing *l = arg;

	l->answers++;
	client_done(l->c, r);
	if (l->free_there) {
		dir_free(l->c->dir);
		l->c->dir = NULL;
	}
}

/* More than slapd's default limit of 500, more than one turn's slice and one buffer. */
static void
list(void **state)
{
	const char *const attrs[] = { "uid", NULL };
	struct client c;
	struct listing l = { .c = &c };
	unsigned sent = 0;

	(void)state;
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	while (sent < 3000) {
		char uid[32];

		for (; dir_room(c.dir) && sent < 3000; sent++) {
			snprintf(uid, sizeof(uid), "list%04u", sent);
			person_add(&c, uid, NULL);
		}
		client_wait_done(&c, sent);
	}
	assert_int_equal(c.classes[DIR_OK], 3000);
	loop_longest_turn_us(c.loop);
	dir_list(c.dir, "ou=people," BASE, "(uid=list*)", attrs, on_each, on_listed, &l);
	client_wait_done(&c, 3001);
	assert_int_equal(l.entries, 3000);
	assert_int_equal(c.class, DIR_OK);
	client_never_waited(&c);
	dir_list(c.dir, "ou=people," BASE, "(uid=none*)", attrs, on_each, on_listed, &l);
	client_wait_done(&c, 3002);
	assert_int_equal(c.class, DIR_OK);
	dir_list(c.dir, "ou=nowhere," BASE, "(uid=*)", attrs, on_each, on_listed, &l);
	client_wait_done(&c, 3003);
	assert_int_equal(c.class, DIR_ABSENT);
	assert_int_equal(l.entries, 3000);
	assert_int_equal(l.answers, 3);
	client_end(&c);
}

static void
window(void **state)
{
	struct client c;

	(void)state;
	client_start(&c, slapd_uri);
	c.conf.window = 4;
	client_wait_ready(&c);
	person_add(&c, "dung", NULL);
	client_wait_done(&c, 1);
	for (int i = 0; i < 10; i++)
		person_title(&c, "dung", "x", NULL, NULL);
	assert_int_equal(dir_room(c.dir), 0);
	assert_int_equal(dir_in_flight(c.dir), 4);
	assert_int_equal(c.done, 1);
	client_wait_done(&c, 11);
	assert_int_equal(c.classes[DIR_OK], 5);
	assert_int_equal(c.classes[DIR_NOT_SENT], 6);
	assert_int_equal(dir_room(c.dir), 4);
	client_end(&c);
}

/* A new configuration waits for what is in flight, and loses nothing. */
static void
reconfigure(void **state)
{
	struct client c;
	struct conf_directory other;

	(void)state;
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	person_add(&c, "giang", NULL);
	other = c.conf;
	other.window = 2;
	dir_reconfigure(c.dir, &other);
	assert_int_equal(dir_state(c.dir), DIR_READY);
	assert_int_equal(dir_room(c.dir), 1);
	other.operation_timeout_ms = 700;
	c.conf = other;
	c.conf.uri = xasprintf("ldap://127.0.0.1:%d", slapd_port);
	c.conf.bind = CONF_BIND_SIMPLE;
	dir_reconfigure(c.dir, &c.conf);
	assert_int_equal(dir_room(c.dir), 0);
	person_title(&c, "giang", "x", NULL, NULL);
	client_wait_done(&c, 2);
	assert_int_equal(c.classes[DIR_OK], 1);
	assert_int_equal(c.classes[DIR_NOT_SENT], 1);
	client_wait_fault(&c);
	assert_contains(dir_fault(c.dir), "directory.password_file");
	assert_int_equal(c.down, 1);
	dir_reconfigure(c.dir, &other);
	free(c.conf.uri);
	client_wait_ready(&c);
	assert_null(dir_fault(c.dir));
	client_end(&c);
}

static void
free_at_any_time(void **state)
{
	const char *const attrs[] = { "uid", NULL };
	struct client c;
	struct listing l = { .c = &c, .free_there = true };

	(void)state;
	client_start(&c, slapd_uri);
	client_end(&c); /* before the first turn */
	for (unsigned ms = 0; ms < 12; ms++) {
		client_start(&c, slapd_uri);
		client_idle(&c, ms);
		client_end(&c);
	}
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	for (int i = 0; i < 8; i++)
		person_read(&c, "hopthu-warmup");
	client_end(&c); /* callbacks are not called */
	assert_int_equal(c.done, 0);
	client_start(&c, slapd_uri);
	client_wait_ready(&c);
	for (int i = 0; i < 8; i++)
		dir_list(c.dir, "ou=operators," BASE, "(cn=none)", attrs, on_each, on_listed, &l);
	client_wait_done(&c, 1);
	client_idle(&c, 20);
	assert_int_equal(c.done, 1);
	client_end(&c);
	client_start(&c, slapd_uri);
	dir_list(c.dir, "ou=operators," BASE, "(cn=none)", attrs, on_each, on_listed, &l);
	dir_list(c.dir, "ou=operators," BASE, "(cn=none)", attrs, on_each, on_listed, &l);
	client_wait_done(&c, 1); /* not connected yet: not sent, and freed in the callback */
	assert_int_equal(c.class, DIR_NOT_SENT);
	client_idle(&c, 20);
	assert_int_equal(c.done, 1);
	client_end(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(write_and_read),   cmocka_unit_test(in_the_name_of),
		cmocka_unit_test(classes),          cmocka_unit_test(list),
		cmocka_unit_test(window),           cmocka_unit_test(reconfigure),
		cmocka_unit_test(free_at_any_time),
	};

	return cmocka_run_group_tests(tests, slapd_setup, slapd_teardown);
}
