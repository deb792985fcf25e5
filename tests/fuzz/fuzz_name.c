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

static void
check_name(const char *text, const char *template)
{
	struct err e = ERR_INIT;
	AUTO(buf) out = BUF_INIT;
	struct name n;

	if (name_parse(&n, text, &e)) {
		check_error(&e);
		return;
	}
	BUG_ON(!*n.full || !*n.given || !*n.folded);
	BUG_ON(n.folded[strspn(n.folded, "abcdefghijklmnopqrstuvwxyz0123456789 ")]);
	BUG_ON(strstr(n.folded, "  ") || n.folded[0] == ' ');
	if (name_check_template(template, &e)) {
		check_error(&e);
		template = "{given}{initials}{seq}";
	}
	e = (struct err)ERR_INIT;
	if (name_apply(template, &n, 3, &out, &e))
		check_error(&e);
	else
		BUG_ON(name_check_local(out.data, NULL) || text_invalid(out.data, out.len) >= 0);
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
