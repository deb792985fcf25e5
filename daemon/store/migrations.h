/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_MIGRATIONS_H
#define HOPTHU_MIGRATIONS_H

#include "common/model.h"

/*
 * migrations[0] makes a database of version STORE_FIRST, migrations[n] takes one from version
 * STORE_FIRST + n - 1 to the next.  Never edited once released.
 */
static const char *const migrations[] = {
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	/* the log: rec is the very bytes that were hashed into leaf */
	"CREATE TABLE audit (seq INTEGER PRIMARY KEY, rec BLOB NOT NULL, leaf BLOB NOT NULL) STRICT;"
	"CREATE TABLE audit_request (request INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY (request, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE audit_subject (subject TEXT NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY (subject, seq)) STRICT, WITHOUT ROWID;"
	/* which records of a block have a word, and who has a name: made from the log and from the
	 * rows of letters, no evidence, may be made again (store_index.h) */
	"CREATE TABLE audit_index (term TEXT NOT NULL, block INTEGER NOT NULL, bits BLOB NOT NULL,"
	" PRIMARY KEY (term, block)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE person_name (folded TEXT NOT NULL, person TEXT NOT NULL, name TEXT NOT NULL,"
	" PRIMARY KEY (folded, person, name)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE frontier (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL,"
	" hashes BLOB NOT NULL) STRICT;"
	/* roots of full subtrees of 256^level records, so that a proof reads few leaves */
	"CREATE TABLE subtree (level INTEGER NOT NULL, n INTEGER NOT NULL, hash BLOB NOT NULL,"
	" PRIMARY KEY (level, n)) STRICT, WITHOUT ROWID;"
	/* every checkpoint that was ever signed, once for a size, and who else confirmed it */
	"CREATE TABLE checkpoint (size INTEGER PRIMARY KEY, root BLOB NOT NULL, note TEXT NOT NULL,"
	" at INTEGER NOT NULL) STRICT;"
	"CREATE TABLE cosignature (size INTEGER NOT NULL, witness TEXT NOT NULL, line TEXT NOT NULL,"
	" at INTEGER NOT NULL, PRIMARY KEY (size, witness)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX cosignature_witness ON cosignature (witness, size);"
	/* what the commitments in the log stand for: can be erased, the log cannot */
	"CREATE TABLE opening (seq INTEGER NOT NULL, field TEXT NOT NULL, salt BLOB NOT NULL,"
	" value TEXT NOT NULL, PRIMARY KEY (seq, field)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX opening_path ON opening (seq) WHERE field = 'path';"
	"CREATE TABLE operator (name TEXT PRIMARY KEY, full_name TEXT NOT NULL,"
	" roles INTEGER NOT NULL, agency TEXT, uid INTEGER, scram TEXT, created_at INTEGER NOT NULL,"
	" revoked_at INTEGER NOT NULL, in_directory INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX operator_uid ON operator (uid) WHERE revoked_at = 0;"
	"CREATE TABLE agency (code TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,"
	" parent TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	/* every local part ever promised, and what became of it; see struct address */
	"CREATE TABLE address (local TEXT PRIMARY KEY, domain TEXT NOT NULL, login TEXT NOT NULL,"
	" state TEXT NOT NULL, request INTEGER NOT NULL, person TEXT NOT NULL, shape TEXT NOT NULL,"
	" reserved_at INTEGER NOT NULL, active_at INTEGER NOT NULL, alias_at INTEGER NOT NULL,"
	" ended_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX address_shape ON address (shape) WHERE shape <> '';"
	"CREATE INDEX address_login ON address (login) WHERE local <> login;"
	/* the directory as we left it */
	"CREATE TABLE mailbox (login TEXT PRIMARY KEY, address TEXT NOT NULL, person TEXT NOT NULL,"
	" full_name TEXT NOT NULL, agency TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,"
	" login_allowed INTEGER NOT NULL, delivery_allowed INTEGER NOT NULL, title TEXT NOT NULL,"
	" unit TEXT NOT NULL, phone TEXT NOT NULL, rank TEXT NOT NULL, quota INTEGER NOT NULL,"
	" opid TEXT NOT NULL, entry_uuid TEXT NOT NULL, request INTEGER NOT NULL,"
	" updated_at INTEGER NOT NULL, custodian TEXT NOT NULL, aliases TEXT NOT NULL,"
	" purge_due TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX mailbox_agency ON mailbox (agency, login);"
	"CREATE INDEX mailbox_name ON mailbox (full_name, agency);"
	"CREATE INDEX mailbox_custodian ON mailbox (custodian) WHERE custodian <> '';"
	/* counted as they change: counting a million takes longer than a turn may */
	"CREATE TABLE mailbox_count (agency TEXT NOT NULL, status TEXT NOT NULL,"
	" n INTEGER NOT NULL, PRIMARY KEY (agency, status)) STRICT, WITHOUT ROWID;"
	"CREATE TRIGGER mailbox_new AFTER INSERT ON mailbox BEGIN"
	" INSERT INTO mailbox_count VALUES (new.agency, new.status, 1)"
	" ON CONFLICT (agency, status) DO UPDATE SET n = n + 1; END;"
	"CREATE TRIGGER mailbox_changed AFTER UPDATE OF agency, status ON mailbox BEGIN"
	" UPDATE mailbox_count SET n = n - 1 WHERE agency = old.agency AND status = old.status;"
	" INSERT INTO mailbox_count VALUES (new.agency, new.status, 1)"
	" ON CONFLICT (agency, status) DO UPDATE SET n = n + 1; END;"
	"CREATE INDEX mailbox_uuid ON mailbox (entry_uuid) WHERE entry_uuid <> '';"
	/* entries of the directory that are no mailboxes of ours, as they were seen last, and of mailboxes
	 * what stands there beyond our copy; attrs '': the entry is gone */
	"CREATE TABLE watched (uuid TEXT PRIMARY KEY, dn TEXT NOT NULL, attrs TEXT NOT NULL,"
	" at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX watched_dn ON watched (dn);"
	/* what others changed there; seq of its audit record, dn in its compared form */
	"CREATE TABLE drift (seq INTEGER PRIMARY KEY, dn TEXT NOT NULL, login TEXT NOT NULL,"
	" kind TEXT NOT NULL, state TEXT NOT NULL, attributes TEXT NOT NULL, csn TEXT NOT NULL,"
	" uuid TEXT NOT NULL, at INTEGER NOT NULL, request INTEGER NOT NULL, writer TEXT NOT NULL,"
	" session TEXT NOT NULL, written TEXT NOT NULL) STRICT;"
	"CREATE INDEX drift_dn ON drift (dn) WHERE state = 'open';"
	"CREATE INDEX drift_state ON drift (state, seq);"
	"CREATE INDEX drift_uuid ON drift (uuid, seq);"
	"CREATE INDEX drift_request ON drift (request) WHERE request > 0;"
	"CREATE TABLE request (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, agency TEXT NOT NULL,"
	" letter TEXT NOT NULL, date TEXT NOT NULL, signer TEXT NOT NULL, reason TEXT NOT NULL,"
	" channel TEXT NOT NULL, declared INTEGER NOT NULL, state TEXT NOT NULL,"
	" digest TEXT NOT NULL, round INTEGER NOT NULL, items INTEGER NOT NULL,"
	" open INTEGER NOT NULL, failed INTEGER NOT NULL, submitter TEXT NOT NULL,"
	" approver TEXT NOT NULL, refusal TEXT NOT NULL, submitted_at INTEGER NOT NULL,"
	" approved_at INTEGER NOT NULL, ended_at INTEGER NOT NULL, domain TEXT NOT NULL,"
	" signer_title TEXT NOT NULL, requester TEXT NOT NULL, requester_phone TEXT NOT NULL,"
	" contact TEXT NOT NULL, attachment TEXT NOT NULL, policy TEXT NOT NULL,"
	" due_at INTEGER NOT NULL, needs INTEGER NOT NULL, first_approver TEXT NOT NULL,"
	" namers TEXT NOT NULL DEFAULT '', moves INTEGER NOT NULL DEFAULT 0,"
	" erased INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE INDEX request_state ON request (state);"
	"CREATE INDEX request_letter ON request (agency, letter);"
	"CREATE INDEX request_number ON request (letter);"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, request INTEGER NOT NULL REFERENCES request (id),"
	" row INTEGER NOT NULL, round INTEGER NOT NULL, op TEXT NOT NULL, ref TEXT NOT NULL,"
	" login TEXT NOT NULL, address TEXT NOT NULL, person TEXT NOT NULL,"
	" full_name TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL, due INTEGER NOT NULL,"
	" opid TEXT NOT NULL, plan TEXT NOT NULL, plan_sha BLOB NOT NULL, input TEXT NOT NULL,"
	" tried INTEGER NOT NULL, intent INTEGER NOT NULL, updated_at INTEGER NOT NULL,"
	" record INTEGER NOT NULL DEFAULT 0) STRICT;"
	"CREATE UNIQUE INDEX item_row ON item (request, row);"
	"CREATE INDEX item_state ON item (request, state, row, due);"
	"CREATE INDEX item_adrift ON item (state) WHERE state IN ('running', 'unknown');"
	"CREATE INDEX item_due ON item (due) WHERE state = 'planned' AND due > 0;"
	"CREATE INDEX item_login ON item (login);"
	"CREATE INDEX item_ref ON item (request, ref);"
	"CREATE INDEX item_waiting ON item (full_name) WHERE op = 'create'"
	" AND state IN ('planned', 'checked', 'name-needed');"
	"CREATE INDEX item_erased ON item (opid) WHERE full_name = '" ERASED "';",
};
#endif
