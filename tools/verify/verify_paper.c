/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/verify/verify_copy.h"

#define BOM "\xEF\xBB\xBF"
#define HEX_LEN (2 * DIGEST_LEN)
#define BASE64_LEN 43 /* of a root, without the "=" at its end */

/* --- three lines from paper ------------------------------------------------------------------- */

static bool
blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* The next line that is not empty, without blanks at its ends; inside: with those inside. */
static char *
typed_line(const char **p, bool inside)
{
	AUTO(buf) line = BUF_INIT;

	while (**p && !line.len) {
		size_t n = strcspn(*p, "\n"), from = 0, to = n;

		while (from < to && blank((*p)[from]))
			from++;
		while (to > from && blank((*p)[to - 1]))
			to--;
		for (; from < to; from++)
			if (inside || !blank((*p)[from]))
				buf_char(&line, (*p)[from]);
		*p += n + ((*p)[n] == '\n');
	}
	return line.len ? buf_steal(&line) : NULL;
}

/* 109.482 and 109,482: a point or comma between groups of three is how people write numbers. */
static void
join_thousands(char *size)
{
	char *to = size;

	for (const char *s = size; *s; s++)
		if ((*s != '.' && *s != ',') || s == size || strspn(s + 1, "0123456789") != 3)
			*to++ = *s;
	*to = 0;
}

/* Of 64 digits none can be a letter that looks like one. */
static void
mend_hex(char *root)
{
	for (; *root; root++) {
		if (*root == 'O' || *root == 'o')
			*root = '0';
		else if (*root == 'I' || *root == 'l' || *root == 'i')
			*root = '1';
	}
}

/* The root's 64 hex digits, as the sheet shows them in groups, or its base 64 as in the file. */
static int
typed_root(struct paper *p, char *root, struct err *e)
{
	AUTO(buf) full = BUF_INIT;
	size_t n = strlen(root);

	if (n == HEX_LEN) {
		mend_hex(root);
		p->hex = true;
		return digest_from_hex(root, p->point.root) ?
			       err_set(e, ERR_USAGE, "the root is 64 digits of 0-9 and a-f; there are "
					  "other characters among them") : 0;
	}
	buf_printf(&full, "%s%s", root, n == BASE64_LEN && root[n - 1] != '=' ? "=" : "");
	if (full.len != BASE64_LEN + 1)
		return err_set(e, ERR_USAGE, "the root has 64 characters (the groups on the sheet) or 44 "
			       "(as in the file), and %zu were typed", n);
	if (base64_read(full.data, full.len, p->point.root, DIGEST_LEN) != DIGEST_LEN)
		return err_set(e, ERR_USAGE, "the root has a character that is not there in base 64, or its "
			       "last one is not right: look at the paper again");
	return 0;
}

/* Three lines from paper: blanks anywhere but in the origin, any line ends, the root on several lines. */
static int
read_typed(struct paper *p, const char *text, struct err *e)
{
	AUTO(str) origin = typed_line(&text, true);
	AUTO(str) size = typed_line(&text, false);
	AUTO(buf) root = BUF_INIT;
	AUTO(buf) right = BUF_INIT;
	AUTO(buf) base64 = BUF_INIT;
	char *line;

	while ((line = typed_line(&text, false)) && strncmp(line, "\xE2\x80\x94", 3)) {
		buf_str(&root, line);
		free(line);
	}
	free(line);
	if (!origin || !size || !root.len)
		return err_set(e, ERR_USAGE, "a checkpoint has three lines: the name of the log, the number of "
			       "records, and the root");
	join_thousands(size);
	if (typed_root(p, root.data, e))
		return -1;
	base64_add(&base64, p->point.root, DIGEST_LEN);
	buf_printf(&right, "%s\n%s\n%s\n", origin, size, base64.data);
	return checkpoint_read_text(&p->point, right.data, right.len, e);
}

/* --- the file --------------------------------------------------------------------------------- */

static int
read_file(struct paper *p, struct err *e)
{
	AUTO(buf) text = BUF_INIT;
	FILE *f = fopen(p->file, "re");
	struct note note;
	char chunk[4096];
	size_t n;

	if (!f)
		return err_set(e, ERR_USAGE, "%s", strerror(errno));
	while (text.len <= NOTE_BYTES_MAX && (n = fread(chunk, 1, sizeof(chunk), f)))
		buf_add(&text, chunk, n);
	fclose(f);
	if (text.len > NOTE_BYTES_MAX)
		return err_set(e, ERR_USAGE, "this is too long for a checkpoint");
	if (text.len >= 2 && (!memcmp(text.data, "\xFF\xFE", 2) || !memcmp(text.data, "\xFE\xFF", 2)))
		return err_set(e, ERR_USAGE, "this is text in UTF-16: save it as UTF-8");
	if (!note_read(&note, text.data, text.len, NULL)) {
		buf_add(&p->note, text.data, text.len);
		return checkpoint_read(&p->point, &note, e);
	}
	return read_typed(p, text.len >= 3 && !memcmp(text.data, BOM, 3) ? text.data + 3 : text.data, e);
}

struct paper *
paper_read(const char *file, struct err *e)
{
	struct paper *p = xcalloc(1, sizeof(*p));

	p->file = xstrdup(file);
	buf_init(&p->note);
	if (!read_file(p, e))
		return p;
	err_wrap(e, "%s", file);
	paper_free(p);
	return NULL;
}

void
paper_free(struct paper *p)
{
	while (p) {
		struct paper *next = p->next;

		free(p->file);
		buf_release(&p->note);
		free(p);
		p = next;
	}
}

/* --- typed wrong ------------------------------------------------------------------------------ */

static void
written(const struct paper *p, const uint8_t root[DIGEST_LEN], struct buf *out)
{
	if (p->hex)
		buf_hex(out, root, DIGEST_LEN);
	else
		base64_add(out, root, DIGEST_LEN);
}

bool
paper_mistyped(const struct paper *p, const uint8_t root[DIGEST_LEN], struct buf *where)
{
	AUTO(buf) typed = BUF_INIT;
	AUTO(buf) right = BUF_INIT;
	int n = 0;

	if (p->note.len)
		return false;
	written(p, p->point.root, &typed);
	written(p, root, &right);
	for (size_t i = 0; i < right.len; i++)
		if (typed.data[i] != right.data[i]) {
			buf_printf(where, "%s%zu: %c/%c", n ? ", " : "", i + 1, typed.data[i], right.data[i]);
			n++;
		}
	return n && n <= PAPER_MISTYPED_MAX;
}
