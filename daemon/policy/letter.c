/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter_reader.h"

#define X(f, w, n) w,
const char *const letter_column_words[LETTER_COLUMN_COUNT + 1] = { LETTER_COLUMNS(X) NULL };
#undef X

__attribute__((format(printf, 5, 0))) static void
report(struct letter_reader *r, struct letter_error *error, const char *value, size_t n,
       const char *fmt, va_list ap)
{
	char message[ERR_MSG_MAX];

	if (r->ended)
		return;
	vsnprintf(message, sizeof(message), fmt, ap);
	buf_clear(&r->value);
	text_show(value, n, LETTER_VALUE_SHOWN, &r->value);
	error->value = r->value.data;
	error->message = message;
	if (++r->errors >= LETTER_ERRORS_MAX)
		r->ended = true;
	r->ev.error(r->ev.arg, error);
}

void
letter_report(struct letter_reader *r, unsigned row, unsigned line, const char *column,
	      const char *value, size_t n, const char *fmt, ...)
{
	struct letter_error error = { .row = row, .line = line, .column = column };
	va_list ap;

	va_start(ap, fmt);
	report(r, &error, value, n, fmt, ap);
	va_end(ap);
}

void
letter_note(struct letter_reader *r, unsigned row, unsigned line, const char *column,
	    const char *value, size_t n, const char *fmt, ...)
{
	struct letter_error note = { .row = row, .line = line, .column = column };
	char message[ERR_MSG_MAX] = "more was mended; it is not told of here";
	va_list ap;

	if (r->ended || !r->ev.note || r->notes >= LETTER_NOTES_MAX)
		return;
	if (++r->notes < LETTER_NOTES_MAX) {
		va_start(ap, fmt);
		vsnprintf(message, sizeof(message), fmt, ap);
		va_end(ap);
	} else {
		note = (struct letter_error){ .column = "" };
		n = 0;
	}
	buf_clear(&r->value);
	text_show(value, n, LETTER_VALUE_SHOWN, &r->value);
	note.value = r->value.data;
	note.message = message;
	r->ev.note(r->ev.arg, &note);
}

void
letter_stop(struct letter_reader *r, unsigned line, const char *fmt, ...)
{
	struct letter_error error = { .line = line, .column = "" };
	va_list ap;

	va_start(ap, fmt);
	report(r, &error, "", 0, fmt, ap);
	va_end(ap);
	r->ended = true;
}

unsigned
letter_count_row(struct letter_reader *r, unsigned line)
{
	if (r->rows >= r->max_rows) {
		letter_stop(r, line,
			    "the letter has more than %u rows, the most that one letter may have: "
			    "split it", r->max_rows);
		return 0;
	}
	return ++r->rows;
}

struct letter_reader *
letter_reader_new(enum letter_format format, const char *data, size_t len, const char *encoding,
		  unsigned max_rows, struct letter_head *head, const struct letter_events *ev)
{
	struct letter_reader *r = xcalloc(1, sizeof(*r));

	r->ev = *ev;
	r->head = head;
	r->max_rows = max_rows;
	buf_init(&r->value);
	buf_init(&r->key);
	r->seen = letter_seen_new();
	switch (format) {
	case LETTER_CSV:
		r->csv = letter_csv_new(r, data, len, encoding);
		break;
	case LETTER_JSON:
		r->json = letter_json_new(r, data, len, encoding);
		break;
	}
	return r;
}

bool
letter_reader_step(struct letter_reader *r, unsigned max_rows)
{
	bool more = false;

	if (!r->ended)
		more = r->csv ? letter_csv_step(r->csv, max_rows)
			      : letter_json_step(r->json, max_rows);
	if (more && !r->ended)
		return true;
	if (!r->ended && !r->rows && !r->errors)
		letter_stop(r, 0, "the letter has no rows");
	r->ended = true;
	return false;
}

unsigned
letter_reader_rows(const struct letter_reader *r)
{
	return r->rows;
}

unsigned
letter_reader_errors(const struct letter_reader *r)
{
	return r->errors;
}

void
letter_reader_free(struct letter_reader *r)
{
	if (!r)
		return;
	letter_csv_free(r->csv);
	letter_json_free(r->json);
	letter_seen_free(r->seen);
	buf_release(&r->value);
	buf_release(&r->key);
	free(r);
}
