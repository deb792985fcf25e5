/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/text.h"
#include "daemon/policy/name.h"
#include "tests/fuzz/fuzz.h"

/* A name and, after a line end, a template.  What comes out is a local part, or a printable error.
 */
static void
check_error(const struct err *e)
{
	BUG_ON(e->class == ERR_NONE || !*e->msg);
	BUG_ON(text_invalid(e->msg, strlen(e->msg)) >= 0);
	for (const char *p = e->msg; *p; p++)
		BUG_ON((unsigned char)*p < 0x20);
}

static void
check_text(const char *s, size_t n)
{
	AUTO(str) clean = text_clean(s, n, NULL);
	AUTO(str) again = clean ? text_clean(clean, strlen(clean), NULL) : NULL;
	AUTO(str) fold = clean ? text_fold(clean) : NULL;
	AUTO(str) twice = fold ? text_fold(fold) : NULL;
	AUTO(str) nfc = clean ? text_nfc(clean) : NULL;
	AUTO(buf) lower = BUF_INIT;

	if (!clean) {
		BUG_ON(text_is_clean(s, n));
		return;
	}
	BUG_ON(text_is_clean(s, n) && (strlen(clean) != n || memcmp(clean, s, n)));
	BUG_ON(!again || strcmp(again, clean));
	BUG_ON(!nfc || strcmp(nfc, clean));
	BUG_ON(!twice || strcmp(twice, fold));
	text_lower(clean, &lower);
	BUG_ON(text_invalid(lower.data, lower.len) >= 0);
	(void)text_width(clean);
}

/* By the templates of several provinces: the name as it is, whatever the template. */
static void
check_made(const struct name *n, const char *template)
{
	struct name_facts f = { n, "1990", "2", "417", n->full, "phong.skhcn" };
	struct err e = ERR_INIT;
	const char *column = NULL;
	AUTO(buf) out = BUF_INIT;
	AUTO(buf) shape = BUF_INIT;

	switch (name_make(template, &f, 3, &out, &column, &e)) {
	case NAME_MADE:
		BUG_ON(name_check_local(out.data, NULL));
		name_shape(out.data, &shape);
		BUG_ON(!shape.len || name_alike(out.data, out.data) != NAME_DIFFERENT);
		return;
	case NAME_NEEDS:
		BUG_ON(!column);
		check_error(&e);
		return;
	case NAME_UNFIT:
		check_error(&e);
		return;
	}
}

static void
check_name(const char *text, const char *template)
{
	static const char *const templates[] = {
		"{given}{initials}.{agency}", "{full}{yob}", "{family:1}{middle}{given}",
		"{family:1}{middle:1}{given}{mob}{yob}", "{given}{initials}{id:3}",
		"{given}{initials}{id:4}", "{full:1}{seq}", "{unit}", "{unit:1}.{agency:1}",
	};
	struct err e = ERR_INIT;
	struct name n;

	if (name_parse(&n, text, &e)) {
		check_error(&e);
		return;
	}
	BUG_ON(!*n.full || !*n.given || !*n.folded);
	BUG_ON(n.folded[strspn(n.folded, "abcdefghijklmnopqrstuvwxyz0123456789 ")]);
	BUG_ON(strstr(n.folded, "  ") || n.folded[0] == ' ');
	if (name_check_template(template, &e))
		check_error(&e);
	check_made(&n, template);
	for (size_t i = 0; i < sizeof(templates) / sizeof(*templates); i++)
		check_made(&n, templates[i]);
	name_release(&n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = xmalloc(size + 1), *line;

	memcpy(text, data, size);
	text[size] = '\0';
	check_text(text, size);
	line = strchr(text, '\n');
	if (line)
		*line++ = '\0';
	check_name(text, line ? line : "{full}{seq}");
	free(text);
	return 0;
}
