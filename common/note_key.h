/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef HOPTHU_NOTE_KEY_H
#define HOPTHU_NOTE_KEY_H

#include "common/note.h"

/* Bare Ed25519 (RFC 8032) with a key of note.h; what is signed, note.c decides. */
void note_key_sign(const struct note_key *k, const void *data, size_t n, uint8_t sig[64]);
bool note_key_signed(const struct note_key *k, const void *data, size_t n, const uint8_t sig[64]);
#endif
