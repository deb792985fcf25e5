/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/directory/dir_sync.h"
#include "tests/fuzz/fuzz.h"

/* What a directory sends of a change: taken apart within its bytes, or refused as a whole. */
struct seen {
	const uint8_t *data;
	size_t size, count;
};

static void
on_uuid(void *arg, const uint8_t uuid[DIR_UUID])
{
	struct seen *s = arg;

	BUG_ON(uuid < s->data || uuid + DIR_UUID > s->data + s->size);
	s->count++;
}

static void
check_cookie(const struct dir_sync_cookie *c, const uint8_t *data, size_t size)
{
	const uint8_t *at = c->data;
	AUTO(buf) request = BUF_INIT;

	BUG_ON(at && (at < data || at + c->len > data + size));
	if (at && c->len <= DIR_SYNC_COOKIE_MAX)
		dir_sync_request(&request, at, c->len);
}

static void
look_at(const uint8_t *data, size_t size)
{
	struct seen seen = { data, size, 0 };
	struct dir_sync_state state;
	struct dir_sync_info info;
	struct dir_sync_done done;
	char text[DIR_UUID_TEXT];
	uint8_t back[DIR_UUID];

	if (!dir_sync_state(data, size, &state)) {
		check_cookie(&state.cookie, data, size);
		dir_uuid_text(state.uuid, text);
		BUG_ON(dir_uuid_from(text, back) || memcmp(back, state.uuid, DIR_UUID));
	}
	if (!dir_sync_info(data, size, &info, on_uuid, &seen)) {
		BUG_ON(seen.count != info.count);
		check_cookie(&info.cookie, data, size);
	} else {
		BUG_ON(seen.count);
	}
	if (!dir_sync_done(data, size, &done))
		check_cookie(&done.cookie, data, size);
}

/* With the byte behind that liblber needs. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(str) copy = xcalloc(1, size + 1);

	if (size)
		memcpy(copy, data, size);
	look_at((const uint8_t *)copy, size);
	return 0;
}
