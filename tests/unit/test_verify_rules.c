/* SPDX-License-Identifier: BSD-2-Clause */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "common/json.h"
#include "tools/verify/verify_rules.h"

/*
 * A short life of a log that obeys every rule, and what is said when one record of it is another.
 * Records are JSON with ' for "; "@x" stands for the hash of "x", "#1a2b" for the digest of rows 1 and 2
 * with the plans "@a" and "@b".  What every record has is filled in.
 */
static const char *const life[] = {
	/* 1 */ "{'ev':'genesis','cfg':'@g','key':'KEY'}",
	/* 2 */ "{'ev':'start','cfg':'@c'}",
	/* 3 */ "{'ev':'item','actor':'hopthud','op':'operator-add','opid':'o','plan':'@o','req':1,'round':1,'row':1}",
	/* 4 */ "{'ev':'intent','as':'hopthud','op':'operator-add','opid':'o','plan':'@o','req':1,'round':1,'row':1}",
	/* 5 */ "{'ev':'outcome','intent':4,'op':'operator-add','opid':'o','req':1,'result':'done','row':1}",
	/* 6 */ "{'ev':'request','actor':'lan','count':2,'req':2}",
	/* 7 */ "{'ev':'item','actor':'lan','op':'create','opid':'a','plan':'@a','req':2,'round':1,'row':1,'subj':'p1'}",
	/* 8 */ "{'ev':'item','actor':'lan','op':'create','opid':'b','req':2,'result':'name-needed','round':1,'row':2,'subj':'p2'}",
	/* 9 */ "{'ev':'plan','actor':'lan','count':2,'needs':2,'req':2,'result':'name-needed','round':1}",
	/* 10 */ "{'ev':'name','actor':'tuan','op':'create','opid':'c','plan':'@b','req':2,'round':1,'row':2,'subj':'p2'}",
	/* 11 */ "{'ev':'plan','actor':'tuan','count':2,'digest':'#1a2b','needs':2,'req':2,'round':1}",
	/* 12 */ "{'ev':'approve','actor':'minh','digest':'#1a2b','needs':2,'req':2,'result':'first of two','round':1}",
	/* 13 */ "{'ev':'approve','actor':'thu','digest':'#1a2b','needs':2,'req':2,'round':1}",
	/* 14 */ "{'ev':'intent','as':'thu','op':'create','opid':'a','plan':'@a','req':2,'round':1,'row':1,'subj':'p1'}",
	/* 15 */ "{'ev':'intent','as':'thu','op':'create','opid':'c','plan':'@b','req':2,'round':1,'row':2,'subj':'p2'}",
	/* 16 */ "{'ev':'outcome','intent':14,'op':'create','opid':'a','req':2,'result':'done','row':1,'subj':'p1'}",
	/* 17 */ "{'ev':'hold','intent':15,'op':'create','opid':'c','req':2,'row':2,'subj':'p2'}",
	/* 18 */ "{'ev':'retry','actor':'tuan','count':1,'req':2}",
	/* 19 */ "{'ev':'resolve','as':'thu','intent':15,'op':'create','opid':'c','plan':'@b','req':2,'round':1,'row':2,'subj':'p2'}",
	/* 20 */ "{'ev':'outcome','intent':15,'op':'create','opid':'c','req':2,'result':'moved','row':2,'subj':'p2'}",
	/* 21 */ "{'ev':'item','op':'create','opid':'d','plan':'@c','req':2,'round':2,'row':2,'subj':'p2'}",
	/* 22 */ "{'ev':'plan','count':1,'digest':'#2c','needs':2,'req':2,'round':2}",
	/* 23 */ "{'ev':'approve','actor':'minh','digest':'#2c','needs':2,'req':2,'result':'first of two','round':2}",
	/* 24 */ "{'ev':'plan','actor':'admin','req':2,'result':'its approver was revoked','target':'minh'}",
	/* 25 */ "{'ev':'approve','actor':'ba','digest':'#2c','needs':2,'req':2,'result':'first of two','round':2}",
	/* 26 */ "{'ev':'approve','actor':'thu','digest':'#2c','needs':2,'req':2,'round':2}",
	/* 27 */ "{'ev':'intent','as':'thu','op':'create','opid':'d','plan':'@c','req':2,'round':2,'row':2,'subj':'p2'}",
	/* 28 */ "{'ev':'outcome','intent':27,'op':'create','opid':'d','req':2,'result':'done','row':2,'subj':'p2'}",
	/* 29 */ "{'ev':'request','actor':'lan','count':1,'req':3}",
	/* 30 */ "{'ev':'item','actor':'lan','op':'close','opid':'e','plan':'@d','req':3,'round':1,'row':1,'subj':'p1'}",
	/* 31 */ "{'ev':'request','actor':'lan','count':1,'req':4}",
	/* 32 */ "{'ev':'item','actor':'lan','op':'update','opid':'f','plan':'@e','req':4,'round':1,'row':1,'subj':'p1'}",
	/* 33 */ "{'ev':'plan','actor':'lan','count':1,'digest':'#1d','req':3,'round':1}",
	/* 34 */ "{'ev':'plan','actor':'lan','count':1,'digest':'#1e','req':4,'round':1}",
	/* 35 */ "{'ev':'approve','actor':'minh','digest':'#1d','req':3,'round':1}",
	/* 36 */ "{'ev':'approve','actor':'minh','digest':'#1e','req':4,'round':1}",
	/* 37 */ "{'ev':'intent','as':'minh','op':'close','opid':'e','plan':'@d','req':3,'round':1,'row':1,'subj':'p1'}",
	/* 38 */ "{'ev':'outcome','intent':37,'op':'close','opid':'e','req':3,'result':'done','row':1,'subj':'p1'}",
	/* 39 */ "{'ev':'intent','as':'minh','op':'update','opid':'f','plan':'@e','req':4,'round':1,'row':1,'subj':'p1'}",
	/* 40 */ "{'ev':'outcome','intent':39,'op':'update','opid':'f','req':4,'result':'moved','row':1,'subj':'p1'}",
	/* 41 */ "{'ev':'item','op':'update','req':4,'result':'failed','round':2,'row':1,'subj':'p1'}",
	/* 42 */ "{'ev':'plan','digest':'#1e','req':4,'round':2}",
	/* 43 */ "{'ev':'request','actor':'lan','count':1,'req':5}",
	/* 44 */ "{'ev':'item','actor':'lan','op':'restore','opid':'h','plan':'@f','req':5,'round':1,'row':1,'subj':'p1'}",
	/* 45 */ "{'ev':'plan','actor':'lan','count':1,'digest':'#1f','req':5,'round':1}",
	/* 46 */ "{'ev':'approve','actor':'minh','digest':'#1f','req':5,'round':1}",
	/* 47 */ "{'ev':'intent','as':'minh','op':'restore','opid':'h','plan':'@f','req':5,'round':1,'row':1,'subj':'p1'}",
	/* 48 */ "{'ev':'outcome','intent':47,'op':'restore','opid':'h','req':5,'result':'done','row':1,'subj':'p1'}",
	/* 49 */ "{'ev':'retry','actor':'tuan','count':1,'req':4}",
	/* 50 */ "{'ev':'intent','as':'minh','op':'update','opid':'f','plan':'@e','req':4,'round':1,'row':1,'subj':'p1'}",
	/* 51 */ "{'ev':'outcome','intent':50,'op':'update','opid':'f','req':4,'result':'failed','row':1,'subj':'p1'}",
	/* 52 */ "{'ev':'stop'}",
};
#define LIFE ((int64_t)(sizeof(life) / sizeof(*life)))

/* --- records from these texts ----------------------------------------------------------------- */

static void
hash_of(const char *text, size_t n, char hex[65])
{
	AUTO(buf) b = BUF_INIT;
	uint8_t hash[DIGEST_LEN];

	digest_sha256(text, n, hash);
	buf_hex(&b, hash, sizeof(hash));
	memcpy(hex, b.data, 65);
}

static void
expand(json_t *rec)
{
	const char *key;
	json_t *value;
	void *tmp;

	json_object_foreach_safe(rec, tmp, key, value) {
		const char *s = json_string_value(value);
		AUTO(buf) text = BUF_INIT;
		char hex[65];

		if (!s || (*s != '@' && *s != '#'))
			continue;
		if (*s == '@') {
			hash_of(s + 1, strlen(s + 1), hex);
		} else {
			buf_printf(&text, "hopthu-plan/2 %zu\n", strlen(s + 1) / 2);
			for (const char *p = s + 1; *p; p += 2) {
				hash_of(p + 1, 1, hex);
				buf_printf(&text, "%c %s\n", *p, hex);
			}
			hash_of(text.data, text.len, hex);
		}
		json_object_set_new(rec, key, json_string(hex));
	}
}

static void
fill(json_t *rec, const char *key, json_t *value)
{
	if (!json_object_get(rec, key))
		json_object_set(rec, key, value);
	json_decref(value);
}

/* The bytes of record n; caller frees. */
static char *
record(const char *text, int64_t n)
{
	AUTO(buf) b = BUF_INIT;
	AUTO(json) rec = NULL;
	const char *who;
	char t[32];

	for (; *text; text++)
		if (!strncmp(text, "KEY", 3)) {
			AUTO(str) vkey = NULL;
			struct note_key k = { .has_secret = false };

			note_key_make(&k, "hopthu.test/1", NOTE_ED25519);
			vkey = note_key_vkey(&k);
			buf_str(&b, vkey);
			text += 2;
		} else {
			buf_char(&b, *text == '\'' ? '"' : *text);
		}
	rec = json_loads(b.data, 0, NULL);
	assert_non_null(rec);
	expand(rec);
	snprintf(t, sizeof(t), "2026-03-02T08:%02d:%02d.000000Z", (int)(n / 60), (int)(n % 60));
	who = json_str(rec, "actor") ? json_str(rec, "actor") : "hopthud";
	json_object_set_new(rec, "actor", json_pack("{s:s,s:s,s:s}", "mech", "peer", "name", who, "src", "uid:1"));
	fill(rec, "boot", json_string("8d1f"));
	fill(rec, "mono", json_integer(5000 + n * 1000));
	fill(rec, "seq", json_integer(n));
	fill(rec, "t", json_string(t));
	fill(rec, "v", json_integer(1));
	return json_dumps(rec, JSON_COMPACT | JSON_SORT_KEYS);
}

static int
no_root(void *arg, uint64_t size, uint8_t root[DIGEST_LEN])
{
	(void)arg;
	(void)size;
	memset(root, 7, DIGEST_LEN);
	return 0;
}

static enum note_verdict
any_anchor(void *arg, uint64_t size, const char *origin, struct span witness, struct span sig,
	   const uint8_t root[DIGEST_LEN], uint64_t *time)
{
	(void)arg;
	(void)size;
	(void)witness;
	(void)root;
	assert_string_equal(origin, "hopthu.test/1");
	*time = 1000;
	return span_is(sig, "good") ? NOTE_GOOD : span_is(sig, "other") ? NOTE_ABSENT : NOTE_BAD;
}

static int
any_event(void *arg, int64_t seq, bool *has_subj)
{
	(void)arg;
	*has_subj = seq == 7;
	return seq == 6 ? EVENT_REQUEST : seq == 7 ? EVENT_ITEM : EVENT_START;
}

static int64_t
three(void *arg, uint64_t size)
{
	(void)arg;
	(void)size;
	return 3;
}

static const struct rules_world world = { .stood_for = three, .root = no_root, .anchor = any_anchor, .event = any_event };

/* Records one after the other; NULL ends. */
static void
run(struct report *report, const char *const *records, int64_t count)
{
	struct rules rules;

	rules_init(&rules, report, &world, false);
	for (int64_t n = 1; n <= count; n++) {
		AUTO(str) bytes = record(records[n - 1], n);

		if (!rules_add(&rules, n, bytes, strlen(bytes)))
			break;
	}
	rules_end(&rules, true);
	rules_release(&rules);
}

static void
test_life(void **state)
{
	struct report report;

	(void)state;
	report_init(&report);
	run(&report, life, LIFE);
	for (size_t i = 0; i < report.count; i++) {
		AUTO(buf) text = BUF_INIT;

		report_sentence(&report.said[i], LANG_EN, &text);
		if (say_class(report.said[i].what) != SAY_TELL)
			print_error("%s\n", text.data);
	}
	assert_int_equal(report.faults + report.lacks, 0);
	assert_int_equal(report.total[SAY_OPEN], 0);
	assert_int_equal(report.total[SAY_CRASH], 0);
	report_release(&report);
}

/* --- one record is another -------------------------------------------------------------------- */

struct wrong {
	int64_t at;        /* this record of the life is */
	const char *is;    /* this one */
	enum say what;     /* and then this is said */
	int64_t record;    /* of this record */
};

#define BEAT "{'ev':'heartbeat'}"

static const struct wrong wrongs[] = {
	{ 1, BEAT, SAY_GENESIS, 1 },
	{ 5, "{'ev':'genesis','key':'KEY'}", SAY_GENESIS, 5 },
	{ 1, "{'ev':'genesis','key':'nonsense'}", SAY_KEY_FORM, 1 },
	{ 6, "{'ev':'request','actor':'lan','req':2,'seq':7}", SAY_SEQ, 6 },
	{ 6, "{'ev':'request','actor':'lan','req':2,'t':'2026-03-02T08:00:04.999999Z'}", SAY_TIME_BACK, 6 },
	{ 6, "{'ev':'request','actor':'lan','req':2,'mono':9999}", SAY_MONO_BACK, 6 },
	{ 6, "{'ev':'request','actor':'lan','req':2,'v':2}", SAY_REC_VERSION, 6 },
	{ 6, "{'ev':'invented'}", SAY_REC_EVENT, 6 },
	{ 6, "{'ev':'request','actor':'lan','req':'2'}", SAY_REC_TYPE, 6 },
	{ 6, "{'ev':'request','actor':'lan'}", SAY_REC_FIELDS, 6 },
	{ 6, "{'ev':'request','actor':'lan','req':1}", SAY_REQ_AGAIN, 6 },
	/* rule 3 */
	{ 5, "{'ev':'outcome','intent':3,'op':'operator-add','opid':'o','req':1,'result':'done','row':1}",
	  SAY_OUTCOME_NONE, 5 },
	{ 28, "{'ev':'outcome','intent':14,'op':'create','opid':'a','req':2,'result':'done','row':1,'subj':'p1'}",
	  SAY_OUTCOME_NONE, 28 }, /* it has one */
	{ 16, "{'ev':'outcome','intent':14,'op':'create','opid':'x','req':2,'result':'done','row':1,'subj':'p1'}",
	  SAY_OUTCOME_DIFFERS, 16 },
	{ 16, "{'ev':'outcome','intent':14,'op':'create','opid':'a','req':2,'result':'done','row':2,'subj':'p1'}",
	  SAY_OUTCOME_DIFFERS, 16 },
	{ 16, "{'ev':'outcome','intent':14,'op':'close','opid':'a','req':2,'result':'done','row':1,'subj':'p1'}",
	  SAY_OUTCOME_DIFFERS, 16 },
	{ 16, "{'ev':'outcome','intent':14,'op':'create','opid':'a','req':3,'result':'done','row':1,'subj':'p1'}",
	  SAY_OUTCOME_DIFFERS, 16 },
	{ 16, "{'ev':'outcome','intent':14,'op':'create','opid':'a','req':2,'result':'done','row':1,'subj':'p2'}",
	  SAY_OUTCOME_DIFFERS, 16 },
	{ 16, "{'ev':'outcome','intent':14,'op':'create','opid':'a','req':2,'result':'fine','row':1,'subj':'p1'}",
	  SAY_OUTCOME_RESULT, 16 },
	{ 17, "{'ev':'hold','intent':14,'op':'create','opid':'c','req':2,'row':2,'subj':'p2'}",
	  SAY_OUTCOME_NONE, 17 },
	{ 19, "{'ev':'resolve','as':'thu','intent':15,'op':'create','opid':'c','plan':'@x','req':2,'round':1,'row':2,'subj':'p2'}",
	  SAY_ROW_DIFFERS, 19 },
	{ 51, BEAT, SAY_OPEN, 50 },
	/* rule 4: what is begun is what was planned */
	{ 14, "{'ev':'intent','as':'thu','op':'create','opid':'a','plan':'@x','req':2,'round':1,'row':1,'subj':'p1'}",
	  SAY_ROW_DIFFERS, 14 },
	{ 14, "{'ev':'intent','as':'thu','op':'create','opid':'x','plan':'@a','req':2,'round':1,'row':1,'subj':'p1'}",
	  SAY_ROW_DIFFERS, 14 },
	{ 14, "{'ev':'intent','as':'thu','op':'close','opid':'a','plan':'@a','req':2,'round':1,'row':1,'subj':'p1'}",
	  SAY_ROW_DIFFERS, 14 },
	{ 14, "{'ev':'intent','as':'thu','op':'create','opid':'a','plan':'@a','req':2,'round':1,'row':1,'subj':'p2'}",
	  SAY_ROW_DIFFERS, 14 },
	{ 14, "{'ev':'intent','as':'thu','op':'create','opid':'a','plan':'@a','req':2,'round':2,'row':1,'subj':'p1'}",
	  SAY_ROW_DIFFERS, 14 },
	{ 14, "{'ev':'intent','as':'minh','op':'create','opid':'a','plan':'@a','req':2,'round':1,'row':1,'subj':'p1'}",
	  SAY_WRONG_NAME, 14 },
	{ 4, "{'ev':'intent','as':'minh','op':'operator-add','opid':'o','plan':'@o','req':1,'round':1,'row':1}",
	  SAY_WRONG_NAME, 4 },
	{ 14, "{'ev':'intent','as':'thu','op':'create','opid':'a','plan':'@a','req':2,'round':1,'row':3,'subj':'p1'}",
	  SAY_ROW_NONE, 14 },
	{ 14, "{'ev':'intent','as':'thu','op':'create','opid':'a','plan':'@a','req':9,'round':1,'row':1,'subj':'p1'}",
	  SAY_REQ_NONE, 14 },
	{ 16, "{'ev':'intent','as':'thu','op':'create','opid':'a','plan':'@a','req':2,'round':1,'row':1,'subj':'p1'}",
	  SAY_ROW_STATE, 16 }, /* begun twice */
	{ 7, "{'ev':'item','actor':'lan','op':'create','opid':'a','plan':'@x','req':2,'round':1,'row':1,'subj':'p1'}",
	  SAY_PLAN_DIGEST, 11 },
	{ 7, BEAT, SAY_PLAN_DIGEST, 11 },
	{ 11, "{'ev':'plan','actor':'tuan','count':2,'digest':'#1a2c','needs':2,'req':2,'round':1}",
	  SAY_PLAN_DIGEST, 11 },
	{ 12, "{'ev':'approve','actor':'minh','digest':'#1a2c','needs':2,'req':2,'round':1}",
	  SAY_APPROVE_DIGEST, 12 },
	{ 13, BEAT, SAY_UNAPPROVED, 14 }, /* one of two is not enough */
	{ 26, BEAT, SAY_UNAPPROVED, 27 },
	{ 25, BEAT, SAY_UNAPPROVED, 27 }, /* the word of who was revoked does not count */
	{ 35, BEAT, SAY_UNAPPROVED, 37 },
	{ 22, BEAT, SAY_APPROVE_STATE, 23 },
	{ 22, "{'ev':'intent','as':'thu','op':'create','opid':'d','plan':'@c','req':2,'round':2,'row':2,'subj':'p2'}",
	  SAY_NOT_IN_PLAN, 22 }, /* planned again, and not approved again */
	{ 52, "{'ev':'approve','actor':'minh','digest':'#1d','req':3,'round':1}", SAY_REQ_NONE, 52 },
	{ 38, "{'ev':'approve','actor':'thu','digest':'#1d','req':3,'round':1}", SAY_APPROVE_STATE, 38 },
	{ 23, "{'ev':'approve','actor':'minh','digest':'#2c','needs':2,'req':2,'round':1}", SAY_APPROVE_DIGEST, 23 },
	{ 22, "{'ev':'plan','count':1,'digest':'#2c','needs':2,'req':2,'round':0}", SAY_PLAN_ROUND, 22 },
	{ 6, BEAT, SAY_REQ_NONE, 7 }, /* a letter's work without a letter */
	{ 29, "{'ev':'item','op':'agency-add','opid':'z','plan':'@z','req':2,'round':1,'row':1}",
	  SAY_REQ_AGAIN, 29 },
	{ 30, "{'ev':'item','actor':'lan','op':'operator-add','opid':'e','plan':'@d','req':3,'round':1,'row':1,'subj':'p1'}",
	  SAY_ROW_DIFFERS, 30 },
	{ 8, "{'ev':'item','actor':'lan','op':'create','opid':'b','plan':'@b','req':2,'round':1,'row':1,'subj':'p2'}",
	  SAY_ROW_STATE, 8 },
	{ 21, "{'ev':'item','op':'close','opid':'d','plan':'@c','req':2,'round':2,'row':2,'subj':'p2'}",
	  SAY_ROW_DIFFERS, 21 },
	{ 21, "{'ev':'item','op':'create','opid':'d','plan':'@c','req':2,'round':2,'row':3,'subj':'p2'}",
	  SAY_ROW_NONE, 21 },
	{ 10, "{'ev':'name','actor':'tuan','op':'create','opid':'c','plan':'@b','req':2,'round':1,'row':1,'subj':'p1'}",
	  SAY_ROW_STATE, 10 },
	{ 33, "{'ev':'cancel','actor':'lan','req':3}", SAY_REQ_NONE, 35 },
	/* rule 5 */
	{ 12, "{'ev':'approve','actor':'lan','digest':'#1a2b','needs':2,'req':2,'round':1}", SAY_FOUR_EYES, 12 },
	{ 12, "{'ev':'approve','actor':'tuan','digest':'#1a2b','needs':2,'req':2,'round':1}", SAY_NAMED_IT, 12 },
	{ 13, "{'ev':'approve','actor':'minh','digest':'#1a2b','needs':2,'req':2,'round':1}", SAY_UNAPPROVED, 14 },
	/* rule 6 */
	{ 40, "{'ev':'outcome','intent':39,'op':'update','opid':'f','req':4,'result':'done','row':1,'subj':'p1'}",
	  SAY_CLOSED, 40 },
	/* rules 8 to 10 */
	{ 52, "{'ev':'anchor','witness':'w','size':9,'root':'@r','at':1000,'sig':'good'}", SAY_ANCHOR_ROOT, 4 },
	{ 52, "{'ev':'anchor','witness':'w','size':52,'root':'@r','at':1000,'sig':'good'}", SAY_ANCHOR_SIZE, 52 },
	{ 52, "{'ev':'anchor','witness':'w','size':9,'at':1000,'sig':'good'}", SAY_REC_FIELDS, 52 },
	{ 52, "{'ev':'anchor','witness':'w','size':9,'root':'SEVENS','at':1000,'sig':'bad'}", SAY_ANCHOR_WRONG, 52 },
	{ 52, "{'ev':'anchor','witness':'w','size':9,'root':'SEVENS','at':999,'sig':'good'}", SAY_ANCHOR_WRONG, 52 },
	{ 52, "{'ev':'anchor','witness':'w','size':9,'root':'SEVENS','at':1000,'sig':'other'}", SAY_ANCHOR_KEY, 52 },
	{ 52, "{'ev':'export','size':9,'root':'@r'}", SAY_ROOT_SAID, 52 },
	{ 52, "{'ev':'export','size':9,'root':'SEVENS'}", SAY_EXPORT, 52 },
	{ 52, "{'ev':'incarnation','old':'another','key':'KEY','target':'hopthu.test/1'}",
	  SAY_INCARNATION_OLD, 52 },
	{ 52, "{'ev':'incarnation','old':'hopthu.test/1','key':'KEY','target':'x'}", SAY_REC_FIELDS, 52 },
	{ 52, "{'ev':'incarnation','old':'hopthu.test/1','key':'KEY','target':'hopthu.test/1'}",
	  SAY_INCARNATION, 52 },
	{ 52, "{'ev':'start','cfg':'@c'}", SAY_CRASH, 52 },
	{ 52, "{'ev':'config','cfg':'@other'}", SAY_CONFIG, 52 },
	{ 52, "{'ev':'heartbeat','t':'2026-03-03T11:00:00.000000Z'}", SAY_GAP, 52 },
	{ 52, "{'ev':'heartbeat','t':'2026-03-02T09:00:00.000000Z'}", SAY_CLOCK_STEP, 52 },
	{ 52, "{'ev':'heartbeat','boot':'x'}", SAY_BOOT_NEW, 52 },
	{ 52, "{'ev':'drift'}", SAY_DRIFT, 52 },
	{ 52, "{'ev':'heartbeat','policy':'@p'}", SAY_POLICY_NEW, 52 },
	{ 52, "{'ev':'heartbeat','zz':'1'}", SAY_REC_UNKNOWN, 52 },
};

static char *
sevens(const char *text)
{
	AUTO(buf) b = BUF_INIT;
	const char *at = strstr(text, "SEVENS");

	if (!at)
		return xstrdup(text);
	buf_add(&b, text, (size_t)(at - text));
	for (int i = 0; i < DIGEST_LEN; i++)
		buf_str(&b, "07");
	buf_str(&b, at + 6);
	return buf_steal(&b);
}

static void
test_wrongs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(wrongs) / sizeof(*wrongs); i++) {
		const struct wrong *w = &wrongs[i];
		const char *records[LIFE];
		AUTO(str) is = sevens(w->is);
		const struct said *first = NULL;
		struct report report;

		memcpy(records, life, sizeof(records));
		records[w->at - 1] = is;
		report_init(&report);
		run(&report, records, LIFE);
		for (size_t k = 0; k < report.count && !first; k++)
			if (report.said[k].what == w->what)
				first = &report.said[k];
		if (!first || first->record != w->record)
			fail_msg("%s: %s at record %lld instead of %lld", w->is, say_code(w->what),
				 first ? (long long)first->record : -1LL, (long long)w->record);
		/* what is a fault is the first one */
		if (say_class(w->what) == SAY_FAULT) {
			assert_ptr_equal(report_first(&report), first);
			assert_int_equal(report_verdict(&report), VERDICT_TAMPERED);
		} else if (say_class(w->what) == SAY_LACK) {
			assert_int_equal(report_verdict(&report), VERDICT_INCOMPLETE);
		}
		report_release(&report);
	}
}

/* A row that was planned again after the close may change the mailbox, whatever letter it is of. */
static void
test_planned_after_close(void **state)
{
	const char *records[LIFE];
	struct report report;

	(void)state;
	memcpy(records, life, sizeof(records));
	records[40] = "{'ev':'item','op':'update','opid':'g','plan':'@g','req':4,'round':2,'row':1,'subj':'p1'}";
	records[41] = "{'ev':'plan','count':1,'digest':'#1g','req':4,'round':2}";
	records[42] = "{'ev':'approve','actor':'minh','digest':'#1g','req':4,'round':2}";
	records[43] = "{'ev':'intent','as':'minh','op':'update','opid':'g','plan':'@g','req':4,'round':2,'row':1,'subj':'p1'}";
	records[44] = "{'ev':'outcome','intent':44,'op':'update','opid':'g','req':4,'result':'done','row':1,'subj':'p1'}";
	report_init(&report);
	run(&report, records, 45);
	assert_int_equal(report.faults, 0);
	report_release(&report);
}

/* A held item is planned again: what was begun is given up, and the new plan has an intent of its own. */
static void
test_given_up(void **state)
{
	const char *records[LIFE];
	struct report report;

	(void)state;
	memcpy(records, life, sizeof(records));
	records[18] = BEAT;
	records[19] = "{'ev':'outcome','intent':15,'op':'create','opid':'c','req':2,'result':'given up','row':2,'subj':'p2'}";
	report_init(&report);
	run(&report, records, LIFE);
	assert_int_equal(report.faults, 0);
	report_release(&report);
}

/* Done things take no room. */
static void
test_room(void **state)
{
	struct report report;
	struct rules rules;

	(void)state;
	report_init(&report);
	rules_init(&rules, &report, &world, false);
	for (int64_t n = 1; n <= LIFE; n++) {
		AUTO(str) bytes = record(life[n - 1], n);

		assert_true(rules_add(&rules, n, bytes, strlen(bytes)));
		if (n == 28)
			assert_int_equal(letters_open(&rules.letters), 0);
	}
	assert_int_equal(letters_open(&rules.letters), 1); /* a row failed, and may be tried again */
	assert_int_equal(rules.letters.intents.count, 0);
	assert_int_equal(rules.letters.closed.count, 0);
	assert_int_equal(rules.letters.done, 5);
	rules_release(&rules);
	report_release(&report);
}

/* A copy of a part: what needs the records before is not looked at. */
static void
test_part(void **state)
{
	struct report report;
	struct rules rules;

	(void)state;
	report_init(&report);
	rules_init(&rules, &report, &world, true);
	for (int64_t n = 14; n <= LIFE; n++) {
		AUTO(str) bytes = record(life[n - 1], n);

		assert_true(rules_add(&rules, n, bytes, strlen(bytes)));
	}
	rules_end(&rules, true);
	assert_int_equal(report.faults, 0);
	rules_release(&rules);
	report_release(&report);
}

/* --- the table -------------------------------------------------------------------------------- */

static void
test_table(void **state)
{
	struct table t = { .count = 0 };

	(void)state;
	assert_null(table_find(&t, 5));
	table_drop(&t, 5);
	for (uint64_t i = 1; i <= 5000; i++)
		table_put(&t, i * 977, i);
	for (uint64_t i = 1; i <= 5000; i += 3)
		table_drop(&t, i * 977);
	for (uint64_t i = 1; i <= 5000; i++) {
		uint64_t *v = table_find(&t, i * 977);

		if (i % 3 == 1)
			assert_null(v);
		else
			assert_true(v && *v == i);
	}
	assert_int_equal(t.count, 3333);
	assert_int_not_equal(table_key("ab", 2), table_key("a", 1));
	assert_int_equal(table_key("subject-reference", 17), table_key("subject-reference", 17));
	table_release(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_life),	  cmocka_unit_test(test_wrongs),
		cmocka_unit_test(test_planned_after_close),
		cmocka_unit_test(test_given_up),  cmocka_unit_test(test_room),
		cmocka_unit_test(test_part),	  cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
