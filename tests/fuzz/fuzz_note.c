/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdint.h>
#include <string.h>

#include "common/proof.h"
#include "common/text.h"
#include "common/trust.h"
#include "tests/fuzz/fuzz.h"

/*
 * The same bytes as a note, a checkpoint, lines of signatures, of a proof, a key and a file of trust.
 * What is taken is what is written again; what is not is refused with a printable sentence.
 */
static void
check_error(const struct err *e)
{
	BUG_ON(e->class != ERR_USAGE || !*e->msg);
	BUG_ON(text_invalid(e->msg, strlen(e->msg)) >= 0);
	for (const char *p = e->msg; *p; p++)
		BUG_ON((unsigned char)*p < 0x20);
}

static void
check_checkpoint(const char *text, size_t n)
{
	AUTO(buf) again = BUF_INIT;
	struct err e = ERR_INIT;
	struct checkpoint c;

	if (checkpoint_read_text(&c, text, n, &e)) {
		check_error(&e);
		return;
	}
	checkpoint_text(&c, &again);
	BUG_ON(again.len > n || memcmp(again.data, text, again.len));
}

static void
check_signatures(const struct note *n, const char *bytes, size_t size)
{
	struct note_key k;

	BUG_ON(n->count < 1 || n->count > NOTE_SIGNATURES_MAX);
	for (int i = 0; i < n->count; i++) {
		const struct note_signature *s = &n->signatures[i];

		BUG_ON(s->line < bytes || s->line + s->line_len > bytes + size);
		BUG_ON(s->name < s->line || s->name + s->name_len > s->line + s->line_len);
		BUG_ON(!note_name_ok(s->name, s->name_len) || s->line[s->line_len - 1] != '\n');
		note_key_make(&k, "other", s->len == 72 ? NOTE_COSIGNATURE : NOTE_ED25519);
		memcpy(k.id, s->id, sizeof(k.id));
		memcpy(k.name, s->name, s->name_len);
		k.name[s->name_len] = '\0';
		BUG_ON(note_verify(n, &k, NULL, NULL) != NOTE_BAD);
	}
}

static void
check_note(const char *bytes, size_t size)
{
	struct err e = ERR_INIT;
	struct note n;

	if (note_read(&n, bytes, size, &e)) {
		check_error(&e);
	} else {
		BUG_ON(!n.text_len || n.text[n.text_len - 1] != '\n' || n.text[n.text_len] != '\n');
		check_signatures(&n, bytes, size);
		check_checkpoint(n.text, n.text_len);
	}
	if (note_read_signatures(&n, bytes, size, "x\n", 2, &e))
		check_error(&e);
	else
		check_signatures(&n, bytes, size);
}

static void
check_proof(const char *bytes, size_t size)
{
	AUTO(buf) again = BUF_INIT;
	struct proof p = { .count = 0 };
	ssize_t n = proof_read(&p, bytes, size);

	if (n < 0)
		return;
	proof_write(&p, &again);
	BUG_ON(again.len != (size_t)n || memcmp(again.data, bytes, again.len));
	for (int i = 0; i < 64 && p.count; i++) {
		uint64_t leaves = (1ull << i) + (uint64_t)i;

		(void)proof_check_inclusion(&p, p.hash[0], leaves / 3, leaves, p.hash[0]);
		(void)proof_check_consistency(&p, leaves / 3, p.hash[0], leaves, p.hash[0]);
	}
}

static void
check_key(const char *text)
{
	struct err e = ERR_INIT;
	struct note_key k;

	if (note_key_read(&k, text, &e)) {
		check_error(&e);
	} else {
		AUTO(str) again = k.has_secret ? note_key_skey(&k) : note_key_vkey(&k);

		BUG_ON(strcmp(again, text) != 0);
	}
}

static void
check_trust(const char *bytes, size_t size)
{
	struct err e = ERR_INIT;
	struct trust t;

	if (trust_read(&t, bytes, size, "policy", &e)) {
		check_error(&e);
		return;
	}
	BUG_ON(!trust_quorum(&t, UINT32_MAX));
	BUG_ON(trust_quorum(&t, 0) != !t.quorum);
	trust_release(&t);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	AUTO(str) text = xstrndup(size ? bytes : "", size);
	AUTO(buf) again = BUF_INIT;
	uint8_t *out = xmalloc(size + 1);
	ssize_t n = base64_read(bytes, size, out, size);

	if (n >= 0) {
		base64_add(&again, out, (size_t)n);
		BUG_ON(again.len != size || (size && memcmp(again.data, bytes, size)));
	}
	free(out);
	check_note(bytes, size);
	check_checkpoint(bytes, size);
	check_proof(bytes, size);
	check_key(text);
	check_trust(bytes, size);
	return 0;
}
