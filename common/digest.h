/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_DIGEST_H
#define HOPTHU_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

#define DIGEST_LEN 32

/* SHA-256 and what is built on it.  Other homes of openssl/: base64.c, note_key.c (signatures), TLS. */
void digest_sha256(const void *data, size_t n, uint8_t out[DIGEST_LEN]);

/* SHA-256 of a byte and one or two pieces: the shape of RFC 6962's leaf and node hashes. */
void digest_prefixed(uint8_t prefix, const void *a, size_t an, const void *b, size_t bn,
		     uint8_t out[DIGEST_LEN]);

/* Bytes that come in pieces. Free with digest_free, or by digest_final. */
struct digest;
struct digest *digest_new(void);
void digest_add(struct digest *d, const void *data, size_t n);
void digest_final(struct digest *d, uint8_t out[DIGEST_LEN]); /* frees d */
void digest_free(struct digest *d);

/*
 * Commitment to a personal value (doc/audit-format.md):
 * HMAC-SHA256(salt, "hopthu/pii/1" 00 field 00 value).
 */
void digest_commit(const uint8_t salt[DIGEST_LEN], const char *field, const char *value, size_t n,
		   uint8_t out[DIGEST_LEN]);

/* 64 hex digits of either case; -1: it is something else, out is as it was. */
int digest_from_hex(const char *hex, uint8_t out[DIGEST_LEN]);
/* Cryptographically strong bytes, buffered: cheap enough for one salt a field. */
void digest_random(void *out, size_t n);

/* UUID version 7 (RFC 9562 section 5.7) for the time given: 36 characters and a NUL. */
void digest_uuid7(uint64_t unix_ms, char out[37]);

/*
 * SCRAM-SHA-256 verifier in the form of RFC 5803: "SCRAM-SHA-256$<i>:<salt>$<Stored>:<Server>".
 * The password itself goes nowhere.  Caller frees.
 */
#define SCRAM_ITERATIONS 4096
char *digest_scram_verifier(const char *password, const uint8_t salt[16], int iterations);
#endif
