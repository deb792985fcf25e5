/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"
#include "tools/verify/verify_rules.h"

/*
 * Records, one a line, as hopthu-verify meets them in a copy.  Beyond not crashing: what is canonical is
 * JSON that comes out the same when it is written anew, and every sentence can be printed.
 */
static int
root(void *arg, uint64_t size, uint8_t out[DIGEST_LEN])
{
	(void)arg;
	memset(out, (int)(size & 0xff), DIGEST_LEN);
	return size % 3 ? 0 : -1;
}

static enum note_verdict
anchor(void *arg, uint64_t size, const char *origin, struct span witness, struct span sig,
       const uint8_t said[DIGEST_LEN], uint64_t *time)
{
	(void)arg;
	(void)origin;
	(void)said;
	*time = size;
	return witness.n % 3 == 0 ? NOTE_GOOD : sig.n % 2 ? NOTE_BAD : NOTE_ABSENT;
}

static int64_t
stood_for(void *arg, uint64_t size)
{
	(void)arg;
	return size ? (int64_t)(size - 1) : 0;
}

static int
event(void *arg, int64_t seq, bool *has_subj)
{
	(void)arg;
	*has_subj = seq % 2;
	return (int)(seq % EVENT_COUNT);
}

static void
compare(const char *line, size_t n)
{
	struct canon_view v;
	json_t *j;
	char *back;

	if (canon_check(&v, line, n, NULL) != CANON_GOOD)
		return;
	BUG_ON(text_invalid(line, n) >= 0);
	j = json_from_bytes(line, n, NULL);
	BUG_ON(!j);
	back = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	/* jansson writes \u007f and the like as they are, and / as it is: as the canonical form does */
	BUG_ON(!back || strlen(back) != n || strncasecmp(back, line, n));
	free(back);
	json_decref(j);
}

static void
run(const uint8_t *data, size_t size, bool part, struct report *report)
{
	static const struct rules_world world = { root, anchor, stood_for, event, NULL };
	const char *p = (const char *)data, *end = p + size;
	struct rules rules;
	int64_t seq = 1;

	rules_init(&rules, report, &world, part);
	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t n = nl ? (size_t)(nl - p) : (size_t)(end - p);
		/* on its own, so that a byte behind it is seen to be read */
		char *line = xmalloc(n ? n : 1);

		memcpy(line, p, n);
		compare(line, n);
		(void)rules_add(&rules, seq++, line, n); /* goes on all the same */
		free(line);
		p += n + 1;
	}
	rules_end(&rules, true);
	rules_release(&rules);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct report report;

	report_init(&report);
	if (size)
		run(data + 1, size - 1, data[0] & 1, &report);
	report_settle(&report);
	for (size_t i = 0; i < report.count; i++)
		for (int lang = 0; lang < LANG_COUNT; lang++) {
			AUTO(buf) text = BUF_INIT;

			report_sentence(&report.said[i], (enum lang)lang, &text);
			BUG_ON(text_invalid(text.data, text.len) >= 0);
			for (const char *p = text.data; *p; p++)
				BUG_ON((unsigned char)*p < 0x20);
		}
	(void)report_verdict(&report);
	(void)report_first(&report);
	report_release(&report);
	return 0;
}
