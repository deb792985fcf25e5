/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/policy/policy_private.h"

void
policy_wrong(struct policy_wrong *w, unsigned line, const char *fmt, ...)
{
	char what[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	buf_printf(w->out, line ? "%s:%u: " : "%s: ", w->file, line);
	buf_printf(w->out, "%s\n", what);
	w->count++;
}

int
policy_word(const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++)
		if (!strcmp(words[i], word))
			return i;
	return -1;
}
