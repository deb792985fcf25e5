/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_MIGRATIONS_H
#define HOPTHU_MIGRATIONS_H

/* migrations[n] takes a database from version n to n + 1.  Never edited once released. */
static const char *const migrations[] = {
	"CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	/* the log: rec is the very bytes that were hashed into leaf */
	"CREATE TABLE audit (seq INTEGER PRIMARY KEY, rec BLOB NOT NULL, leaf BLOB NOT NULL) STRICT;"
	"CREATE TABLE audit_request (request INTEGER NOT NULL, seq INTEGER NOT NULL,"
	" PRIMARY KEY (request, seq)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE frontier (id INTEGER PRIMARY KEY CHECK (id = 1), size INTEGER NOT NULL,"
	" hashes BLOB NOT NULL) STRICT;"
	/* what the commitments in the log stand for: can be erased, the log cannot */
	"CREATE TABLE opening (seq INTEGER NOT NULL, field TEXT NOT NULL, salt BLOB NOT NULL,"
	" value TEXT NOT NULL, PRIMARY KEY (seq, field)) STRICT, WITHOUT ROWID;"
	"CREATE TABLE operator (name TEXT PRIMARY KEY, full_name TEXT NOT NULL,"
	" roles INTEGER NOT NULL, agency TEXT, uid INTEGER, scram TEXT, created_at INTEGER NOT NULL,"
	" revoked_at INTEGER NOT NULL, in_directory INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE UNIQUE INDEX operator_uid ON operator (uid) WHERE revoked_at = 0;"
	"CREATE TABLE agency (code TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL,"
	" parent TEXT NOT NULL) STRICT, WITHOUT ROWID;"
	/* every login ever promised: 'reserved', 'active', 'foreign' */
	"CREATE TABLE address (login TEXT PRIMARY KEY, state TEXT NOT NULL,"
	" request INTEGER NOT NULL, person TEXT NOT NULL, since INTEGER NOT NULL)"
	" STRICT, WITHOUT ROWID;"
	/* the directory as we left it */
	"CREATE TABLE mailbox (login TEXT PRIMARY KEY, address TEXT NOT NULL, person TEXT NOT NULL,"
	" full_name TEXT NOT NULL, agency TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL,"
	" login_allowed INTEGER NOT NULL, delivery_allowed INTEGER NOT NULL, title TEXT NOT NULL,"
	" unit TEXT NOT NULL, phone TEXT NOT NULL, rank TEXT NOT NULL, quota INTEGER NOT NULL,"
	" opid TEXT NOT NULL, entry_uuid TEXT NOT NULL, request INTEGER NOT NULL,"
	" updated_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
	"CREATE INDEX mailbox_agency ON mailbox (agency, login);"
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
	"CREATE TABLE request (id INTEGER PRIMARY KEY, kind TEXT NOT NULL, agency TEXT NOT NULL,"
	" letter TEXT NOT NULL, date TEXT NOT NULL, signer TEXT NOT NULL, reason TEXT NOT NULL,"
	" channel TEXT NOT NULL, declared INTEGER NOT NULL, state TEXT NOT NULL,"
	" digest TEXT NOT NULL, round INTEGER NOT NULL, items INTEGER NOT NULL,"
	" open INTEGER NOT NULL, failed INTEGER NOT NULL, submitter TEXT NOT NULL,"
	" approver TEXT NOT NULL, refusal TEXT NOT NULL, submitted_at INTEGER NOT NULL,"
	" approved_at INTEGER NOT NULL, ended_at INTEGER NOT NULL) STRICT;"
	"CREATE INDEX request_state ON request (state);"
	"CREATE INDEX request_letter ON request (agency, letter);"
	"CREATE TABLE item (id INTEGER PRIMARY KEY, request INTEGER NOT NULL REFERENCES request (id),"
	" row INTEGER NOT NULL, round INTEGER NOT NULL, op TEXT NOT NULL, ref TEXT NOT NULL,"
	" login TEXT NOT NULL, address TEXT NOT NULL, person TEXT NOT NULL,"
	" full_name TEXT NOT NULL, state TEXT NOT NULL, error TEXT NOT NULL, due INTEGER NOT NULL,"
	" opid TEXT NOT NULL, plan TEXT NOT NULL, plan_sha BLOB NOT NULL, input TEXT NOT NULL,"
	" tried INTEGER NOT NULL, intent INTEGER NOT NULL, updated_at INTEGER NOT NULL) STRICT;"
	"CREATE UNIQUE INDEX item_row ON item (request, row);"
	"CREATE INDEX item_state ON item (request, state, row, due);"
	"CREATE INDEX item_adrift ON item (state) WHERE state IN ('running', 'unknown');"
	"CREATE INDEX item_due ON item (due) WHERE state = 'planned' AND due > 0;"
	"CREATE INDEX item_login ON item (login);"
	"CREATE INDEX item_ref ON item (request, ref);",
};
#endif
