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

const struct mailbox plan_no_mailbox = {
	.login = "", .address = "", .person = "", .full_name = "", .agency = "", .kind = "",
	.title = "", .unit = "", .phone = "", .rank = "", .custodian = "", .aliases = "",
	.purge_due = "", .opid = "", .entry_uuid = "",
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
	case PLAN_hopthuAlias:
		return m->aliases;
	case PLAN_hopthuCustodian:
		return m->custodian;
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
	case PLAN_hopthuPurgeDue:
		return *m->purge_due ? arena_printf(arena, "%.4s%.2s%.2s000000Z", m->purge_due,
						    m->purge_due + 5, m->purge_due + 8) : "";
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
	case PLAN_hopthuAlias:
		m->aliases = v;
		break;
	case PLAN_hopthuCustodian:
		m->custodian = v;
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
	case PLAN_hopthuPurgeDue:
		m->purge_due = strlen(v) < 8 ? "" : arena_printf(arena, "%.4s-%.2s-%.2s", v, v + 4,
								 v + 6);
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
	const char *done, *only; /* "it cannot be <done>", and what could */
};

#define FROM(s) (1 << STATUS_##s)
static const struct transition transitions[] = {
	{ OP_SUSPEND, FROM(ACTIVE), STATUS_SUSPENDED, false, true, "suspended", "" },
	{ OP_RESUME, FROM(SUSPENDED), STATUS_ACTIVE, true, true, "resumed",
	  ", only a suspended mailbox can" },
	{ OP_CLOSE, FROM(ACTIVE) | FROM(SUSPENDED), STATUS_CLOSED, false, false, "closed", "" },
	{ OP_RESTORE, FROM(CLOSED), STATUS_ACTIVE, true, true, "restored",
	  ", only a closed mailbox can" },
	{ OP_PURGE, FROM(CLOSED), STATUS_PURGED, false, false, "purged",
	  ", only a closed mailbox can: close it first" },
};
static const struct transition *
transition_of(enum op op)
{
	for (size_t i = 0; i < sizeof(transitions) / sizeof(*transitions); i++)
		if (transitions[i].op == op)
			return &transitions[i];
	return NULL;
}

enum op
plan_inverse(enum op op)
{
	switch (op) {
	case OP_CREATE:
	case OP_RESTORE:
		return OP_CLOSE;
	case OP_SUSPEND:
		return OP_RESUME;
	case OP_RESUME:
		return OP_SUSPEND;
	case OP_CLOSE:
		return OP_RESTORE;
	case OP_UPDATE:
	case OP_RENAME:
	case OP_TRANSFER:
		return op;
	case OP_PURGE: /* the data are gone */
	case OP_REVERT:
	case OP_AGENCY_ADD:
	case OP_OPERATOR_ADD:
	case OP_OPERATOR_REVOKE:
	case OP_PASSWORD_POLICY:
	case OP_COUNT:
		break;
	}
	return OP_COUNT;
}

static const char *
since(const struct mailbox *m, struct arena *arena)
{
	return m->request ? arena_printf(arena, "since request %" PRId64, m->request) :
			    "changed in the directory, not by hopthu";
}

static int
change_status(const struct plan_ask *ask, const struct mailbox *before, struct mailbox *after,
	      struct arena *arena, struct err *e)
{
	const struct transition *t = transition_of(ask->op);

	if (!t)
		return 0;
	if (!(t->from & 1 << before->status))
		return err_set(e, ERR_USAGE, "%s is %s (%s): it cannot be %s%s", before->address,
			       status_word((int)before->status), since(before, arena), t->done,
			       t->only);
	if (ask->op == OP_PURGE && strcmp(ask->today, before->purge_due) < 0)
		return err_set(e, ERR_USAGE, "the data of %s are kept until %s (%s): it cannot be purged "
			       "before", before->address, before->purge_due, since(before, arena));
	after->status = t->to;
	after->login_allowed = t->login;
	after->delivery_allowed = t->delivery;
	after->purge_due = ask->op == OP_CLOSE ? arena_strdup(arena, ask->purge_due) : "";
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

/* What is written about the holder, and what the holder may use. */
static void
take_cells(const struct plan_ask *ask, struct mailbox *a, struct arena *arena)
{
	const char *const *cell = ask->cell;

	a->full_name = changed(cell[LETTER_full_name], a->full_name, arena);
	a->title = changed(cell[LETTER_title], a->title, arena);
	a->unit = changed(cell[LETTER_unit], a->unit, arena);
	a->phone = changed(cell[LETTER_phone], a->phone, arena);
	a->rank = changed(cell[LETTER_rank], a->rank, arena);
	if (ask->quota >= 0)
		a->quota = ask->quota;
	else if (!strcmp(cell[LETTER_quota], "-"))
		a->quota = 0;
	if (*ask->custodian)
		a->custodian = arena_strdup(arena, ask->custodian);
}

/* A tombstone: whose it was is in hopthu's own records only. */
static void
clear_holder(struct mailbox *a)
{
	a->full_name = a->login;
	a->title = a->unit = a->phone = a->rank = a->custodian = a->aliases = "";
	a->quota = 0;
}

static bool
same_holder(const struct mailbox *a, const struct mailbox *b)
{
	return !strcmp(a->full_name, b->full_name) && !strcmp(a->title, b->title) &&
	       !strcmp(a->unit, b->unit) && !strcmp(a->phone, b->phone) &&
	       !strcmp(a->rank, b->rank) && !strcmp(a->custodian, b->custodian) &&
	       a->quota == b->quota;
}

static bool
writes_holder(enum op op)
{
	return op == OP_CREATE || op == OP_UPDATE || op == OP_TRANSFER;
}

int
plan_after(const struct plan_ask *ask, const struct mailbox *before, struct mailbox *after,
	   struct arena *arena, struct err *e)
{
	struct mailbox a = before ? *before : *after;
	enum op op = ask->op;

	if (op == OP_REVERT)
		return err_set(e, ERR_USAGE, "what puts back a change in the directory is asked for again: "
			       "`hopthuctl drift list`");
	if ((op == OP_UPDATE || op == OP_RENAME || op == OP_TRANSFER) &&
	    (before->status == STATUS_CLOSED || before->status == STATUS_PURGED))
		return err_set(e, ERR_USAGE, "%s is %s (%s): nothing about it can be changed",
			       before->address, status_word((int)before->status), since(before, arena));
	if (writes_holder(op))
		take_cells(ask, &a, arena);
	if (op == OP_TRANSFER) {
		if (!strcmp(before->agency, ask->agency))
			return err_set(e, ERR_USAGE, "%s is a mailbox of agency %s already: a transfer is "
				       "asked for by the agency that receives it", before->address,
				       before->agency);
		a.agency = arena_strdup(arena, ask->agency);
	}
	if (op == OP_UPDATE && same_holder(&a, before))
		return err_set(e, ERR_USAGE,
			       "this changes nothing of %s: fill in what is to be new (\"-\" clears "
			       "a value)", before->address);
	if (!*a.full_name)
		return err_set(e, ERR_USAGE, "a mailbox of a person needs a full_name");
	if (before && change_status(ask, before, &a, arena, e))
		return -1;
	if (op == OP_PURGE)
		clear_holder(&a);
	*after = a;
	return 0;
}

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void
plan_readdress(struct mailbox *m, const char *address, struct arena *arena)
{
	size_t n = 1, k = 0;
	const char **list;
	AUTO(buf) joined = BUF_INIT;

	if (!strcmp(m->address, address))
		return;
	for (const char *p = m->aliases; *p; p++)
		n += *p == '\n';
	list = arena_alloc(arena, (n + 1) * sizeof(*list));
	list[k++] = m->address;
	for (const char *p = m->aliases; *p; p += *p == '\n') {
		const char *one = arena_strndup(arena, p, strcspn(p, "\n"));

		p += strlen(one);
		if (strcmp(one, address))
			list[k++] = one;
	}
	qsort(list, k, sizeof(*list), by_bytes);
	for (size_t i = 0; i < k; i++)
		buf_printf(&joined, "%s%s", i ? "\n" : "", list[i]);
	m->aliases = arena_strdup(arena, joined.data);
	m->address = arena_strdup(arena, address);
}

/* --- the line --- */

static void
add_value(struct canon *c, const char *name, const char *value)
{
	const char *const values[] = { value, NULL };

	canon_strings(c, name, *value ? values : values + 1);
}

/* Values with a new-line between two: only aliases are ever several. */
static void
add_values(struct canon *c, const char *name, const char *joined, struct arena *arena)
{
	size_t n = 2, k = 0;
	const char **list;

	if (!strchr(joined, '\n')) {
		add_value(c, name, joined);
		return;
	}
	for (const char *p = joined; *p; p++)
		n += *p == '\n';
	list = arena_alloc(arena, n * sizeof(*list));
	for (const char *p = joined; *p; p += *p == '\n') {
		list[k++] = arena_strndup(arena, p, strcspn(p, "\n"));
		p += strlen(list[k - 1]);
	}
	canon_strings(c, name, list);
}

/* Of all that stands in the line before it, so nothing may come after. */
static void
add_salt(struct canon *c, const uint8_t key[PLAN_KEY])
{
	uint8_t mac[DIGEST_LEN];

	digest_commit(key, "plan", c->out->data, c->out->len, mac);
	canon_hex(c, "salt", mac, 16);
}

static const char *const mailbox_classes[] = { "inetOrgPerson", "hopthuMailbox", NULL };

/* One side of the difference.  "before" names the operation that wrote the entry last: that is what
 * makes a plan one for this state of the entry and no other. */
static void
add_side(struct canon *c, const char *key, const struct mailbox *m, const struct mailbox *other,
	 bool lock, struct arena *arena)
{
	bool before = *key == 'b';

	canon_open(c, key);
	for (int a = 0; m && a < PLAN_ATTR_COUNT; a++) {
		const char *mine = plan_attr_get(m, (enum plan_attr)a, arena);
		const char *theirs = other ? plan_attr_get(other, (enum plan_attr)a, arena) : "";

		if (a == PLAN_ou && !other) /* a new entry; its place in the order of keys */
			canon_strings(c, "objectClass", mailbox_classes);
		if (a == PLAN_hopthuPersonRef || a == PLAN_hopthuOpId) {
			if (before && a == PLAN_hopthuOpId)
				add_value(c, plan_attr_names[a], mine);
			continue;
		}
		/* the lock is set or removed again even if our copy says that it is so */
		if (strcmp(mine, theirs) || (lock && a == PLAN_pwdAccountLockedTime))
			add_values(c, plan_attr_names[a], mine, arena);
	}
	canon_close(c);
}

void
plan_line(struct buf *out, const uint8_t key[PLAN_KEY], enum op op, int64_t row,
	  const char *effective, const struct mailbox *before, const struct mailbox *after)
{
	bool lock = transition_of(op) != NULL;
	AUTO(arena) arena = arena_new();
	struct canon c;

	canon_begin(&c, out);
	canon_str(&c, "address", after->address);
	add_side(&c, "after", after, before, lock, arena);
	canon_str(&c, "agency", after->agency);
	add_side(&c, "before", before, after, false, arena);
	canon_str(&c, "effective", effective);
	canon_str(&c, "login", after->login);
	canon_str(&c, "op", op_word((int)op));
	canon_int(&c, "row", row);
	add_salt(&c, key);
	canon_end(&c);
}

void
plan_values_line(struct buf *out, const uint8_t key[PLAN_KEY], const struct plan_target *t,
		 const struct plan_value *before, const struct plan_value *after)
{
	struct canon c;

	canon_begin(&c, out);
	canon_str(&c, "address", t->address);
	canon_open(&c, "after");
	for (; after->name; after++)
		canon_strings(&c, after->name, after->values);
	canon_close(&c);
	canon_str(&c, "agency", t->agency);
	canon_open(&c, "before");
	for (; before && before->name; before++)
		canon_strings(&c, before->name, before->values);
	canon_close(&c);
	canon_str(&c, "login", t->login);
	canon_str(&c, "op", op_word((int)t->op));
	canon_int(&c, "row", t->row);
	add_salt(&c, key);
	canon_end(&c);
}

void
plan_order_line(struct buf *out, const uint8_t key[PLAN_KEY], enum op op, const char *target,
		const struct plan_value *before, const struct plan_value *after)
{
	plan_values_line(out, key, &(struct plan_target){ op, target, target, "", 1 }, before, after);
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
	p->before = json_object_get(p->json, "before");
	p->after = json_object_get(p->json, "after");
	if ((int)p->op >= 0 && p->login && p->address && json_is_object(p->before) &&
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

char *
plan_join(const json_t *values)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < json_array_size(values); i++)
		buf_printf(&b, "%s%s", i ? "\n" : "",
			   json_string_value(json_array_get(values, i)));
	return buf_steal(&b);
}

void
plan_apply(const struct plan *p, struct mailbox *m, struct arena *arena)
{
	for (int a = 0; a < PLAN_ATTR_COUNT; a++) {
		const json_t *values = json_object_get(p->after, plan_attr_names[a]);
		AUTO(str) joined = plan_join(values);

		if (values)
			plan_attr_set(m, (enum plan_attr)a, joined, arena);
	}
}

/* --- where entries are --- */

struct place {
	const char *rdn_type, *parent;
};

static struct place
place_of(enum op op)
{
	switch (op) {
	case OP_AGENCY_ADD:
		return (struct place){ "ou", "ou=agencies" };
	case OP_OPERATOR_ADD:
	case OP_OPERATOR_REVOKE:
		return (struct place){ "cn", "ou=operators" };
	case OP_PASSWORD_POLICY:
		return (struct place){ "cn", "ou=policies" };
	case OP_CREATE:
	case OP_UPDATE:
	case OP_SUSPEND:
	case OP_RESUME:
	case OP_CLOSE:
	case OP_RESTORE:
	case OP_PURGE:
	case OP_RENAME:
	case OP_TRANSFER:
	case OP_REVERT:
	case OP_COUNT:
		break;
	}
	return (struct place){ "uid", "ou=people" };
}

const char *
plan_rdn_type(enum op op)
{
	return place_of(op).rdn_type;
}

const char *
plan_parent(enum op op)
{
	return place_of(op).parent;
}

bool
plan_adds(enum op op)
{
	return op == OP_CREATE || op == OP_AGENCY_ADD || op == OP_OPERATOR_ADD;
}

void
plan_digest_head(struct buf *out, int64_t items)
{
	buf_printf(out, "hopthu-plan/2 %" PRId64 "\n", items);
}

void
plan_digest_item(struct buf *out, int64_t row, const uint8_t sha[DIGEST_LEN])
{
	buf_printf(out, "%" PRId64 " ", row);
	buf_hex(out, sha, DIGEST_LEN);
	buf_char(out, '\n');
}
