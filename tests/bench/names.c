/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How long it takes to choose a name's address when a million are registered: for names of which
 * none, one or five candidates are taken, beside a bare look-up of the first candidate in a copy of
 * the same file, with a page cache of the same size, in the same run.
 *
 *	names [--count 1000000] [--check] tests/data/names.tsv
 *
 * --check: exit 1 when the aim is missed.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sqlite3.h>

#include "common/date.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/rules.h"
#include "tests/bench/world.h"

#define AIM_US 20
#define TRIES 20000 /* names of each kind */
#define KINDS 3
#define REQUESTS 1000

static const int taken[KINDS] = { 0, 1, 5 };
static long count = 1000000;
static struct world world;
static char *names[KINDS][TRIES], *firsts[KINDS][TRIES]; /* and their first candidates */

/* --- names ------------------------------------------------------------------------------------ */

enum place { FAMILY, MIDDLE, GIVEN, PLACES };
static struct {
	char *text[256];
	unsigned count;
} table[PLACES];

/* "place<TAB>text<TAB>weight" */
static void
read_names(const char *file)
{
	static const char *const words[PLACES] = { "family", "middle", "given" };
	FILE *f = fopen(file, "re");
	char line[256];

	if (!f) {
		perror(file);
		exit(1);
	}
	while (fgets(line, sizeof(line), f)) {
		char *text = strchr(line, '\t');

		if (!text)
			continue;
		*text++ = '\0';
		text[strcspn(text, "\t")] = '\0';
		for (int p = 0; p < PLACES; p++)
			if (!strcmp(line, words[p]) && *text && table[p].count < 256)
				table[p].text[table[p].count++] = xstrdup(text);
	}
	fclose(f);
}

/* The same names in every run. */
static const char *
any(enum place p)
{
	static uint64_t seed = 1;

	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return table[p].text[(seed >> 33) % table[p].count];
}

static char *
invent(int middles)
{
	AUTO(buf) b = BUF_INIT;

	buf_str(&b, any(FAMILY));
	for (int i = 0; i < middles; i++)
		buf_printf(&b, " %s", any(MIDDLE));
	buf_printf(&b, " %s", any(GIVEN));
	return buf_steal(&b);
}

static void
make(const char *name, unsigned seq, struct buf *out)
{
	struct name parsed;
	struct name_facts facts = { .name = &parsed };
	struct err e = ERR_INIT;

	world_check(name_parse(&parsed, name, &e), &e);
	world_check(name_make("{given}{initials}{seq}", &facts, seq, out, NULL, &e) != NAME_MADE, &e);
	name_release(&parsed);
}

/* --- the registry ----------------------------------------------------------------------------- */

struct filling {
	sqlite3 *db;
	sqlite3_stmt *add, *has;
	long count;
};

static bool
add(struct filling *f, const char *local)
{
	AUTO(buf) shape = BUF_INIT;

	name_shape(local, &shape);
	sqlite3_bind_text(f->add, 1, local, -1, SQLITE_STATIC);
	sqlite3_bind_text(f->add, 2, shape.data, -1, SQLITE_STATIC);
	sqlite3_bind_int64(f->add, 3, f->count % REQUESTS + 1);
	sqlite3_step(f->add);
	sqlite3_reset(f->add);
	f->count += sqlite3_changes(f->db);
	return sqlite3_changes(f->db) > 0;
}

/* A name that nobody has, and as many of its candidates as there must be. */
static void
add_tried(struct filling *f, int kind, int n)
{
	AUTO(buf) local = BUF_INIT;
	bool known;

	for (;;) {
		AUTO(str) name = invent(3);

		make(name, 0, &local);
		sqlite3_bind_text(f->has, 1, local.data, -1, SQLITE_STATIC);
		known = sqlite3_step(f->has) == SQLITE_ROW;
		sqlite3_reset(f->has);
		if (known)
			continue;
		names[kind][n] = xstrdup(name);
		firsts[kind][n] = xstrdup(local.data);
		break;
	}
	for (int i = 0; i < taken[kind]; i++) {
		make(names[kind][n], (unsigned)i, &local);
		add(f, local.data);
	}
}

/* Namesakes that are counted, as they would have come in. */
static void
add_others(struct filling *f)
{
	AUTO(buf) local = BUF_INIT;

	long tried = 0;

	for (int kind = 0; kind < KINDS; kind++)
		tried += (long)taken[kind] * TRIES;
	while (f->count + tried < count) {
		AUTO(str) name = invent(f->count % 4 ? 1 : 2);

		for (unsigned seq = 0, added = 0; added < 4; seq += 1 + seq / 8) {
			make(name, seq, &local);
			added += add(f, local.data);
		}
	}
}

static char *
copy_name(void)
{
	return xasprintf("%s-copy", world.file);
}

/* Page by page, as it lies. */
static void
copy(sqlite3 *db)
{
	AUTO(str) name = copy_name();
	sqlite3 *to = NULL;
	sqlite3_backup *b = NULL;

	if (sqlite3_open(name, &to) == SQLITE_OK)
		b = sqlite3_backup_init(to, "main", db, "main");
	if (!b || sqlite3_backup_step(b, -1) != SQLITE_DONE) {
		fprintf(stderr, "%s: %s\n", name, sqlite3_errmsg(to));
		exit(1);
	}
	sqlite3_backup_finish(b);
	sqlite3_close(to);
}

static void
fill(const char *file)
{
	struct filling f = { .count = 0 };

	if (sqlite3_open(file, &f.db) != SQLITE_OK ||
	    sqlite3_exec(f.db, "PRAGMA synchronous=OFF; PRAGMA cache_size=-400000; BEGIN", NULL, NULL,
			 NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(f.db, "INSERT OR IGNORE INTO address VALUES (?1, '" WORLD_DOMAIN
			       "', ?1, 'active', ?3, '', ?2, 0, 0, 0, 0)", -1, &f.add, NULL) ||
	    sqlite3_prepare_v2(f.db, "SELECT 1 FROM address WHERE local = ?", -1, &f.has, NULL)) {
		fprintf(stderr, "%s\n", sqlite3_errmsg(f.db));
		exit(1);
	}
	add_others(&f);
	for (int kind = KINDS - 1; kind >= 0; kind--) /* of which none is taken: the last */
		for (int n = 0; n < TRIES; n++)
			add_tried(&f, kind, n);
	sqlite3_finalize(f.add);
	sqlite3_finalize(f.has);
	sqlite3_exec(f.db, "COMMIT; PRAGMA wal_checkpoint(TRUNCATE)", NULL, NULL, NULL);
	copy(f.db);
	sqlite3_close(f.db);
}

static void
add_requests(void)
{
	struct err e = ERR_INIT;

	world_begin(&world);
	for (int i = 0; i < REQUESTS; i++) {
		struct request r = {
			.kind = REQUEST_LETTER, .agency = WORLD_AGENCY, .letter = "1", .date = "2026-03-02",
			.signer = "", .reason = "", .channel = "document", .domain = WORLD_DOMAIN,
			.signer_title = "", .requester = "", .requester_phone = "", .contact = "",
			.attachment = "", .policy = "", .needs = 1, .first_approver = "",
			.declared = -1, .state = STATE_DONE, .digest = "", .round = 1,
			.submitter = "lan", .approver = "minh", .refusal = "",
		};

		world_check(store_add_request(world.store, &r, &e), &e);
	}
	world_end(&world);
}

/* --- measuring -------------------------------------------------------------------------------- */

struct spread {
	double median, p99;
};

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static struct spread
spread(double *us)
{
	qsort(us, TRIES, sizeof(*us), by_size);
	return (struct spread){ us[TRIES / 2], us[TRIES * 99 / 100] };
}

static sqlite3_stmt *
open_copy(sqlite3 **db)
{
	AUTO(str) name = copy_name();
	sqlite3_stmt *st = NULL;

	if (sqlite3_open(name, db) != SQLITE_OK ||
	    sqlite3_exec(*db, "PRAGMA locking_mode=EXCLUSIVE; PRAGMA mmap_size=0;"
			 "PRAGMA cache_size=-16384", NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_prepare_v2(*db, "SELECT 1 FROM address WHERE local = ?", -1, &st, NULL)) {
		fprintf(stderr, "%s: %s\n", name, sqlite3_errmsg(*db));
		exit(1);
	}
	unlink(name);
	return st;
}

static double
bare(sqlite3_stmt *st, const char *local, bool expected)
{
	double from = world_clock();
	int rc;

	sqlite3_bind_text(st, 1, local, -1, SQLITE_STATIC);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	if ((rc == SQLITE_ROW) != expected) {
		fprintf(stderr, "%s: %d\n", local, rc);
		exit(1);
	}
	return (world_clock() - from) * 1e6;
}

/* From the name as it stands in a letter to its address, as intake does it. */
static double
choose(const struct rules *r, const char *text, char **local)
{
	double from = world_clock();
	struct err e = ERR_INIT;
	const char *column = NULL;
	struct name name;
	struct choose_ask ask = { .policy = r->policy, .kind = KIND_PERSON, .agency_kind = "department",
				  .facts = { .name = &name, .agency = WORLD_AGENCY } };

	world_check(name_parse(&name, text, &e), &e);
	world_check(choose_local(world.flow, &ask, false, NULL, NULL, local, &column, &e) !=
		    CHOOSE_FREE, &e);
	name_release(&name);
	return (world_clock() - from) * 1e6;
}

static double
look_alike(const char *local)
{
	double from = world_clock();
	AUTO(buf) other = BUF_INIT;

	(void)choose_look_alike(world.flow, local, &other);
	return (world_clock() - from) * 1e6;
}

/* True when the aim is reached. */
static bool
measure(const struct rules *r, sqlite3_stmt *st, int kind)
{
	static double look_up[TRIES], choice[TRIES], alike[TRIES];
	struct spread l, c, a;

	for (int n = 0; n < TRIES; n++) {
		AUTO(str) local = NULL;

		/* who comes second finds the processor's caches warm */
		if (n % 2)
			look_up[n] = bare(st, firsts[kind][n], taken[kind]);
		choice[n] = choose(r, names[kind][n], &local);
		if (n % 2 == 0)
			look_up[n] = bare(st, firsts[kind][n], taken[kind]);
		alike[n] = look_alike(local);
		if (taken[kind] ? strtol(local + strcspn(local, "0123456789"), NULL, 10) !=
			    (taken[kind] > 1 ? taken[kind] : 1) : strcmp(local, firsts[kind][n])) {
			fprintf(stderr, "%s has become %s\n", names[kind][n], local);
			exit(1);
		}
	}
	l = spread(look_up);
	c = spread(choice);
	a = spread(alike);
	printf("%-8d %8.2f %8.2f %10.2f %8.2f %8.1f %14.2f %8.2f\n", taken[kind], l.median, l.p99,
	       c.median, c.p99, c.median / l.median, a.median, a.p99);
	return c.median <= AIM_US;
}

int
main(int argc, char **argv)
{
	AUTO(arena) arena = arena_new();
	struct err e = ERR_INIT;
	const char *file = NULL;
	bool check = false, good = true;
	sqlite3_stmt *st;
	struct rules rules;
	sqlite3 *db = NULL;

	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--check"))
			check = true;
		else if (!strcmp(argv[i], "--count") && i + 1 < argc)
			count = strtol(argv[++i], NULL, 10);
		else
			file = argv[i];
	if (!file) {
		fprintf(stderr, "usage: names [--count N] [--check] NAMES.tsv\n");
		return 64;
	}
	read_names(file);
	world_open(&world, NULL);
	add_requests();
	world_fill(&world, fill);
	st = open_copy(&db);
	world_check(rules_find(world.flow, WORLD_AGENCY, NULL, &rules, arena, &e), &e);
	printf("%ld addresses, microseconds\n", count);
	printf("%-8s %8s %8s %10s %8s %8s %14s %8s\n", "taken", "look-up", "p99", "choice", "p99",
	       "ratio", "look-alike", "p99");
	for (int kind = 0; kind < KINDS; kind++)
		good = measure(&rules, st, kind) && good;
	printf("aim: %d us a choice (median): %s\n", AIM_US, good ? "reached" : "missed");
	sqlite3_finalize(st);
	sqlite3_close(db);
	world_close(&world);
	return check && !good;
}
