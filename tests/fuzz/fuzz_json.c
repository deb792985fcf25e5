/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/canon.h"
#include "common/json.h"
#include "common/text.h"
#include "tests/fuzz/fuzz.h"

/* JSON from outside; every string that gets in can be written canonically and read back. */
static void
check_string(const char *s)
{
	AUTO(buf) out = BUF_INIT;
	json_t *back;

	buf_char(&out, '[');
	canon_quote(&out, s);
	buf_char(&out, ']');
	back = json_from_bytes(out.data, out.len, NULL);
	BUG_ON(!back || strcmp(json_string_value(json_array_get(back, 0)), s));
	json_decref(back);
}

static void
walk(const json_t *j, int depth)
{
	const char *key;
	json_t *v;
	size_t i;

	BUG_ON(depth > 64);
	if (json_is_string(j))
		check_string(json_string_value(j));
	json_object_foreach((json_t *)j, key, v) {
		check_string(key);
		walk(v, depth + 1);
	}
	json_array_foreach(j, i, v)
		walk(v, depth + 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err e = ERR_INIT;
	json_t *j = json_from_bytes((const char *)data, size, &e);

	if (j) {
		walk(j, 0);
		json_decref(j);
	} else {
		BUG_ON(e.class != ERR_USAGE || text_invalid(e.msg, strlen(e.msg)) >= 0);
		for (const char *p = e.msg; *p; p++)
			BUG_ON((unsigned char)*p < 0x20);
	}
	return 0;
}
