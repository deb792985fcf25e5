/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_STORE_H
#define HOPTHU_STORE_H

#include "common/buf.h"
#include "common/merkle.h"
#include "common/model.h"
#include "common/proof.h"

/*
 * The durable state: one file, one process, one connection.  Nothing here names the engine.
 *
 * Work is done in units.  A unit is one act of somebody: all of it or nothing, and a unit that
 * changed rows without an audit record is refused.  The units of one turn of the loop are committed
 * together by store_commit; what must wait until then (a reply, a message to the directory) is
 * given to store_after_commit.
 */
struct store;

#define STORE_FIRST 2   /* version of the schema in the first release */
#define STORE_VERSION 2

/* ERR_CONFLICT: another process has it.  ERR_CONFIG: no database, damaged, or of a newer version
 * (untouched). */
struct store *store_open(const char *file, struct err *e) MUST_USE;
/* Makes a new one; ERR_CONFLICT when the file is there already. */
struct store *store_create(const char *file, struct err *e) MUST_USE;
/* Reads the whole file, up to so many bytes of it (a longer one is not looked at): are its pages whole?
 * ERR_PERM says what is wrong. */
int store_check(struct store *s, int64_t most, struct err *e) MUST_USE;
void store_close(struct store *s); /* what is not committed is lost; NULL is fine */

int store_begin(struct store *s, struct err *e) MUST_USE;
int store_end(struct store *s, struct err *e) MUST_USE; /* on failure the unit is undone */
void store_abort(struct store *s);

/* True when something waits for store_commit. */
bool store_dirty(const struct store *s);
/* failure NULL: durable.  Otherwise nothing of this turn happened. */
typedef void store_done_cb(void *arg, const struct err *failure);
void store_after_commit(struct store *s, store_done_cb *cb, void *arg);
/* The same for who can wait a few milliseconds, so that more go into one commit. */
void store_after_commit_soon(struct store *s, store_done_cb *cb, void *arg);
/* True when somebody waits for the commit who should not. */
bool store_urgent(const struct store *s);
void store_forget(struct store *s, void *arg); /* drops what waits for arg */
/* Commits what the units of this turn did and runs what waits for it. */
void store_commit(struct store *s);
/* Why nothing can be written ("" when it can). */
const char *store_trouble(const struct store *s);
/* The disk failed in a way that may have lost writes: the process must end and start again. */
bool store_broken(const struct store *s);
/* The last failure was for want of room on the disk. */
bool store_full(const struct store *s);
/* Moves the write-ahead log into the database when it has grown; call when idle.  soon: a turn that
 * has less to do comes next, so only if it has grown threefold.  True: it did. */
bool store_tidy(struct store *s, bool soon);
/* Gives the memory of cached pages back; call after a busy time. */
void store_shrink(struct store *s);

/* --- the log ------------------------------------------------------------------------------- */
struct opening {
	const char *field, *value;
	uint8_t salt[DIGEST_LEN];
};
int64_t store_next_seq(const struct store *s);
/* rec: canonical bytes whose "seq" is store_next_seq(); in a unit. */
int store_append(struct store *s, const void *rec, size_t n, const struct opening *openings,
		 size_t count, struct err *e) MUST_USE;
const struct merkle *store_tree(const struct store *s); /* with what is not committed yet */
const struct merkle *store_committed_tree(const struct store *s); /* without it */
struct stored_record {
	int64_t seq;
	const char *rec;
	size_t len;
	const uint8_t *leaf;
};
/* Up to max records after seq, in order; stops early when each returns false.  -1: read error. */
int store_records(struct store *s, int64_t after, int max,
		  bool (*each)(void *arg, const struct stored_record *r), void *arg, struct err *e);
/* Records of copies of the log that were given out. */
int store_exports(struct store *s, int64_t after, int max,
		  bool (*each)(void *arg, const struct stored_record *r), void *arg, struct err *e);
int64_t store_last_seq(const struct store *s);
int store_openings(struct store *s, int64_t seq,
		   void (*each)(void *arg, const char *field, const char *value), void *arg,
		   struct err *e);
/* Openings after this field of a record (seq, "": all of it and what comes after) up to a record, by
 * seq and field; stops early when each returns false.  Text is borrowed. */
struct stored_opening {
	int64_t seq;
	const char *field, *value;
	const uint8_t *salt; /* DIGEST_LEN bytes */
};
int store_openings_after(struct store *s, int64_t seq, const char *field, int64_t last, int max,
			 bool (*each)(void *arg, const struct stored_opening *o), void *arg,
			 struct err *e) MUST_USE;
/* Records about a request, ascending, after a seq. */
int store_request_records(struct store *s, int64_t request, int64_t after, int max,
			  bool (*each)(void *arg, const struct stored_record *r), void *arg,
			  struct err *e);
/* The same for a person: records with this "subj". */
int store_subject_records(struct store *s, const char *subject, int64_t after, int max,
			  bool (*each)(void *arg, const struct stored_record *r), void *arg,
			  struct err *e);

/* --- erasing a person's values ------------------------------------------------------------------ */
/* Openings of a record, or only those of a field; *count grows by how many there were. */
int store_erase_openings(struct store *s, int64_t seq, const char *field, int64_t *count,
			 struct err *e) MUST_USE;
/* *count: how many there are. */
int store_has_openings(struct store *s, int64_t seq, const char *field, int64_t *count,
		       struct err *e) MUST_USE;
/* Rows stay, with ERASED where a value stood and the person's reference where the login stood. */
int store_erase_item(struct store *s, int64_t id, const char *person, struct err *e) MUST_USE;
int store_erase_mailbox(struct store *s, const char *login, const char *person,
			struct err *e) MUST_USE;
/* Of the addresses that lead to a login and are this person's, those that were only promised are free
 * again; of the others the local part stays, as a tombstone that is nobody's. */
int store_erase_addresses(struct store *s, const char *local, const char *person,
			  struct err *e) MUST_USE;
void store_each_address_of(struct store *s, const char *login, const char *person,
			   void (*each)(void *arg, const char *local), void *arg);
/* So many more rows of a request are erased; how many rows it has; its reason and refusal. */
int store_count_erased(struct store *s, int64_t request, int64_t rows, struct err *e) MUST_USE;
int64_t store_row_count(struct store *s, int64_t request);
int store_erase_texts(struct store *s, int64_t request, struct err *e) MUST_USE;
/* What auditors looked for (field "path"), of up to max records after seq, in order. */
int store_readings(struct store *s, int64_t after, int max,
		   void (*each)(void *arg, int64_t seq, const char *path), void *arg,
		   struct err *e);
/* Address of a mailbox that is not purged and that a person (by DN) answers for; NULL: none. */
const char *store_kept_at_all(struct store *s, const char *custodian, struct arena *a);

/* Erased values leave the files: in the unit that erased something, it is wanted ... */
int store_want_scrub(struct store *s, struct err *e) MUST_USE;
bool store_scrub_wanted(struct store *s);
/* ... then some of it is done, for about so long, when nothing waits for a commit: 1 there is more, 0
 * that was all, -1 it cannot be done now ... */
int store_scrub_step(struct store *s, uint64_t budget_us, struct err *e);
int store_scrub_percent(const struct store *s);
/* ... and in a unit, which needs no audit record, it is wanted no more. */
int store_scrubbed(struct store *s, struct err *e) MUST_USE;

/* --- meta ---------------------------------------------------------------------------------- */
char *store_meta(struct store *s, const char *key); /* caller frees; NULL: none */
int store_set_meta(struct store *s, const char *key, const char *value, struct err *e) MUST_USE;

/* What stopped the log (daemon/flow/incident.h): the sentence, or NULL; caller frees. */
char *store_incident(struct store *s);
/* In a unit; needs no audit record, since none is written any more.  NULL: it is over. */
int store_set_incident(struct store *s, const char *text, struct err *e) MUST_USE;

/* --- operators and agencies ------------------------------------------------------------------ */
/* 1 found, 0 not; text in the arena */
int store_operator(struct store *s, const char *name, struct operator *o, struct arena *a);
int store_operator_by_uid(struct store *s, int64_t uid, struct operator *o, struct arena *a);
int store_operators(struct store *s, void (*each)(void *arg, const struct operator *o), void *arg,
		    struct err *e);
int store_put_operator(struct store *s, const struct operator *o, struct err *e) MUST_USE;
int store_agency(struct store *s, const char *code, struct agency *g, struct arena *a);
int store_agencies(struct store *s, void (*each)(void *arg, const struct agency *g), void *arg,
		   struct err *e);
int store_add_agency(struct store *s, const struct agency *g, struct err *e) MUST_USE;

/* --- checkpoints ----------------------------------------------------------------------------- */
struct stored_checkpoint {
	uint64_t size;
	uint8_t root[DIGEST_LEN];
	const char *note; /* signed by this log alone */
	int64_t at;       /* microseconds since 1970 */
};
struct stored_cosignature {
	uint64_t size;
	const char *witness; /* name of its key */
	const char *line;    /* the whole signature line with its new line */
	int64_t at;          /* seconds since 1970, the witness's clock */
};
/* In a unit; these need no audit record.  ERR_CONFLICT: there is another root for this size (I6). */
int store_add_checkpoint(struct store *s, const struct stored_checkpoint *c,
			 struct err *e) MUST_USE;
/* What a witness said of this size already stands. */
int store_add_cosignature(struct store *s, const struct stored_cosignature *c,
			  struct err *e) MUST_USE;
/* The newest; 1 found, 0 none, -1 read error. */
int store_last_checkpoint(struct store *s, struct stored_checkpoint *c, struct arena *a);
/* Up to max of at least this size, in order. */
int store_checkpoints(struct store *s, uint64_t from, int max,
		      void (*each)(void *arg, const struct stored_checkpoint *c), void *arg,
		      struct err *e);
int store_cosignatures(struct store *s, uint64_t size,
		       void (*each)(void *arg, const struct stored_cosignature *c), void *arg,
		       struct err *e);
/* Up to max of checkpoints of at least this size, the smallest first. */
int store_cosignatures_from(struct store *s, uint64_t size, int max,
			    void (*each)(void *arg, const struct stored_cosignature *c), void *arg,
			    struct err *e);
/* The last one of a witness; 1 found. */
int store_last_cosignature(struct store *s, const char *witness, struct stored_cosignature *c,
			   struct arena *a);
/* Hashes for common/proof.h, of records that are committed. */
int store_tile_hashes(struct store *s, int level, uint64_t first, unsigned count, uint8_t *out,
		      struct err *e) MUST_USE;
/* The same as proofs want them; valid as long as the store. */
struct proof_source store_proof_source(struct store *s);

/* --- what others change ----------------------------------------------------------------------- */
/* An entry as it was seen last: attrs is canonical JSON, "" when the entry is gone. */
struct watched {
	const char *uuid, *dn, *attrs; /* dn in its compared form */
};
/* By uuid, or when that is NULL by dn; 1 found. */
int store_watched(struct store *s, const char *uuid, const char *dn, struct watched *w,
		  struct arena *a);
/* In a unit; what was seen is no act, so these need no audit record. */
int store_put_watched(struct store *s, const struct watched *w, struct err *e) MUST_USE;
int store_drop_watched(struct store *s, const char *uuid, struct err *e) MUST_USE;
int store_note(struct store *s, const char *key, const char *value, struct err *e) MUST_USE; /* meta */
/* Up to max entries that are known to be there, after a uuid; then of mailboxes, after a login.  The
 * number of them; -1: read error. */
typedef void store_uuid_cb(void *arg, const char *dn_or_login, const char *uuid, int64_t at); /* written */
int store_watched_uuids(struct store *s, const char *after, int max, store_uuid_cb *each, void *arg);
int store_mailbox_uuids(struct store *s, const char *after, int max, store_uuid_cb *each, void *arg);
int store_mailbox_by_uuid(struct store *s, const char *uuid, struct mailbox *m, struct arena *a);
/* The item of this login (or code, or name) that has this operation id; 1 found. */
int store_item_of(struct store *s, const char *login, const char *opid, struct item *i,
		  struct arena *a);
/* The same when the values of its person were erased, and the login with them. */
int store_erased_item_of(struct store *s, const char *opid, struct item *i, struct arena *a);
struct drift {
	int64_t seq;                  /* of its audit record */
	const char *dn, *login;       /* login "": no mailbox of ours */
	const char *kind, *state;     /* changed added deleted renamed; open accepted reverted vanished */
	const char *attributes;       /* names, commas between */
	const char *csn, *uuid;       /* of the entry then */
	int64_t at, request;          /* request: the letter that puts it back; 0: none */
	const char *writer, *session, *written; /* by the directory's log of writes; "": not known */
};
int store_add_drift(struct store *s, const struct drift *d, struct err *e) MUST_USE;
int store_put_drift(struct store *s, const struct drift *d, struct err *e) MUST_USE; /* state to written */
/* The same for writer, session and written alone: needs no audit record. */
int store_join_drift(struct store *s, const struct drift *d, struct err *e) MUST_USE;
int store_drift(struct store *s, int64_t seq, struct drift *d, struct arena *a); /* 1 found */
typedef void store_drift_cb(void *arg, const struct drift *d);
/* Newest first, before a seq (0: all); state NULL: any.  Their number, -1: read error. */
int store_drifts(struct store *s, const char *state, int64_t before, int limit,
		 store_drift_cb *each, void *arg, struct err *e);
/* Open ones of an entry, oldest first; and those of a login that a letter puts back. */
int store_open_drifts(struct store *s, const char *dn, int limit, store_drift_cb *each, void *arg);
int store_drifts_of(struct store *s, int64_t request, const char *login, int limit,
		    store_drift_cb *each, void *arg);
/* The record of one write: by the entry and its entryCSN after it, "" for a deletion; 0: none. */
int64_t store_drift_of_write(struct store *s, const char *uuid, const char *csn);
/* What is kept beside the records about a mailbox and its entry (dn as compared). */
int store_erase_drift(struct store *s, const char *login, const char *person, const char *dn,
		      struct err *e) MUST_USE;
int64_t store_drift_count(struct store *s); /* open ones */

/* --- registry and mailboxes ------------------------------------------------------------------ */
enum address_state store_address(struct store *s, const char *local, int64_t *request);
/* 1 found, 0 not; a promise of a withdrawn letter is found as ADDRESS_FREE. */
int store_find_address(struct store *s, const char *local, struct address *a, struct arena *arena);
/* Writes local, domain, login, state, person and request; the time of the state is now.  shape: under
 * which look-alikes meet; "" keeps the one it has. */
int store_put_address(struct store *s, const struct address *a, const char *shape,
		      struct err *e) MUST_USE;
/* Every address that leads to the login becomes a tombstone. */
int store_end_addresses(struct store *s, const char *login, int64_t request,
			struct err *e) MUST_USE;
/* Up to limit local parts of this shape, whatever became of them: the index alone is read. */
void store_alike(struct store *s, const char *shape, int limit,
		 void (*each)(void *arg, const char *local), void *arg);
struct address_query {
	const char *domain, *q, *after; /* NULL: any */
	int state;                      /* -1: any */
	int limit;
};
int store_addresses(struct store *s, const struct address_query *q,
		    void (*each)(void *arg, const struct address *a), void *arg, struct err *e);
const char *address_state_word(enum address_state state);
int address_state_from(const char *word); /* -1: none */
/* A mailbox of this agency whose holder has this very name; 1 found. */
int store_mailbox_named(struct store *s, const char *full_name, const char *agency,
			struct mailbox *m, struct arena *a);
/* Address of an open mailbox that a person (by DN) answers for; NULL: none. */
const char *store_kept_by(struct store *s, const char *custodian, struct arena *a);
int store_mailbox(struct store *s, const char *login, struct mailbox *m, struct arena *a);
int store_put_mailbox(struct store *s, const struct mailbox *m, struct err *e) MUST_USE;
struct mailbox_query {
	const char *agency, *q, *after; /* NULL: any */
	int status;                     /* -1: any */
	int limit;
};
int store_mailboxes(struct store *s, const struct mailbox_query *q,
		    void (*each)(void *arg, const struct mailbox *m), void *arg, struct err *e);
/* counts[STATUS_COUNT]; agency NULL: all */
int store_mailbox_counts(struct store *s, const char *agency, int64_t *counts, struct err *e);

/* --- requests and items ---------------------------------------------------------------------- */
/* Gives r->id and writes the row. */
int store_add_request(struct store *s, struct request *r, struct err *e) MUST_USE;
int store_request(struct store *s, int64_t id, struct request *r, struct arena *a);
int store_put_request(struct store *s, const struct request *r, struct err *e) MUST_USE;
struct request_query {
	const char *agency, *submitter; /* NULL: any */
	int state;                      /* -1: any */
	bool open_only;                 /* by their terms, the nearest first; else the newest first */
	int64_t before;                 /* the last one seen; 0: from the beginning */
	int limit;
};
int store_requests(struct store *s, const struct request_query *q,
		   void (*each)(void *arg, const struct request *r), void *arg, struct err *e);
/* Approved requests with something to do at this time and a name to do it in, oldest first. */
int store_ready(struct store *s, int64_t now, int limit, void (*each)(void *arg, int64_t id),
		void *arg, struct err *e);
/* Letters this operator approved and that have not ended wait for approval again; each is told. */
int store_disallow(struct store *s, const char *approver, void (*each)(void *arg, int64_t id),
		   void *arg, struct err *e) MUST_USE;
/* True while an intent of the request has no outcome. */
bool store_has_intent(struct store *s, int64_t request);
/* Failed items that no later request of the same letter asks for. */
int64_t store_failed(struct store *s, int64_t request);
/* These and held items go back to planned; to checked, to be planned again, those whose address went
 * to somebody else meanwhile, and with `again` all. */
int store_requeue(struct store *s, int64_t request, bool again, int64_t at, struct err *e) MUST_USE;
int store_add_item(struct store *s, struct item *i, struct err *e) MUST_USE; /* gives i->id */
int store_put_item(struct store *s, const struct item *i, struct err *e) MUST_USE;
/* A new plan: login, address, opid, plan and round. */
int store_plan_item(struct store *s, const struct item *i, struct err *e) MUST_USE;
int store_item(struct store *s, int64_t id, struct item *i, struct arena *a);
int store_item_by_row(struct store *s, int64_t request, int64_t row, struct item *i,
		      struct arena *a);
/* Items of a request from a row on, in order; round 0: all, else only that round. */
int store_items(struct store *s, int64_t request, int64_t round, int64_t from_row, int limit,
		void (*each)(void *arg, const struct item *i), void *arg, struct err *e);
/* Rows of a round that are planned, and the hashes of their plan lines, in order. */
int64_t store_plan_count(struct store *s, int64_t request, int64_t round);
void store_plan_hashes(struct store *s, int64_t request, int64_t round,
		       void (*each)(void *arg, int64_t row, const uint8_t sha[DIGEST_LEN]),
		       void *arg);
/* Items of a request in one state, in order. */
int store_items_in(struct store *s, int64_t request, enum state state, int64_t due_before,
		   int64_t after_row, int limit, void (*each)(void *arg, const struct item *i),
		   void *arg, struct err *e);
/* counts[STATE_COUNT] of the items of a request (0: of every open request), as they show themselves
 * through it: a planned item of an approved request is approved, or scheduled until its date. */
int store_item_counts(struct store *s, int64_t request, int64_t now, int64_t *counts,
		      struct err *e);
/* Every item that an earlier run left in flight. */
int store_items_adrift(struct store *s, void (*each)(void *arg, const struct item *i), void *arg,
		       struct err *e);
/* Earliest due time after now among planned items of approved requests; 0: none. */
int64_t store_next_due(struct store *s, int64_t now);
/* Item of an earlier, not withdrawn letter with this number, of this date's year (numbers begin again
 * each year), and ref; 1 found. */
int store_find_ref(struct store *s, const char *agency, const char *letter, const char *date,
		   const char *ref, struct item *i, struct arena *a);
/* True when another request (than this id) came under the same number in the same year; coming_in:
 * when it is just being written. */
bool store_letter_known(struct store *s, const char *agency, const char *letter, const char *date,
			int64_t id, bool coming_in);
/* A request that waits to make a mailbox of the agency for this very name; 0: none. */
int64_t store_waiting(struct store *s, const char *full_name, const char *agency);
/* Mailboxes that its other requests take away or move. */
int64_t store_letter_moves(struct store *s, const char *agency, const char *letter, const char *date,
			   int64_t id);
/* Items that touched a mailbox, newest first, with their requests. */
int store_history(struct store *s, const char *login, int limit,
		  void (*each)(void *arg, const struct item *i, const struct request *r), void *arg,
		  struct err *e);
/* Seconds since 1970 when the oldest request that waits was submitted; 0: none. */
int64_t store_oldest_open(struct store *s);
/* How many letters should have been done before now (seconds since 1970), and the term of the first
 * of them (0: none).  agency NULL: of all. */
int64_t store_overdue(struct store *s, const char *agency, int64_t now, int64_t *oldest);
/* True while a row of the request has no address. */
bool store_has_needy(struct store *s, int64_t request);
#endif
