/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/note_key.h"
#include "common/text.h"

#define DASH "\xe2\x80\x94 " /* em dash, space */
#define DASH_LEN 4
#define SIG_LEN 64
#define TIME_LEN 8

int
note_number(const char *text, size_t n, uint64_t *out)
{
	uint64_t value = 0;

	if (!n || n > 19 || (text[0] == '0' && n > 1)) /* 2^63-1 has 19 digits */
		return -1;
	for (size_t i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (uint64_t)(text[i] - '0');
	}
	if (value > NOTE_NUMBER_MAX)
		return -1;
	*out = value;
	return 0;
}

/* What a cosignature signs: tlog-cosignature, "Ed25519 signed message". */
static void
cosigned_text(const char *text, size_t n, uint64_t time, struct buf *out)
{
	buf_printf(out, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
	buf_add(out, text, n);
}

void
note_sign(const struct note_key *k, const char *text, size_t n, uint64_t time, struct buf *out)
{
	uint8_t bytes[4 + TIME_LEN + SIG_LEN];
	AUTO(buf) message = BUF_INIT;
	size_t len = 4;

	BUG_ON(!n || text[n - 1] != '\n');
	memcpy(bytes, k->id, 4);
	switch (k->algorithm) {
	case NOTE_ED25519:
		buf_add(&message, text, n);
		break;
	case NOTE_COSIGNATURE:
		BUG_ON(!time || time > NOTE_NUMBER_MAX);
		cosigned_text(text, n, time, &message);
		for (int i = 0; i < TIME_LEN; i++)
			bytes[len++] = (uint8_t)(time >> (56 - 8 * i));
		break;
	}
	note_key_sign(k, message.data, message.len, bytes + len);
	buf_printf(out, DASH "%s ", k->name);
	base64_add(out, bytes, len + SIG_LEN);
	buf_char(out, '\n');
}

/* One signature line with its new line; number is for the message. */
static int
read_signature(struct note_signature *s, const char *line, size_t len, int number, struct err *e)
{
	const char *name = line + DASH_LEN, *end = line + len - 1, *space;
	AUTO(str) bytes = NULL;
	ssize_t n;

	if (len <= DASH_LEN || memcmp(line, DASH, DASH_LEN))
		return err_set(e, ERR_USAGE, "signature %d does not begin with an em dash and a space",
			       number);
	space = memchr(name, ' ', (size_t)(end - name));
	if (!space || !note_name_ok(name, (size_t)(space - name)))
		return err_set(e, ERR_USAGE, "signature %d has no name of a key", number);
	bytes = xmalloc(len);
	n = base64_read(space + 1, (size_t)(end - space - 1), bytes, len);
	if (n < 5)
		return err_set(e, ERR_USAGE, "signature %d is not the base 64 text of 5 bytes or more",
			       number);
	memset(s, 0, sizeof(*s));
	s->name = name;
	s->name_len = (size_t)(space - name);
	s->line = line;
	s->line_len = len;
	memcpy(s->id, bytes, 4);
	if (n == 4 + SIG_LEN || n == 4 + TIME_LEN + SIG_LEN) {
		s->len = (size_t)n - 4;
		memcpy(s->bytes, bytes + 4, s->len);
	}
	return 0;
}

int
note_read_signatures(struct note *n, const char *lines, size_t len, const char *text,
		     size_t text_len, struct err *e)
{
	const char *p = lines, *end = lines + len;

	if (!len || len > NOTE_BYTES_MAX || text_invalid(lines, len) >= 0)
		return err_set(e, ERR_USAGE, "signatures are 1 to %d bytes of UTF-8", NOTE_BYTES_MAX);
	n->count = 0;
	for (const char *nl; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			return err_set(e, ERR_USAGE, "signature %d has no line end", n->count + 1);
		if (n->count == NOTE_SIGNATURES_MAX)
			return err_set(e, ERR_USAGE, "there are more than %d signatures",
				       NOTE_SIGNATURES_MAX);
		if (read_signature(&n->signatures[n->count], p, (size_t)(nl + 1 - p), n->count + 1, e))
			return -1;
		n->count++;
	}
	n->text = text;
	n->text_len = text_len;
	return 0;
}

int
note_read(struct note *n, const char *bytes, size_t len, struct err *e)
{
	size_t at = len;

	if (!len || len > NOTE_BYTES_MAX)
		return err_set(e, ERR_USAGE, "a note has 1 to %d bytes, this one %zu", NOTE_BYTES_MAX,
			       len);
	if (text_invalid(bytes, len) >= 0)
		return err_set(e, ERR_USAGE, "a note is UTF-8, and byte %ld of this one is not",
			       text_invalid(bytes, len) + 1);
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)bytes[i] < 0x20 && bytes[i] != '\n')
			return err_set(e, ERR_USAGE, "byte %zu of the note is a control character", i + 1);
	while (at > 1 && !(bytes[at - 1] == '\n' && bytes[at - 2] == '\n'))
		at--;
	if (at <= 1)
		return err_set(e, ERR_USAGE, "a note has an empty line between its text and its signatures");
	return note_read_signatures(n, bytes + at, len - at, bytes, at - 1, e);
}

static bool
signature_right(const struct note *n, const struct note_signature *s, const struct note_key *k,
		uint64_t *time)
{
	AUTO(buf) message = BUF_INIT;
	uint64_t t = 0;

	switch (k->algorithm) {
	case NOTE_ED25519:
		return s->len == SIG_LEN && note_key_signed(k, n->text, n->text_len, s->bytes);
	case NOTE_COSIGNATURE:
		for (int i = 0; i < TIME_LEN; i++)
			t = t << 8 | s->bytes[i];
		if (s->len != TIME_LEN + SIG_LEN || !t || t > NOTE_NUMBER_MAX)
			return false;
		cosigned_text(n->text, n->text_len, t, &message);
		*time = t;
		return note_key_signed(k, message.data, message.len, s->bytes + TIME_LEN);
	}
	return false;
}

enum note_verdict
note_verify(const struct note *n, const struct note_key *k, uint64_t *time, int *signature)
{
	enum note_verdict verdict = NOTE_ABSENT;

	for (int i = 0; i < n->count; i++) {
		const struct note_signature *s = &n->signatures[i];
		uint64_t t = 0;

		if (s->name_len != strlen(k->name) || memcmp(s->name, k->name, s->name_len) ||
		    memcmp(s->id, k->id, 4))
			continue;
		if (!signature_right(n, s, k, &t))
			return NOTE_BAD;
		if (verdict == NOTE_GOOD)
			continue;
		verdict = NOTE_GOOD;
		if (time)
			*time = t;
		if (signature)
			*signature = i;
	}
	return verdict;
}
