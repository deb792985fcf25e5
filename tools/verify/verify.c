/* SPDX-License-Identifier: BSD-2-Clause */
/* hopthu-verify: is a copy of the log sound?  No network, no configuration, no database. */
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/json.h"
#include "tools/verify/verify_compare.h"
#include "tools/verify/verify_print.h"
#include "tools/verify/verify_proof.h"

static const char help[] =
	"hopthu-verify [options] DIR           is this copy of the log sound?\n"
	"hopthu-verify [options] --proof FILE  is this record in the log?\n"
	"hopthu-verify [options] --compare A B are these two copies of one log?\n"
	"\n"
	"  -p, --policy FILE      the keys that you trust, and how many witnesses there must be; got from the\n"
	"                         page that was printed when the log began, not from the copy\n"
	"  -c, --checkpoint FILE  a checkpoint that you hold: a note, or its three lines typed from paper;\n"
	"                         may be given several times\n"
	"  -r, --receipt TEXT     a receipt from paper, such as 1234-0f3a9c21b7d4e688@1280; several times\n"
	"  -a, --max-age HOURS    the newest confirmed checkpoint may be so old\n"
	"  -s, --since RECORD     tell only of what is new from this record on; faults are always told\n"
	"      --hashes           only files, hashes and roots, and the newest signatures: quick\n"
	"  -o, --output FORM      text or json\n"
	"  -l, --lang LANG        vi or en; otherwise by LC_ALL, LC_MESSAGES, LANG\n"
	"  -h, --help             this\n"
	"  -V, --version          which hopthu this is of\n"
	"\n"
	"Exit status: 0 sound, 76 tampered with, 75 incomplete, 64 the command was wrong.\n";
#define TELLS "; `hopthu-verify --help` tells how"

struct command {
	struct ask ask;
	struct trust trust;
	bool json, compare;
	const char *proof;
	char **rest;
	int rest_count;
};

static int
usage(const char *what)
{
	fprintf(stderr, "hopthu-verify: %s\n", what);
	return VERDICT_USAGE;
}

static enum lang
locale_lang(void)
{
	static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		const char *v = getenv(names[i]);

		if (v && *v)
			return strncmp(v, "vi", 2) ? LANG_EN : LANG_VI;
	}
	return LANG_EN;
}

/* --- what was asked --------------------------------------------------------------------------- */

static int
read_whole(const char *file, size_t max, struct buf *out, struct err *e)
{
	FILE *f = fopen(file, "re");
	char chunk[4096];
	size_t n;

	if (!f)
		return err_set(e, ERR_USAGE, "%s: %s", file, strerror(errno));
	while (out->len <= max && (n = fread(chunk, 1, sizeof(chunk), f)))
		buf_add(out, chunk, n);
	n = (size_t)ferror(f);
	fclose(f);
	if (n || out->len > max)
		return err_set(e, ERR_USAGE, "%s: it cannot be read, or is too long", file);
	return 0;
}

/* A line that begins with no word of a policy goes on from the line before, as on a sheet whose lines
 * were too short: in the middle of a key, or at a blank. */
static bool
goes_on(const char *line)
{
	static const char *const words[] = { "log", "witness", "group", "quorum", "#" };
	size_t n;

	line += strspn(line, " \t");
	n = strcspn(line, " \t\r\n");
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (*line == '#' || (strlen(words[i]) == n && !memcmp(words[i], line, n)))
			return false;
	return n > 0;
}

/* As people's editors leave it: a mark at its beginning, CR LF, no end of the last line. */
static void
plain_lines(struct buf *text)
{
	AUTO(buf) plain = BUF_INIT;
	size_t line = 0, word = 0; /* where the line and its last word begin */
	const char *s = text->len >= 3 && !memcmp(text->data, "\xEF\xBB\xBF", 3) ? text->data + 3 : text->data;

	if (strlen(text->data) != text->len)
		return; /* no text at all */
	while (*s) {
		size_t n = strcspn(s, "\n"), m = n && s[n - 1] == '\r' ? n - 1 : n;

		if (plain.len && plain.data[line] != '#' && goes_on(s)) {
			plain.len--;
			if (!strchr(plain.data + word, '+'))
				buf_char(&plain, ' ');
		} else {
			line = plain.len;
		}
		buf_add(&plain, s, m);
		buf_char(&plain, '\n');
		for (size_t i = line; i < plain.len; i++)
			if (plain.data[i] == ' ' || plain.data[i] == '\t')
				word = i;
		s += n + (s[n] == '\n');
	}
	buf_clear(text);
	buf_add(text, plain.data, plain.len);
}

static int
take_policy(struct command *c, const char *file, struct err *e)
{
	AUTO(buf) text = BUF_INIT;

	if (c->ask.trust)
		return err_set(e, ERR_USAGE, "--policy was given twice");
	if (read_whole(file, TRUST_BYTES_MAX, &text, e))
		return -1;
	plain_lines(&text);
	if (trust_read(&c->trust, text.data, text.len, file, e))
		return -1;
	c->ask.trust = &c->trust;
	return 0;
}

static int
take_paper(struct command *c, const char *file, struct err *e)
{
	struct paper **end = &c->ask.papers;
	struct paper *p = paper_read(file, e);

	if (!p)
		return -1;
	while (*end)
		end = &(*end)->next;
	*end = p;
	return 0;
}

static int
take_receipt(struct command *c, const char *text, struct err *e)
{
	struct receipt **end = &c->ask.receipts;

	while (*end)
		end = &(*end)->next;
	*end = receipt_read(text, e);
	return *end ? 0 : -1;
}

static int
take_number(const char *text, const char *what, int64_t max, int64_t *out, struct err *e)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno || !*text || *end || n < 0 || n > max)
		return err_set(e, ERR_USAGE, "%s takes a number, not \"%s\"", what, text);
	*out = n;
	return 0;
}

static int
take_word(const char *text, const char *what, const char *a, const char *b, bool *is_b, struct err *e)
{
	if (strcmp(text, a) && strcmp(text, b))
		return err_set(e, ERR_USAGE, "%s is %s or %s, not \"%s\"", what, a, b, text);
	*is_b = !strcmp(text, b);
	return 0;
}

static const struct option options[] = {
	{ "policy", required_argument, NULL, 'p' },   { "checkpoint", required_argument, NULL, 'c' },
	{ "max-age", required_argument, NULL, 'a' },  { "since", required_argument, NULL, 's' },
	{ "receipt", required_argument, NULL, 'r' },
	{ "hashes", no_argument, NULL, 'H' },         { "output", required_argument, NULL, 'o' },
	{ "lang", required_argument, NULL, 'l' },     { "proof", required_argument, NULL, 'P' },
	{ "compare", no_argument, NULL, 'C' },        { "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'V' },        { NULL, 0, NULL, 0 },
};

/* 0: go on; 1: all is said; -1 and e.  given: the argument that this option stands in. */
static int
take_option(struct command *c, int option, const char *arg, const char *given, struct err *e)
{
	bool second = false;
	int rc = 0;

	switch (option) {
	case 'p':
		return take_policy(c, arg, e);
	case 'c':
		return take_paper(c, arg, e);
	case 'r':
		return take_receipt(c, arg, e);
	case 'a':
		return take_number(arg, "--max-age", INT64_C(1) << 32, &c->ask.max_age, e);
	case 's':
		return take_number(arg, "--since", INT64_MAX, &c->ask.since, e);
	case 'H':
		c->ask.hashes_only = true;
		return 0;
	case 'o':
		return take_word(arg, "--output", "text", "json", &c->json, e);
	case 'l':
		rc = take_word(arg, "--lang", "en", "vi", &second, e);
		c->ask.lang = second ? LANG_VI : LANG_EN;
		return rc;
	case 'P':
		c->proof = arg;
		return 0;
	case 'C':
		c->compare = true;
		return 0;
	case 'h':
		fputs(help, stdout);
		return 1;
	case 'V':
		puts("hopthu-verify " VERSION);
		return 1;
	}
	return err_set(e, ERR_USAGE, option == ':' ? "%s lacks its value" TELLS : "there is no option %s" TELLS,
		       given);
}

static int
take_all(struct command *c, int argc, char **argv, struct err *e)
{
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":p:c:r:a:s:o:l:hV", options, NULL)) != -1) {
		int rc = take_option(c, option, optarg, argv[optind - 1], e);

		if (rc)
			return rc;
	}
	c->rest = argv + optind;
	c->rest_count = argc - optind;
	if (c->rest_count != (c->proof ? 0 : c->compare ? 2 : 1) || (c->proof && c->compare))
		return err_set(e, ERR_USAGE, "it takes one folder, --proof FILE, or --compare and two folders"
			       TELLS);
	return 0;
}

/* --- doing ------------------------------------------------------------------------------------ */

static enum verdict
tell(const struct command *c, struct buf *text, json_t *json, enum verdict v)
{
	if (c->json)
		json_dumpf(json, stdout, JSON_INDENT(2) | JSON_SORT_KEYS);
	if (c->json)
		putchar('\n');
	else
		fwrite(text->data, 1, text->len, stdout);
	json_decref(json);
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "hopthu-verify: %s\n", strerror(errno));
		return v == VERDICT_SOUND ? VERDICT_INCOMPLETE : v;
	}
	return v;
}

static int
verify_copy(const struct command *c)
{
	struct copy *copy = xcalloc(1, sizeof(*copy));
	struct err e = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	struct report report;
	int rc;

	report_init(&report);
	report.since = c->ask.since;
	if (copy_check(copy, c->rest[0], &c->ask, &report, &e)) {
		rc = usage(e.msg);
	} else {
		print_copy(copy, c->ask.lang, &text);
		rc = (int)tell(c, &text, print_copy_json(copy), report_verdict(&report));
	}
	copy_free(copy);
	free(copy);
	report_release(&report);
	return rc;
}

static int
verify_proof(const struct command *c)
{
	struct proved *p = xcalloc(1, sizeof(*p));
	struct err e = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	struct report report;
	int rc;

	report_init(&report);
	if (proof_load(p, c->proof, &e)) {
		rc = usage(e.msg);
	} else {
		proof_check(p, &c->ask, &report);
		proof_print(p, &c->ask, c->ask.lang, &text);
		rc = (int)tell(c, &text, proof_json(p, &c->ask), report_verdict(&report));
	}
	proof_free(p);
	free(p);
	report_release(&report);
	return rc;
}

/* Each of the two for itself, and then both. */
static int
verify_pair(const struct command *c)
{
	struct copy *copy = xcalloc(2, sizeof(*copy));
	struct report report[3];
	struct err e = ERR_INIT;
	AUTO(buf) text = BUF_INIT;
	AUTO(buf) both = BUF_INIT;
	json_t *json = json_object(), *copies = json_array();
	enum verdict worst;
	int rc = 0;

	for (int i = 0; i < 3; i++)
		report_init(&report[i]);
	for (int i = 0; i < 2 && !rc; i++) {
		report[i].since = c->ask.since;
		rc = copy_check(&copy[i], c->rest[i], &c->ask, &report[i], &e);
		if (rc)
			break;
		buf_printf(&text, "\n%s\n", c->rest[i]);
		print_copy(&copy[i], c->ask.lang, &text);
		json_array_append_new(copies, print_copy_json(&copy[i]));
	}
	if (rc) {
		rc = usage(e.msg);
		json_decref(json);
		json_decref(copies);
	} else {
		compare_copies(&copy[0], &copy[1], &report[2]);
		for (int i = 0; i < 2; i++)
			if (report_verdict(&report[i]) == VERDICT_TAMPERED)
				SAY(&report[2], SAY_ONE_BAD, report_bad(&report[i]), .s = c->rest[i]);
			else if (report_verdict(&report[i]) == VERDICT_INCOMPLETE)
				SAY(&report[2], SAY_ONE_LACKS, report_bad(&report[i]), .s = c->rest[i]);
		worst = report_verdict(&report[2]);
		print_verdict(&report[2], c->ask.lang, &both);
		buf_add(&both, text.data, text.len);
		print_report_json(&report[2], json);
		json_object_set_new(json, "copies", copies);
		json_object_set_new(json, "exit", json_integer(worst));
		for (int i = 0; i < 2 && json_is_null(json_object_get(json, "first")); i++)
			json_object_set(json, "first", json_object_get(json_array_get(copies, (size_t)i), "first"));
		rc = (int)tell(c, &both, json, worst);
	}
	for (int i = 0; i < 3; i++)
		report_release(&report[i]);
	copy_free(&copy[0]);
	copy_free(&copy[1]);
	free(copy);
	return rc;
}

int
main(int argc, char **argv)
{
	struct command c = { .ask = { .max_age = -1, .lang = locale_lang(), .now = (uint64_t)time(NULL) } };
	struct err e = ERR_INIT;
	int rc = take_all(&c, argc, argv, &e);

	if (rc < 0)
		rc = usage(e.msg);
	else if (rc > 0)
		rc = 0;
	else
		rc = c.proof ? verify_proof(&c) : c.compare ? verify_pair(&c) : verify_copy(&c);
	paper_free(c.ask.papers);
	receipt_free(c.ask.receipts);
	if (c.ask.trust)
		trust_release(&c.trust);
	return rc;
}
