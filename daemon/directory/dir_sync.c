/* SPDX-License-Identifier: BSD-2-Clause */
#include <lber.h>
#include <stdio.h>
#include <string.h>

#include "common/buf.h"
#include "daemon/directory/dir_sync.h"

#define TAG_NEW_COOKIE 0x80
#define TAG_REFRESH_DELETE 0xa1
#define TAG_REFRESH_PRESENT 0xa2
#define TAG_ID_SET 0xa3

/* liblber reads from its own element; in holds nothing but a view of the bytes. */
typedef BerElement *auto_type_ber;
static void
auto_ber(BerElement **ber)
{
	if (*ber)
		ber_free(*ber, 0);
}

static BerElement *
view(const void *data, size_t n)
{
	BerElement *ber = ber_alloc_t(LBER_USE_DER);
	struct berval bv = { n, (char *)data };

	if (ber)
		ber_init2(ber, &bv, 0);
	return ber;
}

static size_t
left(BerElement *ber)
{
	ber_len_t n = 0;

	return ber_get_option(ber, LBER_OPT_REMAINING_BYTES, &n) == LBER_OPT_SUCCESS ? n : 0;
}

/* A constructed element with nothing behind it. */
static int
only(BerElement *ber, ber_tag_t want)
{
	ber_len_t len = 0;

	return ber_skip_tag(ber, &len) == want && len == left(ber) ? 0 : -1;
}

/* The next element of this tag: its content in place. */
static int
octets(BerElement *ber, ber_tag_t want, struct berval *bv)
{
	ber_len_t len = 0;

	if (!left(ber) || ber_peek_tag(ber, &len) != want || len > left(ber))
		return -1;
	return ber_get_stringbv(ber, bv, LBER_BV_NOTERM) == want ? 0 : -1;
}

static bool
next_is(BerElement *ber, ber_tag_t want)
{
	ber_len_t len = 0;

	return left(ber) && ber_peek_tag(ber, &len) == want;
}

static int
cookie_maybe(BerElement *ber, struct dir_sync_cookie *out)
{
	struct berval bv;

	*out = (struct dir_sync_cookie){ NULL, 0 };
	if (!next_is(ber, LBER_OCTETSTRING))
		return 0;
	if (octets(ber, LBER_OCTETSTRING, &bv))
		return -1;
	*out = (struct dir_sync_cookie){ bv.bv_val, bv.bv_len };
	return 0;
}

static int
boolean_maybe(BerElement *ber, bool otherwise, bool *out)
{
	struct berval bv;

	*out = otherwise;
	if (!next_is(ber, LBER_BOOLEAN))
		return 0;
	if (octets(ber, LBER_BOOLEAN, &bv) || bv.bv_len != 1)
		return -1;
	*out = *bv.bv_val != 0;
	return 0;
}

static int
uuid_of(BerElement *ber, struct berval *bv)
{
	return octets(ber, LBER_OCTETSTRING, bv) || bv->bv_len != DIR_UUID ? -1 : 0;
}

int
dir_sync_state(const void *data, size_t n, struct dir_sync_state *out)
{
	AUTO(ber) ber = view(data, n);
	struct berval state, uuid;

	if (!ber || only(ber, LBER_SEQUENCE) || octets(ber, LBER_ENUMERATED, &state) ||
	    state.bv_len != 1 || (unsigned char)*state.bv_val > DIR_SYNC_DELETE ||
	    uuid_of(ber, &uuid) || cookie_maybe(ber, &out->cookie) || left(ber))
		return -1;
	out->what = (enum dir_sync_what)*state.bv_val;
	memcpy(out->uuid, uuid.bv_val, DIR_UUID);
	return 0;
}

/* SET OF syncUUID: looked through once before anything of it is told. */
static int
id_set(BerElement *ber, struct dir_sync_info *out,
       void (*each)(void *, const uint8_t *), void *arg)
{
	ber_len_t len = 0;
	const char *at;

	if (!left(ber) || ber_skip_tag(ber, &len) != LBER_SET || len != left(ber))
		return -1;
	/* every element is 04 10 and 16 bytes: the set is an array of them */
	if (len % (2 + DIR_UUID))
		return -1;
	out->count = len / (2 + DIR_UUID);
	at = NULL;
	for (size_t i = 0; i < out->count; i++) {
		struct berval uuid;

		if (uuid_of(ber, &uuid))
			return -1;
		if (!at)
			at = uuid.bv_val;
	}
	if (left(ber))
		return -1;
	for (size_t i = 0; each && i < out->count; i++)
		each(arg, (const uint8_t *)at + i * (2 + DIR_UUID));
	return 0;
}

static int
end_of_phase(BerElement *ber, struct dir_sync_info *out)
{
	return cookie_maybe(ber, &out->cookie) || boolean_maybe(ber, true, &out->done) || left(ber) ?
		       -1 : 0;
}

int
dir_sync_info(const void *data, size_t n, struct dir_sync_info *out,
	      void (*each)(void *, const uint8_t *), void *arg)
{
	AUTO(ber) ber = view(data, n);
	ber_len_t len = 0;
	struct berval bv;

	*out = (struct dir_sync_info){ .kind = DIR_SYNC_NEW_COOKIE };
	if (!ber || !n)
		return -1;
	switch (ber_peek_tag(ber, &len)) {
	case TAG_NEW_COOKIE:
		if (octets(ber, TAG_NEW_COOKIE, &bv) || left(ber))
			return -1;
		out->cookie = (struct dir_sync_cookie){ bv.bv_val, bv.bv_len };
		return 0;
	case TAG_REFRESH_DELETE:
		out->kind = DIR_SYNC_REFRESH_DELETE;
		return only(ber, TAG_REFRESH_DELETE) ? -1 : end_of_phase(ber, out);
	case TAG_REFRESH_PRESENT:
		out->kind = DIR_SYNC_REFRESH_PRESENT;
		return only(ber, TAG_REFRESH_PRESENT) ? -1 : end_of_phase(ber, out);
	case TAG_ID_SET:
		out->kind = DIR_SYNC_ID_SET;
		return only(ber, TAG_ID_SET) || cookie_maybe(ber, &out->cookie) ||
				       boolean_maybe(ber, false, &out->deletes) ||
				       id_set(ber, out, each, arg) ? -1 : 0;
	default:
		return -1;
	}
}

int
dir_sync_done(const void *data, size_t n, struct dir_sync_done *out)
{
	AUTO(ber) ber = view(data, n);

	return !ber || only(ber, LBER_SEQUENCE) || cookie_maybe(ber, &out->cookie) ||
			       boolean_maybe(ber, false, &out->deletes) || left(ber) ? -1 : 0;
}

/* --- going out ------------------------------------------------------------------------------- */

static void
add_length(struct buf *out, size_t n)
{
	if (n >= 0x80) {
		unsigned bytes = n > 0xffff ? 3 : n > 0xff ? 2 : 1;

		buf_char(out, (char)(0x80 | bytes));
		while (bytes-- > 1)
			buf_char(out, (char)(n >> 8 * bytes & 0xff));
	}
	buf_char(out, (char)(n & 0xff));
}

void
dir_sync_request(struct buf *out, const void *cookie, size_t n)
{
	AUTO(buf) body = BUF_INIT;

	BUG_ON(n > DIR_SYNC_COOKIE_MAX);
	buf_add(&body, "\x0a\x01\x03", 3); /* mode ENUMERATED refreshAndPersist */
	if (n) {
		buf_char(&body, 0x04);
		add_length(&body, n);
		buf_add(&body, cookie, n);
	}
	buf_char(out, 0x30);
	add_length(out, body.len);
	buf_add(out, body.data, body.len);
}

/* --- entryUUID ------------------------------------------------------------------------------- */

void
dir_uuid_text(const uint8_t uuid[DIR_UUID], char out[DIR_UUID_TEXT])
{
	AUTO(buf) hex = BUF_INIT;
	size_t k = 0;

	buf_hex(&hex, uuid, DIR_UUID);
	for (size_t i = 0; i < 2 * DIR_UUID; i++) {
		if (i == 8 || i == 12 || i == 16 || i == 20)
			out[k++] = '-';
		out[k++] = hex.data[i];
	}
	out[k] = '\0';
}

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 :
	       c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

int
dir_uuid_from(const char *text, uint8_t out[DIR_UUID])
{
	size_t k = 0;

	if (strlen(text) != DIR_UUID_TEXT - 1)
		return -1;
	for (size_t i = 0; text[i];) {
		int high, low;

		if (i == 8 || i == 13 || i == 18 || i == 23) {
			if (text[i++] != '-')
				return -1;
			continue;
		}
		high = digit(text[i]);
		low = digit(text[i + 1]);
		if (high < 0 || low < 0)
			return -1;
		out[k++] = (uint8_t)(high << 4 | low);
		i += 2;
	}
	return 0;
}
