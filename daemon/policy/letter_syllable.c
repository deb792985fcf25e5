/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "daemon/policy/letter_font.h"

/*
 * How a Vietnamese syllable is built: onset, nucleus, coda.  In these tables the letters with marks
 * are capitals: A ă, B â, E ê, O ô, W ơ, U ư, D đ.
 */
static const char *const onsets[] = { "",  "b",	 "c", "ch", "d", "D",  "g",  "gh", "gi", "h",
				      "k", "kh", "l", "m",  "n", "ng", "ngh", "nh", "p", "ph",
				      "qu", "r", "s", "t",  "th", "tr", "v", "x" };

/* Codas: C ch, N ng, H nh, - none; each other is the letter itself. */
static const struct {
	const char *text, *codas;
} nuclei[] = {
	{ "a", "-cCmnNHptioyu" }, { "A", "cmnNpt" }, { "B", "cmnNptuy" }, { "e", "-cmnNpto" },
	{ "E", "-CmnHptu" }, { "i", "-CmnHptu" }, { "ia", "-" }, { "iE", "cmnNptu" },
	{ "y", "-CmnHptu" }, { "yE", "mnNtu" }, { "o", "-cimnNpt" }, { "oo", "cN" },
	{ "oa", "-cCimnNHopty" }, { "oA", "cmnNt" }, { "oe", "-nomt" }, { "O", "-cimnNpt" },
	{ "W", "-imnpt" }, { "u", "-cimnNpt" }, { "ua", "-" }, { "uB", "cntNy" },
	{ "uE", "-CnHu" }, { "uW", "-" }, { "uO", "cimnNtp" }, { "uy", "-CtnHup" },
	{ "uya", "-" }, { "uyE", "ntm" }, { "U", "-cimnNtu" }, { "Ua", "-" }, { "UW", "cimnNptu" },
};

#define LONGEST 8 /* letters: nghiêng has seven */
struct word {
	char text[LONGEST + 1]; /* in the letters of the tables */
	size_t n, toned;        /* letter that has the tone */
	char tone;
};

static char
table_letter(struct viet v)
{
	switch (v.mark) {
	case '(':
		return 'A';
	case '^':
		return v.base == 'a' ? 'B' : v.base == 'e' ? 'E' : 'O';
	case '+':
		return v.base == 'o' ? 'W' : 'U';
	case '-':
		return 'D';
	}
	return v.base;
}

static bool
add_letter(struct word *w, struct viet v)
{
	if (w->n == LONGEST || (v.tone && w->tone))
		return false;
	if (v.tone) {
		w->tone = v.tone;
		w->toned = w->n;
	}
	w->text[w->n++] = table_letter(v);
	w->text[w->n] = '\0';
	return true;
}

/* All small, the first one large, or all large. */
static bool
sane_case(size_t upper, bool first, size_t letters)
{
	return upper == 0 || (upper == 1 && first) || upper == letters;
}

static bool
read_word(const char32_t *c, size_t n, struct word *w)
{
	size_t upper = 0, letters = 0;
	bool first = false;

	for (size_t i = 0; i < n;) {
		struct viet v = viet_letter(c[i++]);

		if (!v.base)
			return false;
		for (; i < n && (viet_tone(c[i]) || viet_mark(c[i])); i++) {
			if (viet_tone(c[i]) ? v.tone : v.mark)
				return false;
			v.tone = viet_tone(c[i]) ? viet_tone(c[i]) : v.tone;
			v.mark = viet_mark(c[i]) ? viet_mark(c[i]) : v.mark;
		}
		if (!viet_join(v) || !add_letter(w, v))
			return false;
		first = letters == 0 ? v.upper : first;
		upper += v.upper;
		letters++;
	}
	return sane_case(upper, first, letters);
}

/* What is left after the nucleus, as one letter; 0: none of the codas. */
static char
coda(const char *rest)
{
	if (!*rest)
		return '-';
	if (!rest[1])
		return strchr("cmnptioyu", *rest) ? *rest : 0;
	if (!strcmp(rest, "ch"))
		return 'C';
	if (!strcmp(rest, "ng"))
		return 'N';
	return strcmp(rest, "nh") ? 0 : 'H';
}

/* Stopped syllables have the acute or the dot; the tone is on the nucleus, and on the letter of it
 * that has a mark, the last one when two have. */
static bool
well_toned(const struct word *w, size_t from, size_t to, char end)
{
	size_t marked = to;

	if (strchr("cCpt", end) && w->tone != TONE_ACUTE && w->tone != TONE_DOT)
		return false;
	if (!w->tone)
		return true;
	for (size_t i = from; i < to; i++)
		if (strchr("ABEOWU", w->text[i]))
			marked = i;
	return marked < to ? w->toned == marked : w->toned >= from && w->toned < to;
}

static bool
rhyme(const struct word *w, size_t from)
{
	for (size_t i = 0; i < sizeof(nuclei) / sizeof(*nuclei); i++) {
		size_t k;
		char end;

		if (*nuclei[i].text != w->text[from]) /* most of them: quick */
			continue;
		k = strlen(nuclei[i].text);
		if (strncmp(w->text + from, nuclei[i].text, k))
			continue;
		end = coda(w->text + from + k);
		if (end && strchr(nuclei[i].codas, end) && well_toned(w, from, from + k, end))
			return true;
	}
	return false;
}

bool
viet_syllable(const char32_t *c, size_t n)
{
	struct word w = { "", 0, 0, 0 };

	if (!read_word(c, n, &w))
		return false;
	for (size_t i = 0; i < sizeof(onsets) / sizeof(*onsets); i++) {
		size_t k;

		if (*onsets[i] && *onsets[i] != *w.text)
			continue;
		k = strlen(onsets[i]);
		if (!strncmp(w.text, onsets[i], k) && rhyme(&w, k))
			return true;
	}
	return false;
}
