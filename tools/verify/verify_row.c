/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "tools/verify/verify_row.h"

void
names_add(struct names *n, uint64_t key)
{
	if (n->count == n->size) {
		n->size = n->size ? 2 * n->size : 2;
		n->key = xrealloc(n->key, n->size * sizeof(*n->key));
	}
	n->key[n->count++] = key;
}

bool
names_have(const struct names *n, uint64_t key)
{
	for (size_t i = 0; i < n->count; i++)
		if (n->key[i] == key)
			return true;
	return false;
}

uint64_t
names_last(const struct names *n)
{
	return n->count ? n->key[n->count - 1] : 0;
}

struct letter *
letter_new(int64_t req, bool order, uint64_t who)
{
	struct letter *l = xcalloc(1, sizeof(*l));

	l->req = req;
	l->order = order;
	l->who = who;
	l->needs = 1;
	return l;
}

void
letter_free(struct letter *l)
{
	free(l->namers.key);
	free(l->approvers.key);
	free(l->rows);
	free(l);
}

/* Rows mostly stand where their number says. */
struct row *
letter_row(const struct letter *l, uint64_t row)
{
	size_t low = 0, high = l->used;

	if (row && row <= l->used && l->rows[row - 1].row == row)
		low = row - 1, high = row;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (l->rows[middle].row < row)
			low = middle + 1;
		else if (l->rows[middle].row > row)
			high = middle;
		else
			return l->rows[middle].state == ROW_DONE ? NULL : &l->rows[middle];
	}
	return NULL;
}

struct row *
letter_add(struct letter *l, uint64_t row)
{
	struct row *r;

	if (!row || row > UINT32_MAX || (l->used && l->rows[l->used - 1].row >= row))
		return NULL;
	if (l->used == l->size) {
		l->size = l->size ? l->size + l->size / 2 : 4;
		l->rows = xrealloc(l->rows, l->size * sizeof(*l->rows));
	}
	r = &l->rows[l->used++];
	memset(r, 0, sizeof(*r));
	r->row = (uint32_t)row;
	l->live++;
	return r;
}

/* Gives the room of what is done back. */
static void
close_up(struct letter *l)
{
	size_t k = 0;

	for (size_t i = 0; i < l->used; i++)
		if (l->rows[i].state != ROW_DONE)
			l->rows[k++] = l->rows[i];
	l->used = l->size = k;
	l->rows = xrealloc(l->rows, k * sizeof(*l->rows));
}

void
letter_set(struct letter *l, struct row *row, enum row_state state)
{
	row->state = (uint8_t)state;
	if (state != ROW_DONE)
		return;
	l->live--;
	if (l->live && l->used > 64 && l->live < l->used / 4)
		close_up(l);
}

void
letter_again(struct letter *l)
{
	for (size_t i = 0; i < l->used; i++)
		if (l->rows[i].state == ROW_FAILED || l->rows[i].state == ROW_HELD)
			l->rows[i].state = ROW_AGAIN;
}

static char *
decimal(uint64_t n, char *end)
{
	do
		*--end = (char)('0' + n % 10);
	while (n /= 10);
	return end;
}

/* "<row> <hash>\n" */
static void
add_line(struct buf *out, const struct row *r)
{
	static const char hex[] = "0123456789abcdef";
	char line[24 + 2 * DIGEST_LEN], *end = line + 22, *begin = decimal(r->row, end), *p = end;

	*p++ = ' ';
	for (int i = 0; i < DIGEST_LEN; i++) {
		*p++ = hex[r->plan[i] >> 4];
		*p++ = hex[r->plan[i] & 15];
	}
	*p++ = '\n';
	buf_add(out, begin, (size_t)(p - begin));
}

uint64_t
letter_digest(struct letter *l, uint8_t out[DIGEST_LEN])
{
	AUTO(buf) text = BUF_INIT;
	struct digest *d;
	uint64_t count = 0;

	for (size_t i = 0; i < l->used; i++)
		count += l->rows[i].state == ROW_PLANNED;
	buf_printf(&text, "hopthu-plan/2 %" PRIu64 "\n", count);
	d = digest_new();
	for (size_t i = 0; i < l->used; i++) {
		if (l->rows[i].state != ROW_PLANNED)
			continue;
		l->rows[i].in_round = l->round;
		add_line(&text, &l->rows[i]);
		if (text.len > 60000) {
			digest_add(d, text.data, text.len);
			buf_clear(&text);
		}
	}
	digest_add(d, text.data, text.len);
	digest_final(d, out);
	return count;
}

const char *
row_state_word(enum row_state state)
{
	switch (state) {
	case ROW_NEEDY:
		return "name-needed";
	case ROW_PLANNED:
		return "planned";
	case ROW_RUNNING:
		return "begun";
	case ROW_HELD:
		return "held";
	case ROW_MOVED:
		return "moved";
	case ROW_FAILED:
		return "failed";
	case ROW_AGAIN:
		return "put back into the queue";
	case ROW_DONE:
		return "done";
	}
	return "?";
}
