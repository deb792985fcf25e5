/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/note.h"

/* The next line without its new line; NULL when there is none. */
static const char *
take_line(const char **p, const char *end, size_t *len)
{
	const char *line = *p, *nl = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;

	if (!nl)
		return NULL;
	*len = (size_t)(nl - line);
	*p = nl + 1;
	return line;
}

int
checkpoint_read_text(struct checkpoint *c, const char *text, size_t len, struct err *e)
{
	const char *p = text, *end = text + len, *line;
	struct checkpoint read = { 0 };
	size_t n = 0;

	if (!(line = take_line(&p, end, &n)) || !n || n > NOTE_NAME_MAX || memchr(line, '\0', n))
		return err_set(e, ERR_USAGE, "line 1 of a checkpoint is its origin, 1 to %d bytes",
			       NOTE_NAME_MAX);
	memcpy(read.origin, line, n);
	if (!(line = take_line(&p, end, &n)) || note_number(line, n, &read.size))
		return err_set(e, ERR_USAGE, "line 2 of a checkpoint is the number of records, in decimal "
			       "without leading zeroes");
	if (!(line = take_line(&p, end, &n)) ||
	    base64_read(line, n, read.root, DIGEST_LEN) != DIGEST_LEN)
		return err_set(e, ERR_USAGE, "line 3 of a checkpoint is the root, 32 bytes in base 64");
	while (p < end)
		if (!take_line(&p, end, &n) || !n)
			return err_set(e, ERR_USAGE, "a checkpoint has no empty line and ends with a line");
	*c = read;
	return 0;
}

int
checkpoint_read(struct checkpoint *c, const struct note *n, struct err *e)
{
	return checkpoint_read_text(c, n->text, n->text_len, e);
}

void
checkpoint_text(const struct checkpoint *c, struct buf *out)
{
	buf_printf(out, "%s\n%llu\n", c->origin, (unsigned long long)c->size);
	base64_add(out, c->root, sizeof(c->root));
	buf_char(out, '\n');
}
