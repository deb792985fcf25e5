/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include "common/buf.h"
#include "common/text.h"
#include "daemon/api/door_uri.h"

static int
hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Decodes %XX (and + in a query).  NULL and e when the result is not text that we take. */
static char *
decode(const char *s, size_t n, bool query, struct err *e)
{
	AUTO(buf) b = BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '+' && query) {
			c = ' ';
		} else if (c == '%') {
			if (i + 2 >= n || hex(s[i + 1]) < 0 || hex(s[i + 2]) < 0) {
				err_set(e, ERR_USAGE, "the address has a %% that two hexadecimal digits do not follow");
				return NULL;
			}
			c = (unsigned char)(hex(s[i + 1]) << 4 | hex(s[i + 2]));
			i += 2;
			if (c == '/' && !query) {
				err_set(e, ERR_USAGE, "the path has an escaped slash (%%2F), which nothing here has in its name");
				return NULL;
			}
		}
		if (c == 0 || (!query && (c < 0x20 || c == 0x7f))) {
			err_set(e, ERR_USAGE, "the address has the control character %%%02X in it", c);
			return NULL;
		}
		buf_char(&b, (char)c);
	}
	if (text_invalid(b.data, b.len) >= 0) {
		err_set(e, ERR_USAGE, "the address is not valid UTF-8 when decoded");
		return NULL;
	}
	return buf_steal(&b);
}

static int
check_path(const char *path, struct err *e)
{
	for (const char *p = path; *p;) {
		size_t n = strcspn(++p, "/");

		if (!n && !*p && p == path + 1)
			return 0; /* "/" alone */
		if (!n || (n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return err_set(e, ERR_USAGE, "the path has an empty part, \".\" or \"..\" in it");
		p += n;
	}
	return 0;
}

static int
add_param(struct door_uri *u, const char *s, size_t n, struct err *e)
{
	const char *equal = memchr(s, '=', n);
	size_t key_len = equal ? (size_t)(equal - s) : n;
	AUTO(str) key = decode(s, key_len, true, e);
	AUTO(str) value = NULL;

	if (!key)
		return -1;
	value = equal ? decode(equal + 1, n - key_len - 1, true, e) : xstrdup("");
	if (!value)
		return -1;
	if (u->count == DOOR_PARAMS)
		return err_set(e, ERR_USAGE, "the query has more than %d keys", DOOR_PARAMS);
	for (unsigned i = 0; i < u->count; i++)
		if (!strcmp(u->params[i].key, key))
			return err_set(e, ERR_USAGE, "%.40s is given twice in the query", key);
	u->params[u->count].key = STEAL(key);
	u->params[u->count++].value = STEAL(value);
	return 0;
}

int
door_uri_parse(struct door_uri *u, const char *uri, struct err *e)
{
	size_t n = strcspn(uri, "?#"), end = n;

	memset(u, 0, sizeof(*u));
	if (*uri != '/')
		return err_set(e, ERR_USAGE, "the address must be a path that begins with a slash");
	if (end > 1 && uri[end - 1] == '/' && uri[end - 2] != '/')
		end--;
	u->path = decode(uri, end, false, e);
	if (!u->path || check_path(u->path, e) < 0)
		return -1;
	if (uri[n] != '?')
		return 0;
	for (uri += n + 1; *uri && *uri != '#'; uri += *uri == '&') {
		n = strcspn(uri, "&#");
		if (n && add_param(u, uri, n, e) < 0)
			return -1;
		uri += n;
	}
	return 0;
}

void
door_uri_release(struct door_uri *u)
{
	free(u->path);
	for (unsigned i = 0; i < u->count; i++) {
		free(u->params[i].key);
		free(u->params[i].value);
	}
	memset(u, 0, sizeof(*u));
}
