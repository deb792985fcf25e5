/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/canon.h"
#include "daemon/base/clock.h"
#include "daemon/directory/dir.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake_row.h"
#include "daemon/policy/plan.h"

/* The columns in the order of their bytes. */
static const enum letter_column sorted[LETTER_COLUMN_COUNT] = {
	LETTER_address, LETTER_basis_date, LETTER_basis_kind, LETTER_basis_no, LETTER_birth_month,
	LETTER_birth_year, LETTER_custodian, LETTER_effective, LETTER_full_name, LETTER_id_tail,
	LETTER_kind, LETTER_new_address, LETTER_op, LETTER_phone, LETTER_quota, LETTER_rank,
	LETTER_reason, LETTER_ref, LETTER_title, LETTER_unit,
};

/* Without a ref that hopthu itself gave: it is not what the agency said. */
static const char *
canonical_input(const struct letter_row *row, struct arena *a)
{
	AUTO(buf) b = BUF_INIT;
	struct canon c;

	canon_begin(&c, &b);
	for (int i = 0; i < LETTER_COLUMN_COUNT; i++)
		if (*row->cell[sorted[i]] && !(sorted[i] == LETTER_ref && *row->cell[LETTER_ref] == '~'))
			canon_str(&c, letter_column_words[sorted[i]], row->cell[sorted[i]]);
	canon_end(&c);
	return arena_strdup(a, b.data);
}

/*
 * A row without an agency's own ref is recognised by all that it says; nobody can try names or digits
 * of an ID against that without the database's key.  The answer document gives the row this ref, by
 * which it is known again when it was corrected.
 */
static const char *
reference(struct flow *f, const struct letter_row *row, const char *input, struct arena *a)
{
	uint8_t hash[DIGEST_LEN];
	AUTO(buf) b = BUF_INIT;

	if (*row->cell[LETTER_ref])
		return arena_strdup(a, row->cell[LETTER_ref]);
	digest_commit(f->plan_key, "ref", input, strlen(input), hash);
	buf_char(&b, '~');
	buf_hex(&b, hash, 12);
	return arena_strdup(a, b.data);
}

/* Local midnight of a date that the reader has checked; 0 when there is none. */
static int64_t
due_of(const char *date)
{
	struct tm tm = { .tm_isdst = -1 };

	if (!*date || !strptime(date, "%Y-%m-%d", &tm))
		return 0;
	return (int64_t)mktime(&tm);
}

void
intake_row_note(struct intake_row *r, const char *column, const char *message)
{
	if (r->notes == INTAKE_NOTES)
		return;
	r->note[r->notes].column = column;
	r->note[r->notes++].message = message;
}

static int
no_mailbox(struct flow *f, const char *address, struct arena *a, struct err *e)
{
	const char *local, *domain;
	struct address known;
	AUTO(buf) text = BUF_INIT;

	if (choose_split(f, address, &local, &domain, a, e))
		return -1;
	if (!store_find_address(f->store, local, &known, a) || known.state == ADDRESS_FREE ||
	    known.state == ADDRESS_ACTIVE)
		return err_set(e, ERR_USAGE, "there is no mailbox %s@%s", local, domain);
	choose_tell(&known, &text);
	return err_set(e, ERR_USAGE, "%s%s", text.data,
		       known.state == ADDRESS_RESERVED ? ", there is no mailbox yet" : "");
}

/* "lan.nt@x" of a person's living mailbox -> its DN. */
static int
find_custodian(struct flow *f, const char *address, const char **dn, struct arena *a, struct err *e)
{
	AUTO(str) parent = xasprintf("ou=people,%s", f->conf->directory.base);
	AUTO(str) text = NULL;
	const char *login;
	struct mailbox m;

	*dn = "";
	if (!*address)
		return 0;
	login = choose_login_of(f, address, a, e);
	if (!login)
		return -1;
	if (!store_mailbox(f->store, login, &m, a))
		return no_mailbox(f, address, a, e);
	if (strcmp(m.kind, kind_word(KIND_PERSON)) || m.status == STATUS_CLOSED ||
	    m.status == STATUS_PURGED)
		return err_set(e, ERR_USAGE, "%s is %s: who answers for a mailbox is a person whose own "
			       "mailbox is open", m.address, strcmp(m.kind, kind_word(KIND_PERSON)) ?
			       "no person's mailbox" : status_word((int)m.status));
	text = dir_dn("uid", m.login, parent);
	*dn = arena_strdup(a, text);
	return 0;
}

/* The address that the letter itself proposes. */
static int
proposed(struct intake_letter *l, const struct intake_row *r, const char *address,
	 const char *kind, const char **local, struct arena *a, struct err *e)
{
	struct choose_ask ask = { .policy = l->rules.policy, .again = r->again, .dry = l->dry,
				  .holder = r->has_before ? r->before.login : NULL };
	const char *domain;

	if (choose_split(l->flow, address, local, &domain, a, e))
		return -1;
	if (strchr(address, '@') && strcmp(domain, l->rules.domain))
		return err_set(e, ERR_USAGE, "\"%s\" is of another domain than the letter's addresses: "
			       "its domain is %s", address, l->rules.domain);
	return choose_check_kind(l->flow, (enum kind)kind_from(kind), l->rules.agency.code, *local, e) ||
			       choose_check_free(l->flow, &ask, *local, e) ? -1 : 0;
}

/* Another letter may have asked for the same person. */
static void
note_same_name(const struct intake_letter *l, struct intake_row *out, struct arena *a)
{
	const char *agency = l->rules.agency.code, *name = out->after.full_name;
	struct mailbox same;
	int64_t request;

	if (!l->dry) /* notes are told while the letter is checked */
		return;
	if (store_mailbox_named(l->flow->store, name, agency, &same, a))
		intake_row_note(out, "full_name", arena_printf(a, "%s of %s has the mailbox %s already: is "
				"this somebody else of the same name?", same.full_name, same.agency,
				same.address));
	request = store_waiting(l->flow->store, name, agency);
	if (request)
		intake_row_note(out, "full_name", arena_printf(a, "request %" PRId64 " asks for a mailbox for "
				"%s of %s already: is this somebody else of the same name?", request,
				name, agency));
}

static int
check_create(struct intake_letter *l, const struct letter_row *row, struct plan_ask *ask,
	     struct intake_row *out, struct arena *a, struct err *e)
{
	const struct rules *r = &l->rules;
	const char *kind = *row->cell[LETTER_kind] ? row->cell[LETTER_kind] : kind_word(KIND_PERSON);
	const char *local;
	char person[37];

	out->column = "op";
	if (rules_check_eligible(r, e))
		return -1;
	out->column = "address";
	if (*row->cell[LETTER_address]) {
		if (proposed(l, out, row->cell[LETTER_address], kind, &local, a, e))
			return -1;
		out->item.login = local;
	}
	/* random but for the moment, which the log tells anyway: references of one letter stand side by side
	 * in the index of records, or each record would cost a page of its own (30 us) */
	digest_uuid7(clock_wall_us() / 1000, person);
	out->after = plan_no_mailbox;
	out->after.login = out->item.login;
	out->after.person = arena_strdup(a, person);
	out->after.agency = arena_strdup(a, r->agency.code);
	out->after.kind = arena_strdup(a, kind);
	out->after.login_allowed = out->after.delivery_allowed = true;
	out->column = "full_name";
	if (plan_after(ask, NULL, &out->after, a, e))
		return -1;
	if (ask->quota < 0)
		out->after.quota = policy_quota(r->policy, (enum kind)kind_from(kind),
						policy_rank(r->policy, (enum kind)kind_from(kind),
							    out->after.rank, out->after.title));
	note_same_name(l, out, a);
	return 0;
}

static int
check_agency(const struct intake_letter *l, const struct mailbox *m, enum op op, struct err *e)
{
	const char *agency = l->rules.agency.code;

	if (op == OP_TRANSFER || !strcmp(m->agency, agency))
		return 0;
	return err_set(e, ERR_USAGE, "%s is a mailbox of agency %s, and this letter is of %s",
		       m->address, m->agency, agency);
}

/* The rules of a letter are those of its domain; a transfer may bring a mailbox into it. */
static int
check_domain(const struct intake_letter *l, const struct mailbox *m, enum op op, struct err *e)
{
	const char *at = strchr(m->address, '@');

	if (op == OP_TRANSFER || !at || !strcmp(at + 1, l->rules.domain))
		return 0;
	return err_set(e, ERR_USAGE, "%s is of another domain than this letter, whose domain is %s: send "
		       "what is about it in a letter of its own with the domain %s", m->address,
		       l->rules.domain, at + 1);
}

/* Somebody who leaves may answer for mailboxes of others: those need another to do it. */
static void
note_kept(const struct intake_letter *l, struct intake_row *out, struct arena *a)
{
	AUTO(str) parent = xasprintf("ou=people,%s", l->flow->conf->directory.base);
	AUTO(str) dn = dir_dn("uid", out->before.login, parent);
	enum op op = out->item.op;
	const char *kept;

	if (op != OP_SUSPEND && op != OP_CLOSE && op != OP_PURGE && op != OP_TRANSFER)
		return;
	kept = store_kept_by(l->flow->store, dn, a);
	if (kept)
		intake_row_note(out, "address", arena_printf(a, "%s answers for the mailbox %s: an update "
				"of that one should name another custodian", out->before.address, kept));
}

static int
check_change(struct intake_letter *l, const struct letter_row *row, struct plan_ask *ask,
	     struct intake_row *out, struct arena *a, struct err *e)
{
	const char *login, *local, *domain;

	out->column = "address";
	login = choose_login_of(l->flow, row->cell[LETTER_address], a, e);
	if (!login)
		return -1;
	if (!store_mailbox(l->flow->store, login, &out->before, a))
		return no_mailbox(l->flow, row->cell[LETTER_address], a, e);
	if (check_agency(l, &out->before, row->op, e) || check_domain(l, &out->before, row->op, e))
		return -1;
	out->has_before = true;
	out->column = "op";
	out->item.login = out->before.login;
	if (row->op == OP_CLOSE)
		ask->purge_due = rules_purge_due(&l->rules, &out->before, row->cell[LETTER_basis_kind],
						 out->item.due, a);
	if (plan_after(ask, &out->before, &out->after, a, e))
		return -1;
	note_kept(l, out, a);
	out->readdress = row->op == OP_RENAME || (row->op == OP_TRANSFER &&
						  policy_flag(l->rules.policy,
							      RULE_NAMING_FOLLOWS_AGENCY));
	if (!*row->cell[LETTER_new_address])
		return 0;
	out->column = "new_address";
	if (choose_split(l->flow, row->cell[LETTER_new_address], &local, &domain, a, e))
		return -1;
	if (!strncmp(out->before.address, local, strlen(local)) &&
	    out->before.address[strlen(local)] == '@')
		return err_set(e, ERR_USAGE, "%s has this address already", out->before.address);
	if (proposed(l, out, row->cell[LETTER_new_address], out->before.kind, &local, a, e))
		return -1;
	plan_readdress(&out->after, arena_printf(a, "%s@%s", local, l->rules.domain), a);
	out->readdress = false; /* it has it */
	return 0;
}

/* The same row of the same letter before: 1 it is done or under way, 0 it is new or had failed. */
static int
recognise(struct intake_letter *l, struct intake_row *out, struct arena *a, struct err *e)
{
	const struct letter_head *h = l->head;

	if (!l->known || !store_find_ref(l->flow->store, h->agency, h->number, h->date,
					 out->item.ref, &out->known, a))
		return 0;
	if (out->known.state == STATE_FAILED) {
		out->again = &out->known; /* corrected or not: it is asked again */
		return 0;
	}
	out->already = true;
	if (!strcmp(out->known.input, out->item.input))
		return 1;
	out->column = "ref";
	return err_set(e, ERR_CONFLICT,
		       "row %" PRId64 " of request %" PRId64 " of the same letter has this "
		       "ref and says something else", out->known.row, out->known.request);
}

static int
check_way(const struct intake_letter *l, const struct letter_row *row, struct intake_row *out,
	  struct err *e)
{
	const char *channel = l->head->channel;
	AUTO(buf) allowed = BUF_INIT;

	policy_value_text(l->rules.policy, RULE_REQUEST_PHONE, &allowed);
	out->column = "op";
	if (channel && channel_from(channel) == CHANNEL_PHONE &&
	    !rules_by_phone(&l->rules, row->op))
		return err_set(e, ERR_USAGE, "%s cannot be asked for by telephone: the agency sends a "
			       "letter (by telephone %s allows: %s)",
			       op_word((int)row->op), policy_document(l->rules.policy), allowed.data);
	out->late = rules_late(&l->rules, l->head->date, row->cell[LETTER_basis_date],
			       &out->too_late);
	return 0;
}

/* Days that can be and are hardly meant stop nothing; a birth that is still to come does. */
static int
check_days(const struct intake_letter *l, const struct letter_row *row, struct intake_row *out,
	   struct arena *a, struct err *e)
{
	const char *const *cell = row->cell;

	out->column = "birth_year";
	if (*cell[LETTER_birth_year] && strncmp(cell[LETTER_birth_year], l->rules.today_text, 4) > 0)
		return err_set(e, ERR_USAGE, "nobody is born in %s yet: write the year of birth, such as "
			       "1985", cell[LETTER_birth_year]);
	if (*cell[LETTER_effective] && strcmp(cell[LETTER_effective], l->rules.today_text) < 0)
		intake_row_note(out, "effective", "this day is past: it is done as soon as it is approved");
	if (*cell[LETTER_basis_date] && strcmp(cell[LETTER_basis_date], l->head->date) > 0)
		intake_row_note(out, "basis_date", arena_printf(a, "the decision is of a later day than the "
				"letter, which is dated %s", l->head->date));
	return 0;
}

int
intake_row_check(struct intake_letter *l, const struct letter_row *row, struct intake_row *out,
		 struct arena *a, struct err *e)
{
	struct plan_ask ask = { .op = row->op, .cell = row->cell, .quota = row->quota_bytes,
				.agency = l->rules.agency.code, .today = l->rules.today_text,
				.purge_due = "" };
	int rc;

	memset(out, 0, sizeof(*out));
	out->column = "";
	out->item = (struct item){
		.row = row->number, .round = 1, .op = row->op, .login = "", .address = "",
		.state = STATE_PLANNED, .error = "", .opid = "", .plan = "",
		.due = due_of(row->cell[LETTER_effective]),
	};
	out->item.input = canonical_input(row, a);
	out->item.ref = reference(l->flow, row, out->item.input, a);
	rc = recognise(l, out, a, e);
	if (rc)
		return rc < 0 ? -1 : 0;
	if (check_way(l, row, out, e) || check_days(l, row, out, a, e))
		return -1;
	out->column = "custodian";
	if (find_custodian(l->flow, row->cell[LETTER_custodian], &ask.custodian, a, e))
		return -1;
	if (row->op == OP_CREATE ? check_create(l, row, &ask, out, a, e) :
				   check_change(l, row, &ask, out, a, e))
		return -1;
	out->column = "quota";
	if (rules_check_quota(&l->rules, &out->after, ask.quota, e))
		return -1;
	if (out->too_late)
		intake_row_note(out, "basis_date", arena_printf(a, "the letter comes %d days after the decision, "
						     "later than %s allows", out->late,
						     policy_document(l->rules.policy)));
	out->item.full_name = out->after.full_name;
	out->item.person = out->after.person;
	return 0;
}

/* --- its plan --------------------------------------------------------------------------------- */

void
intake_row_plan(struct flow *f, struct item *i, const struct mailbox *before,
		struct mailbox *after, struct arena *a)
{
	AUTO(buf) line = BUF_INIT;
	char opid[37], day[DATE_TEXT];
	struct date d;

	if (i->due) {
		clock_day(i->due, &d);
		date_text(d, day);
	}
	digest_uuid7(clock_wall_us() / 1000, opid);
	i->opid = arena_strdup(a, opid);
	i->login = after->login;
	i->address = after->address;
	after->opid = i->opid;
	plan_line(&line, f->plan_key, i->op, i->row, i->due ? day : NULL, before, after);
	i->plan = arena_strdup(a, line.data);
	digest_sha256(line.data, line.len, i->plan_sha);
}

static int
store_row(struct intake_letter *l, struct intake_row *r, const struct buf *trail, struct err *e)
{
	struct item *i = &r->item;
	struct evidence ev = { .ev = EVENT_ITEM, .actor = *l->who, .op = op_word((int)i->op),
			       .req = l->request, .round = 1, .row = i->row, .subj = i->person,
			       .late = r->late, .policy = l->rules.digest };

	i->request = r->after.request = l->request;
	i->updated_at = (int64_t)clock_wall_us();
	if (store_add_item(l->flow->store, i, e))
		return -1;
	if (r->new_address && intake_row_reserve(l->flow, &r->after, l->request, e))
		return -1;
	ev.opid = i->opid;
	if (i->state == STATE_NAME_NEEDED)
		ev.result = state_word(STATE_NAME_NEEDED);
	else
		ev.plan = i->plan_sha;
	evidence_pii(&ev, "address", i->address);
	evidence_pii(&ev, "candidates", trail->data);
	evidence_pii(&ev, "full_name", i->full_name);
	evidence_pii(&ev, "input", i->input);
	return evidence_append(l->flow, &ev, NULL, e);
}

int
intake_row_write(struct intake_letter *l, struct intake_row *r, const struct buf *trail,
		 struct arena *a, struct err *e)
{
	intake_row_plan(l->flow, &r->item, r->has_before ? &r->before : NULL, &r->after, a);
	return store_row(l, r, trail, e);
}
