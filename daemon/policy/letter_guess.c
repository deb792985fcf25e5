/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/mem.h"
#include "common/text.h"
#include "daemon/policy/letter_guess.h"
#include "daemon/policy/letter_typed.h"

#define WORDS 400
#define PLENTY 8 /* words that were typed in a font, to believe that all were */
#define FEW 3
#define WORD_MAX 16 /* characters; a syllable has 7, and 9 with its marks apart */

struct word {
	char32_t c[WORD_MAX];
	unsigned char n;
	bool valid; /* each character was of the form */
	bool head;  /* in the first line, which may be a template's */
	bool space; /* beside the byte 0xA0: a space, or in VISCII the letter Õ */
};

struct sample {
	const unsigned char *start, *p, *end;
	const unsigned char *rows; /* behind the first line */
	enum letter_form form;
	unsigned n, valid;
	struct word word[WORDS];
};

enum letter_form
letter_guess_utf16(const char *data, size_t len)
{
	size_t n = len < 256 ? len : 256, zero[2] = { 0, 0 };

	for (size_t i = 0; i < n; i++)
		zero[i & 1] += !data[i];
	if (zero[1] * 4 > n && !zero[0])
		return LETTER_UTF16LE;
	if (zero[0] * 4 > n && !zero[1])
		return LETTER_UTF16BE;
	return LETTER_8BIT;
}

/* --- words ------------------------------------------------------------------------------------ */
/* Bytes of the UTF-8 character at p, 0 when it is none. */
static size_t
utf8_size(const unsigned char *p, const unsigned char *end)
{
	size_t k = *p >= 0xF0 ? 4 : *p >= 0xE0 ? 3 : 2;

	if (*p < 0x80)
		return 1;
	if (*p < 0xC2 || (size_t)(end - p) < k || text_invalid((const char *)p, k) >= 0)
		return 0;
	return k;
}

static char32_t
next_char(struct sample *s, bool *valid)
{
	char32_t c = *s->p;
	size_t k;

	switch (s->form) {
	case LETTER_8BIT:
		s->p++;
		break;
	case LETTER_UTF8:
		k = utf8_size(s->p, s->end);
		*valid = *valid && k;
		if (k)
			viet_get((const char *)s->p, &c);
		s->p += k ? k : 1;
		break;
	case LETTER_UTF16LE:
	case LETTER_UTF16BE:
		k = s->form == LETTER_UTF16LE;
		c = (char32_t)s->p[k] << 8 | s->p[1 - k];
		s->p += 2;
		break;
	}
	return c;
}

/* Only VISCII has letters from 0x80 to 0x9F, where the others have signs. */
static bool
sign(char32_t c)
{
	return c >= 0x80 && c < 0xA0;
}

/* What words are made of in any of the codes. */
static bool
in_word(const struct sample *s, char32_t c)
{
	if (s->form == LETTER_8BIT && sign(c))
		return true;
	if (c < 0x80)
		return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
	return c > 0xA0 && !(c >= 0x2000 && c <= 0x2BFF) && c != 0xFEFF && c != 0xFFFD &&
	       !(c >= 0x3000 && c <= 0x303F);
}

/* Moves to the next character beyond ASCII, and back to the first letter of its word. */
static bool
find_word(struct sample *s)
{
	const unsigned char *from = s->p;

	if (s->form == LETTER_8BIT || s->form == LETTER_UTF8) {
		uint64_t eight;

		for (; s->end - s->p >= 8; s->p += 8) {
			memcpy(&eight, s->p, 8);
			if (eight & 0x8080808080808080u)
				break;
		}
		while (s->p < s->end && *s->p < 0x80)
			s->p++;
		if (s->p == s->end)
			return false;
		while (s->p > from && s->p[-1] < 0x80 && in_word(s, s->p[-1]))
			s->p--;
	} else {
		size_t high = s->form == LETTER_UTF16LE;

		while (s->end - s->p >= 2 && !s->p[high] && s->p[1 - high] < 0x80)
			s->p += 2;
		if (s->end - s->p < 2)
			return false;
		while (s->p > from && !s->p[(long)high - 2] && in_word(s, s->p[-1 - (long)high]))
			s->p -= 2;
	}
	return true;
}

/* Takes the word that begins at s->p, when it is one that tells something. */
static void
take_word(struct sample *s)
{
	struct word *w = &s->word[s->n];
	size_t unit = s->form == LETTER_8BIT || s->form == LETTER_UTF8 ? 1 : 2, n = 0;
	bool tells = false, foreign = false, valid = true, head = s->p < s->rows;
	bool space = s->p > s->start && s->p[-1] == 0xA0;

	while ((size_t)(s->end - s->p) >= unit) {
		char32_t c = next_char(s, &valid);

		if (!in_word(s, c)) {
			space |= c == 0xA0;
			break;
		}
		tells |= c >= 0x80;
		foreign |= c >= 0x250 && !(c >= 0x300 && c <= 0x36F) &&
			   !(c >= 0x1E00 && c <= 0x1EFF);
		if (n < WORD_MAX)
			w->c[n] = c;
		n++;
	}
	if (!tells || foreign || n > WORD_MAX)
		return;
	w->n = (unsigned char)n;
	w->valid = valid;
	w->head = head;
	w->space = space;
	s->valid += valid;
	s->n++;
}

/* The line that names the columns; one before it that names the separator, or is empty, is short. */
static void
find_rows(struct sample *s)
{
	size_t unit = s->form == LETTER_8BIT || s->form == LETTER_UTF8 ? 1 : 2, n = 0;

	for (s->rows = s->p; (size_t)(s->end - s->rows) >= unit; s->rows += unit, n++) {
		unsigned char c = s->rows[unit == 2 && s->form == LETTER_UTF16BE];

		if ((c != '\n' && c != '\r') || (unit == 2 && s->rows[s->form == LETTER_UTF16LE]))
			continue;
		if (n >= sizeof("sep=;\r"))
			break;
		n = 0;
	}
}

static void
take_sample(struct sample *s, enum letter_form form, const char *data, size_t len)
{
	s->form = form;
	s->n = s->valid = 0;
	s->start = s->p = (const unsigned char *)data;
	s->end = s->p + len;
	find_rows(s);
	while (s->n < WORDS && find_word(s))
		take_word(s);
}

/* --- what they say ---------------------------------------------------------------------------- */
struct count {
	unsigned words;            /* that are not plainly Unicode */
	unsigned any;              /* of these, Vietnamese in some reading */
	unsigned good[LETTER_FONTS];
	unsigned broken;           /* nobody writes such a word, of any language, as it stands */
};

static bool
capitals_font(const struct word *w)
{
	unsigned upper = 0;

	for (unsigned i = 0; i < w->n; i++) {
		upper += w->c[i] >= 'A' && w->c[i] <= 'Z';
		if (w->c[i] >= 'a' && w->c[i] <= 'z')
			return false;
	}
	return upper >= 2;
}

/* Without the signs around it, unless they are letters; 0: nothing that tells something is left. */
static size_t
read_word(const struct word *w, enum letter_font font, bool strict, char32_t out[WORD_MAX])
{
	size_t from = 0, n = w->n;
	bool tells = font == LETTER_FONT_VISCII;

	while (font != LETTER_FONT_VISCII && n && sign(w->c[n - 1]))
		n--;
	while (font != LETTER_FONT_VISCII && from < n && sign(w->c[from]))
		from++;
	for (size_t i = from; i < n; i++)
		tells |= w->c[i] > 0xA0;
	if (!tells)
		return 0;
	n = letter_font_read(font, strict, w->c + from, n - from, out);
	if (font == LETTER_FONT_TCVN3 && capitals_font(w))
		for (size_t i = 0; i < n; i++)
			out[i] = viet_upper(out[i]);
	return n;
}

/* A sign in the middle of a word, or capitals and small letters in a disorder. */
static bool
broken(const struct word *w)
{
	unsigned upper = 0, lower = 0;
	bool first = false;

	for (unsigned i = 0; i < w->n; i++) {
		char32_t c = w->c[i];

		if ((c < 0xC0 && c > 0xA0) || c == 0xD7 || c == 0xF7)
			return w->n > 1;
		if (viet_upper(c) == c && c != 0xDF && c != 0xFF)
			upper++;
		else
			lower++;
		first |= !i && upper;
	}
	return lower && upper > first;
}

static bool
plainly_unicode(const struct word *w)
{
	for (unsigned i = 0; i < w->n; i++)
		if (w->c[i] > 0xFF)
			return true;
	return false;
}

/* Nothing but plain letters and signs: a word in quotation marks, unless VISCII makes more of it. */
static bool
signs_only(const struct word *w)
{
	char32_t read[WORD_MAX];

	for (unsigned i = 0; i < w->n; i++)
		if (w->c[i] > 0xA0)
			return false;
	return w->n < 2 || !viet_syllable(read, read_word(w, LETTER_FONT_VISCII, true, read));
}

static struct count
count_words(const struct sample *s)
{
	struct count n = { 0, 0, { 0 }, 0 };
	char32_t read[WORD_MAX];

	for (unsigned i = 0; i < s->n; i++) {
		const struct word *w = &s->word[i];
		bool any = false;

		if (plainly_unicode(w) || signs_only(w))
			continue;
		n.words++;
		n.broken += broken(w);
		for (int f = LETTER_FONT_NONE; f < LETTER_FONTS; f++) {
			size_t k = read_word(w, (enum letter_font)f, true, read);
			bool good = viet_syllable(read, k) &&
				    (f != LETTER_FONT_VISCII ||
				     (s->form == LETTER_8BIT && !w->space));

			n.good[f] += good;
			any |= good;
		}
		n.any += any;
	}
	return n;
}

static enum letter_font
best_font(const struct count *n)
{
	enum letter_font best = LETTER_FONT_CP1258;

	for (int f = LETTER_FONT_CP1258 + 1; f < LETTER_FONTS; f++)
		if (n->good[f] > n->good[best])
			best = (enum letter_font)f;
	return best;
}

/* The rows by what the font makes of them. */
struct split {
	unsigned only, both; /* letter_typed.h */
	unsigned unicode;    /* surely not of the font */
};

static struct split
split_words(const struct sample *s, enum letter_font font)
{
	struct split n = { 0, 0, 0 };

	for (unsigned i = 0; i < s->n; i++) {
		const struct word *w = &s->word[i];
		struct letter_typed count;
		char32_t read[WORD_MAX];
		bool unicode;

		if (w->head)
			continue;
		unicode = viet_syllable(w->c, w->n) &&
			  !viet_syllable(read, letter_font_read(font, true, w->c, w->n, read));
		for (unsigned k = 0; k < w->n; k++)
			unicode |= letter_font_beyond(w->c[k]);
		count = letter_typed_count(font, w->c, w->n);
		n.unicode += unicode;
		n.only += unicode ? 0 : count.only;
		n.both += unicode ? 0 : count.both;
	}
	return n;
}

/*
 * The best font when that is clear: it reads nine of ten words that are Vietnamese in any reading
 * (names of other peoples are not) and half of all, clearly more than the next one, and twice as
 * many as there are when the text is left as it stands.  For text in Unicode a word of Latin
 * letters is no proof, unless nobody would write it or a vowel has a sign of VNI behind it: "Lü" may
 * be a name.
 */
static enum letter_font
pick(const struct count *n, bool bytes)
{
	enum letter_font best = best_font(n);
	unsigned good = n->good[best], next = 0;

	for (int f = LETTER_FONT_CP1258; f < LETTER_FONTS; f++)
		if (f != (int)best && n->good[f] > next)
			next = n->good[f];
	if (best == LETTER_FONT_VISCII && good < FEW) /* rare, and every byte is something in it */
		return LETTER_FONT_NONE;
	if (!good || good * 10 < n->any * 9 || good * 2 < n->words || next * 10 > good * 8)
		return LETTER_FONT_NONE;
	if (bytes)
		return best;
	if (n->good[LETTER_FONT_NONE] * 2 > good &&
	    (good < n->words || n->good[LETTER_FONT_NONE] == good))
		return LETTER_FONT_NONE;
	return n->broken || good >= 3 || best == LETTER_FONT_VNI ? best : LETTER_FONT_NONE;
}

/* Nothing is clear but that the text is not good as it stands. */
static bool
unclear(const struct count *n, bool bytes)
{
	unsigned good = n->good[best_font(n)];

	if (bytes)
		return n->words > 0;
	if (n->broken && good > n->good[LETTER_FONT_NONE])
		return true;
	return n->words >= 3 &&
	       (n->broken * 2 > n->words ||
		(good * 2 > n->words && n->good[LETTER_FONT_NONE] * 2 <= good));
}

/* A word on which the fonts differ most, as each has it. */
static void
show(const struct sample *s, struct buf *out)
{
	const struct word *w = s->n ? &s->word[0] : NULL;
	char32_t read[WORD_MAX];

	for (unsigned i = 0; i < s->n && w->n < 4; i++)
		if (s->word[i].n > w->n && !plainly_unicode(&s->word[i]))
			w = &s->word[i];
	for (int f = LETTER_FONT_CP1258; w && f < LETTER_FONTS; f++) {
		size_t n = read_word(w, (enum letter_font)f, false, read);
		AUTO(buf) word = BUF_INIT;

		if (f == LETTER_FONT_VISCII && s->form != LETTER_8BIT)
			break;
		for (size_t i = 0; i < n; i++)
			viet_put(&word, read[i]);
		buf_printf(out, "%s%s reads \"", f > LETTER_FONT_CP1258 ? ", " : "",
			   letter_font_words[f]);
		text_show(word.data, word.len, WORD_MAX, out);
		buf_char(out, '"');
	}
}

/* Text in Unicode: what the font has to leave alone. */
static void
judge_unicode(const struct sample *s, const struct count *n, struct letter_guess *g)
{
	struct split words = split_words(s, g->font ? g->font : best_font(n));
	bool all = !words.unicode && (!words.both || (words.only >= PLENTY && words.both <= words.only));

	if (g->font == LETTER_FONT_NONE) {
		g->broken = !words.unicode && unclear(n, false);
	} else if (!all) {
		/* each row says by itself what is wrong with it when the font is left out */
		g->careful = words.only > words.both && words.only > words.unicode;
		g->font = g->careful ? g->font : LETTER_FONT_NONE;
	}
}

void
letter_guess(enum letter_form form, const char *data, size_t len, struct letter_guess *g)
{
	struct sample *s = xcalloc(1, sizeof(*s));
	struct count n;

	buf_init(&g->shown);
	take_sample(s, form == LETTER_8BIT ? LETTER_UTF8 : form, data, len);
	if (form == LETTER_8BIT && s->valid * 2 < s->n)
		take_sample(s, LETTER_8BIT, data, len);
	n = count_words(s);
	g->form = s->form;
	g->font = pick(&n, s->form == LETTER_8BIT);
	g->careful = g->broken = false;
	if (s->form == LETTER_8BIT)
		g->broken = g->font == LETTER_FONT_NONE && unclear(&n, true);
	else
		judge_unicode(s, &n, g);
	if (g->broken)
		show(s, &g->shown);
	free(s);
}

bool
letter_guess_good(enum letter_form form, const char *data, size_t len, enum letter_font named)
{
	struct sample *s = xcalloc(1, sizeof(*s));
	struct count n;
	unsigned unicode;
	bool good;

	take_sample(s, form, data, len);
	n = count_words(s);
	unicode = s->n - n.words;
	good = unicode > n.words || n.good[LETTER_FONT_NONE] * 2 > n.words ||
	       n.good[named] < n.good[LETTER_FONT_NONE];
	free(s);
	return good;
}
