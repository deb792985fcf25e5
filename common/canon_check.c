/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/canon.h"
#include "common/canon_check.h"
#include "common/text.h"

#define INTEGER_MAX INT64_C(9007199254740991) /* 2^53-1 */
#define KEY_MAX 255

struct reader {
	const char *p, *end;
	struct canon_view *view;
	enum canon_fault fault;
	int depth;
	bool wide; /* there are characters beyond ASCII */
};

static bool
wrong(struct reader *r, enum canon_fault fault)
{
	if (r->fault == CANON_GOOD)
		r->fault = fault;
	return false;
}

static bool
expect(struct reader *r, char c)
{
	if (r->p == r->end || *r->p != c)
		return wrong(r, CANON_SYNTAX);
	r->p++;
	return true;
}

/* --- strings ---------------------------------------------------------------------------------- */

#define ONES UINT64_C(0x0101010101010101)
#define HIGH UINT64_C(0x8080808080808080)

/* A bit in each byte that is a quote, a backslash, a control character or beyond ASCII.  (One that is
 * none may be marked behind one that is: only "none at all" is used.) */
static inline uint64_t
special(uint64_t w)
{
	uint64_t quote = w ^ ONES * '"', back = w ^ ONES * '\\';

	return (w | (w - ONES * 0x20) | (quote - ONES) | (back - ONES)) & HIGH;
}

static const char *
plain(const char *p, const char *end)
{
	uint64_t w;

	while (end - p >= (ptrdiff_t)sizeof(w)) {
		memcpy(&w, p, sizeof(w));
		if (special(w))
			break;
		p += sizeof(w);
	}
	while (p < end && (unsigned char)*p >= 0x20 && (unsigned char)*p < 0x80 && *p != '"' &&
	       *p != '\\')
		p++;
	return p;
}

static inline bool
follows(const unsigned char *s, size_t n)
{
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xC0) != 0x80)
			return false;
	return true;
}

/* Bytes of the character at s by table 3-7 of the Unicode standard; 0: it is none. */
static size_t
character(const unsigned char *s, size_t n)
{
	if (s[0] >= 0xC2 && s[0] <= 0xDF)
		return n >= 2 && follows(s, 2) ? 2 : 0;
	if ((s[0] & 0xF0) == 0xE0) {
		if (n < 3 || !follows(s, 3) || (s[0] == 0xE0 && s[1] < 0xA0) ||
		    (s[0] == 0xED && s[1] > 0x9F))
			return 0;
		return 3;
	}
	if (s[0] >= 0xF0 && s[0] <= 0xF4) {
		if (n < 4 || !follows(s, 4) || (s[0] == 0xF0 && s[1] < 0x90) ||
		    (s[0] == 0xF4 && s[1] > 0x8F))
			return 0;
		return 4;
	}
	return 0;
}

/* RFC 8785 section 3.2.2.2: the two-character forms, and \u00xx in lower case for other controls. */
static bool
escape(struct reader *r)
{
	const char *p = r->p + 1;
	unsigned char c;

	if (p < r->end && memchr("\"\\bfnrt", *p, 7)) {
		r->p = p + 1;
		return true;
	}
	if (r->end - p < 5 || memcmp(p, "u00", 3) || (p[3] != '0' && p[3] != '1') ||
	    !((p[4] >= '0' && p[4] <= '9') || (p[4] >= 'a' && p[4] <= 'f')))
		return wrong(r, CANON_ESCAPE);
	c = (unsigned char)((p[3] - '0') << 4 | (p[4] <= '9' ? p[4] - '0' : p[4] - 'a' + 10));
	if (!c || memchr("\b\f\n\r\t", c, 5))
		return wrong(r, CANON_ESCAPE);
	r->p = p + 5;
	return true;
}

/* From the first character to the closing quote, which is passed. */
static bool
string(struct reader *r, const char **value, uint32_t *len)
{
	*value = r->p;
	for (;;) {
		size_t k;

		r->p = plain(r->p, r->end);
		if (r->p == r->end || (unsigned char)*r->p < 0x20)
			return wrong(r, CANON_SYNTAX);
		if (*r->p == '"') {
			*len = (uint32_t)(r->p++ - *value);
			return true;
		}
		if (*r->p == '\\') {
			if (!escape(r))
				return false;
			continue;
		}
		k = character((const unsigned char *)r->p, (size_t)(r->end - r->p));
		if (!k)
			return wrong(r, CANON_UTF8);
		r->wide = true;
		r->p += k;
	}
}

/* --- numbers and words ------------------------------------------------------------------------ */

static bool
integer(struct reader *r, int64_t *out)
{
	bool negative = *r->p == '-';
	const char *first;
	int64_t n = 0;

	r->p += negative;
	first = r->p;
	while (r->p < r->end && *r->p >= '0' && *r->p <= '9' && r->p - first < 17)
		n = n * 10 + (*r->p++ - '0');
	if (r->p == first || n > INTEGER_MAX || (*first == '0' && (r->p - first > 1 || negative)))
		return wrong(r, CANON_NUMBER);
	if (r->p < r->end && (*r->p == '.' || *r->p == 'e' || *r->p == 'E' ||
			      (*r->p >= '0' && *r->p <= '9')))
		return wrong(r, CANON_NUMBER);
	*out = negative ? -n : n;
	return true;
}

static bool
word(struct reader *r)
{
	static const char *const words[] = { "true", "false", "null" };

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		size_t n = strlen(words[i]);

		if ((size_t)(r->end - r->p) >= n && !memcmp(r->p, words[i], n)) {
			r->p += n;
			return true;
		}
	}
	return wrong(r, CANON_SYNTAX);
}

/* --- values ----------------------------------------------------------------------------------- */

static bool object(struct reader *r);
static bool list(struct reader *r);

/* m: NULL for what stands in a list */
static bool
value(struct reader *r, struct canon_member *m)
{
	struct canon_member ignored;

	if (!m)
		m = &ignored;
	if (r->p == r->end)
		return wrong(r, CANON_SYNTAX);
	m->value = r->p;
	m->integer = 0;
	switch (*r->p) {
	case '"':
		m->kind = CANON_STRING;
		r->p++;
		return string(r, &m->value, &m->len);
	case '{':
		m->kind = CANON_OBJECT;
		if (!object(r))
			return false;
		break;
	case '[':
		m->kind = CANON_LIST;
		if (!list(r))
			return false;
		break;
	case '-': case '0': case '1': case '2': case '3': case '4':
	case '5': case '6': case '7': case '8': case '9':
		m->kind = CANON_INTEGER;
		if (!integer(r, &m->integer))
			return false;
		break;
	default: /* of bytes, not of an enum */
		m->kind = CANON_WORD;
		if (!word(r))
			return false;
		break;
	}
	m->len = (uint32_t)(r->p - m->value);
	return true;
}

static inline bool
of_a_key(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '-';
}

static bool
key(struct reader *r, struct canon_member *m)
{
	if (!expect(r, '"'))
		return false;
	m->key = r->p;
	while (r->p < r->end && of_a_key((unsigned char)*r->p))
		r->p++;
	if (r->p == m->key || r->p - m->key > KEY_MAX || r->p == r->end || *r->p != '"')
		return wrong(r, CANON_KEY);
	m->key_len = (uint16_t)(r->p - m->key);
	r->p++;
	return expect(r, ':');
}

static bool
after(const struct canon_member *last, const struct canon_member *m)
{
	size_t n = last->key_len < m->key_len ? last->key_len : m->key_len;
	int order = memcmp(last->key, m->key, n);

	return order < 0 || (!order && last->key_len < m->key_len);
}

static bool
enter(struct reader *r)
{
	r->p++;
	return ++r->depth <= CANON_DEPTH ? true : wrong(r, CANON_DEEP);
}

static bool
object(struct reader *r)
{
	const struct canon_member *last = NULL;

	if (!enter(r))
		return false;
	if (r->p < r->end && *r->p == '}') {
		r->p++;
		r->depth--;
		return true;
	}
	for (;;) {
		struct canon_member *m = &r->view->member[r->view->count];

		if (r->view->count == CANON_MEMBERS)
			return wrong(r, CANON_MANY);
		r->view->count++;
		m->depth = (uint8_t)r->depth;
		if (!key(r, m))
			return false;
		if (last && !after(last, m))
			return wrong(r, CANON_ORDER);
		last = m;
		if (!value(r, m))
			return false;
		if (r->p < r->end && *r->p == ',') {
			r->p++;
			continue;
		}
		r->depth--;
		return expect(r, '}');
	}
}

/* Members of objects that stand in a list are checked like others, and left out of the view. */
static bool
list(struct reader *r)
{
	int count = r->view->count;

	if (!enter(r))
		return false;
	if (r->p < r->end && *r->p == ']') {
		r->p++;
		r->depth--;
		return true;
	}
	for (;;) {
		if (!value(r, NULL))
			return false;
		r->view->count = count;
		if (r->p < r->end && *r->p == ',') {
			r->p++;
			continue;
		}
		r->depth--;
		return expect(r, ']');
	}
}

enum canon_fault
canon_check(struct canon_view *v, const char *bytes, size_t n, size_t *at)
{
	struct reader r = { .p = bytes, .end = bytes + n, .view = v };

	v->count = 0;
	if (n > INT32_MAX || !n || *bytes != '{')
		(void)wrong(&r, CANON_SYNTAX);
	else if (object(&r) && r.p != r.end)
		(void)wrong(&r, CANON_SYNTAX);
	if (r.fault == CANON_GOOD && r.wide && !text_is_nfc(bytes, n))
		(void)wrong(&r, CANON_FORM_C);
	if (at)
		*at = (size_t)(r.p - bytes);
	return r.fault;
}

void
canon_unescape(const char *s, size_t n, struct buf *out)
{
	static const char names[] = "\"\\bfnrt", bytes[] = "\"\\\b\f\n\r\t";
	const char *end = s + n;

	while (s < end) {
		const char *back = memchr(s, '\\', (size_t)(end - s)), *name;

		if (!back || end - back < 2) {
			buf_add(out, s, (size_t)(end - s));
			return;
		}
		buf_add(out, s, (size_t)(back - s));
		name = strchr(names, back[1]);
		if (name && back[1]) {
			buf_char(out, bytes[name - names]);
			s = back + 2;
		} else { /* \u00xx */
			const char hex[3] = { end - back > 4 ? back[4] : '0',
					      end - back > 5 ? back[5] : '0', '\0' };

			buf_char(out, (char)strtoul(hex, NULL, 16));
			s = end - back > 6 ? back + 6 : end;
		}
	}
}
