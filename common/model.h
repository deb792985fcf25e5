/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_MODEL_H
#define HOPTHU_MODEL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/digest.h"
#include "common/vocab.h"

/*
 * The things hopthu keeps, as plain values.  Text is never NULL unless said.  Where a function
 * returns one of these its text lies in the arena that was given.  Times: microseconds since 1970.
 */
struct operator {
	const char *name, *full_name;
	int roles;          /* bits of enum role */
	const char *agency; /* NULL: not confined to one */
	int64_t uid;        /* of the Unix socket's peer; -1: none */
	const char *scram;  /* RFC 5803 verifier; NULL: no password */
	int64_t created_at, revoked_at; /* 0: not revoked */
	bool in_directory;  /* the entry under ou=operators is there */
};

struct agency {
	const char *code, *name, *kind, *parent; /* parent "" at the top */
};

/* hopthu's copy of a mailbox entry: what the directory holds, as far as we know. */
struct mailbox {
	const char *login; /* local part, RDN of the entry, key of the registry */
	const char *address;
	const char *person; /* random reference, never derived from personal data */
	const char *full_name, *agency, *kind;
	enum status status;
	bool login_allowed, delivery_allowed;
	const char *title, *unit, *phone, *rank;
	int64_t quota; /* bytes; 0: the server's default */
	const char *custodian; /* login of who answers for it; "" for a person's */
	const char *aliases;   /* further addresses, sorted, a new-line between two; "" when none */
	const char *purge_due; /* "YYYY-MM-DD": of a closed one, when its data may go; else "" */
	const char *opid;       /* hopthuOpId: the operation that wrote it last */
	const char *entry_uuid; /* "" until the directory told */
	int64_t request;        /* that wrote it last */
	int64_t updated_at;
};

/* Stands where a person's value stood. */
#define ERASED "(erased)"

enum request_kind { REQUEST_LETTER, REQUEST_ORDER };

struct request {
	int64_t id;
	enum request_kind kind; /* an order is an administrator's, and needs no second person */
	const char *agency, *letter, *date, *signer, *reason, *channel;
	const char *domain; /* of the addresses it makes */
	const char *signer_title, *requester, *requester_phone; /* who signed it, whom to ask */
	const char *contact;    /* of a letter by telephone: whose identity was verified */
	const char *attachment; /* SHA-256 of the scan or signed file, hex; "" when none */
	const char *policy;     /* digest of the policy in force when it came, hex */
	int64_t due_at;         /* seconds since 1970: when it must be done; 0: no term */
	int64_t needs;          /* approvers: 1, or 2 where the fuse says so */
	const char *first_approver; /* of two; "" until there is one */
	int64_t moves;          /* mailboxes it takes away or moves */
	int64_t erased;         /* rows whose persons' values were erased */
	const char *namers;     /* who proposed addresses for its rows: ",lan,tuan,"; "" when nobody */
	int64_t declared; /* -1: not said */
	enum state state; /* received planned approved done failed refused cancelled */
	const char *digest; /* of the plan of this round, 64 hex */
	int64_t round;      /* 1, then one more each time items were planned again */
	int64_t items, open, failed; /* how many in all, not ended, ended badly */
	const char *submitter, *approver, *refusal; /* approver "" until there is one */
	int64_t submitted_at, approved_at, ended_at;
};

struct item {
	int64_t id, request, row, round;
	enum op op;
	const char *ref, *login, *address, *person, *full_name;
	enum state state;
	const char *error; /* "" when none */
	int64_t due;       /* seconds since 1970: not before; 0 = at once */
	const char *opid;
	const char *plan;  /* its line; "": its person's values were erased */
	uint8_t plan_sha[DIGEST_LEN];
	const char *input; /* the row as canonical JSON */
	bool tried;        /* something of it may have reached the directory: read first */
	int64_t intent;    /* seq of the intent that has no outcome yet; 0: none */
	int64_t record;    /* seq of its last outcome; 0: none yet */
	int64_t updated_at;
};

/*
 * Registry: every local part ever promised, over all domains, because they share one space of
 * logins.  reserved: promised; active: given out; alias: further address of its holder; foreign: in
 * the directory, not by hopthu; tombstone: its holder's no more, and nobody else's.
 */
enum address_state {
	ADDRESS_FREE,
	ADDRESS_RESERVED,
	ADDRESS_ACTIVE,
	ADDRESS_ALIAS,
	ADDRESS_FOREIGN,
	ADDRESS_TOMBSTONE,
};
struct address {
	const char *local, *domain;
	const char *login;  /* of the mailbox it leads to */
	enum address_state state;
	const char *person; /* holder's reference; "" when foreign */
	int64_t request;    /* that changed it last; 0: none */
	int64_t reserved_at, active_at, alias_at, ended_at; /* seconds since 1970; 0: never */
};

static inline bool
state_ended(enum state s)
{
	return s == STATE_DONE || s == STATE_FAILED || s == STATE_REFUSED || s == STATE_CANCELLED;
}
#endif
