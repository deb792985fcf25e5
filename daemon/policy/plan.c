/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/canon.h"
#include "daemon/policy/name.h"
#include "daemon/policy/plan.h"

/* draft-behera-ldap-password-policy section 5.3.3: locked until an administrator unlocks */
#define LOCKED_FOR_EVER "000001010000Z"

const char *const plan_attr_names[PLAN_ATTR_COUNT + 1] = {
#define X(n) #n,
	PLAN_ATTRS(X)
#undef X
	NULL
};

/* --- the two forms of a mailbox --- */

static const char *
part_of_name(const struct mailbox *m, bool family, struct arena *arena)
{
	const char *given = strrchr(m->full_name, ' '), *first = strchr(m->full_name, ' ');

	/* full_name is clean: single spaces.  sn is mandatory: a single word serves as both. */
	if (!first)
		return m->full_name;
	return family ? arena_strndup(arena, m->full_name, (size_t)(first - m->full_name)) :
			given + 1;
}

const char *
plan_attr_get(const struct mailbox *m, enum plan_attr a, struct arena *arena)
{
	switch (a) {
	case PLAN_cn:
	case PLAN_displayName:
		return m->full_name;
	case PLAN_givenName:
		return part_of_name(m, false, arena);
	case PLAN_sn:
		return part_of_name(m, true, arena);
	case PLAN_hopthuAgency:
		return m->agency;
	case PLAN_hopthuDelivery:
		return m->delivery_allowed ? "TRUE" : "FALSE";
	case PLAN_hopthuKind:
		return m->kind;
	case PLAN_hopthuLogin:
		return m->login_allowed ? "TRUE" : "FALSE";
	case PLAN_hopthuOpId:
		return m->opid;
	case PLAN_hopthuPersonRef:
		return m->person;
	case PLAN_hopthuQuota:
		return m->quota ? arena_printf(arena, "%" PRId64, m->quota) : "";
	case PLAN_hopthuRank:
		return m->rank;
	case PLAN_hopthuStatus:
		return status_word((int)m->status);
	case PLAN_mail:
		return m->address;
	case PLAN_ou:
		return m->unit;
	case PLAN_pwdAccountLockedTime:
		return m->login_allowed ? "" : LOCKED_FOR_EVER;
	case PLAN_telephoneNumber:
		return m->phone;
	case PLAN_title:
		return m->title;
	case PLAN_uid:
		return m->login;
	case PLAN_ATTR_COUNT:
		break;
	}
	return "";
}

void
plan_attr_set(struct mailbox *m, enum plan_attr a, const char *value, struct arena *arena)
{
	const char *v = arena_strdup(arena, value ? value : "");

	switch (a) {
	case PLAN_cn:
		m->full_name = v;
		break;
	case PLAN_hopthuAgency:
		m->agency = v;
		break;
	case PLAN_hopthuDelivery:
		m->delivery_allowed = !strcmp(v, "TRUE");
		break;
	case PLAN_hopthuKind:
		m->kind = v;
		break;
	case PLAN_hopthuLogin:
		m->login_allowed = !strcmp(v, "TRUE");
		break;
	case PLAN_hopthuOpId:
		m->opid = v;
		break;
	case PLAN_hopthuPersonRef:
		m->person = v;
		break;
	case PLAN_hopthuQuota:
		m->quota = strtoll(v, NULL, 10);
		break;
	case PLAN_hopthuRank:
		m->rank = v;
		break;
	case PLAN_hopthuStatus:
		if (status_from(v) >= 0)
			m->status = (enum status)status_from(v);
		break;
	case PLAN_mail:
		m->address = v;
		break;
	case PLAN_ou:
		m->unit = v;
		break;
	case PLAN_telephoneNumber:
		m->phone = v;
		break;
	case PLAN_title:
		m->title = v;
		break;
	case PLAN_displayName:
	case PLAN_givenName:
	case PLAN_pwdAccountLockedTime:
	case PLAN_sn:
	case PLAN_uid:
	case PLAN_ATTR_COUNT:
		break; /* follow from the others */
	}
}

/* --- lifecycle: which operation is possible when, and what it leaves --- */

struct transition {
	enum op op;
	int from;         /* bits of 1 << status */
	enum status to;
	bool login, delivery;
};

#define FROM(s) (1 << STATUS_##s)
static const struct transition transitions[] = {
	{ OP_SUSPEND, FROM(ACTIVE), STATUS_SUSPENDED, false, true },
	{ OP_RESUME, FROM(SUSPENDED), STATUS_ACTIVE, true, true },
	{ OP_CLOSE, FROM(ACTIVE) | FROM(SUSPENDED), STATUS_CLOSED, false, false },
};

static const char *
since(const struct mailbox *m, struct arena *arena)
{
	return m->request ? arena_printf(arena, "since request %" PRId64, m->request) :
			    "changed in the directory, not by hopthu";
}

static int
change_status(enum op op, const struct mailbox *before, struct mailbox *after,
	      struct arena *arena, struct err *e)
{
	for (size_t i = 0; i < sizeof(transitions) / sizeof(*transitions); i++) {
		const struct transition *t = &transitions[i];

		if (t->op != op)
			continue;
		if (!(t->from & 1 << before->status))
			return err_set(e, ERR_USAGE, "%s is %s (%s): it cannot be %s", before->address,
				       status_word((int)before->status), since(before, arena),
				       op == OP_SUSPEND ? "suspended" :
				       op == OP_RESUME	? "resumed, only a suspended mailbox can" :
							  "closed");
		after->status = t->to;
		after->login_allowed = t->login;
		after->delivery_allowed = t->delivery;
		return 0;
	}
	return 0;
}

/* An empty cell leaves the value, "-" clears it. */
static const char *
changed(const char *cell, const char *now, struct arena *arena)
{
	if (!*cell)
		return now;
	return strcmp(cell, "-") ? arena_strdup(arena, cell) : "";
}

int
plan_after(enum op op, const struct mailbox *before, const char *const cell[LETTER_COLUMN_COUNT],
	   int64_t quota, struct mailbox *after, struct arena *arena, struct err *e)
{
	struct mailbox a = before ? *before : *after;

	if (op == OP_UPDATE && before->status == STATUS_CLOSED)
		return err_set(e, ERR_USAGE, "%s is closed (%s): nothing about it can be changed",
			       before->address, since(before, arena));
	if (op == OP_CREATE || op == OP_UPDATE) {
		a.full_name = changed(cell[LETTER_full_name], a.full_name, arena);
		a.title = changed(cell[LETTER_title], a.title, arena);
		a.unit = changed(cell[LETTER_unit], a.unit, arena);
		a.phone = changed(cell[LETTER_phone], a.phone, arena);
		a.rank = changed(cell[LETTER_rank], a.rank, arena);
		if (quota >= 0)
			a.quota = quota;
		else if (!strcmp(cell[LETTER_quota], "-"))
			a.quota = 0;
	}
	if (op == OP_UPDATE && !strcmp(a.full_name, before->full_name) &&
	    !strcmp(a.title, before->title) && !strcmp(a.unit, before->unit) &&
	    !strcmp(a.phone, before->phone) && !strcmp(a.rank, before->rank) &&
	    a.quota == before->quota)
		return err_set(e, ERR_USAGE,
			       "this changes nothing of %s: fill in what is to be new (\"-\" clears "
			       "a value)", before->address);
	if (!*a.full_name)
		return err_set(e, ERR_USAGE, "a mailbox of a person needs a full_name");
	if (before && change_status(op, before, &a, arena, e))
		return -1;
	*after = a;
	return 0;
}

/* --- the line --- */

static void
add_value(struct canon *c, const char *name, const char *value)
{
	const char *const values[] = { value, NULL };

	canon_strings(c, name, *value ? values : values + 1);
}

static void
add_salt(struct canon *c)
{
	uint8_t salt[16];

	digest_random(salt, sizeof(salt));
	canon_hex(c, "salt", salt, sizeof(salt));
}

static const char *const mailbox_classes[] = { "inetOrgPerson", "hopthuMailbox", NULL };

/* One side of the difference. */
static void
add_side(struct canon *c, const char *key, const struct mailbox *m, const struct mailbox *other,
	 bool lock, struct arena *arena)
{
	canon_open(c, key);
	for (int a = 0; m && a < PLAN_ATTR_COUNT; a++) {
		const char *mine = plan_attr_get(m, (enum plan_attr)a, arena);
		const char *theirs = other ? plan_attr_get(other, (enum plan_attr)a, arena) : "";

		if (a == PLAN_ou && !other) /* a new entry; its place in the order of keys */
			canon_strings(c, "objectClass", mailbox_classes);
		/* the lock is set or removed again even if our copy says that it is so */
		if (strcmp(mine, theirs) || (lock && a == PLAN_pwdAccountLockedTime))
			add_value(c, plan_attr_names[a], mine);
	}
	canon_close(c);
}

void
plan_line(struct buf *out, enum op op, int64_t row, const struct mailbox *before,
	  const struct mailbox *after)
{
	bool lock = op == OP_SUSPEND || op == OP_RESUME || op == OP_CLOSE;
	AUTO(arena) arena = arena_new();
	struct canon c;

	canon_begin(&c, out);
	canon_str(&c, "address", after->address);
	add_side(&c, "after", after, before, lock, arena);
	canon_str(&c, "agency", after->agency);
	add_side(&c, "before", before, after, false, arena);
	canon_str(&c, "login", after->login);
	canon_str(&c, "op", op_word((int)op));
	canon_str(&c, "opid", after->opid);
	canon_int(&c, "row", row);
	add_salt(&c);
	canon_end(&c);
}

void
plan_order_line(struct buf *out, enum op op, const char *target, const char *opid,
		const char *opid_before, const struct plan_value *after)
{
	struct canon c;

	canon_begin(&c, out);
	canon_str(&c, "address", target);
	canon_open(&c, "after");
	for (; after->name; after++)
		canon_strings(&c, after->name, after->values);
	canon_close(&c);
	canon_str(&c, "agency", "");
	canon_open(&c, "before");
	if (opid_before)
		add_value(&c, "hopthuOpId", opid_before);
	canon_close(&c);
	canon_str(&c, "login", target);
	canon_str(&c, "op", op_word((int)op));
	canon_str(&c, "opid", opid);
	canon_int(&c, "row", 1);
	add_salt(&c);
	canon_end(&c);
}

int
plan_read(struct plan *p, const char *line, struct err *e)
{
	const char *word;

	memset(p, 0, sizeof(*p));
	p->json = json_from_bytes(line, strlen(line), e);
	if (!p->json)
		return err_wrap(e, "a stored plan");
	word = json_str(p->json, "op");
	p->op = (enum op)(word ? op_from(word) : -1);
	p->login = json_str(p->json, "login");
	p->address = json_str(p->json, "address");
	p->opid = json_str(p->json, "opid");
	p->before = json_object_get(p->json, "before");
	p->after = json_object_get(p->json, "after");
	if ((int)p->op >= 0 && p->login && p->address && p->opid && json_is_object(p->before) &&
	    json_is_object(p->after))
		return 0;
	plan_release(p);
	return err_set(e, ERR_PERM, "a stored plan is damaged");
}

void
plan_release(struct plan *p)
{
	json_decref(p->json);
	memset(p, 0, sizeof(*p));
}

void
plan_apply(const struct plan *p, struct mailbox *m, struct arena *arena)
{
	for (int a = 0; a < PLAN_ATTR_COUNT; a++) {
		const json_t *values = json_object_get(p->after, plan_attr_names[a]);

		if (values)
			plan_attr_set(m, (enum plan_attr)a,
				      json_string_value(json_array_get(values, 0)), arena);
	}
}

/* --- where entries are --- */

const char *
plan_rdn_type(enum op op)
{
	return op == OP_AGENCY_ADD ? "ou" :
	       op == OP_OPERATOR_ADD || op == OP_OPERATOR_REVOKE ? "cn" : "uid";
}

const char *
plan_parent(enum op op)
{
	return op == OP_AGENCY_ADD ? "ou=agencies" :
	       op == OP_OPERATOR_ADD || op == OP_OPERATOR_REVOKE ? "ou=operators" : "ou=people";
}

bool
plan_adds(enum op op)
{
	return op == OP_CREATE || op == OP_AGENCY_ADD || op == OP_OPERATOR_ADD;
}

void
plan_digest_head(struct buf *out, int64_t request, int64_t items)
{
	buf_printf(out, "hopthu-plan/1 %" PRId64 " %" PRId64 "\n", request, items);
}

void
plan_digest_item(struct buf *out, int64_t row, const uint8_t sha[DIGEST_LEN])
{
	buf_printf(out, "%" PRId64 " ", row);
	buf_hex(out, sha, DIGEST_LEN);
	buf_char(out, '\n');
}
