/* SPDX-License-Identifier: BSD-2-Clause */
/* Receipts on paper, against the hashes of a copy. */
#include <ctype.h>
#include <inttypes.h>
#include <string.h>

#include "tools/verify/verify_copy.h"

#define MISTYPED_MAX 2 /* digits of the 16 */
#define JSON_INTEGER_MAX (UINT64_C(1) << 53)

/* --- as it is typed --------------------------------------------------------------------------- */

/* Up to the end of the digits; false: there are none, or too many. */
static bool
number(const char **p, uint64_t *out)
{
	const char *from = *p;

	for (*out = 0; isdigit((unsigned char)**p) && *out < JSON_INTEGER_MAX; (*p)++)
		*out = *out * 10 + (uint64_t)(**p - '0');
	return *p > from && *out && *out < JSON_INTEGER_MAX;
}

static int
digit(char c)
{
	static const char digits[] = "0123456789abcdef";
	const char *at;

	c = (char)tolower((unsigned char)c);
	if (c == 'o')
		c = '0';
	else if (c == 'l' || c == 'i')
		c = '1';
	at = c ? strchr(digits, c) : NULL;
	return at ? (int)(at - digits) : -1;
}

static bool
read_text(struct receipt *r)
{
	const char *p = r->text;

	if (!number(&p, &r->seq) || *p++ != '-')
		return false;
	for (size_t i = 0; i < 2 * sizeof(r->leaf); i++, p++) {
		int d = digit(*p);

		if (d < 0)
			return false;
		r->leaf[i / 2] |= (uint8_t)(d << (i % 2 ? 0 : 4));
	}
	if (!*p)
		return true;
	return *p++ == '@' && number(&p, &r->size) && !*p && r->size >= r->seq;
}

struct receipt *
receipt_read(const char *typed, struct err *e)
{
	struct receipt *r = xcalloc(1, sizeof(*r));
	AUTO(buf) text = BUF_INIT;

	for (const char *p = typed; *p; p++)
		if (*p != ' ')
			buf_char(&text, *p);
	r->text = buf_steal(&text);
	if (read_text(r))
		return r;
	err_set(e, ERR_USAGE, "\"%.60s\" is no receipt, such as 1234-0f3a9c21b7d4e688@1280: the number of a record, "
		"16 digits of 0-9 and a-f, and how many records were counted", typed);
	receipt_free(r);
	return NULL;
}

void
receipt_free(struct receipt *r)
{
	while (r) {
		struct receipt *next = r->next;

		free(r->text);
		free(r);
		r = next;
	}
}

/* --- against hashes --------------------------------------------------------------------------- */

static int
wrong_digits(const struct receipt *r, const uint8_t *leaf)
{
	int n = 0;

	for (size_t i = 0; i < sizeof(r->leaf); i++) {
		uint8_t differs = r->leaf[i] ^ leaf[i];

		n += !!(differs & 0xf0) + !!(differs & 0x0f);
	}
	return n;
}

bool
receipt_check(const struct receipt *r, const uint8_t leaf[DIGEST_LEN], struct report *report)
{
	int n = wrong_digits(r, leaf);
	AUTO(buf) right = BUF_INIT;

	if (!n)
		return true;
	buf_hex(&right, leaf, sizeof(r->leaf));
	if (n <= MISTYPED_MAX)
		SAY(report, SAY_RECEIPT_TYPED, 0, .s = r->text, .t = right.data, .a = (int64_t)r->seq);
	else
		SAY(report, SAY_RECEIPT, (int64_t)r->seq, .s = r->text, .t = right.data);
	return false;
}

/* The record that has this hash, where only the number is typed wrong; 0: none. */
static uint64_t
elsewhere(struct copy *c, const struct receipt *r)
{
	uint8_t leaf[TILE_WIDTH][DIGEST_LEN];

	for (uint64_t from = 0; from < c->end.size; from += TILE_WIDTH) {
		unsigned n = c->end.size - from < TILE_WIDTH ? (unsigned)(c->end.size - from) : TILE_WIDTH;

		if (tree_hashes(c, 0, from, n, leaf[0], NULL))
			return 0;
		for (unsigned i = 0; i < n; i++)
			if (!memcmp(leaf[i], r->leaf, sizeof(r->leaf)))
				return from + i + 1;
	}
	return 0;
}

/* The first record of a log that goes on from an older copy of itself; 0: it never did. */
static int64_t
went_back(const struct copy *c)
{
	return c->rules.origin && c->rules.origin->before ? c->rules.origin->from : 0;
}

static void
check(struct copy *c, struct receipt *r)
{
	uint64_t counted = r->size > r->seq ? r->size : r->seq;
	uint8_t leaf[DIGEST_LEN];
	int64_t back = went_back(c);
	bool here = r->seq <= c->end.size && !tree_hashes(c, 0, r->seq - 1, 1, leaf, NULL);
	uint64_t other;

	if (here && !wrong_digits(r, leaf) && counted <= c->end.size) {
		r->fits = true;
		return;
	}
	other = here && !wrong_digits(r, leaf) ? 0 : elsewhere(c, r);
	if (other)
		SAY(c->report, SAY_RECEIPT_NUMBER, 0, .s = r->text, .a = (int64_t)other);
	else if (back && counted >= (uint64_t)back)
		SAY(c->report, SAY_RECEIPT_LOST, back, .s = r->text);
	else if (counted > c->end.size)
		SAY(c->report, SAY_RECEIPT_SHORT, (int64_t)c->end.size + 1, .s = r->text, .a = (int64_t)counted,
		    .b = (int64_t)c->end.size);
	else if (here)
		(void)receipt_check(r, leaf, c->report);
}

void
receipts_end(struct copy *c)
{
	for (struct receipt *r = c->ask->receipts; r; r = r->next) {
		r->fits = false;
		if (c->tree_live)
			check(c, r);
	}
}
