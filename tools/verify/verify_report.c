/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/text.h"
#include "tools/verify/verify_report.h"

#define SHOWN_MAX 300 /* characters of a text of somebody else's */

static const struct saying {
	const char *code;
	enum say_class class;
	const char *text[LANG_COUNT];
} sayings[SAY_COUNT] = {
#define X(N, code, class, en, vi) { code, SAY_##class, { en, vi } },
	VERIFY_SAYINGS(X)
#undef X
};

const char *
say_code(enum say what)
{
	return sayings[what].code;
}

enum say_class
say_class(enum say what)
{
	return sayings[what].class;
}

const char *
say_text(enum say what, enum lang lang)
{
	return sayings[what].text[lang];
}

void
report_init(struct report *r)
{
	memset(r, 0, sizeof(*r));
}

void
report_release(struct report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free((void *)(uintptr_t)r->said[i].s);
		free((void *)(uintptr_t)r->said[i].t);
	}
	free(r->said);
	report_init(r);
}

/* Whatever stands in a file is shown, never sent to a terminal as it is. */
static char *
shown(const char *s)
{
	AUTO(buf) out = BUF_INIT;

	if (!s)
		return NULL;
	text_show(s, strlen(s), SHOWN_MAX, &out);
	return buf_steal(&out);
}

static bool
keep(struct report *r, const struct said *s)
{
	switch (say_class(s->what)) {
	case SAY_FAULT:
		return r->faults++ < REPORT_KEPT;
	case SAY_LACK:
		return r->lacks++ < REPORT_KEPT;
	case SAY_TELL:
		return r->total[s->what] <= REPORT_TOLD;
	}
	return false;
}

void
report_say(struct report *r, struct said said)
{
	if (say_class(said.what) == SAY_TELL && said.record && said.record < r->since)
		return;
	r->total[said.what]++;
	r->last[said.what] = said.record;
	if (!keep(r, &said))
		return;
	if (r->count == r->size) {
		r->size = r->size ? 2 * r->size : 16;
		r->said = xrealloc(r->said, r->size * sizeof(*r->said));
	}
	said.s = shown(said.s);
	said.t = shown(said.t);
	r->said[r->count++] = said;
}

const struct said *
report_first(const struct report *r)
{
	const struct said *best = NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct said *s = &r->said[i];

		if (say_class(s->what) == SAY_FAULT &&
		    (!best || (s->record && (!best->record || s->record < best->record))))
			best = s;
	}
	return best;
}

int64_t
report_bad(const struct report *r)
{
	int64_t best[2] = { 0, 0 };

	for (size_t i = 0; i < r->count; i++) {
		const struct said *s = &r->said[i];
		int64_t *b = &best[say_class(s->what) == SAY_LACK];

		if (say_class(s->what) != SAY_TELL && s->record && (!*b || s->record < *b))
			*b = s->record;
	}
	return r->faults ? best[0] : best[1];
}

static bool
of_a_root(enum say what)
{
	return what == SAY_ROOT || what == SAY_PAPER_ROOT || what == SAY_ANCHOR_ROOT;
}

/* What is wrong with the record itself: one that says a root of others may be right, and they wrong. */
static bool
by_itself(const struct said *s)
{
	return say_class(s->what) == SAY_FAULT && !of_a_root(s->what) && s->what != SAY_ROOT_SAID;
}

void
report_settle(struct report *r)
{
	for (size_t i = 0; i < r->count; i++) {
		struct said *root = &r->said[i];
		int64_t shown = 0;

		if (!of_a_root(root->what))
			continue;
		for (size_t k = 0; k < r->count; k++) {
			const struct said *s = &r->said[k];

			if (by_itself(s) && s->record > root->b && s->record <= root->a &&
			    (!shown || s->record < shown))
				shown = s->record;
		}
		if (shown)
			root->record = shown;
	}
}

void
report_sentence(const struct said *s, enum lang lang, struct buf *out)
{
	for (const char *p = say_text(s->what, lang); *p; p++) {
		if (*p != '{' || !p[1] || p[2] != '}') {
			buf_char(out, *p);
			continue;
		}
		switch (p[1]) {
		case 'n':
			buf_printf(out, "%" PRId64, s->record);
			break;
		case 'a':
			buf_printf(out, "%" PRId64, s->a);
			break;
		case 'b':
			buf_printf(out, "%" PRId64, s->b);
			break;
		case 's':
			buf_str(out, s->s ? s->s : "?");
			break;
		case 't':
			buf_str(out, s->t ? s->t : "?");
			break;
		}
		p += 2;
	}
}

enum verdict
report_verdict(const struct report *r)
{
	return r->faults ? VERDICT_TAMPERED : r->lacks ? VERDICT_INCOMPLETE : VERDICT_SOUND;
}
