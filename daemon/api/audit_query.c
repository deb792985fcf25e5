/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "daemon/api/audit_query.h"
#include "daemon/base/clock.h"

#define PEOPLE_MAX 1000   /* of one name */
#define REQUESTS_MAX 5000 /* of one letter number */
#define WORDS_MAX 2000    /* to suggest one of */

static const char *
asked(struct call *c, const char *key)
{
	const char *v = door_query(c->req, key);

	return v && *v ? v : NULL;
}

/* --- words ------------------------------------------------------------------------------------ */

struct words {
	struct arena *arena;
	const char **list;
	size_t count;
};

static void
add_word(void *arg, const char *word)
{
	struct words *w = arg;

	if (w->count < WORDS_MAX)
		w->list[w->count++] = arena_strdup(w->arena, word);
}

/* A word that occurs nowhere is a slip of the pen more often than not. */
static int
unknown(struct call *c, enum search_term term, const char *what, const char *word, struct err *e)
{
	struct words w = { .arena = c->arena };
	const char *near;

	w.list = arena_alloc(c->arena, (WORDS_MAX + 1) * sizeof(*w.list));
	if (store_index_words(c->flow->store, term, add_word, &w, e))
		return -1;
	for (size_t i = 0; i < w.count; i++)
		if (!strcmp(w.list[i], word))
			return 0;
	near = nearest_word(word, w.list);
	if (near)
		return err_set(e, ERR_NOTFOUND, "no record has the %s \"%.64s\"; did you mean %s?", what,
			       word, near);
	return err_set(e, ERR_NOTFOUND, "no record has the %s \"%.64s\"", what, word);
}

static int
no_such_word(const char *what, const char *word, const char *const *words, struct err *e)
{
	const char *near = nearest_word(word, words);

	if (near)
		return err_set(e, ERR_USAGE, "there is no %s \"%.40s\"; did you mean %s?", what, word, near);
	return err_set(e, ERR_USAGE, "there is no %s \"%.40s\"", what, word);
}

static bool
one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

static int
read_event(struct call *c, struct audit_query *q, struct err *e)
{
#define X(N, w, d) w,
	static const char *const events[] = { VOCAB_EVENTS(X) NULL };
#undef X
	const char *event = asked(c, "event");

	if (event && !one_of(event, events))
		return no_such_word("event", event, events, e);
	q->words[SEARCH_EVENT] = event;
	return 0;
}

static int
read_words(struct call *c, struct audit_query *q, struct err *e)
{
#define X(N, w, d) w,
	static const char *const ops[] = { VOCAB_OPS(X) NULL };
#undef X
	const char *op = asked(c, "op"), *result = asked(c, "result");
	const char *operator = asked(c, "operator"), *agency = asked(c, "agency");
	struct operator o;
	struct agency g;

	if (op && !one_of(op, ops))
		return no_such_word("operation", op, ops, e);
	if (result && unknown(c, SEARCH_RESULT, "result", result, e))
		return -1;
	if (operator && !store_operator(c->flow->store, operator, &o, c->arena) &&
	    unknown(c, SEARCH_OPERATOR, "operator", operator, e))
		return -1;
	if (agency && !store_agency(c->flow->store, agency, &g, c->arena) &&
	    unknown(c, SEARCH_AGENCY, "agency", agency, e))
		return -1;
	q->words[SEARCH_OPERATION] = op;
	q->words[SEARCH_RESULT] = result;
	q->words[SEARCH_OPERATOR] = operator;
	q->words[SEARCH_AGENCY] = agency;
	return 0;
}

/* --- people ----------------------------------------------------------------------------------- */

struct gathering {
	struct arena *arena;
	struct people *people;
	const char *exactly; /* the name in lower case, tone marks and all; NULL: any that folds to it */
	bool too_many;
};

static void
add_person(void *arg, const char *ref)
{
	struct gathering *g = arg;
	struct people *p = g->people;

	for (size_t i = 0; i < p->count; i++)
		if (!strcmp(p->refs[i], ref))
			return;
	g->too_many = p->count == PEOPLE_MAX;
	if (g->too_many)
		return;
	if (!p->refs)
		p->refs = arena_alloc(g->arena, PEOPLE_MAX * sizeof(*p->refs));
	p->refs[p->count++] = arena_strdup(g->arena, ref);
}

static void
add_named(void *arg, const char *ref, const char *name)
{
	struct gathering *g = arg;
	AUTO(buf) lower = BUF_INIT;

	text_lower(name, &lower);
	if (!g->exactly || !strcmp(lower.data, g->exactly))
		add_person(g, ref);
}

/* Typed with tone marks they must be the same; typed without, any are. */
static int
by_name(struct call *c, const char *name, struct gathering *g, struct err *e)
{
	AUTO(str) clean = text_clean(name, strlen(name), e);
	AUTO(str) folded = clean ? text_fold(clean) : NULL;
	AUTO(buf) lower = BUF_INIT;

	if (!folded)
		return clean ? err_set(e, ERR_USAGE, "the name is not valid UTF-8") : -1;
	text_lower(clean, &lower);
	g->exactly = strcmp(lower.data, folded) ? lower.data : NULL;
	return store_people_named(c->flow->store, folded, add_named, g, e);
}

/* "nguyetdta@tinh.gov.vn": a local part that another domain has is somebody else's. */
static int
by_address(struct call *c, const char *address, struct gathering *g, struct err *e)
{
	size_t n = strcspn(address, "@");
	const char *domain = address[n] ? address + n + 1 : NULL;
	struct address known;
	AUTO(buf) low = BUF_INIT;
	char *local;

	text_lower(address, &low);
	local = arena_strndup(c->arena, low.data, strcspn(low.data, "@"));
	if (store_find_address(c->flow->store, local, &known, c->arena)) {
		if (domain && *known.domain && strcasecmp(known.domain, domain) != 0)
			return err_set(e, ERR_NOTFOUND, "there is no address %.200s: the name is taken by "
				       "%s@%s", address, local, known.domain);
		if (*known.login && strcmp(known.login, local) != 0 &&
		    store_people_of_login(c->flow->store, known.login, add_person, g, e))
			return -1;
	}
	return store_people_of_login(c->flow->store, local, add_person, g, e);
}

static bool
looks_like_name(const char *text)
{
	for (; *text; text++)
		if ((uint8_t)*text >= 0x80 || *text == ' ')
			return true;
	return false;
}

static int
find_person(struct call *c, const char *text, struct gathering *g, struct err *e)
{
	if (strchr(text, '@'))
		return by_address(c, text, g, e);
	if (looks_like_name(text))
		return by_name(c, text, g, e);
	if (store_has_subject(c->flow->store, text)) {
		add_person(g, text);
		return 0;
	}
	if (by_address(c, text, g, e))
		return -1;
	return g->people->count ? 0 : by_name(c, text, g, e);
}

static int
read_people(struct call *c, const char *key, struct audit_query *q, struct err *e)
{
	const char *text = asked(c, key);
	struct gathering g = { .arena = c->arena, .people = &q->people[q->groups] };
	bool person = !strcmp(key, "person");

	if (!text)
		return 0;
	q->groups++;
	if (person ? find_person(c, text, &g, e) : by_address(c, text, &g, e))
		return -1;
	if (g.too_many)
		return err_set(e, ERR_USAGE, "more than %d people have the name \"%.100s\": give an address "
			       "or a reference", PEOPLE_MAX, text);
	if (g.people->count)
		return 0;
	return person ? err_set(e, ERR_NOTFOUND, "the log knows nobody by the reference, login, address or "
				"name \"%.200s\"", text) :
			err_set(e, ERR_NOTFOUND, "the log knows nobody who has or had the address \"%.200s\"",
				text);
}

bool
audit_query_by_name(struct call *c)
{
	const char *person = asked(c, "person");

	return person && !strchr(person, '@');
}

const char *
audit_query_subject(struct call *c)
{
	struct audit_query q = { .groups = 0 };
	const char *subject = NULL;

	if (read_people(c, "person", &q, NULL) || read_people(c, "address", &q, NULL))
		return NULL;
	for (int i = 0; i < q.groups; i++) {
		if (q.people[i].count != 1 || (subject && strcmp(subject, q.people[i].refs[0]) != 0))
			return NULL;
		subject = q.people[i].refs[0];
	}
	return subject;
}

/* --- letters and periods ---------------------------------------------------------------------- */

struct letters {
	struct audit_query *q;
	bool too_many;
};

static void
add_request(void *arg, int64_t request)
{
	struct letters *l = arg;

	l->too_many = l->q->request_count == REQUESTS_MAX;
	if (!l->too_many)
		l->q->requests[l->q->request_count++] = request;
}

static int
read_letter(struct call *c, struct audit_query *q, struct err *e)
{
	const char *letter = asked(c, "letter"), *agency = asked(c, "agency");
	AUTO(str) clean = NULL;
	struct letters l = { .q = q };

	if (!letter)
		return 0;
	clean = text_clean(letter, strlen(letter), e);
	if (!clean)
		return err_wrap(e, "the number of the letter");
	q->by_request = true;
	q->requests = arena_alloc(c->arena, REQUESTS_MAX * sizeof(*q->requests));
	if (store_requests_of_letter(c->flow->store, clean, agency, add_request, &l, e))
		return -1;
	if (l.too_many)
		return err_set(e, ERR_USAGE, "more than %d letters have the number \"%.64s\": name the "
			       "agency, too", REQUESTS_MAX, clean);
	if (!q->request_count)
		return err_set(e, ERR_NOTFOUND, "there is no letter \"%.64s\"%s%.64s", clean,
			       agency ? " of agency " : "", agency ? agency : "");
	return 0;
}

/* One number is a letter and a request at once, or nothing. */
static int
read_request(struct call *c, struct audit_query *q, struct err *e)
{
	const char *text = asked(c, "request");
	int64_t id = call_number(c, "request", 0, 0, INT64_MAX);
	bool among = !q->by_request;
	struct request r;

	if (!text)
		return 0;
	if (id < 1)
		return err_set(e, ERR_USAGE, "\"%.40s\" is no number of a request", text);
	if (!store_request(c->flow->store, id, &r, c->arena))
		return err_set(e, ERR_NOTFOUND, "there is no request %" PRId64, id);
	for (size_t i = 0; i < q->request_count; i++)
		among = among || q->requests[i] == id;
	if (!q->requests)
		q->requests = arena_alloc(c->arena, sizeof(*q->requests));
	q->by_request = true;
	q->requests[0] = id;
	q->request_count = among;
	return 0;
}

/* "2026-11-23T16:55:01Z", or with a fraction: compared as text with what records say. */
static int
read_time(struct call *c, const char *key, int64_t *seq, struct err *e)
{
	static const char form[] = "dddd-dd-ddTdd:dd:dd";
	const char *t = asked(c, key), *p = t;
	char padded[CLOCK_TEXT] = "0000-00-00T00:00:00.000000Z";

	if (!t)
		return 0;
	for (const char *f = form; *f && p; f++, p += p != NULL)
		if (*f == 'd' ? *p < '0' || *p > '9' : *p != *f)
			p = NULL;
	if (p && *p == '.' && strspn(p + 1, "0123456789"))
		p += 1 + strspn(p + 1, "0123456789");
	if (!p || strcmp(p, "Z") != 0)
		return err_set(e, ERR_USAGE, "\"%.40s\" is no time for \"%s\": 2026-11-23T16:55:01Z is wanted",
			       t, key);
	memcpy(padded, t, (size_t)(p - t) < CLOCK_TEXT - 2 ? (size_t)(p - t) : CLOCK_TEXT - 2);
	*seq = store_seq_at(c->flow->store, padded);
	return 0;
}

static int
read_period(struct call *c, struct audit_query *q, struct err *e)
{
	q->first = 1;
	q->last = INT64_MAX;
	if (read_time(c, "since", &q->first, e) || read_time(c, "until", &q->last, e))
		return -1;
	q->last -= q->last != INT64_MAX;
	return 0;
}

/* --- the whole -------------------------------------------------------------------------------- */

int
audit_query_read(struct call *c, struct audit_query *q, bool all, struct err *e)
{
	*q = (struct audit_query){ .first = 1, .last = INT64_MAX };
	if (read_event(c, q, e))
		return -1;
	if (all && (read_words(c, q, e) || read_people(c, "person", q, e) ||
		    read_people(c, "address", q, e) || read_letter(c, q, e) || read_period(c, q, e)))
		return -1;
	return read_request(c, q, e);
}

struct search *
audit_query_search(struct call *c, const struct audit_query *q, int64_t first, int64_t last,
		   bool oldest_first, struct err *e)
{
	struct search *s = search_new(c->flow->store, first > q->first ? first : q->first,
				      last < q->last ? last : q->last, oldest_first);
	int rc = 0;

	for (int i = 0; i < SEARCH_TERM_COUNT; i++)
		if (q->words[i])
			search_want(s, (enum search_term)i, q->words[i]);
	for (int i = 0; !rc && i < q->groups; i++)
		rc = search_want_people(s, q->people[i].refs, q->people[i].count, e);
	if (!rc && q->by_request)
		rc = search_want_requests(s, q->requests, q->request_count, e);
	if (!rc)
		return s;
	search_free(s);
	return NULL;
}
