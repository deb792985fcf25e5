/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/letter.h"
#include "tests/fuzz/fuzz.h"

/*
 * Letters.  The first byte chooses format, encoding and the size of a step; the rest is the file.
 * Beyond not crashing: rows and errors come out in order, cells are clean, messages are printable
 * UTF-8, and the size of a step changes nothing.
 */
struct result {
	unsigned rows, errors, notes, last;
	uint64_t sum;
};

static void
add(struct result *r, const char *s)
{
	for (; *s; s++)
		r->sum = r->sum * 1099511628211u + (uint8_t)*s;
	r->sum = r->sum * 1099511628211u + 256;
}

static void
on_row(void *arg, const struct letter_row *row)
{
	struct result *r = arg;

	BUG_ON(row->number <= r->last);
	BUG_ON(row->op > OP_TRANSFER);
	BUG_ON(row->quota_bytes < -1 || row->quota_bytes > 1L << 40);
	r->last = row->number;
	r->rows++;
	for (int i = 0; i < LETTER_COLUMN_COUNT; i++) {
		AUTO(str) clean = text_clean(row->cell[i], strlen(row->cell[i]), NULL);

		BUG_ON(!clean || strcmp(clean, row->cell[i]));
		BUG_ON(strchr("=@", row->cell[i][0]) && row->cell[i][0]);
		add(r, clean);
	}
	BUG_ON(*row->cell[LETTER_kind] && kind_from(row->cell[LETTER_kind]) < 0);
	BUG_ON(*row->cell[LETTER_basis_kind] && basis_from(row->cell[LETTER_basis_kind]) < 0);
	BUG_ON(*row->cell[LETTER_effective] && strlen(row->cell[LETTER_effective]) != 10);
	BUG_ON(*row->cell[LETTER_birth_month] && strlen(row->cell[LETTER_birth_month]) != 2);
	BUG_ON(*row->cell[LETTER_new_address] && row->op != OP_RENAME &&
	       row->op != OP_TRANSFER);
	BUG_ON(row->op == OP_CREATE && !*row->cell[LETTER_full_name]);
	BUG_ON(row->op != OP_CREATE && !*row->cell[LETTER_address]);
}

static void
on_error(void *arg, const struct letter_error *e)
{
	struct result *r = arg;

	BUG_ON(text_invalid(e->value, strlen(e->value)) >= 0);
	BUG_ON(text_invalid(e->message, strlen(e->message)) >= 0);
	for (const char *p = e->value; *p; p++)
		BUG_ON((unsigned char)*p < 0x20);
	for (const char *p = e->message; *p; p++)
		BUG_ON((unsigned char)*p < 0x20);
	BUG_ON(!*e->message || (e->row && e->row < r->last));
	r->errors++;
	add(r, e->column);
	add(r, e->message);
}

static void
on_note(void *arg, const struct letter_error *e)
{
	struct result *r = arg;

	BUG_ON(text_invalid(e->value, strlen(e->value)) >= 0);
	BUG_ON(text_invalid(e->message, strlen(e->message)) >= 0);
	BUG_ON(!*e->message || ++r->notes > LETTER_NOTES_MAX);
	add(r, e->message);
}

static struct result
run(enum letter_format format, const char *encoding, const uint8_t *data, size_t size,
    unsigned step)
{
	struct result result = { .rows = 0 };
	struct letter_events ev = { .row = on_row, .error = on_error, .note = on_note,
				    .arg = &result };
	struct letter_head head = { .declared = -1 };
	struct letter_reader *r =
		letter_reader_new(format, (const char *)data, size, encoding, 5000, &head, &ev);

	while (letter_reader_step(r, step))
		;
	BUG_ON(letter_reader_errors(r) != result.errors);
	BUG_ON(result.errors > LETTER_ERRORS_MAX);
	BUG_ON(letter_reader_rows(r) < result.rows || letter_reader_rows(r) > 5000);
	BUG_ON(!result.rows && !result.errors);
	letter_reader_free(r);
	if (!letter_head_check(&head, &(struct err)ERR_INIT))
		BUG_ON(letter_head_check(&head, &(struct err)ERR_INIT));
	letter_head_release(&head);
	return result;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const encodings[] = { NULL, NULL, NULL, "windows-1258", "utf-16",
						 "vni", "tcvn", "windows-125" };
	enum letter_format format;
	const char *encoding;
	struct result a, b;

	if (!size)
		return 0;
	format = data[0] & 1 ? LETTER_JSON : LETTER_CSV;
	encoding = encodings[data[0] >> 1 & 7];
	a = run(format, encoding, data + 1, size - 1, 1u + (data[0] >> 4));
	b = run(format, encoding, data + 1, size - 1, 100000);
	BUG_ON(a.rows != b.rows || a.errors != b.errors || a.sum != b.sum);
	return 0;
}
