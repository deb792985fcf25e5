/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/canon.h"
#include "daemon/base/clock.h"
#include "daemon/flow/choose.h"
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

static const char *
canonical_input(const struct letter_row *row, struct arena *a)
{
	AUTO(buf) b = BUF_INIT;
	struct canon c;

	canon_begin(&c, &b);
	for (int i = 0; i < LETTER_COLUMN_COUNT; i++)
		if (*row->cell[sorted[i]])
			canon_str(&c, letter_column_words[sorted[i]], row->cell[sorted[i]]);
	canon_end(&c);
	return arena_strdup(a, b.data);
}

/* A row without an agency's own ref is recognised by all that it says. */
static const char *
reference(const struct letter_row *row, const char *input, struct arena *a)
{
	uint8_t hash[DIGEST_LEN];
	AUTO(buf) b = BUF_INIT;

	if (*row->cell[LETTER_ref])
		return arena_strdup(a, row->cell[LETTER_ref]);
	digest_sha256(input, strlen(input), hash);
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

static int
no_mailbox(struct flow *f, const char *login, struct err *e)
{
	int64_t request = 0;

	switch (store_address(f->store, login, &request)) {
	case ADDRESS_RESERVED:
		return err_set(e, ERR_USAGE,
			       "%s@%s is only promised (request %" PRId64 "), there is no mailbox yet",
			       login, f->conf->domain, request);
	case ADDRESS_FOREIGN:
		return err_set(e, ERR_USAGE,
			       "%s@%s is in the directory but was not given by hopthu", login,
			       f->conf->domain);
	case ADDRESS_FREE:
	case ADDRESS_ACTIVE:
		break;
	}
	return err_set(e, ERR_USAGE, "there is no mailbox %s@%s", login, f->conf->domain);
}

static int
check_create(struct flow *f, const struct letter_row *row, const char *agency,
	     struct intake_row *out, struct arena *a, struct err *e)
{
	char person[37];

	out->column = "address";
	if (*row->cell[LETTER_address]) {
		AUTO(str) login = choose_login_of(f, row->cell[LETTER_address], e);

		if (!login || choose_check_free(f, login, e))
			return -1;
		out->item.login = arena_strdup(a, login);
	}
	digest_uuid4(person);
	out->after = (struct mailbox){
		.login = out->item.login, .address = "", .person = arena_strdup(a, person),
		.full_name = "", .agency = agency, .kind = "person", .status = STATUS_ACTIVE,
		.login_allowed = true, .delivery_allowed = true, .title = "", .unit = "",
		.phone = "", .rank = "", .opid = "", .entry_uuid = "",
	};
	out->column = "full_name";
	return plan_after(OP_CREATE, NULL, row->cell, row->quota_bytes, &out->after, a, e);
}

static int
check_change(struct flow *f, const struct letter_row *row, const char *agency,
	     struct intake_row *out, struct arena *a, struct err *e)
{
	AUTO(str) login = NULL;

	out->column = "address";
	login = choose_login_of(f, row->cell[LETTER_address], e);
	if (!login)
		return -1;
	if (!store_mailbox(f->store, login, &out->before, a))
		return no_mailbox(f, login, e);
	if (strcmp(out->before.agency, agency))
		return err_set(e, ERR_USAGE, "%s is a mailbox of agency %s, and this letter is of %s",
			       out->before.address, out->before.agency, agency);
	out->has_before = true;
	out->column = "op";
	out->item.login = out->before.login;
	return plan_after(row->op, &out->before, row->cell, row->quota_bytes, &out->after, a, e);
}

int
intake_row_check(struct flow *f, const struct letter_row *row, const struct letter_head *head,
		 bool known, struct intake_row *out, struct arena *a, struct err *e)
{
	memset(out, 0, sizeof(*out));
	out->column = "";
	out->item = (struct item){
		.row = row->number, .round = 1, .op = row->op, .login = "", .address = "",
		.state = STATE_PLANNED, .error = "", .due = due_of(row->cell[LETTER_effective]),
	};
	out->item.input = canonical_input(row, a);
	out->item.ref = reference(row, out->item.input, a);
	if (known && store_find_ref(f->store, head->agency, head->number, head->date,
				    out->item.ref, &out->known, a)) {
		if (strcmp(out->known.input, out->item.input)) {
			out->column = "ref";
			return err_set(e, ERR_CONFLICT,
				       "row %" PRId64 " of request %" PRId64 " of the same letter has this "
				       "ref and says something else", out->known.row,
				       out->known.request);
		}
		out->already = true;
		return 0;
	}
	if (row->op == OP_CREATE ? check_create(f, row, head->agency, out, a, e) :
				   check_change(f, row, head->agency, out, a, e))
		return -1;
	out->item.full_name = out->after.full_name;
	out->item.person = out->after.person;
	return 0;
}

void
intake_row_plan(struct item *i, const struct mailbox *before, struct mailbox *after,
		struct arena *a)
{
	AUTO(buf) line = BUF_INIT;
	char opid[37];

	digest_uuid7(clock_wall_us() / 1000, opid);
	i->opid = arena_strdup(a, opid);
	i->login = after->login;
	i->address = after->address;
	after->opid = i->opid;
	plan_line(&line, i->op, i->row, before, after);
	i->plan = arena_strdup(a, line.data);
	digest_sha256(line.data, line.len, i->plan_sha);
}

static int
name_it(struct flow *f, struct intake_row *r, bool keep, struct arena *a, struct err *e)
{
	AUTO(str) login = NULL;

	if (!*r->item.login) {
		login = choose_login(f, r->after.full_name, keep, e);
		if (!login)
			return -1;
	} else if (choose_check_free(f, r->item.login, e)) {
		return -1;
	}
	r->after.login = login ? arena_strdup(a, login) : r->item.login;
	r->after.address = arena_printf(a, "%s@%s", r->after.login, f->conf->domain);
	return 0;
}

int
intake_row_write(struct flow *f, struct intake_row *r, const struct letter_row *row,
		 int64_t request, const struct actor *who, bool keep, struct arena *a, struct err *e)
{
	struct item *i = &r->item;
	struct evidence ev = { .ev = EVENT_ITEM, .actor = *who };

	r->column = "full_name";
	if (row->op == OP_CREATE && name_it(f, r, keep, a, e))
		return -1;
	i->request = r->after.request = request;
	i->updated_at = (int64_t)clock_wall_us();
	intake_row_plan(i, r->has_before ? &r->before : NULL, &r->after, a);
	if (store_add_item(f->store, i, e))
		return -1;
	if (row->op == OP_CREATE && store_take_address(f->store, i->login, ADDRESS_RESERVED, request,
						       i->person, e))
		return -1;
	ev.op = op_word((int)i->op);
	ev.opid = i->opid;
	ev.plan = i->plan_sha;
	ev.req = request;
	ev.round = 1;
	ev.row = i->row;
	ev.subj = i->person;
	evidence_pii(&ev, "address", i->address);
	evidence_pii(&ev, "full_name", i->full_name);
	evidence_pii(&ev, "input", i->input);
	return evidence_append(f, &ev, NULL, e);
}
