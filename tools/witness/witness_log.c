/* SPDX-License-Identifier: BSD-2-Clause */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "tools/witness/witness_log.h"

#define PROOF_LINES_MAX 63        /* tlog-witness */
#define CLOCK_SET 1704067200      /* 2024-01-01: before that, the clock was never set */
#define CLOCK_BACK_MAX 300        /* seconds that a clock may be put back without anybody's help */
#define TEXT "text/plain; charset=utf-8"

void
witness_reply_release(struct witness_reply *r)
{
	buf_release(&r->body);
	buf_release(&r->note);
}

/* A sentence for the one who asked, as a line of text. */
void
witness_reply_set(struct witness_reply *r, int status, const char *fmt, ...)
{
	char msg[ERR_MSG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	r->status = status;
	r->type = TEXT;
	buf_clear(&r->body);
	buf_printf(&r->body, "%s\n", msg);
}

int
witness_request_read(struct witness_request *q, const char *body, size_t n, struct err *e)
{
	const char *nl = memchr(body, '\n', n);
	size_t line = nl ? (size_t)(nl - body) : 0;
	ssize_t proof;

	if (!nl || line < 5 || memcmp(body, "old ", 4) || note_number(body + 4, line - 4, &q->old))
		return err_set(e, ERR_USAGE, "line 1 of the request is \"old\", a space and a size in decimal");
	body = nl + 1;
	n -= line + 1;
	proof = proof_read(&q->proof, body, n);
	if (proof < 0 || q->proof.count > PROOF_LINES_MAX)
		return err_set(e, ERR_USAGE, "after line 1 come at most %d hashes in base 64, one a line",
			       PROOF_LINES_MAX);
	if ((size_t)proof == n)
		return err_set(e, ERR_USAGE, "after the proof comes an empty line and the checkpoint");
	body += proof + 1;
	n -= (size_t)proof + 1;
	if (note_read(&q->note, body, n, e) || checkpoint_read(&q->at, &q->note, e))
		return err_wrap(e, "the checkpoint");
	return 0;
}

/* --- what is refused --------------------------------------------------------------------------- */

/* Signed by the log, and not what it had shown: kept, and told to whoever runs the witness. */
static void
keep(const struct witness_state *s, const struct witness_log *l, uint64_t now, const char *body,
     size_t n, const struct witness_seen *seen, struct witness_reply *r)
{
	char name[WITNESS_NAME_MAX];
	struct err e = ERR_INIT;

	buf_printf(&r->note, "REFUSED %s: %.*s", l->key.name, (int)strcspn(r->body.data, "\n"), r->body.data);
	if (r->status == 409)
		buf_printf(&r->note, " records are confirmed, and it shows a checkpoint that does not go on from "
			   "them");
	if (witness_state_keep(s, l, now, body, n, seen, name, &e))
		buf_printf(&r->note, "; the request could not be kept: %s", e.msg);
	else if (*name)
		buf_printf(&r->note, "; kept in %s/%s.request", s->dir, name);
	else
		buf_str(&r->note, "; the same request is kept already, or no more are");
}

/* The checks of tlog-witness that need the state, in its order.  0: it may be confirmed. */
static int
check(const struct witness_request *q, const struct witness_seen *seen, struct witness_reply *r)
{
	uint8_t empty[DIGEST_LEN];

	digest_sha256("", 0, empty);
	if (q->old > q->at.size) {
		witness_reply_set(r, 400, "old is %llu, and the checkpoint has only %llu records",
				  (unsigned long long)q->old, (unsigned long long)q->at.size);
		return -1;
	}
	if (q->old != seen->at.size) {
		witness_reply_set(r, 409, "%llu", (unsigned long long)seen->at.size);
		r->type = "text/x.tlog.size";
		return -1;
	}
	if (!q->at.size && memcmp(q->at.root, empty, DIGEST_LEN)) {
		witness_reply_set(r, 422, "the root of no records is not the empty tree's");
		return -1;
	}
	if (q->old == q->at.size && seen->any && memcmp(q->at.root, seen->at.root, DIGEST_LEN)) {
		witness_reply_set(r, 422, "two roots for %llu records: another one was confirmed",
				  (unsigned long long)q->old);
		return -1;
	}
	if (!proof_check_consistency(&q->proof, q->old, q->old ? seen->at.root : empty, q->at.size,
				     q->at.root)) {
		witness_reply_set(r, 422, "the proof does not lead from the %llu records confirmed to these "
				  "%llu", (unsigned long long)q->old, (unsigned long long)q->at.size);
		return -1;
	}
	return 0;
}

/* Whether a refusal is evidence: a bad proof, less than what was shown, another root for as much. */
static bool
is_evidence(const struct witness_request *q, const struct witness_seen *seen, int status)
{
	return status == 422 || q->at.size < seen->at.size ||
	       (seen->any && q->at.size == seen->at.size &&
		memcmp(q->at.root, seen->at.root, DIGEST_LEN));
}

uint64_t
witness_log_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec > 0 ? (uint64_t)t.tv_sec : 0;
}

/* --- what is confirmed ------------------------------------------------------------------------- */

/* The clock's time, but never before the last one that was signed. */
static int
signing_time(uint64_t now, uint64_t last, uint64_t *at, struct err *e)
{
	if (now < CLOCK_SET)
		return err_set(e, ERR_TEMP, "this witness's clock is not set");
	if (last > now + CLOCK_BACK_MAX)
		return err_set(e, ERR_TEMP, "this witness's clock is %llu s behind its own last signature: it is "
			       "wrong now, or was wrong then", (unsigned long long)(last - now));
	*at = last > now ? last : now;
	return 0;
}

static void
confirm(const struct witness_state *s, const struct witness_log *l, const struct witness_request *q,
	int signature, const struct witness_seen *seen, uint64_t now, struct witness_reply *r)
{
	const struct note_signature *theirs = &q->note.signatures[signature];
	AUTO(buf) line = BUF_INIT;
	AUTO(buf) note = BUF_INIT;
	struct err e = ERR_INIT;
	uint64_t at = 0;

	if (signing_time(now, seen->time, &at, &e)) {
		witness_reply_set(r, 503, "%s", e.msg);
		buf_str(&r->note, e.msg);
		return;
	}
	note_sign(&s->key, q->note.text, q->note.text_len, at, &line);
	buf_add(&note, q->note.text, q->note.text_len);
	buf_char(&note, '\n');
	buf_add(&note, theirs->line, theirs->line_len);
	buf_add(&note, line.data, line.len);
	if (witness_state_write(s, l, note.data, note.len, &e)) {
		witness_reply_set(r, 503, "what was seen cannot be kept, so nothing is confirmed: %s", e.msg);
		buf_str(&r->note, e.msg);
		return;
	}
	r->status = 200;
	r->type = TEXT;
	buf_clear(&r->body);
	buf_add(&r->body, line.data, line.len);
}

static void
decide(const struct witness_state *s, const struct witness_log *l, const struct witness_request *q,
       int signature, const char *body, size_t n, uint64_t now, struct witness_reply *r)
{
	struct witness_seen seen = WITNESS_SEEN_INIT;
	struct err e = ERR_INIT;

	if (witness_state_read(s, l, &seen, &e)) {
		witness_reply_set(r, 503, "%s", e.msg);
		buf_str(&r->note, e.msg);
		return;
	}
	if (!check(q, &seen, r))
		confirm(s, l, q, signature, &seen, now, r);
	else if (is_evidence(q, &seen, r->status))
		keep(s, l, now, body, n, &seen, r);
	witness_seen_release(&seen);
}

void
witness_log_add(const struct witness_state *s, const char *body, size_t n, uint64_t now,
		struct witness_reply *r)
{
	const struct witness_log *l;
	struct witness_request q;
	struct err e = ERR_INIT;
	int signature = 0;

	if (n > WITNESS_BODY_MAX || witness_request_read(&q, body, n, &e)) {
		witness_reply_set(r, 400, "%s", n > WITNESS_BODY_MAX ? "the request is too long" : e.msg);
		return;
	}
	l = witness_state_log(s, q.at.origin);
	if (!l) {
		witness_reply_set(r, 404, "this witness does not follow the log %s", q.at.origin);
		return;
	}
	switch (note_verify(&q.note, &l->key, NULL, &signature)) {
	case NOTE_GOOD:
		decide(s, l, &q, signature, body, n, now, r);
		return;
	case NOTE_ABSENT:
		witness_reply_set(r, 403, "the checkpoint is not signed by the key of %s", l->key.name);
		break;
	case NOTE_BAD:
		witness_reply_set(r, 403, "the signature of %s is not right", l->key.name);
		break;
	}
	buf_printf(&r->note, "a checkpoint of %s came that its key did not sign", l->key.name);
}

void
witness_log_get(const struct witness_state *s, const char *hash, struct witness_reply *r)
{
	const struct witness_log *l = witness_state_hash(s, hash);
	struct witness_seen seen = WITNESS_SEEN_INIT;
	struct err e = ERR_INIT;

	if (!l) {
		witness_reply_set(r, 404, "this witness does not follow a log of this origin");
	} else if (witness_state_read(s, l, &seen, &e)) {
		witness_reply_set(r, 503, "%s", e.msg);
		buf_str(&r->note, e.msg);
	} else if (!seen.any) {
		witness_reply_set(r, 404, "this witness has confirmed no checkpoint of this log yet");
	} else {
		r->status = 200;
		r->type = TEXT;
		buf_clear(&r->body);
		buf_add(&r->body, seen.note.data, seen.note.len);
	}
	witness_seen_release(&seen);
}

void
witness_log_health(const struct witness_state *s, struct witness_reply *r)
{
	struct err e = ERR_INIT;

	witness_reply_set(r, 200, "ok");
	for (int i = 0; i < s->count; i++) {
		struct witness_seen seen = WITNESS_SEEN_INIT;

		if (witness_state_read(s, &s->logs[i], &seen, &e))
			witness_reply_set(r, 503, "%s", e.msg);
		witness_seen_release(&seen);
	}
	if (faccessat(s->fd, "state", W_OK, 0))
		witness_reply_set(r, 503, "the state cannot be written");
}
