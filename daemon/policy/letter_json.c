/* SPDX-License-Identifier: BSD-2-Clause */
#include <string.h>
#include <strings.h>

#include "common/json.h"
#include "common/text.h"
#include "common/vocab.h"
#include "daemon/policy/letter_header.h"
#include "daemon/policy/letter_reader.h"
#include "daemon/policy/letter_value.h"

/*
 * A JSON letter may have as many rows as a CSV one, so it is not read as one tree.  This finds the
 * ends of the members of the outer object and of the elements of "items"; each of them, at most
 * LETTER_LINE_MAX bytes, then goes through jansson, which decides whether it is JSON.
 */
enum place { AT_START, AT_MEMBER, AFTER_MEMBER, AT_ITEM, AFTER_ITEM, AT_END };

struct letter_json {
	struct letter_reader *r;
	const char *p, *end;
	unsigned line;
	enum place place;
	unsigned seen; /* bit of each member of the outer object */
};

#define DEPTH_MAX 64
/* The fields of the head first, in the order of take_head. */
enum member {
	M_AGENCY, M_LETTER, M_DATE, M_SIGNER, M_REASON, M_SIGNER_TITLE, M_REQUESTER,
	M_REQUESTER_PHONE, M_CHANNEL, M_CONTACT, M_ATTACHMENT, M_DOMAIN, M_DECLARED, M_ITEMS,
	M_COUNT
};
static const char *const members[] = { "agency", "letter", "date", "signer", "reason",
				       "signer_title", "requester", "requester_phone", "channel",
				       "contact", "attachment", "domain", "declared", "items",
				       NULL };

struct slice {
	const char *p;
	size_t n;
	unsigned line;
};

static void
skip_space(struct letter_json *j)
{
	for (; j->p < j->end; j->p++) {
		if (*j->p == '\n')
			j->line++;
		else if (*j->p != ' ' && *j->p != '\t' && *j->p != '\r')
			return;
	}
}

/* Stops; what is said and what was found there instead. */
static void
expected(struct letter_json *j, const char *what)
{
	char shown[32];
	char next[5] = "";

	memcpy(next, j->p, j->end - j->p < 4 ? (size_t)(j->end - j->p) : 4);
	if (j->p == j->end)
		letter_stop(j->r, j->line, "the JSON ends where there should be %s", what);
	else {
		text_show_char(next, shown, sizeof(shown));
		letter_stop(j->r, j->line,
			    "this is not a JSON letter: there is %s where there should be %s",
			    shown, what);
	}
}

/* The end of the string that begins at p, or NULL. */
static const char *
string_end(const char *p, const char *end)
{
	for (p++; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '"')
			return p + 1;
	}
	return NULL;
}

/* The end of the value at p by its brackets and quotation marks alone; NULL when there is none
 * before end.  *deep is set when it is nested too deeply. */
static const char *
value_end(const char *p, const char *end, bool *deep)
{
	int depth = 0;

	for (; p < end; p++) {
		switch (*p) {
		case '"':
			p = string_end(p, end);
			if (!p || !depth)
				return p;
			p--;
			break;
		case '{':
		case '[':
			if (++depth > DEPTH_MAX) {
				*deep = true;
				return NULL;
			}
			break;
		case '}':
		case ']':
			if (depth <= 1)
				return depth ? p + 1 : p;
			depth--;
			break;
		case ',':
		case ' ':
		case '\t':
		case '\r':
		case '\n':
			if (!depth)
				return p;
			break;
		}
	}
	return NULL;
}

/* Takes the value at j->p; false when that stopped the reader. */
static bool
take_value(struct letter_json *j, struct slice *v)
{
	size_t left = (size_t)(j->end - j->p);
	bool deep = false;
	const char *end = value_end(j->p, j->p + (left < LETTER_LINE_MAX ? left : LETTER_LINE_MAX),
				    &deep);

	*v = (struct slice){ j->p, end ? (size_t)(end - j->p) : 0, j->line };
	if (deep)
		letter_stop(j->r, j->line, "the JSON is nested deeper than %d levels", DEPTH_MAX);
	else if (!end && left >= LETTER_LINE_MAX)
		letter_stop(j->r, j->line, "a value is longer than %d KiB", LETTER_LINE_MAX / 1024);
	else if (!end)
		letter_stop(j->r, j->line, "the JSON ends in the middle of a value");
	else if (!v->n)
		expected(j, "a value");
	if (!v->n || j->r->ended)
		return false;
	for (; j->p < end; j->p++)
		j->line += *j->p == '\n';
	return true;
}

/* NULL when that stopped the reader; else the caller's. */
static json_t *
parse(struct letter_json *j, const struct slice *v)
{
	json_error_t je;
	json_t *value = json_loadb(v->p, v->n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &je);
	AUTO(buf) shown = BUF_INIT;

	if (value)
		return value;
	text_show(je.text, strlen(je.text), 160, &shown);
	letter_stop(j->r, v->line + (je.line > 1 ? (unsigned)je.line - 1 : 0),
		    "this is not valid JSON: %s", shown.data);
	return NULL;
}

/* --- the head --------------------------------------------------------------------------------- */
static void
take_declared(struct letter_json *j, const json_t *value)
{
	if (!json_is_integer(value) || json_integer_value(value) < 0 ||
	    json_integer_value(value) > 1000000000)
		letter_stop(j->r, j->line,
			    "declared is how many rows the letter says it has: a number, without "
			    "quotation marks");
	else if (j->r->head && j->r->head->declared < 0)
		j->r->head->declared = (long)json_integer_value(value);
}

static void
take_head(struct letter_json *j, enum member m, const struct slice *v)
{
	struct letter_head none = { .declared = -1 }, *h = j->r->head ? j->r->head : &none;
	char **field[] = { &h->agency, &h->number, &h->date, &h->signer, &h->reason,
			   &h->signer_title, &h->requester, &h->requester_phone, &h->channel,
			   &h->contact, &h->attachment, &h->domain };
	AUTO(json) value = parse(j, v);
	struct err e = ERR_INIT;
	char *clean;

	if (!value)
		return;
	if (m == M_DECLARED) {
		take_declared(j, value);
		return;
	}
	if (!json_is_string(value)) {
		letter_stop(j->r, v->line, "%s must be text in quotation marks", members[m]);
		return;
	}
	clean = text_clean(json_string_value(value), json_string_length(value), &e);
	if (!clean)
		letter_stop(j->r, v->line, "%s: %s", members[m], e.msg);
	else if (h != &none && !*field[m])
		*field[m] = STEAL(clean);
	free(clean);
}

/* --- items ------------------------------------------------------------------------------------ */
static int
column_from(const char *word)
{
	for (int col = 0; col < LETTER_COLUMN_COUNT; col++)
		if (!strcmp(word, letter_column_words[col]))
			return col;
	return -1;
}

/* false: reported.  text: see letter_value. */
static bool
take_cell(struct letter_json *j, unsigned row, const char *key, const json_t *value,
	  struct letter_cell cell[LETTER_COLUMN_COUNT], char text[][LETTER_NUMBER])
{
	int col = column_from(key);
	const char *near;

	if (letter_header_result(key))
		return true;
	if (col >= 0)
		return letter_value(j->r, row, (enum letter_column)col, value, &cell[col], text[col]);
	near = nearest_word(key, letter_column_words);
	letter_report(j->r, row, 0, "", key, strlen(key), "there is no such column%s%s%s",
		      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	return false;
}

static void
take_item(struct letter_json *j, const struct slice *v)
{
	struct letter_cell cell[LETTER_COLUMN_COUNT] = { { NULL, 0, false } };
	char text[LETTER_COLUMN_COUNT][LETTER_NUMBER];
	unsigned row = letter_count_row(j->r, j->line);
	AUTO(json) item = row ? parse(j, v) : NULL;
	const char *key;
	json_t *value;
	bool good = true;

	if (!item)
		return;
	if (!json_is_object(item)) {
		letter_report(j->r, row, 0, "", v->p, v->n,
			      "an item is an object, such as {\"op\": \"create\", \"full_name\": "
			      "\"Nguyễn Văn An\"}");
		return;
	}
	json_object_foreach(item, key, value)
		good = take_cell(j, row, key, value, cell, text) && good;
	if (good)
		letter_check_row(j->r, row, 0, cell);
}

/* --- from place to place ---------------------------------------------------------------------- */
static bool
take_char(struct letter_json *j, char c)
{
	skip_space(j);
	if (j->p == j->end || *j->p != c)
		return false;
	j->p++;
	return true;
}

static int
member_from(struct letter_json *j, const struct slice *key)
{
	AUTO(json) name = parse(j, key);
	const char *word = json_string_value(name), *near;

	if (!name)
		return -1;
	for (int m = 0; m < M_COUNT; m++)
		if (!strcmp(word, members[m]) && !(j->seen & 1u << m)) {
			j->seen |= 1u << m;
			return m;
		} else if (!strcmp(word, members[m])) {
			letter_stop(j->r, key->line, "%s stands twice in the letter", members[m]);
			return -1;
		}
	near = nearest_word(word, members);
	letter_report(j->r, 0, key->line, "", word, strlen(word),
		      "a letter has agency, letter, date, signer, reason, declared and items, and "
		      "may have signer_title, requester, requester_phone, channel, contact, "
		      "attachment and domain; this is none of them%s%s%s",
		      near ? "; did you mean " : "", near ? near : "", near ? "?" : "");
	j->r->ended = true;
	return -1;
}

static void
at_member(struct letter_json *j)
{
	struct slice key, value;
	int m;

	skip_space(j);
	if (j->p == j->end || *j->p != '"') {
		expected(j, "the name of a member in quotation marks");
		return;
	}
	if (!take_value(j, &key) || (m = member_from(j, &key)) < 0)
		return;
	if (!take_char(j, ':')) {
		expected(j, "a colon");
		return;
	}
	skip_space(j);
	if (m != M_ITEMS) {
		if (take_value(j, &value))
			take_head(j, (enum member)m, &value);
		j->place = AFTER_MEMBER;
	} else if (take_char(j, '[')) {
		j->place = take_char(j, ']') ? AFTER_MEMBER : AT_ITEM;
	} else {
		expected(j, "the list of items, in [ ]");
	}
}

static void
at_item(struct letter_json *j)
{
	struct slice value;

	skip_space(j);
	if (take_value(j, &value))
		take_item(j, &value);
	j->place = AFTER_ITEM;
}

/* One token or value further. */
static void
advance(struct letter_json *j)
{
	switch (j->place) {
	case AT_START:
		if (!take_char(j, '{'))
			expected(j, "the { that begins a letter");
		j->place = take_char(j, '}') ? AT_END : AT_MEMBER;
		break;
	case AT_MEMBER:
		at_member(j);
		break;
	case AFTER_MEMBER:
		if (take_char(j, ','))
			j->place = AT_MEMBER;
		else if (take_char(j, '}'))
			j->place = AT_END;
		else
			expected(j, "a comma or the } that ends the letter");
		break;
	case AT_ITEM:
		at_item(j);
		break;
	case AFTER_ITEM:
		if (take_char(j, ','))
			j->place = AT_ITEM;
		else if (take_char(j, ']'))
			j->place = AFTER_MEMBER;
		else
			expected(j, "a comma or the ] that ends the items");
		break;
	case AT_END:
		break;
	}
}

bool
letter_json_step(struct letter_json *j, unsigned max_rows)
{
	unsigned from = j->r->rows;
	const char *start = j->p;

	do {
		advance(j);
	} while (!j->r->ended && j->place != AT_END && j->r->rows - from < max_rows &&
		 j->p - start < LETTER_SLICE);
	if (j->r->ended || j->place != AT_END)
		return !j->r->ended;
	skip_space(j);
	if (j->p != j->end)
		expected(j, "nothing more after the letter");
	else if (!(j->seen & 1u << M_ITEMS))
		letter_stop(j->r, 0, "the letter has no items: \"items\" is the list of its rows");
	return false;
}

struct letter_json *
letter_json_new(struct letter_reader *r, const char *data, size_t len, const char *encoding)
{
	struct letter_json *j = xcalloc(1, sizeof(*j));

	r->typed = !encoding || !*encoding;
	*j = (struct letter_json){ .r = r, .p = data, .end = data + len, .line = 1 };
	if (len >= 3 && !memcmp(data, "\xEF\xBB\xBF", 3))
		j->p += 3;
	if (encoding && *encoding && strcasecmp(encoding, "utf-8") && strcasecmp(encoding, "utf8"))
		letter_stop(r, 0, "a JSON letter is in UTF-8 and needs no encoding");
	else if (len >= 2 && (!memcmp(data, "\xFF\xFE", 2) || !memcmp(data, "\xFE\xFF", 2) ||
			      !data[0] || !data[1]))
		letter_stop(r, 1, "a JSON letter must be in UTF-8; this looks like UTF-16");
	return j;
}

void
letter_json_free(struct letter_json *j)
{
	free(j);
}
