/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Rows of one letter a second, without door and directory: read and checked by the reader alone;
 * checked, named and planned (a dry run); submitted, which writes each row with its record.  First
 * for the letter given, whose rows are new mailboxes; then for a letter that suspends them all.
 *
 *	tests/data/make_letter.py --count 100000 -o letter.csv
 *	rows [--policy FOLDER] [--check] letter.csv
 *
 * Processor time is told beside the clock's, because the aim is of one core.  --check: exit 1 when
 * an aim is missed.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>

#include "daemon/flow/intake.h"
#include "tests/bench/world.h"

#define AIM_ROWS 50000 /* a second of one core, checked and planned */
#define AIM_MIB 64     /* beside the letter itself */
#define AIM_TURN_MS 100
#define STEP 64

struct letter {
	char *data;
	size_t len;
};

struct figures {
	double rows, clock, cpu, mib, turn_ms;
	char digest[2 * DIGEST_LEN + 1];
};

static struct world world;

static struct letter
read_file(const char *name)
{
	FILE *f = fopen(name, "re");
	struct letter l = { NULL, 0 };
	AUTO(buf) b = BUF_INIT;
	char chunk[65536];
	size_t n;

	if (!f) {
		perror(name);
		exit(1);
	}
	while ((n = fread(chunk, 1, sizeof(chunk), f)))
		buf_add(&b, chunk, n);
	fclose(f);
	l.len = b.len;
	l.data = buf_steal(&b);
	return l;
}

/* The name lets `perf report --comm` tell the parts from each other. */
static void
begin(struct figures *f, const char *name)
{
	(void)prctl(PR_SET_NAME, name);
	world_memory_reset();
	(void)loop_longest_turn_us(world.loop);
	f->mib = world_memory();
	f->clock = world_clock();
	f->cpu = world_cpu();
}

static void
end(struct figures *f)
{
	f->clock = world_clock() - f->clock;
	f->cpu = world_cpu() - f->cpu;
	f->mib = world_memory() - f->mib;
	f->turn_ms = (double)loop_longest_turn_us(world.loop) / 1000;
}

/* --- the reader alone ------------------------------------------------------------------------- */

static void
on_row(void *arg, const struct letter_row *row)
{
	(void)row;
	++*(double *)arg;
}

static void
on_error(void *arg, const struct letter_error *e)
{
	(void)arg;
	fprintf(stderr, "row %u, %s: %s\n", e->row, e->column, e->message);
	exit(1);
}

static struct figures
read_only(const struct letter *l)
{
	struct figures f = { .rows = 0 };
	struct letter_events ev = { .row = on_row, .error = on_error, .arg = &f.rows };
	struct letter_reader *r;

	begin(&f, "read");
	r = letter_reader_new(LETTER_CSV, l->data, l->len, NULL, world.conf.limits.letter_rows, NULL,
			      &ev);
	while (letter_reader_step(r, STEP))
		;
	letter_reader_free(r);
	end(&f);
	return f;
}

/* --- an intake -------------------------------------------------------------------------------- */

static void
on_result(void *arg, const struct intake_result *r)
{
	struct figures *f = arg;

	if (r->err) {
		AUTO(str) errors = r->errors ? json_dumps(json_array_get(r->errors, 0), 0) : NULL;

		fprintf(stderr, "%s: %s\n", r->err->msg, errors ? errors : "");
		exit(1);
	}
	if (r->dry)
		f->rows = (double)r->dry->rows;
	else
		f->rows = (double)r->request; /* its number for now */
	if (r->dry)
		snprintf(f->digest, sizeof(f->digest), "%s", r->dry->digest);
	loop_stop(world.loop);
}

/* The letter goes to the intake; a dry run's is a copy. */
static struct figures
take_in(struct letter *l, bool dry_run, const char *number)
{
	struct intake_order o = {
		.head = { .agency = xstrdup(WORLD_AGENCY), .number = xstrdup(number),
			  .date = xstrdup("2026-03-02"), .signer = xstrdup("Nguyễn Văn An"),
			  .reason = xstrdup("đo tốc độ"), .declared = -1 },
		.format = LETTER_CSV, .len = l->len, .dry_run = dry_run,
		.actor = { "lan", "peer", "uid:1000" },
	};
	struct figures f = { .rows = 0 };

	o.data = xmalloc(l->len);
	memcpy(o.data, l->data, l->len);
	begin(&f, dry_run ? "dry" : "real");
	(void)intake_start(world.flow, &o, on_result, &f);
	loop_run(world.loop);
	end(&f);
	(void)prctl(PR_SET_NAME, "rows");
	return f;
}

/* --- the mailboxes that a letter makes, and the letter that suspends them ---------------------- */

struct making {
	struct buf csv;
	int64_t row;
	int count;
};

static void
make_mailbox(void *arg, const struct item *i)
{
	struct making *m = arg;
	struct err e = ERR_INIT;
	const struct mailbox box = {
		.login = i->login, .address = i->address, .person = i->person,
		.full_name = i->full_name, .agency = WORLD_AGENCY, .kind = "person",
		.status = STATUS_ACTIVE, .login_allowed = true, .delivery_allowed = true,
		.title = "Chuyên viên", .unit = "Văn phòng", .phone = "0900000000", .rank = "",
		.custodian = "", .aliases = "", .purge_due = "", .opid = i->opid, .entry_uuid = "",
		.request = i->request,
	};
	const struct address a = { .local = i->login, .domain = WORLD_DOMAIN, .login = i->login,
				   .state = ADDRESS_ACTIVE, .person = i->person,
				   .request = i->request };

	world_check(store_put_mailbox(world.store, &box, &e), &e);
	world_check(store_put_address(world.store, &a, "", &e), &e);
	buf_printf(&m->csv, "suspend,%s,12/QĐ-SNV,2026-02-27,nghỉ thai sản,S-%06lld\n", i->address,
		   (long long)i->row);
	m->row = i->row;
	m->count++;
}

static struct letter
suspend_all(int64_t request)
{
	struct making m = { .csv = BUF_INIT };
	struct err e = ERR_INIT;
	struct letter l;

	buf_str(&m.csv, "op,address,basis_no,basis_date,basis_kind,ref\n");
	do {
		m.count = 0;
		world_begin(&world);
		if (store_items(world.store, request, 0, m.row + 1, 1000, make_mailbox, &m, &e) < 0)
			world_check(-1, &e);
		world_end(&world);
	} while (m.count);
	l.len = m.csv.len;
	l.data = buf_steal(&m.csv);
	return l;
}

/* --- telling ---------------------------------------------------------------------------------- */

static void
show(const char *what, const struct figures *f)
{
	printf("%-26s %8.0f %10.0f %10.0f %9.1f %12.1f\n", what, f->rows, f->rows / f->clock,
	       f->rows / f->cpu, f->mib, f->turn_ms);
}

/* What is worst of the three aims in these figures. */
static bool
judge(const char *what, const struct figures *f, bool planned)
{
	double rate = f->rows / f->cpu;
	bool good = f->turn_ms <= AIM_TURN_MS && f->mib <= AIM_MIB && (!planned || rate >= AIM_ROWS);

	if (planned)
		printf("%s: %.0f rows/s of one core, %.2f of the aim (%d); ", what, rate,
		       rate / AIM_ROWS, AIM_ROWS);
	else
		printf("%s: ", what);
	printf("%.1f MiB beside the letter (aim %d); longest turn %.1f ms (aim %d)\n", f->mib, AIM_MIB,
	       f->turn_ms, AIM_TURN_MS);
	return good;
}

static bool
bench(struct letter *l, const char *what, const char *number, int64_t *request)
{
	AUTO(str) dry_words = xasprintf("%s, dry run", what);
	AUTO(str) real_words = xasprintf("%s, submitted", what);
	AUTO(str) read_words = xasprintf("%s, read only", what);
	struct figures read = read_only(l), dry, real;
	bool good;

	dry = take_in(l, true, number);
	real = take_in(l, false, number);
	*request = (int64_t)real.rows;
	real.rows = dry.rows;
	show(read_words, &read);
	show(dry_words, &dry);
	show(real_words, &real);
	good = judge(dry_words, &dry, true);
	return judge(real_words, &real, false) && good;
}

int
main(int argc, char **argv)
{
	const char *policy = NULL, *file = NULL;
	struct letter letter, suspends;
	bool check = false, good;
	int64_t request;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--check"))
			check = true;
		else if (!strcmp(argv[i], "--policy") && i + 1 < argc)
			policy = argv[++i];
		else
			file = argv[i];
	if (!file) {
		fprintf(stderr, "usage: rows [--policy FOLDER] [--check] LETTER.csv\n");
		return 64;
	}
	letter = read_file(file);
	world_open(&world, policy);
	printf("%-26s %8s %10s %10s %9s %12s\n", "", "rows", "rows/s", "of a core", "MiB more",
	       "longest turn");
	good = bench(&letter, "create", "1/SNV", &request);
	suspends = suspend_all(request);
	good = bench(&suspends, "suspend", "2/SNV", &request) && good;
	world_close(&world);
	free(letter.data);
	free(suspends.data);
	return check && !good;
}
