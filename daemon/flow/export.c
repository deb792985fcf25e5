/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/moment.h"
#include "common/tile.h"
#include "daemon/flow/evidence.h"
#include "daemon/flow/export.h"
#include "daemon/flow/incident.h"
#include "daemon/flow/seal.h"
#include "daemon/store/store_search.h"

int
export_record_at(struct flow *f, const char *text, bool end, int64_t log_end, int64_t *seq,
		 struct err *e)
{
	char moment[MOMENT_TEXT];

	if (*text && strspn(text, "0123456789") == strlen(text)) {
		*seq = strtoll(text, NULL, 10);
		if (*seq >= 1 && *seq <= log_end)
			return 0;
		return err_set(e, ERR_USAGE, "there is no record %.20s: the log ends at %" PRId64, text,
			       log_end);
	}
	if (moment_read(text, end, moment, e))
		return -1;
	*seq = store_seq_at(f->store, moment) - end;
	if (*seq > log_end)
		*seq = log_end + !end;
	return 0;
}

/* --- the record ------------------------------------------------------------------------------- */

void
export_round(struct export *x)
{
	x->from = (x->first - 1) / TILE_WIDTH * TILE_WIDTH + 1;
	x->to = ((x->last - 1) / TILE_WIDTH + 1) * TILE_WIDTH;
	if (x->to > (int64_t)x->size)
		x->to = (int64_t)x->size;
}

int
export_begin(struct flow *f, const struct actor *who, struct export *x, struct err *e)
{
	struct evidence ev = { .ev = EVENT_EXPORT, .actor = *who, .first = x->from,
			       .count = x->to - x->from + 1, .root = x->root,
			       .size = (int64_t)x->size };

	x->seq = 0;
	if (incident_text(f))
		return 0;
	if (store_begin(f->store, e))
		return -1;
	if (evidence_append(f, &ev, &x->seq, e)) {
		store_abort(f->store);
		return -1;
	}
	return store_end(f->store, e);
}

struct found {
	int64_t seq;
	json_t *rec;
};

static bool
take_record(void *arg, const struct stored_record *r)
{
	struct found *found = arg;

	if (r->seq == found->seq)
		found->rec = json_loadb(r->rec, r->len, 0, NULL);
	return false;
}

int
export_find(struct flow *f, int64_t seq, const char *name, struct export *x, struct err *e)
{
	struct found found = { .seq = seq };
	AUTO(json) rec = NULL;
	const char *actor, *ev, *root;

	*x = (struct export){ .seq = seq, .from = 1, .to = (int64_t)seal_size(f),
			      .size = seal_size(f) };
	if (!seq && incident_text(f))
		return 0;
	if (seq < 1)
		return err_set(e, ERR_USAGE, "?export= must name the record of an export: POST "
			       "/v1/audit/export makes one");
	if (store_records(f->store, seq - 1, 1, take_record, &found, e) < 0)
		return -1;
	rec = found.rec;
	actor = json_str(json_object_get(rec, "actor"), "name");
	ev = json_str(rec, "ev");
	root = json_str(rec, "root");
	if (!ev || strcmp(ev, event_word(EVENT_EXPORT)) || !actor || strcmp(actor, name) || !root ||
	    digest_from_hex(root, x->root))
		return err_set(e, ERR_DENIED, "record %" PRId64 " is no export of %s: POST "
			       "/v1/audit/export makes one", seq, name);
	x->from = json_integer_value(json_object_get(rec, "first"));
	x->to = x->from + json_integer_value(json_object_get(rec, "count")) - 1;
	x->size = (uint64_t)json_integer_value(json_object_get(rec, "size"));
	return 0;
}
