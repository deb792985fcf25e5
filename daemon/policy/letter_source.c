/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/letter_guess.h"
#include "daemon/policy/letter_reader.h"

#define CHUNK (16 * 1024) /* bytes converted at once */
#define HOW "save it as \"CSV UTF-8\""
#define FONTS "windows-1258, tcvn3, vni or viscii"

/*
 * Encodings a caller may name.  Not every one that iconv knows: the name comes from outside, and
 * several of glibc's rarer converters have looped or crashed on bytes made on purpose
 * (CVE-2016-10228, CVE-2020-27618, CVE-2021-3326).
 */
static const struct encoding {
	const char *name, *iconv;
	enum letter_font font;
	bool bytes;  /* one byte a character: any file at all can be read as such */
	bool listed; /* in the message that lists them */
} encodings[] = {
	{ "utf-8", NULL, LETTER_FONT_NONE, false, true },
	{ "utf8", NULL, LETTER_FONT_NONE, false, false },
	{ "utf-16", "UTF-16", LETTER_FONT_NONE, false, true },
	{ "utf-16le", "UTF-16LE", LETTER_FONT_NONE, false, true },
	{ "utf-16be", "UTF-16BE", LETTER_FONT_NONE, false, true },
	{ "windows-1258", "WINDOWS-1258", LETTER_FONT_CP1258, true, true },
	{ "cp1258", "WINDOWS-1258", LETTER_FONT_CP1258, true, false },
	{ "tcvn3", "WINDOWS-1252", LETTER_FONT_TCVN3, true, true },
	{ "tcvn", "WINDOWS-1252", LETTER_FONT_TCVN3, true, false },
	{ "abc", "WINDOWS-1252", LETTER_FONT_TCVN3, true, false },
	{ "vni", "WINDOWS-1252", LETTER_FONT_VNI, true, true },
	{ "viscii", "VISCII", LETTER_FONT_NONE, true, true },
	{ "windows-1252", "WINDOWS-1252", LETTER_FONT_NONE, true, true },
	{ "iso-8859-1", "ISO-8859-1", LETTER_FONT_NONE, true, true },
};
#define ENCODINGS (sizeof(encodings) / sizeof(*encodings))

/* The name of the code page whose number these digits are, or begin with `least` of them. */
static const char *
page_name(const char *name, size_t least)
{
	static const struct {
		const char *number, *name;
	} pages[] = { { "1258", "windows-1258" }, { "1252", "windows-1252" },
		      { "8859", "iso-8859-1" },	  { "5712", "tcvn3" } };
	char digits[5] = "";
	size_t n = 0;

	for (const char *p = name; *p && n < sizeof(digits) - 1; p++)
		if (*p >= '0' && *p <= '9')
			digits[n++] = *p;
	for (size_t i = 0; n >= least && i < sizeof(pages) / sizeof(*pages); i++)
		if (!strncmp(pages[i].number, digits, n))
			return pages[i].name;
	return NULL;
}

/* What a name that is not known most likely means: CP-1252, window-1258, utf-32, cp125. */
static const char *
nearest_encoding(const char *name)
{
	const char *words[ENCODINGS + 1] = { NULL }, *near = page_name(name, 4);

	for (size_t i = 0, n = 0; i < ENCODINGS; i++)
		if (encodings[i].listed || !strcmp(encodings[i].name, "abc"))
			words[n++] = encodings[i].name;
	if (!near)
		near = nearest_word(name, words);
	return near ? near : page_name(name, 3);
}

static const struct encoding *
find_encoding(const char *name, struct err *e)
{
	const char *near;
	AUTO(buf) shown = BUF_INIT, lower = BUF_INIT, all = BUF_INIT;

	for (size_t i = 0; i < ENCODINGS; i++)
		if (!strcasecmp(name, encodings[i].name))
			return &encodings[i];
	text_show(name, strlen(name), LETTER_VALUE_SHOWN, &shown);
	for (const char *p = shown.data; *p; p++)
		buf_char(&lower, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
	near = nearest_encoding(lower.data);
	for (size_t i = 0; i < ENCODINGS; i++)
		if (encodings[i].listed)
			buf_printf(&all, "%s%s", all.len ? i + 1 < ENCODINGS ? ", " : " and " : "",
				   encodings[i].name);
	err_set(e, ERR_USAGE, "the encoding \"%s\" is not known here%s%s%s; there are %s", shown.data,
		near ? " (did you mean " : "", near ? near : "", near ? "?)" : "", all.data);
	return NULL;
}

/* What people send by mistake. */
static const char *
guess_kind(const char *data, size_t len)
{
	static const struct {
		const char *magic, *kind;
	} kinds[] = {
		{ "PK\x03\x04", "an Excel or OpenDocument file" },
		{ "\xD0\xCF\x11\xE0", "an old Excel or Word file" },
		{ "%PDF", "a PDF file" },
		{ "{\\rtf", "a Word (RTF) file" },
		{ "\x1F\x8B", "a compressed file" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (len >= strlen(kinds[i].magic) &&
		    !memcmp(data, kinds[i].magic, strlen(kinds[i].magic)))
			return kinds[i].kind;
	return NULL;
}

static bool
starts(struct letter_source *s, const char *mark, size_t n)
{
	if (s->left < n || memcmp(s->next, mark, n))
		return false;
	s->next += n;
	s->left -= n;
	return true;
}

/* iconv's name of the encoding, and the one for people. */
static int
start_converting(struct letter_source *s, const char *iconv_name, const char *name, struct err *e)
{
	s->cd = iconv_open("UTF-8", iconv_name);
	if (s->cd == (iconv_t)-1)
		return err_set(e, ERR_USAGE,
			       "this machine's iconv cannot read %s: convert the file to UTF-8 "
			       "and send it again", iconv_name);
	s->converting = true;
	s->name = name;
	s->in = s->next;
	s->in_left = s->left;
	s->next = s->out.data;
	s->left = 0;
	return 0;
}

static const char *const forms[] = { "", "UTF-8", "UTF-16LE", "UTF-16BE" };

/* Bytes in the code of a font. */
static int
start_bytes(struct letter_source *s, enum letter_font font, struct err *e)
{
	const char *name = letter_font_words[font];

	if (font == LETTER_FONT_CP1258) /* iconv knows it, and which bytes it lacks */
		return start_converting(s, "WINDOWS-1258", name, e);
	if (font == LETTER_FONT_VISCII)
		return start_converting(s, "VISCII", name, e);
	s->font = font;
	return start_converting(s, "WINDOWS-1252", name, e);
}

static int
start_form(struct letter_source *s, enum letter_form form, struct err *e)
{
	if (form == LETTER_UTF16LE || form == LETTER_UTF16BE)
		return start_converting(s, forms[form], forms[form], e);
	return 0;
}

/* No encoding was named: the bytes have to say it. */
static int
open_unnamed(struct letter_source *s, enum letter_form form, bool marked, struct err *e)
{
	struct letter_guess g;
	int rc;

	if (!marked)
		form = letter_guess_utf16(s->next, s->left);
	if (!marked && form != LETTER_8BIT)
		s->guessed = forms[form];
	letter_guess(form, s->next, s->left, &g);
	if (g.font != LETTER_FONT_NONE)
		s->guessed = letter_font_names[g.font];
	if (g.form == LETTER_8BIT && g.font != LETTER_FONT_NONE) {
		rc = start_bytes(s, g.font, e);
	} else {
		s->font = g.font;
		s->careful = g.careful;
		s->unicode = g.font == LETTER_FONT_NONE || g.careful;
		rc = start_form(s, g.form, e);
	}
	if (g.broken && g.form == LETTER_8BIT) /* said at the line that is not UTF-8 */
		buf_str(&s->tried, g.shown.data);
	else if (g.broken && !rc)
		rc = err_set(e, ERR_USAGE,
			     "the Vietnamese letters of the file are broken, as if it was typed in "
			     "an old font, and it is not clear in which: a word of it %s; save it "
			     "with a Unicode font, or name the code with --encoding " FONTS,
			     g.shown.data);
	buf_release(&g.shown);
	return rc;
}

/*
 * The caller says a one-byte encoding but the bytes are good UTF-8 with letters beyond ASCII: no
 * Vietnamese text in such an encoding looks like that, and taking it at its word would put broken
 * names into the directory.
 */
static bool
plainly_utf8(const char *data, size_t len)
{
	size_t n = len < CHUNK ? len : CHUNK, high = 0;
	long bad = text_invalid(data, n);

	for (size_t i = 0; i < n; i++)
		high += (unsigned char)data[i] >= 0x80;
	return high >= 4 && (bad < 0 || (n < len && (size_t)bad + 4 > n));
}

/* Text in Unicode of which the caller says that it was typed in the font. */
static int
open_typed(struct letter_source *s, const struct encoding *named, enum letter_form form,
	   struct err *e)
{
	if (letter_guess_good(form, s->next, s->left, named->font))
		return err_set(e, ERR_USAGE,
			       "the file is in %s already, not in %s: send it without naming an "
			       "encoding", forms[form], named->name);
	s->font = named->font;
	return start_form(s, form, e);
}

static int
open_named(struct letter_source *s, const struct encoding *named, struct err *e)
{
	enum letter_form utf16;

	if (!named->iconv)
		return 0;
	if (named->bytes && plainly_utf8(s->next, s->left)) {
		if (named->font != LETTER_FONT_NONE)
			return open_typed(s, named, LETTER_UTF8, e);
		return err_set(e, ERR_USAGE,
			       "the file is in UTF-8 already, not in %s: send it without naming an "
			       "encoding", named->name);
	}
	utf16 = letter_guess_utf16(s->next, s->left);
	if (named->font != LETTER_FONT_NONE && utf16 != LETTER_8BIT)
		return open_typed(s, named, utf16, e);
	if (named->font != LETTER_FONT_NONE)
		return start_bytes(s, named->font, e);
	if (!strcmp(named->iconv, "UTF-16"))
		return start_form(s, utf16 != LETTER_8BIT ? utf16 : LETTER_UTF16LE, e);
	return start_converting(s, named->iconv, named->iconv, e);
}

int
letter_source_open(struct letter_source *s, const char *data, size_t len, const char *encoding,
		   struct err *e)
{
	const struct encoding *named = NULL;
	const char *kind = guess_kind(data, len);
	enum letter_form form = LETTER_8BIT;

	*s = (struct letter_source){ .next = data, .left = len, .out = BUF_INIT,
				     .typed = BUF_INIT, .tried = BUF_INIT };
	if (encoding && *encoding && !(named = find_encoding(encoding, e)))
		return -1;
	if (kind)
		return err_set(e, ERR_USAGE, "this is %s, not CSV: %s" HOW, kind,
			       !strncmp(data, "PK", 2)
				       ? "hopthuctl converts a file named .xlsx when xlsx2csv is "
					 "installed; or open it and "
				       : "open it and ");
	if (starts(s, "\xEF\xBB\xBF", 3))
		form = LETTER_UTF8;
	else if (starts(s, "\xFF\xFE", 2))
		form = LETTER_UTF16LE;
	else if (starts(s, "\xFE\xFF", 2))
		form = LETTER_UTF16BE;
	if (!named)
		return open_unnamed(s, form, form != LETTER_8BIT, e);
	if (form == LETTER_8BIT)
		return open_named(s, named, e);
	if (named->font != LETTER_FONT_NONE)
		return open_typed(s, named, form, e);
	return start_form(s, form, e);
}

void
letter_source_close(struct letter_source *s)
{
	if (s->converting)
		iconv_close(s->cd);
	s->converting = false;
	buf_release(&s->out);
	buf_release(&s->typed);
	buf_release(&s->tried);
}

/* Converts the next bytes.  The end of what there is, and bytes that are not of that encoding, are
 * the end of it. */
static void
convert(struct letter_source *s)
{
	char out[4 * CHUNK + 64], *to = out;
	char *in = (char *)s->in; /* iconv does not write there */
	size_t n = s->in_left < CHUNK ? s->in_left : CHUNK, left = n, room = sizeof(out);
	bool last = n == s->in_left;
	size_t rc = iconv(s->cd, &in, &left, &to, &room);

	s->bad = rc == (size_t)-1 && (errno == EILSEQ || (errno == EINVAL && last));
	s->in += n - left;
	s->in_left -= n - left;
	if (!s->bad && !s->in_left) /* a letter of windows-1258 that waited for its mark */
		iconv(s->cd, NULL, NULL, &to, &room);
	s->done = s->bad || !s->in_left;
	buf_add(&s->out, out, (size_t)(to - out));
}

/* Converts until a line of any allowed length is in sight, or to the end. */
static void
fill(struct letter_source *s)
{
	if (!s->converting || s->done || s->left > LETTER_LINE_MAX)
		return;
	memmove(s->out.data, s->next, s->left);
	s->out.len = s->left;
	while (!s->done && s->out.len <= 2 * LETTER_LINE_MAX)
		convert(s);
	s->next = s->out.data;
	s->left = s->out.len;
}

/* Bytes of the line at s->next with its end; 0 when it is too long. */
static size_t
line_size(const struct letter_source *s)
{
	size_t window = s->left <= LETTER_LINE_MAX ? s->left : LETTER_LINE_MAX;
	const char *lf = memchr(s->next, '\n', window);
	const char *cr = memchr(s->next, '\r', lf ? (size_t)(lf - s->next) : window);

	if (cr && cr + 1 != lf)
		return (size_t)(cr + 1 - s->next);
	if (lf)
		return (size_t)(lf + 1 - s->next);
	return s->left <= LETTER_LINE_MAX ? s->left : 0;
}

static int
check_utf8(const struct letter_source *s, const char *line, size_t n, struct err *e)
{
	const char *nul = memchr(line, '\0', n);
	long bad;

	if (nul)
		return err_set(e, ERR_USAGE,
			       "there is a NUL byte after %zu characters of this line; the file is "
			       "damaged or not text: " HOW " again",
			       text_length(line, (size_t)(nul - line)));
	bad = text_invalid(line, n);
	if (bad < 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "character %zu of this line (byte 0x%02X) is not UTF-8%s%s; " HOW
		       ", or name the code of the file with --encoding " FONTS,
		       text_length(line, (size_t)bad) + 1, (unsigned char)line[bad],
		       s->tried.len ? ", and in which code the file is is not clear: a word of it "
				      : "", s->tried.data);
}

int
letter_source_line(struct letter_source *s, const char **line, size_t *n, struct err *e)
{
	size_t len;

	fill(s);
	if (!s->left && !s->bad)
		return 0;
	s->line++;
	len = line_size(s);
	if (s->left && !len)
		return err_set(e, ERR_USAGE,
			       "the line is longer than %d KiB; this is no CSV of a letter: " HOW,
			       LETTER_LINE_MAX / 1024);
	if (s->bad && len == s->left && !(len && strchr("\r\n", s->next[len - 1])))
		return err_set(e, ERR_USAGE,
			       "character %zu of this line (byte 0x%02X) is not %s: " HOW
			       ", or name the encoding it really has",
			       text_length(s->next, len) + 1,
			       s->in_left ? (unsigned char)*s->in : 0, s->name);
	if (check_utf8(s, s->next, len, e))
		return -1;
	*line = s->next;
	*n = len;
	s->next += len;
	s->left -= len;
	if (s->font == LETTER_FONT_NONE)
		return 1;
	s->unicode_header |= s->header && letter_font_unicode(*line, *n);
	if (!s->header || !s->unicode_header) {
		buf_clear(&s->typed);
		letter_font_line(s->font, s->careful && !s->header, *line, *n, &s->typed);
		*line = s->typed.data;
		*n = s->typed.len;
	}
	return 1;
}
