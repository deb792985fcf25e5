/* SPDX-License-Identifier: BSD-2-Clause */
/* The address of a row: proposed by the letter, or chosen by the policy; promised and looked at. */
#include <inttypes.h>
#include <string.h>

#include "daemon/flow/intake_row.h"

#define TRAIL_MAX 20 /* candidates that are written down */

struct trail {
	struct buf *out;
	unsigned count;
};

/* "dangthianhnguyet: active, request 12; " */
static void
follow(void *arg, const struct choose_trial *t)
{
	struct trail *trail = arg;

	if (t->fate != CHOOSE_TAKEN || trail->count++ >= TRAIL_MAX)
		return;
	buf_printf(trail->out, "%s%s: ", trail->out->len ? "; " : "", t->local);
	if (t->why)
		buf_str(trail->out, t->why);
	else if (!t->by)
		buf_str(trail->out, "another row of this letter");
	else if (t->by->request)
		buf_printf(trail->out, "%s, request %" PRId64, address_state_word(t->by->state),
			   t->by->request);
	else
		buf_str(trail->out, address_state_word(t->by->state));
}

enum choose_fate
intake_row_name(struct intake_letter *l, const char *const *cell, const struct choose_ask *like,
		struct mailbox *after, struct buf *trail, const char **column, struct arena *a,
		struct err *e)
{
	struct trail t = { .out = trail };
	struct name name = { .full = NULL };
	bool named = !name_parse(&name, after->full_name, NULL);
	struct choose_ask ask = {
		.policy = l->rules.policy, .kind = (enum kind)kind_from(after->kind),
		.agency_kind = l->rules.agency.kind, .holder = like->holder,
		.keeps = like->keeps, .again = like->again, .dry = l->dry,
		.facts = { .name = named ? &name : NULL, .birth_year = cell[LETTER_birth_year],
			   .birth_month = cell[LETTER_birth_month], .id_tail = cell[LETTER_id_tail],
			   .unit = after->unit, .agency = l->rules.agency.code },
	};
	AUTO(str) local = NULL;
	enum choose_fate fate = choose_local(l->flow, &ask, false, follow, &t, &local, column, e);

	if (named)
		name_release(&name);
	if (fate != CHOOSE_FREE)
		return fate;
	if (!like->holder) {
		after->login = arena_strdup(a, local);
		after->address = arena_printf(a, "%s@%s", local, l->rules.domain);
	} else {
		plan_readdress(after, arena_printf(a, "%s@%s", local, l->rules.domain), a);
	}
	return fate;
}

void
intake_row_need_name(struct item *i, const struct buf *trail, struct arena *a)
{
	i->state = STATE_NAME_NEEDED;
	i->error = arena_printf(a, "every address that the policy gives is taken (%s): propose one "
				     "with `hopthuctl request name`", trail->data);
}

static int
give_address(struct intake_letter *l, struct intake_row *r, const struct letter_row *row,
	     struct buf *trail, struct arena *a, struct err *e)
{
	bool is_new = row->op == OP_CREATE;
	struct choose_ask ask = { .policy = l->rules.policy, .again = r->again, .dry = l->dry,
				  .holder = is_new ? NULL : r->before.login,
				  .keeps = row->op == OP_TRANSFER };

	if (is_new && *r->item.login) { /* the letter proposes one */
		r->column = "address";
		if (choose_check_free(l->flow, &ask, r->item.login, e))
			return -1;
		r->after.login = r->item.login;
		r->after.address = arena_printf(a, "%s@%s", r->after.login, l->rules.domain);
		return 0;
	}
	if (!is_new && !r->readdress)
		return 0;
	r->column = "full_name";
	switch (intake_row_name(l, row->cell, &ask, &r->after, trail, &r->column, a, e)) {
	case CHOOSE_FREE:
		break;
	case CHOOSE_TAKEN:
		intake_row_need_name(&r->item, trail, a);
		break;
	case CHOOSE_LACKS:
	case CHOOSE_UNFIT:
		if (!r->column)
			r->column = "full_name";
		return -1;
	}
	return 0;
}

int
intake_row_reserve(struct flow *f, const struct mailbox *m, int64_t request, struct err *e)
{
	const char *at = strchr(m->address, '@');
	AUTO(str) local = xstrndup(m->address, (size_t)(at - m->address));
	AUTO(buf) shape = BUF_INIT;
	AUTO(arena) a = arena_new();
	struct address known, promise = { .local = local, .domain = at + 1, .login = m->login,
					  .state = ADDRESS_RESERVED, .person = m->person,
					  .request = request };

	/* an alias of the holder's own stays one until it becomes the address */
	if (store_find_address(f->store, local, &known, a) && known.state == ADDRESS_ALIAS)
		return 0;
	name_shape(local, &shape);
	return store_put_address(f->store, &promise, shape.data, e);
}

/* Is it one that people would take for another? */
static void
note_look_alike(struct intake_letter *l, struct intake_row *r, struct arena *a)
{
	AUTO(buf) other = BUF_INIT;
	AUTO(str) local = xstrndup(r->after.address, strcspn(r->after.address, "@"));

	if (choose_look_alike(l->flow, local, &other))
		intake_row_note(r, "address", arena_printf(a, "%s is easily taken for %s", r->after.address,
						other.data));
}

static bool
has_new_address(const struct intake_row *r)
{
	return r->item.state != STATE_NAME_NEEDED &&
	       (!r->has_before || strcmp(r->before.address, r->after.address));
}

int
intake_row_address(struct intake_letter *l, struct intake_row *r, const struct letter_row *row,
		   struct buf *trail, struct arena *a, struct err *e)
{
	if (give_address(l, r, row, trail, a, e))
		return -1;
	r->new_address = has_new_address(r);
	if (!r->new_address)
		return 0;
	note_look_alike(l, r, a);
	if (l->dry) {
		AUTO(str) local = xstrndup(r->after.address, strcspn(r->after.address, "@"));

		choose_dry_take(l->dry, local);
	}
	return 0;
}
