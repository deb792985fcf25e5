/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_POLICY_KEY_H
#define HOPTHU_POLICY_KEY_H

/*
 * Every rule a policy may have, once.  The built-in policy is the column of defaults.
 *
 * X(ID, "name in the file", TYPE, USE, "allowed", "default", "help")
 *
 * USE: who keeps to it, enum policy_use of policy.h: what `hopthuctl policy` and hopthu-policy(5) say of
 * each rule.  Whoever makes hopthud keep to one that was only recorded changes it here.
 * allowed: what is possible besides what the type says, or NULL:
 *   NUMBER     "8..128"
 *   WORDS, TEXT   "a|b|c": one of these; "domain"; "HH:MM"; "name".  "none" among them: alone, it makes
 *              an empty list
 *   TERM       "1 month..": at least so long
 * default: as in the file, "|" between the values of a list; NULL: there is no such rule.
 */
#define POLICY_KEYS(X) \
	X(NAMING_PERSON, "naming.person", TEMPLATES, ENFORCED, NULL, \
	  "{given}{initials}|{given}{initials}{seq}", \
	  "Local part of a person's address, in the order in which they are tried.") \
	X(NAMING_AGENCY, "naming.agency", TEMPLATES, ENFORCED, NULL, "{agency}", \
	  "Local part of an agency's address.") \
	X(NAMING_UNIT, "naming.unit", TEMPLATES, ENFORCED, NULL, "{unit}.{agency}", \
	  "Local part of the address of a unit of an agency.") \
	X(NAMING_COMMUNE, "naming.commune", TEMPLATES, ENFORCED, NULL, "{agency}", \
	  "Local part of the address of an agency whose kind is commune.") \
	X(NAMING_POSITION, "naming.position", TEMPLATES, ENFORCED, NULL, "{full}.{agency}", \
	  "Local part of the address of an office, whoever holds it.") \
	X(NAMING_SHARED, "naming.shared", TEMPLATES, ENFORCED, NULL, "{full}.{agency}", \
	  "Local part of an address for one purpose, used by several people.") \
	X(NAMING_FOLLOWS_AGENCY, "naming.follows_agency", FLAG, ENFORCED, NULL, "no", \
	  "Whether a person who is transferred gets the address that the rule gives in the new " \
	  "agency.") \
	X(NAMING_AFTER_MERGER, "naming.after_merger", TEXT, RECORDED, "keep|convert", "keep", \
	  "What becomes of addresses given before the policy: they are kept as they are, or " \
	  "converted.") \
	X(ALIAS_PERIOD, "alias.period", TERM, RECORDED, NULL, "6 months", \
	  "How long the old address still receives after a rename or transfer.") \
	X(REUSE_AFTER, "reuse.after", TERM, ENFORCED, NULL, "never", \
	  "When an address of a purged mailbox may be given to somebody else; its login never is.") \
	X(REQUEST_BY, "request.by", TEXT, RECORDED, NULL, "cơ quan quản lý, bằng văn bản", \
	  "Who asks, and how.") \
	X(REQUEST_ROLES, "request.roles", WORDS, ENFORCED, "requester|agency-admin|technician|admin", \
	  "requester|technician", \
	  "Roles that may send a letter.") \
	X(REQUEST_CHANNELS, "request.channels", WORDS, TOLD, "document|dms|mail|phone|web", \
	  "document|dms|mail|web", \
	  "By which ways a letter may come.") \
	X(REQUEST_PHONE, "request.phone", WORDS, ENFORCED, "none|suspend|reset", "suspend|reset", \
	  "What may be asked for by telephone, from a contact that was verified; or none.") \
	X(REQUEST_DELEGATED, "request.delegated", WORDS, RECORDED, "none|suspend|resume|reset", \
	  NULL, \
	  "What an agency's own administrator may do without an approval; or none.") \
	X(APPROVE_BY, "approve.by", TEXT, RECORDED, NULL, "cơ quan quản lý hệ thống thư điện tử", \
	  "Who decides.") \
	X(APPROVE_ROLES, "approve.roles", WORDS, ENFORCED, "approver|admin", "approver", \
	  "Roles that may approve.") \
	X(EXECUTE_BY, "execute.by", TEXT, RECORDED, NULL, "đơn vị vận hành hệ thống thư điện tử", \
	  "Who does what was decided.") \
	X(DEADLINE_CREATE, "deadline.create", TERM, TOLD, NULL, "3 working days", \
	  "From the letter's arrival until a new mailbox must be there; what is late is told.") \
	X(DEADLINE_UPDATE, "deadline.update", TERM, TOLD, NULL, "3 working days", \
	  "The same for a change of data.") \
	X(DEADLINE_SUSPEND, "deadline.suspend", TERM, TOLD, NULL, "3 working days", \
	  "The same for a suspension.") \
	X(DEADLINE_RESUME, "deadline.resume", TERM, TOLD, NULL, "3 working days", \
	  "The same for the end of a suspension.") \
	X(DEADLINE_CLOSE, "deadline.close", TERM, TOLD, NULL, "3 working days", \
	  "The same for a closure.") \
	X(DEADLINE_RESTORE, "deadline.restore", TERM, TOLD, NULL, "3 working days", \
	  "The same for undoing a closure.") \
	X(DEADLINE_PURGE, "deadline.purge", TERM, TOLD, NULL, "3 working days", \
	  "The same for the end of a closed mailbox, when its time is over.") \
	X(DEADLINE_RENAME, "deadline.rename", TERM, TOLD, NULL, "3 working days", \
	  "The same for another address.") \
	X(DEADLINE_TRANSFER, "deadline.transfer", TERM, TOLD, NULL, "3 working days", \
	  "The same for a move to another agency.") \
	X(DEADLINE_RESET, "deadline.reset", TERM, RECORDED, NULL, "2 hours", \
	  "The same for a new password. hopthud sets none.") \
	X(DEADLINE_DAY_ENDS, "deadline.day_ends", TEXT, TOLD, "HH:MM", "17:00", \
	  "Time at which a working day ends, and with it a term in days.") \
	X(FILING_LIMIT, "filing.limit", TERM, TOLD, NULL, "never", \
	  "How long after the decision it rests on a letter may come. The days are recorded with " \
	  "every row; later than this is told.") \
	X(GRACE_STAFF, "grace.staff", TERM, ENFORCED, NULL, "3 months", \
	  "How long the data of a closed mailbox stay.") \
	X(GRACE_DIVISION_HEAD, "grace.division_head", TERM, ENFORCED, NULL, "3 months", \
	  "The same for heads of divisions; never less than for staff.") \
	X(GRACE_DEPARTMENT_HEAD, "grace.department_head", TERM, ENFORCED, NULL, "3 months", \
	  "The same for heads of departments and above; never less than for heads of divisions.") \
	X(GRACE_RETIREMENT, "grace.retirement", TERM, ENFORCED, NULL, NULL, \
	  "The same for who retires, whatever the rank.") \
	X(GRACE_RESIGNATION, "grace.resignation", TERM, ENFORCED, NULL, NULL, \
	  "The same for who leaves the service, or whose contract ends.") \
	X(GRACE_DEPARTURE, "grace.departure", TERM, ENFORCED, NULL, NULL, \
	  "The same for who goes to a body outside of the province.") \
	X(GRACE_DISMISSAL, "grace.dismissal", TERM, ENFORCED, NULL, NULL, \
	  "The same for who is dismissed.") \
	X(GRACE_DEATH, "grace.death", TERM, ENFORCED, NULL, NULL, \
	  "The same for who has died.") \
	X(GRACE_MERGER, "grace.merger", TERM, ENFORCED, NULL, NULL, \
	  "The same for mailboxes of agencies and units that become one.") \
	X(GRACE_DISSOLUTION, "grace.dissolution", TERM, ENFORCED, NULL, NULL, \
	  "The same for mailboxes of an agency or unit that ends.") \
	X(RANK_DIVISION_HEAD, "rank.division_head", WORDS, ENFORCED, NULL, \
	  "division-head|Trưởng phòng|Trưởng ban|Chi cục trưởng|Chánh Văn phòng|" \
	  "Chánh Thanh tra Sở|Giám đốc Trung tâm|Giám đốc Ban Quản lý|Giám đốc Bệnh viện", \
	  "A rank or title that begins with one of these is that of the head of a division; what " \
	  "stands before it, as in Phó Trưởng phòng, makes it another. Of several that fit, here " \
	  "and in rank.department_head, the longest decides. Of a title with commas every part is " \
	  "looked at.") \
	X(RANK_DEPARTMENT_HEAD, "rank.department_head", WORDS, ENFORCED, NULL, \
	  "department-head|Giám đốc|Chủ tịch Ủy ban nhân dân|Chủ tịch UBND|" \
	  "Chủ tịch Hội đồng nhân dân|Chủ tịch HĐND|Chánh Văn phòng Ủy ban nhân dân|" \
	  "Chánh Văn phòng UBND|Chánh Văn phòng Tỉnh ủy|Chánh Văn phòng Đoàn ĐBQH|" \
	  "Chánh Thanh tra tỉnh", \
	  "The same for heads of departments and above.") \
	X(INACTIVITY_LOCK, "inactivity.lock", TERM, RECORDED, "1 hour..", "45 days", \
	  "After how long without a login a mailbox is suspended.") \
	X(INACTIVITY_EXEMPT, "inactivity.exempt", WORDS, RECORDED, "none|leave|secondment|other", \
	  "leave|secondment", \
	  "Reasons for which that clock stands still; or none.") \
	X(LOCK_REVOKE, "lock.revoke", TERM, RECORDED, "1 hour..", "never", \
	  "After how long without being asked back a suspended mailbox is closed.") \
	X(LOCK_OUTBOUND_RATE, "lock.outbound_rate", NUMBER, RECORDED, "1..1000000", NULL, \
	  "More letters than this to other domains within 10 minutes, and the mailbox is " \
	  "suspended.") \
	X(QUOTA_PERSON, "quota.person", SIZE, ENFORCED, NULL, NULL, \
	  "Size of a new mailbox of a person.") \
	X(QUOTA_DIVISION_HEAD, "quota.person.division_head", SIZE, ENFORCED, NULL, NULL, \
	  "The same for heads of divisions.") \
	X(QUOTA_DEPARTMENT_HEAD, "quota.person.department_head", SIZE, ENFORCED, NULL, NULL, \
	  "The same for heads of departments and above.") \
	X(QUOTA_AGENCY, "quota.agency", SIZE, ENFORCED, NULL, NULL, \
	  "Size of a new mailbox of an agency.") \
	X(QUOTA_UNIT, "quota.unit", SIZE, ENFORCED, NULL, NULL, \
	  "Size of a new mailbox of a unit.") \
	X(QUOTA_POSITION, "quota.position", SIZE, ENFORCED, NULL, NULL, \
	  "Size of a new mailbox of an office.") \
	X(QUOTA_SHARED, "quota.shared", SIZE, ENFORCED, NULL, NULL, \
	  "Size of a new shared mailbox.") \
	X(QUOTA_LEAST_PERSON, "quota.least.person", SIZE, ENFORCED, NULL, NULL, \
	  "Least that a letter may ask for, for a person.") \
	X(QUOTA_LEAST_AGENCY, "quota.least.agency", SIZE, ENFORCED, NULL, NULL, \
	  "The same for every other kind of mailbox.") \
	X(ATTACHMENT_MAX, "attachment.max", SIZE, RECORDED, NULL, "20M", \
	  "Largest attachment of a letter.") \
	X(PASSWORD_LENGTH, "password.length", NUMBER, DIRECTORY, "6..128", "8", \
	  "Least characters of a password; the directory counts bytes.") \
	X(PASSWORD_LENGTH_ADMIN, "password.length.admin", NUMBER, RECORDED, "6..128", "14", \
	  "The same for administrators.") \
	X(PASSWORD_CLASSES, "password.classes", NUMBER, RECORDED, "1..4", "4", \
	  "How many of the four classes must be in it: capitals, small letters, digits, signs.") \
	X(PASSWORD_HISTORY, "password.history", NUMBER, DIRECTORY, "0..100", "3", \
	  "How many earlier passwords may not come back.") \
	X(PASSWORD_HISTORY_ADMIN, "password.history.admin", NUMBER, RECORDED, "0..100", "10", \
	  "The same for administrators.") \
	X(PASSWORD_MAX_AGE, "password.max_age", TERM, DIRECTORY, "1 hour..", "6 months", \
	  "After how long a password must be changed; the directory counts a month as 30 days.") \
	X(PASSWORD_MAX_AGE_ADMIN, "password.max_age.admin", TERM, RECORDED, "1 hour..", "2 months", \
	  "The same for administrators.") \
	X(PASSWORD_MAX_FAILURES, "password.max_failures", NUMBER, DIRECTORY, "1..1000", "10", \
	  "At which wrong password in a row no more are taken: with 13, twelve are forgiven. " \
	  "Within what time they count, and for how long no more are taken, is what the directory " \
	  "says by hand (pwdFailureCountInterval, pwdLockoutDuration; 300 seconds as shipped).") \
	X(PASSWORD_MUST_CHANGE, "password.must_change", FLAG, DIRECTORY, NULL, "yes", \
	  "Whether the first password must be changed at the first login.") \
	X(PASSWORD_INITIAL_LOCK, "password.initial_lock", TERM, RECORDED, "1 hour..", "1 month", \
	  "After how long a mailbox whose first password was not changed is suspended.") \
	X(PASSWORD_SECOND_FACTOR, "password.second_factor", TEXT, RECORDED, NULL, "quản trị viên", \
	  "Who has to prove more than a password, and how.") \
	X(RETENTION_LOG, "retention.log", TERM, RECORDED, "12 months..", "24 months", \
	  "How long the audit log is kept.") \
	X(RETENTION_REQUEST, "retention.request", TERM, RECORDED, "1 hour..", "never", \
	  "After how long the personal data in letters are erased.") \
	X(RETENTION_MAIL_LOG, "retention.mail_log", TERM, RECORDED, "1 hour..", "12 months", \
	  "How long the mail server's own log must be kept.") \
	X(BACKUP_PERIOD, "backup.period", TERM, RECORDED, "1 hour..", "7 days", \
	  "At least how often mail is backed up.") \
	X(REVIEW_PERIOD, "review.period", TERM, RECORDED, "1 hour..", "6 months", \
	  "How often the list of mailboxes is gone through.") \
	X(REPORT_AGENCY, "report.agency", WORDS, RECORDED, NULL, NULL, \
	  "When agencies have to report.") \
	X(REPORT_OPERATOR, "report.operator", WORDS, RECORDED, NULL, NULL, \
	  "When the operator has to report.") \
	X(FORWARDING_WHITELIST, "forwarding.whitelist", WORDS, RECORDED, "domain", "gov.vn", \
	  "Domains, with all below them, to which mail may be forwarded.") \
	X(FUSE_COUNT, "fuse.count", NUMBER, ENFORCED, "1..1000000", "50", \
	  "A letter that suspends, closes, renames or moves more mailboxes than this needs two " \
	  "approvers.") \
	X(FUSE_PERCENT, "fuse.percent", NUMBER, ENFORCED, "1..100", "20", \
	  "The same for more than this part of an agency's mailboxes.") \
	X(FUSE_LEAST, "fuse.least", NUMBER, ENFORCED, "1..1000000", "5", \
	  "From how many mailboxes on that part counts: two of three are no mass closure.") \
	X(DRIFT_COUNT, "drift.count", NUMBER, ENFORCED, "1..4000", "20", \
	  "When others than hopthu change more entries of the directory than this within ten minutes, " \
	  "nothing is sent to it until an admin has looked. That of hopthud's own domain counts.") \
	X(DRIFT_PERCENT, "drift.percent", NUMBER, ENFORCED, "1..100", "1", \
	  "The same for more than this part of all mailboxes.") \
	X(DRIFT_LEAST, "drift.least", NUMBER, ENFORCED, "1..4000", "5", \
	  "From how many entries on that part counts.") \
	X(ELIGIBILITY_CONTRACT, "eligibility.contract", TERM, RECORDED, NULL, NULL, \
	  "How long a contract must at least be for its holder to get a mailbox.") \
	X(ELIGIBILITY_EXCLUDED, "eligibility.excluded", WORDS, ENFORCED, NULL, NULL, \
	  "Kinds of agencies whose staff get none; capitals and marks do not matter.") \
	X(CALENDAR, "calendar", TEXT, ENFORCED, "name", "vn", \
	  "The calendar of working days, in the folder calendar.")

enum policy_key {
#define X(ID, name, type, use, allowed, def, help) RULE_##ID,
	POLICY_KEYS(X)
#undef X
	RULE_COUNT
};

/* One line of the table. */
struct policy_key_entry {
	const char *name;
	enum policy_type type;
	enum policy_use use;
	const char *allowed, *def; /* NULL: see above */
	const char *help;
};
extern const struct policy_key_entry policy_key_table[RULE_COUNT];
/* Every name; ends with NULL. */
extern const char *const policy_key_names[RULE_COUNT + 1];
/* The rule of this name, or -1. */
int policy_key_find(const char *name);
#endif
