/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter_reader.h"

#define X(f, w, n) w,
const char *const letter_column_words[LETTER_COLUMN_COUNT + 1] = { LETTER_COLUMNS(X) NULL };
#undef X

void
letter_head_release(struct letter_head *h)
{
	free(h->agency);
	free(h->number);
	free(h->date);
	free(h->signer);
	free(h->reason);
	free(h->signer_title);
	free(h->requester);
	free(h->requester_phone);
	free(h->channel);
	free(h->contact);
	free(h->attachment);
	free(h->domain);
	memset(h, 0, sizeof(*h));
	h->declared = -1;
}

static int
check_text(const char *field, const char *value, size_t max, struct err *e)
{
	AUTO(str) clean = NULL;

	if (!value)
		return err_set(e, ERR_USAGE, "the letter's %s is missing", field);
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < 0x20)
			return err_set(e, ERR_USAGE,
				       "the letter's %s has a line break, a tab or another control "
				       "character in it", field);
	clean = text_clean(value, strlen(value), e);
	if (!clean)
		return err_wrap(e, "the letter's %s", field);
	if (!*clean)
		return err_set(e, ERR_USAGE, "the letter's %s is empty", field);
	if (text_length(clean, strlen(clean)) > max)
		return err_set(e, ERR_USAGE, "the letter's %s is longer than %zu characters",
			       field, max);
	return 0;
}

int
letter_head_check(const struct letter_head *h, struct err *e)
{
	if (check_text("agency", h->agency, 64, e) || check_text("number", h->number, 64, e) ||
	    check_text("date", h->date, 32, e))
		return -1;
	if (letter_check_date(h->date, e))
		return err_wrap(e, "the letter's date");
	return check_text("signer", h->signer, 128, e) || check_text("reason", h->reason, 512, e)
		       ? -1
		       : 0;
}

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
