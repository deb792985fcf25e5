/* SPDX-License-Identifier: BSD-2-Clause */
/* Who read about a person, and to whom records about the person were given. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "daemon/flow/subject_private.h"

#define STEP_READINGS 1000

/* Part of a longer word is another word: "an" is not in "/v1/mailboxes/anhbt". */
static bool
joins(unsigned char c)
{
	return isalnum(c) || c == '.' || c == '-' || c == '_' || c >= 0x80;
}

static bool
names(const struct needle *n, const char *path)
{
	size_t length = strlen(n->text);

	for (const char *p = path; (p = strstr(p, n->text)); p++)
		if ((p == path || !joins((unsigned char)p[-1])) && !joins((unsigned char)p[length]))
			return true;
	return false;
}

bool
subject_is_named(const struct subject *u, const char *text)
{
	AUTO(str) folded = text_fold(text);

	for (const struct needle *n = folded ? u->needles : NULL; n; n = n->next) {
		AUTO(str) address = xasprintf("%s@", n->text);

		if (strchr(n->text, ' ') ? names(n, folded) : strstr(folded, address) != NULL)
			return true;
	}
	return false;
}

static bool
take_subject(void *arg, const struct stored_record *r)
{
	*(bool *)arg = memmem(r->rec, r->len, "\"subj\":", 7) != NULL;
	return false;
}

static void
take_reading(void *arg, int64_t seq, const char *path)
{
	struct some *some = arg;
	struct subject *u = some->u;
	AUTO(str) folded = text_fold(path);

	some->count++;
	u->cursor = seq;
	for (const struct needle *n = folded ? u->needles : NULL; n; n = n->next)
		if (names(n, folded)) {
			subject_add_also(u, seq, NULL);
			return;
		}
}

/* Those that have a reference of their own are covered by it. */
static void
drop_those_with_subject(struct subject *u, size_t from)
{
	size_t kept = from;

	for (size_t n = from; n < u->also_count; n++) {
		bool has = false;

		(void)store_records(u->flow->store, u->also[n].seq - 1, 1, take_subject, &has, NULL);
		if (!has)
			u->also[kept++] = u->also[n];
	}
	u->also_count = kept;
}

static int
by_seq(const void *a, const void *b)
{
	const struct subject_also *x = a, *y = b;

	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

int
subject_readings(struct subject *u, struct err *e)
{
	struct some some = { .u = u };
	size_t before = u->also_count;

	if (store_readings(u->flow->store, u->cursor, STEP_READINGS, take_reading, &some, e) < 0)
		return -1;
	drop_those_with_subject(u, before);
	if (some.count == STEP_READINGS)
		return 1;
	if (u->also_count)
		qsort(u->also, u->also_count, sizeof(*u->also), by_seq);
	subject_next_phase(u);
	return 1;
}

/* True when a record about the person stands from first to last. */
static bool
given_out(const struct subject *u, int64_t first, int64_t last)
{
	size_t low = 0, high = u->seq_count;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (u->seqs[mid] < first)
			low = mid + 1;
		else
			high = mid;
	}
	return low < u->seq_count && u->seqs[low] <= last;
}

static bool
take_export(void *arg, const struct stored_record *r)
{
	struct some *some = arg;
	struct subject *u = some->u;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	int64_t first = json_integer_value(json_object_get(rec, "first"));
	int64_t count = json_integer_value(json_object_get(rec, "count"));
	int64_t size = json_integer_value(json_object_get(rec, "size"));

	some->count++;
	u->cursor = r->seq;
	if (first < 1)
		first = 1;
	if (!given_out(u, first, count ? first + count - 1 : size ? size : r->seq))
		return true;
	u->exports = subject_room(u->exports, u->export_count, &u->export_size, sizeof(*u->exports));
	u->exports[u->export_count++] = r->seq;
	return true;
}

int
subject_exports(struct subject *u, struct err *e)
{
	struct some some = { .u = u };

	if (store_exports(u->flow->store, u->cursor, SUBJECT_STEP, take_export, &some, e) < 0)
		return -1;
	if (some.count < SUBJECT_STEP)
		subject_next_phase(u);
	return u->phase != SUBJECT_ALL;
}
