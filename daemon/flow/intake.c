/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "daemon/base/clock.h"
#include "daemon/base/failpoint.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake_private.h"
#include "daemon/policy/plan.h"

#define SLICE_US 12000 /* of a turn, before its commit; a turn may take 100 ms (I10) */
#define STEP_ROWS 64
#define CLEAN_UP_MS 2000

static void wake(struct intake *in);

static void
free_intake(struct intake *in)
{
	struct intakes *all = in->flow->intakes;
	struct intake **p = &all->first;

	while (*p != in)
		p = &(*p)->next;
	*p = in->next;
	for (p = &all->ready; *p; p = &(*p)->next_ready)
		if (*p == in) {
			*p = in->next_ready;
			break;
		}
	for (all->ready_end = &all->ready; *all->ready_end; )
		all->ready_end = &(*all->ready_end)->next_ready;
	loop_forget(in->flow->loop, in);
	store_forget(in->flow->store, in);
	loop_timer_free(in->clean_up);
	letter_reader_free(in->reader);
	letter_head_release(&in->o.head);
	digest_free(in->digest);
	json_decref(in->errors);
	json_decref(in->already);
	json_decref(in->notes);
	json_decref(in->dry);
	choose_dry_free(in->letter.dry);
	fuse_release(&in->fuse);
	buf_release(&in->fuse_why);
	buf_release(&in->hex);
	buf_release(&in->hashes);
	arena_free(in->arena);
	free(in->o.data);
	free(in->o.encoding);
	for (int i = 0; i < 3; i++)
		free(in->who[i]);
	free(in->only_agency);
	free(in);
}

static void
intakes_new(struct flow *f)
{
	f->intakes = xcalloc(1, sizeof(*f->intakes));
	f->intakes->ready_end = &f->intakes->ready;
}

void
intakes_free(struct flow *f)
{
	while (f->intakes && f->intakes->first)
		free_intake(f->intakes->first);
	loop_forget(f->loop, f->intakes);
	free(f->intakes);
	f->intakes = NULL;
}

void
intake_forget(struct intake *in)
{
	in->cb = NULL;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void
tell(void *arg)
{
	struct intake *in = arg;
	struct intake_dry dry = {
		.items = in->dry, .digest = in->hex.data, .rows = in->rows, .due_at = in->due_at,
		.needs = in->request.needs, .domain = in->letter.rules.domain,
	};
	struct intake_result r = {
		.err = in->failed ? &in->err : NULL,
		.errors = json_array_size(in->errors) ? in->errors : NULL,
		.request = in->failed		? 0 :
			   in->known_request	? in->known_request :
			   in->o.dry_run	? 0 :
						  in->request.id,
		.repeated = in->known_request,
		.already = in->already,
		.notes = in->notes,
		.dry = in->o.dry_run && !in->failed && !in->known_request ? &dry : NULL,
	};

	if (in->cb)
		in->cb(in->arg, &r);
	free_intake(in);
}

static void
on_cleaned_up(void *arg, const struct err *failure)
{
	if (!failure)
		free_intake(arg);
}

/* Takes back what earlier slices wrote; a full disk is asked again until it works. */
static void
clean_up(void *arg)
{
	struct intake *in = arg;
	struct evidence ev = { .ev = EVENT_CANCEL, .actor = actor_daemon, .req = in->request.id,
			       .result = "intake failed" };
	struct store *s = in->flow->store;

	choose_forget(in->flow);
	in->request.state = STATE_CANCELLED;
	in->request.ended_at = (int64_t)clock_wall_us();
	loop_timer_set(in->clean_up, CLEAN_UP_MS); /* until on_cleaned_up */
	if (store_begin(s, NULL))
		return;
	if (store_put_request(s, &in->request, NULL) || evidence_append(in->flow, &ev, NULL, NULL)) {
		store_abort(s);
		return;
	}
	if (!store_end(s, NULL))
		store_after_commit(s, on_cleaned_up, in);
}

static void
end_failed(void *arg)
{
	struct intake *in = arg;
	bool written = in->request.id && !in->o.dry_run;
	intake_cb *cb = in->cb;

	if (!written) {
		tell(in);
		return;
	}
	in->cb = NULL;
	if (cb) {
		struct intake_result r = { .err = &in->err, .errors = in->errors,
					   .notes = in->notes };

		cb(in->arg, &r);
	}
	in->clean_up = loop_timer_new(in->flow->loop, clean_up, in);
	clean_up(in);
}

static void
fail(struct intake *in)
{
	in->failed = true;
	in->phase = END;
	loop_defer(in->flow->loop, end_failed, in);
}

/* --- phases ----------------------------------------------------------------------------------- */

static void
open_reader(struct intake *in, struct letter_head *head)
{
	struct letter_events ev = intake_rows_events(in);

	letter_reader_free(in->reader);
	in->reader = letter_reader_new(in->o.format, in->o.data, in->o.len, in->o.encoding,
				       in->flow->conf->limits.letter_rows, head, &ev);
}

/* One look-up a slice instead of one a row, for nearly every letter. */
static void
look_for_letter(struct intake *in)
{
	const struct letter_head *h = &in->o.head;

	in->letter.known = h->agency && h->number && h->date &&
			   store_letter_known(in->flow->store, h->agency, h->number, h->date,
					      in->request.id, false);
}

static bool
read_slice(struct intake *in)
{
	look_for_letter(in);
	while (letter_reader_step(in->reader, STEP_ROWS)) {
		if (in->failed)
			return false;
		if (clock_mono_us() - in->flow->intakes->began_us > SLICE_US)
			return true;
	}
	return false;
}

static int
end_check(struct intake *in)
{
	unsigned rows = letter_reader_rows(in->reader);

	if (in->o.head.declared >= 0 && in->o.head.declared != (long)rows) {
		AUTO(str) why = xasprintf("the letter declares %ld rows and the file has %u: check "
					  "that none is missing", in->o.head.declared, rows);

		intake_rows_error(in, &(struct letter_error){ .column = "", .value = "", .message = why });
	}
	if (!rows && !json_array_size(in->errors))
		intake_rows_error(in, &(struct letter_error){ .column = "", .value = "",
						      .message = "there are no rows in this letter" });
	if (json_array_size(in->errors))
		return err_set(&in->err, ERR_USAGE,
			       "the letter was not accepted, nothing of it was kept: %zu error%s in %u "
			       "row%s", json_array_size(in->errors),
			       json_array_size(in->errors) == 1 ? "" : "s", rows,
			       rows == 1 ? "" : "s");
	return 0;
}

static const char *
said(const char *text)
{
	return text ? text : "";
}

static void
begin_digest(struct intake *in)
{
	AUTO(buf) head = BUF_INIT;

	plan_digest_head(&head, in->rows);
	in->digest = digest_new();
	digest_add(in->digest, head.data, head.len);
}

static int
begin_write(struct intake *in, struct err *e)
{
	struct letter_head *h = &in->o.head;
	struct rules *rules = &in->letter.rules;
	struct evidence ev = { .ev = EVENT_REQUEST, .actor = in->o.actor, .agency = h->agency,
			       .letter = h->number, .letter_date = h->date, .count = in->rows,
			       .channel = h->channel, .domain = rules->domain,
			       .policy = rules->digest, .attachment = h->attachment };

	/* Two halves of one letter would each lack what the other has. */
	if (store_letter_known(in->flow->store, h->agency, h->number, h->date, 0, true))
		return err_set(e, ERR_CONFLICT, "letter %s of %s is coming in just now, from somebody else "
			       "or from a try before: look at it with `hopthuctl request list`", h->number,
			       h->agency);
	in->request = (struct request){
		.kind = REQUEST_LETTER, .agency = h->agency, .letter = h->number, .date = h->date,
		.signer = h->signer, .reason = h->reason, .channel = said(h->channel),
		.domain = rules->domain, .signer_title = said(h->signer_title),
		.requester = said(h->requester), .requester_phone = said(h->requester_phone),
		.contact = said(h->contact), .attachment = said(h->attachment),
		.policy = rules->digest, .needs = 1, .first_approver = "", .namers = "",
		.declared = h->declared, .state = STATE_RECEIVED, .digest = "", .round = 1,
		.items = in->rows, .open = in->rows, .submitter = in->who[0], .approver = "",
		.refusal = "", .submitted_at = (int64_t)clock_wall_us(),
	};
	if (store_add_request(in->flow->store, &in->request, e))
		return -1;
	in->letter.request = ev.req = in->request.id;
	evidence_pii(&ev, "contact", h->contact);
	evidence_pii(&ev, "reason", h->reason);
	evidence_pii(&ev, "requester", said(h->requester));
	evidence_pii(&ev, "requester_phone", said(h->requester_phone));
	evidence_pii(&ev, "signer", h->signer);
	evidence_pii(&ev, "signer_title", said(h->signer_title));
	begin_digest(in);
	return evidence_append(in->flow, &ev, NULL, e);
}

/* A letter that comes in parts is one letter for the fuse, and a row that is asked again one row. */
static void
count_parts(struct intake *in)
{
	const struct letter_head *h = in->letter.head;
	int64_t others = store_letter_moves(in->flow->store, h->agency, h->number, h->date,
					    in->request.id);

	in->request.moves = in->fuse.total - in->moved_before;
	if (in->fuse.total)
		fuse_add(&in->fuse, h->agency, others - in->moved_before);
}

/* The plan is whole: its digest, its term, and how many must allow it. */
static int
settle(struct intake *in, struct err *e)
{
	struct request *r = &in->request; /* a dry run has none: only what is settled here is set */
	uint8_t hash[DIGEST_LEN];

	if (in->written != in->rows)
		return err_set(e, ERR_CONFLICT, "rows of this letter came in from somebody else meanwhile: "
			       "submit it again, they are recognised");
	r->state = in->needy ? STATE_NAME_NEEDED : STATE_PLANNED;
	r->due_at = in->due_at;
	count_parts(in);
	r->needs = fuse_needs(in->flow, &in->letter.rules, &in->fuse, &in->fuse_why);
	if (r->needs > 1) {
		AUTO(str) why = xasprintf("two people have to approve this letter: %s",
					  in->fuse_why.data);

		intake_rows_note(in, &(struct letter_error){ .column = "", .value = "",
							     .message = why });
	}
	digest_final(STEAL(in->digest), hash);
	buf_clear(&in->hex);
	if (!in->needy) /* else the plan is not whole yet */
		buf_hex(&in->hex, hash, DIGEST_LEN);
	return 0;
}

static int
end_write(struct intake *in, struct err *e)
{
	struct evidence ev = { .ev = EVENT_PLAN, .actor = in->o.actor, .req = in->request.id,
			       .round = 1, .count = in->rows, .policy = in->letter.rules.digest };
	int rc;

	if (settle(in, e))
		return -1;
	in->request.digest = in->hex.data;
	ev.digest = in->needy ? NULL : in->hex.data;
	ev.result = in->needy ? state_word(STATE_NAME_NEEDED) : NULL;
	ev.needs = in->request.needs;
	rc = store_put_request(in->flow->store, &in->request, e) ||
			     evidence_append(in->flow, &ev, NULL, e) ? -1 : 0;
	in->request.digest = "";
	return rc;
}

static void
on_slice_committed(void *arg, const struct err *failure)
{
	struct intake *in = arg;

	if (failure) {
		in->err = *failure;
		if (!in->announced)
			in->request.id = 0; /* not even the first slice is there */
		fail(in);
		return;
	}
	in->announced = true;
	if (in->phase != END) {
		wake(in);
		return;
	}
	failpoint(FP_REQUEST_PLANNED);
	tell(in);
}

/* A unit: the beginning if it is the first, some rows, the end if it is the last. */
static int
write_unit(struct intake *in, bool *more)
{
	if (!in->request.id && begin_write(in, &in->err))
		return -1;
	*more = read_slice(in);
	if (in->failed)
		return -1;
	return *more ? 0 : end_write(in, &in->err);
}

/* The rows were planned when they were checked; the digest begins with their number. */
static void
dry_slice(struct intake *in)
{
	if (!in->digest)
		begin_digest(in);
	while (intake_rows_digest(in, STEP_ROWS))
		if (clock_mono_us() - in->flow->intakes->began_us > SLICE_US) {
			wake(in);
			return;
		}
	if (settle(in, &in->err)) {
		fail(in);
		return;
	}
	in->phase = END;
	loop_defer(in->flow->loop, tell, in);
}

static void
write_slice(struct intake *in)
{
	struct store *s = in->flow->store;
	bool more = false, first = !in->request.id;

	if (in->o.dry_run) {
		dry_slice(in);
		return;
	}
	if (store_begin(s, &in->err)) {
		fail(in);
		return;
	}
	if (write_unit(in, &more)) {
		store_abort(s);
		if (first)
			in->request.id = 0;
		fail(in);
		return;
	}
	failpoint(FP_INTAKE_SLICE);
	if (store_end(s, &in->err)) {
		if (first)
			in->request.id = 0;
		fail(in);
		return;
	}
	if (!more)
		in->phase = END;
	store_after_commit(s, on_slice_committed, in);
}

static void
check_slice(struct intake *in)
{
	if (read_slice(in)) {
		wake(in);
		return;
	}
	if (end_check(in)) {
		fail(in);
		return;
	}
	if (!in->rows) { /* every row is known already */
		in->phase = END;
		loop_defer(in->flow->loop, tell, in);
		return;
	}
	in->known_request = 0;
	in->phase = WRITE;
	choose_dry_free(STEAL(in->letter.dry));
	if (!in->o.dry_run)
		open_reader(in, NULL);
	write_slice(in);
}

static void
begin_check(struct intake *in)
{
	if (intake_head_check(in)) {
		fail(in);
		return;
	}
	in->phase = CHECK;
	open_reader(in, NULL);
	check_slice(in);
}

static void
head_slice(struct intake *in)
{
	if (in->reader && read_slice(in))
		wake(in);
	else
		begin_check(in);
}

static void
slice(struct intake *in)
{
	if (in->letter.flow && !rules_still(in->flow, &in->letter.rules)) {
		err_set(&in->err, ERR_TEMP, "the rules of %s were changed while the letter came in: "
			"send it again", in->letter.rules.domain);
		fail(in);
		return;
	}
	if (in->phase == HEAD)
		head_slice(in);
	else if (in->phase == CHECK)
		check_slice(in);
	else if (in->phase == WRITE)
		write_slice(in);
}

/* However many letters come in, one slice of a turn is theirs together. */
static void
run(void *arg)
{
	struct intakes *all = arg;

	/* Moving the log takes as long as a slice and its commit do: it gets a turn of its own. */
	if (all->ready && store_tidy(all->ready->flow->store, false)) {
		loop_defer(all->ready->flow->loop, run, all);
		return;
	}
	all->awake = false;
	all->began_us = clock_mono_us();
	do {
		struct intake *in = all->ready;

		if (!in)
			return;
		all->ready = in->next_ready;
		in->next_ready = NULL;
		if (!all->ready)
			all->ready_end = &all->ready;
		slice(in);
	} while (clock_mono_us() - all->began_us < SLICE_US);
	if (all->ready && !all->awake) {
		loop_defer(all->ready->flow->loop, run, all);
		all->awake = true;
	}
}

static void
wake(struct intake *in)
{
	struct intakes *all = in->flow->intakes;

	*all->ready_end = in;
	all->ready_end = &in->next_ready;
	if (!all->awake)
		loop_defer(in->flow->loop, run, all);
	all->awake = true;
}

bool
intakes_next(const struct flow *f)
{
	return f->intakes && f->intakes->awake;
}

bool
intakes_any(const struct flow *f)
{
	return f->intakes && f->intakes->first;
}

struct intake *
intake_start(struct flow *f, struct intake_order *o, intake_cb *cb, void *arg)
{
	struct intake *in = xcalloc(1, sizeof(*in));

	in->flow = f;
	in->o = *o;
	in->who[0] = xstrdup(o->actor.name);
	in->who[1] = xstrdup(o->actor.mech);
	in->who[2] = xstrdup(o->actor.src);
	in->o.actor = (struct actor){ in->who[0], in->who[1], in->who[2] };
	in->only_agency = o->only_agency ? xstrdup(o->only_agency) : NULL;
	in->cb = cb;
	in->arg = arg;
	in->arena = arena_new();
	buf_init(&in->fuse_why);
	buf_init(&in->hex);
	buf_init(&in->hashes);
	in->dry = o->dry_run ? json_array() : NULL;
	if (!f->intakes)
		intakes_new(f);
	in->next = f->intakes->first;
	f->intakes->first = in;
	in->phase = HEAD;
	if (o->format == LETTER_JSON)
		open_reader(in, &in->o.head);
	wake(in);
	return in;
}
