/* SPDX-License-Identifier: BSD-2-Clause */
/* Whose signatures a checkpoint has, and what the witnesses confirmed in all. */
#include <string.h>

#include "tools/verify/verify_copy.h"

#define AHEAD_S 300

/* The key that signed a log of this size: of the log itself, where its records tell, else of the policy. */
const struct note_key *
points_key(const struct copy *c, const struct checkpoint *p)
{
	const struct origin *o = rules_origin(&c->rules, p->size);

	if (o && (!c->part || !strcmp(o->key.name, p->origin)))
		return !strcmp(o->key.name, p->origin) ? &o->key : NULL;
	for (int i = 0; c->trust && i < c->trust->log_count; i++)
		if (!strcmp(c->trust->logs[i].name, p->origin))
			return &c->trust->logs[i];
	return NULL;
}

static void
check_witnesses(struct copy *c, const struct note *n, const char *name, struct seen *seen)
{
	const struct trust *t = c->trust;

	for (int i = 0; t && i < t->witness_count; i++)
		switch (note_verify(n, &t->witnesses[i].key, &seen->time[i], NULL)) {
		case NOTE_GOOD:
			seen->mask |= UINT32_C(1) << i;
			break;
		case NOTE_BAD:
			SAY(c->report, SAY_SIGNATURE, 0, .s = name,
			    .t = t->witnesses[i].key.name);
			break;
		case NOTE_ABSENT:
			break;
		}
}

bool
quorum_signed(struct copy *c, const struct note *n, const struct checkpoint *p, const char *name,
	      int64_t record, struct seen *seen)
{
	const struct note_key *key = points_key(c, p);

	memset(seen, 0, sizeof(*seen));
	if (!key) {
		SAY(c->report, c->part ? SAY_KEY_UNTRUSTED : SAY_POINT_ORIGIN, record,
		    .s = c->part ? p->origin : name, .t = p->origin, .a = (int64_t)p->size);
		return false;
	}
	switch (note_verify(n, key, NULL, NULL)) {
	case NOTE_GOOD:
		break;
	case NOTE_ABSENT:
		SAY(c->report, SAY_UNSIGNED, record, .s = name,
		    .t = key->name);
		return false;
	case NOTE_BAD:
		SAY(c->report, SAY_SIGNATURE, record, .s = name,
		    .t = key->name);
		return false;
	}
	check_witnesses(c, n, name, seen);
	return true;
}

void
quorum_tail(struct points *p, uint64_t size)
{
	if (p->tail_size == size)
		return;
	p->tail_size = size;
	p->tail_t[0] = '\0';
	p->tail_next = true;
}

void
quorum_take(struct copy *c, uint64_t size, const struct seen *seen)
{
	struct points *p = &c->points;
	uint64_t last = 0;

	for (int i = 0; i < TRUST_MAX; i++) {
		if (!(seen->mask >> i & 1))
			continue;
		if (size >= p->by[i].size)
			p->by[i] = (struct confirmed){ size, seen->time[i] };
		if (seen->time[i] > last)
			last = seen->time[i];
		if (c->rules.records && c->rules.seq == (int64_t)size &&
		    c->rules.t_us / 1000000 > (int64_t)seen->time[i] + AHEAD_S)
			SAY(c->report, SAY_CLOCK_AHEAD, (int64_t)size);
	}
	if (!seen->mask || !c->trust || !trust_quorum(c->trust, seen->mask) || size < p->quorum.size)
		return;
	p->quorum = (struct confirmed){ size, last };
	quorum_tail(p, size);
}

/* Each key that the log ever had stands in the policy. */
static void
check_keys(struct copy *c)
{
	for (const struct origin *o = c->rules.origin; o; o = o->before) {
		bool known = false;

		for (int i = 0; i < c->trust->log_count; i++)
			known = known || (!strcmp(c->trust->logs[i].name, o->key.name) &&
					  !memcmp(c->trust->logs[i].public_key, o->key.public_key, 32));
		if (!known)
			SAY(c->report, SAY_KEY_UNTRUSTED, o->from,
			    .s = o->key.name);
	}
}

void
quorum_end(struct copy *c)
{
	const struct ask *ask = c->ask;
	const struct points *p = &c->points;

	if (!c->trust)
		return;
	check_keys(c);
	if (!p->quorum.size && !trust_quorum(c->trust, 0))
		SAY(c->report, SAY_QUORUM, 0);
	if (ask->max_age < 0)
		return;
	if (!p->quorum.time)
		SAY(c->report, SAY_AGE_UNKNOWN, 0);
	else if (ask->now > p->quorum.time && ask->now - p->quorum.time > (uint64_t)ask->max_age * 3600)
		SAY(c->report, SAY_AGE, 0, .a = (int64_t)((ask->now - p->quorum.time) / 3600),
		    .b = ask->max_age);
}
