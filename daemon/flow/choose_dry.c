/* SPDX-License-Identifier: BSD-2-Clause */
/* What a dry run has promised so far: a set of names, and where counting goes on. */
#include <string.h>

#include "daemon/flow/choose_dry.h"

struct choose_dry {
	char **slots; /* open addressing; NULL is free */
	size_t count, size; /* size is a power of two */
	struct hint hints[FLOW_HINTS];
};

static size_t
hash(const char *s)
{
	size_t h = 5381;

	for (; *s; s++)
		h = h * 33 + (unsigned char)*s;
	return h;
}

struct choose_dry *
choose_dry_new(void)
{
	struct choose_dry *d = xcalloc(1, sizeof(*d));

	d->size = 1024;
	d->slots = xcalloc(d->size, sizeof(*d->slots));
	return d;
}

void
choose_dry_free(struct choose_dry *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->size; i++)
		free(d->slots[i]);
	free(d->slots);
	free(d);
}

static char **
slot(const struct choose_dry *d, const char *local)
{
	for (size_t i = hash(local) & (d->size - 1);; i = (i + 1) & (d->size - 1))
		if (!d->slots[i] || !strcmp(d->slots[i], local))
			return &d->slots[i];
}

bool
choose_dry_has(const struct choose_dry *d, const char *local)
{
	return *slot(d, local) != NULL;
}

static void
grow(struct choose_dry *d)
{
	char **old = d->slots;
	size_t n = d->size;

	d->size *= 2;
	d->slots = xcalloc(d->size, sizeof(*d->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i])
			*slot(d, old[i]) = old[i];
	free(old);
}

void
choose_dry_take(struct choose_dry *d, const char *local)
{
	char **s;

	if (d->count * 2 > d->size)
		grow(d);
	s = slot(d, local);
	if (*s)
		return;
	*s = xstrdup(local);
	d->count++;
}

struct hint *
choose_hint(struct choose_dry *d, struct flow *f, const char *plain)
{
	struct hint *real = &f->hints[hash(plain) % FLOW_HINTS], *mine;

	if (!d)
		return real;
	mine = &d->hints[hash(plain) % FLOW_HINTS];
	if (strcmp(mine->login, plain) && !strcmp(real->login, plain))
		*mine = *real; /* what is given out already is not tried again */
	return mine;
}
