/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/text.h"
#include "common/trust.h"

#define WORDS_MAX (3 + 2 * TRUST_MAX)

/* One line taken apart; the words lead into a copy of it. */
struct line {
	char *word[WORDS_MAX];
	int count;
};

struct reader {
	struct trust *t;
	uint64_t used; /* members of some group */
	bool quorum;
};

static int
wrong(struct err *e, const char *fmt, const char *word, const char *end)
{
	AUTO(buf) shown = BUF_INIT;

	text_show(word, strlen(word), 60, &shown);
	return err_set(e, ERR_USAGE, "%s %s %s", fmt, shown.data, end);
}

/* The bit of a witness or group; 0: there is none of this name. */
static uint64_t
bit_of(const struct trust *t, const char *name)
{
	for (int i = 0; i < t->witness_count; i++)
		if (!strcmp(t->witnesses[i].name, name))
			return 1ull << i;
	for (int i = 0; i < t->group_count; i++)
		if (!strcmp(t->groups[i].name, name))
			return 1ull << (TRUST_MAX + i);
	return 0;
}

static int
check_new_name(const struct trust *t, const char *name, struct err *e)
{
	if (!strcmp(name, "none"))
		return err_set(e, ERR_USAGE, "the name none means no witness and cannot be given away");
	if (bit_of(t, name))
		return wrong(e, "the name", name, "is given twice");
	return 0;
}

static int
read_key(struct note_key *k, const char *text, enum note_algorithm algorithm, struct err *e)
{
	struct note_key key;

	if (note_key_read(&key, text, e))
		return -1;
	if (key.has_secret) {
		note_key_wipe(&key);
		return err_set(e, ERR_USAGE, "this is a secret key: a new one is needed now, and here its "
			       "public half, which does not begin with PRIVATE+KEY+");
	}
	if (key.algorithm != algorithm)
		return err_set(e, ERR_USAGE, "the key of %s is of kind %02x, and that of a %s is %02x", key.name,
			       (unsigned)key.algorithm, algorithm == NOTE_ED25519 ? "log" : "witness",
			       (unsigned)algorithm);
	*k = key;
	return 0;
}

static bool
same_key(const struct note_key *a, const struct note_key *b)
{
	return !memcmp(a->public_key, b->public_key, sizeof(a->public_key));
}

/* log VKEY [URL] */
static int
line_log(struct reader *r, const struct line *l, struct err *e)
{
	struct trust *t = r->t;
	struct note_key *k = &t->logs[t->log_count];

	if (l->count < 2 || l->count > 3)
		return err_set(e, ERR_USAGE, "a log is written: log KEY [URL]");
	if (t->log_count == TRUST_MAX)
		return err_set(e, ERR_USAGE, "there are more than %d logs", TRUST_MAX);
	if (read_key(k, l->word[1], NOTE_ED25519, e))
		return -1;
	for (int i = 0; i < t->log_count; i++)
		if (same_key(k, &t->logs[i]))
			return err_set(e, ERR_USAGE, "the key of the log %s stands here twice", k->name);
	t->log_count++;
	return 0;
}

/* witness NAME VKEY [URL] */
static int
line_witness(struct reader *r, const struct line *l, struct err *e)
{
	struct trust *t = r->t;
	struct trust_witness *w = &t->witnesses[t->witness_count];

	if (l->count < 3 || l->count > 4)
		return err_set(e, ERR_USAGE, "a witness is written: witness NAME KEY [URL]");
	if (t->witness_count == TRUST_MAX)
		return err_set(e, ERR_USAGE, "there are more than %d witnesses", TRUST_MAX);
	if (check_new_name(t, l->word[1], e) || read_key(&w->key, l->word[2], NOTE_COSIGNATURE, e))
		return -1;
	for (int i = 0; i < t->witness_count; i++)
		if (same_key(&w->key, &t->witnesses[i].key))
			return wrong(e, "the key of the witness", l->word[1], "stands here twice");
	w->name = xstrdup(l->word[1]);
	w->url = l->count == 4 ? xstrdup(l->word[3]) : NULL;
	t->witness_count++;
	return 0;
}

static int
read_members(struct reader *r, const struct line *l, uint64_t *members, struct err *e)
{
	for (int i = 3; i < l->count; i++) {
		uint64_t bit = bit_of(r->t, l->word[i]);

		if (!bit)
			return wrong(e, "there is no witness or group", l->word[i], "before this line");
		if ((r->used | *members) & bit)
			return wrong(e, "the member", l->word[i], "is in a group already, and counts only once");
		*members |= bit;
	}
	return 0;
}

/* group NAME all|any|K NAME... */
static int
line_group(struct reader *r, const struct line *l, struct err *e)
{
	struct trust *t = r->t;
	struct trust_group *g = &t->groups[t->group_count];
	uint64_t members = 0, needs = 0;
	int count = l->count - 3;

	if (count < 1)
		return err_set(e, ERR_USAGE, "a group is written: group NAME all|any|NUMBER MEMBER...");
	if (t->group_count == TRUST_MAX)
		return err_set(e, ERR_USAGE, "there are more than %d groups", TRUST_MAX);
	if (check_new_name(t, l->word[1], e) || read_members(r, l, &members, e))
		return -1;
	if (!strcmp(l->word[2], "all"))
		needs = (uint64_t)count;
	else if (!strcmp(l->word[2], "any"))
		needs = 1;
	else if (note_number(l->word[2], strlen(l->word[2]), &needs) || !needs ||
		 needs > (uint64_t)count)
		return err_set(e, ERR_USAGE, "a group needs all, any or 1 to %d of its members", count);
	*g = (struct trust_group){ xstrdup(l->word[1]), members, (int)needs };
	r->used |= members;
	t->group_count++;
	return 0;
}

/* quorum NAME|none */
static int
line_quorum(struct reader *r, const struct line *l, struct err *e)
{
	if (l->count != 2)
		return err_set(e, ERR_USAGE, "the quorum is written: quorum NAME, or quorum none");
	if (r->quorum)
		return err_set(e, ERR_USAGE, "there is a quorum already");
	r->t->quorum = bit_of(r->t, l->word[1]);
	if (!r->t->quorum && strcmp(l->word[1], "none"))
		return wrong(e, "there is no witness or group", l->word[1], "before this line");
	r->quorum = true;
	return 0;
}

static const struct {
	const char *word;
	int (*read)(struct reader *r, const struct line *l, struct err *e);
} lines[] = {
	{ "log", line_log },
	{ "witness", line_witness },
	{ "group", line_group },
	{ "quorum", line_quorum },
};

/* Writes NULs into text between the words: at white space, which is space and tab only. */
static int
split_line(struct line *l, char *text, struct err *e)
{
	l->count = 0;
	for (char *p = text; *p; p++)
		if (((unsigned char)*p < 0x20 && *p != '\t') || *p == 0x7f)
			return err_set(e, ERR_USAGE, "byte 0x%02X may not be here", (unsigned char)*p);
	for (char *p = text + strspn(text, " \t"); *p; p += strspn(p, " \t")) {
		if (*p == '#' && !l->count)
			return 0;
		if (l->count == WORDS_MAX)
			return err_set(e, ERR_USAGE, "there are more than %d words", WORDS_MAX);
		l->word[l->count++] = p;
		p += strcspn(p, " \t");
		if (*p)
			*p++ = '\0';
	}
	return 0;
}

static int
read_line(struct reader *r, const char *text, size_t n, struct err *e)
{
	AUTO(str) copy = xstrndup(text, n);
	struct line l;

	if (memchr(text, '\0', n))
		return err_set(e, ERR_USAGE, "byte 0x00 may not be here");
	if (split_line(&l, copy, e))
		return -1;
	if (!l.count)
		return 0;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (!strcmp(l.word[0], lines[i].word))
			return lines[i].read(r, &l, e);
	return wrong(e, "a line begins with log, witness, group, quorum or #, not with", l.word[0],
		     "(each word once, in lower case)");
}

int
trust_read(struct trust *t, const char *text, size_t n, const char *file, struct err *e)
{
	struct reader r = { .t = t };
	const char *end = text + n;
	int number = 1;

	memset(t, 0, sizeof(*t));
	if (n > TRUST_BYTES_MAX)
		return err_set(e, ERR_USAGE, "%s: has more than %d bytes", file, TRUST_BYTES_MAX);
	for (const char *p = text, *nl; p < end; p = nl + 1, number++) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl ? err_set(e, ERR_USAGE, "the last line has no line end: is the file complete?")
			: read_line(&r, p, (size_t)(nl - p), e)) {
			trust_release(t);
			return err_wrap(e, "%s:%d", file, number);
		}
	}
	if (!r.quorum) {
		trust_release(t);
		return err_set(e, ERR_USAGE, "%s:%d: there is no line quorum, which says how many witnesses are "
			       "enough", file, number);
	}
	return 0;
}

void
trust_release(struct trust *t)
{
	for (int i = 0; i < t->witness_count; i++) {
		free(t->witnesses[i].name);
		free(t->witnesses[i].url);
	}
	for (int i = 0; i < t->group_count; i++)
		free(t->groups[i].name);
	memset(t, 0, sizeof(*t));
}

bool
trust_quorum(const struct trust *t, uint32_t cosigned)
{
	uint64_t seen = cosigned & ((1ull << t->witness_count) - 1);

	for (int i = 0; i < t->group_count; i++)
		if (__builtin_popcountll(seen & t->groups[i].members) >= t->groups[i].needs)
			seen |= 1ull << (TRUST_MAX + i);
	return !t->quorum || (seen & t->quorum);
}
