/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_ROUTES_H
#define HOPTHU_ROUTES_H

#include "common/vocab.h"

/*
 * Everything that can be asked of the door: one line each.  The dispatcher checks role and scope
 * here before any handler runs; hopthuctl and the reference page read the same lines.
 *
 * X(name, METHOD, "/v1/path", roles, scope, "help")
 *
 * {id} is a number, {address} a mailbox address or its local part, {code} and {name} words.
 * Roles: any of them is enough.  Scope, for operators that belong to an agency:
 *   ANY      not confined
 *   AGENCY   the agency the request names (query or JSON) must be the operator's
 *   REQUEST  the request {id} must be of the operator's agency
 *   MAILBOX  the mailbox {address} must be of the operator's agency
 *   LIST     the handler shows only the operator's agency
 *   SELF     {name} is the operator's own, unless the operator is an admin
 */
#define ROLES_ALL                                                                               \
	(ROLE_REQUESTER | ROLE_AGENCY_ADMIN | ROLE_APPROVER | ROLE_TECHNICIAN | ROLE_AUDITOR | \
	 ROLE_ADMIN)
#define ROLES_STAFF (ROLE_APPROVER | ROLE_TECHNICIAN | ROLE_AUDITOR | ROLE_ADMIN)
#define ROLES_ASK (ROLE_REQUESTER | ROLE_TECHNICIAN)

#define ROUTES(X) \
	X(status, GET, "/v1/status", ROLES_ALL, ANY, "How hopthud is: queue, directory, log") \
	X(whoami, GET, "/v1/whoami", ROLES_ALL, ANY, "Who the door takes you for") \
	X(routes, GET, "/v1/routes", ROLES_ALL, ANY, "This table") \
	X(request_submit, POST, "/v1/requests", ROLES_ASK, AGENCY, "Submit a letter (CSV or JSON)") \
	X(request_list, GET, "/v1/requests", ROLES_ALL, LIST, "Letters, newest first") \
	X(request_show, GET, "/v1/requests/{id}", ROLES_ALL, REQUEST, "A letter and its items") \
	X(request_answer, GET, "/v1/requests/{id}/answer", ROLES_ALL, REQUEST, "What became of every row, for the agency") \
	X(request_plan, GET, "/v1/requests/{id}/plan", ROLES_ALL, REQUEST, "The exact changes a letter makes") \
	X(request_name, POST, "/v1/requests/{id}/name", ROLES_ASK, REQUEST, "Propose an address for a row that needs one") \
	X(request_undo, POST, "/v1/requests/{id}/undo", ROLES_ASK, REQUEST, "Ask for what takes a letter back") \
	X(request_wait, GET, "/v1/requests/{id}/wait", ROLES_ALL, REQUEST, "Wait until a letter has ended") \
	X(request_prove, GET, "/v1/requests/{id}/proof", ROLES_ALL, REQUEST, "Proof that the last record about a row is in the log") \
	X(request_approve, POST, "/v1/requests/{id}/approve", ROLE_APPROVER, REQUEST, "Allow the plan with this digest") \
	X(request_refuse, POST, "/v1/requests/{id}/refuse", ROLE_APPROVER, REQUEST, "Refuse a letter, with a reason") \
	X(request_cancel, POST, "/v1/requests/{id}/cancel", ROLES_ASK, REQUEST, "Take a letter back before it runs") \
	X(request_retry, POST, "/v1/requests/{id}/retry", ROLE_TECHNICIAN, REQUEST, "Put failed and held items back into the queue") \
	X(mailbox_list, GET, "/v1/mailboxes", ROLES_ALL, LIST, "Mailboxes") \
	X(mailbox_show, GET, "/v1/mailboxes/{address}", ROLES_ALL, MAILBOX, "A mailbox and what was done to it") \
	X(address_list, GET, "/v1/addresses", ROLES_STAFF, ANY, "The registry: every address ever promised") \
	X(address_show, GET, "/v1/addresses/{address}", ROLES_STAFF, ANY, "An address: whose, since when, and what looks like it") \
	X(name_try, GET, "/v1/names", ROLES_ALL, ANY, "Every address the policy gives a name, and its fate") \
	X(agency_list, GET, "/v1/agencies", ROLES_ALL, ANY, "Agencies") \
	X(agency_show, GET, "/v1/agencies/{code}", ROLES_ALL, ANY, "An agency") \
	X(agency_add, POST, "/v1/agencies", ROLE_ADMIN, ANY, "Add an agency") \
	X(policy_list, GET, "/v1/policies", ROLES_ALL, ANY, "Policies: a file for each domain and date") \
	X(policy_show, GET, "/v1/policies/{name}", ROLES_ALL, ANY, "The rules of a domain on a day") \
	X(policy_diff, GET, "/v1/policies/{name}/diff", ROLES_ALL, ANY, "What changed in the rules of a domain") \
	X(policy_ppolicy, GET, "/v1/policies/{name}/ppolicy", ROLES_ALL, ANY, "The password rules of a domain as LDIF") \
	X(policy_explain, GET, "/v1/policies/explain/{address}", ROLES_ALL, ANY, "Every limit of a mailbox and what it rests on") \
	X(operator_list, GET, "/v1/operators", ROLE_ADMIN | ROLE_AUDITOR, ANY, "Operators") \
	X(operator_add, POST, "/v1/operators", ROLE_ADMIN, ANY, "Add an operator") \
	X(operator_passwd, POST, "/v1/operators/{name}/passwd", ROLES_ALL, SELF, "Set an operator's SCRAM verifier") \
	X(operator_revoke, POST, "/v1/operators/{name}/revoke", ROLE_ADMIN, ANY, "Take all of an operator's rights back") \
	X(drift_list, GET, "/v1/drift", ROLES_STAFF, ANY, "What others changed in the directory") \
	X(drift_show, GET, "/v1/drift/{seq}", ROLES_STAFF, ANY, "One such change: before, after, by whom, when") \
	X(drift_accept, POST, "/v1/drift/accept", ROLE_APPROVER | ROLE_ADMIN, ANY, "Let such changes stand, with a reason") \
	X(drift_revert, POST, "/v1/drift/revert", ROLE_TECHNICIAN, ANY, "Ask for the letter that puts them back") \
	X(drift_release, POST, "/v1/drift/release", ROLE_ADMIN, ANY, "Let the queue go on after too much was changed at once") \
	X(drift_check, GET, "/v1/drift/check", ROLES_STAFF, ANY, "Writes in the directory's own log that no intent explains") \
	X(audit_list, GET, "/v1/audit", ROLE_AUDITOR | ROLE_ADMIN | ROLE_TECHNICIAN | ROLE_APPROVER, ANY, "Audit records") \
	X(audit_search, GET, "/v1/audit/search", ROLE_AUDITOR | ROLE_ADMIN, ANY, "Records by whom and what they are about, with approvals, before and after") \
	X(audit_tail, GET, "/v1/audit/tail", ROLE_AUDITOR | ROLE_ADMIN, ANY, "The newest records, or those that come") \
	X(audit_show, GET, "/v1/audit/{seq}", ROLE_AUDITOR | ROLE_ADMIN | ROLE_TECHNICIAN | ROLE_APPROVER, ANY, "One audit record: who, what, on whose letter, before and after") \
	X(audit_subject, GET, "/v1/audit/subject/{name}", ROLE_AUDITOR | ROLE_ADMIN, ANY, "Everything that is kept about one person") \
	X(audit_erase, POST, "/v1/audit/erase", ROLE_ADMIN, ANY, "Erase a person's values from records, letters and registry") \
	X(audit_checkpoint, GET, "/v1/audit/checkpoint", ROLES_ALL, ANY, "A checkpoint of the log with its cosignatures") \
	X(audit_checkpoint_new, POST, "/v1/audit/checkpoint", ROLE_APPROVER | ROLE_TECHNICIAN | ROLE_ADMIN, ANY, "Sign a checkpoint over all that is recorded") \
	X(audit_verify, GET, "/v1/audit/verify", ROLES_ALL, ANY, "Recompute the tree over every record") \
	X(audit_prove, GET, "/v1/audit/{seq}/proof", ROLE_AUDITOR | ROLE_ADMIN | ROLE_TECHNICIAN | ROLE_APPROVER, ANY, "Proof that a record is in the log") \
	X(audit_export, POST, "/v1/audit/export", ROLE_AUDITOR | ROLE_ADMIN, ANY, "Begin a copy of the log; it is recorded") \
	X(audit_entries, GET, "/v1/audit/entries", ROLE_AUDITOR | ROLE_ADMIN, ANY, "Records of an export, each after its length in two bytes") \
	X(audit_leaves, GET, "/v1/audit/leaves", ROLE_AUDITOR | ROLE_ADMIN, ANY, "Hashes of records for an export, 32 bytes each") \
	X(audit_openings, GET, "/v1/audit/openings", ROLE_AUDITOR | ROLE_ADMIN, ANY, "Personal values of an export, a line of JSON each") \
	X(audit_checkpoints, GET, "/v1/audit/checkpoints", ROLE_AUDITOR | ROLE_ADMIN, ANY, "Checkpoints of an export with who confirmed them, a line of JSON each")

enum route_id {
#define X(name, method, path, roles, scope, help) ROUTE_##name,
	ROUTES(X)
#undef X
	ROUTE_COUNT
};
#endif
