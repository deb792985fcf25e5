/* SPDX-License-Identifier: BSD-2-Clause */
#include "daemon/policy/letter_row.h"
#include "daemon/policy/letter_typed.h"

#define WORD_MAX 16 /* characters; a syllable has 7, and 9 with its marks apart */
#define SHORT 2     /* letters of a word that may be anything: "Lü" */

static bool
letter(char32_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c > 0xA0 && c < 0x2000);
}

/* The next word that has letters of Latin-1 beyond ASCII and none beyond; false: no more. */
static bool
next_word(const char32_t *c, size_t n, size_t *from, size_t *len)
{
	for (size_t at = *from + *len; at < n;) {
		char32_t all = 0, most = 0;
		size_t end = at;

		for (; end < n && letter(c[end]); end++) {
			all |= c[end];
			most = c[end] > most ? c[end] : most;
		}
		if (end == at) {
			at++;
			continue;
		}
		if (most > 0xA0 && !(all & ~0xFFu) && end - at <= WORD_MAX) {
			*from = at;
			*len = end - at;
			return true;
		}
		at = end;
	}
	return false;
}

/* The font makes a syllable of the word; *marked: one with a tone, or of fewer letters, as "Leâ" is Lê in
 * VNI.  "Ñin" with nothing but another letter may be a name.  false too when it changes nothing. */
static bool
reads(enum letter_font font, const char32_t *word, size_t n, bool *marked)
{
	char32_t out[WORD_MAX];
	size_t k = letter_font_read(font, true, word, n, out);

	*marked = k < n;
	if ((k == n && !memcmp(out, word, n * sizeof(*word))) || !viet_syllable(out, k))
		return false;
	for (size_t i = 0; i < k; i++)
		*marked |= viet_letter(out[i]).tone || viet_tone(out[i]);
	return true;
}

/* A sign that is no letter, as in "to¸n": nobody writes such a word. */
static bool
has_sign(const char32_t *word, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (word[i] > 0xA0 && word[i] < 0xC0)
			return true;
	return false;
}

/* "Lü" may be a name, "Hµ" is none. */
static bool
may_be_any(const char32_t *word, size_t n)
{
	return n <= SHORT && !has_sign(word, n);
}

struct letter_typed
letter_typed_count(enum letter_font font, const char32_t *c, size_t n)
{
	struct letter_typed count = { 0, 0 };
	size_t from = 0, len = 0;
	bool marked;

	while (next_word(c, n, &from, &len)) {
		if (!reads(font, c + from, len, &marked))
			continue;
		if (viet_syllable(c + from, len))
			count.both++;
		else if (!may_be_any(c + from, len))
			count.only += has_sign(c + from, len) ? 2 : 1;
	}
	return count;
}

/* --- cells of a row --------------------------------------------------------------------------- */
struct finding {
	enum letter_font font; /* NONE: nothing found */
	bool sure;             /* one font, and what it reads has a tone or fewer letters */
	bool both;             /* good as it stands too, in a file of which most was typed in the font */
	bool alone;            /* the rest of the cell is plainly Unicode */
	char32_t word[WORD_MAX];
	size_t n;
};

static struct finding
judge_word(const char32_t *word, size_t n, enum letter_font other)
{
	struct finding f = { .font = LETTER_FONT_NONE, .n = n };
	unsigned fonts = 0, marked_fonts = 0;
	bool marked;

	memcpy(f.word, word, n * sizeof(*word));
	if (viet_syllable(word, n)) {
		f.both = other != LETTER_FONT_NONE && reads(other, word, n, &marked);
		f.font = f.both ? other : LETTER_FONT_NONE;
		return f;
	}
	for (int i = LETTER_FONT_CP1258; i <= LETTER_FONT_VNI; i++)
		if (reads((enum letter_font)i, word, n, &marked)) {
			fonts++;
			if (marked || !f.font)
				f.font = (enum letter_font)i;
			marked_fonts += marked;
		}
	f.sure = fonts && marked_fonts == 1 && !may_be_any(word, n);
	return f;
}

/* The worst of its words. */
static struct finding
judge_cell(const char *s, enum letter_font other)
{
	struct finding worst = { .font = LETTER_FONT_NONE };
	char32_t c[LETTER_TYPED_MAX];
	size_t n = 0, from = 0, len = 0;
	bool unicode = false;

	for (; *s && n < LETTER_TYPED_MAX; n++) {
		s += viet_get(s, &c[n]);
		unicode |= letter_font_beyond(c[n]);
	}
	while (next_word(c, n, &from, &len)) {
		struct finding f = judge_word(c + from, len, unicode ? LETTER_FONT_NONE : other);

		f.sure = f.sure && !unicode; /* nobody changes the font within a name */
		f.alone = unicode;
		if (f.font && (!worst.font || (f.sure && !worst.sure) || (f.both && !worst.sure)))
			worst = f;
	}
	return worst;
}

/* There is a letter of Latin-1 beyond ASCII: quick. */
static bool
latin1(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s == 0xC2 || (unsigned char)*s == 0xC3)
			return true;
	return false;
}

/* The word as it stands, and as of the font. */
static void
tell_word(struct check *c, enum letter_column col, const struct finding *f)
{
	char32_t out[WORD_MAX];
	size_t n = letter_font_read(f->font, false, f->word, f->n, out);
	AUTO(buf) word = BUF_INIT, read = BUF_INIT;

	for (size_t i = 0; i < f->n; i++)
		viet_put(&word, f->word[i]);
	for (size_t i = 0; i < n; i++)
		viet_put(&read, out[i]);
	letter_mended(c, col,
		      "there is a word in this that is not Vietnamese; \"%s\" typed in %s would "
		      "read \"%s\"", word.data, letter_font_names[f->font], read.data);
}

static void
tell(struct check *c, enum letter_column col, struct finding f)
{
	bool name = col == LETTER_full_name && (c->row.op == OP_CREATE || c->row.op == OP_UPDATE);
	const char *s = c->row.cell[col], *font = letter_font_names[f.font];
	AUTO(buf) read = BUF_INIT;

	letter_font_line(f.font, false, s, strlen(s), &read);
	if (f.alone)
		tell_word(c, col, &f);
	else if (f.both && name)
		letter_wrong(c, col,
			     "it is not clear whether this is Unicode or was typed in %s like other "
			     "cells of the file, where it reads \"%s\": type it in a Unicode font, or name "
			     "what the whole file is with --encoding utf-8 or %s", font, read.data,
			     letter_font_words[f.font]);
	else if (f.both)
		letter_mended(c, col, "this was kept as it stands; typed in %s it would read \"%s\"", font,
			      read.data);
	else if (f.sure && name)
		letter_wrong(c, col,
			     "this was typed in an old font, %s, and reads \"%s\" there: type it in a "
			     "Unicode font; if it is right as it stands send the letter with --encoding "
			     "utf-8", font, read.data);
	else
		letter_mended(c, col,
			      "there is a word in this that is not Vietnamese; typed in %s it would read "
			      "\"%s\"", font, read.data);
}

void
letter_check_typed(struct check *c)
{
	static const enum letter_column texts[] = { LETTER_full_name, LETTER_title, LETTER_unit, LETTER_rank,
						    LETTER_reason };

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		const char *s = c->row.cell[texts[i]];
		struct finding f;

		if (!latin1(s))
			continue;
		f = judge_cell(s, c->r->careful ? c->r->font : LETTER_FONT_NONE);
		if (f.font != LETTER_FONT_NONE)
			tell(c, texts[i], f);
	}
}

/* --- capitals that TCVN3 has not -------------------------------------------------------------- */
/* Small letters with a tone at the beginning of words, when every other word begins with a capital. */
static bool
lacks_capitals(const char *s)
{
	unsigned capitals = 0, lacking = 0;
	char32_t c, before = ' ';

	for (; *s; before = c) {
		struct viet v;

		s += viet_get(s, &c);
		v = viet_letter(c);
		if (before != ' ' || !v.base)
			continue;
		if (!v.upper && !v.tone)
			return false;
		capitals += v.upper;
		lacking += !v.upper;
	}
	return capitals && lacking;
}

void
letter_raise_capitals(struct check *c)
{
	const char *s = c->row.cell[LETTER_full_name];
	AUTO(buf) out = BUF_INIT;
	char32_t l, before = ' ';

	if (c->r->font != LETTER_FONT_TCVN3 || !lacks_capitals(s))
		return;
	for (; *s; before = l) {
		s += viet_get(s, &l);
		viet_put(&out, before == ' ' ? viet_upper(l) : l);
	}
	letter_own(c, LETTER_full_name, buf_steal(&out));
}
