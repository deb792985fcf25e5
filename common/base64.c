/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <openssl/evp.h>

#include "common/base64.h"

void
base64_add(struct buf *out, const void *data, size_t n)
{
	const uint8_t *in = data;
	unsigned char text[68];

	while (n) {
		size_t part = n < 48 ? n : 48; /* a multiple of 3: no padding but at the end */

		buf_add(out, text, (size_t)EVP_EncodeBlock(text, in, (int)part));
		in += part;
		n -= part;
	}
	explicit_bzero(text, sizeof(text)); /* keys are written this way too */
}

/* OpenSSL is generous (white space, padding anywhere, spare bits), so what it read is written again
 * and compared.  Four characters; how many bytes, or -1. */
static int
read_group(const char text[4], uint8_t out[3])
{
	unsigned char again[5];
	int len = 3 - (text[3] == '=') - (text[2] == '=' && text[3] == '=');

	if (EVP_DecodeBlock(out, (const unsigned char *)text, 4) != 3)
		return -1;
	EVP_EncodeBlock(again, out, len);
	return memcmp(again, text, 4) ? -1 : len;
}

ssize_t
base64_read(const char *text, size_t n, void *out, size_t max)
{
	uint8_t stack[128] = { 0 };
	uint8_t *bytes = n / 4 * 3 <= sizeof(stack) ? stack : xmalloc(n / 4 * 3);
	ssize_t len = n % 4 ? -1 : 0;

	for (size_t i = 0; len >= 0 && i < n; i += 4) {
		int part = read_group(text + i, bytes + len);

		len = part < 0 || (part < 3 && i + 4 < n) ? -1 : len + part;
	}
	if (len >= 0 && (size_t)len > max)
		len = -1;
	if (len > 0)
		memcpy(out, bytes, (size_t)len);
	explicit_bzero(bytes, n / 4 * 3);
	if (bytes != stack)
		free(bytes);
	return len;
}
