/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_CONF_H
#define HOPTHU_CONF_H

#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>

#include "common/err.h"

/*
 * hopthud.conf.  One table in conf_key.c has every key:
 * name, type, default, what is allowed, help.  The manual page and etc/hopthud.conf are checked
 * against it by a test.  Text that may be left out is NULL when it is.
 */
enum conf_bind { CONF_BIND_EXTERNAL, CONF_BIND_SIMPLE };

struct conf_directory {
	char *uri;             /* "ldapi://%2Frun%2Fslapd%2Fldapi", "ldaps://host", "ldap://host" (StartTLS) */
	char *base;            /* "dc=binhduong,dc=gov,dc=vn" */
	enum conf_bind bind;
	char *bind_dn;         /* simple only */
	char *password_file;   /* simple only; mode 0600 or 0400 */
	char *tls_ca_file;     /* TCP only */
	char *tls_cert_file, *tls_key_file; /* TCP, external */
	unsigned connect_timeout_ms;   /* connect, TLS and bind together */
	unsigned operation_timeout_ms; /* then the reply counts as lost */
	unsigned window;               /* operations in flight */
	unsigned retry_min_ms, retry_max_ms; /* backoff between attempts to connect */
};

struct conf_limits {
	unsigned letter_bytes;   /* body of a letter */
	unsigned letter_rows;
	unsigned connections, connections_per_uid;
	unsigned header_bytes;
	unsigned request_timeout_ms; /* to receive one whole request */
	unsigned idle_timeout_ms;
};

struct conf_evidence {
	unsigned checkpoint_records; /* after so many records a checkpoint is signed, */
	unsigned checkpoint_seconds; /* or so long after the first of them */
	char *policy_file;           /* C2SP tlog-policy: who confirms checkpoints; NULL: nobody */
	char *witness_ca_file;       /* authorities of https:// witnesses; NULL: the system's */
	unsigned witness_timeout_ms; /* for one question and its answer */
	unsigned witness_retry_min_ms, witness_retry_max_ms; /* backoff between attempts */
	unsigned reserve_mb;         /* set aside for the last records on a full disk; 0: nothing */
};

#define CONF_KEYS_MAX 64

struct conf {
	char *file;          /* where it was read from */
	unsigned line[CONF_KEYS_MAX]; /* where each key of the table stands there; 0: it does not */
	char *instance;      /* name of this log's origin, "hopthu.binhduong.gov.vn/1": no space, no '+' */
	char *domain;        /* of the mailboxes */
	char *database;      /* file */
	char *key_dir;       /* directory of keys, 0700 */
	char *socket;        /* Unix socket of the door */
	unsigned socket_mode;/* octal in the file: "0660" */
	char *socket_group;  /* NULL: the process's own */
	char *log_level;     /* "error" "warning" "info" "debug" */
	char *policy_dir;    /* folder of dated policies */
	struct conf_directory directory;
	struct conf_limits limits;
	struct conf_evidence evidence;
};

/*
 * Reads and checks the file.  NULL and e (ERR_CONFIG: file, line, key, what is allowed, and for an
 * unknown key the nearest known one; a line for each mistake) when anything is wrong.  Free with
 * conf_free.
 */
struct conf *conf_load(const char *file, struct err *e);
void conf_free(struct conf *c);
/* Line of "key" or "section.key" in the file; 0 when it is at its default. */
unsigned conf_line(const struct conf *c, const char *key);
/*
 * Says in e what is wrong with this key: "FILE:LINE: ...", without the line when the key is not in
 * the file, below what e says already.  The text names the key itself.  Returns -1.
 */
int conf_wrong(const struct conf *c, const char *key, struct err *e, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
/* "section.key = value   (default: value)", a line for each key that is not at its default. */
void conf_print_changes(const struct conf *c, FILE *out);
/* Every key with its default, what is allowed and what it is for. */
void conf_print_keys(FILE *out);
/* SHA-256 of the effective values (no secrets are in them), for the audit log; 32 bytes. */
void conf_digest(const struct conf *c, uint8_t out[32]);
/*
 * The first key that differs and cannot change while the daemon runs (database, key_dir, socket,
 * domain, instance, directory.base), or NULL.
 */
const char *conf_needs_restart(const struct conf *running, const struct conf *wanted);

/* Reads a secret of one line from a file whose owner is us or root and whose mode lets no other read it.
 * Free with secret_free. */
char *conf_read_secret(const char *file, struct err *e);
#endif
