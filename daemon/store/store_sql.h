/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_SQL_H
#define HOPTHU_STORE_SQL_H

#define ITEM_COLUMNS \
	"i.id, i.request, i.row, i.round, i.op, i.ref, i.login, i.address, i.person, i.full_name, " \
	"i.state, i.error, i.due, i.opid, i.plan, i.plan_sha, i.input, i.tried, i.intent, i.updated_at"
#define REQUEST_COLUMNS \
	"r.id, r.kind, r.agency, r.letter, r.date, r.signer, r.reason, r.channel, r.declared, " \
	"r.state, r.digest, r.round, r.items, r.open, r.failed, r.submitter, r.approver, r.refusal, " \
	"r.submitted_at, r.approved_at, r.ended_at"
#define MAILBOX_COLUMNS \
	"login, address, person, full_name, agency, kind, status, login_allowed, delivery_allowed, " \
	"title, unit, phone, rank, quota, opid, entry_uuid, request, updated_at"
#define OPERATOR_COLUMNS \
	"name, full_name, roles, agency, uid, scram, created_at, revoked_at, in_directory"

/* Every statement there is.  Values come in only as parameters. */
#define STORE_SQL(X) \
	X(BEGIN, "BEGIN IMMEDIATE") \
	X(COMMIT, "COMMIT") \
	X(ROLLBACK, "ROLLBACK") \
	X(UNIT, "SAVEPOINT unit") \
	X(UNIT_END, "RELEASE unit") \
	X(UNIT_ABORT, "ROLLBACK TO unit") \
	X(META_GET, "SELECT value FROM meta WHERE key = ?") \
	X(META_PUT, "INSERT INTO meta (key, value) VALUES (?, ?) " \
		"ON CONFLICT (key) DO UPDATE SET value = excluded.value") \
	X(AUDIT_ADD, "INSERT INTO audit (seq, rec, leaf) VALUES (?, ?, ?)") \
	X(AUDIT_AFTER, "SELECT seq, rec, leaf FROM audit WHERE seq > ? ORDER BY seq LIMIT ?") \
	X(AUDIT_OF_REQUEST, "SELECT a.seq, a.rec, a.leaf FROM audit_request q JOIN audit a " \
		"ON a.seq = q.seq WHERE q.request = ? AND q.seq > ? ORDER BY q.seq LIMIT ?") \
	X(AUDIT_REQUEST_ADD, "INSERT INTO audit_request (request, seq) VALUES (?, ?)") \
	X(OPENING_ADD, "INSERT INTO opening (seq, field, salt, value) VALUES (?, ?, ?, ?)") \
	X(OPENING_OF, "SELECT field, value FROM opening WHERE seq = ? ORDER BY field") \
	X(FRONTIER_GET, "SELECT size, hashes FROM frontier WHERE id = 1") \
	X(FRONTIER_PUT, "INSERT INTO frontier (id, size, hashes) VALUES (1, ?, ?) " \
		"ON CONFLICT (id) DO UPDATE SET size = excluded.size, hashes = excluded.hashes") \
	X(AUDIT_LAST, "SELECT coalesce(max(seq), 0) FROM audit") \
	X(OPERATOR_GET, "SELECT " OPERATOR_COLUMNS " FROM operator WHERE name = ?") \
	X(OPERATOR_BY_UID, "SELECT " OPERATOR_COLUMNS " FROM operator WHERE uid = ? AND revoked_at = 0") \
	X(OPERATOR_ALL, "SELECT " OPERATOR_COLUMNS " FROM operator ORDER BY name") \
	X(OPERATOR_PUT, "INSERT INTO operator (" OPERATOR_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?) " \
		"ON CONFLICT (name) DO UPDATE SET full_name = excluded.full_name, " \
		"roles = excluded.roles, agency = excluded.agency, uid = excluded.uid, " \
		"scram = excluded.scram, revoked_at = excluded.revoked_at, " \
		"in_directory = excluded.in_directory") \
	X(AGENCY_GET, "SELECT code, name, kind, parent FROM agency WHERE code = ?") \
	X(AGENCY_ALL, "SELECT code, name, kind, parent FROM agency ORDER BY code") \
	X(AGENCY_ADD, "INSERT INTO agency (code, name, kind, parent) VALUES (?, ?, ?, ?)") \
	X(ADDRESS_GET, "SELECT a.state, a.request, coalesce(r.state, '') FROM address a " \
		"LEFT JOIN request r ON r.id = a.request WHERE a.login = ?") \
	X(ADDRESS_PUT, "INSERT INTO address (login, state, request, person, since) " \
		"VALUES (?, ?, ?, ?, unixepoch()) ON CONFLICT (login) DO UPDATE SET " \
		"state = excluded.state, request = excluded.request, person = excluded.person, " \
		"since = excluded.since") \
	X(MAILBOX_GET, "SELECT " MAILBOX_COLUMNS " FROM mailbox WHERE login = ?") \
	X(MAILBOX_PUT, "INSERT INTO mailbox (" MAILBOX_COLUMNS ") " \
		"VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (login) DO UPDATE SET " \
		"address = excluded.address, person = excluded.person, " \
		"full_name = excluded.full_name, agency = excluded.agency, kind = excluded.kind, " \
		"status = excluded.status, login_allowed = excluded.login_allowed, " \
		"delivery_allowed = excluded.delivery_allowed, title = excluded.title, " \
		"unit = excluded.unit, phone = excluded.phone, rank = excluded.rank, " \
		"quota = excluded.quota, opid = excluded.opid, entry_uuid = excluded.entry_uuid, " \
		"request = excluded.request, updated_at = excluded.updated_at") \
	X(MAILBOX_LIST, "SELECT " MAILBOX_COLUMNS " FROM mailbox WHERE login > ?1 " \
		"AND (?2 IS NULL OR agency = ?2) AND (?3 IS NULL OR status = ?3) " \
		"AND (?4 IS NULL OR instr(login, ?4) OR instr(full_name, ?4)) ORDER BY login LIMIT ?5") \
	X(MAILBOX_COUNTS, "SELECT status, sum(n) FROM mailbox_count WHERE ?1 IS NULL OR agency = ?1 " \
		"GROUP BY status") \
	X(REQUEST_ADD, "INSERT INTO request (kind, agency, letter, date, signer, reason, channel, " \
		"declared, state, digest, round, items, open, failed, submitter, approver, refusal, " \
		"submitted_at, approved_at, ended_at) " \
		"VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id") \
	X(REQUEST_GET, "SELECT " REQUEST_COLUMNS " FROM request r WHERE r.id = ?") \
	X(REQUEST_PUT, "UPDATE request SET state = ?2, digest = ?3, round = ?4, items = ?5, " \
		"open = ?6, failed = ?7, approver = ?8, refusal = ?9, approved_at = ?10, " \
		"ended_at = ?11 WHERE id = ?1") \
	X(REQUEST_LIST, "SELECT " REQUEST_COLUMNS " FROM request r WHERE r.id < ?1 " \
		"AND (?2 IS NULL OR r.agency = ?2) AND (?3 IS NULL OR r.submitter = ?3) " \
		"AND (?4 IS NULL OR r.state = ?4) " \
		"AND (?5 = 0 OR r.state IN ('received', 'planned', 'approved')) " \
		"AND (r.kind = 'letter' OR ?5 <> 0 OR ?4 IS NOT NULL) ORDER BY r.id DESC LIMIT ?6") \
	X(REQUEST_OLDEST, "SELECT coalesce(min(submitted_at), 0) / 1000000 FROM request " \
		"WHERE state IN ('planned', 'approved')") \
	X(ITEM_ADD, "INSERT INTO item (request, row, round, op, ref, login, address, person, " \
		"full_name, state, error, due, opid, plan, plan_sha, input, tried, intent, updated_at) " \
		"VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id") \
	X(ITEM_GET, "SELECT " ITEM_COLUMNS " FROM item i WHERE i.id = ?") \
	X(ITEM_BY_ROW, "SELECT " ITEM_COLUMNS " FROM item i WHERE i.request = ? AND i.row = ?") \
	X(ITEM_PUT, "UPDATE item SET state = ?2, error = ?3, due = ?4, tried = ?5, intent = ?6, " \
		"updated_at = ?7 WHERE id = ?1") \
	X(ITEM_PLAN, "UPDATE item SET round = ?2, login = ?3, address = ?4, opid = ?5, plan = ?6, " \
		"plan_sha = ?7 WHERE id = ?1") \
	X(ITEM_LIST, "SELECT " ITEM_COLUMNS " FROM item i WHERE i.request = ?1 AND i.row >= ?2 " \
		"AND (?3 = 0 OR i.round = ?3) ORDER BY i.row LIMIT ?4") \
	X(ITEM_IN_STATE, "SELECT " ITEM_COLUMNS " FROM item i INDEXED BY item_state " \
		"WHERE i.request = ? AND i.state = ? AND i.row > ? AND i.due <= ? " \
		"ORDER BY i.row LIMIT ?") \
	X(ITEM_COUNTS, "SELECT CASE WHEN i.state = 'checked' AND r.state = 'approved' THEN i.state " \
		"WHEN i.state NOT IN ('planned', 'checked') THEN i.state " \
		"WHEN r.state = 'approved' AND i.due > ?2 THEN 'scheduled' ELSE r.state END, count(*) " \
		"FROM request r JOIN item i ON i.request = r.id WHERE r.id = ?1 GROUP BY 1") \
	X(ITEM_COUNTS_OPEN, "SELECT CASE WHEN i.state = 'checked' AND r.state = 'approved' THEN i.state " \
		"WHEN i.state NOT IN ('planned', 'checked') THEN i.state " \
		"WHEN r.state = 'approved' AND i.due > ?1 THEN 'scheduled' ELSE r.state END, count(*) " \
		"FROM request r CROSS JOIN item i ON i.request = r.id " \
		"WHERE r.state IN ('planned', 'approved') GROUP BY 1") \
	X(ITEM_ADRIFT, "SELECT " ITEM_COLUMNS " FROM item i " \
		"WHERE i.state IN ('running', 'unknown') ORDER BY i.id") \
	X(ITEM_DUE, "SELECT i.due FROM item i INDEXED BY item_due JOIN request r ON r.id = i.request " \
		"WHERE i.state = 'planned' AND i.due > 0 AND i.due > ? AND r.state = 'approved' " \
		"ORDER BY i.due LIMIT 1") \
	X(ITEM_INTENT, "SELECT 1 FROM item WHERE request = ? AND intent <> 0 LIMIT 1") \
	X(ITEM_REQUEUE, "UPDATE item SET state = 'planned', error = '', tried = 1, updated_at = ?2 " \
		"WHERE request = ?1 AND state IN ('failed', 'held')") \
	X(REQUEST_READY, "SELECT r.id FROM request r WHERE r.state = 'approved' " \
		"AND (EXISTS (SELECT 1 FROM item i INDEXED BY item_state WHERE i.request = r.id " \
		"AND i.state = 'planned' AND i.due <= ?1) OR EXISTS (SELECT 1 FROM item i " \
		"INDEXED BY item_state WHERE i.request = r.id AND i.state = 'checked')) " \
		"AND (r.submitter = 'hopthud' OR EXISTS (SELECT 1 FROM operator o " \
		"WHERE o.name = r.approver AND o.in_directory = 1)) ORDER BY r.id LIMIT ?2") \
	X(REQUEST_DISALLOW, "UPDATE request SET state = 'planned', approver = '', approved_at = 0 " \
		"WHERE state = 'approved' AND kind = 'letter' AND approver = ? RETURNING id") \
	X(ITEM_REF, "SELECT " ITEM_COLUMNS " FROM request r JOIN item i ON i.request = r.id " \
		"WHERE r.agency = ? AND r.letter = ? AND substr(r.date, 1, 4) = substr(?, 1, 4) " \
		"AND i.ref = ? AND (r.state NOT IN ('refused', 'cancelled') OR i.state = 'done') " \
		"ORDER BY i.id DESC LIMIT 1") \
	X(REQUEST_OF_LETTER, "SELECT id FROM request WHERE agency = ? AND letter = ? " \
		"AND substr(date, 1, 4) = substr(?, 1, 4) AND id <> ? " \
		"AND (? = 0 OR state = 'received') LIMIT 1") \
	X(ITEM_HISTORY, "SELECT " ITEM_COLUMNS ", " REQUEST_COLUMNS " FROM item i JOIN request r " \
		"ON r.id = i.request WHERE i.login = ? ORDER BY i.id DESC LIMIT ?")

enum sql {
#define X(N, q) SQL_##N,
	STORE_SQL(X)
#undef X
	SQL_COUNT
};
#endif
