/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>

#include "common/json.h"
#include "common/text.h"

#define DEPTH_MAX 64
#define PLACE_MAX 200
#define SAFE_INTEGER 9007199254740991 /* 2^53-1 */

/* Says where it was, unless that would push out what it was. */
static int
name_place(struct err *e, const char *key, size_t element)
{
	AUTO(buf) shown = BUF_INIT;

	if (!e || strlen(e->msg) > PLACE_MAX)
		return -1;
	if (!key)
		return err_wrap(e, "element %zu", element);
	text_show(key, strlen(key), 60, &shown);
	return err_wrap(e, "%s", shown.data);
}

static int
check(const json_t *j, int depth, struct err *e)
{
	const char *key;
	json_t *v;
	size_t i;

	if (depth > DEPTH_MAX)
		return err_set(e, ERR_USAGE, "the JSON is nested deeper than %d levels", DEPTH_MAX);
	if (json_is_integer(j)) {
		json_int_t n = json_integer_value(j);

		if (n > SAFE_INTEGER || n < -SAFE_INTEGER)
			return err_set(e, ERR_USAGE,
				       "the number %" JSON_INTEGER_FORMAT
				       " is beyond 2^53-1, the largest that every JSON reader keeps exactly",
				       n);
	}
	json_object_foreach((json_t *)j, key, v)
		if (check(v, depth + 1, e))
			return name_place(e, key, 0);
	json_array_foreach(j, i, v)
		if (check(v, depth + 1, e))
			return name_place(e, NULL, i + 1);
	return 0;
}

json_t *
json_from_bytes(const char *data, size_t len, struct err *e)
{
	json_error_t je;
	json_t *j = json_loadb(data, len, JSON_REJECT_DUPLICATES, &je);

	if (!j) {
		AUTO(buf) shown = BUF_INIT; /* what jansson says has bytes of the input in it */

		text_show(je.text, strlen(je.text), JSON_ERROR_TEXT_LENGTH, &shown);
		err_set(e, ERR_USAGE, "this is not valid JSON: %s (line %d, column %d)", shown.data,
			je.line, je.column);
		return NULL;
	}
	if (check(j, 0, e)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

const char *
json_str(const json_t *obj, const char *key)
{
	return json_string_value(json_object_get(obj, key));
}
