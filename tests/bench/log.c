/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes a copy of an invented log (doc/audit-format.md, "Export") of as many records as asked for, in
 * the forms that hopthud writes: letters, their rows, plans, approvals, intents and outcomes, closes, a
 * checkpoint after every 256 records with a witness's line, which comes back as an anchor.
 *
 *	log DIR RECORDS         makes DIR/log and the keys in DIR/policy
 *	log --raw DIR           hashes the same records, leaf and node, and does nothing else
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/canon.h"
#include "common/note.h"
#include "common/tile.h"
#include "common/vocab.h"

#define EVERY 256
#define PEOPLE 4096 /* of whom somebody may be closed */
#define ROWS_MAX 8

struct row {
	enum op op;
	char subj[37], opid[37];
	uint8_t plan[DIGEST_LEN];
	int64_t intent;
};

struct maker {
	const char *dir;
	uint64_t want;
	struct tiler tiler;
	struct merkle tree;
	struct buf bundle, rec;
	uint64_t bundle_no;
	unsigned bundle_count;
	FILE *openings, *points;
	struct note_key log, witness;
	int64_t seq, req, t_us;
	uint64_t signed_size;
	char people[PEOPLE][37];
	unsigned people_count;
	uint64_t chance;
	struct buf last_note, line;
};

static void
check(bool good, const char *what)
{
	if (good)
		return;
	perror(what);
	exit(1);
}

/* The same numbers in each run. */
static unsigned
chance(struct maker *m, unsigned below)
{
	m->chance = m->chance * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)(m->chance >> 33) % below;
}

static void
put_file(const struct maker *m, const char *path, const void *data, size_t n)
{
	AUTO(str) full = xasprintf("%s/log/%s", m->dir, path);
	AUTO(fd) fd = -1;

	for (char *p = full + strlen(m->dir) + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		(void)mkdir(full, 0755);
		*p = '/';
	}
	fd = open(full, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	check(fd >= 0 && write(fd, data, n) == (ssize_t)n, full);
}

static int
on_tile(void *arg, int level, uint64_t n, unsigned width, const uint8_t *hashes, struct err *e)
{
	AUTO(buf) path = BUF_INIT;

	(void)e;
	tile_path(level, n, width, &path);
	put_file(arg, path.data, hashes, (size_t)width * DIGEST_LEN);
	return 0;
}

static void
put_bundle(struct maker *m)
{
	AUTO(buf) path = BUF_INIT;

	if (!m->bundle_count)
		return;
	tile_path(TILE_ENTRIES, m->bundle_no++, m->bundle_count, &path);
	put_file(m, path.data, m->bundle.data, m->bundle.len);
	buf_clear(&m->bundle);
	m->bundle_count = 0;
}

/* --- records ---------------------------------------------------------------------------------- */

struct pii {
	const char *field, *value;
};
/* Zeroed fields are left out. */
struct rec {
	enum event_type ev;
	const char *actor, *mech, *agency, *as, *channel, *digest, *domain, *key, *letter, *opid, *policy,
		*result, *sig, *subj, *target, *witness;
	int64_t at, count, intent, req, round, row, size;
	enum op op;
	bool has_op, ldap;
	const uint8_t *plan, *root, *cfg;
	struct pii pii[6];
};

static void
number(struct canon *c, const char *key, int64_t n)
{
	if (n)
		canon_int(c, key, n);
}

static void
hash(struct canon *c, const char *key, const uint8_t *h)
{
	if (h)
		canon_hex(c, key, h, DIGEST_LEN);
}

static void
personal(struct maker *m, struct canon *c, const struct rec *r)
{
	AUTO(buf) text = BUF_INIT;
	struct canon o;

	if (!r->pii[0].field)
		return;
	canon_open(c, "pii");
	for (const struct pii *p = r->pii; p->field; p++) {
		uint8_t salt[DIGEST_LEN], made[DIGEST_LEN];

		digest_random(salt, sizeof(salt));
		digest_commit(salt, p->field, p->value, strlen(p->value), made);
		canon_hex(c, p->field, made, sizeof(made));
		buf_clear(&text);
		canon_begin(&o, &text);
		canon_str(&o, "field", p->field);
		canon_hex(&o, "salt", salt, sizeof(salt));
		canon_int(&o, "seq", m->seq);
		canon_str(&o, "value", p->value);
		canon_end(&o);
		fprintf(m->openings, "%s\n", text.data);
	}
	canon_close(c);
}

static void
when(const struct maker *m, char t[32])
{
	time_t s = (time_t)(m->t_us / 1000000);
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(t, 32, "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(t + 19, 13, ".%06dZ", (int)(m->t_us % 1000000));
}

static void
to_log(struct maker *m)
{
	uint8_t leaf[DIGEST_LEN];
	const char len[2] = { (char)(m->rec.len >> 8), (char)m->rec.len };

	buf_add(&m->bundle, len, 2);
	buf_add(&m->bundle, m->rec.data, m->rec.len);
	if (++m->bundle_count == TILE_WIDTH)
		put_bundle(m);
	merkle_leaf(m->rec.data, m->rec.len, leaf);
	merkle_append(&m->tree, leaf);
	check(!tiler_add(&m->tiler, leaf, NULL), "tile");
}

static int64_t
append(struct maker *m, const struct rec *r)
{
	struct canon c;
	char t[32];

	m->seq++;
	m->t_us += 20000 + chance(m, 1000);
	when(m, t);
	buf_clear(&m->rec);
	canon_begin(&c, &m->rec);
	canon_open(&c, "actor");
	canon_str(&c, "mech", r->actor ? "scram" : "daemon");
	canon_str(&c, "name", r->actor ? r->actor : "hopthud");
	canon_str(&c, "src", r->actor ? "uid:1000" : "");
	canon_close(&c);
	canon_str(&c, "agency", r->agency);
	canon_str(&c, "as", r->as);
	number(&c, "at", r->at);
	canon_str(&c, "boot", "5f3f2a55-7f13-4a0a-9d5c-0b7b4a3a0f61");
	hash(&c, "cfg", r->cfg);
	canon_str(&c, "channel", r->channel);
	number(&c, "count", r->count);
	canon_str(&c, "digest", r->digest);
	canon_str(&c, "domain", r->domain);
	canon_str(&c, "ev", event_word((int)r->ev));
	number(&c, "intent", r->intent);
	canon_str(&c, "key", r->key);
	if (r->ldap) {
		canon_open(&c, "ldap");
		canon_str(&c, "csn", "20261123165501.000042Z#000000#000#000000");
		canon_int(&c, "rc", 0);
		canon_str(&c, "uuid", "0d2cd9f2-5f4b-1040-8a3f-0f5d1c6a7b1e");
		canon_close(&c);
	}
	canon_str(&c, "letter", r->letter);
	canon_int(&c, "mono", m->t_us / 1000 - 1700000000000);
	canon_str(&c, "op", r->has_op ? op_word((int)r->op) : NULL);
	canon_str(&c, "opid", r->opid);
	personal(m, &c, r);
	hash(&c, "plan", r->plan);
	canon_str(&c, "policy", r->policy);
	number(&c, "req", r->req);
	canon_str(&c, "result", r->result);
	hash(&c, "root", r->root);
	number(&c, "round", r->round);
	number(&c, "row", r->row);
	canon_int(&c, "seq", m->seq);
	canon_str(&c, "sig", r->sig);
	number(&c, "size", r->size);
	canon_str(&c, "subj", r->subj);
	canon_str(&c, "t", t);
	canon_str(&c, "target", r->target);
	canon_int(&c, "v", 1);
	canon_str(&c, "witness", r->witness);
	canon_end(&c);
	to_log(m);
	return m->seq;
}

/* --- checkpoints ------------------------------------------------------------------------------ */

/* Signed, confirmed, written down; the witness's line is kept for the anchor. */
static void
sign(struct maker *m, struct checkpoint *p)
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) line = BUF_INIT;
	struct canon c;

	snprintf(p->origin, sizeof(p->origin), "%s", m->log.name);
	p->size = m->tree.size;
	merkle_root(&m->tree, p->root);
	checkpoint_text(p, &text);
	buf_clear(&m->last_note);
	buf_clear(&m->line);
	buf_add(&m->last_note, text.data, text.len);
	buf_char(&m->last_note, '\n');
	note_sign(&m->log, text.data, text.len, 0, &m->last_note);
	note_sign(&m->witness, text.data, text.len, (uint64_t)(m->t_us / 1000000) + 1, &m->line);
	buf_add(&m->last_note, m->line.data, m->line.len);
	canon_begin(&c, &line);
	canon_str(&c, "note", m->last_note.data);
	canon_end(&c);
	fprintf(m->points, "%s\n", line.data);
	m->signed_size = p->size;
}

static void
maybe_sign(struct maker *m)
{
	struct checkpoint p;
	const char *sig;
	AUTO(str) text = NULL;

	if (m->tree.size - m->signed_size < EVERY)
		return;
	sign(m, &p);
	sig = strrchr(m->line.data, ' ') + 1;
	text = xstrndup(sig, strlen(sig) - 1);
	append(m, &(struct rec){ .ev = EVENT_ANCHOR, .witness = m->witness.name, .root = p.root,
				 .size = (int64_t)p.size, .sig = text, .at = m->t_us / 1000000 + 1 });
}

/* --- a letter --------------------------------------------------------------------------------- */

static void
choose(struct maker *m, struct row *r)
{
	r->op = OP_CREATE;
	if (m->people_count > PEOPLE / 2 && !chance(m, 4))
		r->op = chance(m, 2) ? OP_UPDATE : OP_CLOSE;
	digest_uuid7((uint64_t)(m->t_us / 1000), r->opid);
	digest_random(r->plan, sizeof(r->plan));
	if (r->op == OP_CREATE) {
		digest_uuid7((uint64_t)(m->t_us / 1000), r->subj);
	} else {
		unsigned n = chance(m, m->people_count);

		memcpy(r->subj, m->people[n], sizeof(r->subj));
		/* not twice in one letter, and never after a close */
		memcpy(m->people[n], m->people[--m->people_count], sizeof(r->subj));
	}
}

static void
plan_digest(const struct row *rows, int count, char hex[65])
{
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) out = BUF_INIT;
	uint8_t digest[DIGEST_LEN];

	buf_printf(&text, "hopthu-plan/2 %d\n", count);
	for (int i = 0; i < count; i++) {
		buf_printf(&text, "%d ", i + 1);
		buf_hex(&text, rows[i].plan, DIGEST_LEN);
		buf_char(&text, '\n');
	}
	digest_sha256(text.data, text.len, digest);
	buf_hex(&out, digest, sizeof(digest));
	memcpy(hex, out.data, 65);
}

#define POLICY "3f1de0a3a1f1f2a4b0d3a5a8b9e27cb1a1f2d3c4b5a69788796a5b4c3d2e1f00"

static void
do_row(struct maker *m, struct row *r, int row)
{
	struct rec what = { .ev = EVENT_INTENT, .as = "minh", .op = r->op, .has_op = true, .opid = r->opid,
			    .plan = r->plan, .req = m->req, .round = 1, .row = row, .subj = r->subj };

	what.intent = append(m, &what);
	what.ev = EVENT_OUTCOME;
	what.plan = NULL;
	what.round = 0;
	what.ldap = true;
	what.result = "done";
	append(m, &what);
	maybe_sign(m);
	if (r->op != OP_CLOSE && m->people_count < PEOPLE)
		memcpy(m->people[m->people_count++], r->subj, sizeof(r->subj));
}

static void
letter(struct maker *m)
{
	int count = chance(m, 2) ? 1 : 1 + (int)chance(m, ROWS_MAX);
	struct row rows[ROWS_MAX];
	char digest[65], number_text[32];

	m->req++;
	snprintf(number_text, sizeof(number_text), "%" PRId64 "/SNV-VP", m->req);
	append(m, &(struct rec){ .ev = EVENT_REQUEST, .actor = "lan", .agency = "snv", .channel = "dms",
				 .count = count, .domain = "binhduong.gov.vn", .letter = number_text,
				 .policy = POLICY, .req = m->req,
				 .pii = { { "reason", "tuyển dụng đợt 1" }, { "signer", "Nguyễn Văn Sáu" } } });
	for (int i = 0; i < count; i++) {
		choose(m, &rows[i]);
		append(m, &(struct rec){ .ev = EVENT_ITEM, .actor = "lan", .op = rows[i].op, .has_op = true,
					 .opid = rows[i].opid, .plan = rows[i].plan, .policy = POLICY,
					 .req = m->req, .round = 1, .row = i + 1, .subj = rows[i].subj,
					 .pii = { { "address", "nguyetdta@binhduong.gov.vn" },
						  { "full_name", "Đặng Thị Ánh Nguyệt" },
						  { "input", "{\"full_name\":\"Đặng Thị Ánh Nguyệt\",\"op\":"
							     "\"create\",\"title\":\"Chuyên viên\",\"unit\":"
							     "\"Văn phòng\"}" } } });
		maybe_sign(m);
	}
	plan_digest(rows, count, digest);
	append(m, &(struct rec){ .ev = EVENT_PLAN, .actor = "lan", .count = count, .digest = digest,
				 .policy = POLICY, .req = m->req, .round = 1 });
	append(m, &(struct rec){ .ev = EVENT_APPROVE, .actor = "minh", .count = count, .digest = digest,
				 .policy = POLICY, .req = m->req, .round = 1 });
	for (int i = 0; i < count; i++)
		do_row(m, &rows[i], i + 1);
}

/* --- the copy --------------------------------------------------------------------------------- */

static FILE *
stream(const struct maker *m, const char *name)
{
	AUTO(str) path = xasprintf("%s/log/%s", m->dir, name);
	FILE *f = fopen(path, "we");

	check(f, path);
	return f;
}

static void
put_policy(const struct maker *m)
{
	AUTO(str) log = note_key_vkey(&m->log);
	AUTO(str) witness = note_key_vkey(&m->witness);
	AUTO(str) text = xasprintf("log %s\nwitness w %s\nquorum w\n", log, witness);
	AUTO(str) path = xasprintf("%s/policy", m->dir);
	FILE *f = fopen(path, "we");

	put_file(m, "policy", text, strlen(text));
	check(f && fputs(text, f) >= 0 && !fclose(f), path);
}

static void
finish(struct maker *m)
{
	AUTO(buf) text = BUF_INIT;
	struct checkpoint p;
	struct canon c;

	if (m->signed_size != m->tree.size)
		sign(m, &p);
	put_bundle(m);
	check(!tiler_flush(&m->tiler, NULL), "tile");
	check(!fclose(m->openings) && !fclose(m->points), "openings");
	put_policy(m);
	merkle_root(&m->tree, p.root);
	canon_begin(&c, &text);
	canon_int(&c, "first", 1);
	canon_int(&c, "last", m->seq);
	canon_hex(&c, "root", p.root, DIGEST_LEN);
	canon_int(&c, "size", m->seq);
	canon_int(&c, "v", 1);
	canon_end(&c);
	put_file(m, "export.json", text.data, text.len);
	put_file(m, "checkpoint", m->last_note.data, m->last_note.len);
}

static int
make(const char *dir, uint64_t want)
{
	struct maker *m = xcalloc(1, sizeof(*m));
	AUTO(str) log = xasprintf("%s/log", dir);
	AUTO(str) vkey = NULL;
	uint8_t cfg[DIGEST_LEN] = { 1 };

	m->dir = dir;
	m->want = want;
	m->t_us = INT64_C(1772000000000000);
	m->chance = 7;
	buf_init(&m->bundle);
	buf_init(&m->rec);
	buf_init(&m->last_note);
	buf_init(&m->line);
	tiler_init(&m->tiler, on_tile, m);
	(void)mkdir(dir, 0755);
	check(!mkdir(log, 0755) || errno == EEXIST, log);
	m->openings = stream(m, "openings.ndjson");
	m->points = stream(m, "checkpoints.ndjson");
	note_key_make(&m->log, "hopthu.bench.example/1", NOTE_ED25519);
	note_key_make(&m->witness, "witness.bench.example", NOTE_COSIGNATURE);
	vkey = note_key_vkey(&m->log);
	append(m, &(struct rec){ .ev = EVENT_GENESIS, .key = vkey, .cfg = cfg });
	append(m, &(struct rec){ .ev = EVENT_START, .cfg = cfg });
	while ((uint64_t)m->seq < m->want)
		letter(m);
	finish(m);
	printf("%" PRId64 "\n", m->seq);
	buf_release(&m->bundle);
	buf_release(&m->rec);
	buf_release(&m->last_note);
	buf_release(&m->line);
	free(m);
	return 0;
}

/* --- the limit -------------------------------------------------------------------------------- */

static int
raw(const char *dir)
{
	struct merkle tree;
	AUTO(buf) path = BUF_INIT;
	AUTO(buf) name = BUF_INIT;
	static unsigned char data[TILE_WIDTH * 65537];
	uint64_t n = 0;
	unsigned width = TILE_WIDTH;

	merkle_init(&tree);
	while (width == TILE_WIDTH) {
		AUTO(fd) fd = -1;
		ssize_t len = 0;

		for (; fd < 0 && width; width -= fd < 0) {
			buf_clear(&name);
			buf_clear(&path);
			tile_path(TILE_ENTRIES, n, width, &name);
			buf_printf(&path, "%s/log/%s", dir, name.data);
			fd = open(path.data, O_RDONLY | O_CLOEXEC);
		}
		if (fd < 0)
			break;
		len = read(fd, data, sizeof(data));
		for (ssize_t at = 0; at < len;) {
			size_t k = (size_t)data[at] << 8 | data[at + 1];
			uint8_t leaf[DIGEST_LEN];

			merkle_leaf(data + at + 2, k, leaf);
			merkle_append(&tree, leaf);
			at += 2 + (ssize_t)k;
		}
		n++;
	}
	printf("%" PRIu64 "\n", tree.size);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--raw"))
		return raw(argv[2]);
	if (argc == 3 && strtoull(argv[2], NULL, 10))
		return make(argv[1], strtoull(argv[2], NULL, 10));
	fprintf(stderr, "usage: log DIR RECORDS | log --raw DIR\n");
	return 64;
}
