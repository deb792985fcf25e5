/* SPDX-License-Identifier: BSD-2-Clause */
#include <sasl/sasl.h>
#include <sasl/saslutil.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "common/mem.h"
#include "daemon/api/scram_header.h"

/* One name=value or name="value"; *p moves behind it and its comma. */
static int
parameter(const char **p, char *name, size_t name_size, char *value, size_t value_size)
{
	const char *s = *p + strspn(*p, " \t");
	size_t n = strcspn(s, "= \t,\""), v;
	bool quoted;

	if (!n || n >= name_size || s[n] != '=')
		return -1;
	snprintf(name, name_size, "%.*s", (int)n, s);
	s += n + 1;
	quoted = *s == '"';
	s += quoted;
	v = strcspn(s, quoted ? "\"\\" : " \t,\"");
	if (v >= value_size || (quoted && s[v] != '"'))
		return -1;
	snprintf(value, value_size, "%.*s", (int)v, s);
	s += v + quoted;
	s += strspn(s, " \t");
	if (*s && *s != ',')
		return -1;
	*p = *s ? s + 1 : s;
	return 0;
}

int
scram_header_read(const char *text, struct scram_message *m)
{
	char name[16], value[SCRAM_DATA * 4 / 3 + 8];
	size_t n = strlen(SCRAM_MECHANISM);

	*m = (struct scram_message){ .sid = "" };
	if (strncasecmp(text, SCRAM_MECHANISM, n) || (text[n] != ' ' && text[n] != '\t'))
		return -1;
	for (text += n; *text;) {
		if (parameter(&text, name, sizeof(name), value, sizeof(value)))
			return -1;
		if (!strcasecmp(name, "sid")) {
			if (m->has_sid || strlen(value) != SCRAM_SID)
				return -1;
			m->has_sid = true;
			memcpy(m->sid, value, sizeof(m->sid));
		} else if (!strcasecmp(name, "data")) {
			if (m->has_data || !*value ||
			    sasl_decode64(value, (unsigned)strlen(value), m->data, sizeof(m->data),
					  &m->len) != SASL_OK)
				return -1;
			m->has_data = true;
		}
	}
	return m->has_data ? 0 : -1;
}
