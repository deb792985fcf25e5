/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_SQL_H
#define HOPTHU_STORE_SQL_H

#define ITEM_COLUMNS \
	"i.id, i.request, i.row, i.round, i.op, i.ref, i.login, i.address, i.person, i.full_name, " \
	"i.state, i.error, i.due, i.opid, i.plan, i.plan_sha, i.input, i.tried, i.intent, i.updated_at, " \
	"i.record"
#define REQUEST_COLUMNS \
	"r.id, r.kind, r.agency, r.letter, r.date, r.signer, r.reason, r.channel, r.declared, " \
	"r.state, r.digest, r.round, r.items, r.open, r.failed, r.submitter, r.approver, r.refusal, " \
	"r.submitted_at, r.approved_at, r.ended_at, r.domain, r.signer_title, r.requester, " \
	"r.requester_phone, r.contact, r.attachment, r.policy, r.due_at, r.needs, r.first_approver, " \
	"r.namers, r.moves, r.erased"
#define MAILBOX_COLUMNS \
	"login, address, person, full_name, agency, kind, status, login_allowed, delivery_allowed, " \
	"title, unit, phone, rank, quota, opid, entry_uuid, request, updated_at, custodian, aliases, " \
	"purge_due"
#define DRIFT_COLUMNS \
	"seq, dn, login, kind, state, attributes, csn, uuid, at, request, writer, session, written"
#define ADDRESS_COLUMNS \
	"a.local, a.domain, a.login, a.state, a.person, a.request, a.reserved_at, a.active_at, " \
	"a.alias_at, a.ended_at, coalesce(r.state, '')"
/* The row was asked for again in a later letter of the same number, and that one stands. */
#define ASKED_AGAIN(i) \
	"EXISTS (SELECT 1 FROM request o JOIN request q ON q.agency = o.agency " \
	"AND q.letter = o.letter AND substr(q.date, 1, 4) = substr(o.date, 1, 4) AND q.id > o.id " \
	"JOIN item n ON n.request = q.id AND n.ref = " i ".ref WHERE o.id = " i ".request " \
	"AND (q.state NOT IN ('refused', 'cancelled') OR n.state = 'done'))"
/* The address that the row was promised is not its own any more. */
#define ADDRESS_LOST \
	"(item.op IN ('create', 'rename', 'transfer') AND NOT EXISTS (SELECT 1 FROM address a " \
	"WHERE a.local = substr(item.address, 1, instr(item.address, '@') - 1) " \
	"AND (a.request = item.request OR (a.state IN ('active', 'alias') AND item.op <> 'create' " \
	"AND a.login = item.login))))"
/* An order that takes an operator's rights away waits for what the operator ordered before: that is
 * still done in the operator's name. */
#define LEAVER_HAS_ORDERS(r) \
	"(" r ".kind = 'order' AND EXISTS (SELECT 1 FROM item v JOIN request e ON e.approver = v.login " \
	"JOIN item x ON x.request = e.id WHERE v.request = " r ".id AND v.op = 'operator-revoke' " \
	"AND e.state = 'approved' AND e.kind = 'order' AND e.id < " r ".id " \
	"AND x.state IN ('planned', 'running', 'unknown')))"
/* Letters that have not ended. */
#define OPEN_STATES "('received', 'name-needed', 'planned', 'approved')"
/* What waits the longest comes first; without a term last. */
#define DUE_ORDER "coalesce(nullif(r.due_at, 0), 9223372036854775807)"
/* How an item shows itself, seen through its request's state; ?N is now. */
#define ITEM_SHOWN(now) \
	"CASE WHEN i.state = 'checked' AND r.state = 'approved' THEN i.state " \
	"WHEN i.state NOT IN ('planned', 'checked', 'name-needed') OR r.state = 'name-needed' " \
	"THEN i.state WHEN r.state = 'approved' AND i.due > " now " THEN 'scheduled' " \
	"ELSE r.state END"
/* Every address that leads to a login, as far as it is this person's. */
#define ADDRESSES_OF_PERSON \
	"(local = ?1 OR (local <> login AND login = ?1)) AND person = ?2"
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
	X(QUICK_CHECK, "PRAGMA quick_check(1)") \
	X(META_GET, "SELECT value FROM meta WHERE key = ?") \
	X(META_PUT, "INSERT INTO meta (key, value) VALUES (?, ?) " \
		"ON CONFLICT (key) DO UPDATE SET value = excluded.value") \
	X(AUDIT_ADD, "INSERT INTO audit (seq, rec, leaf) VALUES (?, ?, ?)") \
	X(AUDIT_AFTER, "SELECT seq, rec, leaf FROM audit WHERE seq > ? ORDER BY seq LIMIT ?") \
	X(AUDIT_OF_REQUEST, "SELECT a.seq, a.rec, a.leaf FROM audit_request q JOIN audit a " \
		"ON a.seq = q.seq WHERE q.request = ? AND q.seq > ? ORDER BY q.seq LIMIT ?") \
	X(AUDIT_REQUEST_ADD, "INSERT INTO audit_request (request, seq) VALUES (?, ?)") \
	X(AUDIT_OF_SUBJECT, "SELECT a.seq, a.rec, a.leaf FROM audit_subject q JOIN audit a " \
		"ON a.seq = q.seq WHERE q.subject = ? AND q.seq > ? ORDER BY q.seq LIMIT ?") \
	X(AUDIT_SUBJECT_ADD, "INSERT INTO audit_subject (subject, seq) VALUES (?, ?)") \
	X(INDEX_ADD, "INSERT INTO audit_index (term, block, bits) VALUES (?, ?, ?) " \
		"ON CONFLICT (term, block) DO UPDATE SET bits = excluded.bits") \
	X(INDEX_EARLIER, "SELECT block, bits FROM audit_index WHERE term = ? AND block <= ? " \
		"ORDER BY block DESC LIMIT 1") \
	X(INDEX_LATER, "SELECT block, bits FROM audit_index WHERE term = ? AND block >= ? " \
		"ORDER BY block LIMIT 1") \
	X(INDEX_WHOLE, "SELECT block FROM audit_index WHERE term = '' AND block >= ? ORDER BY block") \
	X(INDEX_WORD, "SELECT term FROM audit_index WHERE term > ? ORDER BY term LIMIT 1") \
	X(INDEX_REQUEST, "SELECT r.agency, i.op, i.login FROM request r LEFT JOIN item i " \
		"ON i.request = r.id AND i.row = 1 AND r.kind = 'order' WHERE r.id = ?") \
	X(SUBJECT_SEQS, "SELECT seq FROM audit_subject WHERE subject = ? AND seq BETWEEN ? AND ?") \
	X(SUBJECT_ANY, "SELECT 1 FROM audit_subject WHERE subject = ? LIMIT 1") \
	X(REQUEST_SEQS, "SELECT seq FROM audit_request WHERE request = ? AND seq BETWEEN ? AND ?") \
	X(REQUEST_EARLIER, "SELECT seq FROM audit_request WHERE request = ? AND seq <= ? " \
		"ORDER BY seq DESC LIMIT 1") \
	X(REQUEST_LATER, "SELECT seq FROM audit_request WHERE request = ? AND seq >= ? " \
		"ORDER BY seq LIMIT 1") \
	X(REQUEST_SPAN, "SELECT (SELECT min(seq) FROM audit_request WHERE request = ?1), " \
		"(SELECT max(seq) FROM audit_request WHERE request = ?1)") \
	X(PEOPLE_OF_LOGIN, "SELECT person FROM item WHERE login = ?1 AND person <> '' " \
		"UNION SELECT person FROM mailbox WHERE login = ?1 AND person <> '' " \
		"UNION SELECT person FROM address WHERE local = ?1 AND person <> ''") \
	X(PEOPLE_NAMED, "SELECT person, name FROM person_name WHERE folded = ?") \
	X(REQUESTS_OF_LETTER, "SELECT id FROM request WHERE letter = ?1 " \
		"AND (?2 IS NULL OR agency = ?2) ORDER BY id") \
	X(NAMES_AFTER, "SELECT id, full_name, person FROM item WHERE id > ? ORDER BY id LIMIT ?") \
	X(NAME_ADD, "INSERT INTO person_name (folded, person, name) VALUES (?, ?, ?) " \
		"ON CONFLICT (folded, person, name) DO NOTHING") \
	X(NAME_FORGET, "DELETE FROM person_name WHERE folded = ? AND person = ?") \
	X(SUBTREE_ADD, "INSERT INTO subtree (level, n, hash) VALUES (?, ?, ?)") \
	X(SUBTREE_FROM, "SELECT n, hash FROM subtree WHERE level = ? AND n >= ? ORDER BY n LIMIT ?") \
	X(LEAF_FROM, "SELECT seq - 1, leaf FROM audit WHERE seq > ? ORDER BY seq LIMIT ?") \
	X(CHECKPOINT_ADD, "INSERT INTO checkpoint (size, root, note, at) VALUES (?, ?, ?, ?)") \
	X(CHECKPOINT_LAST, "SELECT size, root, note, at FROM checkpoint ORDER BY size DESC LIMIT 1") \
	X(CHECKPOINT_FROM, "SELECT size, root, note, at FROM checkpoint WHERE size >= ? " \
		"ORDER BY size LIMIT ?") \
	X(COSIGNATURE_ADD, "INSERT INTO cosignature (size, witness, line, at) VALUES (?, ?, ?, ?) " \
		"ON CONFLICT (size, witness) DO NOTHING") \
	X(COSIGNATURE_OF, "SELECT witness, line, at FROM cosignature WHERE size = ? ORDER BY witness") \
	X(COSIGNATURE_LAST, "SELECT size, line, at FROM cosignature WHERE witness = ? " \
		"ORDER BY size DESC LIMIT 1") \
	X(OPENING_ADD, "INSERT INTO opening (seq, field, salt, value) VALUES (?, ?, ?, ?)") \
	X(OPENING_OF, "SELECT field, value FROM opening WHERE seq = ? ORDER BY field") \
	X(OPENING_COUNT, "SELECT count(*) FROM opening WHERE seq = ?1 AND (?2 IS NULL OR field = ?2)") \
	X(OPENING_ERASE, "DELETE FROM opening WHERE seq = ?1 AND (?2 IS NULL OR field = ?2)") \
	X(OPENING_PATHS, "SELECT seq, value FROM opening INDEXED BY opening_path " \
		"WHERE field = 'path' AND seq > ? ORDER BY seq LIMIT ?") \
	X(OPENING_AFTER, "SELECT seq, field, salt, value FROM opening WHERE (seq, field) > (?1, ?2) " \
		"AND seq <= ?3 ORDER BY seq, field LIMIT ?4") \
	X(COSIGNATURE_FROM, "SELECT size, witness, line, at FROM cosignature WHERE size >= ? " \
		"ORDER BY size LIMIT ?") \
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
	X(ADDRESS_GET, "SELECT " ADDRESS_COLUMNS " FROM address a " \
		"LEFT JOIN request r ON r.id = a.request WHERE a.local = ?") \
	X(ADDRESS_PUT, "INSERT INTO address (local, domain, login, state, request, person, shape, " \
		"reserved_at, active_at, alias_at, ended_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, " \
		"iif(?4 = 'reserved', ?8, 0), iif(?4 = 'active', ?8, 0), iif(?4 = 'alias', ?8, 0), " \
		"iif(?4 = 'tombstone', ?8, 0)) ON CONFLICT (local) DO UPDATE SET " \
		"domain = excluded.domain, login = excluded.login, state = excluded.state, " \
		"request = excluded.request, person = excluded.person, " \
		"shape = iif(excluded.shape = '', shape, excluded.shape), " \
		"reserved_at = iif(excluded.state = 'reserved', ?8, reserved_at), " \
		"active_at = iif(excluded.state = 'active', ?8, iif(excluded.state = 'reserved', 0, " \
		"active_at)), alias_at = iif(excluded.state = 'alias', ?8, " \
		"iif(excluded.state IN ('reserved', 'active'), 0, alias_at)), " \
		"ended_at = iif(excluded.state = 'tombstone', ?8, iif(excluded.state = 'reserved', " \
		"ended_at, 0))") \
	X(ADDRESS_LIST, "SELECT " ADDRESS_COLUMNS " FROM address a LEFT JOIN request r " \
		"ON r.id = a.request WHERE a.local > ?1 AND (?2 IS NULL OR a.state = ?2) " \
		"AND (?3 IS NULL OR a.domain = ?3) AND (?4 IS NULL OR instr(a.local, ?4)) " \
		"ORDER BY a.local LIMIT ?5") \
	X(ADDRESS_ALIKE, "SELECT local FROM address WHERE shape = ?1 AND shape <> '' LIMIT ?2") \
	X(ADDRESS_END, "UPDATE address SET state = 'tombstone', request = ?2, ended_at = ?3 " \
		"WHERE (local = ?1 OR (local <> login AND login = ?1)) AND state <> 'tombstone'") \
	X(ADDRESS_OF_PERSON, "SELECT local FROM address WHERE " ADDRESSES_OF_PERSON) \
	X(ADDRESS_UNPROMISE, "DELETE FROM address WHERE " ADDRESSES_OF_PERSON " " \
		"AND state = 'reserved' AND active_at = 0 AND ended_at = 0") \
	X(ADDRESS_ERASE, "UPDATE address SET domain = '', login = local, state = 'tombstone', " \
		"request = 0, person = '', reserved_at = 0, active_at = 0, alias_at = 0, ended_at = 0 " \
		"WHERE " ADDRESSES_OF_PERSON) \
	X(MAILBOX_ERASE, "UPDATE mailbox SET login = ?2, address = ?3, full_name = ?3, title = '', " \
		"unit = '', phone = '', rank = '', entry_uuid = '', custodian = '', aliases = '' " \
		"WHERE login = ?1 AND person = ?2") \
	X(MAILBOX_KEPT_AT_ALL, "SELECT address FROM mailbox WHERE custodian = ? AND custodian <> '' " \
		"AND status <> 'purged' LIMIT 1") \
	X(ITEM_ERASE, "UPDATE item SET ref = '', login = ?2, address = ?3, full_name = ?3, " \
		"error = iif(error = '', '', ?3), plan = '', " \
		"input = '{\"full_name\":\"' || ?3 || '\",\"op\":\"' || op || '\"}' WHERE id = ?1") \
	X(ITEM_ROWS, "SELECT count(*) FROM item WHERE request = ?") \
	X(REQUEST_ERASED, "UPDATE request SET erased = erased + ?2 WHERE id = ?1") \
	X(REQUEST_TEXTS_ERASE, "UPDATE request SET reason = iif(reason = '', '', ?2), " \
		"refusal = iif(refusal = '', '', ?2) WHERE id = ?1") \
	X(MAILBOX_GET, "SELECT " MAILBOX_COLUMNS " FROM mailbox WHERE login = ?") \
	X(MAILBOX_PUT, "INSERT INTO mailbox (" MAILBOX_COLUMNS ") " \
		"VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT (login) DO UPDATE SET " \
		"address = excluded.address, person = excluded.person, " \
		"full_name = excluded.full_name, agency = excluded.agency, kind = excluded.kind, " \
		"status = excluded.status, login_allowed = excluded.login_allowed, " \
		"delivery_allowed = excluded.delivery_allowed, title = excluded.title, " \
		"unit = excluded.unit, phone = excluded.phone, rank = excluded.rank, " \
		"quota = excluded.quota, opid = excluded.opid, entry_uuid = excluded.entry_uuid, " \
		"request = excluded.request, updated_at = excluded.updated_at, " \
		"custodian = excluded.custodian, aliases = excluded.aliases, " \
		"purge_due = excluded.purge_due") \
	X(MAILBOX_NAMED, "SELECT " MAILBOX_COLUMNS " FROM mailbox WHERE full_name = ? " \
		"AND agency = ? AND status <> 'purged' LIMIT 1") \
	X(MAILBOX_LIST, "SELECT " MAILBOX_COLUMNS " FROM mailbox WHERE login > ?1 " \
		"AND (?2 IS NULL OR agency = ?2) AND (?3 IS NULL OR status = ?3) " \
		"AND (?4 IS NULL OR instr(login, ?4) OR instr(full_name, ?4)) ORDER BY login LIMIT ?5") \
	X(MAILBOX_COUNTS, "SELECT status, sum(n) FROM mailbox_count WHERE ?1 IS NULL OR agency = ?1 " \
		"GROUP BY status") \
	X(REQUEST_ADD, "INSERT INTO request (kind, agency, letter, date, signer, reason, channel, " \
		"declared, state, digest, round, items, open, failed, submitter, approver, refusal, " \
		"submitted_at, approved_at, ended_at, domain, signer_title, requester, requester_phone, " \
		"contact, attachment, policy, due_at, needs, first_approver) VALUES " \
		"(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id") \
	X(REQUEST_GET, "SELECT " REQUEST_COLUMNS " FROM request r WHERE r.id = ?") \
	X(REQUEST_PUT, "UPDATE request SET state = ?2, digest = ?3, round = ?4, items = ?5, " \
		"open = ?6, failed = ?7, approver = ?8, refusal = ?9, approved_at = ?10, " \
		"ended_at = ?11, due_at = ?12, needs = ?13, first_approver = ?14, namers = ?15, " \
		"moves = ?16 WHERE id = ?1") \
	X(REQUEST_LIST, "SELECT " REQUEST_COLUMNS " FROM request r WHERE r.id < ?1 " \
		"AND (?2 IS NULL OR r.agency = ?2) AND (?3 IS NULL OR r.submitter = ?3) " \
		"AND (?4 IS NULL OR r.state = ?4) " \
		"AND (r.kind = 'letter' OR ?4 IS NOT NULL) ORDER BY r.id DESC LIMIT ?5") \
	X(REQUEST_OPEN, "SELECT " REQUEST_COLUMNS " FROM request r WHERE r.state IN " OPEN_STATES " " \
		"AND (?1 = 0 OR (" DUE_ORDER ", r.id) > ((SELECT " DUE_ORDER " FROM request r " \
		"WHERE r.id = ?1), ?1)) AND (?2 IS NULL OR r.agency = ?2) " \
		"AND (?3 IS NULL OR r.submitter = ?3) ORDER BY " DUE_ORDER ", r.id LIMIT ?4") \
	X(REQUEST_OVERDUE, "SELECT count(*), coalesce(min(due_at), 0) FROM request " \
		"WHERE state IN " OPEN_STATES " AND kind = 'letter' AND due_at > 0 AND due_at < ?1 " \
		"AND (?2 IS NULL OR agency = ?2)") \
	X(REQUEST_OLDEST, "SELECT coalesce(min(submitted_at), 0) / 1000000 FROM request " \
		"WHERE state IN ('name-needed', 'planned', 'approved')") \
	X(ITEM_ADD, "INSERT INTO item (request, row, round, op, ref, login, address, person, " \
		"full_name, state, error, due, opid, plan, plan_sha, input, tried, intent, updated_at) " \
		"VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) RETURNING id") \
	X(ITEM_GET, "SELECT " ITEM_COLUMNS " FROM item i WHERE i.id = ?") \
	X(ITEM_BY_ROW, "SELECT " ITEM_COLUMNS " FROM item i WHERE i.request = ? AND i.row = ?") \
	X(ITEM_PUT, "UPDATE item SET state = ?2, error = ?3, due = ?4, tried = ?5, intent = ?6, " \
		"updated_at = ?7, record = ?8 WHERE id = ?1") \
	X(ITEM_PLAN, "UPDATE item SET round = ?2, login = ?3, address = ?4, opid = ?5, plan = ?6, " \
		"plan_sha = ?7 WHERE id = ?1") \
	X(ITEM_LIST, "SELECT " ITEM_COLUMNS " FROM item i WHERE i.request = ?1 AND i.row >= ?2 " \
		"AND (?3 = 0 OR i.round = ?3) ORDER BY i.row LIMIT ?4") \
	X(ITEM_IN_STATE, "SELECT " ITEM_COLUMNS " FROM item i INDEXED BY item_state " \
		"WHERE i.request = ? AND i.state = ? AND i.row > ? AND i.due <= ? " \
		"ORDER BY i.row LIMIT ?") \
	X(ITEM_COUNTS, "SELECT " ITEM_SHOWN("?2") ", count(*) " \
		"FROM request r JOIN item i ON i.request = r.id WHERE r.id = ?1 GROUP BY 1") \
	X(ITEM_COUNTS_OPEN, "SELECT " ITEM_SHOWN("?1") ", count(*) " \
		"FROM request r CROSS JOIN item i ON i.request = r.id " \
		"WHERE r.state IN ('name-needed', 'planned', 'approved') GROUP BY 1") \
	X(ITEM_ADRIFT, "SELECT " ITEM_COLUMNS " FROM item i " \
		"WHERE i.state IN ('running', 'unknown') ORDER BY i.id") \
	X(ITEM_DUE, "SELECT i.due FROM item i INDEXED BY item_due JOIN request r ON r.id = i.request " \
		"WHERE i.state = 'planned' AND i.due > 0 AND i.due > ? AND r.state = 'approved' " \
		"ORDER BY i.due LIMIT 1") \
	X(ITEM_INTENT, "SELECT 1 FROM item WHERE request = ? AND intent <> 0 LIMIT 1") \
	X(ITEM_REQUEUE, "UPDATE item SET state = iif(?3 OR " ADDRESS_LOST ", 'checked', 'planned'), " \
		"error = CASE WHEN ?3 THEN 'its approver was revoked: it needs approval again' " \
		"WHEN " ADDRESS_LOST " THEN 'the address went to another mailbox since this was planned, or " \
		"is promised no more: it is planned and needs approval again' ELSE '' END, " \
		"tried = 1, updated_at = ?2 WHERE request = ?1 AND (state = 'held' OR (state = 'failed' " \
		"AND plan <> '' AND NOT " ASKED_AGAIN("item") "))") \
	X(ITEM_FAILED, "SELECT count(*) FROM item WHERE request = ?1 AND state = 'failed' " \
		"AND plan <> '' AND NOT " ASKED_AGAIN("item")) \
	X(REQUEST_READY, "SELECT r.id FROM request r WHERE r.state = 'approved' " \
		"AND (EXISTS (SELECT 1 FROM item i INDEXED BY item_state WHERE i.request = r.id " \
		"AND i.state = 'planned' AND i.due <= ?1) OR EXISTS (SELECT 1 FROM item i " \
		"INDEXED BY item_state WHERE i.request = r.id AND i.state = 'checked')) " \
		"AND (r.submitter = 'hopthud' OR EXISTS (SELECT 1 FROM operator o " \
		"WHERE o.name = r.approver AND o.in_directory = 1 " \
		"AND (r.kind = 'order' OR o.revoked_at = 0))) AND NOT " LEAVER_HAS_ORDERS("r") " ORDER BY r.id LIMIT ?2") \
	X(REQUEST_DISALLOW, "UPDATE request SET state = 'planned', approver = '', " \
		"first_approver = '', approved_at = 0 WHERE kind = 'letter' AND " \
		"((state = 'approved' AND (approver = ?1 OR first_approver = ?1)) " \
		"OR (state = 'planned' AND first_approver = ?1)) RETURNING id") \
	X(ITEM_REF, "SELECT " ITEM_COLUMNS " FROM request r JOIN item i ON i.request = r.id " \
		"WHERE r.agency = ? AND r.letter = ? AND substr(r.date, 1, 4) = substr(?, 1, 4) " \
		"AND i.ref = ? AND (r.state NOT IN ('refused', 'cancelled') OR i.state = 'done') " \
		"ORDER BY i.id DESC LIMIT 1") \
	X(REQUEST_MOVES, "SELECT coalesce(sum(moves), 0) FROM request WHERE agency = ? AND letter = ? " \
		"AND substr(date, 1, 4) = substr(?, 1, 4) AND id <> ? " \
		"AND state NOT IN ('refused', 'cancelled')") \
	X(ITEM_WAITING, "SELECT r.id FROM item i INDEXED BY item_waiting JOIN request r " \
		"ON r.id = i.request WHERE i.full_name = ?1 AND i.op = 'create' " \
		"AND i.state IN ('planned', 'checked', 'name-needed') AND r.agency = ?2 " \
		"AND r.state IN " OPEN_STATES " LIMIT 1") \
	X(MAILBOX_BY_UUID, "SELECT " MAILBOX_COLUMNS " FROM mailbox WHERE entry_uuid = ? " \
		"AND entry_uuid <> ''") \
	X(MAILBOX_UUIDS, "SELECT login, entry_uuid, updated_at FROM mailbox WHERE login > ? " \
		"ORDER BY login LIMIT ?") \
	X(WATCHED_GET, "SELECT uuid, dn, attrs FROM watched WHERE uuid = ?") \
	X(WATCHED_OF, "SELECT uuid, dn, attrs FROM watched WHERE dn = ?") \
	X(WATCHED_PUT, "INSERT INTO watched (uuid, dn, attrs, at) VALUES (?, ?, ?, ?) " \
		"ON CONFLICT (uuid) DO UPDATE SET dn = excluded.dn, attrs = excluded.attrs, " \
		"at = excluded.at") \
	X(WATCHED_DROP, "DELETE FROM watched WHERE uuid = ?") \
	X(WATCHED_UUIDS, "SELECT dn, uuid, at FROM watched WHERE uuid > ? AND attrs <> '' ORDER BY uuid " \
		"LIMIT ?") \
	X(DRIFT_ADD, "INSERT INTO drift (" DRIFT_COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)") \
	X(DRIFT_GET, "SELECT " DRIFT_COLUMNS " FROM drift WHERE seq = ?") \
	X(DRIFT_PUT, "UPDATE drift SET state = ?2, request = ?3, writer = ?4, session = ?5, " \
		"written = ?6 WHERE seq = ?1") \
	X(DRIFT_LIST, "SELECT " DRIFT_COLUMNS " FROM drift WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2") \
	X(DRIFT_IN_STATE, "SELECT " DRIFT_COLUMNS " FROM drift INDEXED BY drift_state " \
		"WHERE state = ?3 AND seq < ?1 ORDER BY seq DESC LIMIT ?2") \
	X(DRIFT_OPEN_OF, "SELECT " DRIFT_COLUMNS " FROM drift INDEXED BY drift_dn WHERE dn = ? " \
		"AND state = 'open' ORDER BY seq LIMIT ?") \
	X(DRIFT_OF_REQUEST, "SELECT " DRIFT_COLUMNS " FROM drift INDEXED BY drift_request " \
		"WHERE request = ?1 AND request > 0 AND login = ?2 AND state = 'open' ORDER BY seq LIMIT ?3") \
	X(DRIFT_OF_WRITE, "SELECT max(seq) FROM drift WHERE uuid = ?1 AND iif(?2 = '', " \
		"kind = 'deleted', csn = ?2)") \
	X(DRIFT_ERASE, "UPDATE drift SET login = ?2, dn = '', writer = '', session = '', " \
		"written = '' WHERE login = ?1 AND login <> ''") \
	X(WATCHED_ERASE, "DELETE FROM watched WHERE dn = ?") \
	X(DRIFT_COUNT, "SELECT count(*) FROM drift WHERE state = 'open'") \
	X(ITEM_OF_OPID, "SELECT " ITEM_COLUMNS " FROM item i WHERE i.login = ? AND i.opid = ? " \
		"ORDER BY i.id DESC LIMIT 1") \
	X(ITEM_ERASED_OPID, "SELECT " ITEM_COLUMNS " FROM item i INDEXED BY item_erased " \
		"WHERE i.full_name = '" ERASED "' AND i.opid = ? LIMIT 1") \
	X(MAILBOX_KEPT_BY, "SELECT address FROM mailbox WHERE custodian = ? AND custodian <> '' " \
		"AND status NOT IN ('closed', 'purged') LIMIT 1") \
	X(REQUEST_OF_LETTER, "SELECT id FROM request WHERE agency = ? AND letter = ? " \
		"AND substr(date, 1, 4) = substr(?, 1, 4) AND id <> ? " \
		"AND (? = 0 OR state = 'received') LIMIT 1") \
	X(PLAN_COUNT, "SELECT count(*) FROM item WHERE request = ? AND round = ? " \
		"AND state = 'planned'") \
	X(PLAN_HASHES, "SELECT row, plan_sha FROM item WHERE request = ? AND round = ? " \
		"AND state = 'planned' ORDER BY row") \
	X(ITEM_NEEDY, "SELECT 1 FROM item INDEXED BY item_state WHERE request = ? " \
		"AND state = 'name-needed' LIMIT 1") \
	X(ITEM_HISTORY, "SELECT " ITEM_COLUMNS ", " REQUEST_COLUMNS " FROM item i JOIN request r " \
		"ON r.id = i.request WHERE i.login = ? ORDER BY i.id DESC LIMIT ?")

enum sql {
#define X(N, q) SQL_##N,
	STORE_SQL(X)
#undef X
	SQL_COUNT
};
#endif
