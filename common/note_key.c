/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>

#include <openssl/evp.h>

#include "common/note_key.h"
#include "common/text.h"

#define SECRET_PREFIX "PRIVATE+KEY+"
#define TYPED_LEN 33 /* the byte of the algorithm and 32 of the key */

bool
note_name_ok(const char *name, size_t n)
{
	if (!n || n > NOTE_NAME_MAX || text_invalid(name, n) >= 0 || text_has_space(name, n))
		return false;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)name[i] < 0x20 || name[i] == '+' || name[i] == 0x7f)
			return false;
	return true;
}

void
note_key_wipe(struct note_key *k)
{
	explicit_bzero(k, sizeof(*k));
}

static void
make_id(struct note_key *k)
{
	struct digest *d = digest_new();
	uint8_t hash[DIGEST_LEN], kind = (uint8_t)k->algorithm;

	digest_add(d, k->name, strlen(k->name));
	digest_add(d, "\n", 1);
	digest_add(d, &kind, 1);
	digest_add(d, k->public_key, sizeof(k->public_key));
	digest_final(d, hash);
	memcpy(k->id, hash, sizeof(k->id));
}

static EVP_PKEY *
secret_pkey(const uint8_t secret[32])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, secret, 32);

	BUG_ON(!key); /* any 32 bytes are a key */
	return key;
}

static void
make_public(struct note_key *k)
{
	EVP_PKEY *key = secret_pkey(k->secret_key);
	size_t n = sizeof(k->public_key);

	BUG_ON(EVP_PKEY_get_raw_public_key(key, k->public_key, &n) != 1 || n != 32);
	EVP_PKEY_free(key);
}

void
note_key_make(struct note_key *k, const char *name, enum note_algorithm algorithm)
{
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	size_t n = sizeof(k->secret_key);

	BUG_ON(!note_name_ok(name, strlen(name)));
	memset(k, 0, sizeof(*k));
	memcpy(k->name, name, strlen(name) + 1);
	k->algorithm = algorithm;
	BUG_ON(!key || EVP_PKEY_get_raw_private_key(key, k->secret_key, &n) != 1 || n != 32);
	EVP_PKEY_free(key);
	k->has_secret = true;
	make_public(k);
	make_id(k);
}

static char *
key_text(const struct note_key *k, const char *prefix, const uint8_t raw[32])
{
	uint8_t typed[TYPED_LEN] = { (uint8_t)k->algorithm };
	AUTO(buf) b64 = BUF_INIT;
	AUTO(buf) hex = BUF_INIT;
	char *text;

	memcpy(typed + 1, raw, 32);
	buf_hex(&hex, k->id, sizeof(k->id));
	base64_add(&b64, typed, sizeof(typed));
	text = xasprintf("%s%s+%s+%s", prefix, k->name, hex.data, b64.data);
	explicit_bzero(typed, sizeof(typed));
	explicit_bzero(b64.data, b64.len);
	return text;
}

char *
note_key_vkey(const struct note_key *k)
{
	return key_text(k, "", k->public_key);
}

char *
note_key_skey(const struct note_key *k)
{
	BUG_ON(!k->has_secret);
	return key_text(k, SECRET_PREFIX, k->secret_key);
}

/* name, id and key of "name+id+key": the name is before the first '+', and none is in the id. */
static int
split_key(struct note_key *k, const char *text, char id[9], uint8_t typed[TYPED_LEN], struct err *e)
{
	size_t name = strcspn(text, "+");
	const char *hex = text + name + 1;

	if (text[name] != '+' || !note_name_ok(text, name))
		return err_set(e, ERR_USAGE, "a key is written name+id+key, and the name has neither "
			       "white space nor + nor more than %d bytes", NOTE_NAME_MAX);
	if (strspn(hex, "0123456789abcdef") != 8 || hex[8] != '+')
		return err_set(e, ERR_USAGE, "a key's id is 8 hex digits in lower case between two +");
	if (base64_read(hex + 9, strlen(hex + 9), typed, TYPED_LEN) != TYPED_LEN)
		return err_set(e, ERR_USAGE, "a key is the base 64 text of %d bytes, and stops there",
			       TYPED_LEN);
	memcpy(k->name, text, name);
	memcpy(id, hex, 8);
	id[8] = '\0';
	return 0;
}

static int
read_key(struct note_key *k, const char *text, uint8_t typed[TYPED_LEN], struct err *e)
{
	AUTO(buf) hex = BUF_INIT;
	char id[9];

	k->has_secret = !strncmp(text, SECRET_PREFIX, strlen(SECRET_PREFIX));
	if (split_key(k, text + (k->has_secret ? strlen(SECRET_PREFIX) : 0), id, typed, e))
		return -1;
	if (typed[0] != NOTE_ED25519 && typed[0] != NOTE_COSIGNATURE)
		return err_set(e, ERR_USAGE, "the key of %s is of kind %02x: known are 01 (Ed25519) and 04 "
			       "(Ed25519 cosignature)", k->name, typed[0]);
	k->algorithm = typed[0];
	memcpy(k->has_secret ? k->secret_key : k->public_key, typed + 1, 32);
	if (k->has_secret)
		make_public(k);
	make_id(k);
	buf_hex(&hex, k->id, sizeof(k->id));
	if (memcmp(hex.data, id, 8))
		return err_set(e, ERR_USAGE, "the key of %s has the id %s, not %s: one letter of it is wrong",
			       k->name, hex.data, id);
	return 0;
}

int
note_key_read(struct note_key *k, const char *text, struct err *e)
{
	struct note_key key = { 0 };
	uint8_t typed[TYPED_LEN] = { 0 };
	int rc = read_key(&key, text, typed, e);

	if (!rc)
		*k = key;
	note_key_wipe(&key);
	explicit_bzero(typed, sizeof(typed));
	return rc;
}

void
note_key_sign(const struct note_key *k, const void *data, size_t n, uint8_t sig[64])
{
	EVP_PKEY *key = secret_pkey(k->secret_key);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = 64;

	BUG_ON(!k->has_secret || !ctx || EVP_DigestSignInit(ctx, NULL, NULL, NULL, key) != 1);
	BUG_ON(EVP_DigestSign(ctx, sig, &len, data, n) != 1 || len != 64);
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

bool
note_key_signed(const struct note_key *k, const void *data, size_t n, const uint8_t sig[64])
{
	EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, k->public_key, 32);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	BUG_ON(!ctx || !key);
	good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
	       EVP_DigestVerify(ctx, sig, 64, data, n) == 1;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
	return good;
}
