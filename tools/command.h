/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_COMMAND_H
#define HOPTHU_COMMAND_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/routes.h"

/*
 * Everything that hopthuctl can do: one entry for each option, one for each command.  Dispatch, the
 * check of options and arguments, help, "did you mean", completion, the manual page and the test of
 * the documentation all read these two tables.
 *
 * X(ID, "long", 'short' or 0, "VALUE" or NULL, "help")
 * The word for the value says what completion offers (CODE: agencies, ID: letters, ...).
 */
#define OPTIONS(X) \
	X(SOCKET, "socket", 0, "PATH", \
	  "the Unix socket of hopthud (else $HOPTHU_SOCKET, else /run/hopthu/hopthud.sock)") \
	X(USER, "user", 0, "NAME", "prove to be this operator by password instead of by your uid") \
	X(PASSWORD_FILE, "password-file", 0, "FILE", \
	  "the password for --user: first line of a file that nobody else may read") \
	X(OUTPUT, "output", 'o', "FORMAT", "table, csv, json or jsonl") \
	X(JSON, "json", 0, NULL, "the same as -o json") \
	X(DRY_RUN, "dry-run", 'n', NULL, "change nothing; show what would be done") \
	X(REASON, "reason", 0, "TEXT", "why; recorded in the audit log") \
	X(TIMEOUT, "timeout", 0, "SECONDS", "how long to wait (for an answer: 60)") \
	X(HELP, "help", 'h', NULL, "help on this command") \
	X(VERSION, "version", 0, NULL, "the version of hopthuctl") \
	X(AGENCY, "agency", 0, "CODE", "an agency's code") \
	X(LETTER, "letter", 0, "NO", "number of the letter, as the agency writes it") \
	X(DATE, "date", 0, "DATE", "date of the letter, YYYY-MM-DD") \
	X(SIGNER, "signer", 0, "TEXT", "who signed the letter") \
	X(DECLARED, "declared", 0, "N", "number of rows the letter says it has; checked") \
	X(ENCODING, "encoding", 0, "ENCODING", \
	  "of a CSV file, when it is neither UTF-8 nor UTF-16: windows-1258, ...") \
	X(STATE, "state", 0, "STATE", "only those in this state, or \"open\" for all not ended") \
	X(MINE, "mine", 0, NULL, "only those you submitted") \
	X(LIMIT, "limit", 0, "N", "at most so many") \
	X(DIGEST, "digest", 0, "DIGEST", "SHA-256 of the plan, as `request plan` prints it") \
	X(STATUS, "status", 0, "STATUS", "only those with this status") \
	X(SEARCH, "search", 0, "TEXT", "only those whose name or address contains the text") \
	X(EFFECTIVE, "effective", 0, "DATE", "not before this day, YYYY-MM-DD") \
	X(WAIT, "wait", 0, NULL, "wait until it is approved and done, at most --timeout") \
	X(NAME, "name", 0, "TEXT", "the full name of the agency") \
	X(KIND, "kind", 0, "WORD", \
	  "kind of body (department, commune, ...) or of mailbox (person, agency, unit, ...)") \
	X(PARENT, "parent", 0, "CODE", "the agency it belongs to") \
	X(ROLE, "role", 0, "ROLES", "one role or several, separated by commas") \
	X(UID, "uid", 0, "UID", "the Unix uid by which the socket knows the operator") \
	X(FULL_NAME, "full-name", 0, "TEXT", "the operator's name") \
	X(NEW_PASSWORD_FILE, "new-password-file", 0, "FILE", \
	  "the operator's new password: first line of a file that nobody else may read") \
	X(REQUEST, "request", 0, "ID", "only records of this letter") \
	X(EVENT, "event", 0, "EVENT", "only records of this kind") \
	X(LAST, "last", 'n', "N", "only the newest so many") \
	X(AFTER, "after", 0, "SEQ", "only records after this one") \
	X(AT, "at", 0, "DATE", "as of this day, YYYY-MM-DD, instead of today") \
	X(EXCEL, "excel", 0, NULL, "begin with the mark by which spreadsheets recognise UTF-8") \
	X(YES, "yes", 0, NULL, "do not ask; where two approvers are needed they still are") \
	X(DOMAIN, "domain", 0, "DOMAIN", "the mail domain of the addresses") \
	X(UNIT, "unit", 0, "TEXT", "the unit, for templates that have it") \
	X(BIRTH_YEAR, "birth-year", 0, "YEAR", "the year of birth, for templates that have it") \
	X(BIRTH_MONTH, "birth-month", 0, "MONTH", "the month of birth, for templates that have it") \
	X(ID_TAIL, "id-tail", 0, "DIGITS", "the last digits of the citizen's ID, never all of them") \
	X(SIGNER_TITLE, "signer-title", 0, "TEXT", "the office of who signed the letter") \
	X(REQUESTER, "requester", 0, "TEXT", "who can be asked about the letter") \
	X(REQUESTER_PHONE, "requester-phone", 0, "TEXT", "the telephone number of who can be asked") \
	X(CHANNEL, "channel", 0, "CHANNEL", "the way it came: document, dms, mail, phone or web") \
	X(CONTACT, "contact", 0, "TEXT", "of a letter by telephone: whose identity was verified") \
	X(ATTACHMENT, "attachment", 0, "FILE", \
	  "the scan or signed file of the letter: its SHA-256 is sent, the file is not") \
	X(PERSON, "person", 0, "PERSON", "whom it is about: reference, login, address, in searches also full name") \
	X(LEGAL_BASIS, "legal-basis", 0, "TEXT", \
	  "the law or decision it rests on; stands in the log for good, so it names nobody") \
	X(NEW_ADDRESS, "new-address", 0, "TEXT", "the address it shall have") \
	X(ADDRESS, "address", 0, "ADDRESS", "an address, also one that was given up") \
	X(OPERATOR, "operator", 0, "NAME", \
	  "an operator: who did it, in whose name it was done, or whose rights it is about") \
	X(OPERATION, "operation", 0, "OPERATION", "only this operation: create, close, rename, ...") \
	X(RESULT, "result", 0, "WORD", "only records with this result: done, failed, moved, ...") \
	X(SINCE, "since", 0, "WHEN", \
	  "from then on: 2026-11-23, 23/11/2026, or with a time \"2026-11-23 16:55\"") \
	X(UNTIL, "until", 0, "WHEN", "up to then; the day or minute that is named is in it") \
	X(OLDEST_FIRST, "oldest-first", 0, NULL, "the oldest first; else the newest") \
	X(CURSOR, "cursor", 0, "SEQ", "go on where a search with --limit ended") \
	X(FOLLOW, "follow", 'f', NULL, "go on with what comes, until Ctrl-C") \
	X(SIZE, "size", 0, "N", "the checkpoint of so many records, instead of the newest") \
	X(NEW, "new", 0, NULL, "sign one now over all that is recorded") \
	X(PAGE, "page", 0, NULL, "a sheet of A4 in HTML to print and sign") \
	X(MAIL, "mail", 0, "ADDRESS", "a message to this address, for sendmail -t") \
	X(FROM, "from", 0, "WHEN", "not before this: a record's number, a day or a time") \
	X(TO, "to", 0, "WHEN", "not after this: a record's number, a day or a time") \
	X(ALL, "all", 0, NULL, "every command and option") \
	X(MAN, "man", 0, NULL, "the part of the manual page that is made from the tables")

enum option {
#define X(ID, l, s, v, h) OPT_##ID,
	OPTIONS(X)
#undef X
	OPT_COUNT
};
/* A set of options; its highest bits are words of -o that only some commands have. */
__extension__ typedef unsigned __int128 option_set;
#define OPTION_BIT(n) ((option_set)1 << (n))
#define O(ID) OPTION_BIT(OPT_##ID)
#define OPTIONS_GLOBAL \
	(O(SOCKET) | O(USER) | O(PASSWORD_FILE) | O(OUTPUT) | O(JSON) | O(TIMEOUT) | O(HELP) | \
	 O(VERSION))
/* What a letter says about itself, beyond what it must say. */
#define OPTIONS_HEAD \
	(O(DOMAIN) | O(SIGNER_TITLE) | O(REQUESTER) | O(REQUESTER_PHONE) | O(CHANNEL) | O(CONTACT) | \
	 O(ATTACHMENT))
#define OPTIONS_LETTER \
	(O(AGENCY) | O(LETTER) | O(DATE) | O(SIGNER) | O(REASON) | O(DECLARED) | O(ENCODING) | OPTIONS_HEAD)
/* What records are found by. */
#define OPTIONS_FIND \
	(O(PERSON) | O(ADDRESS) | O(OPERATOR) | O(AGENCY) | O(LETTER) | O(REQUEST) | O(EVENT) | \
	 O(OPERATION) | O(RESULT))
#define OPTIONS_ORDER \
	(O(REASON) | O(LETTER) | O(DATE) | O(SIGNER) | O(EFFECTIVE) | O(WAIT) | O(DRY_RUN) | OPTIONS_HEAD)
#define FORMAT_XLSX OPTION_BIT(127)
#define FORMAT_TEXT OPTION_BIT(126)
_Static_assert(OPT_COUNT <= 126, "the bits of an option set are used up");
#define NO_ROUTE ROUTE_COUNT

/* Said of each of the commands that write a letter of one item themselves. */
#define MORE_ORDER \
	"It writes a letter of one item in the name of the mailbox's agency. " MORE_ORDER_REST
#define MORE_ORDER_REST \
	"Somebody else still has to approve it. With --wait the exit status tells what became of it: 0 done, 1 not " \
	"done, 75 not done within --timeout. Without --letter a number is made up."

#define MORE_TEMPLATE \
	"CSV, or with -o xlsx a spreadsheet in Vietnamese, with notes, drop-down lists and a sheet that " \
	"explains it: for clerks. Its filled file is submitted as it is."

/*
 * X(noun, verb or "", function, "ARGUMENTS", fewest, most, options, route, "help", "more help")
 * The route says which roles may; NO_ROUTE: nothing is asked of hopthud.
 */
#define COMMANDS(X) \
	X("request", "submit", request_submit, "FILE", 1, 1, \
	  OPTIONS_LETTER | O(DRY_RUN), request_submit, \
	  "submit an agency's letter: spreadsheet (.xlsx), CSV or JSON, - for standard input", \
	  "All rows or none are taken. A refused row is named with its line, column, value and " \
	  "what would be right. With -n everything is checked and nothing is kept. The same " \
	  "letter number and ref are recognised and not done twice. `hopthuctl template create` " \
	  "prints a file to begin with. The first sheet of an .xlsx is read, by the program xlsx2csv; " \
	  "lines count as its rows do.") \
	X("request", "check", request_check, "FILE", 1, 1, OPTIONS_LETTER, request_submit, \
	  "say everything that is wrong with a letter's file; nothing is kept", \
	  "As `request submit -n`, but the number, date, signer and reason of the letter may be " \
	  "missing. Prints a line for each error: row, line, column, value and what would be right. " \
	  "What was mended or should be looked at is said on standard error. Exit status 0 when " \
	  "nothing is wrong, 65 when something is.") \
	X("request", "list", request_list, "", 0, 0, O(STATE) | O(AGENCY) | O(MINE) | O(LIMIT), \
	  request_list, "letters, newest first", \
	  "With --state open those that have not ended, by their terms: the nearest first.") \
	X("request", "show", request_show, "ID", 1, 1, 0, request_show, "a letter and its rows", \
	  "With -o json, csv or jsonl all rows are given, however many.") \
	X("request", "answer", request_answer, "ID", 1, 1, O(EXCEL) | FORMAT_XLSX | FORMAT_TEXT, \
	  request_answer, "what became of every row, for the agency", \
	  "A text in Vietnamese for people. csv and xlsx have all columns of the letter, then address, " \
	  "state and reason: mended, they are submitted again as they are, and under the same letter " \
	  "number a row whose ref is known is not done again. Cells of xlsx are text, never formulas; in csv the three " \
	  "last columns are guarded as ever. No password is in it.") \
	X("request", "plan", request_plan, "ID", 1, 1, 0, request_plan, \
	  "the exact changes a letter makes, and their digest", \
	  "The table shows for each row on what it rests, as the letter says, and what changes: + " \
	  "comes, - goes, ~ changes. -o jsonl prints exactly the lines whose SHA-256 go into the " \
	  "digest, one for each row. The digest is computed here again from these lines; if it is " \
	  "not the one hopthud names, the exit status is 76.") \
	X("request", "name", request_name, "ID ROW ADDRESS", 3, 3, O(DRY_RUN), request_name, \
	  "propose an address for a row that needs one", \
	  "A row is name-needed when every address that the policy gives its name is taken. What is " \
	  "proposed is checked like any other address; with the last of them the letter has its plan.") \
	X("request", "undo", request_undo, "ID", 1, 1, \
	  O(LETTER) | O(DATE) | O(SIGNER) | O(REASON) | O(DRY_RUN), request_undo, \
	  "ask for what takes a letter back; --reason is required", \
	  "A letter is written from what was before, and waits for approval like any other. What " \
	  "cannot be undone is said, row by row, and the exit status is 1 then. Without --letter a " \
	  "number is made up.") \
	X("request", "approve", request_approve, "ID", 1, 1, \
	  O(DIGEST) | O(REASON) | O(YES) | O(DRY_RUN), \
	  request_approve, "allow the plan that has this digest", \
	  "Nobody approves a letter of their own. Without --digest, on a terminal, the plan is " \
	  "shown and you are asked. A letter that takes away or moves many mailboxes needs two " \
	  "approvers: exit status 75 says that the second is still to come. -n looks whether hopthud would do it: exit status 2 when there " \
	  "is no such letter, 73 when its state or the digest is another, 77 when you may not.") \
	X("request", "refuse", request_refuse, "ID", 1, 1, O(REASON) | O(DRY_RUN), request_refuse, \
	  "say no to a letter; --reason is required", "") \
	X("request", "cancel", request_cancel, "ID", 1, 1, O(REASON) | O(DRY_RUN), request_cancel, \
	  "take a letter back before it runs", "") \
	X("request", "retry", request_retry, "ID", 1, 1, O(REASON) | O(DRY_RUN), request_retry, \
	  "put failed and held items back into the queue", "") \
	X("request", "wait", request_wait, "ID", 1, 1, 0, request_wait, \
	  "wait until a letter has ended", \
	  "Exit status: 0 all done; 1 something failed, was refused or cancelled; 75 not ended " \
	  "within --timeout, or held. Without --timeout it waits for ever. It lives through a " \
	  "restart of hopthud.") \
	X("mailbox", "list", mailbox_list, "", 0, 0, O(AGENCY) | O(STATUS) | O(SEARCH) | O(LIMIT), \
	  mailbox_list, "mailboxes", "") \
	X("mailbox", "show", mailbox_show, "ADDRESS", 1, 1, 0, mailbox_show, \
	  "a mailbox and what was done to it", "") \
	X("mailbox", "suspend", mailbox_order, "ADDRESS", 1, 1, OPTIONS_ORDER, request_submit, \
	  "ask for login off, delivery on; --reason is required", MORE_ORDER) \
	X("mailbox", "resume", mailbox_order, "ADDRESS", 1, 1, OPTIONS_ORDER, request_submit, \
	  "ask for a suspension to end; --reason is required", MORE_ORDER) \
	X("mailbox", "close", mailbox_order, "ADDRESS", 1, 1, OPTIONS_ORDER, request_submit, \
	  "ask for login and delivery off, data kept; --reason is required", MORE_ORDER) \
	X("mailbox", "restore", mailbox_order, "ADDRESS", 1, 1, OPTIONS_ORDER, request_submit, \
	  "ask for the end of a closure while the data are there; --reason is required", MORE_ORDER) \
	X("mailbox", "rename", mailbox_order, "ADDRESS", 1, 1, OPTIONS_ORDER | O(NEW_ADDRESS), \
	  request_submit, "ask for another address; --new-address and --reason are required", \
	  "The old address stays, and leads to the mailbox. " MORE_ORDER) \
	X("mailbox", "transfer", mailbox_order, "ADDRESS", 1, 1, OPTIONS_ORDER | O(AGENCY), \
	  request_submit, "ask for a move to another agency; --agency and --reason are required", \
	  "It writes a letter of one item in the name of --agency, which receives the mailbox. " \
	  MORE_ORDER_REST) \
	X("mailbox", "purge", mailbox_order, "ADDRESS", 1, 1, OPTIONS_ORDER, request_submit, \
	  "ask for the end of a closed mailbox whose time is over; --reason is required", MORE_ORDER) \
	X("address", "list", address_list, "", 0, 0, O(STATE) | O(DOMAIN) | O(SEARCH) | O(LIMIT), \
	  address_list, "the registry: every address ever promised", \
	  "--state is reserved, active, alias, foreign or tombstone. Operators of one agency do not read " \
	  "the registry: it is everybody's.") \
	X("address", "show", address_show, "ADDRESS", 1, 1, 0, address_show, \
	  "an address: whose it is, since when, and what looks like it", \
	  "Not for operators of one agency.") \
	X("name", "try", name_try, "NAME", 1, 1, \
	  O(DOMAIN) | O(AGENCY) | O(KIND) | O(UNIT) | O(BIRTH_YEAR) | O(BIRTH_MONTH) | O(ID_TAIL), \
	  name_try, "every address that the policy gives a name, and its fate", \
	  "free, taken (and by what), lacks (a fact that the letter would have to say), or unfit. " \
	  "Nothing is promised. By what an address is taken is not told to operators of one agency.") \
	X("agency", "add", agency_add, "CODE", 1, 1, O(NAME) | O(KIND) | O(PARENT) | O(DRY_RUN), \
	  agency_add, "add an agency; --name is required", "") \
	X("agency", "list", agency_list, "", 0, 0, 0, agency_list, "agencies", "") \
	X("agency", "show", agency_show, "CODE", 1, 1, 0, agency_show, \
	  "an agency and how many mailboxes it has", "") \
	X("policy", "list", policy_list, "", 0, 0, 0, policy_list, \
	  "policies: whose, from when, of which document, in which file", "") \
	X("policy", "show", policy_show, "DOMAIN", 1, 1, O(AT), policy_show, \
	  "the rules of a domain, each with its legal basis", \
	  "\"*\" shows what holds for domains that have no file of their own. csv has the notes too. " \
	  "Under USE stands who keeps to a rule: enforced (hopthud), told (hopthud reckons by it and " \
	  "says so), directory (hopthud writes it into the directory, for its own domain), recorded " \
	  "(people and other systems: not enforced by hopthud).") \
	X("policy", "diff", policy_diff, "DOMAIN", 1, 1, O(AT), policy_diff, \
	  "the rules of a domain that are others today, or on another day", \
	  "With --at: other than on that day, which may be one to come; the earlier of the two stands " \
	  "under BEFORE. Without: other than what is built in.") \
	X("policy", "explain", policy_explain, "ADDRESS", 1, 1, O(AT), policy_explain, \
	  "every limit of a mailbox, and which rule of which document gives it", \
	  "It need not exist: then what holds for a person who is staff is told. csv and json name " \
	  "document, file and line with each limit. What hopthud does not enforce is marked.") \
	X("policy", "ppolicy", policy_ppolicy, "DOMAIN", 1, 1, O(AT), policy_ppolicy, \
	  "the password rules of a domain as LDIF, for ldapmodify", \
	  "They change the one entry cn=default,ou=policies of the directory, which holds for " \
	  "the mailboxes of all domains. hopthud writes those of its own domain there by itself. " \
	  "How long a locked password stays so is not among them, nor the classes of characters.") \
	X("operator", "add", operator_add, "NAME", 1, 1, \
	  O(ROLE) | O(AGENCY) | O(UID) | O(FULL_NAME) | O(NEW_PASSWORD_FILE) | O(DRY_RUN), \
	  operator_add, "let a person use hopthu; --role is required", \
	  "Roles: requester, agency-admin, approver, technician, auditor, admin. The person is " \
	  "known by --uid, by a password, or by both; of the password only a verifier leaves this " \
	  "program. With --agency the person sees and asks for that agency only.") \
	X("operator", "list", operator_list, "", 0, 0, 0, operator_list, "operators", "") \
	X("operator", "passwd", operator_passwd, "NAME", 1, 1, O(NEW_PASSWORD_FILE) | O(DRY_RUN), \
	  operator_passwd, "set a password: your own, or as admin anybody's", \
	  "Asks twice on the terminal, without echo, unless --new-password-file is given.") \
	X("operator", "revoke", operator_revoke, "NAME", 1, 1, O(REASON) | O(DRY_RUN), \
	  operator_revoke, "take all rights back; --reason is required", "") \
	X("drift", "list", drift_list, "", 0, 0, O(STATE) | O(LIMIT), drift_list, \
	  "what others changed in the directory, newest first", \
	  "Those that nobody has decided about, or with --state accepted, reverted, vanished (taken back " \
	  "by hand) or all.") \
	X("drift", "show", drift_show, "SEQ", 1, 1, 0, drift_show, \
	  "one such change: before, after, by whom, when", "") \
	X("drift", "accept", drift_accept, "SEQ...", 1, 200, O(REASON) | O(DRY_RUN), drift_accept, \
	  "let such changes stand; --reason is required", \
	  "hopthu plans from the directory as it is in any case: this is a person's word that it is right.") \
	X("drift", "revert", drift_revert, "SEQ...", 1, 200, \
	  O(LETTER) | O(DATE) | O(SIGNER) | O(REASON) | O(DRY_RUN), drift_revert, \
	  "ask for the letter that puts them back; --reason is required", \
	  "It waits for approval by somebody else like any letter. What cannot be put back is said, and the " \
	  "exit status is 1 then: passwords, names, entries that came or went. Without --letter a number is " \
	  "made up.") \
	X("drift", "release", drift_release, "", 0, 0, O(REASON) | O(DRY_RUN), drift_release, \
	  "let the queue go on after too much was changed at once; --reason is required", "") \
	X("drift", "check", drift_check, "[DAYS]", 0, 1, 0, drift_check, \
	  "writes in the directory's own log, of the last 7 days, that no intent explains", \
	  "Also those that were made and taken back while nobody watched: they have no record. Exit status 1 " \
	  "when there are such.") \
	X("audit", "list", audit_list, "", 0, 0, O(REQUEST) | O(EVENT) | O(LAST) | O(AFTER), \
	  audit_list, "audit records, oldest first", "") \
	X("audit", "search", audit_search, "", 0, 0, \
	  OPTIONS_FIND | O(SINCE) | O(UNTIL) | O(OLDEST_FIRST) | O(LIMIT) | O(CURSOR), audit_search, \
	  "records by whom and what they are about, with approvals, before and after", \
	  "Newest first. Options go together: what is found is all of it. A name may be typed without its " \
	  "tone marks; with them it must be the same. An address may be without its domain, an old one or " \
	  "an alias, and finds everything about whoever has or had it. --agency is whose letter it is. " \
	  "What is recorded of an auditor's search is one record, however many pages it has. Exit status 2 " \
	  "when nobody and nothing of a name was ever there, 0 when only the combination finds nothing.") \
	X("audit", "tail", audit_tail, "", 0, 0, OPTIONS_FIND | O(FOLLOW) | O(LAST), audit_tail, \
	  "the newest records, and with -f those that come", \
	  "10 without -n. With -f it lives through a restart of hopthud and ends with Ctrl-C, exit status " \
	  "130, or after --timeout, exit status 0; -o json is for the end of it and does not go with -f.") \
	X("audit", "show", audit_show, "SEQ", 1, 1, 0, audit_show, \
	  "one record: who, what, on whose letter, before and after", "") \
	X("audit", "verify", audit_verify, "", 0, 0, 0, audit_verify, \
	  "compute the whole log again; exit status 76 if it is not right", "") \
	X("audit", "subject", audit_subject, "PERSON", 1, 1, 0, audit_subject, \
	  "everything that is kept about one person", \
	  "PERSON: a reference (`mailbox show` tells it), a login or an address. Mailbox, addresses, every row " \
	  "of every letter, every record with its values, who read about the person, and which copies of the " \
	  "log hold it. -o json has all of it, for the person who asks for their own data. It is recorded as a " \
	  "reading.") \
	X("audit", "erase", audit_erase, "", 0, 0, \
	  O(PERSON) | O(LEGAL_BASIS) | O(YES) | O(DRY_RUN), audit_erase, \
	  "erase a person's values; the log still verifies", \
	  "--person and --legal-basis are required. The mailbox must be purged and every row about the person " \
	  "ended. Records keep their commitments only, rows of letters say (erased), and of the addresses the " \
	  "local part stays, which is never given again. What hopthu cannot erase is told: copies given out, " \
	  "backups, the directory's log. Exit status 75: done, but still in unused places of the file.") \
	X("audit", "checkpoint", audit_checkpoint, "", 0, 0, O(SIZE) | O(NEW) | O(PAGE) | O(MAIL), \
	  audit_checkpoint, "a signed checkpoint of the log, to keep where nobody here can change it", \
	  "Prints the newest one with all its cosignatures (c2sp.org/tlog-checkpoint). With --page as a " \
	  "sheet of A4 in HTML, to print, sign and keep: with the public keys of the log and of the " \
	  "witnesses, and a QR code of the checkpoint's three lines. With --new one is signed now, by approvers, " \
	  "technicians and admins, and up to three seconds are waited for the witnesses. With --mail as a message: " \
	  "hopthuctl audit checkpoint --new --mail " \
	  "auditor@example.gov.vn | sendmail -t") \
	X("audit", "export", audit_export, "DIR", 1, 1, O(FROM) | O(TO), audit_export, \
	  "copy the log into a folder that anybody can verify", \
	  "Tiles as of c2sp.org/tlog-tiles, the openings of personal values, every checkpoint, and a README. " \
	  "Every hash is computed here again; when they do not lead to the checkpoint, the exit status is 76 " \
	  "and the copy gets none. What was broken off goes on when the same command is given again, and a " \
	  "finished copy is brought up to date. With --from and --to only records of that time, and all " \
	  "hashes. Each export is a record of the log. For auditors and admins.") \
	X("audit", "prove", audit_prove, "RECORD", 1, 1, O(EVENT), audit_prove, \
	  "a proof that one record is in the log, to be kept and verified offline", \
	  "RECORD is a number, or REQUEST/ROW: the last record about that row, or with --event the last of " \
	  "that kind (approve: who allowed its letter); which one it is, is said on standard error. Prints a proof as of c2sp.org/tlog-proof, " \
	  "with the record and its openings in it, for a file: `hopthuctl audit prove 12/3 > " \
	  "12-3.tlog-proof`. It is made from the newest checkpoint that enough witnesses confirmed, when that " \
	  "counts the record.") \
	X("template", "create", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: new mailboxes", MORE_TEMPLATE) \
	X("template", "update", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: changes of a holder's data", "") \
	X("template", "suspend", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: suspensions", "") \
	X("template", "resume", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: ends of suspensions", "") \
	X("template", "close", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: closures", "") \
	X("template", "restore", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: ends of closures", "") \
	X("template", "rename", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: other addresses", "") \
	X("template", "transfer", template, "", 0, 0, O(EXCEL) | FORMAT_XLSX, NO_ROUTE, \
	  "a file to begin with: moves to the agency of the letter", "") \
	X("status", "", status, "", 0, 0, 0, status, "how hopthud is: directory, queue, log", \
	  "Exit status 0 when hopthud answers, 1 when letters are overdue, 76 when the log is in an " \
	  "incident; what needs attention is said on standard error.") \
	X("whoami", "", whoami, "", 0, 0, 0, whoami, "who hopthud takes you for", "") \
	X("help", "", help, "[NOUN [VERB]]", 0, 2, O(ALL) | O(MAN), NO_ROUTE, \
	  "help on everything, on a noun, or on one command", "") \
	X("complete", "", complete, "WORD...", 0, 1000, 0, NO_ROUTE, \
	  "what the last word could become; for the shell", "")

struct option_entry {
	const char *name;
	char letter; /* 0: none */
	const char *value; /* NULL: takes none */
	const char *help;
};
extern const struct option_entry option_table[OPT_COUNT];

struct ctl;
struct command {
	const char *noun, *verb; /* verb "": the noun alone is the command */
	int (*run)(struct ctl *c); /* returns the exit status */
	const char *arguments;
	int fewest, most;
	option_set options; /* without the global ones */
	int route;        /* enum route_id or NO_ROUTE */
	const char *help, *more;
};
extern const struct command command_table[]; /* ends with noun NULL */

/* The command line, taken apart. */
struct command_line {
	const struct command *command; /* NULL: none named */
	const char *noun;              /* as typed, or NULL */
	const char *opt[OPT_COUNT];    /* value; "" for one that takes none; NULL: not given */
	char **args;                   /* what follows noun and verb */
	int count;
	char **words;                  /* owns the array of args */
};

/* 0, or -1 with ERR_USAGE, a sentence that suggests what was meant. */
int command_parse(struct command_line *line, int argc, char **argv, struct err *e);
void command_release(struct command_line *line);

/* NULL when there is none. */
const struct command *command_find(const char *noun, const char *verb);
bool command_is_noun(const char *noun);
/* The options that may be given, the global ones too. */
option_set command_options(const struct command *cmd);
/* Words of -o that it has (NULL: no command yet); ends with NULL; caller frees the array. */
const char **command_formats(const struct command *cmd);
/* The nouns, or the verbs of a noun, each once; ends with NULL; caller frees the array. */
const char **command_words(const char *noun);
typedef const char **auto_type_words;
static inline void
auto_words(const char ***words)
{
	free(*words);
}
/* The number of the option with this long name, or -1. */
int option_find(const char *name, size_t n);
/* The one with this letter; of several the one that the command (NULL: none yet) takes.  -1: none. */
int option_letter(const struct command *cmd, char letter);

#define X(noun, verb, function, ...) int cmd_##function(struct ctl *c);
COMMANDS(X)
#undef X
#endif
