/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/canon.h"
#include "common/json.h"
#include "common/note.h"
#include "common/proof.h"
#include "daemon/flow/confirm.h"
#include "daemon/flow/prove.h"
#include "daemon/flow/seal.h"

#define OPENINGS_MAX 1000

uint64_t
prove_size(struct flow *f, int64_t seq)
{
	int64_t newest = (int64_t)seal_size(f), confirmed = confirm_quorum(f);

	return (uint64_t)(confirmed >= seq ? confirmed : newest >= seq ? newest : 0);
}

/* --- the proof -------------------------------------------------------------------------------- */

static bool
add_opening(void *arg, const struct stored_opening *o)
{
	struct buf *b = arg;
	struct canon c;

	if (b->data[b->len - 1] != '[')
		buf_char(b, ',');
	canon_begin(&c, b);
	canon_str(&c, "field", o->field);
	canon_hex(&c, "salt", o->salt, DIGEST_LEN);
	canon_str(&c, "value", o->value);
	canon_end(&c);
	return true;
}

struct found {
	int64_t seq;
	struct buf *rec;
};

static bool
take_record(void *arg, const struct stored_record *r)
{
	struct found *found = arg;

	if (r->seq == found->seq)
		buf_add(found->rec, r->rec, r->len);
	return false;
}

/* Canonical: the record as a string of JSON, and what opens its commitments. */
static int
add_extra(struct flow *f, int64_t seq, struct buf *rec, struct buf *out, struct err *e)
{
	struct found found = { .seq = seq, .rec = rec };

	if (store_records(f->store, seq - 1, 1, take_record, &found, e) < 0)
		return -1;
	if (!rec->len)
		return err_set(e, ERR_PERM, "record %" PRId64 " is missing in the database", seq);
	buf_str(out, "{\"openings\":[");
	if (store_openings_after(f->store, seq, "", seq, OPENINGS_MAX, add_opening, out, e))
		return -1;
	buf_str(out, "],\"record\":");
	canon_quote(out, rec->data);
	buf_char(out, '}');
	return 0;
}

int
prove_record(struct flow *f, int64_t seq, uint64_t size, struct buf *rec, struct buf *out,
	     struct err *e)
{
	struct proof_source source = store_proof_source(f->store);
	AUTO(buf) extra = BUF_INIT;
	AUTO(buf) note = BUF_INIT;
	struct proof p;

	if (add_extra(f, seq, rec, &extra, e) ||
	    proof_inclusion(&source, (uint64_t)seq - 1, size, &p, e))
		return -1;
	if (seal_note(f, size, &note) != 1)
		return err_set(e, ERR_PERM, "the checkpoint of %" PRIu64 " records cannot be read from the "
			       "database", size);
	buf_str(out, "c2sp.org/tlog-proof@v1\nextra ");
	base64_add(out, extra.data, extra.len);
	buf_printf(out, "\nindex %" PRId64 "\n", seq - 1);
	proof_write(&p, out);
	buf_char(out, '\n');
	buf_add(out, note.data, note.len);
	return 0;
}

void
prove_receipt(struct flow *f, int64_t seq, struct buf *out)
{
	uint8_t leaf[DIGEST_LEN];

	if (!seq || store_tile_hashes(f->store, 0, (uint64_t)seq - 1, 1, leaf, NULL))
		return;
	buf_printf(out, "%" PRId64 "-", seq);
	buf_hex(out, leaf, 8);
	if (seal_size(f) >= (uint64_t)seq)
		buf_printf(out, "@%" PRIu64, seal_size(f));
}

/* --- the record of a row ---------------------------------------------------------------------- */

struct search {
	int64_t row, seq, last;
	int event, seen;
};

static bool
look_at(void *arg, const struct stored_record *r)
{
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	const char *ev = json_str(rec, "ev");
	struct search *s = arg;

	s->last = r->seq;
	s->seen++;
	if (json_integer_value(json_object_get(rec, "row")) == s->row &&
	    (s->event < 0 || (ev && !strcmp(ev, event_word(s->event)))))
		s->seq = r->seq;
	return true;
}

int
prove_find(struct flow *f, int64_t request, int64_t row, int event, int64_t after, int max,
	   int64_t *seq, int64_t *next, struct err *e)
{
	struct search s = { .row = row, .seq = *seq, .event = event };

	if (store_request_records(f->store, request, after, max, look_at, &s, e) < 0)
		return -1;
	*seq = s.seq;
	*next = s.seen == max ? s.last : 0;
	return 0;
}
