/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/name.h"

#define LOCAL_MAX 64 /* RFC 5321 section 4.5.3.1.1 */
#define LOOKALIKE \
	"if it looks like a Latin letter it comes from another alphabet: type the name again " \
	"on a Vietnamese keyboard"

static bool
allowed(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Length of the apostrophe or hyphen at s, 0 when it is none. */
static size_t
joiner(const char *s)
{
	static const char *const joiners[] = {
		"'", "-", "`", "\u2018", "\u2019", "\u02BC", "\u02BB", "\u00B4", "\u2010", "\u2011",
	};

	for (size_t i = 0; i < sizeof(joiners) / sizeof(*joiners); i++) {
		size_t n = strlen(joiners[i]);

		if (!strncmp(s, joiners[i], n))
			return n;
	}
	return 0;
}

static size_t
char_size(const char *s)
{
	size_t n = 1;

	while (((unsigned char)s[n] & 0xC0) == 0x80)
		n++;
	return n;
}

/* The first character, as the person wrote it, that has no place in an address. */
static const char *
find_unfoldable(const char *full)
{
	while (*full) {
		size_t n = char_size(full);
		AUTO(str) one = xstrndup(full, n);
		AUTO(str) folded = text_fold(one);
		bool good = *full == ' ' || joiner(full);

		for (const char *p = folded; !good && *p; p++)
			if (!allowed(*p))
				return full;
		full += n;
	}
	return full;
}

static int
unfoldable(const char *full, struct err *e)
{
	char shown[32];

	text_show_char(find_unfoldable(full), shown, sizeof(shown));
	return err_set(e, ERR_USAGE,
		       "the character %s in the name cannot be written in an address; " LOOKALIKE,
		       shown);
}

/* Folded words without their joiners; -1 when a character is left over or a word is empty. */
static int
fold_words(const char *full, struct buf *out, struct err *e)
{
	AUTO(str) folded = text_fold(full);
	const char *p = folded;

	while (*p) {
		size_t n = joiner(p);

		if (n) {
			p += n;
			continue;
		}
		if (*p == ' ' && (!out->len || out->data[out->len - 1] == ' '))
			break;
		if (*p != ' ' && !allowed(*p))
			return unfoldable(full, e);
		buf_char(out, *p++);
	}
	if (*p || !out->len || out->data[out->len - 1] == ' ')
		return err_set(e, ERR_USAGE,
			       "a word of the name has no letter: write apostrophes and hyphens "
			       "inside a word, without spaces around them");
	return 0;
}

int
name_parse(struct name *n, const char *text, struct err *e)
{
	AUTO(str) full = text_clean(text, strlen(text), e);
	AUTO(buf) folded = BUF_INIT;
	const char *first, *last;

	if (!full)
		return -1;
	if (!*full)
		return err_set(e, ERR_USAGE, "the name is empty");
	if (text_length(full, strlen(full)) > NAME_MAX_CHARS)
		return err_set(e, ERR_USAGE, "the name is longer than %d characters",
			       NAME_MAX_CHARS);
	if (fold_words(full, &folded, e))
		return -1;
	first = strchr(full, ' ');
	last = strrchr(full, ' ');
	n->family = xstrndup(full, first ? (size_t)(first - full) : 0);
	n->given = xstrdup(last ? last + 1 : full);
	n->full = STEAL(full);
	n->folded = buf_steal(&folded);
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

/* Placeholders: each writes its part of the folded words. */
static void
put_given(const struct name *n, unsigned seq, struct buf *out)
{
	const char *last = strrchr(n->folded, ' ');

	(void)seq;
	buf_str(out, last ? last + 1 : n->folded);
}

static void
put_family(const struct name *n, unsigned seq, struct buf *out)
{
	const char *first = strchr(n->folded, ' ');

	(void)seq;
	if (first)
		buf_add(out, n->folded, (size_t)(first - n->folded));
}

static void
put_middle(const struct name *n, unsigned seq, struct buf *out)
{
	const char *first = strchr(n->folded, ' '), *last = strrchr(n->folded, ' ');

	(void)seq;
	for (; first && first < last; first++)
		if (*first != ' ')
			buf_char(out, *first);
}

static void
put_initials(const struct name *n, unsigned seq, struct buf *out)
{
	const char *word = n->folded, *space;

	(void)seq;
	for (; (space = strchr(word, ' ')); word = space + 1)
		buf_char(out, *word);
}

static void
put_full(const struct name *n, unsigned seq, struct buf *out)
{
	(void)seq;
	for (const char *p = n->folded; *p; p++)
		if (*p != ' ')
			buf_char(out, *p);
}

static void
put_seq(const struct name *n, unsigned seq, struct buf *out)
{
	(void)n;
	if (seq)
		buf_printf(out, "%u", seq);
}

#define PLACEHOLDERS(X) X(given) X(family) X(middle) X(initials) X(full) X(seq)
#define KNOWN "{given} {family} {middle} {initials} {full} {seq}"

#define X(word) #word,
static const char *const words[] = { PLACEHOLDERS(X) NULL };
#undef X
#define X(word) put_##word,
static void (*const put[])(const struct name *, unsigned, struct buf *) = { PLACEHOLDERS(X) };
#undef X

/* Index of the placeholder "{word}" at p and its length with the braces; -1 when it is none. */
static int
placeholder(const char *p, size_t *len)
{
	size_t n = strcspn(p + 1, "{}");

	*len = n + 1 + (p[n + 1] == '}');
	for (int i = 0; p[n + 1] == '}' && words[i]; i++)
		if (strlen(words[i]) == n && !strncmp(words[i], p + 1, n))
			return i;
	return -1;
}

static int
unknown_placeholder(const char *p, size_t len, struct err *e)
{
	AUTO(buf) shown = BUF_INIT;
	AUTO(str) word = xstrndup(p + 1, len > 2 ? len - 2 : 0);
	const char *near = nearest_word(word, words);

	text_show(p, len, 24, &shown);
	if (p[len - 1] != '}')
		return err_set(e, ERR_CONFIG, "\"%s\" in the naming template has no closing brace",
			       shown.data);
	if (near)
		return err_set(e, ERR_CONFIG,
			       "%s is no placeholder of naming templates; did you mean {%s}?  "
			       "There are " KNOWN, shown.data, near);
	return err_set(e, ERR_CONFIG,
		       "%s is no placeholder of naming templates; there are " KNOWN, shown.data);
}

int
name_check_template(const char *template, struct err *e)
{
	bool personal = false;
	char shown[32];

	for (const char *p = template; *p;) {
		size_t len = 1;

		if (*p == '{') {
			int i = placeholder(p, &len);

			if (i < 0)
				return unknown_placeholder(p, len, e);
			personal = personal || put[i] != put_seq;
		} else if (!allowed(*p) && *p != '.') {
			text_show_char(p, shown, sizeof(shown));
			return err_set(e, ERR_CONFIG,
				       "%s cannot stand in a naming template; there are a-z, 0-9, "
				       "the dot and " KNOWN, shown);
		}
		p += len;
	}
	if (!personal)
		return err_set(e, ERR_CONFIG,
			       "the naming template has nothing of the person's name in it; there "
			       "are " KNOWN);
	return 0;
}

int
name_apply(const char *template, const struct name *n, unsigned seq, struct buf *out,
	   struct err *e)
{
	AUTO(buf) local = BUF_INIT;

	for (const char *p = template; *p;) {
		size_t len = 1;

		if (*p == '{') {
			int i = placeholder(p, &len);

			if (i < 0)
				return unknown_placeholder(p, len, e);
			put[i](n, seq, &local);
		} else {
			buf_char(&local, *p);
		}
		p += len;
	}
	if (name_check_local(local.data, e)) {
		AUTO(buf) shown = BUF_INIT;

		text_show(n->full, strlen(n->full), 60, &shown);
		return err_wrap(e, "the naming template makes no address of \"%s\"", shown.data);
	}
	buf_clear(out);
	buf_add(out, local.data, local.len);
	return 0;
}

int
name_check_local(const char *local, struct err *e)
{
	size_t n = strlen(local);
	char shown[32];

	if (!n)
		return err_set(e, ERR_USAGE, "the part of the address before the @ is empty");
	for (const char *p = local; *p; p++) {
		if (allowed(*p) || *p == '.')
			continue;
		text_show_char(p, shown, sizeof(shown));
		return err_set(e, ERR_USAGE,
			       "%s cannot stand in an address; there are a-z, 0-9 and single dots",
			       shown);
	}
	if (n > LOCAL_MAX)
		return err_set(e, ERR_USAGE,
			       "the part of the address before the @ has %zu characters, %d are "
			       "the most", n, LOCAL_MAX);
	if (local[0] == '.' || local[n - 1] == '.' || strstr(local, ".."))
		return err_set(e, ERR_USAGE,
			       "a dot in an address must stand between two letters or digits");
	return 0;
}
