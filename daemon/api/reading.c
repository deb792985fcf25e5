/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/audit_query.h"
#include "daemon/api/reading.h"
#include "daemon/base/clock.h"
#include "daemon/flow/choose.h"
#include "daemon/flow/subject.h"

static const char *
of_mailbox(struct call *c)
{
	struct mailbox m;

	return store_mailbox(c->flow->store, c->word, &m, c->arena) ? m.person : NULL;
}

static const char *
of_address(struct call *c)
{
	const char *local, *domain;
	struct address a;

	if (choose_split(c->flow, c->word, &local, &domain, c->arena, NULL) ||
	    !store_find_address(c->flow->store, local, &a, c->arena))
		return NULL;
	return a.person;
}

struct one_item {
	struct arena *arena;
	const char *person;
};

static void
take_person(void *arg, const struct item *i)
{
	struct one_item *o = arg;

	o->person = arena_strdup(o->arena, i->person);
}

/* A letter of one row is about its person. */
static const char *
of_request(struct call *c)
{
	struct one_item o = { .arena = c->arena };
	struct request r;

	if (store_request(c->flow->store, c->id, &r, c->arena) && r.items == 1)
		(void)store_items(c->flow->store, c->id, 0, 0, 1, take_person, &o, NULL);
	return o.person;
}

static const char *
of_row(struct call *c)
{
	struct item i;

	return store_item_by_row(c->flow->store, c->id, call_number(c, "row", 0, 0, INT64_MAX), &i,
				 c->arena) ? i.person : NULL;
}

static bool
take_subject(void *arg, const struct stored_record *r)
{
	struct call *c = arg;
	AUTO(json) rec = json_loadb(r->rec, r->len, 0, NULL);
	const char *subject = json_str(rec, "subj");

	if (r->seq == c->id && subject)
		c->subject = arena_strdup(c->arena, subject);
	return false;
}

const char *
reading_subject(struct call *c)
{
	const char *person = NULL;

	if (c->route == ROUTE_mailbox_show)
		person = of_mailbox(c);
	if (c->route == ROUTE_mailbox_show && !person)
		person = of_address(c); /* promised only, or purged */
	else if (c->route == ROUTE_address_show || c->route == ROUTE_policy_explain)
		person = of_address(c);
	else if (c->route == ROUTE_request_show || c->route == ROUTE_request_answer ||
		 c->route == ROUTE_request_plan)
		person = of_request(c);
	else if (c->route == ROUTE_audit_subject)
		person = subject_find(c->flow, c->word, c->arena, NULL);
	else if (c->route == ROUTE_audit_search || c->route == ROUTE_audit_tail)
		person = audit_query_subject(c);
	else if (c->route == ROUTE_request_prove)
		person = of_row(c);
	else if (c->route == ROUTE_audit_show || c->route == ROUTE_audit_prove)
		(void)store_records(c->flow->store, c->id - 1, 1, take_subject, c, NULL);
	if (person && *person)
		c->subject = person;
	return c->subject;
}

/* --- pages of one reading --------------------------------------------------------------------- */

#define GOOD_S 3600
#define VALUE_MAX 200 /* bytes of a value that are recorded */

void
reading_path(struct call *c, struct buf *out)
{
	static const char *const keys[] = { "address", "agency", "at", "birth_year", "domain", "event",
					    "kind", "letter", "name", "op", "operator", "person", "q",
					    "request", "result", "row", "since", "state", "status", "until" };
	AUTO(buf) b = BUF_INIT;
	AUTO(str) nfc = NULL; /* as every text of the log is */

	buf_str(&b, door_path(c->req));
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *v = door_query(c->req, keys[i]);
		size_t n = v ? strlen(v) : 0;

		if (!v)
			continue;
		if (n > VALUE_MAX) /* not in the middle of a character */
			for (n = VALUE_MAX; n && ((uint8_t)v[n] & 0xc0) == 0x80; n--)
				;
		buf_printf(&b, " %s=%.*s", keys[i], (int)n, v);
	}
	nfc = text_nfc(b.data);
	buf_str(out, nfc ? nfc : "?");
}

/* "<seconds since the machine started>-<HMAC>", with a key that ends with the process. */
static void
make_word(struct call *c, const char *path, uint64_t at, struct buf *out)
{
	static uint8_t key[DIGEST_LEN];
	static bool has_key;
	uint8_t mac[DIGEST_LEN];
	AUTO(str) text = xasprintf("%" PRIu64 "\n%s\n%s\n%s", at, c->op.name, door_path(c->req), path);

	if (!has_key)
		digest_random(key, sizeof(key));
	has_key = true;
	digest_commit(key, "reading", text, strlen(text), mac);
	buf_printf(out, "%" PRIu64 "-", at);
	buf_hex(out, mac, sizeof(mac));
}

bool
reading_goes_on(struct call *c, const char *path)
{
	const char *word = door_query(c->req, "reading");
	uint64_t at = word ? strtoull(word, NULL, 10) : 0, now = clock_mono_us() / 1000000;
	AUTO(buf) right = BUF_INIT;
	uint8_t difference = 0;

	if (!word || at > now || now - at > GOOD_S)
		return false;
	make_word(c, path, at, &right);
	if (strlen(word) != right.len)
		return false;
	for (size_t i = 0; i < right.len; i++)
		difference |= (uint8_t)(word[i] ^ right.data[i]);
	return !difference;
}

void
reading_offer(struct call *c, json_t *page)
{
	static const char *const cursors[] = { "next", "next_offset", "earlier" };
	AUTO(buf) path = BUF_INIT;
	AUTO(buf) word = BUF_INIT;
	bool more = false;

	for (size_t i = 0; i < sizeof(cursors) / sizeof(*cursors); i++) {
		const json_t *v = json_object_get(page, cursors[i]);

		more = more || (v && !json_is_null(v));
	}
	if (!more)
		return;
	reading_path(c, &path);
	make_word(c, path.data, clock_mono_us() / 1000000, &word);
	json_object_set_new(page, "reading", json_string(word.data));
}
