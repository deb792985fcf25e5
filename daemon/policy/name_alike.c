/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/policy/name.h"

#define SYLLABLE_MIN 2
#define TRANSPOSED_MIN 7

/* What is read for each other at a glance, as one spelling; longer ones for shorter ones, so that
 * one walk over the letters is enough. */
static const char *
glance(char c)
{
	switch (c) {
	case '1':
	case 'i':
		return "l";
	case '0':
		return "o";
	case 'm':
		return "rn";
	case 'w':
		return "vv";
	case '.':
		return "";
	}
	return NULL;
}

static void
add_glance(const char *local, struct buf *out)
{
	for (const char *p = local; *p; p++) {
		const char *as = glance(*p);

		if (as)
			buf_str(out, as);
		else
			buf_char(out, *p);
	}
}

void
name_shape(const char *local, struct buf *out)
{
	unsigned count[256] = { 0 };

	for (const char *p = local; *p; p++) {
		const char *as = glance(*p);

		for (const char *q = as ? as : ""; *q; q++)
			count[(unsigned char)*q]++;
		if (!as)
			count[(unsigned char)*p]++;
	}
	buf_clear(out);
	for (int c = 1; c < 256; c++)
		for (unsigned i = 0; i < count[c]; i++)
			buf_char(out, (char)c);
}

static void
add_without_dots(const char *local, struct buf *out)
{
	for (const char *p = local; *p; p++)
		if (*p != '.')
			buf_char(out, *p);
}

static bool
letters(const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (s[i] < 'a' || s[i] > 'z')
			return false;
	return true;
}

/* a = X Y S and b = Y X S, where X has x letters and Y at least two. */
static bool
changed_places(const char *a, const char *b, size_t n, size_t x)
{
	for (size_t y = SYLLABLE_MIN; x + y <= n; y++)
		if (!memcmp(a, b + y, x) && !memcmp(a + x, b, y) &&
		    !memcmp(a + x + y, b + x + y, n - x - y) && letters(a, x + y))
			return true;
	return false;
}

/* a and b have n characters and are not equal.  The syllables may begin before the first
 * difference: ab-ac and ac-ab differ from the second letter on. */
static bool
transposed(const char *a, const char *b, size_t n)
{
	for (size_t p = 0; p < n && (!p || a[p - 1] == b[p - 1]); p++)
		for (size_t x = SYLLABLE_MIN; p + x + SYLLABLE_MIN <= n; x++)
			if (changed_places(a + p, b + p, n - p, x))
				return true;
	return false;
}

enum name_alike
name_alike(const char *a, const char *b)
{
	AUTO(buf) one = BUF_INIT;
	AUTO(buf) two = BUF_INIT;

	if (!strcmp(a, b))
		return NAME_DIFFERENT;
	add_glance(a, &one);
	add_glance(b, &two);
	if (!strcmp(one.data, two.data))
		return NAME_CONFUSABLE;
	buf_clear(&one);
	buf_clear(&two);
	add_without_dots(a, &one);
	add_without_dots(b, &two);
	if (one.len == two.len && one.len >= TRANSPOSED_MIN &&
	    transposed(one.data, two.data, one.len))
		return NAME_TRANSPOSED;
	return NAME_DIFFERENT;
}
