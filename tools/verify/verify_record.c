/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/date.h"
#include "tools/verify/verify_record.h"

enum form { STR, INT, HEX, OBJ, LIST };

static const struct known {
	const char *key;
	uint8_t len, form;
} known[] = {
#define X(n, k) { #n, sizeof(#n) - 1, k },
	RECORD_FIELDS(X)
#undef X
};

bool
span_is(struct span s, const char *text)
{
	return s.s && strlen(text) == s.n && !memcmp(s.s, text, s.n);
}

bool
span_same(struct span a, struct span b)
{
	return a.s && b.s && a.n == b.n && !memcmp(a.s, b.s, a.n);
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool
hex_digest(const char *s, size_t n, uint8_t out[DIGEST_LEN])
{
	static int8_t value[256];

	if (!value[0]) {
		for (int c = 0; c < 256; c++)
			value[c] = (int8_t)digit((char)c);
	}
	if (n != 2 * DIGEST_LEN)
		return false;
	for (size_t i = 0; i < DIGEST_LEN; i++) {
		int high = value[(unsigned char)s[2 * i]], low = value[(unsigned char)s[2 * i + 1]];

		if ((high | low) < 0)
			return false;
		out[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

bool
record_hex(const struct record *r, enum record_field f, uint8_t out[DIGEST_LEN])
{
	return r->field[f] && hex_digest(r->field[f]->value, r->field[f]->len, out);
}

/* n digits; -1 when one is none */
static int
number(const char *s, int n)
{
	int value = 0;

	for (int i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return -1;
		value = value * 10 + (s[i] - '0');
	}
	return value;
}

int64_t
record_time(const char *s, size_t n)
{
	static char day_text[11]; /* most records are of the same day as the one before */
	static int64_t day_us;
	int hour, minute, second, micro;

	if (n != 27 || s[10] != 'T' || s[13] != ':' || s[16] != ':' || s[19] != '.' || s[26] != 'Z')
		return -1;
	if (memcmp(day_text, s, 10)) {
		char text[11] = "";
		struct date d;

		memcpy(text, s, 10);
		if (!date_parse(text, &d) || d.year < 1970)
			return -1;
		memcpy(day_text, text, sizeof(text));
		day_us = date_number(d) * INT64_C(86400000000);
	}
	hour = number(s + 11, 2);
	minute = number(s + 14, 2);
	second = number(s + 17, 2);
	micro = number(s + 20, 6);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60 ||
	    micro < 0)
		return -1;
	return day_us + (hour * INT64_C(3600) + minute * 60 + second) * 1000000 + micro;
}

/* Word by its first letters would not pay: length and one comparison settle nearly all. */
static int
word_from(const char *const *words, const uint8_t *lengths, int count, struct span s)
{
	for (int i = 0; i < count; i++)
		if (lengths[i] == s.n && !memcmp(words[i], s.s, s.n))
			return i;
	return -1;
}

int
record_op(const struct record *r)
{
	static const char *const words[] = {
#define X(N, w, d) w,
		VOCAB_OPS(X)
#undef X
	};
	static const uint8_t lengths[] = {
#define X(N, w, d) sizeof(w) - 1,
		VOCAB_OPS(X)
#undef X
	};
	struct span s = record_str(r, RECORD_op);

	return s.s ? word_from(words, lengths, OP_COUNT, s) : -1;
}

static int
event_from(struct span s)
{
	static const char *const words[] = {
#define X(N, w, d) w,
		VOCAB_EVENTS(X)
#undef X
	};
	static const uint8_t lengths[] = {
#define X(N, w, d) sizeof(w) - 1,
		VOCAB_EVENTS(X)
#undef X
	};

	return word_from(words, lengths, EVENT_COUNT, s);
}

static bool
fits(const struct canon_member *m, enum form form)
{
	uint8_t digest[DIGEST_LEN];

	switch (form) {
	case STR:
		return m->kind == CANON_STRING;
	case INT:
		return m->kind == CANON_INTEGER && m->integer >= 0;
	case HEX:
		return m->kind == CANON_STRING && hex_digest(m->value, m->len, digest);
	case OBJ:
		return m->kind == CANON_OBJECT;
	case LIST:
		return m->kind == CANON_LIST;
	}
	return false;
}

/* Its members: strings that are digests. */
static bool
take_pii(struct record *r, int at)
{
	r->pii = &r->view.member[at];
	while (at < r->view.count && r->view.member[at].depth == 2) {
		if (!fits(&r->view.member[at++], HEX))
			return false;
		r->pii_count++;
	}
	return true;
}

static bool
take_actor(struct record *r, int at)
{
	for (; at < r->view.count && r->view.member[at].depth == 2; at++) {
		const struct canon_member *m = &r->view.member[at];

		if (m->kind != CANON_STRING)
			return false;
		if (m->key_len == 4 && !memcmp(m->key, "name", 4))
			r->actor = (struct span){ m->value, m->len };
	}
	return r->actor.s;
}

/* Both lists are in the order of their bytes. */
static enum record_fault
take_fields(struct record *r, const struct canon_member **bad)
{
	size_t k = 0;

	for (int i = 0; i < r->view.count; i++) {
		const struct canon_member *m = &r->view.member[i];
		int order = -1;

		if (m->depth > 1)
			continue;
		for (; k < RECORD_FIELD_COUNT; k++) {
			size_t n = m->key_len < known[k].len ? m->key_len : known[k].len;

			order = memcmp(known[k].key, m->key, n);
			if (!order)
				order = known[k].len - m->key_len;
			if (order >= 0)
				break;
		}
		if (order) {
			r->unknown++;
			continue;
		}
		*bad = m;
		if (!fits(m, (enum form)known[k].form) || (k == RECORD_pii && !take_pii(r, i + 1)) ||
		    (k == RECORD_actor && !take_actor(r, i + 1)))
			return RECORD_TYPE;
		r->field[k++] = m;
	}
	return RECORD_GOOD;
}

enum record_fault
record_read(struct record *r, const char *bytes, size_t n, enum canon_fault *canon, size_t *at)
{
	const struct canon_member *bad = NULL;
	enum record_fault fault;
	struct span t;

	*at = 0;
	memset(r->field, 0, sizeof(r->field));
	r->pii = NULL;
	r->pii_count = r->unknown = 0;
	r->actor = (struct span){ NULL, 0 };
	r->event = -1;
	r->seq = r->t_us = 0;
	if (n > RECORD_BYTES_MAX)
		return RECORD_LONG;
	*canon = canon_check(&r->view, bytes, n, at);
	if (*canon != CANON_GOOD)
		return RECORD_CANON;
	fault = take_fields(r, &bad);
	if (r->field[RECORD_v] && r->field[RECORD_v]->integer != 1)
		return RECORD_VERSION;
	if (fault != RECORD_GOOD) {
		*at = (size_t)(bad->value - bytes);
		return fault;
	}
	if (!r->field[RECORD_seq] || !r->field[RECORD_t] || !r->field[RECORD_ev] ||
	    !r->field[RECORD_v] || !r->field[RECORD_boot] || !r->field[RECORD_mono] || !r->actor.s)
		return RECORD_LACKS;
	r->seq = r->field[RECORD_seq]->integer;
	r->event = event_from(record_str(r, RECORD_ev));
	t = record_str(r, RECORD_t);
	r->t_us = record_time(t.s, t.n);
	*at = (size_t)(t.s - bytes);
	return r->t_us < 0 ? RECORD_TYPE : RECORD_GOOD;
}
