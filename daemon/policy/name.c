/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "daemon/policy/name_private.h"

#define LOOKALIKE \
	"if it looks like a Latin letter it comes from another alphabet: type the name again " \
	"on a Vietnamese keyboard"

/*
 * Length of the apostrophe or hyphen at s, 0 when it is none.  In all the forms that keyboards and
 * word processors give: quotation marks, primes, accents that stand alone, dashes, full width.
 */
static size_t
joiner(const char *s)
{
	static const char *const joiners[] = {
		"'", "-", "`", "\u2019", "\u2018", "\u02BC", "\u02BB", "\u2010", "\u2011",
		"\u2012", "\u2013", "\u2212", "\u00B4", "\u2032", "\u201B", "\u02B9", "\u02BD",
		"\uFF07", "\uFF0D",
	};

	for (size_t i = 0; i < sizeof(joiners) / sizeof(*joiners); i++) {
		size_t n = strlen(joiners[i]);

		if (!strncmp(s, joiners[i], n))
			return n;
	}
	return 0;
}

/* What parts words, in a name and in a unit's name. */
#define NAME_PARTS " "
#define UNIT_PARTS " ,;:.()/&+\""

static size_t
char_size(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* The first character, as it was written, that has no place in an address. */
static const char *
find_unfoldable(const char *text, const char *parts)
{
	while (*text) {
		size_t n = char_size(text);
		AUTO(str) one = xstrndup(text, n);
		AUTO(str) folded = text_fold(one);
		bool good = strchr(parts, *text) || joiner(text);

		for (const char *p = folded; !good && *p; p++)
			if (!name_allowed(*p))
				return text;
		text += n;
	}
	return text;
}

static int
unfoldable(const char *text, const char *what, const char *parts, struct err *e)
{
	char shown[32];

	text_show_char(find_unfoldable(text, parts), shown, sizeof(shown));
	return err_set(e, ERR_USAGE,
		       "the character %s in the %s cannot be written in an address; " LOOKALIKE,
		       shown, what);
}

/* Drops the joiners from folded words, in place; -1 when a character is left over or a word is
 * empty. */
static int
join_words(char *folded, const char *full, struct err *e)
{
	char *out = folded;

	for (const char *p = folded; *p;) {
		size_t n;

		if (name_allowed(*p) || (*p == ' ' && out > folded && out[-1] != ' ')) {
			*out++ = *p++;
			continue;
		}
		if (*p == ' ') /* the word before it was nothing but joiners */
			goto empty;
		n = joiner(p);
		if (!n)
			return unfoldable(full, "name", NAME_PARTS, e);
		p += n;
	}
	*out = '\0';
	if (out > folded && out[-1] != ' ')
		return 0;
empty:
	return err_set(e, ERR_USAGE,
		       "a word of the name has no letter: write apostrophes and hyphens inside a "
		       "word, without spaces around them");
}

int
name_parse(struct name *n, const char *text, struct err *e)
{
	AUTO(str) full = text_clean(text, strlen(text), e);
	AUTO(str) folded = NULL;
	const char *first, *last;

	if (!full)
		return -1;
	if (!*full)
		return err_set(e, ERR_USAGE, "the name is empty");
	if (text_length(full, strlen(full)) > NAME_MAX_CHARS)
		return err_set(e, ERR_USAGE, "the name is longer than %d characters",
			       NAME_MAX_CHARS);
	folded = text_fold(full);
	if (join_words(folded, full, e))
		return -1;
	first = strchr(full, ' ');
	last = strrchr(full, ' ');
	n->family = xstrndup(full, first ? (size_t)(first - full) : 0);
	n->given = xstrdup(last ? last + 1 : full);
	n->full = STEAL(full);
	n->folded = STEAL(folded);
	return 0;
}

void
name_release(struct name *n)
{
	free(n->full);
	free(n->family);
	free(n->given);
	free(n->folded);
	memset(n, 0, sizeof(*n));
}

int
name_fold_unit(const char *unit, struct buf *out, struct err *e)
{
	AUTO(str) clean = text_clean(unit, strlen(unit), e);
	AUTO(str) folded = clean ? text_fold(clean) : NULL;
	size_t before = out->len;
	bool parted = false;

	if (!clean)
		return -1;
	for (const char *p = folded; *p;) {
		size_t n = 1;

		if (name_allowed(*p)) {
			if (parted && out->len > before)
				buf_char(out, ' ');
			buf_char(out, *p);
			parted = false;
		} else if (strchr(UNIT_PARTS, *p)) {
			parted = true;
		} else if (!(n = joiner(p))) {
			return unfoldable(clean, "unit", UNIT_PARTS, e);
		}
		p += n;
	}
	if (out->len == before)
		return err_set(e, ERR_USAGE, "the unit has no letter");
	return 0;
}

int
name_too_long(size_t n, struct err *e)
{
	return err_set(e, ERR_USAGE,
		       "the part of the address before the @ has %zu characters, %d are the most", n,
		       NAME_LOCAL_MAX);
}

int
name_check_local(const char *local, struct err *e)
{
	size_t n = strlen(local);
	char shown[32];

	if (!n)
		return err_set(e, ERR_USAGE, "the part of the address before the @ is empty");
	for (const char *p = local; *p; p++) {
		if (name_allowed(*p) || *p == '.')
			continue;
		text_show_char(p, shown, sizeof(shown));
		return err_set(e, ERR_USAGE,
			       "%s cannot stand in an address; there are a-z, 0-9 and single dots",
			       shown);
	}
	if (n > NAME_LOCAL_MAX)
		return name_too_long(n, e);
	if (local[0] == '.' || local[n - 1] == '.' || strstr(local, ".."))
		return err_set(e, ERR_USAGE,
			       "a dot in an address must stand between two letters or digits");
	return 0;
}
