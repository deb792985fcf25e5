/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_POLICY_KEY_H
#define HOPTHU_POLICY_KEY_H

/*
 * Every rule a policy may have, once.  The built-in policy is the column of defaults.
 *
 * X(ID, "name in the file", TYPE, "allowed", "default", "help")
 *
 * allowed: what is possible besides what the type says, or NULL:
 *   NUMBER     "8..128"
 *   WORDS, TEXT   "a|b|c": one of these; "domain"; "HH:MM"; "name"
 *   TERM       "1 month..": at least so long
 * default: as in the file, "|" between the values of a list; NULL: there is no such rule.
 */
#define POLICY_KEYS(X) \
	X(NAMING_PERSON, "naming.person", TEMPLATES, NULL, "{given}{initials}|{given}{initials}{seq}", \
	  "Local part of a person's address, in the order in which they are tried.") \
	X(NAMING_AGENCY, "naming.agency", TEMPLATES, NULL, "{agency}", "Local part of an agency's address.") \
	X(NAMING_UNIT, "naming.unit", TEMPLATES, NULL, "{unit}.{agency}", \
	  "Local part of the address of a unit of an agency.") \
	X(NAMING_COMMUNE, "naming.commune", TEMPLATES, NULL, "{agency}", \
	  "Local part of the address of an agency whose kind is commune.") \
	X(NAMING_POSITION, "naming.position", TEMPLATES, NULL, "{full}.{agency}", \
	  "Local part of the address of an office, whoever holds it.") \
	X(NAMING_SHARED, "naming.shared", TEMPLATES, NULL, "{full}.{agency}", \
	  "Local part of an address for one purpose, used by several people.") \
	X(NAMING_FOLLOWS_AGENCY, "naming.follows_agency", FLAG, NULL, "no", \
	  "Whether a person who is transferred gets the address that the rule gives in the new agency.") \
	X(NAMING_AFTER_MERGER, "naming.after_merger", TEXT, "keep|convert", "keep", \
	  "What becomes of addresses given before the policy: they are kept as they are, or converted.") \
	X(ALIAS_PERIOD, "alias.period", TERM, NULL, "6 months", \
	  "How long the old address still receives after a rename or transfer.") \
	X(REUSE_AFTER, "reuse.after", TERM, NULL, "never", \
	  "When an address of a purged mailbox may be given to somebody else; its login never is.") \
	X(REQUEST_BY, "request.by", TEXT, NULL, "cơ quan quản lý, bằng văn bản", "Who asks, and how.") \
	X(REQUEST_ROLES, "request.roles", WORDS, "requester|agency-admin|technician|admin", \
	  "requester|technician", "Roles that may send a letter.") \
	X(REQUEST_CHANNELS, "request.channels", WORDS, "document|dms|mail|phone|web", \
	  "document|dms|mail|web", "By which ways a letter may come.") \
	X(REQUEST_PHONE, "request.phone", WORDS, "suspend|reset", "suspend|reset", \
	  "What may be asked for by telephone, from a contact that was verified.") \
	X(REQUEST_DELEGATED, "request.delegated", WORDS, "suspend|resume|reset", NULL, \
	  "What an agency's own administrator may do without an approval.") \
	X(APPROVE_BY, "approve.by", TEXT, NULL, "cơ quan quản lý hệ thống thư điện tử", "Who decides.") \
	X(APPROVE_ROLES, "approve.roles", WORDS, "approver|admin", "approver", "Roles that may approve.") \
	X(EXECUTE_BY, "execute.by", TEXT, NULL, "đơn vị vận hành hệ thống thư điện tử", \
	  "Who does what was decided.") \
	X(DEADLINE_CREATE, "deadline.create", TERM, NULL, "3 working days", \
	  "From the letter's arrival until a new mailbox must be there.") \
	X(DEADLINE_UPDATE, "deadline.update", TERM, NULL, "3 working days", "The same for a change of data.") \
	X(DEADLINE_SUSPEND, "deadline.suspend", TERM, NULL, "3 working days", "The same for a suspension.") \
	X(DEADLINE_RESUME, "deadline.resume", TERM, NULL, "3 working days", \
	  "The same for the end of a suspension.") \
	X(DEADLINE_CLOSE, "deadline.close", TERM, NULL, "3 working days", "The same for a closure.") \
	X(DEADLINE_RESTORE, "deadline.restore", TERM, NULL, "3 working days", \
	  "The same for undoing a closure.") \
	X(DEADLINE_PURGE, "deadline.purge", TERM, NULL, "3 working days", \
	  "The same for the end of a closed mailbox, when its time is over.") \
	X(DEADLINE_RENAME, "deadline.rename", TERM, NULL, "3 working days", "The same for another address.") \
	X(DEADLINE_TRANSFER, "deadline.transfer", TERM, NULL, "3 working days", \
	  "The same for a move to another agency.") \
	X(DEADLINE_RESET, "deadline.reset", TERM, NULL, "2 hours", "The same for a new password.") \
	X(DEADLINE_DAY_ENDS, "deadline.day_ends", TEXT, "HH:MM", "17:00", \
	  "Time at which a working day ends, and with it a term in days.") \
	X(FILING_LIMIT, "filing.limit", TERM, NULL, "never", \
	  "How long after the decision it rests on a letter may come; later is told as late.") \
	X(GRACE_STAFF, "grace.staff", TERM, NULL, "3 months", \
	  "How long the data of a closed mailbox stay.") \
	X(GRACE_DIVISION_HEAD, "grace.division_head", TERM, NULL, "3 months", \
	  "The same for heads of divisions; never less than for staff.") \
	X(GRACE_DEPARTMENT_HEAD, "grace.department_head", TERM, NULL, "3 months", \
	  "The same for heads of departments and above; never less than for heads of divisions.") \
	X(GRACE_RETIREMENT, "grace.retirement", TERM, NULL, NULL, \
	  "The same for who retires, whatever the rank.") \
	X(GRACE_RESIGNATION, "grace.resignation", TERM, NULL, NULL, \
	  "The same for who leaves the service, or whose contract ends.") \
	X(GRACE_DEPARTURE, "grace.departure", TERM, NULL, NULL, \
	  "The same for who goes to a body outside of the province.") \
	X(GRACE_DISMISSAL, "grace.dismissal", TERM, NULL, NULL, "The same for who is dismissed.") \
	X(GRACE_DEATH, "grace.death", TERM, NULL, NULL, "The same for who has died.") \
	X(GRACE_MERGER, "grace.merger", TERM, NULL, NULL, \
	  "The same for mailboxes of agencies and units that become one.") \
	X(GRACE_DISSOLUTION, "grace.dissolution", TERM, NULL, NULL, \
	  "The same for mailboxes of an agency or unit that ends.") \
	X(RANK_DIVISION_HEAD, "rank.division_head", WORDS, NULL, \
	  "division-head|Trưởng phòng|Trưởng ban|Chi cục trưởng|Chánh Thanh tra Sở", \
	  "A rank or title with one of these words in it is that of the head of a division.") \
	X(RANK_DEPARTMENT_HEAD, "rank.department_head", WORDS, NULL, \
	  "department-head|Giám đốc Sở|Chủ tịch Ủy ban nhân dân|Chủ tịch UBND|Chủ tịch Hội đồng nhân dân|" \
	  "Chủ tịch HĐND|Chánh Văn phòng Ủy ban nhân dân|Chánh Văn phòng UBND|Chánh Thanh tra tỉnh", \
	  "The same for heads of departments and above; asked first.") \
	X(INACTIVITY_LOCK, "inactivity.lock", TERM, NULL, "45 days", \
	  "After how long without a login a mailbox is suspended.") \
	X(INACTIVITY_EXEMPT, "inactivity.exempt", WORDS, "leave|secondment|other", "leave|secondment", \
	  "Reasons for which that clock stands still.") \
	X(LOCK_REVOKE, "lock.revoke", TERM, NULL, "never", \
	  "After how long without being asked back a suspended mailbox is closed.") \
	X(LOCK_OUTBOUND_RATE, "lock.outbound_rate", NUMBER, "1..1000000", NULL, \
	  "More letters than this to other domains within 10 minutes, and the mailbox is suspended.") \
	X(QUOTA_PERSON, "quota.person", SIZE, NULL, NULL, "Size of a new mailbox of a person.") \
	X(QUOTA_DIVISION_HEAD, "quota.person.division_head", SIZE, NULL, NULL, \
	  "The same for heads of divisions.") \
	X(QUOTA_DEPARTMENT_HEAD, "quota.person.department_head", SIZE, NULL, NULL, \
	  "The same for heads of departments and above.") \
	X(QUOTA_AGENCY, "quota.agency", SIZE, NULL, NULL, "Size of a new mailbox of an agency.") \
	X(QUOTA_UNIT, "quota.unit", SIZE, NULL, NULL, "Size of a new mailbox of a unit.") \
	X(QUOTA_POSITION, "quota.position", SIZE, NULL, NULL, "Size of a new mailbox of an office.") \
	X(QUOTA_SHARED, "quota.shared", SIZE, NULL, NULL, "Size of a new shared mailbox.") \
	X(QUOTA_LEAST_PERSON, "quota.least.person", SIZE, NULL, NULL, \
	  "Least that a letter may ask for, for a person.") \
	X(QUOTA_LEAST_AGENCY, "quota.least.agency", SIZE, NULL, NULL, \
	  "The same for every other kind of mailbox.") \
	X(ATTACHMENT_MAX, "attachment.max", SIZE, NULL, "20M", "Largest attachment of a letter.") \
	X(PASSWORD_LENGTH, "password.length", NUMBER, "6..128", "8", "Least characters of a password.") \
	X(PASSWORD_LENGTH_ADMIN, "password.length.admin", NUMBER, "6..128", "14", \
	  "The same for administrators.") \
	X(PASSWORD_CLASSES, "password.classes", NUMBER, "1..4", "4", \
	  "How many of the four classes must be in it: capitals, small letters, digits, signs.") \
	X(PASSWORD_HISTORY, "password.history", NUMBER, "0..100", "3", \
	  "How many earlier passwords may not come back.") \
	X(PASSWORD_HISTORY_ADMIN, "password.history.admin", NUMBER, "0..100", "10", \
	  "The same for administrators.") \
	X(PASSWORD_MAX_AGE, "password.max_age", TERM, NULL, "6 months", \
	  "After how long a password must be changed.") \
	X(PASSWORD_MAX_AGE_ADMIN, "password.max_age.admin", TERM, NULL, "2 months", \
	  "The same for administrators.") \
	X(PASSWORD_MAX_FAILURES, "password.max_failures", NUMBER, "1..1000", "10", \
	  "After how many wrong passwords in a row no more are taken.") \
	X(PASSWORD_MUST_CHANGE, "password.must_change", FLAG, NULL, "yes", \
	  "Whether the first password must be changed at the first login.") \
	X(PASSWORD_INITIAL_LOCK, "password.initial_lock", TERM, NULL, "1 month", \
	  "After how long a mailbox whose first password was not changed is suspended.") \
	X(PASSWORD_SECOND_FACTOR, "password.second_factor", TEXT, NULL, "quản trị viên", \
	  "Who has to prove more than a password, and how.") \
	X(RETENTION_LOG, "retention.log", TERM, "12 months..", "24 months", \
	  "How long the audit log is kept.") \
	X(RETENTION_REQUEST, "retention.request", TERM, NULL, "never", \
	  "After how long the personal data in letters are erased.") \
	X(RETENTION_MAIL_LOG, "retention.mail_log", TERM, NULL, "12 months", \
	  "How long the mail server's own log must be kept.") \
	X(BACKUP_PERIOD, "backup.period", TERM, NULL, "7 days", "At least how often mail is backed up.") \
	X(REVIEW_PERIOD, "review.period", TERM, NULL, "6 months", \
	  "How often the list of mailboxes is gone through.") \
	X(REPORT_AGENCY, "report.agency", WORDS, NULL, NULL, "When agencies have to report.") \
	X(REPORT_OPERATOR, "report.operator", WORDS, NULL, NULL, "When the operator has to report.") \
	X(FORWARDING_WHITELIST, "forwarding.whitelist", WORDS, "domain", "gov.vn", \
	  "Domains, with all below them, to which mail may be forwarded.") \
	X(FUSE_COUNT, "fuse.count", NUMBER, "1..1000000", "50", \
	  "A letter that suspends, closes, renames or moves more mailboxes than this needs two approvers.") \
	X(FUSE_PERCENT, "fuse.percent", NUMBER, "1..100", "20", \
	  "The same for more than this part of an agency's mailboxes.") \
	X(FUSE_LEAST, "fuse.least", NUMBER, "1..1000000", "5", \
	  "From how many mailboxes on that part counts: two of three are no mass closure.") \
	X(ELIGIBILITY_CONTRACT, "eligibility.contract", TERM, NULL, NULL, \
	  "How long a contract must at least be for its holder to get a mailbox.") \
	X(ELIGIBILITY_EXCLUDED, "eligibility.excluded", WORDS, NULL, NULL, \
	  "Kinds of agencies whose staff get none.") \
	X(CALENDAR, "calendar", TEXT, "name", "vn", "The calendar of working days, in the folder calendar.")

enum policy_key {
#define X(ID, name, type, allowed, def, help) RULE_##ID,
	POLICY_KEYS(X)
#undef X
	RULE_COUNT
};

/* One line of the table. */
struct policy_key_entry {
	const char *name;
	enum policy_type type;
	const char *allowed, *def; /* NULL: see above */
	const char *help;
};
extern const struct policy_key_entry policy_key_table[RULE_COUNT];
/* Every name; ends with NULL. */
extern const char *const policy_key_names[RULE_COUNT + 1];
/* The rule of this name, or -1. */
int policy_key_find(const char *name);
#endif
