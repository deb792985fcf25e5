/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/letter_reader.h"

#define CHUNK (16 * 1024) /* bytes converted at once */
#define HOW "save it as \"CSV UTF-8\""

/*
 * Encodings a caller may name.  Not every one that iconv knows: the name comes from outside, and
 * several of glibc's rarer converters have looped or crashed on bytes made on purpose
 * (CVE-2016-10228, CVE-2020-27618, CVE-2021-3326).
 */
static const struct encoding {
	const char *name, *iconv;
	bool bytes; /* one byte a character: any file at all can be read as such */
} encodings[] = {
	{ "utf-8", NULL, false },
	{ "utf8", NULL, false },
	{ "utf-16", "UTF-16", false },
	{ "utf-16le", "UTF-16LE", false },
	{ "utf-16be", "UTF-16BE", false },
	{ "windows-1258", "WINDOWS-1258", true },
	{ "cp1258", "WINDOWS-1258", true },
	{ "tcvn", "TCVN5712-1", true },
	{ "viscii", "VISCII", true },
	{ "windows-1252", "WINDOWS-1252", true },
	{ "iso-8859-1", "ISO-8859-1", true },
};
#define ENCODINGS (sizeof(encodings) / sizeof(*encodings))

/* The name of the code page whose number these digits are, or begin with `least` of them. */
static const char *
page_name(const char *name, size_t least)
{
	static const struct {
		const char *number, *name;
	} pages[] = { { "1258", "windows-1258" }, { "1252", "windows-1252" },
		      { "8859", "iso-8859-1" },	  { "5712", "tcvn" } };
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

	for (size_t i = 0; i < ENCODINGS; i++) /* cp1258 is not in the message's list */
		words[i] = strcmp(encodings[i].name, "cp1258") ? encodings[i].name : "windows-1258";
	if (!near)
		near = nearest_word(name, words);
	return near ? near : page_name(name, 3);
}

static const struct encoding *
find_encoding(const char *name, struct err *e)
{
	const char *near;
	AUTO(buf) shown = BUF_INIT, lower = BUF_INIT;

	for (size_t i = 0; i < ENCODINGS; i++)
		if (!strcasecmp(name, encodings[i].name))
			return &encodings[i];
	text_show(name, strlen(name), LETTER_VALUE_SHOWN, &shown);
	for (const char *p = shown.data; *p; p++)
		buf_char(&lower, (char)(*p >= 'A' && *p <= 'Z' ? *p + 32 : *p));
	near = nearest_encoding(lower.data);
	err_set(e, ERR_USAGE,
		"the encoding \"%s\" is not known here%s%s%s; there are utf-8, utf-16, utf-16le, "
		"utf-16be, windows-1258, tcvn, viscii, windows-1252 and iso-8859-1",
		shown.data, near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
	return NULL;
}

/* UTF-16 without its mark: half of the bytes of its ASCII letters are NUL. */
static const char *
guess_utf16(const char *data, size_t len)
{
	size_t n = len < 256 ? len : 256, zero[2] = { 0, 0 };

	for (size_t i = 0; i < n; i++)
		zero[i & 1] += !data[i];
	if (zero[1] * 4 > n && !zero[0])
		return "UTF-16LE";
	if (zero[0] * 4 > n && !zero[1])
		return "UTF-16BE";
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

static int
start_converting(struct letter_source *s, const char *name, struct err *e)
{
	s->cd = iconv_open("UTF-8", name);
	if (s->cd == (iconv_t)-1)
		return err_set(e, ERR_USAGE,
			       "this machine's iconv cannot read %s: convert the file to UTF-8 "
			       "and send it again", name);
	s->converting = true;
	s->name = name;
	s->in = s->next;
	s->in_left = s->left;
	s->next = s->out.data;
	s->left = 0;
	return 0;
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

int
letter_source_open(struct letter_source *s, const char *data, size_t len, const char *encoding,
		   struct err *e)
{
	const struct encoding *named = NULL;
	const char *kind = guess_kind(data, len), *utf16 = NULL;

	*s = (struct letter_source){ .next = data, .left = len, .out = BUF_INIT };
	if (encoding && *encoding && !(named = find_encoding(encoding, e)))
		return -1;
	if (kind)
		return err_set(e, ERR_USAGE, "this is %s, not CSV: open it and " HOW, kind);
	if (starts(s, "\xEF\xBB\xBF", 3))
		return 0;
	if (starts(s, "\xFF\xFE", 2))
		return start_converting(s, "UTF-16LE", e);
	if (starts(s, "\xFE\xFF", 2))
		return start_converting(s, "UTF-16BE", e);
	if (!named || !named->iconv)
		return 0;
	if (named->bytes && plainly_utf8(data, len))
		return err_set(e, ERR_USAGE,
			       "the file is in UTF-8 already, not in %s: send it without naming an "
			       "encoding", named->name);
	if (!strcmp(named->iconv, "UTF-16"))
		utf16 = guess_utf16(data, len) ? guess_utf16(data, len) : "UTF-16LE";
	return start_converting(s, utf16 ? utf16 : named->iconv, e);
}

void
letter_source_close(struct letter_source *s)
{
	if (s->converting)
		iconv_close(s->cd);
	s->converting = false;
	buf_release(&s->out);
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
check_utf8(const char *line, size_t n, struct err *e)
{
	const char *nul = memchr(line, '\0', n), *utf16 = guess_utf16(line, n);
	long bad;

	if (nul && utf16)
		return err_set(e, ERR_USAGE,
			       "the file looks like UTF-16 without its byte order mark: " HOW
			       ", or name its encoding, %s", utf16);
	if (nul)
		return err_set(e, ERR_USAGE,
			       "there is a NUL byte after %zu characters of this line; the file is "
			       "damaged or not text: " HOW " again",
			       text_length(line, (size_t)(nul - line)));
	bad = text_invalid(line, n);
	if (bad < 0)
		return 0;
	return err_set(e, ERR_USAGE,
		       "character %zu of this line (byte 0x%02X) is not UTF-8; the file looks like "
		       "Windows-1258, an old Vietnamese code page: " HOW
		       ", or name its encoding, windows-1258",
		       text_length(line, (size_t)bad) + 1, (unsigned char)line[bad]);
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
	if (check_utf8(s->next, len, e))
		return -1;
	*line = s->next;
	*n = len;
	s->next += len;
	s->left -= len;
	return 1;
}
