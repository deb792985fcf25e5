/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_TEST_DIR_SLAPD_H
#define HOPTHU_TEST_DIR_SLAPD_H
/* A private slapd, and a directory connection to it, for the tests of daemon/directory. */
#include <stdbool.h>
#include <sys/types.h>

#include "daemon/directory/dir.h"

#define BASE "dc=binhduong,dc=gov,dc=vn"
#define CHECK_DN "cn=hopthu-check,ou=operators," BASE
#define SKIP 77 /* exit status: not tested */

/* Of cmocka groups.  Setup ends the program with SKIP where slapd is not installed. */
int slapd_setup(void **state);
int slapd_teardown(void **state);

extern char slapd_dir[64];
extern char *slapd_uri;                /* ldapi:// */
extern int slapd_port, slapd_tls_port; /* on 127.0.0.1 */
char *slapd_file(const char *name);    /* DIR/name; caller frees */
int slapd_do(const char *verb);        /* scripts/slapd VERB DIR */
void slapd_signal(int sig);
pid_t slapd_pid(void);
int run(const char *const *argv); /* exit status */
/* Changes cn=config as cn=admin,cn=config, or the tree as cn=admin,BASE. */
void slapd_change(bool config, const char *ldif);

/* A connection and what it told. */
struct client {
	struct loop *loop;
	struct dir *dir;
	struct conf_directory conf;
	unsigned ready, down; /* how often */
	unsigned done;        /* operations */
	unsigned classes[DIR_NOT_SENT + 1];
	char reason[ERR_MSG_MAX]; /* of the last down */
	/* of the last operation */
	enum dir_class class;
	int code;
	char message[ERR_MSG_MAX];
	char uuid[64], csn[64], title[64], modifier[256], creator[256], dn[256];
	uint64_t took_us;
};

void client_start(struct client *c, const char *uri);
void client_end(struct client *c);
void client_done(void *arg, const struct dir_result *r); /* dir_cb; arg: the client */
/* Runs the loop until the condition holds; fails the test after ms. */
bool client_run(struct client *c, bool (*until)(struct client *c), unsigned ms);
void client_wait_ready(struct client *c);
void client_wait_done(struct client *c, unsigned count);
void client_wait_fault(struct client *c);
void client_wait_reason(struct client *c, const char *part);
void client_idle(struct client *c, unsigned ms);
/* I10: no turn since the last time took longer than it may. */
void client_never_waited(struct client *c);
char *person_dn(const char *uid); /* caller frees */
void person_add(struct client *c, const char *uid, const char *authz);
void person_title(struct client *c, const char *uid, const char *title, const char *assertion,
		  const char *authz);
void person_read(struct client *c, const char *uid);
void assert_contains(const char *s, const char *text);
#endif
