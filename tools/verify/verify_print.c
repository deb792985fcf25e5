/* SPDX-License-Identifier: BSD-2-Clause */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "tools/verify/verify_print.h"

#define SHOWN_RECORDS 6 /* of a kind that is told */

/* What stands around the sentences; all values are %s, in the same order in both languages. */
#define WORDS(X) \
	X(SOUND, "SOUND: nothing that is wrong was found\n", "NGUYÊN VẸN: không thấy điều gì sai\n") \
	X(TAMPERED, "TAMPERED WITH, from record %s on: %s\n", "ĐÃ BỊ SỬA, từ bản ghi %s: %s\n") \
	X(TAMPERED_FILE, "TAMPERED WITH: %s\n", "ĐÃ BỊ SỬA: %s\n") \
	X(INCOMPLETE, "INCOMPLETE: %s\n", "CHƯA ĐỦ: %s\n") \
	X(LOG, "log         %s\n", "nhật ký     %s\n") \
	X(SIZE, "records     %s in the log; %s to %s in this copy\n", \
	  "bản ghi     %s trong nhật ký; từ %s đến %s trong bản sao này\n") \
	X(ROOT, "root        %s\n", "mã gốc      %s\n") \
	X(WHEN, "times       %s to %s, by the machine's own clock\n", \
	  "thời gian   %s đến %s, theo đồng hồ của chính máy đó\n") \
	X(CONFIRMED, "confirmed   %s: the first %s records, at %s\n", \
	  "xác nhận    %s: %s bản ghi đầu, lúc %s\n") \
	X(HELD, "held        %s: the first %s records are still the same\n", \
	  "đang giữ    %s: %s bản ghi đầu vẫn như cũ\n") \
	X(RECEIPT, "held        receipt %s: record %s is the one it was given for\n", \
	  "đang giữ    biên nhận %s: bản ghi %s đúng là bản ghi đã cấp biên nhận\n") \
	X(DID, "holds       %s letters, %s orders, %s approvals; %s changes begun, %s done, %s failed\n", \
	  "nội dung    %s công văn, %s lệnh, %s lần duyệt; %s thay đổi bắt đầu, %s xong, %s không được\n") \
	X(VALUES, "values      %s opened, %s erased\n", "giá trị     %s mở được, %s đã xóa\n") \
	X(NOT_PROVEN, "\nNOT proven:\n", "\nCHƯA chứng minh được:\n") \
	X(NOBODY, "  that nobody rewrote all of it: no witness confirmed anything, and no checkpoint of yours was given\n", \
	  "  rằng không ai viết lại toàn bộ: không có bên làm chứng nào xác nhận, và không có điểm chốt nào của bạn\n") \
	X(TAIL, "  %s records after record %s, since %s: nobody outside confirmed them yet\n", \
	  "  %s bản ghi sau bản ghi %s, từ %s: chưa có ai bên ngoài xác nhận\n") \
	X(TAIL_HELD, "  %s records after record %s: nobody outside confirmed them yet\n", \
	  "  %s bản ghi sau bản ghi %s: chưa có ai bên ngoài xác nhận\n") \
	X(OWN_KEYS, "  WHOSE KEYS THESE ARE: they come from the copy itself. Compare the log's key with the page that was\n" \
	  "  printed when the log began, or give a policy of your own (--policy):\n", \
	  "  KHÓA LÀ CỦA AI: khóa lấy từ chính bản sao. Hãy so khóa của nhật ký với tờ giấy in khi nhật ký bắt đầu,\n" \
	  "  hoặc đưa tệp chính sách của bạn (--policy):\n") \
	X(KEY, "    %s\n", "    %s\n") \
	X(RULES, "  what was done by whom: only hashes were looked at (--hashes)\n", \
	  "  ai đã làm gì: chỉ xem mã băm (--hashes)\n") \
	X(PART, "  the records outside of %s to %s, and what the rules say about letters: this is a copy of a part\n", \
	  "  các bản ghi ngoài khoảng %s đến %s, và các quy tắc về công văn: đây là bản sao một phần\n") \
	X(STOPPED, "  what the rules say after the first record that is damaged\n", \
	  "  các quy tắc sau bản ghi hỏng đầu tiên\n") \
	X(ALSO, "\nAlso wrong:\n", "\nSai khác:\n") \
	X(MISSING, "\nMissing:\n", "\nCòn thiếu:\n") \
	X(MORE, "  … and %s more\n", "  … và %s điều nữa\n") \
	X(TOLD, "\nTold by the log (no fault):\n", "\nNhật ký cho biết (không phải lỗi):\n") \
	X(RECORD, " (record %s)\n", " (bản ghi %s)\n") \
	X(RECORDS, " (%s times: records %s%s)\n", " (%s lần: bản ghi %s%s)\n")

enum word {
#define X(N, en, vi) WORD_##N,
	WORDS(X)
#undef X
};

static const char *
word(enum word w, enum lang lang)
{
	static const char *const text[][LANG_COUNT] = {
#define X(N, en, vi) { en, vi },
		WORDS(X)
#undef X
	};

	return text[w][lang];
}

/* Up to six texts into the places of a word. */
static void
put(struct buf *out, enum word w, enum lang lang, const char *const *values)
{
	const char *p = word(w, lang), *mark;

	while ((mark = strstr(p, "%s"))) {
		buf_add(out, p, (size_t)(mark - p));
		buf_str(out, *values ? *values++ : "?");
		p = mark + 2;
	}
	buf_str(out, p);
}
#define PUT(out, w, lang, ...) \
	put(out, WORD_##w, lang, (const char *const[]){ __VA_ARGS__ __VA_OPT__(,) NULL })

struct digits {
	char text[24];
};
static struct digits
digits(uint64_t n)
{
	struct digits d;

	snprintf(d.text, sizeof(d.text), "%" PRIu64, n);
	return d;
}
#define N(n) (digits((uint64_t)(n)).text)

void
print_time(uint64_t seconds, struct buf *out)
{
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (seconds > INT64_MAX / 2 || !gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		buf_printf(out, "%" PRIu64, seconds);
	else
		buf_str(out, text);
}

json_t *
print_time_json(uint64_t seconds)
{
	time_t t = (time_t)seconds;
	char text[32];
	struct tm tm;

	if (!seconds || seconds > INT64_MAX / 2 || !gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm))
		return json_null();
	return json_string(text);
}

/* --- the report ------------------------------------------------------------------------------- */

void
print_verdict(const struct report *r, enum lang lang, struct buf *out)
{
	const struct said *first = report_first(r);
	AUTO(buf) text = BUF_INIT;

	for (size_t i = 0; !first && i < r->count; i++)
		if (say_class(r->said[i].what) == SAY_LACK)
			first = &r->said[i];
	if (!first) {
		PUT(out, SOUND, lang);
		return;
	}
	report_sentence(first, lang, &text);
	if (say_class(first->what) == SAY_LACK)
		PUT(out, INCOMPLETE, lang, text.data);
	else if (first->record)
		PUT(out, TAMPERED, lang, N(first->record), text.data);
	else
		PUT(out, TAMPERED_FILE, lang, text.data);
}

static void
put_class(const struct report *r, enum say_class class, enum word head, uint64_t total,
	  const struct said *but, enum lang lang, struct buf *out)
{
	uint64_t shown = 0;

	for (size_t i = 0; i < r->count; i++) {
		if (say_class(r->said[i].what) != class || &r->said[i] == but)
			continue;
		if (!shown++)
			buf_str(out, word(head, lang));
		buf_str(out, "  ");
		report_sentence(&r->said[i], lang, out);
		buf_char(out, '\n');
	}
	shown += but && say_class(but->what) == class;
	if (total > shown)
		PUT(out, MORE, lang, N(total - shown));
}

/* A kind once, with the records it was seen at. */
static void
put_told(const struct report *r, enum say what, enum lang lang, struct buf *out)
{
	AUTO(buf) records = BUF_INIT;
	const struct said *one = NULL;
	uint64_t shown = 0;

	for (size_t i = 0; i < r->count && shown < SHOWN_RECORDS; i++) {
		if (r->said[i].what != what)
			continue;
		one = &r->said[i];
		if (!one->record)
			break;
		buf_printf(&records, "%s%" PRId64, shown++ ? ", " : "", one->record);
	}
	buf_str(out, "  ");
	report_sentence(one, lang, out);
	if (shown && r->total[what] == 1)
		PUT(out, RECORD, lang, records.data);
	else if (shown)
		PUT(out, RECORDS, lang, N(r->total[what]), records.data,
		    r->total[what] > shown ? ", …" : "");
	else
		buf_char(out, '\n');
}

void
print_report(const struct report *r, enum lang lang, struct buf *out)
{
	const struct said *first = report_first(r);
	bool head = false;

	put_class(r, SAY_FAULT, WORD_ALSO, r->faults, first, lang, out);
	put_class(r, SAY_LACK, WORD_MISSING, r->lacks, NULL, lang, out);
	for (int what = 0; what < SAY_COUNT; what++) {
		if (say_class((enum say)what) != SAY_TELL || !r->total[what])
			continue;
		if (!head)
			buf_str(out, word(WORD_TOLD, lang));
		head = true;
		put_told(r, (enum say)what, lang, out);
	}
}

/* --- a copy ----------------------------------------------------------------------------------- */

/* Up to which record somebody outside stands for it. */
static uint64_t
stood_for(const struct copy *c)
{
	uint64_t size = c->points.quorum.size;

	for (const struct paper *p = c->ask->papers; p; p = p->next)
		if (p->fits && !c->points.root_wrong && p->point.size > size)
			size = p->point.size;
	return size;
}

static void
put_proven(const struct copy *c, enum lang lang, struct buf *out)
{
	const struct rules *r = &c->rules;
	AUTO(buf) root = BUF_INIT;

	base64_add(&root, c->end.root, DIGEST_LEN);
	PUT(out, LOG, lang, c->end.origin);
	PUT(out, SIZE, lang, N(c->end.size), N(c->first), N(c->last));
	PUT(out, ROOT, lang, root.data);
	if (r->first_t[0])
		PUT(out, WHEN, lang, r->first_t, r->t);
	for (int i = 0; c->trust && i < c->trust->witness_count; i++) {
		AUTO(buf) time = BUF_INIT;

		if (!c->points.by[i].size)
			continue;
		print_time(c->points.by[i].time, &time);
		PUT(out, CONFIRMED, lang, c->trust->witnesses[i].key.name, N(c->points.by[i].size),
		    time.data);
	}
	for (const struct paper *p = c->ask->papers; p; p = p->next)
		if (p->fits)
			PUT(out, HELD, lang, p->file, N(p->point.size));
	for (const struct receipt *q = c->ask->receipts; q; q = q->next)
		if (q->fits)
			PUT(out, RECEIPT, lang, q->text, N(q->seq));
	if (!c->ask->hashes_only && !c->part)
		PUT(out, DID, lang, N(r->letters.requests), N(r->letters.orders), N(r->letters.approvals),
		    N(r->letters.begun), N(r->letters.done), N(r->letters.failed));
	if (c->has_openings)
		PUT(out, VALUES, lang, N(c->openings.opened), N(c->openings.erased));
}

static void
put_not_proven(const struct copy *c, enum lang lang, struct buf *out)
{
	uint64_t known = stood_for(c);
	bool part = c->part;
	bool own = c->trust == &c->own;
	AUTO(buf) text = BUF_INIT;

	if (!known)
		PUT(&text, NOBODY, lang);
	else if (known < c->end.size && known == c->points.quorum.size && c->points.tail_t[0])
		PUT(&text, TAIL, lang, N(c->end.size - known), N(known), c->points.tail_t);
	else if (known < c->end.size)
		PUT(&text, TAIL_HELD, lang, N(c->end.size - known), N(known));
	if (own) {
		PUT(&text, OWN_KEYS, lang);
		for (int i = 0; i < c->own.log_count; i++) {
			AUTO(str) vkey = note_key_vkey(&c->own.logs[i]);

			PUT(&text, KEY, lang, vkey);
		}
	}
	if (c->ask->hashes_only)
		PUT(&text, RULES, lang);
	if (part)
		PUT(&text, PART, lang, N(c->first), N(c->last));
	if (!c->rules_live)
		PUT(&text, STOPPED, lang);
	if (text.len) {
		buf_str(out, word(WORD_NOT_PROVEN, lang));
		buf_add(out, text.data, text.len);
	}
}

void
print_copy(const struct copy *c, enum lang lang, struct buf *out)
{
	print_verdict(c->report, lang, out);
	if (c->readable) {
		put_proven(c, lang, out);
		put_not_proven(c, lang, out);
	}
	print_report(c->report, lang, out);
}

/* --- for machines ----------------------------------------------------------------------------- */

static const char *
verdict_word(enum verdict v)
{
	switch (v) {
	case VERDICT_SOUND:
		return "sound";
	case VERDICT_TAMPERED:
		return "tampered";
	case VERDICT_INCOMPLETE:
		return "incomplete";
	case VERDICT_USAGE:
		break;
	}
	return "usage";
}

/* As doc/audit-format.md numbers them. */
static const char *
rule_of(enum say what)
{
	static const struct {
		enum say first, last;
		const char *rule;
	} rules[] = {
		{ SAY_SEQ, SAY_BOOT_NEW, "1" },	    { SAY_GENESIS, SAY_GENESIS, "2" },
		{ SAY_KEY_FORM, SAY_KEY_FORM, "9" }, { SAY_CRASH, SAY_GAP, "2" },
		{ SAY_OUTCOME_NONE, SAY_OPEN, "3" }, { SAY_FOUR_EYES, SAY_NAMED_IT, "5" },
		{ SAY_REQ_AGAIN, SAY_WRONG_NAME, "4" },
		{ SAY_CLOSED, SAY_CLOSED, "6" },    { SAY_OPENING_FORM, SAY_ALSO_WRONG, "7" },
		{ SAY_ANCHOR_ROOT, SAY_ROOT_SAID, "8" },
		{ SAY_INCARNATION_OLD, SAY_INCARNATION_OLD, "9" },
		{ SAY_CONFIG, SAY_INCARNATION, "10" },
		{ SAY_KEY_UNTRUSTED, SAY_KEY_UNTRUSTED, "9" },
		{ SAY_PAPER_ROOT, SAY_RECEIPT_OTHER, "held" },
		{ SAY_NO_CHECKPOINT, SAY_QUORUM, "8" },
		{ SAY_BUNDLE, SAY_BUNDLE, "hash" }, { SAY_LEAF, SAY_TILE, "hash" },
		{ SAY_ROOT, SAY_ROOT, "root" },
		{ SAY_FORK, SAY_ONE_LACKS, "compare" },
	};

	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (what >= rules[i].first && what <= rules[i].last)
			return rules[i].rule;
	return "form";
}

static json_t *
said_json(const struct said *s)
{
	AUTO(buf) text = BUF_INIT;

	report_sentence(s, LANG_EN, &text);
	return json_pack("{s:s,s:s,s:o,s:s}", "code", say_code(s->what), "rule", rule_of(s->what), "seq",
			 s->record ? json_integer(s->record) : json_null(), "text", text.data);
}

void
print_report_json(const struct report *r, json_t *into)
{
	json_t *list[3] = { json_array(), json_array(), json_array() }, *counts = json_object();
	enum verdict v = report_verdict(r);

	for (size_t i = 0; i < r->count; i++)
		json_array_append_new(list[say_class(r->said[i].what)], said_json(&r->said[i]));
	for (int what = 0; what < SAY_COUNT; what++)
		if (r->total[what])
			json_object_set_new(counts, say_code((enum say)what),
					    json_integer((json_int_t)r->total[what]));
	json_object_set_new(into, "verdict", json_string(verdict_word(v)));
	json_object_set_new(into, "exit", json_integer(v));
	json_object_set_new(into, "first", report_bad(r) ? json_integer(report_bad(r)) : json_null());
	json_object_set_new(into, "faults", list[SAY_FAULT]);
	json_object_set_new(into, "missing", list[SAY_LACK]);
	json_object_set_new(into, "told", list[SAY_TELL]);
	json_object_set_new(into, "said", counts);
}

static json_t *
confirmed_json(const struct copy *c)
{
	json_t *list = json_array();

	for (int i = 0; c->trust && i < c->trust->witness_count; i++)
		if (c->points.by[i].size)
			json_array_append_new(list, json_pack("{s:s,s:I,s:o}", "witness",
							      c->trust->witnesses[i].key.name, "size",
							      (json_int_t)c->points.by[i].size, "time",
							      print_time_json(c->points.by[i].time)));
	return list;
}

static json_t *
not_proven_json(const struct copy *c)
{
	uint64_t known = stood_for(c);

	return json_pack("{s:I,s:o,s:b,s:b,s:b}", "records", (json_int_t)(c->end.size - known), "since",
			 known && known == c->points.quorum.size && c->points.tail_t[0] ?
				 json_string(c->points.tail_t) : json_null(),
			 "keys", c->trust == &c->own || !c->trust, "rules",
			 c->ask->hashes_only || !c->rules_live || c->part, "part",
			 c->part);
}

json_t *
print_copy_json(const struct copy *c)
{
	const struct letters *l = &c->rules.letters;
	AUTO(buf) root = BUF_INIT;
	json_t *j = json_object();

	print_report_json(c->report, j);
	if (!c->readable)
		return j;
	base64_add(&root, c->end.root, DIGEST_LEN);
	json_object_update_new(j, json_pack("{s:s,s:I,s:s,s:{s:I,s:I},s:s*,s:s*}", "origin", c->end.origin,
		"size", (json_int_t)c->end.size, "root", root.data, "records", "first",
		(json_int_t)c->first, "last", (json_int_t)c->last, "from",
		c->rules.first_t[0] ? c->rules.first_t : NULL, "to", c->rules.t[0] ? c->rules.t : NULL));
	json_object_set_new(j, "confirmed", confirmed_json(c));
	json_object_set_new(j, "confirmed_size", json_integer((json_int_t)c->points.quorum.size));
	json_object_set_new(j, "not_proven", not_proven_json(c));
	if (!c->ask->hashes_only && !c->part)
		json_object_set_new(j, "counts", json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I}",
			"letters", (json_int_t)l->requests, "orders", (json_int_t)l->orders, "approvals",
			(json_int_t)l->approvals, "begun", (json_int_t)l->begun, "done",
			(json_int_t)l->done, "failed", (json_int_t)l->failed, "moved",
			(json_int_t)l->moved, "opened", (json_int_t)c->openings.opened, "erased",
			(json_int_t)c->openings.erased));
	return j;
}
