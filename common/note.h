/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NOTE_H
#define HOPTHU_NOTE_H

#include <stdbool.h>

#include "common/base64.h"
#include "common/buf.h"
#include "common/digest.h"

/*
 * Signed notes, checkpoints and cosignatures: C2SP signed-note, tlog-checkpoint and tlog-cosignature
 * (c2sp.org), with Ed25519 (RFC 8032) only.
 *
 *	hopthu.example.gov.vn/1
 *	109482
 *	sFodV/vSp5O8n9a8QpW6PRY97tfOSW5bsc2Xl/EQi08=
 *
 *	— hopthu.example.gov.vn/1 hI2DJw...==
 *	— witness.auditor.gov.vn mJirIk...==
 */
#define NOTE_NAME_MAX 255
#define NOTE_SIGNATURES_MAX 64  /* more make a note malformed */
#define NOTE_BYTES_MAX 65536
/* Numbers of these formats (sizes, indexes, times) fit into 63 bits. */
#define NOTE_NUMBER_MAX INT64_MAX

enum note_algorithm {
	NOTE_ED25519 = 0x01,     /* a log's signature over the text */
	NOTE_COSIGNATURE = 0x04, /* cosignature/v1: a witness's, with the time */
};

/* A key as "vkey" or, with its secret half, as "PRIVATE+KEY+..." (signed-note, "Verifier keys"). */
struct note_key {
	char name[NOTE_NAME_MAX + 1];
	enum note_algorithm algorithm;
	uint8_t id[4];
	uint8_t public_key[32];
	uint8_t secret_key[32]; /* valid when has_secret; wipe with note_key_wipe */
	bool has_secret;
};
/* Not empty, valid UTF-8 without white space of any script, control characters and '+', and short
 * enough for struct note_key. */
bool note_name_ok(const char *name, size_t n);
/*
 * ERR_USAGE with one sentence when the text is not a key of these two kinds: other letters before or
 * after it (a line end too), an id that is not the key's, or another kind.  The sentence shows nothing
 * of a secret key.  Who takes only public keys looks at has_secret.
 */
int note_key_read(struct note_key *k, const char *text, struct err *e) MUST_USE;
void note_key_wipe(struct note_key *k);
/* A new key of a kind; name must be one (note_name_ok). */
void note_key_make(struct note_key *k, const char *name, enum note_algorithm algorithm);
/* The two text forms; the caller frees, the secret one with secret_free. */
char *note_key_vkey(const struct note_key *k);
char *note_key_skey(const struct note_key *k);

/*
 * The line "— name base64\n" of a signature over a note's text (which ends with a new line).  time is
 * for NOTE_COSIGNATURE: seconds since 1970, not 0.  The key must have its secret half.
 */
void note_sign(const struct note_key *k, const char *text, size_t n, uint64_t time, struct buf *out);

/* A signature line taken apart.  Pointers lead into the note. */
struct note_signature {
	const char *name;
	size_t name_len;
	uint8_t id[4];
	uint8_t bytes[72]; /* the time (8 bytes, big-endian) and 64, or 64 */
	size_t len;        /* of bytes; 0 when it is of a kind that is not known here */
	const char *line;  /* the whole line with its new line */
	size_t line_len;
};
/* 8 KiB */
struct note {
	const char *text; /* signed part, with its last new line */
	size_t text_len;
	struct note_signature signatures[NOTE_SIGNATURES_MAX];
	int count;
};
/* Strict: ERR_USAGE when the bytes are not a signed note, ended by its last line's new line and
 * nothing else.  Signatures of any kind and length are taken.  Borrows the bytes. */
int note_read(struct note *n, const char *bytes, size_t len, struct err *e) MUST_USE;
/* Signature lines alone, as a witness answers; the text is the checkpoint's. */
int note_read_signatures(struct note *n, const char *lines, size_t len, const char *text,
			 size_t text_len, struct err *e) MUST_USE;
enum note_verdict {
	NOTE_ABSENT, /* no line with this key's name and id */
	NOTE_GOOD,
	NOTE_BAD,    /* there is one, and it is not right: the whole note is malformed */
};
/* Of several lines of one key all must be right; the first is told.  time (may be NULL) receives a cosignature's; signature (may be NULL) the line's number. */
enum note_verdict note_verify(const struct note *n, const struct note_key *k, uint64_t *time,
			      int *signature);

/* The text of a checkpoint taken apart (tlog-checkpoint).  Lines after the third are allowed and are
 * signed like the rest; nothing here says what they are. */
struct checkpoint {
	char origin[NOTE_NAME_MAX + 1];
	uint64_t size;
	uint8_t root[DIGEST_LEN];
};
int checkpoint_read(struct checkpoint *c, const struct note *n, struct err *e) MUST_USE;
/* The same from the text alone. */
int checkpoint_read_text(struct checkpoint *c, const char *text, size_t len,
			 struct err *e) MUST_USE;
/* "origin\nsize\nroot\n" */
void checkpoint_text(const struct checkpoint *c, struct buf *out);
/* A decimal number without leading zeroes, of at most NOTE_NUMBER_MAX; -1: it is something else. */
int note_number(const char *text, size_t n, uint64_t *out) MUST_USE;

#endif
