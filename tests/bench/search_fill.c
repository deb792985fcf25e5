/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Fills the database of a hopthud that is stopped with records as letters leave them, and tells how
 * long an append takes and what part of it is the index of searches.
 *
 *	search_fill DATABASE RECORDS
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/intake_row.h"
#include "daemon/policy/plan.h"
#include "daemon/store/store_index.h"
#include "tests/bench/world.h"

#define AGENCIES 120
#define APPROVERS 40
#define ROWS 50        /* of a letter */
#define PEOPLE_MAX 400000

static const char *const family[] = { "Nguyễn", "Trần", "Lê", "Phạm", "Hoàng", "Huỳnh", "Phan", "Vũ",
				      "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý" };
static const char *const middle[] = { "Văn", "Thị", "Thị Ánh", "Đức", "Minh", "Ngọc", "Quang", "Hữu",
				      "Thanh", "Thị Thu", "Xuân", "Gia", "Bảo", "Anh" };
static const char *const given[] = { "An", "Anh", "Bình", "Châu", "Chi", "Dũng", "Giang", "Hà", "Hải",
				     "Hạnh", "Hiếu", "Hoa", "Hùng", "Hương", "Khánh", "Lan", "Linh",
				     "Long", "Mai", "Minh", "Nam", "Nga", "Nguyệt", "Phong", "Phương",
				     "Quân", "Sơn", "Tâm", "Thảo", "Trang", "Tuấn", "Vy" };
#define OF(list) list[any(sizeof(list) / sizeof(*list))]

struct person {
	char ref[37];
	char login[16];
	char *name;
	int agency;
};

static struct world w;
static struct person *people;
static size_t people_count;

static unsigned
any(size_t n)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)((seed >> 33) % n);
}

static struct actor
actor(const char *what, unsigned n, struct arena *a)
{
	return (struct actor){ arena_printf(a, "%s%u", what, n), "peer", "uid:1000" };
}

static void
append(const struct evidence *ev, int64_t *seq)
{
	struct err e = ERR_INIT;

	world_check(evidence_append(w.flow, ev, seq, &e), &e);
}

/* --- a letter --------------------------------------------------------------------------------- */

static struct person *
somebody(bool new, int agency)
{
	struct person *p;

	if (!new || people_count == PEOPLE_MAX)
		return &people[any(people_count)];
	p = &people[people_count++];
	digest_uuid7(clock_wall_us() / 1000, p->ref);
	snprintf(p->login, sizeof(p->login), "u%zu", people_count);
	p->name = xasprintf("%s %s %s", OF(family), OF(middle), OF(given));
	p->agency = agency;
	return p;
}

static struct mailbox
mailbox(const struct person *p, bool active, const char *agency, struct arena *a)
{
	return (struct mailbox){
		.login = p->login, .address = arena_printf(a, "%s@" WORLD_DOMAIN, p->login),
		.person = p->ref, .full_name = p->name, .agency = agency, .kind = "person",
		.status = active ? STATUS_ACTIVE : STATUS_CLOSED, .login_allowed = active,
		.delivery_allowed = active, .title = "Chuyên viên", .unit = "Văn phòng",
		.phone = "02743800000", .rank = "", .custodian = "", .aliases = "",
		.purge_due = active ? "" : "2027-02-25", .opid = "", .entry_uuid = "",
	};
}

static void
row(struct request *r, const struct actor *who, const char *agency, int n, struct item *i,
    struct arena *a)
{
	bool new = people_count < 100 || any(10) < 7;
	struct person *p = somebody(new, 0);
	struct mailbox before = mailbox(p, true, agency, a), after = mailbox(p, new, agency, a);
	struct evidence ev = { .ev = EVENT_ITEM, .actor = *who, .req = r->id, .round = 1, .row = n,
			       .subj = p->ref };
	struct err e = ERR_INIT;

	*i = (struct item){ .request = r->id, .row = n, .round = 1, .op = new ? OP_CREATE : OP_CLOSE,
			    .ref = "", .login = p->login, .address = after.address, .person = p->ref,
			    .full_name = p->name, .state = any(50) ? STATE_DONE : STATE_FAILED,
			    .error = "", .opid = "", .input = "{}" };
	intake_row_plan(w.flow, i, new ? NULL : &before, &after, a);
	world_check(store_add_item(w.store, i, &e), &e);
	if (new)
		world_check(store_put_address(w.store, &(struct address){
			.local = p->login, .domain = WORLD_DOMAIN, .login = p->login,
			.state = ADDRESS_ACTIVE, .person = p->ref, .request = r->id }, "", &e), &e);
	ev.op = op_word((int)i->op);
	ev.opid = i->opid;
	ev.plan = i->plan_sha;
	evidence_pii(&ev, "address", i->address);
	evidence_pii(&ev, "full_name", i->full_name);
	evidence_pii(&ev, "input", "{\"full_name\":\"…\",\"op\":\"create\",\"unit\":\"Văn phòng\"}");
	append(&ev, NULL);
}

static void
done(const struct item *i, const char *approver)
{
	struct evidence ev = { .ev = EVENT_INTENT, .actor = actor_daemon, .as = approver,
			       .op = op_word((int)i->op), .opid = i->opid, .plan = i->plan_sha,
			       .req = i->request, .round = 1, .row = i->row, .subj = i->person };
	int64_t intent;

	append(&ev, &intent);
	ev.ev = EVENT_OUTCOME;
	ev.round = 0;
	ev.plan = NULL;
	ev.intent = intent;
	ev.result = state_word((int)i->state);
	append(&ev, NULL);
}

static void
letter(int number)
{
	unsigned agency = any(AGENCIES), approver = any(APPROVERS);
	AUTO(arena) a = arena_new();
	struct actor who = actor("asks", agency, a), allows = actor("allows", approver, a);
	const char *code = arena_printf(a, "agency%u", agency);
	struct request r = { .kind = REQUEST_LETTER, .agency = code, .date = "2026-11-25",
			     .letter = arena_printf(a, "%d/CV", number / AGENCIES), .signer = "An",
			     .reason = "tuyển dụng", .channel = "document", .declared = ROWS,
			     .state = STATE_DONE, .digest = "", .round = 1, .items = ROWS,
			     .submitter = who.name, .approver = allows.name, .refusal = "",
			     .domain = WORLD_DOMAIN, .signer_title = "", .requester = "",
			     .requester_phone = "", .contact = "", .attachment = "", .policy = "",
			     .needs = 1, .first_approver = "", .namers = "" };
	struct evidence ev = { .ev = EVENT_REQUEST, .actor = who, .agency = code, .letter = r.letter,
			       .letter_date = r.date, .count = ROWS };
	struct item items[ROWS];
	struct err e = ERR_INIT;

	r.submitted_at = r.approved_at = (int64_t)clock_wall_us();
	world_check(store_add_request(w.store, &r, &e), &e);
	ev.req = r.id;
	evidence_pii(&ev, "reason", r.reason);
	append(&ev, NULL);
	for (int i = 0; i < ROWS; i++)
		row(&r, &who, code, i + 1, &items[i], a);
	ev = (struct evidence){ .ev = EVENT_PLAN, .actor = who, .req = r.id, .round = 1, .count = ROWS };
	append(&ev, NULL);
	ev.ev = EVENT_APPROVE;
	ev.actor = allows;
	append(&ev, NULL);
	for (int i = 0; i < ROWS; i++)
		done(&items[i], allows.name);
	ev = (struct evidence){ .ev = any(4) ? EVENT_AUTH_OK : EVENT_READ, .actor = allows };
	append(&ev, NULL);
}

/* --- the numbers ------------------------------------------------------------------------------ */

#define TIMES 20

struct taken {
	int64_t seq[INDEX_BLOCK];
	char *rec[INDEX_BLOCK];
	size_t len[INDEX_BLOCK];
	int count;
};

static bool
take(void *arg, const struct stored_record *r)
{
	struct taken *t = arg;

	if (r->seq % INDEX_BLOCK == 0) /* its block would be written */
		return true;
	t->seq[t->count] = r->seq;
	t->rec[t->count] = xstrndup(r->rec, r->len);
	t->len[t->count++] = r->len;
	return true;
}

/* Microseconds of processor time for a record of the open block. */
static double
index_again(int64_t after)
{
	static struct taken t;
	struct err e = ERR_INIT;
	double began;

	world_check(store_records(w.store, after, INDEX_BLOCK, take, &t, &e), &e);
	began = world_cpu();
	for (int n = 0; n < TIMES; n++)
		for (int i = 0; i < t.count; i++)
			world_check(index_add(w.store, t.seq[i], t.rec[i], t.len[i], &e), &e);
	return t.count ? (world_cpu() - began) * 1e6 / TIMES / t.count : 0;
}

int
main(int argc, char **argv)
{
	int64_t records = argc > 2 ? strtoll(argv[2], NULL, 10) : 0, first;
	struct err e = ERR_INIT;
	double took = 0;
	int n = 0;

	if (argc < 3)
		return 64;
	clock_init();
	w.store = store_open(argv[1], &e);
	world_check(!w.store, &e);
	w.conf.domain = xstrdup(WORLD_DOMAIN);
	w.loop = loop_new();
	w.flow = flow_new(w.loop, w.store, &w.conf);
	people = xcalloc(PEOPLE_MAX, sizeof(*people));
	first = store_next_seq(w.store);
	while (store_next_seq(w.store) - first < records) {
		double began = world_cpu();

		world_check(store_begin(w.store, &e), &e);
		letter(++n);
		world_check(store_end(w.store, &e), &e);
		took += world_cpu() - began;
		store_commit(w.store);
		(void)store_tidy(w.store, false);
	}
	records = store_next_seq(w.store) - first;
	printf("%" PRId64 " records of %d letters about %zu people\n", records, n, people_count);
	printf("append, with the row it is about   %6.2f us a record\n", took * 1e6 / (double)records);
	printf("of it the index of searches        %6.2f us\n",
	       index_again((first + records) / INDEX_BLOCK * INDEX_BLOCK));
	store_close(w.store);
	return 0;
}
