/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/buf.h"
#include "common/vocab.h"

#define X(N, w, d) w,
static const char *const ops[] = { VOCAB_OPS(X) };
static const char *const states[] = { VOCAB_STATES(X) };
static const char *const statuses[] = { VOCAB_STATUSES(X) };
static const char *const roles[] = { VOCAB_ROLES(X) };
static const char *const events[] = { VOCAB_EVENTS(X) };
static const char *const kinds[] = { VOCAB_KINDS(X) };
static const char *const channels[] = { VOCAB_CHANNELS(X) };
static const char *const bases[] = { VOCAB_BASES(X) };
#undef X

const char *const letter_ops[] = { "create", "update",	"suspend", "resume",   "close",
				   "restore", "purge", "rename",  "transfer", NULL };

static const char *
word(const char *const *words, int count, int n)
{
	return n >= 0 && n < count ? words[n] : "?";
}

static int
number(const char *const *words, int count, const char *w)
{
	for (int i = 0; i < count; i++)
		if (!strcmp(words[i], w))
			return i;
	return -1;
}

const char *
op_word(int op)
{
	return word(ops, OP_COUNT, op);
}

const char *
state_word(int state)
{
	return word(states, STATE_COUNT, state);
}

const char *
status_word(int status)
{
	return word(statuses, STATUS_COUNT, status);
}

const char *
role_word(int role)
{
	return word(roles, ROLE_COUNT, role);
}

const char *
event_word(int event)
{
	return word(events, EVENT_COUNT, event);
}

const char *
kind_word(int kind)
{
	return word(kinds, KIND_COUNT, kind);
}

const char *
channel_word(int channel)
{
	return word(channels, CHANNEL_COUNT, channel);
}

const char *
basis_word(int basis)
{
	return word(bases, BASIS_COUNT, basis);
}

int
op_from(const char *w)
{
	return number(ops, OP_COUNT, w);
}

int
state_from(const char *w)
{
	return number(states, STATE_COUNT, w);
}

int
status_from(const char *w)
{
	return number(statuses, STATUS_COUNT, w);
}

int
kind_from(const char *w)
{
	return number(kinds, KIND_COUNT, w);
}

int
channel_from(const char *w)
{
	return number(channels, CHANNEL_COUNT, w);
}

int
basis_from(const char *w)
{
	return number(bases, BASIS_COUNT, w);
}

int
roles_from(const char *words, const char **bad)
{
	static char unknown[40];
	int bits = 0;

	while (*words) {
		size_t n = strcspn(words, ",");
		int r;

		unknown[0] = '\0';
		strncat(unknown, words, n < sizeof(unknown) ? n : sizeof(unknown) - 1);
		r = number(roles, ROLE_COUNT, unknown);
		if (r < 0) {
			if (bad)
				*bad = unknown;
			return -1;
		}
		bits |= 1 << r;
		words += n;
		words += *words == ',';
	}
	return bits;
}

char *
roles_text(int bits)
{
	struct buf b = BUF_INIT;

	for (int i = 0; i < ROLE_COUNT; i++)
		if (bits & (1 << i))
			buf_printf(&b, "%s%s", b.len ? "," : "", roles[i]);
	return buf_steal(&b);
}

/* Damerau-Levenshtein distance (a swap of neighbours counts one); words over 31 bytes are far. */
static int
distance(const char *a, const char *b)
{
	enum { MAX = 32 };
	int d[MAX + 1][MAX + 1];
	int n = (int)strlen(a), m = (int)strlen(b);

	if (n >= MAX || m >= MAX)
		return MAX;
	for (int i = 0; i <= n; i++)
		d[i][0] = i;
	for (int j = 0; j <= m; j++)
		d[0][j] = j;
	for (int i = 1; i <= n; i++)
		for (int j = 1; j <= m; j++) {
			int best = d[i - 1][j - 1] + (a[i - 1] != b[j - 1]);

			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	return d[n][m];
}

const char *
nearest_word(const char *typed, const char *const *words)
{
	const char *best = NULL;
	int least = 3;

	for (; *words; words++) {
		int n = distance(typed, *words);

		if (n < least && n * 2 < (int)strlen(*words) + 1) {
			least = n;
			best = *words;
		}
	}
	return best;
}
