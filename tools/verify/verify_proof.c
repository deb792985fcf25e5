/* SPDX-License-Identifier: BSD-2-Clause */
/* One record with its proof (c2sp.org/tlog-proof; doc/audit-format.md, "Proof"). */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/text.h"
#include "tools/verify/verify_print.h"
#include "tools/verify/verify_proof.h"

#define PROOF_BYTES_MAX (8 * 1024 * 1024)
#define HEAD "c2sp.org/tlog-proof@v1\n"

int
proof_load(struct proved *p, const char *file, struct err *e)
{
	FILE *f = fopen(file, "re");
	char chunk[16384];
	size_t n;

	memset(p, 0, sizeof(*p));
	buf_init(&p->text);
	buf_init(&p->extra);
	buf_init(&p->record);
	if (!f)
		return err_set(e, ERR_USAGE, "%s: %s", file, strerror(errno));
	while (p->text.len <= PROOF_BYTES_MAX && (n = fread(chunk, 1, sizeof(chunk), f)))
		buf_add(&p->text, chunk, n);
	fclose(f);
	return p->text.len > PROOF_BYTES_MAX ? err_set(e, ERR_USAGE, "%s: this is too long for a proof", file) :
						0;
}

void
proof_free(struct proved *p)
{
	buf_release(&p->text);
	buf_release(&p->extra);
	buf_release(&p->record);
	json_decref(p->openings);
}

/* The rest of a line that begins with a word; NULL: it does not.  *at moves behind it. */
static const char *
after_word(const char **at, const char *word, size_t *n)
{
	size_t k = strlen(word);
	const char *end, *from = *at + k;

	if (strncmp(*at, word, k))
		return NULL;
	end = strchr(from, '\n');
	if (!end)
		return NULL;
	*n = (size_t)(end - from);
	*at = end + 1;
	return from;
}

static int
take_extra(struct proved *p, const char *text, size_t n, struct err *e)
{
	char *bytes = xmalloc(n + 1);
	ssize_t len = base64_read(text, n, bytes, n);

	if (len >= 0)
		buf_add(&p->extra, bytes, (size_t)len);
	free(bytes);
	return len < 0 ? err_set(e, ERR_USAGE, "extra is not base 64") : 0;
}

static int
take_parts(struct proved *p, struct err *e)
{
	const char *at = p->text.data, *part;
	uint64_t index;
	ssize_t taken;
	size_t n;

	if (strlen(at) != p->text.len || strncmp(at, HEAD, strlen(HEAD)))
		return err_set(e, ERR_USAGE, "the first line is not %.*s", (int)strlen(HEAD) - 1, HEAD);
	at += strlen(HEAD);
	part = after_word(&at, "extra ", &n);
	if (!part)
		return err_set(e, ERR_USAGE, "there is no extra: the record itself is missing");
	if (take_extra(p, part, n, e))
		return -1;
	part = after_word(&at, "index ", &n);
	if (!part || note_number(part, n, &index))
		return err_set(e, ERR_USAGE, "there is no index");
	p->seq = (int64_t)index + 1;
	taken = proof_read(&p->path, at, strlen(at));
	if (taken < 0)
		return err_set(e, ERR_USAGE, "there is a line that is no hash");
	at += taken;
	if (*at != '\n')
		return err_set(e, ERR_USAGE, "no empty line before the checkpoint");
	at++;
	p->checkpoint = at;
	return note_read(&p->note, at, strlen(at), e) || checkpoint_read(&p->point, &p->note, e) ? -1 : 0;
}

/* {"openings":[{...},...],"record":"..."} */
static int
take_record(struct proved *p, struct err *e)
{
	enum canon_fault fault = canon_check(&p->view, p->extra.data, p->extra.len, NULL);
	const struct canon_member *m = p->view.member;

	if (fault != CANON_GOOD)
		return err_set(e, ERR_USAGE, "extra: %s", canon_fault_text(fault, LANG_EN));
	if (p->view.count != 2 || m[0].key_len != 8 || memcmp(m[0].key, "openings", 8) ||
	    m[0].kind != CANON_LIST || m[1].key_len != 6 || memcmp(m[1].key, "record", 6) ||
	    m[1].kind != CANON_STRING)
		return err_set(e, ERR_USAGE, "extra has other keys than openings and record");
	canon_unescape(m[1].value, m[1].len, &p->record);
	return 0;
}

/* --- openings --------------------------------------------------------------------------------- */

static const struct canon_member *
commitment(const struct record *r, const char *field)
{
	for (int i = 0; i < r->pii_count; i++)
		if (strlen(field) == r->pii[i].key_len && !memcmp(r->pii[i].key, field, r->pii[i].key_len))
			return &r->pii[i];
	return NULL;
}

static void
check_opening(struct proved *p, const json_t *o)
{
	const char *field = json_str(o, "field"), *salt = json_str(o, "salt");
	const json_t *value = json_object_get(o, "value");
	const struct canon_member *m = field ? commitment(&p->rec, field) : NULL;
	uint8_t key[DIGEST_LEN], want[DIGEST_LEN], made[DIGEST_LEN];

	if (!field || !salt || !json_is_string(value) || !hex_digest(salt, strlen(salt), key)) {
		SAY(p->report, SAY_PROOF_FORM, p->seq, .s = "openings");
		return;
	}
	if (!m) {
		SAY(p->report, SAY_OPENING_NONE, p->seq, .s = field);
		return;
	}
	(void)hex_digest(m->value, m->len, want);
	digest_commit(key, field, json_string_value(value), json_string_length(value), made);
	if (memcmp(made, want, DIGEST_LEN))
		SAY(p->report, SAY_OPENING_WRONG, p->seq, .s = field);
}

static void
check_openings(struct proved *p)
{
	const struct canon_member *m = &p->view.member[0];
	AUTO(json) list = json_from_bytes(m->value, m->len, NULL);
	const json_t *o;
	size_t i;

	if (!list) {
		SAY(p->report, SAY_PROOF_FORM, p->seq, .s = "openings");
		return;
	}
	json_array_foreach(list, i, o)
		check_opening(p, o);
	p->openings = STEAL(list);
}

/* --- whose it is ------------------------------------------------------------------------------ */

static bool
held(const struct proved *p, const struct ask *ask)
{
	for (struct paper *q = ask->papers; q; q = q->next)
		if (q->point.size == p->point.size && !strcmp(q->point.origin, p->point.origin)) {
			AUTO(buf) where = BUF_INIT;
			bool wrong = paper_mistyped(q, p->point.root, &where);

			if (wrong)
				SAY(p->report, SAY_PAPER_TYPED, 0, .s = q->file, .t = where.data,
				    .a = (int64_t)q->point.size);
			else if (memcmp(q->point.root, p->point.root, DIGEST_LEN))
				SAY(p->report, SAY_PAPER_ROOT, 0, .s = q->file,
				    .a = (int64_t)q->point.size);
			return !wrong;
		}
	return false;
}

static void
check_witnesses(struct proved *p, const struct trust *t)
{
	uint32_t mask = 0;

	for (int i = 0; i < t->witness_count; i++)
		switch (note_verify(&p->note, &t->witnesses[i].key, &p->times[i], NULL)) {
		case NOTE_GOOD:
			mask |= UINT32_C(1) << i;
			break;
		case NOTE_BAD:
			p->times[i] = 0;
			SAY(p->report, SAY_SIGNATURE, 0, .s = "checkpoint",
			    .t = t->witnesses[i].key.name);
			break;
		case NOTE_ABSENT:
			break;
		}
	if (!trust_quorum(t, mask))
		SAY(p->report, SAY_QUORUM, 0);
}

static void
check_keys(struct proved *p, const struct ask *ask)
{
	const struct trust *t = ask->trust;

	p->held = held(p, ask);
	if (!t) {
		if (!p->held)
			SAY(p->report, SAY_PROOF_KEYS, 0);
		return;
	}
	for (int i = 0; i < t->log_count; i++) {
		if (strcmp(t->logs[i].name, p->point.origin))
			continue;
		switch (note_verify(&p->note, &t->logs[i], NULL, NULL)) {
		case NOTE_GOOD:
			check_witnesses(p, t);
			return;
		case NOTE_BAD:
			SAY(p->report, SAY_SIGNATURE, 0, .s = "checkpoint",
			    .t = t->logs[i].name);
			return;
		case NOTE_ABSENT:
			break;
		}
	}
	SAY(p->report, SAY_KEY_UNTRUSTED, 0, .s = p->point.origin);
}

/* --- all of it -------------------------------------------------------------------------------- */

void
proof_check(struct proved *p, const struct ask *ask, struct report *report)
{
	enum canon_fault canon = CANON_GOOD;
	struct err e = ERR_INIT;
	uint8_t leaf[DIGEST_LEN];
	enum record_fault fault;
	size_t at = 0;

	p->report = report;
	if (take_parts(p, &e) || take_record(p, &e)) {
		SAY(report, SAY_PROOF_FORM, 0, .s = e.msg);
		return;
	}
	p->readable = true;
	merkle_leaf(p->record.data, p->record.len, leaf);
	if ((uint64_t)p->seq > p->point.size ||
	    !proof_check_inclusion(&p->path, leaf, (uint64_t)p->seq - 1, p->point.size, p->point.root))
		SAY(report, SAY_PROOF_WRONG, p->seq);
	fault = record_read(&p->rec, p->record.data, p->record.len, &canon, &at);
	if (fault == RECORD_CANON)
		SAY(report, SAY_REC_CANON, p->seq, .a = (int64_t)at,
		    .s = canon_fault_text(canon, ask->lang));
	else if (fault != RECORD_GOOD)
		SAY(report, SAY_REC_LACKS, p->seq);
	else if (p->rec.seq != p->seq)
		SAY(report, SAY_SEQ, p->seq, .a = p->rec.seq);
	else
		check_openings(p);
	check_keys(p, ask);
	for (struct receipt *r = ask->receipts; r; r = r->next)
		if (r->seq == (uint64_t)p->seq)
			r->fits = receipt_check(r, leaf, report);
		else
			SAY(report, SAY_RECEIPT_OTHER, p->seq, .s = r->text);
}

/* --- telling ---------------------------------------------------------------------------------- */

static void
put_line(struct buf *out, enum lang lang, const char *en, const char *vi, const char *value)
{
	buf_str(out, lang == LANG_VI ? vi : en);
	buf_str(out, value);
	buf_char(out, '\n');
}

static void
put_openings(const struct proved *p, enum lang lang, struct buf *out)
{
	for (int i = 0; i < p->rec.pii_count; i++) {
		AUTO(str) field = xstrndup(p->rec.pii[i].key, p->rec.pii[i].key_len);
		AUTO(buf) line = BUF_INIT;
		const char *value = NULL;
		const json_t *o;
		size_t n;

		json_array_foreach(p->openings, n, o)
			if (json_str(o, "field") && !strcmp(json_str(o, "field"), field))
				value = json_str(o, "value");
		buf_printf(&line, "%s: ", field);
		if (value)
			text_show(value, strlen(value), 2000, &line);
		else
			buf_str(&line, lang == LANG_VI ? "(đã xóa)" : "(erased)");
		put_line(out, lang, "value       ", "giá trị     ", line.data);
	}
}

void
proof_print(const struct proved *p, const struct ask *ask, enum lang lang, struct buf *out)
{
	AUTO(buf) record = BUF_INIT;
	AUTO(buf) size = BUF_INIT;

	print_verdict(p->report, lang, out);
	if (p->readable) {
		text_show(p->record.data, p->record.len, RECORD_BYTES_MAX, &record);
		buf_printf(&size, lang == LANG_VI ? "%" PRId64 " trong %" PRIu64 " của %s" :
						    "%" PRId64 " of %" PRIu64 " of %s", p->seq, p->point.size,
			   p->point.origin);
		put_line(out, lang, "record      ", "bản ghi     ", size.data);
		put_line(out, lang, "            ", "            ", record.data);
		put_openings(p, lang, out);
	}
	for (int i = 0; ask->trust && i < ask->trust->witness_count; i++) {
		AUTO(buf) line = BUF_INIT;

		if (!p->times[i])
			continue;
		buf_printf(&line, "%s, ", ask->trust->witnesses[i].key.name);
		print_time(p->times[i], &line);
		put_line(out, lang, "confirmed   ", "xác nhận    ", line.data);
	}
	if (p->held)
		put_line(out, lang, "held        the checkpoint is the one that you hold",
			 "đang giữ    điểm chốt đúng là điểm chốt bạn đang giữ", "");
	print_report(p->report, lang, out);
}

json_t *
proof_json(const struct proved *p, const struct ask *ask)
{
	json_t *j = json_object(), *confirmed = json_array();

	print_report_json(p->report, j);
	if (p->readable)
		json_object_update_new(j, json_pack("{s:I,s:s,s:I,s:s%,s:O?,s:b}", "record",
			(json_int_t)p->seq, "origin", p->point.origin, "size", (json_int_t)p->point.size,
			"bytes", p->record.data, (size_t)p->record.len, "openings", p->openings, "held",
			p->held));
	for (int i = 0; ask->trust && i < ask->trust->witness_count; i++)
		if (p->times[i])
			json_array_append_new(confirmed, json_pack("{s:s,s:o}", "witness",
				ask->trust->witnesses[i].key.name, "time", print_time_json(p->times[i])));
	json_object_set_new(j, "confirmed", confirmed);
	return j;
}
