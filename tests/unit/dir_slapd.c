/* SPDX-License-Identifier: BSD-2-Clause */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "common/buf.h"
#include "daemon/base/clock.h"
#include "tests/unit/dir_slapd.h"

#ifndef SRCDIR
#define SRCDIR "."
#endif

extern char **environ;
char slapd_dir[64];
char *slapd_uri;
int slapd_port, slapd_tls_port;

int
run(const char *const *argv)
{
	pid_t pid;
	int status;

	if (posix_spawnp(&pid, argv[0], NULL, NULL, (char **)argv, environ))
		return 127;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int
slapd_do(const char *verb)
{
	const char *argv[] = { SRCDIR "/scripts/slapd", verb, slapd_dir, NULL };

	return run(argv);
}

char *
slapd_file(const char *name)
{
	return xasprintf("%s/%s", slapd_dir, name);
}

static char *
read_line(const char *name)
{
	AUTO(str) path = slapd_file(name);
	char line[512] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	fclose(f);
	line[strcspn(line, "\n")] = '\0';
	return xstrdup(line);
}

/* A port that is free now, of those the kernel gives nobody by itself; each process tries others. */
static int
free_port(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	static unsigned tried;

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (;;) {
		AUTO(fd) fd = socket(AF_INET, SOCK_STREAM, 0);
		int port = 10000 + (int)(((unsigned)getpid() * 16 + tried++) % 20000);

		assert_true(tried < 20000);
		in.sin_port = htons((uint16_t)port);
		if (!bind(fd, (struct sockaddr *)&in, sizeof(in)))
			return port;
	}
}

int
slapd_setup(void **state)
{
	char port[16], tls_port[16];
	const char *argv[] = { SRCDIR "/scripts/slapd",
			       "setup",
			       slapd_dir,
			       "--ldap",
			       port,
			       "--ldaps",
			       tls_port,
			       NULL };

	(void)state;
	if (access("/usr/sbin/slapd", X_OK)) {
		fputs("skipped: slapd is not installed\n", stderr);
		exit(SKIP);
	}
	snprintf(slapd_dir, sizeof(slapd_dir), "/tmp/hopthu-dir.XXXXXX");
	assert_non_null(mkdtemp(slapd_dir));
	slapd_port = free_port();
	do {
		slapd_tls_port = free_port();
	} while (slapd_tls_port == slapd_port);
	snprintf(port, sizeof(port), "%d", slapd_port);
	snprintf(tls_port, sizeof(tls_port), "%d", slapd_tls_port);
	assert_int_equal(run(argv), 0);
	assert_int_equal(slapd_do("start"), 0);
	slapd_uri = read_line("uri");
	return 0;
}

int
slapd_teardown(void **state)
{
	(void)state;
	free(slapd_uri);
	return slapd_do("clean");
}

pid_t
slapd_pid(void)
{
	AUTO(str) pid = read_line("slapd.pid");

	return (pid_t)strtol(pid, NULL, 10);
}

void
slapd_signal(int sig)
{
	assert_int_equal(kill(slapd_pid(), sig), 0);
}

void
slapd_change(bool config, const char *ldif)
{
	AUTO(str) path = slapd_file("change.ldif");
	AUTO(str) password = slapd_file(config ? "config.password" : "admin.password");
	const char *argv[] = { "ldapmodify", "-x",
			       "-H",         slapd_uri,
			       "-D",         config ? "cn=admin,cn=config" : "cn=admin," BASE,
			       "-y",         password,
			       "-f",         path,
			       "-o",         "nettimeout=5",
			       NULL };
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(ldif, f);
	fclose(f);
	assert_int_equal(run(argv), 0);
}

/* --- a connection ---------------------------------------------------------------------------- */

static void
on_ready(void *arg)
{
	struct client *c = arg;

	c->ready++;
}

static void
on_down(void *arg, const char *reason)
{
	struct client *c = arg;

	c->down++;
	snprintf(c->reason, sizeof(c->reason), "%s", reason);
}

void
client_start(struct client *c, const char *uri)
{
	const struct dir_events ev = { on_ready, on_down, c };

	*c = (struct client){ 0 };
	c->conf = (struct conf_directory){
		.uri = (char *)uri,
		.base = (char *)BASE,
		.bind = CONF_BIND_EXTERNAL,
		.connect_timeout_ms = 1000,
		.operation_timeout_ms = 1000,
		.window = 16,
		.retry_min_ms = 50,
		.retry_max_ms = 500,
	};
	c->loop = loop_new();
	c->dir = dir_new(c->loop, &c->conf, &ev);
}

void
client_end(struct client *c)
{
	dir_free(c->dir);
	loop_free(c->loop);
}

static void
copy_attr(const struct dir_entry *e, const char *name, char *to, size_t size)
{
	const char *v = dir_entry_get(e, name);

	snprintf(to, size, "%s", v ? v : "");
}

void
client_done(void *arg, const struct dir_result *r)
{
	struct client *c = arg;

	c->done++;
	c->classes[r->class]++;
	c->class = r->class;
	c->code = r->code;
	c->took_us = r->took_us;
	snprintf(c->message, sizeof(c->message), "%s", r->message);
	copy_attr(r->entry, "entryUUID", c->uuid, sizeof(c->uuid));
	copy_attr(r->entry, "entryCSN", c->csn, sizeof(c->csn));
	copy_attr(r->entry, "title", c->title, sizeof(c->title));
	copy_attr(r->entry, "modifiersName", c->modifier, sizeof(c->modifier));
	copy_attr(r->entry, "creatorsName", c->creator, sizeof(c->creator));
	snprintf(c->dn, sizeof(c->dn), "%s", r->entry ? r->entry->dn : "");
}

struct waiting {
	struct client *c;
	bool (*until)(struct client *c);
	struct loop_timer *timer;
	uint64_t end_us;
};

static void
on_look(void *arg)
{
	struct waiting *w = arg;

	if ((w->until && w->until(w->c)) || clock_mono_us() > w->end_us)
		loop_stop(w->c->loop);
	else
		loop_timer_set(w->timer, 2);
}

bool
client_run(struct client *c, bool (*until)(struct client *c), unsigned ms)
{
	struct waiting w = { c, until, NULL, clock_mono_us() + ms * UINT64_C(1000) };

	w.timer = loop_timer_new(c->loop, on_look, &w);
	loop_timer_set(w.timer, 0);
	loop_run(c->loop);
	loop_timer_free(w.timer);
	return !until || until(c);
}

static bool
is_ready(struct client *c)
{
	return dir_state(c->dir) == DIR_READY;
}

static bool
has_fault(struct client *c)
{
	return dir_fault(c->dir) != NULL;
}

static unsigned wanted_done;

static bool
is_done(struct client *c)
{
	return c->done >= wanted_done;
}

static const char *wanted_reason;

static bool
has_reason(struct client *c)
{
	return strstr(dir_reason(c->dir, NULL), wanted_reason) != NULL;
}

void
client_wait_ready(struct client *c)
{
	if (!client_run(c, is_ready, 10000))
		fail_msg("not ready: %s", dir_reason(c->dir, NULL));
}

void
client_wait_done(struct client *c, unsigned count)
{
	wanted_done = count;
	if (!client_run(c, is_done, 10000))
		fail_msg("%u of %u operations done", c->done, count);
}

void
client_wait_fault(struct client *c)
{
	if (!client_run(c, has_fault, 10000))
		fail_msg("no fault: %s", dir_reason(c->dir, NULL));
}

void
client_wait_reason(struct client *c, const char *part)
{
	wanted_reason = part;
	if (!client_run(c, has_reason, 10000))
		fail_msg("the reason is: %s", dir_reason(c->dir, NULL));
}

void
client_idle(struct client *c, unsigned ms)
{
	client_run(c, NULL, ms);
}

#ifdef SANITIZERS /* everything is slower, reading a file of CA certificates much */
#define TURN_US 1000000
#else
#define TURN_US 100000
#endif

void
client_never_waited(struct client *c)
{
	uint64_t us = loop_longest_turn_us(c->loop);

	if (us > TURN_US)
		fail_msg("a turn took %llu us", (unsigned long long)us);
}

void
assert_contains(const char *s, const char *text)
{
	if (!s || !strstr(s, text))
		fail_msg("\"%s\" is not in: %s", text, s ? s : "(null)");
}

/* --- people ---------------------------------------------------------------------------------- */

char *
person_dn(const char *uid)
{
	return dir_dn("uid", uid, "ou=people," BASE);
}

void
person_add(struct client *c, const char *uid, const char *authz)
{
	AUTO(str) dn = person_dn(uid);
	AUTO(str) address = xasprintf("%s@binhduong.gov.vn", uid);
	const char *classes[] = { "inetOrgPerson", "hopthuMailbox", NULL };
	const char *name[] = { uid, NULL }, *mail[] = { address, NULL }, *on[] = { "TRUE", NULL };
	const char *status[] = { "active", NULL };
	const struct dir_change attrs[] = {
		{ "objectClass", classes },
		{ "uid", name },
		{ "cn", name },
		{ "sn", name },
		{ "mail", mail },
		{ "hopthuStatus", status },
		{ "hopthuLogin", on },
		{ "hopthuDelivery", on },
		{ "title", NULL },
		{ NULL, NULL },
	};

	dir_add(c->dir, dn, authz, attrs, client_done, c);
}

void
person_title(struct client *c, const char *uid, const char *title, const char *assertion,
	     const char *authz)
{
	AUTO(str) dn = person_dn(uid);
	const char *value[] = { title, NULL };
	const struct dir_change changes[] = { { "title", title ? value : NULL }, { NULL, NULL } };

	dir_modify(c->dir, dn, authz, changes, assertion, client_done, c);
}

void
person_read(struct client *c, const char *uid)
{
	AUTO(str) dn = person_dn(uid);
	static const char *const attrs[] = { "*", "+", NULL };

	dir_read(c->dir, dn, attrs, client_done, c);
}
