/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_VOCAB_H
#define HOPTHU_VOCAB_H
/*
 * Every word of the domain, once.  The same word stands in C, SQL, JSON, the log, the command line
 * and the manual.  X(NAME, "word", "what it means")
 */

/* What an item does.  Mailbox operations come in letters; the others are orders of an administrator, the
 * last one hopthud's own. */
#define VOCAB_OPS(X) \
	X(CREATE, "create", "give a new mailbox") \
	X(UPDATE, "update", "change what is written about its holder") \
	X(SUSPEND, "suspend", "login off, delivery on") \
	X(RESUME, "resume", "undo a suspension") \
	X(CLOSE, "close", "login and delivery off, data kept") \
	X(RESTORE, "restore", "undo a close while its data are still there") \
	X(PURGE, "purge", "a closed mailbox whose time is over becomes a tombstone") \
	X(RENAME, "rename", "another address; the old one stays an alias") \
	X(TRANSFER, "transfer", "to another agency of the province") \
	X(REVERT, "revert", "put back what others changed in the directory") \
	X(AGENCY_ADD, "agency-add", "write an agency into the directory") \
	X(OPERATOR_ADD, "operator-add", "write an operator's entry into the directory") \
	X(OPERATOR_REVOKE, "operator-revoke", "take an operator's roles out of the directory") \
	X(PASSWORD_POLICY, "password-policy", "put the password rules in force into the directory")

/* States of an item and of a request.  E = an end. */
#define VOCAB_STATES(X) \
	X(RECEIVED, "received", "being taken in; not promised yet") \
	X(CHECKED, "checked", "well-formed, to be planned (again)") \
	X(NAME_NEEDED, "name-needed", "every address the policy gives is taken: one must be proposed") \
	X(PLANNED, "planned", "checked and planned, waits for approval") \
	X(APPROVED, "approved", "waits for its turn") \
	X(SCHEDULED, "scheduled", "approved, waits for its effective date") \
	X(RUNNING, "running", "intent written, sent to the directory") \
	X(UNKNOWN, "unknown", "reply lost, being resolved by reading") \
	X(HELD, "held", "needs a person") \
	X(DONE, "done", "done") \
	X(FAILED, "failed", "could not be done") \
	X(REFUSED, "refused", "the approver said no") \
	X(CANCELLED, "cancelled", "taken back by the agency")

#define VOCAB_STATUSES(X) \
	X(ACTIVE, "active", "login and delivery on") \
	X(SUSPENDED, "suspended", "login off, delivery on") \
	X(CLOSED, "closed", "both off, data kept") \
	X(PURGED, "purged", "a tombstone only")

/* What a mailbox is for.  All but a person's have a living custodian. */
#define VOCAB_KINDS(X) \
	X(PERSON, "person", "a person's own") \
	X(AGENCY, "agency", "an agency's") \
	X(UNIT, "unit", "a unit's of an agency") \
	X(POSITION, "position", "of an office that one person holds after the other") \
	X(SHARED, "shared", "of several people for one purpose")

/* By which way a letter came. */
#define VOCAB_CHANNELS(X) \
	X(DOCUMENT, "document", "a signed document") \
	X(DMS, "dms", "the document management system") \
	X(MAIL, "mail", "the mailbox for requests") \
	X(PHONE, "phone", "by telephone, from a contact that was verified") \
	X(WEB, "web", "an agency's program or page")

/* The decision a row rests on. */
#define VOCAB_BASES(X) \
	X(RECRUITMENT, "recruitment", "newly recruited") \
	X(RECEPTION, "reception", "received from elsewhere") \
	X(CONTRACT, "contract", "works under a contract") \
	X(APPOINTMENT, "appointment", "appointed to an office") \
	X(TRANSFER, "transfer", "moved to another agency of the province") \
	X(SECONDMENT, "secondment", "away for a time") \
	X(LEAVE, "leave", "long leave: maternity, study, illness") \
	X(RETIREMENT, "retirement", "retires") \
	X(RESIGNATION, "resignation", "leaves the service, or its contract ends") \
	X(DEPARTURE, "departure", "goes to a body outside of the province") \
	X(DISMISSAL, "dismissal", "dismissed") \
	X(DEATH, "death", "has died") \
	X(CREATION, "creation", "an agency or unit is founded") \
	X(MERGER, "merger", "agencies or units become one") \
	X(DISSOLUTION, "dissolution", "an agency or unit ends") \
	X(INCIDENT, "incident", "misuse, malware, a leaked password") \
	X(OTHER, "other", "something else: the reason says what")

/* Bits, so that an operator may have several. */
#define VOCAB_ROLES(X) \
	X(REQUESTER, "requester", "sends letters of the own agency") \
	X(AGENCY_ADMIN, "agency-admin", "own agency: statistics, temporary suspension") \
	X(APPROVER, "approver", "approves and refuses what others asked") \
	X(TECHNICIAN, "technician", "sends letters of every agency, retries, looks after the queue") \
	X(AUDITOR, "auditor", "reads everything, changes nothing") \
	X(ADMIN, "admin", "keeps agencies and operators")

/* Events of the audit log (doc/audit-format.md). */
#define VOCAB_EVENTS(X) \
	X(GENESIS, "genesis", "the log begins") \
	X(CONFIG, "config", "the configuration in force, by digest") \
	X(START, "start", "hopthud started") \
	X(STOP, "stop", "hopthud stopped in good order") \
	X(HEARTBEAT, "heartbeat", "nothing else happened for a day") \
	X(AUTH_OK, "auth.ok", "a person proved who they are") \
	X(AUTH_FAIL, "auth.fail", "somebody could not") \
	X(REQUEST, "request", "a letter arrived") \
	X(ITEM, "item", "one row of a letter, checked and planned") \
	X(PLAN, "plan", "the whole letter is planned; its digest") \
	X(NAME, "name", "an address was proposed for a row that needed one") \
	X(APPROVE, "approve", "somebody else allowed the plan with this digest") \
	X(REFUSE, "refuse", "an approver refused the letter") \
	X(CANCEL, "cancel", "a letter was taken back") \
	X(RETRY, "retry", "failed or held items were put back into the queue") \
	X(INTENT, "intent", "about to write to the directory") \
	X(RESOLVE, "resolve", "a lost reply was resolved by reading") \
	X(OUTCOME, "outcome", "what became of an intent") \
	X(HOLD, "hold", "an item waits for a person") \
	X(DRIFT, "drift", "the directory is not as hopthu left it") \
	X(OPERATOR, "operator", "an operator was added, changed or revoked") \
	X(AGENCY, "agency", "an agency was added") \
	X(READ, "read", "an auditor read") \
	X(ANCHOR, "anchor", "somebody outside confirmed a checkpoint") \
	X(INCARNATION, "incarnation", "the log goes on from an older copy, under another name") \
	X(EXPORT, "export", "a copy of the log was given out") \
	X(ERASE, "erase", "the openings of a person's records were erased") \
	X(ACCEPT, "accept", "a change that others made in the directory stands")

enum op {
#define X(N, w, d) OP_##N,
	VOCAB_OPS(X)
#undef X
	OP_COUNT
};
enum state {
#define X(N, w, d) STATE_##N,
	VOCAB_STATES(X)
#undef X
	STATE_COUNT
};
enum status {
#define X(N, w, d) STATUS_##N,
	VOCAB_STATUSES(X)
#undef X
	STATUS_COUNT
};
enum kind {
#define X(N, w, d) KIND_##N,
	VOCAB_KINDS(X)
#undef X
	KIND_COUNT
};
enum channel {
#define X(N, w, d) CHANNEL_##N,
	VOCAB_CHANNELS(X)
#undef X
	CHANNEL_COUNT
};
enum basis {
#define X(N, w, d) BASIS_##N,
	VOCAB_BASES(X)
#undef X
	BASIS_COUNT
};
enum role_index {
#define X(N, w, d) ROLE_INDEX_##N,
	VOCAB_ROLES(X)
#undef X
	ROLE_COUNT
};
enum role {
#define X(N, w, d) ROLE_##N = 1 << ROLE_INDEX_##N,
	VOCAB_ROLES(X)
#undef X
	ROLE_NONE = 0
};
enum event_type {
#define X(N, w, d) EVENT_##N,
	VOCAB_EVENTS(X)
#undef X
	EVENT_COUNT
};

/* The word; "?" for a number that is none. */
const char *op_word(int op);
const char *state_word(int state);
const char *status_word(int status);
const char *role_word(int role_index);
const char *event_word(int event);
const char *kind_word(int kind);
const char *channel_word(int channel);
const char *basis_word(int basis);

/* The number of a word, or -1. */
int op_from(const char *word);
int state_from(const char *word);
int status_from(const char *word);
int kind_from(const char *word);
int channel_from(const char *word);
int basis_from(const char *word);

/* "approver,technician" -> bits; -1 when a word is none (its text in *bad, borrowed, may be NULL). */
int roles_from(const char *words, const char **bad);
/* Bits -> "approver,technician"; caller frees. */
char *roles_text(int roles);

/*
 * The word of a list that is nearest to a mistyped one (edit distance of at most 2 and less than
 * half of the word), or NULL.  The list ends with NULL.
 */
const char *nearest_word(const char *typed, const char *const *words);
/* Words of VOCAB_OPS that letters may carry, from create to transfer; ends with NULL. */
extern const char *const letter_ops[];
#endif
